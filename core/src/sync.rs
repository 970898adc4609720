//! Locks.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A lock whose holder panicked still guards good data: every holder here only reads or replaces whole values.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
