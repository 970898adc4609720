//! One request, one reply. Says of every failure whether any of the request may have reached the carrier.

use super::tls;
use crate::config::NetConfig;
use crate::model::{Code, Error};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// A reply bigger than this is not read: no carrier's document has one of even 1 MiB.
pub(crate) const REPLY_LIMIT: usize = 32 * 1024 * 1024;

pub(crate) use reqwest::Method;

/// What may stand in a URL as it is; everything else is percent-encoded.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Percent-encode a part of a path or query.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// A request, ready to be signed and sent.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) method: Method,
    pub(crate) url: reqwest::Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    /// How long the reply's first line is waited for, where less than until the deadline.
    pub(crate) patience: Option<Duration>,
}

impl Draft {
    /// Set a header; a value that HTTP can't carry is the caller's to hear of.
    pub(crate) fn header(&mut self, name: &'static str, value: &str) -> Result<(), Error> {
        let value = HeaderValue::from_str(value).map_err(|_| {
            Error::config(
                "accounts",
                format!("a value that goes in the header {name} has characters that HTTP can't carry"),
            )
        })?;
        self.headers.insert(HeaderName::from_static(name), value);
        Ok(())
    }
}

/// A reply, whole.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A request without a whole reply.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) message: String,
    /// False only where provably not a byte of it was written.
    pub(crate) sent: bool,
    /// The status, where at least that much came.
    pub(crate) status: Option<u16>,
}

/// A client for these settings: HTTP/1.1 with kept connections, no redirects, no retries of its own.
pub(crate) fn client(net: &NetConfig, secure: bool) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls::config(net, secure)?)
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(net.connect_timeout)
        .pool_max_idle_per_host(64)
        .user_agent(&net.user_agent);
    builder = match &net.proxy {
        // The environment's proxies are not taken: under CGI a client can set HTTP_PROXY with a header.
        None => builder.no_proxy(),
        Some(proxy) => builder.no_proxy().proxy(
            reqwest::Proxy::all(proxy).map_err(|error| Error::config("proxy", format!("can't be used: {error}")))?,
        ),
    };
    builder.build().map_err(|error| Error::internal(format!("the HTTP client could not be made: {error}")))
}

/// Whether a request goes out or is called back. The connection, about to write, and the caller, about to give up,
/// may be on two threads: the first of them decides, so that what was told as unsent is never sent after all.
#[derive(Debug, Default)]
pub(crate) struct Gate(AtomicU8);

const OUT: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Gate {
    /// Before the first byte. False: it was called back.
    fn pass(&self) -> bool {
        self.decide(OUT)
    }

    /// Call the request back. True: not a byte of it was written, nor will be.
    pub(crate) fn withdraw(&self) -> bool {
        self.decide(WITHDRAWN)
    }

    fn decide(&self, wanted: u8) -> bool {
        self.0.compare_exchange(0, wanted, Ordering::AcqRel, Ordering::Acquire).is_ok()
            || self.0.load(Ordering::Acquire) == wanted
    }
}

/// A body that knows whether anyone has asked for it. hyper asks for the body before it flushes the head, and drops
/// the connection without flushing when the body fails, so while nobody has, not a byte of the request is on the wire.
struct Watched {
    content: Option<Bytes>,
    gate: Arc<Gate>,
    /// A process that slept past its deadline must not wake up and send: another may have its key by now.
    deadline: Instant,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let late = self.content.is_some() && Instant::now() >= self.deadline && self.gate.withdraw();
        if late || !self.gate.pass() {
            return Poll::Ready(Some(Err(io::Error::other("the request was called back"))));
        }
        Poll::Ready(self.content.take().map(|content| Ok(Frame::data(content))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.content.as_ref().map_or(0, |content| content.len() as u64))
    }
}

