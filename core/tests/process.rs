//! What the calls of one process share, and what no call may do to another: connections, deadlines, interrupts,
//! threads, other runtimes. Forks are tested in C and Python, where there is a host to fork.
#![cfg(all(feature = "sandbox", feature = "sqlite"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod common;

use common::{Shop, order};
use flete::{Client, Code, Error, Outcome};
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const CREATE: &str = "POST /v1/paquetes";

/// These tests measure time, and share one runtime: each runs alone.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn provinces() -> Value {
    json!({"operation": "provinces.list"})
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    (work(), started.elapsed())
}

/// Interrupts a call in progress. Returns its error, and how long after the interrupt it ended.
fn interrupted(client: &Client, call: impl FnOnce() -> Result<Value, Error> + Send) -> (Error, Duration) {
    std::thread::scope(|scope| {
        let calling = scope.spawn(|| (call(), Instant::now()));
        std::thread::sleep(Duration::from_millis(300));
        let at = Instant::now();
        client.interrupt();
        let (result, ended) = calling.join().unwrap();
        (result.expect_err("it was interrupted"), ended.saturating_duration_since(at))
    })
}

#[test]
fn clients_of_one_account_share_their_connections() {
    let _alone = alone();
    let shop = Shop::open();
    shop.native("provinces.list", json!({}));
    let same = shop.another(json!({}));
    for _ in 0..5 {
        same.call("call", provinces()).unwrap();
        shop.client.clone().call("call", provinces()).unwrap();
    }
    assert_eq!((shop.total(), shop.connections()), (11, 1));
}

#[test]
fn an_interrupt_ends_a_slow_quote_at_once() {
    let _alone = alone();
    let shop = Shop::open();
    shop.set(json!({"latency_ms": 5_000}));
    let request = json!({"origin": {"district_code": "11501"}, "destination": {"district_code": "11502"}, "parcels": [common::parcel()]});
    common::soon(Duration::from_millis(100), || {
        let (error, after) = interrupted(&shop.client, || shop.ask("quote", request.clone()));
        assert_eq!((error.code, error.outcome, error.retryable), (Code::Cancelled, Outcome::None, true), "{error}");
        after
    });
    // Only calls in progress are interrupted, not the next one.
    shop.set(json!({"latency_ms": 0}));
    shop.native("provinces.list", json!({}));
}

#[test]
fn an_interrupt_of_a_create_under_way_leaves_its_outcome_unknown() {
    let _alone = alone();
    let shop = Shop::open();
    shop.parcel();
    let mut sent = shop.count(CREATE);
    common::soon(Duration::from_millis(100), || {
        shop.fault(json!({"fault": "slow_after", "ms": 5_000, "operation": CREATE}));
        let (error, after) = interrupted(&shop.client, || shop.ask("create", order()));
        assert_eq!((error.code, error.outcome), (Code::Cancelled, Outcome::Unknown), "{error}");
        sent += 1;
        assert_eq!(shop.count(CREATE), sent);
        after
    });
    // While its addresses are being saved there is no shipment yet.
    let shop = Shop::open();
    shop.fault(json!({"fault": "slow", "ms": 5_000, "times": 0, "operation": "POST /v1/direcciones"}));
    let (error, _) = interrupted(&shop.client, || shop.ask("create", order()));
    assert_eq!((error.code, error.outcome, shop.count(CREATE)), (Code::Cancelled, Outcome::None, 0), "{error}");
}

#[test]
fn an_interrupt_reaches_every_call_of_its_client_and_no_other() {
    let _alone = alone();
    let shop = Shop::open();
    shop.set(json!({"latency_ms": 1_000}));
    let other = shop.another(json!({}));
    std::thread::scope(|scope| {
        let ours: Vec<_> = (0..4).map(|_| scope.spawn(|| shop.ask("call", provinces()))).collect();
        let theirs = scope.spawn(|| other.call("call", provinces()));
        std::thread::sleep(Duration::from_millis(200));
        shop.client.interrupt();
        for call in ours {
            assert_eq!(call.join().unwrap().unwrap_err().code, Code::Cancelled);
        }
        assert!(theirs.join().unwrap().is_ok());
    });
}

