//! What is asked of Mensajeros Urbanos: the API reference's own samples, word for word (comments taken out, commas put
//! where they are missing, `XXXX` filled in), then what a request may lack.

use super::super::endpoints;
use super::*;
use crate::connector::endpoint::{Endpoint, sort};
use crate::model::Code;
use crate::model::request;
use jiff::civil::date;

fn parsed(text: &str) -> Value {
    crate::json::parse(text).unwrap()
}

/// What is wrong with a request, by the paths of its fields.
fn paths(error: &Error) -> Vec<&str> {
    assert_eq!(error.code, Code::InvalidRequest);
    error.fields.iter().map(|problem| problem.field.as_str()).collect()
}

/// A native call takes the sample as the API reference writes it.
fn takes(endpoint: &'static Endpoint, sample: &Value) {
    let params = sort(endpoint, sample.as_object().unwrap().clone()).unwrap();
    assert_eq!(params.body.as_ref(), Some(sample));
}

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

const PLACE: &str = "options.mensajeros_urbanos";

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
    let native = &Native::at(PLACE, native);
    super::quote(&request, &Terms { service: 4, city, native }).map(|(body, _)| body)
}

/// The sample as flete writes it: the user's id comes with the account, and no address ends with a space.
fn tidied(sample: &str) -> Value {
    let mut sample = parsed(sample);
    sample.as_object_mut().unwrap().remove("id_user");
    sample["coordinates"][1]["address"] = json!("cra 15 127");
    sample
}

#[test]
fn a_quote_is_asked_as_the_document_does() {
    takes(&endpoints::QUOTE, &parsed(QUOTE));
    assert_eq!(quoted(|_| {}).unwrap(), tidied(QUOTE));
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
    let terms = Terms { service: 4, city: None, native: &Native::at(PLACE, native) };
    super::create(&request, &terms, mark, date(2016, 1, 9).at(22, 5, 7, 0)).map(|(body, _)| body)
}

#[test]
fn a_create_is_asked_as_the_document_does() {
    takes(&endpoints::CREATE, &parsed(CREATE));
    let native = json!({"type_segmentation": 1, "client_document": "989839", "client_data": {"domicile_value": 1300}});
    let mut sample = tidied(CREATE);
    // One misspelling, and a point that is another shop's: flete buys at the pickup.
    let third = sample["coordinates"][1]["products"][2].as_object_mut().unwrap();
    let picture = third.remove("urm_img").unwrap();
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

/// "order_id: Entero".
#[test]
fn a_reference_is_an_order_id_only_where_it_is_a_plain_whole_number() {
    for reference in ["34344", "0", "5123456789012", "9007199254740991"] {
        let body = ordered(|request| request["reference"] = json!(reference), &json!({}), None).unwrap();
        for index in [0, 1] {
            assert_eq!(body["coordinates"][index]["order_id"].to_string(), reference);
        }
        let description = body["coordinates"][1]["description"].as_str().unwrap();
        assert!(!description.contains(reference), "{description}");
    }
    for reference in [
        "#1001",
        "SO0042",
        "XKBKNABJK",
        "00123",
        "A-77",
        "99999999999999999999",
        "9007199254740992",
        "+5",
        "-5",
        "1e3",
        "1.0",
        "10 01",
        "Pedido 5",
        "a [b]",
    ] {
        for (mark, native) in [(None, json!({})), (Some("fl-0123456789abcdef"), json!({}))] {
            let body = ordered(|request| request["reference"] = json!(reference), &native, mark).unwrap();
            for index in [0, 1] {
                let point = &body["coordinates"][index];
                assert_eq!(point.get("order_id"), None, "{reference}");
                let description = point["description"].as_str().unwrap();
                assert!(description.starts_with(&format!("Pedido {reference} | ")), "{description}");
                assert_eq!(reference_of(description), Some(reference), "{description}");
            }
        }
    }
    // Alone in its description.
    for mark in ["", " [fl-0123456789abcdef]"] {
        assert_eq!(reference_of(&format!("Pedido #1001{mark}")), Some("#1001"));
    }
    for other in ["", "Camisa [fl-0123456789abcdef]", "Pedido ", "Pedidos varios"] {
        assert_eq!(reference_of(other), None, "{other}");
    }
}

#[test]
fn a_telephone_goes_as_its_ten_digits() {
    for (given, sent) in [
        ("3214567890", "3214567890"),
        ("+57 321 456 7890", "3214567890"),
        ("+57 (321) 456-7890", "3214567890"),
        ("57 3214567890", "3214567890"),
        ("0057-321-456-7890", "3214567890"),
        ("321 456 7890 ext. 12", "321 456 7890 ext. 12"),
        ("+1 305 555 0100", "+1 305 555 0100"),
        ("5712345", "5712345"),
    ] {
        assert_eq!(phone(given), sent);
    }
}

#[test]
fn the_mark_outlives_points_that_the_caller_wrote_himself() {
    let point = |kind: Value| json!({"type": kind, "address": "cra 15 127", "city": "bogota"});
    let points = [point(json!(0)), point(json!(1)), point(json!("1")), point(json!("0"))];
    let body = ordered(|_| {}, &json!({"coordinates": points}), Some("fl-x")).unwrap();
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
    // One that has begun starts now.
    let body = ordered(on(json!({"date": "2016-01-09", "from": "20:00", "to": "23:30"})), &json!({}), None).unwrap();
    assert_eq!(body["start_time"], "22:05:07");
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
    let item = json!({"name": "Agua", "quantity": 1, "unit_price": {"amount": 1000, "currency": "COP"}});
    let request = request::read(
        json!({
            "account": "mu", "items": [item, item, item], "parcels": [{"weight": {"value": 1, "unit": "kg"}}],
            "origin": {"street": "cra 14b", "city": "bogota"}, "destination": {"street": "cra 15", "city": "bogota"},
        }),
        &request::CREATE,
    )
    .unwrap();
    let none = json!({});
    let terms = Terms { service: 4, city: None, native: &Native::at(PLACE, &none) };
    let (_, sources) = super::create(&request, &terms, None, date(2016, 1, 9).at(22, 5, 7, 0)).unwrap();
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
        ("coordinates[1].client_data.client_document", "destination.tax_id"),
        ("coordinates[1].client_data.domicile_value", "options.mensajeros_urbanos.domicile_value"),
        ("coordinates[1].client_data.products_value", "cash_on_delivery.amount"),
        ("coordinates[1].products", "items"),
        ("coordinates[1].products[2].sku", "items[2].sku"),
        ("coordinates[1].products[0].value", "items[0].unit_price"),
        ("coordinates[1].products[0].id_point", "items[0]"),
    ] {
        assert_eq!(sources.find(field).as_deref(), Some(place), "{field}");
    }
    assert_eq!(sources.find("something"), None);
}

#[test]
fn tasks_are_asked_for_as_the_document_does() {
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
    takes(
        &endpoints::GET,
        &parsed(
            r#"{
                "id_user":1234,
                "task_id":28852
            }"#,
        ),
    );
}
