//! What a Rust program has besides flete must stay as it is without flete. Every expected value here is what the same
//! program gets when `flete` is removed from its dependencies.
#![cfg(test)]

use flete::{Client, Code};
use serde::Deserialize;
use serde_json::{Value, json};

/// With serde_json's feature `arbitrary_precision`, a number inside a tagged enum can't be read as `f64`.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "kind")]
enum Event {
    Weighed { kilograms: f64 },
    Counted { parcels: u32, share: Option<f64> },
}

#[test]
fn numbers_in_a_tagged_enum_are_read() {
    for (text, event) in [
        (r#"{"kind": "Weighed", "kilograms": 1.5}"#, Event::Weighed { kilograms: 1.5 }),
        (r#"{"kilograms": 2, "kind": "Weighed"}"#, Event::Weighed { kilograms: 2.0 }),
        (r#"{"kind": "Counted", "parcels": 3, "share": 0.25}"#, Event::Counted { parcels: 3, share: Some(0.25) }),
        (r#"{"kind": "Counted", "parcels": 3}"#, Event::Counted { parcels: 3, share: None }),
    ] {
        assert_eq!(serde_json::from_str::<Event>(text).map_err(|error| error.to_string()), Ok(event), "{text}");
    }
}

/// With `preserve_order`, the keys would stay in the order in which they were written.
#[test]
fn keys_are_in_the_order_of_their_bytes() {
    let read: Value = serde_json::from_str(r#"{"b": 1, "a": {"d": 2, "c": 3}}"#).unwrap();
    assert_eq!(read.to_string(), r#"{"a":{"c":3,"d":2},"b":1}"#);
    assert_eq!(json!({"z": 1, "y": 2}).to_string(), r#"{"y":2,"z":1}"#);
}

/// With `arbitrary_precision`, a number keeps its text: `1.10` would be written as it was read, and `1e400` be taken.
#[test]
fn numbers_are_64_bits() {
    for (text, written) in [
        ("1.10", "1.1"),
        ("1e2", "100.0"),
        ("0.1", "0.1"),
        ("-0", "-0.0"),
        ("18446744073709551615", "18446744073709551615"),
        ("123456789012345678901234567890", "1.2345678901234568e+29"),
    ] {
        assert_eq!(serde_json::from_str::<Value>(text).unwrap().to_string(), written, "{text}");
    }
    assert!(serde_json::from_str::<Value>("1e400").is_err());
    assert_eq!(serde_json::from_str::<Value>("1.50").unwrap(), json!(1.5));
    assert_eq!(json!(1.0).as_f64(), Some(1.0));
    let number: serde_json::Number = serde_json::from_str("12345678901234567890.5").unwrap();
    assert!(number.is_f64());
}

/// With `float_roundtrip` or `unbounded_depth` the same texts would be read in another way.
#[test]
fn nesting_has_serde_jsons_own_limit() {
    let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(serde_json::from_str::<Value>(&deep(127)).is_ok());
    assert!(serde_json::from_str::<Value>(&deep(128)).is_err());
}

fn order(key: &str) -> Value {
    json!({
        "origin": {"company": "Tienda ABC", "street": "Del parque, 125 sur", "district_code": "11501", "phone": "22223333"},
        "destination": {"name": "Josué Blanco", "street": "Residencial Lilliput 4", "district_code": "11605"},
        "parcels": [{"weight": {"value": 389, "unit": "g"},
                     "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"}}],
        "idempotency_key": key,
    })
}

fn open(state: Option<&str>) -> Result<Client, flete::Error> {
    let mut config = json!({"accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]});
    if let Some(state) = state {
        config["state"] = json!(state);
    }
    Client::open(&config.to_string())
}

#[test]
fn the_hosts_sqlite_is_its_own() {
    assert_eq!(rusqlite::version(), "3.50.2");
    let db = rusqlite::Connection::open_in_memory().unwrap();
    assert_eq!(db.query_row("SELECT 40 + 2", [], |row| row.get::<_, i64>(0)), Ok(42));
}

#[test]
fn without_sqlite_keys_are_in_memory_and_a_file_is_refused() {
    for state in [None, Some("memory")] {
        let client = open(state).unwrap();
        let request = order(&format!("order {state:?}")).to_string();
        let create =
            |client: &Client| -> Value { serde_json::from_str(&client.invoke("create", &request).unwrap()).unwrap() };
        let (first, again) = (create(&client), create(&open(state).unwrap()));
        assert_eq!(first["id"], again["id"], "one key, one shipment");
    }
    for state in ["/tmp/state.db", "state.db"] {
        let error = open(Some(state)).err().unwrap();
        assert_eq!(error.code, Code::InvalidConfig, "{error}");
        let text = error.to_string();
        for word in ["state", &format!("`{state}`"), "feature `sqlite`"] {
            assert!(text.contains(word), "{text}");
        }
    }
}
