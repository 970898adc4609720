//! Almex (Mexico), simulated from its API reference: six operations behind a subscription key and a token.
//! This file has the operations, the shipments and the settings; `auth` the keys and tokens, `check` the refusals, `quote` the prices.

mod auth;
mod check;
mod quote;
#[cfg(test)]
mod tests;

use super::util::{self, Ids};
use super::{Request, Response, Simulator, media};
use auth::Auth;
use check::{Flaws, Pickup};
use jiff::civil::DateTime;
use jiff::{Timestamp, tz::Offset};
use serde_json::{Map, Value, json};

const HOST: &str = "almexapiqa.azure-api.net";
/// The first waybill, as in the API reference's sample of "Last Event"; the leading zero is part of it.
const FIRST_WAYBILL: u64 = 7_053_846_188;
/// The difference between two waybills, so that a client can't guess one by counting up.
const WAYBILL_STEP: u64 = 7_919;

const TOKEN: &str = "POST /auth/token";
const REFRESH: &str = "POST /auth/refresh-token";
const RATE: &str = "POST /quote/rate";
const PICKUP: &str = "POST /pickuprequest/generate";
const LAST_EVENT: &str = "GET /tracking/{id}/lastevent";
const IMAGING: &str = "GET /imaging/{id}/imaging/es-mx";

/// The target of the API reference's image links. It isn't an operation of the API and needs no key.
const IMAGE_PATH: &str = "/imgCte.asp";

/// Mexico City, which has had no summer time since 2022.
fn mexico(at: Timestamp) -> DateTime {
    Offset::constant(-6).to_datetime(at)
}

/// An answer that is not the success asked for.
enum Refusal {
    /// Already in its own form: Azure's, or ASP.NET's.
    Reply(Response),
    /// HTTP 200 with `success: false`.
    Said(String),
}

impl From<Flaws> for Refusal {
    fn from(flaws: Flaws) -> Self {
        match flaws {
            Flaws::Fields(errors) => {
                let title = "One or more validation errors occurred.";
                let mut body = problem(400, title);
                body["errors"] = errors.into();
                Refusal::Reply(Response::json(400, &body))
            }
            Flaws::Value(message) => Refusal::Said(message),
        }
    }
}

/// API reference, the replies of "Rate" and "Generate" without a token.
fn problem(status: u16, title: &str) -> Value {
    let trace = Ids::new().hex(24);
    json!({
        "type": format!("https://httpstatuses.com/{status}"),
        "title": title,
        "status": status,
        "traceId": format!("|{}-{}.", &trace[..8], &trace[8..]),
    })
}

fn unauthorized() -> Refusal {
    Refusal::Reply(Response::json(401, &problem(401, "Unauthorized")))
}

/// The form of the replies that the API reference doesn't define.
#[derive(Debug, Clone, Copy)]
enum PickupForm {
    Tracking,
    Folio,
    GuiaList,
    /// Success, without any number of the shipment.
    Nothing,
}

impl PickupForm {
    fn named(name: &str) -> Result<Self, String> {
        match name {
            "tracking" => Ok(PickupForm::Tracking),
            "folio" => Ok(PickupForm::Folio),
            "guia_list" => Ok(PickupForm::GuiaList),
            "none" => Ok(PickupForm::Nothing),
            _ => Err(format!("pickup_form is tracking, folio, guia_list or none, not {name:?}")),
        }
    }
}

/// What a test can set; `README.md` of the sandbox has the kernel's own.
#[derive(Debug, Clone)]
struct Settings {
    token_seconds: i64,
    one_key: bool,
    quote_form: quote::Form,
    pickup_form: PickupForm,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            // The API reference's sample token lives from 1613383840 to 1613988640.
            token_seconds: 604_800,
            one_key: false,
            quote_form: quote::Form::List,
            pickup_form: PickupForm::Tracking,
        }
    }
}

/// API reference, "Last Event": 4 is "Mercancía Entregada". The other numbers and their texts are the sandbox's own.
const STAGES: [Stage; 5] = [
    Stage { word: "documented", event: 1, spanish: "Guía Documentada", english: "Shipment documented" },
    Stage { word: "picked_up", event: 2, spanish: "Mercancía Recolectada", english: "Goods picked up" },
    Stage { word: "in_transit", event: 3, spanish: "Mercancía en Tránsito", english: "Goods in transit" },
    Stage { word: "out_for_delivery", event: 7, spanish: "Mercancía en Reparto", english: "Goods out for delivery" },
    Stage { word: "delivered", event: 4, spanish: "Mercancía Entregada", english: "Goods delivered" },
];
const DELIVERED: usize = STAGES.len() - 1;

