//! Apunto's credentials ("Autenticación"): a token made by hand, or a login that gives one.

use super::endpoints::LOGIN;
use crate::connector::endpoint::Params;
use crate::connector::jwt;
use crate::connector::lenient::text;
use crate::connector::session::Session;
use crate::model::Token;
use crate::model::shape::shorten;
use crate::model::{Code, Error, FieldProblem};
use serde_json::{Map, Value};

/// The login's fields, and the settings that they are taken from.
const FROM_SETTINGS: [(&str, &str); 3] = [("email", "email"), ("password", "password"), ("otp_attempt", "otp")];

/// Whether the account logs in. In the sandbox an account has a token without being asked: a login given by hand
/// goes first.
pub(super) fn logs_in(settings: &Map<String, Value>) -> bool {
    has(settings, "email") && has(settings, "password")
}

fn has(settings: &Map<String, Value>, name: &str) -> bool {
    settings.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}

/// What the settings' own kinds can't say.
pub(super) fn check(settings: &Map<String, Value>) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    if !has(settings, "token") && !logs_in(settings) {
        let lacking = match (has(settings, "email"), has(settings, "password")) {
            (true, _) => "password",
            (_, true) => "email",
            _ => "token",
        };
        problems.push(FieldProblem::new(
            lacking,
            "is required: a `token` (made in Apunto's web application), or `email` and `password`",
        ));
    }
    if let Some(name) = settings.get("subdomain").and_then(Value::as_str).filter(|name| !is_label(name)) {
        // People paste the address of the web application.
        let host = name.rsplit("//").next().unwrap_or(name).split(['/', ':', '?', '#']).next().unwrap_or(name);
        let meant = host.strip_suffix(".apunto.io").filter(|label| is_label(label));
        let hint = meant.map_or_else(String::new, |label| format!("; did you mean `{label}`?"));
        problems.push(FieldProblem::new(
            "subdomain",
            format!(
                "`{}` must be the NAME of https://NAME.apunto.io: letters, digits and hyphens, at most 63{hint}",
                shorten(name)
            ),
        ));
    }
    problems
}

/// A label of a DNS name (RFC 1123, 2.1).
pub(super) fn is_label(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// The account's login, where the caller gives none.
pub(super) fn fill(session: &Session<'_>, params: &mut Map<String, Value>) {
    // Another user's login has no use for this one's password.
    if FROM_SETTINGS.iter().any(|(field, _)| params.contains_key(*field)) {
        return;
    }
    for (field, setting) in FROM_SETTINGS {
        if let Some(value) = session.account.text(setting) {
            params.insert(field.to_owned(), value.into());
        }
    }
}

/// A new token from the login.
pub(super) async fn login(session: &Session<'_>) -> Result<Token, Error> {
    let mut body = Map::new();
    fill(session, &mut body);
    let answer = session.perform(&LOGIN, Params::none().body(Value::Object(body))).await?;
    let value = text(&answer.json, "token")
        .ok_or_else(|| Error::new(Code::CarrierResponse, "Apunto let the account in, but its reply has no `token`"))?;
    Ok(Token { expires_at_ms: jwt::expiry_ms(&value), value, refresh: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_account_has_a_token_or_a_login() {
        let said = |settings: Value| -> Vec<String> {
            check(settings.as_object().unwrap()).into_iter().map(|problem| problem.field).collect()
        };
        assert_eq!(said(json!({})), ["token"]);
        assert_eq!(said(json!({"email": "a@b.mx"})), ["password"]);
        assert_eq!(said(json!({"password": "x", "token": ""})), ["email"]);
        assert!(said(json!({"token": "t"})).is_empty());
        assert!(said(json!({"email": "a@b.mx", "password": "x"})).is_empty());
    }

    #[test]
    fn a_subdomain_is_one_label() {
        for good in ["control", "acme-mx", "A1"] {
            assert!(is_label(good), "{good}");
        }
        for bad in ["", "a.b", "a/b", "-a", "a-", "evil.com#", "señal", &"a".repeat(64)] {
            assert!(!is_label(bad), "{bad}");
        }
    }
}
