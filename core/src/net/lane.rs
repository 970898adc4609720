//! A lane: a runtime with its HTTP clients and kept connections, used by one call at a time.
//!
//! A call runs on a lane alone, so no thread waits for another thread's runtime. A connection belongs to the runtime
//! that opened it: one HTTP client used from two runtimes hangs.

use super::descriptors::{Polled, Witness};
use super::http;
use super::options::NetConfig;
use super::process::Process;
use crate::model::Error;
use crate::sync::lock;
use nix::sys::signal::SigSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// A lane that was idle for longer may have connections that the carrier has closed meanwhile. The runtime notices that
/// only when it gets a turn, which costs a system call.
const FRESH: Duration = Duration::from_millis(10);

pub(crate) struct Lane {
    pub(crate) process: &'static Process,
    pub(crate) runtime: Runtime,
    reactor: Arc<Reactor>,
    clients: Mutex<Vec<Kept>>,
    /// When its last call ended.
    pub(super) used: Instant,
    /// How many lanes the process had lost when this one was last checked.
    checked: usize,
}

/// What other threads need of a lane: to end its call, and to replace the descriptors that the host closed under it.
pub(super) struct Reactor {
    /// Opened before and after the runtime's own descriptors: if the host closes a range that has one of the runtime's,
    /// it closes one of these, too.
    witnesses: [Witness; 2],
    /// The runtime's own descriptors, if they are known.
    polled: Vec<Polled>,
    /// Whether the runtime has panicked, or has lost its descriptors. Never reset.
    broken: AtomicBool,
    /// Notified on every interrupt; the waiting call checks whether it is the target.
    interrupts: Notify,
}

/// An HTTP client, and its settings.
struct Kept {
    net: NetConfig,
    secure: bool,
    client: http::Client,
}

impl Lane {
    pub(super) fn new(process: &'static Process) -> Result<Self, Error> {
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
        let polled = Polled::of(&runtime, &after);
        let reactor =
            Reactor { witnesses: [before, after], polled, broken: AtomicBool::new(false), interrupts: Notify::new() };
        let (reactor, clients) = (Arc::new(reactor), Mutex::default());
        Ok(Self { process, runtime, reactor, clients, used: Instant::now(), checked: 0 })
    }

    pub(super) fn reactor(&self) -> &Arc<Reactor> {
        &self.reactor
    }

    /// The HTTP client for these settings. Equal settings share one client, and so its connections.
    pub(crate) fn client(&self, net: &NetConfig, secure: bool) -> Result<http::Client, Error> {
        let mut clients = lock(&self.clients);
        if let Some(kept) = clients.iter().find(|kept| kept.secure == secure && kept.net.connects_like(net)) {
            return Ok(kept.client.clone());
        }
        let client = http::client(net, self.process.tls(net, secure)?)?;
        clients.push(Kept { net: net.clone(), secure, client: client.clone() });
        Ok(client)
    }

    /// Whether its kept connections were used only a moment ago.
    pub(crate) fn is_fresh(&self) -> bool {
        self.used.elapsed() < FRESH
    }

    /// Whether its runtime can be used: its descriptors are still there, and it never panicked. One cheap system call.
    pub(crate) fn works(&self) -> bool {
        !self.is_broken() && Witness::all_open(&self.reactor.witnesses)
    }

    /// Whether a call may begin on it, where the process has lost this many lanes. The host that closed descriptors of
    /// one lane may have closed another's with them.
    pub(super) fn may_begin(&mut self, lost: usize) -> bool {
        // In so short a time no host opens the very same kinds of descriptors under the same numbers.
        let just_checked = self.is_fresh() && self.checked == lost;
        self.checked = lost;
        self.works() && (just_checked || self.is_whole())
    }

    /// Checks every descriptor that is known, and which file it is.
    fn is_whole(&self) -> bool {
        let Reactor { witnesses, polled, .. } = &*self.reactor;
        !self.is_broken() && witnesses.iter().all(Witness::is_ours) && polled.iter().all(Polled::is_open)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.reactor.broken.load(Ordering::Acquire)
    }

    /// It must not be used again, nor dropped: its descriptors' numbers may be the host's own by now.
    pub(super) fn lose(&self) {
        self.reactor.broken.store(true, Ordering::Release);
    }

    /// As [`Lane::lose`], for a lane whose call is left as it is. What that call holds of its accounts (slots, locks)
    /// is never given back, so later calls don't share it.
    pub(crate) fn give_up(&self) {
        self.lose();
        self.process.renew();
    }

    /// Notified when the host interrupts.
    pub(crate) fn interrupts(&self) -> &Notify {
        &self.reactor.interrupts
    }

    /// Closes its descriptors and connections.
    pub(super) fn close(self) {
        if !self.is_whole() {
            std::mem::forget(self);
            return;
        }
        drop(self.clients);
        // Doesn't wait for helper threads.
        self.runtime.shutdown_background();
    }
}

impl Reactor {
    /// Wake the call that waits on it. Waking uses a descriptor, which must still be ours.
    pub(super) fn ring(&self) {
        self.plug();
        if self.polled.iter().all(Polled::is_open) {
            self.interrupts.notify_waiters();
        }
    }

    /// Replaces its closed descriptors, as a call in progress may be using them.
    pub(super) fn plug(&self) {
        self.polled.iter().for_each(Polled::plug);
    }
}
