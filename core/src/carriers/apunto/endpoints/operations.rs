//! Login, operations and their services, with what closes and cancels them.

use super::{
    AMOUNT, CLIENT_REF, CONTACT_CODE, ID, INCOTERM, JULY, KINDS, MODES, PAGE, PER_PAGE, SERVICE_MODES, SERVICE_SCOPE,
    TAGS, new, numbered,
};
use crate::connector::endpoint::{Endpoint, delete, get, post, put};
use crate::model::shape::{Field, Kind, Shape, TEXT, opt};

const NEW_OPERATION: [Field; 19] = new(OPERATION, 3);
const OPERATION: [Field; 19] = [
    CONTACT_CODE,
    opt("kind", KINDS, "tipo de operación"),
    opt("mode", MODES, "modo de transporte"),
    opt("currency_code", Kind::Capitals(3), "código de moneda (MXN when left out)"),
    opt("operational_agent_email", TEXT, "email del agente operativo"),
    CLIENT_REF,
    opt("goods_description", TEXT, "descripción de mercancía"),
    INCOTERM,
    SERVICE_SCOPE,
    TAGS,
    opt(
        "status",
        Kind::Choice(&["confirmed", "active", "finished", "closed", "canceled"]),
        "estado (confirmed for a new one, when left out)",
    ),
    opt("quote_external_id", TEXT, "identificador externo de la cotización"),
    opt("nomenclature", TEXT, "nomenclatura (fracción arancelaria)"),
    opt("profit_amount", AMOUNT, "monto de utilidad"),
    opt("profit_percentage", AMOUNT, "porcentaje de utilidad"),
    opt("income_amount", AMOUNT, "monto de ingresos"),
    opt("expense_amount", AMOUNT, "monto de gastos"),
    opt("regime", TEXT, "régimen aduanero"),
    opt("economic_month", TEXT, "mes económico: any date, which becomes the first of its month"),
];

const NEW_SERVICE: [Field; 31] = new(SERVICE, 2);
const SERVICE: [Field; 31] = [
    opt("operation_id", Kind::Id, "ID de la operación padre"),
    opt("mode", SERVICE_MODES, "modo de transporte"),
    opt("supplier_code", TEXT, "código (alias) del proveedor"),
    opt("service_agent_email", TEXT, "email del agente de servicio"),
    opt("shipment_type", TEXT, "tipo de envío, as the installation has it configured: fcl, lcl, ltl, ftl, std, eco…"),
    opt("shipment_kind", Kind::Choice(&["national", "international"]), "clase de envío"),
    opt("bl", TEXT, "Bill of Lading"),
    opt("booking", TEXT, "número de reserva"),
    opt("eta_date", Kind::Date, "fecha estimada de arribo"),
    opt("etd_date", Kind::Date, "fecha estimada de salida"),
    opt("status", Kind::Choice(&["active", "finished", "closed", "canceled"]), "estado"),
    opt("pickup_date", Kind::Date, "fecha de recolección"),
    opt("delivery_date", Kind::Date, "fecha de entrega"),
    opt("customs_agent_code", TEXT, "código (alias) del agente aduanal"),
    opt("customs_address_code", TEXT, "código (alias) de la aduana"),
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
    TAGS,
];

