//! How an operation and its services are made, none of them twice: what is done is in the journal, what may have
//! been done is looked up at Apunto.

use super::endpoints::{CONTACTS_LIST, OPERATIONS_CREATE, OPERATIONS_LIST, SERVICES_CREATE};
use super::requests::{self, Defaults, Plan};
use super::{Apunto, operation, replies, whole_service};
use crate::connector::body::Sources;
use crate::connector::expected::id;
use crate::connector::journal::MADE;
use crate::connector::lenient::millis;
use crate::connector::prelude::*;
use crate::connector::{Stage, at_stage};
use crate::net::call;
use crate::net::clock::http_date;
use crate::net::token::now_ms;
use futures_util::future::{join_all, try_join_all};
use jiff::Timestamp;
use serde_json::Map;

/// The journal's step with the state of every service.
const SERVICES: &str = "services";

/// How far a service of the operation is.
#[derive(Clone, Debug)]
enum Service {
    NotSent,
    /// Its request went out, and no reply came.
    Sent {
        at_ms: i64,
    },
    Made(Value),
}

impl Service {
    fn of_journal(kept: &Value) -> Self {
        match (kept.get("service"), kept.get("sent_at_ms").and_then(Value::as_i64)) {
            (Some(service), _) => Self::Made(service.clone()),
            (None, Some(at_ms)) => Self::Sent { at_ms },
            (None, None) => Self::NotSent,
        }
    }

    fn for_journal(&self) -> Value {
        match self {
            Self::NotSent => Value::Null,
            Self::Sent { at_ms } => json!({"sent_at_ms": at_ms}),
            Self::Made(service) => json!({"service": service}),
        }
    }
}

pub(super) async fn create(apunto: &Apunto, session: &Session<'_>, request: &Create) -> Result<Shipment, Error> {
    let before = session.journal.step(MADE);
    if before.is_some() {
        // Whatever happens from here on, the operation is there.
        session.call.made(Outcome::Done);
    }
    let native = session.native(Ability::Create, &request.options);
    let defaults = Defaults {
        contact_code: apunto.contact_code.as_deref(),
        currency_code: apunto.currency_code.as_deref(),
        agent_email: apunto.agent_email.as_deref(),
    };
    let Plan { operation: body, sources, services, services_at } =
        requests::plan(request, &native, &defaults, session.journal.mark())?;
    let made = match before {
        Some(operation) => operation,
        None => make(session, body, sources).await?,
    };
    let Some(id) = id(&made, "id") else {
        let advice = "Apunto's reply has no `id`; look in the carrier's list whether it made the operation";
        return Err(nameless(&OPERATIONS_CREATE, Outcome::Unknown, advice, made));
    };
    if services.is_empty() {
        return Ok(replies::shipment(&made));
    }
    let mut states = match session.journal.step(SERVICES) {
        Some(Value::Array(kept)) if kept.len() == services.len() => kept.iter().map(Service::of_journal).collect(),
        _ => vec![Service::NotSent; services.len()],
    };
    let done = async {
        session.record(MADE, made.clone()).await?;
        for (index, service) in services.iter().enumerate() {
            let at = format!("{services_at}[{index}]");
            make_service(session, &id, service, index, &mut states, at).await?;
        }
        Ok(())
    };
    if let Err(error) = done.await {
        return Err(unfinished(session, error, &made, &states));
    }
    let mut whole = made;
    if let Value::Object(whole) = &mut whole {
        whole.insert(SERVICES.to_owned(), json!(made_of(&states)));
    }
    Ok(replies::shipment(&whole))
}

/// The operation is made, and not all of what belongs to it.
fn unfinished(session: &Session<'_>, error: Error, operation: &Value, states: &[Service]) -> Error {
    let mut error = at_stage(Stage::AfterMade, error, session.call.outcome());
    error.edit().retryable = false;
    error.edit().created = Some(json!({"operation": operation, "services": made_of(states)}));
    error
}

fn made_of(states: &[Service]) -> Vec<&Value> {
    states
        .iter()
        .filter_map(|state| match state {
            Service::Made(service) => Some(service),
            Service::NotSent | Service::Sent { .. } => None,
        })
        .collect()
}

