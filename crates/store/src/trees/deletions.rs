//! What was deleted and can be brought back.

use super::{Trees, label_of};
use crate::{StoreError, rows};
use domain::{ConversationId, Deletion, DeletionId, Timestamp};

impl Trees<'_> {
    /// Deletions that can be taken back, newest first: of one conversation, or of all, deleted
    /// conversations too.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn deletions(&self, of: Option<ConversationId>) -> Result<Vec<Deletion>, StoreError> {
        let uid = of.as_ref().map(ConversationId::bytes);
        let found = sqlx::query!(
            r#"SELECT d.uid AS "uid!: Vec<u8>", d.kind, d.nodes, d.branches, d.created_at, d.erase_after,
                conversation.uid AS "conversation!: Vec<u8>", conversation.title AS "title!: String",
                (SELECT content.parts FROM message JOIN content ON content.id = message.content_id
                    WHERE message.deletion_id = d.id ORDER BY message.id LIMIT 1) AS "parts?: String",
                (SELECT name FROM branch WHERE branch.deletion_id = d.id ORDER BY branch.id LIMIT 1) AS "name?: String"
            FROM deletion AS d JOIN conversation ON conversation.id = d.conversation_id
            WHERE d.uid IS NOT NULL AND d.erase_after > 0 AND (?1 IS NULL OR conversation.uid = ?1)
                AND (d.kind = 'conversation' OR conversation.deletion_id IS NULL)
            ORDER BY d.id DESC"#,
            uid
        )
        .fetch_all(self.store.readers())
        .await?;
        found
            .into_iter()
            .map(|row| {
                let label = match (row.kind.as_str(), row.parts, row.name) {
                    ("messages", Some(parts), _) => label_of(&parts),
                    ("branch", _, Some(name)) => name,
                    _ => row.title.clone(),
                };
                Ok(Deletion {
                    id: DeletionId::from_bytes(&row.uid)?,
                    kind: rows::word(&row.kind)?,
                    conversation: ConversationId::from_bytes(&row.conversation)?,
                    title: row.title,
                    nodes: rows::count(row.nodes),
                    branches: rows::count(row.branches),
                    label,
                    created_at: Timestamp::from_millis(row.created_at),
                    erase_after: Timestamp::from_millis(row.erase_after),
                })
            })
            .collect()
    }
}
