//! Mensajeros Urbanos' refusals and tokens: the API reference's own samples, word for word, then the odd forms.

use super::super::{CARRIER, auth};
use super::*;
use crate::connector::Settings;
use crate::connector::mutations::{mutated, mutations};
use crate::json::json;
use proptest::prelude::*;
use reqwest::header::HeaderMap;

fn parsed(text: &str) -> Value {
    crate::json::parse(text).unwrap()
}

fn reply(status: u16) -> Reply {
    Reply { status, headers: HeaderMap::new(), body: Vec::new().into() }
}

fn refused(status: u16, json: &Value) -> Refusal {
    super::refusal(false, &reply(status), Some(json)).unwrap()
}

#[test]
fn the_token_lives_for_its_seconds_from_when_it_was_asked_for() {
    let json = parsed(
        r#"{
            "access_token": "d0590dfe87126ba6e8993ade0407307282cb693c",
            "expires_in": 3600,
            "token_type": "Bearer",
            "scope": null
        }"#,
    );
    let token = auth::token(&json, 1_000).unwrap();
    assert_eq!(token.value, "d0590dfe87126ba6e8993ade0407307282cb693c");
    assert_eq!(token.expires_at_ms, Some(3_601_000));
    assert!(super::refusal(true, &reply(200), Some(&json)).is_none());
    // As text, or not at all.
    assert_eq!(auth::token(&json!({"access_token": "a", "expires_in": "60"}), 0).unwrap().expires_at_ms, Some(60_000));
    assert_eq!(auth::token(&json!({"access_token": "a"}), 0).unwrap().expires_at_ms, Some(3_600_000));
    assert!(auth::token(&json!({"expires_in": 3600}), 0).is_none());
}

#[test]
fn each_error_of_oauth_is_told_in_its_own_words() {
    for (sample, code, words) in [
        (
            r#"{
                "error": "invalid_request",
                "error_description": "The grant type was not specified in the request"
            }"#,
            Code::Validation,
            "The grant type was not specified in the request",
        ),
        (
            r#"{
                "error": "unsupported_grant_type",
                "error_description": "Grant type \"xxxxxx\" not supported"
            }"#,
            Code::Validation,
            "Grant type \"xxxxxx\" not supported",
        ),
        (
            r#"{
                "error": "invalid_client",
                "error_description": "client credentials are required"
            }"#,
            Code::Authentication,
            "client credentials are required",
        ),
        (
            r#"{
                "error": "invalid_client",
                "error_description": "The client credentials are invalid"
            }"#,
            Code::Authentication,
            "The client credentials are invalid",
        ),
    ] {
        let json = parsed(sample);
        // The API reference's 400, and the same with an HTTP status that says nothing.
        for status in [400, 200] {
            let refusal = super::refusal(true, &reply(status), Some(&json)).unwrap();
            assert_eq!(refusal.code, code, "{sample}");
            assert_eq!(refusal.carrier_message.as_deref(), Some(words));
            assert_eq!(refusal.carrier_code, text(&json, "error"));
        }
    }
}

#[test]
fn a_missing_field_is_told_by_its_name() {
    let json = parsed(
        r#"{
            "version": "v1",
            "status": "error",
            "status_code": 400,
            "message": "[type_service] The property type_service is required\n",
            "href": "http://dev.api.mensajerosurbanos.com/delivery/calculation"
        }"#,
    );
    // The body counts, whatever the HTTP status.
    for status in [400, 200] {
        let refusal = refused(status, &json);
        assert_eq!(refusal.code, Code::Validation);
        assert_eq!(refusal.fields, [("type_service".to_owned(), "The property type_service is required".to_owned())]);
        assert_eq!(refusal.carrier_code.as_deref(), Some("400"));
        assert_eq!(refusal.nothing_done, None, "a refusal: nothing was done");
    }
}

#[test]
fn the_bodys_status_counts_beside_https() {
    let said = |code: Value, message: &str| json!({"status": "error", "status_code": code, "message": message});
    assert_eq!(refused(200, &said(json!(401), "no")).code, Code::Authentication);
    assert_eq!(refused(200, &said(json!("404"), "no")).code, Code::NotFound);
    assert_eq!(refused(200, &said(json!(429), "no")).code, Code::RateLimited);
    // What went wrong within the carrier may have been done.
    let failed = refused(200, &said(json!(500), "no"));
    assert_eq!((failed.code, failed.nothing_done), (Code::CarrierUnavailable, Some(false)));
    let failed = refused(502, &said(json!(401), "no"));
    assert_eq!((failed.code, failed.nothing_done), (Code::CarrierUnavailable, None), "HTTP's own 5xx says it already");
    let vague = refused(200, &json!({"status": "error", "message": "something"}));
    assert_eq!((vague.code, vague.nothing_done), (Code::CarrierResponse, Some(false)));
    let fields =
        refused(200, &json!({"status": "error", "message": "[city] no\n[coordinates[1].address] is\tbad\n\n"}));
    assert_eq!((fields.code, fields.nothing_done), (Code::Validation, None));
    assert_eq!(fields.fields[1], ("coordinates[1].address".to_owned(), "is\tbad".to_owned()));
    assert_eq!(fields.carrier_message.as_deref(), Some("[city] no [coordinates[1].address] is bad"));
    for good in [json!({"status": "success"}), json!({"data": {}}), json!([1]), json!({"status_code": "200"})] {
        assert!(super::refusal(false, &reply(200), Some(&good)).is_none(), "{good}");
    }
    assert_eq!(super::refusal(false, &reply(503), None).unwrap().code, Code::CarrierUnavailable);
}

#[test]
fn production_has_no_host_and_the_test_host_is_plain_http() {
    let none = crate::json::Map::new();
    let none = Settings::new(&none);
    assert_eq!((CARRIER.host)("production", &none), None);
    assert_eq!((CARRIER.host)("test", &none).as_deref(), Some("http://dev.api.mensajerosurbanos.com"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_refusal_breaks_the_reader(changes in mutations(), status in 200_u16..600, words in "(\\[|\\]|\\n|ñ|.){0,16}") {
        let http = status >= 400;
        let sample = json!({"version": "v1", "status": "error", "status_code": 400, "error": "invalid_client",
            "message": format!("[type_service] is required\n{words}\n[coordinates[1].address] is bad\n")});
        let whole = refused(status, &sample);
        prop_assert_eq!(&whole.fields[0].0, "type_service");
        prop_assert_eq!(&whole.fields[whole.fields.len() - 1].0, "coordinates[1].address", "one bad line drops no other");
        let json = mutated(sample, &changes);
        for public in [false, true] {
            let read = super::refusal(public, &reply(status), Some(&json));
            prop_assert!(read.is_some() || !http);
            for (field, _) in read.into_iter().flat_map(|refusal| refusal.fields) {
                prop_assert!(!field.is_empty());
            }
        }
        // What HTTP leaves open, no body closes.
        let read = super::refusal(false, &reply(status), Some(&json));
        if status >= 500 {
            prop_assert_eq!(read.unwrap().code, Code::CarrierUnavailable);
        }
    }
}
