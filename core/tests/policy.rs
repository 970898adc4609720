//! What flete does after a reply, as tables: what is sent again, when a token is renewed, how a clock is corrected.
//! A hand-written carrier counts the requests. The fields of errors are tested beside each carrier.

use crate::common;
use crate::common::scripted::{Answer, Got, Scripted, reply};
use crate::common::{open, with};
use flete::{Client, Code, Outcome};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

fn fruno(host: &Scripted, more: Value) -> Client {
    let account = json!({"carrier": "fruno", "account": "cuenta", "key": "llave", "base_url": host.url});
    open(with(json!({"accounts": [account], "timeout_ms": 8000}), more))
}

fn courier(host: &Scripted) -> Client {
    let account = json!({"carrier": "mensajeros_urbanos", "client_id": "a", "client_secret": "secreto", "user_id": 7,
        "base_url": host.url});
    open(json!({"accounts": [account], "timeout_ms": 8000}))
}

/// One operation of each kind: safe to repeat, to be done once, making a shipment.
fn kinds() -> [Value; 3] {
    let address = json!({"nombre": "Tienda", "detalle": "125 Sur", "código_distrito": "11501"});
    let parcel = json!({"id_dirección_fuente": 1, "id_dirección_destino": 2, "entregar_a": "Ana", "peso_neto": 389,
        "alto": 15, "ancho": 20, "longitud": 20});
    [
        json!({"operation": "provinces.list"}),
        json!({"operation": "addresses.create", "params": address}),
        json!({"operation": "parcels.create", "params": parcel}),
    ]
}

/// Fruno's good reply to each.
fn good(got: &Got) -> Vec<u8> {
    match got.path() {
        "/v1/provincias" => (200, json!([])).bytes(),
        "/v1/direcciones" => (201, json!({"id": "1"})).bytes(),
        _ => (201, json!({"guía": "G1"})).bytes(),
    }
}

/// A carrier whose first reply is `first`; the others are good.
fn at_first(first: Vec<u8>) -> Scripted {
    let asked = AtomicUsize::new(0);
    Scripted::start(move |got| if asked.fetch_add(1, Ordering::Relaxed) == 0 { first.clone() } else { good(got) })
}

