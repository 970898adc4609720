//! The API reference's own examples, all of them, word for word (`examples.json`), and odd forms of them.

use super::super::CARRIER;
use super::super::endpoints::{ENDPOINTS, OPERATIONS_CREATE};
use super::super::examples::{example, examples, operations};
use super::super::{errors, replies};
use super::*;
use crate::connector::endpoint::Paging;
use crate::connector::lenient::list;
use crate::connector::mutations::{complaints, mutated, mutations};
use crate::json::json;
use crate::model::reply::{SHIPMENT, TRACKING};
use crate::net::http::Reply;
use proptest::prelude::*;
use reqwest::header::HeaderMap;
use std::collections::BTreeMap;

fn today() -> Date {
    "2024-02-01".parse().unwrap()
}

/// The 132 operations of the autumn of 2026: 54 of the first text, and 78 that are newer.
const RESOURCES: [(&str, usize, usize); 28] = [
    ("auth", 1, 0),
    ("operations", 5, 6),
    ("operations.messages", 5, 0),
    ("operations.to_dos", 6, 0),
    ("operations.folders", 0, 2),
    ("operations.cost_centers", 0, 1),
    ("operation_cancellation_reasons", 0, 1),
    ("services", 5, 4),
    ("services.messages", 5, 0),
    ("services.to_dos", 6, 0),
    ("services.folders", 0, 2),
    ("services.cost_centers", 0, 5),
    ("service_cancellation_reasons", 0, 1),
    ("contacts", 5, 0),
    ("contacts.messages", 5, 0),
    ("contacts.to_dos", 6, 0),
    ("addresses", 5, 0),
    ("attachments", 0, 3),
    ("invoices", 0, 9),
    ("bills", 0, 8),
    ("leads", 0, 6),
    ("opportunities", 0, 6),
    ("quotation_pipelines", 0, 1),
    ("quote_won_reasons", 0, 1),
    ("quote_lost_reasons", 0, 1),
    ("quote_requests", 0, 9),
    ("quote_requests.pricings", 0, 3),
    ("quotes", 0, 9),
];

#[test]
fn the_table_has_54_old_operations_and_78_new_ones() {
    let mut counts: BTreeMap<_, _> = RESOURCES.map(|(name, old, new)| (name, (old, new))).into();
    for endpoint in ENDPOINTS {
        let resource = endpoint.name.rsplit_once('.').unwrap().0;
        let (old, new) = counts.get_mut(resource).unwrap_or_else(|| panic!("{}", endpoint.name));
        *(if endpoint.since.is_some() { new } else { old }) -= 1;
    }
    assert!(counts.values().all(|left| *left == (0, 0)), "{counts:?}");
    let new = ENDPOINTS.iter().filter(|endpoint| endpoint.since.is_some()).count();
    assert_eq!((ENDPOINTS.len(), new), (132, 78));
    let mut lines: Vec<String> =
        ENDPOINTS.iter().map(|endpoint| format!("{} {}", endpoint.method, endpoint.path)).collect();
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), 132, "each is another");
    for endpoint in ENDPOINTS {
        assert!(!endpoint.source.is_empty(), "{}", endpoint.name);
        for field in endpoint.path_fields {
            assert!(endpoint.path.contains(&format!("{{{}}}", field.name)), "{}", endpoint.name);
        }
        assert_eq!(endpoint.path.matches('{').count(), endpoint.path_fields.len(), "{}", endpoint.name);
    }
}

