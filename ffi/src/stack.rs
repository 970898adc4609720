//! A call on a thread with too small a stack runs on a thread of our own: a host's threads may have 64 KiB
//! or less, and an overflow ends the process.

use std::io;

/// A value that goes to the other thread or back.
struct Across<T>(T);

// SAFETY: `with_room` waits for the other thread, so only one thread has the value at a time. Nothing that is bound
// to a thread (a signal mask, a thread-local) is passed.
unsafe impl<T> Send for Across<T> {}

impl<T> Across<T> {
    /// A closure that names only the field would capture only the field, which isn't `Send`.
    fn out(self) -> T {
        self.0
    }
}

/// Runs `work` here, or on a thread with enough stack. Fails if no thread can be started.
pub(crate) fn with_room<T>(work: impl FnOnce() -> T) -> io::Result<T> {
    let work = Across(work);
    flete_core::host::with_room(move || Across(work.out()())).map(Across::out)
}
