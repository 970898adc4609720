//! A quote or a create as Mensajeros Urbanos takes it: cities by name, points, pesos, the consignee, Bogotá's time.
//! Pure, and only the way there: replies are read in `replies.rs`.

use super::cities;
use super::endpoints::CLIENT;
use crate::connector::endpoint::{given, merge, plain_names};
use crate::connector::lenient::{as_text, text};
use crate::model::address::{Address, filled};
use crate::model::measure::{json_number, parse_decimal};
use crate::model::money::Money;
use crate::model::parcel::Parcel;
use crate::model::request::{Create, Pickup, Quote};
use crate::model::shape::{Field, Kind, opt, shorten};
use crate::model::{Error, FieldProblem};
use jiff::civil::{DateTime, Time};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// `client_data` in `options`: a list of points can't be merged into, so it stands beside it.
pub(super) const CLIENT_FIELDS: &[Field] = &[opt(CLIENT.name, Kind::Object(&CLIENT), "Datos del cliente final")];

/// "2=Normal"
const NORMAL_CARGO: i64 = 2;

/// "user_payment_type": 3 is ONLINE: no money at the door.
const ONLINE: i64 = 3;

/// What a request doesn't say itself.
pub(super) struct Terms<'a> {
    /// The account's kind of service.
    pub(super) service: i64,
    /// The account's city, for an origin without one.
    pub(super) city: Option<i64>,
    /// The carrier-native fields of the request.
    pub(super) native: &'a Value,
}

/// The city of a request: its id, and its name for the points.
fn city<'a>(origin: &'a Address, terms: &Terms<'_>) -> Result<(i64, &'a str), FieldProblem> {
    let native = given(terms.native, "city").and_then(parse_decimal).and_then(|id| i64::try_from(id).ok());
    let found = cities::of(origin, "origin");
    if let Some(id) = native {
        let name = found.ok().flatten().map(|(_, name)| name).or(filled(&origin.city)).or_else(|| cities::name(id));
        return name.map(|name| (id, name)).ok_or_else(|| cities::unknown("origin.city", None));
    }
    match found? {
        Some(city) => Ok(city),
        None => {
            let own = terms.city.and_then(|id| Some((id, cities::name(id)?)));
            own.ok_or_else(|| cities::unknown("origin.city", None))
        }
    }
}

/// Whole Colombian pesos: the carrier takes nothing else.
fn pesos(money: &Money, path: &str) -> Result<Decimal, FieldProblem> {
    if money.currency != "COP" {
        return Err(FieldProblem::new(
            format!("{path}.currency"),
            format!("is {}; Mensajeros Urbanos takes Colombian pesos (COP)", money.currency),
        ));
    }
    let amount = money.amount.0;
    if !amount.is_integer() || i64::try_from(amount).is_err() {
        let why = format!("is `{amount}`; it must be whole pesos, without cents");
        return Err(FieldProblem::new(format!("{path}.amount"), why));
    }
    Ok(amount)
}

