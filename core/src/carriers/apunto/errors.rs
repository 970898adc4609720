//! Apunto's errors ("Errores"), and two more that integrations meet.

use crate::connector::Refusal;
use crate::connector::lenient::{as_text, decimal, text};
use crate::model::Code;
use crate::net::http::Reply;
use crate::net::retry::in_seconds;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

/// What a reply means, if it isn't good.
pub(super) fn refusal(reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
    if reply.status < 400 {
        return None;
    }
    let mut refusal = Refusal::by_status(reply.status);
    let Some(json) = json else { return Some(refusal) };
    refusal.fields = ["details", "errors"].iter().filter_map(|name| json.get(*name)).flat_map(complaints).collect();
    let error = text(json, "error");
    match text(json, "message") {
        Some(message) => {
            refusal.carrier_code = error;
            refusal.carrier_message = Some(message);
        }
        None => refusal.carrier_message = error.or_else(|| sentences(json.get("errors")?)),
    }
    // "retry_after (segundos)"; the samples read the header, which the session does.
    if matches!(refusal.code, Code::RateLimited | Code::CarrierUnavailable) {
        refusal.retry_after = decimal(json, "retry_after").and_then(|seconds| seconds.to_f64()).and_then(in_seconds);
    }
    Some(refusal)
}

/// `{"kind": ["no está incluido en la lista"]}`, or a text instead of the list.
fn complaints(details: &Value) -> Vec<(String, String)> {
    details
        .as_object()
        .into_iter()
        .flatten()
        .map(|(field, said)| (field.clone(), sentences(said).unwrap_or_default()))
        .collect()
}

fn sentences(said: &Value) -> Option<String> {
    match said {
        Value::Array(said) => Some(said.iter().filter_map(as_text).collect::<Vec<_>>().join("; ")),
        said => as_text(said),
    }
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
