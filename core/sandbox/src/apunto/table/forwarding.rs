//! Operations, their services, and what hangs on those: cost centres, folders, attachments.

use super::{Complaint, Field, Kind, Match, PLAIN, Resource, Words, may, must, named};
use serde_json::{Map, Value, json};

pub(super) const MODES: &[&str] = &["land", "aerial", "maritime"];
pub(super) const SERVICE_MODES: &[&str] = &["land", "aerial", "maritime", "customs"];
pub(in super::super) const STATUSES: &[&str] = &["confirmed", "active", "finished", "closed", "canceled"];
const SERVICE_STATUSES: &[&str] = &["active", "finished", "closed", "canceled"];
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
pub(super) const SCOPES: &[&str] = &[
    "door_to_door",
    "door_to_port_cy",
    "door_to_port_cfs",
    "port_cy_to_port_cy",
    "port_cfs_to_port_cfs",
    "port_cy_to_door",
    "port_cfs_to_door",
    "door_to_airport",
    "airport_to_airport",
    "airport_to_door",
    "door_to_rail_ramp",
    "rail_ramp_to_rail_ramp",
    "rail_ramp_to_door",
    "door_to_truck_terminal",
    "truck_terminal_to_truck_terminal",
    "truck_terminal_to_door",
    "port_cy_to_airport",
    "port_cfs_to_airport",
    "airport_to_port_cy",
    "airport_to_port_cfs",
    "port_cy_to_rail_ramp",
    "port_cfs_to_rail_ramp",
    "rail_ramp_to_port_cy",
    "rail_ramp_to_port_cfs",
    "rail_ramp_to_airport",
    "airport_to_rail_ramp",
];

/// What the operation was, and what is asked of it.
fn closed_stays(old: &Map<String, Value>, new: &Map<String, Value>) -> Option<Complaint> {
    let is = |of: &Map<String, Value>, status: &str| of.get("status").is_some_and(|s| s == status);
    (is(old, "closed") && is(new, "canceled")).then_some(("status", "no se puede cancelar una operación cerrada"))
}

pub(super) static OPERATIONS: Resource = Resource {
    name: "operations",
    key: "operation",
    one: "operation",
    many: "operations",
    fields: &[
        Field { required: true, ..named("contact_code", "contact_id", Kind::Contact) },
        named("currency_code", "currency_id", Kind::Currency),
        named("operational_agent_email", "operational_agent_id", Kind::Agent),
        must("kind", Kind::One(KINDS)),
        must("mode", Kind::One(MODES)),
        may("status", Kind::One(STATUSES)),
        may("client_ref", Kind::Text),
        may("goods_description", Kind::Text),
        may("incoterm", Kind::Text),
        may("service_scope", Kind::Scope(SCOPES)),
        may("quote_external_id", Kind::Text),
        may("nomenclature", Kind::Text),
        may("profit_amount", Kind::Decimal),
        may("profit_percentage", Kind::Decimal),
        may("income_amount", Kind::Decimal),
        may("expense_amount", Kind::Decimal),
        may("regime", Kind::Text),
        may("economic_month", Kind::Month),
        named("tag_list", "tags", Kind::Tags),
    ],
    defaults: || json!({"status": "confirmed", "currency_id": "MXN", "tags": []}),
    check: closed_stays,
    listed: "id identification kind mode status client_ref contact currency operational_agent \
        profit_amount profit_percentage services_count comments_count tasks_count folders_count \
        created_at updated_at",
    shown: "id identification kind mode status client_ref contact currency goods_description \
        incoterm service_scope quote_external_id nomenclature profit_amount profit_percentage \
        income_amount expense_amount regime economic_month services_count comments_count tasks_count \
        folders_count tags services to_dos folders created_at updated_at",
    created: "id identification kind mode status client_ref goods_description incoterm created_at",
    updated: "id identification",
    search: &[("q", Match::In(&["identification", "client_ref", "goods_description", "number"]))],
    words: Words {
        created: "Operación creada exitosamente",
        updated: "Operación actualizada exitosamente",
        deleted: "Operación eliminada exitosamente",
        missing: "No se encontró la operación solicitada",
    },
    ..PLAIN
};

