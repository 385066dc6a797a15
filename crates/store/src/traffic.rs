//! Calls as they came: lists of them by time, and each with all that is kept of it.

use crate::{Store, StoreError, attempts, rows, wire};
use domain::{
    CompletionId, CompletionState, ConversationId, ConversationSource, Cost, Failure, MessageId, Metrics,
    NanoUsd, RunId, Timestamp, TrafficAttempt, TrafficCall, TrafficDetail, TrafficFacets, TrafficOutcome,
    TrafficPage, TrafficQuery, VirtualKeyId,
};
use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection, sqlite::SqliteRow};
use std::collections::BTreeSet;

/// Calls as they came.
#[derive(Clone, Copy)]
pub struct Traffic<'a> {
    pub(crate) store: &'a Store,
}

/// Longest page, and its usual length.
const MOST: u32 = 500;
const USUAL: u32 = 100;
/// Calls that facets are of.
const LATEST: i64 = 5_000;

const CALLS: &str = "SELECT c.id, c.created_at, c.uid, run.uid, run.kind, run.origin, k.uid, k.name, run.client,
        run.request, run.route, run.stream, c.requested, c.served, c.state, c.stop, c.error_kind, c.error_text,
        c.retry_after_ms, run.status, c.ttft_ms, c.duration_ms, c.input, c.output, c.cached_read, c.cached_write,
        c.reasoning, c.usage_by, c.cost_nano, c.cost_estimated, run.idempotency_key, talk.uid, m.uid, talk.title,
        (SELECT count(*) FROM attempt WHERE attempt.completion_id = c.id), run.cached
    FROM completion AS c JOIN run ON run.id = c.run_id
    LEFT JOIN virtual_key AS k ON k.id = run.virtual_key_id
    LEFT JOIN conversation AS talk ON talk.id = run.conversation_id AND talk.deletion_id IS NULL
    LEFT JOIN message AS m ON m.completion_id = c.id AND m.choice = 0 AND m.copied = 0 AND m.deletion_id IS NULL
    WHERE ";

impl Traffic<'_> {
    /// Some calls, newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn list(&self, query: &TrafficQuery) -> Result<TrafficPage, StoreError> {
        let limit = query.limit.unwrap_or(USUAL).clamp(1, MOST);
        let mut sql = QueryBuilder::new(CALLS);
        filter(&mut sql, query);
        if let Some((at, row)) = query.after.as_deref().and_then(place) {
            sql.push(" AND (c.created_at, c.id) < (").push_bind(at).push(", ").push_bind(row).push(")");
        }
        sql.push(" ORDER BY c.created_at DESC, c.id DESC LIMIT ").push_bind(i64::from(limit) + 1);
        let found = sql.build().fetch_all(self.store.readers()).await?;
        let more = found.len() > limit as usize;
        let mut page = TrafficPage::default();
        for row in found.iter().take(limit as usize) {
            page.calls.push(call(row)?);
            if more {
                page.next = Some(format!("{}.{}", row.try_get::<i64, _>(1)?, row.try_get::<i64, _>(0)?));
            }
        }
        Ok(page)
    }

    /// One call with all that is kept of it; `None` where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn call(&self, id: CompletionId) -> Result<Option<TrafficDetail>, StoreError> {
        let mut sql = QueryBuilder::new(CALLS);
        sql.push("c.uid = ").push_bind(id.bytes().to_vec());
        let Some(row) = sql.build().fetch_optional(self.store.readers()).await? else { return Ok(None) };
        let number: i64 = row.try_get(0)?;
        let mut exchanges = self.store.wire().of(id).await?;
        let mut snapshot = self.store.snapshot().await?;
        let attempts = attempts::by_completions(&mut snapshot, &rows::id_list([number])).await?;
        let body = heard(&mut snapshot, number).await?;
        drop(snapshot);
        let attempts = attempts
            .into_iter()
            .map(|attempt| {
                let at = exchanges.iter().position(|exchange| exchange.attempt == attempt.id);
                TrafficAttempt { exchange: at.map(|at| exchanges.swap_remove(at)), attempt }
            })
            .collect();
        Ok(Some(TrafficDetail {
            call: call(&row)?,
            title: row.try_get(33)?,
            body,
            decision: self.store.completions().decision_of(id).await?,
            attempts,
        }))
    }

    /// The first completion of a run; `None` where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn of_run(&self, run: RunId) -> Result<Option<CompletionId>, StoreError> {
        let uid: Option<Vec<u8>> = sqlx::query_scalar(
            "SELECT completion.uid FROM run JOIN completion ON completion.run_id = run.id
            WHERE run.uid = ? ORDER BY completion.ord LIMIT 1",
        )
        .bind(run.bytes())
        .fetch_optional(self.store.readers())
        .await?;
        Ok(uid.as_deref().map(CompletionId::from_bytes).transpose()?)
    }

    /// What filters can be set to, of the latest calls.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn facets(&self) -> Result<TrafficFacets, StoreError> {
        let found: Vec<(Option<String>, String, Option<String>)> = sqlx::query_as(
            "SELECT run.client, c.requested, c.served FROM completion AS c JOIN run ON run.id = c.run_id
            WHERE run.origin = 'gateway' ORDER BY c.created_at DESC LIMIT ?",
        )
        .bind(LATEST)
        .fetch_all(self.store.readers())
        .await?;
        let (mut clients, mut requested, mut served) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (client, asked, answered) in found {
            clients.extend(client);
            requested.insert(asked);
            served.extend(answered);
        }
        let list = |all: BTreeSet<String>| all.into_iter().collect();
        Ok(TrafficFacets { clients: list(clients), requested: list(requested), served: list(served) })
    }
}

