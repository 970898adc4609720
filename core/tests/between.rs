//! Proxies, firewalls and odd servers between flete and a carrier: a relay changes the simulator's good replies, for
//! every carrier and method.

use crate::common;
use crate::common::scripted::Scripted;
use crate::common::{anywhere, ends};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use flete::sandbox::Sandbox;
use flete::{Client, Code, Error, Outcome};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const CARRIERS: [&str; 4] = ["almex", "apunto", "fruno", "mensajeros_urbanos"];

/// The requests that make a shipment.
const MAKES: [(&str, &str); 4] = [
    ("almex", "POST /pickuprequest/generate"),
    ("apunto", "POST /api/v1/operations"),
    ("fruno", "POST /v1/paquetes"),
    ("mensajeros_urbanos", "POST /delivery/create"),
];

/// A request's first line without its query and version, its head, and the carrier's reply to it.
struct Exchange {
    line: String,
    asked: String,
    status: u16,
    head: Vec<String>,
    body: Vec<u8>,
}

impl Exchange {
    /// The reply with these lines in its head, and this body.
    fn with(&self, lines: &[&str], body: &[u8]) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} X\r\n", self.status);
        for line in self.head.iter().map(String::as_str).chain(lines.iter().copied()) {
            head.extend([line, "\r\n"]);
        }
        if self.status != 204 {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        [head.as_bytes(), b"\r\n", body].concat()
    }

    fn is_json(&self) -> bool {
        self.body.starts_with(b"{") || self.body.starts_with(b"[")
    }
}

type Change = dyn Fn(&Exchange) -> Vec<u8> + Send + Sync;

/// A client of the simulator through a relay. An empty reply closes the connection.
struct Relay {
    client: Client,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    fn open(carrier: &str, more: Value, change: impl Fn(&Exchange) -> Vec<u8> + Send + Sync + 'static) -> Self {
        // Never dropped: the process caches facts by port, and a port may be assigned again.
        let sandbox: &'static Sandbox = Box::leak(Box::new(Sandbox::start().unwrap()));
        let mut account = sandbox.account(carrier).unwrap();
        let base = account["base_url"].as_str().unwrap().to_owned();
        let (host, path) =
            base.strip_prefix("http://").unwrap().split_once('/').unwrap_or((&base["http://".len()..], ""));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let here = listener.local_addr().unwrap().to_string();
        account["base_url"] = json!(format!("http://{here}/{path}").trim_end_matches('/'));
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (log, change, host): (_, Arc<Change>, _) = (Arc::clone(&asked), Arc::new(change), host.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, change, host) = (Arc::clone(&log), Arc::clone(&change), host.clone());
                std::thread::spawn(move || while relayed(&stream, &host, &log, &*change).is_some() {});
            }
        });
        let mut config = json!({"accounts": [account], "timeout_ms": 30_000, "max_attempts": 2});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Self { client: Client::open(&config.to_string()).unwrap(), asked }
    }

    fn ask(&self, method: &str, request: Value) -> Result<Value, Error> {
        common::checked(&self.client, method, request)
    }

    fn count(&self, line: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == line).count()
    }
}

fn message(reader: &mut impl BufRead) -> Option<(Vec<String>, Vec<u8>)> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        (reader.read_line(&mut line).ok()? > 0).then_some(())?;
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let length = head.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

fn relayed(mut stream: &TcpStream, host: &str, log: &Mutex<Vec<String>>, change: &Change) -> Option<()> {
    let (asked, content) = message(&mut BufReader::new(stream))?;
    let mut carrier = TcpStream::connect(host).unwrap();
    carrier.write_all(&[asked.join("\r\n").as_bytes(), b"\r\n\r\n", &content].concat()).unwrap();
    let (mut head, body) = message(&mut BufReader::new(carrier))?;
    let status = head.remove(0).split(' ').nth(1)?.parse().ok()?;
    head.retain(|line| {
        !line.to_lowercase().starts_with("content-length") && !line.to_lowercase().starts_with("connection")
    });
    let line: Vec<&str> = asked[0].split([' ', '?']).take(2).collect();
    let exchange = Exchange { line: line.join(" "), asked: asked.join("\n"), status, head, body };
    log.lock().unwrap().push(exchange.line.clone());
    let reply = change(&exchange);
    stream.write_all(&reply).ok()?;
    (!reply.is_empty()).then_some(())
}

