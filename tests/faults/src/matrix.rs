//! Every carrier, method and fault, once and always: does the answer fit what the carrier has?

use crate::carriers::{Carrier, described, once_params, order, quote};
use crate::kit::{self, Lab, Reply, check, fresh, list, lock, note, say};
use crate::oracle::{self, AMPLE_MS, Allowed, Class, DEADLINE_MS, Fault, Verdict, faults};
use flete::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How many cases run at once: they mostly wait.
const AT_ONCE: usize = 16;

#[derive(Default)]
struct Row {
    cases: usize,
    right: usize,
    duplicates: usize,
    losses: usize,
}

static TABLE: Mutex<BTreeMap<(String, String), Row>> = Mutex::new(BTreeMap::new());

/// The result of one case: what was wrong, if anything.
#[derive(Default)]
struct Findings(Vec<String>, usize, usize);

impl Findings {
    fn wrong(&mut self, what: Option<String>) {
        self.0.extend(what);
    }
    fn verdict(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Right => {}
            Verdict::Duplicate(there) => {
                self.1 += 1;
                self.0.push(format!("DUPLICATE: {there} shipments"));
            }
            Verdict::Lost(how) => {
                self.2 += 1;
                self.0.push(format!("LOST: {how}"));
            }
        }
    }
}

struct Job {
    carrier: &'static Carrier,
    method: String,
    what: String,
    work: Box<dyn FnOnce(&mut Findings) + Send>,
}

fn ask(client: &Client, method: &str, request: &Value) -> Reply {
    note(client.call(method, request.clone()))
}

pub fn run(carriers: &[&'static Carrier]) {
    let mut jobs = Vec::new();
    for carrier in carriers {
        creates(carrier, &mut jobs);
        others(carrier, &mut jobs);
    }
    let count = jobs.len();
    let started = Instant::now();
    let (jobs, next) = (jobs.into_iter().map(|job| Mutex::new(Some(job))).collect::<Vec<_>>(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(job) = lock(job).take() {
                        play(job);
                    }
                }
            });
        }
    });
    print(count, started.elapsed());
}

fn play(job: Job) {
    let mut findings = Findings::default();
    (job.work)(&mut findings);
    let good = findings.0.is_empty();
    {
        let mut table = lock(&TABLE);
        let row = table.entry((job.carrier.code.to_owned(), job.method.clone())).or_default();
        row.cases += 1;
        row.right += usize::from(good);
        row.duplicates += findings.1;
        row.losses += findings.2;
    }
    kit::sweep();
    check(good, &format!("{} {} {}", job.carrier.code, job.method, job.what), || findings.0.join("; "));
}

fn print(count: usize, took: Duration) {
    println!("\n{:<20} {:<26} {:>6} {:>6} {:>10} {:>6}", "carrier", "method", "cases", "right", "duplicates", "losses");
    let table = lock(&TABLE);
    let mut sum = Row::default();
    for ((carrier, method), row) in table.iter() {
        println!(
            "{carrier:<20} {method:<26} {:>6} {:>6} {:>10} {:>6}",
            row.cases, row.right, row.duplicates, row.losses
        );
        sum.cases += row.cases;
        sum.right += row.right;
        sum.duplicates += row.duplicates;
        sum.losses += row.losses;
    }
    println!("{:<47} {:>6} {:>6} {:>10} {:>6}", "all", sum.cases, sum.right, sum.duplicates, sum.losses);
    println!("{count} cases in {:.1} s", took.as_secs_f64());
    check(count >= 500, "the matrix has at least 500 cases", || format!("{count}"));
}

/// The simulator's operations that `work` uses, in order, each once.
fn touched(lab: &Lab, work: impl FnOnce()) -> Vec<String> {
    let before = list(&lab.requests()["recent"]).len();
    work();
    let mut operations: Vec<String> = Vec::new();
    for request in &list(&lab.requests()["recent"])[before..] {
        if let Some(operation) = request["operation"].as_str()
            && !operations.iter().any(|other| other == operation)
        {
            operations.push(operation.to_owned());
        }
    }
    operations
}

