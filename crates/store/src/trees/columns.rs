//! Which branches there are, which of them are columns, and which line each shows.

use super::{Node, Trees, ancestor, ancestors, node, stand, uid_of};
use crate::{
    StoreError,
    branches::{self, remember, tip_of},
    conversations, rows,
    writer::Durability,
};
use domain::{Branch, BranchId, BranchPlace, ColumnOf, ConversationId, MessageId, Shown};
use sqlx::SqliteConnection;

struct Lane {
    id: i64,
    uid: Vec<u8>,
    tip_id: Option<i64>,
}

impl Trees<'_> {
    /// Stores a branch, and shows it as wanted. Its place among the columns is found out here.
    ///
    /// # Errors
    /// When its tip is not a live message of its conversation.
    pub async fn fork(&self, branch: &Branch, place: BranchPlace) -> Result<Branch, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        branches::insert(&mut tx, branch).await?;
        lay(&mut tx, branch.id, place).await?;
        tx.commit().await?;
        let made = self.store.branches().get(branch.id).await?;
        made.ok_or_else(|| StoreError::missing("branch", &branch.id))
    }

    /// Gives a branch a name; a column becomes a named branch.
    ///
    /// # Errors
    /// When there is no such branch.
    pub async fn rename(&self, id: BranchId, name: &str) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let branch = stand(&mut tx, id).await?;
        sqlx::query!(
            "UPDATE branch SET name = ?, kind = CASE kind WHEN 'column' THEN 'named' ELSE kind END WHERE id = ?",
            name,
            branch.id
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Keeps a branch at the top of the list, or no longer.
    ///
    /// # Errors
    /// When there is no such branch.
    pub async fn pin(&self, id: BranchId, pinned: bool) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let branch = stand(&mut tx, id).await?;
        sqlx::query!("UPDATE branch SET pinned = ? WHERE id = ?", pinned, branch.id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Keeps where the window is in a branch.
    ///
    /// # Errors
    /// When there is no such branch.
    pub async fn keep_scroll(&self, id: BranchId, scroll: u32) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Process).await?;
        let branch = stand(&mut tx, id).await?;
        sqlx::query!("UPDATE branch SET scroll = ? WHERE id = ?", scroll, branch.id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Makes a branch the active one; one that is no column becomes the only one.
    ///
    /// # Errors
    /// When there is no such branch.
    pub async fn activate(&self, id: BranchId) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let branch = stand(&mut tx, id).await?;
        if branch.shown != 0 {
            branches::activate(&mut tx, branch.conversation_id, id).await?;
        } else {
            lay(&mut tx, id, BranchPlace::Alone).await?;
        }
        tx.commit().await
    }

    /// Makes exactly these the columns, in this order, and gives the branches they are. A message is shown
    /// by a branch that goes through it, else by a new column with the next of the `fresh` ids. Where the
    /// active branch is none of them, the first of them becomes active.
    ///
    /// # Errors
    /// When one of them is not of this conversation, or a branch is named twice.
    pub async fn show(
        &self,
        conversation: ConversationId,
        columns: &[ColumnOf],
        fresh: impl Fn() -> BranchId,
    ) -> Result<Vec<BranchId>, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let row = conversations::row_id(&mut tx, conversation).await?;
        let mut lanes = lanes(&mut tx, row).await?;
        let mut shown: Vec<(i64, BranchId)> = Vec::with_capacity(columns.len());
        // Branches that are named are not taken for a message.
        let named: Vec<BranchId> = columns
            .iter()
            .filter_map(|of| if let ColumnOf::Branch { id } = of { Some(*id) } else { None })
            .collect();
        for of in columns {
            let taken = match of {
                ColumnOf::Branch { id } => {
                    let at = lanes.iter().position(|lane| lane.uid == id.bytes());
                    let at = at.ok_or_else(|| StoreError::missing("branch", id))?;
                    lanes.remove(at)
                }
                ColumnOf::Message { id } => {
                    let node = node(&mut tx, *id).await?;
                    if node.conversation_id != row {
                        return Err(StoreError::missing("message", id));
                    }
                    let tips = lanes.iter().filter_map(|lane| lane.tip_id);
                    let at_depth = ancestors(&mut tx, tips, node.depth).await?;
                    let goes = |lane: &Lane| lane.tip_id.and_then(|tip| at_depth.get(&tip)) == Some(&node.id);
                    let free = |lane: &Lane| named.iter().all(|named| named.bytes() != lane.uid);
                    match lanes.iter().position(|lane| free(lane) && goes(lane)) {
                        Some(at) => lanes.remove(at),
                        None => column_through(&mut tx, row, *id, fresh()).await?,
                    }
                }
            };
            shown.push((taken.id, BranchId::from_bytes(&taken.uid)?));
        }
        let count = shown.len() as i64;
        let order = rows::id_list(shown.iter().map(|(id, _)| *id).chain(lanes.iter().map(|lane| lane.id)));
        sqlx::query!(
            "UPDATE branch SET ord = place.key, shown = (place.key < ?2) FROM json_each(?1) AS place
            WHERE branch.id = place.value AND (branch.ord <> place.key OR branch.shown <> (place.key < ?2))",
            order,
            count
        )
        .execute(&mut *tx)
        .await?;
        if let Some((first, _)) = shown.first() {
            sqlx::query!(
                "UPDATE conversation SET head_branch_id = ?1 WHERE id = ?2
                AND NOT EXISTS (SELECT 1 FROM branch WHERE id = head_branch_id AND shown = 1)",
                first,
                row
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(shown.into_iter().map(|(_, id)| id).collect())
    }

    /// Leads a branch through a message, to the tip that its line was left at, else to its newest end; a
    /// branch that goes through it already stays where it is. Without a branch: a column that goes through
    /// it, else another branch, which becomes the only column, else a new one of the `fresh` id.
    /// `scroll` is where the window is in the line that is left.
    ///
    /// # Errors
    /// When they are not of one conversation.
    pub async fn show_message(
        &self,
        message: MessageId,
        branch: Option<BranchId>,
        fresh: BranchId,
        scroll: Option<u32>,
    ) -> Result<Shown, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let to = node(&mut tx, message).await?;
        let branch = match branch {
            Some(branch) => branch,
            None => {
                if let Some(found) = through(&mut tx, to.conversation_id, to.id, to.depth).await? {
                    found
                } else {
                    column_through(&mut tx, to.conversation_id, message, fresh).await?;
                    fresh
                }
            }
        };
        let stands = stand(&mut tx, branch).await?;
        if stands.conversation_id != to.conversation_id {
            return Err(StoreError::missing("branch", &branch));
        }
        if stands.shown == 0 || branch == fresh {
            lay(&mut tx, branch, BranchPlace::Alone).await?;
        }
        // Where both lines part, the node of the old one beside the new one's.
        let beside = match stands.tip_id {
            Some(tip) => ancestor(&mut tx, tip, to.depth).await?,
            None => None,
        };
        let mut tip = stands.tip_id;
        if beside != Some(to.id) {
            if let (Some(from), Some(leaves)) = (stands.tip_id, parting(&mut tx, stands.tip_id, to.id).await?)
            {
                let (from, leaves) = (uid_of(&mut tx, from).await?, uid_of(&mut tx, leaves).await?);
                remember(&mut tx, leaves, from, scroll).await?;
            }
            let end = end_for(&mut tx, branch, &to, message).await?;
            branches::move_to(&mut tx, branch, end).await?;
            tip = Some(node(&mut tx, end).await?.id);
        }
        let tip = uid_of(&mut tx, tip.unwrap_or(to.id)).await?;
        let scroll = sqlx::query_scalar!("SELECT scroll FROM sibling_view WHERE message_id = ?", to.id)
            .fetch_optional(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Shown { branch, tip, depth: rows::count(to.depth), scroll: scroll.map_or(0, rows::count) })
    }
}

