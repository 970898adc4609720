//! Mensajeros Urbanos (Colombia), simulated from its API reference: the token, the two ways to ask a price, the two ways to read a task.
//! Here: the operations, the gate every request passes, the settings. Not for which orders are refused (`check`), prices (`fare`) or tasks (`task`).

mod check;
mod fare;
mod task;
#[cfg(test)]
mod tests;

use super::http::pairs;
use super::util::{self, Ids};
use super::{Request, Response, Simulator};
use check::{Order, Rules};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp, tz::Offset};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use task::{Stage, Task};

const CLIENT_ID: &str = "sandbox-client";
const CLIENT_SECRET: &str = "sandbox-secreto";
const USER_ID: i64 = 1234;
const WEBHOOK_TOKEN: &str = "sandbox-webhook-token";
/// The host of the API reference; replies name the one that was asked.
const HOST: &str = "dev.api.mensajerosurbanos.com";
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

/// What a test can set; `README.md` of the sandbox has the kernel's own.
#[derive(Debug, Clone)]
struct Settings {
    token_seconds: i64,
    page_size: usize,
    /// Errors come as HTTP 200, and only `status_code` in the body tells.
    status_in_body_only: bool,
    /// `/task` takes a `uuid` too: integrations send it, the API reference has `task_id` alone.
    task_by_uuid: bool,
    create_delay_visible: SignedDuration,
    /// Comes with every push; each company's own when null.
    webhook_token: Option<String>,
    /// The API reference's table calls `order_id` an integer, and `description` too: by default any short text passes.
    order_id_integer: bool,
    /// Every uuid is all digits, not only every tenth.
    digit_uuids: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            token_seconds: 3600,
            page_size: 10,
            status_in_body_only: false,
            task_by_uuid: false,
            create_delay_visible: SignedDuration::ZERO,
            webhook_token: None,
            order_id_integer: false,
            digit_uuids: false,
        }
    }
}

/// A company that uses the API.
#[derive(Debug, Clone)]
struct Company {
    client_id: String,
    client_secret: String,
    user: i64,
    webhook_token: Option<String>,
}

/// An error in the carrier's envelope.
struct Refusal {
    status: u16,
    message: String,
}

impl Refusal {
    fn new(status: u16, message: impl Into<String>) -> Self {
        Refusal { status, message: message.into() }
    }
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
}

impl MensajerosUrbanos {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Document, "Autenticación": the grant is looked at before the credentials, and every error is a 400.
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

    fn answer(&mut self, request: &Request, now: Timestamp) -> Result<Value, Refusal> {
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
                Ok(fare::quote(&order))
            }
            CREATE => {
                let order = check::order(&body, &self.rules(user, true, now)).map_err(invalid)?;
                Ok(self.create(order, user, now))
            }
            LIST => {
                let (kind, page) = check::list(&body, user).map_err(invalid)?;
                Ok(self.list(kind, page, now))
            }
            DETAIL => {
                let by_uuid = self.settings.task_by_uuid;
                let wanted = check::detail(&body, user, by_uuid).map_err(invalid)?;
                let found = self.tasks.iter().find(|task| wanted.is(task.id, &task.uuid));
                found.map(Task::detail).ok_or_else(|| Refusal::new(404, "The task does not exist"))
            }
            _ => Err(Refusal::new(404, "Not Found")),
        }
    }

    fn rules(&self, user: i64, create: bool, now: Timestamp) -> Rules {
        Rules { user, create, order_id_integer: self.settings.order_id_integer, now: bogota(now) }
    }

    fn create(&mut self, order: Order, user: i64, now: Timestamp) -> Value {
        let number = i64::try_from(self.tasks.len()).unwrap_or_default();
        let uuid = self.uuid(now);
        let task = Task::new(FIRST_TASK + number, uuid, order, user, now);
        let answer = task.receipt();
        self.tasks.push(task);
        answer
    }

    /// Thirteen hex digits: the API reference's are PHP's `uniqid`, seconds and microseconds, which now and then has no letter in it.
    fn uuid(&mut self, now: Timestamp) -> String {
        let digits = self.settings.digit_uuids || self.tasks.len() % 10 == 9;
        let mut micros = now.as_microsecond().unsigned_abs();
        loop {
            let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
            let mut uuid = format!("{:08x}{rest:05x}", seconds & 0xffff_ffff);
            if digits {
                let digit = |c: char| c.to_digit(16).map_or('0', |d| char::from(b'0' + (d % 10) as u8));
                uuid = uuid.chars().map(digit).collect();
            }
            if !self.tasks.iter().any(|task| task.uuid == uuid) {
                return uuid;
            }
            micros = micros.wrapping_add(1);
        }
    }

    /// Document, "Servicios Activos": 1 is created, on hold, assigned and in progress; 2 is finished or cancelled.
    fn list(&self, kind: i64, page: usize, now: Timestamp) -> Value {
        let visible = |task: &&Task| {
            task.stage.ended() == (kind == 2) && now.duration_since(task.created) >= self.settings.create_delay_visible
        };
        let found: Vec<&Task> = self.tasks.iter().rev().filter(visible).collect();
        let size = self.settings.page_size;
        let skip = page.saturating_sub(1).saturating_mul(size);
        let rows: Vec<Value> = found.iter().skip(skip).take(size).map(|task| task.row()).collect();
        json!({"total_pages": found.len().div_ceil(size), "result": rows})
    }

    fn refusal(&self, refusal: &Refusal, href: &str) -> Response {
        let status = if self.settings.status_in_body_only { 200 } else { refusal.status };
        let body = json!({
            "version": "v1",
            "status": "error",
            "status_code": refusal.status,
            "message": refusal.message,
            "href": href,
        });
        Response::json(status, &body)
    }
}

