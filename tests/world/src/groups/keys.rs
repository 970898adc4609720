//! A key always works: in every place where keys are kept, one lost reply and three calls make one shipment.

use crate::carriers::Carrier;
use crate::child::{Told, run};
use crate::host::{Act, Host, Wire};
use crate::row::{Answer, Row, Trial, each_carrier, fresh};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where keys are kept: the ways to configure it, or to leave it out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Xdg,
    Home,
    RelativeXdg,
    FromEnvironment,
    MemoryFromEnvironment,
    Memory,
    File,
    OfTheAccount,
    MemoryOfTheAccount,
}

const PLACES: &[(Place, &str)] = &[
    (Place::Xdg, "state left out, XDG_STATE_HOME"),
    (Place::Home, "state left out, HOME"),
    (Place::RelativeXdg, "state left out, XDG_STATE_HOME that is relative"),
    (Place::FromEnvironment, "state left out, FLETE_STATE a path"),
    (Place::MemoryFromEnvironment, "state left out, FLETE_STATE memory"),
    (Place::Memory, "state memory"),
    (Place::File, "state a path"),
    (Place::OfTheAccount, "state of the account"),
    (Place::MemoryOfTheAccount, "state of the account, memory"),
];

impl Place {
    fn in_memory(self) -> bool {
        matches!(self, Self::MemoryFromEnvironment | Self::Memory | Self::MemoryOfTheAccount)
    }
}

/// A process's home, its environment and the configuration for this place.
struct Setting {
    home: PathBuf,
    env: Vec<(&'static str, String)>,
    config: Value,
    file: PathBuf,
}

impl Setting {
    fn new(place: Place, host: &Host) -> Self {
        let home = fresh("home");
        std::fs::create_dir_all(&home).expect("a home");
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut config = host.config(&json!({}));
        let (mut env, mut file) = (Vec::new(), home.join(".local/state/flete/state.db"));
        match place {
            Place::Home => {}
            Place::RelativeXdg => env.push(("XDG_STATE_HOME", "relativa/estado".to_owned())),
            Place::Xdg => {
                let xdg = home.join("xdg");
                env.push(("XDG_STATE_HOME", text(&xdg)));
                file = xdg.join("flete/state.db");
            }
            Place::FromEnvironment => {
                file = home.join("claves.db");
                env.push(("FLETE_STATE", text(&file)));
            }
            Place::MemoryFromEnvironment => env.push(("FLETE_STATE", "memory".to_owned())),
            Place::Memory => config["state"] = json!("memory"),
            Place::File => {
                file = home.join("claves.db");
                config["state"] = json!(file);
            }
            Place::OfTheAccount => {
                file = home.join("de-la-cuenta.db");
                config["accounts"][0]["state"] = json!(file);
            }
            Place::MemoryOfTheAccount => config["accounts"][0]["state"] = json!("memory"),
        }
        Self { home, env, config, file }
    }

