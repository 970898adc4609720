//! What each method takes: its shape (checked first, so that every problem is named at once), and its type.

use super::address::{ADDRESS, Address};
use super::check;
use super::error::Error;
use super::measure::Amount;
use super::money::Money;
use super::parcel::{MONEY, PARCEL, Parcel, quantity};
use super::reply::Rate;
use super::shape::{Field, Kind, OPEN, Shape, TEXT, opt, req, shorten};
use super::status::STATUSES;
use crate::json::{Map, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Bring a request into one form, check it against its method's shape, and read it.
pub fn read<T: DeserializeOwned>(mut request: Value, shape: &'static Shape) -> Result<T, Error> {
    let problems = check::request(&mut request, shape);
    if !problems.is_empty() {
        return Err(Error::invalid_fields(problems));
    }
    crate::json::from_value(request)
        .map_err(|error| Error::invalid("", format!("the request can't be read: {error}")).caused_by(error))
}

const TIMEOUT: Field =
    opt("timeout_ms", Kind::Integer(1, 3_600_000), "the whole call, retries included; the account's default otherwise");
const ACCOUNT: Field = opt("account", Kind::Text(100), "the account's id; may be left out when only one fits");
const OPTIONS: Field =
    opt("options", Kind::Names(&OPEN), "carrier-native fields by account id or carrier code, merged last");
const ID: Field = req("id", Kind::Id, "the shipment's id, as `create` returned it");

/// What is false may be left out.
fn not(flag: &bool) -> bool {
    !flag
}

/// Carrier-native fields by account id or carrier code.
pub type Options = Map;

/// `quote`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Quote {
    /// Who is asked; everyone who can quote when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<String>>,
    /// Where it is picked up.
    pub origin: Address,
    /// Where it goes.
    pub destination: Address,
    /// What goes.
    pub parcels: Vec<Parcel>,
    /// The day it is handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ship_date: Option<String>,
    /// Faster, for a surcharge.
    #[serde(default)]
    #[serde(skip_serializing_if = "not")]
    pub urgent: bool,
    /// There and back.
    #[serde(default)]
    #[serde(skip_serializing_if = "not")]
    pub round_trip: bool,
    /// The value to insure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insured_value: Option<Money>,
    /// Carrier-native fields.
    #[serde(default)]
    #[serde(skip_serializing_if = "Options::is_empty")]
    pub options: Options,
    /// How long the whole call may take, retries included; the account's default otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Amount>,
}

impl Quote {
    /// Prices of every account for these parcels.
    pub fn new(origin: Address, destination: Address, parcels: Vec<Parcel>) -> Self {
        Self { origin, destination, parcels, ..Self::default() }
    }
}

/// The shape of [`Quote`].
pub static QUOTE: Shape = Shape {
    name: "QuoteRequest",
    fields: &[
        opt("accounts", Kind::List(&Kind::Text(100), 100), "the accounts to ask; all that can quote when left out"),
        req("origin", Kind::Object(&ADDRESS), "where it is picked up"),
        req("destination", Kind::Object(&ADDRESS), "where it goes"),
        req("parcels", Kind::List(&Kind::Object(&PARCEL), 100), "what goes"),
        opt("ship_date", Kind::Date, "the day it is handed over; none of the carriers asks for it in a quote"),
        opt("urgent", Kind::Flag, "faster, for a surcharge"),
        opt("round_trip", Kind::Flag, "there and back"),
        opt("insured_value", Kind::Object(&MONEY), "the value to insure"),
        OPTIONS,
        TIMEOUT,
    ],
};

/// When it is picked up: in the carrier's own zone.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Pickup {
    /// The day.
    pub date: String,
    /// Not before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Not after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// One line of the order, for carriers that show or buy the goods.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Item {
    /// The shop's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// What it is.
    pub name: String,
    /// How many.
    #[serde(deserialize_with = "quantity")]
    pub quantity: u32,
    /// The price of one.
    pub unit_price: Money,
    /// A picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
}

/// What the courier collects.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CashOnDelivery {
    /// How much.
    pub amount: Money,
    /// `cash`, `card` or `online`.
    pub method: String,
}

