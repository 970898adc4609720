//! The second generation over real HTTP: its six calls, what each refuses, and every form that is not known.

use super::{CARRIER, Shop};
use serde_json::{Value, json};

const TOKEN: &str = "sandbox-v2-token";

impl Shop {
    /// A call of the second generation: its token is in the body, and nowhere else.
    fn call(&self, path: &str, body: &Value) -> (u16, Value) {
        let mut body = body.clone();
        if body.get("access_token").is_none() {
            body["access_token"] = json!(TOKEN);
        }
        self.send(path, "Content-Type: application/json\r\n", &body.to_string())
    }

    /// The whole reply of a call that must succeed.
    fn reply(&self, path: &str, body: &Value) -> Value {
        let (status, reply) = self.call(path, body);
        assert_eq!(status, 200, "{reply}");
        reply
    }

    fn declined(&self, path: &str, body: &Value, status: u16) -> String {
        let (got, reply) = self.call(path, body);
        assert_eq!(got, status, "{reply}");
        assert_eq!((&reply["status"], &reply["status_code"]), (&json!("error"), &json!(status)));
        reply["message"].as_str().expect("a message").to_owned()
    }

    fn service(&self) -> String {
        let reply = self.reply("/api/create", &delivery());
        reply["data"]["uuid"].as_str().expect("a uuid").to_owned()
    }

    fn tracked(&self, uuid: &str) -> Value {
        self.reply("/api/track", &json!({"uuid": uuid}))
    }

    fn moved(&self, uuid: &str, to: &str) -> Value {
        let moved = self.control("advance", &json!({"id": uuid, "to": to}));
        assert!(moved.get("error").is_none(), "{to}: {moved}");
        moved
    }

    fn pushed(&self, uuid: &str, to: &str) -> Value {
        let moved = self.moved(uuid, to);
        serde_json::from_str(moved["push"].as_str().expect("a push")).expect("JSON")
    }

    fn services(&self) -> Vec<Value> {
        let all = self.sandbox.control(CARRIER, "GET", "shipments", &Value::Null);
        all["shipments"].as_array().expect("a list").clone()
    }
}

fn question() -> Value {
    json!({
        "type_service": 4,
        "roundtrip": 0,
        "declared_value": 50_000,
        "city": 3,
        "parking_surcharge": 0,
        "coordinates": [
            {"address": "Cra 48 # 10-45", "city": "medellin", "observation": "Recogida en tienda"},
            {"address": "Calle 10 # 43-21, Apto 301", "city": "medellin"},
        ],
    })
}

fn delivery() -> Value {
    json!({
        "type_service": 4,
        "roundtrip": 0,
        "declared_value": 100,
        "dane_code": "05001",
        "start_date": "2126-11-27",
        "start_time": "15:04:05",
        "description": "2 productos",
        "observation": "Pedido 1042",
        "os": "NEW API 2.0",
        "store_id": "SANDBOX-1",
        "coordinates": [{
            "order_id": "1042",
            "address": "Calle 10 # 43-21, Apto 301",
            "description": "Portería",
            "token": "",
            "client_data": {
                "client_name": "Ana Gómez",
                "client_phone": "3001234567",
                "client_email": "",
                "products_value": "100",
                "domicile_value": "0",
                "payment_type": "3",
            },
            "products": [
                {"store_id": "SANDBOX-1", "sku": "SKU-9", "product_name": "Café", "quantity": 2, "value": 25_000,
                 "url_img": "", "barcode": "SKU-9", "planogram": "Entrega"},
            ],
        }],
    })
}

fn store() -> Value {
    json!({
        "id_point": "TIENDA-1",
        "name": "Tienda",
        "address": "Cra 7 # 1-1",
        "city": 3,
        "phone": "3001234567",
        "schedule": "L-S 9:00AM - 7:00PM",
        "parking": 0,
        "address_complement": "",
    })
}

/// The body with another value at a place, or without it.
fn changed(mut body: Value, place: &str, value: Option<Value>) -> Value {
    let (parent, name) = place.rsplit_once('/').expect("a place");
    let parent = body.pointer_mut(parent).expect("its parent");
    match (value, parent) {
        (Some(value), Value::Array(all)) => all[name.parse::<usize>().expect("an index")] = value,
        (Some(value), parent) => parent[name] = value,
        (None, parent) => {
            parent.as_object_mut().expect("an object").remove(name).expect("what is taken away");
        }
    }
    body
}

