//! flete's vocabulary ↔ Almex's. Pure: no I/O, no clock, no chance. Its tests are the document's own examples.

use crate::connector::lenient::{as_text, flag, instant, millis, text};
use crate::connector::timeline::oldest_first;
use crate::model::address::{Address, filled};
use crate::model::measure::json_number;
use crate::model::money::Money;
use crate::model::parcel::Parcel;
use crate::model::reply::{Courier, DocumentRef, Event, Shipment, Tracking};
use crate::model::request::{Create, Quote};
use crate::model::shape::{plain, shorten};
use crate::model::{Error, FieldProblem, Status};
use jiff::tz::{self, TimeZone};
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// "Last Event": the only `trackingIdEvent` that the document defines.
pub(super) const DELIVERED: &str = "4";

/// Almex's times have no offset.
pub(super) fn zone() -> TimeZone {
    tz::get!("America/Mexico_City")
}

/// What is wrong with a request, all of it.
#[derive(Default)]
struct Problems(Vec<FieldProblem>);

impl Problems {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldProblem::new(field, message));
    }

    /// A text that Almex can't do without.
    fn need(&mut self, path: &str, field: &str, text: Option<&str>) -> String {
        if text.is_none() {
            self.add(format!("{path}.{field}"), "is required by Almex");
        }
        text.unwrap_or_default().to_owned()
    }

    /// Mexico's postal codes have five digits; a spreadsheet drops the zero that many begin with.
    fn postal_code(&mut self, path: &str, address: &Address) -> String {
        let code = self.need(path, "postal_code", filled(&address.postal_code));
        let is_mexican = filled(&address.country).is_none_or(|country| country == "MX");
        if is_mexican && code.len() == 4 && code.bytes().all(|byte| byte.is_ascii_digit()) {
            self.add(format!("{path}.postal_code"), format!("`{code}` has four digits; did you mean `0{code}`?"));
        }
        code
    }

    /// An amount in pesos; zero where none is given.
    fn pesos(&mut self, field: &str, money: Option<&Money>) -> Decimal {
        let Some(money) = money else { return Decimal::ZERO };
        if money.currency != "MXN" {
            self.add(field, format!("is in {}; Almex takes amounts in MXN only", money.currency));
        }
        money.amount.0
    }

    /// A parcel's sides in metres and its weight in kilograms, exactly.
    fn measures(&mut self, parcel: &Parcel, path: &str) -> (Value, Value) {
        let sides = match &parcel.dimensions {
            Some(dimensions) => dimensions.metres(),
            None => {
                let form = "is required by Almex: {\"length\", \"width\", \"height\", \"unit\"}";
                self.add(format!("{path}.dimensions"), form);
                Some([Decimal::ONE; 3])
            }
        };
        let weight = parcel.weight.kilograms();
        let [length, width, height] = sides.unwrap_or_default();
        for (field, value) in [
            ("dimensions.length", sides.map(|_| length)),
            ("dimensions.width", sides.map(|_| width)),
            ("dimensions.height", sides.map(|_| height)),
            ("weight.value", weight),
        ] {
            match value {
                None => self.add(format!("{path}.{field}"), "is too big a number"),
                Some(value) if value.is_zero() => self.add(format!("{path}.{field}"), "must be more than 0"),
                Some(_) => {}
            }
        }
        let number = json_number;
        let dimensions = json!({"length": number(length), "width": number(width), "height": number(height)});
        (dimensions, number(weight.unwrap_or_default()))
    }

    fn end(self, body: Value) -> Result<Value, Error> {
        if self.0.is_empty() { Ok(body) } else { Err(Error::invalid_fields(self.0)) }
    }
}

