//! The catalog searched, filtered and sorted, together with what providers that are set up offer beside it.

use super::{CatalogEntry, PriceStep, count};
use crate::{Engine, known};
use domain::{Ability, Capabilities, Model, ModelDates, NanoUsd, Prices, PromptClass, Target};
use providers::catalog::{CatalogModel, Synced, shelf_of};
use serde::{Deserialize, Serialize};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
};

/// Who publishes what a provider that is set up lists itself.
const LISTED: &str = "its provider's list";
/// Who says what the user says.
const OWN: &str = "you";

/// Where a model can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Reachable {
    /// Through a provider that is set up, now.
    Ready,
    /// Only once a provider is set up.
    NeedsProvider,
    /// On this machine.
    Local,
}

impl Reachable {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ready, Self::NeedsProvider, Self::Local];

    fn fits(self, entry: &CatalogEntry) -> bool {
        match self {
            Self::Ready => entry.ready,
            Self::NeedsProvider => !entry.ready,
            Self::Local => entry.local,
        }
    }
}

/// What models are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum CatalogSort {
    /// Provider, then name.
    #[default]
    Name,
    /// How good the answers are.
    Quality,
    /// Context window.
    Context,
    /// Price of input.
    Input,
    /// Price of output.
    Output,
    /// Price of input from the provider's cache.
    Cached,
}

impl CatalogSort {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Name, Self::Quality, Self::Context, Self::Input, Self::Output, Self::Cached];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Quality => "quality",
            Self::Context => "context",
            Self::Input => "input",
            Self::Output => "output",
            Self::Cached => "cached",
        }
    }
}

/// Which models are wanted, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CatalogQuery {
    /// With all of these words in their names, in large or small letters; of what commas part, one is enough.
    pub text: Option<String>,
    /// Offered by one of these.
    pub providers: Vec<String>,
    /// Made by one of these: the first part of a canonical id.
    pub makers: Vec<String>,
    /// Can do all of these.
    pub can: Vec<Ability>,
    /// Makes embeddings, or does not.
    pub embeddings: Option<bool>,
    /// Can be asked in one of these ways.
    pub reachable: Vec<Reachable>,
    /// With a context window of at least so much.
    pub min_context: Option<u32>,
    /// With a price of output of at most so much.
    pub max_output: Option<NanoUsd>,
    /// By what they are sorted; what is unknown comes last, either way.
    pub sort: CatalogSort,
    /// The most first.
    pub descending: bool,
}

/// Models that were found, and how many there would be with one filter more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FoundModels {
    /// Those that fit.
    pub models: Vec<CatalogEntry>,
    /// How many there are in all.
    pub all: u32,
    /// How many of what else fits can be asked so.
    pub reachable: Vec<FacetCount>,
    /// How many of those that fit can also do this.
    pub can: Vec<FacetCount>,
    /// How many of what else fits are offered by each, the most first.
    pub providers: Vec<FacetCount>,
    /// How many of what else fits were made by each, the most first.
    pub makers: Vec<FacetCount>,
}

/// How many it is of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FacetCount {
    /// Which kind.
    pub name: String,
    /// How many.
    pub count: u32,
}

