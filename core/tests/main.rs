//! The tests over HTTP are one program, so that they are built and linked once. Tests that need a process without
//! others are in the program `process`.
#![cfg(all(feature = "sandbox", feature = "sqlite"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod almex;
mod apunto;
mod apunto_api;
mod apunto_methods;
mod bad_input;
mod between;
mod broken_servers;
mod common;
mod config;
mod conformance;
mod describe;
mod documents;
mod errors;
mod fruno;
mod keys;
mod lists;
mod lost_creates;
mod many_carriers;
mod mensajeros_urbanos;
mod mensajeros_urbanos_v2;
mod odd_replies;
mod policy;
mod raw;
mod readme;
mod replies;
mod requests;
mod tls;
mod typed;
