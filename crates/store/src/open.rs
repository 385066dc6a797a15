//! Opening: make, upgrade, restore or rescue the file, and never touch what is newer than we.
//!
//! One process at a time goes through this door, so that nobody looks at a file that another is
//! moving.

pub(crate) mod damage;
pub(crate) mod probe;
mod salvage;

use crate::{
    Store, StoreError,
    backups::{self, BackupKind},
    error::primary_code,
    instances,
    writer::Writer,
};
use damage::Contained;
use probe::Health;
use sqlx::{
    migrate::{Migrate, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// The migrations of this build.
pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");
/// Name of the data file within its folder.
pub(crate) const FILE: &str = "orchesity.db";
/// Lock file of the door.
const DOOR: &str = "door";
/// Lock file that everybody who has the store open shares.
const INSIDE: &str = "inside";
/// How long we wait for another process's write.
const PATIENCE: Duration = Duration::from_secs(15);
/// Readers at a time.
const READERS: u32 = 4;

/// How to open the store.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// Leaves a damaged file where it is and fails with [`StoreError::Damaged`]: for tools that only look.
    pub only_if_sound: bool,
}

/// What happened while the store was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenReport {
    /// There was none before.
    pub created: bool,
    /// The schema that it had before.
    pub upgraded_from: Option<i64>,
    /// Where the damaged file is kept, byte for byte, with its log.
    pub damaged: Option<PathBuf>,
    /// What was wrong with it.
    pub damage: Option<String>,
    /// The backup that was put in its place: the newest good one after damage, or the one that was asked for.
    pub restored: Option<PathBuf>,
    /// What could be read of the damaged file was taken over.
    pub salvaged: bool,
}

/// Newest schema this build knows.
pub(crate) fn schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

pub(crate) async fn open(home: &Path, options: OpenOptions) -> Result<(Store, OpenReport), StoreError> {
    std::fs::create_dir_all(home)?;
    let door = instances::lock_file(&home.join("locks").join(DOOR), true).map_err(read_only)?;
    let door = tokio::task::spawn_blocking(move || door.lock().map(|()| door))
        .await
        .map_err(|error| StoreError::Io(std::io::Error::other(error)))??;
    let inside = instances::lock_file(&home.join("locks").join(INSIDE), true)?;
    // Nobody else comes in, so being alone stays true until we let go of the door.
    let alone = inside.try_lock().is_ok();
    let (writer, report) = through_the_door(home, &options, alone).await?;
    inside.unlock()?;
    inside.lock_shared()?;
    drop(door);
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(connect_options(&home.join(FILE)).pragma("query_only", "ON"));
    let inner = crate::Inner {
        home: home.to_owned(),
        writer: Arc::new(tokio::sync::Mutex::new(writer)),
        queue: crate::writer::Queue::default(),
        readers,
        inside: std::sync::Mutex::new(Some(inside)),
        counted: crate::sizes::Counted::default(),
        sample: crate::search::Kept::default(),
        indexing: crate::search::Indexing::default(),
    };
    let store = Store { inner: Arc::new(inner) };
    store.search().catch_up_soon();
    Ok((store, report))
}

/// Whether nobody else has the store open. Nobody comes in while it is found out, so that whoever does
/// never takes themselves for alone with us.
pub(crate) async fn expect_alone(store: &Store) -> Result<(), StoreError> {
    let door = instances::lock_file(&store.home().join("locks").join(DOOR), true).map_err(read_only)?;
    let door = tokio::task::spawn_blocking(move || door.lock().map(|()| door))
        .await
        .map_err(|error| StoreError::Io(std::io::Error::other(error)))??;
    let inside = store.inner.inside.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(inside) = inside.as_ref() else { return Err(StoreError::Busy) };
    inside.unlock()?;
    let alone = inside.try_lock().is_ok();
    inside.unlock()?;
    inside.lock_shared()?;
    drop(door);
    if alone { Ok(()) } else { Err(StoreError::Shared) }
}

