//! The body of a carrier's request, built by an endpoint's own table. It remembers which value of the caller's each of
//! its fields comes from: so limits stand in the table alone, a problem has the caller's path, and a carrier's
//! complaint about a field finds its way back.

use super::endpoint::Endpoint;
use crate::model::shape::{Field, Kind, LONG, plain, shorten};
use crate::model::{Error, FieldProblem};
use serde_json::{Map, Value};

/// What is wrong with a request: all of it, each with its path.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<FieldProblem>);

impl Problems {
    pub(crate) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldProblem::new(field, message));
    }

    /// A value, or what is wrong with it.
    pub(crate) fn take<T>(&mut self, value: Result<T, FieldProblem>) -> Option<T> {
        value.map_err(|problem| self.0.push(problem)).ok()
    }

    /// Those of an error that was met on the way.
    pub(crate) fn extend(&mut self, error: &Error) {
        self.0.extend(error.fields.iter().cloned());
    }

    /// What was built, unless there are problems.
    pub(crate) fn end<T>(self, built: T) -> Result<T, Error> {
        if self.0.is_empty() { Ok(built) } else { Err(Error::invalid_fields(self.0)) }
    }
}

/// For the fields of a carrier's request: where in the caller's request their values come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources(Vec<(String, String)>);

impl Sources {
    pub(crate) fn add(&mut self, name: impl Into<String>, path: impl Into<String>) {
        self.0.push((name.into(), path.into()));
    }

    /// The caller's path of a field, or of what it lies in. Carriers write their own names in more than one way:
    /// `Shipper.AddressStreet` is `shipper.address_street`.
    pub(crate) fn find(&self, carrier_field: &str) -> Option<&str> {
        let folded = |name: &str| plain(name).replace('_', "");
        let carrier_field = folded(carrier_field);
        let holds = |name: &str| {
            let rest = carrier_field.strip_prefix(&folded(name));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let found = self.0.iter().filter(|(name, _)| holds(name)).max_by_key(|(name, _)| name.len());
        found.map(|(_, path)| path.as_str())
    }

    /// Name the caller's paths in an error that has the carrier's names.
    pub(crate) fn locate(&self, error: &mut Error) {
        for index in 0..error.fields.len() {
            let path = error.fields[index].carrier_field.as_deref().and_then(|field| self.find(field));
            if let Some(path) = path {
                error.move_field(index, path.to_owned());
            }
        }
    }
}

/// A body under construction.
pub(crate) struct Body {
    endpoint: &'static Endpoint,
    /// The carrier's name, for the messages.
    carrier: &'static str,
    fields: Value,
    pub(crate) sources: Sources,
    pub(crate) problems: Problems,
}

impl Body {
    pub(crate) fn new(endpoint: &'static Endpoint, carrier: &'static str) -> Self {
        let (sources, problems) = Default::default();
        Self { endpoint, carrier, fields: Value::Object(Map::new()), sources, problems }
    }

    /// A field whose value comes from `path` in the caller's request. A name like `packages[0].weight` lies deeper.
    pub(crate) fn put(&mut self, name: impl AsRef<str>, path: impl Into<String>, value: impl Into<Value>) {
        let (name, path, value) = (name.as_ref(), path.into(), value.into());
        if let Some(kind) = kind(self.endpoint.body_fields(), name) {
            self.check(&path, kind, &value);
        }
        self.sources.add(name, path);
        self.fixed(name, value);
    }

    /// A field that the caller has no say in.
    pub(crate) fn fixed(&mut self, name: impl AsRef<str>, value: impl Into<Value>) {
        *place(&mut self.fields, name.as_ref()) = value.into();
    }

    /// A field of the caller's that may be missing.
    pub(crate) fn put_if(&mut self, name: impl AsRef<str>, path: impl Into<String>, value: Option<impl Into<Value>>) {
        match value {
            Some(value) => self.put(name, path, value),
            None => self.sources.add(name.as_ref(), path),
        }
    }

