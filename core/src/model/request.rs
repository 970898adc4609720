//! What each method takes: its shape (checked first, so that every problem is named at once), and its type.

use super::address::{ADDRESS, Address};
use super::error::Error;
use super::measure::Amount;
use super::money::Money;
use super::normal::normalize;
use super::parcel::{MONEY, PARCEL, Parcel, quantity};
use super::rules;
use super::shape::{Field, Kind, OPEN, Shape, TEXT, check, opt, req, shorten};
use super::status::STATUSES;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Bring a request into one form, check it against its method's shape, and read it.
pub fn read<T: DeserializeOwned>(mut request: Value, shape: &'static Shape) -> Result<T, Error> {
    normalize(&mut request, shape);
    let mut problems = check(&request, shape);
    problems.extend(rules::check(&request, shape));
    if !problems.is_empty() {
        return Err(Error::invalid_fields(problems));
    }
    serde_json::from_value(request).map_err(|error| Error::invalid("", format!("the request can't be read: {error}")))
}

const TIMEOUT: Field =
    opt("timeout_ms", Kind::Integer(1, 3_600_000), "the whole call, retries included; the account's default otherwise");
const ACCOUNT: Field = opt("account", Kind::Text(100), "the account's id; may be left out when only one fits");
const OPTIONS: Field =
    opt("options", Kind::Names(&OPEN), "carrier-native fields by account id or carrier code, merged last");
const ID: Field = req("id", Kind::Id, "the shipment's id, as `create` returned it");

/// Carrier-native fields by account id or carrier code.
pub type Options = Map<String, Value>;

/// `quote`
#[derive(Clone, Debug, Deserialize)]
pub struct Quote {
    /// Who is asked; everyone who can quote when left out.
    pub accounts: Option<Vec<String>>,
    /// Where it is picked up.
    pub origin: Address,
    /// Where it goes.
    pub destination: Address,
    /// What goes.
    pub parcels: Vec<Parcel>,
    /// The day it is handed over.
    pub ship_date: Option<String>,
    /// Faster, for a surcharge.
    #[serde(default)]
    pub urgent: bool,
    /// There and back.
    #[serde(default)]
    pub round_trip: bool,
    /// The value to insure.
    pub insured_value: Option<Money>,
    /// Carrier-native fields.
    #[serde(default)]
    pub options: Options,
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
#[derive(Clone, Debug, Deserialize)]
pub struct Pickup {
    /// The day.
    pub date: String,
    /// Not before.
    pub from: Option<String>,
    /// Not after.
    pub to: Option<String>,
}

/// One line of the order, for carriers that show or buy the goods.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "described in ITEM, once")]
pub struct Item {
    pub sku: Option<String>,
    pub name: String,
    #[serde(deserialize_with = "quantity")]
    pub quantity: u32,
    pub unit_price: Money,
    pub image_url: Option<String>,
}

/// What the courier collects.
#[derive(Clone, Debug, Deserialize)]
pub struct CashOnDelivery {
    /// How much.
    pub amount: Money,
    /// `cash`, `card` or `online`.
    pub method: String,
}

/// Who is notified of what by e-mail.
#[derive(Clone, Debug, Deserialize)]
pub struct Notify {
    /// The address.
    pub email: String,
    /// Of which events.
    pub events: Vec<String>,
}

/// The events of [`Notify`].
pub const NOTIFY_EVENTS: &[&str] = &["created", "picked_up", "at_hub", "in_transit", "delivered", "cancelled"];

/// `create`
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "described in CREATE, once")]
pub struct Create {
    pub account: Option<String>,
    pub rate: Option<ChosenRate>,
    pub idempotency_key: Option<String>,
    pub reference: Option<String>,
    pub origin: Address,
    pub destination: Address,
    pub parcels: Vec<Parcel>,
    #[serde(default, deserialize_with = "service_code")]
    pub service: Option<String>,
    pub pickup: Option<Pickup>,
    #[serde(default)]
    pub urgent: bool,
    #[serde(default)]
    pub round_trip: bool,
    pub notes: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    pub declared_value: Option<Money>,
    #[serde(default)]
    pub items: Vec<Item>,
    pub cash_on_delivery: Option<CashOnDelivery>,
    #[serde(default)]
    pub notify: Vec<Notify>,
    #[serde(default)]
    pub with_label: bool,
    #[serde(default)]
    pub options: Options,
}

