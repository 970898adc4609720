//! What stands around every call: no panic and no SIGPIPE gets out to the host.

use crate::sigpipe::Held;
use crate::{logging, stack, text};
use flete_core::{Code, Error, envelope_text};
use std::cell::Cell;
use std::ffi::c_char;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    /// Whether this thread is in a call, where a panic is ours and not for the host's standard error.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Run a part of a call, where there is room for it. A panic gives `instead`.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T, instead: impl Fn() -> T) -> T {
    stack::with_room(|| guarded_here(work, &instead)).unwrap_or_else(|_| instead())
}

fn guarded_here<T>(work: impl FnOnce() -> T, instead: impl FnOnce() -> T) -> T {
    quiet_panics();
    let _held = Held::back();
    let before = GUARDED.replace(true);
    // Nothing of ours is looked at again after a panic but the core, whose locks are made for it (net/process.rs).
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    result.unwrap_or_else(|payload| {
        // A payload whose drop panics would get out after all.
        std::mem::forget(payload);
        instead()
    })
}

/// Run a call and give its envelope.
pub(crate) fn answer(work: impl FnOnce() -> Result<String, Error>) -> *mut c_char {
    let calling_back = logging::calling_back();
    let call = || {
        if calling_back {
            return Err(text::refused(Code::InvalidRequest, "", "flete can't be called from its own log callback"));
        }
        work()
    };
    guarded(|| text::give(envelope_text(call())), || text::give(envelope_text(Err(broken()))))
}

pub(crate) fn broken() -> Error {
    Error::new(Code::Internal, "flete has a bug and stopped this call; the log has the place, please report it")
}

/// A panic in a call is logged, with its place only: its message may have a secret in it. Others are as they were.
fn quiet_panics() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.swap(true, Ordering::AcqRel) {
        return;
    }
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if GUARDED.get() {
            let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
            log::error!(target: "flete", "a bug: panic at {place}");
        } else {
            before(info);
        }
    }));
}