/// Every method of a carrier, once, with the values that must be right in its reply.
fn everything_works(carrier: &str, case: &str, relay: &Relay) {
    let did = |method: &str, request: Value| {
        relay.ask(method, request).unwrap_or_else(|error| panic!("{carrier} {case} {method}: {}", error.to_value()))
    };
    let made = did("create", anywhere());
    let id = made["id"].as_str().unwrap_or_else(|| panic!("{carrier} {case}: {made}")).to_owned();
    let tracked = did("track", json!({"id": id}));
    assert!(tracked["status"].is_string(), "{carrier} {case}: {tracked}");
    if carrier != "apunto" {
        let rates = did("quote", ends())["rates"].clone();
        assert!(rates[0]["total"]["amount"].is_string(), "{carrier} {case}: {rates}");
    }
    if carrier != "almex" {
        let shipments = did("list", json!({}))["shipments"].clone();
        assert_eq!(shipments.as_array().unwrap().len(), 1, "{carrier} {case}: {shipments}");
    }
    if carrier == "fruno" {
        let label = did("document", json!({"id": id, "kind": "label"}));
        assert!(label["documents"][0]["size"].as_u64().unwrap() > 100, "{case}: {label}");
    }
    if carrier == "fruno" || carrier == "apunto" {
        did("cancel", json!({"id": id}));
    }
}

#[test]
fn heads_are_read_as_curl_reads_them() {
    let many: Vec<String> = (0..120).map(|number| format!("Set-Cookie: c{number}=a; path=/")).collect();
    let heads: Vec<Vec<&str>> = vec![
        vec!["Server : Apache"],
        vec!["Bad Name: x"],
        vec!["no colon at all"],
        vec!["X-Folded: a", "  b", "\tc"],
        vec!["<br />", "<b>Warning</b>: Undefined variable $x in /var/www/a.php on line 3<br />"],
        vec!["PHP Warning:  Undefined array key 5 in /var/www/a.php on line 3"],
        vec!["X-Latin: Jos\u{e9}", ": no name", "X-Control: a\u{1}b", "X-Empty:", "X-Quote: \"a"],
        vec!["Content-Type: application/json; charset=\"x\""],
        many.iter().map(String::as_str).collect(),
    ];
    for carrier in CARRIERS {
        let cases = heads.clone();
        for (number, lines) in cases.into_iter().enumerate() {
            let lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
            let relay = Relay::open(carrier, json!({}), move |exchange| {
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                exchange.with(&lines, &exchange.body)
            });
            everything_works(carrier, heads[number][0], &relay);
        }
        // Lines that end with a bare LF, a first line without a reason, and replies that end with the connection.
        let bare = |reply: Vec<u8>| String::from_utf8_lossy(&reply).replace("\r\n", "\n").into_bytes();
        let relay = Relay::open(carrier, json!({}), move |exchange| match exchange.is_json() {
            true => bare(exchange.with(&[], &exchange.body)),
            false => exchange.with(&[], &exchange.body),
        });
        everything_works(carrier, "bare LF", &relay);
        let relay = Relay::open(carrier, json!({}), |exchange| {
            let reply = exchange.with(&["Content-Length:   0000"], b"");
            let length = format!("Content-Length:  {} ", exchange.body.len());
            let head = String::from_utf8_lossy(&reply)
                .replace("Content-Length: 0\r\n", "")
                .replace("Content-Length:   0000", &length);
            [head.replacen(" X\r\n", "\r\n", 1).as_bytes(), &exchange.body].concat()
        });
        everything_works(carrier, "no reason", &relay);
        let relay = Relay::open(carrier, json!({}), |exchange| match exchange.status {
            204 => exchange.with(&[], b""),
            _ => exchange.with(&[&format!("content-length: {}", exchange.body.len())], &exchange.body),
        });
        everything_works(carrier, "the same length twice", &relay);
        let relay = Relay::open(carrier, json!({}), |exchange| {
            let chunked =
                [format!("{:x}\r\n", exchange.body.len()).as_bytes(), &exchange.body, b"\r\n0\r\n\r\n"].concat();
            let chunked = if exchange.body.is_empty() { b"0\r\n\r\n".to_vec() } else { chunked };
            match exchange.status {
                204 => exchange.with(&[], b""),
                _ => {
                    let head = exchange.with(&["Transfer-Encoding: chunked"], b"");
                    let head = String::from_utf8_lossy(&head).replace("Content-Length: 0", "Content-Length: 7");
                    [b"HTTP/1.1 100 Continue\r\n\r\n", head.as_bytes(), &chunked].concat()
                }
            }
        });
        everything_works(carrier, "chunked, with a length, after a 100", &relay);
    }
}

