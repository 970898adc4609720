//! Fruno (Costa Rica): parcels between saved addresses, signed with the time.
//! The API reference as a table: `endpoints.rs`. What goes out: `requests.rs`. What comes back: `replies.rs`, `errors.rs`.

mod auth;
mod book;
mod endpoints;
mod errors;
#[cfg(test)]
mod examples;
mod replies;
mod requests;

use crate::connector::documents;
use crate::connector::endpoint::{Endpoint, Params, given, merge, plain_names};
use crate::connector::journal::{Bears, unproven};
use crate::connector::lenient::{as_text, text};
use crate::connector::session::Session;
use crate::connector::{Ability, Api, Carrier, Opened, Page, Reference, Refusal, Settings, nameless};
use crate::model::address::filled;
use crate::model::reply::{Cancelled, Document, Rate, Service, Shipment, Tracking};
use crate::model::request::{self, Create, Quote, Wanted};
use crate::model::shape::{Kind, opt, req};
use crate::model::{Code, Error, Outcome, Status};
use crate::net::http::{Draft, Reply};
use crate::net::token::now_ms;
use async_trait::async_trait;
use endpoints::{
    CONTRACTS_LIST, ENDPOINTS, EVENT_TYPES_LIST, PARCELS_CANCEL, PARCELS_COST, PARCELS_CREATE, PARCELS_EVENTS,
    PARCELS_GET, PARCELS_IMAGE, PARCELS_LABEL, PARCELS_LIST, PARCELS_STATUS, PARCELS_WEB_URL,
};
use futures_util::future::{join, join_all, try_join_all};
use jiff::tz::{self, TimeZone};
use serde_json::{Value, json};
use std::time::Duration;

/// Fruno.
pub(super) static CARRIER: Carrier = Carrier {
    code: "fruno",
    api: None,
    name: "Fruno",
    country: "CR",
    reference: Reference {
        title: "Fruno's API reference \"API del servicio de Logística\"",
        dated: "undated; its samples are of 2021",
        assumed: "Whether prices count whole units or hundredths (`price_unit`), and what a label that is \
                  still being made looks like over HTTP.",
    },
    settings: &[
        req("account", Kind::Text(200), "CUENTA_API, the name of the API account that Fruno gave you"),
        req("key", Kind::Text(1000), "LLAVE_API, the key that Fruno gave you with the account; it signs every request"),
        opt("contract_id", Kind::Text(100), "the contract for quotes and creates, where there are several"),
        opt("on_behalf_of_email", Kind::Text(60), "who is told of the carrier's remarks on a parcel"),
        opt("price_unit", Kind::Choice(&["major", "minor"]), "what `precio` counts; major (colones) when left out"),
    ],
    secrets: &["key"],
    open,
    // "Ambientes/Hosts"
    host: |environment, _| match environment {
        "production" => Some("https://api.logistica.fruno.com".to_owned()),
        "test" => Some("https://pruebas.api.logistica.fruno.com".to_owned()),
        _ => None,
    },
    plain_http_hosts: &[],
    endpoints: ENDPOINTS,
    abilities: &[Ability::Quote, Ability::Create, Ability::Track, Ability::Cancel, Ability::Document, Ability::List],
    finds_lost_creates: true,
    options: &[(Ability::Quote, &[PARCELS_COST.query]), (Ability::Create, &[PARCELS_CREATE.body_fields()])],
    zone,
    policy_header: Some("x-ratelimit-policy"),
    remaining_header: Some("x-ratelimit-remaining"),
    // Bodies and queries remember where their fields come from.
    locate: |_, _| None,
};

/// Fruno's times without an offset would be Costa Rica's.
fn zone() -> TimeZone {
    tz::get!("America/Costa_Rica")
}

/// Fruno, for one account.
struct Fruno {
    account: String,
    key: String,
    contract_id: Option<String>,
    on_behalf_of_email: Option<String>,
    /// Whether `precio` counts hundredths. The API reference doesn't say; the account does.
    minor: bool,
}

