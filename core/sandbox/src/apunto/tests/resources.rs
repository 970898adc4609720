//! The six resources: their shapes, lists, parents, and what goes with them when they go.

use super::{Desk, column, id, keys};
use serde_json::{Value, json};

#[test]
fn an_operation_is_created_listed_and_shown_in_the_documents_three_shapes() {
    let desk = Desk::open();
    let sent = json!({"operation": {
        "contact_code": "ACME", "currency_code": "USD", "operational_agent_email": "agente@apunto.com",
        "kind": "importation", "mode": "maritime", "client_ref": "REF-001", "goods_description": "Maquinaria",
        "incoterm": "FOB", "tag_list": ["urgente"], "no_such_field": 1,
    }});
    let created = desk.post("/operations", &sent);
    assert_eq!(created["message"], "Operación creada exitosamente");
    let made = &created["operation"];
    assert_eq!(
        keys(made),
        ["client_ref", "created_at", "goods_description", "id", "identification", "incoterm", "kind", "mode", "status"]
    );
    assert_eq!(made["status"], "confirmed");
    let identification = made["identification"].as_str().expect("a text");
    assert!(identification.starts_with("IMP-001-20"), "{identification}");

    desk.service(id(made));
    let shown = desk.get(&format!("/operations/{}", id(made)))["operation"].clone();
    assert_eq!(shown["contact"], json!({"alias": "ACME", "name": "ACME SA DE CV"}));
    assert_eq!(shown["currency"]["code"], "USD");
    assert_eq!((&shown["tags"], &shown["services_count"]), (&json!(["urgente"]), &json!(1)));
    let supplier = json!({"alias": "MAERSK", "name": "Maersk Line"});
    assert_eq!(shown["services"][0]["supplier"], supplier);
    assert_eq!(shown["profit_amount"], 5000.0);
    assert!(shown["services"][0].get("pickup_date").is_none());

    let listed = desk.get("/operations")["operations"][0].clone();
    assert_eq!(listed["operational_agent"]["name"], "Juan Pérez");
    for only_shown in ["tags", "services", "goods_description"] {
        assert!(listed.get(only_shown).is_none(), "{only_shown}");
    }
}

#[test]
fn an_update_answers_what_was_sent_and_keeps_the_rest() {
    let desk = Desk::open();
    let operation = desk.operation("REF-1");
    let path = format!("/operations/{operation}");
    let sent = json!({"operation": {"status": "active", "client_ref": "REF-2", "tag_list": "a, b"}});
    let (status, body) = desk.ask("PUT", &path, &sent);
    assert_eq!((status, &body["message"]), (200, &json!("Operación actualizada exitosamente")));
    let partial = ["client_ref", "id", "identification", "status", "updated_at"];
    assert_eq!(keys(&body["operation"]), partial);
    let shown = desk.get(&path)["operation"].clone();
    assert_eq!((&shown["kind"], &shown["tags"]), (&json!("importation"), &json!(["a", "b"])));

    // Contacts and addresses take PATCH and come bare.
    let sent = json!({"contact": {"email": "nuevo@abc.com", "tags": ["vip"]}});
    let (_, body) = desk.ask("PATCH", "/contacts/456", &sent);
    assert_eq!(keys(&body), ["email", "id", "name", "updated_at"]);
    assert_eq!(desk.get("/contacts/456")["tags"], json!(["vip"]));
    assert_eq!(desk.ask("PUT", "/contacts/456", &sent).0, 404);
}

#[test]
fn a_closed_operation_cannot_be_canceled() {
    let desk = Desk::open();
    let operation = desk.operation("REF-1");
    let path = format!("/operations/{operation}");
    let closed = json!({"operation": {"status": "closed"}});
    let canceled = json!({"operation": {"status": "canceled"}});
    assert_eq!(desk.ask("PUT", &path, &closed).0, 200);
    let (status, body) = desk.ask("PUT", &path, &canceled);
    assert_eq!((status, keys(&body["details"])), (422, vec!["status"]));
    assert_eq!(desk.get(&path)["operation"]["status"], "closed");
}