#[test]
fn the_token_is_in_the_body_alone() {
    let shop = Shop::open();
    let calls = [
        ("/api/calculate", question()),
        ("/api/create", delivery()),
        ("/api/track", json!({"uuid": "x"})),
        ("/api/cancel", json!({"task_uuid": "x", "cancellation_type": 4, "description": ""})),
        ("/api/Add-store", store()),
        ("/api/webhook", json!({"endpoint": "https://shop.example/mu", "token_endpoint": "json"})),
    ];
    for (path, body) in &calls {
        // Neither the other generation's token nor a header opens it.
        for token in ["", "nada", &shop.token] {
            let mut body = body.clone();
            body["access_token"] = json!(token);
            let headers =
                format!("Content-Type: application/json\r\naccess_token: {TOKEN}\r\nAuthorization: Bearer {TOKEN}\r\n");
            let (status, reply) = shop.send(path, &headers, &body.to_string());
            assert_eq!((status, &reply["message"]), (401, &json!("Invalid token")), "{path}");
        }
        shop.control("faults", &json!({"fault": "expired_token"}));
        assert_eq!(shop.declined(path, body, 401), "Invalid token");
        let (status, _) = shop.call(path, body);
        assert_ne!(status, 401, "{path}");
    }
    // And the token of this generation opens no call of the other.
    let headers = format!("Content-Type: application/json\r\naccess_token: {TOKEN}\r\n");
    assert_eq!(shop.send("/tasksP", &headers, r#"{"id_user": 1234, "type": 1, "page": 1}"#).0, 401);
    shop.set(&json!({"bad_token_status": 400}));
    assert_eq!(shop.declined("/api/track", &json!({"uuid": "x", "access_token": "nada"}), 400), "Invalid token");
    // The path's capital counts.
    assert_eq!(shop.call("/api/add-store", &store()).0, 404);
    // The one call with a good token.
    assert_eq!(shop.services().len(), 1);
}

#[test]
fn a_cancels_token_has_two_spellings() {
    let shop = Shop::closed();
    for (setting, good, bad) in [
        ("either", &["access_token", "acces_token"][..], &[][..]),
        ("access_token", &["access_token"], &["acces_token"]),
        ("acces_token", &["acces_token"], &["access_token"]),
    ] {
        shop.set(&json!({"cancel_token": setting}));
        let cancel = |name: &str| {
            let body = json!({"task_uuid": shop.service(), "cancellation_type": 4, "description": "", name: TOKEN});
            shop.send("/api/cancel", "Content-Type: application/json\r\n", &body.to_string()).0
        };
        for name in good {
            assert_eq!(cancel(name), 200, "{setting} {name}");
        }
        for name in bad {
            assert_eq!(cancel(name), 401, "{setting} {name}");
        }
    }
    let body = json!({"uuid": "x", "acces_token": TOKEN});
    assert_eq!(shop.send("/api/track", "Content-Type: application/json\r\n", &body.to_string()).0, 401);
}

#[test]
fn a_price_has_its_parts_and_they_add_up() {
    let shop = Shop::closed();
    let reply = shop.reply("/api/calculate", &question());
    let mut names: Vec<&str> = reply["data"].as_object().expect("data").keys().map(String::as_str).collect();
    names.sort_unstable();
    let known = [
        "base_value",
        "declared_value",
        "distance_surcharge",
        "insurance_surcharge",
        "total_distance",
        "total_service",
    ];
    assert_eq!(names, known);
    assert_eq!(reply["data"]["declared_value"], 50_000);
    assert_eq!(reply["data"]["insurance_surcharge"], 500);
    let sum =
        |data: &Value, names: &[&str]| names.iter().map(|name| data[*name].as_i64().expect("a number")).sum::<i64>();
    let parts = ["base_value", "distance_surcharge", "insurance_surcharge"];
    assert_eq!(reply["data"]["total_service"], sum(&reply["data"], &parts));
    assert_eq!(
        (&reply["version"], &reply["status"], &reply["status_code"]),
        (&json!("v2"), &json!("success"), &json!(200))
    );
    assert_eq!(reply["href"], "http://mu.test/api/calculate");

    // What is ordered costs what was asked.
    let order = changed(delivery(), "/declared_value", Some(json!(50_000)));
    assert_eq!(shop.reply("/api/create", &order)["data"]["total"], reply["data"]["total_service"]);

    // An order has to declare 100 pesos, a quote doesn't: they cost the same.
    let quote = shop.reply("/api/calculate", &changed(question(), "/declared_value", Some(json!(0))));
    assert_eq!(shop.reply("/api/create", &delivery())["data"]["total"], quote["data"]["total_service"]);

    shop.set(&json!({"full_breakdown": true}));
    let mut body = changed(question(), "/roundtrip", Some(json!(1)));
    body["parking_surcharge"] = json!(1500);
    let data = shop.reply("/api/calculate", &body)["data"].clone();
    let parts = [
        "base_value",
        "distance_surcharge",
        "insurance_surcharge",
        "iva",
        "parking_surcharge",
        "roundtrip_surcharge",
        "surcharge_stops",
    ];
    assert_eq!(data["total_service"], sum(&data, &parts));
    assert_eq!((&data["parking_surcharge"], &data["roundtrip_surcharge"]), (&json!(1500), &json!(1000)));

    shop.set(
        &json!({"full_breakdown": false, "distance_as_text": true, "quote_declared_value": "charge", "total": false}),
    );
    let data = shop.reply("/api/calculate", &question())["data"].clone();
    assert!(data["total_distance"].as_str().is_some_and(|km| km.ends_with(" km")), "{data}");
    assert_eq!((&data["declared_value"], data.get("total_service")), (&json!(500), None));
    shop.set(&json!({"quote_declared_value": "none", "numbers_as_text": true}));
    let data = shop.reply("/api/calculate", &question())["data"].clone();
    assert_eq!((data.get("declared_value"), &data["base_value"]), (None, &json!("2900")));
}

#[test]
fn every_field_of_a_price_is_judged() {
    let shop = Shop::closed();
    let required = "is required";
    let cases = [
        ("/type_service", None, required),
        ("/type_service", Some(json!("4")), "String value found, but an integer is required"),
        ("/type_service", Some(json!(1)), "The value 1 is not allowed"),
        ("/roundtrip", None, required),
        ("/roundtrip", Some(json!(2)), "The value 2 is not allowed"),
        ("/roundtrip", Some(json!(false)), "Boolean value found"),
        ("/declared_value", None, required),
        ("/declared_value", Some(json!("50000")), "String value found"),
        ("/declared_value", Some(json!(0.5)), "Number value found"),
        ("/declared_value", Some(json!(-1)), "The value -1 is not allowed"),
        ("/city", None, required),
        ("/city", Some(json!("medellin")), "String value found"),
        ("/city", Some(json!(7)), "The value 7 is not allowed"),
        ("/parking_surcharge", Some(json!("0")), "String value found"),
        ("/coordinates", None, required),
        ("/coordinates", Some(json!({})), "Object value found, but an array is required"),
        ("/coordinates", Some(json!([])), "Must have 2 items, not 0"),
        ("/coordinates/0", Some(json!("x")), "String value found, but an object is required"),
        ("/coordinates/1/address", None, required),
        ("/coordinates/1/address", Some(json!(" ")), "Must be at least 1 characters long"),
        ("/coordinates/0/city", None, required),
        ("/coordinates/0/city", Some(json!(3)), "Number value found, but a string is required"),
        ("/coordinates/0/observation", Some(json!(null)), "NULL value found"),
    ];
    for (place, value, wanted) in cases {
        let message = shop.declined("/api/calculate", &changed(question(), place, value.clone()), 400);
        assert!(message.contains(wanted), "{place} {value:?}: {message}");
    }
    for city in [1, 2, 3, 4, 5, 8, 9, 10, 11] {
        shop.reply("/api/calculate", &changed(question(), "/city", Some(json!(city))));
    }
    shop.set(&json!({"extra_cities": [7, 50]}));
    shop.reply("/api/calculate", &changed(question(), "/city", Some(json!(7))));
    // A type in a coordinate does nothing.
    shop.reply("/api/calculate", &changed(question(), "/coordinates/0/type", Some(json!("1"))));
}

#[test]
fn every_field_of_an_order_is_judged() {
    let shop = Shop::closed();
    let needed = [
        "/type_service",
        "/roundtrip",
        "/declared_value",
        "/dane_code",
        "/start_date",
        "/start_time",
        "/description",
        "/os",
        "/coordinates",
        "/coordinates/0/order_id",
        "/coordinates/0/address",
        "/coordinates/0/description",
        "/coordinates/0/client_data",
        "/coordinates/0/client_data/client_name",
        "/coordinates/0/client_data/client_phone",
        "/coordinates/0/client_data/products_value",
        "/coordinates/0/client_data/domicile_value",
        "/coordinates/0/client_data/payment_type",
        "/coordinates/0/products",
        "/coordinates/0/products/0/store_id",
        "/coordinates/0/products/0/sku",
        "/coordinates/0/products/0/product_name",
        "/coordinates/0/products/0/quantity",
        "/coordinates/0/products/0/value",
    ];
    for place in needed {
        let message = shop.declined("/api/create", &changed(delivery(), place, None), 400);
        let name = place.rsplit('/').next().expect("a name");
        assert!(message.contains(&format!("The property {name} is required\n")), "{place}: {message}");
    }
    let one = &delivery()["coordinates"][0];
    let cases = [
        ("/type_service", json!("4"), "String value found"),
        ("/declared_value", json!(99), "The value 99 is not allowed"),
        ("/declared_value", json!("100"), "String value found"),
        ("/dane_code", json!(5001), "Number value found, but a string is required"),
        ("/dane_code", json!("5001"), "The value \"5001\" is not allowed"),
        ("/dane_code", json!("050011"), "The value \"050011\" is not allowed"),
        ("/dane_code", json!("medellin"), "is not allowed"),
        ("/start_date", json!("2016-01-10"), "The start date is in the past"),
        ("/start_date", json!("27-11-2126"), "Invalid date"),
        ("/start_time", json!("15:04"), "Invalid time"),
        ("/description", json!(" "), "Must be at least 1 characters long"),
        ("/observation", json!(1042), "Number value found"),
        ("/os", json!("NEW API 1.0"), "The value \"NEW API 1.0\" is not allowed"),
        ("/store_id", json!("OTRA"), "The store \"OTRA\" does not exist"),
        ("/coordinates", json!([]), "Must have 1 items, not 0"),
        ("/coordinates", json!([one, one]), "Must have 1 items, not 2"),
        ("/coordinates/0/order_id", json!(1042), "Number value found"),
        ("/coordinates/0/order_id", json!(""), "Must be at least 1 characters long"),
        ("/coordinates/0/order_id", json!("é".repeat(61)), "Must be at most 60 characters long"),
        ("/coordinates/0/address", json!(""), "Must be at least 1 characters long"),
        ("/coordinates/0/token", json!(null), "NULL value found"),
        ("/coordinates/0/client_data", json!([]), "Array value found, but an object is required"),
        ("/coordinates/0/client_data/client_name", json!(""), "Must be at least 1"),
        ("/coordinates/0/client_data/client_phone", json!("573001234567"), "Must be 10 digits"),
        ("/coordinates/0/client_data/client_phone", json!("+573001234"), "Must be 10 digits"),
        ("/coordinates/0/client_data/client_phone", json!(3_001_234_567_i64), "Number value found"),
        ("/coordinates/0/client_data/client_email", json!(null), "NULL value found"),
        ("/coordinates/0/client_data/products_value", json!("100.5"), "an amount in whole pesos is required"),
        ("/coordinates/0/client_data/products_value", json!(100.5), "Number value found"),
        ("/coordinates/0/client_data/domicile_value", json!(0), "Number value found"),
        ("/coordinates/0/client_data/domicile_value", json!(""), "is not an amount in whole pesos"),
        ("/coordinates/0/client_data/payment_type", json!(3), "Number value found"),
        ("/coordinates/0/client_data/payment_type", json!("4"), "The value \"4\" is not allowed"),
        ("/coordinates/0/products", json!([]), "Must have at least 1 item"),
        ("/coordinates/0/products/0", json!("SKU-9"), "an object is required"),
        ("/coordinates/0/products/0/store_id", json!("OTRA"), "The store \"OTRA\" does not exist"),
        ("/coordinates/0/products/0/store_id", json!(8466), "Number value found"),
        ("/coordinates/0/products/0/sku", json!(""), "Must be at least 1 characters long"),
        ("/coordinates/0/products/0/quantity", json!("2"), "String value found"),
        ("/coordinates/0/products/0/quantity", json!(0), "The value 0 is not allowed"),
        ("/coordinates/0/products/0/value", json!("25000"), "String value found, but a number is required"),
        ("/coordinates/0/products/0/barcode", json!(7), "Number value found"),
    ];
    for (place, value, wanted) in cases {
        let message = shop.declined("/api/create", &changed(delivery(), place, Some(value.clone())), 400);
        assert!(message.contains(wanted) && message.ends_with('\n'), "{place} {value}: {message}");
    }
    assert_eq!(shop.services(), Vec::<Value>::new());
    // What only one of the integrations sends, and what the other leaves out.
    let mut body = changed(delivery(), "/coordinates/0/client_data/products_value", Some(json!(120_000)));
    body["coordinates"][0]["type"] = json!("1");
    body["coordinates"][0]["client_data"]["client_document"] = json!("989839");
    for place in ["/store_id", "/observation", "/coordinates/0/token", "/coordinates/0/products/0/url_img"] {
        body = changed(body, place, None);
    }
    shop.reply("/api/create", &body);
    assert_eq!(shop.services().len(), 1);
}

#[test]
fn what_a_refusal_looks_like_is_set() {
    let shop = Shop::closed();
    let bad = changed(delivery(), "/coordinates/0/products", Some(json!([])));
    shop.set(&json!({"bad_body_status": 500}));
    shop.declined("/api/create", &bad, 500);
    shop.declined("/api/calculate", &json!({}), 500);
    shop.set(&json!({"bad_body_status": 400, "status_in_body_only": true}));
    let (status, reply) = shop.call("/api/create", &bad);
    assert_eq!((status, &reply["status"], &reply["status_code"]), (200, &json!("error"), &json!(400)));
    shop.set(&json!({"status_in_body_only": false, "envelope": "short"}));
    let (status, reply) = shop.call("/api/create", &bad);
    assert_eq!((status, reply), (400, json!({"error": "[coordinates[0].products] Must have at least 1 item\n"})));
    let names = |reply: &Value| reply.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&shop.reply("/api/calculate", &question())), ["data"]);
    shop.set(&json!({"envelope": "full", "unknown_address": "43-21"}));
    let message = shop.declined("/api/create", &delivery(), 400);
    assert_eq!(message, "No fue posible encontrar la dirección Calle 10 # 43-21, Apto 301");
    shop.declined("/api/calculate", &question(), 400);
    shop.set(&json!({"unknown_address": null, "declared_value_max": 40_000}));
    assert_eq!(shop.declined("/api/calculate", &question(), 400), "El valor declarado 50000 no es válido");
    shop.set(&json!({"declared_value_max": null, "no_balance": true}));
    shop.reply("/api/calculate", &question());
    assert!(shop.declined("/api/create", &delivery(), 400).contains("saldo"));
    shop.set(&json!({"no_balance": false, "order_id_max": 3}));
    assert!(shop.declined("/api/create", &delivery(), 400).contains("at most 3 characters"));
    assert_eq!(shop.services(), Vec::<Value>::new());
}

