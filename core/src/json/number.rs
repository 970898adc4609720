//! Numbers with the digits that were written.

use super::{Text, Value, parse};
use compact_str::{ToCompactString, format_compact};
use std::fmt;

/// A number with its digits as they were written: `2500.00`, `1e3`.
#[derive(Clone, PartialEq, Eq)]
pub struct Number(Text);

impl Number {
    /// The text of a number in JSON. The caller has checked that it is one.
    pub(super) fn checked(text: &str) -> Self {
        Self(Text::new(text))
    }

    /// A number from its text. `None` if it isn't one in JSON.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match parse(text) {
            Ok(Value::Number(number)) if number.as_str() == text => Some(number),
            _ => None,
        }
    }

    /// A finite float, with as few digits as distinguish it from other floats.
    pub fn from_f64(number: f64) -> Option<Self> {
        serde_json::Number::from_f64(number).map(|number| Self(number.to_compact_string()))
    }

    /// Its digits as they were written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A whole number that an `i64` holds, written without a point or exponent.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// A whole number that a `u64` holds, written without a point or exponent.
    pub fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// A binary float, which may round it. `None` if it is too big for one.
    pub fn as_f64(&self) -> Option<f64> {
        self.0.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

macro_rules! from {
    ($($kind:ty)*) => {
        $(impl From<$kind> for Number {
            fn from(number: $kind) -> Self {
                Self(number.to_compact_string())
            }
        })*
    };
}

from!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

impl From<serde_json::Number> for Number {
    fn from(number: serde_json::Number) -> Self {
        Self(format_compact!("{number}"))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({})", self.0)
    }
}
