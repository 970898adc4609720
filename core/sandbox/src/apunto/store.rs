//! What the account has: rows of every resource, in memory, and the seed it starts with. Not for what is valid (`check`), nor for how a
//! row is answered (`shape`).

use super::super::util::Ids;
use super::table::Resource;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The account's users, whom the API reference names in its samples: id, email, name.
pub(super) const AGENTS: &[(u64, &str, &str)] =
    &[(222, "agente@apunto.com", "Juan Pérez"), (223, "operador@apunto.com", "Carlos Ramírez")];

/// Id, code, name.
pub(super) const CURRENCIES: &[(u64, &str, &str)] =
    &[(31, "MXN", "Peso Mexicano"), (32, "USD", "Dólar Estadounidense"), (33, "EUR", "Euro")];

pub(super) type Data = Map<String, Value>;
pub(super) type Parent = Option<(&'static str, u64)>;

pub(super) struct Row {
    pub(super) id: u64,
    pub(super) parent: Parent,
    pub(super) data: Data,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

impl Row {
    pub(super) fn text(&self, name: &str) -> &str {
        self.data.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn id(&self, name: &str) -> Option<u64> {
        self.data.get(name).and_then(Value::as_u64)
    }

    pub(super) fn is(&self, name: &str, text: &str) -> bool {
        self.text(name) == text
    }

    /// The objects in a list of [`Kind::Rows`](super::table::Kind::Rows).
    pub(super) fn objects(&self, name: &str) -> &[Value] {
        self.data.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

pub(super) struct Store {
    rows: BTreeMap<&'static str, Vec<Row>>,
    next: u64,
    /// The last number given out under each prefix and year: a deleted one is not given out again.
    numbers: BTreeMap<String, u32>,
    /// Deleted operations as they last were: the sandbox tells of every shipment ever made.
    gone: Vec<(u64, Value)>,
    /// Agents of accounts that were let in beside the fixed one, by their e-mail.
    pub(super) own_agents: Vec<String>,
    /// What the attachments are, by their ids.
    pub(super) files: BTreeMap<u64, Vec<u8>>,
}

impl Store {
    pub(super) fn new() -> Self {
        // All kinds of rows share one sequence, so that an id used in the wrong place finds nothing.
        let random = u64::from_str_radix(&Ids::new().hex(4), 16).unwrap_or(0);
        let mut store = Store {
            rows: BTreeMap::new(),
            next: 1000 + random,
            numbers: BTreeMap::new(),
            gone: Vec::new(),
            own_agents: Vec::new(),
            files: BTreeMap::new(),
        };
        store.seed();
        store
    }

    /// Puts back the contacts and addresses of the start that are not there.
    fn seed(&mut self) {
        let made: Timestamp = "2024-01-10T09:00:00Z".parse().unwrap_or_default();
        for (resource, seeds) in [("contacts", contacts()), ("addresses", addresses())] {
            let rows = self.rows.entry(resource).or_default();
            for (id, seed) in seeds {
                if let (Value::Object(data), false) = (seed, rows.iter().any(|r| r.id == id)) {
                    rows.push(Row { id, parent: None, data, created: made, updated: made });
                }
            }
            rows.sort_by_key(|row| row.id);
        }
    }

    /// Makes a client of this alias exist.
    pub(super) fn own_contact(&mut self, alias: &str) {
        if self.contact(alias).is_some() {
            return;
        }
        let contact = json!({
            "name": alias, "alias": alias, "kind": ["client"], "services": [], "status": "active", "tags": [],
        });
        let (id, made) = (self.next, Timestamp::now());
        self.next += 1;
        if let Value::Object(data) = contact {
            self.rows.entry("contacts").or_default().push(Row { id, parent: None, data, created: made, updated: made });
        }
    }

    /// Leaves one contact (`ACME`), or puts the rest of the start back.
    pub(super) fn single_contact(&mut self, single: bool) {
        if single {
            let contacts = self.rows.entry("contacts").or_default();
            contacts.retain(|row| row.text("alias") == "ACME");
        } else {
            self.seed();
        }
    }

    /// Oldest first.
    pub(super) fn all(&self, resource: &str) -> &[Row] {
        self.rows.get(resource).map_or(&[], Vec::as_slice)
    }

    pub(super) fn under(&self, resource: &str, parent: Parent) -> impl Iterator<Item = &Row> {
        let all = self.all(resource).iter();
        all.filter(move |row| row.parent == parent)
    }

    pub(super) fn get(&self, resource: &str, id: u64) -> Option<&Row> {
        self.all(resource).iter().find(|row| row.id == id)
    }

    pub(super) fn get_mut(&mut self, resource: &str, id: u64) -> Option<&mut Row> {
        self.rows.get_mut(resource)?.iter_mut().find(|r| r.id == id)
    }

    /// The contact that a `…_code` names. A lead is a contact, too, though no list of contacts has it.
    pub(super) fn contact(&self, alias: &str) -> Option<&Row> {
        let mut all = self.all("contacts").iter().chain(self.all("leads"));
        all.find(|row| row.is("alias", alias))
    }

    /// A row by its id; a contact may be a lead.
    pub(super) fn find(&self, resource: &str, id: u64) -> Option<&Row> {
        let lead = || self.get("leads", id).filter(|_| resource == "contacts");
        self.get(resource, id).or_else(lead)
    }

    /// The rows of a resource in which this name has this id.
    pub(super) fn with_id<'a>(&'a self, resource: &str, name: &'a str, id: u64) -> impl Iterator<Item = &'a Row> {
        self.all(resource).iter().filter(move |row| row.id(name) == Some(id))
    }

    pub(super) fn services(&self, operation: u64) -> impl Iterator<Item = &Row> {
        self.with_id("services", "operation_id", operation)
    }

    pub(super) fn services_mut(&mut self, operation: u64) -> impl Iterator<Item = &mut Row> {
        let all = self.rows.get_mut("services").into_iter().flatten();
        all.filter(move |row| row.id("operation_id") == Some(operation))
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn insert(&mut self, resource: &Resource, parent: Parent, sent: Data, now: Timestamp) -> u64 {
        let id = self.next_id();
        let mut data = match (resource.defaults)() {
            Value::Object(data) => data,
            _ => Data::new(),
        };
        data.extend(sent);
        let prefix = match resource.name {
            "operations" => prefix(data.get("kind").and_then(Value::as_str)),
            _ => resource.prefix,
        };
        if !prefix.is_empty() {
            let (number, identification) = self.number(prefix, now);
            data.insert("identification".into(), identification.into());
            data.insert("number".into(), number.into());
        }
        self.rows.entry(resource.name).or_default().push(Row { id, parent, data, created: now, updated: now });
        id
    }

    /// The API reference's form: `IMP-001-2024`; and the number in it.
    fn number(&mut self, prefix: &str, now: Timestamp) -> (String, String) {
        let year = now.to_zoned(TimeZone::UTC).year();
        let last = self.numbers.entry(format!("{prefix}-{year}")).or_default();
        *last += 1;
        (last.to_string(), format!("{prefix}-{last:03}-{year}"))
    }

    /// Deletes a row and everything under it: an operation's services; the comments, tasks, costs and files of each.
    pub(super) fn delete(&mut self, resource: &'static str, id: u64) {
        if resource == "operations" {
            if let Some(mut last) = self.get(resource, id).map(|row| self.shipment(row)) {
                last["status"] = "deleted".into();
                last["services"] = 0.into();
                self.gone.push((id, last));
            }
            let services: Vec<u64> = self.services(id).map(|row| row.id).collect();
            for service in services {
                self.delete("services", service);
            }
        }
        let mut under = Vec::new();
        for (name, rows) in &self.rows {
            let own = rows.iter().filter(|row| row.parent == Some((resource, id)));
            under.extend(own.map(|row| (*name, row.id)));
        }
        for (name, id) in under {
            self.delete(name, id);
        }
        if let Some(rows) = self.rows.get_mut(resource) {
            rows.retain(|row| row.id != id);
        }
        if resource == "attachments" {
            self.files.remove(&id);
        }
    }

    /// An operation as the sandbox's control interface tells of it.
    pub(super) fn shipment(&self, operation: &Row) -> Value {
        json!({
            "id": operation.id.to_string(),
            "identification": operation.text("identification"),
            "reference": operation.data.get("client_ref"),
            "status": operation.text("status"),
            "tags": operation.data.get("tags"),
            "services": self.services(operation.id).count(),
            "quote_id": operation.data.get("quote_id"),
        })
    }

    pub(super) fn shipments(&self) -> Value {
        let there = self.all("operations").iter();
        let mut all: Vec<(u64, Value)> = there.map(|row| (row.id, self.shipment(row))).collect();
        all.extend(self.gone.iter().cloned());
        all.sort_by_key(|(id, _)| *id);
        all.into_iter().map(|(_, shipment)| shipment).collect()
    }
}

fn prefix(kind: Option<&str>) -> &'static str {
    match kind.unwrap_or_default() {
        "importation" => "IMP",
        "exportation" => "EXP",
        "domestic" => "DOM",
        "crosstrade" => "CRO",
        "transportation" => "TRA",
        "consulting" => "CON",
        "export_trading_company" => "ETC",
        "import_trading_company" => "ITC",
        _ => "OPE",
    }
}

fn contacts() -> Vec<(u64, Value)> {
    let contact = |name: &str, alias: &str, kinds: &[&str], services: &[&str]| {
        json!({
            "name": name, "alias": alias, "kind": kinds, "services": services, "status": "active", "tags": [],
        })
    };
    let mut abc = contact("ABC Trading Company", "ABC", &["client", "supplier"], &["maritime", "aerial"]);
    abc["identification"] = "ABC1234567890".into();
    abc["legal_name"] = "ABC Trading Company S.A. de C.V.".into();
    abc["email"] = "contacto@abc.com".into();
    abc["phone"] = "+52 55 1234 5678".into();
    abc["tags"] = json!(["prioritario"]);
    abc["billing_address"] = json!({
        "id": 103, "street": "Av. Reforma 123", "city": "Ciudad de México", "postal_code": "06600", "country": "MX",
    });
    vec![
        (110, contact("ACME SA DE CV", "ACME", &["client"], &[])),
        (111, contact("Maersk Line", "MAERSK", &["supplier", "carrier"], &["maritime"])),
        (333, contact("Aduanas México SA", "ADUANAS-MX", &["customs_agent"], &["customs"])),
        (456, abc),
    ]
}

fn addresses() -> Vec<(u64, Value)> {
    let cdmx = json!({
        "name": "Almacén Principal CDMX", "alias": "ALM-CDMX", "address_type": "shipping", "status": "active",
        "street": "Av. Insurgentes Sur 1234", "outdoor_number": "1234", "internal_number": "Int. 5",
        "neighborhood": "Col. Del Valle", "city": "Ciudad de México", "state": "Ciudad de México",
        "postal_code": "03100", "country": "MX", "description": "Almacén de recepción y distribución",
        "contact_information": "Juan Pérez - Tel: 55-1234-5678",
    });
    let veracruz = json!({
        "name": "Aduana Veracruz", "alias": "ADUANA-VERACRUZ", "address_type": "customs", "status": "active",
        "street": "Av. Marina Mercante", "outdoor_number": "S/N", "neighborhood": "Puerto de Veracruz",
        "city": "Veracruz", "state": "Veracruz", "postal_code": "91700", "country": "MX",
    });
    vec![(101, cdmx), (444, veracruz)]
}
