//! The document's own examples, all of them, word for word (`examples.json`), and odd forms of them.

use super::super::endpoints::ENDPOINTS;
use super::super::wire;
use super::*;
use crate::connector::endpoint::{self, Endpoint, Paging};
use crate::connector::lenient::list;
use crate::connector::mutations::{complaints, mutated, mutations};
use crate::model::Code;
use crate::model::reply::{SHIPMENT, TRACKING};
use crate::net::http::Reply;
use proptest::prelude::*;
use reqwest::header::HeaderMap;
use std::collections::BTreeMap;

struct Example {
    kind: String,
    operation: String,
    json: Value,
}

fn examples() -> Vec<Example> {
    let all: Vec<Value> = serde_json::from_str(include_str!("examples.json")).unwrap();
    all.into_iter()
        .map(|mut entry| Example {
            kind: text(&entry, "kind").unwrap(),
            operation: text(&entry, "operation").unwrap_or_default(),
            json: entry["json"].take(),
        })
        .collect()
}

fn example(kind: &str, operation: &str) -> Value {
    let found = examples().into_iter().find(|example| example.kind == kind && example.operation == operation);
    found.unwrap().json
}

/// The operations that an example stands for: comments and tasks have one for three parents.
fn operations(name: &str) -> Vec<&'static Endpoint> {
    ENDPOINTS.iter().filter(|endpoint| endpoint.name == name || endpoint.alias == Some(name)).collect()
}

fn today() -> Date {
    "2024-02-01".parse().unwrap()
}

#[test]
fn every_example_of_the_document_is_here() {
    let mut counts = BTreeMap::new();
    for example in examples() {
        *counts.entry(example.kind).or_insert(0) += 1;
    }
    let expected = [("error", 7), ("object", 3), ("reply", 30), ("request", 21)];
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected.map(|(kind, count)| (kind.to_owned(), count)));
}

#[test]
fn the_table_has_the_documents_54_operations() {
    assert_eq!(ENDPOINTS.len(), 54);
    let mut lines: Vec<String> =
        ENDPOINTS.iter().map(|endpoint| format!("{} {}", endpoint.method, endpoint.path)).collect();
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), 54, "each is another");
    for endpoint in ENDPOINTS {
        assert!(!endpoint.source.is_empty(), "{}", endpoint.name);
        for field in endpoint.path_fields {
            assert!(endpoint.path.contains(&format!("{{{}}}", field.name)), "{}", endpoint.name);
        }
        assert_eq!(endpoint.path.matches('{').count(), endpoint.path_fields.len(), "{}", endpoint.name);
    }
}

#[test]
fn every_request_of_the_document_goes_out_as_it_stands_there() {
    for example in examples().into_iter().filter(|example| example.kind == "request") {
        let endpoints = operations(&example.operation);
        assert!(matches!(endpoints.len(), 1 | 3), "{}", example.operation);
        for endpoint in endpoints {
            let mut params = example.json.as_object().unwrap().clone();
            for field in endpoint.path_fields {
                params.insert(field.name.to_owned(), json!(123));
            }
            let sorted = endpoint::sort(endpoint, params).unwrap_or_else(|error| panic!("{}: {error}", endpoint.name));
            assert_eq!(sorted.body.as_ref(), Some(&example.json), "{}", endpoint.name);
            assert_eq!(sorted.path.len(), endpoint.path_fields.len());
        }
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
                    assert!(text(wire::under(&example.json, key), "id").is_some(), "{}", endpoint.name);
                }
            }
        }
    }
}

#[test]
fn every_error_of_the_document_is_read() {
    let expected = [
        (Code::Validation, vec!["contact_id", "kind", "mode"]),
        (Code::Authentication, vec![]),
        (Code::Validation, vec!["name", "email"]),
        (Code::NotFound, vec![]),
        (Code::RateLimited, vec![]),
        (Code::Permission, vec![]),
        (Code::CarrierUnavailable, vec![]),
    ];
    let errors = examples().into_iter().filter(|example| example.kind == "error");
    for (example, (code, fields)) in errors.zip(expected) {
        let status = example.json["status"].as_u64().unwrap() as u16;
        let read = refused(status, &example.json);
        assert_eq!(read.code, code, "{}", example.json);
        assert_eq!(read.fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), fields);
        assert_eq!(read.carrier_code, text(&example.json, "error"));
        assert_eq!(read.carrier_message, text(&example.json, "message"));
        let wait = read.retry_after.map(|wait| wait.as_secs());
        assert_eq!(wait, (code == Code::RateLimited).then_some(3600));
    }
}

fn refused(status: u16, json: &Value) -> crate::connector::Refusal {
    let reply = Reply { status, headers: HeaderMap::new(), body: Vec::new().into() };
    wire::refusal(&reply, Some(json)).unwrap()
}

#[test]
fn the_other_forms_of_an_error_are_read() {
    let read = refused(422, &json!({"errors": {"contact_id": ["debe existir", "no es válido"], "kind": "falta"}}));
    assert_eq!(read.fields[0], ("contact_id".to_owned(), "debe existir; no es válido".to_owned()));
    assert_eq!(read.fields[1], ("kind".to_owned(), "falta".to_owned()));
    let read = refused(422, &json!({"error": "contact_id debe existir"}));
    assert_eq!((read.code, read.carrier_message.as_deref()), (Code::Validation, Some("contact_id debe existir")));
    let read = refused(422, &json!({"errors": ["Alias ya está en uso", "Kind falta"]}));
    assert_eq!(read.carrier_message.as_deref(), Some("Alias ya está en uso; Kind falta"));
    let read = refused(429, &json!({"error": "Rate limit exceeded", "retry_after": "2.5"}));
    assert_eq!(read.retry_after.map(|wait| wait.as_millis()), Some(2500));
    for odd in [json!(null), json!([]), json!("x"), json!({"details": 7, "errors": null, "message": {}})] {
        assert_eq!(refused(503, &odd).code, Code::CarrierUnavailable, "{odd}");
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
        assert_eq!(wire::pages(&list), pages, "{list}");
    }
}