fn coded(how: &str, plain: &[u8]) -> Vec<u8> {
    let level = Compression::default();
    match how {
        "gzip" => {
            let mut to = GzEncoder::new(Vec::new(), level);
            to.write_all(plain).unwrap();
            to.finish().unwrap()
        }
        "zlib" => {
            let mut to = ZlibEncoder::new(Vec::new(), level);
            to.write_all(plain).unwrap();
            to.finish().unwrap()
        }
        "raw" => {
            let mut to = DeflateEncoder::new(Vec::new(), level);
            to.write_all(plain).unwrap();
            to.finish().unwrap()
        }
        _ => plain.to_vec(),
    }
}

#[test]
fn a_coding_that_nobody_asked_for_is_read_all_the_same() {
    let bomb = coded("gzip", &vec![b' '; 33 << 20]);
    for carrier in CARRIERS {
        for (line, layers) in [
            ("Content-Encoding: gzip", &["gzip"][..]),
            ("content-encoding: x-gzip", &["gzip"]),
            ("Content-Encoding: deflate", &["zlib"]),
            ("Content-Encoding: deflate", &["raw"]),
            ("Content-Encoding: deflate, gzip", &["zlib", "gzip"]),
            ("Content-Encoding: gzip", &[]),
            ("Content-Encoding: utf-8", &[]),
            ("X-Odd: 1", &["gzip"]),
        ] {
            let relay = Relay::open(carrier, json!({}), move |exchange| {
                assert!(exchange.asked.to_lowercase().contains("\naccept-encoding: identity"), "{}", exchange.asked);
                let body = layers.iter().fold(exchange.body.clone(), |body, how| coded(how, &body));
                exchange.with(&[line], if exchange.body.is_empty() { b"" } else { &body })
            });
            everything_works(carrier, line, &relay);
        }
        // A bomb, an unknown coding and a truncated one: a create's outcome is unknown.
        for (line, body, words) in [
            ("Content-Encoding: gzip", bomb.clone(), "32 MiB"),
            ("Content-Encoding: br", b"\x0b\x03\x80\xff\xfe".to_vec(), "`br`"),
            ("Content-Encoding: zstd", b"\x28\xb5\x2f\xfd\xfe".to_vec(), "`zstd`"),
            ("Content-Encoding: gzip", coded("gzip", b"{\"uuid\": \"1\", \"id\": 1}")[..24].to_vec(), "gzip"),
        ] {
            let error = made_with(carrier, move |exchange| exchange.with(&[line], &body));
            assert_eq!((error.code, error.outcome), (Code::CarrierResponse, Outcome::Unknown), "{carrier}: {error}");
            assert!(error.message.contains(words), "{carrier}: {error}");
        }
    }
}

