//! Mensajeros Urbanos (Colombia): couriers in a city, priced by distance, paid in pesos.
//! What its document says where: `endpoints.rs`. What its words mean: `map.rs`.

mod auth;
mod cities;
mod endpoints;
mod locate;
mod map;
mod order;
mod push;
mod tasks;
mod wire;

use crate::connector::endpoint::{Body, Endpoint, Params, given};
use crate::connector::journal::MADE;
use crate::connector::session::Session;
use crate::connector::{Api, Carrier, Page, Refusal, Wait};
use crate::model::reply::{Push, Rate, Shipment, Tracking};
use crate::model::request::{self, Create, Quote};
use crate::model::shape::{Kind, opt, req};
use crate::model::{Code, Error, Status, Token};
use crate::net::http::{Draft, Reply};
use endpoints::{CLIENT, CREATE, ENDPOINTS, QUOTE};
use serde_json::{Value, json};

/// A whole number that is somebody's id.
const ID: Kind = Kind::Integer(1, 9_007_199_254_740_991);
/// "type_service" of both samples.
const USUAL_SERVICE: i64 = 4;

/// Mensajeros Urbanos.
pub(super) static CARRIER: Carrier = Carrier {
    code: "mensajeros_urbanos",
    name: "Mensajeros Urbanos",
    country: "CO",
    settings: &[
        req("client_id", Kind::Text(200), "Client ID, which Mensajeros Urbanos gave your company for its API"),
        req("client_secret", Kind::Text(500), "Client secret, which came with the Client ID"),
        req("user_id", ID, "User ID, the number of your company's user at Mensajeros Urbanos"),
        opt("city", ID, "the city's number, for an origin without a city"),
        opt("service_type", ID, "`type_service`; 4 when left out"),
        opt("webhook_token", Kind::Text(500), "the token that comes with every push"),
    ],
    secrets: &["client_secret", "webhook_token"],
    // The document has this one host, and no other for production.
    host: |environment, _| (environment == "test").then(|| "http://dev.api.mensajerosurbanos.com".to_owned()),
    plain_http_hosts: &["dev.api.mensajerosurbanos.com"],
    check: None,
    endpoints: ENDPOINTS,
    methods: &["quote", "create", "find", "track", "list", "webhook"],
    options: &[
        ("quote", &[QUOTE.body_fields()]),
        ("create", &[CREATE.body_fields(), order::CLIENT_FIELDS, CLIENT.fields]),
    ],
    zone: map::zone,
    policy_header: None,
    remaining_header: None,
    locate: locate::locate,
    api: &MensajerosUrbanos,
};

struct MensajerosUrbanos;

impl Api for MensajerosUrbanos {
    fn fetch_token<'a>(&'a self, session: &'a Session<'a>, _: Option<Token>) -> Option<Wait<'a, Token>> {
        Some(Box::pin(auth::fetch(session)))
    }

    fn defaults(&self, session: &Session<'_>, endpoint: &Endpoint, params: &mut Params) {
        let (Body::Json { .. }, Some(Value::Object(body))) = (&endpoint.body, &mut params.body) else { return };
        let user = body.entry("id_user").or_insert(Value::Null);
        if user.is_null() {
            *user = json!(session.account.integer("user_id"));
        }
    }

    fn sign(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        draft: &mut Draft,
        token: Option<&str>,
    ) -> Result<(), Error> {
        auth::sign(session, endpoint, draft, token)
    }

    fn refusal(&self, endpoint: &Endpoint, reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
        wire::refusal(endpoint.public, reply, json)
    }

    fn quote<'a>(&'a self, session: &'a Session<'a>, request: &'a Quote) -> Wait<'a, Vec<Rate>> {
        Box::pin(quote(session, request))
    }

    fn create<'a>(&'a self, session: &'a Session<'a>, request: &'a Create) -> Wait<'a, Shipment> {
        Box::pin(create(session, request))
    }

    fn find<'a>(
        &'a self,
        session: &'a Session<'a>,
        request: &'a Create,
        mark: &'a str,
        _since_ms: i64,
    ) -> Wait<'a, Option<Shipment>> {
        Box::pin(async move {
            let native = session.options(&request.options);
            let task = tasks::marked(session, given(&native, "id_user"), mark).await?;
            Ok(task.map(|task| shipment(session, &task)))
        })
    }

    fn track<'a>(&'a self, session: &'a Session<'a>, id: &'a str) -> Wait<'a, Tracking> {
        Box::pin(track(session, id))
    }

    fn list<'a>(&'a self, session: &'a Session<'a>, request: &'a request::List) -> Wait<'a, Page> {
        Box::pin(list(session, request))
    }

    fn webhook<'a>(&'a self, session: &'a Session<'a>, request: &'a request::Webhook) -> Wait<'a, Push> {
        Box::pin(async move { webhook(session, request) })
    }
}

fn terms<'a>(session: &Session<'_>, native: &'a Value) -> order::Terms<'a> {
    order::Terms {
        service: session.account.integer("service_type").unwrap_or(USUAL_SERVICE),
        city: session.account.integer("city"),
        native,
    }
}

/// What a task's state means for this account: `status_map` goes by `status_id`.
fn mapped(session: &Session<'_>, code: Option<&str>, documented: Status) -> Status {
    session.account.status(code, documented)
}

fn shipment(session: &Session<'_>, task: &Value) -> Shipment {
    let mut shipment = map::shipment(task);
    shipment.status = mapped(session, map::code(task).as_deref(), shipment.status);
    shipment
}

