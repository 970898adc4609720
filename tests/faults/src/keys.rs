//! One key: two processes at once, other content, a refusal, `settle`, a state file that can't be used.

use crate::carriers::{Carrier, order};
use crate::kit::{Lab, Reply, check, fresh, note, outcome, say, scratch};
use crate::worker::{again, answer, invoke};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

fn is(reply: &Reply, code: &str, what: &str) -> bool {
    reply.as_ref().is_err_and(|error| error.code.as_str() == code && outcome(error) == what)
}

pub fn run(carrier: &'static Carrier) {
    let name = |what: &str| format!("{}: {what}", carrier.code);
    at_once(carrier, &name("four processes with one key make one shipment, and all get it"));

    let lab = Lab::new(carrier.code);
    let client = lab.client(json!({"state": fresh("state.db"), "settle_ms": 50}));
    let create = |request: &Value| note(client.call("create", request.clone()));
    let first = create(&order(carrier.code, "R-1", Some("k")));
    check(first.is_ok(), &name("a create with a key"), || say(&first));
    let other = create(&order(carrier.code, "R-2", Some("k")));
    check(is(&other, "conflict", "none"), &name("the same key with other content is a conflict"), || say(&other));
    let mut slower = order(carrier.code, "R-1", Some("k"));
    slower["timeout_ms"] = json!(9000);
    let replay = create(&slower);
    let replayed = replay.as_ref().is_ok_and(|data| data["replayed"] == true);
    check(replayed, &name("timeout_ms is no content"), || say(&replay));

    lab.fault(&json!({"fault": "status", "status": 400, "operation": carrier.create}));
    let refused = create(&order(carrier.code, "R-3", Some("k2")));
    check(is(&refused, "validation", "none"), &name("a refusal makes nothing"), || say(&refused));
    let freed = create(&order(carrier.code, "R-4", Some("k2")));
    check(freed.is_ok(), &name("after a refusal the key is free for other content"), || say(&freed));

    lab.fault(&json!({"fault": "reset_after", "operation": carrier.create}));
    let lost = create(&order(carrier.code, "R-5", Some("k3")));
    check(lost.as_ref().is_err_and(|error| outcome(error) == "unknown"), &name("a lost reply is unknown"), || {
        say(&lost)
    });
    let other = create(&order(carrier.code, "R-6", Some("k3")));
    check(is(&other, "conflict", "none"), &name("an unknown key is not free for other content"), || say(&other));
    let word = json!({"account": "shop", "idempotency_key": "k3", "made": true, "id": "ID-5"});
    let settled = note(client.call("settle", word.clone()));
    check(settled.is_ok(), &name("a person settles an unknown key"), || say(&settled));
    let told = create(&order(carrier.code, "R-5", Some("k3")));
    let same = told.as_ref().is_ok_and(|data| data["id"] == "ID-5" && data["replayed"] == true);
    check(same, &name("a settled key answers with what the person said"), || say(&told));
    let twice = note(client.call("settle", word));
    check(is(&twice, "conflict", "none"), &name("what is done can't be settled"), || say(&twice));
    let unknown = note(client.call("settle", json!({"account": "shop", "idempotency_key": "?", "made": false})));
    check(is(&unknown, "not_found", "none"), &name("settle of no key"), || say(&unknown));
    check(lab.shipments().len() == 3, &name("three orders, three shipments"), || format!("{}", lab.shipments().len()));

    if carrier.finds {
        still_on_its_way(carrier, &name("what is still on its way is waited for"));
        slow_look_up(carrier, &name("what arrives while it is looked for is not missed"));
    }
    replaced_tags(carrier);
    lost_file(carrier, &name("a state file that vanishes in mid create: nothing is sent"));
    unusable(carrier);
}

fn at_once(carrier: &Carrier, what: &str) {
    let lab = Lab::new(carrier.code);
    lab.settings(&json!({"latency_ms": 120}));
    let config = lab.config(json!({"state": fresh("state.db"), "timeout_ms": 15000}));
    let request = order(carrier.code, "R-1", Some("k"));
    let children: Vec<_> = (0..4).map(|_| invoke(&config, "create", &request)).collect();
    let answers: Vec<Value> = children.into_iter().map(answer).collect();
    let made = lab.shipments();
    let id = answers[0]["data"]["id"].clone();
    let good = made.len() == 1 && id.is_string() && answers.iter().all(|answer| answer["data"]["id"] == id);
    check(good, what, || format!("{} shipments; {answers:?}", made.len()));
}

