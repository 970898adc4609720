//! A carrier's push, checked and read. Nothing is sent.

use super::stamp::Stamp;
use super::{Context, placed, written};
use crate::connector::Ability;
use crate::json::Value;
use crate::model::Error;
use crate::model::request::{self, Webhook};

pub(super) async fn run(context: &Context<'_>, request: Value) -> Result<String, Error> {
    let request: Webhook = request::read(request, &request::WEBHOOK)?;
    let account = context.account(request.account.as_deref(), Ability::Webhook)?;
    let session = context.session(account, context.call);
    let push = account.api.webhook(&session, &request).await;
    let mut push = push.map_err(|error| placed(&session, error))?;
    push.stamp(account);
    written(&push)
}