/// Who is notified of what by e-mail.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Notify {
    /// The address.
    pub email: String,
    /// Of which events.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
}

/// The events of [`Notify`].
pub const NOTIFY_EVENTS: &[&str] = &["created", "picked_up", "at_hub", "in_transit", "delivered", "cancelled"];

/// `create`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Create {
    /// The account's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// A rate as `quote` gave it: its account and service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<ChosenRate>,
    /// The same key never makes a second shipment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// The caller's own reference, like an order number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Where it is picked up.
    pub origin: Address,
    /// Where it goes.
    pub destination: Address,
    /// What goes.
    pub parcels: Vec<Parcel>,
    /// A service's code, or a rate's `service`.
    #[serde(default, deserialize_with = "service_code")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// When it is picked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pickup: Option<Pickup>,
    /// Faster, for a surcharge.
    #[serde(default)]
    #[serde(skip_serializing_if = "not")]
    pub urgent: bool,
    /// There and back.
    #[serde(default)]
    #[serde(skip_serializing_if = "not")]
    pub round_trip: bool,
    /// For the carrier's people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The caller's own labels.
    #[serde(default, deserialize_with = "filled_texts")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What it is worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_value: Option<Money>,
    /// The goods, one line each.
    #[serde(default)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// What the courier collects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cash_on_delivery: Option<CashOnDelivery>,
    /// Who gets an e-mail, and about which events.
    #[serde(default)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<Notify>,
    /// Wait for the label and give it in the reply.
    #[serde(default)]
    #[serde(skip_serializing_if = "not")]
    pub with_label: bool,
    /// Carrier-native fields by account id or carrier code.
    #[serde(default)]
    #[serde(skip_serializing_if = "Options::is_empty")]
    pub options: Options,
    /// How long the whole call may take, retries included; the account's default otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Amount>,
}

/// The rate that a create goes by.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ChosenRate {
    /// Its account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The code of its service.
    #[serde(default, deserialize_with = "service_code")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Its carrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// Its environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

impl From<&Rate> for ChosenRate {
    fn from(rate: &Rate) -> Self {
        Self {
            account: Some(rate.account.clone()),
            service: rate.service.code.clone(),
            carrier: Some(rate.carrier.to_string()),
            environment: Some(rate.environment.to_string()),
        }
    }
}

/// A service by its code, or a rate's whole `service`.
fn service_code<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(code) => Some(code.into()),
        Value::Object(service) => service.get("code").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    })
}

/// An empty text says nothing in a list, either.
fn filled_texts<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let mut texts = Vec::<String>::deserialize(deserializer)?;
    texts.retain(|text| !text.is_empty());
    Ok(texts)
}

/// The shape of [`Pickup`].
pub static PICKUP: Shape = Shape {
    name: "Pickup",
    fields: &[
        req("date", Kind::Date, "the day, in the carrier's own zone"),
        opt("from", Kind::Time, "not before this time"),
        opt("to", Kind::Time, "not after this time"),
    ],
};

static ITEM: Shape = Shape {
    name: "Item",
    fields: &[
        opt("sku", Kind::Text(100), "the shop's own code"),
        req("name", Kind::Filled(300), "what it is"),
        req("quantity", Kind::Integer(1, 100_000), "how many"),
        req("unit_price", Kind::Object(&MONEY), "the price of one"),
        opt("image_url", TEXT, "a picture"),
    ],
};

static CASH: Shape = Shape {
    name: "CashOnDelivery",
    fields: &[
        req("amount", Kind::Object(&MONEY), "what the courier collects"),
        req("method", Kind::Choice(&["cash", "card", "online"]), "how it is paid"),
    ],
};

static NOTIFY: Shape = Shape {
    name: "Notify",
    fields: &[
        req("email", Kind::Filled(200), "the recipient"),
        req("events", Kind::List(&Kind::Choice(NOTIFY_EVENTS), 6), "of what"),
    ],
};

/// The shape of a service.
pub static SERVICE: Shape = Shape {
    name: "Service",
    fields: &[opt("code", Kind::Text(100), "the carrier's code"), opt("name", TEXT, "the carrier's name for it")],
};