/// The request arrives after its caller gave up: an early look-up that finds nothing must not count.
fn still_on_its_way(carrier: &Carrier, what: &str) {
    let lab = Lab::new(carrier.code);
    let client = lab.client(json!({"state": fresh("state.db"), "settle_ms": 2000}));
    lab.fault(&json!({"fault": "slow", "ms": 1100, "operation": carrier.create}));
    let mut request = order(carrier.code, "R-1", Some("k"));
    request["timeout_ms"] = json!(600);
    let first = note(client.call("create", request.clone()));
    let second = note(client.call("create", request.clone()));
    let waits = second.as_ref().is_err_and(|error| {
        outcome(error) == "unknown" && error.retryable && error.retry_after_ms.is_some() && error.elapsed_ms < 400
    });
    check(waits || second.is_ok(), what, || format!("{}; then {}", say(&first), say(&second)));
    request["timeout_ms"] = json!(6000);
    let third = note(client.call("create", request));
    let good = third.as_ref().is_ok_and(|data| data["replayed"] == true) && lab.shipments().len() == 1;
    check(good, what, || format!("{}; {} shipments", say(&third), lab.shipments().len()));
}

/// The request arrives during a slow look-up, which therefore doesn't show it, and which ends when the request is old.
fn slow_look_up(carrier: &Carrier, what: &str) {
    let lab = Lab::new(carrier.code);
    let client = lab.client(json!({"state": fresh("state.db"), "settle_ms": 1500}));
    // Caches what a create needs, so that the next request is the create itself.
    drop(note(client.call("create", order(carrier.code, "R-0", None))));
    let mut request = order(carrier.code, "R-1", Some("k"));
    lab.fault(&json!({"fault": "slow", "ms": 1200, "operation": carrier.create}));
    request["timeout_ms"] = json!(400);
    let first = note(client.call("create", request.clone()));
    // Every reply is delayed after it was made, also the list.
    lab.fault(&json!({"fault": "slow_after", "ms": 1400}));
    request["timeout_ms"] = json!(9000);
    let second = note(client.call("create", request));
    let good = second.as_ref().is_ok_and(|data| data["replayed"] == true) && lab.shipments().len() == 2;
    check(good, what, || format!("{}; then {}; {} shipments", say(&first), say(&second), lab.shipments().len()));
}

/// `options` are merged last, and must not remove the mark that finds a lost create.
fn replaced_tags(carrier: &Carrier) {
    if carrier.code != "fruno" {
        return;
    }
    let lab = Lab::new(carrier.code);
    let client = lab.client(json!({"state": fresh("state.db"), "settle_ms": 50}));
    let mut request = order(carrier.code, "R-1", Some("k"));
    request["options"] = json!({"fruno": {"etiquetas": ["mine"]}});
    lab.fault(&json!({"fault": "reset_after", "operation": carrier.create}));
    drop(note(client.call("create", request.clone())));
    let again = note(client.call("create", request));
    let good = again.is_ok() && lab.shipments().len() == 1;
    check(good, "fruno: tags given in options don't cost the mark", || format!("{}", lab.shipments().len()));
}

fn lost_file(carrier: &Carrier, what: &str) {
    let lab = Lab::new(carrier.code);
    let state = fresh("state.db");
    // Every request but the one that makes the shipment is slow: the key is claimed, nothing is made yet.
    lab.settings(&json!({"latency_ms": 400}));
    let client = lab.client(json!({"state": state, "timeout_ms": 5000}));
    let request = order(carrier.code, "R-1", Some("k"));
    let reply = thread::scope(|scope| {
        let call = scope.spawn(|| note(client.call("create", request.clone())));
        thread::sleep(Duration::from_millis(200));
        for suffix in ["", "-wal", "-shm"] {
            drop(fs::remove_file(format!("{}{suffix}", state.display())));
        }
        call.join().expect("the call")
    });
    if lab.count(carrier.create).0 > 0 {
        // A create of a single request has nothing slow before it.
        return;
    }
    let told = reply.as_ref().is_err_and(|error| outcome(error) == "unknown");
    check(told && lab.shipments().is_empty(), what, || say(&reply));
}

