//! Keeps a carrier's rate policy and the account's own limit by waiting, first come, first served, so that the carrier
//! doesn't answer 429.

use super::call::Call;
use crate::model::{Code, Error};
use crate::sync::lock;
use std::collections::{HashMap, VecDeque};
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
        let requests: usize = requests.trim().parse().ok()?;
        (requests > 0 && requests <= MOST && seconds > 0.0 && seconds <= 86_400.0)
            .then(|| Self { requests, window: Duration::from_secs_f64(seconds) })
    }
}

/// A policy with more requests than this counts as no limit. Each request in a window is counted, which takes memory.
const MOST: usize = 1_000_000;

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
    /// How many entries the largest policy seen so far needs.
    counted: usize,
    /// By size: clients of one account may be configured differently.
    slots: HashMap<usize, Arc<Semaphore>>,
}

impl State {
    /// How many replies came `age` before `now` or earlier. A generous policy's window holds thousands.
    fn older(&self, age: Duration, now: Instant) -> usize {
        self.ended.partition_point(|end| now.duration_since(*end) >= age)
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
            state.ended.pop_front();
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
        let slots = Arc::clone(
            lock(&self.state).slots.entry(max_in_flight).or_insert_with(|| Arc::new(Semaphore::new(max_in_flight))),
        );
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
        let slot = tokio::time::timeout_at(call.deadline, slots.acquire_owned())
            .await
            .map_err(|_| too_late())?
            .map_err(|_| Error::internal("the account's slots were closed"))?;
        let turn = tokio::time::timeout_at(call.deadline, self.turn.lock()).await.map_err(|_| too_late())?;
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

    /// Both policies are kept: neither of `2;w=1` and `30;w=60` includes the other.
    fn policies(state: &State, configured: Option<Policy>) -> impl Iterator<Item = Policy> + use<> {
        [state.learnt, configured].into_iter().flatten()
    }

    /// Fails at once if the wait doesn't fit in the deadline, given how many are ahead.
    fn fits(&self, call: &Call, configured: Option<Policy>, ahead: usize) -> Result<(), Error> {
        let state = lock(&self.state);
        let now = Instant::now();
        for policy in Self::policies(&state, configured) {
            let recent = state.ended.len() - state.older(policy.window, now);
            let windows = (ahead + state.in_flight + recent) / policy.requests;
            // The first window may end at any moment; the next ones last their whole length.
            let wait = policy.window * u32::try_from(windows.saturating_sub(1)).unwrap_or(u32::MAX);
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
            return Some(Duration::from_millis(2));
        }
        let now = Instant::now();
        let longest = Self::policies(&state, configured).map(|policy| policy.window + GRAIN).max();
        // Kept for two windows: `learn` looks one window back from when its request was sent.
        while longest.is_some_and(|held| state.ended.front().is_some_and(|end| now.duration_since(*end) >= 2 * held)) {
            state.ended.pop_front();
        }
        state.counted =
            Self::policies(&state, configured).map(|policy| policy.requests).fold(state.counted, usize::max);
        let wait = Self::policies(&state, configured).filter_map(|policy| room(&state, policy, now)).max();
        if wait.is_none() {
            state.in_flight += 1;
        }
        wait
    }

    /// Adopts the policy in a carrier's reply at once, and what is left of it: other processes may be using the same
    /// account.
    pub(crate) fn learn(&self, policy: Option<Policy>, remaining: Option<usize>, sent: Instant) {
        let mut state = lock(&self.state);
        state.told = true;
        let Some(policy) = policy else { return };
        let news = state.learnt != Some(policy);
        state.learnt = Some(policy);
        state.counted = state.counted.max(policy.requests);
        if let Some(remaining) = remaining {
            let now = Instant::now();
            // The carrier counted at the request's arrival, which was after `sent`. So it counted all of our requests
            // but those that had ended a window before `sent`.
            let ours = state.in_flight + state.ended.len() - state.older(policy.window, sent);
            let theirs = policy.requests.saturating_sub(remaining);
            for _ in ours..theirs {
                state.ended.push_back(now);
            }
        }
        // Unlocked first: a host's logger may wait for a thread that waits for this lock.
        drop(state);
        if news {
            log::info!(target: "flete", "rate policy: {} requests in {:?}", policy.requests, policy.window);
        }
    }
}

/// How long to wait until this policy allows one more request; `None` if it does now.
fn room(state: &State, policy: Policy, now: Instant) -> Option<Duration> {
    let held = policy.window + GRAIN;
    let past = state.older(held, now);
    let used = state.in_flight + state.ended.len() - past;
    if used < policy.requests {
        return None;
    }
    // The oldest entry that must expire before there is room. Requests in flight are checked again soon.
    Some(match state.ended.get(past + used - policy.requests) {
        Some(end) => (*end + held).saturating_duration_since(now).max(Duration::from_millis(1)),
        None => Duration::from_millis(2),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
                limiter.learn(Policy::parse(learnt), None, Instant::now());
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
        limiter.learn(Policy::parse("30;w=60"), Some(29), Instant::now());
        assert_eq!(limiter.take(None, true), None);
        limiter.learn(Policy::parse("1;w=60"), Some(0), Instant::now());
        assert!(limiter.take(None, true).is_some());
    }
}