fn open(mut settings: Settings<'_>) -> Opened {
    let fruno = Fruno {
        account: settings.required("account"),
        key: settings.required("key"),
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
        let password = auth::password(&self.key, draft.method.as_str(), draft.url.path(), &time, body);
        draft.header("authorization", &auth::basic(&self.account, &password))?;
        draft.header("x-fr-hora", &time)
    }

    fn refusal(&self, endpoint: &Endpoint, reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
        errors::refusal(endpoint.name, reply, json)
    }

    fn tidy(&self, json: &mut Value) {
        replies::compose_names(json);
    }

    async fn quote(&self, session: &Session<'_>, request: &Quote) -> Result<Vec<Rate>, Error> {
        quote(self, session, request).await
    }

    async fn create(&self, session: &Session<'_>, request: &Create) -> Result<Shipment, Error> {
        create(self, session, request).await
    }

    async fn find(
        &self,
        session: &Session<'_>,
        _: &Create,
        mark: &str,
        since_ms: i64,
    ) -> Result<Option<Shipment>, Error> {
        find(self, session, mark, since_ms).await
    }

    async fn track(&self, session: &Session<'_>, id: &str) -> Result<Tracking, Error> {
        track(session, id).await
    }

    async fn cancel(&self, session: &Session<'_>, request: &request::Cancel) -> Result<Cancelled, Error> {
        cancel(session, request).await
    }

    async fn document(&self, session: &Session<'_>, request: &request::Document) -> Result<Vec<Document>, Error> {
        document(session, request).await
    }

    async fn list(&self, session: &Session<'_>, request: &request::List) -> Result<Page, Error> {
        list(self, session, request).await
    }
}

fn guide(id: &str) -> Params {
    Params::none().path("guía", id)
}

// ---- quote

async fn quote(fruno: &Fruno, session: &Session<'_>, request: &Quote) -> Result<Vec<Rate>, Error> {
    if request.round_trip {
        return Err(Error::invalid("round_trip", "Fruno has no round trips; quote the way back by itself"));
    }
    let mut base = Params::none();
    for (name, value, path) in book::ends(session, request).await? {
        base = base.query(name, value);
        base.sources.add(name, path);
    }
    base.sources.add("id_contrato", "service");
    let mut parcels = Vec::new();
    for (index, parcel) in request.parcels.iter().enumerate() {
        let [length, width, height, weight] = requests::measures(parcel, &format!("parcels[{index}]"))?;
        let mut params = base.clone();
        for (name, value, field) in [
            ("alto", height, "dimensions.height"),
            ("ancho", width, "dimensions.width"),
            ("longitud", length, "dimensions.length"),
            ("gr_peso", weight, "weight"),
        ] {
            params = params.query(name, value.to_string());
            params.sources.add(name, format!("parcels[{index}].{field}"));
        }
        parcels.push((params, parcel.quantity));
    }
    let native = session.options(&request.options);
    let named = given(&native, "id_contrato").and_then(as_text).or_else(|| fruno.contract_id.clone());
    if let Some(contract) = named {
        let service = Service { code: Some(contract.clone()), name: None };
        return Ok(vec![price(fruno, session, &parcels, &native, Some(&contract), service).await?]);
    }
    // Most shops have no contract to choose: ask for the price without one while asking for the list.
    let (contracts, plain) = join(
        contracts(session),
        price(fruno, session, &parcels, &native, None, Service { code: None, name: Some("Paquete".to_owned()) }),
    )
    .await;
    match contracts {
        Ok(contracts) if !contracts.is_empty() => {
            let each = contracts.iter().map(|contract| {
                let service = Service { code: Some(contract.id.clone()), name: contract.name.clone() };
                price(fruno, session, &parcels, &native, Some(&contract.id), service)
            });
            let rates = join_all(each).await;
            if rates.iter().all(Result::is_err) {
                return rates.into_iter().take(1).collect();
            }
            // One contract without a price doesn't cost the others'.
            Ok(rates.into_iter().filter_map(Result::ok).collect())
        }
        _ => Ok(vec![plain?]),
    }
}

