//! Replies that the simulators don't have: the samples of the API references as they are written, and odd forms of
//! them, from a hand-written server. What the simulators can reply is tested in `<carrier>.rs`.

use crate::common::client;
use crate::common::scripted::{Scripted, reply};
use flete::{Client, Code, Error};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use unicode_normalization::UnicodeNormalization;

fn fruno(host: &Scripted) -> Client {
    client_at(host, json!({"carrier": "fruno", "account": "cuenta", "key": "llave"}))
}

fn client_at(host: &Scripted, mut account: Value) -> Client {
    account["base_url"] = json!(host.url);
    client(account)
}

fn json_reply(status: u16, body: impl AsRef<[u8]>) -> Vec<u8> {
    reply(status, "application/json; charset=utf-8", body)
}

/// A sample of Fruno's API reference as it is written, without the `...` of "and so on".
macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../src/carriers/fruno/examples/", $name, ".json"))
            .lines()
            .filter(|line| line.trim() != "...")
            .collect::<Vec<_>>()
            .join("\n")
    };
}

// ---- Fruno

#[test]
fn frunos_samples_are_read_with_the_commas_that_they_end_with() {
    let host = Scripted::start(|asked| match asked.target.as_str() {
        "/v1/paquetes" => json_reply(200, sample!("parcels_list")),
        "/v1/direcciones" => json_reply(200, sample!("addresses_list")),
        "/v1/zonas-sin-servicio" => json_reply(200, sample!("zones_unserved")),
        _ => json_reply(400, sample!("error_time")),
    });
    let client = fruno(&host);
    let listed = client.call("list", json!({})).unwrap();
    assert_eq!(listed["shipments"][0]["reference"], "ORDEN-88243567");
    assert!(listed["next_cursor"].is_string(), "página");
    let native = |operation: &str| client.call("call", json!({"operation": operation}));
    assert_eq!(native("addresses.list").unwrap()["direcciones"][0]["nombre"], "Tienda ABC");
    assert_eq!(native("zones.unserved").unwrap()[1]["nombre"], "20 de Noviembre");
    let error = native("provinces.list").unwrap_err();
    assert_eq!(error.code, Code::Authentication);
    assert_eq!(error.carrier_message.as_deref(), Some("X-Fr-Hora caducó"));
    assert_eq!(host.got().len(), 4, "none was asked again");
}

fn parcels() -> Value {
    json!([{
        "weight": {"value": 389, "unit": "g"},
        "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"},
    }])
}

fn place(name: &str) -> Value {
    json!({"name": name, "street": "125 Sur", "district_code": "11501", "phone": "22223333"})
}

/// As a server on another system writes it.
fn nfd(text: &str) -> String {
    text.nfd().collect()
}

#[test]
fn a_refused_field_is_known_in_any_unicode_form_of_its_name() {
    let host = Scripted::start(|asked| match asked.method.as_str() {
        "GET" => json_reply(200, "[]"),
        _ => {
            let fields = json!([{"nombre": "teléfono1", "error": "no"}, {"nombre": "código_distrito", "error": "no"}]);
            json_reply(400, nfd(&json!({"title": "Errores de validación", "datos-inválidos": fields}).to_string()))
        }
    });
    let order = json!({"origin": place("A"), "destination": {"name": "B", "carrier_id": "b"}, "parcels": parcels()});
    let error = fruno(&host).call("create", order).unwrap_err();
    let told: Vec<_> = error.fields.iter().map(|one| (one.field.as_str(), one.carrier_field.as_deref())).collect();
    assert_eq!(
        told,
        [("origin.phone", Some("teléfono1")), ("origin.district_code", Some("código_distrito"))],
        "{error}"
    );
}

#[test]
fn a_put_or_a_post_without_a_body_says_so() {
    let host = Scripted::start(|_| reply(204, "application/json", ""));
    fruno(&host).call("cancel", json!({"id": "GUIA ñ/1"})).unwrap();
    let apunto = client_at(&host, json!({"carrier": "apunto", "token": "llave"}));
    let complete = json!({"operation": "to_dos.complete", "params": {"operation_id": 1, "id": 2}});
    apunto.call("call", complete).unwrap();
    let [put, post] = &host.got()[..] else { panic!("two requests") };
    assert_eq!((put.method.as_str(), put.target.as_str()), ("PUT", "/v1/paquetes/GUIA%20%C3%B1%2F1/cancelar"));
    assert_eq!((post.method.as_str(), post.target.as_str()), ("POST", "/operations/1/to_dos/2/complete"));
    for asked in [put, post] {
        assert_eq!(asked.header("content-length"), Some("0"), "{asked:?}");
    }
}

