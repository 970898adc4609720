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
    let mut config = json!({"accounts": [account], "state": "memory", "timeout_ms": 5000, "connect_timeout_ms": 1000});
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

/// Mensajeros Urbanos, which gives tokens that live for so many seconds, and takes so long for each.
fn courier(life_s: i64, takes: Duration) -> Wire {
    Wire::serve(move |peer| {
        while let Some(request) = peer.request() {
            if request.contains("/oauth/token") {
                std::thread::sleep(takes);
                peer.reply(200, &format!(r#"{{"access_token": "t0ken", "expires_in": {life_s}}}"#));
            } else {
                peer.reply(200, r#"{"status": "success", "status_code": 200, "data": {}}"#);
            }
        }
    })
}

fn task(wire: &Wire, more: Value) -> Result<Value, Error> {
    let account = json!({
        "carrier": "mensajeros_urbanos", "client_id": "id", "client_secret": "s3cret", "user_id": 1, "base_url": wire.url("http"),
    });
    open(account, more).call("call", json!({"operation": "tasks.get", "params": {"task_id": 1}}))
}

fn logins(wire: &Wire) -> usize {
    wire.requests().iter().filter(|request| request.contains("/oauth/token")).count()
}

#[test]
fn a_caller_that_has_no_time_for_a_token_fails_alone() {
    let wire = courier(3600, Duration::from_millis(300));
    std::thread::scope(|scope| {
        let hasty = scope.spawn(|| task(&wire, json!({"timeout_ms": 100})));
        std::thread::sleep(Duration::from_millis(30));
        let patient = scope.spawn(|| task(&wire, json!({})));
        assert_eq!(hasty.join().unwrap().unwrap_err().code, Code::Timeout);
        assert!(patient.join().unwrap().is_ok());
    });
}

#[test]
fn a_token_is_kept_however_short_its_life_is() {
    for (life, state) in [(20, false), (20, true), (3600, true), (0, false), (-3600, true)] {
        let wire = courier(life, Duration::ZERO);
        let path = std::env::temp_dir().join(format!("flete-wire-{}-{}.db", std::process::id(), wire.port));
        let more = if state { json!({"state": path}) } else { json!({}) };
        for _ in 0..5 {
            task(&wire, more.clone()).unwrap();
        }
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", path.display()));
        }
        assert_eq!(logins(&wire), 1, "{life} s, state: {state}");
    }
}

#[test]
fn a_token_in_a_reply_that_cannot_be_read_is_not_told() {
    for reply in [
        r#"{"access_token": "canary-access", "expires_in": 3600} and more"#,
        r#"{"access_token": "canary-access""#,
        "access_token=canary-access&expires_in=3600",
        r#"{"data": {"llave": "canary-access"}}"#,
        r#"["canary-access"]"#,
    ] {
        let wire = Wire::serve(move |peer| {
            while peer.request().is_some() {
                peer.reply(200, reply);
            }
        });
        let error = task(&wire, json!({"max_attempts": 1})).unwrap_err();
        assert_eq!(error.code, Code::CarrierResponse, "{error}");
        assert!(!format!("{error} {error:?} {}", error.to_value()).contains("canary"), "{error:?}");
    }
}

#[test]
fn a_secret_that_comes_back_is_not_told_however_it_is_written() {
    let password = "canary/p+ss \"ñ";
    let login = json!({"password": password}).to_string();
    for said in
        ["POST /auth?p=canary%2Fp%2Bss%20%22%C3%B1", "p=canary%2Fp%2Bss+%22%C3%B1", &login, r#"canary/p+ss \"\u00f1"#]
    {
        // In a text, and across the place where a text is cut.
        for before in [0, 16 * 1024 - 20] {
            let reply = format!("{}{said}", "x".repeat(before));
            let wire = Wire::serve(move |peer| {
                while peer.request().is_some() {
                    peer.reply(400, &reply);
                }
            });
            let account =
                json!({"carrier": "apunto", "email": "a@b.mx", "password": password, "base_url": wire.url("http")});
            let error = contacts(&open(account, json!({}))).unwrap_err();
            assert!(!format!("{error} {error:?} {}", error.to_value()).contains("canary"), "{said} {before}");
        }
    }
}

#[test]
fn a_reply_that_is_no_http_is_one_that_cannot_be_read() {
    let big = format!("HTTP/1.1 200 OK\r\nX-Big: {}\r\nContent-Length: 2\r\n\r\n{{}}", "a".repeat(1_000_000));
    for reply in [
        big.as_str(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nX\0Y: b\r\nContent-Length: 2\r\n\r\n{}",
        "<html>It works!</html>",
    ] {
        let told = reply.chars().take(80).collect::<String>();
        let reply = reply.to_owned();
        let wire = Wire::serve(move |peer| {
            peer.request();
            peer.write(&reply);
            // What the client doesn't want to read must not reset what it does.
            std::thread::sleep(Duration::from_millis(100));
        });
        let error = contacts(&wire.apunto(json!({"max_attempts": 1}))).unwrap_err();
        assert_eq!(error.code, Code::CarrierResponse, "{told}: {error}");
    }
}
