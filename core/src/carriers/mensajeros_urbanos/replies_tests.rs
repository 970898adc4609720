//! Mensajeros Urbanos' replies: the API reference's own samples, word for word (comments taken out, commas put where they
//! are missing), then the odd forms.

use super::super::{auth, endpoints};
use super::*;
use crate::connector::mutations::{complaints, mutated, mutations};
use crate::json::json;
use crate::model::reply::{RATE, SHIPMENT, TRACKING};
use proptest::prelude::*;

fn parsed(text: &str) -> Value {
    crate::json::parse(text).unwrap()
}

#[test]
fn a_price_is_its_total_and_its_surcharges() {
    let json = parsed(
        r#"{
            "version": "v1",
            "status": "success",
            "status_code": 200,
            "message": "success",
            "href": "http://dev.api.mensajerosurbanos.com/delivery/calculation",
            "data": {
                "base_value": 2900,
                "distance_surcharge": 1000,
                "surcharge_stops": 0,
                "roundtrip_surcharge": 1000,
                "total_service": 4900,
                "total_distance": 3,
                "total_surcharge": 2000,
                "stops": 1,
                "add_distancia": 1,
                "surcharge_KM": 1000,
                "roundtrip": 1
            }
        }"#,
    );
    let rate = crate::json::to_value(&rate(&json, service(Some("4".to_owned())))).unwrap();
    assert_eq!(rate["total"], json!({"amount": "4900.00", "currency": "COP"}));
    let parts: Vec<_> =
        rate["breakdown"].as_array().unwrap().iter().map(|part| (&part["code"], &part["amount"]["amount"])).collect();
    let (base, distance, back) = (json!("base_value"), json!("distance_surcharge"), json!("roundtrip_surcharge"));
    let (low, high) = (json!("1000.00"), json!("2900.00"));
    assert_eq!(parts, [(&base, &high), (&distance, &low), (&back, &low)], "no surcharge of nothing");
    assert_eq!(rate["distance_km"], json!(3));
    assert_eq!(rate["service"], json!({"code": "4", "name": "Domicilios"}));
    assert_eq!(rate["raw"], json);
}

#[test]
fn a_price_that_cant_be_read_is_null_and_kept() {
    let odd = json!({"data": {"total_service": "ask us", "base_value": "2900", "total_distance": "3.5"}});
    let read = rate(&odd, Service::default());
    assert!(read.total.is_none());
    assert_eq!(read.breakdown[0].amount.text(), "2900.00");
    assert_eq!(read.distance_km, "3.5".parse().ok().map(Amount));
    assert_eq!(read.raw, odd);
    for odd in [json!(null), json!([]), json!({"data": []}), json!({"data": {"total_service": null}})] {
        assert!(rate(&odd, Service::default()).total.is_none());
    }
}

#[test]
fn a_create_gives_a_uuid_and_what_it_costs() {
    let json = parsed(
        r#"{
            "version": "v1",
            "status": "success",
            "status_code": 200,
            "message": "success",
            "href": "http://52.35.185.13/mu_phalcon_api/delivery/create",
            "data": {
                "uuid": "576ab8b5e32dd",
                "status": 2,
                "total": 6900,
                "date": "2016-06-22 11:11:33",
                "distance": 3
            }
        }"#,
    );
    let read = made(&json);
    assert_eq!(read.id.as_deref(), Some("576ab8b5e32dd"));
    assert_eq!(read.tracking_number, read.id);
    assert_eq!((read.status, read.carrier_status.as_deref()), (Status::PreTransit, Some("2")));
    assert_eq!(read.price.unwrap().text(), "6900.00");
    assert_eq!(read.created_at.as_deref(), Some("2016-06-22T11:11:33-05:00"));
    assert_eq!(read.raw, json);
    // All digits, as a number or as text: it's an id all the same.
    let digits = made(&json!({"data": {"uuid": 5768585932112_u64, "status": "4", "total": "6900.0"}}));
    assert_eq!((digits.id.as_deref(), digits.status), (Some("5768585932112"), Status::InTransit));
    assert!(made(&json!({"data": []})).id.is_none());
}

