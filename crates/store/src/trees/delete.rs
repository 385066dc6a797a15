//! Deleting nodes and branches: tombstones under one deletion, and tips led to where something lives.

use super::{Node, Trees, ancestors, node, stand};
use crate::{StoreError, branches::tip_of, conversations::UNDO, rows, writer::Durability};
use domain::{BranchId, DeletionId, DeletionKind, MessageId, Timestamp};
use sqlx::SqliteConnection;
use std::collections::HashSet;

impl Trees<'_> {
    /// Deletes a message and everything below it. Branches whose tip goes are led to a version beside it
    /// that no other branch shows, else to its parent.
    ///
    /// # Errors
    /// [`StoreError::Streaming`] when an answer among them is still being written.
    pub async fn delete_below(
        &self,
        message: MessageId,
        id: DeletionId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let root = node(&mut tx, message).await?;
        let deletion = begin(&mut tx, id, DeletionKind::Messages, root.conversation_id, at).await?;
        let nodes = sqlx::query!(
            "WITH RECURSIVE below (id) AS (
                SELECT ?1
                UNION ALL
                SELECT m.id FROM below CROSS JOIN message AS m ON m.parent_id = below.id WHERE m.deletion_id IS NULL
            )
            UPDATE message SET deletion_id = ?2 WHERE id IN (SELECT id FROM below)",
            root.id,
            deletion
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        expect_ended(&mut tx, deletion).await?;
        lead_away(&mut tx, deletion, Some(&root)).await?;
        end(&mut tx, deletion, nodes, 0).await?;
        tx.commit().await
    }

    /// Deletes all of a conversation but the paths of these branches: other branches, and the nodes that
    /// only they have.
    ///
    /// # Errors
    /// [`StoreError::Streaming`] as above; [`StoreError::Refused`] when the branches are of several
    /// conversations, or none.
    pub async fn delete_others(
        &self,
        keep: &[BranchId],
        id: DeletionId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let (conversation, kept) = kept(&mut tx, keep).await?;
        let deletion = begin(&mut tx, id, DeletionKind::Messages, conversation, at).await?;
        let nodes = sqlx::query!(
            "WITH RECURSIVE path (id) AS (
                SELECT tip_id FROM branch WHERE id IN (SELECT value FROM json_each(?1)) AND tip_id IS NOT NULL
                UNION
                SELECT m.parent_id FROM path CROSS JOIN message AS m ON m.id = path.id WHERE m.parent_id IS NOT NULL
            )
            UPDATE message SET deletion_id = ?2
            WHERE conversation_id = ?3 AND deletion_id IS NULL AND id NOT IN (SELECT id FROM path)",
            kept,
            deletion,
            conversation
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        expect_ended(&mut tx, deletion).await?;
        let branches = sqlx::query!(
            "UPDATE branch SET deletion_id = ?1
            WHERE conversation_id = ?2 AND deletion_id IS NULL AND id NOT IN (SELECT value FROM json_each(?3))",
            deletion,
            conversation,
            kept
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        lead_away(&mut tx, deletion, None).await?;
        other_head(&mut tx, deletion, conversation).await?;
        end(&mut tx, deletion, nodes, branches).await?;
        tx.commit().await
    }

    /// Deletes a branch: the pointer, no node. Where it was active, another is.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for the last one.
    pub async fn delete_branch(
        &self,
        branch: BranchId,
        id: DeletionId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let branch = stand(&mut tx, branch).await?;
        let others = sqlx::query_scalar!(
            "SELECT count(*) FROM branch WHERE conversation_id = ? AND deletion_id IS NULL AND id <> ?",
            branch.conversation_id,
            branch.id
        )
        .fetch_one(&mut *tx)
        .await?;
        if others == 0 {
            return Err(StoreError::Refused(
                "a conversation keeps one branch; delete the conversation instead".to_owned(),
            ));
        }
        let deletion = begin(&mut tx, id, DeletionKind::Branch, branch.conversation_id, at).await?;
        sqlx::query!("UPDATE branch SET deletion_id = ? WHERE id = ?", deletion, branch.id)
            .execute(&mut *tx)
            .await?;
        other_head(&mut tx, deletion, branch.conversation_id).await?;
        end(&mut tx, deletion, 0, 1).await?;
        tx.commit().await
    }
}

/// The one conversation of these branches, and their rows as a JSON list.
pub(super) async fn kept(tx: &mut SqliteConnection, keep: &[BranchId]) -> Result<(i64, String), StoreError> {
    let (mut conversation, mut ids) = (None, Vec::with_capacity(keep.len()));
    for id in keep {
        let branch = stand(tx, *id).await?;
        if conversation.is_some_and(|c| c != branch.conversation_id) {
            return Err(StoreError::Refused("these branches are not of one conversation".to_owned()));
        }
        conversation = Some(branch.conversation_id);
        ids.push(branch.id);
    }
    let none = || StoreError::Refused("name at least one branch to keep".to_owned());
    Ok((conversation.ok_or_else(none)?, rows::id_list(ids)))
}

async fn begin(
    tx: &mut SqliteConnection,
    id: DeletionId,
    kind: DeletionKind,
    conversation: i64,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let (uid, kind, at) = (id.bytes(), kind.as_str(), at.millis());
    let erase_after = at.saturating_add(UNDO);
    Ok(sqlx::query!(
        "INSERT INTO deletion (uid, kind, nodes, conversation_id, created_at, erase_after) VALUES (?, ?, 0, ?, ?, ?)",
        uid,
        kind,
        conversation,
        at,
        erase_after
    )
    .execute(tx)
    .await?
    .last_insert_rowid())
}

