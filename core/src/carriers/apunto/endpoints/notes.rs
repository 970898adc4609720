//! Comments and tasks, documented once for the three parents that they are nested under.

use super::{ID, PAGE, PER_PAGE, new, numbered};
use crate::connector::endpoint::{Endpoint, delete, get, post, put};
use crate::model::shape::{Field, Kind, TEXT, opt, req};

const CONTENT: Field = req("content", TEXT, "contenido del comentario");

const NEW_TO_DO: [Field; 5] = new(TO_DO, 1);
const TO_DO: [Field; 6] = [
    opt("title", TEXT, "título de la tarea"),
    opt("description", TEXT, "descripción detallada"),
    opt("start_at", Kind::Instant, "fecha de inicio"),
    opt("end_at", Kind::Instant, "fecha de fin"),
    opt("required", Kind::Flag, "si la tarea es requerida"),
    opt("completed", Kind::Flag, "false undoes a completion"),
];

macro_rules! nested {
    ($parent:literal, $parent_id:literal) => {{
        const OF: Field = req($parent_id, Kind::Id, "ID del recurso padre");
        const PARENT: &[Field] = &[OF];
        const ITEM: &[Field] = &[OF, ID];
        const MESSAGES: &str = concat!("/", $parent, "/{", $parent_id, "}/messages");
        const MESSAGE: &str = concat!("/", $parent, "/{", $parent_id, "}/messages/{id}");
        const TO_DOS: &str = concat!("/", $parent, "/{", $parent_id, "}/to_dos");
        const ONE_TO_DO: &str = concat!("/", $parent, "/{", $parent_id, "}/to_dos/{id}");
        const COMPLETE: &str = concat!("/", $parent, "/{", $parent_id, "}/to_dos/{id}/complete");
        &[
            get(concat!($parent, ".messages.list"), MESSAGES)
                .alias("messages.list")
                .path_fields(PARENT)
                .query(&[PAGE, PER_PAGE])
                .paging(numbered("messages"))
                .source("Comentarios: Listar Comentarios"),
            get(concat!($parent, ".messages.get"), MESSAGE)
                .alias("messages.get")
                .path_fields(ITEM)
                .source("Comentarios: Obtener un Comentario"),
            post(concat!($parent, ".messages.create"), MESSAGES)
                .alias("messages.create")
                .path_fields(PARENT)
                .wrapped("message", &[CONTENT])
                .source("Comentarios: Crear Comentario"),
            put(concat!($parent, ".messages.update"), MESSAGE)
                .alias("messages.update")
                .path_fields(ITEM)
                .wrapped("message", &[CONTENT])
                .source("Comentarios: Actualizar Comentario"),
            delete(concat!($parent, ".messages.delete"), MESSAGE)
                .alias("messages.delete")
                .path_fields(ITEM)
                .source("Comentarios: Eliminar Comentario"),
            get(concat!($parent, ".to_dos.list"), TO_DOS)
                .alias("to_dos.list")
                .path_fields(PARENT)
                .query(&[PAGE, PER_PAGE, opt("completed", Kind::Flag, "filtrar por estado")])
                .paging(numbered("to_dos"))
                .source("Tareas: Listar Tareas"),
            get(concat!($parent, ".to_dos.get"), ONE_TO_DO)
                .alias("to_dos.get")
                .path_fields(ITEM)
                .source("Tareas: Obtener una Tarea"),
            post(concat!($parent, ".to_dos.create"), TO_DOS)
                .alias("to_dos.create")
                .path_fields(PARENT)
                .wrapped("to_do", &NEW_TO_DO)
                .source("Tareas: Crear Tarea"),
            // PUT by the page on tasks, PATCH by the one on operations.
            put(concat!($parent, ".to_dos.update"), ONE_TO_DO)
                .also("PATCH")
                .alias("to_dos.update")
                .path_fields(ITEM)
                .wrapped("to_do", &TO_DO)
                .source("Tareas: Actualizar Tarea"),
            // Completing twice is one change.
            post(concat!($parent, ".to_dos.complete"), COMPLETE)
                .alias("to_dos.complete")
                .path_fields(ITEM)
                .repeatable()
                .source("Tareas: Marcar como Completada"),
            delete(concat!($parent, ".to_dos.delete"), ONE_TO_DO)
                .alias("to_dos.delete")
                .path_fields(ITEM)
                .source("Tareas: Eliminar Tarea"),
        ]
    }};
}

pub(super) const OF_OPERATIONS: &[Endpoint] = nested!("operations", "operation_id");
pub(super) const OF_SERVICES: &[Endpoint] = nested!("services", "service_id");
pub(super) const OF_CONTACTS: &[Endpoint] = nested!("contacts", "contact_id");
