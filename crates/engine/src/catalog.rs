//! The catalog in force: what is bundled, what public lists said since, and the user's word over both.
//!
//! A list is taken whole, in one step, or not at all; what cannot be had or read leaves the last good
//! one. Prices that jump more than tenfold wait for a yes. Nothing is fetched unless it is asked for,
//! or the schedule is switched on.

mod answers;
mod finding;
mod listing;
mod own;
mod pricing;
mod schedule;

pub use answers::{DoubtfulName, NamedModel};
pub use finding::{CatalogQuery, CatalogSort, FacetCount, FoundModels, Reachable};
pub use listing::{
    CatalogCard, CatalogEntry, CatalogScore, PriceStep, RankBy, RankPart, RankedModel, SeenHere,
};
pub use own::OwnFigures;
pub use pricing::{LoadCost, PriceLoad, PricedModel};
pub use schedule::CatalogState;

use crate::{Engine, EngineError, engine::now};
use domain::{Prices, Timestamp};
use providers::{
    Listing,
    catalog::{Fact, Kind, Source, Synced, import, weigh},
};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use store::{FactRow, JumpRow, NewCatalog, SourceRow};
use tokio::sync::Mutex;

/// The catalog in force, and who is changing it.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    current: RwLock<Arc<Synced>>,
    changing: Mutex<()>,
}

/// What taking a list did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CatalogSync {
    /// Which list.
    pub source: String,
    /// Whether it is still what it was, as its server says.
    pub unchanged: bool,
    /// Models that it tells of.
    pub models: u32,
    /// Prices that changed.
    pub changed: u32,
    /// Prices that jump more than tenfold and wait for a yes.
    pub held: u32,
    /// Rows that make no sense and were left out.
    pub skipped: u32,
    /// The first of them, each with why.
    pub examples: Vec<String>,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// A price is another.
    Price,
    /// The list has the model now.
    New,
    /// The list has the model no more.
    Gone,
}

/// A price that waits for a yes or that changed, or a model that a list has now or has no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PriceChange {
    /// Which of these.
    pub kind: ChangeKind,
    /// Which list says so.
    pub source: String,
    /// Whose model.
    pub provider: String,
    /// As it is named there.
    pub model: String,
    /// What was known; of a new model nothing is.
    pub old: Prices,
    /// What the list says; of one that is gone nothing.
    pub new: Prices,
    /// Since when.
    pub at: Timestamp,
}

/// A list and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CatalogSource {
    /// Which list.
    pub source: String,
    /// Where it is from; `None` for a file.
    pub url: Option<String>,
    /// When it was taken, or last found unchanged.
    pub synced_at: Option<Timestamp>,
    /// When it was last tried.
    pub tried_at: Option<Timestamp>,
    /// How often it failed since.
    pub failures: u32,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// When it is looked at next; `None` where nobody looks by themselves.
    pub next_at: Option<Timestamp>,
    /// Models that it tells of.
    pub models: u32,
}

