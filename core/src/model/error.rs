//! Errors, in one form for every carrier: a stable code, a sentence that says what to do, and what is known of the
//! shipment. An error never has a secret in it.

use crate::json::Value;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

/// A stable name for a kind of failure. A code is never reused for another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Code {
    /// The configuration can't be used.
    InvalidConfig,
    /// The request can't be used; nothing was sent.
    InvalidRequest,
    /// The handle was never opened, or is closed.
    InvalidHandle,
    /// The carrier has no such service.
    Unsupported,
    /// The carrier doesn't accept the credentials, or a push has a wrong token.
    Authentication,
    /// The credentials are good, but may not do this.
    Permission,
    /// The carrier doesn't know the id.
    NotFound,
    /// The current state forbids it (cancelling after pickup, a key used for other content).
    Conflict,
    /// The carrier refused the data.
    Validation,
    /// Too many requests; wait and retry.
    RateLimited,
    /// The deadline passed.
    Timeout,
    /// No connection, or it broke.
    Network,
    /// No safe connection could be made (certificate, protocol).
    Tls,
    /// The carrier is out of service (5xx).
    CarrierUnavailable,
    /// A reply that can't be read.
    CarrierResponse,
    /// A label that is still being made.
    NotReady,
    /// The host interrupted the call.
    Cancelled,
    /// Several accounts were asked, and every one failed.
    AllFailed,
    /// The place where idempotency keys are kept can't be used just now; nothing was sent.
    StateUnavailable,
    /// A fault of flete itself; please report it.
    Internal,
}

impl Code {
    /// Every code, in the order of the contract; the Python exceptions and the docs are checked against it.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        Self::ALL
    }

    const ALL: &'static [Self] = &[
        Self::InvalidConfig,
        Self::InvalidRequest,
        Self::InvalidHandle,
        Self::Unsupported,
        Self::Authentication,
        Self::Permission,
        Self::NotFound,
        Self::Conflict,
        Self::Validation,
        Self::RateLimited,
        Self::Timeout,
        Self::Network,
        Self::Tls,
        Self::CarrierUnavailable,
        Self::CarrierResponse,
        Self::NotReady,
        Self::Cancelled,
        Self::AllFailed,
        Self::StateUnavailable,
        Self::Internal,
    ];

    /// The same, as they are in JSON.
    pub(crate) const NAMES: &'static [&'static str] = &{
        let mut names = [""; Self::ALL.len()];
        let mut at = 0;
        while at < names.len() {
            names[at] = Self::ALL[at].as_str();
            at += 1;
        }
        names
    };

    /// The code as it is in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidConfig => "invalid_config",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidHandle => "invalid_handle",
            Self::Unsupported => "unsupported",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Validation => "validation",
            Self::RateLimited => "rate_limited",
            Self::Timeout => "timeout",
            Self::Network => "network",
            Self::Tls => "tls",
            Self::CarrierUnavailable => "carrier_unavailable",
            Self::CarrierResponse => "carrier_response",
            Self::NotReady => "not_ready",
            Self::Cancelled => "cancelled",
            Self::AllFailed => "all_failed",
            Self::StateUnavailable => "state_unavailable",
            Self::Internal => "internal",
        }
    }

    /// Whether the same call may simply be made again, when nothing else is known.
    pub(crate) fn retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::Timeout
                | Self::Network
                | Self::CarrierUnavailable
                | Self::CarrierResponse
                | Self::NotReady
                | Self::Cancelled
                | Self::StateUnavailable
        )
    }
}

/// What is known of the shipment after a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// None was made.
    #[default]
    None,
    /// It may have been made: a reply was lost after sending.
    Unknown,
    /// It was made, and a later step failed.
    Done,
}

impl Outcome {
    /// The outcome as it is in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unknown => "unknown",
            Self::Done => "done",
        }
    }
}

/// One field that is wrong, by its path in the caller's own request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldProblem {
    /// `parcels[0].dimensions.height`
    pub field: String,
    /// The carrier's name of it, when the carrier complained.
    pub carrier_field: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

