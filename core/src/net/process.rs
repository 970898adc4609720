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
use std::sync::atomic::{AtomicBool, Ordering};
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
    idle: Vec<Lane>,
    /// One for each call in progress.
    used: Vec<Arc<Reactor>>,
    /// How many lanes were lost.
    lost: usize,
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
    /// Whether a call that was lost may hold something of it for ever.
    given_up: AtomicBool,
    facts: Mutex<HashMap<(&'static str, String), Value>>,
}

impl Shared {
    /// Whether later calls must not use it.
    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

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

    fn take(&'static self) -> Result<Lane, Error> {
        loop {
            let (mut idle, lost) = {
                let mut lanes = lock(&self.lanes);
                let idle = lanes.idle.pop();
                lanes.used.extend(idle.as_ref().map(|lane| Arc::clone(lane.reactor())));
                (idle, lanes.lost)
            };
            let may_begin = idle.as_mut().is_some_and(|lane| lane.may_begin(lost));
            match idle {
                Some(lane) if may_begin => return Ok(lane),
                Some(lane) => {
                    lane.lose();
                    self.give_back(lane);
                    // Calls in progress may be using descriptors that were closed with this lane's.
                    self.plug();
                    check_simulator();
                }
                None => {
                    let lane = Lane::new(self)?;
                    lock(&self.lanes).used.push(Arc::clone(lane.reactor()));
                    return Ok(lane);
                }
            }
        }
    }

    fn give_back(&self, mut lane: Lane) {
        lane.used = Instant::now();
        let mut lanes = lock(&self.lanes);
        lanes.used.retain(|reactor| !Arc::ptr_eq(reactor, lane.reactor()));
        if lane.is_broken() {
            lanes.lost += 1;
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
        for (_, shared) in lock(&self.accounts).drain() {
            shared.given_up.store(true, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    /// A process of this test's own.
    fn process() -> &'static Process {
        Box::leak(Box::new(Process::new(std::process::id())))
    }

    fn idle(process: &Process) -> usize {
        lock(&process.lanes).idle.len()
    }

    fn name(lane: &Lane) -> usize {
        Arc::as_ptr(lane.reactor()).addr()
    }

    /// Calls on this number of lanes at once.
    fn at_once(process: &'static Process, number: usize) {
        let all = Barrier::new(number);
        std::thread::scope(|scope| {
            for _ in 0..number {
                scope.spawn(|| process.on_lane(|_| all.wait()).unwrap());
            }
        });
    }

    #[test]
    fn a_call_takes_the_lane_that_was_given_back_last() {
        let process = process();
        let (outer, inner) = process.on_lane(|outer| (name(outer), process.on_lane(name).unwrap())).unwrap();
        assert_ne!(outer, inner, "a lane has one call at a time");
        let again = process.on_lane(|first| [name(first), process.on_lane(name).unwrap()]).unwrap();
        assert_eq!((again, idle(process)), ([outer, inner], 2));
        assert!(lock(&process.lanes).used.is_empty());
    }

    #[test]
    fn few_lanes_stay_idle_and_none_for_long() {
        let process = process();
        at_once(process, MOST_IDLE + 6);
        assert_eq!(idle(process), MOST_IDLE);
        let ago = Instant::now().checked_sub(LONGEST_IDLE + Duration::from_secs(1)).unwrap();
        lock(&process.lanes).idle.iter_mut().for_each(|lane| lane.used = ago);
        (0..MOST_IDLE).for_each(|_| process.on_lane(|_| ()).unwrap());
        assert_eq!(idle(process), 1, "each call closes the one that was idle for longest");
    }

    #[test]
    fn a_lane_that_was_given_up_is_never_used_again() {
        let process = process();
        let before = process.shared("account");
        let lost = process.on_lane(|lane| (lane.give_up(), name(lane)).1).unwrap();
        assert_eq!(idle(process), 0);
        assert_ne!(process.on_lane(name).unwrap(), lost);
        assert!(!Arc::ptr_eq(&before, &process.shared("account")), "what its call held is held for ever");
        assert!(before.is_given_up(), "an account that kept it must look again");
    }

    #[test]
    fn a_hosts_panic_gives_the_lane_back() {
        let process = process();
        let panicked = catch_unwind(AssertUnwindSafe(|| process.on_lane(|_| resume_unwind(Box::new("the host's")))));
        assert!(panicked.is_err());
        assert_eq!((idle(process), lock(&process.lanes).used.len()), (1, 0));
    }

    #[test]
    fn equal_settings_share_one_tls_setup_on_every_lane() {
        let process = process();
        let net = NetConfig::tests();
        at_once(process, 2);
        process
            .on_lane(|one| process.on_lane(|other| [one, other].map(|lane| lane.client(&net, false).unwrap())).unwrap())
            .unwrap();
        process.tls(&net, true).unwrap();
        let other = NetConfig { user_agent: "other".to_owned(), ..net };
        process.tls(&other, false).unwrap();
        assert_eq!(lock(&process.tls).len(), 3);
    }
}
