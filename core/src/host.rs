//! What stands around a call in every language: room on the stack, and no panic that gets out to the host.

use nix::sys::signal::SigSet;
use std::cell::Cell;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};

/// Measured: a create with a `state` file needs 80 KiB, without optimization 300; TLS and the carriers' larger replies
/// come on top.
const NEEDED: usize = if cfg!(debug_assertions) { 1024 * 1024 } else { 256 * 1024 };

/// The stack of a thread of our own. Given explicitly, because `RUST_MIN_STACK` could make the default too small.
const STACK: usize = 4 * 1024 * 1024;

thread_local! {
    /// Whether this thread is in a call, where a panic is ours and not for the host's standard error.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// To be called before the process forks, on the thread that forks: until [`after_fork_in_parent`] or
/// [`after_fork_in_child`], no thread is in the middle of an operation that a child could not go on from.
pub fn before_fork() {
    crate::state::fork::before();
}

/// To be called after a fork in the parent, also when it failed.
pub fn after_fork_in_parent() {
    crate::state::fork::after_in_parent();
}

/// To be called after a fork in the child.
pub fn after_fork_in_child() {
    crate::state::fork::after_in_child();
}

/// Whether the rest of this thread's stack is enough for a call. Yes, where the system doesn't tell, as on a fiber.
pub(crate) fn has_room() -> bool {
    stacker::remaining_stack().is_none_or(|left| left >= NEEDED)
}

/// Start a thread that has room. The host's signals stay with the host's own threads.
pub(crate) fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    let guarded = GUARDED.get();
    thread::Builder::new().name("flete".to_owned()).stack_size(STACK).spawn_scoped(scope, move || {
        GUARDED.set(guarded);
        let _ = SigSet::all().thread_block();
        work()
    })
}

/// Run this here, or on a thread of our own if this thread's stack is too small: an overflow would end the process.
///
/// # Errors
/// No thread could be started, or `work` panicked on it.
pub fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    if has_room() {
        return Ok(work());
    }
    thread::scope(|scope| spawn(scope, work)?.join().map_err(|_| io::Error::other("it panicked")))
}

/// Run a part of a call. A panic returns `instead`, and is logged without its message, which may have a secret in it.
pub fn guarded<T>(work: impl FnOnce() -> T, instead: impl FnOnce() -> T) -> T {
    quiet_panics();
    let before = GUARDED.replace(true);
    // Nothing of ours is looked at again after a panic but the core, whose locks are made for it (sync.rs).
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    result.unwrap_or_else(|payload| {
        // A payload whose drop panics would get out after all.
        std::mem::forget(payload);
        instead()
    })
}

/// A panic in a call is logged, with its place only. Panics of the host's own are reported as they were before.
fn quiet_panics() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.swap(true, Ordering::AcqRel) {
        return;
    }
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if GUARDED.get() {
            crate::net::process::Process::plug_closed();
            let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
            log::error!(target: "flete", "a bug: panic at {place}");
        } else {
            before(info);
        }
    }));
}
