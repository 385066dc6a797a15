//! The ledger, and the budgets that count its lines: both in one transaction, so that what is spent is
//! always the sum of what was entered.

mod found;
mod usage;

pub(crate) use found::count_where_found;
pub use usage::Ledger;

use crate::{StoreError, budgets, bulk, rows};
use domain::{Attempt, Charge, FolderId, InstanceId, VirtualKeyId};
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, HashMap};

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
        r#"SELECT id AS "id!: i64", virtual_key_id, coalesce(counted_at, at) AS "counted_at!: i64",
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
    let (key, at, folders) = match (&before, bill) {
        (Some(before), _) => (before.virtual_key_id, before.counted_at, folders_of(tx, before.id).await?),
        (None, Some(Bill { charge, .. })) => {
            (key_row(tx, charge.key).await?, charge.at.millis(), charge.folders.clone())
        }
        // Nobody knows any more what was set aside; whose run it was is written down.
        (None, None) => {
            let folders = folders_of_run(tx, attempt).await?;
            (key_of_run(tx, attempt).await?, attempt.started_at.millis(), folders)
        }
    };
    // Before the line is there: a period that begins with it counts it once.
    let counting = budgets::counting(tx, key, &folders, at).await?;
    put(tx, attempt, key, at, nano, tokens).await?;
    file(tx, attempt.id.bytes(), &folders).await?;
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

/// A call of which the ledger is to have a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) attempt: &'a Attempt,
    pub(crate) charge: &'a Charge,
    /// Nobody saw its end: a line that is there stands.
    pub(crate) lost: bool,
}

/// A new line, with the row of its key and what budgets count.
type NewLine<'a> = (Line<'a>, Option<i64>, i64, i64);

