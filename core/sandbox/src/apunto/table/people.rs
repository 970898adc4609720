//! Contacts, addresses, and what is said and asked about anything: comments and tasks.

use super::forwarding::SERVICE_MODES;
use super::{Field, Kind, Match, PLAIN, Resource, SILENT, Words, may, must, named};
use serde_json::json;

const LIFE: &[&str] = &["active", "inactive"];
pub(super) const CONTACT_KINDS: &[&str] = &["client", "supplier", "prospect", "carrier", "customs_agent"];
const ADDRESS_TYPES: &[&str] = &["billing", "shipping", "port", "customs", "airport", "general"];

/// `billing_address_attributes`. The API reference's own samples leave out what an address by itself must have.
pub(in super::super) const BILLING: &[Field] = &[
    may("street", Kind::Text),
    may("city", Kind::Text),
    may("state", Kind::Text),
    may("postal_code", Kind::Text),
    may("country", Kind::Country),
    may("address_type", Kind::One(ADDRESS_TYPES)),
];

pub(super) static CONTACTS: Resource = Resource {
    name: "contacts",
    key: "contact",
    one: "contact",
    many: "contacts",
    bare: true,
    fields: &[
        must("name", Kind::Text),
        must("alias", Kind::Alias),
        must("kind", Kind::Many(CONTACT_KINDS)),
        may("identification", Kind::Text),
        may("legal_name", Kind::Text),
        may("email", Kind::Email),
        may("phone", Kind::Text),
        may("services", Kind::Many(SERVICE_MODES)),
        may("status", Kind::One(LIFE)),
        named("billing_address_attributes", "billing_address", Kind::Address),
        may("tags", Kind::Tags),
    ],
    defaults: || json!({"status": "active", "services": [], "tags": []}),
    listed: "id name alias kind status",
    // The object as the API reference defines it; its sample of a single contact leaves some of these out.
    shown: "id name alias identification legal_name kind services email phone status billing_address \
        tags created_at",
    created: "id name alias kind status created_at",
    updated: "id name",
    filters: &[
        ("kind", Match::Is("kind")),
        ("status", Match::Is("status")),
        ("search", Match::In(&["name", "alias", "identification"])),
    ],
    search: &[("q", Match::In(&["name", "alias", "identification"])), ("kind", Match::Is("kind"))],
    words: Words { missing: "No se encontró el contacto solicitado", ..SILENT },
    ..PLAIN
};

pub(super) static ADDRESSES: Resource = Resource {
    name: "addresses",
    key: "address",
    one: "address",
    many: "addresses",
    bare: true,
    fields: &[
        must("name", Kind::Text),
        must("address_type", Kind::One(ADDRESS_TYPES)),
        must("street", Kind::Text),
        must("neighborhood", Kind::Text),
        must("city", Kind::Text),
        must("state", Kind::Text),
        must("postal_code", Kind::Text),
        must("country", Kind::Country),
        may("alias", Kind::Text),
        may("outdoor_number", Kind::Text),
        may("internal_number", Kind::Text),
        may("description", Kind::Short(255)),
        may("contact_information", Kind::Short(255)),
        may("status", Kind::One(LIFE)),
    ],
    defaults: || json!({"status": "active"}),
    listed: "id name alias address_type city status",
    shown: "id name alias address_type status street outdoor_number internal_number neighborhood \
        city state postal_code country full_address description contact_information created_at",
    created: "id name alias address_type city status created_at",
    updated: "id name",
    filters: &[
        ("address_type", Match::Is("address_type")),
        ("status", Match::Is("status")),
        ("city", Match::Is("city")),
        ("country", Match::Is("country")),
        ("search", Match::In(&["name", "alias"])),
    ],
    // Its list says `address_type` for what its search calls `type`.
    search: &[
        ("q", Match::In(&["name", "alias", "city"])),
        ("type", Match::Is("address_type")),
        ("country", Match::Is("country")),
    ],
    words: Words { missing: "No se encontró la dirección solicitada", ..SILENT },
    ..PLAIN
};

const MESSAGE: &str = "id content owner edited created_at updated_at";

pub(super) static MESSAGES: Resource = Resource {
    name: "messages",
    key: "message",
    one: "message",
    many: "messages",
    fields: &[must("content", Kind::Text)],
    defaults: || json!({"edited": false, "owner": {"email": "usuario@apunto.com", "name": "Juan Pérez"}}),
    listed: MESSAGE,
    shown: MESSAGE,
    created: MESSAGE,
    updated: "id content edited",
    words: Words {
        deleted: "Comentario eliminado exitosamente",
        missing: "No se encontró el comentario solicitado",
        ..SILENT
    },
    ..PLAIN
};

pub(super) static TO_DOS: Resource = Resource {
    name: "to_dos",
    key: "to_do",
    one: "to_do",
    many: "to_dos",
    fields: &[
        must("title", Kind::Text),
        may("description", Kind::Text),
        may("start_at", Kind::Moment),
        may("end_at", Kind::Moment),
        may("required", Kind::Flag),
        // Only an update takes it: `false` takes a completion back.
        may("completed", Kind::Flag),
    ],
    defaults: || {
        json!({
            "completed": false, "rejected": false, "required": false,
            "owner": {"email": "operador@apunto.com", "name": "Carlos Ramírez"},
        })
    },
    listed: "id title start_at end_at completed rejected required completed_at owner completed_by \
        created_at updated_at",
    // `description` is among the attributes and in no sample: it has to come back somewhere.
    shown: "id title description start_at end_at completed rejected required completed_at owner \
        completed_by created_at updated_at",
    created: "id title start_at end_at completed rejected required completed_at owner completed_by \
        created_at",
    updated: "id title",
    filters: &[("completed", Match::Is("completed"))],
    words: Words { deleted: "Tarea eliminada exitosamente", missing: "No se encontró la tarea solicitada", ..SILENT },
    ..PLAIN
};
