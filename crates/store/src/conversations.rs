//! Conversations: lists, what the workbench opens, whole trees, and deleting.

mod batch;
mod list;
mod tree;
mod view;

pub use batch::{Changed, Undo};

use crate::{Store, StoreError, branches, contents, rows, writer::Durability};
use domain::{Branch, BranchId, Conversation, ConversationId, Timestamp};
use sqlx::SqliteConnection;

/// Conversations.
#[derive(Clone, Copy)]
pub struct Conversations<'a> {
    pub(crate) store: &'a Store,
}

/// What deleting did, and until when it can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deleted {
    /// Nodes that went.
    pub nodes: u32,
    /// Until when `restore` brings them back.
    pub erase_after: Timestamp,
}

/// How long a deletion can be undone, in ms: 30 days.
pub(crate) const UNDO: i64 = 30 * 24 * 60 * 60 * 1000;

struct ConversationRow {
    uid: Vec<u8>,
    title: String,
    source: String,
    head: Option<Vec<u8>>,
    system: Option<String>,
    pinned: i64,
    archived: i64,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<ConversationRow> for Conversation {
    type Error = StoreError;

    fn try_from(row: ConversationRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ConversationId::from_bytes(&row.uid)?,
            title: row.title,
            source: rows::word(&row.source)?,
            head: row.head.as_deref().map(BranchId::from_bytes).transpose()?,
            system: contents::text(row.system.as_deref())?,
            pinned: row.pinned != 0,
            archived: row.archived != 0,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

impl Conversations<'_> {
    /// One conversation; `None` where there is none, or it was deleted.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn get(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        get(&mut *self.store.read().await?, id).await
    }

    /// Stores a conversation in which nothing was said yet, with its first branch.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn create(&self, conversation: &Conversation, main: &Branch) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        insert(&mut tx, conversation).await?;
        branches::insert(&mut tx, main).await?;
        let row = row_id(&mut tx, conversation.id).await?;
        branches::activate(&mut tx, row, main.id).await?;
        tx.commit().await
    }

    /// Gives it a title. One made by the program never replaces one given by the user; `false` says so.
    ///
    /// # Errors
    /// When there is no such conversation.
    pub async fn rename(&self, id: ConversationId, title: &str, by_user: bool) -> Result<bool, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let row = row_id(&mut tx, id).await?;
        let by = if by_user { "user" } else { "auto" };
        let done = sqlx::query!(
            "UPDATE conversation SET title = ?1, title_by = ?2 WHERE id = ?3 AND (?2 = 'user' OR title_by = 'auto')",
            title,
            by,
            row
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Keeps it at the top of lists, or no longer.
    ///
    /// # Errors
    /// When there is no such conversation.
    pub async fn set_pinned(&self, id: ConversationId, pinned: bool) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let row = row_id(&mut tx, id).await?;
        sqlx::query!("UPDATE conversation SET pinned = ? WHERE id = ?", pinned, row)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Hides it from lists, or no longer.
    ///
    /// # Errors
    /// When there is no such conversation.
    pub async fn set_archived(&self, id: ConversationId, archived: bool) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let row = row_id(&mut tx, id).await?;
        sqlx::query!("UPDATE conversation SET archived = ? WHERE id = ?", archived, row)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// System text that new completions get unless their branch has its own.
    ///
    /// # Errors
    /// When there is no such conversation.
    pub async fn set_system(&self, id: ConversationId, system: Option<&str>) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let row = row_id(&mut tx, id).await?;
        let system = contents::put_text(&mut tx, system).await?;
        sqlx::query!("UPDATE conversation SET system_content_id = ? WHERE id = ?", system, row)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Deletes it: it is hidden from everything, and can be brought back for 30 days.
    ///
    /// # Errors
    /// When there is no such conversation.
    pub async fn delete(&self, id: ConversationId, at: Timestamp) -> Result<Deleted, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let row = row_id(&mut tx, id).await?;
        let deleted = delete_row(&mut tx, row, at).await?;
        tx.commit().await?;
        Ok(deleted)
    }

