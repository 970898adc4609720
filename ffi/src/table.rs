//! Handles: numbers for clients. A forged or closed one is harmless.
//!
//! A `fork()` copies a lock in its current state, so a child may find it held for ever by a thread that it
//! doesn't have. So there is no lock: slots are claimed, used and released by compare-and-swap on one word each, and
//! blocks of slots are only added. A fork can only cost a child the memory of a slot that another
//! thread was using at that moment.

use once_cell::race::OnceBox;
use std::cell::UnsafeCell;
use std::hash::{BuildHasher, RandomState};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A handle is a slot's number + 1 in its lower bits and the slot's generation above: 53 bits in all, which a
/// language whose numbers are doubles can hold.
const INDEX_BITS: u32 = 24;
const GENERATION: u64 = (1 << 29) - 1;

/// A slot's word: its generation in the lower bits, whether it is open, and above that the number of its users.
/// A slot that is open or has users has a value; any other is free.
const OPEN: u64 = 1 << 29;
const USER: u64 = 1 << 30;

/// The first block has this many slots; each further block as many as all before it together.
const FIRST: usize = 64;
const BLOCKS: usize = 18;

struct Slot<T> {
    word: AtomicU64,
    value: UnsafeCell<Option<T>>,
}

/// Values by handle.
pub(crate) struct Table<T> {
    blocks: [OnceBox<Box<[Slot<T>]>>; BLOCKS],
    /// Where the search for a free slot begins.
    hint: AtomicUsize,
}

// SAFETY: a slot's value is written and taken out only by the one thread that its word names as its last user while
// it isn't open (see `insert` and `leave`); in between it is only read. So `T` needs what an `Arc<T>` would need.
unsafe impl<T: Send + Sync> Sync for Table<T> {}

/// A value in use: it stays until this is dropped, even if its handle is closed meanwhile.
pub(crate) struct Using<'a, T>(&'a Slot<T>, &'a T);

impl<T> Table<T> {
    pub(crate) const fn new() -> Self {
        Self { blocks: [const { OnceBox::new() }; BLOCKS], hint: AtomicUsize::new(0) }
    }

    /// Keep a value. Returns its handle, or the value itself where 8 million are open.
    pub(crate) fn insert(&self, value: T) -> Result<u64, T> {
        let mut blocks = 1;
        while blocks < BLOCKS && self.blocks[blocks].get().is_some() {
            blocks += 1;
        }
        loop {
            let all = FIRST << (blocks - 1);
            let start = self.hint.load(Ordering::Relaxed);
            for step in 0..all {
                let index = (start + step) % all;
                let slot = self.slot(index);
                let word = slot.word.load(Ordering::Relaxed);
                if word & !GENERATION == 0
                    && slot.word.compare_exchange(word, word + USER, Ordering::Acquire, Ordering::Relaxed).is_ok()
                {
                    // SAFETY: the slot was free and is now ours alone: no thread enters a slot that isn't open.
                    unsafe { *slot.value.get() = Some(value) };
                    slot.word.store(word | OPEN, Ordering::Release);
                    self.hint.store(index + 1, Ordering::Relaxed);
                    return Ok(word << INDEX_BITS | (index as u64 + 1));
                }
            }
            if blocks == BLOCKS {
                return Err(value);
            }
            blocks += 1;
        }
    }

    /// The value of a handle, if it is open.
    pub(crate) fn get(&self, handle: u64) -> Option<Using<'_, T>> {
        let (slot, generation) = self.find(handle)?;
        slot.word
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, |word| {
                (word & (GENERATION | OPEN) == generation | OPEN).then(|| word + USER)
            })
            .ok()?;
        // SAFETY: we are now counted as a user, and a slot with users keeps its value where it is.
        let value = unsafe { &*slot.value.get() }.as_ref();
        match value {
            Some(value) => Some(Using(slot, value)),
            None => {
                leave(slot);
                None
            }
        }
    }

    /// Closes a handle; the value is dropped with its last user. Does nothing if the handle isn't open.
    pub(crate) fn close(&self, handle: u64) {
        let Some((slot, generation)) = self.find(handle) else { return };
        let closed = slot.word.fetch_update(Ordering::Acquire, Ordering::Relaxed, |word| {
            (word & (GENERATION | OPEN) == generation | OPEN).then(|| (word & !OPEN) + USER)
        });
        if closed.is_ok() {
            leave(slot);
        }
    }

    fn find(&self, handle: u64) -> Option<(&Slot<T>, u64)> {
        let index = usize::try_from(handle & ((1 << INDEX_BITS) - 1)).ok()?.checked_sub(1)?;
        let generation = handle >> INDEX_BITS;
        let slot = self.blocks.get(block_of(index).0)?.get()?.get(block_of(index).1)?;
        (generation <= GENERATION).then_some((slot, generation))
    }

    /// The slot of this number, which is made if it doesn't exist yet.
    fn slot(&self, index: usize) -> &Slot<T> {
        let (block, offset) = block_of(index);
        let slots = self.blocks[block].get_or_init(|| {
            // A forged handle is probably a small number, and should not meet a real one.
            let random = RandomState::new();
            let size = if block == 0 { FIRST } else { FIRST << (block - 1) };
            let slot = |number: usize| Slot {
                word: AtomicU64::new(random.hash_one(number) & GENERATION),
                value: UnsafeCell::new(None),
            };
            Box::new((0..size).map(slot).collect())
        });
        &slots[offset]
    }
}

