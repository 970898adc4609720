//! Fruno's replies in flete's vocabulary. Pure: no I/O, no clock. Its tests are the API
//! reference's own examples.

use super::zone;
use crate::connector::answer::View;
use crate::connector::expected::id;
use crate::connector::journal::{self, Bears};
use crate::connector::lenient::{flag, instant_of, list, millis, text};
use crate::connector::price;
use crate::connector::timeline::oldest_first;
use crate::json::{Raw, Value};
use crate::model::Status;
use crate::model::measure::{Amount, Weight};
use crate::model::money::Money;
use crate::model::reply::{Comment, DocumentRef, Event, Rate, Service, Shipment, Tracking, Window};
use crate::model::shape::plain;
use crate::text::encode;
use rust_decimal::Decimal;
use unicode_normalization::UnicodeNormalization;

/// Bring names into the Unicode form that the API reference has. Returns whether one had another.
pub(super) fn compose_names(json: &mut Value) -> bool {
    match json {
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| compose_names(item) | changed),
        Value::Object(map) => {
            let changes = map.keys().any(|name| !name.is_ascii() && !unicode_normalization::is_nfc(name));
            if changes {
                *map = std::mem::take(map)
                    .into_iter()
                    .map(|(name, value)| (name.nfc().collect::<crate::json::Text>(), value))
                    .collect();
            }
            map.values_mut().fold(changes, |changed, value| compose_names(value) | changed)
        }
        _ => false,
    }
}

/// "Paquetes: Estados posibles".
pub(super) const STATES: &[&str] = &["porrecolectar", "entránsito", "entregado", "cancelado"];

/// What a state means. `devolución` with `entregado` is a parcel that came back.
pub(super) fn status(state: Option<&str>, returning: bool) -> Status {
    match (state.map(plain).as_deref(), returning) {
        (Some("porrecolectar"), _) => Status::PreTransit,
        (Some("entransito"), false) => Status::InTransit,
        (Some("entransito"), true) => Status::Returning,
        (Some("entregado"), false) => Status::Delivered,
        (Some("entregado"), true) => Status::Returned,
        (Some("cancelado"), _) => Status::Cancelled,
        _ => Status::Unknown,
    }
}

/// The states that `list` can ask for where this status is wanted. `meaning` is what the account takes a state for.
pub(super) fn states_for(wanted: Status, meaning: impl Fn(&str, Status) -> Status) -> Vec<&'static str> {
    STATES.iter().copied().filter(|state| meaning(state, status(Some(state), false)) == wanted).collect()
}

/// The ids that the API reference itself shows ("Lista completa de eventos posibles", "Eventos de un paquete").
const EVENT_IDS: &[(&str, Status)] = &[
    ("56ef0258-6ccb-437e-a33b-e56b2051cbaf", Status::PreTransit),
    ("8c98ae18-eeb4-45e7-abf5-7fd4ce006438", Status::PickedUp),
    ("06204837-1032-46db-b23f-3574144a9795", Status::InTransit),
    ("43ce2ff6-c161-4faa-a1fb-ca5e98af0f02", Status::Delivered),
];

/// The table of events ("Eventos"), and the text for the hub that the sample of a parcel has.
const EVENT_NAMES: &[(&str, Status)] = &[
    ("paquete creado", Status::PreTransit),
    ("paquete recolectado", Status::PickedUp),
    ("paquete recolectado en cedi", Status::PickedUp),
    ("cancelado", Status::Cancelled),
    ("el remitente no se encuentra", Status::PickupFailed),
    ("direccion de recolecta incorrecta", Status::PickupFailed),
    ("paquete en cedi", Status::InTransit),
    ("paquete recibido en cedi", Status::InTransit),
    ("paquete en ruta", Status::OutForDelivery),
    ("paquete entregado", Status::Delivered),
    ("cambio de destino por devolucion", Status::Returning),
    ("rechazo de destinatario", Status::DeliveryFailed),
];

fn by_name(name: &str) -> Option<Status> {
    let name = plain(name.trim().trim_end_matches('.'));
    EVENT_NAMES.iter().find(|(known, _)| *known == name).map(|(_, status)| *status)
}

/// A type of events in the catalogue. One id may stand there several times, each with another stage.
pub(super) struct EventType {
    id: String,
    name: String,
    /// `recolecta` or `entrega`, without accents and capitals.
    stage: Option<String>,
}

