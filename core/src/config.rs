//! Configuration: accounts, secrets by environment variable or file, environments and base URLs.
//! It is read once, at open; nothing here touches the network.

use crate::carriers;
use crate::connector::redact::Secrets;
use crate::connector::{Account, Base, Carrier, Settings};
use crate::input;
use crate::json::{Map, Value, json};
use crate::model::check::{self, Form};
use crate::model::shape::{Field, Kind, OPEN, Shape, TEXT, nearest, opt, plain, req, shorten};
use crate::model::status::{STATUSES, Status};
use crate::model::{Error, FieldProblem, Why};
use crate::net::limit::Policy;
use crate::net::options::NetConfig;
use crate::state::{Place, Store};
use crate::text::hex;
use arc_swap::ArcSwapOption;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use unicode_normalization::UnicodeNormalization;

/// The keys of a configuration, beside its accounts.
const TOP: &[Field] = &[
    req("accounts", Kind::List(&OPEN, 1_000), "a list with at least one account"),
    opt("timeout_ms", Kind::Integer(1, 3_600_000), "for a whole call, retries included"),
    opt("connect_timeout_ms", Kind::Integer(1, 600_000), "for one connection"),
    opt("max_attempts", Kind::Integer(1, 100), "requests for one operation that is safe to repeat"),
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
    opt("id", Kind::Text(100), "the account's name in requests; the default is its carrier's code"),
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
    /// `net` without the proxy, for the simulator: it is in this process, which no proxy reaches.
    local: NetConfig,
    /// How long a request whose reply was lost may still be on its way.
    pub(crate) settle: Duration,
}

#[cfg(feature = "sandbox")]
fn sandbox_credentials(carrier: &str, api: Option<&str>) -> Map {
    match crate::sandbox::credentials(carrier, api) {
        Some(serde_json::Value::Object(map)) => map.into(),
        _ => Map::new(),
    }
}

#[cfg(not(feature = "sandbox"))]
fn sandbox_credentials(_carrier: &str, _api: Option<&str>) -> Map {
    Map::new()
}

impl Config {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        if input::is_path(text) {
            return Err(Error::config("", path_given(text)));
        }
        let value =
            input::json(text, "the configuration").map_err(|why| Error::config("", why.to_string()).because(why))?;
        if let Some(problem) = misplaced(&value) {
            return Err(Error::config_fields(vec![problem]));
        }
        if let Some(name) = input::duplicate(text) {
            return Err(Error::config(shorten(&name), "is given twice in one object; keep one of them"));
        }
        let (mut sources, mut missing) = (Sources::new(), Vec::new());
        let mut value = resolve(value, "", &mut sources, &mut missing);
        // A missing variable or file is reported once; what follows from it isn't.
        if !missing.is_empty() {
            let fields = missing.iter().map(|(path, why)| FieldProblem::new(path, why.to_string())).collect();
            let error = Error::config_fields(fields);
            return Err(missing.into_iter().fold(error, |error, (_, why)| error.because(why)));
        }
        let mut problems = check::fields(&mut value, TOP, "", Form::Own);
        for problem in &mut problems {
            if is_setting_of_an_account(&problem.field) {
                problem.message = "unknown field here; it belongs to an account, inside `accounts`".to_owned();
            }
        }
        problems.extend(empty_texts(&value, TOP, "", &sources));
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
            if let Some(account) = read_account(entry, &path, insecure, &sources, &kept, &mut problems) {
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
            return Err(Error::config(
                "user_agent",
                format!("{:?} may only have printable ASCII characters; remove the others", shorten(&user_agent)),
            ));
        }
        let ca_file = text("ca_file").map(PathBuf::from);
        if let Some(path) = &ca_file {
            authorities(path).map_err(|why| Error::config("ca_file", why.to_string()).because(why))?;
        }
        if let Some(message) = text("proxy").and_then(wrong_proxy) {
            return Err(Error::config("proxy", message));
        }
        let net = NetConfig {
            connect_timeout: Duration::from_millis(number("connect_timeout_ms", 5_000)),
            max_attempts: u32::try_from(number("max_attempts", 4)).unwrap_or(4),
            max_in_flight: usize::try_from(number("max_in_flight", 16)).unwrap_or(16),
            proxy: text("proxy").map(str::to_owned),
            ca_file,
            user_agent,
        };
        Ok(Self {
            accounts,
            timeout: Duration::from_millis(number("timeout_ms", 30_000)),
            local: NetConfig { proxy: None, ..net.clone() },
            net,
            settle,
        })
    }

    /// How this account's requests are sent.
    pub(crate) fn net(&self, account: &Account) -> &NetConfig {
        if account.base == Base::Sandbox { &self.local } else { &self.net }
    }

    /// The account with this id, or the only one that fits.
    pub(crate) fn account(&self, id: Option<&str>, fits: impl Fn(&Account) -> bool) -> Result<&Arc<Account>, Error> {
        let ids = || self.accounts.iter().map(|account| account.id.as_str());
        if let Some(id) = id {
            return self.accounts.iter().find(|account| account.id == id).ok_or_else(|| {
                // An account without an `id` goes by its carrier's code.
                let code = carrier_meant(id);
                let by_carrier = self.accounts.iter().find(|account| Some(account.carrier.code) == code);
                let near = nearest(id, ids()).or_else(|| by_carrier.map(|account| account.id.as_str()));
                let hint = near.map_or_else(
                    || format!("the accounts are: {}", ids().collect::<Vec<_>>().join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                Error::invalid("account", format!("there is no account `{}`; {hint}", shorten(id)))
            });
        }
        let mut fitting = self.accounts.iter().filter(|account| fits(account));
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only),
            (None, _) if self.accounts.len() == 1 => Ok(&self.accounts[0]),
            _ => Err(Error::invalid(
                "account",
                format!("is required, as there are several accounts: {}", ids().collect::<Vec<_>>().join(", ")),
            )),
        }
    }
}

