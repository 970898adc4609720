//! JSON that is passed on as text.

use super::{Value, parse, write};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

/// A carrier's own JSON, as it was written: it is passed on as text, and read as a [`Value`] only if it is looked at.
#[derive(Clone, Default)]
pub struct Raw {
    /// Nothing for null.
    text: Option<Box<RawValue>>,
    read: OnceLock<Value>,
}

impl Raw {
    /// The text of a value.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::default(),
            value => Self::passed_on(write::text(value)).unwrap_or_default(),
        }
    }

    /// A text, if it is JSON.
    pub(crate) fn passed_on(text: String) -> Option<Self> {
        Some(Self { text: Some(RawValue::from_string(text).ok()?), read: OnceLock::new() })
    }

    /// Several, as a list.
    pub(crate) fn list(all: impl Iterator<Item = Self>) -> Self {
        let all: Vec<Self> = all.collect();
        let texts: Vec<&str> = all.iter().map(Self::text).collect();
        Self::passed_on(["[", &texts.join(","), "]"].concat()).unwrap_or_default()
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.as_ref().map_or("null", |text| text.get())
    }

    /// As a value.
    #[must_use]
    pub fn into_value(mut self) -> Value {
        self.read.take().unwrap_or_else(|| read(self.text()))
    }
}

/// The text of a `Raw` was checked when it was made. It may be nested deeper than flete reads.
fn read(text: &str) -> Value {
    parse(text).unwrap_or_default()
}

impl Deref for Raw {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.read.get_or_init(|| read(self.text()))
    }
}

impl From<Value> for Raw {
    fn from(value: Value) -> Self {
        Self::of(&value)
    }
}

impl From<Raw> for Value {
    fn from(raw: Raw) -> Self {
        raw.into_value()
    }
}

impl From<Raw> for serde_json::Value {
    fn from(raw: Raw) -> Self {
        raw.into_value().into()
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Equal if what the texts say is equal, whatever blanks they have.
impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl PartialEq<Value> for Raw {
    fn eq(&self, other: &Value) -> bool {
        **self == *other
    }
}

impl PartialEq<serde_json::Value> for Raw {
    fn eq(&self, other: &serde_json::Value) -> bool {
        **self == *other
    }
}

impl PartialEq<Raw> for Value {
    fn eq(&self, other: &Raw) -> bool {
        *self == **other
    }
}

impl PartialEq<Raw> for serde_json::Value {
    fn eq(&self, other: &Raw) -> bool {
        **other == *self
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.text {
            None => serializer.serialize_unit(),
            // To JSON text as it is; any other serializer needs the value.
            Some(text) if super::ser::is_serde_json::<S>() => text.serialize(serializer),
            Some(_) => (**self).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}
