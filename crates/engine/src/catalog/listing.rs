//! The catalog as people look at it: searched, shown, compared and ranked.

use super::CatalogQuery;
use crate::{Engine, EngineError, engine::now};
use domain::{Capabilities, ModelDates, NanoUsd, Prices, Profile, PromptClass, ScoreName, Target};
use routing::{Ask, Facts, Measure, ReadyPolicy, Stats, Worth};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    str::FromStr,
    sync::PoisonError,
};

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
    /// What a call costs whose prompt is longer than so much; ascending.
    pub above: Vec<PriceStep>,
    /// Prices a million tokens in a batch that is answered within a day; all `None` is unknown.
    pub batch: Prices,
    /// When it came out, and the like.
    pub dates: ModelDates,
    /// What it can do.
    pub capabilities: Capabilities,
    /// How good its answers are, 0 to 1; `None` is unknown.
    pub quality: Option<f32>,
    /// The earlier version of its line that was measured in its place.
    pub quality_of: Option<String>,
    /// Who published the figures.
    pub source: String,
    /// Of which day they are; empty for what a provider that is set up lists now.
    pub date: String,
    /// How it is asked here; `None` where no provider that is set up has it.
    pub target: Option<Target>,
    /// Whether that can be asked now.
    pub ready: bool,
    /// Whether it runs on this machine.
    pub local: bool,
    /// Whether figures of it are the user's own.
    pub own: bool,
}

/// What a call costs whose prompt is longer than so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PriceStep {
    /// Tokens that go in, cached ones too: more than these.
    pub tokens: u32,
    /// Prices a million tokens, of the whole call.
    pub prices: Prices,
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
    /// How it was when it was asked here.
    pub seen: Vec<SeenHere>,
    /// Names that the user says mean this model.
    pub names: Vec<String>,
}

/// How a target was when it was asked here; the recent counts more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SeenHere {
    /// Who.
    pub target: Target,
    /// Milliseconds to the first content.
    pub first_ms: Option<f64>,
    /// Tokens a second from then on.
    pub tokens_per_second: Option<f64>,
    /// Own votes, and answers that were asked for again: 1 is good, 0 is not.
    pub liked: Option<f64>,
    /// About how many votes still count.
    pub votes: f64,
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
    /// The answer that is there first, as it was here.
    Speed,
    /// The least money.
    Budget,
    /// The longest prompts.
    LongContext,
}

impl RankBy {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Quality, Self::Balanced, Self::Speed, Self::Budget, Self::LongContext];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.profile().as_str()
    }

    /// What a route of this name strives for: both go by the same weights.
    #[must_use]
    pub const fn profile(self) -> Profile {
        match self {
            Self::Quality => Profile::Quality,
            Self::Balanced => Profile::Balanced,
            Self::Speed => Profile::Speed,
            Self::Budget => Profile::Budget,
            Self::LongContext => Profile::LongContext,
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
    /// What that is made of.
    pub parts: Vec<RankPart>,
    /// The model, as its cheapest provider offers it.
    #[serde(flatten)]
    pub entry: CatalogEntry,
}

/// A part of what a model is ranked by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RankPart {
    /// Which.
    pub name: ScoreName,
    /// How good it is at that, 0 to 1.
    pub value: f32,
    /// How much of the score it makes: values by weights come to the score.
    pub weight: f32,
}

impl Engine {
    /// Models of the catalog with `text` in their names, in large or small letters.
    #[must_use]
    pub fn search_catalog(&self, text: &str) -> Vec<CatalogEntry> {
        let query = CatalogQuery { text: Some(text.to_owned()), ..CatalogQuery::default() };
        self.find_catalog(&query).models
    }

    /// All that is known of the model that a name means.
    ///
    /// # Errors
    /// When the name says nothing of a model.
    pub fn catalog_card(&self, name: &str) -> Result<CatalogCard, EngineError> {
        let catalog = self.catalog();
        let all = self.catalog_entries(PromptClass::Other);
        // An id that is listed means itself; else it is resolved, as any other name.
        let listed = all.iter().any(|entry| entry.model == name);
        let (model, match_score, known) = if listed {
            (name.to_owned(), 1.0, true)
        } else if let Some(found) = catalog.resolve(name, "") {
            (found.model, found.score, found.known)
        } else {
            return Err(EngineError::BadInput(format!("`{name}` says nothing of a model")));
        };
        let offers: Vec<CatalogEntry> = all.into_iter().filter(|entry| entry.model == model).collect();
        let scores = catalog.scores().of(&model).iter();
        let scores = scores
            .map(|score| CatalogScore {
                board: score.board.clone(),
                value: score.value,
                votes: score.votes,
                source: score.source.clone(),
                date: score.date.clone(),
            })
            .collect();
        let seen = self.seen_here();
        let seen = offers.iter().filter_map(|entry| seen.get(entry.target.as_ref()?).cloned()).collect();
        let mut names: Vec<String> =
            catalog.aliases().filter(|(_, of)| *of == model).map(|(name, _)| name.to_owned()).collect();
        names.sort();
        Ok(CatalogCard { model, match_score, known, offers, scores, seen, names })
    }

