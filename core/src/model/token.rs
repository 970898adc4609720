//! A carrier's token, on disk and in use.

use std::fmt;

/// A carrier's token. Its Debug shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The text that is sent to the carrier.
    pub value: String,
    /// The refresh token, where the carrier has one.
    pub refresh: Option<String>,
    /// When it expires; `None` if the carrier doesn't say.
    pub expires_at_ms: Option<i64>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_at_ms", &self.expires_at_ms).finish_non_exhaustive()
    }
}
