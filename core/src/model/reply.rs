//! What each method returns: the types, and the shapes that `describe` shows.

use super::error::Error;
use super::measure::{Amount, Weight};
use super::money::Money;
use super::parcel::WEIGHT;
use super::request::DOCUMENT_KINDS;
use super::shape::{Kind, OPEN, Shape, opt, req};
use super::status::{STATUSES, Status};
use crate::json::Raw;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A reply bigger than this is not read: no carrier's API reference has one of even 1 MiB.
pub(crate) const REPLY_LIMIT: usize = 32 * 1024 * 1024;

const ACCOUNT: super::shape::Field = req("account", Kind::Text(100), "the account's id");
const CARRIER: super::shape::Field = req("carrier", Kind::Text(100), "the carrier's code");
/// Where an account's requests go.
pub const ENVIRONMENTS: &[&str] = &["production", "test", "sandbox"];
const ENVIRONMENT: super::shape::Field =
    req("environment", Kind::Choice(ENVIRONMENTS), "where it is from; nothing from the sandbox is real");
const RAW: super::shape::Field = opt("raw", Kind::Any, "the carrier's reply, secrets removed");
const STATUS: super::shape::Field = req("status", Kind::Choice(STATUSES), "where it is");
const INSTANT: Kind = Kind::Instant;
/// A carrier's words: they may be as long as its reply, whatever a request's may be.
const TEXT: Kind = Kind::Text(REPLY_LIMIT);

/// As flete writes it: the amount is a text.
static MONEY: Shape = Shape {
    name: "Money",
    fields: &[
        req("amount", Kind::DecimalText, "a decimal text"),
        req("currency", Kind::Capitals(3), "the currency's ISO 4217 code"),
    ],
};

/// A service of a carrier.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Service {
    /// The carrier's code.
    pub code: Option<String>,
    /// The carrier's name for it.
    pub name: Option<String>,
}

static SERVICE: Shape = Shape {
    name: "Service",
    fields: &[opt("code", TEXT, "the carrier's code"), opt("name", TEXT, "the carrier's name for it")],
};

/// One part of a price.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Charge {
    /// The carrier's name for it.
    pub code: String,
    /// In words.
    pub description: String,
    /// How much.
    pub amount: Money,
}

static CHARGE: Shape = Shape {
    name: "Charge",
    fields: &[
        req("code", TEXT, "the carrier's name for it"),
        req("description", TEXT, "in words"),
        req("amount", Kind::Object(&MONEY), "how much"),
    ],
};

/// A price for a shipment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rate {
    /// The account's id.
    pub account: String,
    /// The carrier's code.
    pub carrier: Cow<'static, str>,
    /// `production`, `test` (the carrier's own test host) or `sandbox` (the simulator: nothing of it is real).
    pub environment: Cow<'static, str>,
    /// The carrier's service.
    pub service: Service,
    /// The price; null where the reply has none that can be read.
    pub total: Option<Money>,
    /// Its parts, where the carrier gives them.
    pub breakdown: Vec<Charge>,
    /// When it arrives, in the carrier's words.
    pub estimated_delivery: Option<String>,
    /// Kilometres.
    pub distance_km: Option<Amount>,
    /// The weight that its size counts for.
    pub volumetric_weight: Option<Weight>,
    /// The carrier's reply, secrets removed.
    pub raw: Raw,
}

/// The shape of [`Rate`].
pub static RATE: Shape = Shape {
    name: "Rate",
    fields: &[
        ACCOUNT,
        CARRIER,
        ENVIRONMENT,
        req("service", Kind::Object(&SERVICE), "the carrier's service"),
        opt("total", Kind::Object(&MONEY), "the price; null where the reply has none that can be read"),
        req("breakdown", Kind::List(&Kind::Object(&CHARGE), 1_000), "its parts, where the carrier has them"),
        opt("estimated_delivery", TEXT, "when it arrives, in the carrier's words"),
        opt("distance_km", Kind::SignedDecimal, "kilometres"),
        opt("volumetric_weight", Kind::Object(&WEIGHT), "the weight that its size counts for"),
        RAW,
    ],
};

/// A file: a label or a proof.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Document {
    /// `label`, `proof_of_pickup`, `proof_of_delivery` or `other`.
    pub kind: String,
    /// Application/pdf, image/png, ….
    pub content_type: Option<String>,
    /// Bytes.
    pub size: Option<usize>,
    /// The content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// Where it was saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where the carrier keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The shape of [`Document`].
