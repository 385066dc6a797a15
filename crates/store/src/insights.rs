//! Figures over time, counted where they lie: what comes out is as long as a chart is wide, however many
//! calls there are.

mod requests;
mod spend;

pub use requests::RoutedTokens;
pub use spend::CachedTokens;

use crate::{Store, StoreError};
use domain::{Cells, FolderId, InsightBasis, Slots, Timestamp, VirtualKeyId};
use sqlx::{QueryBuilder, Sqlite};
use std::{collections::HashMap, fmt::Write as _};

/// Figures over time.
#[derive(Clone, Copy)]
pub struct Insights<'a> {
    pub(crate) store: &'a Store,
}

/// Targets of simulated models begin so.
pub(crate) const SIMULATED: &str = "simulated";

impl Insights<'_> {
    /// When the first call was made; `None` before it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn first(&self) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> = sqlx::query_scalar(
            "SELECT min(at) FROM (SELECT min(at) AS at FROM ledger UNION ALL SELECT min(created_at) FROM completion)",
        )
        .fetch_one(self.store.readers())
        .await?;
        Ok(at.map(Timestamp::from_millis))
    }

    /// Ids and names for people, by what a query grouped by.
    async fn names(&self, by: InsightBasis) -> Result<Names, StoreError> {
        let sql = match by {
            InsightBasis::Key => "SELECT id, uid, name FROM virtual_key",
            InsightBasis::Folder => "SELECT id, uid, name FROM folder",
            _ => return Ok(Names(None)),
        };
        let found: Vec<(i64, Vec<u8>, String)> = sqlx::query_as(sql).fetch_all(self.store.readers()).await?;
        let mut names = HashMap::with_capacity(found.len());
        for (row, uid, name) in found {
            let id = if by == InsightBasis::Key {
                VirtualKeyId::from_bytes(&uid)?.to_string()
            } else {
                FolderId::from_bytes(&uid)?.to_string()
            };
            names.insert(row.to_string(), (id, name));
        }
        Ok(Names(Some(names)))
    }

    /// The row that `only` means, as text; what names nothing is a row that nothing has.
    async fn only(&self, by: InsightBasis, only: Option<&str>) -> Result<Option<String>, StoreError> {
        let Some(only) = only else { return Ok(None) };
        let names = self.names(by).await?;
        let Names(Some(rows)) = &names else { return Ok(Some(only.to_owned())) };
        if only.is_empty() {
            return Ok(Some(String::new()));
        }
        let row = rows.iter().find(|(_, (id, _))| id == only).map(|(row, _)| row.clone());
        Ok(Some(row.unwrap_or_else(|| "none".to_owned())))
    }
}

/// What rows are called; without a list each is called what it is.
struct Names(Option<HashMap<String, (String, String)>>);

impl Names {
    fn of(&self, row: &str) -> (String, String) {
        match &self.0 {
            None => (row.to_owned(), row.to_owned()),
            Some(rows) => rows.get(row).cloned().unwrap_or_default(),
        }
    }
}

/// The cell that an instant is in, as SQL: whole numbers only.
fn cell(sql: &mut QueryBuilder<Sqlite>, slots: &Slots, at: &str) {
    let mut text = String::new();
    match slots.cells() {
        Cells::Even { from, width } => {
            let _ = write!(text, "({at} - {from}) / {width}");
        }
        Cells::Days(offsets) => {
            let _ = write!(text, "({at} + CASE");
            for offset in offsets.iter().take(offsets.len().saturating_sub(1)) {
                let _ = write!(text, " WHEN {at} < {} THEN {}", offset.until, offset.ms);
            }
            // A CASE has one WHEN at least.
            let last = offsets.last().map_or(0, |offset| offset.ms);
            let _ = write!(text, " WHEN 0 THEN 0 ELSE {last} END) / 86400000");
        }
    }
    sql.push(text);
}
