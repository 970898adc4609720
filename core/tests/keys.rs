//! Idempotency keys work in every place: in memory, in the default place, in a file. One order, one key, one lost
//! reply and several calls make one shipment. And `keys`, `settle` and the log.

use crate::common;
use crate::common::{Shop, anywhere, checked, listen, with};
use flete::{Client, Code, Error, Outcome};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The test's own directory, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("flete-keys-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn is_empty(&self) -> bool {
        std::fs::read_dir(&self.0).unwrap().next().is_none()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A carrier's code, and the request that makes a shipment there.
const CARRIERS: [(&str, &str); 4] = [
    ("fruno", "POST /v1/paquetes"),
    ("apunto", "POST /operations"),
    ("mensajeros_urbanos", "POST /delivery/create"),
    ("almex", "POST /pickuprequest/generate"),
];

/// The request that makes a shipment.
fn creates(carrier: &str) -> &'static str {
    CARRIERS.iter().find(|(code, _)| *code == carrier).unwrap().1
}

impl Shop {
    fn new(carrier: &str) -> Self {
        Self::of(carrier, json!({}), json!({}))
    }

    fn account(&self) -> Value {
        with(self.sandbox.account(&self.carrier).unwrap(), json!({"id": "shop"}))
    }

    /// A client with these settings, and no other setting of where keys are kept.
    fn client(&self, settings: Value) -> Client {
        let config = with(json!({"accounts": [self.account()], "settle_ms": 0, "timeout_ms": 8000}), settings);
        Client::open(&config.to_string()).unwrap()
    }

    fn lose(&self) {
        self.fault(json!({"fault": "reset_after", "operation": creates(&self.carrier)}));
    }

    /// How many requests for a shipment came, and how many shipments were made.
    fn made(&self) -> (u64, usize) {
        (self.count(creates(&self.carrier)), self.shipments().len())
    }
}

fn order(key: Option<&str>) -> Value {
    with(anywhere(), json!({"account": "shop", "idempotency_key": key}))
}

fn failed(client: &Client, request: &Value) -> Error {
    match checked(client, "create", request.clone()) {
        Ok(reply) => panic!("{request} gave {reply}"),
        Err(error) => error,
    }
}

fn did(client: &Client, method: &str, request: Value) -> Value {
    checked(client, method, request.clone()).unwrap_or_else(|error| panic!("{method} {request}: {}", error.to_value()))
}

/// One order, one key, one lost reply and three calls, each by a new client, make one shipment.
fn story(carrier: &str, settings: &Value) {
    let shop = Shop::new(carrier);
    let client = || shop.client(settings.clone());
    let request = order(Some("order-77"));
    let finds = carrier != "almex";
    shop.lose();
    let lost = failed(&client(), &request);
    assert_eq!((lost.outcome, lost.retryable), (Outcome::Unknown, finds), "{carrier} {settings}: {lost}");
    let open = did(&client(), "keys", json!({"open": true}));
    let key = &open["keys"][0];
    assert_eq!((&key["idempotency_key"], &key["status"]), (&json!("order-77"), &json!("unknown")), "{carrier}: {open}");
    if !finds {
        for _ in 0..2 {
            let error = failed(&client(), &request);
            let known = (error.code, error.outcome, error.retryable);
            assert_eq!(known, (Code::Conflict, Outcome::Unknown, false), "{carrier}: {error}");
        }
        let id = &shop.control("GET", "shipments", Value::Null)["shipments"][0]["id"];
        let word = json!({"account": "shop", "idempotency_key": "order-77", "made": true, "id": id});
        did(&client(), "settle", word);
    }
    let found = did(&client(), "create", request.clone());
    let again = did(&client(), "create", request.clone());
    assert_eq!((&found["replayed"], &again["replayed"]), (&json!(true), &json!(true)), "{carrier} {settings}");
    assert_eq!(found["id"], again["id"]);
    assert_eq!(shop.made(), (1, 1), "{carrier} {settings}");
    let conflict = failed(&client(), &with(request, json!({"notes": "other"})));
    assert_eq!((conflict.code, shop.made()), (Code::Conflict, (1, 1)), "{carrier} {settings}");
    let keys = did(&client(), "keys", json!({"account": "shop"}));
    let key = &keys["keys"][0];
    assert_eq!((&key["status"], &key["shipment_id"]), (&json!("done"), &found["id"]), "{carrier}: {keys}");
    assert_eq!(did(&client(), "keys", json!({"open": true}))["keys"], json!([]));
}