// ---- creates

fn creates(carrier: &'static Carrier, jobs: &mut Vec<Job>) {
    for fault in faults(true, false) {
        for forever in [false, true] {
            for keyed in [true, false] {
                let method = if keyed { "create, with a key" } else { "create, without a key" };
                let spec = aimed(&fault, carrier.create, forever);
                let (class, what) = (fault.class, told(&fault, forever));
                let allowed = oracle::of_create(class, forever, carrier.finds);
                let work =
                    move |findings: &mut Findings| create(carrier, &spec, class, keyed, Some(&allowed), findings);
                jobs.push(Job { carrier, method: method.to_owned(), what, work: Box::new(work) });
            }
        }
    }
    // The other requests of a create: its token, its addresses, its services.
    let lab = Lab::new(carrier.code);
    let client = lab.client(json!({}));
    let steps = touched(&lab, || drop(ask(&client, "create", &order(carrier.code, "R-0", None))));
    check(lab.shipments().len() == 1, &format!("{} makes a shipment without faults", carrier.code), || {
        say(&ask(&client, "create", &order(carrier.code, "R-0", None)))
    });
    for step in steps.into_iter().filter(|step| step != carrier.create) {
        for fault in faults(false, false) {
            for forever in kinds(&fault) {
                let spec = aimed(&fault, &step, forever);
                let (class, what) = (fault.class, format!("{step}: {}", told(&fault, forever)));
                let work = move |findings: &mut Findings| create(carrier, &spec, class, true, None, findings);
                jobs.push(Job { carrier, method: "create, its other steps".to_owned(), what, work: Box::new(work) });
            }
        }
    }
    if carrier.finds {
        look_ups(carrier, jobs);
    }
    for skew_ms in [-90_000_000_i64, -3_600_000, -61_000, 61_000, 3_600_000, 90_000_000] {
        // Other carriers' requests aren't signed with the time, and a pickup for today is rightly refused on another day.
        if skew_ms.abs() > 80_000_000 && carrier.code != "fruno" {
            continue;
        }
        for lost in [false, true] {
            let work = move |findings: &mut Findings| skewed(carrier, skew_ms, lost, findings);
            let what = format!("the carrier's clock is off by {skew_ms} ms, the reply lost: {lost}");
            jobs.push(Job { carrier, method: "create, clocks apart".to_owned(), what, work: Box::new(work) });
        }
    }
}

/// Once and always; harmless faults only once.
fn kinds(fault: &Fault) -> Vec<bool> {
    if fault.class == Class::Harmless { vec![true] } else { vec![false, true] }
}

fn told(fault: &Fault, forever: bool) -> String {
    format!("{}, {}", fault.name, if forever { "for ever" } else { "once" })
}

fn aimed(fault: &Fault, operation: &str, forever: bool) -> Value {
    let mut spec = fault.spec.clone();
    spec["operation"] = json!(operation);
    spec["times"] = json!(if forever { 0 } else { 1 });
    spec
}

/// How long a request that this fault delays may still be on its way.
fn settle_ms(spec: &Value) -> u64 {
    if spec["fault"] == "slow" { spec["ms"].as_u64().unwrap_or(0) + 300 } else { 200 }
}