pub static DOCUMENT: Shape = Shape {
    name: "Document",
    fields: &[
        req("kind", Kind::Choice(DOCUMENT_KINDS), "what it is"),
        opt("content_type", TEXT, "application/pdf, image/png, …"),
        opt("size", super::shape::COUNT, "bytes"),
        opt("base64", Kind::Text(50_000_000), "the content"),
        opt("path", TEXT, "where it was saved"),
        opt("url", TEXT, "where the carrier keeps it"),
    ],
};

/// A shipment as the carrier has it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Shipment {
    /// The account's id.
    pub account: String,
    /// The carrier's code.
    pub carrier: Cow<'static, str>,
    /// `production`, `test` (the carrier's own test host) or `sandbox` (the simulator: nothing of it is real).
    pub environment: Cow<'static, str>,
    /// What every later call takes, with its account.
    pub id: Option<String>,
    /// The waybill number that the consignee may use.
    pub tracking_number: Option<String>,
    /// The caller's own reference.
    pub reference: Option<String>,
    /// Where it is.
    pub status: Status,
    /// The carrier's word for it.
    pub carrier_status: Option<String>,
    /// What it costs.
    pub price: Option<Money>,
    /// A page for the consignee.
    pub tracking_url: Option<String>,
    /// The label, when `with_label` asked for it.
    pub label: Option<Document>,
    /// When the carrier made it.
    pub created_at: Option<String>,
    /// Whether an earlier call with this key had made it.
    pub replayed: bool,
    /// The carrier's reply, secrets removed.
    pub raw: Raw,
    /// What the account's `status_map` knows it by.
    #[serde(skip)]
    pub(crate) status_code: Option<String>,
}

/// The shape of [`Shipment`].
pub static SHIPMENT: Shape = Shape {
    name: "Shipment",
    fields: &[
        ACCOUNT,
        CARRIER,
        ENVIRONMENT,
        opt("id", TEXT, "what every later call takes, with its account"),
        opt("tracking_number", TEXT, "the waybill number that the consignee may use"),
        opt("reference", TEXT, "the caller's own reference"),
        STATUS,
        opt("carrier_status", TEXT, "the carrier's word for it"),
        opt("price", Kind::Object(&MONEY), "what it costs"),
        opt("tracking_url", TEXT, "a page for the consignee"),
        opt("label", Kind::Object(&DOCUMENT), "the label, when `with_label` requested it"),
        opt("created_at", INSTANT, "when the carrier made it"),
        req("replayed", Kind::Flag, "whether an earlier call with this key had made it"),
        RAW,
    ],
};

/// Something that happened to a shipment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// When.
    pub at: Option<String>,
    /// Where it is.
    pub status: Status,
    /// The carrier's code of the event.
    pub code: Option<String>,
    /// The carrier's words.
    pub description: Option<String>,
    /// Where.
    pub location: Option<String>,
}

static EVENT: Shape = Shape {
    name: "Event",
    fields: &[
        opt("at", INSTANT, "when"),
        STATUS,
        opt("code", TEXT, "the carrier's code of the event"),
        opt("description", TEXT, "the carrier's words"),
        opt("location", TEXT, "where"),
    ],
};

/// A span of time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Window {
    /// Not before.
    pub from: Option<String>,
    /// Not after.
    pub to: Option<String>,
}

/// A document that can be requested.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentRef {
    /// `label`, `proof_of_pickup`, `proof_of_delivery` or `other`.
    pub kind: Cow<'static, str>,
    /// What `document` takes as `document_id`; none where the kind is enough.
    pub id: Option<String>,
}

/// A remark by the carrier's people.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comment {
    /// When.
    pub at: Option<String>,
    /// What they wrote.
    pub text: String,
}

/// Who carries it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Courier {
    /// Their name.
    pub name: Option<String>,
    /// Their telephone.
    pub phone: Option<String>,
    /// The plate of their vehicle.
    pub plate: Option<String>,
    /// What they drive, in the carrier's words.
    pub vehicle: Option<String>,
    /// A picture of them.
    pub photo_url: Option<String>,
}

