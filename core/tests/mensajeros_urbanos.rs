//! Mensajeros Urbanos over HTTP against its simulator: what a shop does with it, and what may go wrong.

use crate::common::Shop;
use flete::{Client, Code, Outcome};
use serde_json::{Value, json};

const CARRIER: &str = "mensajeros_urbanos";

impl Shop {
    fn courier(settings: Value) -> Self {
        Self::of(CARRIER, settings, json!({}))
    }

    fn create(&self) -> Value {
        self.did("create", order())
    }
}

fn order() -> Value {
    json!({
        "reference": "A-77",
        "origin": {
            "company": "Sol", "street": "Cra 14b", "number": "112 45", "city": "Bogotá D.C.",
            "latitude": "4.6762", "longitude": "-74.0504",
        },
        "destination": {
            "name": "Jhonnatan Acosta", "phone": "3214567890", "street": "Cra 15 127", "city": "bogota",
            "latitude": "4.7001", "longitude": "-74.0504", "instructions": "Torre 2",
        },
        "parcels": [
            {"weight": {"value": 1, "unit": "kg"}, "description": "Camisa"},
            {"weight": {"value": 2, "unit": "kg"}, "description": "Zapatos"},
        ],
        "items": [
            {"sku": "001", "name": "Camisa", "quantity": 1, "unit_price": {"amount": "2500", "currency": "COP"}},
            {"sku": "002", "name": "Zapatos", "quantity": 1, "unit_price": {"amount": "6200", "currency": "COP"}},
        ],
        "cash_on_delivery": {"amount": {"amount": "8700.00", "currency": "COP"}, "method": "card"},
        "notes": "Timbre dañado",
        "round_trip": true,
        "options": {"mensajeros_urbanos": {"type_segmentation": 1, "client_document": "989839"}},
    })
}

fn keyed(key: &str) -> Value {
    let mut order = order();
    order["idempotency_key"] = json!(key);
    order
}

#[test]
fn every_operation_of_the_api_reference_is_reached_by_its_name() {
    let shop = Shop::courier(json!({}));
    let token = shop.native("auth.token", json!({"grant_type": "client_credentials"}));
    assert_eq!((&token["expires_in"], &token["token_type"]), (&json!(3600), &json!("Bearer")));
    let coordinates = json!([
        {"type": "0", "id_point": "1", "lng": "-74.050461658", "lat": "4.6762105880001",
         "address": "cra 14b 112 45", "city": "bogota"},
        {"type": "1", "address": "cra 15 127 ", "city": "bogota"},
    ]);
    let price = shop.native(
        "deliveries.quote",
        json!({"type_service": 4, "roundtrip": 1, "city": 1, "coordinates": coordinates.clone()}),
    );
    assert_eq!(price["data"]["base_value"], 2900);
    let made = shop.native(
        "deliveries.create",
        json!({
            "id_user": 1234, "type_service": 4, "roundtrip": 0, "city": 1, "start_date": "2126-01-10",
            "start_time": "06:00:00", "user_payment_type": 1, "type_task_cargo_id": 2, "coordinates": coordinates,
        }),
    );
    let uuid = &made["data"]["uuid"];
    let listed = shop.native("tasks.list", json!({"type": 1, "page": 1}));
    let task = &listed["data"]["result"][0];
    assert_eq!(&task["uuid"], uuid);
    let detail = shop.native("tasks.get", json!({"task_id": task["task_id"]}));
    assert_eq!(&detail["data"]["uuid"], uuid);
    for operation in
        ["POST /oauth/token", "POST /delivery/calculation", "POST /delivery/create", "POST /tasksP", "POST /task"]
    {
        assert!(shop.count(operation) >= 1, "{operation}");
    }
    // The carrier's own refusals lead to the parameters.
    let error = shop.failed("call", json!({"operation": "tasks.get", "params": {}}));
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::Validation, "params.task_id"));
    let error = shop.failed("call", json!({"operation": "auth.token", "params": {"grant_type": "password"}}));
    assert_eq!((error.code, error.carrier_code.as_deref()), (Code::Validation, Some("unsupported_grant_type")));
}

