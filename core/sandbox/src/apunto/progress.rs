//! How an operation moves when a test says so: its status, and the dates of its services. Not for what a client changes (`check`).

use super::super::util;
use super::store::{Data, Store};
use super::table::STATUSES;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Days from today at which things are made to have happened: far enough that no time zone makes them tomorrow, and in order.
const PICKUP: i64 = -4;
const DEPARTURE: i64 = -3;
const ARRIVAL: i64 = -2;
const DELIVERY: i64 = -1;
/// When a service under way expects to arrive, unless it says so itself.
const EXPECTED: i64 = 5;

pub(super) fn advance(store: &mut Store, id: &str, to: Option<&str>, now: Timestamp) -> Result<Value, String> {
    let mut all = store.all("operations").iter();
    let found = all.find(|row| row.id.to_string() == id || row.text("identification") == id);
    let row = found.ok_or_else(|| format!("no operation {id:?}"))?;
    let (id, status) = (row.id, row.text("status").to_owned());
    let next = match (to, status.as_str()) {
        (Some(to), _) => *STATUSES
            .iter()
            .find(|known| **known == to)
            .ok_or_else(|| format!("a status is one of {}, not {to:?}", STATUSES.join(", ")))?,
        (None, "confirmed") => "active",
        (None, "active") => "finished",
        (None, "finished") => "closed",
        (None, _) => {
            return Err(format!("operation {id} is {status}: there is no next stage"));
        }
    };
    if let Some(row) = store.get_mut("operations", id) {
        row.data.insert("status".into(), next.into());
        row.updated = now;
    }
    for service in store.services_mut(id) {
        if service.text("status") == "canceled" {
            continue;
        }
        move_dates(&mut service.data, next, now);
        // Services have every status but `confirmed`.
        let own = if next == "confirmed" { "active" } else { next };
        service.data.insert("status".into(), own.into());
        service.updated = now;
    }
    let row = store.get("operations", id);
    row.map(|row| store.shipment(row)).ok_or_else(|| format!("no operation {id}"))
}

fn move_dates(service: &mut Data, status: &str, now: Timestamp) {
    let day = |days: i64| {
        let then = now.checked_add(SignedDuration::from_hours(24 * days));
        util::day(then.unwrap_or(now), 0)
    };
    // A date that the client set stays, unless it says that what happens now is still to come.
    let mut past = |name: &str, days: i64| {
        let set = service.get(name).and_then(Value::as_str);
        if set.is_none_or(|set| *set > *day(days)) {
            service.insert(name.to_owned(), day(days).into());
        }
    };
    if matches!(status, "active" | "finished" | "closed") {
        past("pickup_date", PICKUP);
        past("etd_date", DEPARTURE);
    }
    if matches!(status, "finished" | "closed") {
        past("eta_date", ARRIVAL);
        past("delivery_date", DELIVERY);
    }
    if status == "active" && service.get("eta_date").is_none_or(Value::is_null) {
        service.insert("eta_date".to_owned(), day(EXPECTED).into());
    }
}