struct Stage {
    word: &'static str,
    event: i64,
    spanish: &'static str,
    english: &'static str,
}

#[derive(Debug)]
struct Shipment {
    waybill: String,
    number: usize,
    pickup: Pickup,
    /// An index into `STAGES`.
    stage: usize,
    since: Timestamp,
    /// What follows the `?` of its image's address.
    image: String,
}

impl Shipment {
    fn stage(&self) -> &'static Stage {
        &STAGES[self.stage.min(DELIVERED)]
    }

    /// The response of `lastevent`; `hourLastEvent` repeats the date, as in the API reference's sample.
    fn last_event(&self) -> Value {
        let stage = self.stage();
        let at = mexico(self.since).strftime("%Y-%m-%dT%H:%M:%S%.3f");
        let at = at.to_string();
        let office = if self.stage < 3 { "MEXICO (SUC. VALLEJO)" } else { "MONTERREY (SUC. GUERRERO)" };
        json!({
            "idEvent": 88_983_549 + self.number * STAGES.len() + self.stage,
            "trackingIdEvent": stage.event,
            "descriptionEvent": stage.spanish,
            "description2Event": stage.english,
            "dateLastEvent": at,
            "hourLastEvent": at,
            "referenceEvent": format!("0 {office}"),
            "officeName": office,
            "tractor": {"operatorName": "", "tractorNumber": ""},
        })
    }

    fn summary(&self) -> Value {
        json!({
            "id": self.waybill,
            "reference": self.pickup.references.first(),
            "status": self.stage().word,
            "event": self.stage().event,
            "references": self.pickup.references,
            "observations": self.pickup.observations,
            "descriptions": self.pickup.packages,
        })
    }
}

#[derive(Default)]
pub(super) struct Almex {
    settings: Settings,
    auth: Auth,
    ids: Ids,
    shipments: Vec<Shipment>,
}

impl Almex {
    pub(super) fn new() -> Self {
        Self::default()
    }

    fn answer(&mut self, request: &Request, now: Timestamp) -> Result<Value, Refusal> {
        let Some(operation) = request.operation else {
            let body = json!({"statusCode": 404, "message": "Resource not found"});
            return Err(Refusal::Reply(Response::json(404, &body)));
        };
        auth::subscription(request, operation, self.settings.one_key, &self.auth)?;
        let life = self.settings.token_seconds;
        match operation {
            TOKEN => return self.auth.token(&body(request)?, life, now),
            REFRESH => return self.auth.refresh(&body(request)?, life, now),
            _ => self.auth.authorize(request, now)?,
        }
        match operation {
            RATE => {
                let rate = check::rate(&body(request)?)?;
                Ok(quote::rate(&rate, self.settings.quote_form, now))
            }
            PICKUP => {
                let pickup = check::pickup(&body(request)?)?;
                Ok(self.pickup(pickup, now))
            }
            LAST_EVENT => self.shipment(request.param(0)).map(Shipment::last_event),
            _ => self.image_link(request),
        }
    }

    fn pickup(&mut self, pickup: Pickup, now: Timestamp) -> Value {
        let number = self.shipments.len();
        let step = u64::try_from(number).unwrap_or_default();
        let waybill = format!("{:011}", FIRST_WAYBILL + step * WAYBILL_STEP);
        let request = 500_100 + number;
        let response = match self.settings.pickup_form {
            PickupForm::Tracking => json!({"trackingNumber": waybill, "pickupRequestId": request}),
            PickupForm::Folio => json!({"folio": waybill}),
            PickupForm::GuiaList => json!([{"guia": waybill}]),
            PickupForm::Nothing => json!({}),
        };
        self.shipments.push(Shipment { waybill, number, pickup, stage: 0, since: now, image: self.ids.hex(32) });
        response
    }

    fn shipment(&self, waybill: &str) -> Result<&Shipment, Refusal> {
        let found = self.shipments.iter().find(|s| s.waybill == waybill);
        found.ok_or_else(|| Refusal::Said(format!("No se encontró la guía {waybill}.")))
    }

    fn image_link(&self, request: &Request) -> Result<Value, Refusal> {
        let wanted = [("documentType", "DR"), ("documentFormat", "URL")];
        for (name, value) in wanted {
            if request.query(name) != Some(value) {
                let message = format!("El parámetro {name} debe ser {value}.");
                return Err(Refusal::Said(message));
            }
        }
        let shipment = self.shipment(request.param(0))?;
        if shipment.stage != DELIVERED {
            let message = "La imagen de la guía aún no está disponible.";
            return Err(Refusal::Said(message.to_owned()));
        }
        let host = request.header("host").unwrap_or(HOST);
        let url = format!("http://{host}{IMAGE_PATH}?{}", shipment.image);
        Ok(json!({ "url": url }))
    }

