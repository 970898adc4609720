//! The commercial cycle: leads, opportunities, quote requests and their prices, quotes.

use super::forwarding::{KINDS, MODES, SCOPES, SERVICE_MODES};
use super::people::CONTACT_KINDS;
use super::{Field, Kind, Match, PLAIN, Resource, Words, may, must, named};
use serde_json::json;

pub(in super::super) const LEAD_STATUSES: &[&str] =
    &["new_lead", "qualified", "contacted", "negotiation", "closed", "discarded", "bad_timing", "revalue"];
pub(in super::super) const LEAD_SOURCES: &[&str] =
    &["referral", "website", "linkedin", "event", "cold_call", "trade_show", "inbound", "other"];
pub(in super::super) const OPPORTUNITY_STATUSES: &[&str] = &["created", "in_progress", "in_negotiation", "won", "lose"];
const REQUEST_STATUSES: &[&str] = &["start", "requested", "quoted", "vobo", "finished", "adjustments_requested"];
const RESULTS: &[&str] = &["pending", "won", "lost"];

/// The columns of the account's one pipeline: id, name, and the status that a request in it has.
pub(in super::super) const PIPELINE_LISTS: &[(u64, &str, &str)] = &[
    (61, "Por iniciar", "start"),
    (62, "Solicitada", "requested"),
    (63, "Cotizada", "quoted"),
    (64, "Visto bueno", "vobo"),
    (65, "Terminada", "finished"),
];

pub(super) static LEADS: Resource = Resource {
    name: "leads",
    key: "lead",
    one: "lead",
    many: "leads",
    fields: &[
        must("name", Kind::Text),
        may("alias", Kind::Alias),
        may("legal_name", Kind::Text),
        may("identification", Kind::Text),
        may("id_fiscal", Kind::Text),
        may("trade_identification", Kind::Text),
        may("description", Kind::Text),
        may("status", Kind::One(&["active", "inactive"])),
        may("nationality", Kind::One(&["national", "foreign"])),
        may("credit_days", Kind::Whole),
        may("lead_status", Kind::One(LEAD_STATUSES)),
        may("prospect_type", Kind::One(&["direct", "origin_agent"])),
        may("lead_source", Kind::One(LEAD_SOURCES)),
        may("seller_id", Kind::AgentId),
        named("seller_email", "seller_id", Kind::Agent),
        may("kind", Kind::Many(CONTACT_KINDS)),
        may("services", Kind::Many(SERVICE_MODES)),
    ],
    defaults: || json!({"status": "active", "lead_status": "new_lead", "kind": ["prospect"], "services": []}),
    listed: "id name alias legal_name lead_status prospect_type lead_source seller status created_at updated_at",
    shown: "id name alias legal_name identification id_fiscal trade_identification kind lead_status prospect_type \
        lead_source seller status nationality description services credit_days billing_address created_at updated_at",
    created: "id name alias lead_status prospect_type lead_source seller kind status created_at",
    updated: "id name",
    filters: &[
        ("lead_status", Match::Is("lead_status")),
        ("prospect_type", Match::Is("prospect_type")),
        ("lead_source", Match::Is("lead_source")),
    ],
    words: Words {
        created: "Prospecto creado exitosamente",
        updated: "Prospecto actualizado exitosamente",
        deleted: "Prospecto eliminado exitosamente",
        missing: "No se encontró el prospecto solicitado",
    },
    ..PLAIN
};

pub(super) static OPPORTUNITIES: Resource = Resource {
    name: "opportunities",
    key: "opportunity",
    one: "opportunity",
    many: "opportunities",
    fields: &[
        must("title", Kind::Text),
        may("contact_id", Kind::Id("contacts")),
        named("contact_code", "contact_id", Kind::Contact),
        may("owner_id", Kind::AgentId),
        named("owner_email", "owner_id", Kind::Agent),
        may("frequency", Kind::One(&["daily", "weekly", "monthly", "semiannual", "annual"])),
        may("operations_volume", Kind::Whole),
        may("detail", Kind::Text),
        may("status", Kind::One(OPPORTUNITY_STATUSES)),
        named("tag_list", "tags", Kind::Tags),
    ],
    needs: &["contact_id"],
    defaults: || json!({"status": "created", "owner_id": "agente@apunto.com", "tags": []}),
    listed: "id identification title status frequency operations_volume contact.full owner created_at updated_at",
    shown: "id identification title status frequency operations_volume detail contact.full owner tags \
        quote_requests_count opportunity_actions_count created_at updated_at",
    created: "id identification title status frequency operations_volume contact.full owner created_at",
    updated: "id identification",
    filters: &[("status", Match::Is("status"))],
    prefix: "OPP",
    words: Words {
        created: "Oportunidad creada exitosamente",
        updated: "Oportunidad actualizada exitosamente",
        deleted: "Oportunidad eliminada exitosamente",
        missing: "No se encontró la oportunidad solicitada",
    },
    ..PLAIN
};