#[test]
fn what_is_sent_again_depends_on_the_reply_and_on_how_safe_it_is() {
    use Code::{CarrierResponse, CarrierUnavailable, Network, Validation};
    use Outcome::{None as Nothing, Unknown};
    const GOOD: Result<(), (Code, Outcome)> = Ok(());
    let refused = |status: u16| (status, json!({"title": "no"})).bytes();
    let page = reply(200, "text/html", "<html><title>Bienvenido</title></html>");
    let moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".to_vec();
    let cut_off = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{".to_vec();
    // The first reply; the results of an operation that is safe to repeat and of one that isn't; how often each is
    // sent.
    let table = [
        ("good", Vec::new(), (1, GOOD), (1, GOOD)),
        ("429: nothing was done", refused(429), (2, GOOD), (2, GOOD)),
        ("503: it may have been done", refused(503), (2, GOOD), (1, Err((CarrierUnavailable, Unknown)))),
        (
            "400: asking again is useless",
            refused(400),
            (1, Err((Validation, Nothing))),
            (1, Err((Validation, Nothing))),
        ),
        ("no reply", Vec::new(), (2, GOOD), (1, Err((Network, Unknown)))),
        ("a page", page, (2, GOOD), (1, Err((CarrierResponse, Unknown)))),
        ("a redirect", moved, (1, Err((CarrierResponse, Nothing))), (1, Err((CarrierResponse, Nothing)))),
        ("a proxy's refusal", refused(407), (1, Err((Network, Nothing))), (1, Err((Network, Nothing)))),
        ("a reply cut off", cut_off, (2, GOOD), (1, Err((Network, Unknown)))),
    ];
    let mut wrong = Vec::new();
    for (name, first, safe, unsafe_) in table {
        for (kind, request) in kinds().into_iter().enumerate() {
            let host = if name == "good" { Scripted::start(good) } else { at_first(first.clone()) };
            let came = fruno(&host, json!({})).call("call", request.clone());
            let came = (host.got().len(), came.map(drop).map_err(|error| (error.code, error.outcome)));
            let expected = if kind == 0 { safe } else { unsafe_ };
            if came != expected {
                wrong.push(format!("{name}, {}: {came:?}, not {expected:?}", request["operation"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_safe_is_sent_as_often_as_the_configuration_allows() {
    for attempts in [1, 2, 4] {
        let host = Scripted::start(|_| (503, json!({})));
        let client = fruno(&host, json!({"max_attempts": attempts}));
        let error = client.call("call", kinds()[0].clone()).unwrap_err();
        assert_eq!(
            (error.code, error.attempts, host.got().len()),
            (Code::CarrierUnavailable, attempts, attempts as usize)
        );
    }
}

#[test]
fn deleting_what_a_lost_request_has_deleted_is_done() {
    let gone = || (404, json!({"title": "no existe"})).bytes();
    for (lost, done) in [(true, true), (false, false)] {
        let asked = AtomicUsize::new(0);
        let host =
            Scripted::start(
                move |_| if lost && asked.fetch_add(1, Ordering::Relaxed) == 0 { Vec::new() } else { gone() },
            );
        let delete = json!({"operation": "addresses.delete", "params": {"id": "1"}});
        let came = fruno(&host, json!({})).call("call", delete);
        assert_eq!(came.map_err(|error| error.code), if done { Ok(Value::Null) } else { Err(Code::NotFound) });
    }
}

/// Mensajeros Urbanos with the tokens `t1`, `t2`…; `judge` returns the reply to a request with one of them.
fn with_tokens(judge: impl Fn(&str) -> (u16, Value) + Send + Sync + 'static) -> Scripted {
    let given = AtomicUsize::new(0);
    Scripted::start(move |got| match got.path() {
        "/oauth/token" => {
            let token = format!("t{}-canary", given.fetch_add(1, Ordering::Relaxed) + 1);
            (200, json!({"access_token": token, "expires_in": 3600}))
        }
        _ => judge(got.header("access_token").unwrap()),
    })
}

#[test]
fn a_refused_token_is_replaced_once_whatever_it_was_for() {
    let (by_status, in_body) = ((401, json!({})), (200, json!({"status": "error", "status_code": 401})));
    let task = |token: &str| {
        let data = json!({"uuid": "ab12", "task_id": 5, "status_id": 1, "token": token});
        (200, json!({"status": "success", "status_code": 200, "data": data}))
    };
    let place = json!({"name": "Sol", "street": "Cra 14b", "number": "112 45", "city": "bogota"});
    let order = json!({"origin": place, "destination": place, "parcels": [common::parcel()]});
    let requests = [("call", json!({"operation": "tasks.get", "params": {"task_id": 5}})), ("create", order)];
    for (method, request) in requests {
        for refusal in [by_status.clone(), in_body.clone()] {
            // How many tokens are refused, how many requests fetch a token, how many are sent, and whether the call
            // succeeds.
            for (refused, logins, sent, succeeds) in [(0, 1, 1, true), (1, 2, 2, true), (9, 2, 2, false)] {
                let refusal = refusal.clone();
                let host = with_tokens(move |token| {
                    let number: usize = token[1..].split('-').next().unwrap().parse().unwrap();
                    if number <= refused { refusal.clone() } else { task("") }
                });
                let came = courier(&host).call(method, request.clone());
                let case = format!("{method}, {refused} refused: {came:?}");
                let asked = host.count("POST /oauth/token");
                assert_eq!((asked, host.got().len() - asked, came.is_ok()), (logins, sent, succeeds), "{case}");
                if let Err(error) = came {
                    assert_eq!((error.code, error.outcome), (Code::Authentication, Outcome::None), "{case}");
                }
                assert!(!case.contains("canary"), "{case}");
            }
        }
    }
}

/// Fruno with its own clock. It refuses a signed time that is more than five minutes off.
fn by_clock(ahead_s: i64, tells: bool, forgives: bool) -> Scripted {
    Scripted::start(move |got| {
        let there = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(ahead_s);
        let signed: jiff::Timestamp = got.header("x-fr-hora").unwrap().parse().unwrap();
        let fits = forgives && signed.duration_since(there).abs() < jiff::SignedDuration::from_mins(5);
        let (status, body) = match fits {
            true => ("200 OK", "[]"),
            false => (
                "400 Bad Request",
                r##"{"type": "https://docs.api.logistica.fruno.com/?#encabezado-requerido-con-la-hora", "title": "X-Fr-Hora caducó"}"##,
            ),
        };
        let date = there.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let date = if tells { format!("Date: {date}\r\n") } else { String::new() };
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\n{date}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
        format!("{head}{body}").into_bytes()
    })
}

#[test]
fn a_clock_that_is_off_is_corrected_once_by_the_carriers_date() {
    const DAY: i64 = 86_400;
    // How far the carrier's clock is ahead, whether it sends a `Date`, whether it ever takes a time; how often a first
    // and a second call are sent, and whether they succeed.
    for (ahead_s, tells, forgives, sent, succeeds) in [
        (0, true, true, [1, 1], true),
        (600, true, true, [2, 1], true),
        (-600, true, true, [2, 1], true),
        (2 * DAY, true, true, [2, 1], true),
        (-2 * DAY, true, true, [2, 1], true),
        // No `Date` to correct the clock by, nothing to correct, and a correction that doesn't help.
        (600, false, true, [1, 1], false),
        (0, true, false, [1, 1], false),
        (600, true, false, [2, 1], false),
    ] {
        let host = by_clock(ahead_s, tells, forgives);
        let client = fruno(&host, json!({}));
        for expected in sent {
            let before = host.got().len();
            let came = client.call("call", kinds()[0].clone());
            let case = format!("{ahead_s} s, {tells}, {forgives}: {came:?}");
            assert_eq!((host.got().len() - before, came.is_ok()), (expected, succeeds), "{case}");
            if let Err(error) = came {
                assert_eq!((error.code, error.retryable), (Code::Authentication, false), "{case}");
                assert!(error.message.contains("clock") && error.message.contains("X-Fr-Hora"), "{case}");
            }
        }
    }
}