impl Engine {
    /// Models of the catalog that fit, asked here or not, and what providers that are set up offer beside it.
    #[must_use]
    pub fn find_catalog(&self, query: &CatalogQuery) -> FoundModels {
        let all = self.catalog_entries(PromptClass::Other);
        let wanted = Wanted::of(query);
        let (mut reachable, mut providers, mut makers) =
            ([0_u32; Reachable::ALL.len()], BTreeMap::new(), BTreeMap::new());
        let mut models: Vec<CatalogEntry> = Vec::new();
        let total = count(all.len());
        for entry in all {
            if !wanted.fits(&entry) {
                continue;
            }
            let reached = wanted.is_reached(&entry);
            let (offered, made) = (wanted.is_offered(&entry), wanted.is_made(&entry));
            if offered && made {
                for (sum, way) in reachable.iter_mut().zip(Reachable::ALL) {
                    *sum += u32::from(way.fits(&entry));
                }
            }
            if reached && made {
                *providers.entry(entry.provider.clone()).or_insert(0_u32) += 1;
            }
            if reached && offered {
                *makers.entry(maker(&entry).to_owned()).or_insert(0_u32) += 1;
            }
            if reached && offered && made {
                models.push(entry);
            }
        }
        models.sort_by(|a, b| order(query.sort, query.descending, a, b));
        let can = Ability::ALL.iter().map(|ability| FacetCount {
            name: ability.as_str().to_owned(),
            count: count(models.iter().filter(|entry| can(entry.capabilities, *ability)).count()),
        });
        let embeds = |entry: &&CatalogEntry| entry.capabilities.embeddings == Some(true);
        let embeddings =
            FacetCount { name: "embeddings".to_owned(), count: count(models.iter().filter(embeds).count()) };
        let reachable = ["ready", "needsProvider", "local"].into_iter().zip(reachable);
        FoundModels {
            can: can.chain([embeddings]).collect(),
            reachable: reachable.map(|(name, count)| FacetCount { name: name.to_owned(), count }).collect(),
            providers: most_first(providers),
            makers: most_first(makers),
            models,
            all: total,
        }
    }

    /// Every model of the catalog, and every other one that a provider that is set up offers.
    pub(super) fn catalog_entries(&self, class: PromptClass) -> Vec<CatalogEntry> {
        let (config, catalog) = (self.config(), self.catalog());
        // Who offers what of the catalog: the first that can be asked now, else the first.
        let mut offers: HashMap<(&str, String), Model> = HashMap::new();
        let mut others: Vec<CatalogEntry> = Vec::new();
        for provider in &config.providers {
            let shelf = shelf_of(provider.catalog_name());
            let found = self.found_at(provider.id.as_str());
            let available = self.is_usable(provider);
            let listed = crate::models::offered(provider, &found);
            if found.is_empty()
                && provider.models.is_empty()
                && available
                && let Some(shelf) = shelf
            {
                // Nobody asked it yet what it offers: what its catalog has, as routes see it.
                for model in catalog.models().into_iter().filter(|model| model.provider == shelf) {
                    let at = (shelf, model.id.to_lowercase());
                    offers.entry(at).or_insert_with(|| Model {
                        target: Target::of(provider.id.as_str(), &model.id),
                        available: true,
                        ..bare(&model.id)
                    });
                }
            }
            if !available && found.is_empty() && provider.models.is_empty() && provider.own.is_empty() {
                continue;
            }
            for listed in listed {
                let known = known::of_listed(&catalog, provider, &listed);
                let model = Model {
                    target: Target::of(provider.id.as_str(), &listed.id),
                    prices: known::prices_of_listed(&config, &catalog, provider, &listed),
                    name: known.name.unwrap_or_else(|| listed.id.clone()),
                    context_window: known.context_window,
                    output_limit: known.output_limit,
                    capabilities: known.capabilities,
                    available,
                    simulated: provider.is_simulated(),
                };
                if let (Some(shelf), Some(of)) = (shelf, catalog.lookup(provider.catalog_name(), &listed.id))
                {
                    // A dated name does not hide the undated one.
                    let at = (shelf, of.id.to_lowercase());
                    let closer = |known: &Model| !known.available && model.available;
                    if offers.get(&at).is_none_or(closer) {
                        offers.insert(at, model);
                    }
                    continue;
                }
                let own = provider.own(&listed.id).is_some();
                others.push(offered_entry(&catalog, provider, &listed.id, model, own, class));
            }
        }
        let own_price = |names: &[&str]| {
            config.prices.iter().find(|row| names.contains(&row.model.as_str())).map(|row| row.prices)
        };
        let mut entries: Vec<CatalogEntry> = Vec::new();
        for model in catalog.models() {
            let mut entry = entry(&catalog, model, class);
            if let Some(offer) = offers.remove(&(model.provider.as_str(), model.id.to_lowercase())) {
                let owner = offer.target.split().and_then(|(id, name)| {
                    let provider = config.provider(id)?;
                    Some((provider, provider.own(name)))
                });
                if let Some((provider, own)) = owner {
                    entry.local = provider.is_loopback();
                    if let Some(own) = own {
                        entry.own = true;
                        entry.name = own.name.clone().unwrap_or(entry.name);
                        entry.context_window = own.context_window.or(entry.context_window);
                        entry.output_limit = own.output_limit.or(entry.output_limit);
                        entry.capabilities = offer.capabilities;
                    }
                }
                entry.ready = offer.available;
                entry.target = Some(offer.target);
            }
            let whole = format!("{}/{}", model.provider, model.id);
            let names = [entry.target.as_ref().map_or(whole.as_str(), Target::as_str), &whole, &model.id];
            if let Some(prices) = own_price(&names) {
                (entry.prices, entry.own) = (prices, true);
                entry.above.clear();
                entry.batch = Prices::default();
                OWN.clone_into(&mut entry.source);
                entry.date.clear();
            }
            entries.push(entry);
        }
        for entry in &mut others {
            let target = entry.target.as_ref().map_or("", Target::as_str);
            if own_price(&[target, &entry.id]).is_some() {
                entry.own = true;
            }
            if entry.own {
                OWN.clone_into(&mut entry.source);
            }
        }
        entries.extend(others);
        entries
    }
}

