//! Storing rows: one way to each table for all of them.

use super::{Rows, key};
use crate::{StoreError, bulk, rows};
use domain::{CompletionState, Failure, Hash};
use sqlx::SqliteConnection;

impl Rows {
    pub(super) async fn put_contents(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        if self.contents.is_empty() {
            return Ok(());
        }
        let files: Vec<(&Hash, &(String, Vec<u8>))> = self.files.iter().collect();
        let into = "blob (hash, media_type, size, bytes)";
        bulk::insert(
            tx,
            into,
            "(?, ?, ?, ?)",
            " ON CONFLICT (hash) DO NOTHING",
            &files,
            |query, (hash, file)| {
                query
                    .bind(hash.bytes().as_slice())
                    .bind(file.0.as_str())
                    .bind(file.1.len() as i64)
                    .bind(file.1.as_slice())
            },
        )
        .await?;
        let last: i64 =
            sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM content").fetch_one(&mut *tx).await?;
        let after = " ON CONFLICT (hash) DO NOTHING";
        bulk::insert(tx, "content (hash, parts)", "(?, ?)", after, &self.contents, |query, (hash, json)| {
            query.bind(hash.bytes().as_slice()).bind(json.as_str())
        })
        .await?;
        // Found a moment later: indexing takes as long as all of the rest.
        sqlx::query("INSERT INTO search_queue (content_id) SELECT id FROM content WHERE id > ?")
            .bind(last)
            .execute(&mut *tx)
            .await?;
        for (content, file) in &self.links {
            sqlx::query(
                "INSERT OR IGNORE INTO content_blob (content_id, blob_id)
                SELECT content.id, blob.id FROM content, blob WHERE content.hash = ? AND blob.hash = ?",
            )
            .bind(content.bytes().as_slice())
            .bind(file.bytes().as_slice())
            .execute(&mut *tx)
            .await?;
        }
        Ok(())
    }

    pub(super) async fn put_trees(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        bulk::insert(
            tx,
            "conversation (id, uid, title, source, system_content_id, scope_id, created_at, updated_at)",
            "(?, ?, ?, 'gateway', (SELECT id FROM content WHERE hash = ?), ?, ?, ?)",
            "",
            &self.conversations,
            |query, talk| {
                query
                    .bind(talk.row)
                    .bind(talk.uid.bytes())
                    .bind(talk.title.as_str())
                    .bind(key(talk.system.as_ref()))
                    .bind(talk.scope)
                    .bind(talk.created_at)
                    .bind(talk.updated_at)
            },
        )
        .await?;
        bulk::insert(
            tx,
            "branch (id, uid, conversation_id, name, kind, target, ord, shown)",
            "(?, ?, ?, ?, ?, ?, ?, ?)",
            "",
            &self.branches,
            |query, branch| {
                query
                    .bind(branch.row)
                    .bind(branch.uid.bytes())
                    .bind(branch.conversation)
                    .bind(branch.name.as_str())
                    .bind(branch.kind)
                    .bind(branch.target.as_str())
                    .bind(branch.ord)
                    .bind(branch.ord == 0)
            },
        )
        .await?;
        if !self.touched.is_empty() {
            sqlx::query(
                "UPDATE conversation SET updated_at = max(updated_at, one.value ->> 1) FROM json_each(?) AS one
                WHERE conversation.id = one.value ->> 0",
            )
            .bind(rows::to_json(&self.touched)?)
            .execute(tx)
            .await?;
        }
        Ok(())
    }