impl Engine {
    /// The catalog in force.
    pub fn catalog(&self) -> Arc<Synced> {
        Arc::clone(&self.0.catalog.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes up what was synced earlier, here or in another process.
    pub(crate) async fn recall_catalog(&self) -> Result<(), EngineError> {
        let rows = self.0.store.catalog().facts().await?;
        let aliases = self.0.store.catalog().aliases().await?;
        let days: Vec<(String, String)> = self
            .0
            .store
            .catalog()
            .sources()
            .await?
            .into_iter()
            .map(|row| {
                let day = row.synced_at.unwrap_or(row.tried_at).to_string();
                (row.source, day.chars().take(10).collect())
            })
            .collect();
        let facts = rows.into_iter().filter_map(|row| {
            let kind = kind_of(&row.source)?;
            let day = days.iter().find(|(source, _)| *source == row.source).map(|(_, day)| day.clone());
            Some((kind, day.unwrap_or_default(), serde_json::from_str(&row.data).ok()?))
        });
        let synced = Arc::new(Synced::new(facts.collect(), aliases));
        *self.0.catalog.current.write().unwrap_or_else(PoisonError::into_inner) = synced;
        Ok(())
    }

    /// Takes a list from a file or a public https address. `provider` says whose list it is, or of which
    /// leaderboard, where that cannot be seen in it.
    ///
    /// # Errors
    /// When it cannot be had or read; then everything stays as it was.
    pub async fn sync_catalog(&self, from: &str, provider: &str) -> Result<CatalogSync, EngineError> {
        if from.starts_with("https://") || from.starts_with("http://") {
            return self.sync_from_web(&from_web(from, provider)).await;
        }
        let bytes = read_bounded(Path::new(from))
            .await
            .map_err(|why| EngineError::BadInput(format!("{from} cannot be read: {why}")))?;
        self.take_list(&bytes, provider, None, None, None).await
    }

    /// Takes all lists anew that are known or in the settings, each only where it changed.
    pub async fn sync_catalog_sources(&self) -> Vec<(String, Result<CatalogSync, EngineError>)> {
        let mut done = Vec::new();
        for source in self.catalog_lists() {
            let result = self.sync_from_web(&source).await;
            done.push((source.name.into_owned(), result));
        }
        done
    }

    pub(crate) async fn sync_from_web(&self, source: &Source) -> Result<CatalogSync, EngineError> {
        let (url, name) = (source.url.as_ref(), source.name.as_ref());
        let known = self.0.store.catalog().sources().await?;
        // What was taken from there goes before that it once could not be.
        let known = known.into_iter().filter(|row| row.url.as_deref() == Some(url));
        let known = known.max_by_key(|row| row.synced_at);
        let etag = known.as_ref().and_then(|row| row.etag.as_deref());
        let (transport, most) = (&self.0.transport, import::MAX_BYTES);
        let fetched = if source.configured {
            transport.fetch_configured_list(url, etag, most).await
        } else {
            transport.fetch_list(url, etag, most).await
        };
        let failed = match fetched {
            Ok(Listing::Unchanged) => {
                let mut row = known.unwrap_or_else(|| fresh(name, Some(url)));
                (row.synced_at, row.tried_at, row.failures, row.problem) = (Some(now()), now(), 0, None);
                self.0.store.catalog().note(&row).await?;
                let mut same = CatalogSync::of(&row.source);
                same.unchanged = true;
                return Ok(same);
            }
            Ok(Listing::New { bytes, etag }) => {
                let own = source.configured.then_some(url);
                match self.take_list(&bytes, &source.of, Some(url), etag.as_deref(), own).await {
                    Err(EngineError::BadInput(why)) => why,
                    done => return done,
                }
            }
            Err(error) => format!("{url}: {error}"),
        };
        // What is known stays; only that it failed is noted.
        let mut row = known.unwrap_or_else(|| fresh(name, Some(url)));
        row.tried_at = now();
        row.failures = row.failures.saturating_add(1);
        row.problem = Some(failed.clone());
        self.0.store.catalog().note(&row).await?;
        Err(EngineError::BadInput(failed))
    }

    async fn take_list(
        &self,
        bytes: &[u8],
        provider: &str,
        url: Option<&str>,
        etag: Option<&str>,
        own: Option<&str>,
    ) -> Result<CatalogSync, EngineError> {
        let import =
            import::read(bytes, provider).map_err(|error| EngineError::BadInput(error.to_string()))?;
        // One at a time: each is weighed against what is in force.
        let _changing = self.0.catalog.changing.lock().await;
        let source = name_of(import.kind, provider, &import.facts, own);
        let before = self.0.store.catalog().facts().await?;
        let before = before.into_iter().filter(|row| row.source == source);
        let before: Vec<Fact> = before.filter_map(|row| serde_json::from_str(&row.data).ok()).collect();
        let mut report = CatalogSync::of(&source);
        let whole = import.skipped_count == 0;
        report.skipped = count(import.skipped_count);
        report.examples = import.skipped.iter().map(|(row, why)| format!("{row}: {why}")).collect();
        let mut weighed = weigh(import, &before);
        report.models = count(weighed.facts.len());
        report.changed = count(weighed.changed.len());
        self.leave_out_refused(&source, &mut weighed.held).await?;
        report.held = count(weighed.held.len());
        let at = now();
        let jump = |change: &providers::catalog::Change| {
            Some(JumpRow {
                source: source.clone(),
                provider: change.new.provider.clone(),
                model: change.new.id.clone(),
                old: serde_json::to_string(&change.old).ok()?,
                new: serde_json::to_string(&change.new).ok()?,
                at,
            })
        };
        let mut changes: Vec<JumpRow> = weighed.changed.iter().filter_map(jump).collect();
        let come_and_gone = providers::catalog::come_and_gone(&before, &weighed.facts, whole);
        changes.extend(come_and_gone.into_iter().filter_map(|(fact, come)| {
            let prices = serde_json::to_string(&fact.prices).ok()?;
            let (old, new) = if come {
                (NOTHING.to_owned(), serde_json::to_string(fact).ok()?)
            } else {
                (prices, NOTHING.to_owned())
            };
            let (provider, model) = (fact.provider.clone(), fact.id.clone());
            Some(JumpRow { source: source.clone(), provider, model, old, new, at })
        }));
        let new = NewCatalog {
            facts: weighed.facts.iter().filter_map(|fact| fact_row(&source, fact)).collect(),
            held: weighed.held.iter().filter_map(jump).collect(),
            changes,
        };
        let about = SourceRow {
            url: url.map(str::to_owned),
            etag: etag.map(str::to_owned),
            synced_at: Some(at),
            ..fresh(&source, url)
        };
        self.0.store.catalog().replace(&about, &new).await?;
        self.catalog_changed().await?;
        Ok(report)
    }

    async fn catalog_changed(&self) -> Result<(), EngineError> {
        self.recall_catalog().await?;
        self.0.changes.tell(["models", "catalog"]);
        Ok(())
    }

    /// Prices that wait for a yes.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn held_prices(&self) -> Result<Vec<PriceChange>, EngineError> {
        Ok(self.0.store.catalog().held().await?.into_iter().filter_map(price_change).collect())
    }

    /// The latest changes of prices, and models that came or went, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn price_changes(&self, most: u32) -> Result<Vec<PriceChange>, EngineError> {
        Ok(self.0.store.catalog().changes(most).await?.into_iter().filter_map(price_change).collect())
    }
}

