//! Answers that are given again: in memory, and behind that in the store. Nobody waits for the store to
//! take a new one.

use crate::{Engine, engine::now};
use bytes::Bytes;
use domain::{Hash, Part, RunId, Target, Timestamp, Usage};
use providers::CacheConfig;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store::{CacheBounds, CacheEntry, CacheNews, Store};
use tokio::sync::Notify;

/// Longest answer that is kept.
pub(crate) const LONGEST: usize = 4 << 20;
/// Memory that answers may take, where the settings do not allow less on disk.
const IN_MEMORY: usize = 32 << 20;
/// What waits to be written may take so much; more of it is not kept.
const WAITING: usize = 32 << 20;
/// How far behind the store may be.
const BEHIND: Duration = Duration::from_millis(250);

/// An answer that can be given again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    /// The run that was answered first.
    pub(crate) run: RunId,
    pub(crate) at: Timestamp,
    pub(crate) head: KeptHead,
    /// As it was said.
    pub(crate) body: Bytes,
}

/// What is known of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptHead {
    pub(crate) target: Target,
    /// In which form it was said: those who want another have it said anew.
    pub(crate) form: u8,
    /// What it says.
    pub(crate) parts: Vec<Part>,
    pub(crate) usage: Usage,
    /// What it cost, in nano-dollars; `None` is unknown.
    pub(crate) cost_nano: Option<i64>,
}

/// Answers of this process, and what waits to be written.
#[derive(Default)]
pub(crate) struct AnswerCache {
    state: Mutex<State>,
    news: Notify,
    /// Held while some of it is written.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    known: HashMap<Hash, (u64, Arc<Kept>)>,
    /// Keys by when they were last asked for.
    order: BTreeMap<u64, Hash>,
    turn: u64,
    bytes: usize,
    waiting: Vec<(Hash, Arc<Kept>)>,
    waiting_bytes: usize,
    used: HashMap<Hash, Timestamp>,
}

impl Kept {
    fn size(&self) -> usize {
        // The parts say the same as the body.
        self.body.len() * 2 + 512
    }

    /// Whether it is still given to those who ask, and not only when nobody else answers.
    pub(crate) fn is_fresh(&self, config: &CacheConfig) -> bool {
        now().millis().saturating_sub(self.at.millis()) < i64::from(config.ttl_s) * 1_000
    }
}

impl State {
    fn put(&mut self, key: Hash, kept: Arc<Kept>, most: usize) {
        self.take_out(&key);
        self.turn += 1;
        self.bytes += kept.size();
        self.known.insert(key, (self.turn, kept));
        self.order.insert(self.turn, key);
        while self.bytes > most
            && let Some((_, oldest)) = self.order.first_key_value()
        {
            let oldest = *oldest;
            self.take_out(&oldest);
        }
    }

    fn take_out(&mut self, key: &Hash) {
        if let Some((turn, kept)) = self.known.remove(key) {
            self.order.remove(&turn);
            self.bytes -= kept.size();
        }
    }

    fn get(&mut self, key: &Hash) -> Option<Arc<Kept>> {
        let (turn, kept) = self.known.get_mut(key)?;
        self.order.remove(turn);
        self.turn += 1;
        *turn = self.turn;
        let kept = Arc::clone(kept);
        self.order.insert(self.turn, *key);
        Some(kept)
    }
}

impl AnswerCache {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer under a key, however old.
    pub(crate) async fn get(&self, store: &Store, key: &Hash, config: &CacheConfig) -> Option<Arc<Kept>> {
        let found = self.state().get(key);
        if found.is_some() {
            return found;
        }
        let entry = match store.cache().get(key).await {
            Ok(entry) => entry?,
            Err(error) => {
                tracing::warn!(%error, "kept answers cannot be looked up");
                return None;
            }
        };
        let head = match serde_json::from_str(&entry.head) {
            Ok(head) => head,
            Err(error) => {
                tracing::warn!(%error, "a kept answer cannot be read; it is asked for anew");
                return None;
            }
        };
        let kept = Arc::new(Kept { run: entry.run, at: entry.created_at, head, body: entry.body.into() });
        self.state().put(*key, Arc::clone(&kept), in_memory(config));
        Some(kept)
    }