#[test]
fn every_reply_of_the_document_is_found_under_its_name_or_bare() {
    for example in examples().into_iter().filter(|example| matches!(example.kind.as_str(), "reply" | "object")) {
        let endpoints = operations(&example.operation);
        assert!(!endpoints.is_empty(), "{}", example.operation);
        for endpoint in endpoints {
            match endpoint.paging {
                Paging::Numbered { items, last, .. } => {
                    assert!(example.json[items].is_array(), "{}", endpoint.name);
                    assert!(last(&example.json).is_some(), "{}", endpoint.name);
                }
                _ if endpoint.method == "DELETE" => assert!(example.json["message"].is_string()),
                _ if endpoint.public => assert!(text(&example.json, "token").is_some()),
                _ => {
                    let resource = endpoint.name.rsplit('.').nth(1).unwrap();
                    let key = resource.strip_suffix("es").filter(|_| resource == "addresses");
                    let key = key.unwrap_or_else(|| resource.strip_suffix('s').unwrap());
                    assert!(text(replies::under(&example.json, key), "id").is_some(), "{}", endpoint.name);
                }
            }
        }
    }
}

#[test]
fn pages_are_counted_from_both_shapes() {
    for (list, pages) in [
        (example("object", "operations.list"), Some(6)),
        (example("reply", "contacts.list"), Some(3)),
        (json!({"pagination": {"page": "1", "per_page": "25", "total": "26"}}), Some(2)),
        (json!({"pagination": {"page": 1, "per_page": 0, "total": 30}}), Some(2)),
        (json!({"pagination": {"current_page": 1, "total_pages": 0, "total_count": 0}}), Some(0)),
        (json!({"pagination": {"page": 1}}), None),
        (json!({"pagination": null}), None),
        (json!([]), None),
    ] {
        assert_eq!(replies::pages(&list), pages, "{list}");
    }
}

#[test]
fn the_documents_operations_are_shipments() {
    let created = example("reply", "operations.create");
    let shipment = shipment(replies::under(&created, "operation"));
    assert_eq!(shipment.id.as_deref(), Some("124"));
    assert_eq!(shipment.tracking_number.as_deref(), Some("IMP-002-2024"));
    assert_eq!(shipment.reference.as_deref(), Some("REF-001"));
    assert_eq!((shipment.status, shipment.carrier_status.as_deref()), (Status::PreTransit, Some("confirmed")));
    assert_eq!(shipment.created_at.as_deref(), Some("2024-01-16T09:15:00Z"));
    assert!(shipment.price.is_none(), "the profit is no price");
    let listed = &example("reply", "operations.list")["operations"][0];
    assert_eq!(super::shipment(listed).status, Status::InTransit);
}

#[test]
fn statuses_are_the_documents_and_nothing_is_guessed() {
    for (word, status_of) in [
        ("confirmed", Status::PreTransit),
        ("active", Status::InTransit),
        ("finished", Status::Delivered),
        ("closed", Status::Delivered),
        ("canceled", Status::Cancelled),
        ("archived", Status::Unknown),
    ] {
        assert_eq!(status(Some(word)), status_of);
    }
    let odd = shipment(&json!({"id": "7", "status": "archived", "created_at": 5, "client_ref": 12}));
    assert_eq!((odd.status, odd.carrier_status.as_deref()), (Status::Unknown, Some("archived")));
    assert_eq!((odd.reference.as_deref(), odd.created_at), (Some("12"), None));
    assert_eq!(shipment(&json!([])).id, None);
}

fn documents_tracking(today: &str) -> Tracking {
    let operation = example("reply", "operations.get");
    let service = example("reply", "services.get");
    tracking(&operation["operation"], &[service["service"].clone()], today.parse().unwrap())
}

#[test]
fn the_documents_service_dates_are_events_once_they_are_past() {
    let tracking = documents_tracking("2024-02-01");
    let events: Vec<_> = tracking.events.iter().map(|event| (event.code.as_deref().unwrap(), event.status)).collect();
    assert_eq!(events, [("pickup_date", Status::PickedUp), ("etd_date", Status::InTransit)]);
    assert_eq!(tracking.events[0].description.as_deref(), Some("Fecha de recolección · maritime · SRV-001-2024"),);
    assert_eq!(tracking.events[0].at.as_deref(), Some("2024-01-18T00:00:00-06:00"));
    assert_eq!(tracking.picked_up_at.as_deref(), Some("2024-01-18T00:00:00-06:00"));
    assert_eq!(tracking.delivered_at, None);
    let estimate = tracking.estimated_delivery.unwrap();
    assert_eq!((estimate.from.as_deref(), estimate.to.as_deref()), (Some("2024-02-15"), Some("2024-02-17")));
    assert_eq!(tracking.reference.as_deref(), Some("REF-001"));

    let over = documents_tracking("2024-03-01");
    assert_eq!(over.events.len(), 4);
    assert_eq!(over.delivered_at.as_deref(), Some("2024-02-17T00:00:00-06:00"));
    assert!(over.estimated_delivery.is_none());
}

