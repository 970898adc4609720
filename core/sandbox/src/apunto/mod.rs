//! Apunto (Mexico, freight forwarding): its 132 documented operations, served by one table of resources. Here: the gate every request
//! passes, what each verb does, the control interface. `table` says what the resources are, `check` what may be sent, `shape` how it is
//! answered, `progress` how a test moves an operation. What more than a verb is, is in `life`, `files`, `accounting` and `sales`.

mod accounting;
mod auth;
mod check;
mod files;
mod life;
mod multipart;
mod operations;
mod progress;
mod refusal;
mod sales;
mod settings;
mod shape;
mod store;
mod table;
#[cfg(test)]
mod tests;

use super::util::RateWindow;
use super::{Request, Response, Simulator};
use auth::Auth;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use life::Move;
use operations::{Call, OPERATIONS, Verb};
use refusal::{NOT_ALLOWED, Refusal};
use serde_json::{Map, Value, json};
use settings::{ActionReply, PageForm, SearchMatch, Settings};
use shape::{Shaper, instant};
use store::{Data, Parent, Row, Store};
use table::{Kind, Match, Resource};

const PER_PAGE: usize = 25;
const MOST_PER_PAGE: usize = 100;
const SEARCHED: usize = 10;
/// A search of operations finds so many at most, whatever it is asked.
const SEARCHED_OPERATIONS: usize = 20;
const FOUND_OPERATION: &str = "id identification number client_ref kind mode status goods_description contact_name \
    updated_at services.brief";

/// The API reference's message for an operation, with the noun it would have for anything.
const NOWHERE: &str = "No se encontró el recurso solicitado";

pub(super) struct Apunto {
    auth: Auth,
    /// Apunto documents that there is a limit, and neither the limit nor a header that tells of it.
    rate: Option<RateWindow>,
    settings: Settings,
    store: Store,
    /// The host that the request names, and when it came.
    host: String,
    now: Timestamp,
}

impl Apunto {
    pub(super) fn new() -> Self {
        Apunto {
            auth: Auth::default(),
            rate: None,
            settings: Settings::default(),
            store: Store::new(),
            host: String::new(),
            now: Timestamp::UNIX_EPOCH,
        }
    }

    fn answer(&mut self, request: &Request, now: Timestamp) -> Result<Response, Refusal> {
        if let Some(rate) = &mut self.rate
            && !rate.take(now)
        {
            // Whole seconds, rounded up: a client that waits so long must find a place.
            let wait = rate.wait(now).as_millis();
            let seconds = i64::try_from((wait + 999) / 1000).unwrap_or(i64::MAX);
            return Err(Refusal::Limited(seconds.max(1)));
        }
        if request.operation == Some("POST /auth") {
            let token = self.auth.login(request, &self.settings, now)?;
            return Ok(Response::json(200, &token));
        }
        self.auth.check(request, now)?;
        if self.settings.blocked_user {
            return Err(Refusal::Forbidden("Tu usuario está bloqueado"));
        }
        if let Some((name, list)) = request.operation.and_then(|line| {
            let name = line.strip_prefix("GET /")?;
            self.catalogue(name).map(|list| (name, list))
        }) {
            return Ok(Response::json(200, &wrapped(name, list)));
        }
        let call = request.operation.and_then(Call::read);
        let call = call.ok_or(Refusal::NotFound(NOWHERE))?;
        let parent = self.parent(&call, request)?;
        let own = request.param(usize::from(parent.is_some()));
        match call.verb {
            Verb::List if call.resource.name == "folders" => Ok(self.folders(parent)),
            Verb::List => Ok(self.list(call.resource, parent, request)),
            Verb::Search => Ok(self.search(call.resource, request)),
            Verb::Create if call.resource.name == "attachments" => self.upload(call.resource, request, now),
            Verb::Create => self.create(call.resource, parent, request, now),
            Verb::Show => {
                let row = self.row(call.resource, parent, own)?;
                let shown = self.shaper().object(call.resource, row, call.resource.shown);
                Ok(self.reply(200, call.resource, shown, ""))
            }
            Verb::Update => {
                let id = self.row(call.resource, parent, own)?.id;
                self.update(call.resource, id, request, now)
            }
            Verb::Delete => {
                let id = self.row(call.resource, parent, own)?.id;
                self.delete(call.resource, id)
            }
            Verb::Do("suggestions") => Ok(self.suggestions(request)),
            Verb::Do(action) => {
                let id = self.row(call.resource, parent, own)?.id;
                self.act(call.resource, id, action, request, now)
            }
        }
    }

