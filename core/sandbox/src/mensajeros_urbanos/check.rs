//! Which requests Mensajeros Urbanos refuses: every field by its documented type, one line a complaint.
//! Not for what is done with the good ones.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use serde_json::Value;
use std::fmt::Display;

/// Points of the sandbox's account that need not be among the coordinates: the API reference's sample buys at point 2, which is not.
const SAVED_POINTS: [i64; 2] = [1, 2];
/// API reference: 1 to 5. The others are from public integrations.
const CITIES: [i64; 9] = [1, 2, 3, 4, 5, 8, 9, 10, 11];

/// What a request is judged by.
pub(super) struct Rules {
    pub(super) user: i64,
    /// An order; a question for a price otherwise.
    pub(super) create: bool,
    pub(super) order_id_integer: bool,
    /// Bogotá's clock.
    pub(super) now: DateTime,
}

/// A request that was found good.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) kind: i64,
    pub(super) round_trip: bool,
    pub(super) city: i64,
    /// `None` when only a price was asked.
    pub(super) start: Option<DateTime>,
    pub(super) observation: Option<String>,
    /// 0 when none was sent.
    pub(super) declared_value: i64,
    pub(super) points: Vec<Point>,
}

impl Order {
    /// The first delivery's order id, or any point's.
    pub(super) fn reference(&self) -> Option<&str> {
        let deliveries = self.points.iter().filter(|point| !point.pickup);
        deliveries.chain(&self.points).find_map(|point| point.order_id.as_deref())
    }
}

#[derive(Debug)]
pub(super) struct Point {
    pub(super) pickup: bool,
    pub(super) address: String,
    pub(super) description: Option<String>,
    pub(super) order_id: Option<String>,
    /// Latitude and longitude, when they were sent.
    pub(super) place: Option<(f64, f64)>,
}

/// Which task `/task` asks for.
pub(super) enum Wanted {
    Id(i64),
    Uuid(String),
}

impl Wanted {
    pub(super) fn is(&self, id: i64, uuid: &str) -> bool {
        match self {
            Wanted::Id(wanted) => *wanted == id,
            Wanted::Uuid(wanted) => wanted == uuid,
        }
    }
}

/// A value and where it stands, such as `coordinates[1].address`.
pub(super) struct Node<'a> {
    pub(super) path: String,
    pub(super) value: &'a Value,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        let path = String::new();
        Node { path, value }
    }

    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub(super) fn get(&self, name: &str) -> Option<Node<'a>> {
        let value = self.value.get(name)?;
        let path = self.path(name);
        Some(Node { path, value })
    }

    pub(super) fn items(&self) -> Vec<Node<'a>> {
        let all = self.value.as_array().map_or(&[][..], Vec::as_slice);
        let item = |(at, value)| Node { path: format!("{}[{at}]", self.path), value };
        all.iter().enumerate().map(item).collect()
    }
}

/// The complaints so far, as the reply has them.
#[derive(Default)]
pub(super) struct Check {
    message: String,
}

impl Check {
    pub(super) fn complain(&mut self, path: &str, text: impl Display) {
        self.message.push_str(&format!("[{path}] {text}\n"));
    }

    pub(super) fn wrong_type(&mut self, node: &Node, wanted: &str) {
        let found = match node.value {
            Value::Null => "NULL",
            Value::Bool(_) => "Boolean",
            Value::Number(_) => "Number",
            Value::String(_) => "String",
            Value::Array(_) => "Array",
            Value::Object(_) => "Object",
        };
        self.complain(&node.path, format!("{found} value found, but {wanted} is required"));
    }

