//! The weaver: makes conversations, runs and lines of the ledger of what the spool holds, in the
//! background, and deletes its files.
//!
//! Everything is stored under the ids that the records have, so that a crash between storing and deleting
//! changes nothing: what is stored is passed over. What cannot be stored now stays where it is and is tried
//! again.

mod gather;
mod prepare;
#[cfg(test)]
mod tests;

use super::spool;
use crate::{Engine, EngineError, storage::Saved};
use domain::{
    CaptureLevel, CompletionState, ConversationId, InstanceId, Metrics, RunOrigin, Target, TrafficCall,
};
use gather::{Call, Gathered};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use store::{NewCall, StoreError};
use tokio::sync::Mutex;

/// Calls in one transaction, and about how much memory they may take.
const BATCH: usize = 200;
const BATCH_BYTES: usize = 8 << 20;
/// Calls that end within so long of each other are stored together.
const TOGETHER: Duration = Duration::from_millis(120);
/// While the spool grows by more than this in such a time, whoever asks has the processor; what was noted
/// is on disk in any case. But calls are not left unstored for longer than that.
const BUSY_BYTES: u64 = 128 << 10;
const LATEST: Duration = Duration::from_secs(5);
/// How soon it is tried again to store what could not be.
const AGAIN: Duration = Duration::from_secs(1);
/// How often it is looked whether the engine is still there.
const LOOK: Duration = Duration::from_secs(30);
/// Those who watch are told no more often than this.
const TELL: Duration = Duration::from_millis(250);
/// More conversations than this are told as all of them.
const MANY: usize = 50;
/// What a damaged file's name goes on with.
const DAMAGED: &str = "damaged";

/// How far the spool of this process is woven.
#[derive(Default)]
pub(crate) struct Weaver {
    state: Mutex<State>,
    saved: Saved,
    running: std::sync::Mutex<Vec<TrafficCall>>,
    /// A call could not be stored at all: the spool is kept.
    keeps: AtomicBool,
}

#[derive(Default)]
struct State {
    /// The file that is read, and how much of it was.
    file: u32,
    offset: u64,
    gathered: Gathered,
    /// Calls that are over and not stored yet.
    waiting: Arc<Vec<Call>>,
    /// Files before this one are deleted.
    deleted: u32,
    untold: Option<BTreeSet<ConversationId>>,
    told: Option<Instant>,
}

impl Weaver {
    /// Why calls cannot be stored, where they cannot.
    pub(crate) fn problem(&self) -> Option<String> {
        self.saved.problem()
    }

    /// Calls that were under way when the spool was last looked at, newest first.
    pub(crate) fn running(&self) -> Vec<TrafficCall> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes which calls are under way; whether that is news.
    fn note_running(&self, gathered: &Gathered) -> bool {
        let mut calls: Vec<TrafficCall> = gathered.calls().map(running).collect();
        calls.sort_unstable_by_key(|call| std::cmp::Reverse((call.at, call.completion)));
        let mut known = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let news = *known != calls;
        *known = calls;
        news
    }
}

/// A call that is under way, as Traffic shows it.
fn running(call: &Call) -> TrafficCall {
    let begun = &*call.begun;
    TrafficCall {
        run: begun.run,
        completion: begun.completion,
        kind: begun.kind,
        origin: RunOrigin::Gateway,
        at: begun.at,
        key: begun.key,
        key_name: None,
        client: begun.client.clone(),
        request: Some(begun.request.clone()),
        route: Some(begun.route.clone()),
        stream: begun.stream,
        requested: begun.requested.clone(),
        served: call.answering().map(|tried| Target::of(&tried.sent.provider, &tried.sent.model)),
        state: CompletionState::Streaming,
        status: None,
        metrics: Metrics::default(),
        attempts: u32::try_from(call.tried.len()).unwrap_or(u32::MAX),
        cached: call.cached.as_ref().map(|(from, _)| from.how),
        idempotency_key: begun.idempotency.clone(),
        conversation: None,
        message: None,
    }
}

/// Waits until calls come singly again, or have waited long enough.
async fn calm(spool: &spool::Spool) {
    let begun = Instant::now();
    let mut before = spool.present();
    loop {
        tokio::time::sleep(TOGETHER).await;
        let now = spool.present();
        let slowly = now.0 == before.0 && now.1 - before.1 < BUSY_BYTES;
        if slowly || begun.elapsed() >= LATEST {
            return;
        }
        before = now;
    }
}

