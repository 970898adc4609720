//! How a row is answered: a list of names becomes an object, in that order. Not for which names a reply has (`table`).

use super::check::decimal;
use super::settings::{CurrencyForm, Settings};
use super::store::{AGENTS, CURRENCIES, Data, Row, Store};
use super::table::{Field, PIPELINE_LISTS, Resource};
use super::{accounting, files};
use jiff::Timestamp;
use serde_json::{Value, json};

/// What an operation shows of its services. The attribute table says "complete services", its sample has these.
const EMBEDDED: &str = "id identification mode status shipment_type shipment_kind supplier.brief eta_date etd_date \
    bl booking cost_centers";

/// The newest tasks that one object shows.
const MOST_TO_DOS: usize = 100;

/// An instant as Apunto writes it: whole seconds, UTC.
pub(super) fn instant(at: Timestamp) -> String {
    format!("{at:.0}")
}

pub(super) struct Shaper<'a> {
    pub(super) store: &'a Store,
    pub(super) settings: &'a Settings,
    /// The host that the request names, which is in the URLs of its reply.
    pub(super) host: &'a str,
    pub(super) now: Timestamp,
}

impl Shaper<'_> {
    /// A name may have a variant after a point, which the reply doesn't show: `supplier.brief`.
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
        let id = |name: &str| row.id(name);
        match name {
            "id" => row.id.into(),
            "created_at" => instant(row.created).into(),
            "updated_at" => instant(row.updated).into(),
            "profit_amount" => self.profit(resource, row).0,
            "profit_percentage" => self.profit(resource, row).1,
            "services_count" => self.store.services(row.id).count().into(),
            "comments_count" => self.count("messages", resource, row),
            "tasks_count" => self.count("to_dos", resource, row),
            "folders_count" => self.count("folders", resource, row),
            "contact" => self.contact(id("contact_id"), false),
            "contact.full" => self.contact(id("contact_id"), true),
            "contact_name" => id("contact_id")
                .and_then(|id| self.store.find("contacts", id))
                .map_or("", |row| row.text("name"))
                .into(),
            "supplier.brief" => self.contact(id("supplier_id"), false),
            "supplier" => self.contact(id("supplier_id"), true),
            "customs_agent" => self.contact(id("customs_agent_id"), true),
            "customs_address" => self.address(id("customs_address_id"), "id alias name address_type full_address"),
            "origin_address" => self.address(id("origin_address_id"), "id name full_address"),
            "destination_address" => self.address(id("destination_address_id"), "id name full_address"),
            "currency" => self.currency(row.text("currency_id"), CurrencyForm::CodeName),
            "currency.full" => self.currency(row.text("currency_id"), CurrencyForm::IdCodeName),
            "expense_currency" => self.currency(row.text("expense_currency_id"), CurrencyForm::CodeName),
            "operational_agent" => agent(row.text("operational_agent_id"), false),
            "service_agent" => agent(row.text("service_agent_id"), true),
            // A message and a task keep who wrote them; the rest keep an e-mail.
            "owner" if row.data.contains_key("owner_id") => agent(row.text("owner_id"), true),
            "assignee" => agent(row.text("assignee_id"), true),
            "seller" => agent(row.text("seller_id"), true),
            "operation" => id("operation_id").map_or(Value::Null, |id| self.operation(id)),
            "service" => self.service_of(row),
            // A contact has `services` too: the modes it works in.
            "services" if resource.name == "operations" => {
                self.services(row, (!self.settings.full_services).then_some(EMBEDDED))
            }
            "services.brief" => self.services(row, Some("id identification mode status")),
            "number" => json!(row.text(name).parse::<u64>().ok()),
            "cost_centers" => self.under("cost_centers", resource, row),
            "to_dos" => self.to_dos(resource, row),
            "folders" => files::tree(self, resource.name, row.id, false),
            "linked" => accounting::linked(self.store, row.id),
            "item" => id("item_id").map_or(Value::Null, |id| json!({"id": id})),
            "line_items" if matches!(resource.name, "invoices" | "bills") => accounting::line_items(row),
            "subtotal" | "total" => text_money(row.objects("line_items").iter().map(line_total).sum()),
            "unit_price" | "total_price" => row.data.get(name).and_then(decimal).map_or(Value::Null, text_money),
            "line_items_count" => row.objects("line_items").len().into(),
            "document_routes_count" => row.objects("document_routes").len().into(),
            "pricings_count" => self.count("quote_request_pricings", resource, row),
            "quotes_count" => self.store.with_id("quotes", "quote_request_id", row.id).count().into(),
            "quote_requests_count" => self.store.with_id("quote_requests", "opportunity_id", row.id).count().into(),
            "opportunity_actions_count" => 0.into(),
            "total_pricing_amount" => {
                let pricings = self.store.under("quote_request_pricings", Some((resource.name, row.id)));
                text_money(pricings.filter_map(|row| row.data.get("total_price").and_then(decimal)).sum())
            }
            "opportunity" => self.opportunity(id("opportunity_id")),
            "list" => pipeline_list(id("list_id")),
            "billing_address" => billing(row.data.get(name)),
            "full_address" => full_address(row).into(),
            _ => row.data.get(name).cloned().unwrap_or_default(),
        }
    }

    fn count(&self, kind: &str, resource: &Resource, row: &Row) -> Value {
        let parent = Some((resource.name, row.id));
        self.store.under(kind, parent).count().into()
    }

    /// The whole list of what stands under a row.
    fn under(&self, kind: &str, resource: &Resource, row: &Row) -> Value {
        let Some(child) = Resource::named(kind) else {
            return Value::Null;
        };
        let rows = self.store.under(kind, Some((resource.name, row.id)));
        rows.map(|row| self.object(child, row, child.shown)).collect()
    }

    fn to_dos(&self, resource: &Resource, row: &Row) -> Value {
        match self.under("to_dos", resource, row) {
            Value::Array(all) => all.into_iter().rev().take(MOST_TO_DOS).collect(),
            other => other,
        }
    }

    fn money(&self, digits: &str) -> Value {
        if self.settings.money_as_text {
            return digits.into();
        }
        serde_json::from_str(digits).unwrap_or_default()
    }

    /// Amount and percentage: as they were sent, or from the cost centres, or as in the API reference's sample.
    fn profit(&self, resource: &Resource, row: &Row) -> (Value, Value) {
        let sent = |name: &str| row.data.get(name).and_then(decimal);
        let centers: Vec<&Row> = match resource.name {
            "cost_centers" => vec![row],
            _ => {
                let live = self.store.services(row.id).filter(|service| !service.is("status", "canceled"));
                live.flat_map(|service| self.store.under("cost_centers", Some(("services", service.id)))).collect()
            }
        };
        let sum = |name: &str| centers.iter().map(|center| accounting::amount(center, name)).sum::<f64>();
        let (income, expense) = (sum("income"), sum("expense"));
        let (mut amount, mut percentage) = ("5000.00".to_owned(), "15.5".to_owned());
        if !centers.is_empty() {
            amount = format!("{:.2}", income - expense);
            percentage = format!("{:.2}", if income == 0.0 { 0.0 } else { (income - expense) / income * 100.0 });
        }
        if let (true, Some(sent)) = (resource.name == "operations", sent("profit_amount")) {
            amount = format!("{sent:.2}");
        }
        if let (true, Some(sent)) = (resource.name == "operations", sent("profit_percentage")) {
            percentage = format!("{sent:.2}");
        }
        (self.money(&amount), self.money(&percentage))
    }

    fn contact(&self, id: Option<u64>, with_id: bool) -> Value {
        let Some(row) = id.and_then(|id| self.store.find("contacts", id)) else {
            return Value::Null;
        };
        let (alias, name) = (row.text("alias"), row.text("name"));
        if with_id {
            json!({"id": row.id, "alias": alias, "name": name})
        } else {
            json!({"alias": alias, "name": name})
        }
    }

    fn address(&self, id: Option<u64>, names: &str) -> Value {
        let row = id.and_then(|id| self.store.get("addresses", id));
        row.zip(Resource::named("addresses")).map_or(Value::Null, |(row, resource)| self.object(resource, row, names))
    }

    fn currency(&self, code: &str, documented: CurrencyForm) -> Value {
        let Some((id, code, name)) = CURRENCIES.iter().find(|(_, known, _)| *known == code) else {
            return Value::Null;
        };
        let form = match self.settings.currency_form {
            CurrencyForm::Documented => documented,
            form => form,
        };
        match form {
            CurrencyForm::IdName => json!({"id": id, "name": code}),
            CurrencyForm::IdCodeName => json!({"id": id, "code": code, "name": name}),
            _ => json!({"code": code, "name": name}),
        }
    }

    fn operation(&self, id: u64) -> Value {
        let (Some(operations), Some(row)) = (Resource::named("operations"), self.store.get("operations", id)) else {
            return Value::Null;
        };
        self.object(operations, row, "id identification kind client_ref")
    }

    fn opportunity(&self, id: Option<u64>) -> Value {
        let row = id.and_then(|id| self.store.get("opportunities", id));
        row.map_or(
            Value::Null,
            |row| json!({"id": row.id, "identification": row.text("identification"), "title": row.text("title")}),
        )
    }

    /// The service that a cost centre stands under.
    fn service_of(&self, row: &Row) -> Value {
        let service = row.parent.and_then(|(resource, id)| self.store.get(resource, id));
        service.map_or(
            Value::Null,
            |row| json!({"id": row.id, "identification": row.text("identification"), "mode": row.text("mode")}),
        )
    }

    /// With these names, or with all that a service shows of itself.
    fn services(&self, operation: &Row, names: Option<&str>) -> Value {
        let Some(services) = Resource::named("services") else {
            return Value::Null;
        };
        let names = names.unwrap_or(services.shown);
        let all = self.store.services(operation.id);
        all.map(|row| self.object(services, row, names)).collect()
    }
}

fn line_total(line: &Value) -> f64 {
    let quantity = line.get("quantity").and_then(decimal).unwrap_or(1.0);
    quantity * line.get("price").and_then(decimal).unwrap_or(0.0)
}

/// Money as the commercial pages write it: `"1850.00"`.
pub(super) fn text_money(amount: f64) -> Value {
    format!("{amount:.2}").into()
}

fn pipeline_list(id: Option<u64>) -> Value {
    let found = PIPELINE_LISTS.iter().find(|(known, ..)| id == Some(*known));
    found.map_or(Value::Null, |(id, name, _)| json!({"id": id, "name": name}))
}

fn billing(address: Option<&Value>) -> Value {
    let Some(address) = address.filter(|address| address.is_object()) else {
        return Value::Null;
    };
    let names = ["id", "street", "city", "postal_code", "country"];
    let each = names.map(|name| (name.to_owned(), address[name].clone()));
    Value::Object(each.into_iter().collect())
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