#[test]
fn what_is_planned_for_today_is_still_to_come() {
    let on_the_day = documents_tracking("2024-02-17");
    assert_eq!((on_the_day.events.len(), on_the_day.delivered_at), (3, None));
    assert_eq!(on_the_day.estimated_delivery.unwrap().to.as_deref(), Some("2024-02-17"));
}

#[test]
fn one_legs_delivery_is_not_the_wholes() {
    let leg = |delivery: Value| json!({"id": 1, "mode": "land", "status": "active", "delivery_date": delivery});
    let of = |status: &str, legs: &[Value]| tracking(&json!({"id": 1, "status": status}), legs, today()).delivered_at;
    assert_eq!(of("active", &[leg(json!("2024-01-10")), leg(json!(null))]), None);
    assert_eq!(of("active", &[leg(json!("2024-01-10")), leg(json!("2024-02-10"))]), None);
    let both = [leg(json!("2024-01-10")), leg(json!("2024-01-20"))];
    assert_eq!(of("active", &both).as_deref(), Some("2024-01-20T00:00:00-06:00"));
    assert_eq!(
        of("finished", &[leg(json!("2024-01-10")), leg(json!(null))]).as_deref(),
        Some("2024-01-10T00:00:00-06:00")
    );
}

#[test]
fn a_cancelled_services_plans_are_no_events() {
    let service = json!({"id": 1, "status": "canceled", "pickup_date": "2024-01-10", "eta_date": "2024-02-10"});
    let tracking = tracking(&json!({"id": 1, "status": "active"}), &[service], today());
    assert!(tracking.events.is_empty() && tracking.estimated_delivery.is_none());
}

#[test]
fn one_bad_date_never_drops_the_others() {
    let services = [
        json!({"id": "9", "mode": 5, "status": null, "pickup_date": "soon", "etd_date": 5, "eta_date": ""}),
        json!("x"),
        json!(null),
        json!({"pickup_date": "2024-01-10T15:00:00Z", "delivery_date": {"on": "2024-01-11"}, "extra": [1]}),
    ];
    let tracking = tracking(&json!({"id": "7", "status": 4, "services": "none"}), &services, today());
    assert_eq!(tracking.events.len(), 1);
    assert_eq!(tracking.events[0].at.as_deref(), Some("2024-01-10T15:00:00Z"));
    assert_eq!((tracking.status, tracking.carrier_status.as_deref()), (Status::Unknown, Some("4")));
}

#[test]
fn a_lost_service_is_known_by_what_was_asked_for() {
    let found = &example("reply", "services.get")["service"];
    let wanted = &example("request", "services.create")["service"];
    assert!(same_service(found, wanted));
    for (name, value) in [("supplier_code", "CMA"), ("bl", "BL9"), ("mode", "land"), ("booking", "x")] {
        let mut other = wanted.clone();
        other[name] = json!(value);
        assert!(!same_service(found, &other), "{name}");
    }
    let shown = &example("reply", "operations.get")["operation"]["services"][0];
    assert!(same_service(shown, wanted), "what the operation doesn't show can't differ");
}

