//! Completions: answers, from being queued to their end.

mod finish;

pub use finish::Finish;

use crate::{
    NewMessage, Store, StoreError, contents,
    decisions::{self, DecisionRow},
    rows,
    writer::Durability,
};
use domain::{
    BranchId, Completion, CompletionId, CompletionState, Cost, Decision, Failure, MessageId, Metrics,
    NanoUsd, Params, RunId, SynthesisKind, Target, Timestamp, Tool,
};
use sqlx::SqliteConnection;

/// Completions.
#[derive(Clone, Copy)]
pub struct Completions<'a> {
    pub(crate) store: &'a Store,
}

/// A completion to store with its run. It is queued.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCompletion {
    /// A fresh id.
    pub id: CompletionId,
    /// Its run.
    pub run_id: RunId,
    /// Its place in the run, from 0.
    pub ord: u32,
    /// The branch that its answer extends.
    pub branch_id: Option<BranchId>,
    /// The assistant message it will write: streaming, and of this completion.
    pub message: NewMessage,
    /// What was asked for.
    pub requested: Target,
    /// Parameters.
    pub params: Params,
    /// System text.
    pub system: Option<String>,
    /// Why this target.
    pub decision: Decision,
    /// What its message is made of, for a synthesis.
    pub merge: Option<NewMerge>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What a synthesis is made of, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMerge {
    /// The sources in order; the message stands beside the first.
    pub sources: Vec<MessageId>,
    /// How.
    pub how: SynthesisKind,
    /// With which instruction.
    pub instruction: String,
}

pub(crate) struct CompletionRow {
    pub(crate) uid: Vec<u8>,
    pub(crate) run: Vec<u8>,
    pub(crate) ord: i64,
    pub(crate) branch: Option<Vec<u8>>,
    pub(crate) message: Option<Vec<u8>>,
    pub(crate) requested: String,
    pub(crate) served: Option<String>,
    pub(crate) params: String,
    pub(crate) tools: Option<String>,
    pub(crate) state: String,
    pub(crate) stop: Option<String>,
    pub(crate) error_kind: Option<String>,
    pub(crate) error_text: Option<String>,
    pub(crate) retry_after_ms: Option<i64>,
    pub(crate) ttft_ms: Option<i64>,
    pub(crate) duration_ms: Option<i64>,
    pub(crate) input: Option<i64>,
    pub(crate) output: Option<i64>,
    pub(crate) cached_read: Option<i64>,
    pub(crate) cached_write: Option<i64>,
    pub(crate) reasoning: Option<i64>,
    pub(crate) usage_by: Option<String>,
    pub(crate) cost_nano: Option<i64>,
    pub(crate) cost_estimated: Option<i64>,
    pub(crate) created_at: i64,
}

/// `completions!(tail, args…)`: the columns of [`CompletionRow`].
macro_rules! completions {
    ($tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            $crate::completions::CompletionRow,
            r#"SELECT c.uid, run.uid AS run, c.ord, branch.uid AS "branch?", message.uid AS "message?", c.requested,
                c.served, c.params, tools.parts AS "tools?", c.state, c.stop, c.error_kind, c.error_text,
                c.retry_after_ms, c.ttft_ms, c.duration_ms, c.input, c.output, c.cached_read, c.cached_write,
                c.reasoning, c.usage_by, c.cost_nano, c.cost_estimated, c.created_at
            FROM completion AS c
            JOIN run ON run.id = c.run_id
            LEFT JOIN branch ON branch.id = c.branch_id
            LEFT JOIN message ON message.completion_id = c.id AND message.choice = 0 AND message.copied = 0
            LEFT JOIN content AS tools ON tools.id = c.tools_content_id
            WHERE "# + $tail
            $(, $argument)*
        )
    };
}
pub(crate) use completions;

impl TryFrom<CompletionRow> for Completion {
    type Error = StoreError;

