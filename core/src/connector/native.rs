//! The caller's native fields for one account: what its `options` hold.

use super::session::Session;
use super::{Ability, endpoint};
use crate::json::Value;
use crate::model::request::Options;
use crate::model::shape::{Field, shorten};

/// The native fields of a request for one account, each with its path. Those under the carrier's code come
/// first, then those under the account's id, which replace them.
#[derive(Debug)]
pub(crate) struct Native<'a> {
    parts: Vec<(String, &'a Value)>,
    /// Where the caller is to write one that is missing.
    place: String,
    known: Vec<Field>,
}

impl<'a> Native<'a> {
    /// Those that stand at one place.
    #[cfg(test)]
    pub(crate) fn at(place: &str, value: &'a Value) -> Self {
        Self { parts: vec![(place.to_owned(), value)], place: place.to_owned(), known: Vec::new() }
    }

    /// With what a carrier's table knows of them.
    #[cfg(test)]
    pub(crate) fn of(mut self, carrier: &super::Carrier, ability: Ability) -> Self {
        self.known = carrier.native_fields(ability).collect();
        self
    }

    /// With those that stand at another.
    #[cfg(test)]
    pub(crate) fn and(mut self, place: &str, value: &'a Value) -> Self {
        self.parts.push((place.to_owned(), value));
        self.place = place.to_owned();
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
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// What the carrier's table knows of them.
    pub(crate) fn known(&self) -> &[Field] {
        &self.known
    }
}

impl Session<'_> {
    /// The native fields of a request for this account. `ability` is what they are for.
    pub(crate) fn native<'a>(&self, ability: Ability, options: &'a Options) -> Native<'a> {
        let (code, id) = (self.account.carrier.code, self.account.id.as_str());
        let parts: Vec<_> = [code, id]
            .into_iter()
            .take(if code == id { 1 } else { 2 })
            .filter_map(|name| Some((format!("options.{name}"), options.get(name)?)))
            .collect();
        let place = parts.last().map_or_else(|| format!("options.{code}"), |(place, _)| place.clone());
        Native { parts, place, known: self.account.carrier.native_fields(ability).collect() }
    }
}
