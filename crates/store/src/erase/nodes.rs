//! Erasing what one deletion took: nodes, what was asked and answered for them, branches.
//!
//! A text that stands somewhere else too stays there. What went over the wire for a node that goes is
//! erased even where a copy of the node stays: the request said what is to be gone.

use super::{CHUNK, Erase, drop_contents, judgements, secure_index, with_ids};
use crate::{StoreError, rows, writer::Durability};
use domain::{DeletionId, Timestamp};
use sqlx::SqliteConnection;

impl Erase<'_> {
    /// Erases what one deletion took, now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it was taken back, or is erased already; [`StoreError::Streaming`]
    /// while an answer of a deleted conversation, or one made of what is to be erased, is being written.
    /// What is not erased when it fails for another reason cannot be brought back any more, and is erased
    /// by [`Erase::due_nodes`].
    pub async fn deletion(&self, id: DeletionId) -> Result<(), StoreError> {
        let uid = id.bytes();
        let found = sqlx::query!(
            r#"SELECT d.id AS "id!: i64", d.kind, d.conversation_id AS "conversation?: i64",
                EXISTS (SELECT 1 FROM run JOIN completion ON completion.run_id = run.id
                    WHERE run.conversation_id = d.conversation_id
                    AND completion.state IN ('queued', 'streaming')) AS "streaming!: i64"
            FROM deletion AS d WHERE d.uid = ? AND d.erase_after > 0"#,
            uid
        )
        .fetch_optional(self.store.readers())
        .await?
        .ok_or_else(|| StoreError::missing("deletion", &id))?;
        match found.conversation {
            Some(_) if found.kind == "conversation" && found.streaming != 0 => Err(StoreError::Streaming),
            Some(conversation) if found.kind == "conversation" => {
                self.conversation(conversation).await.map(drop)
            }
            _ => self.nodes(found.id).await,
        }
    }

    /// Erases deleted nodes and branches that could be brought back until then; says how many deletions.
    /// What an answer that is being written is made of waits for another time.
    ///
    /// # Errors
    /// When it cannot be written; what is not erased yet is at the next call.
    pub async fn due_nodes(&self, until: Timestamp) -> Result<u32, StoreError> {
        let until = until.millis();
        let due = sqlx::query_scalar!(
            r#"SELECT id AS "id!: i64" FROM deletion WHERE kind <> 'conversation' AND erase_after <= ? ORDER BY id"#,
            until
        )
        .fetch_all(self.store.readers())
        .await?;
        let mut erased = 0;
        for deletion in due {
            match self.nodes(deletion).await {
                Ok(()) => erased += 1,
                Err(StoreError::Streaming) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(erased)
    }

    async fn nodes(&self, deletion: i64) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        secure_index(&mut tx).await?;
        for statement in [
            // Half gone it must not be brought back.
            "UPDATE deletion SET erase_after = 0 WHERE id = ?1",
            // What hangs under it, deleted earlier, goes along.
            "WITH RECURSIVE below (id) AS (
                SELECT id FROM message WHERE deletion_id = ?1
                UNION
                SELECT m.id FROM below CROSS JOIN message AS m ON m.parent_id = below.id
            )
            UPDATE message SET deletion_id = ?1 WHERE deletion_id IS NOT ?1 AND id IN (SELECT id FROM below)",
            "DELETE FROM deletion_move WHERE deletion_id = ?1
                OR branch_id IN (SELECT id FROM branch WHERE deletion_id = ?1)
                OR from_id IN (SELECT id FROM message WHERE deletion_id = ?1)
                OR to_id IN (SELECT id FROM message WHERE deletion_id = ?1)",
            "DELETE FROM cache_entry WHERE run_uid IN (SELECT run.uid FROM message
                JOIN completion ON completion.id = message.completion_id
                JOIN run ON run.id = completion.run_id WHERE message.deletion_id = ?1)",
            "UPDATE branch SET tip_id = NULL WHERE tip_id IN (SELECT id FROM message WHERE deletion_id = ?1)",
            // A title that nobody gave was made from the first words.
            "UPDATE conversation SET title = 'Untitled' WHERE title_by = 'auto' AND EXISTS
                (SELECT 1 FROM message WHERE message.deletion_id = ?1 AND message.depth = 0
                    AND message.conversation_id = conversation.id)",
        ] {
            sqlx::query(statement).bind(deletion).execute(&mut *tx).await?;
        }
        // What it was sent is kept at its end: then there would be nobody to erase it.
        let awaited: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM message AS source
                JOIN message_source ON message_source.source_id = source.id
                JOIN message ON message.id = message_source.message_id
                WHERE source.deletion_id = ?1 AND message.status = 'streaming'
                    AND message.deletion_id IS NOT ?1)",
        )
        .bind(deletion)
        .fetch_one(&mut *tx)
        .await?;
        if awaited {
            return Err(StoreError::Streaming);
        }
        tx.commit().await?;
        while self.some_nodes(deletion).await? {}
        let mut tx = self.store.write(Durability::Power).await?;
        rest(&mut tx, deletion).await?;
        tx.commit().await
    }

    /// Erases some nodes, the deepest first; whether there were any.
    async fn some_nodes(&self, deletion: i64) -> Result<bool, StoreError> {
        let mut tx = self.store.write(Durability::Process).await?;
        let found = sqlx::query!(
            r#"SELECT id AS "id!: i64", content_id, completion_id FROM message
            WHERE deletion_id = ? ORDER BY depth DESC LIMIT ?"#,
            deletion,
            CHUNK
        )
        .fetch_all(&mut *tx)
        .await?;
        if found.is_empty() {
            return Ok(false);
        }
        judgements::forget_on(&mut tx, &rows::id_list(found.iter().map(|row| row.id))).await?;
        let statements = [
            // A synthesis was sent what its sources say.
            "DELETE FROM wire WHERE attempt_id IN (SELECT attempt.id FROM message_source
                JOIN message ON message.id = message_source.message_id
                JOIN attempt ON attempt.completion_id = message.completion_id
                WHERE message_source.source_id IN (SELECT value FROM json_each(?1)))",
            "DELETE FROM sibling_view WHERE message_id IN (SELECT value FROM json_each(?1))
                OR tip_id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM bookmark WHERE message_id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM message_source WHERE message_id IN (SELECT value FROM json_each(?1))",
            "UPDATE message_source SET source_id = NULL WHERE source_id IN (SELECT value FROM json_each(?1))",
            "UPDATE message SET continues_id = NULL WHERE continues_id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM response WHERE message_id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM message WHERE id IN (SELECT value FROM json_each(?1))",
        ];
        with_ids(&mut tx, found.iter().map(|row| row.id), &statements).await?;
        let mut contents: Vec<i64> = found.iter().filter_map(|row| row.content_id).collect();
        let completions: Vec<i64> = found.iter().filter_map(|row| row.completion_id).collect();
        contents.extend(drop_completions(&mut tx, &completions).await?);
        drop_contents(&mut tx, &contents).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Erases what went over the wire for these completions, and those that no message has any more; gives
