//! What a carrier is: the interface that every carrier implements.

use super::endpoint::{Endpoint, Params};
use super::native::Native;
use super::refusal::Refusal;
use super::session::Session;
use super::settings::{Opened, Settings};
use crate::json::Value;
use crate::model::reply::{Cancelled, Document, Push, Rate, Shipment, Tracking};
use crate::model::request;
use crate::model::shape::Field;
use crate::model::{Code, Error, Token};
use crate::net::http::{Draft, Reply};
use async_trait::async_trait;
use jiff::tz::TimeZone;

/// A carrier: what is known of it without an account, and how one is opened.
pub(crate) struct Carrier {
    pub(crate) code: &'static str,
    /// Which of its APIs this is, by the account's setting `api`, where the carrier has several. Each is a `Carrier` of
    /// the same code.
    pub(crate) api: Option<&'static str>,
    pub(crate) name: &'static str,
    /// ISO 3166-1 alpha-2.
    pub(crate) country: &'static str,
    /// What its code was written from, and how reliable that is.
    pub(crate) reference: Reference,
    /// The account's settings, beside those that every account has.
    pub(crate) settings: &'static [Field],
    /// Which of the settings are secrets.
    pub(crate) secrets: &'static [&'static str],
    /// The carrier for an account with these settings: they are read only here.
    pub(crate) open: fn(settings: Settings<'_>) -> Opened,
    /// The documented base URL of an environment, if the API reference has one.
    pub(crate) host: fn(environment: &str, settings: &Settings<'_>) -> Option<String>,
    /// Hosts that the API reference gives with plain http.
    pub(crate) plain_http_hosts: &'static [&'static str],
    pub(crate) endpoints: &'static [Endpoint],
    /// The methods it has. Any other is `unsupported` and never reaches its [`Api`].
    pub(crate) abilities: &'static [Ability],
    /// Whether [`Api::find`] can look for a create that lost its reply.
    pub(crate) finds_lost_creates: bool,
    /// For each of those that takes `options`: the native fields that they may hold.
    pub(crate) options: &'static [(Ability, &'static [&'static [Field]])],
    /// The zone of its local times.
    pub(crate) zone: fn() -> TimeZone,
    /// Whether every reply has its rate limit. Until the first one has come, few requests go out at once.
    pub(crate) tells_limits: bool,
    /// Names by which its errors know a field that requests have under another: theirs, then the request's.
    pub(crate) renamed: &'static [(&'static str, &'static str)],
}

/// What a carrier was written from. `docs/carriers.md` has the same, as a table.
pub(crate) struct Reference {
    /// The API reference, by its title.
    pub(crate) title: &'static str,
    /// When that was published, or what its samples are dated.
    pub(crate) dated: &'static str,
    /// What it doesn't say, so that it is only assumed.
    pub(crate) assumed: &'static str,
}

/// What a carrier may offer: the methods of flete that go to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ability {
    Quote,
    Create,
    Track,
    Cancel,
    Document,
    List,
    Webhook,
}

impl Ability {
    /// The method's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quote => "quote",
            Self::Create => "create",
            Self::Track => "track",
            Self::Cancel => "cancel",
            Self::Document => "document",
            Self::List => "list",
            Self::Webhook => "webhook",
        }
    }
}

impl Carrier {
    /// A carrier that is opened so, with nothing else: for what a carrier needn't say.
    pub(crate) const fn opened_by(open: fn(Settings<'_>) -> Opened) -> Self {
        Self {
            code: "",
            api: None,
            name: "",
            country: "",
            reference: Reference { title: "", dated: "", assumed: "" },
            settings: &[],
            secrets: &[],
            open,
            host: |_, _| None,
            plain_http_hosts: &[],
            endpoints: &[],
            abilities: &[],
            finds_lost_creates: false,
            options: &[],
            zone: || TimeZone::UTC,
            tells_limits: false,
            renamed: &[],
        }
    }

    /// The native fields that `options` may hold for this.
    pub(crate) fn native_fields(&self, ability: Ability) -> impl Iterator<Item = Field> {
        self.options
            .iter()
            .filter(move |(of, _)| *of == ability)
            .flat_map(|(_, of)| of.iter().copied().flatten().copied())
    }

    /// The name by which an operation takes a field that an error of the carrier's names.
    pub(crate) fn request_name<'a>(&self, endpoint: &Endpoint, carrier_field: &'a str) -> &'a str {
        if endpoint.takes(carrier_field) {
            return carrier_field;
        }
        let other = self.renamed.iter().find(|(theirs, name)| *theirs == carrier_field && endpoint.takes(name));
        other.map_or(carrier_field, |(_, name)| name)
    }

    /// Whether it offers this.
    pub(crate) fn can(&self, ability: Ability) -> bool {
        self.abilities.contains(&ability)
    }
}

