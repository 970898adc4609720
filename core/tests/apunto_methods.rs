//! Apunto's methods that take several of its operations, over HTTP against its simulator: cancelling, documents, prices,
//! operations of quotes, and the look for a lost create. Each operation by itself is in `apunto`.

use crate::apunto::{fields, merge, order};
use crate::common::scripted::{Scripted, reply};
use crate::common::{Shop, anywhere, with};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flete::{Code, Outcome};
use serde_json::{Value, json};

const CANCEL: &str = "POST /operations/{id}/cancel";
const CANCEL_SERVICE: &str = "POST /services/{id}/cancel";
const OF_QUOTE: &str = "POST /quotes/{id}/create_operation";
const UPDATE: &str = "PUT /operations/{id}";
const CREATE: &str = "POST /operations";

/// An operation with services of these modes, and the services' ids.
fn served(office: &Shop, modes: &[&str]) -> (String, Vec<Value>) {
    let services: Vec<Value> = modes.iter().map(|mode| json!({"mode": mode})).collect();
    let made = office.did("create", order(json!({"options": {"apunto": {"services": services}}})));
    let services = made["raw"]["services"].as_array().into_iter().flatten();
    let ids = services.map(|service| service["id"].clone()).collect();
    (made["id"].as_str().unwrap().to_owned(), ids)
}

fn status(office: &Shop, service: &Value) -> Value {
    office.native("services.get", json!({"id": service}))["service"]["status"].take()
}

// ---- cancel

#[test]
fn the_services_are_cancelled_before_their_operation_each_with_a_reason_of_its_own() {
    let office = Shop::keeping_office();
    office.set(json!({"operation_reasons": ["Otro", "Cliente desistió"], "service_reasons": ["Cliente desistió"]}));
    let (id, services) = served(&office, &["land", "customs"]);
    office.native("services.finish", json!({"id": services[1]}));
    let done = office.did("cancel", json!({"id": id, "reason": "CLIENTE DESISTIÓ"}));
    assert_eq!((&done["status"], &done["id"]), (&json!("cancelled"), &json!(id)));
    assert_eq!((office.count(CANCEL_SERVICE), office.count(CANCEL), office.count(UPDATE)), (2, 1, 0));
    assert_eq!(office.sent(CANCEL_SERVICE), json!({"service_cancellation_reason_id": 701}));
    assert_eq!(office.sent(CANCEL), json!({"operation_cancellation_reason_id": 502}));
    assert!(services.iter().all(|service| status(&office, service) == "canceled"));
    // Then it is done, whatever the reason.
    assert_eq!(office.did("cancel", json!({"id": id}))["status"], "cancelled");
    assert_eq!((office.count(CANCEL_SERVICE), office.count(CANCEL)), (2, 1));
}

#[test]
fn a_reason_without_a_catalogue_goes_into_the_notes_with_the_callers_own_fields() {
    let office = Shop::keeping_office();
    office.set(json!({"service_reasons": ["Naviera"]}));
    // Without services their catalogue isn't needed.
    let (bare, _) = served(&office, &[]);
    office.did("cancel", json!({"id": bare, "reason": "pedido repetido"}));
    assert_eq!(office.sent(CANCEL), json!({"cancellation_notes": "pedido repetido"}));
    assert_eq!(office.count("GET /service_cancellation_reasons"), 0);

    let (id, _) = served(&office, &["land"]);
    let native = json!({"canceled_at": "2026-11-02", "cancellation_notes": "por teléfono"});
    office.did("cancel", json!({"id": id, "reason": "naviera", "options": {"apunto": native}}));
    let day = json!({"canceled_at": "2026-11-02", "cancellation_notes": "por teléfono"});
    assert_eq!(office.sent(CANCEL_SERVICE), with(day.clone(), json!({"service_cancellation_reason_id": 701})));
    assert_eq!(office.sent(CANCEL), with(day, json!({"cancellation_notes": "naviera\npor teléfono"})));
}

