//! Almex's replies in flete's vocabulary. Pure: no I/O, no clock. Its tests are the API
//! reference's own examples.

use super::zone;
use crate::connector::answer::View;
use crate::connector::lenient::{as_text, flag, instant, millis, text};
use crate::connector::timeline::oldest_first;
use crate::json::Value;
use crate::model::Status;
use crate::model::reply::{Courier, DocumentRef, Event, Shipment, Tracking};
use crate::model::shape::plain;

/// "Last Event": the only `trackingIdEvent` that the API reference defines.
pub(super) const DELIVERED: &str = "4";

/// Names that a waybill may have in the reply to a pickup request, which the API reference doesn't show.
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
            // Zero stands for none, as in the request's own `almex_reference_id`.
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
pub(super) fn shipment<'a>(json: impl Into<View<'a>>) -> Shipment {
    let json = json.into();
    let response = json.get("response").unwrap_or(&json);
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
        raw: json.raw(),
        ..Shipment::default()
    }
}

/// When the last event was. `hourLastEvent` is a full date and time in the API reference, like `dateLastEvent`. A
/// bare hour belongs to the other's day, and a day without its hour is written as midnight.
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
pub(super) fn tracking<'a>(json: impl Into<View<'a>>, id: &str, status: impl Fn(Option<&str>) -> Status) -> Tracking {
    let json = json.into();
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
        courier: operator.map(|name| Courier { name: Some(name), ..Courier::default() }),
        events: events.into_iter().map(|(event, _)| event).collect(),
        raw: json.raw(),
        ..Tracking::default()
    }
}

/// "Image Download": where the image is kept.
pub(super) fn image_url(json: &Value) -> Option<String> {
    text(json.get("response")?, "url")
}

#[cfg(test)]
#[path = "replies_tests.rs"]
mod tests;