fn create(
    carrier: &Carrier,
    spec: &Value,
    class: Class,
    keyed: bool,
    allowed: Option<&Allowed>,
    findings: &mut Findings,
) {
    let lab = Lab::new(carrier.code);
    let timeout_ms = if class == Class::Late { DEADLINE_MS } else { AMPLE_MS };
    let mut settings = json!({"timeout_ms": timeout_ms, "settle_ms": settle_ms(spec), "max_attempts": 3});
    if keyed {
        settings["state"] = json!(fresh("state.db"));
    }
    let client = lab.client(settings);
    let request = order(carrier.code, "R-1", keyed.then_some("order-1"));
    lab.fault(spec);
    let started = Instant::now();
    let reply = ask(&client, "create", &request);
    let took = started.elapsed();
    findings.verdict(oracle::against_truth(&reply, &lab.shipments()));
    match allowed {
        // On a busy machine the deadline may come before the request that makes the shipment.
        Some(_) if class == Class::Late && lab.count(carrier.create).0 == 0 => {}
        Some(_) if reply.is_ok() && oracle::may_be_whole(spec, &reply) => {}
        Some(allowed) => findings.wrong(oracle::fits(&reply, allowed).map(|why| format!("{why}; {}", say(&reply)))),
        None if class == Class::Harmless && reply.is_err() => findings.wrong(Some(say(&reply))),
        None => {}
    }
    findings.wrong(oracle::retryable_is_true(&reply, keyed && carrier.finds));
    let limit = Duration::from_millis(timeout_ms + 400);
    findings.wrong((took > limit).then(|| format!("took {took:?}, past the deadline")));
    lab.calm();
    if spec["fault"] == "slow" {
        // The delayed request arrives; the key must be used before that.
        if !keyed {
            thread::sleep(Duration::from_millis(settle_ms(spec)));
        }
    }
    if keyed {
        settle(carrier, &lab, &client, &request, reply, findings);
    } else if reply.as_ref().is_err_and(|error| error.retryable) {
        let again = ask(&client, "create", &with_time(&request, AMPLE_MS));
        findings.verdict(oracle::against_truth(&again, &lab.shipments()));
        findings.wrong(again.is_err().then(|| format!("the fault is gone, but {}", say(&again))));
    } else {
        findings.verdict(oracle::against_truth(&reply, &lab.shipments()));
    }
}

fn with_time(request: &Value, timeout_ms: u64) -> Value {
    let mut request = request.clone();
    request["timeout_ms"] = json!(timeout_ms);
    request
}

/// The same create with its key until it is done: exactly one shipment, and from then on the same one.
fn settle(carrier: &Carrier, lab: &Lab, client: &Client, request: &Value, first: Reply, findings: &mut Findings) {
    let mut reply = first;
    for _ in 0..40 {
        match &reply {
            Ok(_) => break,
            Err(error) if !carrier.finds && error.outcome != flete::Outcome::None => {
                return by_hand(carrier, lab, client, request, findings);
            }
            Err(error) => thread::sleep(Duration::from_millis(error.retry_after_ms.unwrap_or(5).min(100))),
        }
        reply = ask(client, "create", &with_time(request, AMPLE_MS));
        findings.verdict(oracle::against_truth(&reply, &lab.shipments()));
    }
    let Ok(shipment) = &reply else {
        findings.2 += 1;
        return findings.wrong(Some(format!("never settled: {}", say(&reply))));
    };
    let asked = lab.count(carrier.create).0;
    let replay = ask(client, "create", request);
    let same = replay.as_ref().is_ok_and(|again| again["id"] == shipment["id"] && again["replayed"] == true);
    findings.wrong((!same).then(|| format!("used again, the key gave {}", say(&replay))));
    findings.wrong((lab.count(carrier.create).0 != asked).then(|| "a replay asked the carrier to create".to_owned()));
    findings.verdict(oracle::against_truth(&replay, &lab.shipments()));
}

/// A carrier that can't list: the key stays unknown and is never sent again, until a person settles it.
fn by_hand(carrier: &Carrier, lab: &Lab, client: &Client, request: &Value, findings: &mut Findings) {
    let asked = lab.count(carrier.create).0;
    let again = ask(client, "create", request);
    let unknown = again.as_ref().is_err_and(|error| error.outcome == flete::Outcome::Unknown && !error.retryable);
    findings.wrong((!unknown).then(|| format!("used again, an unknown key gave {}", say(&again))));
    findings.wrong((lab.count(carrier.create).0 != asked).then(|| "an unknown key was sent again".to_owned()));
    // Delayed requests have arrived by then.
    thread::sleep(Duration::from_millis(DEADLINE_MS + 300));
    let there = lab.shipments();
    let mut word = json!({"account": "shop", "idempotency_key": request["idempotency_key"], "made": !there.is_empty()});
    if let Some(shipment) = there.first() {
        word["id"] = shipment["id"].clone();
    }
    let settled = ask(client, "settle", &word);
    findings.wrong(settled.is_err().then(|| format!("settle: {}", say(&settled))));
    let last = ask(client, "create", &with_time(request, AMPLE_MS));
    findings.wrong(last.is_err().then(|| format!("settled, but {}", say(&last))));
    findings.verdict(oracle::against_truth(&last, &lab.shipments()));
}

