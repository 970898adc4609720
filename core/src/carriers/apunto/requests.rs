//! Apunto's requests from flete's vocabulary. Pure: no I/O, no clock, no chance. Its tests are the API reference's own
//! examples.

use super::endpoints::{OPERATIONS_CREATE, SERVICE_OF_CREATE};
use crate::connector::body::Sources;
use crate::connector::prelude::*;
use crate::json::Map;

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

/// By which names Apunto's errors know what requests give by another ("un contact_code malo": `contact_id`).
pub(super) const RENAMED: &[(&str, &str)] = &[
    ("contact_id", "contact_code"),
    ("contact", "contact_code"),
    ("currency_id", "currency_code"),
    ("currency", "currency_code"),
    ("operational_agent_id", "operational_agent_email"),
    ("operational_agent", "operational_agent_email"),
    ("supplier_id", "supplier_code"),
    ("supplier", "supplier_code"),
    ("service_agent_id", "service_agent_email"),
    ("service_agent", "service_agent_email"),
    ("customs_agent_id", "customs_agent_code"),
    ("customs_agent", "customs_agent_code"),
    ("customs_address_id", "customs_address_code"),
    ("customs_address", "customs_address_code"),
    ("operation", "operation_id"),
    ("currency", "currency_id"),
    ("deal_currency", "deal_currency_id"),
    ("seller", "seller_id"),
    ("owner", "owner_id"),
    ("assignee", "assignee_id"),
    ("opportunity", "opportunity_id"),
    ("list", "list_id"),
    ("parent", "parent_id"),
    ("folderable", "folderable_id"),
    ("parent_folder", "parent_folder_id"),
    ("operation_cancellation_reason", "operation_cancellation_reason_id"),
    ("service_cancellation_reason", "service_cancellation_reason_id"),
    ("line_items", "line_items_attributes"),
    ("shipment_items", "shipment_items_attributes"),
    ("tags", "tag_list"),
];

/// A create, as Apunto takes it: one operation, and its services after it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) operation: Map,
    pub(super) sources: Sources,
    pub(super) services: Vec<Value>,
    /// Where the caller gives the services.
    pub(super) services_at: String,
}

/// The bodies of a create. Everything is checked before anything is sent; the contact may be missing, as the account
/// may have only one.
pub(super) fn plan(
    request: &Create,
    native: &Native<'_>,
    defaults: &Defaults<'_>,
    mark: Option<&str>,
) -> Result<Plan, Error> {
    let mut body = Body::new(&OPERATIONS_CREATE, "Apunto");
    for (name, value) in [
        ("contact_code", defaults.contact_code),
        ("currency_code", defaults.currency_code),
        ("operational_agent_email", defaults.agent_email),
    ] {
        body.put_if(name, format!("{}.{name}", native.place()), value);
    }
    body.later("contact_code");
    fill(&mut body, request, native, mark);
    ended(body)
}

/// What every operation has of a create, and what Apunto doesn't do.
pub(super) fn fill(body: &mut Body, request: &Create, native: &Native<'_>, mark: Option<&str>) {
    if request.round_trip {
        body.problems.add("round_trip", "Apunto has no round trips; make a second operation for the way back");
    }
    if request.cash_on_delivery.is_some() {
        body.problems.add("cash_on_delivery", "Apunto doesn't collect money");
    }
    body.put_if("client_ref", "reference", filled(&request.reference));
    let mut goods: Vec<&str> = Vec::new();
    for description in request.parcels.iter().filter_map(|parcel| filled(&parcel.description)) {
        if !goods.contains(&description) {
            goods.push(description);
        }
    }
    let goods = goods.join(", ");
    body.put_if("goods_description", "parcels[0].description", Some(goods).filter(|goods| !goods.is_empty()));
    body.put_if("tag_list", "tags", (!request.tags.is_empty()).then(|| json!(request.tags)));
    body.native(native);
    // Both kinds of tags are the caller's.
    if let Some(Value::Array(own)) = native.get("tag_list") {
        let others = own.iter().filter(|tag| tag.as_str().is_none_or(|tag| !request.tags.iter().any(|own| own == tag)));
        body.fixed("tag_list", request.tags.iter().map(|tag| json!(tag)).chain(others.cloned()).collect::<Vec<_>>());
    }
    body.mark("tag_list", mark);
}

/// The plan, unless something is wrong with it.
pub(super) fn ended(body: Body) -> Result<Plan, Error> {
    let (body, sources) = body.end()?;
    let Value::Object(mut operation) = body else { return Err(Error::internal("an operation that is no object")) };
    let services = match operation.remove("services") {
        Some(Value::Array(services)) => services.into_iter().map(without_nulls).collect(),
        _ => Vec::new(),
    };
    operation.retain(|_, value| !value.is_null());
    let services_at = sources.find("services").unwrap_or_default();
    Ok(Plan { operation, sources, services, services_at })
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