/// The catalogue of event types.
pub(super) fn catalogue(json: &Value) -> Vec<EventType> {
    let entry = |entry| {
        let stage = text(entry, "etapa").map(|stage| plain(&stage));
        Some(EventType { id: text(entry, "id")?, name: text(entry, "nombre")?, stage })
    };
    list(json, "tipo_eventos").iter().filter_map(entry).collect()
}

/// What an event of this type means. Where the catalogue has its id with several meanings, the stage decides that the
/// event itself has, then its text, then whether the parcel had been picked up by then.
fn by_type(id: &str, entry: &Value, types: &[EventType], parcel: &Value) -> Option<Status> {
    let documented = || EVENT_IDS.iter().find(|(known, _)| *known == id).map(|(_, status)| *status);
    let listed: Vec<&EventType> = types.iter().filter(|of| of.id == id).collect();
    if listed.is_empty() {
        return documented();
    }
    let meaning = |chosen: &dyn Fn(&EventType) -> bool| {
        let mut found = listed.iter().filter(|of| chosen(of)).map(|of| by_name(&of.name).or_else(documented));
        let first = found.next()?;
        found.all(|other| other == first).then_some(first)
    };
    let stage = text(entry, "etapa").map(|stage| plain(&stage));
    let said = text(entry, "mensaje").map(|said| plain(&said));
    let then = stage_then(entry, parcel);
    meaning(&|_| true)
        .or_else(|| meaning(&|of| stage.is_some() && of.stage == stage))
        .or_else(|| meaning(&|of| said.as_deref() == Some(&*plain(&of.name))))
        .or_else(|| meaning(&|of| then.is_some() && of.stage.as_deref() == then))
        .flatten()
}

/// The stage of a parcel when an event happened: it is `recolecta` until it is picked up.
fn stage_then(entry: &Value, parcel: &Value) -> Option<&'static str> {
    let at = |json, name| instant_of(json, name, &zone()).as_deref().and_then(millis);
    match (at(parcel, "fecha_recolecta"), text(parcel, "estado").as_deref()) {
        (Some(collected), _) => Some(if at(entry, "fecha")? <= collected { "recolecta" } else { "entrega" }),
        (None, Some("porrecolectar")) => Some("recolecta"),
        _ => None,
    }
}

/// One event. Its type's id is stable and decides; its text, which may change, only where there is no id.
fn event(entry: &Value, types: &[EventType], parcel: &Value) -> Event {
    let code = text(entry, "id_tipo_evento");
    let description = text(entry, "mensaje");
    let status = match &code {
        Some(id) => by_type(id, entry, types, parcel),
        None => description.as_deref().and_then(by_name),
    };
    Event {
        at: instant_of(entry, "fecha", &zone()),
        status: status.unwrap_or_default(),
        code,
        description,
        location: None,
    }
}

/// A parcel's events, oldest first. `entries` come from `…/eventos`, or from the parcel itself.
pub(super) fn events(entries: &[Value], types: &[EventType], parcel: &Value) -> Vec<Event> {
    let entries = entries.iter().filter(|entry| entry.is_object());
    let events = entries.map(|entry| event(entry, types, parcel)).collect();
    oldest_first(events, |event: &Event| event.at.as_deref().and_then(millis))
}

fn cost(json: &Value, minor: bool) -> Option<Money> {
    // "La moneda … sigue el ISO 4217": another word is no currency.
    let mut money = price::price(json.get("precio")?, &price::currency(json.get("moneda")?.as_str()?)?)?;
    if minor {
        money.amount.0 = money.amount.0.checked_mul(Decimal::new(1, 2))?;
    }
    Some(money)
}

/// A weight or a distance that isn't negative.
fn measure(json: &Value, name: &str) -> Option<Decimal> {
    price::number(json.get(name)?).filter(|value| !value.is_sign_negative())
}

