//! What a simulator takes and returns: one HTTP request, one HTTP reply.
//! Not for sockets (`server`), nor for the bytes on the wire (`wire`).

use serde_json::Value;

/// A request as it came, parsed but not checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path as sent, percent-encoding kept: signatures are made over this.
    pub(crate) raw_path: String,
    /// The path, percent-decoded.
    pub(crate) path: String,
    pub(crate) raw_query: String,
    /// Names and values, percent-decoded, `+` read as a space, in the order sent.
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case, in the order sent.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The line of [`Simulator::operations`](super::Simulator::operations) that this request addresses.
    pub(crate) operation: Option<&'static str>,
    /// The values in the template's `{…}` places, percent-decoded, in order.
    pub(crate) params: Vec<String>,
}

impl Request {
    /// The first header of this name (case does not matter).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The first query value of this name.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let mut all = self.query.iter();
        all.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The n-th value of the path, "" when there is none.
    pub(crate) fn param(&self, n: usize) -> &str {
        self.params.get(n).map_or("", String::as_str)
    }

    /// The media type of the body, lower case, without its parameters.
    pub(crate) fn content_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        let kind = value.split(';').next().unwrap_or_default();
        Some(kind.trim().to_ascii_lowercase())
    }

    /// Whether the request asks for this media type by name.
    pub(crate) fn accepts(&self, kind: &str) -> bool {
        self.header("accept").is_some_and(|accept| {
            accept.split(',').any(|one| {
                let name = one.split(';').next().unwrap_or_default();
                name.trim().eq_ignore_ascii_case(kind)
            })
        })
    }

    /// The body as JSON; the error says why it isn't.
    pub(crate) fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.body).map_err(|e| e.to_string())
    }
}

/// A reply. The kernel adds `Date`, `Content-Length` and `Connection`.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// 1xx lines sent before the reply.
    pub(crate) interim: Vec<u16>,
    /// Sent as it is instead of status, headers and body; the connection is then closed.
    pub(crate) raw: Option<Vec<u8>>,
}

impl Response {
    pub(crate) fn new(status: u16) -> Self {
        Response { status, headers: Vec::new(), body: Vec::new(), interim: Vec::new(), raw: None }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, "application/json; charset=utf-8", body.to_string().into_bytes())
    }

    pub(crate) fn bytes(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        let mut response = Response::new(status).with("Content-Type", content_type);
        response.body = body;
        response
    }

    /// Only these bytes (perhaps none), then the connection closes.
    pub(crate) fn raw(bytes: Vec<u8>) -> Self {
        let mut response = Response::new(0);
        response.raw = Some(bytes);
        response
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    #[must_use]
    pub(crate) fn after_interim(mut self, status: u16) -> Self {
        self.interim.push(status);
        self
    }
}

