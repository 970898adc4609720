//! Tokens, limits, validation and the forms of an error.

use super::super::operations::{Call, OPERATIONS};
use super::super::table::RESOURCES;
use super::{Desk, keys};
use serde_json::{Value, json};

#[test]
fn the_table_serves_all_132_operations() {
    // Three updates are there by PUT and by PATCH.
    let twice = OPERATIONS.iter().filter_map(|line| line.strip_prefix("PATCH ")).filter(|path| {
        let put = format!("PUT {path}");
        OPERATIONS.iter().any(|line| *line == put)
    });
    assert_eq!((OPERATIONS.len(), twice.count()), (135, 3));
    let unread = OPERATIONS.iter().filter(|line| Call::read(line).is_none());
    let catalogues = [
        "POST /auth",
        "GET /operation_cancellation_reasons",
        "GET /service_cancellation_reasons",
        "GET /quotation_pipelines",
        "GET /quote_won_reasons",
        "GET /quote_lost_reasons",
    ];
    assert_eq!(unread.copied().collect::<Vec<_>>(), catalogues);
    let count = |name: &str| {
        let calls = OPERATIONS.iter().filter_map(|line| Call::read(line));
        calls.filter(|call| call.resource.name == name).count()
    };
    let counts: Vec<(&str, usize)> = RESOURCES.iter().map(|resource| (resource.name, count(resource.name))).collect();
    let expected = [
        ("operations", 12),
        ("services", 10),
        ("cost_centers", 6),
        ("folders", 4),
        ("attachments", 3),
        ("contacts", 5),
        ("addresses", 5),
        ("messages", 15),
        ("to_dos", 19),
        ("invoices", 9),
        ("bills", 8),
        ("leads", 6),
        ("opportunities", 6),
        ("quote_requests", 9),
        ("quote_request_pricings", 3),
        ("quotes", 9),
    ];
    assert_eq!(counts, expected);
}

#[test]
fn a_login_gives_a_token_once_its_password_and_code_are_right() {
    let mut desk = Desk::with(&json!({"otp": "123456", "token_seconds": 60}));
    desk.token = "none".into();
    let refused = desk.ask("GET", "/operations", &Value::Null);
    let documented = json!({
        "error": "Unauthorized", "message": "Token de API inválido o faltante", "status": 401,
    });
    assert_eq!(refused, (401, documented));
    let mut login = json!({"email": "sandbox@example.com", "password": "sandbox-contraseña"});
    assert_eq!(desk.ask("POST", "/auth", &login).0, 401);
    login["otp_attempt"] = "123456".into();
    let (status, body) = desk.ask("POST", "/auth", &login);
    assert_eq!((status, keys(&body)), (200, vec!["token"]));
    login["password"] = "otra".into();
    assert_eq!(desk.ask("POST", "/auth", &login).0, 401);

    desk.token = body["token"].as_str().expect("a token").into();
    assert!(desk.token.starts_with("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."));
    desk.get("/operations");
    desk.control("clock", &json!({"skew_ms": 61_000}));
    assert_eq!(desk.ask("GET", "/operations", &Value::Null).0, 401);
}

#[test]
fn an_expired_token_is_over_but_the_api_token_is_not() {
    let mut desk = Desk::open();
    let login = json!({"email": "sandbox@example.com", "password": "sandbox-contraseña"});
    let (_, given) = desk.ask("POST", "/auth", &login);
    let fault = json!({"fault": "expired_token", "operation": "GET /contacts"});
    desk.control("faults", &fault);
    assert_eq!(desk.ask("GET", "/contacts", &Value::Null).0, 401);
    desk.get("/contacts");
    desk.token = given["token"].as_str().expect("a token").into();
    desk.get("/contacts");
    desk.control("faults", &fault);
    assert_eq!(desk.ask("GET", "/contacts", &Value::Null).0, 401);
    assert_eq!(desk.ask("GET", "/contacts", &Value::Null).0, 401);
}

#[test]
fn what_is_wrong_is_told_per_field_under_the_names_it_is_kept_by() {
    let desk = Desk::open();
    let sent = json!({"operation": {
        "contact_code": "NADIE", "currency_code": "XXX", "operational_agent_email": "x@y.z", "kind": "import",
    }});
    let (status, body) = desk.ask("POST", "/operations", &sent);
    let documented = json!({
        "error": "Validation failed",
        "message": "No se pudo guardar el recurso",
        "details": {
            "contact_id": ["debe existir"],
            "currency_id": ["debe existir"],
            "operational_agent_id": ["debe existir"],
            "kind": ["no está incluido en la lista"],
            "mode": ["no puede estar en blanco"],
        },
        "status": 422,
    });
    assert_eq!((status, body), (422, documented));
    assert_eq!(desk.get("/operations")["pagination"]["total"], 0);

    let sent = json!({"service": {
        "supplier_code": "NADIE", "service_agent_email": "x@y.z", "mode": "customs", "eta_date": "mañana",
        "shipment_kind": "domestic", "customs_agent_code": "NADIE", "customs_address_code": "NADA",
    }});
    let (_, body) = desk.ask("POST", "/services", &sent);
    let fields = [
        "customs_address_id",
        "customs_agent_id",
        "eta_date",
        "operation_id",
        "service_agent_id",
        "shipment_kind",
        "supplier_id",
    ];
    assert_eq!(keys(&body["details"]), fields);
    let sent = json!({"contact": {"name": "X", "alias": "A B", "kind": ["client", "rey"], "email": "x"}});
    let (_, body) = desk.ask("POST", "/contacts", &sent);
    assert_eq!(keys(&body["details"]), ["alias", "email", "kind"]);
    let sent = json!({"contact": {"name": "X", "alias": "ACME", "kind": "client"}});
    let (_, body) = desk.ask("POST", "/contacts", &sent);
    let taken = json!({"alias": ["ya está en uso"], "kind": ["no puede estar en blanco"]});
    assert_eq!(body["details"], taken);
    let long = "á".repeat(256);
    let sent = json!({"address": {"country": "MEX", "description": long, "address_type": "casa"}});
    let (_, body) = desk.ask("PATCH", "/addresses/101", &sent);
    assert_eq!(keys(&body["details"]), ["address_type", "country", "description"]);
}

