//! Which requests Almex refuses. Missing fields and wrong types as ASP.NET does (400 with `errors`); values that make no sense
//! as Almex does (HTTP 200, `success: false`).

use serde_json::{Map, Value, json};
use std::fmt::Display;

/// Metres: more is a length in centimetres.
const LONGEST_SIDE: f64 = 20.0;
const HEAVIEST: f64 = 30_000.0;

/// Why a request is refused.
pub(super) enum Flaws {
    Fields(Map<String, Value>),
    Value(String),
}

#[derive(Debug)]
pub(super) struct Rate {
    pub(super) origin: String,
    pub(super) destination: String,
    pub(super) packages: Vec<Package>,
}

#[derive(Debug)]
pub(super) struct Package {
    pub(super) amount: i64,
    /// Metres.
    pub(super) sides: [f64; 3],
    /// Kilograms.
    pub(super) weight: f64,
    pub(super) declared: f64,
    pub(super) insured: bool,
}

#[derive(Debug)]
pub(super) struct Pickup {
    pub(super) observations: String,
    pub(super) references: Vec<String>,
    /// `BOX x 1`
    pub(super) packages: Vec<String>,
}

/// A value and its path, such as `packages[0].weight`.
struct Node<'a> {
    path: String,
    value: &'a Value,
}

impl<'a> Node<'a> {
    fn root(value: &'a Value) -> Self {
        let path = String::new();
        Node { path, value }
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn is_null(&self, name: &str) -> bool {
        self.value.get(name).is_none_or(Value::is_null)
    }
}

#[derive(Default)]
struct Check {
    fields: Map<String, Value>,
    /// The first value that makes no sense.
    value: Option<String>,
}

impl Check {
    fn field(&mut self, path: &str, text: &str) {
        self.fields.insert(path.to_owned(), json!([text]));
    }

    fn object(&mut self, path: &str, text: impl Display) {
        self.value.get_or_insert_with(|| format!("{path}: {text}"));
    }

    fn done<T>(self, value: Option<T>) -> Result<T, Flaws> {
        if let (true, Some(message)) = (self.fields.is_empty(), self.value.clone()) {
            return Err(Flaws::Value(message));
        }
        match value {
            Some(value) if self.fields.is_empty() => Ok(value),
            _ => Err(Flaws::Fields(self.fields)),
        }
    }

    /// A member that must be present and not null; `read` says what it must be.
    fn need<'a, T>(
        &mut self,
        parent: &Node<'a>,
        name: &str,
        kind: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let path = parent.path(name);
        let found = match parent.value.get(name) {
            None | Some(Value::Null) => {
                self.field(&path, &format!("The {name} field is required."));
                return None;
            }
            Some(value) => read(value),
        };
        if found.is_none() {
            let text = format!("The JSON value could not be converted to {kind}.");
            self.field(&path, &text);
        }
        found
    }

