//! The journal: a batch is committed, then shown.
//!
//! Every completion hands its items to one task. That task gathers what arrives within a frame,
//! numbers it per run, commits all of it in one transaction and only then publishes it. So what a
//! screen ever showed is on disk, the store has one writer, and however many answers stream,
//! screens get at most [`BATCHES_PER_SECOND`] batches a second in total.
//!
//! When the disk refuses (full, read-only), batches are shown all the same, kept in memory and
//! tried again with every frame; `Engine::status` says so meanwhile.

use crate::{
    changes::Changes,
    fold::{Shown, pieces},
};
use domain::{BatchKind, CompletionId, CompletionState, EventBatch, EventItem, RunId};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store::{JournalRow, Store};
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    time::{Instant, sleep_until},
};

/// Most batches that are published in a second, all runs together: what comes after a rest is published at
/// once, and more often than this a web view that paints in software cannot draw.
pub(crate) const BATCHES_PER_SECOND: u32 = 20;
/// Room for one item's text, so that a batch with its envelope stays below `EventBatch::MAX_JSON`
/// even when every byte is escaped to six.
const PIECE: usize = 1_000;
/// Bytes of JSON that a batch's items may take together.
const BATCH_ROOM: usize = EventBatch::MAX_JSON - 200;
/// How long a disk that refused is left alone, and how many rows it is then given at once: all of
/// them with every frame would be work that grows with what is waiting.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
const ROWS_AT_ONCE: usize = 500;
/// How much of a live run's recent batches is kept for those who attach again.
const RECENT_BYTES: usize = 256 * 1024;
/// Batches that a watcher may lag behind before it is given a snapshot.
const WATCHER_ROOM: usize = 256;

/// Whether a batch is committed before it is shown. Anything else than that loses text in a crash
/// and exists only to prove that the tests would notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Commit, then show.
    #[default]
    CommitFirst,
    /// Show, and commit this much later.
    #[cfg(feature = "guards")]
    ShowFirst(Duration),
}

/// What a completion tells the journal.
pub(crate) enum Entry {
    Items {
        run: RunId,
        items: Vec<EventItem>,
    },
    /// Answered when all that was sent before is committed and shown.
    Flush(oneshot::Sender<()>),
}

/// The live side of one run.
struct LiveRun {
    /// The last number given out. Its batch may still be on its way to the disk.
    numbered: u32,
    /// The last number shown: what a watcher who attaches now starts from.
    seq: u32,
    recent: VecDeque<Arc<EventBatch>>,
    recent_bytes: usize,
    shown: HashMap<CompletionId, Shown>,
    order: Vec<CompletionId>,
    sender: broadcast::Sender<Arc<EventBatch>>,
}

/// Where completions write and watchers read.
#[derive(Clone)]
pub(crate) struct Journal {
    entries: mpsc::Sender<Entry>,
    live: Arc<Mutex<HashMap<RunId, LiveRun>>>,
}

/// What a watcher starts from.
pub(crate) struct Attached {
    pub(crate) backlog: Vec<Arc<EventBatch>>,
    pub(crate) receiver: broadcast::Receiver<Arc<EventBatch>>,
}

impl Journal {
    /// Starts the task. `saved` is told whether the last commit succeeded.
    pub(crate) fn start(
        store: Store,
        order: Order,
        saved: Arc<crate::storage::Saved>,
        changes: Changes,
    ) -> Self {
        let (entries, inbox) = mpsc::channel(1_024);
        let live = Arc::new(Mutex::new(HashMap::new()));
        let (unsaved, again_at) = (VecDeque::new(), Instant::now());
        let task = Task { store, live: live.clone(), order, saved, changes, unsaved, again_at };
        tokio::spawn(task.run(inbox));
        Self { entries, live }
    }

    fn live(&self) -> MutexGuard<'_, HashMap<RunId, LiveRun>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a run watchable before its completions begin.
    pub(crate) fn open_run(&self, run: RunId, completions: impl IntoIterator<Item = CompletionId>) {
        let order: Vec<CompletionId> = completions.into_iter().collect();
        let shown = order.iter().map(|id| (*id, Shown::default())).collect();
        let (sender, _) = broadcast::channel(WATCHER_ROOM);
        let recent = VecDeque::new();
        self.live()
            .insert(run, LiveRun { numbered: 0, seq: 0, recent, recent_bytes: 0, shown, order, sender });
    }

    /// Hands over items; waits only when the journal is far behind, which holds back the source.
    pub(crate) async fn write(&self, run: RunId, items: Vec<EventItem>) {
        if !items.is_empty() {
            // The task ends with the engine; then nobody is left to show anything to.
            let _ = self.entries.send(Entry::Items { run, items }).await;
        }
    }

