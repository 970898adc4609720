//! What every error has, wherever it is made: where it happened, what was tried, the error that led to it, and no
//! secret.

use crate::common::scripted::{Answer, Got, Scripted, reply};
use crate::common::{self, ends, listen, logged, with};
use flete::{Client, Code, Error};
use serde_json::{Value, json};
use std::error::Error as _;
use std::time::Duration;

/// A secret of the account. Carriers echo it everywhere.
const SECRET: &str = "canary-7Q2x9-of-the-account";
/// A token that the carrier gives.
const TOKEN: &str = "canary-5K8w3-of-the-carrier";

/// An error as it is made somewhere.
struct Row {
    made: &'static str,
    account: Value,
    method: &'static str,
    request: Value,
    answer: fn(&Got) -> Vec<u8>,
    code: Code,
    operation: Option<&'static str>,
    attempts: u32,
}

fn fruno() -> Value {
    json!({"carrier": "fruno", "id": "mine", "account": "me", "key": SECRET})
}

fn apunto() -> Value {
    json!({"carrier": "apunto", "id": "mine", "token": SECRET})
}

/// It fetches a token, which becomes a secret too.
fn almex() -> Value {
    json!({
        "carrier": "almex", "id": "mine", "user_name": "u", "password": SECRET, "account_number": "1",
        "subscription_key": SECRET,
    })
}

fn create(more: Value) -> Value {
    with(ends(), with(json!({"account": "mine"}), more))
}

fn both() -> String {
    format!("{SECRET} and {TOKEN}")
}

/// Almex' token; then a refusal with both secrets in every place.
fn refused(got: &Got) -> Vec<u8> {
    match got.path() {
        "/auth/token" => (200, json!({"success": true, "response": {"token": TOKEN}})).bytes(),
        _ => {
            (400, json!({"success": false, "message": both(), "errors": {both(): [both()]}, "traceId": both()})).bytes()
        }
    }
}

