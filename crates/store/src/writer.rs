//! The one connection that writes. Every write is `BEGIN IMMEDIATE` … `COMMIT` on it, so that
//! writers queue here, in order, instead of failing against each other in SQLite.

use crate::StoreError;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// What a commit must outlive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// The death of our process: synchronous NORMAL, for deltas.
    Process,
    /// A power cut: synchronous FULL, for whatever will not be written again.
    Power,
}

/// How many of this process wait for the connection.
#[derive(Debug, Default)]
pub(crate) struct Queue(AtomicUsize);

impl Queue {
    /// Counted until what this gives is dropped.
    fn join(&self) -> Place<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Place(self)
    }

    /// Whether somebody waits, so that what can wait lets go of the connection.
    pub(crate) fn is_waiting(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

struct Place<'a>(&'a Queue);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The connection, and what we know of its state.
pub(crate) struct Writer {
    options: SqliteConnectOptions,
    connection: SqliteConnection,
    durability: Option<Durability>,
    /// A transaction may be open that nobody will commit. Tracked here rather than by sqlx's own
    /// transactions: a full disk makes SQLite roll back by itself, after which sqlx can neither
    /// roll back nor begin.
    open: bool,
}

impl Writer {
    pub(crate) async fn connect(options: SqliteConnectOptions) -> Result<Self, StoreError> {
        let connection = options.connect().await?;
        Ok(Self { options, connection, durability: None, open: false })
    }

    pub(crate) const fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Lets go of the file.
    pub(crate) async fn close(self) -> Result<(), StoreError> {
        Ok(self.connection.close().await?)
    }

    /// Ends what an aborted or failed write left open.
    async fn settle(&mut self) -> Result<(), StoreError> {
        if !self.open {
            return Ok(());
        }
        match sqlx::query("ROLLBACK").execute(&mut self.connection).await {
            // "no transaction is active" is as good.
            Ok(_) | Err(sqlx::Error::Database(_)) => {}
            Err(_) => {
                self.connection = self.options.connect().await?;
                self.durability = None;
            }
        }
        self.open = false;
        Ok(())
    }

    async fn begin(&mut self, durability: Durability) -> Result<(), StoreError> {
        self.settle().await?;
        if self.durability != Some(durability) {
            // Has no effect inside a transaction.
            let pragma = match durability {
                Durability::Process => "PRAGMA synchronous = NORMAL",
                Durability::Power => "PRAGMA synchronous = FULL",
            };
            self.durability = None;
            sqlx::query(pragma).execute(&mut self.connection).await?;
            self.durability = Some(durability);
        }
        self.open = true;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut self.connection).await?;
        Ok(())
    }
}

/// A write under way. Dropping it undoes it.
pub(crate) struct Write {
    writer: OwnedMutexGuard<Writer>,
    home: Arc<Mutex<Writer>>,
}

impl Write {
    pub(crate) async fn begin(
        home: &Arc<Mutex<Writer>>,
        queue: &Queue,
        durability: Durability,
    ) -> Result<Self, StoreError> {
        let waits = queue.join();
        let writer = Arc::clone(home).lock_owned().await;
        drop(waits);
        let mut write = Self { writer, home: Arc::clone(home) };
        write.writer.begin(durability).await?;
        Ok(write)
    }

    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        sqlx::query("COMMIT").execute(&mut self.writer.connection).await?;
        self.writer.open = false;
        Ok(())
    }
}

impl Deref for Write {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.writer.connection
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.writer.connection
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        // The next writer would settle too; this frees other processes at once.
        if self.writer.open
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let home = Arc::clone(&self.home);
            runtime.spawn(async move {
                if let Err(error) = home.lock().await.settle().await {
                    tracing::warn!(%error, "an abandoned write could not be rolled back yet");
                }
            });
        }
    }
}

/// Closes the writer, moving the write-ahead log into the file where nobody else reads it.
pub(crate) async fn close(home: &Arc<Mutex<Writer>>) {
    let mut writer = home.lock().await;
    if writer.settle().await.is_err() {
        return;
    }
    let _ = sqlx::query("PRAGMA optimize").execute(&mut writer.connection).await;
    // The connection is replaced by one in memory: SQLite folds the log when its last one closes.
    if let Ok(empty) = SqliteConnectOptions::new().in_memory(true).connect().await {
        let last = std::mem::replace(&mut writer.connection, empty);
        writer.options = SqliteConnectOptions::new().in_memory(true);
        let _ = last.close().await;
    }
}
