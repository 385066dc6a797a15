//! Copies of chains: what follows an edited message, and a path opened as a new conversation. Node rows
//! are new, contents are shared; within a conversation a copy has the completion of what it is a copy of.

use super::{Trees, ancestor, node, off_path, stand, touch, uid_of};
use crate::{
    Move, NewMessage, StoreError,
    branches::{self, remember},
    contents, conversations, messages, rows,
    writer::Durability,
};
use domain::{
    Branch, BranchId, Conversation, ConversationId, Hash, MessageId, MessageStatus, Role, SaveEdit,
    SavedEdit, Timestamp, node_hash,
};
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// A node to be copied.
struct Link {
    id: i64,
    role: String,
    status: String,
    content_id: Option<i64>,
    content_hash: Option<Vec<u8>>,
    completion_id: Option<i64>,
    choice: i64,
    continues_id: Option<i64>,
    hidden: i64,
    source_id: Option<String>,
    created_at: i64,
}

impl Trees<'_> {
    /// Stores what was said without being asked for, at the end of a branch.
    ///
    /// # Errors
    /// [`StoreError::Moved`] when the branch does not end where the message goes on.
    pub async fn add_message(&self, message: &NewMessage, branch: BranchId) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        messages::insert(&mut tx, message, &[]).await?;
        let step = Move { branch, from: message.parent_id, to: message.id, leaves: None, defaults: None };
        branches::go_on(&mut tx, &step).await?;
        let stands = stand(&mut tx, branch).await?;
        touch(&mut tx, stands.conversation_id, message.created_at.millis()).await?;
        tx.commit().await?;
        self.store.search().catch_up_soon();
        Ok(())
    }

    /// Puts an edited message beside an old one on a branch, with copies of what followed there. The old
    /// line stays, and is found again where it was left.
    ///
    /// # Errors
    /// When the branch does not go through the message, or its tip is still being written.
    pub async fn save_edit(
        &self,
        edit: &SaveEdit,
        at: Timestamp,
        mut fresh: impl FnMut() -> MessageId + Send,
    ) -> Result<SavedEdit, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let branch = stand(&mut tx, edit.branch).await?;
        let old = node(&mut tx, edit.message).await?;
        let tip = branch.tip_id.ok_or_else(off_path)?;
        if branch.conversation_id != old.conversation_id
            || ancestor(&mut tx, tip, old.depth).await? != Some(old.id)
        {
            return Err(off_path());
        }
        let mut line = line(&mut tx, tip, old.depth - 1).await?;
        if line.last().is_some_and(|link| link.status == "streaming") {
            return Err(StoreError::Streaming);
        }
        let first = line.remove(0);
        let role: Role = rows::word(&first.role)?;
        let (conversation, parent) = names(&mut tx, old.conversation_id, old.parent_id).await?;
        let edited = NewMessage {
            id: fresh(),
            conversation_id: conversation,
            parent_id: parent,
            role,
            parts: edit.parts.clone(),
            status: MessageStatus::Complete,
            completion_id: None,
            continues_id: None,
            created_at: at,
        };
        let row = messages::insert(&mut tx, &edited, &[]).await?;
        let to = copy(&mut tx, old.conversation_id, Some(row), &line, &mut fresh).await?;
        let (from, to) = (uid_of(&mut tx, tip).await?, uid_of(&mut tx, to.unwrap_or(row)).await?);
        remember(&mut tx, edit.message, from, None).await?;
        branches::move_to(&mut tx, edit.branch, to).await?;
        touch(&mut tx, old.conversation_id, at.millis()).await?;
        tx.commit().await?;
        self.store.search().catch_up_soon();
        Ok(SavedEdit { message: edited.id, tip: to, carried: line.len() as u32 })
    }

    /// Opens the path to a message as a new conversation with one branch.
    ///
    /// # Errors
    /// When there is no such message, or it is still being written.
    pub async fn copy_path(
        &self,
        tip: MessageId,
        conversation: &Conversation,
        branch: &Branch,
        mut fresh: impl FnMut() -> MessageId + Send,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let tip = node(&mut tx, tip).await?;
        let line = line(&mut tx, tip.id, -1).await?;
        if line.last().is_some_and(|link| link.status == "streaming") {
            return Err(StoreError::Streaming);
        }
        conversations::insert(&mut tx, conversation).await?;
        branches::insert(&mut tx, branch).await?;
        let row = conversations::row_id(&mut tx, conversation.id).await?;
        if let Some(to) = copy(&mut tx, row, None, &line, &mut fresh).await? {
            let to = uid_of(&mut tx, to).await?;
            branches::move_to(&mut tx, branch.id, to).await?;
        }
        branches::activate(&mut tx, row, branch.id).await?;
        tx.commit().await
    }
}

