//! The commercial cycle: what a lead, an opportunity, a quote request and a quote go through, up to an operation.

use super::super::{Request, Response};
use super::check::{self, date, decimal, flag, maybe_body, number, text};
use super::refusal::{BLANK, MUST_EXIST, NOT_LISTED, NOT_VALID, Refusal};
use super::shape::text_money;
use super::store::{Data, Row};
use super::table::{OPPORTUNITY_STATUSES, PIPELINE_LISTS, Resource};
use super::{Apunto, today};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const WON_REASONS: &[(u64, &str)] = &[(801, "Precio"), (802, "Servicio")];
const LOST_REASONS: &[(u64, &str)] = &[(901, "Precio"), (902, "Tiempo de tránsito")];

fn reasons(known: &[(u64, &str)]) -> Value {
    let each = known.iter();
    each.map(|(id, name)| json!({"id": id, "name": name, "description": null, "status": "active"})).collect()
}

impl Apunto {
    /// The lists that are the account's own and only read, by their names.
    pub(super) fn catalogue(&self, name: &str) -> Option<Value> {
        Some(match name {
            "operation_cancellation_reasons" => self.reason_list("operations"),
            "service_cancellation_reasons" => self.reason_list("services"),
            "quote_won_reasons" => reasons(WON_REASONS),
            "quote_lost_reasons" => reasons(LOST_REASONS),
            "quotation_pipelines" => {
                let lists = PIPELINE_LISTS.iter().enumerate().map(|(position, (id, name, status))| {
                    json!({"id": id, "name": name, "position": position + 1, "target_quote_request_status": status})
                });
                let lists: Value = lists.collect();
                json!([{"id": 60, "name": "Cotizaciones", "status": "active", "default_pipeline": true, "lists": lists}])
            }
            _ => return None,
        })
    }

    /// `lead_status` or `status`, at the root or under the resource's key.
    pub(super) fn transition(
        &mut self,
        resource: &'static Resource,
        id: u64,
        request: &Request,
    ) -> Result<Response, Refusal> {
        let body = check::body(request)?;
        let name = if resource.name == "leads" { "lead_status" } else { "status" };
        let sent = body.get(name).or_else(|| body.get(resource.key)?.get(name)).and_then(text).unwrap_or_default();
        if sent.is_empty() {
            return Err(Refusal::field(name, BLANK));
        }
        let known = match resource.name {
            "leads" => self.settings.lead_statuses.contains(&sent),
            _ => OPPORTUNITY_STATUSES.contains(&sent.as_str()),
        };
        if !known {
            return Err(Refusal::field(name, NOT_LISTED));
        }
        let requests = || self.store.with_id("quote_requests", "opportunity_id", id).count();
        if resource.name == "opportunities" && sent == "won" && requests() == 0 {
            let complaint = "requiere una solicitud de cotización vinculada";
            return Err(Refusal::state(name, complaint, "No se pudo cambiar el estado de la oportunidad"));
        }
        self.change(resource.name, id, Data::from_iter([(name.to_owned(), sent.into())]));
        self.acted(resource, id, &format!("id {name} updated_at"), false, "Estado actualizado exitosamente")
    }

    /// Refuses to delete a lead that is in use.
    pub(super) fn check_lead(&self, id: u64) -> Result<(), Refusal> {
        let count = |resource: &str| self.store.with_id(resource, "contact_id", id).count();
        let counts = ["opportunities", "quote_requests", "quotes"].map(|name| (name.to_owned(), count(name)));
        if counts.iter().all(|(_, count)| *count == 0) {
            return Ok(());
        }
        Err(Refusal::LeadInUse(counts.into_iter().map(|(name, count)| (name, Value::from(count))).collect()))
    }

    /// A request has the status of its column unless it says another.
    pub(super) fn place_request(kept: &mut Data) {
        let list = kept.get("list_id").and_then(Value::as_u64);
        let found = PIPELINE_LISTS.iter().find(|(id, ..)| list == Some(*id));
        if let (Some((_, _, status)), false) = (found, kept.contains_key("status")) {
            kept.insert("status".into(), (*status).into());
        }
    }

