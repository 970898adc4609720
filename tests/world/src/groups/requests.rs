//! Requests as people write them: order numbers with letters, cities by all their names, phones from a contact book,
//! days that are past, typos among a carrier's own fields, numbers with noise.

use crate::carriers::{Carrier, day};
use crate::host::{Act, Host};
use crate::row::{Answer, Row, Trial, WantOk, each_carrier, fresh};
use serde_json::{Value, json};

type Edit = fn(&mut Value);

pub fn rows(rows: &mut Vec<Row>) {
    order_numbers(rows);
    cities(rows);
    for carrier in each_carrier() {
        phones(rows, carrier);
        refusals(rows, carrier);
        options(rows, carrier);
        empty_lists(rows, carrier);
    }
    lengths(rows);
    noise(rows);
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).expect("a number")
}

/// The request that made the shipment, as the carrier got it.
fn sent(host: &Host) -> String {
    host.seen().iter().map(|asked| format!("{} {}\n", asked.query, String::from_utf8_lossy(&asked.body))).collect()
}

fn order_numbers(rows: &mut Vec<Row>) {
    const MU: Carrier = Carrier::MensajerosUrbanos;
    for (reference, whole) in [
        ("1001", true),
        ("34344", true),
        ("2147483647", true),
        ("#1001", false),
        ("SO0042", false),
        ("XKBKNABJK", false),
        ("1001-A", false),
        ("10 01", false),
        ("1001.5", false),
        ("-5", false),
        ("+5", false),
        ("1e3", false),
        ("0x1F", false),
        ("007", false),
        ("\u{661}\u{660}\u{660}", false),
        ("Nº 12", false),
        ("12345678901234567890123", false),
        ("pedido/2026/11", false),
        ("1.001", false),
        ("1,001", false),
    ] {
        for (name, key, notes) in [("", false, false), (" with a key", true, false), (" with notes", true, true)] {
            let condition = format!("the reference {reference}{name}");
            rows.push(Row::new("requests", MU.code(), "create", condition, move |trial| {
                let host = Host::new(MU);
                let Some(client) = trial.open(&host.config(&json!({"state": fresh("state.db")}))) else { return };
                let mut order = MU.order();
                order["reference"] = json!(reference);
                if key {
                    order["idempotency_key"] = json!("pedido-1");
                }
                if notes {
                    order["destination"]["instructions"] = json!("Portería");
                    order["notes"] = json!("Frágil");
                }
                let answer = trial.ask(&client, "create", order);
                trial.wants(&answer, &WantOk(vec![("/data/reference", json!(reference))]));
                let asked = host.last("create");
                trial.sent(&asked);
                let points = asked.json["coordinates"].as_array().cloned().unwrap_or_default();
                let delivery = points.get(1).cloned().unwrap_or_default();
                for point in &points {
                    let id = &point["order_id"];
                    trial.want(id.is_null() || id.is_u64(), format!("order_id is a whole number or absent: {id}"));
                }
                let description = delivery["description"].as_str().unwrap_or_default().to_owned();
                if whole {
                    let id = delivery["order_id"].to_string();
                    trial.want(id == reference, format!("order_id is {id}"));
                } else {
                    trial.want(delivery["order_id"].is_null(), "order_id is left out");
                    trial.want(description.contains(reference), format!("the description is {description:?}"));
                }
                if notes {
                    let body = String::from_utf8_lossy(&asked.body).into_owned();
                    trial.want(body.contains("Frágil"), "the notes are sent");
                }
            }));
        }
        // And it's found again.
        if !whole {
            rows.push(Row::new(
                "requests",
                MU.code(),
                "create (lost)",
                format!("the reference {reference}"),
                move |trial| {
                    let host = Host::new(MU);
                    host.plan(
                        |asked, before| if asked.op == "create" && before == 0 { Act::lost() } else { Act::Good },
                    );
                    let Some(client) = trial.open(&host.config(&json!({"state": fresh("state.db")}))) else { return };
                    let mut order = MU.keyed("pedido-1");
                    order["reference"] = json!(reference);
                    trial.ask(&client, "create", order.clone());
                    std::thread::sleep(std::time::Duration::from_millis(150));
                    let again = trial.ask(&client, "create", order);
                    trial.wants(&again, &WantOk(vec![("/data/replayed", json!(true))]));
                    let point = &host.last("create").json["coordinates"][1];
                    trial.want(point["order_id"].is_null(), "order_id is left out");
                    trial.made(&host, 1);
                },
            ));
        }
    }
}

