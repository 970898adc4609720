//! The document's own examples, word for word: comments taken out, commas and braces put where they are missing,
//! `XXXX` filled in. Then the odd forms.

use super::super::{CARRIER, auth, endpoints, locate, order, push, wire};
use super::*;
use crate::carriers::endpoint::{Endpoint, sort};
use crate::model::request::{self, Create, Quote};
use crate::model::{Code, Error};
use crate::net::http::Reply;
use jiff::civil::date;
use reqwest::header::HeaderMap;
use serde_json::json;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn reply(status: u16) -> Reply {
    Reply { status, headers: HeaderMap::new(), body: Vec::new().into() }
}

fn refusal(status: u16, json: &Value) -> crate::carriers::Refusal {
    wire::refusal(false, &reply(status), Some(json)).unwrap()
}

/// What is wrong with a request, by the paths of its fields.
fn paths(error: &Error) -> Vec<&str> {
    assert_eq!(error.code, Code::InvalidRequest);
    error.fields.iter().map(|problem| problem.field.as_str()).collect()
}

/// A native call takes the sample as the document writes it.
fn takes(endpoint: &'static Endpoint, sample: &Value) {
    let params = sort(endpoint, sample.as_object().unwrap().clone()).unwrap();
    assert_eq!(params.body.as_ref(), Some(sample));
}

// ---- Autenticación

#[test]
fn the_token_lives_for_its_seconds_from_when_it_was_asked_for() {
    let json = parsed(
        r#"{
            "access_token": "d0590dfe87126ba6e8993ade0407307282cb693c",
            "expires_in": 3600,
            "token_type": "Bearer",
            "scope": null
        }"#,
    );
    let token = auth::token(&json, 1_000).unwrap();
    assert_eq!(token.value, "d0590dfe87126ba6e8993ade0407307282cb693c");
    assert_eq!(token.expires_at_ms, Some(3_601_000));
    assert!(wire::refusal(true, &reply(200), Some(&json)).is_none());
    // As text, or not at all.
    assert_eq!(auth::token(&json!({"access_token": "a", "expires_in": "60"}), 0).unwrap().expires_at_ms, Some(60_000));
    assert_eq!(auth::token(&json!({"access_token": "a"}), 0).unwrap().expires_at_ms, Some(3_600_000));
    assert!(auth::token(&json!({"expires_in": 3600}), 0).is_none());
}

#[test]
fn each_error_of_oauth_is_told_in_its_own_words() {
    for (text, code, words) in [
        (
            r#"{
                "error": "invalid_request",
                "error_description": "The grant type was not specified in the request"
            }"#,
            Code::Validation,
            "The grant type was not specified in the request",
        ),
        (
            r#"{
                "error": "unsupported_grant_type",
                "error_description": "Grant type \"xxxxxx\" not supported"
            }"#,
            Code::Validation,
            "Grant type \"xxxxxx\" not supported",
        ),
        (
            r#"{
                "error": "invalid_client",
                "error_description": "client credentials are required"
            }"#,
            Code::Authentication,
            "client credentials are required",
        ),
        (
            r#"{
                "error": "invalid_client",
                "error_description": "The client credentials are invalid"
            }"#,
            Code::Authentication,
            "The client credentials are invalid",
        ),
    ] {
        let json = parsed(text);
        // The document's 400, and the same with an HTTP status that says nothing.
        for status in [400, 200] {
            let refusal = wire::refusal(true, &reply(status), Some(&json)).unwrap();
            assert_eq!(refusal.code, code, "{text}");
            assert_eq!(refusal.carrier_message.as_deref(), Some(words));
            assert_eq!(refusal.carrier_code, crate::carriers::loose::text(&json, "error"));
        }
    }
}

// ---- Calcular el valor de un servicio

const QUOTE: &str = r#"{
    "id_user": 1234,
    "type_service": 4,
    "roundtrip": 1,
    "city":1,
    "coordinates": [
        {
            "type": "0",
            "id_point": "1",
            "lng": "-74.050461658",
            "lat": "4.6762105880001",
            "address": "cra 14b 112 45",
            "city":"bogota"
        }, {
            "type": "1",
            "address": "cra 15 127 ",
            "city":"bogota"
        }
    ]
}"#;

