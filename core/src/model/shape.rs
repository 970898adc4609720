//! Shapes: what a JSON object may hold. One declaration is what a request is checked by (in [`check`](super::check)),
//! its JSON Schema in `describe`, and the parameters of a carrier's operation.
//! Requests, replies, configuration and the carriers' endpoint tables are all declared with it.

use crate::json::{Map, Value, json};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
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
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// A name or value, shortened for a message.
pub fn shorten(name: &str) -> String {
    if name.chars().count() <= 60 { name.to_owned() } else { name.chars().take(59).chain(['…']).collect() }
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

    #[test]
    fn the_schema_has_definitions_for_shapes() {
        let schema = schema(&OUTER, Side::Taken);
        assert_eq!(schema["properties"]["items"]["items"]["$ref"], "#/$defs/Inner");
        assert_eq!(schema["$defs"]["Inner"]["required"], json!(["weight"]));
    }
}