/// A create whose reply is changed, and which fails.
fn made_with(carrier: &str, change: impl Fn(&Exchange) -> Vec<u8> + Send + Sync + 'static) -> Error {
    let (_, makes) = MAKES.into_iter().find(|(code, _)| *code == carrier).unwrap();
    let relay = Relay::open(carrier, json!({}), move |exchange| match exchange.line == makes {
        true => change(exchange),
        false => exchange.with(&[], &exchange.body),
    });
    let error = relay.ask("create", anywhere()).unwrap_err();
    assert_eq!(relay.count(makes), 1, "{carrier}: {error}");
    error
}

#[test]
fn one_odd_field_costs_nothing_of_a_reply() {
    for carrier in CARRIERS {
        for odd in [
            &b"\"zz\": NaN,"[..],
            b"\"zz\": \"\\ud83d\",",
            b"\"zz\": \"a\tb\nc\x01\",",
            b"\"zz\": \"Jos\xE9\",",
            b"\"zz\": -Infinity,,",
            b"\"zz\": 012,",
            b"\"zz\": NULL, \"\xF1\": 1,",
        ] {
            let relay = Relay::open(carrier, json!({}), move |exchange| match exchange.body.first() {
                Some(b'{') => exchange.with(&[], &[b"\xEF\xBB\xBF{", odd, &exchange.body[1..]].concat()),
                _ => exchange.with(&[], &exchange.body),
            });
            everything_works(carrier, &String::from_utf8_lossy(odd), &relay);
        }
        // All of it in Latin-1, as its header says.
        let relay = Relay::open(carrier, json!({}), |exchange| match std::str::from_utf8(&exchange.body) {
            Ok(text) if exchange.is_json() && text.chars().all(|c| u32::from(c) < 256) => {
                let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
                let mut exchange =
                    Exchange { head: Vec::new(), line: String::new(), asked: String::new(), ..*exchange.copy() };
                exchange.head = vec!["Content-Type: application/json; charset=ISO-8859-1".to_owned()];
                exchange.with(&[], &latin)
            }
            _ => exchange.with(&[], &exchange.body),
        });
        everything_works(carrier, "Latin-1", &relay);
    }
}

impl Exchange {
    fn copy(&self) -> Box<Self> {
        let Self { line, asked, status, head, body } = self;
        Box::new(Self {
            line: line.clone(),
            asked: asked.clone(),
            status: *status,
            head: head.clone(),
            body: body.clone(),
        })
    }
}

