//! Apunto's errors, in the forms that its pages show: `{error, message, details, status}` ("Errores"), `{errors}`
//! with a list of texts for each field or with texts alone, beside a `message` or without one, `{error}`, and a status
//! without a body.

use crate::connector::Refusal;
use crate::connector::lenient::{as_text, decimal, flag, text};
use crate::json::Value;
use crate::model::Code;
use crate::net::http::Reply;
use crate::net::retry::in_seconds;
use rust_decimal::prelude::ToPrimitive;

/// What a reply means, if it isn't good.
pub(super) fn refusal(reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
    let blocked = json.and_then(blocking);
    // "Leads": what is linked to one keeps it from being deleted. The page doesn't say with which status.
    if reply.status < 400 && blocked.is_none() {
        return None;
    }
    let mut refusal = Refusal::by_status(reply.status.max(400));
    let Some(json) = json else { return Some(refusal) };
    for name in ["details", "errors"] {
        if let Some(said) = json.get(name) {
            complaints(said, "", &mut refusal.fields);
        }
    }
    let error = text(json, "error");
    match text(json, "message") {
        Some(message) => {
            refusal.carrier_code = error;
            refusal.carrier_message = Some(message);
        }
        None => refusal.carrier_message = error.or_else(|| sentences(json.get("errors")?)),
    }
    if let Some(blocked) = blocked {
        refusal.code = Code::Conflict;
        refusal.nothing_done = Some(true);
        let said = refusal.carrier_message.take().map_or_else(String::new, |said| format!("{said}; "));
        let advice = if flag(json, "can_archive") == Some(true) { "; it can be archived" } else { "" };
        refusal.carrier_message = Some(format!("{said}linked to it: {blocked}{advice}"));
    }
    // "retry_after (segundos)"; the samples read the header, which the session does.
    if matches!(refusal.code, Code::RateLimited | Code::CarrierUnavailable) {
        refusal.retry_after = decimal(json, "retry_after").and_then(|seconds| seconds.to_f64()).and_then(in_seconds);
    }
    Some(refusal)
}

/// What is linked to an object that therefore can't be deleted: `{"opportunities": 2, "quotes": 0}`.
fn blocking(json: &Value) -> Option<String> {
    let counts = json.get("blocking_counts")?.as_object()?;
    let counts: Vec<String> = counts
        .iter()
        .filter_map(|(name, count)| Some(format!("{name} {}", as_text(count).filter(|count| count != "0")?)))
        .collect();
    (!counts.is_empty()).then(|| counts.join(", "))
}

/// `{"kind": ["no está incluido en la lista"]}`, or a text instead of the list, or such an object in an object. Texts
/// without a field are none of these.
fn complaints(said: &Value, path: &str, found: &mut Vec<(String, String)>) {
    for (name, said) in said.as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
        match said {
            Value::Object(_) => complaints(said, &path, found),
            said => found.push((path, sentences(said).unwrap_or_default())),
        }
    }
}

fn sentences(said: &Value) -> Option<String> {
    match said {
        Value::Array(said) => Some(said.iter().filter_map(sentences).collect::<Vec<_>>().join("; ")),
        Value::Object(_) => text(said, "message"),
        said => as_text(said),
    }
    .filter(|said| !said.is_empty())
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
