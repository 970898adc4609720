//! Mensajeros Urbanos' second API over real HTTP: a shop's day with the simulated carrier, and what may go wrong in it.

use crate::common::{Shop, with};
use flete::{Client, Code, Outcome};
use serde_json::{Value, json};

const CARRIER: &str = "mensajeros_urbanos";
const CREATE: &str = "POST /api/create";

fn shop(settings: Value) -> Shop {
    Shop::of(CARRIER, with(json!({"api": "v2"}), settings), json!({"settle_ms": 0}))
}

fn order() -> Value {
    json!({
        "reference": "1042",
        "origin": {"street": "Cra 48", "number": "10-45", "city": "Medellín"},
        "destination": {
            "name": "Ana Gómez", "phone": "3001234567", "street": "Calle 10", "number": "# 43-21",
            "interior": "Apto 301", "city": "Medellín", "instructions": "Portería",
        },
        "parcels": [{"weight": {"value": 1, "unit": "kg"}, "description": "Café"}],
        "declared_value": {"amount": "50000", "currency": "COP"},
        "items": [{"sku": "SKU-9", "name": "Café", "quantity": 2, "unit_price": {"amount": 25000, "currency": "COP"}}],
    })
}

fn keyed(key: &str) -> Value {
    with(order(), json!({"idempotency_key": key}))
}

fn quote() -> Value {
    let mut quote = order();
    quote.as_object_mut().unwrap().retain(|name, _| ["origin", "destination", "parcels"].contains(&name.as_str()));
    quote
}

fn made(shop: &Shop) -> String {
    shop.did("create", order())["id"].as_str().unwrap().to_owned()
}

#[test]
fn every_operation_is_reached_by_its_name() {
    let shop = shop(json!({}));
    let points =
        json!([{"address": "Cra 48 # 10-45", "city": "medellin"}, {"address": "Calle 10", "city": "medellin"}]);
    let price = shop.native(
        "deliveries.quote",
        json!({"type_service": 4, "roundtrip": 0, "declared_value": 0, "city": 3, "coordinates": points,
            "parking_surcharge": 0}),
    );
    assert!(price["data"]["total_service"].is_number(), "{price}");
    shop.native(
        "stores.create",
        json!({"id_point": "TIENDA-7", "name": "Norte", "address": "Cra 48 # 10-45", "city": 3, "phone": "3001234567",
            "schedule": "L-S 9:00AM - 7:00PM", "parking": 0, "address_complement": "Local 2"}),
    );
    let delivery = json!({
        "order_id": "1042", "address": "Calle 10 # 43-21", "description": "Portería", "token": "",
        "client_data": {"client_name": "Ana", "client_phone": "3001234567", "client_email": "", "products_value": "100",
            "domicile_value": "0", "payment_type": "3"},
        "products": [{"store_id": "TIENDA-7", "sku": "1", "product_name": "Café", "quantity": 1, "value": 100}],
    });
    let made = shop.native(
        "deliveries.create",
        json!({"type_service": 4, "roundtrip": 0, "declared_value": 100, "dane_code": "05001",
            "start_date": "2126-01-10", "start_time": "06:00:00", "description": "Café", "observation": "",
            "store_id": "TIENDA-7", "coordinates": [delivery]}),
    );
    let uuid = &made["data"]["uuid"];
    assert_eq!(shop.native("deliveries.track", json!({"uuid": uuid}))["data"]["uuid"], *uuid);
    shop.native("deliveries.cancel", json!({"task_uuid": uuid, "cancellation_type": 4, "description": "x"}));
    shop.native(
        "webhooks.create",
        json!({"endpoint": "https://tienda.example/mu", "token_endpoint": "json", "token_id": "s3cr3t"}),
    );
    for operation in ["calculate", "create", "track", "cancel", "Add-store", "webhook"] {
        assert_eq!(shop.count(&format!("POST /api/{operation}")), 1, "{operation}");
    }
    // A point that exists already is refused, which does no harm.
    let again = json!({"operation": "stores.create", "params": {"id_point": "TIENDA-7", "name": "Norte",
        "address": "Cra 48 # 10-45", "city": 3, "phone": "3001234567", "schedule": "", "parking": 0,
        "address_complement": ""}});
    let error = shop.failed("call", again);
    assert_eq!((error.code, error.outcome, error.http_status), (Code::Validation, Outcome::None, Some(400)), "{error}");
    // The other generation's operations are another account's.
    let error = shop.failed("call", json!({"operation": "tasks.list", "params": {"type": 1, "page": 1}}));
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidRequest, "operation"));
}

