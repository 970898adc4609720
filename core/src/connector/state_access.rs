//! How sessions use the state: on a helper thread, until the call's deadline. Besides creates, they keep tokens and
//! facts in the state file, shared by all processes. Those only save work, so if the file can't be used, the call
//! continues without them.

use super::redact::Secrets;
use crate::json::Value;
use crate::model::{Code, Error, Token};
use crate::net::Call;
use crate::net::lane::Lane;
use crate::net::token::{MARGIN_MS, now_ms};
use crate::state::{File, StateError, Store, TokenClaim};
use crate::sync::lock;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How often a waiting caller looks again.
const LOOK: Duration = Duration::from_millis(15);

/// How long a call may still wait for a write after its deadline.
const GRACE: Duration = Duration::from_millis(100);

/// Access to what is kept for an account, in a call.
#[derive(Clone, Copy)]
pub(crate) struct StateAccess<'a> {
    pub(crate) call: &'a Call,
    pub(crate) lane: &'a Lane,
    /// Whose tokens and facts they are: the account's fingerprint.
    pub(crate) scope: &'a str,
    /// What the tokens are sealed with.
    pub(crate) secrets: &'a Secrets,
}

/// A state that may have to wait for the disk.
pub(crate) trait Kept: Clone + Send + 'static {
    /// Whether using it blocks its thread.
    fn blocks(&self) -> bool;

    /// The same, waiting for other processes no longer than this.
    fn within(&self, left: Duration) -> Self;
}

impl Kept for Store {
    fn blocks(&self) -> bool {
        !self.in_memory()
    }

    fn within(&self, left: Duration) -> Self {
        Store::within(self, left)
    }
}

impl Kept for File {
    fn blocks(&self) -> bool {
        true
    }

    fn within(&self, left: Duration) -> Self {
        File::within(self, left)
    }
}

/// Use a state, on a helper thread if it waits for the disk, so that other calls don't wait.
/// If other processes have the file locked, it is tried again until the call's deadline.
pub(crate) async fn with_store<S: Kept, T: Send + 'static>(
    state: StateAccess<'_>,
    store: &S,
    work: impl Fn(&S) -> Result<T, StateError> + Clone + Send + 'static,
) -> Result<T, StateError> {
    claim_in_store(state, store, work, |_, _| {}).await
}

/// As [`with_store`], for what must be given back if the call is dropped: the helper thread can't be stopped, so `undo`
/// gives back what it got.
pub(crate) async fn claim_in_store<S: Kept, T: Send + 'static>(
    state: StateAccess<'_>,
    store: &S,
    work: impl Fn(&S) -> Result<T, StateError> + Clone + Send + 'static,
    undo: impl Fn(&S, T) + Clone + Send + 'static,
) -> Result<T, StateError> {
    if !store.blocks() {
        return work(store);
    }
    loop {
        let caller = Caller { store, undo: undo.clone(), handed: Arc::default() };
        // Nobody waits for it long after the deadline.
        let own = store.within(state.call.left().max(GRACE));
        let (work, undo, handed) = (work.clone(), undo.clone(), Arc::clone(&caller.handed));
        let helper = state.lane.runtime.spawn_blocking(move || {
            let got = work(&own)?;
            let mut handed = lock(&handed);
            if handed.gone {
                undo(&own, got);
            } else {
                handed.got = Some(got);
            }
            Ok(())
        });
        let done = helper.await;
        let got = lock(&caller.handed).got.take();
        match (done, got) {
            (Ok(Err(StateError::Busy(_))), _) if !state.call.left().is_zero() => tokio::time::sleep(LOOK).await,
            (Ok(Err(error)), _) => return Err(error),
            (Ok(Ok(())), Some(got)) => return Ok(got),
            (Ok(Ok(())), None) => return Err(StateError::Broken("no answer")),
            // A panic's message isn't shown: it may hold anything.
            (Err(error), _) => {
                return Err(StateError::Broken(if error.is_panic() { "a panic" } else { "it was stopped" }));
            }
        }
    }
}

/// What passes from a helper thread to its caller, who may be gone.
struct Handed<T> {
    gone: bool,
    got: Option<T>,
}

impl<T> Default for Handed<T> {
    fn default() -> Self {
        Self { gone: false, got: None }
    }
}

struct Caller<'a, S, T, U: Fn(&S, T)> {
    store: &'a S,
    undo: U,
    handed: Arc<Mutex<Handed<T>>>,
}

impl<S, T, U: Fn(&S, T)> Drop for Caller<'_, S, T, U> {
    fn drop(&mut self) {
        let mut handed = lock(&self.handed);
        handed.gone = true;
        if let Some(got) = handed.got.take() {
            (self.undo)(self.store, got);
        }
    }
}