/// Percent-decodes. A `%` that starts no escape stays as it is; bytes that aren't UTF-8 become U+FFFD.
pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape =
            (bytes[at] == b'%').then(|| Some((hex(*bytes.get(at + 1)?)?, hex(*bytes.get(at + 2)?)?))).flatten();
        if let Some((high, low)) = escape {
            out.push(high << 4 | low);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// The pairs of a query or a form.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| percent_decode(&part.replace('+', " "));
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// The template among `operations` that a request addresses, and the values in its `{…}` places.
///
/// A template is `METHOD /path/{name}`, relative to the simulator's base path. A third word is a media type that `Accept` must name
/// (Fruno's label is its parcel, asked for as PDF). A template that ends in `/` matches the path without it too.
/// A literal segment wins over a `{…}`.
pub(crate) fn route(
    operations: &'static [&'static str],
    base: &str,
    request: &Request,
) -> Option<(&'static str, Vec<String>)> {
    let path = request.raw_path.strip_prefix(base)?;
    let mut best: Option<(usize, &'static str, Vec<String>)> = None;
    for operation in operations {
        let mut words = operation.split(' ');
        let (method, template, accept) = (words.next(), words.next().unwrap_or(""), words.next());
        if method != Some(request.method.as_str()) || accept.is_some_and(|a| !request.accepts(a)) {
            continue;
        }
        let optional_slash = template.len() > 1 && template.ends_with('/');
        let (template, path) = if optional_slash {
            (template.trim_end_matches('/'), path.strip_suffix('/').unwrap_or(path))
        } else {
            (template, path)
        };
        let Some(params) = matched(template, path) else {
            continue;
        };
        // Fewer values is a closer match; among equals, one that asked for a media type.
        let distance = params.len() * 2 + usize::from(accept.is_none());
        if best.as_ref().is_none_or(|(d, _, _)| distance < *d) {
            let name = operation.strip_suffix('/').unwrap_or(operation);
            best = Some((distance, name, params));
        }
    }
    best.map(|(_, name, params)| (name, params))
}

fn matched(template: &str, path: &str) -> Option<Vec<String>> {
    let mut params = Vec::new();
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return Some(params),
            (Some(want), Some(got)) if want.starts_with('{') => {
                if got.is_empty() {
                    return None;
                }
                params.push(percent_decode(got));
            }
            (Some(want), Some(got)) if want == percent_decode(got) => {}
            _ => return None,
        }
    }
}

/// Whether two operations are the same, apart from the names of their values: `{guía}`, `{id}` and `<GUIA>` are equal.
pub(crate) fn same_operation(a: &str, b: &str) -> bool {
    fn key(text: &str) -> Vec<String> {
        let trimmed = text.trim().trim_end_matches('/');
        let parts = trimmed.split(['/', ' ']).filter(|p| !p.is_empty());
        parts
            .map(|p| match p.chars().next() {
                Some('{' | '<') => "{}".to_owned(),
                _ => p.to_owned(),
            })
            .collect()
    }
    key(a) == key(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[&str] = &["GET /v1/p/{id}", "GET /v1/p/{id} application/pdf", "GET /v1/p/costo", "POST /v1/p/"];

    fn asked(method: &str, raw_path: &str, accept: Option<&str>) -> Option<&'static str> {
        let mut request = Request { method: method.into(), raw_path: raw_path.into(), ..Request::default() };
        if let Some(accept) = accept {
            request.headers.push(("accept".into(), accept.into()));
        }
        route(TABLE, "", &request).map(|(name, _)| name)
    }

    #[test]
    fn a_literal_wins_and_accept_tells_the_label_from_the_parcel() {
        assert_eq!(asked("GET", "/v1/p/costo", None), Some("GET /v1/p/costo"));
        assert_eq!(asked("GET", "/v1/p/costos", None), Some("GET /v1/p/{id}"));
        assert_eq!(asked("GET", "/v1/p/1", Some("application/pdf;q=1")), Some("GET /v1/p/{id} application/pdf"));
        assert_eq!(asked("POST", "/v1/p", None), Some("POST /v1/p"));
        assert_eq!(asked("POST", "/v1/p/", None), Some("POST /v1/p"));
        assert_eq!(asked("GET", "/v1/p/", None), None);
        assert_eq!(asked("GET", "/v1/p/1/", None), None);
        assert_eq!(asked("DELETE", "/v1/p/1", None), None);
    }

    #[test]
    fn a_query_is_decoded_and_a_stray_percent_survives() {
        let all = pairs("p%C3%A1g=a+b&x=100%&y");
        let expected = [("pág", "a b"), ("x", "100%"), ("y", "")];
        assert_eq!(all, expected.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec());
    }

    #[test]
    fn an_operation_is_known_by_its_shape() {
        assert!(same_operation("PUT /v1/p/<GUIA>/x", "PUT /v1/p/{guía}/x"));
        assert!(same_operation("POST /v1/p/", "POST /v1/p"));
        assert!(!same_operation("GET /v1/p/costo", "GET /v1/p/{id}"));
    }
}
