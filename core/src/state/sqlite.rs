//! The state file as a database: a connection for each operation, transactions, and the write-ahead log.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::error::{At, Fault, StateError};
use super::{file, fork, schema};

/// Above this size the write-ahead log is folded into the database. Small, because an operation that is alone in the
/// file reads the whole log to rebuild its index.
pub(super) const WAL_BYTES: u64 = 256 * 1024;

/// The state file. Cheap to make and to clone; nothing is opened until an operation needs it.
#[derive(Clone, Debug)]
pub struct File {
    pub(super) path: PathBuf,
    pub(super) keep_ms: i64,
    busy: Duration,
    /// Whether it is in the default place. Elsewhere a missing directory is probably a typo.
    makes_directories: bool,
}

impl File {
    /// Names the file and how many days a key, a fact or a token is kept after its last use. No I/O.
    #[cfg(test)]
    pub fn new(path: impl AsRef<Path>, keep_days: u32) -> Self {
        let path = super::absolute(path.as_ref());
        Self { path, keep_ms: i64::from(keep_days) * super::DAY_MS, busy: super::BUSY, makes_directories: false }
    }

    /// Names the file. No I/O. It never fails here; without the feature `sqlite` it always does.
    pub(super) fn at(path: PathBuf, makes_directories: bool, keep_ms: i64, busy: Duration) -> Result<Self, StateError> {
        Ok(Self { path, keep_ms, busy, makes_directories })
    }

    /// Whether tokens and facts go there, too: not before a create with a key has made the file in the default place.
    pub(super) fn is_for_more_than_keys(&self) -> bool {
        !self.makes_directories || self.path.exists()
    }

    /// The same, waiting for other processes no longer than this.
    #[must_use]
    pub fn within(&self, left: Duration) -> Self {
        Self { busy: self.busy.min(left), ..self.clone() }
    }

    /// Waits this long for other processes before [`StateError::Busy`], instead of 250 ms.
    #[cfg(test)]
    #[must_use]
    pub fn with_busy_timeout(mut self, busy: Duration) -> Self {
        self.busy = busy;
        self
    }

    /// The file, as an absolute path.
    #[cfg(test)]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file exists. A missing directory is an error, unless it is made on demand.
    pub(super) fn exists(&self) -> Result<bool, StateError> {
        match std::fs::metadata(&self.path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let parent = self.path.parent().unwrap_or(Path::new("/"));
                if !self.makes_directories && !parent.is_dir() {
                    return Err(StateError::NoDirectory(At::with(&self.path, error)));
                }
                Ok(false)
            }
            Err(error) => Err(StateError::from_io(&self.path, error)),
        }
    }

    /// A transaction that may write; on `Ok` it is on the disk.
    pub(super) fn write<T>(&self, work: impl FnMut(&Transaction<'_>) -> Result<T, Fault>) -> Result<T, StateError> {
        self.run(TransactionBehavior::Immediate, work)
    }

    /// A transaction that only reads: no write lock, no wait for the disk.
    pub(super) fn read<T>(&self, work: impl FnMut(&Transaction<'_>) -> Result<T, Fault>) -> Result<T, StateError> {
        self.run(TransactionBehavior::Deferred, work)
    }

    fn run<T>(
        &self,
        behavior: TransactionBehavior,
        mut work: impl FnMut(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, StateError> {
        let _inside = fork::enter(&self.path)?;
        let deadline = Instant::now() + self.busy;
        let mut pause = Duration::from_millis(1);
        loop {
            let fault = match self.attempt(behavior, deadline, &mut work) {
                Ok(done) => return Ok(done),
                Err(fault) => fault.explain(&self.path),
            };
            // SQLite doesn't call its busy handler while the log's index is rebuilt, or while the journal mode
            // changes. Nothing was committed, so the whole attempt may be repeated.
            if !matches!(fault, StateError::Busy(_)) || Instant::now() + pause >= deadline {
                return Err(fault);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(16));
        }
    }

    fn attempt<T>(
        &self,
        behavior: TransactionBehavior,
        deadline: Instant,
        work: &mut impl FnMut(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let real = file::prepare(&self.path, self.makes_directories)?;
        let mut conn = open(&real, deadline.saturating_duration_since(Instant::now()))?;
        let mut tx = conn.transaction_with_behavior(behavior)?;
        if schema::outdated(&tx, schema::STEPS)? {
            drop(tx);
            schema::migrate(&mut conn, schema::STEPS)?;
            tx = conn.transaction_with_behavior(behavior)?;
            schema::outdated(&tx, schema::STEPS)?;
        }
        let done = work(&tx)?;
        tx.commit()?;
        if matches!(behavior, TransactionBehavior::Immediate) {
            fold(&conn, &real);
        }
        Ok(done)
    }
}

pub(super) fn open(real: &Path, busy: Duration) -> Result<Connection, Fault> {
    // No CREATE: `file::prepare` makes it, with its mode. No URI: a path is a path, even one that begins with `file:`.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(real, flags)?;
    conn.busy_timeout(busy)?;
    // Folding the log into the database at each close would cost two more waits for the disk an operation.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // EXTRA: each commit waits for the disk, so that an intent survives a power cut. With a log, EXTRA is the same as
    // FULL; with a rollback journal, it also syncs the directory. `fullfsync` is for macOS, where fsync alone only
    // reaches the drive's cache.
    conn.execute_batch("PRAGMA synchronous = EXTRA; PRAGMA fullfsync = ON; PRAGMA wal_autocheckpoint = 0;")?;
    Ok(conn)
}

/// Folds a large log into the database. A passive checkpoint isn't enough: its progress is only in the log's index,
/// which SQLite rebuilds at each first open, so that the log would grow forever. TRUNCATE empties the log. It fails
/// while others use the file: then one of them, or the next operation, does it.
fn fold(conn: &Connection, real: &Path) {
    let large = std::fs::metadata(file::beside(real, "-wal")).is_ok_and(|m| m.len() > WAL_BYTES);
    if !large {
        return;
    }
    let folded = conn
        .busy_timeout(Duration::ZERO)
        .and_then(|()| conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    if let Err(error) = folded {
        log::debug!("state: the log was not folded: {error}");
    }
}
