//! Keeps secrets out of what flete says: errors, logs, `raw`.

use super::lenient::may_fold_to;
use crate::json::{Map, Value};
use crate::model::Error;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::borrow::Cow;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;

/// What replaces a secret.
const GONE: &str = "***";

/// Names whose values are secrets wherever they appear in a carrier's reply. Compared in lower case without
/// separators, so that `access_token` and `accessToken` are the same name.
const NAMES: &[&str] = &[
    "token",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "idtoken",
    "webhooktoken",
    "password",
    "contraseña",
    "clientsecret",
    "secret",
    "subscriptionkey",
    "ocpapimsubscriptionkey",
    "authorization",
    "otpattempt",
    "apikey",
    "xapikey",
];

/// A shorter secret is not looked for: it would blank out half of a text.
const SHORTEST: usize = 4;

/// A shorter secret may be part of a longer word or number by chance. It is left there, so that ids stay whole.
const UNMISTAKABLE: usize = 6;

/// The secret texts of an account, prepared once for every search. A clone shares them.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Arc<Prepared>);

struct Prepared {
    texts: Vec<String>,
    /// The texts, and what base64 makes of them: `Authorization: Basic` has a password in that form.
    forms: Vec<String>,
    /// The shortest form's length. No shorter text has a secret, because escapes only lengthen it.
    shortest: usize,
    /// With which bytes a form may begin, as it is or escaped.
    begins: [bool; 256],
}

impl Default for Prepared {
    fn default() -> Self {
        Self { texts: Vec::new(), forms: Vec::new(), shortest: usize::MAX, begins: [false; 256] }
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(GONE)
    }
}

impl Secrets {
    /// The texts under these names of an account's settings.
    pub(crate) fn of(settings: &Map, names: &[&str]) -> Self {
        let mut texts = Vec::new();
        for name in names {
            match settings.get(name) {
                Some(Value::String(text)) => texts.push(text.to_string()),
                Some(Value::Object(map)) => {
                    texts.extend(map.values().filter_map(Value::as_str).map(str::to_owned));
                }
                _ => {}
            }
        }
        Self::from_texts(texts)
    }

    fn from_texts(mut texts: Vec<String>) -> Self {
        texts.retain(|text| text.len() >= SHORTEST);
        let mut forms: Vec<String> = texts.iter().flat_map(|text| in_base64(text)).chain(texts.clone()).collect();
        // One that contains another comes before it.
        forms.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        forms.dedup();
        let mut begins = [false; 256];
        for form in &forms {
            let first = form.as_bytes()[0];
            // A blank may be written as `+`.
            let escaped = if first == b' ' { b'+' } else { first };
            for byte in [first, escaped, b'%', b'\\', b'&'] {
                begins[usize::from(byte)] = true;
            }
        }
        let shortest = forms.last().map_or(usize::MAX, String::len);
        Self(Arc::new(Prepared { texts, forms, shortest, begins }))
    }

    /// These and more.
    pub(crate) fn and(&self, more: &[String]) -> Self {
        Self::from_texts(self.0.texts.iter().chain(more).cloned().collect())
    }

    /// Every secret text, one after the other: what the state file's tokens are sealed with.
    pub(crate) fn joined(&self) -> String {
        self.0.texts.join("\n")
    }

    /// The first secret in a text from `start` on: where it begins and ends.
    fn find(&self, text: &str, start: usize) -> Option<(usize, usize)> {
        let Prepared { forms, shortest, begins, .. } = &*self.0;
        let mut at = start;
        while text.len() - at >= *shortest {
            at += text.as_bytes()[at..].iter().position(|byte| begins[usize::from(*byte)])?;
            if let Some(end) = forms.iter().find_map(|form| end_of(form, text, at)) {
                return Some((at, end));
            }
            // What a form begins with is never the middle of a character.
            at += 1;
        }
        None
    }

