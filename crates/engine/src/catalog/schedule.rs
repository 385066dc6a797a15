//! Looking at the pinned lists now and then, once that is switched on.

use super::{CatalogSource, count};
use crate::{Engine, EngineError, engine::now};
use domain::{InstanceId, Timestamp};
use providers::catalog::{SOURCES, Source};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc, time::Duration};
use store::SourceRow;

/// Where it is kept whether the lists are looked at.
const SWITCH: &str = "catalog_sync";
/// How often it is looked whether one is due, and how long after the start that begins.
const EVERY: Duration = Duration::from_mins(5);
const FIRST: Duration = Duration::from_mins(1);
/// After a failure; doubled with each further one.
const AGAIN: Duration = Duration::from_mins(15);

/// How the catalog is as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CatalogState {
    /// Models that came with the program.
    pub bundled: u32,
    /// Of which day they are.
    pub bundled_on: String,
    /// Whether lists are looked at on a schedule.
    pub scheduled: bool,
    /// Lists, and how they are.
    pub sources: Vec<CatalogSource>,
    /// Prices that wait for a yes.
    pub held: u32,
    /// Names whose model is not sure.
    pub doubtful: u32,
}

impl Engine {
    /// How the catalog is as a whole.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn catalog_state(&self) -> Result<CatalogState, EngineError> {
        let bundled = providers::catalog::all();
        Ok(CatalogState {
            bundled: count(bundled.len()),
            bundled_on: bundled.first().map(|model| model.date.clone()).unwrap_or_default(),
            scheduled: self.catalog_schedule().await?,
            sources: self.catalog_sources().await?,
            held: count(self.0.store.catalog().held().await?.len()),
            doubtful: count(self.catalog().doubtful().len()),
        })
    }

    /// All lists and how they are: those that are looked at, and those that came from files.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn catalog_sources(&self) -> Result<Vec<CatalogSource>, EngineError> {
        let scheduled = self.catalog_schedule().await?;
        let mut models: HashMap<String, u32> = HashMap::new();
        for fact in self.0.store.catalog().facts().await? {
            *models.entry(fact.source).or_default() += 1;
        }
        let lists = self.catalog_lists();
        let mut rows = self.0.store.catalog().sources().await?;
        let taken: Vec<String> = rows
            .iter()
            .filter(|row| Some(&row.source) != row.url.as_ref())
            .filter_map(|row| row.url.clone())
            .collect();
        // That a list once could not be had is over when it was.
        rows.retain(|row| !taken.contains(&row.source));
        let mut all: Vec<CatalogSource> = rows
            .into_iter()
            .map(|row| CatalogSource {
                next_at: lists
                    .iter()
                    .find(|source| is_of(source, &row))
                    .filter(|_| scheduled)
                    .map(|source| due(source, &row, self.0.instance)),
                models: models.get(&row.source).copied().unwrap_or(0),
                source: row.source,
                url: row.url,
                synced_at: row.synced_at,
                tried_at: Some(row.tried_at),
                failures: row.failures,
                problem: row.problem,
            })
            .collect();
        for source in &lists {
            let known = |row: &CatalogSource| {
                row.source == source.name || source.configured && row.url.as_deref() == Some(&source.url)
            };
            if !all.iter().any(known) {
                all.push(CatalogSource {
                    source: source.name.to_string(),
                    url: Some(source.url.to_string()),
                    synced_at: None,
                    tried_at: None,
                    failures: 0,
                    problem: None,
                    next_at: scheduled.then(now),
                    models: 0,
                });
            }
        }
        Ok(all)
    }

    /// Lists that are looked at: those that are known, and those of the settings.
    pub(super) fn catalog_lists(&self) -> Vec<Source> {
        SOURCES.into_iter().chain(self.config().catalog.iter().cloned()).collect()
    }

    /// Whether the pinned lists are looked at on a schedule. Off until somebody switches it on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn catalog_schedule(&self) -> Result<bool, EngineError> {
        Ok(self.0.store.meta().get(SWITCH).await?.as_deref() == Some("on"))
    }

    /// Switches the schedule on or off.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn set_catalog_schedule(&self, on: bool) -> Result<(), EngineError> {
        self.0.store.meta().set(SWITCH, if on { "on" } else { "off" }).await?;
        self.0.changes.tell(["catalog"]);
        Ok(())
    }

    /// Looks at lists as they become due, for as long as the engine lives.
    pub(crate) fn keep_catalog(&self) {
        let weak = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep(FIRST).await;
            loop {
                let Some(inner) = weak.upgrade() else { return };
                if let Err(error) = Self(inner).look_at_lists(now()).await {
                    tracing::warn!(%error, "the catalog's lists could not be looked at");
                }
                tokio::time::sleep(EVERY).await;
            }
        });
    }

    /// Looks at those that are due at a moment.
    async fn look_at_lists(&self, at: Timestamp) -> Result<(), EngineError> {
        if !self.catalog_schedule().await? {
            return Ok(());
        }
        let known = self.0.store.catalog().sources().await?;
        for source in &self.catalog_lists() {
            let row = known.iter().filter(|row| is_of(source, row)).max_by_key(|row| row.tried_at);
            if row.is_none_or(|row| at >= due(source, row, self.0.instance)) {
                match self.sync_from_web(source).await {
                    Ok(sync) => tracing::info!(source = %source.name, ?sync, "a list was looked at"),
                    Err(error) => tracing::warn!(source = %source.name, %error, "a list could not be taken"),
                }
            }
        }
        Ok(())
    }
}

/// Whether a row is of this list: one of the settings is known by its address, whatever is in it.
fn is_of(source: &Source, row: &SourceRow) -> bool {
    if source.configured { row.url.as_deref() == Some(&source.url) } else { row.source == source.name }
}

/// When a list is looked at next: after its interval and up to a tenth more, another for each home, so
/// that not all come at once; after a failure sooner, and later with each further one.
fn due(source: &Source, row: &SourceRow, instance: InstanceId) -> Timestamp {
    let every = match row.failures {
        0 => source.every,
        n => AGAIN.saturating_mul(1 << (n - 1).min(10)).min(source.every),
    };
    let seed = instance.uuid().as_bytes().iter().fold(0_u64, |sum, b| sum.wrapping_mul(31) + u64::from(*b));
    let wait = u64::try_from(every.as_millis()).unwrap_or(u64::MAX / 2);
    let wait = wait + wait / 10 * (seed % 1_000) / 1_000;
    Timestamp::from_millis(row.tried_at.millis().saturating_add_unsigned(wait))
}

#[cfg(test)]
mod task;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_due_after_its_interval_and_sooner_but_ever_later_after_failures() {
        let [source, ..] = &SOURCES;
        let row = |failures| SourceRow {
            source: source.name.to_string(),
            url: None,
            etag: None,
            synced_at: None,
            tried_at: Timestamp::from_millis(0),
            failures,
            problem: None,
        };
        let instance = InstanceId::from_uuid(uuid::Uuid::from_u128(7));
        let wait = |failures| due(source, &row(failures), instance).millis();
        let day = i64::try_from(source.every.as_millis()).unwrap();
        assert!(wait(0) >= day && wait(0) <= day + day / 10);
        assert!(wait(1) >= 15 * 60_000 && wait(1) < wait(2) && wait(2) < wait(3));
        assert!(wait(u32::MAX) <= day + day / 10);
        let other = due(source, &row(0), InstanceId::from_uuid(uuid::Uuid::from_u128(12_345)));
        assert_ne!(other.millis(), wait(0));
    }
}