    /// Runs the steps in a process of their own, after opening a client.
    fn run(&self, trial: &mut Trial, steps: &[Value]) -> Told {
        let mut all = vec![json!({"open": self.config})];
        all.extend_from_slice(steps);
        let told = run(&self.home, &self.env, &Value::Array(all));
        for answer in &told.answers {
            trial.note(format!("→ {}", crate::row::short(&answer.0.to_string(), 500)));
        }
        told
    }
}

fn create(carrier: Carrier, key: &str) -> Value {
    json!({"call": "create", "request": carrier.keyed(key)})
}

fn call(method: &str, request: Value) -> Value {
    json!({"call": method, "request": request})
}

fn pause(ms: u64) -> Value {
    json!({"sleep_ms": ms})
}

/// The first create's reply is lost after the carrier has done it.
fn lose_first(host: &Host) {
    host.plan(|asked, before| if asked.op == "create" && before == 0 { Act::lost() } else { Act::Good });
}

pub fn rows(rows: &mut Vec<Row>) {
    for carrier in each_carrier() {
        for (place, name) in PLACES {
            let mut add = |condition: &str, play: fn(&mut Trial, Carrier, Place)| {
                let condition = format!("{name}: {condition}");
                rows.push(Row::new("keys", carrier.code(), "create", condition, move |trial| {
                    play(trial, carrier, *place);
                }));
            };
            add("a lost reply, then twice again", lost);
            add("a good reply, then again", replayed);
            add("a request that never came, then again", never_came);
            add("other content", conflict);
            add("the same key from two clients at once", at_once);
            if !place.in_memory() {
                add("a lost reply, then another process", another_process);
            }
            rows.push(Row::new("keys", carrier.code(), "keys", *name, move |trial| listed(trial, carrier, *place)));
            if carrier == Carrier::Almex {
                for made in [true, false] {
                    let condition = format!("{name}: a lost reply, settled as made: {made}");
                    rows.push(Row::new("keys", carrier.code(), "settle", condition, move |trial| {
                        settled(trial, carrier, *place, made);
                    }));
                }
            }
        }
        unusable(rows, carrier);
        rows.push(Row::new("keys", carrier.code(), "create", "the default place is private", move |trial| {
            private(trial, carrier);
        }));
        rows.push(Row::new("keys", carrier.code(), "create", "nothing is made without a key", move |trial| {
            untouched(trial, carrier);
        }));
        for (place, warned) in [(Place::Memory, true), (Place::MemoryFromEnvironment, true), (Place::File, false)] {
            let condition = format!("a key in memory is warned of once ({warned})");
            rows.push(Row::new("keys", carrier.code(), "create", condition, move |trial| {
                warnings(trial, carrier, place, warned);
            }));
        }
        for lost in [false, true] {
            let condition = format!("one line of log at info, lost: {lost}");
            rows.push(Row::new("keys", carrier.code(), "create", condition, move |trial| logged(trial, carrier, lost)));
        }
        for given in [None, Some("memory")] {
            rows.push(Row::new(
                "keys",
                carrier.code(),
                "create",
                format!("in the sandbox, state {given:?}"),
                move |trial| {
                    in_the_sandbox(trial, carrier, given);
                },
            ));
        }
    }
}

fn lost(trial: &mut Trial, carrier: Carrier, place: Place) {
    let host = Host::new(carrier);
    lose_first(&host);
    let setting = Setting::new(place, &host);
    let key = create(carrier, "pedido-1");
    let told = setting.run(trial, &[key.clone(), pause(150), key.clone(), key]);
    after_a_loss(trial, &host, &told.at(1), &[told.at(2), told.at(3)]);
}

fn another_process(trial: &mut Trial, carrier: Carrier, place: Place) {
    let host = Host::new(carrier);
    lose_first(&host);
    let setting = Setting::new(place, &host);
    let key = create(carrier, "pedido-1");
    let first = setting.run(trial, &[key.clone(), pause(150)]);
    let second = setting.run(trial, std::slice::from_ref(&key));
    let third = setting.run(trial, &[key]);
    after_a_loss(trial, &host, &first.at(1), &[second.at(1), third.at(1)]);
}

/// What calls with a key must say after its reply was lost.
fn after_a_loss(trial: &mut Trial, host: &Host, first: &Answer, again: &[Answer]) {
    if !first.ok() {
        trial.wants_error(first, &["network"], &["unknown"]);
        let retryable = first.at("/error/retryable") == host.carrier.finds();
        trial.want(retryable, format!("retryable is {}", first.at("/error/retryable")));
    }
    for answer in again {
        if host.carrier.finds() {
            trial.want(answer.ok(), format!("found: {}", answer.code()));
            trial.want(answer.at("/data/replayed") == true, "`replayed` is true");
        } else {
            trial.want(!answer.ok() && answer.outcome() == "unknown", "unknown until a person settles it");
            trial.want(answer.at("/error/retryable") == false, "not retryable");
        }
    }
    trial.saw(host);
    trial.want(host.count("create") == 1, format!("a create was sent {} times", host.count("create")));
    trial.made(host, 1);
}

fn replayed(trial: &mut Trial, carrier: Carrier, place: Place) {
    let host = Host::new(carrier);
    let setting = Setting::new(place, &host);
    let key = create(carrier, "pedido-1");
    let again = json!({"open": setting.config});
    let told = setting.run(trial, &[key.clone(), key.clone(), again, key]);
    trial.want(told.at(1).at("/data/replayed") == false, "the first isn't replayed");
    for index in [2, 4] {
        let answer = told.at(index);
        trial.want(answer.at("/data/replayed") == true, format!("answer {index} is replayed"));
        trial.want(answer.at("/data/id") == told.at(1).at("/data/id"), "the same id");
    }
    trial.made(&host, 1);
}

fn never_came(trial: &mut Trial, carrier: Carrier, place: Place) {
    let host = Host::new(carrier);
    host.plan(|asked, before| match asked.op == "create" && before == 0 {
        true => Act::Instead(Wire::nothing()),
        false => Act::Good,
    });
    let setting = Setting::new(place, &host);
    let key = create(carrier, "pedido-1");
    let told = setting.run(trial, &[key.clone(), pause(400), key.clone(), pause(300), key]);
    trial.want(!told.at(1).ok(), "the first is lost");
    trial.want(told.at(1).outcome() == "unknown", "it may have been made");
    if carrier.finds() {
        trial.want(told.at(3).ok() || told.at(2).ok(), "it is made then");
        let ids = [told.at(2), told.at(3)].map(|answer| answer.at("/data/id").clone());
        trial.want(ids[0].is_null() || ids[0] == ids[1], format!("one id: {ids:?}"));
        trial.made(&host, 1);
    } else {
        trial.want(told.at(3).outcome() == "unknown" && !told.at(3).ok(), "unknown until a person settles it");
        trial.made(&host, 0);
    }
}

fn conflict(trial: &mut Trial, carrier: Carrier, place: Place) {
    let host = Host::new(carrier);
    let setting = Setting::new(place, &host);
    let mut other = carrier.keyed("pedido-1");
    other["reference"] = json!("99999");
    let told = setting.run(trial, &[create(carrier, "pedido-1"), call("create", other), create(carrier, "pedido-2")]);
    trial.wants_error(&told.at(2), &["conflict"], &["none", "done"]);
    trial.want(told.at(3).at("/data/replayed") == false, "another key is another shipment");
    trial.made(&host, 2);
}

/// Two processes for a file. For memory, a process can only make one call after another: see `replayed`.
fn at_once(trial: &mut Trial, carrier: Carrier, place: Place) {
    let host = Host::new(carrier);
    host.plan(|asked, _| {
        if asked.op == "create" {
            std::thread::sleep(std::time::Duration::from_millis(150));
        }
        Act::Good
    });
    let setting = Setting::new(place, &host);
    let key = create(carrier, "pedido-1");
    if place.in_memory() {
        let again = json!({"open": setting.config});
        let told = setting.run(trial, &[key.clone(), again, key.clone()]);
        trial.want(told.at(3).at("/data/replayed") == true, "a second client of the process knows the key");
        trial.made(&host, 1);
        return;
    }
    let steps = json!([{"open": setting.config}, key]);
    let told: Vec<Told> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..3).map(|_| scope.spawn(|| run(&setting.home, &setting.env, &steps))).collect();
        running.into_iter().map(|one| one.join().expect("a process")).collect()
    });
    let fresh = told.iter().filter(|told| told.at(1).at("/data/replayed") == false).count();
    for told in &told {
        trial.note(format!("→ {}", crate::row::short(&told.at(1).0.to_string(), 300)));
        trial.want(told.at(1).ok(), format!("ok: {}", told.at(1).code()));
    }
    trial.want(fresh == 1, format!("{fresh} say that they made it"));
    trial.made(&host, 1);
}