/// The price of all parcels: one call each, summed.
async fn price(
    fruno: &Fruno,
    session: &Session<'_>,
    parcels: &[(Params, u32)],
    native: &Value,
    contract: Option<&str>,
    service: Service,
) -> Result<Rate, Error> {
    let costs = try_join_all(parcels.iter().map(|(params, count)| async move {
        let mut params = params.clone();
        if let Some(contract) = contract {
            params = params.query("id_contrato", contract);
        }
        for field in PARCELS_COST.query {
            if let Some(value) = text(native, field.name) {
                params.query.retain(|(name, _)| *name != field.name);
                params = params.query(field.name, value);
            }
        }
        params.add_unchecked(native);
        let answer = session.perform(&PARCELS_COST, params).await.map_err(|mut error| {
            errors::name_unserved(&mut error);
            error
        })?;
        Ok::<_, Error>((answer.raw(session), *count))
    }))
    .await?;
    Ok(replies::rate(&costs, service, fruno.minor))
}

// ---- contracts

#[derive(Clone, Debug, PartialEq)]
struct Contract {
    id: String,
    name: Option<String>,
}

/// The account's contracts; asked once in a while, as they hardly change.
async fn contracts(session: &Session<'_>) -> Result<Vec<Contract>, Error> {
    const KEPT_MS: i64 = 600_000;
    let now = now_ms();
    let known = session.shared.fact("contracts", "");
    let fresh =
        known.filter(|known| known.get("at").and_then(Value::as_i64).is_some_and(|at| (now - at).abs() < KEPT_MS));
    let list = match fresh {
        Some(mut known) => known["list"].take(),
        None => {
            let list = session.perform(&CONTRACTS_LIST, Params::none()).await?.json;
            session.shared.remember("contracts", "", json!({"at": now, "list": list}));
            list
        }
    };
    let entries = list.as_array().map_or(&[][..], Vec::as_slice);
    Ok(entries
        .iter()
        .filter_map(|entry| Some(Contract { id: text(entry, "id")?, name: text(entry, "nombre") }))
        .collect())
}

/// The contract of a create: the one asked for, else the account's, else the only one there is.
async fn contract(fruno: &Fruno, session: &Session<'_>, request: &Create) -> Result<Option<String>, Error> {
    if let Some(named) = filled(&request.service).or(fruno.contract_id.as_deref()) {
        return Ok(Some(named.to_owned()));
    }
    match contracts(session).await?.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.id.clone())),
        several => {
            let choices: Vec<_> = several
                .iter()
                .map(|contract| format!("{} ({})", contract.id, contract.name.as_deref().unwrap_or("no name")))
                .collect();
            Err(Error::invalid(
                "service",
                format!(
                    "the account has several contracts: give one here, or as the account's `contract_id`: {}",
                    choices.join(", ")
                ),
            ))
        }
    }
}

// ---- create

async fn create(fruno: &Fruno, session: &Session<'_>, request: &Create) -> Result<Shipment, Error> {
    let (parcel, sources) = requests::parcel(request, session.journal.mark(), fruno.on_behalf_of_email.as_deref())?;
    let native = session.options(&request.options);
    // Both addresses are checked before either is saved, and so is whether the mark has a place.
    let ends = book::plan(request)?;
    let mut whole = parcel.clone();
    merge(&mut whole, &native);
    plain_names(&mut whole);
    keep_mark(&mut whole, session.journal.mark())?;
    let mut again = true;
    let mut made_for_it = Vec::new();
    loop {
        let contract =
            if given(&native, "id_contrato").is_some() { None } else { contract(fruno, session, request).await? };
        let saved = book::save(session, &ends, &mut made_for_it).await.map_err(|mut error| {
            error.edit().created = book::created(&made_for_it);
            error
        })?;
        let mut body = parcel.clone();
        body["id_dirección_fuente"] = json!(saved.origin);
        body["id_dirección_destino"] = json!(saved.destination);
        if let Some(contract) = &contract {
            body["id_contrato"] = json!(contract);
        }
        merge(&mut body, &native);
        plain_names(&mut body);
        keep_mark(&mut body, session.journal.mark())?;
        let error = match session.perform(&PARCELS_CREATE, Params::none().body(body).sources(sources.clone())).await {
            Ok(answer) => {
                return named(replies::shipment(&answer.raw(session), fruno.minor));
            }
            Err(error) => error,
        };
        // The place itself isn't served: saving it again would change nothing.
        let mut error = error;
        if errors::name_unserved(&mut error) {
            error.edit().created = book::created(&made_for_it);
            return Err(error);
        }
        // A remembered address may have been deleted since, or a contract made: look again, once.
        let stale = |name: &str| error.fields.iter().any(|problem| problem.carrier_field.as_deref() == Some(name));
        if again && matches!(error.code, Code::Validation | Code::NotFound) {
            let mut forgot = false;
            for (name, end) in [("id_dirección_fuente", &ends.origin), ("id_dirección_destino", &ends.destination)] {
                if stale(name) || error.code == Code::NotFound {
                    forgot |= book::forget(session, end).await;
                }
            }
            if stale("id_contrato") && contract.is_none() && given(&native, "id_contrato").is_none() {
                session.shared.forget("contracts", "");
                forgot = true;
            }
            if forgot {
                again = false;
                continue;
            }
        }
        error.edit().created = book::created(&made_for_it);
        return Err(error);
    }
}

