//! Keeps SIGPIPE from the host: a connection that is reset must not end a process with the default disposition.
//!
//! The signal is blocked on this thread during a call, and one that came meanwhile is removed before it is
//! unblocked. The host's handlers, other signals and other threads stay as they are.

use std::mem::MaybeUninit;

/// Blocks SIGPIPE on this thread until this is dropped.
pub(crate) struct Held {
    /// Whether we blocked it, and must unblock it.
    ours: bool,
    /// Whether one was already pending: it belongs to the host and stays.
    pending: bool,
}

impl Held {
    pub(crate) fn back() -> Self {
        let set = sigpipe();
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets are valid for the call. The second is read only if the call succeeded and filled it in.
        let ours = unsafe {
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, before.as_mut_ptr()) == 0
                && libc::sigismember(before.as_ptr(), libc::SIGPIPE) == 0
        };
        // None is pending where it wasn't blocked.
        Self { ours, pending: !ours && is_pending() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let set = sigpipe();
        if !self.pending {
            take(&set);
        }
        if self.ours {
            // SAFETY: the set is valid for the call, and the old set may be NULL.
            unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut()) };
        }
    }
}

/// The set with SIGPIPE only.
fn sigpipe() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `sigemptyset` fills in the whole set and can't fail on a valid pointer; the set is read after that.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGPIPE);
        set.assume_init()
    }
}

fn is_pending() -> bool {
    let mut pending = MaybeUninit::uninit();
    // SAFETY: the set is read only if `sigpending` succeeded and filled it in.
    unsafe { libc::sigpending(pending.as_mut_ptr()) == 0 && libc::sigismember(pending.as_ptr(), libc::SIGPIPE) == 1 }
}

/// Removes a pending SIGPIPE, without waiting for one.
#[cfg(not(target_vendor = "apple"))]
fn take(set: &libc::sigset_t) {
    let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: set and time are valid for the call, and the signal's details may be NULL.
    while unsafe { libc::sigtimedwait(set, std::ptr::null_mut(), &raw const now) } == -1
        && std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted
    {}
}

/// As above. There is no `sigtimedwait` here, but a SIGPIPE is sent to the thread itself, so it is pending if it came.
#[cfg(target_vendor = "apple")]
fn take(set: &libc::sigset_t) {
    if !is_pending() {
        return;
    }
    let mut taken = 0;
    // SAFETY: both pointers are valid for the call.
    unsafe { libc::sigwait(set, &raw mut taken) };
}
