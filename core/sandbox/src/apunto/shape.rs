//! How a row is answered: a list of names becomes an object, in that order. Not for which names a reply has (`table`).

use super::settings::Settings;
use super::store::{AGENTS, CURRENCIES, Data, Row, Store};
use super::table::{Field, Resource};
use jiff::Timestamp;
use serde_json::{Value, json};

/// What an operation shows of its services. The attribute table says "complete services", its sample has these.
const EMBEDDED: &str = "id identification mode status shipment_type shipment_kind supplier.brief eta_date etd_date \
    bl booking";

/// An instant as Apunto writes it: whole seconds, UTC.
pub(super) fn instant(at: Timestamp) -> String {
    format!("{at:.0}")
}

pub(super) struct Shaper<'a> {
    pub(super) store: &'a Store,
    pub(super) settings: &'a Settings,
}

impl Shaper<'_> {
    pub(super) fn object(&self, resource: &Resource, row: &Row, names: &str) -> Value {
        let each = names.split_whitespace().map(|name| {
            let key = name.split('.').next().unwrap_or(name);
            (key.to_owned(), self.value(resource, row, name))
        });
        Value::Object(each.collect())
    }

    /// An update's answer: a few names, what was sent, and when.
    pub(super) fn partial(&self, resource: &Resource, row: &Row, sent: &Data) -> Value {
        let mut names = resource.updated.to_owned();
        let repeated = |field: &&Field| field.repeated() && sent.contains_key(field.stored);
        for field in resource.fields.iter().filter(repeated) {
            if !names.split(' ').any(|name| name == field.stored) {
                names.push(' ');
                names.push_str(field.stored);
            }
        }
        names.push_str(" updated_at");
        self.object(resource, row, &names)
    }

    fn value(&self, resource: &Resource, row: &Row, name: &str) -> Value {
        let id = |name: &str| row.data.get(name).and_then(Value::as_u64);
        match name {
            "id" => row.id.into(),
            "created_at" => instant(row.created).into(),
            "updated_at" => instant(row.updated).into(),
            "profit_amount" => self.money("5000.00"),
            "profit_percentage" => self.money("15.5"),
            "services_count" => self.store.services(row.id).count().into(),
            "comments_count" => self.count("messages", resource, row),
            "tasks_count" => self.count("to_dos", resource, row),
            "folders_count" => 0.into(),
            "contact" => self.contact(id("contact_id"), false),
            "supplier.brief" => self.contact(id("supplier_id"), false),
            "supplier" => self.contact(id("supplier_id"), true),
            "currency" => currency(row.text("currency_id")),
            "operational_agent" => agent(row.text("operational_agent_id"), false),
            "service_agent" => agent(row.text("service_agent_id"), true),
            "operation" => id("operation_id").map_or(Value::Null, |id| self.operation(id)),
            // A contact has `services` too: the modes it works in.
            "services" if resource.name == "operations" => self.services(row),
            "billing_address" => billing(row.data.get(name)),
            "full_address" => full_address(row).into(),
            _ => row.data.get(name).cloned().unwrap_or_default(),
        }
    }

    fn count(&self, kind: &str, resource: &Resource, row: &Row) -> Value {
        let parent = Some((resource.name, row.id));
        self.store.under(kind, parent).count().into()
    }

    fn money(&self, digits: &str) -> Value {
        if self.settings.money_as_text {
            return digits.into();
        }
        serde_json::from_str(digits).unwrap_or_default()
    }

    fn contact(&self, id: Option<u64>, with_id: bool) -> Value {
        let Some(row) = id.and_then(|id| self.store.get("contacts", id)) else {
            return Value::Null;
        };
        let (alias, name) = (row.text("alias"), row.text("name"));
        if with_id {
            json!({"id": row.id, "alias": alias, "name": name})
        } else {
            json!({"alias": alias, "name": name})
        }
    }

    fn operation(&self, id: u64) -> Value {
        let (Some(operations), Some(row)) = (Resource::named("operations"), self.store.get("operations", id)) else {
            return Value::Null;
        };
        self.object(operations, row, "id identification kind client_ref")
    }

    fn services(&self, operation: &Row) -> Value {
        let Some(services) = Resource::named("services") else {
            return Value::Null;
        };
        let names = if self.settings.full_services { services.shown } else { EMBEDDED };
        let all = self.store.services(operation.id);
        all.map(|row| self.object(services, row, names)).collect()
    }
}

fn billing(address: Option<&Value>) -> Value {
    let Some(address) = address.filter(|address| address.is_object()) else {
        return Value::Null;
    };
    let names = ["id", "street", "city", "postal_code", "country"];
    let each = names.map(|name| (name.to_owned(), address[name].clone()));
    Value::Object(each.into_iter().collect())
}

fn currency(code: &str) -> Value {
    let found = CURRENCIES.iter().find(|(known, _)| *known == code);
    found.map_or(Value::Null, |(code, name)| json!({"code": code, "name": name}))
}

fn agent(email: &str, with_id: bool) -> Value {
    match AGENTS.iter().find(|(_, known, _)| *known == email) {
        Some((id, email, name)) if with_id => json!({"id": id, "email": email, "name": name}),
        Some((_, email, name)) => json!({"email": email, "name": name}),
        None => Value::Null,
    }
}

/// As in the API reference's sample: street, neighborhood, postal code, city, country.
fn full_address(row: &Row) -> String {
    let parts = ["street", "neighborhood", "postal_code", "city", "country"];
    let parts: Vec<&str> = parts.iter().map(|name| row.text(name)).collect();
    let there = parts.into_iter().filter(|part| !part.is_empty());
    there.collect::<Vec<_>>().join(", ")
}
