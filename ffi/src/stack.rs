//! A call on a thread whose stack is too small for it runs on a thread of our own: a host's threads may have 64 KiB
//! or less, and an overflow ends the process.

use std::io;

/// What goes to the other thread and back.
struct Across<T>(T);

// SAFETY: `with_room` waits for the other thread, so that what passes is never with two threads at once; and nothing
// that is bound to a thread (what a signal mask or a thread-local is about) is passed.
unsafe impl<T> Send for Across<T> {}

impl<T> Across<T> {
    /// A closure that only names the field would take that alone, and it isn't `Send`.
    fn out(self) -> T {
        self.0
    }
}

/// Run this here, or where it has room. Fails when no thread can be started.
pub(crate) fn with_room<T>(work: impl FnOnce() -> T) -> io::Result<T> {
    let work = Across(work);
    flete_core::host::with_room(move || Across(work.out()())).map(Across::out)
}
