//! Apunto (Mexico, freight forwarding): operations, each with the services that carry it out.
//! The API reference as a table: `endpoints.rs`. What goes out: `requests.rs`, in the order of `create.rs`. What
//! comes back: `replies.rs`, `errors.rs`.

mod auth;
mod create;
mod endpoints;
mod errors;
#[cfg(test)]
mod examples;
mod replies;
mod requests;

use crate::connector::prelude::*;
use endpoints::{
    ENDPOINTS, LOGIN, OPERATIONS_CREATE, OPERATIONS_GET, OPERATIONS_LIST, OPERATIONS_UPDATE, SERVICES_GET,
};
use futures_util::future::join_all;
use jiff::Timestamp;
use jiff::civil::Date;

/// Apunto.
pub(super) static CARRIER: Carrier = Carrier {
    code: "apunto",
    name: "Apunto",
    country: "MX",
    reference: Reference {
        title: "Apunto's API documentation, version 1",
        dated: "November 2025; operations with a later `since` are from July or October 2026",
        assumed: "How its search matches, and its rate limits. A second page form and error forms that \
                  public integrations have seen are read, too.",
    },
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
        let name = settings.text("subdomain").filter(|name| auth::is_label(name));
        let name = name.as_deref().unwrap_or("control");
        (environment == "production").then(|| format!("https://{name}.apunto.io/api/v1"))
    },
    endpoints: ENDPOINTS,
    abilities: &[Ability::Create, Ability::Track, Ability::Cancel, Ability::List],
    finds_lost_creates: true,
    options: &[
        (Ability::Create, &[OPERATIONS_CREATE.body_fields(), requests::SERVICES]),
        (Ability::Cancel, &[OPERATIONS_UPDATE.body_fields()]),
    ],
    zone,
    renamed: requests::RENAMED,
    ..Carrier::opened_by(open)
};

/// Apunto's dates are Mexico's.
fn zone() -> TimeZone {
    tz::get!("America/Mexico_City")
}

/// Apunto, for one account.
struct Apunto {
    credentials: auth::Credentials,
    contact_code: Option<String>,
    currency_code: Option<String>,
    agent_email: Option<String>,
}

fn open(mut settings: Settings<'_>) -> Opened {
    auth::check_subdomain(&mut settings);
    let apunto = Apunto {
        credentials: auth::Credentials::read(&mut settings),
        contact_code: settings.text("contact_code"),
        currency_code: settings.text("currency_code"),
        agent_email: settings.text("agent_email"),
    };
    settings.open(apunto)
}

#[async_trait(?Send)]
impl Api for Apunto {
    fn has_tokens(&self) -> bool {
        self.credentials.login.is_some()
    }

    async fn fetch_token(&self, session: &Session<'_>, _: Option<Token>) -> Result<Token, Error> {
        auth::fetch(session).await
    }

    fn defaults(&self, endpoint: &Endpoint, params: &mut Params) {
        if let (true, Some(Value::Object(body)), Some(login)) =
            (endpoint.name == LOGIN.name, &mut params.body, &self.credentials.login)
        {
            login.fill(body);
        }
    }

    fn sign(&self, _: &Session<'_>, endpoint: &Endpoint, draft: &mut Draft, token: Option<&str>) -> Result<(), Error> {
        match token.or(self.credentials.token.as_deref()).filter(|_| !endpoint.public) {
            Some(token) => draft.header("authorization", &format!("Bearer {token}")),
            None => Ok(()),
        }
    }

    /// "Attachment": its `url` takes the token, and answers with a redirect to the storage.
    fn signs_files(&self) -> bool {
        true
    }

    fn refusal(&self, _: &Endpoint, reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
        errors::refusal(reply, json)
    }

    async fn create(&self, session: &Session<'_>, request: &Create) -> Result<Shipment, Error> {
        create::create(self, session, request).await
    }

