//! Sales: leads, opportunities, quote requests with their prices, and quotes.

use super::{
    AMOUNT, CLIENT_REF, CONTACT_CODE, CONTACT_ID, CONTACT_KIND_LIST, DAY, EXCHANGE_RATE, ID, IDS, INCOTERM, KINDS,
    MODES, OCTOBER, OPERATION_KIND, OPERATION_MODE, PAGE, PER_PAGE, SELLER_EMAIL, SELLER_ID, SERVICE_LIST,
    SERVICE_SCOPE, TAGS, new, numbered,
};
use crate::connector::endpoint::{Endpoint, delete, get, patch, post};
use crate::model::shape::{COUNT, Field, Kind, Shape, TEXT, opt, req};

// ---- leads and opportunities

/// An account may have fewer of these two; then it refuses the others.
const LEAD_STATUS: Field = opt(
    "lead_status",
    Kind::Choice(&[
        "new_lead",
        "qualified",
        "contacted",
        "negotiation",
        "closed",
        "discarded",
        "bad_timing",
        "revalue",
    ]),
    "etapa del lead",
);
const LEAD_SOURCE: Field = opt(
    "lead_source",
    Kind::Choice(&["referral", "website", "linkedin", "event", "cold_call", "trade_show", "inbound", "other"]),
    "origen del lead",
);
const PROSPECT_TYPE: Field = opt("prospect_type", Kind::Choice(&["direct", "origin_agent"]), "tipo de prospecto");

const NEW_LEAD: [Field; 17] = new(LEAD, 1);
const LEAD: [Field; 17] = [
    opt("name", TEXT, "nombre"),
    opt("alias", TEXT, "alias corto"),
    opt("legal_name", TEXT, "razón social"),
    opt("identification", TEXT, "RFC o identificación fiscal"),
    opt("id_fiscal", TEXT, "identificación fiscal"),
    opt("trade_identification", TEXT, "identificación comercial"),
    opt("description", TEXT, "descripción"),
    opt("status", TEXT, "estado"),
    opt("nationality", TEXT, "nacionalidad: national, foreign"),
    opt("credit_days", COUNT, "días de crédito"),
    LEAD_STATUS,
    PROSPECT_TYPE,
    LEAD_SOURCE,
    SELLER_ID,
    SELLER_EMAIL,
    opt("kind", CONTACT_KIND_LIST, "tipos de contacto (a new one becomes prospect)"),
    opt("services", SERVICE_LIST, "servicios que requiere"),
];

const OPPORTUNITY_STATUS: Field = opt(
    "status",
    Kind::Choice(&["created", "in_progress", "in_negotiation", "won", "lose"]),
    "estado de la oportunidad",
);

const NEW_OPPORTUNITY: [Field; 10] = new(OPPORTUNITY, 1);
const OPPORTUNITY: [Field; 10] = [
    opt("title", TEXT, "título"),
    CONTACT_CODE,
    CONTACT_ID,
    opt("owner_id", Kind::Id, "ID del responsable (the token's user when left out)"),
    opt("owner_email", TEXT, "email del responsable, instead of its ID"),
    opt("frequency", Kind::Choice(&["daily", "weekly", "monthly", "semiannual", "annual"]), "frecuencia"),
    opt("operations_volume", COUNT, "volumen de operaciones"),
    opt("detail", TEXT, "detalle"),
    OPPORTUNITY_STATUS,
    TAGS,
];

// ---- quote requests

const QUOTE_REQUEST_STATUS: Field = opt(
    "status",
    Kind::Choice(&["start", "requested", "quoted", "vobo", "finished", "adjustments_requested"]),
    "estado de la solicitud",
);
const RESULT: Field = opt("result", Kind::Choice(&["pending", "won", "lost"]), "resultado");
/// The words of an operation's mode are taken for its own: maritime is ocean, aerial is air, land is truck.
const TRANSPORT_MODE: Field = opt(
    "transport_mode",
    Kind::Choice(&["ocean", "air", "truck", "rail", "multimodal", "maritime", "aerial", "land"]),
    "modo de transporte",
);

