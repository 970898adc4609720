//! Mensajeros Urbanos (Colombia), simulated from its API reference of 2016: the token, the two ways to ask a price, the two ways to read a task.
//! Here: the operations and the gate every request passes. Not for which orders are refused (`check`), prices (`fare`) or tasks (`task`),
//! nor for the second generation of its API, which answers on the same host (`v2`).

mod check;
mod fare;
mod progress;
mod reply;
mod settings;
mod task;
#[cfg(test)]
mod tests;
mod v2;

use super::http::pairs;
use super::util::Ids;
use super::{Request, Response, Simulator};
use check::{Order, Rules};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp, tz::Offset};
use reply::{Answer, Envelope, Refusal};
use serde_json::{Map, Value, json};
use settings::{Repeated, Settings};
use std::collections::HashMap;
use task::Task;
use v2::V2;

const CLIENT_ID: &str = "sandbox-client";
const CLIENT_SECRET: &str = "sandbox-secreto";
const USER_ID: i64 = 1234;
const WEBHOOK_TOKEN: &str = "sandbox-webhook-token";
/// The host of the API reference; replies name the one that was asked.
const HOST: &str = "dev.api.mensajerosurbanos.com";
const V2_VERSION: &str = "v2";
/// The first task's number, as in the API reference's sample of "Servicios Activos".
const FIRST_TASK: i64 = 46_556;

const TOKEN: &str = "POST /oauth/token";
const QUOTE: &str = "POST /delivery/calculation";
const CREATE: &str = "POST /delivery/create";
const LIST: &str = "POST /tasksP";
const DETAIL: &str = "POST /task";

/// Colombia has no summer time.
fn bogota(at: Timestamp) -> DateTime {
    Offset::constant(-5).to_datetime(at)
}

/// A company that uses the API.
#[derive(Debug, Clone)]
struct Company {
    client_id: String,
    client_secret: String,
    user: i64,
    webhook_token: Option<String>,
}

#[derive(Default)]
pub(super) struct MensajerosUrbanos {
    settings: Settings,
    ids: Ids,
    /// Every token given out, with its end.
    tokens: HashMap<String, Timestamp>,
    /// Whose each of them is, by the client's id.
    owners: HashMap<String, String>,
    /// The companies that were let in beside the fixed one.
    admitted: Vec<Company>,
    expire_next: bool,
    tasks: Vec<Task>,
    v2: V2,
}

impl MensajerosUrbanos {
    pub(super) fn new() -> Self {
        MensajerosUrbanos { v2: V2::new(), ..Self::default() }
    }

    /// API reference, "Autenticación": the grant is looked at before the credentials, and every error is a 400.
    fn grant(&mut self, request: &Request, now: Timestamp) -> Response {
        let refuse = |error: &str, description: &str| {
            let body = json!({"error": error, "error_description": description});
            Response::json(400, &body)
        };
        let is_form = request.content_type().as_deref() == Some("application/x-www-form-urlencoded");
        let text = String::from_utf8_lossy(&request.body);
        let form = if is_form { pairs(&text) } else { Vec::new() };
        let grant = form.iter().find(|(name, _)| name == "grant_type");
        let Some((_, grant)) = grant.filter(|(_, value)| !value.is_empty()) else {
            let text = "The grant type was not specified in the request";
            return refuse("invalid_request", text);
        };
        if grant != "client_credentials" {
            let text = format!("Grant type \"{grant}\" not supported");
            return refuse("unsupported_grant_type", &text);
        }
        let (Some(id), Some(secret)) = (request.header("client_id"), request.header("client_secret")) else {
            return refuse("invalid_client", "client credentials are required");
        };
        let known = |company: &Company| company.client_id == id && company.client_secret == secret;
        if (id, secret) != (CLIENT_ID, CLIENT_SECRET) && !self.admitted.iter().any(known) {
            return refuse("invalid_client", "The client credentials are invalid");
        }
        let token = self.ids.hex(40);
        let end = now.checked_add(SignedDuration::from_secs(self.settings.token_seconds));
        let end = end.unwrap_or(Timestamp::MAX);
        self.tokens.insert(token.clone(), end);
        self.owners.insert(token.clone(), id.to_owned());
        let body = json!({
            "access_token": token,
            "expires_in": self.settings.token_seconds,
            "token_type": "Bearer",
            "scope": null,
        });
        Response::json(200, &body)
    }

