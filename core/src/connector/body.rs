//! The body of a carrier's request, or its query, built by an endpoint's own table. It records where in the caller's
//! request each field comes from. So the table checks the whole body once, every problem has the path in the caller's
//! request, and a carrier's complaint about a field is reported with that path as well.

use super::endpoint::{self, Endpoint, Params, as_query, plain_names};
use super::native::Native;
pub(crate) use super::path::Path;
use crate::json::{Map, Value, json};
use crate::model::check::{self, Form};
use crate::model::shape::{Field, plain, shorten};
use crate::model::{Error, FieldProblem};
use std::borrow::Cow;

/// What is wrong with a request: all of it, each with its path.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<FieldProblem>);

impl Problems {
    pub(crate) fn add(&mut self, field: impl Into<Path>, message: impl Into<String>) {
        self.0.push(FieldProblem::new(field.into().to_string(), message));
    }

    /// A value, or what is wrong with it.
    pub(crate) fn take<T>(&mut self, value: Result<T, FieldProblem>) -> Option<T> {
        value.map_err(|problem| self.0.push(problem)).ok()
    }

    /// Adds the problems of an error, without those that are known already.
    pub(crate) fn extend(&mut self, error: &Error) {
        for problem in &error.fields {
            if !self.0.contains(problem) {
                self.0.push(problem.clone());
            }
        }
    }

    /// Whether this field is wrong already, or something in it, or what it is in: that it is missing may follow from
    /// that.
    fn has_about(&self, path: &str) -> bool {
        self.0.iter().any(|problem| within(&problem.field, path) || within(path, &problem.field))
    }

    /// What was built, unless there are problems.
    pub(crate) fn end<T>(self, built: T) -> Result<T, Error> {
        if self.0.is_empty() { Ok(built) } else { Err(Error::invalid_fields(self.0)) }
    }
}

/// For the fields of a carrier's request: where in the caller's request their values come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    known: Vec<Source>,
    /// The table's other fields may be given as native ones: where, and the whole table.
    others: Option<(Path, &'static [Field])>,
    /// The path of everything else, under the carrier's own names.
    within: Option<String>,
}

#[derive(Clone, Debug)]
struct Source {
    name: Path,
    path: Path,
    /// The caller wrote it in the carrier's own form, so the names within it are the same on both sides.
    native: bool,
}

impl Sources {
    /// All fields are at this path, under the carrier's own names.
    pub(crate) fn within(path: impl Into<String>) -> Self {
        Self { within: Some(path.into()), ..Self::default() }
    }

    pub(crate) fn add(&mut self, name: impl Into<Path>, path: impl Into<Path>) {
        self.known.push(Source { name: name.into(), path: path.into(), native: false });
    }

    /// A native field that the caller gave. It replaces what was recorded for the fields within it.
    fn replace(&mut self, name: &str, path: &str) {
        self.known.retain(|source| !within(&source.name.to_string(), name));
        self.known.push(Source { name: name.to_owned().into(), path: path.to_owned().into(), native: true });
    }

    /// The table's fields that have no source yet may be given as native ones, at `place`. Only an error needs to know
    /// which: so they are found by [`settle`](Self::settle).
    fn others(&mut self, place: Path, table: &'static [Field]) {
        self.others = Some((place, table));
    }

    /// Records where each of the other fields may be given.
    fn settle(&mut self) {
        let Some((place, table)) = self.others.take() else { return };
        for field in table {
            if self.find(field.name).is_none() {
                self.add(field.name, format!("{place}.{}", field.name));
            }
        }
    }

    /// The caller's path of a field, or of the field that contains it. Carriers write their own names in more than one
    /// way: `Shipper.AddressStreet` is `shipper.address_street`.
    pub(crate) fn find(&self, carrier_field: &str) -> Option<String> {
        if self.others.is_some() {
            let mut whole = self.clone();
            whole.settle();
            return whole.find(carrier_field);
        }
        let folded = |name: &str| plain(name).replace('_', "");
        let field = folded(carrier_field);
        let found = self
            .known
            .iter()
            .map(|source| (source, source.name.to_string()))
            .map(|(source, name)| (source, folded(&name), name))
            .filter(|(_, folded, _)| within(&field, folded))
            // The innermost one. If several names differ only in spelling, the one that is spelled the same.
            .max_by_key(|(_, folded, name)| (folded.len(), within(carrier_field, name)));
        let Some((source, _, name)) = found else {
            return self.within.as_ref().map(|path| format!("{path}.{carrier_field}"));
        };
        // The rest of the path is the same only if the name is spelled as in the table.
        let rest = carrier_field.strip_prefix(&*name).filter(|_| source.native);
        Some(format!("{}{}", source.path, rest.unwrap_or_default()))
    }
}