#[test]
fn a_reason_that_does_not_fit_is_refused_and_nothing_is_cancelled() {
    let office = Shop::keeping_office();
    let (id, services) = served(&office, &["land"]);
    for (operations, of_services, request, field, words) in [
        (json!(["A", "B"]), json!(["B"]), json!({}), "reason", "choose one of `B`"),
        (json!(["A", "B"]), json!(["B", "C"]), json!({"reason": "A"}), "reason", "choose one of `B`"),
        (json!(["A"]), json!([]), json!({"reason": "x"}), "reason", "choose one of `A`"),
        (json!([]), json!(["C"]), json!({}), "reason", "choose one of `C`"),
        (json!(["A"]), json!(["C"]), json!({"reason": "701"}), "reason", "no reason is in both"),
        (
            json!(["A"]),
            json!([]),
            json!({"options": {"apunto": {"operation_cancellation_reason_id": 7}}}),
            "options.apunto.operation_cancellation_reason_id",
            "`A`",
        ),
    ] {
        office.set(json!({"operation_reasons": operations, "service_reasons": of_services}));
        let error = office.failed("cancel", with(request.clone(), json!({"id": id})));
        assert_eq!((error.code, fields(&error)), (Code::InvalidRequest, vec![field]), "{request}: {error}");
        assert!(error.message.contains(words), "{error}");
    }
    assert_eq!((office.count(CANCEL_SERVICE), office.count(CANCEL)), (0, 0));
    assert_eq!(status(&office, &services[0]), "active");
}

#[test]
fn a_closed_service_is_a_conflict_before_anything_is_cancelled() {
    for closed in [0, 1] {
        let office = Shop::keeping_office();
        let (id, services) = served(&office, &["land", "customs"]);
        for action in ["finish", "close"] {
            office.native(&format!("services.{action}"), json!({"id": services[closed]}));
        }
        let error = office.failed("cancel", json!({"id": id}));
        assert_eq!((error.code, error.outcome, error.retryable), (Code::Conflict, Outcome::None, false));
        assert!(error.message.contains("is closed") && error.message.contains("nothing was cancelled"), "{error}");
        assert!(error.message.contains(&services[closed].to_string()) && error.created.is_none(), "{error}");
        assert_eq!((office.count(CANCEL_SERVICE), office.count(CANCEL)), (0, 0));
        office.native("services.reopen", json!({"id": services[closed]}));
        assert_eq!(office.did("cancel", json!({"id": id}))["status"], "cancelled");
    }
}

#[test]
fn an_invoice_that_forbids_it_is_met_first() {
    for form in ["object", "list"] {
        let office = Shop::keeping_office();
        office.set(json!({"state_errors": form, "mexican_account": false}));
        let (id, services) = served(&office, &["land", "customs"]);
        let center = json!({"service_id": services[1], "concept": "Flete", "supplier_code": "MAERSK",
            "currency_code": "MXN", "income_amount": "1250.00", "expense_amount": "1000.00"});
        let center = office.native("services.cost_centers.create", center)["cost_center"]["id"].clone();
        office.native("operations.generate_invoice", json!({"id": id, "cost_center_ids": [center]}));
        let error = office.failed("cancel", json!({"id": id}));
        assert_eq!((error.code, error.retryable), (Code::Conflict, false), "{error}");
        assert!(error.message.contains("facturas") || form == "list", "{error}");
        assert!(error.message.contains("nothing was cancelled"), "{error}");
        assert_eq!((office.count(CANCEL_SERVICE), office.count(CANCEL)), (1, 0));
        assert_eq!(status(&office, &services[0]), "active", "the other service wasn't cancelled in vain");
    }
}