fn quoted(change: impl FnOnce(&mut Value)) -> Result<Value, Error> {
    priced(change, None, &json!({}))
}

fn priced(change: impl FnOnce(&mut Value), city: Option<i64>, native: &Value) -> Result<Value, Error> {
    let mut request = json!({
        "origin": {
            "street": "cra 14b", "number": "112 45", "city": "bogota",
            "latitude": 4.6762105880001, "longitude": "-74.050461658",
        },
        "destination": {"street": "cra 15 127 ", "city": "bogota"},
        "parcels": [{"weight": {"value": 1, "unit": "kg"}}],
        "round_trip": true,
    });
    change(&mut request);
    let request: Quote = request::read(request, &request::QUOTE)?;
    order::quote(&request, &order::Terms { service: 4, city, native })
}

/// The sample as flete writes it: the user's id comes with the account, and no address ends with a space.
fn tidied(sample: &str) -> Value {
    let mut sample = parsed(sample);
    sample.as_object_mut().unwrap().shift_remove("id_user");
    sample["coordinates"][1]["address"] = json!("cra 15 127");
    sample
}

#[test]
fn a_quote_is_asked_as_the_document_does() {
    takes(&endpoints::QUOTE, &parsed(QUOTE));
    assert_eq!(quoted(|_| {}).unwrap(), tidied(QUOTE));
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
    assert!(wire::refusal(false, &reply(200), Some(&json)).is_none());
    let rate = serde_json::to_value(rate(&json, service(Some("4".to_owned())))).unwrap();
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
    assert_eq!(read.distance_km, Some(json!(3.5)));
    assert_eq!(read.raw, odd);
    for odd in [json!(null), json!([]), json!({"data": []}), json!({"data": {"total_service": null}})] {
        assert!(rate(&odd, Service::default()).total.is_none());
    }
}

#[test]
fn a_missing_field_is_told_by_its_name() {
    let json = parsed(
        r#"{
            "version": "v1",
            "status": "error",
            "status_code": 400,
            "message": "[type_service] The property type_service is required\n",
            "href": "http://dev.api.mensajerosurbanos.com/delivery/calculation"
        }"#,
    );
    // The body counts, whatever the HTTP status.
    for status in [400, 200] {
        let refusal = refusal(status, &json);
        assert_eq!(refusal.code, Code::Validation);
        assert_eq!(refusal.fields, [("type_service".to_owned(), "The property type_service is required".to_owned())]);
        assert_eq!(refusal.carrier_code.as_deref(), Some("400"));
        assert_eq!(refusal.nothing_done, None, "a refusal: nothing was done");
    }
}

#[test]
fn the_bodys_status_counts_beside_https() {
    let said = |code: Value, message: &str| json!({"status": "error", "status_code": code, "message": message});
    assert_eq!(refusal(200, &said(json!(401), "no")).code, Code::Authentication);
    assert_eq!(refusal(200, &said(json!("404"), "no")).code, Code::NotFound);
    assert_eq!(refusal(200, &said(json!(429), "no")).code, Code::RateLimited);
    // What went wrong within the carrier may have been done.
    let failed = refusal(200, &said(json!(500), "no"));
    assert_eq!((failed.code, failed.nothing_done), (Code::CarrierUnavailable, Some(false)));
    let failed = refusal(502, &said(json!(401), "no"));
    assert_eq!((failed.code, failed.nothing_done), (Code::CarrierUnavailable, None), "HTTP's own 5xx says it already");
    let vague = refusal(200, &json!({"status": "error", "message": "something"}));
    assert_eq!((vague.code, vague.nothing_done), (Code::CarrierResponse, Some(false)));
    let fields =
        refusal(200, &json!({"status": "error", "message": "[city] no\n[coordinates[1].address] is\tbad\n\n"}));
    assert_eq!((fields.code, fields.nothing_done), (Code::Validation, None));
    assert_eq!(fields.fields[1], ("coordinates[1].address".to_owned(), "is\tbad".to_owned()));
    assert_eq!(fields.carrier_message.as_deref(), Some("[city] no [coordinates[1].address] is bad"));
    for good in [json!({"status": "success"}), json!({"data": {}}), json!([1]), json!({"status_code": "200"})] {
        assert!(wire::refusal(false, &reply(200), Some(&good)).is_none(), "{good}");
    }
    assert_eq!(wire::refusal(false, &reply(503), None).unwrap().code, Code::CarrierUnavailable);
}

