//! Apunto (Mexico, freight forwarding): its 54 documented operations, served by one table of six resources. Here: the gate every request
//! passes, what each verb does, the control interface. `table` says what the resources are, `check` what may be sent, `shape` how it is
//! answered, `progress` how an operation moves.

mod auth;
mod check;
mod operations;
mod progress;
mod refusal;
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
use operations::{Call, OPERATIONS, Verb};
use refusal::Refusal;
use serde_json::{Map, Value, json};
use settings::Settings;
use shape::{Shaper, instant};
use store::{Data, Parent, Row, Store};
use table::{Match, Resource};

const PER_PAGE: usize = 25;
const MOST_PER_PAGE: usize = 100;
const SEARCHED: usize = 10;

/// The API reference's message for an operation, with the noun it would have for anything.
const NOWHERE: &str = "No se encontró el recurso solicitado";

pub(super) struct Apunto {
    auth: Auth,
    /// Apunto documents that there is a limit, and neither the limit nor a header that tells of it.
    rate: Option<RateWindow>,
    settings: Settings,
    store: Store,
}

impl Apunto {
    pub(super) fn new() -> Self {
        Apunto { auth: Auth::default(), rate: None, settings: Settings::default(), store: Store::new() }
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
        let call = request.operation.and_then(Call::read);
        let call = call.ok_or(Refusal::NotFound(NOWHERE))?;
        let parent = self.parent(&call, request)?;
        let own = request.param(usize::from(parent.is_some()));
        match call.verb {
            Verb::List => Ok(self.list(call.resource, parent, request)),
            Verb::Search => Ok(self.search(call.resource, request)),
            Verb::Create => self.create(call.resource, parent, request, now),
            Verb::Show => {
                let row = self.row(call.resource, parent, own)?;
                let shown = self.shaper().object(call.resource, row, call.resource.shown);
                Ok(reply(200, call.resource, shown, ""))
            }
            Verb::Update => {
                let id = self.row(call.resource, parent, own)?.id;
                self.update(call.resource, id, request, now)
            }
            Verb::Delete => {
                let id = self.row(call.resource, parent, own)?.id;
                self.store.delete(call.resource.name, id);
                if self.settings.delete_204 {
                    return Ok(Response::new(204));
                }
                let words = call.resource.words.deleted;
                Ok(Response::json(200, &json!({"message": words})))
            }
            Verb::Complete => {
                let id = self.row(call.resource, parent, own)?.id;
                self.complete(call.resource, id, now)
            }
        }
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
        row.filter(|row| row.parent == parent).ok_or(Refusal::NotFound(resource.words.missing))
    }

    fn shaper(&self) -> Shaper<'_> {
        Shaper { store: &self.store, settings: &self.settings }
    }

    fn list(&self, resource: &Resource, parent: Parent, request: &Request) -> Response {
        let mut rows: Vec<&Row> =
            self.store.under(resource.name, parent).filter(|row| fits(row, resource.filters, request)).collect();
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
        let here = rows.into_iter().skip(from).take(size);
        let here: Value = here.map(|row| shaper.object(resource, row, resource.listed)).collect();
        // The resources that come bare are those that page the other way; the API reference gives no reason.
        let pagination = if resource.bare {
            json!({"current_page": page, "total_pages": total.div_ceil(size), "total_count": total})
        } else {
            json!({"page": page, "per_page": size, "total": total})
        };
        let mut body = Map::new();
        body.insert(resource.name.to_owned(), here);
        body.insert("pagination".to_owned(), pagination);
        Response::json(200, &Value::Object(body))
    }

    fn search(&self, resource: &Resource, request: &Request) -> Response {
        let limit = request.query("limit").and_then(|n| n.parse().ok());
        let shaper = self.shaper();
        let found: Value = self
            .store
            .all(resource.name)
            .iter()
            .filter(|row| fits(row, resource.search, request))
            .take(limit.unwrap_or(SEARCHED))
            .map(|row| shaper.object(resource, row, resource.listed))
            .collect();
        if self.settings.bare_search {
            Response::json(200, &found)
        } else {
            Response::json(200, &wrapped(resource.name, found))
        }
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
        let mut kept = check::read(resource, &sent, &self.store, None)?;
        self.number_address(&mut kept, None);
        let id = self.store.insert(resource, parent, kept, now);
        let row = self.store.get(resource.name, id);
        let row = row.ok_or(Refusal::NotFound(resource.words.missing))?;
        let created = self.shaper().object(resource, row, resource.created);
        Ok(reply(201, resource, created, resource.words.created))
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
        let mut kept = check::read(resource, &sent, &self.store, Some((id, &old.data)))?;
        let billing = old.data.get("billing_address").cloned();
        self.number_address(&mut kept, billing);
        if resource.name == "messages" {
            kept.insert("edited".into(), true.into());
        }
        let row = self.store.get_mut(resource.name, id).ok_or_else(missing)?;
        row.data.extend(kept.clone());
        row.updated = now;
        let row = self.store.get(resource.name, id).ok_or_else(missing)?;
        let partial = self.shaper().partial(resource, row, &kept);
        Ok(reply(200, resource, partial, resource.words.updated))
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
        Ok(reply(200, resource, done, "Tarea marcada como completada"))
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
        self.answer(request, now).unwrap_or_else(|refusal| refusal.response(&self.settings))
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

/// Bare or under its key, with a `message` beside it where the API reference has one.
fn reply(status: u16, resource: &Resource, object: Value, words: &str) -> Response {
    if resource.bare {
        return Response::json(status, &object);
    }
    let mut body = wrapped(resource.key, object);
    if !words.is_empty() {
        body["message"] = words.into();
    }
    Response::json(status, &body)
}

/// Whether a row passes every filter that the query has. The API reference writes `all` and `null` for no filter.
fn fits(row: &Row, filters: &[(&str, Match)], request: &Request) -> bool {
    filters.iter().all(|(name, how)| {
        let wanted = request.query(name).unwrap_or_default().to_lowercase();
        if matches!(wanted.as_str(), "" | "all" | "null") {
            return true;
        }
        match how {
            Match::Is(field) => match row.data.get(*field) {
                Some(Value::Array(all)) => all.iter().any(|one| one == wanted.as_str()),
                Some(Value::String(text)) => text.to_lowercase() == wanted,
                Some(Value::Bool(flag)) => flag.to_string() == wanted,
                _ => false,
            },
            Match::In(fields) => {
                let mut texts = fields.iter().map(|field| row.text(field).to_lowercase());
                texts.any(|text| text.contains(&wanted))
            }
        }
    })
}