#[test]
fn a_shipment_goes_from_its_price_to_the_consignee() {
    let shop = shop(json!({}));
    shop.set(json!({"full_breakdown": true, "distance_as_text": true}));
    let parking = json!({"options": {CARRIER: {"parking_surcharge": 500}}});
    let rate = shop.did("quote", with(quote(), parking))["rates"][0].take();
    assert_eq!(rate["service"], json!({"code": "4", "name": "Domicilios"}));
    assert!(rate["distance_km"].is_number(), "{rate}");
    let codes: Vec<_> =
        rate["breakdown"].as_array().unwrap().iter().map(|part| part["code"].as_str().unwrap()).collect();
    for code in ["base_value", "iva", "parking_surcharge"] {
        assert!(codes.contains(&code), "{code} in {rate}");
    }
    let shipment = shop.did("create", order());
    assert_eq!((&shipment["status"], &shipment["reference"]), (&json!("pre_transit"), &json!("1042")));
    assert!(shipment["price"]["amount"].is_string() && shipment["raw"]["data"]["task_id"].is_number(), "{shipment}");
    let id = shipment["id"].as_str().unwrap();
    let track = || shop.did("track", json!({"id": id}));
    for (stage, status) in [
        ("assigned", "pre_transit"),
        ("in_progress:1/1", "in_transit"),
        ("in_progress:1/2", "out_for_delivery"),
        ("in_progress:2/1", "out_for_delivery"),
        ("finished", "delivered"),
    ] {
        let push = shop.control("POST", "advance", json!({"id": id, "to": stage}));
        let read = shop.did("webhook", json!({"body": push["push"], "headers": push["push_headers"]}));
        assert_eq!(
            (&read["status"], &read["shipment_id"], &read["reference"]),
            (&json!(status), &json!(id), &json!("1042")),
            "{stage}"
        );
        assert!(read["courier"]["plate"].is_string(), "{read}");
        // A track shows no stops.
        let tracked = track();
        let status = if status == "out_for_delivery" { "in_transit" } else { status };
        assert_eq!(tracked["status"], status, "{stage}: {tracked}");
        assert!(tracked["courier"]["plate"].is_string() && tracked["courier"]["vehicle"].is_string(), "{tracked}");
    }
    let done = track();
    assert!(done["delivered_at"].as_str().is_some_and(|at| at.ends_with("-05:00")), "{done}");
    // No list of the carrier's: `list` isn't there, and nothing was asked for in vain.
    assert_eq!(shop.failed("list", json!({})).code, Code::Unsupported);
}

#[test]
fn the_token_is_in_the_body_and_nowhere_else() {
    for spelling in ["either", "access_token", "acces_token"] {
        let shop = shop(json!({}));
        shop.set(json!({"cancel_token": spelling}));
        let id = made(&shop);
        shop.did("quote", quote());
        shop.did("cancel", json!({"id": id}));
        let report = shop.control("GET", "requests", Value::Null);
        for request in report["recent"].as_array().unwrap() {
            let headers = request["headers"].to_string().to_lowercase();
            assert!(!headers.contains("authorization") && !headers.contains("access_token"), "{headers}");
        }
    }
    let shop = shop(json!({"token": "not-the-token-at-all"}));
    for (method, request) in [("quote", quote()), ("create", order()), ("track", json!({"id": "5f2c"}))] {
        let error = shop.failed(method, request);
        assert_eq!((error.code, error.outcome), (Code::Authentication, Outcome::None), "{method}: {error}");
        assert!(!error.to_value().to_string().contains("not-the-token-at-all"));
    }
    assert!(shop.shipments().is_empty());
}

