//! Several carriers in one call: a quote asks all at once, `track` takes many shipments, and one carrier's failure
//! doesn't affect the others' answers.

use crate::common;
use crate::common::{Shop, anywhere, ends, with};
use flete::sandbox::Sandbox;
use flete::{Client, Code};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const CARRIERS: [&str; 4] = ["almex", "apunto", "fruno", "mensajeros_urbanos"];

/// Every carrier in one simulator, and a client with an account of each.
struct Market {
    /// Never dropped: the process caches facts by port, and a port may be assigned again.
    sandbox: &'static Sandbox,
    client: Client,
}

impl Market {
    fn open() -> Self {
        let sandbox: &'static Sandbox = Box::leak(Box::new(Sandbox::start().unwrap()));
        let client = common::open(sandbox.config());
        Self { sandbox, client }
    }

    fn control(&self, carrier: &str, path: &str, body: Value) {
        let said = self.sandbox.control(carrier, "POST", path, &body);
        assert!(said.get("error").is_none(), "{carrier} {path}: {said}");
    }

    fn ask(&self, method: &str, request: Value) -> Result<Value, flete::Error> {
        common::checked(&self.client, method, request)
    }
}

fn order(account: &str) -> Value {
    with(anywhere(), json!({"account": account}))
}

fn accounts(of: &Value) -> Vec<&str> {
    let mut accounts: Vec<_> = of.as_array().unwrap().iter().map(|one| one["account"].as_str().unwrap()).collect();
    accounts.dedup();
    accounts
}

/// Fetches tokens and the like, so that only the quote is timed.
fn warm(market: &Market) {
    let quote = market.ask("quote", ends()).unwrap();
    assert_eq!(accounts(&quote["rates"]), ["mensajeros_urbanos", "fruno", "almex"], "COP, CRC, MXN");
    assert_eq!(accounts(&quote["skipped"]), ["apunto"]);
    assert_eq!(quote["failures"], json!([]));
}

#[test]
fn a_slow_and_a_failing_carrier_cost_nothing_of_the_others() {
    let market = Market::open();
    warm(&market);
    for carrier in ["fruno", "almex", "mensajeros_urbanos"] {
        market.control(carrier, "settings", json!({"latency_ms": 3_000}));
    }
    market.control("almex", "faults", json!({"fault": "html", "status": 404, "times": 0}));
    let started = Instant::now();
    let quote = market.ask("quote", ends()).unwrap();
    let took = started.elapsed();
    assert!((3..6).contains(&took.as_secs()), "at once, not one after the other: {took:?}");
    assert_eq!(accounts(&quote["rates"]), ["mensajeros_urbanos", "fruno"]);
    assert_eq!(accounts(&quote["failures"]), ["almex"]);
    assert_eq!(quote["failures"][0]["error"]["http_status"], 404);
}

#[test]
fn a_late_carrier_is_a_failure_and_not_a_lost_quote() {
    let market = Market::open();
    warm(&market);
    market.control("fruno", "settings", json!({"latency_ms": 2_000}));
    common::soon(Duration::from_millis(800), || {
        let started = Instant::now();
        let quote = market.ask("quote", with(ends(), json!({"timeout_ms": 500}))).unwrap();
        let took = started.elapsed();
        assert!(took >= Duration::from_millis(500), "{took:?}");
        assert_eq!(accounts(&quote["rates"]), ["mensajeros_urbanos", "almex"]);
        assert_eq!(
            (&quote["failures"][0]["account"], &quote["failures"][0]["error"]["code"]),
            (&json!("fruno"), &json!("timeout"))
        );
        took
    });
}

#[test]
fn one_asked_gives_its_own_error_and_all_failed_has_everyones() {
    let market = Market::open();
    for carrier in CARRIERS {
        market.control(carrier, "faults", json!({"fault": "status", "status": 503, "times": 0}));
    }
    let one = market.ask("quote", with(ends(), json!({"accounts": ["fruno"], "timeout_ms": 3_000}))).unwrap_err();
    assert_eq!((one.code, one.account.as_deref()), (Code::CarrierUnavailable, Some("fruno")));
    let all = market.ask("quote", with(ends(), json!({"timeout_ms": 3_000}))).unwrap_err();
    assert_eq!((all.code, all.retryable), (Code::AllFailed, true));
    assert_eq!(accounts(&all.failures.clone().unwrap().into()), ["fruno", "almex", "mensajeros_urbanos"]);
    let named = market.ask("quote", with(ends(), json!({"accounts": ["apunto"]}))).unwrap_err();
    assert_eq!(named.code, Code::Unsupported);
}

