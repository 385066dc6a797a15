//! What public lists say of models: taken whole or not at all.

use crate::{Store, StoreError, writer::Durability};
use domain::Timestamp;

/// Changes of prices that are kept.
const KEPT_CHANGES: i64 = 10_000;

/// What public lists say of models.
#[derive(Clone, Copy)]
pub struct Catalog<'a> {
    pub(crate) store: &'a Store,
}

/// What a list says of a model, as JSON of the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactRow {
    /// Which list.
    pub source: String,
    /// Whose model, or which leaderboard.
    pub provider: String,
    /// As it is named there.
    pub model: String,
    /// What is said.
    pub data: String,
}

/// A price that changed, or wants to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JumpRow {
    /// Which list says so.
    pub source: String,
    /// Whose model.
    pub provider: String,
    /// As it is named there.
    pub model: String,
    /// What was known, as JSON of the caller's.
    pub old: String,
    /// What the list says.
    pub new: String,
    /// When.
    pub at: Timestamp,
}

/// A list and how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Which list.
    pub source: String,
    /// Where it is from, when from the web.
    pub url: Option<String>,
    /// Its version, as its server calls it.
    pub etag: Option<String>,
    /// When it was taken, or last found unchanged.
    pub synced_at: Option<Timestamp>,
    /// When it was last tried.
    pub tried_at: Timestamp,
    /// How often it failed since.
    pub failures: u32,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// A list that replaces what it said before.
#[derive(Debug, Clone, Default)]
pub struct NewCatalog {
    /// What it says of each model.
    pub facts: Vec<FactRow>,
    /// Prices that wait for a yes.
    pub held: Vec<JumpRow>,
    /// Prices that changed.
    pub changes: Vec<JumpRow>,
}

