//! Wishes to stop an answer that another process writes. They live among the small facts: each is
//! there for a moment only, until its owner has seen it.

use crate::{Store, StoreError, writer::Durability};
use domain::CompletionId;

/// Wishes to stop.
#[derive(Clone, Copy)]
pub struct Stops<'a> {
    pub(crate) store: &'a Store,
}

pub(crate) fn key(completion: CompletionId) -> String {
    format!("stop:{completion}")
}

impl Stops<'_> {
    /// Asks whoever writes this answer to stop. What has ended is not asked.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn wish(&self, completion: CompletionId) -> Result<(), StoreError> {
        let (key, uid) = (key(completion), completion.bytes());
        let mut tx = self.store.write(Durability::Process).await?;
        sqlx::query!(
            "INSERT OR REPLACE INTO meta (key, value)
            SELECT ?, '' FROM completion WHERE uid = ? AND state IN ('queued', 'streaming')",
            key,
            uid
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Whether somebody asked for it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn wished(&self, completion: CompletionId) -> Result<bool, StoreError> {
        Ok(self.store.meta().get(&key(completion)).await?.is_some())
    }

    /// Forgets a wish that was granted. One that came too late goes with the end of its answer.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn forget(&self, completion: CompletionId) -> Result<(), StoreError> {
        let key = key(completion);
        let mut tx = self.store.write(Durability::Process).await?;
        sqlx::query!("DELETE FROM meta WHERE key = ?", key).execute(&mut *tx).await?;
        tx.commit().await
    }
}
