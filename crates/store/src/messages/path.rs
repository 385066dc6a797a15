//! Walking up a tree.

use super::{Message, MessageRow, Messages, messages};
use crate::StoreError;
use domain::{MessageId, Target};

impl Messages<'_> {
    /// The messages from the root down to `tip`: what a model is sent.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn path_to(&self, tip: MessageId) -> Result<Vec<Message>, StoreError> {
        let uid = tip.bytes();
        let rows: Vec<MessageRow> = messages!(
            "WITH RECURSIVE path (id) AS (
                SELECT id FROM message WHERE uid = ?
                UNION ALL
                SELECT message.parent_id FROM path CROSS JOIN message ON message.id = path.id
                WHERE message.parent_id IS NOT NULL
            )",
            "m.id IN (SELECT id FROM path) ORDER BY m.depth",
            uid
        )
        .fetch_all(self.store.readers())
        .await?;
        rows.into_iter().map(Message::try_from).collect()
    }

    /// Which `provider/model` wrote the answers on the path to `tip`, where that is known.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn served_on_path(&self, tip: MessageId) -> Result<Vec<(MessageId, Target)>, StoreError> {
        let uid = tip.bytes();
        let rows = sqlx::query!(
            r#"WITH RECURSIVE path (id) AS (
                SELECT id FROM message WHERE uid = ?
                UNION ALL
                SELECT message.parent_id FROM path CROSS JOIN message ON message.id = path.id
                WHERE message.parent_id IS NOT NULL
            )
            SELECT message.uid AS "message!", completion.served AS "served!" FROM path
            CROSS JOIN message NOT INDEXED ON message.id = path.id
            CROSS JOIN completion ON completion.id = message.completion_id
            WHERE completion.served IS NOT NULL"#,
            uid
        )
        .fetch_all(self.store.readers())
        .await?;
        let read = |message: &[u8], served: String| {
            Some((MessageId::from_bytes(message).ok()?, served.parse().ok()?))
        };
        Ok(rows.into_iter().filter_map(|row| read(&row.message, row.served)).collect())
    }

    /// The live children of a message's parent, itself included, oldest first; of a root the other roots.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn siblings(&self, of: MessageId) -> Result<Vec<MessageId>, StoreError> {
        let uid = of.bytes();
        let rows = sqlx::query_scalar!(
            "SELECT sibling.uid FROM message AS m
            JOIN message AS sibling ON sibling.conversation_id = m.conversation_id
                AND sibling.parent_id IS m.parent_id AND sibling.deletion_id IS NULL
            WHERE m.uid = ? AND m.deletion_id IS NULL ORDER BY sibling.id",
            uid
        )
        .fetch_all(self.store.readers())
        .await?;
        rows.iter().map(|uid| Ok(MessageId::from_bytes(uid)?)).collect()
    }

    /// The node at `depth` on the path to `tip`; `None` when the path is shorter.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn ancestor_at(&self, tip: MessageId, depth: u32) -> Result<Option<MessageId>, StoreError> {
        let uid = tip.bytes();
        let found = sqlx::query_scalar!(
            r#"WITH RECURSIVE walk (id) AS (
                SELECT id FROM message WHERE uid = ?1
                UNION ALL
                SELECT CASE WHEN jump.depth >= ?2 THEN m.jump_id ELSE m.parent_id END
                FROM walk CROSS JOIN message AS m ON m.id = walk.id LEFT JOIN message AS jump ON jump.id = m.jump_id
                WHERE m.depth > ?2
            )
            SELECT message.uid FROM walk CROSS JOIN message ON message.id = walk.id WHERE message.depth = ?2"#,
            uid,
            depth
        )
        .fetch_optional(self.store.readers())
        .await?;
        Ok(found.as_deref().map(MessageId::from_bytes).transpose()?)
    }

    /// The last node that the paths to `a` and `b` share; `None` when they have different roots.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn common_ancestor(&self, a: MessageId, b: MessageId) -> Result<Option<MessageId>, StoreError> {
        let depth = {
            let (a, b) = (a.bytes(), b.bytes());
            sqlx::query_scalar!(r#"SELECT min(depth) AS "depth: i64" FROM message WHERE uid IN (?, ?)"#, a, b)
                .fetch_one(self.store.readers())
                .await?
        };
        let Some(depth) = depth.map(crate::rows::count) else { return Ok(None) };
        let (Some(a), Some(b)) = (self.ancestor_at(a, depth).await?, self.ancestor_at(b, depth).await?)
        else {
            return Ok(None);
        };
        let (a, b) = (a.bytes(), b.bytes());
        // At equal depth both jump equally far, so the two walk in step.
        let found = sqlx::query_scalar!(
            r#"WITH RECURSIVE walk (a, b) AS (
                SELECT (SELECT id FROM message WHERE uid = ?1), (SELECT id FROM message WHERE uid = ?2)
                UNION ALL
                SELECT
                    CASE WHEN ma.jump_id IS NOT mb.jump_id THEN ma.jump_id ELSE ma.parent_id END,
                    CASE WHEN ma.jump_id IS NOT mb.jump_id THEN mb.jump_id ELSE mb.parent_id END
                FROM walk CROSS JOIN message AS ma ON ma.id = walk.a CROSS JOIN message AS mb ON mb.id = walk.b
                WHERE walk.a <> walk.b
            )
            SELECT message.uid FROM walk CROSS JOIN message ON message.id = walk.a WHERE walk.a = walk.b"#,
            a,
            b
        )
        .fetch_optional(self.store.readers())
        .await?;
        Ok(found.as_deref().map(MessageId::from_bytes).transpose()?)
    }
}
