//! Prices in a reply that the document doesn't show ("Rate" has only a 401). Pure.
//!
//! The rule: a rate is an object with a field that is named as a price (`total`, `importe`, `precio`, `price`, …),
//! wherever it lies under `response`; its service, currency and parts are read beside that field.
//! - A value counts only as a decimal that isn't negative; under such a name anything else makes the rate's total
//!   null. Numbers under other names (weights, ids, days) are never taken, nor is an `amount` beside a weight or
//!   size, where it counts pieces, nor a bare whole `total` or `amount` beside a list, where it may count its items.
//! - A list of priced objects within a priced object is its breakdown when it, or each of them, is named so or they
//!   sum up to the price; else its members are the rates, and the outer number (a count, a sum) is left alone.
//! - A priced object beside a price (a tax, an insurance) is a part of it and no rate, unless the price is the count
//!   of such objects; nor are lists that are named as parts.
//! - A rate that is alone in an object and names no service has that object's service.
//! - The currency is the nearest one given, MXN where none is; one that isn't readable makes the total null.
//! - Where nothing is recognised, there is one rate without a total. Every rate keeps what it was read from.

use crate::connector::lenient::{as_text, text};
use crate::connector::price;
use crate::model::measure::decimal;
use crate::model::money::Money;
use crate::model::money::has_thousands_form;
use crate::model::reply::{Charge, Rate, Service};
use crate::model::shape::plain;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// Names of a price, the surest first. Compared without case, accents and separators.
const PRICES: &[&str] = &[
    "total",
    "totalamount",
    "totalprice",
    "totalcost",
    "grandtotal",
    "preciototal",
    "importetotal",
    "montototal",
    "costototal",
    "importe",
    "precio",
    "price",
    "costo",
    "cost",
    "tarifa",
    "monto",
    "amount",
];
/// Names of a number within a price that is an object.
const WITHIN: &[&str] = &["value", "valor", "cantidad"];
/// What only a parcel has: there, `amount` counts pieces ("Rate", `packages`).
const OF_A_PACKAGE: &[&str] = &["dimensions", "weight", "content", "weightunit", "lengthunit", "peso", "dimensiones"];
const CURRENCIES: &[&str] = &["currency", "moneda", "currencycode", "codigomoneda", "divisa"];
const CODES: &[&str] = &["servicetype", "servicecode", "serviceid", "codigoservicio", "tiposervicio", "idservicio"];
/// Names that only a service has.
const SERVICES: &[&str] =
    &["servicename", "nombreservicio", "servicio", "service", "descripcionservicio", "servicedescription"];
const NAMES: &[&str] = &[
    "servicename",
    "nombreservicio",
    "servicio",
    "service",
    "descripcionservicio",
    "servicedescription",
    "descripcion",
    "description",
    "nombre",
    "name",
];
const PARTS_LISTS: &[&str] = &["breakdown", "desglose", "conceptos", "charges", "cargos", "recargos", "surcharges"];
/// What a part of a price is named by.
const CONCEPTS: &[&str] = &["concepto", "concept"];
/// Parts that stand beside a total; taken only where they sum up to it, as a bare `iva` may be a percentage.
const PARTS: &[&str] = &[
    "subtotal",
    "iva",
    "tax",
    "taxes",
    "impuestos",
    "retencion",
    "flete",
    "freight",
    "seguro",
    "insurance",
    "combustible",
    "fuel",
    "recoleccion",
    "pickup",
    "entrega",
    "delivery",
];
const DELIVERIES: &[&str] = &["estimateddelivery", "deliverydate", "fechaentrega", "fechaestimada", "entregaestimada"];
/// Deeper than this nothing is looked for.
const DEEPEST: usize = 16;

/// The rates of a reply: at least one, which may have no total.
pub(super) fn read(json: &Value) -> Vec<Rate> {
    let mut rates = Vec::new();
    gather(json.get("response").unwrap_or(json), &Currency::None, 0, &mut rates);
    if rates.is_empty() {
        rates.push(Rate { raw: json.clone(), ..Rate::default() });
    }
    rates
}

/// What is said of the currency.
#[derive(Clone)]
enum Currency {
    None,
    Known(String),
    Unreadable,
}

impl Currency {
    /// The one of an object, else that of what it lies in.
    fn of(map: &Map<String, Value>, outer: &Self) -> Self {
        let Some(value) = field(map, CURRENCIES).filter(|value| !value.is_null()) else { return outer.clone() };
        let said = value.as_str().map(plain).unwrap_or_default();
        match said.trim() {
            "" if value.is_string() => outer.clone(),
            "mn" | "m.n." | "pesos" | "peso mexicano" | "pesos mexicanos" => Self::Known("MXN".to_owned()),
            code => price::currency(code).map_or(Self::Unreadable, Self::Known),
        }
    }

