//! Checks JSON against its shape. A request is brought into one form in the same walk (see [`normal`]), so that each
//! value is looked at once. Paths and messages are only built for what is wrong.

use super::error::FieldProblem;
use super::measure::parse_decimal;
use super::normal;
use super::rules;
use super::shape::{Field, Kind, Shape, nearest, shorten};
use crate::json::Value;
use std::fmt;

/// Bring a request into the one form of its shape, and check it. Every problem is reported, each with its path; an
/// empty list means that it fits.
pub fn request(request: &mut Value, shape: &'static Shape) -> Vec<FieldProblem> {
    let mut walk = Walk { tidy: true, ..Walk::new(Form::Own) };
    walk.one(request, Kind::Object(shape), &Path::Start(""));
    walk.problems.append(&mut walk.of_rules);
    walk.problems
}

/// Bring a carrier's fields that are to be merged into others into the one form of each, and check them, with `path`
/// before each name.
pub fn native(value: &mut Value, fields: &[Field], path: &str) -> Vec<FieldProblem> {
    let mut walk = Walk { tidy: true, ..Walk::new(Form::NativePart) };
    walk.object(value, fields, &Path::Start(path));
    walk.problems
}

/// Check an object's fields, with `path` before each name.
pub fn fields(value: &mut Value, fields: &[Field], path: &str, form: Form) -> Vec<FieldProblem> {
    let mut walk = Walk::new(form);
    walk.object(value, fields, &Path::Start(path));
    walk.problems
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

/// Where a value is. It becomes text only for a problem.
enum Path<'a> {
    Start(&'a str),
    Name(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Start(path) => f.write_str(path),
            Path::Name(Path::Start(""), name) => f.write_str(&shorten(name)),
            Path::Name(within, name) => write!(f, "{within}.{}", shorten(name)),
            Path::Item(within, index) => write!(f, "{within}[{index}]"),
        }
    }
}

struct Walk {
    form: Form,
    /// Whether values are brought into one form first.
    tidy: bool,
    problems: Vec<FieldProblem>,
    /// What goes beyond one field comes after what is wrong with each.
    of_rules: Vec<FieldProblem>,
}

impl Walk {
    fn new(form: Form) -> Self {
        Self { form, tidy: false, problems: Vec::new(), of_rules: Vec::new() }
    }

    #[cold]
    fn wrong(&mut self, path: &Path<'_>, why: String) {
        self.problems.push(FieldProblem::new(path.to_string(), why));
    }

    fn one(&mut self, value: &mut Value, kind: Kind, path: &Path<'_>) {
        match kind {
            Kind::Any => {}
            Kind::Object(shape) => {
                self.object(value, shape.fields, path);
                if let (Form::Own, Some(rule), Value::Object(members)) = (self.form, rules::of(shape), value) {
                    let found = rule(members).into_iter();
                    let at = |name| Path::Name(path, name).to_string();
                    self.of_rules.extend(found.map(|(name, why)| FieldProblem::new(at(name), why)));
                }
            }
            Kind::List(item, limit) => self.list(value, *item, limit, path),
            Kind::Names(item) => self.names(value, *item, path),
            Kind::Either(first, second) => self.either(value, *first, *second, path),
            _ => {
                if self.tidy {
                    normal::tidy(value, kind);
                }
                if let Some(why) = why_not(value, kind, self.form, path) {
                    self.wrong(path, why);
                }
            }
        }
    }

    fn object(&mut self, value: &mut Value, fields: &[Field], path: &Path<'_>) {
        if self.tidy {
            normal::empty_list_is_object(value);
        }
        let Value::Object(members) = value else {
            return self.wrong(path, format!("an object is needed, not {}", kind_of(value)));
        };
        members.retain(|name, entry| {
            let name = name.as_str();
            match fields.iter().find(|field| field.name == name) {
                Some(field) => self.field(entry, field, &Path::Name(path, name)),
                None => {
                    if self.form == Form::Own || !name.starts_with('+') {
                        self.wrong(&Path::Name(path, name), unknown(name, fields, self.form));
                    }
                    true
                }
            }
        });
        let form = self.form;
        for field in fields.iter().filter(|field| field.required && form != Form::NativePart) {
            let unchecked = || form != Form::Own && members.contains_key(&format!("+{}", field.name));
            if members.get(field.name).is_none_or(Value::is_null) && !unchecked() {
                self.wrong(&Path::Name(path, field.name), required(field, form));
            }
        }
    }

    /// Checks one field of an object. Returns whether it stays: an optional one without a value counts as absent,
    /// whatever is in it.
    fn field(&mut self, value: &mut Value, field: &Field, path: &Path<'_>) -> bool {
        let (before, of_rules) = (self.problems.len(), self.of_rules.len());
        if !value.is_null() {
            self.one(value, field.kind, path);
        }
        let absent = self.tidy && !field.required && normal::absent(value, field.kind);
        if absent {
            self.problems.truncate(before);
            self.of_rules.truncate(of_rules);
        }
        !absent
    }

