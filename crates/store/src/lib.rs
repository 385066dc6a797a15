//! What is kept: conversations as trees, runs and their completions, attempts with what went over
//! the wire, the journal of answers being written, and an index over all text. One SQLite file, one
//! connection that writes, a pool that reads; a module for each aggregate, rows mapped to domain
//! types at the door.
//!
//! Deliberately not here: deciding anything. Ids and times come from callers; only names of backup
//! and salvage files take the time of the machine.

mod answered;
mod attempts;
mod backups;
mod blobs;
mod branches;
mod budgets;
mod bulk;
mod cache;
mod catalog;
mod check;
mod completions;
mod contents;
mod conversations;
mod decisions;
mod drafts;
mod erase;
mod error;
mod folders;
mod insights;
mod instances;
mod journal;
mod judgements;
mod learned;
mod ledger;
mod messages;
mod meta;
mod models_seen;
mod moving;
mod open;
mod rows;
mod runs;
mod search;
mod sizes;
mod stops;
mod tags;
mod traffic;
mod trees;
mod virtual_keys;
mod votes;
mod weaving;
mod wire;
mod writer;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use answered::{Answered, Claim, Once, StoredAnswer, StoredResponse};
pub use attempts::Attempts;
pub use backups::{BackupInfo, BackupKind, Backups};
pub use blobs::Blobs;
pub use branches::Branches;
pub use budgets::{Budgets, Leased, Spent, StoredBudget, Want};
pub use cache::{Cache, CacheBounds, CacheEntry, CacheNews};
pub use catalog::{Catalog, FactRow, JumpRow, NewCatalog, SourceRow};
pub use check::{Check, CheckReport};
pub use completions::{Completions, Finish, NewCompletion, NewMerge};
pub use conversations::{Changed, Conversations, Deleted, Undo};
pub use decisions::{Decisions, RoutedCount};
pub use domain::Exchange;
pub use drafts::Drafts;
pub use erase::Erase;
pub use error::StoreError;
pub use folders::Folders;
pub use insights::{CachedTokens, Insights, RoutedTokens};
pub use instances::{InstanceGuard, Instances};
pub use journal::{Journal, JournalRow};
pub use judgements::{Judgements, NewJudgement};
pub use learned::{LearnedHour, LearnedRow, LearnedSums};
pub use ledger::Ledger;
pub use messages::{Messages, NewMessage};
pub use meta::Meta;
pub use models_seen::ModelsSeen;
pub use moving::{Incoming, Moving, Taken};
pub use open::{OpenOptions, OpenReport};
pub use runs::{Feed, Move, NewRun, Runs};
pub use search::Search;
pub use sizes::{DataKind, DataSize, Sizes};
pub use stops::Stops;
pub use tags::Tags;
pub use traffic::Traffic;
pub use trees::{Bearer, LinePair, Lines, Source, Trees};
pub use virtual_keys::{StoredKey, VirtualKeys};
pub use votes::{Counted, Opinion, Votes};
pub use weaving::{Captured, NewAttempt, NewCall, NewFile, NewWire, Place, Said, Weaving, Woven};
pub use wire::{PackedRequest, Packer, Wire};

use sqlx::{SqlitePool, pool::PoolConnection, sqlite::Sqlite};
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};
use tokio::sync::Mutex;
use writer::{Durability, Write, Writer};

/// The open store. Clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    home: PathBuf,
    writer: Arc<Mutex<Writer>>,
    queue: writer::Queue,
    readers: SqlitePool,
    /// Tells other processes that the file is in use, so that none of them swaps it.
    inside: std::sync::Mutex<Option<File>>,
    counted: sizes::Counted,
    sample: search::Kept,
    indexing: search::Indexing,
}

impl Store {
    /// Opens the store in `home`, making, upgrading, restoring or rescuing it as needed.
    ///
    /// # Errors
    /// [`StoreError::Newer`] leaves the file as it was. Damage is no error: the report tells of it.
    pub async fn open(home: &Path, options: OpenOptions) -> Result<(Self, OpenReport), StoreError> {
        open::open(home, options).await
    }

    /// Folds the write-ahead log into the file and lets go of it. Further calls fail.
    pub async fn close(&self) {
        self.inner.readers.close().await;
        writer::close(&self.inner.writer).await;
        self.inner.inside.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Whether it was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.readers.is_closed()
    }

