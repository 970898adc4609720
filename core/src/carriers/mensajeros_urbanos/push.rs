//! Mensajeros Urbanos' push ("Url de seguimiento"): a text that is nearly JSON, a date with spaces in it, and a
//! token that tells that it's theirs. Pure.

use super::replies;
use crate::connector::expected::id;
use crate::connector::lenient::{self, instant, text};
use crate::model::reply::{Courier, Event, Push};
use crate::model::{Code, Error};
use crate::text::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A push whose token is the account's.
pub(super) fn read(body: &str, token: &str) -> Result<Push, Error> {
    let mut raw = parse(body)?;
    let given = raw.as_object_mut().and_then(|push| push.shift_remove("token"));
    let given = given.as_ref().and_then(lenient::as_text).unwrap_or_default();
    if !bool::from(given.as_bytes().ct_eq(token.as_bytes())) {
        return Err(Error::new(
            Code::Authentication,
            "the push has no token, or not the account's `webhook_token`; don't believe it",
        ));
    }
    let details = raw.get("details").filter(|details| details.is_object()).unwrap_or(&Value::Null);
    let Some(uuid) = id(details, "uuid") else {
        let mut error =
            Error::new(Code::CarrierResponse, "the push names no shipment: it has no `uuid` in its `details`");
        error.edit().retryable = false;
        error.edit().raw = Some(raw);
        return Err(error);
    };
    let code = replies::code(details);
    let status = replies::status(code.as_deref());
    let date = text(&raw, "date");
    Ok(Push {
        kind: "tracking".into(),
        shipment_id: Some(uuid),
        status,
        event: Event {
            at: date.as_deref().and_then(moment),
            status,
            code,
            description: text(details, "status"),
            location: None,
        },
        courier: courier(details),
        tracking_url: text(details, "url"),
        dedupe_key: dedupe_key(details, date.as_deref()),
        raw,
        ..Push::default()
    })
}

/// Nobody is written as an empty name and the telephone 0.
fn courier(details: &Value) -> Option<Courier> {
    let name = text(details, "mensajero").map(|name| name.trim().to_owned());
    let phone = text(details, "phone").filter(|phone| !phone.trim().trim_matches('0').is_empty());
    (name.is_some() || phone.is_some()).then_some(Courier { name, phone, ..Courier::default() })
}

/// The same for every repeat of one push, whatever else a repeat may add.
fn dedupe_key(details: &Value, date: Option<&str>) -> String {
    let mut digest = Sha256::new();
    for name in ["uuid", "status_id", "num_place", "status_place"] {
        digest.update(text(details, name).unwrap_or_default());
        digest.update([0]);
    }
    digest.update(date.unwrap_or_default());
    hex(&digest.finalize()[..16])
}

/// `2016 - 12 - 12 10: 22: 03`, spaces and all, or any form without them.
fn moment(text: &str) -> Option<String> {
    instant(text, &super::zone()).or_else(|| {
        let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
        let [year, month, day, hour, minute, second] = numbers.as_slice() else { return None };
        instant(&format!("{year}-{month}-{day} {hour}:{minute}:{second}"), &super::zone())
    })
}

/// The push as JSON. The samples write `NULL` in capitals, which JSON doesn't know.
fn parse(body: &str) -> Result<Value, Error> {
    lenient::json(body.as_bytes()).ok_or_else(|| {
        Error::invalid("body", "is no push of Mensajeros Urbanos; give the whole body as it came, as a text")
    })
}

#[cfg(test)]
#[path = "push_tests.rs"]
mod tests;