/// Weaves what this process's gateway notes, for as long as the engine lives.
pub(crate) fn start(engine: &Engine) {
    let (weak, spool) = (Arc::downgrade(&engine.0), Arc::clone(&engine.0.spool));
    tokio::spawn(async move {
        let mut wait = LOOK;
        loop {
            if wait == AGAIN {
                tokio::time::sleep(AGAIN).await;
            } else if tokio::time::timeout(wait, spool.grown()).await.is_ok() {
                calm(&spool).await;
            }
            let Some(inner) = weak.upgrade() else { return };
            wait = Engine(inner).weave_own().await;
        }
    });
}

impl Engine {
    /// Stores all calls that have ended until now.
    pub async fn catch_up_calls(&self) {
        self.0.spool.flush();
        self.weave_own().await;
    }

    /// Stores what can be, and says how soon that is to be done again.
    async fn weave_own(&self) -> Duration {
        let mut state = self.0.weaver.state.lock().await;
        let woven = self.weave_new(&mut state).await;
        if self.0.weaver.note_running(&state.gathered) {
            state.untold.get_or_insert_default();
        }
        self.tell_woven(&mut state);
        match woven {
            Ok(()) => {
                if self.0.weaver.saved.good() {
                    tracing::info!("calls of the gateway are stored again");
                }
                if state.untold.is_some() { TELL } else { LOOK }
            }
            Err(error) => {
                let text = format!("calls of the gateway cannot be stored: {error}");
                if self.0.weaver.saved.bad(&text) {
                    tracing::warn!(%error, "calls of the gateway wait in the spool until they can be stored");
                }
                AGAIN
            }
        }
    }

    async fn weave_new(&self, state: &mut State) -> Result<(), EngineError> {
        let spool = &self.0.spool;
        loop {
            if !state.waiting.is_empty() {
                let woven = self.weave_calls(&state.waiting, self.0.instance).await?;
                state.waiting = Arc::default();
                state.untold.get_or_insert_default().extend(woven);
            }
            let (present, written) = spool.present();
            if present == 0 {
                return Ok(());
            }
            let file = state.file.max(1);
            let until = if file < present { u64::MAX } else { written };
            if file == present && state.offset >= until {
                return self.delete_woven(state);
            }
            let (path, offset) = (spool.path(file), state.offset);
            let mut gathered = std::mem::take(&mut state.gathered);
            let reading = tokio::task::spawn_blocking(move || {
                let mut progress = gathered.read(&path, file, offset, until);
                // Little by little, but not call by call.
                while let Ok(so_far) = &mut progress
                    && so_far.over.len() < BATCH
                    && so_far.over.iter().map(Call::size).sum::<usize>() < BATCH_BYTES
                    && so_far.damaged.is_none()
                {
                    match gathered.read(&path, file, offset + so_far.taken, until) {
                        Ok(more) if more.taken > 0 => {
                            so_far.taken += more.taken;
                            so_far.over.extend(more.over);
                            so_far.damaged = more.damaged;
                        }
                        _ => break,
                    }
                }
                (progress, gathered)
            })
            .await;
            let (read, gathered) = match reading {
                Ok(read) => read,
                Err(error) => {
                    // What was gathered is gone with it: it is read again, and what is stored passed over.
                    (state.file, state.offset) = (state.deleted.max(1), 0);
                    return Err(failed(error).into());
                }
            };
            state.gathered = gathered;
            let progress = read.map_err(StoreError::from)?;
            state.file = file;
            state.offset += progress.taken;
            state.waiting = Arc::new(progress.over);
            if let Some(error) = &progress.damaged {
                tracing::error!(%error, file = %spool.path(file).display(), "the spool is damaged; the next start keeps what is left of it aside");
                if file == present {
                    return Ok(());
                }
            }
            if state.waiting.is_empty() && (progress.taken == 0 || progress.damaged.is_some()) {
                if file >= present {
                    return self.delete_woven(state);
                }
                (state.file, state.offset) = (file + 1, 0);
            }
        }
    }

    /// Deletes files of which every call is stored.
    fn delete_woven(&self, state: &mut State) -> Result<(), EngineError> {
        if self.0.weaver.keeps.load(Ordering::Relaxed) {
            return Ok(());
        }
        let needed = state.gathered.first_file().unwrap_or(state.file).min(state.file);
        for number in state.deleted.max(1)..needed {
            remove(&self.0.spool.path(number))?;
            state.deleted = number + 1;
        }
        Ok(())
    }

