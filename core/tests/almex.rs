//! Almex over HTTP: every operation of its API reference, and what may go wrong with each.
//! The mapping of single replies is tested beside it (`carriers/almex/replies_tests.rs`).

use crate::common;
use crate::common::{Shop, checked, listen};
use flete::{Client, Code, Error, Outcome};
use serde_json::{Value, json};
use std::path::PathBuf;

const RATE: &str = "POST /quote/rate";
const PICKUP: &str = "POST /pickuprequest/generate";
const LAST_EVENT: &str = "GET /tracking/{id}/lastevent";
const IMAGING: &str = "GET /imaging/{id}/imaging/es-mx";
const IMAGE: &[u8] = b"\x89PNG\r\n\x1a\n";

impl Shop {
    fn almex() -> Self {
        Self::almex_with(json!({}))
    }

    /// With these settings of the account, besides the simulator's own.
    fn almex_with(account: Value) -> Self {
        listen();
        Self::of("almex", account, json!({"timeout_ms": 5000}))
    }

    /// Its keys in a file.
    fn almex_keeping() -> Self {
        listen();
        Self::keeping("almex", json!({}), json!({"timeout_ms": 5000}))
    }

    fn last_request(&self, operation: &str) -> Value {
        let recent = self.control("GET", "requests", Value::Null)["recent"].take();
        recent.as_array().unwrap().iter().rfind(|request| request["operation"] == operation).unwrap().clone()
    }

    fn call(&self, operation: &str, params: Value) -> Result<Value, Error> {
        checked(&self.client, "call", json!({"operation": operation, "params": params}))
    }

    fn created(&self) -> String {
        self.ask("create", parcel()).unwrap()["id"].as_str().unwrap().to_owned()
    }
}

/// A test's own directory, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("flete-almex-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn merge(into: &mut Value, more: Value) {
    let Value::Object(more) = more else { return };
    into.as_object_mut().unwrap().extend(more);
}

fn estimate() -> Value {
    json!({
        "origin": {"postal_code": "52227"},
        "destination": {"postal_code": "75110"},
        "parcels": [{
            "description": "camisetas rosas",
            "weight": {"value": 500, "unit": "g"},
            "dimensions": {"length": 30, "width": 20, "height": 10, "unit": "cm"},
        }],
    })
}

fn parcel() -> Value {
    json!({
        "reference": "MX11Ord2222165",
        "origin": {
            "company": "Tepeji Depot MX", "street": "Calle Norte 3", "number": "3",
            "neighborhood": "Parque Industrial", "city": "Tepeji del Rio", "state": "HG", "postal_code": "42884",
            "phone": "5512345678",
        },
        "destination": {
            "name": "Benita", "street": "Benito Juárez", "neighborhood": "Centro", "city": "Monterrey",
            "state": "NL", "postal_code": "64500", "phone": "8112345678",
        },
        "parcels": [{
            "weight": {"value": 172, "unit": "kg"}, "quantity": 2,
            "dimensions": {"length": 142, "width": 94, "height": 94, "unit": "cm"},
        }, {
            "weight": {"value": 1, "unit": "kg"},
            "dimensions": {"length": 10, "width": 10, "height": 10, "unit": "cm"},
        }],
    })
}

fn with(mut request: Value, more: Value) -> Value {
    merge(&mut request, more);
    request
}

// ---- the six operations

