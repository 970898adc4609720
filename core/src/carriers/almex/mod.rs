//! Almex (Mexico): a quote, a pickup request, the last event, and the image of the signed waybill.
//! The API reference as a table: `endpoints.rs`. What goes out: `requests.rs`. What comes back: `replies.rs`,
//! `errors.rs`, and `rates.rs` for prices.

mod auth;
mod endpoints;
mod errors;
mod rates;
mod replies;
mod requests;

use crate::connector::documents;
use crate::connector::journal::MADE;
use crate::connector::prelude::*;
use crate::net::token::now_ms;
use endpoints::{
    AUTH_REFRESH, AUTH_TOKEN, DOCUMENTS_IMAGE, ENDPOINTS, PICKUPS_CREATE, QUOTES_RATE, TRACKING_LAST_EVENT,
};

/// Almex.
pub(super) static CARRIER: Carrier = Carrier {
    code: "almex",
    name: "Almex",
    country: "MX",
    reference: Reference {
        title: "Almex's API reference \"ALMEXAPIQA\"",
        dated: "undated; its samples are of 2020 and January 2021",
        assumed: "The replies to a quote and to a pickup request: known forms are read, and a price or \
                  number that can't be recognised is never guessed. Of the events it defines \"delivered\" \
                  alone.",
    },
    settings: &[
        req("user_name", Kind::Text(200), "userName, the user that Almex gave you for its API"),
        req("password", Kind::Text(1000), "password, the one of that user"),
        req("account_number", Kind::Text(100), "numberAccount, the number of your account with Almex"),
        req(
            "subscription_key",
            Kind::Either(&Kind::Text(1000), &Kind::Object(&KEYS)),
            "subscription-key, from Almex's API portal: one for every API, or an object with a key for each",
        ),
    ],
    secrets: &["password", "subscription_key"],
    // The API reference has only the host for tests.
    host: |environment, _| (environment == "test").then(|| "https://almexapiqa.azure-api.net".to_owned()),
    endpoints: ENDPOINTS,
    abilities: &[Ability::Quote, Ability::Create, Ability::Track, Ability::Document],
    options: &[(Ability::Quote, &[QUOTES_RATE.body_fields()]), (Ability::Create, &[PICKUPS_CREATE.body_fields()])],
    zone,
    ..Carrier::opened_by(open)
};

const KEY: Kind = Kind::Text(1000);
static KEYS: Shape = Shape {
    name: "SubscriptionKeys",
    fields: &[
        opt("auth", KEY, "for auth.token"),
        opt("refresh", KEY, "for auth.refresh"),
        opt("quote", KEY, "for quotes.rate"),
        opt("pickup", KEY, "for pickups.create"),
        opt("tracking", KEY, "for tracking.last_event"),
        opt("imaging", KEY, "for documents.image"),
        opt("default", KEY, "for those without one of their own"),
    ],
};

/// Almex's times have no offset.
fn zone() -> TimeZone {
    tz::get!("America/Mexico_City")
}

/// Almex, for one account.
struct Almex {
    user_name: String,
    password: String,
    account_number: String,
    keys: auth::Keys,
}

fn open(mut settings: Settings<'_>) -> Opened {
    let almex = Almex {
        user_name: settings.required("user_name"),
        password: settings.required("password"),
        account_number: settings.required("account_number"),
        keys: auth::Keys::read(&mut settings),
    };
    settings.open(almex)
}

#[async_trait(?Send)]
impl Api for Almex {
    fn has_tokens(&self) -> bool {
        true
    }

    async fn fetch_token(&self, session: &Session<'_>, last: Option<Token>) -> Result<Token, Error> {
        fetch_token(session, last).await
    }

    fn usual_service(&self) -> Option<String> {
        Some(requests::USUAL_SERVICE.to_string())
    }

    fn defaults(&self, endpoint: &Endpoint, params: &mut Params) {
        if endpoint.name == AUTH_TOKEN.name
            && let Some(Value::Object(body)) = &mut params.body
        {
            let own =
                [("userName", &self.user_name), ("password", &self.password), ("numberAccount", &self.account_number)];
            for (name, value) in own {
                if let None | Some(Value::Null) = body.get(name) {
                    body.insert(name.to_owned(), json!(value));
                }
            }
        }
        if endpoint.name == DOCUMENTS_IMAGE.name {
            for (name, value) in [("documentType", "DR"), ("documentFormat", "URL")] {
                if !params.query.iter().any(|(given, _)| *given == name) {
                    params.query.push((name, value.into()));
                }
            }
        }
    }

