//! Refusals of the second generation. It has the envelope of the first (`../errors.rs`); what else it says is hardly
//! known, so that only a clear refusal counts as one.

use super::super::errors;
use super::replies;
use crate::connector::Refusal;
use crate::connector::lenient::{decimal, text};
use crate::json::Value;
use crate::model::Code;
use crate::net::http::Reply;

/// What a reply means, if it isn't good.
pub(super) fn refusal(reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
    let refusal = errors::refusal(false, reply, json).or_else(|| unsuccessful(json?));
    let named = json.is_some_and(|json| replies::made(json).id.is_some());
    refusal.map(|mut refusal| {
        // A reply that names a service contradicts itself: nobody knows what was done.
        if named {
            refusal.nothing_done = Some(false);
        }
        refusal
    })
}

/// A good HTTP status with a word other than "success", no 200 of its own and nothing in it. One integration takes
/// that for a refusal. Whether anything was done, it doesn't say.
fn unsuccessful(json: &Value) -> Option<Refusal> {
    let word = text(json, "status")?;
    let good = word.trim().eq_ignore_ascii_case("success") || decimal(json, "status_code") == Some(200.into());
    let empty = match json.get("data") {
        None | Some(Value::Null | Value::Bool(_)) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Number(_)) => false,
    };
    if good || !empty {
        return None;
    }
    let mut refusal = Refusal::new(Code::CarrierResponse);
    refusal.nothing_done = Some(false);
    refusal.carrier_message = text(json, "message").or_else(|| text(json, "error"));
    Some(refusal)
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
