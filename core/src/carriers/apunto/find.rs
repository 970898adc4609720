//! Looks for an operation whose create lost its reply. Its tags have the mark of its key, and only "show" tells tags: of
//! those that a search or the list has, each that may be it is looked at.

use super::endpoints::{OPERATIONS_LIST, OPERATIONS_SEARCH};
use super::{from_quote, operation, replies};
use crate::connector::answer::Clean;
use crate::connector::journal::MADE;
use crate::connector::lenient::millis;
use crate::connector::prelude::*;
use crate::net::clock::http_date;
use crate::net::token::now_ms;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use std::collections::HashSet;

/// Clocks differ: Apunto's from ours, and those of its own machines.
const MARGIN_MS: i64 = 900_000;
/// One that is made of a quote has no mark yet: one that is not made about then isn't taken for it.
const NEAR_MS: i64 = 120_000;
/// What the marks of all keys begin with.
const MARKS: &str = "fl-";
/// The search returns no more.
const MOST_FOUND: usize = 20;

/// What is looked for.
struct Lost<'a> {
    mark: &'a str,
    since_ms: i64,
    /// Its `client_ref` is one of these; any where there are none.
    references: Vec<String>,
    /// The quote that it is made of.
    quote: Option<Value>,
    /// Operations that are known to be others.
    others: HashSet<String>,
    /// Of those, the ones that may be made of the quote, and how long after the request.
    alike: Vec<(Value, i64)>,
}

/// That something isn't there may only be read from what tells what is there.
pub(super) fn readable(tells: bool, reply: Value) -> Result<Value, Error> {
    if tells {
        return Ok(reply);
    }
    let mut error = Error::new(Code::CarrierResponse, "Apunto's reply doesn't tell whether it was made");
    error.edit().raw = Some(reply);
    Err(error)
}

pub(super) async fn find(
    session: &Session<'_>,
    request: &Create,
    mark: &str,
    since_ms: i64,
) -> Result<Option<Shipment>, Error> {
    let native = session.native(Ability::Create, &request.options);
    let own = native.get("client_ref").and_then(as_text).or_else(|| request.reference.clone());
    let mut lost =
        Lost { mark, since_ms, references: Vec::new(), quote: None, others: HashSet::new(), alike: Vec::new() };
    if let Some(id) = from_quote::existing(&native) {
        let linked = operation(session, &id).await?;
        return if lost.is_marked(&linked) { Ok(Some(replies::shipment(&linked))) } else { Err(unsure(&[&linked])) };
    }
    if let Some(id) = from_quote::quote_id(&native) {
        let quote = from_quote::quote(session, &id).await?;
        lost.references.extend(text(&quote, "client_ref"));
        lost.quote = Some(quote);
    }
    lost.references.extend(own);
    let marked = match search(session, &mut lost).await {
        Some(found) => Some(found),
        None => turn(session, &mut lost).await?,
    };
    let alike: Vec<&Value> = lost.alike.iter().map(|(operation, _)| operation).collect();
    let found = match (marked, lost.alike.as_slice()) {
        (Some(operation), _) if native.get("services").is_none() => return Ok(Some(replies::shipment(&operation))),
        (Some(operation), _) => operation,
        (None, []) => return Ok(None),
        (None, [(only, after)]) if *after >= -NEAR_MS => only.clone(),
        (None, _) => return Err(unsure(&alike)),
    };
    // More was to come after it: the create goes on from here.
    session.record(MADE, found).await?;
    Ok(None)
}

/// What was made may be one of these, or not.
fn unsure(operations: &[&Value]) -> Error {
    let name = |operation: &&Value| text(operation, "identification").or_else(|| text(operation, "id"));
    let names: Vec<String> = operations.iter().filter_map(name).collect();
    let message = format!(
        "it may have made or linked {}, which has no mark yet; look at Apunto, and say so with `settle`",
        names.join(" or ")
    );
    let mut error = Error::new(Code::Conflict, message);
    error.edit().raw = Some(json!(operations));
    error
}

