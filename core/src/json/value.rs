//! Any JSON.

use super::{Map, Number, Text, parse, to_value, write};
use std::fmt;
use std::ops::{Index, IndexMut};
use std::str::FromStr;

/// Any JSON: numbers keep their digits as they were written, and objects keep the order of their names.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, with its digits as they were written.
    Number(Number),
    /// A text.
    String(Text),
    /// A list.
    Array(Vec<Value>),
    /// An object.
    Object(Map),
}

static NULL: Value = Value::Null;

/// What finds a member of a [`Value`]: a name in an object, a position in a list.
pub trait Place {
    /// The member there, if there is one.
    fn find<'a>(&self, within: &'a Value) -> Option<&'a Value>;
    /// The member there, if there is one, to be changed.
    fn find_mut<'a>(&self, within: &'a mut Value) -> Option<&'a mut Value>;
    /// The member there, which is made if an object (or null) doesn't have it.
    ///
    /// # Panics
    /// If there can be no such member.
    fn find_or_insert<'a>(&self, within: &'a mut Value) -> &'a mut Value;
}

impl Place for str {
    fn find<'a>(&self, within: &'a Value) -> Option<&'a Value> {
        within.as_object()?.get(self)
    }

    fn find_mut<'a>(&self, within: &'a mut Value) -> Option<&'a mut Value> {
        within.as_object_mut()?.get_mut(self)
    }

    #[allow(clippy::panic, reason = "as every IndexMut")]
    fn find_or_insert<'a>(&self, within: &'a mut Value) -> &'a mut Value {
        if within.is_null() {
            *within = Value::Object(Map::new());
        }
        match within {
            Value::Object(members) => members.entry(self).or_insert(Value::Null),
            other => panic!("no `{self}` can be set in {}", other.kind()),
        }
    }
}

impl Place for usize {
    fn find<'a>(&self, within: &'a Value) -> Option<&'a Value> {
        within.as_array()?.get(*self)
    }

    fn find_mut<'a>(&self, within: &'a mut Value) -> Option<&'a mut Value> {
        within.as_array_mut()?.get_mut(*self)
    }

    #[allow(clippy::panic, reason = "as every IndexMut")]
    fn find_or_insert<'a>(&self, within: &'a mut Value) -> &'a mut Value {
        let kind = within.kind();
        match self.find_mut(within) {
            Some(item) => item,
            None => panic!("no item {self} in {kind}"),
        }
    }
}

impl Place for String {
    fn find<'a>(&self, within: &'a Value) -> Option<&'a Value> {
        Place::find(self.as_str(), within)
    }

    fn find_mut<'a>(&self, within: &'a mut Value) -> Option<&'a mut Value> {
        self.as_str().find_mut(within)
    }

    fn find_or_insert<'a>(&self, within: &'a mut Value) -> &'a mut Value {
        self.as_str().find_or_insert(within)
    }
}

impl<T: Place + ?Sized> Place for &T {
    fn find<'a>(&self, within: &'a Value) -> Option<&'a Value> {
        (**self).find(within)
    }

    fn find_mut<'a>(&self, within: &'a mut Value) -> Option<&'a mut Value> {
        (**self).find_mut(within)
    }

    fn find_or_insert<'a>(&self, within: &'a mut Value) -> &'a mut Value {
        (**self).find_or_insert(within)
    }
}

impl<P: Place> Index<P> for Value {
    type Output = Value;

    /// The member there, or null.
    fn index(&self, place: P) -> &Value {
        place.find(self).unwrap_or(&NULL)
    }
}

impl<P: Place> IndexMut<P> for Value {
    fn index_mut(&mut self, place: P) -> &mut Value {
        place.find_or_insert(self)
    }
}

impl Value {
    /// The member of this name or at this position.
    pub fn get(&self, place: impl Place) -> Option<&Value> {
        place.find(self)
    }

    /// The member of this name or at this position, to be changed.
    pub fn get_mut(&mut self, place: impl Place) -> Option<&mut Value> {
        place.find_mut(self)
    }

    /// The value at a JSON pointer: `/rates/0/total`.
    pub fn pointer(&self, pointer: &str) -> Option<&Value> {
        let mut value = self;
        for part in parts(pointer)? {
            value = match value {
                Value::Object(members) => members.get(&unescaped(part))?,
                Value::Array(items) => items.get(position(part)?)?,
                _ => return None,
            };
        }
        Some(value)
    }

    /// The value at a JSON pointer, to be changed.
    pub fn pointer_mut(&mut self, pointer: &str) -> Option<&mut Value> {
        let mut value = self;
        for part in parts(pointer)? {
            value = match value {
                Value::Object(members) => members.get_mut(&unescaped(part))?,
                Value::Array(items) => items.get_mut(position(part)?)?,
                _ => return None,
            };
        }
        Some(value)
    }