    fn tell_woven(&self, state: &mut State) {
        let due = state.told.is_none_or(|told| told.elapsed() >= TELL);
        if !due {
            return;
        }
        if let Some(grown) = state.untold.take() {
            state.told = Some(Instant::now());
            self.tell_of(&grown);
        }
    }

    fn tell_of(&self, grown: &BTreeSet<ConversationId>) {
        let mut tags = vec!["traffic".to_owned()];
        if !grown.is_empty() {
            tags.push("conversations".to_owned());
        }
        if grown.len() > MANY {
            tags.push("conversation:*".to_owned());
        } else {
            tags.extend(grown.iter().map(|id| format!("conversation:{id}")));
        }
        self.0.changes.tell(tags);
    }

    /// Stores calls; conversations that have grown.
    async fn weave_calls(
        &self,
        calls: &Arc<Vec<Call>>,
        instance: InstanceId,
    ) -> Result<BTreeSet<ConversationId>, EngineError> {
        let mut grown = BTreeSet::new();
        for from in (0..calls.len()).step_by(BATCH) {
            let (engine, some) = (self.clone(), Arc::clone(calls));
            // Decoding and packing a batch takes milliseconds.
            let prepared = tokio::task::spawn_blocking(move || {
                prepare::all(&engine, &some[from..some.len().min(from + BATCH)])
            });
            let new = prepared.await.map_err(failed)??;
            match self.0.store.weaving().weave(&new, instance).await {
                Ok(woven) => grown.extend(woven.conversations),
                Err(error) if is_ours(&error) => {
                    grown.extend(self.weave_singly(new, instance, &error).await?);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(grown)
    }

    /// One call that fits nowhere must not keep the others out: it is stored without its conversation.
    async fn weave_singly(
        &self,
        calls: Vec<NewCall>,
        instance: InstanceId,
        why: &StoreError,
    ) -> Result<BTreeSet<ConversationId>, EngineError> {
        tracing::warn!(error = %why, "a batch of calls is stored one by one");
        let mut grown = BTreeSet::new();
        for mut call in calls {
            let weaving = self.0.store.weaving();
            let mut stored = false;
            for level in [CaptureLevel::Full, CaptureLevel::Metadata, CaptureLevel::Off] {
                // As it is; then without what was said; then only what it cost.
                if level != CaptureLevel::Full {
                    call.said = None;
                    if call.capture != CaptureLevel::Off {
                        call.capture = level;
                    }
                }
                match weaving.weave(std::slice::from_ref(&call), instance).await {
                    Ok(woven) => {
                        grown.extend(woven.conversations);
                        stored = true;
                        break;
                    }
                    Err(error) if is_ours(&error) => {
                        tracing::error!(%error, request = call.request, "a call cannot be stored as it is");
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            if !stored {
                tracing::error!(request = call.request, "a call cannot be stored at all; the spool is kept");
                self.0.weaver.keeps.store(true, Ordering::Relaxed);
            }
        }
        Ok(grown)
    }
}

/// A task that did not come to its end.
fn failed(error: tokio::task::JoinError) -> StoreError {
    StoreError::from(io::Error::other(error))
}

/// Whether storing it again would fail again: it is not the disk.
fn is_ours(error: &StoreError) -> bool {
    matches!(error, StoreError::Refused(_) | StoreError::NotFound { .. })
}

fn remove(path: &Path) -> Result<(), EngineError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::from(error).into()),
        _ => Ok(()),
    }
}

/// Weaves what is left of this process's spool, and deletes it: it is about to leave.
///
/// # Errors
/// When something cannot be stored, or calls are still under way: the next start takes care of it.
pub(crate) async fn drain(engine: &Engine) -> Result<(), EngineError> {
    let spool = &engine.0.spool;
    if !spool.flush() {
        return Err(StoreError::from(io::Error::other("the spool cannot be written")).into());
    }
    let mut state = engine.0.weaver.state.lock().await;
    engine.weave_new(&mut state).await?;
    if let Some(grown) = state.untold.take() {
        engine.tell_of(&grown);
    }
    if !state.gathered.is_empty() {
        return Err(StoreError::from(io::Error::other("calls of the gateway are still under way")).into());
    }
    if engine.0.weaver.keeps.load(Ordering::Relaxed) {
        return Err(StoreError::from(io::Error::other("a call of the gateway cannot be stored")).into());
    }
    let (present, written) = spool.present();
    if present > 0 && (state.file.max(1), state.offset) >= (present, written) {
        for number in state.deleted.max(1)..=present {
            remove(&spool.path(number))?;
        }
        state.deleted = present + 1;
    }
    Ok(())
}

/// Files of spools by whose they are, in order.
fn files(folder: &Path) -> io::Result<BTreeMap<InstanceId, BTreeMap<u32, PathBuf>>> {
    let mut found: BTreeMap<InstanceId, BTreeMap<u32, PathBuf>> = BTreeMap::new();
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if let Some((instance, number)) = spool::named(&path) {
            found.entry(instance).or_default().insert(number, path);
        }
    }
    Ok(found)
}

/// Folds in what a dead process has left in its spool. To be done before its leases return: what it spent
/// is taken from them.
///
/// # Errors
/// When something cannot be stored: its files are still there.
pub(crate) async fn fold_dead(engine: &Engine, instance: InstanceId) -> Result<(), EngineError> {
    let left = files(engine.0.spool.folder()).map_err(StoreError::from)?.remove(&instance);
    let Some(left) = left else { return Ok(()) };
    let mut gathered = Gathered::default();
    let mut grown = BTreeSet::new();
    let (mut calls, mut waiting) = (0, Vec::new());
    let mut damaged: BTreeSet<u32> = BTreeSet::new();
    let last = left.keys().next_back().copied().unwrap_or(0);
    for (&number, path) in &left {
        let mut offset = 0;
        loop {
            let (file, mut so_far) = (path.clone(), std::mem::take(&mut gathered));
            let read = tokio::task::spawn_blocking(move || {
                let read = so_far.read(&file, number, offset, u64::MAX);
                (read, so_far)
            });
            let (read, so_far) = read.await.map_err(failed)?;
            gathered = so_far;
            let progress = match read {
                // Somebody else folds it in too, and was quicker.
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                read => read.map_err(StoreError::from)?,
            };
            offset += progress.taken;
            waiting.extend(progress.over);
            if waiting.len() >= BATCH || waiting.iter().map(Call::size).sum::<usize>() >= BATCH_BYTES {
                calls += waiting.len();
                grown.extend(engine.weave_calls(&Arc::new(std::mem::take(&mut waiting)), instance).await?);
            }
            if let Some(error) = progress.damaged {
                tracing::error!(%error, file = %path.display(), offset, "a spool is damaged; what is whole before that counts");
                damaged.insert(number);
                break;
            }
            if progress.taken == 0 {
                let length = std::fs::metadata(path).map_or(offset, |about| about.len());
                // The last record of a process that died may be cut; anywhere else it is damage.
                if length > offset && number != last {
                    tracing::error!(file = %path.display(), offset, "a spool ends within a record");
                    damaged.insert(number);
                }
                break;
            }
        }
    }
    waiting.extend(gathered.give_up());
    calls += waiting.len();
    grown.extend(engine.weave_calls(&Arc::new(waiting), instance).await?);
    for (number, path) in &left {
        if damaged.contains(number) || engine.0.weaver.keeps.load(Ordering::Relaxed) {
            let aside = path.with_extension(format!("{}.{DAMAGED}", spool::ENDING));
            tracing::error!(file = %aside.display(), "a damaged spool is kept here; delete it when you need it no more");
            match std::fs::rename(path, &aside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::from(error).into());
                }
                _ => {}
            }
        } else {
            remove(path)?;
        }
    }
    tracing::info!(%instance, calls, "what a process left in its spool is stored");
    engine.tell_of(&grown);
    engine.0.store.moving().index_soon();
    Ok(())
}

/// Folds in spools that nobody is left to weave, whoever wrote them: processes that could not store all of
/// it before they left, or that the data file no longer knows.
pub(crate) async fn fold_orphans(engine: &Engine) {
    let left = match files(engine.0.spool.folder()) {
        Ok(left) => left,
        Err(error) => {
            tracing::warn!(%error, "spools that were left behind cannot be looked for");
            return;
        }
    };
    for instance in left.into_keys().filter(|id| *id != engine.0.instance) {
        let folded = match engine.0.store.instances().is_alive(instance) {
            Ok(true) => continue,
            Ok(false) => fold_dead(engine, instance).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = folded {
            tracing::warn!(%error, %instance, "a spool that was left behind waits to be stored");
        }
    }
}