/// A rate from the costs of all parcels, each with how many are alike. A cost that can't be read makes the total
/// null: nothing is guessed.
pub(super) fn rate(costs: &[(View<'_>, u32)], service: Service, minor: bool) -> Rate {
    let prices: Option<Vec<(Money, u32)>> =
        costs.iter().map(|(json, count)| Some((cost(json, minor)?, *count))).collect();
    let total = prices.and_then(|prices| {
        let currency = prices.first()?.0.currency.clone();
        let sum = prices.iter().try_fold(Decimal::ZERO, |sum, (price, count)| {
            let same = price.currency == currency;
            same.then(|| sum.checked_add(price.amount.0.checked_mul(Decimal::from(*count))?)).flatten()
        })?;
        Some(Money::new(sum, currency))
    });
    let volumetric = costs.iter().try_fold(Decimal::ZERO, |sum, (json, count)| {
        sum.checked_add(measure(json, "peso_volumétrico")?.checked_mul(Decimal::from(*count))?)
    });
    let raw = match costs {
        [(one, _)] => one.raw(),
        many => Raw::list(many.iter().map(|(json, _)| json.raw())),
    };
    Rate {
        service,
        total,
        volumetric_weight: volumetric.map(|grams| Weight::new(Amount(grams), "g")),
        raw,
        ..Rate::default()
    }
}

/// Whether a parcel has this mark among its tags, whether they come as a list or as one text.
pub(super) fn bears(parcel: &Value, mark: &str) -> Bears {
    let tags = parcel.get("etiquetas").into_iter().chain(list(parcel, "etiquetas"));
    journal::bears(parcel, tags.filter_map(Value::as_str), mark)
}

/// The public page of a parcel. It is the production's: it knows no parcel of the test host.
fn public_page(guide: &str) -> String {
    format!("https://logistica.fruno.com/p/buscarguia?guia={}", encode(guide))
}

/// A parcel, as a create or a list gives it.
pub(super) fn shipment<'a>(json: impl Into<View<'a>>, minor: bool) -> Shipment {
    let json = &json.into();
    let guide = id(json, "guía");
    let state = text(json, "estado");
    let shown = guide.as_deref().map(public_page);
    Shipment {
        id: guide.clone(),
        tracking_number: guide,
        reference: text(json, "referencia"),
        status: status(state.as_deref(), flag(json, "devolución").unwrap_or(false)),
        status_code: state.clone(),
        carrier_status: state,
        price: cost(json, minor),
        tracking_url: shown,
        created_at: instant_of(json, "fecha_creación", &zone()),
        raw: json.raw(),
        ..Shipment::default()
    }
}

/// Where a parcel has its images, and which documents they are.
pub(super) const IMAGES: [(&str, &str); 2] =
    [("imágenes_recolecta", "proof_of_pickup"), ("imágenes_entrega", "proof_of_delivery")];

/// An image of a parcel.
pub(super) struct Image {
    pub(super) kind: &'static str,
    pub(super) id: String,
    /// As far as it is listed.
    pub(super) content_type: Option<String>,
}

/// The images of a parcel.
pub(super) fn images(parcel: &Value) -> Vec<Image> {
    let of = |(name, kind)| {
        let listed = list(parcel, name).iter();
        listed.filter_map(move |image| {
            Some(Image { kind, id: id(image, "id")?, content_type: text(image, "ContentType") })
        })
    };
    IMAGES.into_iter().flat_map(of).collect()
}

/// Where a parcel is. `events` replace the parcel's own, which lack the ids of their types.
pub(super) fn tracking<'a>(json: impl Into<View<'a>>, events: Vec<Event>) -> Tracking {
    let json = &json.into();
    let guide = id(json, "guía");
    let state = text(json, "estado");
    let documents = images(json).into_iter().map(|image| DocumentRef { kind: image.kind.into(), id: Some(image.id) });
    let at = |name: &str| instant_of(json, name, &zone());
    let window = |from, to| {
        let window = Window { from: at(from), to: at(to) };
        (window.from.is_some() || window.to.is_some()).then_some(window)
    };
    Tracking {
        tracking_url: guide.as_deref().map(public_page),
        tracking_number: guide,
        reference: text(json, "referencia"),
        status: status(state.as_deref(), flag(json, "devolución").unwrap_or(false)),
        description: text(json, "descripción_estado").or_else(|| state.clone()),
        status_code: state.clone(),
        carrier_status: state,
        events,
        picked_up_at: at("fecha_recolecta"),
        delivered_at: at("fecha_entrega"),
        estimated_pickup: window("recolecta_estimada_a", "recolecta_estimada_b"),
        estimated_delivery: window("entrega_estimada_a", "entrega_estimada_b"),
        documents: std::iter::once(DocumentRef { kind: "label".into(), id: None }).chain(documents).collect(),
        comments: list(json, "comentarios")
            .iter()
            .filter_map(|entry| {
                let words = entry.as_str().map(str::to_owned).filter(|words| !words.trim().is_empty());
                Some(Comment {
                    at: instant_of(entry, "fecha", &zone()),
                    text: words.or_else(|| text(entry, "mensaje"))?,
                })
            })
            .collect(),
        raw: json.raw(),
        ..Tracking::default()
    }
}

#[cfg(test)]
#[path = "replies_tests.rs"]
mod tests;
