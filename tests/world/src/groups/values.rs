//! Numbers and times in replies: noise, dots for thousands, negative prices, invalid times.

use crate::carriers::Carrier;
use crate::host::{Host, Reply};
use crate::row::{Row, Trial, each_carrier};
use serde_json::{Value, json};

/// A reply whose JSON is changed.
fn edited(reply: &Reply, edit: impl Fn(&mut Value)) -> Reply {
    let mut body = serde_json::from_slice(&reply.body).expect("a good reply is JSON");
    edit(&mut body);
    Reply::json(reply.status, &body)
}

/// Where a carrier's reply has a price: the method, the operation, the place of it, and where flete has it.
struct Price {
    carrier: Carrier,
    method: &'static str,
    op: &'static str,
    place: &'static str,
    told: &'static str,
    raw: &'static str,
}

const PRICES: &[Price] = &[
    price(Carrier::Fruno, "quote", "quote", "/precio", "/data/rates/0/total", "/data/rates/0/raw"),
    price(Carrier::Fruno, "create", "create", "/precio", "/data/price", "/data/raw"),
    price(Carrier::Fruno, "list", "list", "/paquetes/0/precio", "/data/shipments/0/price", "/data/shipments/0/raw"),
    price(
        Carrier::MensajerosUrbanos,
        "quote",
        "quote",
        "/data/total_service",
        "/data/rates/0/total",
        "/data/rates/0/raw",
    ),
    price(Carrier::MensajerosUrbanos, "create", "create", "/data/total", "/data/price", "/data/raw"),
    price(
        Carrier::MensajerosUrbanos,
        "list",
        "list",
        "/data/result/0/total_value",
        "/data/shipments/0/price",
        "/data/shipments/0/raw",
    ),
    price(
        Carrier::MensajerosUrbanosV2,
        "quote",
        "quote",
        "/data/total_service",
        "/data/rates/0/total",
        "/data/rates/0/raw",
    ),
    price(Carrier::MensajerosUrbanosV2, "create", "create", "/data/total", "/data/price", "/data/raw"),
    price(Carrier::Almex, "quote", "quote", "/response/0/total", "/data/rates/0/total", "/data/rates/0/raw"),
];

const fn price(
    carrier: Carrier,
    method: &'static str,
    op: &'static str,
    place: &'static str,
    told: &'static str,
    raw: &'static str,
) -> Price {
    Price { carrier, method, op, place, told, raw }
}

/// A price as it comes, and its amount; `None` where it isn't a price.
const AMOUNTS: &[(&str, &str, Option<&str>)] = &[
    ("float noise above", "4900.000000001", Some("4900.00")),
    ("float noise below", "4899.9999999999", Some("4900.00")),
    ("float noise of a sum", "2500.1000000000004", Some("2500.10")),
    ("float noise in a text", "\"2500.1000000000004\"", Some("2500.10")),
    ("cents", "4900.55", Some("4900.55")),
    ("cents in a text", "\"4900.55\"", Some("4900.55")),
    ("a dot for thousands", "\"12.500\"", None),
    ("a dot for thousands of one", "\"1.250\"", None),
    ("two dots for thousands", "\"1.234.567\"", None),
    ("dots and a comma", "\"12.500,00\"", None),
    ("a comma for decimals", "\"4900,5\"", None),
    ("a negative price", "-4900", None),
    ("a negative price in a text", "\"-4900.00\"", None),
    ("words", "\"por definir\"", None),
    ("an empty text", "\"\"", None),
    ("true", "true", None),
    ("an object", "{}", None),
];

/// Invalid times.
const NO_TIMES: &[(&str, &str)] = &[
    ("the epoch", "\"1970-01-01T00:00:00Z\""),
    ("the epoch with digits", "\"1970-01-01T00:00:00.000000Z\""),
    ("the epoch with an offset", "\"1969-12-31T18:00:00-06:00\""),
    ("zeros", "\"0000-00-00 00:00:00\""),
    ("a date of zeros", "\"0000-00-00\""),
    ("zeros as RFC 3339", "\"0000-00-00T00:00:00Z\""),
    ("the number zero", "0"),
    ("an empty text", "\"\""),
    ("a word", "\"ayer\""),
    ("a 30 February", "\"2021-02-30T10:00:00Z\""),
    ("an object", "{}"),
    ("false", "false"),
];

