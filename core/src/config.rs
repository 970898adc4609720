//! Configuration: accounts, secrets by environment variable or file, environments and base URLs.
//! It is read once, at open; nothing here touches the network.

use crate::carriers::{self, Carrier};
use crate::model::shape::{Field, Kind, OPEN, Shape, TEXT, check_fields, nearest, opt, req};
use crate::model::status::{STATUSES, Status};
use crate::model::{Error, FieldProblem};
use crate::net::limit::Policy;
use crate::redact::Secrets;
use crate::state::{Home, Place, Store};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The keys of a configuration, beside its accounts.
const TOP: &[Field] = &[
    req("accounts", Kind::List(&OPEN, 1_000), "a list with at least one account"),
    opt("timeout_ms", Kind::Integer(1, 3_600_000), "for a whole call, retries included"),
    opt("connect_timeout_ms", Kind::Integer(1, 600_000), "for one connection"),
    opt("max_attempts", Kind::Integer(1, 100), "requests for one safe step"),
    opt("max_in_flight", Kind::Integer(1, 10_000), "requests at once for one account"),
    opt("state", TEXT, "where idempotency keys and tokens are kept: a file's path, or \"memory\""),
    opt("settle_ms", Kind::Integer(0, 3_600_000), "how long a lost create may still be on its way"),
    opt("keep_keys_days", Kind::Integer(1, 36_500), "how long idempotency keys are kept"),
    opt("proxy", TEXT, "the URL of an HTTP proxy"),
    opt("ca_file", TEXT, "a PEM file of certificates to trust beside the system's"),
    opt("user_agent", Kind::Text(200), "sent with every request"),
    opt("allow_insecure_http", Kind::Flag, "take plain http:// for every account"),
];

/// The keys that every account has, beside its carrier's own.
const COMMON: &[Field] = &[
    opt("id", Kind::Text(100), "the account's name in requests; its carrier's code when left out"),
    req("carrier", TEXT, "the carrier's code"),
    opt("environment", Kind::Choice(&["production", "test", "sandbox"]), "where requests go; production when left out"),
    opt("base_url", TEXT, "replaces the documented base URL"),
    opt("status_map", Kind::Names(&Kind::Choice(STATUSES)), "carrier status → flete status"),
    opt("rate_limit", Kind::Text(40), "a policy stricter than the carrier's, like 30;w=60"),
    opt("allow_insecure_http", Kind::Flag, "take plain http:// for this account"),
    opt(
        "state",
        TEXT,
        "where this account's idempotency keys and tokens are kept, if not in the configuration's `state`",
    ),
    opt("sandbox", OPEN, "settings of the built-in simulator, like auto_advance_ms; only in the sandbox"),
];

/// A configuration, checked and with its secrets read.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) accounts: Vec<Arc<Account>>,
    pub(crate) timeout: Duration,
    pub(crate) net: NetConfig,
    /// How long a request whose reply was lost may still be on its way.
    pub(crate) settle: Duration,
}

/// How requests are sent.
#[derive(Clone)]
pub(crate) struct NetConfig {
    pub(crate) connect_timeout: Duration,
    pub(crate) max_attempts: u32,
    pub(crate) max_in_flight: usize,
    pub(crate) proxy: Option<String>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) user_agent: String,
}

impl NetConfig {
    /// Whether both may use the same connections.
    pub(crate) fn connects_like(&self, other: &Self) -> bool {
        self.connect_timeout == other.connect_timeout
            && self.proxy == other.proxy
            && self.ca_file == other.ca_file
            && self.user_agent == other.user_agent
    }
}

/// A proxy's URL may hold a password.
impl std::fmt::Debug for NetConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NetConfig")
            .field("connect_timeout", &self.connect_timeout)
            .field("max_attempts", &self.max_attempts)
            .field("max_in_flight", &self.max_in_flight)
            .field("proxied", &self.proxy.is_some())
            .field("ca_file", &self.ca_file)
            .field("user_agent", &self.user_agent)
            .finish()
    }
}

/// Where an account's requests go.
#[derive(Clone, Debug, PartialEq)]
enum Base {
    Url(String),
    Sandbox,
}

