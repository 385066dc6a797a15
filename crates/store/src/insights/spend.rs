//! What upstream calls came to, from the ledger.

use super::{Insights, SIMULATED, cell};
use crate::{StoreError, rows};
use domain::{InsightBasis, NanoUsd, Slots, SpendLine, SpendSeries, SumOfTokens, UsageSum};
use sqlx::{QueryBuilder, Row as _, Sqlite, sqlite::SqliteRow};
use std::collections::HashMap;

/// Lines that stand alone; what is beyond is one line.
const LINES: usize = 24;

/// Prompts that a provider had in its cache, of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedTokens {
    /// Who was asked.
    pub provider: String,
    /// For what.
    pub model: String,
    /// Calls with such a prompt.
    pub calls: u32,
    /// Tokens read from the cache.
    pub read: u64,
    /// Tokens written to it.
    pub written: u64,
}

/// What a line is, and where it is found: calls know their requests by the attempt that they were.
fn basis(by: InsightBasis) -> (&'static str, &'static str) {
    const RUN: &str = " LEFT JOIN attempt AS a ON a.uid = l.attempt_uid
        LEFT JOIN completion AS c ON c.id = a.completion_id LEFT JOIN run ON run.id = c.run_id";
    const TALK: &str = " LEFT JOIN attempt AS a ON a.uid = l.attempt_uid
        LEFT JOIN completion AS c ON c.id = a.completion_id LEFT JOIN run ON run.id = c.run_id
        LEFT JOIN conversation AS talk ON talk.id = run.conversation_id";
    const ASKED: &str = " LEFT JOIN attempt AS a ON a.uid = l.attempt_uid
        LEFT JOIN completion AS c ON c.id = a.completion_id";
    const DECIDED: &str = " LEFT JOIN attempt AS a ON a.uid = l.attempt_uid
        LEFT JOIN decision AS d ON d.completion_id = a.completion_id";
    match by {
        InsightBasis::Model => ("l.provider || '/' || l.model", ""),
        InsightBasis::Provider => ("l.provider", ""),
        InsightBasis::Key => ("coalesce(l.virtual_key_id, '')", ""),
        InsightBasis::Client => ("coalesce(run.client, '')", RUN),
        InsightBasis::Folder => ("coalesce(talk.folder_id, '')", TALK),
        InsightBasis::Policy => {
            ("iif(c.requested = 'auto' OR c.requested GLOB 'auto:*', c.requested, '')", ASKED)
        }
        InsightBasis::Class => ("coalesce(d.class, '')", DECIDED),
    }
}

fn between(sql: &mut QueryBuilder<Sqlite>, slots: &Slots) {
    sql.push(" WHERE l.at >= ").push_bind(slots.from().millis());
    sql.push(" AND l.at < ").push_bind(slots.until.millis());
}

fn only(sql: &mut QueryBuilder<Sqlite>, line: &str, only: Option<&str>) {
    if let Some(only) = only {
        sql.push(" AND CAST(").push(line).push(" AS TEXT) = ").push_bind(only.to_owned());
    }
}

