//! Cost centres, and the invoices and bills that are made of them or linked to them. A link is kept in one place: the line of an invoice
//! or of a bill, under [`LINK`].

use super::super::{Request, Response};
use super::check::{decimal, maybe_body, number};
use super::refusal::{BLANK, Details, MUST_EXIST, Refusal};
use super::store::{Data, Row, Store};
use super::table::Resource;
use super::{Apunto, multipart};
use serde_json::{Value, json};

const LINK: &str = "link_cost_center_id";

/// What a cost centre brings (`income`) or takes (`expense`): its amount, or its price times its quantity.
pub(super) fn amount(center: &Row, what: &str) -> f64 {
    let read = |name: &str| center.data.get(name).and_then(decimal);
    let price = || read(&format!("{what}_unit_price")).map(|price| price * read("quantity").unwrap_or(1.0));
    read(&format!("{what}_amount")).or_else(price).unwrap_or(0.0)
}

/// The line of an invoice or a bill that a cost centre is linked to: its id.
pub(super) fn link(store: &Store, papers: &str, center: u64) -> Option<u64> {
    let mut lines = store.all(papers).iter().flat_map(|row| row.objects("line_items"));
    lines.find(|line| line[LINK] == center).and_then(|line| line["id"].as_u64())
}

pub(super) fn linked(store: &Store, center: u64) -> Value {
    json!({
        "quote_line_item_id": null, "invoice_line_item_id": link(store, "invoices", center),
        "bill_line_item_id": link(store, "bills", center),
    })
}

pub(super) fn line_items(row: &Row) -> Value {
    let lines = row.objects("line_items").iter().cloned();
    let each = lines.map(|mut line| {
        let center = line[LINK].clone();
        line["linked_to_cost_center"] = (!center.is_null()).into();
        line[LINK] = center;
        line
    });
    each.collect()
}

/// Invoices are compared with a cost centre's income, bills with its expense.
fn side(papers: &str) -> &'static str {
    if papers == "invoices" { "income" } else { "expense" }
}

impl Apunto {
    /// The cost centres of all services of an operation.
    pub(super) fn centers(&self, operation: u64) -> impl Iterator<Item = &Row> {
        self.store.services(operation).flat_map(|row| self.store.under("cost_centers", Some(("services", row.id))))
    }

    /// An invoice or a bill of an operation's cost centres.
    pub(super) fn generate(
        &mut self,
        papers: &'static str,
        operation: u64,
        request: &Request,
    ) -> Result<Response, Refusal> {
        let resource = Resource::named(papers).ok_or(Refusal::NotFound(super::NOWHERE))?;
        let body = maybe_body(request)?;
        let sent = body.get("cost_center_ids").or_else(|| body.get("service_pricing_ids"));
        let ids = sent.and_then(Value::as_array).filter(|ids| !ids.is_empty());
        let ids = ids.ok_or_else(|| Refusal::field("cost_center_ids", BLANK))?;
        let refused = |complaint: &str| Refusal::state("cost_center_ids", complaint, "No se pudo generar el documento");
        let mut centers = Vec::new();
        for id in ids {
            let found = number(id).and_then(|id| self.centers(operation).find(|row| row.id == id));
            let row = found.ok_or_else(|| refused(MUST_EXIST))?;
            if centers.iter().any(|other: &&Row| other.id == row.id) {
                return Err(refused("tiene un centro de costo repetido"));
            }
            if link(&self.store, papers, row.id).is_some() {
                return Err(refused("tiene un centro de costo ya vinculado"));
            }
            centers.push(row);
        }
        if papers == "invoices" && self.settings.mexican_account {
            let required = ["cfdi_use_code", "payment_method_code", "payment_type_code"];
            let missing = required.iter().filter(|name| !body.get(**name).is_some_and(Value::is_string));
            let details: Details = missing.map(|name| ((*name).to_owned(), json!([BLANK]))).collect();
            if !details.is_empty() {
                return Err(Refusal::Invalid(details));
            }
        }
        let contact = if papers == "invoices" {
            self.store.get("operations", operation).and_then(|row| row.id("contact_id"))
        } else {
            let first = centers[0].id("supplier_id");
            if first.is_none() || centers.iter().any(|row| row.id("supplier_id") != first) {
                return Err(refused("deben tener un mismo proveedor"));
            }
            first
        };
        let mut lines: Vec<Value> = centers
            .iter()
            .map(|row| {
                json!({
                    "id": null, "description": row.text("concept"), "quantity": 1,
                    "price": format!("{:.2}", amount(row, side(papers))), LINK: row.id,
                })
            })
            .collect();
        let currency = centers[0].data.get("currency_id").cloned();
        for line in &mut lines {
            line["id"] = self.store.next_id().into();
        }
        // A bill needs no approval as a rule.
        let status = if papers == "invoices" { "drafted" } else { "opened" };
        let mut data = Data::new();
        data.insert("contact_id".into(), contact.into());
        data.insert("currency_id".into(), currency.unwrap_or_default());
        data.insert("status".into(), status.into());
        data.insert("line_items".into(), lines.into());
        let id = self.store.insert(resource, None, data, self.now);
        self.made(resource, id)
    }

