//! Telling screens which of their data is out of date.

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

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
pub(crate) struct Changes(broadcast::Sender<Changed>);

impl Changes {
    pub(crate) fn new() -> Self {
        Self(broadcast::channel(256).0)
    }

    pub(crate) fn tell<T: Into<String>>(&self, tags: impl IntoIterator<Item = T>) {
        // An error only says that nobody listens.
        let _ = self.0.send(Changed { tags: tags.into_iter().map(Into::into).collect() });
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Changed> {
        self.0.subscribe()
    }
}
