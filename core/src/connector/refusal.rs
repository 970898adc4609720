//! What a reply that isn't good means, in flete's words.

use crate::model::Code;
use std::time::Duration;

/// What a reply that isn't good means.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) carrier_code: Option<String>,
    pub(crate) carrier_message: Option<String>,
    /// The carrier's names of the fields that are wrong, and what it says of each.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) incident: Option<String>,
    pub(crate) request_id: Option<String>,
    /// The carrier's own clock differs from ours.
    pub(crate) clock: bool,
    /// Whether the carrier did nothing, where its body says more of that than the HTTP status does.
    pub(crate) nothing_done: Option<bool>,
}

impl Refusal {
    /// What a status means where the body says no more.
    pub(crate) fn by_status(status: u16) -> Self {
        let code = match status {
            401 => Code::Authentication,
            403 => Code::Permission,
            404 | 410 => Code::NotFound,
            408 => Code::Timeout,
            409 => Code::Conflict,
            429 => Code::RateLimited,
            400..=499 => Code::Validation,
            500..=599 => Code::CarrierUnavailable,
            _ => Code::CarrierResponse,
        };
        Self::new(code)
    }

    /// A refusal of this kind, with nothing else known.
    pub(crate) fn new(code: Code) -> Self {
        Self {
            code,
            carrier_code: None,
            carrier_message: None,
            fields: Vec::new(),
            retry_after: None,
            incident: None,
            request_id: None,
            clock: false,
            nothing_done: None,
        }
    }
}
