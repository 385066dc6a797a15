//! Prices and limits of the presets' models as bundled: facts with their source and date, made by
//! `catalog/extract.py`; which names are one model's and what leaderboards say of it, made by
//! `catalog/names.py`. Works offline from the first start.

pub mod import;
mod names;
mod quality;
pub mod resolve;
mod sync;
mod synced;

pub use import::{Fact, Import, ImportError, Kind};
pub use names::{resolve as resolve_name, scores};
pub use quality::{Quality, Score, Scores};
pub use resolve::{Match, SURE};
pub use sync::{Change, SOURCES, Source, Weighed, come_and_gone, weigh};
pub use synced::{Doubt, Synced};

use domain::{Capabilities, ModelDates, NanoUsd, Prices, Usage};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

/// What the catalog says of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogModel {
    /// The preset it belongs to.
    pub provider: String,
    /// As the provider names it.
    pub id: String,
    /// For people.
    pub name: String,
    /// Most tokens of prompt and answer together.
    pub context_window: Option<u32>,
    /// Most tokens of an answer.
    pub output_limit: Option<u32>,
    /// What it costs; all `None` is unknown.
    pub prices: Prices,
    /// What it costs when more tokens than this go in, cached ones too: for the whole call. Ascending.
    pub above: Vec<(u32, Prices)>,
    /// What it costs in a batch that is answered within a day; all `None` is unknown.
    pub batch: Prices,
    /// When it came out, and the like.
    pub dates: ModelDates,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Who published these figures.
    pub source: String,
    /// Of which day they are, as `YYYY-MM-DD`.
    pub date: String,
}

/// The file, written to be small: a row has short names and leaves out what is unknown.
#[derive(Deserialize)]
struct File {
    date: String,
    sources: BTreeMap<String, String>,
    providers: BTreeMap<String, Vec<Row>>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    name: Option<String>,
    context: Option<u32>,
    output_limit: Option<u32>,
    #[serde(default)]
    price: RowPrices,
    #[serde(default)]
    above: Vec<RowTier>,
    #[serde(default)]
    batch: RowPrices,
    #[serde(flatten)]
    dates: ModelDates,
    #[serde(default)]
    can: Capabilities,
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RowPrices {
    input: Option<NanoUsd>,
    output: Option<NanoUsd>,
    cached_read: Option<NanoUsd>,
    cached_write: Option<NanoUsd>,
    reasoning: Option<NanoUsd>,
}

#[derive(Deserialize)]
struct RowTier {
    tokens: u32,
    #[serde(flatten)]
    price: RowPrices,
}

impl RowPrices {
    fn prices(&self) -> Prices {
        let Self { input, output, cached_read, cached_write, reasoning } = *self;
        Prices { input, output, cached_read, cached_write, reasoning }
    }
}

/// Prices of a long prompt: what is not named costs what it usually does. Cached input without a price
/// of its own follows the input's, as everywhere.
fn step(own: Prices, usual: Prices) -> Prices {
    Prices {
        input: own.input.or(usual.input),
        output: own.output.or(usual.output),
        cached_read: own.cached_read.or(usual.cached_read.filter(|_| own.input.is_none())),
        cached_write: own.cached_write.or(usual.cached_write.filter(|_| own.input.is_none())),
        reasoning: own.reasoning.or(usual.reasoning.filter(|_| own.output.is_none())),
    }
}

impl CatalogModel {
    /// What a call of this usage is charged at.
    pub fn prices_for(&self, usage: &Usage) -> Prices {
        let tokens = [usage.input, usage.cached_read, usage.cached_write];
        let tokens: u64 = tokens.into_iter().flatten().map(u64::from).sum();
        let tier = self.above.iter().rev().find(|(more_than, _)| tokens > u64::from(*more_than));
        tier.map_or(self.prices, |(_, prices)| *prices)
    }
}

struct Catalog {
    models: Vec<CatalogModel>,
    /// By preset's catalog name, then by id in lower case.
    index: HashMap<String, HashMap<String, usize>>,
}

fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| {
        // A test reads the file, so the empty catalog is never met.
        let models = read(include_str!("../catalog/snapshot.json")).unwrap_or_default();
        let mut index: HashMap<String, HashMap<String, usize>> = HashMap::new();
        for (at, model) in models.iter().enumerate() {
            index.entry(model.provider.clone()).or_default().insert(model.id.to_ascii_lowercase(), at);
        }
        Catalog { models, index }
    })
}

