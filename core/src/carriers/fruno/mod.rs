//! Fruno (Costa Rica): parcels between saved addresses, signed with the time.
//! The API reference as a table: `endpoints.rs`. What goes out: `requests.rs`, `book.rs`. What comes back: `replies.rs`,
//! `errors.rs`.

mod auth;
mod book;
mod endpoints;
mod errors;
#[cfg(test)]
mod examples;
mod replies;
mod requests;

use crate::connector::answer::View;
use crate::connector::documents;
use crate::connector::journal::{Bears, unproven};
use crate::connector::prelude::*;
use crate::connector::session::{Failed, Session};
use crate::model::FieldProblem;
use crate::net::token::now_ms;
use book::End;
use endpoints::{
    CONTRACTS_LIST, ENDPOINTS, EVENT_TYPES_LIST, PARCELS_CANCEL, PARCELS_COST, PARCELS_CREATE, PARCELS_EVENTS,
    PARCELS_GET, PARCELS_IMAGE, PARCELS_LABEL, PARCELS_LIST, PARCELS_STATUS,
};
use futures_util::future::{join, join_all, try_join_all};
use std::time::Duration;

/// Fruno.
pub(super) static CARRIER: Carrier = Carrier {
    code: "fruno",
    name: "Fruno",
    country: "CR",
    reference: Reference {
        title: "Fruno's API reference \"API del servicio de Logística\"",
        dated: "undated; its samples are of 2021",
        assumed: "Whether prices count whole units or hundredths (`price_unit`), what a label that is still \
                  being made looks like over HTTP, and when `X-RateLimit-Reset` is. The public page, a late \
                  cancel's 400 and event types that stand several times come from public integrations.",
    },
    settings: &[
        req("account", Kind::Text(200), "CUENTA_API, the name of the API account that Fruno gave you"),
        req("key", Kind::Text(1000), "LLAVE_API, the key that Fruno gave you with the account; it signs every request"),
        opt("contract_id", Kind::Text(100), "the contract for quotes and creates, where there are several"),
        opt("on_behalf_of_email", Kind::Text(60), "who is told of the carrier's remarks on a parcel"),
        opt("price_unit", Kind::Choice(&["major", "minor"]), "what `precio` counts; major (colones) when left out"),
    ],
    secrets: &["key"],
    // "Ambientes/Hosts"
    host: |environment, _| match environment {
        "production" => Some("https://api.logistica.fruno.com".to_owned()),
        "test" => Some("https://pruebas.api.logistica.fruno.com".to_owned()),
        _ => None,
    },
    endpoints: ENDPOINTS,
    abilities: &[Ability::Quote, Ability::Create, Ability::Track, Ability::Cancel, Ability::Document, Ability::List],
    finds_lost_creates: true,
    options: &[(Ability::Quote, &[PARCELS_COST.query]), (Ability::Create, &[PARCELS_CREATE.body_fields()])],
    zone,
    tells_limits: true,
    ..Carrier::opened_by(open)
};

/// Fruno's times without an offset would be Costa Rica's.
fn zone() -> TimeZone {
    tz::get!("America/Costa_Rica")
}

/// Fruno, for one account.
struct Fruno {
    signer: auth::Signer,
    contract_id: Option<String>,
    on_behalf_of_email: Option<String>,
    /// Whether `precio` counts hundredths. The API reference doesn't say; the account does.
    minor: bool,
}

fn open(mut settings: Settings<'_>) -> Opened {
    let Ok(signer) = auth::Signer::new(settings.required("account"), &settings.required("key")) else {
        // HMAC takes keys of every length.
        return Err(vec![FieldProblem::new("key", "can't be used to sign requests; check it")]);
    };
    let fruno = Fruno {
        signer,
        contract_id: settings.text("contract_id"),
        on_behalf_of_email: settings.text("on_behalf_of_email"),
        minor: settings.text("price_unit").as_deref() == Some("minor"),
    };
    settings.open(fruno)
}

#[async_trait(?Send)]
impl Api for Fruno {
    fn usual_service(&self) -> Option<String> {
        self.contract_id.clone()
    }

