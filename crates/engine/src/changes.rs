//! Telling screens which of their data is out of date.

use serde::{Deserialize, Serialize};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::broadcast;

/// Who can be asked may be otherwise after these.
const WHO_CAN_BE_ASKED: [&str; 4] = ["providers", "models", "keys", "*"];

/// Data with these tags changed: whoever shows it asks again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// `conversations`, `conversation:<id>`, `traffic`, `providers`, `models`, `status`, `data`, `keys`, `folders`, `votes`, `search`; `*` is everything.
    pub tags: Vec<String>,
}

/// Where changes are announced. Cheap when nobody listens.
#[derive(Debug, Clone)]
pub(crate) struct Changes {
    to: broadcast::Sender<Changed>,
    /// Counts changes after which who can be asked may be otherwise.
    generation: Arc<AtomicU64>,
}

impl Changes {
    pub(crate) fn new() -> Self {
        Self { to: broadcast::channel(256).0, generation: Arc::default() }
    }

    pub(crate) fn tell<T: Into<String>>(&self, tags: impl IntoIterator<Item = T>) {
        let tags: Vec<String> = tags.into_iter().map(Into::into).collect();
        if tags.iter().any(|tag| WHO_CAN_BE_ASKED.contains(&tag.as_str())) {
            self.generation.fetch_add(1, Ordering::Release);
        }
        // An error only says that nobody listens.
        let _ = self.to.send(Changed { tags });
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Changed> {
        self.to.subscribe()
    }

    /// Counts changes after which who can be asked may be otherwise.
    pub(crate) fn generation(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.generation)
    }
}
