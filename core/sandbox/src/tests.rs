//! The kernel over real sockets, as a client sees it. The carriers' own behaviour is tested beside them.

use super::Sandbox;
use serde_json::{Value, json};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A reply as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) interim: Vec<u16>,
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|l| l.split_once(": "));
        lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

/// One connection, read by hand so that no HTTP library hides anything.
pub(crate) struct Wire {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Wire {
    pub(crate) fn open(sandbox: &Sandbox) -> Wire {
        let url = sandbox.base_url("fruno").expect("a base URL");
        let stream = TcpStream::connect(&url["http://".len()..]).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        Wire { stream, bytes: Vec::new() }
    }

    pub(crate) fn send(&mut self, text: &str) -> io::Result<Reply> {
        self.stream.write_all(text.as_bytes())?;
        self.reply()
    }

    /// A GET that is refused for its missing time: the shortest request that the simulator processes.
    fn get(&mut self) -> io::Result<Reply> {
        self.send("GET /v1/contratos HTTP/1.1\r\nHost: x\r\n\r\n")
    }

    pub(crate) fn reply(&mut self) -> io::Result<Reply> {
        let mut interim = Vec::new();
        loop {
            let head = self.head()?;
            let status = head[9..12].parse().expect("a status");
            if status < 200 {
                interim.push(status);
                continue;
            }
            let mut reply = Reply { interim, status, head, body: Vec::new() };
            if let Some(length) = reply.header("content-length") {
                let length = length.parse().expect("a length");
                while self.bytes.len() < length {
                    self.more()?;
                }
                reply.body = self.bytes.drain(..length).collect();
            } else if status != 204 {
                while self.more().is_ok() {}
                reply.body = std::mem::take(&mut self.bytes);
            }
            return Ok(reply);
        }
    }

    fn head(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.bytes.windows(4).position(|w| w == b"\r\n\r\n") {
                let head = self.bytes.drain(..end + 4).collect();
                return String::from_utf8(head).map_err(|_| ErrorKind::InvalidData.into());
            }
            self.more()?;
        }
    }

    fn more(&mut self) -> io::Result<()> {
        let mut piece = [0; 4096];
        match self.stream.read(&mut piece)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            n => {
                self.bytes.extend_from_slice(&piece[..n]);
                Ok(())
            }
        }
    }
}

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

fn arm(sandbox: &Sandbox, fault: Value) {
    let answer = sandbox.control("fruno", "POST", "/_sandbox/faults", &fault);
    assert_eq!(answer["armed"], 1, "{answer}");
}

fn requests(sandbox: &Sandbox) -> Value {
    sandbox.control("fruno", "GET", "requests", &Value::Null)
}

#[test]
fn one_connection_carries_many_requests_and_all_are_counted() {
    let sandbox = sandbox();
    let mut wire = Wire::open(&sandbox);
    for _ in 0..3 {
        let reply = wire.get().expect("a reply");
        assert_eq!(reply.status, 400);
        assert!(reply.header("date").is_some_and(|d| d.ends_with(" GMT")));
    }
    let close = "GET /v1/nada HTTP/1.1\r\nConnection: close\r\n\r\n";
    assert_eq!(wire.send(close).expect("a reply").status, 400);
    assert!(wire.get().is_err(), "closed as asked");
    let report = requests(&sandbox);
    assert_eq!(report["total"], 4);
    assert_eq!(report["connections"], 1);
    assert_eq!(report["operations"]["GET /v1/contratos"], 3);
    assert_eq!(report["operations"]["other"], 1);
    assert_eq!(report["recent"][3]["status"], 400);
}

#[test]
fn bodies_come_whole_in_chunks_or_after_100_continue() {
    let sandbox = sandbox();
    let mut wire = Wire::open(&sandbox);
    let chunks = "POST /v1/direcciones HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n3\r\na\":\r\n2\r\n1}\r\n0\r\n\r\n";
    wire.send(chunks).expect("a reply");
    let asking = "POST /v1/direcciones HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    wire.stream.write_all(asking.as_bytes()).expect("written");
    assert!(wire.head().expect("a line").starts_with("HTTP/1.1 100"));
    assert_eq!(wire.send("{}").expect("a reply").status, 400);
    let recent = requests(&sandbox)["recent"].clone();
    assert_eq!(recent[0]["body"], "{\"a\":1}");
    assert_eq!(recent[1]["body"], "{}");
}

