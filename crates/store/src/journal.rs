//! The journal: batches of answers being written, committed before anybody sees them.

use crate::{Store, StoreError, rows, writer::Durability};
use domain::{CompletionId, RunId};

/// The journal.
#[derive(Clone, Copy)]
pub struct Journal<'a> {
    pub(crate) store: &'a Store,
}

/// What one batch says of one completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// The run it is numbered in.
    pub run: RunId,
    /// Whose.
    pub completion: CompletionId,
    /// Number of the batch; a completion has at most one row for each.
    pub seq: u32,
    /// JSON array of [`domain::EventItem`].
    pub data: String,
}

struct Row {
    run: Vec<u8>,
    completion: Vec<u8>,
    seq: i64,
    data: String,
}

impl TryFrom<Row> for JournalRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            run: RunId::from_bytes(&row.run)?,
            completion: CompletionId::from_bytes(&row.completion)?,
            seq: rows::count(row.seq),
            data: row.data,
        })
    }
}

impl Journal<'_> {
    /// Commits rows, all or none: they outlive our process from then on. Appending the same again
    /// changes nothing.
    ///
    /// # Errors
    /// [`StoreError::may_pass`] says whether the same rows are worth another try.
    pub async fn append(&self, journal: &[JournalRow]) -> Result<(), StoreError> {
        if journal.is_empty() {
            return Ok(());
        }
        // One parameter for all rows: each further statement would be a trip to SQLite's thread and back.
        let rows: Vec<(String, u32, &str)> = journal
            .iter()
            .map(|row| (row.completion.uuid().simple().to_string(), row.seq, &*row.data))
            .collect();
        let mut last: Vec<(RunId, u32)> = Vec::new();
        for row in journal {
            match last.iter_mut().find(|(run, _)| *run == row.run) {
                Some((_, seq)) => *seq = row.seq.max(*seq),
                None => last.push((row.run, row.seq)),
            }
        }
        let last: Vec<(String, u32)> =
            last.into_iter().map(|(run, seq)| (run.uuid().simple().to_string(), seq)).collect();
        let (rows, last) = (rows::to_json(&rows)?, rows::to_json(&last)?);
        let mut tx = self.store.write(Durability::Process).await?;
        // Rows of a completion that is gone are passed over: nobody could read them.
        sqlx::query!(
            "INSERT OR REPLACE INTO journal (completion_id, seq, data)
            SELECT completion.id, value ->> 1, value ->> 2 FROM json_each(?)
            JOIN completion ON completion.uid = unhex(value ->> 0)",
            rows
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "UPDATE run SET last_seq = max(last_seq, value ->> 1) FROM json_each(?) WHERE uid = unhex(value ->> 0)",
            last
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// The rows of a run after batch `after_seq`, in order. Completions that have ended have none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn since(&self, run: RunId, after_seq: u32) -> Result<Vec<JournalRow>, StoreError> {
        since(&mut *self.store.read().await?, run, after_seq).await
    }

    /// The rows of a completion, in order: what it has said so far.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn of(&self, completion: CompletionId) -> Result<Vec<JournalRow>, StoreError> {
        let uid = completion.bytes();
        sqlx::query_as!(
            Row,
            "SELECT run.uid AS run, completion.uid AS completion, journal.seq, journal.data
            FROM completion JOIN run ON run.id = completion.run_id
            JOIN journal ON journal.completion_id = completion.id
            WHERE completion.uid = ? ORDER BY journal.seq",
            uid
        )
        .fetch_all(self.store.readers())
        .await?
        .into_iter()
        .map(JournalRow::try_from)
        .collect()
    }

    /// Number of a run's last batch, folded or not; 0 when there was none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn last_seq(&self, run: RunId) -> Result<u32, StoreError> {
        let uid = run.bytes();
        let seq = sqlx::query_scalar!("SELECT last_seq FROM run WHERE uid = ?", uid)
            .fetch_optional(self.store.readers())
            .await?;
        Ok(seq.map_or(0, rows::count))
    }

    /// Drops what is left of a run's completions that have ended: their messages have it all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn forget_finished(&self, run: RunId) -> Result<(), StoreError> {
        let uid = run.bytes();
        let mut tx = self.store.write(Durability::Process).await?;
        sqlx::query!(
            "DELETE FROM journal WHERE completion_id IN
                (SELECT completion.id FROM completion JOIN run ON run.id = completion.run_id
                WHERE run.uid = ? AND completion.state NOT IN ('queued', 'streaming'))",
            uid
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }
}

/// The rows of a run after batch `after`, in order.
pub(crate) async fn since(
    tx: &mut sqlx::SqliteConnection,
    run: RunId,
    after: u32,
) -> Result<Vec<JournalRow>, StoreError> {
    let uid = run.bytes();
    sqlx::query_as!(
        Row,
        "SELECT run.uid AS run, completion.uid AS completion, journal.seq, journal.data
        FROM run JOIN completion ON completion.run_id = run.id
        JOIN journal ON journal.completion_id = completion.id AND journal.seq > ?
        WHERE run.uid = ? ORDER BY journal.seq, completion.ord",
        after,
        uid
    )
    .fetch_all(tx)
    .await?
    .into_iter()
    .map(JournalRow::try_from)
    .collect()
}