impl std::fmt::Debug for Carrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code)
    }
}

/// One page of `list`.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) shipments: Vec<Shipment>,
    /// The carrier's own name for the page after it: its `cursor` in the request for that.
    pub(crate) next_cursor: Option<String>,
    /// Whether the next page begins after this page's last shipment, even if shipments were added or removed meanwhile.
    /// A numbered page doesn't.
    pub(crate) stable: bool,
}

fn unsupported<T>() -> Result<T, Error> {
    Err(Error::new(Code::Unsupported, "the carrier has no such service"))
}

/// What a carrier does, for one account. The settings that it needs are its own typed fields. What the process shares
/// is in the session.
///
/// The first functions are about its HTTP API. The others are one for each method that it has: the `abilities` of its
/// [`Carrier`] say which, and the rest are never called.
#[async_trait(?Send)]
pub(crate) trait Api: Send + Sync {
    /// Whether its requests take a token, which [`fetch_token`](Self::fetch_token) gets.
    fn has_tokens(&self) -> bool {
        false
    }

    /// Get a new token. `last` is the one before it, which may have expired.
    async fn fetch_token(&self, _: &Session<'_>, _last: Option<Token>) -> Result<Token, Error> {
        unsupported()
    }

    /// What every request has from the account, where the caller left it out.
    fn defaults(&self, _endpoint: &Endpoint, _params: &mut Params) {}

    /// The service that a create is for when it names none, where that is known without asking.
    fn usual_service(&self) -> Option<String> {
        None
    }

    /// Put the credentials on a request that is about to go out.
    fn sign(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        draft: &mut Draft,
        token: Option<&str>,
    ) -> Result<(), Error>;

    /// Whether it takes the account's credentials, by [`sign`](Self::sign), for files at URLs of its own host.
    fn signs_files(&self) -> bool {
        false
    }

    /// What a reply means, if it isn't good. `json` is its body, where that is JSON.
    fn refusal(&self, endpoint: &Endpoint, reply: &Reply, json: Option<&Value>) -> Option<Refusal>;

    /// Bring a reply's JSON into the form that the API reference has (Unicode form of names). Returns whether that
    /// changed anything.
    fn tidy(&self, _json: &mut Value) -> bool {
        false
    }

    /// Why it has no price for a request with these native fields. `None` where it can be asked.
    fn no_quote(&self, _native: &Native<'_>) -> Option<&'static str> {
        None
    }
    async fn quote(&self, _: &Session<'_>, _: &request::Quote) -> Result<Vec<Rate>, Error> {
        unsupported()
    }
    async fn create(&self, _: &Session<'_>, _: &request::Create) -> Result<Shipment, Error> {
        unsupported()
    }
    /// Look for a shipment whose create lost its reply, by the mark that only its key has.
    /// `since_ms` is when its request was sent. If it is in the future, the clock was set back since then.
    /// Only for carriers whose `finds_lost_creates` is true.
    async fn find(
        &self,
        _: &Session<'_>,
        _: &request::Create,
        _mark: &str,
        _since_ms: i64,
    ) -> Result<Option<Shipment>, Error> {
        unsupported()
    }
    async fn track(&self, _: &Session<'_>, _id: &str) -> Result<Tracking, Error> {
        unsupported()
    }
    async fn cancel(&self, _: &Session<'_>, _: &request::Cancel) -> Result<Cancelled, Error> {
        unsupported()
    }
    async fn document(&self, _: &Session<'_>, _: &request::Document) -> Result<Vec<Document>, Error> {
        unsupported()
    }
    /// One page as the carrier has it. `limit` is for carriers that take one; the caller cuts off what is more.
    async fn list(&self, _: &Session<'_>, _: &request::List) -> Result<Page, Error> {
        unsupported()
    }
    async fn webhook(&self, _: &Session<'_>, _: &request::Webhook) -> Result<Push, Error> {
        unsupported()
    }
}
