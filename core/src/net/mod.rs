//! Sends requests and reads replies: HTTP, deadlines, limits, clocks. It knows no carrier.

pub(crate) mod call;
pub(crate) mod clock;
mod coding;
pub(crate) mod descriptors;
pub(crate) mod http;
pub(crate) mod lane;
pub(crate) mod limit;
pub(crate) mod options;
pub(crate) mod process;
pub(crate) mod retry;
pub(crate) mod tls;
pub(crate) mod token;
pub(crate) mod told;

pub(crate) use call::Call;