fn rows() -> Vec<Row> {
    let track = || json!({"account": "mine", "id": "7"});
    let row = |made, account, method, request, answer, code, operation, attempts| Row {
        made,
        account,
        method,
        request,
        answer,
        code,
        operation,
        attempts,
    };
    vec![
        // By a method.
        row("a method that the carrier lacks", almex(), "cancel", track(), |_| vec![], Code::Unsupported, None, 0),
        row(
            "options that are wrong",
            fruno(),
            "create",
            create(json!({"options": {"fruno": {SECRET: 1}}})),
            |_| vec![],
            Code::InvalidRequest,
            None,
            0,
        ),
        row(
            "options of no account",
            fruno(),
            "create",
            create(json!({"options": {SECRET: {}}})),
            |_| vec![],
            Code::InvalidRequest,
            None,
            0,
        ),
        row(
            "a call of what isn't there",
            fruno(),
            "call",
            json!({"account": "mine", "operation": SECRET}),
            |_| vec![],
            Code::InvalidRequest,
            None,
            0,
        ),
        row(
            "a list's cursor",
            fruno(),
            "list",
            json!({"account": "mine", "cursor": SECRET}),
            |_| vec![],
            Code::InvalidRequest,
            None,
            0,
        ),
        row(
            "a file that can't be saved",
            fruno(),
            "document",
            json!({"account": "mine", "id": "7", "kind": "label", "save_to": format!("/nowhere/{SECRET}.pdf")}),
            |_| reply(200, "application/pdf", "%PDF-1.4"),
            Code::InvalidRequest,
            None,
            1,
        ),
        // By a carrier.
        row(
            "a request that the carrier can't take",
            fruno(),
            "create",
            create(json!({"reference": format!("{SECRET}{}", "x".repeat(99))})),
            |_| vec![],
            Code::InvalidRequest,
            None,
            0,
        ),
        row(
            "choices that the carrier was asked for",
            apunto(),
            "create",
            create(json!({"options": {"apunto": {"kind": "importation", "mode": "aerial"}}})),
            |_| (200, json!({"contacts": [{"alias": SECRET}, {"alias": "B"}], "total_pages": 1})).bytes(),
            Code::InvalidRequest,
            None,
            1,
        ),
        row(
            "a refusal after something else was made",
            fruno(),
            "create",
            create(json!({})),
            |got| match got.line().as_str() {
                "POST /v1/direcciones" => (201, json!({"id": SECRET})).bytes(),
                "GET /v1/contratos" => (200, json!([])).bytes(),
                _ => (400, json!({"title": "no"})).bytes(),
            },
            Code::Validation,
            Some("parcels.create"),
            4,
        ),
        row(
            "a made shipment without an id",
            almex(),
            "create",
            create(json!({"pickup": {"date": "2099-01-04", "from": "09:00", "to": "13:00"}})),
            |got| match got.path() {
                "/auth/token" => refused(got),
                _ => (200, json!({"success": true, "message": both(), "response": {"note": both()}})).bytes(),
            },
            Code::CarrierResponse,
            Some("pickups.create"),
            2,
        ),
        row(
            "a push with a wrong token",
            json!({
                "carrier": "mensajeros_urbanos", "id": "mine", "client_id": "a", "client_secret": SECRET, "user_id": 1,
                "webhook_token": "other-token",
            }),
            "webhook",
            json!({"account": "mine", "body": json!({"token": "wrong", "details": {"uuid": "7", "url": SECRET}}).to_string()}),
            |_| vec![],
            Code::Authentication,
            None,
            0,
        ),
        // By the session.
        row("a refusal", almex(), "track", track(), refused, Code::Validation, Some("tracking.last_event"), 2),
        row(
            "a refused token",
            almex(),
            "track",
            track(),
            |_| (401, json!({"title": SECRET, "traceId": SECRET})).bytes(),
            Code::Authentication,
            Some("auth.token"),
            1,
        ),
        row(
            "a token that HTTP can't carry",
            almex(),
            "track",
            track(),
            |_| (200, json!({"success": true, "response": {"token": format!("{SECRET}\u{1}")}})).bytes(),
            Code::CarrierResponse,
            Some("tracking.last_event"),
            1,
        ),
        row("a lost reply", apunto(), "track", track(), |_| vec![], Code::Network, Some("operations.get"), 4),
        row(
            "a web page",
            apunto(),
            "track",
            track(),
            |_| reply(403, "text/html", format!("<html><title>{SECRET}</title>{SECRET}</html>")),
            Code::Permission,
            Some("operations.get"),
            1,
        ),
        row(
            "a redirect",
            apunto(),
            "track",
            track(),
            |_| {
                let head = format!("HTTP/1.1 302 X\r\nLocation: /{SECRET}?{SECRET}\r\nContent-Length: 27\r\n\r\n");
                [head.as_bytes(), SECRET.as_bytes()].concat()
            },
            Code::CarrierResponse,
            Some("operations.get"),
            1,
        ),
        row(
            "a reply that can't be read",
            apunto(),
            "track",
            track(),
            |_| reply(200, "text/plain", SECRET),
            Code::CarrierResponse,
            Some("operations.get"),
            4,
        ),
        row(
            "a reply without what was asked",
            apunto(),
            "track",
            track(),
            |_| (200, json!({"message": SECRET, SECRET: [SECRET]})).bytes(),
            Code::CarrierResponse,
            Some("operations.get"),
            1,
        ),
        row(
            "a wait that is too long",
            apunto(),
            "track",
            track(),
            |_| (429, json!({"error": SECRET, "retry_after": 4_000})).bytes(),
            Code::RateLimited,
            Some("operations.get"),
            1,
        ),
        row(
            "an id that no path can have",
            apunto(),
            "track",
            json!({"account": "mine", "id": ".."}),
            |_| vec![],
            Code::InvalidRequest,
            Some("operations.get"),
            0,
        ),
        row("a quote", almex(), "quote", ends(), refused, Code::Validation, Some("quotes.rate"), 2),
    ]
}

