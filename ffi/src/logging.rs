//! Passes flete's log lines to the host's callback. Not those of dependencies: they may hold secrets.

use crate::table::Table;
use log::{LevelFilter, Log, Metadata, Record};
use std::cell::Cell;
use std::ffi::{CString, c_char, c_void};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub(crate) type Callback = extern "C" fn(level: i32, line: *const c_char, user: *mut c_void);

/// A callback and its data. One value, so that no line goes to one callback with the data of another.
struct Sink {
    callback: Callback,
    user: *mut c_void,
}

// SAFETY: `user` is never dereferenced here, and flete.h requires that any thread may call back with it.
unsafe impl Send for Sink {}
// SAFETY: as above.
unsafe impl Sync for Sink {}

/// Every sink that may still receive a line. A table, because it needs no lock and frees the memory.
static SINKS: Table<Sink> = Table::new();
/// The handle of the current sink.
static PRESENT: AtomicU64 = AtomicU64::new(0);
/// Whether the host ever called `flete_log`.
static ASKED: AtomicBool = AtomicBool::new(false);
/// Whether lines go to standard error.
static TO_STDERR: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether this thread is in the host's callback.
    static CALLING_BACK: Cell<bool> = const { Cell::new(false) };
}

struct Bridge;

/// Follows `FLETE_LOG`: lines on standard error, until the host sets a callback of its own. Read once, by
/// the first client that is opened.
pub(crate) fn follow_environment() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let wanted = std::env::var("FLETE_LOG").unwrap_or_default().trim().to_ascii_lowercase();
        let level = match wanted.as_str() {
            "error" => LevelFilter::Error,
            "warn" => LevelFilter::Warn,
            "info" => LevelFilter::Info,
            "debug" => LevelFilter::Debug,
            "trace" => LevelFilter::Trace,
            _ => return,
        };
        // The host has called `flete_log` already, perhaps to turn logging off.
        if !ASKED.load(Ordering::Acquire) && log::set_logger(&Bridge).is_ok() {
            TO_STDERR.store(true, Ordering::Release);
            log::set_max_level(level);
        }
    });
}

/// Send lines up to `level` to this callback from now on. Without a callback, send none.
pub(crate) fn set(level: i32, callback: Option<Callback>, user: *mut c_void) {
    let level = match level {
        ..=0 => LevelFilter::Off,
        1 => LevelFilter::Error,
        2 => LevelFilter::Warn,
        3 => LevelFilter::Info,
        4 => LevelFilter::Debug,
        5.. => LevelFilter::Trace,
    };
    let sink =
        callback.filter(|_| level != LevelFilter::Off).and_then(|callback| SINKS.insert(Sink { callback, user }).ok());
    ASKED.store(true, Ordering::Release);
    TO_STDERR.store(false, Ordering::Release);
    // Fails from the second time on, when it is there already.
    let _ = log::set_logger(&Bridge);
    log::set_max_level(if sink.is_some() { level } else { LevelFilter::Off });
    SINKS.close(PRESENT.swap(sink.unwrap_or(0), Ordering::AcqRel));
}

/// Whether this thread is in the host's callback, where no call can be made.
pub(crate) fn calling_back() -> bool {
    CALLING_BACK.get()
}

impl Log for Bridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        target == "flete" || target.starts_with("flete::")
    }

    fn log(&self, record: &Record<'_>) {
        // A line that is logged inside the callback would call it again, endlessly.
        if !self.enabled(record.metadata()) || calling_back() {
            return;
        }
        if TO_STDERR.load(Ordering::Acquire) {
            // One write per line, so that threads don't mix theirs. A closed standard error is ignored.
            let line = format!("flete {}: {}\n", record.level().as_str().to_lowercase(), record.args());
            let _ = std::io::stderr().lock().write_all(line.as_bytes());
            return;
        }
        let Some(sink) = SINKS.get(PRESENT.load(Ordering::Acquire)) else { return };
        let line = record.args().to_string().replace('\0', "\u{fffd}");
        let Ok(line) = CString::new(line) else { return };
        CALLING_BACK.set(true);
        (sink.callback)(record.level() as i32, line.as_ptr(), sink.user);
        CALLING_BACK.set(false);
    }

    fn flush(&self) {}
}
