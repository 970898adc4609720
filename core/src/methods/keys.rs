//! Lists the recorded idempotency keys, for a person who is going to `settle` one.

use super::{Context, placed};
use crate::connector::Account;
use crate::connector::state_access::{unusable, with_store};
use crate::json::{Value, json};
use crate::model::Error;
use crate::model::request::{self, Keys};
use crate::state::{Creates, Listed};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde::{Deserialize, Serialize};

const LIMIT: usize = 100;

/// Where a page ended, and the filters of its list. A place is a key, not a number, because keys come and go meanwhile.
#[derive(Debug, Deserialize, Serialize, PartialEq)]
struct Cursor {
    only: Option<String>,
    open: bool,
    limit: usize,
    account: String,
    key: String,
}

impl Cursor {
    fn read(text: &str) -> Option<Self> {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }

    fn to_text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(json!(self).to_string())
    }
}

pub(super) async fn run(context: &Context<'_>, request: Value) -> Result<String, Error> {
    let request: Keys = request::read(request, &request::KEYS)?;
    let cursor = match &request.cursor {
        None => None,
        Some(text) => Some(Cursor::read(text).ok_or_else(|| {
            Error::invalid("cursor", "is not a `next_cursor` of `keys`; leave it out for the first page")
        })?),
    };
    let only = request.account.or_else(|| cursor.as_ref()?.only.clone());
    let open = request.open.or_else(|| Some(cursor.as_ref()?.open)).unwrap_or(false);
    if let Some(cursor) = &cursor
        && (cursor.only != only || cursor.open != open)
    {
        return Err(Error::invalid(
            "cursor",
            "belongs to a list with another `account` or `open`; leave those two out",
        ));
    }
    let asked = request.limit.and_then(|limit| usize::try_from(limit.0).ok());
    let limit = asked.or_else(|| Some(cursor.as_ref()?.limit)).unwrap_or(LIMIT);

    let mut accounts: Vec<&Account> = match &only {
        Some(id) => vec![context.client.config.account(Some(id), |_| true)?],
        None => context.client.config.accounts.iter().map(AsRef::as_ref).collect(),
    };
    accounts.sort_by(|one, other| one.id.cmp(&other.id));
    let mut keys = Vec::new();
    let mut last = None;
    for account in accounts {
        let after = match &cursor {
            Some(cursor) if account.id < cursor.account => continue,
            Some(cursor) if account.id == cursor.account => Some(cursor.key.clone()),
            _ => None,
        };
        // One more than asked for tells whether there is another page.
        let missing = limit + 1 - keys.len();
        let session = context.session(account, context.call);
        let scope = account.keys_of.clone();
        let found = with_store(session.state(), &account.store, move |store| {
            store.list(&scope, after.as_deref(), open, missing)
        })
        .await
        .map_err(|error| placed(&session, unusable(error)))?;
        for listed in found {
            if keys.len() == limit {
                return Ok(json!({"keys": keys, "next_cursor": last.as_ref().map(Cursor::to_text)}).to_string());
            }
            last =
                Some(Cursor { only: only.clone(), open, limit, account: account.id.clone(), key: listed.key.clone() });
            keys.push(shown(account, &listed));
        }
    }
    Ok(json!({"keys": keys, "next_cursor": null}).to_string())
}

fn shown(account: &Account, listed: &Listed) -> Value {
    let instant = |ms: i64| jiff::Timestamp::from_millisecond(ms).ok().map(|at| at.to_string());
    let status = match (&listed.reply, listed.sent_at_ms) {
        (Some(_), _) => "done",
        (None, Some(_)) => "unknown",
        (None, None) => "open",
    };
    json!({
        "account": account.id,
        "idempotency_key": listed.key,
        "status": status,
        "started_at": instant(listed.started_at_ms),
        "sent_at": listed.sent_at_ms.and_then(instant),
        "attempts": listed.attempts,
        // A key that was settled without an id has none.
        "shipment_id": listed.reply.as_ref().and_then(|reply| reply["id"].as_str()).filter(|id| !id.is_empty()),
    })
}