#[test]
fn a_create_whose_outcome_is_not_clear_is_never_repeated() {
    for (settings, fault) in [
        // Made, without a name.
        (json!({"create_uuid": "missing"}), None),
        (json!({"create_uuid": "missing", "envelope": "short"}), None),
        // A wrong body has answered 500, as everything else may.
        (json!({}), Some(json!({"fault": "status", "status": 500, "after": true}))),
        (json!({}), Some(json!({"fault": "status", "status": 200, "body": {"status": "error"}, "after": true}))),
        (
            json!({}),
            Some(json!({"fault": "status", "status": 200, "body": {"status": "success", "data": []}, "after": true})),
        ),
    ] {
        let shop = shop(json!({}));
        shop.set(settings.clone());
        if let Some(fault) = &fault {
            shop.fault(with(fault.clone(), json!({"operation": CREATE})));
        }
        let case = format!("{settings} {fault:?}");
        let lost = shop.failed("create", keyed("order-1"));
        assert_eq!((lost.outcome, lost.retryable), (Outcome::Unknown, false), "{case}: {lost}");
        let again = shop.failed("create", keyed("order-1"));
        assert_eq!((again.code, again.outcome), (Code::Conflict, Outcome::Unknown), "{case}");
        assert_eq!((shop.count(CREATE), shop.shipments().len()), (1, 1), "{case}");
        // The push says which service it was, and a person settles the key with it.
        let uuid = shop.shipments()[0]["id"].clone();
        let push = shop.control("POST", "advance", json!({"id": uuid, "to": "assigned"}));
        let read = shop.did("webhook", json!({"body": push["push"], "headers": push["push_headers"]}));
        assert_eq!((&read["reference"], &read["shipment_id"]), (&json!("1042"), &uuid), "{case}");
        shop.did("settle", json!({"idempotency_key": "order-1", "made": true, "id": read["shipment_id"]}));
        let settled = shop.did("create", keyed("order-1"));
        assert_eq!((&settled["id"], &settled["replayed"]), (&uuid, &json!(true)), "{case}");
        assert_eq!(shop.count(CREATE), 1, "{case}");
    }
}

#[test]
fn a_clear_refusal_frees_the_key_and_leads_to_the_field() {
    for in_body_only in [false, true] {
        let shop = shop(json!({}));
        shop.set(json!({"status_in_body_only": in_body_only, "declared_value_max": 40_000}));
        let error = shop.failed("create", keyed("order-1"));
        assert_eq!((error.code, error.outcome), (Code::Validation, Outcome::None), "{error}");
        shop.set(json!({"declared_value_max": null, "unknown_address": "43-21"}));
        let error = shop.failed("create", keyed("order-1"));
        assert_eq!((error.code, error.outcome), (Code::Validation, Outcome::None), "{error}");
        shop.set(json!({"unknown_address": null, "no_balance": true}));
        assert_eq!(shop.failed("create", keyed("order-1")).outcome, Outcome::None);
        shop.set(json!({"no_balance": false}));
        assert_eq!(shop.did("create", keyed("order-1"))["replayed"], false);
        assert_eq!(shop.shipments().len(), 1);
    }
    // A store that the carrier doesn't know.
    let shop = shop(json!({"store_id": null}));
    let error = shop.failed("create", order());
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidRequest, "origin.carrier_id"));
    assert_eq!(shop.total(), 0);
    let elsewhere = json!({"carrier_id": "NADIE", "city": "Medellín"});
    let error = shop.failed("create", with(order(), json!({"origin": elsewhere})));
    assert_eq!((error.code, error.outcome), (Code::Validation, Outcome::None), "{error}");
    assert!(error.fields.iter().any(|problem| problem.field == "origin.carrier_id"), "{:?}", error.fields);
}

#[test]
fn a_track_is_read_in_each_form_that_integrations_expect() {
    let mut seen: Option<Value> = None;
    for resource in ["data", "beside"] {
        for form in ["list", "object"] {
            for history in ["data", "beside"] {
                for numbers_as_text in [false, true] {
                    let shop = shop(json!({}));
                    shop.set(json!({
                        "resource": resource, "resource_form": form, "history": history, "address": history,
                        "numbers_as_text": numbers_as_text,
                    }));
                    let id = made(&shop);
                    shop.advance(&id, "assigned");
                    let tracked = shop.did("track", json!({"id": id}));
                    let codes: Vec<_> =
                        tracked["events"].as_array().unwrap().iter().map(|event| &event["code"]).collect();
                    let read = json!([tracked["status"], tracked["courier"], codes]);
                    assert_eq!(*seen.get_or_insert_with(|| read.clone()), read, "{resource} {form} {history}");
                    assert!(read[1]["name"].is_string() && codes.len() > 1, "{read}");
                }
            }
        }
    }
    let shop = shop(json!({}));
    shop.set(json!({"history_form": "event"}));
    let id = made(&shop);
    let tracked = shop.did("track", json!({"id": id}));
    assert!(tracked["events"][0]["at"].is_string() && tracked["events"][0]["description"].is_string(), "{tracked}");
    shop.set(json!({"history": "none", "address": "none", "resource": "none"}));
    let tracked = shop.did("track", json!({"id": id}));
    assert_eq!((&tracked["status"], &tracked["events"]), (&json!("pre_transit"), &json!([])));
    // `data` as a list of one service. A cancel looks at that reply as well.
    shop.set(json!({"track_form": "list"}));
    assert_eq!(shop.did("track", json!({"id": id}))["status"], "pre_transit");
    assert_eq!(shop.did("cancel", json!({"id": id}))["status"], "cancelled");
}

