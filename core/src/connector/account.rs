//! An account with a carrier, as read from a configuration.

use super::redact::Secrets;
use super::{Api, Carrier};
use crate::json::Value;
use crate::model::status::Status;
use crate::net::limit::Policy;
use crate::net::process::{Process, Shared};
use crate::state::Store;
use arc_swap::ArcSwapOption;
use reqwest::Url;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Where an account's requests go.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Base {
    Url(Url),
    Sandbox,
}

/// One account with one carrier.
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) carrier: &'static Carrier,
    /// What the carrier does for this account.
    pub(crate) api: Box<dyn Api>,
    /// `production`, `test` or `sandbox`.
    pub(crate) environment: String,
    pub(crate) base: Base,
    /// Whether the simulator knows this account's settings of it.
    pub(crate) sandbox_told: AtomicBool,
    /// In the sandbox, what was given of the carrier's own settings, which the simulator is to take.
    pub(crate) sandbox_account: Option<Value>,
    /// In the sandbox, how the simulator is to behave.
    pub(crate) sandbox: Option<Value>,
    pub(crate) status_map: HashMap<String, Status>,
    pub(crate) rate_limit: Option<Policy>,
    pub(crate) secrets: Secrets,
    /// The same with the tokens that they were last searched with.
    pub(crate) secrets_and_tokens: ArcSwapOption<(Arc<Vec<String>>, Secrets)>,
    /// Where its idempotency keys are kept.
    pub(crate) store: Store,
    /// Whose keys they are there.
    pub(crate) keys_of: String,
    /// Equal for equal accounts: they share connections, limits and tokens. Not a secret itself.
    pub(crate) fingerprint: String,
    /// What they share, as it was found the last time, and in which process: read without a lock, which a fork could
    /// leave locked, and without a search.
    pub(crate) found: ArcSwapOption<(&'static Process, Arc<Shared>)>,
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
    /// What it shares with equal accounts in this process.
    pub(crate) fn shared(&self, process: &'static Process) -> Arc<Shared> {
        if let Some(found) = &*self.found.load()
            && std::ptr::eq(found.0, process)
            && !found.1.is_given_up()
        {
            return Arc::clone(&found.1);
        }
        let shared = process.shared(&self.fingerprint);
        self.found.store(Some(Arc::new((process, Arc::clone(&shared)))));
        shared
    }

    /// What no error and no `raw` may show: the account's secrets, and these tokens. They are prepared once for each
    /// list of tokens, without a lock that a fork could leave locked.
    pub(crate) fn secrets_and(&self, tokens: &Arc<Vec<String>>) -> Secrets {
        if tokens.is_empty() {
            return self.secrets.clone();
        }
        if let Some(known) = &*self.secrets_and_tokens.load()
            && Arc::ptr_eq(&known.0, tokens)
        {
            return known.1.clone();
        }
        let all = self.secrets.and(tokens);
        self.secrets_and_tokens.store(Some(Arc::new((Arc::clone(tokens), all.clone()))));
        all
    }

    /// What this account's carrier status means, by the account's `status_map` first. A delivery that failed
    /// never becomes `delivered`, as one code may stand for both.
    pub(crate) fn status(&self, carrier_code: Option<&str>, documented: Status) -> Status {
        let mapped = carrier_code.and_then(|code| self.status_map.get(code)).copied();
        mapped
            .filter(|mapped| (documented, *mapped) != (Status::DeliveryFailed, Status::Delivered))
            .unwrap_or(documented)
    }
}
