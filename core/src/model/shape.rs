//! Shapes: what a JSON object may hold. One declaration is the check of a request (with paths, limits and
//! "did you mean"), its JSON Schema in `describe`, and the parameters of a carrier's operation.
//! Requests, replies, configuration and the carriers' endpoint tables are all declared with it.

use super::error::FieldProblem;
use super::measure::parse_decimal;
use crate::json::{Map, Value, json};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text of at most this many characters.
    Text(usize),
    /// As `Text`, but not empty if it is given.
    Filled(usize),
    /// As `Text`, but kept byte for byte.
    Raw(usize),
    /// A telephone.
    Phone,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A whole number within these bounds, as a number or its text.
    Integer(i64, i64),
    /// A decimal number that isn't negative, as a number or a decimal text.
    Decimal,
    /// A decimal number of either sign.
    SignedDecimal,
    /// A decimal number of either sign, as a text alone.
    DecimalText,
    /// true or false.
    Flag,
    /// A code of exactly this many capital letters: ISO 3166-1 countries, ISO 4217 currencies.
    Capitals(usize),
    /// `YYYY-MM-DD`
    Date,
    /// `HH:MM`, or `HH:MM:SS`
    Time,
    /// RFC 3339 with an offset.
    Instant,
    /// An object of this shape.
    Object(&'static Shape),
    /// A list of at most this many of these.
    List(&'static Kind, usize),
    /// An object with names of its own, each value of this kind.
    Names(&'static Kind),
    /// Text, or a whole number: ids.
    Id,
    /// Either of two kinds.
    Either(&'static Kind, &'static Kind),
    /// Any JSON.
    Any,
}

/// The limit of a text without its own.
pub const LONG: usize = 4_000;
/// Text with the general limit.
pub const TEXT: Kind = Kind::Text(LONG);
/// Whole numbers from 0 up.
pub const COUNT: Kind = Kind::Integer(0, 9_007_199_254_740_991);
/// Any object, passed on unchanged.
pub const OPEN: Kind = Kind::Names(&Kind::Any);

/// A named field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// One line for a reader.
    pub about: &'static str,
}

/// A field that must be there.
pub const fn req(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, required: true, about }
}

/// A field that may be left out.
pub const fn opt(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, required: false, about }
}

/// An object: its name in the schema, and its fields.
#[derive(Debug)]
pub struct Shape {
    /// The name of its definition in the schema.
    pub name: &'static str,
    /// Its fields, in reading order.
    pub fields: &'static [Field],
}

/// Check `value` against `shape`. Every problem is reported, each with its path; an empty list means that it fits.
pub fn check(value: &Value, shape: &Shape) -> Vec<FieldProblem> {
    check_fields(value, shape.fields, "")
}

/// Check an object's fields, with `path` before each name.
pub fn check_fields(value: &Value, fields: &[Field], path: &str) -> Vec<FieldProblem> {
    check_as(value, fields, path, Form::Own)
}

/// Whose fields are checked, and whether they are complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// flete's own.
    Own,
    /// A carrier's: a name that begins with `+` isn't checked.
    Native,
    /// As `Native`, and the messages name the carrier.
    Of(&'static str),
    /// Some of a carrier's, to be merged into others, which may have the required ones.
    NativePart,
}

/// Check an object's fields in this form, with `path` before each name.
pub fn check_as(value: &Value, fields: &[Field], path: &str, form: Form) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    object(value, fields, form, &mut path.to_owned(), &mut problems);
    problems
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Do something with a longer path. The whole walk uses one text, as few paths are ever shown.
fn within<T>(path: &mut String, name: &str, inner: impl FnOnce(&mut String) -> T) -> T {
    let length = path.len();
    if length > 0 {
        path.push('.');
    }
    path.push_str(name);
    let done = inner(path);
    path.truncate(length);
    done
}

