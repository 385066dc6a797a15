//! How requests ended and how long they took, from what is kept of them.

use super::{Insights, SIMULATED, cell};
use crate::{StoreError, rows};
use domain::{
    ErrorCount, ErrorKind, InsightBasis, NanoUsd, Percentiles, RequestLine, RequestSeries, RequestSum, Slots,
    Target,
};
use sqlx::{QueryBuilder, Row as _, Sqlite};
use std::collections::HashMap;

/// Lines at most; what is beyond is in the total.
const LINES: usize = 200;

/// What a line is, and where it is found.
fn basis(by: InsightBasis) -> (&'static str, &'static str) {
    match by {
        InsightBasis::Model => ("coalesce(c.served, c.requested)", ""),
        InsightBasis::Provider => (
            // An alias, or a route that nobody answered, has no provider.
            "substr(coalesce(c.served, c.requested), 1, instr(coalesce(c.served, c.requested), '/') - 1)",
            "",
        ),
        InsightBasis::Key => ("coalesce(run.virtual_key_id, '')", ""),
        InsightBasis::Client => ("coalesce(run.client, '')", ""),
        InsightBasis::Folder => (
            "coalesce(talk.folder_id, '')",
            " LEFT JOIN conversation AS talk ON talk.id = run.conversation_id",
        ),
        InsightBasis::Policy => {
            ("iif(c.requested = 'auto' OR c.requested GLOB 'auto:*', c.requested, '')", "")
        }
        InsightBasis::Class => {
            ("coalesce(d.class, '')", " LEFT JOIN decision AS d ON d.completion_id = c.id")
        }
    }
}

/// Requests of these slots: what was imported was asked elsewhere, and to count tokens asks nobody anything.
fn which(sql: &mut QueryBuilder<Sqlite>, slots: &Slots, line: &str, only: Option<&str>) {
    sql.push(" WHERE c.created_at >= ").push_bind(slots.from().millis());
    sql.push(" AND c.created_at < ").push_bind(slots.until.millis());
    sql.push(" AND run.origin <> 'import' AND run.kind <> 'count'");
    sql.push(" AND substr(coalesce(c.served, c.requested), 1, 10) <> ").push_bind(format!("{SIMULATED}/"));
    if let Some(only) = only {
        sql.push(" AND CAST(").push(line).push(" AS TEXT) = ").push_bind(only.to_owned());
    }
}

/// Times of many requests.
#[derive(Default)]
struct Times {
    ttft: Vec<u32>,
    duration: Vec<u32>,
}

impl Times {
    fn take(&mut self, ttft: &[u32], duration: &[u32]) {
        self.ttft.extend_from_slice(ttft);
        self.duration.extend_from_slice(duration);
    }
}

/// Answers of others in the place of one target's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutedTokens {
    /// The best that was known: what one would have asked without a route.
    pub fixed: Target,
    /// Answers whose cost is known.
    pub calls: u32,
    /// Others.
    pub unknown: u32,
    /// What the known ones came to.
    pub usd: NanoUsd,
    /// Tokens of their prompts that were read anew.
    pub input: u64,
    /// Those from a cache.
    pub cached: u64,
    /// Tokens of the answers, thinking included.
    pub output: u64,
}

