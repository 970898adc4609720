//! flete's vocabulary ↔ Apunto's. Pure: no I/O, no clock, no chance. Its tests are the document's own examples.

use super::endpoints::{OPERATIONS_CREATE, SERVICE_OF_CREATE};
use crate::connector::endpoint::{merge, plain_names};
use crate::connector::expected::id;
use crate::connector::lenient::{instant_of, millis, text};
use crate::model::address::filled;
use crate::model::reply::{Event, Shipment, Tracking, Window};
use crate::model::request::Create;
use crate::model::shape::{Field, Form, Kind, check_as, opt};
use crate::model::{Error, FieldProblem, Status};
use jiff::civil::Date;
use jiff::tz::{self, TimeZone};
use serde_json::{Map, Value, json};

/// Apunto's dates are Mexico's.
pub(super) fn zone() -> TimeZone {
    tz::get!("America/Mexico_City")
}

/// "Objeto Operation": `status`.
pub(super) fn status(word: Option<&str>) -> Status {
    match word {
        Some("confirmed") => Status::PreTransit,
        Some("active") => Status::InTransit,
        Some("finished" | "closed") => Status::Delivered,
        Some("canceled") => Status::Cancelled,
        _ => Status::Unknown,
    }
}

// ---- create

/// What the account gives where a create doesn't.
#[derive(Default)]
pub(super) struct Defaults<'a> {
    pub(super) contact_code: Option<&'a str>,
    pub(super) currency_code: Option<&'a str>,
    pub(super) agent_email: Option<&'a str>,
}

const SERVICE: Kind = Kind::Object(&SERVICE_OF_CREATE);
/// What a create's `options` take beside an operation's own fields.
pub(super) const SERVICES: &[Field] = &[opt("services", Kind::List(&SERVICE, 100), "its services")];

/// A create, as Apunto takes it: one operation, and its services after it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) operation: Map<String, Value>,
    pub(super) services: Vec<Value>,
}

/// The bodies of a create. `place` is where the caller's native fields stand. Everything is checked against the
/// table before anything is sent; whether there is a contact is the account's to answer.
pub(super) fn plan(
    request: &Create,
    native: &Value,
    defaults: &Defaults<'_>,
    mark: Option<&str>,
    place: &str,
) -> Result<Plan, Error> {
    let mut problems = Vec::new();
    if request.round_trip {
        problems.push(FieldProblem::new(
            "round_trip",
            "Apunto has no round trips; make a second operation for the way back",
        ));
    }
    if request.cash_on_delivery.is_some() {
        problems.push(FieldProblem::new("cash_on_delivery", "Apunto doesn't collect money"));
    }
    let mut body = Map::new();
    let mut goods: Vec<&str> = Vec::new();
    for description in request.parcels.iter().filter_map(|parcel| filled(&parcel.description)) {
        if !goods.contains(&description) {
            goods.push(description);
        }
    }
    let goods = goods.join(", ");
    for (name, value) in [
        ("contact_code", defaults.contact_code),
        ("currency_code", defaults.currency_code),
        ("operational_agent_email", defaults.agent_email),
        ("client_ref", filled(&request.reference)),
        ("goods_description", Some(goods.as_str()).filter(|goods| !goods.is_empty())),
    ] {
        if let Some(value) = value {
            body.insert(name.to_owned(), json!(value));
        }
    }
    let mut body = Value::Object(body);
    merge(&mut body, native);
    let fields: Vec<Field> = OPERATIONS_CREATE.body_fields().iter().chain(SERVICES).copied().collect();
    let found = check_as(&body, &fields, place, Form::Native);
    problems.extend(found.into_iter().filter_map(|problem| told(problem, &body, place)));
    plain_names(&mut body);
    if mark.is_some() && body.get("tag_list").is_some_and(|tags| !tags.is_array() && !tags.is_null()) {
        problems.push(FieldProblem::new(
            format!("{place}.tag_list"),
            "must be a list: the mark of the idempotency_key goes into it",
        ));
    }
    if !problems.is_empty() {
        return Err(Error::invalid_fields(problems));
    }
    let Value::Object(mut operation) = body else { return Err(Error::internal("an operation that is no object")) };
    let services = match operation.shift_remove("services") {
        Some(Value::Array(services)) => services.into_iter().map(without_nulls).collect(),
        _ => Vec::new(),
    };
    // The mark stays whatever tags the caller gives: a lost create is found by it.
    let mut tags: Vec<String> = Vec::new();
    let native = operation.shift_remove("tag_list");
    let native_tags = native.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    for tag in request.tags.iter().map(String::as_str).chain(native_tags).chain(mark) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    if let Some(other) = native.filter(|native| tags.is_empty() && !native.is_array()) {
        operation.insert("tag_list".to_owned(), other);
    }
    if !tags.is_empty() {
        operation.insert("tag_list".to_owned(), json!(tags));
    }
    operation.retain(|_, value| !value.is_null());
    Ok(Plan { operation, services })
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}