#[test]
fn cities_go_by_name_without_accents_or_case() {
    for (name, id) in [
        ("Bogotá", 1),
        ("BOGOTA D.C.", 1),
        ("Bogotá, D. C.", 1),
        ("bogotá dc", 1),
        ("cali", 2),
        ("Medelli\u{301}n", 3),
        ("Barranquilla", 4),
        ("VILLAVICENCIO", 5),
        ("Cartagena", 8),
        ("santa  marta", 9),
        ("Bucaramanga", 10),
        ("Ibague", 11),
    ] {
        assert_eq!(quoted(|request| request["origin"]["city"] = json!(name)).unwrap()["city"], id, "{name}");
    }
    let error = quoted(|request| request["origin"]["city"] = json!("Leticia")).unwrap_err();
    assert_eq!(paths(&error), ["origin.city"]);
    assert!(error.message.contains("Leticia") && error.message.contains("Bogotá, Cali, Medellín"), "{error}");
    // The account's city is for an origin without one, and never for one that isn't known.
    let nowhere = |request: &mut Value| request["origin"]["city"] = json!(null);
    assert_eq!(paths(&quoted(nowhere).unwrap_err()), ["origin.city"]);
    let body = priced(nowhere, Some(3), &json!({})).unwrap();
    assert_eq!((&body["city"], &body["coordinates"][0]["city"]), (&json!(3), &json!("Medellín")));
    assert!(priced(|request| request["origin"]["city"] = json!("Leticia"), Some(3), &json!({})).is_err());
    // A city that flete doesn't know can be named by its number.
    let body = priced(|request| request["origin"]["city"] = json!("Leticia"), None, &json!({"city": 77})).unwrap();
    assert_eq!((&body["city"], &body["coordinates"][0]["city"]), (&json!(77), &json!("Leticia")));
}

#[test]
fn what_a_quote_lacks_is_told_at_once() {
    let error = quoted(|request| {
        request["origin"] = json!({"latitude": 4.6});
        request["destination"] = json!({"name": "Ana", "longitude": -74});
        request["insured_value"] = json!({"amount": "10.50", "currency": "COP"});
        request["parcels"][0]["declared_value"] = json!({"amount": 1, "currency": "USD"});
        request["urgent"] = json!(true);
    })
    .unwrap_err();
    assert_eq!(
        paths(&error),
        [
            "urgent",
            "origin.city",
            "origin.longitude",
            "origin.street",
            "destination.latitude",
            "destination.street",
            "destination.city",
            "parcels[0].declared_value.currency",
            "insured_value.amount",
        ]
    );
}

// ---- Crear servicio

const CREATE: &str = r#"{
    "id_user": 1234,
    "type_service": 4,
    "roundtrip": 1,
    "declared_value": 10000,
    "city":1,
    "start_date": "2016-01-10",
    "start_time": "06:00:00",
    "user_payment_type":1,
    "type_segmentation":1,
    "type_task_cargo_id":2,
    "observation":"Lorem Ipson dalarm",
    "coordinates": [
        {
            "type": "0",
            "id_point": "1",
            "address": "cra 14b 112 45",
            "city":"bogota",
            "order_id":34344,
            "description": "Punto de recogida 1"
        },{
            "type": "1",
            "address": "cra 15 127 ",
            "city":"bogota",
            "order_id":34344,
            "description": "Punto de entrega",
            "client_data": {
                "client_name": "Jhonnatan Acosta",
                "client_phone": "3214567890",
                "client_document":"989839",
                "client_email": "chato@mensajeros.com",
                "products_value": 8700,
                "domicile_value": 1300,
                "payment_type": 1
            },
            "products": [
                {
                    "sku": "001",
                    "product_name": "Producto 1",
                    "url_img": "http://dominiocliente.com/img1.png",
                    "value": 2500,
                    "quantity": 5,
                    "id_point": 1
                },
                {
                    "sku": "002",
                    "product_name": "Producto 2",
                    "url_img": "http://dominiocliente.com/img2.png",
                    "value": 5000,
                    "quantity": 1,
                    "id_point": 1
                },
                {
                    "sku": "003",
                    "product_name": "Producto 3",
                    "urm_img": "http://dominiocliente.com/img3.png",
                    "value": 1200,
                    "quantity": 3,
                    "id_point": 2
                }
            ]
        }
    ]
}"#;

