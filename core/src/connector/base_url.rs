//! Where an account's requests go, found when the first one is sent.

use super::account::{Account, Base};
use crate::json::Value;
use crate::model::Error;
use std::sync::atomic::Ordering;

/// The base URL of an account; the built-in simulator is started when it's the first to need it.
pub(crate) fn of(account: &Account) -> Result<String, Error> {
    match &account.base {
        Base::Url(url) => Ok(url.clone()),
        Base::Sandbox => {
            // Once only: what a test sets later by the control interface stays.
            let untold = !account.sandbox_told.load(Ordering::Acquire);
            let knobs = account.sandbox.as_ref().filter(|_| untold);
            let given = account.sandbox_account.as_ref().filter(|_| untold);
            let url = sandbox_url(account.carrier.code, given, knobs)?;
            account.sandbox_told.store(true, Ordering::Release);
            Ok(url)
        }
    }
}

#[cfg(feature = "sandbox")]
fn sandbox_url(carrier: &str, account: Option<&Value>, knobs: Option<&Value>) -> Result<String, Error> {
    let sandbox = crate::sandbox::Sandbox::shared()
        .map_err(|error| Error::internal(format!("the sandbox could not be started: {error}")).caused_by(error))?;
    if let Some(account) = account
        && sandbox.control(carrier, "POST", "accounts", &account.clone().into()).get("error").is_some()
    {
        // What it answers may quote a credential.
        return Err(Error::internal(format!("the simulator of {carrier} doesn't take the account's settings")));
    }
    if let Some(knobs) = knobs
        && let Some(refused) = sandbox.control(carrier, "POST", "settings", &knobs.clone().into()).get("error")
    {
        return Err(Error::config("sandbox", format!("the simulator of {carrier} refuses it: {refused}")));
    }
    sandbox.base_url(carrier).ok_or_else(|| Error::internal(format!("the sandbox doesn't play {carrier}")))
}

#[cfg(not(feature = "sandbox"))]
fn sandbox_url(_carrier: &str, _account: Option<&Value>, _knobs: Option<&Value>) -> Result<String, Error> {
    Err(Error::config("environment", "this build of flete has no sandbox; build it with the feature `sandbox`"))
}
