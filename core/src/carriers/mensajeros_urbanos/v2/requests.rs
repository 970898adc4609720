//! A quote or a create as the second generation takes it: municipalities by DANE's code, one delivery, the pickup by
//! the id of a store. Pure, and only the way there: replies are read in `replies.rs`.

use super::super::NAME;
use super::super::cities::{self, Municipality};
use super::super::requests::{declared, goods, pesos, start};
use super::endpoints::{CLIENT, CREATE, QUOTE};
use crate::connector::body::{Body, Problems, Sources};
use crate::connector::lenient::{as_text, text};
use crate::connector::native::Native;
use crate::json::{Value, json};
use crate::model::address::{Address, filled};
use crate::model::measure::json_number;
use crate::model::request::{Create, Quote};
use crate::model::shape::{Field, Kind, opt, plain, shorten};
use crate::model::{Error, FieldProblem};
use jiff::civil::DateTime;
use rust_decimal::Decimal;

/// `client_data` in `options`: a list of points can't be merged into, so it stands beside it.
pub(super) const CLIENT_FIELDS: &[Field] = &[opt(CLIENT.name, Kind::Object(&CLIENT), "the consignee")];

/// The only kind of service that was seen: a delivery.
pub(super) const DELIVERY: u32 = 4;
/// The constant of every create.
pub(super) const OS: &str = "NEW API 2.0";
/// The least that a create may say it is worth, in pesos.
const LEAST_VALUE: Decimal = Decimal::ONE_HUNDRED;

/// "payment_type"
const CASH: &str = "1";
const CARD: &str = "2";
/// Nothing to collect.
const PAID: &str = "3";

/// What every request has.
fn base(body: &mut Body, destination: &Address, round_trip: bool, urgent: bool, native: &Native<'_>) {
    if urgent {
        body.problems.add("urgent", format!("{NAME} has no urgent service"));
    }
    // What only `options` can say.
    for name in ["type_service", "city", "parking_surcharge", "coordinates"] {
        body.sources.add(name, format!("{}.{name}", native.place()));
    }
    body.fixed("type_service", DELIVERY);
    body.put("roundtrip", "round_trip", u8::from(round_trip));
    if filled(&destination.street).is_none() {
        body.problems.add("destination.street", format!("is required by {NAME}"));
    }
}

/// The address as one text: the street, then flat or office after a comma.
fn address(address: &Address) -> String {
    let street = Address { interior: None, ..address.clone() }.street_line();
    match filled(&address.interior) {
        Some(interior) => format!("{street}, {interior}"),
        None => street,
    }
}

/// The carrier's number of a municipality, which a quote can't do without.
fn number(place: Municipality, request: &Quote, native: &Native<'_>) -> Result<i64, FieldProblem> {
    place.number.ok_or_else(|| {
        let name = place.name.or(filled(&request.destination.city)).unwrap_or(&place.code);
        let (name, place) = (shorten(name), native.place());
        let message = format!(
            "{NAME}' number of `{name}` is not known, and a quote needs it; ask the carrier and give it in {place}.city"
        );
        FieldProblem::new("destination.city", message)
    })
}

/// The body of a quote.
pub(super) fn quote(request: &Quote, native: &Native<'_>) -> Result<(Value, Sources), Error> {
    let mut body = Body::new(&QUOTE, NAME);
    base(&mut body, &request.destination, request.round_trip, request.urgent, native);
    if filled(&request.origin.street).is_none() {
        body.problems.add("origin.street", format!("is required by {NAME}"));
    }
    let value = declared(&mut body.problems, "insured_value", request.insured_value.as_ref(), &request.parcels);
    body.put("declared_value", "insured_value", json_number(value.unwrap_or_default()));
    // The caller's own number is for what isn't known.
    if native.get("city").is_none() {
        let number =
            cities::municipality(&request.destination, "destination").and_then(|place| number(place, request, native));
        let path = number.as_ref().map_or_else(|problem| problem.field.clone(), |_| "destination.city".to_owned());
        let number = body.problems.take(number);
        body.put_if("city", path, number);
    }
    body.fixed("parking_surcharge", 0);
    for (index, path, end) in [(0, "origin", &request.origin), (1, "destination", &request.destination)] {
        let name = |field: &str| format!("coordinates[{index}].{field}");
        let at = |field: &str| format!("{path}.{field}");
        body.sources.add(format!("coordinates[{index}]"), path);
        body.put(name("address"), at("street"), address(end));
        // As it is written: the carrier reads it as a text.
        let place = cities::municipality(end, path);
        let city = filled(&end.city).or_else(|| place.as_ref().ok().and_then(|place| place.name));
        if city.is_none() && (index == 0 || native.get("city").is_some()) {
            body.problems.add(at("city"), format!("is required by {NAME}: the city's name"));
        }
        // Without a name, a code that is wrong is what to correct.
        let from = place.err().filter(|_| city.is_none()).map_or_else(|| at("city"), |problem| problem.field);
        body.put_if(name("city"), from, city);
        body.put_if(name("observation"), at("instructions"), filled(&end.instructions));
    }
    body.native(native);
    body.end()
}

