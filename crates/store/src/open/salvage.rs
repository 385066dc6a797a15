//! Where no backup is left: whatever can still be read of a damaged file, row by row.

use super::probe;
use crate::writer::Writer;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};
use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

/// Rows that are tried in one go before going on in smaller steps.
const STEP: i64 = 512;
/// Unreadable stretches in a row after which the rest of a table is given up.
const PATIENCE: u32 = 2_000;

/// Copies what can be read of `kept` into the fresh file; whether there was anything.
pub(crate) async fn take_over(writer: &mut Writer, kept: &Path) -> bool {
    // The original stays as it is: SQLite works on a copy.
    let copy = probe::beside(kept, "-copy");
    for suffix in ["", "-wal"] {
        let _ = std::fs::copy(probe::beside(kept, suffix), probe::beside(&copy, suffix));
    }
    mend_header(&copy, &writer_file(kept));
    let rows = attached(writer.connection(), &copy).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "nothing could be taken over");
        0
    });
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(probe::beside(&copy, suffix));
    }
    tracing::info!(rows, "rows were taken over from the damaged file");
    rows > 0
}

/// The fresh file beside the folder that `kept` was moved to: `damaged/<time>/orchesity.db`.
fn writer_file(kept: &Path) -> PathBuf {
    kept.ancestors().nth(3).map_or_else(PathBuf::new, |home| home.join(super::FILE))
}

/// A file whose first bytes are lost gets those of a fresh one: the layout is the same, and SQLite
/// counts the pages itself where the header's two counters differ.
fn mend_header(copy: &Path, fresh: &Path) {
    let mend = || -> std::io::Result<()> {
        let mut file = File::options().read(true).write(true).open(copy)?;
        let mut header = [0; HEADER];
        file.read_exact(&mut header)?;
        if header.starts_with(b"SQLite format 3\0") {
            return Ok(());
        }
        File::open(fresh)?.read_exact(&mut header)?;
        // No free pages; and the change counter is not the one the page count was valid for.
        header[32..40].fill(0);
        header[24..28].copy_from_slice(&1_u32.to_be_bytes());
        header[92..96].copy_from_slice(&0_u32.to_be_bytes());
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header)
    };
    if let Err(error) = mend() {
        tracing::debug!(%error, "no header to mend");
    }
}

/// Bytes before the first page's content.
const HEADER: usize = 100;

async fn attached(connection: &mut SqliteConnection, copy: &Path) -> Result<u64, sqlx::Error> {
    sqlx::query("PRAGMA foreign_keys = OFF").execute(&mut *connection).await?;
    sqlx::query("ATTACH DATABASE ? AS damaged")
        .bind(copy.to_string_lossy().into_owned())
        .execute(&mut *connection)
        .await?;
    let rows = copy_tables(connection).await;
    sqlx::query("DETACH DATABASE damaged").execute(&mut *connection).await?;
    let rows = rows?;
    mend(connection).await?;
    sqlx::query("PRAGMA foreign_keys = ON").execute(connection).await?;
    Ok(rows)
}

async fn copy_tables(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let tables: Vec<(String, bool)> = sqlx::query_as(
        "SELECT name, sql LIKE '%WITHOUT ROWID%' FROM main.sqlite_schema
        WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
            AND name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND name NOT LIKE 'search\\_%' ESCAPE '\\'",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut rows = 0;
    for (table, without_rowid) in tables {
        rows += if without_rowid {
            // These are small and refer to others; what cannot be read whole is left.
            copy(connection, &table, "1").await.unwrap_or(0)
        } else {
            copy_rows(connection, &table).await
        };
    }
    Ok(rows)
}

async fn copy(connection: &mut SqliteConnection, table: &str, which: &str) -> Result<u64, sqlx::Error> {
    // Both names come from our own schema.
    let statement = format!("INSERT OR IGNORE INTO main.{table} SELECT * FROM damaged.{table} WHERE {which}");
    Ok(sqlx::query(AssertSqlSafe(statement)).persistent(false).execute(connection).await?.rows_affected())
}

/// Copies a table by stretches of row ids, halving those that cannot be read.
async fn copy_rows(connection: &mut SqliteConnection, table: &str) -> u64 {
    let statement = format!("SELECT coalesce(max(rowid), 0) FROM damaged.{table}");
    let last: Option<i64> =
        sqlx::query_scalar(AssertSqlSafe(statement)).persistent(false).fetch_one(&mut *connection).await.ok();
    let (mut rows, mut from, mut failures) = (0, 1, 0);
    while last.is_none_or(|last| from <= last) && failures < PATIENCE {
        let mut waiting = vec![(from, from + STEP)];
        while let Some((low, high)) = waiting.pop() {
            match copy(connection, table, &format!("rowid >= {low} AND rowid < {high}")).await {
                Ok(copied) => {
                    rows += copied;
                    if copied > 0 {
                        failures = 0;
                    } else if last.is_none() {
                        failures += PATIENCE / 8;
                    }
                }
                Err(_) if high - low > 1 && failures < PATIENCE => {
                    let middle = low + (high - low) / 2;
                    waiting.push((middle, high));
                    waiting.push((low, middle));
                    failures += 1;
                }
                Err(_) => failures += 1,
            }
        }
        from += STEP;
    }
    rows
}

/// Drops what refers to something that is lost, and lets the search index be made anew.
async fn mend(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    for pointer in [
        "UPDATE conversation SET head_branch_id = NULL WHERE head_branch_id NOT IN (SELECT id FROM branch)",
        "UPDATE branch SET tip_id = NULL WHERE tip_id NOT IN (SELECT id FROM message)",
        "UPDATE message SET completion_id = NULL WHERE completion_id NOT IN (SELECT id FROM completion)",
        "UPDATE message SET continues_id = NULL WHERE continues_id NOT IN (SELECT id FROM message)",
        "UPDATE completion SET branch_id = NULL WHERE branch_id NOT IN (SELECT id FROM branch)",
        "UPDATE message SET status = 'failed', hash = zeroblob(32), content_id = NULL
            WHERE status = 'streaming' AND completion_id IS NULL",
        // A whole subtree at once: a chain may be thousands deep.
        "WITH RECURSIVE lost (id) AS (
            SELECT id FROM message
            WHERE (parent_id IS NOT NULL AND parent_id NOT IN (SELECT id FROM message))
                OR conversation_id NOT IN (SELECT id FROM conversation)
            UNION SELECT message.id FROM lost CROSS JOIN message ON message.parent_id = lost.id)
        DELETE FROM message WHERE id IN (SELECT id FROM lost)",
        "UPDATE branch SET tip_id = NULL WHERE tip_id NOT IN (SELECT id FROM message)",
    ] {
        sqlx::query(pointer).execute(&mut *connection).await?;
    }
    for _ in 0..20 {
        let loose = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *connection).await?;
        if loose.is_empty() {
            break;
        }
        for row in loose {
            let table: String = row.try_get(0)?;
            let Some(rowid) = row.try_get::<Option<i64>, _>(1)? else {
                // No row id to name it by: these tables only tie others together.
                let statement = format!("DELETE FROM {table}");
                sqlx::query(AssertSqlSafe(statement)).persistent(false).execute(&mut *connection).await?;
                continue;
            };
            let statement = format!("DELETE FROM {table} WHERE rowid = ?");
            sqlx::query(AssertSqlSafe(statement)).bind(rowid).execute(&mut *connection).await?;
        }
    }
    sqlx::query("INSERT INTO search_queue (content_id) SELECT id FROM content").execute(connection).await?;
    Ok(())
}
