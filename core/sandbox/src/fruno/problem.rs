//! Fruno's errors: RFC 7807, with a link into its API reference and the names of the fields at fault.

use super::super::Response;
use serde_json::{Value, json};

const DOCUMENT: &str = "https://docs.api.logistica.fruno.com/?#";

pub(crate) fn new(status: u16, section: &str, title: &str) -> Response {
    response(status, &json!({"type": format!("{DOCUMENT}{section}"), "title": title}))
}

pub(crate) fn not_found() -> Response {
    new(404, "codigos-de-estado-http", "Recurso no encontrado")
}

pub(crate) fn incident(number: &str) -> Response {
    let kind = format!("{DOCUMENT}http-500");
    let body = json!({"type": kind, "title": "error interno", "incidente": number});
    response(500, &body)
}

/// 400 with every field that was refused and why.
pub(crate) fn invalid(section: &str, fields: &[(&str, &str)]) -> Response {
    let one = |(name, error): &(&str, &str)| json!({"nombre": name, "error": error});
    let fields: Vec<Value> = fields.iter().map(one).collect();
    let body = json!({
        "type": format!("{DOCUMENT}{section}"),
        "title": "Errores de validación",
        "datos-inválidos": fields,
    });
    response(400, &body)
}

fn response(status: u16, body: &Value) -> Response {
    Response::bytes(status, "application/problem+json; charset=utf-8", body.to_string().into_bytes())
}
