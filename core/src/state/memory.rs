//! Creates in the memory of this process: for the sandbox, and for hosts that have no disk of their own.
//!
//! All clients of the process share them, so that a host can open a client for each request.
//!
//! **Fork.** The keys are one immutable map behind an atomic pointer, and a change publishes a new map: there is no
//! lock that a fork could leave locked. A child has what its parent had at that moment. From then on they don't share
//! changes. So a create that the parent was working on counts as sent, and the child waits until it must have ended.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rpds::RedBlackTreeMapSync;

use super::creates::{Change, Creates, Entry, Listed};
use super::error::{Fault, StateError};
use super::owner::{self, Owner};

/// The most bytes of keys and replies, as a process may run for months.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// What an entry needs besides its texts, roughly.
const OVERHEAD: usize = 400;

const SWEEP_EVERY_MS: i64 = 3_600_000;
/// The error when there is no room left.
const SWEEP_FULL_EVERY_MS: i64 = 10_000;

/// Account and key.
type Name = (Arc<str>, Arc<str>);

#[derive(Clone, Default)]
struct World {
    creates: RedBlackTreeMapSync<Name, Arc<Kept>>,
    bytes: usize,
    swept_at: i64,
}

struct Kept {
    entry: Entry,
    /// How long it is kept after its last use.
    keep_ms: i64,
    bytes: usize,
}

/// The keys of this process.
static WORLD: ArcSwapOption<World> = ArcSwapOption::const_empty();

/// Keeps creates in this process.
#[derive(Clone, Debug)]
pub struct Memory {
    pub(super) keep_ms: i64,
    /// How long a sent request may be on its way.
    pub(super) settle_ms: i64,
}

impl World {
    fn put(&mut self, name: Name, entry: Entry, keep_ms: i64) -> Result<(), StateError> {
        let texts = [entry.fingerprint.len(), entry.steps.len(), entry.reply.as_ref().map_or(0, String::len)];
        let bytes = OVERHEAD + name.0.len() + name.1.len() + texts.iter().sum::<usize>();
        let before = self.creates.get(&name).map(|kept| kept.bytes);
        // Changes of an entry that exists are always kept.
        if before.is_none() && self.bytes + bytes > MOST_BYTES {
            return Err(StateError::MemoryFull);
        }
        self.bytes = self.bytes - before.unwrap_or(0) + bytes;
        self.creates.insert_mut(name, Arc::new(Kept { entry, keep_ms, bytes }));
        Ok(())
    }

    fn remove(&mut self, name: &Name) {
        self.bytes -= self.creates.get(name).map_or(0, |kept| kept.bytes);
        self.creates.remove_mut(name);
    }