/// Make the operation.
async fn make(session: &Session<'_>, mut body: Map<String, Value>, sources: Sources) -> Result<Value, Error> {
    if !body.contains_key("contact_code") {
        let place = sources.find("contact_code").unwrap_or_default();
        body.insert("contact_code".to_owned(), json!(only_client(session, &place).await?));
    }
    let params = Params::none().body(json!({"operation": body})).sources(sources);
    let answer = session.perform(&OPERATIONS_CREATE, params).await?;
    Ok(replies::under(&answer.raw(session), "operation").clone())
}

/// The account's client, where it has only one.
async fn only_client(session: &Session<'_>, place: &str) -> Result<String, Error> {
    let params = Params::none().query("kind", "client").query("per_page", "100");
    let answer = session.perform(&CONTACTS_LIST, params).await?;
    let clients: Vec<String> = list(&answer.json, "contacts")
        .iter()
        .filter(|contact| text(contact, "status").as_deref() != Some("inactive"))
        .filter_map(|contact| text(contact, "alias"))
        .collect();
    let more = replies::pages(&answer.json).is_some_and(|pages| pages > 1);
    match clients.as_slice() {
        [only] if !more => Ok(only.clone()),
        [] => Err(Error::invalid(
            place,
            "is required by Apunto, and the account has no client; make one with `call` `contacts.create`",
        )),
        several => Err(Error::invalid(
            place,
            format!(
                "is required by Apunto, here or as the account's `contact_code`, as there are several clients: {}{}",
                several.join(", "),
                if more { ", …" } else { "" }
            ),
        )),
    }
}

/// Make one service, unless it is there. `states` and the journal's step with it say how far it is.
async fn make_service(
    session: &Session<'_>,
    operation_id: &str,
    service: &Value,
    index: usize,
    states: &mut [Service],
    place: String,
) -> Result<(), Error> {
    if matches!(states[index], Service::Made(_)) {
        return Ok(());
    }
    // A lost request may still be on its way: that the service isn't there counts only once it is old enough.
    while let Service::Sent { at_ms: sent_at } = states[index] {
        // By when the look-up began: it says nothing of what arrives meanwhile.
        let age_then = session.age(sent_at);
        if let Some(found) = lost_service(session, operation_id, service, states).await? {
            return set(session, index, Service::Made(found), states).await;
        }
        if age_then >= session.settle {
            break;
        }
        let now = session.carrier_now_ms();
        if sent_at > now {
            // The clock was set back.
            set(session, index, Service::Sent { at_ms: now }, states).await?;
        }
        let wait = session.settle.saturating_sub(session.age(sent_at));
        if wait >= session.call.left() {
            let what = "an earlier request for a service of this operation lost its reply and may still arrive";
            return Err(session.call.cannot_wait(Code::Timeout, wait, what));
        }
        tokio::time::sleep(wait).await;
    }
    let mut body = service.clone();
    body["operation_id"] = operation_id.parse::<u64>().map_or_else(|_| json!(operation_id), Value::from);
    set(session, index, Service::Sent { at_ms: session.carrier_now_ms() }, states).await?;
    let params = Params::none().body(json!({"service": body})).sources(Sources::within(place));
    let failed = match session.try_perform(&SERVICES_CREATE, params).await {
        Ok(answer) => {
            let made = replies::under(&answer.raw(session), "service").clone();
            return set(session, index, Service::Made(made), states).await;
        }
        Err(failed) => failed,
    };
    let mut error = failed.error;
    if failed.lost {
        if let Ok(Some(found)) = lost_service(session, operation_id, service, states).await {
            return set(session, index, Service::Made(found), states).await;
        }
        // Without a key nobody comes back to it.
        let keyed = session.journal.mark().is_some();
        let settle = Some(call::millis(session.settle)).filter(|settle| keyed && *settle > 0);
        error.edit().retry_after_ms = error.retry_after_ms.or(settle);
    } else {
        set(session, index, Service::NotSent, states).await?;
    }
    error.edit().message = format!("the operation was made, but not its service {}: {}", index + 1, error.message);
    Err(error)
}

/// Keep the state of a service, here and in the journal.
async fn set(session: &Session<'_>, index: usize, state: Service, states: &mut [Service]) -> Result<(), Error> {
    states[index] = state;
    session.record(SERVICES, states.iter().map(Service::for_journal).collect()).await
}