    /// The user whose order this may be: the one it names, if that is of the company that the token was given to.
    fn user(&self, request: &Request, body: &Value) -> i64 {
        let owner = request.header("access_token").and_then(|token| self.owners.get(token));
        let named = body.get("id_user").and_then(|user| user.as_i64().or_else(|| user.as_str()?.trim().parse().ok()));
        let own = self.admitted.iter().filter(|company| Some(&company.client_id) == owner);
        let mut users =
            own.map(|company| company.user).chain((owner.map(String::as_str) == Some(CLIENT_ID)).then_some(USER_ID));
        let first = users.clone().next().unwrap_or(USER_ID);
        users.find(|user| Some(*user) == named).unwrap_or(first)
    }

    fn authenticate(&mut self, request: &Request, now: Timestamp) -> Result<(), Refusal> {
        let refuse = |text: &str| Err(Refusal::new(401, text));
        let Some(token) = request.header("access_token").filter(|t| !t.is_empty()) else {
            return refuse("The access token is required");
        };
        if std::mem::take(&mut self.expire_next) {
            // It stays expired: sending it again must not help.
            self.tokens.insert(token.to_owned(), now);
        }
        match self.tokens.get(token) {
            None => refuse("The access token provided is invalid"),
            Some(end) if *end <= now => refuse("The access token provided has expired"),
            Some(_) => Ok(()),
        }
    }