/// Whether a name is `outer`, or the name of a field within it.
fn within(name: &str, outer: &str) -> bool {
    name.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// A body, or a query, under construction.
pub(crate) struct Body {
    endpoint: &'static Endpoint,
    /// The carrier's name, for the messages.
    carrier: &'static str,
    fields: Value,
    /// The fields it may have: those of the table, then the others that `options` may have.
    known: Cow<'static, [Field]>,
    /// Where the caller may give a field that flete's own request doesn't have.
    place: Option<Path>,
    /// Whether native fields of the caller's are in it: their names may begin with `+`.
    merged: bool,
    /// Required fields that are filled in later.
    later: Vec<&'static str>,
    /// The list that carries the mark of the idempotency key, and the mark.
    mark: Option<(&'static str, String)>,
    pub(crate) sources: Sources,
    pub(crate) problems: Problems,
}

impl Body {
    /// The body of this operation, or its query where it has no body.
    pub(crate) fn new(endpoint: &'static Endpoint, carrier: &'static str) -> Self {
        Self {
            endpoint,
            carrier,
            fields: Value::Object(Map::new()),
            known: Cow::Borrowed(endpoint.own_fields()),
            place: None,
            merged: false,
            later: Vec::new(),
            mark: None,
            sources: Sources::default(),
            problems: Problems::default(),
        }
    }

    /// A field whose value comes from `path` in the caller's request. A name may be a path, like `packages[0].weight`.
    pub(crate) fn put(&mut self, name: impl Into<Path>, path: impl Into<Path>, value: impl Into<Value>) {
        self.put_if(name, path, Some(value));
    }

    /// A field that the caller can't set.
    pub(crate) fn fixed(&mut self, name: impl Into<Path>, value: impl Into<Value>) {
        *place(&mut self.fields, &name.into()) = value.into();
    }

    /// A field of the caller's that may be missing.
    pub(crate) fn put_if(&mut self, name: impl Into<Path>, path: impl Into<Path>, value: Option<impl Into<Value>>) {
        let name = name.into();
        if let Some(value) = value {
            *place(&mut self.fields, &name) = value.into();
        }
        self.sources.add(name, path);
    }

    /// A required field that is filled in after [`end`](Self::end), where it is missing.
    pub(crate) fn later(&mut self, name: &'static str) {
        self.later.push(name);
    }

    /// The list that has the mark of the idempotency key, besides what the caller puts into it. Without its mark, a
    /// create that lost its reply could not be found.
    pub(crate) fn mark(&mut self, list: &'static str, mark: Option<&str>) {
        self.mark = mark.map(|mark| (list, mark.to_owned()));
    }

    /// Merge the caller's native fields. They come last.
    pub(crate) fn native(&mut self, native: &Native<'_>) {
        self.knows(native);
        for (path, name, value) in native.entries() {
            self.merge("", name, &path, value);
        }
    }

    /// Adds the names that the caller's native fields may have, and their path.
    pub(crate) fn knows(&mut self, native: &Native<'_>) {
        self.place = Some(native.place());
        if native.is_empty() {
            return;
        }
        for field in native.known() {
            if !self.known.iter().any(|known| known.name == field.name) {
                self.known.to_mut().push(Field { required: false, ..field });
            }
        }
    }

    /// Merge one of the caller's native fields, given at `path`, into the object `object`, or into the whole body if
    /// that is empty. Objects are merged, everything else is replaced.
    pub(crate) fn merge(&mut self, object: &str, name: &str, path: &str, value: &Value) {
        self.merged = true;
        let target = if object.is_empty() { &mut self.fields } else { step_to(&mut self.fields, object) };
        if !target.is_object() {
            *target = Value::Object(Map::new());
        }
        endpoint::merge(&mut target[name], value);
        self.record(object, name, path, value);
    }

    /// Records where each field within a native one comes from. If one with a `+` has a source already, it keeps that.
    fn record(&mut self, object: &str, name: &str, path: &str, value: &Value) {
        let plain = shorten(name.trim_start_matches('+'));
        let full = if object.is_empty() { plain } else { format!("{object}.{plain}") };
        match value {
            _ if name.starts_with('+') => {
                if self.sources.find(&full).is_none() {
                    self.sources.replace(&full, path);
                }
            }
            Value::Object(members) => {
                for (member, value) in members {
                    self.record(&full, member, &format!("{path}.{}", shorten(member)), value);
                }
            }
            _ => self.sources.replace(&full, path),
        }
    }

    /// The fields so far.
    pub(crate) fn fields(&self) -> &Value {
        &self.fields
    }

    /// The body and where it comes from, unless something is wrong with it.
    pub(crate) fn end(mut self) -> Result<(Value, Sources), Error> {
        if let Some(place) = &self.place {
            self.sources.others(place.clone(), self.endpoint.own_fields());
        }
        self.put_mark();
        let mut problems = check::fields(&mut self.fields, &self.known, "", Form::Of(self.carrier));
        problems.retain(|problem| !self.comes_later(&problem.field));
        if !problems.is_empty() {
            self.sources.settle();
        }
        for problem in problems {
            self.report(problem);
        }
        if self.merged {
            plain_names(&mut self.fields);
        }
        self.problems.end((self.fields, self.sources))
    }

    /// The parameters of the operation, unless something is wrong with them.
    pub(crate) fn params(self) -> Result<Params, Error> {
        let endpoint = self.endpoint;
        let is_query = endpoint.body_fields().is_empty();
        if !is_query {
            let (body, sources) = self.end()?;
            return Ok(Params::none().body(endpoint.wrapped_body(body)).sources(sources));
        }
        let native = self.merged.then(|| self.fields.clone());
        let (mut fields, sources) = self.end()?;
        let mut params = Params::none().sources(sources);
        params.query.reserve(endpoint.query.len());
        for field in endpoint.query {
            let value = fields.get_mut(field.name).filter(|value| has_text(value)).map(Value::take);
            params.query.extend(value.map(|value| (field.name, as_query(value))));
        }
        if let Some(native) = native {
            params.add_unchecked(&native);
        }
        Ok(params)
    }

    /// Whether a field is missing that is filled in later.
    fn comes_later(&self, name: &str) -> bool {
        self.later.contains(&name) && get(&self.fields, name).is_none_or(Value::is_null)
    }

    /// A problem, by the caller's path.
    fn report(&mut self, mut problem: FieldProblem) {
        let name = std::mem::take(&mut problem.field);
        let missing = get(&self.fields, &name).is_none_or(Value::is_null);
        let source = self.sources.find(&name);
        problem.field = match (&source, name.rfind('[')) {
            // One of the items of a list of the caller's.
            (Some(path), Some(at)) if name.ends_with(']') && self.sources.find(&name[..at]).as_ref() == Some(path) => {
                format!("{path}{}", &name[at..])
            }
            (Some(path), _) => path.clone(),
            (None, _) => self.place.as_ref().map_or_else(|| name.clone(), |place| format!("{place}.{name}")),
        };
        let known = self.problems.0.iter().any(|other| other.field == problem.field);
        // It is missing because the value that it comes from is wrong.
        let follows = missing && !problem.field.starts_with("options.") && self.problems.has_about(&problem.field);
        if !known && !follows {
            self.problems.0.push(problem);
        }
    }

    /// Put the mark into its list.
    fn put_mark(&mut self) {
        let Some((list, mark)) = self.mark.take() else { return };
        let path = || self.sources.find(list).unwrap_or_else(|| list.to_owned());
        let unchecked = format!("+{list}");
        let name = if self.fields.get(&unchecked).is_some() { &*unchecked } else { list };
        let tags = &mut self.fields[name];
        if tags.is_null() {
            *tags = json!([]);
        }
        let Some(tags) = tags.as_array_mut() else {
            self.problems.add(path(), "must be a list: the mark of the idempotency_key goes into it");
            return;
        };
        let given = tags.len();
        if !tags.iter().any(|tag| tag.as_str() == Some(&mark)) {
            tags.push(json!(mark));
        }
        let most = self.endpoint.limit(list);
        if tags.len() > most {
            let (carrier, room) = (self.carrier, most - 1);
            let taken = format!("{carrier} takes at most {room} with an idempotency_key, which takes one");
            self.problems.add(path(), format!("has {given} items; {taken}"));
        }
    }
}

/// Whether a value may stand in a query: a list or an object can't, and a blank says nothing.
fn has_text(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.trim().is_empty(),
        Value::Number(_) | Value::Bool(_) => true,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

/// The steps of a name: `packages[0].weight` is `packages`, `0]`, `weight`.
fn steps(name: &str) -> impl Iterator<Item = &str> {
    name.split(['.', '['])
}

/// The value at a path.
fn get<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    steps(name).try_fold(value, |within, step| {
        match step.strip_suffix(']').and_then(|index| index.parse::<usize>().ok()) {
            Some(index) => within.get(index),
            None => within.get(step),
        }
    })
}

/// The place of a field. What is missing on the path is made.
fn place<'a>(value: &'a mut Value, name: &Path) -> &'a mut Value {
    let mut within = step_to(value, &name.head);
    if let Some(index) = name.index {
        within = item(within, index);
    }
    if name.rest.is_empty() { within } else { step_to(within, name.rest) }
}

