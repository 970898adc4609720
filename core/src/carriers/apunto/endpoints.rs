//! The table of Apunto's API, in the order of its document ("API de Apunto"). Names of fields and lists of values
//! are the document's; an update takes what a create takes and the other attributes that the document shows.

use super::replies::pages;
use crate::connector::endpoint::{Endpoint, Paging, delete, get, patch, post, put};
use crate::model::shape::{Field, Kind, Shape, TEXT, opt, req};

/// "Operaciones: Valores Permitidos"
pub(super) const KINDS: &[&str] = &[
    "importation",
    "exportation",
    "domestic",
    "crosstrade",
    "transportation",
    "consulting",
    "export_trading_company",
    "import_trading_company",
];
pub(super) const MODES: &[&str] = &["land", "aerial", "maritime"];
const STATUSES: &[&str] = &["confirmed", "active", "finished", "closed", "canceled"];
/// "Servicios: Valores Permitidos"
const SERVICE_MODES: &[&str] = &["land", "aerial", "maritime", "customs"];
const SERVICE_STATUSES: &[&str] = &["active", "finished", "closed", "canceled"];
/// "Objeto Contact: Atributos", "Tipos de Dirección"
const CONTACT_KINDS: &[&str] = &["client", "supplier", "prospect", "carrier", "customs_agent"];
const ADDRESS_TYPES: &[&str] = &["billing", "shipping", "port", "customs", "airport", "general"];
const LIFE: &[&str] = &["active", "inactive"];

const TAGS: Kind = Kind::List(&TEXT, 1_000);
const COUNTRY: Field = opt("country", Kind::Capitals(2), "código de país (ISO 3166-1 alpha-2)");
const PAGE: Field = opt("page", Kind::Integer(1, 1_000_000_000), "número de página (1 when left out)");
const PER_PAGE: Field = opt("per_page", Kind::Integer(1, 100), "registros por página (25 when left out)");
const LIMIT: Field = opt("limit", Kind::Integer(1, 1_000), "número máximo de resultados (10 when left out)");
const STATUS_FILTER: Field = opt("status", Kind::Choice(&["all", "active", "inactive"]), "filtrar por estado");
const ID: Field = req("id", Kind::Id, "identificador único");

const fn numbered(items: &'static str) -> Paging {
    Paging::Numbered { page: "page", items, last: pages, size: Some("per_page") }
}

// ---- fields of the bodies: first what a create takes, of that first what it must have; then the other attributes

/// The first fields of an object, which a create takes; the first `required` of them it must have.
const fn new<const ALL: usize, const TAKEN: usize>(all: [Field; ALL], required: usize) -> [Field; TAKEN] {
    let mut taken = [ID; TAKEN];
    let mut index = 0;
    while index < TAKEN {
        taken[index] = Field { required: index < required, ..all[index] };
        index += 1;
    }
    taken
}

const NEW_OPERATION: [Field; 10] = new(OPERATION, 3);
const OPERATION: [Field; 13] = [
    opt("contact_code", TEXT, "código (alias) del contacto"),
    opt("kind", Kind::Choice(KINDS), "tipo de operación"),
    opt("mode", Kind::Choice(MODES), "modo de transporte"),
    opt("currency_code", Kind::Capitals(3), "código de moneda (MXN when left out)"),
    opt("operational_agent_email", TEXT, "email del agente operativo"),
    opt("client_ref", TEXT, "referencia del cliente"),
    opt("goods_description", TEXT, "descripción de mercancía"),
    opt("incoterm", TEXT, "INCOTERM"),
    opt("service_scope", TEXT, "alcance del servicio, como door_to_door o port_to_port"),
    opt("tag_list", TAGS, "lista de etiquetas"),
    opt("status", Kind::Choice(STATUSES), "estado"),
    opt("quote_external_id", TEXT, "identificador externo de la cotización"),
    opt("nomenclature", TEXT, "nomenclatura"),
];

