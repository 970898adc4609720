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
use std::sync::OnceLock;

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

/// A shop with an account at Fruno's simulator, which is its own.
pub struct Shop {
    /// Never dropped: a port that came back would meet what the process remembers of it.
    pub sandbox: &'static Sandbox,
    pub client: Client,
}

impl Shop {
    pub fn open() -> Self {
        Self::with(json!({}))
    }

    /// With more settings for the account.
    pub fn with(settings: Value) -> Self {
        let sandbox: &'static Sandbox = Box::leak(Box::new(Sandbox::start().expect("a sandbox")));
        let client = client(account(sandbox, settings));
        Self { sandbox, client }
    }

    /// Another client of the same account, with other settings: it shares nothing with the first.
    pub fn another(&self, settings: Value) -> Client {
        client(account(self.sandbox, settings))
    }

    pub fn ask(&self, method: &str, request: Value) -> Result<Value, Error> {
        checked(&self.client, method, request)
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
        let answer = self.sandbox.control("fruno", method, path, &body);
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

fn account(sandbox: &Sandbox, settings: Value) -> Value {
    let mut account = sandbox.account("fruno").expect("fruno");
    for (name, value) in settings.as_object().expect("settings") {
        account[name] = value.clone();
    }
    account
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

/// The parcel of the document's samples.
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