#[test]
fn a_municipality_is_its_official_code() {
    let shop = Shop::closed();
    let by_number = changed(changed(delivery(), "/dane_code", None), "/city", Some(json!(4)));
    assert!(shop.declined("/api/create", &by_number, 400).contains("[dane_code] The property dane_code is required"));
    shop.set(&json!({"create_by_city": true}));
    shop.reply("/api/create", &by_number);
    shop.declined("/api/create", &changed(by_number, "/city", Some(json!(7))), 400);
    let anywhere = changed(delivery(), "/dane_code", Some(json!("91001")));
    shop.reply("/api/create", &anywhere);
    shop.set(&json!({"dane_codes": "listed"}));
    shop.declined("/api/create", &anywhere, 400);
    for code in [
        "11001", "76001", "05001", "08001", "50001", "13001", "47001", "68001", "73001", "63001", "66001", "17001",
        "41001", "20001", "25175", "05266", "05088", "05360", "05631", "05380", "05129",
    ] {
        shop.reply("/api/create", &changed(delivery(), "/dane_code", Some(json!(code))));
    }
}

#[test]
fn a_service_from_its_order_to_its_end() {
    let shop = Shop::closed();
    let created = shop.reply("/api/create", &delivery())["data"].clone();
    let uuid = created["uuid"].as_str().expect("a uuid");
    assert_eq!((&created["status"], &created["error"]), (&json!(1), &json!(0)));
    assert!(created["task_id"].is_i64() && created["total"].is_i64() && created.get("order_id").is_none());
    let first = shop.tracked(uuid);
    let data = &first["data"];
    assert_eq!((&data["status_id"], &data["status"]), (&json!(1), &json!("Creada")));
    assert_eq!((&data["city_id"], &data["city"]), (&json!(3), &json!("Medellín")));
    assert_eq!((&data["date_start"], &data["time_start"]), (&json!("2126-11-27"), &json!("15:04:05")));
    assert_eq!((&data["resource"], data.get("order_id")), (&json!([]), None));
    assert_eq!(data["address"][0]["address"], "Cra 48 # 10-45");
    assert_eq!(data["address"][1]["descripcion"], "Portería");
    for (word, id) in [("on_hold", 2), ("assigned", 3), ("in_progress", 4), ("finished", 5)] {
        let moved = shop.control("advance", &json!({"id": uuid}));
        assert_eq!((&moved["status"], &moved["status_id"]), (&json!(word), &json!(id)));
        assert_eq!(shop.tracked(uuid)["data"]["status_id"], id);
    }
    assert!(shop.control("advance", &json!({"id": uuid}))["error"].is_string());
    let data = shop.tracked(uuid)["data"].clone();
    assert_eq!((&data["finish_status"], &data["resource"][0]["plate_number"]), (&json!(1), &json!("ABC12D")));
    let lines = data["history"].as_array().expect("lines");
    assert_eq!(lines.iter().map(|line| &line["status_id"]).collect::<Vec<_>>(), ["1", "2", "3", "4", "5"]);
    let one = shop.services().remove(0);
    assert_eq!((&one["id"], &one["api"], &one["reference"]), (&created["uuid"], &json!("v2"), &json!("1042")));
    assert_eq!((&one["status"], &one["store_id"]), (&json!("finished"), &json!("SANDBOX-1")));
    assert_eq!(shop.declined("/api/track", &json!({"uuid": "nada"}), 404), "El servicio no existe");
    shop.set(&json!({"unknown_uuid": "400"}));
    shop.declined("/api/track", &json!({"uuid": "nada"}), 400);
    shop.set(&json!({"unknown_uuid": "empty", "track_form": "list"}));
    assert_eq!(shop.tracked("nada")["data"], json!([]));
    assert_eq!(shop.tracked(uuid)["data"], json!([data]));
    shop.declined("/api/track", &json!({"task_id": created["task_id"]}), 400);
    shop.declined("/api/track", &json!({"uuid": 7}), 400);
}