fn listed(trial: &mut Trial, carrier: Carrier, place: Place) {
    let host = Host::new(carrier);
    lose_first(&host);
    let setting = Setting::new(place, &host);
    let steps = [
        call("keys", json!({})),
        create(carrier, "pedido-perdido"),
        create(carrier, "pedido-hecho"),
        create(carrier, "pedido-tercero"),
        call("keys", json!({})),
        call("keys", json!({"account": carrier.code(), "open": true})),
        call("keys", json!({"limit": 2})),
    ];
    let told = setting.run(trial, &steps);
    trial.want(told.at(1).at("/data/keys") == &json!([]), "no key at first");
    let all = told.at(5);
    let keys = all.at("/data/keys").as_array().cloned().unwrap_or_default();
    trial.want(keys.len() == 3, format!("three keys, came {}", keys.len()));
    let of = |name: &str| keys.iter().find(|key| key["idempotency_key"] == name).cloned().unwrap_or_default();
    let (lost, done) = (of("pedido-perdido"), of("pedido-hecho"));
    trial.want(lost["status"] == "unknown", format!("the lost one is {}", lost["status"]));
    trial.want(done["status"] == "done", format!("the made one is {}", done["status"]));
    trial.want(lost["shipment_id"].is_null(), "the lost one has no shipment");
    trial.want(&done["shipment_id"] == told.at(3).at("/data/id"), "the made one has its shipment");
    for key in [&lost, &done] {
        trial.want(key["account"] == carrier.code(), "its account");
        trial.want(key["attempts"].as_u64().is_some_and(|attempts| attempts >= 1), "its attempts");
        for name in ["started_at", "sent_at"] {
            let at = key[name].as_str().unwrap_or_default();
            trial.want(at.get(10..11) == Some("T"), format!("{name} is {}", key[name]));
        }
    }
    let open = told.at(6);
    let names: Vec<_> = open.at("/data/keys").as_array().into_iter().flatten().collect();
    let only = names.len() == 1 && names[0]["idempotency_key"] == "pedido-perdido";
    trial.want(only, "those that are open: the lost one alone");
    let page = told.at(7);
    trial.want(page.at("/data/keys").as_array().is_some_and(|keys| keys.len() == 2), "a page of two");
    let cursor = page.at("/data/next_cursor").clone();
    trial.want(cursor.is_string(), "a cursor goes on");
    if !place.in_memory() && cursor.is_string() {
        let rest = setting.run(trial, &[call("keys", json!({"cursor": cursor, "limit": 2}))]).at(1);
        let mut names: Vec<String> = page
            .at("/data/keys")
            .as_array()
            .into_iter()
            .flatten()
            .chain(rest.at("/data/keys").as_array().into_iter().flatten())
            .map(|key| key["idempotency_key"].as_str().unwrap_or_default().to_owned())
            .collect();
        names.sort();
        let whole = names == ["pedido-hecho", "pedido-perdido", "pedido-tercero"];
        trial.want(whole, format!("the pages hold every key once: {names:?}"));
        trial.want(rest.at("/data/next_cursor").is_null(), "the last page has no cursor");
    }
}

