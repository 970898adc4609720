//! Creates that fail in ways that the simulators don't have: a hand-written carrier, wrong clocks, an older state file.
//! The truth is what the carrier was asked to make.

use crate::common;
use crate::common::scripted::Scripted;
use crate::common::{Shop, StateFile, checked, open, order, with};
use flete::{Client, Code, Error, Outcome};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A test's own carrier: method, path with query, and body to reply. `None` closes the connection without a reply.
fn carrier(answer: impl Fn(&str, &str, &Value) -> Option<(u16, Value)> + Send + Sync + 'static) -> String {
    Scripted::start(move |got| answer(&got.method, &got.target, &got.json())).url
}

fn keyed(request: Value, key: &str) -> Value {
    with(request, json!({"idempotency_key": key}))
}

fn failed(client: &Client, request: &Value) -> Error {
    checked(client, "create", request.clone()).unwrap_err()
}

fn did(client: &Client, request: &Value) -> Value {
    checked(client, "create", request.clone()).unwrap_or_else(|error| panic!("{}", error.to_value()))
}

// ---- errors

#[test]
fn a_label_that_fails_is_no_reason_to_create_again_without_a_key() {
    for (key, retryable) in [(json!({}), false), (json!({"idempotency_key": "k"}), true)] {
        let shop = Shop::open();
        shop.set(json!({"label_not_ready": {"times": 1000, "form": "200_empty"}}));
        let request = with(with(order(), key), json!({"with_label": true, "timeout_ms": 1500}));
        let error = shop.failed("create", request);
        assert_eq!((error.outcome, error.retryable), (Outcome::Done, retryable), "{}", error.to_value());
    }
}

#[test]
fn a_label_that_fails_is_asked_for_again_with_its_key() {
    let (shop, state) = (Shop::open(), StateFile::new());
    let client = open(json!({"accounts": [shop.sandbox.account("fruno").unwrap()], "state": state.0}));
    shop.set(json!({"label_not_ready": {"times": 1000, "form": "200_empty"}}));
    let request = with(keyed(order(), "k"), json!({"with_label": true, "timeout_ms": 1500}));
    let error = failed(&client, &request);
    assert_eq!((error.outcome, error.retryable), (Outcome::Done, true), "{}", error.to_value());
    shop.set(json!({"label_not_ready": {"times": 0, "form": "200_empty"}}));
    let made = did(&client, &request);
    assert_eq!((&made["replayed"], &made["label"]["kind"]), (&json!(true), &json!("label")));
    assert_eq!(shop.count("POST /v1/paquetes"), 1);
}

#[test]
fn what_a_person_settled_is_a_whole_shipment() {
    let (shop, state) = (Shop::open(), StateFile::new());
    let client = open(json!({"accounts": [shop.sandbox.account("fruno").unwrap()], "state": state.0}));
    for id in [json!("123"), Value::Null] {
        let key = format!("k{id}");
        let request = with(keyed(order(), &key), json!({"reference": "R-1"}));
        shop.fault(json!({"fault": "reset_after", "operation": "POST /v1/paquetes"}));
        assert_eq!(failed(&client, &request).outcome, Outcome::Unknown);
        let word = json!({"account": "fruno", "idempotency_key": key, "made": true, "id": id});
        checked(&client, "settle", word).unwrap();
        let told = did(&client, &request);
        assert_eq!((&told["id"], &told["replayed"], &told["reference"]), (&id, &json!(true), &json!("R-1")));
    }
}

// ---- keys

#[test]
fn an_account_named_or_left_out_is_the_same_content() {
    let (shop, state) = (Shop::open(), StateFile::new());
    let client = open(json!({"accounts": [shop.sandbox.account("fruno").unwrap()], "state": state.0}));
    let made = did(&client, &keyed(order(), "k"));
    let again = did(&client, &with(keyed(order(), "k"), json!({"account": "fruno"})));
    assert_eq!((&again["id"], &again["replayed"]), (&made["id"], &json!(true)));
}

#[test]
fn a_shipment_of_one_environment_is_not_told_as_one_of_another() {
    let state = StateFile::new();
    let account = |settings: Value| {
        let account = json!({"id": "shop", "carrier": "fruno"});
        open(json!({"accounts": [with(account, settings)], "state": state.0, "timeout_ms": 2000}))
    };
    let made = did(&account(json!({"environment": "sandbox"})), &keyed(order(), "k"));
    assert_eq!(made["replayed"], false);
    // Another host, where nothing listens.
    let elsewhere = account(json!({"base_url": "http://127.0.0.1:9", "account": "a", "key": "b"}));
    let error = failed(&elsewhere, &keyed(order(), "k"));
    assert_eq!((error.code, error.outcome, error.retryable), (Code::Conflict, Outcome::None, false));
}

