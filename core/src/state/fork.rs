//! Keeps SQLite whole across a `fork()`.
//!
//! A child that is forked while another thread is inside SQLite has copies of SQLite's mutexes and lock counts that are
//! never released: its next call would hang, or be busy for ever. So a fork waits until no thread is inside, which
//! takes as long as one operation ([`before`]). If a fork bypasses that (a raw system call, a host in Rust), the child
//! gets an error at once. This module has no lock: a fork could copy that while it is held.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::error::StateError;

/// How long a fork waits at most. An operation waits a quarter of a second for others, and then for the disk.
const LONGEST: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_micros(100);

/// How many forks are about to happen. While there are any, no thread enters.
static FORKS: AtomicU32 = AtomicU32::new(0);
/// Whether no thread was inside when the last fork went ahead.
static QUIET: AtomicBool = AtomicBool::new(false);

/// To be called before a fork, on the thread that forks. Waits until no other thread is inside.
pub(crate) fn before() {
    FORKS.fetch_add(1, Ordering::SeqCst);
    let began = Instant::now();
    while INSIDE.load(Ordering::SeqCst) & COUNT != 0 && began.elapsed() < LONGEST {
        sleep(PAUSE);
    }
    QUIET.store(INSIDE.load(Ordering::SeqCst) & COUNT == 0, Ordering::SeqCst);
}

/// To be called after a fork in the parent, also when it failed.
pub(crate) fn after_in_parent() {
    FORKS.fetch_sub(1, Ordering::SeqCst);
}

/// To be called after a fork in the child.
pub(crate) fn after_in_child() {
    // A thread that was refused may have been counted at that moment.
    if QUIET.load(Ordering::SeqCst) && INSIDE.load(Ordering::SeqCst) & SPOILT == 0 {
        INSIDE.store(0, Ordering::SeqCst);
    }
    FORKS.store(0, Ordering::SeqCst);
}

/// The process id in the upper half; below it a flag for "unusable after a fork", and the number of threads inside.
static INSIDE: AtomicU64 = AtomicU64::new(0);
const SPOILT: u64 = 1 << 31;
const COUNT: u64 = SPOILT - 1;

/// Held while a thread is inside SQLite.
pub(super) struct Inside;

pub(super) fn enter(path: &Path) -> Result<Inside, StateError> {
    let began = Instant::now();
    loop {
        while FORKS.load(Ordering::SeqCst) != 0 && began.elapsed() < LONGEST {
            sleep(PAUSE);
        }
        let inside = step_inside(path)?;
        // Count first, then check: either this thread sees the fork, or the fork sees this thread.
        if FORKS.load(Ordering::SeqCst) == 0 || began.elapsed() >= LONGEST {
            return Ok(inside);
        }
    }
}

fn step_inside(path: &Path) -> Result<Inside, StateError> {
    let entered =
        INSIDE.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |seen| Some(step_in(seen, std::process::id())));
    match entered.map(|seen| step_in(seen, std::process::id())) {
        Ok(now) if now & SPOILT == 0 => Ok(Inside),
        _ => Err(StateError::Forked(path.to_path_buf())),
    }
}

/// The word after process `pid` has entered.
fn step_in(seen: u64, pid: u32) -> u64 {
    let own = u64::from(pid) << 32;
    let count = seen & COUNT;
    if seen & SPOILT != 0 {
        own | SPOILT
    } else if seen >> 32 == u64::from(pid) {
        own | (count + 1)
    } else if count > 0 {
        own | SPOILT
    } else {
        own | 1
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_forked_in_the_middle_of_an_operation_is_spoilt_and_so_are_its_children() {
        let alone = step_in(0, 7);
        assert_eq!(alone, 7 << 32 | 1);
        assert_eq!(step_in(alone, 7), 7 << 32 | 2);
        let child = step_in(alone, 8);
        assert_eq!(child, 8 << 32 | SPOILT);
        assert_eq!(step_in(child, 9), 9 << 32 | SPOILT);
    }

    #[test]
    fn a_child_forked_between_operations_is_well() {
        let idle = step_in(0, 7) - 1;
        assert_eq!(step_in(idle, 8), 8 << 32 | 1);
    }
}
