//! What was spent, how long it took and what went wrong, over time: what charts are drawn from.

use crate::{
    Budget, ErrorKind, NanoUsd, SlotStep, Slots, SumOfTokens, Timestamp, UsageSum, Zone, ZoneError,
    error::words,
};
use serde::{Deserialize, Serialize};

words! {
    /// What the lines of a series stand for.
    InsightBasis {
        /// Who answered: `provider/model`.
        Model = "model",
        /// Providers.
        Provider = "provider",
        /// Virtual keys.
        Key = "key",
        /// Programs, as they call themselves.
        Client = "client",
        /// Folders of conversations.
        Folder = "folder",
        /// Routes, as they were asked for: `auto`, `auto:budget`.
        Policy = "policy",
        /// Classes of prompts, where a route looked at them.
        Class = "class",
    }
}

/// Which calls a series is of. Those of simulated models never are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct InsightsQuery {
    /// What its lines stand for.
    pub by: InsightBasis,
    /// Only the line of this id, as an earlier answer had it.
    #[serde(default)]
    pub only: Option<String>,
    /// Not before: the slot that holds it is the first. Without it, since the first call.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// Before; without it, now.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Where days begin, as `Europe/Berlin`; without it UTC.
    #[serde(default)]
    pub zone: Option<String>,
    /// How long slots are; without it, as suits the span.
    #[serde(default)]
    pub step: Option<SlotStep>,
}

impl InsightsQuery {
    /// Its slots, where what is left open is from `first` to `now`.
    ///
    /// # Errors
    /// When its zone is none.
    pub fn slots(
        &self,
        first: Timestamp,
        now: Timestamp,
        step: impl FnOnce(i64) -> SlotStep,
    ) -> Result<Slots, ZoneError> {
        let zone: Zone = self.zone.as_deref().map_or(Ok(Zone::UTC), str::parse)?;
        let (from, until) = (self.from.unwrap_or(first), self.until.unwrap_or(now));
        let long = until.millis().saturating_sub(from.millis());
        Ok(Slots::new(from, until, &zone, self.step.unwrap_or_else(|| step(long))))
    }
}

/// The time of a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct InsightSpan {
    /// How long its slots are.
    pub step: SlotStep,
    /// When each slot begins: as many as each list of figures is long.
    pub starts: Vec<Timestamp>,
    /// When the last one ends.
    pub until: Timestamp,
}

impl From<&Slots> for InsightSpan {
    fn from(slots: &Slots) -> Self {
        Self { step: slots.step, starts: slots.starts.clone(), until: slots.until }
    }
}

/// One line of a series of spending.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SpendLine {
    /// What `only` takes; empty for calls that have no such thing.
    pub id: String,
    /// Its name for people; empty where it has none.
    pub name: String,
    /// What its calls came to.
    pub sum: UsageSum,
    /// What they cost, in each slot, as far as it is known.
    pub cost: Vec<NanoUsd>,
    /// Calls, in each slot.
    pub calls: Vec<u32>,
    /// Tokens of all kinds, in each slot.
    pub tokens: Vec<SumOfTokens>,
    /// Calls of unknown cost, in each slot.
    pub unpriced: Vec<u32>,
}

/// What upstream calls came to over time. It is read from the ledger, which outlives what was asked; calls
/// whose conversation was deleted have no client, folder, policy or class any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SpendSeries {
    /// When.
    pub span: InsightSpan,
    /// The dearest first, at most 24.
    pub lines: Vec<SpendLine>,
    /// All beyond those in one; `None` where there is none.
    pub others: Option<SpendLine>,
    /// How many lines are in `others`.
    pub other_count: u32,
    /// All together.
    pub total: UsageSum,
    /// Upstream calls of simulated models, which are in nothing else here.
    pub simulated: u32,
}

/// How requests ended. Without upstream calls of their own they are counted too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RequestSum {
    /// All.
    pub asked: u32,
    /// Answered whole.
    pub answered: u32,
    /// Failed.
    pub failed: u32,
    /// Stopped by whoever asked, or cut off because our process died.
    pub stopped: u32,
    /// Took more than one upstream call.
    pub tried_again: u32,
    /// Answered, or tried last, by another target than the first.
    pub fell_back: u32,
    /// Of whose prompt a provider read some from its cache.
    pub prompt_cached: u32,
    /// Answered from our own cache.
    pub from_cache: u32,
}

impl RequestSum {
    /// Both together.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.asked, other.asked),
            (&mut self.answered, other.answered),
            (&mut self.failed, other.failed),
            (&mut self.stopped, other.stopped),
            (&mut self.tried_again, other.tried_again),
            (&mut self.fell_back, other.fell_back),
            (&mut self.prompt_cached, other.prompt_cached),
            (&mut self.from_cache, other.from_cache),
        ] {
            *mine = mine.saturating_add(theirs);
        }
    }
}

/// One line of requests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RequestLine {
    /// What `only` takes; empty for requests that have no such thing.
    pub id: String,
    /// Its name for people; empty where it has none.
    pub name: String,
    /// How its requests ended.
    pub sum: RequestSum,
    /// How long answers took until their first content.
    pub ttft: Option<Percentiles>,
    /// How long answers took until their end.
    pub duration: Option<Percentiles>,
}

/// Requests that failed in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ErrorCount {
    /// In which.
    pub kind: ErrorKind,
    /// How many.
    pub requests: u32,
}