#[test]
fn a_refusal_in_the_middle_says_what_was_cancelled_and_the_same_call_goes_on() {
    let office = Shop::keeping_office();
    let (id, services) = served(&office, &["land", "customs", "aerial"]);
    for (code, status) in [(Code::Conflict, 422), (Code::Conflict, 409), (Code::Permission, 403)] {
        office.fault(json!({"fault": "status", "status": status, "operation": CANCEL_SERVICE, "skip": 1}));
        if code == Code::Permission {
            office.control("DELETE", "faults", Value::Null);
            office.fault(json!({"fault": "status", "status": status, "operation": CANCEL}));
        }
        let error = office.failed("cancel", json!({"id": id}));
        assert_eq!((error.code, error.retryable), (code, false), "{status}: {error}");
        let created = error.created.clone().unwrap()["cancelled_services"].take();
        let cancelled: Vec<&flete::Json> = created.as_array().unwrap().iter().map(|service| &service["id"]).collect();
        let all: Vec<Value> = services.iter().map(|service| json!(service.to_string())).collect();
        assert_eq!(cancelled, all.iter().take(cancelled.len()).collect::<Vec<_>>(), "{error}");
        assert!(error.message.contains("already cancelled: SRV-"), "{error}");
    }
    assert_eq!(office.did("cancel", json!({"id": id}))["status"], "cancelled");
}

#[test]
fn a_lost_reply_to_any_step_of_a_cancel_is_looked_up_and_never_sent_twice() {
    for (step, operation) in [(0, CANCEL_SERVICE), (1, CANCEL_SERVICE), (0, CANCEL)] {
        for fault in [
            json!({"fault": "reset_after"}),
            json!({"fault": "garbage", "after": true}),
            json!({"fault": "cut", "at": 40}),
            json!({"fault": "status", "status": 200, "body": {}, "after": true}),
            json!({"fault": "status", "status": 503, "after": true}),
            json!({"fault": "status", "status": 422, "after": true}),
        ] {
            let office = Shop::keeping_office();
            let (id, _) = served(&office, &["land", "customs"]);
            office.fault(with(fault.clone(), json!({"operation": operation, "skip": step})));
            assert_eq!(office.did("cancel", json!({"id": id}))["status"], "cancelled", "{operation} {step} {fault}");
            assert_eq!((office.count(CANCEL_SERVICE), office.count(CANCEL)), (2, 1), "{operation} {step} {fault}");
        }
        // It did nothing, and nobody can tell: the same call reads the states, and goes on.
        for fault in [json!({"fault": "reset_before"}), json!({"fault": "status", "status": 500})] {
            let office = Shop::keeping_office();
            let (id, _) = served(&office, &["land", "customs"]);
            office.fault(with(fault.clone(), json!({"operation": operation, "skip": step})));
            let error = office.failed("cancel", json!({"id": id}));
            assert_eq!((error.outcome, error.retryable), (Outcome::None, true), "{operation} {step} {fault}");
            assert_eq!(office.did("cancel", json!({"id": id}))["status"], "cancelled", "{operation} {step} {fault}");
            assert_eq!(office.count(CANCEL_SERVICE) + office.count(CANCEL), 4, "{operation} {step} {fault}");
        }
    }
}

// ---- track

#[test]
fn a_closed_operation_whose_services_were_all_cancelled_is_not_delivered() {
    for form in ["sample", "full"] {
        let office = Shop::keeping_office();
        office.set(json!({"embedded_services": form}));
        let (id, services) = served(&office, &["land", "customs"]);
        for service in &services {
            office.native("services.cancel", json!({"id": service}));
        }
        office.native("operations.close", json!({"id": id}));
        let tracked = office.did("track", json!({"id": id}));
        assert_eq!((&tracked["status"], &tracked["carrier_status"]), (&json!("cancelled"), &json!("closed")));
        assert_eq!((&tracked["delivered_at"], &tracked["events"]), (&Value::Null, &json!([])));
        let (bare, _) = served(&office, &[]);
        office.native("operations.close", json!({"id": bare}));
        assert_eq!(office.did("track", json!({"id": bare}))["status"], "delivered");
        let (half, services) = served(&office, &["land", "customs"]);
        office.native("services.cancel", json!({"id": services[0]}));
        office.native("services.finish", json!({"id": services[1]}));
        office.native("services.close", json!({"id": services[1]}));
        office.native("operations.close", json!({"id": half}));
        assert_eq!(office.did("track", json!({"id": half}))["status"], "delivered");
    }
}