async fn names(
    tx: &mut SqliteConnection,
    conversation: i64,
    parent: Option<i64>,
) -> Result<(ConversationId, Option<MessageId>), StoreError> {
    let uid = sqlx::query_scalar!("SELECT uid FROM conversation WHERE id = ?", conversation)
        .fetch_one(&mut *tx)
        .await?;
    let parent = match parent {
        Some(parent) => Some(uid_of(tx, parent).await?),
        None => None,
    };
    Ok((ConversationId::from_bytes(&uid)?, parent))
}

/// The path to `tip` below `above`, a depth, in path order.
async fn line(tx: &mut SqliteConnection, tip: i64, above: i64) -> Result<Vec<Link>, StoreError> {
    Ok(sqlx::query_as!(
        Link,
        r#"WITH RECURSIVE line (id) AS (
            SELECT id FROM message WHERE id = ?1
            UNION ALL
            SELECT m.parent_id FROM line CROSS JOIN message AS m ON m.id = line.id
            WHERE m.depth > ?2 + 1 AND m.parent_id IS NOT NULL
        )
        SELECT m.id AS "id!: i64", m.role AS "role!: String", m.status AS "status!: String",
            m.content_id AS "content_id?: i64", content.hash AS "content_hash?: Vec<u8>",
            m.completion_id AS "completion_id?: i64", m.choice AS "choice!: i64",
            m.continues_id AS "continues_id?: i64", m.hidden AS "hidden!: i64", m.source_id AS "source_id?: String",
            m.created_at AS "created_at!: i64"
        FROM line CROSS JOIN message AS m ON m.id = line.id LEFT JOIN content ON content.id = m.content_id
        ORDER BY m.depth"#,
        tip,
        above
    )
    .fetch_all(tx)
    .await?)
}

/// Depth and jump pointer of nodes that were met.
type Met = HashMap<i64, (i64, Option<i64>)>;