// ---- quote

async fn quote(session: &Session<'_>, request: &Quote) -> Result<Vec<Rate>, Error> {
    let native = session.options(&request.options);
    let body = order::quote(request, &terms(session, &native))?;
    let service = map::service(crate::connector::lenient::text(&body, "type_service"));
    let answer = session.perform(&QUOTE, Params::none().merged(body)).await?;
    Ok(vec![map::rate(&answer.raw(session), service)])
}

// ---- create

async fn create(session: &Session<'_>, request: &Create) -> Result<Shipment, Error> {
    let native = session.options(&request.options);
    // Made by an earlier attempt, whose reply had no uuid: it's in the list now, or a person has to look.
    if let (Some(raw), Some(mark)) = (session.journal.step(MADE), session.journal.mark()) {
        let task = tasks::marked(session, given(&native, "id_user"), mark).await?;
        return task.map(|task| shipment(session, &task)).ok_or_else(|| nameless(raw));
    }
    let now = session.local_now()?;
    let body = order::create(request, &terms(session, &native), session.journal.mark(), now)?;
    let answer = session.perform(&CREATE, Params::none().body(body)).await?;
    let raw = answer.raw(session);
    let mut shipment = map::made(&raw);
    shipment.status = mapped(session, map::code(map::data(&raw)).as_deref(), shipment.status);
    if shipment.id.is_some() {
        return Ok(shipment);
    }
    if let Err(error) = session.record(MADE, raw.clone()).await {
        log::error!(target: "flete", "{}: the reply was not kept with its key: {error}", session.account.id);
    }
    let mut error = nameless(raw);
    error.edit().http_status = Some(answer.reply.status);
    Err(error)
}

/// A create's reply without a uuid can't be followed: the caller must know that there may be a shipment.
fn nameless(raw: Value) -> Error {
    let mut error = Error::new(
        Code::CarrierResponse,
        "Mensajeros Urbanos' reply has no `uuid`; look for the service in the carrier's list",
    );
    error.edit().retryable = false;
    error.edit().outcome = crate::model::Outcome::Done;
    error.edit().created = Some(json!({"shipment": raw}));
    error.edit().raw = Some(raw);
    error
}

// ---- track

async fn track(session: &Session<'_>, id: &str) -> Result<Tracking, Error> {
    let answer = tasks::detail(session, id).await?;
    let raw = answer.raw(session);
    let mut tracking = map::tracking(&raw);
    tracking.status = mapped(session, map::code(map::data(&raw)).as_deref(), tracking.status);
    for event in &mut tracking.events {
        event.status = mapped(session, event.code.as_deref(), event.status);
    }
    Ok(tracking)
}

// ---- list

async fn list(session: &Session<'_>, request: &request::List) -> Result<Page, Error> {
    let kinds = kinds(session, request.status.as_deref())?;
    let (kind, number) = match &request.cursor {
        None => (kinds[0], 1),
        Some(cursor) => cursor
            .split_once(':')
            .and_then(|(kind, number)| Some((kind.parse().ok()?, number.parse().ok()?)))
            .filter(|(kind, number)| kinds.contains(kind) && *number >= 1)
            .ok_or_else(|| Error::invalid("cursor", "is no `next_cursor` of a list with this status"))?,
    };
    let page = tasks::page(session, None, kind, number).await?;
    let wanted = request.status.as_deref().and_then(Status::named);
    let shipments = page
        .tasks
        .iter()
        // The carrier has no filter by day.
        .filter(|task| request.date.as_deref().is_none_or(|day| map::made_on(task, day)))
        .map(|task| shipment(session, task))
        .filter(|shipment| wanted.is_none_or(|status| shipment.status == status))
        .collect();
    let after = kinds.iter().find(|other| **other > kind);
    let next_cursor =
        if page.more { Some(format!("{kind}:{}", number + 1)) } else { after.map(|kind| format!("{kind}:1")) };
    Ok(Page { shipments, next_cursor, stable: false })
}

/// Which of the carrier's two lists may have shipments in this status.
fn kinds(session: &Session<'_>, status: Option<&str>) -> Result<Vec<i64>, Error> {
    let both = [tasks::ACTIVE, tasks::ENDED];
    let Some(wanted) = status.and_then(Status::named).filter(|status| *status != Status::Unknown) else {
        return Ok(both.to_vec());
    };
    let has = |kind: &i64| map::states_of(*kind).any(|(code, status)| mapped(session, Some(&code), status) == wanted);
    let kinds: Vec<i64> = both.into_iter().filter(has).collect();
    if kinds.is_empty() {
        return Err(Error::invalid(
            "status",
            "Mensajeros Urbanos can list pre_transit, in_transit, delivered and cancelled",
        ));
    }
    Ok(kinds)
}

// ---- webhook

fn webhook(session: &Session<'_>, request: &request::Webhook) -> Result<Push, Error> {
    let token = session.account.text("webhook_token").ok_or_else(|| {
        Error::config(
            "webhook_token",
            "is required on the account for `webhook`: the token of Mensajeros Urbanos' pushes",
        )
    })?;
    let mut push = push::read(&request.body, token).map_err(|mut error| {
        if let Some(raw) = &mut error.edit().raw {
            session.account.secrets.clean_value(raw);
        }
        error
    })?;
    session.account.secrets.clean_value(&mut push.raw);
    push.status = mapped(session, push.event.code.as_deref(), push.status);
    push.event.status = push.status;
    Ok(push)
}
