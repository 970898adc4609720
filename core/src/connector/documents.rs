//! Carriers' files as documents of flete's, and files that a carrier keeps at a URL, fetched.

use super::Account;
use super::session::Session;
use crate::model::reply::Document;
use crate::model::shape::shorten;
use crate::model::{Code, Error, FieldProblem};
use crate::net::http::{self, Draft, Method, Reply};
use crate::net::retry;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use std::sync::Arc;

/// A document from its bytes.
pub(crate) fn from_bytes(kind: &str, content_type: &str, content: &[u8]) -> Document {
    Document {
        kind: kind.to_owned(),
        content_type: Some(content_type.to_owned()),
        size: Some(content.len()),
        base64: Some(STANDARD.encode(content)),
        path: None,
        url: None,
    }
}

/// The document in a reply that was found to have one. `usual` is its type where the reply doesn't say it.
pub(crate) fn of_reply(kind: &str, reply: &Reply, usual: Option<&str>) -> Document {
    let file = recognized(reply).unwrap_or(File { content_type: None, content: &reply.body });
    let content_type = file.content_type.as_deref().or(usual).unwrap_or("application/octet-stream");
    from_bytes(kind, content_type, file.content)
}

/// A document that the carrier keeps at a URL.
pub(crate) fn at_url(kind: &str, url: String) -> Document {
    Document { kind: kind.to_owned(), content_type: None, size: None, base64: None, path: None, url: Some(url) }
}

/// The document of a URL with its content. The URL is the carrier's, and another host's: no credentials go along.
pub(crate) async fn fetched(session: &Session<'_>, document: &Document, url: &str) -> Result<Document, Error> {
    let failed = |code, what: String| {
        let mut error = Error::new(code, format!("the document's URL could not be fetched: {what}"));
        error.edit().account = Some(session.account.id.clone());
        error
    };
    let parsed = reqwest::Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| failed(Code::CarrierResponse, "it is not a web address".to_owned()))?;
    let client = session.process.client(session.net, parsed.scheme() == "https")?;
    let mut attempt = 0;
    loop {
        attempt += 1;
        session.call.count();
        let draft = Draft {
            method: Method::GET,
            url: parsed.clone(),
            headers: HeaderMap::new(),
            body: None,
            patience: None,
            fresh: false,
        };
        let got = http::send(&client, draft, session.call.deadline, Arc::default()).await;
        let (code, what, wait) = match got {
            Ok(reply) if reply.status == 200 => {
                let file = recognized(&reply)
                    .map_err(|what| failed(Code::CarrierResponse, format!("what is there {what}")))?;
                let content_type = file.content_type.as_deref().unwrap_or("application/octet-stream");
                return Ok(from_bytes(&document.kind, content_type, file.content));
            }
            Ok(reply) => {
                let code = match reply.status {
                    404 | 410 => Code::NotFound,
                    429 => Code::RateLimited,
                    500..=599 => Code::CarrierUnavailable,
                    _ => Code::CarrierResponse,
                };
                (code, format!("the status is {}", reply.status), retry::retry_after(&reply))
            }
            Err(failure) => (failure.code, failure.message, None),
        };
        let transient = matches!(code, Code::RateLimited | Code::CarrierUnavailable | Code::Network | Code::Timeout);
        let pause = retry::pause(attempt, wait);
        if !transient || attempt >= session.net.max_attempts || pause >= session.call.left() {
            return Err(failed(code, what));
        }
        tokio::time::sleep(pause).await;
    }
}

/// The first bytes of the files that carriers send.
const MAGIC: &[(&[u8], &str)] = &[
    (b"%PDF", "application/pdf"),
    (b"\x89PNG", "image/png"),
    (b"\xFF\xD8\xFF", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
];

/// A file in a reply: what it is, and its bytes.
#[derive(Debug, PartialEq)]
pub(crate) struct File<'a> {
    /// `None` where neither its bytes nor its header say it.
    pub(crate) content_type: Option<String>,
    pub(crate) content: &'a [u8],
}

