//! The table of Fruno's API, in the order of its API reference ("API del servicio de Logística de Fruno").
//! Names of fields and limits are the API reference's.

use crate::connector::endpoint::{Endpoint, Paging, delete, get, post, put};
use crate::model::shape::{Field, Kind, Shape, TEXT, opt, req};

const GUIDE_FIELD: Field = req("guía", Kind::Id, "the parcel's waybill number");
const GUIDE: &[Field] = &[GUIDE_FIELD];
const ADDRESS_ID: &[Field] = &[req("id", Kind::Id, "the address's id")];
/// Whole centimetres or grams: the API reference's samples have only whole numbers.
const WHOLE: Kind = Kind::Integer(1, 1_000_000_000);

/// One of a parcel's notices.
const NOTICE: Kind = Kind::Object(&NOTIFICATION);
static NOTIFICATION: Shape = Shape {
    name: "notificación",
    fields: &[
        req("correo", TEXT, "Correo electrónico"),
        opt("creado", Kind::Flag, "al crearse el paquete"),
        opt("recolectado", Kind::Flag, "al recolectarse en la dirección fuente"),
        opt("en_cedi", Kind::Flag, "al llegar al CEDI"),
        opt("en_tránsito", Kind::Flag, "cada vez que está en ruta"),
        opt("entregado", Kind::Flag, "al entregarse"),
        opt("cancelado", Kind::Flag, "al cancelarse"),
    ],
};

const ADDRESS_LIMITS: [Field; 6] = [
    opt("nombre", Kind::Text(40), "nombre significativo y único, de más de 4 caracteres"),
    opt("detalle", Kind::Text(200), "todas las señas para encontrar el lugar"),
    opt("teléfono1", Kind::Text(10), "teléfono asociado a la dirección"),
    opt("teléfono2", Kind::Text(10), "otro teléfono"),
    opt("correo", TEXT, "correo asociado con la dirección"),
    opt("referencia", Kind::Text(40), "libre para el cliente"),
];

const fn required(field: Field) -> Field {
    Field { required: true, ..field }
}

// "¿Cómo sé cuando ya no hay más ítems?": an empty list, or no `página`.
const PAGES_OF_ADDRESSES: Paging = Paging::Cursor { param: "pág_despues_de", next: "página", items: "direcciones" };
const PAGES_OF_PARCELS: Paging = Paging::Cursor { param: "pág_despues_de", next: "página", items: "paquetes" };
const CURSOR: Field = opt("pág_despues_de", TEXT, "`página` of the page before");

pub(super) const CONTRACTS_LIST: Endpoint = get("contracts.list", "/v1/contratos").lists("").source("Contratos: Lista");
pub(super) const ADDRESSES_LIST: Endpoint =
    get("addresses.list", "/v1/direcciones").query(&[CURSOR]).paging(PAGES_OF_ADDRESSES).source("Direcciones: Lista");
pub(super) const ADDRESSES_CREATE: Endpoint = post("addresses.create", "/v1/direcciones")
    .json(&[
        required(ADDRESS_LIMITS[0]),
        required(ADDRESS_LIMITS[1]),
        req("código_distrito", Kind::Text(10), "el código del distrito"),
        ADDRESS_LIMITS[2],
        ADDRESS_LIMITS[3],
        ADDRESS_LIMITS[4],
        ADDRESS_LIMITS[5],
    ])
    .holds(&["id"])
    .source("Direcciones: Crear");
pub(super) const ADDRESSES_GET: Endpoint = get("addresses.get", "/v1/direcciones/{id}")
    .path_fields(ADDRESS_ID)
    .holds(&["id", "nombre", "código_distrito"])
    .source("Direcciones: Consultar");
pub(super) const PARCELS_LIST: Endpoint = get("parcels.list", "/v1/paquetes")
    .query(&[
        opt("fecha", Kind::Date, "fecha de creación"),
        opt("estado", Kind::Choice(super::replies::STATES), "sólo los paquetes en este estado"),
        CURSOR,
    ])
    .paging(PAGES_OF_PARCELS)
    .source("Paquetes: Lista de paquetes");
pub(super) const PARCELS_STATUS: Endpoint = get("parcels.status", "/v1/paquetes/{guía}/estado")
    .path_fields(GUIDE)
    .holds(&["estado"])
    .source("Paquetes: Consultar estado");
pub(super) const PARCELS_CANCEL: Endpoint =
    put("parcels.cancel", "/v1/paquetes/{guía}/cancelar").path_fields(GUIDE).nothing().source("Paquetes: Cancelar");
pub(super) const PARCELS_CREATE: Endpoint = post("parcels.create", "/v1/paquetes")
    .json(&[
        req("alto", WHOLE, "centímetros"),
        req("ancho", WHOLE, "centímetros"),
        req("longitud", WHOLE, "centímetros"),
        req("id_dirección_fuente", Kind::Id, "ID de la dirección fuente"),
        req("id_dirección_destino", Kind::Id, "ID de la dirección destino"),
        req("peso_neto", WHOLE, "gramos"),
        opt("id_contrato", Kind::Id, "requerido si la lista de contratos no está vacía"),
        req("entregar_a", Kind::Text(40), "la persona que recibe el paquete"),
        opt("descripción", Kind::Text(150), "se incluye en el PDF"),
        opt("observaciones", Kind::Text(2000), "no se incluye en el PDF"),
        opt("referencia", Kind::Text(40), "campo de texto libre"),
        opt("etiquetas", Kind::List(&Kind::Text(20), 10), "datos extra"),
        opt("urgente", Kind::Flag, "implica un recargo en el precio"),
        opt("en_nombre_de_correo", Kind::Text(60), "la persona responsable en la empresa"),
        opt("notificaciones", Kind::List(&NOTICE, 3), "avisos por correo"),
    ])
    .shipment()
    .holds(&["guía"])
    .source("Paquetes: Crear");
