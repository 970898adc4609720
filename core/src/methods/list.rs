//! The shipments that the carrier has, page by page.

use super::{Context, object, placed, to_value};
use crate::model::Error;
use crate::model::request::{self, List};
use serde_json::Value;

pub(super) async fn run(context: &Context<'_>, request: Value) -> Result<Value, Error> {
    let request: List = request::read(request, &request::LIST)?;
    let account = context.account(request.account.as_deref(), "list")?;
    let session = context.session(account, context.call);
    let page = account.carrier.api.list(&session, &request).await;
    let mut page = page.map_err(|error| placed(account, context.call, error))?;
    for shipment in &mut page.shipments {
        shipment.account = account.id.clone();
        shipment.carrier = account.carrier.code;
    }
    Ok(object([("shipments", to_value(page.shipments)?), ("next_cursor", page.next_cursor.into())]))
}
