//! Rows that wait to be stored: one statement for each table, whatever their number.

use crate::{StoreError, rows};
use domain::{
    CompletionState, Hash, Portable, PortableBookmark, PortableBranch, PortableCompletion, PortableMessage,
    PortableRun, PortableScore, PortableVote, Target, content_hash,
};
use serde::Serialize;
use sqlx::SqliteConnection;
use std::collections::HashSet;
use uuid::Uuid;

/// Rows by table; each is JSON once it is written.
#[derive(Default)]
pub(super) struct Rows {
    conversations: Vec<Conversation>,
    touched: Vec<(i64, i64)>,
    /// Contents, one behind the other, and where each of them is: hash, from, length.
    text: Vec<u8>,
    contents: Vec<(String, usize, usize)>,
    said: HashSet<Hash>,
    /// Contents that refer to blobs: both hashes.
    links: Vec<(String, String)>,
    branches: Vec<Branch>,
    tips: Vec<(i64, i64)>,
    heads: Vec<(i64, i64)>,
    runs: Vec<Run>,
    completions: Vec<Completion>,
    decisions: Vec<Decision>,
    syntheses: Vec<(i64, String, String)>,
    attempts: Vec<Attempt>,
    messages: Vec<Message>,
    sources: Vec<(i64, usize, Option<i64>, String)>,
    bookmarks: Vec<(String, i64, String, i64)>,
    views: Vec<(i64, i64, i64)>,
    votes: Vec<Vote>,
    votes_on: Vec<(String, i64, f64, usize)>,
    tags: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Conversation {
    id: i64,
    uid: String,
    title: String,
    title_by: &'static str,
    folder: Option<String>,
    pinned: bool,
    archived: bool,
    source: &'static str,
    system: Option<i64>,
    source_system: Option<String>,
    source_id: Option<String>,
    created_at: i64,
    updated_at: i64,
}

#[derive(Serialize)]
struct Branch {
    id: i64,
    uid: String,
    conversation: i64,
    name: String,
    kind: &'static str,
    target: Option<String>,
    params: String,
    system: Option<i64>,
    pinned: bool,
    ord: u32,
    shown: bool,
    scroll: u32,
}

#[derive(Serialize)]
struct Run {
    id: i64,
    uid: String,
    conversation: i64,
    kind: &'static str,
    origin: &'static str,
    instance: i64,
    last_seq: u32,
    created_at: i64,
}

#[derive(Serialize)]
struct Completion {
    id: i64,
    uid: String,
    run: i64,
    ord: u32,
    branch: Option<i64>,
    requested: String,
    served: Option<String>,
    params: String,
    system: Option<i64>,
    tools: Option<i64>,
    state: &'static str,
    stop: Option<&'static str>,
    error_kind: Option<&'static str>,
    error_text: Option<String>,
    retry_after: Option<u32>,
    ttft: Option<u32>,
    duration: Option<u32>,
    input: Option<u32>,
    output: Option<u32>,
    cached_read: Option<u32>,
    cached_write: Option<u32>,
    reasoning: Option<u32>,
    usage_by: Option<&'static str>,
    cost: Option<i64>,
    estimated: Option<bool>,
    created_at: i64,
    ended_at: Option<i64>,
}

#[derive(Serialize)]
struct Decision {
    completion: i64,
    requested: String,
    targets: String,
    reason: String,
    candidates: String,
}

#[derive(Serialize)]
struct Attempt {
    uid: String,
    completion: i64,
    ord: u32,
    provider: String,
    model: String,
    http_status: Option<u16>,
    outcome: &'static str,
    error_kind: Option<&'static str>,
    started_at: i64,
    headers: Option<u32>,
    first: Option<u32>,
    ended: Option<u32>,
    input: Option<u32>,
    output: Option<u32>,
    cached_read: Option<u32>,
    cached_write: Option<u32>,
    reasoning: Option<u32>,
    usage_by: Option<&'static str>,
    cost: Option<i64>,
}

#[derive(Serialize)]
struct Message {
    id: i64,
    uid: String,
    conversation: i64,
    parent: Option<i64>,
    depth: i64,
    jump: Option<i64>,
    role: &'static str,
    status: &'static str,
    content: Option<String>,
    hash: String,
    completion: Option<i64>,
    choice: u32,
    continues: Option<i64>,
    copied: bool,
    hidden: bool,
    source_id: Option<String>,
    created_at: i64,
}

#[derive(Serialize)]
struct Vote {
    uid: String,
    run: String,
    by: String,
    reason: String,
    kind: String,
    blind: bool,
    created_at: i64,
}

/// A message, and where it stands.
pub(super) struct Placed<'m> {
    pub(super) row: i64,
    pub(super) conversation: i64,
    pub(super) parent: Option<i64>,
    pub(super) depth: i64,
    pub(super) jump: Option<i64>,
    pub(super) content: Option<Hash>,
    pub(super) hash: Hash,
    pub(super) completion: Option<i64>,
    pub(super) continues: Option<i64>,
    pub(super) message: &'m PortableMessage,
}

