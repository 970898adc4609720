//! A fifth carrier: what is its own. Nothing outside its folder and the two registries knows of it, and what every
//! carrier must do is `conformance.rs`, which runs over it too.

use flete::sandbox::Sandbox;
use flete::{Client, Code};
use serde_json::json;

#[test]
fn a_new_carrier_is_asked_beside_the_others_and_by_its_own_names() {
    let sandbox = Sandbox::start().unwrap();
    let config = json!({"accounts": [sandbox.account("quetzal").unwrap(), sandbox.account("fruno").unwrap()]});
    let client = Client::open(&config.to_string()).unwrap();
    let request = json!({
        "account": "quetzal",
        "origin": {"city": "Antigua"},
        "destination": {"city": "Quetzaltenango"},
        "parcels": [{"weight": {"value": 2, "unit": "kg"}}],
    });
    let mut quote = request.clone();
    quote.as_object_mut().unwrap().remove("account");
    // Asked together with the others. Fruno can't price this shipment, which doesn't affect the others' rates.
    let rates = client.call("quote", quote).unwrap();
    assert_eq!(rates["rates"][0]["carrier"], "quetzal");
    assert_eq!(rates["rates"][0]["total"], json!({"amount": "35.50", "currency": "GTQ"}));
    assert_eq!(rates["failures"][0]["carrier"], "fruno");

    client.call("create", request.clone()).unwrap();
    sandbox.control("quetzal", "POST", "advance", &json!({"id": "Q00001"}));
    let tracked = client.call("track", json!({"account": "quetzal", "id": "Q00001"})).unwrap();
    assert_eq!(tracked["events"][0]["at"], "2026-06-10T16:02:38-06:00");

    // What the session and the table give every carrier: refusals by the caller's own field, `call`, `describe`.
    let mut wrong = request;
    wrong["destination"]["city"] = json!("nowhere");
    let error = client.call("create", wrong).unwrap_err();
    assert_eq!((error.code, error.fields[0].field.as_str()), (Code::Validation, "destination.city"));
    let native = json!({"account": "quetzal", "operation": "parcels.get", "params": {"waybill": "Q00001"}});
    assert_eq!(client.call("call", native).unwrap()["status"], "delivered");
    let described = client.call("describe", json!({"carrier": "quetzal"})).unwrap();
    assert_eq!(described["carriers"][0]["operations"].as_array().unwrap().len(), 3);
}
