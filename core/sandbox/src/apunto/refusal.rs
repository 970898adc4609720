//! Why a request is refused, and the forms in which Apunto says so. Not for deciding it.

use super::super::Response;
use super::settings::{ErrorsForm, Settings, UnauthorizedForm};
use serde_json::{Map, Value, json};

/// Per field, what is wrong with it.
pub(super) type Details = Map<String, Value>;

#[derive(Debug)]
pub(super) enum Refusal {
    BadRequest(String),
    Unauthorized(&'static str),
    Forbidden(&'static str),
    NotFound(&'static str),
    Invalid(Details),
    /// What can't be done in the state that something has: `errors` and a `message`.
    State(Details, String),
    /// A lead with something that hangs on it, and how much.
    LeadInUse(Value),
    /// Seconds until it may be tried again.
    Limited(i64),
    /// A failure that a test asked for.
    Other(u16),
}

pub(super) const BAD_TOKEN: &str = "Token de API inválido o faltante";
pub(super) const NOT_ALLOWED: &str = "No tienes permiso para esta acción";

pub(super) const BLANK: &str = "no puede estar en blanco";
pub(super) const NOT_LISTED: &str = "no está incluido en la lista";
pub(super) const MUST_EXIST: &str = "debe existir";
pub(super) const NOT_VALID: &str = "no es válido";
pub(super) const TAKEN: &str = "ya está en uso";
pub(super) const TOO_LARGE: &str = "es demasiado grande (máximo 25 MB)";

/// The general page's own words for a complaint, which are Rails's.
const ENGLISH: &[(&str, &str)] = &[
    (BLANK, "can't be blank"),
    (NOT_LISTED, "is not included in the list"),
    (MUST_EXIST, "must exist"),
    (NOT_VALID, "is invalid"),
    (TAKEN, "has already been taken"),
    (TOO_LARGE, "is too big (maximum is 25 MB)"),
];

impl Refusal {
    pub(super) fn field(name: &str, complaint: &str) -> Refusal {
        Refusal::Invalid(details(name, complaint))
    }

    pub(super) fn state(name: &str, complaint: &str, message: &str) -> Refusal {
        Refusal::State(details(name, complaint), message.to_owned())
    }

    pub(super) fn of_status(status: u16) -> Refusal {
        match status {
            401 => Refusal::Unauthorized(BAD_TOKEN),
            403 => Refusal::Forbidden(NOT_ALLOWED),
            404 => Refusal::NotFound("No se encontró el recurso solicitado"),
            422 => Refusal::field("base", NOT_VALID),
            429 => Refusal::Limited(1),
            _ => Refusal::Other(status),
        }
    }

    fn status(&self, settings: &Settings) -> u16 {
        match self {
            Refusal::BadRequest(_) => 400,
            Refusal::Unauthorized(_) => 401,
            Refusal::Forbidden(_) => 403,
            Refusal::NotFound(_) => 404,
            Refusal::LeadInUse(_) if settings.blocked_lead_409 => 409,
            Refusal::Invalid(_) | Refusal::State(..) | Refusal::LeadInUse(_) => 422,
            Refusal::Limited(_) => 429,
            Refusal::Other(status) => *status,
        }
    }

    fn words(&self) -> (&'static str, String) {
        let (error, message) = match self {
            Refusal::BadRequest(message) => ("Bad Request", message.as_str()),
            Refusal::Unauthorized(message) => ("Unauthorized", *message),
            Refusal::Forbidden(message) => ("Forbidden", *message),
            Refusal::NotFound(message) => ("Not Found", *message),
            Refusal::Invalid(_) => ("Validation failed", "No se pudo guardar el recurso"),
            Refusal::State(_, message) => ("Validation failed", message.as_str()),
            Refusal::LeadInUse(_) => ("Validation failed", "El prospecto tiene registros relacionados"),
            Refusal::Limited(_) => ("Rate limit exceeded", "Has excedido el límite. Intenta más tarde."),
            Refusal::Other(status) => match status {
                400 => ("Bad Request", "Petición inválida"),
                503 => ("Service Unavailable", "Problema temporal del servidor"),
                500.. => ("Internal Server Error", "Ocurrió un error inesperado. Intenta más tarde."),
                _ => ("Error", "La petición no se pudo atender"),
            },
        };
        (error, message.to_owned())
    }

    /// The page on errors says that every error has one form; other pages and integrations have more.
    pub(super) fn response(&self, settings: &Settings) -> Response {
        let status = self.status(settings);
        let (error, message) = self.words();
        let body = match self {
            Refusal::State(details, _) => json!({"errors": errors(details, settings), "message": message}),
            Refusal::LeadInUse(counts) => json!({
                "errors": errors(&details("base", "tiene registros relacionados"), settings),
                "blocking_counts": counts, "can_archive": true,
            }),
            Refusal::Limited(wait) => {
                let body = json!({"error": error, "message": message, "retry_after": wait, "status": status});
                let response = Response::json(status, &body);
                return if settings.retry_after_header {
                    response.with("Retry-After", wait.to_string())
                } else {
                    response
                };
            }
            Refusal::Unauthorized(_) if settings.unauthorized_form == UnauthorizedForm::Empty => {
                return Response::new(401);
            }
            Refusal::Unauthorized(_) if settings.unauthorized_form == UnauthorizedForm::ErrorOnly => {
                json!({"error": message})
            }
            Refusal::Invalid(details) => match settings.errors_form {
                ErrorsForm::Details => {
                    json!({"error": error, "message": message, "details": details, "status": status})
                }
                ErrorsForm::Errors => json!({"errors": english(details)}),
                ErrorsForm::ErrorsList => json!({"errors": sentences(details)}),
                ErrorsForm::ErrorOnly => json!({"error": sentences(details).join(", ")}),
            },
            _ if settings.errors_form == ErrorsForm::Details => {
                json!({"error": error, "message": message, "status": status})
            }
            // The general page's own words.
            Refusal::NotFound(_) if settings.errors_form == ErrorsForm::Errors => {
                json!({"error": "Resource not found."})
            }
            _ => json!({"error": message}),
        };
        Response::json(status, &body)
    }
}

fn details(name: &str, complaint: &str) -> Details {
    Details::from_iter([(name.to_owned(), json!([complaint]))])
}

fn errors(details: &Details, settings: &Settings) -> Value {
    if settings.state_errors_list { json!(sentences(details)) } else { json!(details) }
}

fn first(complaints: &Value) -> &str {
    complaints.get(0).and_then(Value::as_str).unwrap_or_default()
}

/// `kind no está incluido en la lista`, and so on.
fn sentences(details: &Details) -> Vec<String> {
    details.iter().map(|(field, complaints)| format!("{field} {}", first(complaints))).collect()
}

fn english(details: &Details) -> Value {
    let each = details.iter().map(|(field, complaints)| {
        let known = ENGLISH.iter().find(|(spanish, _)| *spanish == first(complaints));
        let text = known.map_or_else(|| first(complaints), |(_, english)| english);
        (field.clone(), json!([text]))
    });
    Value::Object(each.collect())
}