/// A problem as its caller should hear of it: what is lacking is told with its choices. `None` for the contact,
/// which the account may have.
fn told(problem: FieldProblem, body: &Value, place: &str) -> Option<FieldProblem> {
    let name = problem.field.strip_prefix(place)?.trim_start_matches('.');
    if body.get(name).is_some_and(|value| !value.is_null()) {
        return Some(problem);
    }
    match OPERATIONS_CREATE.body_fields().iter().find(|field| field.name == name) {
        Some(field) if field.name == "contact_code" => None,
        Some(Field { kind: Kind::Choice(choices), .. }) => {
            Some(FieldProblem::new(problem.field, format!("is required by Apunto: one of {}", choices.join(", "))))
        }
        _ => Some(problem),
    }
}

/// The name under which an operation takes what Apunto complains of ("un contact_code malo": `contact_id`).
pub(super) fn parameter<'a>(operation: &str, field: &'a str) -> &'a str {
    match field {
        "contact_id" | "contact" => "contact_code",
        "currency_id" | "currency" => "currency_code",
        "operational_agent_id" | "operational_agent" => "operational_agent_email",
        "supplier_id" | "supplier" => "supplier_code",
        "service_agent_id" | "service_agent" => "service_agent_email",
        "operation" => "operation_id",
        "tags" if !operation.starts_with("contacts.") => "tag_list",
        _ => field,
    }
}

/// Where one of Apunto's fields stands in a request of flete's. A service's fields come without their service,
/// which the create knows.
pub(super) fn locate(operation: &str, field: &str) -> Option<String> {
    let name = parameter(operation, field);
    match (operation, name) {
        ("operations.create", "client_ref") => Some("reference".to_owned()),
        ("operations.create", "goods_description") => Some("parcels[0].description".to_owned()),
        ("operations.create", "tag_list") => Some("tags".to_owned()),
        ("operations.create", name) if OPERATIONS_CREATE.body_fields().iter().any(|field| field.name == name) => {
            Some(format!("options.apunto.{name}"))
        }
        _ => Some(name.to_owned()),
    }
}

/// Whether a service at Apunto is the one that was asked for: nothing that both have differs. What is asked for
/// by code comes back as an object.
pub(super) fn same_service(found: &Value, wanted: &Value) -> bool {
    wanted.as_object().into_iter().flatten().all(|(name, value)| {
        let there = match name.as_str() {
            "operation_id" => return true,
            "supplier_code" => found.get("supplier").map(|supplier| text(supplier, "alias")),
            "service_agent_email" => found.get("service_agent").map(|agent| text(agent, "email")),
            name => found.get(name).map(|_| text(found, name)),
        };
        there.is_none_or(|there| there == crate::connector::lenient::as_text(value))
    })
}

/// Whether an operation may have been made with this reference. The document doesn't say that Apunto keeps a
/// `client_ref` as it was sent, and many a system trims, cuts or folds a text: only another text tells it apart.
pub(super) fn may_be_of(operation: &Value, reference: Option<&str>) -> bool {
    let folded = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
    match (reference, text(operation, "client_ref")) {
        (Some(sent), Some(kept)) => folded(sent).starts_with(&folded(&kept)),
        _ => true,
    }
}

/// An operation, as a create, a list or a get gives it.
pub(super) fn shipment(operation: &Value) -> Shipment {
    let word = text(operation, "status");
    Shipment {
        id: id(operation, "id"),
        tracking_number: text(operation, "identification"),
        reference: text(operation, "client_ref"),
        status: status(word.as_deref()),
        status_code: word.clone(),
        carrier_status: word,
        created_at: instant_of(operation, "created_at", &zone()),
        raw: operation.clone(),
        ..Shipment::default()
    }
}

