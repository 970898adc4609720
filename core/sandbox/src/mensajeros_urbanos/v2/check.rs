//! Which bodies the second generation refuses. A number is a number here and a text a text: what the carrier would take beside
//! that is not known. Not for what is done with the good ones.

use super::super::check::{self, Check, Node};
use super::super::settings::{CancelToken, Settings};
use super::places;
use jiff::civil::DateTime;
use serde_json::Value;

/// The constant that every create has in `os`.
const OS: &str = "NEW API 2.0";
/// "Delivery", the only type of service that is known.
const DELIVERY: i64 = 4;
const LEAST_DECLARED_VALUE: i64 = 100;

/// A good question for a price.
pub(super) struct Price {
    pub(super) round_trip: bool,
    pub(super) declared_value: i64,
    pub(super) parking: i64,
    pub(super) from: String,
    pub(super) to: String,
}

/// A good order.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) round_trip: bool,
    pub(super) declared_value: i64,
    /// The municipality's official code, or the carrier's number of it.
    pub(super) place: String,
    pub(super) start: DateTime,
    pub(super) observation: Option<String>,
    pub(super) description: String,
    pub(super) order_id: String,
    pub(super) address: String,
    pub(super) address_description: String,
    /// Where the courier collects: the first product's.
    pub(super) store_id: String,
}

pub(super) struct NewStore {
    pub(super) id_point: String,
    pub(super) address: String,
    pub(super) parking: i64,
}

#[derive(Debug)]
pub(super) struct Hook {
    pub(super) endpoint: String,
    /// What every push brings along.
    pub(super) secret: Option<String>,
    /// How the pushes are to be read: comes back in each of them.
    pub(super) kind: Option<String>,
}

/// What an order is judged by.
pub(super) struct Rules<'a> {
    pub(super) settings: &'a Settings,
    /// Bogotá's clock.
    pub(super) now: DateTime,
    pub(super) stores: &'a [&'a str],
}

fn whole(check: &mut Check, node: &Node, good: impl Fn(i64) -> bool) -> Option<i64> {
    let Some(number) = node.value.as_i64() else {
        check.wrong_type(node, "an integer");
        return None;
    };
    if !good(number) {
        check.complain(&node.path, format!("The value {number} is not allowed"));
        return None;
    }
    Some(number)
}

fn need_whole(check: &mut Check, parent: &Node, name: &str, good: impl Fn(i64) -> bool) -> Option<i64> {
    let node = check.need(parent, name)?;
    whole(check, &node, good)
}

fn may_whole(check: &mut Check, parent: &Node, name: &str) -> Option<i64> {
    let node = parent.get(name)?;
    whole(check, &node, |number| number >= 0)
}

/// A text that may be empty, but has to be there.
fn need_any_text(check: &mut Check, parent: &Node, name: &str) -> Option<String> {
    let node = check.need(parent, name)?;
    check.text(&node)
}

fn object<'a>(check: &mut Check, node: Node<'a>) -> Option<Node<'a>> {
    if !node.value.is_object() {
        check.wrong_type(&node, "an object");
        return None;
    }
    Some(node)
}

/// The items of a list of objects, `count` of them where that is given, at least one otherwise.
fn objects<'a>(check: &mut Check, parent: &Node<'a>, name: &str, count: Option<usize>) -> Option<Vec<Node<'a>>> {
    let list = check.need(parent, name)?;
    if !list.value.is_array() {
        check.wrong_type(&list, "an array");
        return None;
    }
    let items = list.items();
    match count {
        Some(count) if items.len() != count => {
            check.complain(&list.path, format!("Must have {count} items, not {}", items.len()));
            return None;
        }
        None if items.is_empty() => {
            check.complain(&list.path, "Must have at least 1 item");
            return None;
        }
        _ => {}
    }
    items.into_iter().map(|item| object(check, item)).collect()
}

fn service(check: &mut Check, root: &Node) -> Option<bool> {
    need_whole(check, root, "type_service", |kind| kind == DELIVERY);
    need_whole(check, root, "roundtrip", |n| n == 0 || n == 1).map(|n| n == 1)
}

fn city(check: &mut Check, root: &Node, settings: &Settings) -> Option<i64> {
    need_whole(check, root, "city", |city| places::numbered(city) || settings.extra_cities.contains(&city))
}