fn cities(rows: &mut Vec<Row>) {
    const MU: Carrier = Carrier::MensajerosUrbanos;
    let names: &[(&str, u64)] = &[
        ("Bogotá", 1),
        ("bogota", 1),
        ("BOGOTÁ", 1),
        ("Bogotá, D.C.", 1),
        ("Bogotá D.C.", 1),
        ("Bogota DC", 1),
        ("Bogotá D. C.", 1),
        ("Bogotá, Cundinamarca", 1),
        ("Santa Fe de Bogotá", 1),
        ("Santafé de Bogotá D.C.", 1),
        ("  Bogotá  ", 1),
        ("Bogota\u{301}", 1),
        ("Bogotá, Colombia", 1),
        ("Bogotá (Cundinamarca)", 1),
        ("Cali", 2),
        ("Santiago de Cali", 2),
        ("Cali, Valle del Cauca", 2),
        ("CALI - VALLE", 2),
        ("Medellín", 3),
        ("Medellin, Antioquia", 3),
        ("Barranquilla", 4),
        ("Barranquilla, Atlántico", 4),
        ("Villavicencio, Meta", 5),
        ("Cartagena", 8),
        ("Cartagena de Indias", 8),
        ("Cartagena, Bolívar", 8),
        ("Cartagena de Indias, Bolívar", 8),
        ("Santa Marta", 9),
        ("Santa Marta, Magdalena", 9),
        ("Bucaramanga, Santander", 10),
        ("Ibagué", 11),
        ("Ibague, Tolima", 11),
    ];
    let codes: &[(&str, u64)] = &[
        ("11001", 1),
        ("76001", 2),
        ("05001", 3),
        ("08001", 4),
        ("50001", 5),
        ("13001", 8),
        ("47001", 9),
        ("68001", 10),
        ("73001", 11),
    ];
    let mut add = |method: &'static str, field: &'static str, value: &'static str, wanted: Option<u64>| {
        let condition = format!("the {field} {value:?}");
        rows.push(Row::new("requests", MU.code(), method, condition, move |trial| {
            let host = Host::new(MU);
            let mut config = host.config(&json!({}));
            if let Value::Object(account) = &mut config["accounts"][0] {
                account.remove("city");
            }
            let Some(client) = trial.open(&config) else { return };
            let mut request = if method == "quote" { MU.quote() } else { MU.order() };
            for end in ["origin", "destination"] {
                if field == "district_code"
                    && let Value::Object(place) = &mut request[end]
                {
                    place.remove("city");
                }
                request[end][field] = json!(value);
            }
            let answer = trial.ask(&client, method, request);
            if let Some(wanted) = wanted {
                trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
                let city = &host.last(method).json["city"];
                trial.want(city == &json!(wanted), format!("the city sent is {city}"));
            } else {
                trial.wants_error(&answer, &["invalid_request"], &["none"]);
                let said = answer.0.to_string();
                trial.want(said.contains("Bogot") && said.contains("Cali"), "the known cities are listed");
                trial.want(said.contains(value), "the given one is quoted");
                trial.want(host.count(method) == 0, "nothing was sent");
            }
        }));
    };
    for (name, id) in names {
        for method in ["quote", "create"] {
            add(method, "city", name, Some(*id));
        }
    }
    for (code, id) in codes {
        for method in ["quote", "create"] {
            add(method, "district_code", code, Some(*id));
        }
    }
    for name in ["Springfield", "Calima", "Santa Rosa de Cali", "Nueva Bogotá del Sur"] {
        for method in ["quote", "create"] {
            add(method, "city", name, None);
        }
    }
}

