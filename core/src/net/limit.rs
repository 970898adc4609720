//! Keeps a carrier's rate policy and the account's own limit by waiting, first come, first served, so that the carrier
//! doesn't answer 429.

use super::call::Call;
use super::told::Told;
use crate::model::{Code, Error};
use crate::sync::lock;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// At most `requests` in any `window`: `30;w=60`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) requests: usize,
    pub(crate) window: Duration,
}

impl Policy {
    /// Read `30;w=60`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (requests, rest) = text.trim().split_once(';')?;
        let seconds: f64 = rest.split(';').find_map(|part| part.trim().strip_prefix("w="))?.trim().parse().ok()?;
        let window = Duration::try_from_secs_f64(seconds).ok()?;
        Self { requests: requests.trim().parse().ok()?, window }.kept()
    }

    /// Itself, if it is one that can be kept.
    fn kept(self) -> Option<Self> {
        let counts = (1..=MOST).contains(&self.requests);
        (counts && !self.window.is_zero() && self.window <= LONGEST).then_some(self)
    }

    /// How many requests are left to others, where several programs use the account: what one of them sends between
    /// a reply to us and our next request must find room.
    fn margin(self) -> usize {
        (1 + self.requests / 20).min(self.requests - 1)
    }
}

/// A policy with more requests than this counts as no limit. Each request in a window is counted, which takes memory.
const MOST: usize = 1_000_000;

/// A policy with a longer window counts as no limit, and a longer wait for one isn't read.
pub(super) const LONGEST: Duration = Duration::from_secs(86_400);

/// Added to each window for the resolution of both clocks. The carrier counts a request when it arrives, which is
/// between our sending and its reply. So a slot is free again one window after the *reply*: that keeps the policy
/// whatever the network's delays are.
const GRAIN: Duration = Duration::from_millis(4);

/// Concurrency before the carrier's policy is known: low enough not to exceed any, high enough not to slow a cold
/// quote.
const UNTOLD: usize = 4;

#[derive(Debug, Default)]
struct State {
    learnt: Option<Policy>,
    /// Whether a reply came, with or without a policy.
    told: bool,
    in_flight: usize,
    /// When the replies of the last window came, the oldest first.
    ended: VecDeque<Instant>,
    /// How many of them, from the front, the carrier no longer counts.
    forgotten: usize,
    /// When requests were noticed that are not ours, by what the carrier counted, the oldest first: other programs
    /// use the account.
    others: VecDeque<Instant>,
    /// Whether the carrier's replies have a policy. Otherwise `learnt` is put together from what else they say.
    stated: bool,
    /// When there is room again, as the last reply said.
    reset: Option<Instant>,
    /// How many entries the largest policy seen so far needs.
    counted: usize,
    /// By size: clients of one account may be configured differently.
    slots: Vec<(usize, Arc<Semaphore>)>,
}

impl State {
    /// The slots of this many requests at once.
    fn slots(&mut self, max_in_flight: usize) -> Arc<Semaphore> {
        if let Some((_, slots)) = self.slots.iter().find(|(size, _)| *size == max_in_flight) {
            return Arc::clone(slots);
        }
        let slots = Arc::new(Semaphore::new(max_in_flight));
        self.slots.push((max_in_flight, Arc::clone(&slots)));
        slots
    }

    /// How many of our requests count for the carrier's policy at `now`.
    fn ours(&self, policy: Policy, now: Instant) -> usize {
        self.in_flight + self.ended.len() - self.past(policy.window + GRAIN, now)
    }

    /// How many entries of `ended` the carrier no longer counts `age` after they came.
    fn past(&self, age: Duration, now: Instant) -> usize {
        older(&self.ended, age, now).max(self.forgotten)
    }

    /// Lets go of the oldest entry.
    fn pop(&mut self) {
        self.ended.pop_front();
        self.forgotten = self.forgotten.saturating_sub(1);
    }

