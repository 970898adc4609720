//! One operation of a carrier's own API, as a row of a table. A carrier's table of these is the only place where
//! an endpoint is described: `call`, `describe`, the checks and the retries all read it.

use super::body::Sources;
use super::expected::Holds;
use crate::json::{Map, Text, Value, json};
use crate::model::check::{self, Form};
use crate::model::shape::{Field, Kind, Side, kind_schema, nearest, plain, shorten};
use crate::model::{Error, FieldProblem};
use crate::text::{push_encoded, push_pair};
use reqwest::Url;
use std::time::Duration;

/// How safe an operation is to repeat after a lost reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It changes nothing, or the same change twice is one change.
    Safe,
    /// It would be done twice. Sent again only when it provably did not reach the carrier, or was refused.
    Once,
    /// As `Once`, and what would be made twice is a shipment.
    Shipment,
}

/// What an operation's good reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplyKind {
    /// JSON, or nothing.
    Json,
    /// A file: a PDF or an image.
    File,
}

/// How a body is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body {
    /// None.
    None,
    /// JSON; under a name of its own where the API reference wraps it.
    Json { wrap: Option<&'static str>, fields: &'static [Field] },
    /// `application/x-www-form-urlencoded`
    Form(&'static [Field]),
    /// `multipart/form-data`, with files of at most `limit` bytes each.
    Multipart { fields: &'static [Field], limit: usize },
}

/// How a list is read page by page. `items` is the list's path in the reply, with dots between names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Paging {
    /// One reply has it all.
    None,
    /// The reply's `next` is sent as `param` for the next page; a page without `next` or without items is the last.
    Cursor { param: &'static str, next: &'static str, items: &'static str },
    /// `page` counts from 1; `last` reads from a reply how many pages there are. `size` is the parameter that says how
    /// many items a page has, where there is one.
    Numbered { page: &'static str, items: &'static str, last: fn(&Value) -> Option<u64>, size: Option<&'static str> },
}

/// One operation of a carrier's API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint {
    /// Its name in `call`.
    pub(crate) name: &'static str,
    /// A shorter name that several operations share; the path parameters given tell which is meant.
    pub(crate) alias: Option<&'static str>,
    pub(crate) method: &'static str,
    /// Another method that the carrier takes for the same.
    pub(crate) also: Option<&'static str>,
    /// With its parameters in braces.
    pub(crate) path: &'static str,
    pub(crate) path_fields: &'static [Field],
    pub(crate) query: &'static [Field],
    pub(crate) body: Body,
    /// At least one of these fields of the body is required, where there are any.
    pub(crate) one_of: &'static [&'static str],
    /// No more than one of these fields of the body may be given.
    pub(crate) at_most_one_of: &'static [&'static str],
    pub(crate) accept: &'static str,
    pub(crate) reply: ReplyKind,
    /// What a good reply holds.
    pub(crate) holds: Holds,
    pub(crate) paging: Paging,
    /// The API reference doesn't show its list: it may also come without a name.
    pub(crate) or_bare: bool,
    pub(crate) repeat: Repeat,
    /// It changes something at the carrier, though the same change twice may be one.
    pub(crate) changes: bool,
    /// Needs no token: it gives one.
    pub(crate) public: bool,
    /// How long a first try waits for a reply, where the carrier may leave a request without one.
    pub(crate) patience: Option<Duration>,
    /// The section of the API reference.
    pub(crate) source: &'static str,
    /// The month since which the carrier documents it, where it is newer than the rest: `2026-07`.
    pub(crate) since: Option<&'static str>,
}

const fn endpoint(name: &'static str, method: &'static str, path: &'static str, repeat: Repeat) -> Endpoint {
    Endpoint {
        name,
        alias: None,
        method,
        also: None,
        path,
        path_fields: &[],
        query: &[],
        body: Body::None,
        one_of: &[],
        at_most_one_of: &[],
        accept: "application/json",
        reply: ReplyKind::Json,
        holds: Holds::Usual,
        paging: Paging::None,
        or_bare: false,
        repeat,
        changes: !matches!(method.as_bytes(), b"GET"),
        public: false,
        patience: None,
        source: "",
        since: None,
    }
}

/// A GET: safe.
pub(crate) const fn get(name: &'static str, path: &'static str) -> Endpoint {
    endpoint(name, "GET", path, Repeat::Safe)
}

