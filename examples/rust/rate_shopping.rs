//! Prices of three carriers in one call, then one shipment with each carrier. It runs against the built-in simulator,
//! or with the accounts of the configuration in `FLETE_CONFIG`.
//!
//! Three countries share one request here so that all can be seen at once: each carrier reads the parts of an
//! address that it needs (Fruno the district, Mensajeros Urbanos the city, Almex the postal code).

use flete::Client;
use serde_json::{Value, json};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let accounts: Vec<Value> = ["almex", "apunto", "fruno", "mensajeros_urbanos"]
        .iter()
        .map(|carrier| json!({"carrier": carrier, "environment": "sandbox"}))
        .collect();
    let simulator = json!({"accounts": accounts}).to_string();
    let given = std::env::var("FLETE_CONFIG").ok().filter(|config| !config.is_empty());
    let client = Client::open(&given.unwrap_or(simulator))?;
    let place = |name: &str, street: &str, district: &str, postal_code: &str| {
        json!({
            "name": name, "street": street, "neighborhood": "Centro", "city": "Bogotá", "state": "MX", "country": "MX",
            "district_code": district, "postal_code": postal_code, "phone": "5512345678", "email": "tienda@example.com",
        })
    };
    let (shop, home) =
        (place("Tienda ABC", "Calle 1", "11501", "52227"), place("Ana Ruiz", "Calle 9", "11605", "75110"));
    let parcel = json!({
        "weight": {"value": "1.5", "unit": "kg"},
        "dimensions": {"length": 30, "width": 20, "height": 15, "unit": "cm"},
        "description": "Camisetas",
    });

    let quote = client.call("quote", json!({"origin": shop, "destination": home, "parcels": [parcel]}))?;
    println!("{:<20} {:<28} {:>12} currency", "account", "service", "total");
    for rate in quote["rates"].as_array().into_iter().flatten() {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        println!(
            "{:<20} {:<28} {:>12} {}",
            text(&rate["account"]),
            text(&rate["service"]["name"]),
            text(&rate["total"]["amount"]),
            text(&rate["total"]["currency"]),
        );
    }
    for skipped in quote["skipped"].as_array().into_iter().flatten() {
        println!("{:<20} {}", skipped["account"].as_str().unwrap_or("-"), skipped["reason"].as_str().unwrap_or("-"));
    }

    println!("\n{:<20} {:<16} {:<14} carrier's word", "account", "id", "status");
    for carrier in ["almex", "apunto", "fruno", "mensajeros_urbanos"] {
        let shipment = client.call(
            "create",
            json!({
                // A key belongs to its account: the same order may have one with each carrier.
                "account": carrier, "reference": "ORDEN-7", "idempotency_key": "ORDEN-7", "origin": shop, "destination": home, "parcels": [parcel],
                // Only this carrier's: a forwarder's operation has a kind and a mode.
                "options": {"apunto": {"contact_code": "ACME", "kind": "domestic", "mode": "land"}},
            }),
        )?;
        let tracking = client.call("track", json!({"account": carrier, "id": shipment["id"]}))?;
        println!(
            "{carrier:<20} {:<16} {:<14} {}{}",
            shipment["id"].as_str().unwrap_or("-"),
            tracking["status"].as_str().unwrap_or("-"),
            tracking["carrier_status"].as_str().unwrap_or("-"),
            if shipment["replayed"] == true { " (replayed)" } else { "" },
        );
    }
    Ok(())
}
