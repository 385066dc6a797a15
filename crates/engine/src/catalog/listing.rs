//! The catalog as people look at it: searched, shown, compared and ranked.

use crate::{Engine, EngineError};
use domain::{Capabilities, NanoUsd, Prices, PromptClass};
use providers::catalog::{CatalogModel, Synced};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// A model as one provider offers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CatalogEntry {
    /// The model's canonical id: the same for all that offer it.
    pub model: String,
    /// Who offers it: a shelf of the catalog.
    pub provider: String,
    /// As it is named there.
    pub id: String,
    /// For people.
    pub name: String,
    /// Most tokens of prompt and answer together; `None` is unknown.
    pub context_window: Option<u32>,
    /// Most tokens of an answer; `None` is unknown.
    pub output_limit: Option<u32>,
    /// Prices a million tokens; all `None` is unknown.
    pub prices: Prices,
    /// What it can do.
    pub capabilities: Capabilities,
    /// How good its answers are, 0 to 1; `None` is unknown.
    pub quality: Option<f32>,
    /// The earlier version of its line that was measured in its place.
    pub quality_of: Option<String>,
    /// Who published the figures.
    pub source: String,
    /// Of which day they are.
    pub date: String,
}

/// A model with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CatalogCard {
    /// Its canonical id.
    pub model: String,
    /// How sure it is that the name means this model, 0 to 1.
    pub match_score: f32,
    /// Whether somebody told of this model; else the id is made of the name.
    pub known: bool,
    /// Who offers it.
    pub offers: Vec<CatalogEntry>,
    /// What leaderboards say.
    pub scores: Vec<CatalogScore>,
}

/// A leaderboard's figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CatalogScore {
    /// Which leaderboard.
    pub board: String,
    /// The figure as published.
    pub value: f32,
    /// How many votes made it.
    pub votes: u32,
    /// Who published it.
    pub source: String,
    /// Of which day it is.
    pub date: String,
}

/// What models are ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RankBy {
    /// The best answers.
    Quality,
    /// Good answers for little money.
    Balanced,
    /// The least money.
    Budget,
    /// The longest prompts.
    LongContext,
}

impl RankBy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Quality, Self::Balanced, Self::Budget, Self::LongContext];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::Balanced => "balanced",
            Self::Budget => "budget",
            Self::LongContext => "long-context",
        }
    }
}

impl fmt::Display for RankBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RankBy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|by| by.as_str() == text);
        found.ok_or_else(|| {
            let all: Vec<&str> = Self::ALL.iter().map(|by| by.as_str()).collect();
            format!("models are not ranked by `{text}`, but by {}", all.join(", "))
        })
    }
}

/// A model in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RankedModel {
    /// Its place, from 1.
    pub rank: u32,
    /// What it is ranked by, 0 to 1.
    pub score: f32,
    /// The model, as its cheapest provider offers it.
    #[serde(flatten)]
    pub entry: CatalogEntry,
}

impl Engine {
    /// Models of the catalog with `text` in their names, in large or small letters.
    #[must_use]
    pub fn search_catalog(&self, text: &str) -> Vec<CatalogEntry> {
        let (catalog, text) = (self.catalog(), text.to_lowercase());
        let named = |model: &CatalogModel, canonical: &str| {
            [&model.id, &model.name, &model.provider].iter().any(|name| name.to_lowercase().contains(&text))
                || canonical.contains(&text)
        };
        let models = catalog.models();
        models
            .into_iter()
            .map(|model| (model, entry(&catalog, model, PromptClass::Other)))
            .filter(|(model, entry)| named(model, &entry.model))
            .map(|(_, entry)| entry)
            .collect()
    }

