//! The commercial cycle, from a lead to an operation.

use super::{Desk, column, id, keys};
use serde_json::{Value, json};

impl Desk {
    fn quote_request(&self, list: u64) -> String {
        let sent = json!({"quote_request": {
            "list_id": list, "origin": "Veracruz", "destination": "CDMX", "contact_code": "ACME",
            "operation_kind": "transportation", "operation_mode": "land", "transport_mode": "land",
            "shipment_items_attributes": [{"cargo_type": "pallet", "quantity": 2}],
        }});
        format!("/quote_requests/{}", id(&self.post("/quote_requests", &sent)["quote_request"]))
    }

    fn pricing(&self, request: &str) -> Value {
        let sent = json!({"quote_request_pricing": {"service_name": "Flete", "unit_price": "925.00", "quantity": 2, "currency_id": 32}});
        self.post(&format!("{request}/quote_request_pricings"), &sent)["pricing"].clone()
    }

    fn quote(&self, contact: &str, more: &Value) -> String {
        let mut sent = json!({"contact_code": contact, "operation_kind": "domestic", "operation_mode": "land"});
        for (name, value) in more.as_object().into_iter().flatten() {
            sent[name] = value.clone();
        }
        format!("/quotes/{}", id(&self.post("/quotes", &json!({"quote": sent}))["quote"]))
    }

    fn fails(&self, path: &str, body: &Value) -> String {
        let (status, reply) = self.ask("POST", path, body);
        assert_eq!(status, 422, "{path}: {reply}");
        keys(&reply["errors"])[0].to_owned()
    }
}

#[test]
fn a_lead_moves_and_is_deleted_only_without_business() {
    let desk = Desk::open();
    let sent = json!({"lead": {"name": "Nueva SA", "alias": "NUEVA", "kind": ["client"], "lead_source": "referral"}});
    let made = desk.post("/leads", &sent);
    assert_eq!(
        (&made["lead"]["kind"], &made["lead"]["lead_status"]),
        (&json!(["client", "prospect"]), &json!("new_lead"))
    );
    assert!(made["message"].is_string());
    let lead = format!("/leads/{}", id(&made["lead"]));
    for body in [json!({"lead_status": "qualified"}), json!({"lead": {"lead_status": "qualified"}})] {
        assert_eq!(desk.ask("PATCH", &format!("{lead}/transition"), &body).0, 200);
    }
    assert_eq!(desk.get("/leads?lead_status=qualified&lead_source=referral")["pagination"]["total"], 1);
    assert_eq!(desk.get("/leads?prospect_type=direct")["leads"], json!([]));
    desk.set(&json!({"lead_statuses": ["new_lead"]}));
    assert_eq!(desk.ask("PATCH", &format!("{lead}/transition"), &json!({"lead_status": "closed"})).0, 422);
    let (_, body) = desk.ask("PATCH", &lead, &json!({"lead": {"lead_status": "closed"}}));
    assert_eq!(keys(&body["details"]), ["lead_status"]);

    let opportunity = json!({"opportunity": {"title": "Ruta", "contact_code": "NUEVA", "frequency": "weekly"}});
    desk.post("/opportunities", &opportunity);
    let (status, body) = desk.ask("DELETE", &lead, &Value::Null);
    assert_eq!((status, keys(&body)), (422, vec!["blocking_counts", "can_archive", "errors"]));
    assert_eq!(body["blocking_counts"]["opportunities"], 1);
    desk.set(&json!({"blocked_lead": 409}));
    assert_eq!(desk.ask("DELETE", &lead, &Value::Null).0, 409);
    let free = id(&desk.post("/leads", &json!({"lead": {"name": "Otra"}}))["lead"]);
    assert_eq!(desk.ask("DELETE", &format!("/leads/{free}"), &Value::Null).0, 200);
    assert_eq!(desk.get("/contacts?search=nueva")["contacts"], json!([]), "a lead is in no list of contacts");
}

