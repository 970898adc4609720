//! The one form of a request's values: text trimmed and in NFC, numbers without the noise of a binary float, PHP's `[]`
//! as an empty object, empty values as absent ones. The walk in [`check`](super::check) brings each value into it, once.
//! Values that are passed on to a carrier unchanged (`Kind::Any`, `Kind::Raw`) are left alone.

use super::measure::{decimal, json_number};
use super::shape::Kind;
use crate::json::{Map, Number, Text, Value};
use rust_decimal::Decimal;
use unicode_normalization::UnicodeNormalization;

/// Bring a value without members into the one form of its kind.
pub fn tidy(value: &mut Value, kind: Kind) {
    match (kind, value) {
        (Kind::Any | Kind::Raw(_) | Kind::Flag, _) => {}
        (Kind::Integer(..) | Kind::Decimal | Kind::SignedDecimal, value) => number(value, kind),
        (Kind::Phone, Value::String(text)) => {
            if !(is_tidy(text) && text.bytes().all(|byte| byte >= b' ')) {
                *text = phone(text).into();
            }
        }
        (_, Value::String(text)) => clean(text),
        _ => {}
    }
}

/// In PHP an empty list and an empty object are the same.
pub fn empty_list_is_object(value: &mut Value) {
    if value.as_array().is_some_and(Vec::is_empty) {
        *value = Value::Object(Map::new());
    }
}

/// And `{}` stands for an empty list.
pub fn empty_object_is_list(value: &mut Value) {
    if value.as_object().is_some_and(Map::is_empty) {
        *value = Value::Array(Vec::new());
    }
}

/// The names are the caller's own: ids, headers. If two differ only in their form, both stay as they are.
pub fn names(map: &mut Map, item: Kind) {
    let odd: Vec<Text> = map.keys().filter(|name| !is_tidy(name) && cleaned(name) != **name).cloned().collect();
    for name in odd {
        let plain = cleaned(&name);
        if !map.contains_key(&plain)
            && let Some(value) = map.remove(&name)
        {
            map.insert(plain, value);
        }
    }
    if matches!(item, Kind::Object(_) | Kind::Names(_)) {
        map.retain(|_, entry| !entry.is_null());
    }
}

/// Whether an optional field with this value counts as absent. An unknown name is a mistake, whatever its value.
pub fn absent(value: &Value, kind: Kind) -> bool {
    match (value, kind) {
        (Value::Number(_) | Value::Bool(_), _) => false,
        (Value::String(text), _) if !text.is_empty() => false,
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

/// Whether a text is in its one form for certain, as almost all are: ASCII, without blanks at its ends.
fn is_tidy(text: &str) -> bool {
    let visible = |byte: Option<&u8>| byte.is_none_or(|byte| *byte > b' ');
    text.is_ascii() && visible(text.as_bytes().first()) && visible(text.as_bytes().last())
}

fn clean(text: &mut Text) {
    if !is_tidy(text) {
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
    let text = match value {
        Value::Number(number) => {
            let text = number.as_str();
            // Almost all are: whole, and written with digits alone.
            if text.len() < 19 && text.bytes().all(|byte| byte.is_ascii_digit()) {
                return;
            }
            text
        }
        Value::String(text) => {
            clean(text);
            text
        }
        _ => return,
    };
    let exact = decimal(text);
    let meant = match exact {
        Some(exact) => Some(without_noise(exact)),
        // A binary float with all its digits: the first ones are those that were meant.
        None => shortened(text).map(|cut| (cut, without_noise(cut))).filter(|(cut, near)| cut != near).map(|it| it.1),
    };
    let Some(meant) = meant else { return };
    if matches!(kind, Kind::Integer(..)) && meant.is_integer() {
        if let Ok(whole) = i64::try_from(meant) {
            *value = Value::Number(Number::from(whole));
        }
    } else if exact != Some(meant) {
        *value = json_number(meant);
    }
}

fn shortened(text: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once('.')?;
    let room = 27_usize.checked_sub(whole.len())?;
    decimal(&format!("{whole}.{}", fraction.get(..room)?))
}

/// The value with at most six decimals that a binary float stands for; otherwise the value itself.
fn without_noise(value: Decimal) -> Decimal {
    if value.scale() <= 6 {
        return value;
    }
    let near = value.round_dp(6).normalize();
    let off = (value - near).abs().checked_mul(Decimal::from(1_000_000_000));
    if off.is_some_and(|off| off < near.abs()) { near } else { value }
}

#[cfg(test)]
mod tests {
    use super::super::measure::parse_decimal;
    use super::*;
    use crate::json::json;
    use crate::model::check;
    use crate::model::shape::{Shape, TEXT, opt, req};

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
            check::request(&mut value, &OUTER);
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
                tidy(&mut value, Kind::SignedDecimal);
                assert_eq!(parse_decimal(&value).unwrap().normalize().to_string(), read, "{text}");
            }
        }
        // Digits that aren't noise are kept.
        let mut value = json!("0.1234567890123456789012345678901234567890");
        tidy(&mut value, Kind::Decimal);
        assert_eq!(parse_decimal(&value), None);
    }
}
