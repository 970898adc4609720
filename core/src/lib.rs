//! Quote, create and track shipments with Latin American carriers through blocking calls: JSON in, JSON out.
//!
//! | what | where |
//! | --- | --- |
//! | open a client, call a method | [`Client`] |
//! | what the typed methods take and return | [`request`], [`reply`] |
//! | what went wrong, and what happened to the shipment | [`Error`], [`Code`], [`Outcome`] |
//! | where a shipment is | [`Status`] |
//! | carriers, operations, schemas | [`describe`], [`describe_text`] |
//! | any JSON in a reply or an error: a carrier's own fields | [`Json`], [`Raw`] |
//! | the envelope that other languages get | [`envelope`], [`envelope_text`] |
//! | a simulator of all carriers (feature `sandbox`) | `sandbox` |
//!
//! | feature | what it adds | default |
//! | --- | --- | --- |
//! | `sqlite` | a state file, which keeps idempotency keys and tokens beyond the process, with a SQLite of its own | on |
//! | `sandbox` | the simulator | off |
//!
//! Without `sqlite`, which a program must leave out if it links another SQLite, keys are kept in memory, and a `state`
//! that names a file is refused.
//!
//! The methods, their requests and replies are described by [`describe`] and in the README.
#![forbid(unsafe_code)]

mod carriers;
mod client;
mod config;
mod connector;
mod envelope;
#[doc(hidden)]
pub mod host;
mod input;
mod json;
mod methods;
mod model;
mod net;
mod pick;
mod state;
mod sync;
mod text;
mod typed;

pub use client::{Client, describe_text};
pub use envelope::{envelope, envelope_text};
#[cfg(feature = "sandbox")]
pub use flete_sandbox as sandbox;
pub use json::{Map as JsonMap, Number as JsonNumber, Raw, Text as JsonText, Value as Json};
pub use methods::describe::describe;
pub use model::error::Details;
pub use model::{Code, Error, FieldProblem, Outcome, Status};
pub use pick::text;
pub use rust_decimal::Decimal;
pub use typed::{reply, request};

/// Runs the README's Rust examples.
#[cfg(all(doctest, feature = "sandbox"))]
#[doc = include_str!("../../README.md")]
struct Readme;