/// One account with one carrier.
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) carrier: &'static Carrier,
    base: Base,
    /// Whether the simulator knows this account's settings of it.
    sandbox_told: AtomicBool,
    pub(crate) status_map: HashMap<String, Status>,
    pub(crate) rate_limit: Option<Policy>,
    /// The carrier's own settings, secrets read.
    pub(crate) settings: Map<String, Value>,
    pub(crate) secrets: Secrets,
    /// Where its idempotency keys are kept.
    pub(crate) store: Store,
    /// Whose keys they are there.
    pub(crate) keys_of: String,
    /// Equal for equal accounts: they share connections, limits and tokens. Not a secret itself.
    pub(crate) fingerprint: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("carrier", &self.carrier.code)
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl Account {
    /// The base URL; the built-in simulator is started when it's the first to need it.
    pub(crate) fn base_url(&self) -> Result<String, Error> {
        match &self.base {
            Base::Url(url) => Ok(url.clone()),
            Base::Sandbox => {
                // Once only: what a test sets later by the control interface stays.
                let knobs = self.settings.get("sandbox").filter(|_| !self.sandbox_told.load(Ordering::Acquire));
                let url = sandbox_url(self.carrier.code, knobs)?;
                self.sandbox_told.store(true, Ordering::Release);
                Ok(url)
            }
        }
    }

    /// A text setting of the carrier.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.settings.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A whole-number setting of the carrier; a number or its text.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        match self.settings.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// What this account's carrier status means, by the account's `status_map` first.
    pub(crate) fn status(&self, carrier_code: Option<&str>, documented: Status) -> Status {
        carrier_code.and_then(|code| self.status_map.get(code)).copied().unwrap_or(documented)
    }
}

#[cfg(feature = "sandbox")]
fn sandbox_url(carrier: &str, knobs: Option<&Value>) -> Result<String, Error> {
    let sandbox = crate::sandbox::Sandbox::shared()
        .map_err(|error| Error::internal(format!("the sandbox could not be started: {error}")))?;
    if let Some(knobs) = knobs
        && let Some(refused) = sandbox.control(carrier, "POST", "settings", knobs).get("error")
    {
        return Err(Error::config("sandbox", format!("the simulator of {carrier} refuses it: {refused}")));
    }
    sandbox.base_url(carrier).ok_or_else(|| Error::internal(format!("the sandbox doesn't play {carrier}")))
}

#[cfg(not(feature = "sandbox"))]
fn sandbox_url(_carrier: &str, _knobs: Option<&Value>) -> Result<String, Error> {
    Err(Error::config("environment", "this build of flete has no sandbox; build it with the feature `sandbox`"))
}

