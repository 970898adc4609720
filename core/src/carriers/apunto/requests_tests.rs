//! The API reference's own examples, all of them, word for word (`examples.json`), and odd forms of them.

use super::super::examples::{example, examples, operations};
use super::super::{CARRIER, endpoints};
use super::*;
use crate::connector::Ability;
use crate::connector::endpoint::{self, Endpoint, merge};
use crate::json::json;

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

fn request(more: Value) -> Create {
    let mut request = json!({
        "origin": {"country": "MX"}, "destination": {"country": "MX"},
        "parcels": [{"weight": {"value": 1, "unit": "kg"}, "description": "Maquinaria industrial"}],
    });
    merge(&mut request, &more);
    crate::model::request::read(request, &crate::model::request::CREATE).unwrap()
}

/// A create whose native fields stand under the carrier's code.
fn planned(more: Value, native: &Value, defaults: &Defaults<'_>, mark: Option<&str>) -> Result<Plan, Error> {
    let native = Native::at("options.apunto", native).of(&CARRIER, Ability::Create);
    plan(&request(more), &native, defaults, mark)
}

#[test]
fn the_documents_create_is_made_from_a_request() {
    let native = json!({"kind": "importation", "mode": "maritime", "incoterm": "FOB"});
    let defaults =
        Defaults { contact_code: Some("ACME"), currency_code: Some("MXN"), agent_email: Some("agente@apunto.com") };
    let plan = planned(json!({"reference": "REF-001"}), &native, &defaults, None).unwrap();
    assert_eq!(json!({"operation": plan.operation}), example("request", "operations.create"));
    assert!(plan.services.is_empty());
}

#[test]
fn the_mark_stays_among_the_tags_whatever_the_caller_gives() {
    let native = json!({"kind": "domestic", "mode": "land", "tag_list": ["vip", "a"], "currency_code": null});
    let defaults = Defaults { currency_code: Some("USD"), ..Defaults::default() };
    let made = planned(json!({"tags": ["a"]}), &native, &defaults, Some("fl-1")).unwrap();
    assert_eq!(made.operation["tag_list"], json!(["a", "vip", "fl-1"]));
    assert!(!made.operation.contains_key("currency_code"), "null leaves a default out");
    assert!(!made.operation.contains_key("contact_code"), "which the account may have");
}

#[test]
fn what_is_wrong_in_the_options_is_named_with_its_choices() {
    let said = |native: Value, more: Value| -> Vec<String> {
        let error = planned(more, &native, &Defaults::default(), None).unwrap_err();
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
fn a_complaint_is_told_where_the_caller_gave_it() {
    let native = json!({"kind": "domestic", "mode": "land", "services": [{"mode": "land"}]});
    let plan = planned(json!({"tags": ["a"]}), &native, &Defaults::default(), None).unwrap();
    let find =
        |endpoint: &Endpoint, sources: &Sources, field: &str| sources.find(CARRIER.request_name(endpoint, field));
    for (field, place) in [
        ("contact_id", Some("options.apunto.contact_code")),
        ("currency_id", Some("options.apunto.currency_code")),
        ("operational_agent_id", Some("options.apunto.operational_agent_email")),
        ("incoterm", Some("options.apunto.incoterm")),
        ("client_ref", Some("reference")),
        ("goods_description", Some("parcels[0].description")),
        ("tags", Some("tags")),
        ("base", None),
    ] {
        assert_eq!(find(&OPERATIONS_CREATE, &plan.sources, field).as_deref(), place, "{field}");
    }
    let service = Sources::within(format!("{}[0]", plan.services_at));
    for (field, name) in
        [("supplier_id", "supplier_code"), ("service_agent_id", "service_agent_email"), ("base", "base")]
    {
        let found = find(&endpoints::SERVICES_CREATE, &service, field);
        assert_eq!(found, Some(format!("options.apunto.services[0].{name}")));
    }
    // Contacts have tags of that name.
    let contacts = endpoints::ENDPOINTS.iter().find(|endpoint| endpoint.name == "contacts.update").unwrap();
    assert_eq!(CARRIER.request_name(contacts, "tags"), "tags");
}