fn plain(status: &str, lines: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{lines}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn what_stands_in_front_of_a_carrier_is_not_its_own_word() {
    let page =
        "<!DOCTYPE html><html><head><title>Attention Required! |\n Cloudflare</title></head><body>Sorry</body></html>";
    let html = "Content-Type: text/html; charset=UTF-8\r\n";
    let redirect = "Location: https://user:pw@new.example:8443/api/x?token=canary#f\r\n";
    for (status, lines, body, code, outcome, words) in [
        ("301 Moved", redirect, "", Code::CarrierResponse, Outcome::None, "`https://new.example:8443/api/x`"),
        ("302 Found", redirect, page, Code::CarrierResponse, Outcome::None, "`base_url`"),
        ("303 See Other", redirect, "", Code::CarrierResponse, Outcome::None, "`base_url`"),
        ("307 Temporary", "Location: /v2/x\r\n", "", Code::CarrierResponse, Outcome::None, "/v2/x`"),
        ("308 Permanent", "", "", Code::CarrierResponse, Outcome::None, "`base_url`"),
        ("407 Proxy", "Proxy-Authenticate: Basic\r\n", page, Code::Network, Outcome::None, "`proxy`"),
        ("403 Forbidden", html, page, Code::Permission, Outcome::None, "`Attention Required! | Cloudflare`"),
        ("406 Not Acceptable", html, page, Code::Validation, Outcome::None, "Cloudflare"),
        ("404 Not Found", html, "<html><body>nginx</body></html>", Code::NotFound, Outcome::None, "`base_url`"),
        ("429 Too Many", html, page, Code::RateLimited, Outcome::None, "Cloudflare"),
        ("503 Unavailable", html, page, Code::CarrierUnavailable, Outcome::Unknown, "Cloudflare"),
        ("200 OK", html, page, Code::CarrierResponse, Outcome::Unknown, "Cloudflare"),
    ] {
        for carrier in CARRIERS {
            let (_, makes) = MAKES.into_iter().find(|(code, _)| *code == carrier).unwrap();
            let reply = plain(status, lines, body);
            let relay = Relay::open(carrier, json!({"max_attempts": 1}), move |exchange| {
                // The methods that read are changed too, once the create has been seen.
                if exchange.line == makes || exchange.asked.contains("/zz") || exchange.line.contains("cancelar") {
                    reply.clone()
                } else {
                    exchange.with(&[], &exchange.body)
                }
            });
            let mut asked = vec![("create", anywhere())];
            asked.push(("track", json!({"id": if carrier == "mensajeros_urbanos" { "task:9" } else { "zz" }})));
            if carrier == "fruno" {
                asked.push(("cancel", json!({"id": "7"})));
            }
            for (method, request) in asked {
                if (carrier, method) == ("mensajeros_urbanos", "track") {
                    continue;
                }
                let error = relay.ask(method, request).unwrap_err();
                let outcome = if method == "create" { outcome } else { Outcome::None };
                let told = format!("{carrier} {method} {status}: {}", error.to_value());
                assert_eq!((error.code, error.outcome), (code, outcome), "{told}");
                assert!(error.message.contains(words), "{told}");
                assert!(!told.contains("canary") && !told.contains("user:pw"), "{told}");
                assert_eq!(error.http_status, Some(status[..3].parse().unwrap()), "{told}");
                if status.starts_with('3') || status.starts_with("407") {
                    assert!(!error.retryable, "{told}");
                }
            }
            // Fruno says so of a saved address that is gone, too, and is asked once more with a new one.
            let most = if carrier == "fruno" && code == Code::NotFound { 2 } else { 1 };
            assert!(relay.count(makes) <= most, "{carrier} {status}");
        }
    }
}

#[test]
fn a_label_that_is_redirected_says_where_to() {
    let relay = Relay::open("fruno", json!({}), |exchange| match exchange.asked.contains("application/pdf") {
        true => plain("302 Found", "Location: https://new.example/x\r\n", ""),
        false => exchange.with(&[], &exchange.body),
    });
    let id = relay.ask("create", anywhere()).unwrap()["id"].clone();
    let error = relay.ask("document", json!({"id": id, "kind": "label", "timeout_ms": 1500})).unwrap_err();
    assert_eq!(error.code, Code::CarrierResponse, "{error}");
    assert!(error.message.contains("`https://new.example/x`"), "{error}");
}

#[test]
fn a_wait_that_the_body_asks_for_is_kept_for_every_carrier() {
    for carrier in CARRIERS {
        for (status, lines, body, asked) in [
            (429, "", json!({"retry_after": 120}), 120_000),
            (429, "", json!({"error": {"message": "x", "retryAfter": "120"}}), 120_000),
            (429, "Retry-After: 60\r\n", json!({"retry_after_ms": 120_000}), 120_000),
            (429, "Retry-After: 120\r\n", json!({"retry_after": 1}), 120_000),
            (503, "", json!({"details": {"retry_after": 120.0}}), 120_000),
        ] {
            let reply = plain(&format!("{status} X"), lines, &body.to_string());
            let error = made_with(carrier, move |_| reply.clone());
            assert_eq!(error.retry_after_ms, Some(asked), "{carrier} {body}: {error}");
            let outcome = if status == 429 { Outcome::None } else { Outcome::Unknown };
            assert_eq!(error.outcome, outcome, "{carrier} {body}: {error}");
        }
    }
}

#[test]
fn an_error_stays_small_and_clean_whatever_the_carrier_says() {
    let long = "ñ\u{1f600}".repeat(1_000);
    for carrier in CARRIERS {
        let sandbox = Sandbox::start().unwrap();
        let account = sandbox.account(carrier).unwrap();
        let secrets: Vec<String> = ["key", "client_secret", "password", "token", "subscription_key"]
            .iter()
            .filter_map(|name| account[name].as_str().map(str::to_owned))
            .filter(|secret| secret.len() >= 4)
            .collect();
        assert!(!secrets.is_empty(), "{carrier}");
        for secret in secrets {
            for body in [
                json!({"message": long, "title": long, "error": long, "incidente": long, "traceId": long, "success": false,
                    "datos-inválidos": (0..500).map(|_| json!({"nombre": long, "error": long})).collect::<Vec<_>>(),
                    "errors": {"a": [long]}, "details": {"b": [long]}, "status": "error", "status_code": 400}).to_string(),
                json!({"message": format!("bad {secret}"), "title": secret, "fields": {secret.clone(): {secret.clone(): 1}},
                    "echo": json!({secret.clone(): secret}).to_string(), "errors": {secret.clone(): [secret]}}).to_string(),
                format!("<pre>{secret} {}{secret}</pre>", long.repeat(20)),
            ] {
                let reply = plain("400 X", "", &body);
                let error = made_with(carrier, move |_| reply.clone());
                let shown = error.to_value();
                assert!(!format!("{shown} {error:?} {error}").contains(&secret), "{carrier}: {shown}");
                let raw = &shown["raw"];
                let size = raw.as_str().map_or_else(|| raw.to_string().len(), str::len);
                assert!(size <= 16 * 1024, "{carrier}: {size}");
                assert!(error.fields.len() <= 100, "{carrier}: {}", error.fields.len());
                let mut rest = shown.clone();
                rest["raw"] = Value::Null;
                for text in texts(&rest) {
                    assert!(text.chars().count() <= 1_000, "{carrier}: {text}");
                }
                assert_eq!(error.message, shown["message"].as_str().unwrap(), "what Rust sees is as small");
            }
        }
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| [vec![name.as_str()], texts(value)].concat()).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn a_change_by_call_that_loses_its_reply_may_have_been_done() {
    for (carrier, operation, params) in [
        ("apunto", "operations.delete", json!({"id": 7})),
        ("apunto", "operations.update", json!({"id": 7, "operation": {"status": "active"}})),
        ("apunto", "contacts.update", json!({"id": 7, "contact": {"name": "x"}})),
        ("fruno", "addresses.delete", json!({"id": "7"})),
        ("fruno", "parcels.cancel", json!({"guía": "7"})),
    ] {
        for (lost, attempts) in
            [(b"".to_vec(), 2), (plain("503 X", "", "{}"), 2), (plain("502 X", "", "<html></html>"), 2)]
        {
            let relay = Relay::open(carrier, json!({}), move |exchange| match exchange.line.starts_with("GET") {
                true => exchange.with(&[], &exchange.body),
                false => lost.clone(),
            });
            let request = json!({"operation": operation, "params": params});
            let error = relay.ask("call", request).unwrap_err();
            assert_eq!(
                (error.outcome, error.attempts),
                (Outcome::Unknown, attempts),
                "{operation}: {}",
                error.to_value()
            );
        }
        // A refused request did nothing, and neither did one that was never sent.
        let relay = Relay::open(carrier, json!({}), |_| plain("422 X", "", "{}"));
        let error = relay.ask("call", json!({"operation": operation, "params": params})).unwrap_err();
        assert_eq!(error.outcome, Outcome::None, "{operation}: {}", error.to_value());
    }
    // An operation that only reads changes nothing, whatever its HTTP method.
    for (carrier, operation, params) in
        [("apunto", "operations.list", json!({})), ("mensajeros_urbanos", "tasks.get", json!({"task_id": 1}))]
    {
        let relay = Relay::open(carrier, json!({}), |exchange| match exchange.line.contains("oauth") {
            true => exchange.with(&[], &exchange.body),
            false => Vec::new(),
        });
        let error = relay.ask("call", json!({"operation": operation, "params": params})).unwrap_err();
        assert_eq!((error.code, error.outcome), (Code::Network, Outcome::None), "{operation}: {}", error.to_value());
    }
}

/// A carrier that closes connections that are idle for a few milliseconds, without announcing it.
fn closes_silently(idle: Duration) -> (String, Arc<Mutex<u32>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections: Arc<Mutex<u32>> = Arc::default();
    let counted = Arc::clone(&connections);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            *counted.lock().unwrap() += 1;
            std::thread::spawn(move || {
                while let Some((head, _)) = message(&mut BufReader::new(&stream)) {
                    let body = r#"{"status": "ok", "status_code": 200, "access_token": "t", "data": {"uuid": "ab12", "status": 1}}"#;
                    let body =
                        if head[0].contains("operations") { r#"{"operations": [], "pagination": {}}"# } else { body };
                    (&stream).write_all(&plain("200 OK", "", body)).unwrap();
                    stream.set_read_timeout(Some(idle)).unwrap();
                }
            });
        }
    });
    (url, connections)
}