    /// Whether there may be something to clean in JSON that a strict parser has read. Where this returns false, there
    /// is nothing: the text may be passed on as it is.
    pub(crate) fn may_be_in(&self, json: &str) -> bool {
        // A number is compared as a whole, and few secrets look like one.
        let numbers = self.0.texts.iter().filter(|text| text.starts_with(|c: char| c == '-' || c.is_ascii_digit()));
        if numbers.into_iter().any(|number| json.contains(number.as_str())) {
            return true;
        }
        let mut rest = json;
        while let Some((_, quoted)) = rest.split_once('"') {
            let Some(length) = end_of_quoted(quoted) else { return true };
            let written = &quoted[..length];
            rest = &quoted[length + 1..];
            let text = match written.contains('\\') {
                false => Cow::Borrowed(written),
                true => match serde_json::from_str(&json[json.len() - quoted.len() - 1..json.len() - rest.len()]) {
                    Ok(text) => Cow::Owned(text),
                    Err(_) => return true,
                },
            };
            let is_name = rest.trim_ascii_start().starts_with(':');
            if is_name && is_secret_name(&text) || self.find(&text, 0).is_some() {
                return true;
            }
        }
        false
    }

    /// The text without any of the secrets, however they are escaped in it.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.cleaned(text).unwrap_or_else(|| text.to_owned())
    }

    /// As [`Secrets::clean`], if there is one in it.
    fn cleaned(&self, text: &str) -> Option<String> {
        let mut found = self.find(text, 0)?;
        let (mut clean, mut kept) = (String::with_capacity(text.len()), 0);
        loop {
            let (start, end) = found;
            clean.extend([&text[kept..start], GONE]);
            kept = end;
            match self.find(text, end) {
                Some(next) => found = next,
                None => break,
            }
        }
        clean.push_str(&text[kept..]);
        Some(clean)
    }

    /// The JSON without any of the secrets: in its texts, in its names, and under the names that secrets have.
    pub(crate) fn clean_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(clean) = self.cleaned(text) {
                    *text = clean.into();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.clean_value(item)),
            Value::Object(map) => {
                for (name, entry) in map.iter_mut() {
                    if is_secret_name(name) {
                        names_only(entry);
                    }
                    self.clean_value(entry);
                }
                if map.keys().any(|name| self.cleaned(name).is_some()) {
                    let members = std::mem::take(map);
                    for (name, entry) in members {
                        let mut clean = self.clean(&name);
                        // Two names must not become one.
                        while map.contains_key(&clean) {
                            clean.push('*');
                        }
                        map.insert(clean, entry);
                    }
                }
            }
            Value::Number(number) => {
                let text = number.to_string();
                if self.0.texts.contains(&text) {
                    *value = Value::from(GONE);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// An error without any of the secrets. `raw` is still whole here: half a secret would not be found.
    pub(super) fn clean_error(&self, error: &mut Error) {
        // What others wrote can't be changed: with a secret in it, it is left out.
        if std::iter::successors(std::error::Error::source(error), |source| source.source())
            .any(|source| self.cleaned(&source.to_string()).is_some())
        {
            error.forget_source();
        }
        let details = error.edit();
        let said =
            [&mut details.carrier_code, &mut details.carrier_message, &mut details.incident, &mut details.request_id];
        let fields = details.fields.iter_mut().flat_map(|problem| {
            [Some(&mut problem.field), problem.carrier_field.as_mut(), Some(&mut problem.message)].into_iter().flatten()
        });
        for text in said.into_iter().flatten().chain([&mut details.message]).chain(fields) {
            if let Some(clean) = self.cleaned(text) {
                *text = clean;
            }
        }
        details.raw.iter_mut().chain(&mut details.created).for_each(|value| self.clean_value(value));
    }
}

/// The characters of base64, in both alphabets, that depend only on this text, whatever is encoded before and after it.
fn in_base64(text: &str) -> Vec<String> {
    // A short text leaves so few characters that they would be found by chance.
    if text.len() < 8 {
        return Vec::new();
    }
    let mut forms = Vec::new();
    for before in 0..3 {
        let bytes = [&vec![0; before], text.as_bytes()].concat();
        let (first, last) = ([0, 2, 3][before], bytes.len() * 8 / 6);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            forms.extend(engine.encode(&bytes).get(first..last).map(str::to_owned));
        }
    }
    forms
}