/// Where a page ended: the time and the row of its last call.
fn place(after: &str) -> Option<(i64, i64)> {
    let (at, row) = after.split_once('.')?;
    Some((at.parse().ok()?, row.parse().ok()?))
}

/// One of these words.
fn among<'w>(sql: &mut QueryBuilder<Sqlite>, column: &str, words: impl Iterator<Item = &'w str>) {
    sql.push(" AND ").push(column).push(" IN (");
    let mut list = sql.separated(", ");
    for word in words {
        list.push_bind(word.to_owned());
    }
    sql.push(")");
}

/// A part of a text, in large or small letters.
fn part(sql: &mut QueryBuilder<Sqlite>, column: &str, text: &str) {
    sql.push("instr(lower(").push(column).push("), ").push_bind(text.to_lowercase()).push(") > 0");
}

fn least(sql: &mut QueryBuilder<Sqlite>, what: &str, least: Option<i64>) {
    if let Some(least) = least {
        sql.push(" AND ").push(what).push(" >= ").push_bind(least);
    }
}

fn filter(sql: &mut QueryBuilder<Sqlite>, query: &TrafficQuery) {
    sql.push("true");
    let gateway = [ConversationSource::Gateway];
    let origins = if query.origins.is_empty() { &gateway[..] } else { &query.origins };
    among(sql, "run.origin", origins.iter().map(|origin| origin.as_str()));
    least(sql, "c.created_at", query.from.map(Timestamp::millis));
    if let Some(until) = query.until {
        sql.push(" AND c.created_at < ").push_bind(until.millis());
    }
    if let Some(key) = query.key {
        sql.push(" AND k.uid = ").push_bind(key.bytes().to_vec());
    }
    let texts =
        [("run.client", &query.client), ("c.requested", &query.requested), ("c.served", &query.served)];
    for (column, text) in texts {
        if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
            sql.push(" AND ");
            part(sql, column, text);
        }
    }
    if !query.outcomes.is_empty() {
        let states = query.outcomes.iter().flat_map(|outcome| match outcome {
            TrafficOutcome::Running => &["queued", "streaming"][..],
            TrafficOutcome::Complete => &["complete"],
            TrafficOutcome::Failed => &["failed"],
            TrafficOutcome::Stopped => &["stopped"],
            TrafficOutcome::Interrupted => &["interrupted"],
        });
        among(sql, "c.state", states.copied());
    }
    if !query.errors.is_empty() {
        among(sql, "c.error_kind", query.errors.iter().map(|kind| kind.as_str()));
    }
    if let Some(status) = query.status {
        sql.push(if status < 10 { " AND run.status / 100 = " } else { " AND run.status = " });
        sql.push_bind(i64::from(status));
    }
    if !query.kinds.is_empty() {
        among(sql, "run.kind", query.kinds.iter().map(|kind| kind.as_str()));
    }
    least(sql, "c.ttft_ms", query.min_ttft_ms.map(i64::from));
    least(sql, "c.duration_ms", query.min_duration_ms.map(i64::from));
    let tokens = "(coalesce(c.input, 0) + coalesce(c.output, 0) + coalesce(c.cached_read, 0)
        + coalesce(c.cached_write, 0) + coalesce(c.reasoning, 0))";
    least(sql, tokens, query.min_tokens.map(i64::from));
    least(sql, "c.cost_nano", query.min_cost.map(|cost| cost.0));
    if let Some(cached) = query.cached {
        sql.push(" AND (coalesce(c.cached_read, 0) > 0) = ").push_bind(cached);
    }
    if let Some(again) = query.from_cache {
        sql.push(" AND (run.cached IS NOT NULL) = ").push_bind(again);
    }
    if let Some(more) = query.fell_back {
        sql.push(" AND ((SELECT count(*) FROM attempt WHERE attempt.completion_id = c.id) > 1) = ")
            .push_bind(more);
    }
    if let Some(text) = query.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        sql.push(" AND (");
        let columns =
            ["run.request", "run.client", "c.requested", "c.served", "c.error_text", "k.name", "talk.title"];
        for (at, column) in columns.into_iter().enumerate() {
            if at > 0 {
                sql.push(" OR ");
            }
            part(sql, column, text);
        }
        sql.push(")");
    }
}

