//! What can go wrong with the state file. Each message names the file and says what to do.

use std::fmt;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::errno::Errno;
#[cfg(feature = "sqlite")]
use rusqlite::{ErrorCode, ffi};

use super::place::LASTING;

/// Why an operation on the state failed. Nothing was changed, except where the variant says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateError {
    /// The directory for the file does not exist. It isn't created: that would hide a typo.
    NoDirectory(At),
    /// The system does not let this user open the file, or make files in its directory.
    Denied(At),
    /// The file or its file system is read-only.
    ReadOnly(At),
    /// Others can read the file, and it belongs to another user.
    Exposed(At),
    /// A directory where a file belongs.
    Directory(PathBuf),
    /// A path that no file can have.
    BadPath(At, String),
    /// On the disk of another machine.
    Network {
        /// The file.
        path: PathBuf,
        /// The kind of file system.
        kind: &'static str,
    },
    /// The user has no home directory, so that there is no default place.
    NoHome,
    /// Keys are kept in memory, and an operation needed the file.
    NoFile,
    /// The keys in memory have reached their limit.
    MemoryFull,
    /// The process can't open more files.
    Descriptors(At),
    /// A device, or a file that isn't SQLite's.
    NotADatabase(At),
    /// A SQLite database of another program.
    Foreign(PathBuf),
    /// Made by a later flete.
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The last format that this version knows.
        known: i64,
    },
    /// Damaged: truncated, or overwritten.
    Corrupt(At, String),
    /// The disk is full, or the user's quota is used up.
    Full(At),
    /// Other processes are using the file. The same call may be made again at once.
    Busy(At),
    /// This process was forked while another thread used the file; it can't use it any more.
    Forked(PathBuf),
    /// The thread that uses the place ended without an answer.
    Broken(&'static str),
    /// The claim is no longer the caller's: its lease ran out and another took over, or a person settled it.
    Lost,
    /// Any other error of the system. The last change may or may not be on the disk.
    Io(At, String),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDirectory(p) => write!(
                f,
                "the directory of the state file {} does not exist; create it, or set `state` to another path or \"memory\"",
                p.display()
            ),
            Self::Denied(p) => write!(
                f,
                "no permission for the state file {}; make it and its directory writable, or set `state` to another path or \"memory\"",
                p.display()
            ),
            Self::ReadOnly(p) => write!(
                f,
                "the state file {} is read-only; make it and its directory writable, or set `state` to another path or \"memory\"",
                p.display()
            ),
            Self::Exposed(p) => write!(
                f,
                "the state file {} is readable by other users and belongs to someone else; its owner must `chmod 600` it",
                p.display()
            ),
            Self::Directory(p) => write!(
                f,
                "{} is a directory; set `state` to a file in it, like {}",
                p.display(),
                p.join("state.db").display()
            ),
            Self::BadPath(p, why) => write!(
                f,
                "no file can be at {} ({why}); set `state` to another path or \"memory\"",
                p.display()
            ),
            Self::Network { path, kind } => write!(
                f,
                "the state file {} is on a network disk ({kind}), where its locks don't hold; set `state` to a local path or \"memory\"",
                path.display()
            ),
            Self::NoHome => f.write_str(
                "this user has no home directory for flete/state.db; set `state` (or FLETE_STATE) to a path or \"memory\"",
            ),
            Self::NoFile => f.write_str("keys are kept in memory, and there is no state file"),
            Self::MemoryFull => {
                write!(f, "the memory for idempotency keys is full; {LASTING}, or lower `keep_keys_days`")
            }
            Self::Descriptors(p) => write!(
                f,
                "this process has no file descriptor left for the state file {}; raise `ulimit -n`, or close some files",
                p.display()
            ),
            Self::NotADatabase(p) => write!(
                f,
                "{} is not a state file; set `state` to a new path, or move that file away",
                p.display()
            ),
            Self::Foreign(p) => write!(
                f,
                "{} is the database of another program; set `state` to a path of its own",
                p.display()
            ),
            Self::Newer { path, found, known } => write!(
                f,
                "the state file {} has format {found}, and this version of flete knows up to {known}; update flete",
                path.display()
            ),
            Self::Corrupt(p, why) => write!(
                f,
                "the state file {} is damaged ({why}); move it and its -wal and -shm files away, and check unfinished shipments at the carrier before repeating them",
                p.display()
            ),
            Self::Full(p) => write!(
                f,
                "no space left for the state file {}; free some, or set `state` to another disk",
                p.display()
            ),
            Self::Busy(p) => write!(
                f,
                "the state file {} is in use by other processes; try again",
                p.display()
            ),
            Self::Forked(p) => write!(
                f,
                "this process was forked while another thread used the state file {}; fork before threads use flete, or start a new process",
                p.display()
            ),
            Self::Broken(why) => write!(f, "the state can't be used ({why}); try again"),
            Self::Lost => f.write_str(
                "this create is no longer ours: its lease ran out and another caller took it over, or it was settled; call again with the same key",
            ),
            Self::Io(p, why) => write!(
                f,
                "the state file {} can't be used ({why}); check the disk",
                p.display()
            ),
        }
    }
}

