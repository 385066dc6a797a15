//! Bytes of images and files, stored once by their hash.

use crate::{Store, StoreError, writer::Durability};
use domain::{Hash, Timestamp};
use sqlx::SqliteConnection;

/// Bytes of images and files.
#[derive(Clone, Copy)]
pub struct Blobs<'a> {
    pub(crate) store: &'a Store,
}

impl Blobs<'_> {
    /// Stores bytes, and gives the name they can be found by.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn put(&self, media_type: &str, bytes: &[u8]) -> Result<Hash, StoreError> {
        let hash = Hash::of(bytes);
        let mut tx = self.store.write(Durability::Power).await?;
        insert(&mut tx, hash, media_type, bytes).await?;
        tx.commit().await?;
        Ok(hash)
    }

    /// The same for a file whose hash is known, and that is attached: it counts as used for a while
    /// although nothing stored refers to it yet, in other processes too.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn attach(
        &self,
        hash: Hash,
        media_type: &str,
        bytes: &[u8],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (key, at) = (hash.bytes().as_slice(), at.millis());
        let mut tx = self.store.write(Durability::Power).await?;
        insert(&mut tx, hash, media_type, bytes).await?;
        sqlx::query!("INSERT OR REPLACE INTO attached (hash, at) VALUES (?, ?)", key, at)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// The bytes of a hash.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn get(&self, hash: Hash) -> Result<Option<Vec<u8>>, StoreError> {
        let key = hash.bytes().as_slice();
        Ok(sqlx::query_scalar!("SELECT bytes FROM blob WHERE hash = ?", key)
            .fetch_optional(self.store.readers())
            .await?)
    }
}

async fn insert(
    tx: &mut SqliteConnection,
    hash: Hash,
    media_type: &str,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let (key, size) = (hash.bytes().as_slice(), bytes.len() as i64);
    sqlx::query!(
        "INSERT INTO blob (hash, media_type, size, bytes) VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING",
        key,
        media_type,
        size,
        bytes
    )
    .execute(tx)
    .await?;
    Ok(())
}
