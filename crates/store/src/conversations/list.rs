//! The list of conversations.

use super::Conversations;
use crate::{StoreError, rows, search};
use domain::{ConversationId, ConversationSummary, Timestamp};
use serde::{Deserialize, Serialize};

/// Which conversations to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", default)]
pub struct ListQuery {
    /// Those with this text in their title or in what was said.
    pub text: Option<String>,
    /// The archived ones instead of the others.
    pub archived: bool,
    /// The archived ones and the others.
    pub all: bool,
    /// At most so many; 0 is all.
    pub limit: u32,
    /// How many of the first to leave out.
    pub offset: u32,
}

impl Conversations<'_> {
    /// Conversations: pinned ones first, then the newest.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn list(&self, query: &ListQuery) -> Result<Vec<ConversationSummary>, StoreError> {
        let text = query.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let mut snapshot = self.store.snapshot().await?;
        // What was said is looked up first, as row ids: the list itself is one question either way.
        let said = match text {
            Some(text) => Some(rows::id_list(search::conversations(&mut snapshot, text).await?)),
            None => None,
        };
        let title = text.map(search::like);
        let limit = if query.limit == 0 { -1 } else { i64::from(query.limit) };
        let found = sqlx::query!(
            r#"SELECT c.uid, c.title, c.created_at, c.updated_at, c.source, c.pinned, c.archived,
                (SELECT count(*) FROM message WHERE conversation_id = c.id AND message.deletion_id IS NULL
                    AND message.content_id IS NOT NULL) AS "messages!: i64",
                (SELECT count(*) FROM branch WHERE conversation_id = c.id AND branch.deletion_id IS NULL
                    AND branch.kind IN ('main', 'named')) AS "branches!: i64",
                (SELECT count(*) FROM message INDEXED BY message_streaming
                    WHERE conversation_id = c.id AND status = 'streaming'
                    AND message.deletion_id IS NULL) AS "streaming!: i64"
            FROM conversation AS c
            WHERE c.deletion_id IS NULL AND (?6 OR c.archived = ?1)
                AND (?2 IS NULL OR c.title LIKE ?2 ESCAPE '\' OR c.id IN (SELECT value FROM json_each(?3)))
            ORDER BY c.pinned DESC, c.updated_at DESC, c.id DESC LIMIT ?4 OFFSET ?5"#,
            query.archived,
            title,
            said,
            limit,
            query.offset,
            query.all
        )
        .fetch_all(&mut *snapshot)
        .await?;
        found
            .into_iter()
            .map(|row| {
                Ok(ConversationSummary {
                    id: ConversationId::from_bytes(&row.uid)?,
                    title: row.title,
                    created_at: Timestamp::from_millis(row.created_at),
                    updated_at: Timestamp::from_millis(row.updated_at),
                    messages: rows::count(row.messages),
                    branches: rows::count(row.branches),
                    source: rows::word(&row.source)?,
                    pinned: row.pinned != 0,
                    archived: row.archived != 0,
                    streaming: rows::count(row.streaming),
                })
            })
            .collect()
    }
}
