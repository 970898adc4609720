//! Mensajeros Urbanos (Colombia): couriers in a city, priced by distance, paid in pesos.
//! The API reference as a table: `endpoints.rs`. What goes out: `requests.rs`. What comes back: `replies.rs`,
//! `errors.rs`.

mod auth;
mod cities;
mod endpoints;
mod errors;
mod push;
mod replies;
mod requests;
mod tasks;
pub(super) mod v2;

use crate::connector::journal::MADE;
use crate::connector::prelude::*;
use endpoints::{CLIENT, CREATE, ENDPOINTS, QUOTE, TOKEN};

/// A whole number that is somebody's id.
const ID: Kind = Kind::Integer(1, 9_007_199_254_740_991);
/// "type_service" of both samples.
const USUAL_SERVICE: i64 = 4;

const CODE: &str = "mensajeros_urbanos";
const NAME: &str = "Mensajeros Urbanos";
/// Settings of both generations.
const API: Field = opt(
    "api",
    Kind::Choice(&["2016", "v2"]),
    "which of the carrier's APIs the account is for: 2016 when left out, or v2",
);
const WEBHOOK_TOKEN: Field = opt("webhook_token", Kind::Text(500), "the secret that comes with every push");

/// Mensajeros Urbanos, by its API of 2016. `v2` beside this file is the one after it.
pub(super) static CARRIER: Carrier = Carrier {
    code: CODE,
    api: Some("2016"),
    name: NAME,
    country: "CO",
    reference: Reference {
        title: "Mensajeros Urbanos' first API reference",
        dated: "undated; its samples are of 2015 to 2017",
        assumed: "The numbers of cities beyond the first five, and that `task` finds a service by its \
                  `uuid`, come from public integrations. It names no production host.",
    },
    settings: &[
        API,
        req("client_id", Kind::Text(200), "Client ID, which Mensajeros Urbanos gave your company for its API"),
        req("client_secret", Kind::Text(500), "Client secret, which came with the Client ID"),
        req("user_id", ID, "User ID, the number of your company's user at Mensajeros Urbanos"),
        opt("city", ID, "the city's number, for an origin without a city"),
        opt("service_type", ID, "`type_service`; 4 when left out"),
        WEBHOOK_TOKEN,
    ],
    secrets: &["client_secret", "webhook_token"],
    // The API reference has this one host, and no other for production.
    host: |environment, _| (environment == "test").then(|| "http://dev.api.mensajerosurbanos.com".to_owned()),
    plain_http_hosts: &["dev.api.mensajerosurbanos.com"],
    endpoints: ENDPOINTS,
    abilities: &[Ability::Quote, Ability::Create, Ability::Track, Ability::List, Ability::Webhook],
    finds_lost_creates: true,
    options: &[
        (Ability::Quote, &[QUOTE.body_fields()]),
        (Ability::Create, &[CREATE.body_fields(), requests::CLIENT_FIELDS, CLIENT.fields]),
    ],
    zone,
    ..Carrier::opened_by(open)
};

/// Every time of the carrier's is Colombia's.
fn zone() -> TimeZone {
    tz::get!("America/Bogota")
}

/// Mensajeros Urbanos, for one account.
struct MensajerosUrbanos {
    client_id: String,
    client_secret: String,
    user_id: i64,
    city: Option<i64>,
    service_type: i64,
    webhook_token: Option<String>,
}

fn open(mut settings: Settings<'_>) -> Opened {
    let carrier = MensajerosUrbanos {
        client_id: settings.required("client_id"),
        client_secret: settings.required("client_secret"),
        user_id: settings.required_integer("user_id"),
        city: settings.integer("city"),
        service_type: settings.integer("service_type").unwrap_or(USUAL_SERVICE),
        webhook_token: settings.text("webhook_token"),
    };
    settings.open(carrier)
}

#[async_trait(?Send)]
impl Api for MensajerosUrbanos {
    fn has_tokens(&self) -> bool {
        true
    }

    async fn fetch_token(&self, session: &Session<'_>, _: Option<Token>) -> Result<Token, Error> {
        auth::fetch(session).await
    }

    fn usual_service(&self) -> Option<String> {
        Some(self.service_type.to_string())
    }

    fn defaults(&self, endpoint: &Endpoint, params: &mut Params) {
        let Some(Value::Object(body)) = params.body.as_mut().filter(|_| endpoint.name != TOKEN.name) else { return };
        let user = body.entry("id_user").or_insert(Value::Null);
        if user.is_null() {
            *user = json!(self.user_id);
        }
    }

    fn sign(&self, _: &Session<'_>, endpoint: &Endpoint, draft: &mut Draft, token: Option<&str>) -> Result<(), Error> {
        auth::sign(self, endpoint, draft, token)
    }

    fn refusal(&self, endpoint: &Endpoint, reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
        errors::refusal(endpoint.public, reply, json)
    }