    pub(super) fn need<'a>(&mut self, parent: &Node<'a>, name: &str) -> Option<Node<'a>> {
        let found = parent.get(name);
        if found.is_none() {
            self.complain(&parent.path(name), format!("The property {name} is required"));
        }
        found
    }

    /// A whole number, or a text that is one: the API reference writes `1` and `"1"` for the same thing.
    fn integer(&mut self, node: &Node, good: impl Fn(i64) -> bool) -> Option<i64> {
        let number = match node.value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong_type(node, "an integer");
        }
        let number = number?;
        if !good(number) {
            self.complain(&node.path, format!("The value {number} is not allowed"));
            return None;
        }
        Some(number)
    }

    fn need_integer(&mut self, parent: &Node, name: &str, good: impl Fn(i64) -> bool) -> Option<i64> {
        let node = self.need(parent, name)?;
        self.integer(&node, good)
    }

    fn may_integer(&mut self, parent: &Node, name: &str, good: impl Fn(i64) -> bool) -> Option<i64> {
        let node = parent.get(name)?;
        self.integer(&node, good)
    }

    pub(super) fn text(&mut self, node: &Node) -> Option<String> {
        if !node.value.is_string() {
            self.wrong_type(node, "a string");
        }
        node.value.as_str().map(str::to_owned)
    }

    pub(super) fn need_text(&mut self, parent: &Node, name: &str) -> Option<String> {
        let node = self.need(parent, name)?;
        let text = self.text(&node)?;
        if text.trim().is_empty() {
            self.complain(&node.path, "Must be at least 1 characters long");
            return None;
        }
        Some(text)
    }

    pub(super) fn may_text(&mut self, parent: &Node, name: &str) -> Option<String> {
        let node = parent.get(name)?;
        self.text(&node)
    }

    fn degrees(&mut self, node: &Node, low: f64, high: f64) -> Option<f64> {
        let number = match node.value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let number = number.filter(|n: &f64| n.is_finite());
        if number.is_none() {
            self.wrong_type(node, "a number");
        }
        let number = number?;
        if !(low..=high).contains(&number) {
            self.complain(&node.path, format!("The value {number} is not in Colombia"));
            return None;
        }
        Some(number)
    }

    fn user(&mut self, root: &Node, user: i64) {
        if let Some(sent) = self.need_integer(root, "id_user", |_| true)
            && sent != user
        {
            self.complain("id_user", "The user does not belong to the client");
        }
    }

    pub(super) fn done<T>(self, value: Option<T>) -> Result<T, String> {
        match value {
            Some(value) if self.message.is_empty() => Ok(value),
            _ => Err(self.message),
        }
    }
}

/// API reference, "Calcular el valor de un servicio" and "Crear servicio".
pub(super) fn order(body: &Value, rules: &Rules) -> Result<Order, String> {
    let mut check = Check::default();
    let root = Node::root(body);
    check.user(&root, rules.user);
    let kind = check.need_integer(&root, "type_service", |kind| (1..=99).contains(&kind));
    let round_trip = check.need_integer(&root, "roundtrip", |n| n == 0 || n == 1);
    let city = check.need_integer(&root, "city", |city| CITIES.contains(&city));
    let mut start = None;
    let mut observation = None;
    if rules.create {
        start = self::start(&mut check, &root, rules.now);
        check.need_integer(&root, "user_payment_type", |kind| (1..=3).contains(&kind));
        check.need_integer(&root, "type_task_cargo_id", |kind| (1..=99).contains(&kind));
        check.may_integer(&root, "type_segmentation", |kind| kind >= 0);
        check.may_integer(&root, "declared_value", |pesos| pesos >= 0);
        observation = check.may_text(&root, "observation");
    }
    let declared_value = body.get("declared_value").and_then(Value::as_i64).unwrap_or_default();
    let points = points(&mut check, &root, rules);
    let order = (|| {
        let (kind, round_trip, city, points) = (kind?, round_trip? == 1, city?, points?);
        Some(Order { kind, round_trip, city, start, observation, declared_value, points })
    })();
    check.done(order)
}

pub(super) fn start(check: &mut Check, root: &Node, now: DateTime) -> Option<DateTime> {
    let date = check.need_text(root, "start_date");
    let time = check.need_text(root, "start_time");
    let date = date.and_then(|text| {
        let date = shaped(&text, b"____-__-__").and_then(|t| t.parse::<Date>().ok());
        if date.is_none() {
            check.complain("start_date", format!("Invalid date {text:?}, expected format YYYY-MM-DD"));
        }
        date
    });
    let time = time.and_then(|text| {
        let time = shaped(&text, b"__:__:__").and_then(|t| t.parse::<Time>().ok());
        if time.is_none() {
            check.complain("start_time", format!("Invalid time {text:?}, expected format hh:mm:ss"));
        }
        time
    });
    let start = date?.to_datetime(time?);
    // A day of grace: the clocks of shops are not that bad, but their zones are.
    if now.checked_sub(1.day()).is_ok_and(|limit| start < limit) {
        check.complain("start_date", "The start date is in the past");
        return None;
    }
    Some(start)
}

/// The text, if it has digits where the pattern has `_` and the pattern's own characters elsewhere.
fn shaped<'a>(text: &'a str, pattern: &[u8]) -> Option<&'a str> {
    let fits = |(c, p): (u8, &u8)| {
        if *p == b'_' { c.is_ascii_digit() } else { c == *p }
    };
    let good = text.len() == pattern.len() && text.bytes().zip(pattern).all(fits);
    good.then_some(text)
}

