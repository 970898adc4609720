//! Errors stay small and clean, and say what is known of the shipment.

use super::json::reply_name;
use crate::carriers::{Carrier, REASON, Reads};
use crate::host::{Act, Asked, Host, Reply, Wire};
use crate::row::{Answer, Row, Trial, WantOk, each_carrier, fresh};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub fn rows(rows: &mut Vec<Row>) {
    for carrier in each_carrier() {
        for reads in carrier.reads() {
            if ["events", "service"].contains(&reads.op) {
                continue;
            }
            sizes(rows, carrier, &reads);
            secrets(rows, carrier, &reads);
            waits(rows, carrier, &reads);
        }
        if carrier.finds() {
            limits(rows, carrier);
        }
    }
    deletions(rows);
    filters(rows);
    late_cancels(rows);
    lost_cancels(rows);
    districts(rows);
}

// ---- Sizes

/// A carrier's refusal that is very long.
fn endless(carrier: Carrier) -> Vec<(&'static str, Reply)> {
    let long = "El campo no es válido. ".repeat(4500);
    let many: Vec<Value> = (0..900).map(|index| json!({"nombre": format!("campo{index}"), "error": "no"})).collect();
    let by_field: Map<String, Value> =
        (0..900).map(|index| (format!("field{index}"), json!(["no", long.get(..200)]))).collect();
    let own = match carrier {
        Carrier::Fruno => json!({"type": long, "title": long, "incidente": long, "datos-inválidos": many}),
        Carrier::MensajerosUrbanos | Carrier::MensajerosUrbanosV2 => {
            json!({"status": "error", "status_code": 400, "message": format!("[type_service] {long}\n").repeat(3)})
        }
        Carrier::Apunto => json!({"error": long, "message": long, "details": by_field, "status": 400}),
        Carrier::Almex => json!({"success": false, "code": 400, "message": long, "title": long, "traceId": long}),
    };
    let field = match carrier {
        Carrier::Fruno => {
            json!({"title": "no", "datos-inválidos": [{"nombre": long.replace(' ', "_"), "error": long}]})
        }
        Carrier::MensajerosUrbanos | Carrier::MensajerosUrbanosV2 => {
            json!({"status": "error", "status_code": 400, "message": format!("[{}] {long}", "x".repeat(9000))})
        }
        Carrier::Apunto => json!({"error": "no", "details": {"x".repeat(9000): [long]}}),
        Carrier::Almex => json!({"title": "no", "errors": {"x".repeat(9000): [long]}}),
    };
    vec![
        ("100 KB of messages", Reply::json(400, &own)),
        ("a field of 100 KB", Reply::json(400, &field)),
        ("100 KB of plain text", Reply::new(400, "text/plain", long.clone())),
        ("100 KB of HTML", Reply::new(500, "text/html", format!("<html><body>{long}</body></html>"))),
        ("100 KB of JSON in a 2xx", Reply::json(200, &json!({"error": long}))),
        ("deep JSON", Reply::new(400, "application/json", format!("{}{}", "[".repeat(50_000), "]".repeat(50_000)))),
    ]
}

fn sizes(rows: &mut Vec<Row>, carrier: Carrier, reads: &Reads) {
    for index in 0..6 {
        let (op, method, request) = (reads.op, reads.method, reads.request.clone());
        let name = endless(carrier)[index].0;
        rows.push(Row::new("errors", carrier.code(), reply_name(method, op), name, move |trial| {
            let host = Host::new(carrier);
            host.plan(move |asked, _| match asked.op == op {
                true => Act::instead(endless(carrier).swap_remove(index).1),
                false => Act::Good,
            });
            let Some(client) = trial.open(&host.config(&json!({"timeout_ms": super::body::patience(op)}))) else {
                return;
            };
            let answer = trial.ask(&client, method, request);
            trial.want(!answer.ok(), "wanted an error");
            small(trial, &answer);
        }));
    }
}

