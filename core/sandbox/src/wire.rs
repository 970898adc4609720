//! Parses HTTP/1.1 bytes into a request, and writes a reply's head as bytes. `server` and `respond` have the sockets.

use super::http::{Request, Response, pairs, percent_decode};
use jiff::{Timestamp, fmt::rfc2822};

/// Bigger heads and bodies are refused, as by any server in front of a carrier. A carrier's own limit of 25 MB for a
/// file is smaller.
pub(crate) const HEAD_LIMIT: usize = 64 * 1024;
pub(crate) const BODY_LIMIT: usize = 32 * 1024 * 1024;
const HEADER_COUNT: usize = 256;

/// How the end of a request's body is known.
#[derive(Debug, PartialEq)]
pub(crate) enum Framing {
    Length(usize),
    Chunked,
}

/// A request whose body has not been read yet.
pub(crate) struct Head {
    pub(crate) request: Request,
    pub(crate) length: usize,
    pub(crate) framing: Framing,
    pub(crate) keep_alive: bool,
    /// The client waits for `100 Continue` before it sends the body.
    pub(crate) expects_continue: bool,
}

/// The head at the start of `bytes`; `None` when more must come; the status to refuse it with otherwise.
pub(crate) fn head(bytes: &[u8]) -> Result<Option<Head>, u16> {
    let mut headers = [httparse::EMPTY_HEADER; HEADER_COUNT];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() < HEAD_LIMIT => return Ok(None),
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => return Err(431),
        Err(_) => return Err(400),
    };
    let target = origin_form(parsed.path.unwrap_or("/"));
    let (raw_path, raw_query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        raw_path: raw_path.to_owned(),
        path: percent_decode(raw_path),
        raw_query: raw_query.to_owned(),
        query: pairs(raw_query),
        headers: parsed
            .headers
            .iter()
            .map(|h| {
                let value = String::from_utf8_lossy(h.value).trim().to_owned();
                (h.name.to_ascii_lowercase(), value)
            })
            .collect(),
        ..Request::default()
    };
    let says = |name: &str, word: &str| {
        let value = request.header(name).unwrap_or_default();
        value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    let keep_alive =
        if parsed.version == Some(1) { !says("connection", "close") } else { says("connection", "keep-alive") };
    let framing = if says("transfer-encoding", "chunked") {
        Framing::Chunked
    } else {
        match request.header("content-length").map(str::parse) {
            None => Framing::Length(0),
            Some(Ok(length)) if length <= BODY_LIMIT => Framing::Length(length),
            Some(Ok(_)) => return Err(413),
            Some(Err(_)) => return Err(400),
        }
    };
    let expects_continue = says("expect", "100-continue");
    Ok(Some(Head { request, length, framing, keep_alive, expects_continue }))
}

/// A client that takes the sandbox for a proxy sends `http://host/path`.
fn origin_form(target: &str) -> &str {
    let Some((_, rest)) = target.split_once("://") else {
        return target;
    };
    if target.starts_with('/') {
        return target;
    }
    rest.find('/').map_or("/", |at| &rest[at..])
}

/// The chunks of a body that have been read so far.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    pub(crate) body: Vec<u8>,
    /// How many bytes they took.
    pub(crate) at: usize,
}

impl Chunks {
    /// Continues to read the chunked body at the start of `bytes`, which have grown since. Returns whether it is complete.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Result<bool, u16> {
        loop {
            let (line, size) = match httparse::parse_chunk_size(&bytes[self.at..]) {
                Ok(httparse::Status::Complete((line, size))) => (line, size),
                Ok(httparse::Status::Partial) => return Ok(false),
                Err(_) => return Err(400),
            };
            let size = usize::try_from(size).map_err(|_| 413_u16)?;
            if size > BODY_LIMIT || self.body.len() + size > BODY_LIMIT {
                return Err(413);
            }
            let start = self.at + line;
            if size == 0 {
                let end = trailers(&bytes[start..])?;
                self.at = end.map_or(self.at, |length| start + length);
                return Ok(end.is_some());
            }
            let Some(data) = bytes.get(start..start + size + 2) else {
                return Ok(false);
            };
            if !data.ends_with(b"\r\n") {
                return Err(400);
            }
            self.body.extend_from_slice(&data[..size]);
            self.at = start + size + 2;
        }
    }
}