/// Where a branch goes when it is led to a node: to its own line below it, where it asked there; else to
/// where anybody left that line. Columns that share a prompt would else all end at one answer.
async fn end_for(
    tx: &mut SqliteConnection,
    branch: BranchId,
    to: &Node,
    message: MessageId,
) -> Result<MessageId, StoreError> {
    let left = tip_of(tx, message).await?;
    let uid = branch.bytes();
    let own = sqlx::query!(
        "SELECT child.id, child.uid FROM message AS child
        JOIN completion ON completion.id = child.completion_id
        JOIN branch ON branch.id = completion.branch_id
        WHERE child.parent_id = ? AND child.deletion_id IS NULL AND branch.uid = ? ORDER BY child.id DESC",
        to.id,
        uid
    )
    .fetch_all(&mut *tx)
    .await?;
    let Some(newest) = own.first() else { return Ok(left) };
    let tip = node(tx, left).await?.id;
    let through = ancestor(tx, tip, to.depth + 1).await?;
    if own.iter().any(|row| Some(row.id) == through) {
        return Ok(left);
    }
    tip_of(tx, MessageId::from_bytes(&newest.uid)?).await
}

/// A branch whose path goes through a node: columns before others.
async fn through(
    tx: &mut SqliteConnection,
    conversation: i64,
    node: i64,
    depth: i64,
) -> Result<Option<BranchId>, StoreError> {
    let lanes = lanes(tx, conversation).await?;
    let at_depth = ancestors(tx, lanes.iter().filter_map(|lane| lane.tip_id), depth).await?;
    let goes = |lane: &&Lane| lane.tip_id.and_then(|tip| at_depth.get(&tip)) == Some(&node);
    Ok(lanes.iter().find(goes).map(|lane| BranchId::from_bytes(&lane.uid)).transpose()?)
}

