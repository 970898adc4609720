//! The control interface: reads a test's command from method, path and body. `shared_state` carries it out.

use serde_json::{Map, Value};

/// Its path on every carrier's port.
pub(crate) const PREFIX: &str = "/_sandbox/";

pub(crate) enum Command {
    Shipments,
    Requests,
    Faults,
    Arm(Vec<Value>),
    Disarm,
    Advance { id: String, to: Option<String> },
    Settings(Map<String, Value>),
    Admit(Map<String, Value>),
    Clock(i64),
    Reset,
}

/// Reads a command; the error has the HTTP status to answer with.
pub(crate) fn read(method: &str, path: &str, body: &Value) -> Result<Command, (u16, String)> {
    let path = path.strip_prefix(PREFIX).unwrap_or(path).trim_matches('/');
    let wrong = |text: &str| (400, text.to_owned());
    match (method, path) {
        ("GET", "shipments") => Ok(Command::Shipments),
        ("GET", "requests") => Ok(Command::Requests),
        ("GET", "faults") => Ok(Command::Faults),
        ("POST", "faults") => match body {
            Value::Array(all) => Ok(Command::Arm(all.clone())),
            Value::Object(_) => Ok(Command::Arm(vec![body.clone()])),
            _ => Err(wrong("a fault or a list of faults")),
        },
        ("DELETE", "faults") => Ok(Command::Disarm),
        ("POST", "advance") => {
            let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
            let id = text("id").ok_or_else(|| wrong("\"id\" names the shipment"))?;
            Ok(Command::Advance { id, to: text("to") })
        }
        ("POST", "settings") => match body {
            Value::Object(settings) => Ok(Command::Settings(settings.clone())),
            _ => Err(wrong("settings are an object")),
        },
        ("POST", "accounts") => match body {
            Value::Object(account) => Ok(Command::Admit(account.clone())),
            _ => Err(wrong("an account is an object")),
        },
        ("POST", "clock") => {
            let skew = body.get("skew_ms").and_then(Value::as_i64);
            let skew = skew.ok_or_else(|| wrong("\"skew_ms\" is a whole number"))?;
            Ok(Command::Clock(skew))
        }
        ("POST", "reset") => Ok(Command::Reset),
        _ => Err((404, format!("no control {method} {path}"))),
    }
}
