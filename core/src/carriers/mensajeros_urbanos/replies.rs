//! Mensajeros Urbanos' replies in flete's vocabulary. Pure: no I/O, no clock. Its tests are the API
//! reference's own examples. A push is read in `push.rs`.

use super::requests::reference_of;
use super::zone;
use crate::connector::answer::View;
use crate::connector::expected::id;
use crate::connector::journal::{self, Bears};
use crate::connector::lenient::{as_text, decimal, instant_of, list, millis, text};
use crate::connector::price;
use crate::connector::timeline::oldest_first;
use crate::json::Value;
use crate::model::Status;
use crate::model::measure::{Amount, parse_decimal};
use crate::model::money::Money;
use crate::model::reply::{Charge, Courier, Event, Rate, Service, Shipment, Tracking};
use crate::model::shape::plain;
use rust_decimal::Decimal;

/// A state: its `status_id`, the words for it (those of the lists, then the push's), what it means where nothing else
/// is said, and what it may mean as well.
struct State(i64, &'static [&'static str], Status, Option<Status>);

/// "Servicios Activos" (1: Creados, En espera, Asignados, En proceso), "Detalle de un servicio", "Url de seguimiento".
const STATES: &[State] = &[
    State(1, &["creada", "create"], Status::PreTransit, None),
    State(2, &["en espera", "on_hold"], Status::PreTransit, None),
    State(3, &["asignada", "assigned"], Status::PreTransit, None),
    State(4, &["en proceso", "in_progress"], Status::InTransit, Some(Status::OutForDelivery)),
    State(5, &["finalizada", "finished"], Status::Delivered, Some(Status::DeliveryFailed)),
    State(6, &["cancelado", "cancel"], Status::Cancelled, None),
];
const FINISHED: &str = "5";

/// The states that a list of this `type` has, by their ids: 1 active, 2 ended.
pub(super) fn states_of(kind: i64) -> impl Iterator<Item = (String, Status)> {
    let of_kind = STATES.iter().filter(move |state| (state.0 >= 5) == (kind == 2));
    of_kind.flat_map(|state| [Some(state.2), state.3].into_iter().flatten().map(|status| (state.0.to_string(), status)))
}

/// The id of a state, as text: `status_id`, or `status` where that is the number (a create's reply), or the id of
/// the words that the API reference has.
pub(super) fn code(entry: &Value) -> Option<String> {
    let number = |name: &str| decimal(entry, name).map(|id| id.normalize().to_string());
    number("status_id").or_else(|| text(entry, "status_id")).or_else(|| number("status")).or_else(|| {
        let words = plain(text(entry, "status")?.trim());
        STATES.iter().find(|state| state.1.contains(&words.as_str())).map(|state| state.0.to_string())
    })
}

/// What a state's id means.
pub(super) fn status(code: Option<&str>) -> Status {
    let known = STATES.iter().find(|state| code == Some(state.0.to_string().as_str()));
    known.map(|state| state.2).unwrap_or_default()
}

/// What `finish_status` says of a delivery that has ended. Public integrations have it; the API reference doesn't.
#[derive(Clone, Copy, PartialEq)]
enum Finish {
    /// 0
    Failed,
    /// 1
    Done,
    /// Something else.
    Odd,
}

fn finish(entry: &Value) -> Option<Finish> {
    match entry.get("finish_status")? {
        Value::Bool(done) => Some(if *done { Finish::Done } else { Finish::Failed }),
        value => match parse_decimal(value) {
            Some(number) if number.is_zero() => Some(Finish::Failed),
            Some(number) if number == Decimal::ONE => Some(Finish::Done),
            Some(_) => Some(Finish::Odd),
            None => as_text(value).map(|_| Finish::Odd),
        },
    }
}

/// The most stops that a service is taken to have. Samples have large numbers in `num_place`, which are ids of places.
const MOST_STOPS: u64 = 20;

/// The stop that a state in progress is told at, counted from 1 (the store), and whether it was left.
fn stop(entry: &Value) -> Option<(u64, bool)> {
    let whole = |name: &str| decimal(entry, name).and_then(|number| u64::try_from(number).ok());
    let place = whole("num_place").filter(|place| (1..=MOST_STOPS).contains(place))?;
    // 1 = arrived, 2 = left
    Some((place, whole("status_place") == Some(2)))
}

/// What the state of a task, a push or a line of a history means, with all that stands beside it.
pub(super) fn state(entry: &Value) -> Status {
    let documented = status(code(entry).as_deref());
    match (documented, finish(entry), stop(entry)) {
        (Status::Delivered, Some(Finish::Failed), _) => Status::DeliveryFailed,
        (Status::Delivered, Some(Finish::Odd), _) => Status::Unknown,
        (Status::InTransit, Some(Finish::Failed), Some((2.., true))) => Status::DeliveryFailed,
        (Status::InTransit, _, Some((2.., _) | (1, true))) => Status::OutForDelivery,
        _ => documented,
    }
}