#[cfg(feature = "sandbox")]
fn sandbox_credentials(carrier: &str) -> Map<String, Value> {
    match crate::sandbox::credentials(carrier) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

#[cfg(not(feature = "sandbox"))]
fn sandbox_credentials(_carrier: &str) -> Map<String, Value> {
    Map::new()
}

impl Config {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| Error::config("", format!("the configuration is not JSON: {error}")))?;
        let mut problems = Vec::new();
        let value = resolve(value, "", &mut problems);
        // What follows from a variable or a file that isn't there is not worth telling.
        if !problems.is_empty() {
            return Err(Error::config_fields(problems));
        }
        problems = check_fields(&value, TOP, "");
        let Value::Object(top) = value else { return Err(Error::config_fields(problems)) };
        let entries = match top.get("accounts") {
            Some(Value::Array(entries)) => entries.clone(),
            _ => Vec::new(),
        };
        if entries.is_empty() && problems.is_empty() {
            problems.push(FieldProblem::new("accounts", "is empty; at least one account is needed"));
        }
        let insecure = top.get("allow_insecure_http") == Some(&Value::Bool(true));
        let number = |name: &str, default: u64| {
            top.get(name)
                .and_then(crate::model::measure::parse_decimal)
                .map_or(default, |number| u64::try_from(number).unwrap_or(default))
        };
        let settle = Duration::from_millis(number("settle_ms", 30_000));
        let keep_days = u32::try_from(number("keep_keys_days", 30)).unwrap_or(30);
        let kept = Kept { place: default_place(&top, &entries, &mut problems), keep_days, settle };
        let mut accounts: Vec<Arc<Account>> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let path = format!("accounts[{index}]");
            if let Some(account) = read_account(entry, &path, insecure, &kept, &mut problems) {
                if accounts.iter().any(|other| other.id == account.id) {
                    problems.push(FieldProblem::new(
                        format!("{path}.id"),
                        format!("`{}` is taken by another account; give each its own `id`", account.id),
                    ));
                }
                accounts.push(Arc::new(account));
            }
        }
        if !problems.is_empty() {
            return Err(Error::config_fields(problems));
        }
        let text = |name: &str| top.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let user_agent =
            text("user_agent").map_or_else(|| concat!("flete/", env!("CARGO_PKG_VERSION")).to_owned(), str::to_owned);
        if user_agent.bytes().any(|byte| !(b' '..=b'~').contains(&byte)) {
            return Err(Error::config("user_agent", "may only have printable ASCII characters"));
        }
        let ca_file = text("ca_file").map(PathBuf::from);
        if let Some(path) = ca_file.as_ref().filter(|path| !path.is_file()) {
            return Err(Error::config("ca_file", format!("there is no file {}", path.display())));
        }
        // A wrong one isn't shown: it may have a password.
        if let Some(proxy) = text("proxy")
            && !reqwest::Url::parse(proxy).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        {
            return Err(Error::config("proxy", "must be a URL that begins with http:// or https://"));
        }
        Ok(Self {
            accounts,
            timeout: Duration::from_millis(number("timeout_ms", 30_000)),
            net: NetConfig {
                connect_timeout: Duration::from_millis(number("connect_timeout_ms", 5_000)),
                max_attempts: u32::try_from(number("max_attempts", 4)).unwrap_or(4),
                max_in_flight: usize::try_from(number("max_in_flight", 16)).unwrap_or(16),
                proxy: text("proxy").map(str::to_owned),
                ca_file,
                user_agent,
            },
            settle,
        })
    }

    /// The account of this id, or the only one there is that fits.
    pub(crate) fn account(&self, id: Option<&str>, fits: impl Fn(&Account) -> bool) -> Result<&Arc<Account>, Error> {
        let ids = || self.accounts.iter().map(|account| account.id.as_str());
        if let Some(id) = id {
            return self.accounts.iter().find(|account| account.id == id).ok_or_else(|| {
                let hint = nearest(id, ids()).map_or_else(
                    || format!("the accounts are: {}", ids().collect::<Vec<_>>().join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                Error::invalid("account", format!("there is no account of this id; {hint}"))
            });
        }
        let mut fitting = self.accounts.iter().filter(|account| fits(account));
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only),
            (None, _) if self.accounts.len() == 1 => Ok(&self.accounts[0]),
            _ => Err(Error::invalid(
                "account",
                format!("is required, as there are several: {}", ids().collect::<Vec<_>>().join(", ")),
            )),
        }
    }
}

/// How keys are kept, where an account doesn't say otherwise.
struct Kept {
    place: Place,
    keep_days: u32,
    settle: Duration,
}

/// Where keys are kept: `state`, else what the environment says (an empty variable says nothing), else the user's own
/// place. The sandbox's own shipments end with the process, and their keys with them.
fn default_place(top: &Map<String, Value>, entries: &[Value], problems: &mut Vec<FieldProblem>) -> Place {
    const VARIABLE: &str = "FLETE_STATE";
    let sandbox = |entry: &Value| entry.get("environment").and_then(Value::as_str) == Some("sandbox");
    let otherwise = || if entries.iter().all(sandbox) { Place::Memory } else { Place::Home(Home::current()) };
    let read = match top.get("state").and_then(Value::as_str) {
        Some(state) => Place::read(state),
        None => match std::env::var_os(VARIABLE).filter(|value| !value.to_string_lossy().trim().is_empty()) {
            None => return otherwise(),
            Some(value) => match value.to_str() {
                Some(text) => {
                    Place::read(text).map_err(|said| format!("(from the environment variable {VARIABLE}) {said}"))
                }
                // Any name is a file's.
                None => Ok(Place::File(PathBuf::from(value))),
            },
        },
    };
    read.unwrap_or_else(|said| {
        problems.push(FieldProblem::new("state", said));
        Place::Memory
    })
}

