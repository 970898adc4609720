//! The document's own examples, all of them, word for word (`examples.json`), and odd forms of them.

use super::super::errors;
use super::super::examples::examples;
use super::*;
use crate::model::Code;
use crate::net::http::Reply;
use reqwest::header::HeaderMap;
use serde_json::json;

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
    for odd in [json!(null), json!([]), json!("x"), json!({"details": 7, "errors": null, "message": {}})] {
        assert_eq!(refused(503, &odd).code, Code::CarrierUnavailable, "{odd}");
    }
}