/// Where a secret ends that begins at `start`: its characters as they are, or as a URL, a form, JSON or HTML escapes
/// them, once or many times over.
fn end_of(secret: &str, text: &str, start: usize) -> Option<usize> {
    // Without an escape there is one reading, which nearly always ends at once.
    for (written, expected) in text.as_bytes()[start..].iter().zip(secret.bytes()) {
        if matches!(written, b'%' | b'\\' | b'&' | b'+') {
            break;
        }
        if *written != expected {
            return None;
        }
    }
    // A character that escapes others may be escaped itself, so every reading is followed.
    let (mut ends, mut next) = (vec![start], Vec::new());
    for c in secret.chars() {
        for end in ends.drain(..) {
            forms_of(c, text, end, &mut next);
        }
        next.sort_unstable();
        next.dedup();
        std::mem::swap(&mut ends, &mut next);
        if ends.is_empty() {
            return None;
        }
    }
    let end = ends.pop()?;
    (secret.len() >= UNMISTAKABLE || !is_within_a_word(secret, text, start, end)).then_some(end)
}

/// Where a character ends that begins at `at`, in each form that it may have.
fn forms_of(c: char, text: &str, at: usize, ends: &mut Vec<usize>) {
    let rest = &text[at..];
    if rest.starts_with(c) {
        ends.push(at + c.len_utf8());
    }
    match rest.bytes().next() {
        Some(b'+') if c == ' ' => ends.push(at + 1),
        Some(b'%') => {
            let mut end = at;
            let whole = c.encode_utf8(&mut [0; 4]).bytes().all(|byte| {
                let Some(mut after) = text[end..].strip_prefix('%') else { return false };
                while let Some(deeper) = after.strip_prefix("25") {
                    after = deeper;
                }
                let same = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) == Some(byte);
                end = text.len() - after.len() + 2;
                same
            });
            if whole {
                ends.push(end);
            }
            // A percent sign itself, whose `25` was taken for one more escape.
            if c == '%' && rest.starts_with("%25") {
                ends.push(at + 3);
            }
        }
        Some(b'\\') => {
            let run = rest.bytes().take(8).take_while(|byte| *byte == b'\\').count();
            if c == '\\' {
                ends.extend((1..=run).map(|length| at + length));
            }
            let after = &rest[run..];
            if !c.is_ascii_alphanumeric() && after.starts_with(c) {
                ends.push(at + run + c.len_utf8());
            }
            let short = match c {
                '\n' => "n",
                '\r' => "r",
                '\t' => "t",
                _ => "u",
            };
            if short != "u" && after.starts_with(short) {
                ends.push(at + run + 1);
            }
            let mut end = at;
            let whole = c.encode_utf16(&mut [0; 2]).iter().all(|unit| {
                let after = text[end..].trim_start_matches('\\');
                let hex =
                    after.strip_prefix('u').filter(|_| after.len() < text[end..].len()).and_then(|hex| hex.get(..4));
                end = text.len() - after.len() + 5;
                hex.and_then(|hex| u16::from_str_radix(hex, 16).ok()) == Some(*unit)
            });
            if whole {
                ends.push(end);
            }
        }
        Some(b'&') => {
            let entity =
                rest.find(';').filter(|length| *length <= 10).map(|length| (&rest[1..length], at + length + 1));
            let Some((name, end)) = entity else { return };
            let read = match name {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                _ => name.strip_prefix('#').and_then(|number| {
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16),
                        None => number.parse(),
                    };
                    char::from_u32(code.ok()?)
                }),
            };
            if read == Some(c) {
                ends.push(end);
            }
        }
        _ => {}
    }
}