fn points(check: &mut Check, root: &Node, rules: &Rules) -> Option<Vec<Point>> {
    let list = check.need(root, "coordinates")?;
    if !list.value.is_array() {
        check.wrong_type(&list, "an array");
        return None;
    }
    let nodes = list.items();
    // Where something can be bought: the points of this order and those that the account has saved.
    let mut stores = SAVED_POINTS.to_vec();
    let mut points = Vec::new();
    let mut pickups = 0;
    let mut unread = false;
    for node in &nodes {
        if !node.value.is_object() {
            check.wrong_type(node, "an object");
            unread = true;
            continue;
        }
        let kind = check.need_integer(node, "type", |kind| kind == 0 || kind == 1);
        stores.extend(check.may_integer(node, "id_point", |id| id > 0));
        unread |= kind.is_none();
        pickups += usize::from(kind == Some(0));
        let point = point(check, node, kind == Some(0), rules);
        points.extend(point);
    }
    if !unread {
        if pickups == 0 {
            check.complain("coordinates", "At least one pickup (type 0) is required");
        }
        if pickups == nodes.len() {
            check.complain("coordinates", "At least one delivery (type 1) is required");
        }
    }
    if rules.create {
        for node in nodes.iter().filter_map(|node| node.get("products")) {
            products(check, &node, &stores);
        }
    }
    Some(points)
}

fn point(check: &mut Check, node: &Node, pickup: bool, rules: &Rules) -> Option<Point> {
    let address = check.need_text(node, "address");
    check.need_text(node, "city");
    let place = match (node.get("lat"), node.get("lng")) {
        (None, None) => None,
        (Some(lat), Some(lng)) => {
            let lat = check.degrees(&lat, -4.3, 13.5);
            let lng = check.degrees(&lng, -82.0, -66.0);
            lat.zip(lng)
        }
        (lat, _) => {
            let missing = if lat.is_some() { "lng" } else { "lat" };
            check.need(node, missing);
            None
        }
    };
    let mut order_id = None;
    let mut description = None;
    if rules.create {
        description = check.may_text(node, "description");
        order_id = node.get("order_id").and_then(|id| match id.value {
            Value::String(text) if !rules.order_id_integer => {
                if text.is_empty() || text.chars().count() > 60 {
                    check.complain(&id.path, "Must be 1 to 60 characters long");
                }
                Some(text.clone())
            }
            _ => check.integer(&id, |_| true).map(|id| id.to_string()),
        });
        if let Some(data) = node.get("client_data") {
            client_data(check, &data);
        }
    }
    Some(Point { pickup, address: address?, description, order_id, place })
}

fn client_data(check: &mut Check, node: &Node) {
    if !node.value.is_object() {
        check.wrong_type(node, "an object");
        return;
    }
    check.need_text(node, "client_name");
    for name in ["client_phone", "client_document", "client_email"] {
        check.may_text(node, name);
    }
    if let Some(phone) = node.get("client_phone")
        && let Some(text) = phone.value.as_str()
        && !text.chars().any(|c| c.is_ascii_digit())
    {
        check.complain(&phone.path, "The phone has no digits");
    }
    for name in ["products_value", "domicile_value"] {
        check.may_integer(node, name, |pesos| pesos >= 0);
    }
    check.may_integer(node, "payment_type", |kind| (1..=3).contains(&kind));
}

fn products(check: &mut Check, list: &Node, stores: &[i64]) {
    if !list.value.is_array() {
        check.wrong_type(list, "an array");
        return;
    }
    for node in list.items() {
        if !node.value.is_object() {
            check.wrong_type(&node, "an object");
            continue;
        }
        check.need_text(&node, "sku");
        check.need_text(&node, "product_name");
        // The API reference's third product spells it `urm_img`.
        check.may_text(&node, "url_img");
        check.may_text(&node, "urm_img");
        check.need_integer(&node, "value", |pesos| pesos >= 0);
        check.need_integer(&node, "quantity", |count| (1..=100_000).contains(&count));
        check.need_integer(&node, "id_point", |id| stores.contains(&id));
    }
}

/// The type and page that `tasksP` asks for.
pub(super) fn list(body: &Value, user: i64) -> Result<(i64, usize), String> {
    let mut check = Check::default();
    let root = Node::root(body);
    check.user(&root, user);
    let kind = check.need_integer(&root, "type", |kind| kind == 1 || kind == 2);
    let page = check.need_integer(&root, "page", |page| page >= 1);
    let page = page.and_then(|page| usize::try_from(page).ok());
    check.done(kind.zip(page))
}

/// The task that `/task` asks for.
pub(super) fn detail(body: &Value, user: i64, by_uuid: bool) -> Result<Wanted, String> {
    let mut check = Check::default();
    let root = Node::root(body);
    check.user(&root, user);
    let uuid = root.get("uuid").filter(|_| by_uuid && root.get("task_id").is_none());
    let wanted = match uuid {
        Some(node) => check.text(&node).map(Wanted::Uuid),
        None => check.need_integer(&root, "task_id", |_| true).map(Wanted::Id),
    };
    check.done(wanted)
}