#[test]
fn a_service_is_the_same_in_the_form_in_which_apunto_shows_it() {
    for (found, wanted, same) in [
        (json!({"customs_agent": {"alias": "A"}}), json!({"customs_agent_code": "a"}), true),
        (json!({"customs_agent": {"alias": "A"}}), json!({"customs_agent_code": "B"}), false),
        (json!({"customs_agent": null}), json!({"customs_agent_code": "B"}), false),
        (json!({"customs_address": {"alias": "A"}}), json!({"customs_address_code": "B"}), false),
        (json!({}), json!({"customs_address_code": "B"}), true),
        (json!({"pedimento": "26473807"}), json!({"pedimento": "26 47 3807"}), true),
        (json!({"pedimento": "26473808"}), json!({"pedimento": "26 47 3807"}), false),
        (
            json!({"dispatch_appointment_at": "2026-12-01T15:00:00.000Z"}),
            json!({"dispatch_appointment_at": "2026-12-01T09:00:00-06:00"}),
            true,
        ),
        (
            json!({"dispatch_appointment_at": "2026-12-01T16:00:00Z"}),
            json!({"dispatch_appointment_at": "2026-12-01T09:00:00-06:00"}),
            false,
        ),
        (json!({"eta_date": "2026-12-01T00:00:00Z"}), json!({"eta_date": "2026-12-01"}), true),
        (json!({"eta_date": "2026-12-02"}), json!({"eta_date": "2026-12-01"}), false),
        (json!({"bl": null}), json!({"bl": "B"}), false),
    ] {
        assert_eq!(same_service(&found, &wanted), same, "{found} {wanted}");
    }
}

#[test]
fn an_operation_that_is_over_and_whose_services_were_all_cancelled_delivered_nothing() {
    let services = |words: &[&str]| words.iter().map(|word| json!({"status": word})).collect::<Vec<_>>();
    for (status, services, read) in [
        ("closed", services(&["canceled", "canceled"]), Status::Cancelled),
        ("finished", services(&["canceled"]), Status::Cancelled),
        ("closed", services(&["canceled", "closed"]), Status::Delivered),
        ("closed", services(&["canceled", "?"]), Status::Delivered),
        ("closed", services(&[]), Status::Delivered),
        ("active", services(&["canceled"]), Status::InTransit),
    ] {
        let operation = json!({"id": 1, "status": status, "services": services});
        let tracked = tracking(&operation, &services, today());
        assert_eq!((tracked.status, tracked.carrier_status.as_deref()), (read, Some(status)), "{operation}");
        let closed = json!({"id": 1, "status": status});
        assert_eq!(super::shipment(&closed).status, replies::status(Some(status)), "the list doesn't show services");
    }
}

#[test]
fn a_price_is_its_total_in_a_currency_that_can_be_told() {
    let total = |pricing: Value| rate(&pricing).map(|rate| rate.total.map(|total| (total.text(), total.currency)));
    let mxn = |text: &str| Some(Some((text.to_owned(), "MXN".to_owned())));
    for (pricing, read) in [
        (json!({"total_price": "1850.00", "currency": {"code": "MXN", "name": "Peso"}}), mxn("1850.00")),
        (json!({"total_price": 1850, "currency": {"id": 31, "name": "mxn"}}), mxn("1850.00")),
        (json!({"total_price": "0.5", "currency": "MXN"}), mxn("0.50")),
        // Nothing about money is guessed.
        (json!({"total_price": "1850.00", "currency": {"id": 31}}), Some(None)),
        (json!({"total_price": "1850.00"}), Some(None)),
        (json!({"total_price": "1.850", "currency": {"code": "MXN"}}), Some(None)),
        (json!({"unit_price": "10", "quantity": 2, "currency": {"code": "MXN"}}), Some(None)),
        // What isn't published is no price.
        (json!({"total_price": "1", "currency": {"code": "MXN"}, "draft": true}), None),
        (json!({}), None),
        (json!(null), None),
    ] {
        assert_eq!(total(pricing.clone()), read, "{pricing}");
    }
}

