//! The README names what there is: every code, method, status, carrier, setting and key. Its programs are run
//! elsewhere: Rust as a doc test, the others by `tests/c`, `tests/php` and `tests/python`.
#![cfg(feature = "sandbox")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use flete::{Client, Code};
use serde_json::{Value, json};

const README: &str = include_str!("../../README.md");

fn described() -> Value {
    let config = json!({"accounts": [{"carrier": "fruno", "environment": "sandbox"}]}).to_string();
    Client::open(&config).unwrap().call("describe", json!({})).unwrap()
}

fn names(what: &str, names: impl IntoIterator<Item = impl AsRef<str>>) {
    let missing: Vec<_> = names
        .into_iter()
        .map(|name| name.as_ref().to_owned())
        .filter(|name| !README.contains(&format!("`{name}`")) && !README.contains(&format!("\"{name}\"")))
        .collect();
    assert!(missing.is_empty(), "the README lacks the {what} {missing:?}");
}

#[test]
fn everything_has_its_place() {
    let described = described();
    names("codes", Code::all().iter().map(|code| code.as_str()));
    let methods = described["methods"].as_object().unwrap();
    names("methods", methods.keys());
    names("keys", described["config"]["properties"].as_object().unwrap().keys());
    let statuses = &methods["create"]["reply"]["properties"]["status"]["enum"];
    names("statuses", statuses.as_array().unwrap().iter().filter_map(Value::as_str));
    for carrier in described["carriers"].as_array().unwrap() {
        names("carriers", carrier["code"].as_str());
        names("settings", carrier["settings"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()));
    }
    for (method, schemas) in methods {
        let fields = schemas["request"]["properties"].as_object().unwrap();
        names(&format!("fields of {method}"), fields.keys());
    }
}

#[test]
fn the_table_of_carriers_is_what_they_do() {
    let described = described();
    let operations: usize = described["carriers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|carrier| carrier["operations"].as_array().unwrap().len())
        .sum();
    assert!(README.contains(&format!("({operations} in all)")), "{operations} operations");
    for carrier in described["carriers"].as_array().unwrap() {
        let code = carrier["code"].as_str().unwrap();
        let row = README.lines().find(|line| line.starts_with('|') && line.contains(&format!("| `{code}` |"))).unwrap();
        let cells: Vec<&str> = row.split('|').map(str::trim).skip(4).collect();
        for (cell, method) in cells.iter().zip(["quote", "create", "track", "cancel", "document", "list", "webhook"]) {
            assert_eq!(*cell != "–", carrier["supports"][method] == true, "{code} {method}: {cell}");
        }
        assert_eq!(cells[7] != "–", carrier["finds_lost_creates"] == true, "{code} finds");
    }
}