    fn sign(&self, session: &Session<'_>, _: &Endpoint, draft: &mut Draft, _: Option<&str>) -> Result<(), Error> {
        let time = session.shared.clock.unique();
        let body = draft.body.as_deref().unwrap_or_default();
        let authorization = self.signer.authorization(draft.method.as_str(), draft.url.path(), &time, body);
        draft.header("authorization", &authorization)?;
        draft.header("x-fr-hora", &time)
    }

    fn refusal(&self, endpoint: &Endpoint, reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
        errors::refusal(endpoint.name, reply, json)
    }

    fn tidy(&self, json: &mut Value) -> bool {
        replies::compose_names(json)
    }

    async fn quote(&self, session: &Session<'_>, request: &Quote) -> Result<Vec<Rate>, Error> {
        if request.round_trip {
            return Err(Error::invalid("round_trip", "Fruno has no round trips; quote the way back by itself"));
        }
        let rates = self.rates(session, request).await;
        book::naming_served(session, [&request.origin, &request.destination], rates).await
    }

    async fn create(&self, session: &Session<'_>, request: &Create) -> Result<Shipment, Error> {
        let made = self.make(session, request).await;
        book::naming_served(session, [&request.origin, &request.destination], made).await
    }

    async fn find(
        &self,
        session: &Session<'_>,
        _: &Create,
        mark: &str,
        since_ms: i64,
    ) -> Result<Option<Shipment>, Error> {
        let mut searched: Vec<String> = Vec::new();
        let mut unclear: Option<Value> = None;
        // The replies of the search itself may correct the clock.
        let days = || requests::days(since_ms, session.carrier_now_ms());
        while let Some(day) = days().into_iter().find(|day| !searched.contains(day)) {
            let mut pages = session.pages(&PARCELS_LIST, Params::none().query("fecha", &*day));
            while let Some(page) = pages.next().await? {
                let page = page.clean(session);
                for parcel in PARCELS_LIST.items(&page) {
                    match replies::bears(parcel, mark) {
                        Bears::Mark => return named(replies::shipment(parcel, self.minor)).map(Some),
                        Bears::Unclear => unclear = Some(parcel.clone()),
                        Bears::Another => {}
                    }
                }
            }
            searched.push(day);
        }
        unclear.map_or(Ok(None), |parcel| Err(unproven(CARRIER.name, parcel)))
    }

    async fn track(&self, session: &Session<'_>, id: &str) -> Result<Tracking, Error> {
        let (parcel, events) =
            join(session.perform(&PARCELS_GET, guide(id)), session.perform(&PARCELS_EVENTS, guide(id))).await;
        let parcel = parcel?.clean(session);
        // Events with the ids of their types; without them the parcel's own do.
        let listed = events.as_ref().map_or(&[][..], |answer| list(&answer.json, "eventos"));
        let entries = if listed.is_empty() { list(&parcel, "eventos") } else { listed };
        let have_ids = entries.iter().any(|entry| text(entry, "id_tipo_evento").is_some());
        let catalogue = if have_ids { catalogue(session).await } else { Value::Null };
        let events = replies::events(entries, &replies::catalogue(&catalogue), &parcel);
        Ok(replies::tracking(&parcel, events))
    }

    async fn cancel(&self, session: &Session<'_>, request: &request::Cancel) -> Result<Cancelled, Error> {
        let cancelled = |raw| {
            let status_code = Some("cancelado".to_owned());
            Ok(Cancelled { status: Status::Cancelled, status_code, raw, ..Cancelled::default() })
        };
        let mut params = guide(&request.id);
        params.add_unchecked(&session.options(&request.options));
        let failed = match session.try_perform(&PARCELS_CANCEL, params).await {
            Ok(answer) => return cancelled(answer.clean(session).raw()),
            Err(failed) if !failed.lost => return Err(failed.error),
            Err(failed) => failed,
        };
        // A try whose reply was lost may be what cancelled it.
        let Ok(answer) = session.perform(&PARCELS_STATUS, guide(&request.id)).await else { return Err(failed.error) };
        let state = text(&answer.json, "estado").unwrap_or_default();
        match replies::status(Some(&state), false) {
            Status::Cancelled => cancelled(answer.clean(session).raw()),
            Status::Delivered if failed.error.code != Code::Conflict => {
                let message = format!("Fruno's parcel is `{state}`: it is too late to cancel it; look at `track`");
                let mut error = Error::new(Code::Conflict, message);
                error.edit().operation = Some(PARCELS_CANCEL.name.to_owned());
                error.edit().carrier_code = Some(state);
                error.edit().raw = Some(answer.clean(session).into_value());
                Err(error)
            }
            _ => Err(failed.error),
        }
    }

