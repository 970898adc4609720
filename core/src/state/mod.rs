//! What must outlive a process: creates and their replies, tokens, cached facts.
//!
//! It is one SQLite file, shared by any number of processes of one machine; or, for creates, this process's memory.
//! Without the feature `sqlite` there is only the memory.
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
//! | the file as a database: connections, transactions | `sqlite.rs`; `no_sqlite.rs` without the feature |
//! | the tables, their versions, pruning | `schema.rs` |
//! | errors, and what to do | `error.rs` |
//!
//! **One connection an operation.** SQLite keeps its POSIX locks by process, so a connection must not live across a
//! `fork()` (<https://sqlite.org/howtocorrupt.html>, 2.6): each operation opens, does one transaction and closes.
//!
//! **One machine.** WAL needs shared memory, and the boot id shows that an owner died with the machine. So a file on a
//! network disk is refused.

mod creates;
#[cfg(feature = "sqlite")]
mod disk;
#[cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "most errors are of the file"))]
mod error;
#[cfg(feature = "sqlite")]
mod facts;
#[cfg(feature = "sqlite")]
mod file;
#[cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "without a file, no thread enters it"))]
pub(crate) mod fork;
mod memory;
#[cfg(not(feature = "sqlite"))]
mod no_sqlite;
mod owner;
mod place;
#[cfg(feature = "sqlite")]
mod rows;
#[cfg(feature = "sqlite")]
mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlite")]
mod tokens;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use creates::{Claim, Content, Creates, Intent, Listed, Settled};
pub use error::StateError;
#[cfg(not(feature = "sqlite"))]
pub use no_sqlite::File;
pub use place::{LASTING, Place};
#[cfg(feature = "sqlite")]
pub use sqlite::File;

use creates::{Change, Entry};
use error::Fault;
use memory::Memory;

use crate::model::Token;

/// How long one operation waits for other processes before it returns [`StateError::Busy`]. Short, because it blocks
/// the thread: the caller, which can wait without blocking and knows the deadline, calls again.
const BUSY: Duration = Duration::from_millis(250);

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
        file.is_for_more_than_keys().then_some(file)
    }

    fn file(&self) -> Result<File, StateError> {
        let (path, makes_directories) = match &self.place {
            Place::Memory => return Err(StateError::NoFile),
            Place::File(path) => (path.clone(), false),
            Place::Home(home) => (home.file()?, true),
        };
        File::at(path, makes_directories, self.keep_ms, self.busy)
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

/// What a caller who needs a token may do.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "only the file shares tokens"))]
pub enum TokenClaim {
    /// Use this one.
    Have(Token),
    /// Fetch one and [`File::token_put`] it, or [`File::token_release`].
    Mine {
        /// Shows that the fetch is the caller's.
        nonce: String,
    },
    /// Another caller is fetching it. The fetch may be taken over after `until_ms`.
    Busy {
        /// The end of its lease.
        until_ms: i64,
    },
}

impl fmt::Debug for TokenClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Have(token) => f.debug_tuple("Have").field(token).finish(),
            Self::Mine { .. } => f.debug_struct("Mine").finish_non_exhaustive(),
            Self::Busy { until_ms } => f.debug_struct("Busy").field("until_ms", until_ms).finish(),
        }
    }
}

/// Made absolute, so that the file stays the same when the host changes its directory, as daemons do.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
