//! What calls came to: sums over the ledger, and all budgets there are.

use crate::{Budget, NanoUsd, Timestamp, VirtualKeyId, error::words};
use serde::{Deserialize, Serialize};

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
    /// Calls whose cost is not known.
    pub unpriced: u32,
}

/// Tokens of many calls. In JSON a whole number; a double holds it exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = i64))]
#[serde(transparent)]
pub struct SumOfTokens(#[cfg_attr(feature = "specta", specta(type = f64))] pub u64);

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
    }
}

/// One line of a [`UsageReport`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UsageLine {
    /// The day, the model, the provider, or the key's name; empty for calls without a key.
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
}

/// A budget, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OwnedBudget {
    /// The key; `None` for what caps all calls together (`[budget]` in `config.toml`).
    pub key: Option<VirtualKeyId>,
    /// The key's name for people.
    pub name: Option<String>,
    /// How it stands.
    pub budget: Budget,
}
