//! Imports: a thread that reads, a task that stores, and a bounded space between them. Each conversation
//! is stored whole or not at all, so that an import can be stopped, or die, at any point.

use super::spool::Spool;
use crate::{Engine, EngineError, engine::now};
use domain::{Hash, ImportFormat, ImportReport, ImportState, ImportStatus, PortableFolder, Timestamp};
use std::{
    collections::HashSet,
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};
use store::{Incoming, Store, StoreError, Taken};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
};
use transfer::{Item, Progress, ReadError, Reader, Source, Stop};

/// Text that is stored in one transaction: others who write wait for no longer than that.
const BATCH_BYTES: usize = 4 << 20;
const BATCH: usize = 256;
/// MiB of text that were read and are not stored yet: one batch that is being stored and the next one.
const ROOM: u32 = 8;
/// Warnings that are kept.
const WARNINGS: usize = 1_000;
/// How often is said how far it is.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// Imports that are remembered once they are over.
const REMEMBERED: usize = 20;
/// Files that the window may be handing over at one time.
const RECEIVING: usize = 4;

/// Follows one import.
pub type ImportWatch = watch::Receiver<ImportStatus>;

/// Imports of this process.
#[derive(Default)]
pub(crate) struct Imports(Mutex<Vec<Arc<Import>>>);

struct Import {
    status: watch::Sender<ImportStatus>,
    progress: Arc<Progress>,
    /// What the window has handed over so far.
    spool: Mutex<Option<Spool>>,
}

impl Imports {
    fn all(&self) -> MutexGuard<'_, Vec<Arc<Import>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, name: &str, kib: u32, state: ImportState, spool: Option<Spool>) -> Arc<Import> {
        let mut all = self.all();
        let id = all.last().map_or(0, |import| import.status.borrow().id) + 1;
        let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
        let report = ImportReport::default();
        let status = ImportStatus { id, name, format: None, state, done_kib: 0, total_kib: kib, report };
        let import = Arc::new(Import {
            status: watch::Sender::new(status),
            progress: Arc::default(),
            spool: Mutex::new(spool),
        });
        all.push(Arc::clone(&import));
        let over = all.iter().filter(|import| import.is_over()).count();
        if over > REMEMBERED
            && let Some(oldest) = all.iter().position(|import| import.is_over())
        {
            all.remove(oldest);
        }
        import
    }

    fn get(&self, id: u32) -> Result<Arc<Import>, EngineError> {
        let all = self.all();
        let found = all.iter().find(|import| import.status.borrow().id == id);
        found.cloned().ok_or_else(|| EngineError::NotFound { what: "import", id: id.to_string() })
    }

    /// Stops all of them: the process is about to end.
    pub(crate) fn stop_all(&self) {
        for import in self.all().iter() {
            import.progress.stop.store(true, Ordering::Relaxed);
        }
    }
}

impl Import {
    fn is_over(&self) -> bool {
        !matches!(self.status.borrow().state, ImportState::Receiving | ImportState::Reading)
    }

    fn spool(&self) -> MutexGuard<'_, Option<Spool>> {
        self.spool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut ImportStatus)) {
        self.status.send_modify(change);
    }

    /// How far reading is.
    fn tell_progress(&self) {
        let read = self.progress.read.load(Ordering::Relaxed);
        self.change(|status| {
            // What lies beside the texts in a ZIP file is read too.
            status.done_kib = u32::try_from(read >> 10).unwrap_or(u32::MAX).min(status.total_kib);
        });
    }
}

impl Engine {
    /// Makes room for a file that the window is going to hand over; its number.
    ///
    /// # Errors
    /// When several are being handed over already, or there is no room.
    pub fn begin_import(&self, name: &str, kib: u32) -> Result<u32, EngineError> {
        let imports = &self.0.imports;
        let receiving = imports.all().iter().filter(|import| import.spool().is_some()).count();
        if receiving >= RECEIVING {
            return Err(EngineError::BadInput(
                "several files are being read already; wait for their end".to_owned(),
            ));
        }
        let spool = Spool::begin(&self.0.home, kib)?;
        let import = imports.add(name, kib, ImportState::Receiving, Some(spool));
        self.0.changes.tell(["imports"]);
        let id = import.status.borrow().id;
        Ok(id)
    }