// ---- document

const PDF: &[u8] = b"%PDF-1.4\n%%EOF";

/// Puts a file into a folder of an operation or a service, and returns the file's id.
fn file(office: &Shop, (kind, id): (&str, &Value), folders: &[&str], content: &[u8]) -> String {
    let mut parent = Value::Null;
    let name = format!("{}s", kind.to_lowercase());
    for folder in folders {
        let of = format!("{}_id", kind.to_lowercase());
        let made = json!({&of: id, "folder": {"name": folder, "parent_id": parent}});
        parent = office.native(&format!("{name}.folders.create"), made)["folder"]["id"].clone();
    }
    let upload = json!({"file": {"base64": STANDARD.encode(content), "filename": "guía.pdf"}, "folderable_type": kind,
        "folderable_id": id, "parent_folder_id": parent});
    office.native("attachments.create", upload)["attachment"]["id"].to_string()
}

#[test]
fn files_are_found_by_the_kind_of_their_folder_or_by_their_id() {
    let settings = json!({"contact_code": "ACME", "document_folders": {"Recolección": "proof_of_pickup"}});
    for form in ["sample", "full"] {
        let office = Shop::apunto(with(settings.clone(), json!({"token": "sandbox-token"})));
        office.set(json!({"embedded_services": form}));
        let (id, services) = served(&office, &["land", "customs"]);
        assert_eq!(office.did("track", json!({"id": id}))["documents"], json!([]));
        let own = json!(id.parse::<u64>().unwrap());
        let bill = file(&office, ("Operation", &own), &["BL"], b"texto");
        let pickup = file(&office, ("Operation", &own), &["recoleccio\u{301}n"], PDF);
        let proof = file(&office, ("Service", &services[0]), &["Entrega", "Pod", "Fotos"], PDF);
        let empty = file(&office, ("Service", &services[1]), &["x"], b"0");
        let listed = office.did("track", json!({"id": id}))["documents"].take();
        assert_eq!(
            listed,
            json!([
                {"kind": "other", "id": bill}, {"kind": "proof_of_pickup", "id": pickup},
                {"kind": "proof_of_delivery", "id": proof}, {"kind": "other", "id": empty},
            ]),
            "{form}"
        );
        let of = |what: Value| office.did("document", with(what, json!({"id": id})))["documents"].take();
        let pdf = json!({"content_type": "application/pdf", "size": 14, "base64": STANDARD.encode(PDF)});
        assert_eq!(
            of(json!({"kind": "proof_of_delivery"})),
            json!([with(pdf.clone(), json!({"kind": "proof_of_delivery"}))])
        );
        assert_eq!(of(json!({"document_id": pickup})), json!([with(pdf, json!({"kind": "proof_of_pickup"}))]));
        let others = of(json!({"kind": "other"}));
        assert_eq!((others.as_array().unwrap().len(), &others[0]["base64"]), (2, &json!(STANDARD.encode("texto"))));
        let none = office.failed("document", json!({"id": id, "document_id": "404"}));
        assert_eq!((none.code, fields(&none)), (Code::NotFound, vec!["document_id"]));
        let label = office.failed("document", json!({"id": id, "kind": "label"}));
        assert!(label.code == Code::Unsupported && label.message.contains("document_folders"), "{label}");
    }
    let office = Shop::keeping_office();
    let (id, _) = served(&office, &[]);
    let none = office.failed("document", json!({"id": id, "kind": "proof_of_delivery"}));
    assert_eq!(none.code, Code::NotFound, "{none}");
}

