//! Doing one thing to many conversations, all or none of it, and taking it back.

use super::{Conversations, delete_row, restore_row};
use crate::{StoreError, folders, rows, tags, writer::Durability};
use domain::{BatchAction, ConversationId, Timestamp};
use sqlx::SqliteConnection;

/// What a batch did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// Conversations that are different now.
    pub changed: Vec<ConversationId>,
    /// Those left alone because an answer in them is still being written.
    pub streaming: Vec<ConversationId>,
    /// What takes it back.
    pub undo: Undo,
}

/// What takes a batch back: what was so before, of those that it changed. It speaks of rows, and
/// what is gone for good meanwhile is passed over: another may have its row by now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undo(Vec<(i64, ConversationId, Before)>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Before {
    Folder(Option<i64>),
    Tags { added: Vec<String>, removed: Vec<String> },
    Pinned(bool),
    Archived(bool),
    Live,
}

struct Row {
    id: i64,
    uid: Vec<u8>,
    folder_id: Option<i64>,
    pinned: i64,
    archived: i64,
    streaming: i64,
}

impl Conversations<'_> {
    /// Does one thing to many conversations. Ids of none that lives are passed over.
    ///
    /// # Errors
    /// When the folder is not there, or it cannot be written; then nothing has changed.
    pub async fn change(
        &self,
        ids: &[ConversationId],
        action: &BatchAction,
        at: Timestamp,
    ) -> Result<Changed, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let folder = match action {
            BatchAction::Move { folder: Some(folder) } => Some(folders::row_id(&mut tx, *folder).await?),
            _ => None,
        };
        let (mut add, mut remove) = (Vec::new(), Vec::new());
        if let BatchAction::Tag { add: wanted, remove: unwanted } = action {
            for name in unwanted {
                remove.extend(tags::find(&mut tx, name.trim()).await?.map(|id| (id, name.trim().to_owned())));
            }
            for name in wanted {
                let tag = (tags::put(&mut tx, name.trim()).await?, name.trim().to_owned());
                if !add.iter().chain(&remove).any(|(there, _)| *there == tag.0) {
                    add.push(tag);
                }
            }
        }
        let mut done = Changed::default();
        for row in live(&mut tx, ids).await? {
            let id = ConversationId::from_bytes(&row.uid)?;
            let before = match action {
                BatchAction::Move { .. } if row.folder_id != folder => {
                    put_into(&mut tx, row.id, folder).await?;
                    Some(Before::Folder(row.folder_id))
                }
                BatchAction::Tag { .. } => tag(&mut tx, row.id, &add, &remove).await?,
                BatchAction::Pin { pinned } if *pinned != (row.pinned != 0) => {
                    pin(&mut tx, row.id, *pinned).await?;
                    Some(Before::Pinned(!pinned))
                }
                BatchAction::Archive { archived } if *archived != (row.archived != 0) => {
                    archive(&mut tx, row.id, *archived).await?;
                    Some(Before::Archived(!archived))
                }
                BatchAction::Delete if row.streaming > 0 => {
                    done.streaming.push(id);
                    None
                }
                BatchAction::Delete => {
                    delete_row(&mut tx, row.id, at).await?;
                    Some(Before::Live)
                }
                _ => None,
            };
            if let Some(before) = before {
                done.changed.push(id);
                done.undo.0.push((row.id, id, before));
            }
        }
        forget_unused(&mut tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Takes a batch back; says which conversations are different now.
    ///
    /// # Errors
    /// When it cannot be written; then nothing has changed.
    pub async fn undo(&self, undo: &Undo) -> Result<Vec<ConversationId>, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let mut changed = Vec::with_capacity(undo.0.len());
        for (row, id, before) in &undo.0 {
            let found = sqlx::query_scalar!(
                "SELECT uid FROM conversation WHERE id = ?1 AND (deletion_id IS NULL OR ?2)",
                row,
                *before == Before::Live
            )
            .fetch_optional(&mut *tx)
            .await?;
            if found.is_none_or(|uid| uid != id.bytes()) {
                continue;
            }
            changed.push(*id);
            match before {
                Before::Folder(folder) => put_into(&mut tx, *row, *folder).await?,
                Before::Pinned(pinned) => pin(&mut tx, *row, *pinned).await?,
                Before::Archived(archived) => archive(&mut tx, *row, *archived).await?,
                Before::Live => restore_row(&mut tx, *row).await?,
                Before::Tags { added, removed } => {
                    for name in added {
                        if let Some(tag) = tags::find(&mut tx, name).await? {
                            untag(&mut tx, *row, tag).await?;
                        }
                    }
                    for name in removed {
                        let tag = tags::put(&mut tx, name).await?;
                        put_on(&mut tx, *row, tag).await?;
                    }
                }
            }
        }
        forget_unused(&mut tx).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

async fn live(tx: &mut SqliteConnection, ids: &[ConversationId]) -> Result<Vec<Row>, StoreError> {
    let uids: Vec<String> = ids.iter().map(|id| id.uuid().simple().to_string()).collect();
    let uids = rows::to_json(&uids)?;
    Ok(sqlx::query_as!(
        Row,
        r#"SELECT c.id AS "id!", c.uid, c.folder_id, c.pinned, c.archived,
            (SELECT count(*) FROM message INDEXED BY message_streaming
                WHERE conversation_id = c.id AND status = 'streaming') AS "streaming!: i64"
        FROM conversation AS c
        WHERE c.deletion_id IS NULL AND c.uid IN (SELECT unhex(value) FROM json_each(?))
        ORDER BY c.id"#,
        uids
    )
    .fetch_all(tx)
    .await?)
}

/// Adds and removes tags; what was so before, where that was different.
async fn tag(
    tx: &mut SqliteConnection,
    row: i64,
    add: &[(i64, String)],
    remove: &[(i64, String)],
) -> Result<Option<Before>, StoreError> {
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    for (tag, name) in add {
        if put_on(tx, row, *tag).await? {
            added.push(name.clone());
        }
    }
    for (tag, name) in remove {
        if untag(tx, row, *tag).await? {
            removed.push(name.clone());
        }
    }
    let different = !added.is_empty() || !removed.is_empty();
    Ok(different.then_some(Before::Tags { added, removed }))
}

async fn put_on(tx: &mut SqliteConnection, row: i64, tag: i64) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "INSERT OR IGNORE INTO conversation_tag (conversation_id, tag_id) VALUES (?, ?)",
        row,
        tag
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

async fn untag(tx: &mut SqliteConnection, row: i64, tag: i64) -> Result<bool, StoreError> {
    let done =
        sqlx::query!("DELETE FROM conversation_tag WHERE conversation_id = ? AND tag_id = ?", row, tag)
            .execute(tx)
            .await?;
    Ok(done.rows_affected() > 0)
}

async fn put_into(tx: &mut SqliteConnection, row: i64, folder: Option<i64>) -> Result<(), StoreError> {
    // A folder that was removed meanwhile holds nothing any more.
    sqlx::query!(
        "UPDATE conversation SET folder_id = (SELECT id FROM folder WHERE id = ?) WHERE id = ?",
        folder,
        row
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn pin(tx: &mut SqliteConnection, row: i64, pinned: bool) -> Result<(), StoreError> {
    sqlx::query!("UPDATE conversation SET pinned = ? WHERE id = ?", pinned, row).execute(tx).await?;
    Ok(())
}

async fn archive(tx: &mut SqliteConnection, row: i64, archived: bool) -> Result<(), StoreError> {
    sqlx::query!("UPDATE conversation SET archived = ? WHERE id = ?", archived, row).execute(tx).await?;
    Ok(())
}

/// Tags that nobody has are no tags; those of deleted conversations may come back.
async fn forget_unused(tx: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM tag WHERE NOT EXISTS (SELECT 1 FROM conversation_tag WHERE tag_id = tag.id)")
        .execute(tx)
        .await?;
    Ok(())
}