/// The length of what follows the last chunk, its blank line included.
fn trailers(bytes: &[u8]) -> Result<Option<usize>, u16> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    match httparse::parse_headers(bytes, &mut headers) {
        Ok(httparse::Status::Complete((length, _))) => Ok(Some(length)),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(400),
    }
}

/// What the head of a reply says about its body.
pub(crate) enum Announce {
    Length(usize),
    Chunked,
    /// Nothing: the body ends with the connection.
    Nothing,
}

/// The 1xx lines and the head of a reply.
pub(crate) fn reply_head(response: &Response, announce: &Announce, keep_alive: bool, now: Timestamp) -> Vec<u8> {
    let mut text = interim(&response.interim);
    let status = response.status;
    text.push_str(&format!("HTTP/1.1 {status} {}\r\n", reason(status)));
    let printer = rfc2822::DateTimePrinter::new();
    if let Ok(date) = printer.timestamp_to_rfc9110_string(&now) {
        text.push_str(&format!("Date: {date}\r\n"));
    }
    for (name, value) in &response.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    match announce {
        // RFC 9110: a 204 and a 304 carry no body and announce none.
        Announce::Length(0) if status == 204 || status == 304 => {}
        Announce::Length(length) => text.push_str(&format!("Content-Length: {length}\r\n")),
        Announce::Chunked => text.push_str("Transfer-Encoding: chunked\r\n"),
        Announce::Nothing => {}
    }
    if !keep_alive {
        text.push_str("Connection: close\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}

pub(crate) fn interim(statuses: &[u16]) -> String {
    let line = |status: &u16| format!("HTTP/1.1 {status} {}\r\n\r\n", reason(*status));
    statuses.iter().map(line).collect()
}

fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        102 => "Processing",
        103 => "Early Hints",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_comes_in_parts_and_its_body_is_framed() {
        let text = b"POST /v1/gu%C3%ADa?x=1 HTTP/1.1\r\nHost: h\r\nCONTENT-length: 3\r\n\r\nabc";
        assert!(head(&text[..40]).is_ok_and(|h| h.is_none()));
        let head = head(text).ok().flatten().expect("a head");
        assert_eq!(head.framing, Framing::Length(3));
        assert_eq!(&text[head.length..], b"abc");
        assert_eq!(head.request.path, "/v1/guía");
        assert_eq!(head.request.raw_path, "/v1/gu%C3%ADa");
        assert!(head.keep_alive);
    }

    #[test]
    fn limits_and_nonsense_have_their_status() {
        let huge = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(HEAD_LIMIT));
        assert_eq!(head(huge.as_bytes()).err(), Some(431));
        assert_eq!(head(b"\x16\x03\x01\x02\x00\r\n\r\n").err(), Some(400));
        let long = b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n";
        assert_eq!(head(long).err(), Some(413));
        let odd = b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n";
        assert_eq!(head(odd).err(), Some(400));
    }

    #[test]
    fn chunks_are_joined_and_what_follows_is_left() {
        let text = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\nGET";
        let mut chunks = Chunks::default();
        // Every length in turn, as it may come.
        let end = text.len() - 3;
        for length in 1..end {
            assert_eq!(chunks.read(&text[..length]), Ok(false), "{length}");
        }
        assert_eq!(chunks.read(text), Ok(true));
        assert_eq!((chunks.body.as_slice(), chunks.at), (&b"abcde"[..], end));
        assert_eq!(Chunks::default().read(b"3\r\nabcd\r\n"), Err(400));
    }
}
