//! flete's vocabulary ↔ Fruno's. Pure: no I/O, no clock, no chance. Its tests are the document's own examples.

use super::endpoints::{ADDRESSES_CREATE, PARCELS_CREATE};
use crate::connector::body::{Body, Sources};
use crate::connector::expected::id;
use crate::connector::lenient::{flag, instant_of, list, millis, text};
use crate::connector::price;
use crate::connector::timeline::oldest_first;
use crate::model::address::{Address, filled};
use crate::model::measure::json_number;
use crate::model::money::Money;
use crate::model::parcel::Parcel;
use crate::model::reply::{Comment, DocumentRef, Event, Rate, Service, Shipment, Tracking, Window};
use crate::model::request::{Create, Notify};
use crate::model::shape::plain;
use crate::model::{Error, FieldProblem, Status};
use crate::text::hex;
use jiff::tz::{self, TimeZone};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// "Paquetes: Estados posibles".
pub(super) const STATES: &[&str] = &["porrecolectar", "entránsito", "entregado", "cancelado"];

/// Fruno's times without an offset would be Costa Rica's.
pub(super) fn zone() -> TimeZone {
    tz::get!("America/Costa_Rica")
}

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

/// The ids that the document itself shows ("Lista completa de eventos posibles", "Eventos de un paquete").
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

/// The catalogue of event types: id → name.
pub(super) fn catalogue(json: &Value) -> HashMap<String, String> {
    list(json, "tipo_eventos").iter().filter_map(|entry| Some((text(entry, "id")?, text(entry, "nombre")?))).collect()
}

/// One event. Its type's id is stable and decides; its text, which may change, only where there is no id.
fn event(entry: &Value, catalogue: &HashMap<String, String>) -> Event {
    let code = text(entry, "id_tipo_evento");
    let description = text(entry, "mensaje");
    let status = match &code {
        Some(id) => EVENT_IDS
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, status)| *status)
            .or_else(|| by_name(catalogue.get(id)?)),
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
pub(super) fn events(entries: &[Value], catalogue: &HashMap<String, String>) -> Vec<Event> {
    let entries = entries.iter().filter(|entry| entry.is_object());
    let events = entries.map(|entry| event(entry, catalogue)).collect();
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

fn grams(value: Decimal) -> Value {
    json!({"value": json_number(value), "unit": "g"})
}

/// A rate from the costs of all parcels, each with how many are alike. A cost that can't be read makes the total
/// null: nothing is guessed.
pub(super) fn rate(costs: &[(Value, u32)], service: Service, minor: bool) -> Rate {
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
        [(one, _)] => one.clone(),
        many => many.iter().map(|(json, _)| json.clone()).collect(),
    };
    Rate { service, total, volumetric_weight: volumetric.map(grams), raw, ..Rate::default() }
}

/// The size and weight of a parcel as Fruno takes them: whole centimetres and grams, rounded up.
pub(super) fn measures(parcel: &Parcel, path: &str) -> Result<[Decimal; 4], Error> {
    let Some(dimensions) = &parcel.dimensions else {
        return Err(Error::invalid(
            format!("{path}.dimensions"),
            "is required by Fruno: {\"length\", \"width\", \"height\", \"unit\"}",
        ));
    };
    let too_big = |field: &str| Error::invalid(format!("{path}.{field}"), "is too big a number");
    let [length, width, height] = dimensions.whole_centimetres().ok_or_else(|| too_big("dimensions"))?;
    let weight = parcel.weight.whole_grams().ok_or_else(|| too_big("weight"))?;
    let zero: Vec<FieldProblem> = [
        (length, "dimensions.length"),
        (width, "dimensions.width"),
        (height, "dimensions.height"),
        (weight, "weight.value"),
    ]
    .into_iter()
    .filter(|(value, _)| value.is_zero())
    .map(|(_, field)| FieldProblem::new(format!("{path}.{field}"), "must be more than 0"))
    .collect();
    if zero.is_empty() { Ok([length, width, height, weight]) } else { Err(Error::invalid_fields(zero)) }
}

/// A telephone as Fruno takes it: its limit of 10 leaves no room for the country's code or for spaces.
fn phone(text: &str) -> String {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')' | '.')).collect();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    for prefix in ["+506", "00506"] {
        if let Some(local) = bare.strip_prefix(prefix) {
            return local.to_owned();
        }
    }
    // Costa Rica's numbers have eight digits.
    match bare.strip_prefix("506") {
        Some(local) if local.len() == 8 && digits(local) => local.to_owned(),
        _ => bare,
    }
}