/// A model that a provider that is set up offers, and no list has.
fn offered_entry(
    catalog: &Synced,
    provider: &providers::Provider,
    id: &str,
    model: Model,
    own: bool,
    class: PromptClass,
) -> CatalogEntry {
    // What is made up here is nobody's model.
    let found = (!model.simulated).then(|| catalog.resolve(id, provider.id.as_str())).flatten();
    let canonical = found.map_or_else(|| model.target.to_string(), |found| found.model);
    let quality = catalog.scores().quality(&canonical, class).filter(|_| !model.simulated);
    CatalogEntry {
        provider: provider.id.to_string(),
        id: id.to_owned(),
        name: model.name,
        context_window: model.context_window,
        output_limit: model.output_limit,
        prices: model.prices,
        above: Vec::new(),
        batch: Prices::default(),
        dates: ModelDates::default(),
        capabilities: model.capabilities,
        quality: quality.as_ref().map(|quality| quality.value),
        quality_of: quality.and_then(|quality| quality.of.map(str::to_owned)),
        source: LISTED.to_owned(),
        date: String::new(),
        target: Some(model.target),
        ready: model.available,
        local: provider.is_loopback() || model.simulated,
        own,
        model: canonical,
    }
}

fn bare(id: &str) -> Model {
    Model {
        target: Target::of("", id),
        name: id.to_owned(),
        context_window: None,
        output_limit: None,
        prices: Prices::default(),
        capabilities: Capabilities::default(),
        available: false,
        simulated: false,
    }
}

/// A model as the catalog has it.
fn entry(catalog: &Synced, model: &CatalogModel, class: PromptClass) -> CatalogEntry {
    let found = catalog.resolve(&model.id, &model.provider);
    let canonical = found.map_or_else(|| model.id.clone(), |found| found.model);
    let quality = catalog.scores().quality(&canonical, class);
    let above = model.above.iter().map(|(tokens, prices)| PriceStep { tokens: *tokens, prices: *prices });
    CatalogEntry {
        provider: model.provider.clone(),
        id: model.id.clone(),
        name: model.name.clone(),
        context_window: model.context_window,
        output_limit: model.output_limit,
        prices: model.prices,
        above: above.collect(),
        batch: model.batch,
        dates: model.dates.clone(),
        capabilities: model.capabilities,
        quality: quality.as_ref().map(|quality| quality.value),
        quality_of: quality.and_then(|quality| quality.of.map(str::to_owned)),
        source: model.source.clone(),
        date: model.date.clone(),
        target: None,
        ready: false,
        local: false,
        own: false,
        model: canonical,
    }
}

/// A query, made ready to be asked of many.
struct Wanted<'a> {
    query: &'a CatalogQuery,
    /// Of these one is enough; of its words all are needed.
    words: Vec<Vec<String>>,
}

