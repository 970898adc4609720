//! Apunto's replies in flete's vocabulary. Pure: no I/O, no clock, no chance. Its tests are the API reference's own
//! examples.

use super::zone;
use crate::connector::expected::id;
use crate::connector::lenient::{flag, millis};
use crate::connector::prelude::*;
use crate::connector::price::{currency, price};
use crate::json::Raw;
use crate::model::reply::Window;
use jiff::civil::Date;
use rust_decimal::prelude::ToPrimitive;

/// What stands under its own name, as "Operaciones" shows it; or the whole, as "Contactos" does.
pub(super) fn under<'a>(json: &'a Value, name: &str) -> &'a Value {
    json.get(name).filter(|inner| inner.is_object()).unwrap_or(json)
}

/// How many pages a list has: `{page, per_page, total}` ("Paginación"), or `{current_page, total_pages,
/// total_count}` ("Contactos").
pub(super) fn pages(list: &Value) -> Option<u64> {
    let pagination = list.get("pagination")?;
    let whole = |name: &str| decimal(pagination, name)?.to_u64();
    whole("total_pages").or_else(|| {
        let size = whole("per_page").filter(|size| *size > 0).unwrap_or(25);
        Some(whole("total")?.div_ceil(size))
    })
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

/// Whether a service at Apunto is the one that was asked for: nothing that both have differs. What is asked for
/// by code comes back as an object.
pub(super) fn same_service(found: &Value, wanted: &Value) -> bool {
    wanted.as_object().into_iter().flatten().all(|(name, value)| {
        let there = match name.as_str() {
            "operation_id" => return true,
            "supplier_code" => found.get("supplier").map(|supplier| text(supplier, "alias")),
            "service_agent_email" => found.get("service_agent").map(|agent| text(agent, "email")),
            "customs_agent_code" => found.get("customs_agent").map(|agent| text(agent, "alias")),
            "customs_address_code" => found.get("customs_address").map(|address| text(address, "alias")),
            name => found.get(name).map(|_| text(found, name)),
        };
        there.is_none_or(|there| alike(there.as_deref(), as_text(value).as_deref()))
    })
}

/// Whether a text may be another as Apunto shows it: blanks and case don't tell them apart, a day may have a time, and
/// an instant has more than one form.
fn alike(shown: Option<&str>, sent: Option<&str>) -> bool {
    let (Some(shown), Some(sent)) = (shown, sent) else { return shown == sent };
    let folded = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
    if let (Some(shown), Some(sent)) = (millis(shown), millis(sent)) {
        return shown == sent;
    }
    let is_day = sent.parse::<Date>().is_ok();
    folded(shown) == folded(sent) || (is_day && shown.split(['T', ' ']).next() == Some(sent))
}

/// Whether an operation may have been made with this reference. The API reference doesn't say that Apunto keeps a
/// `client_ref` as it was sent, and many a system trims, cuts or folds a text, or writes its letters wrong (`A?o` for
/// `Año`): only another text tells it apart, up to the first letter that isn't ASCII.
pub(super) fn may_be_of(operation: &Value, reference: Option<&str>) -> bool {
    let folded = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
    let sure = |text: &str| text.chars().take_while(|c| c.is_ascii() && *c != '?').collect::<String>();
    match (reference.map(folded), text(operation, "client_ref").map(|kept| folded(&kept))) {
        (Some(sent), Some(kept)) => {
            let (sure_sent, sure_kept) = (sure(&sent), sure(&kept));
            sent.starts_with(&sure_kept) || (sure_sent != sent && sure_kept.starts_with(&sure_sent))
        }
        _ => true,
    }
}

/// An operation, as a create, a list or a get gives it.
pub(super) fn shipment(operation: &Value) -> Shipment {
    let word = text(operation, "status");
    let services = list(operation, "services");
    let mut status = status(word.as_deref());
    // "Operaciones: Cerrar": it can be closed when every service is closed or canceled. Then nothing was delivered.
    let all_canceled = services.iter().all(|service| text(service, "status").as_deref() == Some("canceled"));
    if status == Status::Delivered && !services.is_empty() && all_canceled {
        status = Status::Cancelled;
    }
    Shipment {
        id: id(operation, "id"),
        tracking_number: text(operation, "identification"),
        reference: text(operation, "client_ref"),
        status,
        status_code: word.clone(),
        carrier_status: word,
        created_at: instant_of(operation, "created_at", &zone()),
        raw: Raw::of(operation),
        ..Shipment::default()
    }
}

// ---- quote

/// A price of a quote request. `None` where it isn't published.
pub(super) fn rate(pricing: &Value) -> Option<Rate> {
    if pricing.as_object().is_none_or(crate::json::Map::is_empty) || flag(pricing, "draft") == Some(true) {
        return None;
    }
    let total = pricing.get("total_price").zip(currency_of(pricing)).and_then(|(total, code)| price(total, &code));
    let service = Service { code: None, name: text(pricing, "service_name") };
    Some(Rate { service, total, raw: Raw::of(pricing), ..Rate::default() })
}

/// `{code, name}`, or `{id, name}` with the code as its name ("Información general").
fn currency_of(object: &Value) -> Option<String> {
    let given = object.get("currency")?;
    let named = |name: &str| text(given, name).and_then(|code| currency(&code));
    named("code").or_else(|| named("name")).or_else(|| currency(given.as_str()?))
}

// ---- track

/// "Objeto Service": its dates, in the order of a journey, with the API reference's words for each.
const DATES: [(&str, &str, Status); 4] = [
    ("pickup_date", "Fecha de recolección", Status::PickedUp),
    ("etd_date", "Fecha estimada de salida", Status::InTransit),
    ("eta_date", "Fecha estimada de arribo", Status::InTransit),
    ("delivery_date", "Fecha de entrega", Status::Delivered),
];

/// Whether a service has all its dates: an operation's own services do in the API reference's table, and not in its
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
#[path = "replies_tests.rs"]
mod tests;