    fn list(&mut self, value: &mut Value, item: Kind, limit: usize, path: &Path<'_>) {
        if self.tidy {
            normal::empty_object_is_list(value);
        }
        match value {
            Value::Array(items) => {
                if items.len() > limit {
                    self.wrong(path, format!("has {} items; {}", items.len(), most(limit, self.form)));
                }
                let form = self.form;
                // A list is replaced, not merged into.
                if form == Form::NativePart {
                    self.form = Form::Native;
                }
                for (index, entry) in items.iter_mut().take(limit).enumerate() {
                    self.one(entry, item, &Path::Item(path, index));
                }
                self.form = form;
            }
            Value::Object(map) if !map.is_empty() && map.keys().all(|key| key.parse::<u32>().is_ok()) => {
                let keys: Vec<_> = map.keys().take(5).map(|name| name.as_str()).collect();
                let why = format!(
                    "a list is needed, not an object with the keys {}; in PHP, `array_values` makes it a list",
                    keys.join(", ")
                );
                self.wrong(path, why);
            }
            _ => self.wrong(path, needs("a list", value, path)),
        }
    }

    fn names(&mut self, value: &mut Value, item: Kind, path: &Path<'_>) {
        if self.tidy {
            normal::empty_list_is_object(value);
        }
        let Value::Object(members) = value else {
            return self.wrong(path, needs("an object", value, path));
        };
        if self.tidy {
            normal::names(members, item);
        }
        if !matches!(item, Kind::Any) {
            members.iter_mut().for_each(|(name, entry)| self.one(entry, item, &Path::Name(path, name)));
        }
    }

