//! How much there is of what. Nothing here reads more than a fraction of the file: lengths come from
//! the heads of rows, and the one count that walks an index is kept until the file has grown.

use crate::{Store, StoreError, open, open::probe, rows};
use serde::{Deserialize, Serialize};
use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

/// Sizes.
#[derive(Clone, Copy)]
pub struct Sizes<'a> {
    pub(crate) store: &'a Store,
}

/// Kinds of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum DataKind {
    /// Conversations, messages, runs and figures.
    Conversations,
    /// The search index.
    Search,
    /// Images and files.
    Attachments,
    /// Raw requests and answers.
    Exchanges,
    /// Answers that are given again to whoever asks the same.
    Cache,
    /// Space in the data file that nothing uses.
    Free,
    /// The write-ahead log.
    Log,
    /// Verified copies.
    Backups,
    /// Damaged or replaced data files that were kept.
    Kept,
}

/// How much there is of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct DataSize {
    /// What.
    pub kind: DataKind,
    /// Size in KiB.
    pub kib: u32,
    /// How many.
    pub count: u32,
}

/// Bytes of the search index, and the pages the file had when they were counted.
#[derive(Debug, Default)]
pub(crate) struct Counted(Mutex<Option<(i64, i64)>>);

/// The file may grow by so much, in pages, or by a hundredth, before the index is counted again.
const GROWTH: i64 = 256;
/// What the search index consists of.
const INDEX: [&str; 7] = [
    "search_text_data",
    "search_text_idx",
    "search_text_docsize",
    "search_text_config",
    "search_bigram",
    "search_bigram_content",
    "search_queue",
];

impl Sizes<'_> {
    /// The size of each kind.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn all(&self) -> Result<Vec<DataSize>, StoreError> {
        let home = self.store.home();
        let mut snapshot = self.store.snapshot().await?;
        let mut pragma = async |name: &'static str| -> Result<i64, StoreError> {
            Ok(sqlx::query_scalar(name).fetch_one(&mut *snapshot).await?)
        };
        let page = pragma("PRAGMA page_size").await?;
        let pages = pragma("PRAGMA page_count").await?;
        let free = pragma("PRAGMA freelist_count").await? * page;
        let blobs = sqlx::query!(
            r#"SELECT count(*) AS "count!: i64", coalesce(sum(size), 0) AS "bytes!: i64" FROM blob"#
        )
        .fetch_one(&mut *snapshot)
        .await?;
        let wire = sqlx::query!(
            r#"SELECT count(*) AS "count!: i64",
                coalesce(sum(length(request_body) + length(response_body)), 0) AS "bytes!: i64" FROM wire"#
        )
        .fetch_one(&mut *snapshot)
        .await?;
        let (cached, cache): (i64, i64) =
            sqlx::query_as("SELECT count(*), coalesce(sum(size), 0) FROM cache_entry")
                .fetch_one(&mut *snapshot)
                .await?;
        let found = sqlx::query!(
            r#"SELECT (SELECT count(*) FROM conversation) AS "conversations!: i64",
                (SELECT count(*) FROM search_text_docsize) AS "indexed!: i64""#
        )
        .fetch_one(&mut *snapshot)
        .await?;
        let index = if let Some(bytes) = self.store.inner.counted.known(pages) {
            bytes
        } else {
            let mut bytes = 0;
            for name in INDEX {
                let of_one: i64 = sqlx::query_scalar(
                    "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = ? AND aggregate = TRUE",
                )
                .bind(name)
                .fetch_one(&mut *snapshot)
                .await?;
                bytes += of_one;
            }
            self.store.inner.counted.keep(pages, bytes);
            bytes
        };
        drop(snapshot);
        let rest = (pages * page - free - index - blobs.bytes - wire.bytes - cache).max(0);
        let log =
            std::fs::metadata(probe::beside(&home.join(open::FILE), "-wal")).map_or(0, |meta| meta.len());
        let backups = self.store.backups().list()?;
        let backed_up = backups.iter().map(|backup| i64::from(backup.kib) * 1024).sum();
        let (kept, kept_bytes) = crate::backups::kept(home);
        Ok(vec![
            size(DataKind::Conversations, rest, found.conversations),
            size(DataKind::Search, index, found.indexed),
            size(DataKind::Attachments, blobs.bytes, blobs.count),
            size(DataKind::Exchanges, wire.bytes, wire.count),
            size(DataKind::Cache, cache, cached),
            size(DataKind::Free, free, 0),
            size(DataKind::Log, log as i64, 0),
            size(DataKind::Backups, backed_up, backups.len() as i64),
            size(DataKind::Kept, kept_bytes, kept),
        ])
    }

    /// Deleted conversations that can still be brought back.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn deleted_conversations(&self) -> Result<u32, StoreError> {
        let count = sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!: i64" FROM conversation WHERE deletion_id IS NOT NULL"#
        )
        .fetch_one(self.store.readers())
        .await?;
        Ok(rows::count(count))
    }
}

fn size(kind: DataKind, bytes: i64, count: i64) -> DataSize {
    let kib = u32::try_from(bytes.unsigned_abs().div_ceil(1024)).unwrap_or(u32::MAX);
    DataSize { kind, kib, count: rows::count(count) }
}

impl Counted {
    fn known(&self, pages: i64) -> Option<i64> {
        let counted = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (then, bytes) = counted?;
        ((pages - then).abs() <= GROWTH.max(then / 100)).then_some(bytes)
    }

    fn keep(&self, pages: i64, bytes: i64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((pages, bytes));
    }

    /// What was known is not so any more.
    pub(crate) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Bytes of all files below a folder; none where it is not there.
pub(crate) fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => bytes_below(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}