/// Whether what was found is the middle of a longer word or number. The letters of an escape before it don't count.
fn is_within_a_word(secret: &str, text: &str, start: usize, end: usize) -> bool {
    let word = text.as_bytes()[..start].iter().rev().take(12).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let joined_before = word > 0 && !text[..start - word].ends_with(['%', '\\']);
    let joined_after = text[end..].starts_with(|c: char| c.is_ascii_alphanumeric());
    secret.starts_with(|c: char| c.is_ascii_alphanumeric()) && joined_before
        || secret.ends_with(|c: char| c.is_ascii_alphanumeric()) && joined_after
}

/// Hides all values of a reply that should have a token and has none under a known name: one of them may be the token.
/// Its names show what is wrong.
pub(crate) fn names_only(value: &mut Value) {
    match value {
        Value::String(_) | Value::Number(_) => *value = Value::from(GONE),
        Value::Array(items) => items.iter_mut().for_each(names_only),
        Value::Object(map) => map.values_mut().for_each(names_only),
        Value::Null | Value::Bool(_) => {}
    }
}

fn is_secret_name(name: &str) -> bool {
    if !NAMES.iter().any(|known| may_fold_to(name, known)) {
        return false;
    }
    let plain: String = name.nfc().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    NAMES.contains(&plain.as_str())
}

