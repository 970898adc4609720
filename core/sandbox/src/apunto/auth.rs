//! Who may come in: the account's API token, and the tokens that a login gives out. Not for limits.

use super::super::Request;
use super::super::util::Ids;
use super::check;
use super::refusal::{BAD_TOKEN, Refusal};
use super::settings::Settings;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

/// Made by hand in the web interface; it never ends.
pub(super) const TOKEN: &str = "sandbox-token";
const EMAIL: &str = "sandbox@example.com";
const PASSWORD: &str = "sandbox-contraseña";

#[derive(Default)]
pub(super) struct Auth {
    /// The tokens given out, and when each ends.
    given: Vec<(String, Option<Timestamp>)>,
    /// The next request fails, whatever its token.
    refuse_next: bool,
    ids: Ids,
    /// API tokens, and e-mails with passwords, of accounts that were let in beside the fixed one.
    tokens: Vec<String>,
    logins: Vec<(String, String)>,
}

impl Auth {
    pub(super) fn expire(&mut self) {
        self.refuse_next = true;
    }

    pub(super) fn admit(&mut self, account: &Map<String, Value>) {
        let text = |name: &str| account.get(name).and_then(Value::as_str).map(str::to_owned);
        self.tokens.extend(text("token"));
        self.logins.extend(text("email").zip(text("password")));
    }

    pub(super) fn check(&mut self, request: &Request, now: Timestamp) -> Result<(), Refusal> {
        let header = request.header("authorization").unwrap_or_default();
        let token = header
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map_or("", |(_, token)| token.trim());
        let lives = |(given, end): &(String, Option<Timestamp>)| given == token && end.is_none_or(|end| now < end);
        let made_by_hand = token == TOKEN || self.tokens.iter().any(|known| known == token);
        let known = made_by_hand || self.given.iter().any(lives);
        if known && self.refuse_next {
            self.refuse_next = false;
            // A token from a login is over for good: only a new one helps. The API token cannot be renewed, so it lives on.
            self.given.retain(|(given, _)| given != token);
            return Err(Refusal::Unauthorized(BAD_TOKEN));
        }
        if known { Ok(()) } else { Err(Refusal::Unauthorized(BAD_TOKEN)) }
    }

    pub(super) fn login(&mut self, request: &Request, settings: &Settings, now: Timestamp) -> Result<Value, Refusal> {
        let body = check::body(request)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let login = (text("email"), text("password"));
        let admitted = self.logins.iter().map(|(email, password)| (email.as_str(), password.as_str()));
        if !admitted.chain([(EMAIL, PASSWORD)]).any(|(email, password)| login == (Some(email), Some(password))) {
            return Err(Refusal::Unauthorized("Correo electrónico o contraseña inválidos"));
        }
        if settings.otp.is_some() && text("otp_attempt") != settings.otp.as_deref() {
            return Err(Refusal::Unauthorized("Código OTP inválido o faltante"));
        }
        let token = self.token(now);
        let life = i64::try_from(settings.token_seconds).ok().filter(|s| *s > 0);
        let end = life.and_then(|s| now.checked_add(SignedDuration::from_secs(s)).ok());
        self.given.push((token.clone(), end));
        Ok(json!({"token": token}))
    }

    /// Looks like the API reference's sample. It has no `exp`: the API reference tells of no life, so none is to be read from it.
    fn token(&mut self, now: Timestamp) -> String {
        let claims = json!({"sub": EMAIL, "iat": now.as_second(), "jti": self.ids.uuid()});
        let signature = self.ids.hex(64);
        format!(
            "{}.{}.{}",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#),
            URL_SAFE_NO_PAD.encode(claims.to_string()),
            URL_SAFE_NO_PAD.encode(&signature.as_bytes()[..32]),
        )
    }
}
