//! What a test can set on Mensajeros Urbanos' simulator, for both generations; `README.md` of the sandbox has the kernel's own.
//! All are read before any is taken over.

use super::super::util;
use jiff::SignedDuration;
use serde_json::{Map, Value};

/// Where a part of a track reply stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Data,
    /// Next to `data`, in the envelope.
    Beside,
    Absent,
}

/// What a create does whose `order_id` was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeated {
    /// Makes another service, and with it a second courier.
    Another,
    /// Answers with the first one's reply.
    Same,
    Refused,
}

/// What `declared_value` means in the reply to a v2 quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeclaredValue {
    Value,
    Charge,
    Absent,
}

/// Where `data` is in the reply to a v2 cancel, and what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CancelReply {
    Absent,
    Object,
    EmptyList,
}

/// Where a service that has ended says whether the delivery was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finish {
    pub(super) push: bool,
    pub(super) track: bool,
    /// In the last line of the track reply's history.
    pub(super) history: bool,
}

impl Finish {
    pub(super) const NOWHERE: Finish = Finish { push: false, track: false, history: false };
    pub(super) const BOTH: Finish = Finish { push: true, track: true, history: false };
}

/// What a v2 create answers about the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CreateUuid {
    Given,
    /// The service is made all the same.
    Missing,
    /// No service is made, though the reply is a good one by its status.
    NotMade,
}

/// What a v2 service that doesn't exist is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnknownUuid {
    Refused(u16),
    /// A good reply with an empty list.
    Empty,
}

/// Which names a v2 cancel may give its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CancelToken {
    Either,
    AccessToken,
    AccesToken,
}

/// Which id of a v2 store `store_id` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoreBy {
    /// The shop's own.
    IdPoint,
    /// The carrier's, as Add-store answered it.
    Id,
    Either,
}

/// `None` is each generation's own form.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    // The API of 2016.
    pub(super) token_seconds: i64,
    pub(super) page_size: usize,
    /// `/task` takes a `uuid` too: integrations send it, the API reference has `task_id` alone.
    pub(super) task_by_uuid: bool,
    pub(super) create_delay_visible: SignedDuration,
    /// The API reference's table calls `order_id` an integer, and `description` too: by default any short text passes.
    pub(super) order_id_integer: bool,

    // Both generations.
    /// Errors come as HTTP 200, and only `status_code` in the body tells.
    pub(super) status_in_body_only: bool,
    /// Comes with every push; each company's own when null.
    pub(super) webhook_token: Option<String>,
    /// Every uuid is all digits, not only every tenth.
    pub(super) digit_uuids: bool,
    pub(super) numbers_as_text: bool,
    /// In the push's body, in its header `X-API-KEY`.
    pub(super) push_secret: Option<(bool, bool)>,
    /// Stops count from 1; otherwise `num_place` is the API reference's 18342.
    pub(super) counted_stops: Option<bool>,
    pub(super) finish_status: Option<Finish>,
    pub(super) resource: Option<Place>,
    pub(super) resource_list: bool,
    pub(super) full_breakdown: bool,
    pub(super) create_task_id: Option<bool>,
    pub(super) repeated_order_id: Repeated,

    // v2.
    /// Of the refusal of a body; a wrong one was answered 500 too.
    pub(super) bad_body_status: u16,
    pub(super) bad_token_status: u16,
    /// `data` or `error` alone, without the rest of the envelope.
    pub(super) short_envelope: bool,
    pub(super) create_uuid: CreateUuid,
    /// Whether any reply says a price.
    pub(super) total: bool,
    pub(super) create_by_city: bool,
    pub(super) order_id_max: u64,
    pub(super) declared_value_max: Option<u64>,
    /// Numbers of cities beside the known ones.
    pub(super) extra_cities: Vec<i64>,
    pub(super) listed_dane_only: bool,
    /// An address with this text in it can't be found.
    pub(super) unknown_address: Option<String>,
    pub(super) no_balance: bool,
    pub(super) distance_as_text: bool,
    pub(super) quote_declared_value: DeclaredValue,
    pub(super) unknown_uuid: UnknownUuid,
    /// `data` of a track reply is a list of one.
    pub(super) track_list: bool,
    pub(super) address: Place,
    pub(super) history: Place,
    /// Lines of `timestamp`, `description` and `location`, not of `status_id`, `status` and `date`.
    pub(super) history_events: bool,
    pub(super) cancel_token: CancelToken,
    pub(super) cancel_reply: CancelReply,
    /// Whatever the state: again, or with a courier on the way.
    pub(super) cancel_any_time: bool,
    pub(super) store_by: StoreBy,
    pub(super) store_city_names: bool,
    pub(super) flat_push: bool,
    /// The push's `order_id` stands beside `details`.
    pub(super) push_order_id_beside: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            token_seconds: 3600,
            page_size: 10,
            task_by_uuid: false,
            create_delay_visible: SignedDuration::ZERO,
            order_id_integer: false,
            status_in_body_only: false,
            webhook_token: None,
            digit_uuids: false,
            numbers_as_text: false,
            push_secret: None,
            counted_stops: None,
            finish_status: None,
            resource: None,
            resource_list: true,
            full_breakdown: false,
            create_task_id: None,
            repeated_order_id: Repeated::Another,
            bad_body_status: 400,
            bad_token_status: 401,
            short_envelope: false,
            create_uuid: CreateUuid::Given,
            total: true,
            create_by_city: false,
            order_id_max: 60,
            declared_value_max: None,
            extra_cities: Vec::new(),
            listed_dane_only: false,
            unknown_address: None,
            no_balance: false,
            distance_as_text: false,
            quote_declared_value: DeclaredValue::Value,
            unknown_uuid: UnknownUuid::Refused(404),
            track_list: false,
            address: Place::Data,
            history: Place::Data,
            history_events: false,
            cancel_token: CancelToken::Either,
            cancel_reply: CancelReply::Absent,
            cancel_any_time: false,
            store_by: StoreBy::IdPoint,
            store_city_names: false,
            flat_push: false,
            push_order_id_beside: false,
        }
    }
}

