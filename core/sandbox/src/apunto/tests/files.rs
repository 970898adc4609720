//! Folders, attachments, and the way to an attachment's bytes.

use super::{Desk, id, keys};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

/// Status, headers and bytes.
type Raw = (u16, String, Vec<u8>);

impl Desk {
    fn raw(&self, head: &str, body: &[u8]) -> Raw {
        let url = self.sandbox.base_url("apunto").expect("a base URL");
        let host = url.trim_start_matches("http://").split('/').next().expect("a host").to_owned();
        let mut stream = TcpStream::connect(&host).expect("a connection");
        let named = if head.contains("\r\nHost:") { String::new() } else { format!("Host: {host}\r\n") };
        let head = format!("{head}{named}Connection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).expect("sent");
        stream.write_all(body).expect("sent");
        let mut all = Vec::new();
        stream.read_to_end(&mut all).expect("a reply");
        let end = all.windows(4).position(|w| w == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        (head[9..12].parse().expect("a status"), head, all[end + 4..].to_vec())
    }

    fn upload(&self, fields: &[(&str, &str)], file: Option<&[u8]>) -> (u16, Value) {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        if let Some(file) = file {
            let head = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"guía 1.pdf\"\r\n\
                Content-Type: application/pdf\r\n\r\n";
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(file);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--B--\r\n");
        let head = format!(
            "POST /api/v1/attachments HTTP/1.1\r\nAuthorization: Bearer {}\r\n\
             Content-Type: multipart/form-data; boundary=B\r\n",
            self.token
        );
        let (status, _, body) = self.raw(&head, &body);
        (status, serde_json::from_slice(&body).expect("JSON"))
    }

    /// Follows nothing.
    fn fetch(&self, url: &str, token: bool) -> Raw {
        let rest = url.strip_prefix("http://").expect("plain HTTP");
        let (host, path) = rest.split_once('/').expect("a path");
        let token = if token { format!("Authorization: Bearer {}\r\n", self.token) } else { String::new() };
        self.raw(&format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n{token}"), b"")
    }
}

fn location(head: &str) -> String {
    let line = head.lines().find_map(|line| line.strip_prefix("Location: "));
    line.expect("a location").to_owned()
}

#[test]
fn folders_are_a_tree_of_one_operation_or_service() {
    let desk = Desk::open();
    let operation = desk.operation("REF-1");
    let service = desk.service(operation);
    let (path, other) = (format!("/operations/{operation}/folders"), format!("/services/{service}/folders"));
    let root = id(&desk.post(&path, &json!({"folder": {"name": "BL"}}))["folder"]);
    let child = id(&desk.post(&path, &json!({"folder": {"name": "Copias", "parent_id": root}}))["folder"]);
    let (status, _) = desk.ask("POST", &other, &json!({"folder": {"name": "x", "parent_id": root}}));
    assert_eq!(status, 422, "of another parent");
    assert_eq!(desk.ask("POST", &path, &json!({"folder": {"name": " "}})).0, 422);
    let fields = [("folderable_type", "Operation"), ("folderable_id", &operation.to_string())];
    let inner = [fields[0], fields[1], ("parent_folder_id", &child.to_string())];
    let (status, made) = desk.upload(&inner, Some(b"%PDF-1"));
    assert_eq!((status, keys(&made)), (201, vec!["attachment", "message", "success"]));
    assert_eq!(
        keys(&made["attachment"]),
        ["filename", "folder_id", "folder_name", "folderable_id", "folderable_type", "id"]
    );
    assert_eq!(
        (&made["attachment"]["filename"], &made["attachment"]["folder_name"]),
        (&json!("guía 1.pdf"), &json!("Copias"))
    );
    let (_, unsorted) = desk.upload(&fields, Some(b""));
    assert_eq!(unsorted["attachment"]["folder_name"], "Gmail");
    let (_, again) = desk.upload(&fields, Some(b""));
    assert_eq!(again["attachment"]["folder_id"], unsorted["attachment"]["folder_id"], "one such folder");

    let tree = desk.get(&path);
    assert_eq!(tree["folderable"], json!({"type": "Operation", "id": operation}));
    assert_eq!(keys(&tree["folders"][0]), ["attachments", "children", "files_count", "id", "name", "parent_id"]);
    let file = &tree["folders"][0]["children"][0]["attachments"][0];
    assert_eq!(keys(file), ["blob_id", "byte_size", "content_type", "created_at", "filename", "id", "url"]);
    assert_eq!((&file["byte_size"], &tree["folders"][1]["files_count"]), (&json!(6), &json!(2)));
    let shown = desk.get(&format!("/operations/{operation}"))["operation"].clone();
    let inside = &shown["folders"][0]["children"][0]["attachments"][0];
    assert_eq!(keys(inside), ["byte_size", "content_type", "filename", "id", "url"]);
    assert_eq!((&shown["folders_count"], desk.get(&other)["folders"].clone()), (&json!(3), json!([])));

    let own = format!("/attachments/{}", file["id"]);
    assert_eq!(desk.ask("DELETE", &format!("/attachments/{}", file["blob_id"]), &Value::Null).0, 404);
    let (_, renamed) = desk.ask("PATCH", &own, &json!({"filename": "BL.pdf"}));
    assert_eq!(renamed["attachment"]["filename"], "BL.pdf");
    assert_eq!(desk.ask("PATCH", &own, &json!({"filename": ""})).0, 422);
    assert_eq!(desk.ask("DELETE", &own, &Value::Null).0, 200);
    assert_eq!(desk.fetch(file["url"].as_str().expect("a URL"), true).0, 404, "purged");
}

#[test]
fn an_upload_is_one_file_of_at_most_25_mb() {
    let desk = Desk::open();
    let operation = desk.operation("REF-1").to_string();
    let fields = [("folderable_type", "Operation"), ("folderable_id", operation.as_str())];
    let mut file = vec![b'x'; 26_214_400];
    assert_eq!(desk.upload(&fields, Some(&file)).0, 201);
    file.push(0);
    let (status, body) = desk.upload(&fields, Some(&file));
    assert_eq!((status, keys(&body["details"])), (422, vec!["file"]));
    let refused = |fields: &[(&str, &str)], file: Option<&[u8]>| {
        let (status, body) = desk.upload(fields, file);
        assert_eq!(status, 422, "{body}");
        keys(&body["details"])[0].to_owned()
    };
    assert_eq!(refused(&fields, None), "file");
    assert_eq!(refused(&[("folderable_type", "Operation"), ("folderable_id", "1")], Some(b"x")), "folderable_id");
    assert_eq!(refused(&[("folderable_type", "Contact"), fields[1]], Some(b"x")), "folderable_type");
    assert_eq!(refused(&[fields[0]], Some(b"x")), "folderable_id");
    assert_eq!(refused(&[fields[0], fields[1], ("parent_folder_id", "7")], Some(b"x")), "parent_folder_id");
    assert_eq!(desk.ask("POST", "/attachments", &json!({"folderable_id": 1})).0, 400, "JSON");
}

#[test]
fn documents_of_an_invoice_come_as_multipart_too() {
    let desk = Desk::with(&json!({"mexican_account": false}));
    let invoice = id(&desk.post("/invoices", &json!({"invoice": {"contact_code": "ACME"}}))["invoice"]);
    let send = |name: &str| {
        let body = format!(
            "--B\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.xml\"\r\n\r\n<x/>\r\n--B--\r\n"
        );
        let head = format!(
            "POST /api/v1/invoices/{invoice}/update_documents HTTP/1.1\r\nAuthorization: Bearer {}\r\n\
             Content-Type: multipart/form-data; boundary=B\r\n",
            desk.token
        );
        let (status, _, body) = desk.raw(&head, body.as_bytes());
        (status, serde_json::from_slice::<Value>(&body).expect("JSON"))
    };
    for name in ["external_xml", "invoice[external_xml]"] {
        let (status, body) = send(name);
        assert_eq!((status, &body["invoice"]["external_xml"]), (200, &json!("a.xml")), "{name}");
    }
    assert_eq!(send("other").0, 422);
}

#[test]
fn a_download_redirects_and_the_storage_takes_no_token() {
    let desk = Desk::open();
    let operation = desk.operation("REF-1").to_string();
    desk.upload(&[("folderable_type", "Operation"), ("folderable_id", &operation)], Some(b"%PDF-1"));
    let path = format!("/operations/{operation}/folders");
    let url = || desk.get(&path)["folders"][0]["attachments"][0]["url"].as_str().expect("a URL").to_owned();
    let base = desk.sandbox.base_url("apunto").expect("a base URL");
    let host = base.trim_end_matches("/api/v1");
    assert!(url().starts_with(&format!("{host}/rails/active_storage/blobs/redirect/")), "{}", url());
    assert_eq!(desk.fetch(&url(), false).0, 401);

    let (status, head, _) = desk.fetch(&url(), true);
    assert_eq!(status, 302);
    let there = location(&head);
    assert!(there.starts_with("http://localhost:"), "{there}");
    assert_eq!(desk.fetch(&there, true).0, 400, "two credentials");
    let (status, head, bytes) = desk.fetch(&there, false);
    assert_eq!((status, bytes), (200, b"%PDF-1".to_vec()));
    assert!(head.contains("Content-Type: application/pdf") && head.contains("filename*=UTF-8''gu%C3%ADa%201.pdf"));
    let last = desk.sandbox.control("apunto", "GET", "requests", &Value::Null)["recent"].clone();
    let last = last.as_array().and_then(|all| all.last()).cloned().expect("a request");
    assert!(last["headers"]["host"].as_str().is_some_and(|host| host.starts_with("localhost:")));
    assert!(last["headers"].get("authorization").is_none() && last["operation"].is_null());

    desk.set(&json!({"download_redirect": "same_host"}));
    let there = location(&desk.fetch(&url(), true).1);
    assert!(there.starts_with(host), "{there}");
    assert_eq!((desk.fetch(&there, true).0, desk.fetch(&there, false).0), (200, 200));
    desk.set(&json!({"download_redirect": "twice"}));
    let again = location(&desk.fetch(&url(), true).1);
    assert!(location(&desk.fetch(&again, true).1).starts_with("http://localhost:"));
    desk.set(&json!({"download_redirect": "http://127.0.0.1:9/files/"}));
    assert!(location(&desk.fetch(&url(), true).1).starts_with("http://127.0.0.1:9/files/bucket/"));
    desk.set(&json!({"download_redirect": "none", "download_token": false}));
    assert_eq!(desk.fetch(&url(), false).2, b"%PDF-1");

    let old = url();
    desk.control("clock", &json!({"skew_ms": 301_000}));
    assert_eq!((desk.fetch(&old, true).0, desk.fetch(&url(), true).0), (404, 200), "a URL ends");
    desk.set(&json!({"url_seconds": 0}));
    let old = url();
    desk.control("clock", &json!({"skew_ms": 9_000_000}));
    assert_eq!(desk.fetch(&old, true).0, 200);
}
