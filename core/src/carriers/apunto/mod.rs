//! Apunto (Mexico, freight forwarding): operations, each with the services that carry it out.
//! What its document says where: `endpoints.rs`. What its words mean: `map.rs`. How one is made: `create.rs`.

mod auth;
mod create;
mod endpoints;
mod map;
mod wire;

use crate::connector::endpoint::{Endpoint, Params, merge};
use crate::connector::lenient::{instant_of, list, text};
use crate::connector::session::Session;
use crate::connector::{Api, Carrier, Page, Refusal, Wait};
use crate::model::reply::{Cancelled, Shipment, Tracking};
use crate::model::request::{self, Create};
use crate::model::shape::{Kind, TEXT, opt};
use crate::model::{Code, Error, Token};
use crate::net::http::{Draft, Reply};
use endpoints::{
    ENDPOINTS, LOGIN, OPERATIONS_CREATE, OPERATIONS_GET, OPERATIONS_LIST, OPERATIONS_UPDATE, SERVICES_GET,
};
use futures_util::future::join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

/// Apunto.
pub(super) static CARRIER: Carrier = Carrier {
    code: "apunto",
    name: "Apunto",
    country: "MX",
    settings: &[
        opt("token", TEXT, "token de API, made in Apunto's web application; or give `email` and `password`"),
        opt("email", TEXT, "the user who logs in, instead of a token"),
        opt("password", TEXT, "the user's password"),
        opt("otp", Kind::Text(100), "código OTP, where the user has a second factor"),
        opt("subdomain", Kind::Text(63), "NAME of an installation at https://NAME.apunto.io; control when left out"),
        opt("contact_code", TEXT, "the alias of the client whose operations are made, where a create names none"),
        opt("currency_code", Kind::Capitals(3), "the currency of new operations; Apunto's own default is MXN"),
        opt("agent_email", TEXT, "the operational agent of new operations"),
    ],
    secrets: &["token", "password", "otp"],
    // "URL Base"
    host: |environment, settings| {
        let name = settings.get("subdomain").and_then(Value::as_str).filter(|name| auth::is_label(name));
        (environment == "production").then(|| format!("https://{}.apunto.io/api/v1", name.unwrap_or("control")))
    },
    plain_http_hosts: &[],
    check: Some(auth::check),
    endpoints: ENDPOINTS,
    methods: &["create", "find", "track", "cancel", "list"],
    options: &[
        ("create", &[OPERATIONS_CREATE.body_fields(), map::SERVICES]),
        ("cancel", &[OPERATIONS_UPDATE.body_fields()]),
    ],
    zone: map::zone,
    policy_header: None,
    remaining_header: None,
    locate: map::locate,
    api: &Apunto,
};

struct Apunto;

impl Api for Apunto {
    fn fetch_token<'a>(&'a self, session: &'a Session<'a>, _: Option<Token>) -> Option<Wait<'a, Token>> {
        auth::logs_in(&session.account.settings).then(|| Box::pin(auth::login(session)) as Wait<'a, Token>)
    }

    fn defaults(&self, session: &Session<'_>, endpoint: &Endpoint, params: &mut Params) {
        if let (true, Some(Value::Object(body))) = (endpoint.name == LOGIN.name, &mut params.body) {
            auth::fill(session, body);
        }
    }

    fn sign(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        draft: &mut Draft,
        token: Option<&str>,
    ) -> Result<(), Error> {
        match token.or_else(|| session.account.text("token")).filter(|_| !endpoint.public) {
            Some(token) => draft.header("authorization", &format!("Bearer {token}")),
            None => Ok(()),
        }
    }

    fn refusal(&self, _: &Endpoint, reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
        wire::refusal(reply, json)
    }

    fn parameter<'a>(&self, endpoint: &Endpoint, carrier_field: &'a str) -> &'a str {
        map::parameter(endpoint.name, carrier_field)
    }

    fn checks_options(&self, method: &str) -> bool {
        method == "create"
    }

    fn create<'a>(&'a self, session: &'a Session<'a>, request: &'a Create) -> Wait<'a, Shipment> {
        Box::pin(create::create(session, request))
    }

    fn find<'a>(
        &'a self,
        session: &'a Session<'a>,
        request: &'a Create,
        mark: &'a str,
        since_ms: i64,
    ) -> Wait<'a, Option<Shipment>> {
        Box::pin(create::find(session, request, mark, since_ms))
    }

    fn track<'a>(&'a self, session: &'a Session<'a>, id: &'a str) -> Wait<'a, Tracking> {
        Box::pin(track(session, id))
    }

    fn cancel<'a>(&'a self, session: &'a Session<'a>, request: &'a request::Cancel) -> Wait<'a, Cancelled> {
        Box::pin(cancel(session, request))
    }

    fn list<'a>(&'a self, session: &'a Session<'a>, request: &'a request::List) -> Wait<'a, Page> {
        Box::pin(list_page(session, request))
    }
}

/// An operation as a shipment, its status by the account's own map first.
fn shipment(session: &Session<'_>, operation: &Value) -> Shipment {
    let mut shipment = map::shipment(operation);
    shipment.status = session.account.status(shipment.carrier_status.as_deref(), shipment.status);
    shipment
}

/// An operation with what "show" tells of it: its tags and services.
async fn operation(session: &Session<'_>, id: &str) -> Result<Value, Error> {
    let answer = session.perform(&OPERATIONS_GET, Params::none().path("id", id)).await?;
    Ok(wire::under(&answer.raw(session), "operation").clone())
}

