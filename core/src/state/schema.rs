//! The tables, their versions, and the removal of old rows.
//!
//! `application_id` marks the file as ours, `user_version` counts the steps applied. To change a table, append a step;
//! a step that was released is never edited.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::Fault;
use super::owner::{Hold, Owner};

/// "flet" in ASCII.
const APPLICATION_ID: i64 = 0x666c_6574;

pub(super) const STEPS: &[&str] = &[V1];

/// With `reply`, the create is done. With `sent_at`, a request may have reached the carrier. With `nonce`, `owner` has
/// claimed it.
const V1: &str = "
    CREATE TABLE creates (
        account     TEXT NOT NULL,
        key         TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        steps       TEXT NOT NULL DEFAULT '{}',
        sent_at     INTEGER,
        started_at  INTEGER NOT NULL,
        attempts    INTEGER NOT NULL DEFAULT 1,
        reply       TEXT,
        nonce       TEXT,
        owner       TEXT,
        lease_until INTEGER,
        updated_at  INTEGER NOT NULL,
        PRIMARY KEY (account, key)
    ) STRICT;
    CREATE INDEX creates_updated ON creates (updated_at);
    CREATE TABLE tokens (
        scope       TEXT NOT NULL PRIMARY KEY,
        sealed      BLOB,
        nonce       TEXT,
        owner       TEXT,
        lease_until INTEGER,
        updated_at  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE facts (
        scope       TEXT NOT NULL,
        kind        TEXT NOT NULL,
        key         TEXT NOT NULL,
        value       TEXT NOT NULL,
        updated_at  INTEGER NOT NULL,
        PRIMARY KEY (scope, kind, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX facts_updated ON facts (updated_at);
    CREATE TABLE meta (
        name        TEXT NOT NULL PRIMARY KEY,
        value       INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// How often old rows are removed, and how many at once: others wait for the write lock meanwhile.
const PRUNE_EVERY_MS: i64 = 3_600_000;
const PRUNE_ROWS: i64 = 500;

fn latest(steps: &[&str]) -> i64 {
    i64::try_from(steps.len()).unwrap_or(i64::MAX)
}

/// Whether steps are missing. An error for a file that isn't ours, or that a later version made.
pub(super) fn outdated(conn: &Connection, steps: &[&str]) -> Result<bool, Fault> {
    let known = latest(steps);
    let (application, version): (i64, i64) = conn.query_row(
        "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if application != APPLICATION_ID {
        let empty: bool = conn.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |r| r.get(0))?;
        return if empty && application == 0 && version == 0 { Ok(true) } else { Err(Fault::Foreign) };
    }
    if version > known {
        return Err(Fault::Newer { found: version, known });
    }
    Ok(version < known)
}

/// Applies the missing steps, all or none. If many processes try, one does it and the others find it done.
pub(super) fn migrate(conn: &mut Connection, steps: &[&str]) -> Result<(), Fault> {
    // This can't be inside a transaction. On a file system without shared memory SQLite keeps the rollback journal and
    // answers "delete". That is only slower, and as durable.
    let _mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if outdated(&tx, steps)? {
        let version: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let applied = usize::try_from(version).map_err(|_| Fault::Foreign)?;
        for step in steps.iter().skip(applied) {
            tx.execute_batch(step)?;
        }
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", latest(steps))?;
    }
    Ok(tx.commit()?)
}

fn set_meta(tx: &Transaction<'_>, name: &str, value: i64) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
        params![name, value],
    )
    .map(drop)
}

/// Removes rows that weren't touched for `keep_ms`, at most once an hour. Never removes one that a live owner holds.
pub(super) fn prune(tx: &Transaction<'_>, keep_ms: i64, now_ms: i64) -> Result<(), Fault> {
    let last: Option<i64> =
        tx.query_row("SELECT value FROM meta WHERE name = 'pruned_at'", [], |row| row.get(0)).optional()?;
    // A last run in the future means that the clock was set back.
    if last.is_some_and(|at| at <= now_ms && now_ms - at < PRUNE_EVERY_MS) {
        return Ok(());
    }
    let before = now_ms.saturating_sub(keep_ms);
    let here = Owner::current();
    let mut full = false;
    let old = {
        let mut query = tx.prepare(
            "SELECT rowid, nonce, owner, lease_until FROM creates WHERE updated_at < ?1
             ORDER BY updated_at LIMIT ?2",
        )?;
        let rows = query.query_map(params![before, PRUNE_ROWS], |row| {
            let hold = Hold { nonce: row.get(1)?, owner: row.get(2)?, lease_until: row.get(3)? };
            Ok((row.get::<_, i64>(0)?, hold))
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()?
    };
    let mut removed = 0;
    for (rowid, hold) in &old {
        if hold.until(&here, now_ms).is_none() {
            removed += tx.execute("DELETE FROM creates WHERE rowid = ?1", [rowid])?;
        }
    }
    full |= removed > 0 && i64::try_from(old.len()).is_ok_and(|n| n == PRUNE_ROWS);
    let facts = tx.execute(
        "DELETE FROM facts WHERE (scope, kind, key) IN
             (SELECT scope, kind, key FROM facts WHERE updated_at < ?1 LIMIT ?2)",
        params![before, PRUNE_ROWS],
    )?;
    full |= i64::try_from(facts).is_ok_and(|n| n == PRUNE_ROWS);
    // A few rows, one per account. A fetch in progress updated its row just now.
    tx.execute("DELETE FROM tokens WHERE updated_at < ?1", [before])?;
    // More is left: the next operation goes on.
    if !full {
        set_meta(tx, "pruned_at", now_ms)?;
    }
    Ok(())
}
