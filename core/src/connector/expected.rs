//! What a good reply must hold. A 2xx status alone isn't enough: some servers send their errors with it, or an
//! empty body. The operation's row says what its reply holds. A reply without that is an error.

use super::documents;
use super::endpoint::{Endpoint, Paging, Repeat, ReplyKind};
use super::lenient::{as_text, may_fold_to};
use crate::json::{Map, Text, Value};
use crate::net::http::Reply;

/// What an operation's good reply holds, besides its list if it has pages.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Holds {
    /// What its method implies: a GET returns something, and so does a POST that isn't safe to repeat.
    Usual,
    /// At least one of these paths, not empty, with dots between names. If there is a list, each of its items counts.
    OneOf(&'static [&'static str]),
    /// A list under this name, or the whole reply as a list if the name is empty. It may have no items.
    List(&'static str),
    /// Something under this name, or anything if there is no such name.
    Content(&'static str),
    /// Nothing, as the API reference says. A reply with text alone is an error.
    Nothing,
    /// The API reference doesn't show it: anything but an error.
    Unshown,
    /// What the carrier's own function accepts.
    Success(fn(&Value) -> bool),
}

impl Endpoint {
    /// A good reply has at least one of these.
    pub(crate) const fn holds(mut self, names: &'static [&'static str]) -> Self {
        self.holds = Holds::OneOf(names);
        self
    }
    /// A good reply has a list under this name, or is a list if the name is empty.
    pub(crate) const fn lists(mut self, name: &'static str) -> Self {
        self.holds = Holds::List(name);
        self
    }
    /// A good reply has something under this name, of any type.
    pub(crate) const fn content(mut self, name: &'static str) -> Self {
        self.holds = Holds::Content(name);
        self
    }
    /// A good reply is empty.
    pub(crate) const fn nothing(mut self) -> Self {
        self.holds = Holds::Nothing;
        self
    }
    /// The API reference doesn't show the reply: a good one is anything but an error.
    pub(crate) const fn unshown(mut self) -> Self {
        self.holds = Holds::Unshown;
        self
    }
    /// A good reply is one that this function accepts.
    pub(crate) const fn success(mut self, told: fn(&Value) -> bool) -> Self {
        self.holds = Holds::Success(told);
        self
    }
}

/// Why a reply with a good status is an error.
#[derive(Debug, PartialEq)]
pub(crate) struct Lacking {
    /// What is wrong with it, after "the carrier's reply".
    pub(crate) what: String,
    /// The carrier's words in it.
    pub(crate) said: Option<String>,
}

/// What a reply with a good status lacks. `None` where it is good.
pub(crate) fn lacking(endpoint: &Endpoint, reply: &Reply, json: Option<&Value>) -> Option<Lacking> {
    if endpoint.reply == ReplyKind::File {
        return documents::recognized(reply).err().map(|what| Lacking { what, said: None });
    }
    let json = json.unwrap_or(&Value::Null);
    let nothing = reply.body.iter().all(u8::is_ascii_whitespace);
    // In a reply that should have a token, any text that isn't an error's may be the token.
    let words = || said(json).filter(|_| !endpoint.public || is_error(json));
    let bad = |what: String| Some(Lacking { what, said: words() });
    let without = |name: &str| match (nothing, is_error(json)) {
        (true, _) => bad("is empty".to_owned()),
        (_, true) => bad("holds an error".to_owned()),
        _ => bad(format!("has no {name}")),
    };
    let list = match (endpoint.paging, endpoint.holds) {
        (Paging::Cursor { items, .. } | Paging::Numbered { items, .. }, _) | (Paging::None, Holds::List(items)) => {
            Some(items)
        }
        (Paging::None, _) => None,
    };
    if let Some(items) = list {
        return match endpoint.list(json, items) {
            Some(listed) if !listed.is_empty() || !is_error(json) => None,
            _ if items.is_empty() => without("list"),
            _ => without(&format!("list `{items}`")),
        };
    }
    match endpoint.holds {
        Holds::List(_) => None,
        Holds::OneOf(names) if names.iter().any(|name| has(json, name)) => None,
        Holds::OneOf(names) => without(&format!("`{}`", names.join("` or `"))),
        Holds::Content(name) => {
            let content = json.get(name).unwrap_or(json);
            let good = is_filled(content) && (content.is_object() || content.is_array() || json.get(name).is_some());
            // An error may have numbers besides its text.
            if good && !is_error(json) && !is_error(content) && !only_words(content) {
                return None;
            }
            without("price")
        }
        Holds::Nothing => match json {
            _ if is_error(json) => bad("holds an error".to_owned()),
            Value::Null => None,
            Value::Object(map) if map.is_empty() || !only_words(json) => None,
            _ => without("sign of what was asked"),
        },
        Holds::Unshown if is_error(json) => bad("holds an error".to_owned()),
        Holds::Unshown => None,
        Holds::Success(told) if told(json) => None,
        Holds::Success(_) => without("sign of what was asked"),
        Holds::Usual => {
            if is_error(json) {
                return bad("holds an error".to_owned());
            }
            let returns_something =
                endpoint.method == "GET" || (endpoint.method == "POST" && endpoint.repeat != Repeat::Safe);
            let good = match json {
                Value::Array(_) => true,
                Value::Object(map) if endpoint.method == "GET" => !map.is_empty() && !only_words(json),
                Value::Object(map) => !map.is_empty() || !returns_something,
                Value::Null => !returns_something || (endpoint.method != "GET" && reply.status == 204),
                _ => false,
            };
            if good { None } else { without("content") }
        }
    }
}

