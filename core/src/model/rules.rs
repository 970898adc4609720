//! Rules that go beyond one field's type: an amount in the form of its currency, a place on the globe, a pickup that
//! ends after it begins. The walk in [`check`](super::check) applies them to the objects of their shapes.

use super::address::ADDRESS;
use super::measure::parse_decimal;
use super::money::{has_thousands_form, minor_digits};
use super::parcel::MONEY;
use super::request::PICKUP;
use super::shape::{Shape, shorten};
use crate::json::{Map, Value};
use jiff::civil::Time;
use rust_decimal::Decimal;

/// The problems that a rule finds: each with its field, and what is wrong.
type Found = Vec<(&'static str, String)>;

/// Looks at the members of an object, after each of them was checked.
pub type Rule = fn(&Map) -> Found;

/// The shapes that have a rule.
static RULES: &[(&Shape, Rule)] = &[(&MONEY, money), (&ADDRESS, place), (&PICKUP, pickup)];

/// The rule of a shape.
pub fn of(shape: &Shape) -> Option<Rule> {
    RULES.iter().find(|(of, _)| std::ptr::eq(*of, shape)).map(|(_, rule)| *rule)
}

fn money(map: &Map) -> Found {
    let (Some(amount), Some(currency)) = (map.get("amount"), map.get("currency").and_then(Value::as_str)) else {
        return Found::new();
    };
    let Some(value) = parse_decimal(amount) else { return Found::new() };
    let decimals = minor_digits(currency);
    if let Some(text) = amount.as_str().filter(|text| decimals < 3 && has_thousands_form(text)) {
        let whole = text.replace('.', "");
        let why = format!(
            "`{}` can be read in two ways: write \"{whole}\" for thousands, or \"{}\" with {decimals} decimals",
            shorten(text),
            value.round_dp(decimals)
        );
        return vec![("amount", why)];
    }
    if decimals == 0 && !value.is_integer() {
        let why = format!("`{}` has decimals, and {currency} has none; write \"{}\"", value, value.trunc());
        return vec![("amount", why)];
    }
    Found::new()
}

fn place(map: &Map) -> Found {
    let mut found = Found::new();
    for (name, value) in map {
        let (name, most) = match name.as_str() {
            "latitude" => ("latitude", 90),
            "longitude" => ("longitude", 180),
            _ => continue,
        };
        if let Some(value) = parse_decimal(value).filter(|value| value.abs() > Decimal::from(most)) {
            found.push((name, format!("is `{value}`; it must be between -{most} and {most} degrees")));
        }
    }
    found
}

fn pickup(map: &Map) -> Found {
    let time = |name: &str| map.get(name)?.as_str()?.parse::<Time>().ok();
    match (time("from"), time("to")) {
        (Some(from), Some(to)) if to < from => {
            vec![("to", format!("is `{}`, before `from` (`{}`); swap them", short(to), short(from)))]
        }
        _ => Found::new(),
    }
}

fn short(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::json::json;

    fn said(mut value: Value, shape: &'static Shape) -> Vec<String> {
        check::request(&mut value, shape)
            .into_iter()
            .map(|problem| format!("{}: {}", problem.field, problem.message))
            .collect()
    }

    #[test]
    fn an_amount_that_can_be_read_in_two_ways_is_refused() {
        for (amount, currency, fits) in [
            (json!("12.500"), "COP", false),
            (json!("1.000"), "MXN", false),
            (json!("+12.500"), "USD", false),
            (json!("12.500"), "CLP", false),
            (json!("12.500"), "KWD", true),
            (json!("12.500"), "TND", true),
            (json!(12.5), "COP", true),
            (json!("12.50"), "COP", true),
            (json!("12.5"), "COP", true),
            (json!("12500"), "COP", true),
            (json!("1250.500"), "COP", true),
            (json!("0.125"), "USD", true),
            (json!("12.5000"), "USD", true),
            (json!("12500"), "CLP", true),
            (json!("12500.00"), "PYG", true),
            (json!("12500.50"), "CLP", false),
            (json!(12500.5), "PYG", false),
        ] {
            let said = said(json!({"amount": amount, "currency": currency}), &MONEY);
            assert_eq!(said.is_empty(), fits, "{amount} {currency}: {said:?}");
        }
        let said = said(json!({"amount": "12.500", "currency": "COP"}), &MONEY);
        assert!(
            said[0].contains("`12.500`") && said[0].contains("\"12500\"") && said[0].contains("\"12.50\""),
            "{said:?}"
        );
    }

    #[test]
    fn places_are_on_the_globe() {
        for (latitude, longitude, fields) in [
            (json!(4.6), json!(-74.08), &[][..]),
            (json!(-90), json!("180"), &[]),
            (json!("90.0001"), json!(0), &["latitude"]),
            (json!(-91), json!(-180.5), &["latitude", "longitude"]),
        ] {
            let found = check::request(&mut json!({"latitude": latitude, "longitude": longitude}), &ADDRESS);
            assert_eq!(found.iter().map(|problem| problem.field.as_str()).collect::<Vec<_>>(), fields);
        }
    }

    #[test]
    fn a_pickup_ends_after_it_begins() {
        let of = |from: &str, to: &str| said(json!({"date": "2026-01-31", "from": from, "to": to}), &PICKUP);
        assert_eq!(of("13:00", "09:00"), ["to: is `09:00`, before `from` (`13:00`); swap them"]);
        assert!(of("09:00", "13:00:00").is_empty());
        assert!(of("09:00", "09:00").is_empty());
    }
}