#[test]
fn a_create_does_not_go_out_on_a_connection_that_may_be_about_to_be_closed() {
    let idle = Duration::from_millis(5);
    let (url, connections) = closes_silently(idle);
    let account = json!({"carrier": "mensajeros_urbanos", "client_id": "a", "client_secret": "secret", "user_id": 1, "city": 1, "base_url": url});
    let client = Client::open(&json!({"accounts": [account], "timeout_ms": 5000}).to_string()).unwrap();
    let mut lost = Vec::new();
    for number in 0..200 {
        if let Err(error) = client.call("create", anywhere()) {
            lost.push(error.to_string());
        }
        // Around the moment at which the carrier closes.
        std::thread::sleep(idle.mul_f64(0.9) + Duration::from_micros(number * 5));
    }
    assert_eq!(lost, [""; 0]);
    assert!(*connections.lock().unwrap() >= 200);
}

#[test]
fn what_reads_keeps_its_connection() {
    let (url, connections) = closes_silently(Duration::from_secs(5));
    let account = json!({"carrier": "apunto", "token": "a-token", "base_url": url});
    let client = Client::open(&json!({"accounts": [account]}).to_string()).unwrap();
    for _ in 0..20 {
        client.call("call", json!({"operation": "operations.list"})).unwrap();
    }
    // Other tests share this process's runtime: a call may begin before the last one's connection is back.
    let connections = *connections.lock().unwrap();
    assert!(connections <= 5, "{connections} connections for 20 reads");
}