/// Whether one of the values at this place is filled.
fn has(json: &Value, path: &str) -> bool {
    if let Value::Array(items) = json {
        return items.iter().any(|item| has(item, path));
    }
    match path.split_once('.') {
        Some((name, rest)) => json.get(name).is_some_and(|inner| has(inner, rest)),
        None => json.get(path).is_some_and(is_filled),
    }
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) => true,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => items.iter().any(is_filled),
        Value::Object(map) => !map.is_empty(),
    }
}

/// Names of members that only say how a request went.
const WORDS: &[&str] = &[
    "message",
    "mensaje",
    "msg",
    "success",
    "ok",
    "code",
    "codigo",
    "status",
    "statuscode",
    "title",
    "detail",
    "description",
    "descripcion",
    "type",
    "traceid",
    "instance",
    "version",
    "href",
    "timestamp",
    "path",
    "requestid",
    "incidente",
    "error",
    "errors",
    "data",
    "response",
];

/// A name without case, accents and separators.
pub(crate) fn bare(name: &str) -> Text {
    // Most names are ASCII, and short enough to need no allocation.
    if name.is_ascii() {
        let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
        return letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    }
    crate::model::shape::plain(name).chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Which of these a name is, without case, accents and separators.
fn known_as<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known.iter().copied().find(|known| may_fold_to(name, known) && bare(name) == *known)
}

/// Whether an object says how a request went, and nothing else.
fn only_words(json: &Value) -> bool {
    let word = |(name, value): (&Text, &Value)| {
        known_as(name, WORDS).is_some() && !(is_filled(value) && (value.is_object() || value.is_array()))
    };
    json.as_object().is_some_and(|map| map.iter().all(word))
}

/// Names of members that tell whether something went wrong.
const TELLING: &[&str] = &["error", "errors", "errores", "fault", "exception", "success", "ok", "status", "statuscode"];

/// Whether a body says that something went wrong.
fn is_error(json: &Value) -> bool {
    let Value::Object(map) = json else { return json == &Value::Bool(false) };
    map.iter().any(|(name, value)| match known_as(name, TELLING).unwrap_or_default() {
        "error" | "errors" | "errores" | "fault" | "exception" => match value {
            Value::Bool(flag) => *flag,
            Value::Number(number) => number.to_string() != "0",
            Value::String(text) => !matches!(text.trim().to_lowercase().as_str(), "" | "0" | "false" | "none" | "null"),
            filled => is_filled(filled),
        },
        "success" | "ok" => super::lenient::flag(json, name) == Some(false),
        "status" | "statuscode" => match as_text(value) {
            Some(text) => {
                let word = text.trim().to_lowercase();
                matches!(word.as_str(), "error" | "fail" | "failed" | "failure" | "fault")
                    || (word.len() == 3 && word.parse::<u16>().is_ok_and(|code| (400..600).contains(&code)))
            }
            None => false,
        },
        _ => false,
    })
}

/// The carrier's own words in a body.
fn said(json: &Value) -> Option<String> {
    const NAMES: [&str; 9] =
        ["message", "mensaje", "errordescription", "detail", "title", "error", "errors", "fault", "msg"];
    match json {
        Value::String(text) => Some(text.to_string()).filter(|text| !text.trim().is_empty()),
        Value::Object(map) => NAMES.iter().find_map(|name| words_of(field(map, name)?)),
        _ => None,
    }
}

fn field<'a>(map: &'a Map, name: &str) -> Option<&'a Value> {
    map.iter().find(|(key, _)| known_as(key, &[name]).is_some()).map(|(_, value)| value)
}

fn words_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Array(items) => words_of(items.first()?),
        Value::Object(map) => {
            ["message", "mensaje", "detail", "code"].iter().find_map(|name| words_of(field(map, name)?))
        }
        _ => None,
    }
}

/// A field that is an id: a text or a number, never a flag.
pub(crate) fn id(value: &Value, name: &str) -> Option<String> {
    let found = value.get(name).filter(|found| found.is_string() || found.is_number())?;
    let text = as_text(found)?.trim().to_owned();
    (!matches!(text.as_str(), "0" | "NULL" | "null")).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn an_error_is_known_in_any_of_its_forms() {
        for (body, error, words) in [
            (json!({"error": "x"}), true, Some("x")),
            (json!({"Error": {"Message": "x"}}), true, Some("x")),
            (json!({"errors": {"base": ["x"]}, "message": "y"}), true, Some("y")),
            (json!({"success": "false"}), true, None),
            (json!({"ok": 0, "msg": "x"}), true, Some("x")),
            (json!({"status": "ERROR"}), true, None),
            (json!({"status_code": "503"}), true, None),
            (json!({"error": null, "errors": [], "success": true}), false, None),
            (json!({"error": "", "status": 200}), false, None),
            (json!({"error": 0, "errors": {}, "status": "active"}), false, None),
            (json!({"error": "false", "code": 450}), false, Some("false")),
            (json!([{"error": "x"}]), false, None),
            (json!(false), true, None),
            (json!("x"), false, Some("x")),
        ] {
            assert_eq!((is_error(&body), said(&body).as_deref()), (error, words), "{body}");
        }
    }

    #[test]
    fn an_id_is_a_text_or_a_number() {
        for (value, read) in [
            (json!(" G1 "), Some("G1")),
            (json!(7), Some("7")),
            (json!("007"), Some("007")),
            (json!(0), None),
            (json!(true), None),
            (json!(""), None),
            (json!("NULL"), None),
            (json!(["G1"]), None),
            (json!(null), None),
        ] {
            assert_eq!(id(&json!({"id": value}), "id").as_deref(), read, "{value}");
        }
    }
}
