//! Mensajeros Urbanos' replies in flete's vocabulary. Pure: no I/O, no clock. Its tests are the API
//! reference's own examples. A push is read in `push.rs`.

use super::requests::reference_of;
use super::zone;
use crate::connector::expected::id;
use crate::connector::journal::{self, Bears};
use crate::connector::lenient::{decimal, instant_of, list, millis, text};
use crate::connector::price;
use crate::connector::timeline::oldest_first;
use crate::model::Status;
use crate::model::measure::Amount;
use crate::model::money::Money;
use crate::model::reply::{Charge, Event, Rate, Service, Shipment, Tracking};
use crate::model::shape::plain;
use serde_json::Value;

/// A state: its `status_id`, the words for it (those of the lists, then the push's), what it means.
struct State(i64, &'static [&'static str], Status);

/// "Servicios Activos" (1: Creados, En espera, Asignados, En proceso), "Detalle de un servicio", "Url de seguimiento".
const STATES: &[State] = &[
    State(1, &["creada", "create"], Status::PreTransit),
    State(2, &["en espera", "on_hold"], Status::PreTransit),
    State(3, &["asignada", "assigned"], Status::PreTransit),
    State(4, &["en proceso", "in_progress"], Status::InTransit),
    State(5, &["finalizada", "finished"], Status::Delivered),
    State(6, &["cancelado", "cancel"], Status::Cancelled),
];
const FINISHED: &str = "5";

/// The states that a list of this `type` has, by their ids: 1 active, 2 ended.
pub(super) fn states_of(kind: i64) -> impl Iterator<Item = (String, Status)> {
    STATES.iter().filter(move |state| (state.0 >= 5) == (kind == 2)).map(|state| (state.0.to_string(), state.2))
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
pub(super) fn rate(reply: &Value, service: Service) -> Rate {
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
        raw: reply.clone(),
        ..Rate::default()
    }
}

/// Only its own form of a reply says that it did something.
pub(super) fn told_success(reply: &Value) -> bool {
    text(reply, "status").is_some_and(|status| status.trim().eq_ignore_ascii_case("success"))
}

/// Whether a reply has anything of a task.
pub(super) fn shows_task(reply: &Value) -> bool {
    let task = data(reply);
    let (number, uuid) = ids(task);
    number.or(uuid).or_else(|| code(task)).or_else(|| text(task, "status")).is_some()
        || !list(task, "history").is_empty()
}

/// What a create made.
pub(super) fn made(reply: &Value) -> Shipment {
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
        raw: reply.clone(),
        ..Shipment::default()
    }
}

/// A task's id and uuid.
pub(super) fn ids(task: &Value) -> (Option<String>, Option<String>) {
    (id(task, "task_id"), id(task, "uuid"))
}

/// A task of a list.
pub(super) fn shipment(task: &Value) -> Shipment {
    let (id, uuid) = ids(task);
    Shipment {
        id: uuid.clone().or_else(|| id.map(|id| format!("task:{id}"))),
        tracking_number: uuid,
        reference: reference(task),
        status: status(code(task).as_deref()),
        status_code: code(task),
        carrier_status: text(task, "status"),
        price: money(task, "total_value"),
        created_at: created_at(task),
        raw: task.clone(),
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
    points.find_map(|point| reference_of(&text(point, "descripcion")?).map(str::to_owned))
}

/// Whether one of a task's points carries this mark.
pub(super) fn bears(task: &Value, mark: &str) -> Bears {
    let points = list(task, "address").iter().filter_map(|point| point.get("descripcion"));
    journal::bears(task, points.filter_map(Value::as_str), mark)
}

fn event(line: &Value) -> Event {
    let code = code(line);
    Event {
        at: instant_of(line, "date", &zone()),
        status: status(code.as_deref()),
        code,
        description: text(line, "status"),
        location: None,
    }
}

/// Where a task is. Its own `status_id` wins over the last line of its history: a sample has a cancelled task whose
/// history ends with "Finalizada".
pub(super) fn tracking(reply: &Value) -> Tracking {
    let task = data(reply);
    let lines = list(task, "history").iter().filter(|line| line.is_object());
    let events = oldest_first(lines.map(event).collect(), |event: &Event| event.at.as_deref().and_then(millis));
    let code = code(task).or_else(|| events.last().and_then(|event| event.code.clone()));
    let delivered = events.iter().rev().find(|event| event.code.as_deref() == Some(FINISHED));
    let delivered_at = delivered.and_then(|event| event.at.clone()).filter(|_| code.as_deref() == Some(FINISHED));
    let words = text(task, "status");
    Tracking {
        tracking_number: id(task, "uuid"),
        reference: reference(task),
        status: status(code.as_deref()),
        status_code: code,
        description: words.clone(),
        carrier_status: words,
        delivered_at,
        events,
        raw: reply.clone(),
        ..Tracking::default()
    }
}

#[cfg(test)]
#[path = "replies_tests.rs"]
mod tests;