fn settled(trial: &mut Trial, carrier: Carrier, place: Place, made: bool) {
    let host = Host::new(carrier);
    lose_first(&host);
    let setting = Setting::new(place, &host);
    let key = create(carrier, "pedido-1");
    let mut settle = json!({"account": carrier.code(), "idempotency_key": "pedido-1", "made": made});
    if made {
        settle["id"] = json!("07000001001");
    }
    let told = setting.run(trial, &[key.clone(), key.clone(), call("settle", settle), key]);
    trial.want(told.at(2).outcome() == "unknown" && !told.at(2).ok(), "unknown until a person settles it");
    trial.want(told.at(3).ok(), "settled");
    let last = told.at(4);
    trial.want(last.at("/data/replayed") == made, format!("replayed is {}", last.at("/data/replayed")));
    // The person has said that the first isn't there: the second is right.
    trial.made(&host, if made { 1 } else { 2 });
    if !made {
        trial.duplicates = 0;
    }
}

/// Unusable places: refused before anything is sent.
fn unusable(rows: &mut Vec<Row>, carrier: Carrier) {
    type Prepare = fn(&Path) -> (Vec<(&'static str, String)>, Value, &'static str);
    let cases: [(&str, Prepare); 8] = [
        ("FLETE_STATE under a device", |_| {
            (vec![("FLETE_STATE", "/dev/null/estado/state.db".to_owned())], json!({}), "/dev/null")
        }),
        ("XDG_STATE_HOME under a file", |home| {
            std::fs::write(home.join("archivo"), "x").expect("a file");
            let place = home.join("archivo/estado").to_string_lossy().into_owned();
            (vec![("XDG_STATE_HOME", place)], json!({}), "archivo")
        }),
        ("HOME whose .local is a file", |home| {
            std::fs::write(home.join(".local"), "x").expect("a file");
            (Vec::new(), json!({}), ".local")
        }),
        ("FLETE_STATE a directory", |home| {
            (vec![("FLETE_STATE", home.to_string_lossy().into_owned())], json!({}), "home-")
        }),
        ("a path in no directory", |home| (Vec::new(), json!({"state": home.join("no/existe/state.db")}), "no/existe")),
        ("a path that is a directory", |home| (Vec::new(), json!({"state": home}), "home-")),
        ("a path that is another file", |home| {
            let file = home.join("notas.txt");
            std::fs::write(&file, "Estas son mis notas, y no una base de datos.\n".repeat(50)).expect("a file");
            (Vec::new(), json!({"state": file}), "notas.txt")
        }),
        ("a path under a file", |home| {
            std::fs::write(home.join("archivo"), "x").expect("a file");
            (Vec::new(), json!({"state": home.join("archivo/state.db")}), "archivo")
        }),
    ];
    for (name, prepare) in cases {
        rows.push(Row::new("keys", carrier.code(), "create", format!("an unusable place: {name}"), move |trial| {
            let host = Host::new(carrier);
            let mut setting = Setting::new(Place::Home, &host);
            let (env, more, word) = prepare(&setting.home);
            setting.env = env;
            for (name, value) in more.as_object().into_iter().flatten() {
                setting.config[name] = value.clone();
            }
            let mut unkeyed = carrier.order();
            unkeyed["reference"] = json!("555");
            let told = setting.run(trial, &[create(carrier, "pedido-1"), call("create", unkeyed)]);
            let refused = if told.at(0).ok() { told.at(1) } else { told.at(0) };
            trial.wants_error(&refused, &["invalid_config", "state_unavailable"], &["none"]);
            let fields = refused.fields();
            let named = fields.iter().any(|field| *field == "state" || field.ends_with(".state"));
            trial.want(named, format!("`state` is named: {fields:?}"));
            let message = refused.0.to_string();
            trial.want(message.contains(word), format!("the place ({word}) is quoted"));
            // Without a key nothing is kept, so nothing is refused.
            let made = if told.at(0).ok() { 1 } else { 0 };
            if told.at(0).ok() {
                trial.want(told.at(2).ok(), format!("without a key it is made: {}", told.at(2).code()));
            }
            trial.made(&host, made);
            trial.want(host.count("create") == made, "nothing was sent of the refused one");
        }));
    }
}

fn private(trial: &mut Trial, carrier: Carrier) {
    let host = Host::new(carrier);
    let setting = Setting::new(Place::Home, &host);
    let told = setting.run(trial, &[create(carrier, "pedido-1")]);
    trial.want(told.at(1).ok(), "made");
    let mode = |path: &Path| std::fs::metadata(path).map_or(0, |data| data.permissions().mode() & 0o777);
    trial.want(setting.file.is_file(), format!("{} is there", setting.file.display()));
    trial.want(mode(&setting.file) == 0o600, format!("the file's mode is {:o}", mode(&setting.file)));
    let folder = setting.file.parent().expect("a folder");
    trial.want(mode(folder) == 0o700, format!("the folder's mode is {:o}", mode(folder)));
}

fn untouched(trial: &mut Trial, carrier: Carrier) {
    let host = Host::new(carrier);
    let setting = Setting::new(Place::Home, &host);
    let track = json!({"account": carrier.code(), "id": carrier.seeded()});
    let told = setting.run(trial, &[call("create", carrier.order()), call("track", track), call("keys", json!({}))]);
    trial.want(told.at(1).ok() && told.at(2).ok(), "made and tracked");
    trial.want(told.at(3).at("/data/keys") == &json!([]), "there is no key");
    trial.want(!setting.home.join(".local").exists(), "nothing is made in the home");
}

fn warnings(trial: &mut Trial, carrier: Carrier, place: Place, warned: bool) {
    let host = Host::new(carrier);
    let setting = Setting::new(place, &host);
    let told = setting.run(trial, &[create(carrier, "pedido-1"), create(carrier, "pedido-2")]);
    trial.want(told.at(1).ok() && told.at(2).ok(), "made");
    let lines: Vec<_> = told.log.iter().filter(|(level, line)| level == "warn" && line.contains("memory")).collect();
    trial.want(lines.len() == usize::from(warned), format!("warned {} times: {lines:?}", lines.len()));
    trial.want(told.at(2).at("/data/replayed") == false, "another key is another shipment");
    // Whether the key works at all.
    let again = setting.run(trial, &[create(carrier, "pedido-3"), create(carrier, "pedido-3")]);
    trial.want(again.at(2).at("/data/replayed") == true, "the key is worth something");
    trial.made(&host, 3);
    trial.duplicates = 0;
}

fn logged(trial: &mut Trial, carrier: Carrier, lost: bool) {
    let host = Host::new(carrier);
    if lost {
        lose_first(&host);
    }
    let setting = Setting::new(Place::File, &host);
    let told = setting.run(trial, &[create(carrier, "pedido-que-nadie-lee")]);
    let answer = told.at(1);
    let outcome = if lost { "unknown" } else { "done" };
    let id = answer.text("/data/id").to_owned();
    let lines: Vec<_> = told
        .log
        .iter()
        .filter(|(level, line)| level == "info" && line.contains(carrier.code()) && line.contains(outcome))
        .collect();
    trial.note(format!("log {:?}", told.log.iter().filter(|(level, _)| level != "debug").collect::<Vec<_>>()));
    trial.want(lines.len() == 1, format!("{} lines at info with the account and {outcome}", lines.len()));
    trial.want(lines.iter().all(|(_, line)| line.contains(&id)), "the line has the id");
    let told_key = told.log.iter().any(|(_, line)| line.contains("pedido-que-nadie-lee"));
    trial.want(!told_key, "no line has the key itself");
}

fn in_the_sandbox(trial: &mut Trial, carrier: Carrier, state: Option<&str>) {
    let home = fresh("home");
    std::fs::create_dir_all(&home).expect("a home");
    let mut config = json!({"accounts": [carrier.sandbox()], "timeout_ms": 20_000});
    if let Some(state) = state {
        config["state"] = json!(state);
    }
    let mut order = carrier.keyed("pedido-1");
    if carrier == Carrier::Fruno {
        order["destination"]["district_code"] = json!("11605");
    }
    let steps = json!([{"open": config}, call("create", order.clone()), call("create", order)]);
    let told = run(&home, &[], &steps);
    for answer in &told.answers {
        trial.note(format!("→ {}", crate::row::short(&answer.0.to_string(), 500)));
    }
    trial.want(told.at(1).ok(), "made");
    trial.want(told.at(2).at("/data/replayed") == true, "`replayed` is true");
    trial.want(told.at(2).at("/data/id") == told.at(1).at("/data/id"), "the same id");
    trial.want(
        told.at(1).at("/data/environment") == "sandbox" || told.at(1).at("/data/environment").is_null(),
        "its environment",
    );
    trial.want(!home.join(".local").exists(), "nothing is made in the home");
    let warned = told.log.iter().filter(|(level, line)| level == "warn" && line.contains("idempotency")).count();
    trial.want(warned == 0, "the sandbox's memory isn't warned of");
}
