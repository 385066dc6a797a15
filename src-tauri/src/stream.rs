//! From the engine's streams to the web view's channels. A batch is below 8 KiB of JSON, so that
//! Tauri hands it over directly; larger ones would cost a second round trip.

use domain::EventBatch;
use engine::{Changed, Events};
use std::sync::{Mutex, PoisonError};
use tauri::ipc::Channel;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    task::AbortHandle,
};

/// What is being passed on to the present page. A channel does not notice that its page was
/// reloaded, so each page's streams end when the next one begins.
#[derive(Default)]
pub struct Streams(Mutex<Vec<AbortHandle>>);

impl Streams {
    fn spawn(&self, stream: impl Future<Output = ()> + Send + 'static) {
        let task = tauri::async_runtime::spawn(stream).inner().abort_handle();
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// Ends them all; the runs themselves go on.
    pub fn end(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).for_each(|task| task.abort());
    }

    /// Passes on a run's batches until it is over or the page is gone.
    pub fn forward(&self, mut events: Events, to: Channel<EventBatch>) {
        self.spawn(async move {
            while let Some(batch) = events.next().await {
                if to.send((*batch).clone()).is_err() {
                    return;
                }
            }
        });
    }

    /// Passes on what changed; a listener that lagged is told that everything may have.
    pub fn announce(&self, mut changes: Receiver<Changed>, to: Channel<Changed>) {
        self.spawn(async move {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_page_that_is_gone_leaves_no_listener_behind() {
        let (changes, _) = tokio::sync::broadcast::channel(1);
        let streams = Streams::default();
        streams.announce(changes.subscribe(), Channel::new(|_| Ok(())));
        assert_eq!(changes.receiver_count(), 1);
        streams.end();
        while changes.receiver_count() > 0 {
            tokio::task::yield_now().await;
        }
    }
}
