//! The ledger, and the budgets that count its lines: both in one transaction, so that what is spent is
//! always the sum of what was entered.

use crate::{StoreError, budgets, rows};
use domain::{Attempt, Charge, InstanceId, VirtualKeyId};
use sqlx::SqliteConnection;

/// Who a call is charged to, and what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bill<'a> {
    /// What it came to.
    pub(crate) charge: &'a Charge,
    /// Whose slices it was set aside from.
    pub(crate) instance: InstanceId,
}

/// Enters how a call ended. Entered again, the line is corrected, and budgets by the difference: it stays
/// in its period, and slices have been settled.
pub(crate) async fn enter(
    tx: &mut SqliteConnection,
    attempt: &Attempt,
    bill: Option<Bill<'_>>,
) -> Result<(), StoreError> {
    let uid = attempt.id.bytes();
    let before = sqlx::query!(
        r#"SELECT virtual_key_id, coalesce(counted_at, at) AS "counted_at!: i64",
            coalesce(charged_nano, cost_nano, 0) AS "nano!: i64",
            coalesce(charged_tokens, coalesce(input, 0) + coalesce(output, 0) + coalesce(cached_read, 0)
                + coalesce(cached_write, 0) + coalesce(reasoning, 0)) AS "tokens!: i64"
        FROM ledger WHERE attempt_uid = ?"#,
        uid
    )
    .fetch_optional(&mut *tx)
    .await?;
    let (nano, tokens) = match bill {
        Some(Bill { charge, .. }) => (charge.usd.0, i64::try_from(charge.tokens).unwrap_or(i64::MAX)),
        None => {
            (attempt.cost.map_or(0, |cost| cost.0), i64::try_from(attempt.usage.total()).unwrap_or(i64::MAX))
        }
    };
    let (key, at) = match &before {
        Some(before) => (before.virtual_key_id, before.counted_at),
        None => match bill {
            Some(Bill { charge, .. }) => (key_row(tx, charge.key).await?, charge.at.millis()),
            None => (None, attempt.started_at.millis()),
        },
    };
    // Before the line is there: a period that begins with it counts it once.
    let counting = budgets::counting(tx, key, at).await?;
    put(tx, attempt, key, at, nano, tokens).await?;
    let (had_nano, had_tokens) = before.as_ref().map_or((0, 0), |before| (before.nano, before.tokens));
    for (budget, period) in counting {
        budgets::spend(tx, budget, period, nano - had_nano, tokens - had_tokens).await?;
    }
    if let (None, Some(Bill { charge, instance })) = (before, bill) {
        for (budget, period) in &charge.leased {
            budgets::shrink(tx, instance, *budget, *period, nano, tokens).await?;
        }
    }
    Ok(())
}

/// Whether there is a line of this call.
pub(crate) async fn has(tx: &mut SqliteConnection, attempt: &Attempt) -> Result<bool, StoreError> {
    let uid = attempt.id.bytes();
    let found = sqlx::query_scalar!("SELECT id FROM ledger WHERE attempt_uid = ?", uid);
    Ok(found.fetch_optional(tx).await?.is_some())
}

async fn key_row(tx: &mut SqliteConnection, key: Option<VirtualKeyId>) -> Result<Option<i64>, StoreError> {
    let Some(key) = key else { return Ok(None) };
    let uid = key.bytes();
    let row = sqlx::query_scalar!("SELECT id FROM virtual_key WHERE uid = ?", uid).fetch_optional(tx).await?;
    row.map(Some).ok_or_else(|| StoreError::missing("virtual key", &key))
}

async fn put(
    tx: &mut SqliteConnection,
    attempt: &Attempt,
    key: Option<i64>,
    counted_at: i64,
    nano: i64,
    tokens: i64,
) -> Result<(), StoreError> {
    let (uid, at, outcome) = (attempt.id.bytes(), attempt.started_at.millis(), attempt.outcome.as_str());
    let (usage, usage_by) = (&attempt.usage, rows::usage_by(attempt.usage_by));
    let cost = attempt.cost.map(|cost| cost.0);
    sqlx::query!(
        "INSERT INTO ledger (attempt_uid, at, provider, model, outcome, input, output, cached_read, cached_write,
            reasoning, usage_by, cost_nano, virtual_key_id, counted_at, charged_nano, charged_tokens)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (attempt_uid) DO UPDATE SET outcome = excluded.outcome, input = excluded.input,
            output = excluded.output, cached_read = excluded.cached_read, cached_write = excluded.cached_write,
            reasoning = excluded.reasoning, usage_by = excluded.usage_by, cost_nano = excluded.cost_nano,
            counted_at = excluded.counted_at, charged_nano = excluded.charged_nano,
            charged_tokens = excluded.charged_tokens",
        uid,
        at,
        attempt.provider,
        attempt.model,
        outcome,
        usage.input,
        usage.output,
        usage.cached_read,
        usage.cached_write,
        usage.reasoning,
        usage_by,
        cost,
        key,
        counted_at,
        nano,
        tokens
    )
    .execute(tx)
    .await?;
    Ok(())
}
