//! Mensajeros Urbanos' own forms of refusal: its envelope, whose `status_code` may differ from the HTTP status,
//! lines of `[field] message`, and OAuth's errors.

use crate::connector::Refusal;
use crate::connector::lenient::{decimal, text};
use crate::json::Value;
use crate::model::Code;
use crate::net::http::Reply;

/// What a reply means, if it isn't good.
pub(super) fn refusal(public: bool, reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
    let of_http = (reply.status >= 400).then_some(reply.status);
    let Some(json) = json else { return of_http.map(Refusal::by_status) };
    if public {
        return oauth(of_http, json);
    }
    let said = decimal(json, "status_code").and_then(|code| u16::try_from(code).ok());
    let of_body = said.filter(|code| (400..600).contains(code));
    let says_error = text(json, "status").is_some_and(|status| status.trim().eq_ignore_ascii_case("error"));
    if of_http.is_none() && of_body.is_none() && !says_error {
        return None;
    }
    let message = text(json, "message");
    let fields = message.as_deref().map(complaints).unwrap_or_default();
    // An HTTP status that leaves open what was done isn't made harmless by the body.
    let mut refusal = match (of_http.filter(|status| open(*status)), of_body, of_http) {
        (Some(status), _, _) | (None, Some(status), _) | (None, None, Some(status)) => Refusal::by_status(status),
        (None, None, None) if fields.is_empty() => Refusal::new(Code::CarrierResponse),
        (None, None, None) => Refusal::new(Code::Validation),
    };
    // An error without a code of its own says nothing of what was done, unless it complains of fields.
    let unsaid = of_http.is_none() && of_body.is_none() && fields.is_empty();
    if unsaid || of_body.is_some_and(open) {
        refusal.nothing_done = Some(false);
    }
    refusal.carrier_code = said.map(|code| code.to_string());
    refusal.carrier_message = message
        .map(|message| message.split_whitespace().collect::<Vec<_>>().join(" "))
        .or_else(|| text(json, "error_description"))
        .or_else(|| text(json, "error"));
    refusal.fields = fields;
    Some(refusal)
}

/// Whether a success has no `data`.
pub(super) fn shows_nothing(json: &Value) -> bool {
    super::replies::told_success(json)
        && json.get("data").is_some_and(|data| match data {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            _ => false,
        })
}

/// Whether a status leaves open what was done.
fn open(status: u16) -> bool {
    status >= 500 || status == 408
}

/// `error` and `error_description`; each of them is a 400 in the API reference.
fn oauth(of_http: Option<u16>, json: &Value) -> Option<Refusal> {
    let error = text(json, "error").filter(|_| text(json, "access_token").is_none());
    if of_http.is_none() && error.is_none() {
        return None;
    }
    let mut refusal = match error.as_deref() {
        Some("invalid_client" | "unauthorized_client" | "access_denied") => Refusal::new(Code::Authentication),
        Some("invalid_request" | "unsupported_grant_type") if of_http.is_none() => Refusal::new(Code::Validation),
        // With a good status, an error that OAuth doesn't have is still no token.
        _ => Refusal::by_status(of_http.unwrap_or(401)),
    };
    refusal.carrier_message = text(json, "error_description").or_else(|| text(json, "message"));
    refusal.carrier_code = error;
    Some(refusal)
}

/// The fields complained of: `[type_service] The property type_service is required\n`, one line each.
fn complaints(message: &str) -> Vec<(String, String)> {
    message.lines().filter_map(complaint).collect()
}

fn complaint(line: &str) -> Option<(String, String)> {
    let inner = line.trim().strip_prefix('[')?;
    // A field's path has brackets of its own: `[coordinates[1].address] …`
    let mut depth = 1;
    let end = inner.find(|c| {
        depth += match c {
            '[' => 1,
            ']' => -1,
            _ => 0,
        };
        depth == 0
    })?;
    let (field, text) = (inner[..end].trim(), inner[end + 1..].trim());
    (!field.is_empty()).then(|| (field.to_owned(), text.to_owned()))
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
