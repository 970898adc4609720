//! Replies of the second generation, in each of the forms that integrations expect. Values are invented.

use super::super::super::errors;
use super::super::super::replies::{self as first, service, tracking};
use super::*;
use crate::connector::mutations::{complaints, mutated, mutations};
use crate::model::Status;
use crate::model::reply::{RATE, SHIPMENT, TRACKING};
use proptest::prelude::*;

fn envelope(data: Value) -> Value {
    json!({"version": "v2", "status": "success", "status_code": 200, "message": "success", "data": data})
}

fn price(data: Value) -> Rate {
    rate(&envelope(data), service(Some("4".to_owned())))
}

#[test]
fn a_price_has_all_its_parts() {
    let read = price(json!({
        "total_service": 9200, "total_distance": 5.2, "base_value": "4000", "declared_value": 50000,
        "distance_surcharge": 2500, "insurance_surcharge": 700, "parking_surcharge": 500, "iva": 1500,
        "surcharge_stops": 0, "roundtrip_surcharge": 0,
    }));
    assert_eq!(read.total.unwrap().text(), "9200.00");
    let parts: Vec<_> = read.breakdown.iter().map(|part| (&*part.code, part.amount.text())).collect();
    // What "declared_value" is in a reply isn't known, and nothing is no surcharge.
    assert_eq!(
        parts,
        [
            ("base_value", "4000.00".to_owned()),
            ("distance_surcharge", "2500.00".to_owned()),
            ("parking_surcharge", "500.00".to_owned()),
            ("insurance_surcharge", "700.00".to_owned()),
            ("iva", "1500.00".to_owned()),
        ]
    );
    for (distance, kilometres) in [
        (json!(5.2), Some("5.2")),
        (json!("5.2"), Some("5.2")),
        (json!("5.2 km"), Some("5.2")),
        (json!("5.2KM "), Some("5.2")),
        (json!("5,2 km"), None),
        (json!("-1 km"), None),
        (json!("5200 m"), None),
        (json!("lejos"), None),
        (json!(null), None),
    ] {
        let read = price(json!({"total_service": 1, "total_distance": distance}));
        assert_eq!(read.distance_km, kilometres.map(|number| number.parse().map(Amount).unwrap()), "{distance}");
    }
    // Without the envelope, and without a price.
    assert_eq!(rate(&json!({"total_service": "9200"}), Service::default()).total.unwrap().text(), "9200.00");
    let odd = envelope(json!({"total_service": "consultar"}));
    let read = rate(&odd, Service::default());
    assert_eq!((read.total.is_none(), read.raw.into_value()), (true, odd));
}

#[test]
fn a_create_gives_a_uuid_and_what_it_costs() {
    for (reply, id, status, price) in [
        (
            envelope(
                json!({"uuid": "5f2c", "task_id": 28852, "status": 1, "total": 9200, "date": "2026-11-27 15:04:05"}),
            ),
            Some("5f2c"),
            Status::PreTransit,
            Some("9200.00"),
        ),
        (
            envelope(json!({"uuid": 5802, "status": "2", "total": "9200"})),
            Some("5802"),
            Status::PreTransit,
            Some("9200.00"),
        ),
        // Any other number: nobody says what it means.
        (envelope(json!({"uuid": "5f2c", "status": 9, "total": null})), Some("5f2c"), Status::Unknown, None),
        (json!({"uuid": "5f2c"}), Some("5f2c"), Status::Unknown, None),
        (json!({"status": "success", "uuid": "5f2c", "data": {"status": 2}}), Some("5f2c"), Status::PreTransit, None),
        (envelope(json!({"uuid": "", "total": 9200})), None, Status::Unknown, Some("9200.00")),
        (envelope(json!(null)), None, Status::Unknown, None),
        (envelope(json!([])), None, Status::Unknown, None),
    ] {
        let read = made(&reply);
        assert_eq!((read.id.as_deref(), read.status), (id, status), "{reply}");
        assert_eq!((read.price.map(|price| price.text()).as_deref(), read.raw.into_value()), (price, reply));
    }
}

