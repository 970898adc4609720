//! `raw` is what the carrier wrote: each carrier, each method that has one. Its digits and its order stay, where the
//! whole reply is shown even its blanks and escapes; and no secret stays, however it is written.

use crate::common;
use crate::common::scripted::Scripted;
use crate::replies::{TOKEN, account, order, usual};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// A method, and a good reply to the request that it depends on. `@` stands for another member.
struct Way {
    carrier: &'static str,
    method: &'static str,
    request: Value,
    line: &'static str,
    body: &'static str,
    /// Whether `raw` is the reply itself; else it is a part of it, and is written again.
    whole: bool,
}

fn ways() -> Vec<Way> {
    let way = |carrier, method, request, line, body, whole| Way { carrier, method, request, line, body, whole };
    let (fruno, almex, apunto, urbanos, v2) = ("fruno", "almex", "apunto", "mensajeros_urbanos", "v2");
    let id = || json!({"id": "GUIA1"});
    let with = |mut order: Value, name: &str, value: Value| {
        order[name] = value;
        order
    };
    let priced = with(order(apunto), "options", json!({"apunto": {"quote_request_id": 7}}));
    let several =
        with(order(fruno), "parcels", json!([common::parcel(), with(common::parcel(), "description", json!("b"))]));
    vec![
        way(fruno, "quote", order(fruno), "GET /v1/paquetes/costo", r#"{ "precio":2500.10,"moneda":"CRC", @}"#, true),
        way(fruno, "quote", several, "GET /v1/paquetes/costo", r#"{"precio":2500.10, @, "moneda":"CRC"}"#, true),
        way(fruno, "create", order(fruno), "POST /v1/paquetes", r#"{"guía":"G1", @}"#, true),
        way(fruno, "track", id(), "GET /v1/paquetes/GUIA1", r#"{@ ,"guía":"G1","estado":"entránsito"}"#, true),
        way(fruno, "list", json!({}), "GET /v1/paquetes", r#"{"paquetes":[{"guía":"G1", @}]}"#, false),
        way(fruno, "cancel", id(), "PUT /v1/paquetes/GUIA1/cancelar", r#"{"estado":"cancelado", @}"#, true),
        way(almex, "quote", order(almex), "POST /quote/rate", r#"{"success":true,"response":{"x":1}, @}"#, true),
        way(
            almex,
            "quote",
            order(almex),
            "POST /quote/rate",
            r#"{"success":true,"response":{"total":1.10, @}}"#,
            false,
        ),
        way(
            almex,
            "create",
            order(almex),
            "POST /pickuprequest/generate",
            r#"{"success":true,"response":"07053846188", @}"#,
            true,
        ),
        way(
            almex,
            "track",
            id(),
            "GET /tracking/GUIA1/lastevent",
            r#"{"success":true,"response":{"trackingIdEvent":4}, @}"#,
            true,
        ),
        way(
            apunto,
            "quote",
            priced,
            "GET /quote_requests/7/quote_request_pricings",
            r#"{"pricings":[{"total_price":1.10, @}]}"#,
            false,
        ),
        way(
            apunto,
            "create",
            order(apunto),
            "POST /operations",
            r#"{"operation":{"id":5,"status":"confirmed", @}}"#,
            false,
        ),
        way(apunto, "track", id(), "GET /operations/GUIA1", r#"{"operation":{"id":5,"services":[], @}}"#, false),
        way(apunto, "list", json!({}), "GET /operations", r#"{"operations":[{"id":5, @}]}"#, false),
        way(
            urbanos,
            "quote",
            order(urbanos),
            "POST /delivery/calculation",
            r#"{"status":"success","data":{"total_service":4900, @}}"#,
            true,
        ),
        way(
            urbanos,
            "create",
            order(urbanos),
            "POST /delivery/create",
            r#"{"status":"success","data":{"uuid":"u7", @}}"#,
            true,
        ),
        way(
            urbanos,
            "track",
            json!({"id": "task:5"}),
            "POST /task",
            r#"{"status":"success","data":{"task_id":5,"status_id":4, @}}"#,
            true,
        ),
        way(
            urbanos,
            "list",
            json!({}),
            "POST /tasksP",
            r#"{"status":"success","data":{"total_pages":1,"result":[{"uuid":"u7", @}]}}"#,
            false,
        ),
        way(
            v2,
            "quote",
            order(urbanos),
            "POST /api/calculate",
            r#"{"status":"success","data":{"total_service":4900}, @}"#,
            true,
        ),
        way(
            v2,
            "track",
            id(),
            "POST /api/track",
            r#"{"status":"success","data":{"uuid":"GUIA1","status_id":4, @}}"#,
            true,
        ),
        way(
            v2,
            "track",
            id(),
            "POST /api/track",
            r#"{"status":"success","data":[{"uuid":"GUIA1","status_id":4, @}]}"#,
            false,
        ),
    ]
}

impl Way {
    /// The carrier, and what calls the method: its reply has a member then.
    fn open(&self) -> impl Fn(&str) -> String {
        let (line, member) = (self.line, Arc::new(Mutex::new(String::new())));
        let (body, added) = (self.body, Arc::clone(&member));
        let host = Scripted::start(move |got| match got.line() == line {
            true => (200, body.replace('@', &added.lock().unwrap())),
            false => usual(got),
        });
        let account = match self.carrier {
            "v2" => json!({
                "carrier": "mensajeros_urbanos", "api": "v2", "token": "llave secreta", "base_url": host.url,
            }),
            carrier => account(carrier, &host.url),
        };
        let (client, method, request) = (common::client(account), self.method, self.request.to_string());
        let name = format!("{} {method} {line}", self.carrier);
        move |text| {
            text.clone_into(&mut member.lock().unwrap());
            client.invoke(method, &request).unwrap_or_else(|error| panic!("{name}: {error}"))
        }
    }

    fn secret(&self) -> &'static str {
        if matches!(self.carrier, "almex" | "mensajeros_urbanos") { "clave secreta" } else { "llave secreta" }
    }
}

#[test]
fn raw_is_what_the_carrier_wrote() {
    const WRITTEN: &str =
        r#""zz": {"b" :2500.10,"a":1E+2,"n": [-0.50, 12345678901234567890.5],"t":"\u00e1\/\"ñ 😀 & 100% +57"}"#;
    const AGAIN: &str = r#""zz":{"b":2500.10,"a":1E+2,"n":[-0.50,12345678901234567890.5],"t":"á/\"ñ 😀 & 100% +57"}"#;
    for way in ways() {
        let called = way.open();
        let reply = called(WRITTEN);
        let expected = if way.whole { way.body.replace('@', WRITTEN) } else { AGAIN.to_owned() };
        assert!(reply.contains(&expected), "{} {}: {expected} in {reply}", way.carrier, way.method);
        // With line breaks it is written again: a host may keep replies as lines.
        let reply = called(&WRITTEN.replace(", ", ",\r\n"));
        assert!(reply.contains(AGAIN) && !reply.contains('\n'), "{} {}: {reply}", way.carrier, way.method);
        // And so is what isn't strict JSON.
        let reply = called(&WRITTEN.replace("]", ",]"));
        assert!(reply.contains(AGAIN), "{} {}: {reply}", way.carrier, way.method);
    }
}

#[test]
fn raw_has_no_secret_however_the_carrier_writes_it() {
    let escaped = |text: &str| text.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect::<String>();
    let token = serde_json::from_str::<Value>(TOKEN).unwrap()["token"].as_str().unwrap().to_owned();
    for way in ways() {
        let (called, secret) = (way.open(), way.secret());
        let (first, last) = secret.split_once(' ').unwrap();
        let mut spellings: Vec<String> = [
            secret.to_owned(),
            format!("{first}\\u0020{last}"),
            escaped(secret),
            format!("{first}%20{last}"),
            format!("{first}\\u002520{last}"),
            format!("{first}+{last}"),
            format!("{first}&#32;{last}"),
            format!("{first}\\u0026#x20;{last}"),
            format!("{{\\\"key\\\": \\\"{first}\\\\u0020{last}\\\"}}"),
        ]
        .into_iter()
        .flat_map(|text| [format!(r#""note":"<{text}>""#), format!(r#""{text}":1"#), format!(r#""x":"{text}","x":1"#)])
        .collect();
        spellings.extend(
            ["token", "access_token", "Subscription-Key", "to\\u006ben"].map(|name| format!(r#""{name}":"hidden""#)),
        );
        spellings.push(r#""x":{"password":"hidden"},"x":1"#.to_owned());
        if matches!(way.carrier, "almex" | "mensajeros_urbanos") {
            spellings.push(format!(r#""note":"{token}""#));
            spellings.push(format!(r#""note":"{}""#, escaped(&token)));
        }
        for spelling in spellings {
            let reply = called(&format!(r#""zz": {{"b": 2500.10, {spelling}, "c": 0.50}}"#));
            let name = format!("{} {} {spelling}: {reply}", way.carrier, way.method);
            // What a parser and a person make of it.
            let plain = serde_json::from_str::<Value>(&reply).unwrap().to_string();
            let plain =
                plain.replace("%20", " ").replace("&#32;", " ").replace("&#x20;", " ").replace("\\\\u0020", " ");
            for text in [&reply, &plain, &plain.replace('+', " ")] {
                assert!(!text.contains(secret) && !text.contains(&token) && !text.contains("hidden"), "{name}");
            }
            assert!(!reply.contains(spelling.as_str()), "{name}");
            assert!(reply.contains(r#""zz":{"b":2500.10,"#) && reply.contains(r#","c":0.50}"#), "{name}");
        }
    }
}
