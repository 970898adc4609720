//! Sockets and threads: one listener per carrier, one thread per connection. Nothing here reads what is sent on them.

use super::control;
use super::faults::Hit;
use super::http::{Request, Response};
use super::respond::Outgoing;
use super::shared_state::{Answer, SharedState};
use super::wire::{self, Chunks, Framing, Head};
use nix::sys::signal::SigSet;
use nix::sys::stat::fstat;
use serde_json::Value;
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const BODY_WAIT: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(10);

/// A carrier's listener; dropping it closes it.
pub(crate) struct Server {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    port: u16,
    process: u32,
}

impl Server {
    pub(crate) fn start(state: SharedState, port: u16) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared { state, gate: Gate::default() });
        shared.gate.port.store(port, Ordering::Relaxed);
        shared.gate.set_listening(true);
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("flete-sandbox".into()).spawn(move || accept(listener, &theirs))?;
        Ok(Server { shared, thread: Some(thread), port, process: std::process::id() })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.shared.control(method, path, body)
    }

    /// The host closed descriptors, this one's listener perhaps among them.
    pub(crate) fn check(&self) {
        if self.is_here() && self.shared.gate.pause().is_none() {
            self.shared.gate.check();
        }
    }

    /// Whether the threads behind this are in this process: they are not in a child made by `fork`.
    pub(crate) fn is_here(&self) -> bool {
        self.process == std::process::id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After a fork the listener and its thread are the parent's; its locks may be held by threads that do not exist here.
        if !self.is_here() {
            return;
        }
        // Without a free descriptor it can't be woken; it ends with the next connection.
        if self.shared.gate.stop()
            && let Some(thread) = self.thread.take()
        {
            // An accept thread that panicked has closed its listener already.
            let _ = thread.join();
        }
        self.shared.gate.close_connections(true);
    }
}

/// What the threads of one port share. Only the gate has sockets.
struct Shared {
    state: SharedState,
    gate: Gate,
}

impl Shared {
    /// The control interface. When it returns, a listener that was to be closed is closed.
    fn control(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let Answer { status, body, close_listener } = self.state.control(method, path, body);
        // No lock is held: connections that are being answered need it before they are idle.
        if let Some(wait) = close_listener {
            self.gate.close_for(wait);
        }
        (status, body)
    }
}

/// Opens and closes a listener, and knows its connections.
#[derive(Default)]
struct Gate {
    port: AtomicU16,
    stopped: AtomicBool,
    next: AtomicU64,
    closed: Mutex<Closed>,
    changed: Condvar,
    connections: Mutex<HashMap<u64, Connection>>,
}

#[derive(Default)]
struct Closed {
    until: Option<Instant>,
    listening: bool,
}

/// Weak, so that the connection's own thread is the one that closes the socket: only then does leaving data unread reset it.
struct Connection {
    stream: Weak<TcpStream>,
    busy: Arc<AtomicBool>,
}

impl Gate {
    fn closed(&self) -> MutexGuard<'_, Closed> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<u64, Connection>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Returns whether the thread knows.
    fn stop(&self) -> bool {
        self.stopped.store(true, Ordering::Release);
        self.wake()
    }