#[test]
fn a_service_is_launched_a_quarter_of_an_hour_before_its_start() {
    let shop = Shop::closed();
    let soon = changed(delivery(), "/start_date", Some(json!("2020-01-01")));
    shop.control("clock", &json!({"skew_ms": 0}));
    shop.declined("/api/create", &soon, 400);
    // Now, in Bogotá.
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(-5)));
    let at = |minutes: i64| {
        let start = now.saturating_add(jiff::SignedDuration::from_mins(minutes));
        let mut body = delivery();
        body["start_date"] = json!(start.strftime("%Y-%m-%d").to_string());
        body["start_time"] = json!(start.strftime("%H:%M:%S").to_string());
        shop.reply("/api/create", &body)["data"].clone()
    };
    assert_eq!(at(0)["status"], 2);
    let later = at(60);
    assert_eq!(later["status"], 1);
    shop.control("clock", &json!({"skew_ms": 50 * 60_000}));
    assert_eq!(shop.tracked(later["uuid"].as_str().expect("a uuid"))["data"]["status_id"], 2);
}

#[test]
fn the_reply_to_a_create_may_lack_what_matters() {
    let shop = Shop::closed();
    shop.set(&json!({"create_uuid": "missing", "total": false, "create_task_id": false}));
    let data = shop.reply("/api/create", &delivery())["data"].clone();
    for name in ["uuid", "total", "task_id"] {
        assert!(data.get(name).is_none(), "{data}");
    }
    // The service was made all the same.
    let made = shop.services();
    assert_eq!(made.len(), 1);
    let tracked = shop.tracked(made[0]["id"].as_str().expect("a uuid"));
    assert!(tracked["data"].get("total_value").is_none());
    shop.set(&json!({"create_uuid": "not_made"}));
    assert_eq!(shop.reply("/api/create", &delivery())["data"], json!({"error": 1}));
    assert_eq!(shop.services().len(), 1);
    shop.set(&json!({"create_uuid": "given", "create_task_id": null, "numbers_as_text": true}));
    let data = shop.reply("/api/create", &delivery())["data"].clone();
    assert!(data["status"] == "1" && data["task_id"].is_string(), "{data}");
}