/// Whether any part of a task says that a delivery failed.
fn tells_failure(value: &Value) -> bool {
    match value {
        Value::Object(fields) => finish(value) == Some(Finish::Failed) || fields.values().any(tells_failure),
        Value::Array(items) => items.iter().any(tells_failure),
        _ => false,
    }
}

/// Why a delivery failed, in the carrier's words.
pub(super) fn reason(entry: &Value, status: Status) -> Option<String> {
    let mut reasons = ["finish_description", "finish_type"].into_iter().filter_map(|name| text(entry, name));
    reasons.find(|reason| reason.trim() != "0").filter(|_| status == Status::DeliveryFailed)
}

/// Who carries it. Nobody is written as an empty name and the telephone 0.
pub(super) fn courier(who: &Value) -> Option<Courier> {
    let of = |names: &[&str]| {
        let found = names.iter().find_map(|name| text(who, name))?.trim().to_owned();
        (found != "0").then_some(found)
    };
    let courier = Courier {
        name: of(&["mensajero", "name"]),
        phone: of(&["phone"]).filter(|phone| !phone.trim_matches('0').is_empty()),
        plate: of(&["vehicle_plate", "plate_number", "plate"]),
        vehicle: of(&["type_resource_name", "vehicle"]),
        photo_url: of(&["photo_url", "photo"]),
    };
    (courier != Courier::default()).then_some(courier)
}

/// What a reply shows of a task: its `data`, and what may stand beside that. Only integrations show what there is, and
/// they don't agree on the place.
pub(super) fn shown(reply: &Value) -> Value {
    /// What a reply says of itself.
    const ENVELOPE: [&str; 6] = ["version", "status", "status_code", "message", "href", "data"];
    let mut shown = data(reply).as_object().cloned().unwrap_or_default();
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    for (name, value) in reply.as_object().into_iter().flatten() {
        if !ENVELOPE.contains(&name.as_str()) && shown.get(name).is_none_or(empty) {
            shown.insert(name.clone(), value.clone());
        }
    }
    Value::Object(shown)
}

/// The `data` of a reply.
pub(super) fn data(reply: &Value) -> &Value {
    reply.get("data").unwrap_or(&Value::Null)
}

fn money(json: &Value, name: &str) -> Option<Money> {
    price::price(json.get(name)?, "COP")
}

/// The parts of a price, in the API reference's words.
const CHARGES: &[(&str, &str)] = &[
    ("base_value", "Valor base"),
    ("distance_surcharge", "Recargo distancia"),
    ("surcharge_stops", "Recargo paradas"),
    ("roundtrip_surcharge", "Recargo ida y vuelta"),
    // Public integrations have these.
    ("parking_surcharge", "Recargo parqueadero"),
    ("insurance_surcharge", "Recargo seguro"),
    ("iva", "IVA"),
];

/// The kind of service by its number, as far as the samples name them.
pub(super) fn service(code: Option<String>) -> Service {
    let name = match code.as_deref() {
        Some("1") => Some("Express"),
        Some("4") => Some("Domicilios"),
        _ => None,
    };
    Service { code, name: name.map(str::to_owned) }
}

/// A price. A surcharge of nothing is none; a total that can't be read is null.
pub(super) fn rate<'a>(reply: impl Into<View<'a>>, service: Service) -> Rate {
    let reply = &reply.into();
    let data = data(reply);
    let breakdown = CHARGES
        .iter()
        .filter_map(|(code, description)| {
            let amount = money(data, code)?;
            let counts = *code == "base_value" || !amount.amount.0.is_zero();
            counts.then(|| Charge { code: (*code).to_owned(), description: (*description).to_owned(), amount })
        })
        .collect();
    Rate {
        service,
        total: money(data, "total_service"),
        breakdown,
        distance_km: data
            .get("total_distance")
            .and_then(price::number)
            .filter(|distance| !distance.is_sign_negative())
            .map(Amount),
        raw: reply.raw(),
        ..Rate::default()
    }
}

/// Only its own form of a reply says that it did something.
pub(super) fn told_success(reply: &Value) -> bool {
    text(reply, "status").is_some_and(|status| status.trim().eq_ignore_ascii_case("success"))
}

/// Whether a reply has anything of a task.
pub(super) fn shows_task(reply: &Value) -> bool {
    let task = shown(reply);
    let (number, uuid) = ids(&task);
    number.or(uuid).or_else(|| code(&task)).or_else(|| text(&task, "status")).is_some()
        || !list(&task, "history").is_empty()
}

/// What a create made.
pub(super) fn made<'a>(reply: impl Into<View<'a>>) -> Shipment {
    let reply = &reply.into();
    let data = data(reply);
    let uuid = id(data, "uuid");
    Shipment {
        id: uuid.clone(),
        tracking_number: uuid,
        status: status(code(data).as_deref()),
        status_code: code(data),
        carrier_status: text(data, "status"),
        price: money(data, "total"),
        created_at: instant_of(data, "date", &zone()),
        raw: reply.raw(),
        ..Shipment::default()
    }
}

