//! Looking at the pinned lists now and then, once that is switched on.

use crate::{Engine, EngineError, engine::now};
use domain::{InstanceId, Timestamp};
use providers::catalog::{SOURCES, Source};
use std::{sync::Arc, time::Duration};
use store::SourceRow;

/// Where it is kept whether the lists are looked at.
const SWITCH: &str = "catalog_sync";
/// How often it is looked whether one is due, and how long after the start that begins.
const EVERY: Duration = Duration::from_mins(5);
const FIRST: Duration = Duration::from_mins(1);
/// After a failure; doubled with each further one.
const AGAIN: Duration = Duration::from_mins(15);

impl Engine {
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
                if let Err(error) = Self(inner).look_at_lists().await {
                    tracing::warn!(%error, "the catalog's lists could not be looked at");
                }
                tokio::time::sleep(EVERY).await;
            }
        });
    }

    async fn look_at_lists(&self) -> Result<(), EngineError> {
        if !self.catalog_schedule().await? {
            return Ok(());
        }
        let known = self.0.store.catalog().sources().await?;
        for source in &SOURCES {
            let row = known.iter().find(|row| row.source == source.name);
            if row.is_none_or(|row| now() >= due(source, row, self.0.instance)) {
                match self.sync_from_web(source.url, "", Some(source.name)).await {
                    Ok(sync) => tracing::info!(source = source.name, ?sync, "a list was looked at"),
                    Err(error) => tracing::warn!(source = source.name, %error, "a list could not be taken"),
                }
            }
        }
        Ok(())
    }
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
mod tests {
    use super::*;

    #[test]
    fn a_list_is_due_after_its_interval_and_sooner_but_ever_later_after_failures() {
        let source = SOURCES.first().unwrap();
        let row = |failures| SourceRow {
            source: source.name.to_owned(),
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