    /// A price is taken only while the request is `requested`.
    pub(super) fn complete_pricing(&self, request: u64, kept: &mut Data) -> Result<(), Refusal> {
        let status = self.store.get("quote_requests", request).map_or("", |row| row.text("status"));
        if status != "requested" {
            let complaint = format!("es {status} y debe ser requested");
            return Err(Refusal::state("quote_request", &complaint, "No se pudo guardar el precio"));
        }
        let read = |name: &str| kept.get(name).and_then(decimal);
        let total = read("unit_price").map(|price| price * read("quantity").unwrap_or(1.0));
        if let (None, Some(total)) = (read("total_price"), total) {
            kept.insert("total_price".into(), text_money(total));
        }
        kept.insert("draft".into(), self.settings.pricing_draft.into());
        Ok(())
    }

    /// The flag decides; the shape of an item is not in the API reference.
    pub(super) fn suggestions(&self, request: &Request) -> Response {
        if !self.settings.pricing_catalogs {
            let message = "La cuenta no tiene habilitados los catálogos de precios";
            return Response::json(200, &json!({"suggestions": [], "meta": {"message": message}}));
        }
        let supplier = request.query("supplier_id").and_then(|id| id.parse().ok()).unwrap_or(111);
        let suggestion = json!({
            "pricing_catalog_id": 71, "service_name": "Flete marítimo", "unit_price": "1850.00", "total_price": "1850.00",
            "currency": {"id": 32, "code": "USD", "name": "Dólar Estadounidense"}, "supplier_id": supplier,
        });
        Response::json(200, &json!({"suggestions": [suggestion], "meta": {}}))
    }

    /// Every price becomes a line of a draft.
    pub(super) fn create_quote(&mut self, id: u64) -> Result<Response, Refusal> {
        let (request, quotes) = (self.row_of("quote_requests", id)?, resource("quotes")?);
        let refused = |field: &str, complaint: &str| Refusal::state(field, complaint, "No se pudo crear la cotización");
        let contact = request.id("contact_id").ok_or_else(|| refused("contact_id", BLANK))?;
        let pricings = self.store.under("quote_request_pricings", Some(("quote_requests", id)));
        let pricings: Vec<&Row> = pricings.collect();
        let first = *pricings.first().ok_or_else(|| refused("quote_request_pricings", BLANK))?;
        let mut data = Data::new();
        data.insert("currency_id".into(), first.data.get("currency_id").cloned().unwrap_or_default());
        let mut lines: Vec<Value> = pricings.into_iter().map(line).collect();
        for name in ["operation_kind", "operation_mode", "service_scope", "incoterm", "seller_id"] {
            data.insert(name.into(), request.data.get(name).cloned().unwrap_or_default());
        }
        for line in &mut lines {
            line["id"] = self.store.next_id().into();
        }
        data.insert("contact_id".into(), contact.into());
        data.insert("quote_request_id".into(), id.into());
        data.insert("date".into(), today(self.now).to_string().into());
        data.insert("line_items".into(), lines.into());
        let quote = self.store.insert(quotes, None, data, self.now);
        self.change("quote_requests", id, Data::from_iter([("status".to_owned(), "vobo".into())]));
        self.made(quotes, quote)
    }

    /// The quotes of a request, without those that are already lost.
    fn quotes_of(&self, request: u64) -> Vec<u64> {
        let all = self.store.with_id("quotes", "quote_request_id", request);
        all.filter(|row| !row.is("status", "lose")).map(|row| row.id).collect()
    }

