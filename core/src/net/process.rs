//! Everything that belongs to this process: the runtime, the HTTP clients, and what accounts share.
//!
//! A runtime or a connection made before `fork()` hangs in the child, or writes to the parent's socket. So nothing is
//! made at open. Everything is in a list of processes, tagged with their ids, which is read without a lock. A child
//! finds that the last entry isn't its own, makes a new one, and never touches the parent's again (dropping it would
//! close the parent's sockets). The same is done if the host closed our descriptors: their numbers may be the host's
//! own by now, so they are neither used nor closed again.

use super::clock::Clock;
use super::descriptors::{Polled, Witness};
use super::http;
use super::limit::Limiter;
use super::options::NetConfig;
use super::token::TokenSlot;
use crate::json::Value;
use crate::model::Error;
use crate::sync::lock;
use nix::sys::signal::SigSet;
use once_cell::race::OnceBox;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// Everything that belongs to one process.
pub(crate) struct Process {
    pid: u32,
    /// Opened before and after the runtime's own descriptors: if the host closes a range that has one of the runtime's,
    /// it closes one of these, too.
    witnesses: [Witness; 2],
    /// The runtime's own descriptors, if they are known.
    polled: Vec<Polled>,
    /// Whether the runtime has panicked. Never reset.
    broken: AtomicBool,
    pub(crate) runtime: Runtime,
    clients: Mutex<Vec<Kept>>,
    accounts: Mutex<HashMap<String, Arc<Shared>>>,
    /// Notified on every interrupt; each waiting call checks whether it is the target.
    pub(crate) interrupts: Notify,
    next: OnceBox<Process>,
}

/// An HTTP client, and its settings.
struct Kept {
    net: NetConfig,
    secure: bool,
    client: http::Client,
}

static FIRST: OnceBox<Process> = OnceBox::new();

/// The state that all clients of one account share within a process.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) limiter: Limiter,
    pub(crate) token: TokenSlot,
    pub(crate) clock: Clock,
    /// Whether the log has said that this account's keys are in memory.
    pub(crate) memory_told: AtomicBool,
    facts: Mutex<HashMap<(&'static str, String), Value>>,
}

impl Shared {
    /// A fact that was learned from the carrier: an address's id, a task's id.
    pub(crate) fn fact(&self, kind: &'static str, key: &str) -> Option<Value> {
        lock(&self.facts).get(&(kind, key.to_owned())).cloned()
    }

    /// Keep a fact. Their number is limited, as a process may run for months.
    pub(crate) fn remember(&self, kind: &'static str, key: &str, value: Value) {
        let mut facts = lock(&self.facts);
        if facts.len() >= 50_000 {
            facts.clear();
        }
        facts.insert((kind, key.to_owned()), value);
    }

    /// Whether this is said of it for the first time in this process.
    pub(crate) fn first(&self, said: &'static str, of: &str) -> bool {
        lock(&self.facts).insert((said, of.to_owned()), Value::Null).is_none()
    }

    /// Drop a fact that proved wrong.
    pub(crate) fn forget(&self, kind: &'static str, key: &str) {
        lock(&self.facts).remove(&(kind, key.to_owned()));
    }
}

/// Whether the simulator's descriptors may have been closed with those of the runtime.
fn check_simulator() {
    #[cfg(feature = "sandbox")]
    crate::sandbox::Sandbox::check_shared();
}

impl Process {
    /// This process's entry. It is made on first use, and again if its descriptors were closed.
    pub(crate) fn current() -> Result<&'static Self, Error> {
        let pid = std::process::id();
        let mut slot = &FIRST;
        let mut lost = false;
        loop {
            match slot.get() {
                Some(process) if process.next.get().is_none() && process.pid == pid && process.is_whole() => {
                    return Ok(process);
                }
                Some(process) => {
                    if process.pid == pid {
                        lost = true;
                        // Only the first thread sees this: afterwards the entry looks whole again.
                        if !process.broken.swap(true, Ordering::AcqRel) {
                            process.polled.iter().for_each(Polled::plug);
                        }
                    }
                    slot = &process.next;
                }
                None => {
                    if lost {
                        check_simulator();
                    }
                    // If another thread was first, its entry is used, and ours is dropped.
                    let _ = slot.set(Box::new(Self::new(pid)?));
                }
            }
        }
    }

    /// Notifies the waiting calls of this process, also those on abandoned runtimes.
    pub(crate) fn interrupt() {
        let pid = std::process::id();
        let mut slot = &FIRST;
        while let Some(process) = slot.get() {
            if process.pid == pid {
                process.ring();
            }
            slot = &process.next;
        }
    }

    /// Whether a call may begin on it: as [`Process::works`], but also checks each of the runtime's descriptors.
    fn is_whole(&self) -> bool {
        self.works() && self.polled.iter().all(Polled::is_open)
    }

    /// Whether its runtime can be used: its descriptors are still there, and it never panicked.
    pub(crate) fn works(&self) -> bool {
        !self.broken.load(Ordering::Acquire) && self.witnesses.iter().all(Witness::is_ours)
    }

    /// The runtime panicked. It drives no timers any more, so every other call on it must end now.
    pub(crate) fn give_up(&self) {
        self.broken.store(true, Ordering::Release);
        self.ring();
    }

    /// Wake every call that waits on this runtime. Waking uses a descriptor, which must still be ours.
    fn ring(&self) {
        self.polled.iter().for_each(Polled::plug);
        if self.polled.iter().all(Polled::is_open) {
            self.interrupts.notify_waiters();
        }
    }

    /// Descriptors of this process were closed. Calls in progress may be using them.
    pub(crate) fn plug_closed() {
        let pid = std::process::id();
        let mut slot = &FIRST;
        while let Some(process) = slot.get() {
            if process.pid == pid && !process.broken.load(Ordering::Acquire) {
                process.polled.iter().for_each(Polled::plug);
            }
            slot = &process.next;
        }
    }

    fn new(pid: u32) -> Result<Self, Error> {
        let failed = |error: std::io::Error| Error::internal(format!("the runtime could not be started: {error}"));
        let before = Witness::new().map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            // Helper threads (name look-ups, the state file) must not take the host's signals from it.
            .on_thread_start(|| {
                let _ = SigSet::all().thread_block();
            })
            .build()
            .map_err(failed)?;
        let after = Witness::new().map_err(failed)?;
        Ok(Self {
            pid,
            polled: Polled::of(&runtime, &after),
            witnesses: [before, after],
            broken: AtomicBool::new(false),
            runtime,
            clients: Mutex::default(),
            accounts: Mutex::default(),
            interrupts: Notify::new(),
            next: OnceBox::new(),
        })
    }

    /// The HTTP client for these settings. Equal settings share one client, and so its connections.
    pub(crate) fn client(&self, net: &NetConfig, secure: bool) -> Result<http::Client, Error> {
        let mut clients = lock(&self.clients);
        if let Some(kept) = clients.iter().find(|kept| kept.secure == secure && kept.net.connects_like(net)) {
            return Ok(kept.client.clone());
        }
        let client = http::client(net, secure)?;
        clients.push(Kept { net: net.clone(), secure, client: client.clone() });
        Ok(client)
    }

    /// The state that all clients of the account with this fingerprint share.
    pub(crate) fn shared(&self, fingerprint: &str) -> Arc<Shared> {
        lock(&self.accounts).entry(fingerprint.to_owned()).or_default().clone()
    }
}
