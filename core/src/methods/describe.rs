//! What there is: carriers, what each offers, every operation of their own APIs, and the schema of every method.

use super::METHODS;
use crate::carriers;
use crate::config;
use crate::connector::endpoint::merge;
use crate::connector::{Ability, Carrier};
use crate::json::{Map, Value, json};
use crate::model::Error;
use crate::model::reply;
use crate::model::request::{self, Describe};
use crate::model::shape::{Field, Side, kind_name, nearest, object_schema, schema};

/// What flete offers, without a client: the method `describe`.
///
/// # Errors
/// [`Code::InvalidRequest`](crate::Code::InvalidRequest) if the request isn't as its schema says.
pub fn describe(request: serde_json::Value) -> Result<serde_json::Value, Error> {
    run(request.into()).map(Into::into)
}

/// What flete offers.
pub(crate) fn run(request: Value) -> Result<Value, Error> {
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
    let methods: Map = METHODS
        .iter()
        .map(|method| {
            let reply = match method.name {
                // The carrier's own JSON.
                "call" => json!({"$schema": "https://json-schema.org/draft/2020-12/schema"}),
                "track" => either(schema(method.reply, Side::Sent), schema(&reply::TRACKINGS, Side::Sent)),
                _ => schema(method.reply, Side::Sent),
            };
            (method.name.to_owned(), json!({"request": schema(method.request, Side::Taken), "reply": reply}))
        })
        .collect();
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "carriers": chosen.into_iter().filter_map(|code| of_carrier(carriers::apis(code))).collect::<Vec<_>>(),
        "methods": methods,
        "envelope": envelope(),
        "error": schema(&reply::ERROR, Side::Sent),
        "config": configuration(),
    }))
}

/// The schema of a configuration, with each carrier's account.
fn configuration() -> Value {
    let mut config = schema(&config::CONFIG, Side::Configured);
    let mut definitions = match config["$defs"].take() {
        Value::Object(definitions) => definitions,
        _ => Map::new(),
    };
    let accounts: Vec<Value> = carriers::all().map(|carrier| account(carrier, &mut definitions)).collect();
    config["properties"]["accounts"]["items"] = json!({"anyOf": accounts});
    config["properties"]["accounts"]["minItems"] = json!(1);
    config["$defs"] = Value::Object(definitions);
    config
}

/// The schema of an account with this carrier. Which of its settings are needed depends on the environment, and on each
/// other: opening a client says it.
fn account(carrier: &'static Carrier, definitions: &mut Map) -> Value {
    let is_default = carriers::apis(carrier.code).first().is_some_and(|default| default.api == carrier.api);
    let fields = config::account_fields(carrier).map(|field| Field { required: field.name == "carrier", ..field });
    // A file has one text: these two are objects of the caller's.
    let (open, own): (Vec<Field>, Vec<Field>) =
        fields.partition(|field| matches!(field.name, "status_map" | "sandbox"));
    let mut account = object_schema(&own, Side::Configured, definitions);
    let open = object_schema(&open, Side::Taken, definitions);
    if let (Some(Value::Object(properties)), Some(Value::Object(open))) =
        (account.get_mut("properties"), open.get("properties"))
    {
        properties.extend(open.clone());
        properties.insert("carrier".to_owned(), json!({"const": carrier.code, "description": "the carrier's code"}));
        if let Some(api) = properties.get_mut("api") {
            let names = if is_default { json!([carrier.api, null]) } else { json!([carrier.api]) };
            *api = json!({"enum": names, "description": "which of the carrier's APIs it is for"});
        }
    }
    if let (false, Some(Value::Array(required))) = (is_default, account.get_mut("required")) {
        required.push(json!("api"));
    }
    Value::Object(account)
}

/// The schema of what the C ABI returns.
fn envelope() -> Value {
    let mut error = schema(&reply::ERROR, Side::Sent);
    let mut definitions = error["$defs"].take();
    if let Value::Object(error) = &mut error {
        error.remove("$schema");
        error.remove("$defs");
    }
    definitions["Error"] = error;
    let with = |ok: bool, name: &str, inner: Value| {
        json!({"type": "object", "properties": {"ok": {"const": ok}, name: inner}, "required": ["ok", name],
            "additionalProperties": false})
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Envelope",
        "anyOf": [
            with(true, "data", json!({"description": "the method's reply"})),
            with(false, "error", json!({"$ref": "#/$defs/Error"})),
        ],
        "$defs": definitions,
    })
}

/// One of two objects.
fn either(mut one: Value, mut other: Value) -> Value {
    let mut definitions = Map::new();
    for schema in [&mut one, &mut other] {
        if let Value::Object(map) = schema {
            map.remove("$schema");
            if let Some(Value::Object(found)) = map.remove("$defs") {
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
fn of_carrier(apis: &'static [&'static Carrier]) -> Option<Value> {
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
    let supports: Map = METHODS
        .iter()
        .map(|method| {
            let has = offered.contains(&method.name)
                || always.contains(&method.name)
                || (of_keys.contains(&method.name) && carrier.can(Ability::Create));
            (method.name.to_owned(), Value::Bool(has))
        })
        .collect();
    json!({
        "source": format!("{} ({})", carrier.reference.title, carrier.reference.dated),
        "assumed": carrier.reference.assumed,
        "supports": supports,
        "methods": offered,
        "finds_lost_creates": carrier.finds_lost_creates,
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
        let mut names: Vec<_> = carriers::all().map(|carrier| (carrier.code, carrier.api)).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), carriers::all().count());
        // Those of one code stand together; one that is alone needs no `api`, several need one each.
        for code in carriers::codes() {
            let apis = carriers::apis(code);
            assert_eq!(apis.len(), carriers::all().filter(|carrier| carrier.code == code).count());
            assert!(apis.len() == 1 || apis.iter().all(|carrier| carrier.api.is_some()), "{code}");
        }
    }
}
