//! The record of a create: the mark that finds it at the carrier, the steps that are done, and whether the request that
//! makes the shipment may have been sent. Without a key nothing is recorded.

use super::state_access::{StateAccess, unusable, with_store};
use super::verdict::{Stage, at_stage};
use crate::json::Value;
use crate::model::{Code, Error};
use crate::net::http::Gate;
use crate::net::token::now_ms;
use crate::state::{Creates, Intent, StateError, Store};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::sync::Arc;

/// The step that says that the carrier has made the shipment, though more is to be done.
pub(crate) const MADE: &str = "made";

/// The record of one create.
#[derive(Default)]
pub(crate) struct Journal<'a> {
    store: Option<&'a Store>,
    intent: RefCell<Option<Intent>>,
    /// A text that only this idempotency key puts on a shipment, so that a look-up finds it: a merchant's own reference
    /// may repeat. `None` without a key.
    mark: Option<String>,
    /// The gate of the request that makes the shipment, once it is recorded as being sent.
    gate: RefCell<Option<Arc<Gate>>>,
    /// The shipment, once it's made.
    reply: RefCell<Option<Value>>,
}

/// The mark of a key: short enough for a tag of 20 characters.
pub(crate) fn mark(account: &str, key: &str) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let digest = Sha256::new().chain_update(account).chain_update([0]).chain_update(key).finalize();
    let digits = digest.iter().take(16).map(|byte| char::from(DIGITS[usize::from(byte % 32)]));
    format!("fl-{}", digits.collect::<String>())
}

/// What an entry of a carrier's list says of a mark.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Bears {
    /// It has the mark.
    Mark,
    /// It is another shipment.
    Another,
    /// It is damaged, and may be either.
    Unclear,
}

/// Whether an entry bears a mark. `texts` are those in which the carrier returns a mark.
pub(crate) fn bears<'a>(entry: &Value, texts: impl Iterator<Item = &'a str>, mark: &str) -> Bears {
    if entry.as_object().is_none_or(crate::json::Map::is_empty) {
        return Bears::Unclear;
    }
    let mut bears = Bears::Another;
    for text in texts {
        let text = text.to_lowercase();
        if text.contains(mark) {
            return Bears::Mark;
        }
        let letters: Vec<char> = text.chars().collect();
        let alike = |(read, of): (&char, char)| *read == of || *read == char::REPLACEMENT_CHARACTER;
        if letters.windows(mark.len()).any(|part| part.iter().zip(mark.chars()).all(alike)) {
            bears = Bears::Unclear;
        }
    }
    bears
}

/// The error of a look-up that found nothing, where an entry that can't be read may be the shipment: making it again
/// could make a second one.
pub(crate) fn unproven(carrier: &str, entry: Value) -> Error {
    let mut error = Error::new(
        Code::CarrierResponse,
        format!("an entry of {carrier}'s list can't be read and may be the shipment; look there, and use `settle`"),
    );
    error.edit().raw = Some(entry);
    error
}

impl<'a> Journal<'a> {
    /// The record of a create with a key.
    pub(crate) fn of(account: &str, key: &str, store: &'a Store, intent: Intent) -> Self {
        let mut journal = Self::default();
        (journal.store, journal.mark) = (Some(store), Some(mark(account, key)));
        journal.intent = RefCell::new(Some(intent));
        journal
    }

