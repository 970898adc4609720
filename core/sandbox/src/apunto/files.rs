//! Folders, attachments, and the way from an attachment's `url` to its bytes. Not for reading multipart (`multipart`).

use super::super::util::{page_place, page_token};
use super::super::{Request, Response};
use super::check::number;
use super::refusal::{BLANK, MUST_EXIST, NOT_LISTED, Refusal, TOO_LARGE};
use super::settings::Redirect;
use super::shape::{Shaper, instant};
use super::store::{Data, Parent, Row};
use super::table::Resource;
use super::{Apunto, multipart};
use serde_json::{Value, json};

/// 25 MB.
const MOST_BYTES: usize = 26_214_400;
/// The root folder of what is uploaded without one.
const UNSORTED: &str = "Gmail";

const BLOB: &str = "/rails/active_storage/blobs/redirect/";
/// The storage on the carrier's own host, and another one.
const DISK: &str = "/rails/active_storage/disk/";
const BUCKET: &str = "/bucket/";

const KINDS: [(&str, &str); 2] = [("Operation", "operations"), ("Service", "services")];

/// The folders of an operation or a service with all that is in them. A list has all of an attachment, another object a part.
pub(super) fn tree(shaper: &Shaper<'_>, resource: &'static str, id: u64, whole: bool) -> Value {
    branch(shaper, Some((resource, id)), None, whole)
}

fn branch(shaper: &Shaper<'_>, parent: Parent, above: Option<u64>, whole: bool) -> Value {
    let folders = shaper.store.under("folders", parent).filter(|row| row.id("parent_id") == above);
    folders.map(|row| folder(shaper, row, whole)).collect()
}

fn folder(shaper: &Shaper<'_>, row: &Row, whole: bool) -> Value {
    let files = || shaper.store.under("attachments", Some(("folders", row.id)));
    let attachments: Value = files().map(|file| attachment(shaper, file, whole)).collect();
    json!({
        "id": row.id, "name": row.text("name"), "parent_id": row.id("parent_id"), "files_count": files().count(),
        "attachments": attachments, "children": branch(shaper, row.parent, Some(row.id), whole),
    })
}

fn attachment(shaper: &Shaper<'_>, row: &Row, whole: bool) -> Value {
    let filename = row.text("filename");
    let end = match i64::try_from(shaper.settings.url_seconds) {
        Ok(life) if life > 0 => shaper.now.as_second() + life,
        _ => i64::MAX,
    };
    let signed = format!("{}--{}", page_token(row.id), page_token(end.unsigned_abs()));
    let url = format!("http://{}{BLOB}{signed}/{}", shaper.host, encoded(filename));
    let (size, kind) = (&row.data["byte_size"], row.text("content_type"));
    if whole {
        json!({
            "id": row.id, "blob_id": row.id("blob_id"), "filename": filename, "byte_size": size, "content_type": kind,
            "created_at": instant(row.created), "url": url,
        })
    } else {
        json!({"id": row.id, "filename": filename, "byte_size": size, "content_type": kind, "url": url})
    }
}