const NEW_SERVICE: [Field; 10] = new(SERVICE, 2);
const SERVICE: [Field; 29] = [
    opt("operation_id", Kind::Id, "ID de la operación padre"),
    opt("mode", Kind::Choice(SERVICE_MODES), "modo de transporte"),
    opt("supplier_code", TEXT, "código (alias) del proveedor"),
    opt("service_agent_email", TEXT, "email del agente de servicio"),
    opt("shipment_type", Kind::Choice(&["fcl", "lcl", "air", "truck"]), "tipo de envío"),
    opt("shipment_kind", Kind::Choice(&["international", "domestic"]), "clase de envío"),
    opt("bl", TEXT, "Bill of Lading"),
    opt("booking", TEXT, "número de reserva"),
    opt("eta_date", Kind::Date, "fecha estimada de arribo"),
    opt("etd_date", Kind::Date, "fecha estimada de salida"),
    opt("status", Kind::Choice(SERVICE_STATUSES), "estado"),
    opt("pickup_date", Kind::Date, "fecha de recolección"),
    opt("delivery_date", Kind::Date, "fecha de entrega"),
    opt("guide_number", TEXT, "número de guía"),
    opt("flight_number", TEXT, "número de vuelo"),
    opt("awb_number", TEXT, "número de AWB"),
    opt("airline_name", TEXT, "aerolínea"),
    opt("shipping_line_name", TEXT, "naviera"),
    opt("customs_reference", TEXT, "referencia de aduana"),
    opt("dispatch_appointment_at", Kind::Instant, "cita de despacho"),
    opt("observations", TEXT, "observaciones"),
    opt("mbl", TEXT, "master BL"),
    opt("hbl", TEXT, "house BL"),
    opt("mawb", TEXT, "master AWB"),
    opt("hawb", TEXT, "house AWB"),
    opt("pedimento", TEXT, "pedimento"),
    opt("carta_porte", TEXT, "carta porte"),
    opt("manifiesto_carga", TEXT, "manifiesto de carga"),
    opt("tag_list", TAGS, "lista de etiquetas"),
];

