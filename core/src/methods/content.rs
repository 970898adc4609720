//! A create's content, as a digest. Content is what a request means, not how it is written. So the digest is made from
//! the parsed request: exact weights and lengths, amounts without trailing zeros, and no absent fields.

use crate::connector::Account;
use crate::json::{Value, json};
use crate::model::address::Address;
use crate::model::measure::{Dimensions, Weight, parse_decimal};
use crate::model::money::Money;
use crate::model::normal::cleaned;
use crate::model::parcel::{Parcel, USUAL_PACKAGING};
use crate::model::request::{CashOnDelivery, Create, Item, Notify, Pickup};
use crate::state::Content;
use crate::text::hex;
use jiff::civil::Time;
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

/// The content of a create. `native` has its options for this account; `asked` is the request as it came.
/// The carrier and the environment belong to it: a shipment on the carrier's test host isn't one in production.
pub(super) fn of(account: &Account, request: &Create, native: &Value, asked: Value) -> Content {
    let place = [account.carrier.code, account.environment.as_str()];
    let now = digest(&json!([place, sorted(create(account, request, native))]));
    Content { now: format!("2:{now}"), older: vec![first_version(place, asked)] }
}

/// The digest before contents had a version: of the request as it was written. Older state files have it.
fn first_version(place: [&str; 2], mut asked: Value) -> String {
    if let Value::Object(content) = &mut asked {
        content.remove("timeout_ms");
        content.remove("account");
    }
    digest(&json!([place, without_nulls(asked)]))
}

fn digest(content: &Value) -> String {
    hex(&Sha256::digest(content.to_string()))
}

/// Sorts the names, and leaves out those without a value.
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

/// Sorts the names, and leaves out empty values: null, an empty text, list or object. In a list they keep their place.
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

fn create(account: &Account, request: &Create, native: &Value) -> Value {
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
        timeout_ms: _,
    } = request;
    json!({
        "reference": reference,
        "origin": address(account, origin),
        "destination": address(account, destination),
        "parcels": parcels.iter().map(parcel).collect::<Vec<_>>(),
        "service": service.as_ref().filter(|service| account.api.usual_service().as_ref() != Some(*service)),
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

fn address(account: &Account, address: &Address) -> Value {
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
        tax_id,
        tax_id_type,
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
        "country": country.as_deref().filter(|country| *country != account.carrier.country),
        "phone": phone,
        "phone2": phone2,
        "email": email,
        "tax_id": tax_id,
        "tax_id_type": tax_id_type,
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
        "packaging": packaging.as_deref().filter(|packaging| *packaging != USUAL_PACKAGING),
    })
}

/// In grams. A number that is too big to convert stays as it is.
fn weight_of(weight: &Weight) -> Value {
    let Weight { value, unit } = weight;
    weight.grams().map_or_else(|| json!([number(value.0), unit]), |grams| json!(number(grams)))
}

/// In millimetres. Numbers that are too big to convert stay as they are.
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

