//! Watching a run: what was missed, then what comes, whichever process is asking.

use crate::{
    Engine, EngineError,
    fold::{Shown, shown_of},
    journal::{self, Attached},
};
use domain::{BatchKind, CompletionId, EventBatch, EventItem, LiveEnd, RunId};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};
use store::{Feed, JournalRow};
use tokio::sync::{broadcast::error::RecvError, mpsc};

/// How often another process's run is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(40);
/// So many looks that find nothing new, and it is asked whether its process still lives.
const LOOKS_IN_VAIN: u32 = 25;

/// The batches of a run, in order. It ends when every completion of the run has ended.
#[derive(Debug)]
pub struct Events(mpsc::Receiver<Arc<EventBatch>>);

impl Events {
    /// The next batch; `None` when the run is over.
    pub async fn next(&mut self) -> Option<Arc<EventBatch>> {
        self.0.recv().await
    }
}

impl Engine {
    /// Attaches to a run. `since` is the number of the last batch that the caller has folded; with
    /// 0, or when those batches are gone, a snapshot comes first. A caller that is too slow gets a
    /// snapshot too, never a gap. Dropping the result detaches and leaves the run alone.
    ///
    /// # Errors
    /// When there is no such run.
    pub async fn events(&self, run: RunId, since: u32) -> Result<Events, EngineError> {
        if self.0.store.runs().get(run).await?.is_none() {
            return Err(EngineError::NotFound { what: "run", id: run.to_string() });
        }
        let (sender, receiver) = mpsc::channel(64);
        let engine = self.clone();
        tokio::spawn(async move {
            let mut told = Told { since, ended: HashSet::new() };
            // A run of this process is followed live. When it is over here, or is another
            // process's, the store tells the rest.
            if let Some(attached) = engine.0.journal.attach(run, since)
                && !follow(&engine, run, attached, &sender, &mut told).await
            {
                return;
            }
            if let Err(error) = look(&engine, run, &sender, told).await {
                tracing::warn!(%error, %run, "a run cannot be read");
            }
        });
        Ok(Events(receiver))
    }
}

/// What a watcher has been told so far.
struct Told {
    /// The number of the last batch.
    since: u32,
    /// Completions whose end it knows.
    ended: HashSet<CompletionId>,
}

impl Told {
    fn note(&mut self, batch: &EventBatch) {
        // A snapshot says where it stands, whatever number the watcher came with.
        self.since = if batch.kind == BatchKind::Live { self.since.max(batch.seq) } else { batch.seq };
        self.ended.extend(batch.items.iter().filter_map(|item| match item {
            EventItem::End(end) => Some(end.completion),
            _ => None,
        }));
    }
}

type Watcher = mpsc::Sender<Arc<EventBatch>>;

/// Passes on a live run's batches until it is over here. Says whether the watcher is still there.
async fn follow(engine: &Engine, run: RunId, first: Attached, to: &Watcher, told: &mut Told) -> bool {
    let mut attached = Some(first);
    while let Some(Attached { backlog, mut receiver }) = attached.take() {
        for batch in backlog {
            told.note(&batch);
            if to.send(batch).await.is_err() {
                return false;
            }
        }
        loop {
            match receiver.recv().await {
                Ok(batch) if batch.seq <= told.since => {}
                Ok(batch) => {
                    told.note(&batch);
                    if to.send(batch).await.is_err() {
                        return false;
                    }
                }
                Err(RecvError::Lagged(_)) => {
                    attached = engine.0.journal.attach(run, 0);
                    break;
                }
                Err(RecvError::Closed) => return true,
            }
        }
    }
    true
}

/// Follows a run through the store until all of it has ended.
async fn look(engine: &Engine, run: RunId, to: &Watcher, mut told: Told) -> Result<(), EngineError> {
    // Somebody who knows nothing yet begins with a snapshot.
    let mut lost = told.since == 0;
    let mut idle = 0;
    loop {
        let feed = engine.0.store.runs().feed(run, told.since, false).await?;
        let fresh = feed.last_seq > told.since;
        let mut live: BTreeMap<u32, Vec<EventItem>> = BTreeMap::new();
        for row in &feed.rows {
            live.entry(row.seq).or_default().extend(items_of(row));
        }
        let whole = live.len() as u32 == feed.last_seq.saturating_sub(told.since);
        let unheard =
            feed.completions.iter().any(|(c, _)| c.state.is_terminal() && !told.ended.contains(&c.id));
        let over = feed.completions.iter().all(|(c, _)| c.state.is_terminal());
        let batches = if lost || (fresh && !whole) || (unheard && !fresh) {
            lost = false;
            // Read in one go, so that nothing is finished between the parts of a snapshot.
            snapshot_of(engine, &engine.0.store.runs().feed(run, 0, true).await?, run).await?
        } else {
            let batch = |(seq, items)| Arc::new(EventBatch { run, seq, kind: BatchKind::Live, items });
            live.into_iter().map(batch).collect()
        };
        idle = if batches.is_empty() { idle + 1 } else { 0 };
        if idle == LOOKS_IN_VAIN {
            idle = 0;
            // Whoever wrote it may have died.
            crate::recovery::mend(engine).await;
        }
        for batch in batches {
            told.note(&batch);
            if to.send(batch).await.is_err() {
                return Ok(());
            }
        }
        let all_told = feed.completions.iter().all(|(c, _)| told.ended.contains(&c.id));
        if (over && all_told) || to.is_closed() {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn snapshot_of(engine: &Engine, feed: &Feed, run: RunId) -> Result<Vec<Arc<EventBatch>>, EngineError> {
    let mut states = Vec::new();
    for (completion, parts) in &feed.completions {
        let mut shown = Shown::default();
        if completion.state.is_terminal() {
            shown.parts = shown_of(parts);
            let attempts = engine.0.store.attempts().of(completion.id).await?.len() as u32;
            let (state, metrics) = (completion.state.clone(), completion.metrics);
            shown.end = Some(LiveEnd { completion: completion.id, state, metrics, attempts });
        } else {
            feed.rows
                .iter()
                .filter(|r| r.completion == completion.id)
                .flat_map(items_of)
                .for_each(|i| shown.push(&i));
        }
        states.push((completion.id, shown));
    }
    Ok(journal::snapshot(run, feed.last_seq, states.iter().map(|(id, shown)| (*id, shown))))
}

fn items_of(row: &JournalRow) -> Vec<EventItem> {
    serde_json::from_str(&row.data).unwrap_or_default()
}
