//! What a carrier's reply says about its rate limit, in the headers that APIs use for it.

use super::clock::http_date;
use super::http::Reply;
use super::limit::Policy;
use jiff::Timestamp;
use std::time::Duration;

/// Where the headers' names begin. No standard has settled one.
const PREFIXES: [&str; 3] = ["x-ratelimit-", "ratelimit-", "x-rate-limit-"];

/// Where they end.
const NAMES: [&str; 4] = ["policy", "limit", "remaining", "reset"];

/// Added to when there is room again: replies count in whole seconds, rounded up or not.
const ROUNDED: Duration = Duration::from_millis(250);

/// The same for an instant: it is cut to its second, and so is the `Date` that it is compared with.
const CUT: Duration = Duration::from_secs(1);

/// The longest wait that is believed. A request an hour finds out whether it is true.
const LONGEST: Duration = Duration::from_secs(3600);

/// A number from here on is an instant in Unix seconds, not a wait.
const INSTANTS: f64 = 1e9;

/// The same in milliseconds.
const INSTANTS_MS: f64 = 1e12;

/// What one reply says. Each part may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Told {
    /// `30;w=60`: so many requests in a window of so many seconds.
    pub(crate) policy: Option<Policy>,
    /// The same number, without its window.
    pub(crate) limit: Option<usize>,
    /// How many requests are left.
    pub(crate) remaining: Option<usize>,
    /// How long until there is room for more.
    pub(crate) reset: Option<Duration>,
}

impl Told {
    /// Reads a reply's headers. What can't be read is absent.
    pub(crate) fn of(reply: &Reply) -> Self {
        // One pass over the headers costs less than looking for each name with each prefix.
        let mut found: [[Option<&str>; PREFIXES.len()]; NAMES.len()] = Default::default();
        for (header, value) in &reply.headers {
            let split = |prefix: &&str| header.as_str().strip_prefix(*prefix);
            let prefixed = PREFIXES.iter().position(|prefix| split(prefix).is_some());
            let Some(prefix) = prefixed else { continue };
            if let Some(name) = NAMES.iter().position(|name| split(&PREFIXES[prefix]) == Some(name)) {
                found[name][prefix] = found[name][prefix].or(value.to_str().ok());
            }
        }
        let [stated, limit, remaining, resets] = found.map(|values| values.into_iter().flatten().next());
        // Several policies come as a list, the one that applies first.
        let number = |text: Option<&str>| first(text?, &[',', ';']).parse().ok();
        let policy = |text: Option<&str>| Policy::parse(first(text?, &[',']));
        // By the carrier's own clock, where the reply has it.
        let now = || reply.header("date").and_then(http_date).unwrap_or_else(Timestamp::now);
        Self {
            policy: policy(stated).or_else(|| policy(limit)),
            limit: number(limit),
            remaining: number(remaining),
            reset: resets.and_then(|text| reset(text.trim(), now)),
        }
    }

    /// How long until there is room for more, unless there is some left.
    pub(crate) fn used_up(&self) -> Option<Duration> {
        self.reset.filter(|_| self.remaining.unwrap_or(0) == 0)
    }
}

fn first<'a>(text: &'a str, ends: &[char]) -> &'a str {
    text.split(ends).next().unwrap_or_default().trim()
}

/// A wait in seconds, or the instant at which it ends: in Unix seconds or milliseconds, or as a date.
fn reset(text: &str, now: impl Fn() -> Timestamp) -> Option<Duration> {
    let until = |at_ms: f64| (at_ms - now().as_millisecond() as f64) / 1000.0;
    let (seconds, more) = match text.parse::<f64>().ok().filter(|number| number.is_finite()) {
        Some(number) if number >= INSTANTS_MS => (until(number), CUT),
        Some(number) if number >= INSTANTS => (until(number * 1000.0), CUT),
        Some(number) => (number, ROUNDED),
        None => {
            let at: Timestamp = http_date(text).or_else(|| text.parse().ok())?;
            (until(at.as_millisecond() as f64), CUT)
        }
    };
    // Zero says nothing: the request that it came with may have been refused all the same.
    let wait = Duration::try_from_secs_f64(seconds.min(LONGEST.as_secs_f64())).ok()?;
    (!wait.is_zero()).then(|| wait + more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;

    const NOW: &str = "Sun, 22 Nov 2026 10:00:00 GMT";

    fn told(headers: &[(&'static str, &str)]) -> Told {
        let mut map = HeaderMap::new();
        for (name, value) in headers.iter().chain(&[("date", NOW)]) {
            map.insert(*name, value.parse().unwrap());
        }
        Told::of(&Reply { status: 200, headers: map, body: Vec::new().into() })
    }

    #[test]
    fn limits_have_many_names_and_forms() {
        let policy = Policy::parse("30;w=60");
        let all = Told { policy, limit: Some(30), remaining: Some(7), ..Told::default() };
        for headers in [
            [("x-ratelimit-policy", "30;w=60"), ("x-ratelimit-limit", "30"), ("x-ratelimit-remaining", "7")],
            [("ratelimit-policy", " 30;w=60"), ("ratelimit-limit", " 30 "), ("ratelimit-remaining", "7 ")],
            [("x-rate-limit-policy", "30;w=60, 1000;w=3600"), ("ratelimit-limit", "30"), ("ratelimit-remaining", "7")],
            [("x-other", ""), ("ratelimit-limit", "30;w=60"), ("ratelimit-remaining", "7")],
            [("ratelimit-policy", "thirty"), ("x-ratelimit-limit", "30;w=60, 9;w=1"), ("ratelimit-remaining", "7")],
        ] {
            assert_eq!(told(&headers), all, "{headers:?}");
        }
        for odd in ["", "-1", "many", "1.5", "99999999999999999999999"] {
            let read = told(&[("x-ratelimit-limit", odd), ("x-ratelimit-remaining", odd), ("x-ratelimit-reset", odd)]);
            assert_eq!((read.limit, read.remaining, read.policy), (None, None, None), "{odd}");
        }
        assert_eq!(told(&[]), Told::default());
    }

    #[test]
    fn a_reset_is_worth_waiting_for_where_nothing_is_left() {
        for (remaining, waits) in [("0", true), ("5", false), ("many", true)] {
            let read = told(&[("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", "2")]);
            assert_eq!(read.used_up().is_some(), waits, "{remaining}");
        }
    }

    #[test]
    fn a_reset_is_a_wait_or_an_instant() {
        for (text, millis) in [
            ("12", Some(12_250)),
            (" 12 ", Some(12_250)),
            ("0.5", Some(750)),
            // 10:00:12, in four forms
            ("1795341612", Some(13_000)),
            ("1795341612000", Some(13_000)),
            ("Sun, 22 Nov 2026 10:00:12 GMT", Some(13_000)),
            ("2026-11-22T04:00:12-06:00", Some(13_000)),
            // Longer than anyone waits.
            ("86400", Some(3_600_250)),
            ("inf", None),
            ("1895341612", Some(3_601_000)),
            ("0", None),
            ("-3", None),
            ("1795341599", None),
            ("Sun, 22 Nov 2026 09:59:59 GMT", None),
            ("soon", None),
            ("NaN", None),
            ("", None),
        ] {
            assert_eq!(told(&[("x-ratelimit-reset", text)]).reset, millis.map(Duration::from_millis), "{text}");
        }
    }
}