    /// The kind that the value resembles has the better message.
    fn either(&mut self, value: &mut Value, first: Kind, second: Kind, path: &Path<'_>) {
        if self.tidy && matches!(second, Kind::Object(_) | Kind::Names(_)) {
            normal::empty_list_is_object(value);
        }
        let (meant, other) = if matches_type(value, second) { (second, first) } else { (first, second) };
        let before = self.problems.len();
        self.one(value, meant, path);
        if self.problems.len() > before {
            let mut walk = Walk::new(self.form);
            walk.one(value, other, path);
            if walk.problems.is_empty() {
                self.problems.truncate(before);
            }
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

fn unknown(name: &str, fields: &[Field], form: Form) -> String {
    let mut why = match nearest(name, fields.iter().map(|field| field.name)) {
        Some(near) => format!("unknown field; did you mean `{near}`?"),
        None if fields.is_empty() => "unknown field; this object takes none".to_owned(),
        None => {
            let known: Vec<_> = fields.iter().map(|field| field.name).collect();
            format!("unknown field; known here: {}", known.join(", "))
        }
    };
    if form != Form::Own {
        why.push_str(" (with a `+` before its name it is sent unchecked)");
    }
    why
}

fn most(limit: usize, form: Form) -> String {
    match form {
        Form::Of(carrier) => format!("{carrier} takes at most {limit}"),
        _ => format!("at most {limit} are taken"),
    }
}

fn needs(what: &str, value: &Value, path: &Path<'_>) -> String {
    format!("{what} is needed, not {}{}", kind_of(value), quoted(value, path))
}

fn short(value: &Value) -> String {
    shorten(&value.to_string())
}

/// A value for the end of a message. Empty for a list, an object or a secret.
fn quoted(value: &Value, path: &Path<'_>) -> String {
    match value {
        _ if is_secret(path) => String::new(),
        Value::String(text) if !text.is_empty() => format!(" (`{}`)", shorten(text)),
        Value::Number(_) | Value::Bool(_) => format!(" (`{}`)", short(value)),
        _ => String::new(),
    }
}

/// Whether a field's value must not be quoted, by its path. Configurations and logins are checked here, too.
fn is_secret(path: &Path<'_>) -> bool {
    let name = path.to_string().to_ascii_lowercase();
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

/// Why a value without members isn't of its kind. `None` if it is.
fn why_not(value: &Value, kind: Kind, form: Form, path: &Path<'_>) -> Option<String> {
    let needs = |what: &str| Some(needs(what, value, path));
    match kind {
        Kind::Text(limit) | Kind::Filled(limit) | Kind::Raw(limit) => match value {
            Value::String(text) => {
                // No text has more characters than bytes.
                if text.len() > limit && text.chars().count() > limit {
                    let length = text.chars().count();
                    Some(format!("has {length} characters; {}{}", most(limit, form), quoted(value, path)))
                } else if !matches!(kind, Kind::Raw(_)) && text.contains('\0') {
                    Some("has a NUL character; remove it".to_owned())
                } else if matches!(kind, Kind::Filled(_)) && text.is_empty() {
                    Some("is empty; give a text, or leave the field out".to_owned())
                } else {
                    None
                }
            }
            Value::Number(_) => needs("text").map(|why| format!("{why}; write it in quotes")),
            _ => needs("text"),
        },
        Kind::Phone => why_not(value, super::shape::TEXT, form, path),
        Kind::Choice(choices) => match value {
            Value::String(text) if choices.iter().any(|choice| choice == text) => None,
            Value::String(text) => {
                let hint = nearest(text, choices.iter().copied());
                let hint = hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                Some(format!("`{}` is not one of: {}{hint}", shorten(text), choices.join(", ")))
            }
            _ => needs(&format!("one of the texts {}", choices.join(", "))),
        },
        Kind::Id => match value {
            Value::String(text) if text.trim().is_empty() => Some("is empty; an id is needed".to_owned()),
            Value::String(text) if text.len() > 300 => Some(format!("has {} bytes; an id has at most 300", text.len())),
            Value::String(text) if text.chars().any(char::is_control) => {
                Some("has a control character; remove it".to_owned())
            }
            Value::String(_) => None,
            Value::Number(number) if number.as_i64().is_some() || number.as_u64().is_some() => None,
            _ => needs("an id (text)"),
        },
        Kind::Integer(low, high) => match whole(value) {
            Some(number) if number < i128::from(low) || number > i128::from(high) => {
                Some(if high >= 9_007_199_254_740_991 {
                    format!("is {number}; at least {low} is needed")
                } else {
                    format!("is {number}; it must be between {low} and {high}")
                })
            }
            Some(_) => None,
            None => match value {
                Value::Number(_) => Some(format!("`{}` is not a whole number, or is too big", short(value))),
                Value::String(text) => Some(format!("`{}` is not a whole number", shorten(text))),
                _ => needs("a whole number"),
            },
        },
        Kind::Decimal | Kind::SignedDecimal => match parse_decimal(value) {
            Some(number) if number.is_sign_negative() && !number.is_zero() && matches!(kind, Kind::Decimal) => {
                Some(format!("is {number}; it can't be negative"))
            }
            Some(_) => None,
            None => match value {
                Value::String(text) => Some(not_decimal(text)),
                Value::Number(_) => Some(format!("`{}` is too big, or has too many digits", short(value))),
                _ => needs("a number or a decimal text, like \"12.50\","),
            },
        },
        Kind::DecimalText => match value {
            Value::String(text) if parse_decimal(value).is_none() => Some(not_decimal(text)),
            Value::String(_) => None,
            _ => needs("a decimal text, like \"12.50\","),
        },
        Kind::Flag => {
            if value.is_boolean() {
                None
            } else {
                needs("true or false")
            }
        }
        Kind::Capitals(length) => match value {
            Value::String(text) if text.len() == length && text.bytes().all(|byte| byte.is_ascii_uppercase()) => None,
            Value::String(text) => {
                let capitals = text.to_ascii_uppercase();
                let meant = capitals.len() == length && capitals.bytes().all(|byte| byte.is_ascii_uppercase());
                let hint = if meant { format!("; did you mean `{capitals}`?") } else { String::new() };
                Some(format!("`{}` is not a code of {length} capital letters{hint}", shorten(text)))
            }
            _ => needs(&format!("a code of {length} capital letters")),
        },
        Kind::Date => match value {
            Value::String(text) if text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok() => None,
            Value::String(text) => Some(format!("`{}` is not a date, like 2026-01-31", shorten(text))),
            _ => needs("a date (text, like 2026-01-31)"),
        },
        Kind::Time => match value {
            Value::String(text) if matches!(text.len(), 5 | 8) && text.parse::<jiff::civil::Time>().is_ok() => None,
            Value::String(text) => Some(format!("`{}` is not a time of day, like 09:00", shorten(text))),
            _ => needs("a time of day (text, like 09:00)"),
        },
        Kind::Instant => match value {
            Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => None,
            Value::String(text) => {
                Some(format!("`{}` is not an instant with its offset, like 2026-01-31T09:00:00-06:00", shorten(text)))
            }
            _ => needs("an instant (text, RFC 3339)"),
        },
        Kind::Any | Kind::Object(_) | Kind::List(..) | Kind::Names(_) | Kind::Either(..) => None,
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

fn matches_type(value: &Value, kind: Kind) -> bool {
    match kind {
        Kind::Object(_) | Kind::Names(_) => value.is_object(),
        Kind::List(..) => value.is_array(),
        Kind::Flag => value.is_boolean(),
        Kind::Integer(..) | Kind::Decimal | Kind::SignedDecimal => value.is_number(),
        _ => value.is_string(),
    }
}

fn whole(value: &Value) -> Option<i128> {
    if let Some(number) = value.as_i64() {
        return Some(number.into());
    }
    let number = parse_decimal(value)?;
    number.is_integer().then(|| number.trunc().mantissa() / 10_i128.pow(number.trunc().scale()))
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
