//! Files at URLs, fetched for an Apunto account: its own host needs the token, and its storage must not get it.

use super::*;
use crate::config::Config;
use crate::json::json;
use crate::methods::Inner;
use crate::model::Code;
use crate::net::Call;
use crate::net::process::Process;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A host that answers every request alike, and keeps the heads.
struct Host {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Host {
    fn start(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&heads);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let lines = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
                let head = lines.collect::<Vec<_>>().join("\n").to_lowercase();
                let reply = answer(&head);
                kept.lock().unwrap().push(head);
                // The client may be gone.
                let _ = stream.write_all(format!("{reply}\r\nconnection: close\r\n\r\nhola").as_bytes());
            }
        });
        Self { url, heads }
    }

    /// For each request, whether it had credentials.
    fn signed(&self) -> Vec<bool> {
        self.heads.lock().unwrap().iter().map(|head| head.contains("authorization")).collect()
    }
}

const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ncontent-length: 4";

fn redirect(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nlocation: {to}\r\ncontent-length: 4")
}

/// What comes of a URL, for an account whose carrier is at `base`.
fn fetch(base: &str, url: &str, size: Option<usize>) -> Result<Document, Error> {
    let account = json!({"carrier": "apunto", "base_url": format!("{base}/api/v1"), "token": "hunter2-hunter2"});
    let config = json!({"accounts": [account], "state": "memory", "max_attempts": 2}).to_string();
    let client = Inner { config: Config::parse(&config).unwrap(), interrupts: AtomicU64::new(0) };
    let call = Call::new(Duration::from_secs(5));
    let fetched = Process::current().on_lane(|lane| {
        let context = Context { client: &client, lane, call: &call };
        let account = &context.client.config.accounts[0];
        let session = context.session(account, &call);
        let document = Document { size, ..documents::at_url("other", url.to_owned()) };
        lane.runtime.block_on(documents::fetched(&session, &document, url))
    });
    fetched.unwrap()
}

#[test]
fn a_token_goes_to_the_carriers_host_alone() {
    for status in [301, 302, 303, 307, 308] {
        let storage = Host::start(|_| GOOD.to_owned());
        let to = format!("{}/bucket/x?signature=1", storage.url);
        let carrier = Host::start(move |_| redirect(status, &to));
        let document = fetch(&carrier.url, &format!("{}/rails/blob", carrier.url), Some(4)).unwrap();
        assert_eq!(
            (document.base64.as_deref(), document.content_type.as_deref()),
            (Some("aG9sYQ=="), Some("text/csv"))
        );
        assert_eq!((carrier.signed(), storage.signed()), (vec![true], vec![false]), "{status}");
    }
    // Straight from another host, and from the carrier's own after a redirect to a path.
    let (carrier, storage) = (Host::start(|_| GOOD.to_owned()), Host::start(|_| GOOD.to_owned()));
    fetch(&carrier.url, &format!("{}/x", storage.url), Some(4)).unwrap();
    assert_eq!((carrier.signed(), storage.signed()), (vec![], vec![false]));
    let moves = |head: &str| if head.starts_with("get /disk") { GOOD.to_owned() } else { redirect(302, "/disk") };
    let carrier = Host::start(moves);
    fetch(&carrier.url, &format!("{}/x", carrier.url), Some(4)).unwrap();
    assert_eq!(carrier.signed(), [true, true]);
}

#[test]
fn what_is_no_file_of_this_size_is_an_error() {
    let twice = Host::start(|_| redirect(302, "/again"));
    let nowhere = Host::start(|_| redirect(302, "").replace("location: \r\n", ""));
    let local = Host::start(|_| redirect(302, "file:///etc/passwd"));
    let status = |line: &'static str| Host::start(move |_| format!("HTTP/1.1 {line}\r\ncontent-length: 4"));
    for (host, size, code, words) in [
        (twice, Some(4), Code::CarrierResponse, "redirects more than once"),
        (nowhere, Some(4), Code::CarrierResponse, "without saying where to"),
        (local, Some(4), Code::CarrierResponse, "without saying where to"),
        (status("401 X"), Some(4), Code::Authentication, "the status is 401"),
        (status("403 X"), Some(4), Code::Permission, "the status is 403"),
        (status("404 X"), Some(4), Code::NotFound, "the status is 404"),
        (status("503 X"), Some(4), Code::CarrierUnavailable, "the status is 503"),
        (status("200 X"), Some(5), Code::CarrierResponse, "4 bytes came of 5"),
        (Host::start(|_| GOOD.to_owned()), None, Code::CarrierResponse, "is text/csv, not a file"),
    ] {
        let error = fetch(&host.url, &format!("{}/x?signature=hunter3", host.url), size).unwrap_err();
        assert_eq!(error.code, code, "{words}: {error}");
        assert!(error.message.contains(words), "{error}");
        assert!(!error.message.contains("hunter"), "{error}");
        let tries = if code == Code::CarrierUnavailable || words.contains("once") { 2 } else { 1 };
        assert_eq!(host.signed(), vec![true; tries], "{words}");
    }
}
