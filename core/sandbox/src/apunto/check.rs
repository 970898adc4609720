//! Whether what was sent may be kept: wrapping, required fields, lists of values, references. Not for keeping it.

use super::super::Request;
use super::refusal::{BLANK, Details, MUST_EXIST, NOT_LISTED, NOT_VALID, Refusal, TAKEN};
use super::settings::{Settings, StatusByUpdate};
use super::shape::instant;
use super::store::{AGENTS, CURRENCIES, Data, Row, Store};
use super::table::{BILLING, CFDI, Field, Kind, PIPELINE_LISTS, Resource};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

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

/// The body of a request that needs none: an empty one is an object without fields.
pub(super) fn maybe_body(request: &Request) -> Result<Data, Refusal> {
    if request.body.is_empty() { Ok(Data::new()) } else { body(request) }
}

/// What stands under the resource's key.
pub(super) fn unwrapped(request: &Request, resource: &Resource) -> Result<Data, Refusal> {
    let mut body = body(request)?;
    // What isn't wrapped has no key.
    let keys = [resource.key, resource.old_key];
    let sent =
        if resource.key.is_empty() { Some(Value::Object(body)) } else { keys.iter().find_map(|key| body.remove(*key)) };
    match sent {
        Some(Value::Object(sent)) if !sent.is_empty() => Ok(sent),
        _ => {
            let unwrapped = resource.fields.first().map_or("", |field| field.input);
            let missing = if resource.key.is_empty() { unwrapped } else { resource.key };
            let message = format!("Falta el parámetro requerido: {missing}");
            Err(Refusal::BadRequest(message))
        }
    }
}

/// The fields to keep, by the names they are kept under. Unknown ones are dropped. `old` is what an update changes.
pub(super) fn read(
    resource: &Resource,
    sent: &Data,
    store: &Store,
    settings: &Settings,
    old: Option<&Row>,
) -> Result<Data, Refusal> {
    let reader = Reader { store, settings, own: old.map(|row| row.id) };
    let mut details = Details::new();
    let mut kept = reader.fields(resource.fields, sent, old.is_some(), &mut details);
    let cfdi = if resource.name == "invoices" && settings.mexican_account { CFDI } else { &[] };
    for name in resource.needs.iter().chain(cfdi) {
        let has = kept.get(*name).is_some_and(|value| !value.is_null());
        if old.is_none() && !has && !details.contains_key(*name) {
            details.insert((*name).to_owned(), json!([BLANK]));
        }
    }
    for (name, known) in [("lead_status", &settings.lead_statuses), ("lead_source", &settings.lead_sources)] {
        let given = kept.get(name).and_then(Value::as_str);
        if given.is_some_and(|given| !known.iter().any(|one| one == given)) {
            details.insert(name.to_owned(), json!([NOT_LISTED]));
        }
    }
    // Operations and services have actions that change their state by its rules.
    if old.is_some() && matches!(resource.name, "operations" | "services") && kept.contains_key("status") {
        match settings.status_by_update {
            StatusByUpdate::Obeyed => {}
            StatusByUpdate::Refused => drop(details.insert("status".to_owned(), json!([NOT_VALID]))),
            StatusByUpdate::Ignored => drop(kept.remove("status")),
        }
    }
    let nothing = Data::new();
    if let Some((field, complaint)) = (resource.check)(old.map_or(&nothing, |row| &row.data), &kept) {
        details.insert(field.to_owned(), json!([complaint]));
    }
    // The page on quote requests says that it is a 422 there.
    let unknown = details.values().any(|complaints| complaints[0] == MUST_EXIST);
    if unknown && settings.unknown_code_404 && resource.name != "quote_requests" {
        return Err(Refusal::NotFound("No se encontró el recurso solicitado"));
    }
    if details.is_empty() { Ok(kept) } else { Err(Refusal::Invalid(details)) }
}

