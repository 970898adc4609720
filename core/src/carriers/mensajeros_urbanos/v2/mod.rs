//! The second generation of Mensajeros Urbanos' API, "Domicilios API v2": an account with `"api": "v2"`.
//!
//! It was written from public integrations, as there is no published copy of the carrier's page. What they show as sent
//! and answered is relied on; what they only describe is read where it comes; the rest is unknown, and stays so.
//! The operations as a table: `endpoints.rs`. What goes out: `requests.rs`. What comes back: `replies.rs`, `errors.rs`,
//! and much of the first generation's `../replies.rs` and `../push.rs`.

mod endpoints;
mod errors;
mod replies;
mod requests;

use super::{API, CODE, NAME, WEBHOOK_TOKEN, push, zone};
use crate::connector::answer::Answer;
use crate::connector::prelude::*;
use crate::connector::{Stage, at_stage};
use endpoints::{CANCEL, CLIENT, CREATE, ENDPOINTS, KIND, QUOTE, TRACK, WHY};

/// Mensajeros Urbanos, by its second API.
pub(in crate::carriers) static CARRIER: Carrier = Carrier {
    code: CODE,
    api: Some("v2"),
    name: NAME,
    country: "CO",
    reference: Reference {
        title: "Public integrations of \"Domicilios API v2\", as the carrier's own page could not be had",
        dated: "their code of April and May 2026",
        assumed: "The replies to all calls but quote and create, what each refusal looks like, and what a \
                  create that failed did. Try it with one small order first.",
    },
    settings: &[
        API,
        req("token", Kind::Text(4_000), "the token that Mensajeros Urbanos gave your company for its API v2"),
        opt("store_id", Kind::Text(200), "the store where couriers collect, for an origin without `carrier_id`"),
        WEBHOOK_TOKEN,
    ],
    secrets: &["token", "webhook_token"],
    // Of a test environment no host is known.
    host: |environment, _| {
        (environment == "production").then(|| "https://mu-integraciones.mensajerosurbanos.com".to_owned())
    },
    endpoints: ENDPOINTS,
    abilities: &[Ability::Quote, Ability::Create, Ability::Track, Ability::Cancel, Ability::Webhook],
    // There is no list to look in, and nothing shows that a second create with the same order makes no second service.
    finds_lost_creates: false,
    options: &[
        (Ability::Quote, &[QUOTE.body_fields()]),
        (Ability::Create, &[CREATE.body_fields(), requests::CLIENT_FIELDS, CLIENT.fields]),
        (Ability::Cancel, &[&[KIND, WHY]]),
    ],
    zone,
    ..Carrier::opened_by(open)
};

/// Mensajeros Urbanos' second API, for one account.
struct V2 {
    token: String,
    store_id: Option<String>,
    webhook_token: Option<String>,
}

fn open(mut settings: Settings<'_>) -> Opened {
    let carrier = V2 {
        token: settings.required("token"),
        store_id: settings.text("store_id"),
        webhook_token: settings.text("webhook_token"),
    };
    settings.open(carrier)
}

/// Why a shipment is cancelled, where the caller doesn't say.
const USUAL_REASON: &str = "Cancelado por la tienda";
/// Of the four kinds of cancelling, the one that an integration sends.
const USUAL_KIND: u8 = 4;
/// `status_id` from which on a courier has the service.
const ASSIGNED: u64 = 3;
const CANCELLED: u64 = 6;

#[async_trait(?Send)]
impl Api for V2 {
    fn usual_service(&self) -> Option<String> {
        Some(requests::DELIVERY.to_string())
    }

    /// The token is a field of every body.
    fn defaults(&self, endpoint: &Endpoint, params: &mut Params) {
        let Some(Value::Object(body)) = &mut params.body else { return };
        // The page is said to spell it with one `s` in a cancel; an integration sends the right name.
        let names = if endpoint.name == CANCEL.name { &["access_token", "acces_token"][..] } else { &["access_token"] };
        for name in names {
            body.entry(*name).or_insert_with(|| json!(self.token));
        }
        if endpoint.name == CREATE.name {
            body.entry("os").or_insert_with(|| json!(requests::OS));
        }
    }

    /// Nothing: the token is in the body.
    fn sign(&self, _: &Session<'_>, _: &Endpoint, _: &mut Draft, _: Option<&str>) -> Result<(), Error> {
        Ok(())
    }

    fn refusal(&self, _: &Endpoint, reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
        errors::refusal(reply, json)
    }

    /// No source shows a whole track reply: a `data` that is a list of one service is read as that service.
    fn tidy(&self, json: &mut Value) -> bool {
        if let Some(Value::Array(services)) = json.get_mut("data")
            && let [service @ Value::Object(_)] = &mut services[..]
        {
            json["data"] = service.take();
            return true;
        }
        false
    }