/// Native fields have the types of the carrier's table, which doesn't know them all. So a number counts by its value,
/// written as a number or as text.
fn loose(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entries = map.iter().map(|(name, value)| (cleaned(name.trim_start_matches('+')), loose(value)));
            Value::Object(entries.collect())
        }
        Value::Array(items) => items.iter().map(loose).collect(),
        Value::Number(_) => parse_decimal(value).map_or_else(|| json!(value.to_string()), |value| json!(number(value))),
        Value::String(text) => json!(cleaned(text)),
        Value::Null | Value::Bool(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::connector::Ability;
    use crate::connector::endpoint::read_native;
    use crate::model::request::{self, CREATE};
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    fn account(more: Value) -> Config {
        let mut account = json!({"carrier": "mensajeros_urbanos", "base_url": "https://mu.example", "client_id": "a",
            "client_secret": "b", "user_id": 1});
        account.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Config::parse(&json!({"accounts": [account]}).to_string()).unwrap()
    }

    fn content(config: &Config, asked: Value) -> Content {
        let account = &config.accounts[0];
        let mut request: Create =
            request::read(asked.clone(), &CREATE).unwrap_or_else(|error| panic!("{error}: {asked}"));
        request.go_by_rate().unwrap();
        let mut native = request.options.get(account.carrier.code).cloned().unwrap_or_else(|| json!({}));
        let known = account.carrier.options.iter().find(|(of, _)| *of == Ability::Create).unwrap().1;
        let known: Vec<_> = known.iter().copied().flatten().copied().collect();
        assert!(read_native(&mut native, &known, "options").is_empty());
        of(account, &request, &native, asked)
    }

    fn now(asked: Value) -> String {
        content(&account(json!({})), asked).now
    }

    fn errand() -> Value {
        json!({
            "reference": "1001",
            "origin": {"name": "Tienda", "street": "Cra 14b 112 45", "city": "Bogotá", "latitude": 4.65},
            "destination": {"name": "Ana Ñandú", "street": "Cra 15 127", "city": "Bogotá", "phone": "3214567890"},
            "parcels": [
                {"weight": {"value": 389, "unit": "g"}, "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"},
                 "declared_value": {"amount": "4900.00", "currency": "COP"}},
                {"weight": {"value": 1, "unit": "lb"}, "quantity": 2},
            ],
            "service": "4",
            "pickup": {"date": "2030-01-31", "from": "09:00"},
            "tags": ["a", "b"],
            "items": [{"name": "Café", "quantity": 1, "unit_price": {"amount": "2500", "currency": "COP"}}],
            "notify": [{"email": "a@b.co", "events": ["created", "delivered"]}],
            "options": {"mensajeros_urbanos": {"type_segmentation": 1, "+nuevo": {"b": 1, "a": 2}}},
        })
    }

    fn set(request: &mut Value, place: &str, value: Value) {
        let (parent, name) = place.rsplit_once('/').unwrap();
        let parent = request.pointer_mut(parent).unwrap();
        match parent {
            Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
            Value::Object(map) => {
                map.insert(name.to_owned(), value);
            }
            _ => panic!("{place}"),
        }
    }

    /// What makes no difference: a field, and another spelling of it.
    fn spellings() -> Vec<(&'static str, Value)> {
        let weight = |value: &str, unit: &str| json!({"value": crate::json::parse(value).unwrap(), "unit": unit});
        vec![
            ("/parcels/0/weight", weight("389.0", "g")),
            ("/parcels/0/weight", weight("\"389\"", "g")),
            ("/parcels/0/weight", weight("0.389", "kg")),
            ("/parcels/0/weight", weight("3.89e2", "g")),
            ("/parcels/0/weight", weight("389.00000000000006", "g")),
            ("/parcels/1/weight", weight("16", "oz")),
            ("/parcels/1/weight", weight("\"453.59237\"", "g")),
            ("/parcels/0/dimensions", json!({"length": 200, "width": "200", "height": 150.0, "unit": "mm"})),
            ("/parcels/0/dimensions", json!({"length": 0.2, "width": 0.2, "height": "0.15", "unit": "m"})),
            ("/parcels/0/declared_value/amount", json!(4900)),
            ("/parcels/0/declared_value/amount", json!("4900")),
            ("/parcels/0/declared_value/amount", json!(4900.0)),
            ("/parcels/0/quantity", json!(1)),
            ("/parcels/0/quantity", json!("1")),
            ("/parcels/1/quantity", json!(2.0)),
            ("/parcels/0/description", json!("")),
            ("/parcels/0/packaging", json!(null)),
            ("/parcels/1/dimensions", json!({})),
            ("/parcels/1/dimensions", json!([])),
            ("/destination/name", json!("  Ana Ñandú ")),
            ("/destination/name", json!("Ana Ñandú".nfd().collect::<String>())),
            ("/destination/phone", json!("\u{202a}3214567890\u{202c}")),
            ("/destination/email", json!(" ")),
            ("/origin/latitude", json!("4.650")),
            ("/origin/latitude", json!(4.650000000000001)),
            ("/urgent", json!(false)),
            ("/round_trip", json!(null)),
            ("/with_label", json!(true)),
            ("/timeout_ms", json!(500)),
            ("/account", json!("mensajeros_urbanos")),
            ("/idempotency_key", json!("k")),
            ("/notes", json!("")),
            ("/declared_value", json!({})),
            ("/cash_on_delivery", json!([])),
            ("/service", json!({"code": "4", "name": "Domicilios"})),
            ("/service", json!(" 4 ")),
            // Defaults of what a request leaves out: the account's service, the carrier's country, a box.
            ("/service", json!(null)),
            ("/origin/country", json!("CO")),
            ("/parcels/0/packaging", json!("box")),
            ("/tags", json!(["a", "", "b", " "])),
            ("/rate", json!({"account": "mensajeros_urbanos", "service": {"code": "4", "name": "x"}, "total": null})),
            ("/pickup/from", json!("09:00:00")),
            ("/pickup/to", json!("")),
            ("/items/0/quantity", json!("1")),
            ("/items/0/unit_price/amount", json!("2500.00")),
            ("/notify/0/events", json!(["delivered", "created"])),
            ("/options/mensajeros_urbanos/type_segmentation", json!("1")),
            ("/options/mensajeros_urbanos/type_segmentation", json!(1.0)),
            ("/options/mensajeros_urbanos/+nuevo", json!({"a": 2.0, "b": 1, "c": null})),
            ("/options/mensajeros_urbanos/observation", json!("")),
            ("/options/fruno", json!({"descripción": "x"})),
        ]
    }

    /// What makes another shipment.
    fn changes() -> Vec<(&'static str, Value)> {
        vec![
            ("/reference", json!("1002")),
            ("/reference", json!("01001")),
            ("/origin/latitude", json!(4.6500001)),
            ("/destination/name", json!("Ana Nandu")),
            ("/destination/name", json!("ana ñandú")),
            ("/destination/interior", json!("2")),
            ("/parcels/0/weight/value", json!(390)),
            ("/parcels/0/weight/value", json!("389.001")),
            ("/parcels/0/weight/unit", json!("kg")),
            ("/parcels/0/dimensions/length", json!(21)),
            ("/parcels/0/dimensions", json!(null)),
            ("/parcels/0/quantity", json!(2)),
            ("/parcels/0/declared_value/amount", json!("4900.01")),
            ("/parcels/0/declared_value/currency", json!("USD")),
            ("/parcels/1/quantity", json!(1)),
            ("/service", json!("1")),
            ("/origin/country", json!("VE")),
            ("/parcels/0/packaging", json!("envelope")),
            ("/pickup/date", json!("2030-02-01")),
            ("/pickup/from", json!("09:01")),
            ("/pickup/to", json!("13:00")),
            ("/urgent", json!(true)),
            ("/round_trip", json!(true)),
            ("/notes", json!("frágil")),
            ("/tags", json!(["b", "a"])),
            ("/tags", json!([])),
            ("/declared_value", json!({"amount": 0, "currency": "COP"})),
            ("/items/0/quantity", json!(2)),
            ("/items/0/sku", json!("1")),
            ("/cash_on_delivery", json!({"amount": {"amount": 1, "currency": "COP"}, "method": "cash"})),
            ("/notify/0/events", json!(["created"])),
            ("/options/mensajeros_urbanos/type_segmentation", json!(2)),
            ("/options/mensajeros_urbanos/+nuevo", json!({"a": 2, "b": 2})),
            ("/options/mensajeros_urbanos/client_document", json!("1")),
        ]
    }

    #[test]
    fn a_request_in_another_spelling_is_the_same_content() {
        let content = now(errand());
        assert!(content.starts_with("2:"), "{content}");
        for (place, value) in spellings() {
            let mut other = errand();
            set(&mut other, place, value.clone());
            assert_eq!(now(other), content, "{place} {value}");
        }
    }

    #[test]
    fn another_shipment_is_other_content() {
        let mut seen = vec![("", json!(null), now(errand()))];
        for (place, value) in changes() {
            let mut other = errand();
            set(&mut other, place, value.clone());
            let content = now(other);
            let same = seen.iter().find(|(_, _, known)| *known == content);
            assert!(same.is_none(), "{place} {value} is {same:?}");
            seen.push((place, value, content));
        }
    }

    #[test]
    fn a_test_host_and_another_carrier_are_another_place() {
        let of = |more: Value| content(&account(more), errand()).now;
        assert_ne!(of(json!({})), of(json!({"environment": "test"})));
        assert_eq!(of(json!({})), of(json!({"user_id": 2})));
    }

    fn reversed(value: Value) -> Value {
        match value {
            Value::Object(map) => map.into_iter().rev().map(|(name, value)| (name, reversed(value))).collect(),
            Value::Array(items) => items.into_iter().map(reversed).collect(),
            other => other,
        }
    }

    proptest! {
        #[test]
        fn any_spelling_has_one_content_and_any_change_another(
            picks in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
            change in any::<prop::sample::Index>(),
            turned in any::<bool>(),
        ) {
            let (spellings, changes) = (spellings(), changes());
            let mut other = errand();
            for pick in picks {
                let (place, value) = pick.get(&spellings);
                set(&mut other, place, value.clone());
            }
            if turned {
                other = reversed(other);
            }
            prop_assert_eq!(now(other.clone()), now(errand()));
            let (place, value) = change.get(&changes);
            // A part of a value in another spelling, or a service that isn't the rate's.
            let whole = ["/parcels/0/weight", "/parcels/0/dimensions", "/service"];
            if !whole.iter().any(|whole| place.starts_with(whole)) {
                set(&mut other, place, value.clone());
                prop_assert_ne!(now(other), now(errand()));
            }
        }
    }

    /// Computed by flete as it was before contents had a version (156cc81).
    #[test]
    fn keys_of_older_state_files_are_known_by_their_first_version() {
        let fruno = json!({"carrier": "fruno", "environment": "test", "account": "a", "key": "b"});
        let fruno = Config::parse(&json!({"accounts": [fruno]}).to_string()).unwrap();
        for (config, request, older) in [
            (
                &fruno,
                r#"{"account":"fruno","idempotency_key":"order-1","origin":{"name":" Tienda ","district_code":"10101"},"destination":{"name":"Ana","street":null},"parcels":[{"weight":{"value":389.0,"unit":"g"},"quantity":1}],"urgent":false,"tags":[],"timeout_ms":500}"#,
                "553a7398484587b5b647cfd94aa9ca22b9c99b284aa424ff903c2a97081e4b49",
            ),
            (
                &account(json!({})),
                r#"{"parcels":[{"weight":{"unit":"kg","value":"0.5"}}],"destination":{"city":"Bogotá","street":"Cra 15 127"},"origin":{"city":"Bogota","street":"Cra 14b 112 45"},"options":{"mensajeros_urbanos":{"type_segmentation":1,"x":null}},"idempotency_key":"k","reference":"1001"}"#,
                "e49c9520bc3a92f9b180207f0cd1f36c452c50befe386a7f476dda1476531b45",
            ),
        ] {
            let account = &config.accounts[0];
            let asked: Value = crate::json::parse(request).unwrap();
            let read: Create = request::read(asked.clone(), &CREATE).unwrap();
            assert_eq!(of(account, &read, &json!({}), asked).older, [older]);
        }
    }
}
