//! A carrier's operation, performed: its parameters are put in their places, it is signed, sent within the limits, and
//! retried if that is safe. Its refusals become errors.

use super::answer::Answer;
use super::body::Sources;
use super::endpoint::{Body, Endpoint, Params, Repeat, ReplyKind};
use super::expected::{self, Lacking};
use super::journal::Journal;
use super::redact::{Secrets, names_only};
use super::state_access::{self, StateAccess};
use super::verdict::{Ending, Stage, Verdict, at_stage, verdict};
use super::{Account, Refusal, base_url, upload};
use crate::json;
use crate::json::Value;
use crate::model::{Code, Error, FieldProblem, Outcome, Token};
use crate::net::http::{self, Draft, Failure, Gate, Method, Reply};
use crate::net::lane::Lane;
use crate::net::options::NetConfig;
use crate::net::process::Shared;
use crate::net::token::{self, now_ms};
use crate::net::told::Told;
use crate::net::{Call, call, retry};
use crate::text::push_pair;
use bytes::Bytes;
use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// One account's part of a call: what a carrier works with.
pub(crate) struct Session<'a> {
    pub(crate) account: &'a Account,
    pub(crate) call: &'a Call,
    pub(crate) net: &'a NetConfig,
    pub(crate) lane: &'a Lane,
    pub(crate) shared: Arc<Shared>,
    /// How long a request whose reply was lost may still be on its way.
    pub(crate) settle: Duration,
    /// Of the create under way, where it is one.
    pub(crate) journal: Journal<'a>,
    /// A `call`: the caller uses the carrier's own names of fields.
    pub(crate) native: bool,
}

/// An operation that failed, and whether its request may have reached the carrier.
pub(crate) struct Failed {
    pub(crate) error: Error,
    pub(crate) lost: bool,
}

/// How one try ended.
enum Tried {
    Good(Answer),
    Bad(Bad, Verdict),
}

/// A try that failed.
struct Bad {
    error: Error,
    ending: Ending,
    /// How long the carrier asked to wait before another try.
    wait: Option<Duration>,
    /// The clock was corrected: signing again may be enough.
    sign_again: bool,
}

impl Bad {
    fn new(error: Error, ending: Ending) -> Self {
        Self { error, ending, wait: None, sign_again: false }
    }
}

