//! Apunto's requests from flete's vocabulary. Pure: no I/O, no clock, no chance. Its tests are the document's own examples.

use super::endpoints::{OPERATIONS_CREATE, SERVICE_OF_CREATE};
use crate::connector::endpoint::{merge, plain_names};
use crate::model::address::filled;
use crate::model::request::Create;
use crate::model::shape::{Field, Form, Kind, check_as, opt};
use crate::model::{Error, FieldProblem};
use serde_json::{Map, Value, json};

// ---- create

/// What the account gives where a create doesn't.
#[derive(Default)]
pub(super) struct Defaults<'a> {
    pub(super) contact_code: Option<&'a str>,
    pub(super) currency_code: Option<&'a str>,
    pub(super) agent_email: Option<&'a str>,
}

const SERVICE: Kind = Kind::Object(&SERVICE_OF_CREATE);

/// What a create's `options` take beside an operation's own fields.
pub(super) const SERVICES: &[Field] = &[opt("services", Kind::List(&SERVICE, 100), "its services")];

/// A create, as Apunto takes it: one operation, and its services after it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) operation: Map<String, Value>,
    pub(super) services: Vec<Value>,
}

/// The bodies of a create. `place` is where the caller's native fields stand. Everything is checked against the
/// table before anything is sent; whether there is a contact is the account's to answer.
pub(super) fn plan(
    request: &Create,
    native: &Value,
    defaults: &Defaults<'_>,
    mark: Option<&str>,
    place: &str,
) -> Result<Plan, Error> {
    let mut problems = Vec::new();
    if request.round_trip {
        problems.push(FieldProblem::new(
            "round_trip",
            "Apunto has no round trips; make a second operation for the way back",
        ));
    }
    if request.cash_on_delivery.is_some() {
        problems.push(FieldProblem::new("cash_on_delivery", "Apunto doesn't collect money"));
    }
    let mut body = Map::new();
    let mut goods: Vec<&str> = Vec::new();
    for description in request.parcels.iter().filter_map(|parcel| filled(&parcel.description)) {
        if !goods.contains(&description) {
            goods.push(description);
        }
    }
    let goods = goods.join(", ");
    for (name, value) in [
        ("contact_code", defaults.contact_code),
        ("currency_code", defaults.currency_code),
        ("operational_agent_email", defaults.agent_email),
        ("client_ref", filled(&request.reference)),
        ("goods_description", Some(goods.as_str()).filter(|goods| !goods.is_empty())),
    ] {
        if let Some(value) = value {
            body.insert(name.to_owned(), json!(value));
        }
    }
    let mut body = Value::Object(body);
    merge(&mut body, native);
    let fields: Vec<Field> = OPERATIONS_CREATE.body_fields().iter().chain(SERVICES).copied().collect();
    let found = check_as(&body, &fields, place, Form::Native);
    problems.extend(found.into_iter().filter_map(|problem| told(problem, &body, place)));
    plain_names(&mut body);
    if mark.is_some() && body.get("tag_list").is_some_and(|tags| !tags.is_array() && !tags.is_null()) {
        problems.push(FieldProblem::new(
            format!("{place}.tag_list"),
            "must be a list: the mark of the idempotency_key goes into it",
        ));
    }
    if !problems.is_empty() {
        return Err(Error::invalid_fields(problems));
    }
    let Value::Object(mut operation) = body else { return Err(Error::internal("an operation that is no object")) };
    let services = match operation.shift_remove("services") {
        Some(Value::Array(services)) => services.into_iter().map(without_nulls).collect(),
        _ => Vec::new(),
    };
    // The mark stays whatever tags the caller gives: a lost create is found by it.
    let mut tags: Vec<String> = Vec::new();
    let native = operation.shift_remove("tag_list");
    let native_tags = native.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    for tag in request.tags.iter().map(String::as_str).chain(native_tags).chain(mark) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    if let Some(other) = native.filter(|native| tags.is_empty() && !native.is_array()) {
        operation.insert("tag_list".to_owned(), other);
    }
    if !tags.is_empty() {
        operation.insert("tag_list".to_owned(), json!(tags));
    }
    operation.retain(|_, value| !value.is_null());
    Ok(Plan { operation, services })
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}

/// A problem as its caller should hear of it: what is lacking is told with its choices. `None` for the contact,
/// which the account may have.
fn told(problem: FieldProblem, body: &Value, place: &str) -> Option<FieldProblem> {
    let name = problem.field.strip_prefix(place)?.trim_start_matches('.');
    if body.get(name).is_some_and(|value| !value.is_null()) {
        return Some(problem);
    }
    match OPERATIONS_CREATE.body_fields().iter().find(|field| field.name == name) {
        Some(field) if field.name == "contact_code" => None,
        Some(Field { kind: Kind::Choice(choices), .. }) => {
            Some(FieldProblem::new(problem.field, format!("is required by Apunto: one of {}", choices.join(", "))))
        }
        _ => Some(problem),
    }
}

/// The name under which an operation takes what Apunto complains of ("un contact_code malo": `contact_id`).
pub(super) fn parameter<'a>(operation: &str, field: &'a str) -> &'a str {
    match field {
        "contact_id" | "contact" => "contact_code",
        "currency_id" | "currency" => "currency_code",
        "operational_agent_id" | "operational_agent" => "operational_agent_email",
        "supplier_id" | "supplier" => "supplier_code",
        "service_agent_id" | "service_agent" => "service_agent_email",
        "operation" => "operation_id",
        "tags" if !operation.starts_with("contacts.") => "tag_list",
        _ => field,
    }
}

/// Where one of Apunto's fields stands in a request of flete's. A service's fields come without their service,
/// which the create knows.
pub(super) fn locate(operation: &str, field: &str) -> Option<String> {
    let name = parameter(operation, field);
    match (operation, name) {
        ("operations.create", "client_ref") => Some("reference".to_owned()),
        ("operations.create", "goods_description") => Some("parcels[0].description".to_owned()),
        ("operations.create", "tag_list") => Some("tags".to_owned()),
        ("operations.create", name) if OPERATIONS_CREATE.body_fields().iter().any(|field| field.name == name) => {
            Some(format!("options.apunto.{name}"))
        }
        _ => Some(name.to_owned()),
    }
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
