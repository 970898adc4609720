//! An account's access token: fetched once however many calls wait, renewed before it expires and once on a 401.

use super::call::Call;
use crate::model::{Code, Error, Token};
use crate::sync::lock;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// A token is renewed this long before it expires, so that it doesn't expire on the way.
pub(crate) const MARGIN_MS: i64 = 30_000;

/// Whether a token is still valid for a request sent now.
fn good(token: &Token) -> bool {
    token.expires_at_ms.is_none_or(|expires| expires - MARGIN_MS > now_ms())
}

/// Now, in Unix milliseconds.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Prepares a new token for keeping. If its life is shorter than the margin, half of its life is used, as it would else
/// be fetched for every request. A token that is expired on arrival means that our clock is wrong; it is used until the
/// carrier refuses it.
pub(crate) fn kept(token: Token, fetched_ms: i64) -> Token {
    let expires_at_ms = token.expires_at_ms.and_then(|expires| match expires.saturating_sub(fetched_ms) {
        life if life > MARGIN_MS => Some(expires),
        life if life > 0 => Some(expires - life / 2 + MARGIN_MS),
        _ => None,
    });
    Token { expires_at_ms, ..token }
}

/// Whether the fetch failed because its caller had too little time. The next caller may have more.
fn for_lack_of_time(code: Code) -> bool {
    matches!(code, Code::Timeout | Code::RateLimited)
}

/// Where an account's token is kept in this process.
#[derive(Debug, Default)]
pub(crate) struct TokenSlot {
    current: Mutex<Option<Token>>,
    /// The last failure. Callers that were already waiting get the same error, so that a wrong password is tried once
    /// and not by each of them.
    failed: Mutex<Option<(Instant, Error)>>,
    /// Recent token values to redact: a carrier may echo an expired one.
    told: Mutex<Arc<Vec<String>>>,
    fetching: tokio::sync::Mutex<()>,
}

impl TokenSlot {
    fn have(&self) -> Option<String> {
        lock(&self.current).as_ref().filter(|token| good(token)).map(|token| token.value.clone())
    }

    /// The last token, good or not: a carrier may renew an expired one.
    pub(crate) fn last(&self) -> Option<Token> {
        lock(&self.current).clone()
    }

    /// Values that no error and no log line may show.
    pub(crate) fn secrets(&self) -> Arc<Vec<String>> {
        Arc::clone(&lock(&self.told))
    }

    /// Returns the token. If there is none, one caller at a time calls `fetch`.
    pub(crate) async fn get<F: Future<Output = Result<Token, Error>>>(
        &self,
        call: &Call,
        fetch: impl FnOnce() -> F,
    ) -> Result<String, Error> {
        if let Some(value) = self.have() {
            return Ok(value);
        }
        let asked = Instant::now();
        let fetching = tokio::time::timeout_at(call.deadline, self.fetching.lock())
            .await
            .map_err(|_| call.cannot_wait(Code::Timeout, Duration::ZERO, "another call is still fetching the token"))?;
        if let Some(value) = self.have() {
            return Ok(value);
        }
        if let Some((at, error)) = &*lock(&self.failed)
            && *at >= asked
            && !for_lack_of_time(error.code)
        {
            return Err(error.clone());
        }
        let fetched = fetch().await;
        let result = match fetched {
            Ok(token) => {
                let value = token.value.clone();
                let mut told = lock(&self.told);
                let mut all: Vec<String> =
                    told.iter().cloned().chain([value.clone()]).chain(token.refresh.clone()).collect();
                all.drain(..all.len().saturating_sub(8));
                *told = Arc::new(all);
                drop(told);
                *lock(&self.current) = Some(token);
                Ok(value)
            }
            Err(error) => {
                *lock(&self.failed) = Some((Instant::now(), error.clone()));
                Err(error)
            }
        };
        drop(fetching);
        result
    }

