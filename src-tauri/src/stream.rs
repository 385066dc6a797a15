//! From the engine's streams to the web view's channels. A batch is below 8 KiB of JSON, so that
//! Tauri hands it over directly; larger ones would cost a second round trip.

use domain::EventBatch;
use engine::{Changed, Events};
use tauri::ipc::Channel;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Passes on a run's batches until it is over or the web view is gone.
pub fn forward(mut events: Events, to: Channel<EventBatch>) {
    tauri::async_runtime::spawn(async move {
        while let Some(batch) = events.next().await {
            if to.send((*batch).clone()).is_err() {
                return;
            }
        }
    });
}

/// Passes on what changed; a listener that lagged is told that everything may have.
pub fn announce(mut changes: Receiver<Changed>, to: Channel<Changed>) {
    tauri::async_runtime::spawn(async move {
        loop {
            let changed = match changes.recv().await {
                Ok(changed) => changed,
                Err(RecvError::Lagged(_)) => Changed { tags: vec!["*".to_owned()] },
                Err(RecvError::Closed) => return,
            };
            if to.send(changed).is_err() {
                return;
            }
        }
    });
}
