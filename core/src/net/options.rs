//! How requests are sent.

use std::path::PathBuf;
use std::time::Duration;

/// How requests are sent.
#[derive(Clone)]
pub(crate) struct NetConfig {
    pub(crate) connect_timeout: Duration,
    pub(crate) max_attempts: u32,
    pub(crate) max_in_flight: usize,
    pub(crate) proxy: Option<String>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) user_agent: String,
}

impl NetConfig {
    /// Whether both may use the same connections.
    pub(crate) fn connects_like(&self, other: &Self) -> bool {
        self.connect_timeout == other.connect_timeout
            && self.proxy == other.proxy
            && self.ca_file == other.ca_file
            && self.user_agent == other.user_agent
    }

    /// What this room's tests use.
    #[cfg(test)]
    pub(super) fn tests() -> Self {
        Self {
            connect_timeout: Duration::from_secs(1),
            max_attempts: 1,
            max_in_flight: 1,
            proxy: None,
            ca_file: None,
            user_agent: "test".to_owned(),
        }
    }
}

/// A proxy's URL may hold a password.
impl std::fmt::Debug for NetConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NetConfig")
            .field("connect_timeout", &self.connect_timeout)
            .field("max_attempts", &self.max_attempts)
            .field("max_in_flight", &self.max_in_flight)
            .field("proxied", &self.proxy.is_some())
            .field("ca_file", &self.ca_file)
            .field("user_agent", &self.user_agent)
            .finish()
    }
}
