//! Each documented operation is reached and does what it is for.

use super::super::operations::OPERATIONS;
use super::Desk;
use serde_json::{Value, json};
use std::collections::HashSet;

/// A request and what it is sent: `{name}` in the path is a number that an earlier reply gave, `name=` says what this reply's is called.
type Step = (&'static str, &'static str, Value);

fn steps() -> Vec<Step> {
    let cfdi = |mut body: Value| {
        for (name, value) in [("cfdi_use_code", "G03"), ("payment_method_code", "01"), ("payment_type_code", "PUE")] {
            body[name] = value.into();
        }
        body
    };
    let operation = json!({"operation": {"contact_code": "ACME", "kind": "domestic", "mode": "land"}});
    let none = || Value::Null;
    let mut steps = vec![
        ("", "POST /auth", json!({"email": "sandbox@example.com", "password": "sandbox-contraseña"})),
        ("o", "POST /operations", operation.clone()),
        ("spare", "POST /operations", operation),
        ("s", "POST /services", json!({"service": {"operation_id": "{o}", "mode": "maritime"}})),
        ("t", "POST /services", json!({"service": {"operation_id": "{o}", "mode": "maritime"}})),
        ("c", "POST /contacts", json!({"contact": {"name": "X", "alias": "X", "kind": ["client"]}})),
        (
            "a",
            "POST /addresses",
            json!({"address": {
                "name": "X", "address_type": "port", "street": "X", "neighborhood": "X", "city": "X", "state": "X",
                "postal_code": "1", "country": "MX",
            }}),
        ),
    ];
    for (base, body) in [
        ("/operations", json!({"operation": {"client_ref": "R"}})),
        ("/services", json!({"service": {"bl": "B"}})),
        ("/contacts", json!({"contact": {"phone": "1"}})),
        ("/addresses", json!({"address": {"alias": "B"}})),
    ] {
        let id = match base {
            "/operations" => "/operations/{o}",
            "/services" => "/services/{s}",
            "/contacts" => "/contacts/{c}",
            _ => "/addresses/{a}",
        };
        steps.extend([("", get(base), none()), ("", get(id), none()), ("", with("PATCH", id), body.clone())]);
        if matches!(base, "/operations" | "/services") {
            steps.push(("", with("PUT", id), body));
        }
        if base != "/services" {
            steps.push(("", get(&format!("{base}/search")), none()));
        }
        if base == "/addresses" {
            continue;
        }
        for (kind, body) in
            [("messages", json!({"message": {"content": "x"}})), ("to_dos", json!({"to_do": {"title": "x"}}))]
        {
            let list = format!("{id}/{kind}");
            let one = format!("{list}/{{m}}");
            steps.extend([
                ("m", with("POST", &list), body.clone()),
                ("", get(&list), none()),
                ("", get(&one), none()),
                ("", with("PUT", &one), body.clone()),
            ]);
            if kind == "to_dos" {
                steps.push(("", with("POST", &format!("{one}/complete")), none()));
            }
            if kind == "to_dos" && base == "/operations" {
                steps.push(("", with("PATCH", &one), body));
            }
            steps.push(("", with("DELETE", &one), none()));
        }
    }
    for parent in ["/operations/{o}", "/services/{s}"] {
        let folders = format!("{parent}/folders");
        steps.extend([("", with("POST", &folders), json!({"folder": {"name": "BL"}})), ("", get(&folders), none())]);
    }
    let centers = "/services/{s}/cost_centers";
    let center =
        json!({"cost_center": {"concept": "x", "supplier_code": "MAERSK", "income_amount": 5, "expense_amount": 5}});
    steps.extend([
        ("k", with("POST", centers), center.clone()),
        ("l", with("POST", centers), center.clone()),
        ("", get(centers), none()),
        ("", get("/services/{s}/cost_centers/{k}"), none()),
        ("", with("PATCH", "/services/{s}/cost_centers/{k}"), center),
        ("", get("/operations/{o}/cost_centers"), none()),
        ("i", "POST /operations/{o}/generate_invoice", cfdi(json!({"cost_center_ids": ["{k}"]}))),
        ("b", "POST /operations/{o}/generate_bill", json!({"cost_center_ids": ["{k}"]})),
    ]);
    for (name, key, code) in [("invoices", "invoice", "ACME"), ("bills", "bill", "MAERSK")] {
        let body = cfdi(json!({"contact_code": code, "line_items_attributes": [{"quantity": 1, "price": "5.00"}]}));
        let path = format!("/{name}/{{p}}");
        let mut links = serde_json::Map::new();
        links
            .insert(format!("{key}_cost_center_link_form"), json!({"operation_id": "{o}", "links": {"{line}": "{l}"}}));
        steps.extend([
            ("p", with("POST", &format!("/{name}")), json!({key: body})),
            ("", get(&format!("/{name}")), none()),
            ("", get(&path), none()),
            ("", with("PATCH", &path), json!({key: {"description": "x"}})),
            ("", get(&format!("{path}/cost_center_link_options")), none()),
            ("", with("POST", &format!("{path}/link_cost_centers")), Value::Object(links)),
            ("", with("DELETE", &format!("{path}/line_items/{{line}}/unlink_cost_center")), none()),
        ]);
        if name == "invoices" {
            steps.push(("", with("POST", &format!("{path}/update_documents")), json!({"external_pdf": "x"})));
        }
        steps.push(("", with("DELETE", &path), none()));
    }
    for (name, key, body, state) in [
        ("leads", "lead", json!({"name": "X"}), json!({"lead_status": "closed"})),
        ("opportunities", "opportunity", json!({"title": "X", "contact_code": "ACME"}), json!({"status": "lose"})),
    ] {
        let path = format!("/{name}/{{p}}");
        steps.extend([
            ("p", with("POST", &format!("/{name}")), json!({key: body})),
            ("", get(&format!("/{name}")), none()),
            ("", get(&path), none()),
            ("", with("PATCH", &path), json!({key: body})),
            ("", with("PATCH", &format!("{path}/transition")), state),
            ("", with("DELETE", &path), none()),
        ]);
    }
    let request = json!({"quote_request": {"list_id": 62, "origin": "a", "destination": "b", "contact_code": "ACME"}});
    let pricing = json!({"quote_request_pricing": {"total_price": "5.00", "currency_id": 31}});
    let quote = json!({"quote": {"contact_code": "ACME", "operation_kind": "domestic", "operation_mode": "land"}});
    let lost = json!({"confirm_quote_loss_consequences": true});
    let request_path = "/quote_requests/{r}";
    steps.extend([
        ("r", "POST /quote_requests", request.clone()),
        ("", "GET /quote_requests", none()),
        ("", "GET /quote_requests/{r}", none()),
        ("", "PATCH /quote_requests/{r}", request),
        ("", with("POST", &format!("{request_path}/quote_request_pricings")), pricing),
        ("", get(&format!("{request_path}/quote_request_pricings")), none()),
        ("", get(&format!("{request_path}/quote_request_pricings/suggestions")), none()),
        ("", with("POST", &format!("{request_path}/create_quote")), none()),
        ("", with("POST", &format!("{request_path}/mark_as_won")), none()),
        ("", with("POST", &format!("{request_path}/reopen")), none()),
        ("", with("POST", &format!("{request_path}/mark_as_lost")), lost),
        ("", "DELETE /quote_requests/{r}", none()),
        ("q", "POST /quotes", quote.clone()),
        ("", "GET /quotes", none()),
        ("", "GET /quotes/{q}", none()),
        ("", "PATCH /quotes/{q}", quote),
        ("", "POST /quotes/{q}/approve", none()),
        ("", "POST /quotes/{q}/open", none()),
        ("", "POST /quotes/{q}/clone", none()),
        ("", "POST /quotes/{q}/create_operation", none()),
        ("", "DELETE /quotes/{q}", none()),
    ]);
    for name in [
        "operation_cancellation_reasons",
        "service_cancellation_reasons",
        "quotation_pipelines",
        "quote_won_reasons",
        "quote_lost_reasons",
    ] {
        steps.push(("", get(&format!("/{name}")), none()));
    }
    steps.extend([
        ("", "DELETE /invoices/{i}", none()),
        ("", "DELETE /services/{s}/cost_centers/{k}", none()),
        ("", "POST /services/{s}/finish", none()),
        ("", "POST /services/{s}/close", none()),
        ("", "POST /services/{s}/reopen", none()),
        ("", "POST /services/{s}/cancel", none()),
        ("", "DELETE /services/{t}", none()),
        ("", "POST /operations/{o}/close", none()),
        ("", "POST /operations/{o}/reopen", none()),
        ("", "POST /operations/{o}/cancel", none()),
        ("", "DELETE /operations/{o}", none()),
    ]);
    steps
}

