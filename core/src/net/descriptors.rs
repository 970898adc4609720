//! File descriptors that are gone: those that the host closed under us, and those that the system has no more of.

use crate::model::{Code, Error};
use nix::errno::Errno;
use nix::sys::stat::fstat;
use std::collections::BTreeSet;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::{fs, io};
use tokio::runtime::Runtime;

/// A descriptor that is kept for one thing only: to see whether it is still ours. A host that closes every descriptor
/// (a daemonize of its own) closes this one too, and nobody else's has its inode.
#[derive(Debug)]
pub(crate) struct Witness {
    socket: UnixDatagram,
    id: (u64, u64),
}

impl Witness {
    pub(crate) fn new() -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        // For a runtime to poll: see `of_runtime`.
        socket.set_nonblocking(true)?;
        let id = identity(&socket).ok_or_else(io::Error::last_os_error)?;
        Ok(Self { socket, id })
    }

    pub(crate) fn is_ours(&self) -> bool {
        identity(&self.socket) == Some(self.id)
    }
}

/// The types of the two numbers differ between systems.
#[allow(clippy::useless_conversion, clippy::unnecessary_cast)]
fn identity(socket: &UnixDatagram) -> Option<(u64, u64)> {
    fstat(socket).ok().map(|stat| (stat.st_dev as u64, stat.st_ino as u64))
}

/// The descriptors of a runtime, which doesn't tell them: what polls `witness`, and what that polls beside it. Empty
/// where the system doesn't tell (elsewhere than on Linux, or without /proc); then only the witnesses are looked at.
pub(crate) fn of_runtime(runtime: &Runtime, witness: &Witness) -> Vec<PathBuf> {
    let _inside = runtime.enter();
    // Registered for as long as this lasts, by another number of the same socket.
    let registered = witness.socket.try_clone().and_then(tokio::net::UnixDatagram::from_std);
    let (Ok(_registered), Ok(entries)) = (registered, fs::read_dir("/proc/self/fdinfo")) else { return Vec::new() };
    let mark = format!("ino:{:x} ", witness.id.1);
    let mut found = BTreeSet::new();
    for entry in entries.flatten() {
        let polled = fs::read_to_string(entry.path()).unwrap_or_default();
        if !polled.contains(&mark) {
            continue;
        }
        found.insert(entry.file_name());
        let others = polled.lines().filter(|line| line.starts_with("tfd:") && !line.contains(&mark));
        found.extend(others.filter_map(|line| Some(line.split_whitespace().nth(1)?.into())));
    }
    found.into_iter().map(|number| Path::new("/proc/self/fd").join(number)).collect()
}

/// Whether a descriptor of the runtime's is still one: it is neither closed nor a file or socket of the host's.
pub(crate) fn is_polled(path: &Path) -> bool {
    fs::read_link(path).is_ok_and(|what| what.as_os_str().as_encoded_bytes().starts_with(b"anon_inode:[event"))
}

/// The process, or the whole system, has no descriptor left.
pub(crate) fn exhausted(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| code == Errno::EMFILE as i32 || code == Errno::ENFILE as i32)
}

/// Whether a connection or a name look-up failed for lack of descriptors. A look-up doesn't always pass on why.
pub(crate) fn caused(error: &(dyn std::error::Error + 'static)) -> bool {
    match error.downcast_ref::<io::Error>() {
        Some(io) if exhausted(io) => true,
        _ => error.to_string().contains("lookup") && few_left(),
    }
}

/// Whether hardly any descriptor is left, so that a step that needs some failed for lack of them: it has closed
/// those that it got.
fn few_left() -> bool {
    const ENOUGH: usize = 16;
    let mut some = Vec::with_capacity(ENOUGH);
    while some.len() < ENOUGH {
        match UnixDatagram::unbound() {
            Ok(one) => some.push(one),
            Err(error) => return exhausted(&error),
        }
    }
    false
}

/// What a caller is told then. Nothing was sent, and the same call works once there are some again.
pub(crate) const EXHAUSTED: &str =
    "too many open files: no file descriptor is left; raise the limit (`ulimit -n`) or close some, then call again";

/// An error that came of having no descriptor left says so, wherever it happened: a name look-up, the state file and
/// `ca_file` don't pass on what the system said.
pub(crate) fn named(mut error: Error) -> Error {
    let suspect = match error.code {
        Code::Internal | Code::InvalidConfig | Code::Tls => true,
        // A connection that was refused had a descriptor.
        Code::Network => error.message.contains("lookup"),
        _ => error.code.as_str() == "state_unavailable",
    };
    let told = error.message.contains("(os error 24)") || error.message.contains("(os error 23)");
    let suspect = suspect || (told && error.code == Code::Network);
    if !suspect || error.outcome != crate::Outcome::None || error.http_status.is_some() {
        return error;
    }
    if told || few_left() {
        if matches!(error.code, Code::Internal | Code::InvalidConfig | Code::Tls) {
            error.code = Code::Network;
        }
        error.message = EXHAUSTED.to_owned();
        error.fields.clear();
        error.retryable = true;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_is_ours_until_its_number_is_something_else() {
        let witness = Witness::new().unwrap();
        assert!(witness.is_ours());
        let other = Witness { id: Witness::new().unwrap().id, ..witness };
        assert!(!other.is_ours());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_descriptors_of_a_runtime_are_known() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let found = of_runtime(&runtime, &Witness::new().unwrap());
        let mut kinds: Vec<_> = found.iter().map(|path| fs::read_link(path).unwrap().display().to_string()).collect();
        kinds.sort();
        assert_eq!(kinds, ["anon_inode:[eventfd]", "anon_inode:[eventpoll]", "anon_inode:[eventpoll]"]);
        assert!(found.iter().all(|path| is_polled(path)));
        drop(runtime);
        let file = fs::File::open("/dev/null").unwrap();
        assert!(!is_polled(Path::new(&format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file)))));
    }

    #[test]
    fn only_what_came_of_it_is_named_so() {
        for (code, message, named_so) in [
            (Code::Network, "no connection to the carrier: Too many open files (os error 24)", true),
            (Code::Internal, "the runtime could not be started: Too many open files in system (os error 23)", true),
            (Code::InvalidConfig, "ca_file: can't be read: No file descriptors available (os error 24)", true),
            (Code::Network, "no connection to the carrier: Connection refused (os error 111)", false),
            (Code::InvalidConfig, "ca_file: /no/such can't be read", false),
            (Code::Validation, "said the carrier: (os error 24)", false),
        ] {
            let error = named(Error::new(code, message));
            assert_eq!(error.message == EXHAUSTED, named_so, "{message}");
            assert_eq!(error.code, if named_so { Code::Network } else { code }, "{message}");
            assert!(!named_so || error.retryable, "{message}");
        }
    }

    #[test]
    fn a_create_that_may_have_been_made_keeps_its_own_words() {
        let mut error = Error::new(Code::Network, "the connection broke: Too many open files (os error 24)");
        error.outcome = crate::Outcome::Unknown;
        assert_ne!(named(error).message, EXHAUSTED);
    }
}
