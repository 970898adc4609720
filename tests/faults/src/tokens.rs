//! Tokens: one fetch for all waiting callers, in one process and in many; renewed in time and once on a 401; a wrong
//! password is tried once.

use crate::carriers::{Carrier, quote};
use crate::kit::{Lab, Reply, check, fresh, list, note, say};
use crate::worker::{answer, invoke};
use flete::Client;
use serde_json::{Value, json};
use std::thread;
use std::time::Duration;

fn ask(client: &Client) -> Reply {
    note(client.call("quote", quote()))
}

fn refused(lab: &Lab) -> usize {
    list(&lab.requests()["recent"]).iter().filter(|request| request["status"] == 401).count()
}

pub fn run(carrier: &Carrier) {
    let Some(token) = carrier.token else { return };
    let name = |what: &str| format!("{}: {what}", carrier.code);
    let lab = Lab::new(carrier.code);
    let client = lab.client(json!({"timeout_ms": 8000}));
    if ask(&client).is_err() || lab.count(token).0 == 0 {
        println!("  ({}: the sandbox's account needs no token request)", carrier.code);
        return;
    }

    let lab = Lab::new(carrier.code);
    lab.settings(&json!({"latency_ms": 60}));
    let client = lab.client(json!({"timeout_ms": 8000}));
    let replies: Vec<Reply> = thread::scope(|scope| {
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(|| ask(&client))).collect();
        calls.into_iter().map(|call| call.join().expect("a call")).collect()
    });
    let good = replies.iter().all(Result::is_ok) && lab.count(token).0 == 1;
    check(good, &name("8 threads cold: 1 token request"), || format!("{}", lab.count(token).0));

    let lab = Lab::new(carrier.code);
    lab.settings(&json!({"latency_ms": 60}));
    let config = lab.config(json!({"timeout_ms": 8000, "state": fresh("state.db")}));
    let children: Vec<_> = (0..4).map(|_| invoke(&config, "quote", &quote())).collect();
    let answers: Vec<Value> = children.into_iter().map(answer).collect();
    let good = answers.iter().all(|answer| answer["ok"] == true) && lab.count(token).0 == 1;
    check(good, &name("4 processes cold with state: 1 token request"), || {
        format!("{}, {answers:?}", lab.count(token).0)
    });
    lab.plant_tokens();

    let lab = Lab::new(carrier.code);
    let client = lab.client(json!({"timeout_ms": 8000}));
    drop(ask(&client));
    lab.fault(&json!({"fault": "expired_token"}));
    // Before: the first call may have found the token of an earlier simulator at the same port.
    let (total, refusals) = (lab.total(), refused(&lab));
    let renewed = ask(&client);
    check(renewed.is_ok() && refused(&lab) == refusals + 1, &name("renewed once on a 401"), || say(&renewed));
    check(lab.total() <= total + 3, &name("renewing takes one request"), || lab.requests()["recent"].to_string());

    let lab = Lab::new(carrier.code);
    lab.settings(&json!({"token_seconds": 32}));
    let client = lab.client(json!({"timeout_ms": 8000}));
    drop(ask(&client));
    let (total, refusals) = (lab.total(), refused(&lab));
    thread::sleep(Duration::from_millis(2600));
    let later = ask(&client);
    let good = later.is_ok() && refused(&lab) == refusals && lab.total() == total + 2;
    check(good, &name("renewed before it expires"), || format!("{}, {} requests", say(&later), lab.total()));

    let lab = Lab::new(carrier.code);
    let mut config = lab.config(json!({"timeout_ms": 8000}));
    for secret in ["password", "client_secret"] {
        if config["accounts"][0].get(secret).is_some() {
            config["accounts"][0][secret] = json!("wrong-canary-5521");
            crate::kit::plant("wrong-canary-5521");
        }
    }
    lab.settings(&json!({"latency_ms": 60}));
    let client = Client::open(&config.to_string()).expect("the configuration is good");
    let wrong: Vec<Reply> = thread::scope(|scope| {
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(|| ask(&client))).collect();
        calls.into_iter().map(|call| call.join().expect("a call")).collect()
    });
    let good = wrong.iter().all(|reply| reply.as_ref().is_err_and(|e| e.code.as_str() == "authentication"));
    check(good, &name("a wrong password is authentication"), || say(&wrong[0]));
    check(lab.total() <= 2, &name("a wrong password never loops"), || format!("{} requests for 8 calls", lab.total()));
}
