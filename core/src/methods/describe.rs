//! What there is: carriers, what each offers, every operation of their own APIs, and the schema of every method.

use super::METHODS;
use crate::carriers;
use crate::config;
use crate::connector::{Ability, Carrier};
use crate::model::Error;
use crate::model::request::{self, Describe};
use crate::model::shape::{kind_name, nearest, schema};
use serde_json::{Map, Value, json};

/// What flete offers, without a client: the method `describe`.
///
/// # Errors
/// [`Code::InvalidRequest`](crate::Code::InvalidRequest) if the request isn't as its schema says.
pub fn run(request: Value) -> Result<Value, Error> {
    let request: Describe = request::read(request, &request::DESCRIBE)?;
    let chosen: Vec<&'static Carrier> = match &request.carrier {
        None => carriers::all().collect(),
        Some(code) => vec![carriers::find(code).ok_or_else(|| {
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
        "carriers": chosen.iter().map(|carrier| describe(carrier)).collect::<Vec<_>>(),
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

fn describe(carrier: &'static Carrier) -> Value {
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
    let settings: Vec<Value> = config::account_fields(carrier)
        .map(|field| {
            json!({
                "name": field.name,
                "type": kind_name(field.kind),
                "required": field.required,
                "secret": carrier.secrets.contains(&field.name),
                "description": field.about,
            })
        })
        .collect();
    json!({
        "code": carrier.code,
        "name": carrier.name,
        "country": carrier.country,
        "supports": supports,
        "methods": offered,
        "finds_lost_creates": carrier.finds_lost_creates,
        "settings": settings,
        "operations": carrier.endpoints.iter().map(|endpoint| endpoint.describe()).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use crate::carriers;

    /// `Carrier::opened_by` leaves all of this empty.
    #[test]
    fn every_carrier_says_what_each_must() {
        for carrier in carriers::all() {
            for text in [carrier.code, carrier.name, carrier.country] {
                assert!(!text.is_empty(), "{carrier:?}");
            }
            for length in [carrier.settings.len(), carrier.endpoints.len(), carrier.abilities.len()] {
                assert!(length > 0, "{carrier:?}");
            }
            assert_ne!((carrier.zone)(), jiff::tz::TimeZone::UTC, "{carrier:?}");
        }
        let mut codes: Vec<_> = carriers::codes().collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), carriers::all().count());
    }
}