impl FieldProblem {
    /// A field that is wrong before anything was sent.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), carrier_field: None, message: message.into() }
    }
}

/// A failure. Its fields are those of [`Details`], in a box, so that results stay small.
///
/// [`source`](std::error::Error::source) is the error of the system, of TLS or of HTTP that led to it, if there is one.
/// It has no URL, which may hold a secret.
#[derive(Clone)]
pub struct Error(Box<Held>);

#[derive(Clone)]
struct Held {
    details: Details,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// Why something can't be used: words for a message, and the error that led to it, if there is one.
#[derive(Clone, Debug)]
pub(crate) struct Why {
    words: String,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Why {
    /// Words of our own, for an error that led to it.
    pub(crate) fn from(words: impl Into<String>, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { words: words.into(), source: Some(Arc::new(source)) }
    }

    /// An error that says it well enough.
    pub(crate) fn of(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::from(source.to_string(), source)
    }

    /// Words of our own alone.
    pub(crate) fn plain(words: impl Into<String>) -> Self {
        Self { words: words.into(), source: None }
    }

    /// With other words.
    pub(crate) fn worded(self, words: impl FnOnce(&str) -> String) -> Self {
        Self { words: words(&self.words), ..self }
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words)
    }
}

/// Every field of an error, as it is in JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Details {
    /// The stable code.
    pub code: Code,
    /// One sentence for a person; says what to do.
    pub message: String,
    /// The account where it happened.
    pub account: Option<String>,
    /// The carrier's code.
    pub carrier: Option<Cow<'static, str>>,
    /// The native operation that failed, by its name in `describe`.
    pub operation: Option<String>,
    /// What is known of the shipment.
    pub outcome: Outcome,
    /// Whether the same call may simply be made again.
    pub retryable: bool,
    /// How long to wait first, when the carrier said so.
    pub retry_after_ms: Option<u64>,
    /// The status of the carrier's reply.
    pub http_status: Option<u16>,
    /// The carrier's own code for the failure.
    pub carrier_code: Option<String>,
    /// The carrier's own words.
    pub carrier_message: Option<String>,
    /// The carrier's incident number, for its support desk.
    pub incident: Option<String>,
    /// The carrier's id of the request.
    pub request_id: Option<String>,
    /// The fields that are wrong.
    pub fields: Vec<FieldProblem>,
    /// How many requests were sent.
    pub attempts: u32,
    /// How long the call took.
    pub elapsed_ms: u64,
    /// What exists at the carrier now.
    pub created: Option<Value>,
    /// The carrier's reply, secrets removed, cut at 16 KiB.
    pub raw: Option<Value>,
    /// For `all_failed`: each account's own error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures: Option<Value>,
}

/// `raw` is cut at this many bytes of JSON.
const RAW_LIMIT: usize = 16 * 1024;

/// The longest text of an error, in characters. A longer one of the carrier's is cut.
const TEXT_LIMIT: usize = 1_000;

/// The most `fields` of an error. A carrier may refuse a thousand items one by one; the first hundred are enough.
const FIELDS_LIMIT: usize = 100;

/// A text of at most [`TEXT_LIMIT`] characters; one that was cut ends with `…`.
fn bounded(text: &mut String) {
    // A character has at least one byte.
    if text.len() > TEXT_LIMIT
        && let Some((end, _)) = text.char_indices().nth(TEXT_LIMIT)
        && let Some((last, _)) = text[..end].char_indices().next_back()
    {
        text.truncate(last);
        text.push('…');
    }
}

