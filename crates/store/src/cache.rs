//! Answers that are given again to whoever asks exactly the same.

use crate::{Store, StoreError, writer::Durability};
use domain::{Hash, RunId, Timestamp};

/// Answers that are given again.
#[derive(Clone, Copy)]
pub struct Cache<'a> {
    pub(crate) store: &'a Store,
}

/// An answer, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntry {
    /// Of the request and of whoever may be given the answer.
    pub key: Hash,
    /// The run that was answered first.
    pub run: RunId,
    /// What the answer is, as JSON.
    pub head: String,
    /// How it was said.
    pub body: Vec<u8>,
    /// When.
    pub created_at: Timestamp,
}

/// What is to be written: new answers, and which of those that are there were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CacheNews {
    /// In place of those under the same keys.
    pub entries: Vec<CacheEntry>,
    /// These were given again at that time.
    pub used: Vec<(Hash, Timestamp)>,
}

/// How much may be kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheBounds {
    /// In bytes; what was not asked for the longest goes first.
    pub bytes: u64,
    /// What is older goes; `None` keeps it as long as there is room.
    pub since: Option<Timestamp>,
}

/// Fast, and several times smaller for JSON.
const LEVEL: i32 = 1;

impl Cache<'_> {
    /// The answer under a key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn get(&self, key: &Hash) -> Result<Option<CacheEntry>, StoreError> {
        let row: Option<(Vec<u8>, String, Vec<u8>, i64)> =
            sqlx::query_as("SELECT run_uid, head, body, created_at FROM cache_entry WHERE key = ?")
                .bind(key.bytes().as_slice())
                .fetch_optional(self.store.readers())
                .await?;
        let Some((run, head, body, created_at)) = row else { return Ok(None) };
        let damaged = |error: std::io::Error| StoreError::Damaged(error.to_string());
        Ok(Some(CacheEntry {
            key: *key,
            run: RunId::from_bytes(&run)?,
            head,
            body: zstd::decode_all(body.as_slice()).map_err(damaged)?,
            created_at: Timestamp::from_millis(created_at),
        }))
    }

    /// Writes what is new, and drops what is beyond the bounds.
    ///
    /// # Errors
    /// When it cannot be written; then nothing of it is.
    pub async fn write(&self, news: &CacheNews, bounds: CacheBounds) -> Result<(), StoreError> {
        let mut packed = Vec::with_capacity(news.entries.len());
        for entry in &news.entries {
            packed.push((entry, zstd::encode_all(entry.body.as_slice(), LEVEL)?));
        }
        let mut tx = self.store.write(Durability::Process).await?;
        for (entry, body) in &packed {
            let size = i64::try_from(entry.head.len() + body.len()).unwrap_or(i64::MAX);
            sqlx::query(
                "INSERT OR REPLACE INTO cache_entry (key, run_uid, head, body, size, created_at, used_at)
                VALUES (?, ?, ?, ?, ?, ?6, ?6)",
            )
            .bind(entry.key.bytes().as_slice())
            .bind(entry.run.bytes())
            .bind(entry.head.as_str())
            .bind(body.as_slice())
            .bind(size)
            .bind(entry.created_at.millis())
            .execute(&mut *tx)
            .await?;
        }
        for (key, at) in &news.used {
            sqlx::query("UPDATE cache_entry SET used_at = max(used_at, ?) WHERE key = ?")
                .bind(at.millis())
                .bind(key.bytes().as_slice())
                .execute(&mut *tx)
                .await?;
        }
        if let Some(since) = bounds.since {
            sqlx::query("DELETE FROM cache_entry WHERE created_at < ?")
                .bind(since.millis())
                .execute(&mut *tx)
                .await?;
        }
        let most = i64::try_from(bounds.bytes).unwrap_or(i64::MAX);
        sqlx::query(
            "DELETE FROM cache_entry WHERE id IN (SELECT id FROM
                (SELECT id, sum(size) OVER (ORDER BY used_at DESC, id DESC) AS so_far FROM cache_entry)
                WHERE so_far > ?)",
        )
        .bind(most)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// How many answers there are.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn count(&self) -> Result<u32, StoreError> {
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM cache_entry").fetch_one(self.store.readers()).await?;
        Ok(crate::rows::count(count))
    }

    /// Erases all of it; says how many answers it was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn erase(&self) -> Result<u32, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let gone = sqlx::query("DELETE FROM cache_entry").execute(&mut *tx).await?.rows_affected();
        tx.commit().await?;
        Ok(u32::try_from(gone).unwrap_or(u32::MAX))
    }
}
