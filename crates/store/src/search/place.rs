//! Where a message stands, for jumping to it.

use super::Search;
use crate::StoreError;
use domain::{BranchId, ConversationId, MessageId, Place};

/// Branches that are asked whether they go through a message, the active one and the first ones.
const BRANCHES: i64 = 64;

impl Search<'_> {
    /// Where a live message stands.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn locate(&self, id: MessageId) -> Result<Place, StoreError> {
        let uid = id.bytes();
        let mut tx = self.store.snapshot().await?;
        let message = sqlx::query!(
            r#"SELECT m.id AS "id!", m.depth, m.conversation_id, c.uid AS conversation, c.head_branch_id
            FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
            WHERE m.uid = ? AND m.deletion_id IS NULL AND c.deletion_id IS NULL"#,
            uid
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| StoreError::missing("message", &id))?;
        let through = sqlx::query!(
            r#"SELECT branch.uid, tip.uid AS tip FROM branch JOIN message AS tip ON tip.id = branch.tip_id
            WHERE branch.id IN (SELECT id FROM branch WHERE conversation_id = ?1 AND deletion_id IS NULL
                    ORDER BY id IS NOT ?2, ord, id LIMIT ?5)
                AND tip.depth >= ?3 AND ?4 = (
                    WITH RECURSIVE walk (id) AS (
                        SELECT tip.id
                        UNION ALL
                        SELECT CASE WHEN jump.depth >= ?3 THEN m.jump_id ELSE m.parent_id END
                        FROM walk CROSS JOIN message AS m ON m.id = walk.id LEFT JOIN message AS jump ON jump.id = m.jump_id
                        WHERE m.depth > ?3
                    )
                    SELECT walk.id FROM walk CROSS JOIN message ON message.id = walk.id WHERE message.depth = ?3)
            ORDER BY branch.id IS NOT ?2, branch.ord, branch.id LIMIT 1"#,
            message.conversation_id,
            message.head_branch_id,
            message.depth,
            message.id,
            BRANCHES
        )
        .fetch_optional(&mut *tx)
        .await?;
        let (branch, tip) = if let Some(row) = through {
            (Some(BranchId::from_bytes(&row.uid)?), MessageId::from_bytes(&row.tip)?)
        } else {
            let end = sqlx::query_scalar!(
                r#"WITH RECURSIVE walk (id) AS (
                    SELECT ?1
                    UNION ALL
                    SELECT (SELECT max(id) FROM message WHERE parent_id = walk.id AND conversation_id = ?2
                        AND deletion_id IS NULL) FROM walk WHERE walk.id IS NOT NULL
                )
                SELECT uid FROM message WHERE id = (SELECT max(id) FROM walk)"#,
                message.id,
                message.conversation_id
            )
            .fetch_one(&mut *tx)
            .await?;
            (None, MessageId::from_bytes(&end)?)
        };
        Ok(Place {
            conversation: ConversationId::from_bytes(&message.conversation)?,
            message: id,
            depth: crate::rows::count(message.depth),
            branch,
            tip,
        })
    }
}
