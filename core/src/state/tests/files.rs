//! The file: its mode, its versions, and everything that can be wrong with it.

use std::os::unix::fs::PermissionsExt;

use crate::json::json;

use super::super::place::Home;
use super::super::sqlite::{WAL_BYTES, open};
use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn failure(path: &Path) -> StateError {
    let error = write(&File::new(path, 30)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()), "{text}");
    error
}

#[test]
fn all_three_files_are_for_their_user_only() {
    let place = Place::new();
    write(&place.store()).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(mode(&file::beside(&place.file(), suffix)), 0o600, "{suffix}");
    }
    assert_eq!(fs::read_dir(place.dir()).unwrap().count(), 3, "no draft is left");
}

#[test]
fn a_file_that_others_can_read_is_closed_to_them() {
    let place = Place::new();
    write(&place.store()).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let path = file::beside(&place.file(), suffix);
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    write(&place.store()).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(mode(&file::beside(&place.file(), suffix)), 0o600, "{suffix}");
    }
}

#[test]
fn files_beside_it_that_others_can_read_are_closed_to_them() {
    let place = Place::new();
    write(&place.store()).unwrap();
    for suffix in ["-wal", "-shm"] {
        let path = file::beside(&place.file(), suffix);
        // As one leaves them who was told to `chmod 600` the state file, and did.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write(&place.store()).unwrap();
        assert_eq!(mode(&path), 0o600, "{suffix}");
    }
}

#[test]
fn a_link_leads_to_the_file_before_and_after_it_is_made() {
    let place = Place::new();
    let (data, link, second) = (place.dir().join("data"), place.dir().join("state.db"), place.dir().join("second.db"));
    fs::create_dir(&data).unwrap();
    std::os::unix::fs::symlink("data/real.db", &link).unwrap();
    std::os::unix::fs::symlink("state.db", &second).unwrap();
    patient(&second).remember("s", "k", "1", &json!(1), T0).unwrap();
    assert_eq!(patient(&link).fact("s", "k", "1", T0).unwrap(), Some(json!(1)));
    assert_eq!(patient(&data.join("real.db")).fact("s", "k", "1", T0).unwrap(), Some(json!(1)));
    assert_eq!(mode(&data.join("real.db")), 0o600);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let circle = place.dir().join("circle.db");
    std::os::unix::fs::symlink("circle.db", &circle).unwrap();
    failure(&circle);
    std::os::unix::fs::symlink("nowhere/real.db", place.dir().join("lost.db")).unwrap();
    let lost = write(&patient(&place.dir().join("lost.db"))).unwrap_err();
    assert_eq!(lost, StateError::NoDirectory((&*place.dir().join("nowhere/real.db")).into()));
}

#[test]
fn any_name_is_a_name() {
    let place = Place::new();
    for name in [":memory:", "file:x?mode=memory&cache=shared", "ñandú 100% #1?.db", "a\nb'\"\\.db", "-wal", "x-wal"]
    {
        let path = place.dir().join(name);
        patient(&path).remember("s", "k", "1", &json!(1), T0).unwrap();
        assert_eq!(patient(&path).fact("s", "k", "1", T0).unwrap(), Some(json!(1)), "{name}");
        assert_eq!(mode(&path), 0o600);
    }
    for name in ["", ".", "..", "new.db/", "a\0b"] {
        assert!(write(&patient(&place.dir().join(name))).is_err(), "{name:?}");
    }
}

#[test]
fn a_path_stays_the_same_when_the_host_changes_its_directory() {
    let here = std::env::current_dir().unwrap();
    assert_eq!(File::new("a/state.db", 30).path(), here.join("a/state.db"));
}