#[test]
fn all_pages_of_a_list_come_as_one() {
    let shop = Shop::courier(json!({}));
    shop.set(json!({"page_size": 2}));
    let made: Vec<Value> = (0..5).map(|_| shop.create()["id"].clone()).collect();
    for params in [json!({"type": 1}), json!({"type": 1, "page": 3})] {
        let all = shop.did("call", json!({"operation": "tasks.list", "params": params, "all": true}));
        let found: Vec<_> = all["data"]["result"].as_array().unwrap().iter().map(|task| &task["uuid"]).collect();
        assert_eq!(found, made.iter().rev().collect::<Vec<_>>());
    }
    assert_eq!(shop.count("POST /tasksP"), 6);
}

#[test]
fn a_shipment_goes_from_its_price_to_the_consignee() {
    let shop = Shop::courier(json!({}));
    let mut quote = order();
    let wanted = quote.as_object_mut().unwrap();
    wanted.retain(|name, _| ["origin", "destination", "parcels", "round_trip"].contains(&name.as_str()));
    let rates = shop.did("quote", quote);
    let rate = &rates["rates"][0];
    let shipment = shop.create();
    assert_eq!(rate["total"], shipment["price"], "what was quoted is what it costs");
    assert_eq!(rate["service"], json!({"code": "4", "name": "Domicilios"}));
    let sum: f64 = rate["breakdown"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["amount"]["amount"].as_str().unwrap().parse::<f64>().unwrap())
        .sum();
    assert_eq!(rate["total"]["amount"].as_str().unwrap().parse::<f64>().unwrap(), sum);

    assert_eq!((&shipment["status"], &shipment["reference"]), (&json!("pre_transit"), &json!("A-77")));
    assert!(shipment["created_at"].as_str().unwrap().ends_with("-05:00"), "{shipment}");
    let made = &shop.shipments()[0];
    // "order_id: Entero": a reference with letters is read in the description, by people and by `list`.
    assert_eq!((&made["id"], &made["reference"]), (&shipment["id"], &json!(null)));
    assert_eq!(
        (&made["description"], &made["observation"]),
        (&json!("Pedido A-77 | Camisa, Zapatos, Torre 2"), &json!("Timbre dañado"))
    );
    assert_eq!(shop.did("list", json!({}))["shipments"][0]["reference"], "A-77");

    let id = shipment["id"].as_str().unwrap();
    let track = |id: &str| shop.did("track", json!({"id": id}));
    for (stage, status, carrier_status) in [
        ("on_hold", "pre_transit", "En espera"),
        ("assigned", "pre_transit", "Asignada"),
        ("in_progress", "in_transit", "En Proceso"),
        ("finished", "delivered", "Finalizada"),
    ] {
        shop.advance(id, stage);
        let tracking = track(id);
        assert_eq!((&tracking["status"], &tracking["carrier_status"]), (&json!(status), &json!(carrier_status)));
        assert_eq!(&tracking["events"].as_array().unwrap().last().unwrap()["status"], status);
    }
    let done = track(id);
    assert_eq!(done["events"].as_array().unwrap().len(), 5);
    assert_eq!(done["events"][0]["description"], "Creada");
    assert!(done["delivered_at"].as_str().is_some_and(|at| at.ends_with("-05:00")));
    // The task's id was looked for once.
    assert_eq!(shop.count("POST /tasksP"), 1);
    // Its own id will do too.
    let task = format!("task:{}", made["task_id"]);
    let by_task = track(&task);
    assert_eq!((&by_task["tracking_number"], &by_task["id"]), (&json!(id), &json!(task)));
}