    fn act(
        &mut self,
        resource: &'static Resource,
        id: u64,
        action: &'static str,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        if let Some(step) = Move::named(resource.name, action) {
            return self.move_on(resource, step, id, request, now);
        }
        match action {
            "complete" => self.complete(resource, id, now),
            "generate_invoice" => self.generate("invoices", id, request, now),
            "generate_bill" => self.generate("bills", id, request, now),
            "cost_center_link_options" => self.link_options(resource, id, request),
            "link_cost_centers" => self.link_centers(resource, id, request, now),
            "unlink_cost_center" => self.unlink_center(resource, id, request, now),
            "update_documents" => self.update_documents(resource, id, request, now),
            "transition" => self.transition(resource, id, request, now),
            "create_quote" => self.create_quote(id, now),
            "mark_as_won" => self.decide(resource, id, true, request, now),
            "mark_as_lost" => self.decide(resource, id, false, request, now),
            "reopen" => self.reopen_request(resource, id, now),
            "clone" => self.clone_quote(resource, id, now),
            "create_operation" => self.operation_of(id, request, now),
            _ => Err(Refusal::NotFound(NOWHERE)),
        }
    }

    fn delete(&mut self, resource: &'static Resource, id: u64) -> Result<Response, Refusal> {
        if resource.name == "operations" && !self.settings.may_delete {
            return Err(Refusal::Forbidden(NOT_ALLOWED));
        }
        if resource.name == "leads" {
            self.check_lead(id)?;
        }
        self.store.delete(resource.name, id);
        if self.settings.delete_204 {
            return Ok(Response::new(204));
        }
        Ok(Response::json(200, &json!({"message": resource.words.deleted})))
    }

    /// The row that a nested path stands under.
    fn parent(&self, call: &Call, request: &Request) -> Result<Parent, Refusal> {
        let Some(resource) = call.parent else {
            return Ok(None);
        };
        let row = self.row(resource, None, request.param(0))?;
        Ok(Some((resource.name, row.id)))
    }

    fn row(&self, resource: &Resource, parent: Parent, id: &str) -> Result<&Row, Refusal> {
        let id: Option<u64> = id.parse().ok();
        let row = id.and_then(|id| self.store.get(resource.name, id));
        // An attachment is in a folder, and its path doesn't say so.
        row.filter(|row| parent.is_none() || row.parent == parent).ok_or(Refusal::NotFound(resource.words.missing))
    }

    fn shaper(&self) -> Shaper<'_> {
        Shaper { store: &self.store, settings: &self.settings, host: &self.host, now: self.now }
    }

    /// The rows of a list before any filter: of an operation, its services' cost centres; of prices, the published ones.
    fn rows(&self, resource: &Resource, parent: Parent) -> Vec<&Row> {
        match (resource.name, parent) {
            ("cost_centers", Some(("operations", id))) => self.centers(id).collect(),
            ("quote_request_pricings", _) => {
                self.store.under(resource.name, parent).filter(|row| !sales::drafted(row)).collect()
            }
            _ => self.store.under(resource.name, parent).collect(),
        }
    }

    fn list(&self, resource: &Resource, parent: Parent, request: &Request) -> Response {
        let mut rows = self.rows(resource, parent);
        rows.retain(|row| self.fits(row, resource.filters, request));
        if self.settings.newest_first {
            rows.reverse();
        }
        let number = |name: &str| request.query(name).and_then(|n| n.parse().ok());
        let page = number("page").filter(|n| *n > 0).unwrap_or(1);
        let size = number("per_page").filter(|n| *n > 0).unwrap_or(PER_PAGE);
        let size = size.min(MOST_PER_PAGE);
        let total = rows.len();
        let from = (page - 1).saturating_mul(size);
        let shaper = self.shaper();
        let show = |row| match (resource.name, parent) {
            ("cost_centers", Some(("operations", _))) => {
                shaper.object(resource, row, &format!("{} service", resource.listed))
            }
            _ => shaper.object(resource, row, resource.listed),
        };
        if resource.unpaged {
            return Response::json(200, &wrapped(resource.many, rows.into_iter().map(show).collect()));
        }
        let here: Value = rows.into_iter().skip(from).take(size).map(show).collect();
        // The resources that come bare are those that page the other way; the API reference gives no reason.
        let other = match self.settings.page_form {
            PageForm::Documented => resource.bare,
            form => form == PageForm::CurrentPage,
        };
        let pagination = if other {
            json!({"current_page": page, "total_pages": total.div_ceil(size), "total_count": total})
        } else {
            json!({"page": page, "per_page": size, "total": total})
        };
        let mut body = Map::new();
        body.insert(resource.many.to_owned(), here);
        body.insert("pagination".to_owned(), pagination);
        Response::json(200, &Value::Object(body))
    }

    fn search(&self, resource: &Resource, request: &Request) -> Response {
        let rows = self.store.all(resource.name).iter().filter(|row| self.fits(row, resource.search, request));
        let shaper = self.shaper();
        if resource.name == "operations" {
            let mut rows: Vec<&Row> = rows.collect();
            // The last one that changed comes first; ids decide within a second.
            rows.sort_by_key(|row| std::cmp::Reverse((row.updated, row.id)));
            let rows = rows.into_iter().take(SEARCHED_OPERATIONS);
            let found: Value = rows.map(|row| shaper.object(resource, row, FOUND_OPERATION)).collect();
            return Response::json(200, &wrapped(resource.many, found));
        }
        let limit = request.query("limit").and_then(|n| n.parse().ok());
        let found: Value =
            rows.take(limit.unwrap_or(SEARCHED)).map(|row| shaper.object(resource, row, resource.listed)).collect();
        if self.settings.bare_search {
            Response::json(200, &found)
        } else {
            Response::json(200, &wrapped(resource.many, found))
        }
    }

    /// Whether a row passes every filter that the query has. The API reference writes `all` and `null` for no filter.
    fn fits(&self, row: &Row, filters: &[(&str, Match)], request: &Request) -> bool {
        filters.iter().all(|(name, how)| {
            let asked = request.query(name).unwrap_or_default();
            let wanted = asked.to_lowercase();
            if matches!(wanted.as_str(), "" | "all" | "null") {
                return true;
            }
            match how {
                Match::Is(field) => match row.data.get(*field) {
                    Some(Value::Array(all)) => all.iter().any(|one| one == wanted.as_str()),
                    Some(Value::String(text)) => text.to_lowercase() == wanted,
                    Some(Value::Bool(flag)) => flag.to_string() == wanted,
                    Some(Value::Number(number)) => number.to_string() == wanted,
                    _ => false,
                },
                Match::In(fields) => fields.iter().any(|field| {
                    let text = row.text(field);
                    match self.settings.search_match {
                        SearchMatch::Part => text.to_lowercase().contains(&wanted),
                        SearchMatch::Whole => text.to_lowercase() == wanted,
                        SearchMatch::Case => text.contains(asked),
                        SearchMatch::Nothing => false,
                    }
                }),
            }
        })
    }

    fn create(
        &mut self,
        resource: &'static Resource,
        parent: Parent,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let sent = check::unwrapped(request, resource)?;
        if resource.name == "services" && self.settings.fail_service_create > 0 {
            self.settings.fail_service_create -= 1;
            if self.settings.fail_service_create == 0 {
                return Err(Refusal::field("base", "no se pudo guardar el servicio"));
            }
        }
        let mut kept = check::read(resource, &sent, &self.store, &self.settings, None)?;
        match (resource.name, parent) {
            ("folders", _) => self.check_folder(parent, &kept)?,
            ("to_dos", _) => drop(kept.shift_remove("completed")),
            ("leads", _) => add_prospect(&mut kept),
            ("quote_requests", _) => Self::place_request(&mut kept),
            ("quote_request_pricings", Some((_, id))) => self.complete_pricing(id, &mut kept)?,
            ("quotes", _) => drop(kept.insert("status".into(), "drafted".into())),
            _ => {}
        }
        self.number_address(&mut kept, None);
        self.number_rows(resource, &mut kept, None);
        let id = self.store.insert(resource, parent, kept, now);
        if resource.name == "folders" {
            return self.acted_with(201, resource, id, resource.created, false, resource.words.created);
        }
        self.made(resource, id)
    }

    /// The answer to a create.
    fn made(&self, resource: &Resource, id: u64) -> Result<Response, Refusal> {
        let row = self.store.get(resource.name, id).ok_or(Refusal::NotFound(resource.words.missing))?;
        let created = self.shaper().object(resource, row, resource.created);
        Ok(self.reply(201, resource, created, resource.words.created))
    }

    /// The answer to an action; `shown` says whether the API reference has it.
    fn acted(&self, resource: &Resource, id: u64, names: &str, shown: bool, words: &str) -> Result<Response, Refusal> {
        self.acted_with(200, resource, id, names, shown, words)
    }

    fn acted_with(
        &self,
        status: u16,
        resource: &Resource,
        id: u64,
        names: &str,
        shown: bool,
        words: &str,
    ) -> Result<Response, Refusal> {
        let row = self.store.get(resource.name, id).ok_or(Refusal::NotFound(resource.words.missing))?;
        match self.settings.action_reply {
            ActionReply::Message if !shown => Ok(Response::json(status, &json!({"message": words}))),
            ActionReply::Empty if !shown => Ok(Response::new(204)),
            _ => Ok(self.reply(status, resource, self.shaper().object(resource, row, names), words)),
        }
    }

    /// Changes a row, as an action does.
    fn change(&mut self, resource: &str, id: u64, change: Data, now: Timestamp) {
        if let Some(row) = self.store.get_mut(resource, id) {
            row.data.extend(change);
            row.updated = now;
        }
    }

    /// Bare or under its key, with a `message` beside it where the API reference has one.
    fn reply(&self, status: u16, resource: &Resource, object: Value, words: &str) -> Response {
        let paper = matches!(resource.name, "invoices" | "bills");
        if resource.bare || paper && self.settings.bare_invoices {
            return Response::json(status, &object);
        }
        let mut body = wrapped(resource.one, object);
        if !words.is_empty() {
            body["message"] = words.into();
        }
        Response::json(status, &body)
    }

    fn update(
        &mut self,
        resource: &'static Resource,
        id: u64,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let missing = || Refusal::NotFound(resource.words.missing);
        let sent = check::unwrapped(request, resource)?;
        let old = self.store.get(resource.name, id).ok_or_else(missing)?;
        let mut kept = check::read(resource, &sent, &self.store, &self.settings, Some(old))?;
        let (billing, before) = (old.data.get("billing_address").cloned(), old.data.clone());
        match resource.name {
            "messages" => drop(kept.insert("edited".into(), true.into())),
            "to_dos" => self.complete_by_update(&mut kept, &before, now),
            "quote_requests" => Self::place_request(&mut kept),
            _ => {}
        }
        self.number_address(&mut kept, billing);
        self.number_rows(resource, &mut kept, Some(&before));
        self.change(resource.name, id, kept.clone(), now);
        let row = self.store.get(resource.name, id).ok_or_else(missing)?;
        let shaper = self.shaper();
        let partial = shaper.partial(resource, row, &kept);
        if resource.name == "attachments" {
            return self.acted(resource, id, "id filename", false, resource.words.updated);
        }
        Ok(self.reply(200, resource, partial, resource.words.updated))
    }

    /// `completed: false` takes a completion back; whether `true` makes one is not in the API reference.
    fn complete_by_update(&self, kept: &mut Data, before: &Data, now: Timestamp) {
        match (kept.get("completed") == Some(&Value::Bool(true)), self.settings.complete_by_update) {
            (true, false) => drop(kept.shift_remove("completed")),
            (true, true) if before.get("completed") != Some(&Value::Bool(true)) => {
                kept.insert("completed_at".into(), instant(now).into());
                kept.insert("completed_by".into(), before.get("owner").cloned().unwrap_or_default());
            }
            (false, _) if kept.contains_key("completed") => {
                kept.insert("completed_at".into(), Value::Null);
                kept.insert("completed_by".into(), Value::Null);
            }
            _ => {}
        }
    }

    /// The objects of a list have ids of their own. An update changes those that it names, deletes those with `_destroy`, adds the rest.
    fn number_rows(&mut self, resource: &Resource, kept: &mut Data, before: Option<&Data>) {
        for field in resource.fields.iter().filter(|field| matches!(field.kind, Kind::Rows(_))) {
            let Some(Value::Array(sent)) = kept.get(field.stored).cloned() else {
                continue;
            };
            let old = before.and_then(|data| data.get(field.stored)).and_then(Value::as_array);
            let mut all = old.cloned().unwrap_or_default();
            for mut one in sent {
                let wanted = one.get("id").and_then(check::number);
                let place = all.iter().position(|known| wanted.is_some() && known["id"].as_u64() == wanted);
                let destroy = one.get("_destroy").and_then(check::flag) == Some(true.into());
                if let Some(one) = one.as_object_mut() {
                    one.retain(|name, _| name != "id" && name != "_destroy");
                }
                match (place, one) {
                    (Some(place), _) if destroy => drop(all.remove(place)),
                    (Some(place), Value::Object(one)) => {
                        if let Some(known) = all[place].as_object_mut() {
                            known.extend(one);
                        }
                    }
                    (None, Value::Object(mut one)) if !destroy => {
                        one.insert("id".into(), self.store.next_id().into());
                        all.push(Value::Object(one));
                    }
                    _ => {}
                }
            }
            kept.insert(field.stored.into(), all.into());
        }
    }

    /// A contact's billing address has an id of its own, and keeps what is not sent anew.
    fn number_address(&mut self, kept: &mut Data, old: Option<Value>) {
        let Some(Value::Object(new)) = kept.get_mut("billing_address") else {
            return;
        };
        let mut address = match old {
            Some(Value::Object(old)) => old,
            _ => Map::from_iter([("id".to_owned(), self.store.next_id().into())]),
        };
        address.append(new);
        *new = address;
    }

    /// Completing twice changes nothing.
    fn complete(&mut self, resource: &'static Resource, id: u64, now: Timestamp) -> Result<Response, Refusal> {
        let missing = || Refusal::NotFound(resource.words.missing);
        let row = self.store.get_mut(resource.name, id).ok_or_else(missing)?;
        if row.data.get("completed") != Some(&Value::Bool(true)) {
            let owner = row.data.get("owner").cloned().unwrap_or_default();
            row.data.insert("completed".into(), true.into());
            row.data.insert("completed_at".into(), instant(now).into());
            row.data.insert("completed_by".into(), owner);
            row.updated = now;
        }
        let row = self.store.get(resource.name, id).ok_or_else(missing)?;
        let names = "id title completed completed_at";
        let done = self.shaper().object(resource, row, names);
        Ok(self.reply(200, resource, done, "Tarea marcada como completada"))
    }
}

