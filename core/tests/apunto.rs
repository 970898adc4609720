//! Apunto over HTTP against its simulator: every operation of its API reference, then flete's methods. The meaning of
//! each field of its replies is tested beside `carriers/apunto/replies.rs`.

use crate::common::{Shop, with};
use flete::{Client, Code, Error, Outcome};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::{Duration, Instant};

const CREATE: &str = "POST /operations";
const SERVE: &str = "POST /services";
const LOGIN: &str = "POST /auth";
const LIST: &str = "GET /operations";

const SETTLE_MS: u64 = 600;

/// A forwarder's office: a shop with Apunto.
impl Shop {
    /// With settings instead of the simulator's token.
    pub fn apunto(settings: Value) -> Self {
        Self::of("apunto", with(json!({"token": null}), settings), json!({"settle_ms": SETTLE_MS}))
    }

    pub fn office() -> Self {
        Self::apunto(json!({"token": "sandbox-token"}))
    }

    /// With a state file, and the client whose operations it makes.
    pub fn keeping_office() -> Self {
        Self::keeping("apunto", json!({"contact_code": "ACME"}), json!({"settle_ms": SETTLE_MS}))
    }

    pub fn counts(&self) -> Value {
        self.control("GET", "requests", Value::Null)["operations"].take()
    }

    /// The body of the last request of an operation.
    pub fn sent(&self, operation: &str) -> Value {
        let report = self.control("GET", "requests", Value::Null);
        let last = report["recent"].as_array().unwrap().iter().rfind(|request| request["operation"] == operation);
        serde_json::from_str(last.unwrap()["body"].as_str().unwrap()).unwrap()
    }

