//! Sends one request and reads one reply. Every failure says whether any of the request may have reached the carrier.

use super::coding;
use super::options::NetConfig;
use crate::model::reply::REPLY_LIMIT;
use crate::model::{Code, Error};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use rustls::ClientConfig;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// The most header lines of a reply. hyper's own limit is 100, and cookies alone can be more.
const HEADER_LINES: usize = 256;

pub(crate) use reqwest::Method;

/// A request, ready to be signed and sent.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) method: Method,
    pub(crate) url: reqwest::Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    /// How long to wait for the reply's first line, if less than until the deadline.
    pub(crate) patience: Option<Duration>,
    /// It must not be sent twice, so it uses a new connection. The carrier may be about to close a kept one, and a
    /// request that is lost with it can't be sent again.
    pub(crate) fresh: bool,
}

impl Draft {
    /// Set a header. A value that HTTP can't carry is an error of the request.
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

    /// The charset of the body, if the reply names one.
    pub(crate) fn charset(&self) -> Option<&str> {
        self.header("content-type")?.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
        })
    }

    /// The title of a web page, if the body is one; empty if the page has no title.
    pub(crate) fn page(&self) -> Option<String> {
        let text = crate::json::text(&self.body, self.charset());
        let start = text.trim_start().get(..64).unwrap_or(text.trim_start()).to_ascii_lowercase();
        let said = self.header("content-type").unwrap_or_default().trim_start().to_ascii_lowercase();
        let html = ["<!doctype html", "<html", "<head", "<body", "<!--"].iter().any(|tag| start.starts_with(tag))
            || (said.starts_with("text/html") || said.starts_with("application/xhtml")) && start.starts_with('<');
        html.then(|| title(&text).unwrap_or_default())
    }
}

/// A page's `<title>`, on one line.
fn title(page: &str) -> Option<String> {
    // A page may be big; its title is near the beginning.
    let start: String = page.chars().take(64 * 1024).map(|c| c.to_ascii_lowercase()).collect();
    let (_, rest) = start.split_once("<title")?;
    let from = start.len() - rest.len() + rest.find('>')? + 1;
    let length = start[from..].find("</title")?;
    // The length stays the same: only ASCII letters were changed.
    let words: Vec<&str> = page[from..from + length].split_whitespace().collect();
    Some(words.join(" ").chars().take(80).collect())
}

/// A request without a whole reply.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) message: String,
    /// False only if provably not one byte of it was written.
    pub(crate) sent: bool,
    /// The status, if at least that arrived.
    pub(crate) status: Option<u16>,
    /// The error of reqwest, hyper, rustls or the system that caused it, without the URL.
    pub(crate) source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// Sends requests: HTTP/1.1, no redirects, no retries. Clones share their connections.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// Keeps its connections.
    kept: reqwest::Client,
    /// Makes one for each request.
    fresh: reqwest::Client,
    /// Whether requests go through a proxy.
    proxied: bool,
}

/// A client for these settings.
pub(super) fn client(net: &NetConfig, tls: ClientConfig) -> Result<Client, Error> {
    let built = |kept: usize| {
        let mut builder = reqwest::Client::builder()
            // The clones share TLS sessions, so that a new connection needs no full handshake.
            .tls_backend_preconfigured(tls.clone())
            .http1_only()
            // Heads are read as curl reads them: a malformed line is left out, not the whole reply.
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_max_headers(HEADER_LINES)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .tcp_nodelay(true)
            .connect_timeout(net.connect_timeout)
            .pool_max_idle_per_host(kept)
            .user_agent(&net.user_agent);
        builder = match &net.proxy {
            // The environment's proxies are ignored: under CGI a client can set HTTP_PROXY with a header.
            None => builder.no_proxy(),
            Some(proxy) => builder.no_proxy().proxy(
                reqwest::Proxy::all(proxy)
                    .map_err(|error| Error::config("proxy", format!("can't be used: {error}")).caused_by(error))?,
            ),
        };
        builder
            .build()
            .map_err(|error| Error::internal(format!("the HTTP client could not be made: {error}")).caused_by(error))
    };
    Ok(Client { kept: built(64)?, fresh: built(0)?, proxied: net.proxy.is_some() })
}

/// Decides whether a request is sent or withdrawn. The connection that is about to write and the caller that is about
/// to give up may be on two threads. The first one decides, so that a request reported as unsent is never sent later.
#[derive(Debug, Default)]
pub(crate) struct Gate(AtomicU8);

const OUT: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Gate {
    /// To be called before the first byte. Returns false if the request was withdrawn.
    fn pass(&self) -> bool {
        self.decide(OUT)
    }

    /// Withdraw the request. Returns true if not one byte of it was written, or will be.
    pub(crate) fn withdraw(&self) -> bool {
        self.decide(WITHDRAWN)
    }

    fn decide(&self, wanted: u8) -> bool {
        self.0.compare_exchange(0, wanted, Ordering::AcqRel, Ordering::Acquire).is_ok()
            || self.0.load(Ordering::Acquire) == wanted
    }
}