#[test]
fn a_repeated_order_makes_a_second_service_unless_set() {
    let shop = Shop::closed();
    let first = shop.service();
    assert_ne!(shop.service(), first);
    assert_eq!(shop.services().len(), 2);
    shop.set(&json!({"repeated_order_id": "same"}));
    assert_eq!(shop.service(), first);
    shop.set(&json!({"repeated_order_id": "refused"}));
    assert_eq!(shop.declined("/api/create", &delivery(), 400), "El pedido 1042 ya existe");
    assert_eq!(shop.services().len(), 2);
    shop.reply("/api/create", &changed(delivery(), "/coordinates/0/order_id", Some(json!("1043"))));
}

#[test]
fn the_parts_of_a_track_reply_stand_where_they_are_set() {
    let shop = Shop::closed();
    let uuid = shop.service();
    let none = |reply: &Value, name: &str| reply.get(name).is_none() && reply["data"].get(name).is_none();
    shop.set(&json!({"resource": "beside", "resource_form": "object", "address": "beside", "history": "beside"}));
    let reply = shop.tracked(&uuid);
    assert_eq!(reply["resource"], Value::Null);
    shop.moved(&uuid, "assigned");
    let reply = shop.tracked(&uuid);
    let courier = json!({
        "name": "Jhonnatan DEV",
        "phone": "300600000",
        "plate_number": "ABC12D",
        "type_resource_name": "Moto",
        "photo": "https://fotos.mensajeros.example/jhonnatan.png",
    });
    assert_eq!(reply["resource"], courier);
    for name in ["resource", "address", "history"] {
        assert!(reply["data"].get(name).is_none(), "{reply}");
    }
    assert_eq!(
        (reply["address"].as_array().map(Vec::len), reply["history"].as_array().map(Vec::len)),
        (Some(2), Some(3))
    );
    shop.set(&json!({"resource": "data", "history": "data", "history_form": "event", "address": "none"}));
    let reply = shop.tracked(&uuid);
    assert_eq!(reply["data"]["resource"], courier);
    let line = &reply["data"]["history"][2];
    assert_eq!((&line["description"], line.get("status_id")), (&json!("Asignada"), None));
    assert!(line["timestamp"].is_string() && none(&reply, "address"), "{reply}");
    shop.set(&json!({"resource": "none", "history": "none", "numbers_as_text": true}));
    let reply = shop.tracked(&uuid);
    assert!(none(&reply, "resource") && none(&reply, "history"), "{reply}");
    assert_eq!(reply["data"]["status_id"], "3");
    shop.set(&json!({"resource": null, "resource_form": "list", "numbers_as_text": false}));
    assert_eq!(shop.tracked(&uuid)["data"]["resource"], json!([courier]));
}