    async fn document(&self, session: &Session<'_>, request: &request::Document) -> Result<Vec<Document>, Error> {
        let wanted = request.wanted()?;
        match wanted {
            Wanted::Kind("label") => return Ok(vec![label(session, &request.id).await?]),
            Wanted::Kind(kind) if !replies::IMAGES.iter().any(|(_, known)| *known == kind) => {
                return Err(documents::none_of(session.account, kind));
            }
            _ => {}
        }
        let parcel = session.perform(&PARCELS_GET, guide(&request.id)).await?.json;
        let mut images = replies::images(&parcel);
        images.retain(|image| match wanted {
            Wanted::Kind(kind) => image.kind == kind,
            Wanted::Id(id) => image.id == id,
        });
        match wanted {
            Wanted::Kind(_) if images.is_empty() => {
                return Err(Error::new(Code::NotFound, "Fruno has no such image of this parcel yet"));
            }
            Wanted::Id(id) if images.is_empty() => return Err(documents::not_listed(session.account, id)),
            // One that is listed under both names is one document.
            Wanted::Id(_) => images.truncate(1),
            Wanted::Kind(_) => {}
        }
        try_join_all(images.iter().map(|image| async move {
            let answer = session.perform(&PARCELS_IMAGE, guide(&request.id).path("id", &image.id)).await?;
            let usual = image.content_type.as_deref().unwrap_or("image/jpeg");
            Ok(documents::of_reply(image.kind, &answer.reply, Some(usual)))
        }))
        .await
    }

    async fn list(&self, session: &Session<'_>, request: &request::List) -> Result<Page, Error> {
        let mut params = Params::none();
        params.sources.add("estado", "status");
        params.sources.add("fecha", "date");
        if let Some(wanted) = request.status.as_deref().and_then(Status::named) {
            let means = |state: &str, documented| session.account.status(Some(state), documented);
            match replies::states_for(wanted, means).as_slice() {
                [] => {
                    let message = "Fruno can list pre_transit, in_transit, delivered and cancelled, or what the \
                                   account's `status_map` has instead";
                    return Err(Error::invalid("status", message));
                }
                [only] => params = params.query("estado", *only),
                // One filter can't ask for several: `list` picks them from all.
                _ => {}
            }
        }
        if let Some(date) = &request.date {
            params = params.query("fecha", date);
        }
        let (answer, next_cursor) = session.pages(&PARCELS_LIST, params).at(request.cursor.clone()).await?;
        let page = answer.clean(session);
        let parcels = PARCELS_LIST.items(&page).iter();
        let parcels = parcels.filter(|parcel| parcel.as_object().is_some_and(|parcel| !parcel.is_empty()));
        let shipments = parcels.map(|parcel| replies::shipment(parcel, self.minor)).collect();
        Ok(Page { shipments, next_cursor, stable: true })
    }
}

impl Fruno {
    /// The price under each contract.
    async fn rates(&self, session: &Session<'_>, request: &Quote) -> Result<Vec<Rate>, Error> {
        let native = session.native(Ability::Quote, &request.options);
        let ends = book::places(session, request).await?;
        let costs = |contract: Option<&str>| requests::costs(request, &ends, contract, &native);
        let named = native.get("id_contrato").and_then(as_text).or_else(|| self.contract_id.clone());
        if let Some(contract) = named {
            let costs = costs(Some(&contract))?;
            return Ok(vec![self.price(session, costs, Service { code: Some(contract), name: None }).await?]);
        }
        // Most shops have no contract to choose: ask for the price without one while asking for the list.
        let usual = Service { code: None, name: Some("Paquete".to_owned()) };
        let (contracts, plain) = join(contracts(session), self.price(session, costs(None)?, usual)).await;
        let contracts = contracts.unwrap_or_default();
        if contracts.is_empty() {
            return Ok(vec![plain?]);
        }
        let each = contracts.into_iter().map(async |contract| {
            let costs = costs(contract.code.as_deref())?;
            self.price(session, costs, contract).await
        });
        let rates = join_all(each).await;
        if rates.iter().all(Result::is_err) {
            return rates.into_iter().take(1).collect();
        }
        // One contract without a price doesn't cost the others'.
        Ok(rates.into_iter().flatten().collect())
    }