/// A body that knows whether hyper has asked for it. hyper asks for the body before it flushes the head, and drops the
/// connection without flushing if the body fails. So until it asks, not one byte of the request was written.
struct Watched {
    content: Option<Bytes>,
    gate: Arc<Gate>,
    /// A process that slept past its deadline must not send when it wakes up: another may have its key by now.
    deadline: Instant,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let late = self.content.is_some() && Instant::now() >= self.deadline && self.gate.withdraw();
        if late || !self.gate.pass() {
            return Poll::Ready(Some(Err(io::Error::other("the request was withdrawn"))));
        }
        Poll::Ready(self.content.take().map(|content| Ok(Frame::data(content))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.content.as_ref().map_or(0, |content| content.len() as u64))
    }
}

/// Send a request and read its whole reply, by `deadline`. `gate` is passed before the first byte is written.
pub(crate) async fn send(
    client: &Client,
    mut draft: Draft,
    deadline: Instant,
    gate: Arc<Gate>,
) -> Result<Reply, Failure> {
    // Without this header a server may choose any coding.
    draft.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let connections = if draft.fresh { &client.fresh } else { &client.kept };
    let mut request = connections.request(draft.method, draft.url).headers(draft.headers);
    match draft.body {
        Some(content) if !content.is_empty() => {
            let body = Watched { content: Some(content), gate: Arc::clone(&gate), deadline };
            request = request.body(reqwest::Body::wrap(body));
        }
        // hyper never polls an empty body, so once connected assume that it was sent.
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
        let mut response = head.map_err(|error| describe(error, client.proxied))?;
        status = Some(response.status().as_u16());
        if response.content_length().is_some_and(|length| length > REPLY_LIMIT as u64) {
            return Err(too_big());
        }
        let framed = [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| response.headers().contains_key(name));
        let (mut body, mut unannounced) = (Vec::new(), None);
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > REPLY_LIMIT => return Err(too_big()),
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                // Many servers close a connection without TLS's close_notify.
                Err(error) if !framed && is_end(&error) => {
                    unannounced = Some(describe(error, client.proxied));
                    break;
                }
                Err(error) => return Err(describe(error, client.proxied)),
            }
        }
        let good = response.status().is_success();
        let body = match coding::decode(response.headers(), body, REPLY_LIMIT) {
            Ok(body) => body,
            // The status is enough, without the body.
            Err(_) if !good => Vec::new(),
            Err(why) => return Err(undecoded(&why)),
        };
        match unannounced {
            // Only its content can show that nothing is missing.
            Some(broken) if good && !is_whole(&body) => Err(broken),
            _ => Ok(Reply {
                status: response.status().as_u16(),
                headers: std::mem::take(response.headers_mut()),
                body: body.into(),
            }),
        }
    })
    .await;
    let Described { code, message, connected, source } = match result {
        Ok(Ok(reply)) => return Ok(reply),
        Ok(Err(failure)) => failure,
        Err(_) => {
            let what = if status.is_some() { "the reply did not end" } else { "no reply came" };
            let message = format!("{what} in time; {MORE_TIME}");
            Described::after_connecting(Code::Timeout, message)
        }
    };
    let sent = !gate.withdraw() && connected;
    if !sent && Instant::now() >= deadline {
        let message = "no time was left to send the request; allow more with `timeout_ms`".to_owned();
        return Err(Failure { code: Code::Timeout, message, sent, status, source });
    }
    Err(Failure { code, message, sent, status, source })
}

/// Why a request has no whole reply.
struct Described {
    code: Code,
    message: String,
    /// There was a connection.
    connected: bool,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Described {
    /// A problem that flete itself found after connecting.
    fn after_connecting(code: Code, message: String) -> Self {
        Self { code, message, connected: true, source: None }
    }
}

fn too_big() -> Described {
    let message = format!("the reply is bigger than {} MiB and was not read", REPLY_LIMIT >> 20);
    Described::after_connecting(Code::CarrierResponse, message)
}

fn undecoded(why: &coding::Undecoded) -> Described {
    let message = match why {
        coding::Undecoded::TooBig => return too_big(),
        coding::Undecoded::Unknown(coding) => format!(
            "the reply has the content coding `{coding}`, which flete can't read; ask the carrier to send it without"
        ),
        coding::Undecoded::Damaged(coding) => format!("the reply's {coding} coding is damaged or cut off"),
    };
    Described::after_connecting(Code::CarrierResponse, message)
}

/// Whether the connection was closed without TLS's close_notify.
fn is_end(error: &reqwest::Error) -> bool {
    causes(error)
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::UnexpectedEof)
}

/// Whether a body shows by itself that nothing is missing: a JSON object or list, or a PDF with its last line.
fn is_whole(body: &[u8]) -> bool {
    let tail = &body[body.len().saturating_sub(1024)..];
    crate::json::read(body, None).is_some_and(|json| json.is_object() || json.is_array())
        || body.starts_with(b"%PDF") && tail.windows(5).any(|window| window == b"%%EOF")
}