/// Copies a chain below `under`, or as a new root; gives the row of its end.
async fn copy(
    tx: &mut SqliteConnection,
    conversation: i64,
    under: Option<i64>,
    line: &[Link],
    fresh: &mut (impl FnMut() -> MessageId + Send),
) -> Result<Option<i64>, StoreError> {
    if line.is_empty() {
        return Ok(None);
    }
    let mut met = Met::new();
    let mut parent = under;
    let mut parent_hash: Option<Hash> = match under {
        Some(under) => {
            let hash = sqlx::query_scalar!("SELECT hash FROM message WHERE id = ?", under)
                .fetch_one(&mut *tx)
                .await?;
            hash.as_deref().map(rows::hash).transpose()?
        }
        None => None,
    };
    let mut next = sqlx::query_scalar!(r#"SELECT coalesce(max(id), 0) + 1 AS "next!: i64" FROM message"#)
        .fetch_one(&mut *tx)
        .await?;
    let mut sources = sources_of(tx, line).await?;
    let (mut copies, mut merges) = (Vec::with_capacity(line.len()), Vec::new());
    for link in line {
        let (id, role): (i64, Role) = (next, rows::word(&link.role)?);
        next += 1;
        let said = link.content_hash.as_deref().map_or_else(|| Ok(contents::nothing()), rows::hash)?;
        let from = sources.remove(&link.id).unwrap_or_default();
        let hash = node_hash(role, said, parent_hash, &from);
        let (depth, jump) = match parent {
            Some(parent) => {
                let (depth, jump) = look(tx, &mut met, parent).await?;
                let up = jump.unwrap_or(parent);
                let (up_depth, far) = look(tx, &mut met, up).await?;
                let far = far.unwrap_or(up);
                let (far_depth, _) = look(tx, &mut met, far).await?;
                let equal = depth - up_depth == up_depth - far_depth;
                (depth + 1, Some(if equal { far } else { parent }))
            }
            None => (0, None),
        };
        met.insert(id, (depth, jump));
        if !from.is_empty() {
            merges.push((id, link.id));
        }
        let uid = fresh().uuid().simple().to_string();
        copies.push(serde_json::json!([
            id,
            uid,
            parent,
            depth,
            jump,
            link.role,
            link.status,
            link.content_id,
            hash.to_string(),
            // Asking it again is asking in the conversation that it was asked in.
            under.and(link.completion_id),
            link.choice,
            link.continues_id,
            link.hidden,
            // Within a conversation one node is what a newer export of it means by that id.
            if under.is_some() { None } else { link.source_id.as_deref() },
            link.created_at,
        ]));
        (parent, parent_hash) = (Some(id), Some(hash));
    }
    let copies = rows::to_json(&copies)?;
    // What it went on with is a node of the old conversation, where it was copied from another.
    sqlx::query!(
        "INSERT INTO message (id, uid, conversation_id, parent_id, depth, jump_id, role, status, content_id, hash,
            completion_id, choice, continues_id, hidden, source_id, copied, created_at)
        SELECT value ->> 0, unhex(value ->> 1), ?2, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
            value ->> 7, unhex(value ->> 8), value ->> 9, value ->> 10,
            (SELECT id FROM message WHERE id = value ->> 11 AND conversation_id = ?2), value ->> 12, value ->> 13, 1,
            value ->> 14
        FROM json_each(?1)",
        copies,
        conversation
    )
    .execute(&mut *tx)
    .await?;
    for (copy, of) in merges {
        sqlx::query!(
            "INSERT INTO message_source (message_id, ord, source_id, hash)
            SELECT ?1, ord, (SELECT id FROM message WHERE id = source_id AND conversation_id = ?3), hash
            FROM message_source WHERE message_id = ?2",
            copy,
            of,
            conversation
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(parent)
}

async fn look(tx: &mut SqliteConnection, met: &mut Met, id: i64) -> Result<(i64, Option<i64>), StoreError> {
    if let Some(known) = met.get(&id) {
        return Ok(*known);
    }
    let row = sqlx::query!("SELECT depth, jump_id FROM message WHERE id = ?", id).fetch_one(tx).await?;
    met.insert(id, (row.depth, row.jump_id));
    Ok((row.depth, row.jump_id))
}

/// The source hashes of the merges among these.
async fn sources_of(tx: &mut SqliteConnection, line: &[Link]) -> Result<HashMap<i64, Vec<Hash>>, StoreError> {
    let ids = rows::id_list(line.iter().map(|link| link.id));
    let found = sqlx::query!(
        r#"SELECT message_id AS "message_id!: i64", hash AS "hash!: Vec<u8>" FROM message_source
        WHERE message_id IN (SELECT value FROM json_each(?)) ORDER BY message_id, ord"#,
        ids
    )
    .fetch_all(tx)
    .await?;
    let mut sources: HashMap<i64, Vec<Hash>> = HashMap::new();
    for row in found {
        sources.entry(row.message_id).or_default().push(rows::hash(&row.hash)?);
    }
    Ok(sources)
}
