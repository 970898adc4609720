//! Carriers' files as documents of flete's.

use crate::config::Account;
use crate::model::reply::Document;
use crate::model::{Code, Error};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

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

/// A carrier without documents of this kind.
pub(crate) fn none_of(account: &Account, kind: &str) -> Error {
    Error::new(Code::Unsupported, format!("{} has no document of the kind `{kind}`", account.carrier.name))
}

/// Whether a PDF came whole: one that was cut off on its way begins like any other, and prints as nothing.
/// "The last line of the file shall contain only the end-of-file marker, %%EOF" (ISO 32000-1, 7.5.5); some put a few
/// bytes after it.
pub(crate) fn is_whole_pdf(content: &[u8]) -> bool {
    let tail = &content[content.len().saturating_sub(1024)..];
    content.starts_with(b"%PDF") && tail.windows(5).any(|window| window == b"%%EOF")
}
