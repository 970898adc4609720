//! Weights and lengths as exact decimals, and their conversions. Where a carrier takes whole units, round up:
//! a parcel is never under-declared.

use crate::json::{EXACT, Number, Value};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A decimal from a JSON number or a decimal text, exactly. `None` for anything else.
pub fn parse_decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => decimal(number.as_str()),
        Value::String(text) => decimal(text.trim()),
        _ => None,
    }
}

/// A decimal from its text: plain (`12.50`) or with an exponent (`1.25e1`).
pub fn decimal(text: &str) -> Option<Decimal> {
    if let Some(number) = short(text) {
        return Some(number);
    }
    // More digits than a decimal can hold would be rounded silently.
    if text.len() > 40 {
        return None;
    }
    if text.contains(['e', 'E']) {
        return Decimal::from_scientific(text).ok();
    }
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'))
        .then(|| Decimal::from_str_exact(text).ok())
        .flatten()
}

/// A decimal as almost all are written: digits, perhaps with a point among them, and few enough for an `i64`.
fn short(text: &str) -> Option<Decimal> {
    if text.len() > 18 {
        return None;
    }
    let (mut digits, mut decimals) = (0, None);
    for byte in text.bytes() {
        match (byte, decimals) {
            (b'0'..=b'9', _) => {
                digits = digits * 10 + i64::from(byte - b'0');
                decimals = decimals.map(|count: u32| count + 1);
            }
            (b'.', None) => decimals = Some(0),
            _ => return None,
        }
    }
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    (ends(bytes.first()) && ends(bytes.last())).then(|| Decimal::new(digits, decimals.unwrap_or(0)))
}

/// An exact decimal. In JSON it may be a number or a decimal text; it is written as a number, with all its digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount(pub Decimal);

impl From<Decimal> for Amount {
    fn from(value: Decimal) -> Self {
        Self(value)
    }
}