#[test]
fn many_threads_with_one_key_make_one_shipment() {
    let (shop, state) = (Shop::open(), StateFile::new());
    let client = open(json!({"accounts": [shop.sandbox.account("fruno").unwrap()], "state": state.0}));
    shop.set(json!({"latency_ms": 400}));
    let request = with(keyed(order(), "k"), json!({"timeout_ms": 20000}));
    let ids: Vec<Value> = thread::scope(|scope| {
        let calls: Vec<_> = (0..100).map(|_| scope.spawn(|| did(&client, &request)["id"].clone())).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(shop.count("POST /v1/paquetes"), 1);
}

// ---- the mark

#[test]
fn options_cannot_take_the_mark_away() {
    for tags in [Value::Null, json!("one"), json!([])] {
        let made: Arc<Mutex<Vec<Value>>> = Arc::default();
        let (kept, state) = (Arc::clone(&made), StateFile::new());
        let url = carrier(move |method, path, body| {
            let mut kept = kept.lock().unwrap();
            match (method, path.split('?').next().unwrap()) {
                ("GET", "/v1/contratos") => Some((200, json!([]))),
                ("POST", "/v1/paquetes") => {
                    kept.push(body.clone());
                    None
                }
                _ => Some((200, json!({"paquetes": kept.clone()}))),
            }
        });
        let account = json!({"carrier": "fruno", "account": "a", "key": "b", "base_url": url});
        let client = open(json!({"accounts": [account], "state": state.0, "settle_ms": 0, "timeout_ms": 5000}));
        let known = json!({"origin": {"carrier_id": "1"}, "destination": {"carrier_id": "2", "name": "Ana"}});
        let options = json!({"options": {"fruno": {"etiquetas": tags}}});
        let request = with(with(keyed(order(), "k"), known), options);
        let first = checked(&client, "create", request.clone());
        let second = checked(&client, "create", request);
        assert!(made.lock().unwrap().len() <= 1, "{tags}: {first:?} {second:?}");
    }
}

#[test]
fn tags_that_leave_no_room_for_the_mark_are_refused_before_anything_is_sent() {
    for tags in [json!("one"), json!(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"])] {
        let shop = Shop::open();
        let request = with(keyed(order(), "k"), json!({"options": {"fruno": {"etiquetas": tags}}}));
        let error = shop.failed("create", request);
        assert_eq!((error.code, &*error.fields[0].field), (Code::InvalidRequest, "options.fruno.etiquetas"));
        assert_eq!(shop.total(), 0, "{tags}");
    }
}

// ---- looking for what may have been made

fn almost(code: &str, url: &str, state: &StateFile) -> Client {
    let account = match code {
        "apunto" => json!({"carrier": code, "token": "t", "contact_code": "ACME", "base_url": url}),
        _ => json!({"carrier": code, "client_id": "i", "client_secret": "s", "user_id": 7, "base_url": url}),
    };
    open(json!({"accounts": [account], "state": state.0, "settle_ms": 0, "timeout_ms": 5000}))
}

fn operation() -> Value {
    let here = json!({"street": "Reforma 1", "city": "Mexico"});
    json!({
        "origin": here, "destination": here, "parcels": [common::parcel()],
        "options": {"apunto": {"kind": "domestic", "mode": "land"}},
    })
}

fn errand() -> Value {
    let place = json!({"name": "Sol", "street": "Cra 14b", "number": "112 45", "city": "bogota"});
    json!({"origin": place, "destination": place, "parcels": [common::parcel()]})
}

#[test]
fn a_reply_that_is_no_list_does_not_say_that_nothing_is_there() {
    let refused = json!({"message": "OK"});
    let odd = json!({"status": "success", "status_code": 200, "data": {"total_pages": 1}});
    for (code, request, reply) in [("apunto", operation(), refused), ("mensajeros_urbanos", errand(), odd)] {
        let made = Arc::new(AtomicUsize::new(0));
        let (count, state) = (Arc::clone(&made), StateFile::new());
        let url = carrier(move |method, path, _| match (method, path.split('?').next().unwrap()) {
            ("POST", "/oauth/token") => Some((200, json!({"access_token": "x", "expires_in": 3600}))),
            ("POST", "/operations" | "/delivery/create") => {
                count.fetch_add(1, Ordering::SeqCst);
                None
            }
            _ => Some((200, reply.clone())),
        });
        let (client, request) = (almost(code, &url, &state), keyed(request, "k"));
        assert_eq!(failed(&client, &request).outcome, Outcome::Unknown, "{code}");
        let error = failed(&client, &request);
        assert_eq!((error.code, error.outcome), (Code::CarrierResponse, Outcome::Unknown), "{code}");
        assert_eq!(made.load(Ordering::SeqCst), 1, "{code}");
    }
}

#[test]
fn a_reference_that_the_carrier_keeps_in_its_own_way_hides_nothing() {
    let made: Arc<Mutex<Vec<Value>>> = Arc::default();
    let (kept, state) = (Arc::clone(&made), StateFile::new());
    let url = carrier(move |method, path, body| {
        let mut kept = kept.lock().unwrap();
        let shown = |operation: &Value| json!({"id": 1, "client_ref": "ORDER 7", "created_at": "2099-01-01T00:00:00Z", "tags": operation["tag_list"]});
        match (method, path.split('?').next().unwrap()) {
            ("POST", "/operations") => {
                kept.push(body["operation"].clone());
                None
            }
            ("GET", "/operations") => {
                let list: Vec<Value> = kept.iter().map(shown).collect();
                Some((
                    200,
                    json!({"operations": list, "pagination": {"page": 1, "per_page": 100, "total": list.len()}}),
                ))
            }
            _ => Some((200, json!({"operation": shown(&kept[0])}))),
        }
    });
    let client = almost("apunto", &url, &state);
    let request = with(keyed(operation(), "k"), json!({"reference": " Order  7"}));
    assert_eq!(failed(&client, &request).outcome, Outcome::Unknown);
    let found = did(&client, &request);
    assert_eq!((&found["replayed"], made.lock().unwrap().len()), (&json!(true), 1));
}

#[test]
fn a_create_in_anothers_name_is_looked_for_in_anothers_list() {
    let made: Arc<Mutex<Vec<Value>>> = Arc::default();
    let (kept, state) = (Arc::clone(&made), StateFile::new());
    let url = carrier(move |_, path, body| {
        let mut kept = kept.lock().unwrap();
        match path {
            "/oauth/token" => Some((200, json!({"access_token": "x", "expires_in": 3600}))),
            "/delivery/create" => {
                kept.push(body.clone());
                None
            }
            _ => {
                let own = kept.iter().filter(|task| task["id_user"] == body["id_user"] && body["type"] == 1);
                let list: Vec<Value> = own
                    .map(|task| {
                        let point = json!({"descripcion": task["coordinates"][1]["description"]});
                        json!({"task_id": 5, "uuid": "abc", "status_id": 1, "address": [point]})
                    })
                    .collect();
                Some((
                    200,
                    json!({"status": "success", "status_code": 200, "data": {"total_pages": 1, "result": list}}),
                ))
            }
        }
    });
    let client = almost("mensajeros_urbanos", &url, &state);
    let request = with(keyed(errand(), "k"), json!({"options": {"mensajeros_urbanos": {"id_user": 99}}}));
    assert_eq!(failed(&client, &request).outcome, Outcome::Unknown);
    let found = did(&client, &request);
    assert_eq!((&found["id"], &found["replayed"]), (&json!("abc"), &json!(true)));
    assert_eq!(made.lock().unwrap().len(), 1);
}

#[test]
fn a_service_that_was_made_without_its_uuid_is_never_made_again() {
    for shown in [true, false] {
        let made: Arc<Mutex<Vec<Value>>> = Arc::default();
        let (kept, state) = (Arc::clone(&made), StateFile::new());
        let url = carrier(move |_, path, body| {
            let mut kept = kept.lock().unwrap();
            let say = |data: Value| Some((200, json!({"status": "success", "status_code": 200, "data": data})));
            match path {
                "/oauth/token" => Some((200, json!({"access_token": "x", "expires_in": 3600}))),
                "/delivery/create" => {
                    kept.push(body["coordinates"][1]["description"].clone());
                    say(json!({"total": 6900}))
                }
                _ => {
                    let task = |description| json!({"uuid": "abc", "address": [{"descripcion": description}]});
                    let list: Vec<Value> = kept.iter().filter(|_| shown).map(task).collect();
                    say(json!({"total_pages": 1, "result": list}))
                }
            }
        });
        let client = almost("mensajeros_urbanos", &url, &state);
        let request = keyed(errand(), "k");
        assert_eq!(failed(&client, &request).outcome, Outcome::Done);
        if shown {
            assert_eq!(did(&client, &request)["id"], "abc");
        } else {
            let error = failed(&client, &request);
            assert_eq!(
                (error.outcome, error.created.as_ref().unwrap()["shipment"]["data"]["total"].as_u64()),
                (Outcome::Done, Some(6900))
            );
        }
        assert_eq!(made.lock().unwrap().len(), 1, "{shown}");
    }
}

#[test]
fn an_operation_that_moves_to_a_page_already_read_is_found() {
    let made: Arc<Mutex<Vec<Value>>> = Arc::default();
    let (kept, state) = (Arc::clone(&made), StateFile::new());
    let turned = AtomicUsize::new(0);
    let url = carrier(move |method, path, body| {
        let mut kept = kept.lock().unwrap();
        let shown = |id: usize| json!({"id": id, "client_ref": if id == 101 { "R" } else { "other" }});
        match (method, path.split('?').next().unwrap()) {
            ("POST", "/operations") => {
                kept.push(body["operation"].clone());
                None
            }
            ("GET", "/operations") => {
                // The first of the oldest is deleted after the first page was read.
                let first = 1 + turned.fetch_add(1, Ordering::SeqCst).min(1);
                let pages: Vec<usize> = (first..=101).collect();
                let skip = if path.contains("page=2") { 100 } else { 0 };
                let list: Vec<Value> = pages.iter().skip(skip).take(100).map(|id| shown(*id)).collect();
                let pagination = json!({"page": 1, "per_page": 100, "total": pages.len()});
                Some((200, json!({"operations": list, "pagination": pagination})))
            }
            _ => Some((200, json!({"operation": {"id": 101, "tags": kept[0]["tag_list"]}}))),
        }
    });
    let client = almost("apunto", &url, &state);
    let request = with(keyed(operation(), "k"), json!({"reference": "R"}));
    assert_eq!(failed(&client, &request).outcome, Outcome::Unknown);
    assert_eq!(did(&client, &request)["id"], "101");
    assert_eq!(made.lock().unwrap().len(), 1);
}

#[test]
fn an_operation_that_does_not_tell_its_services_or_itself_says_nothing_of_them() {
    for lost in ["/operations", "/services"] {
        let made = Arc::new(AtomicUsize::new(0));
        let (count, state) = (Arc::clone(&made), StateFile::new());
        let url = carrier(move |method, path, _| match (method, path.split('?').next().unwrap()) {
            ("POST", path) if path == lost => {
                count.fetch_add(1, Ordering::SeqCst);
                None
            }
            ("POST", _) => Some((201, json!({"operation": {"id": 1}}))),
            ("GET", "/operations") => Some((200, json!({"operations": [{"id": 1}]}))),
            _ if lost == "/operations" => Some((200, json!({"message": "OK"}))),
            _ => Some((200, json!({"operation": {"id": 1}}))),
        });
        let client = almost("apunto", &url, &state);
        let mut request = keyed(operation(), "k");
        request["options"]["apunto"]["services"] = json!([{"mode": "customs", "shipment_kind": "international"}]);
        failed(&client, &request);
        assert_eq!(failed(&client, &request).code, Code::CarrierResponse, "{lost}");
        assert_eq!(made.load(Ordering::SeqCst), 1, "{lost}");
    }
}

#[test]
fn a_service_that_arrives_while_it_is_looked_for_is_not_made_twice() {
    let shop = Shop::keeping("apunto", json!({"contact_code": "ACME"}), json!({"settle_ms": 1500}));
    let (client, fault) = (&shop.client, |fault: Value| shop.fault(fault));
    let mut request = keyed(operation(), "k");
    request["options"]["apunto"]["services"] = json!([{"mode": "customs", "shipment_kind": "international"}]);
    fault(json!({"fault": "slow", "ms": 1200, "operation": "POST /services"}));
    assert_eq!(failed(client, &with(request.clone(), json!({"timeout_ms": 500}))).outcome, Outcome::Done);
    // The reply with the operation was made before the service arrived, and comes after it.
    fault(json!({"fault": "slow_after", "ms": 1400, "operation": "GET /operations/{id}"}));
    did(client, &with(request, json!({"timeout_ms": 9000})));
    assert_eq!(shop.shipments()[0]["services"], 1);
}

// ---- clocks

#[test]
fn a_key_from_before_the_clock_was_set_back_settles_all_the_same() {
    let (shop, state) = (Shop::open(), StateFile::new());
    let account = shop.sandbox.account("fruno").unwrap();
    let client = open(json!({"accounts": [account], "state": state.0, "settle_ms": 300}));
    shop.fault(json!({"fault": "reset_before", "operation": "POST /v1/paquetes"}));
    assert_eq!(failed(&client, &keyed(order(), "k")).outcome, Outcome::Unknown);
    state.edit("UPDATE creates SET sent_at = sent_at + 86400000");
    assert_eq!(did(&client, &with(keyed(order(), "k"), json!({"timeout_ms": 5000})))["replayed"], false);
}

#[test]
fn a_clock_that_was_set_back_hides_nothing() {
    let made: Arc<Mutex<Vec<Value>>> = Arc::default();
    let (kept, state) = (Arc::clone(&made), StateFile::new());
    let url = carrier(move |method, path, body| {
        let mut kept = kept.lock().unwrap();
        let long_ago = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(3)).to_string();
        let shown = |operation: &Value| json!({"id": 1, "created_at": long_ago, "tags": operation["tag_list"]});
        match (method, path.split('?').next().unwrap()) {
            ("POST", "/operations") => {
                kept.push(body["operation"].clone());
                None
            }
            ("GET", "/operations") => {
                let list: Vec<Value> = kept.iter().map(shown).collect();
                Some((
                    200,
                    json!({"operations": list, "pagination": {"page": 1, "per_page": 100, "total": list.len()}}),
                ))
            }
            _ => Some((200, json!({"operation": shown(&kept[0])}))),
        }
    });
    let client = almost("apunto", &url, &state);
    assert_eq!(failed(&client, &keyed(operation(), "k")).outcome, Outcome::Unknown);
    // It was sent three hours ago, when the clock was a day ahead.
    state.edit("UPDATE creates SET sent_at = sent_at + 75600000");
    let found = did(&client, &keyed(operation(), "k"));
    assert_eq!((&found["replayed"], made.lock().unwrap().len()), (&json!(true), 1));
}

/// A client without the others' cached facts: a process shares them by the account's URL.
fn fresh(shop: &Shop, state: &StateFile, settings: Value) -> Client {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let mut account = shop.sandbox.account("fruno").unwrap();
    let url = account["base_url"].as_str().unwrap().to_owned();
    account["base_url"] = json!(format!("{url}/{}/..", NEXT.fetch_add(1, Ordering::Relaxed)));
    open(with(json!({"accounts": [account], "state": state.0}), settings))
}

const DAY_MS: i64 = 86_400_000;

#[test]
fn a_create_of_a_clock_that_was_days_off_is_found_once_the_clock_is_right() {
    let (shop, state) = (Shop::open(), StateFile::new());
    shop.control("POST", "clock", json!({"skew_ms": -2 * DAY_MS}));
    shop.fault(json!({"fault": "reset_after", "operation": "POST /v1/paquetes"}));
    let lost = failed(&fresh(&shop, &state, json!({"settle_ms": 0})), &keyed(order(), "k"));
    assert_eq!(lost.outcome, Outcome::Unknown, "{lost}");
    shop.control("POST", "clock", json!({"skew_ms": 0}));
    let found = did(&fresh(&shop, &state, json!({"settle_ms": 0})), &keyed(order(), "k"));
    assert_eq!((&found["replayed"], shop.count("POST /v1/paquetes")), (&json!(true), 1));
}

#[test]
fn a_clock_that_is_days_off_makes_no_request_old() {
    for skew in [-2 * DAY_MS, 2 * DAY_MS] {
        let (shop, state) = (Shop::open(), StateFile::new());
        shop.control("POST", "clock", json!({"skew_ms": skew}));
        shop.parcel();
        shop.fault(json!({"fault": "slow", "ms": 1500, "operation": "POST /v1/paquetes"}));
        let request = |timeout: u64| with(keyed(order(), "k"), json!({"timeout_ms": timeout}));
        let settings = json!({"settle_ms": 3000});
        assert_eq!(failed(&fresh(&shop, &state, settings.clone()), &request(800)).outcome, Outcome::Unknown);
        let found = did(&fresh(&shop, &state, settings), &request(9000));
        let made = shop.control("GET", "shipments", Value::Null)["shipments"].as_array().unwrap().len();
        assert_eq!((&found["replayed"], made), (&json!(true), 2), "{skew}");
    }
}