/// An address to be saved, under a name that its content decides: so the same place is saved once and found again.
pub(super) fn address(address: &Address, path: &str) -> Result<(Value, Sources), Error> {
    let at = |field: &str| format!("{path}.{field}");
    let mut body = Body::new(&ADDRESSES_CREATE, "Fruno");
    let parts = [address.street_line(), filled(&address.neighborhood).unwrap_or_default().to_owned()];
    let detail: Vec<&str> =
        parts.iter().map(String::as_str).filter(|part| !part.is_empty()).chain(filled(&address.instructions)).collect();
    let detail = detail.join(", ");
    if detail.is_empty() {
        body.problems
            .add(at("street"), "is required by Fruno (or `instructions`): everything that is needed to find the place");
    }
    // With number, interior, neighborhood and instructions.
    body.put("detalle", at("street"), detail);
    body.put_if("código_distrito", at("district_code"), filled(&address.district_code));
    if filled(&address.district_code).is_none() {
        body.problems.add(
            at("district_code"),
            "is required by Fruno: five digits, as `call` `districts.list` gives them; or `carrier_id`, the id of a \
             saved address",
        );
    }
    body.put_if("teléfono1", at("phone"), filled(&address.phone).map(phone));
    body.put_if("teléfono2", at("phone2"), filled(&address.phone2).map(phone));
    body.put_if("correo", at("email"), filled(&address.email));
    body.put_if("referencia", at("reference"), filled(&address.reference));
    let who = filled(&address.company).or(filled(&address.name)).unwrap_or("Dirección");
    let digest = Sha256::digest(body.fields().to_string());
    let hash = hex(&digest[..5]);
    let label: String = who.chars().take(29).collect();
    body.put("nombre", at("name"), format!("{} {hash}", label.trim_end()));
    body.end()
}

/// Whether a saved address is the place that was to be saved: every field that was asked for reads the same.
pub(super) fn same_place(saved: &Value, wanted: &Value) -> bool {
    wanted.as_object().into_iter().flatten().all(|(name, value)| match (saved.get(name), value) {
        (Some(Value::String(one)), Value::String(other)) => one.trim() == other.trim(),
        (None | Some(Value::Null), Value::String(text)) => text.is_empty(),
        _ => false,
    })
}

/// The names of Fruno's notices.
fn notice(event: &str) -> &'static str {
    match event {
        "created" => "creado",
        "picked_up" => "recolectado",
        "at_hub" => "en_cedi",
        "in_transit" => "en_tránsito",
        "delivered" => "entregado",
        _ => "cancelado",
    }
}

fn notices(notify: &[Notify]) -> Value {
    notify
        .iter()
        .map(|entry| {
            let mut notice_of = Map::new();
            notice_of.insert("correo".to_owned(), json!(entry.email));
            for event in &entry.events {
                notice_of.insert(notice(event).to_owned(), json!(true));
            }
            Value::Object(notice_of)
        })
        .collect()
}

/// The body of a create, but for its addresses and contract. Every limit of the document is kept by refusing.
pub(super) fn parcel(
    request: &Create,
    mark: Option<&str>,
    on_behalf_of: Option<&str>,
) -> Result<(Value, Sources), Error> {
    let mut body = Body::new(&PARCELS_CREATE, "Fruno");
    if request.parcels.len() > 1 || request.parcels.iter().any(|parcel| parcel.quantity > 1) {
        body.problems.add("parcels", "Fruno takes one parcel in a create; make one create for each");
    }
    if request.round_trip {
        body.problems.add("round_trip", "Fruno has no round trips; make a second create for the way back");
    }
    if request.cash_on_delivery.is_some() {
        body.problems.add("cash_on_delivery", "Fruno doesn't collect money");
    }
    let name = filled(&request.destination.name).or(filled(&request.destination.company));
    if name.is_none() {
        body.problems.add("destination.name", "is required: the person who receives the parcel");
    }
    body.put_if("entregar_a", "destination.name", name);
    let description = request.parcels.first().and_then(|parcel| filled(&parcel.description));
    body.put_if("descripción", "parcels[0].description", description);
    // Fruno has no field for when it is picked up: its people read it in the remarks.
    let pickup = request.pickup.as_ref().map(|pickup| {
        let hours = [("desde", &pickup.from), ("hasta", &pickup.to)];
        let hours = hours.iter().filter_map(|(word, time)| Some(format!(" {word} {}", time.as_ref()?)));
        format!("Recolecta: {}{}", pickup.date, hours.collect::<String>())
    });
    let notes: Vec<&str> = filled(&request.notes).into_iter().chain(pickup.as_deref()).collect();
    body.put_if("observaciones", "notes", (!notes.is_empty()).then(|| notes.join("\n")));
    body.put_if("referencia", "reference", filled(&request.reference));
    let most = PARCELS_CREATE.limit("etiquetas");
    if mark.is_some() && request.tags.len() >= most {
        let (given, room) = (request.tags.len(), most - 1);
        body.problems.add(
            "tags",
            format!("has {given} items; Fruno takes at most {room} with an idempotency_key, which takes one"),
        );
    } else {
        let tags: Vec<&str> = request.tags.iter().map(String::as_str).chain(mark).collect();
        body.put_if("etiquetas", "tags", (!tags.is_empty()).then_some(tags));
    }
    body.put_if("urgente", "urgent", request.urgent.then_some(true));
    body.put_if("en_nombre_de_correo", "options.fruno.en_nombre_de_correo", on_behalf_of);
    let notify = (!request.notify.is_empty()).then(|| notices(&request.notify));
    body.put_if("notificaciones", "notify", notify);
    for index in 0..request.notify.len() {
        body.sources.add(format!("notificaciones[{index}]"), format!("notify[{index}].events"));
        body.sources.add(format!("notificaciones[{index}].correo"), format!("notify[{index}].email"));
    }
    match request.parcels.first().map(|parcel| measures(parcel, "parcels[0]")) {
        Some(Ok([length, width, height, weight])) => {
            for (name, field, value) in [
                ("alto", "dimensions.height", height),
                ("ancho", "dimensions.width", width),
                ("longitud", "dimensions.length", length),
                ("peso_neto", "weight", weight),
            ] {
                body.put(name, format!("parcels[0].{field}"), json_number(value));
            }
        }
        Some(Err(error)) => body.problems.extend(&error),
        None => {}
    }
    for (name, path) in
        [("id_dirección_fuente", "origin"), ("id_dirección_destino", "destination"), ("id_contrato", "service")]
    {
        body.sources.add(name, path);
    }
    body.end()
}

