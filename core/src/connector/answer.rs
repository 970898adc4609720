//! A good reply, and what the carriers read of it: nothing of it is copied, and what becomes `raw` is the carrier's own
//! text.

use super::redact::names_only;
use super::session::Session;
use crate::json::{Raw, Value};
use crate::net::http::Reply;
use std::ops::Deref;

/// A good reply.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    /// The body, where it's JSON; null where there is none.
    pub(crate) json: Value,
    /// Whether the body is strict JSON, and `json` is what it says: `tidy` changed nothing.
    pub(super) as_written: bool,
}

impl Answer {
    /// The reply without the account's secrets: what a carrier's mappings read.
    pub(crate) fn clean(mut self, session: &Session<'_>) -> Clean {
        let secrets = session.secrets();
        if self.text().is_none_or(|text| secrets.may_be_in(text)) {
            secrets.clean_value(&mut self.json);
            self.as_written = false;
        }
        Clean(self)
    }

    /// The body as the carrier wrote it, if it says the same as `json`. A text with line breaks is written again: hosts
    /// keep replies as lines.
    fn text(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.reply.body).ok().filter(|_| self.as_written)?;
        let breaks = text.bytes().any(|byte| matches!(byte, b'\n' | b'\r'));
        (!breaks).then(|| text.trim_ascii())
    }

    /// The body as JSON text.
    pub(crate) fn into_text(self) -> String {
        self.text().map_or_else(|| self.json.to_string(), str::to_owned)
    }

    /// The body of a reply that should have a token and has none under a known name, for `raw`.
    pub(crate) fn raw_names(&self) -> Value {
        let mut raw = self.json.clone();
        names_only(&mut raw);
        raw
    }
}

/// A good reply without secrets.
pub(crate) struct Clean(Answer);

impl Clean {
    /// All of it, for `raw`.
    pub(crate) fn raw(&self) -> Raw {
        View::from(self).raw()
    }

    /// Its JSON.
    pub(crate) fn into_value(self) -> Value {
        self.0.json
    }

    /// The reply itself. Its body may have secrets.
    pub(crate) fn reply(&self) -> &Reply {
        &self.0.reply
    }
}

impl Deref for Clean {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0.json
    }
}

/// A reply without secrets, or a part of one, as a mapping reads it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    json: &'a Value,
    /// The carrier's text of it, if there is one that may be shown.
    text: Option<&'a str>,
}

impl View<'_> {
    /// All of it, for `raw`: the carrier's text, or a new one where there is none.
    pub(crate) fn raw(self) -> Raw {
        self.text.and_then(|text| Raw::passed_on(text.to_owned())).unwrap_or_else(|| Raw::of(self.json))
    }
}

impl Deref for View<'_> {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.json
    }
}

impl<'a> From<&'a Clean> for View<'a> {
    fn from(whole: &'a Clean) -> Self {
        Self { json: &whole.0.json, text: whole.0.text() }
    }
}

impl<'a> From<&'a Value> for View<'a> {
    fn from(part: &'a Value) -> Self {
        Self { json: part, text: None }
    }
}