    fn answer(&mut self, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
        self.authenticate(request, now)?;
        let operation = request.operation.ok_or_else(|| Refusal::new(404, "Not Found"))?;
        let invalid = |message| Refusal::new(400, message);
        if request.content_type().as_deref() != Some("application/json") {
            let text = "[Content-Type] The header must be application/json\n";
            return Err(invalid(text.to_owned()));
        }
        let body = request
            .json()
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| invalid("[body] The body is not a JSON object\n".to_owned()))?;
        let user = self.user(request, &body);
        match operation {
            QUOTE => {
                let order = check::order(&body, &self.rules(user, false, now)).map_err(invalid)?;
                Ok(Answer::of(fare::quote(&order, self.settings.full_breakdown)))
            }
            CREATE => {
                let order = check::order(&body, &self.rules(user, true, now)).map_err(invalid)?;
                self.create(order, user, now)
            }
            LIST => {
                let (kind, page) = check::list(&body, user).map_err(invalid)?;
                Ok(Answer::of(self.list(kind, page, now)))
            }
            DETAIL => {
                let by_uuid = self.settings.task_by_uuid;
                let wanted = check::detail(&body, user, by_uuid).map_err(invalid)?;
                let found = self.tasks.iter().find(|task| wanted.is(task.id, &task.uuid));
                found
                    .map(|task| task.detail(&self.settings))
                    .ok_or_else(|| Refusal::new(404, "The task does not exist"))
            }
            _ => Err(Refusal::new(404, "Not Found")),
        }
    }

    fn rules(&self, user: i64, create: bool, now: Timestamp) -> Rules {
        Rules { user, create, order_id_integer: self.settings.order_id_integer, now: bogota(now) }
    }

    fn create(&mut self, order: Order, user: i64, now: Timestamp) -> Result<Answer, Refusal> {
        let with_task_id = self.settings.create_task_id == Some(true);
        let reference = order.reference();
        let same = |task: &&Task| reference.is_some() && task.user == user && task.reference() == reference;
        if self.settings.repeated_order_id != Repeated::Another
            && let Some(first) = self.tasks.iter().find(same)
        {
            return match self.settings.repeated_order_id {
                Repeated::Same => Ok(Answer::of(first.receipt(with_task_id))),
                _ => Err(Refusal::new(400, "[order_id] The order already exists\n")),
            };
        }
        let number = i64::try_from(self.tasks.len()).unwrap_or_default();
        let uuid = self.uuid(now);
        let task = Task::new(FIRST_TASK + number, uuid, order, user, self.settings.full_breakdown, now);
        let answer = Answer::of(task.receipt(with_task_id));
        self.tasks.push(task);
        Ok(answer)
    }

    /// Thirteen hex digits: the API reference's are PHP's `uniqid`, seconds and microseconds, which now and then has no letter in it.
    fn uuid(&self, now: Timestamp) -> String {
        let taken: Vec<&str> = self.tasks.iter().map(|task| task.uuid.as_str()).chain(self.v2.uuids()).collect();
        let digits = self.settings.digit_uuids || taken.len() % 10 == 9;
        let mut micros = now.as_microsecond().unsigned_abs();
        loop {
            let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
            let mut uuid = format!("{:08x}{rest:05x}", seconds & 0xffff_ffff);
            if digits {
                let digit = |c: char| c.to_digit(16).map_or('0', |d| char::from(b'0' + (d % 10) as u8));
                uuid = uuid.chars().map(digit).collect();
            }
            if !taken.contains(&uuid.as_str()) {
                return uuid;
            }
            micros = micros.wrapping_add(1);
        }
    }

    /// API reference, "Servicios Activos": 1 is created, on hold, assigned and in progress; 2 is finished or cancelled.
    fn list(&self, kind: i64, page: usize, now: Timestamp) -> Value {
        let visible = |task: &&Task| {
            task.progress.stage.ended() == (kind == 2)
                && now.duration_since(task.created) >= self.settings.create_delay_visible
        };
        let found: Vec<&Task> = self.tasks.iter().rev().filter(visible).collect();
        let size = self.settings.page_size;
        let skip = page.saturating_sub(1).saturating_mul(size);
        let rows: Vec<Value> = found.iter().skip(skip).take(size).map(|task| task.row(&self.settings)).collect();
        json!({"total_pages": found.len().div_ceil(size), "result": rows})
    }

    fn envelope(&self, version: &'static str, path: &str, host: Option<&str>) -> Envelope<'_> {
        let href = format!("http://{}{path}", host.unwrap_or(HOST));
        let short = version == V2_VERSION && self.settings.short_envelope;
        Envelope { version, href, settings: &self.settings, short }
    }

    fn second_generation(&mut self, request: &Request, now: Timestamp) -> Response {
        let expired = std::mem::take(&mut self.expire_next);
        let uuid = self.uuid(now);
        self.v2.launch(now);
        let answer = self.v2.handle(request, &self.settings, expired, uuid, now);
        let envelope = self.envelope(V2_VERSION, &request.path, request.header("host"));
        match answer {
            Ok(answer) => envelope.good("success", answer),
            Err(refusal) => envelope.refusal(&refusal),
        }
    }
}

/// The headers of a push, with the secret where it stands in one.
fn push_headers(secret: Option<&str>) -> Value {
    let mut headers = json!({"Content-Type": "application/json"});
    if let Some(secret) = secret {
        headers["X-API-KEY"] = secret.into();
    }
    headers
}