    fn image(&self, request: &Request) -> Response {
        let is = |s: &&Shipment| s.image == request.raw_query && s.stage == DELIVERED;
        if self.shipments.iter().any(|shipment| is(&shipment)) {
            return Response::bytes(200, "image/png", media::png());
        }
        let page = b"<html><body>Archivo no encontrado</body></html>";
        Response::bytes(404, "text/html; charset=utf-8", page.to_vec())
    }
}

/// The body of a POST, which ASP.NET reads by its media type.
fn body(request: &Request) -> Result<Value, Refusal> {
    if request.content_type().as_deref() != Some("application/json") {
        let body = problem(415, "Unsupported Media Type");
        return Err(Refusal::Reply(Response::json(415, &body)));
    }
    let body = request.json().ok().filter(Value::is_object);
    body.ok_or_else(|| {
        let text = "A non-empty request body is required.";
        let errors = Map::from_iter([(String::new(), json!([text]))]);
        Flaws::Fields(errors).into()
    })
}

impl Simulator for Almex {
    fn operations(&self) -> &'static [&'static str] {
        &[TOKEN, REFRESH, RATE, PICKUP, LAST_EVENT, IMAGING]
    }

    fn account(&self) -> Value {
        auth::account()
    }

    fn admit(&mut self, account: &Map<String, Value>) {
        self.auth.admit(account);
    }

    fn handle(&mut self, request: &Request, now: Timestamp) -> Response {
        if request.operation.is_none() && request.method == "GET" && request.path == IMAGE_PATH {
            return self.image(request);
        }
        match self.answer(request, now) {
            Ok(response) => {
                // The samples of the token say "OK", those of tracking and imaging nothing.
                let message = match request.operation {
                    Some(TOKEN | REFRESH) => "OK",
                    _ => "",
                };
                let body = json!({
                    "response": response,
                    "success": true,
                    "code": 200,
                    "message": message,
                });
                Response::json(200, &body)
            }
            Err(Refusal::Said(message)) => {
                let body = json!({"success": false, "code": 200, "message": message});
                Response::json(200, &body)
            }
            Err(Refusal::Reply(reply)) => reply,
        }
    }

    fn shipments(&mut self, _now: Timestamp) -> Value {
        self.shipments.iter().map(Shipment::summary).collect()
    }

    fn advance(&mut self, id: &str, to: Option<&str>, now: Timestamp) -> Result<Value, String> {
        let found = self.shipments.iter_mut().find(|s| s.waybill == id);
        let shipment = found.ok_or_else(|| format!("no shipment {id:?}"))?;
        let stage = match to {
            None => shipment.stage + 1,
            Some(name) => {
                let place = STAGES.iter().position(|stage| stage.word == name);
                place.ok_or_else(|| {
                    let known = STAGES.each_ref().map(|stage| stage.word).join(", ");
                    format!("no stage {name:?}; known: {known}")
                })?
            }
        };
        if stage <= shipment.stage || stage > DELIVERED {
            let word = shipment.stage().word;
            return Err(format!("the shipment is {word:?} and goes only forward"));
        }
        shipment.stage = stage;
        shipment.since = now;
        Ok(shipment.summary())
    }

    fn settings(&mut self, settings: &Map<String, Value>) -> Result<(), String> {
        let mut new = self.settings.clone();
        for (name, value) in settings {
            match name.as_str() {
                // A century stands for "for ever".
                "token_seconds" => {
                    let seconds = util::whole(name, value)?.min(3_155_760_000);
                    new.token_seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
                }
                "one_key" => new.one_key = util::flag(name, value)?,
                "quote_form" => new.quote_form = quote::Form::named(util::text(name, value)?)?,
                "pickup_form" => new.pickup_form = PickupForm::named(util::text(name, value)?)?,
                _ => return Err(format!("almex has no setting {name:?}")),
            }
        }
        self.settings = new;
        Ok(())
    }

    fn expire_tokens(&mut self) {
        self.auth.expire_next();
    }

    fn failure(&mut self, status: u16, _now: Timestamp) -> Response {
        let title = match status {
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            429 => "Too Many Requests",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            504 => "Gateway Timeout",
            400..=499 => "Bad Request",
            _ => "Internal Server Error",
        };
        Response::json(status, &problem(status, title))
    }
}
