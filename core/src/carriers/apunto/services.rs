//! The services of an operation, as it shows them or as their list has them.

use super::endpoints::{SERVICES_GET, SERVICES_LIST};
use super::replies;
use crate::connector::prelude::*;

/// The services that the operation shows; those of the list where it doesn't show any list of them.
pub(super) async fn of(session: &Session<'_>, operation_id: &str, operation: &Value) -> Result<Vec<Value>, Error> {
    match operation.get("services") {
        Some(Value::Array(shown)) => Ok(shown.clone()),
        _ => listed(session, operation_id).await,
    }
}

/// The services in the list of one operation, with their dates.
pub(super) async fn listed(session: &Session<'_>, operation_id: &str) -> Result<Vec<Value>, Error> {
    let params = Params::none().query("operation_id", operation_id).query("per_page", "100");
    let mut pages = session.pages(&SERVICES_LIST, params);
    let mut services = Vec::new();
    while let Some(answer) = pages.next().await? {
        let page = answer.clean(session);
        // One of another operation would be there if the filter were not obeyed.
        services.extend(SERVICES_LIST.items(&page).iter().filter(|one| is_of(one, operation_id)).cloned());
    }
    Ok(services)
}

fn is_of(service: &Value, operation_id: &str) -> bool {
    let named = service.get("operation").and_then(|operation| text(operation, "id"));
    named.or_else(|| text(service, "operation_id")).is_none_or(|of| of == operation_id)
}

/// The services of an operation with their dates, from one list; as the operation shows them where that can't be had.
pub(super) async fn dated(session: &Session<'_>, operation_id: &str, operation: &Value) -> Vec<Value> {
    let shown = list(operation, "services");
    let is_shown = operation.get("services").is_some_and(Value::is_array);
    if is_shown && shown.iter().all(replies::has_dates) {
        return shown.to_vec();
    }
    match listed(session, operation_id).await {
        Ok(listed) => merged(shown, listed),
        Err(error) => {
            log::warn!(target: "flete", "the services of an Apunto operation: {}", session.in_context(error));
            shown.to_vec()
        }
    }
}

/// Each service with what the operation and the list have of it. One that only the list has is new.
fn merged(shown: &[Value], listed: Vec<Value>) -> Vec<Value> {
    let mut all = shown.to_vec();
    for one in listed {
        let same = all.iter_mut().find(|shown| text(shown, "id").is_some_and(|id| text(&one, "id") == Some(id)));
        match (same, one) {
            (Some(Value::Object(shown)), Value::Object(one)) => shown.extend(one),
            (None, one) => all.push(one),
            (Some(_), _) => {}
        }
    }
    all
}

/// A service with all its fields; as the operation shows it where it can't be asked for.
pub(super) async fn whole(session: &Session<'_>, shown: &Value) -> Value {
    let Some(id) = text(shown, "id").filter(|_| !replies::has_dates(shown)) else { return shown.clone() };
    match session.perform(&SERVICES_GET, Params::none().path("id", id)).await {
        Ok(answer) => replies::under(&answer.clean(session), "service").clone(),
        Err(error) => {
            log::warn!(target: "flete", "a service of an Apunto operation: {}", session.in_context(error));
            shown.clone()
        }
    }
}