#[test]
fn a_cancelled_task_is_cancelled_and_an_unknown_one_not_found() {
    let shop = Shop::courier(json!({}));
    shop.set(json!({"page_size": 1, "digit_uuids": true}));
    let first = shop.create();
    let id = first["id"].as_str().unwrap();
    assert!(id.bytes().all(|byte| byte.is_ascii_digit()), "a uuid may look like a number: {id}");
    for _ in 0..3 {
        shop.create();
    }
    shop.advance(id, "in_progress");
    shop.advance(id, "cancel");
    // It is on the list of ended tasks; its id may be a number or a text.
    let tracking = shop.did("track", json!({"id": id.parse::<u64>().unwrap()}));
    assert_eq!((&tracking["status"], &tracking["delivered_at"]), (&json!("cancelled"), &Value::Null));
    for id in ["5894b316a7600", "task:1"] {
        let error = shop.failed("track", json!({"id": id}));
        assert_eq!(error.code, Code::NotFound, "{error}");
    }
    // Where the carrier takes a uuid, one that its lists don't show is found all the same.
    shop.set(json!({"create_delay_visible_ms": 60_000}));
    let hidden = json!({"id": shop.create()["id"]});
    assert_eq!(shop.failed("track", hidden.clone()).code, Code::NotFound);
    shop.set(json!({"task_by_uuid": true}));
    assert_eq!(shop.did("track", hidden)["status"], "pre_transit");
}

#[test]
fn a_remembered_task_that_is_anothers_is_looked_for_again() {
    let shop = Shop::courier(json!({}));
    let id = shop.create()["id"].clone();
    shop.did("track", json!({"id": id}));
    // The carrier lost all its tasks, and the next one gets this one's number.
    shop.control("POST", "reset", json!({}));
    let next = shop.create()["id"].clone();
    assert_ne!(id, next);
    assert_eq!(shop.failed("track", json!({"id": id})).code, Code::NotFound);
    assert_eq!(shop.did("track", json!({"id": next}))["tracking_number"], next);
}

#[test]
fn both_lists_come_page_by_page() {
    let shop = Shop::courier(json!({"status_map": {"4": "out_for_delivery"}}));
    shop.set(json!({"page_size": 2}));
    let ids: Vec<String> = (0..5).map(|_| shop.create()["id"].as_str().unwrap().to_owned()).collect();
    shop.advance(&ids[0], "finished");
    shop.advance(&ids[1], "cancel");
    shop.advance(&ids[2], "in_progress");
    let list = |filter: Value| {
        let (mut found, mut pages, mut request) = (Vec::new(), 0, filter);
        loop {
            let page = shop.did("list", request.clone());
            pages += 1;
            found
                .extend(page["shipments"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
            if page["next_cursor"].is_null() {
                return (found, pages);
            }
            request["cursor"] = page["next_cursor"].clone();
        }
    };
    let all = ["4", "3", "2", "1", "0"].map(|index| ids[index.parse::<usize>().unwrap()].clone());
    assert_eq!(list(json!({})), (all.to_vec(), 3));
    assert_eq!(list(json!({"status": "delivered"})), (vec![ids[0].clone()], 1));
    assert_eq!(list(json!({"status": "cancelled"})), (vec![ids[1].clone()], 1));
    assert_eq!(list(json!({"status": "pre_transit"})), (vec![ids[4].clone(), ids[3].clone()], 2));
    // The account's own word for it.
    assert_eq!(list(json!({"status": "out_for_delivery"})), (vec![ids[2].clone()], 2));
    assert_eq!(list(json!({"date": "2017-02-03"})).0, Vec::<String>::new());
    let error = shop.failed("list", json!({"status": "in_transit"}));
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidRequest, "status"));
    for cursor in ["x", "1:0", "3:1", "1:1:1"] {
        assert_eq!(shop.failed("list", json!({"cursor": cursor})).fields[0].field, "cursor", "{cursor}");
    }
}

