//! What a test can set of Fruno. Each point that isn't known of the carrier is a setting.

use super::super::util::{self, RateWindow};
use super::super::{Request, Response};
use super::{problem, views};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// What a test can set; `README.md` of the sandbox has the kernel's own.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// `[{"id", "nombre"}]`; while it has any, a parcel must name one.
    pub(super) contracts: Vec<Value>,
    /// Contracts of accounts that were let in: they may be named, and aren't listed.
    pub(super) own_contracts: Vec<String>,
    pub(super) page_size: usize,
    /// The API reference ends a list in two ways: without `página`, or (this) with an empty list.
    pub(super) empty_last_page: bool,
    pub(super) newest_first: bool,
    /// The API reference's table calls zones texts, its sample shows objects.
    pub(super) zones_as_text: bool,
    pub(super) currency: String,
    pub(super) label: Option<LabelSetting>,
    /// Each parcel moves on a stage per so many milliseconds since it was made.
    pub(super) auto_advance_ms: Option<u64>,
    /// The API reference warns that the texts of events may change: text → another text.
    pub(super) event_names: Map<String, Value>,
    /// Member names in Unicode NFD, as a server on another system may write them.
    pub(super) decomposed_names: bool,
    /// A `Retry-After` with a 429; the API reference promises none.
    pub(super) retry_after: bool,
    /// The API reference promises two of them, the carrier sends four.
    pub(super) rate_headers: Vec<RateHeader>,
    pub(super) reset: Reset,
    /// A cancel that comes too late is a 400 about the state instead of the API reference's 403.
    pub(super) late_cancel_400: bool,
    /// An address in a district without service is saved, and a parcel for it refused.
    pub(super) saves_unserved: bool,
    /// The catalogue has one id several times, each with another stage.
    pub(super) repeated_event_types: bool,
    /// A parcel's events have their `etapa`, as the catalogue has.
    pub(super) event_stage: bool,
    pub(super) estimates: Estimates,
}

/// How often and in what form a label is not ready yet.
#[derive(Debug, Clone)]
pub(super) struct LabelSetting {
    pub(super) times: u64,
    pub(super) form: views::LabelForm,
}

/// A header about the rate limit.
#[derive(Debug, Clone, Copy)]
pub(super) enum RateHeader {
    Policy,
    Remaining,
    Limit,
    Reset,
}

impl RateHeader {
    const ALL: [(&'static str, Self); 4] =
        [("policy", Self::Policy), ("remaining", Self::Remaining), ("limit", Self::Limit), ("reset", Self::Reset)];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Policy => "X-RateLimit-Policy",
            Self::Remaining => "X-Ratelimit-Remaining",
            Self::Limit => "X-Ratelimit-Limit",
            Self::Reset => "X-Ratelimit-Reset",
        }
    }
}

/// What `X-Ratelimit-Reset` is. Nothing says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reset {
    form: ResetForm,
    of: ResetOf,
}

#[derive(Debug, Clone, Copy)]
enum ResetForm {
    Seconds,
    Unix,
    UnixMillis,
    Date,
    Rfc3339,
}