fn ordered(change: impl FnOnce(&mut Value), native: &Value, mark: Option<&str>) -> Result<Value, Error> {
    let cop = |amount: i64| json!({"amount": amount, "currency": "COP"});
    let item = |number: i64, value: i64, quantity: i64| {
        json!({
            "sku": format!("00{number}"), "name": format!("Producto {number}"), "quantity": quantity,
            "unit_price": cop(value), "image_url": format!("http://dominiocliente.com/img{number}.png"),
        })
    };
    let mut request = json!({
        "reference": "34344",
        "origin": {"street": "cra 14b 112 45", "city": "bogota", "instructions": "Punto de recogida 1"},
        "destination": {
            "street": "cra 15 127 ", "city": "bogota", "instructions": "Punto de entrega",
            "name": "Jhonnatan Acosta", "phone": "3214567890", "email": "chato@mensajeros.com",
        },
        "parcels": [{"weight": {"value": 1, "unit": "kg"}}],
        "pickup": {"date": "2016-01-10", "from": "06:00"},
        "round_trip": true,
        "notes": "Lorem Ipson dalarm",
        "declared_value": cop(10_000),
        "items": [item(1, 2_500, 5), item(2, 5_000, 1), item(3, 1_200, 3)],
        "cash_on_delivery": {"amount": cop(8_700), "method": "cash"},
    });
    change(&mut request);
    let request: Create = request::read(request, &request::CREATE)?;
    let terms = order::Terms { service: 4, city: None, native };
    order::create(&request, &terms, mark, date(2016, 1, 9).at(22, 5, 7, 0))
}

#[test]
fn a_create_is_asked_as_the_document_does() {
    takes(&endpoints::CREATE, &parsed(CREATE));
    let native = json!({"type_segmentation": 1, "client_document": "989839", "client_data": {"domicile_value": 1300}});
    let mut sample = tidied(CREATE);
    // One misspelling, and a point that is another shop's: flete buys at the pickup.
    let third = sample["coordinates"][1]["products"][2].as_object_mut().unwrap();
    let picture = third.shift_remove("urm_img").unwrap();
    third.insert("url_img".to_owned(), picture);
    third["id_point"] = json!(1);
    assert_eq!(ordered(|_| {}, &native, None).unwrap(), sample);
}

#[test]
fn a_plain_create_leaves_out_what_it_lacks() {
    let body = ordered(
        |request| {
            *request = json!({
                "origin": {"street": "Calle 1", "city": "Cali", "company": "Sol", "phone": "300"},
                "destination": {"street": "Calle 2", "city": "Cali"},
                "parcels": [
                    {"weight": {"value": 1, "unit": "kg"}, "description": "Camisa", "quantity": 2,
                     "declared_value": {"amount": "1500", "currency": "COP"}},
                    {"weight": {"value": 1, "unit": "kg"}, "declared_value": {"amount": "500.00", "currency": "COP"}},
                ],
            });
        },
        &json!({}),
        Some("fl-0123456789abcdef"),
    )
    .unwrap();
    assert_eq!(
        body,
        json!({
            "type_service": 4,
            "roundtrip": 0,
            "city": 2,
            "coordinates": [
                {"type": "0", "id_point": "1", "address": "Calle 1", "city": "Cali", "description": "Sol, 300"},
                {"type": "1", "address": "Calle 2", "city": "Cali",
                 "description": "2 × Camisa [fl-0123456789abcdef]"},
            ],
            "declared_value": 3500,
            // Now, in Bogotá.
            "start_date": "2016-01-09",
            "start_time": "22:05:07",
            // Nothing is paid at the door.
            "user_payment_type": 3,
            "type_task_cargo_id": 2,
        })
    );
}

