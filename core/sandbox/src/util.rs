//! Small parts that several simulators need: identifiers, page tokens, sliding windows, dates, settings.
//! What only one carrier needs is in its own file.

use jiff::{SignedDuration, Timestamp, tz::Offset};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};

/// Identifiers that differ in every run, so that no test depends on a fixed one.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    made: u64,
}

impl Ids {
    pub(crate) fn new() -> Self {
        Ids { seed: RandomState::new().hash_one("flete sandbox"), made: 0 }
    }

    /// A random (version 4) UUID.
    pub(crate) fn uuid(&mut self) -> String {
        self.made += 1;
        let mut bytes = digest(&format!("{}:{}", self.seed, self.made));
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = hex(&bytes[..16]);
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
    }

    /// `len` lower-case hexadecimal digits (64 at most).
    pub(crate) fn hex(&mut self, len: usize) -> String {
        self.made += 1;
        let mut text = hex(&digest(&format!("{}:{}", self.seed, self.made)));
        text.truncate(len);
        text
    }
}

impl Default for Ids {
    fn default() -> Self {
        Self::new()
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// An opaque token for a place in a list; `page_place` reads it and refuses an invented one.
pub(crate) fn page_token(place: u64) -> String {
    let check = hex(&digest(&format!("page:{place}"))[..11]);
    format!("{check}{place:012x}")
}

pub(crate) fn page_place(token: &str) -> Option<u64> {
    let place = u64::from_str_radix(token.get(22..)?, 16).ok()?;
    (page_token(place) == token).then_some(place)
}

/// At most `limit` requests in any `window`: the "sliding window" that rate policies such as `30;w=60` describe.
#[derive(Debug)]
pub(crate) struct RateWindow {
    limit: usize,
    seconds: u32,
    taken: VecDeque<Timestamp>,
}

impl RateWindow {
    pub(crate) fn new(limit: usize, seconds: u32) -> Self {
        RateWindow { limit, seconds, taken: VecDeque::new() }
    }

    /// Reads `30;w=60`.
    pub(crate) fn parse(policy: &str) -> Result<Self, String> {
        let wrong = || format!("a rate policy reads \"30;w=60\", not {policy:?}");
        let (limit, window) = policy.split_once(";w=").ok_or_else(wrong)?;
        let limit = limit.trim().parse().map_err(|_| wrong())?;
        let seconds = window.trim().parse().map_err(|_| wrong())?;
        if seconds == 0 {
            return Err(wrong());
        }
        Ok(Self::new(limit, seconds))
    }

    pub(crate) fn policy(&self) -> String {
        format!("{};w={}", self.limit, self.seconds)
    }

    /// Takes one place, unless none is left. A refused request takes none, so that waiting always helps.
    pub(crate) fn take(&mut self, now: Timestamp) -> bool {
        self.forget(now);
        let free = self.taken.len() < self.limit;
        if free {
            self.taken.push_back(now);
        }
        free
    }

    pub(crate) fn remaining(&self) -> usize {
        self.limit.saturating_sub(self.taken.len())
    }

    /// How long until a place is free.
    pub(crate) fn wait(&self, now: Timestamp) -> SignedDuration {
        let window = SignedDuration::from_secs(i64::from(self.seconds));
        self.taken.front().map_or(SignedDuration::ZERO, |first| window - now.duration_since(*first))
    }

    fn forget(&mut self, now: Timestamp) {
        let window = SignedDuration::from_secs(i64::from(self.seconds));
        // A clock that was set back leaves times in the future: they don't count either.
        let counts = |at: &Timestamp| now.duration_since(*at) < window && *at <= now;
        while self.taken.front().is_some_and(|at| !counts(at)) {
            self.taken.pop_front();
        }
    }
}

/// An instant as carriers write it, with microseconds, in UTC (`Z`).
pub(crate) fn utc(at: Timestamp) -> String {
    format!("{:.6}", at)
}

/// The same, at a fixed offset in hours (`-06:00`).
pub(crate) fn at_offset(at: Timestamp, hours: i8) -> String {
    let offset = Offset::constant(hours);
    format!("{:.6}", at.display_with_offset(offset))
}

/// The calendar day, `YYYY-MM-DD`, at a fixed offset in hours.
pub(crate) fn day(at: Timestamp, hours: i8) -> String {
    Offset::constant(hours).to_datetime(at).date().to_string()
}

/// Reads a setting that must be a whole number, zero or more.
pub(crate) fn whole(name: &str, value: &Value) -> Result<u64, String> {
    value.as_u64().ok_or_else(|| format!("{name} must be a whole number, not {value}"))
}

/// Reads a setting that must be a text.
pub(crate) fn text<'a>(name: &str, value: &'a Value) -> Result<&'a str, String> {
    value.as_str().ok_or_else(|| format!("{name} must be a text, not {value}"))
}

/// Reads a setting that must be true or false.
pub(crate) fn flag(name: &str, value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("{name} must be true or false, not {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    #[test]
    fn a_window_slides_and_a_refused_request_takes_no_place() {
        let mut window = RateWindow::parse("2;w=10").expect("a policy");
        assert!(window.take(at(0)) && window.take(at(4)));
        assert!(!window.take(at(9)));
        assert_eq!(window.wait(at(9)).as_secs(), 1);
        assert!(window.take(at(10)));
        assert_eq!(window.remaining(), 0);
        assert!(!window.take(at(13)));
        assert!(RateWindow::parse("30").is_err());
    }

    #[test]
    fn a_page_token_that_was_made_up_is_refused() {
        assert_eq!(page_place(&page_token(77)), Some(77));
        assert_eq!(page_place("AAAAAAAA"), None);
        let forged = page_token(77).replace("04d", "04e");
        assert_eq!(page_place(&forged), None);
    }

    #[test]
    fn the_day_turns_at_midnight_in_costa_rica() {
        let at: Timestamp = "2021-01-31T05:59:59.5Z".parse().expect("an instant");
        assert_eq!(day(at, -6), "2021-01-30");
        assert_eq!(at_offset(at, -6), "2021-01-30T23:59:59.500000-06:00");
        assert_eq!(utc(at), "2021-01-31T05:59:59.500000Z");
    }

    #[test]
    fn identifiers_look_like_random_uuids() {
        let (a, b) = (Ids::new().uuid(), Ids::new().uuid());
        assert_ne!(a, b);
        assert_eq!((a.len(), &a[14..15]), (36, "4"));
    }
}
