//! A quote or a create as Mensajeros Urbanos takes it: cities by name, points, pesos, the consignee, Bogotá's time.
//! Pure, and only the way there: replies are read in `replies.rs`.

use super::cities;
use super::endpoints::{CLIENT, CREATE, QUOTE};
use crate::connector::body::{Body, Problems, Sources};
use crate::connector::lenient::{as_text, text};
use crate::connector::native::Native;
use crate::json::{Value, json};
use crate::model::address::{Address, filled};
use crate::model::measure::{Amount, json_number, parse_decimal};
use crate::model::money::Money;
use crate::model::parcel::Parcel;
use crate::model::request::{Create, Pickup, Quote};
use crate::model::shape::{Field, Kind, opt, shorten};
use crate::model::{Error, FieldProblem};
use jiff::civil::{DateTime, Time};
use rust_decimal::Decimal;

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
    pub(super) native: &'a Native<'a>,
}

/// The city of a request: its id, and its name for the points.
fn city<'a>(origin: &'a Address, terms: &Terms<'_>) -> Result<(i64, &'a str), FieldProblem> {
    let found = cities::of(origin, "origin");
    let missing = || cities::missing("origin.city");
    if let Some(id) = terms.native.get("city").and_then(parse_decimal).and_then(|id| i64::try_from(id).ok()) {
        let name = found.ok().flatten().map(|(_, name)| name).or(filled(&origin.city)).or_else(|| cities::name(id));
        return name.map(|name| (id, name)).ok_or_else(missing);
    }
    let own = || terms.city.and_then(|id| Some((id, cities::name(id)?)));
    found?.or_else(own).ok_or_else(missing)
}

/// Whole Colombian pesos: the carrier takes nothing else.
pub(super) fn pesos(problems: &mut Problems, path: &str, money: &Money) -> Option<Decimal> {
    let amount = money.amount.0;
    if money.currency != "COP" {
        let message = format!("is {}; Mensajeros Urbanos takes Colombian pesos (COP)", money.currency);
        problems.add(format!("{path}.currency"), message);
        return None;
    }
    if !amount.is_integer() || i64::try_from(amount).is_err() {
        problems.add(format!("{path}.amount"), format!("is `{amount}`; it must be whole pesos, without cents"));
        return None;
    }
    Some(amount)
}

/// What everything is worth: as the request says, else the sum of its parcels.
pub(super) fn declared(
    problems: &mut Problems,
    path: &str,
    whole: Option<&Money>,
    parcels: &[Parcel],
) -> Option<Decimal> {
    let of_parcels: Vec<Decimal> = parcels
        .iter()
        .enumerate()
        .filter_map(|(index, parcel)| {
            let path = format!("parcels[{index}].declared_value");
            let each = pesos(problems, &path, parcel.declared_value.as_ref()?)?;
            Some(each.saturating_mul(Decimal::from(parcel.quantity)))
        })
        .collect();
    match whole {
        Some(money) => pesos(problems, path, money),
        None => of_parcels.into_iter().reduce(Decimal::saturating_add),
    }
}

/// One point of the route: "0->Recogida, 1->Entrega".
fn point(body: &mut Body, index: usize, path: &str, address: &Address, city: Option<&str>) {
    let name = |field: &str| format!("coordinates[{index}].{field}");
    let at = |field: &str| format!("{path}.{field}");
    body.sources.add(format!("coordinates[{index}]"), path);
    body.fixed(name("type"), index.to_string());
    if index == 0 {
        body.fixed(name("id_point"), "1");
    }
    for (one, other, missing) in
        [(&address.latitude, &address.longitude, "longitude"), (&address.longitude, &address.latitude, "latitude")]
    {
        if one.is_some() && other.is_none() {
            body.problems.add(at(missing), "is required: latitude and longitude go together");
        }
    }
    let degrees = |value: &Option<Amount>| value.as_ref().map(|value| value.0.normalize().to_string());
    body.put_if(name("lng"), at("longitude"), degrees(&address.longitude));
    body.put_if(name("lat"), at("latitude"), degrees(&address.latitude));
    if filled(&address.street).is_none() {
        body.problems.add(at("street"), "is required by Mensajeros Urbanos");
    }
    body.put(name("address"), at("street"), address.street_line());
    // The carrier's own list needn't have the city of a delivery: then it goes as it's written.
    let named = || cities::of(address, path).ok().flatten().map(|(_, name)| name).or(filled(&address.city));
    let city = city.or_else(named);
    // `city` says more about the origin's.
    if city.is_none() && index > 0 {
        body.problems.add(at("city"), "is required by Mensajeros Urbanos: the city's name");
    }
    body.put_if(name("city"), at("city"), city);
}