pub fn rows(rows: &mut Vec<Row>) {
    for price in PRICES {
        for (name, written, amount) in AMOUNTS {
            rows.push(Row::new(
                "values",
                price.carrier.code(),
                price.method,
                format!("a price with {name}"),
                move |trial| {
                    priced(trial, price, written, *amount);
                },
            ));
        }
    }
    for carrier in each_carrier() {
        for (name, written) in NO_TIMES {
            rows.push(Row::new("values", carrier.code(), "track", format!("times that are {name}"), move |trial| {
                no_times(trial, carrier, written);
            }));
        }
        // Almex returns only the last event; Apunto's events are days of a service.
        if matches!(carrier, Carrier::Fruno | Carrier::MensajerosUrbanos) {
            for at in 0..3 {
                for (name, written) in NO_TIMES {
                    let condition = format!("event {at} of three has a time that is {name}");
                    rows.push(Row::new("values", carrier.code(), "track", condition, move |trial| {
                        keeps_its_place(trial, carrier, at, written);
                    }));
                }
            }
        }
    }
    for carrier in [Carrier::Fruno, Carrier::MensajerosUrbanos, Carrier::MensajerosUrbanosV2, Carrier::Apunto] {
        for (name, written) in NO_TIMES {
            rows.push(Row::new("values", carrier.code(), "create", format!("a time that is {name}"), move |trial| {
                created_at(trial, carrier, written);
            }));
        }
    }
    for (name, currency) in [("lower case", "crc"), ("with blanks", " CRC ")] {
        rows.push(Row::new("values", "fruno", "quote", format!("a currency in {name}"), move |trial| {
            let host = Host::new(Carrier::Fruno);
            host.spoil("quote", usize::MAX, move |reply| {
                edited(&reply, |body| body["moneda"] = json!(currency)).wire()
            });
            let Some(client) = trial.open(&host.config(&json!({}))) else { return };
            let answer = trial.ask(&client, "quote", Carrier::Fruno.quote());
            let total = answer.at("/data/rates/0/total");
            trial.want(total["currency"] == "CRC", format!("the total is {total}"));
        }));
    }
}

fn value(written: &str) -> Value {
    serde_json::from_str(written).expect("a value")
}

fn priced(trial: &mut Trial, price: &Price, written: &'static str, amount: Option<&str>) {
    let host = Host::new(price.carrier);
    let place = price.place;
    host.spoil(price.op, usize::MAX, move |reply| {
        let changed = edited(&reply, |body| {
            if let Some(there) = body.pointer_mut(place) {
                *there = value(written);
            }
        });
        changed.wire()
    });
    let Some(client) = trial.open(&host.config(&json!({}))) else { return };
    let request = match price.method {
        "quote" => price.carrier.quote(),
        "create" => price.carrier.order(),
        _ => json!({"account": price.carrier.code()}),
    };
    let answer = trial.ask(&client, price.method, request);
    trial.want(answer.ok(), "wanted ok");
    let told = answer.at(price.told);
    match amount {
        Some(amount) => trial.want(told["amount"] == amount, format!("wanted {amount}, came {told}")),
        None => trial.want(told.is_null(), format!("wanted no price, came {told}")),
    }
    let raw = answer.at(price.raw);
    trial.want(!raw.is_null() && raw != &json!({}), "`raw` is kept");
}