/// A commit of the rollback journal is the removal of a file, whose directory SQLite syncs at EXTRA alone
/// (<https://sqlite.org/pragma.html#pragma_synchronous>): till then a power cut brings it back, and takes the commit away.
#[test]
fn a_commit_is_on_the_disk_with_either_journal() {
    let place = Place::new();
    write(&place.store()).unwrap();
    for journal in ["wal", "delete"] {
        let conn = open(&place.file(), BUSY).unwrap();
        let mode: String = conn.query_row(&format!("PRAGMA journal_mode = {journal}"), [], |row| row.get(0)).unwrap();
        let synchronous: i64 = conn.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
        assert_eq!((mode.as_str(), synchronous), (journal, 3));
        drop(conn);
        write(&place.store()).unwrap();
    }
}

#[test]
fn the_log_does_not_grow_for_ever() {
    let place = Place::new();
    let store = place.store();
    for n in 0..400 {
        store.remember("s", "k", &format!("{n}"), &json!("x".repeat(500)), T0).unwrap();
    }
    let log = fs::metadata(file::beside(&place.file(), "-wal")).unwrap().len();
    assert!(log < 2 * WAL_BYTES, "{log}");
    assert_eq!(store.fact("s", "k", "0", T0).unwrap(), Some(json!("x".repeat(500))));
}

#[test]
fn a_missing_directory_is_named_and_not_made() {
    let place = Place::new();
    let path = place.dir().join("no/such/state.db");
    assert_eq!(failure(&path), StateError::NoDirectory((&*path).into()));
    let path = place.dir().join("file/state.db");
    fs::write(place.dir().join("file"), "").unwrap();
    assert_eq!(failure(&path), StateError::NoDirectory((&*path).into()));
}

#[test]
fn what_is_not_a_database_is_left_alone() {
    let place = Place::new();
    let path = place.file();
    assert_eq!(failure(place.dir()), StateError::Directory(place.dir().to_path_buf()));
    let text = "accounts: these are my notes\n".repeat(500);
    fs::write(&path, &text).unwrap();
    assert_eq!(failure(&path), StateError::NotADatabase((&*path).into()));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    let random = owner::random::<8192>(&path).unwrap();
    fs::write(&path, random).unwrap();
    assert_eq!(failure(&path), StateError::NotADatabase((&*path).into()));
    fs::write(&path, "xy").unwrap();
    assert_eq!(failure(&path), StateError::NotADatabase((&*path).into()));
}

#[test]
fn the_database_of_another_program_is_left_alone() {
    let place = Place::new();
    edit(&place, "CREATE TABLE theirs (a); PRAGMA user_version = 1;");
    let before = fs::read(place.file()).unwrap();
    assert_eq!(failure(&place.file()), StateError::Foreign(place.file()));
    assert_eq!(fs::read(place.file()).unwrap(), before);
}

/// A file with data in the database itself, not in the log.
fn filled(place: &Place) -> Vec<u8> {
    let store = place.store();
    for n in 0..50 {
        let intent = mine(store.claim("cr", &format!("{n}"), "f", LEASE, T0).unwrap());
        store.finish(&intent, &json!("x".repeat(900)), T0).unwrap();
    }
    edit(place, "PRAGMA wal_checkpoint(TRUNCATE)"); // and its last close removes the log
    fs::read(place.file()).unwrap()
}

#[test]
fn a_damaged_file_is_a_clear_error_wherever_the_damage_is() {
    let place = Place::new();
    let whole = filled(&place);
    let claims = || {
        let store = File::new(place.file(), 30);
        (0..50)
            .find_map(|n| store.claim("cr", &format!("{n}"), "f", LEASE, T0).err())
            .map(|error| matches!(error, StateError::Corrupt(..) | StateError::NotADatabase(_)))
    };
    assert_eq!(claims(), None);
    for keep in [100, 4096, 8192, whole.len() / 2, whole.len() - 4096] {
        fs::write(place.file(), &whole[..keep]).unwrap();
        assert_eq!(claims(), Some(true), "cut off at {keep}");
        let _ = fs::remove_file(file::beside(&place.file(), "-wal"));
        let _ = fs::remove_file(file::beside(&place.file(), "-shm"));
    }
    let mut random = whole.clone();
    for (n, byte) in random.iter_mut().enumerate().skip(100) {
        *byte = (n * 31 % 251) as u8;
    }
    fs::write(place.file(), &random).unwrap();
    assert_eq!(claims(), Some(true), "overwritten");
}

