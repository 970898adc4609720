//! The table of Almex's API, in the order of its API reference ("ALMEXAPIQA").
//! Names of fields are the API reference's: camelCase in a quote, snake_case in a pickup request.

use crate::connector::endpoint::{Endpoint, get, post};
use crate::model::shape::{Field, Kind, Shape, TEXT, opt, req};

/// Text, never a number: a number would lose the leading zeros.
const WAYBILL: &[Field] = &[req("id", Kind::Text(100), "the waybill: 11 digits, with its leading zeros")];
const FLAG: Kind = Kind::Integer(0, 1);
const NUMBER: Kind = Kind::Integer(0, 9_007_199_254_740_991);

const PLACE_OBJECT: Kind = Kind::Object(&PLACE);
static PLACE: Shape = Shape { name: "place", fields: &[req("postalCode", Kind::Text(10), "postal code, as text")] };
static SIDES: Shape = Shape {
    name: "dimensions",
    fields: &[
        req("length", Kind::Decimal, "metres"),
        req("width", Kind::Decimal, "metres"),
        req("height", Kind::Decimal, "metres"),
    ],
};
const PACKAGE_OBJECT: Kind = Kind::Object(&PACKAGE);
static PACKAGE: Shape = Shape {
    name: "package",
    fields: &[
        opt("content", TEXT, "what is inside"),
        req("amount", Kind::Integer(1, 1_000_000), "how many are alike"),
        opt("type", TEXT, "box, …"),
        req("dimensions", Kind::Object(&SIDES), "of one, in metres"),
        req("weight", Kind::Decimal, "of one, in kilograms"),
        opt("insurance", Kind::Decimal, "1 in the API reference's sample"),
        opt("declaredValue", Kind::Decimal, "pesos"),
        opt("weightUnit", TEXT, "KGS"),
        opt("lengthUnit", TEXT, "MTS"),
    ],
};

const PARTY_OBJECT: Kind = Kind::Object(&PARTY);
static PARTY: Shape = Shape {
    name: "party",
    fields: &[
        req("name", TEXT, "the company or the person"),
        opt("id", TEXT, "the customer's own id of the place"),
        opt("address_street", TEXT, "street and number"),
        opt("address_neighborhood", TEXT, "colonia"),
        opt("city", TEXT, "city"),
        opt("state", TEXT, "state"),
        opt("country", TEXT, "MX"),
        opt("zipcode", TEXT, "postal code, as text"),
        opt("phone_number", TEXT, "telephone, as text"),
        opt("email", TEXT, "e-mail"),
    ],
};
const SERVICES_OBJECT: Kind = Kind::Object(&SERVICES);
static SERVICES: Shape = Shape {
    name: "services",
    fields: &[
        opt("observations", TEXT, "for Almex's people"),
        opt("service_type", NUMBER, "3 in the API reference's sample"),
        opt("shipping_type", NUMBER, "1 in the API reference's sample"),
    ],
};
static INSURANCE: Shape = Shape {
    name: "insurance",
    fields: &[
        opt("types_insurance", NUMBER, "4 in the API reference's sample"),
        opt("declared_amount", Kind::Decimal, "pesos"),
    ],
};
static HOURS: Shape =
    Shape { name: "appointment", fields: &[opt("start_time", TEXT, "not before"), opt("end_time", TEXT, "not after")] };
