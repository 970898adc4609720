//! Fruno (Costa Rica): its 23 documented operations, as strict as the API reference. Here: the table, the gate every request passes, the settings.
//! The rest is in the files named after what they keep: addresses, parcels, territory, events.

mod addresses;
mod auth;
mod check;
mod cost;
mod events;
mod parcels;
mod problem;
mod progress;
mod settings;
mod territory;
#[cfg(test)]
mod tests;
mod views;

use super::util::{self, Ids, RateWindow};
use super::{Request, Response, Simulator};
use addresses::Book;
use auth::Auth;
use jiff::Timestamp;
use parcels::Parcels;
use serde_json::{Map, Value, json};
use settings::{RateHeader, Settings};
use unicode_normalization::UnicodeNormalization;

const ACCOUNT: &str = "sandbox";
const KEY: &str = "sandbox-llave";
/// Whom the API reference calls the account's developer.
const EMAIL: &str = "sandbox@example.com";
/// Fruno documents `30;w=60`; a test suite would spend its time waiting.
const POLICY: (usize, u32) = (3000, 60);
/// Costa Rica has no summer time.
const COSTA_RICA: i8 = -6;

const OPERATIONS: &[&str] = &[
    "GET /v1/contratos",
    "GET /v1/provincias",
    "GET /v1/provincias/{provincia}/cantones",
    "GET /v1/provincias/{provincia}/cantones/{cantón}/distritos",
    "GET /v1/distritos-sin-servicio",
    "GET /v1/zonas-sin-servicio",
    "GET /v1/direcciones",
    "POST /v1/direcciones",
    "GET /v1/direcciones/{id}",
    "PUT /v1/direcciones/{id}",
    "DELETE /v1/direcciones/{id}",
    "GET /v1/paquetes",
    // The API reference writes the slash; integrations leave it out as often.
    "POST /v1/paquetes/",
    "GET /v1/paquetes/costo",
    "GET /v1/paquetes/tipo_eventos",
    "GET /v1/paquetes/{guía}",
    "GET /v1/paquetes/{guía} application/pdf",
    "GET /v1/paquetes/{guía}/estado",
    "GET /v1/paquetes/{guía}/url_consulta_web",
    "PUT /v1/paquetes/{guía}/cancelar",
    "GET /v1/paquetes/{guía}/imagenes/{id}",
    "GET /v1/paquetes/{guía}/notificaciones",
    "GET /v1/paquetes/{guía}/eventos",
];

/// What a request comes to: a reply either way, the error being one that ended it early.
type Outcome = Result<Response, Response>;

pub(crate) struct Fruno {
    auth: Auth,
    rate: RateWindow,
    settings: Settings,
    book: Book,
    parcels: Parcels,
    ids: Ids,
}

impl Fruno {
    pub(crate) fn new() -> Self {
        Fruno {
            auth: Auth::default(),
            rate: RateWindow::new(POLICY.0, POLICY.1),
            settings: Settings::default(),
            book: Book::default(),
            parcels: Parcels::default(),
            ids: Ids::new(),
        }
    }

    fn answer(&mut self, request: &Request, now: Timestamp) -> Outcome {
        if !self.rate.take(now) {
            let response = too_many();
            if !self.settings.retry_after {
                return Err(response);
            }
            let seconds = self.rate.wait(now).as_millis().max(0).unsigned_abs().div_ceil(1000);
            return Err(response.with("Retry-After", seconds.to_string()));
        }
        self.auth.check(request, now)?;
        let operation = request.operation.ok_or_else(problem::not_found)?;
        match operation {
            "GET /v1/contratos" => Ok(ok(Value::Array(self.settings.contracts.clone()))),
            "GET /v1/provincias" => Ok(ok(territory::provinces())),
            "GET /v1/provincias/{provincia}/cantones" => territory::cantons(request.param(0)).map(ok),
            "GET /v1/provincias/{provincia}/cantones/{cantón}/distritos" => {
                territory::districts(request, self.settings.zones_as_text).map(ok)
            }
            "GET /v1/distritos-sin-servicio" => Ok(ok(territory::unserved())),
            "GET /v1/zonas-sin-servicio" => Ok(ok(territory::zones())),
            "GET /v1/direcciones" => self.book.list(request, &self.settings),
            "POST /v1/direcciones" => {
                let body = check::body(request)?;
                self.book.create(&body, &self.settings, &mut self.ids, now)
            }
            "GET /v1/direcciones/{id}" => self.book.get(request.param(0)),
            "PUT /v1/direcciones/{id}" => {
                let body = check::body(request)?;
                self.book.change(request.param(0), &body)
            }
            "DELETE /v1/direcciones/{id}" => self.book.delete(request.param(0)),
            "GET /v1/paquetes/costo" => cost::quote(request, &self.book, &self.settings),
            "GET /v1/paquetes/tipo_eventos" => {
                Ok(ok(json!({"tipo_eventos": events::catalogue(self.settings.repeated_event_types)})))
            }
            "POST /v1/paquetes" => {
                let body = check::body(request)?;
                self.parcels.create(&body, &self.book, &self.settings, now)
            }
            _ => self.parcel(operation, request, now),
        }
    }