/// A POST: not to be repeated, unless the table says otherwise.
pub(crate) const fn post(name: &'static str, path: &'static str) -> Endpoint {
    endpoint(name, "POST", path, Repeat::Once)
}

/// A PUT: the same change twice is one change.
pub(crate) const fn put(name: &'static str, path: &'static str) -> Endpoint {
    endpoint(name, "PUT", path, Repeat::Safe)
}

/// A PATCH that sets fields: the same change twice is one change.
pub(crate) const fn patch(name: &'static str, path: &'static str) -> Endpoint {
    endpoint(name, "PATCH", path, Repeat::Safe)
}

/// A DELETE: it may be repeated.
pub(crate) const fn delete(name: &'static str, path: &'static str) -> Endpoint {
    endpoint(name, "DELETE", path, Repeat::Safe)
}

impl Endpoint {
    /// The section of the API reference that it is taken from.
    pub(crate) const fn source(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }
    /// The month since which the carrier documents it, where it is newer than the rest.
    pub(crate) const fn since(mut self, month: &'static str) -> Self {
        self.since = Some(month);
        self
    }
    /// A shorter name that several operations share.
    pub(crate) const fn alias(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }
    /// The parameters in the path.
    pub(crate) const fn path_fields(mut self, fields: &'static [Field]) -> Self {
        self.path_fields = fields;
        self
    }
    /// The parameters in the query.
    pub(crate) const fn query(mut self, fields: &'static [Field]) -> Self {
        self.query = fields;
        self
    }
    /// A JSON body of these fields.
    pub(crate) const fn json(mut self, fields: &'static [Field]) -> Self {
        self.body = Body::Json { wrap: None, fields };
        self
    }
    /// A JSON body of these fields, under a name of its own.
    pub(crate) const fn wrapped(mut self, wrap: &'static str, fields: &'static [Field]) -> Self {
        self.body = Body::Json { wrap: Some(wrap), fields };
        self
    }
    /// A form body of these fields.
    pub(crate) const fn form(mut self, fields: &'static [Field]) -> Self {
        self.body = Body::Form(fields);
        self
    }
    /// A `multipart/form-data` body of these fields, with files of at most `limit` bytes each. Without a file among
    /// them it goes out as JSON.
    pub(crate) const fn multipart(mut self, fields: &'static [Field], limit: usize) -> Self {
        self.body = Body::Multipart { fields, limit };
        self
    }
    /// At least one of these fields of the body is required.
    pub(crate) const fn one_of(mut self, names: &'static [&'static str]) -> Self {
        self.one_of = names;
        self
    }
    /// No more than one of these fields of the body may be given.
    pub(crate) const fn at_most_one_of(mut self, names: &'static [&'static str]) -> Self {
        self.at_most_one_of = names;
        self
    }
    /// Another method that the carrier takes for the same.
    pub(crate) const fn also(mut self, method: &'static str) -> Self {
        self.also = Some(method);
        self
    }
    /// The API reference doesn't show the list: it may also come without a name.
    pub(crate) const fn or_bare(mut self) -> Self {
        self.or_bare = true;
        self
    }
    /// A file instead of JSON.
    pub(crate) const fn file(mut self, accept: &'static str) -> Self {
        self.reply = ReplyKind::File;
        self.accept = accept;
        self
    }
    /// A list with pages.
    pub(crate) const fn paging(mut self, paging: Paging) -> Self {
        self.paging = paging;
        self
    }
    /// A POST that changes nothing.
    pub(crate) const fn safe(mut self) -> Self {
        self.repeat = Repeat::Safe;
        self.changes = false;
        self
    }
    /// A POST whose change may be made twice.
    pub(crate) const fn repeatable(mut self) -> Self {
        self.repeat = Repeat::Safe;
        self
    }
    /// What makes a shipment.
    pub(crate) const fn shipment(mut self) -> Self {
        self.repeat = Repeat::Shipment;
        self
    }
    /// The carrier may not reply to it. It is sent again after this many seconds.
    pub(crate) const fn patience(mut self, seconds: u64) -> Self {
        self.patience = Some(Duration::from_secs(seconds));
        self
    }
    /// Gives a token instead of needing one.
    pub(crate) const fn public(mut self) -> Self {
        self.public = true;
        self
    }

    /// The fields of the body.
    pub(crate) const fn body_fields(&self) -> &'static [Field] {
        match self.body {
            Body::None => &[],
            Body::Json { fields, .. } | Body::Form(fields) | Body::Multipart { fields, .. } => fields,
        }
    }

    /// The fields of the body, or of the query where there is no body.
    pub(crate) const fn own_fields(&self) -> &'static [Field] {
        let body = self.body_fields();
        if body.is_empty() { self.query } else { body }
    }

    /// Whether it takes a field of this name.
    pub(crate) fn takes(&self, name: &str) -> bool {
        [self.path_fields, self.query, self.body_fields()].into_iter().flatten().any(|field| field.name == name)
    }

    /// A body as it goes out: under the name that the API reference wraps it in, where it does.
    pub(crate) fn wrapped_body(&self, body: Value) -> Value {
        match self.wrap() {
            Some(wrap) => json!({wrap: body}),
            None => body,
        }
    }

    /// How many characters, or items, a field of the body takes at most.
    pub(crate) fn limit(&self, name: &str) -> usize {
        limit(self.body_kind(name)).unwrap_or(usize::MAX)
    }

    /// What a field of the body holds.
    pub(crate) fn body_kind(&self, name: &str) -> Option<Kind> {
        self.body_fields().iter().find(|field| field.name == name).map(|field| field.kind)
    }

    /// The items of a page of its list. Empty if the page has no list.
    pub(crate) fn items<'a>(&self, page: &'a Value) -> &'a [Value] {
        match self.paging {
            Paging::None => &[],
            Paging::Cursor { items, .. } | Paging::Numbered { items, .. } => {
                self.list(page, items).map_or(&[], Vec::as_slice)
            }
        }
    }

    /// The list of this name in a reply.
    pub(crate) fn list<'a>(&self, reply: &'a Value, items: &str) -> Option<&'a Vec<Value>> {
        if let (true, Value::Array(bare)) = (self.or_bare, reply) {
            return Some(bare);
        }
        let mut names = items.split('.').filter(|name| !name.is_empty());
        names.try_fold(reply, |within, name| within.get(name))?.as_array()
    }

    /// The same, to add to.
    pub(crate) fn items_mut<'a>(&self, page: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        match self.paging {
            Paging::None => None,
            _ if self.or_bare && page.is_array() => page.as_array_mut(),
            Paging::Cursor { items, .. } | Paging::Numbered { items, .. } => {
                items.split('.').try_fold(page, |within, name| within.get_mut(name))?.as_array_mut()
            }
        }
    }

    /// The name that the API reference wraps the body in.
    pub(crate) fn wrap(&self) -> Option<&'static str> {
        match self.body {
            Body::Json { wrap, .. } => wrap,
            Body::None | Body::Form(_) | Body::Multipart { .. } => None,
        }
    }

    /// Its URL. `native`: the caller knows the parameters by their own names.
    pub(crate) fn url(&self, base: &Url, params: &Params, native: bool) -> Result<Url, Error> {
        let mut text = String::with_capacity(256);
        text.push_str(base.path().trim_end_matches('/'));
        let mut path = self.path;
        while let Some((fixed, (name, rest))) =
            path.split_once('{').and_then(|(fixed, rest)| Some((fixed, rest.split_once('}')?)))
        {
            let value = params.path.iter().find(|(given, _)| *given == name);
            let (_, value) = value.ok_or_else(|| Error::internal(format!("{} lacks a path parameter", self.name)))?;
            // A URL's dot segments would climb to another operation.
            if matches!(value.as_str(), "." | ".." | "") {
                return Err(Error::invalid(
                    if native { format!("params.{name}") } else { "id".to_owned() },
                    format!("`{value}` can't be an id"),
                ));
            }
            text.push_str(fixed);
            push_encoded(&mut text, value);
            path = rest;
        }
        text.push_str(path);
        let mut url = base.clone();
        url.set_path(&text);
        text.clear();
        let query = params.query.iter().map(|(name, value)| (*name, value));
        let unchecked = params.unchecked.iter().map(|(name, value)| (name.as_str(), value));
        for (name, value) in query.chain(unchecked) {
            push_pair(&mut text, name, value);
        }
        url.set_query(Some(&*text).filter(|query| !query.is_empty()));
        Ok(url)
    }

    /// The operation as `describe` shows it.
    pub(crate) fn describe(&self) -> Value {
        let parameters: Vec<Value> = [("path", self.path_fields), ("query", self.query), ("body", self.body_fields())]
            .into_iter()
            .flat_map(|(place, fields)| fields.iter().map(move |field| parameter(place, field)))
            .collect();
        let (encoding, wrap) = match self.body {
            Body::None => (Value::Null, Value::Null),
            Body::Json { wrap, .. } => (json!("application/json"), json!(wrap)),
            Body::Form(_) => (json!("application/x-www-form-urlencoded"), Value::Null),
            Body::Multipart { .. } => (json!("multipart/form-data"), Value::Null),
        };
        json!({
            "name": self.name,
            "alias": self.alias,
            "method": self.method,
            "also": self.also,
            "path": self.path,
            "parameters": parameters,
            "body_encoding": encoding,
            "body_wrapped_in": wrap,
            "one_of": self.one_of,
            "at_most_one_of": self.at_most_one_of,
            "reply": match self.reply { ReplyKind::Json => "json", ReplyKind::File => "document" },
            "paged": !matches!(self.paging, Paging::None),
            "safety": match self.repeat {
                Repeat::Safe => "repeatable",
                Repeat::Once => "once",
                Repeat::Shipment => "creates_shipment",
            },
            "source": self.source,
            "since": self.since,
        })
    }
}