    /// What an invoice or a bill can be linked to.
    pub(super) fn link_options(&self, resource: &Resource, id: u64, request: &Request) -> Result<Response, Refusal> {
        let row = self.store.get(resource.name, id).ok_or(Refusal::NotFound(resource.words.missing))?;
        let chosen = request.query("operation_id").filter(|id| !id.is_empty());
        let chosen = chosen.map(|id| {
            let row = id.parse().ok().and_then(|id| self.store.get("operations", id));
            row.ok_or(Refusal::NotFound("No se encontró la operación solicitada"))
        });
        let chosen = chosen.transpose()?;
        let candidates: Vec<&Row> = match chosen {
            Some(row) => vec![row],
            None => self.store.all("operations").iter().collect(),
        };
        let shaper = self.shaper();
        let show = |name: &str, row: &Row, names: Option<&str>| {
            Resource::named(name)
                .map_or(Value::Null, |resource| shaper.object(resource, row, names.unwrap_or(resource.listed)))
        };
        let operations: Value = candidates
            .iter()
            .map(|row| show("operations", row, Some("id identification kind mode status client_ref")))
            .collect();
        let free = |center: &&Row| link(&self.store, resource.name, center.id).is_none();
        let centers = candidates.iter().flat_map(|row| self.centers(row.id)).filter(free);
        let centers: Value = centers.map(|row| show("cost_centers", row, None)).collect();
        let lines: Value = row.objects("line_items").iter().filter(|line| line[LINK].is_null()).cloned().collect();
        Ok(Response::json(200, &json!({"operations": operations, "cost_centers": centers, "line_items": lines})))
    }

    /// All links of the form are made, or none.
    pub(super) fn link_centers(
        &mut self,
        resource: &'static Resource,
        id: u64,
        request: &Request,
    ) -> Result<Response, Refusal> {
        let form = format!("{}_cost_center_link_form", resource.key);
        let mut body = maybe_body(request)?;
        let Some(Value::Object(sent)) = body.remove(&form) else {
            return Err(Refusal::BadRequest(format!("Falta el parámetro requerido: {form}")));
        };
        let operation = sent.get("operation_id").and_then(number);
        let operation = operation.filter(|id| self.store.get("operations", *id).is_some());
        let operation = operation.ok_or_else(|| Refusal::field("operation_id", MUST_EXIST))?;
        let links = sent.get("links").and_then(Value::as_object).filter(|links| !links.is_empty());
        let links = links.ok_or_else(|| Refusal::field("links", BLANK))?;
        let refused =
            |complaint: &str| Refusal::state("links", complaint, "No se pudieron vincular los centros de costo");
        let row = self.store.get(resource.name, id).ok_or(Refusal::NotFound(resource.words.missing))?;
        let mut lines = row.objects("line_items").to_vec();
        for (line, center) in links {
            let line = lines.iter_mut().find(|known| known["id"].as_u64() == line.parse().ok());
            let line = line.ok_or_else(|| refused("tiene una partida que no existe"))?;
            let found = number(center).and_then(|id| self.centers(operation).find(|row| row.id == id));
            let center = found.ok_or_else(|| refused("tiene un centro de costo que no es de la operación"))?;
            if !line[LINK].is_null() || link(&self.store, resource.name, center.id).is_some() {
                return Err(refused("tiene una partida o un centro de costo ya vinculado"));
            }
            let read = |name: &str| line.get(name).and_then(decimal);
            let total = read("quantity").unwrap_or(1.0) * read("price").unwrap_or(0.0);
            // The tolerance is one cent; the rest is for floating point.
            if (total - amount(center, side(resource.name))).abs() > 0.010_001 {
                return Err(refused("el importe de la partida no coincide con el del centro de costo"));
            }
            line[LINK] = center.id.into();
        }
        // Two lines may have asked for the same centre.
        let mut centers: Vec<String> =
            lines.iter().map(|line| line[LINK].to_string()).filter(|id| id != "null").collect();
        centers.sort();
        if centers.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(refused("tiene un centro de costo repetido"));
        }
        self.change(resource.name, id, Data::from_iter([("line_items".to_owned(), lines.into())]));
        self.acted(resource, id, "id status line_items", false, "Centros de costo vinculados exitosamente")
    }

    pub(super) fn unlink_center(
        &mut self,
        resource: &'static Resource,
        id: u64,
        request: &Request,
    ) -> Result<Response, Refusal> {
        let row = self.store.get(resource.name, id).ok_or(Refusal::NotFound(resource.words.missing))?;
        let mut lines = row.objects("line_items").to_vec();
        let line = lines.iter_mut().find(|line| line["id"].as_u64() == request.param(1).parse().ok());
        let line = line.ok_or(Refusal::NotFound("No se encontró la partida solicitada"))?;
        if line[LINK].is_null() {
            return Err(Refusal::state("base", "no está vinculada", "No se pudo desvincular el centro de costo"));
        }
        line[LINK] = Value::Null;
        self.change(resource.name, id, Data::from_iter([("line_items".to_owned(), lines.into())]));
        self.acted(resource, id, "id status line_items", false, "Centro de costo desvinculado exitosamente")
    }

    /// The fields are not in the API reference: they are taken as JSON, at the root or under `invoice`, and as multipart.
    pub(super) fn update_documents(
        &mut self,
        resource: &'static Resource,
        id: u64,
        request: &Request,
    ) -> Result<Response, Refusal> {
        let mut sent = Data::new();
        if request.content_type().as_deref() == Some("multipart/form-data") {
            let kind = request.header("content-type").unwrap_or_default();
            for part in multipart::parts(kind, &request.body)? {
                let name = part.name.trim_start_matches("invoice[").trim_end_matches(']').to_owned();
                let text = part.filename.clone().unwrap_or_else(|| part.text());
                sent.insert(name, text.into());
            }
        } else {
            let mut body = maybe_body(request)?;
            sent = match body.remove(resource.key) {
                Some(Value::Object(inner)) => inner,
                _ => body,
            };
        }
        sent.retain(|name, value| matches!(name.as_str(), "external_pdf" | "external_xml") && !value.is_null());
        if sent.is_empty() {
            return Err(Refusal::field("external_pdf", BLANK));
        }
        self.change(resource.name, id, sent);
        self.acted(resource, id, "id identification status external_pdf external_xml", false, "Documentos actualizados")
    }
}