/// How keys are kept, unless an account has its own `state`.
struct Kept {
    place: Place,
    keep_days: u32,
    settle: Duration,
}

/// Where keys are kept: `state`, else `FLETE_STATE` (an empty one counts as unset), else the user's own place. The
/// sandbox's shipments end with the process, and so do their keys.
fn default_place(top: &Map, entries: &[Value], problems: &mut Vec<FieldProblem>) -> Place {
    const VARIABLE: &str = "FLETE_STATE";
    let sandbox = |entry: &Value| entry.get("environment").and_then(Value::as_str) == Some("sandbox");
    let otherwise = || if entries.iter().all(sandbox) { Place::Memory } else { Place::usual() };
    let read = match top.get("state").and_then(Value::as_str) {
        Some(state) => Place::read(state),
        None => match std::env::var_os(VARIABLE).filter(|value| !value.to_string_lossy().trim().is_empty()) {
            None => return otherwise(),
            Some(value) => {
                let read = match value.to_str() {
                    Some(text) => Place::read(text),
                    // On Unix a file's name may have any bytes.
                    None => Place::file(PathBuf::from(value)),
                };
                read.map_err(|said| format!("(from the environment variable {VARIABLE}) {said}"))
            }
        },
    };
    read.unwrap_or_else(|said| {
        problems.push(FieldProblem::new("state", said));
        Place::Memory
    })
}

/// Where texts came from, by their paths, for messages: `the file /run/secrets/key`.
type Sources = HashMap<String, String>;

/// The largest file of a secret, in bytes.
const SECRET_LIMIT: usize = 64 * 1024;

/// The largest file of certificates, in bytes. A system's whole bundle has about a quarter of a megabyte.
const CA_LIMIT: usize = 16 * 1024 * 1024;

fn path_given(text: &str) -> String {
    format!(
        "`{}` looks like a path where the configuration's JSON belongs; read the file first (in Python: did you mean \
         `Client.from_file`?)",
        shorten(input::trim(text))
    )
}