    /// Removes entries that weren't used for as long as their client keeps keys. Returns false if it ran just now.
    fn sweep(&mut self, now_ms: i64) -> bool {
        let every = if self.bytes >= MOST_BYTES / 10 * 9 { SWEEP_FULL_EVERY_MS } else { SWEEP_EVERY_MS };
        // A last run in the future means that the clock was set back.
        if self.swept_at <= now_ms && now_ms - self.swept_at < every {
            return false;
        }
        let here = Owner::current();
        let old: Vec<Name> = self
            .creates
            .iter()
            .filter(|(_, kept)| {
                kept.entry.updated_at < now_ms.saturating_sub(kept.keep_ms)
                    && kept.entry.hold.until(&here, now_ms).is_none()
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in &old {
            self.remove(name);
        }
        self.swept_at = now_ms;
        true
    }
}

impl Memory {
    /// An entry as this process sees it.
    fn seen(&self, kept: &Kept) -> Entry {
        let mut entry = kept.entry.clone();
        let owner = entry.hold.owner.as_deref().and_then(Owner::from_text);
        if entry.hold.nonce.is_some() && owner.is_none_or(|owner| !owner.is_here()) {
            // The parent may have sent it since the fork, at the latest when its lease ended. That holds also if the
            // parent is dead.
            entry.sent_at = entry.sent_at.or(Some(entry.updated_at));
            entry.hold.owner = None;
            entry.hold.lease_until = entry.hold.lease_until.map(|until| until.saturating_add(self.settle_ms));
        }
        entry
    }
}

impl Creates for Memory {
    fn edit<T>(
        &self,
        account: &str,
        key: &str,
        sweep_at_ms: Option<i64>,
        mut work: impl FnMut(Option<Entry>) -> Result<(Change, T), Fault>,
    ) -> Result<T, StateError> {
        let name: Name = (account.into(), key.into());
        loop {
            let seen = WORLD.load_full();
            let mut world = seen.as_deref().cloned().unwrap_or_default();
            let swept = sweep_at_ms.is_some_and(|now_ms| world.sweep(now_ms));
            let entry = world.creates.get(&name).map(|kept| self.seen(kept));
            let (change, done) = work(entry).map_err(|fault| fault.explain(Path::new("memory")))?;
            match change {
                Change::Keep if !swept => return Ok(done),
                Change::Keep => {}
                Change::Put(entry) => world.put(name.clone(), entry, self.keep_ms)?,
                Change::Remove => world.remove(&name),
            }
            let before = WORLD.compare_and_swap(&seen, Some(Arc::new(world)));
            if before.as_ref().map(Arc::as_ptr) == seen.as_ref().map(Arc::as_ptr) {
                return Ok(done);
            }
        }
    }

    fn list(&self, account: &str, after: Option<&str>, open: bool, limit: usize) -> Result<Vec<Listed>, StateError> {
        let Some(world) = WORLD.load_full() else { return Ok(Vec::new()) };
        let from: Name = (account.into(), after.unwrap_or_default().into());
        world
            .creates
            .range(from..)
            .take_while(|((of, _), _)| &**of == account)
            .filter(|((_, key), kept)| after != Some(&**key) && !(open && kept.entry.reply.is_some()))
            .take(limit)
            .map(|((_, key), kept)| self.seen(kept).listed(key))
            .collect::<Result<_, _>>()
            .map_err(|fault| fault.explain(Path::new("memory")))
    }

    fn nonce(&self) -> Result<String, StateError> {
        owner::nonce(Path::new("memory"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;
    use crate::state::Claim;

    const T0: i64 = 1_760_000_000_000;

    /// Makes the keys look as they do to a child whose parent holds this one.
    fn inherit(account: &str) {
        let seen = WORLD.load_full();
        let mut world = seen.as_deref().cloned().unwrap_or_default();
        let name: Name = (account.into(), "k".into());
        let mut entry = world.creates.get(&name).unwrap().entry.clone();
        entry.hold.owner = Some(json!({"pid": u32::MAX >> 1}).to_string());
        world.put(name, entry, 30 * 86_400_000).unwrap();
        let before = WORLD.compare_and_swap(&seen, Some(Arc::new(world)));
        if before.as_ref().map(Arc::as_ptr) != seen.as_ref().map(Arc::as_ptr) {
            inherit(account);
        }
    }

    #[test]
    fn a_create_of_the_parent_is_left_to_it_and_then_looked_for() {
        let memory = Memory { keep_ms: 30 * 86_400_000, settle_ms: 30_000 };
        assert!(matches!(memory.claim("inherited", "k", "f", T0 + 60_000, T0), Ok(Claim::Mine(_))));
        inherit("inherited");
        let busy = Claim::Busy { until_ms: T0 + 90_000 };
        assert_eq!(memory.claim("inherited", "k", "f", T0 + 99_000, T0 + 61_000), Ok(busy));
        assert_eq!(memory.claim("inherited", "k", "g", T0 + 99_000, T0 + 91_000), Ok(Claim::Conflict));
        match memory.claim("inherited", "k", "f", T0 + 99_000, T0 + 91_000) {
            Ok(Claim::Mine(intent)) => assert_eq!(intent.sent_at_ms, Some(T0)),
            other => panic!("{other:?}"),
        }
        let listed = memory.list("inherited", None, false, 9).unwrap();
        assert_eq!(listed.iter().map(|one| one.attempts).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_full_memory_takes_no_new_key_and_loses_none() {
        let mut world = World::default();
        let entry = |reply: Option<String>| Entry {
            fingerprint: "f".to_owned(),
            steps: "{}".to_owned(),
            sent_at: None,
            started_at: T0,
            attempts: 1,
            reply,
            hold: owner::Hold::default(),
            updated_at: T0,
        };
        let name = |key: &str| -> Name { ("a".into(), key.into()) };
        world.put(name("old"), entry(None), 1_000).unwrap();
        world.bytes += MOST_BYTES - world.bytes;
        assert_eq!(world.put(name("new"), entry(None), 1_000), Err(StateError::MemoryFull));
        assert_eq!(world.put(name("old"), entry(Some("{}".to_owned())), 1_000), Ok(()));
        assert!(world.sweep(T0 + 1_001));
        assert_eq!(world.creates.size(), 0);
    }
}
