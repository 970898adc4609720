//! Almex over real HTTP: what a client of its API reference meets.

use super::super::Sandbox;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

const CARRIER: &str = "almex";
const CREDENTIALS: [(&str, &str); 3] =
    [("userName", "sandbox"), ("password", "sandbox-clave-de-paso"), ("numberAccount", "0001")];

/// A sandbox of the test's own, and the token that it issued.
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
        let response = self.said("/auth/token", "auth", &credentials());
        self.token = response["token"].as_str().expect("a token").to_owned();
    }

    fn raw(&self, line: &str, headers: &str, body: &str) -> (u16, Vec<u8>) {
        let url = self.sandbox.base_url(CARRIER).expect("a base URL");
        let host = &url["http://".len()..];
        let mut stream = TcpStream::connect(host).expect("a connection");
        let length = body.len();
        let text = format!(
            "{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(text.as_bytes()).expect("a request sent");
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).expect("a reply");
        let head = String::from_utf8_lossy(&reply);
        let status = head.get(9..12).and_then(|s| s.parse().ok());
        let start = reply.windows(4).position(|w| w == b"\r\n\r\n");
        let body = reply[start.expect("a whole head") + 4..].to_vec();
        (status.expect("a status"), body)
    }

    fn ask(&self, line: &str, body: &str) -> (u16, Value) {
        let token = &self.token;
        let headers = format!("Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n");
        let (status, body) = self.raw(line, &headers, body);
        (status, serde_json::from_slice(&body).expect("a JSON body"))
    }

    fn post(&self, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let line = format!("POST {path}?subscription-key=sandbox-clave-{key}");
        self.ask(&line, &body.to_string())
    }

    /// The response of a request that must succeed.
    fn said(&self, path: &str, key: &str, body: &Value) -> Value {
        let (status, reply) = self.post(path, key, body);
        assert_eq!((status, &reply["success"]), (200, &json!(true)), "{reply}");
        reply["response"].clone()
    }

    fn last_event(&self, waybill: &str) -> Value {
        let line = format!("GET /tracking/{waybill}/lastevent?subscription-key=sandbox-clave-tracking");
        let (status, reply) = self.ask(&line, "");
        assert_eq!(status, 200, "{reply}");
        reply
    }

    fn imaging(&self, waybill: &str, format: &str) -> Value {
        let query = format!("documentType=DR&documentFormat={format}");
        let key = "subscription-key=sandbox-clave-imaging";
        let (status, reply) = self.ask(&format!("GET /imaging/{waybill}/imaging/es-mx?{query}&{key}"), "");
        assert_eq!(status, 200, "{reply}");
        reply
    }

    fn control(&self, path: &str, body: &Value) -> Value {
        self.sandbox.control(CARRIER, "POST", path, body)
    }

    fn set(&self, settings: &Value) {
        assert_eq!(self.control("settings", settings), json!({}));
    }
}

fn credentials() -> Value {
    CREDENTIALS.into_iter().collect()
}

/// The API reference's sample of "Rate".
fn quote() -> Value {
    json!({
        "origin": {"postalCode": "52227"},
        "destination": {"postalCode": "75110"},
        "packages": [{
            "content": "camisetas rosas",
            "amount": 1,
            "type": "box",
            "dimensions": {"length": 1, "width": 1, "height": 1},
            "weight": 1,
            "insurance": 1,
            "declaredValue": 0,
            "weightUnit": "KGS",
            "lengthUnit": "MTS",
        }],
    })
}

