//! An account with a carrier: what a configuration says of it, read.

use super::Carrier;
use super::redact::Secrets;
use crate::model::status::Status;
use crate::model::{Code, Error};
use crate::net::Call;
use crate::net::limit::Policy;
use crate::state::Store;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

/// Where an account's requests go.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Base {
    Url(String),
    Sandbox,
}

/// One account with one carrier.
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) carrier: &'static Carrier,
    pub(crate) base: Base,
    /// Whether the simulator knows this account's settings of it.
    pub(crate) sandbox_told: AtomicBool,
    /// In the sandbox, what was given of the carrier's own settings, which the simulator is to take.
    pub(crate) sandbox_account: Option<Value>,
    pub(crate) status_map: HashMap<String, Status>,
    pub(crate) rate_limit: Option<Policy>,
    /// The carrier's own settings, secrets read.
    pub(crate) settings: Map<String, Value>,
    pub(crate) secrets: Secrets,
    /// Where its idempotency keys are kept.
    pub(crate) store: Store,
    /// Whose keys they are there.
    pub(crate) keys_of: String,
    /// Equal for equal accounts: they share connections, limits and tokens. Not a secret itself.
    pub(crate) fingerprint: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("carrier", &self.carrier.code)
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl Account {
    /// A text setting of the carrier.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.settings.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A whole-number setting of the carrier; a number or its text.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        match self.settings.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Write into an error where it happened and what was tried, and take out the account's secrets and its tokens'.
    pub(crate) fn with_context(&self, call: &Call, tokens: Vec<String>, mut error: Error) -> Error {
        let details = error.edit();
        details.account.get_or_insert_with(|| self.id.clone());
        details.carrier.get_or_insert(self.carrier.code.into());
        details.retryable &= !matches!(details.code, Code::InvalidRequest | Code::InvalidConfig | Code::Unsupported);
        self.secrets.and(tokens).clean_error(&mut error);
        call.stamp(error)
    }

    /// What this account's carrier status means, by the account's `status_map` first.
    pub(crate) fn status(&self, carrier_code: Option<&str>, documented: Status) -> Status {
        carrier_code.and_then(|code| self.status_map.get(code)).copied().unwrap_or(documented)
    }
}
