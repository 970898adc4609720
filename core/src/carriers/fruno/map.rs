//! flete's vocabulary ↔ Fruno's. Pure: no I/O, no clock, no chance. Its tests are the document's own examples.

use super::endpoints::{ADDRESSES_CREATE, PARCELS_CREATE};
use crate::connector::expected::id;
use crate::connector::lenient::{flag, instant_of, list, millis, text};
use crate::connector::price;
use crate::connector::timeline::oldest_first;
use crate::model::address::{Address, filled};
use crate::model::measure::{Amount, Weight, json_number};
use crate::model::money::Money;
use crate::model::parcel::Parcel;
use crate::model::reply::{Comment, DocumentRef, Event, Rate, Service, Shipment, Tracking, Window};
use crate::model::request::{Create, Notify};
use crate::model::shape::{plain, shorten};
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
    Rate {
        service,
        total,
        volumetric_weight: volumetric.map(|grams| Weight::new(Amount(grams), "g")),
        raw,
        ..Rate::default()
    }
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

/// A limit of the document, in characters. Never cut: the caller hears of it.
fn within(problems: &mut Vec<FieldProblem>, field: &str, text: &str, limit: usize) {
    let length = text.chars().count();
    if length > limit {
        let message = format!("has {length} characters; Fruno takes at most {limit} (`{}`)", shorten(text));
        problems.push(FieldProblem::new(field, message));
    }
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
pub(super) fn address(address: &Address, path: &str) -> Result<Value, Error> {
    let mut problems = Vec::new();
    let mut body = Map::new();
    let parts = [address.street_line(), filled(&address.neighborhood).unwrap_or_default().to_owned()];
    let detail: Vec<&str> =
        parts.iter().map(String::as_str).filter(|part| !part.is_empty()).chain(filled(&address.instructions)).collect();
    let detail = detail.join(", ");
    if detail.is_empty() {
        problems.push(FieldProblem::new(
            format!("{path}.street"),
            "is required by Fruno (or `instructions`): everything that is needed to find the place",
        ));
    }
    let (length, most) = (detail.chars().count(), ADDRESSES_CREATE.limit("detalle"));
    if length > most {
        problems.push(FieldProblem::new(
            format!("{path}.street"),
            format!(
                "with number, interior, neighborhood and instructions has {length} characters; Fruno takes at most {most}"
            ),
        ));
    }
    body.insert("detalle".to_owned(), json!(detail));
    match filled(&address.district_code) {
        Some(code) => {
            body.insert("código_distrito".to_owned(), json!(code));
        }
        None => problems.push(FieldProblem::new(
            format!("{path}.district_code"),
            "is required by Fruno: five digits, as `call` `districts.list` gives them; or `carrier_id`, the id of a \
             saved address",
        )),
    }
    for (name, value, field) in [("teléfono1", &address.phone, "phone"), ("teléfono2", &address.phone2, "phone2")] {
        if let Some(number) = filled(value).map(phone) {
            within(&mut problems, &format!("{path}.{field}"), &number, ADDRESSES_CREATE.limit(name));
            body.insert(name.to_owned(), json!(number));
        }
    }
    if let Some(email) = filled(&address.email) {
        body.insert("correo".to_owned(), json!(email));
    }
    if let Some(reference) = filled(&address.reference) {
        within(&mut problems, &format!("{path}.reference"), reference, ADDRESSES_CREATE.limit("referencia"));
        body.insert("referencia".to_owned(), json!(reference));
    }
    if !problems.is_empty() {
        return Err(Error::invalid_fields(problems));
    }
    let who = filled(&address.company).or(filled(&address.name)).unwrap_or("Dirección");
    let digest = Sha256::digest(Value::Object(body.clone()).to_string());
    let hash = hex(&digest[..5]);
    let label: String = who.chars().take(29).collect();
    body.insert("nombre".to_owned(), json!(format!("{} {hash}", label.trim_end())));
    Ok(Value::Object(body))
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
pub(super) fn parcel(request: &Create, mark: Option<&str>, on_behalf_of: Option<&str>) -> Result<Value, Error> {
    let mut problems = Vec::new();
    let mut refuse = |field: &str, message: &str| problems.push(FieldProblem::new(field, message));
    if request.parcels.len() > 1 || request.parcels.iter().any(|parcel| parcel.quantity > 1) {
        refuse("parcels", "Fruno takes one parcel in a create; make one create for each");
    }
    if request.round_trip {
        refuse("round_trip", "Fruno has no round trips; make a second create for the way back");
    }
    if request.cash_on_delivery.is_some() {
        refuse("cash_on_delivery", "Fruno doesn't collect money");
    }
    let mut body = Map::new();
    match filled(&request.destination.name).or(filled(&request.destination.company)) {
        Some(name) => {
            within(&mut problems, "destination.name", name, PARCELS_CREATE.limit("entregar_a"));
            body.insert("entregar_a".to_owned(), json!(name));
        }
        None => problems.push(FieldProblem::new("destination.name", "is required: the person who receives the parcel")),
    }
    if let Some(description) = request.parcels.first().and_then(|parcel| filled(&parcel.description)) {
        within(&mut problems, "parcels[0].description", description, PARCELS_CREATE.limit("descripción"));
        body.insert("descripción".to_owned(), json!(description));
    }
    // Fruno has no field for when it is picked up: its people read it in the remarks.
    let pickup = request.pickup.as_ref().map(|pickup| {
        let hours = [("desde", &pickup.from), ("hasta", &pickup.to)];
        let hours = hours.iter().filter_map(|(word, time)| Some(format!(" {word} {}", time.as_ref()?)));
        format!("Recolecta: {}{}", pickup.date, hours.collect::<String>())
    });
    let notes: Vec<&str> = filled(&request.notes).into_iter().chain(pickup.as_deref()).collect();
    if !notes.is_empty() {
        let notes = notes.join("\n");
        within(&mut problems, "notes", &notes, PARCELS_CREATE.limit("observaciones"));
        body.insert("observaciones".to_owned(), json!(notes));
    }
    if let Some(reference) = filled(&request.reference) {
        within(&mut problems, "reference", reference, PARCELS_CREATE.limit("referencia"));
        body.insert("referencia".to_owned(), json!(reference));
    }
    for (index, tag) in request.tags.iter().enumerate() {
        within(&mut problems, &format!("tags[{index}]"), tag, PARCELS_CREATE.item_limit("etiquetas"));
    }
    let tags: Vec<&str> = request.tags.iter().map(String::as_str).chain(mark).collect();
    let room = PARCELS_CREATE.limit("etiquetas") - usize::from(mark.is_some());
    if request.tags.len() > room {
        let why = if mark.is_some() { " with an idempotency_key, which takes one" } else { "" };
        problems.push(FieldProblem::new(
            "tags",
            format!("has {} items; Fruno takes at most {room}{why}", request.tags.len()),
        ));
    }
    if !tags.is_empty() {
        body.insert("etiquetas".to_owned(), json!(tags));
    }
    if request.urgent {
        body.insert("urgente".to_owned(), json!(true));
    }
    if let Some(email) = on_behalf_of {
        body.insert("en_nombre_de_correo".to_owned(), json!(email));
    }
    let most = PARCELS_CREATE.limit("notificaciones");
    if request.notify.len() > most {
        problems.push(FieldProblem::new(
            "notify",
            format!("has {} items; Fruno takes at most {most}", request.notify.len()),
        ));
    }
    if !request.notify.is_empty() {
        body.insert("notificaciones".to_owned(), notices(&request.notify));
    }
    match request.parcels.first().map(|parcel| measures(parcel, "parcels[0]")) {
        Some(Ok([length, width, height, weight])) => {
            for (name, value) in [("alto", height), ("ancho", width), ("longitud", length), ("peso_neto", weight)] {
                body.insert(name.to_owned(), json_number(value));
            }
        }
        Some(Err(error)) => problems.extend(error.fields.iter().cloned()),
        None => {}
    }
    if problems.is_empty() { Ok(Value::Object(body)) } else { Err(Error::invalid_fields(problems)) }
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
        let place = format!("{end}.district_code");
        error.edit().message =
            error.message.replace(&format!("({}: ", error.fields[index].field), &format!("({place}: "));
        error.edit().fields[index].field = place;
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
        .flat_map(|(name, kind)| {
            images(json, name).into_iter().map(move |(id, _)| DocumentRef { kind: kind.into(), id: Some(id) })
        });
    let at = |name: &str| instant_of(json, name, &zone());
    let window = Window { from: at("entrega_estimada_a"), to: at("entrega_estimada_b") };
    Tracking {
        tracking_number: guide,
        reference: text(json, "referencia"),
        status: status(state.as_deref(), flag(json, "devolución").unwrap_or(false)),
        description: text(json, "descripción_estado").or_else(|| state.clone()),
        carrier_status: state,
        events,
        picked_up_at: at("fecha_recolecta"),
        delivered_at: at("fecha_entrega"),
        estimated_delivery: (window.from.is_some() || window.to.is_some()).then_some(window),
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
        raw: json.clone(),
        ..Tracking::default()
    }
}

/// Where one of Fruno's fields stands in a request of flete's. An address's fields come without `origin` or
/// `destination`, which the caller knows.
pub(super) fn locate(operation: &str, field: &str) -> Option<String> {
    // "notificaciones[0].correo": a list's field comes with its place in the list.
    if let Some(rest) = field.strip_prefix("notificaciones[") {
        let (index, name) = rest.split_once(']')?;
        let name = if name == ".correo" { ".email" } else { ".events" };
        return Some(format!("notify[{index}]{name}"));
    }
    let place = match (operation, field) {
        ("addresses.create", "nombre") => "name",
        ("addresses.create", "detalle") => "street",
        ("addresses.create", "teléfono1") => "phone",
        ("addresses.create", "teléfono2") => "phone2",
        ("addresses.create", "correo") => "email",
        ("addresses.create", "referencia") => "reference",
        ("addresses.create", "código_distrito") => "district_code",
        (_, "alto") => "parcels[0].dimensions.height",
        (_, "ancho") => "parcels[0].dimensions.width",
        (_, "longitud") => "parcels[0].dimensions.length",
        (_, "peso_neto" | "gr_peso") => "parcels[0].weight",
        (_, "descripción") => "parcels[0].description",
        (_, "entregar_a") => "destination.name",
        (_, "observaciones") => "notes",
        (_, "referencia") => "reference",
        (_, "etiquetas") => "tags",
        (_, "urgente") => "urgent",
        (_, "notificaciones") => "notify",
        (_, "id_dirección_fuente") => "origin",
        (_, "id_dirección_destino") => "destination",
        (_, "código_distrito_fuente") => "origin.district_code",
        (_, "código_distrito_destino") => "destination.district_code",
        (_, "id_contrato") => "service",
        (_, "en_nombre_de_correo") => "options.fruno.en_nombre_de_correo",
        ("parcels.list", "estado") => "status",
        ("parcels.list", "fecha") => "date",
        _ => return None,
    };
    Some(place.to_owned())
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
