//! From types to a [`Value`], and from a [`Value`] to any serializer.

use super::{Map, Number, Text, Value};
use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error;
use serde_json::value::RawValue;

/// The name under which a number's digits reach flete's own serializer.
const EXACT: &str = "$flete::json::Number";

/// A type as JSON. Numbers of a [`Value`] within keep their digits.
pub(crate) fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, Error> {
    value.serialize(ToValue)
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Number(number) => number.serialize(serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(items) => serializer.collect_seq(items),
            Value::Object(members) => members.serialize(serializer),
        }
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self {
            map.serialize_entry(name.as_str(), value)?;
        }
        map.end()
    }
}

impl Serialize for Number {
    /// As its digits to serde_json, and as a number to any other serializer: serde has no way to pass the digits on.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let to = std::any::type_name::<S>();
        if to == std::any::type_name::<ToValue>() {
            return serializer.serialize_newtype_struct(EXACT, self.as_str());
        }
        if let Some(number) = self.as_u64().filter(|number| number.to_string() == self.as_str()) {
            return serializer.serialize_u64(number);
        }
        if let Some(number) = self.as_i64().filter(|number| number.to_string() == self.as_str()) {
            return serializer.serialize_i64(number);
        }
        if is_serde_json::<S>() {
            let digits: &RawValue = serde_json::from_str(self.as_str()).map_err(S::Error::custom)?;
            return digits.serialize(serializer);
        }
        match self.as_f64() {
            Some(number) => serializer.serialize_f64(number),
            None => serializer.serialize_str(self.as_str()),
        }
    }
}

/// Whether a serializer is serde_json's, which writes what is already JSON as it is.
pub(super) fn is_serde_json<S: Serializer>() -> bool {
    std::any::type_name::<S>().contains("serde_json::")
}

struct ToValue;

impl Serializer for ToValue {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Members;

    fn serialize_bool(self, flag: bool) -> Result<Value, Error> {
        Ok(flag.into())
    }

    fn serialize_i8(self, number: i8) -> Result<Value, Error> {
        Ok(Value::Number(number.into()))
    }

    fn serialize_i16(self, number: i16) -> Result<Value, Error> {
        Ok(Value::Number(number.into()))
    }

    fn serialize_i32(self, number: i32) -> Result<Value, Error> {
        Ok(Value::Number(number.into()))
    }

    fn serialize_i64(self, number: i64) -> Result<Value, Error> {
        Ok(Value::Number(number.into()))
    }

    fn serialize_i128(self, number: i128) -> Result<Value, Error> {
        Ok(Value::Number(number.into()))
    }

    fn serialize_u8(self, number: u8) -> Result<Value, Error> {
        Ok(Value::Number(number.into()))
    }

    fn serialize_u16(self, number: u16) -> Result<Value, Error> {
        Ok(Value::Number(number.into()))
    }

    fn serialize_u32(self, number: u32) -> Result<Value, Error> {
        Ok(Value::Number(number.into()))
    }

    fn serialize_u64(self, number: u64) -> Result<Value, Error> {
        Ok(Value::Number(number.into()))
    }

    fn serialize_u128(self, number: u128) -> Result<Value, Error> {
        Ok(Value::Number(number.into()))
    }

    fn serialize_f32(self, number: f32) -> Result<Value, Error> {
        Ok(f64::from(number).into())
    }

    fn serialize_f64(self, number: f64) -> Result<Value, Error> {
        Ok(number.into())
    }

    fn serialize_char(self, c: char) -> Result<Value, Error> {
        Ok(Value::String(c.to_string().into()))
    }

    fn serialize_str(self, text: &str) -> Result<Value, Error> {
        Ok(text.into())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Value, Error> {
        Ok(bytes.iter().map(|byte| Value::from(*byte)).collect())
    }

    fn serialize_none(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, Error> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Value, Error> {
        let written = value.serialize(self)?;
        Ok(match written {
            Value::String(digits) if name == EXACT => Value::Number(Number::checked(&digits)),
            other => other,
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        Ok([(variant, to_value(value)?)].into_iter().collect())
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items, Error> {
        Ok(Items { items: Vec::with_capacity(length.unwrap_or(0)), variant: None })
    }

    fn serialize_tuple(self, length: usize) -> Result<Items, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Items, Error> {
        Ok(Items { items: Vec::with_capacity(length), variant: Some(variant) })
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Members, Error> {
        Ok(Members { members: Map::with_capacity(length.unwrap_or(0)), name: Text::default(), variant: None })
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Members, Error> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Members, Error> {
        Ok(Members { members: Map::with_capacity(length), name: Text::default(), variant: Some(variant) })
    }
}

fn within(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(variant) => [(variant, value)].into_iter().collect(),
        None => value,
    }
}

struct Items {
    items: Vec<Value>,
    variant: Option<&'static str>,
}

impl SerializeSeq for Items {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.items.push(to_value(value)?);
        Ok(())
    }

    fn end(self) -> Result<Value, Error> {
        Ok(within(self.variant, Value::Array(self.items)))
    }
}

impl SerializeTuple for Items {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<Value, Error> {
        SerializeSeq::end(self)
    }
}

impl SerializeTupleStruct for Items {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<Value, Error> {
        SerializeSeq::end(self)
    }
}

impl SerializeTupleVariant for Items {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<Value, Error> {
        SerializeSeq::end(self)
    }
}

struct Members {
    members: Map,
    /// The name that was written last.
    name: Text,
    variant: Option<&'static str>,
}

impl SerializeMap for Members {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Error> {
        self.name = match to_value(name)? {
            Value::String(name) => name,
            // As serde_json: numbers and flags become texts.
            name @ (Value::Number(_) | Value::Bool(_)) => name.to_string().into(),
            _ => return Err(Error::custom("a name must be a text")),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.members.insert(std::mem::take(&mut self.name), to_value(value)?);
        Ok(())
    }

    fn end(self) -> Result<Value, Error> {
        Ok(within(self.variant, Value::Object(self.members)))
    }
}

impl SerializeStruct for Members {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.members.insert(Text::const_new(name), to_value(value)?);
        Ok(())
    }

    fn end(self) -> Result<Value, Error> {
        SerializeMap::end(self)
    }
}

impl SerializeStructVariant for Members {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        SerializeStruct::serialize_field(self, name, value)
    }

    fn end(self) -> Result<Value, Error> {
        SerializeMap::end(self)
    }
}
