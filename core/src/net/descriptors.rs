//! File descriptors: finds out whether the host closed ours, and whether the system has none left.

use crate::model::{Code, Error, Outcome};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::fstat;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixDatagram, UnixStream};
#[cfg(target_os = "linux")]
use {
    nix::sys::epoll::{Epoll, EpollCreateFlags},
    nix::sys::eventfd::{EfdFlags, EventFd},
    std::collections::BTreeSet,
    std::fs,
    std::os::fd::{AsRawFd, OwnedFd, RawFd},
    std::path::{Path, PathBuf},
    tokio::runtime::Runtime,
};

/// A descriptor that is kept only to see whether it is still ours. A host that closes every descriptor (to become a
/// daemon) closes this one too, and no other file has its inode.
#[derive(Debug)]
pub(crate) struct Witness {
    /// Its other end is closed, which `poll` tells of few descriptors.
    socket: UnixStream,
    id: (u64, u64),
}

impl Witness {
    pub(crate) fn new() -> io::Result<Self> {
        let (socket, _) = UnixStream::pair()?;
        // A runtime polls it: see `Polled::of`.
        socket.set_nonblocking(true)?;
        let id = identity(&socket).ok_or_else(io::Error::last_os_error)?;
        Ok(Self { socket, id })
    }

    /// Whether this very file is still open.
    pub(crate) fn is_ours(&self) -> bool {
        identity(&self.socket) == Some(self.id)
    }

    /// Whether all are open, and still look like witnesses: one system call.
    pub(crate) fn all_open(witnesses: &[Self; 2]) -> bool {
        let mut polled = witnesses.each_ref().map(|witness| PollFd::new(witness.socket.as_fd(), PollFlags::empty()));
        loop {
            match poll(&mut polled, PollTimeout::ZERO) {
                Err(Errno::EINTR) => {}
                _ => return polled.iter().all(|one| one.revents() == Some(PollFlags::POLLHUP)),
            }
        }
    }
}

/// The device and the inode of a socket.
#[allow(clippy::unnecessary_cast, reason = "the types differ between systems")]
fn identity(socket: &UnixStream) -> Option<(u64, u64)> {
    fstat(socket).ok().map(|stat| (stat.st_dev as u64, stat.st_ino as u64))
}

/// A runtime's own descriptor: the one it waits on, or the one that wakes it.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(crate) struct Polled {
    path: PathBuf,
    kind: PathBuf,
}

#[cfg(target_os = "linux")]
impl Polled {
    /// A runtime's descriptors. It has no function that lists them: they are the one that polls `witness`, and the
    /// others that it polls. Empty without /proc; then only the witnesses are checked.
    pub(crate) fn of(runtime: &Runtime, witness: &Witness) -> Vec<Self> {
        let _inside = runtime.enter();
        // Registered while this runs, by another descriptor of the same socket.
        let registered = witness.socket.try_clone().and_then(tokio::net::UnixStream::from_std);
        let (Ok(_registered), Ok(entries)) = (registered, fs::read_dir("/proc/self/fdinfo")) else {
            return Vec::new();
        };
        let mark = format!("ino:{:x} ", witness.id.1);
        let mut numbers = BTreeSet::new();
        for entry in entries.flatten() {
            let polled = fs::read_to_string(entry.path()).unwrap_or_default();
            if !polled.contains(&mark) {
                continue;
            }
            numbers.insert(entry.file_name());
            let others = polled.lines().filter(|line| line.starts_with("tfd:") && !line.contains(&mark));
            numbers.extend(others.filter_map(|line| Some(line.split_whitespace().nth(1)?.into())));
        }
        let paths = numbers.into_iter().map(|number| Path::new("/proc/self/fd").join(number));
        paths.filter_map(|path| Some(Self { kind: fs::read_link(&path).ok()?, path })).collect()
    }

    /// Whether it is still open, and still of the same kind.
    pub(crate) fn is_open(&self) -> bool {
        fs::read_link(&self.path).is_ok_and(|kind| kind == self.kind)
    }

    /// If it is closed, opens another of its kind under its number. The runtime panics at each use of a closed one,
    /// which aborts the process if it is panicking already. And at its end the runtime would close whatever the host
    /// has opened under that number. With the new one it waits only for its timers.
    pub(crate) fn plug(&self) {
        let number = self.path.file_name().and_then(|name| name.to_str()?.parse::<RawFd>().ok());
        let Some(number) = number.filter(|_| fs::read_link(&self.path).is_err()) else { return };
        // The system assigns the lowest free number.
        let mut lower = Vec::new();
        while let Ok(made) = self.another() {
            if made.as_raw_fd() == number {
                std::mem::forget(made);
                return;
            }
            if made.as_raw_fd() > number {
                return;
            }
            lower.push(made);
        }
    }

