//! The tests over HTTP, one program: it is built and linked once. Forks and the host's own settings are in `process`,
//! a program of its own.
#![cfg(feature = "sandbox")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod almex;
mod apunto;
mod bad_input;
mod between;
mod broken_servers;
mod common;
mod config;
mod conformance;
mod describe;
mod documents;
mod fruno;
mod keys;
mod lists;
mod lost_creates;
mod many_carriers;
mod mensajeros_urbanos;
mod mensajeros_urbanos_v2;
mod odd_replies;
mod policy;
mod readme;
mod replies;
mod requests;
mod tls;
mod typed;