/// A service among a create's `options`: its operation is the one that is being made.
pub(in super::super) static SERVICE_OF_CREATE: Shape =
    Shape { name: "service", fields: (&NEW_SERVICE as &'static [Field]).split_at(1).1 };

const CANCELED_AT: Field = opt("canceled_at", Kind::Date, "fecha de cancelación (today when left out)");
const CANCELLATION_NOTES: Field = opt("cancellation_notes", TEXT, "notas de la cancelación");
/// A reason of the account's own catalogue, by its id or by its whole name.
const REASON_ID: &str = "ID del motivo; required, or its name, once the account has an active reason";
const REASON_NAME: &str = "nombre del motivo, instead of its ID";

pub(in super::super) const LOGIN: Endpoint = post("auth.login", "/auth")
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
pub(in super::super) const OPERATIONS_LIST: Endpoint = get("operations.list", "/operations")
    .query(&[PAGE, PER_PAGE])
    .paging(numbered("operations"))
    .source("Operaciones: Listar Operaciones");
pub(in super::super) const OPERATIONS_SEARCH: Endpoint = get("operations.search", "/operations/search")
    .query(&[opt("q", TEXT, "búsqueda en identificación, referencia, descripción y número; at most 20 are found")])
    .lists("operations")
    .source("operations")
    .since(JULY);
pub(in super::super) const OPERATIONS_GET: Endpoint = get("operations.get", "/operations/{id}")
    .path_fields(&[ID])
    .holds(&["operation.id", "operation.identification", "operation.status", "id"])
    .source("Operaciones: Obtener una Operación");
pub(in super::super) const OPERATIONS_CREATE: Endpoint = post("operations.create", "/operations")
    .wrapped("operation", &NEW_OPERATION)
    .shipment()
    .holds(&["operation.id", "id"])
    .source("Operaciones: Crear Operación");
pub(in super::super) const OPERATIONS_UPDATE: Endpoint = put("operations.update", "/operations/{id}")
    .also("PATCH")
    .path_fields(&[ID])
    .wrapped("operation", &OPERATION)
    .holds(&["operation", "id"])
    .source("Operaciones: Actualizar Operación");
pub(in super::super) const OPERATIONS_CANCEL: Endpoint = post("operations.cancel", "/operations/{id}/cancel")
    .path_fields(&[ID])
    .json(&[
        CANCELED_AT,
        opt("operation_cancellation_reason_id", Kind::Id, REASON_ID),
        opt("operation_cancellation_reason_name", TEXT, REASON_NAME),
        CANCELLATION_NOTES,
    ])
    .at_most_one_of(&["operation_cancellation_reason_id", "operation_cancellation_reason_name"])
    .holds(&["operation", "id"])
    .source("operations")
    .since(JULY);
pub(in super::super) const OPERATION_REASONS: Endpoint =
    get("operation_cancellation_reasons.list", "/operation_cancellation_reasons")
        .lists("operation_cancellation_reasons")
        .source("operations")
        .since(JULY);
pub(in super::super) const SERVICES_LIST: Endpoint = get("services.list", "/services")
    .query(&[PAGE, PER_PAGE, opt("operation_id", Kind::Id, "filtrar por operación")])
    .paging(numbered("services"))
    .source("Servicios: Listar Servicios");
pub(in super::super) const SERVICES_GET: Endpoint = get("services.get", "/services/{id}")
    .path_fields(&[ID])
    .holds(&["service", "id"])
    .source("Servicios: Obtener un Servicio");
pub(in super::super) const SERVICES_CREATE: Endpoint = post("services.create", "/services")
    .wrapped("service", &NEW_SERVICE)
    .holds(&["service.id", "id"])
    .source("Servicios: Crear Servicio");
pub(in super::super) const SERVICES_CANCEL: Endpoint = post("services.cancel", "/services/{id}/cancel")
    .path_fields(&[ID])
    .json(&[
        CANCELED_AT,
        opt("service_cancellation_reason_id", Kind::Id, REASON_ID),
        opt("service_cancellation_reason_name", TEXT, REASON_NAME),
        CANCELLATION_NOTES,
    ])
    .at_most_one_of(&["service_cancellation_reason_id", "service_cancellation_reason_name"])
    .holds(&["service", "id"])
    .source("services")
    .since(JULY);
pub(in super::super) const SERVICE_REASONS: Endpoint =
    get("service_cancellation_reasons.list", "/service_cancellation_reasons")
        .lists("service_cancellation_reasons")
        .source("services")
        .since(JULY);

/// What moves an operation or a service from one state to another. Not every reply is shown.
const fn action(name: &'static str, path: &'static str, page: &'static str) -> Endpoint {
    post(name, path).path_fields(&[ID]).unshown().source(page).since(JULY)
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    LOGIN,
    OPERATIONS_LIST,
    OPERATIONS_SEARCH,
    OPERATIONS_GET,
    OPERATIONS_CREATE,
    OPERATIONS_UPDATE,
    delete("operations.delete", "/operations/{id}").path_fields(&[ID]).source("Operaciones: Eliminar Operación"),
    action("operations.close", "/operations/{id}/close", "operations").holds(&["operation", "id"]),
    action("operations.reopen", "/operations/{id}/reopen", "operations"),
    OPERATIONS_CANCEL,
    OPERATION_REASONS,
    SERVICES_LIST,
    SERVICES_GET,
    SERVICES_CREATE,
    put("services.update", "/services/{id}")
        .also("PATCH")
        .path_fields(&[ID])
        .wrapped("service", &SERVICE)
        .source("Servicios: Actualizar Servicio"),
    delete("services.delete", "/services/{id}").path_fields(&[ID]).source("Servicios: Eliminar Servicio"),
    action("services.finish", "/services/{id}/finish", "services"),
    action("services.close", "/services/{id}/close", "services"),
    action("services.reopen", "/services/{id}/reopen", "services"),
    SERVICES_CANCEL,
    SERVICE_REASONS,
];