#[test]
fn every_operation_of_the_api_reference_is_a_call() {
    let shop = Shop::almex();
    // The account is known, and the API reference's sample always has the rest.
    let login = shop.call("auth.token", json!({})).unwrap();
    let token = login["response"]["token"].as_str().unwrap().to_owned();
    assert_eq!(login["success"], true);
    let renewed = shop.call("auth.refresh", json!({"token": token})).unwrap();
    assert_ne!(renewed["response"]["token"], token.as_str());

    let package = json!({
        "content": "camisetas rosas", "amount": 1, "type": "box",
        "dimensions": {"length": 1, "width": 1, "height": 1}, "weight": 1, "insurance": 1, "declaredValue": 0,
        "weightUnit": "KGS", "lengthUnit": "MTS",
    });
    let params =
        json!({"origin": {"postalCode": "52227"}, "destination": {"postalCode": "75110"}, "packages": [package]});
    let rates = shop.call("quotes.rate", params).unwrap();
    assert_eq!(rates["response"].as_array().unwrap().len(), 2);

    let party = json!({
        "name": "Tepeji Depot MX", "id": "Costco_224", "address_street": "Calle Norte 3 No. 3",
        "address_neighborhood": "Parque Industrial", "city": "Tepeji del Rio de Ocampo", "state": "HG",
        "country": "MX", "zipcode": "42884", "phone_number": "123456", "email": "123@123.com",
    });
    let made = shop
        .call(
            "pickups.create",
            json!({
                "shipper": party, "consignee": with(party.clone(), json!({"id": null})),
                "services": {"observations": "", "service_type": 3, "shipping_type": 1},
                "accessorials": {
                    "insurance": {"types_insurance": 4, "declared_amount": 0.0},
                    "pickup": {"service_needed": true, "date": "2021-01-29T00:00:00",
                               "appointment": {"start_time": null, "end_time": null}},
                    "delivery": {"service_needed": true, "only_working_days": 1,
                                 "appointment": {"date": null, "start_time": null, "end_time": null}},
                },
                "packages": {"weight_unit": "KGS", "length_unit": "MTS", "details": [{
                    "package": "BOX", "quantity": 1,
                    "dimensions": {"length": 1.42, "width": 0.94, "height": 0.94}, "weight": 172.0,
                }]},
                "references": [{"almex_reference_id": 0, "customer_reference": "MX11Ord2222165"}],
            }),
        )
        .unwrap();
    let id = made["response"]["trackingNumber"].as_str().unwrap().to_owned();
    assert!(id.starts_with('0'));

    let event = shop.call("tracking.last_event", json!({"id": id})).unwrap();
    assert_eq!(event["response"]["trackingIdEvent"], 1);
    shop.control("POST", "advance", json!({"id": id, "to": "delivered"}));
    let image = shop.call("documents.image", json!({"id": id})).unwrap();
    assert!(image["response"]["url"].as_str().unwrap().starts_with("http://"));
    let query = shop.last_request(IMAGING)["query"].to_string();
    assert!(query.contains("DR") && query.contains("URL"), "{query}");
}

#[test]
fn a_call_says_what_is_wrong_with_its_parameters() {
    let shop = Shop::almex();
    let fields = |operation: &str, params: Value| {
        let error = shop.call(operation, params).unwrap_err();
        assert_eq!(error.code, Code::InvalidRequest);
        error.fields.iter().map(|problem| problem.field.clone()).collect::<Vec<_>>()
    };
    // A number would have lost its leading zero.
    assert_eq!(fields("tracking.last_event", json!({"id": 7053846188_u64})), ["params.id"]);
    assert_eq!(fields("auth.refresh", json!({})), ["params.token"]);
    assert_eq!(fields("quotes.rate", json!({"origin": {"postcode": "1"}, "packages": []})).len(), 3);
    // A problem that only Almex finds is reported for the caller's own field.
    let error = shop
        .call(
            "quotes.rate",
            json!({"origin": {"postalCode": "1"}, "destination": {"postalCode": "75110"}, "packages": []}),
        )
        .unwrap_err();
    assert_eq!((error.code, error.http_status), (Code::Validation, Some(200)));
    // The caller may try another password than the account's.
    let error = shop.call("auth.token", json!({"password": "another"})).unwrap_err();
    assert_eq!(error.code, Code::Authentication);
}

// ---- quote