const LIST: &str = r#"{
    "version": "v1",
    "status": "success",
    "status_code": 200,
    "message": "OK",
    "href": "http://dev.api.mensajerosurbanos.com/tasksP",
    "data": {
        "total_pages": 1,
        "result": [
            {
                "task_id": 46556,
                "type_task_id": 1,
                "start_date": "2017-02-03",
                "start_time": "11:43:02",
                "type_task": "Express",
                "date_created": "2017-02-03",
                "total_value": 33400,
                "city_id": 1,
                "city": "Bogotá DC",
                "status_payout_id": 3,
                "status_payout": "Pospago",
                "uuid": "5894b316a7600",
                "distance": 34,
                "status_id": 1,
                "status": "Creada",
                "address": [
                    {
                        "address": "KR 13A # 93 - 30",
                        "address_": "KR 13A # 93 - 30 ",
                        "descripcion": "Descripción de la dirección",
                        "lat": 4.6761935890001,
                        "log": -74.050346831,
                        "status": 0
                    },
                    {
                        "address": " CL 38C S # 0 - 4 ",
                        "address_": "CL 38C S # 0 - 4 ",
                        "descripcion": "Esta es la segunda direccion",
                        "lat": 4.5525553165124,
                        "log": -74.09731919052,
                        "status": 0
                    },
                    {
                        "address": "KR 13A # 93 - 30",
                        "address_": "KR 13A # 93 - 30 ",
                        "descripcion": "Descripción de la dirección",
                        "lat": 4.6761935890001,
                        "log": -74.050346831,
                        "status": 0
                    }
                ],
                "history": [
                    {
                        "status_id": "1",
                        "status": "Creada",
                        "date": "2017-02-03 11:43:02"
                    }
                ],
                "invoice": false
            }
        ]
    }
}"#;

#[test]
fn a_task_of_a_list_is_a_shipment() {
    let json = parsed(LIST);
    assert_eq!(endpoints::pages(&json), Some(1));
    let task = &data(&json)["result"][0];
    let read = shipment(task);
    assert_eq!(read.id.as_deref(), Some("5894b316a7600"));
    assert_eq!(ids(task), (Some("46556".to_owned()), read.id.clone()));
    assert_eq!((read.status, read.carrier_status.as_deref()), (Status::PreTransit, Some("Creada")));
    assert_eq!(read.price.unwrap().text(), "33400.00");
    assert_eq!(read.created_at.as_deref(), Some("2017-02-03T11:43:02-05:00"));
    assert_eq!([bears(task, "segunda"), bears(task, "tercera")], [Bears::Mark, Bears::Another]);
    assert!(made_on(task, "2017-02-03") && !made_on(task, "2017-02-04"));
}

#[test]
fn a_task_in_odd_forms_is_still_read() {
    let odd = json!({
        "task_id": "46556", "status_id": "4.0", "status": "EN PROCESO", "total_value": "33400", "uuid": null,
        "date_created": "2017-02-03", "address": [null, {"descripcion": 5, "lat": "4.6", "log": null}, "x"],
        "history": {"status_id": 1},
    });
    let read = shipment(&odd);
    assert_eq!(read.id.as_deref(), Some("task:46556"), "a task without a uuid can still be tracked");
    assert_eq!((read.status, read.price.unwrap().text()), (Status::InTransit, "33400.00".to_owned()));
    assert_eq!(read.created_at.as_deref(), Some("2017-02-03T00:00:00-05:00"));
    assert_ne!(bears(&odd, "fl-x"), Bears::Mark);
    // The words alone do, where they are the API reference's; a state that it doesn't have stays unknown.
    assert_eq!(shipment(&json!({"status": "En Espera"})).status, Status::PreTransit);
    let new = shipment(&json!({"status_id": 9, "status": "Extraviada"}));
    assert_eq!((new.status, new.carrier_status.as_deref()), (Status::Unknown, Some("Extraviada")));
    for odd in [json!(null), json!([]), json!({"history": [null, 5, {}]})] {
        assert_eq!(shipment(&odd).id, None);
    }
    assert_eq!(endpoints::pages(&json!({"data": {"total_pages": "12"}})), Some(12));
    assert_eq!(endpoints::pages(&json!({"data": {"total_pages": -1}})), None);
}

