//! One odd byte costs one field: in the reply of every method, in a push, in a refusal, and in a day's list that a
//! lost create is looked for in.

use crate::carriers::{Carrier, TEXT};
use crate::damage::{Condition, JSON};
use crate::host::{Act, Host, Reply};
use crate::row::{Row, Trial, WantOk, each_carrier, fresh};
use serde_json::{Value, json};

pub fn rows(rows: &mut Vec<Row>) {
    for carrier in each_carrier() {
        for condition in JSON {
            for reads in carrier.reads().into_iter().filter(|reads| reads.text) {
                let method = reply_name(reads.method, reads.op);
                rows.push(Row::new("json", carrier.code(), method, condition.name, move |trial| {
                    let host = Host::new(carrier);
                    let damage = (condition.make)();
                    host.spoil(reads.op, usize::MAX, move |reply| damage(reply).wire());
                    let Some(client) = trial.open(&host.config(&json!({}))) else { return };
                    let answer = trial.ask(&client, reads.method, reads.request);
                    trial.wants(&answer, &WantOk(reads.good));
                    trial.want(host.count(reads.op) > 0, "the damaged reply was asked for");
                    if reads.method == "create" {
                        trial.made(&host, 1);
                    }
                }));
            }
            rows.push(Row::new("json", carrier.code(), "create (refused)", condition.name, move |trial| {
                refused(trial, carrier, condition);
            }));
            if carrier.finds() {
                rows.push(Row::new("json", carrier.code(), "create (lost, looked up)", condition.name, move |trial| {
                    looked_up(trial, carrier, condition);
                }));
            }
        }
    }
    for condition in JSON {
        // flete doesn't get the charset of a push, and no request may have a NUL.
        if condition.name.contains("with its charset") || condition.name.contains("NUL") {
            continue;
        }
        rows.push(Row::new("json", "mensajeros_urbanos", "webhook", condition.name, move |trial| {
            pushed(trial, condition);
        }));
    }
}

pub fn reply_name(method: &str, op: &str) -> String {
    if method == op { method.to_owned() } else { format!("{method} ({op})") }
}

/// A carrier's refusal of a create, in its API reference's own form.
pub fn refusal(carrier: Carrier) -> Reply {
    match carrier {
        Carrier::Fruno => {
            let fields = json!([{"nombre": "descripción", "error": "El texto no es válido."}]);
            Reply::json(400, &json!({"nota": TEXT, "title": "Errores de validación", "datos-inválidos": fields}))
        }
        Carrier::MensajerosUrbanos | Carrier::MensajerosUrbanosV2 => {
            let message = "[type_service] The property type_service is required\n";
            Reply::json(400, &json!({"href": TEXT, "status": "error", "status_code": 400, "message": message}))
        }
        Carrier::Apunto => {
            let details = json!({"incoterm": ["is not included in the list"]});
            let all = json!({"note": TEXT, "error": "Validation failed", "details": details, "status": 422});
            Reply::json(422, &all)
        }
        Carrier::Almex => Reply::json(
            200,
            &json!({"note": TEXT, "success": false, "code": 200, "message": "Código postal inválido."}),
        ),
    }
}

fn refused(trial: &mut Trial, carrier: Carrier, condition: &'static Condition) {
    let host = Host::new(carrier);
    host.plan(move |asked, _| match asked.op {
        "create" => Act::instead((condition.make)()(refusal(carrier))),
        _ => Act::Good,
    });
    let Some(client) = trial.open(&host.config(&json!({}))) else { return };
    let answer = trial.ask(&client, "create", carrier.order());
    trial.wants_error(&answer, &["validation"], &["none"]);
    let mut error = answer.at("/error").clone();
    error["raw"] = Value::Null;
    let said = error.to_string();
    let word = match carrier {
        Carrier::Fruno => "El texto no es válido",
        Carrier::MensajerosUrbanos | Carrier::MensajerosUrbanosV2 => "type_service",
        Carrier::Apunto => "not included",
        Carrier::Almex => "Código postal inválido",
    };
    trial.want(said.contains(word), format!("the refusal's own words ({word}) are told"));
    trial.made(&host, 0);
}

/// The reply of a create is lost, and another parcel in the list that it's looked for in has the odd byte.
fn looked_up(trial: &mut Trial, carrier: Carrier, condition: &'static Condition) {
    let host = Host::new(carrier);
    host.plan(move |asked, before| match asked.op {
        "create" if before == 0 => Act::lost(),
        "list" => {
            let damage = (condition.make)();
            Act::change(damage)
        }
        _ => Act::Good,
    });
    let Some(client) = trial.open(&host.config(&json!({"state": fresh("state.db")}))) else { return };
    let first = trial.ask(&client, "create", carrier.keyed("pedido-1"));
    if !first.ok() {
        trial.wants_error(&first, &["network"], &["unknown"]);
    }
    std::thread::sleep(std::time::Duration::from_millis(150));
    let second = trial.ask(&client, "create", carrier.keyed("pedido-1"));
    let id = if carrier == Carrier::MensajerosUrbanos { "abc1001" } else { "1001" };
    trial.wants(&second, &WantOk(vec![("/data/id", json!(id)), ("/data/replayed", json!(true))]));
    trial.made(&host, 1);
}

pub fn push(token: &Value, details: &Value) -> Value {
    json!({"token": token, "date": "2016 - 12 - 12 10: 22: 03", "details": details})
}

fn pushed(trial: &mut Trial, condition: &'static Condition) {
    let host = Host::new(Carrier::MensajerosUrbanos);
    let account = host.account();
    let Some(client) = trial.open(&json!({"accounts": [account]})) else { return };
    let details = json!({
        "uuid": "54683902", "mensajero": TEXT, "status": "finished", "status_id": 5, "phone": 300_600_000,
        "num_place": 0, "status_place": 0, "url": "localhost",
    });
    let body = push(&account["webhook_token"], &details).to_string();
    let damaged = (condition.make)()(Reply::new(200, "application/json", body)).body;
    // A request is text: other bytes come as the host's language has decoded them.
    let body = String::from_utf8(damaged)
        .unwrap_or_else(|damaged| damaged.into_bytes().iter().map(|byte| char::from(*byte)).collect());
    let answer = trial.ask(&client, "webhook", json!({"account": "mensajeros_urbanos", "body": body}));
    let good = vec![("/data/shipment_id", json!("54683902")), ("/data/status", json!("delivered"))];
    trial.wants(&answer, &WantOk(good));
}
