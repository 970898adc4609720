//! Refusals of the second generation: only a clear one says that nothing was done.

use super::*;
use crate::connector::Refusal;
use crate::json::json;
use reqwest::header::HeaderMap;

fn refused(status: u16, body: &Value) -> Option<Refusal> {
    let reply = Reply { status, headers: HeaderMap::new(), body: body.to_string().into() };
    refusal(&reply, Some(body))
}

#[test]
fn only_a_clear_refusal_says_that_nothing_was_done() {
    let uuid = json!({"uuid": "5f2c"});
    for (status, body, code, nothing_done) in [
        (400, json!({"status": "error", "status_code": 400, "message": "sku"}), Code::Validation, None),
        (400, json!({"error": "sku"}), Code::Validation, None),
        (401, json!({"message": "Invalid token"}), Code::Authentication, None),
        (404, json!({}), Code::NotFound, None),
        (200, json!({"status": "error", "status_code": 400, "message": "sku"}), Code::Validation, None),
        (200, json!({"status": "error", "message": "[sku] is required"}), Code::Validation, None),
        (500, json!({"message": "Error interno"}), Code::CarrierUnavailable, None),
        (500, json!({"status_code": 400, "message": "sku"}), Code::CarrierUnavailable, None),
        // It says no number.
        (200, json!({"status": "error", "message": "no"}), Code::CarrierResponse, Some(false)),
        (200, json!({"status": "fail"}), Code::CarrierResponse, Some(false)),
        (200, json!({"status": "rechazado", "message": "sin saldo", "data": null}), Code::CarrierResponse, Some(false)),
        (200, json!({"status": "error", "status_code": 500}), Code::CarrierUnavailable, Some(false)),
        // A refusal with a service in it.
        (200, json!({"status": "error", "status_code": 400, "data": uuid}), Code::Validation, Some(false)),
        (400, json!({"status": "error", "data": uuid}), Code::Validation, Some(false)),
    ] {
        let found = refused(status, &body).unwrap_or_else(|| panic!("{status} {body} is taken for good"));
        assert_eq!((found.code, found.nothing_done), (code, nothing_done), "{status} {body}");
    }
}

#[test]
fn a_good_reply_is_none() {
    for body in [
        json!({"status": "success", "status_code": 200, "data": {"uuid": "5f2c"}}),
        json!({"status": "Success"}),
        json!({"status": "creado", "status_code": "200"}),
        json!({"status": "creado", "data": {"uuid": "5f2c"}}),
        json!({"data": {"uuid": "5f2c"}}),
        json!({"status": null, "data": []}),
        json!({}),
        json!([]),
    ] {
        assert!(refused(200, &body).is_none(), "{body}");
    }
}

#[test]
fn the_carriers_words_are_in_its_refusals() {
    for (body, words) in [
        (json!({"message": "La dirección no existe", "error": "x"}), "La dirección no existe"),
        (json!({"error": "sin saldo"}), "sin saldo"),
    ] {
        assert_eq!(refused(400, &body).unwrap().carrier_message.as_deref(), Some(words));
        let mut body = body;
        body["status"] = json!("rechazado");
        assert_eq!(refused(200, &body).unwrap().carrier_message.as_deref(), Some(words));
    }
}