/// Replace every `{"env": "NAME"}` and `{"file": "PATH"}` by the text it stands for.
fn resolve(value: Value, path: &str, problems: &mut Vec<FieldProblem>) -> Value {
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(map) => {
            if let (1, Some((name, Value::String(source)))) = (map.len(), map.iter().next()) {
                let found = match name.as_str() {
                    "env" => std::env::var(source)
                        .map_err(|error| match error {
                            std::env::VarError::NotPresent => format!("the environment variable {source} is not set"),
                            std::env::VarError::NotUnicode(_) => {
                                format!("the environment variable {source} is not UTF-8")
                            }
                        })
                        .map(Some),
                    "file" => std::fs::read_to_string(source)
                        .map_err(|error| format!("the file {source} can't be read: {error}"))
                        .map(|text| Some(text.trim_end_matches(['\n', '\r']).to_owned())),
                    _ => Ok(None),
                };
                match found {
                    Ok(Some(text)) => return Value::String(text),
                    Ok(None) => {}
                    Err(message) => {
                        problems.push(FieldProblem::new(path, message));
                        return Value::Null;
                    }
                }
            }
            Value::Object(
                map.into_iter()
                    .map(|(name, entry)| {
                        let entry = if name == "status_map" { entry } else { resolve(entry, &join(&name), problems) };
                        (name, entry)
                    })
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .enumerate()
                .map(|(index, entry)| resolve(entry, &format!("{path}[{index}]"), problems))
                .collect(),
        ),
        other => other,
    }
}

fn read_account(
    entry: &Value,
    path: &str,
    insecure: bool,
    kept: &Kept,
    problems: &mut Vec<FieldProblem>,
) -> Option<Account> {
    let map = entry.as_object()?;
    let code = match map.get("carrier") {
        Some(Value::String(code)) => code.as_str(),
        _ => {
            problems.push(FieldProblem::new(
                format!("{path}.carrier"),
                format!("is required: one of {}", carriers::codes().collect::<Vec<_>>().join(", ")),
            ));
            return None;
        }
    };
    let Some(carrier) = carriers::find(code) else {
        let hint = nearest(code, carriers::codes()).map_or_else(
            || format!("the carriers are: {}", carriers::codes().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        problems.push(FieldProblem::new(format!("{path}.carrier"), format!("there is no such carrier; {hint}")));
        return None;
    };
    let environment = map.get("environment").and_then(Value::as_str).unwrap_or("production");
    let sandbox = environment == "sandbox";
    // In the sandbox, credentials may be left out.
    let fields: Vec<Field> = COMMON
        .iter()
        .copied()
        .chain(carrier.settings.iter().map(|field| Field { required: field.required && !sandbox, ..*field }))
        .collect();
    let mut found = check_fields(entry, &fields, path);
    for field in COMMON.iter().filter(|field| field.name == "id").chain(carrier.settings.iter().filter(|f| f.required))
    {
        if map.get(field.name).and_then(Value::as_str).is_some_and(|text| text.trim().is_empty()) {
            found.push(FieldProblem::new(format!("{path}.{}", field.name), format!("is empty: {}", field.about)));
        }
    }
    if !sandbox && map.get("sandbox").is_some_and(|knobs| !knobs.is_null()) {
        found.push(FieldProblem::new(format!("{path}.sandbox"), "is only for \"environment\": \"sandbox\""));
    }
    let mut settings: Map<String, Value> =
        map.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())).collect();
    if sandbox {
        for (name, value) in sandbox_credentials(code) {
            settings.entry(name).or_insert(value);
        }
    }
    // What follows from a wrong field is not worth telling.
    if !found.is_empty() {
        problems.extend(found);
        return None;
    }
    let base = base_url(carrier, &settings, environment, path, insecure, problems);
    if let Some(check) = carrier.check {
        problems.extend(
            check(&settings)
                .into_iter()
                .map(|problem| FieldProblem { field: format!("{path}.{}", problem.field), ..problem }),
        );
    }
    let rate_limit = settings.get("rate_limit").and_then(Value::as_str).and_then(|text| {
        let policy = Policy::parse(text);
        if policy.is_none() {
            problems.push(FieldProblem::new(format!("{path}.rate_limit"), "must be requests;w=seconds, like 30;w=60"));
        }
        policy
    });
    let status_map = settings
        .get("status_map")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(from, to)| Some((from.clone(), Status::named(to.as_str()?)?)))
        .collect();
    let base = base?;
    let place = match settings.get("state").and_then(Value::as_str).map(Place::read) {
        None => kept.place.clone(),
        Some(Ok(place)) => place,
        Some(Err(said)) => {
            problems.push(FieldProblem::new(format!("{path}.state"), said));
            return None;
        }
    };
    let store = Store::new(place, kept.keep_days, kept.settle);
    let id = settings.get("id").and_then(Value::as_str).unwrap_or(code).to_owned();
    // A file is one configuration's; memory is shared by whatever this process opens, and an id alone says little.
    let keys_of =
        if store.in_memory() { json!([id, code, environment, format!("{base:?}")]).to_string() } else { id.clone() };
    let secrets = Secrets::of(&settings, carrier.secrets);
    let mut digest = Sha256::new();
    digest.update(format!("{code}\n{base:?}\n"));
    for field in carrier.settings {
        digest.update(format!("{}={}\n", field.name, settings.get(field.name).unwrap_or(&Value::Null)));
    }
    let fingerprint = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Some(Account {
        id,
        carrier,
        base,
        store,
        keys_of,
        sandbox_told: AtomicBool::new(false),
        status_map,
        rate_limit,
        settings,
        secrets,
        fingerprint,
    })
}