/// A completion, and what it refers to.
pub(super) struct Answered<'c> {
    pub(super) row: i64,
    pub(super) run: i64,
    pub(super) branch: Option<i64>,
    pub(super) params: String,
    pub(super) system: Option<i64>,
    pub(super) tools: Option<i64>,
    pub(super) completion: &'c PortableCompletion,
}

fn hex(id: Uuid) -> String {
    id.simple().to_string()
}

impl Rows {
    pub(super) fn conversation(&mut self, id: i64, whole: &Portable, system: Option<i64>) {
        self.conversations.push(Conversation {
            id,
            uid: hex(whole.id.uuid()),
            title: whole.title.clone(),
            title_by: if whole.titled_by_user { "user" } else { "auto" },
            folder: whole.folder.map(hex),
            pinned: whole.pinned,
            archived: whole.archived,
            source: whole.source.as_str(),
            system,
            source_system: whole.source_system.clone(),
            source_id: whole.source_id.clone(),
            created_at: whole.created_at.millis(),
            updated_at: whole.updated_at.millis(),
        });
    }

    pub(super) fn touched(&mut self, conversation: i64, at: i64) {
        self.touched.push((conversation, at));
    }

    /// Takes a text once, and gives its hash.
    pub(super) fn content(&mut self, text: &str) -> Hash {
        let hash = content_hash(text.as_bytes());
        if self.said.insert(hash) {
            self.contents.push((hash.to_string(), self.text.len() + 1, text.len()));
            self.text.extend_from_slice(text.as_bytes());
            for blob in blobs(text) {
                self.links.push((hash.to_string(), blob));
            }
        }
        hash
    }

    pub(super) fn branch(
        &mut self,
        id: i64,
        conversation: i64,
        branch: &PortableBranch,
        system: Option<i64>,
    ) -> Result<(), StoreError> {
        self.branches.push(Branch {
            id,
            uid: hex(branch.id.uuid()),
            conversation,
            name: branch.name.clone(),
            kind: branch.kind.as_str(),
            target: branch.target.as_ref().map(Target::to_string),
            params: rows::to_json(&branch.params)?,
            system,
            pinned: branch.pinned,
            ord: branch.ord,
            shown: branch.shown,
            scroll: branch.scroll,
        });
        Ok(())
    }

    pub(super) fn tip(&mut self, branch: i64, tip: i64) {
        self.tips.push((branch, tip));
    }

    pub(super) fn head(&mut self, conversation: i64, branch: i64) {
        self.heads.push((conversation, branch));
    }

    pub(super) fn run(&mut self, id: i64, conversation: i64, instance: i64, run: &PortableRun) {
        self.runs.push(Run {
            id,
            uid: hex(run.id.uuid()),
            conversation,
            kind: run.kind.as_str(),
            origin: run.origin.as_str(),
            instance,
            last_seq: run.last_seq,
            created_at: run.created_at.millis(),
        });
    }

