//! What there is: carriers, what each offers, every operation of their own APIs, and the schema of every method.

use super::METHODS;
use crate::carriers;
use crate::config;
use crate::connector::endpoint::merge;
use crate::connector::{Ability, Carrier};
use crate::model::Error;
use crate::model::request::{self, Describe};
use crate::model::shape::{Field, kind_name, nearest, schema};
use serde_json::{Map, Value, json};

/// What flete offers, without a client: the method `describe`.
///
/// # Errors
/// [`Code::InvalidRequest`](crate::Code::InvalidRequest) if the request isn't as its schema says.
pub fn run(request: Value) -> Result<Value, Error> {
    let request: Describe = request::read(request, &request::DESCRIBE)?;
    let chosen: Vec<&str> = match &request.carrier {
        None => carriers::codes().collect(),
        Some(code) => vec![carriers::codes().find(|known| known == code).ok_or_else(|| {
            let hint = nearest(code, carriers::codes()).map_or_else(
                || format!("the carriers are: {}", carriers::codes().collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            Error::invalid("carrier", format!("there is no such carrier; {hint}"))
        })?],
    };
    let methods: Map<String, Value> = METHODS
        .iter()
        .map(|method| {
            let reply = match method.name {
                // The carrier's own JSON.
                "call" => json!({"$schema": "https://json-schema.org/draft/2020-12/schema"}),
                "track" => either(schema(method.reply), schema(&crate::model::reply::TRACKINGS)),
                _ => schema(method.reply),
            };
            (method.name.to_owned(), json!({"request": schema(method.request), "reply": reply}))
        })
        .collect();
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "carriers": chosen.into_iter().filter_map(|code| describe(carriers::apis(code))).collect::<Vec<_>>(),
        "methods": methods,
        "error": schema(&crate::model::reply::ERROR),
        "config": with_sources(schema(&config::CONFIG)),
    }))
}

/// Any text of a configuration may stand in a variable or a file.
fn with_sources(mut config: Value) -> Value {
    let source = |name: &str| {
        json!({"type": "object", "properties": {name: {"type": "string"}}, "required": [name],
            "additionalProperties": false})
    };
    for (_, property) in config["properties"].as_object_mut().into_iter().flatten() {
        // What is only true or false has no text.
        if let Some(Value::Array(kinds)) = property.get_mut("anyOf")
            && kinds[0]["type"] != "boolean"
        {
            kinds.push(json!({"$ref": "#/$defs/Source"}));
        }
    }
    config["$defs"] = json!({"Source": {"anyOf": [source("env"), source("file")]}});
    config
}

/// One of two objects.
fn either(mut one: Value, mut other: Value) -> Value {
    let mut definitions = Map::new();
    for schema in [&mut one, &mut other] {
        if let Value::Object(map) = schema {
            map.shift_remove("$schema");
            if let Some(Value::Object(found)) = map.shift_remove("$defs") {
                definitions.extend(found);
            }
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "anyOf": [one, other],
        "$defs": definitions,
    })
}

/// A carrier: what its default API offers, with every operation and setting of all its APIs.
fn describe(apis: &'static [&'static Carrier]) -> Option<Value> {
    let default = apis.first()?;
    let several = apis.len() > 1;
    let common =
        config::account_fields(default).filter(|field| !default.settings.iter().any(|own| own.name == field.name));
    let mut settings: Vec<Value> = common.map(|field| setting(&field, false)).collect();
    let mut operations = Vec::new();
    for carrier in apis {
        for field in carrier.settings {
            let everywhere = apis.iter().all(|api| api.settings.iter().any(|other| other.name == field.name));
            if everywhere && settings.iter().any(|known| known["name"] == field.name) {
                continue;
            }
            let mut setting = setting(field, carrier.secrets.contains(&field.name));
            if several && !everywhere {
                setting["api"] = json!(carrier.api);
            }
            settings.push(setting);
        }
        operations.extend(carrier.endpoints.iter().map(|endpoint| {
            let mut operation = endpoint.describe();
            if several {
                operation["api"] = json!(carrier.api);
            }
            operation
        }));
    }
    let mut described = json!({"code": default.code, "name": default.name, "country": default.country});
    let entries = offers(default);
    merge(&mut described, &entries);
    if several {
        described["generations"] = apis
            .iter()
            .map(|carrier| {
                let mut generation = json!({"api": carrier.api, "default": carrier.api == default.api});
                merge(&mut generation, &offers(carrier));
                generation
            })
            .collect();
    }
    described["settings"] = json!(settings);
    described["operations"] = json!(operations);
    Some(described)
}

fn setting(field: &Field, secret: bool) -> Value {
    json!({
        "name": field.name,
        "type": kind_name(field.kind),
        "required": field.required,
        "secret": secret,
        "description": field.about,
    })
}

/// What one API offers.
fn offers(carrier: &Carrier) -> Value {
    let offered: Vec<&str> = carrier.abilities.iter().map(|ability| ability.name()).collect();
    let always = ["call", "describe"];
    let of_keys = ["keys", "settle"];
    let supports: Map<String, Value> = METHODS
        .iter()
        .map(|method| {
            let has = offered.contains(&method.name)
                || always.contains(&method.name)
                || (of_keys.contains(&method.name) && carrier.can(Ability::Create));
            (method.name.to_owned(), Value::Bool(has))
        })
        .collect();
    json!({
        "supports": supports,
        "methods": offered,
        "finds_lost_creates": carrier.finds_lost_creates,
    })
}
