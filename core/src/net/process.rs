//! The one place that owns what belongs to this process: the runtime, the HTTP clients, and what accounts share.
//!
//! A runtime or a connection made before `fork()` hangs in the child, or talks on the parent's socket. So nothing
//! is made at open; everything hangs off a list of processes tagged with their ids, which is read without a lock.
//! A child finds that the last entry isn't its own, makes a new one, and leaves the parent's alone for ever
//! (dropping it would touch the parent's sockets).

use super::clock::Clock;
use super::http;
use super::limit::Limiter;
use super::token::TokenSlot;
use crate::config::{Account, NetConfig};
use crate::model::Error;
use nix::sys::signal::SigSet;
use once_cell::race::OnceRef;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// What belongs to one process.
pub(crate) struct Process {
    pid: u32,
    pub(crate) runtime: Runtime,
    clients: Mutex<Vec<Kept>>,
    accounts: Mutex<HashMap<String, Arc<Shared>>>,
    /// Rung by every interrupt; each waiting call then looks whether it was meant.
    pub(crate) interrupts: Notify,
    next: OnceRef<'static, Process>,
}

/// An HTTP client, and what it was made for.
struct Kept {
    net: NetConfig,
    secure: bool,
    client: reqwest::Client,
}

static FIRST: OnceRef<'static, Process> = OnceRef::new();

/// What all clients of one account share within a process.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) limiter: Limiter,
    pub(crate) token: TokenSlot,
    pub(crate) clock: Clock,
    /// Whether the log has said that this account's keys are in memory.
    pub(crate) memory_told: AtomicBool,
    facts: Mutex<HashMap<(&'static str, String), Value>>,
}

/// A lock whose holder panicked still guards good data: every holder here only reads or replaces whole values.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Something learnt from the carrier and worth keeping: an address's id, a task's id.
    pub(crate) fn fact(&self, kind: &'static str, key: &str) -> Option<Value> {
        lock(&self.facts).get(&(kind, key.to_owned())).cloned()
    }

    /// Keep a fact. A process that runs for months must not grow for ever.
    pub(crate) fn remember(&self, kind: &'static str, key: &str, value: Value) {
        let mut facts = lock(&self.facts);
        if facts.len() >= 50_000 {
            facts.clear();
        }
        facts.insert((kind, key.to_owned()), value);
    }

    /// Drop a fact that proved wrong.
    pub(crate) fn forget(&self, kind: &'static str, key: &str) {
        lock(&self.facts).remove(&(kind, key.to_owned()));
    }
}

impl Process {
    /// This process's own, made on first use.
    pub(crate) fn current() -> Result<&'static Self, Error> {
        let pid = std::process::id();
        let mut slot = &FIRST;
        loop {
            match slot.get() {
                Some(process) if process.next.get().is_none() && process.pid == pid => return Ok(process),
                Some(process) => slot = &process.next,
                None => {
                    let made: &'static Self = Box::leak(Box::new(Self::new(pid)?));
                    // Another thread may have been first: then its entry is the one, and ours is never used.
                    let _ = slot.set(made);
                }
            }
        }
    }

    /// This process's own, if it was ever needed.
    pub(crate) fn existing() -> Option<&'static Self> {
        let mut process = FIRST.get()?;
        while let Some(next) = process.next.get() {
            process = next;
        }
        (process.pid == std::process::id()).then_some(process)
    }

    fn new(pid: u32) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            // Helper threads (name look-ups, the state file) must not take the host's signals from it.
            .on_thread_start(|| {
                let _ = SigSet::all().thread_block();
            })
            .build()
            .map_err(|error| Error::internal(format!("the runtime could not be started: {error}")))?;
        Ok(Self {
            pid,
            runtime,
            clients: Mutex::default(),
            accounts: Mutex::default(),
            interrupts: Notify::new(),
            next: OnceRef::new(),
        })
    }

    /// The HTTP client for these settings; one for each, so that connections are kept and shared.
    pub(crate) fn client(&self, net: &NetConfig, secure: bool) -> Result<reqwest::Client, Error> {
        let mut clients = lock(&self.clients);
        if let Some(kept) = clients.iter().find(|kept| kept.secure == secure && kept.net.connects_like(net)) {
            return Ok(kept.client.clone());
        }
        let client = http::client(net, secure)?;
        clients.push(Kept { net: net.clone(), secure, client: client.clone() });
        Ok(client)
    }

    /// What all clients of this account share.
    pub(crate) fn shared(&self, account: &Account) -> Arc<Shared> {
        lock(&self.accounts).entry(account.fingerprint.clone()).or_default().clone()
    }
}