#[test]
fn a_quote_is_read_in_every_form_that_the_reply_may_have() {
    let shop = Shop::almex();
    let mut seen = Vec::new();
    for form in ["list", "object", "nested", "unknown"] {
        shop.set(json!({"quote_form": form}));
        let rates = shop.ask("quote", estimate()).unwrap()["rates"].take();
        let say = |rate: &Value| {
            let total = rate["total"]["amount"].as_str().unwrap_or("-").to_owned();
            format!(
                "{} {total} {}",
                rate["service"]["name"].as_str().unwrap_or("?"),
                rate["breakdown"].as_array().unwrap().len()
            )
        };
        seen.push(rates.as_array().unwrap().iter().map(say).collect::<Vec<_>>());
        assert!(rates[0]["total"].is_null() == (form == "unknown"));
        assert!(!rates[0]["raw"].is_null());
    }
    let total = seen[0][0].split(' ').nth(1).unwrap().to_owned();
    assert_eq!(seen[0][0], format!("Terrestre {total} 0"));
    assert!(seen[0][1].starts_with("Aéreo Express"));
    assert_eq!(seen[1], [format!("? {total} 2")]);
    assert_eq!(seen[2], seen[0]);
    assert_eq!(seen[3], ["? - 0"]);
}

#[test]
fn a_quote_goes_out_in_metres_and_kilograms_with_what_options_add() {
    let shop = Shop::almex();
    let request = with(
        estimate(),
        json!({"insured_value": {"amount": "1500.50", "currency": "MXN"}, "options": {"almex": {"origin": {"+note": "x"}}}}),
    );
    shop.ask("quote", request).unwrap();
    let sent = shop.last_request(RATE)["body"].take();
    let sent: Value = sent.as_str().map_or(sent.clone(), |text| serde_json::from_str(text).unwrap());
    let package = &sent["packages"][0];
    assert_eq!(
        (package["weight"].to_string(), package["dimensions"]["length"].to_string()),
        ("0.5".into(), "0.3".into())
    );
    assert_eq!((&package["insurance"], package["declaredValue"].to_string()), (&json!(1), "1500.5".into()));
    assert_eq!(sent["origin"], json!({"postalCode": "52227", "note": "x"}));
}

#[test]
fn a_quote_is_asked_again_and_a_pickup_request_is_not() {
    let shop = Shop::almex();
    shop.fault(json!({"fault": "reset_after", "operation": RATE, "times": 2}));
    assert_eq!(shop.ask("quote", estimate()).unwrap()["rates"].as_array().unwrap().len(), 2);
    assert_eq!(shop.count(RATE), 3);
    shop.fault(json!({"fault": "reset_after", "operation": PICKUP}));
    let error = shop.ask("create", parcel()).unwrap_err();
    assert_eq!((error.outcome, error.retryable), (Outcome::Unknown, false));
    assert_eq!((shop.count(PICKUP), shop.shipments().len()), (1, 1));
}

// ---- create

#[test]
fn a_shipment_is_made_in_every_form_that_the_reply_may_have() {
    for form in ["tracking", "folio", "guia_list"] {
        let shop = Shop::almex();
        shop.set(json!({"pickup_form": form}));
        let made = shop.ask("create", with(parcel(), json!({"idempotency_key": "order-1"}))).unwrap();
        let there = shop.shipments();
        assert_eq!(there.len(), 1);
        assert_eq!((&made["id"], &made["tracking_number"]), (&there[0]["id"], &there[0]["id"]), "{form}");
        assert_eq!((&made["status"], &made["reference"]), (&json!("pre_transit"), &json!("MX11Ord2222165")));
        // The reference, and the key's own mark beside it; every parcel.
        let references = there[0]["references"].as_array().unwrap();
        assert_eq!(references[0], "MX11Ord2222165");
        assert!(references[1].as_str().unwrap().starts_with("fl-"));
        assert_eq!(there[0]["descriptions"], json!(["BOX x 2", "BOX x 1"]));
    }
}

#[test]
fn a_reply_that_names_nothing_is_a_shipment_all_the_same() {
    let shop = Shop::almex_keeping();
    shop.set(json!({"pickup_form": "none"}));
    let request = with(parcel(), json!({"idempotency_key": "order-2"}));
    for _ in 0..2 {
        let error = shop.ask("create", request.clone()).unwrap_err();
        assert_eq!((error.code, error.outcome, error.retryable), (Code::CarrierResponse, Outcome::Done, false));
        assert_eq!(error.raw.as_ref().unwrap()["success"], true);
        assert!(error.message.contains("settle"));
        // The second call sent nothing.
        assert_eq!((shop.count(PICKUP), shop.shipments().len()), (1, 1));
    }
    let id = shop.shipments()[0]["id"].clone();
    let word = json!({"account": "almex", "idempotency_key": "order-2", "made": true, "id": id});
    shop.ask("settle", word).unwrap();
    let replayed = shop.ask("create", request).unwrap();
    assert_eq!((&replayed["id"], &replayed["replayed"]), (&id, &json!(true)));
    assert_eq!(shop.count(PICKUP), 1);
}