/// The service whose reply was lost, if the operation has it: one like it, and none of those already known.
async fn lost_service(
    session: &Session<'_>,
    operation_id: &str,
    wanted: &Value,
    states: &[Service],
) -> Result<Option<Value>, Error> {
    let operation = operation(session, operation_id).await?;
    let listed = operation.get("services").is_some_and(Value::is_array);
    let operation = readable(listed, operation)?;
    let known: Vec<String> = made_of(states).into_iter().filter_map(|service| text(service, "id")).collect();
    let others: Vec<&Value> = list(&operation, "services")
        .iter()
        .filter(|service| text(service, "id").is_some_and(|id| !known.contains(&id)))
        .collect();
    let whole = join_all(others.into_iter().map(|service| whole_service(session, service))).await;
    Ok(whole.into_iter().find(|service| replies::same_service(service, wanted)))
}

/// That something isn't there may only be read from what tells what is there.
fn readable(tells: bool, reply: Value) -> Result<Value, Error> {
    if tells {
        return Ok(reply);
    }
    let mut error = Error::new(Code::CarrierResponse, "Apunto's reply doesn't tell whether it was made");
    error.edit().raw = Some(reply);
    Err(error)
}

/// The operation with this mark among its tags, which only "show" tells: of those in the list that may be it,
/// each is looked at. The list has no filter and no order that the API reference tells of, so all of it is read.
pub(super) async fn find(
    session: &Session<'_>,
    request: &Create,
    mark: &str,
    since_ms: i64,
) -> Result<Option<Shipment>, Error> {
    /// Clocks differ: Apunto's from ours, and those of its own machines.
    const MARGIN_MS: i64 = 900_000;
    let native = session.native(Ability::Create, &request.options);
    let reference = native.get("client_ref").and_then(as_text).or_else(|| request.reference.clone());
    let mut pages = session.pages(&OPERATIONS_LIST, Params::none().query("per_page", "100"));
    let (mut several, mut turned) = (false, false);
    // One that may be it, and whose id can't be read.
    let mut unnamed: Option<Value> = None;
    loop {
        let Some(answer) = pages.next().await? else {
            if turned || !several {
                return readable(unnamed.is_none(), unnamed.unwrap_or_default()).map(|_| None);
            }
            // An operation that is deleted while the pages are turned moves those after it over the edge of a page
            // that is read already. What is missed here would be made twice, so they are turned once more.
            pages = session.pages(&OPERATIONS_LIST, Params::none().query("per_page", "100"));
            turned = true;
            continue;
        };
        let there = answer.reply.header("date").and_then(http_date).map(Timestamp::as_millisecond);
        let off = there.map_or(0, |there| there - now_ms());
        // A time to come was told by a clock that was set back since: it says nothing.
        let since = if since_ms > now_ms() { i64::MIN } else { since_ms + off.min(0) - MARGIN_MS };
        let operations = answer.raw(session);
        let entries = OPERATIONS_LIST.items(&operations);
        let maybe = entries.iter().filter(|entry| {
            let made = instant_of(entry, "created_at", &super::zone()).and_then(|at| millis(&at));
            made.is_none_or(|made| made >= since) && replies::may_be_of(entry, reference.as_deref())
        });
        let (named, others): (Vec<_>, Vec<_>) = maybe.partition(|entry| text(entry, "id").is_some());
        unnamed = unnamed.or_else(|| others.first().copied().cloned());
        let looked = try_join_all(named.into_iter().filter_map(|entry| text(entry, "id")).map(|id| async move {
            // One that was deleted since the list was read isn't in the next list; until then nothing is known.
            let operation = operation(session, &id).await?;
            readable(text(&operation, "id").is_some(), operation)
        }))
        .await?;
        let marked = looked.into_iter().find(|operation| {
            list(operation, "tags").iter().filter_map(Value::as_str).any(|tag| tag.eq_ignore_ascii_case(mark))
        });
        if let Some(operation) = marked {
            if native.get("services").is_none() {
                return Ok(Some(replies::shipment(&operation)));
            }
            // Its services were to come after it: the create goes on from here.
            session.record(MADE, operation).await?;
            return Ok(None);
        }
        several = pages.turned() > 1;
    }
}
