//! Files that go out: `multipart/form-data` (RFC 7578), written as browsers write it. A file is read and checked
//! before anything is sent.

use super::documents;
use super::lenient::as_text;
use crate::input;
use crate::json::Value;
use crate::model::shape::{Field, Kind, LONG, Shape, opt};
use crate::model::{Error, FieldProblem, Why};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use reqwest::header::HeaderValue;
use std::path::Path;

/// A file, as a caller gives it: by its path on this machine, or by its content.
pub(crate) static FILE: Shape = Shape {
    name: "File",
    fields: &[
        opt("path", Kind::Raw(LONG), "the path of a file on this machine; or give `base64` and `filename`"),
        opt("base64", Kind::Raw(100_000_000), "its content, instead of a path"),
        opt("filename", Kind::Filled(255), "its name at the carrier; that of the path when left out"),
        opt("content_type", Kind::Filled(255), "like application/pdf; guessed when left out"),
    ],
};

/// Writers of base64 break lines and leave out the padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A body with its type, which names the boundary.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) content_type: HeaderValue,
    pub(crate) content: Vec<u8>,
}

/// A file that was read.
struct File {
    name: String,
    content_type: String,
    content: Vec<u8>,
}

/// The fields of a call's `params` as a form. `None` where there is no file among them.
pub(crate) fn form(fields: &[Field], body: &Value, limit: usize) -> Result<Option<Form>, Error> {
    let is_file = |name: &str, value: &Value| {
        value.is_object() && fields.iter().any(|field| field.name == name && takes_file(field.kind))
    };
    let given = || body.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    if !given().any(|(name, value)| is_file(name, value)) {
        return Ok(None);
    }
    // Random, and made after the files were: the chance that one contains it is 1 in 2^64.
    let boundary = format!("flete-{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
    let content_type = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"))
        .map_err(|error| Error::internal(format!("a boundary that no header can carry: {error}")).caused_by(error))?;
    let (mut content, mut problems) = (Vec::new(), Vec::new());
    for (name, value) in given() {
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", escaped(name));
        content.extend_from_slice(head.as_bytes());
        if is_file(name, value) {
            match read(value, &format!("params.{name}"), limit) {
                Ok(file) => {
                    let (name, content_type) = (escaped(&file.name), file.content_type);
                    let head = format!("; filename=\"{name}\"\r\nContent-Type: {content_type}\r\n\r\n");
                    content.extend_from_slice(head.as_bytes());
                    content.extend_from_slice(&file.content);
                }
                Err(problem) => problems.push(problem),
            }
        } else {
            let text = as_text(value).unwrap_or_else(|| value.to_string());
            content.extend([b"\r\n\r\n", text.as_bytes()].concat());
        }
        content.extend_from_slice(b"\r\n");
    }
    content.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    if problems.is_empty() {
        return Ok(Some(Form { content_type, content }));
    }
    let fields = problems.iter().map(|(at, why): &(String, Why)| FieldProblem::new(at, why.to_string())).collect();
    let error = Error::invalid_fields(fields);
    Err(problems.into_iter().fold(error, |error, (_, why)| error.because(why)))
}

fn takes_file(kind: Kind) -> bool {
    match kind {
        Kind::Object(shape) => std::ptr::eq(shape, &FILE),
        Kind::Either(first, second) => takes_file(*first) || takes_file(*second),
        _ => false,
    }
}

/// A name within quotes, as browsers write it (WHATWG HTML, "multipart/form-data"): in UTF-8, and with without
/// characters that would end it early.
fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        if c == '"' || c.is_ascii_control() {
            escaped.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Read a file. `at` is its path in the request. A problem has its own path.
fn read(file: &Value, at: &str, limit: usize) -> Result<File, (String, Why)> {
    let text = |name: &str| file.get(name).and_then(Value::as_str);
    let filled = |name: &str| text(name).filter(|text| !text.is_empty());
    let wrong = |name: &str, why: Why| (format!("{at}.{name}"), why);
    let (content, of_path) = match (filled("path"), filled("base64")) {
        (Some(_), Some(_)) => return Err(wrong("path", Why::plain("is given beside `base64`; give one of the two"))),
        (None, None) if text("base64").is_some() => {
            return Err(wrong("base64", Why::plain("is empty; give the file's content, or its `path`")));
        }
        (None, None) => return Err(wrong("path", Why::plain("is required, or `base64` with a `filename`"))),
        (Some(path), None) => (at_path(path, limit).map_err(|why| wrong("path", why))?, Path::new(path).file_name()),
        (None, Some(base64)) => (decoded(base64, limit).map_err(|why| wrong("base64", why))?, None),
    };
    let of_path = || of_path.map(|name| name.to_string_lossy().into_owned());
    let name = filled("filename").map(str::to_owned).or_else(of_path);
    let name = name.ok_or_else(|| wrong("filename", Why::plain("is required beside `base64`")))?;
    let content_type = match filled("content_type") {
        Some(said) if !is_content_type(said) => {
            return Err(wrong(
                "content_type",
                Why::plain(format!("`{said}` is not a content type, like application/pdf")),
            ));
        }
        Some(said) => said.to_owned(),
        None => documents::guessed(&content, &name).to_owned(),
    };
    Ok(File { name, content_type, content })
}

fn at_path(path: &str, limit: usize) -> Result<Vec<u8>, Why> {
    // A pipe may never end, and a file that is too large needn't be read.
    if let Ok(found) = std::fs::metadata(path) {
        if found.is_file() && found.len() > limit as u64 {
            return Err(Why::plain(too_big(&format!("`{path}`"), found.len(), limit)));
        }
        if !found.is_file() && !found.is_dir() {
            return Err(Why::plain(format!("`{path}` is not a file; name one")));
        }
    }
    let content = input::file(Path::new(path), limit)
        .map_err(|why| why.worded(|why| format!("`{path}` can't be read: {why}")))?;
    if content.is_empty() {
        return Err(Why::plain(format!("`{path}` is empty; name a file with content")));
    }
    Ok(content)
}

fn decoded(base64: &str, limit: usize) -> Result<Vec<u8>, Why> {
    let bare: Vec<u8> = base64.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let content = LENIENT.decode(bare).map_err(|error| Why::from(format!("is not base64: {error}"), error))?;
    match content.len() {
        0 => Err(Why::plain("is empty; give the file's content")),
        size if size > limit => Err(Why::plain(too_big("the file", size as u64, limit))),
        _ => Ok(content),
    }
}

fn too_big(what: &str, size: u64, limit: usize) -> String {
    format!("{what} has {size} bytes; at most {limit} are taken")
}

/// `type/subtype`, with parameters or without (RFC 9110, 8.3.1); without characters that would end the header.
fn is_content_type(text: &str) -> bool {
    let token = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
    let (kind, parameters) = text.split_once(';').unwrap_or((text, ""));
    let halves = kind.trim().split_once('/').is_some_and(|(first, second)| token(first) && token(second));
    halves && parameters.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

#[cfg(test)]
#[path = "upload_tests.rs"]
mod tests;
