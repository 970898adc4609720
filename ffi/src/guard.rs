//! Surrounds every call, so that no panic and no SIGPIPE reaches the host.

use crate::sigpipe::Held;
use crate::{logging, stack, text};
use flete_core::{Code, Error, envelope_text, host};
use std::ffi::c_char;

/// Run a part of a call, where there is room for it. A panic returns `instead`.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T, instead: impl Fn() -> T) -> T {
    stack::with_room(|| guarded_here(work, &instead)).unwrap_or_else(|_| instead())
}

fn guarded_here<T>(work: impl FnOnce() -> T, instead: impl FnOnce() -> T) -> T {
    let _held = Held::back();
    host::guarded(work, instead)
}

/// Run a call and return its envelope.
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
