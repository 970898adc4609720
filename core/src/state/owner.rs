//! The owner of a claim, and whether that process is still alive.
//!
//! A claim has a random nonce, which every later write must show, and the identity of its process. The nonce makes a
//! takeover safe; the identity makes it quick: a killed process is known to be dead at once, not only when its lease
//! ends. If the system doesn't say (macOS without `/proc`, another pid namespace), only the lease counts.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::json::{Value, json};
use ring::rand::{SecureRandom, SystemRandom};

use super::error::StateError;
use crate::text::hex;

/// The identity of a process. Its id alone isn't enough, as ids are reused. See proc(5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pid: u32,
    /// The fields below are `None` if the system doesn't say.
    seen: Option<Seen>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    boot: String,
    pid_namespace: String,
    uid: u32,
    /// Clock ticks from boot to the start of the process: a reused pid has others.
    started: u64,
}

impl Owner {
    /// This process. Not cached, as it differs after a fork.
    pub(super) fn current() -> Self {
        let pid = std::process::id();
        Self { pid, seen: Seen::read(pid) }
    }

    /// Whether it is this process, and not one that it was forked from.
    pub(super) fn is_here(&self) -> bool {
        self.pid == std::process::id()
    }

    pub(super) fn to_text(&self) -> String {
        match &self.seen {
            Some(seen) => {
                json!({"pid": self.pid, "boot": seen.boot, "pid_namespace": seen.pid_namespace,
                                 "uid": seen.uid, "started": seen.started})
            }
            None => json!({"pid": self.pid}),
        }
        .to_string()
    }

    /// `None` for text that isn't ours; such an owner counts as alive until its lease ends.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let value: Value = crate::json::parse(text).ok()?;
        let number = |name: &str| value.get(name).and_then(Value::as_u64);
        let string = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let seen = || {
            Some(Seen {
                boot: string("boot")?,
                pid_namespace: string("pid_namespace")?,
                uid: u32::try_from(number("uid")?).ok()?,
                started: number("started")?,
            })
        };
        Some(Self { pid: u32::try_from(number("pid")?).ok()?, seen: seen() })
    }

    /// Whether this owner is certainly dead, as seen from `here`.
    fn is_dead(&self, here: &Self) -> bool {
        let (Some(owner), Some(own)) = (&self.seen, &here.seen) else {
            return false;
        };
        // This is checked first: some container managers (LXC, systemd-nspawn) give each container its own boot id.
        if owner.pid_namespace != own.pid_namespace {
            return false;
        }
        if owner.boot != own.boot {
            return true;
        }
        // With `hidepid`, other users' processes seem to be absent.
        if own.uid != 0 && own.uid != owner.uid {
            return false;
        }
        match fs::read_to_string(format!("/proc/{}/stat", self.pid)) {
            Ok(text) => match Stat::parse(&text) {
                Some(stat) => stat.ended || stat.started != owner.started,
                None => false,
            },
            // ESRCH: it ended between the opening and the reading.
            Err(error) => error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(3),
        }
    }
}

impl Seen {
    fn read(pid: u32) -> Option<Self> {
        let stat = Stat::parse(&fs::read_to_string("/proc/self/stat").ok()?)?;
        // A `/proc` of another pid namespace (in some chroots) has other ids: don't trust it.
        if stat.pid != pid {
            return None;
        }
        Some(Self {
            boot: fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned(),
            pid_namespace: fs::read_link("/proc/self/ns/pid").ok()?.to_str()?.to_owned(),
            uid: fs::metadata("/proc/self").ok()?.uid(),
            started: stat.started,
        })
    }
}

struct Stat {
    pid: u32,
    ended: bool,
    started: u64,
}

impl Stat {
    /// `pid (name) state … threads(20) … start(22)`; the name may hold blanks and brackets.
    fn parse(text: &str) -> Option<Self> {
        let (pid, _) = text.split_once(' ')?;
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let threads: u64 = fields.get(17)?.parse().ok()?;
        // A process whose first thread has ended shows Z, too, while its other threads run on.
        let ended = match *fields.first()? {
            "Z" => threads <= 1,
            state => matches!(state, "X" | "x"),
        };
        Some(Self { pid: pid.parse().ok()?, ended, started: fields.get(19)?.parse().ok()? })
    }
}

/// The columns `nonce`, `owner`, `lease_until` of a row that can be claimed.
#[derive(Clone, Default)]
pub struct Hold {
    pub(super) nonce: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) lease_until: Option<i64>,
}

impl Hold {
    /// Until when a live owner holds it; `None` if it may be taken.
    pub(super) fn until(&self, here: &Owner, now_ms: i64) -> Option<i64> {
        self.nonce.as_ref()?;
        let until = self.lease_until.filter(|until| *until > now_ms)?;
        let owner = self.owner.as_deref().and_then(Owner::from_text);
        match owner {
            Some(owner) if owner.is_dead(here) => None,
            _ => Some(until),
        }
    }
}

/// 128 random bits as text; `place` is named if the system has none.
pub(super) fn nonce(place: &Path) -> Result<String, StateError> {
    Ok(hex(&random::<16>(place)?))
}

pub(super) fn random<const N: usize>(path: &Path) -> Result<[u8; N], StateError> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| StateError::Io(path.into(), "the system gives no random numbers".to_owned()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_shift_the_fields() {
        let text = "42 (a ) b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 777 0 0";
        let stat = Stat::parse(text).unwrap();
        assert_eq!((stat.pid, stat.ended, stat.started), (42, false, 777));
    }

    #[test]
    fn a_first_thread_that_ended_is_not_a_dead_process() {
        let with = |threads: u32| {
            let text = format!("42 (x) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 {threads} 0 777 0 0");
            Stat::parse(&text).unwrap().ended
        };
        assert!(with(1));
        assert!(!with(2));
    }

    #[test]
    fn identity_survives_its_text() {
        let here = Owner::current();
        assert_eq!(Owner::from_text(&here.to_text()), Some(here.clone()));
        assert!(!here.is_dead(&here));
        assert_eq!(Owner::from_text("nonsense"), None);
    }

    #[test]
    fn what_counts_as_dead() {
        let here = Owner::current();
        let Some(seen) = here.seen.clone() else {
            return; // no /proc: only leases count
        };
        let other = |change: &dyn Fn(&mut Owner, &mut Seen)| {
            let (mut owner, mut seen) = (here.clone(), seen.clone());
            change(&mut owner, &mut seen);
            owner.seen = Some(seen);
            owner.is_dead(&here)
        };
        assert!(other(&|_, seen| seen.started += 1), "a reused pid");
        assert!(other(&|_, seen| seen.boot.push('x')), "before the reboot");
        assert!(other(&|owner, _| owner.pid = u32::MAX >> 1), "no such pid");
        assert!(
            !other(&|owner, seen| {
                owner.pid = u32::MAX >> 1;
                seen.pid_namespace.push('x');
            }),
            "another container: only its lease counts"
        );
        assert!(
            !other(&|_, seen| {
                seen.boot.push('x');
                seen.pid_namespace.push('x');
            }),
            "a container whose manager gives it a boot id of its own"
        );
        let unknown = Owner { pid: 1, seen: None };
        assert!(!unknown.is_dead(&here));
    }
}
