//! The samples of Almex's and Apunto's API references, one by one, over HTTP: a hand-written carrier answers with the
//! sample replies, and flete's requests are compared with the sample requests.

use crate::common;
use crate::common::checked;
use crate::common::scripted::{Got, Scripted};
use flete::{Client, Code, Error, Outcome};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the carrier answers next.
#[derive(Clone, Default)]
struct Next(Arc<Mutex<(u16, String)>>);

impl Next {
    fn set(&self, status: u16, body: &Value) {
        *self.0.lock().unwrap() = (status, if status == 204 { String::new() } else { body.to_string() });
    }

    fn get(&self) -> (u16, String) {
        self.0.lock().unwrap().clone()
    }
}

fn call(client: &Client, operation: &str, params: Value) -> Result<Value, Error> {
    checked(client, "call", json!({"operation": operation, "params": params}))
}

// ---- Apunto

/// Every example of Apunto's API reference, word for word.
fn examples() -> Vec<Value> {
    serde_json::from_str(include_str!("../src/carriers/apunto/examples.json")).unwrap()
}

fn samples(kind: &str, operation: &str) -> Vec<Value> {
    let of = |example: &Value| example["kind"] == kind && example["operation"] == operation;
    examples().into_iter().filter(of).map(|mut example| example["json"].take()).collect()
}

fn apunto(carrier: &Scripted) -> Client {
    let account =
        json!({"carrier": "apunto", "base_url": carrier.url, "token": "TU_TOKEN_API", "contact_code": "ACME"});
    common::client(account)
}

#[test]
fn each_of_apuntos_operations_goes_out_and_comes_back_as_its_document_has_it() {
    let next = Next::default();
    let answer = next.clone();
    let carrier = Scripted::start(move |_| answer.get());
    let client = apunto(&carrier);
    let table = client.call("describe", json!({"carrier": "apunto"})).unwrap()["carriers"][0]["operations"].take();
    // What is newer has no samples here.
    let table: Vec<&Value> = table.as_array().unwrap().iter().filter(|row| row["since"].is_null()).collect();
    assert_eq!(table.len(), 54);
    for row in table {
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        let shared = if text("alias").is_empty() { text("name") } else { text("alias") };
        let mut requests = samples("request", shared);
        assert!(!requests.is_empty() || row["body_encoding"].is_null(), "{}", text("name"));
        requests.extend(row["body_encoding"].is_null().then(|| json!({})));
        // The searches are the only operations without a sample of a reply.
        let mut replies = samples("reply", shared);
        assert!(!replies.is_empty() || text("path").ends_with("/search"), "{}", text("name"));
        replies.extend(
            [json!([{"id": 1}]), json!({"found": null})].into_iter().filter(|_| text("path").ends_with("/search")),
        );
        for (request, reply) in requests.iter().flat_map(|request| replies.iter().map(move |reply| (request, reply))) {
            let wrapped = request.as_object().unwrap().clone();
            let mut flat = wrapped.clone();
            if let Some(Value::Object(inner)) = flat.remove(text("body_wrapped_in")) {
                flat = inner;
            }
            let forms = [(wrapped, text("name"), 200), (flat.clone(), shared, 201), (flat, shared, 204)];
            for (mut params, name, status) in forms {
                let mut path = text("path").to_owned();
                for field in row["parameters"].as_array().unwrap().iter().filter(|field| field["in"] == "path") {
                    let field = field["name"].as_str().unwrap();
                    params.insert(field.to_owned(), json!(123));
                    path = path.replace(&format!("{{{field}}}"), "123");
                }
                next.set(status, reply);
                let data = call(&client, name, Value::Object(params)).unwrap();
                assert_eq!(data, if status == 204 { Value::Null } else { reply.clone() }, "{name}");
                let got = carrier.last();
                assert_eq!(got.line(), format!("{} {path}", text("method")));
                assert_eq!(got.header("authorization").is_none(), name == "auth.login", "{name}");
                if row["body_encoding"].is_null() {
                    assert_eq!(got.body, "", "{name}");
                    // Without it a server may refuse a POST: 411.
                    assert_eq!(got.header("content-length"), (got.method == "POST").then_some("0"), "{name}");
                } else {
                    assert_eq!(&got.json(), request, "{name}");
                    assert!(got.header("content-type").unwrap().starts_with("application/json"), "{name}");
                }
            }
        }
    }
}

