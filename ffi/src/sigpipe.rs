//! Keeps SIGPIPE from the host: a peer that resets must not end a process with the default disposition.
//!
//! The signal is blocked on this thread alone for the length of a call, and one that came meanwhile is taken off
//! again. The host's handlers, its other signals and its other threads are left as they are.

use std::mem::MaybeUninit;

/// SIGPIPE is held back on this thread until this is dropped.
pub(crate) struct Held {
    /// Whether we blocked it, so that dropping this must unblock it.
    ours: bool,
    /// Whether one was pending already: it's the host's and stays.
    pending: bool,
}

impl Held {
    pub(crate) fn back() -> Self {
        let set = sigpipe();
        let pending = is_pending();
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets are valid for the call, which fills the second in when it succeeds; then it is read.
        let ours = unsafe {
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, before.as_mut_ptr()) == 0
                && libc::sigismember(before.as_ptr(), libc::SIGPIPE) == 0
        };
        Self { ours, pending }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let set = sigpipe();
        if !self.pending && is_pending() {
            take(&set);
        }
        if self.ours {
            // SAFETY: the set is valid for the call; no old set is asked for.
            unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut()) };
        }
    }
}

/// The set that has SIGPIPE alone.
fn sigpipe() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `sigemptyset` fills in the whole set and can't fail on a valid pointer; only then is it read.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGPIPE);
        set.assume_init()
    }
}

fn is_pending() -> bool {
    let mut pending = MaybeUninit::uninit();
    // SAFETY: `sigpending` fills in the whole set when it succeeds, and only then is it read.
    unsafe { libc::sigpending(pending.as_mut_ptr()) == 0 && libc::sigismember(pending.as_ptr(), libc::SIGPIPE) == 1 }
}

/// Take a pending SIGPIPE off, without waiting for one.
#[cfg(not(target_vendor = "apple"))]
fn take(set: &libc::sigset_t) {
    let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: set and time are valid for the call; it is not asked what it took.
    while unsafe { libc::sigtimedwait(set, std::ptr::null_mut(), &raw const now) } == -1
        && std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted
    {}
}

/// As above; there is no `sigtimedwait` here, but a broken pipe's signal is the thread's own, so it is there.
#[cfg(target_vendor = "apple")]
fn take(set: &libc::sigset_t) {
    let mut taken = 0;
    // SAFETY: both pointers are valid for the call.
    unsafe { libc::sigwait(set, &raw mut taken) };
}
