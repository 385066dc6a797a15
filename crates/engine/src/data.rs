//! Looking after the data: how much there is, copies and putting one back, compacting, erasing.

use crate::{Engine, EngineError, engine::now};
use domain::{Hash, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use store::{BackupInfo, DataKind, DataSize};

/// How much there is of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct DataReport {
    /// The data directory.
    pub home: String,
    /// All of it, in KiB.
    pub kib: u32,
    /// By kind.
    pub sizes: Vec<DataSize>,
    /// Deleted conversations that can still be restored.
    pub deleted_conversations: u32,
}

/// What can be removed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum EraseKind {
    /// Deleted conversations: gone from every table, index and log.
    DeletedConversations,
    /// Raw requests and answers, and answers that are given again.
    Exchanges,
    /// Answers that are given again to whoever asks the same.
    Cache,
    /// All conversations, everything that belongs to them, and what was typed and not sent; settings,
    /// keys and backups stay.
    Conversations,
    /// Backups and kept files.
    Backups,
}

/// Files larger than this, in KiB, are not written anew unasked: it would take seconds and a second
/// copy's room.
const UNASKED_KIB: u32 = 256 * 1024;
/// Where is noted which blobs were found unused, and when: hashes by the time in ms.
const UNUSED: &str = "unused_blobs";
/// A file that was attached and not sent is kept so long, in ms. A draft keeps its files for ever.
pub(crate) const LOOSE: i64 = 24 * 60 * 60 * 1000;
/// A file that was attached by whichever process outlives erasing everything for so long, in ms.
const ABOUT_TO_SEND: i64 = 60 * 1000;

