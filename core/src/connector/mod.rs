//! What every carrier stands on.
//!
//! | what | where |
//! | --- | --- |
//! | a carrier: what is known of it, what it does, what a refusal means | `carrier.rs`, `refusal.rs` |
//! | an account, its settings, and where its requests go | `account.rs`, `settings.rs`, `base_url.rs` |
//! | the carrier's API as a table, and what a good reply holds | `endpoint.rs`, `expected.rs` |
//! | a request's body, which remembers where its fields come from; the caller's native fields; one with files | `body.rs`, `native.rs`, `upload.rs` |
//! | an operation, performed, and what is known once it has ended; a list, page by page | `session.rs`, `verdict.rs`, `pages.rs` |
//! | what is on record of a create, and one without a name; how sessions use what is kept | `journal.rs`, `nameless.rs`, `state_access.rs` |
//! | replies, read: fields, prices, events, files, tokens | `lenient.rs`, `price.rs`, `timeline.rs`, `documents.rs`, `jwt.rs` |
//! | secrets, kept out of what flete says | `redact.rs` |
//! | what every carrier imports | `prelude.rs` |
//! | replies with something wrong, for the tests of the mappings | `mutations.rs` |

mod account;
mod base_url;
pub(crate) mod body;
mod carrier;
pub(crate) mod documents;
pub(crate) mod endpoint;
pub(crate) mod expected;
pub(crate) mod journal;
pub(crate) mod jwt;
pub(crate) mod lenient;
#[cfg(test)]
pub(crate) mod mutations;
mod nameless;
pub(crate) mod native;
mod pages;
pub(crate) mod prelude;
pub(crate) mod price;
pub(crate) mod redact;
mod refusal;
pub(crate) mod session;
mod settings;
pub(crate) mod state_access;
pub(crate) mod timeline;
pub(crate) mod upload;
mod verdict;

pub(crate) use account::{Account, Base};
pub(crate) use carrier::{Ability, Api, Carrier, Page, Reference};
pub(crate) use nameless::nameless;
pub(crate) use refusal::Refusal;
pub(crate) use settings::{Opened, Settings};
pub(crate) use verdict::of_create;
