//! Makes a shipment once. With a key, the intent is recorded before the first byte is sent, and a key whose outcome is
//! unknown is looked up at the carrier before anything is made.

use super::stamp::Stamp;
use super::{Context, content, placed, read_options, to_value, written};
use crate::connector::journal::{self, Journal, MADE};
use crate::connector::session::Session;
use crate::connector::state_access::{claim_in_store, unusable};
use crate::connector::{Ability, Account, Ended, Stage, at_stage, of_create};
use crate::json::{Value, json};
use crate::model::reply::{Document, Shipment};
use crate::model::request::{self, ChosenRate, Create};
use crate::model::shape::shorten;
use crate::model::{Code, Error, FieldProblem, Outcome};
use crate::net::Call;
use crate::net::token::now_ms;
use crate::state::{Claim, Content, Creates, Intent, LASTING};
use jiff::SignedDuration;
use jiff::civil::{Date, Time};
use std::cell::{Cell, RefCell};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How often a caller checks again, while another caller works on the same key.
const LOOK: Duration = Duration::from_millis(25);
/// How late a request for a pickup "now" may be.
const GRACE: SignedDuration = SignedDuration::from_mins(5);
/// A lease outlives its call's deadline by this much, for the last write.
const LEASE_MARGIN_MS: i64 = 5_000;

pub(super) async fn run(context: &Context<'_>, value: Value) -> Result<String, Error> {
    let line = Line { call: context.call, account: Cell::new("-"), mark: RefCell::default(), said: Cell::new(false) };
    let result = make(context, value, &line).await;
    match &result {
        Ok(ready) => line.say(if ready.replayed { "replayed" } else { "done" }, ready.id.as_deref()),
        Err(error) => {
            let created = error.created.as_ref().and_then(|created| created["shipment"]["id"].as_str());
            line.say(error.outcome.as_str(), created);
        }
    }
    result.map(|ready| ready.text)
}

/// A shipment as the caller gets it, and what is logged of it.
struct Ready {
    text: String,
    id: Option<String>,
    replayed: bool,
}

/// The log line of a create. It is written also when the create is dropped (interrupted, or past its deadline).
struct Line<'a> {
    call: &'a Call,
    account: Cell<&'a str>,
    /// The key's mark. The key itself is the caller's own and isn't shown.
    mark: RefCell<Option<String>>,
    said: Cell<bool>,
}

impl Line<'_> {
    fn say(&self, outcome: &str, id: Option<&str>) {
        self.said.set(true);
        log::info!(
            target: "flete",
            "create: account {}, key {}, outcome {outcome}, id {}",
            self.account.get().escape_debug(),
            self.mark.borrow().as_deref().unwrap_or("-"),
            id.filter(|id| !id.is_empty()).unwrap_or("-").escape_debug()
        );
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if !self.said.get() {
            self.say(self.call.outcome().as_str(), None);
        }
    }
}