fn parameter(place: &str, field: &Field) -> Value {
    let mut definitions = Map::new();
    let schema = kind_schema(field.kind, Side::Taken, &mut definitions);
    let mut entry = json!({
        "name": field.name,
        "in": place,
        "type": crate::model::shape::kind_name(field.kind),
        "required": field.required,
        "schema": schema,
        "description": field.about,
    });
    if let (false, Some(entry)) = (definitions.is_empty(), entry.as_object_mut()) {
        entry.insert("$defs".to_owned(), Value::Object(definitions));
    }
    if let (Some(limit), Some(entry)) = (limit(Some(field.kind)), entry.as_object_mut()) {
        entry.insert("max".to_owned(), json!(limit));
    }
    entry
}

/// The limit of a kind that the API reference limits.
fn limit(kind: Option<Kind>) -> Option<usize> {
    match kind? {
        Kind::Text(limit) if limit < crate::model::shape::LONG => Some(limit),
        Kind::List(_, limit) if limit < 1_000 => Some(limit),
        _ => None,
    }
}

/// What an operation is called with, in its three places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params {
    pub(crate) path: Vec<(&'static str, Text)>,
    pub(crate) query: Vec<(&'static str, Text)>,
    /// Of the query, too: names that the table doesn't have.
    pub(crate) unchecked: Vec<(Text, Text)>,
    pub(crate) body: Option<Value>,
    /// Where their values come from in the caller's request.
    pub(crate) sources: Sources,
}

impl Params {
    /// No parameters.
    pub(crate) fn none() -> Self {
        Self::default()
    }
    /// With a path parameter.
    pub(crate) fn path(mut self, name: &'static str, value: impl Into<Text>) -> Self {
        self.path.push((name, value.into()));
        self
    }
    /// With a query parameter.
    pub(crate) fn query(mut self, name: &'static str, value: impl Into<Text>) -> Self {
        self.query.push((name, value.into()));
        self
    }
    /// With what was recorded of where its values come from.
    pub(crate) fn sources(mut self, sources: Sources) -> Self {
        self.sources = sources;
        self
    }
    /// With those native fields in the query whose names begin with `+`, without it.
    pub(crate) fn add_unchecked(&mut self, native: &Value) {
        for (name, value) in native.as_object().into_iter().flatten() {
            if let Some(name) = name.strip_prefix('+') {
                self.query.retain(|(other, _)| *other != name);
                self.unchecked.push((name.into(), as_query(value.clone())));
            }
        }
    }
    /// With a body, as it goes out.
    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
    /// With a body that the caller's native fields are merged into: names that begin with `+` go out without it.
    pub(crate) fn merged(self, mut body: Value) -> Self {
        plain_names(&mut body);
        self.body(body)
    }
}

/// The operation of this name, or of this shared name and these path parameters.
pub(crate) fn find(endpoints: &'static [Endpoint], name: &str, params: &Map) -> Result<&'static Endpoint, Error> {
    if let Some(endpoint) = endpoints.iter().find(|endpoint| endpoint.name == name) {
        return Ok(endpoint);
    }
    let sharing: Vec<_> = endpoints.iter().filter(|endpoint| endpoint.alias == Some(name)).collect();
    if sharing.is_empty() {
        let known = || endpoints.iter().flat_map(|endpoint| [Some(endpoint.name), endpoint.alias]).flatten();
        let hint = nearest(name, known())
            .map_or_else(|| "`describe` lists them all".to_owned(), |near| format!("did you mean `{near}`?"));
        return Err(Error::invalid("operation", format!("the carrier has no operation `{}`; {hint}", shorten(name))));
    }
    let given = |endpoint: &Endpoint| {
        endpoint.path_fields.iter().all(|field| params.keys().any(|key| same_name(key, field.name)))
    };
    match sharing.iter().filter(|endpoint| given(endpoint)).collect::<Vec<_>>().as_slice() {
        [one] => Ok(one),
        [] => {
            let choices: Vec<_> = sharing
                .iter()
                .map(|endpoint| endpoint.path_fields.iter().map(|field| field.name).collect::<Vec<_>>().join(" and "))
                .collect();
            Err(Error::invalid("params", format!("`{name}` needs {}", choices.join(", or "))))
        }
        _ => Err(Error::invalid("params", format!("`{name}` takes one parent; give only one of their ids"))),
    }
}

/// Names are the same whatever their accents, case and Unicode form: `guía` is `GUIA`.
fn same_name(one: &str, other: &str) -> bool {
    one == other || plain(one) == plain(other)
}

/// Sort the parameters of a native call into their places, and check them against the table.
pub(crate) fn sort(endpoint: &'static Endpoint, given: Map) -> Result<Params, Error> {
    let mut given = given;
    let mut params = Params { sources: Sources::within("params"), ..Params::default() };
    let mut problems = Vec::new();
    for (fields, in_path) in [(endpoint.path_fields, true), (endpoint.query, false)] {
        for field in fields {
            let key = given.keys().find(|key| same_name(key, field.name)).cloned();
            match key.and_then(|key| given.remove(&key)).filter(|value| !value.is_null()) {
                Some(value) => {
                    let mut single = json!({field.name: value});
                    problems.extend(check::fields(&mut single, &[*field], "params", Form::Native));
                    let text = as_query(value);
                    if in_path {
                        params.path.push((field.name, text));
                    } else {
                        params.query.push((field.name, text));
                    }
                }
                None if field.required => problems
                    .push(FieldProblem::new(format!("params.{}", field.name), format!("is required: {}", field.about))),
                None => {}
            }
        }
    }
    let fields = endpoint.body_fields();
    if fields.is_empty() {
        given.retain(|name, value| {
            let unchecked = name.strip_prefix('+').map(Text::from);
            let kept = unchecked.is_none();
            params.unchecked.extend(unchecked.map(|name| (name, as_query(std::mem::take(value)))));
            kept
        });
        if !given.is_empty() {
            let known: Vec<Field> = endpoint.path_fields.iter().chain(endpoint.query).copied().collect();
            problems.extend(check::fields(&mut Value::Object(given), &known, "params", Form::NativePart));
        }
    } else {
        let wrap = endpoint.wrap();
        // As the API reference writes it, the body comes in its wrapping; without it, it is wrapped here.
        let wrapped = wrap.filter(|wrap| {
            given.get(wrap).is_some_and(Value::is_object)
                && given.keys().all(|name| name == wrap || name.starts_with('+'))
        });
        let (mut body, path) = match wrapped {
            Some(wrap) => (given.remove(wrap).unwrap_or_default(), format!("params.{wrap}")),
            None => (Value::Object(std::mem::take(&mut given)), "params".to_owned()),
        };
        params.sources = Sources::within(&*path);
        for field in endpoint.path_fields.iter().chain(endpoint.query) {
            params.sources.add(field.name, format!("params.{}", field.name));
        }
        canonical_names(&mut body, fields);
        problems.extend(check::fields(&mut body, fields, &path, Form::Native));
        problems.extend(together(endpoint, &body, &path));
        let mut whole = endpoint.wrapped_body(body);
        // Beside the wrapping.
        merge(&mut whole, &Value::Object(given));
        params = params.merged(whole);
    }
    if problems.is_empty() { Ok(params) } else { Err(Error::invalid_fields(problems)) }
}

/// What is wrong with fields that stand for each other.
fn together(endpoint: &Endpoint, body: &Value, path: &str) -> Option<FieldProblem> {
    let there = |name: &&&str| given(body, name).is_some_and(|value| !value.is_null());
    if let (Some(first), None) = (endpoint.one_of.first(), endpoint.one_of.iter().find(there)) {
        let names = endpoint.one_of.join("` or `");
        return Some(FieldProblem::new(format!("{path}.{first}"), format!("is required: `{names}`")));
    }
    let mut both = endpoint.at_most_one_of.iter().filter(there);
    let (first, second) = (both.next()?, both.next()?);
    Some(FieldProblem::new(format!("{path}.{second}"), format!("is given beside `{first}`; give one of the two")))
}

pub(super) fn as_query(value: Value) -> Text {
    match value {
        Value::String(text) => text,
        Value::Number(number) => number.as_str().into(),
        other => other.to_string().into(),
    }
}

/// Read carrier-native fields that are to be merged into a native request: brought into one form, and checked.
/// `known` are the fields that the carrier's table has.
pub(crate) fn read_native(native: &mut Value, known: &[Field], path: &str) -> Vec<FieldProblem> {
    if native.as_array().is_some_and(Vec::is_empty) {
        *native = Value::Object(Map::new());
    }
    canonical_names(native, known);
    check::native(native, known, path)
}

/// Give names the form that the API reference has: an accent that was typed on a Mac may be a character of its own.
fn canonical_names(body: &mut Value, fields: &[Field]) {
    let Value::Object(map) = body else { return };
    if !map.keys().all(|key| fields.iter().any(|field| field.name == key)) {
        *map = std::mem::take(map)
            .into_iter()
            .map(|(key, value)| {
                let exact = fields.iter().any(|field| field.name == key);
                let known = if exact { None } else { fields.iter().find(|field| same_name(&key, field.name)) };
                (known.map_or(key, |field| field.name.into()), value)
            })
            .collect();
    }
    for field in fields {
        if let Some(value) = map.get_mut(field.name) {
            canonical_names_in(value, field.kind);
        }
    }
}

fn canonical_names_in(value: &mut Value, kind: Kind) {
    match (kind, value) {
        (Kind::Object(shape), value) => canonical_names(value, shape.fields),
        (Kind::List(item, _), Value::Array(items)) => items.iter_mut().for_each(|one| canonical_names_in(one, *item)),
        _ => {}
    }
}

/// A native field that the caller gave, checked or not.
pub(crate) fn given<'a>(native: &'a Value, name: &str) -> Option<&'a Value> {
    native.get(format!("+{name}")).or_else(|| native.get(name))
}