    /// The value, with null left in its place.
    pub fn take(&mut self) -> Value {
        std::mem::take(self)
    }

    /// A text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// `true` or `false`.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A number.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// A whole number that an `i64` holds, written without a point or exponent.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number()?.as_i64()
    }

    /// A whole number that a `u64` holds, written without a point or exponent.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.as_u64()
    }

    /// A number as a binary float, which may round it.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()?.as_f64()
    }

    /// A list.
    pub fn as_array(&self) -> Option<&Vec<Value>> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// A list, to be changed.
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Value>> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// An object.
    pub fn as_object(&self) -> Option<&Map> {
        match self {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// An object, to be changed.
    pub fn as_object_mut(&mut self) -> Option<&mut Map> {
        match self {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Is it null?
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Is it `true` or `false`?
    pub fn is_boolean(&self) -> bool {
        matches!(self, Value::Bool(_))
    }

    /// Is it a number?
    pub fn is_number(&self) -> bool {
        matches!(self, Value::Number(_))
    }

    /// Is it a text?
    pub fn is_string(&self) -> bool {
        matches!(self, Value::String(_))
    }

    /// Is it a list?
    pub fn is_array(&self) -> bool {
        matches!(self, Value::Array(_))
    }

    /// Is it an object?
    pub fn is_object(&self) -> bool {
        matches!(self, Value::Object(_))
    }

    fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a flag",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        }
    }
}

/// The parts of a JSON pointer. `None` if it isn't one.
fn parts(pointer: &str) -> Option<impl Iterator<Item = &str>> {
    (pointer.is_empty() || pointer.starts_with('/')).then(|| pointer.split('/').skip(1))
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

fn position(part: &str) -> Option<usize> {
    (part == "0" || !part.starts_with(['0', '+'])).then(|| part.parse().ok()).flatten()
}

impl fmt::Display for Value {
    /// Compact JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write::text(self))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write::text(self))
    }
}

impl FromStr for Value {
    type Err = serde_json::Error;

    /// Strict JSON.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text)
    }
}

macro_rules! from {
    ($($from:ty: $value:ident => $to:expr),* $(,)?) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $to
            }
        })*
    };
}

from! {
    bool: flag => Value::Bool(flag),
    &str: text => Value::String(text.into()),
    String: text => Value::String(text.into()),
    Text: text => Value::String(text),
    std::borrow::Cow<'_, str>: text => Value::String(text.into()),
    Number: number => Value::Number(number),
    Map: members => Value::Object(members),
    i32: number => Value::Number(number.into()),
    i64: number => Value::Number(number.into()),
    u8: number => Value::Number(number.into()),
    u16: number => Value::Number(number.into()),
    u32: number => Value::Number(number.into()),
    u64: number => Value::Number(number.into()),
    usize: number => Value::Number(number.into()),
    f64: number => Number::from_f64(number).map_or(Value::Null, Value::Number),
    (): _unit => Value::Null,
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Value::Array(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value> + Clone> From<&[T]> for Value {
    fn from(items: &[T]) -> Self {
        items.iter().cloned().collect()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Value::Array(items.into_iter().map(Into::into).collect())
    }
}

impl<K: Into<Text>, V: Into<Value>> FromIterator<(K, V)> for Value {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        Value::Object(members.into_iter().collect())
    }
}

macro_rules! equals {
    ($($other:ty: |$value:ident, $expected:ident| $equal:expr),* $(,)?) => {
        $(
            impl PartialEq<$other> for Value {
                fn eq(&self, other: &$other) -> bool {
                    let ($value, $expected) = (self, other);
                    $equal
                }
            }
            impl PartialEq<Value> for $other {
                fn eq(&self, other: &Value) -> bool {
                    other == self
                }
            }
        )*
    };
}

equals! {
    str: |value, expected| value.as_str() == Some(expected),
    &str: |value, expected| value.as_str() == Some(*expected),
    String: |value, expected| value.as_str() == Some(expected),
    bool: |value, expected| value.as_bool() == Some(*expected),
    i32: |value, expected| value.as_i64() == Some(i64::from(*expected)),
    u32: |value, expected| value.as_u64() == Some(u64::from(*expected)),
    i64: |value, expected| value.as_i64() == Some(*expected),
    u64: |value, expected| value.as_u64() == Some(*expected),
    usize: |value, expected| value.as_u64().and_then(|value| usize::try_from(value).ok()) == Some(*expected),
    f64: |value, expected| value.as_f64() == Some(*expected),
}

/// A value that may be any type that can be written as JSON. For `json!`, whose members can always be written.
pub(crate) fn of<T: serde::Serialize + ?Sized>(member: &T) -> Value {
    to_value(member).unwrap_or_default()
}
