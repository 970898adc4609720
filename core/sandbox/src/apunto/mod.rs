//! Apunto (Mexico, freight forwarding): its 132 documented operations, served by one table of resources. Here: the gate every request
//! passes, the forms of a reply, the control interface. `table` says what the resources are, `check` what may be sent, `shape` how it is
//! answered, `progress` how a test moves an operation. `changes` and `lists` are the verbs; `life`, `files`, `accounting` and `sales` have the rest.

mod accounting;
mod auth;
mod changes;
mod check;
mod files;
mod life;
mod lists;
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
use refusal::Refusal;
use serde_json::{Map, Value, json};
use settings::{ActionReply, Settings};
use shape::Shaper;
use store::{Parent, Row, Store};
use table::Resource;

/// The API reference's message for an operation, with the noun it would have for anything.
const NOWHERE: &str = "No se encontró el recurso solicitado";

pub(super) struct Apunto {
    auth: Auth,
    /// Apunto documents that there is a limit, and neither the limit nor a header that tells of it.
    rate: Option<RateWindow>,
    settings: Settings,
    store: Store,
    /// The host that the last request named, and when it came.
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

    fn answer(&mut self, request: &Request) -> Result<Response, Refusal> {
        if let Some(rate) = &mut self.rate
            && !rate.take(self.now)
        {
            // Whole seconds, rounded up: a client that waits so long must find a place.
            let wait = rate.wait(self.now).as_millis();
            let seconds = i64::try_from((wait + 999) / 1000).unwrap_or(i64::MAX);
            return Err(Refusal::Limited(seconds.max(1)));
        }
        if request.operation == Some("POST /auth") {
            let token = self.auth.login(request, &self.settings, self.now)?;
            return Ok(Response::json(200, &token));
        }
        self.authenticate(request)?;
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
            Verb::Create if call.resource.name == "attachments" => self.upload(call.resource, request),
            Verb::Create => self.create(call.resource, parent, request),
            Verb::Show => {
                let row = self.row(call.resource, parent, own)?;
                let shown = self.shaper().object(call.resource, row, call.resource.shown);
                Ok(self.reply(200, call.resource, shown, ""))
            }
            Verb::Update => {
                let id = self.row(call.resource, parent, own)?.id;
                self.update(call.resource, id, request)
            }
            Verb::Delete => {
                let id = self.row(call.resource, parent, own)?.id;
                self.delete(call.resource, id)
            }
            Verb::Do("suggestions") => Ok(self.suggestions(request)),
            Verb::Do(action) => {
                let id = self.row(call.resource, parent, own)?.id;
                self.act(call.resource, id, action, request)
            }
        }
    }

    /// Checks the token and its user.
    fn authenticate(&mut self, request: &Request) -> Result<(), Refusal> {
        self.auth.check(request, self.now)?;
        if self.settings.blocked_user {
            return Err(Refusal::Forbidden("Tu usuario está bloqueado"));
        }
        Ok(())
    }

    fn act(
        &mut self,
        resource: &'static Resource,
        id: u64,
        action: &'static str,
        request: &Request,
    ) -> Result<Response, Refusal> {
        if let Some(step) = Move::named(resource.name, action) {
            return self.move_on(resource, step, id, request);
        }
        match action {
            "complete" => self.complete(resource, id),
            "generate_invoice" => self.generate("invoices", id, request),
            "generate_bill" => self.generate("bills", id, request),
            "cost_center_link_options" => self.link_options(resource, id, request),
            "link_cost_centers" => self.link_centers(resource, id, request),
            "unlink_cost_center" => self.unlink_center(resource, id, request),
            "update_documents" => self.update_documents(resource, id, request),
            "transition" => self.transition(resource, id, request),
            "create_quote" => self.create_quote(id),
            "mark_as_won" => self.decide(resource, id, true, request),
            "mark_as_lost" => self.decide(resource, id, false, request),
            "reopen" => self.reopen_request(resource, id),
            "clone" => self.clone_quote(resource, id),
            "create_operation" => self.operation_of(id, request),
            _ => Err(Refusal::NotFound(NOWHERE)),
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
        // An attachment is in a folder, and its path doesn't say so.
        row.filter(|row| parent.is_none() || row.parent == parent).ok_or(Refusal::NotFound(resource.words.missing))
    }

    fn shaper(&self) -> Shaper<'_> {
        Shaper { store: &self.store, settings: &self.settings, host: &self.host, now: self.now }
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
        let answer = self.download(request).unwrap_or_else(|| self.answer(request));
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