    pub(super) fn completion(&mut self, answered: Answered<'_>) -> Result<(), StoreError> {
        let Answered { row, run, branch, params, system, tools, completion } = answered;
        let (mut stop, mut error) = (None, None);
        match &completion.state {
            CompletionState::Complete { stop: why } => stop = Some(why.as_str()),
            CompletionState::Failed { error: why } => error = Some(why),
            _ => {}
        }
        let metrics = &completion.metrics;
        self.completions.push(Completion {
            id: row,
            uid: hex(completion.id.uuid()),
            run,
            ord: completion.ord,
            branch,
            requested: completion.requested.to_string(),
            served: completion.served.as_ref().map(Target::to_string),
            params,
            system,
            tools,
            state: completion.state.as_str(),
            stop,
            error_kind: error.map(|error| error.kind.as_str()),
            error_text: error.map(|error| error.message.clone()),
            retry_after: error.and_then(|error| error.retry_after_ms),
            ttft: metrics.ttft_ms,
            duration: metrics.duration_ms,
            input: metrics.usage.input,
            output: metrics.usage.output,
            cached_read: metrics.usage.cached_read,
            cached_write: metrics.usage.cached_write,
            reasoning: metrics.usage.reasoning,
            usage_by: rows::usage_by(metrics.usage_by),
            cost: metrics.cost.map(|cost| cost.usd.0),
            estimated: metrics.cost.map(|cost| cost.estimated),
            created_at: completion.created_at.millis(),
            ended_at: completion.ended_at.map(domain::Timestamp::millis),
        });
        if let Some(decision) = &completion.decision {
            self.decisions.push(Decision {
                completion: row,
                requested: decision.requested.to_string(),
                targets: rows::to_json(&decision.order)?,
                reason: decision.reason.clone(),
                candidates: rows::to_json(&decision.candidates)?,
            });
        }
        if let Some(synthesis) = &completion.synthesis {
            self.syntheses.push((row, synthesis.how.clone(), synthesis.instruction.clone()));
        }
        for attempt in &completion.attempts {
            self.attempts.push(Attempt {
                uid: hex(attempt.id.uuid()),
                completion: row,
                ord: attempt.ord,
                provider: attempt.provider.clone(),
                model: attempt.model.clone(),
                http_status: attempt.http_status,
                outcome: attempt.outcome.as_str(),
                error_kind: attempt.error_kind.map(domain::ErrorKind::as_str),
                started_at: attempt.started_at.millis(),
                headers: attempt.headers_ms,
                first: attempt.first_ms,
                ended: attempt.ended_ms,
                input: attempt.usage.input,
                output: attempt.usage.output,
                cached_read: attempt.usage.cached_read,
                cached_write: attempt.usage.cached_write,
                reasoning: attempt.usage.reasoning,
                usage_by: rows::usage_by(attempt.usage_by),
                cost: attempt.cost.map(|cost| cost.0),
            });
        }
        Ok(())
    }

    pub(super) fn message(&mut self, placed: Placed<'_>) {
        let message = placed.message;
        self.messages.push(Message {
            id: placed.row,
            uid: hex(message.id.uuid()),
            conversation: placed.conversation,
            parent: placed.parent,
            depth: placed.depth,
            jump: placed.jump,
            role: message.role.as_str(),
            status: message.status.as_str(),
            content: placed.content.map(|hash| hash.to_string()),
            hash: placed.hash.to_string(),
            completion: placed.completion,
            choice: message.choice,
            continues: placed.continues,
            copied: message.copied,
            hidden: message.hidden,
            source_id: message.source_id.clone(),
            created_at: message.created_at.millis(),
        });
    }

    pub(super) fn source(&mut self, message: i64, ord: usize, source: Option<i64>, hash: Hash) {
        self.sources.push((message, ord, source, hash.to_string()));
    }

    pub(super) fn bookmark(&mut self, message: i64, bookmark: &PortableBookmark) {
        self.bookmarks.push((hex(bookmark.id), message, bookmark.note.clone(), bookmark.created_at.millis()));
    }

    pub(super) fn view(&mut self, message: i64, tip: i64, scroll: i64) {
        self.views.push((message, tip, scroll));
    }

    pub(super) fn vote(&mut self, vote: &PortableVote, on: Vec<(i64, &PortableScore)>) {
        self.votes.push(Vote {
            uid: hex(vote.id),
            run: hex(vote.run.uuid()),
            by: vote.by.clone(),
            reason: vote.reason.clone(),
            kind: vote.kind.clone(),
            blind: vote.blind,
            created_at: vote.created_at.millis(),
        });
        for (ord, (row, score)) in on.into_iter().enumerate() {
            self.votes_on.push((hex(vote.id), row, score.score, ord));
        }
    }