#[test]
fn payment_goes_by_its_number_and_the_service_by_its_own() {
    for (method, number) in [("cash", 1), ("card", 2), ("online", 3)] {
        let body = ordered(
            |request| {
                request["cash_on_delivery"]["method"] = json!(method);
                request["service"] = json!({"code": "1", "name": "Express"});
            },
            &json!({}),
            None,
        )
        .unwrap();
        let client = &body["coordinates"][1]["client_data"];
        assert_eq!((&body["user_payment_type"], &client["payment_type"]), (&json!(number), &json!(number)));
        assert_eq!(body["type_service"], 1);
    }
}

#[test]
fn a_reference_is_a_number_only_where_it_stays_what_it_is() {
    for (reference, order) in [
        ("34344", json!(34344)),
        ("00123", json!("00123")),
        ("A-77", json!("A-77")),
        ("99999999999999999999", json!("99999999999999999999")),
        ("+5", json!("+5")),
    ] {
        let body = ordered(|request| request["reference"] = json!(reference), &json!({}), None).unwrap();
        assert_eq!(body["coordinates"][0]["order_id"], order);
        assert_eq!(body["coordinates"][1]["order_id"], order);
    }
}

#[test]
fn the_mark_outlives_points_that_the_caller_wrote_himself() {
    let native = json!({"coordinates": [{"type": 0}, {"type": 1, "description": 7}, {"type": "1"}, {"type": "0"}]});
    let body = ordered(|_| {}, &native, Some("fl-x")).unwrap();
    assert_eq!(body["coordinates"][2]["description"], "[fl-x]");
    let error = ordered(|_| {}, &json!({"coordinates": []}), Some("fl-x")).unwrap_err();
    assert_eq!(paths(&error), ["options.mensajeros_urbanos.coordinates"]);
    // Without anything to say of the goods, the order is named.
    let body = ordered(|request| request["destination"]["instructions"] = json!(null), &json!({}), Some("fl-x"));
    assert_eq!(body.unwrap()["coordinates"][1]["description"], "Pedido 34344 [fl-x]");
}

#[test]
fn a_pickup_needs_its_time_unless_it_is_today() {
    let on = |pickup: Value| move |request: &mut Value| request["pickup"] = pickup;
    let body = ordered(on(json!({"date": "2016-01-09", "to": "23:30"})), &json!({}), None).unwrap();
    assert_eq!((&body["start_date"], &body["start_time"]), (&json!("2016-01-09"), &json!("22:05:07")));
    assert_eq!(body["observation"], "Lorem Ipson dalarm\nRecoger a más tardar a las 23:30");
    let later = json!({"date": "2016-01-12"});
    assert_eq!(paths(&ordered(on(later.clone()), &json!({}), None).unwrap_err()), ["pickup.from"]);
    assert_eq!(ordered(on(later), &json!({"start_time": "07:30:00"}), None).unwrap()["start_time"], "07:30:00");
}

#[test]
fn what_a_create_lacks_is_told_at_once() {
    let error = ordered(
        |request| {
            request["service"] = json!("express");
            request["declared_value"] = json!({"amount": "1", "currency": "MXN"});
            request["items"][1]["unit_price"] = json!({"amount": "0.5", "currency": "COP"});
            request["cash_on_delivery"]["amount"] = json!({"amount": 5, "currency": "CRC"});
            request["destination"]["city"] = json!(" ");
        },
        &json!({}),
        None,
    )
    .unwrap_err();
    assert_eq!(
        paths(&error),
        [
            "destination.city",
            "service",
            "declared_value.currency",
            "cash_on_delivery.amount.currency",
            "items[1].unit_price.amount",
        ]
    );
}