impl Session<'_> {
    /// Perform an operation.
    pub(crate) async fn perform(&self, endpoint: &'static Endpoint, params: Params) -> Result<Answer, Error> {
        self.try_perform(endpoint, params).await.map_err(|failed| failed.error)
    }

    /// Perform an operation; a failure says whether its request may have reached the carrier.
    pub(crate) async fn try_perform(&self, endpoint: &'static Endpoint, params: Params) -> Result<Answer, Failed> {
        self.tries(endpoint, params).await.map_err(|mut failed| {
            // If the token could not be fetched, that is the operation that failed.
            failed.error.edit().operation.get_or_insert_with(|| endpoint.name.to_owned());
            failed
        })
    }

    async fn tries(&self, endpoint: &'static Endpoint, mut params: Params) -> Result<Answer, Failed> {
        let unsent = |error| Failed { error, lost: false };
        self.account.api.defaults(endpoint, &mut params);
        let base = base_url::of(self.account).map_err(unsent)?;
        let client = self.lane.client(self.net, base.scheme() == "https").map_err(unsent)?;
        let content = content(endpoint, &params).map_err(unsent)?;
        let (mut attempt, mut renewed, mut corrected, mut lost) = (0, false, false, false);
        loop {
            attempt += 1;
            let failed = |error| Failed { error, lost };
            let mut draft = self.draft(endpoint, &params, &base, &content).map_err(failed)?;
            // Longer each time: the carrier may be slow rather than silent.
            draft.patience = endpoint.patience.map(|first| first * attempt);
            let token = self.token(endpoint).await.map_err(failed)?;
            let tried = self.attempt(endpoint, &client, draft, token.as_deref(), lost).await.map_err(failed)?;
            let (mut bad, verdict) = match tried {
                Tried::Good(answer) => return Ok(answer),
                Tried::Bad(bad, verdict) => (bad, verdict),
            };
            self.locate(endpoint, &params.sources, &mut bad.error);
            // The lost request has deleted it.
            if lost && endpoint.method == "DELETE" && bad.error.code == Code::NotFound {
                if self.tells(endpoint) {
                    self.call.made(Outcome::Done);
                }
                return Ok(Answer { reply: empty_reply(), json: Value::Null, as_written: false });
            }
            lost |= verdict.lost;
            let failed = |error| Failed { error, lost };
            let repeatable = endpoint.repeat == Repeat::Safe || !verdict.lost;
            if let (Code::Authentication, false, Some(value), true) = (bad.error.code, renewed, &token, repeatable) {
                renewed = true;
                self.reject_token(value).await;
                continue;
            }
            if bad.sign_again && !corrected {
                corrected = true;
                continue;
            }
            if !verdict.again || attempt >= self.net.max_attempts || self.call.left().is_zero() {
                return Err(failed(bad.error));
            }
            let pause = retry::pause(attempt, bad.wait);
            if pause >= self.call.left() {
                let why = match bad.wait {
                    Some(asked) => format!("the carrier asks to wait {} ms, longer than", asked.as_millis()),
                    None => "a pause before another try is longer than what".to_owned(),
                };
                bad.error.edit().message = format!("{}; {why} is left of this call", bad.error.message);
                return Err(failed(bad.error));
            }
            log::debug!(
                target: "flete",
                "{} {}: {}; again in {} ms",
                self.account.id, endpoint.name, bad.error.code.as_str(), pause.as_millis()
            );
            tokio::time::sleep(pause).await;
        }
    }

    /// Whether it's a native operation that changes something: its caller must know whether it may have been done.
    fn tells(&self, endpoint: &Endpoint) -> bool {
        self.native && endpoint.changes
    }

    /// One try: wait for the limits, sign, send, and judge the reply. `lost`: an earlier one may have been carried out.
    async fn attempt(
        &self,
        endpoint: &'static Endpoint,
        client: &http::Client,
        mut draft: Draft,
        token: Option<&str>,
        lost: bool,
    ) -> Result<Tried, Error> {
        let permit = self
            .shared
            .limiter
            .acquire(self.call, self.net.max_in_flight, self.account.rate_limit, self.account.carrier.tells_limits)
            .await?;
        let shipment = endpoint.repeat == Repeat::Shipment;
        let telling = shipment || self.tells(endpoint);
        let gate = Arc::new(Gate::default());
        if shipment {
            // On disk before the first byte goes out.
            self.journal.sending(self.state(), &gate, self.carrier_now_ms()).await?;
        }
        if telling {
            self.call.making(&gate);
        }
        let corrections = self.shared.clock.corrections();
        // Signed last: a signed time must not expire in a queue.
        self.account.api.sign(self, endpoint, &mut draft, token)?;
        self.call.count();
        let started = Instant::now();
        let result = http::send(client, draft, self.call.deadline, gate).await;
        drop(permit);
        let status = match &result {
            Ok(reply) => reply.status,
            Err(failure) => failure.status.unwrap_or(0),
        };
        log::debug!(
            target: "flete",
            "{} {}: {status} in {} ms", self.account.id, endpoint.name, call::elapsed_ms(started)
        );
        let judged = match result {
            Ok(reply) => self.judge(endpoint, reply, corrections, started),
            Err(failure) => Err(failed(endpoint, failure)),
        };
        let mut bad = match judged {
            Ok(answer) => {
                if telling {
                    self.call.made(Outcome::Done);
                }
                return Ok(Tried::Good(answer));
            }
            Err(bad) => bad,
        };
        let verdict = verdict(endpoint.repeat, self.tells(endpoint), lost, bad.error.code, bad.ending);
        bad.error = bad.error.with_outcome(verdict.outcome);
        bad.error.edit().retryable = verdict.retryable;
        if telling {
            self.call.made(verdict.outcome);
            if shipment && verdict.outcome == Outcome::None {
                self.journal.not_sent(self.state()).await?;
            }
        }
        Ok(Tried::Bad(bad, verdict))
    }

    fn judge(&self, endpoint: &'static Endpoint, reply: Reply, corrections: u64, sent: Instant) -> Result<Answer, Bad> {
        self.shared.limiter.learn(&Told::of(&reply), sent);
        let good = (200..300).contains(&reply.status);
        let file = endpoint.reply == ReplyKind::File && good;
        let mut as_written = false;
        let mut json = None;
        if !file && !reply.body.trim_ascii().is_empty() {
            json = json::parse_slice(&reply.body).ok();
            as_written = json.is_some();
            json = json.or_else(|| json::read_tolerantly(&reply.body, reply.charset()));
        }
        if let Some(json) = &mut json {
            as_written &= !self.account.api.tidy(json);
        }
        // A proxy between flete and the carrier answers with HTTP, but not with the carrier's API.
        if reply.status == 407 {
            let message = "the proxy asks for credentials; give them in `proxy`".to_owned();
            return Err(not_reached(endpoint, &reply, message));
        }
        if let Some(to) = self.redirection(&reply) {
            return Err(not_reached(endpoint, &reply, to));
        }
        let page = if good || json.is_some() { None } else { reply.page() };
        let refusal = match &page {
            Some(_) => Some(Refusal::by_status(reply.status)),
            None => self.account.api.refusal(endpoint, &reply, json.as_ref()),
        };
        if let Some(refusal) = refusal {
            return Err(self.refused(endpoint, &reply, json, refusal, page.as_deref(), corrections));
        }
        if good && !file && json.is_none() && !reply.body.trim_ascii().is_empty() {
            let what = match reply.page() {
                Some(title) if title.is_empty() => "a web page, not JSON; check `base_url`".to_owned(),
                Some(title) => format!("a web page (`{title}`), not JSON; check `base_url`"),
                None => "not JSON".to_owned(),
            };
            let mut error = Error::new(Code::CarrierResponse, format!("the carrier's reply is {what}"));
            // It may be a token, if one was asked for.
            error.edit().raw = (!endpoint.public).then(|| raw_text(&reply));
            return Err(unreadable(&reply, error, true));
        }
        if !good {
            let mut error = Error::new(
                Code::CarrierResponse,
                format!("the carrier answered with the status {}, which its API reference doesn't have", reply.status),
            );
            error.edit().raw = Some(raw_text(&reply));
            return Err(unreadable(&reply, error, true));
        }
        // The status itself says that the reply is empty, and the caller of a native operation sees it.
        let no_content = self.native && reply.status == 204 && reply.body.is_empty();
        if let Some(lacking) = expected::lacking(endpoint, &reply, json.as_ref()).filter(|_| !no_content) {
            return Err(self.lacking(endpoint, &reply, json, lacking));
        }
        Ok(Answer { reply, json: json.unwrap_or(Value::Null), as_written })
    }

    /// Where a redirect leads, in words. It is not followed: a request that makes something must not be sent twice,
    /// and credentials are for the host that they were given for.
    fn redirection(&self, reply: &Reply) -> Option<String> {
        let location = reply.headers.get("location").map(|value| String::from_utf8_lossy(value.as_bytes()));
        let moved = matches!(reply.status, 301 | 302 | 303 | 307 | 308);
        if !moved && (location.is_none() || !(300..400).contains(&reply.status)) {
            return None;
        }
        let base = base_url::of(self.account).ok();
        let to = location.and_then(|location| match base {
            Some(base) => base.join(location.trim()).ok(),
            None => reqwest::Url::parse(location.trim()).ok(),
        });
        let name = self.account.carrier.name;
        Some(match to.filter(reqwest::Url::has_host) {
            Some(to) => {
                // The rest is left out: it may hold a secret.
                let (host, path) = (to.origin().ascii_serialization(), to.path());
                format!("{name} redirects to `{host}{path}`, which is not followed; set `base_url` to where its API is")
            }
            None => format!("{name} redirects without saying where to; set `base_url` to where its API is"),
        })
    }

    /// A reply with a good status that lacks what was asked for. A retry would return the same, unless the body was
    /// lost on the way.
    fn lacking(&self, endpoint: &Endpoint, reply: &Reply, json: Option<Value>, lacking: Lacking) -> Bad {
        let cut_off = endpoint.reply == ReplyKind::Json && reply.status != 204 && reply.body.trim_ascii().is_empty();
        let mut message = format!("{}'s reply {}", self.account.carrier.name, lacking.what);
        if let Some(said) = &lacking.said {
            message = format!("{message}: {said}");
        }
        if endpoint.repeat == Repeat::Shipment {
            message = format!("{message}; the shipment may have been made: look for it before it is created again");
        }
        let mut error = Error::new(Code::CarrierResponse, message);
        error.edit().carrier_message = lacking.said;
        error.edit().raw = Some(match json {
            // If a token was asked for, one of the values may be it.
            Some(mut json) if endpoint.public => {
                names_only(&mut json);
                json
            }
            Some(json) if !json.is_null() => json,
            _ => raw_text(reply),
        });
        unreadable(reply, error, cut_off)
    }

    fn refused(
        &self,
        endpoint: &Endpoint,
        reply: &Reply,
        json: Option<Value>,
        refusal: Refusal,
        page: Option<&str>,
        corrections: u64,
    ) -> Bad {
        let safe = endpoint.repeat == Repeat::Safe;
        let said = refusal.carrier_message;
        let name = self.account.carrier.name;
        // What happened, and what to do about it.
        let (what, remedy) = match refusal.code {
            _ if refusal.clock => ("finds the time of the request wrong", "set this machine's clock"),
            Code::Authentication => ("doesn't accept the credentials", "check the account's"),
            Code::Permission => ("doesn't allow this", "ask the carrier to allow it to the account"),
            Code::NotFound => ("doesn't know what was asked for", "check the id"),
            Code::Conflict => ("can't do this in the present state", "look at that first"),
            Code::Validation => ("refused the data", "correct what it names"),
            Code::RateLimited => ("had too many requests", "wait, or allow more time with `timeout_ms`"),
            Code::CarrierUnavailable if safe => ("is out of service", "try again later"),
            Code::CarrierUnavailable => ("is out of service", "the outcome says what is known of this request"),
            _ if safe => ("answered with an error", "try again later"),
            _ => ("answered with an error", "the outcome says what is known of this request"),
        };
        let lead = match page {
            // A firewall, a gateway, a wrong host: not the carrier's own word.
            Some(title) => {
                let title = if title.is_empty() { String::new() } else { format!(" (`{title}`)") };
                let remedy = match refusal.code {
                    Code::Permission => "ask the carrier whether a firewall blocks this machine",
                    Code::NotFound => "check `base_url` and the id",
                    Code::Validation | Code::Conflict => "check `base_url`, or ask the carrier",
                    _ => remedy,
                };
                format!("something in front of {name} answered {} with a web page{title}; {remedy}", reply.status)
            }
            None => format!("{name} {what}; {remedy}"),
        };
        let mut message = said.as_ref().map_or(lead.clone(), |said| format!("{lead}: {said}"));
        let mut error = Error::new(refusal.code, "");
        error.edit().fields = refusal
            .fields
            .into_iter()
            .map(|(carrier_field, message)| FieldProblem {
                field: carrier_field.clone(),
                message,
                carrier_field: Some(carrier_field),
            })
            .collect();
        if let Some(first) = error.fields.first() {
            message = format!("{message} ({}: {})", first.field, first.message);
        }
        error.edit().message = message;
        error.edit().http_status = Some(reply.status);
        error.edit().carrier_code = refusal.carrier_code;
        error.edit().carrier_message = said;
        error.edit().incident = refusal.incident;
        error.edit().request_id = refusal.request_id;
        let asked = matches!(refusal.code, Code::RateLimited | Code::CarrierUnavailable | Code::Timeout);
        let in_body = json.as_ref().filter(|_| asked).and_then(retry::retry_after_in);
        // If there are several, the longest one satisfies all.
        let wait = [refusal.retry_after, in_body, retry::retry_after(reply)].into_iter().flatten().max();
        let wait = wait.or_else(|| Told::of(reply).used_up().filter(|_| refusal.code == Code::RateLimited));
        error.edit().retry_after_ms = wait.map(call::millis);
        error.edit().raw = Some(json.unwrap_or_else(|| raw_text(reply)));
        let sign_again = refusal.clock && self.shared.clock.correct(reply.header("date"), corrections);
        let ending = Ending::Refused { status: reply.status, nothing_done: refusal.nothing_done };
        Bad { error, ending, wait, sign_again }
    }

    /// Give the fields of an error the paths in the caller's request.
    fn locate(&self, endpoint: &Endpoint, sources: &Sources, error: &mut Error) {
        for index in 0..error.fields.len() {
            let named = error.fields[index].carrier_field.as_deref();
            let name = named.map(|named| self.account.carrier.request_name(endpoint, named));
            if let Some(path) = name.and_then(|name| sources.find(name)) {
                error.move_field(index, path);
            }
        }
    }

    /// What no error may show: the account's secrets, and its tokens.
    pub(super) fn secrets(&self) -> Secrets {
        self.account.secrets_and(&self.shared.token.secrets())
    }

    /// A request, unsigned.
    fn draft(
        &self,
        endpoint: &Endpoint,
        params: &Params,
        base: &Url,
        content: &Option<(HeaderValue, Bytes)>,
    ) -> Result<Draft, Error> {
        let url = endpoint.url(base, params, self.native)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(endpoint.accept));
        let body = content.as_ref().map(|(content_type, body)| {
            headers.insert(CONTENT_TYPE, content_type.clone());
            body.clone()
        });
        // hyper leaves it out, and servers may ask for it (411) where the method has a body (RFC 9110, 8.6).
        if body.as_ref().is_none_or(Bytes::is_empty) && matches!(endpoint.method, "POST" | "PUT" | "PATCH") {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let method = Method::from_bytes(endpoint.method.as_bytes())
            .map_err(|_| Error::internal(format!("{} has no such method", endpoint.method)))?;
        Ok(Draft { method, url, headers, body, patience: None, fresh: endpoint.repeat != Repeat::Safe })
    }

    pub(super) async fn token(&self, endpoint: &'static Endpoint) -> Result<Option<String>, Error> {
        let api = &self.account.api;
        if endpoint.public || !api.has_tokens() {
            return Ok(None);
        }
        let fetch = async {
            let token = api.fetch_token(self, self.shared.token.last()).await?;
            Ok(token::kept(self.usable(token)?, now_ms()))
        };
        self.shared
            .token
            .get(self.call, || async {
                match self.account.store.shared() {
                    Some(store) => state_access::token(self.state(), &store, fetch).await,
                    None => fetch.await,
                }
            })
            .await
            .map(Some)
            .map_err(|error| at_stage(Stage::BeforeSending, error, self.call.outcome()))
    }

    /// A token without blanks around it. One that no header can carry is an error: if it were kept, every call would
    /// fail until it expires.
    fn usable(&self, token: Token) -> Result<Token, Error> {
        let value = token.value.trim();
        if !value.is_empty() && HeaderValue::from_str(value).is_ok() {
            return Ok(Token { value: value.to_owned(), ..token });
        }
        let name = self.account.carrier.name;
        Err(Error::new(
            Code::CarrierResponse,
            format!("the token in {name}'s reply has characters that HTTP can't carry; try again later"),
        ))
    }

    pub(super) async fn reject_token(&self, value: &str) {
        self.shared.token.reject(value);
        if let Some(store) = self.account.store.shared() {
            state_access::drop_token(self.state(), &store, value).await;
        }
    }

    /// Access to what is kept for this account.
    pub(crate) fn state(&self) -> StateAccess<'_> {
        let Account { fingerprint, secrets, .. } = self.account;
        StateAccess { call: self.call, lane: self.lane, scope: fingerprint, secrets }
    }

    /// Record that a step of the create under way is done, so that a later attempt continues from there.
    pub(crate) async fn record(&self, step: &'static str, value: Value) -> Result<(), Error> {
        self.journal.record(self.state(), step, value).await
    }

    /// Something learned from the carrier: from this process's memory, or from the state file.
    pub(crate) async fn fact(&self, kind: &'static str, key: &str) -> Option<Value> {
        if let Some(value) = self.shared.fact(kind, key) {
            return Some(value);
        }
        let value = state_access::fact(self.state(), &self.account.store.shared()?, kind, key).await?;
        self.shared.remember(kind, key, value.clone());
        Some(value)
    }

    /// Keep something learned from the carrier.
    pub(crate) async fn remember(&self, kind: &'static str, key: &str, value: Value) {
        if let Some(store) = self.account.store.shared() {
            state_access::remember(self.state(), &store, kind, key, &value).await;
        }
        self.shared.remember(kind, key, value);
    }

    /// Drop something that turned out to be wrong.
    pub(crate) async fn forget(&self, kind: &'static str, key: &str) {
        self.shared.forget(kind, key);
        if let Some(store) = self.account.store.shared() {
            state_access::forget(self.state(), &store, kind, key).await;
        }
    }

    /// Now, by the carrier's clock if it is known.
    pub(crate) fn carrier_now_ms(&self) -> i64 {
        self.shared.clock.now_ms()
    }

    /// Now by that clock, in the carrier's own zone.
    pub(crate) fn local_now(&self) -> Result<jiff::civil::DateTime, Error> {
        let now = jiff::Timestamp::from_millisecond(self.carrier_now_ms())
            .map_err(|error| Error::internal(format!("the clock can't be read: {error}")).caused_by(error))?;
        Ok(now.to_zoned((self.account.carrier.zone)()).datetime())
    }

    /// How long ago an instant of that clock was.
    pub(crate) fn age(&self, since_ms: i64) -> Duration {
        Duration::from_millis(u64::try_from(self.carrier_now_ms() - since_ms).unwrap_or(0))
    }

    /// The carrier-native fields of a request for this account: by the carrier's code first, then by its id.
    pub(crate) fn options(&self, options: &crate::model::request::Options) -> Value {
        let mut merged = Value::Object(crate::json::Map::new());
        let names = [self.account.carrier.code, self.account.id.as_str()];
        let names = if names[0] == names[1] { &names[..1] } else { &names[..] };
        for name in names {
            if let Some(native) = options.get(name) {
                super::endpoint::merge(&mut merged, native);
            }
        }
        merged
    }
}

