//! What providers said they offer, so that models can be chosen before anybody is asked again.

use crate::{Store, StoreError, writer::Durability};
use domain::Timestamp;

/// What providers said they offer.
#[derive(Clone, Copy)]
pub struct ModelsSeen<'a> {
    pub(crate) store: &'a Store,
}

impl ModelsSeen<'_> {
    /// Replaces what is known of one provider's list: model ids, and what the caller wants to know of
    /// each, as JSON.
    ///
    /// # Errors
    /// When it cannot be written; then the old list stays.
    pub async fn replace(
        &self,
        provider: &str,
        models: &[(String, String)],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let at = at.millis();
        let mut tx = self.store.write(Durability::Process).await?;
        sqlx::query!("DELETE FROM model_seen WHERE provider = ?", provider).execute(&mut *tx).await?;
        for (model, data) in models {
            sqlx::query!(
                "INSERT OR REPLACE INTO model_seen (provider, model, data, seen_at) VALUES (?, ?, ?, ?)",
                provider,
                model,
                data,
                at
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await
    }

    /// Everything that was seen: providers, and what was said of a model of theirs.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn all(&self) -> Result<Vec<(String, String)>, StoreError> {
        let found = sqlx::query!("SELECT provider, data FROM model_seen ORDER BY provider, model")
            .fetch_all(self.store.readers())
            .await?;
        Ok(found.into_iter().map(|row| (row.provider, row.data)).collect())
    }
}
