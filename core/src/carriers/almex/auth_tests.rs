//! Almex's keys and tokens.

use super::*;
use crate::json::json;

/// The keys read from a `subscription_key`, or the fields that are wrong.
fn read(subscription_key: Value) -> Result<Keys, Vec<String>> {
    let given = json!({"subscription_key": subscription_key});
    let mut settings = Settings::new(given.as_object().unwrap());
    let keys = Keys::read(&mut settings);
    let problems = settings.problems();
    if problems.is_empty() { Ok(keys) } else { Err(problems.iter().map(|problem| problem.field.clone()).collect()) }
}

#[test]
fn each_operation_has_its_own_key_or_the_default() {
    let every = ["auth.token", "auth.refresh", "quotes.rate", "pickups.create", "tracking.last_event"];
    let one = read(json!(" k ")).unwrap();
    assert!(every.iter().all(|operation| one.of(operation) == "k"));
    let some = read(json!({"auth": "a", "quote": "q", "default": "d", "imaging": ""})).unwrap();
    let used = ["auth.token", "auth.refresh", "quotes.rate", "pickups.create", "documents.image"];
    assert_eq!(used.map(|operation| some.of(operation)), ["a", "d", "q", "d", "d"]);
    let bare = read(json!({"auth": "a", "quote": "q", "pickup": "p", "tracking": "t", "imaging": "i"})).unwrap();
    assert_eq!(bare.of("auth.refresh"), "a");
}

#[test]
fn a_missing_key_is_named_before_anything_is_sent() {
    let said = read(json!({"auth": "a", "pickup": "p"})).err().unwrap();
    assert_eq!(said, ["subscription_key.quote", "subscription_key.tracking", "subscription_key.imaging"]);
    assert!(read(json!({"default": "d"})).is_ok());
    assert_eq!(read(json!(" ")).err().unwrap(), ["subscription_key"]);
}

#[test]
fn a_token_is_renewed_for_a_day() {
    let token = |expires_at_ms| Token { value: "t".to_owned(), refresh: None, expires_at_ms };
    let now = 1_700_000_000_000;
    for (end, renewed) in
        [(now - 1000, true), (now + 1000, true), (now - RENEWABLE_MS - 1, false), (now + 3_600_000, false), (0, false)]
    {
        assert_eq!(renewable(&token(Some(end)), now), renewed, "{end}");
    }
    assert!(!renewable(&token(None), now));
}
