//! Almex's own forms of a refusal: HTTP 200 with `success: false` ("Refresh Token"), ASP.NET's problems ("Rate",
//! "Generate") and the words of Azure's gateway about subscription keys.

use crate::connector::Refusal;
use crate::connector::endpoint::Endpoint;
use crate::connector::lenient::{as_text, flag, text};
use crate::json::Value;
use crate::model::Code;
use crate::net::http::Reply;

/// What a reply means, if it isn't good.
pub(super) fn refusal(endpoint: &Endpoint, reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
    if reply.status >= 400 {
        let mut refusal = Refusal::by_status(reply.status);
        let Some(json) = json else { return Some(refusal) };
        refusal.carrier_message = text(json, "message").or_else(|| text(json, "title"));
        refusal.request_id = text(json, "traceId");
        refusal.fields = fields(json);
        return Some(refusal);
    }
    let json = json.filter(|json| flag(json, "success") == Some(false))?;
    // The words of `message` are for people: what is refused tells what a refusal means, unless `code`, which is
    // 200 in the API reference's sample, is a status of its own.
    let said = text(json, "code");
    let status = said.as_deref().and_then(|code| code.parse::<u16>().ok()).filter(|code| (400..600).contains(code));
    let mut refusal = match status {
        Some(status) => Refusal::by_status(status),
        None if endpoint.public => Refusal::new(Code::Authentication),
        None if matches!(endpoint.name, "tracking.last_event" | "documents.image") => Refusal::new(Code::NotFound),
        None => Refusal::new(Code::Validation),
    };
    // It refuses as a rule; a server's error in its place says nothing of what was done.
    refusal.nothing_done = status.filter(|status| *status >= 500 || *status == 408).map(|_| false);
    refusal.carrier_code = said.filter(|code| code != "200");
    refusal.carrier_message = text(json, "message");
    refusal.request_id = text(json, "traceId");
    refusal.fields = fields(json);
    Some(refusal)
}

/// ASP.NET's `errors`: each field with its texts.
fn fields(json: &Value) -> Vec<(String, String)> {
    json.get("errors")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, said)| {
            let said = match said {
                Value::Array(texts) => texts.iter().filter_map(as_text).collect::<Vec<_>>().join(" "),
                other => as_text(other).unwrap_or_default(),
            };
            (name.trim_start_matches("$.").to_owned(), said)
        })
        .collect()
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
