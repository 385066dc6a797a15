//! Captured conversations that nobody cares for, after their time.

use super::Weaving;
use crate::{StoreError, rows, writer::Durability};
use domain::{ConversationId, Timestamp};

/// Conversations that are marked in one transaction.
const CHUNK: i64 = 100;
/// Calls without attempts that are forgotten in one transaction.
const UNASKED: i64 = 500;
const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * 60 * 60 * 1000;

impl Weaving<'_> {
    /// Deletes captured conversations that have not grown for `days`, and the oldest of those beyond `megabytes`
    /// unless they have grown within the hour: they can be erased from now on. Those
    /// that somebody has opened, titled, pinned, filed, bookmarked, voted on, edited or asked in are kept.
    /// Says how many it was.
    ///
    /// # Errors
    /// When it cannot be written; what is not deleted yet is at the next call.
    pub async fn expire(&self, now: Timestamp, days: u32, megabytes: u32) -> Result<u32, StoreError> {
        let (at, before) = (now.millis(), now.millis() - i64::from(days) * DAY);
        let (most, recent) = (i64::from(megabytes) << 20, at - HOUR);
        self.forget_unasked(before).await?;
        let mut expired = 0;
        loop {
            let due: Vec<i64> = sqlx::query_scalar(
                "SELECT id FROM (
                SELECT c.id, c.updated_at, sum((SELECT coalesce(sum(octet_length(content.parts)), 0)
                        FROM message AS m JOIN content ON content.id = m.content_id WHERE m.conversation_id = c.id)
                    + (SELECT coalesce(sum(blob.size), 0) FROM message AS m
                        JOIN content_blob ON content_blob.content_id = m.content_id
                        JOIN blob ON blob.id = content_blob.blob_id WHERE m.conversation_id = c.id))
                    OVER (ORDER BY c.updated_at DESC, c.id DESC) AS so_far
                FROM conversation AS c
                WHERE c.source = 'gateway' AND c.deletion_id IS NULL AND c.opened_at IS NULL
                    AND c.title_by = 'auto' AND c.pinned = 0 AND c.archived = 0 AND c.folder_id IS NULL
                    AND NOT EXISTS (SELECT 1 FROM run WHERE run.conversation_id = c.id AND run.origin <> 'gateway')
                    AND NOT EXISTS (SELECT 1 FROM draft WHERE draft.conversation_id = c.id)
                    AND NOT EXISTS (SELECT 1 FROM vote JOIN run ON run.id = vote.run_id
                        WHERE run.conversation_id = c.id)
                    AND NOT EXISTS (SELECT 1 FROM message AS m WHERE m.conversation_id = c.id
                        AND ((m.prefix_key IS NULL AND m.completion_id IS NULL)
                            OR EXISTS (SELECT 1 FROM bookmark WHERE bookmark.message_id = m.id)
                            OR EXISTS (SELECT 1 FROM vote_on WHERE vote_on.message_id = m.id))))
                WHERE updated_at < ?1 OR (so_far > ?2 AND updated_at < ?3) ORDER BY updated_at LIMIT ?4",
            )
            .bind(before)
            .bind(most)
            .bind(recent)
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
            .bind(recent)
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

    /// Forgets calls for which nobody was asked (refused ones, counts): nothing hangs on them.
    async fn forget_unasked(&self, before: i64) -> Result<(), StoreError> {
        loop {
            let due: Vec<(i64, i64)> = sqlx::query_as(
                "SELECT c.id, c.run_id FROM completion AS c JOIN run ON run.id = c.run_id
                WHERE c.created_at < ?1 AND run.origin = 'gateway' AND run.request IS NOT NULL
                    AND run.conversation_id IS NULL AND (run.kind = 'count' OR c.state = 'failed')
                    AND NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.completion_id = c.id) LIMIT ?2",
            )
            .bind(before)
            .bind(UNASKED)
            .fetch_all(self.store.readers())
            .await?;
            if due.is_empty() {
                return Ok(());
            }
            let (completions, runs): (Vec<i64>, Vec<i64>) = due.into_iter().unzip();
            let (completions, runs) = (rows::id_list(completions), rows::id_list(runs));
            let mut tx = self.store.write(Durability::Process).await?;
            for (sql, ids) in [
                (
                    "DELETE FROM decision WHERE completion_id IN (SELECT value FROM json_each(?))",
                    &completions,
                ),
                ("DELETE FROM completion WHERE id IN (SELECT value FROM json_each(?))", &completions),
                ("DELETE FROM run WHERE id IN (SELECT value FROM json_each(?))", &runs),
            ] {
                sqlx::query(sql).bind(ids).execute(&mut *tx).await?;
            }
            tx.commit().await?;
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
