//! The operations that Apunto's first text doesn't have, each as it goes out; its pages in both forms; and its uploads.
//! A server that is written by hand answers: what is sent here is compared with the carrier's pages, not with a simulator.

use crate::common;
use crate::common::scripted::{Got, Scripted};
use flete::{Client, Code, Error, Outcome};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn client(carrier: &Scripted) -> Client {
    common::client(json!({"carrier": "apunto", "base_url": carrier.url, "token": "hunter2-hunter2"}))
}

fn call(client: &Client, operation: &str, params: Value) -> Result<Value, Error> {
    common::checked(client, "call", json!({"operation": operation, "params": params}))
}

fn table(client: &Client) -> Vec<Value> {
    let table = client.call("describe", json!({"carrier": "apunto"})).unwrap()["carriers"][0]["operations"].take();
    table.as_array().unwrap().clone()
}

/// Name, parameters, what is asked for with its query, the body, a good reply.
type Row = (&'static str, Value, &'static str, Value, Value);

/// What the newer pages say of each operation that the first text doesn't have.
#[rustfmt::skip]
fn rows() -> Vec<Row> {
    let none = Value::Null;
    let reason = json!({"canceled_at": "2026-07-01", "operation_cancellation_reason_id": 4, "cancellation_notes": "x"});
    let of_service = json!({"service_cancellation_reason_name": "Otro", "cancellation_notes": "x"});
    let cost = json!({"concept": "Flete", "supplier_code": "MAERSK", "currency_code": "MXN", "income_amount": "1250.00",
        "expense_amount": 1000.5, "quantity": 1});
    let invoice = json!({"contact_code": "ACME", "currency_code": "MXN", "cfdi_use_code": "G03",
        "payment_method_code": "01", "payment_type_code": "PUE",
        "line_items_attributes": [{"item_id": 3, "description": "Flete", "quantity": 1, "price": "-5.00"}]});
    let bill = json!({"contact_id": 8, "due_at": "2026-08-01"});
    let links = json!({"operation_id": 1, "links": {"10": "20"}});
    let lead = json!({"name": "Nuevo", "lead_status": "new_lead", "lead_source": "trade_show", "kind": ["prospect"]});
    let chance = json!({"title": "Ruta", "contact_code": "ACME", "frequency": "semiannual", "operations_volume": 12});
    let wanted = json!({"list_id": 2, "origin": "Shanghai", "destination": "Veracruz", "transport_mode": "ocean",
        "service_scope": "door_to_port_cy", "result": "lost", "deal_amount": "9.5", "deal_currency_id": 1,
        "shipment_items_attributes": [{"id": 7, "_destroy": true}, {"quantity": 2, "overweight": false}],
        "document_routes_attributes": [{"address_id": 1, "position": 1}]});
    let price = json!({"currency_id": 1, "service_name": "Flete", "unit_price": "1850.00", "total_price": "1850.00"});
    let quote = json!({"contact_code": "ACME", "currency_code": "USD", "operation_kind": "importation",
        "operation_mode": "maritime", "status": "drafted"});
    let state = |name: &str| json!({name: {"id": 1, "status": "x"}, "message": "Listo"});
    let one = |name: &str| json!({name: {"id": 1}, "message": "Listo"});
    let said = || json!({"message": "Listo"});
    let under = |name: &str, inner: &Value| json!({name: inner});
    let list = |name: &str| json!({name: [{"id": 1}]});
    let page = |name: &str| json!({name: [{"id": 1}], "pagination": {"page": 1, "per_page": 25, "total": 1}});
    vec![
        ("operations.search", json!({"q": "A 1"}), "GET /operations/search?q=A%201", none.clone(), list("operations")),
        ("operations.search", json!({}), "GET /operations/search", none.clone(), json!({"operations": []})),
        ("operations.close", json!({"id": 1}), "POST /operations/1/close", none.clone(), state("operation")),
        ("operations.reopen", json!({"id": 1}), "POST /operations/1/reopen", none.clone(), said()),
        ("operations.cancel", with(&reason, json!({"id": 1})), "POST /operations/1/cancel", reason.clone(), state("operation")),
        ("operations.cancel", json!({"id": 1}), "POST /operations/1/cancel", json!({}), state("operation")),
        ("operations.cost_centers.list", json!({"operation_id": 1, "page": 2}), "GET /operations/1/cost_centers?page=2", none.clone(), page("cost_centers")),
        ("operations.generate_invoice", json!({"id": 1, "cost_center_ids": [1, 2], "cfdi_use_code": "G03"}), "POST /operations/1/generate_invoice", json!({"cost_center_ids": [1, 2], "cfdi_use_code": "G03"}), one("invoice")),
        ("operations.generate_bill", json!({"id": 1, "cost_center_ids": [1]}), "POST /operations/1/generate_bill", json!({"cost_center_ids": [1]}), one("bill")),
        ("services.finish", json!({"id": 1}), "POST /services/1/finish", none.clone(), said()),
        ("services.close", json!({"id": 1}), "POST /services/1/close", none.clone(), said()),
        ("services.reopen", json!({"id": 1}), "POST /services/1/reopen", none.clone(), said()),
        ("services.cancel", with(&of_service, json!({"id": 1})), "POST /services/1/cancel", of_service.clone(), state("service")),
        ("operations.folders.list", json!({"operation_id": 1}), "GET /operations/1/folders", none.clone(), list("folders")),
        ("services.folders.list", json!({"service_id": 1}), "GET /services/1/folders", none.clone(), json!({"folderable": {}, "folders": []})),
        ("operations.folders.create", json!({"operation_id": 1, "name": "BL"}), "POST /operations/1/folders", json!({"folder": {"name": "BL"}}), one("folder")),
        ("services.folders.create", json!({"service_id": 1, "folder": {"name": "POD", "parent_id": 5}}), "POST /services/1/folders", json!({"folder": {"name": "POD", "parent_id": 5}}), one("folder")),
        ("attachments.update", json!({"id": 1, "filename": "b.pdf"}), "PATCH /attachments/1", json!({"filename": "b.pdf"}), said()),
        ("attachments.delete", json!({"id": 1}), "DELETE /attachments/1", none.clone(), said()),
        ("operation_cancellation_reasons.list", json!({}), "GET /operation_cancellation_reasons", none.clone(), json!({"operation_cancellation_reasons": []})),
        ("service_cancellation_reasons.list", json!({}), "GET /service_cancellation_reasons", none.clone(), list("service_cancellation_reasons")),
        ("services.cost_centers.list", json!({"service_id": 1}), "GET /services/1/cost_centers", none.clone(), page("cost_centers")),
        ("services.cost_centers.get", json!({"service_id": 1, "id": 2}), "GET /services/1/cost_centers/2", none.clone(), one("cost_center")),
        ("services.cost_centers.create", with(&cost, json!({"service_id": 1})), "POST /services/1/cost_centers", under("cost_center", &cost), one("cost_center")),
        ("services.cost_centers.update", json!({"service_id": 1, "id": 2, "cost_center": {"notes": "x"}}), "PATCH /services/1/cost_centers/2", json!({"cost_center": {"notes": "x"}}), one("cost_center")),
        ("services.cost_centers.delete", json!({"service_id": 1, "id": 2}), "DELETE /services/1/cost_centers/2", none.clone(), said()),
        ("invoices.list", json!({"per_page": 100}), "GET /invoices?per_page=100", none.clone(), page("invoices")),
        ("invoices.list", json!({}), "GET /invoices", none.clone(), json!([{"id": 1}])),
        ("invoices.get", json!({"id": 1}), "GET /invoices/1", none.clone(), json!({"id": 1})),
        ("invoices.create", invoice.clone(), "POST /invoices", under("invoice", &invoice), one("invoice")),
        ("invoices.update", json!({"id": 1, "description": "x"}), "PATCH /invoices/1", json!({"invoice": {"description": "x"}}), json!({"id": 1})),
        ("invoices.delete", json!({"id": 1}), "DELETE /invoices/1", none.clone(), said()),
        ("invoices.update_documents", json!({"id": 1, "external_pdf": "https://x.example/a.pdf"}), "POST /invoices/1/update_documents", json!({"external_pdf": "https://x.example/a.pdf"}), said()),
        ("invoices.cost_center_link_options", json!({"id": 1, "operation_id": 2}), "GET /invoices/1/cost_center_link_options?operation_id=2", none.clone(), json!({"cost_centers": []})),
        ("invoices.link_cost_centers", with(&links, json!({"id": 1})), "POST /invoices/1/link_cost_centers", under("invoice_cost_center_link_form", &links), said()),
        ("invoices.unlink_cost_center", json!({"id": 1, "line_item_id": 10}), "DELETE /invoices/1/line_items/10/unlink_cost_center", none.clone(), said()),
        ("bills.list", json!({}), "GET /bills", none.clone(), page("bills")),
        ("bills.get", json!({"id": 1}), "GET /bills/1", none.clone(), one("bill")),
        ("bills.create", bill.clone(), "POST /bills", under("bill", &bill), one("bill")),
        ("bills.update", json!({"id": 1, "bill": {"exchange_rate": "17.1"}}), "PATCH /bills/1", json!({"bill": {"exchange_rate": "17.1"}}), one("bill")),
        ("bills.delete", json!({"id": 1}), "DELETE /bills/1", none.clone(), said()),
        ("bills.cost_center_link_options", json!({"id": 1}), "GET /bills/1/cost_center_link_options", none.clone(), json!({"cost_centers": []})),
        ("bills.link_cost_centers", with(&links, json!({"id": 1})), "POST /bills/1/link_cost_centers", under("bill_cost_center_link_form", &links), said()),
        ("bills.unlink_cost_center", json!({"id": 1, "line_item_id": 10}), "DELETE /bills/1/line_items/10/unlink_cost_center", none.clone(), said()),
        ("leads.list", json!({"lead_status": "bad_timing", "prospect_type": "direct"}), "GET /leads?lead_status=bad_timing&prospect_type=direct", none.clone(), page("leads")),
        ("leads.get", json!({"id": 1}), "GET /leads/1", none.clone(), one("lead")),
        ("leads.create", lead.clone(), "POST /leads", under("lead", &lead), one("lead")),
        ("leads.update", json!({"id": 1, "credit_days": 30}), "PATCH /leads/1", json!({"lead": {"credit_days": 30}}), one("lead")),
        ("leads.transition", json!({"id": 1, "lead_status": "qualified"}), "PATCH /leads/1/transition", json!({"lead": {"lead_status": "qualified"}}), said()),
        ("leads.delete", json!({"id": 1}), "DELETE /leads/1", none.clone(), said()),
        ("opportunities.list", json!({"status": "lose"}), "GET /opportunities?status=lose", none.clone(), page("opportunities")),
        ("opportunities.get", json!({"id": 1}), "GET /opportunities/1", none.clone(), one("opportunity")),
        ("opportunities.create", chance.clone(), "POST /opportunities", under("opportunity", &chance), one("opportunity")),
        ("opportunities.update", json!({"id": 1, "detail": "x"}), "PATCH /opportunities/1", json!({"opportunity": {"detail": "x"}}), one("opportunity")),
        ("opportunities.transition", json!({"id": 1, "opportunity": {"status": "won"}}), "PATCH /opportunities/1/transition", json!({"opportunity": {"status": "won"}}), said()),
        ("opportunities.delete", json!({"id": 1}), "DELETE /opportunities/1", none.clone(), said()),
        ("quotation_pipelines.list", json!({}), "GET /quotation_pipelines", none.clone(), list("quotation_pipelines")),
        ("quote_won_reasons.list", json!({}), "GET /quote_won_reasons", none.clone(), list("quote_won_reasons")),
        ("quote_lost_reasons.list", json!({}), "GET /quote_lost_reasons", none.clone(), list("quote_lost_reasons")),
        ("quote_requests.list", json!({"status": "vobo", "result": "lost", "transport_mode": "rail"}), "GET /quote_requests?status=vobo&result=lost&transport_mode=rail", none.clone(), page("quote_requests")),
        ("quote_requests.get", json!({"id": 1}), "GET /quote_requests/1", none.clone(), one("quote_request")),
        ("quote_requests.create", wanted.clone(), "POST /quote_requests", under("quote_request", &wanted), one("quote_request")),
        ("quote_requests.update", json!({"id": 1, "result_notes": "x"}), "PATCH /quote_requests/1", json!({"quote_request": {"result_notes": "x"}}), one("quote_request")),
        ("quote_requests.delete", json!({"id": 1}), "DELETE /quote_requests/1", none.clone(), said()),
        ("quote_requests.create_quote", json!({"id": 1}), "POST /quote_requests/1/create_quote", none.clone(), one("quote")),
        ("quote_requests.mark_as_won", json!({"id": 1, "won_at": "2026-10-05", "winner_quote_ids": [3]}), "POST /quote_requests/1/mark_as_won", json!({"won_at": "2026-10-05", "winner_quote_ids": [3]}), said()),
        ("quote_requests.mark_as_lost", json!({"id": 1, "confirm_quote_loss_consequences": "1"}), "POST /quote_requests/1/mark_as_lost", json!({"confirm_quote_loss_consequences": "1"}), said()),
        ("quote_requests.mark_as_lost", json!({"id": 1, "confirm_quote_loss_consequences": true}), "POST /quote_requests/1/mark_as_lost", json!({"confirm_quote_loss_consequences": true}), said()),
        ("quote_requests.reopen", json!({"id": 1}), "POST /quote_requests/1/reopen", none.clone(), said()),
        ("quote_requests.pricings.list", json!({"quote_request_id": 1}), "GET /quote_requests/1/quote_request_pricings", none.clone(), json!({"pricings": []})),
        ("quote_requests.pricings.create", with(&price, json!({"quote_request_id": 1})), "POST /quote_requests/1/quote_request_pricings", under("quote_request_pricing", &price), one("pricing")),
        ("quote_requests.pricings.suggestions", json!({"quote_request_id": 1, "supplier_id": 2, "advanced": true}), "GET /quote_requests/1/quote_request_pricings/suggestions?supplier_id=2&advanced=true", none.clone(), json!({"suggestions": [], "meta": {"message": "not enabled"}})),
        ("quotes.list", json!({"status": "invoiced"}), "GET /quotes?status=invoiced", none.clone(), page("quotes")),
        ("quotes.get", json!({"id": 1}), "GET /quotes/1", none.clone(), one("quote")),
        ("quotes.create", quote.clone(), "POST /quotes", under("quote", &quote), one("quote")),
        ("quotes.update", json!({"id": 1, "hide_exchange_rate": true}), "PATCH /quotes/1", json!({"quote": {"hide_exchange_rate": true}}), one("quote")),
        ("quotes.delete", json!({"id": 1}), "DELETE /quotes/1", none.clone(), said()),
        ("quotes.approve", json!({"id": 1}), "POST /quotes/1/approve", none.clone(), said()),
        ("quotes.open", json!({"id": 1}), "POST /quotes/1/open", none.clone(), said()),
        ("quotes.clone", json!({"id": 1}), "POST /quotes/1/clone", none.clone(), one("quote")),
        ("quotes.create_operation", json!({"id": 1, "operation_type": "new", "line_items_links": {"1": 2}}), "POST /quotes/1/create_operation", json!({"operation_type": "new", "line_items_links": {"1": 2}}), one("operation")),
        // What has changed since the first text.
        ("services.list", json!({"operation_id": 5}), "GET /services?operation_id=5", none.clone(), page("services")),
        ("operations.to_dos.update", json!({"operation_id": 1, "id": 2, "completed": false}), "PUT /operations/1/to_dos/2", json!({"to_do": {"completed": false}}), one("to_do")),
    ]
}