#[test]
fn an_opportunity_is_won_with_a_quote_request() {
    let desk = Desk::open();
    let (_, body) = desk.ask("POST", "/opportunities", &json!({"opportunity": {"title": "Ruta"}}));
    assert_eq!(keys(&body["details"]), ["contact_id"]);
    let made =
        desk.post("/opportunities", &json!({"opportunity": {"title": "Ruta", "contact_id": 110}}))["opportunity"]
            .clone();
    let path = format!("/opportunities/{}", id(&made));
    let won = || desk.ask("PATCH", &format!("{path}/transition"), &json!({"opportunity": {"status": "won"}})).0;
    assert_eq!(won(), 422);
    assert_eq!(desk.ask("PATCH", &format!("{path}/transition"), &json!({"status": "lost"})).0, 422, "lose");
    let sent = json!({"quote_request": {
        "list_id": 61, "origin": "a", "destination": "b", "opportunity_identification": made["identification"],
    }});
    let request = desk.post("/quote_requests", &sent)["quote_request"].clone();
    assert_eq!(keys(&request["opportunity"]), ["id", "identification", "title"]);
    assert_eq!(won(), 200);
    let shown = desk.get(&path)["opportunity"].clone();
    assert_eq!((&shown["status"], &shown["quote_requests_count"]), (&json!("won"), &json!(1)));
    assert_eq!(desk.get("/opportunities?status=won")["pagination"]["total"], 1);
}