/// A slot's block, and its place in the block.
fn block_of(index: usize) -> (usize, usize) {
    if index < FIRST {
        return (0, index);
    }
    let block = (index / FIRST).ilog2() as usize + 1;
    (block, index - (FIRST << (block - 1)))
}

/// Removes one user. The last user of a closed slot takes its value out, and frees it for the next generation.
fn leave<T>(slot: &Slot<T>) {
    let mut word = slot.word.load(Ordering::Relaxed);
    while word & OPEN != 0 || word >> USER.trailing_zeros() > 1 {
        match slot.word.compare_exchange_weak(word, word - USER, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => word = now,
        }
    }
    std::sync::atomic::fence(Ordering::Acquire);
    // SAFETY: it is closed and we are its only user: no thread can enter, and the fence above saw all others leave.
    let value = unsafe { (*slot.value.get()).take() };
    slot.word.store((word + 1) & GENERATION, Ordering::Release);
    // Dropped last: if its drop takes long, it holds no slot meanwhile.
    drop(value);
}

impl<T> Deref for Using<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.1
    }
}

impl<T> Drop for Using<'_, T> {
    fn drop(&mut self) {
        leave(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn a_closed_or_forged_handle_has_no_value() {
        let table = Table::new();
        let one = table.insert("one").unwrap();
        assert_eq!(*table.get(one).unwrap(), "one");
        for forged in [0, 1, 2, 64, 1 << 24, one + 1, one ^ (1 << 30), one | 1 << 60, u64::MAX] {
            assert!(table.get(forged).is_none(), "{forged}");
            table.close(forged);
        }
        table.close(one);
        table.close(one);
        assert!(table.get(one).is_none());
        assert!((1..1 << 53).contains(&one));
    }

    #[test]
    fn a_value_lives_until_its_last_user_has_gone() {
        let table = Table::new();
        let value = Arc::new(());
        let handle = table.insert(Arc::clone(&value)).unwrap();
        let (first, second) = (table.get(handle).unwrap(), table.get(handle).unwrap());
        table.close(handle);
        assert!(table.get(handle).is_none());
        drop(first);
        assert_eq!(Arc::strong_count(&value), 2);
        drop(second);
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn many_are_open_at_once_and_each_is_its_own() {
        let table = Table::new();
        let handles: Vec<u64> = (0..5_000).map(|n| table.insert(n).unwrap()).collect();
        for (n, handle) in handles.iter().enumerate() {
            assert_eq!(*table.get(*handle).unwrap(), n);
        }
        handles.iter().for_each(|handle| table.close(*handle));
        assert!(handles.iter().all(|handle| table.get(*handle).is_none()));
    }

    #[test]
    fn a_slot_that_is_used_again_has_another_handle() {
        let table = Table::new();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..10_000 {
            let handle = table.insert(()).unwrap();
            assert!(seen.insert(handle));
            table.close(handle);
        }
        assert!(table.blocks[1].get().is_none(), "closed slots were not used again");
    }

    #[test]
    fn threads_open_use_and_close_each_others_handles() {
        let table: Table<Arc<u64>> = Table::new();
        let shared = [const { AtomicU64::new(0) }; 8];
        let wrong = AtomicBool::new(false);
        let alive = Arc::new(7);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (table, shared, wrong, alive) = (&table, &shared, &wrong, &alive);
                scope.spawn(move || {
                    for round in 0..5_000 {
                        let mine = table.insert(Arc::clone(alive)).unwrap();
                        let theirs = shared[(thread + round) % 8].swap(mine, Ordering::Relaxed);
                        if table.get(mine).is_some_and(|value| **value != 7) {
                            wrong.store(true, Ordering::Relaxed);
                        }
                        let using = table.get(theirs);
                        table.close(theirs);
                        if using.is_some_and(|value| **value != 7) {
                            wrong.store(true, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert!(!wrong.into_inner());
        shared.iter().for_each(|handle| table.close(handle.load(Ordering::Relaxed)));
        assert_eq!(Arc::strong_count(&alive), 1, "a value was lost, or dropped twice");
    }
}