#[test]
fn the_carriers_fields_lead_back_to_the_request() {
    for (field, place) in [
        ("type_service", "service"),
        ("city", "origin.city"),
        ("start_date", "pickup.date"),
        ("start_time", "pickup.from"),
        ("coordinates[0]", "origin"),
        ("coordinates[0].lat", "origin.latitude"),
        ("coordinates[0].description", "origin.instructions"),
        ("coordinates[1].address", "destination.street"),
        ("coordinates[1].order_id", "reference"),
        ("coordinates[1].description", "parcels[0].description"),
        ("coordinates[1].client_data.client_phone", "destination.phone"),
        ("coordinates[1].client_data.client_document", "options.mensajeros_urbanos.client_document"),
        ("coordinates[1].client_data.products_value", "cash_on_delivery.amount"),
        ("coordinates[1].products", "items"),
        ("coordinates[1].products[2].sku", "items[2].sku"),
        ("coordinates[1].products[0].value", "items[0].unit_price"),
        ("coordinates[1].products[0].id_point", "items[0]"),
    ] {
        assert_eq!(locate::locate("deliveries.create", field).as_deref(), Some(place), "{field}");
    }
    assert_eq!(locate::locate("tasks.get", "task_id").as_deref(), Some("id"));
    assert_eq!(locate::locate("deliveries.create", "something"), None);
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
    assert!(wire::refusal(false, &reply(200), Some(&json)).is_none());
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

// ---- Servicios Activos

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
fn a_list_is_asked_as_the_document_does() {
    takes(
        &endpoints::LIST,
        &parsed(
            r#"{
                "id_user":1234,
                "type":1,
                "page": 1
            }"#,
        ),
    );
}

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
    assert!(marked(task, "segunda") && !marked(task, "tercera"));
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
    assert!(!marked(&odd, "fl-x"));
    // The words alone do, where they are the document's; a state that it doesn't have stays unknown.
    assert_eq!(shipment(&json!({"status": "En Espera"})).status, Status::PreTransit);
    let new = shipment(&json!({"status_id": 9, "status": "Extraviada"}));
    assert_eq!((new.status, new.carrier_status.as_deref()), (Status::Unknown, Some("Extraviada")));
    for odd in [json!(null), json!([]), json!({"history": [null, 5, {}]})] {
        assert_eq!(shipment(&odd).id, None);
    }
    assert_eq!(endpoints::pages(&json!({"data": {"total_pages": "12"}})), Some(12));
    assert_eq!(endpoints::pages(&json!({"data": {"total_pages": -1}})), None);
}

// ---- Detalle de un servicio

#[test]
fn a_tasks_own_status_wins_over_its_history() {
    takes(
        &endpoints::GET,
        &parsed(
            r#"{
                "id_user":1234,
                "task_id":28852
            }"#,
        ),
    );
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
    assert_eq!(codes, ["8", "2", "5"]);
    assert_eq!((read.events[0].status, read.events[0].at.as_deref()), (Status::Unknown, None));
    assert_eq!(read.delivered_at.as_deref(), Some("2024-03-01T10:00:00-05:00"));
    // Without a status of its own the last line says where it is.
    assert_eq!(tracking(&json!({"data": {"history": [{"status_id": 4}]}})).status, Status::InTransit);
    assert_eq!(tracking(&json!(null)).status, Status::Unknown);
}

#[test]
fn each_state_is_in_one_of_the_two_lists() {
    let ids = |kind| states_of(kind).map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(1), ["1", "2", "3", "4"]);
    assert_eq!(ids(2), ["5", "6"]);
}

// ---- Url de seguimiento

const TOKEN: &str = "ASX4DSAD3EGQSAS";

