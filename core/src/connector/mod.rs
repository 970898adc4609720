//! What every carrier is built on.
//!
//! | what | where |
//! | --- | --- |
//! | a carrier: its data, its functions, what a refusal means | `carrier.rs`, `refusal.rs` |
//! | an account, its settings, and where its requests go | `account.rs`, `settings.rs`, `base_url.rs` |
//! | the carrier's API as a table, and what a good reply holds | `endpoint.rs`, `expected.rs` |
//! | a request's body, which remembers where its fields come from; the caller's native fields; one with files | `body.rs`, `path.rs`, `native.rs`, `upload.rs` |
//! | an operation, performed, and what is known after it; its good reply; a list, page by page | `session.rs`, `verdict.rs`, `answer.rs`, `pages.rs` |
//! | the record of a create, a reply without an id, how sessions use the state | `journal.rs`, `nameless.rs`, `state_access.rs` |
//! | replies, read: fields, prices, events, files, tokens | `lenient.rs`, `price.rs`, `timeline.rs`, `documents.rs`, `jwt.rs` |
//! | an error, with where it happened and without secrets | `context.rs`, `redact.rs` |
//! | what every carrier imports | `prelude.rs` |
//! | replies with something wrong, for the tests of the mappings | `mutations.rs` |

mod account;
pub(crate) mod answer;
mod base_url;
pub(crate) mod body;
mod carrier;
mod context;
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
mod path;
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
pub(crate) use verdict::{Ended, Stage, at_stage, of_create};
