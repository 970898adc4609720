//! To and from `serde_json::Value`, which a Rust host has.

use super::{Map, Number, Value};
use serde_json::Value as Theirs;

impl From<Theirs> for Value {
    fn from(value: Theirs) -> Self {
        match value {
            Theirs::Null => Value::Null,
            Theirs::Bool(flag) => Value::Bool(flag),
            Theirs::Number(number) => Value::Number(number.into()),
            Theirs::String(text) => Value::String(text.into()),
            Theirs::Array(items) => Value::Array(items.into_iter().map(Value::from).collect()),
            Theirs::Object(members) => Value::Object(members.into()),
        }
    }
}

impl From<serde_json::Map<String, Theirs>> for Map {
    fn from(members: serde_json::Map<String, Theirs>) -> Self {
        members.into_iter().collect()
    }
}

impl From<Value> for Theirs {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Theirs::Null,
            Value::Bool(flag) => Theirs::Bool(flag),
            Value::Number(number) => of_number(&number),
            Value::String(text) => Theirs::String(text.into()),
            Value::Array(items) => Theirs::Array(items.into_iter().map(Theirs::from).collect()),
            Value::Object(members) => Theirs::Object(members.into()),
        }
    }
}

impl From<Map> for serde_json::Map<String, Theirs> {
    fn from(members: Map) -> Self {
        members.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
    }
}

/// A number that is beyond every float becomes text, so that it isn't lost.
fn of_number(number: &Number) -> Theirs {
    let text = number.as_str();
    match serde_json::from_str::<serde_json::Number>(text) {
        // serde_json's own reading of a float may be off by its last bit (see its feature `float_roundtrip`).
        Ok(read) if read.is_f64() && read.to_string() != text => {
            number.as_f64().map_or_else(|| text.into(), Theirs::from)
        }
        Ok(read) => Theirs::Number(read),
        Err(_) => text.into(),
    }
}

/// Numbers are equal if `serde_json` reads the same number from their digits.
impl PartialEq<Theirs> for Value {
    fn eq(&self, other: &Theirs) -> bool {
        match (self, other) {
            (Value::Null, Theirs::Null) => true,
            (Value::Bool(flag), Theirs::Bool(other)) => flag == other,
            (Value::Number(number), Theirs::Number(other)) => {
                number.as_str() == other.to_string() || of_number(number).as_number() == Some(other)
            }
            (Value::String(text), Theirs::String(other)) => text == other,
            (Value::Array(items), Theirs::Array(others)) => {
                items.len() == others.len() && items.iter().zip(others).all(|(item, other)| item == other)
            }
            (Value::Object(members), Theirs::Object(others)) => members == others,
            _ => false,
        }
    }
}

impl PartialEq<Value> for Theirs {
    fn eq(&self, other: &Value) -> bool {
        other == self
    }
}

impl PartialEq<serde_json::Map<String, Theirs>> for Map {
    fn eq(&self, others: &serde_json::Map<String, Theirs>) -> bool {
        self.len() == others.len()
            && self.iter().all(|(name, value)| others.get(name.as_str()).is_some_and(|other| value == other))
    }
}