fn with(one: &Value, more: Value) -> Value {
    common::with(one.clone(), more)
}

#[test]
fn each_newer_operation_goes_out_as_its_page_has_it() {
    let reply: Arc<Mutex<Value>> = Arc::default();
    let answer = Arc::clone(&reply);
    let carrier = Scripted::start(move |_| (200, answer.lock().unwrap().clone()));
    let client = client(&carrier);
    let mut new: Vec<String> = table(&client)
        .iter()
        .filter(|row| !row["since"].is_null())
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(new.len(), 78);
    for (name, params, line, body, good) in rows() {
        *reply.lock().unwrap() = good.clone();
        let data = call(&client, name, params).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(data, good, "{name}");
        let got = carrier.last();
        assert_eq!(format!("{} {}", got.method, got.target), line, "{name}");
        assert_eq!(got.json(), body, "{name}");
        assert_eq!(got.header("authorization"), Some("Bearer hunter2-hunter2"), "{name}");
        new.retain(|known| known != name);
    }
    assert_eq!(new, ["attachments.create"], "an upload is no JSON");
}

#[test]
fn a_create_takes_every_field_that_an_update_takes() {
    let carrier = Scripted::start(|_| (201, json!({"operation": {"id": 1}, "service": {"id": 1}})));
    let client = client(&carrier);
    let operation = json!({"contact_code": "ACME", "kind": "domestic", "mode": "land", "status": "active",
        "quote_external_id": "Q1", "nomenclature": "8479", "profit_amount": "-5.50", "profit_percentage": 1.5,
        "income_amount": 10, "expense_amount": "15.50", "regime": "A1", "economic_month": "2026-10",
        "service_scope": "truck_terminal_to_door", "tag_list": ["a"]});
    // A road service, with its customs and its carta porte.
    let service = json!({"operation_id": 1, "mode": "land", "shipment_kind": "national", "shipment_type": "ltl",
        "customs_agent_code": "AGENTE", "customs_address_code": "NLD", "carta_porte": "CP-1", "status": "active",
        "pickup_date": "2026-10-05", "dispatch_appointment_at": "2026-10-05T10:00:00Z", "tag_list": ["b"]});
    for (resource, body) in [("operation", operation), ("service", service)] {
        for (operation, more, method) in [("create", json!({}), "POST"), ("update", json!({"id": 1}), "PUT")] {
            call(&client, &format!("{resource}s.{operation}"), with(&body, more)).unwrap();
            assert_eq!((carrier.last().method.as_str(), carrier.last().json()), (method, json!({resource: body})));
        }
    }
    for (operation, params, field) in [
        ("services.create", json!({"operation_id": 1, "mode": "land", "shipment_kind": "domestic"}), "shipment_kind"),
        ("opportunities.create", json!({"title": "x"}), "contact_code"),
        ("quotes.create", json!({}), "contact_code"),
        ("quotes.create", json!({"contact_code": null}), "contact_code"),
        (
            "operations.cancel",
            json!({"id": 1, "operation_cancellation_reason_id": 1, "operation_cancellation_reason_name": "x"}),
            "operation_cancellation_reason_name",
        ),
        ("quote_requests.pricings.create", json!({"quote_request_id": 1, "currency_code": "USD"}), "currency_code"),
    ] {
        let before = carrier.got().len();
        let error = call(&client, operation, params).unwrap_err();
        assert_eq!(error.code, Code::InvalidRequest, "{operation}");
        let named = error.fields.iter().any(|problem| problem.field == format!("params.{field}"));
        assert!(named, "{operation}: {:?}", error.fields);
        assert_eq!(carrier.got().len(), before, "{operation}");
    }
    for params in [json!({"contact_id": 1}), json!({"+contact_id": "x"}), json!({"quote": {"contact_code": "A"}})] {
        let error = call(&client, "quotes.create", params).unwrap_err();
        assert_eq!(error.code, Code::CarrierResponse, "it is sent: {error:?}");
    }
}