#[test]
fn of_a_large_body_the_beginning_is_remembered_and_its_length() {
    let sandbox = sandbox();
    let body = "x".repeat(17 * 1024 * 1024);
    let text = format!("POST /v1/direcciones HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    Wire::open(&sandbox).send(&text).expect("a reply");
    let recent = requests(&sandbox)["recent"][0].clone();
    assert_eq!(recent["body_length"], body.len());
    assert_eq!(recent["body"].as_str().map(str::len), Some(64 * 1024));
}

#[test]
fn the_control_interface_is_the_same_over_http_and_is_not_counted() {
    let sandbox = sandbox();
    let mut wire = Wire::open(&sandbox);
    let body = json!({"skew_ms": 3_600_000}).to_string();
    let text = format!("POST /_sandbox/clock HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert_eq!(wire.send(&text).expect("a reply").status, 200);
    let date = wire.get().expect("a reply").header("date").map(str::to_owned);
    let printer = jiff::fmt::rfc2822::DateTimeParser::new();
    let date = printer.parse_timestamp(date.expect("a date")).expect("a date");
    let ahead = date.duration_since(jiff::Timestamp::now()).as_secs();
    assert!((3590..=3600).contains(&ahead), "{ahead}");
    let reply = wire.send("GET /_sandbox/requests HTTP/1.1\r\n\r\n").expect("a reply");
    assert_eq!(reply.json()["total"], 1);
    let reply = wire.send("GET /_sandbox/nada HTTP/1.1\r\n\r\n").expect("a reply");
    assert_eq!(reply.status, 404);
    let answer = sandbox.control("fruno", "POST", "settings", &json!({"latency": 1}));
    assert!(answer["error"].is_string());
    let carrier = sandbox.carrier("fruno").expect("fruno");
    let port = carrier.server.port();
    let elsewhere = |method, path, body| super::control_over_http(port, method, path, &body);
    let set = elsewhere("POST", "clock", json!({"skew_ms": 0})).expect("as a forked child asks");
    assert!(set["now"].is_string());
    let report = elsewhere("GET", "/_sandbox/requests", Value::Null).expect("a report");
    assert_eq!(report["total"], 1);
    sandbox.control("fruno", "POST", "reset", &Value::Null);
    assert_eq!(requests(&sandbox)["total"], 0);
}

#[test]
fn a_fault_before_processing_leaves_no_trace_and_one_after_does() {
    let sandbox = sandbox();
    for (fault, processed) in [("refuse", 0), ("reset_before", 0), ("reset_after", 1)] {
        sandbox.control("fruno", "POST", "reset", &Value::Null);
        arm(&sandbox, json!({"fault": fault}));
        let error = Wire::open(&sandbox).get().expect_err("no reply").kind();
        let expected = if processed == 0 { ErrorKind::ConnectionReset } else { ErrorKind::UnexpectedEof };
        assert_eq!(error, expected, "{fault}");
        assert_eq!(requests(&sandbox)["processed"], processed, "{fault}");
        assert_eq!(requests(&sandbox)["recent"][0]["fault"], fault);
        assert_eq!(Wire::open(&sandbox).get().expect("spent").status, 400);
    }
}

#[test]
fn a_closed_listener_refuses_and_opens_again_on_its_port() {
    let sandbox = sandbox();
    let mut idle = Wire::open(&sandbox);
    idle.get().expect("a reply");
    arm(&sandbox, json!({"fault": "refuse", "ms": 300}));
    let url = sandbox.base_url("fruno").expect("a URL");
    let address = &url["http://".len()..];
    let refused = TcpStream::connect(address).expect_err("closed").kind();
    assert_eq!(refused, ErrorKind::ConnectionRefused);
    assert!(idle.get().is_err(), "idle connections go with it");
    let end = Instant::now() + Duration::from_secs(5);
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < end, "never opened again");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(Wire::open(&sandbox).get().expect("a reply").status, 400);
}

#[test]
fn replies_can_be_cut_stalled_lied_about_and_replaced() {
    let sandbox = sandbox();
    let whole = Wire::open(&sandbox).get().expect("a reply").body.len();

    arm(&sandbox, json!({"fault": "cut", "at": 20}));
    let mut wire = Wire::open(&sandbox);
    assert_eq!(wire.get().expect_err("cut").kind(), ErrorKind::UnexpectedEof);
    assert_eq!(wire.bytes.len(), 20);

    arm(&sandbox, json!({"fault": "wrong_length", "delta": 5}));
    let mut wire = Wire::open(&sandbox);
    assert!(wire.get().is_err());
    assert_eq!(wire.bytes.len(), whole);

    arm(&sandbox, json!({"fault": "truncated_json"}));
    assert_eq!(Wire::open(&sandbox).get().expect("a reply").body.len(), whole / 2);

    for slow in ["slow", "slow_after", "stall"] {
        arm(&sandbox, json!({"fault": slow, "ms": 150}));
        let start = Instant::now();
        assert_eq!(Wire::open(&sandbox).get().expect("a reply").status, 400);
        assert!(start.elapsed() >= Duration::from_millis(150), "{slow}");
    }

    arm(&sandbox, json!({"fault": "interim", "status": 103, "count": 2}));
    let reply = Wire::open(&sandbox).get().expect("a reply");
    assert_eq!((reply.interim, reply.status), (vec![103, 103], 400));

    arm(&sandbox, json!({"fault": "redirect", "status": 307, "location": "http://evil.example/"}));
    let reply = Wire::open(&sandbox).get().expect("a reply");
    assert_eq!((reply.status, reply.header("location")), (307, Some("http://evil.example/")));

    arm(&sandbox, json!({"fault": "status", "status": 503, "body": {"m": 1}, "headers": {"Retry-After": 2}}));
    let reply = Wire::open(&sandbox).get().expect("a reply");
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("2")));
    assert_eq!(reply.json()["m"], 1);

    arm(&sandbox, json!({"fault": "huge", "bytes": 1_000_000}));
    assert_eq!(Wire::open(&sandbox).get().expect("a reply").body.len(), 1_000_000);

    arm(&sandbox, json!({"fault": "garbage"}));
    let mut wire = Wire::open(&sandbox);
    assert!(wire.get().is_err());
    assert_eq!(wire.bytes.first(), Some(&0));

    arm(&sandbox, json!({"fault": "chunked", "size": 10}));
    let reply = Wire::open(&sandbox).send("GET /v1/contratos HTTP/1.1\r\nConnection: close\r\n\r\n");
    let reply = reply.expect("a reply");
    assert_eq!(reply.header("transfer-encoding"), Some("chunked"));
    assert!(reply.body.starts_with(b"a\r\n") && reply.body.ends_with(b"\r\n0\r\n\r\n"));
}