/// The body of a create. `now` is Bogotá's clock, `store` the account's own.
pub(super) fn create(
    request: &Create,
    store: Option<&str>,
    native: &Native<'_>,
    mark: Option<&str>,
    now: DateTime,
) -> Result<(Value, Sources), Error> {
    let mut body = Body::new(&CREATE, NAME);
    let to = &request.destination;
    base(&mut body, to, request.round_trip, request.urgent, native);
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
    let least = value.unwrap_or_default().max(LEAST_VALUE);
    body.put("declared_value", "declared_value", json_number(least));
    // Where the caller gives the carrier's own number, that is the place.
    if native.get("city").is_none() && native.get("dane_code").is_none() {
        let place = body.problems.take(cities::municipality(to, "destination"));
        let path = if filled(&to.district_code).is_some() { "destination.district_code" } else { "destination.city" };
        body.put_if("dane_code", path, place.map(|place| place.code));
    }
    let (date, time) = body.problems.take(start(request.pickup.as_ref(), native, now)).unzip();
    // The date is the caller's, also where the time is what's wrong.
    let date = date.or_else(|| request.pickup.as_ref().map(|pickup| pickup.date.clone()));
    body.put_if("start_date", "pickup.date", date);
    body.put_if("start_time", "pickup.from", time);
    let goods = contents(request);
    body.put("description", "parcels[0].description", &*goods);
    let until = request.pickup.as_ref().and_then(|pickup| pickup.to.as_deref());
    // The carrier has a start and no end: its people read it in the remarks.
    let until = until.map(|time| format!("Recoger a más tardar a las {time}"));
    let remarks: Vec<&str> = filled(&request.notes).into_iter().chain(until.as_deref()).collect();
    body.put("observation", "notes", remarks.join("\n"));
    body.fixed("os", OS);
    let store = filled(&request.origin.carrier_id).or(store);
    if store.is_none() && native.get("store_id").is_none() {
        let message = format!(
            "is required, or `store_id` on the account: {NAME} collects at a store, never at an address; make one with \
             `call` stores.create"
        );
        body.problems.add("origin.carrier_id", message);
    }
    let store = native.get("store_id").and_then(as_text).or(store.map(str::to_owned));
    body.put_if("store_id", "origin.carrier_id", store.as_deref());
    delivery(&mut body, request, store.as_deref(), &goods, native, mark, now);
    native_fields(&mut body, native);
    let (mut body, sources) = body.end()?;
    // Last, so that nothing can take it away: people and pushes find a lost create by it.
    if let Some(mark) = mark {
        let marked = |text: Option<String>| json!(format!("{} [{mark}]", text.unwrap_or_default()).trim_start());
        body["observation"] = marked(text(&body, "observation"));
        if let Some(point) = body.pointer_mut("/coordinates/0").filter(|point| point.is_object()) {
            point["description"] = marked(text(point, "description"));
        }
    }
    Ok((body, sources))
}

/// The one delivery of a create.
fn delivery(
    body: &mut Body,
    request: &Create,
    store: Option<&str>,
    goods: &str,
    native: &Native<'_>,
    mark: Option<&str>,
    now: DateTime,
) {
    let to = &request.destination;
    let name = |field: &str| format!("coordinates[0].{field}");
    body.sources.add("coordinates[0]", "destination");
    // It is required. Without a number of the shop's, one that a push brings back; else one that nobody else has.
    let order = filled(&request.reference).or(mark).map(str::to_owned);
    let order = order.unwrap_or_else(|| now.strftime("%Y%m%d%H%M%S%3f").to_string());
    body.put(name("order_id"), "reference", order);
    body.put(name("address"), "destination.street", address(to));
    let place = [filled(&to.company).filter(|_| filled(&to.name).is_some()), filled(&to.neighborhood)];
    let place: Vec<&str> = place.into_iter().chain([filled(&to.instructions)]).flatten().collect();
    let description = if place.is_empty() { goods.to_owned() } else { place.join(", ") };
    body.put(name("description"), "destination.instructions", description);
    body.fixed(name("token"), "");
    let client = |field: &str| format!("coordinates[0].client_data.{field}");
    // What only `options` can say.
    for field in CLIENT.fields {
        body.sources.add(client(field.name), format!("{}.{}", native.place(), field.name));
    }
    let phone = filled(&to.phone).map(phone).filter(|digits| !digits.is_empty());
    for (field, path, value) in [
        ("client_name", "destination.name", filled(&to.name).or(filled(&to.company))),
        ("client_phone", "destination.phone", phone.as_deref()),
    ] {
        if value.is_none() {
            body.problems.add(path, format!("is required by {NAME}"));
        }
        body.put_if(client(field), path, value);
    }
    body.put(client("client_email"), "destination.email", filled(&to.email).unwrap_or_default());
    body.put_if(client("client_document"), "destination.tax_id", filled(&to.tax_id));
    products(body, request, store, goods);
    let cash = request.cash_on_delivery.as_ref();
    let amount = cash.and_then(|cash| pesos(&mut body.problems, "cash_on_delivery.amount", &cash.amount));
    let value = amount.or_else(|| worth(request)).unwrap_or(LEAST_VALUE);
    body.put(client("products_value"), "cash_on_delivery.amount", value.normalize().to_string());
    body.fixed(client("domicile_value"), "0");
    let method = match cash.map(|cash| cash.method.as_str()) {
        Some("cash") => CASH,
        Some("card") => CARD,
        _ => PAID,
    };
    body.put(client("payment_type"), "cash_on_delivery.method", method);
}

