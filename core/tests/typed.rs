//! The typed methods: the same requests and replies as in JSON, for every method and carrier.

use crate::common;
use crate::common::checked;
use flete::reply::Rate;
use flete::request::{
    Address, Amount, Cancel, CashOnDelivery, ChosenRate, Create, Dimensions, Document, Item, Keys, List, Money, Notify,
    Parcel, Pickup, Quote, Settle, ShipmentId, Track, Webhook, Weight,
};
use flete::sandbox::Sandbox;
use flete::{Client, Code, Decimal, Error, Outcome};
use serde::Serialize;
use serde_json::{Value, json};

const CARRIERS: [&str; 4] = ["almex", "apunto", "fruno", "mensajeros_urbanos"];

fn market() -> (&'static Sandbox, Client) {
    // Never dropped: a port that came back would meet what the process remembers of it.
    let sandbox: &'static Sandbox = Box::leak(Box::new(Sandbox::start().unwrap()));
    let mut config = sandbox.config();
    config["state"] = json!("memory");
    (sandbox, Client::open(&config.to_string()).unwrap())
}

fn place(street: &str, district: &str, postal_code: &str) -> Address {
    let said = |text: &str| Some(text.to_owned());
    Address {
        name: said("Tienda ABC"),
        street: said(street),
        neighborhood: said("Centro"),
        city: said("Bogotá"),
        state: said("MX"),
        country: said("MX"),
        district_code: said(district),
        postal_code: said(postal_code),
        phone: said("5512345678"),
        email: said("tienda@example.com"),
        ..Address::default()
    }
}

fn ends() -> (Address, Address) {
    (place("Calle 1", "11501", "52227"), place("Calle 9", "11605", "75110"))
}

fn parcels() -> Vec<Parcel> {
    vec![Parcel {
        dimensions: Some(Dimensions::new([30, 20, 15], "cm")),
        description: Some("Camisetas".to_owned()),
        ..Parcel::new(Weight::new(Decimal::new(15, 1), "kg"))
    }]
}

fn native() -> Value {
    json!({"apunto": {"contact_code": "ACME", "kind": "domestic", "mode": "land"}})
}

/// As [`ends`] and [`parcels`], in JSON.
fn order() -> Value {
    let place = |street: &str, district: &str, postal_code: &str| {
        json!({
            "name": "Tienda ABC", "street": street, "neighborhood": "Centro", "city": "Bogotá", "state": "MX",
            "country": "MX", "district_code": district, "postal_code": postal_code, "phone": "5512345678",
            "email": "tienda@example.com",
        })
    };
    json!({
        "origin": place("Calle 1", "11501", "52227"),
        "destination": place("Calle 9", "11605", "75110"),
        "parcels": [{
            "weight": {"value": 1.5, "unit": "kg"}, "description": "Camisetas", "quantity": 1,
            "dimensions": {"length": 30, "width": 20, "height": 15, "unit": "cm"},
        }],
    })
}

fn create(account: &str) -> Create {
    let (origin, destination) = ends();
    Create {
        account: Some(account.to_owned()),
        options: native().as_object().unwrap().clone().into(),
        ..Create::new("order-1", origin, destination, parcels())
    }
}

/// Removes what always differs between two calls.
fn timeless(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            members.retain(|name, _| name != "elapsed_ms" && name != "replayed");
            members.values_mut().for_each(|member| *member = timeless(member.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = timeless(item.take())),
        _ => {}
    }
    value
}

/// Both ways returned the same: a reply, or an error with all its fields.
fn same<T: Serialize>(what: &str, typed: Result<T, Error>, json: Result<Value, Error>) -> Value {
    let shown = |result: Result<Value, Error>| timeless(result.unwrap_or_else(|error| error.to_value()));
    let typed = shown(typed.map(|reply| serde_json::to_value(reply).unwrap()));
    let json = shown(json);
    assert_eq!(typed, json, "{what}");
    typed
}

