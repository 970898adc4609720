//! Any operation of a carrier's own API, by its name in the carrier's table.

use super::{Context, placed};
use crate::connector::documents;
use crate::connector::endpoint::{self, Endpoint, Paging, Params, ReplyKind};
use crate::connector::session::{Answer, Session};
use crate::model::Error;
use crate::model::request::{self, NativeCall};
use crate::model::shape::Shape;
use serde_json::Value;
use std::collections::HashSet;

/// What `call` gives is the carrier's own.
pub(super) static REPLY: Shape = Shape { name: "NativeReply", fields: &[] };

/// A list of more pages than this is no list; a carrier that gives the same page for ever must not hang the host.
const MOST_PAGES: usize = 10_000;

pub(super) async fn run(context: &Context<'_>, request: Value) -> Result<Value, Error> {
    let mut request: NativeCall = request::read(request, &request::CALL)?;
    let account = context.client.config.account(request.account.as_deref(), |account| {
        endpoint::find(account.carrier.endpoints, &request.operation, &request.params).is_ok()
    })?;
    let operation = endpoint::find(account.carrier.endpoints, &request.operation, &request.params)
        .map_err(|error| placed(account, context.call, error))?;
    if request.all && matches!(operation.paging, Paging::None) {
        let error = Error::invalid("all", format!("`{}` has no pages", operation.name));
        return Err(placed(account, context.call, error));
    }
    // Every page is from the first on.
    if let (true, Paging::Numbered { page, .. }) = (request.all, operation.paging) {
        request.params.insert(page.to_owned(), Value::from(1));
    }
    let mut session = context.native(account);
    session.wrapped = operation.wrap().filter(|wrap| request.params.get(*wrap).is_some_and(Value::is_object));
    let params = endpoint::sort(operation, request.params).map_err(|error| placed(account, context.call, error))?;
    let result = if request.all {
        every_page(&session, operation, params).await
    } else {
        session.perform(operation, params).await.map(|answer| content(operation, answer))
    };
    result.map_err(|error| placed(account, context.call, error))
}

fn content(operation: &Endpoint, answer: Answer) -> Value {
    match operation.reply {
        ReplyKind::Json => answer.json,
        ReplyKind::File => {
            let kind = operation.name.rsplit('.').next().unwrap_or(operation.name);
            serde_json::to_value(documents::of_reply(kind, &answer.reply, None)).unwrap_or_default()
        }
    }
}

/// Every page, as one reply with all items and the first page's other fields.
async fn every_page(session: &Session<'_>, operation: &'static Endpoint, params: Params) -> Result<Value, Error> {
    let mut params = params;
    let mut whole: Option<Value> = None;
    let mut seen = HashSet::new();
    for number in 1..=MOST_PAGES {
        let page = session.perform(operation, params.clone()).await?.json;
        let (name, next) = match operation.paging {
            Paging::None => return Ok(page),
            // A cursor that repeats would go round for ever.
            Paging::Cursor { param, next, items } => {
                let cursor = page
                    .get(next)
                    .and_then(crate::connector::lenient::as_text)
                    .filter(|cursor| seen.insert(cursor.clone()));
                (items, cursor.map(|cursor| (param, cursor)))
            }
            Paging::Numbered { page: param, items, last } => {
                let more = last(&page).is_some_and(|last| (number as u64) < last);
                (items, more.then(|| (param, (number + 1).to_string())))
            }
        };
        let place = format!("/{}", name.replace('.', "/"));
        let items = page.pointer(&place).and_then(Value::as_array).cloned().unwrap_or_default();
        let empty = items.is_empty();
        match &mut whole {
            None => whole = Some(page),
            Some(whole) => {
                if let Some(all) = whole.pointer_mut(&place).and_then(Value::as_array_mut) {
                    all.extend(items);
                }
            }
        }
        match next.filter(|_| !empty) {
            Some((param, value)) => set(&mut params, operation, param, value),
            None => break,
        }
    }
    let mut whole = whole.unwrap_or_default();
    if let (Paging::Cursor { next, .. }, Value::Object(whole)) = (operation.paging, &mut whole) {
        whole.shift_remove(next);
    }
    Ok(whole)
}

/// The next page's number or cursor, in the query or in the body, wherever the table has it.
fn set(params: &mut Params, operation: &Endpoint, name: &'static str, value: String) {
    if operation.query.iter().any(|field| field.name == name) {
        params.query.retain(|(other, _)| *other != name);
        params.query.push((name, value));
    } else if let Some(Value::Object(body)) = &mut params.body {
        let value = value.parse::<u64>().map_or(Value::String(value), Value::from);
        body.insert(name.to_owned(), value);
    }
}
