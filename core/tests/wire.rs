//! Servers that misbehave in ways that the simulator doesn't: what of a request was sent, what a broken reply means,
//! whose failure is whose, and what certificates and proxies do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use flete::{Client, Code, Error};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// One connection of a server of a few lines.
struct Peer {
    stream: TcpStream,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// The next request, whole; none when the client closed.
    fn request(&mut self) -> Option<String> {
        let mut text = Vec::new();
        let mut byte = [0];
        while !text.ends_with(b"\r\n\r\n") {
            if self.stream.read(&mut byte).ok()? == 0 {
                return None;
            }
            text.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&text).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        text.extend(body);
        let text = String::from_utf8_lossy(&text).into_owned();
        self.seen.lock().unwrap().push(text.clone());
        Some(text)
    }

    /// The client may be gone: that is its own affair.
    fn write(&mut self, text: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(text.as_ref());
    }

    fn reply(&mut self, status: u16, body: &str) {
        self.write(format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    }
}

/// A server of a few lines, on a loopback port of its own.
struct Wire {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    fn serve(answer: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let wire = Self { port: listener.local_addr().unwrap().port(), seen: Arc::default() };
        let (seen, answer) = (wire.seen.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, answer) = (seen.clone(), answer.clone());
                std::thread::spawn(move || answer(&mut Peer { stream: stream.unwrap(), seen }));
            }
        });
        wire
    }

    /// A client of Apunto here, which takes a token that is given.
    fn apunto(&self, more: Value) -> Client {
        let account = json!({"carrier": "apunto", "token": "a-token", "base_url": self.url("http")});
        open(account, more)
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn open(account: Value, more: Value) -> Client {
    let mut config = json!({"accounts": [account], "timeout_ms": 5000, "connect_timeout_ms": 1000});
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    Client::open(&config.to_string()).unwrap()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    (work(), started.elapsed())
}

fn contacts(client: &Client) -> Result<Value, Error> {
    client.call("call", json!({"operation": "contacts.list"}))
}

#[test]
fn a_wait_that_cannot_fit_fails_at_once_however_long_it_is() {
    let (header, body) = ("429 X\r\nRetry-After: 86401\r\nContent-Length: 2\r\n\r\n{}", r#"{"retry_after": 4000000}"#);
    let by_header = Wire::serve(move |peer| {
        while peer.request().is_some() {
            peer.write(format!("HTTP/1.1 {header}"));
        }
    });
    let by_body = Wire::serve(move |peer| {
        while peer.request().is_some() {
            peer.reply(429, body);
        }
    });
    for (wire, asked) in [(by_header, 86_401_000), (by_body, 4_000_000_000)] {
        let (reply, took) = timed(|| contacts(&wire.apunto(json!({}))));
        let error = reply.unwrap_err();
        assert_eq!((error.code, error.retry_after_ms), (Code::RateLimited, Some(asked)), "{error}");
        assert!(error.message.contains(&format!("asks to wait {asked} ms")), "{error}");
        assert!(took < Duration::from_millis(500), "{took:?}");
        assert_eq!(wire.requests().len(), 1, "{error}");
    }
    // Where the carrier asked for nothing, a pause of our own that can't fit is told as well.
    let wire = Wire::serve(|peer| {
        while peer.request().is_some() {
            peer.reply(503, "{}");
        }
    });
    let error = contacts(&wire.apunto(json!({"timeout_ms": 400, "max_attempts": 100}))).unwrap_err();
    if error.code != Code::Timeout {
        assert!(error.message.contains("left of this call"), "{error}");
    }
}
