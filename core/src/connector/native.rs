//! The caller's native fields for one account: what its `options` hold.

use super::path::Path;
use super::session::Session;
use super::{Ability, Carrier, endpoint};
use crate::json::Value;
use crate::model::request::Options;
use crate::model::shape::{Field, shorten};

/// The native fields of a request for one account, each with its path. Those under the carrier's code come
/// first, then those under the account's id, which replace them.
#[derive(Debug)]
pub(crate) struct Native<'a> {
    parts: Vec<(Path, &'a Value)>,
    /// Where the caller is to write one that is missing.
    place: Path,
    /// The carrier whose table knows them, and what they are for.
    table: Option<(&'static Carrier, Ability)>,
}

impl<'a> Native<'a> {
    /// Those that stand at one place.
    #[cfg(test)]
    pub(crate) fn at(place: &'static str, value: &'a Value) -> Self {
        Self { parts: vec![(place.into(), value)], place: place.into(), table: None }
    }

    /// With what a carrier's table knows of them.
    #[cfg(test)]
    pub(crate) fn of(mut self, carrier: &'static Carrier, ability: Ability) -> Self {
        self.table = Some((carrier, ability));
        self
    }

    /// With those that stand at another.
    #[cfg(test)]
    pub(crate) fn and(mut self, place: &'static str, value: &'a Value) -> Self {
        self.parts.push((place.into(), value));
        self.place = place.into();
        self
    }

    /// Each: where it stands, its name, and its value.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (String, &str, &'a Value)> {
        self.parts.iter().flat_map(|(place, value)| {
            let members = value.as_object().into_iter().flatten();
            members.map(move |(name, value)| (format!("{place}.{}", shorten(name)), name.as_str(), value))
        })
    }

    /// One of them, checked or not.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.parts.iter().rev().find_map(|(_, value)| endpoint::given(value, name))
    }

    /// Where the caller is to write one that is missing: `options.fruno`.
    pub(crate) fn place(&self) -> Path {
        self.place.clone()
    }

    /// Whether the caller gave none.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// What the carrier's table knows of them.
    pub(crate) fn known(&self) -> impl Iterator<Item = Field> {
        self.table.into_iter().flat_map(|(carrier, ability)| carrier.native_fields(ability))
    }
}

impl Session<'_> {
    /// The native fields of a request for this account. `ability` is what they are for.
    pub(crate) fn native<'a>(&self, ability: Ability, options: &'a Options) -> Native<'a> {
        let (carrier, id) = (self.account.carrier, self.account.id.as_str());
        let mut native =
            Native { parts: Vec::new(), place: ("options", carrier.code).into(), table: Some((carrier, ability)) };
        if let Some(value) = options.get(carrier.code) {
            native.parts.push((native.place(), value));
        }
        if let Some(value) = options.get(id).filter(|_| id != carrier.code) {
            native.place = format!("options.{id}").into();
            native.parts.push((native.place(), value));
        }
        native
    }
}
