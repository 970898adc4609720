//! Which orders are refused, in which words, and what a good one costs.

use super::{CARRIER, Shop, order};
use serde_json::{Value, json};

#[test]
fn a_price_has_the_fields_of_the_api_reference() {
    let shop = Shop::open();
    let mut body = order();
    for (at, (lat, lng)) in [("4.6762105880001", "-74.050461658"), ("4.6950", "-74.0400")].into_iter().enumerate() {
        body["coordinates"][at]["lat"] = json!(lat);
        body["coordinates"][at]["lng"] = json!(lng);
    }
    // The API reference's own sample: 3 km there and back.
    let expected = json!({
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
        "roundtrip": 1,
    });
    assert_eq!(shop.data("/delivery/calculation", &body), expected);
    body["coordinates"][0]["lat"] = json!("-74.05");
    body["coordinates"][0]["lng"] = json!("4.67");
    let message = shop.refused("/delivery/calculation", &body, 400);
    assert!(message.contains("[coordinates[0].lat] The value -74.05 is not in Colombia\n"), "{message}");
}

#[test]
fn what_is_missing_is_said_a_line_a_field() {
    let shop = Shop::open();
    let mut body = order();
    body.as_object_mut().expect("an object").remove("type_service");
    body["coordinates"][1].as_object_mut().expect("an object").remove("address");
    let wanted = "[type_service] The property type_service is required\n[coordinates[1].address] The property address is required\n";
    assert_eq!(shop.refused("/delivery/calculation", &body, 400), wanted);
    assert_eq!(shop.refused("/delivery/create", &body, 400), wanted);
    shop.set(&json!({"status_in_body_only": true}));
    let (status, reply) = shop.post("/delivery/create", &body);
    assert_eq!((status, &reply["status_code"]), (200, &json!(400)));
    assert_eq!(reply["message"], wanted);
    let shipments = shop.sandbox.control(CARRIER, "GET", "shipments", &Value::Null);
    assert_eq!(shipments, json!({"shipments": []}));
}

#[test]
fn every_field_is_judged() {
    let shop = Shop::open();
    let cases = [
        ("/id_user", json!(99), "[id_user] The user does not belong to the client"),
        ("/city", json!(6), "[city] The value 6 is not allowed"),
        ("/city", json!("Cali"), "[city] String value found, but an integer is required"),
        ("/roundtrip", json!(true), "[roundtrip] Boolean value found, but an integer is required"),
        ("/type_service", json!(null), "[type_service] NULL value found, but an integer is required"),
        ("/declared_value", json!(10.5), "[declared_value] Number value found"),
        ("/start_date", json!("2126-1-10"), "[start_date] Invalid date \"2126-1-10\""),
        ("/start_date", json!("2126-02-30"), "[start_date] Invalid date"),
        ("/start_date", json!("2016-01-10"), "[start_date] The start date is in the past"),
        ("/start_time", json!("06:00"), "[start_time] Invalid time"),
        ("/user_payment_type", json!(4), "[user_payment_type] The value 4 is not allowed"),
        ("/type_task_cargo_id", json!([]), "[type_task_cargo_id] Array value found"),
        ("/observation", json!(7), "[observation] Number value found, but a string is required"),
        ("/coordinates", json!("x"), "[coordinates] String value found, but an array is required"),
        ("/coordinates", json!([]), "[coordinates] At least one pickup (type 0) is required"),
        ("/coordinates/0/type", json!("1"), "[coordinates] At least one pickup (type 0) is required"),
        ("/coordinates/1/type", json!(0), "[coordinates] At least one delivery (type 1) is required"),
        ("/coordinates/1/type", json!("2"), "[coordinates[1].type] The value 2 is not allowed"),
        ("/coordinates/1/address", json!(" "), "[coordinates[1].address] Must be at least 1 characters long"),
        ("/coordinates/0/lat", json!(4.6), "[coordinates[0].lng] The property lng is required"),
        ("/coordinates/1/order_id", json!(""), "[coordinates[1].order_id] Must be 1 to 60"),
        ("/coordinates/1/description", json!(null), "[coordinates[1].description] NULL value found"),
        ("/coordinates/1/client_data/client_name", json!(""), "[coordinates[1].client_data.client_name] Must be"),
        ("/coordinates/1/client_data/client_phone", json!("no"), "client_phone] The phone has no digits"),
        ("/coordinates/1/client_data/products_value", json!("8.7"), "products_value] String value found"),
        ("/coordinates/1/client_data/payment_type", json!(0), "payment_type] The value 0 is not allowed"),
        ("/coordinates/1/products/0/id_point", json!(9), "products[0].id_point] The value 9 is not allowed"),
        ("/coordinates/1/products/1/quantity", json!(0), "products[1].quantity] The value 0 is not allowed"),
    ];
    for (place, value, wanted) in cases {
        let mut body = order();
        match body.pointer_mut(place) {
            Some(found) => *found = value,
            None => {
                let (parent, name) = place.rsplit_once('/').expect("a place");
                body.pointer_mut(parent).expect("its parent")[name] = value;
            }
        }
        let message = shop.refused("/delivery/create", &body, 400);
        assert!(message.contains(wanted) && message.ends_with('\n'), "{place}: {message}");
    }
    // Numbers may be texts.
    let mut body = order();
    body["id_user"] = json!("1234");
    body["city"] = json!("8");
    body["coordinates"][1]["order_id"] = json!("PEDIDO-1");
    shop.data("/delivery/create", &body);
    shop.set(&json!({"order_id_integer": true}));
    let message = shop.refused("/delivery/create", &body, 400);
    assert_eq!(message, "[coordinates[1].order_id] String value found, but an integer is required\n");
}

#[test]
fn the_body_is_json_and_says_so() {
    let shop = Shop::open();
    let headers = format!("access_token: {}\r\n", shop.token);
    assert_eq!(shop.send("/task", &headers, "{}").0, 400);
    let headers = format!("Content-Type: application/json\r\n{headers}");
    assert_eq!(shop.send("/task", &headers, "[]").0, 400);
    assert_eq!(shop.send("/tasks", &headers, "{}").0, 404);
}