/// A task's id and uuid.
pub(super) fn ids(task: &Value) -> (Option<String>, Option<String>) {
    (id(task, "task_id"), id(task, "uuid"))
}

/// A task of a list.
pub(super) fn shipment<'a>(task: impl Into<View<'a>>) -> Shipment {
    let task = &task.into();
    let (id, uuid) = ids(task);
    Shipment {
        id: uuid.clone().or_else(|| id.map(|id| format!("task:{id}"))),
        tracking_number: uuid,
        reference: reference(task),
        status: state(task),
        status_code: code(task),
        carrier_status: text(task, "status"),
        price: money(task, "total_value"),
        created_at: created_at(task),
        raw: task.raw(),
        ..Shipment::default()
    }
}

/// `date_created` is a day only; the history of that day has the time.
fn created_at(task: &Value) -> Option<String> {
    let day = text(task, "date_created");
    let exact = list(task, "history")
        .iter()
        .find(|line| code(line).as_deref() == Some("1"))
        .and_then(|line| instant_of(line, "date", &zone()))
        .filter(|at| day.as_deref().is_none_or(|day| at.starts_with(day.trim())));
    exact.or_else(|| instant_of(task, "date_created", &zone()))
}

/// Whether a task was made on this day, in Bogotá.
pub(super) fn made_on(task: &Value, day: &str) -> bool {
    created_at(task).is_some_and(|at| at.starts_with(day))
}

/// The caller's reference, where a create wrote it into a description: lists have no `order_id`.
fn reference(task: &Value) -> Option<String> {
    let mut points = list(task, "address").iter();
    points
        .find_map(|point| reference_of(&text(point, "descripcion")?).map(str::to_owned))
        .or_else(|| id(task, "order_id"))
}

/// Whether one of a task's points carries this mark.
pub(super) fn bears(task: &Value, mark: &str) -> Bears {
    let points = list(task, "address").iter().filter_map(|point| point.get("descripcion"));
    journal::bears(task, points.filter_map(Value::as_str), mark)
}

fn event(line: &Value) -> Event {
    let status = state(line);
    Event {
        at: instant_of(line, "date", &zone()).or_else(|| instant_of(line, "timestamp", &zone())),
        status,
        code: code(line),
        description: reason(line, status).or_else(|| text(line, "description")).or_else(|| text(line, "status")),
        location: text(line, "location"),
    }
}

/// Where a task is. Its own `status_id` wins over the last line of its history: a sample has a cancelled task whose
/// history ends with "Finalizada".
pub(super) fn tracking<'a>(reply: impl Into<View<'a>>) -> Tracking {
    let reply = &reply.into();
    let task = shown(reply);
    let lines: Vec<&Value> = list(&task, "history").iter().filter(|line| line.is_object()).collect();
    let failed = fails(&task, &lines);
    let mut events =
        oldest_first(lines.into_iter().map(event).collect(), |event: &Event| event.at.as_deref().and_then(millis));
    let own = code(&task);
    let mut now = match (&own, events.last()) {
        (None, Some(last)) => last.status,
        _ => state(&task),
    };
    let code = own.or_else(|| events.last().and_then(|event| event.code.clone()));
    // A failed delivery may be told in one place only.
    if failed {
        for status in events.iter_mut().map(|event| &mut event.status).chain([&mut now]) {
            if *status == Status::Delivered {
                *status = Status::DeliveryFailed;
            }
        }
    }
    let delivered = events.iter().rev().find(|event| event.code.as_deref() == Some(FINISHED));
    let delivered_at = delivered.and_then(|event| event.at.clone()).filter(|_| now == Status::Delivered);
    let resource = match task.get("resource") {
        Some(Value::Array(resources)) => resources.iter().find_map(courier),
        resource => resource.and_then(courier),
    };
    let words = text(&task, "status");
    Tracking {
        tracking_number: id(&task, "uuid"),
        reference: reference(&task),
        status: now,
        status_code: code,
        description: reason(&task, now).or_else(|| words.clone()),
        carrier_status: words,
        courier: resource,
        delivered_at,
        events,
        raw: reply.raw(),
        ..Tracking::default()
    }
}

/// Whether a task that has ended failed. It says so itself, or the line of its history does, or else one of its stops.
fn fails(task: &Value, lines: &[&Value]) -> bool {
    let ended = lines.iter().rev().find(|line| code(line).as_deref() == Some(FINISHED));
    let said = [finish(task), ended.and_then(|line| finish(line))];
    said.contains(&Some(Finish::Failed)) || (!said.contains(&Some(Finish::Done)) && tells_failure(task))
}

#[cfg(test)]
#[path = "replies_tests.rs"]
mod tests;