/// Why a configuration isn't in the form `{"accounts": [ … ]}`, with what was probably meant.
fn misplaced(value: &Value) -> Option<FieldProblem> {
    const FORM: &str = "{\"accounts\": [{\"carrier\": …}]}";
    let (field, message) = match value {
        Value::String(text) if input::is_path(text) => ("", path_given(text)),
        Value::String(text) if input::trim(text).starts_with('{') => {
            ("", "is JSON text within JSON text; encode it once".to_owned())
        }
        Value::Array(_) => ("", format!("an object is needed, not a list; write {FORM}")),
        Value::Object(map) if !map.contains_key("accounts") && map.contains_key("carrier") => {
            ("accounts", format!("is required: one account is a list of one; write {FORM}"))
        }
        Value::Object(map) => match map.get("accounts")? {
            Value::Object(account) if account.contains_key("carrier") => {
                ("accounts", format!("a list is needed, not an object; write {FORM}"))
            }
            Value::Object(list) if !list.is_empty() && list.keys().all(|name| name.parse::<usize>().is_ok()) => (
                "accounts",
                "a list is needed, not an object with numbers for names; in PHP, array_values() makes one".to_owned(),
            ),
            Value::Object(named) if !named.is_empty() => (
                "accounts",
                "a list is needed, not an object; write each account's name into it, as its `id`".to_owned(),
            ),
            _ => return None,
        },
        _ => return None,
    };
    Some(FieldProblem::new(field, message))
}

/// Replace every `{"env": "NAME"}` and `{"file": "PATH"}` by the text it stands for. Every text is trimmed.
/// `missing` gets the paths of those that can't be read, and why.
fn resolve(value: Value, path: &str, sources: &mut Sources, missing: &mut Vec<(String, Why)>) -> Value {
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::String(text) => input::trim(&text).into(),
        Value::Object(map) => {
            if let (1, Some((name, Value::String(source)))) = (map.len(), map.iter().next())
                && matches!(name.as_str(), "env" | "file")
            {
                let found = if name == "env" { variable(source) } else { secret_file(source) };
                return match found {
                    Ok((text, source)) => {
                        sources.insert(path.to_owned(), source);
                        input::trim(&text).into()
                    }
                    Err(why) => {
                        missing.push((path.to_owned(), why));
                        Value::Null
                    }
                };
            }
            Value::Object(
                map.into_iter()
                    .map(|(name, entry)| {
                        let entry = match name.as_str() {
                            "status_map" | "sandbox" => entry,
                            _ => resolve(entry, &join(&name), sources, missing),
                        };
                        (name, entry)
                    })
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .enumerate()
                .map(|(index, entry)| resolve(entry, &format!("{path}[{index}]"), sources, missing))
                .collect(),
        ),
        other => other,
    }
}

/// An environment variable's text, and its name for messages.
fn variable(name: &str) -> Result<(String, String), Why> {
    let called = format!("the environment variable {}", shorten(name));
    // No variable can have such a name, and some systems refuse to look for it.
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err(Why::plain(format!(
            "`{}` can't be the name of an environment variable; write the name alone, like \"LLAVE_API\"",
            shorten(name)
        )));
    }
    match std::env::var(name) {
        Ok(text) => Ok((text, called)),
        Err(std::env::VarError::NotPresent) => Err(Why::plain(format!("{called} is not set"))),
        // That error has the value, which may be a secret.
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Why::plain(format!("{called} is not UTF-8; set it to a UTF-8 text")))
        }
    }
}

/// A file's text, and its name for messages.
fn secret_file(path: &str) -> Result<(String, String), Why> {
    let called = format!("the file {path}");
    let bytes = input::file(Path::new(path), SECRET_LIMIT);
    let text = bytes.and_then(|bytes| input::text(&bytes));
    let text = text.map_err(|why| why.worded(|why| format!("{called} can't be read: {why}")))?;
    Ok((text, called))
}