#[test]
fn a_refused_pickup_request_made_nothing_and_frees_its_key() {
    let shop = Shop::almex_keeping();
    let mut request = with(parcel(), json!({"idempotency_key": "order-5"}));
    request["origin"]["postal_code"] = json!("1");
    let error = shop.ask("create", request).unwrap_err();
    assert_eq!((error.code, error.outcome, error.http_status), (Code::Validation, Outcome::None, Some(200)));
    assert!(error.carrier_message.as_ref().unwrap().contains("el código postal no es válido"), "{error}");
    assert!(shop.ask("create", with(parcel(), json!({"idempotency_key": "order-5"}))).is_ok());
    assert_eq!(shop.shipments().len(), 1);
    // ASP.NET's message about a field is reported for the caller's own field.
    let error =
        shop.ask("create", with(parcel(), json!({"options": {"almex": {"shipper": {"+city": 7}}}}))).unwrap_err();
    assert_eq!((error.code, error.http_status), (Code::Validation, Some(400)));
    assert_eq!(error.fields[0].field, "origin.city");
    assert!(error.request_id.is_some());
}

#[test]
fn a_server_error_in_a_body_leaves_a_create_unknown() {
    let shop = Shop::almex();
    let body = json!({"success": false, "code": 500, "message": "Error"});
    shop.fault(json!({"fault": "status", "status": 200, "body": body, "operation": PICKUP, "after": true}));
    let error = shop.ask("create", parcel()).unwrap_err();
    assert_eq!((error.code, error.outcome, error.retryable), (Code::CarrierUnavailable, Outcome::Unknown, false));
    assert_eq!((shop.count(PICKUP), shop.shipments().len()), (1, 1));
}

// ---- track, document

#[test]
fn a_shipment_is_followed_to_its_delivery_and_its_proof_is_kept() {
    let shop = Shop::almex();
    let id = shop.created();
    let track = || shop.ask("track", json!({"id": id})).unwrap();
    let first = track();
    assert_eq!((&first["status"], &first["carrier_status"]), (&json!("unknown"), &json!("Guía Documentada")));
    assert_eq!(first["events"][0]["code"], "1");
    let proof =
        |save_to: Value| shop.ask("document", json!({"id": id, "kind": "proof_of_delivery", "save_to": save_to}));
    let early = proof(Value::Null).unwrap_err();
    assert_eq!((early.code, early.http_status), (Code::NotFound, Some(200)));

    shop.control("POST", "advance", json!({"id": id, "to": "delivered"}));
    let last = track();
    assert_eq!((&last["status"], &last["tracking_number"]), (&json!("delivered"), &json!(id)));
    assert!(last["delivered_at"].as_str().unwrap().ends_with("-06:00"));
    assert_eq!(last["documents"], json!([{"kind": "proof_of_delivery", "id": null}]));

    // Kept at the carrier, unless it's to be saved; then it's fetched, without any of our keys.
    let kept = proof(Value::Null).unwrap()["documents"][0].take();
    assert!(kept["url"].as_str().unwrap().contains("/imgCte.asp?"));
    assert!(kept.get("base64").is_none() && kept["size"].is_null());
    let directory = Directory::new("proof");
    for target in [directory.0.clone(), directory.0.join("proof.png")] {
        let saved = proof(json!(target)).unwrap()["documents"][0].take();
        assert_eq!(saved["content_type"], "image/png");
        let content = std::fs::read(saved["path"].as_str().unwrap()).unwrap();
        assert!(content.starts_with(IMAGE) && json!(content.len()) == saved["size"]);
        assert!(saved.get("url").is_none() && saved.get("base64").is_none());
    }
    assert!(directory.0.join(format!("almex-{id}-proof_of_delivery.png")).is_file());
    let recent = shop.control("GET", "requests", Value::Null)["recent"].take();
    let fetched = recent.as_array().unwrap().iter().filter(|request| request["path"] == "/imgCte.asp");
    assert!(fetched.clone().count() == 2);
    fetched.for_each(|request| shop.no_secret(&request.to_string()));
}