    /// Returns when all that was written before is committed and shown.
    pub(crate) async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.entries.send(Entry::Flush(done)).await.is_ok() {
            let _ = wait.await;
        }
    }

    /// Forgets a run that has ended; from now on it is read from the store.
    pub(crate) fn close_run(&self, run: RunId) {
        self.live().remove(&run);
    }

    /// What was shown of an answer of a live run.
    pub(crate) fn shown(&self, run: RunId, completion: CompletionId) -> Option<Shown> {
        self.live().get(&run)?.shown.get(&completion).cloned()
    }

    /// Attaches to a live run, or says that it is not live here.
    pub(crate) fn attach(&self, run: RunId, since: u32) -> Option<Attached> {
        let live = self.live();
        let run_state = live.get(&run)?;
        let receiver = run_state.sender.subscribe();
        let first_recent = run_state.recent.front().map_or(run_state.seq + 1, |b| b.seq);
        let backlog = if since > 0 && since <= run_state.seq && since + 1 >= first_recent {
            run_state.recent.iter().filter(|b| b.seq > since).cloned().collect()
        } else if run_state.seq == 0 {
            Vec::new()
        } else {
            let states = run_state.order.iter().filter_map(|id| run_state.shown.get(id).map(|s| (*id, s)));
            snapshot(run, run_state.seq, states)
        };
        Some(Attached { backlog, receiver })
    }
}

/// A snapshot of a run in pieces below the size of a batch; the last carries `SnapshotEnd`.
pub(crate) fn snapshot<'a>(
    run: RunId,
    seq: u32,
    states: impl IntoIterator<Item = (CompletionId, &'a Shown)>,
) -> Vec<Arc<EventBatch>> {
    let items: Vec<EventItem> = states.into_iter().flat_map(|(id, shown)| shown.replay(id, PIECE)).collect();
    let mut groups = pack(items);
    if groups.is_empty() {
        groups.push(Vec::new());
    }
    let last = groups.len() - 1;
    let piece = |(at, items)| {
        let kind = if at == last { BatchKind::SnapshotEnd } else { BatchKind::Snapshot };
        Arc::new(EventBatch { run, seq, kind, items })
    };
    groups.into_iter().enumerate().map(piece).collect()
}

/// Cuts long texts and groups items so that each group's JSON stays below [`BATCH_ROOM`].
fn pack(items: Vec<EventItem>) -> Vec<Vec<EventItem>> {
    let mut groups: Vec<Vec<EventItem>> = Vec::new();
    let mut room = 0;
    for item in items.into_iter().flat_map(cut) {
        let size = json_size(&item) + 1;
        if size > room || groups.is_empty() {
            groups.push(Vec::new());
            room = BATCH_ROOM;
        }
        room = room.saturating_sub(size);
        if let Some(group) = groups.last_mut() {
            group.push(item);
        }
    }
    groups
}

/// One long `Append` as several; anything else as it is.
fn cut(item: EventItem) -> Vec<EventItem> {
    match item {
        EventItem::Append { completion, part, at, text } if text.len() > PIECE => {
            let mut at = at;
            pieces(&text, PIECE)
                .map(|piece| {
                    let item = EventItem::Append { completion, part, at, text: piece.to_owned() };
                    at += piece.encode_utf16().count() as u32;
                    item
                })
                .collect()
        }
        // Names and messages come from outside, and are as long as somebody liked; what is stored in the
        // end has them whole.
        EventItem::Open { completion, part, kind, text } if text.len() > PIECE => {
            let text = pieces(&text, PIECE).next().unwrap_or_default().to_owned();
            vec![EventItem::Open { completion, part, kind, text }]
        }
        EventItem::End(mut end) => {
            if let CompletionState::Failed { error } = &mut end.state
                && error.message.len() > PIECE
            {
                error.message = format!("{}…", pieces(&error.message, PIECE).next().unwrap_or_default());
            }
            vec![EventItem::End(end)]
        }
        other => vec![other],
    }
}

fn json_size(item: &EventItem) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Our own types always serialise; a failure would only make the batch look small.
    let _ = serde_json::to_writer(&mut count, item);
    count.0
}

/// Joins appends to the same part that follow each other, so that a frame holds one for each part.
fn join(items: Vec<EventItem>) -> Vec<EventItem> {
    let mut joined: Vec<EventItem> = Vec::with_capacity(items.len().min(16));
    let mut last_of: HashMap<CompletionId, usize> = HashMap::new();
    for item in items {
        let id = item.completion();
        if let EventItem::Append { part, text, .. } = &item
            && let Some(EventItem::Append { part: open, text: so_far, .. }) =
                last_of.get(&id).and_then(|at| joined.get_mut(*at))
            && open == part
        {
            so_far.push_str(text);
            continue;
        }
        last_of.insert(id, joined.len());
        joined.push(item);
    }
    joined
}

