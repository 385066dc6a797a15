//! Which answers this process is writing, and how to stop them.

use domain::CompletionId;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

type Tokens = HashMap<CompletionId, CancellationToken>;

/// The answers under way.
#[derive(Debug)]
pub(crate) struct Running {
    tokens: Arc<Mutex<Tokens>>,
    count: watch::Sender<u32>,
    /// The engine is being closed: what begins now is stopped at once.
    closing: AtomicBool,
    starting: tokio::sync::Mutex<()>,
}

impl Default for Running {
    fn default() -> Self {
        Self {
            tokens: Arc::default(),
            count: watch::Sender::new(0),
            closing: AtomicBool::new(false),
            starting: tokio::sync::Mutex::default(),
        }
    }
}

impl Running {
    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes completions that begin; each gets what stops it.
    pub(crate) fn begin(&self, completions: &[CompletionId]) -> Vec<CancellationToken> {
        let mut tokens = self.tokens();
        let new: Vec<_> = completions.iter().map(|id| tokens.entry(*id).or_default().clone()).collect();
        // Read under the lock: `stop_all` either finds these or was seen here.
        if self.closing.load(Ordering::SeqCst) {
            new.iter().for_each(CancellationToken::cancel);
        }
        self.count.send_replace(tokens.len() as u32);
        new
    }

    /// Held while a run is read together and stored.
    pub(crate) async fn starting(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.starting.lock().await
    }

    pub(crate) fn end(&self, completion: CompletionId) {
        let mut tokens = self.tokens();
        tokens.remove(&completion);
        self.count.send_replace(tokens.len() as u32);
    }

    /// Whether it is written here.
    pub(crate) fn has(&self, completion: CompletionId) -> bool {
        self.tokens().contains_key(&completion)
    }

    /// Stops an answer; `false` when it is not written here.
    pub(crate) fn stop(&self, completion: CompletionId) -> bool {
        let tokens = self.tokens();
        let token = tokens.get(&completion);
        if let Some(token) = token {
            token.cancel();
        }
        token.is_some()
    }

    /// Stops everything, also what should begin from now on.
    pub(crate) fn stop_all(&self) {
        self.closing.store(true, Ordering::SeqCst);
        self.tokens().values().for_each(CancellationToken::cancel);
    }

    /// Returns when an answer is not being written here any more.
    pub(crate) async fn ended(&self, completion: CompletionId) {
        let mut count = self.count.subscribe();
        // Looked at outside of the channel: whoever ends an answer holds the tokens while it tells.
        while self.has(completion) && count.changed().await.is_ok() {}
    }

    pub(crate) fn count(&self) -> u32 {
        *self.count.borrow()
    }

    /// Returns when nothing is being written any more.
    pub(crate) async fn all_ended(&self) {
        // The sender lives in `self`, so this cannot fail while we wait.
        let _ = self.count.subscribe().wait_for(|n| *n == 0).await;
    }
}