/// Required texts that are empty. An empty optional text counts as absent, unless it was read from a variable or a
/// file: then the user meant to give a value.
fn empty_texts(value: &Value, fields: &[Field], path: &str, sources: &Sources) -> Vec<FieldProblem> {
    let empty = |field: &&Field| value.get(field.name).and_then(Value::as_str).is_some_and(str::is_empty);
    fields
        .iter()
        .filter(empty)
        .filter_map(|field| {
            let at = if path.is_empty() { field.name.to_owned() } else { format!("{path}.{}", field.name) };
            let source = sources.get(&at);
            // `state` has its own message.
            // If these counted as absent, a test's requests would go to the real carrier.
            let decides = matches!(field.name, "id" | "environment" | "base_url");
            if at == "state" || (source.is_none() && !field.required && !decides) {
                return None;
            }
            let from = source.map_or_else(String::new, |source| format!(" ({source} is empty)"));
            Some(FieldProblem::new(at, format!("is empty: {}{from}", field.about)))
        })
        .collect()
}

/// The certificates of a `ca_file`, or what is wrong with it.
fn authorities(path: &Path) -> Result<(), Why> {
    let unreadable =
        |why: Why| why.worded(|why| format!("{} can't be read as PEM certificates: {why}", path.display()));
    if let Err(error) = std::fs::metadata(path)
        && error.kind() == std::io::ErrorKind::NotFound
    {
        let hint = if path.is_relative() { " (a relative path starts in the process's working directory)" } else { "" };
        return Err(Why::from(format!("there is no file {}{hint}", path.display()), error));
    }
    let bytes = input::file(path, CA_LIMIT).map_err(unreadable)?;
    crate::net::tls::certificates(&bytes).map(drop).map_err(unreadable)
}

/// What is wrong with the URL of a proxy. Its password isn't shown.
fn wrong_proxy(proxy: &str) -> Option<String> {
    let shown = shown_url(proxy);
    match reqwest::Url::parse(proxy) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() && !has_blank(proxy) => None,
        Ok(url) if url.scheme().starts_with("socks") => {
            Some(format!("`{shown}` is a SOCKS proxy; give an HTTP proxy's URL, which begins with http:// or https://"))
        }
        _ => Some(format!("`{shown}` must be a URL that begins with http:// or https://, like http://proxy:3128")),
    }
}

/// URL parsers drop line breaks and tabs, so look for them first.
fn has_blank(url: &str) -> bool {
    url.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// A URL as it may stand in a message: without user, password, query and fragment, which may be secrets.
fn shown_url(url: &str) -> String {
    let (url, cut) = url.find(['?', '#']).map_or((url, ""), |at| (&url[..at], "?…"));
    let (scheme, rest) = url.find("//").map_or(("", url), |at| url.split_at(at + 2));
    let rest = rest.rfind('@').map_or_else(|| rest.to_owned(), |at| format!("***{}", &rest[at..]));
    shorten(&format!("{scheme}{rest}{cut}"))
}

/// Whether this key belongs to an account, not to the top of the configuration.
fn is_setting_of_an_account(name: &str) -> bool {
    let of_a_carrier = || carriers::all().flat_map(|carrier| carrier.settings).any(|field| field.name == name);
    !TOP.iter().any(|field| field.name == name) && (COMMON.iter().any(|field| field.name == name) || of_a_carrier())
}

/// Finds a carrier by its name as people write it: "Mensajeros Urbanos", "mensajeros-urbanos", "MU", "Almex S.A.".
fn carrier_meant(name: &str) -> Option<&'static str> {
    let words = plain(&shorten(name));
    let words: Vec<&str> = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let code = words.join("_");
    let initials = |code: &str| code.split('_').filter_map(|word| word.chars().next()).collect::<String>();
    carriers::codes()
        .find(|known| code == *known || code.starts_with(&format!("{known}_")))
        .or_else(|| carriers::codes().find(|known| known.contains('_') && initials(known) == code))
        .or_else(|| nearest(&code, carriers::codes()))
}

/// Finds an environment by a word as people write it.
fn environment_meant(word: &str) -> Option<&'static str> {
    const WORDS: &[(&str, &[&str])] = &[
        ("production", &["prod", "prd", "live", "real"]),
        ("test", &["test", "qa", "stag", "dev", "prueba", "uat"]),
        ("sandbox", &["sand", "simul", "demo", "mock", "local"]),
    ];
    let plain = plain(&shorten(word));
    let by_word = WORDS.iter().find(|(_, beginnings)| beginnings.iter().any(|one| plain.starts_with(one)));
    by_word.map(|(name, _)| *name).or_else(|| nearest(word, WORDS.iter().map(|(name, _)| *name)))
}