impl Simulator for MensajerosUrbanos {
    fn operations(&self) -> &'static [&'static str] {
        &[TOKEN, QUOTE, CREATE, LIST, DETAIL]
    }

    fn account(&self) -> Value {
        json!({
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "user_id": USER_ID,
            "webhook_token": WEBHOOK_TOKEN,
        })
    }

    fn admit(&mut self, account: &Map<String, Value>) {
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
        let host = request.header("host").unwrap_or(HOST);
        let href = format!("http://{host}{}", request.path);
        match self.answer(request, now) {
            Ok(data) => {
                // Document: "success" for a price and a new service, "OK" for the two readings.
                let message = match request.operation {
                    Some(LIST | DETAIL) => "OK",
                    _ => "success",
                };
                let body = json!({
                    "version": "v1",
                    "status": "success",
                    "status_code": 200,
                    "message": message,
                    "href": href,
                    "data": data,
                });
                Response::json(200, &body)
            }
            Err(refusal) => self.refusal(&refusal, &href),
        }
    }

    fn shipments(&mut self, _now: Timestamp) -> Value {
        self.tasks.iter().map(Task::summary).collect()
    }

    fn advance(&mut self, id: &str, to: Option<&str>, now: Timestamp) -> Result<Value, String> {
        let number = id.strip_prefix("task:").unwrap_or(id).parse::<i64>().ok();
        // A uuid can be all digits: it wins over a task's number.
        let place = self
            .tasks
            .iter()
            .position(|task| task.uuid == id)
            .or_else(|| self.tasks.iter().position(|task| Some(task.id) == number));
        let task = place.and_then(|place| self.tasks.get_mut(place)).ok_or_else(|| format!("no task {id:?}"))?;
        let to = match to {
            Some(name) => Stage::named(name).ok_or_else(|| {
                let known = Stage::ALL.map(Stage::word).join(", ");
                format!("no stage {name:?}; known: {known}")
            })?,
            None => task.stage.next().ok_or("the task has ended")?,
        };
        task.advance(to, now)?;
        let own = self.admitted.iter().rev().filter(|company| company.user == task.user);
        let own = own.filter_map(|company| company.webhook_token.as_deref()).next();
        let token = self.settings.webhook_token.as_deref().or(own).unwrap_or(WEBHOOK_TOKEN);
        Ok(json!({
            "id": task.uuid,
            "task_id": task.id,
            "status": task.stage.word(),
            "status_id": task.stage.id(),
            "push": task.push(token, now),
        }))
    }

    fn settings(&mut self, settings: &Map<String, Value>) -> Result<(), String> {
        let mut new = self.settings.clone();
        for (name, value) in settings {
            match name.as_str() {
                "token_seconds" => new.token_seconds = seconds(name, value)?,
                "page_size" => {
                    let size = usize::try_from(util::whole(name, value)?).ok();
                    let size = size.filter(|size| *size > 0);
                    new.page_size = size.ok_or("page_size must be at least 1")?;
                }
                "status_in_body_only" => new.status_in_body_only = util::flag(name, value)?,
                "task_by_uuid" => new.task_by_uuid = util::flag(name, value)?,
                "create_delay_visible_ms" => {
                    let ms = util::whole(name, value)?;
                    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
                    new.create_delay_visible = SignedDuration::from_millis(ms);
                }
                "webhook_token" => new.webhook_token = Some(util::text(name, value)?.to_owned()),
                "order_id_integer" => new.order_id_integer = util::flag(name, value)?,
                "digit_uuids" => new.digit_uuids = util::flag(name, value)?,
                _ => return Err(format!("mensajeros_urbanos has no setting {name:?}")),
            }
        }
        self.settings = new;
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
        self.refusal(&refusal, &format!("http://{HOST}/"))
    }
}

/// The life of a token; a century is as good as for ever.
fn seconds(name: &str, value: &Value) -> Result<i64, String> {
    let seconds = util::whole(name, value)?.min(3_155_760_000);
    i64::try_from(seconds).map_err(|e| format!("{name}: {e}"))
}
