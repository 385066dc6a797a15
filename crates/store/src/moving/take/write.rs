//! Storing what was gathered: one statement for each table, whatever the number of its rows.

use super::Rows;
use crate::{StoreError, rows};
use sqlx::{AssertSqlSafe, SqliteConnection};

/// Rows of one statement, of the tables that have most of them: fewer statements are fewer ways to the
/// thread that SQLite runs on, and rows as parameters are cheaper than rows as JSON.
const CHUNK: usize = 200;

/// An insert of so many rows. Its parts are ours, never a stranger's.
fn statement(into: &str, row: &str, rows: usize) -> String {
    let mut text = format!("INSERT INTO {into} VALUES {row}");
    for _ in 1..rows {
        text.push(',');
        text.push_str(row);
    }
    text
}

impl Rows {
    /// Stores them, each table behind those it refers to.
    pub(in crate::moving) async fn write(self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        self.contents(tx).await?;
        self.trees(tx).await?;
        self.answers(tx).await?;
        self.nodes(tx).await?;
        self.marks(tx).await
    }

    async fn contents(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        if self.contents.is_empty() {
            return Ok(());
        }
        let last = sqlx::query_scalar!(r#"SELECT coalesce(max(id), 0) AS "id!: i64" FROM content"#)
            .fetch_one(&mut *tx)
            .await?;
        let (text, at) = (self.text.as_slice(), rows::to_json(&self.contents)?);
        sqlx::query!(
            "INSERT INTO content (hash, parts)
            SELECT unhex(value ->> 0), CAST(substr(?1, value ->> 1, value ->> 2) AS TEXT) FROM json_each(?2)
            WHERE true ON CONFLICT (hash) DO NOTHING",
            text,
            at
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("INSERT INTO search_queue (content_id) SELECT id FROM content WHERE id > ?", last)
            .execute(&mut *tx)
            .await?;
        if !self.links.is_empty() {
            let links = rows::to_json(&self.links)?;
            sqlx::query!(
                "INSERT OR IGNORE INTO content_blob (content_id, blob_id)
                SELECT content.id, blob.id FROM json_each(?) AS one
                JOIN content ON content.hash = unhex(one.value ->> 0)
                JOIN blob ON blob.hash = unhex(one.value ->> 1)",
                links
            )
            .execute(tx)
            .await?;
        }
        Ok(())
    }

    async fn trees(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        if !self.conversations.is_empty() {
            let conversations = rows::to_json(&self.conversations)?;
            sqlx::query!(
                "INSERT INTO conversation (id, uid, title, title_by, folder_id, pinned, archived, source,
                    system_content_id, source_system, source_id, created_at, updated_at)
                SELECT value ->> 'id', unhex(value ->> 'uid'), value ->> 'title', value ->> 'title_by',
                    (SELECT id FROM folder WHERE uid = unhex(value ->> 'folder')), value ->> 'pinned',
                    value ->> 'archived', value ->> 'source', value ->> 'system', value ->> 'source_system',
                    value ->> 'source_id', value ->> 'created_at', value ->> 'updated_at' FROM json_each(?)",
                conversations
            )
            .execute(&mut *tx)
            .await?;
        }
        for (conversation, at) in &self.touched {
            sqlx::query!(
                "UPDATE conversation SET updated_at = max(updated_at, ?) WHERE id = ?",
                at,
                conversation
            )
            .execute(&mut *tx)
            .await?;
        }
        if !self.branches.is_empty() {
            let branches = rows::to_json(&self.branches)?;
            sqlx::query!(
                "INSERT INTO branch (id, uid, conversation_id, name, kind, target, params, system_content_id, pinned, ord,
                    shown, scroll)
                SELECT value ->> 'id', unhex(value ->> 'uid'), value ->> 'conversation', value ->> 'name',
                    value ->> 'kind', value ->> 'target', value ->> 'params', value ->> 'system', value ->> 'pinned',
                    value ->> 'ord', value ->> 'shown', value ->> 'scroll' FROM json_each(?)",
                branches
            )
            .execute(&mut *tx)
            .await?;
        }
        if !self.heads.is_empty() {
            let heads = rows::to_json(&self.heads)?;
            sqlx::query!(
                "UPDATE conversation SET head_branch_id = one.value ->> 1 FROM json_each(?) AS one
                WHERE conversation.id = one.value ->> 0",
                heads
            )
            .execute(tx)
            .await?;
        }
        Ok(())
    }