const SERVICE_OR_CODE: Kind = Kind::Either(&Kind::Text(100), &Kind::Object(&SERVICE));

/// A rate, as `quote` returned it: what isn't needed of it may be left out.
static CHOSEN_RATE: Shape = Shape {
    name: "ChosenRate",
    fields: &[
        opt("account", Kind::Text(100), "the account that is to make the shipment"),
        opt("carrier", Kind::Text(100), "the account's carrier"),
        opt("service", SERVICE_OR_CODE, "the service that is requested"),
        opt("environment", Kind::Text(100), "where the price is from"),
        opt("total", Kind::Any, "not read"),
        opt("breakdown", Kind::Any, "not read"),
        opt("estimated_delivery", Kind::Any, "not read"),
        opt("distance_km", Kind::Any, "not read"),
        opt("volumetric_weight", Kind::Any, "not read"),
        opt("raw", Kind::Any, "not read"),
    ],
};

/// The shape of [`Create`].
pub static CREATE: Shape = Shape {
    name: "CreateRequest",
    fields: &[
        ACCOUNT,
        opt("rate", Kind::Object(&CHOSEN_RATE), "a rate as `quote` returned it: its account and service"),
        opt("idempotency_key", Kind::Filled(255), "the same key never makes a second shipment"),
        opt("reference", Kind::Text(500), "the caller's own reference, like an order number"),
        req("origin", Kind::Object(&ADDRESS), "where it is picked up"),
        req("destination", Kind::Object(&ADDRESS), "where it goes"),
        req("parcels", Kind::List(&Kind::Object(&PARCEL), 100), "what goes"),
        opt("service", SERVICE_OR_CODE, "a service's code, or a rate's `service`"),
        opt("pickup", Kind::Object(&PICKUP), "when it is picked up"),
        opt("urgent", Kind::Flag, "faster, for a surcharge"),
        opt("round_trip", Kind::Flag, "there and back"),
        opt("notes", Kind::Text(5_000), "for the carrier's people"),
        opt("tags", Kind::List(&Kind::Text(200), 50), "the caller's own labels"),
        opt("declared_value", Kind::Object(&MONEY), "what it is worth"),
        opt("items", Kind::List(&Kind::Object(&ITEM), 500), "the goods, one line each"),
        opt("cash_on_delivery", Kind::Object(&CASH), "what the courier collects"),
        opt("notify", Kind::List(&Kind::Object(&NOTIFY), 20), "who is notified by e-mail"),
        opt("with_label", Kind::Flag, "wait for the label and return it in the reply"),
        OPTIONS,
        TIMEOUT,
    ],
};

impl Create {
    /// A shipment of these parcels. The same `idempotency_key` never makes a second one.
    pub fn new(
        idempotency_key: impl Into<String>,
        origin: Address,
        destination: Address,
        parcels: Vec<Parcel>,
    ) -> Self {
        Self { idempotency_key: Some(idempotency_key.into()), origin, destination, parcels, ..Self::default() }
    }

    /// Take the account and the service of the rate, where the request doesn't say them itself.
    pub(crate) fn go_by_rate(&mut self) -> Result<(), Error> {
        let Some(rate) = &self.rate else { return Ok(()) };
        let take = |field: &str, own: &mut Option<String>, rates: &Option<String>| match (&*own, rates) {
            (Some(own), Some(rates)) if own != rates => Err(Error::invalid(
                field,
                format!("`{}` is not the rate's: `{}`; leave one of them out", shorten(own), shorten(rates)),
            )),
            (None, Some(rates)) => {
                *own = Some(rates.clone());
                Ok(())
            }
            _ => Ok(()),
        };
        take("account", &mut self.account, &rate.account)?;
        take("service", &mut self.service, &rate.service)
    }
}

/// One shipment of `track`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ShipmentId {
    /// Its account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Its id.
    #[serde(deserialize_with = "id_text")]
    pub id: String,
}

