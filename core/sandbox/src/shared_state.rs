//! What all connections of one carrier's port share: the simulator, its faults, counters and clock.
//! Not for sockets (`server`).

use super::faults::{Asked, Faults, Hit, Kind};
use super::http::{Request, Response, route};
use super::simulator::Simulator;
use super::{control, util};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const RECENT: usize = 200;
/// How many bytes of a body the log keeps: an uploaded file may be large.
const REMEMBERED: usize = 64 * 1024;
const IDLE: Duration = Duration::from_secs(60);

pub(crate) struct SharedState {
    make: fn() -> Box<dyn Simulator>,
    base: &'static str,
    operations: &'static [&'static str],
    state: Mutex<State>,
}

/// The answer to a control request, and what the owner of the sockets must do first.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// Close the listener for this long.
    pub(crate) close_listener: Option<Duration>,
}

struct State {
    simulator: Box<dyn Simulator>,
    faults: Faults,
    log: Log,
    skew: SignedDuration,
    latency: Duration,
    idle: Duration,
    /// The accounts that were accepted beside the fixed one.
    admitted: Vec<Map<String, Value>>,
}

impl State {
    fn new(mut simulator: Box<dyn Simulator>, admitted: Vec<Map<String, Value>>) -> Self {
        for account in &admitted {
            simulator.admit(account);
        }
        State {
            simulator,
            faults: Faults::default(),
            log: Log::default(),
            skew: SignedDuration::ZERO,
            latency: Duration::ZERO,
            idle: IDLE,
            admitted,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::now().checked_add(self.skew).unwrap_or(Timestamp::MAX)
    }
}

/// What happened to the requests.
#[derive(Default)]
struct Log {
    connections: u64,
    total: u64,
    processed: u64,
    operations: BTreeMap<&'static str, u64>,
    processed_operations: BTreeMap<&'static str, u64>,
    recent: VecDeque<Value>,
}

impl SharedState {
    /// A simulator with its own documented operations, and the credentials of its account.
    pub(crate) fn new(make: fn() -> Box<dyn Simulator>) -> (Self, Value) {
        let simulator = make();
        let account = simulator.account();
        let state = SharedState {
            make,
            base: simulator.base_path(),
            operations: simulator.operations(),
            state: Mutex::new(State::new(simulator, Vec::new())),
        };
        (state, account)
    }

    pub(crate) fn base(&self) -> &'static str {
        self.base
    }