/// The API reference's sample of "Generate".
fn pickup() -> Value {
    json!({
        "shipper": {
            "name": "Tepeji Depot MX",
            "id": "Costco_224",
            "address_street": "Calle Norte 3 No. 3",
            "address_neighborhood": "Parque Industrial",
            "city": "Tepeji del Rio de Ocampo",
            "state": "HG",
            "country": "MX",
            "zipcode": "42884",
            "phone_number": "123456",
            "email": "123@123.com",
        },
        "consignee": {
            "name": "Centiro",
            "id": null,
            "address_street": "Benito Juárez",
            "address_neighborhood": "Centro",
            "city": "Asuncion Cuyotepeji City",
            "state": "OA",
            "country": "MX",
            "zipcode": "64500",
            "phone_number": "073001100",
            "email": "Centiro@costco.com",
        },
        "services": {"observations": "", "service_type": 3, "shipping_type": 1},
        "accessorials": {
            "insurance": {"types_insurance": 4, "declared_amount": 0.0},
            "pickup": {
                "service_needed": true,
                "date": "2021-01-29T00:00:00",
                "appointment": {"start_time": null, "end_time": null},
            },
            "delivery": {
                "service_needed": true,
                "only_working_days": 1,
                "appointment": {"date": null, "start_time": null, "end_time": null},
            },
        },
        "packages": {
            "weight_unit": "KGS",
            "length_unit": "MTS",
            "details": [{
                "package": "BOX",
                "quantity": 1,
                "dimensions": {"length": 1.42, "width": 0.94, "height": 0.94},
                "weight": 172.0,
            }],
        },
        "references": [{"almex_reference_id": 0, "customer_reference": "MX11Ord2222165"}],
    })
}

#[test]
fn every_operation_wants_its_own_subscription_key() {
    let shop = Shop::open();
    let (status, reply) = shop.ask("POST /quote/rate", &quote().to_string());
    let message = reply["message"].as_str().expect("a message");
    assert_eq!((status, &reply["statusCode"]), (401, &json!(401)));
    assert!(message.starts_with("Access denied due to missing subscription key"));
    let (status, reply) = shop.post("/quote/rate", "pickup", &quote());
    let message = reply["message"].as_str().expect("a message");
    assert_eq!(status, 401);
    assert!(message.starts_with("Access denied due to invalid subscription key"));
    let one = "POST /quote/rate?subscription-key=sandbox-clave";
    assert_eq!(shop.ask(one, &quote().to_string()).0, 401);
    shop.set(&json!({"one_key": true}));
    assert_eq!(shop.ask(one, &quote().to_string()).0, 200);
    shop.said("/quote/rate", "quote", &quote());
    let (status, reply) = shop.ask("POST /quote/rates?subscription-key=sandbox-clave", "{}");
    assert_eq!((status, &reply["statusCode"]), (404, &json!(404)));
}

#[test]
fn a_wrong_password_is_http_200_and_a_token_is_a_jwt() {
    let shop = Shop::closed();
    let refusal = json!({
        "success": false,
        "code": 200,
        "message": "Nombre de usuario o contraseña incorrectos, inténtalo de nuevo.",
    });
    for (name, _) in CREDENTIALS {
        let mut body = credentials();
        body[name] = json!("otra");
        assert_eq!(shop.post("/auth/token", "auth", &body), (200, refusal.clone()));
        body[name] = json!(1);
        let (status, reply) = shop.post("/auth/token", "auth", &body);
        assert_eq!(status, 400);
        assert!(reply["errors"][name].is_array(), "{reply}");
    }
    let first = shop.said("/auth/token", "auth", &credentials());
    let token = first["token"].as_str().expect("a token");
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    let claims = URL_SAFE_NO_PAD.decode(parts[1]).expect("base64url");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    let number = |name: &str| claims[name].as_i64().expect("a number");
    assert_eq!(number("exp") - number("iat"), 7 * 86_400);

    let renewed = shop.said("/auth/refresh-token", "refresh", &json!({"token": token}));
    assert_ne!(renewed["token"], first["token"]);
    let other = json!({"token": first["refreshToken"]});
    assert_eq!(shop.post("/auth/refresh-token", "refresh", &other), (200, refusal.clone()));
    shop.control("clock", &json!({"skew_ms": 7 * 86_400_000 + 60_000}));
    shop.said("/auth/refresh-token", "refresh", &json!({"token": token}));
    shop.control("clock", &json!({"skew_ms": 8 * 86_400_000 + 60_000}));
    let late = shop.post("/auth/refresh-token", "refresh", &json!({"token": token}));
    assert_eq!(late, (200, refusal));
}

