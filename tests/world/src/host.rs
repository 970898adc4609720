//! A carrier's host on loopback: a server that sends the given bytes, even if they aren't valid HTTP.

use crate::carriers::{Carrier, Model};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A number that is unique to a row.
pub fn unique() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed) + u64::from(std::process::id()) * 100_000
}

/// A request as it came. `op` is the operation of the carrier's API reference at that path.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub head: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub json: Value,
    pub op: &'static str,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        let found = self.head.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }

    pub fn param(&self, name: &str) -> Option<String> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(other, value)| (decoded(other) == name).then(|| decoded(value)))
    }
}

/// Percent-decoded.
fn decoded(text: &str) -> String {
    let bytes = text.replace('+', " ").into_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A reply before it becomes bytes.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    /// Lines of the head as they are sent, each without its line end.
    pub lines: Vec<Vec<u8>>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type: content_type.to_owned(), lines: Vec::new(), body: body.into() }
    }

    pub fn line(mut self, line: impl Into<Vec<u8>>) -> Self {
        self.lines.push(line.into());
        self
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status)).into_bytes();
        if !self.content_type.is_empty() {
            head.extend_from_slice(format!("Content-Type: {}\r\n", self.content_type).as_bytes());
        }
        for line in &self.lines {
            head.extend_from_slice(line);
            head.extend_from_slice(b"\r\n");
        }
        head
    }

    pub fn wire(self) -> Wire {
        let mut bytes = self.head();
        if self.status != 204 {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        if self.status != 204 {
            bytes.extend_from_slice(&self.body);
        }
        Wire { bytes, close: false }
    }

    /// Without a length: the end of the connection is the end of the reply.
    pub fn until_close(self) -> Wire {
        let mut bytes = self.head();
        bytes.extend_from_slice(b"Connection: close\r\n\r\n");
        bytes.extend_from_slice(&self.body);
        Wire { bytes, close: true }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        300..400 => "Moved",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        407 => "Proxy Authentication Required",
        429 => "Too Many Requests",
        _ => "-",
    }
}

/// A reply's bytes. Without any, the connection is closed.
#[derive(Clone, Debug)]
pub struct Wire {
    pub bytes: Vec<u8>,
    pub close: bool,
}

impl Wire {
    pub fn nothing() -> Self {
        Self { bytes: Vec::new(), close: true }
    }
}

/// What happens to a request.
pub enum Act {
    /// The carrier does it and answers.
    Good,
    /// The carrier does it, and its reply is changed on its way.
    Change(Box<dyn FnOnce(Reply) -> Wire>),
    /// The carrier never sees it.
    Instead(Wire),
}

impl Act {
    pub fn change(change: impl FnOnce(Reply) -> Reply + 'static) -> Self {
        Self::Change(Box::new(move |reply| change(reply).wire()))
    }
    /// Done, and the reply is lost.
    pub fn lost() -> Self {
        Self::Change(Box::new(|_| Wire::nothing()))
    }
    pub fn instead(reply: Reply) -> Self {
        Self::Instead(reply.wire())
    }
}

type Plan = dyn Fn(&Asked, usize) -> Act + Send + Sync;

struct Shared {
    carrier: Carrier,
    model: Mutex<Model>,
    plan: Mutex<Arc<Plan>>,
    seen: Mutex<Vec<Asked>>,
    stop: AtomicBool,
    tls: bool,
    idle: Mutex<Option<Duration>>,
}

/// A carrier's host.
pub struct Host {
    pub carrier: Carrier,
    pub address: SocketAddr,
    number: u64,
    shared: Arc<Shared>,
}

impl Host {
    pub fn new(carrier: Carrier) -> Self {
        Self::start(carrier, false)
    }

    pub fn tls(carrier: Carrier) -> Self {
        Self::start(carrier, true)
    }

