//! The same content in another spelling is replayed; other content is a conflict.

use crate::carriers::{Carrier, day};
use crate::host::Host;
use crate::row::{Row, Trial, each_carrier, fresh};
use serde_json::{Map, Value, json};

type Edit = fn(&mut Value, Carrier);

/// Other spellings of one order.
const SAME: &[(&str, Edit)] = &[
    ("weight 389.0", |order, _| order["parcels"][0]["weight"]["value"] = number("389.0")),
    ("weight 389.000", |order, _| order["parcels"][0]["weight"]["value"] = number("389.000")),
    ("weight \"389\"", |order, _| order["parcels"][0]["weight"]["value"] = json!("389")),
    ("weight \"389.00\"", |order, _| order["parcels"][0]["weight"]["value"] = json!("389.00")),
    ("weight 3.89e2", |order, _| order["parcels"][0]["weight"]["value"] = number("3.89e2")),
    ("weight with float noise", |order, _| order["parcels"][0]["weight"]["value"] = number("389.00000000000006")),
    ("weight 0.389 kg", |order, _| order["parcels"][0]["weight"] = json!({"value": 0.389, "unit": "kg"})),
    ("weight \"0.389\" kg", |order, _| order["parcels"][0]["weight"] = json!({"value": "0.389", "unit": "kg"})),
    ("weight 0.3890 kg", |order, _| {
        order["parcels"][0]["weight"] = json!({"value": number("0.3890"), "unit": "kg"});
    }),
    ("length 20.0", |order, _| order["parcels"][0]["dimensions"]["length"] = number("20.0")),
    ("length \"20\"", |order, _| order["parcels"][0]["dimensions"]["length"] = json!("20")),
    ("length with float noise", |order, _| {
        order["parcels"][0]["dimensions"]["length"] = number("20.000000000000004");
    }),
    ("dimensions in mm", |order, _| {
        order["parcels"][0]["dimensions"] = json!({"length": 200, "width": 200, "height": 150, "unit": "mm"});
    }),
    ("dimensions in m", |order, _| {
        order["parcels"][0]["dimensions"] = json!({"length": 0.2, "width": "0.20", "height": 0.15, "unit": "m"});
    }),
    ("quantity 1", |order, _| order["parcels"][0]["quantity"] = json!(1)),
    ("quantity null", |order, _| order["parcels"][0]["quantity"] = Value::Null),
    ("quantity 1.0", |order, _| order["parcels"][0]["quantity"] = number("1.0")),
    ("packaging null", |order, _| order["parcels"][0]["packaging"] = Value::Null),
    ("a parcel's declared_value null", |order, _| order["parcels"][0]["declared_value"] = Value::Null),
    ("urgent false", |order, _| order["urgent"] = json!(false)),
    ("urgent null", |order, _| order["urgent"] = Value::Null),
    ("round_trip false", |order, _| order["round_trip"] = json!(false)),
    ("with_label false", |order, _| order["with_label"] = json!(false)),
    ("tags []", |order, _| order["tags"] = json!([])),
    ("tags null", |order, _| order["tags"] = Value::Null),
    ("items []", |order, _| order["items"] = json!([])),
    ("notify []", |order, _| order["notify"] = json!([])),
    ("notes empty", |order, _| order["notes"] = json!("")),
    ("notes blank", |order, _| order["notes"] = json!("  \n")),
    ("notes null", |order, _| order["notes"] = Value::Null),
    ("service null", |order, _| order["service"] = Value::Null),
    ("service empty", |order, _| order["service"] = json!("")),
    ("pickup null", |order, _| order["pickup"] = Value::Null),
    ("pickup {}", |order, _| order["pickup"] = json!({})),
    ("pickup as PHP's []", |order, _| order["pickup"] = json!([])),
    ("cash_on_delivery null", |order, _| order["cash_on_delivery"] = Value::Null),
    ("cash_on_delivery as PHP's []", |order, _| order["cash_on_delivery"] = json!([])),
    ("declared_value null", |order, _| order["declared_value"] = Value::Null),
    ("declared_value {}", |order, _| order["declared_value"] = json!({})),
    ("options for another carrier", |order, carrier| {
        let other = if carrier == Carrier::Fruno { "mensajeros_urbanos" } else { "fruno" };
        if order["options"].is_null() {
            order["options"] = json!({});
        }
        order["options"][other] = json!({});
    }),
    ("options as PHP's []", |order, carrier| match carrier {
        Carrier::Apunto => order["options"]["apunto"]["services"] = json!([]),
        _ => order["options"] = json!([]),
    }),
    ("company empty", |order, _| order["destination"]["company"] = json!("")),
    ("company null", |order, _| order["origin"]["company"] = Value::Null),
    ("latitude null", |order, _| order["origin"]["latitude"] = Value::Null),
    ("blanks around the name", |order, _| order["destination"]["name"] = json!("  Ana Ruiz \u{a0}")),
    ("a newline after the street", |order, _| order["origin"]["street"] = json!("Calle 1\r\n")),
    ("blanks around the reference", |order, _| order["reference"] = json!(" 34344 ")),
    ("blanks around the description", |order, _| order["parcels"][0]["description"] = json!("\tCamisetas ")),
    ("an invisible mark in the phone", |order, carrier| {
        let phone = carrier.place("", "")["phone"].as_str().unwrap_or_default().to_owned();
        order["destination"]["phone"] = json!(format!("\u{202a}{phone}\u{202c}"));
    }),
    ("the names in another order", |order, _| *order = turned(order)),
    ("timeout_ms", |order, _| order["timeout_ms"] = json!(7777)),
    ("without the account", |order, _| {
        if let Value::Object(order) = order {
            order.remove("account");
        }
    }),
];

