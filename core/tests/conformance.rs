//! What every carrier must do: each test runs over all carriers of the list, so that a new one is tested by being
//! listed. What only one carrier has is in its own file.

use crate::common;
use crate::common::{Shop, anywhere, with};
use flete::{Client, Code, Outcome};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A carrier as `describe` has it, or one generation of its API.
struct Listed {
    code: String,
    /// The account's settings beside its credentials.
    settings: Value,
    /// For messages.
    name: String,
    methods: Vec<String>,
    /// Whether the carrier can be asked for a lost create.
    finds: bool,
    /// The request that makes a shipment.
    makes: String,
}

impl Listed {
    fn has(&self, method: &str) -> bool {
        self.methods.iter().any(|known| known == method)
    }

    /// A new simulator, with keys in memory; a lost create may be looked for at once.
    fn shop(&self) -> Shop {
        self.shop_with(json!({"settle_ms": 0, "timeout_ms": 8000}))
    }

    fn shop_with(&self, config: Value) -> Shop {
        Shop::of(&self.code, self.settings.clone(), config)
    }
}

fn carriers() -> Vec<Listed> {
    let client = common::client(json!({"carrier": "fruno", "environment": "sandbox"}));
    let described = client.call("describe", json!({})).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = |carrier: &Value, offers: &Value| {
        let api = &offers["api"];
        let mut operations = carrier["operations"].as_array().unwrap().iter();
        let makes = |operation: &&Value| operation["safety"] == "creates_shipment" && &operation["api"] == api;
        let makes = operations.find(makes).unwrap();
        let code = text(&carrier["code"]);
        Listed {
            name: format!("{code} {}", api.as_str().unwrap_or_default()),
            code,
            settings: if api.is_null() { json!({}) } else { json!({"api": api}) },
            methods: offers["methods"].as_array().unwrap().iter().map(text).collect(),
            finds: offers["finds_lost_creates"] == true,
            makes: format!("{} {}", text(&makes["method"]), text(&makes["path"])),
        }
    };
    let mut listed = Vec::new();
    for carrier in described["carriers"].as_array().unwrap() {
        match carrier["generations"].as_array() {
            Some(generations) => listed.extend(generations.iter().map(|offers| of(carrier, offers))),
            None => listed.push(of(carrier, carrier)),
        }
    }
    listed
}

/// What is asked for a price. Apunto has those of a quote request only.
fn priced(shop: &Shop) -> Value {
    if shop.carrier == "apunto" {
        return with(anywhere(), json!({"options": {"apunto": {"quote_request_id": shop.quote_request()}}}));
    }
    anywhere()
}

fn keyed(key: &str) -> Value {
    with(anywhere(), json!({"idempotency_key": key}))
}

#[test]
fn every_carrier_has_a_simulator() {
    let listed: BTreeSet<String> = carriers().into_iter().map(|carrier| carrier.code).collect();
    assert_eq!(listed, flete::sandbox::Sandbox::carriers().map(str::to_owned).collect());
}

#[test]
fn a_shipment_goes_from_its_price_to_its_delivery() {
    for carrier in carriers() {
        let (shop, code, name) = (carrier.shop(), &carrier.code, &carrier.name);
        if carrier.has("quote") {
            let quote = shop.did("quote", priced(&shop));
            assert!(quote["rates"][0]["total"]["amount"].is_string(), "{name}: {quote}");
            assert_eq!((&quote["rates"][0]["carrier"], &quote["failures"]), (&json!(code), &json!([])));
        }
        let made = shop.did("create", keyed("k"));
        assert_eq!(
            (&made["carrier"], &made["account"], &made["status"]),
            (&json!(code), &json!(code), &json!("pre_transit"))
        );
        assert_eq!((&made["replayed"], made["raw"].is_object()), (&json!(false), true), "{name}");
        let id = made["id"].as_str().unwrap();
        assert_eq!(shop.shipments().len(), 1, "{name}");
        assert_eq!(shop.shipments()[0]["id"].to_string().replace('"', ""), id, "{name}");
        let again = shop.did("create", keyed("k"));
        assert_eq!((&again["id"], &again["replayed"], shop.count(&carrier.makes)), (&made["id"], &json!(true), 1));
        if carrier.has("list") {
            assert_eq!(shop.did("list", json!({}))["shipments"][0]["id"], id, "{name}");
        }

        let mut tracked = shop.did("track", json!({"id": id}));
        assert_eq!((&tracked["id"], &tracked["carrier"]), (&json!(id), &json!(code)));
        for _ in 0..10 {
            if tracked["status"] == "delivered" {
                break;
            }
            shop.control("POST", "advance", json!({"id": id}));
            tracked = shop.did("track", json!({"id": id}));
        }
        assert_eq!(tracked["status"], "delivered", "{name}: {tracked}");
        let events = tracked["events"].as_array().unwrap();
        assert!(events.is_sorted_by_key(|event| event["at"].as_str()), "{name}: {tracked}");
        if carrier.has("cancel") {
            // A carrier may have a stage after the delivery, and allow cancelling until then.
            while shop.sandbox.control(code, "POST", "advance", &json!({"id": id})).get("error").is_none() {}
            assert_eq!(shop.failed("cancel", json!({"id": id})).code, Code::Conflict, "{name}");
        }
    }
}