/// What to do about a late reply.
const MORE_TIME: &str = "allow more with `timeout_ms`, or ask the carrier";

fn no_reply() -> String {
    format!("no reply came in time; {MORE_TIME}")
}

fn silent() -> Described {
    Described::after_connecting(Code::Timeout, no_reply())
}

/// This error and its causes, from the outside in. An `io::Error` returns what it wraps only by `get_ref`: its `source`
/// skips that one, and TLS errors are wrapped twice.
fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|held| held as &(dyn std::error::Error + 'static)),
        None => error.source(),
    })
}

/// Whether a reply isn't valid HTTP: its head, or the chunks of its body. hyper reports the latter as an `io::Error`
/// without a code of the system.
fn is_malformed(error: &(dyn std::error::Error + 'static)) -> bool {
    causes(error).any(|error| {
        error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)
            || error
                .downcast_ref::<io::Error>()
                .filter(|io| io.raw_os_error().is_none())
                .is_some_and(|io| matches!(io.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData))
    })
}

/// Describes a failed request: its code, a message, and whether there was a connection.
fn describe(error: reqwest::Error, proxied: bool) -> Described {
    // The URL is removed: its query may hold a secret.
    let error = error.without_url();
    let innermost = causes(&error).last().unwrap_or(&error);
    let why = innermost.to_string();
    let tls = causes(&error).filter_map(|error| error.downcast_ref::<rustls::Error>()).last();
    let connected = !error.is_connect();
    let (code, message) = if let Some(tls) = tls {
        (Code::Tls, format!("no safe connection: {tls}; check `base_url`, `ca_file` and this machine's clock"))
    } else if super::descriptors::caused(innermost) {
        (Code::Network, super::descriptors::EXHAUSTED.to_owned())
    } else if !connected {
        let code = if error.is_timeout() { Code::Timeout } else { Code::Network };
        let message = if proxied {
            format!("no connection to the carrier through the proxy: {why}; check `proxy`")
        } else {
            format!("no connection to the carrier: {why}; check `base_url` and this machine's network")
        };
        (code, message)
    } else if error.is_timeout() {
        (Code::Timeout, no_reply())
    } else if is_malformed(&error) {
        (Code::CarrierResponse, format!("the reply is not HTTP: {why}; check `base_url`"))
    } else {
        (Code::Network, format!("the connection broke: {why}"))
    };
    Described { code, message, connected, source: Some(Arc::new(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::time::Duration;

    fn plain() -> Client {
        let net = NetConfig::tests();
        client(&net, super::super::tls::config(&net, false).unwrap()).unwrap()
    }

    /// A POST to a carrier that reads it and closes the connection.
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
                fresh: false,
            };
            let deadline = Instant::now() + Duration::from_secs(5);
            send(&plain(), draft, deadline, Arc::default()).await.unwrap_err()
        });
        assert!(carrier.join().unwrap() > 0, "the carrier had it");
        failure
    }

    /// The result of a GET with this reply.
    fn answered(answer: &'static [u8]) -> Failure {
        use std::io::Write;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/path?key=hunter2", listener.local_addr().unwrap());
        let carrier = std::thread::spawn(move || {
            let mut connection = listener.accept().unwrap().0;
            let read = connection.read(&mut [0; 4096]).unwrap();
            connection.write_all(answer).unwrap();
            read
        });
        let draft = Draft {
            method: Method::GET,
            url: url.parse().unwrap(),
            headers: HeaderMap::new(),
            body: None,
            patience: None,
            fresh: true,
        };
        let failure = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let deadline = Instant::now() + Duration::from_secs(5);
            send(&plain(), draft, deadline, Arc::default()).await.unwrap_err()
        });
        assert!(carrier.join().unwrap() > 0);
        failure
    }

    #[test]
    fn a_reply_that_breaks_the_rules_is_told_from_a_connection_that_broke() {
        for (answer, code) in [
            (&b"HTTP/9 200 OK\r\n\r\n"[..], Code::CarrierResponse),
            (b"SSH-2.0-OpenSSH_9\r\n\r\n", Code::CarrierResponse),
            (b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", Code::CarrierResponse),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", Code::CarrierResponse),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcdef\r\n", Code::CarrierResponse),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\na", Code::Network),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n1", Code::Network),
            (b"HTTP/1.1 200", Code::Network),
            (b"", Code::Network),
        ] {
            let failure = answered(answer);
            let answer = String::from_utf8_lossy(answer);
            assert_eq!(failure.code, code, "{answer}: {failure:?}");
            let source = failure.source.expect("reqwest's own error");
            let told: String = causes(&*source).map(|cause| format!("{cause} {cause:?}")).collect();
            assert!(causes(&*source).any(|cause| cause.is::<hyper::Error>() || cause.is::<io::Error>()), "{told}");
            assert!(!told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn a_request_that_the_carrier_read_is_sent_whatever_its_body() {
        for body in [Some("content"), Some(""), None] {
            let failure = lost(body);
            assert!(failure.sent, "{body:?}: {failure:?}");
        }
    }
}
