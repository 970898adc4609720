//! What every carrier stands on.

mod account;
mod base_url;
mod carrier;
pub(crate) mod documents;
pub(crate) mod endpoint;
pub(crate) mod expected;
pub(crate) mod journal;
pub(crate) mod lenient;
#[cfg(test)]
pub(crate) mod mutations;
pub(crate) mod price;
pub(crate) mod redact;
mod refusal;
pub(crate) mod session;
pub(crate) mod state_access;
pub(crate) mod timeline;

pub(crate) use account::{Account, Base};
pub(crate) use carrier::{Api, Carrier, Page, Wait};
pub(crate) use refusal::Refusal;