/// Live branches, columns first, each in its place.
async fn lanes(tx: &mut SqliteConnection, conversation: i64) -> Result<Vec<Lane>, StoreError> {
    Ok(sqlx::query_as!(
        Lane,
        r#"SELECT id AS "id!", uid, tip_id FROM branch WHERE conversation_id = ? AND deletion_id IS NULL
        ORDER BY shown DESC, ord, id"#,
        conversation
    )
    .fetch_all(tx)
    .await?)
}

/// The node of the path to `tip` that is a sibling of one on the path to `to`: where the two part.
async fn parting(tx: &mut SqliteConnection, tip: Option<i64>, to: i64) -> Result<Option<i64>, StoreError> {
    let Some(tip) = tip else { return Ok(None) };
    let depths = sqlx::query!(
        r#"SELECT tip.depth AS "tip!: i64", node.depth AS "node!: i64" FROM message AS tip, message AS node
        WHERE tip.id = ?1 AND node.id = ?2"#,
        tip,
        to
    )
    .fetch_one(&mut *tx)
    .await?;
    let depth = depths.tip.min(depths.node);
    let (Some(a), Some(b)) = (ancestor(tx, tip, depth).await?, ancestor(tx, to, depth).await?) else {
        return Ok(None);
    };
    if a == b {
        return Ok(None);
    }
    // At equal depth both jump equally far, so the two walk in step, to the last pair that differs.
    Ok(sqlx::query_scalar!(
        r#"WITH RECURSIVE walk (a, b) AS (
            SELECT ?1, ?2
            UNION ALL
            SELECT
                CASE WHEN ma.jump_id IS NOT mb.jump_id THEN ma.jump_id ELSE ma.parent_id END,
                CASE WHEN ma.jump_id IS NOT mb.jump_id THEN mb.jump_id ELSE mb.parent_id END
            FROM walk CROSS JOIN message AS ma ON ma.id = walk.a CROSS JOIN message AS mb ON mb.id = walk.b
            WHERE ma.parent_id IS NOT mb.parent_id
        )
        SELECT ma.id AS "id!: i64" FROM walk
        CROSS JOIN message AS ma ON ma.id = walk.a CROSS JOIN message AS mb ON mb.id = walk.b
        WHERE ma.parent_id IS mb.parent_id"#,
        a,
        b
    )
    .fetch_optional(tx)
    .await?)
}

/// A new column on the line through a message: it asks whom the message's answer came from, else whom
/// the active branch asks.
async fn column_through(
    tx: &mut SqliteConnection,
    conversation: i64,
    message: MessageId,
    id: BranchId,
) -> Result<Lane, StoreError> {
    let tip = tip_of(tx, message).await?;
    let (uid, message, tip) = (id.bytes(), message.bytes(), tip.bytes());
    let row = sqlx::query!(
        "INSERT INTO branch (uid, conversation_id, name, kind, tip_id, target, params, system_content_id, ord)
        SELECT ?1, conversation.id, coalesce(completion.requested, head.target, 'column'), 'column', tip.id,
            coalesce(completion.requested, head.target), coalesce(completion.params, head.params, '{}'),
            head.system_content_id, (SELECT coalesce(max(ord), -1) + 1 FROM branch WHERE conversation_id = ?2)
        FROM conversation JOIN message AS m ON m.uid = ?3 JOIN message AS tip ON tip.uid = ?4
        LEFT JOIN branch AS head ON head.id = conversation.head_branch_id
        LEFT JOIN completion ON completion.id = m.completion_id
        WHERE conversation.id = ?2",
        uid,
        conversation,
        message,
        tip
    )
    .execute(&mut *tx)
    .await?
    .last_insert_rowid();
    let tip_id = sqlx::query_scalar!("SELECT tip_id FROM branch WHERE id = ?", row).fetch_one(tx).await?;
    Ok(Lane { id: row, uid: uid.to_vec(), tip_id })
}

/// Shows a branch as wanted.
pub(crate) async fn lay(
    tx: &mut SqliteConnection,
    id: BranchId,
    place: BranchPlace,
) -> Result<(), StoreError> {
    let branch = stand(tx, id).await?;
    match place {
        BranchPlace::Alone => {
            sqlx::query!(
                "UPDATE branch SET shown = (id = ?1) WHERE conversation_id = ?2 AND shown <> (id = ?1)",
                branch.id,
                branch.conversation_id
            )
            .execute(&mut *tx)
            .await?;
            branches::activate(tx, branch.conversation_id, id).await
        }
        BranchPlace::Beside | BranchPlace::List => {
            let shown = place == BranchPlace::Beside;
            sqlx::query!(
                "UPDATE branch SET shown = ?1, ord = 1 + (SELECT coalesce(max(other.ord), -1) FROM branch AS other
                    WHERE other.conversation_id = ?3 AND other.id <> ?2) WHERE id = ?2",
                shown,
                branch.id,
                branch.conversation_id
            )
            .execute(tx)
            .await?;
            Ok(())
        }
    }
}
