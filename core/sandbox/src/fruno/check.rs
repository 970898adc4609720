//! Reads the fields of a JSON body, each by its documented type and limit, and gathers every complaint before any is answered.

use super::super::{Request, Response};
use super::problem;
use serde_json::{Map, Value};

/// The JSON object of a POST or PUT.
pub(crate) fn body(request: &Request) -> Result<Map<String, Value>, Response> {
    // The API reference wants application/json; its Go and Python samples send no Content-Type, so a missing one passes.
    if let Some(kind) = request.content_type()
        && kind != "application/json"
    {
        let error = "Content-Type debe ser application/json";
        return Err(problem::new(400, "sobre-post-y-put", error));
    }
    match request.json() {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(problem::new(400, "sobre-post-y-put", "El cuerpo no es un objeto JSON")),
    }
}

/// A body under examination.
pub(crate) struct Check<'a> {
    body: &'a Map<String, Value>,
    section: &'static str,
    known: Vec<&'static str>,
    errors: Vec<(String, String)>,
}

impl<'a> Check<'a> {
    pub(crate) fn new(body: &'a Map<String, Value>, section: &'static str) -> Self {
        Check { body, section, known: Vec::new(), errors: Vec::new() }
    }

    pub(crate) fn complain(&mut self, name: &str, error: impl Into<String>) {
        self.errors.push((name.to_owned(), error.into()));
    }

    /// The value of a field; an explicit null is a complaint.
    pub(crate) fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        let value = self.body.get(name)?;
        if value.is_null() {
            self.complain(name, "El valor no puede ser nulo.");
            return None;
        }
        Some(value)
    }

    /// A text of at most so many characters (not bytes).
    pub(crate) fn text(&mut self, name: &'static str, limit: usize) -> Option<&'a str> {
        let value = self.value(name)?;
        let Some(text) = value.as_str() else {
            self.complain(name, "El valor debe ser un texto.");
            return None;
        };
        if text.chars().count() > limit {
            self.complain(name, format!("El máximo es de {limit} caracteres."));
            return None;
        }
        Some(text)
    }

    pub(crate) fn required_text(&mut self, name: &'static str, limit: usize) -> Option<&'a str> {
        if !self.require(name) {
            return None;
        }
        let text = self.text(name, limit)?;
        if text.trim().is_empty() {
            self.complain(name, "El valor no puede estar vacío.");
            return None;
        }
        Some(text)
    }

    /// A whole number above zero: centimetres or grams.
    pub(crate) fn required_whole(&mut self, name: &'static str) -> Option<u64> {
        if !self.require(name) {
            return None;
        }
        let number = self.value(name)?.as_u64().filter(|n| measure(*n));
        if number.is_none() {
            self.complain(name, "El valor debe ser un número entero mayor a 0.");
        }
        number
    }

    pub(crate) fn flag(&mut self, name: &'static str) -> bool {
        let Some(value) = self.value(name) else {
            return false;
        };
        value.as_bool().unwrap_or_else(|| {
            self.complain(name, "El valor debe ser true o false.");
            false
        })
    }

    pub(crate) fn email(&mut self, name: &'static str, limit: usize) -> Option<&'a str> {
        let text = self.text(name, limit)?;
        if !text.is_empty() && !is_email(text) {
            self.complain(name, "El correo no es válido.");
        }
        Some(text)
    }

    fn require(&mut self, name: &'static str) -> bool {
        let there = self.body.contains_key(name);
        if !there {
            self.known.push(name);
            self.complain(name, "El campo es requerido.");
        }
        there
    }

    /// Fields that nobody asked for are complaints too; with any complaint the answer is 400.
    pub(crate) fn finish(mut self) -> Result<(), Response> {
        let unknown: Vec<String> = self.body.keys().filter(|k| !self.known.contains(&k.as_str())).cloned().collect();
        for name in unknown {
            self.complain(&name, "Campo desconocido.");
        }
        if self.errors.is_empty() {
            return Ok(());
        }
        let errors: Vec<(&str, &str)> =
            self.errors.iter().map(|(name, error)| (name.as_str(), error.as_str())).collect();
        Err(problem::invalid(self.section, &errors))
    }
}

/// A length or a weight that a van can carry; the bound also keeps volumes and prices within their type.
pub(crate) fn measure(number: u64) -> bool {
    (1..=1_000_000).contains(&number)
}

pub(crate) fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
    })
}