    /// What this key puts on the shipment.
    pub(crate) fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }

    /// What an earlier attempt recorded of this step.
    pub(crate) fn step(&self, name: &str) -> Option<Value> {
        self.intent.borrow().as_ref()?.steps.get(name).cloned()
    }

    /// Record that a step is done, so that a later attempt continues from there.
    pub(crate) async fn record(&self, state: StateAccess<'_>, name: &'static str, value: Value) -> Result<(), Error> {
        self.update(state, move |store, intent| store.step(intent, name, value.clone(), now_ms())).await
    }

    /// Record that the request that makes the shipment is sent next. It is on disk before the first byte is written.
    /// The time is by the carrier's clock: the carrier dates shipments by it, and ours may be corrected before the
    /// look-up.
    pub(crate) async fn sending(
        &self,
        state: StateAccess<'_>,
        gate: &Arc<Gate>,
        carrier_now_ms: i64,
    ) -> Result<(), Error> {
        *self.gate.borrow_mut() = Some(Arc::clone(gate));
        self.sent_by_now(state, carrier_now_ms).await
    }

    /// Record that it was sent by now, at the latest.
    pub(crate) async fn sent_by_now(&self, state: StateAccess<'_>, carrier_now_ms: i64) -> Result<(), Error> {
        self.update(state, move |store, intent| store.sending(intent, carrier_now_ms)).await
    }

    /// Record that the request provably did nothing.
    pub(crate) async fn not_sent(&self, state: StateAccess<'_>) -> Result<(), Error> {
        // However the call ends now, no request is in progress.
        *self.gate.borrow_mut() = Some(Arc::default());
        self.update(state, |store, intent| store.not_sent(intent)).await
    }

    /// When the request that makes the shipment was sent, if its outcome isn't known.
    pub(crate) fn sent_at_ms(&self) -> Option<i64> {
        self.intent.borrow().as_ref()?.sent_at_ms
    }

    /// Record the reply of the shipment that was made. If that fails, the caller still gets the reply; the key then
    /// stays unknown, and is looked up at the carrier when it's used again.
    pub(crate) async fn finish(&self, state: StateAccess<'_>, reply: Value) {
        *self.reply.borrow_mut() = Some(reply.clone());
        self.end(state, "kept", move |store, intent| store.finish(intent, &reply, now_ms())).await;
    }

    /// Free the key after a refusal.
    pub(crate) async fn free(&self, state: StateAccess<'_>) {
        self.end(state, "freed", |store, intent| store.free(intent)).await;
    }

    /// Leave the key as it is for a later attempt.
    pub(crate) async fn release(&self, state: StateAccess<'_>) {
        self.end(state, "released", |store, intent| store.release(intent, now_ms())).await;
    }

    async fn update(
        &self,
        state: StateAccess<'_>,
        work: impl Fn(&Store, &mut Intent) -> Result<(), StateError> + Clone + Send + 'static,
    ) -> Result<(), Error> {
        let Some(store) = self.store else { return Ok(()) };
        let Some(intent) = self.intent.borrow().clone() else { return Ok(()) };
        let changed = with_store(state, store, move |store| {
            let mut intent = intent.clone();
            work(store, &mut intent).map(|()| intent)
        })
        .await;
        match changed {
            Ok(intent) => {
                *self.intent.borrow_mut() = Some(intent);
                Ok(())
            }
            Err(error) => {
                // The caller that took over may be making the shipment.
                let stage = if matches!(error, StateError::Lost) { Stage::OpenKey } else { Stage::BeforeSending };
                Err(at_stage(stage, unusable(error), state.call.outcome()))
            }
        }
    }

    async fn end(
        &self,
        state: StateAccess<'_>,
        what: &str,
        work: impl Fn(&Store, &Intent) -> Result<(), StateError> + Clone + Send + 'static,
    ) {
        let Some(store) = self.store else { return };
        let Some(intent) = self.intent.borrow().clone() else { return };
        let ended = with_store(state, store, move |store| work(store, &intent)).await;
        if let Err(error) = ended {
            log::error!(target: "flete", "an idempotency key was not {what}: {error}");
        }
        self.intent.borrow_mut().take();
    }
}

/// A call that is dropped (interrupted, or past its deadline) gives the key up, so that the next one needn't
/// wait for the lease to end: done where the shipment is made, free where its request never went out.
impl Drop for Journal<'_> {
    fn drop(&mut self) {
        let (Some(store), Some(intent)) = (self.store, self.intent.get_mut().take()) else { return };
        let unsent = self.gate.get_mut().as_ref().is_some_and(|gate| gate.withdraw());
        let ended = match self.reply.get_mut().take() {
            Some(reply) => store.finish(&intent, &reply, now_ms()),
            None if unsent => store.free(&intent),
            None => store.release(&intent, now_ms()),
        };
        match ended {
            // The helper thread of the dropped call came first.
            Ok(()) | Err(StateError::Lost) => {}
            Err(error) => log::warn!(target: "flete", "an idempotency key was not released: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn an_entry_bears_a_mark_or_not_or_is_unclear() {
        let mark = mark("cr", "order-1");
        let damaged = |at: usize| format!("{}\u{fffd}{}", &mark[..at], &mark[at + 1..]);
        let other = super::mark("cr", "order-2");
        for (texts, said) in [
            (vec![], Bears::Another),
            (vec!["vidrio".to_owned(), other.clone()], Bears::Another),
            (vec![mark.to_uppercase()], Bears::Mark),
            (vec![damaged(5), format!("Pedido 7 | {mark}")], Bears::Mark),
            (vec![damaged(0)], Bears::Unclear),
            (vec![format!("caja \u{fffd} {}", damaged(18))], Bears::Unclear),
            (vec!["\u{fffd}".to_owned()], Bears::Another),
            (vec![format!("\u{fffd}{}", &other[1..])], Bears::Another),
        ] {
            let texts = texts.iter().map(String::as_str);
            assert_eq!(bears(&json!({"id": 1}), texts, &mark), said);
        }
        for entry in [json!(null), json!({}), json!("x"), json!([])] {
            assert_eq!(bears(&entry, std::iter::empty(), &mark), Bears::Unclear);
        }
    }

    #[test]
    fn a_mark_fits_a_tag_and_differs_by_key_and_account() {
        assert_eq!(mark("cr", "order-1").len(), 19);
        assert_eq!(mark("cr", "order-1"), mark("cr", "order-1"));
        assert_ne!(mark("cr", "order-1"), mark("cr", "order-2"));
        assert_ne!(mark("cr", "order-1"), mark("cr2", "order-1"));
    }
}