/// "Rate": metres and kilograms, `packages` is a list.
pub(super) fn rate_request(request: &Quote) -> Result<Value, Error> {
    let mut problems = Problems::default();
    if request.round_trip {
        problems.add("round_trip", "Almex has no round trips; quote the way back by itself");
    }
    let mut place = |path: &str, address: &Address| {
        // There is no field for it: a postal code of another country would be priced as a Mexican one.
        if filled(&address.country).is_some_and(|country| country != "MX") {
            problems.add(format!("{path}.country"), "Almex quotes within Mexico (MX) only");
        }
        json!({"postalCode": problems.postal_code(path, address)})
    };
    let origin = place("origin", &request.origin);
    let destination = place("destination", &request.destination);
    let insured = problems.pesos("insured_value", request.insured_value.as_ref());
    let mut packages = Vec::new();
    for (index, parcel) in request.parcels.iter().enumerate() {
        let path = format!("parcels[{index}]");
        let (dimensions, weight) = problems.measures(parcel, &path);
        // The value to insure is the shipment's: it stands once. Without one, each parcel has its own.
        let declared = match &request.insured_value {
            Some(_) if index == 0 => insured,
            Some(_) => Decimal::ZERO,
            None => problems.pesos(&format!("{path}.declared_value"), parcel.declared_value.as_ref()),
        };
        packages.push(json!({
            "content": filled(&parcel.description).unwrap_or("Paquete"),
            "amount": parcel.quantity,
            "type": filled(&parcel.packaging).unwrap_or("box"),
            "dimensions": dimensions,
            "weight": weight,
            "insurance": i32::from(request.insured_value.is_some()),
            "declaredValue": json_number(declared),
            "weightUnit": "KGS",
            "lengthUnit": "MTS",
        }));
    }
    problems.end(json!({"origin": origin, "destination": destination, "packages": packages}))
}

/// "Generate": `packages` is an object, names are in snake_case.
pub(super) fn pickup_request(request: &Create, mark: Option<&str>, now: Timestamp) -> Result<Value, Error> {
    let mut problems = Problems::default();
    for (asked, field, message) in [
        (request.round_trip, "round_trip", "Almex has no round trips; make a second create for the way back"),
        (request.urgent, "urgent", "Almex has no such flag; choose a faster `service`"),
        (request.cash_on_delivery.is_some(), "cash_on_delivery", "Almex doesn't collect money"),
        (!request.notify.is_empty(), "notify", "Almex sends no notices"),
        (request.with_label, "with_label", "Almex has no labels to fetch"),
    ] {
        if asked {
            problems.add(field, message);
        }
    }
    let service = match filled(&request.service) {
        None => 3,
        Some(code) => code.parse::<u32>().unwrap_or_else(|_| {
            problems.add(
                "service",
                format!("is `{}`; it must be the number of Almex's `service_type`, like 3", shorten(code)),
            );
            0
        }),
    };
    let shipper = party(&mut problems, "origin", &request.origin);
    let consignee = party(&mut problems, "destination", &request.destination);
    let mut details = Vec::new();
    for (index, parcel) in request.parcels.iter().enumerate() {
        let (dimensions, weight) = problems.measures(parcel, &format!("parcels[{index}]"));
        details.push(json!({
            "package": filled(&parcel.packaging).unwrap_or("box").to_uppercase(),
            "quantity": parcel.quantity,
            "dimensions": dimensions,
            "weight": weight,
        }));
    }
    let declared = declared(&mut problems, request);
    let hour =
        |time: Option<&String>| time.map(|time| if time.len() == 5 { format!("{time}:00") } else { time.clone() });
    let pickup = request.pickup.as_ref();
    let day = pickup.map_or_else(|| next_pickup(now), |pickup| pickup.date.clone());
    let references: Vec<Value> = filled(&request.reference)
        .into_iter()
        // So that a person who looks for a lost create finds it.
        .chain(mark)
        .map(|reference| json!({"almex_reference_id": 0, "customer_reference": reference}))
        .collect();
    problems.end(json!({
        "shipper": shipper,
        "consignee": consignee,
        "services": {"observations": observations(request), "service_type": service, "shipping_type": 1},
        "accessorials": {
            "insurance": {"types_insurance": 4, "declared_amount": json_number(declared)},
            "pickup": {
                "service_needed": true,
                "date": format!("{day}T00:00:00"),
                "appointment": {
                    "start_time": hour(pickup.and_then(|pickup| pickup.from.as_ref())),
                    "end_time": hour(pickup.and_then(|pickup| pickup.to.as_ref())),
                },
            },
            "delivery": {
                "service_needed": true,
                "only_working_days": 1,
                "appointment": {"date": null, "start_time": null, "end_time": null},
            },
        },
        "packages": {"weight_unit": "KGS", "length_unit": "MTS", "details": details},
        "references": references,
    }))
}