#[test]
fn the_two_paginations_count_alike() {
    let desk = Desk::open();
    for n in 0..3 {
        desk.operation(&format!("REF-{n}"));
    }
    let page = desk.get("/operations?page=2&per_page=2");
    assert_eq!(column(&page["operations"], "client_ref"), ["REF-2"]);
    assert_eq!(page["pagination"], json!({"page": 2, "per_page": 2, "total": 3}));
    assert_eq!(desk.get("/operations?per_page=500")["pagination"]["per_page"], 100);
    assert_eq!(desk.get("/operations")["pagination"]["per_page"], 25);
    assert_eq!(desk.get("/operations?page=9")["operations"], json!([]));

    let page = desk.get("/contacts?per_page=3&page=2");
    let documented = json!({"current_page": 2, "total_pages": 2, "total_count": 4});
    assert_eq!(page["pagination"], documented);
    assert_eq!(keys(&page["contacts"][0]), ["alias", "id", "kind", "name", "status"]);

    desk.set(&json!({"list_order": "newest"}));
    let first = desk.get("/operations?per_page=1");
    assert_eq!(column(&first["operations"], "client_ref"), ["REF-2"]);
}

#[test]
fn contacts_and_addresses_come_bare_and_are_found() {
    let desk = Desk::open();
    let sent = json!({"contact": {
        "name": "XYZ Logistics", "alias": "XYZ", "kind": ["client"],
        "billing_address_attributes": {"street": "Calle 456", "city": "Monterrey", "state": "Nuevo León", "country": "MX"},
    }});
    let made = desk.post("/contacts", &sent);
    assert_eq!(keys(&made), ["alias", "created_at", "id", "kind", "name", "status"]);
    let shown = desk.get(&format!("/contacts/{}", id(&made)));
    let address = &shown["billing_address"];
    assert_eq!(keys(address), ["city", "country", "id", "postal_code", "street"]);
    assert_eq!(
        desk.get("/addresses/101")["full_address"],
        "Av. Insurgentes Sur 1234, Col. Del Valle, 03100, Ciudad de México, MX"
    );

    let aliases = |path: &str, key: &str| -> Vec<String> {
        let found = desk.get(path);
        column(&found[key], "alias").into_iter().map(str::to_owned).collect()
    };
    assert_eq!(aliases("/contacts?kind=customs_agent", "contacts"), ["ADUANAS-MX"]);
    assert_eq!(aliases("/contacts?search=xyz&status=all", "contacts"), ["XYZ"]);
    assert_eq!(aliases("/contacts?status=inactive", "contacts"), [""; 0]);
    assert_eq!(aliases("/contacts/search?q=abc12345", "contacts"), ["ABC"]);
    assert_eq!(aliases("/contacts/search?q=A&kind=client&limit=1", "contacts"), ["ACME"]);
    assert_eq!(aliases("/addresses?address_type=customs", "addresses"), ["ADUANA-VERACRUZ"]);
    assert_eq!(aliases("/addresses?city=veracruz&country=MX", "addresses"), ["ADUANA-VERACRUZ"]);
    assert_eq!(aliases("/addresses?search=alm-", "addresses"), ["ALM-CDMX"]);
    // The search goes by `type`; the list's name for it is none of the search's.
    assert_eq!(aliases("/addresses/search?q=veracruz&type=port", "addresses"), [""; 0]);
    let found = aliases("/addresses/search?q=veracruz&address_type=port", "addresses");
    assert_eq!(found, ["ADUANA-VERACRUZ"]);

    desk.set(&json!({"search_form": "bare_list", "single_contact": true}));
    assert_eq!(column(&desk.get("/contacts/search?q="), "alias"), ["ACME"]);
    desk.set(&json!({"single_contact": false}));
    assert_eq!(aliases("/contacts", "contacts"), ["ACME", "MAERSK", "ADUANAS-MX", "ABC"]);
}

#[test]
fn comments_live_under_their_own_parent() {
    let desk = Desk::open();
    let operation = desk.operation("REF-1");
    let service = desk.service(operation);
    let sent = json!({"message": {"content": "Llegó"}});
    for parent in [format!("/operations/{operation}"), format!("/services/{service}"), "/contacts/110".into()] {
        let path = format!("{parent}/messages");
        let made = desk.post(&path, &sent);
        assert_eq!(made["message"]["content"], "Llegó");
        let own = format!("{path}/{}", id(&made["message"]));
        let edit = json!({"message": {"content": "Salió"}});
        let (_, edited) = desk.ask("PUT", &own, &edit);
        assert_eq!(keys(&edited["message"]), ["content", "edited", "id", "updated_at"]);
        assert_eq!(desk.get(&own)["message"]["edited"], true);
        let total = json!({"page": 1, "per_page": 25, "total": 1});
        assert_eq!(desk.get(&path)["pagination"], total);
        let elsewhere = format!("/contacts/111/messages/{}", id(&made["message"]));
        assert_eq!(desk.ask("GET", &elsewhere, &Value::Null).0, 404);
    }
    let shown = desk.get(&format!("/services/{service}"));
    assert_eq!(shown["service"]["comments_count"], 1);
    let (status, body) = desk.ask("POST", "/services/1/messages", &sent);
    let documented = "No se encontró el servicio solicitado";
    assert_eq!((status, &body["message"]), (404, &json!(documented)));
}

