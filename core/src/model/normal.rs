//! Brings every request into one form: text trimmed and in NFC, numbers without the noise of a binary float, PHP's `[]`
//! as an empty object, empty values as absent ones. This is done once, before a request is checked. Values that are
//! passed on to a carrier unchanged (`Kind::Any`, `Kind::Raw`) are left alone.

use super::measure::{decimal, json_number, parse_decimal};
use super::shape::{Field, Kind, Shape, matches_type};
use crate::json::{Map, Number, Text, Value};
use rust_decimal::Decimal;
use unicode_normalization::UnicodeNormalization;

/// Bring a request into the one form of its shape.
pub fn normalize(request: &mut Value, shape: &Shape) {
    empty_list_is_object(request);
    if let Value::Object(map) = request {
        fields(map, shape.fields);
    }
}

/// Bring a value into the one form of its kind.
pub fn normalize_kind(value: &mut Value, kind: Kind) {
    match kind {
        Kind::Any | Kind::Raw(_) | Kind::Flag => {}
        Kind::Text(_)
        | Kind::Filled(_)
        | Kind::Choice(_)
        | Kind::Capitals(_)
        | Kind::Date
        | Kind::Time
        | Kind::Instant
        | Kind::DecimalText
        | Kind::Id => {
            if let Value::String(text) = value {
                clean(text);
            }
        }
        Kind::Phone => {
            if let Value::String(text) = value {
                *text = phone(text).into();
            }
        }
        Kind::Integer(..) | Kind::Decimal | Kind::SignedDecimal => number(value, kind),
        Kind::Object(shape) => {
            empty_list_is_object(value);
            if let Value::Object(map) = value {
                fields(map, shape.fields);
            }
        }
        Kind::Names(item) => {
            empty_list_is_object(value);
            if let Value::Object(map) = value {
                names(map, *item);
            }
        }
        Kind::List(item, _) => {
            if value.as_object().is_some_and(Map::is_empty) {
                *value = Value::Array(Vec::new());
            }
            if let Value::Array(items) = value {
                items.iter_mut().for_each(|entry| normalize_kind(entry, *item));
            }
        }
        Kind::Either(first, second) => {
            if matches!(second, Kind::Object(_) | Kind::Names(_)) {
                empty_list_is_object(value);
            }
            normalize_kind(value, if matches_type(value, *second) { *second } else { *first });
        }
    }
}

/// In PHP an empty list and an empty object are the same.
fn empty_list_is_object(value: &mut Value) {
    if value.as_array().is_some_and(Vec::is_empty) {
        *value = Value::Object(Map::new());
    }
}

/// Bring an object's fields into the one form of each.
pub fn fields(map: &mut Map, fields: &[Field]) {
    for field in fields {
        let Some(value) = map.get_mut(field.name) else { continue };
        normalize_kind(value, field.kind);
        if !field.required && absent(value, field.kind) {
            map.remove(field.name);
        }
    }
}

/// The names are the caller's own: ids, headers. If two differ only in their form, both stay as they are.
fn names(map: &mut Map, item: Kind) {
    let odd: Vec<Text> = map.keys().filter(|name| cleaned(name) != **name).cloned().collect();
    for name in odd {
        let plain = cleaned(&name);
        if !map.contains_key(&plain)
            && let Some(value) = map.remove(&name)
        {
            map.insert(plain, value);
        }
    }
    map.values_mut().for_each(|entry| normalize_kind(entry, item));
    if matches!(item, Kind::Object(_) | Kind::Names(_)) {
        map.retain(|_, entry| !entry.is_null());
    }
}

/// Whether an optional field with this value counts as absent. An unknown name is a mistake, whatever its value.
fn absent(value: &Value, kind: Kind) -> bool {
    match (value, kind) {
        (Value::Null, _) => true,
        // An empty list of accounts has a meaning (ask none), and so may an empty text for a key.
        (Value::Array(_), _) | (_, Kind::Id | Kind::Filled(_) | Kind::Raw(_) | Kind::Any) => false,
        (Value::Object(map), Kind::Object(shape)) => {
            blank(value) && map.keys().all(|name| shape.fields.iter().any(|field| field.name == name))
        }
        (Value::Object(_), Kind::Either(first, second)) => absent(value, *first) || absent(value, *second),
        (Value::Object(map), _) => map.is_empty(),
        (value, _) => blank(value),
    }
}

/// Nothing but nulls and empty texts, lists and objects, however deep.
fn blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(blank),
        Value::Object(map) => map.values().all(blank),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Invisible marks that are copied along with text: direction, joining, a byte-order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Trimmed, and in NFC.
pub fn cleaned(text: &str) -> String {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c)).nfc().collect()
}

fn clean(text: &mut Text) {
    let plain = text.is_ascii() && text.trim().len() == text.len();
    if !plain {
        *text = cleaned(text).into();
    }
}

/// A telephone without invisible marks, and with the blanks and hyphens of a keyboard.
fn phone(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => '-',
            '\u{ff0b}' => '+',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect();
    cleaned(&plain)
}

fn number(value: &mut Value, kind: Kind) {
    if let Value::String(text) = value {
        clean(text);
    }
    let text = match &*value {
        Value::Number(number) => number.as_str(),
        Value::String(text) => text,
        _ => return,
    };
    let read = match parse_decimal(value) {
        Some(read) => Some(without_noise(read)),
        // A binary float with all its digits: the first ones are those that were meant.
        None => shortened(text).map(|cut| (cut, without_noise(cut))).filter(|(cut, near)| cut != near).map(|it| it.1),
    };
    match read {
        Some(read) if matches!(kind, Kind::Integer(..)) && read.is_integer() => {
            let whole = read.normalize().to_string();
            if let Ok(number) = whole.parse::<i64>() {
                *value = Value::Number(Number::from(number));
            }
        }
        Some(read) if parse_decimal(value) != Some(read) => *value = json_number(read),
        _ => {}
    }
}

