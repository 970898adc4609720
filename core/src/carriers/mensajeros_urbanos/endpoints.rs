//! The table of Mensajeros Urbanos' API, in the order of its API reference. Names of fields are the API reference's.

use crate::connector::endpoint::{Endpoint, Paging, post};
use crate::connector::lenient::decimal;
use crate::json::Value;
use crate::model::shape::{COUNT, Field, Kind, Shape, TEXT, opt, req};

/// The carrier's numbers: ids of users, cities and kinds.
const NUMBER: Kind = Kind::Integer(1, 9_007_199_254_740_991);
const USER: Field = opt("id_user", NUMBER, "ID de usuario; the account's `user_id` when left out");
const SERVICE: Field = req("type_service", NUMBER, "Tipo de servicio");
const ROUND_TRIP: Field = req("roundtrip", Kind::Integer(0, 1), "Ida y vuelta: 1 = Si, 0 = No");
const CITY: Field =
    req("city", NUMBER, "Ciudad: 1 = Bogotá, 2 = Cali, 3 = Medellín, 4 = Barranquilla, 5 = Villavicencio");

/// Where a point is; both services have these.
const TYPE: Field = req("type", Kind::Integer(0, 1), "0 = Recogida, 1 = Entrega; the samples write it as text");
const ID_POINT: Field = opt("id_point", Kind::Id, "Id del punto");
const LNG: Field = opt("lng", Kind::SignedDecimal, "longitud; the samples write it as text");
const LAT: Field = opt("lat", Kind::SignedDecimal, "latitud; the samples write it as text");
const ADDRESS: Field = req("address", TEXT, "Dirección");
const CITY_NAME: Field = req("city", TEXT, "Ciudad");

const QUOTED_POINT: Kind = Kind::Object(&QUOTED);
static QUOTED: Shape = Shape { name: "coordinate", fields: &[TYPE, ID_POINT, LNG, LAT, ADDRESS, CITY_NAME] };

const ORDERED_POINT: Kind = Kind::Object(&ORDERED);
static ORDERED: Shape = Shape {
    name: "coordinate",
    fields: &[
        TYPE,
        ID_POINT,
        LNG,
        LAT,
        ADDRESS,
        CITY_NAME,
        opt("order_id", COUNT, "Id del pedido: Entero"),
        // "Entero" in the table, text in the sample.
        opt("description", TEXT, "Descripción"),
        opt("client_data", Kind::Object(&CLIENT), "Datos del cliente final"),
        opt("products", Kind::List(&Kind::Object(&PRODUCT), 500), "Productos a comprar"),
    ],
};

/// The consignee, and what is collected at the door.
pub(super) static CLIENT: Shape = Shape {
    name: "client_data",
    fields: &[
        opt("client_name", TEXT, "the consignee's name"),
        opt("client_phone", TEXT, "the consignee's telephone"),
        opt("client_document", TEXT, "the consignee's document of identity"),
        opt("client_email", TEXT, "the consignee's e-mail address"),
        opt("products_value", COUNT, "Valor compra"),
        opt("domicile_value", COUNT, "Valor domicilio a cobrar"),
        opt("payment_type", Kind::Integer(1, 3), "Tipo de pago"),
    ],
};

static PRODUCT: Shape = Shape {
    name: "product",
    fields: &[
        opt("sku", TEXT, "the shop's own code"),
        opt("product_name", TEXT, "what it is"),
        opt("url_img", TEXT, "a picture"),
        // The third product of the API reference's sample has it so.
        opt("urm_img", TEXT, "a picture, as one sample spells it"),
        opt("value", COUNT, "the price of one, in pesos"),
        opt("quantity", NUMBER, "how many"),
        opt("id_point", Kind::Id, "Id de punto de compra (id_point punto)"),
    ],
};

pub(super) const TOKEN: Endpoint = post("auth.token", "/oauth/token")
    .form(&[req("grant_type", Kind::Text(40), "client_credentials")])
    .safe()
    .public()
    .holds(&["access_token"])
    .source("Autenticación");
pub(super) const QUOTE: Endpoint = post("deliveries.quote", "/delivery/calculation")
    .json(&[
        USER,
        SERVICE,
        ROUND_TRIP,
        CITY,
        req("coordinates", Kind::List(&QUOTED_POINT, 100), "the pickup and the stops"),
    ])
    .safe()
    .content("data")
    .source("Servicios: Calcular el valor de un servicio");
pub(super) const CREATE: Endpoint = post("deliveries.create", "/delivery/create")
    .json(&[
        USER,
        SERVICE,
        ROUND_TRIP,
        opt("declared_value", COUNT, "Valor declarado"),
        CITY,
        req("start_date", Kind::Date, "Fecha de inicio, in Bogotá"),
        req("start_time", Kind::Time, "Hora de inicio, in Bogotá, like 06:00:00"),
        req("user_payment_type", Kind::Integer(1, 3), "Tipo de pago: 1 = EFECTIVO, 2 = DATAFONO, 3 = ONLINE"),
        // In the sample only.
        opt("type_segmentation", COUNT, "not explained by the API reference"),
        req("type_task_cargo_id", NUMBER, "Tipo de servicio: 2 = Normal"),
        opt("observation", TEXT, "remarks"),
        req("coordinates", Kind::List(&ORDERED_POINT, 100), "the pickup and the stops"),
    ])
    .shipment()
    .success(|reply| super::replies::told_success(reply) || super::replies::made(reply).id.is_some())
    .source("Servicios: Crear servicio");
pub(super) const LIST: Endpoint = post("tasks.list", "/tasksP")
    .json(&[
        USER,
        req("type", Kind::Integer(1, 2), "1 = Activos, 2 = Finalizados o Cancelados"),
        req("page", NUMBER, "Número de página"),
    ])
    .safe()
    .paging(Paging::Numbered { page: "page", items: "data.result", last: pages, size: None })
    .source("Servicios: Servicios activos");
pub(super) const GET: Endpoint = post("tasks.get", "/task")
    .json(&[
        USER,
        opt("task_id", NUMBER, "Id del servicio"),
        // Public integrations ask by it; the API reference has task_id alone.
        opt("uuid", TEXT, "the service's uuid, instead of its id"),
    ])
    .safe()
    .success(|reply| super::replies::shows_task(reply) || super::errors::shows_nothing(reply))
    .source("Servicios: Detalle de un servicio");

/// Every operation of the API reference.
pub(super) static ENDPOINTS: &[Endpoint] = &[TOKEN, QUOTE, CREATE, LIST, GET];

/// How many pages a list has.
pub(super) fn pages(reply: &Value) -> Option<u64> {
    decimal(reply.get("data")?, "total_pages").and_then(|pages| u64::try_from(pages).ok())
}
