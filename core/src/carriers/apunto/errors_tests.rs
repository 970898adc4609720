//! The API reference's own examples, all of them, word for word (`examples.json`), and odd forms of them.

use super::super::errors;
use super::super::examples::examples;
use super::*;
use crate::json::json;
use crate::model::Code;
use crate::net::http::Reply;
use reqwest::header::HeaderMap;

#[test]
fn every_error_of_the_document_is_read() {
    let expected = [
        (Code::Validation, vec!["contact_id", "kind", "mode"]),
        (Code::Authentication, vec![]),
        (Code::Validation, vec!["name", "email"]),
        (Code::NotFound, vec![]),
        (Code::RateLimited, vec![]),
        (Code::Permission, vec![]),
        (Code::CarrierUnavailable, vec![]),
    ];
    let errors = examples().into_iter().filter(|example| example.kind == "error");
    for (example, (code, fields)) in errors.zip(expected) {
        let status = example.json["status"].as_u64().unwrap() as u16;
        let read = refused(status, &example.json);
        assert_eq!(read.code, code, "{}", example.json);
        assert_eq!(read.fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), fields);
        assert_eq!(read.carrier_code, text(&example.json, "error"));
        assert_eq!(read.carrier_message, text(&example.json, "message"));
        let wait = read.retry_after.map(|wait| wait.as_secs());
        assert_eq!(wait, (code == Code::RateLimited).then_some(3600));
    }
}

fn refused(status: u16, json: &Value) -> crate::connector::Refusal {
    let reply = Reply { status, headers: HeaderMap::new(), body: Vec::new().into() };
    errors::refusal(&reply, Some(json)).unwrap()
}

#[test]
fn the_other_forms_of_an_error_are_read() {
    let read = refused(422, &json!({"errors": {"contact_id": ["debe existir", "no es válido"], "kind": "falta"}}));
    assert_eq!(read.fields[0], ("contact_id".to_owned(), "debe existir; no es válido".to_owned()));
    assert_eq!(read.fields[1], ("kind".to_owned(), "falta".to_owned()));
    let read = refused(422, &json!({"error": "contact_id debe existir"}));
    assert_eq!((read.code, read.carrier_message.as_deref()), (Code::Validation, Some("contact_id debe existir")));
    let read = refused(422, &json!({"errors": ["Alias ya está en uso", "Kind falta"]}));
    assert_eq!(read.carrier_message.as_deref(), Some("Alias ya está en uso; Kind falta"));
    let read = refused(429, &json!({"error": "Rate limit exceeded", "retry_after": "2.5"}));
    assert_eq!(read.retry_after.map(|wait| wait.as_millis()), Some(2500));
    let read = refused(403, &json!({"error": "User is blocked"}));
    assert_eq!((read.code, read.carrier_message.as_deref()), (Code::Permission, Some("User is blocked")));
    // A state action: what forbids it, under fields or alone, beside a message.
    for (errors, fields, said) in [
        (json!({"base": ["Hay servicios activos"]}), 1, "La operación no se puede cerrar"),
        (json!({"services": {"status": ["is active"]}}), 1, "La operación no se puede cerrar"),
        (json!(["Hay servicios activos"]), 0, "La operación no se puede cerrar"),
        (json!([{"message": "Hay servicios activos"}]), 0, "La operación no se puede cerrar"),
        (json!("Hay servicios activos"), 0, "La operación no se puede cerrar"),
    ] {
        let read = refused(422, &json!({"errors": errors, "message": said}));
        assert_eq!((read.code, read.fields.len()), (Code::Validation, fields), "{errors}");
        assert_eq!(read.carrier_message.as_deref(), Some(said));
        let alone = refused(422, &json!({"errors": errors}));
        assert_eq!(alone.carrier_message.is_some(), fields == 0, "{errors}");
    }
    let read = refused(422, &json!({"errors": {"shipment_items": {"quantity": ["must be positive"]}}}));
    assert_eq!(read.fields, [("shipment_items.quantity".to_owned(), "must be positive".to_owned())]);
    for odd in [json!(null), json!([]), json!("x"), json!({"details": 7, "errors": null, "message": {}})] {
        assert_eq!(refused(503, &odd).code, Code::CarrierUnavailable, "{odd}");
    }
}

#[test]
fn a_status_without_a_body_says_what_it_can() {
    for (status, code) in [
        (401, Code::Authentication),
        (403, Code::Permission),
        (404, Code::NotFound),
        (422, Code::Validation),
        (429, Code::RateLimited),
        (500, Code::CarrierUnavailable),
    ] {
        let reply = Reply { status, headers: HeaderMap::new(), body: Vec::new().into() };
        let read = errors::refusal(&reply, None).unwrap();
        assert_eq!((read.code, read.fields.len(), read.carrier_message), (code, 0, None), "{status}");
    }
}

#[test]
fn what_is_linked_to_a_lead_keeps_it_whatever_the_status() {
    let said = json!({"errors": ["Cannot delete"], "blocking_counts": {"opportunities": 2, "quotes": 0},
        "can_archive": true});
    for status in [200, 409, 422] {
        let read = refused(status, &said);
        assert_eq!((read.code, read.nothing_done), (Code::Conflict, Some(true)), "{status}");
        let said = "Cannot delete; linked to it: opportunities 2; it can be archived";
        assert_eq!(read.carrier_message.as_deref(), Some(said));
    }
    let reply = Reply { status: 200, headers: HeaderMap::new(), body: Vec::new().into() };
    let good = json!({"message": "Lead deleted", "blocking_counts": {"opportunities": 0}});
    assert!(errors::refusal(&reply, Some(&good)).is_none(), "nothing is linked to it");
}