/// A service among a create's `options`: its operation is the one that is being made.
pub(super) static SERVICE_OF_CREATE: Shape =
    Shape { name: "service", fields: (&NEW_SERVICE as &'static [Field]).split_at(1).1 };

const NEW_CONTACT: [Field; 9] = new(CONTACT, 3);
const CONTACT: [Field; 11] = [
    opt("name", TEXT, "nombre del contacto"),
    opt("alias", TEXT, "alias corto (sin espacios)"),
    opt("kind", Kind::List(&Kind::Choice(CONTACT_KINDS), 5), "tipos de contacto"),
    opt("identification", TEXT, "RFC o identificación fiscal"),
    opt("legal_name", TEXT, "razón social"),
    opt("email", TEXT, "correo electrónico"),
    opt("phone", TEXT, "teléfono"),
    opt("services", Kind::List(&Kind::Choice(SERVICE_MODES), 4), "servicios que ofrece o requiere"),
    opt("billing_address_attributes", Kind::Object(&BILLING), "dirección de facturación"),
    opt("status", Kind::Choice(LIFE), "estado"),
    opt("tags", TAGS, "etiquetas del contacto"),
];
static BILLING: Shape = Shape { name: "billing_address", fields: &ADDRESS };

const NEW_ADDRESS: [Field; 13] = new(ADDRESS, 8);
const ADDRESS: [Field; 14] = [
    opt("name", TEXT, "nombre de la ubicación"),
    opt("address_type", Kind::Choice(ADDRESS_TYPES), "tipo de dirección"),
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
    opt("status", Kind::Choice(LIFE), "estado"),
];

const CONTENT: Field = req("content", TEXT, "contenido del comentario");

const NEW_TO_DO: [Field; 5] = new(TO_DO, 1);
const TO_DO: [Field; 5] = [
    opt("title", TEXT, "título de la tarea"),
    opt("description", TEXT, "descripción detallada"),
    opt("start_at", Kind::Instant, "fecha de inicio"),
    opt("end_at", Kind::Instant, "fecha de fin"),
    opt("required", Kind::Flag, "si la tarea es requerida"),
];

// ---- operations that the unified methods use

pub(super) const LOGIN: Endpoint = post("auth.login", "/auth")
    .json(&[
        opt("email", TEXT, "correo electrónico del usuario; the account's when left out"),
        opt("password", TEXT, "contraseña del usuario; the account's when left out"),
        opt("otp_attempt", Kind::Text(100), "código OTP (si 2FA está activado)"),
    ])
    // Logging in twice gives two tokens, and harms nothing.
    .safe()
    .public()
    .holds(&["token"])
    .source("Autenticación: Login");
pub(super) const OPERATIONS_LIST: Endpoint = get("operations.list", "/operations")
    .query(&[PAGE, PER_PAGE])
    .paging(numbered("operations"))
    .source("Operaciones: Listar Operaciones");
pub(super) const OPERATIONS_GET: Endpoint = get("operations.get", "/operations/{id}")
    .path_fields(&[ID])
    .holds(&["operation.id", "operation.identification", "operation.status", "id"])
    .source("Operaciones: Obtener una Operación");
pub(super) const OPERATIONS_CREATE: Endpoint = post("operations.create", "/operations")
    .wrapped("operation", &NEW_OPERATION)
    .shipment()
    .holds(&["operation.id", "id"])
    .source("Operaciones: Crear Operación");
pub(super) const OPERATIONS_UPDATE: Endpoint = put("operations.update", "/operations/{id}")
    .path_fields(&[ID])
    .wrapped("operation", &OPERATION)
    .holds(&["operation", "id"])
    .source("Operaciones: Actualizar Operación");
pub(super) const SERVICES_GET: Endpoint = get("services.get", "/services/{id}")
    .path_fields(&[ID])
    .holds(&["service", "id"])
    .source("Servicios: Obtener un Servicio");
pub(super) const SERVICES_CREATE: Endpoint = post("services.create", "/services")
    .wrapped("service", &NEW_SERVICE)
    .holds(&["service.id", "id"])
    .source("Servicios: Crear Servicio");
pub(super) const CONTACTS_LIST: Endpoint = get("contacts.list", "/contacts")
    .query(&[
        PAGE,
        PER_PAGE,
        opt("kind", Kind::Choice(CONTACT_KINDS), "filtrar por tipo"),
        STATUS_FILTER,
        opt("search", TEXT, "búsqueda por nombre, alias o identificación"),
    ])
    .paging(numbered("contacts"))
    .source("Contactos: Listar Contactos");

// ---- the table

const OWN: [Endpoint; 21] = [
    LOGIN,
    OPERATIONS_LIST,
    OPERATIONS_GET,
    OPERATIONS_CREATE,
    OPERATIONS_UPDATE,
    delete("operations.delete", "/operations/{id}").path_fields(&[ID]).source("Operaciones: Eliminar Operación"),
    get("services.list", "/services")
        .query(&[PAGE, PER_PAGE])
        .paging(numbered("services"))
        .source("Servicios: Listar Servicios"),
    SERVICES_GET,
    SERVICES_CREATE,
    put("services.update", "/services/{id}")
        .path_fields(&[ID])
        .wrapped("service", &SERVICE)
        .source("Servicios: Actualizar Servicio"),
    delete("services.delete", "/services/{id}").path_fields(&[ID]).source("Servicios: Eliminar Servicio"),
    CONTACTS_LIST,
    get("contacts.get", "/contacts/{id}").path_fields(&[ID]).source("Contactos: Obtener un Contacto Específico"),
    post("contacts.create", "/contacts").wrapped("contact", &NEW_CONTACT).source("Contactos: Crear un Contacto"),
    patch("contacts.update", "/contacts/{id}")
        .path_fields(&[ID])
        .wrapped("contact", &CONTACT)
        .source("Contactos: Actualizar un Contacto"),
    get("contacts.search", "/contacts/search")
        .query(&[
            opt("q", TEXT, "término de búsqueda"),
            opt("kind", Kind::Choice(CONTACT_KINDS), "filtrar por tipo"),
            LIMIT,
        ])
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
            opt("type", Kind::Choice(ADDRESS_TYPES), "filtrar por tipo de dirección"),
            COUNTRY,
            LIMIT,
        ])
        .source("Direcciones: Búsqueda de Direcciones"),
];

/// Comments and tasks are documented once, for the three parents that they are nested under.
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
        [
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
            put(concat!($parent, ".to_dos.update"), ONE_TO_DO)
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

const NESTED: [[Endpoint; 11]; 3] =
    [nested!("operations", "operation_id"), nested!("services", "service_id"), nested!("contacts", "contact_id")];

const fn joined() -> [Endpoint; 54] {
    let mut all = [LOGIN; 54];
    let mut index = 0;
    while index < all.len() {
        all[index] =
            if index < OWN.len() { OWN[index] } else { NESTED[(index - OWN.len()) / 11][(index - OWN.len()) % 11] };
        index += 1;
    }
    all
}

/// Every operation of the document.
pub(super) static ENDPOINTS: &[Endpoint] = &joined();
