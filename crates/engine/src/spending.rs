//! What calls came to, and how much may still be spent.

use crate::{Engine, EngineError, engine::now};
use domain::{Budget, Forecast, OwnedBudget, Timestamp, UsageQuery, UsageReport};

impl Engine {
    /// What calls came to, by one thing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn usage(&self, query: &UsageQuery) -> Result<UsageReport, EngineError> {
        Ok(self.0.store.ledger().usage(query).await?)
    }

    /// All budgets: those of all calls together, those of folders, then those of keys that are in force.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn budgets(&self) -> Result<Vec<OwnedBudget>, EngineError> {
        let (now, everybody, mut all) = (now(), self.everybody(), Vec::new());
        for stored in self.0.store.budgets().of_everybody(&[], &everybody.zone).await? {
            // One that was taken out of the settings still counts, and caps nothing.
            let Some((_, cap)) = everybody.caps.iter().find(|(period, _)| *period == stored.period) else {
                continue;
            };
            let spent = self.0.store.budgets().spent(&stored, now).await?;
            let (from, until) = stored.period.around(&stored.zone, now);
            let budget = Budget {
                period: stored.period,
                usd: Some(*cap),
                tokens: None,
                spent_usd: spent.usd,
                spent_tokens: u32::try_from(spent.tokens).unwrap_or(u32::MAX),
                reserved_usd: spent.leased_usd,
                reserved_tokens: u32::try_from(spent.leased_tokens).unwrap_or(u32::MAX),
                until: (until.millis() != i64::MAX).then_some(until),
            };
            let forecast = Forecast::of(&budget, from, now);
            all.push(OwnedBudget { key: None, folder: None, name: None, budget, from, forecast });
        }
        let folders = self.folders().await?;
        for (folder, budget, from) in self.0.store.budgets().folders_at(now).await? {
            let name = folders.iter().find(|known| known.id == folder).map(|known| known.name.clone());
            let forecast = Forecast::of(&budget, from, now);
            all.push(OwnedBudget { key: None, folder: Some(folder), name, budget, from, forecast });
        }
        for key in self.virtual_keys().list().await? {
            if key.revoked_at.is_none() {
                all.extend(key.budgets.into_iter().map(|budget| {
                    // The period that ends then, wherever its days begin.
                    let within = budget.until.map_or(now, |until| Timestamp::from_millis(until.millis() - 1));
                    let from = budget.period.around(&everybody.zone, within).0;
                    let forecast = Forecast::of(&budget, from, now);
                    let name = Some(key.name.clone());
                    OwnedBudget { key: Some(key.id), folder: None, name, budget, from, forecast }
                }));
            }
        }
        Ok(all)
    }
}