    /// The next piece of a file: base64 of at most [`super::MAX_PIECE`] bytes.
    ///
    /// # Errors
    /// When the import was stopped, or the piece cannot be kept.
    pub async fn add_to_import(&self, id: u32, data: String) -> Result<(), EngineError> {
        let import = self.0.imports.get(id)?;
        let taken = import.spool().take();
        let Some(mut spool) = taken else { return Err(stopped()) };
        let added = crate::media::aside(move || spool.add(&data).map(|()| spool)).await?;
        match added {
            Ok(spool) => {
                import.change(|status| status.done_kib = spool.kib());
                // It may have been stopped meanwhile; then the file goes with `spool`.
                if !import.is_over() {
                    *import.spool() = Some(spool);
                }
                self.0.changes.tell(["imports"]);
                Ok(())
            }
            Err(error) => {
                let message = error.to_string();
                import.change(|status| status.state = ImportState::Failed { message });
                self.0.changes.tell(["imports"]);
                Err(error)
            }
        }
    }

    /// The file is whole: reads it in, in the background.
    ///
    /// # Errors
    /// When the import was stopped.
    pub fn start_import(&self, id: u32) -> Result<(), EngineError> {
        let import = self.0.imports.get(id)?;
        let spool = import.spool().take().ok_or_else(stopped)?;
        let path = spool.finish()?;
        import.change(|status| {
            status.state = ImportState::Reading;
            status.total_kib = status.done_kib;
            status.done_kib = 0;
        });
        self.0.changes.tell(["imports"]);
        self.read_in(import, path.to_path_buf(), Some(path));
        Ok(())
    }

    /// Reads a file of this machine in, in the background.
    ///
    /// # Errors
    /// When it is not there.
    pub fn import_file(&self, path: &Path) -> Result<ImportWatch, EngineError> {
        let cannot = |error| EngineError::BadInput(format!("`{}` cannot be read: {error}", path.display()));
        let meta = std::fs::metadata(path).map_err(cannot)?;
        if meta.is_dir() {
            return Err(EngineError::BadInput(format!(
                "`{}` is a folder; name a file in it",
                path.display()
            )));
        }
        let kib = u32::try_from(meta.len().div_ceil(1024)).unwrap_or(u32::MAX);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let import = self.0.imports.add(&name, kib, ImportState::Reading, None);
        let watch = import.status.subscribe();
        self.read_in(import, path.to_owned(), None);
        Ok(watch)
    }

    /// Stops an import, however far it is. What was stored of it stays.
    ///
    /// # Errors
    /// When there is none of this number.
    pub fn cancel_import(&self, id: u32) -> Result<(), EngineError> {
        let import = self.0.imports.get(id)?;
        import.progress.stop.store(true, Ordering::Relaxed);
        import.spool().take();
        import.change(|status| {
            if status.state == ImportState::Receiving {
                status.state = ImportState::Cancelled;
            }
        });
        self.0.changes.tell(["imports"]);
        Ok(())
    }

    /// Imports since this process was started, newest first.
    pub fn imports(&self) -> Vec<ImportStatus> {
        self.0.imports.all().iter().rev().map(|import| import.status.borrow().clone()).collect()
    }

