//! How what was learned moved, hour by hour: so many hours, and about so many rows at most.

use super::LearnedSums;
use crate::{StoreError, writer::Durability};

/// Most rows: of twenty targets with five classes each, whole months.
const ROWS: i64 = 200_000;

/// How a measure stood in an hour.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedHour {
    /// When the hour began, in milliseconds since 1970.
    pub hour: i64,
    /// Of whom.
    pub target: String,
    /// The class of prompts, as its word; empty is all of them together.
    pub class: String,
    /// What is measured, as its word.
    pub measure: String,
    /// Its mean.
    pub mean: f64,
    /// About how many observations counted.
    pub weight: f64,
}

impl LearnedSums<'_> {
    /// Writes how measures stand in their hour, over what stood there. With the first of an hour those before
    /// `oldest` go, and so do the oldest where there are too many.
    ///
    /// # Errors
    /// When it cannot be written; then it stays as it was.
    pub async fn keep_hours(&self, rows: &[LearnedHour], oldest: i64) -> Result<(), StoreError> {
        self.keep_hours_within(rows, oldest, ROWS).await
    }

    pub(crate) async fn keep_hours_within(
        &self,
        rows: &[LearnedHour],
        oldest: i64,
        most: i64,
    ) -> Result<(), StoreError> {
        let Some(present) = rows.first().map(|row| row.hour) else { return Ok(()) };
        let mut tx = self.store.write(Durability::Process).await?;
        let begun = sqlx::query_scalar!("SELECT hour FROM learned_hour WHERE hour = ? LIMIT 1", present);
        let begun = begun.fetch_optional(&mut *tx).await?.is_some();
        for LearnedHour { hour, target, class, measure, mean, weight } in rows {
            sqlx::query!(
                "INSERT OR REPLACE INTO learned_hour (hour, target, class, measure, mean, weight)
                VALUES (?, ?, ?, ?, ?, ?)",
                hour,
                target,
                class,
                measure,
                mean,
                weight
            )
            .execute(&mut *tx)
            .await?;
        }
        // Rows are counted once an hour, and not every few seconds.
        if begun {
            return tx.commit().await;
        }
        sqlx::query!("DELETE FROM learned_hour WHERE hour < ?", oldest).execute(&mut *tx).await?;
        sqlx::query!(
            "DELETE FROM learned_hour WHERE hour <= (
                SELECT hour FROM learned_hour ORDER BY hour DESC LIMIT 1 OFFSET ?)",
            most
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Hours from this one on, by target, class and measure, each in its order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn hours(&self, since: i64) -> Result<Vec<LearnedHour>, StoreError> {
        let found = sqlx::query_as!(
            LearnedHour,
            "SELECT hour, target, class, measure, mean, weight FROM learned_hour WHERE hour >= ?
            ORDER BY target, class, measure, hour",
            since
        )
        .fetch_all(self.store.readers())
        .await?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    fn row(hour: i64, target: &str, mean: f64) -> LearnedHour {
        let [target, class, measure] = [target, "code", "firstMs"].map(str::to_owned);
        LearnedHour { hour, target, class, measure, mean, weight: 1.0 }
    }

    #[tokio::test]
    async fn of_each_hour_the_last_word_stays_and_old_ones_go() {
        let (_home, store) = opened().await;
        let learned = store.learned();
        learned.keep_hours(&[row(1, "a/x", 5.0), row(1, "b/y", 2.0)], 0).await.unwrap();
        learned.keep_hours(&[row(1, "a/x", 6.0), row(2, "a/x", 7.0)], 0).await.unwrap();
        let all = [row(1, "a/x", 6.0), row(2, "a/x", 7.0), row(1, "b/y", 2.0)];
        assert_eq!(learned.hours(0).await.unwrap(), all);
        assert_eq!(learned.hours(2).await.unwrap(), all[1..2]);
        learned.keep_hours(&[row(3, "b/y", 4.0)], 2).await.unwrap();
        assert_eq!(learned.hours(0).await.unwrap(), [row(2, "a/x", 7.0), row(3, "b/y", 4.0)]);
        // What is forgotten of a target is forgotten of its past.
        learned.forget(Some("a/x")).await.unwrap();
        assert_eq!(learned.hours(0).await.unwrap(), [row(3, "b/y", 4.0)]);
    }

    #[tokio::test]
    async fn however_much_is_learned_no_more_rows_stay_than_so_many() {
        let (_home, store) = opened().await;
        for hour in 0..40 {
            let rows: Vec<_> = (0..5).map(|at| row(hour, &format!("a/{at}"), 1.0)).collect();
            store.learned().keep_hours_within(&rows, 0, 50).await.unwrap();
            assert!(rows_in(&store, "learned_hour").await <= 50, "hour {hour}");
        }
        let left = store.learned().hours(0).await.unwrap();
        assert!(left.iter().all(|row| row.hour >= 30) && left.len() >= 45, "the newest stay: {}", left.len());
    }
}