#[test]
fn a_refusal_leads_to_the_fields_of_the_request() {
    for in_body_only in [false, true] {
        let shop = Shop::courier(json!({}));
        shop.set(json!({"status_in_body_only": in_body_only}));
        let mut order = order();
        order["items"][1]["sku"] = json!(null);
        order["destination"]["phone"] = json!("ninguno");
        order["options"]["mensajeros_urbanos"]["+type_segmentation"] = json!("x");
        let error = shop.failed("create", order);
        assert_eq!((error.code, error.outcome), (Code::Validation, Outcome::None), "{error}");
        assert_eq!(error.http_status, Some(if in_body_only { 200 } else { 400 }));
        let mut fields: Vec<_> = error.fields.iter().map(|problem| problem.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["destination.phone", "items[1].sku", "options.mensajeros_urbanos.type_segmentation"]);
        assert_eq!(shop.count("POST /delivery/create"), 1);
        assert!(shop.shipments().is_empty());
    }
}

#[test]
fn a_failure_told_only_in_the_body_leaves_a_create_unknown() {
    let shop = Shop::courier(json!({}));
    let failure = json!({"version": "v1", "status": "error", "status_code": 500, "message": "Internal Server Error"});
    let arm = |operation: &str| {
        shop.fault(json!({"fault": "status", "status": 200, "body": failure, "operation": operation, "after": true}))
    };
    arm("POST /delivery/create");
    let error = shop.failed("create", order());
    assert_eq!((error.code, error.outcome, error.retryable), (Code::CarrierUnavailable, Outcome::Unknown, false));
    assert_eq!(shop.count("POST /delivery/create"), 1, "never sent twice");
    // A question is simply asked again.
    arm("POST /tasksP");
    assert_eq!(shop.did("list", json!({}))["shipments"].as_array().unwrap().len(), 1);
}

#[test]
fn a_lost_create_is_found_by_its_mark() {
    let shop = Shop::keeping(CARRIER, json!({}), json!({"settle_ms": 50}));
    shop.set(json!({"page_size": 1}));
    shop.fault(json!({"fault": "reset_after", "operation": "POST /delivery/create"}));
    let error = shop.failed("create", keyed("order-1"));
    assert_eq!((error.outcome, error.retryable), (Outcome::Unknown, true), "{error}");
    // More shipments of the same order, without a key: only the mark distinguishes them.
    shop.create();
    shop.create();
    let found = shop.did("create", keyed("order-1"));
    assert_eq!(found["replayed"], true);
    assert_eq!(shop.shipments()[0]["id"], found["id"]);
    assert!(shop.shipments()[0]["description"].as_str().unwrap().contains("Camisa, Zapatos, Torre 2 [fl-"));
    assert_eq!((&found["carrier_status"], &found["reference"]), (&json!("Creada"), &json!("A-77")));
    let again = shop.did("create", keyed("order-1"));
    assert_eq!((&again["id"], &again["replayed"]), (&found["id"], &json!(true)));
    assert_eq!(shop.shipments().len(), 3);
    // Its task is remembered from the search.
    let lists = shop.count("POST /tasksP");
    shop.did("track", json!({"id": found["id"]}));
    assert_eq!(shop.count("POST /tasksP"), lists);
}

#[test]
fn a_reply_without_a_uuid_is_not_taken_for_a_failure() {
    // The carrier's word for success means that it did something; any other word proves nothing.
    let success = json!({"status": "success", "status_code": 200, "data": {"status": 2, "total": 6900}});
    for (body, outcome) in [(success, Outcome::Done), (json!({"data": {"total": 6900}}), Outcome::Unknown)] {
        let shop = Shop::courier(json!({}));
        shop.fault(json!({"fault": "status", "status": 200, "body": body, "operation": "POST /delivery/create", "after": true}),
        );
        let error = shop.failed("create", order());
        assert_eq!((error.code, error.outcome, error.retryable), (Code::CarrierResponse, outcome, false));
        assert_eq!(error.raw.as_ref().unwrap()["data"]["total"], 6900);
    }
}

