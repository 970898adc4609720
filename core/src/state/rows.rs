//! Creates as rows of the state file.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::creates::{Change, Creates, Entry, Listed};
use super::error::{Fault, StateError};
use super::owner::{self, Hold};
use super::{File, schema};

const COLUMNS: &str = "fingerprint, steps, sent_at, started_at, attempts, reply, nonce, owner, lease_until, updated_at";

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        fingerprint: row.get(0)?,
        steps: row.get(1)?,
        sent_at: row.get(2)?,
        started_at: row.get(3)?,
        attempts: row.get(4)?,
        reply: row.get(5)?,
        hold: Hold { nonce: row.get(6)?, owner: row.get(7)?, lease_until: row.get(8)? },
        updated_at: row.get(9)?,
    })
}

fn find(tx: &Transaction<'_>, account: &str, key: &str) -> rusqlite::Result<Option<Entry>> {
    let sql = format!("SELECT {COLUMNS} FROM creates WHERE account = ?1 AND key = ?2");
    tx.query_row(&sql, params![account, key], entry).optional()
}

fn put(tx: &Transaction<'_>, account: &str, key: &str, entry: &Entry) -> rusqlite::Result<()> {
    // Not REPLACE, which would give the row a new place.
    tx.execute(
        &format!(
            "INSERT INTO creates (account, key, {COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint, steps = excluded.steps,
                 sent_at = excluded.sent_at, started_at = excluded.started_at, attempts = excluded.attempts,
                 reply = excluded.reply, nonce = excluded.nonce, owner = excluded.owner,
                 lease_until = excluded.lease_until, updated_at = excluded.updated_at"
        ),
        params![
            account,
            key,
            entry.fingerprint,
            entry.steps,
            entry.sent_at,
            entry.started_at,
            entry.attempts,
            entry.reply,
            entry.hold.nonce,
            entry.hold.owner,
            entry.hold.lease_until,
            entry.updated_at
        ],
    )?;
    Ok(())
}

impl Creates for File {
    fn edit<T>(
        &self,
        account: &str,
        key: &str,
        sweep_at_ms: Option<i64>,
        mut work: impl FnMut(Option<Entry>) -> Result<(Change, T), Fault>,
    ) -> Result<T, StateError> {
        // Without a file there are no keys. A look-up must not create it.
        if sweep_at_ms.is_none()
            && !self.exists()?
            && let (Change::Keep, done) = work(None).map_err(|fault| fault.explain(&self.path))?
        {
            return Ok(done);
        }
        self.write(|tx| {
            if let Some(now_ms) = sweep_at_ms {
                schema::prune(tx, self.keep_ms, now_ms)?;
            }
            let (change, done) = work(find(tx, account, key)?)?;
            match change {
                Change::Keep => {}
                Change::Put(entry) => put(tx, account, key, &entry)?,
                Change::Remove => {
                    tx.execute("DELETE FROM creates WHERE account = ?1 AND key = ?2", params![account, key])?;
                }
            }
            Ok(done)
        })
    }

    fn list(&self, account: &str, after: Option<&str>, open: bool, limit: usize) -> Result<Vec<Listed>, StateError> {
        if !self.exists()? {
            return Ok(Vec::new());
        }
        self.read(|tx| {
            let sql = format!(
                "SELECT {COLUMNS}, key FROM creates WHERE account = ?1 AND (?2 IS NULL OR key > ?2)
                     AND (reply IS NULL OR NOT ?3) ORDER BY key LIMIT ?4"
            );
            let mut query = tx.prepare(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = query
                .query_map(params![account, after, open, limit], |row| Ok((entry(row)?, row.get::<_, String>(10)?)))?;
            rows.map(|row| row.map_err(Fault::from).and_then(|(entry, key)| entry.listed(&key))).collect()
        })
    }

    fn nonce(&self) -> Result<String, StateError> {
        owner::nonce(&self.path)
    }
}
