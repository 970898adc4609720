//! What must outlive a process: creates and their replies, tokens, cached facts.
//!
//! It is one SQLite file, shared by any number of processes of one machine; or, for creates, this process's memory.
//! Nothing here knows a carrier, a request or a clock: times are passed in as Unix milliseconds. Operations block (a
//! commit waits for the disk); the caller retries.
//!
//! | what | where |
//! | --- | --- |
//! | the place: this process, a file, the user's own directory | `place.rs` |
//! | creates by idempotency key, and their changes | `creates.rs` |
//! | creates in the file, in memory | `rows.rs`, `memory.rs` |
//! | tokens, encrypted | `tokens.rs` |
//! | cached facts (ids of addresses, of tasks) | `facts.rs` |
//! | whether the owner of a claim is still alive | `owner.rs` |
//! | the file: creation, mode, kind of disk, forks | `file.rs`, `disk.rs`, `fork.rs` |
//! | the tables, their versions, pruning | `schema.rs` |
//! | errors, and what to do | `error.rs` |
//!
//! **One connection an operation.** SQLite keeps its POSIX locks by process, so a connection must not live across a
//! `fork()` (<https://sqlite.org/howtocorrupt.html>, 2.6): each operation opens, does one transaction and closes.
//!
//! **One machine.** WAL needs shared memory, and the boot id shows that an owner died with the machine. So a file on a
//! network disk is refused.

mod creates;
mod disk;
mod error;
mod facts;
mod file;
pub(crate) mod fork;
mod memory;
mod owner;
mod place;
mod rows;
mod schema;
mod tokens;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

pub use creates::{Claim, Content, Creates, Intent, Listed, Settled};
use error::At;
pub use error::StateError;
pub use place::{Home, Place};
pub use tokens::TokenClaim;

use creates::{Change, Entry};
use error::Fault;
use memory::Memory;

/// How long one operation waits for other processes before it returns [`StateError::Busy`]. Short, because it blocks
/// the thread: the caller, which can wait without blocking and knows the deadline, calls again.
const BUSY: Duration = Duration::from_millis(250);

/// Above this size the write-ahead log is folded into the database. Small, because an operation that is alone in the
/// file reads the whole log to rebuild its index.
const WAL_BYTES: u64 = 256 * 1024;

const DAY_MS: i64 = 86_400_000;

/// Where an account keeps what outlives a call. Cheap to create and to clone; an operation opens the file.
#[derive(Clone, Debug)]
pub struct Store {
    place: Place,
    keep_ms: i64,
    settle_ms: i64,
    busy: Duration,
}

impl Store {
    /// Names the place; how many days a key, a fact or a token is kept after its last use; and how long a request may
    /// be on its way. No I/O.
    pub fn new(place: Place, keep_days: u32, settle: Duration) -> Self {
        let place = match place {
            Place::File(path) => Place::File(absolute(&path)),
            other => other,
        };
        let settle_ms = i64::try_from(settle.as_millis()).unwrap_or(i64::MAX);
        Self { place, keep_ms: i64::from(keep_days) * DAY_MS, settle_ms, busy: BUSY }
    }

    /// The same, waiting for other processes no longer than this.
    #[must_use]
    pub fn within(&self, left: Duration) -> Self {
        Self { busy: self.busy.min(left), ..self.clone() }
    }

    /// Whether keys end with this process.
    pub fn in_memory(&self) -> bool {
        self.place == Place::Memory
    }

    /// The state file, for tokens and facts, which don't justify creating one. `None` in memory, and in the default
    /// place until a create with a key has made the file there.
    pub fn shared(&self) -> Option<File> {
        let file = self.file().ok()?;
        (!file.makes_directories || file.path.exists()).then_some(file)
    }

    fn file(&self) -> Result<File, StateError> {
        let (path, makes_directories) = match &self.place {
            Place::Memory => return Err(StateError::NoFile),
            Place::File(path) => (path.clone(), false),
            Place::Home(home) => (home.file()?, true),
        };
        Ok(File { path, keep_ms: self.keep_ms, busy: self.busy, makes_directories })
    }

    fn memory(&self) -> Memory {
        Memory { keep_ms: self.keep_ms, settle_ms: self.settle_ms }
    }
}

impl Creates for Store {
    fn edit<T>(
        &self,
        account: &str,
        key: &str,
        sweep_at_ms: Option<i64>,
        work: impl FnMut(Option<Entry>) -> Result<(Change, T), Fault>,
    ) -> Result<T, StateError> {
        match &self.place {
            Place::Memory => self.memory().edit(account, key, sweep_at_ms, work),
            Place::File(_) | Place::Home(_) => self.file()?.edit(account, key, sweep_at_ms, work),
        }
    }

    fn list(&self, account: &str, after: Option<&str>, open: bool, limit: usize) -> Result<Vec<Listed>, StateError> {
        match &self.place {
            Place::Memory => self.memory().list(account, after, open, limit),
            Place::File(_) | Place::Home(_) => self.file()?.list(account, after, open, limit),
        }
    }

    fn nonce(&self) -> Result<String, StateError> {
        match &self.place {
            Place::Memory => self.memory().nonce(),
            Place::File(_) | Place::Home(_) => self.file()?.nonce(),
        }
    }
}

/// Made absolute, so that the file stays the same when the host changes its directory, as daemons do.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// The state file. Cheap to make and to clone; nothing is opened until an operation needs it.
#[derive(Clone, Debug)]
pub struct File {
    path: PathBuf,
    keep_ms: i64,
    busy: Duration,
    /// Whether it is in the default place. Elsewhere a missing directory is probably a typo.
    makes_directories: bool,
}

impl File {
    /// Names the file and how many days a key, a fact or a token is kept after its last use. No I/O.
    #[cfg(test)]
    pub fn new(path: impl AsRef<Path>, keep_days: u32) -> Self {
        let path = absolute(path.as_ref());
        Self { path, keep_ms: i64::from(keep_days) * DAY_MS, busy: BUSY, makes_directories: false }
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
    fn exists(&self) -> Result<bool, StateError> {
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
    fn write<T>(&self, work: impl FnMut(&Transaction<'_>) -> Result<T, Fault>) -> Result<T, StateError> {
        self.run(TransactionBehavior::Immediate, work)
    }

    /// A transaction that only reads: no write lock, no wait for the disk.
    fn read<T>(&self, work: impl FnMut(&Transaction<'_>) -> Result<T, Fault>) -> Result<T, StateError> {
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

fn open(real: &Path, busy: Duration) -> Result<Connection, Fault> {
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
