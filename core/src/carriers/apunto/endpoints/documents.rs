//! Folders of operations and services, and the files in them.

use super::{ID, JULY};
use crate::connector::endpoint::{Endpoint, delete, get, patch, post};
use crate::connector::upload::FILE;
use crate::model::shape::{Field, Kind, TEXT, opt, req};

/// "25 MB", one file a request.
pub(super) const UPLOAD_LIMIT: usize = 26_214_400;

macro_rules! folders {
    ($parent:literal, $parent_id:literal) => {{
        const PARENT: &[Field] = &[req($parent_id, Kind::Id, "ID del recurso padre")];
        const FOLDERS: &str = concat!("/", $parent, "/{", $parent_id, "}/folders");
        &[
            get(concat!($parent, ".folders.list"), FOLDERS)
                .alias("folders.list")
                .path_fields(PARENT)
                .lists("folders")
                .source($parent)
                .since(JULY),
            post(concat!($parent, ".folders.create"), FOLDERS)
                .alias("folders.create")
                .path_fields(PARENT)
                .wrapped(
                    "folder",
                    &[
                        req("name", TEXT, "nombre de la carpeta"),
                        opt("parent_id", Kind::Id, "ID de la carpeta superior, of the same parent"),
                    ],
                )
                .unshown()
                .source($parent)
                .since(JULY),
        ]
    }};
}

pub(super) const OF_OPERATIONS: &[Endpoint] = folders!("operations", "operation_id");
pub(super) const OF_SERVICES: &[Endpoint] = folders!("services", "service_id");
pub(in super::super) const OPERATION_FOLDERS: Endpoint = OF_OPERATIONS[0];
pub(in super::super) const SERVICE_FOLDERS: Endpoint = OF_SERVICES[0];

const UPLOAD: &[Field] = &[
    req("file", Kind::Object(&FILE), "el archivo, of at most 26,214,400 bytes"),
    req("folderable_type", Kind::Choice(&["Operation", "Service"]), "a qué pertenece"),
    req("folderable_id", Kind::Id, "ID de la operación o del servicio"),
    opt("parent_folder_id", Kind::Id, "ID de la carpeta (one named Gmail when left out)"),
    opt("source_url", TEXT, "URL de origen"),
    opt("source_message", TEXT, "mensaje de origen"),
];

pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("attachments.create", "/attachments")
        .multipart(UPLOAD, UPLOAD_LIMIT)
        .holds(&["attachment", "id"])
        .source("attachments")
        .since(JULY),
    patch("attachments.update", "/attachments/{id}")
        .path_fields(&[ID])
        .json(&[opt("filename", TEXT, "nombre del archivo")])
        .source("attachments")
        .since(JULY),
    // By its `id`, not by its `blob_id`.
    delete("attachments.delete", "/attachments/{id}").path_fields(&[ID]).source("attachments").since(JULY),
];