    async fn quote(&self, session: &Session<'_>, request: &Quote) -> Result<Vec<Rate>, Error> {
        let native = session.native(Ability::Quote, &request.options);
        let (body, sources) = requests::quote(request, &self.terms(&native))?;
        let service = replies::service(text(&body, "type_service"));
        let answer = session.perform(&QUOTE, Params::none().body(body).sources(sources)).await?;
        Ok(vec![replies::rate(&answer.clean(session), service)])
    }

    async fn create(&self, session: &Session<'_>, request: &Create) -> Result<Shipment, Error> {
        let native = session.native(Ability::Create, &request.options);
        // Made by an earlier attempt, whose reply had no uuid: it's in the list now, or a person has to look.
        if let (Some(raw), Some(mark)) = (session.journal.step(MADE), session.journal.mark()) {
            let task = tasks::marked(session, native.get("id_user"), mark).await?;
            return task.as_ref().map(replies::shipment).ok_or_else(|| nameless(&CREATE, Outcome::Done, NAMELESS, raw));
        }
        let (mark, now) = (session.journal.mark(), session.local_now()?);
        let (body, sources) = requests::create(request, &self.terms(&native), mark, now)?;
        let answer = session.perform(&CREATE, Params::none().body(body).sources(sources)).await?.clean(session);
        let shipment = replies::made(&answer);
        // Some replies have the task's id as well: then `track` needn't look for it.
        tasks::learn(session, replies::data(&answer)).await;
        if shipment.id.is_none() {
            return Err(session.made_nameless(&CREATE, NAMELESS, &answer).await);
        }
        Ok(shipment)
    }

    async fn find(
        &self,
        session: &Session<'_>,
        request: &Create,
        mark: &str,
        _since_ms: i64,
    ) -> Result<Option<Shipment>, Error> {
        let native = session.native(Ability::Create, &request.options);
        let task = tasks::marked(session, native.get("id_user"), mark).await?;
        Ok(task.as_ref().map(replies::shipment))
    }

    async fn track(&self, session: &Session<'_>, id: &str) -> Result<Tracking, Error> {
        let answer = tasks::detail(session, id).await?;
        Ok(replies::tracking(&answer.clean(session)))
    }

    async fn list(&self, session: &Session<'_>, request: &request::List) -> Result<Page, Error> {
        let kinds = kinds(session, request.status.as_deref())?;
        let place = |cursor: &str| {
            let (kind, number) = cursor.split_once(':')?;
            Some((kind.parse().ok()?, number.parse().ok()?))
        };
        let (kind, number) = match &request.cursor {
            None => (kinds[0], 1),
            Some(cursor) => place(cursor)
                .filter(|(kind, number)| kinds.contains(kind) && *number >= 1)
                .ok_or_else(|| Error::invalid("cursor", "is not the `next_cursor` of a list with this status"))?,
        };
        let (mut tasks, next) = tasks::page(session, kind, number).await?;
        // The carrier has no filter by day.
        tasks.retain(|task| request.date.as_deref().is_none_or(|day| replies::made_on(task, day)));
        let after = kinds.iter().find(|other| **other > kind).map(|kind| format!("{kind}:1"));
        let next_cursor = next.map(|number| format!("{kind}:{number}")).or(after);
        Ok(Page { shipments: tasks.iter().map(replies::shipment).collect(), next_cursor, stable: false })
    }

    async fn webhook(&self, session: &Session<'_>, request: &request::Webhook) -> Result<Push, Error> {
        push::webhook(session, self.webhook_token.as_deref(), request)
    }
}

impl MensajerosUrbanos {
    fn terms<'a>(&self, native: &'a Native<'a>) -> requests::Terms<'a> {
        requests::Terms { service: self.service_type, city: self.city, native }
    }
}

/// A create's reply without a uuid can't be followed.
const NAMELESS: &str = "Mensajeros Urbanos' reply has no `uuid`; look for the service in the carrier's list";

/// Which of the carrier's two lists may have shipments in this status.
fn kinds(session: &Session<'_>, status: Option<&str>) -> Result<Vec<i64>, Error> {
    let both = [tasks::ACTIVE, tasks::ENDED];
    let Some(wanted) = status.and_then(Status::named).filter(|status| *status != Status::Unknown) else {
        return Ok(both.to_vec());
    };
    let is_wanted = |(code, status): (String, Status)| session.account.status(Some(&code), status) == wanted;
    let kinds: Vec<i64> = both.into_iter().filter(|kind| replies::states_of(*kind).any(is_wanted)).collect();
    if kinds.is_empty() {
        return Err(Error::invalid(
            "status",
            "Mensajeros Urbanos can list pre_transit, in_transit, out_for_delivery, delivered, delivery_failed and \
             cancelled",
        ));
    }
    Ok(kinds)
}