/// The six samples: the first as it is, then those of "Respuestas", each with what its heading says.
const PUSHES: &[(&str, &str, Status, Option<(&str, &str)>, Option<&str>)] = &[
    (
        r#"{
            "token": "ASX4DSAD3EGQSAS",
            "date": "2016 - 12 - 12 10: 22: 03",
            "details": {
                "uuid": "54683902",
                "mensajero": "Jhonnatan DEV",
                "status": "create",
                "status_id": 1,
                "phone": 300600000,
                "num_place": 4543,
                "status_place": 1,
                "url": "localhost"
            }
        }"#,
        "create",
        Status::PreTransit,
        Some(("Jhonnatan DEV", "300600000")),
        Some("localhost"),
    ),
    (
        r#"{
            "token": "ASX4DSAD3EGQSAS",
            "date": "2016 - 12 - 12 10: 22: 03",
            "details": {
                "uuid": "54683902",
                "mensajero": "",
                "status": "on_hold",
                "status_id": 2,
                "phone": 0,
                "num_place":0,
                "status_place": 0,
                "url":NULL
            }
        }"#,
        "on_hold",
        Status::PreTransit,
        None,
        None,
    ),
    (
        r#"{
            "token": "ASX4DSAD3EGQSAS",
            "date": "2016 - 12 - 12 10: 22: 03",
            "details": {
                "uuid": "54683902",
                "mensajero": "Jhonnatan DEV",
                "status": "assigned",
                "status_id": 3,
                "phone": 300600000,
                "num_place":NULL,
                "status_place": NULL,
                "url":
                "dev.front.mentajerosurbanos.com/track-service-external#?uuid=54683902"
            }
        }"#,
        "assigned",
        Status::PreTransit,
        Some(("Jhonnatan DEV", "300600000")),
        Some("dev.front.mentajerosurbanos.com/track-service-external#?uuid=54683902"),
    ),
    (
        r#"{
            "token": "ASX4DSAD3EGQSAS",
            "date": "2016 - 12 - 12 10: 22: 03",
            "details": {
                "uuid": "54683902",
                "mensajero": "Jhonnatan DEV",
                "status": "in_progress",
                "status_id": 4,
                "phone": 300600000,
                "num_place":18342,
                "status_place": 1,
                "url":
                "dev.front.mentajerosurbanos.com/track-service-external#?uuid=54683902"
            }
         }"#,
        "in_progress",
        Status::InTransit,
        Some(("Jhonnatan DEV", "300600000")),
        Some("dev.front.mentajerosurbanos.com/track-service-external#?uuid=54683902"),
    ),
    (
        r#"{
            "token": "ASX4DSAD3EGQSAS",
            "date": "2016 - 12 - 12 10: 22: 03",
            "details": {
                "uuid": "54683902",
                "mensajero": "Jhonnatan DEV",
                "status": "finished",
                "status_id": 5,
                "phone": 300600000,
                "num_place":0,
                "status_place": 0,
                "url":
                "dev.front.mentajerosurbanos.com/track-service-external#?uuid=54683902"
            }
         }"#,
        "finished",
        Status::Delivered,
        Some(("Jhonnatan DEV", "300600000")),
        Some("dev.front.mentajerosurbanos.com/track-service-external#?uuid=54683902"),
    ),
    (
        r#"{
            "token": "ASX4DSAD3EGQSAS",
            "date": "2016 - 12 - 12 10: 22: 03",
            "details": {
                "uuid": "54683902",
                "mensajero": "",
                "status": "cancel",
                "status_id": 6,
                "phone": 0,
                "num_place":0,
                "status_place": 0,
                "url":NULL
            }
        }"#,
        "cancel",
        Status::Cancelled,
        None,
        None,
    ),
];

