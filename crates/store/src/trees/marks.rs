//! Bookmarks, siblings, and what merges were made of.

use super::{Trees, label_of, node};
use crate::{StoreError, rows, writer::Durability};
use domain::{Bookmark, ConversationId, MessageId, Part, Sibling, SynthesisKind, Target, Timestamp};

/// One source of a merge.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The message; `None` when it was erased, or is of the conversation that the merge was copied from.
    pub message: Option<MessageId>,
    /// Who wrote it.
    pub model: Option<Target>,
    /// What it says; nothing where it was deleted.
    pub parts: Vec<Part>,
    /// Whether it was deleted.
    pub deleted: bool,
}

impl Trees<'_> {
    /// Marks a message, or gives its mark another note.
    ///
    /// # Errors
    /// When there is no such message.
    pub async fn set_bookmark(
        &self,
        message: MessageId,
        note: &str,
        fresh: [u8; 16],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let node = node(&mut tx, message).await?;
        let done = sqlx::query!("UPDATE bookmark SET note = ? WHERE message_id = ?", note, node.id)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            let (uid, at) = (fresh.as_slice(), at.millis());
            sqlx::query!(
                "INSERT INTO bookmark (uid, message_id, note, created_at) VALUES (?, ?, ?, ?)",
                uid,
                node.id,
                note,
                at
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await
    }

    /// Takes a mark away; whether there was one.
    ///
    /// # Errors
    /// When there is no such message.
    pub async fn remove_bookmark(&self, message: MessageId) -> Result<bool, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let node = node(&mut tx, message).await?;
        let done =
            sqlx::query!("DELETE FROM bookmark WHERE message_id = ?", node.id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Marked messages that live, the newest mark first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn bookmarks(&self, of: Option<ConversationId>) -> Result<Vec<Bookmark>, StoreError> {
        let uid = of.as_ref().map(ConversationId::bytes);
        let found = sqlx::query!(
            r#"SELECT m.uid, conversation.uid AS "conversation!: Vec<u8>", conversation.title, bookmark.note,
                content.parts AS "parts?: String", m.role, bookmark.created_at
            FROM bookmark JOIN message AS m ON m.id = bookmark.message_id
            JOIN conversation ON conversation.id = m.conversation_id
            LEFT JOIN content ON content.id = m.content_id
            WHERE m.deletion_id IS NULL AND conversation.deletion_id IS NULL
                AND (?1 IS NULL OR conversation.uid = ?1)
            ORDER BY bookmark.id DESC"#,
            uid
        )
        .fetch_all(self.store.readers())
        .await?;
        found
            .into_iter()
            .map(|row| {
                Ok(Bookmark {
                    message: MessageId::from_bytes(&row.uid)?,
                    conversation: ConversationId::from_bytes(&row.conversation)?,
                    title: row.title,
                    note: row.note,
                    label: row.parts.as_deref().map(label_of).unwrap_or_default(),
                    role: rows::word(&row.role)?,
                    created_at: Timestamp::from_millis(row.created_at),
                })
            })
            .collect()
    }

    /// The versions of a message, oldest first.
    ///
    /// # Errors
    /// When there is no such message.
    pub async fn siblings(&self, of: MessageId) -> Result<Vec<Sibling>, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let node = node(&mut snapshot, of).await?;
        let found = sqlx::query!(
            r#"SELECT m.uid AS "uid!: Vec<u8>", m.role AS "role!: String", m.status AS "status!: String",
                m.created_at AS "created_at!: i64", content.parts AS "parts?: String",
                completion.served AS "served?: String",
                EXISTS (SELECT 1 FROM message_source WHERE message_id = m.id) AS "merge!: i64",
                (WITH RECURSIVE below (id) AS (
                    SELECT m.id
                    UNION ALL
                    SELECT child.id FROM below CROSS JOIN message AS child ON child.parent_id = below.id
                    WHERE child.deletion_id IS NULL
                ) SELECT count(*) - 1 FROM below) AS "below!: i64"
            FROM message AS m LEFT JOIN content ON content.id = m.content_id
            LEFT JOIN completion ON completion.id = m.completion_id
            WHERE m.conversation_id = ? AND m.parent_id IS ? AND m.deletion_id IS NULL ORDER BY m.id"#,
            node.conversation_id,
            node.parent_id
        )
        .fetch_all(&mut *snapshot)
        .await?;
        found
            .into_iter()
            .map(|row| {
                Ok(Sibling {
                    id: MessageId::from_bytes(&row.uid)?,
                    role: rows::word(&row.role)?,
                    model: row.served.as_deref().map(str::parse).transpose()?,
                    status: rows::word(&row.status)?,
                    created_at: Timestamp::from_millis(row.created_at),
                    label: row.parts.as_deref().map(label_of).unwrap_or_default(),
                    merge: row.merge != 0,
                    below: rows::count(row.below),
                })
            })
            .collect()
    }

    /// What a merge was made of, in order; empty for a message that is none.
    ///
    /// # Errors
    /// When there is no such message.
    pub async fn sources(&self, of: MessageId) -> Result<Vec<Source>, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let node = node(&mut snapshot, of).await?;
        let found = sqlx::query!(
            r#"SELECT m.uid AS "uid?: Vec<u8>", m.deletion_id AS "deletion?: i64", content.parts AS "parts?: String",
                completion.served AS "served?: String"
            FROM message_source LEFT JOIN message AS m ON m.id = message_source.source_id
            LEFT JOIN content ON content.id = m.content_id AND m.deletion_id IS NULL
            LEFT JOIN completion ON completion.id = m.completion_id
            WHERE message_source.message_id = ? ORDER BY message_source.ord"#,
            node.id
        )
        .fetch_all(&mut *snapshot)
        .await?;
        found
            .into_iter()
            .map(|row| {
                Ok(Source {
                    deleted: row.uid.is_none() || row.deletion.is_some(),
                    message: row.uid.as_deref().map(MessageId::from_bytes).transpose()?,
                    model: row.served.as_deref().map(str::parse).transpose()?,
                    parts: rows::json(row.parts.as_deref())?,
                })
            })
            .collect()
    }

    /// How a merge was asked of a model; `None` for one that took a side.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn synthesis(&self, of: MessageId) -> Result<Option<(SynthesisKind, String)>, StoreError> {
        let uid = of.bytes();
        let row = sqlx::query!(
            "SELECT synthesis.how, synthesis.instruction FROM message
            JOIN synthesis ON synthesis.completion_id = message.completion_id WHERE message.uid = ?",
            uid
        )
        .fetch_optional(self.store.readers())
        .await?;
        row.map(|row| Ok((rows::word(&row.how)?, row.instruction))).transpose()
    }
}