#[test]
fn every_list_is_gathered_from_either_form_of_its_pages() {
    let (form, name): (Arc<Mutex<&str>>, Arc<Mutex<String>>) = (Arc::new(Mutex::new("A")), Arc::default());
    let (now, named) = (Arc::clone(&form), Arc::clone(&name));
    let carrier = Scripted::start(move |got: &Got| {
        let page: u64 = got.query("page").unwrap().parse().unwrap();
        let items: Vec<Value> = (0..if page == 3 { 1 } else { 2 }).map(|at| json!({"id": page * 10 + at})).collect();
        let pagination = match *now.lock().unwrap() {
            "A" => json!({"page": page, "per_page": 2, "total": 5}),
            "B" => json!({"current_page": page, "total_pages": 3, "total_count": 5}),
            "text" => json!({"page": page.to_string(), "per_page": "2", "total": "5"}),
            _ => return (200, if page > 3 { json!([]) } else { json!(items) }),
        };
        (200, json!({&*named.lock().unwrap(): items, "pagination": pagination}))
    });
    let client = client(&carrier);
    let mut lists = 0;
    for row in table(&client).iter().filter(|row| row["paged"] == true) {
        let operation = row["name"].as_str().unwrap();
        let items = operation.rsplit('.').nth(1).unwrap();
        items.clone_into(&mut name.lock().unwrap());
        let mut params = json!({"per_page": 2});
        for field in row["parameters"].as_array().unwrap().iter().filter(|field| field["in"] == "path") {
            params[field["name"].as_str().unwrap()] = json!(1);
        }
        let bare = ["invoices.list", "bills.list", "quote_requests.list"].contains(&operation);
        for shape in ["A", "B", "text"].into_iter().chain(bare.then_some("bare")) {
            *form.lock().unwrap() = shape;
            let before = carrier.got().len();
            let request = json!({"operation": operation, "params": params, "all": true});
            let whole = common::checked(&client, "call", request).unwrap();
            let found = if shape == "bare" { &whole } else { &whole[items] };
            let ids: Vec<u64> = found.as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect();
            assert_eq!(ids, [10, 11, 20, 21, 30], "{operation}, {shape}");
            assert_eq!(carrier.got().len() - before, 3, "{operation}, {shape}");
        }
        lists += 1;
    }
    assert_eq!(lists, 18);
}