impl Simulator for Apunto {
    fn operations(&self) -> &'static [&'static str] {
        OPERATIONS
    }

    fn account(&self) -> Value {
        json!({"token": auth::TOKEN})
    }

    fn admit(&mut self, account: &Map<String, Value>) {
        self.auth.admit(account);
        let text = |name: &str| account.get(name).and_then(Value::as_str);
        if let Some(alias) = text("contact_code") {
            self.store.own_contact(alias);
        }
        self.store.own_agents.extend(text("agent_email").map(str::to_owned));
    }

    fn base_path(&self) -> &'static str {
        "/api/v1"
    }

    fn handle(&mut self, request: &Request, now: Timestamp) -> Response {
        self.host = request.header("host").unwrap_or_default().to_owned();
        self.now = now;
        let answer = self.download(request, now).unwrap_or_else(|| self.answer(request, now));
        answer.unwrap_or_else(|refusal| refusal.response(&self.settings))
    }

    fn shipments(&mut self, _now: Timestamp) -> Value {
        self.store.shipments()
    }

    fn advance(&mut self, id: &str, to: Option<&str>, now: Timestamp) -> Result<Value, String> {
        progress::advance(&mut self.store, id, to, now)
    }

    fn settings(&mut self, settings: &Map<String, Value>) -> Result<(), String> {
        let (new, rate) = self.settings.with(settings)?;
        if new.single_contact != self.settings.single_contact {
            self.store.single_contact(new.single_contact);
        }
        self.settings = new;
        self.rate = rate.unwrap_or_else(|| self.rate.take());
        Ok(())
    }

    fn expire_tokens(&mut self) {
        self.auth.expire();
    }

    fn failure(&mut self, status: u16, _now: Timestamp) -> Response {
        Refusal::of_status(status).response(&self.settings)
    }
}

fn wrapped(key: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(key.to_owned(), value)]))
}

/// The day, as the carrier's own server counts it.
fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// A new lead is a prospect, whatever else it is.
fn add_prospect(lead: &mut Data) {
    if let Some(Value::Array(kinds)) = lead.get_mut("kind")
        && !kinds.iter().any(|kind| kind == "prospect")
    {
        kinds.push("prospect".into());
    }
}
