//! Token counts in disjoint buckets.

use crate::error::words;
use serde::{Deserialize, Serialize};

/// Token counts of one completion. The buckets are disjoint: `input` excludes cached tokens,
/// `output` excludes reasoning. `None` means that nobody said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Fresh input tokens, without cached ones.
    pub input: Option<u32>,
    /// Visible output tokens, without reasoning.
    pub output: Option<u32>,
    /// Input tokens read from the provider's prompt cache.
    pub cached_read: Option<u32>,
    /// Input tokens written to the provider's prompt cache.
    pub cached_write: Option<u32>,
    /// Reasoning tokens.
    pub reasoning: Option<u32>,
}

impl Usage {
    /// Whether nothing at all was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// All tokens together; what nobody counted is none.
    #[must_use]
    pub fn total(&self) -> u64 {
        [self.input, self.output, self.cached_read, self.cached_write, self.reasoning]
            .into_iter()
            .flatten()
            .map(u64::from)
            .sum()
    }

    /// What both came to; a count that only one has is that one's.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let add = |mine: Option<u32>, theirs: Option<u32>| match (mine, theirs) {
            (Some(mine), Some(theirs)) => Some(mine.saturating_add(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        Self {
            input: add(self.input, other.input),
            output: add(self.output, other.output),
            cached_read: add(self.cached_read, other.cached_read),
            cached_write: add(self.cached_write, other.cached_write),
            reasoning: add(self.reasoning, other.reasoning),
        }
    }

    /// Takes over every count that `newer` has: providers repeat and refine their figures.
    pub fn merge(&mut self, newer: &Self) {
        let take = |mine: &mut Option<u32>, theirs: Option<u32>| *mine = theirs.or(*mine);
        take(&mut self.input, newer.input);
        take(&mut self.output, newer.output);
        take(&mut self.cached_read, newer.cached_read);
        take(&mut self.cached_write, newer.cached_write);
        take(&mut self.reasoning, newer.reasoning);
    }
}

words! {
    /// Where token counts come from.
    UsageBy {
        /// The provider said so.
        Reported = "reported",
        /// We counted, roughly.
        Estimated = "estimated",
    }
}
