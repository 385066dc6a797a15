//! Attempts: upstream calls, and the ledger that outlives them.

use crate::{
    Store, StoreError,
    ledger::{self, Bill},
    rows,
    writer::Durability,
};
use domain::{Attempt, AttemptId, Charge, CompletionId, InstanceId, NanoUsd, Timestamp};
use sqlx::SqliteConnection;

/// Attempts.
#[derive(Clone, Copy)]
pub struct Attempts<'a> {
    pub(crate) store: &'a Store,
}

struct AttemptRow {
    uid: Vec<u8>,
    completion: Vec<u8>,
    ord: i64,
    provider: String,
    model: String,
    http_status: Option<i64>,
    outcome: String,
    error_kind: Option<String>,
    started_at: i64,
    headers_ms: Option<i64>,
    first_ms: Option<i64>,
    ended_ms: Option<i64>,
    input: Option<i64>,
    output: Option<i64>,
    cached_read: Option<i64>,
    cached_write: Option<i64>,
    reasoning: Option<i64>,
    usage_by: Option<String>,
    cost_nano: Option<i64>,
}

macro_rules! attempts {
    ($tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            AttemptRow,
            "SELECT a.uid, completion.uid AS completion, a.ord, a.provider, a.model, a.http_status, a.outcome,
                a.error_kind, a.started_at, a.headers_ms, a.first_ms, a.ended_ms, a.input, a.output, a.cached_read,
                a.cached_write, a.reasoning, a.usage_by, a.cost_nano
            FROM attempt AS a JOIN completion ON completion.id = a.completion_id WHERE " + $tail
            $(, $argument)*
        )
    };
}

impl TryFrom<AttemptRow> for Attempt {
    type Error = StoreError;

    fn try_from(row: AttemptRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: AttemptId::from_bytes(&row.uid)?,
            completion_id: CompletionId::from_bytes(&row.completion)?,
            ord: rows::count(row.ord),
            provider: row.provider,
            model: row.model,
            http_status: row.http_status.and_then(|status| u16::try_from(status).ok()),
            outcome: rows::word(&row.outcome)?,
            error_kind: rows::word_or_none(row.error_kind.as_deref())?,
            started_at: Timestamp::from_millis(row.started_at),
            headers_ms: rows::count_or_none(row.headers_ms),
            first_ms: rows::count_or_none(row.first_ms),
            ended_ms: rows::count_or_none(row.ended_ms),
            usage: rows::usage([row.input, row.output, row.cached_read, row.cached_write, row.reasoning]),
            usage_by: rows::word_or_none(row.usage_by.as_deref())?,
            cost: row.cost_nano.map(NanoUsd),
        })
    }
}

impl Attempts<'_> {
    /// Stores a call that is about to be made.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn start(&self, attempt: &Attempt) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Process).await?;
        put(&mut tx, attempt).await?;
        tx.commit().await
    }

    /// Stores how a call ended, and enters it in the ledger.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn finish(&self, attempt: &Attempt) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        put(&mut tx, attempt).await?;
        ledger::enter(&mut tx, attempt, None).await?;
        tx.commit().await
    }

    /// The same for a call that budgets had let in: what it came to is taken from the slices of the
    /// process that made it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn finish_charged(
        &self,
        attempt: &Attempt,
        charge: &Charge,
        instance: InstanceId,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        put(&mut tx, attempt).await?;
        ledger::enter(&mut tx, attempt, Some(Bill { charge, instance })).await?;
        tx.commit().await
    }

    /// Only the line in the ledger, for a call of which nothing else is kept.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn enter(
        &self,
        attempt: &Attempt,
        charge: &Charge,
        instance: InstanceId,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        ledger::enter(&mut tx, attempt, Some(Bill { charge, instance })).await?;
        tx.commit().await
    }

    /// The same unless somebody else has entered it: for a call whose end nobody saw. Whether it was new.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn enter_lost(
        &self,
        attempt: &Attempt,
        charge: &Charge,
        instance: InstanceId,
    ) -> Result<bool, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        if ledger::has(&mut tx, attempt).await? {
            return Ok(false);
        }
        ledger::enter(&mut tx, attempt, Some(Bill { charge, instance })).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Lines of the ledger, and what budgets count of them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn entered(&self) -> Result<(u32, NanoUsd), StoreError> {
        let (lines, nano): (i64, i64) = sqlx::query_as(
            "SELECT count(*), coalesce(sum(coalesce(charged_nano, cost_nano, 0)), 0) FROM ledger",
        )
        .fetch_one(self.store.readers())
        .await?;
        Ok((rows::count(lines), NanoUsd(nano)))
    }

    /// The calls of a completion, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn of(&self, completion: CompletionId) -> Result<Vec<Attempt>, StoreError> {
        let uid = completion.bytes();
        attempts!("completion.uid = ? ORDER BY a.ord", uid)
            .fetch_all(self.store.readers())
            .await?
            .into_iter()
            .map(Attempt::try_from)
            .collect()
    }
}

