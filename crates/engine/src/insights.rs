//! Figures over time: what was spent, how it ended, how long it took, what was saved.

use crate::{Engine, EngineError, engine::now, known};
use domain::{
    InsightsQuery, NanoUsd, RequestSeries, Saving, SavingKind, SavingsReport, SlotStep, Slots, SpendSeries,
    Usage,
};
use store::{CachedTokens, RoutedTokens};

/// So many requests in each slot make a line.
const FEW: u32 = 10;
/// Prices are of a million tokens.
const MILLION: i128 = 1_000_000;

impl Engine {
    /// What upstream calls came to over time.
    ///
    /// # Errors
    /// When the query's zone is none, or the store cannot be read.
    pub async fn spend_series(&self, query: &InsightsQuery) -> Result<SpendSeries, EngineError> {
        let slots = self.slots(query, SlotStep::for_bars).await?;
        Ok(self.0.store.insights().spend(query.by, query.only.as_deref(), &slots).await?)
    }

    /// How requests ended and how long they took over time.
    ///
    /// # Errors
    /// When the query's zone is none, or the store cannot be read.
    pub async fn request_series(&self, query: &InsightsQuery) -> Result<RequestSeries, EngineError> {
        let (by, only) = (query.by, query.only.as_deref());
        let slots = self.slots(query, SlotStep::for_lines).await?;
        let series = self.0.store.insights().requests(by, only, &slots).await?;
        // Of few requests fine slots would be gaps rather than a line; to count few again takes no time.
        let few = series.total.asked / FEW < u32::try_from(slots.starts.len()).unwrap_or(u32::MAX);
        if query.step.is_some() || !few {
            return Ok(series);
        }
        let slots = self.slots(query, SlotStep::for_bars).await?;
        Ok(self.0.store.insights().requests(by, only, &slots).await?)
    }

    /// What was saved, at the prices of today.
    ///
    /// # Errors
    /// When the query's zone is none, or the store cannot be read.
    pub async fn savings(&self, query: &InsightsQuery) -> Result<SavingsReport, EngineError> {
        let slots = self.slots(query, SlotStep::for_bars).await?;
        let (by, only) = (query.by, query.only.as_deref());
        let paid = self.0.store.insights().paid(by, only, &slots).await?;
        let prompts = self.0.store.insights().cached_prompts(by, only, &slots).await?;
        let (hits, usd, unknown) = self.0.store.insights().from_cache(by, only, &slots).await?;
        let answers = Saving {
            kind: SavingKind::AnswerCache,
            usd: (hits > unknown || hits == 0).then_some(usd),
            calls: hits - unknown.min(hits),
            unknown,
        };
        let routed = self.0.store.insights().routed(by, only, &slots).await?;
        let savings = vec![self.saved_by_prompts(&prompts), answers, self.saved_by_routes(&routed)];
        Ok(SavingsReport { from: slots.from(), until: slots.until, savings, paid })
    }

    async fn slots(
        &self,
        query: &InsightsQuery,
        step: impl FnOnce(i64) -> SlotStep,
    ) -> Result<Slots, EngineError> {
        let now = now();
        let first = match query.from {
            Some(from) => from,
            None => self.0.store.insights().first().await?.unwrap_or(now),
        };
        query.slots(first, now, step).map_err(|error| EngineError::BadInput(error.to_string()))
    }

    /// What routes saved beside always asking the best they knew, if that had read and said as much.
    fn saved_by_routes(&self, routed: &[RoutedTokens]) -> Saving {
        let (mut nano, mut calls, mut unknown) = (0_i128, 0_u32, 0_u32);
        for one in routed {
            let prices = self
                .provider_and_model(&one.fixed)
                .map(|(provider, model)| known::prices(self, &provider, model, &Usage::default()));
            let Some((input, output, cached)) =
                prices.and_then(|of| Some((of.input?, of.output?, of.cached_read.or(of.input)?)))
            else {
                unknown = unknown.saturating_add(one.calls).saturating_add(one.unknown);
                continue;
            };
            let of = |tokens: u64, price: NanoUsd| i128::from(tokens) * i128::from(price.0);
            let would = of(one.input, input) + of(one.cached, cached) + of(one.output, output);
            nano += would / MILLION - i128::from(one.usd.0);
            calls = calls.saturating_add(one.calls);
            unknown = unknown.saturating_add(one.unknown);
        }
        let usd = (calls > 0 || unknown == 0).then(|| NanoUsd(i64::try_from(nano).unwrap_or(i64::MAX)));
        Saving { kind: SavingKind::Route, usd, calls, unknown }
    }