    /// Models by rank, each once, as its cheapest provider offers it; those of which too little is known
    /// are left out.
    #[must_use]
    pub fn rank_models(&self, by: RankBy, class: PromptClass) -> Vec<RankedModel> {
        let mut cheapest: BTreeMap<String, CatalogEntry> = BTreeMap::new();
        let mut best: HashMap<String, Stats> = HashMap::new();
        let mut asked: HashMap<String, (Target, bool, bool)> = HashMap::new();
        for entry in self.catalog_entries(class) {
            if entry.capabilities.embeddings == Some(true) {
                continue;
            }
            if let Some(target) = &entry.target {
                if let Some(stats) = self.paced(target, class) {
                    let soonest = best.entry(entry.model.clone()).or_insert(stats);
                    if pace(&stats) < pace(soonest) {
                        *soonest = stats;
                    }
                }
                let known = asked.get(&entry.model).is_some_and(|(_, ready, _)| *ready);
                if !known {
                    asked.insert(entry.model.clone(), (target.clone(), entry.ready, entry.local));
                }
            }
            let known = cheapest.get(&entry.model).map(|known| price(&known.prices).unwrap_or(i64::MAX));
            if known.is_none_or(|known| price(&entry.prices).is_some_and(|price| price < known)) {
                cheapest.insert(entry.model.clone(), entry);
            }
        }
        let ranked = cheapest.into_values().filter_map(|mut entry| {
            // Somebody else than the cheapest may be who is set up here.
            if !entry.ready
                && let Some((target, ready, local)) = asked.remove(&entry.model)
            {
                (entry.target, entry.ready, entry.local) = (Some(target), ready, local);
            }
            let Worth { score, mut parts } = ranked(by, class, &entry, best.get(&entry.model))?;
            parts.sort_by(|a, b| b.2.total_cmp(&a.2));
            let part = |(name, value, weight)| RankPart { name, value, weight };
            Some(RankedModel { rank: 0, score, parts: parts.into_iter().map(part).collect(), entry })
        });
        let mut ranked: Vec<RankedModel> = ranked.collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.entry.model.cmp(&b.entry.model)));
        for (at, one) in ranked.iter_mut().enumerate() {
            one.rank = super::count(at + 1);
        }
        ranked
    }

    /// How a target was with prompts of a class, where its pace was measured.
    fn paced(&self, target: &Target, class: PromptClass) -> Option<Stats> {
        let memory = self.0.routes.memory.read().unwrap_or_else(PoisonError::into_inner);
        let stats = memory.learned.of_target(target, class, now().millis());
        stats.get(Measure::First).mean().is_some().then_some(stats)
    }

    /// How targets were when they were asked, whatever the prompts were of.
    fn seen_here(&self) -> HashMap<Target, SeenHere> {
        let all = self.learned().into_iter().filter(|one| one.class.is_none());
        all.map(|one| {
            let of = |name: &str| one.measures.iter().find(|measure| measure.measure == name);
            let mean = |name: &str| of(name).map(|measure| measure.mean);
            let seen = SeenHere {
                first_ms: mean("firstMs"),
                tokens_per_second: mean("tokensPerSecond"),
                liked: mean("liked"),
                votes: of("liked").map_or(0.0, |measure| measure.weight),
                target: one.target.clone(),
            };
            (one.target, seen)
        })
        .collect()
    }
}

/// What a million tokens cost, three read for one written, in nano-dollars.
fn price(prices: &Prices) -> Option<i64> {
    let (NanoUsd(input), NanoUsd(output)) = (prices.input?, prices.output.or(prices.input)?);
    Some((input.saturating_mul(3).saturating_add(output)) / 4)
}

/// How long an answer of 500 tokens took, in seconds.
fn pace(stats: &Stats) -> f32 {
    let mean = |measure| stats.get(measure).mean().map(f32::exp);
    mean(Measure::First).unwrap_or(f32::MAX) / 1_000.0 + 500.0 / mean(Measure::Rate).unwrap_or(1.0).max(0.1)
}

/// What a model is worth to a profile; `None` where what the profile looks at first is not known. The parts and their
/// weights are those that a route of this profile goes by, for a request that is like most of its class.
fn ranked(by: RankBy, class: PromptClass, entry: &CatalogEntry, pace: Option<&Stats>) -> Option<Worth> {
    let (quality, price, context) =
        (entry.quality.is_some(), entry.prices.input.is_some(), entry.context_window.is_some());
    let enough = match by {
        RankBy::Quality => quality,
        RankBy::Balanced => quality && price,
        // Without a call nobody knows how soon it answers.
        RankBy::Speed => pace.is_some(),
        RankBy::Budget => price,
        RankBy::LongContext => context,
    };
    let target = entry.target.clone().unwrap_or_else(|| Target::of(&entry.provider, &entry.id));
    let prices = entry.prices.input.map(|NanoUsd(input)| {
        let or_input = |price: Option<NanoUsd>| price.map_or(input, |NanoUsd(price)| price);
        [input, or_input(entry.prices.cached_read), or_input(entry.prices.output)]
    });
    let facts = Facts {
        local: entry.local,
        context_window: entry.context_window,
        can: entry.capabilities,
        prices,
        quality: [entry.quality; PromptClass::ALL.len()],
        ..Facts::of(target, 0)
    };
    let stats = pace.copied().unwrap_or_default();
    enough.then(|| routing::worth(&facts, &stats, &Ask::usual(class), &ReadyPolicy::of(by.profile())))
}