    /// The carrier's policy, as a reply has it, or put together from what else its replies say: its limit, and the
    /// longest wait until there is room again.
    fn policy(&mut self, told: &Told) -> Option<Policy> {
        if let Some(policy) = told.policy {
            self.stated = true;
            let limit = told.limit.filter(|limit| *limit > 0).unwrap_or(policy.requests);
            return Some(Policy { requests: policy.requests.min(limit), ..policy });
        }
        if self.stated {
            return self.learnt;
        }
        let known = self.learnt;
        let window = told.reset.max(known.map(|known| known.window))?;
        let counted = told.remaining.map(|remaining| remaining.saturating_add(1));
        let requests = told.limit.or_else(|| counted.max(known.map(|known| known.requests)))?;
        Policy { requests, window: window.min(LONGEST) }.kept()
    }

    /// Adjusts what is counted to what the carrier had counted when it answered a request that was sent at `sent`,
    /// that request included.
    fn adjust(&mut self, policy: Policy, used: usize, sent: Instant, now: Instant) {
        let expired = older(&self.others, policy.window, now);
        self.others.drain(..expired);
        // The carrier counted at the request's arrival, which was after `sent`. So it counted at most all of our
        // requests but those that had ended a window before `sent`.
        let at_most = self.in_flight + self.ended.len() - self.past(policy.window, sent);
        let others = used.saturating_sub(at_most);
        for _ in self.others.len()..others {
            self.others.push_back(now);
        }
        // Now it counts at most those, and ours that it may have counted later. One more: some carriers leave the
        // request itself out of what they say.
        let later = self.in_flight + self.ended.len() - self.ended.partition_point(|end| *end <= sent);
        let mut excess = (self.ours(policy, now) + self.others.len()).saturating_sub(used + later + 1);
        let gone = excess.min(self.others.len());
        self.others.drain(..gone);
        excess -= gone;
        if excess > 0 {
            self.forgotten = self.past(policy.window + GRAIN, now) + excess;
        }
    }
}

/// One account's limits in this process.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    state: Mutex<State>,
    /// Held by the caller whose turn it is; tokio's mutex is first come, first served.
    turn: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
}