impl CatalogSync {
    fn of(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            unchanged: false,
            models: 0,
            changed: 0,
            held: 0,
            skipped: 0,
            examples: Vec::new(),
        }
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn fresh(source: &str, url: Option<&str>) -> SourceRow {
    SourceRow {
        source: source.to_owned(),
        url: url.map(str::to_owned),
        etag: None,
        synced_at: None,
        tried_at: now(),
        failures: 0,
        problem: None,
    }
}

/// A list that somebody names by its address.
fn from_web(url: &str, of: &str) -> Source {
    let owned = |text: &str| Cow::Owned(text.to_owned());
    Source { name: owned(url), url: owned(url), of: owned(of), every: Duration::ZERO, configured: false }
}

/// A list's name in the store: its kind, and which of several of that kind it is. `own` is the address of one of the
/// settings, which stands beside a known one of its kind and not in its place.
fn name_of(kind: Kind, provider: &str, facts: &[Fact], own: Option<&str>) -> String {
    let which = match kind {
        Kind::HuggingFace => facts.first().map_or("", |fact| fact.id.as_str()),
        Kind::Lmarena => {
            facts.first().and_then(|f| f.score.as_ref()).map_or("", |(board, ..)| board.as_str())
        }
        Kind::Provider if provider.is_empty() => facts.first().map_or("", |fact| fact.provider.as_str()),
        Kind::Provider => provider,
        _ => own.unwrap_or_default(),
    };
    if which.is_empty() { kind.as_str().to_owned() } else { format!("{}:{which}", kind.as_str()) }
}

fn kind_of(source: &str) -> Option<Kind> {
    let kind = source.split(':').next().unwrap_or(source);
    let all =
        [Kind::Provider, Kind::ModelsDev, Kind::Litellm, Kind::Openrouter, Kind::Lmarena, Kind::HuggingFace];
    all.into_iter().find(|known| known.as_str() == kind)
}

fn fact_row(source: &str, fact: &Fact) -> Option<FactRow> {
    Some(FactRow {
        source: source.to_owned(),
        provider: fact.provider.clone(),
        model: fact.id.clone(),
        data: serde_json::to_string(fact).ok()?,
    })
}

/// What stands in the history before a model came, and after it went.
const NOTHING: &str = "null";

fn price_change(row: JumpRow) -> Option<PriceChange> {
    let kind = match (row.old.as_str(), row.new.as_str()) {
        (NOTHING, _) => ChangeKind::New,
        (_, NOTHING) => ChangeKind::Gone,
        _ => ChangeKind::Price,
    };
    let old: Option<Prices> = serde_json::from_str(&row.old).ok()?;
    let new: Option<Fact> = serde_json::from_str(&row.new).ok()?;
    Some(PriceChange {
        kind,
        source: row.source,
        provider: row.provider,
        model: row.model,
        old: old.unwrap_or_default(),
        new: new.map(|fact| fact.prices).unwrap_or_default(),
        at: row.at,
    })
}

/// A file, unless it is longer than any list; a pipe or a device has no length to look at first.
async fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    use tokio::io::AsyncReadExt as _;
    let file = tokio::fs::File::open(path).await?;
    let mut bytes = Vec::new();
    file.take(import::MAX_BYTES as u64 + 1).read_to_end(&mut bytes).await?;
    Ok(bytes)
}