#[test]
fn a_hundred_shipments_are_followed_in_one_call_and_answered_in_order() {
    let market = Market::open();
    let mut shipments: Vec<Value> = Vec::new();
    for carrier in CARRIERS {
        let made = market.ask("create", order(carrier)).unwrap();
        shipments.push(json!({"account": carrier, "id": made["id"]}));
    }
    let asked: Vec<Value> = (0..100)
        .map(
            |index| if index == 41 { json!({"account": "fruno", "id": "FR404"}) } else { shipments[index % 4].clone() },
        )
        .collect();
    let reply = market.ask("track", json!({"shipments": asked})).unwrap();
    let results = reply["results"].as_array().unwrap();
    assert_eq!(results.len(), 100);
    for (index, (asked, result)) in asked.iter().zip(results).enumerate() {
        if index == 41 {
            assert_eq!((&result["ok"], &result["error"]["code"]), (&json!(false), &json!("not_found")));
        } else {
            assert_eq!(
                (&result["data"]["account"], &result["data"]["id"]),
                (&asked["account"], &asked["id"]),
                "{index}"
            );
        }
    }
}

/// Without HTTP, so that only flete's own part is timed: what it does for one shipment doesn't grow with the batch.
#[test]
fn ten_thousand_shipments_go_into_one_call() {
    let market = Market::open();
    let follow = |count: usize| {
        let asked: Vec<Value> =
            (0..count).map(|index| json!({"account": format!("other{index}"), "id": "1"})).collect();
        let request = json!({"shipments": asked}).to_string();
        let started = Instant::now();
        let reply = market.client.invoke("track", &request).unwrap();
        let took = started.elapsed();
        let reply: Value = serde_json::from_str(&reply).unwrap();
        let results = reply["results"].as_array().unwrap();
        assert_eq!(results.len(), count);
        for (index, result) in results.iter().enumerate() {
            let message = result["error"]["message"].as_str().unwrap();
            assert!(message.contains(&format!("`other{index}`")), "{index}: {message}");
        }
        took
    };
    // A busy machine may hold up some runs, but not each of them.
    let mut runs = Vec::new();
    let in_proportion = (0..5).any(|_| {
        let (some, all) = (follow(1_000), follow(10_000));
        runs.push((some, all));
        all < some * 30
    });
    assert!(in_proportion, "1,000 and 10,000 took {runs:?}");
}

#[test]
fn a_batch_takes_as_long_as_its_slowest() {
    let market = Market::open();
    let made = market.ask("create", order("fruno")).unwrap();
    market.ask("track", json!({"account": "fruno", "id": made["id"]})).unwrap();
    market.control("fruno", "settings", json!({"latency_ms": 1_000}));
    let asked: Vec<Value> = (0..8).map(|_| json!({"account": "fruno", "id": made["id"]})).collect();
    let started = Instant::now();
    market.ask("track", json!({"shipments": asked})).unwrap();
    let took = started.elapsed();
    assert!(took < Duration::from_millis(4_500), "eight at once, not one after the other: {took:?}");
}

#[test]
fn a_carriers_code_means_what_the_account_says() {
    let shop = Shop::of("almex", json!({"status_map": {"1": "pre_transit"}}), json!({}));
    let made = shop.did("create", order("almex"));
    let tracked = shop.did("track", json!({"id": made["id"]}));
    assert_eq!((&tracked["status"], &tracked["carrier_status"]), (&json!("pre_transit"), &json!("Guía Documentada")));
}

#[test]
fn every_documented_operation_has_its_name() {
    let market = Market::open();
    let described = market.ask("describe", json!({})).unwrap();
    let counted: Vec<_> = described["carriers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|carrier| (carrier["code"].as_str().unwrap(), carrier["operations"].as_array().unwrap().len()))
        .collect();
    assert_eq!(counted, [("almex", 6), ("apunto", 132), ("fruno", 23), ("mensajeros_urbanos", 5 + 6)]);
}