/// Where a shipment is, and how it got there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tracking {
    /// The account's id.
    pub account: String,
    /// The carrier's code.
    pub carrier: Cow<'static, str>,
    /// `production`, `test` (the carrier's own test host) or `sandbox` (the simulator: nothing of it is real).
    pub environment: Cow<'static, str>,
    /// The shipment's id.
    pub id: String,
    /// The waybill number.
    pub tracking_number: Option<String>,
    /// The caller's own reference.
    pub reference: Option<String>,
    /// Where it is.
    pub status: Status,
    /// The carrier's word for it.
    pub carrier_status: Option<String>,
    /// In the carrier's words.
    pub description: Option<String>,
    /// Oldest first.
    pub events: Vec<Event>,
    /// When it was picked up.
    pub picked_up_at: Option<String>,
    /// When it was delivered.
    pub delivered_at: Option<String>,
    /// When it should be picked up.
    pub estimated_pickup: Option<Window>,
    /// When it should arrive.
    pub estimated_delivery: Option<Window>,
    /// What `document` can fetch.
    pub documents: Vec<DocumentRef>,
    /// Remarks by the carrier's people.
    pub comments: Vec<Comment>,
    /// Who carries it.
    pub courier: Option<Courier>,
    /// Who signed for it.
    pub signed_by: Option<String>,
    /// A page for the consignee.
    pub tracking_url: Option<String>,
    /// The carrier's reply, secrets removed.
    pub raw: Raw,
    /// What the account's `status_map` knows it by.
    #[serde(skip)]
    pub(crate) status_code: Option<String>,
}

static WINDOW: Shape =
    Shape { name: "Window", fields: &[opt("from", TEXT, "not before"), opt("to", TEXT, "not after")] };
static DOCUMENT_REF: Shape = Shape {
    name: "DocumentRef",
    fields: &[
        req("kind", Kind::Choice(DOCUMENT_KINDS), "its kind"),
        opt("id", TEXT, "what `document` takes as `document_id`; null where the kind is enough"),
    ],
};
static COMMENT: Shape =
    Shape { name: "Comment", fields: &[opt("at", INSTANT, "when"), req("text", TEXT, "what they wrote")] };
static COURIER: Shape = Shape {
    name: "Courier",
    fields: &[
        opt("name", TEXT, "their name"),
        opt("phone", TEXT, "their telephone"),
        opt("plate", TEXT, "the plate of their vehicle"),
        opt("vehicle", TEXT, "what they drive, in the carrier's words"),
        opt("photo_url", TEXT, "a picture of them"),
    ],
};

const MANY: usize = 100_000;

/// The shape of [`Tracking`].
pub static TRACKING: Shape = Shape {
    name: "Tracking",
    fields: &[
        ACCOUNT,
        CARRIER,
        ENVIRONMENT,
        req("id", TEXT, "the shipment's id"),
        opt("tracking_number", TEXT, "the waybill number"),
        opt("reference", TEXT, "the caller's own reference"),
        STATUS,
        opt("carrier_status", TEXT, "the carrier's word for it"),
        opt("description", TEXT, "in the carrier's words"),
        req("events", Kind::List(&Kind::Object(&EVENT), MANY), "oldest first"),
        opt("picked_up_at", INSTANT, "when it was picked up"),
        opt("delivered_at", INSTANT, "when it was delivered"),
        opt("estimated_pickup", Kind::Object(&WINDOW), "when it should be picked up"),
        opt("estimated_delivery", Kind::Object(&WINDOW), "when it should arrive"),
        req("documents", Kind::List(&Kind::Object(&DOCUMENT_REF), MANY), "what `document` can fetch"),
        req("comments", Kind::List(&Kind::Object(&COMMENT), MANY), "remarks by the carrier's people"),
        opt("courier", Kind::Object(&COURIER), "who carries it"),
        opt("signed_by", TEXT, "who signed for it"),
        opt("tracking_url", TEXT, "a page for the consignee"),
        RAW,
    ],
};

/// A push, read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Push {
    /// What it is about.
    pub kind: Cow<'static, str>,
    /// The shipment's id.
    pub shipment_id: Option<String>,
    /// The caller's own reference, where the push has it.
    pub reference: Option<String>,
    /// Where it is.
    pub status: Status,
    /// What happened.
    pub event: Event,
    /// Who carries it.
    pub courier: Option<Courier>,
    /// A page for the consignee.
    pub tracking_url: Option<String>,
    /// The same for every repeat of one push.
    pub dedupe_key: String,
    /// The carrier's reply, secrets removed.
    pub raw: Raw,
}