const ITEM: Kind = Kind::Object(&SHIPMENT_ITEM);
static SHIPMENT_ITEM: Shape = Shape {
    name: "shipment_item",
    fields: &[
        opt("id", Kind::Id, "of an item that is there, in an update"),
        opt("_destroy", Kind::Any, "true removes the item, in an update"),
        opt("cargo_type", TEXT, "tipo de carga"),
        opt("package_type", TEXT, "tipo de empaque"),
        opt("pallet_type", TEXT, "tipo de tarima"),
        opt("container_type", TEXT, "tipo de contenedor"),
        opt("quantity", Kind::Decimal, "cantidad"),
        opt("length", Kind::Decimal, "largo"),
        opt("width", Kind::Decimal, "ancho"),
        opt("height", Kind::Decimal, "alto"),
        opt("weight", Kind::Decimal, "peso"),
        opt("unit_length", TEXT, "unidad de longitud"),
        opt("unit_weight", TEXT, "unidad de peso"),
        opt("overweight", Kind::Any, "sobrepeso"),
        opt("container_number", TEXT, "número de contenedor"),
        opt("unit_type_id", Kind::Id, "ID del tipo de unidad"),
    ],
};
const ROUTE: Kind = Kind::Object(&DOCUMENT_ROUTE);
static DOCUMENT_ROUTE: Shape = Shape {
    name: "document_route",
    fields: &[
        opt("address_id", Kind::Id, "ID de la dirección"),
        opt("port_data_id", Kind::Id, "ID del puerto"),
        opt("address_kind", TEXT, "clase de punto"),
        opt("address_type", TEXT, "tipo de dirección"),
        opt("location_name", TEXT, "nombre del lugar"),
        opt("position", COUNT, "posición"),
        opt("description", TEXT, "descripción"),
    ],
};
const ROUTES: Field = opt("document_routes_attributes", Kind::List(&ROUTE, 1_000), "puntos de la ruta");

const NEW_QUOTE_REQUEST: [Field; 30] = new(QUOTE_REQUEST, 3);
const QUOTE_REQUEST: [Field; 30] = [
    opt("list_id", Kind::Id, "ID de la lista of `quotation_pipelines.list`"),
    opt("origin", TEXT, "origen"),
    opt("destination", TEXT, "destino"),
    CONTACT_CODE,
    CONTACT_ID,
    opt("opportunity_id", Kind::Id, "ID de la oportunidad"),
    opt("opportunity_identification", TEXT, "identificación de la oportunidad, instead of its ID"),
    opt("assignee_id", Kind::Id, "ID del asignado"),
    opt("assignee_email", TEXT, "email del asignado, instead of its ID"),
    SELLER_ID,
    SELLER_EMAIL,
    opt("origin_port_id", Kind::Id, "ID del puerto de origen"),
    opt("destination_port_id", Kind::Id, "ID del puerto de destino"),
    INCOTERM,
    SERVICE_SCOPE,
    TRANSPORT_MODE,
    OPERATION_KIND,
    OPERATION_MODE,
    opt("cargo_details", TEXT, "detalles de la carga"),
    opt("movement_details", TEXT, "detalles del movimiento"),
    QUOTE_REQUEST_STATUS,
    opt("volumetric_factor_code", TEXT, "código del factor volumétrico"),
    opt("deal_amount", AMOUNT, "monto del negocio; deal_currency_id is required with it"),
    opt("deal_currency_id", Kind::Id, "ID de la moneda del negocio"),
    opt("closing_date", DAY, "fecha de cierre"),
    RESULT,
    opt("result_notes", TEXT, "notas del resultado"),
    TAGS,
    opt("shipment_items_attributes", Kind::List(&ITEM, 1_000), "mercancías"),
    ROUTES,
];

const PRICING: &[Field] = &[
    req("currency_id", Kind::Id, "ID de la moneda; a code isn't taken"),
    opt("service_name", TEXT, "nombre del servicio"),
    opt("service_description", TEXT, "descripción del servicio"),
    opt("quantity", Kind::Decimal, "cantidad"),
    opt("unit_price", AMOUNT, "precio unitario, as text: \"1850.00\""),
    opt("total_price", AMOUNT, "precio total, as text"),
    EXCHANGE_RATE,
    opt("unit_type", TEXT, "tipo de unidad"),
    opt("notes", TEXT, "notas"),
    opt("is_suggestion", Kind::Flag, "si es una sugerencia"),
    opt("pricing_catalog_id", Kind::Id, "ID del catálogo de precios"),
    opt("supplier_id", Kind::Id, "ID del proveedor"),
    opt("quote_request_pricing_line_items_attributes", Kind::List(&Kind::Any, 1_000), "partidas"),
];

const QUOTE_REQUEST_ID: &[Field] = &[req("quote_request_id", Kind::Id, "ID de la solicitud de cotización")];
const PRICINGS: &str = "/quote_requests/{quote_request_id}/quote_request_pricings";

const RESULT_NOTES: Field = opt("result_notes", TEXT, "notas del resultado");

// ---- quotes

