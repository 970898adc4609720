//! Whether what was sent may be kept: wrapping, required fields, lists of values, references. Not for keeping it.

use super::super::Request;
use super::refusal::{Details, Refusal};
use super::shape::instant;
use super::store::{AGENTS, CURRENCIES, Data, Store};
use super::table::{BILLING, Field, Kind, Resource};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const BLANK: &str = "no puede estar en blanco";
const NOT_LISTED: &str = "no está incluido en la lista";
const MUST_EXIST: &str = "debe existir";
const NOT_VALID: &str = "no es válido";
const TAKEN: &str = "ya está en uso";

/// The body as an object. A body that does not say it is JSON is not read as JSON.
pub(super) fn body(request: &Request) -> Result<Data, Refusal> {
    if request.content_type().as_deref() != Some("application/json") {
        let message = "El cuerpo de la petición debe ser application/json";
        return Err(Refusal::BadRequest(message.to_owned()));
    }
    match request.json() {
        Ok(Value::Object(body)) => Ok(body),
        _ => {
            let message = "El cuerpo de la petición no es JSON válido";
            Err(Refusal::BadRequest(message.to_owned()))
        }
    }
}

/// What stands under the resource's key.
pub(super) fn unwrapped(request: &Request, resource: &Resource) -> Result<Data, Refusal> {
    let mut body = body(request)?;
    match body.shift_remove(resource.key) {
        Some(Value::Object(sent)) if !sent.is_empty() => Ok(sent),
        _ => {
            let message = format!("Falta el parámetro requerido: {}", resource.key);
            Err(Refusal::BadRequest(message))
        }
    }
}

/// The fields to keep, by the names they are kept under. Unknown ones are dropped. `old` is what an update changes.
pub(super) fn read(
    resource: &Resource,
    sent: &Data,
    store: &Store,
    old: Option<(u64, &Data)>,
) -> Result<Data, Refusal> {
    let reader = Reader { store, own: old.map(|(id, _)| id) };
    let mut details = Details::new();
    let kept = reader.fields(resource.fields, sent, old.is_some(), &mut details);
    let complaint = old.and_then(|(_, data)| (resource.check)(data, &kept));
    if let Some((field, complaint)) = complaint {
        details.insert(field.to_owned(), json!([complaint]));
    }
    if details.is_empty() { Ok(kept) } else { Err(Refusal::Invalid(details)) }
}

struct Reader<'a> {
    store: &'a Store,
    /// The row that is being changed.
    own: Option<u64>,
}

