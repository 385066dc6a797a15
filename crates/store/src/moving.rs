//! Whole conversations in and out. What comes in was checked by whoever read it; here it is matched with
//! what is there, and what is new is stored, many rows a statement and many conversations a transaction.

mod give;
mod plan;
mod take;

use crate::{Store, StoreError, rows, writer::Durability};
use domain::{ConversationId, Hash, InstanceId, Portable, PortableFolder};
use std::collections::HashSet;
use uuid::Uuid;

/// Whole conversations in and out.
#[derive(Clone, Copy)]
pub struct Moving<'a> {
    pub(crate) store: &'a Store,
}

/// A conversation that comes in.
#[derive(Debug)]
pub struct Incoming {
    /// It.
    pub whole: Box<Portable>,
    /// Its ids were drawn just now: it is known by its source ids alone.
    pub fresh: bool,
}

/// What became of one that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Something of it is new.
    Added {
        /// Under this id.
        conversation: ConversationId,
        /// So many messages.
        messages: u32,
    },
    /// All of it was there.
    Known,
    /// It cannot be here.
    Refused(String),
}

impl Moving<'_> {
    /// Stores what is new of these conversations, in one transaction. The index for searching follows.
    ///
    /// # Errors
    /// When it cannot be written; then nothing of them is.
    pub async fn take(&self, all: &[Incoming], instance: InstanceId) -> Result<Vec<Taken>, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let mut taken = Vec::with_capacity(all.len());
        let mut batch = plan::Batch::begin(&mut tx, instance).await?;
        for incoming in all {
            // One that is in the file twice finds its first.
            if batch.has(incoming) {
                batch.flush(&mut tx).await?;
            }
            taken.push(batch.add(&mut tx, incoming).await?);
        }
        batch.flush(&mut tx).await?;
        tx.commit().await?;
        Ok(taken)
    }

    /// Stores a folder unless it is there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn take_folder(&self, folder: &PortableFolder) -> Result<(), StoreError> {
        let (uid, parent) =
            (folder.id.as_bytes().as_slice(), folder.parent.as_ref().map(|id| id.as_bytes().as_slice()));
        let mut tx = self.store.write(Durability::Power).await?;
        sqlx::query!(
            "INSERT INTO folder (uid, parent_id, name, ord)
            VALUES (?, (SELECT id FROM folder WHERE uid = ?), ?, ?) ON CONFLICT (uid) DO NOTHING",
            uid,
            parent,
            folder.name,
            folder.ord
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// All folders, those they lie in first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn folders(&self) -> Result<Vec<PortableFolder>, StoreError> {
        let found = sqlx::query!(
            r#"SELECT folder.id AS "id!: i64", folder.uid, parent.uid AS "parent?", folder.name, folder.ord FROM folder
            LEFT JOIN folder AS parent ON parent.id = folder.parent_id ORDER BY folder.id"#
        )
        .fetch_all(self.store.readers())
        .await?;
        let mut rest = Vec::with_capacity(found.len());
        for row in found {
            let parent = row.parent.as_deref().map(uuid).transpose()?;
            rest.push(PortableFolder { id: uuid(&row.uid)?, parent, name: row.name, ord: row.ord });
        }
        // A folder may have been moved below a newer one.
        let mut ordered: Vec<PortableFolder> = Vec::with_capacity(rest.len());
        let mut known: HashSet<Uuid> = HashSet::new();
        loop {
            let before = ordered.len();
            rest.retain(|folder| {
                let ready = folder.parent.is_none_or(|parent| known.contains(&parent));
                if ready {
                    known.insert(folder.id);
                    ordered.push(folder.clone());
                }
                !ready
            });
            if ordered.len() == before {
                return Ok(ordered);
            }
        }
    }

    /// Images and files that live messages of a conversation refer to, with what they are.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn blobs_of(&self, id: ConversationId) -> Result<Vec<(Hash, String)>, StoreError> {
        let uid = id.bytes();
        let found = sqlx::query!(
            "SELECT DISTINCT blob.hash, blob.media_type FROM message
            JOIN conversation ON conversation.id = message.conversation_id
            JOIN content_blob ON content_blob.content_id = message.content_id
            JOIN blob ON blob.id = content_blob.blob_id
            WHERE conversation.uid = ? AND message.deletion_id IS NULL ORDER BY blob.id",
            uid
        )
        .fetch_all(self.store.readers())
        .await?;
        found.into_iter().map(|row| Ok((rows::hash(&row.hash)?, row.media_type))).collect()
    }

    /// Every conversation that is not deleted, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn ids(&self) -> Result<Vec<ConversationId>, StoreError> {
        let found = sqlx::query_scalar!("SELECT uid FROM conversation WHERE deletion_id IS NULL ORDER BY id")
            .fetch_all(self.store.readers())
            .await?;
        found.iter().map(|uid| Ok(ConversationId::from_bytes(uid)?)).collect()
    }

    /// What was taken in becomes findable, in the background.
    pub fn index_soon(&self) {
        self.store.search().catch_up_soon();
    }
}

pub(crate) fn uuid(bytes: &[u8]) -> Result<Uuid, StoreError> {
    Uuid::from_slice(bytes).map_err(|_| StoreError::Damaged("an id that is not 16 bytes long".to_owned()))
}
