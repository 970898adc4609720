//! Apunto's simulator over HTTP, against the API reference's sample replies. Here: how it is asked; the other files have the tests.

mod accounting;
mod every;
mod files;
mod gate;
mod life;
mod resources;
mod sales;

use super::super::Sandbox;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A sandbox and the token that it is asked with.
struct Desk {
    sandbox: Sandbox,
    token: String,
}

/// Status, headers, and the body (null when there is none).
type Reply = (u16, String, Value);

impl Desk {
    fn open() -> Desk {
        Desk { sandbox: Sandbox::start().expect("a sandbox"), token: "sandbox-token".into() }
    }

    fn with(settings: &Value) -> Desk {
        let desk = Desk::open();
        desk.set(settings);
        desk
    }

    fn control(&self, path: &str, body: &Value) -> Value {
        self.sandbox.control("apunto", "POST", path, body)
    }

    fn set(&self, settings: &Value) {
        assert_eq!(self.control("settings", settings), json!({}));
    }

    fn whole(&self, method: &str, path: &str, body: &Value) -> Reply {
        let url = self.sandbox.base_url("apunto").expect("a base URL");
        let rest = url.strip_prefix("http://").expect("plain HTTP");
        let (host, base) = rest.split_once('/').expect("a path");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(host).expect("a connection");
        let wait = Some(Duration::from_secs(10));
        stream.set_read_timeout(wait).expect("a timeout");
        let head = format!(
            "{method} /{base}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("sent");
        let mut all = String::new();
        stream.read_to_string(&mut all).expect("a reply");
        let (head, body) = all.split_once("\r\n\r\n").expect("a head");
        let status = head[9..12].parse().expect("a status");
        let body = serde_json::from_str(body).unwrap_or(Value::Null);
        (status, head.to_owned(), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (status, _, body) = self.whole(method, path, body);
        (status, body)
    }

    fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let (status, body) = self.ask("POST", path, body);
        assert_eq!(status, 201, "{path}: {body}");
        body
    }

    fn operation(&self, reference: &str) -> u64 {
        let sent = json!({"operation": {
            "contact_code": "ACME", "kind": "importation", "mode": "maritime", "client_ref": reference,
            "tag_list": ["urgente", "cliente-vip"],
        }});
        id(&self.post("/operations", &sent)["operation"])
    }

    fn service(&self, operation: u64) -> u64 {
        let sent = json!({"service": {
            "operation_id": operation, "supplier_code": "MAERSK", "service_agent_email": "agente@apunto.com",
            "mode": "maritime", "bl": "BL123456",
        }});
        id(&self.post("/services", &sent)["service"])
    }
}

fn id(object: &Value) -> u64 {
    object["id"].as_u64().expect("a number as id")
}

/// The names of an object, in alphabetical order.
fn keys(object: &Value) -> Vec<&str> {
    let object = object.as_object().expect("an object");
    let mut names: Vec<_> = object.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn column<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    let all = list.as_array().expect("a list").iter();
    all.map(|one| one[name].as_str().unwrap_or_default()).collect()
}
