//! An operation that is made of a quote ("Cotizaciones" of October 2026). The request for it has no place for tags or a
//! reference: they follow in an update, so that the operation bears the mark of its key as soon as it can.

use super::endpoints::{OPERATIONS_CREATE, OPERATIONS_UPDATE, QUOTES_CREATE_OPERATION, QUOTES_GET};
use super::requests::{self, Defaults, Plan};
use super::{operation, replies};
use crate::connector::body::Sources;
use crate::connector::prelude::*;
use crate::json::Map;
use crate::model::FieldProblem;

const NAME: &str = "quote_id";

/// What a create's `options` take for it, beside what its request takes.
pub(super) const QUOTE_ID: &[Field] = &[opt(NAME, Kind::Id, "the quote that the operation is made of")];

/// What makes it.
pub(super) static MAKES: &Endpoint = &QUOTES_CREATE_OPERATION;

/// What an operation has from its quote: it can't be given beside one.
const OF_THE_QUOTE: &[&str] = &[
    "contact_code",
    "kind",
    "mode",
    "currency_code",
    "incoterm",
    "service_scope",
    "status",
    "profit_amount",
    "profit_percentage",
    "income_amount",
    "expense_amount",
];

/// How the operation of a quote is made, beside the body of the request for it.
#[derive(Debug)]
pub(super) struct OfQuote {
    quote_id: String,
    /// Where the caller gives it.
    place: String,
    /// What follows in an update.
    update: Map,
    sources: Sources,
}

/// The quote that an operation is to be made of.
pub(super) fn quote_id(native: &Native<'_>) -> Option<String> {
    native.get(NAME).and_then(as_text).map(|id| id.trim().to_owned())
}

/// The operation that the quote is to be linked to, where it isn't to be a new one.
pub(super) fn existing(native: &Native<'_>) -> Option<String> {
    let linked = native.get("operation_type").and_then(as_text).is_some_and(|kind| kind == "existing");
    native.get("existing_operation_id").and_then(as_text).filter(|_| linked)
}

/// The bodies of a create from a quote. Everything is checked before anything is sent.
pub(super) fn plan(
    request: &Create,
    native: &Native<'_>,
    defaults: &Defaults<'_>,
    mark: Option<&str>,
    quote_id: String,
) -> Result<(Plan, Option<OfQuote>), Error> {
    let mut body = Body::new(MAKES, "Apunto");
    let linked = native.get("operation_type").and_then(as_text).is_some_and(|kind| kind == "existing");
    if !linked {
        let place = format!("{}.operational_agent_email", native.place());
        body.put_if("operational_agent_email", place, defaults.agent_email);
    }
    requests::fill(&mut body, request, native, mark);
    for field in OPERATIONS_CREATE.body_fields().iter().filter(|field| field.name != "tag_list") {
        let place = format!("{}.{}", native.place(), field.name);
        if native.get(field.name).is_none_or(Value::is_null) {
            continue;
        }
        if OF_THE_QUOTE.contains(&field.name) {
            body.problems.add(place, "can't be given with `quote_id`: the operation has it from the quote");
        } else if linked {
            body.problems.add(place, "can't be given with `operation_type` existing: the operation keeps its own");
        }
    }
    if linked && native.get("existing_operation_id").is_none_or(Value::is_null) {
        let place = format!("{}.existing_operation_id", native.place());
        body.problems.add(place, "is required with `operation_type` existing");
    }
    if linked && filled(&request.reference).is_some() {
        let message = "can't be given with `operation_type` existing: the operation keeps its own";
        body.problems.add("reference", message);
    }
    let mut plan = requests::ended(body)?;
    plan.operation.remove(NAME);
    let mut update = Map::new();
    for field in OPERATIONS_CREATE.body_fields() {
        if let Some(value) = plan.operation.remove(field.name)
            && (!linked || field.name == "tag_list")
        {
            update.insert(field.name.to_owned(), value);
        }
    }
    let place = format!("{}.{NAME}", native.place());
    let of_quote = OfQuote { quote_id, place, update, sources: plan.sources.clone() };
    Ok((plan, Some(of_quote)))
}

/// Makes the operation.
pub(super) async fn make(
    session: &Session<'_>,
    of_quote: &OfQuote,
    body: Map,
    sources: Sources,
) -> Result<Value, Error> {
    let params = Params::none().path("id", &*of_quote.quote_id).body(Value::Object(body)).sources(sources);
    let answer = session.perform(MAKES, params).await.map_err(|mut error| {
        if error.code == Code::NotFound {
            error.edit().fields.push(FieldProblem::new(&*of_quote.place, "is no quote of this account"));
        }
        error
    })?;
    Ok(replies::under(&answer.clean(session), "operation").clone())
}

/// Gives the operation what its quote has no place for, and returns it. Its own tags stay.
pub(super) async fn complete(session: &Session<'_>, id: &str, made: &Value, of_quote: OfQuote) -> Result<Value, Error> {
    let OfQuote { mut update, sources, .. } = of_quote;
    if update.is_empty() {
        return Ok(made.clone());
    }
    let mut whole = operation(session, id).await?;
    if let Some(Value::Array(tags)) = update.get_mut("tag_list") {
        let own: Vec<Value> = list(&whole, "tags").iter().filter(|tag| !tags.contains(tag)).cloned().collect();
        tags.splice(0..0, own);
    }
    let body = OPERATIONS_UPDATE.wrapped_body(Value::Object(update.clone()));
    let params = Params::none().path("id", id).body(body).sources(sources);
    session.perform(&OPERATIONS_UPDATE, params).await?;
    if let Value::Object(whole) = &mut whole {
        let tags = update.remove("tag_list");
        whole.extend(tags.map(|tags| ("tags".to_owned(), tags)));
        whole.extend(update);
    }
    Ok(whole)
}

/// The quote, for what its operation has of it.
pub(super) async fn quote(session: &Session<'_>, id: &str) -> Result<Value, Error> {
    let answer = session.perform(&QUOTES_GET, Params::none().path("id", id)).await?;
    Ok(replies::under(&answer.clean(session), "quote").clone())
}

/// Whether an operation may be the quote's: nothing that both show differs.
pub(super) fn may_be_of(operation: &Value, quote: &Value) -> bool {
    let differs = |one: Option<String>, other: Option<String>| one.zip(other).is_some_and(|(one, other)| one != other);
    let of = |object: &Value, name: &str| object.get(name).cloned().unwrap_or_default();
    let (contact, wanted) = (of(operation, "contact"), of(quote, "contact"));
    let another = ["id", "alias", "name"].iter().any(|name| differs(text(&contact, name), text(&wanted, name)));
    let pairs = [("kind", "operation_kind"), ("mode", "operation_mode")];
    !another && !pairs.iter().any(|(own, quotes)| differs(text(operation, own), text(quote, quotes)))
}

#[cfg(test)]
#[path = "from_quote_tests.rs"]
mod tests;