    /// The carrier refused this token, so the next caller fetches a new one. A newer token is kept.
    pub(crate) fn reject(&self, value: &str) {
        let mut current = lock(&self.current);
        if let Some(token) = current.as_mut().filter(|token| token.value == value) {
            token.expires_at_ms = Some(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::cell::Cell;

    /// The clock is paused: time moves only by sleeps, which end at once.
    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
    }

    fn token(value: &str, expires_at_ms: Option<i64>) -> Token {
        Token { value: value.to_owned(), refresh: None, expires_at_ms }
    }

    #[test]
    fn one_fetch_serves_everyone_who_waits() {
        run(async {
            let slot = TokenSlot::default();
            let call = Call::new(Duration::from_secs(5));
            let fetched = Cell::new(0);
            let got = join_all((0..8).map(|_| {
                slot.get(&call, || async {
                    fetched.set(fetched.get() + 1);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Ok(token("a", None))
                })
            }))
            .await;
            assert!(got.into_iter().all(|value| value.unwrap() == "a"));
            assert_eq!(fetched.get(), 1);
        });
    }

    #[test]
    fn a_wrong_password_is_tried_once_by_all_who_wait() {
        run(async {
            let slot = TokenSlot::default();
            let call = Call::new(Duration::from_secs(5));
            let fetched = Cell::new(0);
            let got = join_all((0..8).map(|_| {
                slot.get(&call, || async {
                    fetched.set(fetched.get() + 1);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Err(Error::new(Code::Authentication, "no"))
                })
            }))
            .await;
            assert!(got.into_iter().all(|value| value.unwrap_err().code == Code::Authentication));
            assert_eq!(fetched.get(), 1);
        });
    }

    #[test]
    fn a_caller_without_time_fails_alone() {
        run(async {
            let slot = TokenSlot::default();
            let (hasty, call) = (Call::new(Duration::from_millis(10)), Call::new(Duration::from_secs(5)));
            let late = slot.get(&call, || async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(Error::new(Code::Timeout, "late"))
            });
            let hasty = slot.get(&hasty, || async { Ok(token("b", None)) });
            let patient = slot.get(&call, || async { Ok(token("a", None)) });
            let (late, hasty, patient) = futures_util::future::join3(late, hasty, patient).await;
            assert_eq!((late.unwrap_err().code, hasty.unwrap_err().code), (Code::Timeout, Code::Timeout));
            assert_eq!(patient.unwrap(), "a");
            assert_eq!(call.started.elapsed(), Duration::from_millis(20), "nobody waited longer than the fetch");
        });
    }

    #[test]
    fn a_token_of_a_short_life_is_kept_for_half_of_it() {
        let now = now_ms();
        let used_for =
            |life: i64| kept(token("a", Some(now + life)), now).expires_at_ms.map(|expires| expires - MARGIN_MS - now);
        assert_eq!([used_for(3_600_000), used_for(32_000)], [Some(3_570_000), Some(2_000)]);
        assert_eq!([used_for(20_000), used_for(2)], [Some(10_000), Some(1)]);
        assert_eq!([used_for(0), used_for(-3_600_000)], [None, None]);
        assert_eq!(kept(token("a", None), now).expires_at_ms, None);
    }

    #[test]
    fn a_refused_or_expiring_token_is_fetched_anew() {
        run(async {
            let slot = TokenSlot::default();
            let call = Call::new(Duration::from_secs(5));
            let soon = now_ms() + 10_000;
            assert_eq!(slot.get(&call, || async { Ok(token("a", Some(soon))) }).await.unwrap(), "a");
            assert_eq!(slot.get(&call, || async { Ok(token("b", None)) }).await.unwrap(), "b");
            slot.reject("a");
            assert_eq!(slot.get(&call, || async { Ok(token("c", None)) }).await.unwrap(), "b");
            slot.reject("b");
            assert_eq!(slot.get(&call, || async { Ok(token("c", None)) }).await.unwrap(), "c");
        });
    }
}