/// What both services have in common.
fn base(body: &mut Body, [origin, destination]: [&Address; 2], round_trip: bool, urgent: bool, terms: &Terms<'_>) {
    if urgent {
        let message = "Mensajeros Urbanos has no urgent service; its own `type_task_cargo_id` goes into `options`";
        body.problems.add("urgent", message);
    }
    // What only `options` can say.
    for name in ["type_service", "type_task_cargo_id", "type_segmentation", "coordinates"] {
        body.sources.add(name, format!("options.mensajeros_urbanos.{name}"));
    }
    let city = body.problems.take(city(origin, terms));
    body.fixed("type_service", terms.service);
    body.put("roundtrip", "round_trip", u8::from(round_trip));
    body.put("city", "origin.city", city.map(|(id, _)| id));
    point(body, 0, "origin", origin, city.map(|(_, name)| name));
    point(body, 1, "destination", destination, None);
}

/// The body of a quote.
pub(super) fn quote(request: &Quote, terms: &Terms<'_>) -> Result<(Value, Sources), Error> {
    let mut body = Body::new(&QUOTE, "Mensajeros Urbanos");
    let ends = [&request.origin, &request.destination];
    base(&mut body, ends, request.round_trip, request.urgent, terms);
    // A price takes no value, but a create with this one would be refused.
    declared(&mut body.problems, "insured_value", request.insured_value.as_ref(), &request.parcels);
    body.native(terms.native);
    body.end()
}

/// The body of a create. `now` is Bogotá's clock.
pub(super) fn create(
    request: &Create,
    terms: &Terms<'_>,
    mark: Option<&str>,
    now: DateTime,
) -> Result<(Value, Sources), Error> {
    let mut body = Body::new(&CREATE, "Mensajeros Urbanos");
    let ends = [&request.origin, &request.destination];
    base(&mut body, ends, request.round_trip, request.urgent, terms);
    body.sources.add("type_service", "service");
    if let Some(service) = filled(&request.service) {
        match service.parse::<u32>() {
            Ok(service) => body.fixed("type_service", service),
            Err(_) => {
                let message = format!("is `{}`; it must be a number, like 4: `type_service`", shorten(service));
                body.problems.add("service", message);
            }
        }
    }
    let value = declared(&mut body.problems, "declared_value", request.declared_value.as_ref(), &request.parcels);
    body.put_if("declared_value", "declared_value", value.map(json_number));
    let (date, time) = body.problems.take(start(request.pickup.as_ref(), terms.native, now)).unzip();
    // The date is the caller's, also where the time is what's wrong.
    let date = date.or_else(|| request.pickup.as_ref().map(|pickup| pickup.date.clone()));
    body.put_if("start_date", "pickup.date", date);
    body.put_if("start_time", "pickup.from", time);
    let method = request.cash_on_delivery.as_ref().map(|cash| match cash.method.as_str() {
        "cash" => 1,
        "card" => 2,
        _ => ONLINE,
    });
    body.put("user_payment_type", "cash_on_delivery.method", method.unwrap_or(ONLINE));
    body.fixed("type_task_cargo_id", NORMAL_CARGO);
    let until = request.pickup.as_ref().and_then(|pickup| pickup.to.as_deref());
    // The carrier has a start and no end: its people read it in the remarks.
    let until = until.map(|time| format!("Recoger a más tardar a las {time}"));
    let remarks: Vec<&str> = filled(&request.notes).into_iter().chain(until.as_deref()).collect();
    body.put_if("observation", "notes", (!remarks.is_empty()).then(|| remarks.join("\n")));
    let order = filled(&request.reference).and_then(order_id);
    // What isn't an `order_id` stands where people read it, and a look-up.
    let ends = [
        ("origin.instructions", pickup_description(&request.origin)),
        ("parcels[0].description", delivery_description(request)),
    ];
    for (index, (path, description)) in ends.into_iter().enumerate() {
        body.put_if(format!("coordinates[{index}].order_id"), "reference", order);
        let reference = filled(&request.reference);
        let told = order.is_none() || (index == 1 && description.is_empty());
        let description = with_reference(reference.filter(|_| told), description);
        let description = Some(description).filter(|description| !description.is_empty());
        body.put_if(format!("coordinates[{index}].description"), path, description);
    }
    client(&mut body, request, method);
    products(&mut body, request);
    native_fields(&mut body, terms.native);
    let (mut body, sources) = body.end()?;
    // Last, so that nothing can take it away: a lost create is found by nothing else.
    if let Some(mark) = mark {
        let Some(index) = delivery(&body) else {
            return Err(Error::invalid(
                "options.mensajeros_urbanos.coordinates",
                "needs a delivery point, which carries the mark of the idempotency_key",
            ));
        };
        let point = &mut body["coordinates"][index];
        let description = text(point, "description").map_or_else(String::new, |text| format!("{text} "));
        point["description"] = json!(format!("{description}[{mark}]"));
    }
    Ok((body, sources))
}

