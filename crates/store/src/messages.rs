//! Messages: nodes of trees, and the ways through them.
//!
//! Each node has a skew-binary jump pointer, so any ancestor is O(log n) steps away; reading a page
//! of a path never touches the rest of it.

mod insert;
mod path;
mod view;

pub(crate) use insert::{insert, seal};
pub(crate) use view::{by_ids, page};

use crate::{Store, StoreError, rows, writer::Durability};
use domain::{
    CompletionId, ConversationId, Message, MessageId, MessageStatus, MessageView, Part, Role, Timestamp,
};

/// Messages.
#[derive(Clone, Copy)]
pub struct Messages<'a> {
    pub(crate) store: &'a Store,
}

/// A message to store. Depth, hash and content are found out here.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// A fresh id.
    pub id: MessageId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// The node before it: terminal, and of the same conversation.
    pub parent_id: Option<MessageId>,
    /// Who speaks.
    pub role: Role,
    /// What it says; for one that goes on with another, what that had said.
    pub parts: Vec<Part>,
    /// Where it stands.
    pub status: MessageStatus,
    /// The completion that writes it.
    pub completion_id: Option<CompletionId>,
    /// The message whose text it began with.
    pub continues_id: Option<MessageId>,
    /// When it was begun.
    pub created_at: Timestamp,
}

/// Columns of a message, as every query of this module gives them.
pub(crate) struct MessageRow {
    pub(crate) uid: Vec<u8>,
    pub(crate) conversation: Vec<u8>,
    pub(crate) parent: Option<Vec<u8>>,
    pub(crate) depth: i64,
    pub(crate) role: String,
    pub(crate) parts: Option<String>,
    pub(crate) status: String,
    pub(crate) hash: Option<Vec<u8>>,
    pub(crate) completion: Option<Vec<u8>>,
    pub(crate) continues: Option<Vec<u8>>,
    pub(crate) created_at: i64,
}

/// `messages!(with, tail, args…)`: the columns of [`MessageRow`] of live nodes `m`.
macro_rules! messages {
    ($with:tt, $tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            $crate::messages::MessageRow,
            $with + r#"
            SELECT m.uid, conversation.uid AS conversation, parent.uid AS "parent?", m.depth, m.role,
                content.parts AS "parts?", m.status, m.hash, completion.uid AS "completion?",
                continues.uid AS "continues?", m.created_at
            FROM message AS m
            JOIN conversation ON conversation.id = m.conversation_id
            LEFT JOIN message AS parent ON parent.id = m.parent_id
            LEFT JOIN content ON content.id = m.content_id
            LEFT JOIN completion ON completion.id = m.completion_id
            LEFT JOIN message AS continues ON continues.id = m.continues_id
            WHERE m.deletion_id IS NULL AND conversation.deletion_id IS NULL AND "# + $tail
            $(, $argument)*
        )
    };
}
pub(crate) use messages;

impl TryFrom<MessageRow> for Message {
    type Error = StoreError;

    fn try_from(row: MessageRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: MessageId::from_bytes(&row.uid)?,
            conversation_id: ConversationId::from_bytes(&row.conversation)?,
            parent_id: row.parent.as_deref().map(MessageId::from_bytes).transpose()?,
            depth: rows::count(row.depth),
            role: rows::word(&row.role)?,
            parts: rows::json(row.parts.as_deref())?,
            status: rows::word(&row.status)?,
            hash: row.hash.as_deref().map(rows::hash).transpose()?,
            completion_id: row.completion.as_deref().map(CompletionId::from_bytes).transpose()?,
            continues_id: row.continues.as_deref().map(MessageId::from_bytes).transpose()?,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

impl Messages<'_> {
    /// One message; `None` where there is none, or it was deleted.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn get(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        let uid = id.bytes();
        messages!("", "m.uid = ?", uid)
            .fetch_optional(self.store.readers())
            .await?
            .map(Message::try_from)
            .transpose()
    }

    /// The live children of a message, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn children(&self, parent: MessageId) -> Result<Vec<Message>, StoreError> {
        let uid = parent.bytes();
        messages!("", "m.parent_id = (SELECT id FROM message WHERE uid = ?) ORDER BY m.id", uid)
            .fetch_all(self.store.readers())
            .await?
            .into_iter()
            .map(Message::try_from)
            .collect()
    }

    /// Stores a message outside a run: one that was edited, imported, or merged from `sources`
    /// (the first of which it stands beside).
    ///
    /// # Errors
    /// [`StoreError::Refused`] when its parent or a source is not terminal, or of another conversation.
    pub async fn insert(&self, message: &NewMessage, sources: &[MessageId]) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        insert(&mut tx, message, sources).await?;
        tx.commit().await?;
        self.store.search().catch_up_soon();
        Ok(())
    }

    /// Messages by their ids, in the order of these; those that are gone are left out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn views(&self, ids: &[MessageId]) -> Result<Vec<MessageView>, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        by_ids(&mut snapshot, ids).await
    }

    /// The last `limit` messages of the path to `tip` that are above `before_depth`, in path order:
    /// what a screen shows. It reads these and O(log n) others.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn path_page(
        &self,
        tip: MessageId,
        before_depth: Option<u32>,
        limit: u32,
    ) -> Result<Vec<MessageView>, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        page(&mut snapshot, tip, before_depth, limit).await
    }
}