// ---- replies that are wrong anywhere

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_reply_breaks_a_mapping(changes in mutations(), code in 400_u16..600) {
        for name in ["operations.create", "operations.get", "operations.list"] {
            let json = mutated(example("reply", name), &changes);
            let _ = replies::pages(&json);
            let whole = replies::under(&json, "operation");
            for operation in list(&json, "operations").iter().chain([whole]) {
                let read = super::shipment(operation);
                prop_assert_eq!(complaints(&SHIPMENT, &read), [""; 0]);
                prop_assert_eq!(&read.raw, operation);
                // Apunto's word stays, whether flete has one for it or not.
                prop_assert_eq!(&read.carrier_status, &text(operation, "status"));
                let known = ["confirmed", "active", "finished", "closed", "canceled"];
                let is_known = read.carrier_status.as_deref().is_some_and(|word| known.contains(&word));
                prop_assert_eq!(read.status == Status::Unknown, !is_known);
                let read = tracking(operation, list(operation, "services"), today());
                prop_assert_eq!(complaints(&TRACKING, &read), [""; 0]);
            }
        }
        let service = mutated(example("reply", "services.get"), &changes);
        let service = replies::under(&service, "service");
        let operation = example("reply", "operations.get");
        let read = tracking(&operation["operation"], std::slice::from_ref(service), today());
        prop_assert_eq!(complaints(&TRACKING, &read), [""; 0]);
        prop_assert_eq!(&read.carrier_status, &text(&operation["operation"], "status"));
        let _ = has_dates(service);
        same_service(service, &example("request", "services.create")["service"]);
        for error in examples().into_iter().filter(|example| example.kind == "error") {
            let reply = Reply { status: code, headers: HeaderMap::new(), body: Vec::new().into() };
            let read = errors::refusal(&reply, Some(&mutated(error.json, &changes))).unwrap();
            prop_assert_eq!(read.code, crate::connector::Refusal::by_status(code).code);
            for (field, _) in read.fields {
                let _ = CARRIER.request_name(&OPERATIONS_CREATE, &field);
            }
        }
    }

    #[test]
    fn one_bad_service_never_drops_the_others(changes in mutations(), bad in 0_usize..3) {
        let leg = |n: u32| json!({
            "id": n, "mode": "land", "status": "active", "identification": format!("SRV-{n}"),
            "pickup_date": format!("2024-01-1{n}"), "etd_date": format!("2024-01-1{n}T10:00:00Z"),
        });
        let mut services = [leg(1), leg(2), leg(3)];
        let operation = json!({"id": 1, "status": "active"});
        let whole = tracking(&operation, &services, today()).events;
        prop_assert_eq!(whole.len(), 6);
        services[bad] = mutated(services[bad].take(), &changes);
        let read = tracking(&operation, &services, today()).events;
        let of_bad = format!("SRV-{}", bad + 1);
        for event in whole.iter().filter(|event| !event.description.as_deref().unwrap().ends_with(&of_bad)) {
            prop_assert!(read.contains(event), "{:?} is gone from {:?}", event, read);
        }
    }
}

#[test]
fn only_another_reference_tells_an_operation_apart() {
    for (sent, kept, may_be) in [
        (Some("R-7"), json!("R-7"), true),
        (Some("R-7"), json!(" r - 7 "), true),
        (Some("R-7"), json!("R-"), true),
        (Some("R-7"), json!("R-77"), false),
        (Some("R-7"), json!("R-8"), false),
        (Some("R-7"), json!("R\u{fffd}7"), true),
        (Some("R-7"), json!("S\u{fffd}7"), false),
        (Some("Año 7"), json!("A?o 7"), true),
        (Some("Año 7"), json!("Ano 7"), true),
        (Some("Año 7"), json!("B 7"), false),
        (Some("Ñ"), json!("x"), true),
        (Some("7"), json!(7), true),
        (Some("R-7"), json!(null), true),
        (None, json!("R-7"), true),
    ] {
        assert_eq!(may_be_of(&json!({"client_ref": kept}), sent), may_be, "{sent:?} {kept}");
    }
}