/// When the courier starts, in Bogotá: now, where the request doesn't say.
pub(super) fn start(
    pickup: Option<&Pickup>,
    native: &Native<'_>,
    now: DateTime,
) -> Result<(String, String), FieldProblem> {
    let today = now.date().to_string();
    let (date, time) = match pickup {
        None => (&today, now.time()),
        Some(Pickup { date, from: Some(from), .. }) => {
            let from = from.parse::<Time>();
            (date, from.map_err(|_| FieldProblem::new("pickup.from", "is not a time of day, like 09:00"))?)
        }
        Some(pickup) if pickup.date == today || native.get("start_time").is_some() => (&pickup.date, now.time()),
        Some(_) => {
            let message = "is required by Mensajeros Urbanos: the time, like 09:00";
            return Err(FieldProblem::new("pickup.from", message));
        }
    };
    // One that has begun, and is not over.
    let time = if *date == today { time.max(now.time()) } else { time };
    Ok((date.clone(), time.strftime("%H:%M:%S").to_string()))
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
    parts.iter().copied().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// A pickup has no fields for who hands over and how to find the place.
fn pickup_description(origin: &Address) -> String {
    let fields = [&origin.company, &origin.name, &origin.phone, &origin.neighborhood, &origin.instructions];
    join(&fields.map(filled))
}

/// What goes, as far as the parcels say it.
pub(super) fn goods(parcels: &[Parcel]) -> String {
    let goods = parcels.iter().filter_map(|parcel| {
        let description = filled(&parcel.description)?;
        let several = parcel.quantity > 1;
        Some(if several { format!("{} × {description}", parcel.quantity) } else { description.to_owned() })
    });
    goods.collect::<Vec<_>>().join(", ")
}

fn delivery_description(request: &Create) -> String {
    let goods = goods(&request.parcels);
    let to = &request.destination;
    join(&[Some(&*goods), filled(&to.neighborhood), filled(&to.instructions)])
}

/// "client_data": the consignee, and what is collected at the door.
fn client(body: &mut Body, request: &Create, method: Option<i64>) {
    let to = &request.destination;
    let name = |field: &str| format!("coordinates[1].client_data.{field}");
    // What only `options` can say.
    for field in CLIENT.fields {
        body.sources.add(name(field.name), format!("options.mensajeros_urbanos.{}", field.name));
    }
    let phone = filled(&to.phone).map(phone);
    for (field, path, value) in [
        ("client_name", "destination.name", filled(&to.name).or(filled(&to.company))),
        ("client_phone", "destination.phone", phone.as_deref()),
        ("client_document", "destination.tax_id", filled(&to.tax_id)),
        ("client_email", "destination.email", filled(&to.email)),
    ] {
        body.put_if(name(field), path, value);
    }
    let cash = request.cash_on_delivery.as_ref();
    let amount = cash.and_then(|cash| pesos(&mut body.problems, "cash_on_delivery.amount", &cash.amount));
    body.put_if(name("products_value"), "cash_on_delivery.amount", amount.map(json_number));
    body.put_if(name("payment_type"), "cash_on_delivery.method", method);
}

/// A telephone as the samples write it: its ten digits, without the country's code. What isn't one goes as it is.
fn phone(text: &str) -> String {
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
    let local = ["+57", "0057", "57"].iter().find_map(|prefix| bare.strip_prefix(prefix)).unwrap_or(&bare);
    let is_local = local.len() == 10 && local.bytes().all(|byte| byte.is_ascii_digit());
    if is_local { local.to_owned() } else { text.to_owned() }
}

/// "products": each is bought at the pickup's point.
fn products(body: &mut Body, request: &Create) {
    body.sources.add("coordinates[1].products", "items");
    for (index, item) in request.items.iter().enumerate() {
        let name = |field: &str| format!("coordinates[1].products[{index}].{field}");
        let at = |field: &str| format!("items[{index}].{field}");
        body.sources.add(format!("coordinates[1].products[{index}]"), format!("items[{index}]"));
        body.put_if(name("sku"), at("sku"), filled(&item.sku));
        body.put(name("product_name"), at("name"), &*item.name);
        body.put_if(name("url_img"), at("image_url"), filled(&item.image_url));
        let price = pesos(&mut body.problems, &at("unit_price"), &item.unit_price);
        body.put_if(name("value"), at("unit_price"), price.map(json_number));
        body.put(name("quantity"), at("quantity"), item.quantity);
        body.fixed(name("id_point"), 1);
    }
}

/// Merge the caller's native fields. Those of `client_data` may be given by their own names: a list of points
/// can't be merged into.
fn native_fields(body: &mut Body, native: &Native<'_>) {
    body.knows(native);
    let in_client = |name: &str| CLIENT.fields.iter().any(|field| field.name == name);
    let for_point = |name: &str| name == CLIENT.name || in_client(name);
    for (path, name, value) in native.entries().filter(|(_, name, _)| !for_point(name)) {
        body.merge("", name, &path, value);
    }
    let Some(index) = delivery(body.fields()) else { return };
    for (path, name, value) in native.entries().filter(|(_, name, _)| for_point(name)) {
        let within = if in_client(name) { ".client_data" } else { "" };
        body.merge(&format!("coordinates[{index}]{within}"), name, &path, value);
    }
}

/// The place of the last delivery of a body, also where `options` wrote its points.
fn delivery(body: &Value) -> Option<usize> {
    let points = body.get("coordinates")?.as_array()?;
    points.iter().rposition(|point| point.get("type").and_then(as_text).as_deref() == Some("1"))
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
