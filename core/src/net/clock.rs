//! The carrier's clock, for requests that are signed with the time. It is corrected from the carrier's `Date` header,
//! and never returns the same value twice.

use crate::sync::lock;
use jiff::Timestamp;
use std::sync::Mutex;

#[derive(Debug, Default)]
struct State {
    /// The carrier's clock minus ours.
    offset_ms: i64,
    last_us: i64,
    /// Counts corrections. It is the last three digits of a value, so that a clock that was set back can't return an
    /// earlier value again.
    epoch: i64,
    seeded: bool,
    corrections: u64,
}

/// A clock that follows the carrier's.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<State>);

impl Clock {
    /// The carrier's time, as RFC 3339 with nine digits. Each value is returned once.
    pub(crate) fn unique(&self) -> String {
        let mut state = lock(&self.0);
        if !state.seeded {
            // These digits differ between two processes of one account, even in the same microsecond. Forked processes
            // share their parent's random number, so the process id is mixed in.
            state.seeded = true;
            state.epoch = (fastrand::i64(0..1000) + i64::from(std::process::id())) % 1000;
        }
        let now = Timestamp::now().as_microsecond() + state.offset_ms * 1000;
        state.last_us = now.max(state.last_us + 1);
        let nanoseconds = i128::from(state.last_us) * 1000 + i128::from(state.epoch % 1000);
        match Timestamp::from_nanosecond(nanoseconds) {
            Ok(at) => format!("{at:.9}"),
            Err(_) => format!("{:.9}", Timestamp::now()),
        }
    }

    /// The carrier's time, as well as we know it.
    pub(crate) fn now_ms(&self) -> i64 {
        Timestamp::now().as_millisecond() + lock(&self.0).offset_ms
    }

    /// How often it was corrected. Read it before signing a time, and pass it to `correct`.
    pub(crate) fn corrections(&self) -> u64 {
        lock(&self.0).corrections
    }

    /// Adjusts to the reply's `Date` header. `corrections` is the count when the request was signed. Returns false if
    /// nothing changed, so signing again would fail again. Another thread may have corrected it meanwhile.
    pub(crate) fn correct(&self, date: Option<&str>, corrections: u64) -> bool {
        // Check and correct under one lock; otherwise the second thread would see an already corrected clock and not
        // sign again.
        let mut state = lock(&self.0);
        if state.corrections != corrections {
            return true;
        }
        let Some(there) = date.and_then(http_date) else { return false };
        let now_us = Timestamp::now().as_microsecond();
        // `Date` has whole seconds: the middle of that second is the best guess.
        let offset = there.as_millisecond() + 500 - now_us / 1000;
        // A signed time may be ahead of the clock, because values never go back, even if the clock does.
        let ahead_ms = (state.last_us - now_us) / 1000 - state.offset_ms;
        if (offset - state.offset_ms).abs() < 2_000 && ahead_ms < 2_000 {
            return false;
        }
        state.offset_ms = offset;
        state.last_us = 0;
        state.epoch += 1;
        state.corrections += 1;
        // Unlocked first: a host's logger may wait for a thread that waits for this lock.
        drop(state);
        log::info!(target: "flete", "the carrier's clock is {offset} ms off ours; following it");
        true
    }
}

/// An HTTP date: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn date(offset_s: i64) -> String {
        let at = Timestamp::now() + jiff::SignedDuration::from_secs(offset_s);
        jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap()
    }

    #[test]
    fn a_value_never_repeats_in_any_thread_even_when_the_clock_is_set_back() {
        let clock = Clock::default();
        let mut seen = HashSet::new();
        for correction in [0, 600, -600, 0] {
            clock.correct(Some(&date(correction)), clock.corrections());
            let values: Vec<String> = std::thread::scope(|scope| {
                let threads: Vec<_> =
                    (0..4).map(|_| scope.spawn(|| (0..500).map(|_| clock.unique()).collect::<Vec<_>>())).collect();
                threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
            });
            for value in values {
                assert!(seen.insert(value.clone()), "{value} came twice");
            }
        }
    }

    #[test]
    fn a_machines_clock_that_was_ahead_and_is_set_back_is_followed() {
        let clock = Clock::default();
        let first = clock.unique();
        lock(&clock.0).last_us += 3_600_000_000;
        assert!(clock.unique() > first);
        assert!(clock.correct(Some(&date(0)), 0));
        let there: Timestamp = clock.unique().parse().unwrap();
        assert!((there.as_millisecond() - Timestamp::now().as_millisecond()).abs() < 2_000, "{there}");
    }

    #[test]
    fn who_is_refused_while_another_corrects_signs_again() {
        for _ in 0..2_000 {
            let clock = Clock::default();
            let there = date(300);
            let again: Vec<bool> = std::thread::scope(|scope| {
                let both = [0, 1].map(|_| scope.spawn(|| clock.correct(Some(&there), 0)));
                both.into_iter().map(|one| one.join().unwrap()).collect()
            });
            assert_eq!(again, [true, true]);
        }
    }

    #[test]
    fn the_clock_follows_the_carriers_date() {
        let clock = Clock::default();
        assert!(!clock.correct(None, 0));
        assert!(!clock.correct(Some("yesterday"), 0));
        assert!(!clock.correct(Some(&date(0)), 0), "within two seconds nothing is gained");
        assert!(clock.correct(Some(&date(300)), 0));
        assert!(clock.correct(Some(&date(300)), 0), "who signed before another's correction signs again");
        let there: Timestamp = clock.unique().parse().unwrap();
        let ahead = there.as_millisecond() - Timestamp::now().as_millisecond();
        assert!((298_000..302_000).contains(&ahead), "{ahead}");
        assert!(!clock.correct(Some(&date(300)), clock.corrections()), "the second time it changes nothing");
    }
}
