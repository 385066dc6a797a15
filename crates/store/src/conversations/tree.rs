//! A conversation whole, for scripts and exports.

use super::{Conversations, get};
use crate::{StoreError, branches::branches, rows};
use domain::{Branch, ConversationId, MessageId, Timestamp, Tree, TreeBranch, TreeNode};
use std::collections::HashMap;

impl Conversations<'_> {
    /// All live nodes, parents before children, and all branches. A streaming node has what it began
    /// with; the rest is in the journal.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn tree(&self, id: ConversationId) -> Result<Option<Tree>, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let Some(conversation) = get(&mut snapshot, id).await? else { return Ok(None) };
        let uid = id.bytes();
        let found = sqlx::query!(
            r#"SELECT m.id AS "id!: i64", m.uid, parent.uid AS "parent?", m.role, content.parts AS "parts?",
                completion.served AS "served?", m.created_at, m.status, m.source_id
            FROM message AS m
            JOIN conversation ON conversation.id = m.conversation_id
            LEFT JOIN message AS parent ON parent.id = m.parent_id
            LEFT JOIN content ON content.id = m.content_id
            LEFT JOIN completion ON completion.id = m.completion_id
            WHERE conversation.uid = ? AND m.deletion_id IS NULL ORDER BY m.id"#,
            uid
        )
        .fetch_all(&mut *snapshot)
        .await?;
        let merged = sqlx::query!(
            "SELECT message_source.message_id, source.uid FROM message_source
            JOIN message ON message.id = message_source.message_id
            JOIN message AS source ON source.id = message_source.source_id
            JOIN conversation ON conversation.id = message.conversation_id
            WHERE conversation.uid = ? AND source.deletion_id IS NULL ORDER BY message_source.message_id, message_source.ord",
            uid
        )
        .fetch_all(&mut *snapshot)
        .await?;
        let mut sources: HashMap<i64, Vec<MessageId>> = HashMap::new();
        for row in merged {
            sources.entry(row.message_id).or_default().push(MessageId::from_bytes(&row.uid)?);
        }
        let mut nodes = Vec::with_capacity(found.len());
        for row in found {
            let mut parents = Vec::new();
            if let Some(parent) = row.parent {
                parents.push(MessageId::from_bytes(&parent)?);
            }
            parents.extend(sources.remove(&row.id).unwrap_or_default());
            nodes.push(TreeNode {
                id: MessageId::from_bytes(&row.uid)?,
                parents,
                role: rows::word(&row.role)?,
                parts: rows::json(row.parts.as_deref())?,
                model: row.served.as_deref().map(str::parse).transpose()?,
                created_at: Timestamp::from_millis(row.created_at),
                status: rows::word(&row.status)?,
                source_id: row.source_id,
            });
        }
        let found =
            branches!("conversation.uid = ? ORDER BY b.ord, b.id", uid).fetch_all(&mut *snapshot).await?;
        let branches = found
            .into_iter()
            .map(|row| Branch::try_from(row).map(|b| TreeBranch { id: b.id, name: b.name, tip: b.tip }))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Some(Tree { id, title: conversation.title, head: conversation.head, nodes, branches }))
    }
}