    // A panic in one connection's thread must not silence the carrier for the rest.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.state().now()
    }

    pub(crate) fn idle(&self) -> Duration {
        self.state().idle
    }

    pub(crate) fn count_connection(&self) {
        self.state().log.connections += 1;
    }

    pub(crate) fn wants_unread(&self) -> bool {
        self.state().faults.want_unread()
    }

    pub(crate) fn address(&self, request: &mut Request) {
        if let Some((operation, params)) = route(self.operations, self.base, request) {
            request.operation = Some(operation);
            request.params = params;
        }
    }

    /// The fault that meets this request, if any. Called once per request.
    pub(crate) fn meet(&self, request: &Request) -> Option<Hit> {
        self.state().faults.meet(request)
    }

    /// How long to wait before a request is processed.
    pub(crate) fn delay(&self, hit: Option<&Hit>) -> Duration {
        let latency = self.state().latency;
        match hit.map(|h| &h.kind) {
            Some(Kind::Slow(wait)) => latency + *wait,
            _ => latency,
        }
    }

    /// Processes a request, unless its fault forbids it, and records it.
    pub(crate) fn answer(&self, request: &Request, hit: Option<&Hit>) -> (Response, Timestamp) {
        let mut state = self.state();
        let now = state.now();
        let processed = hit.is_none_or(Hit::processes);
        if let Some(Kind::ExpiredToken) = hit.map(|h| &h.kind) {
            state.simulator.expire_tokens();
        }
        let mut response = if processed { state.simulator.handle(request, now) } else { Response::raw(Vec::new()) };
        match hit.map(|h| &h.kind) {
            Some(Kind::Replace(reply)) => response = reply.clone(),
            Some(Kind::Status { status, body, headers }) => {
                response = match body {
                    None => state.simulator.failure(*status, now),
                    Some(Value::String(text)) => {
                        Response::bytes(*status, "text/plain; charset=utf-8", text.clone().into())
                    }
                    Some(body) => Response::json(*status, body),
                };
                for (name, value) in headers {
                    response.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
                    response.headers.push((name.clone(), value.clone()));
                }
            }
            _ => {}
        }
        let silent = hit.is_some_and(|h| h.unread() || matches!(h.kind, Kind::ResetAfter | Kind::Garbage(_)));
        let status = (!silent && response.raw.is_none()).then_some(response.status);
        state.log.note(request, hit, processed, status);
        (response, now)
    }

    /// The control interface; `path` is what follows `/_sandbox/`.
    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> Answer {
        let mut close_listener = None;
        let done = control::read(method, path, body)
            .and_then(|command| self.run(command, &mut close_listener).map_err(|error| (400, error)));
        let (status, body) = match done {
            Ok(body) => (200, body),
            Err((status, error)) => (status, json!({"error": error})),
        };
        Answer { status, body, close_listener }
    }

    fn run(&self, command: control::Command, close_listener: &mut Option<Duration>) -> Result<Value, String> {
        use control::Command;
        let mut state = self.state();
        let now = state.now();
        match command {
            Command::Shipments => Ok(json!({"shipments": state.simulator.shipments(now)})),
            Command::Requests => Ok(state.log.report()),
            Command::Faults => Ok(json!({"faults": state.faults.report()})),
            Command::Arm(specs) => {
                let (mut armed, mut pause) = (Faults::default(), None);
                for spec in &specs {
                    match armed.add(spec, self.operations)? {
                        Asked::Armed => {}
                        Asked::CloseListener(wait) => pause = Some(wait),
                    }
                }
                state.faults.append(armed);
                *close_listener = pause;
                Ok(json!({"armed": specs.len()}))
            }
            Command::Disarm => {
                state.faults.clear();
                Ok(json!({}))
            }
            Command::Advance { id, to } => state.simulator.advance(&id, to.as_deref(), now),
            Command::Settings(settings) => state.set(settings).map(|()| json!({})),
            Command::Admit(account) => {
                if !state.admitted.contains(&account) {
                    state.simulator.admit(&account);
                    state.admitted.push(account);
                }
                Ok(json!({}))
            }
            Command::Clock(skew_ms) => {
                state.skew = SignedDuration::from_millis(skew_ms);
                Ok(json!({"now": util::utc(state.now())}))
            }
            Command::Reset => {
                // A client registers its account only once.
                let admitted = std::mem::take(&mut state.admitted);
                *state = State::new((self.make)(), admitted);
                Ok(json!({}))
            }
        }
    }
}

impl State {
    /// The kernel's own settings; the rest are the carrier's.
    fn set(&mut self, mut settings: Map<String, Value>) -> Result<(), String> {
        let mut millis = |name: &str| match settings.remove(name) {
            None => Ok(None),
            Some(value) => util::whole(name, &value).map(|ms| Some(Duration::from_millis(ms))),
        };
        let (latency, idle) = (millis("latency_ms")?, millis("idle_ms")?);
        self.simulator.settings(&settings)?;
        self.latency = latency.unwrap_or(self.latency);
        // A socket doesn't accept a timeout of zero.
        self.idle = idle.map_or(self.idle, |idle| idle.max(Duration::from_millis(1)));
        Ok(())
    }
}

impl Log {
    fn note(&mut self, request: &Request, hit: Option<&Hit>, processed: bool, status: Option<u16>) {
        let operation = request.operation.unwrap_or("other");
        self.total += 1;
        *self.operations.entry(operation).or_default() += 1;
        if processed {
            self.processed += 1;
            *self.processed_operations.entry(operation).or_default() += 1;
        }
        let mut headers: Map<String, Value> = Map::new();
        for (name, value) in &request.headers {
            let joined = match headers.get(name).and_then(Value::as_str) {
                Some(first) => format!("{first}, {value}"),
                None => value.clone(),
            };
            headers.insert(name.clone(), joined.into());
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(json!({
            "method": request.method,
            "path": request.raw_path,
            "query": request.raw_query,
            "operation": request.operation,
            "headers": headers,
            "body": String::from_utf8_lossy(&request.body[..request.body.len().min(REMEMBERED)]),
            "body_length": request.body.len(),
            "status": status,
            "processed": processed,
            "fault": hit.map(|h| &h.name),
        }));
    }

    fn report(&self) -> Value {
        json!({
            "connections": self.connections,
            "total": self.total,
            "processed": self.processed,
            "operations": self.operations,
            "processed_operations": self.processed_operations,
            "recent": self.recent,
        })
    }
}
