//! Labels and proofs, as base64 or saved to disk.

use super::{Context, placed};
use crate::connector::Ability;
use crate::connector::documents;
use crate::json::Value;
use crate::model::Error;
use crate::model::reply::{Document, Documents};
use crate::model::request::{self, Wanted};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

pub(super) async fn run(context: &Context<'_>, request: Value) -> Result<String, Error> {
    let request: request::Document = request::read(request, &request::DOCUMENT)?;
    let name = match request.wanted()? {
        Wanted::Kind(name) | Wanted::Id(name) => in_a_name(name),
    };
    let account = context.account(request.account.as_deref(), Ability::Document)?;
    let session = context.session(account, context.call);
    let documents = account.api.document(&session, &request).await;
    let mut documents = documents.map_err(|error| placed(&session, error))?;
    if let Some(target) = &request.save_to {
        let many = documents.len() > 1;
        for (index, document) in documents.iter_mut().enumerate() {
            if let (None, Some(url)) = (&document.base64, document.url.clone()) {
                *document =
                    documents::fetched(&session, document, &url).await.map_err(|error| placed(&session, error))?;
            }
            let stem = format!("{}-{}-{name}", account.id, in_a_name(&request.id));
            save(document, Path::new(target), &stem, many.then_some(index)).map_err(|error| placed(&session, error))?;
        }
    }
    super::written(&Documents { documents })
}

/// A text as part of a file's name: without what a path or another system would read in its own way.
fn in_a_name(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' }).collect()
}

/// Write a document to a directory (under the name `stem`) or to a file, and replace its content by the path.
fn save(document: &mut Document, target: &Path, stem: &str, index: Option<usize>) -> Result<(), Error> {
    let Some(content) = document.base64.as_ref().and_then(|text| STANDARD.decode(text).ok()) else { return Ok(()) };
    let extension = documents::extension(document.content_type.as_deref().unwrap_or_default());
    let number = index.map_or_else(String::new, |index| format!("-{}", index + 1));
    let path: PathBuf = if target.is_dir() || target.as_os_str().to_string_lossy().ends_with('/') {
        target.join(format!("{stem}{number}.{extension}"))
    } else if let (Some(_), Some(stem)) = (index, target.file_stem()) {
        let extension =
            target.extension().map_or(extension.into(), |extension| extension.to_string_lossy().into_owned());
        target.with_file_name(format!("{}{number}.{extension}", stem.to_string_lossy()))
    } else {
        target.to_owned()
    };
    write_whole(&path, &content).map_err(|error| {
        let why = match error.kind() {
            ErrorKind::NotFound => "its directory does not exist; make it first".to_owned(),
            ErrorKind::PermissionDenied => "permission denied; let the user of this process write there".to_owned(),
            _ => error.to_string(),
        };
        Error::invalid(
            "save_to",
            format!("{} could not be written: {why}; the document is still at the carrier", path.display()),
        )
        .caused_by(error)
    })?;
    document.base64 = None;
    document.path = Some(path.to_string_lossy().into_owned());
    Ok(())
}

/// Writes the file under another name first, so that other programs see the whole file or none.
fn write_whole(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.part", fastrand::u32(..)));
    let draft = PathBuf::from(draft);
    let written = std::fs::File::create(&draft)
        .and_then(|mut file| file.write_all(content))
        .and_then(|()| std::fs::rename(&draft, path));
    if written.is_err() {
        // The draft may not exist; there is nothing else to clean up.
        let _ = std::fs::remove_file(&draft);
    }
    written
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