/// Cuts every text within a value to the length that an error's texts may have.
fn bounded_within(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > TEXT_LIMIT => {
            let mut cut = String::from(std::mem::take(text));
            bounded(&mut cut);
            *text = cut.into();
        }
        Value::Array(items) => items.iter_mut().for_each(bounded_within),
        Value::Object(members) => members.values_mut().for_each(bounded_within),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// As JSON, cut at a character's end. JSON that was cut becomes text.
fn cut_raw(raw: &mut Value) {
    let mut text = match &mut *raw {
        Value::String(text) if text.len() <= RAW_LIMIT => return,
        Value::String(text) => std::mem::take(text).into(),
        other => other.to_string(),
    };
    if text.len() > RAW_LIMIT {
        text.truncate((0..=RAW_LIMIT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0));
        *raw = text.into();
    }
}

impl Error {
    /// An error with its code's usual `retryable` and nothing else known.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let details = Details {
            code,
            message: message.into(),
            account: None,
            carrier: None,
            operation: None,
            outcome: Outcome::None,
            retryable: code.retryable(),
            retry_after_ms: None,
            http_status: None,
            carrier_code: None,
            carrier_message: None,
            incident: None,
            request_id: None,
            fields: Vec::new(),
            attempts: 0,
            elapsed_ms: 0,
            created: None,
            raw: None,
            failures: None,
        };
        Self(Box::new(Held { details, source: None }))
    }

    /// With what is known of the shipment.
    #[must_use]
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.details.outcome = outcome;
        self
    }

    /// With one more field that is wrong.
    #[must_use]
    pub fn with_field(mut self, problem: FieldProblem) -> Self {
        self.0.details.fields.push(problem);
        self
    }

    /// With what exists at the carrier now.
    #[must_use]
    pub fn with_created(mut self, created: impl Into<Value>) -> Self {
        self.0.details.created = Some(created.into());
        self
    }

    /// With the error that led to it.
    #[must_use]
    pub(crate) fn caused_by(self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.caused_by_shared(Arc::new(source))
    }

    /// As [`caused_by`](Self::caused_by), for an error that others have as well.
    #[must_use]
    pub(crate) fn caused_by_shared(mut self, source: Arc<dyn std::error::Error + Send + Sync>) -> Self {
        self.0.source = Some(source);
        self
    }

    /// With what led to it, where another error did.
    #[must_use]
    pub(crate) fn because(self, why: Why) -> Self {
        match why.source {
            Some(source) => self.caused_by_shared(source),
            None => self,
        }
    }

    /// Without the error that led to it.
    pub(crate) fn forget_source(&mut self) {
        self.0.source = None;
    }

    /// Its details, for changes. Only flete itself changes an error.
    pub(crate) fn edit(&mut self) -> &mut Details {
        &mut self.0.details
    }

    /// The request can't be used: one field is wrong.
    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid_fields(vec![FieldProblem::new(field, message)])
    }

    /// The request can't be used: these fields are wrong.
    pub(crate) fn invalid_fields(fields: Vec<FieldProblem>) -> Self {
        Self::with_fields(Code::InvalidRequest, "the request", fields)
    }

    /// Rename one of the fields, in the message too.
    pub(crate) fn move_field(&mut self, index: usize, to: String) {
        let details = self.edit();
        let Some(problem) = details.fields.get_mut(index) else { return };
        details.message = details.message.replace(&format!("({}: ", problem.field), &format!("({to}: "));
        problem.field = to;
    }

    /// The configuration can't be used: these fields are wrong.
    pub(crate) fn config_fields(fields: Vec<FieldProblem>) -> Self {
        Self::with_fields(Code::InvalidConfig, "the configuration", fields)
    }

    /// The configuration can't be used: one field is wrong.
    pub(crate) fn config(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::config_fields(vec![FieldProblem::new(field, message)])
    }

    /// The place of idempotency keys can't be used just now.
    pub(crate) fn state(message: impl Into<String>) -> Self {
        let message = message.into();
        Self::with_fields(Code::StateUnavailable, "the state", vec![FieldProblem::new("state", message)])
    }

    fn with_fields(code: Code, what: &str, fields: Vec<FieldProblem>) -> Self {
        let message = match fields.as_slice() {
            [] => format!("{what} can't be used"),
            [one] if one.field.is_empty() => one.message.clone(),
            [one] => format!("{}: {}", one.field, one.message),
            [first, rest @ ..] => {
                format!("{}: {} (and {} more, see fields)", first.field, first.message, rest.len())
            }
        };
        let mut error = Self::new(code, message);
        error.edit().fields = fields;
        error
    }

    /// Something that flete itself got wrong.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }

    /// With its texts cut to their limits. Every error that a call returns goes through this.
    pub(crate) fn within_limits(mut self) -> Self {
        let details = &mut self.0.details;
        details.fields.truncate(FIELDS_LIMIT);
        let said = [
            &mut details.account,
            &mut details.operation,
            &mut details.carrier_code,
            &mut details.carrier_message,
            &mut details.incident,
            &mut details.request_id,
        ];
        let fields = details.fields.iter_mut().flat_map(|problem| {
            [Some(&mut problem.field), problem.carrier_field.as_mut(), Some(&mut problem.message)].into_iter().flatten()
        });
        said.into_iter().flatten().chain([&mut details.message]).chain(fields).for_each(bounded);
        details.raw.iter_mut().for_each(cut_raw);
        details.created.iter_mut().for_each(bounded_within);
        self
    }

    /// The error as it is in an envelope.
    #[must_use]
    pub fn to_value(&self) -> serde_json::Value {
        crate::json::of(self).into()
    }
}