#[test]
fn what_cannot_be_fetched_is_not_saved() {
    let shop = Shop::almex();
    let id = shop.created();
    shop.control("POST", "advance", json!({"id": id, "to": "delivered"}));
    let (other, directory) = (shop.sandbox.base_url("fruno").unwrap(), Directory::new("nothing"));
    for (url, code) in [
        (format!("{other}/nothing"), Code::CarrierResponse),
        ("http://127.0.0.1:1/x".to_owned(), Code::Network),
        ("file:///etc/passwd".to_owned(), Code::CarrierResponse),
        ("nothing".to_owned(), Code::CarrierResponse),
    ] {
        let body = json!({"success": true, "response": {"url": url}});
        shop.fault(json!({"fault": "status", "status": 200, "body": body, "operation": IMAGING}));
        let error = shop
            .ask("document", json!({"id": id, "kind": "proof_of_delivery", "save_to": directory.0, "timeout_ms": 2000}))
            .unwrap_err();
        assert_eq!(error.code, code, "{url}: {error}");
        assert_eq!(std::fs::read_dir(&directory.0).unwrap().count(), 0);
    }
    for kind in ["label", "proof_of_pickup", "other"] {
        assert_eq!(shop.ask("document", json!({"id": id, "kind": kind})).unwrap_err().code, Code::Unsupported);
    }
    let error = shop.ask("document", json!({"id": id, "document_id": "DR"})).unwrap_err();
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::NotFound, "document_id"));
}

#[test]
fn the_account_says_what_other_events_mean() {
    let shop = Shop::almex_with(json!({"status_map": {"2": "picked_up"}}));
    let id = shop.created();
    shop.control("POST", "advance", json!({"id": id, "to": "picked_up"}));
    assert_eq!(shop.ask("track", json!({"id": id})).unwrap()["status"], "picked_up");
    let missing = shop.ask("track", json!({"id": "00000000000"})).unwrap_err();
    assert_eq!((missing.code, missing.http_status), (Code::NotFound, Some(200)));
    assert!(missing.carrier_message.as_ref().unwrap().contains("00000000000"));
}

#[test]
fn what_almex_has_not_is_said_before_anything_is_sent() {
    let shop = Shop::almex();
    assert_eq!(shop.ask("cancel", json!({"id": "07053846188"})).unwrap_err().code, Code::Unsupported);
    assert_eq!(shop.ask("list", json!({})).unwrap_err().code, Code::Unsupported);
    let error = shop.ask("create", with(parcel(), json!({"with_label": true}))).unwrap_err();
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidRequest, "with_label"));
    assert_eq!(shop.count(PICKUP), 0);
}

// ---- keys and tokens

const LOGIN: &str = "POST /auth/token";
const RENEWAL: &str = "POST /auth/refresh-token";

#[test]
fn one_login_serves_many_calls_and_a_refused_token_is_replaced_once() {
    let shop = Shop::almex();
    for _ in 0..3 {
        shop.ask("quote", estimate()).unwrap();
    }
    assert_eq!((shop.count(LOGIN), shop.count(RATE)), (1, 3));
    shop.fault(json!({"fault": "expired_token", "operation": RATE}));
    shop.ask("quote", estimate()).unwrap();
    assert_eq!((shop.count(LOGIN), shop.count(RENEWAL), shop.count(RATE)), (2, 0, 5));
}

#[test]
fn a_token_that_ends_is_renewed_and_a_failed_renewal_is_a_login() {
    let shop = Shop::almex();
    // A token with such a short life is used for half of it.
    shop.set(json!({"token_seconds": 2}));
    let half = std::time::Duration::from_millis(1_100);
    shop.ask("quote", estimate()).unwrap();
    assert_eq!((shop.count(LOGIN), shop.count(RENEWAL)), (1, 0));
    std::thread::sleep(half);
    shop.ask("quote", estimate()).unwrap();
    assert_eq!((shop.count(LOGIN), shop.count(RENEWAL)), (1, 1));
    std::thread::sleep(half);
    shop.fault(json!({"fault": "status", "status": 503, "operation": RENEWAL}));
    shop.ask("quote", estimate()).unwrap();
    assert_eq!((shop.count(LOGIN), shop.count(RENEWAL)), (2, 2));
}