#[test]
fn a_push_is_read_as_it_comes() {
    let shop = Shop::courier(json!({"status_map": {"6": "returned"}}));
    let id = shop.create()["id"].clone();
    let push = |stage: &str| {
        shop.control("POST", "advance", json!({"id": id, "to": stage}))["push"].as_str().unwrap().to_owned()
    };
    let (assigned, progress, cancelled) = (push("assigned"), push("in_progress"), push("cancel"));
    assert!(assigned.contains(":NULL"), "{assigned}");
    let read = |body: &str| shop.did("webhook", json!({"account": CARRIER, "body": body}));
    let first = read(&assigned);
    assert_eq!((&first["kind"], &first["shipment_id"]), (&json!("tracking"), &id));
    assert_eq!((&first["status"], &first["event"]["description"]), (&json!("pre_transit"), &json!("assigned")));
    assert_eq!(
        first["courier"],
        json!({"name": "Jhonnatan DEV", "phone": "300600000", "plate": null, "vehicle": null, "photo_url": null})
    );
    assert!(first["tracking_url"].as_str().unwrap().contains(id.as_str().unwrap()));
    assert!(first["event"]["at"].as_str().unwrap().ends_with("-05:00"));
    assert!(!first.to_string().contains("sandbox-webhook-token"));
    assert_eq!(read(&assigned)["dedupe_key"], first["dedupe_key"]);
    assert_ne!(read(&progress)["dedupe_key"], first["dedupe_key"]);
    let last = read(&cancelled);
    assert_eq!(
        (&last["status"], &last["courier"], &last["tracking_url"]),
        (&json!("returned"), &Value::Null, &Value::Null)
    );

    let forged = assigned.replace("sandbox-webhook-token", "sandbox-webhook-tokem");
    assert_eq!(shop.failed("webhook", json!({"body": forged})).code, Code::Authentication);
    let bare = Shop::courier(json!({"webhook_token": null}));
    let error = bare.failed("webhook", json!({"body": assigned}));
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidConfig, "webhook_token"));
}

#[test]
fn wrong_credentials_are_told_without_them() {
    let shop = Shop::courier(json!({"client_secret": "not-the-secret"}));
    let error = shop.failed("create", order());
    assert_eq!((error.code, error.outcome), (Code::Authentication, Outcome::None));
    assert_eq!(error.operation.as_deref(), Some("auth.token"));
    assert_eq!(error.carrier_message.as_deref(), Some("The client credentials are invalid"));
    assert!(!error.to_value().to_string().contains("not-the-secret"));
}

#[test]
fn eight_cold_threads_ask_for_one_token() {
    let shop = Shop::courier(json!({}));
    shop.set(json!({"latency_ms": 30}));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| shop.did("list", json!({})));
        }
    });
    assert_eq!((shop.count("POST /oauth/token"), shop.count("POST /tasksP")), (1, 8));
}

#[test]
fn credentials_go_in_their_own_headers_and_nowhere_else() {
    let shop = Shop::courier(json!({}));
    shop.did("list", json!({}));
    let requests = shop.control("GET", "requests", Value::Null);
    let recent = requests["recent"].as_array().unwrap();
    let [token, list] = recent.as_slice() else { panic!("{requests}") };
    assert_eq!(token["body"], "grant_type=client_credentials");
    for (request, names) in [(token, ["client_id", "client_secret"].as_slice()), (list, ["access_token"].as_slice())] {
        let headers = request["headers"].to_string().to_lowercase();
        assert!(!headers.contains("authorization"), "{headers}");
        for name in ["client_id", "client_secret", "access_token"] {
            assert_eq!(headers.contains(name), names.contains(&name), "{name} in {headers}");
        }
    }
}

#[test]
fn production_needs_a_base_url_and_the_plain_http_test_host_is_taken() {
    let open = |environment: &str| {
        let account = json!({"carrier": CARRIER, "environment": environment, "client_id": "a", "client_secret": "b",
            "user_id": 1});
        Client::open(&json!({"accounts": [account]}).to_string())
    };
    assert!(open("test").is_ok());
    let error = open("production").unwrap_err();
    assert_eq!(error.fields[0].field, "accounts[0].base_url");
}
