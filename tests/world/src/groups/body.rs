//! Replies with a good status and a bad body: errors, nothing, and pages of something between the carrier and flete.

use super::json::{push, reply_name};
use crate::carriers::{Carrier, LABEL, Reads};
use crate::host::{Act, Host, Reply, Wire};
use crate::row::{Answer, Row, Trial, WantOk, each_carrier, fresh};
use serde_json::{Value, json};
use std::time::Duration;

/// A body of a 2xx without anything of what was asked.
#[derive(Clone, Copy)]
struct Nothing {
    name: &'static str,
    body: &'static str,
    content_type: &'static str,
    /// Whether it says what went wrong.
    error: bool,
}

const fn nothing(name: &'static str, body: &'static str, error: bool) -> Nothing {
    Nothing { name, body, content_type: "application/json", error }
}

const PAGE: &str =
    "<!DOCTYPE html><html><head><title>Mantenimiento</title></head><body><h1>Volvemos pronto</h1></body></html>";

const BODIES: &[Nothing] = &[
    nothing("an error and a message", r#"{"error":"internal","message":"fallo en la base de datos"}"#, true),
    nothing("an error alone", r#"{"error":"fallo en la base de datos"}"#, true),
    nothing("a list of errors", r#"{"errors":[{"message":"fallo en la base de datos"}]}"#, true),
    nothing("errors by field", r#"{"errors":{"base":["fallo en la base de datos"]}}"#, true),
    nothing("a message alone", r#"{"message":"fallo en la base de datos"}"#, true),
    nothing("an exception of the framework", r#"{"exception":"PDOException","file":"/var/www/x.php","line":3}"#, true),
    nothing("an empty body", "", false),
    nothing("blanks", " \r\n ", false),
    nothing("{}", "{}", false),
    nothing("[]", "[]", false),
    nothing("null", "null", false),
    nothing("false", "false", false),
    nothing("zero", "0", false),
    nothing("a text", r#""OK""#, false),
    nothing("words that are no JSON", "OK", false),
    Nothing { name: "a page of maintenance", body: PAGE, content_type: "text/html; charset=utf-8", error: false },
];

pub fn rows(rows: &mut Vec<Row>) {
    for carrier in each_carrier() {
        for body in BODIES {
            for reads in carrier.reads() {
                if left_open(carrier, &reads, *body) {
                    continue;
                }
                let method = reply_name(reads.method, reads.op);
                let body = *body;
                rows.push(Row::new(
                    "body",
                    carrier.code(),
                    method,
                    format!("a 2xx with {}", body.name),
                    move |trial| {
                        good_status(trial, carrier, reads, body);
                    },
                ));
            }
        }
        for reads in carrier.reads() {
            between(rows, carrier, reads);
        }
    }
    pushes(rows);
    labels(rows);
    pages(rows);
}

/// How long a call may take: a label that isn't ready is asked for again until the deadline.
pub fn patience(op: &str) -> u64 {
    if op == "label" { 2500 } else { 20_000 }
}

/// Cases that neither the contract nor the API references define.
fn left_open(carrier: Carrier, reads: &Reads, body: Nothing) -> bool {
    let empty = body.body.trim().is_empty() || ["{}", "[]", "null"].contains(&body.body);
    match (carrier, reads.method, reads.op) {
        // Contracts may be an empty list; and a native call returns the carrier's reply, whatever it is.
        (_, "call", _) => !body.error && !body.body.starts_with('<'),
        // The reply to a cancel has no body.
        (Carrier::Fruno, "cancel", _) => empty || body.body == "0" || body.body.contains("OK"),
        // An address that may have been saved is looked for in the list and used.
        (_, "create", "address") => true,
        // They only add details.
        (_, "track", "events" | "service") => true,
        _ => false,
    }
}

fn good_status(trial: &mut Trial, carrier: Carrier, reads: Reads, body: Nothing) {
    let host = Host::new(carrier);
    if reads.op == "cancel" {
        // It was not done, though it may have been: the request for the state then gets no answer either.
        host.model(|model| {
            let open = json!({"estado": "porrecolectar", "status": "active"});
            model.state = Some(open);
        });
        host.plan(move |asked, _| match asked.op {
            "cancel" => Act::instead(Reply::new(200, body.content_type, body.body)),
            _ => Act::Good,
        });
    } else {
        host.spoil(reads.op, usize::MAX, move |reply| Reply::new(reply.status, body.content_type, body.body).wire());
    }
    let state = json!({"state": fresh("state.db"), "timeout_ms": patience(reads.op)});
    let Some(client) = trial.open(&host.config(&state)) else { return };
    let mut request = reads.request;
    if reads.op == "create" {
        request["idempotency_key"] = json!("pedido-1");
    }
    let answer = trial.ask(&client, reads.method, request.clone());
    let raw = !answer.at("/error/raw").is_null();
    match reads.op {
        "create" if carrier == Carrier::Almex => {
            // Its good reply isn't documented: `done` without a readable number, or `unknown`.
            trial.wants_error(&answer, &["carrier_response"], &["unknown", "done"]);
        }
        "create" => trial.wants_error(&answer, &["carrier_response"], &["unknown"]),
        "label" => trial.wants_error(&answer, &["not_ready", "carrier_response"], &["none"]),
        // An OAuth reply with a 200 may say that the credentials are wrong.
        "token" if body.error => trial.wants_error(&answer, &["carrier_response", "authentication"], &["none"]),
        _ => trial.wants_error(&answer, &["carrier_response"], &["none"]),
    }
    if !body.body.trim().is_empty() && !["label", "token"].contains(&reads.op) && body.body != "null" {
        trial.want(raw, "`raw` is there");
    }
    if answer.code() == "carrier_response" && !["label", "token"].contains(&reads.op) {
        let status = answer.at("/error/http_status").as_u64().unwrap_or_default();
        trial.want((200..300).contains(&status), format!("http_status is {status}"));
    }
    if reads.op != "create" {
        return;
    }
    trial.made(&host, 1);
    host.calm();
    std::thread::sleep(Duration::from_millis(150));
    let again = trial.ask(&client, "create", request);
    trial.made(&host, 1);
    if carrier.finds() {
        trial.wants(&again, &WantOk(vec![reads.good[0].clone(), ("/data/replayed", json!(true))]));
    } else {
        trial.want(!again.ok(), "what may be there isn't made again");
    }
}

const FIREWALL: &str = "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>Attention Required! | Cloudflare</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>";

/// Replies of a firewall, a redirect or a proxy in front of the carrier.
fn between(rows: &mut Vec<Row>, carrier: Carrier, reads: Reads) {
    let method = reply_name(reads.method, reads.op);
    let (op, flete_method, request) = (reads.op, reads.method, reads.request);
    let asked = request.clone();
    if !["events", "service"].contains(&op) {
        rows.push(Row::new("body", carrier.code(), method.clone(), "a firewall's 403 page", move |trial| {
            let host = Host::new(carrier);
            host.plan(move |asked, _| match asked.op == op {
                true => Act::instead(Reply::new(403, "text/html; charset=UTF-8", FIREWALL)),
                false => Act::Good,
            });
            let Some(client) = trial.open(&host.config(&json!({"timeout_ms": patience(op)}))) else { return };
            let answer = trial.ask(&client, flete_method, asked);
            trial.wants_error(&answer, &["permission"], &["none"]);
            trial.want(answer.at("/error/retryable") == false, "not retryable");
            no_markup(trial, &answer);
            let message = answer.text("/error/message").to_lowercase();
            let told = ["firewall", "page", "html", "web", "between", "before", "in front", "not the carrier"]
                .iter()
                .any(|word| message.contains(word));
            trial.want(told, "the message says that a page came, and not the carrier's own refusal");
            if flete_method == "create" {
                trial.made(&host, 0);
            }
        }));
    }
    for status in [301, 302, 303, 307, 308] {
        if ["events", "service"].contains(&op) {
            continue;
        }
        let asked = request.clone();
        rows.push(Row::new("body", carrier.code(), method.clone(), format!("a redirect {status}"), move |trial| {
            let host = Host::new(carrier);
            let to = format!("{}/nuevo/lugar?llave=oculta-en-la-consulta", host.url());
            let location = format!("Location: {to}");
            host.plan(move |asked, _| match asked.op == op {
                true => Act::instead(Reply::new(status, "text/html", "<html>Moved</html>").line(location.as_str())),
                false => Act::Good,
            });
            let Some(client) = trial.open(&host.config(&json!({"timeout_ms": patience(op)}))) else { return };
            let answer = trial.ask(&client, flete_method, asked);
            trial.want(!answer.ok(), "wanted an error");
            trial.want(answer.outcome() == "none", format!("the outcome is {}", answer.outcome()));
            trial.want(answer.at("/error/retryable") == false, "not retryable");
            let message = answer.text("/error/message");
            let port = host.address.port().to_string();
            trial.want(message.contains(&port), "the message names the place");
            trial.want(message.contains("/nuevo/lugar"), "the message names the path");
            trial.want(message.contains("base_url"), "the message says to set base_url");
            trial.want(!message.contains("oculta"), "the message has no query");
            trial.want(host.count("other") == 0, "it isn't followed");
            // Both ends of an order are saved at the same time.
            let most = if op == "address" { 2 } else { 1 };
            // A label is asked for again after any reply; a redirect is reported if it is the last one.
            trial.want(op == "label" || host.count(op) <= most, format!("asked {} times", host.count(op)));
        }));
    }
    let asked = request;
    rows.push(Row::new("body", carrier.code(), method, "a proxy's 407", move |trial| {
        let host = Host::new(carrier);
        host.plan(move |asked, _| match asked.op == op {
            true => Act::instead(
                Reply::new(407, "text/html", "<html><h1>Cache Access Denied.</h1></html>")
                    .line("Proxy-Authenticate: Basic realm=\"oficina\""),
            ),
            false => Act::Good,
        });
        let mut config = host.config(&json!({"proxy": host.url(), "timeout_ms": patience(op)}));
        // Nothing listens there: only the proxy can answer.
        config["accounts"][0]["base_url"] = json!("http://127.0.0.1:9");
        let Some(client) = trial.open(&config) else { return };
        let answer = trial.ask(&client, flete_method, asked);
        if ["events", "service"].contains(&op) && answer.ok() {
            return;
        }
        trial.wants_error(&answer, &["network"], &["none"]);
        trial.want(answer.text("/error/message").contains("proxy"), "the message names the proxy");
        no_markup(trial, &answer);
        if flete_method == "create" {
            trial.made(&host, 0);
        }
    }));
}

fn no_markup(trial: &mut Trial, answer: &Answer) {
    for place in ["/error/message", "/error/carrier_message", "/error/carrier_code"] {
        trial.want(!answer.text(place).contains('<'), format!("{place} holds HTML"));
    }
}

/// Pushes without a shipment's id.
fn pushes(rows: &mut Vec<Row>) {
    let details = |uuid: Value| json!({"uuid": uuid, "status": "finished", "status_id": 5});
    let cases: Vec<(&str, Option<Value>)> = vec![
        ("no details", None),
        ("null details", Some(Value::Null)),
        ("empty details", Some(json!({}))),
        ("details as PHP's empty list", Some(json!([]))),
        ("details as a text", Some(json!("finished"))),
        ("details without a uuid", Some(json!({"status": "finished", "status_id": 5}))),
        ("a null uuid", Some(details(Value::Null))),
        ("an empty uuid", Some(details(json!("")))),
        ("a blank uuid", Some(details(json!("  ")))),
        ("a uuid that is false", Some(details(json!(false)))),
        ("a uuid that is an object", Some(details(json!({})))),
        ("a uuid that is a list", Some(details(json!(["54683902"])))),
    ];
    for (name, details) in cases {
        for (token, right) in [("its token", true), ("a wrong token", false)] {
            let details = details.clone();
            rows.push(Row::new("body", "mensajeros_urbanos", "webhook", format!("{name}, {token}"), move |trial| {
                let host = Host::new(Carrier::MensajerosUrbanos);
                let account = host.account();
                let Some(client) = trial.open(&json!({"accounts": [account]})) else { return };
                let token = if right { account["webhook_token"].clone() } else { json!("otro") };
                let mut body = push(&token, &details.clone().unwrap_or_default());
                if details.is_none()
                    && let Value::Object(body) = &mut body
                {
                    body.remove("details");
                }
                let request = json!({"account": "mensajeros_urbanos", "body": body.to_string()});
                let answer = trial.ask(&client, "webhook", request);
                let code = if right { "carrier_response" } else { "authentication" };
                trial.wants_error(&answer, &[code], &["none"]);
                trial.want(!right || !answer.at("/error/raw").is_null(), "`raw` is there");
            }));
        }
    }
    for (name, body) in [("an empty body", ""), ("{}", "{}"), ("[]", "[]"), ("null", "null"), ("false", "false")] {
        rows.push(Row::new("body", "mensajeros_urbanos", "webhook", format!("a push that is {name}"), move |trial| {
            let host = Host::new(Carrier::MensajerosUrbanos);
            let Some(client) = trial.open(&json!({"accounts": [host.account()]})) else { return };
            let answer = trial.ask(&client, "webhook", json!({"account": "mensajeros_urbanos", "body": body}));
            // Refused for its missing token, or because nothing could have one.
            trial.wants_error(&answer, &["authentication", "carrier_response", "invalid_request"], &["none"]);
        }));
    }
}

/// Labels and pictures.
fn labels(rows: &mut Vec<Row>) {
    let cut = LABEL.replace("%%EOF\n", "");
    let cases: Vec<(&str, &str, Vec<u8>, bool)> = vec![
        ("as it should be", "application/pdf", LABEL.into(), true),
        ("after blanks", "application/pdf", format!(" \r\n\t{LABEL}").into(), true),
        ("after a BOM", "application/pdf", format!("\u{feff}{LABEL}").into(), true),
        ("with blanks after its end", "application/pdf", format!("{LABEL}\r\n\r\n").into(), true),
        ("said to be JSON", "application/json", LABEL.into(), true),
        ("without its end", "application/pdf", cut.clone().into(), false),
        ("of its first line alone", "application/pdf", "%PDF-1.4\n".into(), false),
        ("without its end, as octets", "application/octet-stream", cut.into(), false),
        ("that is an HTML page", "text/html", PAGE.into(), false),
        ("that is an HTML page said to be a PDF", "application/pdf", PAGE.into(), false),
        ("that is a page naming %PDF", "text/html", format!("<html>{LABEL}</html>").into(), false),
        ("that is an error", "application/json", br#"{"title":"error interno"}"#.to_vec(), false),
        ("that is empty", "application/pdf", Vec::new(), false),
    ];
    for (name, content_type, body, good) in cases {
        for saved in [false, true] {
            let condition = format!("a label {name}{}", if saved { ", saved" } else { "" });
            let body = body.clone();
            rows.push(Row::new("body", "fruno", "document (label)", condition, move |trial| {
                let host = Host::new(Carrier::Fruno);
                host.spoil("label", usize::MAX, move |_| Reply::new(200, content_type, body.clone()).wire());
                let Some(client) = trial.open(&host.config(&json!({"timeout_ms": patience("label")}))) else { return };
                let mut request = json!({"account": "fruno", "id": "GUIA456", "kind": "label"});
                let file = fresh("label.pdf");
                if saved {
                    request["save_to"] = json!(file);
                }
                let answer = trial.ask(&client, "document", request);
                if good {
                    let kind = ("/data/documents/0/content_type", json!("application/pdf"));
                    trial.wants(&answer, &WantOk(vec![kind]));
                    if saved {
                        let bytes = std::fs::read(&file).unwrap_or_default();
                        trial.want(bytes.starts_with(b"%PDF"), "the file begins with %PDF");
                    } else {
                        // %PDF in base64.
                        let text = answer.text("/data/documents/0/base64");
                        trial.want(text.starts_with("JVBERi"), "the document begins with %PDF");
                    }
                } else {
                    trial.wants_error(&answer, &["not_ready", "carrier_response"], &["none"]);
                    trial.want(!file.exists(), "no file is left");
                }
            }));
        }
    }
    // A cut label is asked for again: the next one is whole.
    rows.push(Row::new("body", "fruno", "document (label)", "a cut label, then a whole one", |trial| {
        let host = Host::new(Carrier::Fruno);
        host.spoil("label", 2, |_| Reply::new(200, "application/pdf", "%PDF-1.4\n1 0 obj\n").wire());
        let Some(client) = trial.open(&host.config(&json!({"timeout_ms": 15000}))) else { return };
        let label = json!({"account": "fruno", "id": "GUIA456", "kind": "label"});
        let answer = trial.ask(&client, "document", label);
        trial.wants(&answer, &WantOk(vec![("/data/documents/0/size", json!(LABEL.len()))]));
    }));
    let pictures: Vec<(&str, &str, &str)> = vec![
        ("an HTML page", "text/html", PAGE),
        ("an HTML page said to be a PNG", "image/png", PAGE),
        ("an error", "application/json", r#"{"title":"error interno"}"#),
        ("empty", "image/png", ""),
    ];
    for (name, content_type, body) in pictures {
        rows.push(Row::new("body", "fruno", "document (image)", format!("a picture that is {name}"), move |trial| {
            let host = Host::new(Carrier::Fruno);
            host.spoil("image", usize::MAX, move |_| Reply::new(200, content_type, body).wire());
            let Some(client) = trial.open(&host.config(&json!({"timeout_ms": patience("label")}))) else { return };
            let proof = json!({"account": "fruno", "id": "GUIA456", "kind": "proof_of_delivery"});
            let answer = trial.ask(&client, "document", proof);
            trial.wants_error(&answer, &["carrier_response", "not_ready"], &["none"]);
        }));
    }
}

/// Every page of a list, one of which is an error.
fn pages(rows: &mut Vec<Row>) {
    for (carrier, operation, op) in
        [(Carrier::Fruno, "parcels.list", "list"), (Carrier::Apunto, "operations.list", "list")]
    {
        for body in BODIES.iter().filter(|body| body.error || body.body.is_empty() || body.body == "{}") {
            let body = *body;
            let condition = format!("the second page is {}", body.name);
            rows.push(Row::new("body", carrier.code(), "call (all pages)", condition, move |trial| {
                let host = Host::new(carrier);
                host.model(|model| model.per_page = 1);
                host.plan(move |asked, before| match asked.op == op && before == 1 {
                    true => Act::Change(Box::new(move |_| Reply::new(200, body.content_type, body.body).wire())),
                    false => Act::Good,
                });
                let Some(client) = trial.open(&host.config(&json!({"timeout_ms": 20_000}))) else { return };
                let request = json!({"account": carrier.code(), "operation": operation, "all": true});
                let answer = trial.ask(&client, "call", request);
                trial.wants_error(&answer, &["carrier_response"], &["none"]);
            }));
        }
    }
    // Entries that can't be read never cost the rest of a list.
    for carrier in each_carrier().filter(|carrier| carrier.finds()) {
        for (name, entry) in [
            ("null", "null"),
            ("false", "false"),
            ("a text", r#""GUIA""#),
            ("a number", "7"),
            ("[]", "[]"),
            ("{}", "{}"),
            ("without a number of its own", r#"{"estado":"entregado","status":"active","status_id":1}"#),
        ] {
            rows.push(Row::new("body", carrier.code(), "list", format!("an entry that is {name}"), move |trial| {
                let host = Host::new(carrier);
                host.spoil("list", usize::MAX, move |mut reply| {
                    let text = String::from_utf8_lossy(&reply.body).into_owned();
                    let mut text = text.clone();
                    for name in [r#""paquetes":["#, r#""result":["#, r#""operations":["#] {
                        // An empty page of Mensajeros Urbanos stays empty.
                        if !text.contains(&format!("{name}]")) {
                            text = text.replace(name, &format!("{name}{entry},"));
                        }
                    }
                    reply.body = text.into_bytes();
                    reply.wire()
                });
                let Some(client) = trial.open(&host.config(&json!({"state": fresh("state.db")}))) else { return };
                let answer = trial.ask(&client, "list", json!({"account": carrier.code()}));
                trial.want(answer.ok(), "wanted ok");
                let ids: Vec<&str> = answer
                    .at("/data/shipments")
                    .as_array()
                    .map_or(&[][..], Vec::as_slice)
                    .iter()
                    .filter_map(|shipment| shipment["id"].as_str())
                    .collect();
                let first = ["GUIA456", "56ce313b3235d", "123"];
                let whole = ids.iter().any(|id| first.contains(id)) && ids.contains(&"9000");
                trial.want(whole, format!("the other shipments are there: {ids:?}"));
                trial.want(!ids.contains(&""), "no shipment has an empty id");
                // And a lost create is found behind it.
                host.plan(move |asked, before| match asked.op == "create" && before == 0 {
                    true => Act::Change(Box::new(|_| Wire::nothing())),
                    false => Act::Good,
                });
                trial.ask(&client, "create", carrier.keyed("pedido-1"));
                std::thread::sleep(Duration::from_millis(150));
                let again = trial.ask(&client, "create", carrier.keyed("pedido-1"));
                trial.wants(&again, &WantOk(vec![("/data/replayed", json!(true))]));
                trial.made(&host, 1);
            }));
        }
    }
}