impl ShipmentId {
    /// A shipment of this account.
    pub fn new(account: impl Into<String>, id: impl Into<String>) -> Self {
        Self { account: Some(account.into()), id: id.into() }
    }
}

/// An id is text; a number is read as its digits.
fn id_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    })
}

/// `track`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Track {
    /// For one shipment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// For one shipment.
    #[serde(default, deserialize_with = "maybe_id")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// For many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipments: Option<Vec<ShipmentId>>,
    /// How long the whole call may take, retries included; the account's default otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Amount>,
}

impl Track {
    /// One shipment of this account.
    pub fn new(account: impl Into<String>, id: impl Into<String>) -> Self {
        Self { account: Some(account.into()), id: Some(id.into()), ..Self::default() }
    }
}

fn maybe_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    id_text(deserializer).map(Some)
}

static SHIPMENT_ID: Shape = Shape { name: "ShipmentId", fields: &[ACCOUNT, ID] };

/// The shape of [`Track`].
pub static TRACK: Shape = Shape {
    name: "TrackRequest",
    fields: &[
        ACCOUNT,
        opt("id", Kind::Id, "the shipment's id, as `create` returned it"),
        opt(
            "shipments",
            Kind::List(&Kind::Object(&SHIPMENT_ID), 10_000),
            "many at once, at most 10000, answered in order",
        ),
        TIMEOUT,
    ],
};

/// `cancel`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Cancel {
    /// The account's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The shipment's id, as `create` gave it.
    #[serde(deserialize_with = "id_text")]
    pub id: String,
    /// Why, in words, for carriers that take a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Carrier-native fields by account id or carrier code.
    #[serde(default)]
    #[serde(skip_serializing_if = "Options::is_empty")]
    pub options: Options,
    /// How long the whole call may take, retries included; the account's default otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Amount>,
}

impl Cancel {
    /// This shipment.
    pub fn new(account: impl Into<String>, id: impl Into<String>) -> Self {
        Self { account: Some(account.into()), id: id.into(), ..Self::default() }
    }
}

/// The shape of [`Cancel`].
pub static CANCEL: Shape = Shape {
    name: "CancelRequest",
    fields: &[ACCOUNT, ID, opt("reason", TEXT, "why, for carriers that take a reason"), OPTIONS, TIMEOUT],
};

/// The kinds of document.
pub const DOCUMENT_KINDS: &[&str] = &["label", "proof_of_pickup", "proof_of_delivery", "other"];

/// `document`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Document {
    /// The account's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The shipment's id, as `create` gave it.
    #[serde(deserialize_with = "id_text")]
    pub id: String,
    /// Which documents: `label`, `proof_of_pickup`, `proof_of_delivery` or `other`. Or one, by `document_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// One document: an `id` of `documents` in `track`'s reply.
    #[serde(default, deserialize_with = "maybe_id")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_id: Option<String>,
    /// A directory or file to save to; the reply then has `path` instead of `base64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub save_to: Option<String>,
    /// How long the whole call may take, retries included; the account's default otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Amount>,
}

impl Document {
    /// The documents of this kind of a shipment: `label`, `proof_of_pickup`, `proof_of_delivery` or `other`.
    pub fn new(account: impl Into<String>, id: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { account: Some(account.into()), id: id.into(), kind: Some(kind.into()), ..Self::default() }
    }

    /// One document of a shipment, by its `id` in [`Tracking::documents`](super::reply::Tracking::documents).
    pub fn by_id(account: impl Into<String>, id: impl Into<String>, document_id: impl Into<String>) -> Self {
        Self { account: Some(account.into()), id: id.into(), document_id: Some(document_id.into()), ..Self::default() }
    }

    /// What is asked for: all documents of a kind, or one by its id.
    pub(crate) fn wanted(&self) -> Result<Wanted<'_>, Error> {
        match (&self.kind, &self.document_id) {
            (Some(kind), None) => Ok(Wanted::Kind(kind)),
            (None, Some(id)) => Ok(Wanted::Id(id)),
            (None, None) => Err(Error::invalid(
                "kind",
                format!("is required: one of {}; or give a `document_id` of `track`", DOCUMENT_KINDS.join(", ")),
            )),
            (Some(_), Some(_)) => {
                Err(Error::invalid("document_id", "can't be given together with `kind`; leave one of them out"))
            }
        }
    }
}

