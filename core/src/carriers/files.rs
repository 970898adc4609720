//! Carriers' files as documents of flete's, and files that a carrier keeps at a URL, fetched.

use super::session::Session;
use crate::config::Account;
use crate::model::reply::Document;
use crate::model::{Code, Error};
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

/// A document that the carrier keeps at a URL.
pub(crate) fn at_url(kind: &str, url: String) -> Document {
    Document { kind: kind.to_owned(), content_type: None, size: None, base64: None, path: None, url: Some(url) }
}

/// The document of a URL with its content. The URL is the carrier's, and another host's: no credentials go along.
pub(crate) async fn fetched(session: &Session<'_>, document: &Document, url: &str) -> Result<Document, Error> {
    let failed = |code, what: String| {
        let mut error = Error::new(code, format!("the document's URL could not be fetched: {what}"));
        error.account = Some(session.account.id.clone());
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
                let content_type = content_type(&reply)
                    .ok_or_else(|| failed(Code::CarrierResponse, "what is there is no image and no PDF".to_owned()))?;
                return Ok(from_bytes(&document.kind, &content_type, &reply.body));
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

/// What a file is: by its first bytes, else by its header. A page of text is no document.
fn content_type(reply: &Reply) -> Option<String> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"%PDF", "application/pdf"),
        (b"\x89PNG", "image/png"),
        (b"\xFF\xD8\xFF", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"II*\0", "image/tiff"),
        (b"MM\0*", "image/tiff"),
    ];
    if let Some((_, known)) = MAGIC.iter().find(|(magic, _)| reply.body.starts_with(magic)) {
        return Some((*known).to_owned());
    }
    let said = reply.header("content-type").unwrap_or("application/octet-stream");
    let said = said.split(';').next().unwrap_or(said).trim().to_lowercase();
    let text = said.starts_with("text/") || said.ends_with("json") || said.ends_with("xml");
    (!text && !reply.body.is_empty()).then_some(said)
}

/// A carrier without documents of this kind.
pub(crate) fn none_of(account: &Account, kind: &str) -> Error {
    Error::new(Code::Unsupported, format!("{} has no document of the kind `{kind}`", account.carrier.name))
}

/// Whether this is a PDF and came whole: one that was cut off on its way begins like any other, and prints as nothing.
/// "The last line of the file shall contain only the end-of-file marker, %%EOF" (ISO 32000-1, 7.5.5); some put a few
/// bytes after it. What has no object in it has nothing to be cut off: a carrier's test host may give such a label.
pub(crate) fn is_whole_pdf(content: &[u8]) -> bool {
    let has = |part: &[u8], mark: &[u8]| part.windows(mark.len()).any(|window| window == mark);
    let tail = &content[content.len().saturating_sub(1024)..];
    content.starts_with(b"%PDF") && (has(tail, b"%%EOF") || !has(content, b" obj"))
}
