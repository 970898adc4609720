//! A carrier written by hand: it answers what a test tells it to, and keeps every request as it came.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request as it came over the wire.
#[derive(Clone, Debug, Default)]
pub struct Got {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Got {
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// `GET /operations`
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn query(&self, name: &str) -> Option<String> {
        let url = reqwest::Url::parse(&format!("http://x{}", self.target)).expect("a target");
        url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// What goes back for a request.
pub trait Answer {
    /// The reply with its head. An empty one closes the connection, and so does one that announces it.
    fn bytes(self) -> Vec<u8>;
}

impl Answer for Vec<u8> {
    fn bytes(self) -> Vec<u8> {
        self
    }
}

impl Answer for (u16, String) {
    fn bytes(self) -> Vec<u8> {
        reply(self.0, "application/json; charset=utf-8", self.1)
    }
}

impl Answer for (u16, Value) {
    fn bytes(self) -> Vec<u8> {
        (self.0, self.1.to_string()).bytes()
    }
}

impl<A: Answer> Answer for Option<A> {
    fn bytes(self) -> Vec<u8> {
        self.map_or_else(Vec::new, A::bytes)
    }
}

/// A whole reply.
pub fn reply(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    // A 204 has no length (RFC 9110, 8.6).
    let length = if status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\n{length}\r\n");
    [head.as_bytes(), body].concat()
}

/// The carrier. Its threads end with the test program.
pub struct Scripted {
    pub url: String,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Scripted {
    /// `answer` is asked for each request; requests of several connections come at the same time.
    pub fn start<A: Answer>(answer: impl Fn(&Got) -> A + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let got = Arc::default();
        let (kept, answer) = (Arc::clone(&got), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                std::thread::spawn(move || while exchange(&stream, &kept, &*answer).is_some() {});
            }
        });
        Self { url, got }
    }

    /// Every request so far.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().expect("the requests").clone()
    }

    /// The last request.
    pub fn last(&self) -> Got {
        self.got().pop().expect("a request")
    }

    /// How often this method and path were asked for.
    pub fn count(&self, line: &str) -> usize {
        self.got().iter().filter(|request| request.line() == line).count()
    }
}

/// One request and its reply. `None`: the connection is at its end.
fn exchange<A: Answer>(mut stream: &TcpStream, kept: &Mutex<Vec<Got>>, answer: &dyn Fn(&Got) -> A) -> Option<()> {
    // flete sends no second request before the reply to its first, so nothing is left in the buffer.
    let got = read(&mut BufReader::new(stream))?;
    kept.lock().expect("the requests").push(got.clone());
    let reply = answer(&got).bytes();
    // The client may be gone.
    stream.write_all(&reply).ok()?;
    let last = reply.is_empty() || reply.windows(17).any(|words| words.eq_ignore_ascii_case(b"connection: close"));
    (!last).then_some(())
}

fn read(reader: &mut impl BufRead) -> Option<Got> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let mut got = Got { method: words.next()?.to_owned(), target: words.next()?.to_owned(), ..Got::default() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        got.headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = got.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    got.body = String::from_utf8_lossy(&body).into_owned();
    Some(got)
}
