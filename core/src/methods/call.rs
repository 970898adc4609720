//! Any operation of a carrier's own API, by its name in the carrier's table.

use super::{Context, placed, written};
use crate::connector::answer::Answer;
use crate::connector::documents;
use crate::connector::endpoint::{self, Endpoint, Paging, Params, ReplyKind};
use crate::connector::session::Session;
use crate::json::Value;
use crate::model::Error;
use crate::model::request::{self, NativeCall};
use crate::model::shape::Shape;

/// `call` returns the carrier's own reply.
pub(super) static REPLY: Shape = Shape { name: "NativeReply", fields: &[] };

pub(super) async fn run(context: &Context<'_>, request: Value) -> Result<String, Error> {
    let mut request: NativeCall = request::read(request, &request::CALL)?;
    let account = context.client.config.account(request.account.as_deref(), |account| {
        endpoint::find(account.carrier.endpoints, &request.operation, &request.params).is_ok()
    })?;
    let session = context.native(account);
    let operation = endpoint::find(account.carrier.endpoints, &request.operation, &request.params)
        .map_err(|error| placed(&session, error))?;
    if request.all && matches!(operation.paging, Paging::None) {
        let error = Error::invalid("all", format!("`{}` has no pages; leave `all` out", operation.name));
        return Err(placed(&session, error));
    }
    // Every page means from the first one on.
    if let (true, Paging::Numbered { page, .. }) = (request.all, operation.paging) {
        request.params.insert(page.to_owned(), Value::from(1));
    }
    let params = endpoint::sort(operation, request.params).map_err(|error| placed(&session, error))?;
    let result = if request.all {
        every_page(&session, operation, params).await.map(|whole| whole.to_string())
    } else {
        session.perform(operation, params).await.and_then(|answer| content(operation, answer))
    };
    result.map_err(|error| placed(&session, error))
}

fn content(operation: &Endpoint, answer: Answer) -> Result<String, Error> {
    match operation.reply {
        ReplyKind::Json => Ok(answer.into_text()),
        ReplyKind::File => {
            let kind = operation.name.rsplit('.').next().unwrap_or(operation.name);
            written(&documents::of_reply(kind, &answer.reply, None))
        }
    }
}

/// Gathers every page into one reply: all items, and the first page's other fields.
async fn every_page(session: &Session<'_>, operation: &'static Endpoint, params: Params) -> Result<Value, Error> {
    let mut pages = session.pages(operation, params);
    let mut whole = Value::Null;
    while let Some(answer) = pages.next().await? {
        let page = answer.json;
        if whole.is_null() {
            whole = page;
        } else if let Some(all) = operation.items_mut(&mut whole) {
            all.extend_from_slice(operation.items(&page));
        }
    }
    if let (Paging::Cursor { next, .. }, Value::Object(whole)) = (operation.paging, &mut whole) {
        whole.remove(next);
    }
    Ok(whole)
}
