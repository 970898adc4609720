//! Apunto (Mexico, freight forwarding): operations, each with the services that carry it out.
//! The API reference as a table: `endpoints/`. What goes out: `requests.rs`, in the order of `create.rs`, `cancel.rs`
//! and `find.rs`. What comes back: `replies.rs`, `errors.rs`.

mod auth;
mod cancel;
mod create;
mod documents;
mod endpoints;
mod errors;
#[cfg(test)]
mod examples;
mod find;
mod from_quote;
mod quote;
mod reasons;
mod replies;
mod requests;
mod services;

use crate::connector::prelude::*;
use endpoints::{
    ENDPOINTS, LOGIN, OPERATIONS_CANCEL, OPERATIONS_CREATE, OPERATIONS_GET, OPERATIONS_LIST, QUOTES_CREATE_OPERATION,
    SERVICES_CANCEL,
};
use jiff::Timestamp;
use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

/// Apunto.
pub(super) static CARRIER: Carrier = Carrier {
    code: "apunto",
    name: "Apunto",
    country: "MX",
    reference: Reference {
        title: "Apunto's API documentation, version 1",
        dated: "November 2025; operations with a later `since` are from July or October 2026",
        assumed: "How its search matches, and its rate limits. Where the reply to an operation of a quote is lost, \
                  the only one like it that was made about then is taken for it. A second page form and error forms \
                  that public integrations have seen are read, too.",
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
        opt(
            "document_folders",
            Kind::Names(&Kind::Choice(request::DOCUMENT_KINDS)),
            "name of a folder → the kind of its files; POD is proof_of_delivery when left out",
        ),
    ],
    secrets: &["token", "password", "otp"],
    // "URL Base"
    host: |environment, settings| {
        let name = settings.text("subdomain").filter(|name| auth::is_label(name));
        let name = name.as_deref().unwrap_or("control");
        (environment == "production").then(|| format!("https://{name}.apunto.io/api/v1"))
    },
    endpoints: ENDPOINTS,
    abilities: &[Ability::Quote, Ability::Create, Ability::Track, Ability::Cancel, Ability::Document, Ability::List],
    finds_lost_creates: true,
    options: &[
        (Ability::Quote, quote::OPTIONS),
        (
            Ability::Create,
            &[
                OPERATIONS_CREATE.body_fields(),
                requests::SERVICES,
                from_quote::QUOTE_ID,
                QUOTES_CREATE_OPERATION.body_fields(),
            ],
        ),
        (Ability::Cancel, &[OPERATIONS_CANCEL.body_fields(), SERVICES_CANCEL.body_fields()]),
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
    kinds: documents::Kinds,
}

fn open(mut settings: Settings<'_>) -> Opened {
    auth::check_subdomain(&mut settings);
    let apunto = Apunto {
        credentials: auth::Credentials::read(&mut settings),
        contact_code: settings.text("contact_code"),
        currency_code: settings.text("currency_code"),
        agent_email: settings.text("agent_email"),
        kinds: documents::Kinds::read(&settings),
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
        find::find(session, request, mark, since_ms).await
    }

    async fn track(&self, session: &Session<'_>, id: &str) -> Result<Tracking, Error> {
        let mut operation = operation(session, id).await?;
        let services = services::dated(session, id, &operation).await;
        let documents = documents::tracked(self, session, id, &operation, &services).await;
        if let (false, Value::Object(operation)) = (services.is_empty(), &mut operation) {
            operation.insert("services".to_owned(), json!(services));
        }
        let tracking = replies::tracking(&operation, &services, day_of(session.carrier_now_ms()));
        Ok(Tracking { documents, ..tracking })
    }

    async fn cancel(&self, session: &Session<'_>, request: &request::Cancel) -> Result<Cancelled, Error> {
        cancel::cancel(session, request).await
    }

    async fn document(&self, session: &Session<'_>, request: &request::Document) -> Result<Vec<Document>, Error> {
        documents::document(self, session, request).await
    }

    fn no_quote(&self, native: &Native<'_>) -> Option<&'static str> {
        quote::missing(native)
    }

    async fn quote(&self, session: &Session<'_>, request: &Quote) -> Result<Vec<Rate>, Error> {
        quote::quote(session, request).await
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
        let page = answer.clean(session);
        let on_day = |operation: &Value| {
            request.date.is_none()
                || request.date
                    == instant_of(operation, "created_at", &zone())
                        .and_then(|at| Some(day_of(crate::connector::lenient::millis(&at)?).to_string()))
        };
        let shipments = OPERATIONS_LIST
            .items(&page)
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
    Ok(replies::under(&answer.clean(session), "operation").clone())
}

/// The day in Mexico City.
fn day_of(ms: i64) -> Date {
    Timestamp::from_millisecond(ms).unwrap_or_else(|_| Timestamp::now()).to_zoned(zone()).date()
}

/// A name without what doesn't tell it from another.
fn folded(name: &str) -> String {
    name.trim().nfc().collect::<String>().to_lowercase()
}