    fn child<'a>(&mut self, parent: &Node<'a>, name: &str) -> Option<Node<'a>> {
        let object = |value: &'a Value| value.is_object().then_some(value);
        let value = self.need(parent, name, "an object", object)?;
        let path = parent.path(name);
        Some(Node { path, value })
    }

    fn list<'a>(&mut self, parent: &Node<'a>, name: &str) -> Option<Vec<Node<'a>>> {
        let all = self.need(parent, name, "a list", |value| value.as_array())?;
        let path = parent.path(name);
        let mut nodes = Vec::new();
        for (at, value) in all.iter().enumerate() {
            let path = format!("{path}[{at}]");
            if value.is_object() {
                nodes.push(Node { path, value });
            } else {
                self.field(&path, "The JSON value could not be converted to an object.");
            }
        }
        Some(nodes)
    }

    fn text<'a>(&mut self, parent: &Node<'a>, name: &str) -> Option<&'a str> {
        self.need(parent, name, "System.String", Value::as_str)
    }

    fn filled<'a>(&mut self, parent: &Node<'a>, name: &str) -> Option<&'a str> {
        let text = self.text(parent, name)?;
        if text.trim().is_empty() {
            let why = format!("The {name} field is required.");
            self.field(&parent.path(name), &why);
            return None;
        }
        Some(text)
    }

    fn may_text(&mut self, parent: &Node, name: &str) {
        if !parent.is_null(name) {
            self.text(parent, name);
        }
    }

    fn integer(&mut self, parent: &Node, name: &str, low: i64, high: i64) -> Option<i64> {
        let number = self.need(parent, name, "System.Int32", Value::as_i64)?;
        if !(low..=high).contains(&number) {
            let why = format!("debe estar entre {low} y {high}.");
            self.object(&parent.path(name), why);
        }
        Some(number)
    }

    fn flag(&mut self, parent: &Node, name: &str) -> Option<bool> {
        self.need(parent, name, "System.Boolean", Value::as_bool)
    }

    fn number(&mut self, parent: &Node, name: &str) -> Option<f64> {
        let read = |value: &Value| value.as_f64().filter(|n| n.is_finite());
        let number = self.need(parent, name, "System.Double", read)?;
        if number < 0.0 {
            self.object(&parent.path(name), "no puede ser negativo.");
        }
        Some(number)
    }

    fn positive(&mut self, parent: &Node, name: &str, limit: f64) -> Option<f64> {
        let number = self.number(parent, name)?;
        if number <= 0.0 || number > limit {
            let why = format!("debe ser mayor que 0 y no mayor que {limit}.");
            self.object(&parent.path(name), why);
        }
        Some(number)
    }

    fn sides(&mut self, parent: &Node) -> Option<[f64; 3]> {
        let node = self.child(parent, "dimensions")?;
        let sides = ["length", "width", "height"];
        let [length, width, height] = sides.map(|name| self.positive(&node, name, LONGEST_SIDE));
        Some([length?, width?, height?])
    }

    fn unit(&mut self, parent: &Node, name: &str, only: &str) {
        if let Some(unit) = self.filled(parent, name)
            && unit != only
        {
            self.object(&parent.path(name), format!("solo se admite {only}."));
        }
    }

    /// Mexican postal codes have five digits; the first may be 0.
    fn postal_code(&mut self, parent: &Node, name: &str) -> Option<String> {
        let code = self.filled(parent, name)?;
        if code.len() != 5 || !code.bytes().all(|b| b.is_ascii_digit()) {
            self.object(&parent.path(name), "el código postal no es válido.");
        }
        Some(code.to_owned())
    }

    fn party(&mut self, root: &Node, name: &str) {
        let Some(node) = self.child(root, name) else {
            return;
        };
        let needed = ["name", "address_street", "address_neighborhood", "city", "state", "phone_number"];
        for name in needed {
            self.filled(&node, name);
        }
        self.postal_code(&node, "zipcode");
        self.may_text(&node, "id");
        self.may_text(&node, "email");
        if let Some(country) = self.filled(&node, "country")
            && country != "MX"
        {
            self.object(&node.path("country"), "solo se admite MX.");
        }
    }

    fn times(&mut self, parent: &Node, names: &[&str]) {
        if let Some(node) = self.child(parent, "appointment") {
            for name in names {
                self.may_text(&node, name);
            }
        }
    }

    fn accessorials(&mut self, root: &Node) {
        let Some(node) = self.child(root, "accessorials") else {
            return;
        };
        if let Some(insurance) = self.child(&node, "insurance") {
            self.integer(&insurance, "types_insurance", 0, 99);
            self.number(&insurance, "declared_amount");
        }
        if let Some(pickup) = self.child(&node, "pickup") {
            let needed = self.flag(&pickup, "service_needed");
            if needed == Some(true) || !pickup.is_null("date") {
                let date = self
                    .need(&pickup, "date", "System.DateTime", |value| value.as_str().filter(|text| text.len() >= 10));
                if date.is_some_and(|date| !is_midnight(date)) {
                    let why = "debe tener la forma AAAA-MM-DDT00:00:00.";
                    self.object(&pickup.path("date"), why);
                }
            }
            self.times(&pickup, &["start_time", "end_time"]);
        }
        if let Some(delivery) = self.child(&node, "delivery") {
            self.flag(&delivery, "service_needed");
            // 0 or 1, not false or true: API reference, "Generate".
            self.integer(&delivery, "only_working_days", 0, 1);
            self.times(&delivery, &["date", "start_time", "end_time"]);
        }
    }
}

