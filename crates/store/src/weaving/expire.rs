//! Captured conversations that nobody cares for, after their time.

use super::Weaving;
use crate::{StoreError, rows, writer::Durability};
use domain::{ConversationId, Timestamp};

/// Conversations that are marked in one transaction.
const CHUNK: i64 = 100;
const DAY: i64 = 24 * 60 * 60 * 1000;

impl Weaving<'_> {
    /// Deletes captured conversations that have not grown for `days`: they can be erased from now on. Those
    /// that somebody has opened, titled, pinned, filed, bookmarked, voted on, edited or asked in are kept.
    /// Says how many it was.
    ///
    /// # Errors
    /// When it cannot be written; what is not deleted yet is at the next call.
    pub async fn expire(&self, now: Timestamp, days: u32) -> Result<u32, StoreError> {
        let (at, before) = (now.millis(), now.millis() - i64::from(days) * DAY);
        let mut expired = 0;
        loop {
            let due: Vec<i64> = sqlx::query_scalar(
                "SELECT c.id FROM conversation AS c
                WHERE c.source = 'gateway' AND c.updated_at < ? AND c.deletion_id IS NULL AND c.opened_at IS NULL
                    AND c.title_by = 'auto' AND c.pinned = 0 AND c.archived = 0 AND c.folder_id IS NULL
                    AND NOT EXISTS (SELECT 1 FROM run WHERE run.conversation_id = c.id AND run.origin <> 'gateway')
                    AND NOT EXISTS (SELECT 1 FROM draft WHERE draft.conversation_id = c.id)
                    AND NOT EXISTS (SELECT 1 FROM vote JOIN run ON run.id = vote.run_id
                        WHERE run.conversation_id = c.id)
                    AND NOT EXISTS (SELECT 1 FROM message AS m WHERE m.conversation_id = c.id
                        AND ((m.prefix_key IS NULL AND m.completion_id IS NULL)
                            OR EXISTS (SELECT 1 FROM bookmark WHERE bookmark.message_id = m.id)
                            OR EXISTS (SELECT 1 FROM vote_on WHERE vote_on.message_id = m.id)))
                ORDER BY c.updated_at LIMIT ?",
            )
            .bind(before)
            .bind(CHUNK)
            .fetch_all(self.store.readers())
            .await?;
            if due.is_empty() {
                return Ok(expired);
            }
            let mut tx = self.store.write(Durability::Power).await?;
            let deletion = sqlx::query(
                "INSERT INTO deletion (uid, kind, nodes, created_at, erase_after)
                VALUES (randomblob(16), 'conversation', 0, ?1, ?1)",
            )
            .bind(at)
            .execute(&mut *tx)
            .await?
            .last_insert_rowid();
            // Somebody may have opened it in the meantime.
            let marked = sqlx::query(
                "UPDATE conversation SET deletion_id = ?1 WHERE id IN (SELECT value FROM json_each(?2))
                AND deletion_id IS NULL AND opened_at IS NULL AND pinned = 0 AND updated_at < ?3",
            )
            .bind(deletion)
            .bind(rows::id_list(due))
            .bind(before)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            tx.commit().await?;
            expired += u32::try_from(marked).unwrap_or(u32::MAX);
            if marked == 0 {
                return Ok(expired);
            }
        }
    }

    /// Notes that somebody looks at a captured conversation.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn opened(&self, id: ConversationId, now: Timestamp) -> Result<(), StoreError> {
        let unseen: Option<i64> = sqlx::query_scalar(
            "SELECT id FROM conversation WHERE uid = ? AND source = 'gateway' AND opened_at IS NULL",
        )
        .bind(id.bytes())
        .fetch_optional(self.store.readers())
        .await?;
        let Some(row) = unseen else { return Ok(()) };
        let mut tx = self.store.write(Durability::Process).await?;
        sqlx::query("UPDATE conversation SET opened_at = ? WHERE id = ?")
            .bind(now.millis())
            .bind(row)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }
}
