//! The C ABI: `flete.h` is made from this file, and its comments are what a C programmer reads.
//!
//! | what | where |
//! | --- | --- |
//! | a handle for a client, without a lock | `table` |
//! | text in and out | `text` |
//! | no panic, no SIGPIPE, no overflow of a small stack | `guard`, `sigpipe`, `stack` |
//! | log lines to a callback | `logging` |
//! | a fork waits until nobody is inside SQLite | `fork` |
//!
//! The only unsafe code of flete is in this crate.
#![allow(unsafe_code)]
#![allow(non_camel_case_types)]
#![deny(unsafe_op_in_unsafe_fn)]
#![deny(clippy::undocumented_unsafe_blocks)]

mod fork;
mod guard;
mod logging;
mod sigpipe;
mod stack;
mod table;
mod text;

use flete_core::{Client, Code, Error, envelope_text};
use guard::{answer, guarded};
use std::ffi::{c_char, c_void};
use std::ptr;
use table::Table;

/// A handle to a client; 0 is never one. A call with a handle that is not open (forged, or closed) returns the
/// error invalid_handle. A handle fits in 53 bits.
pub type flete_client = u64;

static CLIENTS: Table<Client> = Table::new();

/// Open a client from its configuration, JSON text of config_len bytes. This sends nothing and starts no
/// thread.
///
/// Returns the client, to be closed with flete_close. On failure it returns 0, and *error has an envelope
/// with the code invalid_config, to be freed with flete_string_free. error may be NULL; otherwise *error
/// is always written, with NULL on success.
///
/// # Safety
/// `config` is NULL or has `config_len` bytes to read; `error` is NULL or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flete_open(config: *const c_char, config_len: usize, error: *mut *mut c_char) -> flete_client {
    let open = || {
        logging::follow_environment();
        fork::follow();
        // SAFETY: our caller vouches for what `read` requires.
        let config = unsafe { text::read(config, config_len, "the configuration", Code::InvalidConfig) }?;
        let config = config
            .ok_or_else(|| text::refused(Code::InvalidConfig, "", "the configuration is NULL; pass JSON text"))?;
        let client = Client::open(config)?;
        CLIENTS.insert(client).map_err(|_| Error::new(Code::Internal, "too many clients are open; close some"))
    };
    let (handle, problem) = guarded(
        || match open() {
            Ok(handle) => (handle, ptr::null_mut()),
            Err(problem) if error.is_null() => {
                drop(problem);
                (0, ptr::null_mut())
            }
            Err(problem) => (0, text::give(envelope_text(Err(problem)))),
        },
        || (0, if error.is_null() { ptr::null_mut() } else { text::give(envelope_text(Err(guard::broken()))) }),
    );
    if !error.is_null() {
        // SAFETY: it isn't NULL, and the caller vouches that it can be written.
        unsafe { *error = problem };
    }
    handle
}

/// Close a client. Closing it twice, or a number that was never a client, is harmless. Calls in progress on
/// other threads run to their end; flete_interrupt ends them sooner.
#[unsafe(no_mangle)]
pub extern "C" fn flete_close(client: flete_client) {
    guarded(|| CLIENTS.close(client), || ());
}

/// Get the prices of a shipment from all accounts at once. The same as flete_invoke with the method "quote".
///
/// # Safety
/// `request` is NULL or has `request_len` bytes to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flete_quote(client: flete_client, request: *const c_char, request_len: usize) -> *mut c_char {
    // SAFETY: the same is asked of our caller.
    answer(|| unsafe { call(client, "quote", request, request_len) })
}

/// Create a shipment. The same as flete_invoke with the method "create". It is never sent twice.
///
/// Give an idempotency_key, like the order's number: then the same call returns the same shipment, after a
/// lost reply too, and from another process unless keys are kept in "memory". Keys are kept in the
/// configuration's state. Where it is left out, that is the environment's FLETE_STATE, else the user's own
/// state directory, or memory where all accounts are in the sandbox. If that place can't be used, the error
/// says so and nothing is sent.
///
/// Without a key, an error whose outcome is "unknown" means that the shipment may have been made: look at the
/// carrier before calling again.
///
/// # Safety
/// `request` is NULL or has `request_len` bytes to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flete_create(client: flete_client, request: *const c_char, request_len: usize) -> *mut c_char {
    // SAFETY: the same is asked of our caller.
    answer(|| unsafe { call(client, "create", request, request_len) })
}

/// Find out where one shipment is, or many. The same as flete_invoke with the method "track".
///
/// # Safety
/// `request` is NULL or has `request_len` bytes to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flete_track(client: flete_client, request: *const c_char, request_len: usize) -> *mut c_char {
    // SAFETY: the same is asked of our caller.
    answer(|| unsafe { call(client, "track", request, request_len) })
}

/// Call a method by its name, a NUL-terminated text: "quote", "create", "track", "cancel", "document",
/// "list", "webhook", "call", "describe", "keys", "settle". Blocks until the method is done,
/// its timeout is over (timeout_ms in the request or the configuration), or flete_interrupt is called.
/// "describe" needs no client: client may be 0.
///
/// Returns an envelope, never NULL, to be freed with flete_string_free.
///
/// # Safety
/// `method` is NULL or ends with a NUL; `request` is NULL or has `request_len` bytes to read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flete_invoke(
    client: flete_client,
    method: *const c_char,
    request: *const c_char,
    request_len: usize,
) -> *mut c_char {
    // SAFETY: the same is asked of our caller.
    answer(|| unsafe { call(client, text::read_name(method)?, request, request_len) })
}

