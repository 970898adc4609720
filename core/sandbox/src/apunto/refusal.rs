//! Why a request is refused, and the forms in which Apunto says so. Not for deciding it.

use super::super::Response;
use super::settings::{ErrorsForm, Settings};
use serde_json::{Map, Value, json};

/// Per field, what is wrong with it.
pub(super) type Details = Map<String, Value>;

#[derive(Debug)]
pub(super) enum Refusal {
    BadRequest(String),
    Unauthorized(&'static str),
    NotFound(&'static str),
    Invalid(Details),
    /// Seconds until it may be tried again.
    Limited(i64),
    /// A failure that a test asked for.
    Other(u16),
}

pub(super) const BAD_TOKEN: &str = "Token de API inválido o faltante";

impl Refusal {
    pub(super) fn field(name: &str, complaint: &str) -> Refusal {
        let mut details = Details::new();
        details.insert(name.to_owned(), json!([complaint]));
        Refusal::Invalid(details)
    }

    pub(super) fn of_status(status: u16) -> Refusal {
        match status {
            401 => Refusal::Unauthorized(BAD_TOKEN),
            404 => Refusal::NotFound("No se encontró el recurso solicitado"),
            422 => Refusal::field("base", "no es válido"),
            429 => Refusal::Limited(1),
            _ => Refusal::Other(status),
        }
    }

    fn status(&self) -> u16 {
        match self {
            Refusal::BadRequest(_) => 400,
            Refusal::Unauthorized(_) => 401,
            Refusal::NotFound(_) => 404,
            Refusal::Invalid(_) => 422,
            Refusal::Limited(_) => 429,
            Refusal::Other(status) => *status,
        }
    }

    fn words(&self) -> (&'static str, String) {
        let (error, message) = match self {
            Refusal::BadRequest(message) => ("Bad Request", message.as_str()),
            Refusal::Unauthorized(message) => ("Unauthorized", *message),
            Refusal::NotFound(message) => ("Not Found", *message),
            Refusal::Invalid(_) => ("Validation failed", "No se pudo guardar el recurso"),
            Refusal::Limited(_) => ("Rate limit exceeded", "Has excedido el límite. Intenta más tarde."),
            Refusal::Other(status) => match status {
                400 => ("Bad Request", "Petición inválida"),
                403 => ("Forbidden", "No tienes permiso para esta acción"),
                503 => ("Service Unavailable", "Problema temporal del servidor"),
                500.. => ("Internal Server Error", "Ocurrió un error inesperado. Intenta más tarde."),
                _ => ("Error", "La petición no se pudo atender"),
            },
        };
        (error, message.to_owned())
    }

    /// The API reference says every error has one form; integrations have met two more.
    pub(super) fn response(&self, settings: &Settings) -> Response {
        let (error, message) = self.words();
        let mut body = json!({"error": error, "message": message});
        match (self, settings.errors_form) {
            (Refusal::Invalid(details), ErrorsForm::Details) => body["details"] = json!(details),
            (Refusal::Invalid(details), ErrorsForm::Errors) => {
                return Response::json(422, &json!({"errors": details}));
            }
            (Refusal::Invalid(details), ErrorsForm::ErrorOnly) => {
                return Response::json(422, &json!({"error": sentence(details)}));
            }
            (Refusal::Limited(wait), _) => body["retry_after"] = (*wait).into(),
            (_, ErrorsForm::ErrorOnly) => {
                return Response::json(self.status(), &json!({"error": message}));
            }
            _ => {}
        }
        body["status"] = self.status().into();
        let response = Response::json(self.status(), &body);
        match self {
            Refusal::Limited(wait) if settings.retry_after_header => response.with("Retry-After", wait.to_string()),
            _ => response,
        }
    }
}

/// `kind no está incluido en la lista, mode no puede estar en blanco`.
fn sentence(details: &Details) -> String {
    let each = details.iter().map(|(field, complaints)| {
        let first = complaints.get(0).and_then(Value::as_str);
        format!("{field} {}", first.unwrap_or_default())
    });
    each.collect::<Vec<_>>().join(", ")
}
