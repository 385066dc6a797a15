//! What so many requests of a size would cost, with each model: the same figures for the window, the API and `orch`.

use super::CatalogEntry;
use crate::{Engine, EngineError};
use domain::{NanoUsd, Prices, PromptClass, Usage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is asked: requests of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct PriceLoad {
    /// Tokens that go in with each.
    pub input: u32,
    /// Of them read from the provider's cache; no more than go in.
    pub cached: u32,
    /// Tokens that come out of each.
    pub output: u32,
    /// How many requests.
    pub requests: u32,
    /// Whether they may wait for a batch.
    pub batch: bool,
}

/// What they would cost with one model, where it is asked or else where it is cheapest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PricedModel {
    /// The model, as it is offered there.
    pub offer: CatalogEntry,
    /// What it would cost; `None` where a price is not known.
    pub cost: Option<LoadCost>,
}

/// What requests would cost, without taxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LoadCost {
    /// Fresh input of all of them.
    pub input: NanoUsd,
    /// Cached input of all of them.
    pub cached: NanoUsd,
    /// Output of all of them.
    pub output: NanoUsd,
    /// One request.
    pub one: NanoUsd,
    /// All of them.
    pub all: NanoUsd,
}

impl PriceLoad {
    /// What it would cost at these prices, rounded as calls are: once for each.
    fn at(self, prices: &Prices) -> Option<LoadCost> {
        let cached = self.cached.min(self.input);
        let usage = |input: u32, cached: u32, output: u32| Usage {
            input: Some(input),
            cached_read: Some(cached),
            output: Some(output),
            ..Usage::default()
        };
        let all = |usage: Usage| {
            let NanoUsd(one) = prices.cost_of(&usage)?;
            Some(NanoUsd(one.checked_mul(i64::from(self.requests))?))
        };
        let whole = usage(self.input - cached, cached, self.output);
        Some(LoadCost {
            input: all(usage(self.input - cached, 0, 0))?,
            cached: all(usage(0, cached, 0))?,
            output: all(usage(0, 0, self.output))?,
            one: prices.cost_of(&whole)?,
            all: all(whole)?,
        })
    }
}

/// What a call with so many tokens in is charged at.
fn prices_of(entry: &CatalogEntry, load: PriceLoad) -> Prices {
    let step = entry.above.iter().rev().find(|step| load.input > step.tokens);
    if load.batch {
        // What a batch of long prompts costs is in no list.
        return if step.is_some() { Prices::default() } else { entry.batch };
    }
    step.map_or(entry.prices, |step| step.prices)
}

/// Whose prices stand for a model: who can be asked now, else who is set up, else the cheapest for this.
fn stands_for(offers: Vec<CatalogEntry>, load: PriceLoad) -> Option<CatalogEntry> {
    let rank = |entry: &CatalogEntry| match (entry.ready, &entry.target) {
        (true, _) => 0,
        (false, Some(_)) => 1,
        (false, None) => 2,
    };
    let cost = |entry: &CatalogEntry| load.at(&prices_of(entry, load)).map_or(i64::MAX, |cost| cost.one.0);
    offers.into_iter().min_by_key(|entry| (rank(entry), cost(entry)))
}

impl Engine {
    /// What so many requests would cost with these models, by any of their names or as `provider/model`; without any,
    /// with all that can be asked now and are not on this machine. The cheapest first; what is not known comes last.
    /// `sees` is an offer as whoever asks may see it.
    ///
    /// # Errors
    /// When a name says nothing of a model that anybody offers.
    pub fn price_models(
        &self,
        names: &[String],
        load: PriceLoad,
        sees: impl Fn(CatalogEntry) -> Option<CatalogEntry>,
    ) -> Result<Vec<PricedModel>, EngineError> {
        let mut offers: Vec<CatalogEntry> = Vec::new();
        let all: Vec<CatalogEntry> =
            self.catalog_entries(PromptClass::Other).into_iter().filter_map(&sees).collect();
        if names.is_empty() {
            let mut by_model: BTreeMap<String, Vec<CatalogEntry>> = BTreeMap::new();
            let asked = |entry: &CatalogEntry| {
                entry.ready && !entry.local && entry.capabilities.embeddings != Some(true)
            };
            for entry in all.into_iter().filter(asked) {
                by_model.entry(entry.model.clone()).or_default().push(entry);
            }
            offers.extend(by_model.into_values().filter_map(|all| stands_for(all, load)));
        } else {
            for name in names {
                // A model's own name may be that of a target too: then whoever can be asked stands for it.
                let named = all.iter().find(|entry| {
                    let is_target = entry.target.as_ref().is_some_and(|target| target.as_str() == name);
                    is_target && (entry.ready || entry.model != *name)
                });
                let offer = if let Some(entry) = named {
                    Some(entry.clone())
                } else {
                    let offers = self.catalog_card(name)?.offers.into_iter().filter_map(&sees);
                    stands_for(offers.collect(), load)
                };
                offers.push(offer.ok_or_else(|| {
                    EngineError::BadInput(format!(
                        "nobody that the catalog knows offers `{name}`; `orch models search` shows what there is"
                    ))
                })?);
            }
        }
        let priced = |offer: CatalogEntry| PricedModel { cost: load.at(&prices_of(&offer, load)), offer };
        let mut priced: Vec<PricedModel> = offers.into_iter().map(priced).collect();
        priced.sort_by_key(|one| one.cost.map_or((1, 0), |cost| (0, cost.all.0)));
        Ok(priced)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(input: &str, output: &str, cached: &str) -> Prices {
        let usd = |text: &str| text.parse().ok().filter(|_| !text.is_empty());
        Prices { input: usd(input), output: usd(output), cached_read: usd(cached), ..Prices::default() }
    }

    const LOAD: PriceLoad =
        PriceLoad { input: 1_000, cached: 400, output: 500, requests: 1_000, batch: false };

    #[test]
    fn cached_tokens_are_priced_apart_and_what_has_no_price_has_no_cost() {
        let usd = |text: &str| text.parse::<NanoUsd>().unwrap();
        let cost = LOAD.at(&prices("3", "15", "0.3")).unwrap();
        assert_eq!((cost.input, cost.cached, cost.output), (usd("1.8"), usd("0.12"), usd("7.5")));
        assert_eq!((cost.one, cost.all), (usd("0.00942"), usd("9.42")));
        assert_eq!(LOAD.at(&prices("1", "", "")), None);
        let in_only = PriceLoad { output: 0, ..LOAD };
        assert_eq!(in_only.at(&prices("1", "", "")).unwrap().all, usd("1"), "cached as fresh");
        let more_cached = PriceLoad { cached: 5_000, ..LOAD };
        assert_eq!(more_cached.at(&prices("3", "0", "0.3")).unwrap().all, usd("0.3"));
        assert_eq!(
            PriceLoad { requests: u32::MAX, ..LOAD }.at(&prices("9000000000", "1", "")),
            None,
            "beyond counting"
        );
    }
}