/// `options` may replace the tags; without its mark a create that loses its reply could not be found again.
fn keep_mark(body: &mut Value, mark: Option<&str>) -> Result<(), Error> {
    let Some(mark) = mark else { return Ok(()) };
    if body["etiquetas"].is_null() {
        body["etiquetas"] = json!([]);
    }
    let Some(tags) = body["etiquetas"].as_array_mut() else {
        return Err(Error::invalid(
            "options.fruno.etiquetas",
            "must be a list: the idempotency_key has its mark in it",
        ));
    };
    if !tags.iter().any(|tag| tag.as_str() == Some(mark)) {
        tags.push(json!(mark));
    }
    let most = PARCELS_CREATE.limit("etiquetas");
    if tags.len() > most {
        return Err(Error::invalid(
            "options.fruno.etiquetas",
            format!("Fruno takes at most {most} tags, and an idempotency_key takes one of them"),
        ));
    }
    Ok(())
}

/// The shipment, unless its reply lacks the waybill number.
fn named(shipment: Shipment) -> Result<Shipment, Error> {
    const ADVICE: &str = "Fruno's reply has no `guía`; look in the carrier's list whether it made the parcel";
    if shipment.id.is_some() {
        return Ok(shipment);
    }
    Err(nameless(&PARCELS_CREATE, Outcome::Unknown, ADVICE, shipment.raw))
}

/// The parcel with this mark among its tags, of the days around its sending.
async fn find(fruno: &Fruno, session: &Session<'_>, mark: &str, since_ms: i64) -> Result<Option<Shipment>, Error> {
    let mut searched: Vec<String> = Vec::new();
    let mut unclear: Option<Value> = None;
    // The replies of the search itself may correct the clock.
    let next =
        |searched: &[String]| days(since_ms, session.carrier_now_ms()).into_iter().find(|day| !searched.contains(day));
    while let Some(day) = next(&searched) {
        let mut pages = session.pages(&PARCELS_LIST, Params::none().query("fecha", &*day));
        while let Some(page) = pages.next().await? {
            let raw = page.raw(session);
            for parcel in PARCELS_LIST.items(&raw) {
                match replies::bears(parcel, mark) {
                    Bears::Mark => return named(replies::shipment(parcel, fruno.minor)).map(Some),
                    Bears::Unclear => unclear = Some(parcel.clone()),
                    Bears::Another => {}
                }
            }
        }
        searched.push(day);
    }
    unclear.map_or(Ok(None), |parcel| Err(unproven(CARRIER.name, parcel)))
}

/// The days under which Fruno may have filed a parcel that was sent then, or that arrived only now. A request sent near
/// midnight may be on either side of it; and the API reference doesn't say whose midnight: that of Costa Rica, or of UTC, in
/// which its samples write their times.
fn days(since_ms: i64, now_ms: i64) -> Vec<String> {
    const NEAR_MIDNIGHT_MS: i64 = 900_000;
    let mut days: Vec<String> = Vec::new();
    for at in [since_ms, now_ms].into_iter().flat_map(|at| [at, at - NEAR_MIDNIGHT_MS, at + NEAR_MIDNIGHT_MS]) {
        let Ok(at) = jiff::Timestamp::from_millisecond(at) else { continue };
        for zone in [zone(), jiff::tz::TimeZone::UTC] {
            let day = at.to_zoned(zone).date().to_string();
            if !days.contains(&day) {
                days.push(day);
            }
        }
    }
    days
}