/// A permit to send one request. It is dropped, and so given back, when the reply has come.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    limiter: &'a Limiter,
    _slot: OwnedSemaphorePermit,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.limiter.state);
        state.in_flight = state.in_flight.saturating_sub(1);
        state.ended.push_back(Instant::now());
        // Without a policy these aren't read.
        let kept = state.counted.max(10_000);
        while state.ended.len() > kept {
            state.pop();
        }
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Limiter {
    /// Waits for a permit, within the call's deadline. `tells`: whether the carrier's replies have its policy.
    pub(crate) async fn acquire(
        &self,
        call: &Call,
        max_in_flight: usize,
        configured: Option<Policy>,
        tells: bool,
    ) -> Result<Permit<'_>, Error> {
        let slots = lock(&self.state).slots(max_in_flight);
        let too_late = || {
            call.cannot_wait(
                Code::RateLimited,
                Duration::ZERO,
                "other requests of this account are still waiting for their turn",
            )
        };
        let ahead = self.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(&self.waiting);
        self.fits(call, configured, ahead)?;
        // Most often there is nothing to wait for. Where others wait, neither is free, so that nobody is passed.
        let slot = match Arc::clone(&slots).try_acquire_owned() {
            Ok(slot) => slot,
            Err(_) => tokio::time::timeout_at(call.deadline, slots.acquire_owned())
                .await
                .map_err(|_| too_late())?
                .map_err(|_| Error::internal("the account's slots were closed"))?,
        };
        let turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => tokio::time::timeout_at(call.deadline, self.turn.lock()).await.map_err(|_| too_late())?,
        };
        loop {
            let wait = self.take(configured, tells);
            let Some(wait) = wait else { break };
            if wait > call.left() {
                return Err(call.cannot_wait(Code::RateLimited, wait, "the carrier's rate limit asks to wait"));
            }
            tokio::time::sleep(wait).await;
        }
        drop(turn);
        drop(waiting);
        Ok(Permit { limiter: self, _slot: slot })
    }

    /// Fails at once if the wait doesn't fit in the deadline, given how many are ahead.
    fn fits(&self, call: &Call, configured: Option<Policy>, ahead: usize) -> Result<(), Error> {
        let state = lock(&self.state);
        let now = Instant::now();
        for rule in Rule::of(&state, configured) {
            let used = if rule.guesses(&state, now) { state.in_flight } else { rule.used(&state, now) };
            let windows = (ahead + used) / rule.allowed(&state, now);
            // The first window may end at any moment; the next ones last their whole length.
            let wait = rule.policy.window * u32::try_from(windows.saturating_sub(1)).unwrap_or(u32::MAX);
            if wait > call.left() {
                return Err(call.cannot_wait(Code::RateLimited, wait, "the carrier's rate limit asks to wait"));
            }
        }
        Ok(())
    }

    /// Take a slot of the window, or say how long to wait for one.
    fn take(&self, configured: Option<Policy>, tells: bool) -> Option<Duration> {
        let mut state = lock(&self.state);
        if tells && !state.told && state.in_flight >= UNTOLD {
            return Some(SOON);
        }
        let now = Instant::now();
        let longest = Rule::of(&state, configured).map(|rule| rule.policy.window + GRAIN).max();
        // Kept for two windows: `adjust` looks one window back from when its request was sent.
        while longest.is_some_and(|held| state.ended.front().is_some_and(|end| now.duration_since(*end) >= 2 * held)) {
            state.pop();
        }
        state.counted = Rule::of(&state, configured).map(|rule| rule.policy.requests).fold(state.counted, usize::max);
        let wait = Rule::of(&state, configured).filter_map(|rule| rule.wait(&state, now)).max();
        if wait.is_none() {
            state.in_flight += 1;
            if state.reset.is_some_and(|reset| reset <= now) {
                // One request finds out what the carrier counts now; the others wait for its reply.
                state.reset = None;
            }
        }
        wait
    }

    /// Adopts what a carrier's reply says of its limit at once. It may count requests of other programs that use the
    /// same account.
    pub(crate) fn learn(&self, told: &Told, sent: Instant) {
        let mut state = lock(&self.state);
        state.told = true;
        if *told == Told::default() {
            return;
        }
        let Some(policy) = state.policy(told) else { return };
        let news = state.learnt != Some(policy);
        state.learnt = Some(policy);
        state.counted = state.counted.max(policy.requests);
        let now = Instant::now();
        state.reset = told.reset.map(|wait| now + wait);
        if let Some(remaining) = told.remaining {
            state.adjust(policy, policy.requests.saturating_sub(remaining), sent, now);
        }
        // Unlocked first: a host's logger may wait for a thread that waits for this lock.
        drop(state);
        if news {
            log::info!(target: "flete", "rate policy: {} requests in {:?}", policy.requests, policy.window);
        }
    }
}

/// A pause before looking again, where a reply decides.
const SOON: Duration = Duration::from_millis(2);

/// A policy to keep. Both are kept: neither of `2;w=1` and `30;w=60` includes the other.
struct Rule {
    policy: Policy,
    /// The carrier's: other programs' requests count, too. The account's own limit is for this process.
    carriers: bool,
}

impl Rule {
    fn of(state: &State, configured: Option<Policy>) -> impl Iterator<Item = Self> + use<> {
        let learnt = state.learnt.map(|policy| Self { policy, carriers: true });
        let own = configured.map(|policy| Self { policy, carriers: false });
        [learnt, own].into_iter().flatten()
    }

    /// How many entries of `ended` and of `others` no longer count.
    fn past(&self, state: &State, now: Instant) -> (usize, usize) {
        let held = self.policy.window + GRAIN;
        match self.carriers {
            true => (state.past(held, now), older(&state.others, held, now)),
            false => (older(&state.ended, held, now), state.others.len()),
        }
    }