impl Reader<'_> {
    fn fields(&self, fields: &[Field], sent: &Data, updating: bool, details: &mut Details) -> Data {
        let mut kept = Data::new();
        for field in fields {
            let value = match sent.get(field.input) {
                None if updating => continue,
                None => &Value::Null,
                Some(value) => value,
            };
            let read = if blank(value, &field.kind) {
                if field.required {
                    Err(BLANK.to_owned())
                } else if field.input == "status" && sent.contains_key("status") {
                    Err(NOT_LISTED.to_owned())
                } else if sent.contains_key(field.input) {
                    Ok(emptied(&field.kind))
                } else {
                    continue;
                }
            } else {
                self.value(&field.kind, value, details)
            };
            match read {
                Ok(value) => {
                    kept.insert(field.stored.to_owned(), value);
                }
                Err(complaint) => {
                    details.insert(field.stored.to_owned(), json!([complaint]));
                }
            }
        }
        kept
    }

    fn value(&self, kind: &Kind, value: &Value, details: &mut Details) -> Result<Value, String> {
        let invalid = || NOT_VALID.to_owned();
        let must_exist = || MUST_EXIST.to_owned();
        match kind {
            Kind::Many(known) => {
                let all = value.as_array().ok_or_else(invalid)?;
                let fits = |one: &Value| one.as_str().is_some_and(|one| known.contains(&one));
                let fit = all.iter().all(fits);
                return fit.then(|| value.clone()).ok_or_else(|| NOT_LISTED.to_owned());
            }
            Kind::Tags => return tags(value).ok_or_else(invalid),
            Kind::Address => return self.address(value, details).ok_or_else(invalid),
            Kind::Flag => return flag(value).ok_or_else(invalid),
            Kind::Operation => {
                let id = number(value).filter(|id| self.store.get("operations", *id).is_some());
                return id.map(Value::from).ok_or_else(must_exist);
            }
            _ => {}
        }
        let text = text(value).ok_or_else(invalid)?;
        match kind {
            Kind::One(known) if !known.contains(&text.as_str()) => {
                return Err(NOT_LISTED.to_owned());
            }
            Kind::Short(most) if text.chars().count() > *most => {
                return Err(format!("es demasiado largo (máximo {most} caracteres)"));
            }
            Kind::Email if !text.contains('@') => return Err(invalid()),
            Kind::Country if text.len() != 2 || !text.chars().all(|c| c.is_ascii_alphabetic()) => {
                return Err(invalid());
            }
            Kind::Alias => {
                if text.contains(char::is_whitespace) {
                    return Err(invalid());
                }
                let other = self.store.contact(&text).map(|row| row.id);
                if other.is_some() && other != self.own {
                    return Err(TAKEN.to_owned());
                }
            }
            Kind::Date => return date(&text).map(Value::from).ok_or_else(invalid),
            Kind::Moment => return moment(&text).map(Value::from).ok_or_else(invalid),
            Kind::Contact => {
                let found = self.store.contact(&text);
                return found.map(|row| row.id.into()).ok_or_else(must_exist);
            }
            Kind::Currency if !CURRENCIES.iter().any(|(code, _)| *code == text) => {
                return Err(must_exist());
            }
            Kind::Agent
                if !AGENTS.iter().any(|(_, email, _)| *email == text) && !self.store.own_agents.contains(&text) =>
            {
                return Err(must_exist());
            }
            _ => {}
        }
        Ok(text.into())
    }

    /// Complains about its own fields as Rails does, `billing_address.country`.
    fn address(&self, value: &Value, details: &mut Details) -> Option<Value> {
        let sent = value.as_object()?;
        let mut own = Details::new();
        let kept = self.fields(BILLING, sent, true, &mut own);
        for (field, complaint) in own {
            details.insert(format!("billing_address.{field}"), complaint);
        }
        Some(Value::Object(kept))
    }
}

fn blank(value: &Value, kind: &Kind) -> bool {
    match (kind, value) {
        (_, Value::Null) => true,
        (_, Value::Array(all)) => all.is_empty(),
        // What is no list where a list belongs is not permitted by Rails, as if it had not been sent.
        (Kind::Many(_), _) => true,
        (_, Value::String(text)) => text.trim().is_empty(),
        _ => false,
    }
}

/// What a field is once nothing was sent for it.
fn emptied(kind: &Kind) -> Value {
    match kind {
        Kind::Many(_) | Kind::Tags => json!([]),
        Kind::Flag => false.into(),
        Kind::Currency => "MXN".into(),
        _ => Value::Null,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<u64> {
    text(value)?.parse().ok()
}

fn flag(value: &Value) -> Option<Value> {
    match text(value)?.as_str() {
        "true" | "1" => Some(true.into()),
        "false" | "0" => Some(false.into()),
        _ => None,
    }
}

/// A list, or one text with commas; each tag once.
fn tags(value: &Value) -> Option<Value> {
    let all: Vec<String> = match value {
        Value::Array(all) => all.iter().map(text).collect::<Option<_>>()?,
        _ => text(value)?.split(',').map(str::to_owned).collect(),
    };
    let mut once: Vec<String> = Vec::new();
    for tag in all {
        let tag = tag.trim().to_owned();
        if !tag.is_empty() && !once.contains(&tag) {
            once.push(tag);
        }
    }
    Some(once.into())
}

fn date(text: &str) -> Option<String> {
    text.parse::<Date>().ok().map(|date| date.to_string())
}

/// With an offset, or in UTC without one.
fn moment(text: &str) -> Option<String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(instant(at));
    }
    let local: DateTime = text.parse().ok()?;
    let at = local.to_zoned(TimeZone::UTC).ok()?;
    Some(instant(at.timestamp()))
}
