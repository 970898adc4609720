//! What is known after a request or a call has ended. Only this file decides it.

use super::endpoint::Repeat;
use crate::model::{Code, Error, Outcome};

/// How a try ended without a good reply.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    /// Without a whole reply. `sent` is false only where provably not a byte of the request was written.
    NoReply { sent: bool },
    /// With a reply of something between flete and the carrier, which passes nothing on: a redirect, a proxy without
    /// credentials.
    NotReached,
    /// With a reply that can't be read. `fleeting`: the next one may be readable.
    Unreadable { fleeting: bool },
    /// With a refusal. `nothing_done` is whether nothing was done, if the body says it.
    Refused { status: u16, nothing_done: Option<bool> },
}

/// What is known after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// What is known of the shipment, or of the change that was asked for.
    pub(crate) outcome: Outcome,
    /// Whether the caller may simply make the same call again.
    pub(crate) retryable: bool,
    /// Whether flete itself may send it again, within the same call.
    pub(crate) again: bool,
    /// Whether the request may have been carried out, though no reply says so.
    pub(crate) lost: bool,
}

/// What is known after a try of an operation: how it ended, with an error of which code, and how safe it is to repeat.
///
/// `telling` is for a native operation that changes something: its caller must know whether it may have been done, even
/// if doing it twice is safe. `lost` is whether an earlier try of the same request was lost.
pub(crate) fn verdict(repeat: Repeat, telling: bool, lost: bool, code: Code, ending: Ending) -> Verdict {
    let safe = repeat == Repeat::Safe;
    let may_be_done = match ending {
        Ending::NoReply { sent } => sent,
        Ending::NotReached => false,
        Ending::Unreadable { .. } => true,
        Ending::Refused { status, nothing_done } => !nothing_done.unwrap_or_else(|| says_nothing_was_done(status)),
    };
    // A request that would be done twice is never retried once it may have been done.
    let repeatable = safe || !may_be_done;
    let helps = match ending {
        Ending::NoReply { .. } => code != Code::Tls,
        Ending::NotReached => false,
        Ending::Unreadable { fleeting } => fleeting,
        Ending::Refused { .. } => matches!(code, Code::RateLimited | Code::CarrierUnavailable | Code::Timeout),
    };
    let unknown = !repeatable || (telling && (may_be_done || lost));
    Verdict {
        outcome: if unknown { Outcome::Unknown } else { Outcome::None },
        retryable: repeatable && code.retryable() && !matches!(ending, Ending::NotReached),
        again: repeatable && helps,
        lost: may_be_done,
    }
}

/// Where a call failed, if that alone decides what is known of the shipment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Before the request of the operation itself: at its token, or at the record of its key. Nothing of it was sent.
    BeforeSending,
    /// At an idempotency key whose earlier create may have made the shipment, or whose other caller may be making it.
    OpenKey,
    /// At a request that makes no shipment: for an address that the shipment needs, or a cancel.
    NoShipment,
    /// At what comes after the shipment: its label, or the rest of an operation.
    AfterMade,
}

impl Stage {
    /// What is known of the shipment. `call` is what was known of it before.
    fn outcome(self, call: Outcome) -> Outcome {
        match self {
            Self::BeforeSending => call,
            Self::OpenKey => Outcome::Unknown,
            Self::NoShipment => Outcome::None,
            Self::AfterMade => Outcome::Done,
        }
    }
}

/// An error at such a stage. `call` is what was known of the shipment before.
pub(crate) fn at_stage(stage: Stage, error: Error, call: Outcome) -> Error {
    error.with_outcome(stage.outcome(call))
}

/// What a create that failed leaves behind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// What is known of the shipment from the whole call and its key.
    pub(crate) call: Outcome,
    /// Whether an earlier attempt made it.
    pub(crate) made: bool,
    /// Whether the same call, with its key, looks first and continues from what exists. If the carrier can't be asked,
    /// a person must find out.
    pub(crate) resumes: bool,
}

impl Ended {
    /// The outcome of the create, and whether it is retryable. `outcome` and `retryable` are those of its last error.
    fn verdict(self, code: Code, outcome: Outcome, retryable: bool) -> (Outcome, bool) {
        let outcome = match outcome {
            _ if self.made => Outcome::Done,
            Outcome::None => self.call,
            known => known,
        };
        // A request that can't be used stays so.
        let usable = !matches!(code, Code::InvalidRequest | Code::InvalidConfig | Code::Unsupported);
        (outcome, usable && if outcome == Outcome::None { retryable } else { self.resumes })
    }
}

/// The error of a create, from that of its last request.
pub(crate) fn of_create(error: Error, ended: Ended) -> Error {
    let (outcome, retryable) = ended.verdict(error.code, error.outcome, error.retryable);
    let mut error = error.with_outcome(outcome);
    error.edit().retryable = retryable;
    error
}