fn party(problems: &mut Problems, path: &str, address: &Address) -> Value {
    let street = address.street_line();
    let street = Some(street.as_str()).filter(|street| !street.is_empty());
    json!({
        "name": problems.need(path, "name", filled(&address.company).or(filled(&address.name))),
        "id": filled(&address.carrier_id).or(filled(&address.reference)),
        "address_street": problems.need(path, "street", street),
        "address_neighborhood": problems.need(path, "neighborhood", filled(&address.neighborhood)),
        "city": problems.need(path, "city", filled(&address.city)),
        "state": problems.need(path, "state", filled(&address.state)),
        "country": filled(&address.country).unwrap_or("MX"),
        "zipcode": problems.postal_code(path, address),
        "phone_number": problems.need(path, "phone", filled(&address.phone)),
        "email": filled(&address.email),
    })
}

/// The notes, and how to find either place: Almex has no field of its own for that.
fn observations(request: &Create) -> String {
    let way = |word: &str, address: &Address| Some(format!("{word}: {}", filled(&address.instructions)?));
    let ends = [way("Recolección", &request.origin), way("Entrega", &request.destination)];
    let notes = filled(&request.notes).map(str::to_owned);
    std::iter::once(notes).chain(ends).flatten().collect::<Vec<_>>().join("\n")
}

/// What the shipment is worth: as said for the whole, else its parcels together.
fn declared(problems: &mut Problems, request: &Create) -> Decimal {
    if request.declared_value.is_some() {
        return problems.pesos("declared_value", request.declared_value.as_ref());
    }
    let mut sum = Decimal::ZERO;
    for (index, parcel) in request.parcels.iter().enumerate() {
        let field = format!("parcels[{index}].declared_value");
        let each = problems.pesos(&field, parcel.declared_value.as_ref());
        let all = each.checked_mul(Decimal::from(parcel.quantity)).and_then(|all| sum.checked_add(all));
        match all {
            Some(all) => sum = all,
            None => problems.add(field, "is too big a number"),
        }
    }
    sum
}

/// The day of pickup where the caller named none: today before noon in Mexico City, else tomorrow.
fn next_pickup(now: Timestamp) -> String {
    let now = now.to_zoned(zone());
    let day = if now.hour() < 12 { now.date() } else { now.date().saturating_add(1.day()) };
    day.to_string()
}

/// Names that a waybill may have in the reply to a pickup request, which the document doesn't show.
const WAYBILLS: &[&str] = &[
    "trackingnumber",
    "trackingnumbers",
    "tracking",
    "trackingid",
    "idtracking",
    "waybill",
    "waybills",
    "waybillnumber",
    "numeroguia",
    "noguia",
    "guia",
    "guias",
    "idguia",
];
/// Names of other numbers by which Almex may know it; "Last Event" puts `id` first (`idEvent`), and "Generate" sends
/// an `almex_reference_id`.
const OTHERS: &[&str] = &[
    "folio",
    "numero",
    "pickuprequestid",
    "idpickuprequest",
    "pickuprequest",
    "pickupid",
    "idpickup",
    "requestid",
    "idrequest",
    "almexreferenceid",
    "id",
];
/// Parts of the request that a reply may repeat: the numbers in them are the customer's own.
const REPEATED: &[&str] = &["shipper", "consignee"];