    fn sign(&self, _: &Session<'_>, endpoint: &Endpoint, draft: &mut Draft, token: Option<&str>) -> Result<(), Error> {
        draft.url.query_pairs_mut().append_pair("subscription-key", self.keys.of(endpoint.name));
        match token {
            Some(token) => draft.header("authorization", &format!("Bearer {token}")),
            None => Ok(()),
        }
    }

    fn refusal(&self, endpoint: &Endpoint, reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
        errors::refusal(endpoint, reply, json)
    }

    async fn quote(&self, session: &Session<'_>, request: &Quote) -> Result<Vec<Rate>, Error> {
        let native = session.native(Ability::Quote, &request.options);
        let answer = session.perform(&QUOTES_RATE, requests::rate_request(request, &native)?).await?;
        Ok(rates::read(&answer.clean(session)))
    }

    async fn create(&self, session: &Session<'_>, request: &Create) -> Result<Shipment, Error> {
        // Made by an earlier attempt, whose reply named nothing: sending it again would make a second one.
        if let Some(raw) = session.journal.step(MADE) {
            return Err(nameless(&PICKUPS_CREATE, Outcome::Done, NAMELESS, raw));
        }
        let native = session.native(Ability::Create, &request.options);
        let params = requests::pickup_request(request, &native, session.journal.mark(), session.local_now()?)?;
        let answer = session.perform(&PICKUPS_CREATE, params).await?.clean(session);
        let shipment = replies::shipment(&answer);
        if shipment.id.is_none() {
            return Err(session.made_nameless(&PICKUPS_CREATE, NAMELESS, &answer).await);
        }
        Ok(shipment)
    }

    async fn track(&self, session: &Session<'_>, id: &str) -> Result<Tracking, Error> {
        let answer = session.perform(&TRACKING_LAST_EVENT, waybill(id)).await?;
        Ok(replies::tracking(&answer.clean(session), id, |code| {
            let documented = if code == Some(replies::DELIVERED) { Status::Delivered } else { Status::Unknown };
            session.account.status(code, documented)
        }))
    }

    async fn document(&self, session: &Session<'_>, request: &request::Document) -> Result<Vec<Document>, Error> {
        // "Imaging": DR is the waybill that the consignee signed; there is no other image.
        let kind = match request.wanted()? {
            Wanted::Kind(kind @ "proof_of_delivery") => kind,
            Wanted::Kind(other) => return Err(documents::none_of(session.account, other)),
            Wanted::Id(id) => return Err(documents::not_listed(session.account, id)),
        };
        let answer = session.perform(&DOCUMENTS_IMAGE, waybill(&request.id)).await?;
        let Some(url) = replies::image_url(&answer.json) else {
            let mut error = Error::new(Code::CarrierResponse, "Almex's reply has no `url` of the image");
            error.edit().operation = Some(DOCUMENTS_IMAGE.name.to_owned());
            error.edit().raw = Some(answer.clean(session).into_value());
            return Err(error);
        };
        Ok(vec![documents::at_url(kind, url)])
    }
}

fn waybill(id: &str) -> Params {
    Params::none().path("id", id)
}

/// A new token: the last one renewed, where it has only just ended; else a login.
async fn fetch_token(session: &Session<'_>, last: Option<Token>) -> Result<Token, Error> {
    if let Some(last) = last.filter(|last| auth::renewable(last, now_ms())) {
        let renewed = session.perform(&AUTH_REFRESH, Params::none().body(json!({"token": last.value}))).await;
        match renewed {
            Ok(answer) => {
                if let Some(token) = auth::token(&answer.json) {
                    return Ok(token);
                }
            }
            Err(error) => log::debug!(
                target: "flete",
                "{}: the token was not renewed ({}); logging in", session.account.id, error.code.as_str()
            ),
        }
    }
    let answer = session.perform(&AUTH_TOKEN, Params::none().body(json!({}))).await?;
    auth::token(&answer.json).ok_or_else(|| {
        let mut error = Error::new(Code::CarrierResponse, "Almex's reply to the login has no token");
        error.edit().operation = Some(AUTH_TOKEN.name.to_owned());
        error.edit().raw = Some(answer.raw_names());
        error
    })
}

/// The API reference doesn't show the reply to a pickup request: a success that names nothing is still a shipment.
const NAMELESS: &str = "Almex's reply has no number that can be read; ask Almex whether it took the pickup request, and \
                        for the waybill (with an idempotency_key, say it with `settle`), before it is created again";