#[test]
fn a_failed_delivery_is_never_told_as_delivered() {
    // Nor does an account's word for the carrier's 5 make it one.
    for (api, map) in
        [("v2", json!({})), ("2016", json!({})), ("v2", json!({"5": "delivered"})), ("2016", json!({"5": "delivered"}))]
    {
        for place in ["push", "track", "both"] {
            let shop = Shop::of(CARRIER, json!({"api": api, "status_map": map}), json!({}));
            shop.set(json!({"finish_status": place}));
            let id = made(&shop);
            let push = shop.control("POST", "advance", json!({"id": id, "to": "failed"}));
            let read = shop.did("webhook", json!({"body": push["push"], "headers": push["push_headers"]}));
            let tracked = shop.did("track", json!({"id": id}));
            let case = format!("{api} {place}");
            if place != "track" {
                assert_eq!(
                    (&read["status"], &read["event"]["status"]),
                    (&json!("delivery_failed"), &json!("delivery_failed")),
                    "{case}"
                );
            }
            if place != "push" {
                assert_eq!(
                    (&tracked["status"], &tracked["delivered_at"]),
                    (&json!("delivery_failed"), &Value::Null),
                    "{case}"
                );
                let events = tracked["events"].as_array().unwrap();
                assert!(events.iter().all(|event| event["status"] != "delivered"), "{case}: {tracked}");
            }
            if api == "2016" && place != "push" {
                assert_eq!(shop.did("list", json!({"status": "delivery_failed"}))["shipments"][0]["id"], id, "{case}");
            }
        }
    }
}

#[test]
fn a_push_is_believed_by_its_secret_wherever_that_stands() {
    for api in ["v2", "2016"] {
        for secret in ["body", "header", "both"] {
            for form in ["nested", "flat"] {
                if (api, form) == ("2016", "flat") {
                    continue;
                }
                let shop = Shop::of(CARRIER, json!({"api": api}), json!({}));
                shop.set(json!({"push_secret": secret, "push_form": form}));
                let id = made(&shop);
                let moved = shop.control("POST", "advance", json!({"id": id, "to": "assigned"}));
                let (body, headers) = (moved["push"].as_str().unwrap(), moved["push_headers"].clone());
                let case = format!("{api} {secret} {form}: {moved}");
                let read = shop.did("webhook", json!({"body": body, "headers": headers}));
                assert_eq!((&read["shipment_id"], &read["status"]), (&json!(id), &json!("pre_transit")), "{case}");
                // A forged one, in each place where there is one.
                let refused = |body: &str, headers: Value| {
                    let error = shop.failed("webhook", json!({"body": body, "headers": headers}));
                    assert_eq!(error.code, Code::Authentication, "{case}");
                };
                let forge = |text: &str| text.replace("sandbox-webhook-token", "sandbox-webhook-tokem");
                if secret != "header" {
                    refused(&forge(body), headers.clone());
                }
                if secret != "body" {
                    refused(body, json!({"X-Api-Key": "sandbox-webhook-tokem"}));
                    refused(body, json!({"x-api-key": ["sandbox-webhook-token", "sandbox-webhook-tokem"]}));
                    let listed = json!({"x-api-key": ["sandbox-webhook-token"]});
                    assert_eq!(shop.did("webhook", json!({"body": body, "headers": listed}))["shipment_id"], id);
                }
                if secret == "header" {
                    refused(body, json!({}));
                }
            }
        }
    }
}