#[test]
fn a_delivery_that_failed_says_so() {
    let shop = Shop::closed();
    for (setting, push, track) in [
        (json!(null), true, true),
        (json!("push"), true, false),
        (json!("track"), false, true),
        (json!("none"), false, false),
    ] {
        shop.set(&json!({"finish_status": setting}));
        for (stage, status) in [("failed", 0), ("finished", 1)] {
            let uuid = shop.service();
            let pushed = shop.pushed(&uuid, stage)["details"].clone();
            let read = shop.tracked(&uuid)["data"].clone();
            assert_eq!((&pushed["status_id"], &read["status_id"]), (&json!(5), &json!(5)));
            assert_eq!(pushed.get("finish_status"), push.then(|| json!(status)).as_ref(), "{setting} {stage}");
            assert_eq!(read.get("finish_status"), track.then(|| json!(status)).as_ref(), "{setting} {stage}");
            let other = if status == 0 { "finished" } else { "failed" };
            let again = shop.control("advance", &json!({"id": uuid, "to": other}));
            assert_eq!(again.get("error").is_some(), status == 1, "{again}");
        }
    }
    shop.set(&json!({"finish_status": "history"}));
    let uuid = shop.service();
    assert!(shop.pushed(&uuid, "failed")["details"].get("finish_status").is_none());
    let read = shop.tracked(&uuid)["data"].clone();
    assert_eq!((read.get("finish_status"), &read["history"][4]["finish_status"]), (None, &json!(0)), "{read}");
    assert!(read["history"][3].get("finish_status").is_none());
    shop.set(&json!({"finish_status": null}));
    let uuid = shop.service();
    // The stop that failed is left, and what is finished after it has failed.
    let stop = shop.pushed(&uuid, "stop_failed")["details"].clone();
    let wanted = json!({"status_id": 4, "num_place": 2, "status_place": 2, "finish_status": 0, "finish_type": "Cliente ausente"});
    for (name, value) in wanted.as_object().expect("an object") {
        assert_eq!(&stop[name], value, "{name}");
    }
    assert!(shop.tracked(&uuid)["data"].get("finish_status").is_none());
    assert_eq!(shop.pushed(&uuid, "finished")["details"]["finish_status"], 0);
    assert_eq!(shop.tracked(&uuid)["data"]["finish_status"], 0);
}

#[test]
fn a_cancel_comes_before_the_courier() {
    let shop = Shop::closed();
    let uuid = shop.service();
    let cancel =
        |uuid: &str| json!({"task_uuid": uuid, "cancellation_type": 4, "description": "El cliente no lo quiere"});
    let cases = [
        ("/task_uuid", None, "[task_uuid] The property task_uuid is required"),
        ("/cancellation_type", None, "[cancellation_type] The property cancellation_type is required"),
        ("/cancellation_type", Some(json!("4")), "String value found"),
        ("/cancellation_type", Some(json!(5)), "The value 5 is not allowed"),
        ("/description", None, "[description] The property description is required"),
        ("/description", Some(json!(1)), "Number value found"),
    ];
    for (place, value, wanted) in cases {
        let message = shop.declined("/api/cancel", &changed(cancel(&uuid), place, value), 400);
        assert!(message.contains(wanted), "{place}: {message}");
    }
    assert_eq!(shop.reply("/api/cancel", &cancel(&uuid)).get("data"), None);
    assert_eq!(shop.tracked(&uuid)["data"]["status_id"], 6);
    assert!(shop.declined("/api/cancel", &cancel(&uuid), 400).contains("Cancelado"));
    shop.declined("/api/cancel", &cancel("nada"), 404);
    for stage in ["assigned", "in_progress", "finished"] {
        let uuid = shop.service();
        shop.moved(&uuid, stage);
        shop.declined("/api/cancel", &cancel(&uuid), 400);
        shop.set(&json!({"cancel_any_time": true}));
        assert_eq!(shop.call("/api/cancel", &cancel(&uuid)).0 == 200, stage != "finished", "{stage}");
        assert_eq!(shop.call("/api/cancel", &cancel(&uuid)).0 == 200, stage != "finished", "{stage} again");
        shop.set(&json!({"cancel_any_time": false}));
    }
    for (form, wanted) in [("empty_list", json!([])), ("object", json!({"status": "Cancelado", "status_id": 6}))] {
        shop.set(&json!({"cancel_reply": form}));
        let uuid = shop.service();
        let mut data = shop.reply("/api/cancel", &cancel(&uuid))["data"].clone();
        if let Some(data) = data.as_object_mut() {
            assert_eq!(data.remove("uuid"), Some(json!(uuid)));
        }
        assert_eq!(data, wanted);
    }
}