/// A name as it stands in a path.
fn encoded(name: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

impl Apunto {
    /// `{folderable, folders}`: the list isn't paged.
    pub(super) fn folders(&self, parent: Parent) -> Response {
        let Some((resource, id)) = parent else {
            return Response::json(200, &json!({"folders": []}));
        };
        let kind = KINDS.iter().find(|(_, name)| *name == resource).map(|(kind, _)| *kind);
        let folders = tree(&self.shaper(), resource, id, true);
        Response::json(200, &json!({"folderable": {"type": kind, "id": id}, "folders": folders}))
    }

    pub(super) fn upload(&mut self, resource: &'static Resource, request: &Request) -> Result<Response, Refusal> {
        let kind = request.header("content-type").unwrap_or_default();
        let parts = multipart::parts(kind, &request.body)?;
        let part = |name: &str| parts.iter().find(|part| part.name == name);
        let text = |name: &str| part(name).map(multipart::Part::text).filter(|text| !text.trim().is_empty());
        let file = part("file").and_then(|part| part.filename.as_ref().map(|name| (part, name)));
        let (file, filename) =
            file.filter(|(_, name)| !name.is_empty()).ok_or_else(|| Refusal::field("file", BLANK))?;
        if parts.iter().filter(|part| part.filename.is_some()).count() > 1 {
            return Err(Refusal::field("file", "debe ser uno solo"));
        }
        if file.data.len() > MOST_BYTES {
            return Err(Refusal::field("file", TOO_LARGE));
        }
        let type_ = text("folderable_type").ok_or_else(|| Refusal::field("folderable_type", BLANK))?;
        let known = KINDS.iter().find(|(kind, _)| *kind == type_);
        let (type_, parent_name) = known.ok_or_else(|| Refusal::field("folderable_type", NOT_LISTED))?;
        let id = text("folderable_id").ok_or_else(|| Refusal::field("folderable_id", BLANK))?;
        let id: Option<u64> = id.trim().parse().ok();
        let owner = id.filter(|id| self.store.get(parent_name, *id).is_some());
        let owner = owner.ok_or_else(|| Refusal::field("folderable_id", MUST_EXIST))?;
        let parent = Some((*parent_name, owner));
        let folder = match text("parent_folder_id") {
            Some(id) => {
                let id: Option<u64> = id.trim().parse().ok();
                let row = id.and_then(|id| self.store.get("folders", id)).filter(|row| row.parent == parent);
                row.ok_or_else(|| Refusal::field("parent_folder_id", MUST_EXIST))?.id
            }
            None => self.unsorted(parent),
        };
        let kind = file.content_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
        let mut data = Data::new();
        data.insert("filename".into(), filename.as_str().into());
        data.insert("content_type".into(), kind.into());
        data.insert("byte_size".into(), file.data.len().into());
        data.insert("blob_id".into(), self.store.next_id().into());
        for name in ["source_url", "source_message"] {
            data.insert(name.into(), text(name).into());
        }
        let id = self.store.insert(resource, Some(("folders", folder)), data, self.now);
        self.store.files.insert(id, file.data.to_vec());
        let folder_name = self.store.get("folders", folder).map_or("", |row| row.text("name"));
        let made = json!({
            "id": id, "filename": filename, "folder_id": folder, "folder_name": folder_name,
            "folderable_type": type_, "folderable_id": owner,
        });
        let body = json!({"success": true, "attachment": made, "message": resource.words.created});
        Ok(Response::json(201, &body))
    }

    fn unsorted(&mut self, parent: Parent) -> u64 {
        let found =
            self.store.under("folders", parent).find(|row| row.id("parent_id").is_none() && row.is("name", UNSORTED));
        if let (None, Some(resource)) = (found, Resource::named("folders")) {
            let data = Data::from_iter([("name".to_owned(), UNSORTED.into())]);
            return self.store.insert(resource, parent, data, self.now);
        }
        found.map_or(0, |row| row.id)
    }

    /// A folder's own parent must be a folder of the same operation or service.
    pub(super) fn check_folder(&self, parent: Parent, kept: &Data) -> Result<(), Refusal> {
        let above = kept.get("parent_id").and_then(number);
        let row = above.and_then(|id| self.store.get("folders", id));
        match row {
            Some(row) if row.parent != parent => Err(Refusal::field("parent_id", MUST_EXIST)),
            _ => Ok(()),
        }
    }

    /// What lies outside the API's base path: attachments, and the storage that they are redirected to.
    pub(super) fn download(&mut self, request: &Request) -> Option<Result<Response, Refusal>> {
        if request.method != "GET" {
            return None;
        }
        let path = request.raw_path.as_str();
        if let Some(signed) = path.strip_prefix(BLOB) {
            return Some(self.redirect(signed, request));
        }
        // A storage knows its own signature and refuses another credential beside it.
        if let Some(signed) = path.strip_prefix(BUCKET) {
            if request.header("authorization").is_some() {
                let body =
                    b"<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>";
                return Some(Ok(Response::bytes(400, "application/xml", body.to_vec())));
            }
            return Some(self.stored(signed));
        }
        path.strip_prefix(DISK).map(|signed| self.stored(signed))
    }

    fn redirect(&mut self, signed: &str, request: &Request) -> Result<Response, Refusal> {
        if self.settings.download_token {
            self.authenticate(request)?;
        }
        let (rest, again) = match signed.strip_prefix("again/") {
            Some(rest) => (rest, true),
            None => (signed, false),
        };
        let host = self.host.clone();
        let to = match &self.settings.download_redirect {
            Redirect::None => return self.stored(rest),
            Redirect::SameHost => format!("http://{host}{DISK}{rest}"),
            Redirect::Twice if !again => format!("http://{host}{BLOB}again/{rest}"),
            Redirect::OtherHost | Redirect::Twice => format!("http://{}{BUCKET}{rest}", other_name(&host)),
            Redirect::To(base) => format!("{base}{BUCKET}{rest}"),
        };
        self.attachment_of(rest)?;
        Ok(Response::new(302).with("Location", to))
    }

    /// The attachment that a signed path names, while it lives.
    fn attachment_of(&self, signed: &str) -> Result<&Row, Refusal> {
        let missing = || Refusal::NotFound("No se encontró el archivo solicitado");
        let token = signed.split('/').next().unwrap_or_default();
        let (id, end) = token.split_once("--").ok_or_else(missing)?;
        let end = page_place(end).ok_or_else(missing)?;
        if self.now.as_second().unsigned_abs() >= end {
            return Err(missing());
        }
        page_place(id).and_then(|id| self.store.get("attachments", id)).ok_or_else(missing)
    }

    fn stored(&self, signed: &str) -> Result<Response, Refusal> {
        let row = self.attachment_of(signed)?;
        let bytes = self.store.files.get(&row.id).cloned().unwrap_or_default();
        let name = encoded(row.text("filename"));
        let disposition = format!("inline; filename=\"{name}\"; filename*=UTF-8''{name}");
        Ok(Response::bytes(200, row.text("content_type"), bytes).with("Content-Disposition", disposition))
    }
}

/// Another name for the same simulator.
fn other_name(host: &str) -> String {
    match host.strip_prefix("localhost") {
        Some(port) => format!("127.0.0.1{port}"),
        None => format!("localhost{}", host.rfind(':').map_or("", |at| &host[at..])),
    }
}
