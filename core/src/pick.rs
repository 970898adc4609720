//! Reads one value of a JSON text, for languages without a JSON parser.

use crate::json::Value;

/// The value at a path like `data.rates[0].total.amount`, as text: a string as it is, a number with its digits, an
/// object or list as JSON. `None` where there is nothing or null, or where one of the two can't be read.
#[must_use]
pub fn text(json: &str, path: &str) -> Option<String> {
    let whole: Value = crate::json::parse(json).ok()?;
    let mut value = &whole;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (index, after) = inside.split_once(']')?;
            value = value.as_array()?.get(index.parse::<usize>().ok()?)?;
            rest = after;
            // After an index there is a dot with a name, or another index.
            if !rest.is_empty() && !rest.starts_with(['.', '[']) {
                return None;
            }
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            value = value.as_object()?.get(&rest[..end])?;
            rest = &rest[end..];
        }
        if let Some(after) = rest.strip_prefix('.') {
            if after.is_empty() || after.starts_with(['.', '[']) {
                return None;
            }
            rest = after;
        }
    }
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.to_string()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_path() {
        let json = r#"{"ok": true, "data": {"rates": [{"total": {"amount": "4900.00"}, "n": 1.50, "big": 12345678901234567890123}],
            "código": "á", "none": null, "empty": "", "nested": [[1, 2], []]}}"#;
        for (path, found) in [
            ("ok", Some("true")),
            ("data.rates[0].total.amount", Some("4900.00")),
            ("data.rates[0].n", Some("1.50")),
            ("data.rates[0].big", Some("12345678901234567890123")),
            ("data.rates[0].total", Some(r#"{"amount":"4900.00"}"#)),
            ("data.código", Some("á")),
            ("data.empty", Some("")),
            ("data.nested[0][1]", Some("2")),
            ("data.nested[1]", Some("[]")),
            ("data.none", None),
            ("data.no", None),
            ("data.rates[1]", None),
            ("data.rates[-1]", None),
            ("data.rates[0", None),
            ("data.rates[]", None),
            ("data.rates[0]n", None),
            ("data..rates", None),
            ("data.", None),
            (".data", None),
            ("data.rates.n", None),
            ("ok.more", None),
        ] {
            assert_eq!(text(json, path).as_deref(), found, "{path}");
        }
        assert_eq!(text("[1]", "[0]").as_deref(), Some("1"));
        assert_eq!(text("{}", "").as_deref(), Some("{}"));
        for broken in ["", "{", "nothing"] {
            assert_eq!(text(broken, "a"), None);
        }
    }
}
