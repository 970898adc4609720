//! Cost centres, invoices and bills: what they add up to, what is linked, and what a link forbids.

use super::{Desk, id, keys};
use serde_json::{Value, json};

const CFDI: [(&str, &str); 3] = [("cfdi_use_code", "G03"), ("payment_method_code", "01"), ("payment_type_code", "PUE")];

fn with_cfdi(mut body: Value) -> Value {
    for (name, value) in CFDI {
        body[name] = value.into();
    }
    body
}

impl Desk {
    fn center(&self, service: u64, concept: &str, income: &str) -> u64 {
        let sent = json!({"cost_center": {
            "concept": concept, "supplier_code": "MAERSK", "currency_code": "USD", "income_amount": income,
            "expense_unit_price": "40.00", "quantity": 2,
        }});
        id(&self.post(&format!("/services/{service}/cost_centers"), &sent)["cost_center"])
    }

    fn invoice(&self, price: &str) -> (u64, u64) {
        let sent = with_cfdi(json!({
            "contact_code": "ACME", "currency_code": "USD",
            "line_items_attributes": [{"description": "Flete", "quantity": 2, "price": price}],
        }));
        let made = self.post("/invoices", &json!({"invoice": sent}))["invoice"].clone();
        (id(&made), id(&made["line_items"][0]))
    }
}

#[test]
fn cost_centers_add_up_to_the_profit_of_what_is_not_canceled() {
    let desk = Desk::open();
    let operation = desk.operation("REF-1");
    let (first, second) = (desk.service(operation), desk.service(operation));
    let made = desk.center(first, "Flete", "100.00");
    desk.center(second, "Maniobras", "300.00");
    let path = format!("/services/{first}/cost_centers");
    let shown = desk.get(&format!("{path}/{made}"))["cost_center"].clone();
    assert_eq!(
        keys(&shown),
        [
            "concept",
            "created_at",
            "currency",
            "exchange_rate",
            "expense_amount",
            "expense_currency",
            "expense_exchange_rate",
            "id",
            "income_amount",
            "item",
            "linked",
            "notes",
            "profit_amount",
            "profit_percentage",
            "quantity",
            "supplier",
            "updated_at"
        ]
    );
    assert_eq!((&shown["profit_amount"], &shown["profit_percentage"]), (&json!(20.0), &json!(20.0)));
    assert_eq!(keys(&shown["linked"]), ["bill_line_item_id", "invoice_line_item_id", "quote_line_item_id"]);
    let profit = || desk.get(&format!("/operations/{operation}"))["operation"]["profit_amount"].as_f64();
    assert_eq!(profit(), Some(240.0));
    desk.ask("POST", &format!("/services/{second}/cancel"), &Value::Null);
    assert_eq!(profit(), Some(20.0));

    let all = desk.get(&format!("/operations/{operation}/cost_centers"));
    assert_eq!(all["pagination"], json!({"page": 1, "per_page": 25, "total": 2}));
    assert_eq!(all["cost_centers"][0]["service"]["id"], first);
    assert_eq!(desk.get(&path)["pagination"]["total"], 1);
    let old = json!({"service_pricing": {"notes": "x"}});
    let own = format!("{path}/{made}");
    assert_eq!(desk.ask("PATCH", &own, &old).1["cost_center"]["notes"], "x", "by the old name");
    assert_eq!(desk.ask("DELETE", &own, &Value::Null).0, 200);
    assert_eq!(desk.ask("GET", &own, &Value::Null).0, 404);
}

#[test]
fn an_invoice_of_cost_centers_blocks_its_service_until_it_is_deleted() {
    let desk = Desk::open();
    let operation = desk.operation("REF-1");
    let service = desk.service(operation);
    let center = desk.center(service, "Flete", "100.00");
    let path = format!("/operations/{operation}/generate_invoice");
    let (status, body) = desk.ask("POST", &path, &json!({"cost_center_ids": [center]}));
    assert_eq!((status, keys(&body["details"])), (422, CFDI.map(|(name, _)| name).to_vec()));
    let sent = with_cfdi(json!({"cost_center_ids": [center]}));
    let elsewhere = format!("/operations/{}/generate_invoice", desk.operation("REF-2"));
    assert_eq!(desk.ask("POST", &elsewhere, &sent).0, 422, "of another operation");
    assert_eq!(desk.ask("POST", &path, &with_cfdi(json!({"cost_center_ids": []}))).0, 422);
    let made = desk.post(&path, &sent)["invoice"].clone();
    assert_eq!(
        (&made["status"], &made["total"], &made["contact"]["alias"]),
        (&json!("drafted"), &json!("100.00"), &json!("ACME"))
    );
    assert_eq!(desk.ask("POST", &path, &sent).0, 422, "linked already");

    let cancel = format!("/services/{service}/cancel");
    let (status, body) = desk.ask("POST", &cancel, &Value::Null);
    assert_eq!((status, keys(&body)), (422, vec!["errors", "message"]));
    let invoice = format!("/invoices/{}", id(&made));
    assert_eq!(desk.get(&invoice)["invoice"]["line_items"][0]["link_cost_center_id"], center);
    assert_eq!(desk.ask("DELETE", &invoice, &Value::Null).0, 200);
    assert_eq!(desk.ask("POST", &cancel, &Value::Null).0, 200, "its links are free");

    let bill = json!({"service_pricing_ids": [center]});
    let made = desk.post(&format!("/operations/{operation}/generate_bill"), &bill)["bill"].clone();
    assert_eq!(
        (&made["status"], &made["total"], &made["kind"]),
        (&json!("opened"), &json!("80.00"), &json!("expense"))
    );
    assert_eq!(made["contact"]["alias"], "MAERSK");
}