pub(super) static SERVICES: Resource = Resource {
    name: "services",
    key: "service",
    one: "service",
    many: "services",
    fields: &[
        must("operation_id", Kind::Id("operations")),
        named("supplier_code", "supplier_id", Kind::Contact),
        named("service_agent_email", "service_agent_id", Kind::Agent),
        named("customs_agent_code", "customs_agent_id", Kind::Contact),
        named("customs_address_code", "customs_address_id", Kind::AddressCode),
        must("mode", Kind::One(SERVICE_MODES)),
        may("status", Kind::One(SERVICE_STATUSES)),
        // What the installation has configured: fcl, ltl, std, …
        may("shipment_type", Kind::Text),
        may("shipment_kind", Kind::One(&["national", "international"])),
        may("bl", Kind::Text),
        may("booking", Kind::Text),
        may("eta_date", Kind::Date),
        may("etd_date", Kind::Date),
        may("pickup_date", Kind::Date),
        may("delivery_date", Kind::Date),
        may("guide_number", Kind::Text),
        may("flight_number", Kind::Text),
        may("awb_number", Kind::Text),
        may("airline_name", Kind::Text),
        may("shipping_line_name", Kind::Text),
        may("customs_reference", Kind::Text),
        may("dispatch_appointment_at", Kind::Moment),
        may("observations", Kind::Text),
        may("mbl", Kind::Text),
        may("hbl", Kind::Text),
        may("mawb", Kind::Text),
        may("hawb", Kind::Text),
        may("pedimento", Kind::Text),
        may("carta_porte", Kind::Text),
        may("manifiesto_carga", Kind::Text),
        named("tag_list", "tags", Kind::Tags),
    ],
    defaults: || json!({"status": "active", "tags": []}),
    listed: "id identification mode status shipment_type shipment_kind operation supplier \
        service_agent eta_date etd_date pickup_date delivery_date comments_count tasks_count \
        folders_count created_at updated_at",
    shown: "id identification mode status shipment_type shipment_kind operation supplier \
        service_agent bl booking guide_number flight_number awb_number airline_name \
        shipping_line_name customs_agent customs_address customs_reference \
        dispatch_appointment_at observations eta_date etd_date pickup_date delivery_date mbl hbl \
        mawb hawb pedimento carta_porte manifiesto_carga comments_count tasks_count \
        folders_count tags cost_centers to_dos folders created_at updated_at",
    created: "id identification mode status operation supplier bl booking created_at",
    updated: "id identification",
    filters: &[("operation_id", Match::Is("operation_id"))],
    prefix: "SRV",
    words: Words {
        created: "Servicio creado exitosamente",
        updated: "Servicio actualizado exitosamente",
        deleted: "Servicio eliminado exitosamente",
        missing: "No se encontró el servicio solicitado",
    },
    ..PLAIN
};

const COST_CENTER: &str = "id concept quantity income_amount expense_amount profit_amount profit_percentage currency \
    expense_currency exchange_rate expense_exchange_rate supplier item linked notes created_at updated_at";

/// Which of its fields are required is not stated, so none is.
pub(super) static COST_CENTERS: Resource = Resource {
    name: "cost_centers",
    key: "cost_center",
    old_key: "service_pricing",
    one: "cost_center",
    many: "cost_centers",
    fields: &[
        may("concept", Kind::Text),
        named("supplier_code", "supplier_id", Kind::Contact),
        may("supplier_id", Kind::Id("contacts")),
        named("currency_code", "currency_id", Kind::Currency),
        may("currency_id", Kind::CurrencyId),
        named("expense_currency_code", "expense_currency_id", Kind::Currency),
        may("item_id", Kind::Whole),
        may("quantity", Kind::Decimal),
        may("income_amount", Kind::Decimal),
        may("expense_amount", Kind::Decimal),
        may("income_unit_price", Kind::Decimal),
        may("expense_unit_price", Kind::Decimal),
        may("notes", Kind::Text),
    ],
    defaults: || json!({"quantity": 1, "currency_id": "MXN", "exchange_rate": 1.0, "expense_exchange_rate": 1.0}),
    listed: COST_CENTER,
    shown: COST_CENTER,
    created: COST_CENTER,
    words: Words {
        created: "Centro de costo creado exitosamente",
        updated: "Centro de costo actualizado exitosamente",
        deleted: "Centro de costo eliminado exitosamente",
        missing: "No se encontró el centro de costo solicitado",
    },
    ..PLAIN
};

pub(super) static FOLDERS: Resource = Resource {
    name: "folders",
    key: "folder",
    one: "folder",
    many: "folders",
    unpaged: true,
    fields: &[must("name", Kind::Text), may("parent_id", Kind::Id("folders"))],
    created: "id name parent_id files_count",
    words: Words {
        created: "Carpeta creada exitosamente",
        missing: "No se encontró la carpeta solicitada",
        ..super::SILENT
    },
    ..PLAIN
};

/// Made by multipart and not wrapped, see `files`; the fields here are those of a rename.
pub(super) static ATTACHMENTS: Resource = Resource {
    name: "attachments",
    one: "attachment",
    many: "attachments",
    fields: &[must("filename", Kind::Text)],
    created: "id filename folder_id folder_name folderable_type folderable_id",
    updated: "id filename",
    words: Words {
        created: "Archivo subido exitosamente",
        updated: "Archivo actualizado exitosamente",
        deleted: "Archivo eliminado exitosamente",
        missing: "No se encontró el archivo solicitado",
    },
    ..PLAIN
};
