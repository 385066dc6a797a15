//! Bytes of images and files, stored once by their hash.

use crate::{Store, StoreError, writer::Durability};
use domain::Hash;

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
        self.put_as(hash, media_type, bytes).await?;
        Ok(hash)
    }

    /// The same, where their hash is known.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn put_as(&self, hash: Hash, media_type: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let key = hash.bytes().as_slice();
        let size = bytes.len() as i64;
        let mut tx = self.store.write(Durability::Power).await?;
        sqlx::query!(
            "INSERT INTO blob (hash, media_type, size, bytes) VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING",
            key,
            media_type,
            size,
            bytes
        )
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