struct Task {
    store: Store,
    live: Arc<Mutex<HashMap<RunId, LiveRun>>>,
    order: Order,
    saved: Arc<crate::storage::Saved>,
    changes: Changes,
    /// Rows that the disk refused so far, oldest first.
    unsaved: VecDeque<JournalRow>,
    /// When the disk is asked again.
    again_at: Instant,
}

impl Task {
    async fn run(mut self, mut inbox: mpsc::Receiver<Entry>) {
        let mut next_frame = Instant::now();
        loop {
            let first = tokio::select! {
                biased;
                entry = inbox.recv() => entry,
                // What waits for the disk waits for nothing else.
                () = sleep_until(self.again_at), if !self.unsaved.is_empty() => {
                    self.commit(Vec::new(), false).await;
                    continue;
                }
            };
            let Some(first) = first else { return };
            let mut frame: Vec<(RunId, Vec<EventItem>)> = Vec::new();
            let mut waiting = Vec::new();
            take(first, &mut frame, &mut waiting);
            // Somebody who waits for the end of an answer is not held up by the frame.
            while waiting.is_empty() {
                tokio::select! {
                    biased;
                    entry = inbox.recv() => match entry {
                        Some(entry) => take(entry, &mut frame, &mut waiting),
                        None => break,
                    },
                    () = sleep_until(next_frame) => break,
                }
            }
            while let Ok(entry) = inbox.try_recv() {
                take(entry, &mut frame, &mut waiting);
            }
            let published = self.commit_and_show(frame, !waiting.is_empty()).await;
            for done in waiting {
                let _ = done.send(());
            }
            next_frame = Instant::now() + Duration::from_secs(1) * published / BATCHES_PER_SECOND;
        }
    }

    /// Numbers, commits and shows one frame; says how many batches it made. `now` asks even a disk that
    /// refused just before.
    async fn commit_and_show(&mut self, frame: Vec<(RunId, Vec<EventItem>)>, now: bool) -> u32 {
        let mut batches = Vec::new();
        let mut rows = Vec::new();
        for (run, items) in frame {
            let Some(mut seq) = lock(&self.live).get(&run).map(|r| r.numbered) else { continue };
            for items in pack(join(items)) {
                seq += 1;
                rows.extend(rows_of(run, seq, &items));
                batches.push(EventBatch { run, seq, kind: BatchKind::Live, items });
            }
            if let Some(state) = lock(&self.live).get_mut(&run) {
                state.numbered = seq;
            }
        }
        let count = batches.len() as u32;
        match self.order {
            Order::CommitFirst => {
                self.commit(rows, now).await;
                self.show(batches);
            }
            #[cfg(feature = "guards")]
            Order::ShowFirst(delay) => {
                self.show(batches);
                tokio::time::sleep(delay).await;
                self.commit(rows, now).await;
            }
        }
        count
    }

    async fn commit(&mut self, rows: Vec<JournalRow>, now: bool) {
        let refused = !self.unsaved.is_empty();
        self.unsaved.extend(rows);
        if self.unsaved.is_empty() {
            return;
        }
        if refused && !now && Instant::now() < self.again_at {
            return;
        }
        while !self.unsaved.is_empty() {
            // What never failed goes in one transaction: it is one frame.
            let count = if refused { self.unsaved.len().min(ROWS_AT_ONCE) } else { self.unsaved.len() };
            let rows = &self.unsaved.make_contiguous()[..count];
            match self.store.journal().append(rows).await {
                Ok(()) => drop(self.unsaved.drain(..count)),
                Err(error) => {
                    tracing::error!(%error, rows = self.unsaved.len(), "the journal cannot be written");
                    self.again_at = Instant::now() + AGAIN_AFTER;
                    if self.saved.bad(&error.to_string()) {
                        self.changes.tell(["status"]);
                    }
                    return;
                }
            }
        }
        if self.saved.good() {
            self.changes.tell(["status"]);
        }
    }

    fn show(&self, batches: Vec<EventBatch>) {
        let mut live = lock(&self.live);
        for batch in batches {
            let Some(run) = live.get_mut(&batch.run) else { continue };
            run.seq = batch.seq;
            let mut size = 64;
            for item in &batch.items {
                size += if let EventItem::Append { text, .. } = item { text.len() + 96 } else { 96 };
                if let Some(shown) = run.shown.get_mut(&item.completion()) {
                    shown.push(item);
                }
            }
            let batch = Arc::new(batch);
            run.recent.push_back(batch.clone());
            run.recent_bytes += size;
            while run.recent_bytes > RECENT_BYTES && run.recent.len() > 1 {
                // Sizes are estimates: half the ring goes at once, and the sum starts again from what is left.
                let keep = run.recent.len() / 2;
                run.recent.drain(..run.recent.len() - keep);
                run.recent_bytes /= 2;
            }
            let _ = run.sender.send(batch);
        }
    }
}