fn read(text: &str) -> serde_json::Result<Vec<CatalogModel>> {
    let file: File = serde_json::from_str(text)?;
    let mut models = Vec::new();
    for (provider, rows) in file.providers {
        for row in rows {
            let prices = row.price.prices();
            let mut above: Vec<_> =
                row.above.iter().map(|tier| (tier.tokens, step(tier.price.prices(), prices))).collect();
            above.sort_by_key(|(tokens, _)| *tokens);
            models.push(CatalogModel {
                provider: provider.clone(),
                name: row.name.unwrap_or_else(|| row.id.clone()),
                id: row.id,
                context_window: row.context,
                output_limit: row.output_limit,
                prices,
                above,
                batch: row.batch.prices(),
                dates: row.dates,
                capabilities: row.can,
                source: file.sources.get(&row.source).cloned().unwrap_or(row.source),
                date: file.date.clone(),
            });
        }
    }
    Ok(models)
}

/// Every model of the bundled catalog.
pub fn all() -> &'static [CatalogModel] {
    &catalog().models
}

/// What the catalog says of a preset's model, also under its dated name, with `models/` before it or
/// another capitalisation. `None` for what it does not know, such as Azure's deployments with names
/// of their own.
pub fn lookup(preset: &str, model: &str) -> Option<&'static CatalogModel> {
    let shelf = shelf_of(preset)?;
    find_with(model, |id| bundled(shelf, id))
}

/// Whose list holds for a preset's models.
pub fn shelf_of(preset: &str) -> Option<&'static str> {
    crate::preset(preset).and_then(|preset| preset.catalog.as_deref())
}

/// A bundled model by its shelf and its id in lower case.
fn bundled(shelf: &str, id: &str) -> Option<&'static CatalogModel> {
    catalog().models.get(*catalog().index.get(shelf)?.get(id)?)
}

/// The names that stand for `model`, the closest first, until one of them is found.
fn find_with<T>(model: &str, find: impl Fn(&str) -> Option<T>) -> Option<T> {
    let id = model.trim().to_ascii_lowercase();
    let id = id.strip_prefix("models/").unwrap_or(&id);
    if let Some(found) = find(id) {
        return Some(found);
    }
    // `:free` and such are other terms at OpenRouter; at Hugging Face what follows names a host, whose
    // prices differ. Neither is guessed.
    if id.contains(':') {
        return None;
    }
    find(without_date(id)).or_else(|| find(id.strip_suffix("-latest")?))
}

/// `gpt-4o-2024-08-06`, `claude-x-20250514` and `gemini-x-001` without their date or version. Four
/// digits stay: at Mistral and xAI they tell models of different prices apart.
fn without_date(id: &str) -> &str {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some((rest, end)) = id.len().checked_sub(11).and_then(|at| id.split_at_checked(at))
        && let [year, month, day] = end.trim_start_matches('-').split('-').collect::<Vec<_>>()[..]
        && end.starts_with("-20")
        && (year.len(), month.len(), day.len()) == (4, 2, 2)
        && [year, month, day].into_iter().all(digits)
    {
        return rest;
    }
    match id.rsplit_once('-') {
        Some((rest, end)) if digits(end) && (end.len() == 8 && end.starts_with("20") || end.len() == 3) => {
            rest
        }
        _ => id,
    }
}

#[cfg(test)]
mod tests;
