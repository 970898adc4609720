//! flete's log lines, on Python's logger `flete`. Other crates' lines are not passed on.
//!
//! A line needs the GIL, so a thread that has the GIL must not wait for one that logs: everything in `lib.rs`
//! that enters the core releases the GIL first. `pyo3-log` isn't used: it keeps the first level that it saw.

use log::{LevelFilter, Log, Metadata, Record};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;
use std::cell::RefCell;

static LOGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

thread_local! {
    /// What a signal handler raised while a line was being written: Ctrl-C must not be lost in a handler's `write`.
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

struct ToPython;

impl Log for ToPython {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        metadata.level() <= log::max_level() && (target == "flete" || target.starts_with("flete::"))
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        // Nothing is called while the interpreter ends: then nobody reads the line.
        Python::try_attach(|py| {
            let Err(error) = write(py, record) else { return };
            if error.is_instance_of::<PyException>(py) {
                error.write_unraisable(py, None);
            } else {
                RAISED.with_borrow_mut(|raised| *raised = Some(error));
            }
        });
    }

    fn flush(&self) {}
}

fn write(py: Python<'_>, record: &Record<'_>) -> PyResult<()> {
    let logger = logger(py)?;
    let level = i32::from(to_python(record.level().to_level_filter()));
    if logger.call_method1("isEnabledFor", (level,))?.is_truthy()? {
        let (file, line) = (record.file().unwrap_or("flete"), record.line().unwrap_or_default());
        let message = record.args().to_string();
        let line = ("flete", level, file, line, message, PyTuple::empty(py), py.None());
        logger.call_method1("handle", (logger.call_method1("makeRecord", line)?,))?;
    }
    Ok(())
}

fn logger(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    let logger = LOGGER.get_or_try_init(py, || {
        Ok::<_, PyErr>(py.import("logging")?.call_method1("getLogger", ("flete",))?.unbind())
    })?;
    Ok(logger.bind(py))
}

/// The levels of Python's `logging`; it has no name for tracing.
fn to_python(level: LevelFilter) -> u8 {
    match level {
        LevelFilter::Off => 60,
        LevelFilter::Error => 40,
        LevelFilter::Warn => 30,
        LevelFilter::Info => 20,
        LevelFilter::Debug => 10,
        LevelFilter::Trace => 5,
    }
}

/// Takes the Python logger's current level, so that a line that nobody reads never needs the GIL.
pub(crate) fn follow_level(py: Python<'_>) -> PyResult<()> {
    let wanted: i64 = logger(py)?.call_method0("getEffectiveLevel")?.extract()?;
    let level = LevelFilter::iter().filter(|level| i64::from(to_python(*level)) >= wanted).max();
    log::set_max_level(level.unwrap_or(LevelFilter::Off));
    Ok(())
}

/// What a signal handler raised in this thread while a line was written.
pub(crate) fn taken() -> Option<PyErr> {
    RAISED.with_borrow_mut(Option::take)
}

/// Once, when the module is imported.
pub(crate) fn install() {
    // Fails if there is a logger already: then this is a second import, and the logger is ours.
    let _ = log::set_logger(&ToPython);
}