fn no_times(trial: &mut Trial, carrier: Carrier, written: &'static str) {
    let host = Host::new(carrier);
    let op = match carrier {
        Carrier::Apunto => "service",
        _ => "track",
    };
    host.plan(move |asked, _| {
        let own = asked.op == op;
        let events = asked.op == "events";
        if !own && !events {
            return crate::host::Act::Good;
        }
        crate::host::Act::change(move |reply| {
            edited(&reply, |body| {
                let none = value(written);
                match carrier {
                    Carrier::Fruno if events => {
                        for event in body["eventos"].as_array_mut().into_iter().flatten() {
                            event["fecha"] = none.clone();
                        }
                    }
                    Carrier::Fruno => {
                        let estimates =
                            ["recolecta", "entrega"].map(|of| ["a", "b"].map(|end| format!("{of}_estimada_{end}")));
                        let dates = ["fecha_recolecta", "fecha_cedi", "fecha_entrega"].map(str::to_owned);
                        for name in dates.into_iter().chain(estimates.into_iter().flatten()) {
                            body[name] = none.clone();
                        }
                    }
                    Carrier::MensajerosUrbanos | Carrier::MensajerosUrbanosV2 => {
                        for event in body["data"]["history"].as_array_mut().into_iter().flatten() {
                            event["date"] = none.clone();
                        }
                    }
                    Carrier::Apunto => {
                        for name in ["pickup_date", "delivery_date", "eta_date", "etd_date"] {
                            body["services"][0][name] = none.clone();
                        }
                    }
                    Carrier::Almex => {
                        body["response"]["dateLastEvent"] = none.clone();
                        body["response"]["hourLastEvent"] = none.clone();
                    }
                }
            })
        })
    });
    let Some(client) = trial.open(&host.config(&json!({}))) else { return };
    let answer = trial.ask(&client, "track", json!({"account": carrier.code(), "id": carrier.seeded()}));
    trial.want(answer.ok(), "wanted ok");
    let status = match carrier {
        Carrier::MensajerosUrbanos => "cancelled",
        Carrier::MensajerosUrbanosV2 => "pre_transit",
        Carrier::Apunto => "in_transit",
        _ => "delivered",
    };
    trial.want(answer.text("/data/status") == status, format!("the status is {}", answer.at("/data/status")));
    for place in [
        "/data/delivered_at",
        "/data/picked_up_at",
        "/data/estimated_pickup/from",
        "/data/estimated_pickup/to",
        "/data/estimated_delivery/from",
        "/data/estimated_delivery/to",
    ] {
        trial.want(answer.at(place).is_null(), format!("{place} is {}", answer.at(place)));
    }
    let events = answer.at("/data/events").as_array().cloned().unwrap_or_default();
    for event in &events {
        trial.want(event["at"].is_null(), format!("an event is at {}", event["at"]));
    }
    let wanted = match carrier {
        Carrier::Fruno => 2,
        Carrier::MensajerosUrbanos => 3,
        Carrier::MensajerosUrbanosV2 => 2,
        Carrier::Almex => 1,
        // An invalid day makes no event.
        Carrier::Apunto => 0,
    };
    trial.want(events.len() == wanted, format!("wanted {wanted} events, came {}", events.len()));
}

fn keeps_its_place(trial: &mut Trial, carrier: Carrier, at: usize, written: &'static str) {
    let host = Host::new(carrier);
    let op = if carrier == Carrier::Fruno { "events" } else { "track" };
    host.spoil(op, usize::MAX, move |reply| {
        let changed = edited(&reply, |body| {
            let (list, name, text) = match carrier {
                Carrier::Fruno => (&mut body["eventos"], "fecha", "mensaje"),
                _ => (&mut body["data"]["history"], "date", "status"),
            };
            let times = match carrier {
                Carrier::Fruno => ["2022-11-22T09:42:49.564Z", "2022-11-22T09:50:00Z", "2022-11-22T09:54:05Z"],
                _ => ["2015-12-11 15:46:23", "2015-12-11 15:46:35", "2015-12-11 15:46:39"],
            };
            let events = times.iter().zip(["uno", "dos", "tres"]).enumerate().map(|(index, (time, word))| {
                let time = if index == at { value(written) } else { json!(time) };
                json!({name: time, text: word, "id_tipo_evento": null, "id": index})
            });
            *list = Value::Array(events.collect());
        });
        changed.wire()
    });
    let Some(client) = trial.open(&host.config(&json!({}))) else { return };
    let answer = trial.ask(&client, "track", json!({"account": carrier.code(), "id": carrier.seeded()}));
    trial.want(answer.ok(), "wanted ok");
    let events = answer.at("/data/events").as_array().cloned().unwrap_or_default();
    let words: Vec<&str> = events.iter().filter_map(|event| event["description"].as_str()).collect();
    trial.want(words == ["uno", "dos", "tres"], format!("the events came as {words:?}"));
    for (index, event) in events.iter().enumerate() {
        let none = event["at"].is_null();
        trial.want(none == (index == at), format!("event {index} is at {}", event["at"]));
    }
}

fn created_at(trial: &mut Trial, carrier: Carrier, written: &'static str) {
    let host = Host::new(carrier);
    host.spoil("create", usize::MAX, move |reply| {
        let changed = edited(&reply, |body| {
            let none = value(written);
            match carrier {
                Carrier::Fruno => body["fecha_creación"] = none,
                Carrier::MensajerosUrbanos | Carrier::MensajerosUrbanosV2 => body["data"]["date"] = none,
                _ => body["operation"]["created_at"] = none,
            }
        });
        changed.wire()
    });
    let Some(client) = trial.open(&host.config(&json!({}))) else { return };
    let answer = trial.ask(&client, "create", carrier.order());
    trial.want(answer.ok(), "wanted ok");
    let at = answer.at("/data/created_at");
    trial.want(at.is_null(), format!("created_at is {at}"));
    trial.made(&host, 1);
}