    fn money(&self, amount: Decimal) -> Option<Money> {
        match self {
            Self::None => Some(Money::new(amount, "MXN")),
            Self::Known(code) => Some(Money::new(amount, code.as_str())),
            Self::Unreadable => None,
        }
    }
}

/// A field by the first of these names that the object has.
fn field<'a>(map: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| map.iter().find(|(key, _)| bare(key) == *name).map(|(_, value)| value))
}

/// A name without case, accents and separators: `Total_Amount` is `totalamount`.
fn bare(name: &str) -> String {
    plain(name).chars().filter(char::is_ascii_alphanumeric).collect()
}

fn gather(value: &Value, outer: &Currency, depth: usize, rates: &mut Vec<Rate>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, outer, depth + 1, rates)),
        Value::Object(map) => {
            let currency = Currency::of(map, outer);
            let price = price(map, &currency);
            let (mut inner, mut beside) = (Vec::new(), Vec::new());
            for (name, value) in map {
                let name = bare(name);
                // The price itself, and its parts, are no rates.
                let known = (PRICES.contains(&&*name) && value.is_object()) || lists_parts(&name, value);
                if price.is_none() {
                    gather(value, &currency, depth + 1, &mut inner);
                } else if !known {
                    let priced = value.as_object().is_some_and(|map| self::price(map, &currency).is_some());
                    gather(value, &currency, depth + 1, if priced { &mut beside } else { &mut inner });
                }
            }
            let all: Vec<Rate> = inner.iter().chain(&beside).cloned().collect();
            match price {
                Some(price) if counts(&price, &beside) => rates.extend(all),
                Some(price) if sums_up(&price, &all) || (!inner.is_empty() && inner.iter().all(is_part)) => {
                    rates.push(rate(map, value, price, &currency, all));
                }
                Some(price) if inner.is_empty() && !may_count(&price, map) => {
                    rates.push(rate(map, value, price, &currency, Vec::new()));
                }
                _ => {
                    let found = if inner.is_empty() { &mut beside } else { &mut inner };
                    if let [only] = found.as_mut_slice() {
                        complete(only, map, value);
                    }
                    rates.append(found);
                }
            }
        }
        _ => {}
    }
}

/// A price as far as it can be read, and the name it was found under.
struct Price {
    amount: Option<Money>,
    name: &'static str,
}

/// Whether a field, by its bare name, has the parts of the price beside it.
fn lists_parts(name: &str, value: &Value) -> bool {
    PARTS_LISTS.contains(&name) || (PARTS.contains(&name) && value.is_array())
}

/// Whether it may be the count of a list's items: not with decimals, nor beside a service's own name.
fn may_count(price: &Price, map: &Map<String, Value>) -> bool {
    let list = |(name, value): (&String, &Value)| value.is_array() && !lists_parts(&bare(name), value);
    let whole = price.amount.as_ref().is_none_or(|money| money.amount.0.scale() == 0);
    matches!(price.name, "total" | "amount") && whole && !is_service(map) && map.iter().any(list)
}

/// Whether an object has a name that only a service has.
fn is_service(map: &Map<String, Value>) -> bool {
    map.keys().map(|name| bare(name)).any(|name| CODES.contains(&&*name) || SERVICES.contains(&&*name))
}

/// Whether it's named as a part of a price is.
fn is_part(rate: &Rate) -> bool {
    rate.raw.as_object().is_some_and(|map| field(map, CONCEPTS).is_some())
}

/// Whether it's the count of the priced objects beside it.
fn counts(price: &Price, beside: &[Rate]) -> bool {
    let many = price.amount.as_ref().is_some_and(|money| money.amount.0 == Decimal::from(beside.len()));
    matches!(price.name, "total" | "amount") && !beside.is_empty() && many
}

/// `{"serviceName": "Terrestre", "rate": {"total": 100}}`: what is said of the rate around it.
fn complete(rate: &mut Rate, map: &Map<String, Value>, raw: &Value) {
    let named = rate.service.code.is_some() || rate.service.name.is_some();
    if named || !is_service(map) {
        return;
    }
    rate.service = service(map);
    if rate.estimated_delivery.is_none() {
        rate.estimated_delivery = field(map, DELIVERIES).and_then(Value::as_str).map(str::to_owned);
    }
    rate.raw = raw.clone();
}

/// The price of an object; `None` where no field is named as one.
fn price(map: &Map<String, Value>, currency: &Currency) -> Option<Price> {
    let package = field(map, OF_A_PACKAGE).is_some();
    let mut named = None;
    for &name in PRICES {
        let Some(value) = field(map, &[name]).filter(|_| !package || name != "amount") else { continue };
        match value {
            Value::Object(inner) => {
                let currency = Currency::of(inner, currency);
                let found = price(inner, &currency).and_then(|price| price.amount).or_else(|| {
                    let value = field(inner, WITHIN)?;
                    currency.money(amount(value)?)
                });
                if found.is_some() {
                    return Some(Price { amount: found, name });
                }
            }
            Value::Array(_) => {}
            value => {
                named = named.or(Some(name));
                if let Some(found) = amount(value) {
                    return Some(Price { amount: currency.money(found), name });
                }
            }
        }
    }
    named.map(|name| Price { amount: None, name })
}

