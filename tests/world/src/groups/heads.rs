//! Heads that break the rules, codings that nobody asked for, and TLS that ends without saying so.

use super::json::reply_name;
use crate::damage::{CODINGS, HEADS, bomb, gzip};
use crate::host::{Host, Reply};
use crate::row::{Row, WantOk, each_carrier};
use serde_json::json;

pub fn rows(rows: &mut Vec<Row>) {
    for carrier in each_carrier() {
        for condition in HEADS.iter().chain(CODINGS) {
            for reads in carrier.reads() {
                // A reply without a body has no coding.
                let coded = CODINGS.iter().any(|other| other.name == condition.name);
                if coded && reads.op == "cancel" && !reads.text {
                    continue;
                }
                let method = reply_name(reads.method, reads.op);
                rows.push(Row::new("heads", carrier.code(), method, condition.name, move |trial| {
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
        }
        for reads in carrier.reads() {
            let method = reply_name(reads.method, reads.op);
            let (op, request) = (reads.op, reads.request.clone());
            rows.push(Row::new(
                "heads",
                carrier.code(),
                method.clone(),
                "Accept-Encoding: identity is sent",
                move |trial| {
                    let host = Host::new(carrier);
                    let Some(client) = trial.open(&host.config(&json!({}))) else { return };
                    let answer = trial.ask(&client, reads.method, request);
                    trial.wants(&answer, &WantOk(Vec::new()));
                    let sent = host.last(op).header("accept-encoding").to_owned();
                    trial.want(sent == "identity", format!("Accept-Encoding is {sent:?}"));
                },
            ));
            if reads.op == "cancel" && !reads.text {
                continue;
            }
            let (method_of_flete, request) = (reads.method, reads.request.clone());
            rows.push(Row::new("heads", carrier.code(), method.clone(), "a gzip bomb", move |trial| {
                let host = Host::new(carrier);
                host.spoil(op, usize::MAX, |reply| bomb(reply).wire());
                let Some(client) =
                    trial.open(&host.config(&json!({"timeout_ms": if op == "label" { 5000 } else { 30_000 }})))
                else {
                    return;
                };
                let answer = trial.ask(&client, method_of_flete, request);
                if matches!(op, "service" | "events" | "address" | "cancel") {
                    // Details of a tracking may be missing; an address is found again, and after a cancel's reply that
                    // can't be read the state is looked up.
                    trial.want(answer.ok() || answer.code() == "carrier_response", "ok or carrier_response");
                } else if op == "label" {
                    // It is asked again until the deadline, which may end a try.
                    trial.wants_error(&answer, &["carrier_response", "not_ready", "timeout"], &["none"]);
                } else if op == "create" {
                    trial.wants_error(&answer, &["carrier_response"], &["unknown"]);
                    trial.made(&host, 1);
                } else {
                    trial.wants_error(&answer, &["carrier_response"], &["none"]);
                }
                let message = answer.text("/error/message").to_lowercase();
                trial.want(
                    answer.ok()
                        || op == "label"
                        || message.contains("32")
                        || message.contains("bytes")
                        || message.contains("big")
                        || message.contains("large")
                        || message.contains("limit")
                        || message.contains("mib"),
                    "the message says that the reply is too big",
                );
            }));
            let (method_of_flete, request, good) = (reads.method, reads.request.clone(), reads.good.clone());
            for (condition, until_close) in [
                ("TLS without close_notify, with a length", false),
                ("TLS without close_notify, until it closes", true),
            ] {
                let (request, good) = (request.clone(), good.clone());
                rows.push(Row::new("heads", carrier.code(), method.clone(), condition, move |trial| {
                    let host = Host::tls(carrier);
                    host.spoil(op, usize::MAX, move |reply: Reply| {
                        let mut wire = if until_close { reply.until_close() } else { reply.wire() };
                        wire.close = true;
                        wire
                    });
                    // A request on a connection that the server is closing is lost, and a read is retried.
                    let Some(client) = trial.open(&host.config(&json!({"max_attempts": 4}))) else { return };
                    let answer = trial.ask(&client, method_of_flete, request);
                    trial.wants(&answer, &WantOk(good));
                    if method_of_flete == "create" {
                        trial.made(&host, 1);
                    }
                }));
            }
            // A body that says gzip and isn't, or that is cut, is read as it is or not at all.
            if op == "create" {
                let request = reads.request;
                rows.push(Row::new("heads", carrier.code(), method, "gzip that is cut", move |trial| {
                    let host = Host::new(carrier);
                    host.spoil(op, usize::MAX, |mut reply| {
                        reply.body = gzip(&reply.body);
                        reply.body.truncate(reply.body.len() / 2);
                        reply.line("Content-Encoding: gzip").wire()
                    });
                    let Some(client) = trial.open(&host.config(&json!({}))) else { return };
                    let answer = trial.ask(&client, "create", request);
                    trial.wants_error(&answer, &["carrier_response", "network"], &["unknown"]);
                    trial.made(&host, 1);
                }));
            }
        }
    }
}
