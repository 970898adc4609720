//! Cost centres, and the invoices and bills that are made of them.

use super::documents::UPLOAD_LIMIT;
use super::{
    AMOUNT, CONTACT_CODE, CONTACT_ID, CURRENCY_CODE, DAY, EXCHANGE_RATE, ID, IDS, JULY, OPERATION_KIND, OPERATION_MODE,
    PAGE, PER_PAGE, numbered,
};
use crate::connector::endpoint::{Endpoint, delete, get, patch, post};
use crate::connector::upload::FILE;
use crate::model::shape::{Field, Kind, Shape, TEXT, opt, req};

const OPERATION_ID: Field = req("operation_id", Kind::Id, "ID de la operación");
const SERVICE_ID: Field = req("service_id", Kind::Id, "ID del servicio");

const COST_CENTER: &[Field] = &[
    opt("concept", TEXT, "concepto"),
    opt("supplier_code", TEXT, "código (alias) del proveedor"),
    opt("supplier_id", Kind::Id, "ID del proveedor, instead of its code"),
    CURRENCY_CODE,
    opt("currency_id", Kind::Id, "ID de la moneda, instead of its code"),
    opt("expense_currency_code", Kind::Capitals(3), "código de la moneda del gasto"),
    opt("item_id", Kind::Id, "ID del artículo"),
    opt("quantity", Kind::Decimal, "cantidad"),
    opt("income_amount", AMOUNT, "monto de ingreso"),
    opt("expense_amount", AMOUNT, "monto de gasto"),
    opt("income_unit_price", AMOUNT, "precio unitario de ingreso"),
    opt("expense_unit_price", AMOUNT, "precio unitario de gasto"),
    opt("notes", TEXT, "notas"),
];

const COST_CENTER_IDS: Field = req("cost_center_ids", IDS, "ID de los centros de costo");
const CFDI_USE_CODE: Field = opt("cfdi_use_code", TEXT, "uso del CFDI, like G03; required in Mexico, or its ID");
const PAYMENT_METHOD_CODE: Field =
    opt("payment_method_code", TEXT, "forma de pago, like 01; required in Mexico, or its ID");
const PAYMENT_TYPE_CODE: Field =
    opt("payment_type_code", TEXT, "método de pago, like PUE; required in Mexico, or its ID");

const LINE_ITEMS: Kind = Kind::Object(&LINE_ITEM);
static LINE_ITEM: Shape = Shape {
    name: "line_item",
    fields: &[
        opt("item_id", Kind::Id, "ID del artículo"),
        opt("description", TEXT, "descripción"),
        opt("quantity", Kind::Decimal, "cantidad"),
        opt("price", AMOUNT, "precio unitario"),
    ],
};

/// The fields of an invoice. A bill has the first of them: all but those of a CFDI.
const INVOICE: [Field; 18] = [
    CONTACT_CODE,
    CONTACT_ID,
    CURRENCY_CODE,
    opt("description", TEXT, "descripción"),
    opt("date", DAY, "fecha"),
    opt("due_at", DAY, "fecha de vencimiento"),
    OPERATION_KIND,
    OPERATION_MODE,
    EXCHANGE_RATE,
    opt("line_items_attributes", Kind::List(&LINE_ITEMS, 1_000), "partidas"),
    // Apunto's notes name the two, and don't say what they hold.
    opt("external_pdf", Kind::Any, "PDF externo"),
    opt("external_xml", Kind::Any, "XML externo"),
    CFDI_USE_CODE,
    opt("cfdi_use_id", Kind::Id, "ID del uso del CFDI"),
    PAYMENT_METHOD_CODE,
    opt("payment_method_id", Kind::Id, "ID de la forma de pago"),
    PAYMENT_TYPE_CODE,
    opt("payment_type_id", Kind::Id, "ID del método de pago"),
];
const BILL: [Field; 12] = super::new(INVOICE, 0);

/// The page doesn't say what these two are: a file, or whatever text Apunto takes for it.
const EXTERNAL: Kind = Kind::Either(&AS_FILE, &TEXT);
const AS_FILE: Kind = Kind::Object(&FILE);
const DOCUMENTS: &[Field] =
    &[opt("external_pdf", EXTERNAL, "PDF externo"), opt("external_xml", EXTERNAL, "XML externo")];

const LINKS: &[Field] = &[
    opt("operation_id", Kind::Id, "ID de la operación"),
    opt("links", Kind::Names(&Kind::Id), "ID del centro de costo de cada partida, by the ID of the line"),
];