/// A number that isn't negative; as text also `$250` and `$1,234.50`, which in Mexico read in one way only.
fn amount(value: &Value) -> Option<Decimal> {
    let found = price::number(value).filter(|_| !value.is_string()).or_else(|| {
        let text = value.as_str()?.trim().trim_start_matches('$').trim();
        let text = text.strip_suffix("MXN").unwrap_or(text).trim();
        if has_thousands_form(text) {
            return None;
        }
        if !text.contains(',') {
            return price::number(&Value::String(text.to_owned()));
        }
        let (whole, cents) = text.split_once('.').filter(|(_, cents)| !cents.contains(','))?;
        let mut groups = whole.split(',');
        let first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()) || !whole.contains(','));
        let rest = groups.all(|group| group.len() == 3);
        (first && rest).then(|| decimal(&format!("{}.{cents}", whole.replace(',', ""))))?
    })?;
    (!found.is_sign_negative() || found.is_zero()).then_some(found)
}

/// Whether these are the parts of a price, and not prices of their own.
fn sums_up(price: &Price, parts: &[Rate]) -> bool {
    let Some(whole) = &price.amount else { return false };
    let sum = parts.iter().try_fold(Decimal::ZERO, |sum, part| {
        let part = part.total.as_ref().filter(|part| part.currency == whole.currency)?;
        sum.checked_add(part.amount.0)
    });
    parts.len() > 1 && sum == Some(whole.amount.0)
}

fn rate(map: &Map<String, Value>, raw: &Value, price: Price, currency: &Currency, parts: Vec<Rate>) -> Rate {
    let total = price.amount;
    let mut breakdown: Vec<Charge> = parts.into_iter().filter_map(charge).collect();
    if breakdown.is_empty()
        && let Some(Value::Array(items)) = field(map, PARTS_LISTS)
    {
        let mut listed = Vec::new();
        items.iter().for_each(|item| gather(item, currency, 0, &mut listed));
        breakdown = listed.into_iter().filter_map(charge).collect();
    }
    if breakdown.is_empty() {
        breakdown = beside(map, total.as_ref());
    }
    Rate {
        service: service(map),
        total,
        breakdown,
        estimated_delivery: field(map, DELIVERIES).and_then(Value::as_str).map(str::to_owned),
        raw: raw.clone(),
        ..Rate::default()
    }
}

/// A part of a price, from what was read as a price of its own.
fn charge(part: Rate) -> Option<Charge> {
    let map = part.raw.as_object()?;
    let description = field(map, CONCEPTS).and_then(as_text).or_else(|| part.service.name.clone());
    let code = field(map, &["codigo", "code", "clave"]).and_then(as_text).or_else(|| part.service.code.clone());
    let description = description.or_else(|| code.clone())?;
    Some(Charge { code: code.unwrap_or_else(|| description.clone()), description, amount: part.total? })
}

/// The parts that stand beside a total as fields, where they sum up to it.
fn beside(map: &Map<String, Value>, total: Option<&Money>) -> Vec<Charge> {
    let Some(total) = total else { return Vec::new() };
    let parts: Vec<Charge> = map
        .iter()
        .filter(|(name, _)| PARTS.contains(&bare(name).as_str()))
        .filter_map(|(name, value)| {
            let amount = Money::new(amount(value)?, total.currency.as_str());
            Some(Charge { code: name.clone(), description: name.clone(), amount })
        })
        .collect();
    let sum = parts.iter().try_fold(Decimal::ZERO, |sum, part| sum.checked_add(part.amount.amount.0));
    if sum == Some(total.amount.0) { parts } else { Vec::new() }
}

fn service(map: &Map<String, Value>) -> Service {
    // `"service": {"code": …, "name": …}`
    if let Some(inner) = field(map, &["service", "servicio"]).filter(|value| value.is_object()) {
        let any = |names: &[&str]| names.iter().find_map(|name| text(inner, name));
        return Service {
            code: any(&["code", "codigo", "id", "clave"]),
            name: any(&["name", "nombre", "descripcion"]),
        };
    }
    let mut code = field(map, CODES).and_then(as_text);
    let mut name = NAMES.iter().find_map(|name| field(map, &[name]).and_then(as_text));
    // `"servicio": 3`
    if code.is_none() && name.as_deref().is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit())) {
        code = name.take();
    }
    Service { code, name }
}
