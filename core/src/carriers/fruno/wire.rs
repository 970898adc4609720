//! Fruno's own forms: its errors (RFC 7807, "Sobre errores"), and names whose accents come in any Unicode form.

use crate::connector::Refusal;
use crate::connector::lenient::{list, text};
use crate::model::Code;
use crate::model::shape::plain;
use crate::net::http::Reply;
use serde_json::Value;
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

/// Bring names into the Unicode form that the document has.
pub(super) fn compose_names(json: &mut Value) {
    match json {
        Value::Array(items) => items.iter_mut().for_each(compose_names),
        Value::Object(map) => {
            if map.keys().any(|name| !name.is_ascii() && !unicode_normalization::is_nfc(name)) {
                *map = std::mem::take(map).into_iter().map(|(name, value)| (name.nfc().collect(), value)).collect();
            }
            map.values_mut().for_each(compose_names);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;
    use serde_json::json;

    fn reply(status: u16) -> Reply {
        Reply { status, headers: HeaderMap::new(), body: Vec::new().into() }
    }

    #[test]
    fn the_documents_errors_are_read() {
        let clock = json!({
            "type": "https://docs.api.logistica.fruno.com/?#encabezado-requerido-con-la-hora",
            "title": "X-Fr-Hora caducó",
        });
        let read = refusal("parcels.get", &reply(400), Some(&clock)).unwrap();
        assert!(read.clock);
        assert_eq!(read.carrier_code.as_deref(), Some("encabezado-requerido-con-la-hora"));

        let mut invalid: Value = serde_json::from_str(
            "{\"type\":\"https://docs.api.logistica.fruno.com/?#crear\",\"title\":\"Errores de validación\",\
             \"datos-inva\u{301}lidos\":[{\"nombre\":\"nombre\",\"error\":\"El nombre de la dirección debe ser mayor a 4 caracteres.\"},\
             {\"nombre\":\"detalle\",\"error\":\"El detalle de una dirección no puede estar vacío\"}]}",
        )
        .unwrap();
        compose_names(&mut invalid);
        let read = refusal("addresses.create", &reply(400), Some(&invalid)).unwrap();
        assert_eq!(read.code, Code::Validation);
        assert_eq!(read.fields.iter().map(|field| field.0.as_str()).collect::<Vec<_>>(), ["nombre", "detalle"]);

        let internal = json!({"title": "error interno", "incidente": "11e5a3131f124f900c1328ce142e3900"});
        let read = refusal("parcels.get", &reply(500), Some(&internal)).unwrap();
        assert_eq!(read.code, Code::CarrierUnavailable);
        assert_eq!(read.incident.as_deref(), Some("11e5a3131f124f900c1328ce142e3900"));
    }

    #[test]
    fn a_403_is_a_conflict_only_when_cancelling() {
        assert_eq!(refusal("parcels.cancel", &reply(403), None).unwrap().code, Code::Conflict);
        assert_eq!(refusal("parcels.get", &reply(403), None).unwrap().code, Code::Permission);
        assert!(refusal("parcels.get", &reply(200), None).is_none());
    }
}