#[test]
fn a_proxy_that_refuses_is_named_and_nothing_was_made() {
    for scheme in ["http", "https"] {
        for status in ["407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway"] {
            if scheme == "http" && !status.starts_with("407") {
                continue;
            }
            for (carrier, more) in [
                ("fruno", json!({"account": "a", "key": "canary-key"})),
                ("apunto", json!({"token": "canary-token"})),
                ("mensajeros_urbanos", json!({"client_id": "a", "client_secret": "canary-secret", "user_id": 1})),
            ] {
                let mut account = json!({"carrier": carrier, "base_url": format!("{scheme}://carrier.invalid"), "allow_insecure_http": true});
                account.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                let refusal = plain(status, "Content-Type: text/html\r\n", "<html><title>Squid</title></html>");
                let proxy = Scripted::start(move |_| refusal.clone()).url.replace("://", "://user:canary-pass@");
                let config = json!({"accounts": [account], "proxy": proxy, "max_attempts": 1, "timeout_ms": 4000});
                let client = common::open(config);
                let error = client.call("create", anywhere()).unwrap_err();
                let told = format!("{scheme} {status} {carrier}: {}", error.to_value());
                assert_eq!((error.code, error.outcome), (Code::Network, Outcome::None), "{told}");
                assert!(error.message.contains("`proxy`") && !told.contains("canary"), "{told}");
            }
        }
    }
}