impl Insights<'_> {
    /// What upstream calls came to in these slots, by one thing; with `only`, of that line alone.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn spend(
        &self,
        by: InsightBasis,
        wanted: Option<&str>,
        slots: &Slots,
    ) -> Result<SpendSeries, StoreError> {
        let (line, joins) = basis(by);
        let wanted = self.only(by, wanted).await?;
        let mut sql = QueryBuilder::new("SELECT ");
        cell(&mut sql, slots, "l.at");
        sql.push(format!(
            ", CAST({line} AS TEXT), count(*), sum(l.outcome = 'failed'), coalesce(sum(l.input), 0),
                coalesce(sum(l.cached_read), 0), coalesce(sum(l.cached_write), 0), coalesce(sum(l.output), 0),
                coalesce(sum(l.reasoning), 0), coalesce(sum(l.cost_nano), 0),
                coalesce(sum(l.usage_by = 'estimated'), 0),
                coalesce(sum(iif(l.usage_by = 'estimated', l.cost_nano, 0)), 0), sum(l.cost_nano IS NULL)
            FROM ledger AS l{joins}"
        ));
        between(&mut sql, slots);
        sql.push(" AND l.provider <> ").push_bind(SIMULATED);
        only(&mut sql, line, wanted.as_deref());
        sql.push(" GROUP BY 1, 2");
        let found = sql.build().fetch_all(self.store.readers()).await?;
        let names = self.names(by).await?;
        let mut lines: HashMap<String, SpendLine> = HashMap::new();
        for row in &found {
            let Some(slot) = slots.of_cell(row.try_get(0)?) else { continue };
            let line = lines.entry(row.try_get(1)?).or_insert_with_key(|row| {
                let (id, name) = names.of(row);
                blank(id, name, slots.starts.len())
            });
            add(line, slot, &sum(row)?);
        }
        let mut lines: Vec<SpendLine> = lines.into_values().collect();
        lines.sort_by(|a, b| {
            let order = |line: &SpendLine| std::cmp::Reverse((line.sum.cost.0, line.sum.calls));
            order(a).cmp(&order(b)).then_with(|| a.name.cmp(&b.name))
        });
        let mut total = UsageSum::default();
        for line in &lines {
            total.add(&line.sum);
        }
        let rest = lines.split_off(lines.len().min(LINES));
        let other_count = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        let others = (!rest.is_empty()).then(|| together(&rest, slots.starts.len()));
        let simulated = self.simulated(slots).await?;
        Ok(SpendSeries { span: slots.into(), lines, others, other_count, total, simulated })
    }

    /// What was paid, as far as it is known.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn paid(
        &self,
        by: InsightBasis,
        wanted: Option<&str>,
        slots: &Slots,
    ) -> Result<NanoUsd, StoreError> {
        let (line, joins) = basis(by);
        let wanted = self.only(by, wanted).await?;
        let joins = if wanted.is_some() { joins } else { "" };
        let mut sql =
            QueryBuilder::new(format!("SELECT coalesce(sum(l.cost_nano), 0) FROM ledger AS l{joins}"));
        between(&mut sql, slots);
        sql.push(" AND l.provider <> ").push_bind(SIMULATED);
        only(&mut sql, line, wanted.as_deref());
        Ok(NanoUsd(sql.build_query_scalar().fetch_one(self.store.readers()).await?))
    }

    /// Upstream calls of simulated models.
    async fn simulated(&self, slots: &Slots) -> Result<u32, StoreError> {
        let mut sql = QueryBuilder::new("SELECT count(*) FROM ledger AS l");
        between(&mut sql, slots);
        sql.push(" AND l.provider = ").push_bind(SIMULATED);
        Ok(rows::count(sql.build_query_scalar().fetch_one(self.store.readers()).await?))
    }

    /// Prompts that providers had in their caches, by model.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn cached_prompts(
        &self,
        by: InsightBasis,
        wanted: Option<&str>,
        slots: &Slots,
    ) -> Result<Vec<CachedTokens>, StoreError> {
        let (line, joins) = basis(by);
        let wanted = self.only(by, wanted).await?;
        let joins = if wanted.is_some() { joins } else { "" };
        let mut sql = QueryBuilder::new(format!(
            "SELECT l.provider, l.model, count(*), coalesce(sum(l.cached_read), 0),
                coalesce(sum(l.cached_write), 0) FROM ledger AS l{joins}"
        ));
        between(&mut sql, slots);
        sql.push(" AND (l.cached_read > 0 OR l.cached_write > 0) AND l.provider <> ").push_bind(SIMULATED);
        only(&mut sql, line, wanted.as_deref());
        sql.push(" GROUP BY l.provider, l.model");
        let found: Vec<(String, String, i64, i64, i64)> =
            sql.build_query_as().fetch_all(self.store.readers()).await?;
        let tokens = |sum: i64| u64::try_from(sum).unwrap_or_default();
        Ok(found
            .into_iter()
            .map(|(provider, model, calls, read, written)| CachedTokens {
                provider,
                model,
                calls: rows::count(calls),
                read: tokens(read),
                written: tokens(written),
            })
            .collect())
    }
}

fn blank(id: String, name: String, slots: usize) -> SpendLine {
    SpendLine {
        id,
        name,
        sum: UsageSum::default(),
        cost: vec![NanoUsd(0); slots],
        calls: vec![0; slots],
        tokens: vec![SumOfTokens(0); slots],
        unpriced: vec![0; slots],
    }
}

fn add(line: &mut SpendLine, slot: usize, sum: &UsageSum) {
    line.sum.add(sum);
    if let Some(cost) = line.cost.get_mut(slot) {
        cost.0 = cost.0.saturating_add(sum.cost.0);
    }
    for (list, more) in [(&mut line.calls, sum.calls), (&mut line.unpriced, sum.unpriced)] {
        if let Some(count) = list.get_mut(slot) {
            *count = count.saturating_add(more);
        }
    }
    if let Some(tokens) = line.tokens.get_mut(slot) {
        tokens.0 = tokens.0.saturating_add(sum.tokens());
    }
}

fn together(lines: &[SpendLine], slots: usize) -> SpendLine {
    let mut all = blank(String::new(), String::new(), slots);
    for line in lines {
        all.sum.add(&line.sum);
        for (mine, theirs) in all.cost.iter_mut().zip(&line.cost) {
            mine.0 = mine.0.saturating_add(theirs.0);
        }
        for (mine, theirs) in all.tokens.iter_mut().zip(&line.tokens) {
            mine.0 = mine.0.saturating_add(theirs.0);
        }
        for (mine, theirs) in all.calls.iter_mut().zip(&line.calls) {
            *mine = mine.saturating_add(*theirs);
        }
        for (mine, theirs) in all.unpriced.iter_mut().zip(&line.unpriced) {
            *mine = mine.saturating_add(*theirs);
        }
    }
    all
}

/// The sums of a row, which begin with its third column.
fn sum(row: &SqliteRow) -> Result<UsageSum, StoreError> {
    let count = |at: usize| Ok::<_, StoreError>(rows::count(row.try_get(at)?));
    let tokens = |at: usize| {
        Ok::<_, StoreError>(SumOfTokens(u64::try_from(row.try_get::<i64, _>(at)?).unwrap_or_default()))
    };
    Ok(UsageSum {
        calls: count(2)?,
        failed: count(3)?,
        input: tokens(4)?,
        cached_read: tokens(5)?,
        cached_write: tokens(6)?,
        output: tokens(7)?,
        reasoning: tokens(8)?,
        cost: NanoUsd(row.try_get(9)?),
        estimated: count(10)?,
        estimated_cost: NanoUsd(row.try_get(11)?),
        unpriced: count(12)?,
    })
}