#[test]
fn a_missing_or_ended_token_is_a_401_with_a_trace() {
    let mut shop = Shop::closed();
    let is_401 = |(status, reply): (u16, Value)| {
        assert_eq!((status, &reply["status"]), (401, &json!(401)));
        assert_eq!(reply["type"], "https://httpstatuses.com/401");
        assert_eq!(reply["title"], "Unauthorized");
        let trace = reply["traceId"].as_str().expect("a trace");
        let shape = trace.starts_with('|') && trace.ends_with('.');
        assert!(shape && trace.len() == 27, "{trace}");
    };
    is_401(shop.post("/quote/rate", "quote", &quote()));
    let line = "POST /quote/rate?subscription-key=sandbox-clave-quote";
    let (status, _) = shop.raw(line, "Content-Type: application/json\r\n", "{}");
    assert_eq!(status, 401);
    shop.set(&json!({"token_seconds": 60}));
    shop.renew();
    shop.said("/quote/rate", "quote", &quote());
    shop.control("clock", &json!({"skew_ms": 61_000}));
    is_401(shop.post("/quote/rate", "quote", &quote()));
    shop.renew();
    shop.control("faults", &json!({"fault": "expired_token"}));
    is_401(shop.post("/quote/rate", "quote", &quote()));
    is_401(shop.post("/quote/rate", "quote", &quote()));
    shop.renew();
    shop.said("/quote/rate", "quote", &quote());
    shop.control("faults", &json!({"fault": "status", "status": 503}));
    let (status, reply) = shop.post("/quote/rate", "quote", &quote());
    assert_eq!((status, &reply["title"]), (503, &json!("Service Unavailable")));
}

#[test]
fn a_price_comes_in_the_form_that_was_set() {
    let shop = Shop::open();
    // 1 m3 counts as 250 kg.
    let list = shop.said("/quote/rate", "quote", &quote());
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    assert_eq!(list[0]["serviceName"], "Terrestre");
    assert_eq!(list[0]["currency"], "MXN");
    assert_eq!(list[0]["total"].as_f64(), Some(2708.75));
    assert_eq!(list[1]["total"].as_f64(), Some(5417.5));
    shop.set(&json!({"quote_form": "object"}));
    let object = json!({"subtotal": "2335.13", "iva": "373.62", "total": "2708.75"});
    assert_eq!(shop.said("/quote/rate", "quote", &quote()), object);
    shop.set(&json!({"quote_form": "nested"}));
    let nested = shop.said("/quote/rate", "quote", &quote());
    let total = nested.pointer("/cotizacion/servicios/1/importe/total");
    assert_eq!(total.and_then(Value::as_f64), Some(5417.5));
    shop.set(&json!({"quote_form": "unknown"}));
    let unknown = shop.said("/quote/rate", "quote", &quote());
    assert_eq!(unknown["folio"], "COT-000417");
    assert!(!unknown.to_string().contains("total"));
}

/// Changes one place of a body, sends it, and looks for the refusal.
fn judged(shop: &Shop, path: &str, key: &str, good: &Value, cases: &[(&str, Value, u16, &str)]) {
    for (place, value, status, wanted) in cases {
        let mut body = good.clone();
        let found = body.pointer_mut(place).expect("a place of the sample");
        *found = value.clone();
        let (got, reply) = shop.post(path, key, &body);
        assert_eq!(got, *status, "{place} {value}: {reply}");
        if *status == 200 {
            assert_eq!(reply["success"], false, "{place} {value}: {reply}");
            let message = reply["message"].as_str().expect("a message");
            assert!(message.contains(wanted), "{place}: {message}");
        } else {
            assert!(reply["errors"][wanted].is_array(), "{place}: {reply}");
        }
    }
}

