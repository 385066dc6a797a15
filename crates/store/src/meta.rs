//! Small facts about this home.

use crate::{Store, StoreError, writer::Durability};

/// Small facts about this home.
#[derive(Clone, Copy)]
pub struct Meta<'a> {
    pub(crate) store: &'a Store,
}

impl Meta<'_> {
    /// A fact.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn get(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar!("SELECT value FROM meta WHERE key = ?", key)
            .fetch_optional(self.store.readers())
            .await?)
    }

    /// Stores a fact.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn set(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        sqlx::query!("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Forgets a fact.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn forget(&self, key: &str) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        sqlx::query!("DELETE FROM meta WHERE key = ?", key).execute(&mut *tx).await?;
        tx.commit().await
    }
}