/// The errors that led to one.
fn causes(error: &Error) -> Vec<&(dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&(dyn std::error::Error + 'static)| (*cause).source()).collect()
}

/// Everything that an error shows.
fn shown(error: &Error) -> String {
    format!("{error} {error:?} {} {:?}", error.to_value(), causes(error))
}

/// The error of a call, which must have its context and no secret; and no line of the log since may have one.
fn checked(made: &str, error: &Error, carrier: &str) {
    let found = (error.account.as_deref(), error.carrier.as_deref());
    assert_eq!(found, (Some("mine"), Some(carrier)), "{made}: {error:?}");
    assert_eq!(error.attempts > 0, error.elapsed_ms >= 20, "{made}: {error:?}");
    let shown = shown(error);
    assert!(!shown.contains("canary"), "{made}: {shown}");
}

fn opened(account: &Value, url: &str) -> Client {
    let account = with(account.clone(), json!({"base_url": url, "environment": "test"}));
    common::open(json!({"accounts": [account]}))
}

#[test]
fn an_error_has_its_context_and_no_secret_wherever_it_is_made() {
    listen();
    for Row { made, account, method, request, answer, code, operation, attempts } in rows() {
        let carrier = account["carrier"].as_str().unwrap();
        // Not at once, so that the time shows.
        let host = Scripted::start(move |got| {
            std::thread::sleep(Duration::from_millis(20));
            answer(got)
        });
        let error = common::checked(&opened(&account, &host.url), method, request).expect_err(made);
        checked(made, &error, carrier);
        let found = (error.code, error.operation.as_deref(), error.attempts);
        assert_eq!(found, (code, operation, attempts), "{made}: {}", error.to_value());
        assert_eq!(host.got().len(), attempts as usize, "{made}");
    }
    let lines: Vec<String> =
        logged().iter().map(|(_, line)| line.clone()).filter(|line| line.contains("canary")).collect();
    assert!(lines.is_empty(), "{lines:?}");
}

#[test]
fn each_failure_of_a_call_with_several_accounts_has_its_own_context() {
    let host = Scripted::start(|got: &Got| {
        std::thread::sleep(Duration::from_millis(20));
        refused(got)
    });
    let account = |id: &str| with(almex(), json!({"id": id, "base_url": host.url, "environment": "test"}));
    let client = common::open(json!({"accounts": [account("mine"), account("other")]}));
    let error = client.call("quote", ends()).unwrap_err();
    assert_eq!((error.code, error.account.as_deref()), (Code::AllFailed, None));
    let failures = error.failures.as_ref().unwrap().as_array().unwrap();
    for (failure, id) in failures.iter().zip(["mine", "other"]) {
        let own: Error = serde_json::from_value(failure["error"].clone().into()).unwrap();
        assert_eq!((own.account.as_deref(), own.carrier.as_deref()), (Some(id), Some("almex")));
        assert!(own.attempts > 0 && own.elapsed_ms >= 20, "{failure}");
    }
    let sum: u64 = failures.iter().map(|failure| failure["error"]["attempts"].as_u64().unwrap()).sum();
    assert_eq!(u64::from(error.attempts), sum);
    assert!(!shown(&error).contains("canary"), "{}", shown(&error));
    let shipments = json!({"shipments": [{"account": "mine", "id": "1"}, {"account": "mine", "id": "2"}]});
    for result in client.call("track", shipments).unwrap()["results"].as_array().unwrap() {
        let own: Error = serde_json::from_value(result["error"].clone()).unwrap();
        checked("a track of several", &own, "almex");
    }
}

#[test]
fn what_a_carrier_fails_at_on_the_side_is_logged_without_secrets() {
    listen();
    let host = Scripted::start(|got: &Got| match got.path() {
        "/v1/paquetes/7" => (200, json!({"guía": "7", "estado": "entránsito", "eventos": []})),
        "/v1/paquetes/7/eventos" => (200, json!({"eventos": [{"id_tipo_evento": 3, "fecha": "2026-01-05T10:00:00Z"}]})),
        _ => (400, json!({"title": SECRET, "detail": SECRET})),
    });
    opened(&fruno(), &host.url).call("track", json!({"account": "mine", "id": "7"})).unwrap();
    assert_eq!(host.count("GET /v1/paquetes/tipo_eventos"), 1);
    let host = Scripted::start(|got: &Got| match got.path() {
        "/operations/7" => (200, json!({"operation": {"id": 7, "status": "active", "services": [{"id": 5}]}})),
        _ => (422, json!({"error": SECRET, "message": SECRET})),
    });
    opened(&apunto(), &host.url).call("track", json!({"account": "mine", "id": "7"})).unwrap();
    assert_eq!(host.count("GET /services"), 1);
    for what in ["Fruno's catalogue of events", "the services of an Apunto operation"] {
        let lines: Vec<String> = logged().iter().map(|(_, line)| line.clone()).collect();
        assert!(lines.iter().any(|line| line.contains(what) && line.contains("***")), "{what}: {lines:?}");
        assert!(!lines.iter().any(|line| line.contains("canary")), "{what}");
    }
}

/// Whether an error of this type led to one.
fn led<T: std::error::Error + 'static>(error: &Error) -> bool {
    causes(error).iter().any(|cause| cause.is::<T>())
}