#[test]
fn the_documents_operations_are_shipments() {
    let created = example("reply", "operations.create");
    let shipment = shipment(wire::under(&created, "operation"));
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

fn request(more: Value) -> Create {
    let mut request = json!({
        "origin": {"country": "MX"}, "destination": {"country": "MX"},
        "parcels": [{"weight": {"value": 1, "unit": "kg"}, "description": "Maquinaria industrial"}],
    });
    merge(&mut request, &more);
    crate::model::request::read(request, &crate::model::request::CREATE).unwrap()
}

const PLACE: &str = "options.apunto";

#[test]
fn the_documents_create_is_made_from_a_request() {
    let native = json!({"kind": "importation", "mode": "maritime", "incoterm": "FOB"});
    let defaults =
        Defaults { contact_code: Some("ACME"), currency_code: Some("MXN"), agent_email: Some("agente@apunto.com") };
    let plan = plan(&request(json!({"reference": "REF-001"})), &native, &defaults, None, PLACE).unwrap();
    assert_eq!(json!({"operation": plan.operation}), example("request", "operations.create"));
    assert!(plan.services.is_empty());
}

#[test]
fn the_mark_stays_among_the_tags_whatever_the_caller_gives() {
    let native = json!({"kind": "domestic", "mode": "land", "tag_list": ["vip", "a"], "currency_code": null});
    let defaults = Defaults { currency_code: Some("USD"), ..Defaults::default() };
    let made = plan(&request(json!({"tags": ["a"]})), &native, &defaults, Some("fl-1"), PLACE).unwrap();
    assert_eq!(made.operation["tag_list"], json!(["a", "vip", "fl-1"]));
    assert!(!made.operation.contains_key("currency_code"), "null leaves a default out");
    assert!(!made.operation.contains_key("contact_code"), "which the account may have");
}

#[test]
fn what_is_wrong_in_the_options_is_named_with_its_choices() {
    let said = |native: Value, more: Value| -> Vec<String> {
        let error = plan(&request(more), &native, &Defaults::default(), None, PLACE).unwrap_err();
        error.fields.iter().map(|problem| format!("{}: {}", problem.field, problem.message)).collect()
    };
    let lacking = said(json!({}), json!({}));
    assert_eq!(lacking.len(), 2, "{lacking:?}");
    assert!(lacking[0].starts_with("options.apunto.kind: is required by Apunto: one of importation, exportation"));
    assert!(lacking[1].ends_with("one of land, aerial, maritime"));
    let service = json!({"mode": "sea", "eta": "2024-02-14", "operation_id": 7});
    let wrong = said(json!({"kind": "domestic", "mode": "land", "incotern": "FOB", "services": [service]}), json!({}));
    assert_eq!(wrong.len(), 4, "{wrong:?}");
    assert!(wrong[0].contains("options.apunto.incotern: unknown field; did you mean `incoterm`?"));
    assert!(wrong[1].starts_with("options.apunto.services[0].mode: `sea` is not one of"));
    assert!(wrong[3].contains("services[0].operation_id: unknown field"));
    let money = json!({"round_trip": true, "cash_on_delivery": {"amount": {"amount": "1", "currency": "MXN"}, "method": "cash"}});
    assert_eq!(said(json!({"kind": "domestic", "mode": "land"}), money).len(), 2);
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
fn a_complaint_is_told_where_the_caller_gave_it() {
    for (operation, field, place) in [
        ("operations.create", "contact_id", "options.apunto.contact_code"),
        ("operations.create", "currency_id", "options.apunto.currency_code"),
        ("operations.create", "operational_agent_id", "options.apunto.operational_agent_email"),
        ("operations.create", "client_ref", "reference"),
        ("operations.create", "tags", "tags"),
        ("operations.create", "base", "base"),
        ("services.create", "supplier_id", "supplier_code"),
        ("services.create", "service_agent_id", "service_agent_email"),
    ] {
        assert_eq!(locate(operation, field).as_deref(), Some(place));
    }
    assert_eq!(parameter("contacts.update", "tags"), "tags");
}

// ---- replies that are wrong anywhere

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_reply_breaks_a_mapping(changes in mutations(), code in 400_u16..600) {
        for name in ["operations.create", "operations.get", "operations.list"] {
            let json = mutated(example("reply", name), &changes);
            let _ = wire::pages(&json);
            let whole = wire::under(&json, "operation");
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
        let service = wire::under(&service, "service");
        let operation = example("reply", "operations.get");
        let read = tracking(&operation["operation"], std::slice::from_ref(service), today());
        prop_assert_eq!(complaints(&TRACKING, &read), [""; 0]);
        prop_assert_eq!(&read.carrier_status, &text(&operation["operation"], "status"));
        let _ = has_dates(service);
        same_service(service, &example("request", "services.create")["service"]);
        for error in examples().into_iter().filter(|example| example.kind == "error") {
            let read = refused(code, &mutated(error.json, &changes));
            prop_assert_eq!(read.code, crate::connector::Refusal::by_status(code).code);
            for (field, _) in read.fields {
                let _ = locate("operations.create", &field);
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