/// The marked one among those that the search finds by its reference. How the search matches isn't documented: that it
/// finds nothing says nothing.
async fn search(session: &Session<'_>, lost: &mut Lost<'_>) -> Option<Value> {
    for reference in lost.references.clone() {
        let found = session.perform(&OPERATIONS_SEARCH, Params::none().query("q", reference)).await;
        let looked = match found {
            Ok(answer) => {
                let answer = answer.clean(session);
                let entries = list(&answer, "operations");
                look(session, lost, &answer, &entries[..entries.len().min(MOST_FOUND)]).await
            }
            Err(error) => Err(error),
        };
        match looked {
            Ok(None) => {}
            Ok(found) => return found,
            Err(error) => {
                log::warn!(target: "flete", "Apunto's search failed, so its whole list is read: {}", session.in_context(error))
            }
        }
    }
    None
}

/// The marked one in the list. It has no filter and no order that the API reference tells of, so all of it is read.
async fn turn(session: &Session<'_>, lost: &mut Lost<'_>) -> Result<Option<Value>, Error> {
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
        let answer = answer.clean(session);
        let entries = OPERATIONS_LIST.items(&answer);
        let nameless = |entry: &&Value| text(entry, "id").is_none() && lost.may_be(&answer, entry);
        unnamed = unnamed.or_else(|| entries.iter().find(nameless).cloned());
        if let Some(found) = look(session, lost, &answer, entries).await? {
            return Ok(Some(found));
        }
        several = pages.turned() > 1;
    }
}

/// Looks at each entry that may be it. One whose tags are known isn't asked for again.
async fn look(
    session: &Session<'_>,
    lost: &mut Lost<'_>,
    answer: &Clean,
    entries: &[Value],
) -> Result<Option<Value>, Error> {
    let maybe = entries.iter().filter(|entry| lost.may_be(answer, entry)).filter_map(|entry| text(entry, "id"));
    let maybe: Vec<String> = maybe.filter(|id| !lost.others.contains(id)).collect();
    let looked = try_join_all(maybe.iter().map(|id| async move {
        // One that was deleted since the list was read isn't in the next list; until then nothing is known.
        let operation = operation(session, id).await?;
        readable(text(&operation, "id").is_some(), operation)
    }))
    .await?;
    for operation in looked {
        if lost.is_marked(&operation) {
            return Ok(Some(operation));
        }
        lost.others.extend(text(&operation, "id"));
        if lost.quote.as_ref().is_some_and(|quote| from_quote::may_be_of(&operation, quote)) && !has_mark(&operation) {
            let after = made_ms(&operation).map_or(0, |made| made.saturating_sub(lost.sent(answer)));
            lost.alike.push((operation, after));
        }
    }
    Ok(None)
}

/// When an entry was made; the search says only when it was changed last.
fn made_ms(entry: &Value) -> Option<i64> {
    let at = |name: &str| instant_of(entry, name, &super::zone()).and_then(|at| millis(&at));
    at("created_at").or_else(|| at("updated_at"))
}

fn tags(operation: &Value) -> impl Iterator<Item = &str> {
    list(operation, "tags").iter().filter_map(Value::as_str)
}

/// Whether an operation has the mark of any key.
fn has_mark(operation: &Value) -> bool {
    tags(operation).any(|tag| tag.to_ascii_lowercase().starts_with(MARKS))
}

impl Lost<'_> {
    fn is_marked(&self, operation: &Value) -> bool {
        tags(operation).any(|tag| tag.eq_ignore_ascii_case(self.mark))
    }

    /// When the request was sent, by the clock of this reply.
    fn sent(&self, answer: &Clean) -> i64 {
        let there = answer.reply().header("date").and_then(http_date).map(Timestamp::as_millisecond);
        let off = there.map_or(0, |there| there - now_ms());
        // A time to come was told by a clock that was set back since: it says nothing.
        if self.since_ms > now_ms() { i64::MIN } else { self.since_ms + off.min(0) }
    }

    fn may_be(&self, answer: &Clean, entry: &Value) -> bool {
        let since = self.sent(answer).saturating_sub(MARGIN_MS);
        let references = &self.references;
        made_ms(entry).is_none_or(|made| made >= since)
            && (references.is_empty() || references.iter().any(|reference| replies::may_be_of(entry, Some(reference))))
    }
}
