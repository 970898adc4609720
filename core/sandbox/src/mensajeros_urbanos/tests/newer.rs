//! What is newer than the API reference of 2016 and came to its calls too: each by a setting, or when a test asks for a failed delivery.

use super::{CARRIER, Shop, order};
use serde_json::{Value, json};

#[test]
fn a_failed_delivery_is_finished_with_a_status_of_its_own() {
    let shop = Shop::open();
    let (uuid, other) = (shop.create(), shop.create());
    let task = |uuid: &str| {
        shop.set(&json!({"task_by_uuid": true}));
        shop.data("/task", &json!({"id_user": 1234, "uuid": uuid}))
    };
    let push = |uuid: &str, to: &str| {
        let moved = shop.control("advance", &json!({"id": uuid, "to": to}));
        let push: Value = serde_json::from_str(moved["push"].as_str().expect("a push")).expect("JSON");
        push["details"].clone()
    };
    let pushed = push(&uuid, "failed");
    let (read, row) = (task(&uuid), shop.list(2, 1)["result"][0].clone());
    for said in [&pushed, &read, &row] {
        assert_eq!((&said["status_id"], &said["finish_status"]), (&json!(5), &json!(0)), "{said}");
        assert_eq!(said["finish_type"], "Cliente ausente");
    }
    // A delivery that was made says nothing more than in the API reference.
    assert!(push(&other, "finished").get("finish_status").is_none() && task(&other).get("finish_status").is_none());
    for (setting, in_push, in_track) in
        [("push", true, false), ("track", false, true), ("both", true, true), ("none", false, false)]
    {
        shop.set(&json!({"finish_status": setting}));
        for (uuid, stage, status) in [(&uuid, "failed", 0), (&other, "finished", 1)] {
            let pushed = push(uuid, stage);
            assert_eq!(pushed.get("finish_status"), in_push.then(|| json!(status)).as_ref(), "{setting} {stage}");
            assert_eq!(task(uuid).get("finish_status"), in_track.then(|| json!(status)).as_ref(), "{setting} {stage}");
        }
    }
    shop.set(&json!({"finish_status": "history"}));
    for line in [&task(&uuid)["history"], &shop.list(2, 1)["result"][1]["history"]] {
        assert_eq!((&line[4]["finish_status"], line[3].get("finish_status")), (&json!(0), None), "{line}");
    }
}

#[test]
fn a_push_may_count_stops_and_bring_its_secret_in_a_header() {
    let shop = Shop::open();
    let uuid = shop.create();
    let advance = |to: &str| shop.control("advance", &json!({"id": uuid, "to": to}));
    let details = |moved: &Value| {
        let push: Value = serde_json::from_str(moved["push"].as_str().expect("a push")).expect("JSON");
        push["details"].clone()
    };
    assert_eq!(advance("on_hold")["push_headers"], json!({"Content-Type": "application/json"}));
    shop.set(&json!({"counted_stops": true, "push_secret": "header", "resource": "data", "numbers_as_text": true}));
    let moved = advance("in_progress");
    assert_eq!(moved["push_headers"]["X-API-KEY"], "sandbox-webhook-token");
    assert!(!moved["push"].as_str().expect("a push").contains("\"token\""));
    let said = details(&moved);
    assert_eq!((&said["num_place"], &said["status_place"]), (&json!("1"), &json!("1")));
    assert_eq!((&said["vehicle_plate"], &said["status_id"]), (&json!("ABC12D"), &json!("4")));
    let said = details(&advance("in_progress:2/2"));
    assert_eq!((&said["num_place"], &said["status_place"]), (&json!("2"), &json!("2")));
    shop.set(&json!({"push_secret": "both"}));
    let moved = advance("finished");
    assert!(moved["push"].as_str().is_some_and(|push| push.contains("\"token\": \"sandbox-webhook-token\"")));
    assert_eq!(moved["push_headers"]["X-API-KEY"], "sandbox-webhook-token");
}

#[test]
fn a_breakdown_may_have_more_parts() {
    let shop = Shop::open();
    shop.set(&json!({"full_breakdown": true}));
    let data = shop.data("/delivery/calculation", &order());
    let parts = [
        "base_value",
        "distance_surcharge",
        "surcharge_stops",
        "roundtrip_surcharge",
        "insurance_surcharge",
        "parking_surcharge",
        "iva",
    ];
    let sum: i64 = parts.iter().map(|name| data[*name].as_i64().expect("a number")).sum();
    assert_eq!(data["total_service"], sum);
    assert_eq!((&data["insurance_surcharge"], &data["parking_surcharge"]), (&json!(100), &json!(1000)));
    assert_eq!(shop.data("/delivery/create", &order())["total"], sum);
}

#[test]
fn a_task_may_tell_its_courier_and_a_create_its_number() {
    let shop = Shop::open();
    shop.set(&json!({"create_task_id": true, "resource": "beside", "resource_form": "object"}));
    let made = shop.data("/delivery/create", &order());
    let body = json!({"id_user": 1234, "task_id": made["task_id"]});
    assert_eq!(shop.data("/task", &body)["uuid"], made["uuid"]);
    shop.control("advance", &json!({"id": made["uuid"], "to": "assigned"}));
    let (_, reply) = shop.post("/task", &body);
    assert_eq!((&reply["resource"]["plate_number"], reply["data"].get("resource")), (&json!("ABC12D"), None));
    shop.set(&json!({"resource": "data", "resource_form": "list"}));
    assert_eq!(shop.data("/task", &body)["resource"][0]["type_resource_name"], "Moto");
    shop.set(&json!({"resource": null}));
    assert!(shop.data("/task", &body).get("resource").is_none());
}

#[test]
fn a_repeated_order_makes_a_second_task_unless_set() {
    let shop = Shop::open();
    let first = shop.create();
    assert_ne!(shop.create(), first);
    shop.set(&json!({"repeated_order_id": "same"}));
    assert_eq!(shop.create(), first);
    shop.set(&json!({"repeated_order_id": "refused"}));
    shop.refused("/delivery/create", &order(), 400);
    let shipments = shop.sandbox.control(CARRIER, "GET", "shipments", &Value::Null);
    assert_eq!(shipments["shipments"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_setting_that_is_wrong_is_an_error() {
    let shop = Shop::closed();
    for wrong in [
        json!({"resource": "somewhere"}),
        json!({"resource_form": null}),
        json!({"push_secret": 1}),
        json!({"bad_body_status": 200}),
        json!({"bad_token_status": 600}),
        json!({"extra_cities": ["7"]}),
        json!({"create_uuid": true}),
        json!({"declared_value_max": -1}),
        json!({"envelope": "none"}),
        json!({"history_form": "status", "nothing": 1}),
    ] {
        let answer = shop.control("settings", &wrong);
        assert!(answer["error"].is_string(), "{wrong}: {answer}");
    }
}
