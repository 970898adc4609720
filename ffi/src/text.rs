//! Text in and out: reads a host's text with care, and gives the host a text to own and free.

use flete_core::{Client, Code, Error, FieldProblem};
use std::ffi::{CStr, CString, c_char};
use std::slice;

/// How far to look for the end of a method's name; the longest name has nine letters.
const NAME_LIMIT: usize = 64;

/// The error for a wrong argument; `code` says whether it is a request or a configuration.
pub(crate) fn refused(code: Code, field: &str, message: impl Into<String>) -> Error {
    let message = message.into();
    let said = if field.is_empty() { message.clone() } else { format!("{field}: {message}") };
    Error::new(code, said).with_field(FieldProblem::new(field, message))
}

/// A host's text of this length. `what` is its name in messages.
///
/// # Safety
/// As [`read_bytes`].
pub(crate) unsafe fn read<'a>(
    text: *const c_char,
    length: usize,
    what: &str,
    code: Code,
) -> Result<Option<&'a str>, Error> {
    // SAFETY: the same is asked of our caller.
    let Some(bytes) = (unsafe { read_bytes(text, length, what, code) })? else { return Ok(None) };
    std::str::from_utf8(bytes).map(Some).map_err(|error| {
        // Windows programs write files so.
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return refused(code, "", format!("{what} is UTF-16; save it as UTF-8"));
        }
        refused(code, "", format!("{what} is not UTF-8: the byte at {} is wrong; convert it", error.valid_up_to()))
    })
}

/// A host's bytes of this length. `what` is their name in messages.
///
/// # Safety
/// `text` is NULL, or has this many bytes to read until the borrow ends.
pub(crate) unsafe fn read_bytes<'a>(
    text: *const c_char,
    length: usize,
    what: &str,
    code: Code,
) -> Result<Option<&'a [u8]>, Error> {
    if text.is_null() {
        return match length {
            0 => Ok(None),
            _ => Err(refused(
                code,
                "",
                format!("{what} is NULL, but its length is {length}; pass a text, or the length 0"),
            )),
        };
    }
    // Checked before a byte is read: a length like (size_t)-1 is a mistake of the host.
    if length > Client::REQUEST_LIMIT {
        return Err(refused(code, "", format!("{what} has {length} bytes; pass at most {}", Client::REQUEST_LIMIT)));
    }
    // SAFETY: it isn't NULL, the caller vouches for the bytes, and the limit is far below isize::MAX.
    Ok(Some(unsafe { slice::from_raw_parts(text.cast::<u8>(), length) }))
}

/// A method's name, which ends with a NUL.
///
/// # Safety
/// `name` is NULL, or can be read up to a NUL.
pub(crate) unsafe fn read_name<'a>(name: *const c_char) -> Result<&'a str, Error> {
    if name.is_null() {
        return Err(refused(Code::InvalidRequest, "method", "is NULL; give its name, like \"cancel\""));
    }
    // SAFETY: the caller vouches for the bytes up to a NUL, and `strnlen` stops there.
    let length = unsafe { libc::strnlen(name, NAME_LIMIT) };
    if length == NAME_LIMIT {
        return Err(refused(Code::InvalidRequest, "method", "is longer than any method's name; end it with a NUL"));
    }
    // SAFETY: the NUL was found within the bytes that the caller vouches for.
    unsafe { CStr::from_ptr(name) }.to_str().map_err(|error| {
        let at = error.valid_up_to();
        refused(Code::InvalidRequest, "method", format!("is not UTF-8: the byte at {at} is wrong; use ASCII letters"))
    })
}

/// A text that ends with a NUL; `None` for NULL and for what isn't UTF-8.
///
/// # Safety
/// `text` is NULL, or can be read up to a NUL until the borrow ends.
pub(crate) unsafe fn read_whole<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: it isn't NULL, and the caller vouches for the bytes up to a NUL.
    unsafe { CStr::from_ptr(text) }.to_str().ok()
}

/// A text for the host to own. JSON has no NUL; if there is one, it is removed.
pub(crate) fn give(text: String) -> *mut c_char {
    let text = CString::new(text).unwrap_or_else(|error| {
        let mut bytes = error.into_vec();
        bytes.retain(|byte| *byte != 0);
        CString::new(bytes).unwrap_or_default()
    });
    text.into_raw()
}

/// Takes back a text of [`give`].
///
/// # Safety
/// `text` is NULL, or came from [`give`] and wasn't taken back yet.
pub(crate) unsafe fn take_back(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: the caller vouches that it came from `into_raw` in `give` and wasn't taken back yet.
        drop(unsafe { CString::from_raw(text) });
    }
}