const QUOTE: &[Field] = &[
    CONTACT_CODE,
    CONTACT_ID,
    opt("currency_code", Kind::Capitals(3), "código de moneda (the account's own when left out)"),
    opt("currency_id", Kind::Id, "ID de la moneda, instead of its code"),
    opt("date", DAY, "fecha"),
    opt("due_at", DAY, "vigencia"),
    opt("description", TEXT, "descripción"),
    opt("operation_kind", KINDS, "tipo de operación; an operation can't be made of the quote without it"),
    opt("operation_mode", MODES, "modo de transporte; an operation can't be made of the quote without it"),
    opt("exchange_rate", Kind::Decimal, "tipo de cambio (1.0 when left out)"),
    opt("hide_exchange_rate", Kind::Flag, "ocultar el tipo de cambio"),
    opt("hide_expense_account", Kind::Flag, "ocultar la cuenta de gastos"),
    opt("origin_address_id", Kind::Id, "ID de la dirección de origen"),
    opt("destination_address_id", Kind::Id, "ID de la dirección de destino"),
    INCOTERM,
    SERVICE_SCOPE,
    SELLER_ID,
    SELLER_EMAIL,
    CLIENT_REF,
    // The later statuses come in replies alone.
    opt("status", Kind::Choice(&["drafted", "approval_requested", "opened"]), "estado (a new one is always drafted)"),
    TAGS,
    ROUTES,
];
const QUOTE_STATUS_FILTER: Field = opt(
    "status",
    Kind::Choice(&[
        "drafted",
        "approval_requested",
        "opened",
        "need_review",
        "sent",
        "viewed",
        "partial",
        "paid",
        "voided",
        "won",
        "lose",
        "invoiced",
    ]),
    "filtrar por estado",
);

// ---- the table

/// A list of the account's own, all of it in one reply.
const fn catalogue(name: &'static str, path: &'static str, items: &'static str, page: &'static str) -> Endpoint {
    get(name, path).lists(items).source(page).since(OCTOBER)
}

/// What moves an object from one state to another. Not every reply is shown.
const fn action(name: &'static str, path: &'static str, page: &'static str) -> Endpoint {
    post(name, path).path_fields(&[ID]).unshown().source(page).since(OCTOBER)
}

/// What these objects have in common: a list, one of them, a new one, a changed one, one less.
macro_rules! resource {
    ($name:literal, $one:literal, $filters:expr, $new:expr, $changed:expr) => {{
        const ALL: &str = concat!("/", $name);
        const ONE: &str = concat!("/", $name, "/{id}");
        const HOLDS: &[&str] = &[$one, "id"];
        [
            get(concat!($name, ".list"), ALL).query($filters).paging(numbered($name)).source($name).since(OCTOBER),
            get(concat!($name, ".get"), ONE).path_fields(&[ID]).holds(HOLDS).source($name).since(OCTOBER),
            post(concat!($name, ".create"), ALL).wrapped($one, $new).holds(HOLDS).source($name).since(OCTOBER),
            patch(concat!($name, ".update"), ONE)
                .path_fields(&[ID])
                .wrapped($one, $changed)
                .source($name)
                .since(OCTOBER),
            delete(concat!($name, ".delete"), ONE).path_fields(&[ID]).source($name).since(OCTOBER),
        ]
    }};
}

const LEADS: [Endpoint; 5] =
    resource!("leads", "lead", &[LEAD_STATUS, PROSPECT_TYPE, LEAD_SOURCE, PAGE, PER_PAGE], &NEW_LEAD, &LEAD);
const OPPORTUNITIES: [Endpoint; 5] =
    resource!("opportunities", "opportunity", &[OPPORTUNITY_STATUS, PAGE, PER_PAGE], &NEW_OPPORTUNITY, &OPPORTUNITY);
const QUOTE_REQUESTS: [Endpoint; 5] = resource!(
    "quote_requests",
    "quote_request",
    &[QUOTE_REQUEST_STATUS, RESULT, TRANSPORT_MODE, PAGE, PER_PAGE],
    &NEW_QUOTE_REQUEST,
    &QUOTE_REQUEST
);
const QUOTES: [Endpoint; 5] = resource!("quotes", "quote", &[QUOTE_STATUS_FILTER, PAGE, PER_PAGE], QUOTE, QUOTE);

const ONE_CONTACT: &[&str] = &["contact_code", "contact_id"];

/// The published prices of a quote request.
pub(in super::super) const PRICINGS_LIST: Endpoint = get("quote_requests.pricings.list", PRICINGS)
    .path_fields(QUOTE_REQUEST_ID)
    .lists("pricings")
    .source("quote_requests")
    .since(OCTOBER);