fn object(value: &Value, fields: &[Field], form: Form, path: &mut String, problems: &mut Vec<FieldProblem>) {
    let Value::Object(map) = value else {
        problems.push(FieldProblem::new(path.as_str(), format!("an object is needed, not {}", kind_of(value))));
        return;
    };
    for (name, entry) in map {
        match fields.iter().find(|field| field.name == name) {
            Some(_) if entry.is_null() => {}
            Some(field) => within(path, name, |path| one(entry, field.kind, form, path, problems)),
            None if form != Form::Own && name.starts_with('+') => {}
            None => {
                let mut why = unknown(name, fields);
                if form != Form::Own {
                    why.push_str(" (with a `+` before its name it is sent unchecked)");
                }
                problems.push(FieldProblem::new(join(path, &shorten(name)), why));
            }
        }
    }
    for field in fields.iter().filter(|field| field.required && form != Form::NativePart) {
        let unchecked = || form != Form::Own && map.contains_key(&format!("+{}", field.name));
        if map.get(field.name).is_none_or(Value::is_null) && !unchecked() {
            problems.push(FieldProblem::new(join(path, field.name), required(field, form)));
        }
    }
}

fn required(field: &Field, form: Form) -> String {
    match (form, field.kind) {
        (Form::Of(carrier), Kind::Choice(choices)) => {
            format!("is required by {carrier}: one of {}", choices.join(", "))
        }
        (Form::Of(carrier), _) => format!("is required by {carrier}: {}", field.about),
        _ => format!("is required: {}", field.about),
    }
}

fn unknown(name: &str, fields: &[Field]) -> String {
    match nearest(name, fields.iter().map(|field| field.name)) {
        Some(near) => format!("unknown field; did you mean `{near}`?"),
        None if fields.is_empty() => "unknown field; this object takes none".to_owned(),
        None => {
            let known: Vec<_> = fields.iter().map(|field| field.name).collect();
            format!("unknown field; known here: {}", known.join(", "))
        }
    }
}