    /// All that is known of the model that a name means.
    ///
    /// # Errors
    /// When the name says nothing of a model.
    pub fn catalog_card(&self, name: &str) -> Result<CatalogCard, EngineError> {
        let catalog = self.catalog();
        let Some(found) = catalog.resolve(name, "") else {
            return Err(EngineError::BadInput(format!("`{name}` says nothing of a model")));
        };
        let offers = catalog.models().into_iter().map(|model| entry(&catalog, model, PromptClass::Other));
        let offers = offers.filter(|entry| entry.model == found.model).collect();
        let scores = catalog.scores().of(&found.model).iter();
        let scores = scores
            .map(|score| CatalogScore {
                board: score.board.clone(),
                value: score.value,
                votes: score.votes,
                source: score.source.clone(),
                date: score.date.clone(),
            })
            .collect();
        Ok(CatalogCard { model: found.model, match_score: found.score, known: found.known, offers, scores })
    }

    /// Models by rank, each once, as its cheapest provider offers it; those of which too little is known
    /// are left out.
    #[must_use]
    pub fn rank_models(&self, by: RankBy, class: PromptClass) -> Vec<RankedModel> {
        let catalog = self.catalog();
        let mut cheapest: BTreeMap<String, CatalogEntry> = BTreeMap::new();
        for model in catalog.models() {
            let entry = entry(&catalog, model, class);
            if entry.capabilities.embeddings == Some(true) {
                continue;
            }
            let known = cheapest.get(&entry.model).map(|known| price(&known.prices).unwrap_or(i64::MAX));
            if known.is_none_or(|known| price(&entry.prices).is_some_and(|price| price < known)) {
                cheapest.insert(entry.model.clone(), entry);
            }
        }
        let mut ranked: Vec<RankedModel> = cheapest
            .into_values()
            .filter_map(|entry| Some(RankedModel { rank: 0, score: score(by, &entry)?, entry }))
            .collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.entry.model.cmp(&b.entry.model)));
        for (at, one) in ranked.iter_mut().enumerate() {
            one.rank = super::count(at + 1);
        }
        ranked
    }
}

fn entry(catalog: &Synced, model: &CatalogModel, class: PromptClass) -> CatalogEntry {
    let found = catalog.resolve(&model.id, &model.provider);
    let canonical = found.map_or_else(|| model.id.clone(), |found| found.model);
    let quality = catalog.scores().quality(&canonical, class);
    CatalogEntry {
        provider: model.provider.clone(),
        id: model.id.clone(),
        name: model.name.clone(),
        context_window: model.context_window,
        output_limit: model.output_limit,
        prices: model.prices,
        capabilities: model.capabilities,
        quality: quality.as_ref().map(|quality| quality.value),
        quality_of: quality.and_then(|quality| quality.of.map(str::to_owned)),
        source: model.source.clone(),
        date: model.date.clone(),
        model: canonical,
    }
}

/// What a million tokens cost, three read for one written, in nano-dollars.
fn price(prices: &Prices) -> Option<i64> {
    let (NanoUsd(input), NanoUsd(output)) = (prices.input?, prices.output.or(prices.input)?);
    Some((input.saturating_mul(3).saturating_add(output)) / 4)
}

/// 1 for what costs nothing, 0 from a hundred dollars a million on; in between by orders of magnitude,
/// since prices differ by these.
#[expect(clippy::cast_precision_loss, reason = "a rank needs no nano-dollars")]
fn cheapness(prices: &Prices) -> Option<f32> {
    let dollars = price(prices)? as f32 / 1e9;
    Some(1.0 - ((1.0 + dollars * 100.0).log10() / 4.0).clamp(0.0, 1.0))
}

#[expect(clippy::cast_precision_loss, reason = "a rank needs no single tokens")]
fn score(by: RankBy, entry: &CatalogEntry) -> Option<f32> {
    match by {
        RankBy::Quality => entry.quality,
        RankBy::Balanced => Some(0.5 * entry.quality? + 0.5 * cheapness(&entry.prices)?),
        RankBy::Budget => cheapness(&entry.prices),
        RankBy::LongContext => {
            let window = entry.context_window? as f32;
            Some((window / 10_000_000.0).min(1.0) * 0.9 + entry.quality.unwrap_or(0.0) * 0.1)
        }
    }
}
