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
pub(crate) struct Secrets {
    texts: Vec<String>,
    /// The texts, and how they look in a URL, a form and JSON text: what a carrier may send back of a request.
    forms: Vec<String>,
}

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
        Self::from_texts(texts)
    }

    fn from_texts(mut texts: Vec<String>) -> Self {
        // A secret of a few characters would blank out half of a text.
        texts.retain(|text| text.len() >= 4);
        let mut forms: Vec<String> = texts.iter().flat_map(|text| forms(text)).collect();
        // One that has another in it goes first, whole.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self { texts, forms }
    }

    /// These and more.
    pub(crate) fn and(&self, more: Vec<String>) -> Self {
        Self::from_texts(self.texts.iter().cloned().chain(more).collect())
    }

    /// Every secret text, one after the other: what the state file's tokens are sealed with.
    pub(crate) fn joined(&self) -> String {
        self.texts.join("\n")
    }

    /// The text without any of the secrets.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for secret in &self.forms {
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
                if self.forms.iter().any(|secret| text.contains(secret.as_str())) {
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
                if self.texts.contains(&text) {
                    *value = Value::String(GONE.to_owned());
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

/// A text as it is, in a URL, in a form, and in JSON with and without letters beyond ASCII.
fn forms(text: &str) -> Vec<String> {
    let mut forms = vec![text.to_owned()];
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)) {
        return forms;
    }
    let in_url = crate::net::http::encode(text);
    forms.push(in_url.replace("%20", "+"));
    forms.push(in_url);
    let quoted = Value::from(text).to_string();
    let in_json = &quoted[1..quoted.len() - 1];
    let ascii = in_json.chars().map(|c| if c.is_ascii() { c.to_string() } else { escaped(c) }).collect();
    forms.extend([in_json.to_owned(), in_json.replace('/', "\\/"), ascii]);
    forms
}

/// A character as JSON's `\u` writes it.
fn escaped(c: char) -> String {
    c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

/// A reply that gives a token under a name that isn't known: its names tell what is wrong with it, its values may be
/// the token.
pub(crate) fn names_only(value: &mut Value) {
    match value {
        Value::String(_) | Value::Number(_) => *value = Value::String(GONE.to_owned()),
        Value::Array(items) => items.iter_mut().for_each(names_only),
        Value::Object(map) => map.values_mut().for_each(names_only),
        Value::Null | Value::Bool(_) => {}
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

    #[test]
    fn a_secret_is_gone_however_it_is_written() {
        let settings = json!({"password": "a/b c+\"ñ\\😀", "short": "a/b c"});
        let secrets = Secrets::of(settings.as_object().unwrap(), &["short", "password"]);
        for written in [
            r#"a/b c+"ñ\😀"#,
            "a%2Fb%20c%2B%22%C3%B1%5C%F0%9F%98%80",
            "a%2Fb+c%2B%22%C3%B1%5C%F0%9F%98%80",
            r#"a/b c+\"ñ\\😀"#,
            r#"a\/b c+\"ñ\\😀"#,
            r#"a/b c+\"\u00f1\\\ud83d\ude00"#,
        ] {
            assert_eq!(secrets.clean(&format!("<{written}>")), "<***>", "{written}");
        }
    }
}
