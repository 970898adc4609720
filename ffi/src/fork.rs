//! The host may fork at any time: this tells the core before and after.

use flete_core::host;
use std::sync::atomic::{AtomicBool, Ordering};

extern "C" fn before() {
    host::before_fork();
}

extern "C" fn after_in_parent() {
    host::after_fork_in_parent();
}

extern "C" fn after_in_child() {
    host::after_fork_in_child();
}

/// Registers the handlers, once per process; a child inherits them. The library is never unloaded.
pub(crate) fn follow() {
    static FOLLOWED: AtomicBool = AtomicBool::new(false);
    if FOLLOWED.swap(true, Ordering::Relaxed) {
        return;
    }
    // SAFETY: the three functions neither panic nor unwind, and stay where they are.
    let failed = unsafe { libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child)) };
    if failed != 0 {
        log::warn!(target: "flete", "forks can't be followed (error {failed}); fork before threads use flete");
    }
}