pub(in super::super) const QUOTES_GET: Endpoint = QUOTES[1];
pub(in super::super) const QUOTES_CREATE_OPERATION: Endpoint =
    action("quotes.create_operation", "/quotes/{id}/create_operation", "quotes")
        .json(&[
            opt(
                "operation_type",
                Kind::Choice(&["new", "existing"]),
                "operación nueva o existente (new when left out)",
            ),
            opt("visibility_scope", Kind::Choice(&["everyone", "group"]), "visibilidad (everyone when left out)"),
            opt("work_group_id", Kind::Id, "ID del grupo de trabajo, with the visibility group"),
            opt("existing_operation_id", Kind::Id, "ID de la operación, with the type existing"),
            opt("line_items_to_services", Kind::Any, "partidas a servicios"),
            opt("new_services", Kind::Any, "servicios nuevos"),
            opt("line_items_to_new_services", Kind::Any, "partidas a servicios nuevos"),
            opt("line_items_links", Kind::Any, "vínculos de partidas"),
            opt("shipment_items_to_service_groups", Kind::Any, "mercancías a grupos de servicios"),
            opt("shipment_items_to_services", Kind::Any, "mercancías a servicios"),
            opt("shipment_items_to_new_services", Kind::Any, "mercancías a servicios nuevos"),
        ])
        .shipment()
        .holds(&["operation.id", "id"]);

pub(super) const ENDPOINTS: &[Endpoint] = &[
    LEADS[0],
    LEADS[1],
    LEADS[2],
    LEADS[3],
    patch("leads.transition", "/leads/{id}/transition")
        .path_fields(&[ID])
        .wrapped("lead", &[LEAD_STATUS])
        .source("leads")
        .since(OCTOBER),
    LEADS[4],
    OPPORTUNITIES[0],
    OPPORTUNITIES[1],
    OPPORTUNITIES[2].one_of(ONE_CONTACT),
    OPPORTUNITIES[3],
    patch("opportunities.transition", "/opportunities/{id}/transition")
        .path_fields(&[ID])
        .wrapped("opportunity", &[OPPORTUNITY_STATUS])
        .source("opportunities")
        .since(OCTOBER),
    OPPORTUNITIES[4],
    catalogue("quotation_pipelines.list", "/quotation_pipelines", "quotation_pipelines", "quote_requests"),
    catalogue("quote_won_reasons.list", "/quote_won_reasons", "quote_won_reasons", "quote_requests"),
    catalogue("quote_lost_reasons.list", "/quote_lost_reasons", "quote_lost_reasons", "quote_requests"),
    QUOTE_REQUESTS[0].or_bare(),
    QUOTE_REQUESTS[1],
    QUOTE_REQUESTS[2],
    QUOTE_REQUESTS[3],
    QUOTE_REQUESTS[4],
    action("quote_requests.create_quote", "/quote_requests/{id}/create_quote", "quote_requests")
        .holds(&["quote", "id"]),
    action("quote_requests.mark_as_won", "/quote_requests/{id}/mark_as_won", "quote_requests").json(&[
        opt("won_at", DAY, "fecha (today when left out), not before the last activity"),
        RESULT_NOTES,
        opt("quote_won_reason_id", Kind::Id, "ID del motivo of `quote_won_reasons.list`"),
        opt("winner_quote_ids", IDS, "ID de las cotizaciones ganadoras; required where several are linked"),
    ]),
    action("quote_requests.mark_as_lost", "/quote_requests/{id}/mark_as_lost", "quote_requests").json(&[
        opt("lost_at", DAY, "fecha"),
        opt("quote_lost_reason_id", Kind::Id, "ID del motivo of `quote_lost_reasons.list`"),
        RESULT_NOTES,
        opt(
            "confirm_quote_loss_consequences",
            Kind::Either(&Kind::Flag, &Kind::Choice(&["1"])),
            "true where linked quotes are lost with it",
        ),
    ]),
    action("quote_requests.reopen", "/quote_requests/{id}/reopen", "quote_requests"),
    PRICINGS_LIST,
    post("quote_requests.pricings.create", PRICINGS)
        .path_fields(QUOTE_REQUEST_ID)
        .wrapped("quote_request_pricing", PRICING)
        .holds(&["pricing", "id"])
        .source("quote_requests")
        .since(OCTOBER),
    get("quote_requests.pricings.suggestions", "/quote_requests/{quote_request_id}/quote_request_pricings/suggestions")
        .path_fields(QUOTE_REQUEST_ID)
        .query(&[opt("supplier_id", Kind::Id, "ID del proveedor"), opt("advanced", Kind::Flag, "búsqueda avanzada")])
        .lists("suggestions")
        .source("quote_requests")
        .since(OCTOBER),
    QUOTES[0],
    QUOTES[1],
    QUOTES[2].one_of(ONE_CONTACT),
    QUOTES[3],
    QUOTES[4],
    action("quotes.approve", "/quotes/{id}/approve", "quotes"),
    action("quotes.open", "/quotes/{id}/open", "quotes"),
    action("quotes.clone", "/quotes/{id}/clone", "quotes").holds(&["quote", "id"]),
    QUOTES_CREATE_OPERATION,
];