/// The error of a call whose state can't be used. Nothing was sent.
pub(crate) fn unusable(error: StateError) -> Error {
    let unusable = match error {
        StateError::Lost => Error::internal(error.to_string()),
        _ if error.may_pass() => Error::state(error.to_string()),
        _ => Error::config("state", error.to_string()),
    };
    unusable.caused_by(error)
}

/// The account's token: another process's, or a new one that others will find.
pub(crate) async fn token(
    state: StateAccess<'_>,
    store: &File,
    fetch: impl Future<Output = Result<Token, Error>>,
) -> Result<Token, Error> {
    let scope = state.scope.to_owned();
    let secret = state.secrets.joined().into_bytes();
    let lease_until = now_ms() + i64::try_from(state.call.left().as_millis()).unwrap_or(30_000);
    let nonce = loop {
        let (scope, secret) = (scope.clone(), secret.clone());
        let undo_scope = scope.clone();
        let claim = claim_in_store(
            state,
            store,
            move |store| store.token(&scope, &secret, now_ms() + MARGIN_MS, lease_until, now_ms()),
            move |store, claim| {
                if let TokenClaim::Mine { nonce } = claim {
                    release(store, &undo_scope, &nonce);
                }
            },
        )
        .await;
        match claim {
            Ok(TokenClaim::Have(token)) => return Ok(token),
            Ok(TokenClaim::Mine { nonce }) => break nonce,
            Ok(TokenClaim::Busy { .. }) if state.call.left().is_zero() => {
                return Err(state.call.cannot_wait(Code::Timeout, LOOK, "another process is still fetching the token"));
            }
            Ok(TokenClaim::Busy { .. }) => tokio::time::sleep(LOOK).await,
            Err(error) => {
                log::warn!(target: "flete", "tokens are not shared between processes: {error}");
                return fetch.await;
            }
        }
    };
    let mut fetching = Fetching { store, scope: &scope, nonce: Some(nonce.clone()) };
    let fetched = fetch.await;
    fetching.nonce = None;
    drop(fetching);
    let kept = match &fetched {
        Ok(token) => {
            let token = token.clone();
            with_store(state, store, move |store| store.token_put(&scope, &secret, &nonce, &token, now_ms())).await
        }
        Err(_) => with_store(state, store, move |store| store.token_release(&scope, &nonce)).await,
    };
    if let Err(error) = kept {
        log::warn!(target: "flete", "a token was not shared between processes: {error}");
    }
    fetched
}

/// A fetch under way. If it is dropped (interrupted, or past its deadline), it gives up the right to fetch, so that
/// others needn't wait until the lease ends.
struct Fetching<'a> {
    store: &'a File,
    scope: &'a str,
    nonce: Option<String>,
}

impl Drop for Fetching<'_> {
    fn drop(&mut self) {
        if let Some(nonce) = &self.nonce {
            release(self.store, self.scope, nonce);
        }
    }
}

fn release(store: &File, scope: &str, nonce: &str) {
    if let Err(error) = store.token_release(scope, nonce) {
        log::warn!(target: "flete", "the right to fetch a token was not given back: {error}");
    }
}

/// The carrier refused this token.
pub(crate) async fn drop_token(state: StateAccess<'_>, store: &File, value: &str) {
    let scope = state.scope.to_owned();
    let secret = state.secrets.joined().into_bytes();
    let value = value.to_owned();
    let dropped = with_store(state, store, move |store| store.token_drop(&scope, &secret, &value)).await;
    if let Err(error) = dropped {
        log::warn!(target: "flete", "a refused token stays in the state file: {error}");
    }
}

/// A fact that any process learned.
pub(crate) async fn fact(state: StateAccess<'_>, store: &File, kind: &'static str, key: &str) -> Option<Value> {
    let (scope, key) = (state.scope.to_owned(), key.to_owned());
    with_store(state, store, move |store| store.fact(&scope, kind, &key, now_ms())).await.ok().flatten()
}

/// Keep a fact for all processes.
pub(crate) async fn remember(state: StateAccess<'_>, store: &File, kind: &'static str, key: &str, value: &Value) {
    let (scope, key, value) = (state.scope.to_owned(), key.to_owned(), value.clone());
    let kept = with_store(state, store, move |store| store.remember(&scope, kind, &key, &value, now_ms())).await;
    if let Err(error) = kept {
        log::warn!(target: "flete", "{kind} was not kept in the state file: {error}");
    }
}

/// Drop a fact that turned out to be wrong.
pub(crate) async fn forget(state: StateAccess<'_>, store: &File, kind: &'static str, key: &str) {
    let (scope, key) = (state.scope.to_owned(), key.to_owned());
    let dropped = with_store(state, store, move |store| store.forget(&scope, kind, &key)).await;
    if let Err(error) = dropped {
        log::warn!(target: "flete", "{kind} stays in the state file: {error}");
    }
}
