//! Waits and interrupts: the carrier's `Retry-After`, waits that don't fit, one deadline for all, interrupted calls.

use crate::carriers::{Carrier, order};
use crate::kit::{Lab, Reply, check, fresh, note, outcome, say, timed};
use flete::Client;
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An HTTP date this many seconds from now (RFC 9110, 5.6.7).
fn http_date(ahead: u64) -> String {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()) + ahead;
    let (days, seconds) = (at / 86_400, at % 86_400);
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + u64::from(month <= 2);
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][usize::try_from(days % 7).unwrap_or(0)];
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months[usize::try_from(month - 1).unwrap_or(0)];
    format!("{weekday}, {day:02} {month} {year} {:02}:{:02}:{:02} GMT", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn refusal(after: &str) -> Value {
    json!({"fault": "status", "status": 429, "operation": "GET /v1/contratos", "headers": {"Retry-After": after}})
}

pub fn retry_after() {
    let call = json!({"account": "shop", "operation": "contracts.list"});
    let in_seconds: fn() -> String = || "1".to_owned();
    for (what, header, least, most) in [
        ("in seconds", in_seconds, 950, 2000),
        // A date has whole seconds, so two seconds ahead are at least one. It counts from the call: the first case waits.
        ("as a date", || http_date(2), 950, 3200),
    ] {
        let lab = Lab::new("fruno");
        lab.fault(&refusal(&header()));
        let (reply, took) = timed(|| note(lab.client(json!({"timeout_ms": 8000})).call("call", call.clone())));
        let took = took.as_millis();
        check(reply.is_ok() && (least..most).contains(&took), &format!("Retry-After {what} is kept"), || {
            format!("{took} ms: {}", say(&reply))
        });
    }
    let lab = Lab::new("fruno");
    lab.fault(&refusal("30"));
    let (reply, took) = timed(|| note(lab.client(json!({"timeout_ms": 3000})).call("call", call.clone())));
    let told = reply.as_ref().is_err_and(|error| {
        error.code.as_str() == "rate_limited" && error.retry_after_ms == Some(30_000) && error.message.contains("wait")
    });
    check(told && took < Duration::from_millis(1000), "a wait that can't fit fails at once and says so", || {
        format!("{took:?}: {}", say(&reply))
    });
    // Each step is in time; together they are not.
    let lab = Lab::new("fruno");
    lab.settings(&json!({"latency_ms": 350}));
    let request = order("fruno", "R-1", None);
    let (reply, took) = timed(|| note(lab.client(json!({"timeout_ms": 600})).call("create", request)));
    let told = reply.as_ref().is_err_and(|error| error.code.as_str() == "timeout");
    check(told && took < Duration::from_millis(1000), "one deadline covers all steps", || {
        format!("{took:?}: {}", say(&reply))
    });
}

/// A carrier whose 429 has the wait in its body.
pub fn retry_after_in_body(carrier: &Carrier) {
    if carrier.code != "apunto" {
        return;
    }
    let lab = Lab::new(carrier.code);
    lab.settings(&json!({"rate_policy": "1;w=1"}));
    let client = lab.client(json!({"timeout_ms": 8000, "max_attempts": 6}));
    let call = json!({"account": "shop", "operation": "contacts.list"});
    let (replies, took) = timed(|| [0, 1].map(|_| note(client.call("call", call.clone()))));
    let good = replies.iter().all(Result::is_ok) && took > Duration::from_millis(800);
    check(good, "retry_after in a body is kept", || format!("{took:?}: {}", say(&replies[1])));
}

/// Call `create` and interrupt it after a while.
fn stopped(client: &Client, request: &Value, after: Duration) -> (Reply, Duration) {
    thread::scope(|scope| {
        let call = scope.spawn(|| timed(|| note(client.call("create", request.clone()))));
        thread::sleep(after);
        let interrupted = std::time::Instant::now();
        client.interrupt();
        let (reply, _) = call.join().expect("the call");
        (reply, interrupted.elapsed())
    })
}

fn is(reply: &Reply, code: &str, what: &str, retryable: bool) -> bool {
    reply.as_ref().is_err_and(|e| e.code.as_str() == code && outcome(e) == what && e.retryable == retryable)
}

pub fn interrupts(carrier: &'static Carrier) {
    let name = |what: &str| format!("{}: {what}", carrier.code);
    let stall = json!({"fault": "stall", "at": 0, "ms": 1500, "operation": carrier.create});
    for keyed in [true, false] {
        let lab = Lab::new(carrier.code);
        let mut settings = json!({"timeout_ms": 9000, "settle_ms": 50});
        if keyed {
            settings["state"] = json!(fresh("state.db"));
        }
        let client = lab.client(settings);
        // The create must be the next request.
        drop(note(client.call("create", order(carrier.code, "R-0", None))));
        let request = order(carrier.code, "R-1", keyed.then_some("k"));
        lab.fault(&stall);
        let (reply, took) = stopped(&client, &request, Duration::from_millis(700));
        let what = if keyed { "with a key" } else { "without a key" };
        let good = is(&reply, "cancelled", "unknown", keyed && carrier.finds) && took < Duration::from_millis(400);
        check(good, &name(&format!("an interrupted create {what} is unknown")), || {
            format!("{took:?}: {}", say(&reply))
        });
        if keyed && carrier.finds {
            lab.calm();
            let (again, took) = timed(|| note(client.call("create", request.clone())));
            let good = again.is_ok() && lab.shipments().len() == 2 && took < Duration::from_millis(3000);
            check(good, &name("an interrupted create resumes by its key"), || format!("{took:?} {}", say(&again)));
        }
    }
    // Before anything is sent: there is no connection.
    let lab = Lab::new(carrier.code);
    let client = lab.client(json!({"timeout_ms": 9000, "state": fresh("state.db")}));
    lab.control("POST", "faults", &json!({"fault": "refuse", "ms": 900}));
    let request = order(carrier.code, "R-1", Some("k"));
    let (reply, _) = stopped(&client, &request, Duration::from_millis(60));
    let none = reply.as_ref().is_err_and(|error| outcome(error) == "none");
    check(none && lab.shipments().is_empty(), &name("an interrupted create that was not sent is none"), || say(&reply));
    thread::sleep(Duration::from_millis(900));
    let other = note(client.call("create", order(carrier.code, "R-2", Some("k"))));
    check(other.is_ok(), &name("and its key is free"), || say(&other));
    // Interrupted by the host's own check, too.
    let lab = Lab::new(carrier.code);
    let client = lab.client(json!({"timeout_ms": 9000}));
    lab.settings(&json!({"latency_ms": 2000}));
    let mut go_on = || false;
    let request = order(carrier.code, "R-1", None).to_string();
    let (reply, took) = timed(|| client.invoke_checked("create", &request, Some(&mut go_on)));
    let reply = note(reply.map(Value::from));
    let good = reply.as_ref().is_err_and(|error| error.code.as_str() == "cancelled");
    check(good && took < Duration::from_millis(400), &name("a host that doesn't want to go on is heard"), || {
        say(&reply)
    });
}

/// The call is stopped while it waits for the label: the error must have the shipment.
pub fn made_before_stopped() {
    let lab = Lab::new("fruno");
    lab.settings(&json!({"label_not_ready": {"times": 1000, "form": "200_empty"}}));
    let client = lab.client(json!({"timeout_ms": 9000}));
    let mut request = order("fruno", "R-1", None);
    request["with_label"] = json!(true);
    let (reply, _) = stopped(&client, &request, Duration::from_millis(900));
    let id = lab.shipments().first().map(|shipment| shipment["id"].clone()).unwrap_or_default();
    let told = reply.as_ref().is_err_and(|error| {
        outcome(error) == "done"
            && !error.retryable
            && error.created.as_ref().is_some_and(|created| created["shipment"]["id"] == id)
    });
    check(told, "a create that is stopped while it waits for its label reports its shipment", || say(&reply));
    let late = lab.client(json!({"timeout_ms": 900}));
    let reply = note(late.call("document", json!({"account": "shop", "id": id, "kind": "label"})));
    check(is(&reply, "not_ready", "none", true), "a label that isn't made in time is not_ready", || say(&reply));
}

/// Codes that no carrier's fault causes.
pub fn other_codes() {
    let lab = Lab::new("fruno");
    let expect = |code: &str, reply: Reply| {
        let good = reply.as_ref().is_err_and(|error| error.code.as_str() == code);
        check(good, &format!("{code} is reported"), || say(&reply));
    };
    expect("invalid_config", note(Client::open("{\"accounts\": [{\"carrier\": \"frumo\"}]}").map(|_| Value::Null)));
    let client = lab.client(json!({"timeout_ms": 3000}));
    expect("invalid_request", note(client.call("track", json!({"account": "shop", "ide": "1"}))));
    expect("unsupported", note(client.call("webhook", json!({"account": "shop", "body": "{}"}))));
    let mut config = lab.config(json!({"timeout_ms": 3000}));
    let secure = config["accounts"][0]["base_url"].as_str().unwrap_or_default().replace("http://", "https://");
    config["accounts"][0]["base_url"] = json!(secure);
    let tls = Client::open(&config.to_string()).expect("the configuration is good");
    let reply = note(tls.call("create", order("fruno", "R-1", None)));
    let good = reply.as_ref().is_err_and(|error| error.code.as_str() == "tls" && outcome(error) == "none");
    check(good, "no TLS, nothing sent", || say(&reply));
    let mut config = lab.config(json!({"timeout_ms": 3000}));
    let mut second = config["accounts"][0].clone();
    second["id"] = json!("other");
    config["accounts"].as_array_mut().expect("a list").push(second);
    lab.fault(&json!({"fault": "status", "status": 403, "times": 0}));
    let both = Client::open(&config.to_string()).expect("the configuration is good");
    expect("all_failed", note(both.call("quote", crate::carriers::quote())));
}