#[test]
fn a_refused_field_of_a_call_is_told_where_the_caller_wrote_it() {
    let carrier = Scripted::start(|_| {
        let details = json!({"contact_id": ["no puede estar en blanco"], "kind": ["no está incluido en la lista"]});
        (422, json!({"error": "Validation failed", "message": "No", "details": details, "status": 422}).to_string())
    });
    let client = apunto(&carrier);
    let fields = json!({"contact_code": "X", "kind": "domestic", "mode": "land"});
    for (params, expected) in [
        (fields.clone(), ["params.contact_code", "params.kind"]),
        (json!({"operation": fields}), ["params.operation.contact_code", "params.operation.kind"]),
    ] {
        let error = call(&client, "operations.create", params).unwrap_err();
        assert_eq!(error.fields.iter().map(|problem| problem.field.as_str()).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn all_is_gathered_from_pages_that_say_their_number_in_either_way() {
    let carrier = Scripted::start(|got: &Got| {
        let page: u64 = got.query("page").unwrap().parse().unwrap();
        let line = got.line();
        let name = line.rsplit('/').next().unwrap();
        let (pagination, last) = match name {
            // The API reference's own sample: it says three pages, and the items fill only two.
            "contacts" => (json!({"current_page": page, "total_pages": 3, "total_count": 30}), 2),
            _ => (json!({"page": page, "per_page": 25, "total": "60"}), 3),
        };
        let count = if page > last { 0 } else { 25 };
        let items: Vec<Value> = (0..count).map(|number| json!({"id": page * 100 + number})).collect();
        (200, json!({name: items, "pagination": pagination}).to_string())
    });
    let client = apunto(&carrier);
    for (operation, params, count) in [
        ("operations.list", json!({}), 75),
        ("contacts.list", json!({"kind": "client", "page": 2}), 50),
        ("services.to_dos.list", json!({"service_id": 789, "completed": false}), 75),
        ("messages.list", json!({"contact_id": 456}), 75),
    ] {
        let asked = carrier.got().len();
        let reply = checked(&client, "call", json!({"operation": operation, "params": params, "all": true})).unwrap();
        let name = operation.rsplit('.').nth(1).unwrap();
        assert_eq!(reply[name].as_array().unwrap().len(), count, "{operation}");
        assert_eq!(carrier.got().len(), asked + 3, "{operation}");
    }
    assert!(
        carrier.got().iter().filter(|got| got.line() == "GET /contacts").all(|got| got.target.contains("kind=client"))
    );
}

#[test]
fn an_operation_without_its_id_is_told_as_what_it_is() {
    let carrier =
        Scripted::start(|_| (201, json!({"operation": {"status": "confirmed"}, "message": "ok"}).to_string()));
    let end = json!({"country": "MX"});
    let error = checked(
        &apunto(&carrier),
        "create",
        json!({"origin": end, "destination": end, "parcels": [{"weight": {"value": 1, "unit": "kg"}}],
               "options": {"apunto": {"kind": "domestic", "mode": "land"}}}),
    )
    .unwrap_err();
    assert_eq!((error.code, error.outcome), (Code::CarrierResponse, Outcome::Unknown));
    assert_eq!(error.operation.as_deref(), Some("operations.create"));
}

// ---- Almex

/// A JWT that expires in this many seconds.
fn token(seconds: i64) -> String {
    use base64::Engine;
    let claims = json!({"exp": jiff::Timestamp::now().as_second() + seconds, "nbf": 1_613_383_840}).to_string();
    format!("eyJhbGciOiJIUzI1NiJ9.{}.x", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims))
}

fn logged_in(seconds: i64) -> String {
    json!({"code": 200, "message": "OK", "response": {"token": token(seconds), "refreshToken": "2ep2/QZ+"}, "success": true})
        .to_string()
}

const REFUSED: &str =
    r#"{"success": false, "code": 200, "message": "Nombre de usuario o contraseña incorrectos, inténtalo de nuevo."}"#;

fn almex(carrier: &Scripted) -> Client {
    let keys = ["auth", "refresh", "quote", "pickup", "tracking", "imaging"];
    let keys: Value = keys.iter().map(|name| ((*name).to_owned(), json!(format!("clave-{name}")))).collect();
    common::client(json!({
        "carrier": "almex", "base_url": carrier.url, "user_name": "usuario", "password": "secreto-1",
        "account_number": "0042", "subscription_key": keys,
    }))
}

fn place(name: &str) -> Value {
    json!({"name": name, "street": "Calle 1", "neighborhood": "Centro", "city": "CDMX", "state": "CX",
           "postal_code": "01000", "phone": "0730011000"})
}

fn parcels() -> Value {
    json!([{"weight": {"value": "0.1", "unit": "kg"}, "dimensions": {"length": "33.3", "width": 20, "height": 10, "unit": "cm"}}])
}

#[test]
fn almex_is_asked_as_its_document_says_with_the_key_of_each_operation() {
    let carrier = Scripted::start(|got: &Got| match got.line().as_str() {
        "POST /auth/token" => (200, logged_in(2)),
        "POST /auth/refresh-token" => (200, REFUSED.to_owned()),
        _ => {
            let response = json!({"trackingIdEvent": 4, "total": 99.9, "guia": "07053846188", "url": "http://imagenguias.almex.com.mx/imgCte.asp?Q5fr2"});
            (200, json!({"response": response, "success": true, "code": 200, "message": ""}).to_string())
        }
    });
    let client = almex(&carrier);
    // A token of two seconds is used for one.
    let until_it_ends = || std::thread::sleep(Duration::from_millis(1_100));
    let tracked = checked(&client, "track", json!({"id": "07053846188"})).unwrap();
    assert_eq!((&tracked["status"], &tracked["id"]), (&json!("delivered"), &json!("07053846188")));
    until_it_ends();
    let image = checked(&client, "document", json!({"id": "07070769168", "kind": "proof_of_delivery"})).unwrap();
    assert_eq!(image["documents"][0]["url"], "http://imagenguias.almex.com.mx/imgCte.asp?Q5fr2");
    let quote = json!({"origin": place("A"), "destination": place("B"), "parcels": parcels()});
    until_it_ends();
    let rates = checked(&client, "quote", quote.clone()).unwrap();
    assert_eq!(rates["rates"][0]["total"], json!({"amount": "99.90", "currency": "MXN"}));
    until_it_ends();
    assert_eq!(checked(&client, "create", quote).unwrap()["id"], "07053846188");

    // Every token is about to end: it is renewed, and the refusal of that is answered with a login.
    let lines: Vec<String> = carrier.got().iter().map(Got::line).collect();
    let renewed = ["POST /auth/refresh-token", "POST /auth/token"];
    let asked = [
        "GET /tracking/07053846188/lastevent",
        "GET /imaging/07070769168/imaging/es-mx",
        "POST /quote/rate",
        "POST /pickuprequest/generate",
    ];
    let expected: Vec<&str> = asked
        .iter()
        .enumerate()
        .flat_map(|(index, line)| renewed[usize::from(index == 0)..].iter().copied().chain([*line]))
        .collect();
    assert_eq!(lines, expected);
    for got in carrier.got() {
        let key = match got.line().as_str() {
            "POST /auth/token" => "clave-auth",
            "POST /auth/refresh-token" => "clave-refresh",
            "POST /quote/rate" => "clave-quote",
            "POST /pickuprequest/generate" => "clave-pickup",
            line if line.starts_with("GET /tracking") => "clave-tracking",
            _ => "clave-imaging",
        };
        assert_eq!(got.query("subscription-key").as_deref(), Some(key));
        assert_eq!(got.header("authorization").is_some(), !got.target.starts_with("/auth/"));
    }
    let sent = |line: &str| carrier.got().into_iter().find(|got| got.line() == line).unwrap();
    assert_eq!(
        sent("POST /auth/token").json(),
        json!({"userName": "usuario", "password": "secreto-1", "numberAccount": "0042"})
    );
    assert_eq!(sent("POST /auth/refresh-token").json().as_object().unwrap().len(), 1);
    let image = sent("GET /imaging/07070769168/imaging/es-mx");
    assert_eq!(
        (image.query("documentType").as_deref(), image.query("documentFormat").as_deref()),
        (Some("DR"), Some("URL"))
    );
    // Exact decimals, as numbers.
    assert!(
        sent("POST /quote/rate")
            .body
            .contains(r#""dimensions":{"length":0.333,"width":0.2,"height":0.1},"weight":0.1"#)
    );
}

#[test]
fn almexs_401_is_answered_with_one_new_login_and_told_with_its_trace() {
    let carrier = Scripted::start(|got: &Got| match got.line().as_str() {
        "POST /auth/token" => (200, logged_in(3600)),
        _ => (
            401,
            json!({"type": "https://httpstatuses.com/401", "title": "Unauthorized", "status": 401,
                   "traceId": "|abb06879-486bc05a368175f2."})
            .to_string(),
        ),
    });
    let client = almex(&carrier);
    let request = json!({"origin": place("A"), "destination": place("B"), "parcels": parcels()});
    for (method, line) in [("quote", "POST /quote/rate"), ("create", "POST /pickuprequest/generate")] {
        let error = checked(&client, method, request.clone()).unwrap_err();
        assert_eq!((error.code, error.outcome, error.http_status), (Code::Authentication, Outcome::None, Some(401)));
        assert_eq!(error.request_id.as_deref(), Some("|abb06879-486bc05a368175f2."));
        assert_eq!(carrier.count(line), 2, "{line}");
    }
    assert_eq!(carrier.count("POST /auth/refresh-token"), 0);
}

#[test]
fn a_call_takes_the_insurance_that_almexs_document_leaves_open() {
    let carrier = Scripted::start(|got: &Got| match got.line().as_str() {
        "POST /auth/token" => (200, logged_in(3600)),
        _ => (200, json!({"response": {"total": 1}, "success": true}).to_string()),
    });
    let client = almex(&carrier);
    for insurance in [json!(1), json!(4), json!(1500.5)] {
        let package = json!({"content": "camisetas rosas", "amount": 1, "type": "box", "weight": 1, "insurance": insurance,
            "dimensions": {"length": 1, "width": 1, "height": 1}, "declaredValue": 0, "weightUnit": "KGS", "lengthUnit": "MTS"});
        let request =
            json!({"origin": {"postalCode": "52227"}, "destination": {"postalCode": "75110"}, "packages": [package]});
        call(&client, "quotes.rate", request.clone()).unwrap();
        assert_eq!(carrier.last().json(), request);
    }
}
