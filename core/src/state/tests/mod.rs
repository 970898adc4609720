//! Tests of the state on real files, and, where they apply to every place, in memory too.

mod claims;
#[cfg(feature = "sqlite")]
mod files;
#[cfg(feature = "sqlite")]
mod processes;
#[cfg(feature = "sqlite")]
mod tokens;

use std::fs;
#[cfg(feature = "sqlite")]
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::*;

pub(super) const T0: i64 = 1_760_000_000_000;
pub(super) const LEASE: i64 = T0 + 60_000;

/// A directory of its own, gone at the end.
pub(super) struct Place(PathBuf);

impl Place {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("flete-state-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    #[cfg(feature = "sqlite")]
    pub(super) fn dir(&self) -> &Path {
        &self.0
    }

    pub(super) fn file(&self) -> PathBuf {
        self.0.join("state.db")
    }

    #[cfg(feature = "sqlite")]
    pub(super) fn store(&self) -> File {
        patient(&self.file())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// In a file, if this build keeps one, and in memory.
pub(super) fn everywhere(test: impl Fn(&Store)) {
    let place = Place::new();
    let file = super::Place::file(place.file()).ok();
    for kept in file.into_iter().chain([super::Place::Memory]) {
        let store = Store::new(kept, 30, Duration::from_secs(30));
        test(&store);
    }
}

/// An account of the test's own: memory is shared by all of them.
pub(super) fn own_account() -> String {
    format!("{:?}", std::thread::current().id())
}

/// Waits long enough for a busy machine.
#[cfg(feature = "sqlite")]
pub(super) fn patient(path: &Path) -> File {
    File::new(path, 30).with_busy_timeout(Duration::from_secs(20))
}

/// Any change: it makes the file where there is none, and reaches the disk.
#[cfg(feature = "sqlite")]
pub(super) fn write(store: &File) -> Result<(), StateError> {
    store.remember("scope", "kind", "name", &crate::json::Value::Null, T0)
}

pub(super) fn mine(claim: Claim) -> Intent {
    match claim {
        Claim::Mine(intent) => intent,
        other => panic!("expected Mine, not {other:?}"),
    }
}

/// How often a key was claimed, and when first.
pub(super) fn claimed(store: &impl Creates, account: &str, key: &str) -> (u32, i64) {
    let all = store.list(account, None, false, usize::from(u8::MAX)).unwrap();
    let listed = all.iter().find(|listed| listed.key == key).unwrap();
    (listed.attempts, listed.started_at_ms)
}

/// Changes the file without the store.
#[cfg(feature = "sqlite")]
pub(super) fn edit(place: &Place, sql: &str) {
    rusqlite::Connection::open(place.file()).unwrap().execute_batch(sql).unwrap();
}
