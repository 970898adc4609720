//! Turns carriers' files into flete's documents, and fetches files that a carrier keeps at a URL.

use super::endpoint::{Endpoint, get};
use super::session::Session;
use super::{Account, base_url};
use crate::model::reply::Document;
use crate::model::shape::shorten;
use crate::model::{Code, Error, FieldProblem};
use crate::net::http::{self, Draft, Method, Reply};
use crate::net::retry;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
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

/// The document in a reply that is known to have one. `usual` is its type if the reply doesn't say it.
pub(crate) fn of_reply(kind: &str, reply: &Reply, usual: Option<&str>) -> Document {
    let file = recognized(reply).unwrap_or(File { content_type: None, content: &reply.body });
    let content_type = file.content_type.as_deref().or(usual).unwrap_or("application/octet-stream");
    from_bytes(kind, content_type, file.content)
}

/// A document that the carrier keeps at a URL. Set its size if it is known: [`fetched`] then accepts any kind of file.
pub(crate) fn at_url(kind: &str, url: String) -> Document {
    Document { kind: kind.to_owned(), content_type: None, size: None, base64: None, path: None, url: Some(url) }
}

/// The operation for which a request for a file at a URL is signed, if it takes the account's credentials.
static FILE: Endpoint = get("document", "");

/// The document of a URL with its content. Credentials go to the carrier's own host alone, and only where it takes them
/// for files ([`Api::signs_files`](super::Api::signs_files)). One redirect is followed, as files are often stored on
/// another host.
pub(crate) async fn fetched(session: &Session<'_>, document: &Document, url: &str) -> Result<Document, Error> {
    let failed = |code, what: String| Error::new(code, format!("the document's URL could not be fetched: {what}"));
    let mut url = web_address(Url::parse(url).ok())
        .ok_or_else(|| failed(Code::CarrierResponse, "it is not a web address".to_owned()))?;
    let api = &session.account.api;
    let own = Some(base_url::of(session.account)?).filter(|_| api.signs_files());
    let (mut attempt, mut redirected, mut renewed) = (0, false, false);
    loop {
        attempt += 1;
        session.call.count();
        let client = session.lane.client(session.net, url.scheme() == "https")?;
        let mut draft = Draft {
            method: Method::GET,
            url: url.clone(),
            headers: HeaderMap::new(),
            body: None,
            patience: None,
            fresh: false,
        };
        let signed = own.as_ref().is_some_and(|own| own.origin() == url.origin());
        let token = if signed { session.token(&FILE).await? } else { None };
        if signed {
            api.sign(session, &FILE, &mut draft, token.as_deref())?;
        }
        let got = http::send(&client, draft, session.call.deadline, Arc::default()).await;
        let (code, what, wait) = match got {
            Ok(reply) if reply.status == 200 => {
                return content(document, &reply).map_err(|what| failed(Code::CarrierResponse, what));
            }
            Ok(reply) if matches!(reply.status, 301 | 302 | 303 | 307 | 308) => {
                let to = reply.header("location").and_then(|to| web_address(url.join(to.trim()).ok()));
                let why = match to {
                    _ if redirected => "it redirects more than once",
                    None => "it redirects without saying where to",
                    Some(to) if url.scheme() == "https" && to.scheme() == "http" => "it redirects from https to http",
                    Some(to) => {
                        (url, redirected) = (to, true);
                        continue;
                    }
                };
                return Err(failed(Code::CarrierResponse, why.to_owned()));
            }
            Ok(reply) => {
                if let (401, Some(token), false) = (reply.status, &token, renewed) {
                    session.reject_token(token).await;
                    renewed = true;
                    continue;
                }
                let code = match reply.status {
                    401 if signed => Code::Authentication,
                    403 if signed => Code::Permission,
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

fn web_address(url: Option<Url>) -> Option<Url> {
    url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// A fetched document. If its size is known, that decides whether it is complete, for any kind of file. Otherwise its
/// content decides.
fn content(document: &Document, reply: &Reply) -> Result<Document, String> {
    match document.size {
        Some(size) if size != reply.body.len() => Err(format!("{} bytes came of {size}", reply.body.len())),
        Some(_) => {
            let said = reply.header("content-type");
            let kind = document.content_type.as_deref().or(said).or(by_first_bytes(&reply.body));
            Ok(from_bytes(&document.kind, kind.unwrap_or("application/octet-stream"), &reply.body))
        }
        None => {
            let file = recognized(reply).map_err(|what| format!("what is there {what}"))?;
            let content_type = file.content_type.as_deref().unwrap_or("application/octet-stream");
            Ok(from_bytes(&document.kind, content_type, file.content))
        }
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

fn by_first_bytes(content: &[u8]) -> Option<&'static str> {
    let known = MAGIC.iter().find(|(magic, _)| content.starts_with(magic)).map(|(_, known)| *known);
    let webp = content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP");
    known.or(webp.then_some("image/webp"))
}

/// Types of files by the ends of their names. A file of a type that has several is saved with the first of them.
const EXTENSIONS: &[(&str, &str)] = &[
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("xml", "application/xml"),
    ("json", "application/json"),
    ("txt", "text/plain"),
    ("csv", "text/csv"),
    ("zip", "application/zip"),
    ("eml", "message/rfc822"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

/// The type of a file by its first bytes, else by the end of its name.
pub(crate) fn guessed(content: &[u8], name: &str) -> &'static str {
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    let by_name = || EXTENSIONS.iter().find(|(known, _)| Some(*known) == end.as_deref()).map(|(_, kind)| *kind);
    by_first_bytes(content).or_else(by_name).unwrap_or("application/octet-stream")
}

/// The end of the name of a file of this type.
pub(crate) fn extension(content_type: &str) -> &'static str {
    EXTENSIONS.iter().find(|(_, kind)| *kind == content_type).map_or("bin", |(known, _)| known)
}

/// A file in a reply: what it is, and its bytes.
#[derive(Debug, PartialEq)]
pub(crate) struct File<'a> {
    /// `None` where neither its bytes nor its header say it.
    pub(crate) content_type: Option<String>,
    pub(crate) content: &'a [u8],
}

/// The file of a reply, by its first bytes, else by its header. A page of text isn't a document, and
/// neither is a file that was cut off. The error says what came instead, after "the carrier's reply".
pub(crate) fn recognized(reply: &Reply) -> Result<File<'_>, String> {
    let said =
        reply.header("content-type").and_then(|said| said.split(';').next()).map(|said| said.trim().to_lowercase());
    // Some servers print a byte order mark or an empty line before the file.
    let body = reply.body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&reply.body).trim_ascii_start();
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
    if let Some(known) = by_first_bytes(body) {
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
            // Readable letters are text: pictures don't begin with many of them.
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

/// Whether a file is complete, if its kind shows that. The beginning is the same if the rest was cut off.
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

/// Whether a PDF is complete. "The last line of the file shall contain only the end-of-file marker, %%EOF" (ISO
/// 32000-1, 7.5.5); some put a few bytes after it. A single short line is accepted: a test host's label may be
/// only that.
fn is_whole_pdf(content: &[u8]) -> bool {
    // Padding after it doesn't count, however long it is.
    let end = content.iter().rposition(|byte| !byte.is_ascii_whitespace() && *byte != 0).map_or(0, |last| last + 1);
    let tail = &content[end.saturating_sub(1024)..end];
    has(tail, b"%%EOF") || (content.len() <= 128 && !content.iter().any(|byte| matches!(byte, b'\r' | b'\n')))
}

#[cfg(test)]
#[path = "documents_tests.rs"]
mod tests;