impl std::error::Error for StateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoDirectory(at)
            | Self::Denied(at)
            | Self::ReadOnly(at)
            | Self::Exposed(at)
            | Self::BadPath(at, _)
            | Self::Descriptors(at)
            | Self::NotADatabase(at)
            | Self::Corrupt(at, _)
            | Self::Full(at)
            | Self::Busy(at)
            | Self::Io(at, _) => at.cause.as_deref().map(|cause| cause as _),
            Self::Directory(_)
            | Self::Network { .. }
            | Self::NoHome
            | Self::NoFile
            | Self::MemoryFull
            | Self::Foreign(_)
            | Self::Newer { .. }
            | Self::Forked(_)
            | Self::Broken(_)
            | Self::Lost => None,
        }
    }
}

/// A file, and the error of the system or of SQLite that was met there, if there was one.
#[derive(Clone, Debug)]
pub struct At {
    path: PathBuf,
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl At {
    pub(super) fn with(path: &Path, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { path: path.to_path_buf(), cause: Some(Arc::new(cause)) }
    }
}

impl From<&Path> for At {
    fn from(path: &Path) -> Self {
        Self { path: path.to_path_buf(), cause: None }
    }
}

impl Deref for At {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.path
    }
}

/// Of the same file. Errors of the system can't be compared.
impl PartialEq for At {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for At {}

impl StateError {
    pub(super) fn from_io(path: &Path, error: io::Error) -> Self {
        let (kind, why, loops) = (error.kind(), error.to_string(), error.raw_os_error() == Some(Errno::ELOOP as i32));
        let out_of_descriptors = is_out_of_descriptors(&error);
        let at = At::with(path, error);
        match kind {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NoDirectory(at),
            io::ErrorKind::PermissionDenied => Self::Denied(at),
            io::ErrorKind::InvalidFilename | io::ErrorKind::InvalidInput => Self::BadPath(at, why),
            _ if loops => Self::BadPath(at, why),
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(at),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(at),
            _ if out_of_descriptors => Self::Descriptors(at),
            _ => Self::Io(at, why),
        }
    }

    /// Whether it may pass by itself, so that the same call may be made again.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Busy(_) | Self::Full(_) | Self::MemoryFull | Self::Descriptors(_) | Self::Broken(_) | Self::Io(..)
        )
    }

    #[cfg(feature = "sqlite")]
    fn from_sqlite(path: &Path, error: rusqlite::Error) -> Self {
        let why = error.to_string();
        let rusqlite::Error::SqliteFailure(cause, text) = &error else {
            // A column of the wrong type, a missing row: the tables aren't as we wrote them.
            return Self::Corrupt(At::with(path, error), why);
        };
        let (cause, text) = (*cause, text.clone());
        let at = At::with(path, error);
        match cause.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy(at),
            ErrorCode::DiskFull => Self::Full(at),
            ErrorCode::ReadOnly => Self::ReadOnly(at),
            ErrorCode::NotADatabase => Self::NotADatabase(at),
            ErrorCode::DatabaseCorrupt => Self::Corrupt(at, cause.to_string()),
            // SQLite doesn't say why. Opening /dev/null distinguishes the two reasons.
            ErrorCode::CannotOpen if io_of_null().is_err_and(|error| is_out_of_descriptors(&error)) => {
                Self::Descriptors(at)
            }
            ErrorCode::PermissionDenied | ErrorCode::CannotOpen => Self::Denied(at),
            // Shared memory that can't grow, a file that is shorter than written: a full disk gives these before FULL.
            _ if cause.extended_code == ffi::SQLITE_IOERR_SHMSIZE => Self::Full(at),
            // The one general code: "no such table" in a file with our mark.
            ErrorCode::Unknown => Self::Corrupt(at, text.unwrap_or_default()),
            _ => Self::Io(at, why),
        }
    }
}

#[cfg(feature = "sqlite")]
fn io_of_null() -> io::Result<()> {
    std::fs::File::open("/dev/null").map(drop)
}

/// Of this process (EMFILE), or of the system (ENFILE).
fn is_out_of_descriptors(error: &io::Error) -> bool {
    error.raw_os_error().map(Errno::from_raw).is_some_and(|errno| matches!(errno, Errno::EMFILE | Errno::ENFILE))
}

/// A failure inside a transaction, without the file's name.
#[derive(Debug)]
pub enum Fault {
    #[cfg(feature = "sqlite")]
    Sqlite(rusqlite::Error),
    /// A column whose text we wrote, and that can't be read back.
    Unreadable(&'static str),
    Foreign,
    Newer {
        found: i64,
        known: i64,
    },
    State(StateError),
}

impl Fault {
    pub(super) fn explain(self, path: &Path) -> StateError {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(error) => StateError::from_sqlite(path, error),
            Self::Unreadable(what) => StateError::Corrupt(path.into(), format!("{what} can't be read")),
            Self::Foreign => StateError::Foreign(path.to_path_buf()),
            Self::Newer { found, known } => StateError::Newer { path: path.to_path_buf(), found, known },
            Self::State(error) => error,
        }
    }
}

#[cfg(feature = "sqlite")]
impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StateError> for Fault {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}
