//! Reads carriers' JSON as it comes: numbers as text, text as numbers, missing, null, extra. A field that can't
//! be read is absent, and the rest of the reply is read all the same.

use crate::json::Value;
use crate::model::measure::parse_decimal;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

/// A body as JSON, even if it breaks JSON's rules.
pub(crate) fn json(body: &[u8]) -> Option<Value> {
    crate::json::read(body, None)
}

/// Whether a name may be `known` without case, accents and separators. Most aren't, by one of their first letters, and
/// needn't be folded.
pub(crate) fn may_fold_to(name: &str, known: &str) -> bool {
    let mut letters = name.bytes().filter(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    for expected in known.bytes() {
        match letters.next() {
            None => return false,
            Some(letter) if !letter.is_ascii() || !expected.is_ascii() => return true,
            Some(letter) if letter.to_ascii_lowercase() != expected => return false,
            Some(_) => {}
        }
    }
    letters.next().is_none_or(|letter| !letter.is_ascii())
}

/// A value as text, if it's a filled text or a number.
pub(crate) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A field as text.
pub(crate) fn text(value: &Value, name: &str) -> Option<String> {
    as_text(value.get(name)?)
}

/// A field as a decimal.
pub(crate) fn decimal(value: &Value, name: &str) -> Option<Decimal> {
    parse_decimal(value.get(name)?)
}

/// A field as yes or no: `true`, `1`, `"true"`.
pub(crate) fn flag(value: &Value, name: &str) -> Option<bool> {
    match value.get(name)? {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => Some(number.to_string() != "0"),
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "true" | "1" | "si" | "sí" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A field as a list; empty where it's no list.
pub(crate) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text that is an instant, as RFC 3339 with an offset. A local time is read in the carrier's zone; a bare
/// date is the beginning of its day there.
pub(crate) fn instant(text: &str, zone: &TimeZone) -> Option<String> {
    let text = text.trim();
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        let written = text.replacen(' ', "T", 1);
        return is_time(at).then(|| if is_rfc_3339(&written) { written } else { at.to_string() });
    }
    let local: DateTime = text.parse().ok()?;
    let zoned = local.to_zoned(zone.clone()).ok()?;
    is_time(zoned.timestamp()).then(|| format!("{}{}", zoned.datetime(), offset(&zoned)))
}

/// Whether an instant may be one of a shipment's. Systems write "never" as the year 1 (Go), 1900 (SQL Server) or the
/// Unix epoch in their own zone; no carrier's API is as old as that.
fn is_time(at: jiff::Timestamp) -> bool {
    const A_YEAR: i64 = 366 * 86_400;
    at.as_second() >= A_YEAR
}

/// Whether an instant is written as RFC 3339 has it: the parser takes more forms.
fn is_rfc_3339(text: &str) -> bool {
    let like = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text
                .bytes()
                .zip(shape.bytes())
                .all(|(byte, of)| if of == b'0' { byte.is_ascii_digit() } else { byte == of })
    };
    let Some((start, rest)) = text.split_at_checked(19) else { return false };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    like(start, "0000-00-00T00:00:00") && (zone == "Z" || like(zone, "+00:00") || like(zone, "-00:00"))
}

fn offset(zoned: &jiff::Zoned) -> String {
    zoned.strftime("%:z").to_string()
}

/// A field as an instant.
pub(crate) fn instant_of(value: &Value, name: &str, zone: &TimeZone) -> Option<String> {
    instant(value.get(name)?.as_str()?, zone)
}

/// When an instant was, for sorting.
pub(crate) fn millis(instant: &str) -> Option<i64> {
    instant.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;
    use jiff::tz;

    #[test]
    fn instants_have_an_offset() {
        let zone = tz::get!("America/Mexico_City");
        for (text, read) in [
            ("2021-05-10T05:24:11.757647Z", Some("2021-05-10T05:24:11.757647Z")),
            ("2021-03-08T14:19:11-06:00", Some("2021-03-08T14:19:11-06:00")),
            ("2020-06-10T16:02:38.363", Some("2020-06-10T16:02:38.363-05:00")),
            ("2026-01-10 16:02:38", Some("2026-01-10T16:02:38-06:00")),
            ("2024-01-18", Some("2024-01-18T00:00:00-06:00")),
            ("0001-01-01T00:00:00", None),
            ("0001-01-01T00:00:00Z", None),
            ("0000-00-00", None),
            ("0000-00-00 00:00:00", None),
            ("0000-00-00T00:00:00Z", None),
            ("1900-01-01", None),
            ("1753-01-01T00:00:00", None),
            ("1970-01-01T00:00:00Z", None),
            ("1970-01-01T00:00:00-06:00", None),
            ("1969-12-31T18:00:00-06:00", None),
            ("1970-01-01 00:00:00", None),
            ("1970-01-01", None),
            ("0", None),
            ("1609459200", None),
            ("1609459200000", None),
            ("1999-12-31T23:59:59Z", Some("1999-12-31T23:59:59Z")),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(instant(text, &zone).as_deref(), read, "{text}");
        }
    }

    #[test]
    fn numbers_and_texts_are_read_alike() {
        let value = json!({"a": "12.50", "b": 12.5, "c": 1, "d": "07", "e": null, "f": [], "g": ""});
        assert_eq!(decimal(&value, "a"), decimal(&value, "b"));
        assert_eq!(flag(&value, "c"), Some(true));
        assert_eq!(text(&value, "d").as_deref(), Some("07"));
        assert_eq!(text(&value, "c").as_deref(), Some("1"));
        for name in ["e", "f", "g", "h"] {
            assert_eq!(text(&value, name), None);
        }
    }

    #[test]
    fn a_name_that_folds_to_a_known_one_may() {
        for (name, known, may) in [
            ("token", "token", true),
            ("To_k-EN", "token", true),
            ("tokens", "token", false),
            ("toke", "token", false),
            ("taken", "token", false),
            ("contraseña", "contraseña", true),
            ("contrasen\u{303}a", "contraseña", true),
            ("CONTRASEÑA", "contraseña", true),
            ("contrato", "contraseña", false),
            ("peso_volumétrico", "password", false),
            ("to\u{212a}en", "token", true),
            ("token™", "token", true),
            ("", "ok", false),
        ] {
            assert_eq!(may_fold_to(name, known), may, "{name} {known}");
        }
    }
}