#[test]
fn a_service_can_be_cancelled_until_a_courier_has_it() {
    let shop = shop(json!({}));
    for (reply, envelope) in
        [("none", "full"), ("object", "full"), ("empty_list", "full"), ("none", "short"), ("object", "short")]
    {
        shop.set(json!({"cancel_reply": reply, "envelope": envelope}));
        let id = made(&shop);
        let cancelled = shop.did("cancel", json!({"id": id, "reason": "Sin existencias"}));
        assert_eq!((&cancelled["status"], &cancelled["id"]), (&json!("cancelled"), &json!(id)), "{reply}");
        assert_eq!(shop.did("track", json!({"id": id}))["status"], "cancelled");
        let sent = shop.requests("POST /api/cancel").pop().unwrap().body;
        assert_eq!(
            (&sent["task_uuid"], &sent["cancellation_type"], &sent["description"]),
            (&json!(id), &json!(4), &json!("Sin existencias"))
        );
        // Twice is once.
        let before = shop.count("POST /api/cancel");
        assert_eq!(shop.did("cancel", json!({"id": id}))["status"], "cancelled");
        assert_eq!(shop.count("POST /api/cancel"), before);
    }
    let id = made(&shop);
    shop.did("cancel", json!({"id": id, "options": {CARRIER: {"cancellation_type": 2}}}));
    assert_eq!(shop.requests("POST /api/cancel").pop().unwrap().body["cancellation_type"], 2);
    for wrong in [json!({"cancellation_type": 9}), json!({"cancelation_type": 2}), json!({"task_uuid": "another"})] {
        let error = shop.failed("cancel", json!({"id": id, "options": {CARRIER: wrong}}));
        assert_eq!(error.code, Code::InvalidRequest, "{error}");
    }
    for stage in ["assigned", "in_progress", "finished"] {
        let id = made(&shop);
        shop.advance(&id, stage);
        let before = shop.count("POST /api/cancel");
        let error = shop.failed("cancel", json!({"id": id}));
        assert_eq!((error.code, error.retryable), (Code::Conflict, false), "{stage}: {error}");
        assert_eq!(shop.count("POST /api/cancel"), before, "{stage}");
    }
}

#[test]
fn a_cancel_whose_reply_is_lost_is_looked_at_and_not_sent_again() {
    for (fault, cancelled) in [
        (json!({"fault": "reset_after"}), true),
        (json!({"fault": "status", "status": 500, "after": true}), true),
        (json!({"fault": "status", "status": 200, "body": {}, "after": true}), true),
        (json!({"fault": "reset_before"}), false),
        (json!({"fault": "status", "status": 500}), false),
    ] {
        let shop = shop(json!({}));
        let id = made(&shop);
        shop.fault(with(fault.clone(), json!({"operation": "POST /api/cancel"})));
        match shop.ask("cancel", json!({"id": id})) {
            Ok(done) => assert!(cancelled && done["status"] == "cancelled", "{fault}: {done}"),
            Err(error) => assert!(!cancelled && error.code != Code::Conflict, "{fault}: {error}"),
        }
        assert_eq!(shop.count("POST /api/cancel"), 1, "{fault}");
    }
    // A courier came between the look and the cancel.
    let shop = shop(json!({}));
    let id = made(&shop);
    shop.fault(json!({"fault": "status", "status": 400, "body": {"status": "error", "status_code": 400,
        "message": "El servicio ya fue asignado"}, "operation": "POST /api/cancel"}));
    let error = shop.failed("cancel", json!({"id": id}));
    assert_eq!((error.code, error.carrier_message.as_deref()), (Code::Validation, Some("El servicio ya fue asignado")));
}

#[test]
fn the_first_generations_create_may_name_its_task() {
    let shop = Shop::of(CARRIER, json!({"api": "2016"}), json!({}));
    shop.set(json!({"create_task_id": true}));
    let id = made(&shop);
    assert_eq!(shop.did("track", json!({"id": id}))["status"], "pre_transit");
    assert_eq!(shop.count("POST /tasksP"), 0, "its task needs no search");
}

