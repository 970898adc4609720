//! Fruno's errors: RFC 7807 ("Sobre errores").

use crate::connector::Refusal;
use crate::connector::lenient::{list, text};
use crate::json::Value;
use crate::model::shape::plain;
use crate::model::{Code, Error};
use crate::net::http::Reply;
use unicode_normalization::UnicodeNormalization;

/// What a reply means, if it isn't good.
pub(super) fn refusal(operation: &str, reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
    if reply.status < 400 {
        return None;
    }
    let mut refusal = Refusal::by_status(reply.status);
    // "Si se trata de cancelar un paquete que ya fue recolectado": 403.
    if reply.status == 403 && operation == "parcels.cancel" {
        refusal.code = Code::Conflict;
    }
    let Some(json) = json else { return Some(refusal) };
    let title = text(json, "title");
    refusal.incident = text(json, "incidente");
    refusal.fields = list(json, "datos-inválidos")
        .iter()
        // A field's name as a value: `compose_names` leaves values as they are.
        .filter_map(|entry| Some((text(entry, "nombre")?.nfc().collect(), text(entry, "error").unwrap_or_default())))
        .collect();
    refusal.carrier_code =
        text(json, "type").and_then(|link| link.rsplit_once('#').map(|(_, section)| section.to_owned()));
    // "X-Fr-Hora caducó": our clock is off.
    if reply.status == 400 && title.as_deref().is_some_and(|title| plain(title).contains("x-fr-hora cad")) {
        refusal.clock = true;
        refusal.code = Code::Authentication;
    }
    // The request has no data of its own that could be wrong: Fruno's "datos inválidos" are the parcel's state.
    if operation == "parcels.cancel" && refusal.code == Code::Validation {
        let said = list(json, "datos-inválidos").iter().filter_map(|entry| text(entry, "error"));
        if said.chain(title.clone()).chain(text(json, "detail")).any(|said| forbids(&plain(&said))) {
            refusal.code = Code::Conflict;
        }
    }
    refusal.carrier_message = title.or_else(|| text(json, "detail"));
    Some(refusal)
}

/// Whether words without accents and capitals say that a parcel is no longer in a state in which it can be cancelled,
/// and not that there is no such parcel.
fn forbids(said: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    has(&["estado", "cancel", "anula", "recolectad", "transito", "en ruta", "entregad"])
        && !has(&["no existe", "no fue encontrad", "no encontrad", "formato", "desconocid"])
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
pub(super) fn no_service(words: &str) -> bool {
    let service = ["servicio", "cobertura"].iter().any(|word| words.contains(word));
    let denied = ["no ", "sin ", "fuera", "ningun"].iter().any(|word| words.contains(word));
    service && denied
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
