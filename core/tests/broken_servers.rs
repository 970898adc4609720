//! Servers that misbehave in ways that the simulator doesn't: whether a request was sent, what a broken reply means,
//! and which caller a failure belongs to.

use crate::common;
use crate::common::scripted::{Got, Scripted};
use crate::common::with;
use flete::{Client, Code, Error};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A client of Apunto at this host, with a fixed token.
fn apunto(host: &Scripted, more: Value) -> Client {
    let account = json!({"carrier": "apunto", "token": "a-token", "base_url": host.url});
    open(account, more)
}

fn open(account: Value, more: Value) -> Client {
    common::open(with(json!({"accounts": [account], "timeout_ms": 5000, "connect_timeout_ms": 1000}), more))
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
    let header = b"HTTP/1.1 429 X\r\nRetry-After: 86401\r\nContent-Length: 2\r\n\r\n{}";
    let by_header = Scripted::start(|_| header.to_vec());
    let by_body = Scripted::start(|_| (429, json!({"retry_after": 4_000_000})));
    for (host, asked) in [(by_header, 86_401_000), (by_body, 4_000_000_000)] {
        let (reply, took) = timed(|| contacts(&apunto(&host, json!({"timeout_ms": 60_000}))));
        let error = reply.unwrap_err();
        assert_eq!((error.code, error.retry_after_ms), (Code::RateLimited, Some(asked)), "{error}");
        assert!(error.message.contains(&format!("asks to wait {asked} ms")), "{error}");
        assert!(took < Duration::from_secs(6), "long before its deadline: {took:?}");
        assert_eq!(host.got().len(), 1, "{error}");
    }
    // If the carrier asked for no wait, a pause of our own that doesn't fit is reported, too.
    let host = Scripted::start(|_| (503, json!({})));
    let error = contacts(&apunto(&host, json!({"timeout_ms": 400, "max_attempts": 100}))).unwrap_err();
    if error.code != Code::Timeout {
        assert!(error.message.contains("left of this call"), "{error}");
    }
}

/// Mensajeros Urbanos, with tokens that live for `life_s` seconds; each takes `takes` to fetch.
fn courier(life_s: i64, takes: Duration) -> Scripted {
    Scripted::start(move |got| match got.path() {
        "/oauth/token" => {
            std::thread::sleep(takes);
            (200, json!({"access_token": "t0ken", "expires_in": life_s}))
        }
        _ => (200, json!({"status": "success", "status_code": 200, "data": {}})),
    })
}

fn task(host: &Scripted, more: Value) -> Result<Value, Error> {
    let account = json!({
        "carrier": "mensajeros_urbanos", "client_id": "id", "client_secret": "s3cret", "user_id": 1, "base_url": host.url,
    });
    open(account, more).call("call", json!({"operation": "tasks.get", "params": {"task_id": 1}}))
}

#[test]
fn a_caller_that_has_no_time_for_a_token_fails_alone() {
    let host = courier(3600, Duration::from_millis(300));
    std::thread::scope(|scope| {
        let hasty = scope.spawn(|| task(&host, json!({"timeout_ms": 100})));
        std::thread::sleep(Duration::from_millis(30));
        let patient = scope.spawn(|| task(&host, json!({})));
        assert_eq!(hasty.join().unwrap().unwrap_err().code, Code::Timeout);
        assert!(patient.join().unwrap().is_ok());
    });
}

#[test]
fn a_token_is_kept_however_short_its_life_is() {
    for (life, state) in [(20, false), (20, true), (3600, true), (0, false), (-3600, true)] {
        let host = courier(life, Duration::ZERO);
        let path = std::env::temp_dir().join(format!("flete-{}-{life}-{state}.db", std::process::id()));
        let more = if state { json!({"state": path}) } else { json!({}) };
        for _ in 0..5 {
            task(&host, more.clone()).unwrap();
        }
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", path.display()));
        }
        assert_eq!(host.count("POST /oauth/token"), 1, "{life} s, state: {state}");
    }
}

#[test]
fn a_token_is_taken_without_what_is_printed_around_it() {
    for (printed, sent) in [
        ("canary", Some("canary")),
        ("canary\n", Some("canary")),
        (" canary\r\n", Some("canary")),
        ("\tcanary", Some("canary")),
        ("can\u{1}ary", None),
        ("can\nary", None),
    ] {
        for carrier in ["mensajeros_urbanos", "apunto", "almex"] {
            let login = match carrier {
                "mensajeros_urbanos" => json!({"access_token": printed, "expires_in": 3600}),
                "apunto" => json!({"token": printed}),
                _ => json!({"success": true, "response": {"token": printed, "refreshToken": "r"}}),
            };
            let gives = |got: &Got| matches!(got.path(), "/oauth/token" | "/auth" | "/auth/token");
            let host = Scripted::start(move |got| if gives(got) { (200, login.clone()) } else { (404, json!({})) });
            let settings = match carrier {
                "mensajeros_urbanos" => json!({"client_id": "c", "client_secret": "s", "user_id": 1}),
                "apunto" => json!({"email": "a@b.mx", "password": "p"}),
                _ => json!({"user_name": "u", "password": "p", "account_number": "7", "subscription_key": "k"}),
            };
            let account = with(json!({"carrier": carrier, "base_url": host.url}), settings);
            let client = open(account, json!({}));
            for call in 1..=2 {
                let error = client.call("track", json!({"id": "task:07053846188", "account": carrier})).unwrap_err();
                let (code, asked) = match sent {
                    Some(_) => (Code::NotFound, 1),
                    None => (Code::CarrierResponse, call),
                };
                assert_eq!(error.code, code, "{carrier} {printed:?}: {error}");
                // A token that can't be used isn't kept.
                assert_eq!(host.got().iter().filter(|got| gives(got)).count(), asked, "{carrier} {printed:?}");
                let requests = host.got();
                let values = requests.iter().flat_map(|got| &got.headers).map(|(_, value)| value.as_str());
                let given =
                    values.map(|value| value.trim_start_matches("Bearer ")).find(|value| value.ends_with("canary"));
                assert_eq!(given, sent, "{carrier} {printed:?}");
                assert!(!format!("{error:?}").contains("canary"), "{carrier} {printed:?}");
            }
        }
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
        let host = Scripted::start(move |_| (200, reply.to_owned()));
        let error = task(&host, json!({"max_attempts": 1})).unwrap_err();
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
            let host = Scripted::start(move |_| (400, reply.clone()));
            let account = json!({"carrier": "apunto", "email": "a@b.mx", "password": password, "base_url": host.url});
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
        let host = Scripted::start(move |_| reply.clone().into_bytes());
        let error = contacts(&apunto(&host, json!({"max_attempts": 1}))).unwrap_err();
        assert_eq!(error.code, Code::CarrierResponse, "{told}: {error}");
    }
}