    fn another(&self) -> nix::Result<OwnedFd> {
        if self.kind.as_os_str() == "anon_inode:[eventfd]" {
            EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK).map(OwnedFd::from)
        } else {
            Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map(|epoll| epoll.0)
        }
    }
}

/// Other systems don't say.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub(crate) struct Polled;

#[cfg(not(target_os = "linux"))]
impl Polled {
    pub(crate) fn of(_: &tokio::runtime::Runtime, _: &Witness) -> Vec<Self> {
        Vec::new()
    }

    pub(crate) fn is_open(&self) -> bool {
        true
    }

    pub(crate) fn plug(&self) {}
}

/// The process, or the whole system, has no descriptor left.
pub(crate) fn exhausted(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| code == Errno::EMFILE as i32 || code == Errno::ENFILE as i32)
}

/// Whether a connection or a name look-up failed for lack of descriptors. A look-up doesn't always say why it failed.
pub(crate) fn caused(error: &(dyn std::error::Error + 'static)) -> bool {
    match error.downcast_ref::<io::Error>() {
        Some(io) if exhausted(io) => true,
        _ => error.to_string().contains("lookup") && few_left(),
    }
}

/// Whether hardly any descriptors are left. A step that failed for lack of them has closed those it had.
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

/// The message for it. Nothing was sent, and the same call works once there are descriptors again.
pub(crate) const EXHAUSTED: &str =
    "too many open files (os error 24): raise the limit (`ulimit -n`) or close some, then call again";

/// Makes an error say that no descriptor was left, if that was the cause: a name look-up, the state file and `ca_file`
/// don't pass on the system's reason.
pub(crate) fn named(mut error: Error) -> Error {
    let suspect = match error.code {
        Code::Internal | Code::InvalidConfig | Code::Tls => true,
        // A refused connection had a descriptor.
        Code::Network => error.message.contains("lookup"),
        _ => error.code.as_str() == "state_unavailable",
    };
    let told = error.message.contains("(os error 24)") || error.message.contains("(os error 23)");
    let suspect = suspect || (told && error.code == Code::Network);
    if !suspect || error.outcome != Outcome::None || error.http_status.is_some() {
        return error;
    }
    if told || few_left() {
        if matches!(error.code, Code::Internal | Code::InvalidConfig | Code::Tls) {
            error.edit().code = Code::Network;
        }
        error.edit().message = EXHAUSTED.to_owned();
        error.edit().fields.clear();
        error.edit().retryable = true;
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

    #[test]
    fn what_the_host_opens_in_a_witness_place_does_not_look_like_one() {
        assert!(Witness::all_open(&[Witness::new().unwrap(), Witness::new().unwrap()]));
        let (live, _peer) = UnixStream::pair().unwrap();
        let files = [
            std::fs::File::open("/dev/null").unwrap().into(),
            std::fs::File::open(std::env::current_exe().unwrap()).unwrap().into(),
            std::net::UdpSocket::bind("127.0.0.1:0").unwrap().into(),
            std::net::TcpListener::bind("127.0.0.1:0").unwrap().into(),
            std::os::fd::OwnedFd::from(live),
        ];
        for file in files {
            let id = (0, 0);
            let taken = [Witness::new().unwrap(), Witness { socket: UnixStream::from(file), id }];
            assert!(!Witness::all_open(&taken), "{taken:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_descriptors_of_a_runtime_are_known() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let found = Polled::of(&runtime, &Witness::new().unwrap());
        let mut kinds: Vec<_> = found.iter().map(|polled| polled.kind.to_str().unwrap()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["anon_inode:[eventfd]", "anon_inode:[eventpoll]", "anon_inode:[eventpoll]"]);
        assert!(found.iter().all(Polled::is_open));
        let file = fs::File::open("/dev/null").unwrap();
        let taken = Polled {
            path: format!("/proc/self/fd/{}", file.as_raw_fd()).into(),
            kind: "anon_inode:[eventpoll]".into(),
        };
        assert!(!taken.is_open());
        // What the host opened there stays.
        taken.plug();
        assert_eq!(fs::read_link(&taken.path).unwrap(), Path::new("/dev/null"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_closed_number_is_plugged_with_its_kind() {
        // Far above what other tests have open at the same time.
        let held: Vec<_> = (0..200).map(|_| UnixDatagram::unbound().unwrap()).collect();
        let number = held.last().unwrap().as_raw_fd();
        drop(held);
        for kind in ["anon_inode:[eventfd]", "anon_inode:[eventpoll]"] {
            let polled = Polled { path: format!("/proc/self/fd/{number}").into(), kind: kind.into() };
            assert!(!polled.is_open());
            polled.plug();
            assert!(polled.is_open(), "{kind}");
            nix::unistd::close(number).unwrap();
        }
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
        let error = Error::new(Code::Network, "the connection broke: Too many open files (os error 24)")
            .with_outcome(Outcome::Unknown);
        assert_ne!(named(error).message, EXHAUSTED);
    }
}