#[test]
fn one_key_is_one_shipment_in_memory() {
    for (carrier, _) in CARRIERS {
        story(carrier, &json!({"state": "memory"}));
    }
}

#[test]
fn one_key_is_one_shipment_in_a_file() {
    for (carrier, _) in CARRIERS {
        let scratch = Scratch::new();
        story(carrier, &json!({"state": scratch.join("state.db")}));
    }
}

// ---- the default place, by the environment

const CHILD: &str = "FLETE_KEYS_TEST_CHILD";

/// Not a test of its own: a child process runs this in the environment that its parent set.
#[test]
fn the_child() {
    let Ok(role) = std::env::var(CHILD) else { return };
    match role.split_once(' ').unwrap_or((&role, "")) {
        ("story", carrier) => story(carrier, &json!({})),
        ("sandbox", _) => {
            let config = json!({"accounts": [{"carrier": "fruno", "environment": "sandbox"}]});
            let client = Client::open(&config.to_string()).unwrap();
            let request = with(order(Some("k")), json!({"account": "fruno"}));
            let ids = [(); 2].map(|()| did(&client, "create", request.clone())["id"].clone());
            assert_eq!(ids[0], ids[1]);
        }
        // Everything that needs no key, and so makes no file.
        ("reads", _) => {
            let shop = Shop::new("mensajeros_urbanos");
            let client = shop.client(json!({}));
            let made = did(&client, "create", order(None));
            did(&client, "track", json!({"id": made["id"]}));
            assert_eq!(did(&client, "keys", json!({}))["keys"], json!([]));
            let word = json!({"idempotency_key": "nobody", "made": false});
            assert_eq!(checked(&client, "settle", word).unwrap_err().code, Code::NotFound);
        }
        ("refused", words) => {
            for (carrier, _) in CARRIERS {
                let shop = Shop::new(carrier);
                let client = shop.client(json!({}));
                let error = failed(&client, &order(Some("k")));
                let known = (error.code, error.outcome, error.retryable, error.fields[0].field.as_str());
                assert_eq!(known, (Code::InvalidConfig, Outcome::None, false, "state"), "{carrier}: {error}");
                assert!(error.message.contains(words) && error.message.contains("set `state`"), "{error}");
                assert_eq!(shop.total(), 0, "{carrier}");
                did(&client, "create", order(None));
            }
        }
        ("unopened", words) => {
            let config = json!({"accounts": [Shop::new("fruno").account()]}).to_string();
            let error = Client::open(&config).unwrap_err();
            assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidConfig, "state"));
            assert!(error.message.contains(words) && error.message.contains("FLETE_STATE"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

fn child(role: &str, environment: &[(&str, &str)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["keys::the_child", "--exact", "--nocapture"]);
    for name in ["HOME", "XDG_STATE_HOME", "FLETE_STATE"] {
        command.env_remove(name);
    }
    let done = command.env(CHILD, role).envs(environment.iter().copied()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("1 passed"), "{role} {environment:?}: {said}");
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

#[test]
fn one_key_is_one_shipment_in_the_default_place() {
    for (carrier, _) in CARRIERS {
        let scratch = Scratch::new();
        let (xdg, home) = (scratch.join("xdg"), scratch.join("home"));
        child(&format!("story {carrier}"), &[("XDG_STATE_HOME", xdg.to_str().unwrap())]);
        assert_eq!((mode(&xdg.join("flete")), mode(&xdg.join("flete/state.db"))), (0o700, 0o600), "{carrier}");
        child(&format!("story {carrier}"), &[("XDG_STATE_HOME", "relative"), ("HOME", home.to_str().unwrap())]);
        assert_eq!(mode(&home.join(".local/state/flete/state.db")), 0o600, "{carrier}");
    }
}

#[test]
fn the_environment_says_where_keys_are_kept() {
    let scratch = Scratch::new();
    let (file, xdg) = (scratch.join("own.db"), scratch.join("xdg"));
    let xdg_too = ("XDG_STATE_HOME", xdg.to_str().unwrap());
    child("story fruno", &[("FLETE_STATE", "memory"), xdg_too]);
    assert!(scratch.is_empty());
    child("story fruno", &[("FLETE_STATE", file.to_str().unwrap()), xdg_too]);
    assert!(file.is_file() && !xdg.exists());
    child("story fruno", &[("FLETE_STATE", " "), xdg_too]);
    assert!(xdg.join("flete/state.db").is_file(), "an empty variable says nothing");
    child("unopened PostgreSQL", &[("FLETE_STATE", "postgres://u:secret@db/flete"), xdg_too]);
    child("unopened did you mean `memory`", &[("FLETE_STATE", ":memory:"), xdg_too]);
}

#[test]
fn nothing_is_made_without_need() {
    let scratch = Scratch::new();
    let home = [("HOME", scratch.0.to_str().unwrap())];
    child("reads", &home);
    child("sandbox", &home);
    assert!(scratch.is_empty());
}

#[test]
fn a_key_without_a_place_is_refused_before_anything_is_sent() {
    let scratch = Scratch::new();
    let file = scratch.join("file");
    std::fs::write(&file, "").unwrap();
    let place = file.join("flete/state.db");
    child(&format!("refused {}", place.display()), &[("XDG_STATE_HOME", file.to_str().unwrap())]);
    let nowhere = scratch.join("nowhere/state.db");
    child(&format!("refused {}", nowhere.display()), &[("FLETE_STATE", nowhere.to_str().unwrap())]);
    child(&format!("refused {} is a directory", scratch.0.display()), &[("FLETE_STATE", scratch.0.to_str().unwrap())]);
}

#[test]
fn a_place_that_is_busy_may_be_tried_again() {
    for (carrier, _) in CARRIERS {
        let (shop, scratch) = (Shop::new(carrier), Scratch::new());
        let file = scratch.join("state.db");
        let client = shop.client(json!({"state": file}));
        did(&client, "create", order(Some("before")));
        let before = shop.total();
        let other = rusqlite::Connection::open(&file).unwrap();
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        common::soon(Duration::from_millis(1500), || {
            let began = Instant::now();
            let error = failed(&client, &with(order(Some("k")), json!({"timeout_ms": 700})));
            let known = (error.code, error.outcome, error.retryable, error.fields[0].field.as_str());
            assert_eq!(known, (Code::StateUnavailable, Outcome::None, true, "state"), "{carrier}: {error}");
            assert!(error.message.contains(file.to_str().unwrap()), "{error}");
            began.elapsed()
        });
        assert_eq!(shop.total(), before, "{carrier}");
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(did(&client, "create", order(Some("k")))["replayed"], false);
    }
}

// ---- whose keys they are

#[test]
fn in_memory_a_key_belongs_to_its_account_and_carrier_and_host() {
    let (one, other) = (Shop::new("fruno"), Shop::new("fruno"));
    let memory = || json!({"state": "memory"});
    let first = did(&one.client(memory()), "create", order(Some("k")));
    let elsewhere = did(&other.client(memory()), "create", order(Some("k")));
    assert_eq!((&first["replayed"], &elsewhere["replayed"]), (&json!(false), &json!(false)));
    assert_eq!((one.made().1, other.made().1), (1, 1));
    assert_eq!(did(&other.client(memory()), "keys", json!({}))["keys"].as_array().unwrap().len(), 1);
}

#[test]
fn an_account_may_keep_its_keys_elsewhere() {
    let (shop, scratch) = (Shop::new("fruno"), Scratch::new());
    let (of_all, own) = (scratch.join("all.db"), scratch.join("own.db"));
    let accounts = json!([
        shop.account(),
        with(shop.account(), json!({"id": "second", "state": own})),
        with(shop.account(), json!({"id": "third", "state": "memory"})),
    ]);
    let client = Client::open(&json!({"accounts": accounts, "state": of_all}).to_string()).unwrap();
    did(&client, "create", with(order(Some("k")), json!({"account": "third"})));
    did(&client, "create", with(order(Some("k")), json!({"account": "second"})));
    assert!(own.is_file());
    assert!(!rows(&own).contains(&"third k".to_owned()));
    did(&client, "create", order(Some("k")));
    assert_eq!((rows(&of_all), rows(&own)), (vec!["shop k".to_owned()], vec!["second k".to_owned()]));
    let keys = did(&client, "keys", json!({}));
    let of: Vec<&str> = keys["keys"].as_array().unwrap().iter().map(|key| key["account"].as_str().unwrap()).collect();
    assert_eq!(of, ["second", "shop", "third"]);
    let wrong = json!({"accounts": [with(shop.account(), json!({"state": "postgresql://u:secret@h/db"}))]});
    let error = Client::open(&wrong.to_string()).unwrap_err();
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidConfig, "accounts[0].state"));
    assert!(!error.to_value().to_string().contains("secret"));
}

fn rows(file: &Path) -> Vec<String> {
    let file = rusqlite::Connection::open(file).unwrap();
    let mut query = file.prepare("SELECT account || ' ' || key FROM creates ORDER BY 1").unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn callers_with_one_key_wait_for_the_first_ones_answer_in_memory() {
    let shop = Shop::new("fruno");
    shop.control("POST", "faults", json!({"fault": "slow", "ms": 600, "operation": creates(&shop.carrier)}));
    let replies: Vec<Value> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..6)
            .map(|_| {
                let client = shop.client(json!({"state": "memory"}));
                scope.spawn(move || client.call("create", order(Some("k"))).unwrap())
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert_eq!(replies.iter().filter(|reply| reply["replayed"] == false).count(), 1);
    assert_eq!(shop.made(), (1, 1));
}

#[test]
fn a_refused_key_is_free_again_in_memory() {
    let shop = Shop::new("fruno");
    let client = shop.client(json!({"state": "memory"}));
    let wrong = with(order(Some("k")), json!({"options": {"fruno": {"peso_neto": -1}}}));
    assert_eq!(failed(&client, &wrong).outcome, Outcome::None);
    assert_eq!(did(&client, "keys", json!({}))["keys"], json!([]));
    assert_eq!(did(&client, "create", order(Some("k")))["replayed"], false);
}

#[test]
fn a_lost_request_may_still_arrive_and_is_waited_for_in_memory() {
    let shop = Shop::new("fruno");
    let client = shop.client(json!({"state": "memory", "settle_ms": 60_000}));
    shop.control("POST", "faults", json!({"fault": "reset_before", "operation": creates(&shop.carrier)}));
    assert_eq!(failed(&client, &order(Some("k"))).outcome, Outcome::Unknown);
    let error = failed(&client, &with(order(Some("k")), json!({"timeout_ms": 1500})));
    assert_eq!((error.outcome, error.retryable), (Outcome::Unknown, true), "{error}");
    assert!(error.retry_after_ms.is_some_and(|wait| wait > 50_000));
    assert_eq!(shop.made(), (1, 0));
}

// ---- keys

#[test]
fn keys_are_paged_over_all_states_and_none_is_lost_or_repeated_while_they_come_and_go() {
    let (shop, scratch) = (Shop::new("fruno"), Scratch::new());
    let accounts: Vec<Value> = [("a", "memory".into()), ("b", scratch.join("b.db")), ("c", scratch.join("c.db"))]
        .into_iter()
        .map(|(id, state)| with(shop.account(), json!({"id": id, "state": state})))
        .collect();
    let client = Client::open(&json!({"accounts": accounts}).to_string()).unwrap();
    let make = |account: &str, key: &str| {
        did(&client, "create", with(order(Some(key)), json!({"account": account})));
    };
    for account in ["c", "a"] {
        for key in ["3", "1", "2"] {
            make(account, key);
        }
    }
    let mut seen = Vec::new();
    let mut request = json!({"limit": 2});
    for page in 0.. {
        let reply = did(&client, "keys", request);
        let keys = reply["keys"].as_array().unwrap();
        assert!(keys.len() <= 2, "the cursor keeps the limit");
        seen.extend(
            keys.iter()
                .map(|key| format!("{}{}", key["account"].as_str().unwrap(), key["idempotency_key"].as_str().unwrap())),
        );
        // Before and after where the page ended.
        make("a", &format!("0{page}"));
        if page == 0 {
            make("c", "4");
        }
        match &reply["next_cursor"] {
            Value::Null => break,
            next => request = json!({"cursor": next}),
        }
    }
    assert_eq!(seen, ["a1", "a2", "a3", "c1", "c2", "c3", "c4"]);
    assert!(!scratch.join("b.db").exists(), "a list makes no file");

    let first = did(&client, "keys", json!({"account": "c", "limit": 1}));
    let next = did(&client, "keys", json!({"cursor": first["next_cursor"], "limit": 1000}));
    assert!(next["keys"].as_array().unwrap().iter().all(|key| key["account"] == "c"), "the cursor keeps the account");
    let whole = did(&client, "keys", json!({"account": "c", "limit": 4}));
    assert_eq!((whole["keys"].as_array().unwrap().len(), &whole["next_cursor"]), (4, &Value::Null));
    for (request, field) in [
        (json!({"cursor": "nonsense"}), "cursor"),
        (json!({"cursor": first["next_cursor"], "account": "a"}), "cursor"),
        (json!({"cursor": first["next_cursor"], "open": true}), "cursor"),
        (json!({"account": "nobody"}), "account"),
        (json!({"limit": 0}), "limit"),
    ] {
        let error = checked(&client, "keys", request.clone()).unwrap_err();
        assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidRequest, field), "{request}");
    }
}

#[test]
fn a_key_shows_when_it_was_used_and_how_often() {
    let shop = Shop::new("almex");
    let client = shop.client(json!({"state": "memory"}));
    shop.lose();
    failed(&client, &order(Some("k")));
    failed(&client, &order(Some("k")));
    let keys = did(&client, "keys", json!({"open": true}));
    let key = &keys["keys"][0];
    assert_eq!((&key["attempts"], &key["shipment_id"]), (&json!(2), &Value::Null));
    let instant = |name: &str| key[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(instant("started_at") <= instant("sent_at"), "{key}");
    assert!(instant("sent_at").duration_since(jiff::Timestamp::now()).abs().as_secs() < 60, "{key}");
}

#[test]
fn keys_of_an_older_state_file_replay() {
    let (shop, scratch) = (Shop::new("fruno"), Scratch::new());
    let file = scratch.join("state.db");
    let made = did(&shop.client(json!({"state": file})), "create", order(Some("k")));
    // A file as the first version made it.
    let version: i64 =
        rusqlite::Connection::open(&file).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 1);
    let again = did(&shop.client(json!({"state": file})), "create", order(Some("k")));
    assert_eq!((&again["id"], &again["replayed"]), (&made["id"], &json!(true)));
    // Its replies didn't say their environment.
    let changed = rusqlite::Connection::open(&file)
        .unwrap()
        .execute("UPDATE creates SET reply = json_remove(reply, '$.environment')", [])
        .unwrap();
    assert_eq!(changed, 1);
    assert_eq!(did(&shop.client(json!({"state": file})), "create", order(Some("k"))), again);
}

#[test]
fn a_settled_shipment_says_its_environment() {
    let shop = Shop::new("almex");
    let client = shop.client(json!({"state": "memory"}));
    shop.fault(json!({"fault": "reset_after", "operation": "POST /pickuprequest/generate"}));
    let request = with(order(Some("k")), json!({"account": "shop"}));
    assert_eq!(failed(&client, &request).outcome, Outcome::Unknown);
    let settle = json!({"account": "shop", "idempotency_key": "k", "made": true, "id": "07053846188"});
    did(&client, "settle", settle);
    let kept = did(&client, "create", request);
    assert_eq!((&kept["id"], &kept["environment"]), (&json!("07053846188"), &json!("production")));
}

// ---- the log

/// The lines of an account, at this level.
fn lines(account: &str, level: log::Level) -> Vec<String> {
    let lines = common::logged();
    let of = |line: &&(log::Level, String)| line.0 == level && line.1.contains(account);
    lines.iter().filter(of).map(|(_, line)| line.clone()).collect()
}

#[test]
fn each_create_is_one_line_of_the_log_and_no_key_is_in_it() {
    listen();
    let shop = Shop::new("fruno");
    let account = with(shop.account(), json!({"id": "logged"}));
    let config = json!({"accounts": [account], "state": "memory", "settle_ms": 0, "timeout_ms": 5000});
    let client = Client::open(&config.to_string()).unwrap();
    let request = |key: Option<&str>| with(order(key), json!({"account": "logged"}));
    let expect = |count: usize, outcome: &str, id: &str| {
        let lines = lines("account logged", log::Level::Info);
        assert_eq!(lines.len(), count, "{lines:?}");
        let line = lines.last().unwrap();
        assert!(line.contains(&format!("outcome {outcome}, id {id}")) && !line.contains("secret-key"), "{line}");
        line.clone()
    };
    let made = did(&client, "create", request(None));
    assert!(expect(1, "done", made["id"].as_str().unwrap()).contains("key -"));
    let made = did(&client, "create", request(Some("secret-key")));
    let line = expect(2, "done", made["id"].as_str().unwrap());
    did(&client, "create", request(Some("secret-key")));
    let again = expect(3, "replayed", made["id"].as_str().unwrap());
    let mark = |line: &str| line.split("key ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    assert!(mark(&line).starts_with("fl-") && mark(&line) == mark(&again), "{line} {again}");
    let refused = client.call("create", with(request(None), json!({"options": {"fruno": {"peso_neto": -1}}})));
    refused.unwrap_err();
    expect(4, "none", "-");
    shop.lose();
    client.call("create", request(None)).unwrap_err();
    expect(5, "unknown", "-");
    // A call that is dropped has a line, too.
    shop.control("POST", "faults", json!({"fault": "slow", "ms": 3000, "operation": creates(&shop.carrier)}));
    std::thread::scope(|scope| {
        let call = scope.spawn(|| client.call("create", request(Some("secret-key-2"))));
        std::thread::sleep(Duration::from_millis(800));
        client.interrupt();
        assert_eq!(call.join().unwrap().unwrap_err().outcome, Outcome::Unknown);
    });
    expect(6, "unknown", "-");
}

#[test]
fn keys_in_memory_outside_the_sandbox_are_warned_of_once() {
    listen();
    let shop = Shop::new("fruno");
    let of = |id: &str, environment: &str, state: Value| {
        let account = with(shop.account(), json!({"id": id, "environment": environment}));
        Client::open(&json!({"accounts": [account], "state": state}).to_string()).unwrap()
    };
    let make = |client: &Client, id: &str, key: Option<&str>| {
        did(client, "create", with(order(key), json!({"account": id})));
    };
    let scratch = Scratch::new();
    make(&of("in-file", "production", json!(scratch.join("state.db"))), "in-file", Some("k"));
    make(&of("in-sandbox", "sandbox", json!("memory")), "in-sandbox", Some("k"));
    make(&of("no-key", "production", json!("memory")), "no-key", None);
    for id in ["in-file", "no-key"] {
        assert_eq!(lines(id, log::Level::Warn), [""; 0], "{id}");
    }
    // Another warning says that nothing of the sandbox is real; this one would be noise there.
    let in_sandbox = lines("in-sandbox", log::Level::Warn);
    assert!(in_sandbox.iter().all(|line| !line.contains("in memory")), "{in_sandbox:?}");
    for key in ["k", "k", "l"] {
        make(&of("warned", "production", json!("memory")), "warned", Some(key));
    }
    let warned = lines("warned", log::Level::Warn);
    assert!(warned.len() == 1 && warned[0].contains("set `state`"), "{warned:?}");
}

#[test]
fn each_sandbox_account_is_warned_of_once() {
    listen();
    let account = |id: &str| json!({"id": id, "carrier": "fruno", "environment": "sandbox"});
    // The two have equal credentials, and so share what a process keeps of them.
    let open = || {
        let accounts = [account("simulated-a"), account("simulated-b")];
        Client::open(&json!({"accounts": accounts, "state": "memory"}).to_string()).unwrap()
    };
    let ask = |client: &Client| client.call("quote", anywhere()).unwrap();
    let client = open();
    ask(&client);
    ask(&client);
    ask(&open());
    for id in ["simulated-a", "simulated-b"] {
        let warned = lines(id, log::Level::Warn);
        assert!(warned.len() == 1 && warned[0].contains("sandbox"), "{id}: {warned:?}");
    }
    let shop = Shop::new("fruno");
    let account = with(shop.account(), json!({"id": "real", "environment": "test"}));
    let client = Client::open(&json!({"accounts": [account]}).to_string()).unwrap();
    ask(&client);
    assert_eq!(lines("real", log::Level::Warn), [""; 0]);
}

// ---- describe

#[test]
fn describe_needs_no_client() {
    let with_client = Shop::new("fruno").client(json!({"state": "memory"})).call("describe", json!({})).unwrap();
    assert_eq!(flete::describe(json!({})).unwrap(), with_client);
    let text = flete::describe_text(r#"{"carrier": "almex"}"#).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["carriers"].as_array().unwrap().len(), 1);
    assert_eq!(flete::describe(json!({"carrier": "almx"})).unwrap_err().fields[0].field, "carrier");
    assert_eq!(flete::describe_text("{").unwrap_err().code, Code::InvalidRequest);
}