#[test]
fn an_idle_connection_is_closed_when_it_is_told_to_be() {
    let sandbox = sandbox();
    sandbox.control("fruno", "POST", "settings", &json!({"idle_ms": 50}));
    let mut wire = Wire::open(&sandbox);
    wire.get().expect("a reply");
    std::thread::sleep(Duration::from_millis(200));
    assert!(wire.get().is_err());
}

#[test]
fn a_hundred_connections_at_once_and_a_thousand_in_turn() {
    let sandbox = sandbox();
    let mut wires: Vec<Wire> = (0..100).map(|_| Wire::open(&sandbox)).collect();
    for wire in &mut wires {
        assert_eq!(wire.get().expect("a reply").status, 400);
    }
    drop(wires);
    for _ in 0..1000 {
        assert_eq!(Wire::open(&sandbox).get().expect("a reply").status, 400);
    }
    assert_eq!(requests(&sandbox)["total"], 1100);
}

#[test]
fn dropping_the_sandbox_frees_its_ports() {
    let sandbox = sandbox();
    let url = sandbox.base_url("fruno").expect("a URL");
    let port = url.rsplit(':').next().and_then(|p| p.parse().ok()).expect("a port");
    let mut wire = Wire::open(&sandbox);
    wire.get().expect("a reply");
    drop(sandbox);
    assert!(wire.get().is_err(), "open connections end with it");
    let again = Sandbox::start_on(&[("fruno", port)]).expect("the same port");
    assert_eq!(again.base_url("fruno"), Some(url));
    assert!(Sandbox::start_on(&[("frunos", 0)]).is_err());
}

#[test]
fn the_configuration_has_every_carrier_with_its_credentials() {
    let shared = Sandbox::shared().expect("a sandbox");
    let config = shared.config();
    let accounts = config["accounts"].as_array().expect("accounts");
    assert_eq!(accounts.len(), Sandbox::carriers().count());
    assert_eq!(accounts[0]["carrier"], "fruno");
    assert_eq!(accounts[0]["key"], "sandbox-llave");
    let again = Sandbox::shared().expect("the same");
    assert_eq!(again.base_url("fruno"), shared.base_url("fruno"));
}