impl Insights<'_> {
    /// How the requests of these slots ended and how long they took, by one thing; with `only`, of that
    /// line alone.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn requests(
        &self,
        by: InsightBasis,
        wanted: Option<&str>,
        slots: &Slots,
    ) -> Result<RequestSeries, StoreError> {
        let (line, joins) = basis(by);
        let wanted = self.only(by, wanted).await?;
        let mut sql = QueryBuilder::new("SELECT ");
        cell(&mut sql, slots, "c.created_at");
        // Times as text: one row for each group, whatever its size, and every percentile is exact.
        sql.push(format!(
            ", CAST({line} AS TEXT), c.state, c.error_kind, count(*), coalesce(sum(c.cached_read > 0), 0),
                group_concat(iif(c.state = 'complete' AND run.cached IS NULL, c.ttft_ms, NULL)),
                group_concat(iif(c.state = 'complete' AND run.cached IS NULL, c.duration_ms, NULL)),
                coalesce(sum(run.cached IS NOT NULL), 0)
            FROM completion AS c JOIN run ON run.id = c.run_id{joins}"
        ));
        which(&mut sql, slots, line, wanted.as_deref());
        sql.push(" GROUP BY 1, 2, 3, 4");
        let found = sql.build().fetch_all(self.store.readers()).await?;

        let mut counts = vec![RequestSum::default(); slots.starts.len()];
        let mut times: Vec<Times> = counts.iter().map(|_| Times::default()).collect();
        let mut lines: HashMap<String, (RequestSum, Times)> = HashMap::new();
        let mut errors: HashMap<ErrorKind, u32> = HashMap::new();
        for row in &found {
            let Some(slot) = slots.of_cell(row.try_get(0)?) else { continue };
            let state: String = row.try_get(2)?;
            let asked = rows::count(row.try_get(4)?);
            let mut sum = RequestSum {
                asked,
                prompt_cached: rows::count(row.try_get(5)?),
                from_cache: rows::count(row.try_get(8)?),
                ..RequestSum::default()
            };
            match state.as_str() {
                "complete" => sum.answered = asked,
                "failed" => {
                    sum.failed = asked;
                    let kind = row.try_get::<Option<String>, _>(3)?;
                    *errors.entry(rows::word(kind.as_deref().unwrap_or("upstream"))?).or_default() += asked;
                }
                "stopped" | "interrupted" => sum.stopped = asked,
                _ => {}
            }
            let ttft = numbers(row.try_get::<Option<String>, _>(6)?.as_deref());
            let duration = numbers(row.try_get::<Option<String>, _>(7)?.as_deref());
            let line = lines.entry(row.try_get(1)?).or_default();
            line.0.add(&sum);
            line.1.take(&ttft, &duration);
            if let (Some(count), Some(times)) = (counts.get_mut(slot), times.get_mut(slot)) {
                count.add(&sum);
                times.take(&ttft, &duration);
            }
        }
        self.again((line, joins), wanted.as_deref(), slots, &mut counts, &mut lines).await?;
        self.told(by, slots, counts, times, lines, errors).await
    }

    /// Requests that were answered from our own cache, what their answers had cost, and of how many that is
    /// not known.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn from_cache(
        &self,
        by: InsightBasis,
        wanted: Option<&str>,
        slots: &Slots,
    ) -> Result<(u32, NanoUsd, u32), StoreError> {
        let (line, joins) = basis(by);
        let wanted = self.only(by, wanted).await?;
        let mut sql = QueryBuilder::new(format!(
            "SELECT count(*), coalesce(sum(run.saved_nano), 0), coalesce(sum(run.saved_nano IS NULL), 0)
            FROM completion AS c JOIN run ON run.id = c.run_id{joins}"
        ));
        which(&mut sql, slots, line, wanted.as_deref());
        sql.push(" AND run.cached IS NOT NULL");
        let (calls, nano, unknown): (i64, i64, i64) =
            sql.build_query_as().fetch_one(self.store.readers()).await?;
        Ok((rows::count(calls), NanoUsd(nano), rows::count(unknown)))
    }

    /// What routes chose in the place of the best they knew, by that one: what it came to, and the tokens.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn routed(
        &self,
        by: InsightBasis,
        wanted: Option<&str>,
        slots: &Slots,
    ) -> Result<Vec<RoutedTokens>, StoreError> {
        let (line, joins) = basis(by);
        let wanted = self.only(by, wanted).await?;
        let mut sql = QueryBuilder::new(format!(
            "SELECT chosen.fixed, count(c.cost_nano), count(*) - count(c.cost_nano), coalesce(sum(c.cost_nano), 0),
                coalesce(sum(iif(c.cost_nano IS NULL, 0, coalesce(c.input, 0) + coalesce(c.cached_write, 0))), 0),
                coalesce(sum(iif(c.cost_nano IS NULL, 0, c.cached_read)), 0),
                coalesce(sum(iif(c.cost_nano IS NULL, 0, coalesce(c.output, 0) + coalesce(c.reasoning, 0))), 0)
            FROM completion AS c JOIN run ON run.id = c.run_id
            JOIN decision AS chosen ON chosen.completion_id = c.id{joins}"
        ));
        which(&mut sql, slots, line, wanted.as_deref());
        sql.push(" AND chosen.fixed <> c.served AND c.state = 'complete' AND run.cached IS NULL GROUP BY 1");
        let found: Vec<(String, i64, i64, i64, i64, i64, i64)> =
            sql.build_query_as().fetch_all(self.store.readers()).await?;
        let tokens = |count: i64| u64::try_from(count).unwrap_or_default();
        found
            .into_iter()
            .map(|(fixed, calls, unknown, nano, input, cached, output)| {
                Ok(RoutedTokens {
                    fixed: fixed.parse()?,
                    calls: rows::count(calls),
                    unknown: rows::count(unknown),
                    usd: NanoUsd(nano),
                    input: tokens(input),
                    cached: tokens(cached),
                    output: tokens(output),
                })
            })
            .collect()
    }

    /// Counts those that took more than one upstream call.
    async fn again(
        &self,
        (line, joins): (&str, &str),
        wanted: Option<&str>,
        slots: &Slots,
        counts: &mut [RequestSum],
        lines: &mut HashMap<String, (RequestSum, Times)>,
    ) -> Result<(), StoreError> {
        let mut sql = QueryBuilder::new("SELECT ");
        cell(&mut sql, slots, "c.created_at");
        sql.push(format!(
            ", CAST({line} AS TEXT), count(DISTINCT c.id),
                count(DISTINCT iif(a.provider <> first.provider OR a.model <> first.model, c.id, NULL))
            FROM attempt AS a CROSS JOIN completion AS c ON c.id = a.completion_id
            JOIN attempt AS first ON first.completion_id = c.id AND first.ord = 0
            JOIN run ON run.id = c.run_id{joins}"
        ));
        which(&mut sql, slots, line, wanted);
        // A call is made after it was asked for.
        sql.push(" AND a.ord > 0 AND a.started_at >= ").push_bind(slots.from().millis());
        sql.push(" GROUP BY 1, 2");
        for row in sql.build().fetch_all(self.store.readers()).await? {
            let Some(count) = slots.of_cell(row.try_get(0)?).and_then(|slot| counts.get_mut(slot)) else {
                continue;
            };
            let sum = RequestSum {
                tried_again: rows::count(row.try_get(2)?),
                fell_back: rows::count(row.try_get(3)?),
                ..RequestSum::default()
            };
            count.add(&sum);
            if let Some((line, _)) = lines.get_mut(&row.try_get::<String, _>(1)?) {
                line.add(&sum);
            }
        }
        Ok(())
    }

    async fn told(
        &self,
        by: InsightBasis,
        slots: &Slots,
        counts: Vec<RequestSum>,
        times: Vec<Times>,
        lines: HashMap<String, (RequestSum, Times)>,
        errors: HashMap<ErrorKind, u32>,
    ) -> Result<RequestSeries, StoreError> {
        let names = self.names(by).await?;
        let mut total = RequestSum::default();
        for count in &counts {
            total.add(count);
        }
        let mut all = Times::default();
        for some in &times {
            all.take(&some.ttft, &some.duration);
        }
        let (mut ttft, mut duration) = (Vec::new(), Vec::new());
        for times in times {
            ttft.push(percentiles(times.ttft));
            duration.push(percentiles(times.duration));
        }
        let mut lines: Vec<RequestLine> = lines
            .into_iter()
            .map(|(row, (sum, times))| {
                let (id, name) = names.of(&row);
                let (ttft, duration) = (percentiles(times.ttft), percentiles(times.duration));
                RequestLine { id, name, sum, ttft, duration }
            })
            .collect();
        lines.sort_by(|a, b| b.sum.asked.cmp(&a.sum.asked).then_with(|| a.name.cmp(&b.name)));
        lines.truncate(LINES);
        let mut errors: Vec<ErrorCount> =
            errors.into_iter().map(|(kind, requests)| ErrorCount { kind, requests }).collect();
        errors.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| a.kind.as_str().cmp(b.kind.as_str())));
        Ok(RequestSeries {
            span: slots.into(),
            slots: counts,
            ttft,
            duration,
            lines,
            total,
            total_ttft: percentiles(all.ttft),
            total_duration: percentiles(all.duration),
            errors,
        })
    }
}

/// Whole numbers with commas between them.
fn numbers(text: Option<&str>) -> Vec<u32> {
    text.map(|text| text.split(',').filter_map(|number| number.parse().ok()).collect()).unwrap_or_default()
}

fn percentiles(mut times: Vec<u32>) -> Option<Percentiles> {
    times.sort_unstable();
    Percentiles::of(&times)
}
