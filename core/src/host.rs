//! What surrounds a call in every language: enough stack, and no panic that reaches the host.

use nix::sys::signal::SigSet;
use std::cell::Cell;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};

/// Measured: a create with a `state` file needs 80 KiB, or 300 KiB without optimization. TLS and larger replies need
/// more.
const NEEDED: usize = if cfg!(debug_assertions) { 1024 * 1024 } else { 256 * 1024 };

/// The stack of a thread of our own. Given explicitly, because `RUST_MIN_STACK` could make the default too small.
const STACK: usize = 4 * 1024 * 1024;

thread_local! {
    /// Whether this thread is in a call. A panic there is ours, and isn't printed on the host's standard error.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// To be called before the process forks, on the thread that forks. Until [`after_fork_in_parent`] or
/// [`after_fork_in_child`], no thread is inside an operation that a child could not continue.
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

/// Whether the rest of this thread's stack is enough for a call. True if the system doesn't say, as on a fiber.
pub(crate) fn has_room() -> bool {
    stacker::remaining_stack().is_none_or(|left| left >= NEEDED)
}

/// Start a thread with enough stack. The host's signals stay with the host's own threads.
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

/// Run a part of a call. After a panic, return `instead`. The log gets no message of the panic: it may hold a secret.
pub fn guarded<T>(work: impl FnOnce() -> T, instead: impl FnOnce() -> T) -> T {
    quiet_panics();
    let before = GUARDED.replace(true);
    // After a panic only the core is used again, and its locks allow that (sync.rs).
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    result.unwrap_or_else(|payload| {
        // The payload's own drop may panic, too.
        std::mem::forget(payload);
        instead()
    })
}

/// Log a panic in a call, with its place only. The host's own panics are reported as before.
fn quiet_panics() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.swap(true, Ordering::AcqRel) {
        return;
    }
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if GUARDED.get() {
            crate::net::process::Process::current().plug();
            let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
            log::error!(target: "flete", "a bug: panic at {place}");
        } else {
            before(info);
        }
    }));
}