#[test]
fn a_link_needs_equal_amounts_to_the_cent_and_is_taken_back() {
    let desk = Desk::open();
    let operation = desk.operation("REF-1");
    let service = desk.service(operation);
    let (right, near, wrong) =
        (desk.center(service, "a", "100.00"), desk.center(service, "b", "100.01"), desk.center(service, "c", "100.02"));
    let (invoice, line) = desk.invoice("50.00");
    let path = format!("/invoices/{invoice}");
    let form = |center: u64| json!({"invoice_cost_center_link_form": {"operation_id": operation.to_string(), "links": {line.to_string(): center.to_string()}}});
    let link = |center: u64| desk.ask("POST", &format!("{path}/link_cost_centers"), &form(center)).0;
    let options = desk.get(&format!("{path}/cost_center_link_options?operation_id={operation}"));
    assert_eq!(keys(&options), ["cost_centers", "line_items", "operations"]);
    assert_eq!(options["cost_centers"].as_array().map(Vec::len), Some(3));
    assert_eq!(link(wrong), 422);
    assert_eq!(link(7), 422);
    assert_eq!(link(near), 200);
    assert_eq!(link(right), 422, "the line is linked");
    let unlink = format!("{path}/line_items/{line}/unlink_cost_center");
    assert_eq!(desk.ask("DELETE", &unlink, &Value::Null).0, 200);
    assert_eq!(desk.ask("DELETE", &unlink, &Value::Null).0, 422);
    assert_eq!(desk.ask("DELETE", &format!("{path}/line_items/7/unlink_cost_center"), &Value::Null).0, 404);
    assert_eq!(link(right), 200);
    let bare = json!({"operation_id": operation, "links": {}});
    assert_eq!(desk.ask("POST", &format!("{path}/link_cost_centers"), &bare).0, 400, "under its form");

    // A bill is compared with the expense, which is 80.
    let sent =
        json!({"bill": {"contact_code": "MAERSK", "line_items_attributes": [{"quantity": 1, "price": "80.00"}]}});
    let bill = desk.post("/bills", &sent)["bill"].clone();
    let links = json!({"operation_id": operation, "links": {bill["line_items"][0]["id"].to_string(): wrong}});
    let link = json!({"bill_cost_center_link_form": links});
    assert_eq!(desk.ask("POST", &format!("/bills/{}/link_cost_centers", id(&bill)), &link).0, 200);
}

#[test]
fn lines_of_an_invoice_are_changed_by_their_ids() {
    let desk = Desk::open();
    let (invoice, line) = desk.invoice("50.00");
    let path = format!("/invoices/{invoice}");
    let change = |rows: Value| desk.ask("PATCH", &path, &json!({"invoice": {"line_items_attributes": rows}})).0;
    assert_eq!(change(json!([{"id": line, "price": "60.00"}, {"quantity": 1, "price": 5}])), 200);
    let shown = desk.get(&path)["invoice"].clone();
    assert_eq!((&shown["total"], shown["line_items"].as_array().map(Vec::len)), (&json!("125.00"), Some(2)));
    assert_eq!(change(json!([{"id": line, "_destroy": "1"}])), 200);
    assert_eq!(desk.get(&path)["invoice"]["total"], "5.00");
    assert_eq!(change(json!([{"id": line, "price": 1}])), 404, "deleted");
    let (_, body) = desk.ask("PATCH", &path, &json!({"invoice": {"line_items_attributes": [{"price": "x"}]}}));
    assert_eq!(keys(&body["details"]), ["line_items[0].price"]);

    let incomplete = json!({"invoice": {"description": "x"}});
    let (_, body) = desk.ask("POST", "/invoices", &incomplete);
    assert_eq!(keys(&body["details"]), ["cfdi_use_id", "contact_id", "payment_method_id", "payment_type_id"]);
    desk.set(&json!({"mexican_account": false, "invoice_form": "bare"}));
    let made = desk.post("/invoices", &json!({"invoice": {"contact_id": 110}}));
    assert_eq!(made["status"], "drafted");
    let documents = format!("/invoices/{}/update_documents", id(&made));
    assert_eq!(desk.ask("POST", &documents, &json!({"external_pdf": "https://x"})).0, 200);
    assert_eq!(desk.ask("POST", &documents, &json!({"other": 1})).0, 422);
}