/// A state file that can't be used is an error before anything is sent.
fn unusable(carrier: &'static Carrier) {
    let expect = |what: &str, state: &Path, answer: &Value, lab: &Lab| {
        let error = &answer["error"];
        let path = state.to_string_lossy();
        // A cause that may pass: other data fills the disk.
        let passes = what.contains("full") || what.contains("limit");
        let good = error["code"] == if passes { "state_unavailable" } else { "invalid_config" }
            && error["retryable"] == passes
            && error["fields"][0]["field"] == "state"
            && error["outcome"] == "none"
            && error["message"].as_str().is_some_and(|message| message.contains(&*path))
            && lab.total() == 0;
        let what = format!("{}: a state file that is {what}: told before anything is sent", carrier.code);
        check(good, &what, || format!("{error}; {} requests", lab.total()));
    };
    let request = order(carrier.code, "R-1", Some("k"));
    let here = |what: &str, state: &Path| {
        let lab = Lab::new(carrier.code);
        let reply = note(lab.client(json!({"state": state})).call("create", request.clone()));
        expect(what, state, &flete::envelope(reply.map_err(|error| *error)), &lab);
    };
    let corrupt = fresh("corrupt.db");
    fs::write(&corrupt, "SQLite format 3\0".repeat(300)).expect("a file");
    here("corrupt", &corrupt);
    let text = fresh("notes.txt");
    fs::write(&text, "the shopping list\n".repeat(50)).expect("a file");
    here("no database", &text);
    let cut = fresh("cut.db");
    let lab = Lab::new(carrier.code);
    let client = lab.client(json!({"state": cut}));
    // Enough of them that SQLite writes its log into the file itself.
    for number in 0..12 {
        let name = format!("R-{number}");
        drop(note(client.call("create", order(carrier.code, &name, Some(&name)))));
    }
    let length = fs::metadata(&cut).map_or(0, |meta| meta.len());
    drop(fs::OpenOptions::new().write(true).open(&cut).and_then(|file| file.set_len(length / 2 + 77)));
    for suffix in ["-wal", "-shm"] {
        drop(fs::remove_file(format!("{}{suffix}", cut.display())));
    }
    here("cut off", &cut);
    here("in no directory", &fresh("nowhere").join("state.db"));
    here("a directory", &scratch());
    here("of too long a name", &scratch().join("x".repeat(300)));

    let lab = Lab::new(carrier.code);
    let state = fresh("full.db");
    let config = lab.config(json!({"state": state})).to_string();
    let limited = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().expect("this program's own path"))
        .args(["invoke", &config, "create", &request.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    expect("over the system's limit for files", &state, &answer(limited), &lab);

    let root = fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0);
    if !root {
        return;
    }
    let small = fresh("small");
    fs::create_dir_all(&small).expect("a directory");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=32k", "tmpfs"]).arg(&small).status();
    if mounted.is_ok_and(|status| status.success()) {
        here("on a full disk", &small.join("state.db"));
        drop(Command::new("mount").args(["-o", "remount,ro"]).arg(&small).status());
        here("on a read-only disk", &small.join("other.db"));
        drop(Command::new("umount").arg(&small).status());
    } else {
        println!("  (no right to mount: the full and the read-only disk are left to the limit above)");
    }
    // Another user may only read it.
    let lab = Lab::new(carrier.code);
    let state = fresh("denied.db");
    fs::write(&state, "").expect("a file");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o600)).expect("a mode");
    let config = lab.config(json!({"state": state})).to_string();
    let plain = again(&["invoke", &config, "create", &request.to_string()]);
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(plain.get_program()).args(plain.get_args());
    if let Ok(child) = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn() {
        let answer = answer(child);
        if answer["error"]["code"] != "none" {
            expect("another user's", &state, &answer, &lab);
        }
    }
}