#[test]
fn every_reply_says_its_environment() {
    for carrier in carriers() {
        let code = &carrier.code;
        for environment in ["production", "test", "sandbox"] {
            let shop = Shop::of(code, json!({"environment": environment}), json!({"state": "memory"}));
            let is =
                |what: &str, reply: &Value| assert_eq!(reply["environment"], environment, "{code} {what}: {reply}");
            if carrier.has("quote") {
                is("rate", &shop.did("quote", priced(&shop))["rates"][0]);
            }
            let made = shop.did("create", keyed("k"));
            is("shipment", &made);
            is("replay", &shop.did("create", keyed("k")));
            let id = &made["id"];
            is("tracking", &shop.did("track", json!({"id": id})));
            let many = shop.did("track", json!({"shipments": [{"id": id}, {"id": id}]}));
            many["results"].as_array().unwrap().iter().for_each(|result| is("one of many", &result["data"]));
            if carrier.has("list") {
                is("one of a list", &shop.did("list", json!({}))["shipments"][0]);
            }
        }
    }
}

#[test]
fn what_a_carrier_lacks_is_unsupported_and_sends_nothing() {
    let requests = [
        ("quote", anywhere()),
        ("create", anywhere()),
        ("track", json!({"id": "1"})),
        ("cancel", json!({"id": "1"})),
        ("document", json!({"id": "1", "kind": "label"})),
        ("list", json!({})),
        ("webhook", json!({"body": "{}"})),
    ];
    for carrier in carriers() {
        let shop = carrier.shop();
        for (method, request) in requests.iter().filter(|(method, _)| !carrier.has(method)) {
            let error = shop.failed(method, request.clone());
            assert_eq!((error.code, error.outcome), (Code::Unsupported, Outcome::None), "{} {method}", carrier.name);
        }
        assert_eq!(shop.total(), 0, "{}", carrier.name);
    }
}

#[test]
fn an_id_that_the_carrier_does_not_know_is_not_found() {
    for carrier in carriers() {
        let shop = carrier.shop();
        for method in ["track", "cancel"].into_iter().filter(|method| carrier.has(method)) {
            let before = shop.total();
            let error = shop.failed(method, json!({"id": "404404"}));
            assert_eq!((error.code, error.outcome), (Code::NotFound, Outcome::None), "{} {method}", carrier.name);
            assert_eq!(
                (error.carrier.as_deref(), u64::from(error.attempts)),
                (Some(&*carrier.code), shop.total() - before)
            );
        }
    }
}

/// The code for each HTTP status, and the outcome of a create that got it.
const REFUSALS: [(u16, Code, Outcome); 7] = [
    (401, Code::Authentication, Outcome::None),
    (403, Code::Permission, Outcome::None),
    (409, Code::Conflict, Outcome::None),
    (422, Code::Validation, Outcome::None),
    (429, Code::RateLimited, Outcome::None),
    (500, Code::CarrierUnavailable, Outcome::Unknown),
    (503, Code::CarrierUnavailable, Outcome::Unknown),
];

#[test]
fn a_refusal_is_known_by_its_status_and_says_what_was_made() {
    for carrier in carriers() {
        for (status, code, outcome) in REFUSALS {
            let shop = carrier.shop_with(json!({"max_attempts": 1}));
            shop.fault(json!({"fault": "status", "status": status, "operation": carrier.makes, "times": 0}));
            let error = shop.failed("create", anywhere());
            let case = format!("{} {status}: {}", carrier.name, error.to_value());
            assert_eq!((error.code, error.outcome, error.http_status), (code, outcome, Some(status)), "{case}");
            assert_eq!(
                (error.carrier.as_deref(), error.account.as_deref()),
                (Some(&*carrier.code), Some(&*carrier.code))
            );
            assert!(shop.shipments().is_empty(), "{case}");
        }
    }
}

/// What may happen to the reply of a create that was made.
fn lost_replies() -> [Value; 7] {
    [
        json!({"fault": "reset_after"}),
        json!({"fault": "cut", "at": 20}),
        json!({"fault": "cut", "at": 150}),
        json!({"fault": "garbage", "after": true}),
        json!({"fault": "html", "status": 502, "after": true}),
        json!({"fault": "html", "status": 200, "after": true}),
        json!({"fault": "status", "status": 200, "body": {}, "after": true}),
    ]
}

