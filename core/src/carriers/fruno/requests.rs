//! Fruno's requests from flete's vocabulary. Pure: no I/O, no clock. Its tests are the API
//! reference's own examples.

use super::book::Place;
use super::endpoints::{ADDRESSES_CREATE, PARCELS_COST, PARCELS_CREATE};
use crate::connector::body::{Body, Problems, Sources};
use crate::connector::endpoint::Params;
use crate::connector::native::Native;
use crate::json::{Value, json};
use crate::model::Error;
use crate::model::address::{Address, filled};
use crate::model::measure::{Dimensions, json_number};
use crate::model::parcel::Parcel;
use crate::model::request::{Create, Quote};
use crate::text::hex;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

/// What an end lacks that is not a saved address.
pub(super) const DISTRICT: &str = "is required by Fruno: five digits, as `call` `districts.list` gives them; or \
                                   `carrier_id`, the id of a saved address";

/// The size and weight of a parcel as Fruno takes them: whole centimetres and grams, rounded up. The weight's name
/// differs between a price and a create.
fn measures(body: &mut Body, parcel: &Parcel, path: &str, weight: &'static str) {
    let sides = parcel.dimensions.as_ref().and_then(Dimensions::whole_centimetres);
    let weighs = parcel.weight.whole_grams();
    match &parcel.dimensions {
        None => {
            let form = "is required by Fruno: {\"length\", \"width\", \"height\", \"unit\"}";
            body.problems.add(format!("{path}.dimensions"), form);
        }
        Some(dimensions) if sides.is_none() => {
            body.problems.add(format!("{path}.dimensions"), dimensions.too_big());
        }
        Some(_) => {}
    }
    if weighs.is_none() {
        body.problems.add(format!("{path}.weight"), parcel.weight.too_big());
    }
    let side = |index: usize| sides.map(|sides| sides[index]);
    for (name, field, value) in [
        ("longitud", "dimensions.length", side(0)),
        ("ancho", "dimensions.width", side(1)),
        ("alto", "dimensions.height", side(2)),
        (weight, "weight.value", weighs),
    ] {
        let own = format!("{path}.{field}");
        let zero = value.is_some_and(|value| value.is_zero());
        if zero {
            body.problems.add(&own, "is 0; it must be more than 0");
        }
        body.put_if(name, own.trim_end_matches(".value"), value.filter(|_| !zero).map(json_number));
    }
}

/// What the price of each parcel is asked with, under this contract, and how many are alike.
pub(super) fn costs(
    request: &Quote,
    ends: &[Place; 2],
    contract: Option<&str>,
    native: &Native<'_>,
) -> Result<Vec<(Params, u32)>, Error> {
    let mut problems = Problems::default();
    let mut costs = Vec::new();
    for (index, parcel) in request.parcels.iter().enumerate() {
        let mut query = Body::new(&PARCELS_COST, "Fruno");
        for (name, path, value) in ends {
            query.put(name, *path, &**value);
        }
        query.put_if("id_contrato", "service", contract);
        measures(&mut query, parcel, &format!("parcels[{index}]"), "gr_peso");
        query.native(native);
        match query.params() {
            Ok(params) => costs.push((params, parcel.quantity)),
            Err(error) => problems.extend(&error),
        }
    }
    problems.end(costs)
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
    let street = address.street_line();
    let parts = [Some(&*street), filled(&address.neighborhood), filled(&address.instructions)];
    let detail: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    if detail.is_empty() {
        body.problems
            .add(at("street"), "is required by Fruno (or `instructions`): everything that is needed to find the place");
    }
    // With number, interior, neighborhood and instructions.
    body.put("detalle", at("street"), detail.join(", "));
    if filled(&address.district_code).is_none() {
        body.problems.add(at("district_code"), DISTRICT);
    }
    for (name, field, value) in [
        ("código_distrito", "district_code", filled(&address.district_code).map(str::to_owned)),
        ("teléfono1", "phone", filled(&address.phone).map(phone)),
        ("teléfono2", "phone2", filled(&address.phone2).map(phone)),
        ("correo", "email", filled(&address.email).map(str::to_owned)),
        ("referencia", "reference", filled(&address.reference).map(str::to_owned)),
    ] {
        body.put_if(name, at(field), value);
    }
    let who = filled(&address.company).or(filled(&address.name)).unwrap_or("Dirección");
    let digest = Sha256::digest(body.fields().to_string());
    let hash = hex(&digest[..5]);
    let label: String = who.chars().take(29).collect();
    body.put("nombre", at("name"), format!("{} {hash}", label.trim_end()));
    body.end()
}

