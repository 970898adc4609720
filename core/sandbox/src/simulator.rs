//! What every simulated carrier implements. The kernel has the sockets, faults and counters.

use super::http::{Request, Response};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// One carrier's HTTP API, as its API reference describes it, with its state in memory.
///
/// Calls come one at a time (the kernel holds a lock), so an implementation must not wait.
/// `now` is the carrier's clock: the control interface can set it wrong on purpose.
pub(crate) trait Simulator: Send {
    /// Every documented operation, `METHOD /path/{value}`, relative to [`base_path`](Self::base_path): the kernel finds which one a
    /// request addresses before `handle` is called, and faults and counters go by these names. See [`route`](super::http::route).
    fn operations(&self) -> &'static [&'static str];

    /// The credentials of the sandbox's one account, under the names that a flete configuration uses.
    /// The kernel adds `carrier` and `base_url`.
    fn account(&self) -> Value;

    /// The same for one generation of the carrier's API, by the name that an account's setting `api` has for it; `None` where there
    /// is no such generation.
    fn account_of(&self, _api: &str) -> Option<Value> {
        None
    }

    /// Accepts one more account beside the fixed one, from its settings in a flete configuration. What the settings name
    /// besides credentials (a contract, a client) exists for it.
    /// A carrier without credentials does nothing here.
    fn admit(&mut self, _account: &Map<String, Value>) {}

    /// The path of the documented base URL, such as `/api/v1`.
    fn base_path(&self) -> &'static str {
        ""
    }

    /// Answers a request: authentication, limits, validation, and the change of state, all of it or nothing.
    /// `request.operation` is `None` when no documented operation was addressed; authentication usually comes first even so.
    fn handle(&mut self, request: &Request, now: Timestamp) -> Response;

    /// Every shipment ever made, oldest first: a list of objects with at least `id`, `reference`, `status`, and whatever marks the client
    /// sends along. Tests count duplicates here.
    fn shipments(&mut self, now: Timestamp) -> Value;

    /// Moves a shipment on by one stage, or to a named one. Returns what it is now; the error says why it can't.
    /// A carrier that pushes may put the push's body in the answer.
    fn advance(&mut self, id: &str, to: Option<&str>, now: Timestamp) -> Result<Value, String>;

    /// Sets the carrier's own settings. All are checked before any is set; an unknown one is an error.
    fn settings(&mut self, settings: &Map<String, Value>) -> Result<(), String>;

    /// Makes the next authenticated request fail with the carrier's own 401 even with a good token (the fault `expired_token`).
    fn expire_tokens(&mut self) {}

    /// The carrier's own form of an HTTP error, for the fault `status` without a body.
    fn failure(&mut self, status: u16, _now: Timestamp) -> Response {
        Response::json(status, &json!({"error": "sandbox", "status": status}))
    }
}