/// What a track may show of one service, wherever it stands.
fn task() -> Value {
    json!({
        "task_id": 28852, "uuid": "5f2c", "status_id": 4, "status": "in_progress", "order_id": "1042",
        "total_value": 9200, "city": "Medellín",
        "address": [{"address": "Calle 10", "status": 1}],
        "resource": [{"name": "Ana Gómez", "phone": 3001234567_u64, "plate_number": "ABC12D",
            "type_resource_name": "Moto", "photo": "https://mu.example/ana.jpg"}],
        "history": [
            {"status_id": 3, "status": "assigned", "date": "2026-11-27 15:10:00"},
            {"status_id": 4, "status": "in_progress", "date": "2026-11-27 15:20:00"},
        ],
    })
}

#[test]
fn a_track_is_read_wherever_its_parts_stand() {
    let whole = tracking(&envelope(task()));
    assert_eq!((whole.status, whole.reference.as_deref()), (Status::InTransit, Some("1042")));
    let courier = crate::json::to_value(&whole.courier).unwrap();
    assert_eq!(
        courier,
        json!({"name": "Ana Gómez", "phone": "3001234567", "plate": "ABC12D", "vehicle": "Moto",
            "photo_url": "https://mu.example/ana.jpg"})
    );
    let codes: Vec<_> = whole.events.iter().map(|event| (event.code.as_deref(), event.at.as_deref())).collect();
    assert_eq!(codes, [(Some("3"), Some("2026-11-27T15:10:00-05:00")), (Some("4"), Some("2026-11-27T15:20:00-05:00"))]);
    let beside = |names: &[&str], empty: Option<Value>| {
        let mut reply = envelope(task());
        for name in names {
            let part = reply["data"].as_object_mut().unwrap().remove(name).unwrap();
            reply[*name] = part;
            if let Some(empty) = &empty {
                reply["data"][*name] = empty.clone();
            }
        }
        reply
    };
    let names = ["resource", "history", "address", "order_id"];
    for mut reply in [
        beside(&names, None),
        beside(&names, Some(json!([]))),
        beside(&names, Some(json!(null))),
        beside(&["resource"], Some(json!({}))),
        beside(&["history"], Some(json!(""))),
    ] {
        for object in [false, true] {
            if object {
                let place =
                    if reply["resource"].is_null() { &mut reply["data"]["resource"] } else { &mut reply["resource"] };
                let first = place[0].take();
                *place = first;
            }
            assert!(shows_service(&reply), "{reply}");
            let read = tracking(&reply);
            assert_eq!(crate::json::to_value(&read.courier).unwrap(), courier, "{reply}");
            assert_eq!(
                (&read.events, read.status, &read.reference),
                (&whole.events, whole.status, &whole.reference),
                "{reply}"
            );
        }
    }
    // The other names of a line of the history.
    let other = json!({"history": [{"timestamp": "2026-11-27T15:20:00-05:00", "description": "En camino", "location": "Medellín",
        "status_id": 4}]});
    let event = tracking(&envelope(other)).events.remove(0);
    assert_eq!(
        (event.at.as_deref(), event.description.as_deref(), event.location.as_deref()),
        (Some("2026-11-27T15:20:00-05:00"), Some("En camino"), Some("Medellín"))
    );
}