impl Simulator for MensajerosUrbanos {
    fn operations(&self) -> &'static [&'static str] {
        &[TOKEN, QUOTE, CREATE, LIST, DETAIL, v2::QUOTE, v2::CREATE, v2::TRACK, v2::CANCEL, v2::ADD_STORE, v2::WEBHOOK]
    }

    fn account(&self) -> Value {
        json!({
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "user_id": USER_ID,
            "webhook_token": WEBHOOK_TOKEN,
        })
    }

    fn account_of(&self, api: &str) -> Option<Value> {
        match api {
            "2016" => Some(self.account()),
            "v2" => Some(json!({
                "api": "v2",
                "token": v2::TOKEN,
                "store_id": v2::STORE,
                "webhook_token": WEBHOOK_TOKEN,
            })),
            _ => None,
        }
    }

    fn admit(&mut self, account: &Map<String, Value>) {
        if account.get("api").and_then(Value::as_str) == Some("v2") {
            return self.v2.admit(account);
        }
        let text = |name: &str| account.get(name).and_then(Value::as_str).map(str::to_owned);
        let user = account.get("user_id").and_then(|user| user.as_i64().or_else(|| user.as_str()?.trim().parse().ok()));
        if let (Some(client_id), Some(client_secret)) = (text("client_id"), text("client_secret")) {
            let webhook_token = text("webhook_token");
            self.admitted.push(Company { client_id, client_secret, user: user.unwrap_or(USER_ID), webhook_token });
        }
    }

    fn handle(&mut self, request: &Request, now: Timestamp) -> Response {
        if request.operation == Some(TOKEN) {
            return self.grant(request, now);
        }
        if request.path.starts_with("/api/") {
            return self.second_generation(request, now);
        }
        let answer = self.answer(request, now);
        let envelope = self.envelope("v1", &request.path, request.header("host"));
        match answer {
            Ok(answer) => {
                // API reference: "success" for a price and a new service, "OK" for the two readings.
                let message = match request.operation {
                    Some(LIST | DETAIL) => "OK",
                    _ => "success",
                };
                envelope.good(message, answer)
            }
            Err(refusal) => envelope.refusal(&refusal),
        }
    }

    fn shipments(&mut self, now: Timestamp) -> Value {
        self.v2.launch(now);
        self.tasks.iter().map(Task::summary).chain(self.v2.shipments()).collect()
    }

    fn advance(&mut self, id: &str, to: Option<&str>, now: Timestamp) -> Result<Value, String> {
        let number = id.strip_prefix("task:").unwrap_or(id).parse::<i64>().ok();
        self.v2.launch(now);
        if let Some(advanced) = self.v2.advance(id, number, to, &self.settings, now) {
            return advanced;
        }
        // A uuid can be all digits: it wins over a task's number.
        let place = self
            .tasks
            .iter()
            .position(|task| task.uuid == id)
            .or_else(|| self.tasks.iter().position(|task| Some(task.id) == number));
        let task = place.and_then(|place| self.tasks.get_mut(place)).ok_or_else(|| format!("no task {id:?}"))?;
        task.progress.advance(to, now)?;
        let own = self.admitted.iter().rev().filter(|company| company.user == task.user);
        let own = own.filter_map(|company| company.webhook_token.as_deref()).next();
        let token = self.settings.webhook_token.as_deref().or(own).unwrap_or(WEBHOOK_TOKEN);
        let (body, header) = self.settings.push_secret.unwrap_or((true, false));
        Ok(json!({
            "id": task.uuid,
            "task_id": task.id,
            "status": task.progress.stage.word(),
            "status_id": task.progress.stage.id(),
            "push": task.push(body.then_some(token), &self.settings, now),
            "push_headers": push_headers(header.then_some(token)),
        }))
    }

    fn settings(&mut self, settings: &Map<String, Value>) -> Result<(), String> {
        self.settings = self.settings.with(settings)?;
        Ok(())
    }

    fn expire_tokens(&mut self) {
        self.expire_next = true;
    }

    fn failure(&mut self, status: u16, _now: Timestamp) -> Response {
        let message = match status {
            401 => "The access token provided has expired",
            404 => "Not Found",
            429 => "Too Many Requests",
            400..=499 => "Bad Request",
            _ => "Internal Server Error",
        };
        let refusal = Refusal::new(status, message);
        self.envelope("v1", "/", None).refusal(&refusal)
    }
}
