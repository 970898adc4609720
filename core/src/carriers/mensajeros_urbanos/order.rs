//! A quote or a create as Mensajeros Urbanos takes it: cities by name, points, pesos, the consignee, Bogotá's time.
//! Pure, and only the way there: replies are read in `map.rs`.

use super::endpoints::CLIENT;
use crate::carriers::endpoint::merge;
use crate::carriers::loose::{as_text, decimal, text};
use crate::model::address::{Address, filled};
use crate::model::measure::json_number;
use crate::model::money::Money;
use crate::model::parcel::Parcel;
use crate::model::request::{Create, Pickup, Quote};
use crate::model::shape::plain;
use crate::model::{Error, FieldProblem};
use jiff::civil::{DateTime, Time};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// 1 to 5 are the document's ("Calcular el valor de un servicio"); the others are seen in public integrations.
const CITIES: &[(i64, &str)] = &[
    (1, "Bogotá"),
    (2, "Cali"),
    (3, "Medellín"),
    (4, "Barranquilla"),
    (5, "Villavicencio"),
    (8, "Cartagena"),
    (9, "Santa Marta"),
    (10, "Bucaramanga"),
    (11, "Ibagué"),
];

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

/// A city's id by its name, whatever its accents and case. The capital is also written with its district.
fn city_id(name: &str) -> Option<i64> {
    let words = plain(name).replace(['.', ','], " ");
    let words: Vec<&str> = words.split_whitespace().collect();
    let name = match words.as_slice() {
        ["bogota", "d", "c"] | ["bogota", "dc"] => "bogota".to_owned(),
        other => other.join(" "),
    };
    CITIES.iter().find(|(_, known)| plain(known) == name).map(|(id, _)| *id)
}

fn city_name(id: i64) -> Option<&'static str> {
    CITIES.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

/// The city of a request: its id, and its name for the points.
fn city<'a>(origin: &'a Address, terms: &Terms<'_>) -> Result<(i64, &'a str), FieldProblem> {
    let named = filled(&origin.city);
    let native = decimal(terms.native, "city").and_then(|id| i64::try_from(id).ok());
    let id = native.or_else(|| named.map_or(terms.city, city_id));
    let name = named.or_else(|| id.and_then(city_name));
    id.zip(name).ok_or_else(|| {
        let known: Vec<_> = CITIES.iter().map(|(_, name)| *name).collect();
        let wrong = named.map_or_else(
            || "is required by Mensajeros Urbanos".to_owned(),
            |name| format!("`{name}` is no city that Mensajeros Urbanos is known to have"),
        );
        FieldProblem::new("origin.city", format!("{wrong}; known: {}", known.join(", ")))
    })
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
        return Err(FieldProblem::new(format!("{path}.amount"), "must be whole pesos, without cents"));
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
    match city.or(filled(&address.city)) {
        Some(city) => {
            point.insert("city".to_owned(), json!(city));
        }
        // Whoever asks for the origin's city tells more of it.
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
            Err(_) => problems.push(FieldProblem::new("service", "must be a number, like 4: `type_service`")),
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
    if let Some(order) = filled(&request.reference).map(order_id) {
        body["coordinates"][0]["order_id"] = order.clone();
        body["coordinates"][1]["order_id"] = order;
    }
    for (index, description) in [pickup_description(&request.origin), delivery_description(request)].iter().enumerate()
    {
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
            Ok(from) => Ok((pickup.date.clone(), clock(from))),
            Err(_) => Err(FieldProblem::new("pickup.from", "is no time of day, like 09:00")),
        },
        None if pickup.date == today || native.get("start_time").is_some() => {
            Ok((pickup.date.clone(), clock(now.time())))
        }
        None => Err(FieldProblem::new("pickup.from", "is required by Mensajeros Urbanos: the time, like 09:00")),
    }
}

/// "order_id: Entero". A reference that isn't one, or would lose a leading nought, goes as the text it is.
fn order_id(reference: &str) -> Value {
    match reference.parse::<i64>() {
        Ok(number) if number.to_string() == reference => json!(number),
        _ => json!(reference),
    }
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
    let order = filled(&request.reference).map(|reference| format!("Pedido {reference}"));
    let goods = (!goods.is_empty()).then(|| goods.join(", "));
    let description =
        join(&[goods.as_deref(), filled(&request.destination.neighborhood), filled(&request.destination.instructions)]);
    if description.is_empty() { order.unwrap_or_default() } else { description }
}

/// "client_data": the consignee, and what is collected at the door.
fn client(request: &Create, method: Option<i64>, problems: &mut Vec<FieldProblem>) -> Map<String, Value> {
    let to = &request.destination;
    let mut client = Map::new();
    for (name, value) in [
        ("client_name", filled(&to.name).or(filled(&to.company))),
        ("client_phone", filled(&to.phone)),
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

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
