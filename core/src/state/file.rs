//! The state file on disk: created with mode 0600, kept so, and never opened by us.
//!
//! Never opened, because closing *any* descriptor of a file drops all POSIX locks that the process holds on it, also
//! those of SQLite in another thread (<https://sqlite.org/howtocorrupt.html>, 2.2). So the file is created under
//! another name and linked.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::error::StateError;
use super::{disk, owner};

const PRIVATE: u32 = 0o600;
const PRIVATE_DIRECTORY: u32 = 0o700;

/// To SQLite a file of one byte is empty (`unixFileSize`, its ticket 3260).
const EMPTY: u64 = 1;

/// Creates the file if it isn't there, takes away other users' access, and returns its real path.
pub(super) fn prepare(path: &Path, makes_directories: bool) -> Result<PathBuf, StateError> {
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if let Some(parent) = path.parent().filter(|_| makes_directories) {
                DirBuilder::new()
                    .recursive(true)
                    .mode(PRIVATE_DIRECTORY)
                    .create(parent)
                    .map_err(|e| StateError::from_io(path, &e))?;
            }
            create(&target(path))?;
            fs::metadata(path).map_err(|e| StateError::from_io(path, &e))?
        }
        Err(error) => return Err(StateError::from_io(path, &error)),
    };
    if meta.is_dir() {
        return Err(StateError::Directory(path.to_path_buf()));
    }
    if !meta.is_file() {
        return Err(StateError::NotADatabase(path.to_path_buf()));
    }
    // SQLite puts its own files beside the real file, not beside a link to it.
    let real = fs::canonicalize(path).map_err(|e| StateError::from_io(path, &e))?;
    disk::check(real.parent().unwrap_or(Path::new("/")), path)?;
    tighten(path, &real)?;
    if meta.len() <= EMPTY {
        refuse_orphan(path, &real)?;
    }
    Ok(real)
}

/// `state.db` → `state.db-wal`.
pub(super) fn beside(real: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(real.as_os_str());
    name.push(suffix);
    PathBuf::from(name)
}

/// The target of a link whose file doesn't exist yet: the file is created there.
fn target(path: &Path) -> PathBuf {
    // As many links as the system follows: path_resolution(7).
    const MOST_LINKS: usize = 40;
    let mut place = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let Ok(next) = fs::read_link(&place) else { break };
        place = place.parent().unwrap_or(Path::new("/")).join(next);
    }
    place
}

fn create(path: &Path) -> Result<(), StateError> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    if !parent.is_dir() {
        // A parent without permission to look into it is reported as that, not as a missing directory.
        return Err(match fs::metadata(parent) {
            Err(error) if error.kind() != ErrorKind::NotFound => StateError::from_io(path, &error),
            _ => StateError::NoDirectory(path.to_path_buf()),
        });
    }
    // Checked before anything is written there.
    disk::check(parent, path)?;
    let draft = beside(path, &format!("-new-{}", owner::nonce(path)?));
    let linked = create_new(&draft).and_then(|()| fs::hard_link(&draft, path));
    let _ = fs::remove_file(&draft);
    let made = match linked {
        // FAT and some FUSE file systems have no links. Then the file is opened once after all, while it is still
        // empty.
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => create_new(path),
        other => other,
    };
    match made {
        Ok(()) => {
            // The directory's entry must survive a power cut, too.
            let _ = fs::File::open(parent).and_then(|dir| dir.sync_all());
            Ok(())
        }
        // Another process was first.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StateError::from_io(path, &error)),
    }
}

fn create_new(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path).map(drop)
}

/// Takes away other users' access to the file and those that SQLite keeps beside it: the log has the same content.
fn tighten(path: &Path, real: &Path) -> Result<(), StateError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let file = beside(real, suffix);
        let open = fs::metadata(&file).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0);
        if !open {
            continue;
        }
        match fs::set_permissions(&file, Permissions::from_mode(PRIVATE)) {
            Ok(()) => log::warn!("state: {} was open to other users; its mode is now 0600", file.display()),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(_) => return Err(StateError::Exposed(path.to_path_buf())),
        }
    }
    Ok(())
}

/// An empty file beside a log with data is a database that was truncated or removed. SQLite would delete the log and
/// start over, and every key in the log could be sent again.
fn refuse_orphan(path: &Path, real: &Path) -> Result<(), StateError> {
    let size = |p: &Path| fs::metadata(p).map_or(0, |m| m.len());
    // The first process that writes extends the file before it creates the log, so look at the file a second time.
    if size(&beside(real, "-wal")) > 0 && size(real) <= EMPTY {
        return Err(StateError::Corrupt(
            path.to_path_buf(),
            "it is empty, but the -wal file beside it has data".to_owned(),
        ));
    }
    Ok(())
}