    pub(super) async fn put_calls(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        let instance = self.instance;
        bulk::insert(
            tx,
            "run (id, uid, conversation_id, kind, origin, instance_id, created_at, virtual_key_id, client,
                idempotency_key, request, route, stream, status, cached, saved_nano)",
            "(?, ?, ?, ?, 'gateway', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "",
            &self.runs,
            |query, run| {
                let call = &run.call;
                query
                    .bind(run.row)
                    .bind(call.uid.bytes())
                    .bind(run.conversation)
                    .bind(call.kind)
                    .bind(instance)
                    .bind(call.at)
                    .bind(run.scope)
                    .bind(call.client.as_deref())
                    .bind(call.idempotency.as_deref())
                    .bind(call.request.as_str())
                    .bind(call.route.as_str())
                    .bind(call.stream)
                    .bind(call.status)
                    .bind(call.cached)
                    .bind(call.saved)
            },
        )
        .await?;
        self.put_completions(tx).await?;
        let into =
            "decision (completion_id, requested, targets, reason, candidates, routed, policy, class, fixed)";
        bulk::insert(
            tx,
            into,
            "(?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "",
            &self.decisions,
            |query, (completion, of)| {
                let query = query.bind(*completion).bind(of.requested.as_str()).bind(of.targets.as_str());
                let query = query.bind(of.reason.as_str()).bind(of.candidates.as_str());
                query
                    .bind(of.routed.as_deref())
                    .bind(of.policy.as_deref())
                    .bind(of.class)
                    .bind(of.fixed.as_deref())
            },
        )
        .await
    }

    async fn put_completions(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        bulk::insert(
            tx,
            "completion (id, uid, run_id, ord, branch_id, requested, served, params, system_content_id,
                tools_content_id, state, stop, error_kind, error_text, retry_after_ms, ttft_ms, duration_ms, input,
                output, cached_read, cached_write, reasoning, usage_by, cost_nano, cost_estimated, created_at, ended_at)",
            "(?, ?, ?, 0, ?, ?, ?, ?, (SELECT id FROM content WHERE hash = ?), (SELECT id FROM content WHERE hash = ?),
                ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "",
            &self.completions,
            |query, one| {
                let (mut stop, mut error): (Option<&str>, Option<&Failure>) = (None, None);
                match &one.state {
                    CompletionState::Complete { stop: why } => stop = Some(why.as_str()),
                    CompletionState::Failed { error: why } => error = Some(why),
                    _ => {}
                }
                let (metrics, usage) = (&one.metrics, &one.metrics.usage);
                query
                    .bind(one.row)
                    .bind(one.uid.bytes())
                    .bind(one.run)
                    .bind(one.branch)
                    .bind(one.requested.as_str())
                    .bind(one.served.as_deref())
                    .bind(one.params.as_str())
                    .bind(key(one.system.as_ref()))
                    .bind(key(one.tools.as_ref()))
                    .bind(one.state.as_str())
                    .bind(stop)
                    .bind(error.map(|error| error.kind.as_str()))
                    .bind(error.map(|error| error.message.as_str()))
                    .bind(error.and_then(|error| error.retry_after_ms))
                    .bind(metrics.ttft_ms)
                    .bind(metrics.duration_ms)
                    .bind(usage.input)
                    .bind(usage.output)
                    .bind(usage.cached_read)
                    .bind(usage.cached_write)
                    .bind(usage.reasoning)
                    .bind(rows::usage_by(metrics.usage_by))
                    .bind(metrics.cost.map(|cost| cost.usd.0))
                    .bind(metrics.cost.map(|cost| cost.estimated))
                    .bind(one.created_at)
                    .bind(one.ended_at)
            },
        )
        .await
    }

    pub(super) async fn put_nodes(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        bulk::insert(
            tx,
            "message (id, uid, conversation_id, parent_id, depth, jump_id, role, status, content_id, hash, prefix_key,
                scope_id, completion_id, created_at)",
            "(?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM content WHERE hash = ?), ?, ?, ?, ?, ?)",
            "",
            &self.messages,
            |query, node| {
                query
                    .bind(node.row)
                    .bind(node.uid.bytes())
                    .bind(node.conversation)
                    .bind(node.parent)
                    .bind(node.depth)
                    .bind(node.jump)
                    .bind(node.role)
                    .bind(node.status)
                    .bind(key(node.content.as_ref()))
                    .bind(node.hash.bytes().as_slice())
                    .bind(node.prefix.as_ref().map(|prefix| prefix.bytes().as_slice()))
                    .bind(node.scope)
                    .bind(node.completion)
                    .bind(node.at)
            },
        )
        .await
    }

    /// Where branches and conversations point, once what they point to is there. (To have SQLite look at
    /// references at the end of the transaction only would have it prepare every statement anew.)
    pub(super) async fn put_pointers(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        let begun = self.branches.iter().filter_map(|branch| Some((branch.row, branch.tip?)));
        let tips: Vec<(i64, i64)> = begun.chain(self.tips.iter().copied()).collect();
        let heads: Vec<(i64, i64)> =
            self.conversations.iter().filter_map(|talk| Some((talk.row, talk.head?))).collect();
        for (pointers, update) in [
            (
                tips,
                "UPDATE branch SET tip_id = one.value ->> 1 FROM json_each(?) AS one WHERE branch.id = one.value ->> 0",
            ),
            (
                heads,
                "UPDATE conversation SET head_branch_id = one.value ->> 1 FROM json_each(?) AS one
                WHERE conversation.id = one.value ->> 0",
            ),
        ] {
            if !pointers.is_empty() {
                sqlx::query(update).bind(rows::to_json(&pointers)?).execute(&mut *tx).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn put_wires(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        bulk::insert(
            tx,
            "attempt (id, uid, completion_id, ord, provider, model, http_status, outcome, error_kind, started_at,
                headers_ms, first_ms, ended_ms, input, output, cached_read, cached_write, reasoning, usage_by, cost_nano)",
            "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "",
            &self.attempts,
            |query, (row, completion, attempt)| {
                let usage = &attempt.usage;
                query
                    .bind(*row)
                    .bind(attempt.id.bytes())
                    .bind(*completion)
                    .bind(attempt.ord)
                    .bind(attempt.provider.as_str())
                    .bind(attempt.model.as_str())
                    .bind(attempt.http_status)
                    .bind(attempt.outcome.as_str())
                    .bind(attempt.error_kind.map(domain::ErrorKind::as_str))
                    .bind(attempt.started_at.millis())
                    .bind(attempt.headers_ms)
                    .bind(attempt.first_ms)
                    .bind(attempt.ended_ms)
                    .bind(usage.input)
                    .bind(usage.output)
                    .bind(usage.cached_read)
                    .bind(usage.cached_write)
                    .bind(usage.reasoning)
                    .bind(rows::usage_by(attempt.usage_by))
                    .bind(attempt.cost.map(|cost| cost.0))
            },
        )
        .await?;
        let mut wires = Vec::with_capacity(self.wires.len());
        for (attempt, wire, status) in &self.wires {
            let (sent, came) =
                (rows::to_json(&wire.request_headers)?, rows::to_json(&wire.response_headers)?);
            wires.push((*attempt, wire, *status, sent, came));
        }
        bulk::insert(
            tx,
            "wire (attempt_id, method, url, request_headers, request_body, heard, heard_head, heard_tail, status,
                response_headers, response_body, response_cut)",
            "(?, 'POST', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "",
            &wires,
            |query, (attempt, wire, status, sent, came)| {
                let request = &wire.request;
                query
                    .bind(*attempt)
                    .bind(wire.url.as_str())
                    .bind(sent.as_str())
                    .bind(request.body.as_slice())
                    .bind(request.heard.as_deref())
                    .bind(request.head)
                    .bind(request.tail)
                    .bind(*status)
                    .bind(came.as_str())
                    .bind(wire.response.as_slice())
                    .bind(wire.cut)
            },
        )
        .await
    }
}