/// A create whose reply is lost; then the look-up itself meets a fault.
fn look_ups(carrier: &'static Carrier, jobs: &mut Vec<Job>) {
    let lab = Lab::new(carrier.code);
    let client = lab.client(json!({"state": fresh("state.db"), "settle_ms": 50}));
    let request = order(carrier.code, "R-1", Some("order-1"));
    lab.fault(&json!({"fault": "reset_after", "operation": carrier.create}));
    drop(ask(&client, "create", &request));
    let steps = touched(&lab, || drop(ask(&client, "create", &request)));
    let steps = steps.into_iter().filter(|step| step != carrier.create && Some(step.as_str()) != carrier.token);
    for step in steps {
        for fault in faults(false, true) {
            for (lost, made) in [("reset_after", true), ("reset_before", false)] {
                let spec = aimed(&fault, &step, true);
                let what = format!("{step}: {} after {lost}", told(&fault, true));
                let class = fault.class;
                let work = move |findings: &mut Findings| look_up(carrier, lost, made, &spec, class, findings);
                jobs.push(Job { carrier, method: "create, its look-up".to_owned(), what, work: Box::new(work) });
            }
        }
    }
}

fn look_up(carrier: &Carrier, lost: &str, made: bool, spec: &Value, class: Class, findings: &mut Findings) {
    let lab = Lab::new(carrier.code);
    let timeout_ms = if class == Class::Late { DEADLINE_MS } else { AMPLE_MS };
    let settings = json!({"timeout_ms": timeout_ms, "settle_ms": 150, "state": fresh("state.db"), "max_attempts": 3});
    let client = lab.client(settings);
    let request = order(carrier.code, "R-1", Some("order-1"));
    lab.fault(&json!({"fault": lost, "operation": carrier.create}));
    let first = ask(&client, "create", &request);
    findings.verdict(oracle::against_truth(&first, &lab.shipments()));
    lab.fault(spec);
    let (asked, reply) = (lab.count(carrier.create).0, ask(&client, "create", &request));
    findings.verdict(oracle::against_truth(&reply, &lab.shipments()));
    if class != Class::Harmless && made {
        let unknown = reply.as_ref().is_err_and(|error| error.outcome == flete::Outcome::Unknown);
        let found = reply.is_ok();
        findings.wrong((!unknown && !found).then(|| format!("not looked up, yet {}", say(&reply))));
        findings.wrong((lab.count(carrier.create).0 != asked).then(|| "sent again without a look-up".to_owned()));
    }
    lab.calm();
    settle(carrier, &lab, &client, &request, reply, findings);
}

fn skewed(carrier: &Carrier, skew_ms: i64, lost: bool, findings: &mut Findings) {
    let lab = Lab::new(carrier.code);
    let state = fresh("state.db");
    let settings = json!({"timeout_ms": AMPLE_MS, "settle_ms": 150, "state": state});
    lab.control("POST", "clock", &json!({"skew_ms": skew_ms}));
    let request = order(carrier.code, "R-1", Some("order-1"));
    if lost {
        lab.fault(&json!({"fault": "reset_after", "operation": carrier.create}));
    }
    let reply = ask(&lab.client(settings.clone()), "create", &request);
    findings.verdict(oracle::against_truth(&reply, &lab.shipments()));
    findings.wrong((!lost && reply.is_err()).then(|| say(&reply)));
    lab.calm();
    // Another process: it doesn't know yet how far off the clocks are.
    let mut other = lab.config(settings);
    let base = other["accounts"][0]["base_url"].as_str().unwrap_or_default().to_owned();
    other["accounts"][0]["base_url"] = json!(format!("{base}/other/.."));
    let client = Client::open(&other.to_string()).expect("the configuration is good");
    settle(carrier, &lab, &client, &request, reply, findings);
}

