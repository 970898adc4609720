//! What both generations answer in: the envelope, the parts that may stand beside its `data`, the courier, a refusal.

use super::super::Response;
use super::progress::{Progress, Stage};
use super::settings::{Place, Settings};
use serde_json::{Map, Value, json};

pub(super) const COURIER: &str = "Jhonnatan DEV";
pub(super) const COURIER_PHONE: i64 = 300_600_000;
pub(super) const PLATE: &str = "ABC12D";
pub(super) const PHOTO: &str = "https://fotos.mensajeros.example/jhonnatan.png";

/// An error in the carrier's envelope.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Refusal { status, message: message.into() }
    }
}

/// A good reply's `data`, which some have none of, and what stands beside it.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) data: Option<Value>,
    pub(super) beside: Map<String, Value>,
}

impl Answer {
    pub(super) fn of(data: Value) -> Self {
        Answer { data: Some(data), beside: Map::new() }
    }

    pub(super) fn put(&mut self, place: Place, name: &str, value: Value) {
        let within = match place {
            Place::Data => self.data.as_mut().and_then(Value::as_object_mut),
            Place::Beside => Some(&mut self.beside),
            Place::Absent => None,
        };
        if let Some(within) = within {
            within.insert(name.to_owned(), value);
        }
    }

    /// The courier, once one has accepted.
    pub(super) fn put_resource(&mut self, place: Place, list: bool, stage: Stage) {
        let courier = (Stage::Assigned..=Stage::Finished).contains(&stage).then(|| {
            json!({
                "name": COURIER,
                "phone": COURIER_PHONE.to_string(),
                "plate_number": PLATE,
                "type_resource_name": "Moto",
                "photo": PHOTO,
            })
        });
        let resource = if list { courier.into_iter().collect() } else { courier.unwrap_or(Value::Null) };
        self.put(place, "resource", resource);
    }

    pub(super) fn numbers_as_text(&mut self) {
        self.data.iter_mut().chain(self.beside.values_mut()).for_each(numbers_as_text);
    }
}

/// Whether the delivery was made, once the service has ended: in a track reply's data, or in a line of its history.
pub(super) fn put_finish(data: &mut Value, progress: &Progress) {
    let Some(status) = progress.finish_status().filter(|_| progress.stage.ended()) else { return };
    let (kind, description) = progress.finish_reason();
    data["finish_status"] = status.into();
    data["finish_type"] = kind.into();
    data["finish_description"] = description.into();
}

pub(super) fn numbers_as_text(value: &mut Value) {
    match value {
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::Array(all) => all.iter_mut().for_each(numbers_as_text),
        Value::Object(all) => all.values_mut().for_each(numbers_as_text),
        _ => {}
    }
}

/// The envelope of the API reference, or the little of it that is known to come in v2.
pub(super) struct Envelope<'a> {
    pub(super) version: &'static str,
    pub(super) href: String,
    pub(super) settings: &'a Settings,
    pub(super) short: bool,
}

impl Envelope<'_> {
    pub(super) fn good(&self, message: &str, mut answer: Answer) -> Response {
        if self.settings.numbers_as_text {
            answer.numbers_as_text();
        }
        let mut body = Map::new();
        if !self.short {
            body.insert("version".to_owned(), self.version.into());
            body.insert("status".to_owned(), "success".into());
            body.insert("status_code".to_owned(), 200.into());
            body.insert("message".to_owned(), message.into());
            body.insert("href".to_owned(), self.href.clone().into());
        }
        body.extend(answer.data.map(|data| ("data".to_owned(), data)));
        body.extend(answer.beside);
        Response::json(200, &body.into())
    }

    pub(super) fn refusal(&self, refusal: &Refusal) -> Response {
        let status = if self.settings.status_in_body_only { 200 } else { refusal.status };
        let body = if self.short {
            json!({"error": refusal.message})
        } else {
            json!({
                "version": self.version,
                "status": "error",
                "status_code": refusal.status,
                "message": refusal.message,
                "href": self.href,
            })
        };
        Response::json(status, &body)
    }
}