/// `/api/calculate`.
pub(super) fn price(body: &Value, settings: &Settings) -> Result<Price, String> {
    let mut check = Check::default();
    let root = Node::root(body);
    let round_trip = service(&mut check, &root);
    let declared_value = need_whole(&mut check, &root, "declared_value", |pesos| pesos >= 0);
    let parking = may_whole(&mut check, &root, "parking_surcharge").unwrap_or_default();
    city(&mut check, &root, settings);
    let points = objects(&mut check, &root, "coordinates", Some(2)).unwrap_or_default();
    let mut addresses = Vec::new();
    for point in &points {
        addresses.extend(check.need_text(point, "address"));
        check.need_text(point, "city");
        check.may_text(point, "observation");
    }
    let mut addresses = addresses.into_iter();
    let price = (|| {
        let (round_trip, declared_value) = (round_trip?, declared_value?);
        Some(Price { round_trip, declared_value, parking, from: addresses.next()?, to: addresses.next()? })
    })();
    check.done(price)
}

/// `/api/create`.
pub(super) fn order(body: &Value, rules: &Rules) -> Result<Order, String> {
    let mut check = Check::default();
    let root = Node::root(body);
    let round_trip = service(&mut check, &root);
    let declared_value = need_whole(&mut check, &root, "declared_value", |pesos| pesos >= LEAST_DECLARED_VALUE);
    let place = place(&mut check, &root, rules.settings);
    let start = check::start(&mut check, &root, rules.now);
    let description = check.need_text(&root, "description");
    let observation = check.may_text(&root, "observation");
    if let Some(os) = check.need_text(&root, "os")
        && os != OS
    {
        check.complain("os", format!("The value {os:?} is not allowed"));
    }
    if root.get("store_id").is_some() {
        store(&mut check, &root, rules.stores);
    }
    let points = objects(&mut check, &root, "coordinates", Some(1)).unwrap_or_default();
    let mut order = (|| {
        Some(Order {
            round_trip: round_trip?,
            declared_value: declared_value?,
            place: place?,
            start: start?,
            observation,
            description: description?,
            order_id: String::new(),
            address: String::new(),
            address_description: String::new(),
            store_id: String::new(),
        })
    })();
    for point in &points {
        let order_id = order_id(&mut check, point, rules.settings.order_id_max);
        let address = check.need_text(point, "address");
        let description = check.need_text(point, "description");
        check.may_text(point, "token");
        client_data(&mut check, point);
        let store_id = products(&mut check, point, rules.stores);
        order = (|| {
            let (order_id, address, address_description) = (order_id?, address?, description?);
            Some(Order { order_id, address, address_description, store_id: store_id?, ..order? })
        })();
    }
    check.done(order)
}

fn place(check: &mut Check, root: &Node, settings: &Settings) -> Option<String> {
    if settings.create_by_city && root.get("dane_code").is_none() {
        return city(check, root, settings).map(|city| city.to_string());
    }
    let code = check.need_text(root, "dane_code")?;
    let shaped = code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit());
    if !shaped || (settings.listed_dane_only && !places::listed(&code)) {
        check.complain("dane_code", format!("The value {code:?} is not allowed"));
        return None;
    }
    Some(code)
}

fn store(check: &mut Check, parent: &Node, stores: &[&str]) -> Option<String> {
    let store = check.need_text(parent, "store_id")?;
    if !stores.contains(&store.as_str()) {
        check.complain(&parent.path("store_id"), format!("The store {store:?} does not exist"));
        return None;
    }
    Some(store)
}

fn order_id(check: &mut Check, point: &Node, max: u64) -> Option<String> {
    let order_id = check.need_text(point, "order_id")?;
    if u64::try_from(order_id.chars().count()).is_ok_and(|length| length > max) {
        check.complain(&point.path("order_id"), format!("Must be at most {max} characters long"));
        return None;
    }
    Some(order_id)
}