static DAY_AND_HOURS: Shape = Shape {
    name: "delivery_appointment",
    fields: &[opt("date", TEXT, "the day"), opt("start_time", TEXT, "not before"), opt("end_time", TEXT, "not after")],
};
static PICKUP: Shape = Shape {
    name: "pickup",
    fields: &[
        opt("service_needed", Kind::Flag, "whether Almex fetches it"),
        opt("date", TEXT, "2021-01-29T00:00:00"),
        opt("appointment", Kind::Object(&HOURS), "at what time"),
    ],
};
static DELIVERY: Shape = Shape {
    name: "delivery",
    fields: &[
        opt("service_needed", Kind::Flag, "whether Almex takes it to the door"),
        opt("only_working_days", FLAG, "0 or 1, unlike the other flags"),
        opt("appointment", Kind::Object(&DAY_AND_HOURS), "when"),
    ],
};
const ACCESSORIALS_OBJECT: Kind = Kind::Object(&ACCESSORIALS);
static ACCESSORIALS: Shape = Shape {
    name: "accessorials",
    fields: &[
        opt("insurance", Kind::Object(&INSURANCE), "insurance"),
        opt("pickup", Kind::Object(&PICKUP), "at the shipper's"),
        opt("delivery", Kind::Object(&DELIVERY), "at the consignee's"),
    ],
};
static DETAIL: Shape = Shape {
    name: "detail",
    fields: &[
        opt("package", TEXT, "BOX, …"),
        req("quantity", Kind::Integer(1, 1_000_000), "how many are alike"),
        req("dimensions", Kind::Object(&SIDES), "of one, in metres"),
        req("weight", Kind::Decimal, "of one, in kilograms"),
    ],
};
const PACKAGES_OBJECT: Kind = Kind::Object(&PACKAGES);
static PACKAGES: Shape = Shape {
    name: "packages",
    fields: &[
        opt("weight_unit", TEXT, "KGS"),
        opt("length_unit", TEXT, "MTS"),
        req("details", Kind::List(&Kind::Object(&DETAIL), 1_000), "what goes"),
    ],
};
const REFERENCE_OBJECT: Kind = Kind::Object(&REFERENCE);
static REFERENCE: Shape = Shape {
    name: "reference",
    fields: &[
        opt("almex_reference_id", NUMBER, "0 in the API reference's sample"),
        req("customer_reference", TEXT, "the customer's own reference"),
    ],
};

const TOKEN: &[&str] = &["response.token"];

pub(super) const AUTH_TOKEN: Endpoint = post("auth.token", "/auth/token")
    .json(&[
        opt("userName", TEXT, "the account's when left out"),
        opt("password", TEXT, "the account's when left out"),
        opt("numberAccount", TEXT, "the account's when left out"),
    ])
    .safe()
    .public()
    .holds(TOKEN)
    .source("Authentication: Token");
/// Not repeated when its reply is lost: a login is at hand instead.
pub(super) const AUTH_REFRESH: Endpoint = post("auth.refresh", "/auth/refresh-token")
    .json(&[req("token", TEXT, "the token to renew (not the `refreshToken` that came with it)")])
    .public()
    .holds(TOKEN)
    .source("Authentication: Refresh Token");
pub(super) const QUOTES_RATE: Endpoint = post("quotes.rate", "/quote/rate")
    .json(&[
        req("origin", PLACE_OBJECT, "where it is picked up"),
        req("destination", PLACE_OBJECT, "where it goes"),
        req("packages", Kind::List(&PACKAGE_OBJECT, 1_000), "what goes"),
    ])
    .safe()
    .content("response")
    .source("Quote: Rate");
pub(super) const PICKUPS_CREATE: Endpoint = post("pickups.create", "/pickuprequest/generate")
    .json(&[
        req("shipper", PARTY_OBJECT, "who hands it over"),
        req("consignee", PARTY_OBJECT, "who receives it"),
        req("services", SERVICES_OBJECT, "which service"),
        req("accessorials", ACCESSORIALS_OBJECT, "insurance, pickup and delivery"),
        req("packages", PACKAGES_OBJECT, "what goes"),
        opt("references", Kind::List(&REFERENCE_OBJECT, 100), "the customer's own references"),
    ])
    .shipment()
    .success(|reply| super::replies::told_success(reply) || super::replies::shipment(reply).id.is_some())
    .source("Pickup Request: Generate");
pub(super) const TRACKING_LAST_EVENT: Endpoint = get("tracking.last_event", "/tracking/{id}/lastevent")
    .path_fields(WAYBILL)
    .holds(&[
        "response.trackingIdEvent",
        "response.descriptionEvent",
        "response.description2Event",
        "response.dateLastEvent",
        "response.hourLastEvent",
    ])
    .source("Tracking: Last Event");
pub(super) const DOCUMENTS_IMAGE: Endpoint = get("documents.image", "/imaging/{id}/imaging/es-mx")
    .path_fields(WAYBILL)
    .query(&[
        opt("documentType", Kind::Text(10), "DR when left out"),
        opt("documentFormat", Kind::Text(10), "URL when left out"),
    ])
    .holds(&["response.url"])
    .source("Imaging: Image Download");

/// Every operation of the API reference.
pub(super) static ENDPOINTS: &[Endpoint] =
    &[AUTH_TOKEN, AUTH_REFRESH, QUOTES_RATE, PICKUPS_CREATE, TRACKING_LAST_EVENT, DOCUMENTS_IMAGE];
