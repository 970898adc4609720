//! What the tests over HTTP share: a simulator of their own, a client of it, and `checked`, which holds every
//! request and reply against the schemas of `describe`. Not for tests of pure functions.
#![allow(dead_code, reason = "each test program uses its own part of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "what tests share may fail loudly, as tests may")]

pub mod scripted;

use flete::sandbox::Sandbox;
use flete::{Client, Code, Error};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::time::Duration;

/// Whatever was logged since [`listen`], by any test of this program.
static LOGGED: Mutex<Vec<(log::Level, String)>> = Mutex::new(Vec::new());

/// Keeps what is logged.
pub fn listen() {
    struct Keeps;
    impl log::Log for Keeps {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }
        fn log(&self, record: &log::Record<'_>) {
            logged().push((record.level(), format!("{} {}", record.target(), record.args())));
        }
        fn flush(&self) {}
    }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Keeps).expect("the only logger");
        log::set_max_level(log::LevelFilter::Trace);
    });
}

/// The lines so far. A test that failed doesn't take them from the others.
pub fn logged() -> MutexGuard<'static, Vec<(log::Level, String)>> {
    LOGGED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The validators of one description: each method's request and reply, and the error's.
struct Schemas {
    methods: HashMap<String, (Validator, Validator)>,
    error: Validator,
}

/// A validator that also reads `format`, and only takes schemas that are valid themselves.
pub fn validator(schema: &Value) -> Validator {
    assert!(jsonschema::draft202012::meta::is_valid(schema), "not a JSON Schema: {schema}");
    jsonschema::draft202012::options().should_validate_formats(true).build(schema).expect("a schema")
}

fn schemas() -> &'static Schemas {
    static SCHEMAS: OnceLock<Schemas> = OnceLock::new();
    SCHEMAS.get_or_init(|| {
        let described = client(json!({"carrier": "fruno", "environment": "sandbox"})).call("describe", json!({}));
        let described = described.expect("describe");
        let methods = described["methods"].as_object().expect("methods").iter();
        Schemas {
            methods: methods
                .map(|(name, of)| (name.clone(), (validator(&of["request"]), validator(&of["reply"]))))
                .collect(),
            error: validator(&described["error"]),
        }
    })
}

