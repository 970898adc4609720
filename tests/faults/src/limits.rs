//! A rate policy, obeyed by waiting: no 429, little time lost, the first caller goes first, a change applies at once.

use crate::kit::{Lab, check, list, note};
use crate::worker::{answer, invoke};
use flete::Client;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

fn ask(client: &Client, number: u64) -> bool {
    // An address that doesn't exist: its number shows the order of the requests, and a refusal is a reply too.
    let request = json!({"account": "shop", "operation": "addresses.get", "params": {"id": format!("n{number}")}});
    note(client.call("call", request)).is_err_and(|error| error.code.as_str() == "not_found")
}

fn refused(lab: &Lab) -> usize {
    list(&lab.requests()["recent"]).iter().filter(|request| request["status"] == 429).count()
}

/// Makes this many calls on this many threads. Returns whether all succeeded, and how long it took.
fn many(client: &Client, calls: u64, threads: u64) -> (bool, Duration) {
    let (next, good) = (AtomicU64::new(0), AtomicU64::new(0));
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= calls {
                        break;
                    }
                    good.fetch_add(u64::from(ask(client, number)), Ordering::Relaxed);
                }
            });
        }
    });
    (good.load(Ordering::Relaxed) == calls, started.elapsed())
}

fn window(what: &str, requests: u64, calls: u64, threads: u64) {
    let lab = Lab::new("fruno");
    lab.settings(&json!({"rate_policy": format!("{requests};w=1")}));
    let client = lab.client(json!({"timeout_ms": 120_000, "max_in_flight": 64}));
    let (good, took) = many(&client, calls, threads);
    // The first window's worth at once, then one window's worth a second.
    let ideal = (calls.div_ceil(requests) - 1) as f64;
    let share = took.as_secs_f64() / ideal - 1.0;
    println!(
        "limits: {what}: {calls} calls by {threads} threads at {requests};w=1: {:.2} s (ideal {ideal:.0} s, {:+.1} %), {} times 429",
        took.as_secs_f64(),
        share * 100.0,
        refused(&lab),
    );
    check(good && refused(&lab) == 0, &format!("{what}: no 429"), || format!("{} times 429", refused(&lab)));
    check(share <= 0.15 && share > -0.05, &format!("{what}: within 15 % of the ideal"), || format!("{took:?}"));
}

/// `long`: the full 200 calls against `5;w=1`, which take 39 seconds.
pub fn run(long: bool) {
    window("many calls", 20, 100, 8);
    window("64 at once, cold", 20, 64, 64);
    if long {
        window("200 calls", 5, 200, 8);
    }
    order();
    change();
    processes();
}

fn order() {
    let lab = Lab::new("fruno");
    lab.settings(&json!({"rate_policy": "5;w=1"}));
    let client = lab.client(json!({"timeout_ms": 30_000, "max_in_flight": 4}));
    thread::scope(|scope| {
        for number in 0..20 {
            let client = &client;
            scope.spawn(move || ask(client, number));
            thread::sleep(Duration::from_millis(15));
        }
    });
    let requests = lab.requests();
    let came: Vec<i64> = list(&requests["recent"])
        .iter()
        .filter_map(|request| request["path"].as_str()?.rsplit_once("/n")?.1.parse().ok())
        .collect();
    // Requests that start together may overtake each other.
    let worst = came.iter().zip(0..).map(|(number, place): (&i64, i64)| (number - place).abs()).max().unwrap_or(99);
    check(worst <= 4 && came.len() == 20, "first come, first served", || format!("{came:?}"));
}

fn change() {
    let lab = Lab::new("fruno");
    lab.settings(&json!({"rate_policy": "50;w=1"}));
    let client = lab.client(json!({"timeout_ms": 30_000}));
    let (good, _) = many(&client, 20, 2);
    lab.settings(&json!({"rate_policy": "4;w=1"}));
    let (also, took) = many(&client, 12, 1);
    check(good && also && refused(&lab) == 0, "a stricter policy is followed at once", || {
        format!("{} times 429", refused(&lab))
    });
    check(took > Duration::from_millis(1900), "a stricter policy is kept", || format!("{took:?}"));
    lab.settings(&json!({"rate_policy": "1000;w=1"}));
    let (good, took) = many(&client, 40, 1);
    check(good && took < Duration::from_millis(2500), "a laxer policy is followed, too", || format!("{took:?}"));
}

/// Processes know of each other only through the rest of the window in the replies; a 429 that still comes is waited out.
fn processes() {
    let lab = Lab::new("fruno");
    lab.settings(&json!({"rate_policy": "10;w=1"}));
    let config = lab.config(json!({"timeout_ms": 20_000, "max_attempts": 10}));
    let pages = json!({"account": "shop", "operation": "contracts.list"});
    let started = Instant::now();
    let answers: Vec<Value> = thread::scope(|scope| {
        let calls: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| (0..10).map(|_| answer(invoke(&config, "call", &pages))).collect::<Vec<Value>>()))
            .collect();
        calls.into_iter().flat_map(|call| call.join().expect("a thread")).collect()
    });
    let good = answers.iter().filter(|answer| answer["ok"] == true).count();
    println!(
        "limits: 30 processes of one account, three at a time, at 10;w=1: {:.2} s, {} times 429, {good} of 30 answered",
        started.elapsed().as_secs_f64(),
        refused(&lab),
    );
    check(good == 30, "several processes with one account all get through", || format!("{good} of 30"));
}