#[test]
fn the_three_forms_of_an_error() {
    let desk = Desk::with(&json!({"errors_form": "errors"}));
    let sent = json!({"operation": {"contact_code": "ACME", "mode": "land"}});
    let (_, body) = desk.ask("POST", "/operations", &sent);
    assert_eq!(body, json!({"errors": {"kind": ["can't be blank"]}}));
    assert_eq!(desk.ask("GET", "/operations/1", &Value::Null), (404, json!({"error": "Resource not found."})));
    desk.set(&json!({"errors_form": "error_only"}));
    let (_, body) = desk.ask("POST", "/operations", &sent);
    assert_eq!(body, json!({"error": "kind no puede estar en blanco"}));
    let (status, body) = desk.ask("GET", "/operations/1", &Value::Null);
    let documented = json!({"error": "No se encontró la operación solicitada"});
    assert_eq!((status, body), (404, documented));
    let wrong = desk.control("settings", &json!({"errors_form": "otra", "otp": "1"}));
    assert!(wrong["error"].is_string(), "{wrong}");
}

#[test]
fn a_body_must_be_json_under_its_key() {
    let desk = Desk::open();
    for sent in [json!({"contact_code": "ACME"}), json!({"operation": []}), json!([1]), Value::Null] {
        let (status, body) = desk.ask("POST", "/operations", &sent);
        assert_eq!((status, &body["error"]), (400, &json!("Bad Request")), "{sent}");
    }
}

#[test]
fn a_limit_is_told_in_the_body_and_in_a_header_only_when_asked() {
    let desk = Desk::with(&json!({"rate_policy": "1;w=30"}));
    desk.get("/contacts");
    let (status, head, body) = desk.whole("GET", "/contacts", &Value::Null);
    assert_eq!((status, &body["error"]), (429, &json!("Rate limit exceeded")));
    let wait = body["retry_after"].as_u64().expect("seconds");
    assert!((1..=30).contains(&wait) && !head.contains("Retry-After"));
    desk.set(&json!({"retry_after_header": true}));
    let (_, head, _) = desk.whole("GET", "/contacts", &Value::Null);
    assert!(head.contains("Retry-After: "));
    desk.control("clock", &json!({"skew_ms": wait * 1000}));
    desk.get("/contacts");
}

#[test]
fn a_later_service_fails_and_money_may_be_text() {
    let desk = Desk::with(&json!({"fail_service_create": 2, "money_as_text": true, "embedded_services": "full"}));
    let operation = desk.operation("REF-1");
    desk.service(operation);
    let sent = json!({"service": {"operation_id": operation, "mode": "land"}});
    assert_eq!(desk.ask("POST", "/services", &sent).0, 422);
    desk.post("/services", &sent);
    let shown = desk.get(&format!("/operations/{operation}"))["operation"].clone();
    assert_eq!((&shown["services_count"], &shown["profit_amount"]), (&json!(2), &json!("5000.00")));
    assert!(shown["services"][0].get("pickup_date").is_some());
}

#[test]
fn a_fault_answers_in_the_carriers_own_form() {
    let desk = Desk::open();
    let fault = json!({"fault": "status", "status": 403});
    desk.control("faults", &fault);
    let (status, body) = desk.ask("GET", "/contacts", &Value::Null);
    let documented = json!({
        "error": "Forbidden", "message": "No tienes permiso para esta acción", "status": 403,
    });
    assert_eq!((status, body), (403, documented));
}

#[test]
fn a_401_may_have_no_body_and_a_good_token_may_be_a_blocked_users() {
    let mut desk = Desk::with(&json!({"blocked_user": true}));
    let (status, body) = desk.ask("GET", "/contacts", &Value::Null);
    assert_eq!((status, &body["error"]), (403, &json!("Forbidden")));
    desk.token = "none".into();
    for (form, expected) in
        [("error_only", json!({"error": "Token de API inválido o faltante"})), ("empty", Value::Null)]
    {
        desk.set(&json!({"unauthorized_form": form}));
        assert_eq!(desk.ask("GET", "/contacts", &Value::Null), (401, expected), "{form}");
    }
    let desk = Desk::with(&json!({"may_delete": false}));
    let operation = format!("/operations/{}", desk.operation("REF-1"));
    assert_eq!(desk.ask("DELETE", &operation, &Value::Null).0, 403);
    desk.get(&operation);
}

#[test]
fn errors_may_be_a_list_of_sentences() {
    let desk = Desk::with(&json!({"errors_form": "errors_list"}));
    let sent = json!({"operation": {"contact_code": "ACME", "kind": "domestic"}});
    assert_eq!(desk.ask("POST", "/operations", &sent), (422, json!({"errors": ["mode no puede estar en blanco"]})));
    let missing = json!({"error": "No se encontró la operación solicitada"});
    assert_eq!(desk.ask("GET", "/operations/1", &Value::Null), (404, missing));
}
