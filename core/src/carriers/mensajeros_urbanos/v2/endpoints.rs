//! The table of "Domicilios API v2". There is no published copy of the carrier's page: names, kinds and what is required
//! are those of public integrations. What stands in their code as sent and answered is marked "seen"; the rest is only
//! what they took from the page.

use super::replies;
use crate::connector::endpoint::{Endpoint, post};
use crate::model::shape::{COUNT, Field, Kind, Shape, TEXT, opt, req};

/// The carrier's numbers: of cities, services and kinds.
const NUMBER: Kind = Kind::Integer(1, 9_007_199_254_740_991);
const SERVICE: Field = req("type_service", NUMBER, "the kind of service: 4 = a delivery");
const ROUND_TRIP: Field = req("roundtrip", Kind::Integer(0, 1), "there and back: 1 = yes, 0 = no");
/// Four were seen, more are listed.
const CITY: &str = "the city's number: 1 = Bogotá, 2 = Cali, 3 = Medellín, 4 = Barranquilla";

const QUOTED_POINT: Kind = Kind::Object(&QUOTED);
static QUOTED: Shape = Shape {
    name: "coordinate",
    fields: &[
        req("address", TEXT, "the address as one text"),
        req("city", TEXT, "the city's name"),
        opt("observation", TEXT, "remarks"),
        opt("type", Kind::Id, "0 = pickup, 1 = delivery; not needed"),
    ],
};

const DELIVERY: Kind = Kind::Object(&DELIVERY_POINT);
static DELIVERY_POINT: Shape = Shape {
    name: "coordinate",
    fields: &[
        req("order_id", TEXT, "the shop's number of the order"),
        req("address", TEXT, "the address as one text, which the carrier looks up on the map"),
        req("description", TEXT, "how to find the consignee, or what it is; not empty"),
        opt("token", TEXT, "a text of the shop's own, for its tracking"),
        opt("type", Kind::Id, "1 = delivery; not needed"),
        opt("city", TEXT, "the city's name; not needed"),
        req("client_data", Kind::Object(&CLIENT), "the consignee, and what is collected at the door"),
        req("products", Kind::List(&Kind::Object(&PRODUCT), 500), "the goods, at least one"),
    ],
};

/// The consignee, and what is collected at the door.
pub(super) static CLIENT: Shape = Shape {
    name: "client_data",
    fields: &[
        req("client_name", TEXT, "the consignee's name"),
        req("client_phone", TEXT, "the consignee's telephone: ten digits, without 57"),
        opt("client_email", TEXT, "the consignee's e-mail address"),
        opt("client_document", TEXT, "the consignee's document of identity"),
        req("products_value", Kind::Id, "what the goods cost, in pesos, as text"),
        req("domicile_value", Kind::Id, "the delivery fee to collect, in pesos, as text"),
        req("payment_type", Kind::Integer(1, 3), "1 = cash, 2 = card reader, 3 = paid already"),
    ],
};

static PRODUCT: Shape = Shape {
    name: "product",
    fields: &[
        req("store_id", TEXT, "the pickup point, as `stores.create` made it"),
        req("sku", TEXT, "the shop's own code; not empty"),
        req("product_name", TEXT, "what it is"),
        req("quantity", NUMBER, "how many"),
        req("value", COUNT, "the price of one, in pesos"),
        opt("url_img", TEXT, "a picture"),
        opt("barcode", TEXT, "its bar code"),
        opt("planogram", TEXT, "where it stands in the store"),
    ],
};

pub(super) const QUOTE: Endpoint = post("deliveries.quote", "/api/calculate")
    .json(&[
        SERVICE,
        ROUND_TRIP,
        req("declared_value", COUNT, "what it is worth, in pesos"),
        req("city", NUMBER, CITY),
        opt("parking_surcharge", COUNT, "a surcharge for parking, in pesos"),
        req("coordinates", Kind::List(&QUOTED_POINT, 100), "the pickup, then the delivery"),
    ])
    .safe()
    .content("data")
    .source("seen: quote");

pub(super) const CREATE: Endpoint = post("deliveries.create", "/api/create")
    .json(&[
        SERVICE,
        ROUND_TRIP,
        req("declared_value", COUNT, "what it is worth, in pesos; at least 100"),
        opt("dane_code", Kind::Text(5), "DANE's code of the delivery's municipality, five digits; or `city`"),
        opt("city", NUMBER, CITY),
        req("start_date", Kind::Date, "when the courier starts, in Bogotá"),
        req("start_time", Kind::Time, "when the courier starts, in Bogotá, like 15:04:05"),
        req("description", TEXT, "what goes; not empty"),
        opt("observation", TEXT, "remarks"),
        opt("os", TEXT, "always the same; filled in when left out"),
        opt("store_id", TEXT, "the pickup point; each product has it too"),
        req("coordinates", Kind::List(&DELIVERY, 100), "the delivery"),
    ])
    .shipment()
    // Whether anything was made without one can't be known.
    .success(|reply| replies::made(reply).id.is_some())
    .source("seen: create");

pub(super) const TRACK: Endpoint = post("deliveries.track", "/api/track")
    .json(&[req("uuid", TEXT, "the service's uuid")])
    .safe()
    .success(replies::shows_service)
    .source("sent by an integration; its reply is only described");

/// Which of the four kinds of cancelling this is; what they mean isn't known.
pub(super) const KIND: Field = opt("cancellation_type", Kind::Integer(1, 4), "1 to 4; what they mean isn't known");
pub(super) const WHY: Field = opt("description", TEXT, "why");
pub(super) const CANCEL: Endpoint = post("deliveries.cancel", "/api/cancel")
    .json(&[req("task_uuid", TEXT, "the service's uuid"), KIND, WHY])
    .success(replies::told_success)
    .source("sent by an integration; its reply isn't known");

pub(super) const ADD_STORE: Endpoint = post("stores.create", "/api/Add-store")
    .json(&[
        req("id_point", TEXT, "the shop's own id of the point; `store_id` elsewhere"),
        req("name", TEXT, "its name"),
        req("address", TEXT, "its address"),
        // Integrations send either.
        req("city", Kind::Id, "the city's number, or its name"),
        opt("phone", TEXT, "its telephone"),
        opt("schedule", TEXT, "when it is open, like L-S 9:00AM - 7:00PM"),
        opt("parking", COUNT, "what parking costs, in pesos"),
        opt("address_complement", TEXT, "more of its address"),
    ])
    .source("described only; a point that exists already is refused with 400, which does no harm");

pub(super) const ADD_WEBHOOK: Endpoint = post("webhooks.create", "/api/webhook")
    .json(&[
        req("endpoint", TEXT, "the URL that pushes go to"),
        opt("token_endpoint", TEXT, "the form of the pushes: php, node or json"),
        opt("token_id", TEXT, "the secret that comes with each push: the account's `webhook_token`"),
    ])
    .source("described only");

/// Every operation that is known.
pub(super) static ENDPOINTS: &[Endpoint] = &[QUOTE, CREATE, TRACK, CANCEL, ADD_STORE, ADD_WEBHOOK];