// ---- track

async fn track(session: &Session<'_>, id: &str) -> Result<Tracking, Error> {
    let (parcel, (events, url)) = join(
        session.perform(&PARCELS_GET, guide(id)),
        join(session.perform(&PARCELS_EVENTS, guide(id)), web_url(session, id)),
    )
    .await;
    let parcel = parcel?;
    let raw = parcel.raw(session);
    // Events with the ids of their types; without them the parcel's own do.
    let listed = events.as_ref().map_or(&[][..], |answer| crate::connector::lenient::list(&answer.json, "eventos"));
    let entries = if listed.is_empty() { crate::connector::lenient::list(&raw, "eventos") } else { listed };
    let unknown = entries.iter().any(|entry| text(entry, "id_tipo_evento").is_some());
    let catalogue = if unknown { catalogue(session).await } else { Value::Null };
    let mut tracking = replies::tracking(&raw, replies::events(entries, &replies::catalogue(&catalogue)));
    tracking.tracking_url = url;
    Ok(tracking)
}

/// The catalogue of event types, asked once: its ids are stable.
async fn catalogue(session: &Session<'_>) -> Value {
    if let Some(known) = session.fact("event_types", "").await {
        return known;
    }
    match session.perform(&EVENT_TYPES_LIST, Params::none()).await {
        Ok(answer) => {
            if !crate::connector::lenient::list(&answer.json, "tipo_eventos").is_empty() {
                session.remember("event_types", "", answer.json.clone()).await;
            }
            answer.json
        }
        Err(error) => {
            log::warn!(target: "flete", "Fruno's catalogue of events: {error}");
            Value::Null
        }
    }
}

/// The page for the consignee, asked once a parcel. Without it tracking is still whole.
async fn web_url(session: &Session<'_>, id: &str) -> Option<String> {
    if let Some(known) = session.shared.fact("web_url", id) {
        return known.as_str().map(str::to_owned);
    }
    let answer = session.perform(&PARCELS_WEB_URL, guide(id)).await.ok()?;
    let url = text(&answer.json, "url_consulta_web")?;
    session.shared.remember("web_url", id, json!(url));
    Some(url)
}

// ---- cancel, list

async fn cancel(session: &Session<'_>, request: &request::Cancel) -> Result<Cancelled, Error> {
    let cancelled = |raw| {
        let status_code = Some("cancelado".to_owned());
        Ok(Cancelled { status: Status::Cancelled, status_code, raw, ..Cancelled::default() })
    };
    let failed = match session.try_perform(&PARCELS_CANCEL, guide(&request.id)).await {
        Ok(answer) => return cancelled(answer.raw(session)),
        Err(failed) if !failed.lost => return Err(failed.error),
        Err(failed) => failed,
    };
    // A try whose reply was lost may be what cancelled it.
    let Ok(answer) = session.perform(&PARCELS_STATUS, guide(&request.id)).await else { return Err(failed.error) };
    let state = text(&answer.json, "estado");
    match replies::status(state.as_deref(), false) {
        Status::Cancelled => cancelled(answer.raw(session)),
        Status::Delivered if failed.error.code != Code::Conflict => {
            let state = state.unwrap_or_default();
            let mut error = Error::new(
                Code::Conflict,
                format!("Fruno's parcel is `{state}`: it is too late to cancel it; look at `track`"),
            );
            error.edit().operation = Some(PARCELS_CANCEL.name.to_owned());
            error.edit().carrier_code = Some(state);
            error.edit().raw = Some(answer.raw(session));
            Err(error)
        }
        _ => Err(failed.error),
    }
}