// ---- track

/// "Objeto Service": its dates, in the order of a journey, with the document's words for each.
const DATES: [(&str, &str, Status); 4] = [
    ("pickup_date", "Fecha de recolección", Status::PickedUp),
    ("etd_date", "Fecha estimada de salida", Status::InTransit),
    ("eta_date", "Fecha estimada de arribo", Status::InTransit),
    ("delivery_date", "Fecha de entrega", Status::Delivered),
];

/// Whether a service has all its dates: an operation's own services do in the document's table, and not in its
/// sample.
pub(super) fn has_dates(service: &Value) -> bool {
    DATES.iter().all(|(name, ..)| service.get(*name).is_some())
}

/// One of a service's dates.
struct Dated<'a> {
    service: &'a Value,
    /// Its place in [`DATES`].
    what: usize,
    date: Date,
    /// The date as an instant: the beginning of its day.
    at: String,
    past: bool,
}

fn dates<'a>(service: &'a Value, today: Date, ended: bool) -> impl Iterator<Item = Dated<'a>> {
    // What is planned for today may still be to come, unless all is over.
    let over = ended || matches!(text(service, "status").as_deref(), Some("finished" | "closed"));
    DATES.iter().enumerate().filter_map(move |(what, (name, ..))| {
        let at = instant_of(service, name, &zone())?;
        let date = at.parse::<jiff::Timestamp>().ok()?.to_zoned(zone()).date();
        Some(Dated { service, what, date, at, past: date < today || (over && date == today) })
    })
}

fn event(dated: &Dated<'_>) -> Event {
    let (code, words, status) = DATES[dated.what];
    let of = [text(dated.service, "mode"), text(dated.service, "identification")];
    let description = std::iter::once(words.to_owned()).chain(of.into_iter().flatten()).collect::<Vec<_>>();
    Event {
        at: Some(dated.at.clone()),
        status,
        code: Some(code.to_owned()),
        description: Some(description.join(" · ")),
        location: None,
    }
}

/// Where an operation is. `services` are its services with their dates; `today` is Mexico City's.
pub(super) fn tracking(operation: &Value, services: &[Value], today: Date) -> Tracking {
    let shipment = shipment(operation);
    let delivered = shipment.status == Status::Delivered;
    // What a cancelled service planned did not happen.
    let live: Vec<&Value> = services
        .iter()
        .filter(|service| service.is_object() && text(service, "status").as_deref() != Some("canceled"))
        .collect();
    let all: Vec<Dated<'_>> = live.iter().flat_map(|service| dates(service, today, delivered)).collect();
    let of = |what: usize, past: bool| all.iter().filter(move |dated| dated.what == what && dated.past == past);
    let mut past: Vec<&Dated<'_>> = all.iter().filter(|dated| dated.past).collect();
    past.sort_by_key(|dated| (millis(&dated.at), dated.what));
    // One leg's delivery is not the whole's: every service must have its own, or the operation be over.
    let arrived = delivered || (!live.is_empty() && of(3, true).count() == live.len());
    let delivered_at = of(3, true).max_by_key(|dated| dated.date).filter(|_| arrived).map(|dated| dated.at.clone());
    let day = |what: usize| of(what, false).map(|dated| dated.date).max();
    let (from, to) = (day(2), day(3));
    let from = from.filter(|from| to.is_none_or(|to| *from <= to));
    let open = !matches!(shipment.status, Status::Delivered | Status::Cancelled);
    let estimate = Window { from: from.map(|day| day.to_string()), to: to.map(|day| day.to_string()) };
    Tracking {
        tracking_number: shipment.tracking_number,
        reference: shipment.reference,
        status: shipment.status,
        description: shipment.carrier_status.clone(),
        status_code: shipment.status_code,
        carrier_status: shipment.carrier_status,
        events: past.into_iter().map(event).collect(),
        picked_up_at: of(0, true).min_by_key(|dated| dated.date).map(|dated| dated.at.clone()),
        delivered_at,
        estimated_delivery: (open && (estimate.from.is_some() || estimate.to.is_some())).then_some(estimate),
        raw: shipment.raw,
        ..Tracking::default()
    }
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
