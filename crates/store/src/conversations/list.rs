//! The list of conversations.

use super::Conversations;
use crate::{StoreError, folders, rows, search, tags};
use domain::{
    Archived, ConversationId, ConversationPage, ConversationSummary, FolderId, ListQuery, Target, Timestamp,
};

impl Conversations<'_> {
    /// Conversations: pinned ones first, then in the order that was asked for.
    ///
    /// # Errors
    /// When the file cannot be read, or the folder is not there.
    pub async fn list(&self, query: &ListQuery) -> Result<Vec<ConversationSummary>, StoreError> {
        Ok(self.page(query).await?.conversations)
    }

    /// The same, and how many there are on all pages.
    ///
    /// # Errors
    /// When the file cannot be read, or the folder is not there.
    pub async fn page(&self, query: &ListQuery) -> Result<ConversationPage, StoreError> {
        let text = query.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let mut snapshot = self.store.snapshot().await?;
        // What was said is looked up first, as row ids: the list itself is one question either way.
        let said = match text {
            Some(text) => Some(rows::id_list(search::conversations(self.store, &mut snapshot, text).await?)),
            None => None,
        };
        let title = text.map(search::like);
        let folder = match query.folder {
            Some(folder) => Some(folders::row_id(&mut snapshot, folder).await?),
            None => None,
        };
        let Some(tagged) = tags::filter(&mut snapshot, &query.tags).await? else {
            return Ok(ConversationPage { conversations: Vec::new(), total: 0 });
        };
        let (tag_count, tagged) = (tagged.len() as i64, rows::id_list(tagged));
        let (archived, any) = (query.archived == Archived::Only, query.archived == Archived::With);
        let sources = rows::to_json(&query.sources)?;
        let (from, until) = (query.from.map(Timestamp::millis), query.until.map(Timestamp::millis));
        let (model, sort) = (query.model.as_ref().map(Target::as_str), query.sort.as_str());
        let limit = if query.limit == 0 { -1 } else { i64::from(query.limit) };
        let found = sqlx::query!(
            r#"WITH RECURSIVE within (id) AS (
                SELECT ?1 UNION SELECT folder.id FROM within JOIN folder ON folder.parent_id = within.id
            ), chosen (id, place, total) AS (
                SELECT c.id, row_number() OVER (ORDER BY c.pinned DESC,
                    CASE WHEN ?2 THEN NULL WHEN ?3 = 'created' THEN -c.created_at WHEN ?3 = 'updated' THEN -c.updated_at
                        WHEN ?3 = 'messages' THEN -(SELECT count(*) FROM message WHERE conversation_id = c.id
                            AND message.deletion_id IS NULL AND message.content_id IS NOT NULL) END,
                    CASE WHEN NOT ?2 AND ?3 = 'title' THEN c.title END COLLATE NOCASE,
                    CASE WHEN NOT ?2 THEN NULL WHEN ?3 = 'created' THEN c.created_at WHEN ?3 = 'updated' THEN c.updated_at
                        WHEN ?3 = 'messages' THEN (SELECT count(*) FROM message WHERE conversation_id = c.id
                            AND message.deletion_id IS NULL AND message.content_id IS NOT NULL) END,
                    CASE WHEN ?2 AND ?3 = 'title' THEN c.title END COLLATE NOCASE DESC,
                    CASE WHEN ?2 THEN c.id ELSE -c.id END), count(*) OVER ()
                FROM conversation AS c
                WHERE c.deletion_id IS NULL AND (?4 OR c.archived = ?5)
                    AND (?6 IS NULL OR c.title LIKE ?6 ESCAPE '\' OR c.id IN (SELECT value FROM json_each(?7)))
                    AND (?8 IS NULL OR c.pinned = ?8)
                    AND (?1 IS NULL OR c.folder_id IN (SELECT id FROM within))
                    AND (NOT ?9 OR c.folder_id IS NULL)
                    AND (?10 = 0 OR ?10 = (SELECT count(*) FROM conversation_tag
                        WHERE conversation_id = c.id AND tag_id IN (SELECT value FROM json_each(?11))))
                    AND (?12 IS NULL OR EXISTS (SELECT 1 FROM run JOIN completion ON completion.run_id = run.id
                        WHERE run.conversation_id = c.id AND run.kind <> 'judge'
                        AND coalesce(completion.served, completion.requested) = ?12))
                    AND (?13 = '[]' OR c.source IN (SELECT value FROM json_each(?13)))
                    AND (?14 IS NULL OR c.updated_at >= ?14) AND (?15 IS NULL OR c.updated_at < ?15)
            )
            SELECT c.uid, c.title, c.created_at, c.updated_at, c.source, c.pinned, c.archived,
                chosen.total AS "total!: i64", folder.uid AS "folder?: Vec<u8>",
                (SELECT count(*) FROM message WHERE conversation_id = c.id AND message.deletion_id IS NULL
                    AND message.content_id IS NOT NULL) AS "messages!: i64",
                (SELECT count(*) FROM branch WHERE conversation_id = c.id AND branch.deletion_id IS NULL
                    AND branch.kind IN ('main', 'named')) AS "branches!: i64",
                (SELECT count(*) FROM message INDEXED BY message_streaming
                    WHERE conversation_id = c.id AND status = 'streaming'
                    AND message.deletion_id IS NULL) AS "streaming!: i64",
                (SELECT json_group_array(tag.name) FROM conversation_tag JOIN tag ON tag.id = tag_id
                    WHERE conversation_id = c.id) AS "tags!: String"
            FROM chosen JOIN conversation AS c ON c.id = chosen.id
            LEFT JOIN folder ON folder.id = c.folder_id
            WHERE chosen.place > ?16 AND (?17 < 0 OR chosen.place <= ?16 + ?17) ORDER BY chosen.place"#,
            folder,
            query.reverse,
            sort,
            any,
            archived,
            title,
            said,
            query.pinned,
            query.unfiled,
            tag_count,
            tagged,
            model,
            sources,
            from,
            until,
            query.offset,
            limit
        )
        .fetch_all(&mut *snapshot)
        .await?;
        if found.is_empty() && query.offset > 0 {
            drop(snapshot);
            let first = ListQuery { offset: 0, limit: 1, ..query.clone() };
            let total = Box::pin(self.page(&first)).await?.total;
            return Ok(ConversationPage { conversations: Vec::new(), total });
        }
        let total = found.first().map_or(0, |row| rows::count(row.total));
        let conversations = found
            .into_iter()
            .map(|row| {
                let mut tags: Vec<String> = serde_json::from_str(&row.tags)?;
                tags.sort_by_cached_key(|tag| tag.to_lowercase());
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
                    folder: row.folder.as_deref().map(FolderId::from_bytes).transpose()?,
                    tags,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(ConversationPage { conversations, total })
    }
}
