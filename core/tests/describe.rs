//! `describe` is true: its schemas are valid JSON Schemas and fit the README's examples, and every operation has all
//! that a program needs. In every test, `common::checked` compares the schemas with what is sent and received.

use crate::common;
use crate::common::{order, validator, with};
use serde_json::{Value, json};
use std::collections::HashSet;

fn described() -> Value {
    common::client(json!({"carrier": "fruno", "environment": "sandbox"})).call("describe", json!({})).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().filter(|text| !text.is_empty()).unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[test]
fn every_schema_is_one_and_every_reference_leads_somewhere() {
    let described = described();
    let mut schemas: Vec<(&str, &Value)> =
        ["envelope", "error", "config"].into_iter().map(|name| (name, &described[name])).collect();
    for (name, of) in described["methods"].as_object().unwrap() {
        schemas.push((name, &of["request"]));
        schemas.push((name, &of["reply"]));
    }
    assert_eq!(schemas.len(), 25);
    for (name, schema) in schemas {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        validator(schema);
    }
    for carrier in described["carriers"].as_array().unwrap() {
        for parameter in
            carrier["operations"].as_array().unwrap().iter().flat_map(|row| row["parameters"].as_array().unwrap())
        {
            let mut schema = parameter["schema"].clone();
            if let Some(definitions) = parameter.get("$defs") {
                schema["$defs"] = definitions.clone();
            }
            validator(&schema);
        }
    }
}

#[test]
fn every_operation_says_all_that_a_program_needs() {
    // The counts are those of the carriers' API references.
    let documented = [("fruno", 23), ("mensajeros_urbanos", 5 + 6), ("almex", 6), ("apunto", 132)];
    let described = described();
    for carrier in described["carriers"].as_array().unwrap() {
        let code = text(carrier, "code");
        let rows = carrier["operations"].as_array().unwrap();
        let count = documented.iter().find(|(name, _)| *name == code).unwrap_or_else(|| panic!("{code} is new")).1;
        assert_eq!(rows.len(), count, "{code}");
        assert_eq!(
            rows.iter().map(|row| (row["api"].as_str(), text(row, "name"))).collect::<HashSet<_>>().len(),
            count,
            "{code}: two of one name"
        );
        for row in rows {
            let name = text(row, "name");
            text(row, "source");
            assert!(["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&text(row, "method")), "{name}");
            let path = text(row, "path");
            assert!(path.starts_with('/'), "{name}");
            let parameters = row["parameters"].as_array().unwrap();
            let in_path: Vec<_> =
                parameters.iter().filter(|one| one["in"] == "path").map(|one| text(one, "name")).collect();
            let braces: Vec<_> = path.split('{').skip(1).map(|part| part.split('}').next().unwrap()).collect();
            assert_eq!(in_path, braces, "{code} {name}: its path and its parameters");
            assert!(parameters.iter().filter(|one| one["in"] == "path").all(|one| one["required"] == true), "{name}");
            assert!(parameters.iter().all(|one| !text(one, "type").is_empty()));
            let has_body = parameters.iter().any(|one| one["in"] == "body");
            assert_eq!(has_body, !row["body_encoding"].is_null(), "{code} {name}");
            let reads = row["method"] == "GET";
            assert!(!reads || row["safety"] == "repeatable", "{code} {name}");
        }
        // Secrets are marked, and only real settings are.
        let secrets: Vec<_> =
            carrier["settings"].as_array().unwrap().iter().filter(|one| one["secret"] == true).collect();
        assert!(!secrets.is_empty(), "{code}");
        let offers = carrier["supports"].as_object().unwrap();
        assert_eq!(
            offers.keys().collect::<Vec<_>>(),
            described["methods"].as_object().unwrap().keys().collect::<Vec<_>>()
        );
        assert_eq!((&offers["call"], &offers["describe"]), (&json!(true), &json!(true)));
    }
    assert!(described["carriers"].as_array().unwrap().iter().any(|carrier| carrier["code"] == "fruno"));
}

#[test]
fn limits_of_fields_are_those_of_frunos_api_reference() {
    let described = described();
    let fruno = described["carriers"].as_array().unwrap().iter().find(|carrier| carrier["code"] == "fruno").unwrap();
    let rows = fruno["operations"].as_array().unwrap();
    let create = rows.iter().find(|row| row["name"] == "parcels.create").unwrap();
    let limit = |name: &str| {
        let parameters = create["parameters"].as_array().unwrap();
        parameters.iter().find(|one| one["name"] == name).unwrap()["max"].clone()
    };
    for (name, most) in [
        ("entregar_a", 40),
        ("descripción", 150),
        ("observaciones", 2000),
        ("referencia", 40),
        ("etiquetas", 10),
        ("en_nombre_de_correo", 60),
        ("notificaciones", 3),
    ] {
        assert_eq!(limit(name), json!(most), "{name}");
    }
    assert_eq!(create["safety"], "creates_shipment");
}

#[test]
fn each_generation_of_an_api_is_described() {
    let client = common::client(json!({"carrier": "fruno", "environment": "sandbox"}));
    let described = common::checked(&client, "describe", json!({"carrier": "mensajeros_urbanos"})).unwrap();
    let [carrier] = described["carriers"].as_array().unwrap().as_slice() else { panic!("one entry a code") };
    let generations = carrier["generations"].as_array().unwrap();
    let told: Vec<_> =
        generations.iter().map(|one| (&one["api"], &one["default"], &one["finds_lost_creates"])).collect();
    let (yes, no) = (json!(true), json!(false));
    assert_eq!(told, [(&json!("2016"), &yes, &yes), (&json!("v2"), &no, &no)]);
    // What stands beside them is the default's.
    for name in ["source", "assumed", "supports", "methods", "finds_lost_creates"] {
        assert_eq!(carrier[name], generations[0][name], "{name}");
    }
    assert_eq!((&generations[1]["supports"]["cancel"], &generations[1]["supports"]["list"]), (&yes, &no));
    assert!(text(&generations[1], "assumed").contains("Try it with one small order first."));
    let of = |list: &str, api: Value| {
        let rows = carrier[list].as_array().unwrap().iter().filter(|row| row["api"] == api);
        rows.map(|row| text(row, "name")).collect::<Vec<_>>()
    };
    assert_eq!(of("operations", json!("2016")).len(), 5);
    assert_eq!(
        of("operations", json!("v2")),
        [
            "deliveries.quote",
            "deliveries.create",
            "deliveries.track",
            "deliveries.cancel",
            "stores.create",
            "webhooks.create"
        ]
    );
    assert_eq!(of("settings", json!("v2")), ["token", "store_id"]);
    assert!(of("settings", json!("2016")).contains(&"client_id"));
    for name in ["api", "webhook_token", "base_url"] {
        assert!(of("settings", Value::Null).contains(&name), "{name}");
    }
    let secret = |name: &str| {
        carrier["settings"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()["secret"].clone()
    };
    assert_eq!(
        [secret("token"), secret("webhook_token"), secret("client_secret"), secret("store_id")],
        [true, true, true, false].map(Value::from)
    );
}

#[test]
fn one_carrier_is_described_alone() {
    let client = common::client(json!({"carrier": "fruno", "environment": "sandbox"}));
    let one = common::checked(&client, "describe", json!({"carrier": "fruno"})).unwrap();
    let codes: Vec<_> = one["carriers"].as_array().unwrap().iter().map(|carrier| text(carrier, "code")).collect();
    assert_eq!(codes, ["fruno"]);
    assert_eq!(one["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_configurations_schema_takes_texts_from_variables_and_files() {
    let schema = validator(&described()["config"]);
    let config = |more: Value| with(json!({"accounts": [{"carrier": "fruno", "key": {"env": "LLAVE_API"}}]}), more);
    for (more, fits) in [
        (json!({"state": "/var/lib/flete/state.db", "timeout_ms": 30_000, "proxy": null}), true),
        (json!({"state": {"env": "FLETE_STATE"}, "proxy": {"file": "/run/proxy"}, "timeout_ms": {"env": "X"}}), true),
        (json!({"state": {"evn": "FLETE_STATE"}}), false),
        (json!({"state": {"env": "A", "file": "B"}}), false),
        (json!({"allow_insecure_http": {"env": "X"}}), false),
    ] {
        assert_eq!(schema.is_valid(&config(more.clone())), fits, "{more}");
    }
}

#[test]
fn the_configurations_schema_has_each_carriers_account() {
    let schema = validator(&described()["config"]);
    let fits = |account: &Value| schema.is_valid(&json!({"accounts": [account]}));
    let accounts = [
        json!({"carrier": "fruno", "account": "a", "key": {"env": "KEY"}, "contract_id": "7", "price_unit": "minor"}),
        json!({"carrier": "almex", "user_name": "u", "password": {"file": "/p"}, "account_number": "1",
            "subscription_key": {"quote": {"env": "Q"}, "default": "d"}}),
        json!({"carrier": "almex", "subscription_key": "k", "environment": "test"}),
        json!({"carrier": "apunto", "email": "e", "password": "p", "subdomain": "acme"}),
        json!({"carrier": "mensajeros_urbanos", "client_id": "a", "client_secret": "b", "user_id": 1234, "city": 1}),
        json!({"carrier": "mensajeros_urbanos", "api": "2016", "client_id": "a"}),
        json!({"carrier": "mensajeros_urbanos", "api": null, "client_id": "a"}),
        json!({"carrier": "mensajeros_urbanos", "api": "v2", "token": {"env": "T"}, "store_id": "TIENDA-1"}),
    ];
    for account in &accounts {
        assert!(fits(account), "{account}");
        let all = json!({"id": "x", "environment": "sandbox", "base_url": {"env": "URL"}, "rate_limit": "30;w=60",
            "status_map": {"7": "on_hold"}, "allow_insecure_http": true, "state": "memory", "sandbox": {"a": 1}});
        assert!(fits(&with(account.clone(), all)), "{account}");
        for wrong in [
            json!({"carrier": "dhl"}),
            json!({"carrier": {"env": "CARRIER"}}),
            json!({"kee": "k"}),
            json!({"environment": "prod"}),
            json!({"status_map": {"7": "lost"}}),
            json!({"status_map": {"7": {"env": "S"}}}),
            json!({"allow_insecure_http": "yes"}),
            json!({"id": 7}),
        ] {
            assert!(!fits(&with(account.clone(), wrong.clone())), "{account} {wrong}");
        }
    }
    for wrong in [
        // A setting of another carrier's, or of its other API.
        json!({"carrier": "apunto", "token": "t", "key": "k"}),
        json!({"carrier": "mensajeros_urbanos", "api": "v2", "token": "t", "client_id": "a"}),
        json!({"carrier": "mensajeros_urbanos", "token": "t"}),
        json!({"carrier": "mensajeros_urbanos", "api": "v3", "token": "t"}),
        json!({"carrier": "fruno", "api": "v2"}),
    ] {
        assert!(!fits(&wrong), "{wrong}");
    }
    assert!(!schema.is_valid(&json!({"accounts": []})));
}

/// Every schema of a reply says how a value is written, and not in how many ways it might be.
#[test]
fn what_is_sent_is_written_in_one_way() {
    let described = described();
    fn numbers(schema: &Value, path: &str, found: &mut Vec<String>) {
        match schema {
            Value::Object(map) => {
                if let Some(Value::Array(kinds)) = map.get("anyOf") {
                    let is = |name: &str| kinds.iter().any(|kind| kind["type"] == name);
                    if is("string") && (is("number") || is("integer")) {
                        found.push(path.to_owned());
                    }
                }
                if map.get("type").is_some_and(Value::is_array) {
                    found.push(path.to_owned());
                }
                map.iter().for_each(|(name, inner)| numbers(inner, &format!("{path}.{name}"), found));
            }
            Value::Array(items) => items.iter().for_each(|inner| numbers(inner, path, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (name, of) in described["methods"].as_object().unwrap() {
        numbers(&of["reply"], name, &mut found);
    }
    numbers(&described["error"], "error", &mut found);
    numbers(&described["envelope"], "envelope", &mut found);
    assert_eq!(found, [""; 0]);
    let choices = |path: &str, schema: &Value| schema.pointer(path).and_then(Value::as_array).map_or(0, Vec::len);
    for (path, schema, least) in [
        ("/properties/code/enum", &described["error"], 15),
        ("/properties/outcome/enum", &described["error"], 3),
        ("/properties/status/enum", &described["methods"]["create"]["reply"], 13),
        ("/properties/environment/enum", &described["methods"]["create"]["reply"], 3),
        ("/$defs/Event/properties/status/enum", &described["methods"]["track"]["reply"], 13),
        ("/$defs/DocumentRef/properties/kind/enum", &described["methods"]["track"]["reply"], 4),
    ] {
        assert!(choices(path, schema) >= least, "{path}");
    }
}

#[test]
fn the_envelope_is_a_reply_or_an_error() {
    let envelope = validator(&described()["envelope"]);
    let error = flete::describe(json!({"carrier": "dhl"})).unwrap_err().to_value();
    for (value, fits) in [
        (json!({"ok": true, "data": {"id": "7"}}), true),
        (json!({"ok": true, "data": [1]}), true),
        (json!({"ok": false, "error": error}), true),
        (json!({"ok": true, "error": error}), false),
        (json!({"ok": false, "data": {}}), false),
        (json!({"ok": false, "error": {"code": "lost"}}), false),
        (json!({"ok": true}), false),
    ] {
        assert_eq!(envelope.is_valid(&value), fits, "{value}");
    }
}

/// Requests as people write them, and the same with one thing wrong.
#[test]
fn the_schemas_take_what_flete_takes_and_refuse_what_it_refuses() {
    let described = described();
    let place = json!({"district_code": "11501"});
    let weight = |value: Value| json!({"parcels": [{"weight": {"value": value, "unit": "kg"}}]});
    let cases = [
        ("quote", order(), true),
        (
            "quote",
            json!({"origin": place, "destination": place, "parcels": [{"weight": {"value": "0.5", "unit": "kg"}}]}),
            true,
        ),
        (
            "quote",
            with(order(), json!({"accounts": null, "options": {"fruno": {"id_contrato": "x"}}, "timeout_ms": 500})),
            true,
        ),
        ("quote", with(order(), json!({"timeout_ms": "500"})), true),
        (
            "create",
            with(
                order(),
                json!({"account": "cr", "idempotency_key": "order-1", "with_label": true,
            "service": {"code": "c-1", "name": "Especial"}}),
            ),
            true,
        ),
        ("create", with(order(), json!({"service": "c-1"})), true),
        ("create", with(order(), json!({"pickup": {"date": "2026-01-31", "from": "23:59", "to": "23:59:59"}})), true),
        ("create", with(order(), json!({"pickup": {"date": "2026-01-31", "from": "24:00"}})), false),
        ("track", json!({"account": "cr", "id": "FR000000001"}), true),
        ("track", json!({"shipments": [{"account": "cr", "id": 28852}]}), true),
        ("cancel", json!({"account": "cr", "id": "FR000000001", "reason": "x"}), true),
        ("document", json!({"account": "cr", "id": "FR000000001", "kind": "label", "save_to": "/tmp/"}), true),
        ("document", json!({"account": "cr", "id": "FR000000001", "kind": "other"}), true),
        ("document", json!({"account": "cr", "id": "FR000000001", "document_id": 7}), true),
        (
            "list",
            json!({"account": "cr", "status": "delivered", "date": "2026-01-31", "cursor": null, "limit": 10}),
            true,
        ),
        ("webhook", json!({"account": "mu", "body": "{}", "headers": {"a": "b"}}), true),
        ("call", json!({"account": "cr", "operation": "addresses.list", "params": {}, "all": true}), true),
        ("describe", json!({"carrier": "fruno"}), true),
        ("settle", json!({"account": "cr", "idempotency_key": "order-1", "made": true, "id": "FR1"}), true),
        ("quote", with(order(), json!({"wieght": 1})), false),
        ("quote", with(order(), json!({"origin": "San José"})), false),
        ("quote", with(order(), weight(json!(-1))), false),
        ("quote", with(order(), weight(json!("1,5"))), false),
        ("quote", with(order(), json!({"insured_value": {"amount": "1", "currency": "usd"}})), false),
        ("quote", with(order(), json!({"ship_date": "31/01/2026"})), false),
        ("create", with(order(), json!({"urgent": "yes"})), false),
        ("create", with(order(), json!({"notes": "ñ".repeat(5000)})), true),
        ("create", with(order(), json!({"notes": "x".repeat(5001)})), false),
        ("track", json!({"id": {}}), false),
        ("document", json!({"id": "FR1", "kind": "invoice"}), false),
        ("list", json!({"limit": 101}), false),
        ("call", json!({"params": {}}), false),
    ];
    for (method, request, fits) in cases {
        let schema = validator(&described["methods"][method]["request"]);
        let wrong: Vec<String> = schema.iter_errors(&request).map(|error| error.to_string()).collect();
        assert_eq!(wrong.is_empty(), fits, "{method} {request}: {wrong:?}");
    }
    let config = validator(&described["config"]);
    assert!(config.is_valid(&json!({"accounts": [{"id": "cr", "carrier": "fruno", "key": {"env": "LLAVE_API"}}],
        "timeout_ms": 30000, "connect_timeout_ms": 5000, "max_attempts": 4, "max_in_flight": 16, "state": "/var/lib/flete/state.db",
        "settle_ms": 30000, "keep_keys_days": 30, "proxy": null, "ca_file": null, "user_agent": null})));
    assert!(!config.is_valid(&json!({"accounts": [], "timeout": 3})));
}