// ---- everything else

fn others(carrier: &'static Carrier, jobs: &mut Vec<Job>) {
    let said = described(carrier.code).unwrap_or_default();
    let has = |method: &str| list(&said["methods"]).iter().any(|name| name == method);
    let mut asked: Vec<(&'static str, &'static str, bool)> = Vec::new();
    for method in ["quote", "track", "cancel", "document", "list"] {
        if has(method) {
            asked.push((method, method, method != "cancel"));
        }
    }
    if carrier.safe.is_some() {
        asked.push(("call", "call, repeatable", true));
    }
    if carrier.once.is_some() {
        asked.push(("call", "call, not repeatable", false));
    }
    for (method, shown, safe) in asked {
        let lab = Lab::new(carrier.code);
        let client = lab.client(json!({}));
        let made = ask(&client, "create", &order(carrier.code, "R-1", None));
        let options = prepare(carrier, &lab, method, &made);
        let id = made.map(|shipment| shipment["id"].clone()).unwrap_or_default();
        let request = request_of(carrier, method, shown, &id, &options);
        let steps = touched(&lab, || {
            let reply = ask(&client, method, &request);
            check(reply.is_ok(), &format!("{} {shown} without faults", carrier.code), || say(&reply));
        });
        let one = steps.iter().filter(|step| Some(step.as_str()) != carrier.token).count() == 1;
        for step in steps {
            for fault in faults(false, safe) {
                for forever in kinds(&fault) {
                    let spec = aimed(&fault, &step, forever);
                    let what = format!("{step}: {}", told(&fault, forever));
                    let class = fault.class;
                    let step = step.clone();
                    let main = one && Some(step.as_str()) != carrier.token;
                    let work = move |findings: &mut Findings| {
                        let target = Target { carrier, method, shown, step: &step, safe, main };
                        other(&target, &spec, class, forever, findings);
                    };
                    jobs.push(Job { carrier, method: shown.to_owned(), what, work: Box::new(work) });
                }
            }
        }
    }
}

/// Advances the shipment until it has a document; at Apunto, makes what there is to price, to fetch or to cancel.
/// Returns a quote's options.
fn prepare(carrier: &Carrier, lab: &Lab, method: &str, made: &Reply) -> Value {
    let Ok(made) = made else { return Value::Null };
    if let ("document", Some(stage)) = (method, carrier.document.1) {
        lab.control("POST", "advance", &json!({"id": made["id"], "to": stage}));
    }
    if carrier.code != "apunto" {
        return Value::Null;
    }
    let client = lab.client(json!({}));
    let native = |operation: &str, params: Value| {
        let done = ask(&client, "call", &json!({"account": "shop", "operation": operation, "params": params}));
        check(done.is_ok(), &format!("{operation} without faults"), || say(&done));
        done.unwrap_or_default()
    };
    match method {
        "quote" => {
            let request = json!({"list_id": 62, "origin": "Toluca", "destination": "Puebla", "status": "requested"});
            let id = native("quote_requests.create", request)["quote_request"]["id"].clone();
            let price = json!({"quote_request_id": id, "currency_id": 31, "total_price": "1850.00"});
            native("quote_requests.pricings.create", price);
            return json!({"apunto": {"quote_request_id": id}});
        }
        "document" => {
            let file = json!({"base64": "JVBERi0xLjQKJSVFT0Y=", "filename": "pod.pdf"});
            let upload = json!({"file": file, "folderable_type": "Operation", "folderable_id": made["id"]});
            native("attachments.create", upload);
        }
        "cancel" => {
            native("services.create", json!({"operation_id": made["id"], "mode": "land"}));
        }
        _ => {}
    }
    Value::Null
}

