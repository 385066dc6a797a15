//! Drafts: what was typed and not sent, one for each conversation and one for that to come.

use crate::{Store, StoreError, conversations, rows, writer::Durability};
use domain::{ConversationId, Part, Timestamp};

/// Drafts.
#[derive(Clone, Copy)]
pub struct Drafts<'a> {
    pub(crate) store: &'a Store,
}

impl Drafts<'_> {
    /// The draft of a conversation, or of the one to come; empty where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn of(&self, conversation: Option<ConversationId>) -> Result<Vec<Part>, StoreError> {
        let uid = conversation.as_ref().map(ConversationId::bytes);
        let parts = sqlx::query_scalar!(
            "SELECT draft.parts FROM draft LEFT JOIN conversation ON conversation.id = draft.conversation_id
            WHERE conversation.uid IS ? AND (draft.conversation_id IS NULL OR conversation.deletion_id IS NULL)",
            uid
        )
        .fetch_optional(self.store.readers())
        .await?;
        rows::json(parts.as_deref())
    }

    /// Keeps a draft; one that says nothing is forgotten.
    ///
    /// # Errors
    /// When there is no such conversation.
    pub async fn keep(
        &self,
        conversation: Option<ConversationId>,
        parts: &[Part],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Process).await?;
        let row = match conversation {
            Some(id) => Some(conversations::row_id(&mut tx, id).await?),
            None => None,
        };
        sqlx::query!("DELETE FROM draft WHERE conversation_id IS ?", row).execute(&mut *tx).await?;
        if !parts.is_empty() {
            let (json, at) = (rows::to_json(parts)?, at.millis());
            sqlx::query!(
                "INSERT INTO draft (conversation_id, parts, updated_at) VALUES (?, ?, ?)",
                row,
                json,
                at
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await
    }
}
