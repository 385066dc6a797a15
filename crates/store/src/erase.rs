//! Erasing: what was deleted, gone from every table, index and log. In chunks, so that answers being
//! written wait for none of it; each chunk takes along the contents and blobs that only it used, so
//! that dying in between leaves nothing that nobody would find again.
//!
//! What is written over an erased row is zeros (`secure_delete`), but a page that SQLite rearranged
//! may hold a copy of what stood on it before. [`Erase::compact`] writes the file anew without such
//! leftovers, and empties the log.

mod nodes;

use crate::{Store, StoreError, judgements, open, rows, writer::Durability};
use domain::{Hash, Timestamp};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::time::Duration;

/// Erasing.
#[derive(Clone, Copy)]
pub struct Erase<'a> {
    pub(crate) store: &'a Store,
}

/// Rows that are erased in one transaction.
const CHUNK: i64 = 200;
/// Contents that are looked through in one read.
const STRETCH: i64 = 20_000;
/// How long emptying the log waits for those who read, at most.
const READERS_LEAVE: Duration = Duration::from_secs(3);

impl Erase<'_> {
    /// Erases deleted conversations that could be brought back until `until`; without a time, all of
    /// them. Says how many it was. One in which an answer is still being written waits for another time.
    ///
    /// # Errors
    /// When it cannot be written; what is not erased yet is at the next call.
    pub async fn deleted(&self, until: Option<Timestamp>) -> Result<u32, StoreError> {
        let until = until.map_or(i64::MAX, Timestamp::millis);
        let due = sqlx::query_scalar!(
            r#"SELECT c.id AS "id!" FROM conversation AS c JOIN deletion ON deletion.id = c.deletion_id
            WHERE deletion.erase_after <= ? AND NOT EXISTS (
                SELECT 1 FROM run JOIN completion ON completion.run_id = run.id
                WHERE run.conversation_id = c.id AND completion.state IN ('queued', 'streaming'))
            ORDER BY c.id"#,
            until
        )
        .fetch_all(self.store.readers())
        .await?;
        let mut erased = 0;
        let mut failed = None;
        for id in due {
            match self.conversation(id).await {
                Ok(done) => erased += u32::from(done),
                // The others are due all the same.
                Err(error) => {
                    tracing::warn!(%error, "a deleted conversation could not be erased");
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(erased), Err)
    }

    /// Erases all conversations and all drafts, that of the conversation to come too; says how many
    /// conversations it was.
    ///
    /// # Errors
    /// [`StoreError::Streaming`] while answers are being written, by whichever process.
    pub async fn conversations(&self, at: Timestamp) -> Result<u32, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        expect_calm(&mut tx).await?;
        // Deleted first, and past being brought back: should we die in between, it goes on from there.
        let at = at.millis();
        let deletion = sqlx::query!(
            "INSERT INTO deletion (kind, nodes, created_at, erase_after)
            SELECT 'conversation', count(*), ?1, ?1 FROM message WHERE deletion_id IS NULL",
            at
        )
        .execute(&mut *tx)
        .await?
        .last_insert_rowid();
        sqlx::query!("UPDATE conversation SET deletion_id = ? WHERE deletion_id IS NULL", deletion)
            .execute(&mut *tx)
            .await?;
        sqlx::query!("UPDATE deletion SET erase_after = ? WHERE kind = 'conversation'", at)
            .execute(&mut *tx)
            .await?;
        sqlx::query!("DELETE FROM draft WHERE conversation_id IS NULL").execute(&mut *tx).await?;
        sqlx::query("DELETE FROM cache_entry").execute(&mut *tx).await?;
        tx.commit().await?;
        let erased = self.deleted(None).await?;
        let mut tx = self.store.write(Durability::Power).await?;
        sqlx::query!(
            "DELETE FROM deletion WHERE NOT EXISTS (SELECT 1 FROM conversation WHERE deletion_id = deletion.id)
            AND NOT EXISTS (SELECT 1 FROM message WHERE deletion_id = deletion.id)
            AND NOT EXISTS (SELECT 1 FROM branch WHERE deletion_id = deletion.id)"
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(erased)
    }

    /// Erases all raw requests and answers; the calls' figures stay. Says how many it was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn exchanges(&self) -> Result<u32, StoreError> {
        let mut erased = 0;
        loop {
            let mut tx = self.store.write(Durability::Process).await?;
            let done = sqlx::query!(
                "DELETE FROM wire WHERE attempt_id IN (SELECT attempt_id FROM wire LIMIT ?)",
                CHUNK
            )
            .execute(&mut *tx)
            .await?
            .rows_affected();
            tx.commit().await?;
            erased += u32::try_from(done).unwrap_or(u32::MAX);
            if done < CHUNK.unsigned_abs() {
                return Ok(erased);
            }
        }
    }

    /// Erases contents that nobody refers to any more, such as a system text that was replaced; says
    /// how many it was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn unused_contents(&self) -> Result<u32, StoreError> {
        let (mut from, mut erased) = (0, 0);
        loop {
            let to = from + STRETCH;
            let last = sqlx::query_scalar!(r#"SELECT max(id) AS "last: i64" FROM content"#)
                .fetch_one(self.store.readers())
                .await?;
            if last.is_none_or(|last| last < from) {
                return Ok(erased);
            }
            let unused = sqlx::query_scalar!(
                r#"SELECT id AS "id!" FROM content WHERE id >= ? AND id < ?
                AND NOT EXISTS (SELECT 1 FROM message WHERE content_id = content.id)
                AND NOT EXISTS (SELECT 1 FROM conversation WHERE system_content_id = content.id)
                AND NOT EXISTS (SELECT 1 FROM branch WHERE system_content_id = content.id)
                AND NOT EXISTS (SELECT 1 FROM completion WHERE system_content_id = content.id)
                AND NOT EXISTS (SELECT 1 FROM completion WHERE tools_content_id = content.id)"#,
                from,
                to
            )
            .fetch_all(self.store.readers())
            .await?;
            for chunk in unused.chunks(CHUNK as usize) {
                let mut tx = self.store.write(Durability::Process).await?;
                secure_index(&mut tx).await?;
                erased += drop_contents(&mut tx, chunk).await?;
                tx.commit().await?;
            }
            from = to;
        }
    }

    /// Blobs that no content and no draft refers to, and that nobody has attached since then: files that
    /// were attached and never sent.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn unused_blobs(&self, attached_since: Timestamp) -> Result<Vec<Hash>, StoreError> {
        let since = attached_since.millis();
        let found = sqlx::query_scalar!(
            "SELECT hash FROM blob WHERE NOT EXISTS (SELECT 1 FROM content_blob WHERE blob_id = blob.id)
            AND NOT EXISTS (SELECT 1 FROM draft WHERE instr(draft.parts, lower(hex(blob.hash))) > 0)
            AND NOT EXISTS (SELECT 1 FROM attached WHERE attached.hash = blob.hash AND at >= ?)",
            since
        )
        .fetch_all(self.store.readers())
        .await?;
        found.iter().map(|hash| rows::hash(hash)).collect()
    }

    /// Erases those of these blobs that are still unused, and forgets what was attached before then;
    /// says how many blobs it was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn blobs(&self, hashes: &[Hash], attached_since: Timestamp) -> Result<u32, StoreError> {
        let since = attached_since.millis();
        let mut erased = 0;
        for hash in hashes {
            let key = hash.bytes().as_slice();
            let mut tx = self.store.write(Durability::Process).await?;
            let ids = sqlx::query_scalar!(
                r#"SELECT id AS "id!" FROM blob WHERE hash = ?1
                AND NOT EXISTS (SELECT 1 FROM attached WHERE attached.hash = ?1 AND at >= ?2)"#,
                key,
                since
            )
            .fetch_all(&mut *tx)
            .await?;
            erased += drop_blobs(&mut tx, &ids).await?;
            tx.commit().await?;
        }
        let mut tx = self.store.write(Durability::Process).await?;
        sqlx::query!(
            "DELETE FROM attached WHERE at < ? OR NOT EXISTS (SELECT 1 FROM blob WHERE blob.hash = attached.hash)",
            since
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(erased)
    }

    /// That no answer is being written, by whichever process: who writes would have to wait for longer
    /// than it can.
    ///
    /// # Errors
    /// [`StoreError::Streaming`] when one is.
    pub async fn expect_calm(&self) -> Result<(), StoreError> {
        expect_calm(&mut *self.store.read().await?).await
    }

    /// Writes the file anew, without free space and without anything that was erased, and empties the
    /// log. Others may read meanwhile; who writes waits.
    ///
    /// # Errors
    /// When the disk has no room for a second copy, or another process writes; then nothing has changed.
    /// [`StoreError::LogInUse`] when only the log could not be emptied yet.
    pub async fn compact(&self) -> Result<(), StoreError> {
        {
            // On the one connection that writes: our own writers queue behind it.
            let mut writer = self.store.inner.writer.lock().await;
            sqlx::query("VACUUM").persistent(false).execute(writer.connection()).await?;
        }
        self.store.inner.counted.forget();
        self.empty_log().await
    }

    /// Moves the log into the file and cuts it to nothing.
    ///
    /// # Errors
    /// [`StoreError::LogInUse`] when somebody reads for too long.
    pub async fn empty_log(&self) -> Result<(), StoreError> {
        // A connection of its own: it waits for readers, and whoever writes must not wait as long.
        let file = self.store.home().join(open::FILE);
        let options = open::connect_options(&file).create_if_missing(false).busy_timeout(READERS_LEAVE);
        let mut connection = options.connect().await?;
        let emptied: Result<(i64, i64, i64), sqlx::Error> =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await;
        let _ = connection.close().await;
        if emptied?.0 == 0 { Ok(()) } else { Err(StoreError::LogInUse) }
    }

    /// Erases one deleted conversation; `false` when it was brought back meanwhile.
    async fn conversation(&self, id: i64) -> Result<bool, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        // A conversation that is half gone must not be brought back: nobody knows its name from here on.
        let begun = sqlx::query!(
            "UPDATE conversation SET uid = randomblob(16), title = '', head_branch_id = NULL, folder_id = NULL,
                source_system = NULL, source_id = NULL
            WHERE id = ? AND deletion_id IS NOT NULL",
            id
        )
        .execute(&mut *tx)
        .await?;
        if begun.rows_affected() == 0 {
            return Ok(false);
        }
        secure_index(&mut tx).await?;
        for statement in [
            // Copies of its answers in other conversations keep their text, but no longer what they cost.
            "UPDATE message SET completion_id = NULL WHERE conversation_id <> ?1 AND completion_id IN
                (SELECT completion.id FROM run JOIN completion ON completion.run_id = run.id
                WHERE run.conversation_id = ?1)",
            "DELETE FROM cache_entry WHERE run_uid IN (SELECT uid FROM run WHERE conversation_id = ?1)",
            "DELETE FROM deletion_move WHERE branch_id IN (SELECT id FROM branch WHERE conversation_id = ?1)",
            "UPDATE deletion SET head_id = NULL, erase_after = 0 WHERE conversation_id = ?1",
        ] {
            sqlx::query(statement).bind(id).execute(&mut *tx).await?;
        }
        sqlx::query!("DELETE FROM draft WHERE conversation_id = ?", id).execute(&mut *tx).await?;
        sqlx::query!("DELETE FROM conversation_tag WHERE conversation_id = ?", id).execute(&mut *tx).await?;
        sqlx::query!("UPDATE branch SET tip_id = NULL, name = '' WHERE conversation_id = ?", id)
            .execute(&mut *tx)
            .await?;
        sqlx::query!(
            "UPDATE message SET continues_id = NULL WHERE conversation_id = ? AND continues_id IS NOT NULL",
            id
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        while self.messages(id).await? {}
        while self.completions(id).await? {}
        self.rest(id).await?;
        Ok(true)
    }

    /// Erases some messages, the deepest first; whether there were any.
    async fn messages(&self, conversation: i64) -> Result<bool, StoreError> {
        let mut tx = self.store.write(Durability::Process).await?;
        let found = sqlx::query!(
            r#"SELECT id AS "id!", content_id FROM message WHERE conversation_id = ? ORDER BY depth DESC LIMIT ?"#,
            conversation,
            CHUNK
        )
        .fetch_all(&mut *tx)
        .await?;
        if found.is_empty() {
            return Ok(false);
        }
        judgements::forget_on(&mut tx, &rows::id_list(found.iter().map(|row| row.id))).await?;
        let statements = [
            "DELETE FROM sibling_view WHERE message_id IN (SELECT value FROM json_each(?1))
                OR tip_id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM bookmark WHERE message_id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM message_source WHERE message_id IN (SELECT value FROM json_each(?1))
                OR source_id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM response WHERE message_id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM message WHERE id IN (SELECT value FROM json_each(?1))",
        ];
        with_ids(&mut tx, found.iter().map(|row| row.id), &statements).await?;
        let contents: Vec<i64> = found.iter().filter_map(|row| row.content_id).collect();
        drop_contents(&mut tx, &contents).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Erases some completions with their calls; whether there were any.
    async fn completions(&self, conversation: i64) -> Result<bool, StoreError> {
        let mut tx = self.store.write(Durability::Process).await?;
        let found = sqlx::query!(
            r#"SELECT completion.id AS "id!", completion.system_content_id, tools_content_id
            FROM run JOIN completion ON completion.run_id = run.id WHERE run.conversation_id = ? LIMIT ?"#,
            conversation,
            CHUNK
        )
        .fetch_all(&mut *tx)
        .await?;
        if found.is_empty() {
            return Ok(false);
        }
        let statements = [
            "DELETE FROM wire WHERE attempt_id IN (SELECT id FROM attempt
                WHERE completion_id IN (SELECT value FROM json_each(?1)))",
            "DELETE FROM attempt WHERE completion_id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM journal WHERE completion_id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM decision WHERE completion_id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM synthesis WHERE completion_id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM response WHERE completion_id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM completion WHERE id IN (SELECT value FROM json_each(?1))",
        ];
        with_ids(&mut tx, found.iter().map(|row| row.id), &statements).await?;
        let contents: Vec<i64> =
            found.iter().flat_map(|row| [row.system_content_id, row.tools_content_id]).flatten().collect();
        drop_contents(&mut tx, &contents).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Erases what is left: runs, branches, the conversation itself.
    async fn rest(&self, id: i64) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let mut contents = sqlx::query_scalar!(
            r#"SELECT system_content_id AS "id!" FROM branch WHERE conversation_id = ?1 AND system_content_id IS NOT NULL
            UNION SELECT system_content_id FROM conversation WHERE id = ?1 AND system_content_id IS NOT NULL"#,
            id
        )
        .fetch_all(&mut *tx)
        .await?;
        contents.sort_unstable();
        let deletion = sqlx::query_scalar!("SELECT deletion_id FROM conversation WHERE id = ?", id)
            .fetch_one(&mut *tx)
            .await?;
        for statement in [
            "DELETE FROM vote_on WHERE vote_id IN (SELECT vote.id FROM vote JOIN run ON run.id = vote.run_id
                WHERE run.conversation_id = ?1)",
            "DELETE FROM vote WHERE run_id IN (SELECT id FROM run WHERE conversation_id = ?1)",
            "DELETE FROM idempotency WHERE run_id IN (SELECT id FROM run WHERE conversation_id = ?1)",
            "DELETE FROM run WHERE conversation_id = ?1",
            "DELETE FROM branch WHERE conversation_id = ?1",
            "UPDATE deletion SET conversation_id = NULL WHERE conversation_id = ?1",
            "DELETE FROM conversation WHERE id = ?1",
        ] {
            sqlx::query(statement).bind(id).execute(&mut *tx).await?;
        }
        drop_contents(&mut tx, &contents).await?;
        sqlx::query!(
            "DELETE FROM deletion WHERE id = ?1
            AND NOT EXISTS (SELECT 1 FROM conversation WHERE deletion_id = ?1)
            AND NOT EXISTS (SELECT 1 FROM message WHERE deletion_id = ?1)
            AND NOT EXISTS (SELECT 1 FROM branch WHERE deletion_id = ?1)",
            deletion
        )
        .execute(&mut *tx)
        .await?;
        nodes::drop_empty(&mut tx).await?;
        tx.commit().await
    }
}

