//! The Python module `flete._flete`: a client with JSON text in and out. What makes it convenient (dicts,
//! exceptions, types) is Python code, in `python/flete/`. Nothing here knows a carrier, or a method except `create`.

mod logs;

use flete::{Error, host};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::sync::{Mutex, PoisonError};

/// The error as the Python exception for its code.
fn raised(py: Python<'_>, error: Error) -> PyErr {
    static FROM_JSON: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    // With the carrier's reply, an error may be nested as deep as JSON can be; dropping it needs room too.
    let text = py.detach(|| host::with_room(move || error.to_value().to_string()));
    let text = text.unwrap_or_else(|problem| broken(&problem).to_value().to_string());
    FROM_JSON
        .import(py, "flete._errors", "from_json")
        .and_then(|from_json| from_json.call1((text,)))
        .map_or_else(|problem| problem, PyErr::from_value)
}

/// Runs a part of a call without the GIL and with enough stack: Python's threads may have 32 KiB. A
/// panic becomes an ordinary error, not an exception that `except Exception` misses.
fn apart<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, Error> + Send) -> PyResult<T> {
    let result = py.detach(|| host::with_room(|| host::guarded(work, || Err(broken(&"the log has the place")))));
    result.unwrap_or_else(|problem| Err(broken(&problem))).map_err(|error| raised(py, error))
}

fn broken(why: &dyn std::fmt::Display) -> Error {
    Error::new(flete::Code::Internal, format!("flete stopped this call ({why}); please report it"))
}

/// The cause of a signal handler's exception that replaces the reply of a finished create.
fn made(shipment: &str) -> Error {
    let error =
        Error::new(flete::Code::Cancelled, "the call was interrupted, but its shipment was made: see `created`")
            .with_outcome(flete::Outcome::Done);
    match shipment.parse::<flete::Json>() {
        Ok(shipment) => error.with_created(shipment),
        Err(_) => error,
    }
}

/// An open client; `None` once it is closed. The lock is only ever held for the time of a copy.
#[pyclass(module = "flete._flete", frozen)]
struct Client(Mutex<Option<flete::Client>>);

impl Client {
    fn get(&self, py: Python<'_>) -> PyResult<flete::Client> {
        let client = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        client.ok_or_else(|| raised(py, Error::new(flete::Code::InvalidHandle, "the client is closed; open a new one")))
    }
}

#[pymethods]
impl Client {
    #[new]
    fn new(py: Python<'_>, config: &[u8]) -> PyResult<Self> {
        let opened = apart(py, || flete::Client::open(utf8(config, flete::Code::InvalidConfig)?))?;
        Ok(Self(Mutex::new(Some(opened))))
    }

    /// Calls a method with JSON text; returns the reply's data as JSON text. `signals` is for Python's main thread,
    /// the only one that runs signal handlers: a handler that raises ends the call.
    fn invoke(&self, py: Python<'_>, method: &str, request: &[u8], signals: bool) -> PyResult<String> {
        let client = self.get(py)?;
        logs::follow_level(py)?;
        let mut stop: Option<PyErr> = None;
        let result = py.detach(|| {
            let request = utf8(request, flete::Code::InvalidRequest)?;
            let mut go_on = || {
                stop = Python::attach(|py| py.check_signals()).err().or_else(logs::taken);
                stop.is_none()
            };
            // Other threads don't check: they would only queue for the GIL twenty times a second.
            let go_on = signals.then_some(&mut go_on as &mut dyn FnMut() -> bool);
            // The core makes room itself, and calls `go_on` on this thread.
            host::guarded(|| client.invoke_checked(method, request, go_on), || Err(broken(&"the log has the place")))
        });
        match (result, stop.or_else(logs::taken)) {
            (Ok(data), None) => Ok(data),
            (Err(error), None) => Err(raised(py, error)),
            (result, Some(stop)) => {
                // What is known about the shipment must not be lost with the call.
                let known = result.map_or_else(Some, |data| (method == "create").then(|| made(&data)));
                if let Some(known) = known {
                    stop.set_cause(py, Some(raised(py, known)));
                }
                Err(stop)
            }
        }
    }