    /// Makes findable what waits for it, for so long at most; how many contents still wait.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn index_for(&self, at_most: Duration) -> Result<u32, EngineError> {
        let search = self.0.store.search();
        match tokio::time::timeout(at_most, search.catch_up()).await {
            Ok(done) => done?,
            Err(_) => 0,
        };
        Ok(search.waiting().await?)
    }

    fn read_in(&self, import: Arc<Import>, path: PathBuf, file: Option<tempfile::TempPath>) {
        let engine = self.clone();
        tokio::spawn(async move {
            let (to_store, found) = mpsc::channel(1);
            let progress = Arc::clone(&import.progress);
            let reading = tokio::task::spawn_blocking(move || {
                let read = read(&path, &progress, &to_store);
                // The spool goes when it was read.
                drop(file);
                read
            });
            let stored = engine.store_found(&import, found).await;
            let read = reading.await;
            let state = match (stored, read) {
                (Err(error), _) => ImportState::Failed { message: error.to_string() },
                (Ok(true), Ok(Ok(()))) => ImportState::Done,
                // It may have been read to its end, and stopped before all of it was stored.
                (Ok(false), Ok(Ok(()))) | (_, Ok(Err(ReadError::Stopped))) => ImportState::Cancelled,
                (_, Ok(Err(error))) => ImportState::Failed { message: error.to_string() },
                (_, Err(error)) => ImportState::Failed { message: format!("the reader failed: {error}") },
            };
            import.tell_progress();
            import.change(|status| {
                if state == ImportState::Done {
                    status.done_kib = status.total_kib;
                }
                status.state = state;
            });
            engine.0.store.moving().index_soon();
            engine.0.changes.tell(["imports", "conversations", "conversation:*", "folders", "data"]);
        });
    }

    /// Stores what is found, a batch at a time; whether that was all of it.
    async fn store_found(
        &self,
        import: &Import,
        mut found: mpsc::Receiver<Batch>,
    ) -> Result<bool, EngineError> {
        let store = &self.0.store;
        let (mut told, mut blobs) = (Instant::now(), Vec::new());
        let mut result = Ok(true);
        while let Some(batch) = found.recv().await {
            if import.progress.stop.load(Ordering::Relaxed) {
                result = Ok(false);
                break;
            }
            if let Err(error) = self.store_batch(import, batch, &mut blobs).await {
                import.progress.stop.store(true, Ordering::Relaxed);
                result = Err(error);
                break;
            }
            import.tell_progress();
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                self.0.changes.tell(["imports", "conversations"]);
            }
        }
        drop(found);
        // Files that came with a conversation that was refused, or never came.
        let dropped =
            store.erase().blobs(&blobs, Timestamp::from_millis(now().millis() - crate::data::LOOSE)).await;
        if let Err(error) = dropped {
            tracing::warn!(%error, "files that nothing refers to stay for a day");
        }
        result
    }

    async fn store_batch(
        &self,
        import: &Import,
        batch: Batch,
        kept: &mut Vec<Hash>,
    ) -> Result<(), EngineError> {
        let store = &self.0.store;
        for folder in &batch.folders {
            store.moving().take_folder(folder).await?;
        }
        for (hash, media_type, bytes) in &batch.blobs {
            store.blobs().put(media_type, bytes).await?;
            kept.push(*hash);
        }
        let taken = take(store, &batch.conversations, self.0.instance).await?;
        import.change(|status| {
            status.format = batch.format.or(status.format);
            let report = &mut status.report;
            report.skipped += batch.skipped;
            report.refused += batch.refused;
            for warning in batch.warnings {
                warn(report, warning);
            }
            for (incoming, taken) in batch.conversations.iter().zip(taken) {
                match taken {
                    Taken::Added { messages, .. } => {
                        report.conversations += 1;
                        report.messages += messages;
                    }
                    Taken::Known => report.skipped += 1,
                    Taken::Refused(why) => {
                        report.skipped += 1;
                        report.refused += 1;
                        warn(report, format!("“{}”: {why}", incoming.whole.title));
                    }
                }
            }
        });
        Ok(())
    }
}

/// Stores a batch; where something in it does not fit, its conversations one by one.
async fn take(
    store: &Store,
    all: &[Incoming],
    instance: domain::InstanceId,
) -> Result<Vec<Taken>, EngineError> {
    match store.moving().take(all, instance).await {
        Ok(taken) => Ok(taken),
        Err(StoreError::Refused(_)) => {
            let mut taken = Vec::with_capacity(all.len());
            for one in all {
                taken.push(match store.moving().take(std::slice::from_ref(one), instance).await {
                    Ok(one) => one.into_iter().next().unwrap_or(Taken::Known),
                    Err(StoreError::Refused(why)) => {
                        Taken::Refused(format!("it does not fit what is here ({why})"))
                    }
                    Err(error) => return Err(error.into()),
                });
            }
            Ok(taken)
        }
        Err(error) => Err(error.into()),
    }
}

