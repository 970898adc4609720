//! What the contract allows, written from its text (§2 `outcome`, §4 create, §5) and not from flete's code.
//! The carrier's own list is the truth; a client's answer has to fit it.

use crate::kit::{Reply, list, outcome};
use serde_json::{Value, json};

/// What a fault does to the request that it meets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Class {
    /// The whole reply comes in an odd way: nothing may go wrong.
    Harmless,
    /// The connection breaks: the result can't be known.
    Broken,
    /// No reply before the deadline.
    Late,
    /// A reply that isn't the carrier's, or can't be read.
    Unreadable,
    /// A redirect: it did nothing, and is not followed.
    Redirect,
    /// This status.
    Status(u16),
    /// The carrier's own 401 for a token that was good.
    Token,
}

pub struct Fault {
    pub name: String,
    pub spec: Value,
    pub class: Class,
}

fn fault(name: &str, class: Class, more: Value) -> Fault {
    let mut spec = json!({"fault": name});
    let mut told = name.to_owned();
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
        let shown = value.to_string();
        told.push_str(&format!(" {key}={}", shown.chars().take(24).collect::<String>()));
    }
    Fault { name: told, spec, class }
}

/// The deadline of a call in the matrix.
pub const DEADLINE_MS: u64 = 600;
/// Where nothing should be late, a busy machine must not cause a timeout.
pub const AMPLE_MS: u64 = 4000;

/// The faults: all for requests that make a shipment, a choice for the rest. A reply that says "refused" when it was
/// done can't be noticed by any client: a 4xx after processing is only for `repeatable` operations.
pub fn faults(making: bool, repeatable: bool) -> Vec<Fault> {
    use Class::{Broken, Harmless, Late, Redirect, Status, Token, Unreadable};
    let past = DEADLINE_MS + 200;
    let mut all = vec![
        fault("refuse", Broken, json!({})),
        fault("reset_before", Broken, json!({})),
        fault("reset_after", Broken, json!({})),
        fault("cut", Broken, json!({"at": 0})),
        fault("cut", Broken, json!({"at": 40})),
        fault("cut", Broken, json!({"at": 250})),
        fault("cut", Harmless, json!({"at": 10_000_000})),
        fault("stall", Harmless, json!({"at": 30, "ms": 60})),
        fault("stall", Late, json!({"at": 0, "ms": past})),
        fault("drip", Harmless, json!({"ms": 1, "chunk": 64})),
        fault("slow_after", Late, json!({"ms": past})),
        fault("garbage", Unreadable, json!({})),
        fault("garbage", Unreadable, json!({"after": true, "seed": 7})),
        fault("html", Unreadable, json!({})),
        fault("redirect", Redirect, json!({"status": 302, "location": "http://127.0.0.1:9/elsewhere"})),
        fault("interim", Harmless, json!({"status": 102, "count": 1})),
        fault("truncated_json", Unreadable, json!({})),
        fault("wrong_length", Broken, json!({"delta": 30})),
        fault("wrong_length", Unreadable, json!({"delta": -12})),
        fault("huge", Unreadable, json!({"bytes": 100_000_000})),
        fault("chunked", Harmless, json!({"size": 7})),
        fault("expired_token", Token, json!({})),
    ];
    for status in [400, 401, 403, 404, 409, 429, 500, 503] {
        all.push(fault("status", Status(status), json!({"status": status})));
    }
    if repeatable {
        all.push(fault("status", Status(429), json!({"status": 429, "after": true})));
    }
    if !making {
        all.push(fault("status", Status(500), json!({"status": 500, "after": true})));
        return all;
    }
    for at in [1, 9, 12, 16, 17, 60, 100, 150, 180, 200, 220, 300, 350, 400, 500, 650, 800, 1000, 1500] {
        all.push(fault("cut", Broken, json!({"at": at})));
    }
    for at in [1, 17, 60, 200, 300] {
        all.push(fault("stall", Late, json!({"at": at, "ms": past})));
        all.push(fault("stall", Harmless, json!({"at": at, "ms": 40})));
    }
    all.extend([
        fault("slow", Harmless, json!({"ms": 50})),
        fault("slow", Late, json!({"ms": past})),
        fault("slow_after", Harmless, json!({"ms": 50})),
        fault("drip", Late, json!({"ms": 40, "chunk": 9})),
        fault("garbage", Unreadable, json!({"seed": 3})),
        fault("html", Unreadable, json!({"after": true})),
        fault("html", Status(502), json!({"status": 502})),
        fault("html", Status(503), json!({"status": 503, "after": true})),
        fault("redirect", Redirect, json!({"status": 307, "location": "/v1/paquetes"})),
        fault("redirect", Redirect, json!({"status": 308, "location": "http://127.0.0.1:9/"})),
        fault("interim", Harmless, json!({"status": 103, "count": 5})),
        fault("wrong_length", Broken, json!({"delta": 1})),
        fault("wrong_length", Unreadable, json!({"delta": -1})),
        fault("huge", Unreadable, json!({"bytes": 100_000_000, "after": true})),
        fault("no_length", Harmless, json!({})),
        fault("chunked", Harmless, json!({"size": 1})),
        fault("status", Unreadable, json!({"status": 200, "body": {}})),
        fault("status", Unreadable, json!({"status": 200, "body": [], "after": true})),
        fault("status", Unreadable, json!({"status": 200, "body": "OK", "after": true})),
        fault("status", Unreadable, json!({"status": 201, "body": {"x": 1}})),
        fault("status", Unreadable, json!({"status": 204, "after": true, "body": ""})),
        fault("status", Status(429), json!({"status": 429, "headers": {"Retry-After": "0"}})),
        fault("status", Status(503), json!({"status": 503, "headers": {"Retry-After": "0"}, "after": true})),
    ]);
    for status in [402, 408, 410, 413, 415, 422, 451, 502, 504, 507, 520] {
        all.push(fault("status", Status(status), json!({"status": status})));
    }
    for status in [408, 500, 502, 503, 504, 520] {
        all.push(fault("status", Status(status), json!({"status": status, "after": true})));
    }
    all
}