const SHIPMENT_ITEM: &[Field] = &[
    may("cargo_type", Kind::Text),
    may("package_type", Kind::Text),
    may("pallet_type", Kind::Text),
    may("container_type", Kind::Text),
    may("quantity", Kind::Decimal),
    may("length", Kind::Decimal),
    may("width", Kind::Decimal),
    may("height", Kind::Decimal),
    may("weight", Kind::Decimal),
    may("unit_length", Kind::Text),
    may("unit_weight", Kind::Text),
    may("overweight", Kind::Flag),
    may("container_number", Kind::Text),
    may("unit_type_id", Kind::Whole),
];

const DOCUMENT_ROUTE: &[Field] = &[
    may("address_id", Kind::Id("addresses")),
    may("port_data_id", Kind::Whole),
    may("address_kind", Kind::Text),
    may("address_type", Kind::Text),
    may("location_name", Kind::Text),
    may("position", Kind::Whole),
    may("description", Kind::Text),
];

const QUOTE_REQUEST: &str = "id identification status result origin destination transport_mode operation_kind \
    operation_mode service_scope incoterm deal_amount closing_date cargo_details contact.full owner assignee seller \
    opportunity list created_at updated_at";

pub(super) static QUOTE_REQUESTS: Resource = Resource {
    name: "quote_requests",
    key: "quote_request",
    one: "quote_request",
    many: "quote_requests",
    fields: &[
        must("list_id", Kind::PipelineList),
        must("origin", Kind::Text),
        must("destination", Kind::Text),
        may("contact_id", Kind::Id("contacts")),
        named("contact_code", "contact_id", Kind::Contact),
        may("opportunity_id", Kind::Id("opportunities")),
        named("opportunity_identification", "opportunity_id", Kind::Identification("opportunities")),
        may("assignee_id", Kind::AgentId),
        named("assignee_email", "assignee_id", Kind::Agent),
        may("seller_id", Kind::AgentId),
        named("seller_email", "seller_id", Kind::Agent),
        may("origin_port_id", Kind::Whole),
        may("destination_port_id", Kind::Whole),
        may("incoterm", Kind::Text),
        may("service_scope", Kind::Scope(SCOPES)),
        may("transport_mode", Kind::Transport),
        may("operation_kind", Kind::One(KINDS)),
        may("operation_mode", Kind::One(MODES)),
        may("cargo_details", Kind::Text),
        may("movement_details", Kind::Text),
        may("status", Kind::One(REQUEST_STATUSES)),
        may("volumetric_factor_code", Kind::Text),
        may("deal_amount", Kind::Decimal),
        may("deal_currency_id", Kind::CurrencyId),
        may("closing_date", Kind::Date),
        may("result", Kind::One(RESULTS)),
        may("result_notes", Kind::Text),
        named("tag_list", "tags", Kind::Tags),
        named("shipment_items_attributes", "shipment_items", Kind::Rows(SHIPMENT_ITEM)),
        named("document_routes_attributes", "document_routes", Kind::Rows(DOCUMENT_ROUTE)),
    ],
    defaults: || {
        json!({
            "result": "pending", "owner_id": "agente@apunto.com", "tags": [], "shipment_items": [], "document_routes": [],
        })
    },
    check: |old, new| {
        let has = |name: &str| new.get(name).or_else(|| old.get(name)).is_some_and(|value| !value.is_null());
        (has("deal_amount") && !has("deal_currency_id")).then_some(("deal_currency_id", "no puede estar en blanco"))
    },
    listed: QUOTE_REQUEST,
    shown: "id identification status result origin destination transport_mode operation_kind \
        operation_mode service_scope incoterm deal_amount closing_date cargo_details movement_details contact.full \
        owner assignee seller opportunity list total_pricing_amount minutes_to_result result_notes tags shipment_items \
        pricings_count quotes_count created_at updated_at",
    created: QUOTE_REQUEST,
    updated: "id identification status",
    filters: &[
        ("status", Match::Is("status")),
        ("result", Match::Is("result")),
        ("transport_mode", Match::Is("transport_mode")),
    ],
    prefix: "SOL",
    words: Words {
        created: "Solicitud de cotización creada exitosamente",
        updated: "Solicitud de cotización actualizada exitosamente",
        deleted: "Solicitud de cotización eliminada exitosamente",
        missing: "No se encontró la solicitud de cotización solicitada",
    },
    ..PLAIN
};