#[test]
fn a_host_that_says_stop_is_heard_within_its_200_ms() {
    let _alone = alone();
    let shop = Shop::open();
    shop.set(json!({"latency_ms": 5_000}));
    common::soon(Duration::from_millis(400), || {
        let started = Instant::now();
        let mut go_on = || started.elapsed() < Duration::from_millis(200);
        let error = shop.client.invoke_checked("call", &provinces().to_string(), Some(&mut go_on)).unwrap_err();
        assert_eq!(error.code, Code::Cancelled);
        started.elapsed()
    });
}

#[test]
fn a_timeout_is_kept_within_a_tenth() {
    let _alone = alone();
    let shop = Shop::open();
    shop.parcel();
    // No reply, half a reply, a reply that never ends, refusals that are tried again.
    for fault in [
        json!({"fault": "slow", "ms": 10_000}),
        json!({"fault": "stall", "at": 40, "ms": 10_000}),
        json!({"fault": "drip", "ms": 50, "chunk": 1}),
        json!({"fault": "status", "status": 503}),
    ] {
        shop.fault(common::with(fault.clone(), json!({"times": 0})));
        let calls = [("call", provinces()), ("track", json!({"id": "FR000000001"})), ("create", order())];
        let one = |method: &str, request: &Value| {
            let request = common::with(request.clone(), json!({"timeout_ms": 1_000}));
            let (result, took) = timed(|| shop.ask(method, request));
            let error = result.expect_err("nothing came");
            if fault["fault"] != "status" {
                assert_eq!(error.code, Code::Timeout, "{method} {fault}: {error}");
                assert!(took >= Duration::from_millis(990), "{method} {fault}: {took:?}");
            }
            // Its addresses are saved already, so the first request of the create is the one that makes it.
            let outcome = if method == "create" { Outcome::Unknown } else { Outcome::None };
            assert_eq!(error.outcome, outcome, "{method} {fault}: {error}");
            took.max(Duration::from_millis(error.elapsed_ms))
        };
        common::soon(Duration::from_millis(1_100), || {
            std::thread::scope(|scope| {
                let running: Vec<_> =
                    calls.iter().map(|(method, request)| scope.spawn(|| one(method, request))).collect();
                running.into_iter().map(|one| one.join().unwrap()).max().unwrap()
            })
        });
        shop.control("DELETE", "faults", Value::Null);
    }
}

#[test]
fn it_works_inside_another_runtime() {
    let _alone = alone();
    let shop = Shop::open();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let quote = runtime.block_on(async { shop.ask("call", provinces()) });
    assert!(quote.is_ok());
    let client = shop.client.clone();
    let spawned = runtime.block_on(runtime.spawn(async move { client.call("call", provinces()) })).unwrap();
    assert!(spawned.is_ok());
    let one = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(one.block_on(async { shop.ask("create", order()) }).is_ok());
    let client = shop.client.clone();
    assert!(runtime.block_on(runtime.spawn_blocking(move || client.call("call", provinces()))).unwrap().is_ok());
    // A host's own stop is heard there too.
    shop.set(json!({"latency_ms": 3_000}));
    common::soon(Duration::from_millis(300), || {
        let (result, took) = timed(|| {
            let mut go_on = || false;
            one.block_on(async { shop.client.invoke_checked("call", &provinces().to_string(), Some(&mut go_on)) })
        });
        assert_eq!(result.unwrap_err().code, Code::Cancelled);
        took
    });
}

#[test]
fn it_works_in_a_thread_that_is_ending() {
    let _alone = alone();
    struct Last(Client, std::sync::mpsc::Sender<Result<Value, Error>>);
    impl Drop for Last {
        fn drop(&mut self) {
            let _ = self.1.send(self.0.call("call", provinces()));
        }
    }
    thread_local!(static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) });
    let shop = Shop::open();
    let (client, (last, ended)) = (shop.client.clone(), std::sync::mpsc::channel());
    std::thread::spawn(move || {
        LAST.set(Some(Last(client.clone(), last)));
        // The runtime's thread-local is made later, and so is dropped sooner.
        client.call("call", provinces()).map(drop)
    })
    .join()
    .unwrap()
    .unwrap();
    assert!(ended.recv().unwrap().is_ok());
}