#[test]
fn an_account_speaks_the_api_that_it_names() {
    let first = json!({"client_id": "a", "client_secret": "b", "user_id": 1, "base_url": "https://mu.example"});
    let second = json!({"api": "v2", "token": "t-secreto", "base_url": "https://mu.example"});
    let open = |account: &Value, more: Value| {
        let account = with(with(account.clone(), json!({"carrier": CARRIER})), more);
        let account: Value = account
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        Client::open(&json!({"accounts": [account], "state": "memory"}).to_string())
    };
    for (account, more) in [
        (&first, json!({})),
        (&first, json!({"api": "2016"})),
        (&second, json!({})),
        (&second, json!({"api": " v2 ", "store_id": "TIENDA-1", "webhook_token": "aviso"})),
        // Only the second API's host is known.
        (&second, json!({"base_url": null})),
        (&second, json!({"base_url": null, "environment": "sandbox"})),
        (&json!({"api": "v2", "environment": "sandbox"}), json!({})),
        (&json!({"environment": "sandbox"}), json!({})),
    ] {
        open(account, more.clone()).unwrap_or_else(|error| panic!("{account} {more}: {error}"));
    }
    let wrong = |account: &Value, more: Value| {
        let error = open(account, more).expect_err("a wrong configuration");
        assert_eq!(error.code, Code::InvalidConfig);
        assert!(!error.to_value().to_string().contains("t-secreto"), "{error}");
        (error.fields.iter().map(|problem| problem.field.clone()).collect::<Vec<_>>().join(" "), error.message.clone())
    };
    for (account, more, fields, said) in [
        (&first, json!({"api": "v3"}), "accounts[0].api", "`v3` is not one of: 2016, v2"),
        (&second, json!({"api": "V2"}), "accounts[0].api", "did you mean `v2`?"),
        (&first, json!({"api": ""}), "accounts[0].api", "2016, v2"),
        (&first, json!({"api": 2016}), "accounts[0].api", "text"),
        (&first, json!({"token": "t-secreto"}), "accounts[0].token", "\"api\": \"v2\""),
        (&first, json!({"store_id": "T"}), "accounts[0].store_id", "\"api\": \"v2\""),
        (&second, json!({"user_id": 1}), "accounts[0].user_id", "\"api\": \"2016\""),
        (&second, json!({"city": 3}), "accounts[0].city", "\"api\": \"2016\""),
        (&second, json!({"token": null}), "accounts[0].token", "is required"),
        (&second, json!({"token": ""}), "accounts[0].token", "is empty"),
        (&second, json!({"base_url": null, "environment": "test"}), "accounts[0].base_url", "test"),
        (&second, json!({"base_url": "https://mu.example/api"}), "accounts[0].base_url", "/api"),
        (
            &json!({"carrier": "fruno", "api": "v2", "account": "a", "key": "k"}),
            json!({"carrier": "fruno"}),
            "accounts[0].api",
            "unknown",
        ),
    ] {
        let (found, message) = wrong(account, more.clone());
        assert_eq!(found, fields, "{more}: {message}");
        assert!(message.contains(said), "{more}: {message}");
    }
    let both = |more: Value| {
        let account = with(json!({"carrier": CARRIER, "environment": "sandbox"}), more);
        Client::open(&json!({"accounts": [account]}).to_string()).unwrap()
    };
    // One in the sandbox has its generation's own credentials.
    let made = both(json!({"api": "v2"})).call("create", order()).unwrap();
    assert_eq!(made["raw"]["data"]["uuid"], made["id"]);
    assert!(both(json!({})).call("list", json!({})).is_ok());
}

#[test]
fn options_are_those_of_the_accounts_own_api() {
    let account = |id: &str, more: Value| with(json!({"id": id, "carrier": CARRIER, "environment": "sandbox"}), more);
    let accounts = json!([account("viejo", json!({})), account("nuevo", json!({"api": "v2"}))]);
    let client = Client::open(&json!({"accounts": accounts}).to_string()).unwrap();
    let create =
        |id: &str, options: Value| client.call("create", with(order(), json!({"account": id, "options": options})));
    // By the carrier's code and by the account's id.
    for place in [CARRIER, "nuevo"] {
        create("nuevo", json!({place: {"domicile_value": "3000", "dane_code": "11001"}})).unwrap();
        let error = create("nuevo", json!({place: {"type_segmentation": 1}})).unwrap_err();
        assert_eq!(error.fields[0].field, format!("options.{place}.type_segmentation"));
    }
    create("viejo", json!({CARRIER: {"type_segmentation": 1}})).unwrap();
    let error = create("viejo", json!({CARRIER: {"dane_code": "11001"}})).unwrap_err();
    assert_eq!(error.fields[0].field, format!("options.{CARRIER}.dane_code"));
    // Each account takes its own; a quote may ask both.
    let rates = client.call("quote", with(quote(), json!({"options": {"nuevo": {"parking_surcharge": 500}}}))).unwrap();
    assert_eq!((rates["rates"].as_array().unwrap().len(), &rates["failures"]), (2, &json!([])), "{rates}");
}