/// End every call of this client that is in progress in this process, on any thread: each returns the error
/// cancelled. Later calls are not affected. A number that was never a client is harmless.
#[unsafe(no_mangle)]
pub extern "C" fn flete_interrupt(client: flete_client) {
    guarded(
        || {
            if let Some(client) = CLIENTS.get(client) {
                client.interrupt();
            }
        },
        || (),
    );
}

/// Read one value of a JSON text (an envelope, for instance) by its path: "data.rates[0].total.amount".
/// Returns a text, to be freed with flete_string_free: a string without quotes, a number with all its digits,
/// true or false; an object or list as JSON. Returns NULL if the value is absent or null, or if json or path
/// can't be read.
///
/// # Safety
/// `json` and `path` are NULL or end with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flete_text(json: *const c_char, path: *const c_char) -> *mut c_char {
    guarded(
        || {
            // SAFETY: the same is asked of our caller.
            let texts = unsafe { (text::read_whole(json), text::read_whole(path)) };
            let (Some(json), Some(path)) = texts else { return ptr::null_mut() };
            flete_core::text(json, path).map_or(ptr::null_mut(), text::give)
        },
        ptr::null_mut,
    )
}

/// Free a text that one of these functions returned, once. NULL is allowed.
///
/// # Safety
/// `text` is NULL, or was returned by a function of this library and not freed yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flete_string_free(text: *mut c_char) {
    // SAFETY: the same is asked of our caller.
    unsafe { text::take_back(text) };
}

/// Send log lines to a callback, for the whole process, up to a level: FLETE_LOG_ERROR, FLETE_LOG_WARN,
/// FLETE_LOG_INFO, FLETE_LOG_DEBUG (each request to a carrier) or FLETE_LOG_TRACE. FLETE_LOG_OFF, or NULL
/// for the callback, stops it. Without a callback, the environment variable FLETE_LOG=error|warn|info|debug
/// writes lines to standard error, from the first flete_open on. Lines never contain secrets.
///
/// The callback gets the line's level, its text (NUL-terminated UTF-8, valid until the callback returns)
/// and user. It is called on the thread of a call or on a helper thread, and by many threads at once. It
/// must return, must not throw, and must not call a method (flete_invoke and the like are refused there;
/// flete_log is allowed). A callback never gets the user of another. A line that is being delivered may
/// arrive after flete_log returns: keep user alive until all calls that were in progress then have
/// returned.
///
/// # Safety
/// `callback` is NULL, or may be called with `user` from any thread until all calls that are in progress
/// when it is replaced have returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn flete_log(
    level: i32,
    callback: Option<extern "C" fn(level: i32, line: *const c_char, user: *mut c_void)>,
    user: *mut c_void,
) {
    guarded(|| logging::set(level, callback, user), || ());
}

/// The library's version, like "0.1.0". A static text: don't free it.
#[unsafe(no_mangle)]
pub extern "C" fn flete_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// The version of this interface. It goes up only when a function changes or is removed, not when one is
/// added.
#[unsafe(no_mangle)]
pub extern "C" fn flete_abi_version() -> u32 {
    1
}

/// # Safety
/// `request` is NULL or has `request_len` bytes to read.
unsafe fn call(
    client: flete_client,
    method: &str,
    request: *const c_char,
    request_len: usize,
) -> Result<String, Error> {
    // SAFETY: the same is asked of our caller.
    let read = || unsafe { text::read(request, request_len, "the request", Code::InvalidRequest) };
    // Needs no client; 0 is never one.
    if client == 0 && method == "describe" {
        return flete_core::describe_text(read()?.unwrap_or("{}"));
    }
    let Some(client) = CLIENTS.get(client) else {
        return Err(Error::new(
            Code::InvalidHandle,
            "the handle is not an open client: flete_open failed, or it was closed; open a client",
        ));
    };
    // A carrier's push may have any byte.
    if method == "webhook" {
        // SAFETY: the same is asked of our caller.
        let push = unsafe { text::read_bytes(request, request_len, "the request", Code::InvalidRequest) }?;
        return client.invoke(method, &String::from_utf8_lossy(push.unwrap_or(b"{}")));
    }
    client.invoke(method, read()?.unwrap_or("{}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn taken(text: *mut c_char) -> Value {
        // SAFETY: it came from `give` just now and is taken back once.
        let owned = unsafe { std::ffi::CString::from_raw(text) };
        serde_json::from_slice(owned.as_bytes()).unwrap()
    }

    #[test]
    fn a_panic_becomes_an_envelope_and_the_next_call_works() {
        let reply = taken(answer(|| panic!("secret in a message")));
        assert_eq!(reply["error"]["code"], "internal");
        assert!(!reply.to_string().contains("secret"), "{reply}");
        assert_eq!(taken(answer(|| Ok("1".to_owned())))["data"].to_string(), "1");
    }

    #[test]
    fn a_nul_inside_a_reply_does_not_cut_it() {
        assert_eq!(taken(text::give("[1,\0 2]".to_owned())), serde_json::json!([1, 2]));
    }
}