fn read_only(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => StoreError::ReadOnly,
        std::io::ErrorKind::StorageFull => StoreError::DiskFull,
        _ => error.into(),
    }
}

async fn through_the_door(
    home: &Path,
    options: &OpenOptions,
    alone: bool,
) -> Result<(Writer, OpenReport), StoreError> {
    let file = home.join(FILE);
    if alone {
        backups::sweep_half_copied(home)?;
    }
    let mut report = OpenReport {
        restored: if alone { backups::take_pending(home)? } else { None },
        ..OpenReport::default()
    };
    let mut health = probe::look(&file).await?;
    if let Health::Newer(found) = health {
        return Err(StoreError::Newer { found, known: schema() });
    }
    let mut contained: Option<Contained> = None;
    for last_try in [false, true] {
        if let Health::Damaged(why) = &health {
            if options.only_if_sound || !alone {
                return Err(StoreError::Damaged(why.clone()));
            }
            tracing::error!(why, "the data file is damaged");
            contained = Some(damage::contain(home, why).await?);
            health = probe::look(&file).await?;
        }
        report.created = matches!(health, Health::Absent) && contained.is_none();
        let before = match health {
            Health::Sound(version) => version,
            _ => 0,
        };
        if before > 0 && before < schema() {
            // An older version has it open: it must not find its tables changed under it.
            if !alone {
                return Err(StoreError::Busy);
            }
            backups::make(home, None, BackupKind::Upgrade).await?;
            report.upgraded_from = Some(before);
        }
        match start(&file).await {
            Ok(mut writer) => {
                if let Some(contained) = contained {
                    report.damaged = Some(contained.kept.clone());
                    report.damage = Some(contained.why.clone());
                    report.restored = contained.restored.or(report.restored);
                    if report.restored.is_none() {
                        report.salvaged = salvage::take_over(&mut writer, &contained.kept).await;
                    }
                }
                return Ok((writer, report));
            }
            // Sound at first sight, but not usable: once more, as damage.
            Err(StoreError::Damaged(why)) if !last_try => health = Health::Damaged(why),
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Damaged("it could not be put right".to_owned()))
}

/// Connects the writer and brings the schema up to date.
async fn start(file: &Path) -> Result<Writer, StoreError> {
    let mut writer = Writer::connect(connect_options(file)).await?;
    let found: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(writer.connection()).await?;
    if !probe::is_new_enough(&found) {
        return Err(StoreError::OldSqlite { found });
    }
    if let Err(error) = migrate(&mut writer).await {
        // Closed in order, so that the files can be moved.
        let _ = writer.close().await;
        return Err(error);
    }
    Ok(writer)
}

async fn migrate(writer: &mut Writer) -> Result<(), StoreError> {
    let connection = writer.connection();
    let applied = match connection.list_applied_migrations("_sqlx_migrations").await {
        Ok(applied) => applied.len(),
        // A new file has no list yet.
        Err(sqlx::migrate::MigrateError::Execute(error)) if primary_code(&error) == Some(1) => 0,
        Err(error) => return Err(error.into()),
    };
    if applied == MIGRATIONS.iter().count() {
        return Ok(());
    }
    MIGRATIONS.run_direct(None, connection, false).await?;
    // The header tells an older app of the schema without its reading the log.
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(connection).await?;
    Ok(())
}

/// How every connection to the data file is made.
pub(crate) fn connect_options(file: &Path) -> SqliteConnectOptions {
    use sqlx::ConnectOptions as _;
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        // A mapped file turns an I/O error into a signal, and hides writes that go past SQLite.
        .pragma("mmap_size", "0")
        // What is deleted is overwritten.
        .pragma("secure_delete", "ON")
        .pragma("cache_size", "-8192")
        .pragma("journal_size_limit", "67108864")
        .statement_cache_capacity(200)
        .disable_statement_logging()
        .thread_name(|number| format!("sqlite-{number}"))
}