fn phones(rows: &mut Vec<Row>, carrier: Carrier) {
    for (name, before, after) in [
        ("LRE and PDF", "\u{202a}", "\u{202c}"),
        ("LRM", "\u{200e}", ""),
        ("RLM inside", "", "\u{200f}"),
        ("isolates", "\u{2066}", "\u{2069}"),
        ("a zero-width space", "\u{200b}", ""),
        ("a BOM", "\u{feff}", ""),
        ("LRO", "\u{202d}", "\u{202c}"),
    ] {
        rows.push(Row::new("requests", carrier.code(), "create", format!("a phone with {name}"), move |trial| {
            let host = Host::new(carrier);
            let Some(client) = trial.open(&host.config(&json!({}))) else { return };
            let mut order = carrier.order();
            for end in ["origin", "destination"] {
                let phone = order[end]["phone"].as_str().unwrap_or_default().to_owned();
                let (first, rest) = phone.split_at(4);
                order[end]["phone"] = json!(format!("{before}{first}{after}{rest}"));
            }
            let answer = trial.ask(&client, "create", order);
            trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
            let sent = sent(&host);
            for mark in [before, after] {
                trial.want(mark.is_empty() || !sent.contains(mark), "no mark is sent");
            }
            if carrier != Carrier::Apunto {
                let phone = carrier.place("", "")["phone"].as_str().unwrap_or_default().to_owned();
                trial.want(sent.contains(&phone), format!("{phone} is sent"));
            }
            trial.made(&host, 1);
        }));
    }
}

