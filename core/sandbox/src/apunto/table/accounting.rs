//! Invoices to clients and bills of suppliers. Their replies are not shown in the API reference; see the setting `invoice_form`.

use super::forwarding::{KINDS, MODES};
use super::{Field, Kind, PLAIN, Resource, Words, may, named};
use serde_json::json;

const LINE_ITEM: &[Field] = &[
    may("item_id", Kind::Whole),
    may("description", Kind::Text),
    may("quantity", Kind::Decimal),
    may("price", Kind::Decimal),
];

/// The tax authority's codes, each by code or by id; required in Mexican accounts (the setting `mexican_account`).
pub(in super::super) const CFDI: &[&str] = &["cfdi_use_id", "payment_method_id", "payment_type_id"];

const LISTED: &str =
    "id identification kind status contact.full currency date due_at subtotal total created_at updated_at";

pub(super) static INVOICES: Resource = Resource {
    name: "invoices",
    key: "invoice",
    one: "invoice",
    many: "invoices",
    fields: &[
        named("contact_code", "contact_id", Kind::Contact),
        may("contact_id", Kind::Id("contacts")),
        named("currency_code", "currency_id", Kind::Currency),
        may("currency_id", Kind::CurrencyId),
        may("description", Kind::Text),
        named("cfdi_use_code", "cfdi_use_id", Kind::Text),
        may("cfdi_use_id", Kind::Whole),
        named("payment_method_code", "payment_method_id", Kind::Text),
        may("payment_method_id", Kind::Whole),
        named("payment_type_code", "payment_type_id", Kind::Text),
        may("payment_type_id", Kind::Whole),
        may("date", Kind::Date),
        may("due_at", Kind::Date),
        may("operation_kind", Kind::One(KINDS)),
        may("operation_mode", Kind::One(MODES)),
        may("exchange_rate", Kind::Decimal),
        may("external_pdf", Kind::Any),
        may("external_xml", Kind::Any),
        named("line_items_attributes", "line_items", Kind::Rows(LINE_ITEM)),
    ],
    needs: &["contact_id"],
    defaults: || json!({"kind": "income", "status": "drafted", "currency_id": "MXN", "line_items": []}),
    listed: LISTED,
    shown: "id identification kind status contact.full currency description date due_at exchange_rate subtotal total \
        line_items created_at updated_at",
    created: "id identification kind status contact.full currency description subtotal total line_items created_at",
    updated: "id identification status",
    prefix: "FAC",
    words: Words {
        created: "Factura creada exitosamente",
        updated: "Factura actualizada exitosamente",
        deleted: "Factura eliminada exitosamente",
        missing: "No se encontró la factura solicitada",
    },
    ..PLAIN
};

/// As an invoice without the tax authority's codes; its contact is the supplier, its kind always an expense.
pub(super) static BILLS: Resource = Resource {
    name: "bills",
    key: "bill",
    one: "bill",
    many: "bills",
    fields: &[
        named("contact_code", "contact_id", Kind::Contact),
        may("contact_id", Kind::Id("contacts")),
        named("currency_code", "currency_id", Kind::Currency),
        may("currency_id", Kind::CurrencyId),
        may("description", Kind::Text),
        may("date", Kind::Date),
        may("due_at", Kind::Date),
        may("operation_kind", Kind::One(KINDS)),
        may("operation_mode", Kind::One(MODES)),
        may("exchange_rate", Kind::Decimal),
        may("external_pdf", Kind::Any),
        may("external_xml", Kind::Any),
        named("line_items_attributes", "line_items", Kind::Rows(LINE_ITEM)),
    ],
    needs: &["contact_id"],
    defaults: || json!({"kind": "expense", "status": "drafted", "currency_id": "MXN", "line_items": []}),
    listed: LISTED,
    shown: INVOICES.shown,
    created: INVOICES.created,
    updated: "id identification status",
    prefix: "GAS",
    words: Words {
        created: "Gasto creado exitosamente",
        updated: "Gasto actualizado exitosamente",
        deleted: "Gasto eliminado exitosamente",
        missing: "No se encontró el gasto solicitado",
    },
    ..PLAIN
};