#[test]
fn a_store_is_added_once_and_ordered_from() {
    let shop = Shop::closed();
    let from = |store: &Value| {
        let body = changed(delivery(), "/store_id", None);
        changed(body, "/coordinates/0/products/0/store_id", Some(store.clone()))
    };
    shop.declined("/api/create", &from(&json!("TIENDA-1")), 400);
    let id = shop.reply("/api/Add-store", &store())["data"]["id"].clone();
    assert!(id.is_string());
    assert_eq!(shop.declined("/api/Add-store", &store(), 400), "El punto TIENDA-1 ya existe");
    for (setting, own, given) in [("id_point", 200, 400), ("id", 400, 200), ("either", 200, 200)] {
        shop.set(&json!({"store_by": setting}));
        assert_eq!(shop.call("/api/create", &from(&json!("TIENDA-1"))).0, own, "{setting}");
        assert_eq!(shop.call("/api/create", &from(&id)).0, given, "{setting}");
    }
    let cases = [
        ("/id_point", None, "is required"),
        ("/id_point", Some(json!(1)), "Number value found"),
        ("/name", None, "is required"),
        ("/address", Some(json!("")), "Must be at least 1"),
        ("/city", None, "is required"),
        ("/city", Some(json!("Medellín")), "String value found"),
        ("/phone", Some(json!(3_001_234_567_i64)), "Number value found"),
        ("/schedule", Some(json!(9)), "Number value found"),
        ("/parking", Some(json!("0")), "String value found"),
        ("/address_complement", Some(json!(null)), "NULL value found"),
    ];
    let other = changed(store(), "/id_point", Some(json!("TIENDA-2")));
    for (place, value, wanted) in cases {
        let message = shop.declined("/api/Add-store", &changed(other.clone(), place, value.clone()), 400);
        assert!(message.contains(wanted), "{place} {value:?}: {message}");
    }
    shop.set(&json!({"store_city_names": true}));
    shop.reply("/api/Add-store", &changed(other, "/city", Some(json!("Medellín"))));
    let empty = changed(changed(store(), "/id_point", Some(json!("TIENDA-3"))), "/phone", Some(json!("")));
    shop.reply("/api/Add-store", &empty);
}

#[test]
fn a_push_has_its_form_and_its_secret() {
    let shop = Shop::closed();
    let uuid = shop.service();
    let moved = shop.moved(&uuid, "assigned");
    assert_eq!(
        moved["push_headers"],
        json!({"Content-Type": "application/json", "X-API-KEY": "sandbox-webhook-token"})
    );
    assert_eq!(moved["push_url"], Value::Null);
    let push: Value = serde_json::from_str(moved["push"].as_str().expect("a push")).expect("JSON");
    assert_eq!((&push["token"], &push["type"]), (&json!("sandbox-webhook-token"), &Value::Null));
    assert!(push["date"].as_str().is_some_and(|date| date.len() == 19), "{push}");
    let mut details = push["details"].clone();
    assert!(details["url"].as_str().is_some_and(|url| url.ends_with(&uuid)));
    details.as_object_mut().expect("details").remove("url");
    let wanted = json!({
        "uuid": uuid,
        "mensajero": "Jhonnatan DEV",
        "status": "assigned",
        "status_id": 3,
        "phone": 300_600_000,
        "num_place": 0,
        "status_place": 1,
        "vehicle_plate": "ABC12D",
        "photo_url": "https://fotos.mensajeros.example/jhonnatan.png",
        "eta": 540,
        "unique_id_driver": 9931,
        "order_id": "1042",
    });
    assert_eq!(details, wanted);

    let hook = json!({"endpoint": "https://shop.example/mu", "token_endpoint": "json", "token_id": "s3cr3t"});
    assert_eq!(shop.reply("/api/webhook", &hook).get("data"), None);
    let moved = shop.moved(&uuid, "in_progress");
    assert_eq!((&moved["push_url"], &moved["push_headers"]["X-API-KEY"]), (&hook["endpoint"], &json!("s3cr3t")));
    let push: Value = serde_json::from_str(moved["push"].as_str().expect("a push")).expect("JSON");
    assert_eq!((&push["token"], &push["type"]), (&json!("s3cr3t"), &json!("json")));
    // The other reading of the registration.
    shop.reply("/api/webhook", &json!({"endpoint": "https://shop.example/mu", "token_endpoint": "0th3r"}));
    assert_eq!(shop.pushed(&uuid, "in_progress")["token"], "0th3r");
    shop.declined("/api/webhook", &json!({"token_endpoint": "json"}), 400);
    shop.declined("/api/webhook", &json!({"endpoint": "https://shop.example/mu"}), 400);

    shop.set(&json!({"push_secret": "header"}));
    let moved = shop.moved(&uuid, "in_progress:2/1");
    let push: Value = serde_json::from_str(moved["push"].as_str().expect("a push")).expect("JSON");
    assert_eq!((push.get("token"), &moved["push_headers"]["X-API-KEY"]), (None, &json!("0th3r")));
    shop.set(&json!({"push_secret": "body", "push_form": "flat", "push_order_id": "beside", "numbers_as_text": true}));
    let moved = shop.moved(&uuid, "in_progress:2/2");
    let push: Value = serde_json::from_str(moved["push"].as_str().expect("a push")).expect("JSON");
    assert_eq!(moved["push_headers"], json!({"Content-Type": "application/json"}));
    assert!(push.get("details").is_none());
    assert_eq!((&push["token"], &push["uuid"], &push["num_place"]), (&json!("0th3r"), &json!(uuid), &json!("2")));
    assert_eq!((&push["order_id"], &push["finish_status"]), (&json!("1042"), &json!("1")));
    shop.set(&json!({"push_form": "nested"}));
    let push = shop.pushed(&uuid, "finished");
    assert_eq!((&push["order_id"], push["details"].get("order_id")), (&json!("1042"), None));
}

