//! Refusals, as the API reference and Azure's gateway write them.

use super::super::endpoints::{AUTH_REFRESH, DOCUMENTS_IMAGE, PICKUPS_CREATE, QUOTES_RATE, TRACKING_LAST_EVENT};
use super::*;
use crate::json::json;
use reqwest::header::HeaderMap;

fn read(endpoint: &Endpoint, status: u16, json: &Value) -> Option<Refusal> {
    refusal(endpoint, &Reply { status, headers: HeaderMap::new(), body: Vec::new().into() }, Some(json))
}

#[test]
fn the_documents_refusal_comes_in_http_200() {
    let sample = json!({
        "success": false,
        "code": 200,
        "message": "Nombre de usuario o contraseña incorrectos, inténtalo de nuevo."
    });
    let meant = |endpoint| read(endpoint, 200, &sample).unwrap().code;
    assert_eq!(meant(&AUTH_REFRESH), Code::Authentication);
    assert_eq!(meant(&QUOTES_RATE), Code::Validation);
    assert_eq!(meant(&PICKUPS_CREATE), Code::Validation);
    assert_eq!(meant(&TRACKING_LAST_EVENT), Code::NotFound);
    assert_eq!(meant(&DOCUMENTS_IMAGE), Code::NotFound);
    let refused = read(&AUTH_REFRESH, 200, &sample).unwrap();
    assert_eq!(refused.carrier_message.as_deref(), sample["message"].as_str());
    assert_eq!(refused.carrier_code, None);
}

#[test]
fn the_documents_401_has_the_id_of_the_request() {
    // "Rate" and "Generate".
    for trace in ["|abb06879-486bc05a368175f2.", "|abb06885-486bc05a368175f2."] {
        let sample = json!({
            "type": "https://httpstatuses.com/401",
            "title": "Unauthorized",
            "status": 401,
            "traceId": trace
        });
        let refused = read(&QUOTES_RATE, 401, &sample).unwrap();
        assert_eq!(refused.code, Code::Authentication);
        assert_eq!(refused.request_id.as_deref(), Some(trace));
    }
}

#[test]
fn the_gateway_and_the_checks_before_it_are_read() {
    let key = json!({"statusCode": 401, "message": "Access denied due to invalid subscription key."});
    let refused = read(&TRACKING_LAST_EVENT, 401, &key).unwrap();
    assert_eq!(refused.code, Code::Authentication);
    assert!(refused.carrier_message.unwrap().contains("subscription key"));
    let fields = json!({
        "title": "One or more validation errors occurred.",
        "errors": {"$.packages[0].weight": ["is bad.", "is worse."], "": ["?"]}
    });
    let refused = read(&QUOTES_RATE, 400, &fields).unwrap();
    assert_eq!(refused.code, Code::Validation);
    assert_eq!(refused.fields, [("packages[0].weight".to_owned(), "is bad. is worse.".to_owned())]);
}

#[test]
fn a_body_with_a_status_of_its_own_is_taken_at_its_word() {
    let read = |success: Value, code: Value| read(&PICKUPS_CREATE, 200, &json!({"success": success, "code": code}));
    assert_eq!(read(json!("false"), json!("401")).unwrap().code, Code::Authentication);
    let broken = read(json!(false), json!(500)).unwrap();
    assert_eq!((broken.code, broken.nothing_done), (Code::CarrierUnavailable, Some(false)));
    assert!(read(json!(true), json!(200)).is_none());
    assert!(read(Value::Null, Value::Null).is_none());
}