    fn try_from(row: CompletionRow) -> Result<Self, StoreError> {
        let state = match row.state.as_str() {
            "queued" => CompletionState::Queued,
            "streaming" => CompletionState::Streaming,
            "stopped" => CompletionState::Stopped,
            "interrupted" => CompletionState::Interrupted,
            "complete" => {
                CompletionState::Complete { stop: rows::word(row.stop.as_deref().unwrap_or("other"))? }
            }
            "failed" => CompletionState::Failed {
                error: Failure::new(
                    rows::word(row.error_kind.as_deref().unwrap_or("upstream"))?,
                    row.error_text.unwrap_or_default(),
                )
                .retry_after(rows::count_or_none(row.retry_after_ms)),
            },
            other => return Err(StoreError::Damaged(format!("no state of a completion: `{other}`"))),
        };
        let mut params: Params = serde_json::from_str(&row.params)?;
        params.tools = rows::json(row.tools.as_deref())?;
        Ok(Self {
            id: CompletionId::from_bytes(&row.uid)?,
            run_id: RunId::from_bytes(&row.run)?,
            ord: rows::count(row.ord),
            branch_id: row.branch.as_deref().map(BranchId::from_bytes).transpose()?,
            message_id: row.message.as_deref().map(MessageId::from_bytes).transpose()?,
            requested: row.requested.parse()?,
            served: row.served.as_deref().map(str::parse).transpose()?,
            params,
            state,
            metrics: Metrics {
                ttft_ms: rows::count_or_none(row.ttft_ms),
                duration_ms: rows::count_or_none(row.duration_ms),
                usage: rows::usage([row.input, row.output, row.cached_read, row.cached_write, row.reasoning]),
                usage_by: rows::word_or_none(row.usage_by.as_deref())?,
                cost: row
                    .cost_nano
                    .map(|nano| Cost { usd: NanoUsd(nano), estimated: row.cost_estimated == Some(1) }),
            },
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

impl Completions<'_> {
    /// One completion.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn get(&self, id: CompletionId) -> Result<Option<Completion>, StoreError> {
        let uid = id.bytes();
        completions!("c.uid = ?", uid)
            .fetch_optional(self.store.readers())
            .await?
            .map(Completion::try_from)
            .transpose()
    }

    /// Queued → streaming, asking `served`. A later call (a fallback) names another; a completion
    /// that has ended is left as it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn begin(&self, id: CompletionId, served: &Target) -> Result<(), StoreError> {
        let (uid, served) = (id.bytes(), served.as_str());
        let mut tx = self.store.write(Durability::Process).await?;
        sqlx::query!(
            "UPDATE completion SET state = 'streaming', served = ?
            WHERE uid = ? AND state IN ('queued', 'streaming')",
            served,
            uid
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// The system text it was asked with.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn system_of(&self, id: CompletionId) -> Result<Option<String>, StoreError> {
        let uid = id.bytes();
        let parts = sqlx::query_scalar!(
            "SELECT content.parts FROM completion JOIN content ON content.id = completion.system_content_id
            WHERE completion.uid = ?",
            uid
        )
        .fetch_optional(self.store.readers())
        .await?;
        contents::text(parts.as_deref())
    }

    /// Why it asked whom it asked.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn decision_of(&self, id: CompletionId) -> Result<Option<Decision>, StoreError> {
        let uid = id.bytes();
        let row = sqlx::query!(
            "SELECT decision.requested, targets, reason, candidates, routed FROM decision
            JOIN completion ON completion.id = decision.completion_id WHERE completion.uid = ?",
            uid
        )
        .fetch_optional(self.store.readers())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let (candidates, routed) = (&row.candidates, row.routed.as_deref());
        decisions::read(&row.requested, &row.targets, row.reason, candidates, routed).map(Some)
    }
}

/// Stores a queued completion with its decision, without its message.
pub(crate) async fn insert(
    tx: &mut SqliteConnection,
    run: i64,
    completion: &NewCompletion,
) -> Result<(), StoreError> {
    let system = contents::put_text(tx, completion.system.as_deref()).await?;
    let mut params = completion.params.clone();
    let tools: Vec<Tool> = std::mem::take(&mut params.tools);
    let tools =
        if tools.is_empty() { None } else { Some(contents::put_json(tx, &rows::to_json(&tools)?).await?) };
    let branch = match completion.branch_id {
        Some(id) => {
            let uid = id.bytes();
            let row = sqlx::query_scalar!("SELECT id FROM branch WHERE uid = ?", uid)
                .fetch_optional(&mut *tx)
                .await?;
            Some(row.ok_or_else(|| StoreError::missing("branch", &id))?)
        }
        None => None,
    };
    let (uid, requested, params) =
        (completion.id.bytes(), completion.requested.as_str(), rows::to_json(&params)?);
    let created_at = completion.created_at.millis();
    let id = sqlx::query!(
        "INSERT INTO completion (uid, run_id, ord, branch_id, requested, params, system_content_id,
            tools_content_id, state, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?)",
        uid,
        run,
        completion.ord,
        branch,
        requested,
        params,
        system,
        tools,
        created_at
    )
    .execute(&mut *tx)
    .await?
    .last_insert_rowid();
    DecisionRow::of(&completion.decision)?.insert(tx, id).await?;
    if let Some(merge) = &completion.merge {
        let how = merge.how.as_str();
        sqlx::query!(
            "INSERT INTO synthesis (completion_id, how, instruction) VALUES (?, ?, ?)",
            id,
            how,
            merge.instruction
        )
        .execute(tx)
        .await?;
    }
    Ok(())
}

/// Completions by a JSON array of row ids.
pub(crate) async fn by_ids(tx: &mut SqliteConnection, ids: &str) -> Result<Vec<Completion>, StoreError> {
    completions!("c.id IN (SELECT value FROM json_each(?))", ids)
        .fetch_all(tx)
        .await?
        .into_iter()
        .map(Completion::try_from)
        .collect()
}