#[test]
fn a_database_lost_from_under_its_log_is_not_made_again() {
    let place = Place::new();
    place.store().claim("cr", "k", "f", LEASE, T0).unwrap();
    assert!(fs::metadata(file::beside(&place.file(), "-wal")).unwrap().len() > 0);
    fs::write(place.file(), "").unwrap();
    assert!(matches!(failure(&place.file()), StateError::Corrupt(..)));
    fs::write(place.file(), "x").unwrap();
    assert!(matches!(failure(&place.file()), StateError::Corrupt(..)));
    fs::remove_file(place.file()).unwrap();
    assert!(matches!(failure(&place.file()), StateError::Corrupt(..)));
}

#[test]
fn text_of_ours_that_cannot_be_read_back_is_damage() {
    let place = Place::new();
    let store = place.store();
    store.claim("cr", "k", "f", T0, T0).unwrap();
    store.remember("s", "k", "1", &json!(1), T0).unwrap();
    edit(&place, "UPDATE creates SET steps = '{'; UPDATE facts SET value = '{';");
    assert!(matches!(store.claim("cr", "k", "f", LEASE, T0), Err(StateError::Corrupt(..))));
    assert!(matches!(store.fact("s", "k", "1", T0), Err(StateError::Corrupt(..))));
    edit(&place, "UPDATE creates SET steps = '[]'");
    assert!(matches!(store.claim("cr", "k", "f", LEASE, T0), Err(StateError::Corrupt(..))));
    edit(&place, "DROP TABLE tokens; DROP TABLE creates;");
    assert!(matches!(store.claim("cr", "k", "f", LEASE, T0), Err(StateError::Corrupt(..))));
}

#[test]
fn a_later_format_is_refused_untouched() {
    let place = Place::new();
    write(&place.store()).unwrap();
    edit(&place, "PRAGMA user_version = 99");
    let known = schema::STEPS.len() as i64;
    assert_eq!(failure(&place.file()), StateError::Newer { path: place.file(), found: 99, known });
}

#[test]
fn an_older_format_is_brought_up_step_by_step_and_keeps_its_rows() {
    let place = Place::new();
    place.store().claim("cr", "k", "f", LEASE, T0).unwrap();
    let mut conn = open(&place.file(), BUSY).unwrap();
    let later = [
        schema::STEPS,
        &["ALTER TABLE creates ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'", "CREATE TABLE more (a)"],
    ]
    .concat();
    assert!(schema::outdated(&conn, &later).unwrap());
    schema::migrate(&mut conn, &later).unwrap();
    schema::migrate(&mut conn, &later).unwrap();
    assert!(!schema::outdated(&conn, &later).unwrap());
    let colour: String = conn.query_row("SELECT colour FROM creates WHERE key = 'k'", [], |r| r.get(0)).unwrap();
    assert_eq!(colour, "red");
    assert!(matches!(failure(&place.file()), StateError::Newer { found: 3, .. }));
}

#[test]
fn a_step_that_fails_leaves_the_file_as_it_was() {
    let place = Place::new();
    write(&place.store()).unwrap();
    let mut conn = open(&place.file(), BUSY).unwrap();
    let bad = [schema::STEPS, &["CREATE TABLE more (a)", "NOT SQL"]].concat();
    assert!(schema::migrate(&mut conn, &bad).is_err());
    drop(conn);
    write(&place.store()).unwrap();
}

#[test]
fn an_empty_file_is_begun() {
    let place = Place::new();
    fs::write(place.file(), "").unwrap();
    write(&place.store()).unwrap();
    assert_eq!(mode(&place.file()), 0o600);
}