fn read_account(
    entry: &Value,
    path: &str,
    insecure: bool,
    sources: &Sources,
    kept: &Kept,
    problems: &mut Vec<FieldProblem>,
) -> Option<Account> {
    let map = entry.as_object()?;
    let known = || carriers::codes().collect::<Vec<_>>().join(", ");
    let mut wrong = |message: String| problems.push(FieldProblem::new(format!("{path}.carrier"), message));
    let code = match map.get("carrier") {
        Some(Value::String(code)) if !code.is_empty() => code.as_str(),
        _ => {
            wrong(format!("is required: one of {}", known()));
            return None;
        }
    };
    let apis = carriers::apis(code);
    let Some(default) = apis.first().copied() else {
        let hint = carrier_meant(code)
            .map_or_else(|| format!("the carriers are: {}", known()), |near| format!("did you mean `{near}`?"));
        wrong(format!("there is no carrier `{}`; {hint}", shorten(code)));
        return None;
    };
    let carrier = match map.get("api").filter(|api| !api.is_null() && api.as_str() != Some("")) {
        Some(api) if default.api.is_some() => {
            let Some(carrier) = apis.iter().copied().find(|carrier| carrier.api == api.as_str()) else {
                // The other settings depend on it.
                let of_api = default.settings.iter().copied().filter(|field| field.name == "api").collect::<Vec<_>>();
                problems.extend(check::fields(&mut json!({"api": api}), &of_api, path, Form::Own));
                return None;
            };
            carrier
        }
        _ => default,
    };
    let environment = map.get("environment").and_then(Value::as_str).unwrap_or("production");
    let sandbox = environment == "sandbox";
    // In the sandbox, credentials may be left out.
    let fields: Vec<Field> = COMMON
        .iter()
        .copied()
        .chain(carrier.settings.iter().map(|field| Field { required: field.required && !sandbox, ..*field }))
        .collect();
    let mut found = check::fields(&mut entry.clone(), &fields, path, Form::Own);
    for problem in &mut found {
        explain(problem, carrier, map, path);
    }
    let own: Vec<Field> = account_fields(carrier).collect();
    found.extend(empty_texts(entry, &own, path, sources));
    // `base_url` has its own message.
    for field in own.iter().filter(|field| field.name != "base_url") {
        let broken = |text: &str| text.chars().any(char::is_control);
        if map.get(field.name).and_then(Value::as_str).is_some_and(broken) {
            let hidden = if carrier.secrets.contains(&field.name) { " (the given value is not shown)" } else { "" };
            found.push(FieldProblem::new(
                format!("{path}.{}", field.name),
                format!("has a line break or another control character inside; remove it{hidden}"),
            ));
        }
    }
    if !sandbox && map.get("sandbox").is_some_and(|knobs| !knobs.is_null()) {
        found.push(FieldProblem::new(
            format!("{path}.sandbox"),
            "is only for \"environment\": \"sandbox\"; leave it out",
        ));
    }
    // null and an empty text mean absent.
    let mut settings: Map = map
        .iter()
        .filter(|(name, value)| !value.is_null() && (value.as_str() != Some("") || *name == "state"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(Value::String(id)) = settings.get_mut("id") {
        *id = id.nfc().collect();
    }
    let own = |name: &str| carrier.settings.iter().any(|field| field.name == name);
    // Saying which API is the default one is saying nothing.
    if carrier.api == default.api {
        settings.remove("api");
    }
    let given = settings.keys().any(|name| own(name) && name != "api");
    if sandbox {
        for (name, value) in sandbox_credentials(code, settings.get("api").and_then(Value::as_str)) {
            settings.entry(name).or_insert(value);
        }
    }
    // A wrong field is reported once; what follows from it isn't.
    if !found.is_empty() {
        problems.extend(found);
        return None;
    }
    let base = base_url(carrier, &settings, environment, path, insecure, problems);
    if base == Some(Base::Sandbox) && !cfg!(feature = "sandbox") {
        let message = "this build of flete has no sandbox; build it with the feature `sandbox`";
        problems.push(FieldProblem::new(format!("{path}.environment"), message));
        return None;
    }
    let api = (carrier.open)(Settings::new(&settings)).map_err(|found| {
        problems.extend(
            found.into_iter().map(|problem| FieldProblem { field: format!("{path}.{}", problem.field), ..problem }),
        );
    });
    let rate_limit = settings.get("rate_limit").and_then(Value::as_str).and_then(|text| {
        let policy = Policy::parse(text);
        if policy.is_none() {
            problems.push(FieldProblem::new(
                format!("{path}.rate_limit"),
                format!("`{}` must be requests;w=seconds, like 30;w=60", shorten(text)),
            ));
        }
        policy
    });
    let status_map = settings
        .get("status_map")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(from, to)| Some((input::trim(from).nfc().collect(), Status::named(to.as_str()?)?)))
        .collect();
    let (base, api) = (base?, api.ok()?);
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
    // A file belongs to one configuration. Memory is shared by every client of the process, where two accounts may have
    // the same id.
    let keys_of =
        if store.in_memory() { json!([id, code, environment, format!("{base:?}")]).to_string() } else { id.clone() };
    let secrets = Secrets::of(&settings, carrier.secrets);
    let mut digest = Sha256::new();
    digest.update(format!("{code}\n{base:?}\n"));
    for field in carrier.settings {
        digest.update(format!("{}={}\n", field.name, settings.get(field.name).unwrap_or(&Value::Null)));
    }
    let sandbox_account = (sandbox && given).then(|| {
        Value::Object(settings.iter().filter(|(name, _)| own(name)).map(|(n, v)| (n.clone(), v.clone())).collect())
    });
    let fingerprint = hex(&digest.finalize()[..16]);
    Some(Account {
        id,
        carrier,
        api,
        environment: environment.to_owned(),
        base,
        store,
        keys_of,
        sandbox_told: AtomicBool::new(false),
        found: ArcSwapOption::empty(),
        sandbox_account,
        sandbox: settings.get("sandbox").cloned(),
        status_map,
        rate_limit,
        secrets,
        secrets_and_tokens: ArcSwapOption::empty(),
        fingerprint,
    })
}

/// Adds what `check::fields` can't know of an account's problem: special messages, and which values are secrets.
fn explain(problem: &mut FieldProblem, carrier: &Carrier, given: &Map, path: &str) {
    let Some(name) = problem.field.strip_prefix(path).and_then(|rest| rest.strip_prefix('.')) else { return };
    if let ("environment", Some(word)) = (name, given.get(name).and_then(Value::as_str)) {
        let hint = environment_meant(word).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        problem.message = format!("`{}` is not one of: production, test, sandbox{hint}", shorten(word));
    }
    let known = |fields: &[Field]| fields.iter().any(|field| field.name == name);
    if known(TOP) && !known(COMMON) && !known(carrier.settings) {
        problem.message = "unknown field here; it belongs at the top, beside `accounts`".to_owned();
    }
    if let Some(api) = other_api(carrier, name) {
        let this = carrier.api.unwrap_or_default();
        problem.message = format!(
            "is a setting of `\"api\": \"{api}\"`, and this account's `api` is \"{this}\"; leave it out, or change `api`"
        );
    }
    let setting = name.split(['.', '[']).next().unwrap_or(name);
    let value = given.get(setting).filter(|value| !value.is_null());
    if let (true, Some(value)) = (carrier.secrets.contains(&setting), value) {
        for text in texts(value) {
            problem.message = problem.message.replace(&format!("`{}`", shorten(&text)), "`***`");
            // A short secret may be a part of other words, which would become `o***ject`.
            if text.len() >= 6 {
                problem.message = problem.message.replace(&shorten(&text), "***");
            }
        }
        problem.message.push_str(" (the given value is not shown)");
    }
}

/// The other API of this carrier that has this setting, where its own has none of this name.
fn other_api(carrier: &Carrier, name: &str) -> Option<&'static str> {
    let has = |carrier: &Carrier| carrier.settings.iter().any(|field| field.name == name);
    let others = carriers::apis(carrier.code).iter().filter(|_| !has(carrier));
    others.copied().find(|other| has(other)).and_then(|other| other.api)
}

