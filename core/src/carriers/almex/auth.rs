//! Who Almex lets in: a subscription key for each of its APIs (Azure's gateway asks for it), and a token, whose
//! end is read from the token itself ("Authentication").

use crate::connector::jwt;
use crate::connector::lenient::text;
use crate::model::{FieldProblem, Token};
use crate::net::token::MARGIN_MS;
use serde_json::{Map, Value};

/// The subscription keys' names in an account, each with the operation that needs it.
const KEYS: &[(&str, &str)] = &[
    ("auth", "auth.token"),
    ("refresh", "auth.refresh"),
    ("quote", "quotes.rate"),
    ("pickup", "pickups.create"),
    ("tracking", "tracking.last_event"),
    ("imaging", "documents.image"),
];

/// An expired token is renewed for this long; after it, only a login gives a new one.
const RENEWABLE_MS: i64 = 86_400_000;

/// The subscription key of an operation: its own, else `default`. The document's sample renews with the key of
/// quotes, not with that of the login; an account without one for it renews with the login's.
pub(super) fn key<'a>(settings: &'a Map<String, Value>, operation: &str) -> Option<&'a str> {
    let keys = match settings.get("subscription_key")? {
        Value::String(one) => return filled(one),
        other => other.as_object()?,
    };
    let own = KEYS.iter().find(|(_, name)| *name == operation).map(|(key, _)| *key)?;
    let last = if own == "refresh" { "auth" } else { own };
    [own, "default", last].into_iter().find_map(|name| filled(keys.get(name)?.as_str()?))
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// Every operation must have a key before the first call is made.
pub(super) fn check(settings: &Map<String, Value>) -> Vec<FieldProblem> {
    let missing: Vec<&str> =
        KEYS.iter().filter(|(_, operation)| key(settings, operation).is_none()).map(|(name, _)| *name).collect();
    match settings.get("subscription_key") {
        Some(Value::Object(_)) => missing
            .into_iter()
            .filter(|name| *name != "refresh")
            .map(|name| {
                FieldProblem::new(
                    format!("subscription_key.{name}"),
                    "is missing, and there is no `default`; give one of them",
                )
            })
            .collect(),
        Some(_) if !missing.is_empty() => vec![FieldProblem::new("subscription_key", "is empty")],
        _ => Vec::new(),
    }
}

/// Whether a token that has ended, or is about to, may still be renewed.
pub(super) fn renewable(token: &Token, now_ms: i64) -> bool {
    token.expires_at_ms.is_some_and(|end| end > now_ms - RENEWABLE_MS && end <= now_ms + MARGIN_MS)
}

/// The token of a reply, if it has one.
pub(super) fn token(json: &Value) -> Option<Token> {
    let response = json.get("response")?;
    let value = text(response, "token")?;
    let expires_at_ms = jwt::expiry_ms(&value);
    Some(Token { value, refresh: text(response, "refreshToken"), expires_at_ms })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(keys: Value) -> Map<String, Value> {
        json!({"subscription_key": keys}).as_object().unwrap().clone()
    }

    #[test]
    fn each_operation_has_its_own_key_or_the_default() {
        let one = settings(json!("k"));
        assert!(KEYS.iter().all(|(_, operation)| key(&one, operation) == Some("k")));
        let some = settings(json!({"auth": "a", "quote": "q", "default": "d", "imaging": ""}));
        let used = ["auth.token", "auth.refresh", "quotes.rate", "pickups.create", "documents.image"];
        assert_eq!(used.map(|operation| key(&some, operation).unwrap()), ["a", "d", "q", "d", "d"]);
        let bare = settings(json!({"auth": "a"}));
        assert_eq!(key(&bare, "auth.refresh"), Some("a"));
        assert_eq!(key(&bare, "quotes.rate"), None);
    }

    #[test]
    fn a_missing_key_is_named_before_anything_is_sent() {
        let said: Vec<_> =
            check(&settings(json!({"auth": "a", "pickup": "p"}))).into_iter().map(|problem| problem.field).collect();
        assert_eq!(said, ["subscription_key.quote", "subscription_key.tracking", "subscription_key.imaging"]);
        assert!(check(&settings(json!({"default": "d"}))).is_empty());
        assert_eq!(check(&settings(json!(" ")))[0].field, "subscription_key");
    }

    #[test]
    fn a_token_is_renewed_for_a_day() {
        let token = |expires_at_ms| Token { value: "t".to_owned(), refresh: None, expires_at_ms };
        let now = 1_700_000_000_000;
        for (end, renewed) in [
            (now - 1000, true),
            (now + 1000, true),
            (now - RENEWABLE_MS - 1, false),
            (now + 3_600_000, false),
            (0, false),
        ] {
            assert_eq!(renewable(&token(Some(end)), now), renewed, "{end}");
        }
        assert!(!renewable(&token(None), now));
    }
}
