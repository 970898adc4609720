//! Knows whether this process was forked while another of its parent's threads was inside SQLite.
//!
//! Such a child holds copies of SQLite's mutexes and lock counts that nobody will ever release: its next call would
//! hang or be busy for ever. It gets an error at once instead. A host with one thread at the time of the fork (PHP-FPM,
//! a prefork server) never sees this. No lock here: a lock could be the thing that was copied while held.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::StateError;

/// The process id in the upper half; below it a mark for "spoilt by a fork" and the number of threads inside.
static INSIDE: AtomicU64 = AtomicU64::new(0);
const SPOILT: u64 = 1 << 31;
const COUNT: u64 = SPOILT - 1;

/// Held for as long as a thread is inside SQLite.
pub(super) struct Inside;

pub(super) fn enter(path: &Path) -> Result<Inside, StateError> {
    let entered =
        INSIDE.fetch_update(Ordering::AcqRel, Ordering::Acquire, |seen| Some(step_in(seen, std::process::id())));
    match entered.map(|seen| step_in(seen, std::process::id())) {
        Ok(now) if now & SPOILT == 0 => Ok(Inside),
        _ => Err(StateError::Forked(path.to_path_buf())),
    }
}

/// What the word becomes when process `pid` enters.
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
        INSIDE.fetch_sub(1, Ordering::AcqRel);
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
