//! The list of carriers. How to add one: `README.md` beside this file.

pub(crate) mod almex;
pub(crate) mod apunto;
pub(crate) mod fruno;
pub(crate) mod mensajeros_urbanos;

use crate::connector::Carrier;

/// Every carrier, one line each. One with several APIs has a line for each of them; the first is the default.
static CARRIERS: &[&Carrier] = &[
    &almex::CARRIER,
    &apunto::CARRIER,
    &fruno::CARRIER,
    &mensajeros_urbanos::CARRIER,
    &mensajeros_urbanos::v2::CARRIER,
];

/// Every API of every carrier.
pub(crate) fn all() -> impl Iterator<Item = &'static Carrier> {
    CARRIERS.iter().copied()
}

/// The codes of all carriers, each once.
pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
    CARRIERS.chunk_by(|one, next| one.code == next.code).map(|apis| apis[0].code)
}

/// The carrier's APIs, the default first; none where there is no carrier of this code.
pub(crate) fn apis(code: &str) -> &'static [&'static Carrier] {
    CARRIERS.chunk_by(|one, next| one.code == next.code).find(|apis| apis[0].code == code).unwrap_or_default()
}