fn lock(live: &Mutex<HashMap<RunId, LiveRun>>) -> MutexGuard<'_, HashMap<RunId, LiveRun>> {
    live.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take(entry: Entry, frame: &mut Vec<(RunId, Vec<EventItem>)>, waiting: &mut Vec<oneshot::Sender<()>>) {
    match entry {
        Entry::Items { run, items } => match frame.iter_mut().find(|(id, _)| *id == run) {
            Some((_, all)) => all.extend(items),
            None => frame.push((run, items)),
        },
        Entry::Flush(done) => waiting.push(done),
    }
}

/// One row for each completion that a batch speaks of, so that a finished answer's rows can go.
fn rows_of(run: RunId, seq: u32, items: &[EventItem]) -> Vec<JournalRow> {
    let mut by_completion: Vec<(CompletionId, Vec<&EventItem>)> = Vec::new();
    for item in items {
        let id = item.completion();
        match by_completion.iter_mut().find(|(other, _)| *other == id) {
            Some((_, list)) => list.push(item),
            None => by_completion.push((id, vec![item])),
        }
    }
    let row = |(completion, list): (CompletionId, Vec<&EventItem>)| {
        let data = serde_json::to_string(&list).ok()?;
        Some(JournalRow { run, completion, seq, data })
    };
    by_completion.into_iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::PartKind;

    fn id(n: u128) -> CompletionId {
        CompletionId::from_uuid(uuid::Uuid::from_u128(n))
    }

    fn append(n: u128, at: u32, text: &str) -> EventItem {
        EventItem::Append { completion: id(n), part: 0, at, text: text.into() }
    }

    #[test]
    fn a_frame_holds_one_append_for_each_part_however_many_pieces_came() {
        let items = vec![append(1, 0, "a"), append(2, 0, "x"), append(1, 1, "b"), append(2, 1, "y")];
        assert_eq!(join(items), [append(1, 0, "ab"), append(2, 0, "xy")]);
    }

    #[test]
    fn no_batch_reaches_eight_kibibytes_even_when_everything_is_escaped() {
        let run = RunId::from_uuid(uuid::Uuid::from_u128(9));
        let items = vec![append(1, 0, &"\u{1}".repeat(30_000)), append(2, 0, &"é".repeat(9_000))];
        for items in pack(items) {
            let batch = EventBatch { run, seq: u32::MAX, kind: BatchKind::SnapshotEnd, items };
            assert!(serde_json::to_string(&batch).unwrap().len() < EventBatch::MAX_JSON);
        }
    }

    #[test]
    fn neither_do_names_and_errors_from_outside() {
        let run = RunId::from_uuid(uuid::Uuid::from_u128(9));
        let kind = PartKind::ToolCall;
        let open = EventItem::Open { completion: id(1), part: 0, kind, text: "\u{1}".repeat(30_000) };
        let error = domain::Failure::new(domain::ErrorKind::Upstream, "\u{1}".repeat(3_000));
        let (state, metrics) = (CompletionState::Failed { error }, domain::Metrics::default());
        let end = EventItem::End(domain::LiveEnd { completion: id(1), state, metrics, attempts: 1 });
        for items in pack(vec![open, end]) {
            let batch = EventBatch { run, seq: u32::MAX, kind: BatchKind::SnapshotEnd, items };
            assert!(serde_json::to_string(&batch).unwrap().len() < EventBatch::MAX_JSON);
        }
    }

    #[test]
    fn a_snapshot_ends_with_its_number_and_folds_to_what_was_shown() {
        let run = RunId::from_uuid(uuid::Uuid::from_u128(9));
        let mut shown = Shown::default();
        shown.push(&EventItem::Open {
            completion: id(1),
            part: 0,
            kind: PartKind::Text,
            text: String::new(),
        });
        shown.push(&append(1, 0, &"word ".repeat(10_000)));
        let pieces = snapshot(run, 42, [(id(1), &shown)]);
        assert!(pieces.iter().all(|b| b.seq == 42));
        assert_eq!(pieces.last().unwrap().kind, BatchKind::SnapshotEnd);
        let mut again = Shown::default();
        pieces.iter().flat_map(|b| &b.items).for_each(|item| again.push(item));
        assert_eq!(again, shown);
    }
}