/// What a call may say.
pub struct Allowed {
    pub ok: bool,
    pub codes: &'static [&'static str],
    pub outcomes: &'static [&'static str],
}

/// The codes of §2 for a status.
fn by_status(status: u16) -> &'static [&'static str] {
    match status {
        401 => &["authentication"],
        403 => &["permission", "conflict", "authentication"],
        404 | 410 => &["not_found"],
        408 => &["timeout"],
        409 => &["conflict", "validation"],
        429 => &["rate_limited"],
        400..=499 => &["validation", "conflict", "carrier_response"],
        _ => &["carrier_unavailable"],
    }
}

/// §4: a create whose request met this fault. `forever`: every later request meets it too.
pub fn of_create(class: Class, forever: bool, finds: bool) -> Allowed {
    let _ = finds;
    match class {
        Class::Harmless => Allowed { ok: true, codes: &[], outcomes: &[] },
        // A request whose connection broke before a byte was written may be retried, as if nothing had happened.
        Class::Broken => {
            Allowed { ok: !forever, codes: &["network", "carrier_response"], outcomes: &["unknown", "none"] }
        }
        Class::Late => Allowed { ok: false, codes: &["timeout"], outcomes: &["unknown"] },
        Class::Unreadable => Allowed { ok: false, codes: &["carrier_response", "network"], outcomes: &["unknown"] },
        Class::Redirect => Allowed { ok: false, codes: &["carrier_response"], outcomes: &["none"] },
        Class::Status(429) if !forever => Allowed { ok: true, codes: &[], outcomes: &[] },
        Class::Status(408) => Allowed { ok: false, codes: &["timeout", "carrier_response"], outcomes: &["unknown"] },
        // §5: renewed once on a 401.
        Class::Status(401) => Allowed { ok: !forever, codes: &["authentication"], outcomes: &["none"] },
        // After a refusal because of a deleted address or contract, flete may correct the request and retry.
        Class::Status(404 | 410) => Allowed { ok: !forever, codes: by_status(404), outcomes: &["none"] },
        Class::Status(status) if status < 500 => Allowed { ok: false, codes: by_status(status), outcomes: &["none"] },
        Class::Status(_) => Allowed { ok: false, codes: &["carrier_unavailable"], outcomes: &["unknown"] },
        Class::Token => Allowed { ok: !forever, codes: &["authentication"], outcomes: &["none"] },
    }
}