fn client_data(check: &mut Check, point: &Node) {
    let Some(data) = check.need(point, "client_data").and_then(|node| object(check, node)) else { return };
    check.need_text(&data, "client_name");
    if let Some(phone) = check.need_text(&data, "client_phone")
        && !(phone.len() == 10 && phone.bytes().all(|byte| byte.is_ascii_digit()))
    {
        check.complain(&data.path("client_phone"), "Must be 10 digits, without the country's 57");
    }
    check.may_text(&data, "client_email");
    check.may_text(&data, "client_document");
    if let Some(value) = check.need(&data, "products_value") {
        pesos(check, &value);
    }
    need_pesos_text(check, &data, "domicile_value");
    if let Some(kind) = need_any_text(check, &data, "payment_type")
        && !["1", "2", "3"].contains(&kind.as_str())
    {
        check.complain(&data.path("payment_type"), format!("The value {kind:?} is not allowed"));
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Integrations send the value of the goods as a text and as a number.
fn pesos(check: &mut Check, node: &Node) {
    match node.value {
        Value::String(text) if digits(text) => {}
        Value::String(_) => check.wrong_type(node, "an amount in whole pesos"),
        _ => {
            whole(check, node, |pesos| pesos >= 0);
        }
    }
}

fn need_pesos_text(check: &mut Check, parent: &Node, name: &str) {
    if let Some(text) = need_any_text(check, parent, name)
        && !digits(&text)
    {
        check.complain(&parent.path(name), format!("The value {text:?} is not an amount in whole pesos"));
    }
}

/// The store of the first product.
fn products(check: &mut Check, point: &Node, stores: &[&str]) -> Option<String> {
    let products = objects(check, point, "products", None)?;
    let mut first = None;
    for product in &products {
        let store = store(check, product, stores);
        first = first.or(store);
        check.need_text(product, "sku");
        check.need_text(product, "product_name");
        need_whole(check, product, "quantity", |count| (1..=100_000).contains(&count));
        if let Some(value) = check.need(product, "value")
            && !value.value.as_f64().is_some_and(|pesos| pesos >= 0.0)
        {
            check.wrong_type(&value, "a number");
        }
        for name in ["url_img", "barcode", "planogram"] {
            check.may_text(product, name);
        }
    }
    first
}

/// The uuid that `/api/track` asks for.
pub(super) fn track(body: &Value) -> Result<String, String> {
    let mut check = Check::default();
    let uuid = check.need_text(&Node::root(body), "uuid");
    check.done(uuid)
}

/// The uuid that `/api/cancel` is about.
pub(super) fn cancel(body: &Value) -> Result<String, String> {
    let mut check = Check::default();
    let root = Node::root(body);
    let uuid = check.need_text(&root, "task_uuid");
    need_whole(&mut check, &root, "cancellation_type", |kind| (1..=4).contains(&kind));
    need_any_text(&mut check, &root, "description");
    check.done(uuid)
}

/// The token of a request; a cancel has been seen with two spellings of its name.
pub(super) fn token(body: &Value, cancel: Option<CancelToken>) -> Option<&str> {
    let named = |name: &str| body.get(name).and_then(Value::as_str).filter(|token| !token.is_empty());
    match cancel {
        None | Some(CancelToken::AccessToken) => named("access_token"),
        Some(CancelToken::AccesToken) => named("acces_token"),
        Some(CancelToken::Either) => named("access_token").or_else(|| named("acces_token")),
    }
}

/// `/api/Add-store`.
pub(super) fn new_store(body: &Value, settings: &Settings) -> Result<NewStore, String> {
    let mut check = Check::default();
    let root = Node::root(body);
    let id_point = check.need_text(&root, "id_point");
    check.need_text(&root, "name");
    let address = check.need_text(&root, "address");
    match root.get("city") {
        Some(node) if settings.store_city_names && node.value.is_string() => {
            check.need_text(&root, "city");
        }
        _ => {
            city(&mut check, &root, settings);
        }
    }
    for name in ["phone", "schedule", "address_complement"] {
        check.may_text(&root, name);
    }
    let parking = may_whole(&mut check, &root, "parking").unwrap_or_default();
    check.done(id_point.zip(address).map(|(id_point, address)| NewStore { id_point, address, parking }))
}

/// `/api/webhook`. One integration has the secret in `token_id`, the other in `token_endpoint`.
pub(super) fn hook(body: &Value) -> Result<Hook, String> {
    let mut check = Check::default();
    let root = Node::root(body);
    let endpoint = check.need_text(&root, "endpoint");
    let kind = check.need_text(&root, "token_endpoint");
    let id = root.get("token_id").filter(|node| !node.value.is_null());
    let id = id.and_then(|node| check.text(&node));
    let is_kind = |text: &String| ["php", "node", "json"].contains(&text.as_str());
    let secret = id.or_else(|| kind.clone().filter(|kind| !is_kind(kind)));
    let kind = kind.filter(is_kind);
    check.done(endpoint.map(|endpoint| Hook { endpoint, secret, kind }))
}