impl Catalog<'_> {
    /// Replaces all that one list said, in one step: whoever is interrupted leaves the old catalog.
    ///
    /// # Errors
    /// When it cannot be written; then everything stays.
    pub async fn replace(&self, about: &SourceRow, new: &NewCatalog) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let source = about.source.as_str();
        sqlx::query!("DELETE FROM catalog_fact WHERE source = ?", source).execute(&mut *tx).await?;
        sqlx::query!("DELETE FROM catalog_held WHERE source = ?", source).execute(&mut *tx).await?;
        for row in &new.facts {
            sqlx::query!(
                "INSERT OR REPLACE INTO catalog_fact (source, provider, model, data) VALUES (?, ?, ?, ?)",
                source,
                row.provider,
                row.model,
                row.data
            )
            .execute(&mut *tx)
            .await?;
        }
        for row in &new.held {
            let at = row.at.millis();
            sqlx::query!(
                "INSERT OR REPLACE INTO catalog_held (source, provider, model, old, new, held_at) \
                 VALUES (?, ?, ?, ?, ?, ?)",
                source,
                row.provider,
                row.model,
                row.old,
                row.new,
                at
            )
            .execute(&mut *tx)
            .await?;
        }
        for row in &new.changes {
            let at = row.at.millis();
            sqlx::query!(
                "INSERT INTO catalog_change (source, provider, model, old, new, changed_at) \
                 VALUES (?, ?, ?, ?, ?, ?)",
                source,
                row.provider,
                row.model,
                row.old,
                row.new,
                at
            )
            .execute(&mut *tx)
            .await?;
        }
        sqlx::query!(
            "DELETE FROM catalog_change WHERE id <= (SELECT max(id) FROM catalog_change) - ?",
            KEPT_CHANGES
        )
        .execute(&mut *tx)
        .await?;
        let (synced, tried) = (about.synced_at.map(Timestamp::millis), about.tried_at.millis());
        sqlx::query!(
            "INSERT OR REPLACE INTO catalog_source (source, url, etag, synced_at, tried_at, failures, problem) \
             VALUES (?, ?, ?, ?, ?, 0, NULL)",
            source,
            about.url,
            about.etag,
            synced,
            tried
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Notes how a list is, and leaves what it said.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn note(&self, about: &SourceRow) -> Result<(), StoreError> {
        let mut tx = self.store.write(Durability::Process).await?;
        let (synced, tried) = (about.synced_at.map(Timestamp::millis), about.tried_at.millis());
        sqlx::query!(
            "INSERT OR REPLACE INTO catalog_source (source, url, etag, synced_at, tried_at, failures, problem) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            about.source,
            about.url,
            about.etag,
            synced,
            tried,
            about.failures,
            about.problem
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// All lists.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn sources(&self) -> Result<Vec<SourceRow>, StoreError> {
        let rows = sqlx::query!(
            "SELECT source, url, etag, synced_at, tried_at, failures, problem FROM catalog_source ORDER BY source"
        )
        .fetch_all(self.store.readers())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| SourceRow {
                source: row.source,
                url: row.url,
                etag: row.etag,
                synced_at: row.synced_at.map(Timestamp::from_millis),
                tried_at: Timestamp::from_millis(row.tried_at),
                failures: u32::try_from(row.failures).unwrap_or(u32::MAX),
                problem: row.problem,
            })
            .collect())
    }

    /// All that lists say.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn facts(&self) -> Result<Vec<FactRow>, StoreError> {
        let rows = sqlx::query_as!(
            FactRow,
            "SELECT source, provider, model, data FROM catalog_fact ORDER BY source, provider, model"
        );
        Ok(rows.fetch_all(self.store.readers()).await?)
    }

    /// Prices that wait for a yes.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn held(&self) -> Result<Vec<JumpRow>, StoreError> {
        let rows = sqlx::query!(
            "SELECT source, provider, model, old, new, held_at FROM catalog_held ORDER BY source, provider, model"
        )
        .fetch_all(self.store.readers())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| JumpRow {
                source: row.source,
                provider: row.provider,
                model: row.model,
                old: row.old,
                new: row.new,
                at: Timestamp::from_millis(row.held_at),
            })
            .collect())
    }

    /// The user's yes to a price that waits: what the list says of the model is taken. `false` where
    /// none waits.
    ///
    /// # Errors
    /// When it cannot be written; then it still waits.
    pub async fn accept(&self, row: &JumpRow, data: &str) -> Result<bool, StoreError> {
        let at = row.at.millis();
        let mut tx = self.store.write(Durability::Power).await?;
        let gone = sqlx::query!(
            "DELETE FROM catalog_held WHERE source = ? AND provider = ? AND model = ?",
            row.source,
            row.provider,
            row.model
        );
        if gone.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query!(
            "INSERT OR REPLACE INTO catalog_fact (source, provider, model, data) VALUES (?, ?, ?, ?)",
            row.source,
            row.provider,
            row.model,
            data
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "INSERT INTO catalog_change (source, provider, model, old, new, changed_at) \
             VALUES (?, ?, ?, ?, ?, ?)",
            row.source,
            row.provider,
            row.model,
            row.old,
            row.new,
            at
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The user's no to a price that waits: what was known stays. `false` where none waits.
    ///
    /// # Errors
    /// When it cannot be written; then it still waits.
    pub async fn refuse(&self, row: &JumpRow) -> Result<bool, StoreError> {
        let mut tx = self.store.write(Durability::Power).await?;
        let gone = sqlx::query!(
            "DELETE FROM catalog_held WHERE source = ? AND provider = ? AND model = ?",
            row.source,
            row.provider,
            row.model
        );
        let gone = gone.execute(&mut *tx).await?.rows_affected() > 0;
        tx.commit().await?;
        Ok(gone)
    }

    /// The latest changes of prices, newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn changes(&self, most: u32) -> Result<Vec<JumpRow>, StoreError> {
        let rows = sqlx::query!(
            "SELECT source, provider, model, old, new, changed_at FROM catalog_change ORDER BY id DESC LIMIT ?",
            most
        )
        .fetch_all(self.store.readers())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| JumpRow {
                source: row.source,
                provider: row.provider,
                model: row.model,
                old: row.old,
                new: row.new,
                at: Timestamp::from_millis(row.changed_at),
            })
            .collect())
    }

    /// The user's word on which model a name means; `None` takes it back.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn set_alias(&self, name: &str, model: Option<&str>, at: Timestamp) -> Result<(), StoreError> {
        let at = at.millis();
        let mut tx = self.store.write(Durability::Power).await?;
        sqlx::query!("DELETE FROM catalog_alias WHERE name = ?", name).execute(&mut *tx).await?;
        if let Some(model) = model {
            sqlx::query!("INSERT INTO catalog_alias (name, model, set_at) VALUES (?, ?, ?)", name, model, at)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }

    /// The user's words on names: a name and its model.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn aliases(&self) -> Result<Vec<(String, String)>, StoreError> {
        let rows = sqlx::query!("SELECT name, model FROM catalog_alias ORDER BY name");
        Ok(rows.fetch_all(self.store.readers()).await?.into_iter().map(|r| (r.name, r.model)).collect())
    }
}