/// `2021-01-29T00:00:00`
fn is_midnight(text: &str) -> bool {
    let day = text.strip_suffix("T00:00:00").unwrap_or_default();
    let shaped = day.len() == 10 && day.bytes().filter(|b| *b == b'-').count() == 2;
    shaped && day.parse::<jiff::civil::Date>().is_ok()
}

/// Members that must be texts.
pub(super) fn texts<'a, const N: usize>(body: &'a Value, names: [&str; N]) -> Result<[&'a str; N], Flaws> {
    let mut check = Check::default();
    let root = Node::root(body);
    let texts = names.map(|name| check.text(&root, name).unwrap_or_default());
    check.done(Some(texts))
}

/// API reference, "Rate": camelCase, and `packages` is a list.
pub(super) fn rate(body: &Value) -> Result<Rate, Flaws> {
    let mut check = Check::default();
    let root = Node::root(body);
    let mut end = |name: &str| {
        let node = check.child(&root, name)?;
        check.postal_code(&node, "postalCode")
    };
    let (origin, destination) = (end("origin"), end("destination"));
    let list = check.list(&root, "packages").unwrap_or_default();
    if list.is_empty() && !root.is_null("packages") {
        check.object("packages", "se requiere al menos un paquete.");
    }
    let packages: Option<Vec<Package>> = list.iter().map(|n| package(&mut check, n)).collect();
    let rate = (|| Some(Rate { origin: origin?, destination: destination?, packages: packages? }))();
    check.done(rate)
}

fn package(check: &mut Check, node: &Node) -> Option<Package> {
    check.filled(node, "content");
    check.filled(node, "type");
    check.unit(node, "weightUnit", "KGS");
    check.unit(node, "lengthUnit", "MTS");
    let amount = check.integer(node, "amount", 1, 10_000);
    let sides = check.sides(node);
    let weight = check.positive(node, "weight", HEAVIEST);
    let insurance = check.number(node, "insurance");
    let declared = check.number(node, "declaredValue");
    Some(Package { amount: amount?, sides: sides?, weight: weight?, insured: insurance? > 0.0, declared: declared? })
}

/// API reference, "Generate": snake_case, and `packages` is an object.
pub(super) fn pickup(body: &Value) -> Result<Pickup, Flaws> {
    let mut check = Check::default();
    let root = Node::root(body);
    check.party(&root, "shipper");
    check.party(&root, "consignee");
    let mut observations = None;
    if let Some(services) = check.child(&root, "services") {
        observations = check.text(&services, "observations").map(str::to_owned);
        check.integer(&services, "service_type", 0, 99);
        check.integer(&services, "shipping_type", 0, 99);
    }
    check.accessorials(&root);
    let packages = details(&mut check, &root);
    let mut references = Vec::new();
    for node in check.list(&root, "references").unwrap_or_default() {
        check.integer(&node, "almex_reference_id", 0, i64::from(i32::MAX));
        let reference = check.filled(&node, "customer_reference");
        references.extend(reference.map(str::to_owned));
    }
    let pickup = (|| Some(Pickup { observations: observations?, references, packages: packages? }))();
    check.done(pickup)
}

fn details(check: &mut Check, root: &Node) -> Option<Vec<String>> {
    let node = check.child(root, "packages")?;
    check.unit(&node, "weight_unit", "KGS");
    check.unit(&node, "length_unit", "MTS");
    let list = check.list(&node, "details")?;
    if list.is_empty() {
        check.object("packages.details", "se requiere al menos un paquete.");
    }
    let mut packages = Vec::new();
    for node in &list {
        let kind = check.filled(node, "package");
        let quantity = check.integer(node, "quantity", 1, 10_000);
        check.sides(node);
        check.positive(node, "weight", HEAVIEST);
        packages.extend(kind.zip(quantity).map(|(kind, n)| format!("{kind} x {n}")));
    }
    Some(packages)
}
