//! A shop's main job: compare prices, ship, print the label, follow the parcel to the door, cancel another.
//! It runs against the built-in simulator; for the real carrier, give its configuration as JSON in `FLETE_CONFIG`.
//!
//! Every create has an `idempotency_key`, here the order's number: run it again with a real carrier, and the same
//! shipment comes back. The simulator and its keys end with the program.

use flete::Client;
use serde_json::{Value, json};
use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let given = std::env::var("FLETE_CONFIG").ok().filter(|config| !config.is_empty());
    let config = given.unwrap_or_else(|| {
        // In the simulator time runs faster: a stage every 600 ms.
        let account = json!({"id": "cr", "carrier": "fruno", "environment": "sandbox", "price_unit": "minor",
            "sandbox": {"auto_advance_ms": 600}});
        json!({"accounts": [account]}).to_string()
    });
    // Opening makes no connection and starts no thread.
    let client = Client::open(&config)?;
    let shop = json!({
        "company": "Tienda ABC", "name": "Bodega central", "phone": "+506 2222-3333", "country": "CR",
        "street": "De la esquina sur oeste del supermercado ABC, 125 sur", "district_code": "11501",
    });
    let customer = json!({
        "name": "Josué Blanco", "phone": "8888-1182", "email": "josue@example.com", "country": "CR",
        "street": "De la escuela Gulliver, 25 sur", "neighborhood": "Residencial Lilliput", "district_code": "11605",
    });
    let parcel = json!({
        "weight": {"value": 389, "unit": "g"},
        "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"},
        "description": "Pedido tienda virtual",
    });

    title("What would it cost?");
    let quote = client.call("quote", json!({"origin": shop, "destination": customer, "parcels": [parcel]}))?;
    println!("  {:<10} {:<12} {:>12} currency", "account", "service", "total");
    for rate in list(&quote["rates"]) {
        println!(
            "  {:<10} {:<12} {:>12} {}",
            text(&rate["account"]),
            text(&rate["service"]["name"]),
            text(&rate["total"]["amount"]),
            text(&rate["total"]["currency"]),
        );
    }

    title("Ship it");
    let order = |reference: &str, with_label: bool| {
        json!({
            "reference": reference, "idempotency_key": reference,
            "origin": shop, "destination": customer, "parcels": [parcel], "with_label": with_label,
            "notify": [{"email": "josue@example.com", "events": ["picked_up", "delivered"]}],
        })
    };
    let shipment = client.call("create", order("ORDEN-88243567", false))?;
    let id = text(&shipment["id"]);
    println!("  waybill {id} for {}: {}", text(&shipment["reference"]), text(&shipment["status"]));
    tell_replay(&shipment);

    let label = client.call("document", json!({"id": id, "kind": "label", "save_to": std::env::temp_dir()}))?;
    let label = &label["documents"][0];
    println!("  label   {} ({} bytes)", text(&label["path"]), label["size"]);

    title("Follow it");
    let mut told = 0;
    loop {
        let tracking = client.call("track", json!({"id": id}))?;
        for event in list(&tracking["events"]).iter().skip(told) {
            println!("  {:<30} {:<17} {}", text(&event["at"]), text(&event["status"]), text(&event["description"]));
        }
        told = list(&tracking["events"]).len();
        if tracking["status"] == "delivered" {
            println!(
                "  delivered at {}; page for the customer: {}",
                text(&tracking["delivered_at"]),
                text(&tracking["tracking_url"])
            );
            break;
        }
        sleep(Duration::from_millis(100));
    }

    title("Take another one back");
    let other = client.call("create", order("ORDEN-88243568", false))?;
    tell_replay(&other);
    match client.call("cancel", json!({"id": other["id"], "reason": "bought twice"})) {
        Ok(cancelled) => println!("  waybill {} is {}", text(&cancelled["id"]), text(&cancelled["status"])),
        // A shipment that an earlier run cancelled can't be cancelled again.
        Err(error) if other["replayed"] == true => println!("  waybill {}: {}", text(&other["id"]), error.message),
        Err(error) => return Err(error.into()),
    }

    // A delivered parcel can't be cancelled, and the error says so.
    if let Err(error) = client.call("cancel", json!({"id": id})) {
        println!("  waybill {id}: {}", error.message);
    }
    Ok(())
}

/// Says whether the shipment was made by an earlier call with the same key.
fn tell_replay(shipment: &Value) {
    if shipment["replayed"] == true {
        println!("  waybill {} was made before (replayed)", text(&shipment["id"]));
    }
}

fn title(what: &str) {
    println!("\n{what}");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