    /// What reading prompts from providers' caches saved, less what writing them cost more.
    fn saved_by_prompts(&self, prompts: &[CachedTokens]) -> Saving {
        let config = self.config();
        let (mut nano, mut known, mut calls, mut unknown) = (0_i128, false, 0_u32, 0_u32);
        for prompt in prompts {
            let prices = config
                .provider(&prompt.provider)
                .map(|provider| known::prices(self, provider, &prompt.model, &Usage::default()));
            let Some((input, prices)) = prices.and_then(|prices| Some((prices.input?, prices))) else {
                unknown = unknown.saturating_add(prompt.calls);
                continue;
            };
            // A bucket without a price of its own is charged as fresh input, and saves nothing.
            let less = i128::from(input.0 - prices.cached_read.unwrap_or(input).0);
            let more = i128::from(prices.cached_write.unwrap_or(input).0 - input.0);
            nano += (i128::from(prompt.read) * less - i128::from(prompt.written) * more) / MILLION;
            calls = calls.saturating_add(prompt.calls);
            known = true;
        }
        let usd = (known || unknown == 0).then(|| NanoUsd(i64::try_from(nano).unwrap_or(i64::MAX)));
        Saving { kind: SavingKind::PromptCache, usd, calls, unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineOptions;

    fn usd(text: &str) -> Option<NanoUsd> {
        text.parse().ok()
    }

    /// An engine that knows the prices of two models, in dollars for a million tokens.
    async fn priced() -> (tempfile::TempDir, Engine) {
        let home = tempfile::tempdir().unwrap();
        let rows = "[[providers]]\nid = \"a\"\ndialect = \"openai-chat\"\nbase_url = \"https://a.example/v1\"\nkey = \"none\"\n\
            [[prices]]\nmodel = \"a/best\"\ninput = 10\noutput = 50\ncached_read = 1\ncached_write = 12\n\
            [[prices]]\nmodel = \"a/plain\"\ninput = 2\noutput = 4\n";
        std::fs::write(home.path().join("config.toml"), rows).unwrap();
        let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
        (home, engine)
    }

    #[tokio::test]
    async fn a_route_saved_what_the_best_would_have_cost_less_what_was_paid_and_may_have_cost_more() {
        let (_home, engine) = priced().await;
        let routed = |fixed: &str, nano| RoutedTokens {
            fixed: fixed.parse().unwrap(),
            calls: 3,
            unknown: 1,
            usd: NanoUsd(nano),
            input: 100_000,
            cached: 200_000,
            output: 10_000,
        };
        // 0.1 × $10 + 0.2 × $1 + 0.01 × $50
        let saved = engine.saved_by_routes(&[routed("a/best", 700_000_000)]);
        assert_eq!((saved.usd, saved.calls, saved.unknown), (usd("1"), 3, 1));
        // Without a price for cached input it costs what input does: 0.3 × $2 + 0.01 × $4.
        let lost = engine.saved_by_routes(&[routed("a/plain", 1_000_000_000)]);
        assert_eq!(lost.usd, usd("-0.36"));
        let both = engine.saved_by_routes(&[routed("a/best", 700_000_000), routed("a/plain", 1_000_000_000)]);
        assert_eq!((both.usd, both.calls, both.unknown), (usd("0.64"), 6, 2));
        let unknown = engine.saved_by_routes(&[routed("a/nobody-knows", 1)]);
        assert_eq!((unknown.usd, unknown.calls, unknown.unknown), (None, 0, 4), "not as much as nothing");
        assert_eq!(engine.saved_by_routes(&[]).usd, usd("0"));
        engine.close().await;
    }

    #[tokio::test]
    async fn a_prompt_cache_saved_what_reading_costs_less_and_writing_does_not_cost_more() {
        let (_home, engine) = priced().await;
        let prompts = |model: &str, read, written| CachedTokens {
            provider: "a".to_owned(),
            model: model.to_owned(),
            calls: 2,
            read,
            written,
        };
        // A million read for $1 that would be $10, and a million written for $12.
        let saved = engine.saved_by_prompts(&[prompts("best", 1_000_000, 1_000_000)]);
        assert_eq!((saved.usd, saved.calls, saved.unknown), (usd("7"), 2, 0));
        let lost = engine.saved_by_prompts(&[prompts("best", 0, 500_000)]);
        assert_eq!(lost.usd, usd("-1"), "what nobody read again was written for nothing");
        let same = engine.saved_by_prompts(&[prompts("plain", 1_000_000, 1_000_000)]);
        assert_eq!(same.usd, usd("0"), "charged as fresh input");
        let unknown = engine.saved_by_prompts(&[prompts("nobody-knows", 1, 1)]);
        assert_eq!((unknown.usd, unknown.calls, unknown.unknown), (None, 0, 2));
        engine.close().await;
    }
}
