//! Creates, by account and idempotency key: who makes the shipment, which steps are done, and the result.
//!
//! The order that makes a create safe: `claim`, then `sending` **before the first byte** of the request that makes the
//! shipment, then `finish`. A row with `sent_at` and no reply means that a shipment may exist. Whether it does, the
//! caller asks the carrier, not this module.
//!
//! A place that keeps creates implements how one is changed ([`Creates::edit`]) and how they are listed
//! ([`Creates::list`]). What a change means is here, once for all places.

use crate::json::{Map, Value};

use super::error::{Fault, StateError};
use super::owner::{Hold, Owner};

/// What a caller with a key may do.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// The caller may make the shipment, or find out whether it was made.
    Mine(Intent),
    /// It was made; this is the reply that [`Creates::finish`] recorded.
    Done(Value),
    /// Another caller, in this process or another, works on it. It may be taken over after `until_ms`.
    Busy {
        /// The end of its lease.
        until_ms: i64,
    },
    /// The key belongs to other content.
    Conflict,
}

/// A create's content, as a digest. Two requests with the same meaning have the same content.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// The digest of this version of flete.
    pub now: String,
    /// The digests of earlier versions for the same request, so that their keys still replay.
    pub older: Vec<String>,
}

impl Content {
    fn is(&self, recorded: &str) -> bool {
        self.now == recorded || self.older.iter().any(|older| older == recorded)
    }
}

impl From<&str> for Content {
    fn from(now: &str) -> Self {
        Self { now: now.to_owned(), older: Vec::new() }
    }
}

/// A create that the caller has claimed. Every write shows its nonce, so that a caller who lost it can't write.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    account: String,
    key: String,
    nonce: String,
    /// The sub-steps that are done, by name.
    pub steps: Map,
    /// When the request that makes the shipment was last sent. If it is `Some` on a claim, its outcome is unknown.
    pub sent_at_ms: Option<i64>,
}

/// The result of settling a create.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled {
    /// Recorded as not made: the key is free.
    Freed,
    /// Recorded as made: the reply is kept.
    Made,
    /// No such key.
    NotFound,
    /// There is nothing to settle: its reply is known.
    AlreadyDone,
    /// A call with this key is in progress.
    Busy,
}

/// A key in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The idempotency key.
    pub key: String,
    /// When it was first claimed.
    pub started_at_ms: i64,
    /// When the request that makes the shipment was last sent, by the carrier's clock.
    pub sent_at_ms: Option<i64>,
    /// How often it was claimed.
    pub attempts: u32,
    /// The reply that [`Creates::finish`] recorded.
    pub reply: Option<Value>,
}

/// A create as a place keeps it.
#[derive(Clone)]
pub struct Entry {
    pub(super) fingerprint: String,
    /// A JSON object.
    pub(super) steps: String,
    pub(super) sent_at: Option<i64>,
    pub(super) started_at: i64,
    pub(super) attempts: u32,
    /// JSON.
    pub(super) reply: Option<String>,
    pub(super) hold: Hold,
    pub(super) updated_at: i64,
}

impl Entry {
    /// Whether nothing was sent or saved: then the key may be used for other content.
    fn is_blank(&self) -> bool {
        self.reply.is_none() && self.sent_at.is_none() && self.steps == "{}"
    }

    pub(super) fn listed(&self, key: &str) -> Result<Listed, Fault> {
        Ok(Listed {
            key: key.to_owned(),
            started_at_ms: self.started_at,
            sent_at_ms: self.sent_at,
            attempts: self.attempts,
            reply: self.reply.as_deref().map(parse).transpose()?,
        })
    }
}

/// What to do with an entry.
pub enum Change {
    /// Left as it is.
    Keep,
    /// Written.
    Put(Entry),
    /// Removed.
    Remove,
}

fn parse(text: &str) -> Result<Value, Fault> {
    crate::json::parse(text).map_err(|_| Fault::Unreadable("a create"))
}

fn parse_steps(text: &str) -> Result<Map, Fault> {
    match parse(text)? {
        Value::Object(steps) => Ok(steps),
        _ => Err(Fault::Unreadable("a create's steps")),
    }
}

/// A place that keeps creates. Every change is atomic.
pub trait Creates {
    /// Changes the entry of a key, or makes it. `work` may be called again if another caller was faster.
    /// With `sweep_at_ms`, entries that weren't used for long enough may be removed.
    fn edit<T>(
        &self,
        account: &str,
        key: &str,
        sweep_at_ms: Option<i64>,
        work: impl FnMut(Option<Entry>) -> Result<(Change, T), Fault>,
    ) -> Result<T, StateError>;

    /// An account's keys after `after`, at most `limit`; with `open`, only those that aren't done. They are in the
    /// order of their bytes, which doesn't change while keys come and go.
    fn list(&self, account: &str, after: Option<&str>, open: bool, limit: usize) -> Result<Vec<Listed>, StateError>;

    /// 128 random bits as text.
    fn nonce(&self) -> Result<String, StateError>;

