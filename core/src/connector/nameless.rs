//! A good reply to a create that doesn't name what it made. The create isn't sent again: the caller must know that
//! there may be a shipment.

use super::answer::Clean;
use super::endpoint::Endpoint;
use super::journal::MADE;
use super::session::Session;
use crate::json::{Value, json};
use crate::model::{Code, Error, Outcome};

/// The error for such a reply. `advice` says what it lacks, and what to do.
pub(crate) fn nameless(endpoint: &Endpoint, outcome: Outcome, advice: &str, raw: impl Into<Value>) -> Error {
    let raw = raw.into();
    let mut error = Error::new(Code::CarrierResponse, advice).with_outcome(outcome);
    error.edit().operation = Some(endpoint.name.to_owned());
    error.edit().retryable = false;
    error.edit().created = (outcome == Outcome::Done).then(|| json!({"shipment": raw}));
    error.edit().raw = Some(raw);
    error
}

impl Session<'_> {
    /// Keep such a reply with the idempotency key, so that a later attempt knows that the shipment is made; and its
    /// error.
    pub(crate) async fn made_nameless(&self, endpoint: &Endpoint, advice: &str, answer: &Clean) -> Error {
        let raw = Value::clone(answer);
        if let Err(error) = self.record(MADE, raw.clone()).await {
            log::error!(target: "flete", "{}: the reply was not kept with its key: {error}", self.account.id);
        }
        let mut error = nameless(endpoint, Outcome::Done, advice, raw);
        error.edit().http_status = Some(answer.reply().status);
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::endpoint::post;

    #[test]
    fn a_reply_without_an_id_keeps_what_it_said_and_is_never_repeated() {
        static CREATE: Endpoint = post("parcels.create", "/parcels").shipment();
        let raw = json!({"status": "made"});
        for (outcome, created) in
            [(Outcome::Unknown, None), (Outcome::Done, Some(json!({"shipment": {"status": "made"}})))]
        {
            let error = nameless(&CREATE, outcome, "has no id", raw.clone());
            assert_eq!((error.code, error.outcome, error.retryable), (Code::CarrierResponse, outcome, false));
            assert_eq!((error.operation.as_deref(), &error.raw), (Some("parcels.create"), &Some(raw.clone())));
            assert_eq!(error.created, created, "{outcome:?}");
        }
    }
}
