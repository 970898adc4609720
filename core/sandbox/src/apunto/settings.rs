//! What a test can set on Apunto's simulator; `README.md` of the sandbox has the kernel's own. All are read before any is taken over.
//! Most stand for a point that the API reference leaves open.

use super::super::util::{self, RateWindow};
use super::table::{LEAD_SOURCES, LEAD_STATUSES};
use serde_json::{Map, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorsForm {
    /// The one of the page on errors.
    Details,
    /// The one of the general page: `{"errors": {field: […]}}` in English, `{"error": "…"}` for the rest.
    Errors,
    /// `{"errors": ["…"]}`.
    ErrorsList,
    /// `{"error": "…"}` alone, met by integrations.
    ErrorOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnauthorizedForm {
    /// As `errors_form` has it.
    Documented,
    ErrorOnly,
    Empty,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageForm {
    /// As each page of the API reference shows it.
    Documented,
    /// `page`, `per_page`, `total` everywhere, as its general page says.
    Page,
    CurrentPage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CurrencyForm {
    /// `code` and `name`; quotes and their prices have `id`, too.
    Documented,
    CodeName,
    IdName,
    IdCodeName,
}

/// How `q` and `search` meet a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SearchMatch {
    Part,
    Whole,
    /// A part of it, in the same case.
    Case,
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatusByUpdate {
    Obeyed,
    Refused,
    Ignored,
}

/// What an action is answered whose reply the API reference doesn't show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ActionReply {
    Object,
    Message,
    Empty,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Redirect {
    /// The file comes at once.
    None,
    SameHost,
    /// The same simulator under its other name: `localhost` for `127.0.0.1`.
    OtherHost,
    /// Two redirects, one after the other.
    Twice,
    /// To this base URL, of a server that the test has.
    To(String),
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// The code that a login must send; none = no second factor.
    pub(super) otp: Option<String>,
    /// How long a login's token lives; 0 = for ever. The API reference tells of no life.
    pub(super) token_seconds: u64,
    pub(super) blocked_user: bool,
    pub(super) may_delete: bool,
    pub(super) single_contact: bool,
    pub(super) money_as_text: bool,
    /// The API reference's samples answer DELETE with 200 and a message; its table of statuses says "typically" 204.
    pub(super) delete_204: bool,
    /// The API reference shows no reply to a search of contacts or addresses.
    pub(super) bare_search: bool,
    pub(super) search_match: SearchMatch,
    pub(super) errors_form: ErrorsForm,
    pub(super) unauthorized_form: UnauthorizedForm,
    /// Whether the `errors` of a state action are a list; otherwise an object.
    pub(super) state_errors_list: bool,
    /// Whether an unknown code is a 404; otherwise a 422.
    pub(super) unknown_code_404: bool,
    /// Whether a lead that can't be deleted is a 409; otherwise a 422.
    pub(super) blocked_lead_409: bool,
    pub(super) retry_after_header: bool,
    /// The API reference says in no list which comes first.
    pub(super) newest_first: bool,
    pub(super) page_form: PageForm,
    pub(super) currency_form: CurrencyForm,
    /// Whether an operation shows all of each service, as its attribute table says, or what its sample has.
    pub(super) full_services: bool,
    /// Counts down: the `POST /services` at which it reaches 0 fails; 0 = none.
    pub(super) fail_service_create: u64,
    /// The names in the two catalogues of reasons.
    pub(super) operation_reasons: Vec<String>,
    pub(super) service_reasons: Vec<String>,
    /// Whether a reason is required where the catalogue has one.
    pub(super) reason_required: bool,
    pub(super) status_by_update: StatusByUpdate,
    /// Whether a service by land needs a completed task "POD" before it is closed.
    pub(super) pod_required: bool,
    /// Whether an update of a task obeys `completed: true`; `false` it always obeys.
    pub(super) complete_by_update: bool,
    pub(super) action_reply: ActionReply,
    /// Whether an invoice or a bill comes without its name around it.
    pub(super) bare_invoices: bool,
    pub(super) mexican_account: bool,
    pub(super) service_scope_open: bool,
    /// Those that the account has; others are a 422.
    pub(super) lead_statuses: Vec<String>,
    pub(super) lead_sources: Vec<String>,
    pub(super) pricing_catalogs: bool,
    /// Whether a new price is a draft, which the list leaves out.
    pub(super) pricing_draft: bool,
    pub(super) download_redirect: Redirect,
    /// Whether an attachment's `url` needs the token, as the API reference says.
    pub(super) download_token: bool,
    /// How long an attachment's `url` works; 0 = for ever.
    pub(super) url_seconds: u64,
}

fn owned(known: &[&str]) -> Vec<String> {
    known.iter().map(|one| (*one).to_owned()).collect()
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            otp: None,
            token_seconds: 0,
            blocked_user: false,
            may_delete: true,
            single_contact: false,
            money_as_text: false,
            delete_204: false,
            bare_search: false,
            search_match: SearchMatch::Part,
            errors_form: ErrorsForm::Details,
            unauthorized_form: UnauthorizedForm::Documented,
            state_errors_list: false,
            unknown_code_404: false,
            blocked_lead_409: false,
            retry_after_header: false,
            newest_first: false,
            page_form: PageForm::Documented,
            currency_form: CurrencyForm::Documented,
            full_services: false,
            fail_service_create: 0,
            operation_reasons: Vec::new(),
            service_reasons: Vec::new(),
            reason_required: true,
            status_by_update: StatusByUpdate::Obeyed,
            pod_required: false,
            complete_by_update: true,
            action_reply: ActionReply::Object,
            bare_invoices: false,
            mexican_account: true,
            service_scope_open: false,
            lead_statuses: owned(LEAD_STATUSES),
            lead_sources: owned(LEAD_SOURCES),
            pricing_catalogs: false,
            pricing_draft: false,
            download_redirect: Redirect::OtherHost,
            download_token: true,
            url_seconds: 300,
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
                "blocked_user" => new.blocked_user = util::flag(name, value)?,
                "may_delete" => new.may_delete = util::flag(name, value)?,
                "single_contact" => new.single_contact = util::flag(name, value)?,
                "money_as_text" => new.money_as_text = util::flag(name, value)?,
                "delete_204" => new.delete_204 = util::flag(name, value)?,
                "search_form" => new.bare_search = choice(name, value, &[("wrapped", false), ("bare_list", true)])?,
                "search_match" => {
                    let known = [
                        ("part", SearchMatch::Part),
                        ("whole", SearchMatch::Whole),
                        ("case", SearchMatch::Case),
                        ("nothing", SearchMatch::Nothing),
                    ];
                    new.search_match = choice(name, value, &known)?;
                }
                "errors_form" => {
                    let known = [
                        ("details", ErrorsForm::Details),
                        ("errors", ErrorsForm::Errors),
                        ("errors_list", ErrorsForm::ErrorsList),
                        ("error_only", ErrorsForm::ErrorOnly),
                    ];
                    new.errors_form = choice(name, value, &known)?;
                }
                "unauthorized_form" => {
                    let known = [
                        ("documented", UnauthorizedForm::Documented),
                        ("error_only", UnauthorizedForm::ErrorOnly),
                        ("empty", UnauthorizedForm::Empty),
                    ];
                    new.unauthorized_form = choice(name, value, &known)?;
                }
                "state_errors" => {
                    new.state_errors_list = choice(name, value, &[("object", false), ("list", true)])?;
                }
                "unknown_code" => new.unknown_code_404 = status(name, value, [422, 404])?,
                "blocked_lead" => new.blocked_lead_409 = status(name, value, [422, 409])?,
                "list_order" => new.newest_first = choice(name, value, &[("oldest", false), ("newest", true)])?,
                "page_form" => {
                    let known = [
                        ("documented", PageForm::Documented),
                        ("page", PageForm::Page),
                        ("current_page", PageForm::CurrentPage),
                    ];
                    new.page_form = choice(name, value, &known)?;
                }
                "currency_form" => {
                    let known = [
                        ("documented", CurrencyForm::Documented),
                        ("code_name", CurrencyForm::CodeName),
                        ("id_name", CurrencyForm::IdName),
                        ("id_code_name", CurrencyForm::IdCodeName),
                    ];
                    new.currency_form = choice(name, value, &known)?;
                }
                "embedded_services" => new.full_services = choice(name, value, &[("sample", false), ("full", true)])?,
                "rate_policy" if value.is_null() => rate = Some(None),
                "rate_policy" => rate = Some(Some(RateWindow::parse(util::text(name, value)?)?)),
                "retry_after_header" => new.retry_after_header = util::flag(name, value)?,
                "fail_service_create" => new.fail_service_create = util::whole(name, value)?,
                "operation_reasons" => new.operation_reasons = texts(name, value)?,
                "service_reasons" => new.service_reasons = texts(name, value)?,
                "reason_required" => new.reason_required = util::flag(name, value)?,
                "status_by_update" => {
                    let known = [
                        ("obeyed", StatusByUpdate::Obeyed),
                        ("refused", StatusByUpdate::Refused),
                        ("ignored", StatusByUpdate::Ignored),
                    ];
                    new.status_by_update = choice(name, value, &known)?;
                }
                "pod_required" => new.pod_required = util::flag(name, value)?,
                "complete_by_update" => new.complete_by_update = util::flag(name, value)?,
                "action_reply" => {
                    let known = [
                        ("object", ActionReply::Object),
                        ("message", ActionReply::Message),
                        ("empty", ActionReply::Empty),
                    ];
                    new.action_reply = choice(name, value, &known)?;
                }
                "invoice_form" => new.bare_invoices = choice(name, value, &[("wrapped", false), ("bare", true)])?,
                "mexican_account" => new.mexican_account = util::flag(name, value)?,
                "service_scope_open" => new.service_scope_open = util::flag(name, value)?,
                "lead_statuses" => new.lead_statuses = texts(name, value)?,
                "lead_sources" => new.lead_sources = texts(name, value)?,
                "pricing_catalogs" => new.pricing_catalogs = util::flag(name, value)?,
                "pricing_draft" => new.pricing_draft = util::flag(name, value)?,
                "download_redirect" => {
                    new.download_redirect = match util::text(name, value)? {
                        base if base.starts_with("http://") => Redirect::To(base.trim_end_matches('/').to_owned()),
                        _ => {
                            let known = [
                                ("other_host", Redirect::OtherHost),
                                ("same_host", Redirect::SameHost),
                                ("twice", Redirect::Twice),
                                ("none", Redirect::None),
                            ];
                            choice(name, value, &known)?
                        }
                    }
                }
                "download_token" => new.download_token = util::flag(name, value)?,
                "url_seconds" => new.url_seconds = util::whole(name, value)?,
                _ => return Err(format!("Apunto's simulator has no setting {name:?}")),
            }
        }
        Ok((new, rate))
    }
}

/// What the known text stands for.
fn choice<T: Clone>(name: &str, value: &Value, known: &[(&str, T)]) -> Result<T, String> {
    let text = util::text(name, value)?;
    let found = known.iter().find(|(one, _)| *one == text).map(|(_, what)| what.clone());
    let names = || known.iter().map(|(one, _)| *one).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| format!("{name} is one of {}, not {text:?}", names()))
}

/// Whether it is the second of two HTTP statuses.
fn status(name: &str, value: &Value, known: [u64; 2]) -> Result<bool, String> {
    match value.as_u64() {
        Some(one) if known.contains(&one) => Ok(one == known[1]),
        _ => Err(format!("{name} is {} or {}, not {value}", known[0], known[1])),
    }
}

fn texts(name: &str, value: &Value) -> Result<Vec<String>, String> {
    let all = value.as_array().and_then(|all| all.iter().map(|one| one.as_str().map(str::to_owned)).collect());
    all.ok_or_else(|| format!("{name} must be a list of texts, not {value}"))
}