    /// Keeps an answer.
    pub(crate) fn put(&self, key: Hash, kept: Kept, config: &CacheConfig) {
        let kept = Arc::new(kept);
        let mut state = self.state();
        state.put(key, Arc::clone(&kept), in_memory(config));
        if state.waiting_bytes + kept.size() <= WAITING {
            state.waiting_bytes += kept.size();
            state.waiting.push((key, kept));
        }
        drop(state);
        self.news.notify_one();
    }

    /// Notes that an answer was given again: those that are not go first.
    pub(crate) fn used(&self, key: Hash) {
        self.state().used.insert(key, now());
        self.news.notify_one();
    }

    /// Forgets what is in memory, and what was to be written: something is to be erased, or was. Nothing of it
    /// is being written when this returns.
    pub(crate) async fn forget(&self) {
        let _still = self.writing.lock().await;
        *self.state() = State::default();
    }

    /// Forgets what is in memory: another process may have erased it. What is to be written stays.
    pub(crate) fn doubt(&self) {
        let mut state = self.state();
        state.known.clear();
        state.order.clear();
        state.bytes = 0;
    }

    /// Writes what waits.
    pub(crate) async fn flush(&self, store: &Store, config: &CacheConfig) {
        let _alone = self.writing.lock().await;
        let (waiting, used) = {
            let mut state = self.state();
            state.waiting_bytes = 0;
            (std::mem::take(&mut state.waiting), std::mem::take(&mut state.used))
        };
        if waiting.is_empty() && used.is_empty() {
            return;
        }
        let entries = waiting.into_iter().filter_map(|(key, kept)| {
            let head = serde_json::to_string(&kept.head).ok()?;
            Some(CacheEntry { key, run: kept.run, head, body: kept.body.to_vec(), created_at: kept.at })
        });
        let news = CacheNews { entries: entries.collect(), used: used.into_iter().collect() };
        let old = Timestamp::from_millis(now().millis() - i64::from(config.ttl_s) * 1_000);
        let bounds = CacheBounds {
            bytes: u64::from(config.max_mb) << 20,
            // When nobody can be asked, an old answer is better than none.
            since: (!config.offline).then_some(old),
        };
        if let Err(error) = store.cache().write(&news, bounds).await {
            tracing::warn!(%error, "answers are kept in memory only: the store does not take them");
        }
    }
}

fn in_memory(config: &CacheConfig) -> usize {
    IN_MEMORY.min((config.max_mb as usize) << 20)
}

impl Engine {
    /// Writes answers that are to be given again, for as long as the engine lives.
    pub(crate) fn keep_answers(&self) {
        let weak = Arc::downgrade(&self.0);
        let cache = Arc::clone(&self.0.cache);
        tokio::spawn(async move {
            loop {
                cache.news.notified().await;
                tokio::time::sleep(BEHIND).await;
                let Some(inner) = weak.upgrade() else { return };
                cache.flush(&inner.store, &inner.config.current().cache).await;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(size: usize) -> Kept {
        Kept {
            run: RunId::from_uuid(uuid::Uuid::now_v7()),
            at: now(),
            head: KeptHead {
                target: "a/b".parse().unwrap(),
                form: 0,
                parts: Vec::new(),
                usage: Usage::default(),
                cost_nano: None,
            },
            body: vec![0; size].into(),
        }
    }

    #[test]
    fn memory_is_bounded_and_what_was_asked_for_stays() {
        let mut state = State::default();
        let key = |n: u32| Hash::of(&n.to_le_bytes());
        for n in 0..100 {
            state.put(key(n), Arc::new(kept(1_000)), 30_000);
            assert!(state.get(&key(0)).is_some());
            assert!(state.bytes <= 30_000);
        }
        assert!(state.get(&key(1)).is_none() && state.get(&key(99)).is_some());
        assert_eq!(state.known.len(), state.order.len());
        state.put(key(200), Arc::new(kept(1 << 20)), 30_000);
        assert_eq!((state.known.len(), state.bytes), (0, 0));
    }
}