struct Reader<'a> {
    store: &'a Store,
    settings: &'a Settings,
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
                self.value(field, value, details)
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

    fn value(&self, field: &Field, value: &Value, details: &mut Details) -> Result<Value, String> {
        let kind = &field.kind;
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
            Kind::Any => return Ok(value.clone()),
            Kind::Rows(fields) => return self.rows(field.stored, fields, value, details).ok_or_else(invalid),
            Kind::Decimal => return decimal(value).map(|_| value.clone()).ok_or_else(invalid),
            Kind::Whole => return number(value).map(Value::from).ok_or_else(invalid),
            Kind::Id(resource) => {
                let id = number(value).filter(|id| self.store.find(resource, *id).is_some());
                return id.map(Value::from).ok_or_else(must_exist);
            }
            Kind::PipelineList => {
                let id = number(value).filter(|id| PIPELINE_LISTS.iter().any(|(known, ..)| known == id));
                return id.map(Value::from).ok_or_else(must_exist);
            }
            Kind::CurrencyId => {
                let known = CURRENCIES.iter().find(|(id, ..)| number(value) == Some(*id));
                return known.map(|(_, code, _)| (*code).into()).ok_or_else(must_exist);
            }
            Kind::AgentId => {
                let known = AGENTS.iter().find(|(id, ..)| number(value) == Some(*id));
                return known.map(|(_, email, _)| (*email).into()).ok_or_else(must_exist);
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
            Kind::Scope(known) if !self.settings.service_scope_open && !known.contains(&text.as_str()) => {
                return Err(NOT_LISTED.to_owned());
            }
            Kind::Transport => return transport(&text).map(Value::from).ok_or_else(|| NOT_LISTED.to_owned()),
            Kind::Date => return date(&text).map(|day| day.to_string().into()).ok_or_else(invalid),
            Kind::Month => return month(&text).map(Value::from).ok_or_else(invalid),
            Kind::Moment => return moment(&text).map(Value::from).ok_or_else(invalid),
            Kind::Contact => {
                let found = self.store.contact(&text);
                return found.map(|row| row.id.into()).ok_or_else(must_exist);
            }
            Kind::AddressCode => {
                let found = self.store.all("addresses").iter().find(|row| row.is("alias", &text));
                return found.map(|row| row.id.into()).ok_or_else(must_exist);
            }
            Kind::Identification(resource) => {
                let found = self.store.all(resource).iter().find(|row| row.is("identification", &text));
                return found.map(|row| row.id.into()).ok_or_else(must_exist);
            }
            Kind::Currency if !CURRENCIES.iter().any(|(_, code, _)| *code == text) => {
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

    /// Each object with its `id` and `_destroy`, which an update has; complaints are under `line_items[0].price`.
    fn rows(&self, name: &str, fields: &[Field], value: &Value, details: &mut Details) -> Option<Value> {
        let mut rows = Vec::new();
        for (index, sent) in value.as_array()?.iter().enumerate() {
            let sent = sent.as_object()?;
            let mut own = Details::new();
            let mut kept = self.fields(fields, sent, true, &mut own);
            for (field, complaint) in own {
                details.insert(format!("{name}[{index}].{field}"), complaint);
            }
            for name in ["id", "_destroy"] {
                if let Some(value) = sent.get(name) {
                    kept.insert(name.to_owned(), value.clone());
                }
            }
            rows.push(Value::Object(kept));
        }
        Some(Value::Array(rows))
    }
}

fn blank(value: &Value, kind: &Kind) -> bool {
    match (kind, value) {
        (_, Value::Null) => true,
        (_, Value::Array(all)) => all.is_empty(),
        // What is no list where a list belongs is not permitted by Rails, as if it had not been sent.
        (Kind::Many(_) | Kind::Rows(_), _) => true,
        (_, Value::String(text)) => text.trim().is_empty(),
        _ => false,
    }
}

/// What a field is once nothing was sent for it.
fn emptied(kind: &Kind) -> Value {
    match kind {
        Kind::Many(_) | Kind::Tags | Kind::Rows(_) => json!([]),
        Kind::Flag => false.into(),
        Kind::Currency => "MXN".into(),
        _ => Value::Null,
    }
}

pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

pub(super) fn number(value: &Value) -> Option<u64> {
    text(value)?.parse().ok()
}

/// A number, or a text that is one.
pub(super) fn decimal(value: &Value) -> Option<f64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The modes of an operation stand for those of a transport.
fn transport(text: &str) -> Option<&'static str> {
    Some(match text {
        "ocean" | "maritime" => "ocean",
        "air" | "aerial" => "air",
        "truck" | "land" => "truck",
        "rail" => "rail",
        "multimodal" => "multimodal",
        _ => return None,
    })
}

pub(super) fn flag(value: &Value) -> Option<Value> {
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

pub(super) fn date(text: &str) -> Option<Date> {
    text.parse().ok()
}

/// The first day of the month in which a day or an instant is.
fn month(text: &str) -> Option<String> {
    let day = date(text).or_else(|| date(text.get(..10)?)).or_else(|| date(&format!("{text}-01")))?;
    Some(day.first_of_month().to_string())
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