fn complaints(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// A call whose request and reply are held against `describe`.
pub fn checked(client: &Client, method: &str, request: Value) -> Result<Value, Error> {
    let (of_request, of_reply) = &schemas().methods[method];
    let wrong = complaints(of_request, &request);
    let result = client.call(method, request.clone());
    match &result {
        Ok(reply) => {
            assert!(wrong.is_empty(), "{method} took what its schema refuses: {wrong:?} in {request}");
            let wrong = complaints(of_reply, reply);
            assert!(wrong.is_empty(), "{method} gave what its schema refuses: {wrong:?} in {reply}");
        }
        Err(error) => {
            let fits = wrong.is_empty() || error.code == Code::InvalidRequest;
            assert!(fits, "{method} sent what its schema refuses: {wrong:?} in {request}");
            let value = error.to_value();
            let wrong = complaints(&schemas().error, &value);
            assert!(wrong.is_empty(), "an error that its schema refuses: {wrong:?} in {value}");
        }
    }
    result
}

/// A client of one account.
pub fn client(account: Value) -> Client {
    open(json!({"accounts": [account]}))
}

/// A client of a whole configuration. Its keys are in memory unless it says otherwise: a test leaves nothing in the
/// user's own place.
pub fn open(mut config: Value) -> Client {
    if config["state"].is_null() {
        config["state"] = json!("memory");
    }
    Client::open(&config.to_string()).expect("a configuration")
}

/// A state file of a test's own, gone at its end.
pub struct StateFile(pub PathBuf);

impl StateFile {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("flete-test-{}-{}.db", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    /// Rewrites it behind the library's back.
    pub fn edit(&self, sql: &str) {
        let file = rusqlite::Connection::open(&self.0).expect("a state file");
        assert_eq!(file.execute(sql, []).expect("SQL"), 1, "{sql}");
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}

/// A shop with an account at one carrier's simulator, which is its own.
pub struct Shop {
    /// Never dropped: a port that came back would meet what the process remembers of it.
    pub sandbox: &'static Sandbox,
    pub carrier: String,
    pub client: Client,
    /// What no answer may hold.
    secrets: Vec<String>,
    /// Where its keys are, unless they are in memory.
    pub state: Option<StateFile>,
}

impl Shop {
    /// With Fruno.
    pub fn open() -> Self {
        Self::with(json!({}))
    }

    /// With Fruno, and more settings for the account.
    pub fn with(settings: Value) -> Self {
        Self::of("fruno", settings, json!({}))
    }

    /// With any carrier: more settings for its account, and for the whole configuration.
    pub fn of(carrier: &str, settings: Value, config: Value) -> Self {
        let sandbox: &'static Sandbox = Box::leak(Box::new(Sandbox::start().expect("a sandbox")));
        let account = account(sandbox, carrier, settings);
        let secrets = secrets(carrier, &account);
        let client = open(with(json!({"accounts": [account]}), config));
        Self { sandbox, carrier: carrier.to_owned(), client, secrets, state: None }
    }

    /// As [`Shop::of`], its keys in a file of its own.
    pub fn keeping(carrier: &str, settings: Value, config: Value) -> Self {
        let state = StateFile::new();
        let shop = Self::of(carrier, settings, with(config, json!({"state": state.0})));
        Self { state: Some(state), ..shop }
    }

    /// Another client of the same account, with other settings: it shares nothing with the first.
    pub fn another(&self, settings: Value) -> Client {
        client(account(self.sandbox, &self.carrier, settings))
    }

    /// A call; no secret is in its answer, nor in what is logged meanwhile.
    pub fn ask(&self, method: &str, request: Value) -> Result<Value, Error> {
        let before = logged().len();
        let answer = checked(&self.client, method, request);
        match &answer {
            // The carrier's own reply may be a token.
            Ok(_) if method == "call" => {}
            Ok(reply) => self.no_secret(&reply.to_string()),
            Err(error) => self.no_secret(&format!("{error:?} {}", error.to_value())),
        }
        logged()[before..].iter().for_each(|(_, line)| self.no_secret(line));
        answer
    }

    /// The account's secrets, and the beginning of every JWT.
    pub fn no_secret(&self, text: &str) {
        for secret in self.secrets.iter().map(String::as_str).chain(["eyJhbGciOi"]) {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }

    pub fn did(&self, method: &str, request: Value) -> Value {
        self.ask(method, request.clone()).unwrap_or_else(|error| panic!("{method} {request}: {}", error.to_value()))
    }

    pub fn failed(&self, method: &str, request: Value) -> Error {
        match self.ask(method, request.clone()) {
            Ok(reply) => panic!("{method} {request} gave {reply}"),
            Err(error) => error,
        }
    }

    pub fn native(&self, operation: &str, params: Value) -> Value {
        self.did("call", json!({"operation": operation, "params": params}))
    }

    pub fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.sandbox.control(&self.carrier, method, path, &body);
        assert!(answer.get("error").is_none(), "{method} {path} {body}: {answer}");
        answer
    }

    pub fn set(&self, settings: Value) {
        self.control("POST", "settings", settings);
    }

    pub fn fault(&self, fault: Value) {
        self.control("POST", "faults", fault);
    }

    pub fn advance(&self, id: &str, to: &str) {
        self.control("POST", "advance", json!({"id": id, "to": to}));
    }

    /// How often an operation was asked for.
    pub fn count(&self, operation: &str) -> u64 {
        self.control("GET", "requests", Value::Null)["operations"][operation].as_u64().unwrap_or(0)
    }

    /// Every shipment that the simulated carrier has.
    pub fn shipments(&self) -> Vec<Value> {
        self.control("GET", "shipments", Value::Null)["shipments"].as_array().expect("a list").clone()
    }

    pub fn total(&self) -> u64 {
        self.control("GET", "requests", Value::Null)["total"].as_u64().expect("a number")
    }

    pub fn connections(&self) -> u64 {
        self.control("GET", "requests", Value::Null)["connections"].as_u64().expect("a number")
    }

    /// The last requests of one operation, oldest first, with their query decoded and their body read.
    pub fn requests(&self, operation: &str) -> Vec<Seen> {
        let report = self.control("GET", "requests", Value::Null);
        let recent = report["recent"].as_array().expect("a list");
        recent.iter().filter(|request| request["operation"] == operation).map(Seen::of).collect()
    }

    /// At Apunto: a quote request with one published price.
    pub fn quote_request(&self) -> Value {
        let request = json!({"list_id": 62, "origin": "Toluca", "destination": "Puebla", "contact_code": "ACME",
            "status": "requested", "operation_kind": "domestic", "operation_mode": "land"});
        let id = self.native("quote_requests.create", request)["quote_request"]["id"].clone();
        let price = json!({"quote_request_id": id, "currency_id": 31, "service_name": "Flete terrestre",
            "quantity": 1, "unit_price": "1850.00", "total_price": "1850.00"});
        self.native("quote_requests.pricings.create", price);
        id
    }

    /// An order that is made, by its waybill number.
    pub fn parcel(&self) -> String {
        self.did("create", order())["id"].as_str().expect("an id").to_owned()
    }
}

/// A request as the carrier saw it.
#[derive(Debug)]
pub struct Seen {
    pub query: Map<String, Value>,
    pub body: Value,
    pub time: String,
    pub status: u64,
}

impl Seen {
    fn of(request: &Value) -> Self {
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let query = request["query"].as_str().unwrap_or_default();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Self {
            query: pairs.map(|(name, value)| (decode(name), json!(decode(value)))).collect(),
            body: serde_json::from_str(request["body"].as_str().unwrap_or_default()).unwrap_or_default(),
            time: request["headers"]["x-fr-hora"].as_str().unwrap_or_default().to_owned(),
            status: request["status"].as_u64().unwrap_or(0),
        }
    }
}

/// The simulator's account with these settings; null takes one away.
fn account(sandbox: &Sandbox, carrier: &str, settings: Value) -> Value {
    let usual = match settings.get("api").and_then(Value::as_str) {
        Some(api) => sandbox.account_of(carrier, api),
        None => sandbox.account(carrier),
    };
    let mut account = with(usual.expect("a carrier"), settings);
    account.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    account
}

/// Every text of the account that `describe` calls a secret.
fn secrets(carrier: &str, account: &Value) -> Vec<String> {
    let described = client(account.clone()).call("describe", json!({"carrier": carrier})).expect("describe");
    let settings = described["carriers"][0]["settings"].as_array().expect("settings").clone();
    let secret = settings.iter().filter(|setting| setting["secret"] == true);
    let mut texts = Vec::new();
    for setting in secret {
        match &account[setting["name"].as_str().expect("a name")] {
            Value::String(text) => texts.push(text.clone()),
            Value::Object(keys) => texts.extend(keys.values().filter_map(Value::as_str).map(str::to_owned)),
            _ => {}
        }
    }
    texts
}

/// Two places and a parcel, from which every carrier reads what it needs.
pub fn ends() -> Value {
    let place = |name: &str, street: &str, district: &str, postal_code: &str| {
        json!({
            "name": name, "street": street, "number": "12", "neighborhood": "Centro", "city": "Bogotá", "state": "MX",
            "country": "MX", "district_code": district, "postal_code": postal_code, "phone": "5512345678",
            "email": "tienda@example.com",
        })
    };
    json!({
        "origin": place("Tienda ABC", "Calle 1", "11501", "52227"),
        "destination": place("Ana Ruiz", "Calle 9", "11605", "75110"),
        "parcels": [{
            "weight": {"value": "1.5", "unit": "kg"}, "description": "Camisetas",
            "dimensions": {"length": 30, "width": 20, "height": 15, "unit": "cm"},
        }],
    })
}

/// A shipment that every carrier makes. Only Apunto needs options.
pub fn anywhere() -> Value {
    with(ends(), json!({"options": {"apunto": {"contact_code": "ACME", "kind": "domestic", "mode": "land"}}}))
}

pub fn store() -> Value {
    json!({
        "company": "Tienda ABC",
        "street": "de la esquina sur oeste del supermercado ABC, 125 Sur",
        "district_code": "11501",
        "phone": "+506 8896-1182",
        "country": "CR",
    })
}

pub fn consignee() -> Value {
    json!({
        "name": "Joshua Blanco",
        "street": "de la escuela Gulliver, 25 Sur. Residencial Lilliput.",
        "district_code": "11502",
        "phone": "11223344",
        "country": "CR",
    })
}

/// The parcel of the API reference's samples.
pub fn parcel() -> Value {
    json!({
        "weight": {"value": 389, "unit": "g"},
        "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"},
    })
}

pub fn order() -> Value {
    json!({"origin": store(), "destination": consignee(), "parcels": [parcel()]})
}

/// An object with more, or other, fields.
pub fn with(mut object: Value, more: Value) -> Value {
    for (name, value) in more.as_object().expect("an object") {
        object[name] = value.clone();
    }
    object
}

/// The limit of a field of a carrier's operation, as `describe` has it.
pub fn limit(carrier: &str, operation: &str, field: &str) -> usize {
    let described = flete::describe_text(&json!({"carrier": carrier}).to_string()).unwrap();
    let described: Value = serde_json::from_str(&described).unwrap();
    let named = |list: &Value, name: &str| -> Value {
        list.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}")).clone()
    };
    let row = named(&described["carriers"][0]["operations"], operation);
    let most = named(&row["parameters"], field)["max"].as_u64().unwrap_or_else(|| panic!("{field} has no limit"));
    usize::try_from(most).unwrap()
}

/// Runs `work` until it takes less than `limit`, at most five times. On a busy machine some runs are late, but not all.
pub fn soon(limit: Duration, mut work: impl FnMut() -> Duration) {
    let mut late = Vec::new();
    while late.len() < 5 {
        match work() {
            took if took < limit => return,
            took => late.push(took),
        }
    }
    panic!("not once within {limit:?}: {late:?}");
}
