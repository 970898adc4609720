//! Authentication at Almex: the subscription key that Azure asks for, and the token (a JWT) that Almex issues.
//! What an authenticated request does is in `mod.rs`.

use super::super::Request;
use super::super::util::Ids;
use super::{Refusal, check, unauthorized};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use std::collections::HashMap;

const USER: &str = "sandbox";
const PASSWORD: &str = "sandbox-clave-de-paso";
const NUMBER: &str = "0001";
/// Valid everywhere while the setting `one_key` is on.
const ONE_KEY: &str = "sandbox-clave";
/// How long after its end a token can still be renewed.
const GRACE: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn account() -> Value {
    json!({
        "user_name": USER,
        "password": PASSWORD,
        "account_number": NUMBER,
        "subscription_key": {
            "auth": "sandbox-clave-auth",
            "refresh": "sandbox-clave-refresh",
            "quote": "sandbox-clave-quote",
            "pickup": "sandbox-clave-pickup",
            "tracking": "sandbox-clave-tracking",
            "imaging": "sandbox-clave-imaging",
        },
    })
}

/// The API reference has different keys for different operations: here every operation has its own.
fn key_for(operation: &str) -> &'static str {
    match operation {
        super::TOKEN => "sandbox-clave-auth",
        super::REFRESH => "sandbox-clave-refresh",
        super::RATE => "sandbox-clave-quote",
        super::PICKUP => "sandbox-clave-pickup",
        super::LAST_EVENT => "sandbox-clave-tracking",
        _ => "sandbox-clave-imaging",
    }
}

/// Whether an accepted account has this key for an operation, or one key for all of them.
fn has_key(account: &Map<String, Value>, operation: &str, key: &str) -> bool {
    match account.get("subscription_key") {
        Some(Value::String(one)) => one == key,
        Some(Value::Object(keys)) => {
            let names: &[&str] = match operation {
                super::TOKEN => &["auth"],
                super::REFRESH => &["refresh", "auth"],
                super::RATE => &["quote"],
                super::PICKUP => &["pickup"],
                super::LAST_EVENT => &["tracking"],
                _ => &["imaging"],
            };
            names.iter().chain(&["default"]).any(|name| keys.get(*name).and_then(Value::as_str) == Some(key))
        }
        _ => false,
    }
}

/// The key of the query, in the words of Azure's API gateway.
pub(super) fn subscription(request: &Request, operation: &str, one_key: bool, auth: &Auth) -> Result<(), Refusal> {
    let message = match request.query("subscription-key") {
        Some(key) if key == key_for(operation) || one_key && key == ONE_KEY => return Ok(()),
        Some(key) if auth.admitted.iter().any(|account| has_key(account, operation, key)) => return Ok(()),
        None | Some("") => {
            "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
        }
        Some(_) => {
            "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
        }
    };
    let body = json!({"statusCode": 401, "message": message});
    let reply = super::Response::json(401, &body);
    Err(Refusal::Reply(reply))
}

#[derive(Default)]
pub(super) struct Auth {
    /// Every issued token, with its end.
    tokens: HashMap<String, Timestamp>,
    expire_next: bool,
    ids: Ids,
    /// The accounts that were accepted beside the fixed one.
    admitted: Vec<Map<String, Value>>,
}

impl Auth {
    pub(super) fn admit(&mut self, account: &Map<String, Value>) {
        self.admitted.push(account.clone());
    }

    pub(super) fn expire_next(&mut self) {
        self.expire_next = true;
    }

    /// API reference, "Token". A refusal is HTTP 200 (its sample stands under "Refresh Token").
    pub(super) fn token(&mut self, body: &Value, life: i64, now: Timestamp) -> Result<Value, Refusal> {
        let [user, password, number] = check::texts(body, ["userName", "password", "numberAccount"])?;
        let known = |account: &Map<String, Value>| {
            let is = |name: &str, sent: &str| account.get(name).and_then(Value::as_str) == Some(sent);
            is("user_name", user) && is("password", password) && is("account_number", number)
        };
        if (user, password, number) != (USER, PASSWORD, NUMBER) && !self.admitted.iter().any(known) {
            return Err(wrong_credentials());
        }
        Ok(self.give(life, now))
    }

    /// API reference, "Refresh Token": the token is the JWT, not the `refreshToken` that came with it.
    pub(super) fn refresh(&mut self, body: &Value, life: i64, now: Timestamp) -> Result<Value, Refusal> {
        let [token] = check::texts(body, ["token"])?;
        match self.tokens.get(token) {
            Some(end) if now.duration_since(*end) < GRACE => Ok(self.give(life, now)),
            _ => Err(wrong_credentials()),
        }
    }

    pub(super) fn authorize(&mut self, request: &Request, now: Timestamp) -> Result<(), Refusal> {
        let header = request.header("authorization").unwrap_or_default();
        let (scheme, token) = header.split_once(' ').unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(unauthorized());
        }
        if let Some(end) = self.tokens.get_mut(token) {
            if std::mem::take(&mut self.expire_next) {
                // It stays expired: sending it again must not help.
                *end = now;
            }
            if now < *end {
                return Ok(());
            }
        }
        Err(unauthorized())
    }

    fn give(&mut self, life: i64, now: Timestamp) -> Value {
        let issued = now.as_second();
        let end = Timestamp::from_second(issued.saturating_add(life)).unwrap_or(Timestamp::MAX);
        let id = self.ids.uuid();
        let token = jwt(&id, issued, end.as_second());
        self.tokens.insert(token.clone(), end);
        let seed = format!("{}{}", self.ids.hex(32), self.ids.hex(32));
        json!({"token": token, "refreshToken": STANDARD.encode(seed)})
    }
}

fn wrong_credentials() -> Refusal {
    let message = "Nombre de usuario o contraseña incorrectos, inténtalo de nuevo.";
    Refusal::Said(message.to_owned())
}

/// A token with the claims of the API reference's sample.
fn jwt(id: &str, issued: i64, end: i64) -> String {
    let claims = json!({
        "sub": USER,
        "jti": id,
        "userName": USER,
        "numberAccount": NUMBER,
        "userId": 11740,
        "clientId": 551_058,
        "currencyId": 0,
        "density": 0.0,
        "groupProjectId": 0,
        "projectId": 0,
        "typeService": 1,
        "companyId": 5,
        "paridadId": 0.0,
        "ivaId": 1,
        "role": "Almex",
        "nbf": issued,
        "exp": end,
        "iat": issued,
        "iss": "https://localhost:44336/",
        "aud": "https://localhost:44336/",
    });
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    // HMAC takes a key of any length, so there is always a signature. Nothing here reads it.
    let signature = Hmac::<Sha256>::new_from_slice(b"the sandbox's own key").map(|mut mac| {
        mac.update(signed.as_bytes());
        mac.finalize().into_bytes()
    });
    let signature = signature.map_or_else(|_| String::new(), |s| URL_SAFE_NO_PAD.encode(s));
    format!("{signed}.{signature}")
}