impl From<u32> for Amount {
    fn from(value: u32) -> Self {
        Self(value.into())
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let exact = self.0.normalize();
        match u64::try_from(exact) {
            // Most are whole, and needn't be read again.
            Ok(whole) if exact.is_integer() => serializer.serialize_u64(whole),
            _ => json_number(exact).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(EXACT, Exact)
    }
}

/// Reads an amount from a number's digits, where they are known, or from a text.
struct Exact;

impl<'de> Visitor<'de> for Exact {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a decimal text")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Amount, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bytes<E: Error>(self, digits: &[u8]) -> Result<Amount, E> {
        std::str::from_utf8(digits).map_err(E::custom).and_then(|digits| self.visit_str(digits))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
        decimal(text.trim()).map(Amount).ok_or_else(|| E::custom("a number or a decimal text is needed"))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Amount, E> {
        Ok(Amount(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Amount, E> {
        Ok(Amount(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Amount, E> {
        self.visit_str(&Value::from(number).to_string())
    }

    /// A number as serde_json passes it on if a host enabled its `arbitrary_precision`.
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Amount, A::Error> {
        let value = Value::deserialize(MapAccessDeserializer::new(access))?;
        parse_decimal(&value).map(Amount).ok_or_else(|| Error::custom("a number or a decimal text is needed"))
    }
}

/// The units of weight, as they are in JSON.
pub const WEIGHT_UNITS: &[&str] = &["g", "kg", "lb", "oz"];
/// The units of length, as they are in JSON.
pub const LENGTH_UNITS: &[&str] = &["mm", "cm", "m", "in"];

/// `{"value": 389, "unit": "g"}`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Weight {
    /// How many of the unit.
    pub value: Amount,
    /// `g`, `kg`, `lb` or `oz`.
    pub unit: String,
}

impl Weight {
    /// A weight in this unit: `g`, `kg`, `lb`, `oz`.
    pub fn new(value: impl Into<Amount>, unit: impl Into<String>) -> Self {
        Self { value: value.into(), unit: unit.into() }
    }

    /// In grams, exactly (the pound is 453.59237 g by definition). `None` if it is too big to count.
    pub fn grams(&self) -> Option<Decimal> {
        self.value.0.checked_mul(match self.unit.as_str() {
            "kg" => Decimal::from(1000),
            "lb" => Decimal::new(45_359_237, 5),
            "oz" => Decimal::new(28_349_523_125, 9),
            _ => Decimal::ONE,
        })
    }

    /// In kilograms, exactly.
    pub fn kilograms(&self) -> Option<Decimal> {
        Some((self.grams()?.checked_mul(Decimal::new(1, 3))?).normalize())
    }

    /// In whole grams, rounded up.
    pub fn whole_grams(&self) -> Option<Decimal> {
        self.grams().map(up)
    }

    /// The message for a weight that can't be converted.
    pub fn too_big(&self) -> String {
        format!("`{} {}` is too big; check the unit", self.value.0, self.unit)
    }
}

/// `{"length": 20, "width": 20, "height": 15, "unit": "cm"}`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Dimensions {
    /// Usually the longest side; no carrier asks for an order.
    pub length: Amount,
    /// Across.
    pub width: Amount,
    /// Upwards.
    pub height: Amount,
    /// `mm`, `cm`, `m` or `in`.
    pub unit: String,
}

impl Dimensions {
    /// Length, width and height in a unit of length: `mm`, `cm`, `m`, `in`.
    pub fn new(sides: [impl Into<Amount>; 3], unit: impl Into<String>) -> Self {
        let [length, width, height] = sides.map(Into::into);
        Self { length, width, height, unit: unit.into() }
    }

    /// Length, width and height in millimetres, exactly. `None` if one is too big to count.
    pub fn millimetres(&self) -> Option<[Decimal; 3]> {
        Some([self.in_millimetres(self.length)?, self.in_millimetres(self.width)?, self.in_millimetres(self.height)?])
    }

    fn in_millimetres(&self, side: Amount) -> Option<Decimal> {
        side.0.checked_mul(match self.unit.as_str() {
            "cm" => Decimal::from(10),
            "m" => Decimal::from(1000),
            "in" => Decimal::new(254, 1),
            _ => Decimal::ONE,
        })
    }

    /// Length, width and height in whole centimetres, each rounded up.
    pub fn whole_centimetres(&self) -> Option<[Decimal; 3]> {
        let side = |side| Some(up(self.in_millimetres(side)?.checked_mul(Decimal::new(1, 1))?));
        Some([side(self.length)?, side(self.width)?, side(self.height)?])
    }

    /// Length, width and height in metres, exactly.
    pub fn metres(&self) -> Option<[Decimal; 3]> {
        let side = |side| Some(self.in_millimetres(side)?.checked_mul(Decimal::new(1, 3))?.normalize());
        Some([side(self.length)?, side(self.width)?, side(self.height)?])
    }

    /// The message for sides that can't be converted.
    pub fn too_big(&self) -> String {
        let [length, width, height] = [self.length, self.width, self.height].map(|side| side.0);
        format!("`{length} × {width} × {height} {}` is too big; check the unit", self.unit)
    }
}

fn up(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(0, RoundingStrategy::AwayFromZero).normalize()
}

/// A decimal as a JSON number with all its digits.
pub fn json_number(value: Decimal) -> Value {
    Number::parse(&value.normalize().to_string()).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    fn weight(value: Value, unit: &str) -> Weight {
        crate::json::from_value(json!({"value": value, "unit": unit})).unwrap()
    }

    #[test]
    fn whole_units_round_up_and_never_down() {
        assert_eq!(weight(json!("389.0001"), "g").whole_grams().unwrap().to_string(), "390");
        assert_eq!(weight(json!(1), "oz").whole_grams().unwrap().to_string(), "29");
        assert_eq!(weight(json!(0.389), "kg").whole_grams().unwrap().to_string(), "389");
        let box_: Dimensions =
            crate::json::from_value(json!({"length": "10", "width": 7.875, "height": 1, "unit": "in"})).unwrap();
        assert_eq!(box_.whole_centimetres().unwrap().map(|side| side.to_string()), ["26", "21", "3"]);
    }

    /// The quick way for short texts reads what rust_decimal reads, to the last zero, and nothing else.
    #[test]
    fn short_decimals_are_read_like_all_others() {
        let parts = ["", "0", "00", "7", "12", "500", "123456789", "0000000001", "x", "-", "+", " ", ".", "٣"];
        let mut read = 0;
        for whole in parts {
            for point in ["", ".", ".."] {
                for fraction in parts {
                    let text = format!("{whole}{point}{fraction}");
                    let general = Decimal::from_str_exact(&text).ok();
                    if let Some(number) = short(&text) {
                        read += 1;
                        assert_eq!(Some(number.to_string()), general.map(|number| number.to_string()), "{text}");
                        assert_eq!(Some(number.scale()), general.map(|number| number.scale()), "{text}");
                    }
                    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                    let usual = text.len() <= 18
                        && match text.split_once('.') {
                            Some((whole, fraction)) => plain(whole) && plain(fraction),
                            None => plain(&text),
                        };
                    assert_eq!(short(&text).is_some(), usual, "{text}");
                }
            }
        }
        assert!(read > 50, "{read}");
    }

    #[test]
    fn an_amount_is_read_from_whatever_has_one() {
        for (text, digits) in [
            ("12.50", Some("12.50")),
            ("\" 12.50 \"", Some("12.50")),
            ("-3", Some("-3")),
            ("1.25e1", Some("12.5")),
            ("0.1000000000000000000000001", Some("0.1000000000000000000000001")),
            ("12345678901234567890.5", Some("12345678901234567890.5")),
            ("\"1,5\"", None),
            ("\"\"", None),
            ("null", None),
            ("true", None),
            ("[1]", None),
            ("{}", None),
        ] {
            let value = crate::json::parse(text).unwrap();
            let read = crate::json::from_value::<Amount>(value).map(|amount| amount.0.to_string());
            assert_eq!(read.as_deref().ok(), digits, "{text}");
        }
        // Others' numbers are binary.
        for (text, digits) in [("12.50", "12.5"), ("7", "7"), ("-3", "-3"), ("0.1", "0.1"), ("\"12.50\"", "12.50")] {
            let amount: Amount = serde_json::from_str(text).unwrap();
            assert_eq!(amount.0.to_string(), digits);
        }
        assert!(serde_json::from_str::<Amount>("{}").is_err());
        assert!(serde_json::from_str::<Amount>("1e300").is_err());
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(weight(json!("0.1"), "lb").grams().unwrap().normalize().to_string(), "45.359237");
        assert_eq!(weight(json!(172000), "g").kilograms().unwrap().to_string(), "172");
        assert_eq!(decimal("1.25e1").unwrap().to_string(), "12.5");
        for odd in ["", "abc", "1,5", "0x1", "NaN", "1e999", "--1", "1 000"] {
            assert!(decimal(odd).is_none(), "{odd}");
        }
    }
}