/// the contents that they had.
async fn drop_completions(tx: &mut SqliteConnection, ids: &[i64]) -> Result<Vec<i64>, StoreError> {
    let statements = [
        "DELETE FROM wire WHERE attempt_id IN (SELECT id FROM attempt
            WHERE completion_id IN (SELECT value FROM json_each(?1)))",
        "DELETE FROM idempotency WHERE run_id IN (SELECT run_id FROM completion
            WHERE id IN (SELECT value FROM json_each(?1)))",
        "DELETE FROM journal WHERE completion_id IN (SELECT value FROM json_each(?1))",
        "UPDATE completion SET error_text = NULL WHERE id IN (SELECT value FROM json_each(?1))",
    ];
    with_ids(tx, ids.iter().copied(), &statements).await?;
    let ids = rows::id_list(ids.iter().copied());
    let unused = sqlx::query!(
        r#"SELECT id AS "id!: i64", system_content_id, tools_content_id FROM completion
        WHERE id IN (SELECT value FROM json_each(?))
        AND NOT EXISTS (SELECT 1 FROM message WHERE completion_id = completion.id)"#,
        ids
    )
    .fetch_all(&mut *tx)
    .await?;
    let statements = [
        "DELETE FROM attempt WHERE completion_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM decision WHERE completion_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM synthesis WHERE completion_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM response WHERE completion_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM completion WHERE id IN (SELECT value FROM json_each(?1))",
    ];
    with_ids(tx, unused.iter().map(|row| row.id), &statements).await?;
    Ok(unused.iter().flat_map(|row| [row.system_content_id, row.tools_content_id]).flatten().collect())
}

/// Erases the branches of a deletion, itself, and deletions that have nothing left.
async fn rest(tx: &mut SqliteConnection, deletion: i64) -> Result<(), StoreError> {
    let contents = sqlx::query_scalar!(
        r#"SELECT system_content_id AS "id!: i64" FROM branch WHERE deletion_id = ? AND system_content_id IS NOT NULL"#,
        deletion
    )
    .fetch_all(&mut *tx)
    .await?;
    for statement in [
        "UPDATE completion SET branch_id = NULL WHERE branch_id IN (SELECT id FROM branch WHERE deletion_id = ?1)",
        "UPDATE deletion SET head_id = NULL WHERE head_id IN (SELECT id FROM branch WHERE deletion_id = ?1)",
        "DELETE FROM deletion_move WHERE branch_id IN (SELECT id FROM branch WHERE deletion_id = ?1)",
        "DELETE FROM branch WHERE deletion_id = ?1",
    ] {
        sqlx::query(statement).bind(deletion).execute(&mut *tx).await?;
    }
    drop_contents(tx, &contents).await?;
    drop_empty(tx).await
}

/// Erases deletions of nodes and branches that hold none any more.
pub(super) async fn drop_empty(tx: &mut SqliteConnection) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM deletion_move WHERE deletion_id IN (SELECT id FROM deletion WHERE kind <> 'conversation'
            AND NOT EXISTS (SELECT 1 FROM message WHERE deletion_id = deletion.id)
            AND NOT EXISTS (SELECT 1 FROM branch WHERE deletion_id = deletion.id))",
        "DELETE FROM deletion WHERE kind <> 'conversation'
            AND NOT EXISTS (SELECT 1 FROM message WHERE deletion_id = deletion.id)
            AND NOT EXISTS (SELECT 1 FROM branch WHERE deletion_id = deletion.id)",
    ] {
        sqlx::query(statement).execute(&mut *tx).await?;
    }
    Ok(())
}
