//! What every part uses: a simulator with a client of its own, the output that is searched for secrets, the count
//! of passed checks. `oracle` knows the right answers.

use flete::sandbox::Sandbox;
use flete::{Client, Error};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub type Reply = Result<Value, Box<Error>>;

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

static NEXT: AtomicU64 = AtomicU64::new(1);
/// All output of flete, to be searched for secrets.
static EVIDENCE: Mutex<Vec<String>> = Mutex::new(Vec::new());
static CANARIES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static CODES: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
static PASSED: AtomicUsize = AtomicUsize::new(0);
static FAILED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Counts one check. A failed one is printed at once, and again at the end.
pub fn check(good: bool, what: &str, why: impl FnOnce() -> String) -> bool {
    if good {
        PASSED.fetch_add(1, Ordering::Relaxed);
    } else {
        let told = format!("{what}: {}", why());
        println!("  FAILED {told}");
        lock(&FAILED).push(told);
    }
    good
}

pub fn results() -> (usize, Vec<String>) {
    (PASSED.load(Ordering::Relaxed), lock(&FAILED).clone())
}

pub fn codes() -> BTreeMap<String, usize> {
    lock(&CODES).clone()
}

pub fn evidence() -> MutexGuard<'static, Vec<String>> {
    lock(&EVIDENCE)
}

pub fn canaries() -> BTreeSet<String> {
    lock(&CANARIES).clone()
}

pub fn plant(secret: &str) {
    if secret.len() >= 4 {
        lock(&CANARIES).insert(secret.to_owned());
    }
}

/// Keeps an answer for the search and counts its code.
pub fn note(reply: Result<Value, Error>) -> Reply {
    match reply {
        Ok(data) => {
            evidence().push(data.to_string());
            Ok(data)
        }
        Err(error) => {
            *lock(&CODES).entry(error.code.as_str().to_owned()).or_default() += 1;
            evidence().push(format!("{error} {error:?} {}", error.to_value()));
            Err(Box::new(error))
        }
    }
}

/// Every log line, at the level trace.
struct Log;

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        evidence().push(format!("{} {}", record.target(), record.args()));
    }
    fn flush(&self) {}
}

pub fn listen() {
    static LOG: Log = Log;
    if log::set_logger(&LOG).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
}

/// A directory of this run; removed at its end.
pub fn scratch() -> PathBuf {
    // In memory, if possible: hundreds of state files at once test the order of writes, not disks.
    let memory = PathBuf::from("/dev/shm");
    let home = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let dir = home.join(format!("flete-faults-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a scratch directory");
    dir
}

pub fn fresh(name: &str) -> PathBuf {
    let path = scratch().join(format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    MINE.with_borrow_mut(|mine| mine.push(path.clone()));
    path
}

thread_local! {
    /// The files that this thread's cases have made.
    static MINE: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) };
}

/// Removes the files of this thread's last case. One of twenty stays, to be searched for secrets.
pub fn sweep() {
    for path in MINE.take() {
        if !NEXT.fetch_add(1, Ordering::Relaxed).is_multiple_of(20) {
            for suffix in ["", "-wal", "-shm"] {
                drop(std::fs::remove_file(format!("{}{suffix}", path.display())));
            }
        }
    }
}

/// SplitMix64: the same plan for the same seed.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// One carrier's simulator, and accounts that share nothing with any other case.
pub struct Lab {
    pub sandbox: Sandbox,
    pub carrier: String,
    account: Value,
}

impl Lab {
    pub fn new(carrier: &str) -> Self {
        let sandbox = Sandbox::start().expect("the sandbox starts");
        let mut account = sandbox.account(carrier).expect("a simulated carrier");
        plant_secrets(&account);
        // A process caches an account's facts by its URL, so each case has its own URL.
        let base = account["base_url"].as_str().unwrap_or_default();
        account["base_url"] = json!(format!("{base}/case-{}/..", NEXT.fetch_add(1, Ordering::Relaxed)));
        account["id"] = json!("shop");
        Self { sandbox, carrier: carrier.to_owned(), account }
    }

    pub fn account(&self) -> Value {
        self.account.clone()
    }

    /// A configuration of this carrier's account, with more settings.
    pub fn config(&self, more: Value) -> Value {
        let mut config = json!({
            "accounts": [self.account], "timeout_ms": 2000, "connect_timeout_ms": 500, "settle_ms": 300,
            "state": "memory",
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            config[name] = value.clone();
        }
        config
    }

    pub fn client(&self, more: Value) -> Client {
        Client::open(&self.config(more).to_string()).expect("the configuration is good")
    }

    pub fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.sandbox.control(&self.carrier, method, path, body);
        assert!(answer.get("error").is_none(), "{path} {body}: {answer}");
        answer
    }

    pub fn fault(&self, spec: &Value) {
        self.control("POST", "faults", spec);
    }

    pub fn calm(&self) {
        self.control("DELETE", "faults", &Value::Null);
    }

    pub fn settings(&self, knobs: &Value) {
        self.control("POST", "settings", knobs);
    }

    /// The carrier's own list: the truth.
    pub fn shipments(&self) -> Vec<Value> {
        list(&self.control("GET", "shipments", &Value::Null)["shipments"]).to_vec()
    }

    pub fn requests(&self) -> Value {
        self.control("GET", "requests", &Value::Null)
    }

    pub fn total(&self) -> u64 {
        self.requests()["total"].as_u64().unwrap_or_default()
    }

    /// How often an operation was requested, and how often it was done.
    pub fn count(&self, operation: &str) -> (u64, u64) {
        let requests = self.requests();
        let of = |kind: &str| requests[kind][operation].as_u64().unwrap_or_default();
        (of("operations"), of("processed_operations"))
    }

    /// Credentials in the requests, which are searched for too.
    pub fn plant_tokens(&self) {
        for request in list(&self.requests()["recent"]) {
            for name in ["authorization", "access_token", "x-auth-token", "subscription-key"] {
                let value = request["headers"][name].as_str().unwrap_or_default();
                let value = value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("Basic ")).unwrap_or(value);
                plant(value);
            }
        }
    }
}

fn plant_secrets(account: &Value) {
    for name in ["key", "password", "client_secret", "token", "webhook_token", "subscription_key"] {
        match &account[name] {
            Value::String(text) => plant(text),
            Value::Object(several) => several.values().filter_map(Value::as_str).for_each(plant),
            _ => {}
        }
    }
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    (work(), started.elapsed())
}

pub fn outcome(error: &Error) -> &'static str {
    error.outcome.as_str()
}

/// An answer in a few words.
pub fn say(reply: &Reply) -> String {
    match reply {
        Ok(data) => format!("ok {}", data.to_string().chars().take(160).collect::<String>()),
        Err(error) => format!(
            "{} {} retryable={} after {} attempts, {} ms: {}",
            error.code.as_str(),
            outcome(error),
            error.retryable,
            error.attempts,
            error.elapsed_ms,
            error.message
        ),
    }
}