#[test]
fn sixty_four_threads_work_at_once() {
    let _alone = alone();
    let shop = Shop::open();
    shop.set(json!({"latency_ms": 20}));
    let (_, took) = timed(|| {
        std::thread::scope(|scope| {
            for number in 0..64 {
                let shop = &shop;
                scope.spawn(move || {
                    for _ in 0..4 {
                        match number % 4 {
                            0 => drop(shop.parcel()),
                            1 => drop(shop.did("list", json!({}))),
                            _ => drop(shop.native("provinces.list", json!({}))),
                        }
                    }
                });
            }
        });
    });
    assert_eq!(shop.count(CREATE), 64);
    assert_eq!(
        shop.native("addresses.list", json!({}))["direcciones"].as_array().unwrap().len(),
        2,
        "one of each, however many ask"
    );
    assert!(took < Duration::from_secs(20), "{took:?}");
    // A request that makes something has its own connection. All others share, but each thread has a runtime with its
    // own connections, and a create looks up both of its addresses at once.
    let own = shop.count(CREATE) + shop.count("addresses.create");
    assert!(shop.connections() - own <= 2 * 64, "connections are kept: {} and {own}", shop.connections() - own);
}

#[test]
fn no_thread_waits_for_another_thread() {
    let _alone = alone();
    let shop = Shop::open();
    shop.native("provinces.list", json!({}));
    shop.set(json!({"latency_ms": 400}));
    common::soon(Duration::from_millis(1_200), || {
        let (_, took) = timed(|| {
            std::thread::scope(|scope| {
                for _ in 0..16 {
                    scope.spawn(|| shop.native("provinces.list", json!({})));
                }
            });
        });
        took
    });
    // Nor for another host's function, which is called in the middle of its own call.
    common::soon(Duration::from_millis(1_200), || {
        std::thread::scope(|scope| {
            let slow = scope.spawn(|| {
                let mut go_on = || {
                    std::thread::sleep(Duration::from_secs(2));
                    true
                };
                shop.client.invoke_checked("call", &provinces().to_string(), Some(&mut go_on)).unwrap();
            });
            std::thread::sleep(Duration::from_millis(200));
            let (_, took) = timed(|| shop.native("provinces.list", json!({})));
            slow.join().unwrap();
            took
        })
    });
}

#[test]
fn connections_of_a_busy_hour_stay_warm_and_are_no_more_than_its_threads() {
    let _alone = alone();
    let shop = Shop::open();
    shop.set(json!({"latency_ms": 20}));
    let busy = || {
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| (0..5).for_each(|_| drop(shop.native("provinces.list", json!({})))));
            }
        });
    };
    busy();
    let opened = shop.connections();
    assert!((1..=16).contains(&opened), "{opened}");
    for _ in 0..10 {
        shop.native("provinces.list", json!({}));
        std::thread::scope(|scope| drop(scope.spawn(|| shop.native("provinces.list", json!({})))));
    }
    assert_eq!(shop.connections(), opened, "one thread after another uses what is there");
    busy();
    assert!(shop.connections() <= 16, "{}", shop.connections());
}

#[test]
fn a_panic_in_the_host_spoils_nothing() {
    let _alone = alone();
    let shop = Shop::open();
    shop.set(json!({"latency_ms": 200}));
    let request = provinces().to_string();
    for _ in 0..3 {
        let client = shop.client.clone();
        let request = request.clone();
        // The host's own callback panics while its thread drives the runtime for all.
        let panicked = std::thread::spawn(move || {
            // Without the hook, whose printing would take longer than the call.
            let mut go_on = || std::panic::resume_unwind(Box::new("the host's own"));
            let _ = client.invoke_checked("call", &request, Some(&mut go_on));
        });
        let (beside, took) = timed(|| shop.ask("call", provinces()));
        assert!(panicked.join().is_err());
        assert!(beside.is_ok(), "{beside:?}");
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
    shop.set(json!({"latency_ms": 0}));
    assert!(shop.ask("create", order()).is_ok());
}

#[test]
fn a_post_survives_an_idle_connection_that_the_carrier_closed() {
    let _alone = alone();
    let shop = Shop::open();
    // No other call drives the runtime meanwhile: this one must notice that the connection is closed.
    shop.parcel();
    shop.set(json!({"idle_ms": 40}));
    for turn in 2..=8_u64 {
        shop.parcel();
        assert_eq!(shop.count(CREATE), turn);
        std::thread::sleep(Duration::from_millis(120));
    }
    assert!(shop.connections() >= 7, "the connections were closed in between");
}
