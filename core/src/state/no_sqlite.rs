//! Stands in for the state file in a build without the feature `sqlite`. There is no value of this type, so that what
//! uses the file is the same code in every build, and never runs in this one.

use std::path::PathBuf;
use std::time::Duration;

use crate::json::Value;

use super::TokenClaim;
use super::creates::{Change, Creates, Entry, Listed};
use super::error::{Fault, StateError};
use crate::model::Token;

#[derive(Clone, Debug)]
pub enum File {}

impl File {
    /// [`Place::file`](super::Place::file) has refused the path already.
    pub(super) fn at(_: PathBuf, _: bool, _: i64, _: Duration) -> Result<Self, StateError> {
        Err(StateError::NoFile)
    }

    pub(super) fn is_for_more_than_keys(&self) -> bool {
        match *self {}
    }

    pub fn within(&self, _: Duration) -> Self {
        match *self {}
    }

    pub fn token(&self, _: &str, _: &[u8], _: i64, _: i64, _: i64) -> Result<TokenClaim, StateError> {
        match *self {}
    }

    pub fn token_put(&self, _: &str, _: &[u8], _: &str, _: &Token, _: i64) -> Result<(), StateError> {
        match *self {}
    }

    pub fn token_drop(&self, _: &str, _: &[u8], _: &str) -> Result<(), StateError> {
        match *self {}
    }

    pub fn token_release(&self, _: &str, _: &str) -> Result<(), StateError> {
        match *self {}
    }

    pub fn fact(&self, _: &str, _: &str, _: &str, _: i64) -> Result<Option<Value>, StateError> {
        match *self {}
    }

    pub fn remember(&self, _: &str, _: &str, _: &str, _: &Value, _: i64) -> Result<(), StateError> {
        match *self {}
    }

    pub fn forget(&self, _: &str, _: &str, _: &str) -> Result<(), StateError> {
        match *self {}
    }
}

impl Creates for File {
    fn edit<T>(
        &self,
        _: &str,
        _: &str,
        _: Option<i64>,
        _: impl FnMut(Option<Entry>) -> Result<(Change, T), Fault>,
    ) -> Result<T, StateError> {
        match *self {}
    }

    fn list(&self, _: &str, _: Option<&str>, _: bool, _: usize) -> Result<Vec<Listed>, StateError> {
        match *self {}
    }

    fn nonce(&self) -> Result<String, StateError> {
        match *self {}
    }
}