/// The body as it goes out, the same in every try, and its type.
fn content(endpoint: &Endpoint, params: &Params) -> Result<Option<(HeaderValue, Bytes)>, Error> {
    let json = |body: &Value| (HeaderValue::from_static("application/json; charset=utf-8"), body.to_string().into());
    Ok(match (&endpoint.body, &params.body) {
        (Body::None, _) | (_, None) => None,
        (Body::Json { .. }, Some(body)) => Some(json(body)),
        (Body::Form(_), Some(body)) => {
            let mut form = String::new();
            for (name, value) in body.as_object().into_iter().flatten() {
                if let Some(value) = super::lenient::as_text(value) {
                    push_pair(&mut form, name, &value);
                }
            }
            Some((HeaderValue::from_static("application/x-www-form-urlencoded"), form.into()))
        }
        (Body::Multipart { fields, limit }, Some(body)) => Some(match upload::form(fields, body, *limit)? {
            Some(form) => (form.content_type, form.content.into()),
            None => json(body),
        }),
    })
}

/// A try that got no whole reply.
fn failed(endpoint: &Endpoint, failure: Failure) -> Bad {
    let mut message = failure.message;
    if failure.sent && endpoint.repeat != Repeat::Safe {
        message.push_str("; the carrier may have done what was asked");
    }
    let mut error = Error::new(failure.code, message);
    error.edit().http_status = failure.status;
    if let Some(source) = failure.source {
        error = error.caused_by_shared(source);
    }
    Bad::new(error, Ending::NoReply { sent: failure.sent })
}

/// A reply of something else than the carrier: the request was not carried out, and would not be if it were sent again.
fn not_reached(endpoint: &Endpoint, reply: &Reply, message: String) -> Bad {
    let code = if reply.status == 407 { Code::Network } else { Code::CarrierResponse };
    let mut error = Error::new(code, message);
    error.edit().http_status = Some(reply.status);
    error.edit().raw = (!reply.body.is_empty() && !endpoint.public).then(|| raw_text(reply));
    Bad::new(error, Ending::NotReached)
}

/// A reply that can't be read. `fleeting`: the next one may be readable.
fn unreadable(reply: &Reply, mut error: Error, fleeting: bool) -> Bad {
    error.edit().http_status = Some(reply.status);
    Bad::new(error, Ending::Unreadable { fleeting })
}

/// A body that isn't JSON, for `raw`.
fn raw_text(reply: &Reply) -> Value {
    json::text(&reply.body, reply.charset()).into()
}

fn empty_reply() -> Reply {
    Reply { status: 204, headers: HeaderMap::new(), body: bytes::Bytes::new() }
}
