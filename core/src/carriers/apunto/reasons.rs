//! Why an operation is cancelled. Apunto has one catalogue of reasons for operations and another for services, with ids
//! of their own; as soon as a catalogue has a reason, cancelling needs one of it.

use super::endpoints::{OPERATION_REASONS, OPERATIONS_CANCEL, SERVICE_REASONS};
use super::folded;
use crate::connector::body::{Problems, Sources};
use crate::connector::expected::id;
use crate::connector::prelude::*;
use crate::json::Map;
use crate::model::shape::shorten;

const NOTES: &str = "cancellation_notes";
/// As many choices as an error names.
const SHOWN: usize = 20;

/// What a cancel is asked with, checked.
#[derive(Debug)]
pub(super) struct Asked {
    reason: Option<String>,
    /// The caller's native fields.
    fields: Map,
    sources: Sources,
    /// Where native fields stand.
    place: String,
}

/// The bodies of the requests that cancel.
#[derive(Debug)]
pub(super) struct Cancellation {
    pub(super) of_operation: Value,
    pub(super) of_services: Value,
    pub(super) sources: Sources,
}

/// One of the two catalogues.
struct Catalogue {
    /// Whose reasons it has.
    of: &'static str,
    by_id: &'static str,
    by_name: &'static str,
    reasons: Vec<Reason>,
}

struct Reason {
    id: Option<String>,
    name: String,
}

const OPERATIONS: (&str, &str, &str) =
    ("operations", "operation_cancellation_reason_id", "operation_cancellation_reason_name");
const SERVICES: (&str, &str, &str) = ("services", "service_cancellation_reason_id", "service_cancellation_reason_name");

