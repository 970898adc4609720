//! Replies that are wrong anywhere, for the property tests of every mapping: values dropped, doubled, or replaced by
//! what carriers are known to send instead. Tests of one odd form are beside their mapping.

use crate::json::{Value, json};
use crate::model::shape::{Shape, Side, schema};
use jsonschema::Validator;
use proptest::prelude::*;
use serde::Serialize;
use std::cell::RefCell;
use std::collections::HashMap;

/// Where to change a reply, and how.
pub(crate) type Changes = [(Vec<u16>, u16)];

/// One to three changes anywhere.
pub(crate) fn mutations() -> impl Strategy<Value = Vec<(Vec<u16>, u16)>> {
    proptest::collection::vec((proptest::collection::vec(any::<u16>(), 0..5), any::<u16>()), 1..4)
}

pub(crate) fn mutated(mut json: Value, changes: &Changes) -> Value {
    for (path, change) in changes {
        mutate(&mut json, path, *change);
    }
    json
}

/// Drop, replace or repeat one value somewhere, as the numbers say.
fn mutate(value: &mut Value, path: &[u16], change: u16) {
    let Some((step, rest)) = path.split_first() else { return replace(value, change) };
    let at = |length: usize| usize::from(*step) % length;
    match value {
        Value::Object(map) if !map.is_empty() => {
            let name = map.keys().nth(at(map.len())).unwrap().clone();
            if rest.is_empty() && change.is_multiple_of(8) {
                map.remove(&name);
            } else if rest.is_empty() && change % 8 == 1 {
                let copy = map[&name].clone();
                map.insert(format!("{name}2"), copy);
            } else {
                mutate(&mut map[&name], rest, change);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let index = at(items.len());
            if rest.is_empty() && change.is_multiple_of(8) {
                items.remove(index);
            } else if rest.is_empty() && change % 8 == 1 {
                items.push(items[index].clone());
            } else {
                mutate(&mut items[index], rest, change);
            }
        }
        other => replace(other, change),
    }
}

fn replace(value: &mut Value, change: u16) {
    let retyped = match &*value {
        Value::String(text) => crate::json::parse(text).unwrap_or_else(|_| json!([text])),
        Value::Number(number) => json!(number.to_string()),
        other => json!([other]),
    };
    let pool = [
        retyped,
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!("1e400"),
        crate::json::parse("1e400").unwrap(),
        crate::json::parse("123456789012345678901234567890123456789012345").unwrap(),
        json!(""),
        json!("\u{0}"),
        json!("2021-05-10"),
        json!("9999-12-31T23:59:59.999999999-23:59"),
        json!("-009999-01-01T00:00:00Z"),
        json!("entregado"),
        json!("ENTRÁNSITO"),
        json!("ñ".repeat(5_000)),
        json!([]),
        json!([[[]], null, {"id": {}}]),
        json!({}),
        json!({"fecha": [], "id": 3}),
        json!(79_228_162_514_264_337_593_543_950_335_u128.to_string()),
    ];
    *value = pool[usize::from(change / 8) % pool.len()].clone();
}

pub(crate) fn is_instant(text: &Option<String>) -> bool {
    text.as_ref().is_none_or(|text| text.parse::<jiff::Timestamp>().is_ok())
}

thread_local! {
    static VALIDATORS: RefCell<HashMap<&'static str, Validator>> = RefCell::default();
}

/// How something that was read breaks the schema in `describe`. Empty if it doesn't.
pub(crate) fn complaints(shape: &'static Shape, read: &impl Serialize) -> Vec<String> {
    VALIDATORS.with_borrow_mut(|validators| {
        let validator = validators.entry(shape.name).or_insert_with(|| {
            jsonschema::draft202012::options()
                .should_validate_formats(true)
                .build(&schema(shape, Side::Sent).into())
                .unwrap()
        });
        let mut read = crate::json::to_value(&read).unwrap();
        // The methods write it in, as they do with the account and the carrier.
        if let Some(environment) = read.get_mut("environment") {
            *environment = "test".into();
        }
        validator.iter_errors(&read.into()).map(|error| format!("{}: {error}", error.instance_path())).collect()
    })
}