/// The file of a reply, by its first bytes, else by its header. A page of text is no document, nor is a file that was
/// cut off: the error says what there is instead, after "the carrier's reply".
pub(crate) fn recognized(reply: &Reply) -> Result<File<'_>, String> {
    let said =
        reply.header("content-type").and_then(|said| said.split(';').next()).map(|said| said.trim().to_lowercase());
    // Some servers print a byte order mark or an empty line before the file.
    let body = reply.body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&reply.body).trim_ascii_start();
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
    let known = MAGIC.iter().find(|(magic, _)| body.starts_with(magic)).map(|(_, known)| *known);
    let webp = body.starts_with(b"RIFF") && body.get(8..12) == Some(b"WEBP");
    if let Some(known) = known.or(webp.then_some("image/webp")) {
        if !is_whole(known, body) {
            return Err(format!("was cut off: it is {known} without its end"));
        }
        return Ok(File { content_type: Some(known.to_owned()), content: body });
    }
    if body.is_empty() {
        return Err("is empty".to_owned());
    }
    match body[0] {
        b'<' => {
            let page = String::from_utf8_lossy(&body[..body.len().min(16 * 1024)]);
            return Err(format!(
                "is a page, not a file{}",
                title(&page).map_or_else(String::new, |title| format!(" (\"{title}\")"))
            ));
        }
        b'{' | b'[' => return Err("is JSON, not a file".to_owned()),
        _ => {}
    }
    match said {
        Some(said) if said.starts_with("text/") || said.ends_with("json") || said.ends_with("xml") => {
            Err(format!("is {said}, not a file"))
        }
        Some(said) if said == "application/pdf" => Err("is not a PDF, though it says so".to_owned()),
        said => {
            // What can be read is a text: no picture begins with so many letters.
            if body.len() >= 16
                && body.iter().take(64).all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
                && !said.as_deref().is_some_and(|said| said.starts_with("image/"))
            {
                return Err("is a text, not a file".to_owned());
            }
            Ok(File { content_type: said, content: &reply.body })
        }
    }
}

/// The title of an HTML page.
fn title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")? + "<title".len();
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let words: String = page[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = words.chars().take(80).collect();
    (!short.is_empty()).then_some(short)
}

/// Whether a file came whole, as far as its kind tells. One that was cut off on its way begins like any other.
fn is_whole(kind: &str, content: &[u8]) -> bool {
    let tail = &content[content.len().saturating_sub(1024)..];
    match kind {
        "application/pdf" => is_whole_pdf(content),
        // PNG 5.3: IHDR is the first chunk, IEND the last.
        "image/png" => !has(content, b"IHDR") || has(tail, b"IEND"),
        // ITU T.81, B.1.1.3: a picture's data begin after SOS, and end with EOI.
        "image/jpeg" => !has(content, b"\xFF\xDA") || has(tail, b"\xFF\xD9"),
        _ => true,
    }
}

fn has(part: &[u8], mark: &[u8]) -> bool {
    part.windows(mark.len()).any(|window| window == mark)
}

/// A carrier without documents of this kind.
pub(crate) fn none_of(account: &Account, kind: &str) -> Error {
    Error::new(Code::Unsupported, format!("{} has no document of the kind `{kind}`", account.carrier.name))
}

/// The error for a `document_id` that the shipment doesn't have.
pub(crate) fn not_listed(account: &Account, id: &str) -> Error {
    let (carrier, id) = (account.carrier.name, shorten(id));
    let message = format!("{carrier} has no document `{id}` of this shipment; `track` lists those that it has");
    let mut error = Error::new(Code::NotFound, message);
    error.edit().fields.push(FieldProblem::new("document_id", "is not an id of `documents` in `track`'s reply"));
    error
}

/// Whether a PDF came whole. "The last line of the file shall contain only the end-of-file marker, %%EOF" (ISO
/// 32000-1, 7.5.5); some put a few bytes after it. One short line has nothing to cut off: a test host's label may be no
/// more than that.
fn is_whole_pdf(content: &[u8]) -> bool {
    // Padding is no part of it, however long.
    let end = content.iter().rposition(|byte| !byte.is_ascii_whitespace() && *byte != 0).map_or(0, |last| last + 1);
    let tail = &content[end.saturating_sub(1024)..end];
    has(tail, b"%%EOF") || (content.len() <= 128 && !content.iter().any(|byte| matches!(byte, b'\r' | b'\n')))
}

#[cfg(test)]
#[path = "documents_tests.rs"]
mod tests;
