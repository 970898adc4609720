//! A call on a thread whose stack is too small for it runs on a thread of our own: a host's threads may have 64 KiB
//! or less, and an overflow ends the process.

use std::io;
use std::thread;

/// Measured: a create with a `state` file needs 80 KiB, without optimization 300; TLS and the carriers' larger replies
/// come on top.
const NEEDED: usize = if cfg!(debug_assertions) { 1024 * 1024 } else { 256 * 1024 };

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
    if left().is_none_or(|left| left >= NEEDED) {
        return Ok(work());
    }
    let work = Across(work);
    thread::scope(|scope| {
        let there = thread::Builder::new().spawn_scoped(scope, move || Across(work.out()()))?;
        there.join().map(Across::out).map_err(|_| io::Error::other("it panicked"))
    })
}

/// How much of this thread's stack is left; `None` where the system doesn't tell, as on a fiber's.
#[cfg(target_os = "linux")]
fn left() -> Option<usize> {
    thread_local! {
        /// The lowest address of the stack, and its size.
        static STACK: std::cell::Cell<Option<(usize, usize)>> = const { std::cell::Cell::new(None) };
    }
    let (lowest, size) = STACK.get().or_else(|| {
        let stack = own_stack();
        STACK.set(stack);
        stack
    })?;
    let here = (&raw const size).addr();
    here.checked_sub(lowest).filter(|left| *left < size)
}

#[cfg(not(target_os = "linux"))]
fn left() -> Option<usize> {
    None
}

#[cfg(target_os = "linux")]
fn own_stack() -> Option<(usize, usize)> {
    let mut attributes = std::mem::MaybeUninit::uninit();
    let (mut lowest, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: the attributes are filled in by the first call, and read and destroyed only when it succeeded.
    let known = unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let known = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut lowest, &raw mut size) == 0;
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        known
    };
    known.then(|| (lowest.addr(), size))
}
