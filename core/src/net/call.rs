//! One call of a host: its deadline, its attempts, and what is known of the shipment if it ends now.

use super::descriptors;
use super::http::Gate;
use crate::json::parse_own;
use crate::model::{Code, Error, Outcome};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// One account's part of a call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) started: Instant,
    pub(crate) deadline: Instant,
    attempts: Cell<u32>,
    outcome: Cell<Outcome>,
    /// The gate of the request in progress that makes something: whether any byte of it may have been sent.
    making: RefCell<Option<Arc<Gate>>>,
    /// Whether the same call may be made again, whatever the outcome: its key finds what was made.
    resumes: Cell<bool>,
    /// What exists at the carrier now.
    created: RefCell<Option<String>>,
}

impl Call {
    /// A call that must end within `timeout`.
    pub(crate) fn new(timeout: Duration) -> Self {
        let started = Instant::now();
        Self::until(started, started + timeout)
    }

    fn until(started: Instant, deadline: Instant) -> Self {
        Self {
            started,
            deadline,
            attempts: Cell::new(0),
            outcome: Cell::default(),
            making: RefCell::default(),
            resumes: Cell::new(false),
            created: RefCell::default(),
        }
    }

    /// Another account's part of the same call.
    pub(crate) fn sibling(&self) -> Self {
        Self::until(self.started, self.deadline)
    }

    /// How long is left.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Count a request.
    pub(crate) fn count(&self) {
        self.attempts.set(self.attempts.get() + 1);
    }

    /// A request that makes something is about to be sent; `gate` knows whether it was.
    pub(crate) fn making(&self, gate: &Arc<Gate>) {
        *self.making.borrow_mut() = Some(Arc::clone(gate));
    }

    /// Sets what is known of the shipment. No request is in progress.
    pub(crate) fn made(&self, outcome: Outcome) {
        *self.making.borrow_mut() = None;
        self.outcome.set(outcome);
    }

    /// What is known of the shipment if the call ends now. A request that wasn't written yet never will be.
    pub(crate) fn outcome(&self) -> Outcome {
        match &*self.making.borrow() {
            Some(gate) if !gate.withdraw() => Outcome::Unknown,
            _ => self.outcome.get(),
        }
    }

    /// Sets whether the same call may be made again, whatever its outcome.
    pub(crate) fn resumes(&self, resumes: bool) {
        self.resumes.set(resumes);
    }

    /// The shipment is made: the caller gets it, as JSON text, however the call ends.
    pub(crate) fn created(&self, what: String) {
        self.made(Outcome::Done);
        *self.created.borrow_mut() = Some(what);
    }

    /// The error of a call that was ended from outside, with what is known of the shipment.
    pub(crate) fn cut_short(&self, error: Error) -> Error {
        let mut error = error.with_outcome(self.outcome());
        if error.outcome != Outcome::None {
            error.edit().retryable = self.resumes.get();
        }
        if error.created.is_none() {
            error.edit().created = self.created.take().and_then(|text| parse_own(&text).ok());
        }
        error
    }

    /// The error as the caller gets it: the attempts, how long they took, and texts within their limits. It says so
    /// where descriptors were lacking.
    pub(crate) fn stamp(&self, error: Error) -> Error {
        let mut error = descriptors::named(error);
        error.edit().attempts = error.attempts.max(self.attempts.get());
        error.edit().elapsed_ms = elapsed_ms(self.started);
        error.within_limits()
    }

    /// The error for a wait that doesn't fit in the time left.
    pub(crate) fn cannot_wait(&self, code: Code, wait: Duration, what: &str) -> Error {
        let error = Error::new(
            code,
            format!(
                "{what}, but only {} ms are left of this call; repeat it later or allow more with `timeout_ms`",
                self.left().as_millis()
            ),
        );
        let mut error = error.with_outcome(self.outcome());
        error.edit().retry_after_ms = Some(millis(wait));
        error
    }
}

/// Milliseconds since `started`.
pub(crate) fn elapsed_ms(started: Instant) -> u64 {
    millis(started.elapsed())
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