    /// Makes a parcel, and saves what addresses it needs.
    async fn make(&self, session: &Session<'_>, request: &Create) -> Result<Shipment, Error> {
        let mut body = requests::parcel(request, session.journal.mark(), self.on_behalf_of_email.as_deref());
        body.native(&session.native(Ability::Create, &request.options));
        // Both addresses are checked before either is saved.
        let (ends, (parcel, sources)) = book::plan(request, body)?;
        let mut made_for_it = Vec::new();
        let mut looked_again = false;
        loop {
            let mut body = parcel.clone();
            if body.get("id_contrato").is_none()
                && let Some(contract) = self.contract(session, request).await?
            {
                body["id_contrato"] = json!(contract);
            }
            let chosen = body.get("id_contrato").is_some();
            let saved = book::save(session, &ends, &mut made_for_it).await.map_err(|mut error| {
                error.edit().created = book::created(&made_for_it);
                error
            })?;
            for (name, id) in book::FIELDS.into_iter().zip(saved) {
                // `options` may have another.
                if body.get(name).is_none() {
                    body[name] = json!(id);
                }
            }
            let params = Params::none().body(body).sources(sources.clone());
            let mut error = match session.perform(&PARCELS_CREATE, params).await {
                Ok(answer) => return named(replies::shipment(&answer.clean(session), self.minor)),
                Err(error) => error,
            };
            // Where the place itself isn't served, saving it again would change nothing.
            let unserved = errors::name_unserved(&mut error);
            if unserved || looked_again || !forget_stale(session, &ends, &error, chosen).await {
                error.edit().created = book::created(&made_for_it);
                return Err(error);
            }
            looked_again = true;
        }
    }