/// Whether a saved address is the place that was to be saved: every field that was asked for reads the same.
pub(super) fn same_place(saved: &Value, wanted: &Value) -> bool {
    wanted.as_object().into_iter().flatten().all(|(name, value)| match (saved.get(name.as_str()), value) {
        (Some(Value::String(one)), Value::String(other)) => one.trim() == other.trim(),
        (None | Some(Value::Null), Value::String(text)) => text.is_empty(),
        _ => false,
    })
}

/// Fruno's name of a notice.
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

/// The body of a create, but for its addresses and contract, which [`create`](super) fills in. Every limit of the API
/// reference is kept by refusing.
pub(super) fn parcel(request: &Create, mark: Option<&str>, on_behalf_of: Option<&str>) -> Body {
    let mut body = Body::new(&PARCELS_CREATE, "Fruno");
    let parcels: u64 = request.parcels.iter().map(|parcel| u64::from(parcel.quantity)).sum();
    for (asked, field, message) in [
        (parcels > 1, "parcels", "Fruno takes one parcel in a create; make one create for each"),
        (request.round_trip, "round_trip", "Fruno has no round trips; make a second create for the way back"),
        (request.cash_on_delivery.is_some(), "cash_on_delivery", "Fruno doesn't collect money"),
    ] {
        if asked {
            body.problems.add(field, message);
        }
    }
    // Fruno has no field for when it is picked up: its people read it in the remarks.
    let pickup = request.pickup.as_ref().map(|pickup| {
        let hours = [("desde", &pickup.from), ("hasta", &pickup.to)];
        let hours = hours.iter().filter_map(|(word, time)| Some(format!(" {word} {}", time.as_ref()?)));
        format!("Recolecta: {}{}", pickup.date, hours.collect::<String>())
    });
    let notes: Vec<&str> = filled(&request.notes).into_iter().chain(pickup.as_deref()).collect();
    let notes = notes.join("\n");
    let description = request.parcels.first().and_then(|parcel| filled(&parcel.description));
    for (name, path, text) in [
        ("entregar_a", "destination.name", filled(&request.destination.name).or(filled(&request.destination.company))),
        ("descripción", "parcels[0].description", description),
        ("observaciones", "notes", Some(&*notes).filter(|notes| !notes.is_empty())),
        ("referencia", "reference", filled(&request.reference)),
        ("en_nombre_de_correo", "options.fruno.en_nombre_de_correo", on_behalf_of),
    ] {
        body.put_if(name, path, text);
    }
    body.put_if("urgente", "urgent", request.urgent.then_some(true));
    body.put_if("etiquetas", "tags", (!request.tags.is_empty()).then(|| json!(request.tags)));
    body.mark("etiquetas", mark);
    body.put_if("notificaciones", "notify", (!request.notify.is_empty()).then(|| json!([])));
    for (index, entry) in request.notify.iter().enumerate() {
        let (name, path) = (format!("notificaciones[{index}]"), format!("notify[{index}]"));
        body.sources.add(&*name, format!("{path}.events"));
        body.put(format!("{name}.correo"), format!("{path}.email"), &*entry.email);
        for event in &entry.events {
            body.fixed(format!("{name}.{}", notice(event)), true);
        }
    }
    if let Some(parcel) = request.parcels.first() {
        measures(&mut body, parcel, "parcels[0]", "peso_neto");
    }
    for (name, path) in
        [("id_dirección_fuente", "origin"), ("id_dirección_destino", "destination"), ("id_contrato", "service")]
    {
        body.sources.add(name, path);
        body.later(name);
    }
    body
}

/// The days under which Fruno may have filed a parcel that was sent then, or that arrived only now. A request sent near
/// midnight may be on either side of it. The API reference doesn't say whose midnight: that of Costa Rica, or of UTC,
/// in which its samples write their times.
pub(super) fn days(since_ms: i64, now_ms: i64) -> Vec<String> {
    const NEAR_MIDNIGHT_MS: i64 = 900_000;
    let mut days: Vec<String> = Vec::new();
    for at in [since_ms, now_ms].into_iter().flat_map(|at| [at, at - NEAR_MIDNIGHT_MS, at + NEAR_MIDNIGHT_MS]) {
        let Ok(at) = jiff::Timestamp::from_millisecond(at) else { continue };
        for zone in [super::zone(), TimeZone::UTC] {
            let day = at.to_zoned(zone).date().to_string();
            if !days.contains(&day) {
                days.push(day);
            }
        }
    }
    days
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