/// Enters many calls of one instance at once: the same as one after the other.
pub(crate) async fn enter_all(
    tx: &mut SqliteConnection,
    lines: &[Line<'_>],
    instance: InstanceId,
) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let before = entered(tx, lines).await?;
    let keys = key_rows(tx, lines).await?;
    let mut new: Vec<NewLine<'_>> = Vec::with_capacity(lines.len());
    for line in lines {
        let (nano, tokens) = (line.charge.usd.0, i64::try_from(line.charge.tokens).unwrap_or(i64::MAX));
        match before.get(line.attempt.id.bytes()) {
            None => {
                let key = line.charge.key.and_then(|key| keys.get(key.bytes()).copied());
                new.push((*line, key, nano, tokens));
            }
            Some((outcome, had_nano, had_tokens)) => {
                let same = outcome == line.attempt.outcome.as_str()
                    && (*had_nano, *had_tokens) == (Some(nano), Some(tokens));
                if !line.lost && !same {
                    enter(tx, line.attempt, Some(Bill { charge: line.charge, instance })).await?;
                }
            }
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let mut spent: BTreeMap<(i64, i64), (i64, i64)> = BTreeMap::new();
    for budget in &budgets::all(tx).await? {
        for (line, _, nano, tokens) in
            new.iter().filter(|(line, key, ..)| budget.counts(*key, &line.charge.folders))
        {
            let at = line.charge.at;
            let period = budget.period(at);
            if !spent.contains_key(&(budget.id, period)) {
                // Before the lines are there: a period that begins with them counts them once.
                budgets::begin(tx, budget, at.millis()).await?;
            }
            add(&mut spent, (budget.id, period), *nano, *tokens);
        }
    }
    put_all(tx, &new).await?;
    for (line, ..) in &new {
        file(tx, line.attempt.id.bytes(), &line.charge.folders).await?;
    }
    for ((budget, period), (nano, tokens)) in spent {
        budgets::spend(tx, budget, period, nano, tokens).await?;
    }
    let mut leased: BTreeMap<(i64, i64), (i64, i64)> = BTreeMap::new();
    for (line, _, nano, tokens) in &new {
        for slice in &line.charge.leased {
            add(&mut leased, *slice, *nano, *tokens);
        }
    }
    for ((budget, period), (nano, tokens)) in leased {
        budgets::shrink(tx, instance, budget, period, nano, tokens).await?;
    }
    Ok(())
}

fn add(sums: &mut BTreeMap<(i64, i64), (i64, i64)>, of: (i64, i64), nano: i64, tokens: i64) {
    let sum = sums.entry(of).or_default();
    *sum = (sum.0.saturating_add(nano), sum.1.saturating_add(tokens));
}

/// A line that is there: the call, its outcome, what budgets counted.
type Entered = (Vec<u8>, String, Option<i64>, Option<i64>);

/// What the ledger has of these calls: outcome, money and tokens, by the id of the call.
async fn entered(
    tx: &mut SqliteConnection,
    lines: &[Line<'_>],
) -> Result<HashMap<Vec<u8>, (String, Option<i64>, Option<i64>)>, StoreError> {
    let ids = bulk::hex_list(lines.iter().map(|line| line.attempt.id.bytes()));
    let found: Vec<Entered> = sqlx::query_as(
        "SELECT attempt_uid, outcome, charged_nano, charged_tokens FROM json_each(?) AS one
        JOIN ledger ON ledger.attempt_uid = unhex(one.value)",
    )
    .bind(ids)
    .fetch_all(tx)
    .await?;
    Ok(found.into_iter().map(|(uid, outcome, nano, tokens)| (uid, (outcome, nano, tokens))).collect())
}

/// Rows of keys by id. One that is not there (its backup is older) has spent without a key.
async fn key_rows(
    tx: &mut SqliteConnection,
    lines: &[Line<'_>],
) -> Result<HashMap<Vec<u8>, i64>, StoreError> {
    let mut wanted: Vec<&[u8]> =
        lines.iter().filter_map(|line| line.charge.key.as_ref()).map(VirtualKeyId::bytes).collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<(Vec<u8>, i64)> = sqlx::query_as(
        "SELECT virtual_key.uid, virtual_key.id FROM json_each(?) AS one
        JOIN virtual_key ON virtual_key.uid = unhex(one.value)",
    )
    .bind(bulk::hex_list(wanted))
    .fetch_all(tx)
    .await?;
    Ok(found.into_iter().collect())
}

async fn put_all(tx: &mut SqliteConnection, lines: &[NewLine<'_>]) -> Result<(), StoreError> {
    bulk::insert(
        tx,
        "ledger (attempt_uid, at, provider, model, outcome, input, output, cached_read, cached_write, reasoning,
            usage_by, cost_nano, virtual_key_id, counted_at, charged_nano, charged_tokens)",
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "",
        lines,
        |query, (line, key, nano, tokens)| {
            let (attempt, usage) = (line.attempt, &line.attempt.usage);
            query
                .bind(attempt.id.bytes())
                .bind(attempt.started_at.millis())
                .bind(attempt.provider.as_str())
                .bind(attempt.model.as_str())
                .bind(attempt.outcome.as_str())
                .bind(usage.input)
                .bind(usage.output)
                .bind(usage.cached_read)
                .bind(usage.cached_write)
                .bind(usage.reasoning)
                .bind(rows::usage_by(attempt.usage_by))
                .bind(attempt.cost.map(|cost| cost.0))
                .bind(*key)
                .bind(line.charge.at.millis())
                .bind(*nano)
                .bind(*tokens)
        },
    )
    .await
}

/// Whether there is a line of this call.
pub(crate) async fn has(tx: &mut SqliteConnection, attempt: &Attempt) -> Result<bool, StoreError> {
    let uid = attempt.id.bytes();
    let found = sqlx::query_scalar!("SELECT id FROM ledger WHERE attempt_uid = ?", uid);
    Ok(found.fetch_optional(tx).await?.is_some())
}

/// The row of the key that the call's run is charged to.
async fn key_of_run(tx: &mut SqliteConnection, attempt: &Attempt) -> Result<Option<i64>, StoreError> {
    let completion = attempt.completion_id.bytes();
    let key = sqlx::query_scalar!(
        "SELECT run.virtual_key_id FROM completion JOIN run ON run.id = completion.run_id WHERE completion.uid = ?",
        completion
    );
    Ok(key.fetch_optional(tx).await?.flatten())
}

/// In which folders a line that is there counts.
async fn folders_of(tx: &mut SqliteConnection, line: i64) -> Result<Vec<FolderId>, StoreError> {
    let found = sqlx::query_scalar!("SELECT folder FROM ledger_folder WHERE ledger_id = ?", line);
    found.fetch_all(tx).await?.iter().map(|uid| Ok(FolderId::from_bytes(uid)?)).collect()
}

/// The folders that the call's conversation is in now, where any folder has a budget.
async fn folders_of_run(tx: &mut SqliteConnection, attempt: &Attempt) -> Result<Vec<FolderId>, StoreError> {
    let completion = attempt.completion_id.bytes();
    sqlx::query_scalar!(
        r#"WITH RECURSIVE around (id) AS (
            SELECT conversation.folder_id FROM completion JOIN run ON run.id = completion.run_id
                JOIN conversation ON conversation.id = run.conversation_id
                WHERE completion.uid = ? AND conversation.folder_id IS NOT NULL
            UNION SELECT folder.parent_id FROM around CROSS JOIN folder ON folder.id = around.id
                WHERE folder.parent_id IS NOT NULL
        )
        SELECT folder.uid AS "uid!: Vec<u8>" FROM around CROSS JOIN folder ON folder.id = around.id
        WHERE EXISTS (SELECT 1 FROM budget WHERE folder IS NOT NULL)"#,
        completion
    )
    .fetch_all(tx)
    .await?
    .iter()
    .map(|uid| Ok(FolderId::from_bytes(uid)?))
    .collect()
}

/// Writes down in which folders the line of an attempt counts.
async fn file(tx: &mut SqliteConnection, line: &[u8], folders: &[FolderId]) -> Result<(), StoreError> {
    for folder in folders {
        let folder = folder.bytes();
        sqlx::query!(
            "INSERT OR IGNORE INTO ledger_folder (ledger_id, folder) SELECT id, ?2 FROM ledger WHERE attempt_uid = ?1",
            line,
            folder
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
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