/// §2: no text is longer than 1,000 characters, and `raw` is cut at 16 KiB.
fn small(trial: &mut Trial, answer: &Answer) {
    let error = answer.at("/error");
    let raw = &error["raw"];
    let length = raw.as_str().map_or_else(|| raw.to_string().len(), str::len);
    trial.want(length <= 16 * 1024 + 8, format!("`raw` has {length} bytes"));
    let mut rest = error.clone();
    rest["raw"] = Value::Null;
    let longest = longest(&rest);
    trial.want(longest <= 1000, format!("a text has {longest} characters"));
    let whole = answer.0.to_string().len();
    trial.want(whole <= 300_000, format!("the envelope has {whole} bytes"));
}

fn longest(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.iter().map(longest).max().unwrap_or_default(),
        Value::Object(names) => {
            names.iter().map(|(name, value)| name.chars().count().max(longest(value))).max().unwrap_or_default()
        }
        _ => 0,
    }
}

// ---- Secrets

/// How a carrier may send a secret back.
type Echo = (&'static str, fn(&str) -> Value);

const ECHOES: &[Echo] = &[
    ("as a name", |secret| json!({secret: "x"})),
    ("as a name, deep", |secret| json!({"a": [{"b": {secret: {"c": 1}}}]})),
    ("within a name", |secret| json!({format!("param {secret}="): "x"})),
    ("as a name and a value", |secret| json!({secret: secret})),
    ("as a name of JSON in a text", |secret| json!({"eco": json!({secret: "x"}).to_string()})),
    (
        "as a field's name",
        |secret| json!({"datos-inválidos": [{"nombre": secret, "error": "no"}], "details": {secret: ["no"]}, "errors": {secret: ["no"]}}),
    ),
    ("as a value", |secret| json!({"eco": format!("recibido: {secret}")})),
];

fn secret_of(account: &Value) -> String {
    let name = ["client_secret", "password", "key", "token"].into_iter().find(|name| account[name].is_string());
    account[name.unwrap_or_default()].as_str().unwrap_or_default().to_owned()
}

fn secrets(rows: &mut Vec<Row>, carrier: Carrier, reads: &Reads) {
    for (name, echo) in ECHOES {
        for status in [400, 500] {
            let (op, method, request) = (reads.op, reads.method, reads.request.clone());
            let condition = format!("a secret sent back {name}, {status}");
            rows.push(Row::new("errors", carrier.code(), reply_name(method, op), condition, move |trial| {
                let host = Host::new(carrier);
                let config = host.config(&json!({"timeout_ms": super::body::patience(op)}));
                let secret = secret_of(&config["accounts"][0]);
                let body = {
                    let mut body = echo(&secret);
                    body["title"] = json!("Errores");
                    body["message"] = json!("Errores");
                    body
                };
                host.plan(move |asked, _| match asked.op == op {
                    true => Act::instead(Reply::json(status, &body)),
                    false => Act::Good,
                });
                let Some(client) = trial.open(&config) else { return };
                let answer = trial.ask(&client, method, request);
                trial.want(!answer.ok(), "wanted an error");
                trial.want(!answer.0.to_string().contains(&secret), format!("the secret {secret} is shown"));
            }));
        }
    }
    if reads.text && !["token", "address"].contains(&reads.op) && !["document", "call"].contains(&reads.method) {
        let (op, method, request) = (reads.op, reads.method, reads.request.clone());
        let condition = "a secret as a name in a good reply";
        rows.push(Row::new("errors", carrier.code(), reply_name(method, op), condition, move |trial| {
            let host = Host::new(carrier);
            let config = host.config(&json!({}));
            let secret = secret_of(&config["accounts"][0]);
            let name = secret.clone();
            host.spoil(op, usize::MAX, move |mut reply| {
                let text = String::from_utf8_lossy(&reply.body).into_owned();
                let text = text.replace("\"@@texto@@\"", &json!({name.clone(): "x"}).to_string());
                reply.body = text.into_bytes();
                reply.wire()
            });
            let Some(client) = trial.open(&config) else { return };
            let answer = trial.ask(&client, method, request);
            trial.want(answer.ok(), "wanted ok");
            trial.want(!answer.0.to_string().contains(&secret), format!("the secret {secret} is shown"));
        }));
    }
}

// ---- Waits

fn waits(rows: &mut Vec<Row>, carrier: Carrier, reads: &Reads) {
    let bodies: &[(&str, &str)] = &[
        ("a number", r#"{"error":"Rate limit","retry_after":30}"#),
        ("a text", r#"{"message":"Demasiadas solicitudes","retry_after":"30"}"#),
        ("a number with digits", r#"{"title":"Demasiadas","retry_after":30.0}"#),
    ];
    for (name, body) in bodies {
        let (op, method, request) = (reads.op, reads.method, reads.request.clone());
        let condition = format!("429 whose retry_after is {name} in the body");
        rows.push(Row::new("errors", carrier.code(), reply_name(method, op), condition, move |trial| {
            let host = Host::new(carrier);
            host.plan(move |asked, _| match asked.op == op {
                true => Act::instead(Reply::new(429, "application/json", *body)),
                false => Act::Good,
            });
            let config = host.config(&json!({"timeout_ms": 20_000, "max_attempts": 4}));
            let Some(client) = trial.open(&config) else { return };
            let answer = trial.ask(&client, method, request);
            trial.wants_error(&answer, &["rate_limited"], &["none"]);
            let wait = answer.at("/error/retry_after_ms").as_u64().unwrap_or_default();
            trial.want((25_000..=30_000).contains(&wait), format!("retry_after_ms is {wait}"));
            // Both ends of an order are saved at the same time.
            let most = if op == "address" { 2 } else { 1 };
            trial.want((1..=most).contains(&host.count(op)), format!("asked {} times", host.count(op)));
            if method == "create" {
                trial.made(&host, 0);
            }
        }));
    }
}

// ---- Native operations that lose their reply

fn deletions(rows: &mut Vec<Row>) {
    let cases: [(Carrier, &str, Value, bool); 13] = [
        (Carrier::Fruno, "addresses.delete", json!({"id": "d1"}), true),
        (Carrier::Fruno, "addresses.update", json!({"id": "d1", "nombre": "Tienda XYZ"}), true),
        (
            Carrier::Fruno,
            "addresses.create",
            json!({"nombre": "Bodega norte", "detalle": "Del parque", "código_distrito": "11501"}),
            true,
        ),
        (Carrier::Fruno, "parcels.cancel", json!({"guía": "GUIA456"}), true),
        (Carrier::Fruno, "contracts.list", json!({}), false),
        (Carrier::Apunto, "operations.delete", json!({"id": 123}), true),
        (Carrier::Apunto, "services.delete", json!({"id": 789}), true),
        (Carrier::Apunto, "messages.delete", json!({"operation_id": 123, "id": 4}), true),
        (Carrier::Apunto, "to_dos.delete", json!({"operation_id": 123, "id": 4}), true),
        (Carrier::Apunto, "to_dos.complete", json!({"operation_id": 123, "id": 4}), true),
        (Carrier::Apunto, "operations.update", json!({"id": 123, "operation": {"status": "active"}}), true),
        (Carrier::Apunto, "contacts.create", json!({"name": "Nuevo", "alias": "NUEVO1", "kind": ["client"]}), true),
        (Carrier::Apunto, "contacts.list", json!({}), false),
    ];
    for (carrier, operation, params, changes) in cases {
        for attempts in [1, 3] {
            let params = params.clone();
            let condition = format!("{operation} loses its reply, attempts: {attempts}");
            rows.push(Row::new("errors", carrier.code(), "call", condition, move |trial| {
                let host = Host::new(carrier);
                host.plan(|asked, _| if asked.op == "token" { Act::Good } else { Act::Instead(Wire::nothing()) });
                let config = host.config(&json!({"max_attempts": attempts, "timeout_ms": 20_000}));
                let Some(client) = trial.open(&config) else { return };
                let request = json!({"account": carrier.code(), "operation": operation, "params": params});
                let answer = trial.ask(&client, "call", request);
                trial.wants_error(&answer, &["network"], if changes { &["unknown"] } else { &["none"] });
            }));
        }
    }
}

// ---- Lists

fn ids(answer: &Answer) -> Vec<String> {
    let shipments = answer.at("/data/shipments").as_array().map_or(&[][..], Vec::as_slice);
    shipments.iter().filter_map(|shipment| shipment["id"].as_str().map(str::to_owned)).collect()
}

/// At most `limit`, and going on by the cursor alone loses and repeats nothing.
fn limits(rows: &mut Vec<Row>, carrier: Carrier) {
    for limit in [1, 2, 3, 4, 5, 7, 50] {
        for per_page in [2, 3, 100] {
            let condition = format!("limit {limit}, pages of {per_page}");
            rows.push(Row::new("errors", carrier.code(), "list", condition, move |trial| {
                let host = Host::new(carrier);
                host.model(|model| model.per_page = per_page);
                let Some(client) = trial.open(&host.config(&json!({}))) else { return };
                for number in 0..5 {
                    let mut order = carrier.order();
                    order["reference"] = json!(format!("{number}"));
                    let made = client.call("create", order);
                    trial.want(made.is_ok(), "an order is made");
                }
                let mut all = Vec::new();
                let mut request = json!({"account": carrier.code(), "limit": limit});
                for _ in 0..30 {
                    let answer = trial.ask(&client, "list", request);
                    trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
                    let page = ids(&answer);
                    trial.want(page.len() <= limit, format!("at most {limit}, came {}", page.len()));
                    all.extend(page);
                    let cursor = answer.at("/data/next_cursor").clone();
                    if !answer.ok() || cursor.is_null() {
                        break;
                    }
                    request = json!({"account": carrier.code(), "limit": limit, "cursor": cursor});
                }
                let once: BTreeSet<&String> = all.iter().collect();
                trial.want(all.len() == once.len(), format!("nothing is repeated: {all:?}"));
                trial.want(once.len() == 7, format!("nothing is lost: {all:?}"));
            }));
        }
    }
}

fn filters(rows: &mut Vec<Row>) {
    for (name, filter, sent, value) in [
        ("status", json!({"status": "pre_transit"}), "estado", "porrecolectar"),
        ("date", json!({"date": "2026-11-27"}), "fecha", "2026-11-27"),
    ] {
        for with_limit in [false, true] {
            let filter = filter.clone();
            let condition = format!("a cursor keeps the {name}, with a limit: {with_limit}");
            rows.push(Row::new("errors", "fruno", "list", condition, move |trial| {
                let host = Host::new(Carrier::Fruno);
                host.model(|model| model.per_page = 2);
                let Some(client) = trial.open(&host.config(&json!({}))) else { return };
                for _ in 0..5 {
                    drop(client.call("create", Carrier::Fruno.order()));
                }
                let mut request = filter;
                request["account"] = json!("fruno");
                if with_limit {
                    request["limit"] = json!(1);
                }
                let mut answer = trial.ask(&client, "list", request);
                let mut all = ids(&answer);
                for _ in 0..10 {
                    let cursor = answer.at("/data/next_cursor").clone();
                    if cursor.is_null() {
                        break;
                    }
                    answer = trial.ask(&client, "list", json!({"account": "fruno", "cursor": cursor}));
                    trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
                    all.extend(ids(&answer));
                }
                let asked: Vec<Asked> = host.seen().into_iter().filter(|asked| asked.op == "list").collect();
                trial.want(asked.len() > 1, "several pages");
                let kept = asked.iter().all(|asked| asked.param(sent).as_deref() == Some(value));
                let queries: Vec<_> = asked.iter().map(|asked| asked.query.clone()).collect();
                trial.want(kept, format!("every page is filtered: {queries:?}"));
                if sent == "estado" {
                    let wanted = ["1001", "1002", "1003", "1004", "1005"];
                    trial.want(all == wanted, format!("the five that are so: {all:?}"));
                }
            }));
        }
    }
}

// ---- Cancels

fn late_cancels(rows: &mut Vec<Row>) {
    let refusal = |name: &str, error: &str| {
        let fields = json!([{"nombre": name, "error": error}]);
        json!({"title": "Errores de validación", "datos-inválidos": fields})
    };
    let cases = [
        ("estado", "El paquete no se encuentra en un estado en el que pueda ser cancelado.", true),
        ("estado", "El paquete ya no está en un estado en que se pueda cancelar", true),
        ("guía", "El paquete no está en un estado que permita cancelarlo.", true),
        ("", "EL PAQUETE YA NO ESTÁ EN UN ESTADO EN EL QUE SE PUEDA CANCELAR", true),
        ("estado", "El paquete no puede ser cancelado en su estado actual", true),
        ("estado", "El paquete no esta en un estado valido para cancelarse", true),
        ("guía", "El número de guía no tiene el formato correcto.", false),
    ];
    for (name, error, late) in cases {
        let body = refusal(name, error);
        rows.push(Row::new("errors", "fruno", "cancel", format!("400 under {name:?}: {error}"), move |trial| {
            let host = Host::new(Carrier::Fruno);
            let body = body.clone();
            host.plan(move |asked, _| match asked.op {
                "cancel" => Act::instead(Reply::json(400, &body)),
                _ => Act::Good,
            });
            let Some(client) = trial.open(&host.config(&json!({}))) else { return };
            let answer = trial.ask(&client, "cancel", json!({"account": "fruno", "id": "GUIA456"}));
            trial.wants_error(&answer, &[if late { "conflict" } else { "validation" }], &["none"]);
            trial.want(answer.at("/error/retryable") == false, "not retryable");
        }));
    }
}

fn lost_cancels(rows: &mut Vec<Row>) {
    // The carrier, its states, and the answer to a cancel that lost its reply.
    let cases: [(Carrier, Value, bool, &str); 8] = [
        (Carrier::Fruno, json!(null), true, "ok"),
        (Carrier::Fruno, json!({"estado": "entregado"}), false, "conflict"),
        (Carrier::Fruno, json!({"estado": "entránsito"}), false, "lost"),
        (Carrier::Fruno, json!({"estado": "porrecolectar"}), false, "lost"),
        (Carrier::Apunto, json!(null), true, "ok"),
        (Carrier::Apunto, json!({"status": "active"}), false, "lost"),
        (Carrier::Apunto, json!({"status": "confirmed"}), false, "lost"),
        (Carrier::Apunto, json!({"status": "canceled"}), false, "ok"),
    ];
    for (carrier, state, done, wanted) in cases {
        for (how, status) in [("the connection breaks", 0), ("a 502", 502), ("a page in a 200", 200)] {
            let state = state.clone();
            let condition = format!("its reply is lost ({how}), done: {done}, the state is {state}");
            rows.push(Row::new("errors", carrier.code(), "cancel", condition, move |trial| {
                let host = Host::new(carrier);
                host.model(|model| model.state = if state.is_null() { None } else { Some(state.clone()) });
                host.plan(move |asked, _| {
                    if asked.op != "cancel" {
                        return Act::Good;
                    }
                    let lost = match status {
                        0 => Wire::nothing(),
                        status => Reply::new(status, "text/html", "<html>Bad gateway</html>").wire(),
                    };
                    if done { Act::Change(Box::new(move |_| lost)) } else { Act::Instead(lost) }
                });
                let Some(client) = trial.open(&host.config(&json!({}))) else { return };
                let id = carrier.seeded();
                let request = json!({"account": carrier.code(), "id": id, "reason": REASON});
                let answer = trial.ask(&client, "cancel", request);
                trial.saw(&host);
                match wanted {
                    "ok" => trial.wants(&answer, &WantOk(vec![("/data/status", json!("cancelled"))])),
                    "conflict" => trial.wants_error(&answer, &["conflict"], &["none"]),
                    _ => {
                        trial.want(!answer.ok() && answer.code() != "conflict", "wanted an error that isn't a conflict")
                    }
                }
                // The state is read like `track` or with fewer requests; after a refusal by status it need not be read.
                if wanted != "lost" || (carrier == Carrier::Fruno && status == 0) {
                    let asked = host.count("track") + host.count("state");
                    trial.want(asked > 0, "the state was asked for");
                }
            }));
        }
    }
}

// ---- Districts

fn districts(rows: &mut Vec<Row>) {
    let names: [(&str, &[&str]); 5] = [
        ("id_dirección_fuente", &["origin.district_code"]),
        ("id_dirección_destino", &["destination.district_code"]),
        ("id_direccion_destino", &["destination.district_code"]),
        ("id_direccio\u{301}n_fuente", &["origin.district_code"]),
        ("both", &["origin.district_code", "destination.district_code"]),
    ];
    let errors = [
        "El distrito no cuenta con servicio",
        "El distrito no cuenta con servicio.",
        "EL DISTRITO NO CUENTA CON SERVICIO",
        "El distrito 11501 no cuenta con servicio en este momento",
    ];
    for (name, wanted) in names {
        for error in errors {
            for before in [false, true] {
                let saved = if before { "saved before" } else { "new" };
                let condition = format!("{error} under {name}, addresses {saved}");
                rows.push(Row::new("errors", "fruno", "create", condition, move |trial| {
                    let host = Host::new(Carrier::Fruno);
                    let Some(client) = trial.open(&host.config(&json!({"state": fresh("state.db")}))) else { return };
                    if before {
                        let made = trial.ask(&client, "create", Carrier::Fruno.order());
                        trial.want(made.ok(), "a first one is made");
                    }
                    let (addresses, creates) = (host.count("address"), host.count("create"));
                    let places: Vec<&str> =
                        if name == "both" { vec!["id_dirección_fuente", "id_dirección_destino"] } else { vec![name] };
                    let fields: Vec<Value> =
                        places.iter().map(|name| json!({"nombre": name, "error": error})).collect();
                    let body = json!({"title": "Errores de validación", "datos-inválidos": fields});
                    host.plan(move |asked, _| match asked.op {
                        "create" => Act::instead(Reply::json(400, &body)),
                        _ => Act::Good,
                    });
                    let mut order = Carrier::Fruno.keyed("pedido-1");
                    order["notes"] = json!("otra");
                    let answer = trial.ask(&client, "create", order.clone());
                    trial.saw(&host);
                    trial.wants_error(&answer, &["validation"], &["none"]);
                    let fields = answer.fields();
                    for field in wanted {
                        trial.want(fields.contains(field), format!("{field} is named: {fields:?}"));
                    }
                    trial.want(host.count("create") == creates + 1, "it is sent once");
                    let new = host.count("address") - addresses;
                    trial.want(new == if before { 0 } else { 2 }, format!("{new} addresses were made"));
                    let looked = host.count("addresses") + host.count("address_get");
                    trial.want(looked == 0, format!("addresses were looked up {looked} times"));
                    // The key is free again.
                    host.calm();
                    order["destination"]["district_code"] = json!("11605");
                    let again = trial.ask(&client, "create", order);
                    trial.want(again.at("/data/replayed") == false, "the key is free for another content");
                    trial.made(&host, if before { 2 } else { 1 });
                    trial.duplicates = 0;
                }));
            }
        }
    }
}