impl Catalogue {
    fn new((of, by_id, by_name): (&'static str, &'static str, &'static str), listed: &[Value]) -> Self {
        let active = listed.iter().filter(|reason| text(reason, "status").as_deref() != Some("inactive"));
        let reasons = active.filter_map(|reason| Some(Reason { id: id(reason, "id"), name: text(reason, "name")? }));
        Self { of, by_id, by_name, reasons: reasons.collect() }
    }

    /// The reason with this id, else the one with this whole name.
    fn find(&self, asked: &str) -> Option<&Reason> {
        self.with_id(asked).or_else(|| self.named(asked))
    }

    fn with_id(&self, id: &str) -> Option<&Reason> {
        self.reasons.iter().find(|reason| reason.id.as_deref() == Some(id.trim()))
    }

    fn named(&self, name: &str) -> Option<&Reason> {
        self.reasons.iter().find(|reason| folded(&reason.name) == folded(name))
    }

    fn names(&self) -> Vec<&str> {
        self.reasons.iter().map(|reason| reason.name.as_str()).collect()
    }
}

fn choices(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{}`", shorten(name))).collect();
    format!("{}{}", shown.join(", "), if names.len() > SHOWN { ", …" } else { "" })
}

/// What is asked for. Nothing is sent yet.
pub(super) fn asked(request: &request::Cancel, native: &Native<'_>) -> Result<Asked, Error> {
    let mut body = Body::new(&OPERATIONS_CANCEL, "Apunto");
    for (_, by_id, by_name) in [OPERATIONS, SERVICES] {
        body.put_if(by_id, "reason", None::<&str>);
        body.put_if(by_name, "reason", None::<&str>);
        if [by_id, by_name].iter().all(|name| native.get(name).is_some_and(|value| !value.is_null())) {
            body.problems.add(format!("{}.{by_id}", native.place()), format!("can't be given with `{by_name}`"));
        }
    }
    body.native(native);
    let (fields, sources) = body.end()?;
    let Value::Object(mut fields) = fields else { return Err(Error::internal("a body that is no object")) };
    fields.retain(|_, value| !value.is_null());
    let reason = filled(&request.reason).map(str::to_owned);
    Ok(Asked { reason, fields, sources, place: native.place().to_owned() })
}

/// The bodies, with the reasons as Apunto has them. Only the catalogues that are needed are read.
pub(super) async fn resolved(session: &Session<'_>, asked: Asked, has_services: bool) -> Result<Cancellation, Error> {
    let of_operations = session.perform(&OPERATION_REASONS, Params::none()).await?;
    let mut catalogues = vec![Catalogue::new(OPERATIONS, list(&of_operations.json, "operation_cancellation_reasons"))];
    if has_services {
        let of_services = session.perform(&SERVICE_REASONS, Params::none()).await?;
        catalogues.push(Catalogue::new(SERVICES, list(&of_services.json, "service_cancellation_reasons")));
    }
    bodies(asked, &catalogues)
}

fn bodies(asked: Asked, catalogues: &[Catalogue]) -> Result<Cancellation, Error> {
    let Asked { reason, fields, sources, place } = asked;
    let mut problems = Problems::default();
    // Those that the plain `reason` is for.
    let plain: Vec<&Catalogue> = catalogues
        .iter()
        .filter(|one| !one.reasons.is_empty())
        .filter(|one| !fields.contains_key(one.by_id) && !fields.contains_key(one.by_name))
        .collect();
    check(&plain, reason.as_deref(), &place, &mut problems);
    let mut made = catalogues.iter().map(|catalogue| {
        let others = [OPERATIONS, SERVICES].map(|(_, by_id, by_name)| [by_id, by_name]).concat();
        let mut body: Map = fields.clone();
        body.retain(|name, _| !others.contains(&name.as_str()));
        let native = [catalogue.by_id, catalogue.by_name].into_iter().find_map(|name| Some((name, fields.get(name)?)));
        let found = match (native, &reason) {
            (Some((name, value)), _) => {
                let value = as_text(value).unwrap_or_default();
                let found = if name == catalogue.by_id { catalogue.with_id(&value) } else { catalogue.named(&value) };
                if found.is_none() {
                    let (value, names) = (shorten(&value), choices(&catalogue.names()));
                    let of = catalogue.of;
                    let message = if names.is_empty() {
                        format!("`{value}` can't be given: the account has no reasons for {of}; leave it out")
                    } else {
                        format!("`{value}` is not one of the account's reasons for {of}: {names}")
                    };
                    problems.add(sources.find(name).unwrap_or_else(|| name.to_owned()), message);
                }
                found
            }
            (None, Some(reason)) => catalogue.find(reason),
            (None, None) => None,
        };
        if let Some(Reason { id, name }) = found {
            let (field, value) = match id {
                Some(id) => (catalogue.by_id, id.parse::<u64>().map_or_else(|_| json!(id), Value::from)),
                None => (catalogue.by_name, json!(name)),
            };
            body.insert(field.to_owned(), value);
        }
        // Without a catalogue it is said in words.
        if let (true, Some(reason)) = (catalogue.reasons.is_empty(), &reason) {
            let notes = fields.get(NOTES).and_then(as_text);
            let notes = notes.map_or_else(|| reason.clone(), |notes| format!("{reason}\n{notes}"));
            body.insert(NOTES.to_owned(), json!(notes));
        }
        Value::Object(body)
    });
    let (of_operation, of_services) = (made.next().unwrap_or_default(), made.next().unwrap_or_default());
    drop(made);
    problems.end(Cancellation { of_operation, of_services, sources })
}

/// Whether the plain `reason` stands in each of these catalogues; if not, what to choose from.
fn check(catalogues: &[&Catalogue], reason: Option<&str>, place: &str, problems: &mut Problems) {
    let Some(first) = catalogues.first() else { return };
    let quoted = reason.map(|reason| format!("`{}`", shorten(reason)));
    let found: Vec<Option<&Reason>> =
        catalogues.iter().map(|catalogue| reason.and_then(|reason| catalogue.find(reason))).collect();
    let missing: Vec<&str> =
        catalogues.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(one, _)| one.of).collect();
    let names: Vec<String> = found.iter().flatten().map(|reason| folded(&reason.name)).collect();
    let lead = match (&quoted, missing.as_slice()) {
        // One id may stand for another reason in the other catalogue.
        (Some(quoted), []) if names.iter().any(|name| *name != names[0]) => {
            format!("{quoted} is another reason for operations than for services")
        }
        (_, []) => return,
        (None, _) => "is required by Apunto".to_owned(),
        (Some(quoted), several) => format!("{quoted} is not one of the account's reasons for {}", several.join(" or ")),
    };
    let common: Vec<&str> = first
        .names()
        .into_iter()
        .filter(|name| catalogues.iter().all(|catalogue| catalogue.named(name).is_some()))
        .collect();
    let message = if common.is_empty() {
        let each: Vec<String> = catalogues
            .iter()
            .map(|catalogue| format!("`{}` ({})", catalogue.by_name, choices(&catalogue.names())))
            .collect();
        format!("{lead}; no reason is in both catalogues: give {place} {}", each.join(" and "))
    } else {
        format!("{lead}: choose one of {}", choices(&common))
    };
    problems.add("reason", message);
}

#[cfg(test)]
#[path = "reasons_tests.rs"]
mod tests;