#[test]
fn a_task_is_completed_once_and_filtered_by_it() {
    let desk = Desk::open();
    let path = format!("/operations/{}/to_dos", desk.operation("REF-1"));
    let sent = json!({"to_do": {"title": "Revisar", "end_at": "2024-01-25T12:00:00-06:00", "required": true}});
    let made = desk.post(&path, &sent);
    assert!(made.get("message").is_none() && made["to_do"].get("updated_at").is_none());
    assert_eq!(made["to_do"]["end_at"], "2024-01-25T18:00:00Z");
    desk.post(&path, &json!({"to_do": {"title": "Esperar"}}));
    let own = format!("{path}/{}", id(&made["to_do"]));
    let (status, done) = desk.ask("POST", &format!("{own}/complete"), &Value::Null);
    assert_eq!((status, &done["message"]), (200, &json!("Tarea marcada como completada")));
    assert_eq!(keys(&done["to_do"]), ["completed", "completed_at", "id", "title"]);
    desk.control("clock", &json!({"skew_ms": 5_000}));
    let (_, again) = desk.ask("POST", &format!("{own}/complete"), &Value::Null);
    assert_eq!(again["to_do"], done["to_do"]);
    assert_eq!(desk.get(&own)["to_do"]["completed_by"]["email"], "operador@apunto.com");

    let open = desk.get(&format!("{path}?completed=false"));
    assert_eq!(column(&open["to_dos"], "title"), ["Esperar"]);
    let (_, gone) = desk.ask("DELETE", &own, &Value::Null);
    assert_eq!(gone, json!({"message": "Tarea eliminada exitosamente"}));
    assert_eq!(desk.get(&format!("{path}?completed=true"))["pagination"]["total"], 0);
}

#[test]
fn deleting_an_operation_deletes_its_services() {
    let desk = Desk::open();
    let (operation, other) = (desk.operation("REF-1"), desk.operation("REF-2"));
    let (service, kept) = (desk.service(operation), desk.service(other));
    let sent = json!({"message": {"content": "x"}});
    desk.post(&format!("/services/{service}/messages"), &sent);
    let path = format!("/operations/{operation}");
    let (status, body) = desk.ask("DELETE", &path, &Value::Null);
    let documented = json!({"message": "Operación eliminada exitosamente"});
    assert_eq!((status, body), (200, documented));
    for gone in [path, format!("/services/{service}"), format!("/services/{service}/messages")] {
        assert_eq!(desk.ask("GET", &gone, &Value::Null).0, 404, "{gone}");
    }
    desk.get(&format!("/services/{kept}"));
    let told = desk.sandbox.control("apunto", "GET", "shipments", &Value::Null);
    assert_eq!(column(&told["shipments"], "status"), ["deleted", "confirmed"]);
    assert_eq!(told["shipments"][1]["tags"], json!(["urgente", "cliente-vip"]));
    assert_eq!(told["shipments"][1]["services"], 1);

    desk.set(&json!({"delete_204": true}));
    let (status, head, body) = desk.whole("DELETE", &format!("/operations/{other}"), &Value::Null);
    assert_eq!((status, body, head.contains("Content-Type")), (204, Value::Null, false));
}

#[test]
fn an_operation_advances_and_its_services_get_dates_in_order() {
    let desk = Desk::open();
    let operation = desk.operation("REF-1");
    let service = format!("/services/{}", desk.service(operation));
    let step = json!({"id": operation.to_string()});
    assert_eq!(desk.control("advance", &step)["status"], "active");
    let moving = desk.get(&service)["service"].clone();
    assert!(moving["delivery_date"].is_null() && moving["eta_date"].is_string());
    assert_eq!(desk.control("advance", &step)["status"], "finished");
    let there = desk.get(&service)["service"].clone();
    assert_eq!(there["status"], "finished");
    let dates = ["pickup_date", "etd_date", "eta_date", "delivery_date"];
    let dates = dates.map(|name| there[name].as_str().expect("a date"));
    assert!(dates.is_sorted() && moving["eta_date"].as_str() > Some(dates[3]));
    assert_eq!(desk.control("advance", &step)["status"], "closed");
    assert!(desk.control("advance", &step)["error"].is_string());
    let back = json!({"id": operation.to_string(), "to": "canceled"});
    assert_eq!(desk.control("advance", &back)["status"], "canceled");
}