    async fn find(
        &self,
        session: &Session<'_>,
        request: &Create,
        mark: &str,
        since_ms: i64,
    ) -> Result<Option<Shipment>, Error> {
        create::find(session, request, mark, since_ms).await
    }

    async fn track(&self, session: &Session<'_>, id: &str) -> Result<Tracking, Error> {
        let mut operation = operation(session, id).await?;
        let shown = list(&operation, "services").to_vec();
        let services = join_all(shown.iter().map(|service| whole_service(session, service))).await;
        if let (false, Value::Object(operation)) = (services.is_empty(), &mut operation) {
            operation.insert("services".to_owned(), json!(services));
        }
        Ok(replies::tracking(&operation, &services, day_of(session.carrier_now_ms())))
    }

    async fn cancel(&self, session: &Session<'_>, request: &request::Cancel) -> Result<Cancelled, Error> {
        const CANCELED: &str = "canceled";
        let done = |raw: Value| {
            let word = text(replies::under(&raw, "operation"), "status").unwrap_or_else(|| CANCELED.to_owned());
            Cancelled { status: replies::status(Some(&word)), status_code: Some(word), raw, ..Cancelled::default() }
        };
        let mut body = Body::new(&OPERATIONS_UPDATE, "Apunto");
        body.fixed("status", CANCELED);
        body.native(&session.native(Ability::Cancel, &request.options));
        let params = body.params()?.path("id", &*request.id);
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
        if !by_state && replies::status(word.as_deref()) != crate::model::Status::Delivered {
            return Err(error);
        }
        if !by_state {
            let word = word.unwrap_or_default();
            error.edit().message =
                format!("Apunto's operation is `{word}`: it is too late to cancel it; look at `track`");
            error.edit().carrier_code = Some(word);
        }
        error.edit().code = Code::Conflict;
        error.edit().retryable = false;
        Err(error)
    }

    /// The API reference's list has neither filters nor an order: what doesn't fit is left out of the page, and a page
    /// may be empty with more to come.
    async fn list(&self, session: &Session<'_>, request: &request::List) -> Result<Page, Error> {
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
        let pages = session.pages(&OPERATIONS_LIST, Params::none().query("per_page", size.to_string()));
        let (answer, next) = pages.at(Some(page.to_string())).await?;
        let raw = answer.raw(session);
        let on_day = |operation: &Value| {
            request.date.is_none()
                || request.date
                    == instant_of(operation, "created_at", &zone())
                        .and_then(|at| Some(day_of(crate::connector::lenient::millis(&at)?).to_string()))
        };
        let shipments = OPERATIONS_LIST
            .items(&raw)
            .iter()
            .filter(|operation| operation.as_object().is_some_and(|fields| !fields.is_empty()) && on_day(operation))
            .map(replies::shipment)
            .collect();
        // Pages are only pages of one size: the cursor keeps it.
        let next_cursor = next.map(|page| format!("{page}-{size}"));
        Ok(Page { shipments, next_cursor, stable: false })
    }
}

/// An operation with what "show" tells of it: its tags and services.
async fn operation(session: &Session<'_>, id: &str) -> Result<Value, Error> {
    let answer = session.perform(&OPERATIONS_GET, Params::none().path("id", id)).await?;
    Ok(replies::under(&answer.raw(session), "operation").clone())
}

/// A service with its dates; as the operation shows it where it can't be asked for.
async fn whole_service(session: &Session<'_>, shown: &Value) -> Value {
    let Some(id) = text(shown, "id").filter(|_| !replies::has_dates(shown)) else { return shown.clone() };
    match session.perform(&SERVICES_GET, Params::none().path("id", id)).await {
        Ok(answer) => replies::under(&answer.raw(session), "service").clone(),
        Err(error) => {
            log::warn!(target: "flete", "a service of an operation of Apunto's: {error}");
            shown.clone()
        }
    }
}

/// The day in Mexico City.
fn day_of(ms: i64) -> Date {
    Timestamp::from_millisecond(ms).unwrap_or_else(|_| Timestamp::now()).to_zoned(zone()).date()
}
