//! A carrier written by hand: it answers what a test tells it to, and keeps every request as it came.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
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
    /// `GET /operations`
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target.split('?').next().unwrap_or_default())
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

/// The carrier. Its thread ends with the test program.
pub struct Scripted {
    pub url: String,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Scripted {
    /// `answer` gives the status and the body of each reply.
    pub fn start(mut answer: impl FnMut(&Got) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let got = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&got);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream);
                let Some(request) = read(&mut reader) else { continue };
                keep.lock().expect("the requests").push(request.clone());
                let (status, body) = answer(&request);
                let length = if status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
                let head = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: application/json; charset=utf-8\r\n{length}Connection: close\r\n\r\n"
                );
                let _ = reader.get_mut().write_all(format!("{head}{body}").as_bytes());
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
    got.body = String::from_utf8(body).ok()?;
    Some(got)
}
