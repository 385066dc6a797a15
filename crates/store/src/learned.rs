//! What was learned of targets: sums that fade. What they mean is routing's to say.

mod hours;

pub use hours::LearnedHour;

use crate::{Store, StoreError, writer::Durability};

/// One sum.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedRow {
    /// Of whom.
    pub target: String,
    /// The class of prompts, as its word; empty is all of them together.
    pub class: String,
    /// What is measured, as its word.
    pub measure: String,
    /// Sum of values, each by its weight.
    pub sum: f64,
    /// Sum of weights.
    pub weight: f64,
    /// Up to when it has faded, in milliseconds since 1970.
    pub at: i64,
}

/// What was learned.
#[derive(Clone, Copy)]
pub struct LearnedSums<'a> {
    pub(crate) store: &'a Store,
}

impl LearnedSums<'_> {
    /// All of it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn all(&self) -> Result<Vec<LearnedRow>, StoreError> {
        let found = sqlx::query_as!(
            LearnedRow,
            "SELECT target, class, measure, sum, weight, at FROM learned ORDER BY target, class, measure"
        )
        .fetch_all(self.store.readers())
        .await?;
        Ok(found)
    }

    /// Reads all, has it changed, and writes what it came to, with nobody between: several processes learn.
    ///
    /// # Errors
    /// When it cannot be written; then it stays as it was.
    pub async fn change(
        &self,
        change: impl FnOnce(Vec<LearnedRow>) -> Vec<LearnedRow> + Send,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Process).await?;
        let known = sqlx::query_as!(
            LearnedRow,
            "SELECT target, class, measure, sum, weight, at FROM learned ORDER BY target, class, measure"
        )
        .fetch_all(&mut *tx)
        .await?;
        for LearnedRow { target, class, measure, sum, weight, at } in change(known) {
            sqlx::query!(
                "INSERT OR REPLACE INTO learned (target, class, measure, sum, weight, at) VALUES (?, ?, ?, ?, ?, ?)",
                target,
                class,
                measure,
                sum,
                weight,
                at
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await
    }

    /// Forgets a target, or everything. Says how many targets that were.
    ///
    /// # Errors
    /// When it cannot be written; then it stays as it was.
    pub async fn forget(&self, target: Option<&str>) -> Result<u32, StoreError> {
        let mut tx = self.store.write(Durability::Process).await?;
        let count = sqlx::query_scalar!(
            "SELECT count(DISTINCT target) FROM learned WHERE ?1 IS NULL OR target = ?1",
            target
        )
        .fetch_one(&mut *tx)
        .await?;
        sqlx::query!("DELETE FROM learned WHERE ?1 IS NULL OR target = ?1", target).execute(&mut *tx).await?;
        sqlx::query!("DELETE FROM learned_hour WHERE ?1 IS NULL OR target = ?1", target)
            .execute(&mut *tx)
            .await?;
        // A vote that is changed later has nothing to take back then.
        sqlx::query!(
            "UPDATE vote_on SET class = NULL, liked = NULL WHERE class IS NOT NULL AND (?1 IS NULL OR message_id IN (
                SELECT message.id FROM completion JOIN message ON message.completion_id = completion.id
                WHERE completion.served = ?1))",
            target
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }
}
