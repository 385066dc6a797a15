//! What can be done with a tree beyond adding to it: editing, forking, leading branches and columns
//! elsewhere, comparing, marking, deleting and bringing back. Each is one transaction, and each only
//! adds nodes, moves pointers or sets tombstones.
//!
//! Nothing here recurses: chains of 50,000 nodes are walked by SQLite's queues and by loops.

mod chain;
mod columns;
mod compare;
mod count;
mod delete;
mod deletions;
mod figures;
mod marks;
mod merge;
mod overview;
mod restore;

use columns::lay;
pub(crate) use compare::label_of;
pub use compare::{LinePair, Lines};
pub use marks::Source;
pub use merge::Bearer;

use crate::{Store, StoreError, rows};
use domain::{BranchId, MessageId};
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// Trees.
#[derive(Clone, Copy)]
pub struct Trees<'a> {
    pub(crate) store: &'a Store,
}

/// Where a live node stands.
struct Node {
    id: i64,
    conversation_id: i64,
    parent_id: Option<i64>,
    depth: i64,
}

async fn node(tx: &mut SqliteConnection, id: MessageId) -> Result<Node, StoreError> {
    let uid = id.bytes();
    sqlx::query_as!(
        Node,
        r#"SELECT m.id AS "id!", m.conversation_id, m.parent_id, m.depth FROM message AS m
        JOIN conversation ON conversation.id = m.conversation_id
        WHERE m.uid = ? AND m.deletion_id IS NULL AND conversation.deletion_id IS NULL"#,
        uid
    )
    .fetch_optional(tx)
    .await?
    .ok_or_else(|| StoreError::missing("message", &id))
}

/// Where a live branch stands.
struct Stand {
    id: i64,
    conversation_id: i64,
    tip_id: Option<i64>,
    shown: i64,
}

async fn stand(tx: &mut SqliteConnection, id: BranchId) -> Result<Stand, StoreError> {
    let uid = id.bytes();
    sqlx::query_as!(
        Stand,
        r#"SELECT b.id AS "id!", b.conversation_id, b.tip_id, b.shown FROM branch AS b
        JOIN conversation ON conversation.id = b.conversation_id
        WHERE b.uid = ? AND b.deletion_id IS NULL AND conversation.deletion_id IS NULL"#,
        uid
    )
    .fetch_optional(tx)
    .await?
    .ok_or_else(|| StoreError::missing("branch", &id))
}

/// The node at `depth` on the path to `tip`, in O(log n) steps.
async fn ancestor(tx: &mut SqliteConnection, tip: i64, depth: i64) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"WITH RECURSIVE walk (id) AS (
            SELECT id FROM message WHERE id = ?1
            UNION ALL
            SELECT CASE WHEN jump.depth >= ?2 THEN m.jump_id ELSE m.parent_id END
            FROM walk CROSS JOIN message AS m ON m.id = walk.id LEFT JOIN message AS jump ON jump.id = m.jump_id
            WHERE m.depth > ?2
        )
        SELECT message.id AS "id!: i64" FROM walk CROSS JOIN message ON message.id = walk.id WHERE message.depth = ?2"#,
        tip,
        depth
    )
    .fetch_optional(tx)
    .await?)
}

/// [`ancestor`] of many tips at once, by tip; those that do not reach so deep are left out.
async fn ancestors(
    tx: &mut SqliteConnection,
    tips: impl IntoIterator<Item = i64>,
    depth: i64,
) -> Result<HashMap<i64, i64>, StoreError> {
    let tips = rows::id_list(tips);
    let found = sqlx::query!(
        r#"WITH RECURSIVE walk (tip, id) AS (
            SELECT DISTINCT value, value FROM json_each(?1)
            UNION ALL
            SELECT walk.tip, CASE WHEN jump.depth >= ?2 THEN m.jump_id ELSE m.parent_id END
            FROM walk CROSS JOIN message AS m ON m.id = walk.id LEFT JOIN message AS jump ON jump.id = m.jump_id
            WHERE m.depth > ?2
        )
        SELECT walk.tip AS "tip!: i64", m.id AS "id!: i64" FROM walk CROSS JOIN message AS m ON m.id = walk.id
        WHERE m.depth = ?2"#,
        tips,
        depth
    )
    .fetch_all(tx)
    .await?;
    Ok(found.into_iter().map(|row| (row.tip, row.id)).collect())
}

async fn uid_of(tx: &mut SqliteConnection, message: i64) -> Result<MessageId, StoreError> {
    let uid = sqlx::query_scalar!("SELECT uid FROM message WHERE id = ?", message).fetch_one(tx).await?;
    Ok(MessageId::from_bytes(&uid)?)
}

async fn touch(tx: &mut SqliteConnection, conversation: i64, at: i64) -> Result<(), StoreError> {
    sqlx::query!("UPDATE conversation SET updated_at = max(updated_at, ?) WHERE id = ?", at, conversation)
        .execute(tx)
        .await?;
    Ok(())
}

fn off_path() -> StoreError {
    StoreError::Refused("this branch does not go through that message any more".to_owned())
}