/// A host whose label is ready at the third request; until then it replies `not_yet`.
fn labels(not_yet: &[u8]) -> Scripted {
    let (times, not_yet) = (AtomicU32::new(0), not_yet.to_vec());
    Scripted::start(move |_| match times.fetch_add(1, Ordering::Relaxed) {
        0 | 1 => not_yet.clone(),
        _ => reply(200, "application/pdf", LABEL),
    })
}

fn label(host: &Scripted, timeout_ms: u64) -> Result<Value, Error> {
    fruno(host).call("document", json!({"id": "GUIA1", "kind": "label", "timeout_ms": timeout_ms}))
}

const LABEL: &str = "%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";

#[test]
fn a_label_comes_after_whatever_came_before_it() {
    let cut_off = reply(200, "application/pdf", &LABEL[..30]);
    for not_yet in [
        &b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"[..],
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
        b"",
        &cut_off,
    ] {
        let host = labels(not_yet);
        let given = label(&host, 10_000).unwrap();
        assert_eq!(given["documents"][0]["size"], LABEL.len());
        assert_eq!(host.got().len(), 3, "{}", String::from_utf8_lossy(not_yet));
    }
}

#[test]
fn a_label_that_never_comes_says_what_came_instead() {
    let page = "<html><head><title>En mantenimiento</title></head></html>";
    for (body, words) in [
        (page, "is a page, not a file (\"En mantenimiento\")"),
        (&LABEL[..LABEL.len() - 7], "was cut off"),
        (r#"{"error": "no"}"#, "is JSON"),
        ("", "is empty"),
    ] {
        let host = Scripted::start(move |_| reply(200, "application/pdf", body));
        let directory = std::env::temp_dir().join(format!("flete-label-{}-{}", std::process::id(), body.len()));
        std::fs::create_dir_all(&directory).unwrap();
        let request = json!({"id": "GUIA1", "kind": "label", "timeout_ms": 900, "save_to": directory});
        let error = fruno(&host).call("document", request).unwrap_err();
        assert_eq!((error.code, error.retryable, error.http_status), (Code::NotReady, true, Some(200)), "{error}");
        assert!(error.message.contains(words), "{error}");
        assert_eq!(error.raw.clone().unwrap(), json!(body));
        assert!(host.got().len() > 1, "it is asked again");
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0, "nothing is saved");
        std::fs::remove_dir(&directory).unwrap();
        // A native operation doesn't wait for a label.
        let call = json!({"operation": "parcels.label", "params": {"guía": "GUIA1"}});
        assert_eq!(fruno(&host).call("call", call).unwrap_err().code, Code::CarrierResponse);
    }
}

#[test]
fn a_label_after_blanks_begins_where_the_pdf_does() {
    let host = Scripted::start(|_| reply(200, "text/html", format!("\u{feff}\r\n \n{LABEL}")));
    let call = json!({"operation": "parcels.label", "params": {"guía": "GUIA1"}});
    for given in [&label(&host, 2_000).unwrap()["documents"][0], &fruno(&host).call("call", call).unwrap()] {
        assert_eq!((&given["size"], &given["content_type"]), (&json!(LABEL.len()), &json!("application/pdf")));
        assert!(given["base64"].as_str().unwrap().starts_with("JVBER"));
    }
}