#[test]
fn a_wrong_password_is_tried_once() {
    let shop = Shop::almex_with(json!({"password": "sandbox-clave-mala"}));
    let error = shop.ask("quote", estimate()).unwrap_err();
    assert_eq!((error.code, error.operation.as_deref()), (Code::Authentication, Some("auth.token")));
    assert!(error.carrier_message.as_ref().unwrap().contains("contraseña incorrectos"));
    assert_eq!((shop.count(LOGIN), shop.count(RATE)), (1, 0));
}

#[test]
fn a_wrong_key_is_an_error_and_not_a_loop() {
    let shop =
        Shop::almex_with(json!({"subscription_key": {"auth": "sandbox-clave-auth", "default": "sandbox-clave-x"}}));
    let error = shop.ask("quote", estimate()).unwrap_err();
    assert_eq!((error.code, error.http_status), (Code::Authentication, Some(401)));
    assert!(error.carrier_message.as_ref().unwrap().contains("invalid subscription key"), "{error}");
    assert_eq!((shop.count(LOGIN), shop.count(RATE)), (2, 2));
}

#[test]
fn one_key_may_serve_all() {
    let shop = Shop::almex_with(json!({"subscription_key": "sandbox-clave"}));
    shop.set(json!({"one_key": true}));
    let id = shop.created();
    assert!(shop.ask("track", json!({"id": id})).is_ok());
}

#[test]
fn the_production_host_and_every_key_are_asked_for_at_open() {
    let open = |more: Value| {
        let account = json!({"carrier": "almex", "user_name": "u", "password": "p", "account_number": "1"});
        Client::open(&json!({"accounts": [with(account, more)]}).to_string()).map(|_| ())
    };
    let fields = |more: Value| {
        let error = open(more).unwrap_err();
        assert_eq!(error.code, Code::InvalidConfig);
        error.fields.iter().map(|problem| problem.field.clone()).collect::<Vec<_>>()
    };
    assert_eq!(fields(json!({"subscription_key": "k"})), ["accounts[0].base_url"]);
    assert!(open(json!({"subscription_key": "k", "environment": "test"})).is_ok());
    assert!(open(json!({"subscription_key": "k", "base_url": "https://almex.example"})).is_ok());
    let keys = json!({"auth": "a", "quote": "q", "tracking": "t", "imaging": "i"});
    assert_eq!(
        fields(json!({"environment": "test", "subscription_key": keys})),
        ["accounts[0].subscription_key.pickup"]
    );
    assert_eq!(
        fields(json!({"environment": "test", "subscription_key": {"default": "k", "track": "t"}})),
        ["accounts[0].subscription_key.track"]
    );
}

#[test]
fn a_carrier_that_repeats_the_secrets_does_not_get_them_told_on() {
    let shop = Shop::almex();
    let echo = "sandbox-clave-quote sandbox-clave-de-paso";
    let body = json!({"type": "x", "title": echo, "subscription-key": "sandbox-clave-x", "token": "eyJhbGciOi"});
    shop.fault(json!({"fault": "status", "status": 400, "body": body, "operation": RATE}));
    let error = shop.ask("quote", estimate()).unwrap_err();
    assert_eq!(error.carrier_message.as_deref(), Some("*** ***"));
    shop.fault(json!({"fault": "garbage", "operation": LAST_EVENT, "times": 0}));
    assert_eq!(
        shop.ask("track", json!({"id": "07053846188", "timeout_ms": 1500})).unwrap_err().code,
        Code::CarrierResponse
    );
    shop.fault(json!({"fault": "html", "status": 200, "operation": RATE, "times": 0}));
    assert!(shop.ask("quote", with(estimate(), json!({"timeout_ms": 1500}))).is_err());
    assert!(
        common::logged().iter().any(|(_, line)| line.contains("almex")),
        "nothing was logged, so nothing was shown"
    );
}