/// What was asked, how it ended and how long it took, over time: of requests that are still kept. Times are of
/// answers that came whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RequestSeries {
    /// When.
    pub span: InsightSpan,
    /// How they ended, in each slot.
    pub slots: Vec<RequestSum>,
    /// How long answers took until their first content, in each slot; `None` where there was none.
    pub ttft: Vec<Option<Percentiles>>,
    /// How long they took until their end, in each slot.
    pub duration: Vec<Option<Percentiles>>,
    /// The most frequent first, at most 200.
    pub lines: Vec<RequestLine>,
    /// All together.
    pub total: RequestSum,
    /// All together, until the first content.
    pub total_ttft: Option<Percentiles>,
    /// All together, until the end.
    pub total_duration: Option<Percentiles>,
    /// The most frequent first.
    pub errors: Vec<ErrorCount>,
}

/// How long calls took, in ms: of a hundred, so many were no slower. Nearest ranks, so that each is a time
/// that somebody waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Percentiles {
    /// Calls that this is of.
    pub calls: u32,
    /// Half of them.
    pub p50: u32,
    /// 95.
    pub p95: u32,
    /// 99.
    pub p99: u32,
}

impl Percentiles {
    /// Of times that are in order. `None` without any.
    #[must_use]
    pub fn of(times: &[u32]) -> Option<Self> {
        let at = |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        let calls = u32::try_from(times.len()).unwrap_or(u32::MAX);
        Some(Self { calls, p50: at(50)?, p95: at(95)?, p99: at(99)? })
    }
}

words! {
    /// What saved money.
    SavingKind {
        /// Providers that read part of a prompt from their cache.
        PromptCache = "promptCache",
        /// Answers from our own cache.
        AnswerCache = "answerCache",
        /// Routes that chose something else than the best they knew.
        Route = "route",
    }
}

/// What one thing saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Saving {
    /// What.
    pub kind: SavingKind,
    /// How much, at today's prices: below zero where it cost more. `None` where nothing of it is known.
    pub usd: Option<NanoUsd>,
    /// Calls that this is of.
    pub calls: u32,
    /// Calls that it may have saved something on, of which nobody knows what.
    pub unknown: u32,
}

/// What was saved, each thing beside what it would have cost without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SavingsReport {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// One of each kind.
    pub savings: Vec<Saving>,
    /// What was paid, as far as it is known.
    pub paid: NanoUsd,
}

/// How a budget will stand at the end of its period if spending goes on as it has since the period began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// What will have been spent by then.
    pub usd: NanoUsd,
    /// When the cap will have been reached, if before the end; in the past where it has been.
    pub reached_at: Option<Timestamp>,
}

impl Forecast {
    /// A straight line through what was spent between `from` and `now`. `None` where the period has no
    /// end, or has just begun.
    #[must_use]
    pub fn of(budget: &Budget, from: Timestamp, now: Timestamp) -> Option<Self> {
        let until = budget.until?;
        let (gone, long) =
            (i128::from(now.millis() - from.millis()), i128::from(until.millis() - from.millis()));
        if gone <= 0 || gone > long {
            return None;
        }
        let spent = i128::from(budget.spent_usd.0);
        let usd = i64::try_from(spent * long / gone).unwrap_or(i64::MAX);
        let reached_at = budget.usd.filter(|cap| usd >= cap.0 && spent > 0).map(|cap| {
            let after = i64::try_from(i128::from(cap.0) * gone / spent).unwrap_or(i64::MAX);
            Timestamp::from_millis(from.millis().saturating_add(after))
        });
        Some(Self { usd: NanoUsd(usd), reached_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BudgetPeriod;

    fn budget(spent: i64, cap: Option<i64>, until: Option<i64>) -> Budget {
        Budget {
            period: BudgetPeriod::Day,
            usd: cap.map(NanoUsd),
            tokens: None,
            spent_usd: NanoUsd(spent),
            spent_tokens: 0,
            reserved_usd: NanoUsd(0),
            reserved_tokens: 0,
            until: until.map(Timestamp::from_millis),
        }
    }

    #[test]
    fn a_forecast_is_a_straight_line_through_what_was_spent() {
        let at = Timestamp::from_millis;
        let of = |budget, now| Forecast::of(&budget, at(1_000), at(now));
        assert_eq!(
            of(budget(30, Some(100), Some(11_000)), 3_500),
            Some(Forecast { usd: NanoUsd(120), reached_at: Some(at(1_000 + 8_333)) })
        );
        assert_eq!(
            of(budget(20, Some(100), Some(11_000)), 3_500),
            Some(Forecast { usd: NanoUsd(80), reached_at: None })
        );
        assert_eq!(
            of(budget(0, Some(0), Some(11_000)), 3_500),
            Some(Forecast { usd: NanoUsd(0), reached_at: None })
        );
        assert_eq!(of(budget(30, Some(100), None), 3_500), None);
        assert_eq!(of(budget(30, Some(100), Some(11_000)), 1_000), None);
    }

    #[test]
    fn percentiles_are_times_that_somebody_waited() {
        let times: Vec<u32> = (1..=200).collect();
        assert_eq!(Percentiles::of(&times), Some(Percentiles { calls: 200, p50: 100, p95: 190, p99: 198 }));
        assert_eq!(Percentiles::of(&[7]), Some(Percentiles { calls: 1, p50: 7, p95: 7, p99: 7 }));
        assert_eq!(Percentiles::of(&[]), None);
    }
}
