//! A result as the JSON that C and its friends get.

use crate::model::Error;
use serde_json::{Value, json};

/// A result as the envelope that C and its friends get.
#[must_use]
pub fn envelope(result: Result<Value, Error>) -> Value {
    match result {
        // Moved, where `json!` would write the whole reply again.
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