/// A service with its dates; as the operation shows it where it can't be asked for.
async fn whole_service(session: &Session<'_>, shown: &Value) -> Value {
    let Some(id) = text(shown, "id").filter(|_| !map::has_dates(shown)) else { return shown.clone() };
    match session.perform(&SERVICES_GET, Params::none().path("id", id)).await {
        Ok(answer) => wire::under(&answer.raw(session), "service").clone(),
        Err(error) => {
            log::warn!(target: "flete", "a service of an operation of Apunto's: {error}");
            shown.clone()
        }
    }
}

async fn track(session: &Session<'_>, id: &str) -> Result<Tracking, Error> {
    let mut operation = operation(session, id).await?;
    let shown = list(&operation, "services").to_vec();
    let services = join_all(shown.iter().map(|service| whole_service(session, service))).await;
    if let (false, Value::Object(operation)) = (services.is_empty(), &mut operation) {
        operation.insert("services".to_owned(), json!(services));
    }
    let mut tracking = map::tracking(&operation, &services, day_of(session.carrier_now_ms()));
    tracking.status = session.account.status(tracking.carrier_status.as_deref(), tracking.status);
    Ok(tracking)
}

/// The day in Mexico City.
fn day_of(ms: i64) -> Date {
    Timestamp::from_millisecond(ms).unwrap_or_else(|_| Timestamp::now()).to_zoned(map::zone()).date()
}

async fn cancel(session: &Session<'_>, request: &request::Cancel) -> Result<Cancelled, Error> {
    const CANCELED: &str = "canceled";
    let done = |raw: Value| {
        let word = text(wire::under(&raw, "operation"), "status").unwrap_or_else(|| CANCELED.to_owned());
        let status = session.account.status(Some(&word), map::status(Some(&word)));
        Cancelled { account: String::new(), id: request.id.clone(), status, raw }
    };
    let mut body = json!({"status": CANCELED});
    merge(&mut body, &session.options(&request.options));
    let params = Params::none().path("id", &*request.id).merged(json!({"operation": body}));
    let failed = match session.try_perform(&OPERATIONS_UPDATE, params).await {
        Ok(answer) => return Ok(done(answer.raw(session))),
        Err(failed) => failed,
    };
    let (mut error, lost) = (failed.error, failed.lost);
    // Nothing but the status was sent: what is refused is that the operation's state allows it.
    let of_status = |name: &str| matches!(name, "status" | "base");
    let by_state = error.http_status == Some(409)
        || (error.http_status == Some(422)
            && error.fields.iter().all(|problem| problem.carrier_field.as_deref().is_some_and(of_status)));
    // A try whose reply was lost may be what cancelled it.
    if !by_state && !lost {
        return Err(error);
    }
    let state = operation(session, &request.id).await;
    let word = state.as_ref().ok().and_then(|operation| text(operation, "status"));
    if let (Ok(operation), Some(CANCELED)) = (state, word.as_deref()) {
        return Ok(done(operation));
    }
    if !by_state && map::status(word.as_deref()) != crate::model::Status::Delivered {
        return Err(error);
    }
    if !by_state {
        let word = word.unwrap_or_default();
        error.edit().message = format!("Apunto's operation is `{word}`: it is too late to cancel it; look at `track`");
        error.edit().carrier_code = Some(word);
    }
    error.edit().code = Code::Conflict;
    error.edit().retryable = false;
    Err(error)
}

/// One page. The document's list has neither filters nor an order: what doesn't fit is left out of the page, and
/// a page may be empty with more to come.
async fn list_page(session: &Session<'_>, request: &request::List) -> Result<Page, Error> {
    let (page, size) = match &request.cursor {
        None => {
            (1, request.limit.as_ref().and_then(|limit| limit.0.normalize().to_string().parse().ok()).unwrap_or(25))
        }
        Some(cursor) => cursor
            .split_once('-')
            .and_then(|(page, size)| Some((page.parse::<u64>().ok()?, size.parse::<u64>().ok()?)))
            .filter(|(page, size)| *page > 0 && (1..=100).contains(size))
            .ok_or_else(|| Error::invalid("cursor", "is not a `next_cursor` of a page of Apunto's"))?,
    };
    let params = Params::none().query("page", page.to_string()).query("per_page", size.to_string());
    let answer = session.perform(&OPERATIONS_LIST, params).await?;
    let raw = answer.raw(session);
    let operations = list(&raw, "operations");
    let on_day = |operation: &Value| {
        request.date.is_none()
            || request.date
                == instant_of(operation, "created_at", &map::zone())
                    .and_then(|at| Some(day_of(crate::connector::lenient::millis(&at)?).to_string()))
    };
    let shipments = operations
        .iter()
        .filter(|operation| operation.as_object().is_some_and(|fields| !fields.is_empty()) && on_day(operation))
        .map(|operation| shipment(session, operation))
        .filter(|shipment| {
            let wanted = request.status.as_deref().and_then(crate::model::Status::named);
            wanted.is_none_or(|wanted| wanted == shipment.status)
        })
        .collect();
    let more = match wire::pages(&raw) {
        Some(last) => page < last,
        None => operations.len() as u64 >= size,
    };
    // Pages are only pages of one size: the cursor keeps it.
    let next_cursor = (more && !operations.is_empty()).then(|| format!("{}-{size}", page + 1));
    Ok(Page { shipments, next_cursor, stable: false })
}
