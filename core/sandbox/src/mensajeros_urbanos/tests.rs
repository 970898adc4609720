//! Mensajeros Urbanos over real HTTP: what a client of its API reference meets.

mod newer;
mod orders;
mod v2;

use super::super::Sandbox;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

const CARRIER: &str = "mensajeros_urbanos";

/// A sandbox of the test's own, and the token it gave.
struct Shop {
    sandbox: Sandbox,
    token: String,
}

impl Shop {
    fn closed() -> Shop {
        let sandbox = Sandbox::start().expect("a sandbox");
        let token = String::new();
        Shop { sandbox, token }
    }

    fn open() -> Shop {
        let mut shop = Shop::closed();
        shop.renew();
        shop
    }

    fn renew(&mut self) {
        let headers = "client_id: sandbox-client\r\nclient_secret: sandbox-secreto\r\n";
        let (status, reply) = self.oauth(headers, "grant_type=client_credentials");
        assert_eq!(status, 200, "{reply}");
        self.token = reply["access_token"].as_str().expect("a token").to_owned();
    }

    fn send(&self, path: &str, headers: &str, body: &str) -> (u16, Value) {
        let url = self.sandbox.base_url(CARRIER).expect("a base URL");
        let mut stream = TcpStream::connect(&url["http://".len()..]).expect("a connection");
        let length = body.len();
        let text = format!(
            "POST {path} HTTP/1.1\r\nHost: mu.test\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(text.as_bytes()).expect("a request sent");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("a reply");
        let status = reply.get(9..12).and_then(|s| s.parse().ok());
        let (_, body) = reply.split_once("\r\n\r\n").expect("a whole head");
        let body = serde_json::from_str(body).expect("a JSON body");
        (status.expect("a status"), body)
    }

    fn oauth(&self, headers: &str, form: &str) -> (u16, Value) {
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        self.send("/oauth/token", &format!("{kind}{headers}"), form)
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let token = &self.token;
        let headers = format!("Content-Type: application/json\r\naccess_token: {token}\r\n");
        self.send(path, &headers, &body.to_string())
    }

    /// The data of a request that must succeed.
    fn data(&self, path: &str, body: &Value) -> Value {
        let (status, reply) = self.post(path, body);
        assert_eq!(status, 200, "{reply}");
        assert_eq!((&reply["version"], &reply["status"]), (&json!("v1"), &json!("success")));
        assert_eq!(reply["href"], format!("http://mu.test{path}"));
        reply["data"].clone()
    }

    /// The message of a request that must be refused so.
    fn refused(&self, path: &str, body: &Value, status: u16) -> String {
        let (got, reply) = self.post(path, body);
        assert_eq!(got, status, "{reply}");
        assert_eq!(reply["status"], "error");
        assert_eq!(reply["status_code"], status);
        reply["message"].as_str().expect("a message").to_owned()
    }

    fn control(&self, path: &str, body: &Value) -> Value {
        self.sandbox.control(CARRIER, "POST", path, body)
    }

    fn set(&self, settings: &Value) {
        assert_eq!(self.control("settings", settings), json!({}));
    }

    fn create(&self) -> String {
        let data = self.data("/delivery/create", &order());
        data["uuid"].as_str().expect("a uuid").to_owned()
    }

    fn list(&self, kind: i64, page: i64) -> Value {
        let body = json!({"id_user": 1234, "type": kind, "page": page});
        self.data("/tasksP", &body)
    }

    fn uuids(&self, kind: i64, page: i64) -> Vec<String> {
        let data = self.list(kind, page);
        let rows = data["result"].as_array().expect("rows");
        let uuid = |row: &Value| row["uuid"].as_str().expect("a uuid").to_owned();
        rows.iter().map(uuid).collect()
    }
}

/// The API reference's own sample of an order, with a date that is not past.
fn order() -> Value {
    json!({
        "id_user": 1234,
        "type_service": 4,
        "roundtrip": 1,
        "declared_value": 10000,
        "city": 1,
        "start_date": "2126-01-10",
        "start_time": "06:00:00",
        "user_payment_type": 1,
        "type_segmentation": 1,
        "type_task_cargo_id": 2,
        "observation": "Lorem Ipson dalarm",
        "coordinates": [
            {
                "type": "0",
                "id_point": "1",
                "address": "cra 14b 112 45",
                "city": "bogota",
                "order_id": 34344,
                "description": "Punto de recogida 1",
            },
            {
                "type": "1",
                "address": "cra 15 127 ",
                "city": "bogota",
                "order_id": 34344,
                "description": "Punto de entrega",
                "client_data": {
                    "client_name": "Jhonnatan Acosta",
                    "client_phone": "3214567890",
                    "client_document": "989839",
                    "client_email": "chato@mensajeros.com",
                    "products_value": 8700,
                    "domicile_value": 1300,
                    "payment_type": 1,
                },
                "products": [
                    {"sku": "001", "product_name": "Producto 1", "value": 2500, "quantity": 5, "id_point": 1},
                    {"sku": "003", "product_name": "Producto 3", "urm_img": "http://dominiocliente.com/img3.png",
                     "value": 1200, "quantity": 3, "id_point": 2},
                ],
            },
        ],
    })
}

#[test]
fn every_documented_error_of_the_token() {
    let shop = Shop::closed();
    let good = "client_id: sandbox-client\r\nclient_secret: sandbox-secreto\r\n";
    let bad = "client_id: sandbox-client\r\nclient_secret: nada\r\n";
    let grant = "grant_type=client_credentials";
    let cases = [
        (good, "", "invalid_request", "The grant type was not specified in the request"),
        (good, "grant_type=xxxxxx", "unsupported_grant_type", "Grant type \"xxxxxx\" not supported"),
        ("", grant, "invalid_client", "client credentials are required"),
        (bad, grant, "invalid_client", "The client credentials are invalid"),
    ];
    for (headers, form, error, description) in cases {
        let (status, reply) = shop.oauth(headers, form);
        let wanted = json!({"error": error, "error_description": description});
        assert_eq!((status, reply), (400, wanted));
    }
    let (status, reply) = shop.oauth(good, grant);
    assert_eq!((status, &reply["expires_in"]), (200, &json!(3600)));
    assert_eq!((&reply["token_type"], &reply["scope"]), (&json!("Bearer"), &Value::Null));
    // JSON is not what the API reference asks for.
    let headers = format!("Content-Type: application/json\r\n{good}");
    let (status, _) = shop.send("/oauth/token", &headers, r#"{"grant_type":"client_credentials"}"#);
    assert_eq!(status, 400);
}

#[test]
fn the_token_goes_in_its_own_header_and_ends() {
    let mut shop = Shop::closed();
    let body = json!({"id_user": 1234, "type": 1, "page": 1});
    assert_eq!(shop.refused("/tasksP", &body, 401), "The access token is required");
    shop.token = "d0590dfe87126ba6e8993ade0407307282cb693c".to_owned();
    assert_eq!(shop.refused("/tasksP", &body, 401), "The access token provided is invalid");
    shop.renew();
    shop.data("/tasksP", &body);
    let headers = format!("Content-Type: application/json\r\nAuthorization: Bearer {}\r\n", shop.token);
    assert_eq!(shop.send("/tasksP", &headers, &body.to_string()).0, 401);

    shop.control("clock", &json!({"skew_ms": 3_601_000}));
    assert_eq!(shop.refused("/tasksP", &body, 401), "The access token provided has expired");
    shop.renew();
    shop.data("/tasksP", &body);

    shop.control("faults", &json!({"fault": "expired_token"}));
    shop.refused("/tasksP", &body, 401);
    // An expired token stays so.
    shop.refused("/tasksP", &body, 401);
    shop.renew();
    shop.set(&json!({"status_in_body_only": true}));
    shop.token.clear();
    let (status, reply) = shop.post("/tasksP", &body);
    assert_eq!((status, &reply["status_code"]), (200, &json!(401)));
}

#[test]
fn a_task_from_its_order_to_its_end() {
    let shop = Shop::open();
    let created = shop.data("/delivery/create", &order());
    let uuid = created["uuid"].as_str().expect("a uuid");
    assert_eq!(uuid.len(), 13);
    assert_eq!(created["status"], 2);
    let row = shop.list(1, 1)["result"][0].clone();
    let mut names: Vec<&str> = row.as_object().expect("a row").keys().map(String::as_str).collect();
    names.sort_unstable();
    let documented = [
        "address",
        "city",
        "city_id",
        "date_created",
        "distance",
        "history",
        "invoice",
        "start_date",
        "start_time",
        "status",
        "status_id",
        "status_payout",
        "status_payout_id",
        "task_id",
        "total_value",
        "type_task",
        "type_task_id",
        "uuid",
    ];
    assert_eq!(names, documented);
    assert_eq!((&row["uuid"], &row["total_value"]), (&created["uuid"], &created["total"]));
    assert_eq!((&row["status_id"], &row["status"]), (&json!(1), &json!("Creada")));
    assert_eq!((&row["start_date"], &row["start_time"]), (&json!("2126-01-10"), &json!("06:00:00")));
    // There and back: the first point comes again.
    assert_eq!(row["address"].as_array().map(Vec::len), Some(3));
    assert_eq!(row["address"][1]["descripcion"], "Punto de entrega");
    assert!(row["address"][1]["lat"].is_number() && row["address"][1]["log"].is_number());

    let task = row["task_id"].as_i64().expect("a task id");
    let stages = [("on_hold", 2), ("assigned", 3), ("in_progress", 4), ("finished", 5)];
    for (word, id) in stages {
        let moved = shop.control("advance", &json!({"id": uuid}));
        assert_eq!((&moved["status"], &moved["status_id"]), (&json!(word), &json!(id)));
    }
    let ended = shop.control("advance", &json!({"id": uuid}));
    assert_eq!(ended, json!({"error": "the task has ended"}));
    assert!(shop.uuids(1, 1).is_empty());
    assert_eq!(shop.uuids(2, 1), [uuid]);

    let detail = shop.data("/task", &json!({"id_user": 1234, "task_id": task.to_string()}));
    assert_eq!((&detail["uuid"], &detail["status"]), (&created["uuid"], &json!("Finalizada")));
    assert!(detail.get("start_date").is_none() && detail["address"][0]["lat"].is_string());
    let history: Vec<&Value> = detail["history"].as_array().expect("lines").iter().map(|l| &l["status_id"]).collect();
    assert_eq!(history, ["1", "2", "3", "4", "5"]);

    let shipments = shop.sandbox.control(CARRIER, "GET", "shipments", &Value::Null);
    let one = &shipments["shipments"][0];
    assert_eq!((&one["id"], &one["reference"]), (&created["uuid"], &json!("34344")));
    assert_eq!((&one["status"], &one["description"]), (&json!("finished"), &json!("Punto de entrega")));
}

#[test]
fn a_task_is_found_by_its_number_and_by_its_uuid_only_when_set() {
    let shop = Shop::open();
    let uuid = shop.create();
    let by_uuid = json!({"id_user": 1234, "uuid": uuid});
    assert_eq!(shop.refused("/task", &by_uuid, 400), "[task_id] The property task_id is required\n");
    shop.set(&json!({"task_by_uuid": true}));
    assert_eq!(shop.data("/task", &by_uuid)["uuid"], json!(uuid));
    let unknown = json!({"id_user": 1234, "task_id": 1});
    assert_eq!(shop.refused("/task", &unknown, 404), "The task does not exist");
}

#[test]
fn lists_are_paged_newest_first_and_a_new_task_may_be_late() {
    let shop = Shop::open();
    let mut made: Vec<String> = (0..11).map(|_| shop.create()).collect();
    assert!(made[9].bytes().all(|b| b.is_ascii_digit()), "{}", made[9]);
    made.reverse();
    assert_eq!(shop.list(1, 1)["total_pages"], 2);
    assert_eq!(shop.uuids(1, 1), made[..10]);
    assert_eq!(shop.uuids(1, 2), made[10..]);
    assert!(shop.uuids(1, 3).is_empty());
    shop.set(&json!({"page_size": 4, "digit_uuids": true, "create_delay_visible_ms": 60_000}));
    let late = shop.create();
    assert!(late.bytes().all(|b| b.is_ascii_digit()), "{late}");
    assert!(shop.uuids(1, 1).is_empty());
    shop.control("clock", &json!({"skew_ms": 61_000}));
    assert_eq!(shop.uuids(1, 1)[0], late);
    assert_eq!(shop.list(1, 1)["total_pages"], 3);
    let body = json!({"id_user": 1234, "type": 3, "page": 0});
    let message = shop.refused("/tasksP", &body, 400);
    assert_eq!(message, "[type] The value 3 is not allowed\n[page] The value 0 is not allowed\n");
}

#[test]
fn the_push_is_written_as_in_the_api_reference() {
    let shop = Shop::open();
    let uuid = shop.create();
    shop.set(&json!({"webhook_token": "ASX4DSAD3EGQSAS"}));
    let push = |to: &str| {
        let moved = shop.control("advance", &json!({"id": uuid, "to": to}));
        moved["push"].as_str().expect("a push").to_owned()
    };
    let text = push("on_hold");
    // The API reference's "Pasa a espera", but for the date and the uuid.
    let (head, rest) = text.split_once("\"date\": \"").expect("a date");
    assert_eq!(head, "{\n    \"token\": \"ASX4DSAD3EGQSAS\",\n    ");
    let (date, rest) = rest.split_once("\",\n").expect("the end of the date");
    let shape: String = date.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    assert_eq!(shape, "9999 - 99 - 99 99: 99: 99");
    let wanted = format!(
        "    \"details\": {{\n        \"uuid\": \"{uuid}\",\n        \"mensajero\": \"\",\n        \"status\": \"on_hold\",\n        \"status_id\": 2,\n        \"phone\": 0,\n        \"num_place\":0,\n        \"status_place\": 0,\n        \"url\":NULL\n    }}\n}}"
    );
    assert_eq!(rest, wanted);
    let assigned = push("assigned");
    assert!(assigned.contains("\"num_place\":NULL,") && assigned.contains("\"status_place\": NULL,"));
    let first: Value = serde_json::from_str(&push("in_progress")).expect("JSON, there being no NULL");
    assert_eq!((&first["details"]["num_place"], &first["details"]["phone"]), (&json!(18342), &json!(300_600_000)));
    // The next stop: the same stage again.
    assert!(push("in_progress").contains("\"status_id\": 4,"));
    let rows = shop.list(1, 1);
    assert_eq!(rows["result"][0]["history"].as_array().map(Vec::len), Some(5));
    assert!(push("cancel").contains("\"url\":NULL"));
    // The API reference's cancelled sample has no line for it.
    let row = shop.list(2, 1)["result"][0].clone();
    assert_eq!((&row["status_id"], &row["history"][4]["status_id"]), (&json!(6), &json!("4")));
    let back = shop.control("advance", &json!({"id": uuid, "to": "assigned"}));
    assert!(back["error"].is_string(), "{back}");
}

#[test]
fn settings_are_checked_before_any_is_set() {
    let shop = Shop::open();
    for wrong in [
        json!({"page_size": 0}),
        json!({"token_seconds": "x"}),
        json!({"webhook_token": 1}),
        json!({"task_by_uuid": 1}),
        json!({"task_by_uuid": true, "nothing": 1}),
    ] {
        let answer = shop.control("settings", &wrong);
        assert!(answer["error"].is_string(), "{wrong}: {answer}");
    }
    shop.refused("/task", &json!({"id_user": 1234, "uuid": shop.create()}), 400);
    shop.control("faults", &json!({"fault": "status", "status": 503}));
    let message = shop.refused("/task", &json!({}), 503);
    assert_eq!(message, "Internal Server Error");
}