    /// Brings a deleted conversation back as it was. One that is not deleted is left alone.
    ///
    /// # Errors
    /// When there is none, or it is gone for good.
    pub async fn restore(&self, id: ConversationId) -> Result<(), StoreError> {
        let uid = id.bytes();
        let mut tx = self.store.write(Durability::Power).await?;
        let row = sqlx::query_scalar!(r#"SELECT id AS "id!" FROM conversation WHERE uid = ?"#, uid)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| StoreError::missing("conversation", &id))?;
        restore_row(&mut tx, row).await?;
        tx.commit().await
    }
}

async fn delete_row(tx: &mut SqliteConnection, row: i64, at: Timestamp) -> Result<Deleted, StoreError> {
    let nodes = sqlx::query_scalar!(
        "SELECT count(*) FROM message WHERE conversation_id = ? AND deletion_id IS NULL",
        row
    )
    .fetch_one(&mut *tx)
    .await?;
    let (at, erase_after) = (at.millis(), at.millis().saturating_add(UNDO));
    let deletion = sqlx::query!(
        "INSERT INTO deletion (uid, kind, nodes, conversation_id, created_at, erase_after)
        VALUES (randomblob(16), 'conversation', ?, ?, ?, ?)",
        nodes,
        row,
        at,
        erase_after
    )
    .execute(&mut *tx)
    .await?
    .last_insert_rowid();
    sqlx::query!("UPDATE conversation SET deletion_id = ? WHERE id = ?", deletion, row)
        .execute(&mut *tx)
        .await?;
    Ok(Deleted { nodes: rows::count(nodes), erase_after: Timestamp::from_millis(erase_after) })
}

pub(crate) async fn restore_row(tx: &mut SqliteConnection, row: i64) -> Result<(), StoreError> {
    let deletion = sqlx::query_scalar!("SELECT deletion_id FROM conversation WHERE id = ?", row)
        .fetch_one(&mut *tx)
        .await?;
    if let Some(deletion) = deletion {
        sqlx::query!("UPDATE conversation SET deletion_id = NULL WHERE id = ?", row)
            .execute(&mut *tx)
            .await?;
        sqlx::query!("DELETE FROM deletion WHERE id = ?", deletion).execute(tx).await?;
    }
    Ok(())
}

async fn get(tx: &mut SqliteConnection, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    let uid = id.bytes();
    sqlx::query_as!(
        ConversationRow,
        r#"SELECT c.uid, c.title, c.source, branch.uid AS "head?", content.parts AS "system?", c.pinned, c.archived,
            c.created_at, c.updated_at
        FROM conversation AS c LEFT JOIN branch ON branch.id = c.head_branch_id
        LEFT JOIN content ON content.id = c.system_content_id
        WHERE c.uid = ? AND c.deletion_id IS NULL"#,
        uid
    )
    .fetch_optional(tx)
    .await?
    .map(Conversation::try_from)
    .transpose()
}

/// The row of a live conversation.
pub(crate) async fn row_id(tx: &mut SqliteConnection, id: ConversationId) -> Result<i64, StoreError> {
    let uid = id.bytes();
    sqlx::query_scalar!("SELECT id FROM conversation WHERE uid = ? AND deletion_id IS NULL", uid)
        .fetch_optional(tx)
        .await?
        .ok_or_else(|| StoreError::missing("conversation", &id))
}

/// Stores a conversation without its head, which has to be stored first.
pub(crate) async fn insert(tx: &mut SqliteConnection, conversation: &Conversation) -> Result<(), StoreError> {
    let system = contents::put_text(tx, conversation.system.as_deref()).await?;
    let (uid, source) = (conversation.id.bytes(), conversation.source.as_str());
    let (created_at, updated_at) = (conversation.created_at.millis(), conversation.updated_at.millis());
    sqlx::query!(
        "INSERT INTO conversation (uid, title, source, system_content_id, pinned, archived, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        uid,
        conversation.title,
        source,
        system,
        conversation.pinned,
        conversation.archived,
        created_at,
        updated_at
    )
    .execute(tx)
    .await?;
    Ok(())
}