async fn expect_calm(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let live = sqlx::query_scalar!(
        r#"SELECT count(*) AS "live!: i64" FROM completion WHERE state IN ('queued', 'streaming')"#
    )
    .fetch_one(connection)
    .await?;
    if live > 0 { Err(StoreError::Streaming) } else { Ok(()) }
}

/// Terms of the search index go with their row, instead of being marked as gone. The index remembers it.
async fn secure_index(tx: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO search_text (search_text, rank) VALUES ('secure-delete', 1)")
        .execute(tx)
        .await?;
    Ok(())
}

/// Runs each statement with these ids as its one parameter, a JSON list.
async fn with_ids(
    tx: &mut SqliteConnection,
    ids: impl Iterator<Item = i64>,
    statements: &[&'static str],
) -> Result<(), StoreError> {
    let ids = rows::id_list(ids);
    for statement in statements {
        sqlx::query(*statement).bind(&ids).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Erases those of these contents that nobody refers to any more: from the search index, then
/// themselves, then the blobs that only they used.
async fn drop_contents(tx: &mut SqliteConnection, contents: &[i64]) -> Result<u32, StoreError> {
    let candidates = rows::id_list(contents.iter().copied());
    let unused = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM content WHERE id IN (SELECT value FROM json_each(?))
        AND NOT EXISTS (SELECT 1 FROM message WHERE content_id = content.id)
        AND NOT EXISTS (SELECT 1 FROM conversation WHERE system_content_id = content.id)
        AND NOT EXISTS (SELECT 1 FROM branch WHERE system_content_id = content.id)
        AND NOT EXISTS (SELECT 1 FROM completion WHERE system_content_id = content.id)
        AND NOT EXISTS (SELECT 1 FROM completion WHERE tools_content_id = content.id)"#,
        candidates
    )
    .fetch_all(&mut *tx)
    .await?;
    let count = unused.len() as u32;
    if unused.is_empty() {
        return Ok(0);
    }
    let unused = rows::id_list(unused);
    let blobs: Vec<i64> = sqlx::query_scalar!(
        "SELECT DISTINCT blob_id FROM content_blob WHERE content_id IN (SELECT value FROM json_each(?))",
        unused
    )
    .fetch_all(&mut *tx)
    .await?;
    for statement in [
        // The index is told what stood there, and only of rows that it has: others would corrupt it.
        "INSERT INTO search_text (search_text, rowid, text)
            SELECT 'delete', source.id, source.text FROM search_source AS source
            JOIN search_text_docsize AS indexed ON indexed.id = source.id
            WHERE source.id IN (SELECT value FROM json_each(?1)) AND source.text IS NOT NULL",
        "DELETE FROM search_bigram WHERE content_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM search_queue WHERE content_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM content_blob WHERE content_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM content WHERE id IN (SELECT value FROM json_each(?1))",
    ] {
        sqlx::query(statement).bind(&unused).execute(&mut *tx).await?;
    }
    drop_blobs(tx, &blobs).await?;
    Ok(count)
}

async fn drop_blobs(tx: &mut SqliteConnection, blobs: &[i64]) -> Result<u32, StoreError> {
    if blobs.is_empty() {
        return Ok(0);
    }
    let blobs = rows::id_list(blobs.iter().copied());
    let done = sqlx::query!(
        "DELETE FROM blob WHERE id IN (SELECT value FROM json_each(?))
        AND NOT EXISTS (SELECT 1 FROM content_blob WHERE blob_id = blob.id)
        AND NOT EXISTS (SELECT 1 FROM draft WHERE instr(draft.parts, lower(hex(blob.hash))) > 0)",
        blobs
    )
    .execute(tx)
    .await?;
    Ok(u32::try_from(done.rows_affected()).unwrap_or(u32::MAX))
}