const PRICING: &str = "id service_name service_description quantity unit_price total_price currency.full exchange_rate \
    unit_type notes is_suggestion draft pricing_catalog_id supplier line_items created_at updated_at";

pub(super) static PRICINGS: Resource = Resource {
    name: "quote_request_pricings",
    key: "quote_request_pricing",
    one: "pricing",
    many: "pricings",
    unpaged: true,
    fields: &[
        may("service_name", Kind::Text),
        may("service_description", Kind::Text),
        may("quantity", Kind::Decimal),
        may("unit_price", Kind::Decimal),
        may("total_price", Kind::Decimal),
        must("currency_id", Kind::CurrencyId),
        may("exchange_rate", Kind::Decimal),
        may("unit_type", Kind::Text),
        may("notes", Kind::Text),
        may("is_suggestion", Kind::Flag),
        may("pricing_catalog_id", Kind::Whole),
        may("supplier_id", Kind::Id("contacts")),
        named(
            "quote_request_pricing_line_items_attributes",
            "line_items",
            Kind::Rows(&[
                may("description", Kind::Text),
                may("quantity", Kind::Decimal),
                may("unit_price", Kind::Decimal),
                may("total_price", Kind::Decimal),
            ]),
        ),
    ],
    defaults: || json!({"quantity": 1, "is_suggestion": false, "line_items": []}),
    listed: PRICING,
    shown: PRICING,
    created: PRICING,
    words: Words { missing: "No se encontró el precio solicitado", ..super::SILENT },
    ..PLAIN
};

const QUOTE: &str = "id identification status kind date due_at subtotal total exchange_rate contact.full currency.full \
    owner seller operation_kind operation_mode service_scope incoterm client_ref created_at updated_at";

pub(super) static QUOTES: Resource = Resource {
    name: "quotes",
    key: "quote",
    one: "quote",
    many: "quotes",
    fields: &[
        may("contact_id", Kind::Id("contacts")),
        named("contact_code", "contact_id", Kind::Contact),
        may("currency_id", Kind::CurrencyId),
        named("currency_code", "currency_id", Kind::Currency),
        may("date", Kind::Date),
        may("due_at", Kind::Date),
        may("description", Kind::Text),
        may("operation_kind", Kind::One(KINDS)),
        may("operation_mode", Kind::One(MODES)),
        may("exchange_rate", Kind::Decimal),
        may("hide_exchange_rate", Kind::Flag),
        may("hide_expense_account", Kind::Flag),
        may("origin_address_id", Kind::Id("addresses")),
        may("destination_address_id", Kind::Id("addresses")),
        may("incoterm", Kind::Text),
        may("service_scope", Kind::Scope(SCOPES)),
        may("seller_id", Kind::AgentId),
        named("seller_email", "seller_id", Kind::Agent),
        may("client_ref", Kind::Text),
        // The path that the API can walk; a create is always a draft.
        may("status", Kind::One(&["drafted", "approval_requested", "opened"])),
        named("tag_list", "tags", Kind::Tags),
        named("document_routes_attributes", "document_routes", Kind::Rows(DOCUMENT_ROUTE)),
    ],
    needs: &["contact_id"],
    defaults: || {
        json!({
            "status": "drafted", "kind": "income", "currency_id": "MXN", "exchange_rate": 1.0,
            "owner_id": "agente@apunto.com", "tags": [], "line_items": [], "document_routes": [],
        })
    },
    listed: QUOTE,
    shown: "id identification status kind date due_at subtotal total exchange_rate contact.full currency.full \
        owner seller operation_kind operation_mode service_scope incoterm client_ref description tags origin_address \
        destination_address line_items_count document_routes_count created_at updated_at",
    created: QUOTE,
    updated: "id identification status",
    filters: &[("status", Match::Is("status"))],
    prefix: "COT",
    words: Words {
        created: "Cotización creada exitosamente",
        updated: "Cotización actualizada exitosamente",
        deleted: "Cotización eliminada exitosamente",
        missing: "No se encontró la cotización solicitada",
    },
    ..PLAIN
};