    /// Claims a key until `lease_until_ms` for a request with this content. If nothing was sent or saved with the key
    /// and its last owner is gone, the content may be another.
    fn claim(
        &self,
        account: &str,
        key: &str,
        content: impl Into<Content>,
        lease_until_ms: i64,
        now_ms: i64,
    ) -> Result<Claim, StateError> {
        let content = content.into();
        let here = Owner::current();
        let nonce = self.nonce()?;
        self.edit(account, key, Some(now_ms), |entry| {
            let mut intent = Intent {
                account: account.to_owned(),
                key: key.to_owned(),
                nonce: nonce.clone(),
                steps: Map::new(),
                sent_at_ms: None,
            };
            // An entry of other content from which nothing was sent or saved passes on nothing.
            let (mut steps, mut started_at, mut attempts) = ("{}".to_owned(), now_ms, 1);
            if let Some(entry) = entry {
                let held = entry.hold.until(&here, now_ms);
                let same = content.is(&entry.fingerprint);
                if !same && (held.is_some() || !entry.is_blank()) {
                    return Ok((Change::Keep, Claim::Conflict));
                }
                if let Some(reply) = &entry.reply {
                    return Ok((Change::Keep, Claim::Done(parse(reply)?)));
                }
                if let Some(until_ms) = held {
                    return Ok((Change::Keep, Claim::Busy { until_ms }));
                }
                if same {
                    intent.steps = parse_steps(&entry.steps)?;
                    intent.sent_at_ms = entry.sent_at;
                    started_at = entry.started_at;
                    attempts = entry.attempts.saturating_add(1);
                    steps = entry.steps;
                }
            }
            let entry = Entry {
                fingerprint: content.now.clone(),
                steps,
                sent_at: intent.sent_at_ms,
                started_at,
                attempts,
                reply: None,
                hold: Hold {
                    nonce: Some(nonce.clone()),
                    owner: Some(here.to_text()),
                    lease_until: Some(lease_until_ms),
                },
                updated_at: now_ms,
            };
            Ok((Change::Put(entry), Claim::Mine(intent)))
        })
    }

    /// Records that the request that makes the shipment is about to be sent. To be called before its first byte.
    /// `at_ms` may come from another clock than ours.
    fn sending(&self, intent: &mut Intent, at_ms: i64) -> Result<(), StateError> {
        self.update(intent, |entry| {
            entry.sent_at = Some(at_ms);
            entry.updated_at = entry.updated_at.max(at_ms);
        })?;
        intent.sent_at_ms = Some(at_ms);
        Ok(())
    }

    /// The request provably did nothing (no connection, a documented refusal). The outcome isn't unknown any more, and
    /// the caller still holds the key.
    fn not_sent(&self, intent: &mut Intent) -> Result<(), StateError> {
        self.update(intent, |entry| entry.sent_at = None)?;
        intent.sent_at_ms = None;
        Ok(())
    }

    /// Records a sub-step that is done, so that a later attempt continues from there.
    fn step(&self, intent: &mut Intent, name: &str, value: Value, now_ms: i64) -> Result<(), StateError> {
        let mut steps = intent.steps.clone();
        steps.insert(name.to_owned(), value);
        let all = Value::Object(steps);
        let text = all.to_string();
        self.update(intent, |entry| {
            entry.steps.clone_from(&text);
            entry.updated_at = now_ms;
        })?;
        if let Value::Object(steps) = all {
            intent.steps = steps;
        }
        Ok(())
    }

    /// The shipment is made: from now on the key returns `reply`.
    fn finish(&self, intent: &Intent, reply: &Value, now_ms: i64) -> Result<(), StateError> {
        let text = reply.to_string();
        self.update(intent, |entry| {
            entry.reply = Some(text.clone());
            entry.updated_at = now_ms;
            entry.hold = Hold::default();
        })
    }

    /// Gives the key back without a result. What was recorded is kept for the next caller; if a request was sent, the
    /// outcome is unknown.
    fn release(&self, intent: &Intent, now_ms: i64) -> Result<(), StateError> {
        self.update(intent, |entry| {
            entry.updated_at = now_ms;
            entry.hold = Hold::default();
        })
    }

    /// The carrier refused, and no shipment exists: the key is free again.
    fn free(&self, intent: &Intent) -> Result<(), StateError> {
        self.owned(intent, |_| Change::Remove)
    }

    /// Records a person's answer about a key: `made` has the reply to keep, or is `None` for "it wasn't made".
    fn settle(&self, account: &str, key: &str, made: Option<&Value>, now_ms: i64) -> Result<Settled, StateError> {
        let here = Owner::current();
        self.edit(account, key, None, |entry| {
            let Some(mut entry) = entry else {
                return Ok((Change::Keep, Settled::NotFound));
            };
            if entry.reply.is_some() {
                return Ok((Change::Keep, Settled::AlreadyDone));
            }
            if entry.hold.until(&here, now_ms).is_some() {
                return Ok((Change::Keep, Settled::Busy));
            }
            let Some(reply) = made else {
                return Ok((Change::Remove, Settled::Freed));
            };
            entry.reply = Some(reply.to_string());
            entry.updated_at = now_ms;
            entry.hold = Hold::default();
            Ok((Change::Put(entry), Settled::Made))
        })
    }

    /// Changes the caller's own entry.
    fn update(&self, intent: &Intent, mut change: impl FnMut(&mut Entry)) -> Result<(), StateError> {
        self.owned(intent, |mut entry| {
            change(&mut entry);
            Change::Put(entry)
        })
    }

    /// Changes the caller's own entry, or returns [`StateError::Lost`] if it isn't the caller's any more.
    fn owned(&self, intent: &Intent, mut change: impl FnMut(Entry) -> Change) -> Result<(), StateError> {
        self.edit(&intent.account, &intent.key, None, |entry| match entry {
            Some(entry) if entry.hold.nonce.as_ref() == Some(&intent.nonce) => Ok((change(entry), ())),
            _ => Err(StateError::Lost.into()),
        })
    }
}