#[test]
fn a_quote_request_is_priced_while_requested_and_becomes_a_quote() {
    let desk = Desk::open();
    let pipelines = desk.get("/quotation_pipelines")["quotation_pipelines"].clone();
    assert_eq!(keys(&pipelines[0]["lists"][0]), ["id", "name", "position", "target_quote_request_status"]);
    let request = desk.quote_request(61);
    let shown = || desk.get(&request)["quote_request"].clone();
    assert_eq!((&shown()["status"], &shown()["transport_mode"]), (&json!("start"), &json!("truck")));
    let prices = format!("{request}/quote_request_pricings");
    let sent = json!({"quote_request_pricing": {"service_name": "Flete", "total_price": "1850.00", "currency_id": 32}});
    assert_eq!(desk.fails(&prices, &sent), "quote_request");
    desk.ask("PATCH", &request, &json!({"quote_request": {"list_id": 62}}));
    assert_eq!(shown()["status"], "requested", "its column says so");
    assert_eq!(desk.fails(&format!("{request}/create_quote"), &Value::Null), "quote_request_pricings");
    let (_, body) = desk.ask("POST", &prices, &json!({"quote_request_pricing": {"currency_code": "USD"}}));
    assert_eq!(keys(&body["details"]), ["currency_id"]);

    desk.set(&json!({"pricing_draft": true}));
    desk.pricing(&request);
    desk.set(&json!({"pricing_draft": false}));
    let made = desk.pricing(&request);
    assert_eq!((&made["total_price"], &made["draft"]), (&json!("1850.00"), &json!(false)));
    let listed = desk.get(&prices);
    assert_eq!((keys(&listed), listed["pricings"].as_array().map(Vec::len)), (vec!["pricings"], Some(1)));
    assert_eq!(listed["pricings"][0]["currency"], json!({"id": 32, "code": "USD", "name": "Dólar Estadounidense"}));

    let quote = desk.post(&format!("{request}/create_quote"), &Value::Null)["quote"].clone();
    assert_eq!(
        (&quote["status"], &quote["total"], &quote["operation_kind"]),
        (&json!("drafted"), &json!("3700.00"), &json!("transportation"))
    );
    assert_eq!(shown()["status"], "vobo");
    let whole = desk.get(&format!("/quotes/{}", id(&quote)))["quote"].clone();
    assert!(whole["line_items_count"] == 2 && whole.get("line_items").is_none());
    assert_eq!(desk.fails(&prices, &sent), "quote_request");

    let suggestions = format!("{prices}/suggestions?advanced=true");
    assert_eq!(desk.get(&suggestions)["suggestions"], json!([]));
    assert!(desk.get(&suggestions)["meta"]["message"].is_string());
    desk.set(&json!({"pricing_catalogs": true}));
    assert_eq!(desk.get(&suggestions)["suggestions"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_quote_request_needs_what_the_sheet_says() {
    let desk = Desk::open();
    let refused = |more: Value| {
        let mut sent = json!({"list_id": 61, "origin": "a", "destination": "b"});
        for (name, value) in more.as_object().into_iter().flatten() {
            sent[name] = value.clone();
        }
        let (status, body) = desk.ask("POST", "/quote_requests", &json!({"quote_request": sent}));
        assert_eq!(status, 422, "{body}");
        keys(&body["details"])[0].to_owned()
    };
    desk.set(&json!({"unknown_code": 404}));
    for (more, field) in [
        (json!({"list_id": 7}), "list_id"),
        (json!({"origin": ""}), "origin"),
        (json!({"contact_code": "NADIE"}), "contact_id"),
        (json!({"transport_mode": "donkey"}), "transport_mode"),
        (json!({"deal_amount": "10.00"}), "deal_currency_id"),
        (json!({"deal_amount": "10.00", "deal_currency_id": 7}), "deal_currency_id"),
        (json!({"service_scope": "port_to_port"}), "service_scope"),
        (json!({"result": "lose"}), "result"),
        (json!({"status": "won"}), "status"),
        (json!({"shipment_items_attributes": [{"weight": "x"}]}), "shipment_items[0].weight"),
    ] {
        assert_eq!(refused(more.clone()), field, "{more}");
    }
    let quote = json!({"quote": {"contact_code": "NADIE"}});
    assert_eq!(desk.ask("POST", "/quotes", &quote).0, 404, "elsewhere an unknown code may be a 404");
}

#[test]
fn a_request_is_won_lost_and_reopened_with_its_quotes() {
    let desk = Desk::open();
    let request = desk.quote_request(62);
    desk.pricing(&request);
    let quotes: Vec<u64> =
        (0..2).map(|_| id(&desk.post(&format!("{request}/create_quote"), &Value::Null)["quote"])).collect();
    let result = |path: &str, body: Value| desk.ask("POST", &format!("{request}/{path}"), &body).0;
    let statuses =
        || quotes.iter().map(|id| desk.get(&format!("/quotes/{id}"))["quote"]["status"].clone()).collect::<Vec<_>>();
    assert_eq!(result("reopen", Value::Null), 422);
    let reason = desk.get("/quote_won_reasons")["quote_won_reasons"][0]["id"].clone();
    for wrong in [
        json!({}),
        json!({"winner_quote_ids": []}),
        json!({"winner_quote_ids": [7]}),
        json!({"winner_quote_ids": [quotes[0]], "won_at": "2020-01-01"}),
        json!({"winner_quote_ids": [quotes[0]], "quote_won_reason_id": 901}),
    ] {
        assert_eq!(result("mark_as_won", wrong.clone()), 422, "{wrong}");
    }
    assert_eq!(result("mark_as_won", json!({"winner_quote_ids": [quotes[0]], "quote_won_reason_id": reason})), 200);
    assert_eq!(statuses(), ["won", "lose"]);
    let shown = desk.get(&request)["quote_request"].clone();
    assert_eq!((&shown["result"], &shown["status"]), (&json!("won"), &json!("finished")));
    assert_eq!(result("mark_as_lost", json!({"confirm_quote_loss_consequences": true})), 422, "not pending");
    assert_eq!(result("reopen", Value::Null), 200);
    assert_eq!(statuses(), ["drafted", "drafted"]);
    assert_eq!(desk.get(&request)["quote_request"]["status"], "vobo");
    let lost = desk.get("/quote_lost_reasons")["quote_lost_reasons"][0]["id"].clone();
    assert_eq!(result("mark_as_lost", json!({"quote_lost_reason_id": lost})), 422, "its quotes are lost with it");
    assert_eq!(result("mark_as_lost", json!({"confirm_quote_loss_consequences": "1"})), 200);
    assert_eq!(statuses(), ["lose", "lose"]);
    assert_eq!(desk.get("/quote_requests?result=lost")["pagination"]["total"], 1);
}

#[test]
fn a_quote_is_approved_opened_and_made_an_operation() {
    let desk = Desk::open();
    let quote = desk.quote(
        "ACME",
        &json!({"client_ref": "REF-9", "currency_code": "USD", "status": "opened", "due_at": "2026-12-01"}),
    );
    let post = |action: &str, body: Value| desk.ask("POST", &format!("{quote}/{action}"), &body);
    assert_eq!(desk.get(&quote)["quote"]["status"], "drafted", "a create forces it");
    assert_eq!(post("open", Value::Null).0, 422);
    assert_eq!(post("approve", Value::Null).1["quote"]["status"], "approval_requested");
    assert_eq!(post("approve", Value::Null).0, 422);
    assert_eq!(post("open", Value::Null).1["quote"]["status"], "opened");
    assert_eq!(desk.get("/quotes?status=opened")["pagination"]["total"], 1);
    let (status, copy) = post("clone", Value::Null);
    assert_eq!((status, &copy["quote"]["status"]), (201, &json!("drafted")));

    let (status, made) = post("create_operation", Value::Null);
    assert_eq!((status, keys(&made)), (201, vec!["message", "operation"]));
    assert_eq!(keys(&made["operation"]), ["client_ref", "contact", "id", "identification", "kind", "mode", "status"]);
    assert_eq!((&made["operation"]["kind"], &made["operation"]["client_ref"]), (&json!("domestic"), &json!("REF-9")));
    let shipments = desk.sandbox.control("apunto", "GET", "shipments", &Value::Null)["shipments"].clone();
    assert_eq!(quote, format!("/quotes/{}", shipments[0]["quote_id"]));

    let existing = |operation: u64| {
        post("create_operation", json!({"operation_type": "existing", "existing_operation_id": operation}))
    };
    let other = desk.operation("REF-1");
    assert_eq!((existing(other).0, existing(7).0), (200, 422));
    desk.ask("POST", &format!("/operations/{other}/close"), &Value::Null);
    assert_eq!(existing(other).0, 422, "closed");
    let foreign = json!({"operation": {"contact_code": "ABC", "kind": "domestic", "mode": "land"}});
    assert_eq!(existing(id(&desk.post("/operations", &foreign)["operation"])).0, 422, "another contact's");
    for wrong in
        [json!({"operation_type": "old"}), json!({"visibility_scope": "group"}), json!({"visibility_scope": "x"})]
    {
        assert_eq!(post("create_operation", wrong.clone()).0, 422, "{wrong}");
    }
    let bare = desk.quote("ACME", &json!({"operation_mode": null}));
    assert_eq!(desk.fails(&format!("{bare}/create_operation"), &Value::Null), "operation_mode");
    desk.post("/leads", &json!({"lead": {"name": "Nueva", "alias": "NUEVA"}}));
    let prospect = desk.quote("NUEVA", &json!({}));
    assert_eq!(desk.fails(&format!("{prospect}/create_operation"), &Value::Null), "contact_id");
}

#[test]
fn what_is_not_documented_is_a_setting() {
    let desk = Desk::open();
    let quote = desk.quote("ACME", &json!({"currency_code": "USD"}));
    let currency = |path: &str, key: &str| desk.get(path)[key]["currency"].clone();
    let operation = format!("/operations/{}", desk.operation("R"));
    for (form, of_operation, of_quote) in [
        ("documented", vec!["code", "name"], vec!["code", "id", "name"]),
        ("code_name", vec!["code", "name"], vec!["code", "name"]),
        ("id_name", vec!["id", "name"], vec!["id", "name"]),
        ("id_code_name", vec!["code", "id", "name"], vec!["code", "id", "name"]),
    ] {
        desk.set(&json!({"currency_form": form}));
        assert_eq!(keys(&currency(&operation, "operation")), of_operation, "{form}");
        assert_eq!(keys(&currency(&quote, "quote")), of_quote, "{form}");
    }
    for (form, of_quotes, of_contacts) in [
        ("documented", "total", "total_count"),
        ("page", "total", "total"),
        ("current_page", "total_count", "total_count"),
    ] {
        desk.set(&json!({"page_form": form}));
        assert!(desk.get("/quotes")["pagination"].get(of_quotes).is_some(), "{form}");
        assert!(desk.get("/contacts")["pagination"].get(of_contacts).is_some(), "{form}");
    }
    desk.set(&json!({"action_reply": "message"}));
    let (status, body) = desk.ask("POST", &format!("{quote}/approve"), &Value::Null);
    assert_eq!((status, keys(&body)), (200, vec!["message"]));
    desk.set(&json!({"action_reply": "empty"}));
    assert_eq!(desk.ask("POST", &format!("{quote}/open"), &Value::Null), (204, Value::Null));
    assert_eq!(desk.ask("POST", &format!("{operation}/folders"), &json!({"folder": {"name": "BL"}})).0, 204);
    let (_, shown) = desk.ask("POST", &format!("{operation}/cancel"), &Value::Null);
    assert_eq!(shown["operation"]["status"], "canceled", "its reply is documented");

    let found = column(&desk.get("/quotes")["quotes"], "status").len();
    assert_eq!(found, 1);
    let wrong = desk.control("settings", &json!({"download_redirect": "ftp://x", "page_form": "page"}));
    assert!(wrong["error"].as_str().is_some_and(|text| text.contains("other_host")), "{wrong}");
}
