//! Keeps secrets out of what flete says: errors, logs, `raw`.

use serde_json::{Map, Value};

/// What stands where a secret was.
const GONE: &str = "***";

/// Names whose values are secrets wherever they appear in a carrier's reply. Compared in lower case without
/// separators, so that `access_token`, `accessToken` and `subscription-key` all meet.
const NAMES: &[&str] = &[
    "token",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "password",
    "clientsecret",
    "secret",
    "subscriptionkey",
    "authorization",
    "otpattempt",
    "apikey",
];

/// The secret texts of an account.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(GONE)
    }
}

impl Secrets {
    /// The texts under these names of an account's settings.
    pub(crate) fn of(settings: &Map<String, Value>, names: &[&str]) -> Self {
        let mut texts = Vec::new();
        for name in names {
            match settings.get(*name) {
                Some(Value::String(text)) => texts.push(text.clone()),
                Some(Value::Object(map)) => {
                    texts.extend(map.values().filter_map(Value::as_str).map(str::to_owned));
                }
                _ => {}
            }
        }
        // A secret of a few characters would blank out half of a text.
        texts.retain(|text| text.len() >= 4);
        Self(texts)
    }

    /// These and more.
    pub(crate) fn and(&self, more: Vec<String>) -> Self {
        Self(self.0.iter().cloned().chain(more.into_iter().filter(|text| text.len() >= 4)).collect())
    }

    /// Every secret text, one after the other: what the state file's tokens are sealed with.
    pub(crate) fn joined(&self) -> String {
        self.0.join("\n")
    }

    /// The text without any of the secrets.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for secret in &self.0 {
            if clean.contains(secret.as_str()) {
                clean = clean.replace(secret.as_str(), GONE);
            }
        }
        clean
    }

    /// The JSON without any of the secrets, by value and by name.
    pub(crate) fn clean_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if self.0.iter().any(|secret| text.contains(secret.as_str())) {
                    *text = self.clean(text);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.clean_value(item)),
            Value::Object(map) => {
                for (name, entry) in map.iter_mut() {
                    if is_secret_name(name) && (entry.is_string() || entry.is_number()) {
                        *entry = Value::String(GONE.to_owned());
                    } else {
                        self.clean_value(entry);
                    }
                }
            }
            Value::Number(number) => {
                let text = number.to_string();
                if self.0.contains(&text) {
                    *value = Value::String(GONE.to_owned());
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

fn is_secret_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    NAMES.contains(&plain.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_is_gone_by_value_and_by_name() {
        let settings = json!({"key": "sésamo", "id": "shown"});
        let secrets = Secrets::of(settings.as_object().unwrap(), &["key"]);
        let mut reply = json!({"a": ["x sésamo y"], "refreshToken": "abc", "Access-Token": 12, "id": "shown"});
        secrets.clean_value(&mut reply);
        assert_eq!(reply, json!({"a": ["x *** y"], "refreshToken": "***", "Access-Token": "***", "id": "shown"}));
        assert!(!format!("{secrets:?}").contains("sésamo"));
    }
}
