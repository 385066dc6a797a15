//! How much a deletion takes, asked before it.

use super::{Trees, delete::kept, node};
use crate::{StoreError, rows};
use domain::{DeleteWhat, DeletionCount};
use sqlx::SqliteConnection;

impl Trees<'_> {
    /// How much a deletion would take, or one that is to be erased took.
    ///
    /// # Errors
    /// When there is no such message, branch or deletion.
    pub async fn count(&self, what: &DeleteWhat) -> Result<DeletionCount, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let tx = &mut *snapshot;
        let (conversation, nodes, branches) = match what {
            DeleteWhat::Below { message } => {
                let root = node(tx, *message).await?;
                let nodes = sqlx::query_scalar!(
                    r#"WITH RECURSIVE below (id) AS (
                        SELECT ?1
                        UNION ALL
                        SELECT m.id FROM below CROSS JOIN message AS m ON m.parent_id = below.id
                        WHERE m.deletion_id IS NULL
                    )
                    SELECT id AS "id!: i64" FROM below"#,
                    root.id
                )
                .fetch_all(&mut *tx)
                .await?;
                (root.conversation_id, nodes, 0)
            }
            DeleteWhat::Others { keep } => {
                let (conversation, kept) = kept(tx, keep).await?;
                let nodes = sqlx::query_scalar!(
                    r#"WITH RECURSIVE path (id) AS (
                        SELECT tip_id FROM branch
                            WHERE id IN (SELECT value FROM json_each(?1)) AND tip_id IS NOT NULL
                        UNION
                        SELECT m.parent_id FROM path CROSS JOIN message AS m ON m.id = path.id
                        WHERE m.parent_id IS NOT NULL
                    )
                    SELECT id AS "id!: i64" FROM message
                    WHERE conversation_id = ?2 AND deletion_id IS NULL AND id NOT IN (SELECT id FROM path)"#,
                    kept,
                    conversation
                )
                .fetch_all(&mut *tx)
                .await?;
                let branches = sqlx::query_scalar!(
                    "SELECT count(*) FROM branch WHERE conversation_id = ? AND deletion_id IS NULL
                    AND id NOT IN (SELECT value FROM json_each(?))",
                    conversation,
                    kept
                )
                .fetch_one(&mut *tx)
                .await?;
                (conversation, nodes, branches)
            }
            DeleteWhat::Deleted { deletion } => {
                let uid = deletion.bytes();
                let found = sqlx::query!(
                    r#"SELECT id AS "id!: i64", conversation_id AS "conversation?: i64", branches, kind FROM deletion
                    WHERE uid = ? AND erase_after > 0"#,
                    uid
                )
                .fetch_optional(&mut *tx)
                .await?
                .ok_or_else(|| StoreError::missing("deletion", deletion))?;
                let conversation = found.conversation.unwrap_or(0);
                let whole = found.kind == "conversation";
                let nodes = sqlx::query_scalar!(
                    r#"SELECT id AS "id!: i64" FROM message
                    WHERE deletion_id = ?1 OR (?2 AND conversation_id = ?3)"#,
                    found.id,
                    whole,
                    conversation
                )
                .fetch_all(&mut *tx)
                .await?;
                (conversation, nodes, found.branches)
            }
        };
        counted(tx, conversation, nodes, branches).await
    }
}

async fn counted(
    tx: &mut SqliteConnection,
    conversation: i64,
    nodes: Vec<i64>,
    branches: i64,
) -> Result<DeletionCount, StoreError> {
    let messages = nodes.len() as u32;
    let nodes = rows::id_list(nodes);
    let row = sqlx::query!(
        r#"WITH doomed (id) AS MATERIALIZED (SELECT value FROM json_each(?1)),
        said (id) AS MATERIALIZED (SELECT DISTINCT m.content_id FROM doomed CROSS JOIN message AS m ON m.id = doomed.id
            WHERE m.content_id IS NOT NULL),
        also (id, conversation_id) AS MATERIALIZED (SELECT other.id, other.conversation_id
            FROM said CROSS JOIN message AS other ON other.content_id = said.id
            JOIN conversation ON conversation.id = other.conversation_id
            WHERE other.deletion_id IS NULL AND conversation.deletion_id IS NULL
                AND other.id NOT IN (SELECT id FROM doomed))
        SELECT
            (SELECT count(*) FROM doomed CROSS JOIN branch ON branch.tip_id = doomed.id
                WHERE branch.deletion_id IS NULL) AS "led!: i64",
            (SELECT count(*) FROM doomed CROSS JOIN bookmark ON bookmark.message_id = doomed.id) AS "bookmarks!: i64",
            (SELECT count(*) FROM doomed CROSS JOIN message AS m ON m.id = doomed.id
                WHERE m.status = 'streaming') AS "streaming!: i64",
            (SELECT count(*) FROM also WHERE conversation_id = ?2) AS "also_here!: i64",
            (SELECT count(DISTINCT conversation_id) FROM also WHERE conversation_id <> ?2) AS "also_in!: i64""#,
        nodes,
        conversation
    )
    .fetch_one(tx)
    .await?;
    Ok(DeletionCount {
        messages,
        branches: rows::count(branches.max(row.led)),
        bookmarks: rows::count(row.bookmarks),
        streaming: rows::count(row.streaming),
        also_here: rows::count(row.also_here),
        also_in: rows::count(row.also_in),
    })
}