async fn make<'a>(context: &Context<'a>, value: Value, line: &Line<'a>) -> Result<Ready, Error> {
    let asked = value.clone();
    let mut request: Create = request::read(value, &request::CREATE)?;
    request.go_by_rate()?;
    if request.parcels.is_empty() {
        return Err(Error::invalid("parcels", "is empty; at least one parcel is needed"));
    }
    if let Some(key) = &request.idempotency_key
        && (key.trim().is_empty() || key.chars().any(char::is_control))
    {
        return Err(Error::invalid(
            "idempotency_key",
            "is empty or has control characters; use a text like an order's number",
        ));
    }
    let account = context.account(request.account.as_deref(), Ability::Create)?;
    line.account.set(&account.id);
    *line.mark.borrow_mut() = request.idempotency_key.as_deref().map(|key| journal::mark(&account.id, key));
    let mut session = context.session(account, context.call);
    if let Some(rate) = &request.rate {
        is_of(rate, account).map_err(|error| placed(&session, error))?;
    }
    read_options(context, Ability::Create, Some(account), &mut request.options)
        .map_err(|error| placed(&session, error))?;
    if request.with_label && !account.carrier.can(Ability::Document) {
        return Err(placed(&session, super::unsupported(account, Ability::Document)));
    }
    let keyed = request.idempotency_key.is_some();
    if let Some(key) = &request.idempotency_key {
        warn_of_memory(&session);
        let content = content::of(account, &request, &session.options(&request.options), asked);
        match claim(&session, key, &content).await? {
            Claimed::Done(mut reply) => {
                // A key that a person settled has no reference on record.
                if let (true, Some(reference)) = (reply["reference"].is_null(), &request.reference) {
                    reply["reference"] = json!(reference);
                }
                // Replies that older versions kept don't say it. The key's content does: it is the account's.
                if reply["environment"].is_null() {
                    reply["environment"] = json!(account.environment);
                }
                reply["replayed"] = true.into();
                context.call.created(within(&reply.to_string()));
                let id = reply["id"].as_str().map(str::to_owned);
                if request.with_label {
                    let label = label(&session, id.as_deref(), keyed).await;
                    reply["label"] = to_value(label.map_err(|error| without_label(&session, error, &reply))?)?;
                }
                return Ok(Ready { text: reply.to_string(), id, replayed: true });
            }
            Claimed::Mine(intent) => session.journal = Journal::of(&account.id, key, &account.store, intent),
        }
    }
    let (mut shipment, mut text) = made(&session, &request).await?;
    if request.with_label {
        match label(&session, shipment.id.as_deref(), keyed).await {
            Ok(label) => shipment.label = Some(label),
            Err(error) => return Err(without_label(&session, error, &to_value(shipment)?)),
        }
        text = written(&shipment)?;
    }
    Ok(Ready { text, id: shipment.id, replayed: shipment.replayed })
}

/// What exists at the carrier, as JSON text: this shipment.
fn within(shipment: &str) -> String {
    ["{\"shipment\":", shipment, "}"].concat()
}

/// A price of another carrier, or of the simulator, says nothing of what this account will pay.
fn is_of(rate: &ChosenRate, account: &Account) -> Result<(), Error> {
    let (id, carrier, environment) = (&account.id, account.carrier.code, account.environment.as_str());
    let wrong = [("carrier", &rate.carrier, carrier), ("environment", &rate.environment, environment)]
        .into_iter()
        .filter_map(|(name, given, own)| {
            let given = given.as_deref().filter(|given| *given != own)?;
            let message = format!(
                "is `{}`, but the account `{}` has the {name} `{own}`; ask it for a quote",
                shorten(given),
                shorten(id)
            );
            Some(FieldProblem::new(format!("rate.{name}"), message))
        });
    let wrong: Vec<FieldProblem> = wrong.collect();
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid_fields(wrong)) }
}

/// Warns once per process and account that keys in memory end with the process. In the sandbox, so do the shipments.
fn warn_of_memory(session: &Session<'_>) {
    let account = session.account;
    if account.store.in_memory()
        && account.environment != "sandbox"
        && !session.shared.memory_told.swap(true, Ordering::Relaxed)
    {
        log::warn!(
            target: "flete",
            "{}: idempotency keys are kept in memory and end with this process; {LASTING} to keep them",
            account.id
        );
    }
}

enum Claimed {
    Done(Value),
    Mine(Intent),
}

