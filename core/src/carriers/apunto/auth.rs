//! Apunto's credentials ("Autenticación"): a token made by hand, or a login that gives one.

use super::endpoints::LOGIN;
use crate::connector::Settings;
use crate::connector::endpoint::Params;
use crate::connector::jwt;
use crate::connector::lenient::text;
use crate::connector::session::Session;
use crate::json::{Map, json};
use crate::model::Token;
use crate::model::shape::shorten;
use crate::model::{Code, Error};

/// What lets an account in. In the sandbox an account has a token without being asked: a login given by hand goes
/// first.
pub(super) struct Credentials {
    pub(super) token: Option<String>,
    pub(super) login: Option<Login>,
}

/// A user who logs in.
pub(super) struct Login {
    email: String,
    password: String,
    otp: Option<String>,
}

impl Credentials {
    pub(super) fn read(settings: &mut Settings<'_>) -> Self {
        let token = settings.text("token");
        let login = match (settings.text("email"), settings.text("password")) {
            (Some(email), Some(password)) => Some(Login { email, password, otp: settings.text("otp") }),
            (email, password) => {
                let missing = match (email, password) {
                    (Some(_), _) => "password",
                    (_, Some(_)) => "email",
                    _ => "token",
                };
                if token.is_none() {
                    let message =
                        "is required: a `token` (made in Apunto's web application), or `email` and `password`";
                    settings.wrong(missing, message);
                }
                None
            }
        };
        Self { token, login }
    }
}

impl Login {
    /// The account's login, where the caller gives none.
    pub(super) fn fill(&self, params: &mut Map) {
        // Another user's login has no use for this one's password.
        if ["email", "password", "otp_attempt"].iter().any(|field| params.contains_key(field)) {
            return;
        }
        params.insert("email".to_owned(), json!(self.email));
        params.insert("password".to_owned(), json!(self.password));
        if let Some(otp) = &self.otp {
            params.insert("otp_attempt".to_owned(), json!(otp));
        }
    }
}

/// The subdomain is one label: people paste the address of the web application.
pub(super) fn check_subdomain(settings: &mut Settings<'_>) {
    let Some(name) = settings.text("subdomain").filter(|name| !is_label(name)) else { return };
    let host = name.rsplit("//").next().unwrap_or(&name).split(['/', ':', '?', '#']).next().unwrap_or(&name);
    let meant = host.strip_suffix(".apunto.io").filter(|label| is_label(label));
    let hint = meant.map_or_else(String::new, |label| format!("; did you mean `{label}`?"));
    let shown = shorten(&name);
    settings.wrong(
        "subdomain",
        format!("`{shown}` must be the NAME of https://NAME.apunto.io: letters, digits and hyphens, at most 63{hint}"),
    );
}

/// A label of a DNS name (RFC 1123, 2.1).
pub(super) fn is_label(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// A new token from the account's login, which `defaults` fills in.
pub(super) async fn fetch(session: &Session<'_>) -> Result<Token, Error> {
    let answer = session.perform(&LOGIN, Params::none().body(json!({}))).await?;
    let value = text(&answer.json, "token")
        .ok_or_else(|| Error::new(Code::CarrierResponse, "Apunto let the account in, but its reply has no `token`"))?;
    Ok(Token { expires_at_ms: jwt::expiry_ms(&value), value, refresh: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_a_token_or_a_login() {
        let said = |settings: crate::json::Value| -> Vec<String> {
            let mut settings = Settings::new(settings.as_object().unwrap());
            Credentials::read(&mut settings);
            settings.problems().iter().map(|problem| problem.field.clone()).collect()
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