#[test]
fn an_error_has_the_error_that_led_to_it() {
    use std::io::Error as Io;
    let place = std::env::temp_dir().join(format!("flete-sources-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = place.join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let config = |more: Value| with(json!({"accounts": [fruno()], "state": "memory"}), more).to_string();
    let open = |config: &str| Client::open(config).map(drop).unwrap_err();
    let account = |more: Value| config(json!({"accounts": [with(fruno(), more)]}));
    let with_key = |state: Value| {
        let host = Scripted::start(|_| (500, json!({})));
        let account = with(fruno(), json!({"base_url": host.url, "environment": "test"}));
        let client = Client::open(&json!({"accounts": [account], "state": state}).to_string()).unwrap();
        client.call("keys", json!({})).unwrap_err()
    };
    let saved = || {
        let host = Scripted::start(|_| reply(200, "application/pdf", "%PDF-1.4"));
        let request = json!({"account": "mine", "id": "7", "kind": "label", "save_to": "/nowhere/at/all.pdf"});
        opened(&fruno(), &host.url).call("document", request).unwrap_err()
    };
    let upload = |file: Value| {
        let params = json!({"folderable_type": "Operation", "folderable_id": 1, "file": file});
        let request = json!({"account": "mine", "operation": "attachments.create", "params": params});
        opened(&apunto(), "http://127.0.0.1:9").call("call", request).unwrap_err()
    };
    let pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let damaged = file("damaged.db", &[b"SQLite format 3\0".as_slice(), &[0xff; 8_000]].concat());
    let client = Client::open(&config(json!({}))).unwrap();
    type Row = (&'static str, Error, fn(&Error) -> bool);
    let rows: Vec<Row> = vec![
        ("a configuration that isn't JSON", open("{"), led::<serde_json::Error>),
        ("a request that isn't JSON", client.invoke("track", "{'id': 1}").unwrap_err(), led::<serde_json::Error>),
        ("a secret's file", open(&account(json!({"key": {"file": "/nowhere/key"}}))), led::<Io>),
        ("no ca_file", open(&config(json!({"ca_file": "/nowhere/ca.pem"}))), led::<Io>),
        // rustls' and webpki's own.
        ("a ca_file without a certificate", open(&config(json!({"ca_file": file("ca.pem", pem)}))), |error| {
            !causes(error).is_empty()
        }),
        ("a state file that is damaged", with_key(json!(damaged)), led::<rusqlite::Error>),
        ("a state file in no directory", with_key(json!(place.join("no/state.db"))), led::<Io>),
        ("a file that can't be saved", saved(), led::<Io>),
        ("a file that can't be uploaded", upload(json!({"path": "/nowhere/file.pdf"})), led::<Io>),
        ("base64 that isn't", upload(json!({"base64": "é", "filename": "x.pdf"})), led::<base64::DecodeError>),
    ];
    for (what, error, led) in &rows {
        assert!(led(error), "{what}: {error} {:?}", causes(error));
    }
    // What flete finds out by itself has none.
    for error in [
        open(&account(json!({"key": {"env": "FLETE_NO_SUCH"}}))),
        open("[]"),
        client.call("track", json!({})).unwrap_err(),
    ] {
        assert!(error.source().is_none(), "{error}");
    }
    std::fs::remove_dir_all(&place).unwrap();
}
