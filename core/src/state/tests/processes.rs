//! Many processes on one file: killed, forgotten, without rights. The children are this test binary itself.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::json::json;

use super::super::place::Home;
use super::*;

const ROLE: &str = "FLETE_STATE_TEST_ROLE";
const FILE: &str = "FLETE_STATE_TEST_FILE";
const KEYS: u32 = 200;

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn child(program: &Path, role: &str, file: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(["child_process", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(FILE, file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

fn spawn(role: &str, file: &Path) -> Child {
    child(&std::env::current_exe().unwrap(), role, file).spawn().unwrap()
}

/// Waits until the child says `word`; the test runner may have written before it on the same line.
fn hears(child: &mut Child, word: &str) {
    let out = child.stdout.take().unwrap();
    let mut lines = BufReader::new(out).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains(word)), "the child never said {word}");
}

/// Not a test by itself: what a child does, according to its role.
#[test]
fn child_process() {
    let (Ok(role), Some(file)) = (std::env::var(ROLE), std::env::var_os(FILE)) else {
        return;
    };
    let store = patient(Path::new(&file));
    match role.as_str() {
        "hold" => {
            let mut intent = mine(store.claim("cr", "k", "f", now() + 3_600_000, now()).unwrap());
            store.sending(&mut intent, T0).unwrap();
            say("holding");
            std::thread::sleep(Duration::from_secs(60));
        }
        "hammer" => hammer(&store, Path::new(&file)),
        "home" => {
            let home = Home { xdg: Some(Path::new(&file).parent().unwrap().into()), home: None };
            let store = Store::new(super::super::Place::Home(home), 30, Duration::ZERO);
            say(&format!("{:?} {:?}", store.list("cr", None, false, 9), store.claim("cr", "k", "f", now() + 9, now())));
        }
        "write" => say(&format!("{:?}", write(&File::new(&file, 30)))),
        other => panic!("no role {other}"),
    }
}

fn say(word: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{word}").unwrap();
    out.flush().unwrap();
}

/// A create in miniature. The carrier is a directory in which each shipment made is a line in a file named by its
/// key: a second line is a duplicate.
fn hammer(store: &File, file: &Path) {
    let carrier = file.with_file_name("carrier");
    let mut left: Vec<u32> = (0..KEYS).collect();
    let mut turn = std::process::id();
    while !left.is_empty() {
        turn = turn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let at = (turn >> 8) as usize % left.len();
        let key = format!("k{}", left[at]);
        let shipment = carrier.join(&key);
        match store.claim("cr", &key, "f", now() + 60_000, now()).unwrap() {
            Claim::Mine(mut intent) => {
                // A child may be killed between making the file and writing its line.
                let written = fs::metadata(&shipment).is_ok_and(|file| file.len() > 0);
                let made = intent.sent_at_ms.is_some() && written;
                if !made {
                    store.step(&mut intent, "address", json!(7), now()).unwrap();
                    store.sending(&mut intent, now()).unwrap();
                    let mut ledger = fs::OpenOptions::new().create(true).append(true).open(&shipment).unwrap();
                    ledger.write_all(b"made\n").unwrap();
                }
                store.finish(&intent, &json!({"id": key}), now()).unwrap();
                left.swap_remove(at);
            }
            Claim::Done(reply) => {
                assert_eq!(reply, json!({"id": key}));
                left.swap_remove(at);
            }
            Claim::Busy { .. } => std::thread::sleep(Duration::from_millis(2)),
            Claim::Conflict => panic!("{key}: conflict"),
        }
    }
}

#[test]
fn eight_processes_killed_at_random_make_each_shipment_once() {
    let place = Place::new();
    let carrier = place.dir().join("carrier");
    fs::create_dir(&carrier).unwrap();
    // The file isn't there yet: its first opening by eight at once is part of the story.
    let mut children: Vec<Child> = (0..8).map(|_| spawn("hammer", &place.file())).collect();
    let mut kills = 0;
    let mut turn: u32 = 20_260_101;
    let started = Instant::now();
    while !children.is_empty() {
        std::thread::sleep(Duration::from_millis(25));
        turn = turn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let at = (turn >> 8) as usize % children.len();
        if kills < 24 && started.elapsed() > Duration::from_millis(60) {
            // Left unreaped for a moment: a zombie counts as dead.
            children[at].kill().unwrap();
            let fresh = spawn("hammer", &place.file());
            let mut killed = std::mem::replace(&mut children[at], fresh);
            kills += 1;
            std::thread::sleep(Duration::from_millis(5));
            killed.wait().unwrap();
        }
        children.retain_mut(|child| match child.try_wait().unwrap() {
            Some(status) => {
                assert!(status.success(), "a child failed: {status}");
                false
            }
            None => true,
        });
        assert!(started.elapsed() < Duration::from_secs(120), "stuck");
    }
    let mut shipments = BTreeMap::new();
    for entry in fs::read_dir(&carrier).unwrap() {
        let entry = entry.unwrap();
        let lines = fs::read_to_string(entry.path()).unwrap().lines().count();
        shipments.insert(entry.file_name(), lines);
    }
    assert_eq!(shipments.len(), KEYS as usize);
    assert!(shipments.values().all(|lines| *lines == 1), "{shipments:?}");
    let conn = rusqlite::Connection::open(place.file()).unwrap();
    let intact: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(intact, "ok");
    let done: u32 =
        conn.query_row("SELECT count(*) FROM creates WHERE reply IS NOT NULL", [], |row| row.get(0)).unwrap();
    assert_eq!(done, KEYS);
    assert!(kills > 3, "only {kills} were killed");
}

#[test]
fn a_killed_owner_is_dead_at_once() {
    if !Path::new("/proc/self/stat").exists() {
        return; // only its lease counts there
    }
    let place = Place::new();
    let store = place.store();
    let mut child = spawn("hold", &place.file());
    hears(&mut child, "holding");
    let claim = || store.claim("cr", "k", "f", now() + 60_000, now()).unwrap();
    assert!(matches!(claim(), Claim::Busy { .. }), "it lives");
    child.kill().unwrap();
    // Not reaped on purpose, as by a parent that never waits: a zombie.
    let deadline = Instant::now() + Duration::from_secs(5);
    let taken = loop {
        match claim() {
            Claim::Mine(intent) => break intent,
            _ if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(1)),
            other => panic!("{other:?}"),
        }
    };
    child.wait().unwrap();
    assert_eq!((taken.sent_at_ms, claimed(&store, "cr", "k").0), (Some(T0), 2));
}

/// What a user without rights is told. Root may do everything, so that as root the child becomes nobody.
fn as_nobody(place: &Place) -> String {
    as_role(place, "write")
}

fn as_role(place: &Place, role: &str) -> String {
    let program = std::env::temp_dir().join(place.dir().join("program"));
    if !program.exists() {
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = child(&program, role, &place.dir().join("d/state.db"));
    if std::os::unix::fs::MetadataExt::uid(&fs::metadata(place.dir()).unwrap()) == 0 {
        command.uid(65_534).gid(65_534);
    }
    let out = command.output().unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

#[test]
fn missing_rights_are_told_before_anything_is_sent() {
    let place = Place::new();
    let dir = place.dir().join("d");
    let file = dir.join("state.db");
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let root = std::os::unix::fs::MetadataExt::uid(&fs::metadata(place.dir()).unwrap()) == 0;
    fs::create_dir(&dir).unwrap();

    set(&dir, 0o555);
    assert!(as_nobody(&place).contains("Denied("), "a directory that can't be written");
    let told = as_role(&place, "home");
    assert!(told.contains("Ok([]) Err(Denied("), "a default place that can't be made: {told}");
    set(&dir, 0o700);
    write(&File::new(&file, 30)).unwrap();
    if root {
        assert!(as_nobody(&place).contains("Denied("), "a directory that can't be entered");
        let told = as_role(&place, "home");
        assert!(told.contains("Err(Denied(") && !told.contains("NoDirectory"), "nor its default place: {told}");
        set(&dir, 0o755);
        assert!(as_nobody(&place).contains("Denied("), "the file of another user");
        set(&file, 0o666);
        assert!(as_nobody(&place).contains("Exposed("), "open to all");
        std::os::unix::fs::chown(&file, Some(65_534), Some(65_534)).unwrap();
    }
    set(&file, 0o400);
    for suffix in ["-wal", "-shm"] {
        let path = file::beside(&file, suffix);
        if root {
            std::os::unix::fs::chown(&path, Some(65_534), Some(65_534)).unwrap();
        }
        set(&path, 0o400);
    }
    let told = as_nobody(&place);
    assert!(told.contains("ReadOnly(") || told.contains("Denied("), "a read-only file: {told}");
    set(&dir, 0o755);
}