/// Where a quoted text ends whose opening quote was just read: the place of its closing quote.
fn end_of_quoted(rest: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += rest.as_bytes()[at..].iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if rest.as_bytes()[at] == b'"' {
            return Some(at);
        }
        at += 2;
        if at > rest.len() {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;
    use proptest::prelude::*;

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
    fn a_secret_is_gone_from_names_too() {
        let secrets = Secrets::of(json!({"key": "sésamo-1", "pin": "12345678"}).as_object().unwrap(), &["key", "pin"]);
        let mut reply = json!({
            "a": 1, "sésamo-1": {"x sésamo-1": 2, "s%C3%A9samo-1": 3}, "***": 4,
            "token": {"value": "abc", "life": 60, "kind": null}, "contraseña": ["abc"], "n": [12345678, 912345678],
            "text": "{\"s\\u00e9samo-1\": \"s\\u00E9samo-1\"}", "guía": "7",
        });
        secrets.clean_value(&mut reply);
        assert_eq!(
            reply,
            json!({
                "a": 1, "***": {"x ***": 2, "***": 3}, "****": 4,
                "token": {"value": "***", "life": "***", "kind": null}, "contraseña": ["***"], "n": ["***", 912345678],
                "text": "{\"***\": \"***\"}", "guía": "7",
            })
        );
    }

    #[test]
    fn a_short_secret_does_not_blank_out_an_id() {
        let secrets = Secrets::of(json!({"pin": "1234", "no": "abc"}).as_object().unwrap(), &["pin", "no"]);
        for (text, clean) in [
            ("pin 1234, id 91234567", "pin ***, id 91234567"),
            ("1234", "***"),
            ("x=1234&y", "x=***&y"),
            ("x%3D1234%26", "x%3D***%26"),
            (r"a\n1234\n", r"a\n***\n"),
            ("GU1234", "GU1234"),
            ("abc", "abc"),
        ] {
            assert_eq!(secrets.clean(text), clean, "{text}");
        }
    }

    #[test]
    fn basic_credentials_are_gone() {
        let secrets = Secrets::of(json!({"key": "open sesame?>"}).as_object().unwrap(), &["key"]);
        for user in ["a", "ab", "abc", "abcd"] {
            for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                let clean = secrets.clean(&format!("Basic {}=", engine.encode(format!("{user}:open sesame?>"))));
                assert!(clean.contains(GONE) && clean.len() < 20, "{clean}");
            }
        }
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
            // In lower case, by JavaScript, twice, by .NET and Go, within JSON's text, and in HTML.
            "a%2fb%20c%2b%22%c3%b1%5c%f0%9f%98%80",
            "a/b%20c+%22%C3%B1%5C%F0%9F%98%80",
            "a%252Fb%2520c%252B%2522%25C3%25B1%255C%25F0%259F%2598%2580",
            r#"a\u002Fb c\u002B\u0022\u00F1\\\uD83D\uDE00"#,
            r#"a/b c+\\\"ñ\\\\😀"#,
            r#"a\\/b c+\\\"\\u00f1\\\\\\ud83d\\ude00"#,
            "a/b c&#43;&quot;ñ\\😀",
            "a&#x2F;b c+&#34;&#241;\\&#128512;",
        ] {
            assert_eq!(secrets.clean(&format!("<{written}>")), "<***>", "{written}");
        }
    }

    #[test]
    fn json_that_is_passed_on_has_nothing_to_clean() {
        let settings = json!({"key": "a/b c+\"ñ\\\\😀", "pin": "1234", "number": "20250131", "word": "sesame-open"});
        let secrets = Secrets::of(settings.as_object().unwrap(), &["key", "pin", "number", "word"]);
        let escaped: String = "sesame-open".chars().map(|c| format!("\\u{:04X}", u32::from(c))).collect();
        for (json, held) in [
            (r#"{"precio": 2500.10, "moneda": "CRC", "a": [true, null, {}]}"#.to_owned(), false),
            (r#"{"x": "sesame-open"}"#.to_owned(), true),
            (r#"{"x": ["<sesame\u002dopen>"]}"#.to_owned(), true),
            (format!(r#"["{escaped}"]"#), true),
            (r#"{"sesame-open": 1}"#.to_owned(), true),
            (r#"{"x": "sesame-open", "x": 1}"#.to_owned(), true),
            (r#"{"x": {"token": 7}, "x": 1}"#.to_owned(), true),
            (r#""a\/b c+\"ñ\\\\😀""#.to_owned(), true),
            (r#""a\u00252fb c+\"ñ\\\\😀""#.to_owned(), true),
            (r#""a\u0026#47;b c+\"ñ\\\\😀""#.to_owned(), true),
            (r#"{"x": 20250131}"#.to_owned(), true),
            (r#"{"x": "20250131"}"#.to_owned(), true),
            (r#"{"x": "pin 1234"}"#.to_owned(), true),
            (r#"{"x": "GU1234", "y": "\\n\t😀"}"#.to_owned(), true),
            (r#"{"x": "GU12345678"}"#.to_owned(), true),
            (r#"{"y": "\\n\t😀 %20 &amp; +5712"}"#.to_owned(), false),
            (r#"{"refresh_token" : "x"}"#.to_owned(), true),
            (r#"{"Refresh-T\u006fken": "x"}"#.to_owned(), true),
            (r#"{"contrase\u00f1a": "x"}"#.to_owned(), true),
            (r#"{"contrasen\u0303a": "x", "étoile": 1}"#.to_owned(), true),
            (r#"{"tokens": "x", "étoile": 1, "": 2, "_": "token"}"#.to_owned(), false),
        ] {
            let value = crate::json::parse(&json).unwrap();
            let mut clean = value.clone();
            secrets.clean_value(&mut clean);
            assert!(held || clean == value, "{json}: {clean}");
            assert_eq!(secrets.may_be_in(&json), held, "{json}");
        }
    }

    proptest! {
        #[test]
        fn what_may_be_passed_on_is_what_cleaning_leaves_alone(
            text in r#"(\{"|"|sesame|-open|\\u002d|%2D|&#45;|-|open|\\\\|\\"|20250131|":|,|token|_|1|ñ|Tok|EN){0,12}"#,
        ) {
            let settings = json!({"word": "sesame-open", "number": "20250131"});
            let secrets = Secrets::of(settings.as_object().unwrap(), &["word", "number"]);
            let forms = [text.clone(), format!("[\"{text}\"]"), format!("{{\"{text}\": 1}}"), format!("[{text}]")];
            for json in forms {
                let Ok(value) = crate::json::parse(&json) else { continue };
                let mut clean = value.clone();
                secrets.clean_value(&mut clean);
                prop_assert!(clean == value || secrets.may_be_in(&json), "{}", json);
            }
        }
    }
}