/// Whether a parcel has this mark among its tags, however the list of tags is written.
pub(super) fn marked(parcel: &Value, mark: &str) -> bool {
    let has = |value: &Value| value.as_str().is_some_and(|text| text.to_lowercase().contains(mark));
    parcel.get("etiquetas").is_some_and(has) || list(parcel, "etiquetas").iter().any(has)
}

/// A parcel, as a create or a list gives it.
pub(super) fn shipment(json: &Value, minor: bool) -> Shipment {
    let guide = id(json, "guía");
    let state = text(json, "estado");
    Shipment {
        id: guide.clone(),
        tracking_number: guide,
        reference: text(json, "referencia"),
        status: status(state.as_deref(), flag(json, "devolución").unwrap_or(false)),
        status_code: state.clone(),
        carrier_status: state,
        price: cost(json, minor),
        created_at: instant_of(json, "fecha_creación", &zone()),
        raw: json.clone(),
        ..Shipment::default()
    }
}

/// The images of a parcel under one of its names: their ids, and their types as far as they are listed.
pub(super) fn images(parcel: &Value, name: &str) -> Vec<(String, Option<String>)> {
    list(parcel, name).iter().filter_map(|image| Some((id(image, "id")?, text(image, "ContentType")))).collect()
}

/// Whether an error complains that a place isn't served. Fruno says it of the address ("El distrito no cuenta con
/// servicio" under `id_dirección_fuente`), which is fine: it is the district that the caller has to change.
pub(super) fn name_unserved(error: &mut Error) -> bool {
    let unserved = |message: &str| {
        let words = plain(message);
        words.contains("distrito") || no_service(&words)
    };
    let mut found = false;
    for index in 0..error.fields.len() {
        let problem = &error.fields[index];
        let end = match problem.carrier_field.as_deref().map(plain).as_deref() {
            Some("id_direccion_fuente") => "origin",
            Some("id_direccion_destino") => "destination",
            _ => continue,
        };
        if !unserved(&problem.message) {
            continue;
        }
        error.move_field(index, format!("{end}.district_code"));
        found = true;
    }
    found
}

/// Whether words without accents and capitals say that a place has no service.
fn no_service(words: &str) -> bool {
    let service = ["servicio", "cobertura"].iter().any(|word| words.contains(word));
    let denied = ["no ", "sin ", "fuera", "ningun"].iter().any(|word| words.contains(word));
    service && denied
}

/// Where a parcel is. `events` replace the parcel's own, which lack the ids of their types.
pub(super) fn tracking(json: &Value, events: Vec<Event>) -> Tracking {
    let guide = id(json, "guía");
    let state = text(json, "estado");
    let documents = [("imágenes_recolecta", "proof_of_pickup"), ("imágenes_entrega", "proof_of_delivery")]
        .into_iter()
        .flat_map(|(name, kind)| images(json, name).into_iter().map(move |(id, _)| DocumentRef { kind, id: Some(id) }));
    let at = |name: &str| instant_of(json, name, &zone());
    let window = Window { from: at("entrega_estimada_a"), to: at("entrega_estimada_b") };
    Tracking {
        tracking_number: guide,
        reference: text(json, "referencia"),
        status: status(state.as_deref(), flag(json, "devolución").unwrap_or(false)),
        description: text(json, "descripción_estado").or_else(|| state.clone()),
        status_code: state.clone(),
        carrier_status: state,
        events,
        picked_up_at: at("fecha_recolecta"),
        delivered_at: at("fecha_entrega"),
        estimated_delivery: (window.from.is_some() || window.to.is_some()).then_some(window),
        documents: std::iter::once(DocumentRef { kind: "label", id: None }).chain(documents).collect(),
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
        raw: json.clone(),
        ..Tracking::default()
    }
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
