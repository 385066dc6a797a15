//! Making contents findable: at once where they are short, else soon.

use super::Search;
use crate::{Store, StoreError, rows, writer::Durability};
use domain::Part;
use sqlx::SqliteConnection;
use std::{
    sync::atomic::{AtomicU8, Ordering},
    time::{Duration, Instant},
};

/// Longer contents, in bytes of text, are indexed after their own transaction.
const AT_ONCE: usize = 64 * 1024;
/// Bytes that are indexed in one transaction when catching up; fewer where somebody else of this process
/// waits to write. What is written in few large pieces has to be merged less often.
const STEP: usize = 256 * 1024;
/// Between two steps, at least; a third of what the step took where that is longer. Another process that waits
/// to write is told by nobody when it may: it looks again after up to a tenth of a second.
const BREATH: Duration = Duration::from_millis(30);
/// Contents in one such transaction.
const STEP_ROWS: i64 = 1_024;

/// Who catches up.
#[derive(Debug, Default)]
pub(crate) struct Indexing {
    /// One step at a time: else several would stand in the writer's queue before whoever wants to write.
    step: tokio::sync::Mutex<()>,
    /// Whether somebody does so in the background, and whether there may be more than they have seen.
    background: AtomicU8,
}

impl Indexing {
    pub(crate) async fn alone(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.step.lock().await
    }
}

/// Nobody is there.
const NOBODY: u8 = 0;
/// Somebody looks for more until there is none.
const LOOKS: u8 = 1;
/// There may be more since they last looked.
const MORE: u8 = 2;

impl Search<'_> {
    /// Indexes all contents that wait for it; how many it was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn catch_up(&self) -> Result<u32, StoreError> {
        let mut done = 0;
        loop {
            let step = self.catch_up_step().await?;
            if step == 0 {
                return Ok(done);
            }
            done += step;
        }
    }

    /// Indexes some of the contents that wait for it, the last ones first, in a transaction that is
    /// short; how many it was. 0 is the end. Where there is more, other processes get their turn before it
    /// returns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn catch_up_step(&self) -> Result<u32, StoreError> {
        let _alone = self.store.inner.indexing.alone().await;
        let waiting = sqlx::query_scalar!(
            "SELECT content_id FROM search_queue ORDER BY content_id DESC LIMIT ?",
            STEP_ROWS
        )
        .fetch_all(self.store.readers())
        .await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let (mut done, mut bytes) = (0, 0);
        let last = waiting.len();
        let began = Instant::now();
        let mut tx = self.store.write(Durability::Process).await?;
        for id in waiting {
            let taken =
                sqlx::query!("DELETE FROM search_queue WHERE content_id = ?", id).execute(&mut *tx).await?;
            // Somebody else may have taken it, or erased it.
            if taken.rows_affected() > 0 {
                let parts = sqlx::query_scalar!("SELECT parts FROM content WHERE id = ?", id)
                    .fetch_optional(&mut *tx)
                    .await?
                    .unwrap_or_default();
                write_index(&mut tx, id, &serde_json::from_str::<Vec<Part>>(&parts).unwrap_or_default())
                    .await?;
                bytes += parts.len();
            }
            done += 1;
            if bytes >= STEP || self.store.inner.queue.is_waiting() {
                break;
            }
        }
        tx.commit().await?;
        if (done as usize) < last || last as i64 == STEP_ROWS {
            tokio::time::sleep(BREATH.max(began.elapsed() / 3)).await;
        }
        Ok(done)
    }

    /// Contents that wait for the index; counted up to 10,000.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn waiting(&self) -> Result<u32, StoreError> {
        waiting(&mut *self.store.read().await?).await
    }

    /// Catches up in the background, where there is a need and nobody is about it.
    pub(crate) fn catch_up_soon(self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.store.inner.indexing.background.swap(MORE, Ordering::AcqRel) != NOBODY {
            return;
        }
        let store: Store = self.store.clone();
        runtime.spawn(async move {
            let background = &store.inner.indexing.background;
            loop {
                background.store(LOOKS, Ordering::Release);
                if let Err(error) = store.search().catch_up().await {
                    tracing::debug!(%error, "the search index will catch up later");
                }
                if background.compare_exchange(LOOKS, NOBODY, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                    return;
                }
            }
        });
    }
}

pub(super) async fn waiting(tx: &mut SqliteConnection) -> Result<u32, StoreError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!: i64" FROM (SELECT 1 FROM search_queue LIMIT 10000)"#
    )
    .fetch_one(tx)
    .await?;
    Ok(rows::count(count))
}

/// Makes a new content findable: now, or soon if it is long.
pub(crate) async fn index(tx: &mut SqliteConnection, content: i64, parts: &[Part]) -> Result<(), StoreError> {
    let long = texts(parts).map(str::len).sum::<usize>() > AT_ONCE;
    if long { index_later(tx, content).await } else { write_index(tx, content, parts).await }
}

/// Makes a new content findable when [`Search::catch_up`] comes to it.
pub(crate) async fn index_later(tx: &mut SqliteConnection, content: i64) -> Result<(), StoreError> {
    sqlx::query!("INSERT OR IGNORE INTO search_queue (content_id) VALUES (?)", content).execute(tx).await?;
    Ok(())
}

async fn write_index(tx: &mut SqliteConnection, content: i64, parts: &[Part]) -> Result<(), StoreError> {
    if texts(parts).all(str::is_empty) {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO search_text (rowid, text) SELECT id, text FROM search_source WHERE id = ? AND text IS NOT NULL",
        content
    )
    .execute(&mut *tx)
    .await?;
    let mut grams: Vec<String> = texts(parts).flat_map(bigrams).collect();
    if grams.is_empty() {
        return Ok(());
    }
    grams.sort_unstable();
    grams.dedup();
    let grams = rows::to_json(&grams)?;
    sqlx::query!(
        "INSERT OR IGNORE INTO search_bigram (gram, content_id) SELECT value, ? FROM json_each(?)",
        content,
        grams
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What `search_source` takes from a content.
pub(super) fn texts(parts: &[Part]) -> impl Iterator<Item = &str> {
    parts.iter().filter_map(|part| match part {
        Part::Text { text } | Part::ToolResult { text, .. } => Some(text.as_str()),
        _ => None,
    })
}

/// Scripts that are written without spaces.
pub(super) fn is_dense(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF
        | 0x2_0000..=0x3_134F)
}

/// All pairs of neighbours in each run of dense characters, and its last character alone.
fn bigrams(text: &str) -> Vec<String> {
    let mut grams = Vec::new();
    let mut last: Option<char> = None;
    for c in text.chars().map(Some).chain([None]) {
        let dense = c.filter(|c| is_dense(*c));
        if let Some(first) = last {
            grams.push(dense.map_or_else(|| first.to_string(), |second| [first, second].iter().collect()));
        }
        last = dense;
    }
    grams
}