fn request_of(carrier: &Carrier, method: &str, shown: &str, id: &Value, options: &Value) -> Value {
    match (method, shown) {
        ("quote", _) => {
            let mut request = quote();
            request["options"] = options.clone();
            request
        }
        ("document", _) => json!({"account": "shop", "id": id, "kind": carrier.document.0}),
        ("list", _) => json!({"account": "shop"}),
        ("call", "call, repeatable") => {
            json!({"account": "shop", "operation": carrier.safe.map_or("", |(name, _)| name)})
        }
        ("call", _) => json!({
            "account": "shop", "operation": carrier.once.map_or("", |(name, _)| name), "params": once_params(carrier),
        }),
        _ => json!({"account": "shop", "id": id}),
    }
}

struct Target<'a> {
    carrier: &'a Carrier,
    method: &'a str,
    shown: &'a str,
    step: &'a str,
    safe: bool,
    main: bool,
}

fn other(target: &Target<'_>, spec: &Value, class: Class, forever: bool, findings: &mut Findings) {
    let Target { carrier, method, shown, step, safe, main } = *target;
    let lab = Lab::new(carrier.code);
    let patient = lab.client(json!({}));
    let made = ask(&patient, "create", &order(carrier.code, "R-1", None));
    let options = prepare(carrier, &lab, method, &made);
    let Ok(made) = made else { return findings.wrong(Some(say(&made))) };
    // Like a new process: without the carrier's token and the cached facts.
    let mut config = lab.config(json!({"timeout_ms": AMPLE_MS, "max_attempts": 3}));
    let base = config["accounts"][0]["base_url"].as_str().unwrap_or_default().to_owned();
    config["accounts"][0]["base_url"] = json!(format!("{base}/own/.."));
    let client = Client::open(&config.to_string()).expect("the configuration is good");
    let mut request = request_of(carrier, method, shown, &made["id"], &options);
    // A label is waited for until the deadline, which is short here.
    request["timeout_ms"] = json!(match class {
        Class::Late => DEADLINE_MS,
        _ if method == "document" && carrier.document.0 == "label" => 900,
        _ => AMPLE_MS,
    });
    let done_before = lab.count(step).1;
    lab.fault(spec);
    let reply = ask(&client, method, &request);
    let done = lab.count(step).1 - done_before;
    let mut allowed = if safe { oracle::of_safe(class, forever) } else { oracle::of_create(class, forever, true) };
    allowed.ok |= !main || oracle::may_be_whole(spec, &reply);
    let label_waits = method == "document" && reply.as_ref().is_err_and(|error| error.code.as_str() == "not_ready");
    let token = Some(step) == carrier.token;
    // A bare `{}` may be read as an empty answer, and an error of a token as one of authentication.
    if shown == "cancel" {
        // It may be retried, or a list or the state may give the answer: the result is checked below.
        let also = oracle::of_safe(class, forever);
        let told = reply.as_ref().err().map(|error| error.code.as_str());
        let fits = told.is_none_or(|code| {
            also.codes.contains(&code) || allowed.codes.contains(&code) || class == Class::Status(404)
        });
        findings.wrong((!fits).then(|| say(&reply)));
        let cancelled = lab.shipments().iter().any(|shipment| shipment.to_string().to_lowercase().contains("cancel"));
        findings.wrong((reply.is_ok() && !cancelled).then(|| "reported as cancelled, but it isn't".to_owned()));
    } else if !label_waits && !token {
        findings.wrong(oracle::fits(&reply, &allowed).map(|why| format!("{why}; {}", say(&reply))));
    } else if token && class == Class::Harmless {
        findings.wrong(reply.is_err().then(|| say(&reply)));
    }
    if let Ok(data) = &reply {
        findings.wrong(oracle::good_data(method, data, made["id"].as_str().unwrap_or_default()));
    }
    if shown == "call, not repeatable" {
        findings.wrong((done > 1).then(|| format!("done {done} times")));
        let wrong = match &reply {
            Ok(_) => done != 1,
            Err(error) => error.outcome == flete::Outcome::None && done > 0 && class != Class::Token,
        };
        findings.wrong(wrong.then(|| format!("done {done} times, but {}", say(&reply))));
        findings.wrong(oracle::retryable_is_true(&reply, false));
    }
    let there = lab.shipments().len();
    findings.wrong((there != 1).then(|| format!("{there} shipments where one was made")));
}
