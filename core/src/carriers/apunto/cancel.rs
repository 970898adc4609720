//! How an operation is cancelled ("Operaciones", "Servicios" of July 2026): each of its services first, as Apunto
//! cancels an operation only then. What is known to stand in the way is looked for before anything is cancelled.

use super::endpoints::{OPERATIONS_CANCEL, OPERATIONS_GET, SERVICES_CANCEL, SERVICES_GET};
use super::reasons::{self, Cancellation};
use super::{operation, replies, services};
use crate::connector::answer::{Clean, View};
use crate::connector::expected::id;
use crate::connector::prelude::*;

const CANCELED: &str = "canceled";
const CLOSED: &str = "closed";

pub(super) async fn cancel(session: &Session<'_>, request: &request::Cancel) -> Result<Cancelled, Error> {
    let asked = reasons::asked(request, &session.native(Ability::Cancel, &request.options))?;
    let operation = operation(session, &request.id).await?;
    if has_status(&operation, CANCELED) {
        return Ok(done(&operation));
    }
    let services = services::of(session, &request.id, &operation).await?;
    let (cancelled, mut open): (Vec<Value>, Vec<Value>) =
        services.into_iter().partition(|service| has_status(service, CANCELED));
    let mut progress = Progress { cancelled };
    if let Some(closed) = open.iter().find(|service| has_status(service, CLOSED)) {
        let what = format!(
            "the service {} is closed, so the operation can't be cancelled; reopen it first with `call` \
             `services.reopen`",
            name_of(closed)
        );
        return Err(progress.told(Error::new(Code::Conflict, what)));
    }
    // A linked invoice may forbid it: those are the first, so that nothing else is cancelled in vain.
    open.sort_by_key(|service| !has_invoice(service));
    let Cancellation { of_operation, of_services, sources } =
        reasons::resolved(session, asked, !open.is_empty()).await?;
    for service in open {
        let Some(service_id) = id(&service, "id") else {
            let mut error = Error::new(Code::CarrierResponse, "Apunto's reply has a service without an `id`");
            error.edit().raw = Some(service);
            return Err(progress.told(error));
        };
        let params = Params::none().path("id", service_id).body(of_services.clone()).sources(sources.clone());
        let what = format!("the service {}", name_of(&service));
        step(session, (&SERVICES_CANCEL, &SERVICES_GET), params, &what).await.map_err(|error| progress.told(error))?;
        progress.cancelled.push(service);
    }
    let params = Params::none().path("id", &*request.id).body(of_operation).sources(sources);
    let reply = step(session, (&OPERATIONS_CANCEL, &OPERATIONS_GET), params, "the operation").await;
    reply.map(|reply| done(&reply)).map_err(|error| progress.told(error))
}

fn done<'a>(reply: impl Into<View<'a>>) -> Cancelled {
    let reply = reply.into();
    let word = text(replies::under(&reply, "operation"), "status").unwrap_or_else(|| CANCELED.to_owned());
    Cancelled {
        status: replies::status(Some(&word)),
        status_code: Some(word),
        raw: reply.raw(),
        ..Cancelled::default()
    }
}

fn has_status(object: &Value, status: &str) -> bool {
    text(object, "status").as_deref() == Some(status)
}

/// How people know a service.
fn name_of(service: &Value) -> String {
    let known = [text(service, "identification"), text(service, "id").map(|id| format!("(id {id})"))];
    known.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Whether one of its cost centres is linked to an invoice or a bill.
fn has_invoice(service: &Value) -> bool {
    list(service, "cost_centers")
        .iter()
        .filter_map(|center| center.get("linked"))
        .any(|linked| ["invoice_line_item_id", "bill_line_item_id"].iter().any(|name| text(linked, name).is_some()))
}

/// The services that are cancelled so far.
struct Progress {
    cancelled: Vec<Value>,
}

impl Progress {
    /// The error of a step, with what is cancelled.
    fn told(&self, mut error: Error) -> Error {
        let names: Vec<String> = self.cancelled.iter().map(name_of).collect();
        let so_far = match names.as_slice() {
            [] if error.code != Code::Conflict => return error,
            [] => "nothing was cancelled".to_owned(),
            names => format!("already cancelled: {}", names.join(", ")),
        };
        let message = format!("{}; {so_far}", error.message);
        error.edit().message = message;
        if names.is_empty() {
            return error;
        }
        let each = self
            .cancelled
            .iter()
            .map(|service| json!({"id": id(service, "id"), "identification": text(service, "identification")}));
        error.edit().created = Some(json!({"cancelled_services": each.collect::<Vec<_>>()}));
        error
    }
}

/// Cancels one thing, `what`. Where the reply was lost or is a refusal its state decides, as this request or someone
/// else may have cancelled it. It is never sent twice.
async fn step(
    session: &Session<'_>,
    (cancel, show): (&'static Endpoint, &'static Endpoint),
    params: Params,
    what: &str,
) -> Result<Clean, Error> {
    let path = Params { path: params.path.clone(), ..Params::none() };
    let failed = match session.try_perform(cancel, params).await {
        Ok(answer) => return Ok(answer.clean(session)),
        Err(failed) => failed,
    };
    let mut error = failed.error;
    let refused = matches!(error.http_status, Some(404 | 409 | 422));
    if !refused && !failed.lost {
        return Err(error);
    }
    if let Ok(answer) = session.perform(show, path).await {
        let shown = answer.clean(session);
        let wrapped = if show.name == OPERATIONS_GET.name { "operation" } else { "service" };
        if has_status(replies::under(&shown, wrapped), CANCELED) {
            return Ok(shown);
        }
    }
    let carrier = session.account.carrier;
    let names_a_field = error.fields.iter().any(|problem| {
        problem.carrier_field.as_deref().is_some_and(|name| cancel.takes(carrier.request_name(cancel, name)))
    });
    if failed.lost {
        // The same call reads the states first, so it may be made again whatever became of this one.
        error.edit().retryable = true;
        error.edit().outcome = Outcome::None;
        let message = format!("{what} may or may not be cancelled, call `cancel` again: {}", error.message);
        error.edit().message = message;
    } else if matches!(error.http_status, Some(409 | 422)) && !names_a_field {
        error.edit().code = Code::Conflict;
        error.edit().retryable = false;
        let said = error.carrier_message.clone().unwrap_or_else(|| error.message.clone());
        let why: Vec<&str> = error.fields.iter().map(|problem| problem.message.as_str()).collect();
        let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join("; ")) };
        let message = format!("Apunto doesn't cancel {what} in its present state: {said}{why}");
        error.edit().message = message;
    }
    Err(error)
}