#[test]
fn a_quote_is_judged_field_by_field() {
    let shop = Shop::open();
    let cases = [
        ("/origin", json!(null), 400, "origin"),
        ("/origin/postalCode", json!(52227), 400, "origin.postalCode"),
        ("/destination/postalCode", json!("7511"), 200, "destination.postalCode"),
        ("/packages", json!({}), 400, "packages"),
        ("/packages", json!([]), 200, "al menos un paquete"),
        ("/packages/0/content", json!(""), 400, "packages[0].content"),
        ("/packages/0/amount", json!("1"), 400, "packages[0].amount"),
        ("/packages/0/amount", json!(0), 200, "packages[0].amount"),
        ("/packages/0/dimensions/length", json!("1"), 400, "packages[0].dimensions.length"),
        ("/packages/0/dimensions/width", json!(30), 200, "packages[0].dimensions.width"),
        ("/packages/0/dimensions/height", json!(0), 200, "packages[0].dimensions.height"),
        ("/packages/0/weight", json!(-1), 200, "packages[0].weight"),
        ("/packages/0/declaredValue", json!(null), 400, "packages[0].declaredValue"),
        ("/packages/0/weightUnit", json!("LBS"), 200, "solo se admite KGS"),
        ("/packages/0/lengthUnit", json!("CM"), 200, "solo se admite MTS"),
    ];
    judged(&shop, "/quote/rate", "quote", &quote(), &cases);
    let line = "POST /quote/rate?subscription-key=sandbox-clave-quote";
    assert_eq!(shop.ask(line, "{").0, 400);
    let headers = format!("Authorization: Bearer {}\r\n", shop.token);
    assert_eq!(shop.raw(line, &headers, &quote().to_string()).0, 415);
}

#[test]
fn a_pickup_is_judged_field_by_field() {
    let shop = Shop::open();
    let date = "/accessorials/pickup/date";
    let days = "/accessorials/delivery/only_working_days";
    let cases = [
        ("/shipper/zipcode", json!(42884), 400, "shipper.zipcode"),
        ("/shipper/phone_number", json!(123456), 400, "shipper.phone_number"),
        ("/shipper/id", json!(224), 400, "shipper.id"),
        ("/consignee/country", json!("CO"), 200, "consignee.country"),
        ("/consignee/name", json!(null), 400, "consignee.name"),
        ("/services/service_type", json!("3"), 400, "services.service_type"),
        ("/services/observations", json!(null), 400, "services.observations"),
        (date, json!("2021-01-29"), 200, "AAAA-MM-DDT00:00:00"),
        (date, json!("2021-02-30T00:00:00"), 200, "AAAA-MM-DDT00:00:00"),
        (date, json!(null), 400, "accessorials.pickup.date"),
        (days, json!(true), 400, "accessorials.delivery.only_working_days"),
        (days, json!(2), 200, "entre 0 y 1"),
        ("/packages", json!([]), 400, "packages"),
        ("/packages/weight_unit", json!("kg"), 200, "solo se admite KGS"),
        ("/packages/details", json!([]), 200, "al menos un paquete"),
        ("/packages/details/0/quantity", json!(1.5), 400, "packages.details[0].quantity"),
        ("/packages/details/0/dimensions/length", json!(142), 200, "length"),
        ("/references/0/customer_reference", json!(""), 400, "references[0].customer_reference"),
    ];
    judged(&shop, "/pickuprequest/generate", "pickup", &pickup(), &cases);
    let shipments = shop.sandbox.control(CARRIER, "GET", "shipments", &Value::Null);
    assert_eq!(shipments, json!({"shipments": []}));
}