/// Every text and number in a value that may be a secret.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if !text.is_empty() => vec![text.to_string()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn base_url(
    carrier: &'static Carrier,
    settings: &Map,
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
        None => match (carrier.host)(environment, &Settings::new(settings)) {
            Some(url) => url,
            None => {
                return wrong(format!(
                    "is required: {}'s API reference gives no host for {environment}; ask the carrier for its URL",
                    carrier.name
                ));
            }
        },
    };
    let shown = shown_url(if url.ends_with("://") { &url } else { url.trim_end_matches('/') });
    let url = url.trim_end_matches('/').to_owned();
    let parsed = match reqwest::Url::parse(&url) {
        Ok(parsed) if parsed.has_host() && is_web(&url) => parsed,
        _ => return wrong(format!("`{shown}` must be a URL that begins with https:// and names a host")),
    };
    let user = !parsed.username().is_empty() || parsed.password().is_some();
    if parsed.query().is_some() || parsed.fragment().is_some() || user {
        return wrong(format!("`{shown}` must not have a user, query or fragment; end it after the path"));
    }
    if let Some(repeated) = repeated_segment(carrier, &parsed) {
        return wrong(format!(
            "`{shown}` ends with `/{repeated}`, which every path of {} has already; remove it",
            carrier.name
        ));
    }
    if let Some(path) = missing_path(carrier, settings, &parsed) {
        return wrong(format!("`{shown}` lacks the path of {}'s API; did you mean `{shown}{path}`?", carrier.name));
    }
    let host = parsed.host_str().unwrap_or_default();
    let loopback = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let allowed = insecure || settings.get("allow_insecure_http") == Some(&Value::Bool(true));
    if parsed.scheme() == "http" && !loopback && !allowed && !carrier.plain_http_hosts.contains(&host) {
        return wrong(format!(
            "`{shown}` is plain http://, which anyone on the way can read; use https://, or allow it with \
             \"allow_insecure_http\": true"
        ));
    }
    // The real carrier's URL isn't used in the sandbox, so that a real configuration can be tried there.
    Some(if environment == "sandbox" { Base::Sandbox } else { Base::Url(parsed) })
}