    /// `mark_as_won` and `mark_as_lost`.
    pub(super) fn decide(
        &mut self,
        resource: &'static Resource,
        id: u64,
        won: bool,
        request: &Request,
    ) -> Result<Response, Refusal> {
        let body = maybe_body(request)?;
        let row = self.store.get(resource.name, id).ok_or(Refusal::NotFound(resource.words.missing))?;
        let message = if won { "No se pudo marcar como ganada" } else { "No se pudo marcar como perdida" };
        let refused = |field: &str, complaint: &str| Refusal::state(field, complaint, message);
        if !row.is("result", "pending") {
            return Err(refused("result", "ya no está pendiente"));
        }
        let sent = |name: &str| body.get(name).filter(|value| !value.is_null() && value.as_str() != Some(""));
        let (result, at, reason, known) = if won {
            ("won", "won_at", "quote_won_reason_id", WON_REASONS)
        } else {
            ("lost", "lost_at", "quote_lost_reason_id", LOST_REASONS)
        };
        let day = match sent(at) {
            None => today(self.now),
            Some(day) => text(day).as_deref().and_then(date).ok_or_else(|| Refusal::field(at, NOT_VALID))?,
        };
        if won && day < row.updated.to_zoned(TimeZone::UTC).date() {
            return Err(refused(at, "no puede ser anterior a la última actividad"));
        }
        if sent(reason).is_some_and(|id| !known.iter().any(|(known, _)| number(id) == Some(*known))) {
            return Err(refused(reason, MUST_EXIST));
        }
        let quotes = self.quotes_of(id);
        let mut winners = Vec::new();
        if won {
            let ids = sent("winner_quote_ids").map(|ids| ids.as_array().map_or(&[][..], Vec::as_slice));
            winners = match ids {
                Some(ids) => ids.iter().map(|id| number(id).filter(|id| quotes.contains(id))).collect::<Option<_>>(),
                None if quotes.len() > 1 => return Err(refused("winner_quote_ids", BLANK)),
                None => Some(quotes.clone()),
            }
            .filter(|winners: &Vec<u64>| quotes.is_empty() || !winners.is_empty())
            .ok_or_else(|| refused("winner_quote_ids", "deben ser cotizaciones de la solicitud"))?;
        } else {
            let confirmed = sent("confirm_quote_loss_consequences").and_then(flag) == Some(true.into());
            if !quotes.is_empty() && !confirmed {
                let complaint = "debe confirmarse: se perderán las cotizaciones vinculadas";
                return Err(refused("confirm_quote_loss_consequences", complaint));
            }
        }
        let mut change = Data::new();
        change.insert("status_before".into(), row.text("status").into());
        change.insert("status".into(), "finished".into());
        change.insert("result".into(), result.into());
        change.insert("result_notes".into(), sent("result_notes").cloned().unwrap_or_default());
        let minutes = self.now.duration_since(row.created).as_mins();
        change.insert("minutes_to_result".into(), minutes.into());
        change.insert(at.into(), day.to_string().into());
        self.change(resource.name, id, change);
        for quote in quotes {
            let status = if winners.contains(&quote) { "won" } else { "lose" };
            let before = self.store.get("quotes", quote).map_or("", |row| row.text("status")).to_owned();
            let change = [("status_before".to_owned(), before.into()), ("status".to_owned(), status.into())];
            self.change("quotes", quote, Data::from_iter(change));
        }
        let words = if won { "Solicitud marcada como ganada" } else { "Solicitud marcada como perdida" };
        self.acted(resource, id, "id status result", false, words)
    }

    /// Takes the result back, and that of the quotes.
    pub(super) fn reopen_request(&mut self, resource: &'static Resource, id: u64) -> Result<Response, Refusal> {
        let row = self.store.get(resource.name, id).ok_or(Refusal::NotFound(resource.words.missing))?;
        if row.is("result", "pending") {
            return Err(Refusal::state("result", "sigue pendiente", "No se pudo reabrir la solicitud"));
        }
        let quotes: Vec<u64> = self.store.with_id("quotes", "quote_request_id", id).map(|row| row.id).collect();
        let back = |row: &Row| match row.text("status_before") {
            "" => Data::new(),
            before => {
                Data::from_iter([("status".to_owned(), before.into()), ("status_before".to_owned(), Value::Null)])
            }
        };
        let mut change = back(row);
        change.insert("result".into(), "pending".into());
        change.insert("minutes_to_result".into(), Value::Null);
        self.change(resource.name, id, change);
        for quote in quotes {
            if let Some(change) = self.store.get("quotes", quote).map(back) {
                self.change("quotes", quote, change);
            }
        }
        self.acted(resource, id, "id status result", false, "Solicitud reabierta")
    }

    pub(super) fn clone_quote(&mut self, resource: &'static Resource, id: u64) -> Result<Response, Refusal> {
        let row = self.store.get(resource.name, id).ok_or(Refusal::NotFound(resource.words.missing))?;
        let mut data = row.data.clone();
        data.insert("status".into(), "drafted".into());
        data.remove("status_before");
        let copy = self.store.insert(resource, None, data, self.now);
        self.made(resource, copy)
    }