pub(super) const PARCELS_GET: Endpoint = get("parcels.get", "/v1/paquetes/{guía}")
    .path_fields(GUIDE)
    .holds(&["guía", "estado"])
    .source("Paquetes: Información de un paquete");
pub(super) const PARCELS_LABEL: Endpoint = get("parcels.label", "/v1/paquetes/{guía}")
    .path_fields(GUIDE)
    .file("application/pdf")
    // "Otros": 102 while it is being made. Some servers send that alone, and the connection stays open.
    .patience(3)
    .source("Paquetes: Descargar PDF");
pub(super) const PARCELS_IMAGE: Endpoint = get("parcels.image", "/v1/paquetes/{guía}/imagenes/{id}")
    .path_fields(&[GUIDE_FIELD, req("id", Kind::Id, "the image's id")])
    .file("image/png, image/jpeg")
    .source("Paquetes: Imágenes");
pub(super) const PARCELS_COST: Endpoint = get("parcels.cost", "/v1/paquetes/costo")
    .query(&[
        req("alto", WHOLE, "centímetros"),
        req("ancho", WHOLE, "centímetros"),
        req("longitud", WHOLE, "centímetros"),
        opt("id_dirección_fuente", Kind::Id, "dirección fuente"),
        opt("id_dirección_destino", Kind::Id, "dirección destino"),
        opt("código_distrito_fuente", Kind::Id, "distrito fuente, en vez de la dirección (muestra en Python)"),
        opt("código_distrito_destino", Kind::Id, "distrito destino, en vez de la dirección (muestra en Python)"),
        req("gr_peso", WHOLE, "gramos"),
        opt("id_contrato", Kind::Id, "ID del contrato"),
    ])
    .content("")
    .source("Paquetes: Calcular estimado de costo");
pub(super) const EVENT_TYPES_LIST: Endpoint = get("event_types.list", "/v1/paquetes/tipo_eventos")
    .lists("tipo_eventos")
    .source("Eventos: Lista completa de eventos posibles");
pub(super) const PARCELS_EVENTS: Endpoint = get("parcels.events", "/v1/paquetes/{guía}/eventos")
    .path_fields(GUIDE)
    .lists("eventos")
    .source("Eventos de un paquete con su identificador único");

pub(super) const DISTRICTS_LIST: Endpoint =
    get("districts.list", "/v1/provincias/{código_provincia}/cantones/{código_cantón}/distritos")
        .path_fields(&[
            req("código_provincia", Kind::Id, "el código de la provincia del cantón"),
            req("código_cantón", Kind::Id, "el código del cantón"),
        ])
        .query(&[opt(
            "incluir",
            Kind::Choice(&["con-servicio", "sin-servicio", "todos"]),
            "con-servicio when left out",
        )])
        .lists("")
        .source("División territorial: Distritos");

/// Every operation of the API reference.
pub(super) static ENDPOINTS: &[Endpoint] = &[
    CONTRACTS_LIST,
    get("provinces.list", "/v1/provincias").lists("").source("División territorial: Provincias"),
    get("cantons.list", "/v1/provincias/{código_provincia}/cantones")
        .path_fields(&[req("código_provincia", Kind::Id, "el código de la provincia")])
        .lists("")
        .source("División territorial: Cantones"),
    DISTRICTS_LIST,
    get("districts.unserved", "/v1/distritos-sin-servicio")
        .lists("")
        .source("División territorial: Distritos sin servicio"),
    get("zones.unserved", "/v1/zonas-sin-servicio").lists("").source("División territorial: Zonas sin servicio"),
    ADDRESSES_LIST,
    ADDRESSES_CREATE,
    ADDRESSES_GET,
    put("addresses.update", "/v1/direcciones/{id}")
        .path_fields(ADDRESS_ID)
        .json(&ADDRESS_LIMITS)
        .source("Direcciones: Cambiar"),
    delete("addresses.delete", "/v1/direcciones/{id}").path_fields(ADDRESS_ID).source("Direcciones: Borrar"),
    PARCELS_LIST,
    PARCELS_STATUS,
    get("parcels.web_url", "/v1/paquetes/{guía}/url_consulta_web")
        .path_fields(GUIDE)
        .holds(&["url_consulta_web"])
        .source("Paquetes: URL para consulta en la Web"),
    PARCELS_CANCEL,
    PARCELS_CREATE,
    PARCELS_GET,
    PARCELS_LABEL,
    PARCELS_IMAGE,
    get("parcels.notifications", "/v1/paquetes/{guía}/notificaciones")
        .path_fields(GUIDE)
        .source("Paquetes: Lista de correos"),
    PARCELS_COST,
    EVENT_TYPES_LIST,
    PARCELS_EVENTS,
];