/// Which documents of a shipment are asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wanted<'a> {
    /// All of this kind.
    Kind(&'a str),
    /// The one with this id.
    Id(&'a str),
}

/// The shape of [`Document`].
pub static DOCUMENT: Shape = Shape {
    name: "DocumentRequest",
    fields: &[
        ACCOUNT,
        ID,
        opt("kind", Kind::Choice(DOCUMENT_KINDS), "which documents; needed without `document_id`"),
        opt("document_id", Kind::Id, "one document, by its `id` in `documents` of `track`; instead of `kind`"),
        opt("save_to", TEXT, "a directory or file to save to; the reply then has `path` instead of `base64`"),
        TIMEOUT,
    ],
};

/// `list`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct List {
    /// The account's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Only shipments in this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Only shipments made on this day, in the carrier's own zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// `next_cursor` of the page before; it keeps the filters and the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// At most this many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Amount>,
    /// How long the whole call may take, retries included; the account's default otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Amount>,
}

impl List {
    /// The first page of what this account has.
    pub fn new(account: impl Into<String>) -> Self {
        Self { account: Some(account.into()), ..Self::default() }
    }
}

/// The shape of [`List`].
pub static LIST: Shape = Shape {
    name: "ListRequest",
    fields: &[
        ACCOUNT,
        opt("status", Kind::Choice(STATUSES), "only shipments in this status"),
        opt("date", Kind::Date, "only shipments made on this day, in the carrier's own zone"),
        opt("cursor", Kind::Text(20_000), "`next_cursor` of the page before; it keeps the filters and the limit"),
        opt("limit", Kind::Integer(1, 100), "at most this many"),
        TIMEOUT,
    ],
};

/// `webhook`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Webhook {
    /// The account's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The body of the push, as it came.
    pub body: String,
    /// Its HTTP headers: some carriers put their secret there. A value is a text, or a list of texts.
    #[serde(default)]
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub headers: Map,
    /// How long the whole call may take, retries included; the account's default otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Amount>,
}

impl Webhook {
    /// A push to this account, with its body as it came.
    pub fn new(account: impl Into<String>, body: impl Into<String>) -> Self {
        Self { account: Some(account.into()), body: body.into(), ..Self::default() }
    }

    /// The values of the header with this name, whatever its case. PHP and WSGI have it as `HTTP_X_API_KEY`, too.
    #[allow(dead_code, reason = "for carriers whose push has its secret in a header")]
    pub(crate) fn header(&self, name: &str) -> impl Iterator<Item = &str> {
        let one_form = |name: &str| {
            let name = name.trim().to_ascii_lowercase().replace('_', "-");
            name.strip_prefix("http-").map_or(name.clone(), str::to_owned)
        };
        let wanted = one_form(name);
        let named = self.headers.iter().filter(move |(given, _)| one_form(given) == wanted);
        let values = named.flat_map(|(_, value)| match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        });
        values.filter_map(Value::as_str).map(str::trim)
    }
}

/// The shape of [`Webhook`].
pub static WEBHOOK: Shape = Shape {
    name: "WebhookRequest",
    fields: &[
        ACCOUNT,
        req("body", Kind::Raw(1_000_000), "the body of the push, as received"),
        opt("headers", OPEN, "its HTTP headers, by name; a value is a text or a list of texts"),
        TIMEOUT,
    ],
};

/// `call`
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "described in CALL, once")]
pub struct NativeCall {
    pub account: Option<String>,
    pub operation: String,
    #[serde(default)]
    pub params: Map,
    #[serde(default)]
    pub all: bool,
}

/// The shape of [`NativeCall`].
pub static CALL: Shape = Shape {
    name: "CallRequest",
    fields: &[
        ACCOUNT,
        req("operation", Kind::Filled(100), "a native operation by its name in `describe`"),
        opt("params", OPEN, "its parameters, with the carrier's own names"),
        opt("all", Kind::Flag, "on a list: gather every page"),
        TIMEOUT,
    ],
};

