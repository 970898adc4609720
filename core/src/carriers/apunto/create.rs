//! How an operation and its services are made, none of them twice: what is done is in the journal, what may have
//! been done is looked up at Apunto.

use super::endpoints::{CONTACTS_LIST, OPERATIONS_CREATE, SERVICES_CREATE};
use super::find::readable;
use super::from_quote::{self, OfQuote};
use super::requests::{self, Defaults, Plan};
use super::{Apunto, operation, replies, services};
use crate::connector::body::Sources;
use crate::connector::documents::none_of;
use crate::connector::expected::id;
use crate::connector::journal::MADE;
use crate::connector::prelude::*;
use crate::connector::{Stage, at_stage};
use crate::json::Map;
use crate::net::call;
use futures_util::future::join_all;

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
    if request.with_label {
        return Err(none_of(session.account, "label"));
    }
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
    let mark = session.journal.mark();
    let (plan, of_quote) = match from_quote::quote_id(&native) {
        Some(quote_id) => from_quote::plan(request, &native, &defaults, mark, quote_id)?,
        None => (requests::plan(request, &native, &defaults, mark)?, None),
    };
    let Plan { operation: body, sources, services, services_at } = plan;
    let made = match (before, &of_quote) {
        (Some(operation), _) => operation,
        (None, Some(of_quote)) => from_quote::make(session, of_quote, body, sources).await?,
        (None, None) => make(session, body, sources).await?,
    };
    let Some(id) = id(&made, "id") else {
        let endpoint = of_quote.map_or(&OPERATIONS_CREATE, |_| from_quote::MAKES);
        let advice = "Apunto's reply has no `id`; look in the carrier's list whether it made the operation";
        return Err(nameless(endpoint, Outcome::Unknown, advice, made));
    };
    if services.is_empty() && of_quote.is_none() {
        return Ok(replies::shipment(&made));
    }
    let mut states = match session.journal.step(SERVICES) {
        Some(Value::Array(kept)) if kept.len() == services.len() => kept.iter().map(Service::of_journal).collect(),
        _ => vec![Service::NotSent; services.len()],
    };
    match finish(session, &id, &made, of_quote, (&services, &services_at), &mut states).await {
        Ok(whole) => Ok(replies::shipment(&whole)),
        Err(error) => Err(unfinished(session, error, &made, &states)),
    }
}

/// What comes after the operation: what a quote has no place for, and the services.
async fn finish(
    session: &Session<'_>,
    id: &str,
    made: &Value,
    of_quote: Option<OfQuote>,
    (services, place): (&[Value], &str),
    states: &mut [Service],
) -> Result<Value, Error> {
    session.record(MADE, made.clone()).await?;
    let mut whole = match of_quote {
        Some(of_quote) => from_quote::complete(session, id, made, of_quote).await?,
        None => made.clone(),
    };
    for (index, service) in services.iter().enumerate() {
        make_service(session, id, service, index, states, format!("{place}[{index}]")).await?;
    }
    if let (false, Value::Object(whole)) = (services.is_empty(), &mut whole) {
        whole.insert(SERVICES.to_owned(), json!(made_of(states)));
    }
    Ok(whole)
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
async fn make(session: &Session<'_>, mut body: Map, sources: Sources) -> Result<Value, Error> {
    if !body.contains_key("contact_code") {
        let place = sources.find("contact_code").unwrap_or_default();
        body.insert("contact_code".to_owned(), json!(only_client(session, &place).await?));
    }
    let params = Params::none().body(json!({"operation": body})).sources(sources);
    let answer = session.perform(&OPERATIONS_CREATE, params).await?;
    Ok(replies::under(&answer.clean(session), "operation").clone())
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
            let made = replies::under(&answer.clean(session), "service").clone();
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
    let whole = join_all(others.into_iter().map(|service| services::whole(session, service))).await;
    Ok(whole.into_iter().find(|service| replies::same_service(service, wanted)))
}