impl<'de> Deserialize<'de> for Error {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Details::deserialize(deserializer).map(|details| Self(Box::new(Held { details, source: None })))
    }
}

impl Deref for Error {
    type Target = Details;
    fn deref(&self) -> &Details {
        &self.0.details
    }
}

impl Serialize for Error {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.clone().within_limits().0.details.serialize(serializer)
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Error").field(&self.0.details).finish()
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn a_code_reads_the_same_everywhere() {
        for &code in Code::all() {
            assert_eq!(crate::json::to_value(&code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn a_long_raw_is_cut_at_16_kib_on_a_character() {
        let mut error = Error::internal("x");
        error.edit().raw = Some("é".repeat(20_000).into());
        let raw = error.to_value()["raw"].as_str().unwrap().to_owned();
        assert_eq!(raw.len(), RAW_LIMIT);
        for (raw, cut) in [
            (Value::from("a".repeat(RAW_LIMIT)), false),
            (Value::from(format!("a{}", "é".repeat(RAW_LIMIT / 2))), true),
            (json!({"a": "é".repeat(100)}), false),
            (json!({"a": ["é".repeat(RAW_LIMIT)]}), true),
        ] {
            error.edit().raw = Some(raw.clone());
            let shown = error.to_value()["raw"].clone();
            assert_eq!(shown != raw, cut);
            assert!(!cut || (RAW_LIMIT - 1..=RAW_LIMIT).contains(&shown.as_str().unwrap().len()));
        }
    }

    #[test]
    fn no_text_is_longer_than_its_limit_however_long_the_carriers_was() {
        for long in ["x".repeat(TEXT_LIMIT + 1), "ñ".repeat(50_000), "😀".repeat(TEXT_LIMIT * 2)] {
            let mut error = Error::new(Code::Validation, long.clone());
            let said = || Some(long.clone());
            let details = error.edit();
            (details.carrier_code, details.carrier_message) = (said(), said());
            (details.incident, details.request_id) = (said(), said());
            (details.account, details.operation) = (said(), said());
            let problem = FieldProblem { field: long.clone(), carrier_field: said(), message: long.clone() };
            details.fields = vec![problem; 5_000];
            details.created = Some(json!({"id": "7", "shipment": {"texts": [long.clone()]}}));
            let first: String = long.chars().take(TEXT_LIMIT - 1).collect();
            for shown in [error.to_value(), serde_json::to_value(&*error.clone().within_limits()).unwrap()] {
                assert_eq!(shown["fields"].as_array().unwrap().len(), FIELDS_LIMIT);
                for place in [
                    "/message",
                    "/carrier_code",
                    "/carrier_message",
                    "/incident",
                    "/request_id",
                    "/account",
                    "/operation",
                    "/fields/0/field",
                    "/fields/99/message",
                    "/fields/9/carrier_field",
                    "/created/shipment/texts/0",
                ] {
                    assert_eq!(shown.pointer(place).unwrap(), &format!("{first}…"), "{place}");
                }
                assert_eq!(shown["created"]["id"], "7");
            }
        }
        let just = "é".repeat(TEXT_LIMIT);
        assert_eq!(Error::internal(just.clone()).to_value()["message"], just);
    }
}
