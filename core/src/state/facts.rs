//! Facts worth keeping between processes: the id of an address by its name, a task's id by its uuid.
//!
//! A cache: a lost fact costs a request to the carrier, nothing else. Not for anything a shipment depends on.

use crate::json::Value;
use rusqlite::{OptionalExtension, params};

use super::error::{Fault, StateError};
use super::{DAY_MS, File, schema};

impl File {
    /// Returns a fact. Reading it keeps it from being pruned; that writes at most once a day.
    pub fn fact(&self, scope: &str, kind: &str, key: &str, now_ms: i64) -> Result<Option<Value>, StateError> {
        let found: Option<(String, i64)> = self.read(|tx| {
            Ok(tx
                .query_row(
                    "SELECT value, updated_at FROM facts WHERE scope = ?1 AND kind = ?2 AND key = ?3",
                    params![scope, kind, key],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?)
        })?;
        let Some((text, updated_at)) = found else {
            return Ok(None);
        };
        if now_ms.saturating_sub(updated_at) >= DAY_MS {
            let touched = self.write(|tx| {
                Ok(tx.execute(
                    "UPDATE facts SET updated_at = max(updated_at, ?4) WHERE scope = ?1 AND kind = ?2 AND key = ?3",
                    params![scope, kind, key, now_ms],
                )?)
            });
            if let Err(error) = touched {
                log::debug!("state: a fact's date was not renewed: {error}");
            }
        }
        match crate::json::parse(&text) {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(Fault::Unreadable("a fact").explain(&self.path)),
        }
    }

    /// Stores a fact, in place of an earlier one.
    pub fn remember(&self, scope: &str, kind: &str, key: &str, value: &Value, now_ms: i64) -> Result<(), StateError> {
        self.write(|tx| {
            schema::prune(tx, self.keep_ms, now_ms)?;
            tx.execute(
                "INSERT INTO facts (scope, kind, key, value, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
                params![scope, kind, key, value.to_string(), now_ms],
            )?;
            Ok(())
        })
    }

    /// Deletes a fact, if it is there.
    pub fn forget(&self, scope: &str, kind: &str, key: &str) -> Result<(), StateError> {
        self.write(|tx| {
            tx.execute("DELETE FROM facts WHERE scope = ?1 AND kind = ?2 AND key = ?3", params![scope, kind, key])?;
            Ok(())
        })
    }
}