/// What the goods are worth: the sum of the items, else what is declared. What is wrong with them is reported elsewhere.
fn worth(request: &Create) -> Option<Decimal> {
    let unreported = &mut Problems::default();
    let items = request.items.iter().map(|item| {
        let price = pesos(unreported, "", &item.unit_price).unwrap_or_default();
        price.saturating_mul(Decimal::from(item.quantity))
    });
    let items = items.reduce(Decimal::saturating_add);
    items.or_else(|| declared(unreported, "", request.declared_value.as_ref(), &request.parcels))
}

/// What goes, in words, and never nothing: a create without them is refused.
fn contents(request: &Create) -> String {
    let parcels = goods(&request.parcels);
    if !parcels.is_empty() {
        return parcels;
    }
    let items: Vec<String> = request.items.iter().map(|item| format!("{} × {}", item.quantity, item.name)).collect();
    if !items.is_empty() {
        return items.join(", ");
    }
    format!("{} × paquete", request.parcels.iter().map(|parcel| u64::from(parcel.quantity)).sum::<u64>())
}

/// The goods. Each has the store at which it is collected.
fn products(body: &mut Body, request: &Create, store: Option<&str>, goods: &str) {
    body.sources.add("coordinates[0].products", "items");
    for (index, item) in request.items.iter().enumerate() {
        let name = |field: &str| format!("coordinates[0].products[{index}].{field}");
        let at = |field: &str| format!("items[{index}].{field}");
        body.sources.add(format!("coordinates[0].products[{index}]"), format!("items[{index}]"));
        body.put_if(name("store_id"), "origin.carrier_id", store);
        body.put(name("sku"), at("sku"), filled(&item.sku).map_or_else(|| slug(&item.name), str::to_owned));
        body.put(name("product_name"), at("name"), &*item.name);
        body.put(name("quantity"), at("quantity"), item.quantity);
        let price = pesos(&mut body.problems, &at("unit_price"), &item.unit_price);
        body.put_if(name("value"), at("unit_price"), price.map(json_number));
        body.put_if(name("url_img"), at("image_url"), filled(&item.image_url));
    }
    if request.items.is_empty() {
        let name = |field: &str| format!("coordinates[0].products[0].{field}");
        body.put_if(name("store_id"), "origin.carrier_id", store);
        body.fixed(name("sku"), "1");
        body.put(name("product_name"), "parcels[0].description", goods);
        body.fixed(name("quantity"), 1);
        body.put(name("value"), "declared_value", json_number(worth(request).unwrap_or(LEAST_VALUE)));
    }
}

/// A code for goods that have none: their name, in small letters and hyphens.
fn slug(name: &str) -> String {
    let bare: String = plain(name).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let slug = bare.split_whitespace().collect::<Vec<_>>().join("-");
    if slug.is_empty() { "1".to_owned() } else { slug }
}

/// A telephone's digits, without Colombia's code.
fn phone(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let local = ["0057", "57"].iter().find_map(|code| digits.strip_prefix(code).filter(|local| local.len() == 10));
    local.map_or(digits.clone(), str::to_owned)
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
    if !body.fields().pointer("/coordinates/0").is_some_and(Value::is_object) {
        return;
    }
    for (path, name, value) in native.entries().filter(|(_, name, _)| for_point(name)) {
        let object = if in_client(name) { "coordinates[0].client_data" } else { "coordinates[0]" };
        body.merge(object, name, &path, value);
    }
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