#[test]
fn a_picture_that_is_none_is_not_saved() {
    for body in ["<html>Sesión vencida</html>", "", r#"{"error": "no"}"#] {
        let host = Scripted::start(move |asked| match asked.target.contains("imagen") {
            true => reply(200, "image/jpeg", body),
            false if asked.target.contains("imaging") => {
                let url = format!("http://{}/imagen.jpg", asked.header("host").unwrap());
                json_reply(200, json!({"success": true, "response": {"url": url}}).to_string())
            }
            false if asked.target.contains("token") => json_reply(200, r#"{"response": {"token": "d0590dfe"}}"#),
            false => json_reply(200, sample!("parcel")),
        });
        let almex = json!({"carrier": "almex", "user_name": "u", "password": "clave", "account_number": "1",
            "subscription_key": "k-1234"});
        for client in [fruno(&host), client_at(&host, almex)] {
            let path = std::env::temp_dir().join(format!("flete-picture-{}-{}.jpg", std::process::id(), body.len()));
            let request = json!({"id": "GUIA456", "kind": "proof_of_delivery", "save_to": path});
            let error = client.call("document", request).unwrap_err();
            assert_eq!(error.code, Code::CarrierResponse, "{error}");
            assert!(!path.exists(), "{body}");
        }
    }
}

#[test]
fn whatever_begins_as_a_pdf_and_was_not_cut_off_is_a_label() {
    let host = Scripted::start(|_| reply(200, "application/pdf", "%PDF-1.7 a shop's own test server"));
    assert_eq!(label(&host, 2_000).unwrap()["documents"][0]["content_type"], "application/pdf");
    assert_eq!(host.got().len(), 1);
}

#[test]
fn a_label_is_asked_for_again_when_only_the_interim_answer_comes() {
    // The status 102 as the API reference has it, and nothing after it on a connection that stays open.
    let times = AtomicU32::new(0);
    let host = Scripted::start(move |_| match times.fetch_add(1, Ordering::Relaxed) {
        0 => b"HTTP/1.1 102 Processing\r\n\r\n".to_vec(),
        _ => reply(200, "application/pdf", LABEL),
    });
    assert_eq!(label(&host, 20_000).unwrap()["documents"][0]["size"], LABEL.len());
    assert_eq!(host.got().len(), 2);
}

#[test]
fn a_label_that_is_slow_is_waited_for_longer_each_time() {
    let host = Scripted::start(|_| {
        std::thread::sleep(Duration::from_secs(4));
        reply(200, "application/pdf", LABEL)
    });
    assert_eq!(label(&host, 20_000).unwrap()["documents"][0]["size"], LABEL.len());
    assert_eq!(host.got().len(), 2);
}

#[test]
fn a_parcels_own_events_are_told_where_the_list_of_them_has_none() {
    for events in ["{\"eventos\": []}", "{}"] {
        let host = Scripted::start(move |asked| {
            let parts = asked.target.split('/').count();
            json_reply(200, if parts == 4 { sample!("parcel") } else { events.to_owned() })
        });
        let tracking = fruno(&host).call("track", json!({"id": "GUIA456"})).unwrap();
        let told = tracking["events"].as_array().unwrap();
        let statuses: Vec<_> = told.iter().map(|event| event["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["in_transit", "unknown", "delivered"], "{events}");
    }
}

#[test]
fn an_image_is_of_the_type_that_the_parcel_has_for_it_where_its_reply_has_none() {
    let host = Scripted::start(|asked| match asked.target.contains("imagenes") {
        true => b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x89PNG".to_vec(),
        false => json_reply(200, sample!("parcel")),
    });
    let reply = fruno(&host).call("document", json!({"id": "GUIA456", "kind": "proof_of_delivery"})).unwrap();
    assert_eq!(reply["documents"][0]["content_type"], "image/png");
}

// ---- Mensajeros Urbanos

#[test]
fn a_task_of_which_the_carrier_shows_nothing_is_not_found() {
    for data in ["null", "[]", "{}"] {
        let host = Scripted::start(move |asked| match asked.target.as_str() {
            "/oauth/token" => json_reply(200, r#"{"access_token": "d0590dfe87126ba6e8993ade0407307282cb693c"}"#),
            _ => json_reply(
                200,
                format!(r#"{{"status": "success", "status_code": 200, "message": "OK", "data": {data}}}"#),
            ),
        });
        let account =
            json!({"carrier": "mensajeros_urbanos", "client_id": "a", "client_secret": "secreto", "user_id": 7});
        let error = client_at(&host, account).call("track", json!({"id": "task:5"})).unwrap_err();
        assert_eq!(error.code, Code::NotFound, "{data}: {error}");
    }
}
