//! Creates under way, by account and idempotency key: who makes the shipment, how far it came, what came of it.
//!
//! The order that makes a create safe: `claim`, then `sending` **before the first byte** of the request that makes
//! the shipment, then `finish`. Whoever finds a row with `sent_at` and no reply knows that a shipment may exist.
//! Whether it does is asked at the carrier by the caller, not here.

use rusqlite::{OptionalExtension, Row, ToSql, Transaction, params};
use serde_json::{Map, Value};

use super::error::{Fault, StateError};
use super::owner::{self, Hold, Owner};
use super::{Store, schema};

/// What a caller with a key may do.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// The caller makes the shipment, or finds out what became of it.
    Mine(Intent),
    /// It was made: the reply that [`Store::finish`] was given.
    Done(Value),
    /// Another caller, in this process or another, is at it; it may be taken over after `until_ms`.
    Busy {
        /// The end of its lease.
        until_ms: i64,
    },
    /// The key stands for other content.
    Conflict,
}

/// What a create asks for, as a digest. Two requests with the same meaning have the same content.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// As this version of flete writes it.
    pub now: String,
    /// As earlier versions wrote it for the same request: their keys still replay.
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

/// A create that is the caller's. Every write shows its nonce, so that one who lost it can't write any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    account: String,
    key: String,
    nonce: String,
    /// The sub-steps that are done, by name.
    pub steps: Map<String, Value>,
    /// When the request that makes the shipment was last sent. `Some` on a claim: its outcome is not known.
    pub sent_at_ms: Option<i64>,
    /// When the key was first claimed.
    pub started_at_ms: i64,
    /// How often it was claimed, this time included.
    pub attempts: u32,
}

/// What became of a create that a person settled.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled {
    /// It wasn't made: the key is free.
    Freed,
    /// It was made: the reply is kept.
    Made,
    /// No such key.
    NotFound,
    /// Nothing to settle: this is its reply.
    AlreadyDone(Value),
    /// Someone is at it.
    Busy {
        /// The end of its lease.
        until_ms: i64,
    },
}

struct Entry {
    fingerprint: String,
    steps: String,
    sent_at: Option<i64>,
    started_at: i64,
    attempts: u32,
    reply: Option<String>,
    hold: Hold,
}

impl Entry {
    fn find(tx: &Transaction<'_>, account: &str, key: &str) -> rusqlite::Result<Option<Self>> {
        tx.query_row(
            "SELECT fingerprint, steps, sent_at, started_at, attempts, reply, nonce, owner, lease_until
             FROM creates WHERE account = ?1 AND key = ?2",
            params![account, key],
            |row| {
                Ok(Self {
                    fingerprint: row.get(0)?,
                    steps: row.get(1)?,
                    sent_at: row.get(2)?,
                    started_at: row.get(3)?,
                    attempts: row.get(4)?,
                    reply: row.get(5)?,
                    hold: hold(row, 6)?,
                })
            },
        )
        .optional()
    }

    /// Nothing was sent or saved, and nobody holds it: the key stands for nothing yet.
    fn is_blank(&self) -> bool {
        self.reply.is_none() && self.sent_at.is_none() && self.steps == "{}"
    }
}

fn hold(row: &Row<'_>, at: usize) -> rusqlite::Result<Hold> {
    Ok(Hold { nonce: row.get(at)?, owner: row.get(at + 1)?, lease_until: row.get(at + 2)? })
}

fn parse(text: &str) -> Result<Value, Fault> {
    serde_json::from_str(text).map_err(|_| Fault::Unreadable("a create"))
}

fn parse_steps(text: &str) -> Result<Map<String, Value>, Fault> {
    match parse(text)? {
        Value::Object(steps) => Ok(steps),
        _ => Err(Fault::Unreadable("a create's steps")),
    }
}

impl Store {
    /// Claims a key until `lease_until_ms` for a request of this content. A key whose last
    /// owner died before anything was sent or saved may be claimed with other content.
    pub fn claim(
        &self,
        account: &str,
        key: &str,
        content: impl Into<Content>,
        lease_until_ms: i64,
        now_ms: i64,
    ) -> Result<Claim, StateError> {
        let content = content.into();
        let here = Owner::current();
        let nonce = owner::nonce(&self.path)?;
        self.write(|tx| {
            schema::prune(tx, self.keep_ms, now_ms)?;
            let mut intent = Intent {
                account: account.to_owned(),
                key: key.to_owned(),
                nonce: nonce.clone(),
                steps: Map::new(),
                sent_at_ms: None,
                started_at_ms: now_ms,
                attempts: 1,
            };
            if let Some(entry) = Entry::find(tx, account, key)? {
                let held = entry.hold.until(&here, now_ms);
                let same = content.is(&entry.fingerprint);
                if !same && (held.is_some() || !entry.is_blank()) {
                    return Ok(Claim::Conflict);
                }
                if let Some(reply) = &entry.reply {
                    return Ok(Claim::Done(parse(reply)?));
                }
                if let Some(until_ms) = held {
                    return Ok(Claim::Busy { until_ms });
                }
                if same {
                    intent.steps = parse_steps(&entry.steps)?;
                    intent.sent_at_ms = entry.sent_at;
                    intent.started_at_ms = entry.started_at;
                    intent.attempts = entry.attempts.saturating_add(1);
                }
            }
            tx.execute(
                "INSERT INTO creates (account, key, fingerprint, started_at, attempts, nonce, owner, lease_until, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint, started_at = excluded.started_at,
                     attempts = excluded.attempts, nonce = excluded.nonce, owner = excluded.owner,
                     lease_until = excluded.lease_until, updated_at = excluded.updated_at",
                params![
                    account, key, content.now, intent.started_at_ms, intent.attempts, nonce, here.to_text(),
                    lease_until_ms, now_ms
                ],
            )?;
            Ok(Claim::Mine(intent))
        })
    }