#[test]
fn stops_are_counted_from_one() {
    let shop = Shop::closed();
    let uuid = shop.service();
    let mut seen = Vec::new();
    for _ in 0..5 {
        let details = shop.pushed(&uuid, "in_progress")["details"].clone();
        seen.push((details["num_place"].as_i64(), details["status_place"].as_i64()));
    }
    let wanted = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1)].map(|(place, status)| (Some(place), Some(status)));
    assert_eq!(seen, wanted);
    for (stop, finish) in [("3/2", Some(1)), ("4/1", None), ("1/2", None)] {
        let details = shop.pushed(&uuid, &format!("in_progress:{stop}"))["details"].clone();
        assert_eq!(details.get("finish_status").and_then(Value::as_i64), finish, "{stop}");
    }
    shop.set(&json!({"counted_stops": false}));
    assert_eq!(shop.pushed(&uuid, "in_progress")["details"]["num_place"], 18_342);
    for wrong in ["in_progress:0/1", "in_progress:1/3", "in_progress:x", "in_progress:21/1"] {
        let answer = shop.control("advance", &json!({"id": uuid, "to": wrong}));
        assert!(answer["error"].as_str().is_some_and(|error| error.contains("STOP/STATUS")), "{wrong}: {answer}");
    }
}

#[test]
fn a_company_of_its_own_has_its_token_store_and_secret() {
    let shop = Shop::closed();
    let own = json!({"api": "v2", "token": "its-own", "store_id": "LA-MIA", "webhook_token": "w9"});
    assert_eq!(shop.control("accounts", &own), json!({}));
    let mut body = changed(delivery(), "/store_id", Some(json!("LA-MIA")));
    body["coordinates"][0]["products"][0]["store_id"] = json!("LA-MIA");
    body["access_token"] = json!("its-own");
    let uuid = shop.reply("/api/create", &body)["data"]["uuid"].as_str().expect("a uuid").to_owned();
    assert_eq!(shop.pushed(&uuid, "assigned")["token"], "w9");
    // Another company's order of the same name is another order.
    shop.set(&json!({"repeated_order_id": "same"}));
    assert_ne!(shop.service(), uuid);
    assert_eq!(shop.reply("/api/create", &body)["data"]["uuid"], json!(uuid));
    // What was registered is what comes.
    let hook = json!({"access_token": "its-own", "endpoint": "https://shop.example/mu", "token_endpoint": "json", "token_id": "r1"});
    shop.reply("/api/webhook", &hook);
    assert_eq!(shop.pushed(&uuid, "assigned")["token"], "r1");
    shop.set(&json!({"webhook_token": "of-the-test", "repeated_order_id": "another"}));
    assert_eq!(shop.pushed(&uuid, "in_progress")["token"], "of-the-test");
    shop.set(&json!({"webhook_token": null}));
    assert_eq!(shop.pushed(&shop.service(), "assigned")["token"], "sandbox-webhook-token");
}

#[test]
fn both_generations_answer_on_one_host() {
    let shop = Shop::open();
    let older = shop.create();
    let newer = shop.service();
    let apis: Vec<_> = shop.services().iter().map(|one| (one["id"].clone(), one["api"].clone())).collect();
    assert_eq!(apis, [(json!(older), json!("2016")), (json!(newer), json!("v2"))]);
    assert_eq!(shop.uuids(1, 1), [older.as_str()]);
    shop.declined("/api/track", &json!({"uuid": older}), 404);
    let account = shop.sandbox.account_of(CARRIER, "v2").expect("an account");
    assert_eq!((&account["token"], &account["store_id"]), (&json!(TOKEN), &json!("SANDBOX-1")));
    assert_eq!(account["base_url"], json!(shop.sandbox.base_url(CARRIER)));
    let credentials = crate::credentials(CARRIER, Some("v2")).expect("credentials");
    assert!(
        credentials.get("client_id").is_none()
            && crate::credentials(CARRIER, None) == crate::credentials(CARRIER, Some("2016"))
    );
    assert!(crate::credentials(CARRIER, Some("v3")).is_none() && crate::credentials("fruno", Some("v2")).is_none());
}