    async fn answers(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        for some in self.runs.chunks(CHUNK) {
            let text = statement(
                "run (id, uid, conversation_id, kind, origin, instance_id, last_seq, created_at)",
                "(?, ?, ?, ?, ?, ?, ?, ?)",
                some.len(),
            );
            let mut query = sqlx::query(AssertSqlSafe(text)).persistent(some.len() == CHUNK);
            for run in some {
                query = query
                    .bind(run.id)
                    .bind(run.uid.as_bytes().as_slice())
                    .bind(run.conversation)
                    .bind(run.kind)
                    .bind(run.origin)
                    .bind(run.instance)
                    .bind(run.last_seq)
                    .bind(run.created_at);
            }
            query.execute(&mut *tx).await?;
        }
        for some in self.completions.chunks(CHUNK) {
            let text = statement(
                "completion (id, uid, run_id, ord, branch_id, requested, served, params, system_content_id,
                    tools_content_id, state, stop, error_kind, error_text, retry_after_ms, ttft_ms, duration_ms,
                    input, output, cached_read, cached_write, reasoning, usage_by, cost_nano, cost_estimated,
                    created_at, ended_at)",
                "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                some.len(),
            );
            let mut query = sqlx::query(AssertSqlSafe(text)).persistent(some.len() == CHUNK);
            for completion in some {
                query = query
                    .bind(completion.id)
                    .bind(completion.uid.as_bytes().as_slice())
                    .bind(completion.run)
                    .bind(completion.ord)
                    .bind(completion.branch)
                    .bind(&completion.requested)
                    .bind(&completion.served)
                    .bind(&completion.params)
                    .bind(completion.system)
                    .bind(completion.tools)
                    .bind(completion.state)
                    .bind(completion.stop)
                    .bind(completion.error_kind)
                    .bind(&completion.error_text)
                    .bind(completion.retry_after)
                    .bind(completion.ttft)
                    .bind(completion.duration)
                    .bind(completion.input)
                    .bind(completion.output)
                    .bind(completion.cached_read)
                    .bind(completion.cached_write)
                    .bind(completion.reasoning)
                    .bind(completion.usage_by)
                    .bind(completion.cost)
                    .bind(completion.estimated)
                    .bind(completion.created_at)
                    .bind(completion.ended_at);
            }
            query.execute(&mut *tx).await?;
        }
        if !self.decisions.is_empty() {
            let decisions = rows::to_json(&self.decisions)?;
            sqlx::query!(
                "INSERT INTO decision
                    (completion_id, requested, targets, reason, candidates, routed, policy, class, fixed)
                SELECT value ->> 'completion', value ->> 'requested', value ->> 'targets', value ->> 'reason',
                    value ->> 'candidates', value ->> 'routed', value ->> 'policy', value ->> 'class',
                    value ->> 'fixed' FROM json_each(?)",
                decisions
            )
            .execute(&mut *tx)
            .await?;
        }
        if !self.syntheses.is_empty() {
            let syntheses = rows::to_json(&self.syntheses)?;
            sqlx::query!(
                "INSERT INTO synthesis (completion_id, how, instruction)
                SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)",
                syntheses
            )
            .execute(&mut *tx)
            .await?;
        }
        if !self.attempts.is_empty() {
            let attempts = rows::to_json(&self.attempts)?;
            sqlx::query!(
                "INSERT INTO attempt (uid, completion_id, ord, provider, model, http_status, outcome, error_kind,
                    started_at, headers_ms, first_ms, ended_ms, input, output, cached_read, cached_write, reasoning,
                    usage_by, cost_nano)
                SELECT unhex(value ->> 'uid'), value ->> 'completion', value ->> 'ord', value ->> 'provider',
                    value ->> 'model', value ->> 'http_status', value ->> 'outcome', value ->> 'error_kind',
                    value ->> 'started_at', value ->> 'headers', value ->> 'first', value ->> 'ended',
                    value ->> 'input', value ->> 'output', value ->> 'cached_read', value ->> 'cached_write',
                    value ->> 'reasoning', value ->> 'usage_by', value ->> 'cost' FROM json_each(?)",
                attempts
            )
            .execute(tx)
            .await?;
        }
        Ok(())
    }

    async fn nodes(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        for some in self.messages.chunks(CHUNK) {
            let text = statement(
                "message (id, uid, conversation_id, parent_id, depth, jump_id, role, status, content_id, hash,
                    completion_id, choice, continues_id, copied, hidden, source_id, created_at)",
                "(?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM content WHERE hash = ?), ?, ?, ?, ?, ?, ?, ?, ?)",
                some.len(),
            );
            let mut query = sqlx::query(AssertSqlSafe(text)).persistent(some.len() == CHUNK);
            for message in some {
                query = query
                    .bind(message.id)
                    .bind(message.uid.as_bytes().as_slice())
                    .bind(message.conversation)
                    .bind(message.parent)
                    .bind(message.depth)
                    .bind(message.jump)
                    .bind(message.role)
                    .bind(message.status)
                    .bind(message.content.as_ref().map(|hash| hash.bytes().as_slice()))
                    .bind(message.hash.bytes().as_slice())
                    .bind(message.completion)
                    .bind(message.choice)
                    .bind(message.continues)
                    .bind(message.copied)
                    .bind(message.hidden)
                    .bind(&message.source_id)
                    .bind(message.created_at);
            }
            query.execute(&mut *tx).await?;
        }
        if !self.sources.is_empty() {
            let sources = rows::to_json(&self.sources)?;
            sqlx::query!(
                "INSERT INTO message_source (message_id, ord, source_id, hash)
                SELECT value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3) FROM json_each(?)",
                sources
            )
            .execute(&mut *tx)
            .await?;
        }
        if !self.tips.is_empty() {
            let tips = rows::to_json(&self.tips)?;
            sqlx::query!(
                "UPDATE branch SET tip_id = one.value ->> 1 FROM json_each(?) AS one
                WHERE branch.id = one.value ->> 0",
                tips
            )
            .execute(tx)
            .await?;
        }
        Ok(())
    }

    async fn marks(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        if !self.bookmarks.is_empty() {
            let bookmarks = rows::to_json(&self.bookmarks)?;
            sqlx::query!(
                "INSERT INTO bookmark (uid, message_id, note, created_at)
                SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)
                WHERE true ON CONFLICT (uid) DO NOTHING",
                bookmarks
            )
            .execute(&mut *tx)
            .await?;
        }
        if !self.views.is_empty() {
            let views = rows::to_json(&self.views)?;
            sqlx::query!(
                "INSERT INTO sibling_view (message_id, tip_id, scroll)
                SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)
                WHERE true ON CONFLICT (message_id) DO NOTHING",
                views
            )
            .execute(&mut *tx)
            .await?;
        }
        if !self.votes.is_empty() {
            let (votes, on) = (rows::to_json(&self.votes)?, rows::to_json(&self.votes_on)?);
            sqlx::query!(
                "INSERT INTO vote (uid, run_id, by, reason, kind, blind, created_at)
                SELECT unhex(value ->> 'uid'), run.id, value ->> 'by', value ->> 'reason', value ->> 'kind',
                    value ->> 'blind', value ->> 'created_at'
                FROM json_each(?) JOIN run ON run.uid = unhex(value ->> 'run')
                WHERE true ON CONFLICT (uid) DO NOTHING",
                votes
            )
            .execute(&mut *tx)
            .await?;
            sqlx::query!(
                "INSERT INTO vote_on (vote_id, message_id, score, ord)
                SELECT vote.id, one.value ->> 1, one.value ->> 2, one.value ->> 3 FROM json_each(?) AS one
                JOIN vote ON vote.uid = unhex(one.value ->> 0)
                WHERE true ON CONFLICT (vote_id, message_id) DO NOTHING",
                on
            )
            .execute(&mut *tx)
            .await?;
        }
        if !self.judgements.is_empty() {
            let (judgements, opinions) = (rows::to_json(&self.judgements)?, rows::to_json(&self.opinions)?);
            sqlx::query!(
                "INSERT INTO judgement (uid, run_id, a_id, b_id, rubric, vote_id, created_at)
                SELECT unhex(value ->> 'uid'), run.id, value ->> 'a', value ->> 'b', value ->> 'rubric', vote.id,
                    value ->> 'created_at'
                FROM json_each(?) JOIN run ON run.uid = unhex(value ->> 'run')
                LEFT JOIN vote ON vote.uid = unhex(value ->> 'vote')
                WHERE true ON CONFLICT DO NOTHING",
                judgements
            )
            .execute(&mut *tx)
            .await?;
            sqlx::query!(
                "INSERT INTO opinion (completion_id, judgement_id, swapped, verdict, reason)
                SELECT completion.id, judgement.id, one.value ->> 2, one.value ->> 3, one.value ->> 4
                FROM json_each(?) AS one JOIN judgement ON judgement.uid = unhex(one.value ->> 0)
                JOIN completion ON completion.uid = unhex(one.value ->> 1) AND completion.run_id = judgement.run_id
                WHERE true ON CONFLICT (completion_id) DO NOTHING",
                opinions
            )
            .execute(&mut *tx)
            .await?;
        }
        if !self.tags.is_empty() {
            let tags = rows::to_json(&self.tags)?;
            sqlx::query!(
                "INSERT OR IGNORE INTO conversation_tag (conversation_id, tag_id)
                SELECT conversation.id, tag.id FROM json_each(?) AS one
                JOIN conversation ON conversation.uid = unhex(one.value ->> 0)
                JOIN tag ON tag.name = one.value ->> 1",
                tags
            )
            .execute(tx)
            .await?;
        }
        Ok(())
    }
}