    /// Whether the carrier's next reply may change what counts: others' requests are known by its replies alone, and so
    /// is a policy that it doesn't state.
    fn guesses(&self, state: &State, now: Instant) -> bool {
        self.carriers && (!state.stated || state.others.len() > self.past(state, now).1)
    }

    /// How many requests count.
    fn used(&self, state: &State, now: Instant) -> usize {
        let (ended, others) = self.past(state, now);
        state.in_flight + state.ended.len() - ended + state.others.len() - others
    }

    /// How many may count: fewer than the policy's where other programs send, too.
    fn allowed(&self, state: &State, now: Instant) -> usize {
        let shared = state.others.len() > self.past(state, now).1;
        self.policy.requests - if shared { self.policy.margin() } else { 0 }
    }

    /// How long to wait until it allows one more request; `None` if it does now.
    fn wait(&self, state: &State, now: Instant) -> Option<Duration> {
        let (used, allowed) = (self.used(state, now), self.allowed(state, now));
        if used < allowed {
            return None;
        }
        let guesses = self.guesses(state, now);
        if guesses && state.in_flight > 0 {
            return Some(SOON);
        }
        // What must expire before there is room; those in flight come last.
        let (ended, others) = self.past(state, now);
        let counted = merged(state.ended.range(ended..), state.others.range(others..)).nth(used - allowed);
        let held = self.policy.window + GRAIN;
        let wait = match counted {
            Some(at) => (at + held).saturating_duration_since(now).max(Duration::from_millis(1)),
            None => SOON,
        };
        // Where all is known, the carrier's own word for it is less exact.
        match state.reset.filter(|_| guesses) {
            Some(reset) if reset <= now => None,
            Some(reset) => Some(wait.min(reset - now)),
            None => Some(wait),
        }
    }
}

/// How many entries of a list, the oldest first, came `age` before `now` or earlier. A generous policy's window holds
/// thousands.
fn older(list: &VecDeque<Instant>, age: Duration, now: Instant) -> usize {
    list.partition_point(|at| now.duration_since(*at) >= age)
}

