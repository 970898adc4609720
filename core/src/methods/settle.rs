//! Records a person's answer about a key whose outcome flete can't find out: made, or not.

use super::stamp::Stamp;
use super::{Context, placed, to_value};
use crate::connector::Ability;
use crate::connector::state_access::{unusable, with_store};
use crate::json::{Value, json};
use crate::model::reply::Shipment;
use crate::model::request::{self, Settle};
use crate::model::{Code, Error};
use crate::net::token::now_ms;
use crate::state::{Creates, Settled};

pub(super) async fn run(context: &Context<'_>, request: Value) -> Result<String, Error> {
    let request: Settle = request::read(request, &request::SETTLE)?;
    let account = context.account(request.account.as_deref(), Ability::Create)?;
    let session = context.session(account, context.call);
    let reply = if request.made {
        let (id, tracking_number) = (request.id.clone(), request.id.clone());
        let mut shipment = Shipment { id, tracking_number, ..Shipment::default() };
        shipment.stamp(account);
        Some(to_value(shipment)?)
    } else {
        None
    };
    let (scope, key) = (account.keys_of.clone(), request.idempotency_key.clone());
    let settled =
        with_store(session.state(), &account.store, move |store| store.settle(&scope, &key, reply.as_ref(), now_ms()))
            .await;
    let refuse = |code, message: &str| Err(placed(&session, Error::new(code, message)));
    match settled.map_err(|error| placed(&session, unusable(error)))? {
        Settled::Freed | Settled::Made => Ok(json!({
            "account": account.id,
            "idempotency_key": request.idempotency_key,
            "made": request.made,
            "id": request.id,
        })
        .to_string()),
        Settled::NotFound => refuse(Code::NotFound, "no create with this idempotency_key is on record; check the key"),
        Settled::AlreadyDone => {
            refuse(Code::Conflict, "this create is done already; call `create` with its key to get the shipment")
        }
        Settled::Busy => refuse(Code::Conflict, "a call with this key is in progress; wait for its answer"),
    }
}