/// A name that begins with `+` goes out without it, and its value as it is.
pub(crate) fn plain_names(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let marked: Vec<_> = map.keys().filter(|name| name.starts_with('+')).cloned().collect();
            for (name, entry) in map.iter_mut() {
                if !name.starts_with('+') {
                    plain_names(entry);
                }
            }
            for name in marked {
                if let Some(entry) = map.remove(&name) {
                    map.insert(name.trim_start_matches('+').to_owned(), entry);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plain_names),
        _ => {}
    }
}

/// Merge carrier-native fields into a native body: objects are merged, everything else is replaced.
pub(crate) fn merge(body: &mut Value, native: &Value) {
    match (body, native) {
        (Value::Object(body), Value::Object(native)) => {
            for (name, value) in native {
                merge(body.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (body, native) => *body = native.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::shape::{TEXT, opt, req};
    use crate::text::encode;

    static TABLE: &[Endpoint] = &[
        put("things.update", "/things/{id}")
            .path_fields(&[req("id", Kind::Id, "")])
            .wrapped("thing", &[opt("descripción", Kind::Text(5), "")]),
        get("boxes.notes.list", "/boxes/{box_id}/notes").alias("notes.list").path_fields(&[req(
            "box_id",
            Kind::Id,
            "",
        )]),
        get("bags.notes.list", "/bags/{bag_id}/notes")
            .alias("notes.list")
            .path_fields(&[req("bag_id", Kind::Id, "")])
            .query(&[opt("página", TEXT, "")]),
    ];

    fn map(value: Value) -> Map {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_body_is_taken_wrapped_or_not() {
        for params in [json!({"id": 7, "thing": {"descripción": "a"}}), json!({"ID": "7", "descripcio\u{301}n": "a"})]
        {
            let sorted = sort(&TABLE[0], map(params)).unwrap();
            assert_eq!(sorted.path, [("id", "7".into())]);
            assert_eq!(sorted.body.unwrap(), json!({"thing": {"descripción": "a"}}));
        }
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        let error = sort(&TABLE[0], map(json!({"descripcion": "too long", "colour": 1}))).unwrap_err();
        let said: Vec<_> = error.fields.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(said, ["params.id", "params.descripción", "params.colour"]);
    }

    #[test]
    fn a_url_is_what_its_parts_encode_to() {
        let odd = ["7", "FRñ", "a/b", "a b", "?#&=+", "%2e", "..x", "\u{1f4e6}", "a\tb"];
        static DEEP: Endpoint = get("notes.get", "/cajas/{caja}/año/{nota}.pdf")
            .path_fields(&[req("caja", Kind::Id, ""), req("nota", Kind::Id, "")])
            .query(&[opt("código_distrito", TEXT, ""), opt("alto", TEXT, "")]);
        for endpoint in TABLE.iter().chain([&DEEP]) {
            for (value, base) in odd.into_iter().flat_map(|value| {
                ["https://x.cr", "http://127.0.0.1:8080/api/v1", "https://x.cr/a%20b/ñ/"].map(|base| (value, base))
            }) {
                let base = Url::parse(base).unwrap();
                let mut params = Params::none();
                let mut whole = format!("{}{}", base.as_str().trim_end_matches('/'), endpoint.path);
                for field in endpoint.path_fields {
                    params = params.path(field.name, value);
                    whole = whole.replace(&format!("{{{}}}", field.name), &encode(value));
                }
                let plain = endpoint.url(&base, &params, false).unwrap();
                assert_eq!(plain, Url::parse(&whole).unwrap());
                for (index, field) in endpoint.query.iter().enumerate() {
                    params = params.query(field.name, value);
                    whole.push(if index == 0 { '?' } else { '&' });
                    whole.push_str(&format!("{}={}", encode(field.name), encode(value)));
                }
                params.unchecked.push(("nuevo ñ".into(), value.into()));
                whole.push(if endpoint.query.is_empty() { '?' } else { '&' });
                whole.push_str(&format!("nuevo%20%C3%B1={}", encode(value)));
                let url = endpoint.url(&base, &params, false).unwrap();
                assert_eq!(url, Url::parse(&whole).unwrap(), "{} {value}", endpoint.name);
            }
        }
    }

    #[test]
    fn a_path_parameter_that_would_climb_or_is_missing_is_refused() {
        let base = Url::parse("https://x.cr").unwrap();
        let url = |params: &Params, native| TABLE[0].url(&base, params, native).map_err(|error| error.message.clone());
        for id in [".", "..", ""] {
            let params = Params::none().path("id", id);
            assert_eq!(url(&params, false), Err(format!("id: `{id}` can't be an id")));
            assert_eq!(url(&params, true), Err(format!("params.id: `{id}` can't be an id")));
        }
        assert!(url(&Params::none(), false).unwrap_err().contains("lacks a path parameter"));
        let whole = url(&Params::none().path("id", "7"), false).unwrap();
        assert_eq!(whole.as_str(), "https://x.cr/things/7");
    }

    #[test]
    fn a_shared_name_goes_by_the_parent_given() {
        assert_eq!(find(TABLE, "notes.list", &map(json!({"bag_id": 1}))).unwrap().name, "bags.notes.list");
        assert!(find(TABLE, "notes.list", &map(json!({}))).unwrap_err().message.contains("box_id, or bag_id"));
        assert!(find(TABLE, "notes.list", &map(json!({"bag_id": 1, "box_id": 2}))).is_err());
        assert!(find(TABLE, "thing.update", &map(json!({}))).unwrap_err().message.contains("things.update"));
    }
}
