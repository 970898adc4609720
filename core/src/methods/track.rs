//! Where shipments are: one, or many at once.

use super::stamp::Stamp;
use super::{Context, placed, written};
use crate::connector::Ability;
use crate::envelope::envelope_text;
use crate::json::Value;
use crate::model::request::{self, ShipmentId, Track};
use crate::model::{Code, Error};
use futures_util::stream::{self, StreamExt};

/// How many shipments are asked for at once; an account's own limit may be lower.
const AT_ONCE: usize = 64;

pub(super) async fn run(context: &Context<'_>, request: Value) -> Result<String, Error> {
    let request: Track = request::read(request, &request::TRACK)?;
    match (request.id, request.shipments) {
        (Some(id), None) => one(context, &ShipmentId { account: request.account, id }).await,
        (None, Some(shipments)) if request.account.is_none() => {
            let results: Vec<String> = stream::iter(&shipments)
                .map(|shipment| async move { envelope_text(one(context, shipment).await) })
                .buffered(AT_ONCE)
                .collect()
                .await;
            Ok(["{\"results\":[", &results.join(","), "]}"].concat())
        }
        (None, Some(_)) => Err(Error::invalid("account", "goes into each of `shipments`, beside its id")),
        (None, None) => Err(Error::invalid("id", "is required: the shipment's id, or a list of `shipments`")),
        (Some(_), Some(_)) => Err(Error::invalid("shipments", "can't be given together with `id`; give one of them")),
    }
}

async fn one(context: &Context<'_>, shipment: &ShipmentId) -> Result<String, Error> {
    let account = context.account(shipment.account.as_deref(), Ability::Track)?;
    let call = context.call.sibling();
    let session = context.session(account, &call);
    let tracked = tokio::time::timeout_at(call.deadline, account.api.track(&session, &shipment.id)).await;
    let mut tracking = tracked
        .unwrap_or_else(|_| Err(Error::new(Code::Timeout, "no answer came in time; allow more with `timeout_ms`")))
        .map_err(|error| placed(&session, error))?;
    tracking.stamp(account);
    tracking.id.clone_from(&shipment.id);
    written(&tracking)
}