/// Send a request and read its whole reply, by `deadline`. `gate` is passed once any of it may be on the wire.
pub(crate) async fn send(
    client: &reqwest::Client,
    draft: Draft,
    deadline: Instant,
    gate: Arc<Gate>,
) -> Result<Reply, Failure> {
    // An idle connection that the carrier closed is only seen once the runtime gets a turn.
    tokio::task::yield_now().await;
    let mut request = client.request(draft.method, draft.url).headers(draft.headers);
    match draft.body {
        Some(content) if !content.is_empty() => {
            let body = Watched { content: Some(content), gate: Arc::clone(&gate), deadline };
            request = request.body(reqwest::Body::wrap(body));
        }
        // hyper never asks for a body that is nothing: once there is a connection, such a request may be out.
        _ => {
            gate.pass();
        }
    }
    let mut status = None;
    let result = tokio::time::timeout_at(deadline, async {
        let head = request.send();
        let head = match draft.patience {
            Some(patience) => tokio::time::timeout(patience, head).await.map_err(|_| silent())?,
            None => head.await,
        };
        let mut response = head.map_err(|error| describe(&error))?;
        status = Some(response.status().as_u16());
        if response.content_length().is_some_and(|length| length > REPLY_LIMIT as u64) {
            return Err(too_big());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error))? {
            if body.len() + chunk.len() > REPLY_LIMIT {
                return Err(too_big());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: body.into(),
        })
    })
    .await;
    let (code, message, connected) = match result {
        Ok(Ok(reply)) => return Ok(reply),
        Ok(Err(failure)) => failure,
        Err(_) => {
            let what = if status.is_some() { "the reply did not end" } else { "no reply came" };
            (Code::Timeout, format!("{what} in time; allow more with `timeout_ms`, or ask the carrier"), true)
        }
    };
    let sent = !gate.withdraw() && connected;
    if !sent && Instant::now() >= deadline {
        let message = "no time was left to send the request; allow more with `timeout_ms`".to_owned();
        return Err(Failure { code: Code::Timeout, message, sent, status });
    }
    Err(Failure { code, message, sent, status })
}

type Described = (Code, String, bool);

fn too_big() -> Described {
    (Code::CarrierResponse, format!("the reply is bigger than {} MiB and was not read", REPLY_LIMIT >> 20), true)
}

fn silent() -> Described {
    (Code::Timeout, "no reply came in time".to_owned(), true)
}

/// What a failed request means: its code, in words, and whether there was a connection.
fn describe(error: &reqwest::Error) -> Described {
    let mut innermost: &dyn std::error::Error = error;
    let mut tls = None;
    // An `io::Error` gives what it holds by `get_ref` alone: its `source` is already the one after that, and TLS
    // errors come in two of them.
    while let Some(source) = match innermost.downcast_ref::<std::io::Error>() {
        Some(io) => io.get_ref().map(|held| held as &dyn std::error::Error),
        None => innermost.source(),
    } {
        innermost = source;
        if let Some(found) = innermost.downcast_ref::<rustls::Error>() {
            tls = Some(found.to_string());
        }
    }
    let why = innermost.to_string();
    // hyper's own words for a reply that isn't HTTP; its error type is not ours to name without hyper itself.
    let parse = ["invalid http", "invalid chunk", "parse", "head is too large"]
        .iter()
        .any(|words| why.to_lowercase().contains(words));
    if let Some(why) = tls {
        return (Code::Tls, format!("no safe connection: {why}"), !error.is_connect());
    }
    if super::descriptors::caused(innermost) {
        return (Code::Network, super::descriptors::EXHAUSTED.to_owned(), !error.is_connect());
    }
    if error.is_connect() {
        let code = if error.is_timeout() { Code::Timeout } else { Code::Network };
        return (code, format!("no connection to the carrier: {why}"), false);
    }
    if error.is_timeout() {
        return silent();
    }
    if parse {
        return (Code::CarrierResponse, format!("the reply is not HTTP: {why}"), true);
    }
    (Code::Network, format!("the connection broke: {why}"), true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::time::Duration;

    fn net() -> NetConfig {
        NetConfig {
            connect_timeout: Duration::from_secs(1),
            max_attempts: 1,
            max_in_flight: 1,
            proxy: None,
            ca_file: None,
            user_agent: "test".to_owned(),
        }
    }

    /// A POST to a carrier that reads it and goes away.
    fn lost(body: Option<&'static str>) -> Failure {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let carrier = std::thread::spawn(move || listener.accept().unwrap().0.read(&mut [0; 4096]).unwrap());
        let failure = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let draft = Draft {
                method: Method::POST,
                url: url.parse().unwrap(),
                headers: HeaderMap::new(),
                body: body.map(Bytes::from),
                patience: None,
            };
            let deadline = Instant::now() + Duration::from_secs(5);
            send(&client(&net(), false).unwrap(), draft, deadline, Arc::default()).await.unwrap_err()
        });
        assert!(carrier.join().unwrap() > 0, "the carrier had it");
        failure
    }

    #[test]
    fn a_request_that_the_carrier_read_is_sent_whatever_its_body() {
        for body in [Some("content"), Some(""), None] {
            let failure = lost(body);
            assert!(failure.sent, "{body:?}: {failure:?}");
        }
    }
}