/// `describe`
#[derive(Clone, Debug, Deserialize)]
pub struct Describe {
    /// One carrier only.
    pub carrier: Option<String>,
}

/// The shape of [`Describe`].
pub static DESCRIBE: Shape = Shape {
    name: "DescribeRequest",
    fields: &[opt("carrier", Kind::Text(100), "one carrier's code; all when left out"), TIMEOUT],
};

/// `settle`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Settle {
    /// The account's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The key that was left unknown.
    pub idempotency_key: String,
    /// Whether the carrier has the shipment: a person looked.
    pub made: bool,
    /// Its id, when it was made.
    #[serde(default, deserialize_with = "maybe_id")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How long the whole call may take, retries included; the account's default otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Amount>,
}

impl Settle {
    /// Whether the create with this key made its shipment.
    pub fn new(account: impl Into<String>, idempotency_key: impl Into<String>, made: bool) -> Self {
        Self { account: Some(account.into()), idempotency_key: idempotency_key.into(), made, ..Self::default() }
    }
}

/// The shape of [`Settle`].
pub static SETTLE: Shape = Shape {
    name: "SettleRequest",
    fields: &[
        ACCOUNT,
        req("idempotency_key", Kind::Filled(255), "the key that was left unknown"),
        req("made", Kind::Flag, "whether the carrier has the shipment: a person looked"),
        opt("id", Kind::Id, "its id, when it was made"),
        TIMEOUT,
    ],
};

/// `keys`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Keys {
    /// Only this account's keys; those of all accounts when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// True: only keys that are not done.
    #[serde(default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// At most this many; 100 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Amount>,
    /// How long the whole call may take, retries included; the account's default otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Amount>,
}

/// The shape of [`Keys`].
pub static KEYS: Shape = Shape {
    name: "KeysRequest",
    fields: &[
        opt("account", TEXT, "only this account's keys; those of all accounts when left out"),
        opt("open", Kind::Flag, "true: only keys that are not done"),
        opt("cursor", TEXT, "`next_cursor` of the page before"),
        opt("limit", Kind::Integer(1, 1_000), "at most this many; 100 when left out"),
        TIMEOUT,
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_in_every_form_that_frameworks_give() {
        let push = |headers: Value| Webhook { headers: headers.as_object().unwrap().clone(), ..Webhook::default() };
        for (headers, found) in [
            (crate::json::json!({"X-API-KEY": "a"}), &["a"][..]),
            (crate::json::json!({"x-api-key": [" a ", "b"], "X-Api-Key": "c"}), &["a", "b", "c"]),
            (crate::json::json!({"HTTP_X_API_KEY": "a", "X_API": "b", "X-API-KEY-2": "c"}), &["a"]),
            (crate::json::json!({"X-API-KEY": 7, "x-api-key": null}), &[]),
        ] {
            let push = push(headers);
            assert_eq!(push.header("X-Api-Key").collect::<Vec<_>>(), found, "{:?}", push.headers);
        }
    }

    #[test]
    fn a_document_is_asked_for_by_its_kind_or_its_id() {
        let of = |kind: Option<&str>, id: Option<&str>| {
            let request =
                Document { kind: kind.map(str::to_owned), document_id: id.map(str::to_owned), ..Document::default() };
            request.wanted().map(|wanted| format!("{wanted:?}")).map_err(|error| error.fields[0].field.clone())
        };
        assert_eq!(of(Some("label"), None), Ok("Kind(\"label\")".to_owned()));
        assert_eq!(of(None, Some("7")), Ok("Id(\"7\")".to_owned()));
        assert_eq!(of(None, None), Err("kind".to_owned()));
        assert_eq!(of(Some("label"), Some("7")), Err("document_id".to_owned()));
    }

    #[test]
    fn a_create_takes_every_field_of_a_rate() {
        for field in super::super::reply::RATE.fields {
            assert!(CHOSEN_RATE.fields.iter().any(|known| known.name == field.name), "{}", field.name);
        }
    }
}