    /// The price of all parcels under a contract: one call each, summed.
    async fn price(&self, session: &Session<'_>, costs: Vec<(Params, u32)>, contract: Service) -> Result<Rate, Error> {
        let costs = try_join_all(costs.into_iter().map(async |(params, count)| {
            let answer = session.perform(&PARCELS_COST, params).await.map_err(|mut error| {
                errors::name_unserved(&mut error);
                error
            })?;
            Ok::<_, Error>((answer.clean(session), count))
        }))
        .await?;
        let costs: Vec<(View<'_>, u32)> = costs.iter().map(|(cost, count)| (cost.into(), *count)).collect();
        Ok(replies::rate(&costs, contract, self.minor))
    }

    /// The contract of a create: the one asked for, else the account's, else the only one there is.
    async fn contract(&self, session: &Session<'_>, request: &Create) -> Result<Option<String>, Error> {
        if let Some(named) = filled(&request.service).or(self.contract_id.as_deref()) {
            return Ok(Some(named.to_owned()));
        }
        let mut contracts = contracts(session).await?;
        if contracts.len() < 2 {
            return Ok(contracts.pop().and_then(|only| only.code));
        }
        let choice = |contract: Service| {
            let name = contract.name.unwrap_or_else(|| "no name".to_owned());
            format!("{} ({name})", contract.code.unwrap_or_default())
        };
        let choices = contracts.into_iter().map(choice).collect::<Vec<_>>().join(", ");
        let message = "the account has several contracts: give one here, or as the account's `contract_id`";
        Err(Error::invalid("service", format!("{message}: {choices}")))
    }
}

/// The account's contracts; asked once in a while, as they hardly change.
async fn contracts(session: &Session<'_>) -> Result<Vec<Service>, Error> {
    const KEPT_MS: i64 = 600_000;
    let now = now_ms();
    let is_fresh = |known: &Value| known["at"].as_i64().is_some_and(|at| (now - at).abs() < KEPT_MS);
    let known = match session.shared.fact("contracts", "").filter(is_fresh) {
        Some(known) => known,
        None => {
            let list = session.perform(&CONTRACTS_LIST, Params::none()).await?.json;
            let known = json!({"at": now, "list": list});
            session.shared.remember("contracts", "", known.clone());
            known
        }
    };
    let contract = |entry| Some(Service { code: Some(text(entry, "id")?), name: text(entry, "nombre") });
    Ok(list(&known, "list").iter().filter_map(contract).collect())
}

/// After a refusal: forget what may be stale. A remembered address may have been deleted since, or a contract made,
/// where none was `chosen`. False where there is nothing to forget: the same would be sent again.
async fn forget_stale(session: &Session<'_>, ends: &[End; 2], error: &Error, chosen: bool) -> bool {
    if !matches!(error.code, Code::Validation | Code::NotFound) {
        return false;
    }
    let names = |name: &str| error.fields.iter().any(|problem| problem.carrier_field.as_deref() == Some(name));
    let mut forgot = false;
    for (name, end) in book::FIELDS.into_iter().zip(ends) {
        if names(name) || error.code == Code::NotFound {
            forgot |= book::forget(session, end).await;
        }
    }
    if names("id_contrato") && !chosen {
        session.shared.forget("contracts", "");
        forgot = true;
    }
    forgot
}

/// The shipment, unless its reply lacks the waybill number.
fn named(shipment: Shipment) -> Result<Shipment, Error> {
    const ADVICE: &str = "Fruno's reply has no `guía`; look in the carrier's list whether it made the parcel";
    if shipment.id.is_some() {
        return Ok(shipment);
    }
    Err(nameless(&PARCELS_CREATE, Outcome::Unknown, ADVICE, shipment.raw))
}

fn guide(id: &str) -> Params {
    Params::none().path("guía", id)
}

/// The catalogue of event types, asked once: its ids are stable.
async fn catalogue(session: &Session<'_>) -> Value {
    if let Some(known) = session.fact("event_types", "").await {
        return known;
    }
    match session.perform(&EVENT_TYPES_LIST, Params::none()).await {
        Ok(answer) => {
            if !list(&answer.json, "tipo_eventos").is_empty() {
                session.remember("event_types", "", answer.json.clone()).await;
            }
            answer.json
        }
        Err(error) => {
            log::warn!(target: "flete", "Fruno's catalogue of events: {}", session.in_context(error));
            Value::Null
        }
    }
}

/// The label. While it is being made the API reference says status 102, which HTTP knows as an interim answer only:
/// what then comes may be an empty 200, JSON, a closed connection, or nothing. Only a whole PDF is a label. Anything
/// else is asked again until the deadline, and the last of it is in the error.
async fn label(session: &Session<'_>, id: &str) -> Result<Document, Error> {
    const LONGEST: Duration = Duration::from_secs(3);
    let moved = |error: &Error| error.http_status.is_some_and(|status| (300..400).contains(&status));
    let mut pause = Duration::from_millis(150);
    let mut last: Option<Error> = None;
    loop {
        match session.try_perform(&PARCELS_LABEL, guide(id)).await {
            Ok(answer) => {
                let label = documents::of_reply("label", &answer.reply, None);
                if label.content_type.as_deref() == Some("application/pdf") {
                    return Ok(label);
                }
                let what = label.content_type.as_deref().unwrap_or("something");
                last = Some(Error::new(Code::CarrierResponse, format!("Fruno's reply is {what}, not a PDF")));
            }
            Err(Failed { error, lost }) => {
                let closed = lost && matches!(error.code, Code::Network | Code::Timeout | Code::CarrierResponse);
                if !closed && !moved(&error) {
                    return Err(error);
                }
                // What a reply held says more than a connection that closed after it.
                if moved(&error) || error.raw.is_some() || last.is_none() {
                    last = Some(error);
                }
            }
        }
        if pause >= session.call.left() {
            break;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
    // What came instead may be more than a label in the making.
    let message = "Fruno is still making the label; ask for it again, or allow more time with `timeout_ms`";
    let mut error = Error::new(Code::NotReady, message);
    error.edit().operation = Some(PARCELS_LABEL.name.to_owned());
    match last {
        Some(last) if moved(&last) => return Err(last),
        Some(last) if last.code == Code::CarrierResponse => {
            error.edit().message = format!("{message}; the last time, {}", last.message);
            error.edit().http_status = last.http_status;
            error.edit().carrier_message.clone_from(&last.carrier_message);
            error.edit().raw.clone_from(&last.raw);
        }
        _ => {}
    }
    Err(error)
}