#[test]
fn both_doors_give_the_same_for_every_method_and_carrier() {
    let (sandbox, client) = market();
    let ask = |method: &str, request: Value| checked(&client, method, request);
    let (origin, destination) = ends();
    let quoted = same("quote", client.quote(&Quote::new(origin, destination, parcels())), ask("quote", order()));
    assert!(quoted["rates"].as_array().unwrap().len() >= 3, "{quoted}");
    assert_eq!(quoted["skipped"][0]["account"], "apunto");
    // A typed rate goes into a create as it came, by either door.
    let rates: Vec<Rate> = serde_json::from_value(quoted["rates"].clone()).unwrap();
    for (rate, json) in rates.iter().zip(quoted["rates"].as_array().unwrap()) {
        let by_rate = Create { account: None, idempotency_key: None, rate: Some(rate.into()), ..create(&rate.account) };
        let made = client.create(&by_rate).unwrap();
        assert_eq!((&made.account, &made.environment), (&rate.account, &rate.environment));
        let elsewhere = ChosenRate { environment: Some("elsewhere".to_owned()), ..rate.into() };
        let error = client.create(&Create { rate: Some(elsewhere), ..by_rate }).unwrap_err();
        assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidRequest, "rate.environment"));
        let asked = common::with(order(), json!({"rate": json, "options": native()}));
        assert_eq!(ask("create", asked).unwrap()["account"], json["account"]);
    }
    for carrier in CARRIERS {
        let mut asked = common::with(order(), json!({"account": carrier, "options": native()}));
        asked["idempotency_key"] = json!("order-1");
        let made = client.create(&create(carrier)).unwrap_or_else(|error| panic!("{carrier}: {}", error.to_value()));
        assert!(!made.replayed);
        let again = ask("create", asked).unwrap();
        // Also that both stand for the same content: another content under this key would be a conflict.
        assert_eq!(again["replayed"], true, "{carrier}");
        same(carrier, Ok(&made), Ok(again));
        let id = made.id.unwrap();

        let one = json!({"account": carrier, "id": id});
        let tracked = same(carrier, client.track(&Track::new(carrier, &id)), ask("track", one.clone()));
        assert_eq!(tracked["id"], json!(id));
        let listed = client.list(&List { limit: Some(Amount::from(5)), ..List::new(carrier) });
        same(carrier, listed, ask("list", json!({"account": carrier, "limit": 5})));
        for kind in ["label", "proof_of_delivery"] {
            let documents = client.document(&Document::new(carrier, &id, kind));
            let documents = documents.map(|documents| json!({"documents": documents}));
            same(carrier, documents, ask("document", common::with(one.clone(), json!({"kind": kind}))));
        }
        let many = client.track_many(&[ShipmentId::new(carrier, &id), ShipmentId::new(carrier, "no-such")]).unwrap();
        let many: Vec<Value> = many
            .into_iter()
            .map(|result| match result {
                Ok(tracking) => json!({"ok": true, "data": tracking}),
                Err(error) => json!({"ok": false, "error": error}),
            })
            .collect();
        let asked = json!({"shipments": [one, {"account": carrier, "id": "no-such"}]});
        same(carrier, Ok(json!({"results": many})), ask("track", asked));
        let settled = client.settle(&Settle::new(carrier, "order-1", false));
        let refused = same(
            carrier,
            settled,
            ask("settle", json!({"account": carrier, "idempotency_key": "order-1", "made": false})),
        );
        assert_eq!(refused["code"], "conflict");
        // Each way has its own shipment to cancel, and one that is cancelled already.
        let cancelled = client.cancel(&Cancel::new(carrier, &id));
        let able = cancelled.is_ok();
        let repeated = ask("cancel", json!({"account": carrier, "id": id}));
        if able {
            assert_eq!(cancelled.unwrap().id, id);
            same(carrier, client.cancel(&Cancel::new(carrier, &id)), repeated);
        } else {
            same(carrier, cancelled, repeated);
        }
    }
    let kept = same("keys", client.keys(&Keys::default()), ask("keys", json!({})));
    assert_eq!(kept["keys"].as_array().unwrap().len(), CARRIERS.len());

    let id = client.track(&Track::new("mensajeros_urbanos", "no-such")).unwrap_err();
    assert_eq!(id.carrier.as_deref(), Some("mensajeros_urbanos"));
    let made = client.create(&Create { idempotency_key: None, ..create("mensajeros_urbanos") }).unwrap();
    let advanced = sandbox.control("mensajeros_urbanos", "POST", "advance", &json!({"id": made.id, "to": "assigned"}));
    let body = advanced["push"].as_str().unwrap();
    let push = client.webhook(&Webhook::new("mensajeros_urbanos", body));
    assert_eq!(push.as_ref().unwrap().shipment_id, made.id);
    same("webhook", push, ask("webhook", json!({"account": "mensajeros_urbanos", "body": body})));
}

