//! A result as the JSON envelope that C, PHP and other languages get.

use crate::model::Error;
use serde_json::{Value, json};

/// A result as an envelope: `{"ok": true, "data": …}` or `{"ok": false, "error": …}`.
#[must_use]
pub fn envelope(result: Result<Value, Error>) -> Value {
    match result {
        // Moved: `json!` would copy the whole reply.
        Ok(data) => Value::Object([("ok".to_owned(), true.into()), ("data".to_owned(), data)].into_iter().collect()),
        Err(error) => json!({"ok": false, "error": error.to_value()}),
    }
}

/// As [`envelope`], from JSON text to JSON text.
#[must_use]
pub fn envelope_text(result: Result<String, Error>) -> String {
    match result {
        Ok(data) => ["{\"ok\":true,\"data\":", &data, "}"].concat(),
        Err(error) => json!({"ok": false, "error": error.to_value()}).to_string(),
    }
}
