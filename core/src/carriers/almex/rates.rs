//! Prices in a reply that the API reference doesn't show ("Rate" has only a 401). Pure.
//!
//! These forms are read, and nothing is guessed from any other: then there is one rate without a total. Every rate
//! keeps what it was read from.
//! - One price in an object: `{"subtotal": …, "iva": …, "total": …}`.
//! - One with its service: `{"serviceType": 3, "serviceName": …, "total": …, "currency": …}`.
//! - One that is an object itself: `{"servicio": …, "importe": {"total": …, "moneda": …}}`.
//! - A list of these, under `response` or a name of [`LISTS`].
//!
//! The currency is the nearest one given, MXN where none is. A price or a currency that can't be read makes the
//! rate's total null.

use crate::connector::answer::View;
use crate::connector::expected::bare;
use crate::connector::lenient::{as_text, text};
use crate::connector::price;
use crate::json::{Map, Raw, Value};
use crate::model::money::Money;
use crate::model::reply::{Charge, Rate, Service};

// Names are compared without case, accents and separators.
/// Names of a price, the surest first.
const PRICES: &[&str] = &["total", "importetotal", "preciototal", "importe", "precio", "price"];
/// What rates lie in. A number beside it may count them, and is no price.
const LISTS: &[&str] = &["cotizacion", "cotizaciones", "quotes", "servicios", "services", "rates", "tarifas", "items"];
const CURRENCIES: &[&str] = &["currency", "moneda"];
const SERVICE_CODES: &[&str] = &["servicetype", "servicecode", "codigoservicio"];
const SERVICE_NAMES: &[&str] = &["servicename", "nombreservicio", "servicio", "service"];
const DELIVERIES: &[&str] = &["estimateddelivery", "deliverydate", "fechaentrega"];

/// The rates of a reply: at least one, which may have no total.
pub(super) fn read<'a>(json: impl Into<View<'a>>) -> Vec<Rate> {
    let json = json.into();
    let mut rates = Vec::new();
    gather(json.get("response").unwrap_or(&json), Some("MXN".to_owned()), &mut rates);
    if rates.is_empty() {
        rates.push(Rate { raw: json.raw(), ..Rate::default() });
    }
    rates
}

/// The field by the first of these names that the object has.
fn field<'a>(map: &'a Map, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| map.iter().find(|(key, _)| bare(key) == *name).map(|(_, value)| value))
}

/// The currency of an object, else that of what it lies in. `None` if it can't be read.
fn currency(map: &Map, outer: Option<String>) -> Option<String> {
    match field(map, CURRENCIES) {
        None | Some(Value::Null) => outer,
        Some(Value::String(word)) if word.trim().is_empty() => outer,
        Some(word) => price::currency(word.as_str()?),
    }
}

fn gather(value: &Value, outer: Option<String>, rates: &mut Vec<Rate>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, outer.clone(), rates)),
        Value::Object(map) => {
            let currency = currency(map, outer);
            let is_list = |name: &str, value: &Value| LISTS.contains(&&*bare(name)) && !is_scalar(value);
            if map.iter().any(|(name, value)| is_list(name, value)) {
                let lists = map.iter().filter(|(name, value)| is_list(name, value));
                lists.for_each(|(_, list)| gather(list, currency.clone(), rates));
            } else if let Some(price) = field(map, PRICES) {
                rates.push(Rate { raw: Raw::of(value), ..rate(map, price, currency) });
            }
        }
        _ => {}
    }
}

fn is_scalar(value: &Value) -> bool {
    !(value.is_array() || value.is_object())
}

fn rate(map: &Map, price: &Value, currency: Option<String>) -> Rate {
    let service = service(map);
    // It may be the number of the list's items.
    let may_count = service.code.is_none() && service.name.is_none() && map.values().any(Value::is_array);
    let total = money(price, currency).filter(|_| !may_count);
    Rate {
        service,
        breakdown: total.as_ref().map_or_else(Vec::new, |total| net_and_tax(map, total)),
        total,
        estimated_delivery: field(map, DELIVERIES).and_then(Value::as_str).map(str::to_owned),
        ..Rate::default()
    }
}

/// An amount, or an object with one.
fn money(value: &Value, currency: Option<String>) -> Option<Money> {
    match value {
        Value::Object(map) => price::price(field(map, PRICES)?, &self::currency(map, currency)?),
        value => price::price(value, &currency?),
    }
}

/// `subtotal` and `iva`, where they sum up to the total: a bare `iva` may be a percentage.
fn net_and_tax(map: &Map, total: &Money) -> Vec<Charge> {
    let part = |name: &str| {
        let (name, value) = map.iter().find(|(key, _)| bare(key) == name)?;
        let amount = price::price(value, &total.currency)?;
        Some(Charge { code: name.to_string(), description: name.to_string(), amount })
    };
    let (Some(net), Some(tax)) = (part("subtotal"), part("iva")) else { return Vec::new() };
    let sum = net.amount.amount.0.checked_add(tax.amount.amount.0);
    if sum == Some(total.amount.0) { vec![net, tax] } else { Vec::new() }
}

fn service(map: &Map) -> Service {
    let code = field(map, SERVICE_CODES).and_then(as_text);
    match field(map, SERVICE_NAMES) {
        // `"service": {"code": …, "name": …}`
        Some(inner @ Value::Object(_)) => Service {
            code: code.or_else(|| text(inner, "code")).or_else(|| text(inner, "codigo")),
            name: text(inner, "name").or_else(|| text(inner, "nombre")),
        },
        // `"servicio": 3`
        Some(number @ Value::Number(_)) => Service { code: code.or_else(|| as_text(number)), name: None },
        name => Service { code, name: name.and_then(as_text) },
    }
}