/// A row of [`CALLS`].
fn call(row: &SqliteRow) -> Result<TrafficCall, StoreError> {
    let uid = |at: usize| row.try_get::<Option<Vec<u8>>, _>(at);
    let text = |at: usize| row.try_get::<Option<String>, _>(at);
    let number = |at: usize| row.try_get::<Option<i64>, _>(at);
    let must = |at: usize| row.try_get::<String, _>(at);
    let state = match must(14)?.as_str() {
        "queued" => CompletionState::Queued,
        "streaming" => CompletionState::Streaming,
        "stopped" => CompletionState::Stopped,
        "interrupted" => CompletionState::Interrupted,
        "complete" => {
            CompletionState::Complete { stop: rows::word(text(15)?.as_deref().unwrap_or("other"))? }
        }
        _ => CompletionState::Failed {
            error: Failure::new(
                rows::word(text(16)?.as_deref().unwrap_or("upstream"))?,
                text(17)?.unwrap_or_default(),
            )
            .retry_after(rows::count_or_none(number(18)?)),
        },
    };
    let usage = rows::usage([number(22)?, number(23)?, number(24)?, number(25)?, number(26)?]);
    let estimated = number(29)? == Some(1);
    let metrics = Metrics {
        ttft_ms: rows::count_or_none(number(20)?),
        duration_ms: rows::count_or_none(number(21)?),
        usage,
        usage_by: rows::word_or_none(text(27)?.as_deref())?,
        cost: number(28)?.map(|nano| Cost { usd: NanoUsd(nano), estimated }),
    };
    Ok(TrafficCall {
        run: RunId::from_bytes(&row.try_get::<Vec<u8>, _>(3)?)?,
        completion: CompletionId::from_bytes(&row.try_get::<Vec<u8>, _>(2)?)?,
        kind: rows::word(&must(4)?)?,
        origin: rows::word(&must(5)?)?,
        at: Timestamp::from_millis(row.try_get(1)?),
        key: uid(6)?.as_deref().map(VirtualKeyId::from_bytes).transpose()?,
        key_name: text(7)?,
        client: text(8)?,
        request: text(9)?,
        route: text(10)?,
        stream: row.try_get::<i64, _>(11)? != 0,
        requested: must(12)?.parse()?,
        served: text(13)?.as_deref().map(str::parse).transpose()?,
        state,
        status: number(19)?.and_then(|status| u16::try_from(status).ok()),
        metrics,
        attempts: rows::count(row.try_get(34)?),
        cached: rows::word_or_none(text(35)?.as_deref())?,
        idempotency_key: text(30)?,
        conversation: uid(31)?.as_deref().map(ConversationId::from_bytes).transpose()?,
        message: uid(32)?.as_deref().map(MessageId::from_bytes).transpose()?,
    })
}

/// The caller's own body.
async fn heard(tx: &mut SqliteConnection, completion: i64) -> Result<Option<String>, StoreError> {
    let found: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT wire.heard FROM attempt JOIN wire ON wire.attempt_id = attempt.id
        WHERE attempt.completion_id = ? AND wire.heard IS NOT NULL ORDER BY attempt.ord LIMIT 1",
    )
    .bind(completion)
    .fetch_optional(tx)
    .await?;
    found.as_deref().map(wire::unpack).transpose()
}