    fn start(carrier: Carrier, tls: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            carrier,
            model: Mutex::new(Model::new(carrier)),
            plan: Mutex::new(Arc::new(|_: &Asked, _| Act::Good)),
            seen: Mutex::default(),
            stop: AtomicBool::new(false),
            tls,
            idle: Mutex::new(None),
        });
        let of_thread = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if of_thread.stop.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&of_thread);
                std::thread::spawn(move || {
                    drop(stream.set_read_timeout(Some(Duration::from_secs(20))));
                    serve(stream, &shared);
                });
            }
        });
        Self { carrier, address, number: unique(), shared }
    }

    /// What happens to each request, by the request and the number of earlier ones of its kind.
    pub fn plan(&self, plan: impl Fn(&Asked, usize) -> Act + Send + Sync + 'static) -> &Self {
        *lock(&self.shared.plan) = Arc::new(plan);
        self
    }

    /// Connections that are idle for this long are closed silently.
    pub fn closes_idle(&self, after: Duration) {
        *lock(&self.shared.idle) = Some(after);
    }

    /// One operation's replies are changed, the first `times` of them.
    pub fn spoil(&self, op: &'static str, times: usize, change: impl Fn(Reply) -> Wire + Send + Sync + 'static) {
        let change = Arc::new(change);
        self.plan(move |asked, before| {
            let change = Arc::clone(&change);
            if asked.op == op && before < times { Act::Change(Box::new(move |reply| change(reply))) } else { Act::Good }
        });
    }

    pub fn calm(&self) {
        self.plan(|_, _| Act::Good);
    }

    pub fn model<T>(&self, use_it: impl FnOnce(&mut Model) -> T) -> T {
        use_it(&mut lock(&self.shared.model))
    }

    /// How many shipments were made.
    pub fn made(&self) -> usize {
        lock(&self.shared.model).made.len()
    }

    pub fn seen(&self) -> Vec<Asked> {
        lock(&self.shared.seen).clone()
    }

    pub fn count(&self, op: &str) -> usize {
        lock(&self.shared.seen).iter().filter(|asked| asked.op == op).count()
    }

    pub fn last(&self, op: &str) -> Asked {
        lock(&self.shared.seen).iter().rfind(|asked| asked.op == op).cloned().unwrap_or_default()
    }

    pub fn url(&self) -> String {
        let scheme = if self.shared.tls { "https://localhost" } else { "http://127.0.0.1" };
        format!("{scheme}:{}", self.address.port())
    }

    /// The account of this host, whose credentials no other row has.
    pub fn account(&self) -> Value {
        self.carrier.account(&self.url(), self.number)
    }

    /// A configuration with this account alone; what `more` holds goes to the top.
    pub fn config(&self, more: &Value) -> Value {
        let mut config = json!({
            "accounts": [self.account()], "timeout_ms": 20_000, "connect_timeout_ms": 10_000, "max_attempts": 1,
            "settle_ms": 100,
        });
        if self.shared.tls {
            config["ca_file"] = json!(certificate().2);
        }
        for (name, value) in more.as_object().into_iter().flatten() {
            config[name] = value.clone();
        }
        config
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

/// A certificate for `localhost`, its key, and the file that a client trusts it by.
fn certificate() -> &'static (rcgen::Certificate, Vec<u8>, PathBuf) {
    static MADE: OnceLock<(rcgen::Certificate, Vec<u8>, PathBuf)> = OnceLock::new();
    MADE.get_or_init(|| {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let file = crate::row::scratch().join("ca.pem");
        std::fs::write(&file, made.cert.pem()).expect("a file for the certificate");
        (made.cert, made.signing_key.serialize_der(), file)
    })
}

fn tls_config() -> Arc<ServerConfig> {
    static MADE: OnceLock<Arc<ServerConfig>> = OnceLock::new();
    Arc::clone(MADE.get_or_init(|| {
        let (certificate, key, _) = certificate();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.clone()).into())
            .expect("a TLS configuration");
        Arc::new(config)
    }))
}

fn serve(socket: TcpStream, shared: &Shared) {
    drop(socket.set_nodelay(true));
    if !shared.tls {
        let idle = *lock(&shared.idle);
        return each(&socket, &socket, shared, idle);
    }
    let Ok(end) = socket.try_clone() else { return };
    let Ok(connection) = ServerConnection::new(tls_config()) else { return };
    let mut stream = StreamOwned::new(connection, socket);
    let mut left = Vec::new();
    while let Some(asked) = read(&mut stream, &mut left, shared) {
        let wire = answer(shared, &asked);
        if stream.write_all(&wire.bytes).is_err() || stream.flush().is_err() || wire.close {
            break;
        }
    }
    // The socket is closed without TLS's `close_notify`.
    drop(end.shutdown(Shutdown::Write));
    std::mem::forget(stream.conn);
}

fn each(mut input: &TcpStream, mut output: &TcpStream, shared: &Shared, idle: Option<Duration>) {
    let mut left = Vec::new();
    if idle.is_some() {
        drop(input.set_read_timeout(idle));
    }
    while let Some(asked) = read(&mut input, &mut left, shared) {
        let wire = answer(shared, &asked);
        if output.write_all(&wire.bytes).is_err() || wire.close {
            break;
        }
    }
    if idle.is_some() {
        // Closed before the whole request is read, as by a server that has given up the connection.
        return;
    }
    drop(output.shutdown(Shutdown::Write));
}

fn read(stream: &mut impl Read, left: &mut Vec<u8>, shared: &Shared) -> Option<Asked> {
    let mut chunk = [0; 16384];
    let end = loop {
        if let Some(at) = left.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(length) => left.extend_from_slice(&chunk[..length]),
        }
    };
    let head = String::from_utf8_lossy(&left[..end]).into_owned();
    left.drain(..end + 4);
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    // A proxy gets a whole URL.
    let target = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/".to_owned(), |at| rest[at..].to_owned()),
        None => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut asked = Asked { method, path: decoded(path), query: query.to_owned(), ..Asked::default() };
    asked.head = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    let length: usize = asked.header("content-length").parse().unwrap_or(0);
    while left.len() < length {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(read) => left.extend_from_slice(&chunk[..read]),
        }
    }
    asked.body = left.drain(..length).collect();
    asked.json = serde_json::from_slice(&asked.body).unwrap_or_default();
    asked.op = shared.carrier.op(&asked);
    Some(asked)
}

fn answer(shared: &Shared, asked: &Asked) -> Wire {
    let plan = Arc::clone(&lock(&shared.plan));
    let before = {
        let mut seen = lock(&shared.seen);
        let before = seen.iter().filter(|other| other.op == asked.op).count();
        seen.push(asked.clone());
        before
    };
    match plan(asked, before) {
        Act::Good => lock(&shared.model).answer(asked).wire(),
        Act::Change(change) => {
            let reply = lock(&shared.model).answer(asked);
            change(reply)
        }
        Act::Instead(wire) => wire,
    }
}

/// How often each operation was asked for.
pub fn tally(seen: &[Asked]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for asked in seen {
        *counts.entry(asked.op).or_default() += 1;
    }
    counts
}
