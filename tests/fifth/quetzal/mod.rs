//! Quetzal (Guatemala), a carrier that doesn't exist: what `carriers/README.md` says, followed once.
//! Copied into a copy of the repository by `tests/fifth/run`; no build of flete has it.

use crate::connector::endpoint::{Endpoint, Params, get, merge, post};
use crate::connector::lenient::{decimal, instant_of, list, text};
use crate::connector::session::Session;
use crate::connector::{Ability, Api, Carrier, Opened, Reference, Refusal, Settings};
use crate::model::address::{Address, filled};
use crate::model::measure::json_number;
use crate::model::money::Money;
use crate::model::parcel::Parcel;
use crate::model::reply::{Event, Rate, Service, Shipment, Tracking};
use crate::model::request::{Create, Quote};
use crate::model::shape::{Field, Kind, TEXT, req};
use crate::model::{Error, Status};
use crate::net::http::{Draft, Reply};
use async_trait::async_trait;
use jiff::tz;
use rust_decimal::Decimal;
use serde_json::{Value, json};

const PARCEL: &[Field] = &[req("to", TEXT, "the city"), req("kilos", Kind::Decimal, "all parcels together")];
const RATES_LIST: Endpoint = post("rates.list", "/rates").json(PARCEL).safe().source("Rates");
const PARCELS_CREATE: Endpoint = post("parcels.create", "/parcels").json(PARCEL).shipment().source("Parcels");
const PARCELS_GET: Endpoint =
    get("parcels.get", "/parcels/{waybill}").path_fields(&[req("waybill", Kind::Id, "its number")]).source("Parcels");

/// Quetzal.
pub(super) static CARRIER: Carrier = Carrier {
    code: "quetzal",
    name: "Quetzal",
    country: "GT",
    reference: Reference { title: "Quetzal's API reference", dated: "January 2026", assumed: "Nothing." },
    settings: &[req("api_key", Kind::Text(200), "the key")],
    secrets: &["api_key"],
    open,
    host: |environment, _| (environment == "production").then(|| "https://api.quetzal.example".to_owned()),
    plain_http_hosts: &[],
    endpoints: &[RATES_LIST, PARCELS_CREATE, PARCELS_GET],
    abilities: &[Ability::Quote, Ability::Create, Ability::Track],
    finds_lost_creates: false,
    options: &[(Ability::Quote, &[RATES_LIST.body_fields()]), (Ability::Create, &[PARCELS_CREATE.body_fields()])],
    zone: || tz::get!("America/Guatemala"),
    policy_header: None,
    remaining_header: None,
    locate: |_, field| (field == "to").then(|| "destination.city".to_owned()),
};

/// Quetzal, for one account.
struct Quetzal {
    api_key: String,
}

fn open(mut settings: Settings<'_>) -> Opened {
    let quetzal = Quetzal { api_key: settings.required("api_key") };
    settings.open(quetzal)
}

#[async_trait(?Send)]
impl Api for Quetzal {
    fn sign(&self, _: &Session<'_>, _: &Endpoint, draft: &mut Draft, _: Option<&str>) -> Result<(), Error> {
        draft.header("x-api-key", &self.api_key)
    }

    fn refusal(&self, _: &Endpoint, reply: &Reply, json: Option<&Value>) -> Option<Refusal> {
        let field = json.and_then(|json| text(json, "field"));
        (reply.status >= 400).then(|| Refusal {
            carrier_message: json.and_then(|json| text(json, "error")),
            fields: field.into_iter().map(|field| (field, "is wrong".to_owned())).collect(),
            ..Refusal::by_status(reply.status)
        })
    }

    async fn quote(&self, session: &Session<'_>, request: &Quote) -> Result<Vec<Rate>, Error> {
        let mut body = parcel(&request.destination, &request.parcels)?;
        merge(&mut body, &session.options(&request.options));
        let answer = session.perform(&RATES_LIST, Params::none().merged(body)).await?;
        Ok(list(&answer.raw(session), "services").iter().map(rate).collect())
    }

    async fn create(&self, session: &Session<'_>, request: &Create) -> Result<Shipment, Error> {
        let mut body = parcel(&request.destination, &request.parcels)?;
        merge(&mut body, &session.options(&request.options));
        let raw = session.perform(&PARCELS_CREATE, Params::none().merged(body)).await?.raw(session);
        let (waybill, status_code) = (text(&raw, "waybill"), text(&raw, "status"));
        let status = Status::PreTransit;
        Ok(Shipment { id: waybill.clone(), tracking_number: waybill, status, status_code, raw, ..Shipment::default() })
    }

    async fn track(&self, session: &Session<'_>, id: &str) -> Result<Tracking, Error> {
        let raw = session.perform(&PARCELS_GET, Params::none().path("waybill", id)).await?.raw(session);
        let word = text(&raw, "status");
        let (status, status_code) = (status(word.as_deref()), word.clone());
        let events = list(&raw, "events").iter().map(event).collect();
        Ok(Tracking { status, status_code, carrier_status: word, events, raw, ..Tracking::default() })
    }
}

fn parcel(to: &Address, parcels: &[Parcel]) -> Result<Value, Error> {
    let to = filled(&to.city).ok_or_else(|| Error::invalid("destination.city", "is required by Quetzal"))?;
    let kilos: Decimal = parcels.iter().filter_map(|parcel| parcel.weight.kilograms()).sum();
    Ok(json!({"to": to, "kilos": json_number(kilos)}))
}

fn rate(entry: &Value) -> Rate {
    Rate {
        service: Service { code: text(entry, "code"), name: text(entry, "name") },
        total: decimal(entry, "price").map(|price| Money::new(price, "GTQ")),
        raw: entry.clone(),
        ..Rate::default()
    }
}

fn status(word: Option<&str>) -> Status {
    match word {
        Some("made") => Status::PreTransit,
        Some("delivered") => Status::Delivered,
        _ => Status::Unknown,
    }
}

fn event(entry: &Value) -> Event {
    let word = text(entry, "status");
    let at = instant_of(entry, "at", &tz::get!("America/Guatemala"));
    Event { at, status: status(word.as_deref()), code: word, ..Event::default() }
}