    pub fn operation(&self) -> String {
        self.did("create", order(json!({"options": {"apunto": {"contact_code": "ACME"}}})))["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

pub fn merge(object: &mut Value, more: Value) {
    match (object, more) {
        (Value::Object(object), Value::Object(more)) => {
            for (name, value) in more {
                merge(object.entry(name).or_insert(Value::Null), value);
            }
        }
        (object, more) => *object = more,
    }
}

pub fn order(more: Value) -> Value {
    let mut order = json!({
        "origin": {"city": "Shanghai", "country": "CN"},
        "destination": {"city": "Veracruz", "country": "MX"},
        "parcels": [
            {"weight": {"value": 900, "unit": "kg"}, "description": "Maquinaria industrial", "packaging": "pallet"},
            {"weight": {"value": 2, "unit": "kg"}, "description": "Refacciones"},
        ],
        "options": {"apunto": {"kind": "importation", "mode": "maritime", "incoterm": "FOB"}},
    });
    merge(&mut order, more);
    order
}

fn services() -> Value {
    json!([
        {"mode": "maritime", "supplier_code": "MAERSK", "shipment_type": "fcl", "bl": "BL123456", "etd_date": "2024-01-20"},
        {"mode": "customs", "shipment_kind": "international"},
    ])
}

fn with_services(key: &str) -> Value {
    order(json!({"idempotency_key": key, "reference": "REF-001", "options": {"apunto": {"services": services()}}}))
}

pub fn fields(error: &Error) -> Vec<&str> {
    error.fields.iter().map(|problem| problem.field.as_str()).collect()
}

// ---- the carrier's own API

/// The comments and tasks of one parent, by full names or by the shared ones.
fn exercise_nested(office: &Shop, parent: &str, parent_id: &str, id: &Value, full: bool) {
    let name = |operation: &str| if full { format!("{parent}.{operation}") } else { operation.to_owned() };
    let params = |more: Value| {
        let mut params = json!({parent_id: id});
        merge(&mut params, more);
        params
    };
    let message = office.native(&name("messages.create"), params(json!({"content": "Llegó el barco"})));
    let message = message["message"]["id"].clone();
    assert_eq!(office.native(&name("messages.list"), params(json!({})))["messages"][0]["id"], message);
    let edited = params(json!({"id": message, "message": {"content": "Llegó el barco [EDITADO]"}}));
    assert_eq!(office.native(&name("messages.update"), edited)["message"]["edited"], true);
    let got = office.native(&name("messages.get"), params(json!({"id": message})));
    assert_eq!(got["message"]["content"], "Llegó el barco [EDITADO]");
    office.native(&name("messages.delete"), params(json!({"id": message})));

    let to_do = params(json!({"title": "Revisar pedimento", "end_at": "2024-01-25T18:00:00Z", "required": true}));
    let to_do = office.native(&name("to_dos.create"), to_do)["to_do"]["id"].clone();
    let listed = office.native(&name("to_dos.list"), params(json!({"completed": false})));
    assert_eq!(listed["to_dos"][0]["id"], to_do);
    office.native(&name("to_dos.update"), params(json!({"id": to_do, "title": "Revisar pedimento ya"})));
    let got = office.native(&name("to_dos.get"), params(json!({"id": to_do})));
    assert_eq!(got["to_do"]["title"], "Revisar pedimento ya");
    for _ in 0..2 {
        let done = office.native(&name("to_dos.complete"), params(json!({"id": to_do})));
        assert_eq!(done["to_do"]["completed"], true);
    }
    let gone = office.native(&name("to_dos.delete"), params(json!({"id": to_do})));
    assert!(gone.is_null() || gone["message"].is_string());
}

/// The folders of one parent with a file in them, which goes up from base64 and is seen by its name.
fn exercise_folders(office: &Shop, parent: &str, kind: &str, id: &Value, full: bool) {
    let name = |operation: &str| if full { format!("{parent}s.{operation}") } else { operation.to_owned() };
    let of = format!("{parent}_id");
    let folders = || office.native(&name("folders.list"), json!({&of: id}))["folders"].take();
    office.native(&name("folders.create"), json!({&of: id, "folder": {"name": "POD"}}));
    let folder = folders()[0]["id"].clone();
    let file = json!({"base64": "JVBERi0xLjQKJSVFT0Y=", "filename": "Guía \"1\".pdf"});
    let upload = json!({"file": file, "folderable_type": kind, "folderable_id": id, "parent_folder_id": folder});
    let made = office.native("attachments.create", upload)["attachment"].take();
    let shown = folders()[0]["attachments"][0].take();
    assert_eq!(shown["id"], made["id"]);
    assert_eq!((&shown["content_type"], &shown["byte_size"]), (&json!("application/pdf"), &json!(14)));
    office.native("attachments.update", json!({"id": made["id"], "filename": "b.pdf"}));
    assert_eq!(folders()[0]["attachments"][0]["filename"], "b.pdf");
    office.native("attachments.delete", json!({"id": made["id"]}));
    assert_eq!(folders()[0]["attachments"], json!([]));
}

/// What one service earns and costs, as an invoice and as a bill; `papers` are made of it, linked to it and freed.
fn exercise_money(office: &Shop, operation: &Value, service: &Value, full: bool) {
    let shared = |name: &str, parent: &str| if full { format!("{parent}.{name}") } else { name.to_owned() };
    let center = |concept: &str| {
        let center = json!({"service_id": service, "concept": concept, "supplier_code": "MAERSK",
            "currency_code": "MXN", "income_amount": "1250.00", "expense_amount": 1000.5});
        office.native("services.cost_centers.create", center)["cost_center"]["id"].clone()
    };
    let (first, second) = (center("Flete"), center("Maniobras"));
    let one = json!({"service_id": service, "id": second});
    office.native("services.cost_centers.update", with(one.clone(), json!({"notes": "urgente"})));
    assert_eq!(office.native("services.cost_centers.get", one.clone())["cost_center"]["notes"], "urgente");
    for (parent, id) in
        [("operations", json!({"operation_id": operation})), ("services", json!({"service_id": service}))]
    {
        let listed = office.native(&shared("cost_centers.list", parent), id);
        assert_eq!(listed["cost_centers"].as_array().unwrap().len(), 2, "{parent}");
    }
    let cfdi = json!({"cfdi_use_code": "G03", "payment_method_code": "01", "payment_type_code": "PUE"});
    for (papers, key, generate, cfdi, contact, price) in [
        ("invoices", "invoice", "operations.generate_invoice", cfdi, "ACME", "1250.00"),
        ("bills", "bill", "operations.generate_bill", json!({}), "MAERSK", "1000.5"),
    ] {
        let name = |operation: &str| format!("{papers}.{operation}");
        let under = |reply: &Value| reply.get(key).unwrap_or(reply).clone();
        office.native(generate, with(cfdi.clone(), json!({"id": operation, "cost_center_ids": [first]})));
        let line = json!({"description": "Maniobras", "quantity": 1, "price": price});
        let paper =
            with(cfdi, json!({"contact_code": contact, "currency_code": "MXN", "line_items_attributes": [line]}));
        let id = under(&office.native(&name("create"), paper))["id"].clone();
        let listed = office.ask("call", json!({"operation": name("list"), "all": true})).unwrap();
        assert_eq!(listed[papers].as_array().unwrap().len(), 2, "{papers}");
        office.native(&name("update"), json!({"id": id, "description": "x"}));
        let options = office.native(&name("cost_center_link_options"), json!({"id": id, "operation_id": operation}));
        assert_eq!(options["cost_centers"][0]["id"], second, "the other is taken");
        let line = under(&office.native(&name("get"), json!({"id": id})))["line_items"][0]["id"].to_string();
        let links = json!({"id": id, "operation_id": operation, "links": {&line: second.to_string()}});
        office.native(&name("link_cost_centers"), links);
        let shown = under(&office.native(&name("get"), json!({"id": id})));
        assert_eq!(shown["line_items"][0]["linked_to_cost_center"], true);
        office.native(&name("unlink_cost_center"), json!({"id": id, "line_item_id": line}));
        if papers == "invoices" {
            let file = json!({"base64": "PHgvPg==", "filename": "cfdi.xml"});
            let xml = if full { file } else { json!("https://files.example/cfdi.xml") };
            office.native("invoices.update_documents", json!({"id": id, "external_xml": xml}));
        }
        office.native(&name("delete"), json!({"id": id}));
    }
    office.native("services.cost_centers.delete", one);
}

/// From a lead to the operation of a quote.
fn exercise_sales(office: &Shop) {
    let lead = json!({"name": "Nuevo cliente", "lead_source": "trade_show", "prospect_type": "direct"});
    let lead = office.native("leads.create", lead)["lead"]["id"].clone();
    office.native("leads.update", json!({"id": lead, "credit_days": 30}));
    office.native("leads.transition", json!({"id": lead, "lead_status": "qualified"}));
    assert_eq!(office.native("leads.get", json!({"id": lead}))["lead"]["credit_days"], 30);
    assert_eq!(office.native("leads.list", json!({"lead_status": "qualified"}))["leads"][0]["id"], lead);
    office.native("leads.delete", json!({"id": lead}));

    let chance = json!({"title": "Ruta Asia", "contact_code": "ACME", "frequency": "monthly", "operations_volume": 4});
    let chance = office.native("opportunities.create", chance)["opportunity"]["id"].clone();
    office.native("opportunities.update", json!({"id": chance, "detail": "x"}));
    office.native("opportunities.transition", json!({"id": chance, "status": "in_negotiation"}));
    assert_eq!(office.native("opportunities.get", json!({"id": chance}))["opportunity"]["detail"], "x");
    let listed = office.native("opportunities.list", json!({"status": "in_negotiation"}));
    assert_eq!(listed["opportunities"][0]["id"], chance);

    let lists = office.native("quotation_pipelines.list", json!({}))["quotation_pipelines"][0]["lists"].take();
    let requested = |list: &&Value| list["target_quote_request_status"] == "requested";
    let list = lists.as_array().unwrap().iter().find(requested).unwrap()["id"].clone();
    let request = json!({"list_id": list, "origin": "Shanghai", "destination": "Veracruz", "contact_code": "ACME",
        "opportunity_id": chance, "transport_mode": "maritime", "operation_kind": "importation",
        "operation_mode": "maritime", "service_scope": "door_to_port_cy", "deal_amount": "9.50", "deal_currency_id": 32,
        "shipment_items_attributes": [{"package_type": "pallet", "quantity": 2, "weight": "900.5"}]});
    let request = office.native("quote_requests.create", request)["quote_request"]["id"].clone();
    let of = json!({"quote_request_id": request});
    let price = json!({"currency_id": 32, "service_name": "Flete", "quantity": 1, "unit_price": "1850.00"});
    office.native("quote_requests.pricings.create", with(of.clone(), price));
    let prices = office.native("quote_requests.pricings.list", of.clone());
    assert_eq!(prices["pricings"][0]["unit_price"], "1850.00");
    assert_eq!(office.native("quote_requests.pricings.suggestions", of)["suggestions"], json!([]));
    let quote = office.native("quote_requests.create_quote", json!({"id": request}))["quote"]["id"].clone();
    office.native("quote_requests.update", json!({"id": request, "cargo_details": "Frágil"}));
    let shown = office.native("quote_requests.get", json!({"id": request}));
    assert_eq!(shown["quote_request"]["cargo_details"], "Frágil");
    let listed = office.native("quote_requests.list", json!({"status": "vobo", "result": "pending"}));
    assert_eq!(listed["quote_requests"][0]["id"], request);
    let won = office.native("quote_won_reasons.list", json!({}))["quote_won_reasons"][0]["id"].clone();
    let lost = office.native("quote_lost_reasons.list", json!({}))["quote_lost_reasons"][0]["id"].clone();
    let won = json!({"id": request, "quote_won_reason_id": won, "winner_quote_ids": [quote]});
    office.native("quote_requests.mark_as_won", won);
    office.native("quote_requests.reopen", json!({"id": request}));

    let copy = office.native("quotes.clone", json!({"id": quote}))["quote"]["id"].clone();
    office.native("quotes.delete", json!({"id": copy}));
    office.native("quotes.update", json!({"id": quote, "operation_kind": "importation", "client_ref": "R-1"}));
    assert_eq!(office.native("quotes.get", json!({"id": quote}))["quote"]["client_ref"], "R-1");
    office.native("quotes.approve", json!({"id": quote}));
    office.native("quotes.open", json!({"id": quote}));
    assert_eq!(office.native("quotes.list", json!({"status": "opened"}))["quotes"][0]["id"], quote);
    let operation = office.native("quotes.create_operation", json!({"id": quote}))["operation"].take();
    assert!(operation["id"].is_number(), "{operation}");
    let other = json!({"contact_code": "ACME", "currency_code": "USD", "due_at": "2027-01-31"});
    office.native("quotes.create", other);

    let lost = json!({"id": request, "quote_lost_reason_id": lost, "confirm_quote_loss_consequences": true});
    office.native("quote_requests.mark_as_lost", lost);
    office.native("quote_requests.delete", json!({"id": request}));
    office.native("opportunities.delete", json!({"id": chance}));
}

/// A service and its operation to their end, back, and to the other end.
fn exercise_states(office: &Shop, operation: &Value, service: &Value) {
    office.set(json!({"operation_reasons": ["Cliente", "Otro"], "service_reasons": ["Naviera"]}));
    let reasons = |of: &str| {
        office.native(&format!("{of}_cancellation_reasons.list"), json!({}))[format!("{of}_cancellation_reasons")][0]
            .take()
    };
    for action in ["finish", "close"] {
        office.native(&format!("services.{action}"), json!({"id": service}));
    }
    let closed = office.native("operations.close", json!({"id": operation}));
    assert_eq!(closed["operation"]["status"], "closed");
    office.native("operations.reopen", json!({"id": operation}));
    office.native("services.reopen", json!({"id": service}));
    let early = json!({"id": operation, "operation_cancellation_reason_id": reasons("operation")["id"]});
    let error = office.failed("call", json!({"operation": "operations.cancel", "params": early}));
    assert_eq!((error.http_status, error.outcome), (Some(422), Outcome::None), "its service isn't canceled");
    assert!(error.carrier_message.is_some(), "{error:?}");
    let by_name = json!({"id": service, "service_cancellation_reason_name": reasons("service")["name"]});
    assert_eq!(office.native("services.cancel", by_name)["service"]["status"], "canceled");
    assert_eq!(office.native("operations.cancel", early)["operation"]["status"], "canceled");
}

#[test]
fn each_of_the_132_operations_is_called_by_full_and_by_shared_names() {
    for full in [true, false] {
        let office = Shop::apunto(json!({"email": "sandbox@example.com", "password": "sandbox-contraseña"}));
        // What the pages leave open, one way and the other.
        office.set(json!({"delete_204": !full, "search_form": if full { "wrapped" } else { "bare_list" },
            "action_reply": if full { "message" } else { "empty" },
            "invoice_form": if full { "wrapped" } else { "bare" },
            "page_form": if full { "documented" } else { "current_page" }, "money_as_text": full,
            "state_errors": if full { "object" } else { "list" }}));
        assert!(office.native("auth.login", json!({}))["token"].is_string(), "with the account's own login");

        let operation = json!({"contact_code": "ACME", "kind": "domestic", "mode": "land"});
        let operation = office.native("operations.create", operation)["operation"]["id"].clone();
        assert_eq!(office.native("operations.list", json!({"per_page": 100}))["operations"][0]["id"], operation);
        office.native(
            "operations.update",
            json!({"id": operation, "operation": {"status": "active", "nomenclature": "8479"}}),
        );
        assert_eq!(office.native("operations.get", json!({"id": operation}))["operation"]["nomenclature"], "8479");

        let service = json!({"operation_id": operation, "mode": "customs", "shipment_kind": "international"});
        let service = office.native("services.create", json!({"service": service}))["service"]["id"].clone();
        assert_eq!(office.native("services.list", json!({}))["services"][0]["id"], service);
        office.native("services.update", json!({"id": service, "delivery_date": "2024-02-17", "tag_list": ["a"]}));
        assert_eq!(office.native("services.get", json!({"id": service}))["service"]["delivery_date"], "2024-02-17");
        let number = office.native("operations.get", json!({"id": operation}))["operation"]["identification"].take();
        let found = office.native("operations.search", json!({"q": number}));
        assert_eq!(found["operations"][0]["services"][0]["id"], service, "{found}");

        let contact = json!({"name": "XYZ Logistics", "alias": "XYZ", "kind": ["client"],
            "billing_address_attributes": {"city": "Monterrey", "country": "MX"}});
        let contact = office.native("contacts.create", json!({"contact": contact}))["id"].clone();
        office.native("contacts.update", json!({"id": contact, "email": "nuevo@xyz.com", "tags": ["vip"]}));
        assert_eq!(office.native("contacts.get", json!({"id": contact}))["email"], "nuevo@xyz.com");
        let clients = office.native("contacts.list", json!({"kind": "client", "status": "all"}));
        assert_eq!(clients["contacts"].as_array().unwrap().len(), 3);
        let found = office.native("contacts.search", json!({"q": "xyz", "limit": 5}));
        assert!(found.to_string().contains("XYZ Logistics"), "{found}");

        let address = json!({"name": "Puerto de Veracruz", "address_type": "port", "street": "Av. Marina Mercante",
            "neighborhood": "Puerto", "city": "Veracruz", "state": "Veracruz", "postal_code": "91700", "country": "MX"});
        let address = office.native("addresses.create", address)["id"].clone();
        office.native("addresses.update", json!({"id": address, "description": "Terminal", "status": "active"}));
        assert_eq!(office.native("addresses.get", json!({"id": address}))["description"], "Terminal");
        let ports = office.native("addresses.list", json!({"address_type": "port", "country": "MX"}));
        assert_eq!(ports["addresses"].as_array().unwrap().len(), 1);
        let found = office.native("addresses.search", json!({"q": "Puerto", "type": "port"}));
        assert!(found.to_string().contains("Veracruz"), "{found}");

        exercise_nested(&office, "operations", "operation_id", &operation, full);
        exercise_nested(&office, "services", "service_id", &service, full);
        exercise_nested(&office, "contacts", "contact_id", &contact, full);
        exercise_folders(&office, "operation", "Operation", &operation, full);
        exercise_folders(&office, "service", "Service", &service, full);
        exercise_money(&office, &operation, &service, full);
        exercise_sales(&office);
        let other = json!({"contact_code": "ACME", "kind": "domestic", "mode": "land"});
        let other = office.native("operations.create", other)["operation"]["id"].clone();
        let road = json!({"operation_id": other, "mode": "land", "shipment_kind": "national", "shipment_type": "ltl",
            "carta_porte": "CP-1", "pickup_date": "2026-10-05"});
        let road = office.native("services.create", road)["service"]["id"].clone();
        exercise_states(&office, &other, &road);
        office.native("services.delete", json!({"id": service}));
        office.native("operations.delete", json!({"id": operation}));

        let table = office.did("describe", json!({"carrier": "apunto"}))["carriers"][0]["operations"].take();
        let table = table.as_array().unwrap();
        assert_eq!(table.len(), 132);
        let counts = office.counts();
        for row in table {
            let line = format!("{} {}", row["method"].as_str().unwrap(), row["path"].as_str().unwrap());
            assert!(counts[&line].as_u64() > Some(0), "{line} ({}) was not called", row["name"]);
        }
    }
}

#[test]
fn a_shared_name_needs_one_parent() {
    let office = Shop::office();
    let error = office.failed("call", json!({"operation": "messages.list", "params": {}}));
    assert!(error.message.contains("operation_id, or service_id, or contact_id"), "{}", error.message);
    let both = json!({"operation": "to_dos.list", "params": {"operation_id": 1, "contact_id": 2}});
    assert_eq!(office.failed("call", both).code, Code::InvalidRequest);
    assert_eq!(office.counts(), json!({}), "nothing was sent");
}

#[test]
fn all_gathers_every_page_of_both_kinds_of_pagination() {
    let office = Shop::office();
    for number in 0..7 {
        let operation =
            json!({"contact_code": "ACME", "kind": "domestic", "mode": "land", "client_ref": format!("R{number}")});
        office.native("operations.create", operation);
    }
    let all = |operation: &str, name: &str| {
        let reply = office.did("call", json!({"operation": operation, "params": {"per_page": 3}, "all": true}));
        let ids: HashSet<String> =
            reply[name].as_array().unwrap().iter().map(|entry| entry["id"].to_string()).collect();
        (reply[name].as_array().unwrap().len(), ids.len())
    };
    assert_eq!(all("operations.list", "operations"), (7, 7));
    assert_eq!(office.count(LIST), 3);
    assert_eq!(all("contacts.list", "contacts"), (4, 4));
}

#[test]
fn a_refusal_is_told_in_the_callers_names_in_all_three_forms() {
    let office = Shop::office();
    for form in ["details", "errors", "error_only"] {
        office.set(json!({"errors_form": form}));
        let wrong = json!({"contact_code": "NOBODY", "currency_code": "JPY", "operational_agent_email": "x@y.z"});
        let error = office.failed("create", order(json!({"options": {"apunto": wrong}})));
        assert_eq!(
            (error.code, error.outcome, error.http_status),
            (Code::Validation, Outcome::None, Some(422)),
            "{form}"
        );
        let native = json!({"contact_code": "NOBODY", "kind": "domestic", "mode": "land"});
        let of_call = office.failed("call", json!({"operation": "operations.create", "params": native}));
        if form == "error_only" {
            assert!(error.carrier_message.as_deref().unwrap().contains("contact_id debe existir"));
            continue;
        }
        let expected =
            ["options.apunto.contact_code", "options.apunto.currency_code", "options.apunto.operational_agent_email"];
        assert_eq!(fields(&error), expected, "{form}");
        assert_eq!(error.fields[0].carrier_field.as_deref(), Some("contact_id"));
        assert_eq!(fields(&of_call), ["params.contact_code"]);
    }
    // By the account's id, where the caller wrote it so: in the message, too.
    let office = Shop::apunto(json!({"token": "sandbox-token", "id": "mx"}));
    let native = json!({"contact_code": "NOBODY", "kind": "domestic", "mode": "land"});
    let mut request = order(json!({"account": "mx"}));
    request["options"] = json!({"mx": native});
    let error = office.failed("create", request);
    assert_eq!(fields(&error), ["options.mx.contact_code"]);
    assert!(error.message.contains("(options.mx.contact_code: "), "{error}");
    let unknown = office.failed("call", json!({"operation": "operations.get", "params": {"id": 5}}));
    assert_eq!((unknown.code, unknown.http_status), (Code::NotFound, Some(404)));
    assert_eq!(office.shipments().len(), 0);
}

#[test]
fn a_refused_change_of_state_and_a_blocked_user_are_told_in_all_their_forms() {
    let made = |office: &Shop| {
        let operation = office.operation();
        let service = json!({"operation_id": operation, "mode": "land", "shipment_kind": "national"});
        (operation, office.native("services.create", service)["service"]["id"].clone())
    };
    for (state, form, lead_status) in [("object", "details", 422), ("list", "errors", 409), ("list", "error_only", 422)]
    {
        let office = Shop::office();
        office.set(json!({"state_errors": state, "errors_form": form, "blocked_lead": lead_status,
            "operation_reasons": ["Otro"], "service_reasons": ["Otro"]}));
        let (operation, service) = made(&office);
        for (name, params) in [
            ("operations.close", json!({"id": operation})),
            ("operations.cancel", json!({"id": operation, "cancellation_notes": "x"})),
            ("services.close", json!({"id": service})),
            ("services.cancel", json!({"id": service, "service_cancellation_reason_id": 5})),
            (
                "quotes.approve",
                json!({"id": office.native("quotes.create", json!({"contact_code": "ACME"}))["quote"]["id"]}),
            ),
        ] {
            if name == "quotes.approve" {
                office.native(name, params.clone());
            }
            let error = office.failed("call", json!({"operation": name, "params": params}));
            assert_eq!((error.code, error.http_status), (Code::Validation, Some(422)), "{name}, {state}");
            assert_eq!((error.outcome, error.retryable), (Outcome::None, false), "{name}");
            assert!(error.carrier_message.is_some() && error.raw.is_some(), "{name}, {state}: {error:?}");
            assert_eq!(
                office.count(&office_line(&office, name)),
                if name == "quotes.approve" { 2 } else { 1 },
                "{name}"
            );
        }
        let lead = office.native("leads.create", json!({"name": "Nuevo"}))["lead"]["id"].clone();
        office.native("opportunities.create", json!({"title": "x", "contact_id": lead}));
        let kept = office.failed("call", json!({"operation": "leads.delete", "params": {"id": lead}}));
        assert_eq!((kept.code, kept.outcome, kept.retryable), (Code::Conflict, Outcome::None, false));
        assert!(kept.carrier_message.as_ref().unwrap().contains("opportunities 1"), "{kept:?}");
        office.set(json!({"blocked_user": true}));
        let blocked = office.failed("list", json!({}));
        assert_eq!((blocked.code, blocked.http_status), (Code::Permission, Some(403)));
    }
    let office = Shop::apunto(json!({"token": "no-token-of-theirs"}));
    office.set(json!({"unauthorized_form": "empty"}));
    let error = office.failed("list", json!({}));
    assert_eq!(
        (error.code, error.http_status, error.carrier_message.as_deref()),
        (Code::Authentication, Some(401), None)
    );
}

/// A native operation as the simulator counts it.
fn office_line(office: &Shop, name: &str) -> String {
    let table = office.did("describe", json!({"carrier": "apunto"}))["carriers"][0]["operations"].take();
    let row = table.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone();
    format!("{} {}", row["method"].as_str().unwrap(), row["path"].as_str().unwrap())
}

#[test]
fn a_wait_that_cannot_fit_is_told_at_once() {
    let office = Shop::office();
    office.fault(json!({"fault": "status", "status": 429, "operation": LIST, "times": 0, "body": {
        "error": "Rate limit exceeded", "message": "Has excedido el límite. Intenta más tarde.",
        "retry_after": 3600, "status": 429}}));
    let started = Instant::now();
    let error = office.failed("list", json!({}));
    assert_eq!((error.code, error.retry_after_ms, error.retryable), (Code::RateLimited, Some(3_600_000), true));
    assert_eq!(error.attempts, 1);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_short_wait_is_kept() {
    let office = Shop::office();
    office.set(json!({"rate_policy": "2;w=1"}));
    for _ in 0..4 {
        office.did("list", json!({}));
    }
}

// ---- authentication

#[test]
fn a_login_with_a_second_factor_is_made_once_and_renewed_on_a_401() {
    let login = json!({"email": "sandbox@example.com", "password": "sandbox-contraseña", "otp": "123456"});
    let office = Shop::apunto(login);
    office.set(json!({"otp": "123456"}));
    office.did("list", json!({}));
    office.did("list", json!({}));
    assert_eq!(office.count(LOGIN), 1);
    assert_eq!(office.sent(LOGIN)["otp_attempt"], "123456");
    office.fault(json!({"fault": "expired_token"}));
    office.did("list", json!({}));
    assert_eq!(office.count(LOGIN), 2);
    // A create whose token has expired was refused, and is made once.
    office.fault(json!({"fault": "expired_token"}));
    office.operation();
    assert_eq!((office.count(LOGIN), office.shipments().len()), (3, 1));
}

#[test]
fn a_wrong_login_and_a_refused_token_are_told_and_not_tried_for_ever() {
    let office = Shop::apunto(json!({"email": "sandbox@example.com", "password": "wrong-password"}));
    let error = office.failed("list", json!({}));
    assert_eq!((error.code, error.operation.as_deref()), (Code::Authentication, Some("auth.login")));
    assert_eq!((office.count(LOGIN), office.count(LIST)), (1, 0));
    assert!(!error.to_value().to_string().contains("wrong-password"));

    let office = Shop::apunto(json!({"token": "another-token"}));
    let error = office.failed("list", json!({}));
    assert_eq!((error.code, error.http_status), (Code::Authentication, Some(401)));
    assert_eq!((office.count(LOGIN), office.count(LIST)), (0, 1));
}

#[test]
fn an_account_is_checked_when_it_is_opened() {
    let open = |account: Value| Client::open(&json!({"accounts": [account]}).to_string());
    let wrong = |account: Value| open(account).unwrap_err().fields[0].field.clone();
    assert_eq!(wrong(json!({"carrier": "apunto"})), "accounts[0].token");
    assert_eq!(wrong(json!({"carrier": "apunto", "email": "a@b.mx"})), "accounts[0].password");
    assert_eq!(wrong(json!({"carrier": "apunto", "token": "t", "subdomain": "evil.com/"})), "accounts[0].subdomain");
    assert_eq!(wrong(json!({"carrier": "apunto", "token": "t", "environment": "test"})), "accounts[0].base_url");
    assert!(open(json!({"carrier": "apunto", "token": "t", "subdomain": "acme"})).is_ok());
    assert!(open(json!({"carrier": "apunto", "environment": "sandbox"})).is_ok());
}

// ---- create

#[test]
fn an_operation_is_made_with_its_services() {
    let office = Shop::keeping_office();
    let made = office.did("create", with_services("order-1"));
    assert_eq!((&made["status"], &made["carrier_status"]), (&json!("pre_transit"), &json!("confirmed")));
    assert_eq!((&made["reference"], &made["replayed"]), (&json!("REF-001"), &json!(false)));
    assert!(made["tracking_number"].as_str().unwrap().starts_with("IMP-001-"));
    assert_eq!(made["raw"]["services"].as_array().unwrap().len(), 2);
    let sent = office.sent(CREATE);
    assert_eq!(sent["operation"]["goods_description"], "Maquinaria industrial, Refacciones");
    assert_eq!(sent["operation"]["contact_code"], "ACME");
    assert!(sent["operation"]["tag_list"][0].as_str().unwrap().starts_with("fl-"));
    let again = office.did("create", with_services("order-1"));
    assert_eq!((&again["id"], &again["replayed"]), (&made["id"], &json!(true)));
    assert_eq!((office.count(CREATE), office.count(SERVE)), (1, 2));
}

#[test]
fn a_service_that_fails_loses_nothing_and_the_same_key_goes_on() {
    let office = Shop::keeping_office();
    office.set(json!({"fail_service_create": 2}));
    let error = office.failed("create", with_services("order-2"));
    assert_eq!((error.code, error.outcome, error.retryable), (Code::Validation, Outcome::Done, true));
    assert_eq!(error.operation.as_deref(), Some("services.create"));
    assert_eq!(fields(&error), ["options.apunto.services[1].base"]);
    let created = error.created.clone().unwrap();
    assert!(created["operation"]["id"].is_number());
    assert_eq!(created["services"].as_array().unwrap().len(), 1);

    let made = office.did("create", with_services("order-2"));
    assert_eq!(made["id"], json!(created["operation"]["id"].to_string()));
    let shipments = office.shipments();
    assert_eq!((shipments.len(), &shipments[0]["services"]), (1, &json!(2)));
    assert_eq!(made["raw"]["services"].as_array().unwrap().len(), 2);
    assert_eq!(office.did("create", with_services("order-2"))["replayed"], true);
}

#[test]
fn without_a_key_a_failed_service_still_tells_what_was_made() {
    let office = Shop::office();
    office.set(json!({"fail_service_create": 1}));
    let request = order(json!({"options": {"apunto": {"contact_code": "ACME", "services": services()}}}));
    let error = office.failed("create", request);
    assert_eq!((error.outcome, error.retryable), (Outcome::Done, false));
    assert_eq!(error.created.clone().unwrap()["services"], json!([]));
}

#[test]
fn a_service_whose_reply_is_lost_is_found_and_never_made_twice() {
    for fault in ["reset_after", "garbage", "slow_after"] {
        let office = Shop::keeping_office();
        let mut lost = json!({"fault": fault, "operation": SERVE});
        merge(&mut lost, if fault == "garbage" { json!({"after": true}) } else { json!({}) });
        merge(&mut lost, if fault == "slow_after" { json!({"ms": 1500}) } else { json!({}) });
        office.fault(lost);
        // Found by the call itself where time is left, and by the next one otherwise.
        let first = office.ask("create", json_with_timeout(with_services("order-3"), 1000));
        assert_eq!(first.is_err(), fault == "slow_after", "{fault}");
        if let Err(error) = &first {
            assert_eq!(error.outcome, Outcome::Done);
        }
        let made = office.did("create", with_services("order-3"));
        assert_eq!(made["raw"]["services"].as_array().unwrap().len(), 2, "{fault}");
        assert_eq!((office.shipments().len(), &office.shipments()[0]["services"]), (1, &json!(2)), "{fault}");
        assert_eq!(office.count(SERVE), 2, "{fault}");
    }
}

#[test]
fn a_service_that_never_arrived_is_made_once_it_has_settled() {
    let office = Shop::keeping_office();
    office.fault(json!({"fault": "status", "status": 503, "operation": SERVE}));
    let error = office.failed("create", with_services("order-4"));
    assert_eq!((error.code, error.outcome, error.retryable), (Code::CarrierUnavailable, Outcome::Done, true));
    assert_eq!(office.count(SERVE), 1, "it may still arrive");
    let early = office.failed("create", json_with_timeout(with_services("order-4"), 100));
    assert_eq!((early.code, early.outcome), (Code::Timeout, Outcome::Done));
    assert!(early.created.clone().unwrap()["operation"]["id"].is_number());
    office.did("create", with_services("order-4"));
    assert_eq!((office.shipments().len(), &office.shipments()[0]["services"]), (1, &json!(2)));
}

fn json_with_timeout(mut request: Value, timeout: u64) -> Value {
    request["timeout_ms"] = json!(timeout);
    request
}

#[test]
fn a_create_whose_reply_is_lost_is_found_by_its_mark() {
    for order_of_list in ["oldest", "newest"] {
        // What is found needs no settling: a wait of `settle_ms` would not fit in any call.
        let office = Shop::keeping("apunto", json!({"contact_code": "ACME"}), json!({"settle_ms": 3_600_000}));
        office.set(json!({"list_order": order_of_list}));
        // More than one page of operations with the same reference and the same day.
        for _ in 0..103 {
            let other = json!({"contact_code": "ACME", "kind": "domestic", "mode": "land", "client_ref": "R-9"});
            office.native("operations.create", other);
        }
        let gone = office.native("operations.list", json!({"per_page": 1}))["operations"][0]["id"].clone();
        office.native("operations.delete", json!({"id": gone}));
        for (key, more) in [("plain", json!({})), ("served", json!({"options": {"apunto": {"services": services()}}}))]
        {
            let before = office.shipments().len();
            office.fault(json!({"fault": "reset_after", "operation": CREATE}));
            let mut request = order(json!({"idempotency_key": key, "reference": "R-9"}));
            merge(&mut request, more);
            let error = office.failed("create", request.clone());
            assert_eq!((error.outcome, error.retryable), (Outcome::Unknown, true));
            let made = office.did("create", request);
            assert_eq!(office.shipments().len(), before + 1, "{key}, {order_of_list}");
            let newest = office.shipments().pop().unwrap();
            assert_eq!(made["id"], newest["id"]);
            assert_eq!(newest["services"], json!(if key == "served" { 2 } else { 0 }));
        }
    }
}

#[test]
fn the_only_client_is_taken_and_several_are_listed() {
    let office = Shop::office();
    let error = office.failed("create", order(json!({})));
    assert_eq!((error.code, fields(&error)), (Code::InvalidRequest, vec!["options.apunto.contact_code"]));
    assert!(error.message.contains("ACME") && error.message.contains("ABC"), "{}", error.message);
    assert!(!error.message.contains("MAERSK"), "a supplier is no client");
    office.set(json!({"single_contact": true}));
    office.did("create", order(json!({})));
    assert_eq!(office.sent(CREATE)["operation"]["contact_code"], "ACME");
}

#[test]
fn what_is_wrong_is_told_before_anything_is_sent() {
    let office = Shop::keeping_office();
    let options = json!({"kind": null, "incotern": "FOB", "services": [{"mode": "sea"}]});
    let error = office.failed("create", order(json!({"options": {"apunto": options}})));
    assert_eq!(error.code, Code::InvalidRequest);
    let said: HashSet<&str> = fields(&error).into_iter().collect();
    assert_eq!(
        said,
        HashSet::from(["options.apunto.kind", "options.apunto.incotern", "options.apunto.services[0].mode"])
    );
    let label = office.failed("create", order(json!({"with_label": true})));
    assert_eq!((label.code, label.outcome), (Code::Unsupported, Outcome::None));
    assert_eq!(office.counts(), json!({}));
}

// ---- track

#[test]
fn an_operation_is_followed_by_its_services_dates() {
    for form in ["sample", "full"] {
        let office = Shop::keeping_office();
        office.set(json!({"embedded_services": form, "money_as_text": true}));
        let id = office.did("create", with_services("order-5"))["id"].as_str().unwrap().to_owned();
        let track = || office.did("track", json!({"id": id}));
        assert_eq!(track()["status"], "pre_transit");
        office.advance(&id, "active");
        let active = track();
        assert_eq!((&active["status"], &active["carrier_status"]), (&json!("in_transit"), &json!("active")));
        assert!(active["picked_up_at"].is_string() && active["delivered_at"].is_null());
        assert!(active["estimated_delivery"]["from"].is_string(), "{active}");
        office.advance(&id, "finished");
        let finished = track();
        assert_eq!((&finished["status"], &finished["estimated_delivery"]), (&json!("delivered"), &Value::Null));
        assert!(finished["delivered_at"].is_string());
        let codes: Vec<&str> =
            finished["events"].as_array().unwrap().iter().map(|event| event["code"].as_str().unwrap()).collect();
        assert_eq!(codes.len(), 8, "four dates of each service");
        assert_eq!((codes[0], codes[7]), ("etd_date", "delivery_date"));
        // One list for all services, where the operation doesn't show their dates.
        let asked = (office.count("GET /services"), office.count("GET /services/{id}"));
        assert_eq!(asked, if form == "full" { (0, 0) } else { (3, 0) });
    }
}

#[test]
fn services_that_cannot_be_asked_for_cost_only_their_dates() {
    let office = Shop::keeping_office();
    let id = office.did("create", with_services("order-6"))["id"].clone();
    office.advance(id.as_str().unwrap(), "finished");
    office.fault(json!({"fault": "status", "status": 404, "operation": "GET /services"}));
    let tracking = office.did("track", json!({"id": id}));
    assert_eq!(tracking["status"], "delivered");
    let shown = tracking["events"].as_array().unwrap().len();
    assert!(shown < 8, "{shown}");
    assert_eq!(office.did("track", json!({"id": id}))["events"].as_array().unwrap().len(), 8);
}

#[test]
fn the_accounts_own_words_for_statuses_go_first() {
    let settings = json!({"token": "sandbox-token", "status_map": {"active": "on_hold", "canceled": "returned"}});
    let office = Shop::apunto(settings);
    let id = office.operation();
    office.advance(&id, "active");
    assert_eq!(office.did("track", json!({"id": id}))["status"], "on_hold");
    assert_eq!(office.did("list", json!({"status": "on_hold"}))["shipments"][0]["id"], json!(id));
    assert_eq!(office.did("cancel", json!({"id": id}))["status"], "returned");
}

#[test]
fn an_operation_is_cancelled_once_or_twice_and_not_when_closed() {
    for form in ["details", "errors", "error_only"] {
        let office = Shop::office();
        office.set(json!({"errors_form": form}));
        let id = office.operation();
        for _ in 0..2 {
            assert_eq!(office.did("cancel", json!({"id": id}))["status"], "cancelled");
        }
        let closed = office.operation();
        office.advance(&closed, "closed");
        let error = office.failed("cancel", json!({"id": closed}));
        assert_eq!((error.code, error.retryable), (Code::Conflict, false), "{form}");
        assert_eq!(office.failed("cancel", json!({"id": "5"})).code, Code::NotFound);
    }
}

#[test]
fn a_list_is_turned_page_by_page() {
    let office = Shop::office();
    for _ in 0..5 {
        office.operation();
    }
    let canceled = office.operation();
    office.did("cancel", json!({"id": canceled}));
    let (mut seen, mut cursor, mut pages) = (Vec::new(), Value::Null, 0);
    loop {
        let page = office.did("list", json!({"cursor": cursor, "limit": if pages == 0 { 4 } else { 50 }}));
        seen.extend(page["shipments"].as_array().unwrap().iter().map(|shipment| shipment["id"].to_string()));
        cursor = page["next_cursor"].clone();
        pages += 1;
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!((pages, seen.len(), seen.iter().collect::<HashSet<_>>().len()), (2, 6, 6), "a cursor keeps its size");
    let only = |request: Value| office.did("list", request)["shipments"].as_array().unwrap().len();
    assert_eq!(only(json!({"status": "cancelled"})), 1);
    assert_eq!(only(json!({"status": "delivered"})), 0);
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::get!("America/Mexico_City")).date().to_string();
    assert_eq!(only(json!({"date": today})), 6);
    assert_eq!(only(json!({"date": "2024-01-15"})), 0);
    assert_eq!(office.failed("list", json!({"cursor": "next"})).code, Code::InvalidRequest);
}