#[test]
fn a_shipment_from_its_pickup_to_the_image_of_its_delivery() {
    let shop = Shop::open();
    let made = shop.said("/pickuprequest/generate", "pickup", &pickup());
    let waybill = made["trackingNumber"].as_str().expect("a text");
    assert!(waybill.len() == 11 && waybill.starts_with("07"), "{waybill}");
    assert!(made["pickupRequestId"].is_number());
    assert_eq!(shop.imaging(waybill, "URL")["success"], false);

    let mut seen = vec![shop.last_event(waybill)["response"]["trackingIdEvent"].clone()];
    for _ in 0..4 {
        let moved = shop.control("advance", &json!({"id": waybill}));
        let event = shop.last_event(waybill)["response"]["trackingIdEvent"].clone();
        assert_eq!(moved["event"], event);
        seen.push(event);
    }
    assert_eq!(seen, [1, 2, 3, 7, 4]);
    let end = shop.control("advance", &json!({"id": waybill}));
    assert!(end["error"].is_string(), "{end}");

    let reply = shop.last_event(waybill);
    let event = &reply["response"];
    assert_eq!((&reply["success"], &reply["message"]), (&json!(true), &json!("")));
    assert_eq!(event["descriptionEvent"], "Mercancía Entregada");
    assert_eq!(event["description2Event"], "Goods delivered");
    assert_eq!(event["dateLastEvent"], event["hourLastEvent"]);
    assert_eq!(event["dateLastEvent"].as_str().map(str::len), Some("2020-06-10T16:02:38.363".len()));
    let short = waybill.trim_start_matches('0');
    assert_eq!(shop.last_event(short)["success"], false);

    let url = shop.imaging(waybill, "URL")["response"]["url"].clone();
    let url = url.as_str().expect("a URL");
    let base = shop.sandbox.base_url(CARRIER).expect("a base URL");
    let path = url.strip_prefix(&base).expect("an address of this server");
    let (status, image) = shop.raw(&format!("GET {path}"), "", "");
    assert!(status == 200 && image.starts_with(b"\x89PNG"));
    assert_eq!(shop.raw("GET /imgCte.asp?nada", "", "").0, 404);
    assert_eq!(shop.imaging(waybill, "PDF")["success"], false);

    let shipments = shop.sandbox.control(CARRIER, "GET", "shipments", &Value::Null);
    let one = &shipments["shipments"][0];
    assert_eq!((&one["id"], &one["status"]), (&json!(waybill), &json!("delivered")));
    assert_eq!(one["reference"], "MX11Ord2222165");
    assert_eq!(one["descriptions"], json!(["BOX x 1"]));
}

#[test]
fn a_pickup_answers_in_the_form_that_was_set() {
    let shop = Shop::open();
    let make = |form: &str| {
        shop.set(&json!({"pickup_form": form}));
        shop.said("/pickuprequest/generate", "pickup", &pickup())
    };
    let folio = make("folio")["folio"].clone();
    let list = make("guia_list")[0]["guia"].clone();
    assert_eq!(make("none"), json!({}));
    let shipments = shop.sandbox.control(CARRIER, "GET", "shipments", &Value::Null);
    let ids: Vec<&Value> = shipments["shipments"].as_array().expect("a list").iter().map(|s| &s["id"]).collect();
    assert_eq!(ids[..2], [&folio, &list]);
    assert_eq!(ids.len(), 3);
    let waybill = folio.as_str().expect("a text");
    let moved = shop.control("advance", &json!({"id": waybill, "to": "in_transit"}));
    assert_eq!(moved["status"], "in_transit");
    for to in ["picked_up", "nowhere"] {
        let wrong = shop.control("advance", &json!({"id": waybill, "to": to}));
        assert!(wrong["error"].is_string(), "{wrong}");
    }
}

#[test]
fn settings_are_checked_before_any_is_set() {
    let shop = Shop::open();
    for wrong in [
        json!({"quote_form": "xml"}),
        json!({"pickup_form": 1}),
        json!({"token_seconds": -1}),
        json!({"one_key": true, "nothing": 1}),
    ] {
        let answer = shop.control("settings", &wrong);
        assert!(answer["error"].is_string(), "{wrong}: {answer}");
    }
    let line = "POST /quote/rate?subscription-key=sandbox-clave";
    assert_eq!(shop.ask(line, &quote().to_string()).0, 401);
    let account = shop.sandbox.account(CARRIER).expect("an account");
    assert_eq!(account["subscription_key"]["imaging"], "sandbox-clave-imaging");
    assert_eq!(account["account_number"], "0001");
}