impl Engine {
    /// How much there is of what.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn data_report(&self) -> Result<DataReport, EngineError> {
        let sizes = self.0.store.sizes().all().await?;
        Ok(DataReport {
            home: self.0.home.display().to_string(),
            kib: sizes.iter().fold(0, |sum, size| sum.saturating_add(size.kib)),
            sizes,
            deleted_conversations: self.0.store.sizes().deleted_conversations().await?,
        })
    }

    /// The backups there are, newest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn backups(&self) -> Result<Vec<BackupInfo>, EngineError> {
        Ok(self.0.store.backups().list()?)
    }

    /// Makes a verified copy of the data file among the backups. Answers may stream meanwhile.
    ///
    /// # Errors
    /// When it cannot be written, or the copy does not verify.
    pub async fn back_up(&self) -> Result<BackupInfo, EngineError> {
        let backups = self.0.store.backups();
        let made = backups.now(None).await?;
        self.0.changes.tell(["data"]);
        let name = made.file_name().unwrap_or_default().to_string_lossy();
        Ok(backups.named(&name)?)
    }

    /// Removes a backup, named as in the list.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn delete_backup(&self, name: &str) -> Result<(), EngineError> {
        self.0.store.backups().delete(name)?;
        self.0.changes.tell(["data"]);
        Ok(())
    }

    /// Makes ready to put a backup in the data file's place: it is whole, nothing streams, and nobody
    /// else has the data open. [`Engine::reopen`] does it.
    ///
    /// # Errors
    /// When one of these is not so; nothing has changed then.
    pub async fn prepare_restore(&self, name: &str) -> Result<(), EngineError> {
        let store = &self.0.store;
        let backup = store.backups().named(name)?;
        self.expect_calm().await?;
        store.expect_alone().await?;
        Ok(store.backups().restore(&store.backups().path(&backup)).await?)
    }

    /// Whether this engine was closed.
    pub fn is_closed(&self) -> bool {
        self.0.store.is_closed()
    }

    /// Leaves the data file and comes back to it, with the same keys and the same listeners: what
    /// [`Engine::prepare_restore`] made ready is in its place then. This engine is closed afterwards.
    ///
    /// # Errors
    /// When an answer has begun since then: this engine stays open, and nothing is put in place. When
    /// it cannot be opened again: this one is closed. The engine inside of `Ok` is open in every case;
    /// beside it stands why the backup is not in place, if it is not.
    pub async fn reopen(&self) -> Result<(Self, Result<(), EngineError>), EngineError> {
        let (keep, options) = (self.keep(), self.0.options.clone());
        // Whoever asks now waits, and is then told that this engine is closed.
        let alone = self.0.running.starting().await;
        if let Err(error) = self.expect_calm().await {
            self.0.store.backups().forget_restore()?;
            return Err(error);
        }
        self.close().await;
        drop(alone);
        let (engine, restored) = Self::open_with(&self.0.home, options, keep).await?;
        // Another process that came and went in between has put it in place as well as we.
        let placed = if restored || !engine.0.store.backups().is_restore_pending() {
            Ok(())
        } else {
            // Somebody came in between: then it must not happen at some later start either.
            engine.0.store.backups().forget_restore()?;
            Err(store::StoreError::Shared.into())
        };
        engine.0.changes.tell(["*"]);
        Ok((engine, placed))
    }

    /// Gives unused space back to the disk.
    ///
    /// # Errors
    /// While answers stream; when the disk has no room for a second copy.
    pub async fn compact(&self) -> Result<DataReport, EngineError> {
        // Whoever writes waits for as long as it takes.
        let _alone = self.0.running.starting().await;
        self.expect_calm().await?;
        self.0.store.erase().unused_contents().await?;
        self.0.store.erase().compact().await?;
        self.0.changes.tell(["data"]);
        self.data_report().await
    }

    /// Removes data for good.
    ///
    /// # Errors
    /// While answers stream; when it cannot be written. What was not erased yet is at the next try.
    pub async fn erase(&self, what: EraseKind) -> Result<DataReport, EngineError> {
        let erase = self.0.store.erase();
        if what == EraseKind::Backups {
            self.0.store.backups().delete_all()?;
        } else {
            // No run may begin in a conversation while it goes.
            let _alone = self.0.running.starting().await;
            self.expect_calm().await?;
            self.0.cache.forget().await;
            match what {
                EraseKind::DeletedConversations => {
                    erase.deleted(None).await?;
                }
                EraseKind::Conversations => {
                    erase.conversations(now()).await?;
                    // Whatever is left belongs to nobody, but for what has just been attached: somebody
                    // else may be about to send it.
                    let since = Timestamp::from_millis(now().millis() - ABOUT_TO_SEND);
                    erase.blobs(&erase.unused_blobs(since).await?, since).await?;
                    self.0.store.meta().forget(UNUSED).await?;
                    self.0.changes.tell(["drafts"]);
                }
                EraseKind::Cache => {
                    self.0.store.cache().erase().await?;
                }
                EraseKind::Exchanges => {
                    self.0.store.cache().erase().await?;
                    erase.exchanges().await?;
                }
                EraseKind::Backups => {}
            }
            self.0.cache.forget().await;
            erase.unused_contents().await?;
            erase.compact().await?;
        }
        self.0.changes.tell(["data", "conversations", "conversation:*"]);
        self.data_report().await
    }

    /// What is due by itself: deleted conversations and messages whose month is over, and files that were
    /// attached and never sent.
    pub(crate) async fn tidy(&self) -> Result<(), EngineError> {
        let erase = self.0.store.erase();
        let mut erased = erase.deleted(Some(now())).await?;
        erased += erase.due_nodes(now()).await?;
        erased += self.drop_loose_blobs(now()).await?;
        if erased == 0 {
            return Ok(());
        }
        tracing::info!(erased, "what was due was erased");
        self.leave_no_traces().await
    }

    /// Erases what nobody refers to any more, and writes the file anew where that takes no time to speak
    /// of and nobody is in the way.
    pub(crate) async fn leave_no_traces(&self) -> Result<(), EngineError> {
        let erase = self.0.store.erase();
        self.0.cache.forget().await;
        erase.unused_contents().await?;
        let report = self.data_report().await?;
        let small = report
            .sizes
            .iter()
            .filter(|size| !matches!(size.kind, DataKind::Backups | DataKind::Kept))
            .map(|size| u64::from(size.kib))
            .sum::<u64>()
            < u64::from(UNASKED_KIB);
        let alone = self.0.running.starting().await;
        if small && self.expect_calm().await.is_ok() {
            erase.compact().await?;
        } else {
            drop(alone);
            erase.empty_log().await?;
        }
        self.0.changes.tell(["data"]);
        Ok(())
    }

    /// Erases blobs that were unused a day ago and still are. Noted in the store, since whoever finds
    /// them may not live for a day.
    async fn drop_loose_blobs(&self, at: Timestamp) -> Result<u32, EngineError> {
        let store = &self.0.store;
        let kept = store.meta().get(UNUSED).await?;
        let noted: HashMap<String, i64> =
            kept.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
        let attached_since = Timestamp::from_millis(at.millis() - LOOSE);
        let unused = store.erase().unused_blobs(attached_since).await?;
        let since = |hash: &Hash| noted.get(&hash.to_string()).copied().unwrap_or(at.millis());
        let (due, young): (Vec<Hash>, Vec<Hash>) =
            unused.into_iter().partition(|hash| at.millis() - since(hash) >= LOOSE);
        let erased = store.erase().blobs(&due, attached_since).await?;
        let fresh: HashMap<String, i64> = young.iter().map(|hash| (hash.to_string(), since(hash))).collect();
        if fresh != noted {
            store.meta().set(UNUSED, &serde_json::to_string(&fresh).unwrap_or_default()).await?;
        }
        Ok(erased)
    }

    /// That no answer is being written, here or in another process: it would be cut off, or could not be
    /// stored while the file is written anew.
    async fn expect_calm(&self) -> Result<(), EngineError> {
        if self.0.running.count() > 0 {
            return Err(store::StoreError::Streaming.into());
        }
        Ok(self.0.store.erase().expect_calm().await?)
    }
}