fn written(request: &impl Serialize) -> Value {
    serde_json::to_value(request).unwrap()
}

#[test]
fn a_typed_request_is_the_json_that_a_person_would_write() {
    let (origin, destination) = ends();
    assert_eq!(written(&Quote::new(origin.clone(), destination.clone(), Vec::new()))["parcels"], json!([]));
    assert_eq!(written(&Quote::new(origin, destination, parcels())), order());
    let money = || Money::new(Decimal::new(490_000, 2), "COP");
    let full = Create {
        pickup: Some(Pickup { date: "2030-01-31".to_owned(), from: Some("09:00".to_owned()), to: None }),
        urgent: true,
        tags: vec!["a".to_owned()],
        declared_value: Some(money()),
        items: vec![Item { sku: None, name: "x".to_owned(), quantity: 2, unit_price: money(), image_url: None }],
        cash_on_delivery: Some(CashOnDelivery { amount: money(), method: "cash".to_owned() }),
        notify: vec![Notify { email: "a@example.com".to_owned(), events: vec!["created".to_owned()] }],
        timeout_ms: Some(Amount::from(5_000)),
        ..create("cr")
    };
    let price = json!({"amount": "4900.00", "currency": "COP"});
    let more = json!({
        "account": "cr", "idempotency_key": "order-1", "pickup": {"date": "2030-01-31", "from": "09:00"}, "urgent": true,
        "tags": ["a"], "declared_value": price, "items": [{"name": "x", "quantity": 2, "unit_price": price}],
        "cash_on_delivery": {"amount": price, "method": "cash"},
        "notify": [{"email": "a@example.com", "events": ["created"]}], "options": native(), "timeout_ms": 5000,
    });
    assert_eq!(written(&full), common::with(order(), more));
    assert_eq!(written(&Track::new("cr", "7")), json!({"account": "cr", "id": "7"}));
    assert_eq!(written(&Keys::default()), json!({}));
    assert_eq!(
        written(&Settle::new("cr", "k", false)),
        json!({"account": "cr", "idempotency_key": "k", "made": false})
    );
}

#[test]
fn what_is_wrong_in_a_typed_request_is_told_by_its_path() {
    let (_, client) = market();
    let (origin, destination) = ends();
    let odd = vec![Parcel::new(Weight::new(1, "stone"))];
    let error = client.quote(&Quote::new(origin, destination, odd)).unwrap_err();
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::InvalidRequest, "parcels[0].weight.unit"));
}

#[test]
fn an_error_has_the_error_that_led_to_it_without_any_secret() {
    // Nothing listens on port 1. A free port could be taken by the server of another test meanwhile.
    let client = common::client(json!({
        "carrier": "fruno", "account": "me", "key": "hunter2hunter2", "base_url": "http://127.0.0.1:1",
    }));
    let error = client.track(&Track::new("fruno", "7")).unwrap_err();
    assert_eq!((error.code, error.outcome), (Code::Network, Outcome::None));
    let chain: Vec<&(dyn std::error::Error + 'static)> =
        std::iter::successors(std::error::Error::source(&error), |source| source.source()).collect();
    let refused = |io: &std::io::Error| io.kind() == std::io::ErrorKind::ConnectionRefused;
    assert!(chain.iter().any(|source| source.downcast_ref().is_some_and(refused)), "{chain:?}");
    let told = format!("{chain:?}");
    assert!(!told.contains("hunter2") && !told.contains("/envios"), "{told}");
    let invalid = client.call("track", json!({})).unwrap_err();
    assert!(std::error::Error::source(&invalid).is_none());
}
