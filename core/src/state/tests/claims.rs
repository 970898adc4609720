//! Creates: every way from one state to the next.

use crate::json::json;

use super::*;

#[cfg(feature = "sqlite")]
const A: &str = "cr";
const K: &str = "order-1";

fn claim(store: &impl Creates, account: &str, fingerprint: &str, now: i64) -> Claim {
    store.claim(account, K, fingerprint, now + 60_000, now).unwrap()
}

#[test]
fn a_new_key_is_mine_and_then_answers_with_its_reply() {
    everywhere(|store| {
        let a = &own_account();
        let mut intent = mine(claim(store, a, "f", T0));
        assert_eq!(claimed(store, a, K), (1, T0));
        assert_eq!((intent.sent_at_ms, intent.steps.len()), (None, 0));
        store.step(&mut intent, "sender", json!(17), T0 + 1).unwrap();
        store.sending(&mut intent, T0 + 2).unwrap();
        let reply = json!({"id": "é\u{1F4E6}", "price": {"amount": "4900.00"}});
        store.finish(&intent, &reply, T0 + 3).unwrap();
        assert_eq!(claim(store, a, "f", T0 + 4), Claim::Done(reply));
        assert_eq!(claim(store, a, "other", T0 + 5), Claim::Conflict);
        assert_eq!(store.finish(&intent, &json!(1), T0 + 6), Err(StateError::Lost));
        let other = format!("{a}-co");
        mine(store.claim(&other, K, "other", LEASE, T0).unwrap());
        assert_eq!(claimed(store, &other, K), (1, T0));
    });
}

#[test]
fn a_key_under_way_is_busy_for_another_thread_of_the_same_process() {
    everywhere(|store| {
        let a = &own_account();
        let _intent = mine(claim(store, a, "f", T0));
        let busy = Claim::Busy { until_ms: T0 + 60_000 };
        assert_eq!(claim(store, a, "f", T0 + 1), busy);
        assert_eq!(claim(store, a, "g", T0 + 1), Claim::Conflict);
    });
}

#[test]
fn two_threads_claim_one_key_at_once_and_one_gets_it() {
    everywhere(|store| {
        let a = &own_account();
        for round in 0..20 {
            let key = format!("k{round}");
            let barrier = std::sync::Barrier::new(4);
            let won = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4)
                    .map(|_| {
                        scope.spawn(|| {
                            barrier.wait();
                            store.claim(a, &key, "f", LEASE, T0).unwrap()
                        })
                    })
                    .collect();
                let claims = threads.into_iter().map(|t| t.join().unwrap());
                claims.filter(|c| matches!(c, Claim::Mine(_))).count()
            });
            assert_eq!(won, 1);
        }
    });
}

#[test]
fn an_expired_lease_is_taken_over_with_what_is_known_and_the_old_owner_is_shut_out() {
    everywhere(|store| {
        let a = &own_account();
        let mut old = mine(claim(store, a, "f", T0));
        store.step(&mut old, "sender", json!({"id": 1}), T0).unwrap();
        store.sending(&mut old, T0 + 5).unwrap();
        assert_eq!(claim(store, a, "g", T0 + 90_000), Claim::Conflict, "unknown");
        let new = mine(claim(store, a, "f", T0 + 90_000));
        assert_eq!(new.sent_at_ms, Some(T0 + 5));
        assert_eq!(claimed(store, a, K), (2, T0));
        assert_eq!(new.steps, old.steps);

        assert_eq!(store.sending(&mut old, T0), Err(StateError::Lost));
        assert_eq!(store.not_sent(&mut old), Err(StateError::Lost));
        assert_eq!(store.step(&mut old, "x", json!(1), T0), Err(StateError::Lost));
        assert_eq!(store.finish(&old, &json!(1), T0), Err(StateError::Lost));
        assert_eq!(store.release(&old, T0), Err(StateError::Lost));
        assert_eq!(store.free(&old), Err(StateError::Lost));
        assert_eq!(old.sent_at_ms, Some(T0 + 5), "a refused write changes nothing here either");
        store.finish(&new, &json!("ok"), T0 + 90_001).unwrap();
        assert_eq!(claim(store, a, "f", T0 + 90_002), Claim::Done(json!("ok")));
    });
}

