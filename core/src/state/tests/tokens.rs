//! Tokens: one fetch for many, and nothing to read for those who have only the file.

use super::*;
use crate::model::Token;

const SECRET: &[u8] = b"user:password";

fn token(value: &str) -> Token {
    Token {
        value: value.to_owned(),
        refresh: Some("REFRESH-canary-7f3a".to_owned()),
        expires_at_ms: Some(T0 + 3_600_000),
    }
}

fn ask(store: &File, secret: &[u8], now: i64) -> TokenClaim {
    store.token("almex:1", secret, now + 60_000, now + 30_000, now).unwrap()
}

fn fetch(store: &File, now: i64) -> String {
    match ask(store, SECRET, now) {
        TokenClaim::Mine { nonce } => nonce,
        other => panic!("expected Mine, not {other:?}"),
    }
}

fn put(store: &File, nonce: &str, value: &str) -> Result<(), StateError> {
    store.token_put("almex:1", SECRET, nonce, &token(value), T0)
}

#[test]
fn one_fetches_and_the_others_wait_and_have_it() {
    let place = Place::new();
    let store = place.store();
    let nonce = fetch(&store, T0);
    assert_eq!(ask(&store, SECRET, T0), TokenClaim::Busy { until_ms: T0 + 30_000 });
    put(&store, &nonce, "TOKEN-1").unwrap();
    assert_eq!(ask(&store, SECRET, T0), TokenClaim::Have(token("TOKEN-1")));
    assert_eq!(put(&store, &nonce, "TOKEN-2"), Err(StateError::Lost));
}

#[test]
fn a_fetch_that_failed_or_hangs_passes_to_the_next() {
    let place = Place::new();
    let store = place.store();
    let first = fetch(&store, T0);
    store.token_release("almex:1", &first).unwrap();
    let second = fetch(&store, T0);
    let third = fetch(&store, T0 + 30_000);
    assert_eq!(put(&store, &second, "late"), Err(StateError::Lost));
    store.token_release("almex:1", &second).unwrap();
    put(&store, &third, "TOKEN").unwrap();
}

#[test]
fn a_token_near_its_end_counts_as_absent() {
    let place = Place::new();
    let store = place.store();
    let nonce = fetch(&store, T0);
    put(&store, &nonce, "TOKEN").unwrap();
    assert!(matches!(ask(&store, SECRET, T0 + 3_539_999), TokenClaim::Have(_)));
    fetch(&store, T0 + 3_540_000);
}

#[test]
fn a_refused_token_is_dropped_once_and_its_successor_stays() {
    let place = Place::new();
    let store = place.store();
    let nonce = fetch(&store, T0);
    put(&store, &nonce, "old").unwrap();
    store.token_drop("almex:1", SECRET, "old").unwrap();
    let nonce = fetch(&store, T0);
    put(&store, &nonce, "new").unwrap();
    store.token_drop("almex:1", SECRET, "old").unwrap();
    assert_eq!(ask(&store, SECRET, T0), TokenClaim::Have(token("new")));
}

#[test]
fn the_file_alone_gives_no_token() {
    let place = Place::new();
    let store = place.store();
    let nonce = fetch(&store, T0);
    put(&store, &nonce, "TOKEN-canary-91c2").unwrap();
    let mut bytes = Vec::new();
    for entry in fs::read_dir(place.dir()).unwrap() {
        bytes.extend(fs::read(entry.unwrap().path()).unwrap());
    }
    assert!(bytes.len() > 8192);
    for canary in ["canary", "91c2", "password"] {
        let found = bytes.windows(canary.len()).any(|w| w == canary.as_bytes());
        assert!(!found, "{canary} is readable");
    }
    let wrong = ask(&store, b"user:other", T0);
    assert!(matches!(wrong, TokenClaim::Mine { .. }), "{wrong:?}");
}

#[test]
fn a_token_of_one_account_cannot_be_moved_to_another_and_a_damaged_one_is_absent() {
    let place = Place::new();
    let store = place.store();
    let nonce = fetch(&store, T0);
    put(&store, &nonce, "TOKEN").unwrap();
    edit(&place, "UPDATE tokens SET scope = 'almex:2'");
    let moved = store.token("almex:2", SECRET, T0, T0 + 1, T0).unwrap();
    assert!(matches!(moved, TokenClaim::Mine { .. }));
    for bytes in ["x''", "x'00'", "zeroblob(28)", "zeroblob(90)"] {
        edit(&place, &format!("UPDATE tokens SET sealed = {bytes}, nonce = NULL"));
        let damaged = store.token("almex:2", SECRET, T0, T0 + 1, T0).unwrap();
        assert!(matches!(damaged, TokenClaim::Mine { .. }));
    }
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?} {:?}", token("TOKEN"), TokenClaim::Have(token("TOKEN")));
    assert!(!shown.contains("TOKEN") && !shown.contains("canary"), "{shown}");
}
