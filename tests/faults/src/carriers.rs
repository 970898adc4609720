//! The requests for each carrier: one order that all of them take, and their own operations for `call`.

use flete::Client;
use serde_json::{Value, json};

/// A carrier as the matrix plays it. `create` and `list` are the simulator's names of the operations that make and
/// look for a shipment; `once` is an operation that must not be sent twice.
pub struct Carrier {
    pub code: &'static str,
    pub create: &'static str,
    pub token: Option<&'static str>,
    /// Whether a lost create can be looked for.
    pub finds: bool,
    pub safe: Option<(&'static str, &'static str)>,
    pub once: Option<(&'static str, &'static str)>,
    /// A kind of document that it has, and the stage at which it is there.
    pub document: (&'static str, Option<&'static str>),
}

const ALL: &[Carrier] = &[
    Carrier {
        code: "fruno",
        create: "POST /v1/paquetes",
        token: None,
        finds: true,
        safe: Some(("contracts.list", "GET /v1/contratos")),
        once: Some(("addresses.create", "POST /v1/direcciones")),
        document: ("label", None),
    },
    Carrier {
        code: "mensajeros_urbanos",
        create: "POST /delivery/create",
        token: Some("POST /oauth/token"),
        finds: true,
        safe: None,
        once: None,
        document: ("label", None),
    },
    Carrier {
        code: "apunto",
        create: "POST /operations",
        token: Some("POST /auth"),
        finds: true,
        safe: Some(("contacts.list", "GET /contacts")),
        once: Some(("contacts.create", "POST /contacts")),
        document: ("other", None),
    },
    Carrier {
        code: "almex",
        create: "POST /pickuprequest/generate",
        token: Some("POST /auth/token"),
        finds: false,
        safe: None,
        once: None,
        document: ("proof_of_delivery", Some("delivered")),
    },
];

/// What `describe` says about a carrier; `None` if this build doesn't have it.
pub fn described(code: &str) -> Option<Value> {
    let config = json!({"accounts": [{"carrier": code, "environment": "sandbox"}]});
    let client = Client::open(&config.to_string()).ok()?;
    let said = client.call("describe", json!({"carrier": code})).ok()?;
    said["carriers"].get(0).cloned()
}

/// The carriers of this build.
pub fn all() -> Vec<&'static Carrier> {
    ALL.iter().filter(|carrier| described(carrier.code).is_some()).collect()
}

fn place(name: &str, street: &str, district: &str, postal_code: &str) -> Value {
    json!({
        "name": name, "street": street, "number": "12", "neighborhood": "Centro", "city": "Bogotá", "state": "MX",
        "country": "MX", "district_code": district, "postal_code": postal_code, "phone": "5512345678",
        "email": "tienda@example.com",
    })
}

fn parcel() -> Value {
    json!({
        "weight": {"value": "1.5", "unit": "kg"}, "dimensions": {"length": 30, "width": 20, "height": 15, "unit": "cm"},
        "description": "Camisetas",
    })
}

fn ends() -> (Value, Value) {
    (place("Tienda ABC", "Calle 1", "11501", "52227"), place("Ana Ruiz", "Calle 9", "11605", "75110"))
}

/// An order, with its number as the key if it has one.
pub fn order(carrier: &str, reference: &str, key: Option<&str>) -> Value {
    let (origin, destination) = ends();
    let mut order = json!({
        "account": "shop", "reference": reference, "origin": origin, "destination": destination, "parcels": [parcel()],
    });
    if carrier == "apunto" {
        order["options"] = json!({"apunto": {"contact_code": "ACME", "kind": "domestic", "mode": "land"}});
    }
    if let Some(key) = key {
        order["idempotency_key"] = json!(key);
    }
    order
}

pub fn quote() -> Value {
    let (origin, destination) = ends();
    json!({"origin": origin, "destination": destination, "parcels": [parcel()]})
}

/// The parameters of the native operation that must not be sent twice.
pub fn once_params(carrier: &Carrier) -> Value {
    match carrier.code {
        "fruno" => json!({
            "nombre": "Bodega norte", "detalle": "De la esquina sur oeste del supermercado ABC, 125 sur",
            "código_distrito": "11501",
        }),
        _ => json!({"name": "Cliente Nuevo", "alias": "NUEVO1", "kind": ["client"]}),
    }
}