fn step_to<'a>(value: &'a mut Value, name: &str) -> &'a mut Value {
    // Most names are one step.
    if !name.bytes().any(|byte| matches!(byte, b'.' | b'[')) {
        return &mut value[name];
    }
    steps(name).fold(value, |within, step| match step.strip_suffix(']').and_then(|index| index.parse().ok()) {
        Some(index) => item(within, index),
        None => &mut within[step],
    })
}

fn item(within: &mut Value, index: usize) -> &mut Value {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::endpoint::{get, post};
    use crate::json::json;
    use crate::model::shape::{Kind, Shape, TEXT, opt, req};

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

    static ORDERS: Endpoint = post("orders.create", "/orders").wrapped(
        "order",
        &[
            req("clase", Kind::Choice(&["a", "b"]), ""),
            req("ciudad", Kind::Id, "the city"),
            opt("etiquetas", Kind::List(&Kind::Text(4), 3), ""),
            opt("puntos", Kind::List(&Kind::Object(&POINT), 2), ""),
            opt("quien", Kind::Object(&POINT), ""),
        ],
    );
    static POINT: Shape =
        Shape { name: "punto", fields: &[req("calle", TEXT, "street"), opt("lat", Kind::Decimal, "")] };
    static COSTS: Endpoint =
        get("costs", "/costs").query(&[req("alto", Kind::Integer(1, 9), ""), opt("ancho", Kind::Integer(1, 9), "")]);

    /// An order with native fields under the carrier's code and under the account's id.
    fn order(native: &Value, own: &Value, mark: Option<&str>) -> Result<Params, Error> {
        let mut body = Body::new(&ORDERS, "Acme");
        body.put("ciudad", "origin.city", 7);
        body.put("etiquetas", "tags", json!(["uno"]));
        body.put("puntos[0].calle", "origin.street", "Calle 1");
        body.put("quien.calle", "destination.street", "Calle 2");
        body.mark("etiquetas", mark);
        let native = Native::at("options.acme", native).and("options.mine", own);
        body.native(&native);
        body.params()
    }

    fn told(error: &Error) -> Vec<(&str, &str)> {
        error.fields.iter().map(|one| (one.field.as_str(), one.message.as_str())).collect()
    }

    #[test]
    fn whatever_is_wrong_is_found_once_by_the_table_wherever_it_comes_from() {
        let none = json!({});
        for (native, own, problems) in [
            (json!({"clase": "a"}), json!({}), vec![]),
            (json!({"clase": "A"}), json!({"clase": "b"}), vec![]),
            (json!({"+clase": 7}), json!({}), vec![]),
            (none.clone(), none.clone(), vec![("options.mine.clase", "is required by Acme: one of a, b")]),
            (
                json!({"clase": "A"}),
                json!({}),
                vec![("options.acme.clase", "`A` is not one of: a, b; did you mean `a`?")],
            ),
            (
                json!({"clase": "a", "claze": 1}),
                json!({"quien": {"lat": "x"}}),
                vec![
                    ("options.mine.quien.lat", "`x` is not a decimal number, like \"12.50\""),
                    (
                        "options.acme.claze",
                        "unknown field; did you mean `clase`? (with a `+` before its name it is sent unchecked)",
                    ),
                ],
            ),
            // What is replaced is the caller's, and no longer flete's.
            (
                json!({"clase": "a", "puntos": [{"lat": 1}]}),
                json!({"ciudad": []}),
                vec![
                    ("options.mine.ciudad", "an id (text) is needed, not a list"),
                    ("options.acme.puntos[0].calle", "is required by Acme: street"),
                ],
            ),
            (
                json!({"clase": "a", "etiquetas": ["a", "b", "largo"]}),
                json!({}),
                vec![("options.acme.etiquetas[2]", "has 5 characters; Acme takes at most 4 (`largo`)")],
            ),
        ] {
            match order(&native, &own, None) {
                Ok(_) => assert!(problems.is_empty(), "{native} {own}"),
                Err(error) => {
                    let (mut told, mut problems) = (told(&error), problems);
                    told.sort_unstable();
                    problems.sort_unstable();
                    assert_eq!(told, problems, "{native} {own}");
                }
            }
        }
    }

    #[test]
    fn the_mark_stays_in_its_list_whatever_the_caller_puts_there() {
        for (native, sent) in [
            (json!({}), Ok(json!(["uno", "m"]))),
            (json!({"etiquetas": ["a", "b"]}), Ok(json!(["a", "b", "m"]))),
            (json!({"+etiquetas": ["muy largo"]}), Ok(json!(["muy largo", "m"]))),
            (json!({"etiquetas": ["m", "a", "b"]}), Ok(json!(["m", "a", "b"]))),
            (
                json!({"etiquetas": ["a", "b", "c"]}),
                Err("has 3 items; Acme takes at most 2 with an idempotency_key, which takes one"),
            ),
            (json!({"+etiquetas": "a"}), Err("must be a list: the mark of the idempotency_key goes into it")),
        ] {
            let mut given = native.clone();
            given["clase"] = json!("a");
            match (order(&given, &json!({}), Some("m")), sent) {
                (Ok(params), Ok(sent)) => assert_eq!(params.body.unwrap()["order"]["etiquetas"], sent, "{native}"),
                (Err(error), Err(why)) => {
                    assert_eq!((error.fields.len(), &*error.fields[0].message), (1, why), "{native}");
                }
                (result, _) => panic!("{native}: {result:?}"),
            }
        }
    }

    #[test]
    fn a_query_is_built_and_checked_like_a_body() {
        let cost = |native: &Value, height: i64| {
            let mut query = Body::new(&COSTS, "Acme");
            query.put("alto", "parcels[0].height", height);
            query.native(&Native::at("options.acme", native));
            query.params()
        };
        let params = cost(&json!({"ancho": "3", "+alto": 12, "+nuevo": "x"}), 5).unwrap();
        assert_eq!(params.query, [("ancho", "3".into())]);
        assert_eq!(params.unchecked, [("alto".into(), "12".into()), ("nuevo".into(), "x".into())]);
        let error = cost(&json!({"ancho": 10}), 0).unwrap_err();
        let fields: Vec<_> = error.fields.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["parcels[0].height", "options.acme.ancho"]);
    }

    #[test]
    fn what_follows_from_something_wrong_is_not_told_again() {
        let mut body = Body::new(&ORDERS, "Acme");
        body.put("clase", "service", "a");
        body.problems.add("origin.city", "is no city of Acme's");
        body.put_if("ciudad", "origin.city", None::<String>);
        assert_eq!(told(&body.end().unwrap_err()), [("origin.city", "is no city of Acme's")]);
        for (wrong, follows) in [
            ("origin.city", true),
            ("origin.city.name", true),
            ("origin.city[0]", true),
            ("origin", true),
            ("origin.street", false),
            ("origin.cityscape", false),
            ("destination.city", false),
            ("", false),
        ] {
            let mut body = Body::new(&ORDERS, "Acme");
            body.put("clase", "service", "a");
            body.problems.add(wrong, "is wrong");
            body.put_if("ciudad", "origin.city", None::<String>);
            let fields: Vec<_> = body.end().unwrap_err().fields.iter().map(|problem| problem.field.clone()).collect();
            let expected = if follows { vec![wrong] } else { vec![wrong, "origin.city"] };
            assert_eq!(fields, expected);
        }
        let mut body = Body::new(&ORDERS, "Acme");
        body.put("clase", "service", "a");
        body.later("ciudad");
        assert!(body.end().is_ok());
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
            assert_eq!(sources.find(theirs).as_deref(), ours, "{theirs}");
        }
        let native = Sources::within("params");
        assert_eq!(native.find("avisos[0].correo").as_deref(), Some("params.avisos[0].correo"));
    }

    #[test]
    fn a_field_that_the_request_does_not_have_leads_to_the_options() {
        let none = json!({});
        let mut body = Body::new(&ORDERS, "Acme");
        body.put("ciudad", "origin.city", 7);
        body.put(("puntos", 0, "calle"), ("parcels", 0, "street"), "Calle 1");
        body.put(("quien", "calle"), ("origin", "street"), "Calle 2");
        body.put("clase", "service", "a");
        body.native(&Native::at("options.acme", &none));
        let (fields, sources) = body.end().unwrap();
        assert_eq!(fields["puntos"][0]["calle"], "Calle 1");
        assert_eq!(fields["quien"]["calle"], "Calle 2");
        for (theirs, ours) in [
            ("ciudad", Some("origin.city")),
            ("puntos[0].calle", Some("parcels[0].street")),
            ("puntos[1].calle", Some("options.acme.puntos")),
            ("Quien.Calle", Some("origin.street")),
            ("quien.lat", Some("options.acme.quien")),
            ("etiquetas", Some("options.acme.etiquetas")),
            ("otra", None),
        ] {
            assert_eq!(sources.find(theirs).as_deref(), ours, "{theirs}");
        }
    }
}