const PLACES: &[(&str, Place)] = &[("data", Place::Data), ("beside", Place::Beside), ("none", Place::Absent)];

impl Settings {
    /// The settings as they will be.
    pub(super) fn with(&self, asked: &Map<String, Value>) -> Result<Settings, String> {
        let mut new = self.clone();
        for (name, value) in asked {
            new.set(name, value)?;
        }
        Ok(new)
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        match name {
            "token_seconds" => self.token_seconds = seconds(name, value)?,
            "page_size" => {
                let size = usize::try_from(util::whole(name, value)?).ok();
                let size = size.filter(|size| *size > 0);
                self.page_size = size.ok_or("page_size must be at least 1")?;
            }
            "task_by_uuid" => self.task_by_uuid = util::flag(name, value)?,
            "create_delay_visible_ms" => {
                let ms = util::whole(name, value)?;
                let ms = i64::try_from(ms).unwrap_or(i64::MAX);
                self.create_delay_visible = SignedDuration::from_millis(ms);
            }
            "order_id_integer" => self.order_id_integer = util::flag(name, value)?,

            "status_in_body_only" => self.status_in_body_only = util::flag(name, value)?,
            "webhook_token" => self.webhook_token = or_null(value, |value| Ok(util::text(name, value)?.to_owned()))?,
            "digit_uuids" => self.digit_uuids = util::flag(name, value)?,
            "numbers_as_text" => self.numbers_as_text = util::flag(name, value)?,
            "push_secret" => {
                let known = [("body", (true, false)), ("header", (false, true)), ("both", (true, true))];
                self.push_secret = or_null(value, |value| util::choice(name, value, &known))?;
            }
            "counted_stops" => self.counted_stops = or_null(value, |value| util::flag(name, value))?,
            "finish_status" => {
                let known = [
                    ("push", Finish { push: true, ..Finish::NOWHERE }),
                    ("track", Finish { track: true, ..Finish::NOWHERE }),
                    ("history", Finish { history: true, ..Finish::NOWHERE }),
                    ("both", Finish::BOTH),
                    ("none", Finish::NOWHERE),
                ];
                self.finish_status = or_null(value, |value| util::choice(name, value, &known))?;
            }
            "resource" => self.resource = or_null(value, |value| util::choice(name, value, PLACES))?,
            "resource_form" => self.resource_list = util::choice(name, value, &[("list", true), ("object", false)])?,
            "full_breakdown" => self.full_breakdown = util::flag(name, value)?,
            "create_task_id" => self.create_task_id = or_null(value, |value| util::flag(name, value))?,
            "repeated_order_id" => {
                let (another, same) = (("another", Repeated::Another), ("same", Repeated::Same));
                self.repeated_order_id = util::choice(name, value, &[another, same, ("refused", Repeated::Refused)])?;
            }

            "bad_body_status" => self.bad_body_status = error_status(name, value)?,
            "bad_token_status" => self.bad_token_status = error_status(name, value)?,
            "envelope" => self.short_envelope = util::choice(name, value, &[("full", false), ("short", true)])?,
            "create_uuid" => {
                let (given, missing) = (("given", CreateUuid::Given), ("missing", CreateUuid::Missing));
                self.create_uuid = util::choice(name, value, &[given, missing, ("not_made", CreateUuid::NotMade)])?;
            }
            "total" => self.total = util::flag(name, value)?,
            "create_by_city" => self.create_by_city = util::flag(name, value)?,
            "order_id_max" => self.order_id_max = util::whole(name, value)?,
            "declared_value_max" => self.declared_value_max = or_null(value, |value| util::whole(name, value))?,
            "extra_cities" => {
                let numbers = value.as_array().map(|all| all.iter().map(Value::as_i64).collect());
                let numbers: Option<Vec<i64>> = numbers.flatten();
                self.extra_cities = numbers.ok_or_else(|| format!("{name} must be a list of numbers, not {value}"))?;
            }
            "dane_codes" => self.listed_dane_only = util::choice(name, value, &[("any", false), ("listed", true)])?,
            "unknown_address" => {
                self.unknown_address = or_null(value, |value| Ok(util::text(name, value)?.to_owned()))?;
            }
            "no_balance" => self.no_balance = util::flag(name, value)?,
            "distance_as_text" => self.distance_as_text = util::flag(name, value)?,
            "quote_declared_value" => {
                let (own, charge) = (("value", DeclaredValue::Value), ("charge", DeclaredValue::Charge));
                self.quote_declared_value = util::choice(name, value, &[own, charge, ("none", DeclaredValue::Absent)])?;
            }
            "unknown_uuid" => {
                let (not_found, bad) = (("404", UnknownUuid::Refused(404)), ("400", UnknownUuid::Refused(400)));
                self.unknown_uuid = util::choice(name, value, &[not_found, bad, ("empty", UnknownUuid::Empty)])?;
            }
            "track_form" => self.track_list = util::choice(name, value, &[("object", false), ("list", true)])?,
            "address" => self.address = util::choice(name, value, PLACES)?,
            "history" => self.history = util::choice(name, value, PLACES)?,
            "history_form" => self.history_events = util::choice(name, value, &[("status", false), ("event", true)])?,
            "cancel_token" => {
                let (access, acces) =
                    (("access_token", CancelToken::AccessToken), ("acces_token", CancelToken::AccesToken));
                self.cancel_token = util::choice(name, value, &[("either", CancelToken::Either), access, acces])?;
            }
            "cancel_reply" => {
                let (absent, object) = (("none", CancelReply::Absent), ("object", CancelReply::Object));
                self.cancel_reply =
                    util::choice(name, value, &[absent, object, ("empty_list", CancelReply::EmptyList)])?;
            }
            "cancel_any_time" => self.cancel_any_time = util::flag(name, value)?,
            "store_by" => {
                let (own, given) = (("id_point", StoreBy::IdPoint), ("id", StoreBy::Id));
                self.store_by = util::choice(name, value, &[own, given, ("either", StoreBy::Either)])?;
            }
            "store_city_names" => self.store_city_names = util::flag(name, value)?,
            "push_form" => self.flat_push = util::choice(name, value, &[("nested", false), ("flat", true)])?,
            "push_order_id" => {
                self.push_order_id_beside = util::choice(name, value, &[("details", false), ("beside", true)])?;
            }
            _ => return Err(format!("mensajeros_urbanos has no setting {name:?}")),
        }
        Ok(())
    }
}

/// `null` gives the carrier's own form back.
fn or_null<T>(value: &Value, read: impl Fn(&Value) -> Result<T, String>) -> Result<Option<T>, String> {
    if value.is_null() { Ok(None) } else { read(value).map(Some) }
}

fn error_status(name: &str, value: &Value) -> Result<u16, String> {
    let status = u16::try_from(util::whole(name, value)?).ok().filter(|status| (400..600).contains(status));
    status.ok_or_else(|| format!("{name} must be from 400 to 599, not {value}"))
}

/// The life of a token; a century is as good as for ever.
fn seconds(name: &str, value: &Value) -> Result<i64, String> {
    let seconds = util::whole(name, value)?.min(3_155_760_000);
    i64::try_from(seconds).map_err(|e| format!("{name}: {e}"))
}