async fn put(tx: &mut SqliteConnection, attempt: &Attempt) -> Result<(), StoreError> {
    let completion = attempt.completion_id.bytes();
    let completion = sqlx::query_scalar!("SELECT id FROM completion WHERE uid = ?", completion)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| StoreError::missing("completion", &attempt.completion_id))?;
    let (uid, outcome) = (attempt.id.bytes(), attempt.outcome.as_str());
    let error_kind = attempt.error_kind.map(domain::ErrorKind::as_str);
    let (started_at, cost) = (attempt.started_at.millis(), attempt.cost.map(|cost| cost.0));
    let (usage, usage_by) = (&attempt.usage, rows::usage_by(attempt.usage_by));
    sqlx::query!(
        "INSERT INTO attempt (uid, completion_id, ord, provider, model, http_status, outcome, error_kind, started_at,
            headers_ms, first_ms, ended_ms, input, output, cached_read, cached_write, reasoning, usage_by, cost_nano)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (uid) DO UPDATE SET http_status = excluded.http_status, outcome = excluded.outcome,
            error_kind = excluded.error_kind, headers_ms = excluded.headers_ms, first_ms = excluded.first_ms,
            ended_ms = excluded.ended_ms, input = excluded.input, output = excluded.output,
            cached_read = excluded.cached_read, cached_write = excluded.cached_write,
            reasoning = excluded.reasoning, usage_by = excluded.usage_by, cost_nano = excluded.cost_nano",
        uid,
        completion,
        attempt.ord,
        attempt.provider,
        attempt.model,
        attempt.http_status,
        outcome,
        error_kind,
        started_at,
        attempt.headers_ms,
        attempt.first_ms,
        attempt.ended_ms,
        usage.input,
        usage.output,
        usage.cached_read,
        usage.cached_write,
        usage.reasoning,
        usage_by,
        cost
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Attempts of completions given as a JSON array of row ids.
pub(crate) async fn by_completions(tx: &mut SqliteConnection, ids: &str) -> Result<Vec<Attempt>, StoreError> {
    attempts!("a.completion_id IN (SELECT value FROM json_each(?)) ORDER BY a.completion_id, a.ord", ids)
        .fetch_all(tx)
        .await?
        .into_iter()
        .map(Attempt::try_from)
        .collect()
}

/// All calls made in a conversation.
pub(crate) async fn of_conversation(
    tx: &mut SqliteConnection,
    conversation: i64,
) -> Result<Vec<Attempt>, StoreError> {
    attempts!(
        "a.completion_id IN (SELECT completion.id FROM completion JOIN run ON run.id = completion.run_id
            WHERE run.conversation_id = ?) ORDER BY a.completion_id, a.ord",
        conversation
    )
    .fetch_all(tx)
    .await?
    .into_iter()
    .map(Attempt::try_from)
    .collect()
}
