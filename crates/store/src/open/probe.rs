//! A look at a data file that changes nothing in it.

use super::schema;
use crate::{StoreError, error::primary_code};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::path::{Path, PathBuf};

/// What a file looks like.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// There is none, or nothing was ever written to it.
    Absent,
    /// In order, with this schema; 0 before the first migration.
    Sound(i64),
    /// Written by a newer version.
    Newer(i64),
    /// Not in order.
    Damaged(String),
}

/// Larger files are not read through at a start: their pages alone would take longer than starting
/// may. The daily backup reads all of them, and a page that cannot be read is an error when it is
/// needed.
const READ_THROUGH: u64 = 32 * 1024 * 1024;

/// Whether a version of SQLite keeps committed pages when two connections checkpoint at once.
pub(crate) fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map(|n| n.parse::<u32>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next()) >= (3, 51, 3)
}

/// The file's companions: its log, and the index of that.
pub(crate) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn size(path: &Path) -> Result<u64, StoreError> {
    match std::fs::metadata(path) {
        Ok(meta) => Ok(meta.len()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Looks at the data file without changing it.
pub(crate) async fn look(file: &Path) -> Result<Health, StoreError> {
    let (bytes, log) = (size(file)?, size(&beside(file, "-wal"))?);
    if bytes == 0 {
        // SQLite would throw such a log away.
        return Ok(if log == 0 {
            Health::Absent
        } else {
            Health::Damaged("only its log is left".to_owned())
        });
    }
    let thorough = bytes.saturating_add(log) <= READ_THROUGH;
    match questions(file, thorough).await {
        Ok(health) => Ok(health),
        Err(error) if matches!(primary_code(&error), Some(1 | 11 | 26)) => {
            Ok(Health::Damaged(error.to_string()))
        }
        Err(error) => match StoreError::from(error) {
            StoreError::Damaged(why) => Ok(Health::Damaged(why)),
            other => Err(other),
        },
    }
}

async fn questions(file: &Path, thorough: bool) -> Result<Health, sqlx::Error> {
    let mut connection = reading(file).connect().await?;
    let health = ask(&mut connection, thorough).await;
    // Closed in every case, so that the files can be moved; what closing says does not matter.
    let _ = connection.close().await;
    health
}

async fn ask(connection: &mut SqliteConnection, thorough: bool) -> Result<Health, sqlx::Error> {
    let version = version(connection).await?;
    if version > schema() {
        return Ok(Health::Newer(version));
    }
    if thorough {
        let problems: Vec<String> =
            sqlx::query_scalar("PRAGMA quick_check(5)").fetch_all(&mut *connection).await?;
        if problems != ["ok"] {
            return Ok(Health::Damaged(problems.join("; ")));
        }
    }
    // What the schema of a sound file must have.
    if version > 0 {
        let tables: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('conversation', 'message', 'content', 'completion')",
        )
        .fetch_one(connection)
        .await?;
        if tables != 4 {
            return Ok(Health::Damaged("tables are missing".to_owned()));
        }
    }
    Ok(Health::Sound(version))
}

/// The newest migration that was applied; 0 when there was none.
async fn version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let (others, list): (i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE name <> '_sqlx_migrations'), count(*) FILTER (WHERE name = '_sqlx_migrations')
        FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
    .fetch_one(&mut *connection)
    .await?;
    if list == 0 {
        // Nothing of ours: never begun, or somebody else's file.
        return if others == 0 { Ok(0) } else { Err(foreign()) };
    }
    sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success = 1")
        .fetch_one(connection)
        .await
}

fn foreign() -> sqlx::Error {
    sqlx::Error::Decode("its tables are not ours".into())
}

/// Options of a connection that cannot write, not even by closing.
pub(crate) fn reading(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .busy_timeout(super::PATIENCE)
        .pragma("mmap_size", "0")
        .disable_statement_logging()
}

/// Everything that can be wrong with a copy; `None` when it is good. Its schema comes with it.
pub(crate) async fn verify(file: &Path) -> Result<i64, String> {
    let mut connection = reading(file).connect().await.map_err(|error| error.to_string())?;
    let verdict = verify_on(&mut connection).await;
    let _ = connection.close().await;
    verdict
}

async fn verify_on(connection: &mut SqliteConnection) -> Result<i64, String> {
    let text = |error: sqlx::Error| error.to_string();
    let version = version(connection).await.map_err(text)?;
    if version == 0 {
        return Err("there is nothing in it".to_owned());
    }
    if version > schema() {
        return Err(format!("it has schema {version}, this version knows {}", schema()));
    }
    let problems: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check(5)").fetch_all(&mut *connection).await.map_err(text)?;
    if problems != ["ok"] {
        return Err(problems.join("; "));
    }
    let loose = sqlx::query("PRAGMA foreign_key_check").fetch_all(connection).await.map_err(text)?;
    if loose.is_empty() { Ok(version) } else { Err(format!("{} references lead nowhere", loose.len())) }
}