#[test]
fn each_push_of_the_document_is_read() {
    let mut keys = std::collections::HashSet::new();
    for (number, (text, word, status, courier, url)) in PUSHES.iter().enumerate() {
        let read = push::read(text, TOKEN).unwrap();
        assert_eq!(read.kind, "tracking");
        assert_eq!(read.shipment_id.as_deref(), Some("54683902"));
        assert_eq!((read.status, read.event.status), (*status, *status), "{word}");
        assert_eq!(read.event.code, Some((number + 1).to_string()));
        assert_eq!(read.event.description.as_deref(), Some(*word));
        assert_eq!(read.event.at.as_deref(), Some("2016-12-12T10:22:03-05:00"));
        let who = read.courier.as_ref().map(|who| (who.name.as_deref().unwrap(), who.phone.as_deref().unwrap()));
        assert_eq!(who, *courier, "{word}");
        assert_eq!(read.tracking_url.as_deref(), *url);
        assert!(!read.raw.to_string().contains(TOKEN), "the token is for flete alone");
        assert_eq!(read.raw["details"]["status"], *word);
        assert_eq!(push::read(text, TOKEN).unwrap().dedupe_key, read.dedupe_key, "a repeat");
        assert!(keys.insert(read.dedupe_key), "{word}");
    }
}

#[test]
fn a_push_that_isnt_theirs_is_refused() {
    let (sample, ..) = PUSHES[0];
    for (body, token) in [
        (sample.to_owned(), "another"),
        (sample.replace("ASX4DSAD3EGQSAS", "ASX4DSAD3EGQSA"), TOKEN),
        (sample.replace("\"token\"", "\"tokens\""), TOKEN),
        (sample.replace("\"ASX4DSAD3EGQSAS\"", "NULL"), TOKEN),
        ("[1]".to_owned(), TOKEN),
    ] {
        assert_eq!(push::read(&body, token).unwrap_err().code, Code::Authentication, "{body}");
    }
    assert_eq!(paths(&push::read("uuid=1", TOKEN).unwrap_err()), ["body"]);
    assert!(push::read("42", "42").is_err());
}

#[test]
fn a_push_in_odd_forms_is_still_read() {
    // NULL inside a text stays; a later stop of the same state is another push; dates come in other forms too.
    let text = r#"{"token": 12345678, "date": "2016-12-12 10:22:03", "details": {"uuid": 54683902,
        "mensajero": "Ana \"NULL\" NULL", "status": "in_progress", "status_id": "4", "phone": "3001", "num_place": 2,
        "url": NULL}, "more": [NULL, {}]}"#;
    let read = push::read(text, "12345678").unwrap();
    assert_eq!(read.shipment_id.as_deref(), Some("54683902"));
    assert_eq!(read.courier.unwrap().name.as_deref(), Some("Ana \"NULL\" NULL"));
    assert_eq!((read.status, read.event.at.as_deref()), (Status::InTransit, Some("2016-12-12T10:22:03-05:00")));
    let next = text.replace("\"num_place\": 2", "\"num_place\": 3");
    assert_ne!(push::read(&next, "12345678").unwrap().dedupe_key, read.dedupe_key);
    for (date, at) in [
        ("2016 - 12 - 12 10: 22: 03", Some("2016-12-12T10:22:03-05:00")),
        ("2016-12-12T10:22:03Z", Some("2016-12-12T10:22:03Z")),
        ("2016 - 13 - 12 10: 22: 03", None),
        ("mañana", None),
    ] {
        let body = json!({"token": "t", "date": date, "details": {"status": "finished"}}).to_string();
        let read = push::read(&body, "t").unwrap();
        assert_eq!((read.event.at.as_deref(), read.status), (at, Status::Delivered), "{date}");
    }
    let bare = push::read("{\"token\": \"t\"}", "t").unwrap();
    assert_eq!((bare.shipment_id, bare.status), (None, Status::Unknown));
}

#[test]
fn production_has_no_host_and_the_test_host_is_plain_http() {
    let none = serde_json::Map::new();
    assert_eq!((CARRIER.host)("production", &none), None);
    assert_eq!((CARRIER.host)("test", &none).as_deref(), Some("http://dev.api.mensajerosurbanos.com"));
    let open = |environment: &str| {
        let account = json!({"carrier": "mensajeros_urbanos", "environment": environment, "client_id": "a",
            "client_secret": "b", "user_id": 1});
        crate::Client::open(&json!({"accounts": [account]}).to_string())
    };
    assert!(open("test").is_ok());
    let error = open("production").unwrap_err();
    assert_eq!(error.fields[0].field, "accounts[0].base_url");
}