fn with(method: &str, path: &str) -> &'static str {
    format!("{method} {path}").leak()
}

fn get(path: &str) -> &'static str {
    with("GET", path)
}

#[test]
fn each_of_the_132_operations_works() {
    let desk = Desk::open();
    let mut names: Vec<(String, String)> = Vec::new();
    for (name, line, body) in steps() {
        let fill = |text: &str| {
            let mut text = text.to_owned();
            for (name, id) in names.iter().rev() {
                text = text.replace(&format!("{{{name}}}"), id);
            }
            text
        };
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let body: Value = serde_json::from_str(&fill(&body.to_string())).expect("JSON");
        let (status, reply) = desk.ask(method, &fill(path), &body);
        assert!((200..300).contains(&status), "{line} {body}: {status} {reply}");
        let object = reply.as_object().and_then(|all| all.values().find(|value| value.is_object())).unwrap_or(&reply);
        if !name.is_empty() {
            names.push((name.to_owned(), object["id"].to_string()));
            names.push(("line".to_owned(), object["line_items"][0]["id"].to_string()));
        }
    }
    let report = desk.sandbox.control("apunto", "GET", "requests", &Value::Null);
    let called: HashSet<&str> = report["operations"].as_object().expect("counts").keys().map(String::as_str).collect();
    let uncalled: Vec<&&str> = OPERATIONS.iter().filter(|line| !called.contains(**line)).collect();
    // What has a file in it is called in `files`.
    let files = ["POST /attachments", "PATCH /attachments/{id}", "DELETE /attachments/{id}"];
    assert_eq!(uncalled, files.iter().collect::<Vec<_>>());
}
