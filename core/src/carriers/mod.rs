//! The list of carriers. How to add one: `README.md` beside this file.

pub(crate) mod almex;
pub(crate) mod apunto;
pub(crate) mod fruno;
pub(crate) mod mensajeros_urbanos;

use crate::connector::Carrier;

/// Every carrier, one line each.
static CARRIERS: &[&Carrier] = &[&almex::CARRIER, &apunto::CARRIER, &fruno::CARRIER, &mensajeros_urbanos::CARRIER];

/// The codes of all carriers.
pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
    CARRIERS.iter().map(|carrier| carrier.code)
}

/// All carriers.
pub(crate) fn all() -> impl Iterator<Item = &'static Carrier> {
    CARRIERS.iter().copied()
}

/// The carrier of this code.
pub(crate) fn find(code: &str) -> Option<&'static Carrier> {
    all().find(|carrier| carrier.code == code)
}
