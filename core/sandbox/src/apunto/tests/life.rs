//! States of operations and services, reasons of a cancellation, and what a search finds.

use super::{Desk, column, id, keys};
use serde_json::{Value, json};

impl Desk {
    /// A status and the fields that it complains of.
    fn refused(&self, path: &str, body: &Value) -> Vec<String> {
        let (status, body) = self.ask("POST", path, body);
        assert_eq!(status, 422, "{path}: {body}");
        assert!(body["message"].is_string(), "{body}");
        keys(&body["errors"]).into_iter().map(str::to_owned).collect()
    }

    fn done(&self, path: &str, body: &Value) -> Value {
        let (status, body) = self.ask("POST", path, body);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    fn status(&self, path: &str) -> String {
        let shown = self.get(path);
        let object = shown.as_object().and_then(|all| all.values().next()).cloned().unwrap_or_default();
        object["status"].as_str().unwrap_or_default().to_owned()
    }
}

#[test]
fn a_service_moves_only_as_the_table_of_states_says() {
    // From each state: what each action leads to.
    let table = [
        ("active", [("finish", "finished"), ("close", ""), ("reopen", ""), ("cancel", "canceled")]),
        ("finished", [("finish", ""), ("close", "closed"), ("reopen", "active"), ("cancel", "canceled")]),
        ("closed", [("finish", ""), ("close", ""), ("reopen", "active"), ("cancel", "")]),
        ("canceled", [("finish", ""), ("close", ""), ("reopen", ""), ("cancel", "")]),
    ];
    let desk = Desk::open();
    let operation = desk.operation("REF-1");
    for (from, actions) in table {
        for (action, to) in actions {
            let service = format!("/services/{}", desk.service(operation));
            desk.ask("PATCH", &service, &json!({"service": {"status": from}}));
            let path = format!("{service}/{action}");
            if to.is_empty() {
                assert_eq!(desk.refused(&path, &Value::Null), ["status"], "{from} {action}");
            } else {
                let done = desk.done(&path, &Value::Null);
                assert_eq!((keys(&done["service"]), &done["service"]["status"]), (vec!["id", "status"], &json!(to)));
            }
            assert_eq!(desk.status(&service), if to.is_empty() { from } else { to }, "{from} {action}");
        }
    }
}

#[test]
fn an_operation_closes_and_cancels_only_when_its_services_allow_it() {
    let desk = Desk::open();
    let operation = desk.operation("REF-1");
    let (first, second) = (desk.service(operation), desk.service(operation));
    let path = format!("/operations/{operation}");
    assert_eq!(desk.refused(&format!("{path}/close"), &Value::Null), ["services"]);
    assert_eq!(desk.refused(&format!("{path}/cancel"), &Value::Null), ["services"]);
    assert_eq!(desk.refused(&format!("{path}/reopen"), &Value::Null), ["status"]);
    desk.done(&format!("/services/{first}/cancel"), &Value::Null);
    desk.done(&format!("/services/{second}/finish"), &Value::Null);
    desk.done(&format!("/services/{second}/close"), &Value::Null);
    assert_eq!(desk.refused(&format!("{path}/cancel"), &Value::Null), ["services"], "one is closed");
    let closed = desk.done(&format!("{path}/close"), &Value::Null);
    assert_eq!(closed["operation"], json!({"id": operation, "status": "closed"}));
    assert!(closed["message"].is_string());
    assert_eq!(desk.refused(&format!("{path}/cancel"), &Value::Null), ["status"]);
    desk.done(&format!("{path}/reopen"), &Value::Null);
    desk.done(&format!("/services/{second}/reopen"), &Value::Null);
    desk.done(&format!("/services/{second}/cancel"), &Value::Null);
    let canceled = desk.done(&format!("{path}/cancel"), &Value::Null);
    assert_eq!(canceled["operation"], json!({"id": operation, "status": "canceled"}));
    assert_eq!(desk.refused(&format!("{path}/cancel"), &Value::Null), ["status"], "once");

    desk.set(&json!({"state_errors": "list"}));
    let (_, body) = desk.ask("POST", &format!("{path}/close"), &Value::Null);
    assert!(body["errors"][0].as_str().is_some_and(|text| text.starts_with("status es canceled")), "{body}");
}

#[test]
fn a_reason_is_of_its_own_catalogue_and_required_where_there_is_one() {
    let desk = Desk::open();
    assert_eq!(desk.get("/operation_cancellation_reasons"), json!({"operation_cancellation_reasons": []}));
    desk.set(
        &json!({"service_reasons": ["Cliente desistió", "Sin espacio"], "operation_reasons": ["Cliente desistió"]}),
    );
    let of_services = desk.get("/service_cancellation_reasons")["service_cancellation_reasons"].clone();
    let of_operations = desk.get("/operation_cancellation_reasons")["operation_cancellation_reasons"].clone();
    assert_eq!(keys(&of_services[0]), ["description", "id", "name", "status"]);
    assert_ne!(of_services[0]["id"], of_operations[0]["id"]);

    let operation = desk.operation("REF-1");
    let service = format!("/services/{}", desk.service(operation));
    let cancel = format!("{service}/cancel");
    let reason_id = "service_cancellation_reason_id";
    for wrong in [
        Value::Null,
        json!({}),
        json!({reason_id: null}),
        json!({reason_id: of_operations[0]["id"]}),
        json!({"operation_cancellation_reason_id": of_operations[0]["id"]}),
        json!({"service_cancellation_reason_name": "Sin"}),
        json!({reason_id: of_services[0]["id"], "service_cancellation_reason_name": "Sin espacio"}),
    ] {
        assert_eq!(desk.refused(&cancel, &wrong), [reason_id], "{wrong}");
        assert_eq!(desk.status(&service), "active");
    }
    let named = json!({"service_cancellation_reason_name": "SIN ESPACIO", "canceled_at": "2026-13-01"});
    assert_eq!(desk.ask("POST", &cancel, &named).0, 422, "no such day");
    let named = json!({"service_cancellation_reason_name": "SIN ESPACIO", "canceled_at": "2026-10-01"});
    desk.done(&cancel, &named);

    // The catalogues are empty each by itself.
    desk.set(&json!({"operation_reasons": []}));
    desk.done(&format!("/operations/{operation}/cancel"), &json!({"cancellation_notes": "x"}));
    desk.set(&json!({"operation_reasons": ["Otro"], "reason_required": false}));
    desk.done(&format!("/operations/{}/cancel", desk.operation("REF-2")), &Value::Null);
}

#[test]
fn a_service_by_land_needs_its_pod_where_the_account_says_so() {
    let desk = Desk::with(&json!({"pod_required": true}));
    let operation = desk.operation("REF-1");
    let finished = |mode: &str| {
        let sent = json!({"service": {"operation_id": operation, "mode": mode, "status": "finished"}});
        format!("/services/{}", id(&desk.post("/services", &sent)["service"]))
    };
    desk.done(&format!("{}/close", finished("maritime")), &Value::Null);
    let land = finished("land");
    let (status, body) = desk.ask("POST", &format!("{land}/close"), &Value::Null);
    assert!(status == 422 && body["errors"].to_string().contains("POD"), "{body}");
    let task = desk.post(&format!("{land}/to_dos"), &json!({"to_do": {"title": "POD firmado"}}));
    desk.done(&format!("{land}/to_dos/{}/complete", id(&task["to_do"])), &Value::Null);
    desk.done(&format!("{land}/close"), &Value::Null);
}

#[test]
fn a_status_by_update_is_obeyed_refused_or_ignored() {
    let desk = Desk::open();
    let path = format!("/operations/{}", desk.operation("REF-1"));
    let sent = json!({"operation": {"status": "active", "client_ref": "R"}});
    desk.set(&json!({"status_by_update": "refused"}));
    let (status, body) = desk.ask("PUT", &path, &sent);
    assert_eq!((status, keys(&body["details"])), (422, vec!["status"]));
    desk.set(&json!({"status_by_update": "ignored"}));
    let (status, body) = desk.ask("PATCH", &path, &sent);
    assert_eq!((status, &body["operation"]["client_ref"]), (200, &json!("R")));
    assert_eq!(desk.status(&path), "confirmed");
    desk.set(&json!({"status_by_update": "obeyed"}));
    desk.ask("PUT", &path, &sent);
    assert_eq!(desk.status(&path), "active");
}

#[test]
fn every_field_of_an_operation_and_a_service_comes_back() {
    let desk = Desk::open();
    let sent = json!({"operation": {
        "contact_code": "ACME", "kind": "transportation", "mode": "land", "status": "active", "currency_code": "USD",
        "service_scope": "door_to_door", "quote_external_id": "Q-1", "nomenclature": "8479", "profit_amount": "10.5",
        "profit_percentage": 2, "income_amount": "100.00", "expense_amount": 89.5, "regime": "A1",
        "economic_month": "2026-10-17",
    }});
    let operation = id(&desk.post("/operations", &sent)["operation"]);
    let shown = desk.get(&format!("/operations/{operation}"))["operation"].clone();
    for (name, value) in [
        ("status", json!("active")),
        ("profit_amount", serde_json::from_str("10.50").expect("a number")),
        ("income_amount", json!("100.00")),
        ("regime", json!("A1")),
        ("economic_month", json!("2026-10-01")),
        ("to_dos", json!([])),
        ("folders", json!([])),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    let wrong = json!({"operation": {"service_scope": "port_to_port", "income_amount": "mucho"}});
    let (_, body) = desk.ask("PATCH", &format!("/operations/{operation}"), &wrong);
    assert_eq!(keys(&body["details"]), ["income_amount", "service_scope"]);
    desk.set(&json!({"service_scope_open": true}));
    let open = json!({"operation": {"service_scope": "port_to_port"}});
    assert_eq!(desk.ask("PATCH", &format!("/operations/{operation}"), &open).0, 200);

    let texts = [
        "bl",
        "booking",
        "customs_reference",
        "observations",
        "guide_number",
        "flight_number",
        "awb_number",
        "airline_name",
        "shipping_line_name",
        "mbl",
        "hbl",
        "mawb",
        "hawb",
        "pedimento",
        "carta_porte",
        "manifiesto_carga",
    ];
    let mut service = json!({
        "operation_id": operation, "mode": "land", "shipment_type": "ltl", "shipment_kind": "national",
        "customs_agent_code": "ADUANAS-MX", "customs_address_code": "ADUANA-VERACRUZ", "supplier_code": "MAERSK",
        "pickup_date": "2026-10-01", "delivery_date": "2026-10-02", "dispatch_appointment_at": "2026-10-01T09:00:00Z",
        "status": "active", "tag_list": ["a"],
    });
    for name in texts {
        service[name] = name.to_uppercase().into();
    }
    let service = id(&desk.post("/services", &json!({"service": service}))["service"]);
    let shown = desk.get(&format!("/services/{service}"))["service"].clone();
    for name in texts {
        assert_eq!(shown[name], json!(name.to_uppercase()), "{name}");
    }
    assert_eq!(shown["customs_agent"], json!({"id": 333, "alias": "ADUANAS-MX", "name": "Aduanas México SA"}));
    assert_eq!(keys(&shown["customs_address"]), ["address_type", "alias", "full_address", "id", "name"]);
    assert_eq!((&shown["shipment_kind"], &shown["shipment_type"]), (&json!("national"), &json!("ltl")));
    assert_eq!((&shown["cost_centers"], &shown["folders"]), (&json!([]), &json!([])));
}

#[test]
fn a_search_of_operations_finds_twenty_by_the_last_change() {
    let desk = Desk::open();
    for n in 0..22 {
        desk.operation(&format!("REF-{n:02}"));
    }
    let found = desk.get("/operations/search");
    assert_eq!(keys(&found), ["operations"]);
    let refs = column(&found["operations"], "client_ref");
    assert_eq!((refs.len(), refs[0]), (20, "REF-21"));
    assert_eq!(
        keys(&found["operations"][0]),
        [
            "client_ref",
            "contact_name",
            "goods_description",
            "id",
            "identification",
            "kind",
            "mode",
            "number",
            "services",
            "status",
            "updated_at"
        ]
    );
    let count = |q: &str| desk.get(&format!("/operations/search?q={q}"))["operations"].as_array().map_or(0, Vec::len);
    for (how, counts) in [("part", [10, 1, 10]), ("whole", [0, 1, 0]), ("case", [0, 0, 10]), ("nothing", [0, 0, 0])] {
        desk.set(&json!({"search_match": how}));
        assert_eq!(["ref-0", "ref-03", "REF-0"].map(count), counts, "{how}");
    }
}

#[test]
fn services_are_listed_by_their_operation() {
    let desk = Desk::open();
    let (first, second) = (desk.operation("REF-1"), desk.operation("REF-2"));
    let services = [desk.service(first), desk.service(second), desk.service(first)];
    let page = desk.get(&format!("/services?operation_id={first}"));
    assert_eq!(page["pagination"]["total"], 2);
    let ids: Vec<u64> = page["services"].as_array().expect("a list").iter().map(id).collect();
    assert_eq!(ids, [services[0], services[2]]);
    assert_eq!(desk.get("/services?operation_id=1")["services"], json!([]));
}

#[test]
fn a_completion_is_taken_back_by_an_update() {
    let desk = Desk::open();
    let path = format!("/operations/{}/to_dos", desk.operation("REF-1"));
    let task =
        format!("{path}/{}", id(&desk.post(&path, &json!({"to_do": {"title": "a", "completed": true}}))["to_do"]));
    let shown = || desk.get(&task)["to_do"].clone();
    assert_eq!(shown()["completed"], false, "a create takes no `completed`");
    let complete = |done: bool| desk.ask("PATCH", &task, &json!({"to_do": {"completed": done}})).0;
    assert_eq!(complete(true), 200);
    assert!(shown()["completed_at"].is_string());
    assert_eq!(complete(false), 200);
    assert_eq!((shown()["completed"].clone(), shown()["completed_at"].clone()), (json!(false), Value::Null));
    desk.set(&json!({"complete_by_update": false}));
    complete(true);
    assert_eq!(shown()["completed"], false);
}