/// Two lists of instants as one, the oldest first.
fn merged<'a>(
    one: impl Iterator<Item = &'a Instant>,
    other: impl Iterator<Item = &'a Instant>,
) -> impl Iterator<Item = Instant> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(first), Some(second)) if second < first => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
    .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;

    /// A reply that says so; `reset` in seconds.
    fn told(policy: Option<&str>, limit: Option<usize>, remaining: Option<usize>, reset: Option<u64>) -> Told {
        let policy = policy.and_then(Policy::parse);
        Told { policy, limit, remaining, reset: reset.map(Duration::from_secs) }
    }

    fn stated(policy: &str) -> Told {
        told(Some(policy), None, None, None)
    }

    /// The clock is paused: time moves only by sleeps, which end at once.
    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
    }

    #[test]
    fn policies_are_read_as_the_document_writes_them() {
        let policy = |requests, seconds| Some(Policy { requests, window: Duration::from_secs(seconds) });
        assert_eq!(Policy::parse("30;w=60"), policy(30, 60));
        assert_eq!(Policy::parse(" 5 ; w=1"), policy(5, 1));
        for odd in ["", "30", "0;w=60", "30;w=0", "x;w=1", "30;w=-1", "4000000000;w=60"] {
            assert_eq!(Policy::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_window_is_kept_by_waiting() {
        run(async {
            let limiter = Limiter::default();
            let call = Call::new(Duration::from_secs(20));
            let policy = Policy::parse("5;w=0.1");
            let started = Instant::now();
            for number in 0..20 {
                drop(limiter.acquire(&call, 16, policy, false).await.unwrap());
                // Five at once, and the next five after a window and `GRAIN`.
                assert_eq!(started.elapsed(), number / 5 * (Duration::from_millis(100) + GRAIN), "{number}");
            }
        });
    }

    #[test]
    fn the_carriers_policy_and_the_accounts_own_are_both_kept() {
        for (learnt, configured) in [("1000;w=60", "2;w=0.1"), ("2;w=0.1", "1000;w=60")] {
            run(async {
                let limiter = Limiter::default();
                let call = Call::new(Duration::from_secs(20));
                limiter.learn(&stated(learnt), Instant::now());
                let started = Instant::now();
                for _ in 0..6 {
                    drop(limiter.acquire(&call, 16, Policy::parse(configured), true).await.unwrap());
                }
                let windows = 2 * (Duration::from_millis(100) + GRAIN);
                assert_eq!(started.elapsed(), windows, "{learnt} {configured}");
            });
        }
    }

    #[test]
    fn a_policy_of_many_requests_is_counted_to_its_end() {
        run(async {
            let limiter = Limiter::default();
            let call = Call::new(Duration::from_secs(20));
            let policy = Policy::parse("10100;w=86400");
            for _ in 0..10_100 {
                drop(limiter.acquire(&call, 16, policy, false).await.unwrap());
            }
            assert_eq!(limiter.acquire(&call, 16, policy, false).await.unwrap_err().code, Code::RateLimited);
        });
    }

    #[test]
    fn a_wait_that_cannot_fit_fails_at_once() {
        run(async {
            let limiter = Limiter::default();
            let call = Call::new(Duration::from_millis(300));
            let policy = Policy::parse("1;w=60");
            drop(limiter.acquire(&call, 16, policy, false).await.unwrap());
            let started = Instant::now();
            let error = limiter.acquire(&call, 16, policy, false).await.unwrap_err();
            assert_eq!(error.code, Code::RateLimited);
            assert_eq!((error.retry_after_ms, started.elapsed()), (Some(60_004), Duration::ZERO));
        });
    }

    #[test]
    fn at_most_so_many_are_in_flight() {
        run(async {
            let limiter = Limiter::default();
            let call = Call::new(Duration::from_millis(50));
            let first = limiter.acquire(&call, 1, None, false).await.unwrap();
            assert_eq!(limiter.acquire(&call, 1, None, false).await.unwrap_err().code, Code::RateLimited);
            assert_eq!(call.left(), Duration::ZERO, "it waited to its deadline");
            drop(first);
            let call = Call::new(Duration::from_millis(50));
            limiter.acquire(&call, 1, None, false).await.unwrap();
            assert_eq!(call.left(), Duration::from_millis(50), "it did not wait");
        });
    }

    #[test]
    fn a_policy_that_changes_is_followed_at_once() {
        let limiter = Limiter::default();
        limiter.learn(&told(Some("30;w=60"), None, Some(29), None), Instant::now());
        assert_eq!(limiter.take(None, true), None);
        limiter.learn(&told(Some("1;w=60"), None, Some(0), None), Instant::now());
        assert!(limiter.take(None, true).is_some());
    }

    /// Which of its headers a carrier sends, and how it counts.
    #[derive(Clone, Copy, Debug)]
    struct Form {
        policy: bool,
        limit: bool,
        remaining: bool,
        reset: Reset,
        /// Its window slides; otherwise all is free again when the window ends.
        slides: bool,
    }

    /// When a carrier says that there is room again.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Reset {
        Unsaid,
        /// When its oldest request expires.
        First,
        /// When all of them have.
        All,
        /// Always the whole window.
        Window,
    }

    /// What a carrier counts, and how many requests it refused.
    struct Counter {
        form: Form,
        policy: Policy,
        taken: VecDeque<Instant>,
        refused: usize,
    }

    impl Counter {
        fn of(policy: &str, form: Form) -> Mutex<Self> {
            let policy = Policy::parse(policy).unwrap();
            Mutex::new(Self { form, policy, taken: VecDeque::new(), refused: 0 })
        }

        fn answer(&mut self) -> Told {
            let (now, form, Policy { requests, window }) = (Instant::now(), self.form, self.policy);
            let is_over = |at: &Instant| now.duration_since(*at) >= window;
            while self.taken.front().is_some_and(is_over) {
                let ends = if form.slides { 1 } else { self.taken.len() };
                self.taken.drain(..ends);
            }
            if self.taken.len() < requests {
                self.taken.push_back(now);
            } else {
                self.refused += 1;
            }
            let first = self.taken[0] + window - now;
            let reset = match form.reset {
                Reset::Unsaid => None,
                Reset::All if form.slides => self.taken.back().map(|last| *last + window - now),
                Reset::First | Reset::All => Some(first),
                Reset::Window => Some(window),
            };
            Told {
                policy: form.policy.then_some(self.policy),
                limit: form.limit.then_some(requests),
                remaining: form.remaining.then(|| requests - self.taken.len()),
                // As it is read from whole seconds.
                reset: reset.map(|left| Duration::from_secs(left.as_millis().div_ceil(1000) as u64) + GRAIN),
            }
        }
    }

    /// One request, as a session sends it: 20 ms there, 20 ms back.
    async fn send(limiter: &Limiter, carrier: &Mutex<Counter>, timeout: u64) -> Result<(), Error> {
        let call = Call::new(Duration::from_secs(timeout));
        let permit = limiter.acquire(&call, 16, None, true).await?;
        let (sent, way) = (Instant::now(), Duration::from_millis(20));
        tokio::time::sleep(way).await;
        let told = lock(carrier).answer();
        tokio::time::sleep(way).await;
        drop(permit);
        limiter.learn(&told, sent);
        Ok(())
    }

    fn forms() -> Vec<Form> {
        let mut forms = Vec::new();
        for slides in [true, false] {
            for reset in [Reset::Unsaid, Reset::First, Reset::All, Reset::Window] {
                for (policy, limit, remaining) in [
                    (true, true, true),
                    (true, false, true),
                    (true, true, false),
                    (false, true, true),
                    (false, false, true),
                ] {
                    // Without either, the length of the window isn't known.
                    if policy || reset != Reset::Unsaid {
                        forms.push(Form { policy, limit, remaining, reset, slides });
                    }
                }
            }
        }
        forms
    }

    #[test]
    fn a_limit_is_kept_however_it_is_told() {
        for form in forms() {
            for at_once in [1, 8] {
                run(async {
                    let (limiter, carrier) = (Limiter::default(), Counter::of("20;w=10", form));
                    let started = Instant::now();
                    let next = AtomicUsize::new(0);
                    join_all((0..at_once).map(|_| async {
                        while next.fetch_add(1, Ordering::Relaxed) < 100 {
                            send(&limiter, &carrier, 3600).await.unwrap();
                        }
                    }))
                    .await;
                    let took = started.elapsed().as_secs_f64();
                    assert_eq!(lock(&carrier).refused, 0, "{form:?}, {at_once} at once");
                    // Five windows' worth; the first goes at once.
                    assert!((40.0..41.1).contains(&took), "{form:?}, {at_once} at once: {took} s");
                });
            }
        }
    }

    #[test]
    fn several_programs_share_a_limit() {
        // Without what is left nobody can know of the others.
        for form in forms().into_iter().filter(|form| form.remaining) {
            run(async {
                let (limiters, carrier) = ([(); 3].map(|()| Limiter::default()), Counter::of("20;w=10", form));
                let started = Instant::now();
                join_all(limiters.iter().map(|limiter| async {
                    for _ in 0..60 {
                        send(limiter, &carrier, 3600).await.unwrap();
                    }
                }))
                .await;
                let (took, refused) = (started.elapsed().as_secs_f64(), lock(&carrier).refused);
                // Without a number for the whole, the first window is found out by trying.
                assert!(refused <= if form.policy || form.limit { 0 } else { 10 }, "{form:?}: {refused} times 429");
                // Nine windows' worth, and the margin.
                assert!((80.0..92.0).contains(&took), "{form:?}: {took} s");
            });
        }
    }

    #[test]
    fn where_others_used_a_limit_up_the_carriers_own_time_for_more_is_waited_for() {
        for (policy, limit, second_after) in [
            (Some("30;w=60"), None, 13),
            (Some("30;w=60"), Some(30), 13),
            // By what is known, the whole window ends then.
            (None, Some(30), 12),
            (None, None, 13),
        ] {
            run(async {
                let limiter = Limiter::default();
                // The first request of a new process; it is sent and answered at once.
                let call = Call::new(Duration::from_secs(30));
                drop(limiter.acquire(&call, 16, None, true).await.unwrap());
                limiter.learn(&told(policy, limit, Some(0), Some(12)), Instant::now());
                let started = Instant::now();
                let [first, second] = [(); 2].map(|()| async {
                    let permit = limiter.acquire(&call, 16, None, true).await.unwrap();
                    let after = started.elapsed().as_secs();
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    drop(permit);
                    // The window had ended: its reply counts itself alone.
                    limiter.learn(&told(policy, limit, Some(29), Some(60)), Instant::now());
                    after
                });
                // One finds out; the other waits for its reply, and not for what was counted before.
                let after = futures_util::future::join(first, second).await;
                assert_eq!(after, (12, second_after), "{policy:?} {limit:?}");
            });
            run(async {
                let limiter = Limiter::default();
                let call = Call::new(Duration::from_secs(10));
                drop(limiter.acquire(&call, 16, None, true).await.unwrap());
                limiter.learn(&told(policy, limit, Some(0), Some(12)), Instant::now());
                let started = Instant::now();
                let error = limiter.acquire(&call, 16, None, true).await.unwrap_err();
                assert_eq!((error.code, error.retry_after_ms), (Code::RateLimited, Some(12_000)));
                assert_eq!(started.elapsed(), Duration::ZERO, "it doesn't fit in the call, so it fails at once");
            });
        }
    }

    #[test]
    fn what_others_send_leaves_a_margin() {
        for (requests, margin) in [(1, 0), (2, 1), (10, 1), (30, 2), (1000, 51)] {
            assert_eq!(Policy { requests, window: Duration::from_secs(60) }.margin(), margin, "{requests}");
        }
        run(async {
            let limiter = Limiter::default();
            let call = Call::new(Duration::from_secs(5));
            // Ten of others' and three left: one may go, the margin is for them.
            limiter.learn(&told(Some("13;w=60"), None, Some(3), None), Instant::now());
            for left in [true, true, false] {
                assert_eq!(limiter.acquire(&call, 16, None, true).await.is_ok(), left);
            }
            // The account's own limit is for what this process sends.
            let limiter = Limiter::default();
            limiter.learn(&told(Some("1000;w=60"), None, Some(500), None), Instant::now());
            assert!(limiter.acquire(&call, 16, Policy::parse("1;w=60"), true).await.is_ok());
        });
    }

    #[test]
    fn a_reply_that_says_nothing_changes_nothing() {
        let limiter = Limiter::default();
        limiter.learn(&told(Some("2;w=60"), None, Some(0), Some(30)), Instant::now());
        for nothing in [Told::default(), told(None, Some(100), None, None)] {
            limiter.learn(&nothing, Instant::now());
        }
        assert_eq!(lock(&limiter.state).learnt, Policy::parse("2;w=60"));
        assert!(limiter.take(None, true).is_some());
        // A limit alone has no window; neither has what is left.
        let limiter = Limiter::default();
        limiter.learn(&told(None, Some(1), Some(0), None), Instant::now());
        assert_eq!(limiter.take(None, true), None);
        assert_eq!(lock(&limiter.state).learnt, None);
    }
}