#[test]
fn released_after_sending_is_unknown() {
    everywhere(|store| {
        let a = &own_account();
        let mut intent = mine(claim(store, a, "f", T0));
        store.sending(&mut intent, T0 + 7).unwrap();
        store.release(&intent, T0 + 9).unwrap();
        let mut again = mine(claim(store, a, "f", T0 + 11));
        assert_eq!(again.sent_at_ms, Some(T0 + 7));
        store.sending(&mut again, T0 + 12).unwrap();
        store.release(&again, T0 + 13).unwrap();
        assert_eq!(mine(claim(store, a, "f", T0 + 14)).sent_at_ms, Some(T0 + 12), "the last one");
    });
}

#[test]
fn a_request_that_did_nothing_is_not_unknown() {
    everywhere(|store| {
        let a = &own_account();
        let mut intent = mine(claim(store, a, "f", T0));
        store.sending(&mut intent, T0).unwrap();
        store.not_sent(&mut intent).unwrap();
        assert!(matches!(claim(store, a, "f", T0), Claim::Busy { .. }));
        store.release(&intent, T0 + 1).unwrap();
        assert_eq!(mine(claim(store, a, "f", T0 + 2)).sent_at_ms, None);
    });
}

#[test]
fn a_refusal_frees_the_key_for_any_content() {
    everywhere(|store| {
        let a = &own_account();
        let mut intent = mine(claim(store, a, "f", T0));
        store.sending(&mut intent, T0).unwrap();
        store.free(&intent).unwrap();
        mine(claim(store, a, "g", T0 + 1));
        assert_eq!(claimed(store, a, K), (1, T0 + 1));
    });
}

#[test]
fn a_key_that_never_did_anything_may_stand_for_other_content_but_not_once_something_is_saved() {
    everywhere(|store| {
        let a = &own_account();
        store.release(&mine(claim(store, a, "f", T0)), T0).unwrap();
        let mut other = mine(claim(store, a, "g", T0 + 1));
        assert_eq!(claimed(store, a, K), (1, T0 + 1));
        store.step(&mut other, "sender", json!(1), T0 + 2).unwrap();
        store.release(&other, T0 + 3).unwrap();
        assert_eq!(claim(store, a, "f", T0 + 4), Claim::Conflict);
    });
}

#[test]
fn a_person_settles() {
    everywhere(|store| {
        let a = &own_account();
        let reply = json!({"id": "17"});
        assert_eq!(store.settle(a, K, None, T0), Ok(Settled::NotFound));
        let mut intent = mine(claim(store, a, "f", T0));
        store.sending(&mut intent, T0).unwrap();
        assert_eq!(store.settle(a, K, Some(&reply), T0), Ok(Settled::Busy));
        store.release(&intent, T0).unwrap();
        assert_eq!(store.settle(a, K, Some(&reply), T0), Ok(Settled::Made));
        assert_eq!(claim(store, a, "f", T0), Claim::Done(reply));
        assert_eq!(store.settle(a, K, None, T0), Ok(Settled::AlreadyDone));

        let mut other = mine(store.claim(a, "k2", "f", LEASE, T0).unwrap());
        store.sending(&mut other, T0).unwrap();
        assert_eq!(store.settle(a, "k2", None, LEASE), Ok(Settled::Freed), "its lease ran out");
        assert_eq!(store.finish(&other, &json!(1), LEASE), Err(StateError::Lost));
        mine(store.claim(a, "k2", "g", LEASE, T0).unwrap());
        assert_eq!(claimed(store, a, "k2"), (1, T0));
    });
}