/// The shape of [`Push`].
pub static PUSH: Shape = Shape {
    name: "Push",
    fields: &[
        req("kind", Kind::Choice(&["tracking"]), "what it is about"),
        opt("shipment_id", TEXT, "the shipment's id"),
        opt("reference", TEXT, "the caller's own reference, where the push has it"),
        STATUS,
        req("event", Kind::Object(&EVENT), "what happened"),
        opt("courier", Kind::Object(&COURIER), "who carries it"),
        opt("tracking_url", TEXT, "a page for the consignee"),
        req("dedupe_key", TEXT, "the same for every repeat of one push"),
        RAW,
    ],
};

/// What `cancel` returns.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cancelled {
    /// The account.
    pub account: String,
    /// The shipment.
    pub id: String,
    /// Where it is now.
    pub status: Status,
    /// The carrier's reply.
    pub raw: Raw,
    /// What the account's `status_map` knows it by.
    #[serde(skip)]
    pub(crate) status_code: Option<String>,
}

/// The shape of [`Cancelled`].
pub static CANCELLED: Shape =
    Shape { name: "Cancelled", fields: &[ACCOUNT, req("id", TEXT, "the shipment's id"), STATUS, RAW] };

static FIELD_PROBLEM: Shape = Shape {
    name: "FieldProblem",
    fields: &[
        req("field", TEXT, "its path in the caller's request"),
        opt("carrier_field", TEXT, "the carrier's name of it"),
        req("message", TEXT, "what is wrong"),
    ],
};

/// The shape of an error.
pub static ERROR: Shape = Shape {
    name: "Error",
    fields: &[
        req("code", Kind::Choice(super::error::Code::NAMES), "stable; see the README"),
        req("message", TEXT, "one sentence for a person"),
        opt("account", TEXT, "where it happened"),
        opt("carrier", TEXT, "where it happened"),
        opt("operation", TEXT, "where it happened"),
        req("outcome", Kind::Choice(&["none", "unknown", "done"]), "what is known of the shipment"),
        req("retryable", Kind::Flag, "whether the same call may simply be made again"),
        opt("retry_after_ms", super::shape::COUNT, "how long to wait first"),
        opt("http_status", super::shape::COUNT, "the status of the carrier's reply"),
        opt("carrier_code", TEXT, "the carrier's own code"),
        opt("carrier_message", TEXT, "the carrier's own words"),
        opt("incident", TEXT, "the carrier's incident number"),
        opt("request_id", TEXT, "the carrier's id of the request"),
        req("fields", Kind::List(&Kind::Object(&FIELD_PROBLEM), MANY), "the fields that are wrong"),
        req("attempts", super::shape::COUNT, "how many requests were sent"),
        req("elapsed_ms", super::shape::COUNT, "how long it took"),
        opt("created", Kind::Any, "what exists at the carrier now"),
        RAW,
        opt("failures", Kind::List(&Kind::Object(&FAILURE), MANY), "for all_failed: each account's own error"),
    ],
};

/// An account that failed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// The account's id.
    pub account: String,
    /// The carrier's code.
    pub carrier: Cow<'static, str>,
    /// What went wrong.
    pub error: Error,
}

/// An account whose carrier has no service for it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Skipped {
    /// The account's id.
    pub account: String,
    /// The carrier's code.
    pub carrier: Cow<'static, str>,
    /// Why it was not asked.
    pub reason: String,
}

static FAILURE: Shape =
    Shape { name: "Failure", fields: &[ACCOUNT, CARRIER, req("error", Kind::Object(&ERROR), "what went wrong")] };
static SKIPPED: Shape =
    Shape { name: "Skipped", fields: &[ACCOUNT, CARRIER, req("reason", TEXT, "why it was not asked")] };

/// What `quote` returns.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Rates {
    /// By currency, then amount, then account.
    pub rates: Vec<Rate>,
    /// The accounts that failed.
    pub failures: Vec<Failure>,
    /// The accounts that can't quote.
    pub skipped: Vec<Skipped>,
    /// How long it took.
    pub elapsed_ms: u64,
}

/// The shape of what `quote` returns.
pub static RATES: Shape = Shape {
    name: "Rates",
    fields: &[
        req("rates", Kind::List(&Kind::Object(&RATE), MANY), "by currency, then amount, then account"),
        req("failures", Kind::List(&Kind::Object(&FAILURE), MANY), "the accounts that failed"),
        req("skipped", Kind::List(&Kind::Object(&SKIPPED), MANY), "the accounts that can't quote"),
        req("elapsed_ms", super::shape::COUNT, "how long it took"),
    ],
};