macro_rules! ledger {
    ($name:literal, $one:literal, $fields:expr) => {{
        const ALL: &str = concat!("/", $name);
        const ONE: &str = concat!("/", $name, "/{id}");
        [
            get(concat!($name, ".list"), ALL)
                .query(&[PAGE, PER_PAGE])
                .paging(numbered($name))
                .or_bare()
                .source($name)
                .since(JULY),
            get(concat!($name, ".get"), ONE).path_fields(&[ID]).source($name).since(JULY),
            post(concat!($name, ".create"), ALL).wrapped($one, $fields).source($name).since(JULY),
            patch(concat!($name, ".update"), ONE).path_fields(&[ID]).wrapped($one, $fields).source($name).since(JULY),
            delete(concat!($name, ".delete"), ONE).path_fields(&[ID]).source($name).since(JULY),
            get(concat!($name, ".cost_center_link_options"), concat!("/", $name, "/{id}/cost_center_link_options"))
                .path_fields(&[ID])
                .query(&[opt("operation_id", Kind::Id, "ID de la operación")])
                .source($name)
                .since(JULY),
            post(concat!($name, ".link_cost_centers"), concat!("/", $name, "/{id}/link_cost_centers"))
                .path_fields(&[ID])
                .wrapped(concat!($one, "_cost_center_link_form"), LINKS)
                .unshown()
                .source($name)
                .since(JULY),
            delete(
                concat!($name, ".unlink_cost_center"),
                concat!("/", $name, "/{id}/line_items/{line_item_id}/unlink_cost_center"),
            )
            .path_fields(&[ID, req("line_item_id", Kind::Id, "ID de la partida")])
            .source($name)
            .since(JULY),
        ]
    }};
}

const INVOICES: [Endpoint; 8] = ledger!("invoices", "invoice", &INVOICE);
const BILLS: [Endpoint; 8] = ledger!("bills", "bill", &BILL);

pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("operations.cost_centers.list", "/operations/{operation_id}/cost_centers")
        .alias("cost_centers.list")
        .path_fields(&[OPERATION_ID])
        .query(&[PAGE, PER_PAGE])
        .paging(numbered("cost_centers"))
        .source("operations")
        .since(JULY),
    get("services.cost_centers.list", "/services/{service_id}/cost_centers")
        .alias("cost_centers.list")
        .path_fields(&[SERVICE_ID])
        .query(&[PAGE, PER_PAGE])
        .paging(numbered("cost_centers"))
        .source("services")
        .since(JULY),
    get("services.cost_centers.get", "/services/{service_id}/cost_centers/{id}")
        .path_fields(&[SERVICE_ID, ID])
        .holds(&["cost_center", "id"])
        .source("services")
        .since(JULY),
    post("services.cost_centers.create", "/services/{service_id}/cost_centers")
        .path_fields(&[SERVICE_ID])
        .wrapped("cost_center", COST_CENTER)
        .holds(&["cost_center", "id"])
        .source("services")
        .since(JULY),
    patch("services.cost_centers.update", "/services/{service_id}/cost_centers/{id}")
        .path_fields(&[SERVICE_ID, ID])
        .wrapped("cost_center", COST_CENTER)
        .source("services")
        .since(JULY),
    delete("services.cost_centers.delete", "/services/{service_id}/cost_centers/{id}")
        .path_fields(&[SERVICE_ID, ID])
        .source("services")
        .since(JULY),
    post("operations.generate_invoice", "/operations/{id}/generate_invoice")
        .path_fields(&[ID])
        .json(&[COST_CENTER_IDS, CFDI_USE_CODE, PAYMENT_METHOD_CODE, PAYMENT_TYPE_CODE])
        .source("operations")
        .since(JULY),
    post("operations.generate_bill", "/operations/{id}/generate_bill")
        .path_fields(&[ID])
        .json(&[COST_CENTER_IDS])
        .source("operations")
        .since(JULY),
    INVOICES[0],
    INVOICES[1],
    INVOICES[2],
    INVOICES[3],
    INVOICES[4],
    post("invoices.update_documents", "/invoices/{id}/update_documents")
        .path_fields(&[ID])
        .multipart(DOCUMENTS, UPLOAD_LIMIT)
        .unshown()
        .source("invoices")
        .since(JULY),
    INVOICES[5],
    INVOICES[6],
    INVOICES[7],
    BILLS[0],
    BILLS[1],
    BILLS[2],
    BILLS[3],
    BILLS[4],
    BILLS[5],
    BILLS[6],
    BILLS[7],
];
