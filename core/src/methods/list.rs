//! The shipments that the carrier has, page by page.
//!
//! A carrier's pages have their own size, and most of them shift while they are read: a new shipment moves the others
//! to later pages, a removed one to earlier pages. So a `next_cursor` has the last page that was read, and the
//! shipments that were returned; that page is read again before the next one.

use super::stamp::Stamp;
use super::{Context, placed, written};
use crate::connector::{Ability, Account};
use crate::json::Value;
use crate::model::measure::Amount;
use crate::model::reply::{Shipment, Shipments};
use crate::model::request::{self, List};
use crate::model::{Error, Status};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(super) async fn run(context: &Context<'_>, request: Value) -> Result<String, Error> {
    let request: List = request::read(request, &request::LIST)?;
    let account = context.account(request.account.as_deref(), Ability::List)?;
    let session = context.session(account, context.call);
    let (mut asked, mut place) = begin(account, request).map_err(|error| placed(&session, error))?;
    let limit = asked.limit.as_ref().and_then(|limit| limit.0.to_usize());
    let wanted = asked.status.as_deref().and_then(Status::named);
    let mut shipments: Vec<Shipment> = Vec::new();
    let next = loop {
        asked.cursor.clone_from(&place.at);
        let page = account.api.list(&session, &asked).await;
        let page = page.map_err(|error| placed(&session, error))?;
        let mut cut = false;
        for mut shipment in page.shipments {
            shipment.stamp(account);
            // A carrier's filter may be coarser, or absent, and the account's `status_map` may change a status.
            if wanted.is_some_and(|wanted| shipment.status != wanted) {
                continue;
            }
            let mark = Mark::of(&shipment);
            if place.given.contains(&mark) {
                continue;
            }
            if limit.is_some_and(|limit| shipments.len() >= limit) {
                cut = true;
                break;
            }
            place.given.push(mark);
            shipments.push(shipment);
        }
        if cut {
            place.again = true;
            break Some(place);
        }
        let Some(next) = page.next_cursor else { break None };
        let room = limit.map_or(shipments.is_empty(), |limit| shipments.len() < limit);
        if place.again && room {
            (place.at, place.again) = (Some(next), false);
            continue;
        }
        if page.stable {
            (place.at, place.again) = (Some(next), false);
        } else {
            place.again = true;
        }
        break Some(place);
    };
    let next = next.map(|place| cursor(account, &asked, place)).transpose()?;
    written(&Shipments { shipments, next_cursor: next })
}

/// How many of the last shipments a cursor remembers, so that none is returned twice.
const REMEMBERED: usize = 400;

/// A shipment's id, as a short digest.
#[derive(Clone, PartialEq)]
struct Mark([u8; 6]);

impl Mark {
    fn of(shipment: &Shipment) -> Self {
        let digest = match &shipment.id {
            Some(id) => Sha256::digest(id),
            None => Sha256::digest(shipment.raw.text()),
        };
        let mut mark = [0; 6];
        mark.copy_from_slice(&digest[..6]);
        Self(mark)
    }
}

/// Where a list continues.
#[derive(Default)]
struct Place {
    /// The carrier's page, as its API names it; `None` is the first.
    at: Option<String>,
    /// Whether that page was read before.
    again: bool,
    given: Vec<Mark>,
}

/// A cursor's content. Only this file reads it; its version changes with its form.
#[derive(Serialize, Deserialize)]
struct Content {
    /// The version of its form.
    v: u8,
    status: Option<String>,
    date: Option<String>,
    limit: Option<u32>,
    at: Option<String>,
    again: bool,
    given: String,
}

const VERSION: u8 = 1;
const CHECK: usize = 6;

/// A checksum that distinguishes this account's cursors from any other text.
fn check(account: &Account, content: &[u8]) -> [u8; CHECK] {
    let digest = Sha256::new()
        .chain_update(account.carrier.code)
        .chain_update([0])
        .chain_update(&account.id)
        .chain_update([0])
        .chain_update(content)
        .finalize();
    let mut check = [0; CHECK];
    check.copy_from_slice(&digest[..CHECK]);
    check
}

fn cursor(account: &Account, asked: &List, place: Place) -> Result<String, Error> {
    let given: Vec<u8> =
        place.given.iter().skip(place.given.len().saturating_sub(REMEMBERED)).flat_map(|mark| mark.0).collect();
    let content = Content {
        v: VERSION,
        status: asked.status.clone(),
        date: asked.date.clone(),
        limit: asked.limit.as_ref().and_then(|limit| limit.0.to_u32()),
        at: place.at,
        again: place.again,
        given: URL_SAFE_NO_PAD.encode(given),
    };
    let content = serde_json::to_vec(&content)
        .map_err(|error| Error::internal(format!("a cursor can't be written: {error}")).caused_by(error))?;
    Ok(URL_SAFE_NO_PAD.encode([&check(account, &content)[..], &content].concat()))
}

fn read(account: &Account, cursor: &str) -> Option<Content> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor.trim()).ok()?;
    let (checked, content) = bytes.split_at_checked(CHECK)?;
    if checked != check(account, content) {
        return None;
    }
    serde_json::from_slice(content).ok().filter(|content: &Content| content.v == VERSION)
}

/// The request with its cursor's filters, and where the list continues.
fn begin(account: &Account, mut request: List) -> Result<(List, Place), Error> {
    let Some(cursor) = request.cursor.take() else { return Ok((request, Place::default())) };
    let Some(content) = read(account, &cursor) else {
        return Err(Error::invalid(
            "cursor",
            "is not a `next_cursor` of this account's list; leave it out for the first page",
        ));
    };
    let filters = [("status", &mut request.status, content.status), ("date", &mut request.date, content.date)];
    for (name, asked, kept) in filters {
        match (&asked, &kept) {
            (Some(asked), kept) if kept.as_ref() != Some(asked) => {
                let kept = kept.as_deref().map_or_else(|| format!("no {name}"), |kept| format!("the {name} `{kept}`"));
                let message = format!(
                    "is `{asked}`, but `cursor` belongs to a list with {kept}; leave it out: the cursor keeps it"
                );
                return Err(Error::invalid(name, message));
            }
            _ => *asked = kept,
        }
    }
    request.limit = request.limit.or_else(|| content.limit.map(|limit| Amount(Decimal::from(limit))));
    let given = URL_SAFE_NO_PAD.decode(content.given).unwrap_or_default();
    let (given, _) = given.as_chunks::<6>();
    let given = given.iter().copied().map(Mark).collect();
    Ok((request, Place { at: content.at, again: content.again, given }))
}
