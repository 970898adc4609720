//! The built-in simulator of the carriers' HTTP APIs, written from their API references alone. It can't import the client's
//! types, so that a mistake in one is not repeated in the other. Not for production: it keeps everything in memory.
//!
//! [`Sandbox`] starts it; each carrier implements `Simulator`; the crate's `README.md` says how to add one.
#![forbid(unsafe_code)]

mod almex;
mod apunto;
mod control;
mod faults;
mod fruno;
mod http;
mod media;
mod mensajeros_urbanos;
mod respond;
mod server;
mod shared_state;
mod simulator;
#[cfg(test)]
mod tests;
mod util;
mod wire;

pub(crate) use http::{Request, Response};
pub(crate) use simulator::Simulator;

use serde_json::{Value, json};
use server::Server;
use shared_state::SharedState;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;

type Make = fn() -> Box<dyn Simulator>;

/// The simulated carriers, each with the function that makes its simulator.
const REGISTRY: &[(&str, Make)] = &[
    ("fruno", || Box::new(fruno::Fruno::new())),
    ("apunto", || Box::new(apunto::Apunto::new())),
    ("almex", || Box::new(almex::Almex::new())),
    ("mensajeros_urbanos", || Box::new(mensajeros_urbanos::MensajerosUrbanos::new())),
];

/// Every carrier's simulator, each on its own loopback port. Dropping it stops them.
pub struct Sandbox {
    carriers: Vec<Carrier>,
}

struct Carrier {
    name: &'static str,
    server: Server,
    /// Made at the start, so that reading it takes no lock: a forked child may read it.
    account: Value,
}

/// The credentials of a simulated carrier's one account, of the generation `api` of its API where that is given.
/// They are fixed, so this starts nothing.
pub fn credentials(carrier: &str, api: Option<&str>) -> Option<Value> {
    let (_, make) = REGISTRY.iter().find(|(name, _)| *name == carrier)?;
    match api {
        None => Some(make().account()),
        Some(api) => make().account_of(api),
    }
}

/// The process's own sandbox.
static SHARED: OnceLock<Sandbox> = OnceLock::new();

impl Sandbox {
    /// The host closed descriptors of this process: a listener among them is opened again, on its port and with its
    /// shipments.
    pub fn check_shared() {
        for carrier in SHARED.get().iter().flat_map(|shared| &shared.carriers) {
            carrier.server.check();
        }
    }

    /// Starts on ports that the system chooses.
    pub fn start() -> io::Result<Sandbox> {
        Self::start_on(&[])
    }

    /// Starts on these ports; carriers without one get theirs from the system.
    pub fn start_on(ports: &[(&str, u16)]) -> io::Result<Sandbox> {
        if let Some((name, _)) = ports.iter().find(|(name, _)| !Self::carriers().any(|c| c == *name)) {
            let message = format!("no simulated carrier {name:?}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let mut carriers = Vec::new();
        for (name, make) in REGISTRY {
            let port = ports.iter().find(|(n, _)| n == name).map_or(0, |(_, p)| *p);
            let (state, credentials) = SharedState::new(*make);
            let base = state.base();
            let server = Server::start(state, port)?;
            let url = format!("http://127.0.0.1:{}{base}", server.port());
            let mut account = json!({"carrier": name, "base_url": url});
            if let (Some(all), Some(more)) = (account.as_object_mut(), credentials.as_object()) {
                all.extend(more.clone());
            }
            carriers.push(Carrier { name, server, account });
        }
        Ok(Sandbox { carriers })
    }

    /// The process's own sandbox: started on first use, never stopped.
    ///
    /// A child made by `fork` uses its parent's ports for as long as the parent lives: threads do not survive a fork,
    /// and both should see the same shipments.
    pub fn shared() -> io::Result<&'static Sandbox> {
        if let Some(shared) = SHARED.get() {
            return Ok(shared);
        }
        // Two first callers at once both start one, and the second is dropped: a lock could be frozen by a fork.
        let started = Self::start()?;
        Ok(SHARED.get_or_init(|| started))
    }

    /// The codes of the simulated carriers.
    pub fn carriers() -> impl Iterator<Item = &'static str> {
        REGISTRY.iter().map(|(name, _)| *name)
    }

    fn carrier(&self, name: &str) -> Option<&Carrier> {
        self.carriers.iter().find(|c| c.name == name)
    }

    /// What a flete account's `base_url` must be to reach this carrier's simulator.
    pub fn base_url(&self, carrier: &str) -> Option<String> {
        let url = self.carrier(carrier)?.account.get("base_url")?;
        url.as_str().map(str::to_owned)
    }

    /// A flete account for this carrier's simulator: carrier, base URL and the sandbox's fixed credentials.
    pub fn account(&self, carrier: &str) -> Option<Value> {
        self.carrier(carrier).map(|c| c.account.clone())
    }

    /// The same for one generation of the carrier's API, as an account's setting `api` names it.
    pub fn account_of(&self, carrier: &str, api: &str) -> Option<Value> {
        let mut account = json!({"carrier": carrier, "base_url": self.base_url(carrier)?});
        let credentials = credentials(carrier, Some(api))?;
        account.as_object_mut()?.extend(credentials.as_object()?.clone());
        Some(account)
    }

    /// A flete configuration with an account for every carrier.
    pub fn config(&self) -> Value {
        let accounts: Vec<Value> = self.carriers.iter().map(|c| c.account.clone()).collect();
        json!({ "accounts": accounts })
    }

    /// The control interface without HTTP: `control("fruno", "POST", "advance", &json!({"id": "FR000000001"}))`.
    /// In a forked child it goes over HTTP to the parent, which has the shipments. A failure is `{"error": "…"}`.
    pub fn control(&self, carrier: &str, method: &str, path: &str, body: &Value) -> Value {
        let Some(found) = self.carrier(carrier) else {
            return json!({"error": format!("no simulated carrier {carrier:?}")});
        };
        if found.server.is_here() {
            return found.server.control(method, path, body).1;
        }
        control_over_http(found.server.port(), method, path, body)
            .unwrap_or_else(|e| json!({"error": format!("the sandbox's process does not answer: {e}")}))
    }
}

fn control_over_http(port: u16, method: &str, path: &str, body: &Value) -> io::Result<Value> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let path = path.strip_prefix(control::PREFIX).unwrap_or(path);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!(
        "{method} {}{path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        control::PREFIX,
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes())?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    let start = reply.windows(4).position(|w| w == b"\r\n\r\n").map_or(0, |at| at + 4);
    Ok(serde_json::from_slice(&reply[start..])?)
}