#[test]
fn a_create_whose_reply_is_lost_is_never_made_twice() {
    for carrier in carriers() {
        for (number, fault) in lost_replies().into_iter().enumerate() {
            let (shop, case) = (carrier.shop(), format!("{} {fault}", carrier.name));
            shop.fault(with(fault, json!({"operation": carrier.makes})));
            let key = format!("k{number}");
            let lost = shop.failed("create", keyed(&key));
            assert_eq!(
                (lost.outcome, lost.retryable),
                (Outcome::Unknown, carrier.finds),
                "{case}: {}",
                lost.to_value()
            );
            let open = shop.did("keys", json!({"open": true}))["keys"].take();
            assert_eq!((&open[0]["idempotency_key"], &open[0]["status"]), (&json!(key), &json!("unknown")), "{case}");
            let id = shop.shipments()[0]["id"].to_string().replace('"', "");
            if !carrier.finds {
                // Only a person can find out.
                let again = shop.failed("create", keyed(&key));
                assert_eq!((again.code, again.outcome, again.retryable), (Code::Conflict, Outcome::Unknown, false));
                assert!(again.message.contains("settle"), "{case}: {again}");
                shop.did("settle", json!({"idempotency_key": key, "made": true, "id": id}));
            }
            let found = shop.did("create", keyed(&key));
            assert_eq!((&found["id"], &found["replayed"]), (&json!(id), &json!(true)), "{case}");
            assert_eq!((shop.count(&carrier.makes), shop.shipments().len()), (1, 1), "{case}");
        }
    }
}

#[test]
fn a_create_that_did_nothing_is_made_once() {
    for carrier in carriers() {
        for fault in [json!({"fault": "reset_before"}), json!({"fault": "status", "status": 500})] {
            let (shop, case) = (carrier.shop(), format!("{} {fault}", carrier.name));
            shop.fault(with(fault, json!({"operation": carrier.makes})));
            let lost = shop.failed("create", keyed("k"));
            assert_eq!((lost.outcome, shop.shipments().len()), (Outcome::Unknown, 0), "{case}");
            if !carrier.finds {
                assert_eq!(shop.failed("create", keyed("k")).code, Code::Conflict, "{case}");
                shop.did("settle", json!({"idempotency_key": "k", "made": false}));
            }
            let made = shop.did("create", keyed("k"));
            assert_eq!((&made["replayed"], shop.shipments().len()), (&json!(false), 1), "{case}");
        }
    }
}

#[test]
fn a_reply_is_the_same_however_it_is_framed() {
    for carrier in carriers() {
        let shop = carrier.shop();
        let id = shop.did("create", anywhere())["id"].clone();
        let mut plain = shop.did("track", json!({"id": id}));
        for fault in [
            json!({"fault": "chunked", "size": 7}),
            json!({"fault": "no_length"}),
            json!({"fault": "interim", "status": 102, "count": 2}),
            json!({"fault": "drip", "ms": 1, "chunk": 100}),
            json!({"fault": "stall", "at": 40, "ms": 50}),
        ] {
            shop.fault(fault.clone());
            let mut framed = shop.did("track", json!({"id": id}));
            for reply in [&mut plain, &mut framed] {
                reply.as_object_mut().unwrap().remove("elapsed_ms");
            }
            assert_eq!(framed, plain, "{} {fault}", carrier.name);
        }
    }
}

#[test]
fn a_reply_that_is_no_answer_says_so() {
    for carrier in carriers() {
        let shop = carrier.shop_with(json!({"max_attempts": 1}));
        let id = shop.did("create", anywhere())["id"].clone();
        shop.did("track", json!({"id": id}));
        for (fault, code) in [
            (json!({"fault": "html", "status": 200}), Code::CarrierResponse),
            (json!({"fault": "html", "status": 503}), Code::CarrierUnavailable),
            (json!({"fault": "garbage"}), Code::CarrierResponse),
            (json!({"fault": "truncated_json"}), Code::CarrierResponse),
            (json!({"fault": "status", "status": 200, "body": {}}), Code::CarrierResponse),
            (json!({"fault": "redirect", "status": 302, "location": "http://127.0.0.1:9/"}), Code::CarrierResponse),
            (json!({"fault": "huge", "bytes": 70_000_000}), Code::CarrierResponse),
            (json!({"fault": "reset_after"}), Code::Network),
            (json!({"fault": "wrong_length", "delta": 10}), Code::Network),
        ] {
            // Every request of the call gets this reply: reads beside the shipment may fail, too.
            shop.fault(with(fault.clone(), json!({"times": 0})));
            let error = shop.failed("track", json!({"id": id}));
            shop.control("DELETE", "faults", Value::Null);
            assert_eq!((error.code, error.outcome), (code, Outcome::None), "{} {fault}: {error}", carrier.name);
        }
    }
}

#[test]
fn what_is_safe_to_repeat_is_repeated_until_it_succeeds() {
    for carrier in carriers() {
        let shop = carrier.shop();
        let id = shop.did("create", anywhere())["id"].clone();
        for fault in [
            json!({"fault": "reset_after"}),
            json!({"fault": "reset_before"}),
            json!({"fault": "status", "status": 503}),
            json!({"fault": "cut", "at": 30}),
        ] {
            shop.fault(fault.clone());
            let tracked = shop.did("track", json!({"id": id}));
            assert_eq!(tracked["id"], id, "{} {fault}", carrier.name);
        }
    }
}

#[test]
fn credentials_that_are_left_out_are_the_sandboxs() {
    for carrier in carriers() {
        let account = json!({"carrier": carrier.code, "environment": "sandbox"});
        let config = json!({"accounts": [with(account, carrier.settings.clone())]});
        assert!(Client::open(&config.to_string()).is_ok(), "{}", carrier.name);
    }
}
