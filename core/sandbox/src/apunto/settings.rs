//! What a test can set on Apunto's simulator; `README.md` of the sandbox has the kernel's own. All are read before any is taken over.

use super::super::util::{self, RateWindow};
use serde_json::{Map, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorsForm {
    /// The documented one.
    Details,
    /// `{"errors": {field: […]}}`, met by integrations.
    Errors,
    /// `{"error": "…"}` alone, met by integrations.
    ErrorOnly,
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// The code that a login must send; none = no second factor.
    pub(super) otp: Option<String>,
    /// How long a login's token lives; 0 = for ever. The API reference tells of no life.
    pub(super) token_seconds: u64,
    pub(super) single_contact: bool,
    pub(super) money_as_text: bool,
    /// The API reference's samples answer DELETE with 200 and a message; its table of statuses says "typically" 204.
    pub(super) delete_204: bool,
    /// The API reference shows no reply to a search.
    pub(super) bare_search: bool,
    pub(super) errors_form: ErrorsForm,
    pub(super) retry_after_header: bool,
    /// The API reference says in no list which comes first.
    pub(super) newest_first: bool,
    /// Whether an operation shows all of each service, as its attribute table says, or what its sample has.
    pub(super) full_services: bool,
    /// Counts down: the `POST /services` at which it reaches 0 fails; 0 = none.
    pub(super) fail_service_create: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            otp: None,
            token_seconds: 0,
            single_contact: false,
            money_as_text: false,
            delete_204: false,
            bare_search: false,
            errors_form: ErrorsForm::Details,
            retry_after_header: false,
            newest_first: false,
            full_services: false,
            fail_service_create: 0,
        }
    }
}

/// The settings as they will be, and the rate policy if one was set (`null` takes it away).
pub(super) type Set = (Settings, Option<Option<RateWindow>>);

impl Settings {
    pub(super) fn with(&self, asked: &Map<String, Value>) -> Result<Set, String> {
        let mut new = self.clone();
        let mut rate = None;
        for (name, value) in asked {
            match name.as_str() {
                "otp" if value.is_null() => new.otp = None,
                "otp" => new.otp = Some(util::text(name, value)?.to_owned()),
                "token_seconds" => new.token_seconds = util::whole(name, value)?,
                "single_contact" => new.single_contact = util::flag(name, value)?,
                "money_as_text" => new.money_as_text = util::flag(name, value)?,
                "delete_204" => new.delete_204 = util::flag(name, value)?,
                "search_form" => new.bare_search = choice(name, value, &["wrapped", "bare_list"])? == 1,
                "errors_form" => {
                    new.errors_form = match choice(name, value, &["details", "errors", "error_only"])? {
                        0 => ErrorsForm::Details,
                        1 => ErrorsForm::Errors,
                        _ => ErrorsForm::ErrorOnly,
                    }
                }
                "list_order" => new.newest_first = choice(name, value, &["oldest", "newest"])? == 1,
                "embedded_services" => new.full_services = choice(name, value, &["sample", "full"])? == 1,
                "rate_policy" if value.is_null() => rate = Some(None),
                "rate_policy" => rate = Some(Some(RateWindow::parse(util::text(name, value)?)?)),
                "retry_after_header" => new.retry_after_header = util::flag(name, value)?,
                "fail_service_create" => new.fail_service_create = util::whole(name, value)?,
                _ => return Err(format!("Apunto's simulator has no setting {name:?}")),
            }
        }
        Ok((new, rate))
    }
}

/// Which of the known texts it is.
fn choice(name: &str, value: &Value, known: &[&str]) -> Result<usize, String> {
    let text = util::text(name, value)?;
    let place = known.iter().position(|one| *one == text);
    place.ok_or_else(|| format!("{name} is one of {}, not {text:?}", known.join(", ")))
}