impl<'a> Wanted<'a> {
    fn of(query: &'a CatalogQuery) -> Self {
        let text = query.text.as_deref().unwrap_or_default().to_lowercase();
        let words = text.split(',').map(|part| part.split_whitespace().map(str::to_owned).collect());
        Self { query, words: words.filter(|part: &Vec<String>| !part.is_empty()).collect() }
    }

    /// All but who offers it, who made it and how it is reached.
    fn fits(&self, entry: &CatalogEntry) -> bool {
        let CatalogQuery { can: needed, embeddings, min_context, max_output, .. } = self.query;
        let at_least = |least: u32| entry.context_window.is_some_and(|window| window >= least);
        let at_most = |most: NanoUsd| entry.prices.output.is_some_and(|price| price <= most);
        needed.iter().all(|ability| can(entry.capabilities, *ability))
            && embeddings.is_none_or(|wanted| (entry.capabilities.embeddings == Some(true)) == wanted)
            && min_context.is_none_or(at_least)
            && max_output.is_none_or(at_most)
            && self.is_named(entry)
    }

    fn is_named(&self, entry: &CatalogEntry) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let target = entry.target.as_ref().map_or("", Target::as_str);
        let names =
            [entry.provider.as_str(), "/", &entry.id, " ", &entry.name, " ", &entry.model, " ", target];
        let names = names.concat().to_lowercase();
        self.words.iter().any(|words| words.iter().all(|word| names.contains(word.as_str())))
    }

    fn is_reached(&self, entry: &CatalogEntry) -> bool {
        let ways = &self.query.reachable;
        ways.is_empty() || ways.iter().any(|way| way.fits(entry))
    }

    fn is_offered(&self, entry: &CatalogEntry) -> bool {
        let names = &self.query.providers;
        names.is_empty() || names.contains(&entry.provider)
    }

    fn is_made(&self, entry: &CatalogEntry) -> bool {
        let names = &self.query.makers;
        names.is_empty() || names.iter().any(|name| name == maker(entry))
    }
}

fn maker(entry: &CatalogEntry) -> &str {
    entry.model.split_once('/').map_or("", |(maker, _)| maker)
}

fn can(capabilities: Capabilities, ability: Ability) -> bool {
    let known = match ability {
        Ability::Vision => capabilities.vision,
        Ability::Tools => capabilities.tools,
        Ability::Json => capabilities.json,
        Ability::Reasoning => capabilities.reasoning,
        Ability::WebSearch => capabilities.web_search,
    };
    known == Some(true)
}

fn most_first(counts: BTreeMap<String, u32>) -> Vec<FacetCount> {
    let mut counts: Vec<FacetCount> =
        counts.into_iter().map(|(name, count)| FacetCount { name, count }).collect();
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    counts
}

fn order(by: CatalogSort, descending: bool, a: &CatalogEntry, b: &CatalogEntry) -> Ordering {
    let turned = |ordering: Ordering| if descending { ordering.reverse() } else { ordering };
    let named = || (&a.provider, &a.id).cmp(&(&b.provider, &b.id));
    // What is unknown comes last, either way.
    let known = |a: Option<i64>, b: Option<i64>| match (a, b) {
        (Some(a), Some(b)) => turned(a.cmp(&b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    let price = |of: fn(&Prices) -> Option<NanoUsd>| {
        known(of(&a.prices).map(|usd| usd.0), of(&b.prices).map(|usd| usd.0))
    };
    let first = match by {
        CatalogSort::Name => return turned(named()),
        CatalogSort::Quality => match (a.quality, b.quality) {
            (Some(a), Some(b)) => turned(a.total_cmp(&b)),
            (a, b) => known(a.map(|_| 0), b.map(|_| 0)),
        },
        CatalogSort::Context => known(a.context_window.map(i64::from), b.context_window.map(i64::from)),
        CatalogSort::Input => price(|prices| prices.input),
        CatalogSort::Output => price(|prices| prices.output),
        CatalogSort::Cached => price(|prices| prices.cached_read),
    };
    first.then_with(named)
}