/// Claims the key, or finds that it is done. Waits while another caller works on it.
async fn claim(session: &Session<'_>, key: &str, content: &Content) -> Result<Claimed, Error> {
    let account = session.account;
    // Until the key's record is read: another caller may have made the shipment with it.
    session.call.made(Outcome::Unknown);
    session.call.resumes(true);
    loop {
        let lease_until =
            now_ms() + i64::try_from(session.call.left().as_millis()).unwrap_or(i64::MAX / 2) + LEASE_MARGIN_MS;
        let (scope, key, content) = (account.keys_of.clone(), key.to_owned(), content.clone());
        let claim = claim_in_store(
            session.state(),
            &account.store,
            move |store| store.claim(&scope, &key, content.clone(), lease_until, now_ms()),
            |store, claim| {
                if let Claim::Mine(intent) = claim
                    && let Err(error) = store.release(&intent, now_ms())
                {
                    log::warn!(target: "flete", "an idempotency key was not released: {error}");
                }
            },
        )
        .await;
        match claim.map_err(|error| placed(session, unusable(error)))? {
            Claim::Done(reply) => return Ok(Claimed::Done(reply)),
            Claim::Mine(intent) => {
                // From here on, the call can be made again only if the carrier can be asked for the shipment.
                session.call.resumes(account.carrier.finds_lost_creates);
                if intent.sent_at_ms.is_none() {
                    session.call.made(Outcome::None);
                }
                return Ok(Claimed::Mine(intent));
            }
            Claim::Conflict => {
                let mut error = Error::new(
                    Code::Conflict,
                    "this idempotency_key was used for other content, or with another carrier or environment; \
                     use a new key for a new shipment",
                );
                error.edit().fields.push(FieldProblem::new("idempotency_key", "was used with other content"));
                return Err(placed(session, error));
            }
            Claim::Busy { .. } if session.call.left() < LOOK => {
                let error = Error::new(
                    Code::Timeout,
                    "another call with this idempotency_key is still in progress; repeat this one later",
                );
                return Err(placed(session, at_stage(Stage::OpenKey, error, session.call.outcome())));
            }
            Claim::Busy { .. } => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Make the shipment, or find the one that an earlier attempt made. Returns its JSON text too.
async fn made(session: &Session<'_>, request: &Create) -> Result<(Shipment, String), Error> {
    let account = session.account;
    let found = match look_up(session, request).await {
        Ok(found) => found,
        Err(error) => {
            session.journal.release(session.state()).await;
            return Err(placed(session, error));
        }
    };
    let replayed = found.is_some();
    let result = match found {
        Some(shipment) => Ok(shipment),
        None => match in_time(session, request) {
            Ok(()) => account.api.create(session, request).await,
            Err(error) => Err(error),
        },
    };
    match result {
        Ok(mut shipment) => {
            shipment.stamp(account);
            if shipment.reference.is_none() {
                shipment.reference.clone_from(&request.reference);
            }
            shipment.replayed = replayed;
            let text = written(&shipment)?;
            session.call.created(within(&text));
            if session.journal.mark().is_some() {
                session.journal.finish(session.state(), to_value(&shipment)?).await;
            }
            Ok((shipment, text))
        }
        Err(error) => {
            let ended = Ended {
                call: session.call.outcome(),
                // Where an earlier attempt made it, the record must stay, whatever this one met.
                made: session.journal.step(MADE).is_some(),
                resumes: session.journal.mark().is_some() && account.carrier.finds_lost_creates,
            };
            let error = of_create(error, ended);
            match error.outcome {
                Outcome::None => session.journal.free(session.state()).await,
                Outcome::Unknown | Outcome::Done => session.journal.release(session.state()).await,
            }
            Err(placed(session, error))
        }
    }
}

/// Refuses a pickup in the past. A shipment that exists already continues all the same.
fn in_time(session: &Session<'_>, request: &Create) -> Result<(), Error> {
    let (Some(pickup), None) = (&request.pickup, session.journal.step(MADE)) else { return Ok(()) };
    let now = session.local_now()?;
    let day = pickup
        .date
        .parse::<Date>()
        .map_err(|error| Error::internal(format!("a date that was checked: {error}")).caused_by(error))?;
    let time = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<Time>().ok());
    // Without an end, the pickup is at `from`; the caller's clock may be a little off.
    let last = time(&pickup.to).or_else(|| time(&pickup.from).map(|time| time.saturating_add(GRACE)));
    let over = day < now.date() || (day == now.date() && last.is_some_and(|last| last < now.time()));
    if !over {
        return Ok(());
    }
    let field = if day < now.date() {
        "pickup.date"
    } else if pickup.to.is_some() {
        "pickup.to"
    } else {
        "pickup.from"
    };
    let given = [Some(&pickup.date), pickup.from.as_ref(), pickup.to.as_ref()];
    let given = given.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    Err(Error::invalid(
        field,
        format!(
            "`{given}` is in the past; at {} it is {}",
            session.account.carrier.name,
            now.strftime("%Y-%m-%d %H:%M")
        ),
    ))
}

/// Before a key whose outcome isn't known is used again: is the shipment at the carrier?
async fn look_up(session: &Session<'_>, request: &Create) -> Result<Option<Shipment>, Error> {
    let Some(sent_at) = session.journal.sent_at_ms() else { return Ok(None) };
    // It was made: the carrier's create continues from its steps.
    if let Some(step) = session.journal.step(MADE) {
        session.call.created(json!({ MADE: step }).to_string());
        return Ok(None);
    }
    let carrier = session.account.carrier;
    let mark = session.journal.mark().unwrap_or_default();
    if !carrier.finds_lost_creates {
        let error = Error::new(
            Code::Conflict,
            format!(
                "an earlier create with this idempotency_key lost its reply, and {} has no list; ask the carrier \
                 whether the shipment exists, and record the answer with `settle`",
                carrier.name
            ),
        );
        return Err(at_stage(Stage::OpenKey, error, session.call.outcome()));
    }
    let mut sent_at = sent_at;
    loop {
        let began = Instant::now();
        let found = session.account.api.find(session, request, mark, sent_at).await.map_err(|mut error| {
            error.edit().message =
                format!("an earlier create lost its reply, and looking for it failed: {}", error.message);
            at_stage(Stage::OpenKey, error, session.call.outcome())
        })?;
        // If what was found lacks later steps, it is recorded as made, and the create continues.
        if found.is_some() || session.journal.step(MADE).is_some() {
            return Ok(found);
        }
        // The age is that at the look-up's start: a shipment that arrives after the first page was read isn't found.
        // But the clock is the present one: the look-up's replies may have corrected it.
        let age_then = session.age(sent_at).saturating_sub(began.elapsed());
        // A lost request may still be on its way: its absence counts only once it is old enough.
        if age_then >= session.settle {
            session.journal.not_sent(session.state()).await?;
            session.call.made(Outcome::None);
            return Ok(None);
        }
        // The clock was set back since the request was sent. It was sent by now at the latest.
        let now = session.carrier_now_ms();
        if sent_at > now {
            session.journal.sent_by_now(session.state(), session.carrier_now_ms()).await?;
            sent_at = now;
        }
        let wait = session.settle.saturating_sub(session.age(sent_at));
        if wait >= session.call.left() {
            let error = session.call.cannot_wait(
                Code::Timeout,
                wait,
                "an earlier create with this idempotency_key lost its reply and may still arrive at the carrier",
            );
            return Err(at_stage(Stage::OpenKey, error, session.call.outcome()));
        }
        tokio::time::sleep(wait).await;
    }
}

/// The label, for `with_label`. If that fails, the same call may be made again only if it `replays`.
async fn label(session: &Session<'_>, id: Option<&str>, replays: bool) -> Result<Document, Error> {
    let account: &Account = session.account;
    let wanted = request::Document {
        account: Some(account.id.clone()),
        id: id.unwrap_or_default().to_owned(),
        kind: Some("label".to_owned()),
        ..request::Document::default()
    };
    let label = if account.carrier.can(Ability::Document) && !wanted.id.is_empty() {
        account.api.document(session, &wanted).await
    } else {
        Err(super::unsupported(account, Ability::Document))
    };
    let label = label.and_then(|mut documents| {
        documents.pop().ok_or_else(|| Error::new(Code::NotFound, "the carrier's reply has no label"))
    });
    label.map_err(|error| {
        let mut error = at_stage(Stage::AfterMade, error, session.call.outcome());
        error.edit().retryable &= replays;
        error
    })
}

/// The error for a shipment without its label: it says that the shipment was made.
fn without_label(session: &Session<'_>, mut error: Error, shipment: &Value) -> Error {
    error.edit().message = format!("the shipment was made, but not its label: {}", error.message);
    error.edit().created = Some(json!({"shipment": shipment}));
    placed(session, error)
}