#[test]
fn a_refused_field_is_named_as_the_operation_takes_it() {
    for (operation, params, theirs, field) in [
        ("services.create", json!({"operation_id": 1, "mode": "land"}), "customs_agent", "customs_agent_code"),
        ("services.update", json!({"id": 1}), "customs_address_id", "customs_address_code"),
        ("services.update", json!({"id": 1}), "supplier", "supplier_code"),
        ("services.cost_centers.create", json!({"service_id": 1}), "currency", "currency_code"),
        ("quote_requests.pricings.create", json!({"quote_request_id": 1, "currency_id": 9}), "currency", "currency_id"),
        ("quote_requests.update", json!({"id": 1}), "list", "list_id"),
        ("quote_requests.update", json!({"id": 1}), "shipment_items", "shipment_items_attributes"),
        ("operations.cancel", json!({"id": 1}), "operation_cancellation_reason", "operation_cancellation_reason_id"),
        ("contacts.update", json!({"id": 1}), "tags", "tags"),
        ("operations.update", json!({"id": 1}), "tags", "tag_list"),
        ("attachments.create", upload(json!({"base64": "eA==", "filename": "x"})), "folderable", "folderable_id"),
    ] {
        let carrier = Scripted::start(move |_| (422, json!({"errors": {theirs: ["must exist"]}})));
        let error = call(&client(&carrier), operation, params).unwrap_err();
        assert_eq!((error.code, error.outcome), (Code::Validation, Outcome::None), "{operation}");
        let named = &error.fields[0];
        assert_eq!(named.field, format!("params.{field}"), "{operation}");
        assert_eq!(named.carrier_field.as_deref(), Some(theirs));
    }
}