    /// To be called before the first byte of each request that makes the shipment: on `Ok` the disk knows. `at_ms` may
    /// be another clock's than ours.
    pub fn sending(&self, intent: &mut Intent, at_ms: i64) -> Result<(), StateError> {
        self.update(intent, "sent_at = ?4, updated_at = max(updated_at, ?4)", &[&at_ms])?;
        intent.sent_at_ms = Some(at_ms);
        Ok(())
    }

    /// The request provably did nothing (no connection, a documented refusal): not unknown any more, still the caller's.
    pub fn not_sent(&self, intent: &mut Intent) -> Result<(), StateError> {
        self.update(intent, "sent_at = NULL", &[])?;
        intent.sent_at_ms = None;
        Ok(())
    }

    /// Records a sub-step that is done, so that a later attempt goes on from there.
    pub fn step(&self, intent: &mut Intent, name: &str, value: Value, now_ms: i64) -> Result<(), StateError> {
        let mut steps = intent.steps.clone();
        steps.insert(name.to_owned(), value);
        let text = serde_json::to_string(&steps).map_err(|_| Fault::Unreadable("a step").explain(&self.path))?;
        self.update(intent, "steps = ?4, updated_at = ?5", &[&text, &now_ms])?;
        intent.steps = steps;
        Ok(())
    }

    /// The shipment is made: from now on the key answers with `reply`.
    pub fn finish(&self, intent: &Intent, reply: &Value, now_ms: i64) -> Result<(), StateError> {
        self.update(
            intent,
            "reply = ?4, updated_at = ?5, nonce = NULL, owner = NULL, lease_until = NULL",
            &[&reply.to_string(), &now_ms],
        )
    }

    /// Gives up without an answer. What was sent and saved is kept for the next caller: unknown, if it was sent.
    pub fn release(&self, intent: &Intent, now_ms: i64) -> Result<(), StateError> {
        self.update(intent, "updated_at = ?4, nonce = NULL, owner = NULL, lease_until = NULL", &[&now_ms])
    }

    /// The carrier refused, and no shipment exists: the key is free again.
    pub fn free(&self, intent: &Intent) -> Result<(), StateError> {
        self.owned(intent, "DELETE FROM creates WHERE account = ?1 AND key = ?2 AND nonce = ?3", &[])
    }

    /// A person says what became of a key: `made` with the reply to keep, or `None` for "it wasn't made".
    pub fn settle(&self, account: &str, key: &str, made: Option<&Value>, now_ms: i64) -> Result<Settled, StateError> {
        let here = Owner::current();
        self.write(|tx| {
            let Some(entry) = Entry::find(tx, account, key)? else {
                return Ok(Settled::NotFound);
            };
            if let Some(reply) = &entry.reply {
                return Ok(Settled::AlreadyDone(parse(reply)?));
            }
            if let Some(until_ms) = entry.hold.until(&here, now_ms) {
                return Ok(Settled::Busy { until_ms });
            }
            let Some(reply) = made else {
                tx.execute("DELETE FROM creates WHERE account = ?1 AND key = ?2", params![account, key])?;
                return Ok(Settled::Freed);
            };
            tx.execute(
                "UPDATE creates SET reply = ?3, updated_at = ?4, nonce = NULL, owner = NULL, lease_until = NULL
                 WHERE account = ?1 AND key = ?2",
                params![account, key, reply.to_string(), now_ms],
            )?;
            Ok(Settled::Made)
        })
    }

    fn update(&self, intent: &Intent, set: &str, values: &[&dyn ToSql]) -> Result<(), StateError> {
        let sql = format!("UPDATE creates SET {set} WHERE account = ?1 AND key = ?2 AND nonce = ?3");
        self.owned(intent, &sql, values)
    }

    /// A statement on the caller's own row; [`StateError::Lost`] if it isn't the caller's any more.
    fn owned(&self, intent: &Intent, sql: &str, values: &[&dyn ToSql]) -> Result<(), StateError> {
        self.write(|tx| {
            let mut all: Vec<&dyn ToSql> = vec![&intent.account, &intent.key, &intent.nonce];
            all.extend_from_slice(values);
            match tx.execute(sql, all.as_slice())? {
                0 => Err(StateError::Lost.into()),
                _ => Ok(()),
            }
        })
    }
}
