//! The context of an error: where it happened, what was tried, and no secret.

use super::session::Session;
use crate::model::Error;

impl Session<'_> {
    /// An error of this account's part of a call, as the caller gets it. The methods pass every such error through
    /// here, once: nothing below them writes the account or removes a secret. An error that is logged instead of
    /// returned passes through here as well.
    pub(crate) fn in_context(&self, mut error: Error) -> Error {
        let details = error.edit();
        details.account = Some(self.account.id.clone());
        details.carrier = Some(self.account.carrier.code.into());
        self.secrets().clean_error(&mut error);
        self.call.stamp(error)
    }
}
