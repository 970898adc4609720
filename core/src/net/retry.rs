//! How long to wait before a retry. Whether a request may be repeated at all is in its endpoint's row.

use super::clock::http_date;
use super::http::Reply;
use crate::json::Value;
use jiff::Timestamp;
use std::time::Duration;

/// The first pause is at most this long; each further one at most twice the one before.
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// The pause before attempt number `attempt` (the second is 1): exponential, with full jitter, so that clients
/// that failed together don't retry together. If the carrier asked for a wait, that is used, and a little more.
pub(crate) fn pause(attempt: u32, asked: Option<Duration>) -> Duration {
    match asked {
        Some(asked) => asked + Duration::from_millis(fastrand::u64(0..=100)),
        None => {
            let most = FIRST.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(LONGEST);
            most.mul_f64(fastrand::f64())
        }
    }
}

/// `Retry-After`: seconds, or a date.
pub(crate) fn retry_after(reply: &Reply) -> Option<Duration> {
    // By the carrier's own clock, if the reply has it.
    let now = || reply.header("date").and_then(http_date).unwrap_or_else(Timestamp::now);
    wait(reply.header("retry-after")?, now)
}

/// The same in a body, under the names that APIs use, at the top or beside their errors.
pub(crate) fn retry_after_in(body: &Value) -> Option<Duration> {
    const PLACES: [&str; 6] = ["error", "errors", "details", "data", "meta", "response"];
    fn of(value: &Value, depth: u8) -> Option<Duration> {
        let members = match value {
            Value::Object(members) => members,
            Value::Array(items) if depth > 0 => return items.iter().take(10).find_map(|item| of(item, depth - 1)),
            _ => return None,
        };
        let said = members.iter().find_map(|(name, value)| {
            let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            let asked = match value {
                Value::String(text) => wait(text, Timestamp::now)?,
                Value::Number(number) => wait(&number.to_string(), Timestamp::now)?,
                _ => return None,
            };
            match plain.to_ascii_lowercase().as_str() {
                "retryafter" | "retryafterseconds" | "retryafters" | "retryaftersec" | "retryaftersecs" => Some(asked),
                "retryafterms" | "retryaftermillis" | "retryaftermilliseconds" => Some(asked / 1000),
                _ => None,
            }
        });
        said.or_else(|| {
            let within = members.iter().filter(|(name, _)| depth > 0 && PLACES.contains(&name.as_str()));
            within.into_iter().find_map(|(_, value)| of(value, depth - 1))
        })
    }
    of(body, 3)
}

/// Seconds, or a date.
fn wait(text: &str, now: impl FnOnce() -> Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return in_seconds(seconds);
    }
    let at = http_date(text).or_else(|| text.parse().ok())?;
    in_seconds((at.as_millisecond() - now().as_millisecond()) as f64 / 1000.0)
}

/// The longest wait that is read. A longer one must still count as a wait, although no call waits that long.
const A_CENTURY: f64 = 3_153_600_000.0;

/// A wait in seconds, if it is one.
pub(crate) fn in_seconds(seconds: f64) -> Option<Duration> {
    (!seconds.is_nan()).then(|| Duration::from_secs_f64(seconds.clamp(0.0, A_CENTURY)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;
    use reqwest::header::HeaderMap;

    fn reply(headers: &[(&'static str, &str)]) -> Reply {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Reply { status: 429, headers: map, body: Vec::new().into() }
    }

    #[test]
    fn pauses_grow_and_are_jittered() {
        for attempt in 1..8 {
            let most = FIRST * 2_u32.pow(attempt - 1);
            let pauses: Vec<_> = (0..50).map(|_| pause(attempt, None)).collect();
            assert!(pauses.iter().all(|pause| *pause <= most.min(LONGEST)));
            assert!(pauses.iter().any(|pause| *pause != pauses[0]));
        }
        assert!(pause(1, Some(Duration::from_secs(3))) >= Duration::from_secs(3));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after(&reply(&[("retry-after", "2")])), Some(Duration::from_secs(2)));
        let dated =
            reply(&[("retry-after", "Sun, 22 Nov 2026 10:00:05 GMT"), ("date", "Sun, 22 Nov 2026 10:00:00 GMT")]);
        assert_eq!(retry_after(&dated), Some(Duration::from_secs(5)));
        assert_eq!(retry_after(&reply(&[("retry-after", "soon")])), None);
        for (long, least) in [("86401", 86_401), ("99999999999999999999", 3_000_000_000), ("inf", 3_000_000_000)] {
            assert!(retry_after(&reply(&[("retry-after", long)])).unwrap().as_secs() >= least, "{long}");
        }
        for past in ["0", "-5", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            assert_eq!(retry_after(&reply(&[("retry-after", past)])), Some(Duration::ZERO), "{past}");
        }
        assert_eq!(retry_after(&reply(&[])), None);
    }

    #[test]
    fn a_body_says_it_under_many_names() {
        for (body, millis) in [
            (json!({"retry_after": 2}), Some(2000)),
            (json!({"retry_after": 0.5}), Some(500)),
            (json!({"retry_after": " 1.5 "}), Some(1500)),
            (json!({"retryAfter": "3", "x": 1}), Some(3000)),
            (json!({"Retry-After": 1}), Some(1000)),
            (json!({"retry_after_seconds": 4}), Some(4000)),
            (json!({"retry_after_ms": 250}), Some(250)),
            (json!({"retryAfterMs": "250"}), Some(250)),
            (json!({"error": {"retry_after": 7}}), Some(7000)),
            (json!({"message": "x", "details": {"retryAfter": 7}}), Some(7000)),
            (json!({"errors": [{"message": "x"}, {"meta": {"retry_after": 7}}]}), Some(7000)),
            (json!({"retry_after": "Sun, 06 Nov 1994 08:49:37 GMT"}), Some(0)),
            (json!({"retry_after": "1994-11-06T08:49:37Z"}), Some(0)),
            (json!({"retry_after": -5}), Some(0)),
            (json!({"retry_after": null}), None),
            (json!({"retry_after": "soon"}), None),
            (json!({"retry_after": true}), None),
            (json!({"retry_after": "NaN"}), None),
            (json!({"retry_after": {"a": 1}}), None),
            (json!({"message": "wait 5"}), None),
            (json!([1]), None),
        ] {
            assert_eq!(retry_after_in(&body), millis.map(Duration::from_millis), "{body}");
        }
        assert!(retry_after_in(&json!({"retry_after": 1e300})).unwrap().as_secs() >= 3_000_000_000);
    }
}