fn warn(report: &mut ImportReport, warning: String) {
    match report.warnings.len() {
        length if length < WARNINGS => report.warnings.push(warning),
        WARNINGS => report.warnings.push("there are more warnings than are kept".to_owned()),
        _ => {}
    }
}

/// What is stored in one transaction.
#[derive(Default)]
struct Batch {
    format: Option<ImportFormat>,
    folders: Vec<PortableFolder>,
    blobs: Vec<(Hash, String, Vec<u8>)>,
    conversations: Vec<Incoming>,
    skipped: u32,
    refused: u32,
    warnings: Vec<String>,
    bytes: usize,
    /// Its share of what may wait to be stored; given back when it is.
    room: Option<OwnedSemaphorePermit>,
}

impl Batch {
    fn is_full(&self) -> bool {
        let rows = self.conversations.len() + self.warnings.len() + self.folders.len();
        self.bytes >= BATCH_BYTES || rows >= BATCH
    }
}

/// Reads a file to its end, on a thread of its own.
fn read(path: &Path, progress: &Arc<Progress>, to_store: &mpsc::Sender<Batch>) -> Result<(), ReadError> {
    let open = || File::open(path).map(|file| Box::new(file) as Box<dyn transfer::File>);
    let mut source = Source::open(&open, progress)?;
    let mut batch = Batch::default();
    let (mut fresh, mut blobs) = (true, HashSet::new());
    let room = Arc::new(Semaphore::new(ROOM as usize));
    let mut sink = |item| {
        match item {
            Item::Format(format) => {
                fresh = format != ImportFormat::Orchesity;
                batch.format = Some(format);
            }
            Item::Folder(folder) => batch.folders.push(folder),
            Item::Blob { hash, media_type, bytes } => {
                if blobs.insert(hash) {
                    batch.bytes += bytes.len();
                    batch.blobs.push((hash, media_type, bytes));
                }
            }
            Item::Conversation(whole) => {
                batch.bytes += whole.messages.iter().map(|m| m.parts.get().len() + 256).sum::<usize>();
                batch.conversations.push(Incoming { whole, fresh });
            }
            Item::Skipped { refused } => {
                batch.skipped += 1;
                batch.refused += u32::from(refused);
            }
            Item::Warning(warning) => batch.warnings.push(warning),
        }
        // Files come before what refers to them, in the same batch or an earlier one.
        if batch.is_full() {
            return hand_over(to_store, &room, std::mem::take(&mut batch));
        }
        Ok(())
    };
    let mut ids = uuid::Uuid::now_v7;
    let read = Reader { now: now(), ids: &mut ids, sink: &mut sink }.read(&mut source);
    // What was whole is taken, also where the file breaks off; not where somebody stopped it.
    if !matches!(read, Err(ReadError::Stopped)) && hand_over(to_store, &room, batch).is_err() {
        return Err(ReadError::Stopped);
    }
    read
}

/// Gives a batch to whoever stores it, when there is room. A large one takes all of it, and is waited for: what is
/// made of a conversation on the way into the store is several times its size, and no second one is read meanwhile.
fn hand_over(to_store: &mpsc::Sender<Batch>, room: &Arc<Semaphore>, mut batch: Batch) -> Result<(), Stop> {
    let runtime = Handle::current();
    let wanted = u32::try_from(batch.bytes >> 20).unwrap_or(ROOM).clamp(1, ROOM);
    batch.room = runtime.block_on(Arc::clone(room).acquire_many_owned(wanted)).ok();
    to_store.blocking_send(batch).map_err(|_| Stop)?;
    if wanted == ROOM {
        drop(runtime.block_on(room.acquire_many(ROOM)));
    }
    Ok(())
}

fn stopped() -> EngineError {
    EngineError::BadInput("this import was stopped; choose the file again".to_owned())
}