// ---- uploads

const LIMIT: usize = 26_214_400;

/// The parts of a form: each part's head and its content.
fn parts(got: &Got) -> Vec<(String, String)> {
    let boundary = got.header("content-type").unwrap().strip_prefix("multipart/form-data; boundary=").unwrap();
    let whole = got.body.strip_suffix(&format!("--{boundary}--\r\n")).unwrap();
    whole
        .split(&format!("--{boundary}\r\n"))
        .skip(1)
        .map(|part| {
            let (head, content) = part.split_once("\r\n\r\n").unwrap();
            (head.to_owned(), content.strip_suffix("\r\n").unwrap().to_owned())
        })
        .collect()
}

/// A file of a test's own, gone at its end.
struct OwnFile(std::path::PathBuf);

impl OwnFile {
    fn new(name: &str, size: usize) -> Self {
        let path = std::env::temp_dir().join(format!("{}-{name}", std::process::id()));
        std::fs::write(&path, vec![b'x'; size]).unwrap();
        Self(path)
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn upload(file: Value) -> Value {
    json!({"file": file, "folderable_type": "Service", "folderable_id": 7, "parent_folder_id": 12})
}

#[test]
fn a_file_goes_up_from_a_path_or_from_base64() {
    let good = json!({"success": true, "attachment": {"id": 5, "filename": "x"}, "message": "Listo"});
    let reply = good.clone();
    let carrier = Scripted::start(move |_| (201, reply.clone()));
    let client = client(&carrier);
    let kept = OwnFile::new("prueba \"1\".pdf", 3);
    let name = kept.0.file_name().unwrap().to_string_lossy().replace('"', "%22");
    for (file, head, content) in [
        (json!({"path": kept.0}), format!("filename=\"{name}\"\r\nContent-Type: application/pdf"), "xxx"),
        (
            json!({"path": kept.0, "filename": "Guía\r\n1.txt", "content_type": "text/csv"}),
            "filename=\"Guía%0D%0A1.txt\"\r\nContent-Type: text/csv".to_owned(),
            "xxx",
        ),
        (
            json!({"base64": "JVBERi0xLjQKJSVFT0Y=", "filename": "POD"}),
            "filename=\"POD\"\r\nContent-Type: application/pdf".to_owned(),
            "%PDF-1.4\n%%EOF",
        ),
    ] {
        assert_eq!(call(&client, "attachments.create", upload(file)).unwrap(), good);
        let got = carrier.last();
        assert_eq!(got.line(), "POST /attachments");
        assert_eq!(got.header("authorization"), Some("Bearer hunter2-hunter2"));
        assert_eq!(got.header("content-length").unwrap().parse(), Ok(got.body.len()));
        let parts = parts(&got);
        let named = |name: &str| format!("Content-Disposition: form-data; name=\"{name}\"");
        assert_eq!(parts[0], (format!("{}; {head}", named("file")), content.to_owned()));
        // In the order in which the test's own JSON has them.
        let texts = [("folderable_id", "7"), ("folderable_type", "Service"), ("parent_folder_id", "12")];
        assert_eq!(parts[1..], texts.map(|(name, value)| (named(name), value.to_owned())));
    }
    // What the page on documents of invoices doesn't say: a file is sent as one.
    let document = json!({"id": 3, "external_xml": {"base64": "PHgvPg==", "filename": "cfdi.xml"}});
    call(&client, "invoices.update_documents", document).unwrap();
    let (head, content) = parts(&carrier.last()).remove(0);
    assert!(head.ends_with("name=\"external_xml\"; filename=\"cfdi.xml\"\r\nContent-Type: application/xml"), "{head}");
    assert_eq!(content, "<x/>");
}

#[test]
fn the_largest_file_is_sent_and_one_byte_more_is_not() {
    let carrier = Scripted::start(|got: &Got| match got.path() {
        "/auth" => (200, json!({"token": "e30.e30.e30"})),
        _ => (201, json!({"success": true, "attachment": {"id": 5}})),
    });
    let login = json!({"carrier": "apunto", "base_url": carrier.url, "email": "a@example.com", "password": "hunter2"});
    let client = common::client(login);
    let more = OwnFile::new("more.bin", LIMIT + 1);
    let nobody = json!({"path": "/nowhere/at/all.pdf"});
    for (file, field, words) in [
        (json!({"path": more.0}), "params.file.path", "26214401 bytes; at most 26214400"),
        (nobody, "params.file.path", "does not exist"),
        (json!({"base64": "?", "filename": "x"}), "params.file.base64", "not base64"),
        (json!("x.pdf"), "params.file", "object"),
        (json!({"paht": "x.pdf"}), "params.file.paht", "did you mean `path`"),
        (Value::Null, "params.file", "is required"),
    ] {
        let error = call(&client, "attachments.create", upload(file)).unwrap_err();
        assert_eq!((error.code, error.outcome, error.retryable), (Code::InvalidRequest, Outcome::None, false));
        let problem = error.fields.iter().find(|problem| problem.field == field);
        let said = &problem.unwrap_or_else(|| panic!("{field}: {:?}", error.fields)).message;
        assert!(said.contains(words), "{said}");
    }
    assert!(carrier.got().is_empty(), "not even a token was asked for");
    let full = OwnFile::new("full.bin", LIMIT);
    call(&client, "attachments.create", upload(json!({"path": full.0}))).unwrap();
    assert_eq!(parts(&carrier.last())[0].1.len(), LIMIT);
    // As text, as other languages send it, with lines broken as MIME does.
    let file = |size: usize| {
        let line = format!("{}\\r\\n", "eHh4".repeat(19));
        let whole = line.repeat(size / 57) + &"eHh4".repeat(size % 57 / 3) + ["", "eA==", "eHg="][size % 3];
        format!(
            "{{\"operation\":\"attachments.create\",\"params\":{{\"folderable_type\":\"Service\",\
            \"folderable_id\":7,\"file\":{{\"filename\":\"x\",\"base64\":\"{whole}\"}}}}}}"
        )
    };
    client.invoke("call", &file(LIMIT)).unwrap();
    assert_eq!(parts(&carrier.last())[2].1.len(), LIMIT);
    let error = client.invoke("call", &file(LIMIT + 1)).unwrap_err();
    assert_eq!(error.fields[0].field, "params.file.base64");
    assert!(error.fields[0].message.contains("26214401 bytes"), "{error}");
}

#[test]
fn an_upload_whose_reply_is_lost_is_not_sent_again() {
    let carrier = Scripted::start(|_| Vec::new());
    let error = call(&client(&carrier), "attachments.create", upload(json!({"base64": "eA==", "filename": "x"})));
    let error = error.unwrap_err();
    assert_eq!((error.code, error.outcome, error.retryable), (Code::Network, Outcome::Unknown, false));
    assert_eq!(carrier.got().len(), 1);
    // One that was refused did nothing, and the form goes out again as it was.
    let refusals = Mutex::new(1);
    let carrier = Scripted::start(move |_| {
        let mut left = refusals.lock().unwrap();
        if *left == 0 {
            return (201, json!({"success": true, "attachment": {"id": 5}}));
        }
        *left -= 1;
        (429, json!({"error": "Rate limit exceeded", "retry_after": 0}))
    });
    call(&client(&carrier), "attachments.create", upload(json!({"base64": "eA==", "filename": "x"}))).unwrap();
    let got = carrier.got();
    assert_eq!((got.len(), &got[0].body), (2, &got[1].body));
    // Good by its status, and not by what it says.
    let carrier = Scripted::start(|_| (200, json!({"success": false, "message": "virus"})));
    let error = call(&client(&carrier), "attachments.create", upload(json!({"base64": "eA==", "filename": "x"})));
    assert_eq!(error.unwrap_err().code, Code::CarrierResponse);
}

#[test]
fn describe_says_what_a_file_is_and_since_when_an_operation_is_there() {
    let carrier = Scripted::start(|_| (200, json!({})));
    let table = table(&client(&carrier));
    let row = |name: &str| table.iter().find(|row| row["name"] == name).unwrap();
    let upload = row("attachments.create");
    assert_eq!((&upload["body_encoding"], &upload["safety"]), (&json!("multipart/form-data"), &json!("once")));
    let file = upload["parameters"].as_array().unwrap().iter().find(|field| field["name"] == "file").unwrap();
    assert_eq!(file["$defs"]["File"]["properties"].as_object().unwrap().len(), 4);
    // The text keeps their order.
    let text = client(&carrier).invoke("describe", r#"{"carrier": "apunto"}"#).unwrap();
    let described: flete::Json = text.parse().unwrap();
    let operations = described["carriers"][0]["operations"].as_array().unwrap();
    let upload = operations.iter().find(|row| row["name"] == "attachments.create").unwrap();
    let file = upload["parameters"].as_array().unwrap().iter().find(|field| field["name"] == "file").unwrap();
    let fields = file["$defs"]["File"]["properties"].as_object().unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["path", "base64", "filename", "content_type"]);
    assert_eq!(row("operations.update")["also"], "PATCH");
    assert_eq!(row("quotes.create")["one_of"], json!(["contact_code", "contact_id"]));
    let months: Vec<&Value> =
        ["operations.list", "operations.cancel", "quotes.get"].map(|name| &row(name)["since"]).into();
    assert_eq!(months, [&Value::Null, &json!("2026-07"), &json!("2026-10")]);
    let shipments: Vec<&str> = table
        .iter()
        .filter(|row| row["safety"] == "creates_shipment")
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert_eq!(shipments, ["operations.create", "quotes.create_operation"]);
}

/// JSON text in and out: digits and order stay as they were written, both on the way there and on the way back.
#[test]
fn digits_and_order_pass_through_as_text() {
    const SENT: &str = r#"{"z":0.1000,"a":12345678901234567890.5,"m":[1e3,-0.0,{"y":2500.00,"b":1}]}"#;
    const REPLY: &str = r#"{"zeta":2500.10,"alpha":{"y":1E+2,"b":0.50},"id":123456789012345678901234567890}"#;
    let carrier = Scripted::start(move |_| (200, REPLY.to_owned()));
    let client = client(&carrier);
    let request = format!(r#"{{"operation": "operations.update", "params": {{"id": 3, "+x": {SENT}, "+w": 7.0}}}}"#);
    let reply = client.invoke("call", &request).unwrap();
    assert_eq!(reply, REPLY);
    assert_eq!(carrier.last().body, format!(r#"{{"operation":{{"x":{SENT},"w":7.0}}}}"#));
    // A host's own value of serde_json loses nothing that it holds.
    let params = json!({"id": 3, "+x": {"a": 0.1, "b": u64::MAX, "c": i64::MIN, "d": 1e30}});
    let read = call(&client, "operations.update", params.clone()).unwrap();
    assert_eq!(carrier.last().json()["operation"]["x"], params["+x"]);
    assert_eq!((&read["zeta"], &read["alpha"]), (&json!(2500.1), &json!({"y": 100.0, "b": 0.5})));
    // An error's `raw` too.
    let carrier = Scripted::start(move |_| (422, REPLY.to_owned()));
    let client = self::client(&carrier);
    let error = client.invoke("call", &request).unwrap_err();
    assert_eq!(error.raw.as_ref().unwrap().to_string(), REPLY);
    let shown = flete::envelope_text(Err(error.clone()));
    assert!(shown.contains(&format!(r#""raw":{REPLY}"#)), "{shown}");
    assert!(serde_json::to_string(&error).unwrap().contains(&format!(r#""raw":{REPLY}"#)));
}
