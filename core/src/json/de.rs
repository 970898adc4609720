//! From a [`Value`] to types, and from any deserializer to a [`Value`].

use super::{Map, Number, Text, Value, parse};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::Error;
use std::fmt;

/// The name by which a [`Value`] and an exact decimal ask for a number's digits. flete's own deserializer returns them,
/// as bytes; any other ignores the name.
pub(crate) const EXACT: &str = "$flete::json::Value";

/// What serde_json calls a number if a host enabled its `arbitrary_precision`.
const THEIR_NUMBER: &str = "$serde_json::private::Number";

/// A type from JSON. Numbers keep their digits on the way.
pub(crate) fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(value)
}

/// A type from strict JSON text. Numbers keep their digits on the way.
pub(crate) fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    from_value(parse(text)?)
}

impl<'de> Deserializer<'de> for Value {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(flag),
            Value::Number(number) => {
                if let Some(number) = number.as_u64() {
                    visitor.visit_u64(number)
                } else if let Some(number) = number.as_i64() {
                    visitor.visit_i64(number)
                } else if let Some(number) = number.as_f64() {
                    visitor.visit_f64(number)
                } else {
                    Err(Error::custom(format_args!("the number `{number}` is too big")))
                }
            }
            Value::String(text) => visitor.visit_string(text.into()),
            Value::Array(items) => visit_all(Items(items.into_iter()), |items| visitor.visit_seq(items)),
            Value::Object(members) => {
                let members = Members { members: members.into_iter(), value: Value::Null };
                visit_all(members, |members| visitor.visit_map(members))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Value::Null => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        match self {
            Value::Number(number) if name == EXACT => visitor.visit_bytes(number.as_str().as_bytes()),
            value => visitor.visit_newtype_struct(value),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Value::String(text) => StrDeserializer::new(&text).deserialize_enum(name, variants, visitor),
            Value::Object(members) => {
                let members = Members { members: members.into_iter(), value: Value::Null };
                MapAccessDeserializer::new(members).deserialize_enum(name, variants, visitor)
            }
            value => value.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

/// What is left of a list or an object.
trait Rest {
    fn rest(&self) -> usize;
}

/// Lets a visitor read a list or an object, all of it.
fn visit_all<R: Rest, T>(mut access: R, visit: impl FnOnce(&mut R) -> Result<T, Error>) -> Result<T, Error> {
    let read = visit(&mut access)?;
    match access.rest() {
        0 => Ok(read),
        more => Err(Error::custom(format_args!("{more} members too many"))),
    }
}

struct Items(std::vec::IntoIter<Value>);

impl Rest for Items {
    fn rest(&self) -> usize {
        self.0.len()
    }
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Members {
    members: std::vec::IntoIter<(Text, Value)>,
    /// The value of the name that was read last.
    value: Value,
}

impl Rest for Members {
    fn rest(&self) -> usize {
        self.members.len()
    }
}

impl<'de> MapAccess<'de> for Members {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(StrDeserializer::new(&name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(self.value.take())
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.members.len())
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(EXACT, Any)
    }
}

impl<'de> Deserialize<'de> for Map {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(members) => Ok(members),
            other => Err(D::Error::custom(format_args!("an object is needed, not `{other}`"))),
        }
    }
}

/// Reads any JSON.
struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_bytes<E: serde::de::Error>(self, digits: &[u8]) -> Result<Value, E> {
        let digits = std::str::from_utf8(digits).map_err(E::custom)?;
        Number::parse(digits)
            .map(Value::Number)
            .ok_or_else(|| E::custom("the digits of a number are needed, not bytes"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::with_capacity(access.size_hint().unwrap_or(0).min(1024));
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::with_capacity(access.size_hint().unwrap_or(0).min(1024));
        while let Some(name) = access.next_key::<Name>()? {
            if name.0 == THEIR_NUMBER && members.is_empty() {
                let digits: Name = access.next_value()?;
                return self.visit_bytes(digits.0.as_bytes());
            }
            members.insert(name.0, access.next_value::<Value>()?);
        }
        Ok(Value::Object(members))
    }
}

/// A name of a member.
struct Name(Text);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl Visitor<'_> for Read {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, text: &str) -> Result<Name, E> {
                Ok(Name(text.into()))
            }

            fn visit_string<E>(self, text: String) -> Result<Name, E> {
                Ok(Name(text.into()))
            }
        }

        deserializer.deserialize_str(Read)
    }
}