    /// The folder that everything is in.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.inner.home
    }

    /// Conversations: lists, views, trees, deleting.
    #[must_use]
    pub const fn conversations(&self) -> Conversations<'_> {
        Conversations { store: self }
    }

    /// Messages: paths, pages, ancestors.
    #[must_use]
    pub const fn messages(&self) -> Messages<'_> {
        Messages { store: self }
    }

    /// Folders: where conversations are kept.
    #[must_use]
    pub const fn folders(&self) -> Folders<'_> {
        Folders { store: self }
    }

    /// Tags: words on conversations.
    #[must_use]
    pub const fn tags(&self) -> Tags<'_> {
        Tags { store: self }
    }

    /// Votes: which answer is better.
    #[must_use]
    pub const fn votes(&self) -> Votes<'_> {
        Votes { store: self }
    }

    /// Judgements: which answer a model finds better.
    #[must_use]
    pub const fn judgements(&self) -> Judgements<'_> {
        Judgements { store: self }
    }

    /// Trees: what can be done with them beyond adding to them.
    #[must_use]
    pub const fn trees(&self) -> Trees<'_> {
        Trees { store: self }
    }

    /// Branches: pointers into trees.
    #[must_use]
    pub const fn branches(&self) -> Branches<'_> {
        Branches { store: self }
    }

    /// Wishes to stop what another process writes.
    #[must_use]
    pub const fn stops(&self) -> Stops<'_> {
        Stops { store: self }
    }

    /// Drafts: what was not sent yet.
    #[must_use]
    pub const fn drafts(&self) -> Drafts<'_> {
        Drafts { store: self }
    }

    /// Runs: acts of asking.
    #[must_use]
    pub const fn runs(&self) -> Runs<'_> {
        Runs { store: self }
    }

    /// Completions: answers.
    #[must_use]
    pub const fn completions(&self) -> Completions<'_> {
        Completions { store: self }
    }

    /// Attempts: upstream calls.
    #[must_use]
    pub const fn attempts(&self) -> Attempts<'_> {
        Attempts { store: self }
    }

    /// Virtual keys: who may ask through the gateway.
    #[must_use]
    pub const fn virtual_keys(&self) -> VirtualKeys<'_> {
        VirtualKeys { store: self }
    }

    /// What calls came to.
    #[must_use]
    pub const fn ledger(&self) -> Ledger<'_> {
        Ledger { store: self }
    }

    /// Figures over time.
    #[must_use]
    pub const fn insights(&self) -> Insights<'_> {
        Insights { store: self }
    }

    /// Budgets, and slices of them.
    #[must_use]
    pub const fn budgets(&self) -> Budgets<'_> {
        Budgets { store: self }
    }

    /// Answers that callers of the gateway may come back for.
    #[must_use]
    pub const fn answered(&self) -> Answered<'_> {
        Answered { store: self }
    }

    /// Answers that are given again to whoever asks the same.
    #[must_use]
    pub const fn cache(&self) -> Cache<'_> {
        Cache { store: self }
    }

    /// Calls as they came: lists of them, and each with all that is kept of it.
    #[must_use]
    pub const fn traffic(&self) -> Traffic<'_> {
        Traffic { store: self }
    }

    /// Calls of the gateway, to be stored.
    #[must_use]
    pub const fn weaving(&self) -> Weaving<'_> {
        Weaving { store: self }
    }

    /// What went over the wire.
    #[must_use]
    pub const fn wire(&self) -> Wire<'_> {
        Wire { store: self }
    }

    /// Batches of answers being written.
    #[must_use]
    pub const fn journal(&self) -> Journal<'_> {
        Journal { store: self }
    }

    /// Processes that have the store open.
    #[must_use]
    pub const fn instances(&self) -> Instances<'_> {
        Instances { store: self }
    }

    /// Bytes of images and files.
    #[must_use]
    pub const fn blobs(&self) -> Blobs<'_> {
        Blobs { store: self }
    }

    /// Finding text.
    #[must_use]
    pub const fn search(&self) -> Search<'_> {
        Search { store: self }
    }

    /// Whole conversations in and out.
    #[must_use]
    pub const fn moving(&self) -> Moving<'_> {
        Moving { store: self }
    }

    /// Backups.
    #[must_use]
    pub const fn backups(&self) -> Backups<'_> {
        Backups { store: self }
    }

    /// Erasing.
    #[must_use]
    pub const fn erase(&self) -> Erase<'_> {
        Erase { store: self }
    }

    /// How much there is of what.
    #[must_use]
    pub const fn sizes(&self) -> Sizes<'_> {
        Sizes { store: self }
    }

    /// That nobody else has the store open.
    ///
    /// # Errors
    /// [`StoreError::Shared`] when somebody has.
    pub async fn expect_alone(&self) -> Result<(), StoreError> {
        open::expect_alone(self).await
    }

    /// Proving that everything is as it was written.
    #[must_use]
    pub const fn check(&self) -> Check<'_> {
        Check { store: self }
    }

    /// The catalog: what public lists say of models.
    #[must_use]
    pub const fn catalog(&self) -> Catalog<'_> {
        Catalog { store: self }
    }

    /// What providers said they offer.
    #[must_use]
    pub const fn models_seen(&self) -> ModelsSeen<'_> {
        ModelsSeen { store: self }
    }

    /// What was learned of targets.
    #[must_use]
    pub const fn learned(&self) -> LearnedSums<'_> {
        LearnedSums { store: self }
    }

    /// Decisions, counted.
    #[must_use]
    pub const fn decisions(&self) -> Decisions<'_> {
        Decisions { store: self }
    }

    /// Small facts about this home.
    #[must_use]
    pub const fn meta(&self) -> Meta<'_> {
        Meta { store: self }
    }

    /// A number that changes when another process has written. Our own writes do not change it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn data_version(&self) -> Result<i64, StoreError> {
        let mut writer = self.inner.writer.lock().await;
        Ok(sqlx::query_scalar("PRAGMA data_version").fetch_one(writer.connection()).await?)
    }

    pub(crate) async fn write(&self, durability: Durability) -> Result<Write, StoreError> {
        Write::begin(&self.inner.writer, &self.inner.queue, durability).await
    }

    pub(crate) async fn read(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        Ok(self.inner.readers.acquire().await?)
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.inner.readers
    }

    /// A read transaction: several questions to one state of the data.
    pub(crate) async fn snapshot(&self) -> Result<sqlx::Transaction<'static, Sqlite>, StoreError> {
        Ok(self.inner.readers.begin_with("BEGIN DEFERRED").await?)
    }
}