    /// Makes an operation of a quote (201), or links an existing one (200).
    pub(super) fn operation_of(&mut self, id: u64, request: &Request) -> Result<Response, Refusal> {
        let body = maybe_body(request)?;
        let (quote, operations) = (self.row_of("quotes", id)?, resource("operations")?);
        let refused = |field: &str, complaint: &str| Refusal::state(field, complaint, "No se pudo crear la operación");
        let sent = |name: &str| body.get(name).filter(|value| !value.is_null()).and_then(text);
        let existing = match sent("operation_type").as_deref() {
            None | Some("new") => false,
            Some("existing") => true,
            Some(_) => return Err(Refusal::field("operation_type", NOT_LISTED)),
        };
        match sent("visibility_scope").as_deref() {
            None | Some("everyone") => {}
            Some("group") if sent("work_group_id").is_some() => {}
            Some("group") => return Err(Refusal::field("work_group_id", BLANK)),
            Some(_) => return Err(Refusal::field("visibility_scope", NOT_LISTED)),
        }
        let contact = quote.id("contact_id");
        let person =
            contact.and_then(|id| self.store.find("contacts", id)).ok_or_else(|| refused("contact_id", MUST_EXIST))?;
        if person.data.get("kind") == Some(&json!(["prospect"])) {
            return Err(refused("contact_id", "es solo un prospecto"));
        }
        let (operation, status, words) = if existing {
            let found = sent("existing_operation_id").and_then(|id| id.parse().ok());
            let row = found.and_then(|id| self.store.get("operations", id));
            let row = row.ok_or_else(|| refused("existing_operation_id", MUST_EXIST))?;
            if row.id("contact_id") != contact {
                return Err(refused("existing_operation_id", "es de otro contacto"));
            }
            if !matches!(row.text("status"), "confirmed" | "active") {
                return Err(refused("existing_operation_id", "debe estar confirmada o activa"));
            }
            (row.id, 200, "Cotización vinculada a la operación exitosamente")
        } else {
            for name in ["operation_kind", "operation_mode"] {
                if quote.text(name).is_empty() {
                    return Err(refused(name, BLANK));
                }
            }
            let mut data = Data::new();
            for (from, to) in [
                ("operation_kind", "kind"),
                ("operation_mode", "mode"),
                ("contact_id", "contact_id"),
                ("currency_id", "currency_id"),
                ("client_ref", "client_ref"),
                ("service_scope", "service_scope"),
                ("incoterm", "incoterm"),
            ] {
                data.insert(to.into(), quote.data.get(from).cloned().unwrap_or_default());
            }
            (self.store.insert(operations, None, data, self.now), 201, "Operación creada exitosamente")
        };
        self.change("operations", operation, Data::from_iter([("quote_id".to_owned(), id.into())]));
        let row = self.row_of("operations", operation)?;
        let shown = self.shaper().object(operations, row, "id identification kind mode status client_ref contact");
        Ok(self.reply(status, operations, shown, words))
    }

    fn row_of(&self, name: &str, id: u64) -> Result<&Row, Refusal> {
        let missing = Resource::named(name).map_or(super::NOWHERE, |resource| resource.words.missing);
        self.store.get(name, id).ok_or(Refusal::NotFound(missing))
    }
}

fn resource(name: &str) -> Result<&'static Resource, Refusal> {
    Resource::named(name).ok_or(Refusal::NotFound(super::NOWHERE))
}

pub(super) fn drafted(pricing: &Row) -> bool {
    pricing.data.get("draft") == Some(&Value::Bool(true))
}

/// A price as a line of a quote.
fn line(pricing: &Row) -> Value {
    let read = |name: &str| pricing.data.get(name).and_then(decimal);
    let (quantity, price) = match read("unit_price") {
        Some(price) => (read("quantity").unwrap_or(1.0), price),
        None => (1.0, read("total_price").unwrap_or(0.0)),
    };
    json!({"id": null, "description": pricing.text("service_name"), "quantity": quantity, "price": text_money(price)})
}
