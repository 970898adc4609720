//! Many creates by many processes that are killed at random, over a third of replies gone wrong: at the end exactly
//! one shipment for each key.

use crate::carriers::Carrier;
use crate::kit::{Lab, Random, check, evidence, fresh};
use crate::worker::again;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const PROCESSES: u64 = 8;
/// A request of a process that was killed may wait this long in a busy simulator before it is done.
const SETTLE_MS: u64 = 2000;

/// Every fault for ever, each by its own chance; together they meet a third of the replies.
fn faults(random: &mut Random) -> Vec<Value> {
    let chances: &[(f64, Value)] = &[
        (0.07, json!({"fault": "reset_after"})),
        (0.05, json!({"fault": "reset_before"})),
        (0.04, json!({"fault": "cut", "at": 12})),
        (0.04, json!({"fault": "cut", "at": 260})),
        (0.04, json!({"fault": "status", "status": 500, "after": true})),
        (0.04, json!({"fault": "status", "status": 503})),
        (0.03, json!({"fault": "status", "status": 429})),
        (0.03, json!({"fault": "truncated_json"})),
        (0.02, json!({"fault": "html", "after": true})),
        (0.01, json!({"fault": "garbage", "after": true})),
        (0.01, json!({"fault": "slow", "ms": 120})),
        (0.01, json!({"fault": "drip", "ms": 1, "chunk": 2000})),
    ];
    let mut all = Vec::new();
    for (chance, spec) in chances {
        let mut spec = spec.clone();
        spec["times"] = json!(0);
        spec["probability"] = json!(chance);
        spec["seed"] = json!(random.next() >> 12);
        all.push(spec);
    }
    all
}

fn done(home: &Path, index: u64) -> u64 {
    fs::metadata(home.join(format!("done-{index}"))).map_or(0, |meta| meta.len())
}

pub fn run(carrier: &Carrier, count: u64, seed: u64) {
    let mut random = Random(seed);
    let lab = Lab::new(carrier.code);
    lab.settings(&match carrier.code {
        "fruno" => json!({"rate_policy": "1000000;w=1", "page_size": (count / 10).max(100), "newest_first": true}),
        "mensajeros_urbanos" => json!({"page_size": 1000}),
        _ => json!({}),
    });
    let home = fresh(&format!("soak-{}", carrier.code));
    fs::create_dir_all(&home).expect("a directory of the run");
    let config = lab.config(json!({"state": home.join("state.db"), "timeout_ms": 8000, "settle_ms": SETTLE_MS}));
    let plan = faults(&mut random);
    lab.fault(&Value::Array(plan));
    let start = |index: u64| -> Child {
        let args = [index, PROCESSES, count].map(|number| number.to_string());
        let home = home.to_string_lossy().into_owned();
        again(&["soak", &config.to_string(), &home, &args[0], &args[1], &args[2], carrier.code])
            .stdout(Stdio::null())
            .spawn()
            .expect("the process starts")
    };
    let started = Instant::now();
    let mut workers: Vec<Option<Child>> = (0..PROCESSES).map(|index| Some(start(index))).collect();
    let (mut kills, mut at) = (0, 0);
    let mut begun = [0; PROCESSES as usize];
    while workers.iter().any(Option::is_some) {
        // A long run has enough kills with fewer per second, and ends sooner.
        thread::sleep(Duration::from_millis(20 + random.below(if count > 1000 { 700 } else { 180 })));
        let victim = random.below(PROCESSES);
        for (index, worker) in workers.iter_mut().enumerate() {
            let Some(child) = worker else { continue };
            if let Ok(Some(status)) = child.try_wait() {
                *worker = None;
                check(status.success(), "a process of the soak ends well", || format!("{status}"));
            } else if index as u64 == victim && (done(&home, victim) > begun[index] || random.below(4) == 0) {
                // Mostly one that has made progress: on a slow machine the others would never finish.
                begun[index] = done(&home, victim);
                child.kill().expect("a kill");
                child.wait().expect("its end");
                kills += 1;
                *worker = Some(start(victim));
            }
        }
        if started.elapsed().as_secs() / 30 > at {
            at = started.elapsed().as_secs() / 30;
            println!("  … {} of {count} after {} s", lab.shipments().len(), started.elapsed().as_secs());
        }
        if started.elapsed() > Duration::from_secs(60 + count / 2) {
            check(false, "the soak ends", || format!("{} of {count}", lab.shipments().len()));
            workers.iter_mut().flatten().for_each(|child| drop(child.kill()));
            break;
        }
    }
    judge(&lab, &home, carrier, count, kills, seed, started.elapsed());
}

fn judge(lab: &Lab, home: &Path, carrier: &Carrier, count: u64, kills: u32, seed: u64, took: Duration) {
    lab.calm();
    let shipments = lab.shipments();
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    let mut twice = 0;
    for entry in fs::read_dir(home).expect("the run's files").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("state") {
            continue;
        }
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        if name.starts_with("done-") {
            for (key, id) in text.lines().filter_map(|line| line.split_once(' ')) {
                twice += usize::from(told.insert(key.to_owned(), id.to_owned()).is_some());
            }
        } else {
            check(!name.starts_with("stuck"), "no key is stuck", || text.clone());
            evidence().push(text);
        }
    }
    let ids: BTreeSet<&String> = told.values().collect();
    let there: BTreeSet<String> =
        shipments.iter().map(|shipment| shipment["id"].to_string().trim_matches('"').to_owned()).collect();
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let what = format!("{}: exactly {count} shipments, one for each key", carrier.code);
    let good = shipments.len() == count && told.len() == count && ids.len() == count && twice == 0;
    check(good, &what, || {
        format!("{} at the carrier, {} told, {} ids, {twice} told twice", shipments.len(), told.len(), ids.len())
    });
    let mut by_reference: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for shipment in &shipments {
        by_reference.entry(shipment["reference"].to_string()).or_default().push(shipment.to_string());
    }
    for several in by_reference.values().filter(|several| several.len() > 1).take(5) {
        println!("  twice: {}", several.join("\n         "));
    }
    let ours = ids.iter().filter(|id| there.contains(**id)).count();
    check(ours == count, &format!("{}: every id told is a shipment", carrier.code), || format!("{ours} of {count}"));
    let requests = lab.requests();
    println!(
        "soak {}: {count} creates by {PROCESSES} processes, {kills} kills, {} requests; {} shipments; {:.1} s; --seed {seed}",
        carrier.code,
        requests["total"],
        shipments.len(),
        took.as_secs_f64(),
    );
}
