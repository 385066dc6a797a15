//! Instances: processes that have the store open. One is alive while it holds the lock on its file,
//! which the operating system frees however it dies.

use crate::{Store, StoreError, answered, budgets, completions, writer::Durability};
use completions::completions;
use domain::{Completion, InstanceId, Timestamp};
use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

/// Instances.
#[derive(Clone, Copy)]
pub struct Instances<'a> {
    pub(crate) store: &'a Store,
}

/// Keeps an instance alive; dropping it, or dying, frees it.
#[derive(Debug)]
pub struct InstanceGuard {
    _lock: File,
}

impl Instances<'_> {
    /// Registers this process. It counts as alive until the guard is dropped.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn register(
        &self,
        id: InstanceId,
        kind: &str,
        pid: u32,
        at: Timestamp,
    ) -> Result<InstanceGuard, StoreError> {
        // Locked before the row is there, so that nobody takes a newborn for dead.
        let file = lock_file(&path(self.store.home(), id), true)?;
        file.lock()?;
        let (uid, at) = (id.bytes(), at.millis());
        let mut tx = self.store.write(Durability::Power).await?;
        sqlx::query!(
            "INSERT INTO instance (uid, kind, pid, started_at) VALUES (?, ?, ?, ?)",
            uid,
            kind,
            pid,
            at
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(InstanceGuard { _lock: file })
    }

    /// Registered instances whose process is gone, and those that left answers unfinished although
    /// they signed off: a run may have been stored while its process was leaving.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn dead(&self) -> Result<Vec<InstanceId>, StoreError> {
        let mut dead = Vec::new();
        for id in self.registered().await? {
            if !is_locked(&path(self.store.home(), id))? {
                dead.push(id);
            }
        }
        Ok(dead)
    }

    /// Whether a process is there, whatever the data says of it.
    ///
    /// # Errors
    /// When its lock cannot be looked at.
    pub fn is_alive(&self, id: InstanceId) -> Result<bool, StoreError> {
        Ok(is_locked(&path(self.store.home(), id))?)
    }

    async fn registered(&self) -> Result<Vec<InstanceId>, StoreError> {
        let rows = sqlx::query_scalar!(
            r#"SELECT uid AS "uid!: Vec<u8>" FROM instance WHERE gone = 0
            UNION SELECT instance.uid FROM completion JOIN run ON run.id = completion.run_id
            JOIN instance ON instance.id = run.instance_id WHERE completion.state IN ('queued', 'streaming')"#
        )
        .fetch_all(self.store.readers())
        .await?;
        rows.iter().map(|uid| Ok(InstanceId::from_bytes(uid)?)).collect()
    }

    /// Completions an instance left unfinished; a judge's have no message.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn unfinished_of(&self, instance: InstanceId) -> Result<Vec<Completion>, StoreError> {
        let uid = instance.bytes();
        let found = completions!(
            "c.state IN ('queued', 'streaming')
            AND run.instance_id = (SELECT id FROM instance WHERE uid = ?) ORDER BY c.id",
            uid
        )
        .fetch_all(self.store.readers())
        .await?;
        found.into_iter().map(Completion::try_from).collect()
    }

    /// Notes that an instance left in good order, or that what it left has been taken care of: what it
    /// spent is in the ledger, so its slices of budgets return. What the journal still has of answers
    /// that ended goes: their messages have it all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn remove(&self, id: InstanceId) -> Result<(), StoreError> {
        let uid = id.bytes();
        let mut tx = self.store.write(Durability::Power).await?;
        sqlx::query!("UPDATE instance SET gone = 1 WHERE uid = ?", uid).execute(&mut *tx).await?;
        sqlx::query!(
            "DELETE FROM journal WHERE completion_id IN
                (SELECT completion.id FROM instance JOIN run ON run.instance_id = instance.id
                JOIN completion ON completion.run_id = run.id
                WHERE instance.uid = ? AND completion.state NOT IN ('queued', 'streaming'))",
            uid
        )
        .execute(&mut *tx)
        .await?;
        budgets::take_back(&mut tx, id).await?;
        answered::forget_claims(&mut tx, id).await?;
        tx.commit().await?;
        match std::fs::remove_file(path(self.store.home(), id)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

fn path(home: &Path, id: InstanceId) -> PathBuf {
    home.join("locks").join(id.to_string())
}

/// Opens a lock file. Its content means nothing.
pub(crate) fn lock_file(path: &Path, create: bool) -> std::io::Result<File> {
    if create && let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().read(true).write(true).create(create).truncate(false).open(path)
}

/// Whether somebody holds the lock on a file.
pub(crate) fn is_locked(path: &Path) -> std::io::Result<bool> {
    let file = match lock_file(path, false) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
