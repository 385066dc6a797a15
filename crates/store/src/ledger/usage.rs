//! Sums over the ledger.

use crate::{Store, StoreError, insights::SIMULATED, rows};
use domain::{
    NanoUsd, SumOfTokens, Timestamp, UsageBasis, UsageLine, UsageQuery, UsageReport, UsageSum, VirtualKeyId,
};

/// Most lines of a report; what is beyond is in its total.
const LINES: usize = 1_000;

/// What calls came to.
#[derive(Clone, Copy)]
pub struct Ledger<'a> {
    pub(crate) store: &'a Store,
}

/// Name, key, calls, failed, five kinds of tokens, cost, estimated, what of the cost is, unpriced.
type Row = (Option<String>, Option<Vec<u8>>, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64);

macro_rules! sums {
    ($name:literal, $key:literal, $by:literal) => {
        sums!($name, $key, "", $by)
    };
    ($name:literal, $key:literal, $joins:literal, $by:literal) => {
        concat!(
            "SELECT ",
            $name,
            ", ",
            $key,
            ", count(*), sum(ledger.outcome = 'failed'), coalesce(sum(ledger.input), 0),
                coalesce(sum(ledger.cached_read), 0), coalesce(sum(ledger.cached_write), 0),
                coalesce(sum(ledger.output), 0), coalesce(sum(ledger.reasoning), 0),
                coalesce(sum(ledger.cost_nano), 0), coalesce(sum(ledger.usage_by = 'estimated'), 0),
                coalesce(sum(iif(ledger.usage_by = 'estimated', ledger.cost_nano, 0)), 0),
                sum(ledger.cost_nano IS NULL)
            FROM ledger LEFT JOIN virtual_key AS k ON k.id = ledger.virtual_key_id ",
            $joins,
            " WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR at < ?2) AND ledger.provider <> ?3 GROUP BY ",
            $by
        )
    };
}

impl Ledger<'_> {
    /// What calls came to, by one thing. Those of simulated models are only counted, as in all figures.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn usage(&self, query: &UsageQuery) -> Result<UsageReport, StoreError> {
        let sql = match query.by {
            UsageBasis::Day => {
                sums!("strftime('%Y-%m-%d', at / 1000, 'unixepoch')", "NULL", "1 ORDER BY 1 DESC")
            }
            UsageBasis::Model => {
                sums!(
                    "ledger.provider || '/' || ledger.model",
                    "NULL",
                    "ledger.provider, ledger.model ORDER BY 10 DESC, 3 DESC, 1"
                )
            }
            UsageBasis::Provider => {
                sums!("ledger.provider", "NULL", "ledger.provider ORDER BY 10 DESC, 3 DESC, 1")
            }
            UsageBasis::Key => sums!("k.name", "k.uid", "k.id ORDER BY 10 DESC, 3 DESC, 1"),
            UsageBasis::Client => sums!(
                "run.client",
                "NULL",
                "LEFT JOIN attempt AS a ON a.uid = ledger.attempt_uid
                LEFT JOIN completion AS c ON c.id = a.completion_id LEFT JOIN run ON run.id = c.run_id",
                "1 ORDER BY 10 DESC, 3 DESC, 1"
            ),
            UsageBasis::Folder => sums!(
                "folder.name",
                "NULL",
                "LEFT JOIN attempt AS a ON a.uid = ledger.attempt_uid
                LEFT JOIN completion AS c ON c.id = a.completion_id LEFT JOIN run ON run.id = c.run_id
                LEFT JOIN conversation AS talk ON talk.id = run.conversation_id
                LEFT JOIN folder ON folder.id = talk.folder_id",
                "folder.id ORDER BY 10 DESC, 3 DESC, 1"
            ),
            UsageBasis::Policy => sums!(
                "iif(c.requested = 'auto' OR c.requested GLOB 'auto:*', c.requested, NULL)",
                "NULL",
                "LEFT JOIN attempt AS a ON a.uid = ledger.attempt_uid
                LEFT JOIN completion AS c ON c.id = a.completion_id",
                "1 ORDER BY 10 DESC, 3 DESC, 1"
            ),
            UsageBasis::Class => sums!(
                "d.class",
                "NULL",
                "LEFT JOIN attempt AS a ON a.uid = ledger.attempt_uid
                LEFT JOIN decision AS d ON d.completion_id = a.completion_id",
                "1 ORDER BY 10 DESC, 3 DESC, 1"
            ),
        };
        let found: Vec<Row> = sqlx::query_as(sql)
            .bind(query.from.map(Timestamp::millis))
            .bind(query.until.map(Timestamp::millis))
            .bind(SIMULATED)
            .fetch_all(self.store.readers())
            .await?;
        let simulated = self.simulated(query).await?;
        let mut report =
            UsageReport { query: *query, lines: Vec::new(), total: UsageSum::default(), simulated };
        for (
            name,
            key,
            calls,
            failed,
            input,
            cached_read,
            cached_write,
            output,
            reasoning,
            cost,
            estimated,
            estimated_cost,
            unpriced,
        ) in found
        {
            let tokens = |sum: i64| SumOfTokens(u64::try_from(sum).unwrap_or_default());
            let sum = UsageSum {
                calls: rows::count(calls),
                failed: rows::count(failed),
                input: tokens(input),
                cached_read: tokens(cached_read),
                cached_write: tokens(cached_write),
                output: tokens(output),
                reasoning: tokens(reasoning),
                cost: NanoUsd(cost),
                estimated: rows::count(estimated),
                estimated_cost: NanoUsd(estimated_cost),
                unpriced: rows::count(unpriced),
            };
            report.total.add(&sum);
            if report.lines.len() < LINES {
                let key = key.as_deref().map(VirtualKeyId::from_bytes).transpose()?;
                report.lines.push(UsageLine { name: name.unwrap_or_default(), key, sum });
            }
        }
        Ok(report)
    }

    async fn simulated(&self, query: &UsageQuery) -> Result<u32, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM ledger
            WHERE provider = ?3 AND (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR at < ?2)",
        )
        .bind(query.from.map(Timestamp::millis))
        .bind(query.until.map(Timestamp::millis))
        .bind(SIMULATED)
        .fetch_one(self.store.readers())
        .await?;
        Ok(rows::count(count))
    }
}
