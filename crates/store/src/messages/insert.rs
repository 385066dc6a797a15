//! Storing a node: where it stands, what it says, and what it is bound to.

use super::NewMessage;
use crate::{StoreError, contents, rows};
use domain::{Hash, MessageId, MessageStatus, Part, Role, node_hash};
use sqlx::SqliteConnection;

struct Parent {
    id: i64,
    depth: i64,
    hash: Hash,
    jump_id: i64,
}

/// Stores a node within a transaction, and gives its row id.
pub(crate) async fn insert(
    tx: &mut SqliteConnection,
    message: &NewMessage,
    sources: &[MessageId],
) -> Result<i64, StoreError> {
    let uid = message.conversation_id.bytes();
    let conversation =
        sqlx::query_scalar!("SELECT id FROM conversation WHERE uid = ? AND deletion_id IS NULL", uid)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| StoreError::missing("conversation", &message.conversation_id))?;
    let parent = match message.parent_id {
        Some(id) => Some(parent(tx, conversation, id).await?),
        None => None,
    };
    let mut source_rows = Vec::with_capacity(sources.len());
    for source in sources {
        source_rows.push(terminal(tx, conversation, *source).await?);
    }
    let content = contents::put_parts(tx, &message.parts).await?;
    let hash = (message.status != MessageStatus::Streaming).then(|| {
        let hashes: Vec<Hash> = source_rows.iter().map(|(_, hash)| *hash).collect();
        let said = content.as_ref().map_or_else(contents::nothing, |stored| stored.hash);
        node_hash(message.role, said, parent.as_ref().map(|p| p.hash), &hashes)
    });
    let completion = match message.completion_id {
        Some(id) => {
            let uid = id.bytes();
            let row = sqlx::query_scalar!("SELECT id FROM completion WHERE uid = ?", uid)
                .fetch_optional(&mut *tx)
                .await?;
            Some(row.ok_or_else(|| StoreError::missing("completion", &id))?)
        }
        None => None,
    };
    let continues = match message.continues_id {
        Some(id) => Some(terminal(tx, conversation, id).await?.0),
        None => None,
    };

    let (uid, role, status) = (message.id.bytes(), message.role.as_str(), message.status.as_str());
    let (parent_id, jump_id) = (parent.as_ref().map(|p| p.id), parent.as_ref().map(|p| p.jump_id));
    let depth = parent.as_ref().map_or(0, |p| p.depth + 1);
    let content_id = content.map(|stored| stored.id);
    let hash = hash.as_ref().map(|hash| hash.bytes().as_slice());
    let created_at = message.created_at.millis();
    let id = sqlx::query!(
        "INSERT INTO message (uid, conversation_id, parent_id, depth, jump_id, role, status, content_id, hash,
            completion_id, continues_id, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        uid,
        conversation,
        parent_id,
        depth,
        jump_id,
        role,
        status,
        content_id,
        hash,
        completion,
        continues,
        created_at
    )
    .execute(&mut *tx)
    .await?
    .last_insert_rowid();
    for (ord, (source, hash)) in source_rows.into_iter().enumerate() {
        let (ord, hash) = (ord as i64, hash.bytes().to_vec());
        sqlx::query!(
            "INSERT INTO message_source (message_id, ord, source_id, hash) VALUES (?, ?, ?, ?)",
            id,
            ord,
            source,
            hash
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(id)
}

/// Gives a streaming node its terminal state, and says whether it was streaming.
pub(crate) async fn seal(
    tx: &mut SqliteConnection,
    id: i64,
    parts: &[Part],
    status: MessageStatus,
) -> Result<bool, StoreError> {
    let node = sqlx::query!(
        r#"SELECT m.role, parent.hash AS "parent_hash?" FROM message AS m
        LEFT JOIN message AS parent ON parent.id = m.parent_id WHERE m.id = ? AND m.status = 'streaming'"#,
        id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(node) = node else { return Ok(false) };
    let sources =
        sqlx::query_scalar!("SELECT hash FROM message_source WHERE message_id = ? ORDER BY ord", id)
            .fetch_all(&mut *tx)
            .await?;
    let sources = sources.iter().map(|hash| rows::hash(hash)).collect::<Result<Vec<_>, _>>()?;
    let parent = node.parent_hash.as_deref().map(rows::hash).transpose()?;
    let role: Role = rows::word(&node.role)?;
    let content = contents::put_parts(tx, parts).await?;
    let said = content.as_ref().map_or_else(contents::nothing, |stored| stored.hash);
    let hash = node_hash(role, said, parent, &sources);
    let (content, hash, status) = (content.map(|stored| stored.id), hash.bytes().as_slice(), status.as_str());
    sqlx::query!(
        "UPDATE message SET content_id = ?, hash = ?, status = ? WHERE id = ?",
        content,
        hash,
        status,
        id
    )
    .execute(tx)
    .await?;
    Ok(true)
}

/// A node that others may refer to: live, of this conversation, and never to change again.
async fn terminal(
    tx: &mut SqliteConnection,
    conversation: i64,
    id: MessageId,
) -> Result<(i64, Hash), StoreError> {
    let uid = id.bytes();
    let row = sqlx::query!(
        "SELECT id, conversation_id, hash FROM message WHERE uid = ? AND deletion_id IS NULL",
        uid
    )
    .fetch_optional(tx)
    .await?
    .ok_or_else(|| StoreError::missing("message", &id))?;
    if row.conversation_id != conversation {
        return Err(StoreError::Refused(format!("message `{id}` belongs to another conversation")));
    }
    let Some(hash) = row.hash else {
        return Err(StoreError::Refused(format!("message `{id}` is still being written; wait for its end")));
    };
    Ok((row.id, rows::hash(&hash)?))
}

async fn parent(tx: &mut SqliteConnection, conversation: i64, id: MessageId) -> Result<Parent, StoreError> {
    let (row_id, hash) = terminal(tx, conversation, id).await?;
    let place = sqlx::query!(
        r#"SELECT m.depth, jump.id AS "jump_id?", jump.depth AS "jump_depth?",
            far.id AS "far_id?", far.depth AS "far_depth?"
        FROM message AS m LEFT JOIN message AS jump ON jump.id = m.jump_id
        LEFT JOIN message AS far ON far.id = jump.jump_id WHERE m.id = ?"#,
        row_id
    )
    .fetch_one(tx)
    .await?;
    // A root jumps to itself.
    let (jump_id, jump_depth) = (place.jump_id.unwrap_or(row_id), place.jump_depth.unwrap_or(place.depth));
    let (far_id, far_depth) = (place.far_id.unwrap_or(jump_id), place.far_depth.unwrap_or(jump_depth));
    let equal = place.depth - jump_depth == jump_depth - far_depth;
    Ok(Parent { id: row_id, depth: place.depth, hash, jump_id: if equal { far_id } else { row_id } })
}
