//! Locks.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, even after a panic in another holder: every holder only reads or replaces whole values, so the data is good.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