    /// The operations on parcels that exist.
    fn parcel(&mut self, operation: &str, request: &Request, now: Timestamp) -> Outcome {
        let guia = request.param(0);
        self.parcels.settle(&self.settings, &mut self.ids, now);
        if operation == "GET /v1/paquetes" {
            return self.parcels.list(request, &self.settings);
        }
        let parcel = self.parcels.find(guia).ok_or_else(problem::not_found)?;
        match operation {
            "GET /v1/paquetes/{guía}" => Ok(ok(parcel.info(&self.settings))),
            "GET /v1/paquetes/{guía} application/pdf" => Ok(parcel.label(&self.settings, now)),
            "GET /v1/paquetes/{guía}/estado" => Ok(ok(json!({"estado": parcel.state()}))),
            "GET /v1/paquetes/{guía}/url_consulta_web" => Ok(ok(parcel.web())),
            "PUT /v1/paquetes/{guía}/cancelar" => parcel.cancel(&self.settings, &mut self.ids, now),
            "GET /v1/paquetes/{guía}/imagenes/{id}" => parcel.image(request.param(1)),
            "GET /v1/paquetes/{guía}/notificaciones" => Ok(ok(parcel.notifications())),
            "GET /v1/paquetes/{guía}/eventos" => Ok(ok(parcel.events(&self.settings))),
            _ => Err(problem::not_found()),
        }
    }

    fn with_limits(&self, mut response: Response, now: Timestamp) -> Response {
        for header in &self.settings.rate_headers {
            let value = match header {
                RateHeader::Policy => self.rate.policy(),
                RateHeader::Limit => self.rate.limit().to_string(),
                RateHeader::Remaining => self.rate.remaining().to_string(),
                RateHeader::Reset => self.settings.reset.written(&self.rate, now),
            };
            response = response.with(header.name(), value);
        }
        response
    }
}

fn too_many() -> Response {
    let section = "sobre-velocidad-de-uso-del-api";
    problem::new(429, section, "Demasiadas solicitudes")
}

fn ok(body: Value) -> Response {
    Response::json(200, &body)
}

impl Simulator for Fruno {
    fn operations(&self) -> &'static [&'static str] {
        OPERATIONS
    }

    fn account(&self) -> Value {
        json!({"account": ACCOUNT, "key": KEY})
    }

    fn admit(&mut self, account: &Map<String, Value>) {
        let text = |name: &str| account.get(name).and_then(Value::as_str);
        if let (Some(account), Some(key)) = (text("account"), text("key")) {
            self.auth.admit(account, key);
        }
        self.settings.own_contracts.extend(text("contract_id").map(str::to_owned));
    }

    fn handle(&mut self, request: &Request, now: Timestamp) -> Response {
        let mut response = self.answer(request, now).unwrap_or_else(|early| early);
        if self.settings.decomposed_names
            && let Ok(body) = serde_json::from_slice::<Value>(&response.body)
        {
            response.body = decompose(body).to_string().into_bytes();
        }
        self.with_limits(response, now)
    }

    fn shipments(&mut self, now: Timestamp) -> Value {
        self.parcels.settle(&self.settings, &mut self.ids, now);
        self.parcels.summary()
    }

    fn advance(&mut self, id: &str, to: Option<&str>, now: Timestamp) -> Result<Value, String> {
        self.parcels.settle(&self.settings, &mut self.ids, now);
        let parcel = self.parcels.find(id);
        let parcel = parcel.ok_or_else(|| format!("no parcel {id:?}"))?;
        parcel.advance(to, &mut self.ids, now)?;
        Ok(parcel.summary())
    }

    fn settings(&mut self, settings: &Map<String, Value>) -> Result<(), String> {
        let mut next = self.settings.clone();
        let mut rate = None;
        for (name, value) in settings {
            match name.as_str() {
                "rate_policy" => rate = Some(RateWindow::parse(util::text(name, value)?)?),
                _ => next.set(name, value)?,
            }
        }
        self.settings = next;
        if let Some(rate) = rate {
            self.rate = rate;
        }
        Ok(())
    }

    fn expire_tokens(&mut self) {
        self.auth.refuse_next();
    }

    fn failure(&mut self, status: u16, now: Timestamp) -> Response {
        let response = match status {
            500 => problem::incident(&self.ids.hex(32)),
            429 => too_many(),
            401 => problem::new(401, "autenticacion", "No autorizado"),
            404 => problem::not_found(),
            _ => problem::new(status, "codigos-de-estado-http", "Error"),
        };
        self.with_limits(response, now)
    }
}

/// A page as the API reference writes it: `página` first, and only when there is one.
fn paged(name: &str, items: Vec<Value>, token: Option<String>) -> Response {
    let mut body = Map::new();
    if let Some(token) = token {
        body.insert("página".to_owned(), token.into());
    }
    body.insert(name.to_owned(), items.into());
    ok(body.into())
}

fn decompose(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(name, value)| (name.nfd().collect::<String>(), decompose(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(list) => list.into_iter().map(decompose).collect(),
        other => other,
    }
}
