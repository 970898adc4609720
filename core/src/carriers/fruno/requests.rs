//! Fruno's requests from flete's vocabulary. Pure: no I/O, no clock. Its tests are the API
//! reference's own examples.

use super::endpoints::{ADDRESSES_CREATE, PARCELS_CREATE};
use crate::connector::body::{Body, Sources};
use crate::model::address::{Address, filled};
use crate::model::measure::json_number;
use crate::model::parcel::Parcel;
use crate::model::request::{Create, Notify};
use crate::model::{Error, FieldProblem};
use crate::text::hex;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

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

/// The body of a create, but for its addresses and contract. Every limit of the API reference is kept by refusing.
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

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
