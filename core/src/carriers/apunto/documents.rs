//! The files of an operation ("Folders", "Attachments"). Nothing says what kind of document a file is but the name of
//! the folder that it lies in.

use super::endpoints::{OPERATION_FOLDERS, SERVICE_FOLDERS};
use super::{Apunto, folded, operation, services};
use crate::connector::documents;
use crate::connector::expected::id;
use crate::connector::prelude::*;
use crate::model::reply::DocumentRef;
use crate::model::request::DOCUMENT_KINDS;
use futures_util::future::try_join_all;
use rust_decimal::prelude::ToPrimitive;

const OTHER: &str = "other";
const SETTING: &str = "document_folders";

/// Which kind of document a folder's files are, by its name.
pub(super) struct Kinds(Vec<(String, &'static str)>);

impl Kinds {
    /// As the account says, and POD where it doesn't.
    pub(super) fn read(settings: &Settings<'_>) -> Self {
        let given = settings.get(SETTING).and_then(Value::as_object).into_iter().flatten();
        let mut kinds: Vec<(String, &'static str)> = given
            .filter_map(|(name, kind)| {
                Some((folded(name), *DOCUMENT_KINDS.iter().find(|known| kind.as_str() == Some(known))?))
            })
            .collect();
        kinds.push(("pod".to_owned(), "proof_of_delivery"));
        Self(kinds)
    }

    fn of_folder(&self, name: &str) -> Option<&'static str> {
        let name = folded(name);
        self.0.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    fn has(&self, kind: &str) -> bool {
        kind == OTHER || self.0.iter().any(|(_, known)| *known == kind)
    }
}

/// A file.
#[derive(Debug, PartialEq)]
struct File<'a> {
    kind: &'static str,
    id: Option<String>,
    attachment: &'a Value,
}

/// The files of a tree of folders. A folder whose name says nothing is of the kind of the one above it.
fn files<'a>(folders: &'a [Value], kinds: &Kinds, above: Option<&'static str>, found: &mut Vec<File<'a>>) {
    for folder in folders {
        let own = text(folder, "name").and_then(|name| kinds.of_folder(&name)).or(above);
        found.extend(
            list(folder, "attachments").iter().filter(|attachment| attachment.is_object()).map(|attachment| File {
                kind: own.unwrap_or(OTHER),
                id: id(attachment, "id"),
                attachment,
            }),
        );
        files(list(folder, "children"), kinds, own, found);
    }
}

fn all<'a>(trees: &'a [Vec<Value>], kinds: &Kinds) -> Vec<File<'a>> {
    let mut found = Vec::new();
    trees.iter().for_each(|tree| files(tree, kinds, None, &mut found));
    found
}

/// What has folders: an operation, or one of its services.
struct Parent<'a> {
    folders: &'static Endpoint,
    id_name: &'static str,
    id: String,
    object: &'a Value,
}

impl Parent<'_> {
    fn shown(&self) -> Option<&Vec<Value>> {
        self.object.get("folders").and_then(Value::as_array)
    }

    /// How many folders it says that it has.
    fn count(&self) -> Option<Decimal> {
        decimal(self.object, "folders_count")
    }
}

fn parents<'a>(operation_id: &str, operation: &'a Value, services: &'a [Value]) -> Vec<Parent<'a>> {
    let own =
        Parent { folders: &OPERATION_FOLDERS, id_name: "operation_id", id: operation_id.to_owned(), object: operation };
    let others = services.iter().filter_map(|object| {
        Some(Parent { folders: &SERVICE_FOLDERS, id_name: "service_id", id: id(object, "id")?, object })
    });
    std::iter::once(own).chain(others).collect()
}

/// The folders of each: as it shows them, else from its list.
async fn trees(session: &Session<'_>, parents: Vec<Parent<'_>>) -> Result<Vec<Vec<Value>>, Error> {
    let each = parents.into_iter().map(|parent| async move {
        if let Some(folders) = parent.shown() {
            return Ok(folders.clone());
        }
        let answer = session.perform(parent.folders, Params::none().path(parent.id_name, &*parent.id)).await?;
        Ok(list(&answer.clean(session), "folders").to_vec())
    });
    try_join_all(each).await
}

/// What `track` lists. Only what says that it has folders is asked for them; where they can't be had, the rest of the
/// tracking is returned all the same.
pub(super) async fn tracked(
    apunto: &Apunto,
    session: &Session<'_>,
    operation_id: &str,
    operation: &Value,
    services: &[Value],
) -> Vec<DocumentRef> {
    let mut parents = parents(operation_id, operation, services);
    parents.retain(|parent| parent.shown().is_some() || parent.count().is_some_and(|count| !count.is_zero()));
    match trees(session, parents).await {
        Ok(trees) => {
            let files = all(&trees, &apunto.kinds).into_iter();
            files.map(|file| DocumentRef { kind: file.kind.into(), id: file.id }).collect()
        }
        Err(error) => {
            log::warn!(target: "flete", "the folders of an Apunto operation: {}", session.in_context(error));
            Vec::new()
        }
    }
}

pub(super) async fn document(
    apunto: &Apunto,
    session: &Session<'_>,
    request: &request::Document,
) -> Result<Vec<Document>, Error> {
    let wanted = request.wanted()?;
    if let Wanted::Kind(kind) = wanted
        && !apunto.kinds.has(kind)
    {
        let mut error = documents::none_of(session.account, kind);
        let message = format!("{}; name its folder in the account's `{SETTING}`", error.message);
        error.edit().message = message;
        return Err(error);
    }
    let operation = operation(session, &request.id).await?;
    let services = services::of(session, &request.id, &operation).await?;
    let mut parents = parents(&request.id, &operation, &services);
    parents.retain(|parent| parent.shown().is_some() || parent.count().is_none_or(|count| !count.is_zero()));
    let trees = trees(session, parents).await?;
    let mut files = all(&trees, &apunto.kinds);
    files.retain(|file| match wanted {
        Wanted::Kind(kind) => file.kind == kind,
        Wanted::Id(id) => file.id.as_deref() == Some(id),
    });
    match wanted {
        Wanted::Id(id) if files.is_empty() => return Err(documents::not_listed(session.account, id)),
        Wanted::Kind(kind) if files.is_empty() => {
            let message = format!(
                "Apunto has no file of the kind `{kind}` in the folders of this operation; `track` lists those that it \
                 has, and the account's `{SETTING}` says which folder is of which kind"
            );
            return Err(Error::new(Code::NotFound, message));
        }
        Wanted::Id(_) => files.truncate(1),
        Wanted::Kind(_) => {}
    }
    let mut found = Vec::new();
    for file in files {
        let Some(url) = text(file.attachment, "url") else {
            let mut error = Error::new(Code::CarrierResponse, "Apunto's reply has no `url` of the document");
            error.edit().raw = Some(file.attachment.clone());
            return Err(error);
        };
        let document = Document {
            content_type: text(file.attachment, "content_type"),
            size: decimal(file.attachment, "byte_size").and_then(|size| size.to_usize()),
            ..documents::at_url(file.kind, url.clone())
        };
        // Those that are saved are fetched one by one, when they are written: only one is in memory.
        let kept = request.save_to.is_some();
        found.push(if kept { document } else { documents::fetched(session, &document, &url).await? });
    }
    Ok(found)
}

#[cfg(test)]
#[path = "documents_tests.rs"]
mod tests;
