//! A result as the JSON envelope that C, PHP and other languages get.

use crate::json::json;
use crate::model::Error;

/// A result as an envelope: `{"ok": true, "data": …}` or `{"ok": false, "error": …}`.
#[must_use]
pub fn envelope(result: Result<serde_json::Value, Error>) -> serde_json::Value {
    match result {
        // Moved: `json!` would copy the whole reply.
        Ok(data) => [("ok".to_owned(), true.into()), ("data".to_owned(), data)].into_iter().collect(),
        Err(error) => json!({"ok": false, "error": error}).into(),
    }
}

/// As [`envelope`], from JSON text to JSON text.
#[must_use]
pub fn envelope_text(result: Result<String, Error>) -> String {
    match result {
        Ok(data) => ["{\"ok\":true,\"data\":", &data, "}"].concat(),
        Err(error) => json!({"ok": false, "error": error}).to_string(),
    }
}