/// §5: a repeatable call. It must survive a fault that passes, and report one that stays.
pub fn of_safe(class: Class, forever: bool) -> Allowed {
    let none: &'static [&'static str] = &["none"];
    match class {
        Class::Harmless => Allowed { ok: true, codes: &[], outcomes: none },
        Class::Late => Allowed { ok: false, codes: &["timeout"], outcomes: none },
        Class::Broken | Class::Unreadable if forever => {
            Allowed { ok: false, codes: &["network", "carrier_response", "timeout"], outcomes: none }
        }
        Class::Broken | Class::Unreadable => Allowed { ok: true, codes: &[], outcomes: none },
        // A retry gets the same reply, but a label is waited for after any reply.
        Class::Redirect => Allowed { ok: !forever, codes: &["carrier_response"], outcomes: none },
        Class::Status(429 | 500..) if !forever => Allowed { ok: true, codes: &[], outcomes: none },
        Class::Status(401) | Class::Token => Allowed { ok: !forever, codes: &["authentication"], outcomes: none },
        Class::Status(status) => Allowed { ok: false, codes: by_status(status), outcomes: none },
    }
}

/// Whether an odd reply may still be whole: it ends before the cut, or nothing was cut.
pub fn may_be_whole(spec: &Value, reply: &Reply) -> bool {
    let nothing = |data: &Value| data.is_null() || data.as_array().is_some_and(Vec::is_empty);
    match spec["fault"].as_str() {
        Some("cut" | "stall") => spec["at"].as_u64().unwrap_or(0) >= 200,
        Some("wrong_length") => reply.as_ref().is_ok_and(nothing),
        _ => false,
    }
}

/// What is wrong with an answer, independent of what the carrier has.
pub fn fits(reply: &Reply, allowed: &Allowed) -> Option<String> {
    match reply {
        Ok(_) if allowed.ok => None,
        Ok(_) => Some(format!("ok is not allowed here, but {:?}", allowed.codes)),
        Err(error) if !allowed.codes.contains(&error.code.as_str()) => {
            Some(format!("{} is not in {:?} (ok: {})", error.code.as_str(), allowed.codes, allowed.ok))
        }
        Err(error) if !allowed.outcomes.contains(&outcome(error)) => {
            Some(format!("outcome {} is not in {:?}", outcome(error), allowed.outcomes))
        }
        Err(_) => None,
    }
}

/// How an answer to a create compares with the truth.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Right,
    /// More shipments than orders.
    Duplicate(usize),
    /// The carrier has a shipment that the caller was told isn't there, or the other way round.
    Lost(String),
}

/// §2: none → 0 shipments; done or ok → exactly 1; unknown → 0 or 1.
pub fn against_truth(reply: &Reply, shipments: &[Value]) -> Verdict {
    let there = shipments.len();
    if there > 1 {
        return Verdict::Duplicate(there);
    }
    match reply {
        Ok(data) if there == 0 => Verdict::Lost(format!("told {} but there is none", data["id"])),
        Ok(data) => {
            let id = data["id"].as_str().unwrap_or_default();
            let same = shipments.iter().any(|shipment| {
                shipment.as_object().into_iter().flatten().any(|(_, value)| value.as_str() == Some(id))
                    || shipment["id"].to_string().trim_matches('"') == id
            });
            if same { Verdict::Right } else { Verdict::Lost(format!("told {id}, but there is {}", shipments[0])) }
        }
        Err(error) => match (outcome(error), there) {
            ("none", 1) => Verdict::Lost("told none, but there is one".to_owned()),
            ("done", 0) => Verdict::Lost("told done, but there is none".to_owned()),
            ("done", _) if error.created.is_none() => Verdict::Lost("done without telling what".to_owned()),
            _ => Verdict::Right,
        },
    }
}

/// §2 `retryable`: the same call may simply be made again. Without a key, only if nothing was made.
pub fn retryable_is_true(reply: &Reply, resumes: bool) -> Option<String> {
    let Err(error) = reply else { return None };
    (error.retryable && error.outcome != flete::Outcome::None && !resumes)
        .then(|| format!("{} {} says retryable", error.code.as_str(), outcome(error)))
}

/// What a method's good reply must say about its shipment.
pub fn good_data(method: &str, data: &Value, id: &str) -> Option<String> {
    let bad = match method {
        "quote" => list(&data["rates"]).is_empty(),
        "track" => data["id"] != id || data["status"].as_str().is_none(),
        "document" => list(&data["documents"]).is_empty(),
        "list" => !data["shipments"].is_array(),
        _ => false,
    };
    bad.then(|| format!("{method} said ok with {data}"))
}
