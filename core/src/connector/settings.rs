//! An account's settings, as its carrier reads them: once, when the account is opened.

use super::Api;
use crate::json::{Map, Value};
use crate::model::FieldProblem;

/// The settings as they were given, checked against the carrier's own table. What the table can't say of them the
/// carrier says with [`wrong`](Self::wrong).
pub(crate) struct Settings<'a> {
    given: &'a Map,
    problems: Vec<FieldProblem>,
}

/// A carrier for one account, or everything that is wrong with the account's settings.
pub(crate) type Opened = Result<Box<dyn Api>, Vec<FieldProblem>>;

impl<'a> Settings<'a> {
    pub(crate) fn new(given: &'a Map) -> Self {
        Self { given, problems: Vec::new() }
    }

    /// A setting as it was given.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.given.get(name)
    }

    /// A text that may be left out. An empty one is left out.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// A text that the carrier can't do without.
    pub(crate) fn required(&mut self, name: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.wrong(name, "is required");
            String::new()
        })
    }

    /// A whole number that may be left out; a number or its text.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A whole number that the carrier can't do without.
    pub(crate) fn required_integer(&mut self, name: &str) -> i64 {
        self.integer(name).unwrap_or_else(|| {
            self.wrong(name, "is required");
            0
        })
    }

    /// Say what is wrong with a setting.
    pub(crate) fn wrong(&mut self, name: impl Into<String>, message: impl Into<String>) {
        self.problems.push(FieldProblem::new(name, message));
    }

    /// The carrier that was read from these settings, unless something is wrong with them.
    pub(crate) fn open(self, carrier: impl Api + 'static) -> Opened {
        if self.problems.is_empty() { Ok(Box::new(carrier)) } else { Err(self.problems) }
    }

    /// What is wrong so far.
    #[cfg(test)]
    pub(crate) fn problems(&self) -> &[FieldProblem] {
        &self.problems
    }
}