#[test]
fn a_tasks_own_status_wins_over_its_history() {
    let json = parsed(
        r#"{
            "version": "v1",
            "status": "success",
            "status_code": 200,
            "message": "OK",
            "href": "http://dev.api.mensajerosurbanos.com/task",
            "data": {
                "task_id": 28852,
                "type_task_id": 4,
                "type_task": "Domicilios",
                "date_created": "2016-02-24",
                "total_value": 9000,
                "city_id": 1,
                "city": "Bogotá DC",
                "status_payout_id": 3,
                "status_payout": "Pospago",
                "uuid": "56ce313b3235d",
                "status_id": 6,
                "status": "Cancelado",
                "address": [
                    {
                        "address": "Calle 134 # 57-20",
                        "descripcion": null,
                        "lat": "4.7236427347802",
                        "log": "-74.064627953948"
                    },
                    {
                        "address": "Carrera 20a #188a-25",
                        "descripcion": null,
                        "lat": "4.7666519512498",
                        "log": "-74.041732488689"
                    },
                    {
                        "address": "Calle 134 # 57-20",
                        "descripcion": null,
                        "lat": "4.7236427347802",
                        "log": "-74.064627953948"
                    }
                ],
                "history": [
                    {
                        "status_id": "2",
                        "status": "En espera",
                        "date": "2015-12-11 15:46:23"
                    },
                    {
                        "status_id": "3",
                        "status": "Asignada",
                        "date": "2015-12-11 15:46:35"
                    },
                    {
                        "status_id": "4",
                        "status": "En Proceso",
                        "date": "2015-12-11 15:46:39"
                    },
                    {
                        "status_id": "4",
                        "status": "En Proceso",
                        "date": "2015-12-11 15:53:52"
                    },
                    {
                        "status_id": "4",
                        "status": "En Proceso",
                        "date": "2015-12-11 16:07:55"
                    },
                    {
                        "status_id": "4",
                        "status": "En Proceso",
                        "date": "2015-12-11 16:13:40"
                    },
                    {
                        "status_id": "4",
                        "status": "En Proceso",
                        "date": "2015-12-11 16:22:23"
                    },
                    {
                        "status_id": "4",
                        "status": "En Proceso",
                        "date": "2015-12-11 16:22:25"
                    },
                    {
                        "status_id": "5",
                        "status": "Finalizada",
                        "date": "2015-12-11 16:22:25"
                    }
                ]
            }
        }"#,
    );
    let read = tracking(&json);
    assert_eq!((read.status, read.carrier_status.as_deref()), (Status::Cancelled, Some("Cancelado")));
    assert_eq!(read.tracking_number.as_deref(), Some("56ce313b3235d"));
    assert_eq!(read.delivered_at, None, "it was cancelled, whatever its history ends with");
    assert_eq!(read.events.len(), 9);
    let first = &read.events[0];
    assert_eq!((first.code.as_deref(), first.status), (Some("2"), Status::PreTransit));
    assert_eq!(first.description.as_deref(), Some("En espera"));
    assert_eq!(first.at.as_deref(), Some("2015-12-11T15:46:23-05:00"));
    assert_eq!(read.events[8].status, Status::Delivered);
    assert_eq!(read.raw, json);
}

#[test]
fn events_come_oldest_first_and_a_bad_line_costs_no_other() {
    let json = json!({"data": {"status_id": "5", "status": "Finalizada", "history": [
        {"status_id": 5, "status": "Finalizada", "date": "2024-03-01 10:00:00"},
        "x",
        {"status_id": 8, "status": "Nueva", "date": "soon"},
        {"status_id": 2, "status": "En espera", "date": "2024-03-01 09:00:00"},
    ]}});
    let read = tracking(&json);
    let codes: Vec<_> = read.events.iter().map(|event| event.code.as_deref().unwrap()).collect();
    // The lines come newest first: the one without a time stays between its neighbours.
    assert_eq!(codes, ["2", "8", "5"]);
    assert_eq!((read.events[1].status, read.events[1].at.as_deref()), (Status::Unknown, None));
    assert_eq!(read.delivered_at.as_deref(), Some("2024-03-01T10:00:00-05:00"));
    // Without a status of its own the last line says where it is.
    assert_eq!(tracking(&json!({"data": {"history": [{"status_id": 4}]}})).status, Status::InTransit);
    assert_eq!(tracking(&json!(null)).status, Status::Unknown);
}

#[test]
fn each_state_is_in_one_of_the_two_lists() {
    let told = |kind| states_of(kind).map(|(id, status)| format!("{id} {status:?}")).collect::<Vec<_>>();
    assert_eq!(told(1), ["1 PreTransit", "2 PreTransit", "3 PreTransit", "4 InTransit", "4 OutForDelivery"]);
    assert_eq!(told(2), ["5 Delivered", "5 DeliveryFailed", "6 Cancelled"]);
}