/// The rate that a create goes by.
#[derive(Clone, Debug, Deserialize)]
pub struct ChosenRate {
    /// Its account.
    pub account: Option<String>,
    /// The code of its service.
    #[serde(default, deserialize_with = "service_code")]
    pub service: Option<String>,
}

/// A service by its code, or a rate's whole `service`.
fn service_code<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(code) => Some(code),
        Value::Object(service) => service.get("code").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    })
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

/// A rate, as `quote` returned it: what isn't needed of it may be left out.
static CHOSEN_RATE: Shape = Shape {
    name: "ChosenRate",
    fields: &[
        opt("account", Kind::Text(100), "the account that is to make the shipment"),
        opt("carrier", Kind::Text(100), "the account's carrier"),
        opt("service", Kind::Object(&SERVICE), "the service that is requested"),
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
        opt(
            "service",
            Kind::Either(&Kind::Text(100), &Kind::Object(&SERVICE)),
            "a service's code, or a rate's `service`",
        ),
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
    /// Take the account and the service of the rate, where the request doesn't say them itself.
    pub fn go_by_rate(&mut self) -> Result<(), Error> {
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
#[derive(Clone, Debug, Deserialize)]
pub struct ShipmentId {
    /// Its account.
    pub account: Option<String>,
    /// Its id.
    #[serde(deserialize_with = "id_text")]
    pub id: String,
}

/// An id is text; a number is read as its digits.
fn id_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    })
}

/// `track`
#[derive(Clone, Debug, Deserialize)]
pub struct Track {
    /// For one shipment.
    pub account: Option<String>,
    /// For one shipment.
    #[serde(default, deserialize_with = "maybe_id")]
    pub id: Option<String>,
    /// For many.
    pub shipments: Option<Vec<ShipmentId>>,
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
        opt("shipments", Kind::List(&Kind::Object(&SHIPMENT_ID), 1_000), "many at once, answered in order"),
        TIMEOUT,
    ],
};

/// `cancel`
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "described in CANCEL, once")]
pub struct Cancel {
    pub account: Option<String>,
    #[serde(deserialize_with = "id_text")]
    pub id: String,
    #[serde(default)]
    pub options: Options,
}

/// The shape of [`Cancel`].
pub static CANCEL: Shape = Shape {
    name: "CancelRequest",
    fields: &[ACCOUNT, ID, opt("reason", TEXT, "why; none of the carriers takes it"), OPTIONS, TIMEOUT],
};

/// The kinds of document.
pub const DOCUMENT_KINDS: &[&str] = &["label", "proof_of_pickup", "proof_of_delivery"];

/// `document`
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "described in DOCUMENT, once")]
pub struct Document {
    pub account: Option<String>,
    #[serde(deserialize_with = "id_text")]
    pub id: String,
    pub kind: String,
    pub save_to: Option<String>,
}

/// The shape of [`Document`].
pub static DOCUMENT: Shape = Shape {
    name: "DocumentRequest",
    fields: &[
        ACCOUNT,
        ID,
        req("kind", Kind::Choice(DOCUMENT_KINDS), "which document"),
        opt("save_to", TEXT, "a directory or file to save to; the reply then has `path` instead of `base64`"),
        TIMEOUT,
    ],
};

/// `list`
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "described in LIST, once")]
pub struct List {
    pub account: Option<String>,
    pub status: Option<String>,
    pub date: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<Amount>,
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
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "described in WEBHOOK, once")]
pub struct Webhook {
    pub account: Option<String>,
    pub body: String,
}

/// The shape of [`Webhook`].
pub static WEBHOOK: Shape = Shape {
    name: "WebhookRequest",
    fields: &[
        ACCOUNT,
        req("body", Kind::Raw(1_000_000), "the body of the push, as received"),
        opt("headers", OPEN, "its headers; none of the carriers signs them"),
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
    pub params: Map<String, Value>,
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
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "described in SETTLE, once")]
pub struct Settle {
    pub account: Option<String>,
    pub idempotency_key: String,
    pub made: bool,
    #[serde(default, deserialize_with = "maybe_id")]
    pub id: Option<String>,
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
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "described in KEYS, once")]
pub struct Keys {
    pub account: Option<String>,
    #[serde(default)]
    pub open: Option<bool>,
    pub cursor: Option<String>,
    pub limit: Option<Amount>,
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
    fn a_create_takes_every_field_of_a_rate() {
        for field in super::super::reply::RATE.fields {
            assert!(CHOSEN_RATE.fields.iter().any(|known| known.name == field.name), "{}", field.name);
        }
    }
}
