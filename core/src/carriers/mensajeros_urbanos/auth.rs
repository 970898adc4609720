//! Mensajeros Urbanos' credentials ("Autenticación"): the application's own as headers for a token, and the token
//! in a header of its own, `access_token`. Never in `Authorization`.

use super::MensajerosUrbanos;
use super::endpoints::TOKEN;
use crate::connector::endpoint::{Endpoint, Params};
use crate::connector::lenient::{decimal, text};
use crate::connector::session::Session;
use crate::json::{Value, json};
use crate::model::{Code, Error, Token};
use crate::net::http::Draft;
use crate::net::token::now_ms;

/// The API reference's `expires_in`, for a reply without one.
const USUAL_SECONDS: i64 = 3600;

pub(super) fn sign(
    carrier: &MensajerosUrbanos,
    endpoint: &Endpoint,
    draft: &mut Draft,
    token: Option<&str>,
) -> Result<(), Error> {
    if endpoint.public {
        draft.header("client_id", &carrier.client_id)?;
        return draft.header("client_secret", &carrier.client_secret);
    }
    draft.header("access_token", token.unwrap_or_default())
}

/// A new token. There is nothing to renew one with.
pub(super) async fn fetch(session: &Session<'_>) -> Result<Token, Error> {
    let asked_ms = now_ms();
    let grant = json!({"grant_type": "client_credentials"});
    let answer = session.perform(&TOKEN, Params::none().body(grant)).await?;
    token(&answer.json, asked_ms).ok_or_else(|| {
        let mut error = Error::new(Code::CarrierResponse, "Mensajeros Urbanos' reply has no `access_token`");
        error.edit().raw = Some(answer.raw_names());
        error
    })
}

/// The token of a reply. Its life is counted from when it was asked for.
pub(super) fn token(reply: &Value, asked_ms: i64) -> Option<Token> {
    let seconds = decimal(reply, "expires_in").and_then(|seconds| i64::try_from(seconds.trunc()).ok());
    let life_ms = seconds.unwrap_or(USUAL_SECONDS).saturating_mul(1000);
    let expires_at_ms = Some(asked_ms.saturating_add(life_ms));
    Some(Token { value: text(reply, "access_token")?, refresh: None, expires_at_ms })
}
