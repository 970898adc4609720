//! Tokens, fetched once for all processes that share the file.
//!
//! A token is encrypted (ChaCha20-Poly1305) with a key derived from the account's own credentials: the file alone is
//! useless, and an old token can't be read with changed credentials and counts as absent. Credentials themselves are
//! never stored.

use std::path::Path;

use crate::json::{Value, json};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf;
use rusqlite::{OptionalExtension, Transaction, params};

use super::error::{Fault, StateError};
use super::owner::{self, Hold, Owner};
use super::{File, TokenClaim, schema};
use crate::model::Token;

const DOMAIN: &[u8] = b"flete state token v1";
const SALT: usize = 16;
const NONCE: usize = 12;

impl File {
    /// Returns the account's token if it lasts past `min_expires_at_ms`, else the right to fetch one, for one caller at
    /// a time. `scope` names the account publicly, `secret` is its credentials.
    pub fn token(
        &self,
        scope: &str,
        secret: &[u8],
        min_expires_at_ms: i64,
        lease_until_ms: i64,
        now_ms: i64,
    ) -> Result<TokenClaim, StateError> {
        let fresh = |token: &Token| token.expires_at_ms.is_none_or(|at| at > min_expires_at_ms);
        // Nearly always there is one, so look without a write lock first.
        let stored = self.read(|tx| Ok(find(tx, scope, secret)?.0))?;
        if let Some(token) = stored.filter(fresh) {
            return Ok(TokenClaim::Have(token));
        }
        let here = Owner::current();
        let nonce = owner::nonce(&self.path)?;
        self.write(|tx| {
            let (stored, hold) = find(tx, scope, secret)?;
            if let Some(token) = stored.filter(fresh) {
                return Ok(TokenClaim::Have(token));
            }
            if let Some(until_ms) = hold.and_then(|hold| hold.until(&here, now_ms)) {
                return Ok(TokenClaim::Busy { until_ms });
            }
            tx.execute(
                "INSERT INTO tokens (scope, nonce, owner, lease_until, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET nonce = excluded.nonce, owner = excluded.owner,
                     lease_until = excluded.lease_until, updated_at = excluded.updated_at",
                params![scope, nonce, here.to_text(), lease_until_ms, now_ms],
            )?;
            Ok(TokenClaim::Mine { nonce: nonce.clone() })
        })
    }

    /// Stores the fetched token. Returns [`StateError::Lost`] if another caller took over meanwhile: the token is good
    /// all the same, but isn't shared.
    pub fn token_put(
        &self,
        scope: &str,
        secret: &[u8],
        nonce: &str,
        token: &Token,
        now_ms: i64,
    ) -> Result<(), StateError> {
        let sealed = seal(&self.path, scope, secret, token)?;
        self.write(|tx| {
            schema::prune(tx, self.keep_ms, now_ms)?;
            let changed = tx.execute(
                "UPDATE tokens SET sealed = ?3, updated_at = ?4, nonce = NULL, owner = NULL, lease_until = NULL
                 WHERE scope = ?1 AND nonce = ?2",
                params![scope, nonce, sealed, now_ms],
            )?;
            match changed {
                0 => Err(StateError::Lost.into()),
                _ => Ok(()),
            }
        })
    }

    /// Deletes the token if it is still `value`. If many callers got a 401 for it, the first deletes it, and the others
    /// don't delete its successor.
    pub fn token_drop(&self, scope: &str, secret: &[u8], value: &str) -> Result<(), StateError> {
        self.write(|tx| {
            if find(tx, scope, secret)?.0.is_some_and(|token| token.value == value) {
                tx.execute("UPDATE tokens SET sealed = NULL WHERE scope = ?1", [scope])?;
            }
            Ok(())
        })
    }

    /// Gives up fetching: the next caller may try at once. Harmless if the claim is lost.
    pub fn token_release(&self, scope: &str, nonce: &str) -> Result<(), StateError> {
        self.write(|tx| {
            tx.execute(
                "UPDATE tokens SET nonce = NULL, owner = NULL, lease_until = NULL WHERE scope = ?1 AND nonce = ?2",
                params![scope, nonce],
            )?;
            Ok(())
        })
    }
}

fn find(tx: &Transaction<'_>, scope: &str, secret: &[u8]) -> Result<(Option<Token>, Option<Hold>), Fault> {
    let row = tx
        .query_row("SELECT sealed, nonce, owner, lease_until FROM tokens WHERE scope = ?1", [scope], |row| {
            let hold = Hold { nonce: row.get(1)?, owner: row.get(2)?, lease_until: row.get(3)? };
            Ok((row.get::<_, Option<Vec<u8>>>(0)?, hold))
        })
        .optional()?;
    Ok(match row {
        Some((sealed, hold)) => (sealed.and_then(|sealed| unseal(scope, secret, sealed)), Some(hold)),
        None => (None, None),
    })
}

/// Derives a key by RFC 5869, with a salt for each record, so that no two records have the same key.
fn key(secret: &[u8], salt: &[u8]) -> Option<LessSafeKey> {
    let pseudorandom = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    let key = pseudorandom.expand(&[DOMAIN], &CHACHA20_POLY1305).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(key)))
}

/// Salt, nonce, encrypted JSON. The scope is authenticated, too: a row copied to another account can't be read there.
fn seal(path: &Path, scope: &str, secret: &[u8], token: &Token) -> Result<Vec<u8>, StateError> {
    let salt = owner::random::<SALT>(path)?;
    let nonce = owner::random::<NONCE>(path)?;
    let mut text = json!({"value": token.value, "refresh": token.refresh, "expires_at_ms": token.expires_at_ms})
        .to_string()
        .into_bytes();
    key(secret, &salt)
        .and_then(|key| {
            key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(scope.as_bytes()), &mut text)
                .ok()
        })
        .ok_or_else(|| StateError::Io(path.into(), "a token could not be encrypted".to_owned()))?;
    Ok([salt.as_slice(), nonce.as_slice(), &text].concat())
}

fn unseal(scope: &str, secret: &[u8], mut sealed: Vec<u8>) -> Option<Token> {
    let (salt, rest) = sealed.split_at_mut_checked(SALT)?;
    let (nonce, text) = rest.split_at_mut_checked(NONCE)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let text = key(secret, salt)?.open_in_place(nonce, Aad::from(scope.as_bytes()), text).ok()?;
    let value = crate::json::parse_slice(text).ok()?;
    let string = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Token {
        value: string("value")?,
        refresh: string("refresh"),
        expires_at_ms: value.get("expires_at_ms").and_then(Value::as_i64),
    })
}