fn base_url(
    carrier: &'static Carrier,
    settings: &Map<String, Value>,
    environment: &str,
    path: &str,
    insecure: bool,
    problems: &mut Vec<FieldProblem>,
) -> Option<Base> {
    let mut wrong = |message: String| {
        problems.push(FieldProblem::new(format!("{path}.base_url"), message));
        None
    };
    let url = match settings.get("base_url").and_then(Value::as_str) {
        Some(url) => url.to_owned(),
        None if environment == "sandbox" => return Some(Base::Sandbox),
        None => match (carrier.host)(environment, settings) {
            Some(url) => url,
            None => {
                return wrong(format!(
                    "is required: {}'s document gives no host for {environment}; ask the carrier for it",
                    carrier.name
                ));
            }
        },
    };
    let url = url.trim_end_matches('/').to_owned();
    let parsed = match reqwest::Url::parse(&url) {
        Ok(parsed) if parsed.has_host() && matches!(parsed.scheme(), "http" | "https") => parsed,
        _ => return wrong("must be a URL that begins with https://".to_owned()),
    };
    let user = !parsed.username().is_empty() || parsed.password().is_some();
    if parsed.query().is_some() || parsed.fragment().is_some() || user {
        return wrong("may have no user, query or fragment".to_owned());
    }
    let host = parsed.host_str().unwrap_or_default();
    let loopback = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let allowed = insecure || settings.get("allow_insecure_http") == Some(&Value::Bool(true));
    if parsed.scheme() == "http" && !loopback && !allowed && !carrier.plain_http_hosts.contains(&host) {
        return wrong(
            "is plain http://, where anyone on the way can read the credentials; use https:// or, knowing that, \
             \"allow_insecure_http\": true"
                .to_owned(),
        );
    }
    Some(Base::Url(url))
}

/// The shape of an account of this carrier, for `describe`.
pub(crate) fn account_fields(carrier: &'static Carrier) -> impl Iterator<Item = Field> {
    COMMON.iter().copied().chain(carrier.settings.iter().copied())
}

/// The shape of the configuration's own keys, for `describe`.
pub(crate) static CONFIG: Shape = Shape { name: "Config", fields: TOP };