#[test]
fn a_task_tells_its_stop_a_failed_delivery_and_the_courier() {
    let task = |more: Value| {
        let mut task = json!({"task_id": 28852, "uuid": "5f2c", "status_id": "5", "status": "Finalizada"});
        task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        task
    };
    for (more, status) in [
        (json!({}), Status::Delivered),
        (json!({"finish_status": 1}), Status::Delivered),
        (json!({"finish_status": 0}), Status::DeliveryFailed),
        (json!({"finish_status": "0"}), Status::DeliveryFailed),
        (json!({"status_id": 4, "num_place": 18342, "status_place": 2}), Status::InTransit),
        (json!({"status_id": 4, "num_place": 1, "status_place": 2}), Status::OutForDelivery),
        (json!({"status_id": 4, "num_place": "2", "status_place": 1}), Status::OutForDelivery),
        (json!({"status_id": 6, "finish_status": 0}), Status::Cancelled),
    ] {
        // As a list has it, and as the detail does.
        assert_eq!(shipment(&task(more.clone())).status, status, "{more}");
        assert_eq!(tracking(&json!({"data": task(more.clone())})).status, status, "{more}");
    }
    let resource = json!({"name": "Ana", "phone": 0, "plate_number": " ABC12D ", "photo": ""});
    for reply in [
        json!({"data": task(json!({"resource": resource.clone()}))}),
        json!({"data": task(json!({"resource": []})), "resource": [{}, resource]}),
    ] {
        let courier = tracking(&reply).courier.unwrap();
        assert_eq!((courier.name.as_deref(), courier.plate.as_deref()), (Some("Ana"), Some("ABC12D")));
        assert_eq!((courier.phone, courier.photo_url, courier.vehicle), (None, None, None));
    }
    let failed = tracking(&json!({"data": task(json!({"finish_status": 0, "finish_description": "No abrió"}))}));
    assert_eq!(
        (failed.carrier_status.as_deref(), failed.description.as_deref()),
        (Some("Finalizada"), Some("No abrió"))
    );
}

// ---- replies that are wrong anywhere

/// Whether a status is what the reply says and no more: unknown for every id that the API reference doesn't have.
fn is_told(status: Status, code: Option<&str>) -> bool {
    (status == Status::Unknown) != ["1", "2", "3", "4", "5", "6"].iter().any(|known| code == Some(*known))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_reply_breaks_a_mapping(changes in mutations()) {
        let price = json!({"status": "success", "data": {"base_value": 2900, "distance_surcharge": "1000",
            "surcharge_stops": 0, "roundtrip_surcharge": 1000, "total_service": 4900, "total_distance": 3.5}});
        let price = mutated(price, &changes);
        let read = rate(&price, service(text(data(&price), "total_distance")));
        prop_assert_eq!(complaints(&RATE, &read), [""; 0]);
        prop_assert_eq!(read.total.is_some(), money(data(&price), "total_service").is_some());
        // One part that can't be read costs no other.
        let parts = CHARGES.iter().filter(|(code, _)| {
            money(data(&price), code).is_some_and(|money| *code == "base_value" || !money.amount.0.is_zero())
        });
        prop_assert_eq!(read.breakdown.len(), parts.count());
        prop_assert_eq!(read.raw, price);

        let created = json!({"status": "success", "data": {"uuid": "576ab8b5e32dd", "status": 2, "total": 6900,
            "date": "2016-06-22 11:11:33", "distance": 3}});
        let created = mutated(created, &changes);
        let read = made(&created);
        prop_assert_eq!(complaints(&SHIPMENT, &read), [""; 0]);
        prop_assert!(is_told(read.status, code(data(&created)).as_deref()));
        prop_assert_eq!(&read.carrier_status, &text(data(&created), "status"));

        let page = mutated(parsed(LIST), &changes);
        let _ = endpoints::pages(&page);
        for task in list(data(&page), "result").iter().chain([&mutated(data(&parsed(LIST))["result"][0].clone(), &changes)]) {
            let read = shipment(task);
            prop_assert_eq!(complaints(&SHIPMENT, &read), [""; 0]);
            prop_assert!(is_told(read.status, code(task).as_deref()));
            prop_assert_eq!(&read.carrier_status, &text(task, "status"));
            let _ = (ids(task), bears(task, "fl-x"), made_on(task, "2017-02-03"));
            let whole = json!({"data": task});
            let read = tracking(&whole);
            prop_assert_eq!(complaints(&TRACKING, &read), [""; 0]);
            prop_assert_eq!(&read.carrier_status, &text(task, "status"));
            prop_assert!(read.delivered_at.is_none() || read.status == Status::Delivered);
            for event in &read.events {
                prop_assert!(is_told(event.status, event.code.as_deref()));
            }
        }
        let _ = auth::token(&mutated(json!({"access_token": "d0", "expires_in": 3600}), &changes), i64::MAX - 1);
    }

    #[test]
    fn one_bad_event_never_drops_the_others(changes in mutations(), bad in 0_usize..3) {
        let line = |n: u32| json!({"status_id": n.to_string(), "status": "En proceso", "date": format!("2024-03-01 09:0{n}:00")});
        let mut reply = json!({"data": {"history": [line(3), line(4), line(5)]}});
        let whole = tracking(&reply).events;
        let lines = &mut reply["data"]["history"];
        lines[bad] = mutated(lines[bad].take(), &changes);
        let kept = 2 + usize::from(lines[bad].is_object());
        let read = tracking(&reply).events;
        for (index, event) in whole.iter().enumerate().filter(|(index, _)| *index != bad) {
            prop_assert!(read.contains(event), "event {} is gone from {:?}", index, read);
        }
        prop_assert_eq!(read.len(), kept);
    }
}