/// Values that are refused before anything is sent, and quoted.
fn refusals(rows: &mut Vec<Row>, carrier: Carrier) {
    let past: Edit = |order| order["pickup"] = json!({"date": day(-3)});
    let long_past: Edit = |order| order["pickup"] = json!({"date": "2019-05-02", "from": "09:00", "to": "13:00"});
    let cases: Vec<(&str, Edit, &str, &str)> = vec![
        ("a pickup three days ago", past, "pickup", ""),
        ("a pickup years ago", long_past, "pickup", "2019-05-02"),
        (
            "a pickup that ends before it begins",
            |order| order["pickup"] = json!({"date": day(3), "from": "13:00", "to": "09:00"}),
            "pickup",
            "",
        ),
        ("a latitude of 91", |order| order["origin"]["latitude"] = json!(91), "origin.latitude", "91"),
        (
            "a latitude of -90.5",
            |order| order["destination"]["latitude"] = json!(-90.5),
            "destination.latitude",
            "-90.5",
        ),
        (
            "a latitude of \"4609.7\"",
            |order| order["origin"]["latitude"] = json!("4609.7"),
            "origin.latitude",
            "4609.7",
        ),
        ("a longitude of 740", |order| order["origin"]["longitude"] = json!(740), "origin.longitude", "740"),
    ];
    for (name, edit, field, word) in cases {
        let methods: &[&'static str] =
            if carrier == Carrier::Apunto || field == "pickup" { &["create"] } else { &["create", "quote"] };
        for method in methods.iter().copied() {
            rows.push(Row::new("requests", carrier.code(), method, name, move |trial| {
                let host = Host::new(carrier);
                let Some(client) = trial.open(&host.config(&json!({}))) else { return };
                let mut request = if method == "quote" { carrier.quote() } else { carrier.order() };
                edit(&mut request);
                let answer = trial.ask(&client, method, request);
                refused(trial, &host, &answer, field, word);
            }));
        }
    }
    // Dots for thousands, in every place where money is.
    for (written, odd) in [
        ("12.500", true),
        ("1.250", true),
        ("1.234.567", true),
        ("1,234.50", true),
        ("12500,5", true),
        ("-5", true),
        ("12500.00", false),
        ("12500.5", false),
    ] {
        let currency = match carrier {
            Carrier::Fruno => "CRC",
            Carrier::MensajerosUrbanos | Carrier::MensajerosUrbanosV2 => "COP",
            _ => "MXN",
        };
        for place in ["declared_value", "parcels/0/declared_value", "cash_on_delivery/amount", "insured_value"] {
            let taken = carrier == Carrier::Almex && place == "declared_value";
            if !(odd || taken) {
                continue;
            }
            let method = if place == "insured_value" { "quote" } else { "create" };
            if method == "quote" && carrier == Carrier::Apunto {
                continue;
            }
            rows.push(Row::new("requests", carrier.code(), method, format!("{written:?} as {place}"), move |trial| {
                let host = Host::new(carrier);
                let Some(client) = trial.open(&host.config(&json!({}))) else { return };
                let mut request = if method == "quote" { carrier.quote() } else { carrier.order() };
                let money = json!({"amount": written, "currency": currency});
                match place {
                    "parcels/0/declared_value" => request["parcels"][0]["declared_value"] = money,
                    "cash_on_delivery/amount" => {
                        request["cash_on_delivery"] = json!({"amount": money, "method": "cash"})
                    }
                    place => request[place] = money,
                }
                let answer = trial.ask(&client, method, request);
                if odd {
                    let field = place.replace("/0/", "[0].").replace('/', ".");
                    refused(trial, &host, &answer, &field, written);
                } else {
                    trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
                }
            }));
        }
    }
    for (name, edit, word) in [
        ("weight unit KGS", (|order| order["parcels"][0]["weight"]["unit"] = json!("kgs")) as Edit, "kg"),
        ("dimensions unit cms", |order| order["parcels"][0]["dimensions"]["unit"] = json!("cms"), "cm"),
        (
            "cash on delivery by cahs",
            |order| {
                order["cash_on_delivery"] = json!({"amount": {"amount": "1", "currency": "COP"}, "method": "cahs"});
            },
            "cash",
        ),
        (
            "an event deliverd",
            |order| order["notify"] = json!([{"email": "a@example.com", "events": ["deliverd"]}]),
            "delivered",
        ),
    ] {
        rows.push(Row::new("requests", carrier.code(), "create", name, move |trial| {
            let host = Host::new(carrier);
            let Some(client) = trial.open(&host.config(&json!({}))) else { return };
            let mut order = carrier.order();
            edit(&mut order);
            let answer = trial.ask(&client, "create", order);
            trial.wants_error(&answer, &["invalid_request"], &["none"]);
            let said = answer.0.to_string();
            trial.want(said.contains("did you mean") && said.contains(word), format!("did you mean {word}"));
            trial.made(&host, 0);
        }));
    }
}

fn refused(trial: &mut Trial, host: &Host, answer: &Answer, field: &str, word: &str) {
    trial.wants_error(answer, &["invalid_request"], &["none"]);
    let fields = answer.fields();
    trial.want(fields.iter().any(|one| one.starts_with(field)), format!("{field} is named: {fields:?}"));
    trial.want(answer.0.to_string().contains(word), format!("{word} is quoted"));
    trial.want(host.seen().is_empty(), "nothing was sent");
}

/// A carrier's own fields: a typo is refused, and `+` sends what the table doesn't have.
fn options(rows: &mut Vec<Row>, carrier: Carrier) {
    let (typo, right) = match carrier {
        Carrier::Fruno => ("observacione", "observaciones"),
        Carrier::MensajerosUrbanos => ("type_segmentatoin", "type_segmentation"),
        Carrier::MensajerosUrbanosV2 => ("descripton", "description"),
        Carrier::Apunto => ("goods_descripton", "goods_description"),
        Carrier::Almex => ("acessorials", "accessorials"),
    };
    rows.push(Row::new("requests", carrier.code(), "create", format!("a typo in options: {typo}"), move |trial| {
        let host = Host::new(carrier);
        let Some(client) = trial.open(&host.config(&json!({}))) else { return };
        let mut order = carrier.order();
        if order["options"].is_null() {
            order["options"] = json!({carrier.code(): {}});
        }
        order["options"][carrier.code()][typo] =
            if carrier == Carrier::Almex { json!({"insurance": {}}) } else { json!(1) };
        let answer = trial.ask(&client, "create", order);
        trial.wants_error(&answer, &["invalid_request"], &["none"]);
        let said = answer.0.to_string();
        trial.want(said.contains("did you mean") && said.contains(right), format!("did you mean {right}"));
        let named = answer.fields().iter().any(|field| field.starts_with("options.") && field.ends_with(typo));
        trial.want(named, format!("the field is named: {:?}", answer.fields()));
        trial.want(host.seen().is_empty(), "nothing was sent");
    }));
    for (name, field) in [("a name that isn't known at all", "campo_nuevo_2027"), ("a blank name", " ")] {
        rows.push(Row::new("requests", carrier.code(), "create", format!("options: {name}"), move |trial| {
            let host = Host::new(carrier);
            let Some(client) = trial.open(&host.config(&json!({}))) else { return };
            let mut order = carrier.order();
            if order["options"].is_null() {
                order["options"] = json!({carrier.code(): {}});
            }
            order["options"][carrier.code()][field] = json!("valor");
            let answer = trial.ask(&client, "create", order);
            trial.wants_error(&answer, &["invalid_request"], &["none"]);
            trial.want(host.seen().is_empty(), "nothing was sent");
        }));
    }
    for value in [json!("valor"), json!(7), json!({"dentro": [1, "dos"]})] {
        let condition = format!("options: +campo_nuevo_2027 {value}");
        rows.push(Row::new("requests", carrier.code(), "create", condition, move |trial| {
            let host = Host::new(carrier);
            let Some(client) = trial.open(&host.config(&json!({}))) else { return };
            let mut order = carrier.order();
            if order["options"].is_null() {
                order["options"] = json!({carrier.code(): {}});
            }
            order["options"][carrier.code()]["+campo_nuevo_2027"] = value.clone();
            let answer = trial.ask(&client, "create", order);
            trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
            let body = host.last("create").json;
            let body = if carrier == Carrier::Apunto { &body["operation"] } else { &body };
            trial.want(body["campo_nuevo_2027"] == value, format!("sent {}", body["campo_nuevo_2027"]));
            trial.want(body["+campo_nuevo_2027"].is_null(), "the + isn't sent");
            trial.made(&host, 1);
        }));
    }
    if carrier != Carrier::Apunto {
        rows.push(Row::new("requests", carrier.code(), "quote", "options: a name that isn't known", move |trial| {
            let host = Host::new(carrier);
            let Some(client) = trial.open(&host.config(&json!({}))) else { return };
            let mut request = carrier.quote();
            request["options"] = json!({carrier.code(): {"campo_nuevo_2027": "x"}});
            let answer = trial.ask(&client, "quote", request);
            trial.wants_error(&answer, &["invalid_request"], &["none"]);
        }));
        rows.push(Row::new("requests", carrier.code(), "quote", "options: +campo_nuevo_2027", move |trial| {
            let host = Host::new(carrier);
            let Some(client) = trial.open(&host.config(&json!({}))) else { return };
            let mut request = carrier.quote();
            request["options"] = json!({carrier.code(): {"+campo_nuevo_2027": "valor"}});
            let answer = trial.ask(&client, "quote", request);
            trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
            let asked = host.last("quote");
            let there = asked.json["campo_nuevo_2027"] == "valor"
                || asked.param("campo_nuevo_2027").as_deref() == Some("valor");
            trial.want(there, "it is sent");
        }));
    }
    let (operation, params, op) = match carrier {
        Carrier::Fruno => (
            "addresses.create",
            json!({"nombre": "Bodega norte", "detalle": "Del parque 100 m", "código_distrito": "11501"}),
            "address",
        ),
        Carrier::MensajerosUrbanos => ("tasks.list", json!({"type": 1, "page": 1}), "list"),
        Carrier::MensajerosUrbanosV2 => (
            "stores.create",
            json!({"id_point": "TIENDA-7", "name": "Norte", "address": "Calle 1", "city": 1}),
            "store",
        ),
        Carrier::Apunto => (
            "operations.create",
            json!({"operation": {"contact_code": "ACME", "kind": "domestic", "mode": "land"}}),
            "create",
        ),
        Carrier::Almex => ("tracking.last_event", json!({"id": "07053846188"}), "track"),
    };
    rows.push(Row::new("requests", carrier.code(), "call", "params: +campo_nuevo_2027", move |trial| {
        let host = Host::new(carrier);
        let Some(client) = trial.open(&host.config(&json!({}))) else { return };
        let mut params = params.clone();
        let inner = if carrier == Carrier::Apunto { &mut params["operation"] } else { &mut params };
        inner["+campo_nuevo_2027"] = json!("valor");
        let request = json!({"account": carrier.code(), "operation": operation, "params": params});
        let answer = trial.ask(&client, "call", request);
        trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
        let asked = host.last(op);
        let body = if carrier == Carrier::Apunto { &asked.json["operation"] } else { &asked.json };
        let there = body["campo_nuevo_2027"] == "valor" || asked.param("campo_nuevo_2027").as_deref() == Some("valor");
        trial.want(there, "it is sent");
    }));
}

/// PHP's empty list where an object belongs.
fn empty_lists(rows: &mut Vec<Row>, carrier: Carrier) {
    let create: &[&str] = &["pickup", "cash_on_delivery", "declared_value", "options"];
    for field in create.iter().copied() {
        if field == "options" && carrier == Carrier::Apunto {
            continue;
        }
        for empty in ["[]", "{}"] {
            rows.push(Row::new("requests", carrier.code(), "create", format!("{field}: {empty}"), move |trial| {
                let host = Host::new(carrier);
                let Some(client) = trial.open(&host.config(&json!({}))) else { return };
                let mut order = carrier.order();
                order[field] = number(empty);
                let answer = trial.ask(&client, "create", order);
                trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
                trial.made(&host, 1);
            }));
        }
    }
    for (method, field) in
        [("quote", "options"), ("quote", "insured_value"), ("call", "params"), ("webhook", "headers")]
    {
        let lacks = match method {
            "quote" => carrier == Carrier::Apunto,
            "webhook" => !matches!(carrier, Carrier::MensajerosUrbanos | Carrier::MensajerosUrbanosV2),
            _ => !matches!(carrier, Carrier::Fruno | Carrier::Apunto),
        };
        if lacks {
            continue;
        }
        rows.push(Row::new("requests", carrier.code(), method, format!("{field}: []"), move |trial| {
            let host = Host::new(carrier);
            let config = host.config(&json!({}));
            let Some(client) = trial.open(&config) else { return };
            let mut request = match method {
                "quote" => carrier.quote(),
                "webhook" => {
                    let token = &config["accounts"][0]["webhook_token"];
                    let body = super::json::push(token, &json!({"uuid": "5", "status": "finished", "status_id": 5}));
                    json!({"account": carrier.code(), "body": body.to_string()})
                }
                _ => {
                    let operation = if carrier == Carrier::Fruno { "contracts.list" } else { "contacts.list" };
                    json!({"account": carrier.code(), "operation": operation})
                }
            };
            request[field] = json!([]);
            let answer = trial.ask(&client, method, request);
            trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
        }));
    }
}

/// Lengths are counted in characters, after NFC and without the blanks at the ends.
fn lengths(rows: &mut Vec<Row>) {
    type Case = (&'static str, fn(&mut Value, String), usize);
    let cases: [Case; 3] = [
        ("destination.name", |order, text| order["destination"]["name"] = json!(text), 40),
        ("reference", |order, text| order["reference"] = json!(text), 40),
        ("parcels[0].description", |order, text| order["parcels"][0]["description"] = json!(text), 150),
    ];
    for (field, set, limit) in cases {
        for (name, letter, over, blanks) in [
            ("of letters in two code points", "e\u{301}", 0, false),
            ("and blanks at its ends", "ñ", 0, true),
            ("and one letter more", "e\u{301}", 1, false),
        ] {
            let condition = format!("{field} at its limit {name}");
            rows.push(Row::new("requests", "fruno", "create", condition, move |trial| {
                let host = Host::new(Carrier::Fruno);
                let Some(client) = trial.open(&host.config(&json!({}))) else { return };
                let mut order = Carrier::Fruno.order();
                let text = letter.repeat(limit + over);
                set(&mut order, if blanks { format!("  {text}   ") } else { text });
                let answer = trial.ask(&client, "create", order);
                if over > 0 {
                    trial.wants_error(&answer, &["invalid_request"], &["none"]);
                    trial.want(answer.0.to_string().contains(&limit.to_string()), "the limit is named");
                    trial.made(&host, 0);
                } else {
                    trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
                    let sent = sent(&host);
                    trial.want(sent.contains(if blanks { "ññññ" } else { "éééé" }), "it is sent in NFC");
                    trial.made(&host, 1);
                }
            }));
        }
    }
}

/// A binary float's noise doesn't count as digits: nothing is rounded up because of it.
fn noise(rows: &mut Vec<Row>) {
    type Case = (&'static str, &'static str, &'static str, u64);
    let weights: [Case; 6] = [
        ("389.00000000000006", "g", "389.00000000000006 g", 389),
        ("0.30000000000000004", "kg", "0.30000000000000004 kg", 300),
        ("100.10000000000001", "g", "100.10000000000001 g", 101),
        ("2.9999999999999996", "kg", "2.9999999999999996 kg", 3000),
        ("388.99999999999994", "g", "388.99999999999994 g", 389),
        ("389.2", "g", "389.2 g", 390),
    ];
    for (value, unit, name, grams) in weights {
        for method in ["quote", "create"] {
            rows.push(Row::new("requests", "fruno", method, format!("a weight of {name}"), move |trial| {
                let host = Host::new(Carrier::Fruno);
                let Some(client) = trial.open(&host.config(&json!({}))) else { return };
                let mut request = if method == "quote" { Carrier::Fruno.quote() } else { Carrier::Fruno.order() };
                request["parcels"][0]["weight"] = json!({"value": number(value), "unit": unit});
                let answer = trial.ask(&client, method, request);
                trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
                let asked = host.last(method);
                let sent = asked.param("gr_peso").unwrap_or_else(|| asked.json["peso_neto"].to_string());
                trial.want(sent == grams.to_string(), format!("wanted {grams} g, sent {sent}"));
            }));
        }
        rows.push(Row::new("requests", "almex", "quote", format!("a weight of {name}"), move |trial| {
            let host = Host::new(Carrier::Almex);
            let Some(client) = trial.open(&host.config(&json!({}))) else { return };
            let mut request = Carrier::Almex.quote();
            request["parcels"][0]["weight"] = json!({"value": number(value), "unit": unit});
            let answer = trial.ask(&client, "quote", request);
            trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
            let sent = host.last("quote").json["packages"][0]["weight"].to_string();
            trial.want(sent.len() <= 7, format!("no noise is sent: {sent}"));
        }));
    }
    for (value, wanted) in [("20.000000000000004", "20"), ("19.999999999999996", "20"), ("20.3", "21")] {
        for method in ["quote", "create"] {
            rows.push(Row::new("requests", "fruno", method, format!("a length of {value} cm"), move |trial| {
                let host = Host::new(Carrier::Fruno);
                let Some(client) = trial.open(&host.config(&json!({}))) else { return };
                let mut request = if method == "quote" { Carrier::Fruno.quote() } else { Carrier::Fruno.order() };
                request["parcels"][0]["dimensions"]["length"] = number(value);
                let answer = trial.ask(&client, method, request);
                trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
                let asked = host.last(method);
                let sent = asked.param("longitud").unwrap_or_else(|| asked.json["longitud"].to_string());
                trial.want(sent == wanted, format!("wanted {wanted} cm, sent {sent}"));
            }));
        }
    }
    for (value, wanted) in [("10000.000000001", "10000"), ("9999.9999999999", "10000"), ("10000.0", "10000")] {
        rows.push(Row::new("requests", "mensajeros_urbanos", "create", format!("money of {value}"), move |trial| {
            let host = Host::new(Carrier::MensajerosUrbanos);
            let Some(client) = trial.open(&host.config(&json!({}))) else { return };
            let mut order = Carrier::MensajerosUrbanos.order();
            order["declared_value"] = json!({"amount": number(value), "currency": "COP"});
            let answer = trial.ask(&client, "create", order);
            trial.want(answer.ok(), format!("wanted ok, came {}", answer.code()));
            let sent = host.last("create").json["declared_value"].to_string();
            trial.want(sent == wanted, format!("wanted {wanted}, sent {sent}"));
        }));
    }
}
