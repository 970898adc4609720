//! Replies of the second generation in flete's vocabulary. Most of it is the first generation's (`../replies.rs`): the
//! same envelope, states and words. Pure.

use super::super::replies;
use crate::connector::answer::View;
use crate::connector::lenient::decimal;
use crate::connector::price;
use crate::json::{Value, json};
use crate::model::measure::Amount;
use crate::model::reply::{Rate, Service, Shipment};

/// A price.
pub(super) fn rate<'a>(reply: impl Into<View<'a>>, service: Service) -> Rate {
    let reply = reply.into();
    let data = replies::shown(&reply);
    let distance_km = data.get("total_distance").and_then(kilometres);
    let rate = replies::rate(&json!({"data": data}), service);
    Rate { distance_km: rate.distance_km.or(distance_km), raw: reply.raw(), ..rate }
}

/// A distance as one integration expects it: `5.2 km`.
fn kilometres(distance: &Value) -> Option<Amount> {
    let text = distance.as_str()?.trim().to_lowercase();
    let number = price::number(&json!(text.strip_suffix("km")?.trim_end()))?;
    (!number.is_sign_negative()).then_some(Amount(number))
}

/// What a create made.
pub(super) fn made<'a>(reply: impl Into<View<'a>>) -> Shipment {
    let reply = reply.into();
    Shipment { raw: reply.raw(), ..replies::made(&json!({"data": replies::shown(&reply)})) }
}

/// Whether a reply shows anything of a service, or clearly nothing.
pub(super) fn shows_service(reply: &Value) -> bool {
    replies::shows_task(reply) || super::super::errors::shows_nothing(reply)
}

/// Whether a reply says that something was done: by its words, or by having `data` and no error. Of a cancel's reply no
/// more is known.
pub(super) fn told_success(reply: &Value) -> bool {
    let has = |name: &str| reply.get(name).is_some();
    replies::told_success(reply)
        || decimal(reply, "status_code") == Some(200.into())
        || (has("data") && !has("error") && !has("errors"))
}

#[cfg(test)]
#[path = "replies_tests.rs"]
mod tests;
