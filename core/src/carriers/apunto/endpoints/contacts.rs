//! Contacts and addresses. Theirs are the only objects that come without a name of their own around them.

use super::{CONTACT_KIND_LIST, CONTACT_KINDS, ID, PAGE, PER_PAGE, SERVICE_LIST, TAG_LIST, new, numbered};
use crate::connector::endpoint::{Endpoint, get, patch, post};
use crate::model::shape::{Field, Kind, Shape, TEXT, opt};

/// "Tipos de Dirección"
const ADDRESS_TYPES: Kind = Kind::Choice(&["billing", "shipping", "port", "customs", "airport", "general"]);
const LIFE: Kind = Kind::Choice(&["active", "inactive"]);
const STATUS_FILTER: Field = opt("status", Kind::Choice(&["all", "active", "inactive"]), "filtrar por estado");
const COUNTRY: Field = opt("country", Kind::Capitals(2), "código de país (ISO 3166-1 alpha-2)");
const LIMIT: Field = opt("limit", Kind::Integer(1, 1_000), "número máximo de resultados (10 when left out)");

const NEW_CONTACT: [Field; 9] = new(CONTACT, 3);
const CONTACT: [Field; 11] = [
    opt("name", TEXT, "nombre del contacto"),
    opt("alias", TEXT, "alias corto (sin espacios)"),
    opt("kind", CONTACT_KIND_LIST, "tipos de contacto"),
    opt("identification", TEXT, "RFC o identificación fiscal"),
    opt("legal_name", TEXT, "razón social"),
    opt("email", TEXT, "correo electrónico"),
    opt("phone", TEXT, "teléfono"),
    opt("services", SERVICE_LIST, "servicios que ofrece o requiere"),
    opt("billing_address_attributes", Kind::Object(&BILLING), "dirección de facturación"),
    opt("status", LIFE, "estado"),
    opt("tags", TAG_LIST, "etiquetas del contacto"),
];
static BILLING: Shape = Shape { name: "billing_address", fields: &ADDRESS };

const NEW_ADDRESS: [Field; 13] = new(ADDRESS, 8);
const ADDRESS: [Field; 14] = [
    opt("name", TEXT, "nombre de la ubicación"),
    opt("address_type", ADDRESS_TYPES, "tipo de dirección"),
    opt("street", TEXT, "calle"),
    opt("neighborhood", TEXT, "colonia"),
    opt("city", TEXT, "ciudad"),
    opt("state", TEXT, "estado"),
    opt("postal_code", TEXT, "código postal"),
    COUNTRY,
    opt("alias", TEXT, "alias corto"),
    opt("outdoor_number", TEXT, "número exterior"),
    opt("internal_number", TEXT, "número interior"),
    opt("description", Kind::Text(255), "descripción"),
    opt("contact_information", Kind::Text(255), "contacto en la ubicación"),
    opt("status", LIFE, "estado"),
];

pub(in super::super) const CONTACTS_LIST: Endpoint = get("contacts.list", "/contacts")
    .query(&[
        PAGE,
        PER_PAGE,
        opt("kind", CONTACT_KINDS, "filtrar por tipo"),
        STATUS_FILTER,
        opt("search", TEXT, "búsqueda por nombre, alias o identificación"),
    ])
    .paging(numbered("contacts"))
    .source("Contactos: Listar Contactos");

pub(super) const ENDPOINTS: &[Endpoint] = &[
    CONTACTS_LIST,
    get("contacts.get", "/contacts/{id}").path_fields(&[ID]).source("Contactos: Obtener un Contacto Específico"),
    post("contacts.create", "/contacts").wrapped("contact", &NEW_CONTACT).source("Contactos: Crear un Contacto"),
    patch("contacts.update", "/contacts/{id}")
        .path_fields(&[ID])
        .wrapped("contact", &CONTACT)
        .source("Contactos: Actualizar un Contacto"),
    get("contacts.search", "/contacts/search")
        .query(&[opt("q", TEXT, "término de búsqueda"), opt("kind", CONTACT_KINDS, "filtrar por tipo"), LIMIT])
        .source("Contactos: Búsqueda Rápida de Contactos"),
    get("addresses.list", "/addresses")
        .query(&[
            PAGE,
            PER_PAGE,
            opt(
                "address_type",
                Kind::Choice(&["all", "billing", "shipping", "port", "customs", "airport", "general"]),
                "filtrar por tipo de dirección",
            ),
            STATUS_FILTER,
            opt("city", TEXT, "filtrar por ciudad"),
            COUNTRY,
            opt("search", TEXT, "búsqueda por nombre o alias"),
        ])
        .paging(numbered("addresses"))
        .source("Direcciones: Listar Direcciones"),
    get("addresses.get", "/addresses/{id}").path_fields(&[ID]).source("Direcciones: Obtener una Dirección Específica"),
    post("addresses.create", "/addresses").wrapped("address", &NEW_ADDRESS).source("Direcciones: Crear una Dirección"),
    patch("addresses.update", "/addresses/{id}")
        .path_fields(&[ID])
        .wrapped("address", &ADDRESS)
        .source("Direcciones: Actualizar una Dirección"),
    // Its list says `address_type` for what its search calls `type`.
    get("addresses.search", "/addresses/search")
        .query(&[
            opt("q", TEXT, "término de búsqueda"),
            opt("type", ADDRESS_TYPES, "filtrar por tipo de dirección"),
            COUNTRY,
            LIMIT,
        ])
        .source("Direcciones: Búsqueda de Direcciones"),
];