    async fn quote(&self, session: &Session<'_>, request: &Quote) -> Result<Vec<Rate>, Error> {
        let native = session.native(Ability::Quote, &request.options);
        let (body, sources) = requests::quote(request, &native)?;
        let service = super::replies::service(text(&body, "type_service"));
        let answer = session.perform(&QUOTE, Params::none().body(body).sources(sources)).await?;
        Ok(vec![replies::rate(&answer.clean(session), service)])
    }

    async fn create(&self, session: &Session<'_>, request: &Create) -> Result<Shipment, Error> {
        let native = session.native(Ability::Create, &request.options);
        let (mark, now) = (session.journal.mark(), session.local_now()?);
        let (body, sources) = requests::create(request, self.store_id.as_deref(), &native, mark, now)?;
        let answer = session.perform(&CREATE, Params::none().body(body).sources(sources)).await?;
        Ok(replies::made(&answer.clean(session)))
    }

    async fn track(&self, session: &Session<'_>, id: &str) -> Result<Tracking, Error> {
        Ok(super::replies::tracking(&service(session, id).await?.clean(session)))
    }

    async fn cancel(&self, session: &Session<'_>, request: &request::Cancel) -> Result<Cancelled, Error> {
        let id = request.id.as_str();
        let mut body = Body::new(&CANCEL, NAME);
        body.put("task_uuid", "id", id);
        body.fixed(KIND.name, USUAL_KIND);
        body.put(WHY.name, "reason", filled(&request.reason).unwrap_or(USUAL_REASON));
        let native = session.native(Ability::Cancel, &request.options);
        if native.get("task_uuid").is_some() {
            let place = format!("{}.task_uuid", native.place());
            body.problems.add(place, "is the shipment that `id` names; leave it out");
        }
        body.native(&native);
        let params = body.params()?;
        let now = super::replies::tracking(&service(session, id).await?.clean(session));
        match state(&now) {
            Some(CANCELLED) => return Ok(cancelled(now)),
            Some(ASSIGNED..) => return Err(too_late(Error::new(Code::Conflict, ""), now)),
            _ => {}
        }
        let mut failed = match session.try_perform(&CANCEL, params).await {
            Ok(answer) => {
                let (status, status_code) = (Status::Cancelled, Some(CANCELLED.to_string()));
                return Ok(Cancelled { status, status_code, raw: answer.clean(session).raw(), ..Cancelled::default() });
            }
            // A refusal of the data may be one of the state: what is sent is right.
            Err(failed) if failed.lost || failed.error.code == Code::Validation => failed.error,
            Err(failed) => return Err(failed.error),
        };
        // The same call may be made again: it makes no shipment, and looks first.
        failed = at_stage(Stage::NoShipment, failed, session.call.outcome());
        failed.edit().retryable = failed.code.retryable();
        // Its reply was lost, or says nothing clear. It is not sent again: the state tells.
        let Ok(answer) = service(session, id).await else { return Err(failed) };
        let now = super::replies::tracking(&answer.clean(session));
        match state(&now) {
            Some(CANCELLED) => Ok(cancelled(now)),
            Some(ASSIGNED..) => Err(too_late(failed, now)),
            _ => Err(failed),
        }
    }

    async fn webhook(&self, session: &Session<'_>, request: &request::Webhook) -> Result<Push, Error> {
        push::webhook(session, self.webhook_token.as_deref(), request)
    }
}

/// What the carrier shows of a service.
async fn service(session: &Session<'_>, id: &str) -> Result<Answer, Error> {
    let mut params = Params::none().body(json!({"uuid": id}));
    params.sources.add("uuid", "id");
    let answer = session.perform(&TRACK, params).await?;
    // How one that doesn't exist is told isn't known; a success without one shows none.
    if !super::replies::shows_task(&answer.json) {
        let mut error = Error::new(Code::NotFound, format!("{NAME} shows nothing of this service; check the id"));
        error.edit().raw = Some(answer.clean(session).into_value());
        return Err(error);
    }
    Ok(answer)
}

/// The state of a service, by its number.
fn state(now: &Tracking) -> Option<u64> {
    now.status_code.as_deref()?.parse().ok()
}

/// A courier has it.
fn too_late(mut error: Error, now: Tracking) -> Error {
    let state = now.carrier_status.or(now.status_code).unwrap_or_default();
    let details = error.edit();
    details.code = Code::Conflict;
    details.retryable = false;
    details.message =
        format!("{NAME}' service is `{state}`: it can be cancelled only before a courier is assigned; see `track`");
    details.operation = Some(CANCEL.name.to_owned());
    details.raw = Some(now.raw.into());
    error
}

/// A service that is cancelled by now.
fn cancelled(now: Tracking) -> Cancelled {
    Cancelled { status: now.status, status_code: now.status_code, raw: now.raw, ..Cancelled::default() }
}
