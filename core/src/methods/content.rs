//! What a create asks for, as a digest. Content is what a request means, not how it is written, so it is made from
//! what was read: exact weights and lengths, amounts without idle zeros, only what is there.

use crate::config::Account;
use crate::model::address::Address;
use crate::model::measure::{Dimensions, Weight, parse_decimal};
use crate::model::money::Money;
use crate::model::normal::cleaned;
use crate::model::parcel::Parcel;
use crate::model::request::{CashOnDelivery, Create, Item, Notify, Pickup};
use crate::state::Content;
use jiff::civil::Time;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The content of a create. `native` are its options for this account; `asked` is the request as it came.
/// A shipment of the carrier's test host, or of another carrier whose place this account took, is not the one that is
/// asked for.
pub(super) fn of(account: &Account, request: &Create, native: &Value, asked: Value) -> Content {
    let place = [account.carrier.code, account.text("environment").unwrap_or("production")];
    let now = digest(&json!([place, sorted(create(request, native))]));
    Content { now: format!("2:{now}"), older: vec![first_version(place, asked)] }
}

/// As flete made it before contents had a version: by how the request was written. Keys of older state files have it.
fn first_version(place: [&str; 2], mut asked: Value) -> String {
    if let Value::Object(content) = &mut asked {
        content.shift_remove("timeout_ms");
        content.shift_remove("account");
    }
    digest(&json!([place, without_nulls(asked)]))
}

fn digest(content: &Value) -> String {
    let digest = Sha256::digest(content.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Names in order, and those without a value left out.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().filter(|(_, value)| !value.is_null()).collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(entries.into_iter().map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// Names in order, and those that say nothing left out: a null, an empty text, list or object. In a list they keep
/// their place.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map
                .into_iter()
                .map(|(name, value)| (name, sorted(value)))
                .filter(|(_, value)| match value {
                    Value::Null => false,
                    Value::String(text) => !text.is_empty(),
                    Value::Array(items) => !items.is_empty(),
                    Value::Object(map) => !map.is_empty(),
                    Value::Bool(_) | Value::Number(_) => true,
                })
                .collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

// Every field is named, so that a new one can't be forgotten here.

fn create(request: &Create, native: &Value) -> Value {
    let Create {
        account: _,
        rate: _, // Its account and service are the request's.
        idempotency_key: _,
        reference,
        origin,
        destination,
        parcels,
        service,
        pickup,
        urgent,
        round_trip,
        notes,
        tags,
        declared_value,
        items,
        cash_on_delivery,
        notify,
        with_label: _,
        options: _,
    } = request;
    json!({
        "reference": reference,
        "origin": address(origin),
        "destination": address(destination),
        "parcels": parcels.iter().map(parcel).collect::<Vec<_>>(),
        "service": service,
        "pickup": pickup.as_ref().map(pickup_of),
        "urgent": urgent.then_some(true),
        "round_trip": round_trip.then_some(true),
        "notes": notes,
        "tags": tags,
        "declared_value": declared_value.as_ref().map(money),
        "items": items.iter().map(item).collect::<Vec<_>>(),
        "cash_on_delivery": cash_on_delivery.as_ref().map(cash),
        "notify": notify.iter().map(notice).collect::<Vec<_>>(),
        "options": loose(native),
    })
}

fn number(value: Decimal) -> String {
    value.normalize().to_string()
}

fn money(money: &Money) -> Value {
    let Money { amount, currency } = money;
    json!([number(amount.0), currency])
}

fn address(address: &Address) -> Value {
    let Address {
        name,
        company,
        street,
        number: house,
        interior,
        neighborhood,
        city,
        district_code,
        state,
        postal_code,
        country,
        phone,
        phone2,
        email,
        latitude,
        longitude,
        instructions,
        reference,
        carrier_id,
    } = address;
    json!({
        "name": name,
        "company": company,
        "street": street,
        "number": house,
        "interior": interior,
        "neighborhood": neighborhood,
        "city": city,
        "district_code": district_code,
        "state": state,
        "postal_code": postal_code,
        "country": country,
        "phone": phone,
        "phone2": phone2,
        "email": email,
        "latitude": latitude.map(|value| number(value.0)),
        "longitude": longitude.map(|value| number(value.0)),
        "instructions": instructions,
        "reference": reference,
        "carrier_id": carrier_id,
    })
}

fn parcel(parcel: &Parcel) -> Value {
    let Parcel { weight, dimensions, quantity, description, declared_value, packaging } = parcel;
    json!({
        "weight": weight_of(weight),
        "dimensions": dimensions.as_ref().map(dimensions_of),
        "quantity": quantity,
        "description": description,
        "declared_value": declared_value.as_ref().map(money),
        "packaging": packaging,
    })
}

/// In grams; a number that is too big to convert, as it stands.
fn weight_of(weight: &Weight) -> Value {
    let Weight { value, unit } = weight;
    weight.grams().map_or_else(|| json!([number(value.0), unit]), |grams| json!(number(grams)))
}

/// In millimetres; numbers that are too big to convert, as they stand.
fn dimensions_of(dimensions: &Dimensions) -> Value {
    let Dimensions { length, width, height, unit } = dimensions;
    match dimensions.millimetres() {
        Some(sides) => json!(sides.map(number)),
        None => json!([number(length.0), number(width.0), number(height.0), unit]),
    }
}

fn pickup_of(pickup: &Pickup) -> Value {
    let Pickup { date, from, to } = pickup;
    json!({"date": date, "from": from.as_deref().map(time), "to": to.as_deref().map(time)})
}

/// `09:00` is `09:00:00`.
fn time(text: &str) -> String {
    text.parse::<Time>().map_or_else(|_| text.to_owned(), |time| time.strftime("%H:%M:%S").to_string())
}

fn item(item: &Item) -> Value {
    let Item { sku, name, quantity, unit_price, image_url } = item;
    json!({"sku": sku, "name": name, "quantity": quantity, "unit_price": money(unit_price), "image_url": image_url})
}

fn cash(cash: &CashOnDelivery) -> Value {
    let CashOnDelivery { amount, method } = cash;
    json!({"amount": money(amount), "method": method})
}

fn notice(notify: &Notify) -> Value {
    let Notify { email, events } = notify;
    let mut events: Vec<&str> = events.iter().map(String::as_str).collect();
    events.sort_unstable();
    events.dedup();
    json!({"email": email, "events": events})
}

/// Native fields have the kinds of the carrier's table, which doesn't know them all: a number is its value, whether
/// it's written as one or as text.
fn loose(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entries = map.iter().map(|(name, value)| (cleaned(name.trim_start_matches('+')), loose(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(loose).collect(),
        Value::Number(_) => parse_decimal(value).map_or_else(|| json!(value.to_string()), |value| json!(number(value))),
        Value::String(text) => json!(cleaned(text)),
        Value::Null | Value::Bool(_) => value.clone(),
    }
}
