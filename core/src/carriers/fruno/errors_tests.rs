//! Every JSON example of Fruno's API reference, word for word (`examples/`), and what its text says of it; then the odd
//! forms that its replies come in, and replies that are wrong anywhere. Nothing here is sent: that is `tests/fruno.rs`.

use super::super::examples::example;
use super::super::replies;
use super::*;
use crate::json::json;
use crate::model::Code;
use crate::net::http::Reply;
use reqwest::header::HeaderMap;

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

    let mut invalid: Value = crate::json::parse(
        "{\"type\":\"https://docs.api.logistica.fruno.com/?#crear\",\"title\":\"Errores de validación\",\
         \"datos-inva\u{301}lidos\":[{\"nombre\":\"nombre\",\"error\":\"El nombre de la dirección debe ser mayor a 4 caracteres.\"},\
         {\"nombre\":\"detalle\",\"error\":\"El detalle de una dirección no puede estar vacío\"}]}",
    )
    .unwrap();
    replies::compose_names(&mut invalid);
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

#[test]
fn the_documents_errors_say_what_is_wrong() {
    let time = refusal("parcels.get", &reply(400), Some(&example!("error_time"))).unwrap();
    assert!(time.clock);
    assert_eq!(time.code, Code::Authentication);
    assert_eq!(time.carrier_message.as_deref(), Some("X-Fr-Hora caducó"));

    let address = refusal("addresses.create", &reply(400), Some(&example!("error_address"))).unwrap();
    assert_eq!((address.code, address.clock), (Code::Validation, false));
    assert_eq!(address.carrier_code.as_deref(), Some("crear"));
    let fields: Vec<_> = address.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(fields, ["nombre", "detalle"]);
    assert!(address.fields[0].1.contains("mayor a 4 caracteres"));

    let internal = refusal("parcels.get", &reply(500), Some(&example!("error_internal"))).unwrap();
    assert_eq!(internal.code, Code::CarrierUnavailable);
    assert_eq!(internal.incident.as_deref(), Some("11e5a3131f124f900c1328ce142e3900"));
    assert_eq!(internal.carrier_message.as_deref(), Some("error interno"));
}

#[test]
fn every_status_of_the_document_has_its_code() {
    for (status, code) in [
        (400, Code::Validation),
        (401, Code::Authentication),
        (404, Code::NotFound),
        (429, Code::RateLimited),
        (500, Code::CarrierUnavailable),
        (502, Code::CarrierUnavailable),
        (503, Code::CarrierUnavailable),
    ] {
        assert_eq!(refusal("parcels.get", &reply(status), None).unwrap().code, code, "{status}");
    }
    for good in [200, 201, 204] {
        assert!(refusal("parcels.get", &reply(good), None).is_none());
    }
}