/// Another order.
const OTHER: &[(&str, Edit)] = &[
    ("weight 390 g", |order, _| order["parcels"][0]["weight"]["value"] = json!(390)),
    ("weight 389.5 g", |order, _| order["parcels"][0]["weight"]["value"] = number("389.5")),
    ("weight 3.89 kg", |order, _| order["parcels"][0]["weight"] = json!({"value": 3.89, "unit": "kg"})),
    ("height 16 cm", |order, _| order["parcels"][0]["dimensions"]["height"] = json!(16)),
    ("another name", |order, _| order["destination"]["name"] = json!("Ana Luisa Ruiz")),
    ("another case", |order, _| order["destination"]["name"] = json!("ANA RUIZ")),
    ("an accent less", |order, _| order["destination"]["street"] = json!("Calle 9a")),
    ("another phone", |order, _| order["destination"]["phone"] = json!("3214567891")),
    ("another reference", |order, _| order["reference"] = json!("34345")),
    ("another description", |order, _| order["parcels"][0]["description"] = json!("Camisas")),
];

fn number(text: &str) -> Value {
    serde_json::from_str(text).expect("a number")
}

/// Every object's names in the opposite order.
fn turned(value: &Value) -> Value {
    match value {
        Value::Object(names) => {
            let turned: Map<String, Value> =
                names.iter().rev().map(|(name, value)| (name.clone(), turned(value))).collect();
            Value::Object(turned)
        }
        Value::Array(items) => Value::Array(items.iter().map(turned).collect()),
        other => other.clone(),
    }
}

pub fn rows(rows: &mut Vec<Row>) {
    for carrier in each_carrier() {
        for (name, edit) in SAME {
            rows.push(Row::new("content", carrier.code(), "create", format!("again with {name}"), move |trial| {
                let mut second = carrier.order();
                edit(&mut second, carrier);
                twice(trial, carrier, carrier.order(), second, true);
            }));
            // The other way round: the odd spelling first.
            rows.push(Row::new("content", carrier.code(), "create", format!("first with {name}"), move |trial| {
                let mut first = carrier.order();
                edit(&mut first, carrier);
                twice(trial, carrier, first, carrier.order(), true);
            }));
        }
        for (name, edit) in OTHER {
            rows.push(Row::new("content", carrier.code(), "create", format!("another: {name}"), move |trial| {
                let mut second = carrier.order();
                edit(&mut second, carrier);
                twice(trial, carrier, carrier.order(), second, false);
            }));
        }
        rows.push(Row::new("content", carrier.code(), "create", "again in another Unicode form", move |trial| {
            let (mut first, mut second) = (carrier.order(), carrier.order());
            first["destination"]["name"] = json!("Andrés Muñoz");
            second["destination"]["name"] = json!("Andre\u{301}s Mun\u{303}oz");
            twice(trial, carrier, first, second, true);
        }));
    }
    // Money, where the carrier takes it.
    for (carrier, currency) in [(Carrier::MensajerosUrbanos, "COP"), (Carrier::Almex, "MXN")] {
        for written in ["10000", "\"10000\"", "\"10000.00\"", "10000.0", "1e4", "10000.000000001"] {
            rows.push(Row::new("content", carrier.code(), "create", format!("money as {written}"), move |trial| {
                let (mut first, mut second) = (carrier.order(), carrier.order());
                first["declared_value"] = json!({"amount": "10000.0", "currency": currency});
                second["declared_value"] = json!({"amount": number(written), "currency": currency});
                twice(trial, carrier, first, second, true);
            }));
        }
    }
    for (name, value, same) in [("1.0", "1.0", true), ("2", "2", false)] {
        rows.push(Row::new(
            "content",
            "mensajeros_urbanos",
            "create",
            format!("type_segmentation {name}"),
            move |trial| {
                let carrier = Carrier::MensajerosUrbanos;
                let (mut first, mut second) = (carrier.order(), carrier.order());
                first["options"] = json!({carrier.code(): {"type_segmentation": 1}});
                second["options"] = json!({carrier.code(): {"type_segmentation": number(value)}});
                twice(trial, carrier, first, second, same);
            },
        ));
    }
    rows.push(Row::new("content", "almex", "create", "a pickup's hours written otherwise", |trial| {
        let carrier = Carrier::Almex;
        let (mut first, mut second) = (carrier.order(), carrier.order());
        first["pickup"] = json!({"date": day(3), "from": "09:00", "to": "13:00"});
        second["pickup"] = json!({"to": " 13:00", "from": "09:00 ", "date": format!(" {} ", day(3))});
        twice(trial, carrier, first, second, true);
    }));
}

fn twice(trial: &mut Trial, carrier: Carrier, mut first: Value, mut second: Value, same: bool) {
    first["idempotency_key"] = json!("pedido-1");
    second["idempotency_key"] = json!("pedido-1");
    let host = Host::new(carrier);
    let Some(client) = trial.open(&host.config(&json!({"state": fresh("state.db")}))) else { return };
    let made = trial.ask_text(&client, "create", &first.to_string());
    trial.want(made.ok(), "the first is made");
    let again = trial.ask_text(&client, "create", &second.to_string());
    if same {
        trial.want(again.ok(), format!("the second is the first: {}", again.code()));
        trial.want(again.at("/data/replayed") == true, "`replayed` is true");
        trial.want(again.at("/data/id") == made.at("/data/id"), "the same id");
    } else {
        trial.wants_error(&again, &["conflict"], &["none", "done"]);
    }
    trial.made(&host, 1);
}