impl ResetForm {
    const ALL: [(&'static str, Self); 5] = [
        ("seconds", Self::Seconds),
        ("unix", Self::Unix),
        ("unix_ms", Self::UnixMillis),
        ("date", Self::Date),
        ("rfc3339", Self::Rfc3339),
    ];
}

/// Until when: the oldest request no longer counts, none does, or a whole window.
#[derive(Debug, Clone, Copy)]
enum ResetOf {
    First,
    All,
    Window,
}

impl ResetOf {
    const ALL: [(&'static str, Self); 3] = [("first", Self::First), ("all", Self::All), ("window", Self::Window)];
}

impl Reset {
    pub(super) fn written(self, rate: &RateWindow, now: Timestamp) -> String {
        let wait = match self.of {
            ResetOf::First => rate.wait(now),
            ResetOf::All => rate.wait_for_all(now),
            ResetOf::Window => rate.window(),
        };
        let wait = wait.max(SignedDuration::ZERO);
        let at = now.saturating_add(wait).unwrap_or(now);
        match self.form {
            ResetForm::Seconds => wait.as_millis().unsigned_abs().div_ceil(1000).to_string(),
            ResetForm::Unix => at.as_second().to_string(),
            ResetForm::UnixMillis => at.as_millisecond().to_string(),
            ResetForm::Date => util::http_date(at),
            ResetForm::Rfc3339 => format!("{at:.0}"),
        }
    }
}

/// Which replies have the estimated windows: as in the API reference's samples, that of a create too, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Estimates {
    Usual,
    Always,
    Never,
}

impl Estimates {
    const ALL: [(&'static str, Self); 3] = [("usual", Self::Usual), ("always", Self::Always), ("never", Self::Never)];
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            contracts: Vec::new(),
            own_contracts: Vec::new(),
            page_size: 25,
            empty_last_page: false,
            newest_first: false,
            zones_as_text: false,
            currency: "CRC".to_owned(),
            label: None,
            auto_advance_ms: None,
            event_names: Map::new(),
            decomposed_names: false,
            retry_after: false,
            rate_headers: vec![RateHeader::Policy, RateHeader::Remaining, RateHeader::Limit, RateHeader::Reset],
            reset: Reset { form: ResetForm::Seconds, of: ResetOf::First },
            late_cancel_400: false,
            saves_unserved: false,
            repeated_event_types: false,
            event_stage: false,
            estimates: Estimates::Usual,
        }
    }
}

impl Settings {
    pub(super) fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        match name {
            "contracts" => {
                let list = value.as_array().ok_or("contracts is a list")?;
                let complete = |c: &Value| c["id"].is_string() && c["nombre"].is_string();
                if !list.iter().all(complete) {
                    return Err("a contract has an id and a nombre".to_owned());
                }
                self.contracts = list.clone();
            }
            "page_size" => {
                let size = usize::try_from(util::whole(name, value)?).unwrap_or(usize::MAX);
                self.page_size = size.max(1);
            }
            "empty_last_page" => self.empty_last_page = util::flag(name, value)?,
            "newest_first" => self.newest_first = util::flag(name, value)?,
            "zones_as_text" => self.zones_as_text = util::flag(name, value)?,
            "currency" => self.currency = util::text(name, value)?.to_owned(),
            "decomposed_names" => self.decomposed_names = util::flag(name, value)?,
            "retry_after" => self.retry_after = util::flag(name, value)?,
            "rate_headers" => {
                let list = value.as_array().ok_or("rate_headers is a list")?;
                self.rate_headers =
                    list.iter().map(|header| util::choice(name, header, &RateHeader::ALL)).collect::<Result<_, _>>()?;
            }
            "rate_reset" => self.reset.form = util::choice(name, value, &ResetForm::ALL)?,
            "rate_reset_of" => self.reset.of = util::choice(name, value, &ResetOf::ALL)?,
            "late_cancel" => self.late_cancel_400 = util::choice(name, value, &[("403", false), ("400", true)])?,
            "unserved" => self.saves_unserved = util::choice(name, value, &[("address", false), ("parcel", true)])?,
            "repeated_event_types" => self.repeated_event_types = util::flag(name, value)?,
            "event_stage" => self.event_stage = util::flag(name, value)?,
            "estimates" => self.estimates = util::choice(name, value, &Estimates::ALL)?,
            "auto_advance_ms" => {
                self.auto_advance_ms = match value {
                    Value::Null => None,
                    _ => Some(util::whole(name, value)?.max(1)),
                };
            }
            "event_names" => {
                let names = value.as_object().ok_or("event_names is an object")?;
                self.event_names = names.clone();
            }
            "label_not_ready" => {
                self.label = match value {
                    Value::Null => None,
                    _ => Some(LabelSetting {
                        times: util::whole("times", &value["times"])?,
                        form: views::LabelForm::read(&value["form"])?,
                    }),
                };
            }
            _ => return Err(format!("fruno has no setting {name:?}")),
        }
        Ok(())
    }

    /// The rest of a list from its first page or from `pág_despues_de`, at most a page of it, and the token of the next one.
    /// `items` come oldest first, each with its place.
    pub(super) fn page<T>(
        &self,
        request: &Request,
        mut items: Vec<(u64, T)>,
    ) -> Result<(Vec<T>, Option<String>), Response> {
        if self.newest_first {
            items.reverse();
        }
        if let Some(token) = request.query("pág_despues_de") {
            let Some(place) = util::page_place(token) else {
                let error = "El valor no corresponde a una página.";
                return Err(problem::invalid("sobre-paginacion", &[("pág_despues_de", error)]));
            };
            items.retain(|(at, _)| if self.newest_first { *at < place } else { *at > place });
        }
        let more = items.len() > self.page_size;
        items.truncate(self.page_size);
        let last = items.last().map(|(at, _)| *at);
        let token = last.filter(|_| more || self.empty_last_page);
        let items = items.into_iter().map(|(_, item)| item).collect();
        Ok((items, token.map(util::page_token)))
    }
}