    /// `accept` waits for a connection, so one is made. Returns whether it woke.
    fn wake(&self) -> bool {
        let port = self.port.load(Ordering::Relaxed);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        // Refused means that the listener is closed and its thread awake.
        match TcpStream::connect_timeout(&address, Duration::from_secs(1)) {
            Ok(_) => true,
            Err(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        }
    }

    /// Where the host closed the listener under us, it is opened again before this returns: its thread notices when
    /// a connection comes.
    fn check(&self) {
        self.set_listening(false);
        let _ = self.wake();
        drop(self.changed.wait_timeout_while(self.closed(), Duration::from_secs(1), |closed| !closed.listening));
    }

    /// Closes the listener for a while, and the connections that are not being answered: the next connection is refused.
    /// Returns once it is closed.
    fn close_for(&self, wait: Duration) {
        self.closed().until = Some(Instant::now() + wait);
        let _ = self.wake();
        let closed = self.closed();
        let limit = Duration::from_secs(2);
        let still = |c: &mut Closed| c.listening && c.until.is_some_and(|u| u > Instant::now());
        drop(self.changed.wait_timeout_while(closed, limit, still));
        self.close_connections(false);
    }

    fn close_connections(&self, busy_too: bool) {
        for connection in self.connections().values() {
            if !busy_too && connection.busy.load(Ordering::Acquire) {
                continue;
            }
            if let Some(stream) = connection.stream.upgrade() {
                // It may be closed by its other end already.
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }

    fn set_listening(&self, listening: bool) {
        self.closed().listening = listening;
        self.changed.notify_all();
    }

    fn pause(&self) -> Option<Instant> {
        self.closed().until.filter(|until| *until > Instant::now())
    }
}

fn accept(listener: TcpListener, shared: &Arc<Shared>) {
    // A host's signals are for its own threads; the threads of the connections inherit this.
    let _ = SigSet::all().thread_block();
    let gate = &shared.gate;
    let mut listener = Some(listener);
    let mut ours = listener.as_ref().and_then(identity);
    while let Some(open) = listener.take() {
        let accepted = open.accept();
        if identity(&open) != ours {
            // The host closed it under us. Its number may be the host's own by now, so that it isn't closed again.
            std::mem::forget(open);
            if let Ok((stream, _)) = accepted {
                begin(stream, shared);
            }
            listener = reopen(gate);
            ours = listener.as_ref().and_then(identity);
            gate.set_listening(listener.is_some());
            continue;
        }
        listener = Some(open);
        if gate.stopped() {
            return;
        }
        if gate.pause().is_some() {
            drop(accepted);
            drop(listener.take());
            gate.set_listening(false);
            listener = reopen(gate);
            ours = listener.as_ref().and_then(identity);
            gate.set_listening(listener.is_some());
            continue;
        }
        gate.set_listening(true);
        match accepted {
            Ok((stream, _)) => begin(stream, shared),
            // Most likely no descriptor is free: some connection must end first.
            Err(_) => thread::sleep(TICK),
        }
    }
}

/// Identifies the file behind a descriptor, as its number may have been reused. `None`: it is closed.
fn identity(socket: &impl AsFd) -> Option<(nix::libc::dev_t, nix::libc::ino_t)> {
    fstat(socket).ok().map(|stat| (stat.st_dev, stat.st_ino))
}

/// Waits out the pause and binds the same port again.
fn reopen(gate: &Gate) -> Option<TcpListener> {
    let port = gate.port.load(Ordering::Relaxed);
    while !gate.stopped() {
        if gate.pause().is_none()
            && let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        {
            return Some(listener);
        }
        thread::sleep(TICK);
    }
    None
}

fn begin(stream: TcpStream, shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    shared.state.count_connection();
    let stream = Arc::new(stream);
    let busy = Arc::new(AtomicBool::new(false));
    let number = shared.gate.next.fetch_add(1, Ordering::Relaxed);
    let connection = Connection { stream: Arc::downgrade(&stream), busy: Arc::clone(&busy) };
    shared.gate.connections().insert(number, connection);
    let ours = identity(&stream);
    let work = move || {
        // A client may go away at any time.
        let _ = serve(&stream, &shared, &busy);
        shared.gate.connections().remove(&number);
        if identity(&stream) != ours {
            // The host closed it: see `accept`.
            std::mem::forget(stream);
        }
    };
    let name = "flete-sandbox-conn".to_owned();
    // Without a thread the connection is dropped, which closes it.
    drop(thread::Builder::new().name(name).spawn(work));
}

/// Answers the requests of one connection, one after another.
fn serve(stream: &TcpStream, shared: &Shared, busy: &AtomicBool) -> io::Result<()> {
    let state = &shared.state;
    stream.set_nodelay(true)?;
    let mut inbox = Inbox { stream, bytes: Vec::new() };
    let ours = identity(&stream);
    loop {
        if identity(&stream) != ours {
            return Ok(());
        }
        busy.store(false, Ordering::Release);
        // The client may read its reply and have the listener closed before this thread is idle.
        if shared.gate.pause().is_some() {
            return Ok(());
        }
        stream.set_read_timeout(Some(state.idle()))?;
        if inbox.bytes.is_empty() && stream.peek(&mut [0])? == 0 {
            return Ok(());
        }
        busy.store(true, Ordering::Release);
        stream.set_read_timeout(Some(BODY_WAIT))?;
        let mut met = None;
        if inbox.bytes.is_empty()
            && state.wants_unread()
            && let Some(mut request) = peek_head(stream)?
            && !is_control(&request)
        {
            state.address(&mut request);
            let hit = state.meet(&request);
            if let Some(hit) = hit.as_ref().filter(|h| h.unread()) {
                state.answer(&request, Some(hit));
                return Ok(());
            }
            met = Some(hit);
        }
        if !exchange(&mut inbox, shared, met)? {
            return Ok(());
        }
    }
}

/// Reads one request and answers it. Returns whether the connection may go on. `met` is its fault, if already looked up.
fn exchange(inbox: &mut Inbox, shared: &Shared, met: Option<Option<Hit>>) -> io::Result<bool> {
    let state = &shared.state;
    let stream = inbox.stream;
    let (mut request, keep_alive) = match inbox.request()? {
        Ok(read) => read,
        Err(status) => {
            let body = serde_json::json!({"error": "the sandbox cannot read this request"});
            Outgoing {
                response: Response::json(status, &body),
                fault: None,
                keep_alive: false,
                head_only: false,
                now: state.now(),
            }
            .write(stream)?;
            return Ok(false);
        }
    };
    let head_only = request.method == "HEAD";
    if is_control(&request) {
        let (status, answer) = match control_body(&request) {
            Ok(body) => shared.control(&request.method, &request.path, &body),
            Err(error) => (400, serde_json::json!({"error": error})),
        };
        let outgoing = Outgoing {
            response: Response::json(status, &answer),
            fault: None,
            keep_alive,
            head_only,
            now: state.now(),
        };
        return outgoing.write(stream);
    }
    state.address(&mut request);
    let hit = met.unwrap_or_else(|| state.meet(&request));
    let delay = state.delay(hit.as_ref());
    if !delay.is_zero() {
        thread::sleep(delay);
    }
    let (response, now) = state.answer(&request, hit.as_ref());
    let outgoing = Outgoing { response, fault: hit.as_ref().map(|h| &h.kind), keep_alive, head_only, now };
    outgoing.write(stream)
}

fn is_control(request: &Request) -> bool {
    request.path.starts_with(control::PREFIX)
}

fn control_body(request: &Request) -> Result<Value, String> {
    if request.body.is_empty() {
        return Ok(Value::Null);
    }
    request.json()
}

/// Looks at the next head without taking it from the socket. `None`: it can't be read, and the real read will fail.
fn peek_head(stream: &TcpStream) -> io::Result<Option<Request>> {
    let mut bytes = vec![0; wire::HEAD_LIMIT];
    let end = Instant::now() + BODY_WAIT;
    let mut seen = 0;
    while Instant::now() < end {
        let length = stream.peek(&mut bytes)?;
        match wire::head(&bytes[..length]) {
            Ok(Some(head)) => return Ok(Some(head.request)),
            Ok(None) if length > seen => seen = length,
            // Peeked bytes stay in the socket, so the next peek returns at once: waiting for the rest needs a pause.
            Ok(None) if length > 0 => thread::sleep(Duration::from_millis(1)),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// Bytes that were received and not used yet.
struct Inbox<'a> {
    stream: &'a TcpStream,
    bytes: Vec<u8>,
}

impl Inbox<'_> {
    /// The next request, and whether its connection stays open; or the status to refuse it with.
    fn request(&mut self) -> io::Result<Result<(Request, bool), u16>> {
        let head = loop {
            match wire::head(&self.bytes) {
                Ok(Some(head)) => break head,
                Ok(None) => self.more()?,
                Err(status) => return Ok(Err(status)),
            }
        };
        let Head { mut request, length, framing, keep_alive, expects_continue } = head;
        self.bytes.drain(..length);
        if expects_continue && self.bytes.is_empty() {
            let mut out = self.stream;
            out.write_all(wire::interim(&[100]).as_bytes())?;
        }
        match framing {
            Framing::Length(length) => {
                while self.bytes.len() < length {
                    self.more()?;
                }
                request.body = self.bytes.drain(..length).collect();
            }
            Framing::Chunked => {
                let mut chunks = Chunks::default();
                loop {
                    match chunks.read(&self.bytes) {
                        Ok(true) => break,
                        Ok(false) if self.bytes.len() <= 2 * wire::BODY_LIMIT => self.more()?,
                        Ok(false) => return Ok(Err(413)),
                        Err(status) => return Ok(Err(status)),
                    }
                }
                self.bytes.drain(..chunks.at);
                request.body = chunks.body;
            }
        }
        Ok(Ok((request, keep_alive)))
    }

    fn more(&mut self) -> io::Result<()> {
        let mut piece = [0; 16 * 1024];
        match (&mut &*self.stream).read(&mut piece)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            length => {
                self.bytes.extend_from_slice(&piece[..length]);
                Ok(())
            }
        }
    }
}