    /// The limits of the table. Nothing is cut: the caller hears of it.
    fn check(&mut self, path: &str, kind: Kind, value: &Value) {
        match (kind, value) {
            (Kind::Text(limit), Value::String(text)) if limit < LONG => {
                let length = text.chars().count();
                if length > limit {
                    let taken = format!("{} takes at most {limit} (`{}`)", self.carrier, shorten(text));
                    self.problems.add(path, format!("has {length} characters; {taken}"));
                }
            }
            (Kind::List(item, limit), Value::Array(items)) => {
                if items.len() > limit {
                    let message = format!("has {} items; {} takes at most {limit}", items.len(), self.carrier);
                    self.problems.add(path, message);
                }
                for (index, one) in items.iter().enumerate() {
                    self.check(&format!("{path}[{index}]"), *item, one);
                }
            }
            _ => {}
        }
    }

    /// The fields so far.
    pub(crate) fn fields(&self) -> &Value {
        &self.fields
    }

    /// The body and where it comes from, unless there are problems.
    pub(crate) fn end(self) -> Result<(Value, Sources), Error> {
        self.problems.end((self.fields, self.sources))
    }
}

/// The steps of a name: `packages[0].weight` is `packages`, `0]`, `weight`.
fn steps(name: &str) -> impl Iterator<Item = &str> {
    name.split(['.', '['])
}

/// What a field holds, by the table.
fn kind(fields: &[Field], name: &str) -> Option<Kind> {
    let (mut fields, mut kind) = (fields, None);
    for step in steps(name) {
        kind = match kind {
            Some(Kind::List(item, _)) if step.ends_with(']') => Some(*item),
            _ => Some(fields.iter().find(|field| field.name == step)?.kind),
        };
        if let Some(Kind::Object(shape)) = kind {
            fields = shape.fields;
        }
    }
    kind
}

/// Where a field stands; made on the way.
fn place<'a>(value: &'a mut Value, name: &str) -> &'a mut Value {
    steps(name).fold(value, |within, step| match step.strip_suffix(']').and_then(|index| index.parse().ok()) {
        Some(index) => {
            if !within.is_array() {
                *within = Value::Array(Vec::new());
            }
            if let Value::Array(items) = within
                && items.len() <= index
            {
                items.resize(index + 1, Value::Null);
            }
            &mut within[index]
        }
        None => &mut within[step],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::endpoint::post;
    use crate::model::shape::{TEXT, opt};
    use serde_json::json;

    static ENDPOINT: Endpoint = post("things.create", "/things").json(&[
        opt("nombre", Kind::Text(3), ""),
        opt("etiquetas", Kind::List(&Kind::Text(2), 2), ""),
        opt("avisos", Kind::List(&Kind::Any, 10), ""),
        opt("notas", TEXT, ""),
    ]);

    #[test]
    fn limits_are_the_tables_and_paths_the_callers() {
        let mut body = Body::new(&ENDPOINT, "Acme");
        body.put("nombre", "destination.name", "ñandú");
        body.put("etiquetas", "tags", json!(["a", "abc", "b"]));
        body.put_if("notas", "notes", None::<String>);
        let error = body.end().unwrap_err();
        let said: Vec<_> = error.fields.iter().map(|one| (one.field.as_str(), one.message.as_str())).collect();
        assert_eq!(
            said,
            [
                ("destination.name", "has 5 characters; Acme takes at most 3 (`ñandú`)"),
                ("tags", "has 3 items; Acme takes at most 2"),
                ("tags[1]", "has 3 characters; Acme takes at most 2 (`abc`)"),
            ]
        );
    }

    #[test]
    fn a_carriers_field_leads_back_to_the_callers() {
        let mut body = Body::new(&ENDPOINT, "Acme");
        body.put("nombre", "destination.name", "a");
        body.put("avisos", "notify", json!([]));
        body.sources.add("avisos[1]", "notify[1].events");
        body.sources.add("avisos[1].correo", "notify[1].email");
        let (_, sources) = body.end().unwrap();
        for (theirs, ours) in [
            ("nombre", Some("destination.name")),
            ("nombres", None),
            ("avisos[0].creado", Some("notify")),
            ("avisos[1].creado", Some("notify[1].events")),
            ("avisos[1].correo", Some("notify[1].email")),
            ("", None),
        ] {
            assert_eq!(sources.find(theirs), ours, "{theirs}");
        }
        let mut error = Error::invalid("nombre", "is bad");
        error.edit().fields[0].carrier_field = Some("nombre".to_owned());
        error.edit().message = "Acme refused the data (nombre: is bad)".to_owned();
        sources.locate(&mut error);
        assert_eq!(error.fields[0].field, "destination.name");
        assert_eq!(error.message, "Acme refused the data (destination.name: is bad)");
    }
}