async fn end(tx: &mut SqliteConnection, deletion: i64, nodes: u64, branches: u64) -> Result<(), StoreError> {
    let (nodes, branches) = (nodes as i64, branches as i64);
    sqlx::query!("UPDATE deletion SET nodes = ?, branches = ? WHERE id = ?", nodes, branches, deletion)
        .execute(tx)
        .await?;
    Ok(())
}

async fn expect_ended(tx: &mut SqliteConnection, deletion: i64) -> Result<(), StoreError> {
    let streaming = sqlx::query_scalar!(
        "SELECT count(*) FROM message INDEXED BY message_streaming
        WHERE status = 'streaming' AND deletion_id = ? AND conversation_id =
            (SELECT deletion.conversation_id FROM deletion WHERE deletion.id = message.deletion_id)",
        deletion
    )
    .fetch_one(tx)
    .await?;
    if streaming > 0 { Err(StoreError::Streaming) } else { Ok(()) }
}

/// Leads branches whose tip went to where something lives, deleted branches too: whoever brings one back
/// finds it pointing to a live node.
async fn lead_away(tx: &mut SqliteConnection, deletion: i64, root: Option<&Node>) -> Result<(), StoreError> {
    let lost = sqlx::query!(
        r#"SELECT branch.id AS "id!: i64", branch.tip_id AS "tip_id!: i64", branch.deletion_id
        FROM message JOIN branch ON branch.tip_id = message.id
        WHERE message.deletion_id = ?1 AND branch.deletion_id IS NOT ?1"#,
        deletion
    )
    .fetch_all(&mut *tx)
    .await?;
    for branch in lost {
        let beside = match root {
            Some(root) if branch.deletion_id.is_none() => free_sibling(tx, root).await?,
            _ => None,
        };
        let to = match (beside, root) {
            (Some(tip), _) => Some(tip),
            (None, Some(root)) => root.parent_id,
            (None, None) => live_above(tx, branch.tip_id).await?,
        };
        sqlx::query!("UPDATE branch SET tip_id = ? WHERE id = ?", to, branch.id).execute(&mut *tx).await?;
        sqlx::query!(
            "INSERT INTO deletion_move (deletion_id, branch_id, from_id, to_id) VALUES (?, ?, ?, ?)",
            deletion,
            branch.id,
            branch.tip_id,
            to
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// The end of the newest line beside a node that no live branch goes through: showing one that another
/// column shows already would show the same twice.
async fn free_sibling(tx: &mut SqliteConnection, root: &Node) -> Result<Option<i64>, StoreError> {
    let siblings = sqlx::query!(
        r#"SELECT id AS "id!: i64", uid FROM message
        WHERE conversation_id = ? AND parent_id IS ? AND deletion_id IS NULL ORDER BY id DESC"#,
        root.conversation_id,
        root.parent_id
    )
    .fetch_all(&mut *tx)
    .await?;
    let tips = sqlx::query_scalar!(
        r#"SELECT branch.tip_id AS "tip_id!: i64" FROM branch JOIN message ON message.id = branch.tip_id
        WHERE branch.conversation_id = ? AND branch.deletion_id IS NULL AND message.deletion_id IS NULL"#,
        root.conversation_id
    )
    .fetch_all(&mut *tx)
    .await?;
    let taken: HashSet<i64> = ancestors(tx, tips, root.depth).await?.into_values().collect();
    let Some(free) = siblings.into_iter().find(|sibling| !taken.contains(&sibling.id)) else {
        return Ok(None);
    };
    let tip = tip_of(tx, MessageId::from_bytes(&free.uid)?).await?;
    Ok(Some(node(tx, tip).await?.id))
}

/// The nearest live node above one that went.
async fn live_above(tx: &mut SqliteConnection, tip: i64) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"WITH RECURSIVE up (id, number) AS (
            SELECT ?1, 0
            UNION ALL
            SELECT m.parent_id, number + 1 FROM up CROSS JOIN message AS m ON m.id = up.id
            WHERE m.deletion_id IS NOT NULL AND m.parent_id IS NOT NULL
        )
        SELECT m.id AS "id!: i64" FROM up CROSS JOIN message AS m ON m.id = up.id
        WHERE m.deletion_id IS NULL ORDER BY number LIMIT 1"#,
        tip
    )
    .fetch_optional(tx)
    .await?)
}

/// Makes another branch active where the active one went, and remembers which it was.
async fn other_head(tx: &mut SqliteConnection, deletion: i64, conversation: i64) -> Result<(), StoreError> {
    let done = sqlx::query!(
        r#"UPDATE deletion SET head_id = (SELECT branch.id FROM conversation
            JOIN branch ON branch.id = conversation.head_branch_id
            WHERE conversation.id = ?2 AND branch.deletion_id = ?1)
        WHERE id = ?1 RETURNING head_id AS "head_id?: i64""#,
        deletion,
        conversation
    )
    .fetch_one(&mut *tx)
    .await?;
    if done.head_id.is_some() {
        sqlx::query!(
            "UPDATE conversation SET head_branch_id = (SELECT id FROM branch WHERE conversation_id = ?1
                AND deletion_id IS NULL ORDER BY shown DESC, kind = 'main' DESC, ord, id LIMIT 1) WHERE id = ?1",
            conversation
        )
        .execute(&mut *tx)
        .await?;
    }
    // There always is a column to be seen.
    sqlx::query!(
        "UPDATE branch SET shown = 1 WHERE id = (SELECT head_branch_id FROM conversation WHERE id = ?1)
        AND NOT EXISTS (SELECT 1 FROM branch WHERE conversation_id = ?1 AND deletion_id IS NULL AND shown = 1)",
        conversation
    )
    .execute(tx)
    .await?;
    Ok(())
}
