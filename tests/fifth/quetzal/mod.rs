//! Quetzal (Guatemala), a carrier that doesn't exist: what `carriers/README.md` says, followed once.
//! Copied into a copy of the repository by `tests/fifth/run`; no build of flete has it.

use crate::connector::endpoint::{get, post};
use crate::connector::prelude::*;
use crate::json::Raw;

const PARCEL: &[Field] = &[req("to", TEXT, "the city"), req("kilos", Kind::Decimal, "all parcels together")];
const RATES_LIST: Endpoint = post("rates.list", "/rates").json(PARCEL).safe().source("Rates");
const PARCELS_CREATE: Endpoint = post("parcels.create", "/parcels").json(PARCEL).shipment().source("Parcels");
const PARCELS_GET: Endpoint =
    get("parcels.get", "/parcels/{waybill}").path_fields(&[req("waybill", Kind::Id, "its number")]).source("Parcels");

pub(super) static CARRIER: Carrier = Carrier {
    code: "quetzal",
    name: "Quetzal",
    country: "GT",
    reference: Reference { title: "Quetzal's API reference", dated: "January 2026", assumed: "Nothing." },
    settings: &[req("api_key", Kind::Text(200), "the key")],
    secrets: &["api_key"],
    host: |environment, _| (environment == "production").then(|| "https://api.quetzal.example".to_owned()),
    endpoints: &[RATES_LIST, PARCELS_CREATE, PARCELS_GET],
    abilities: &[Ability::Quote, Ability::Create, Ability::Track],
    options: &[(Ability::Quote, &[PARCEL]), (Ability::Create, &[PARCEL])],
    zone: || tz::get!("America/Guatemala"),
    ..Carrier::opened_by(|mut settings| {
        let quetzal = Quetzal { api_key: settings.required("api_key") };
        settings.open(quetzal)
    })
};

/// Quetzal, for one account.
struct Quetzal {
    api_key: String,
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
        let native = session.native(Ability::Quote, &request.options);
        let params = parcel(&RATES_LIST, &request.destination, &request.parcels, &native)?;
        let services = session.perform(&RATES_LIST, params).await?.clean(session);
        let rate = |entry: &Value| Rate {
            service: Service { code: text(entry, "code"), name: text(entry, "name") },
            total: decimal(entry, "price").map(|price| Money::new(price, "GTQ")),
            raw: Raw::of(entry),
            ..Rate::default()
        };
        Ok(list(&services, "services").iter().map(rate).collect())
    }

    async fn create(&self, session: &Session<'_>, request: &Create) -> Result<Shipment, Error> {
        let native = session.native(Ability::Create, &request.options);
        let params = parcel(&PARCELS_CREATE, &request.destination, &request.parcels, &native)?;
        let reply = session.perform(&PARCELS_CREATE, params).await?.clean(session);
        let (id, status) = (text(&reply, "waybill"), status(&reply));
        let (tracking_number, status_code) = (id.clone(), text(&reply, "status"));
        Ok(Shipment { id, tracking_number, status, status_code, raw: reply.raw(), ..Shipment::default() })
    }

    async fn track(&self, session: &Session<'_>, id: &str) -> Result<Tracking, Error> {
        let reply = session.perform(&PARCELS_GET, Params::none().path("waybill", id)).await?.clean(session);
        let at = |entry: &Value| instant_of(entry, "at", &(CARRIER.zone)());
        let event =
            |entry: &Value| Event { at: at(entry), status: status(entry), code: text(entry, "status"), ..Event::default() };
        let (status, status_code, carrier_status) = (status(&reply), text(&reply, "status"), text(&reply, "status"));
        let events = list(&reply, "events").iter().map(event).collect();
        Ok(Tracking { status, status_code, carrier_status, events, raw: reply.raw(), ..Tracking::default() })
    }
}

/// A parcel as Quetzal takes it, with the caller's native fields.
fn parcel(of: &'static Endpoint, to: &Address, parcels: &[Parcel], native: &Native<'_>) -> Result<Params, Error> {
    let mut body = Body::new(of, "Quetzal");
    body.put_if("to", "destination.city", filled(&to.city));
    let kilos: Decimal = parcels.iter().filter_map(|parcel| parcel.weight.kilograms()).sum();
    body.put("kilos", "parcels", json_number(kilos));
    body.native(native);
    body.params()
}

fn status(entry: &Value) -> Status {
    match text(entry, "status").as_deref() {
        Some("made") => Status::PreTransit,
        Some("delivered") => Status::Delivered,
        _ => Status::Unknown,
    }
}