fn shortened(text: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once('.')?;
    let room = 27_usize.checked_sub(whole.len())?;
    decimal(&format!("{whole}.{}", fraction.get(..room)?))
}

/// The value with at most six decimals that a binary float stands for; otherwise the value itself.
pub fn without_noise(value: Decimal) -> Decimal {
    let near = value.round_dp(6).normalize();
    let off = (value - near).abs().checked_mul(Decimal::from(1_000_000_000));
    if off.is_some_and(|off| off < near.abs()) { near } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;
    use crate::model::shape::{TEXT, opt, req};

    static INNER: Shape = Shape {
        name: "Inner",
        fields: &[req("name", TEXT, ""), opt("phone", Kind::Phone, ""), opt("size", Kind::Decimal, "")],
    };
    static OUTER: Shape = Shape {
        name: "Outer",
        fields: &[
            opt("inner", Kind::Object(&INNER), ""),
            opt("many", Kind::List(&Kind::Object(&INNER), 9), ""),
            opt("note", TEXT, ""),
            opt("count", Kind::Integer(0, 99), ""),
            opt("size", Kind::Decimal, ""),
            opt("key", Kind::Filled(99), ""),
            opt("body", Kind::Raw(99), ""),
            opt("day", Kind::Date, ""),
            opt("id", Kind::Id, ""),
            opt("either", Kind::Either(&TEXT, &Kind::Object(&INNER)), ""),
            opt("native", Kind::Names(&Kind::Names(&Kind::Any)), ""),
        ],
    };

    #[test]
    fn what_is_written_in_many_ways_is_read_in_one() {
        for (given, read) in [
            // Text.
            (json!({"note": "  a\u{a0}"}), json!({"note": "a"})),
            (json!({"note": "\u{feff}a b\u{200b}"}), json!({"note": "a b"})),
            (json!({"note": "n\u{303}"}), json!({"note": "\u{f1}"})),
            (json!({"note": " \u{200e} "}), json!({})),
            (json!({"note": ""}), json!({})),
            (json!({"note": null}), json!({})),
            (json!({"day": " 2026-01-31\n"}), json!({"day": "2026-01-31"})),
            (json!({"id": " FR1 "}), json!({"id": "FR1"})),
            (json!({"id": " "}), json!({"id": ""})),
            (json!({"key": " "}), json!({"key": ""})),
            (json!({"body": " {} \u{feff}n\u{303}"}), json!({"body": " {} \u{feff}n\u{303}"})),
            (
                json!({"inner": {"name": "x", "phone": "\u{202a}+57\u{a0}321\u{2011}4567\u{202c}"}}),
                json!({"inner": {"name": "x", "phone": "+57 321-4567"}}),
            ),
            // Empty lists and objects.
            (json!([]), json!({})),
            (json!({"inner": []}), json!({})),
            (json!({"inner": {}}), json!({})),
            (json!({"inner": {"name": "", "phone": null}}), json!({})),
            (json!({"inner": {"name": "", "size": 1}}), json!({"inner": {"name": "", "size": 1}})),
            (json!({"many": {}}), json!({"many": []})),
            (json!({"many": [[]]}), json!({"many": [{}]})),
            (json!({"either": []}), json!({})),
            (json!({"either": " a "}), json!({"either": "a"})),
            (json!({"either": {"name": " a "}}), json!({"either": {"name": "a"}})),
            (json!({"native": []}), json!({})),
            (json!({"native": {" x ": []}}), json!({"native": {"x": {}}})),
            (json!({"inner": {"nmae": ""}}), json!({"inner": {"nmae": ""}})),
            (json!({"native": {"x": null}}), json!({})),
            (json!({"native": {"n\u{303}": {"a": " b "}}}), json!({"native": {"\u{f1}": {"a": " b "}}})),
            // Numbers.
            (json!({"count": 2.0}), json!({"count": 2})),
            (json!({"count": " 2 "}), json!({"count": 2})),
            (json!({"count": 2.0000000000000004}), json!({"count": 2})),
            (json!({"count": ""}), json!({})),
        ] {
            let mut value = given.clone();
            normalize(&mut value, &OUTER);
            assert_eq!(value, read, "{given}");
        }
    }

    #[test]
    fn a_binary_floats_noise_is_no_digit() {
        for (given, read) in [
            ("0.30000000000000004", "0.3"),
            ("100.10000000000001", "100.1"),
            ("0.1000000000000000055511151231257827021181583404541015625", "0.1"),
            ("4900.000000000001", "4900"),
            ("2.9999999999999996", "3"),
            ("1.0000000011", "1.0000000011"),
            ("0.0000001", "0.0000001"),
            ("389.0001", "389.0001"),
            ("12.345678", "12.345678"),
            ("-0.30000000000000004", "-0.3"),
        ] {
            for text in [given.to_owned(), format!("\"{given}\"")] {
                let mut value: Value = crate::json::parse(&text).unwrap();
                normalize_kind(&mut value, Kind::SignedDecimal);
                assert_eq!(parse_decimal(&value).unwrap().normalize().to_string(), read, "{text}");
            }
        }
        // Digits that aren't noise are kept.
        let mut value = json!("0.1234567890123456789012345678901234567890");
        normalize_kind(&mut value, Kind::Decimal);
        assert_eq!(parse_decimal(&value), None);
    }
}