    pub(super) fn tag(&mut self, conversation: Uuid, name: &str) {
        self.tags.push((hex(conversation), name.to_owned()));
    }

    /// Stores them, each table behind those it refers to.
    pub(super) async fn write(self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
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
        if !self.runs.is_empty() {
            let runs = rows::to_json(&self.runs)?;
            sqlx::query!(
                "INSERT INTO run (id, uid, conversation_id, kind, origin, instance_id, last_seq, created_at)
                SELECT value ->> 'id', unhex(value ->> 'uid'), value ->> 'conversation', value ->> 'kind',
                    value ->> 'origin', value ->> 'instance', value ->> 'last_seq', value ->> 'created_at'
                FROM json_each(?)",
                runs
            )
            .execute(&mut *tx)
            .await?;
        }
        if !self.completions.is_empty() {
            let completions = rows::to_json(&self.completions)?;
            sqlx::query!(
                "INSERT INTO completion (id, uid, run_id, ord, branch_id, requested, served, params,
                    system_content_id, tools_content_id, state, stop, error_kind, error_text, retry_after_ms, ttft_ms,
                    duration_ms, input, output, cached_read, cached_write, reasoning, usage_by, cost_nano,
                    cost_estimated, created_at, ended_at)
                SELECT value ->> 'id', unhex(value ->> 'uid'), value ->> 'run', value ->> 'ord', value ->> 'branch',
                    value ->> 'requested', value ->> 'served', value ->> 'params', value ->> 'system',
                    value ->> 'tools', value ->> 'state', value ->> 'stop', value ->> 'error_kind',
                    value ->> 'error_text', value ->> 'retry_after', value ->> 'ttft', value ->> 'duration',
                    value ->> 'input', value ->> 'output', value ->> 'cached_read', value ->> 'cached_write',
                    value ->> 'reasoning', value ->> 'usage_by', value ->> 'cost', value ->> 'estimated',
                    value ->> 'created_at', value ->> 'ended_at' FROM json_each(?)",
                completions
            )
            .execute(&mut *tx)
            .await?;
        }
        if !self.decisions.is_empty() {
            let decisions = rows::to_json(&self.decisions)?;
            sqlx::query!(
                "INSERT INTO decision (completion_id, requested, targets, reason, candidates)
                SELECT value ->> 'completion', value ->> 'requested', value ->> 'targets', value ->> 'reason',
                    value ->> 'candidates' FROM json_each(?)",
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
        if !self.messages.is_empty() {
            let messages = rows::to_json(&self.messages)?;
            sqlx::query!(
                "INSERT INTO message (id, uid, conversation_id, parent_id, depth, jump_id, role, status, content_id,
                    hash, completion_id, choice, continues_id, copied, hidden, source_id, created_at)
                SELECT value ->> 'id', unhex(value ->> 'uid'), value ->> 'conversation', value ->> 'parent',
                    value ->> 'depth', value ->> 'jump', value ->> 'role', value ->> 'status',
                    (SELECT id FROM content WHERE hash = unhex(value ->> 'content')), unhex(value ->> 'hash'),
                    value ->> 'completion', value ->> 'choice', value ->> 'continues', value ->> 'copied',
                    value ->> 'hidden', value ->> 'source_id', value ->> 'created_at' FROM json_each(?) ORDER BY key",
                messages
            )
            .execute(&mut *tx)
            .await?;
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

/// Hashes of the blobs that stored parts refer to.
fn blobs(parts: &str) -> Vec<String> {
    // Most texts have none; looking is cheaper than reading them.
    if !parts.contains("\"kind\":\"blob\"") {
        return Vec::new();
    }
    let parts: Vec<domain::Part> = serde_json::from_str(parts).unwrap_or_default();
    parts
        .into_iter()
        .filter_map(|part| match part {
            domain::Part::Image { source, .. } | domain::Part::File { source, .. } => match source {
                domain::MediaSource::Blob { hash, .. } => Some(hash.to_string()),
                _ => None,
            },
            _ => None,
        })
        .collect()
}
