//! Cancels a shipment, where the carrier still can.

use super::stamp::Stamp;
use super::{Context, placed, read_options, written};
use crate::connector::Ability;
use crate::json::Value;
use crate::model::Error;
use crate::model::request::{self, Cancel};

pub(super) async fn run(context: &Context<'_>, request: Value) -> Result<String, Error> {
    let mut request: Cancel = request::read(request, &request::CANCEL)?;
    let account = context.account(request.account.as_deref(), Ability::Cancel)?;
    read_options(context, Ability::Cancel, Some(account), &mut request.options)?;
    let session = context.session(account, context.call);
    let cancelled = account.api.cancel(&session, &request).await;
    let mut cancelled = cancelled.map_err(|error| placed(&session, error))?;
    cancelled.id = request.id;
    cancelled.stamp(account);
    written(&cancelled)
}