static ENVELOPE: Shape = Shape {
    name: "Envelope",
    fields: &[
        req("ok", Kind::Flag, "whether it worked"),
        opt("data", Kind::Object(&TRACKING), "when it did"),
        opt("error", Kind::Object(&ERROR), "when it didn't"),
    ],
};

/// The shape of what `track` returns for many shipments.
pub static TRACKINGS: Shape = Shape {
    name: "Trackings",
    fields: &[req("results", Kind::List(&Kind::Object(&ENVELOPE), MANY), "in the order asked")],
};

/// What `document` returns.
#[derive(Deserialize, Serialize)]
pub(crate) struct Documents {
    pub(crate) documents: Vec<Document>,
}

/// The shape of what `document` returns.
pub static DOCUMENTS: Shape =
    Shape { name: "Documents", fields: &[req("documents", Kind::List(&Kind::Object(&DOCUMENT), MANY), "one or more")] };

/// What `list` returns.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Shipments {
    /// One page.
    pub shipments: Vec<Shipment>,
    /// For the next page; none on the last.
    pub next_cursor: Option<String>,
}

/// The shape of what `list` returns.
pub static SHIPMENTS: Shape = Shape {
    name: "Shipments",
    fields: &[
        req("shipments", Kind::List(&Kind::Object(&SHIPMENT), MANY), "one page"),
        opt("next_cursor", TEXT, "for the next page; null on the last"),
    ],
};

const OFFERS: [super::shape::Field; 5] = [
    req("source", TEXT, "what it was written from, and when that was published"),
    req("assumed", TEXT, "what that doesn't say, so that it is only assumed"),
    req("supports", Kind::Names(&Kind::Flag), "by method: whether it takes part in it"),
    req("methods", Kind::List(&TEXT, MANY), "the methods that go to the carrier"),
    req("finds_lost_creates", Kind::Flag, "whether a create that lost its reply can be looked up"),
];
const API: super::shape::Field = opt("api", TEXT, "the generation that it belongs to, where the carrier has several");

static GENERATION: Shape = Shape {
    name: "Generation",
    fields: &[
        req("api", TEXT, "the account's setting `api`"),
        req("default", Kind::Flag, "whether accounts without `api` have it"),
        OFFERS[0],
        OFFERS[1],
        OFFERS[2],
        OFFERS[3],
        OFFERS[4],
    ],
};

static SETTING: Shape = Shape {
    name: "Setting",
    fields: &[
        req("name", TEXT, "its key in the account"),
        req("type", TEXT, "what it holds"),
        req("required", Kind::Flag, "whether it is needed outside the sandbox"),
        req("secret", Kind::Flag, "whether it is kept out of errors and logs"),
        req("description", TEXT, "what it is"),
        API,
    ],
};

static PARAMETER: Shape = Shape {
    name: "Parameter",
    fields: &[
        req("name", TEXT, "the carrier's name of it"),
        req("in", Kind::Choice(&["path", "query", "body"]), "where it goes"),
        req("type", TEXT, "what it holds"),
        req("required", Kind::Flag, "whether it is needed"),
        req("schema", OPEN, "its JSON Schema"),
        opt("$defs", OPEN, "the definitions that `schema` refers to"),
        opt("max", super::shape::COUNT, "the most characters or items that the carrier takes"),
        req("description", TEXT, "what it is"),
    ],
};

static OPERATION: Shape = Shape {
    name: "Operation",
    fields: &[
        req("name", TEXT, "what `call` takes as `operation`"),
        opt("alias", TEXT, "a shorter name that several operations share"),
        req("method", Kind::Choice(&["GET", "POST", "PUT", "PATCH", "DELETE"]), "of HTTP"),
        opt("also", TEXT, "another method that the carrier takes for the same"),
        req("path", TEXT, "with its parameters in braces"),
        req("parameters", Kind::List(&Kind::Object(&PARAMETER), MANY), "what it takes"),
        opt("body_encoding", TEXT, "the content type of its body; null where it has none"),
        opt("body_wrapped_in", TEXT, "the name that the body is wrapped in"),
        req("one_of", Kind::List(&TEXT, MANY), "fields of the body, at least one of which is required"),
        req("at_most_one_of", Kind::List(&TEXT, MANY), "fields of the body that can't be given together"),
        req("reply", Kind::Choice(&["json", "document"]), "what a good reply is"),
        req("paged", Kind::Flag, "whether it is a list with pages, for `all`"),
        req(
            "safety",
            Kind::Choice(&["repeatable", "once", "creates_shipment"]),
            "repeatable: after a lost reply it is sent again; once: it isn't; creates_shipment: it isn't, and it makes one",
        ),
        req("source", TEXT, "the section of the API reference"),
        opt("since", TEXT, "the month since which it is documented, where it is newer than the rest: 2026-07"),
        API,
    ],
};