#[test]
fn a_failed_delivery_is_never_told_as_delivered() {
    let ended = |change: &dyn Fn(&mut Value)| {
        let mut reply = envelope(task());
        reply["data"]["status_id"] = json!(5);
        reply["data"]["status"] = json!("finished");
        let last = json!({"status_id": 5, "status": "finished", "date": "2026-11-27 15:40:00"});
        reply["data"]["history"].as_array_mut().unwrap().push(last);
        change(&mut reply);
        reply
    };
    type Put = dyn Fn(&mut Value, Value);
    let places: [(&str, &Put); 7] = [
        ("in data", &|reply, finish| reply["data"]["finish_status"] = finish),
        ("beside data", &|reply, finish| reply["finish_status"] = finish),
        ("in the history", &|reply, finish| reply["data"]["history"][2]["finish_status"] = finish),
        ("in a history beside data", &|reply, finish| {
            let mut lines = reply["data"]["history"].take();
            lines[2]["finish_status"] = finish;
            reply["history"] = lines;
        }),
        ("in a stop", &|reply, finish| reply["data"]["address"][0]["finish_status"] = finish),
        ("in a stop beside data", &|reply, finish| {
            reply["data"]["address"] = json!([]);
            reply["address"] = json!([{"address": "Calle 10", "status": 2, "finish_status": finish}]);
        }),
        ("only there", &|reply, finish| *reply = envelope(json!({"status_id": "5", "finish_status": finish}))),
    ];
    for (place, put) in places {
        for finish in [json!(0), json!("0"), json!(false), json!(0.0)] {
            let reply = ended(&|reply| put(reply, finish.clone()));
            let read = tracking(&reply);
            assert_eq!((read.status, read.delivered_at), (Status::DeliveryFailed, None), "{place} {finish}");
            assert!(read.events.iter().all(|event| event.status != Status::Delivered), "{place} {finish}");
            assert_eq!(read.status_code.as_deref(), Some("5"));
        }
        for finish in [json!(1), json!("1"), json!(null), json!("")] {
            let read = tracking(&ended(&|reply| put(reply, finish.clone())));
            assert_eq!(read.status, Status::Delivered, "{place} {finish}");
        }
    }
    // The end says more than what went before: a second try.
    let read = tracking(&ended(&|reply| {
        reply["data"]["history"][1]["finish_status"] = json!(0);
        reply["data"]["finish_status"] = json!(1);
    }));
    assert_eq!(read.status, Status::Delivered);
    let read = tracking(&ended(&|reply| reply["data"]["history"][1]["finish_status"] = json!(0)));
    assert_eq!(read.status, Status::DeliveryFailed, "nothing says that the delivery was made after all");
    // One that isn't over is no failure.
    let mut reply = envelope(task());
    reply["data"]["finish_status"] = json!(0);
    assert_eq!(tracking(&reply).status, Status::InTransit);
    let odd = tracking(&envelope(json!({"status_id": 5, "finish_status": 3})));
    assert_eq!((odd.status, odd.delivered_at), (Status::Unknown, None));
}

#[test]
fn a_reply_that_shows_nothing_of_a_service_is_no_answer() {
    for (reply, shows, nothing) in [
        (envelope(json!({"status_id": 1})), true, false),
        (json!({"status": "success", "history": [{"status_id": 1}]}), true, false),
        (envelope(json!(null)), true, true),
        (envelope(json!([])), true, true),
        (json!({"status": "success", "status_code": 200}), false, false),
        (json!({}), false, false),
        (json!({"data": {"total": 1}}), false, false),
    ] {
        assert_eq!(shows_service(&reply), shows, "{reply}");
        assert_eq!(errors::shows_nothing(&reply), nothing, "{reply}");
    }
}

#[test]
fn a_reply_to_a_cancel_says_that_it_was_done() {
    for (reply, done) in [
        (json!({"status": "success"}), true),
        (json!({"status": "Success", "data": null}), true),
        (json!({"status": "ok", "status_code": "200"}), true),
        (json!({"data": []}), true),
        (json!({"data": {"uuid": "5f2c"}}), true),
        (json!({"data": [], "error": "no"}), false),
        (json!({"message": "fallo"}), false),
        (json!({}), false),
        (json!([]), false),
        (json!("OK"), false),
    ] {
        assert_eq!(told_success(&reply), done, "{reply}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_reply_breaks_a_mapping(changes in mutations(), finish in 0..3) {
        let priced = mutated(envelope(json!({"total_service": 9200, "total_distance": "5.2 km", "iva": "1500"})), &changes);
        let read = rate(&priced, Service::default());
        prop_assert_eq!(complaints(&RATE, &read), [""; 0]);
        let created = mutated(envelope(json!({"uuid": "5f2c", "status": 1, "total": 9200, "task_id": 1})), &changes);
        prop_assert_eq!(complaints(&SHIPMENT, &made(&created)), [""; 0]);
        let mut ended = envelope(task());
        ended["data"]["status_id"] = json!(5);
        ended["finish_status"] = json!(finish);
        let ended = mutated(ended, &changes);
        let read = tracking(&ended);
        prop_assert_eq!(complaints(&TRACKING, &read), [""; 0]);
        prop_assert!(read.delivered_at.is_none() || read.status == Status::Delivered);
        // Wherever a failure still stands, it isn't a delivery.
        let shown = first::shown(&ended);
        if ["0", "false"].contains(&shown["finish_status"].to_string().trim_matches('"')) {
            prop_assert!(read.status != Status::Delivered, "{}", ended);
        }
    }
}