    /// Each account's id and its carrier's code.
    fn accounts(&self, py: Python<'_>) -> PyResult<Vec<(String, &'static str)>> {
        Ok(self.get(py)?.accounts().map(|(id, carrier)| (id.to_owned(), carrier)).collect())
    }

    /// Ends every call in progress, in this process.
    fn interrupt(&self, py: Python<'_>) -> PyResult<()> {
        let client = self.get(py)?;
        py.detach(|| client.interrupt());
        Ok(())
    }

    /// Calls in progress go on; new ones fail. Closing twice is harmless.
    fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    #[getter]
    fn closed(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

fn utf8(text: &[u8], code: flete::Code) -> Result<&str, Error> {
    std::str::from_utf8(text)
        .map_err(|error| Error::new(code, format!("the JSON text is not UTF-8: {error}; encode it as UTF-8")))
}

/// Every error code, in the contract's order.
#[pyfunction]
fn codes() -> Vec<&'static str> {
    flete::Code::all().iter().map(|code| code.as_str()).collect()
}

/// The method `describe`, with JSON text. Needs no client.
#[pyfunction]
fn describe(py: Python<'_>, request: &[u8]) -> PyResult<String> {
    apart(py, || flete::describe_text(utf8(request, flete::Code::InvalidRequest)?))
}

/// Python is about to fork. The GIL is released, because a thread that this waits for may need it for a log line.
#[pyfunction]
fn before_fork(py: Python<'_>) {
    py.detach(host::before_fork);
}

/// Python has forked, or couldn't; this is the parent.
#[pyfunction]
fn after_fork_in_parent() {
    host::after_fork_in_parent();
}

/// Python has forked; this is the child.
#[pyfunction]
fn after_fork_in_child() {
    host::after_fork_in_child();
}

/// A configuration, as JSON text, with an account for every simulated carrier.
#[pyfunction]
fn sandbox_config(py: Python<'_>) -> PyResult<String> {
    apart(py, sandbox::config)
}

/// Calls a simulated carrier's control interface, with JSON text; returns JSON text.
#[pyfunction]
fn sandbox_control(py: Python<'_>, carrier: &str, method: &str, path: &str, body: &[u8]) -> PyResult<String> {
    apart(py, || sandbox::control(carrier, method, path, body))
}

#[cfg(feature = "sandbox")]
mod sandbox {
    use flete::sandbox::Sandbox;
    use flete::{Code, Error};

    fn shared() -> Result<&'static Sandbox, Error> {
        Sandbox::shared()
            .map_err(|error| Error::new(Code::Internal, format!("the sandbox could not be started: {error}")))
    }

    pub(crate) fn config() -> Result<String, Error> {
        Ok(shared()?.config().to_string())
    }

    pub(crate) fn control(carrier: &str, method: &str, path: &str, body: &[u8]) -> Result<String, Error> {
        let body = serde_json::from_slice(body)
            .map_err(|error| Error::new(Code::InvalidRequest, format!("the body is not JSON: {error}")))?;
        Ok(shared()?.control(carrier, method, path, &body).to_string())
    }
}

#[cfg(not(feature = "sandbox"))]
mod sandbox {
    use flete::{Code, Error};

    fn absent() -> Error {
        Error::new(Code::Unsupported, "this build of flete has no sandbox; build it with the feature `sandbox`")
    }

    pub(crate) fn config() -> Result<String, Error> {
        Err(absent())
    }

    pub(crate) fn control(_: &str, _: &str, _: &str, _: &[u8]) -> Result<String, Error> {
        Err(absent())
    }
}

#[pymodule]
mod _flete {
    use super::*;

    #[pymodule_export]
    use super::{
        Client, after_fork_in_child, after_fork_in_parent, before_fork, codes, describe, sandbox_config,
        sandbox_control,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        logs::install();
        Ok(())
    }
}
