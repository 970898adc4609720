//! Mensajeros Urbanos' push ("Url de seguimiento"), of both generations of its API: a text that is nearly JSON, a date
//! with spaces in it, and a secret that tells that it's theirs, in the body or in a header. Pure.

use super::replies;
use crate::connector::expected::id;
use crate::connector::lenient::{self, as_text, instant, text};
use crate::connector::session::Session;
use crate::json::{Raw, Value};
use crate::model::reply::{Event, Push};
use crate::model::request::Webhook;
use crate::model::{Code, Error};
use crate::text::hex;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The header that may have the secret, in newer pushes.
const HEADER: &str = "X-API-KEY";

/// `webhook` of both generations.
pub(super) fn webhook(session: &Session<'_>, token: Option<&str>, request: &Webhook) -> Result<Push, Error> {
    let token = token.ok_or_else(|| {
        Error::config(
            "webhook_token",
            "is required on the account for `webhook`: the token of Mensajeros Urbanos' pushes",
        )
    })?;
    let mut push = read(&request.body, request.header(HEADER), token)?;
    let mut raw = push.raw.into_value();
    session.account.secrets.clean_value(&mut raw);
    push.raw = Raw::of(&raw);
    Ok(push)
}

/// A push whose secret is the account's. It stands in the body's `token`, in a header, or in both: each must be right.
fn read<'a>(body: &str, headers: impl Iterator<Item = &'a str>, token: &str) -> Result<Push, Error> {
    let mut raw = parse(body)?;
    let in_body = raw.as_object_mut().and_then(|push| push.remove("token"));
    let in_body = in_body.filter(|token| !token.is_null() && token.as_str().is_none_or(|text| !text.trim().is_empty()));
    let in_body = in_body.map(|token| as_text(&token).unwrap_or_default());
    let (mut given, mut right) = (false, true);
    for one in headers.filter(|value| !value.is_empty()).map(str::to_owned).chain(in_body) {
        given = true;
        right &= bool::from(one.as_bytes().ct_eq(token.as_bytes()));
    }
    if !(given && right) {
        return Err(Error::new(
            Code::Authentication,
            "the push has no token, or not the account's `webhook_token`; don't believe it",
        ));
    }
    // Its fields lie in `details`; one integration has them beside the date.
    let details = raw.get("details").filter(|details| details.is_object()).unwrap_or(&raw);
    let Some(uuid) = id(details, "uuid") else {
        let mut error =
            Error::new(Code::CarrierResponse, "the push names no shipment: it has no `uuid` in its `details`");
        error.edit().retryable = false;
        error.edit().raw = Some(raw);
        return Err(error);
    };
    let status = replies::state(details);
    let date = text(&raw, "date");
    Ok(Push {
        kind: "tracking".into(),
        shipment_id: Some(uuid),
        reference: id(details, "order_id").or_else(|| id(&raw, "order_id")),
        status,
        event: Event {
            at: date.as_deref().and_then(moment),
            status,
            code: replies::code(details),
            description: replies::reason(details, status).or_else(|| text(details, "status")),
            location: None,
        },
        courier: replies::courier(details),
        tracking_url: text(details, "url"),
        dedupe_key: dedupe_key(details, date.as_deref()),
        raw: Raw::of(&raw),
    })
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