async fn list(fruno: &Fruno, session: &Session<'_>, request: &request::List) -> Result<Page, Error> {
    let mut params = Params::none();
    params.sources.add("estado", "status");
    params.sources.add("fecha", "date");
    if let Some(wanted) = request.status.as_deref().and_then(Status::named) {
        match replies::states_for(wanted, |state, documented| session.account.status(Some(state), documented))
            .as_slice()
        {
            [] => {
                let message = "Fruno can list pre_transit, in_transit, delivered and cancelled, or what the account's \
                               `status_map` has instead";
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
    let raw = answer.raw(session);
    let shipments = PARCELS_LIST
        .items(&raw)
        .iter()
        .filter(|parcel| parcel.as_object().is_some_and(|parcel| !parcel.is_empty()))
        .map(|parcel| replies::shipment(parcel, fruno.minor))
        .collect();
    Ok(Page { shipments, next_cursor, stable: true })
}

// ---- document

async fn document(session: &Session<'_>, request: &request::Document) -> Result<Vec<Document>, Error> {
    let wanted = request.wanted()?;
    match wanted {
        Wanted::Kind("label") => return label(session, &request.id).await.map(|label| vec![label]),
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

/// The label. While it is being made the API reference says status 102, which HTTP knows as an interim answer only:
/// what then comes may be an empty 200, JSON, a closed connection, or nothing. Only a whole PDF is a label; anything
/// else is asked again until the deadline, and the last of it is in the error.
async fn label(session: &Session<'_>, id: &str) -> Result<Document, Error> {
    const LONGEST: Duration = Duration::from_secs(3);
    let mut pause = Duration::from_millis(150);
    let mut last: Option<Error> = None;
    loop {
        match session.try_perform(&PARCELS_LABEL, guide(id)).await {
            Ok(answer) => {
                let label = documents::of_reply("label", &answer.reply, None);
                if label.content_type.as_deref() == Some("application/pdf") {
                    return Ok(label);
                }
                let what = label.content_type.as_deref().unwrap_or("something").to_owned();
                last = Some(Error::new(Code::CarrierResponse, format!("Fruno's reply is {what}, not a PDF")));
            }
            Err(failed) => {
                let closed =
                    failed.lost && matches!(failed.error.code, Code::Network | Code::Timeout | Code::CarrierResponse);
                let moved = failed.error.http_status.is_some_and(|status| (300..400).contains(&status));
                if !closed && !moved {
                    return Err(failed.error);
                }
                // What a reply held says more than a connection that closed after it.
                if moved || failed.error.raw.is_some() || last.is_none() {
                    last = Some(failed.error);
                }
            }
        }
        if pause >= session.call.left() {
            return Err(no_label(last));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

/// The label didn't come in time. What came instead may be more than a label in the making.
fn no_label(last: Option<Error>) -> Error {
    let moved = |last: &Error| last.http_status.is_some_and(|status| (300..400).contains(&status));
    let last = match last {
        Some(last) if moved(&last) => return last,
        last => last,
    };
    let mut error = Error::new(
        Code::NotReady,
        "Fruno is still making the label; ask for it again, or allow more time with `timeout_ms`",
    );
    error.edit().operation = Some(PARCELS_LABEL.name.to_owned());
    if let Some(last) = last.filter(|last| last.code == Code::CarrierResponse) {
        error.edit().message = format!("{}; the last time, {}", error.message, last.message);
        error.edit().http_status = last.http_status;
        error.edit().carrier_message.clone_from(&last.carrier_message);
        error.edit().raw.clone_from(&last.raw);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parcel_may_be_filed_under_either_side_of_either_midnight() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        for (sent, now, all) in [
            ("2026-11-27T12:00:00-06:00", "2026-11-27T12:01:00-06:00", &["2026-11-27"][..]),
            ("2026-11-27T20:00:00-06:00", "2026-11-27T20:01:00-06:00", &["2026-11-27", "2026-11-28"]),
            ("2026-12-31T23:59:50-06:00", "2027-01-01T00:00:20-06:00", &["2026-12-31", "2027-01-01"]),
            ("2026-12-31T17:50:00-06:00", "2026-12-31T17:51:00-06:00", &["2026-12-31", "2027-01-01"]),
            ("2026-02-27T10:00:00-06:00", "2026-03-01T10:00:00-06:00", &["2026-02-27", "2026-03-01"]),
        ] {
            let mut days = days(at(sent), at(now));
            days.sort();
            assert_eq!(days, all, "{sent}");
        }
    }
}