/// A number in a reply to a pickup request: how sure its name is (0 is the surest), and the number.
type Candidate = (usize, String);

fn candidates(value: &Value, name: &str, depth: usize, found: &mut Vec<Candidate>) {
    if depth > 16 {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| candidates(item, name, depth + 1, found)),
        Value::Object(map) => {
            let told = map.iter().filter(|(name, _)| !REPEATED.contains(&name.to_lowercase().as_str()));
            told.for_each(|(name, value)| candidates(value, name, depth + 1, found));
        }
        Value::String(_) | Value::Number(_) => {
            let bare: String = plain(name).chars().filter(char::is_ascii_alphanumeric).collect();
            let rank = WAYBILLS.iter().chain(OTHERS).position(|known| *known == bare);
            // Nought stands for none, as in the request's own `almex_reference_id`.
            let number = as_text(value).filter(|text| !text.trim().bytes().all(|byte| byte == b'0'));
            if let (Some(rank), Some(text)) = (rank, number) {
                found.push((rank, text.trim().to_owned()));
            }
        }
        _ => {}
    }
}

/// "Last Event", `07053846188`: eleven digits, leading zeros among them.
fn is_waybill(text: &str) -> bool {
    text.len() == 11 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Only its own form of a reply says that Almex did something.
pub(super) fn told_success(reply: &Value) -> bool {
    flag(reply, "success") == Some(true)
}

/// A shipment from the reply to a pickup request: the first number that looks like a waybill, else the one with
/// the surest name. Of several waybills the first is the id, and `raw` has them all.
pub(super) fn shipment(json: &Value) -> Shipment {
    let response = json.get("response").unwrap_or(json);
    let mut found = Vec::new();
    // `"response": "07053846188"`
    let bare = as_text(response).filter(|text| is_waybill(text)).map_or("", |_| "guia");
    candidates(response, bare, 0, &mut found);
    let shaped = found.iter().filter(|(_, text)| is_waybill(text)).min_by_key(|(rank, _)| *rank >= WAYBILLS.len());
    let best = shaped.or_else(|| found.iter().min_by_key(|(rank, _)| *rank));
    let tracking_number =
        best.filter(|(rank, text)| *rank < WAYBILLS.len() || is_waybill(text)).map(|(_, text)| text.clone());
    Shipment {
        id: best.map(|(_, text)| text.clone()),
        tracking_number,
        status: Status::PreTransit,
        raw: json.clone(),
        ..Shipment::default()
    }
}

/// When the last event was. `hourLastEvent` is a full date and time in the document, like `dateLastEvent`; a bare
/// hour belongs to the other's day, and a day without its hour is written as midnight.
fn event_time(entry: &Value) -> Option<String> {
    let date = text(entry, "dateLastEvent");
    let hour = text(entry, "hourLastEvent");
    let day = date.as_deref().map(|date| date.split(['T', ' ']).next().unwrap_or(date).to_owned());
    let whole = |text: &String| text.trim().len() > 10;
    let timed = |text: &String| whole(text) && !text.contains("T00:00:00");
    let joined = day.zip(hour.clone()).map(|(day, hour)| format!("{day}T{}", hour.trim()));
    let tries = [date.clone().filter(timed), hour.filter(whole), joined, date];
    tries.into_iter().flatten().find_map(|text| instant(&text, &zone()))
}

fn event(entry: &Value, status: &impl Fn(Option<&str>) -> Status) -> Event {
    let code = text(entry, "trackingIdEvent");
    let words = [text(entry, "descriptionEvent"), text(entry, "description2Event")];
    let words: Vec<String> = words.into_iter().flatten().collect();
    Event {
        at: event_time(entry),
        status: status(code.as_deref()),
        code,
        description: (!words.is_empty()).then(|| words.join(" / ")),
        location: text(entry, "officeName").or_else(|| text(entry, "referenceEvent")),
    }
}

/// Where a shipment is, by its last event; a list of events is taken too.
pub(super) fn tracking(json: &Value, id: &str, status: impl Fn(Option<&str>) -> Status) -> Tracking {
    let response = json.get("response").unwrap_or(&Value::Null);
    let mut entries: Vec<&Value> = match response {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    };
    entries.retain(|entry| entry.as_object().is_some_and(|map| !map.is_empty()));
    let events: Vec<(Event, &Value)> = entries.into_iter().map(|entry| (event(entry, &status), entry)).collect();
    let events = oldest_first(events, |(event, _)| event.at.as_deref().and_then(millis));
    let last = events.last().map(|(event, entry)| (event.clone(), *entry));
    let (now, entry) = last.unwrap_or((Event::default(), &Value::Null));
    let delivered = now.status == Status::Delivered;
    let operator = entry.get("tractor").and_then(|tractor| text(tractor, "operatorName"));
    Tracking {
        tracking_number: Some(id.to_owned()),
        status: now.status,
        carrier_status: text(entry, "descriptionEvent").or_else(|| text(entry, "description2Event")),
        description: now.description,
        delivered_at: now.at.filter(|_| delivered),
        documents: delivered
            .then_some(DocumentRef { kind: "proof_of_delivery".into(), id: None })
            .into_iter()
            .collect(),
        courier: operator.map(|name| Courier { name: Some(name), phone: None }),
        events: events.into_iter().map(|(event, _)| event).collect(),
        raw: json.clone(),
        ..Tracking::default()
    }
}

/// "Image Download": where the image is kept.
pub(super) fn image_url(json: &Value) -> Option<String> {
    text(json.get("response")?, "url")
}

/// Where one of Almex's fields stands in a request of flete's. ASP.NET names what it finds missing by its classes
/// (`Origin.PostalCode`) and what it can't read by the JSON (`origin.postalCode`).
pub(super) fn locate(_: &str, field: &str) -> Option<String> {
    let field: &str = &field.replace('_', "").to_lowercase();
    let names: Vec<&str> = field.split('.').collect();
    let last = *names.last()?;
    let index = field.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("0", |(index, _)| index);
    let first = names[0].split('[').next().unwrap_or_default();
    let place = match (first, last) {
        ("origin" | "destination", "postalcode") => format!("{first}.postal_code"),
        ("shipper" | "consignee", _) => {
            let end = if first == "shipper" { "origin" } else { "destination" };
            let part = match last {
                "name" | "city" | "state" | "country" | "email" => last,
                "id" => "carrier_id",
                "addressstreet" => "street",
                "addressneighborhood" => "neighborhood",
                "zipcode" => "postal_code",
                "phonenumber" => "phone",
                _ => return Some(end.to_owned()),
            };
            format!("{end}.{part}")
        }
        ("packages", _) => {
            let part = match last {
                "length" | "width" | "height" => format!(".dimensions.{last}"),
                "dimensions" | "weight" => format!(".{last}"),
                "content" => ".description".to_owned(),
                "amount" | "quantity" => ".quantity".to_owned(),
                "type" | "package" => ".packaging".to_owned(),
                "insurance" | "declaredvalue" => return Some("insured_value".to_owned()),
                _ => String::new(),
            };
            format!("parcels[{index}]{part}")
        }
        ("services", "observations") => "notes".to_owned(),
        ("services", "servicetype") => "service".to_owned(),
        ("accessorials", "declaredamount") => "declared_value".to_owned(),
        ("accessorials", _) if field.contains(".pickup") => match last {
            "starttime" => "pickup.from".to_owned(),
            "endtime" => "pickup.to".to_owned(),
            "date" => "pickup.date".to_owned(),
            _ => "pickup".to_owned(),
        },
        ("references", _) => "reference".to_owned(),
        _ => return None,
    };
    Some(place)
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
