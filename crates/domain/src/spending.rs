//! What calls came to: sums over the ledger, and all budgets there are.

use crate::{Budget, FolderId, Forecast, NanoUsd, Timestamp, VirtualKeyId, error::words};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

words! {
    /// What the lines of a report stand for.
    UsageBasis {
        /// Days, in UTC.
        Day = "day",
        /// Who answered: `provider/model`.
        Model = "model",
        /// Providers.
        Provider = "provider",
        /// Virtual keys; calls without one stand together.
        Key = "key",
        /// Programs, as they call themselves. Of this and what follows, calls whose conversation was deleted
        /// stand with those that have none.
        Client = "client",
        /// Folders of conversations.
        Folder = "folder",
        /// Routes, as they were asked for.
        Policy = "policy",
        /// Classes of prompts, where a route looked at them.
        Class = "class",
    }
}

/// Which calls a report is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UsageQuery {
    /// What its lines stand for.
    pub by: UsageBasis,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// What upstream calls came to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UsageSum {
    /// Upstream calls, retries and fallbacks too.
    pub calls: u32,
    /// Those that failed.
    pub failed: u32,
    /// Fresh input tokens.
    pub input: SumOfTokens,
    /// Input tokens read from a provider's cache.
    pub cached_read: SumOfTokens,
    /// Input tokens written to a provider's cache.
    pub cached_write: SumOfTokens,
    /// Visible output tokens.
    pub output: SumOfTokens,
    /// Reasoning tokens.
    pub reasoning: SumOfTokens,
    /// What they cost, as far as it is known.
    pub cost: NanoUsd,
    /// Calls whose token counts are estimates.
    pub estimated: u32,
    /// What of `cost` rests on estimates.
    pub estimated_cost: NanoUsd,
    /// Calls whose cost is not known.
    pub unpriced: u32,
}

/// Tokens of many calls. In JSON a whole number; a double holds it exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = i64))]
#[serde(transparent)]
// To TypeScript every whole number is the same; only the larger Rust types are refused there.
pub struct SumOfTokens(#[cfg_attr(feature = "specta", specta(type = u32))] pub u64);

impl UsageSum {
    /// Both together.
    pub fn add(&mut self, other: &Self) {
        let counts = [
            (&mut self.calls, other.calls),
            (&mut self.failed, other.failed),
            (&mut self.estimated, other.estimated),
            (&mut self.unpriced, other.unpriced),
        ];
        for (mine, theirs) in counts {
            *mine = mine.saturating_add(theirs);
        }
        let tokens = [
            (&mut self.input, other.input),
            (&mut self.cached_read, other.cached_read),
            (&mut self.cached_write, other.cached_write),
            (&mut self.output, other.output),
            (&mut self.reasoning, other.reasoning),
        ];
        for (mine, theirs) in tokens {
            mine.0 = mine.0.saturating_add(theirs.0);
        }
        self.cost = NanoUsd(self.cost.0.saturating_add(other.cost.0));
        self.estimated_cost = NanoUsd(self.estimated_cost.0.saturating_add(other.estimated_cost.0));
    }

    /// Tokens of all kinds.
    #[must_use]
    pub const fn tokens(&self) -> u64 {
        let input = self.input.0.saturating_add(self.cached_read.0).saturating_add(self.cached_write.0);
        input.saturating_add(self.output.0).saturating_add(self.reasoning.0)
    }
}

/// One line of a [`UsageReport`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UsageLine {
    /// The day, the model, or what else its calls have in common; empty for calls that have no such thing.
    pub name: String,
    /// The key, in a report by key.
    pub key: Option<VirtualKeyId>,
    /// What its calls came to.
    pub sum: UsageSum,
}

/// What calls came to, by one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UsageReport {
    /// What was asked for.
    pub query: UsageQuery,
    /// The latest day first, else the dearest first.
    pub lines: Vec<UsageLine>,
    /// All of them together.
    pub total: UsageSum,
    /// Calls of simulated models, which are in nothing else here.
    #[serde(default)]
    pub simulated: u32,
}

impl UsageReport {
    /// The same as a table with commas, a line for each of its own.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = format!(
            "{},calls,failed,input,cached_read,cached_write,output,reasoning,cost_usd,estimated,\
             estimated_usd,unpriced\r\n",
            self.query.by
        );
        for line in &self.lines {
            let sum = &line.sum;
            let _ = write!(
                text,
                "{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
                cell(&line.name),
                sum.calls,
                sum.failed,
                sum.input.0,
                sum.cached_read.0,
                sum.cached_write.0,
                sum.output.0,
                sum.reasoning.0,
                sum.cost,
                sum.estimated,
                sum.estimated_cost,
                sum.unpriced
            );
        }
        text
    }
}

/// A name as a cell that no spreadsheet takes for a formula.
fn cell(name: &str) -> String {
    let formula = name.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, name.replace('"', "\"\""))
}

/// A budget, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OwnedBudget {
    /// The key; without one and without a folder it caps all calls together (`[budget]` in `config.toml`).
    pub key: Option<VirtualKeyId>,
    /// The folder whose conversations it counts.
    pub folder: Option<FolderId>,
    /// The key's or the folder's name for people.
    pub name: Option<String>,
    /// How it stands.
    pub budget: Budget,
    /// When its present period began.
    pub from: Timestamp,
    /// How it will stand at the end of its period if spending goes on as it has since it began: a straight
    /// line. `None` where the period has no end, or has just begun.
    pub forecast: Option<Forecast>,
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn names_of_keys_are_no_formulas() {
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
    }
}