/// Whether a URL is well written. Its parser also accepts `https:x.cr`, `https:\\x.cr` and line breaks inside.
fn is_web(url: &str) -> bool {
    let scheme = |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    (scheme("https://") || scheme("http://")) && !url.contains(":///") && !url.contains('\\') && !has_blank(url)
}

/// The path of the documented base URL, if this URL has the carrier's host without that path.
fn missing_path(carrier: &Carrier, settings: &Map, url: &reqwest::Url) -> Option<String> {
    let documented = reqwest::Url::parse(&(carrier.host)("production", &Settings::new(settings))?).ok()?;
    let domain = |url: &reqwest::Url| url.domain().map(|name| name.rsplit('.').take(2).collect::<Vec<_>>().join("."));
    let lacks = url.path() == "/" && documented.path() != "/" && domain(url) == domain(&documented);
    lacks.then(|| documented.path().to_owned())
}

/// The end of a base URL, if every operation's path begins with the same words.
fn repeated_segment<'a>(carrier: &Carrier, url: &'a reqwest::Url) -> Option<&'a str> {
    let last = url.path_segments()?.next_back().filter(|segment| !segment.is_empty())?;
    let first = |path: &'static str| path.trim_start_matches('/').split('/').next();
    carrier.endpoints.iter().all(|endpoint| first(endpoint.path) == Some(last)).then_some(last)
}

/// The shape of an account of this carrier, for `describe`.
pub(crate) fn account_fields(carrier: &'static Carrier) -> impl Iterator<Item = Field> {
    COMMON.iter().copied().chain(carrier.settings.iter().copied())
}

/// The shape of the configuration's own keys, for `describe`.
pub(crate) static CONFIG: Shape = Shape { name: "Config", fields: TOP };
