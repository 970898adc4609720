//! Everything that belongs to this process: its lanes, and what accounts share.
//!
//! A runtime or a connection made before `fork()` hangs in the child, or writes to the parent's socket. So nothing is
//! made at open. Everything is in a list of processes, tagged with their ids, which is read without a lock. A child
//! finds that the last entry isn't its own, makes a new one, and never touches the parent's again (dropping it would
//! close the parent's sockets, and its locks may be held for ever). A lane whose descriptors the host closed is left
//! alone in the same way: their numbers may be the host's own by now.

use super::clock::Clock;
use super::lane::{Lane, Reactor};
use super::limit::Limiter;
use super::options::NetConfig;
use super::tls;
use super::token::TokenSlot;
use crate::json::Value;
use crate::model::Error;
use crate::sync::lock;
use once_cell::race::OnceBox;
use rustls::ClientConfig;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Everything that belongs to one process.
pub(crate) struct Process {
    pid: u32,
    lanes: Mutex<Lanes>,
    /// Shared by the lanes: system roots are read once, and a TLS session is resumed on any lane.
    tls: Mutex<Vec<(NetConfig, bool, ClientConfig)>>,
    accounts: Mutex<HashMap<String, Arc<Shared>>>,
    next: OnceBox<Process>,
}

#[derive(Default)]
struct Lanes {
    /// The one that was used last is at the end: its connections are the warmest.
    idle: Vec<Box<Lane>>,
    /// One for each call in progress.
    used: Vec<Arc<Reactor>>,
}

/// More idle lanes than this are closed.
const MOST_IDLE: usize = 64;

/// A lane that is idle for longer is closed: reqwest, too, closes a connection after this time.
const LONGEST_IDLE: Duration = Duration::from_secs(90);

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
    /// This process's entry, made on first use.
    pub(crate) fn current() -> &'static Self {
        let pid = std::process::id();
        let mut slot = &FIRST;
        loop {
            match slot.get() {
                Some(process) if process.next.get().is_none() && process.pid == pid => return process,
                Some(process) => slot = &process.next,
                // If another thread was first, its entry is used, and ours is dropped.
                None => {
                    let _ = slot.set(Box::new(Self::new(pid)));
                }
            }
        }
    }

    fn new(pid: u32) -> Self {
        Self { pid, lanes: Mutex::default(), tls: Mutex::default(), accounts: Mutex::default(), next: OnceBox::new() }
    }

    /// Runs a call on a lane that it has for itself: the one that was given back last, or a new one.
    pub(crate) fn on_lane<T>(&'static self, call: impl FnOnce(&Lane) -> T) -> Result<T, Error> {
        let lane = self.take()?;
        let result = catch_unwind(AssertUnwindSafe(|| call(&lane)));
        self.give_back(lane);
        Ok(result.unwrap_or_else(|panic| resume_unwind(panic)))
    }

    fn take(&'static self) -> Result<Box<Lane>, Error> {
        loop {
            let idle = {
                let mut lanes = lock(&self.lanes);
                let idle = lanes.idle.pop();
                lanes.used.extend(idle.as_ref().map(|lane| Arc::clone(lane.reactor())));
                idle
            };
            match idle {
                Some(lane) if lane.may_begin() => return Ok(lane),
                Some(lane) => {
                    lane.lose();
                    self.give_back(lane);
                    // Calls in progress may be using descriptors that were closed with this lane's.
                    self.plug();
                    check_simulator();
                }
                None => {
                    let lane = Box::new(Lane::new(self)?);
                    lock(&self.lanes).used.push(Arc::clone(lane.reactor()));
                    return Ok(lane);
                }
            }
        }
    }

    fn give_back(&self, mut lane: Box<Lane>) {
        lane.used = Instant::now();
        let mut lanes = lock(&self.lanes);
        lanes.used.retain(|reactor| !Arc::ptr_eq(reactor, lane.reactor()));
        if lane.is_broken() {
            std::mem::forget(lane);
            return;
        }
        let now = lane.used;
        lanes.idle.push(lane);
        let surplus = lanes.idle.len() > MOST_IDLE || now.duration_since(lanes.idle[0].used) > LONGEST_IDLE;
        let closed = surplus.then(|| lanes.idle.remove(0));
        drop(lanes);
        if let Some(lane) = closed {
            lane.close();
        }
    }

    /// Wakes the waiting calls of this process.
    pub(crate) fn interrupt() {
        Self::current().used().iter().for_each(|reactor| reactor.ring());
    }

    /// Descriptors of this process were closed. Calls in progress may be using them.
    pub(crate) fn plug(&self) {
        self.used().iter().for_each(|reactor| reactor.plug());
    }

    fn used(&self) -> Vec<Arc<Reactor>> {
        lock(&self.lanes).used.clone()
    }

    /// The TLS setup for these settings.
    pub(super) fn tls(&self, net: &NetConfig, secure: bool) -> Result<ClientConfig, Error> {
        let mut kept = lock(&self.tls);
        if let Some((_, _, config)) = kept.iter().find(|(other, s, _)| *s == secure && other.connects_like(net)) {
            return Ok(config.clone());
        }
        let config = tls::config(net, secure)?;
        kept.push((net.clone(), secure, config.clone()));
        Ok(config)
    }

    /// The state that all clients of the account with this fingerprint share.
    pub(crate) fn shared(&self, fingerprint: &str) -> Arc<Shared> {
        lock(&self.accounts).entry(fingerprint.to_owned()).or_default().clone()
    }

    /// Later calls share nothing with those in progress, one of which will never give back what it holds.
    pub(super) fn renew(&self) {
        lock(&self.accounts).clear();
    }
}
