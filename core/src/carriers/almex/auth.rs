//! Who Almex lets in: a subscription key for each of its APIs (Azure's gateway asks for it), and a token, whose
//! end is read from the token itself ("Authentication").

use crate::connector::Settings;
use crate::connector::jwt;
use crate::connector::lenient::text;
use crate::json::Value;
use crate::model::Token;
use crate::net::token::MARGIN_MS;

/// An expired token is renewed for this long; after it, only a login gives a new one.
const RENEWABLE_MS: i64 = 86_400_000;

/// The subscription keys, one for each of Almex's APIs.
pub(super) struct Keys {
    auth: String,
    refresh: String,
    quote: String,
    pickup: String,
    tracking: String,
    imaging: String,
}

impl Keys {
    /// The keys of an account: one for all, or an object of them. Each API's own goes first, then `default`.
    pub(super) fn read(settings: &mut Settings<'_>) -> Self {
        let given = settings.get("subscription_key");
        let key = |names: &[&str]| {
            let found = match given {
                Some(Value::Object(keys)) => names.iter().find_map(|name| filled(keys.get(name)?)),
                one => one.and_then(filled),
            };
            found.map(str::to_owned)
        };
        let auth = key(&["auth", "default"]);
        // The API reference's sample renews with the key of quotes, not with that of the login. An account without a
        // key for it renews with the login's.
        let refresh = key(&["refresh", "default", "auth"]);
        let [quote, pickup, tracking, imaging] =
            ["quote", "pickup", "tracking", "imaging"].map(|name| key(&[name, "default"]));
        match given {
            Some(Value::Object(_)) => {
                let all = [
                    ("auth", &auth),
                    ("quote", &quote),
                    ("pickup", &pickup),
                    ("tracking", &tracking),
                    ("imaging", &imaging),
                ];
                for (name, _) in all.into_iter().filter(|(_, key)| key.is_none()) {
                    let message = "is missing, and there is no `default`; give one of them";
                    settings.wrong(format!("subscription_key.{name}"), message);
                }
            }
            Some(_) if auth.is_none() => settings.wrong("subscription_key", "is empty"),
            Some(_) => {}
            None => settings.wrong("subscription_key", "is required"),
        }
        let [auth, refresh, quote, pickup, tracking, imaging] =
            [auth, refresh, quote, pickup, tracking, imaging].map(Option::unwrap_or_default);
        Self { auth, refresh, quote, pickup, tracking, imaging }
    }

    /// The key of an operation.
    pub(super) fn of(&self, operation: &str) -> &str {
        match operation {
            "auth.refresh" => &self.refresh,
            "quotes.rate" => &self.quote,
            "pickups.create" => &self.pickup,
            "tracking.last_event" => &self.tracking,
            "documents.image" => &self.imaging,
            _ => &self.auth,
        }
    }
}

fn filled(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
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
#[path = "auth_tests.rs"]
mod tests;