/// The known name that is most similar to `name`, if one is similar enough to be meant.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = plain(&shorten(name));
    known
        .map(|candidate| (strsim::damerau_levenshtein(&plain, &self::plain(candidate)), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .map(|(_, candidate)| candidate)
}

/// Lower case and without accents: how names of people and places are compared.
pub fn plain(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

fn short(value: &Value) -> String {
    shorten(&value.to_string())
}

/// A name or value, shortened for a message.
pub fn shorten(name: &str) -> String {
    if name.chars().count() <= 60 { name.to_owned() } else { name.chars().take(59).chain(['…']).collect() }
}

/// A value for the end of a message. Empty for a list, an object or a secret.
fn quoted(value: &Value, path: &str) -> String {
    match value {
        _ if is_secret(path) => String::new(),
        Value::String(text) if !text.is_empty() => format!(" (`{}`)", shorten(text)),
        Value::Number(_) | Value::Bool(_) => format!(" (`{}`)", short(value)),
        _ => String::new(),
    }
}

/// Whether a field's value must not be quoted, by its path. Configurations and logins are checked here, too.
fn is_secret(path: &str) -> bool {
    let name = path.to_ascii_lowercase();
    ["key", "password", "secret", "token", "otp", "proxy", "url", "state", "body"]
        .iter()
        .any(|word| name.contains(word))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn one(value: &Value, kind: Kind, form: Form, path: &mut String, problems: &mut Vec<FieldProblem>) {
    let mut wrong = |message: String| problems.push(FieldProblem::new(path.as_str(), message));
    let most = |limit: usize| match form {
        Form::Of(carrier) => format!("{carrier} takes at most {limit}"),
        _ => format!("at most {limit} are taken"),
    };
    let needs = |what: &str| format!("{what} is needed, not {}{}", kind_of(value), quoted(value, path));
    match kind {
        Kind::Any => {}
        Kind::Text(limit) | Kind::Filled(limit) | Kind::Raw(limit) => match value {
            Value::String(text) => {
                let length = text.chars().count();
                if length > limit {
                    wrong(format!("has {length} characters; {}{}", most(limit), quoted(value, path)));
                } else if text.contains('\0') && !matches!(kind, Kind::Raw(_)) {
                    wrong("has a NUL character; remove it".to_owned());
                } else if text.is_empty() && matches!(kind, Kind::Filled(_)) {
                    wrong("is empty; give a text, or leave the field out".to_owned());
                }
            }
            Value::Number(_) => wrong(format!("{}; write it in quotes", needs("text"))),
            _ => wrong(needs("text")),
        },
        Kind::Phone => match value {
            Value::Number(_) => wrong(format!("{}; write it in quotes", needs("text"))),
            _ => one(value, TEXT, form, path, problems),
        },
        Kind::Choice(choices) => match value.as_str() {
            Some(text) if choices.contains(&text) => {}
            Some(text) => {
                let hint = nearest(text, choices.iter().copied());
                let hint = hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                wrong(format!("`{}` is not one of: {}{hint}", shorten(text), choices.join(", ")));
            }
            None => wrong(needs(&format!("one of the texts {}", choices.join(", ")))),
        },
        Kind::Id => match value {
            Value::String(text) if text.trim().is_empty() => wrong("is empty; an id is needed".to_owned()),
            Value::String(text) if text.len() > 300 => {
                wrong(format!("has {} bytes; an id has at most 300", text.len()))
            }
            Value::String(text) if text.chars().any(char::is_control) => {
                wrong("has a control character; remove it".to_owned());
            }
            Value::String(_) => {}
            Value::Number(number) if number.as_i64().is_some() || number.as_u64().is_some() => {}
            _ => wrong(needs("an id (text)")),
        },
        Kind::Integer(low, high) => match whole(value) {
            Some(number) if number < i128::from(low) || number > i128::from(high) => {
                wrong(if high >= 9_007_199_254_740_991 {
                    format!("is {number}; at least {low} is needed")
                } else {
                    format!("is {number}; it must be between {low} and {high}")
                });
            }
            Some(_) => {}
            None => match value {
                Value::Number(_) => wrong(format!("`{}` is not a whole number, or is too big", short(value))),
                Value::String(text) => wrong(format!("`{}` is not a whole number", shorten(text))),
                _ => wrong(needs("a whole number")),
            },
        },
        Kind::Decimal | Kind::SignedDecimal => match parse_decimal(value) {
            Some(number) if number.is_sign_negative() && !number.is_zero() && matches!(kind, Kind::Decimal) => {
                wrong(format!("is {number}; it can't be negative"));
            }
            Some(_) => {}
            None => match value {
                Value::String(text) => wrong(not_decimal(text)),
                Value::Number(_) => wrong(format!("`{}` is too big, or has too many digits", short(value))),
                _ => wrong(needs("a number or a decimal text, like \"12.50\",")),
            },
        },
        Kind::DecimalText => match value {
            Value::String(text) if parse_decimal(value).is_none() => wrong(not_decimal(text)),
            Value::String(_) => {}
            _ => wrong(needs("a decimal text, like \"12.50\",")),
        },
        Kind::Flag => {
            if !value.is_boolean() {
                wrong(needs("true or false"));
            }
        }
        Kind::Capitals(length) => match value.as_str() {
            Some(text) if text.len() == length && text.bytes().all(|byte| byte.is_ascii_uppercase()) => {}
            Some(text) => {
                let capitals = text.to_ascii_uppercase();
                let meant = capitals.len() == length && capitals.bytes().all(|byte| byte.is_ascii_uppercase());
                let hint = if meant { format!("; did you mean `{capitals}`?") } else { String::new() };
                wrong(format!("`{}` is not a code of {length} capital letters{hint}", shorten(text)));
            }
            None => wrong(needs(&format!("a code of {length} capital letters"))),
        },
        Kind::Date => match value.as_str() {
            Some(text) if text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok() => {}
            Some(text) => wrong(format!("`{}` is not a date, like 2026-01-31", shorten(text))),
            None => wrong(needs("a date (text, like 2026-01-31)")),
        },
        Kind::Time => match value.as_str() {
            Some(text) if (text.len() == 5 || text.len() == 8) && text.parse::<jiff::civil::Time>().is_ok() => {}
            Some(text) => wrong(format!("`{}` is not a time of day, like 09:00", shorten(text))),
            None => wrong(needs("a time of day (text, like 09:00)")),
        },
        Kind::Instant => match value.as_str() {
            Some(text) if text.parse::<jiff::Timestamp>().is_ok() => {}
            Some(text) => {
                wrong(format!("`{}` is not an instant with its offset, like 2026-01-31T09:00:00-06:00", shorten(text)));
            }
            None => wrong(needs("an instant (text, RFC 3339)")),
        },
        Kind::Object(shape) => object(value, shape.fields, form, path, problems),
        Kind::List(item, limit) => match value {
            Value::Array(items) => {
                if items.len() > limit {
                    wrong(format!("has {} items; {}", items.len(), most(limit)));
                }
                // A list is replaced, not merged into.
                let form = if form == Form::NativePart { Form::Native } else { form };
                let length = path.len();
                for (index, entry) in items.iter().take(limit).enumerate() {
                    // Writing to a text can't fail.
                    let _ = write!(path, "[{index}]");
                    one(entry, *item, form, path, problems);
                    path.truncate(length);
                }
            }
            Value::Object(map) if !map.is_empty() && map.keys().all(|key| key.parse::<u32>().is_ok()) => {
                let keys: Vec<_> = map.keys().take(5).map(|name| name.as_str()).collect();
                wrong(format!(
                    "a list is needed, not an object with the keys {}; in PHP, `array_values` makes it a list",
                    keys.join(", ")
                ));
            }
            _ => wrong(needs("a list")),
        },
        Kind::Names(item) => match value {
            Value::Object(map) => {
                for (name, entry) in map {
                    within(path, &shorten(name), |path| one(entry, *item, form, path, problems));
                }
            }
            _ => wrong(needs("an object")),
        },
        Kind::Either(first, second) => {
            let mut of_first = Vec::new();
            one(value, *first, form, path, &mut of_first);
            let mut of_second = Vec::new();
            one(value, *second, form, path, &mut of_second);
            if !of_first.is_empty() && !of_second.is_empty() {
                // The kind that the value resembles has the better message.
                problems.append(if matches_type(value, *second) { &mut of_second } else { &mut of_first });
            }
        }
    }
}

/// Why a text isn't a decimal, with what was probably meant.
fn not_decimal(text: &str) -> String {
    let shown = shorten(text);
    let bare: String = text.chars().filter(|c| !matches!(c, '.' | ',' | ' ' | '\'' | '\u{a0}' | '\u{202f}')).collect();
    let digits = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
    let marks = text.chars().filter(|c| !c.is_ascii_digit()).count();
    match text.split_once(',') {
        Some((whole, cents)) if digits && marks == 1 && cents.len() != 3 => {
            format!("`{shown}` is not a decimal number; write it with a point, like \"{whole}.{cents}\"")
        }
        _ if digits => {
            format!("`{shown}` is not a decimal number, like \"12.50\"; write it without marks between thousands")
        }
        _ => format!("`{shown}` is not a decimal number, like \"12.50\""),
    }
}

pub(super) fn matches_type(value: &Value, kind: Kind) -> bool {
    match kind {
        Kind::Object(_) | Kind::Names(_) => value.is_object(),
        Kind::List(..) => value.is_array(),
        Kind::Flag => value.is_boolean(),
        Kind::Integer(..) | Kind::Decimal | Kind::SignedDecimal => value.is_number(),
        _ => value.is_string(),
    }
}

fn whole(value: &Value) -> Option<i128> {
    let number = match value {
        Value::Number(_) | Value::String(_) => parse_decimal(value)?,
        _ => return None,
    };
    number.is_integer().then(|| number.trunc().mantissa() / 10_i128.pow(number.trunc().scale()))
}

/// What a schema is for: what is taken may be written in several ways, what is sent is written in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What a caller writes: a number may be a text.
    Taken,
    /// What flete writes.
    Sent,
    /// What a configuration has: as `Taken`, and a text or number may be a `Source`, a variable or a file.
    Configured,
}

/// The JSON Schema (2020-12) of an object, with its definitions beside it.
pub fn schema(shape: &'static Shape, side: Side) -> Value {
    let mut definitions = Map::new();
    let mut root = object_schema(shape.fields, side, &mut definitions);
    root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    root.insert("title".to_owned(), json!(shape.name));
    if !definitions.is_empty() {
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Value::Object(root)
}

/// The schema of an object with these fields, without its definitions.
pub fn object_schema(fields: &[Field], side: Side, definitions: &mut Map) -> Map {
    let mut properties = Map::new();
    for field in fields {
        let inner = kind_schema(field.kind, side, definitions);
        // null and absent mean the same, except where the field is required.
        let mut entry = if field.required || matches!(field.kind, Kind::Any) {
            inner
        } else {
            json!({"anyOf": [inner, {"type": "null"}]})
        };
        if let (Value::Object(entry), false) = (&mut entry, field.about.is_empty()) {
            entry.insert("description".to_owned(), json!(field.about));
        }
        properties.insert(field.name.to_owned(), entry);
    }
    let required: Vec<_> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut map = Map::new();
    map.insert("type".to_owned(), json!("object"));
    map.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        map.insert("required".to_owned(), json!(required));
    }
    map.insert("additionalProperties".to_owned(), json!(false));
    map
}

/// The schema of one kind; shapes become definitions.
pub fn kind_schema(kind: Kind, side: Side, definitions: &mut Map) -> Value {
    let own = one_schema(kind, side, definitions);
    let nested =
        matches!(kind, Kind::Any | Kind::Flag | Kind::Object(_) | Kind::List(..) | Kind::Names(_) | Kind::Either(..));
    if side != Side::Configured || nested {
        return own;
    }
    definitions.entry("Source").or_insert_with(|| {
        let source = |name: &str| {
            json!({"type": "object", "properties": {name: {"type": "string"}}, "required": [name],
                "additionalProperties": false})
        };
        json!({"anyOf": [source("env"), source("file")]})
    });
    json!({"anyOf": [own, {"$ref": "#/$defs/Source"}]})
}

fn one_schema(kind: Kind, side: Side, definitions: &mut Map) -> Value {
    const DECIMAL: &str = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$";
    match kind {
        Kind::Any => json!({}),
        Kind::Text(limit) | Kind::Raw(limit) => json!({"type": "string", "maxLength": limit}),
        Kind::Filled(limit) => json!({"type": "string", "minLength": 1, "maxLength": limit}),
        Kind::Phone => json!({"type": "string", "maxLength": LONG}),
        Kind::Choice(choices) => json!({"type": "string", "enum": choices}),
        Kind::Id => json!({"type": ["string", "integer"], "minLength": 1}),
        Kind::Integer(low, high) if side == Side::Sent => json!({"type": "integer", "minimum": low, "maximum": high}),
        Kind::Integer(low, high) => {
            json!({"anyOf": [{"type": "integer", "minimum": low, "maximum": high}, {"type": "string", "pattern": "^[+-]?[0-9]+(\\.0*)?$"}]})
        }
        Kind::Decimal if side == Side::Sent => json!({"type": "number", "minimum": 0}),
        Kind::SignedDecimal if side == Side::Sent => json!({"type": "number"}),
        Kind::DecimalText => json!({"type": "string", "pattern": DECIMAL}),
        Kind::Decimal => json!({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": DECIMAL}]}),
        Kind::SignedDecimal => json!({"anyOf": [{"type": "number"}, {"type": "string", "pattern": DECIMAL}]}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Capitals(length) => json!({"type": "string", "pattern": format!("^[A-Z]{{{length}}}$")}),
        Kind::Date => json!({"type": "string", "format": "date"}),
        Kind::Time => json!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}),
        Kind::Instant => json!({"type": "string", "format": "date-time"}),
        Kind::Object(shape) => {
            if !definitions.contains_key(shape.name) {
                // Entered first, so that a shape that contains itself ends.
                definitions.insert(shape.name.to_owned(), Value::Null);
                let body = Value::Object(object_schema(shape.fields, side, definitions));
                definitions.insert(shape.name.to_owned(), body);
            }
            // A reference is a URI, so the accents in carriers' names must be encoded.
            json!({"$ref": format!("#/$defs/{}", utf8_percent_encode(shape.name, NON_ALPHANUMERIC))})
        }
        Kind::List(item, limit) => {
            json!({"type": "array", "items": kind_schema(*item, side, definitions), "maxItems": limit})
        }
        Kind::Names(item) => {
            json!({"type": "object", "additionalProperties": kind_schema(*item, side, definitions)})
        }
        Kind::Either(first, second) => {
            json!({"anyOf": [kind_schema(*first, side, definitions), kind_schema(*second, side, definitions)]})
        }
    }
}

/// A field's kind in words, for `describe`: `text`, `integer`, `list of text`.
pub fn kind_name(kind: Kind) -> String {
    match kind {
        Kind::Any => "any".to_owned(),
        Kind::Text(_) | Kind::Filled(_) | Kind::Raw(_) | Kind::Phone | Kind::Capitals(_) | Kind::DecimalText => {
            "text".to_owned()
        }
        Kind::Choice(_) => "choice".to_owned(),
        Kind::Id => "id".to_owned(),
        Kind::Integer(..) => "integer".to_owned(),
        Kind::Decimal | Kind::SignedDecimal => "decimal".to_owned(),
        Kind::Flag => "boolean".to_owned(),
        Kind::Date => "date".to_owned(),
        Kind::Time => "time".to_owned(),
        Kind::Instant => "instant".to_owned(),
        Kind::Object(_) | Kind::Names(_) => "object".to_owned(),
        Kind::List(item, _) => format!("list of {}", kind_name(*item)),
        Kind::Either(first, second) => format!("{} or {}", kind_name(*first), kind_name(*second)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static INNER: Shape = Shape { name: "Inner", fields: &[req("weight", Kind::Decimal, "how heavy")] };
    static OUTER: Shape = Shape {
        name: "Outer",
        fields: &[
            req("items", Kind::List(&Kind::Object(&INNER), 3), ""),
            opt("note", Kind::Text(5), ""),
            opt("count", Kind::Integer(1, 9), ""),
        ],
    };

    fn said(value: Value) -> Vec<String> {
        check(&value, &OUTER).into_iter().map(|p| format!("{}: {}", p.field, p.message)).collect()
    }

    #[test]
    fn a_problem_names_its_path_and_the_nearest_name() {
        assert_eq!(
            said(json!({"items": [{"wieght": 1, "weight": "2.5"}]})),
            ["items[0].wieght: unknown field; did you mean `weight`?"]
        );
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let said = said(json!({"items": [{"weight": -1}, {}, 7], "note": "ñandúes", "count": "1e3"}));
        assert_eq!(said.len(), 5, "{said:?}");
        assert!(said[0].contains("can't be negative"));
        assert!(said[1].contains("items[1].weight: is required"));
        assert!(said[2].contains("items[2]: an object is needed, not a number"));
        assert!(said[3].contains("has 7 characters; at most 5"));
        assert!(said[4].contains("between 1 and 9"));
    }

    #[test]
    fn null_is_the_same_as_absent() {
        assert!(said(json!({"items": [], "note": null})).is_empty());
        assert_eq!(said(json!({"items": null})).len(), 1);
    }

    #[test]
    fn the_schema_has_definitions_for_shapes() {
        let schema = schema(&OUTER, Side::Taken);
        assert_eq!(schema["properties"]["items"]["items"]["$ref"], "#/$defs/Inner");
        assert_eq!(schema["$defs"]["Inner"]["required"], json!(["weight"]));
    }
}