/// What everything is worth: as the request says, else the sum of its parcels.
fn declared(
    whole: Option<&Money>,
    path: &str,
    parcels: &[Parcel],
    problems: &mut Vec<FieldProblem>,
) -> Option<Decimal> {
    let mut read = |money: &Money, path: &str| match pesos(money, path) {
        Ok(amount) => Some(amount),
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let of_parcels: Vec<Decimal> = parcels
        .iter()
        .enumerate()
        .filter_map(|(index, parcel)| {
            let one = read(parcel.declared_value.as_ref()?, &format!("parcels[{index}].declared_value"))?;
            one.checked_mul(Decimal::from(parcel.quantity))
        })
        .collect();
    let sum = of_parcels.iter().try_fold(Decimal::ZERO, |sum, one| sum.checked_add(*one));
    match whole {
        Some(money) => read(money, path),
        None => sum.filter(|_| !of_parcels.is_empty()),
    }
}

/// One point of the route: "0->Recogida, 1->Entrega".
fn point(kind: &str, address: &Address, city: Option<&str>, path: &str, problems: &mut Vec<FieldProblem>) -> Value {
    let mut missing = |field: &str, why: &str| problems.push(FieldProblem::new(format!("{path}.{field}"), why));
    let mut point = Map::new();
    point.insert("type".to_owned(), json!(kind));
    if kind == "0" {
        point.insert("id_point".to_owned(), json!("1"));
    }
    match (&address.latitude, &address.longitude) {
        (Some(latitude), Some(longitude)) => {
            point.insert("lng".to_owned(), json!(longitude.0.normalize().to_string()));
            point.insert("lat".to_owned(), json!(latitude.0.normalize().to_string()));
        }
        (Some(_), None) => missing("longitude", "is required beside the latitude"),
        (None, Some(_)) => missing("latitude", "is required beside the longitude"),
        (None, None) => {}
    }
    if filled(&address.street).is_none() {
        missing("street", "is required by Mensajeros Urbanos");
    }
    point.insert("address".to_owned(), json!(address.street_line()));
    // The carrier's own list needn't have the city of a delivery: then it goes as it's written.
    let named = || cities::of(address, path).ok().flatten().map(|(_, name)| name).or(filled(&address.city));
    match city.or_else(named) {
        Some(city) => {
            point.insert("city".to_owned(), json!(city));
        }
        // `city` says more about the origin's.
        None if kind == "0" => {}
        None => missing("city", "is required by Mensajeros Urbanos: the city's name"),
    }
    Value::Object(point)
}

/// What both services have in common.
fn base(
    origin: &Address,
    destination: &Address,
    round_trip: bool,
    urgent: bool,
    terms: &Terms<'_>,
    problems: &mut Vec<FieldProblem>,
) -> Value {
    if urgent {
        problems.push(FieldProblem::new(
            "urgent",
            "Mensajeros Urbanos' document has no urgent service; its own `type_task_cargo_id` goes into `options`",
        ));
    }
    let city = city(origin, terms).map_err(|problem| problems.push(problem)).ok();
    let name = city.map(|(_, name)| name);
    json!({
        "type_service": terms.service,
        "roundtrip": u8::from(round_trip),
        "city": city.map(|(id, _)| id),
        "coordinates": [
            point("0", origin, name, "origin", problems),
            point("1", destination, None, "destination", problems),
        ],
    })
}

/// The body of a quote.
pub(super) fn quote(request: &Quote, terms: &Terms<'_>) -> Result<Value, Error> {
    let mut problems = Vec::new();
    let mut body =
        base(&request.origin, &request.destination, request.round_trip, request.urgent, terms, &mut problems);
    // A price takes no value, but a create with this one would be refused.
    declared(request.insured_value.as_ref(), "insured_value", &request.parcels, &mut problems);
    if !problems.is_empty() {
        return Err(Error::invalid_fields(problems));
    }
    native_fields(&mut body, terms.native, false);
    Ok(body)
}

/// The body of a create. `now` is Bogotá's clock.
pub(super) fn create(request: &Create, terms: &Terms<'_>, mark: Option<&str>, now: DateTime) -> Result<Value, Error> {
    let mut problems = Vec::new();
    let mut body =
        base(&request.origin, &request.destination, request.round_trip, request.urgent, terms, &mut problems);
    if let Some(service) = filled(&request.service) {
        match service.parse::<u32>() {
            Ok(service) => body["type_service"] = json!(service),
            Err(_) => problems.push(FieldProblem::new(
                "service",
                format!("is `{}`; it must be a number, like 4: `type_service`", shorten(service)),
            )),
        }
    }
    if let Some(value) = declared(request.declared_value.as_ref(), "declared_value", &request.parcels, &mut problems) {
        body["declared_value"] = json_number(value);
    }
    match start(request.pickup.as_ref(), terms.native, now) {
        Ok((date, time)) => {
            body["start_date"] = json!(date);
            body["start_time"] = json!(time);
        }
        Err(problem) => problems.push(problem),
    }
    let method = request.cash_on_delivery.as_ref().map(|cash| match cash.method.as_str() {
        "cash" => 1,
        "card" => 2,
        _ => ONLINE,
    });
    body["user_payment_type"] = json!(method.unwrap_or(ONLINE));
    body["type_task_cargo_id"] = json!(NORMAL_CARGO);
    let until = request.pickup.as_ref().and_then(|pickup| pickup.to.as_deref());
    // The carrier has a start and no end: its people read it in the remarks.
    let until = until.map(|time| format!("Recoger a más tardar a las {time}"));
    let remarks: Vec<&str> = filled(&request.notes).into_iter().chain(until.as_deref()).collect();
    if !remarks.is_empty() {
        body["observation"] = json!(remarks.join("\n"));
    }
    let order = filled(&request.reference).and_then(order_id);
    if let Some(order) = order {
        body["coordinates"][0]["order_id"] = json!(order);
        body["coordinates"][1]["order_id"] = json!(order);
    }
    // What isn't an `order_id` stands where people read it, and a look-up.
    let ends = [(0, pickup_description(&request.origin)), (1, delivery_description(request))];
    for (index, description) in ends {
        let reference = filled(&request.reference);
        let told = order.is_none() || (index == 1 && description.is_empty());
        let description = with_reference(reference.filter(|_| told), description);
        if !description.is_empty() {
            body["coordinates"][index]["description"] = json!(description);
        }
    }
    let client = client(request, method, &mut problems);
    if !client.is_empty() {
        body["coordinates"][1]["client_data"] = Value::Object(client);
    }
    let products = products(request, &mut problems);
    if !products.is_empty() {
        body["coordinates"][1]["products"] = Value::Array(products);
    }
    if !problems.is_empty() {
        return Err(Error::invalid_fields(problems));
    }
    native_fields(&mut body, terms.native, true);
    plain_names(&mut body);
    // Last, so that nothing can take it away: a lost create is found by nothing else.
    if let Some(mark) = mark {
        let Some(point) = delivery(&mut body) else {
            return Err(Error::invalid(
                "options.mensajeros_urbanos.coordinates",
                "needs a delivery point, which carries the mark of the idempotency_key",
            ));
        };
        let description = text(point, "description").map_or_else(String::new, |text| format!("{text} "));
        point["description"] = json!(format!("{description}[{mark}]"));
    }
    Ok(body)
}

/// When the courier starts, in Bogotá: now, where the request doesn't say.
fn start(pickup: Option<&Pickup>, native: &Value, now: DateTime) -> Result<(String, String), FieldProblem> {
    let clock = |time: Time| time.strftime("%H:%M:%S").to_string();
    let today = now.date().to_string();
    let Some(pickup) = pickup else { return Ok((today, clock(now.time()))) };
    match &pickup.from {
        Some(from) => match from.parse::<Time>() {
            // It has begun, and is not over.
            Ok(from) if pickup.date == today && from < now.time() => Ok((today, clock(now.time()))),
            Ok(from) => Ok((pickup.date.clone(), clock(from))),
            Err(_) => Err(FieldProblem::new("pickup.from", "is no time of day, like 09:00")),
        },
        None if pickup.date == today || given(native, "start_time").is_some() => {
            Ok((pickup.date.clone(), clock(now.time())))
        }
        None => Err(FieldProblem::new("pickup.from", "is required by Mensajeros Urbanos: the time, like 09:00")),
    }
}

/// "order_id: Entero". Only a reference that is one, to the digit: any other would be refused, or come back changed.
fn order_id(reference: &str) -> Option<u64> {
    // What every JSON reader can hold exactly.
    const MOST: u64 = 9_007_199_254_740_991;
    let number = reference.parse::<u64>().ok()?;
    (number <= MOST && number.to_string() == reference).then_some(number)
}

/// How a reference stands in a description, so that it can be read from it again.
const REFERENCE: &str = "Pedido ";

/// What parts it from the rest of the description.
const REST: &str = " | ";

fn with_reference(reference: Option<&str>, rest: String) -> String {
    match reference {
        Some(reference) if rest.is_empty() => format!("{REFERENCE}{reference}"),
        Some(reference) => format!("{REFERENCE}{reference}{REST}{rest}"),
        None => rest,
    }
}

/// The reference that a create wrote into a point's description.
pub(super) fn reference_of(description: &str) -> Option<&str> {
    let reference = description.trim().strip_prefix(REFERENCE)?;
    let reference = reference.split(REST).next()?;
    // The mark of an idempotency key.
    let reference = reference.rsplit_once(" [fl-").map_or(reference, |(reference, _)| reference).trim();
    (!reference.is_empty()).then_some(reference)
}

fn join(parts: &[Option<&str>]) -> String {
    parts.iter().copied().flatten().collect::<Vec<_>>().join(", ")
}

/// A pickup has no fields for who hands over and how to find the place.
fn pickup_description(origin: &Address) -> String {
    join(&[
        filled(&origin.company),
        filled(&origin.name),
        filled(&origin.phone),
        filled(&origin.neighborhood),
        filled(&origin.instructions),
    ])
}

fn delivery_description(request: &Create) -> String {
    let goods: Vec<String> = request
        .parcels
        .iter()
        .filter_map(|parcel| {
            let description = filled(&parcel.description)?;
            Some(if parcel.quantity > 1 {
                format!("{} × {description}", parcel.quantity)
            } else {
                description.to_owned()
            })
        })
        .collect();
    let goods = (!goods.is_empty()).then(|| goods.join(", "));
    join(&[goods.as_deref(), filled(&request.destination.neighborhood), filled(&request.destination.instructions)])
}

/// "client_data": the consignee, and what is collected at the door.
fn client(request: &Create, method: Option<i64>, problems: &mut Vec<FieldProblem>) -> Map<String, Value> {
    let to = &request.destination;
    let phone = filled(&to.phone).map(phone);
    let mut client = Map::new();
    for (name, value) in [
        ("client_name", filled(&to.name).or(filled(&to.company))),
        ("client_phone", phone.as_deref()),
        ("client_document", filled(&to.tax_id)),
        ("client_email", filled(&to.email)),
    ] {
        if let Some(value) = value {
            client.insert(name.to_owned(), json!(value));
        }
    }
    if let (Some(cash), Some(method)) = (&request.cash_on_delivery, method) {
        match pesos(&cash.amount, "cash_on_delivery.amount") {
            Ok(amount) => {
                client.insert("products_value".to_owned(), json_number(amount));
            }
            Err(problem) => problems.push(problem),
        }
        client.insert("payment_type".to_owned(), json!(method));
    }
    client
}

/// A telephone as the samples write it: its ten digits, without the country's code. What isn't one goes as it is.
fn phone(text: &str) -> String {
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
    let local = ["+57", "0057", "57"].iter().find_map(|prefix| bare.strip_prefix(prefix)).unwrap_or(&bare);
    let is_local = local.len() == 10 && local.bytes().all(|byte| byte.is_ascii_digit());
    if is_local { local.to_owned() } else { text.to_owned() }
}

/// "products": each is bought at the pickup's point.
fn products(request: &Create, problems: &mut Vec<FieldProblem>) -> Vec<Value> {
    let mut products = Vec::new();
    for (index, item) in request.items.iter().enumerate() {
        let mut product = Map::new();
        if let Some(sku) = filled(&item.sku) {
            product.insert("sku".to_owned(), json!(sku));
        }
        product.insert("product_name".to_owned(), json!(item.name));
        if let Some(url) = filled(&item.image_url) {
            product.insert("url_img".to_owned(), json!(url));
        }
        match pesos(&item.unit_price, &format!("items[{index}].unit_price")) {
            Ok(price) => {
                product.insert("value".to_owned(), json_number(price));
            }
            Err(problem) => problems.push(problem),
        }
        product.insert("quantity".to_owned(), json!(item.quantity));
        product.insert("id_point".to_owned(), json!(1));
        products.push(Value::Object(product));
    }
    products
}

/// Merge the caller's native fields. Those of `client_data` may be given by their own names: a list of points
/// can't be merged into.
fn native_fields(body: &mut Value, native: &Value, with_client: bool) {
    let Value::Object(native) = native else { return };
    let in_client = |name: &str| name == CLIENT.name || CLIENT.fields.iter().any(|field| field.name == name);
    let (client, rest): (Vec<_>, Vec<_>) =
        native.iter().map(|(name, value)| (name.clone(), value.clone())).partition(|(name, _)| in_client(name));
    merge(body, &Value::Object(rest.into_iter().collect()));
    if let (true, false, Some(point)) = (with_client, client.is_empty(), delivery(body)) {
        for (name, value) in client {
            let fields = if name == CLIENT.name { value } else { json!({name: value}) };
            merge(&mut point[CLIENT.name], &fields);
        }
    }
}

/// The last delivery of a body, whoever wrote its points.
fn delivery(body: &mut Value) -> Option<&mut Value> {
    let points = body.get_mut("coordinates")?.as_array_mut()?;
    points.iter_mut().rev().find(|point| point.get("type").and_then(as_text).as_deref() == Some("1"))
}

/// Where one of the carrier's fields stands in a request of flete's.
pub(super) fn locate(operation: &str, field: &str) -> Option<String> {
    let option = |name: &str| format!("options.mensajeros_urbanos.{name}");
    if let Some(place) = field.strip_prefix("coordinates[0]") {
        return Some(of_point("origin", place.trim_start_matches('.')));
    }
    if let Some(place) = field.strip_prefix("coordinates[1]") {
        return Some(of_point("destination", place.trim_start_matches('.')));
    }
    Some(match (operation, field) {
        ("tasks.list", "type") => "status".to_owned(),
        ("tasks.list", "page") => "cursor".to_owned(),
        ("tasks.get", "task_id" | "uuid") => "id".to_owned(),
        ("deliveries.create", "type_service") => "service".to_owned(),
        (_, "city") => "origin.city".to_owned(),
        (_, "roundtrip") => "round_trip".to_owned(),
        (_, "declared_value") => "declared_value".to_owned(),
        (_, "start_date") => "pickup.date".to_owned(),
        (_, "start_time") => "pickup.from".to_owned(),
        (_, "user_payment_type") => "cash_on_delivery.method".to_owned(),
        (_, "observation") => "notes".to_owned(),
        (_, "type_service" | "type_task_cargo_id" | "type_segmentation" | "coordinates") => option(field),
        _ => return None,
    })
}

fn of_point(end: &str, field: &str) -> String {
    let own = match field {
        "address" => "street",
        "lat" => "latitude",
        "lng" => "longitude",
        "client_data.client_name" => "name",
        "client_data.client_phone" => "phone",
        "client_data.client_email" => "email",
        "client_data.client_document" => "tax_id",
        "city" => "city",
        "description" if end == "origin" => "instructions",
        "description" => return "parcels[0].description".to_owned(),
        "order_id" => return "reference".to_owned(),
        "client_data.products_value" => return "cash_on_delivery.amount".to_owned(),
        "client_data.payment_type" => return "cash_on_delivery.method".to_owned(),
        "products" => return "items".to_owned(),
        _ => {
            if let Some(client) = field.strip_prefix("client_data.") {
                return format!("options.mensajeros_urbanos.{client}");
            }
            if let Some(product) = field.strip_prefix("products") {
                return of_product(product);
            }
            return end.to_owned();
        }
    };
    format!("{end}.{own}")
}

/// `[0].value`
fn of_product(place: &str) -> String {
    let (index, field) = place.split_once('.').unwrap_or((place, ""));
    match field {
        "sku" | "quantity" => format!("items{index}.{field}"),
        "product_name" => format!("items{index}.name"),
        "value" => format!("items{index}.unit_price"),
        "url_img" | "urm_img" => format!("items{index}.image_url"),
        _ => format!("items{index}"),
    }
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