#[test]
fn a_full_disk_and_a_read_only_file_are_told_apart() {
    let place = Place::new();
    write(&place.store()).unwrap();
    let path = place.file();
    let failed = |limit: &str| {
        let conn = open(&path, BUSY).unwrap();
        conn.execute_batch(limit).unwrap();
        let error = conn.execute("INSERT INTO facts VALUES ('s', 'k', '1', hex(zeroblob(90000)), 0)", []).unwrap_err();
        error::Fault::from(error).explain(&path)
    };
    assert_eq!(failed("PRAGMA max_page_count = 20"), StateError::Full((&*path).into()));
    assert_eq!(failed("PRAGMA query_only = ON"), StateError::ReadOnly((&*path).into()));
}

#[test]
fn a_file_that_another_holds_is_busy_and_free_afterwards() {
    let place = Place::new();
    let store = File::new(place.file(), 30).with_busy_timeout(Duration::from_millis(30));
    write(&store).unwrap();
    let other = rusqlite::Connection::open(place.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(write(&store), Err(StateError::Busy((&*place.file()).into())));
    assert_eq!(store.fact("s", "k", "1", T0), Ok(None), "reading goes on");
    other.execute_batch("ROLLBACK").unwrap();
    write(&store).unwrap();
}

#[test]
fn every_message_says_what_to_do() {
    let p = PathBuf::from("/v/state.db");
    let all = [
        StateError::NoDirectory((&*p).into()),
        StateError::Denied((&*p).into()),
        StateError::ReadOnly((&*p).into()),
        StateError::Exposed((&*p).into()),
        StateError::NotADatabase((&*p).into()),
        StateError::Foreign(p.clone()),
        StateError::Newer { path: p.clone(), found: 2, known: 1 },
        StateError::Corrupt((&*p).into(), "x".to_owned()),
        StateError::Full((&*p).into()),
        StateError::Busy((&*p).into()),
        StateError::Forked(p.clone()),
        StateError::Io((&*p).into(), "x".to_owned()),
    ];
    for error in all {
        let text = error.to_string();
        assert!(text.contains("/v/state.db") && text.contains(['(', ';']), "{text}");
    }
}

#[test]
fn the_default_place_is_made_when_it_is_needed_and_not_before() {
    let place = Place::new();
    let home = Home { xdg: Some(place.dir().join("a/b").into_os_string()), home: None };
    let store = Store::new(super::super::Place::Home(home), 30, Duration::ZERO);
    assert!(store.shared().is_none());
    assert_eq!(store.list("cr", None, false, 9), Ok(Vec::new()));
    assert_eq!(fs::read_dir(place.dir()).unwrap().count(), 0);
    mine(store.claim("cr", "k", "f", LEASE, T0).unwrap());
    let file = place.dir().join("a/b/flete/state.db");
    for (path, expected) in
        [(file.parent().unwrap(), 0o700), (file.parent().unwrap().parent().unwrap(), 0o700), (&file, 0o600)]
    {
        assert_eq!(mode(path), expected, "{}", path.display());
    }
    assert_eq!(store.shared().unwrap().path(), file);
}

#[test]
fn a_default_place_that_cannot_be_made_is_named() {
    let place = Place::new();
    fs::write(place.dir().join("file"), "").unwrap();
    let claim = |xdg: PathBuf| {
        let home = Home { xdg: Some(xdg.into_os_string()), home: None };
        Store::new(super::super::Place::Home(home), 30, Duration::ZERO).claim("cr", "k", "f", LEASE, T0).unwrap_err()
    };
    let said = claim(place.dir().join("file")).to_string();
    assert!(said.contains("file/flete/state.db") && said.contains("set `state`"), "{said}");
    // Root may write anywhere but there.
    assert!(matches!(claim("/proc".into()), StateError::NoDirectory(_) | StateError::Denied(_)));
}