#[test]
fn files_are_saved_one_by_one() {
    let office = Shop::keeping_office();
    let (id, services) = served(&office, &["land"]);
    file(&office, ("Service", &services[0]), &["POD"], PDF);
    file(&office, ("Service", &services[0]), &["POD"], b"\x89PNG");
    let place = std::env::temp_dir().join(format!("flete-apunto-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let saved = office.did("document", json!({"id": id, "kind": "proof_of_delivery", "save_to": place}));
    let files: Vec<Vec<u8>> = saved["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|document| {
            assert!(document["base64"].is_null() && document["url"].is_null(), "{document}");
            std::fs::read(document["path"].as_str().unwrap()).unwrap()
        })
        .collect();
    std::fs::remove_dir_all(&place).unwrap();
    assert_eq!(files, [PDF, b"\x89PNG"]);
}

#[test]
fn the_token_goes_to_the_carriers_own_host_alone_and_one_redirect_is_followed() {
    for (redirect, good) in [("none", true), ("same_host", true), ("other_host", true), ("twice", false)] {
        let office = Shop::keeping_office();
        office.set(json!({"download_redirect": redirect}));
        let (id, _) = served(&office, &[]);
        file(&office, ("Operation", &json!(id.parse::<u64>().unwrap())), &["POD"], PDF);
        let got = office.ask("document", json!({"id": id, "kind": "proof_of_delivery"}));
        match got {
            Ok(reply) => assert_eq!((good, &reply["documents"][0]["size"]), (true, &json!(14)), "{redirect}"),
            Err(error) => assert_eq!((good, error.code), (false, Code::CarrierResponse), "{redirect}: {error}"),
        }
    }
    let storage = Scripted::start(|_| reply(200, "application/pdf", PDF));
    let office = Shop::keeping_office();
    office.set(json!({"download_redirect": storage.url}));
    let (id, _) = served(&office, &[]);
    file(&office, ("Operation", &json!(id.parse::<u64>().unwrap())), &["POD"], PDF);
    office.did("document", json!({"id": id, "kind": "proof_of_delivery"}));
    let got = storage.last();
    assert_eq!((got.header("authorization"), got.header("cookie"), got.header("referer")), (None, None, None));
    assert!(!format!("{got:?}").contains("sandbox-token"), "{got:?}");
    // A file that came cut off is none.
    let half = Scripted::start(|_| reply(200, "application/pdf", b"%PDF"));
    office.set(json!({"download_redirect": half.url}));
    let error = office.failed("document", json!({"id": id, "kind": "proof_of_delivery"}));
    assert!(error.code == Code::CarrierResponse && error.message.contains("4 bytes came of 14"), "{error}");
}

// ---- the look for a lost create

#[test]
fn a_lost_create_is_searched_for_by_its_reference_before_the_list_is_read() {
    for (found_by, others, lists) in [("part", 0, 0), ("nothing", 0, 1), ("part", 25, 1)] {
        let office = Shop::keeping_office();
        office.set(json!({"search_match": found_by}));
        let request = order(json!({"idempotency_key": "k", "reference": "R-7"}));
        office.fault(json!({"fault": "reset_after", "operation": CREATE}));
        assert_eq!(office.failed("create", request.clone()).outcome, Outcome::Unknown);
        // More than the search returns.
        for _ in 0..others {
            let other = json!({"contact_code": "ACME", "kind": "domestic", "mode": "land", "client_ref": "R-7"});
            office.native("operations.create", other);
        }
        let made = office.did("create", request);
        assert_eq!((&made["replayed"], office.shipments().len()), (&json!(true), others + 1), "{found_by} {others}");
        let asked = (office.count("GET /operations/search"), office.count("GET /operations"));
        assert_eq!(asked, (1, lists), "{found_by} {others}");
    }
    // A search that fails says nothing, and without a reference there is nothing to search for.
    for (reference, searches) in [(json!("R-7"), 4), (Value::Null, 0)] {
        let office = Shop::keeping_office();
        office.fault(json!({"fault": "status", "status": 500, "operation": "GET /operations/search", "times": 0}));
        let request = order(json!({"idempotency_key": "k", "reference": reference}));
        office.fault(json!({"fault": "reset_after", "operation": CREATE}));
        office.failed("create", request.clone());
        assert_eq!(office.did("create", request)["replayed"], true);
        assert_eq!((office.count("GET /operations/search"), office.count("GET /operations")), (searches, 1));
    }
}

// ---- quote

#[test]
fn the_published_prices_of_a_quote_request_are_rates() {
    for form in ["documented", "code_name", "id_name", "id_code_name"] {
        let office = Shop::keeping_office();
        office.set(json!({"currency_form": form}));
        let id = office.quote_request();
        let dollars =
            json!({"quote_request_id": id, "currency_id": 32, "service_name": "Aéreo", "total_price": "90.5"});
        office.native("quote_requests.pricings.create", dollars);
        let asked = |id: &Value| with(anywhere(), json!({"options": {"apunto": {"quote_request_id": id}}}));
        let rates = office.did("quote", asked(&id))["rates"].take();
        let told: Vec<(&Value, &Value)> =
            rates.as_array().unwrap().iter().map(|rate| (&rate["service"]["name"], &rate["total"])).collect();
        assert_eq!(
            told,
            [
                (&json!("Flete terrestre"), &json!({"amount": "1850.00", "currency": "MXN"})),
                (&json!("Aéreo"), &json!({"amount": "90.50", "currency": "USD"})),
            ],
            "{form}"
        );
        // A rate goes into a create as it came.
        office.did("create", order(json!({"rate": rates[0]})));
        let missing = office.failed("quote", asked(&json!(404)));
        assert_eq!(
            (missing.code, fields(&missing)),
            (Code::NotFound, vec!["options.apunto.quote_request_id"]),
            "{missing}"
        );
    }
    let office = Shop::keeping_office();
    office.set(json!({"pricing_draft": true}));
    let asked = with(anywhere(), json!({"options": {"apunto": {"quote_request_id": office.quote_request()}}}));
    let error = office.failed("quote", asked);
    assert_eq!((error.code, error.retryable), (Code::NotReady, true), "{error}");
    let before = office.total();
    let without = office.failed("quote", anywhere());
    assert!(without.code == Code::Unsupported && without.message.contains("quote_request_id"), "{without}");
    let typo = json!({"options": {"apunto": {"quote_request": 1}}});
    assert_eq!(office.failed("quote", with(anywhere(), typo)).code, Code::InvalidRequest);
    assert_eq!(office.total(), before);
}

// ---- create

/// A quote that an operation can be made of.
fn quote(office: &Shop, more: Value) -> Value {
    let mut quote = json!({"contact_code": "ACME", "currency_code": "USD", "operation_kind": "importation",
        "operation_mode": "maritime", "incoterm": "FOB", "client_ref": "COT-1"});
    merge(&mut quote, more);
    office.native("quotes.create", quote)["quote"]["id"].take()
}

fn of_quote(quote: &Value, more: Value) -> Value {
    let mut request = order(json!({"reference": "R-8", "tags": ["urgente"]}));
    request["options"] = json!({"apunto": {"quote_id": quote}});
    merge(&mut request, more);
    request
}

#[test]
fn an_operation_is_made_of_a_quote_and_marked_after_it() {
    let office = Shop::keeping_office();
    let request = of_quote(
        &quote(&office, json!({})),
        json!({"idempotency_key": "k", "options": {"apunto": {"services": [{"mode": "maritime"}]}}}),
    );
    let made = office.did("create", request.clone());
    assert_eq!((&made["reference"], &made["status"]), (&json!("R-8"), &json!("pre_transit")));
    assert_eq!(made["raw"]["services"].as_array().unwrap().len(), 1);
    assert_eq!((office.count(CREATE), office.count(OF_QUOTE), office.count(UPDATE)), (0, 1, 1));
    let shown = office.native("operations.get", json!({"id": made["id"]}))["operation"].take();
    assert_eq!(
        (&shown["client_ref"], &shown["incoterm"], &shown["tags"][0]),
        (&json!("R-8"), &json!("FOB"), &json!("urgente"))
    );
    assert!(shown["tags"][1].as_str().unwrap().starts_with("fl-"), "{}", shown["tags"]);
    let again = office.did("create", request);
    assert_eq!((&again["id"], &again["replayed"], office.shipments().len()), (&made["id"], &json!(true), 1));

    let error = office.failed("create", of_quote(&json!(404), json!({})));
    assert_eq!((error.code, fields(&error)), (Code::NotFound, vec!["options.apunto.quote_id"]), "{error}");
    let error = office.failed("create", of_quote(&json!(1), json!({"options": {"apunto": {"kind": "domestic"}}})));
    assert_eq!((error.code, fields(&error)), (Code::InvalidRequest, vec!["options.apunto.kind"]), "{error}");
    assert_eq!(office.shipments().len(), 1);
}

#[test]
fn an_operation_of_a_quote_whose_reply_is_lost_is_never_made_twice() {
    for fault in [json!({"fault": "reset_after"}), json!({"fault": "garbage", "after": true})] {
        let office = Shop::keeping_office();
        // One of another client, and one from long ago, are others.
        office.native("operations.create", json!({"contact_code": "ABC", "kind": "importation", "mode": "maritime"}));
        let request = of_quote(&quote(&office, json!({})), json!({"idempotency_key": "k"}));
        office.fault(with(fault.clone(), json!({"operation": OF_QUOTE})));
        let lost = office.failed("create", request.clone());
        assert_eq!((lost.outcome, lost.retryable), (Outcome::Unknown, true), "{fault}: {lost}");
        let found = office.did("create", request.clone());
        assert_eq!((office.shipments().len(), office.count(OF_QUOTE)), (2, 1), "{fault}");
        let shown = office.native("operations.get", json!({"id": found["id"]}))["operation"].take();
        assert_eq!((&shown["client_ref"], shown["tags"].as_array().unwrap().len()), (&json!("R-8"), 2), "{fault}");
        assert_eq!(office.did("create", request)["id"], found["id"]);
    }
    // One that never arrived is made, once it has settled.
    let office = Shop::keeping_office();
    let request = of_quote(&quote(&office, json!({})), json!({"idempotency_key": "k"}));
    office.fault(json!({"fault": "status", "status": 500, "operation": OF_QUOTE}));
    assert_eq!(office.failed("create", request.clone()).outcome, Outcome::Unknown);
    office.did("create", request);
    assert_eq!((office.shipments().len(), office.count(OF_QUOTE)), (1, 2));
}

#[test]
fn where_two_operations_may_be_the_quotes_a_person_decides() {
    let office = Shop::keeping_office();
    let request = of_quote(&quote(&office, json!({})), json!({"idempotency_key": "k"}));
    office.fault(json!({"fault": "reset_after", "operation": OF_QUOTE}));
    office.failed("create", request.clone());
    let other = json!({"contact_code": "ACME", "kind": "importation", "mode": "maritime", "client_ref": "COT-1"});
    office.native("operations.create", other);
    let error = office.failed("create", request.clone());
    assert_eq!((error.code, error.outcome), (Code::Conflict, Outcome::Unknown), "{error}");
    assert!(error.message.contains("settle") && error.message.contains(" or "), "{error}");
    let id = office.shipments()[0]["id"].clone();
    office.did("settle", json!({"idempotency_key": "k", "made": true, "id": id}));
    assert_eq!(office.did("create", request)["replayed"], true);
    assert_eq!((office.shipments().len(), office.count(OF_QUOTE)), (2, 1));
}

#[test]
fn a_mark_that_could_not_be_set_is_set_by_the_same_key() {
    let office = Shop::keeping_office();
    let request = of_quote(&quote(&office, json!({})), json!({"idempotency_key": "k"}));
    office.fault(json!({"fault": "status", "status": 422, "operation": UPDATE}));
    let error = office.failed("create", request.clone());
    assert_eq!((error.outcome, error.retryable, error.code), (Outcome::Done, true, Code::Validation), "{error}");
    let made = error.created.clone().unwrap()["operation"]["id"].clone();
    assert_eq!(office.did("create", request)["id"], json!(made.to_string()));
    let shown = office.native("operations.get", json!({"id": made}))["operation"].take();
    assert_eq!((office.shipments().len(), shown["tags"].as_array().unwrap().len()), (1, 2));
}

#[test]
fn a_quote_is_linked_to_an_operation_that_keeps_what_it_has() {
    let office = Shop::keeping_office();
    let other = json!({"contact_code": "ACME", "kind": "importation", "mode": "maritime", "client_ref": "R-1",
        "tag_list": ["vieja"]});
    let existing = office.native("operations.create", other)["operation"]["id"].clone();
    let native = json!({"operation_type": "existing", "existing_operation_id": existing});
    let mut request =
        of_quote(&quote(&office, json!({})), json!({"idempotency_key": "k", "options": {"apunto": native}}));
    request["reference"] = Value::Null;
    office.fault(json!({"fault": "reset_after", "operation": OF_QUOTE}));
    assert_eq!(office.failed("create", request.clone()).outcome, Outcome::Unknown);
    let unsure = office.failed("create", request.clone());
    assert_eq!((unsure.code, unsure.outcome), (Code::Conflict, Outcome::Unknown), "{unsure}");
    office.did("settle", json!({"idempotency_key": "k", "made": false}));
    let linked = office.did("create", request);
    assert_eq!((&linked["id"], office.shipments().len()), (&json!(existing.to_string()), 1));
    let shown = office.native("operations.get", json!({"id": existing}))["operation"].take();
    assert_eq!(
        (&shown["client_ref"], &shown["tags"][0], &shown["tags"][1]),
        (&json!("R-1"), &json!("vieja"), &json!("urgente"))
    );
}

#[test]
fn a_road_service_with_its_papers_is_made_with_its_operation() {
    let office = Shop::keeping_office();
    let road = json!({"mode": "land", "shipment_kind": "national", "shipment_type": "ltl", "supplier_code": "MAERSK",
        "customs_agent_code": "ADUANAS-MX", "customs_address_code": "ADUANA-VERACRUZ", "customs_reference": "26-47",
        "carta_porte": "CCP-1", "pedimento": "26 47 3807 6000001", "manifiesto_carga": "M-1", "guide_number": "G-1",
        "pickup_date": "2026-12-01", "delivery_date": "2026-12-03", "dispatch_appointment_at": "2026-12-01T15:00:00Z",
        "observations": "frágil", "tag_list": ["refrigerado"]});
    let request = order(json!({"idempotency_key": "k", "options": {"apunto": {"services": [road.clone()]}}}));
    // The look for its lost reply knows it again, in the form in which Apunto shows it.
    office.fault(json!({"fault": "reset_after", "operation": "POST /services"}));
    let made = office.did("create", request);
    assert_eq!(office.shipments()[0]["services"], 1);
    let mut sent = office.sent("POST /services")["service"].take();
    sent.as_object_mut().unwrap().remove("operation_id");
    assert_eq!(sent, road);
    let service = made["raw"]["services"][0]["id"].clone();
    let shown = office.native("services.get", json!({"id": service}))["service"].take();
    assert_eq!((&shown["shipment_type"], &shown["carta_porte"]), (&json!("ltl"), &json!("CCP-1")));
    assert_eq!(shown["customs_agent"]["alias"], "ADUANAS-MX");
    for (name, code) in [("customs_agent_code", "NADIE"), ("customs_address_code", "NADA"), ("supplier_code", "NADIE")]
    {
        let wrong = with(json!({"mode": "land"}), json!({name: code}));
        let error = office.failed("create", order(json!({"options": {"apunto": {"services": [wrong]}}})));
        assert_eq!(fields(&error), [format!("options.apunto.services[0].{name}")], "{error}");
        assert_eq!(error.outcome, Outcome::Done);
    }
}