static CARRIER_DESCRIPTION: Shape = Shape {
    name: "CarrierDescription",
    fields: &[
        req("code", TEXT, "what an account has as `carrier`"),
        req("name", TEXT, "its name"),
        req("country", Kind::Capitals(2), "ISO 3166-1 alpha-2"),
        OFFERS[0],
        OFFERS[1],
        OFFERS[2],
        OFFERS[3],
        OFFERS[4],
        opt(
            "generations",
            Kind::List(&Kind::Object(&GENERATION), MANY),
            "of its API, where it has several: `source`, `supports` and the like beside this are the default's",
        ),
        req("settings", Kind::List(&Kind::Object(&SETTING), MANY), "what an account may have"),
        req("operations", Kind::List(&Kind::Object(&OPERATION), MANY), "every operation of its own API"),
    ],
};

/// The shape of what `describe` returns.
pub static DESCRIPTION: Shape = Shape {
    name: "Description",
    fields: &[
        req("version", TEXT, "of flete"),
        req("carriers", Kind::List(&Kind::Object(&CARRIER_DESCRIPTION), MANY), "what each offers"),
        req("methods", OPEN, "the JSON Schema of each method's request and reply"),
        req("envelope", OPEN, "the JSON Schema of what C functions return: `data` or an error"),
        req("error", OPEN, "the JSON Schema of an error"),
        req("config", OPEN, "the JSON Schema of a configuration"),
    ],
};

/// What `settle` returns.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Settled {
    /// The account's id.
    pub account: String,
    /// The key.
    pub idempotency_key: String,
    /// What was said.
    pub made: bool,
    /// The shipment's id.
    pub id: Option<String>,
}

/// The shape of what `settle` returns.
pub static SETTLED: Shape = Shape {
    name: "Settled",
    fields: &[
        ACCOUNT,
        req("idempotency_key", TEXT, "the key"),
        req("made", Kind::Flag, "what was said"),
        opt("id", TEXT, "the shipment's id"),
    ],
};

/// What is on record of an idempotency key.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Key {
    /// The account's id.
    pub account: String,
    /// The key.
    pub idempotency_key: String,
    /// `open`: nothing was sent yet. `unknown`: it was sent, and its reply is not known. `done`: the shipment is made.
    pub status: String,
    /// When the key was first used.
    pub started_at: String,
    /// When the create was last sent, by the carrier's clock.
    pub sent_at: Option<String>,
    /// How often the key was tried.
    pub attempts: u32,
    /// The shipment's id, when it is made.
    pub shipment_id: Option<String>,
}

static KEY: Shape = Shape {
    name: "Key",
    fields: &[
        req("account", TEXT, "the account's id"),
        req("idempotency_key", TEXT, "the key"),
        req(
            "status",
            Kind::Choice(&["open", "unknown", "done"]),
            "open: nothing was sent yet; unknown: it was sent, and its reply is not known; done: the shipment is made",
        ),
        req("started_at", INSTANT, "when the key was first used"),
        opt("sent_at", INSTANT, "when the create was last sent, by the carrier's clock"),
        req("attempts", super::shape::COUNT, "how often the key was tried"),
        opt("shipment_id", TEXT, "the shipment's id, when it is made"),
    ],
};

/// What `keys` returns.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Keys {
    /// One page, by account and key.
    pub keys: Vec<Key>,
    /// For the next page; none on the last.
    pub next_cursor: Option<String>,
}

/// The shape of what `keys` returns.
pub static KEYS: Shape = Shape {
    name: "Keys",
    fields: &[
        req("keys", Kind::List(&Kind::Object(&KEY), MANY), "one page, by account and key"),
        opt("next_cursor", TEXT, "for the next page; null on the last"),
    ],
};