#[cfg(feature = "sqlite")]
#[test]
fn the_dead_owner_of_a_machine_that_was_restarted_holds_nothing() {
    let place = Place::new();
    let store = place.store();
    let mut intent = mine(claim(&store, A, "f", T0));
    store.sending(&mut intent, T0).unwrap();
    edit(&place, "UPDATE creates SET owner = replace(owner, '\"boot\":\"', '\"boot\":\"x')");
    if std::path::Path::new("/proc/self/stat").exists() {
        assert_eq!(mine(claim(&store, A, "f", T0 + 1)).sent_at_ms, Some(T0));
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn an_owner_that_cannot_be_judged_holds_until_its_lease_ends() {
    let place = Place::new();
    let store = place.store();
    let _intent = mine(claim(&store, A, "f", T0));
    edit(&place, "UPDATE creates SET owner = '{\"pid\":1}'");
    assert!(matches!(claim(&store, A, "f", T0 + 1), Claim::Busy { .. }));
    edit(&place, "UPDATE creates SET owner = 'nonsense'");
    assert!(matches!(claim(&store, A, "f", T0 + 1), Claim::Busy { .. }));
    mine(claim(&store, A, "f", T0 + 60_000));
    assert_eq!(claimed(&store, A, K), (2, T0));
}

#[cfg(feature = "sqlite")]
#[test]
fn old_keys_go_and_those_in_use_stay() {
    let place = Place::new();
    let store = place.store();
    let day = 86_400_000;
    let done = mine(store.claim(A, "done", "f", LEASE, T0).unwrap());
    store.finish(&done, &json!(1), T0).unwrap();
    let _held = store.claim(A, "held", "f", T0 + 99 * day, T0).unwrap();
    store.remember("s", "kind", "old", &json!(1), T0).unwrap();
    store.remember("s", "kind", "asked", &json!(2), T0).unwrap();
    assert_eq!(store.fact("s", "kind", "asked", T0 + 20 * day).unwrap(), Some(json!(2)));

    let late = T0 + 31 * day;
    store.claim(A, "trigger", "f", late + 1, late).unwrap();
    assert_eq!(store.fact("s", "kind", "old", late).unwrap(), None);
    assert_eq!(store.fact("s", "kind", "asked", late).unwrap(), Some(json!(2)));
    assert!(matches!(store.claim(A, "held", "f", late, late).unwrap(), Claim::Busy { .. }));
    mine(store.claim(A, "done", "g", late + 1, late).unwrap());
    assert_eq!(claimed(&store, A, "done"), (1, late));
}

#[cfg(feature = "sqlite")]
#[test]
fn old_rows_are_removed_once_an_hour_and_some_at_a_time() {
    let place = Place::new();
    let store = place.store();
    let late = T0 + 31 * 86_400_000;
    write(&store).unwrap();
    edit(
        &place,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
         INSERT INTO creates (account, key, fingerprint, started_at, updated_at)
         SELECT 'cr', 'old' || i, 'f', 0, 0 FROM n",
    );
    let left = || {
        let conn = rusqlite::Connection::open(place.file()).unwrap();
        conn.query_row("SELECT count(*) FROM creates WHERE updated_at = 0", [], |r| r.get::<_, i64>(0)).unwrap()
    };
    store.remember("s", "k", "1", &json!(1), late).unwrap();
    assert_eq!(left(), 200);
    store.remember("s", "k", "2", &json!(1), late).unwrap();
    assert_eq!(left(), 0);
    edit(&place, "INSERT INTO creates (account, key, fingerprint, started_at, updated_at) VALUES ('cr','x','f',0,0)");
    store.remember("s", "k", "3", &json!(1), late + 3_599_999).unwrap();
    assert_eq!(left(), 1);
    store.remember("s", "k", "3", &json!(1), late + 3_600_000).unwrap();
    assert_eq!(left(), 0);
}

#[cfg(feature = "sqlite")]
#[test]
fn facts_are_remembered_replaced_and_forgotten() {
    let place = Place::new();
    let store = place.store();
    store.remember("cr", "address", "Ana", &json!({"id": 5}), T0).unwrap();
    store.remember("cr", "address", "Ana", &json!({"id": 6}), T0).unwrap();
    assert_eq!(store.fact("cr", "address", "Ana", T0).unwrap(), Some(json!({"id": 6})));
    assert_eq!(store.fact("co", "address", "Ana", T0).unwrap(), None);
    store.forget("cr", "address", "Ana").unwrap();
    store.forget("cr", "address", "nobody").unwrap();
    assert_eq!(store.fact("cr", "address", "Ana", T0).unwrap(), None);
}

#[test]
fn odd_keys_are_kept_as_they_are() {
    everywhere(|store| {
        let a = &own_account();
        for key in ["", "a'b\"; DROP TABLE creates;--", "ñ\u{0}\n", &"k".repeat(255)] {
            let intent = mine(store.claim(a, key, "f", LEASE, T0).unwrap());
            store.finish(&intent, &json!(key), T0).unwrap();
            assert_eq!(store.claim(a, key, "f", LEASE, T0), Ok(Claim::Done(json!(key))));
        }
    });
}

#[test]
fn keys_are_listed_in_an_order_that_stays_while_they_come_and_go() {
    everywhere(|store| {
        let a = &own_account();
        let make = |key: &str| {
            let intent = mine(store.claim(a, key, "f", LEASE, T0).unwrap());
            store.finish(&intent, &json!({"id": key}), T0).unwrap();
        };
        let keys = |after: Option<&str>, open: bool, limit: usize| -> Vec<String> {
            store.list(a, after, open, limit).unwrap().into_iter().map(|listed| listed.key).collect()
        };
        assert_eq!(keys(None, false, 9), [""; 0]);
        for key in ["b", "", "B", "é", "a\u{0}", "z"] {
            make(key);
        }
        let mut open = mine(store.claim(a, "open", "f", LEASE, T0 + 5).unwrap());
        assert_eq!(keys(None, false, 9), ["", "B", "a\u{0}", "b", "open", "z", "é"]);
        assert_eq!(keys(None, false, 3), ["", "B", "a\u{0}"]);
        make("A");
        store.free(&open).unwrap();
        assert_eq!(keys(Some("a\u{0}"), false, 2), ["b", "z"]);
        assert_eq!(keys(Some("open"), false, 2), ["z", "é"], "one that is gone is a place all the same");
        assert_eq!(keys(None, true, 9), [""; 0]);
        open = mine(store.claim(a, "open", "f", LEASE, T0 + 6).unwrap());
        store.sending(&mut open, T0 + 7).unwrap();
        let listed = store.list(a, None, true, 9).unwrap();
        let expected = Listed {
            key: "open".to_owned(),
            started_at_ms: T0 + 6,
            sent_at_ms: Some(T0 + 7),
            attempts: 1,
            reply: None,
        };
        assert_eq!(listed, [expected]);
        assert_eq!(store.list(&format!("{a}-other"), None, false, 9).unwrap(), []);
    });
}

#[cfg(feature = "sqlite")]
#[test]
fn a_list_makes_no_file() {
    let place = Place::new();
    let store = place.store();
    assert_eq!(store.list(A, None, false, 9), Ok(Vec::new()));
    assert_eq!(fs::read_dir(place.dir()).unwrap().count(), 0);
    let nowhere = place.dir().join("no/state.db");
    assert_eq!(File::new(&nowhere, 30).list(A, None, false, 9), Err(StateError::NoDirectory((&*nowhere).into())));
}

#[test]
fn keys_in_memory_end_after_their_days() {
    let a = &own_account();
    let of = |days| Store::new(super::super::Place::Memory, days, Duration::ZERO);
    let day = 86_400_000;
    for (key, days) in [("short", 1), ("long", 30)] {
        let intent = mine(of(days).claim(a, key, "f", LEASE, T0).unwrap());
        of(days).finish(&intent, &json!(1), T0).unwrap();
    }
    let held = of(1).claim(a, "held", "f", T0 + 99 * day, T0).unwrap();
    // Whichever client comes by, each key has its own client's days. Other tests' keys are older than the process.
    of(1).claim(a, "trigger", "f", T0 + 2 * day, T0 + 2 * day).unwrap();
    let keys: Vec<String> = of(1).list(a, None, false, 9).unwrap().into_iter().map(|listed| listed.key).collect();
    assert_eq!(keys, ["held", "long", "trigger"]);
    drop(held);
}
