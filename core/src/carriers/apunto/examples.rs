//! The API reference's own examples, all of them, word for word (`examples.json`), for the tests beside.

use super::endpoints::ENDPOINTS;
use crate::connector::endpoint::Endpoint;
use crate::connector::lenient::text;
use crate::json::Value;
use std::collections::BTreeMap;

/// One of them.
pub(super) struct Example {
    pub(super) kind: String,
    pub(super) operation: String,
    pub(super) json: Value,
}

pub(super) fn examples() -> Vec<Example> {
    let all: Vec<Value> = crate::json::from_str(include_str!("examples.json")).unwrap();
    all.into_iter()
        .map(|mut entry| Example {
            kind: text(&entry, "kind").unwrap(),
            operation: text(&entry, "operation").unwrap_or_default(),
            json: entry["json"].take(),
        })
        .collect()
}

pub(super) fn example(kind: &str, operation: &str) -> Value {
    let found = examples().into_iter().find(|example| example.kind == kind && example.operation == operation);
    found.unwrap().json
}

/// The operations that an example stands for: comments and tasks have one for three parents.
pub(super) fn operations(name: &str) -> Vec<&'static Endpoint> {
    ENDPOINTS.iter().filter(|endpoint| endpoint.name == name || endpoint.alias == Some(name)).collect()
}

#[test]
fn every_example_of_the_document_is_here() {
    let mut counts = BTreeMap::new();
    for example in examples() {
        *counts.entry(example.kind).or_insert(0) += 1;
    }
    let expected = [("error", 7), ("object", 3), ("reply", 30), ("request", 21)];
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected.map(|(kind, count)| (kind.to_owned(), count)));
}