/// A refusal says that nothing was done. A 5xx doesn't, and neither does a 408: the request may still be
/// carried out after a gateway stopped waiting for it.
fn says_nothing_was_done(status: u16) -> bool {
    (200..500).contains(&status) && status != 408
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ending::{NoReply, NotReached, Refused, Unreadable};

    /// How a try ended, its error's code, and then: is it lost; may it be tried again where repeating is safe, and
    /// where it isn't; may the caller, likewise.
    type Row = (Ending, Code, bool, [bool; 2], [bool; 2]);

    const TABLE: &[Row] = &[
        // Not a byte was sent.
        (NoReply { sent: false }, Code::Network, false, [true, true], [true, true]),
        (NoReply { sent: false }, Code::Timeout, false, [true, true], [true, true]),
        (NoReply { sent: false }, Code::Tls, false, [false, false], [false, false]),
        // The reply was lost.
        (NoReply { sent: true }, Code::Network, true, [true, false], [true, false]),
        (NoReply { sent: true }, Code::Timeout, true, [true, false], [true, false]),
        (NoReply { sent: true }, Code::CarrierResponse, true, [true, false], [true, false]),
        (NoReply { sent: true }, Code::Tls, true, [false, false], [false, false]),
        // A proxy or gateway answered.
        (NotReached, Code::Network, false, [false, false], [false, false]),
        (NotReached, Code::CarrierResponse, false, [false, false], [false, false]),
        // It can't be read.
        (Unreadable { fleeting: true }, Code::CarrierResponse, true, [true, false], [true, false]),
        (Unreadable { fleeting: false }, Code::CarrierResponse, true, [false, false], [true, false]),
        // Refused: the status says that nothing was done.
        (refused(400, None), Code::Validation, false, [false, false], [false, false]),
        (refused(401, None), Code::Authentication, false, [false, false], [false, false]),
        (refused(404, None), Code::NotFound, false, [false, false], [false, false]),
        (refused(409, None), Code::Conflict, false, [false, false], [false, false]),
        (refused(429, None), Code::RateLimited, false, [true, true], [true, true]),
        (refused(200, None), Code::CarrierUnavailable, false, [true, true], [true, true]),
        (refused(200, None), Code::CarrierResponse, false, [false, false], [true, true]),
        // It doesn't say so.
        (refused(408, None), Code::Timeout, true, [true, false], [true, false]),
        (refused(500, None), Code::CarrierUnavailable, true, [true, false], [true, false]),
        (refused(503, None), Code::RateLimited, true, [true, false], [true, false]),
        (refused(599, None), Code::Validation, true, [false, false], [false, false]),
        (refused(101, None), Code::CarrierResponse, true, [false, false], [true, false]),
        // The body says otherwise.
        (refused(503, Some(true)), Code::CarrierUnavailable, false, [true, true], [true, true]),
        (refused(500, Some(true)), Code::Validation, false, [false, false], [false, false]),
        (refused(400, Some(false)), Code::Validation, true, [false, false], [false, false]),
        (refused(200, Some(false)), Code::CarrierUnavailable, true, [true, false], [true, false]),
    ];

    const fn refused(status: u16, nothing_done: Option<bool>) -> Ending {
        Refused { status, nothing_done }
    }

    #[test]
    fn every_ending_has_its_verdict() {
        for &(ending, code, lost, again, retryable) in TABLE {
            for repeat in [Repeat::Safe, Repeat::Once, Repeat::Shipment] {
                for telling in [false, true] {
                    for before in [false, true] {
                        let column = usize::from(repeat != Repeat::Safe);
                        let unknown = if telling { lost || before } else { lost && repeat != Repeat::Safe };
                        let expected = Verdict {
                            outcome: if unknown { Outcome::Unknown } else { Outcome::None },
                            retryable: retryable[column],
                            again: again[column],
                            lost,
                        };
                        let found = verdict(repeat, telling, before, code, ending);
                        assert_eq!(found, expected, "{repeat:?}, {telling}, {before}, {code:?}, {ending:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_create_that_failed_is_judged_by_its_last_request_then_by_its_call() {
        use Outcome::{Done, None, Unknown};
        for (error, call, made, outcome) in [
            (None, None, false, None),
            (None, Unknown, false, Unknown),
            (None, Done, false, Done),
            (Unknown, None, false, Unknown),
            (Unknown, Done, false, Unknown),
            (Done, None, false, Done),
            (Done, Unknown, false, Done),
            (None, None, true, Done),
            (Unknown, Unknown, true, Done),
        ] {
            for resumes in [false, true] {
                for &code in Code::all() {
                    let unusable = [Code::InvalidRequest, Code::InvalidConfig, Code::Unsupported].contains(&code);
                    let failed = Error::new(code, "x").with_outcome(error);
                    // Nothing was made: the error's own word. Otherwise only a key that continues.
                    let retryable = if outcome == None { failed.retryable } else { resumes && !unusable };
                    let found = of_create(failed, Ended { call, made, resumes });
                    let case = format!("{code:?}, {error:?}, {call:?}, {made}, {resumes}");
                    assert_eq!((found.outcome, found.retryable, found.code), (outcome, retryable, code), "{case}");
                }
            }
        }
    }

    #[test]
    fn a_stage_decides_whatever_the_error_said() {
        use Outcome::{Done, None, Unknown};
        for call in [None, Unknown, Done] {
            for (stage, outcome) in [
                (Stage::BeforeSending, call),
                (Stage::OpenKey, Unknown),
                (Stage::NoShipment, None),
                (Stage::AfterMade, Done),
            ] {
                for said in [None, Unknown, Done] {
                    let error = Error::new(Code::Network, "x").with_outcome(said);
                    assert_eq!(at_stage(stage, error, call).outcome, outcome, "{stage:?}, {call:?}, {said:?}");
                }
            }
        }
    }

    #[test]
    fn what_would_be_done_twice_is_never_repeated_once_it_may_have_been_done() {
        let statuses = (100..600).flat_map(|status| [None, Some(false)].map(|said| refused(status, said)));
        let endings =
            statuses.chain([NoReply { sent: true }, Unreadable { fleeting: true }, Unreadable { fleeting: false }]);
        for ending in endings {
            for &code in Code::all() {
                for repeat in [Repeat::Once, Repeat::Shipment] {
                    let found = verdict(repeat, false, false, code, ending);
                    assert_eq!(found.outcome == Outcome::Unknown, found.lost, "{ending:?}, {code:?}");
                    assert!(!found.lost || !found.again && !found.retryable, "{ending:?}, {code:?}");
                }
            }
        }
    }
}
