//! A server that closes idle connections silently: no create may use one that is being closed.

use crate::host::Host;
use crate::row::{Answer, Row, each_carrier};
use serde_json::json;
use std::time::Duration;

/// How long a server keeps an idle connection: longer than the second in which flete may use it again.
const IDLE: Duration = Duration::from_millis(1200);
const CLIENTS: usize = 20;
const CREATES: usize = 5;

pub fn rows(rows: &mut Vec<Row>) {
    for carrier in each_carrier() {
        let condition = format!("{} creates as idle connections are closed", CLIENTS * CREATES);
        rows.push(Row::new("stale", carrier.code(), "create", condition, move |trial| {
            let answers: Vec<(Vec<Answer>, usize)> = std::thread::scope(|scope| {
                let running: Vec<_> = (0..CLIENTS)
                    .map(|index| {
                        scope.spawn(move || {
                            let host = Host::new(carrier);
                            host.closes_idle(IDLE);
                            let config = host.config(&json!({}));
                            let client = flete::Client::open(&config.to_string()).expect("a good configuration");
                            let mut answers = Vec::new();
                            for number in 0..CREATES {
                                let mut order = carrier.order();
                                order["reference"] = json!(format!("{number}"));
                                answers.push(Answer::of(client.call("create", order)));
                                // Each comes a little before, at, or after the moment of closing.
                                let early = u64::try_from((index + number * CLIENTS) % 25).unwrap_or_default();
                                std::thread::sleep(
                                    IDLE + Duration::from_micros(2000) - Duration::from_micros(200 * early),
                                );
                            }
                            (answers, host.made())
                        })
                    })
                    .collect();
                running.into_iter().map(|one| one.join().expect("a client")).collect()
            });
            let mut unknown = 0;
            for (answers, made) in &answers {
                let good = answers.iter().filter(|answer| answer.ok()).count();
                unknown += answers.iter().filter(|answer| !answer.ok() && answer.outcome() == "unknown").count();
                trial.duplicates += made.saturating_sub(CREATES);
                trial.want(good == CREATES && *made == CREATES, format!("{good} ok and {made} made of {CREATES}"));
                for answer in answers.iter().filter(|answer| !answer.ok()) {
                    trial.note(format!("→ {}", answer.0));
                }
            }
            trial.want(unknown == 0, format!("{unknown} of {} ended as unknown", CLIENTS * CREATES));
        }));
    }
}
