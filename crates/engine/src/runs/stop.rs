//! Stopping answers, of this process and of others.

use crate::{Engine, EngineError};
use domain::{CompletionId, RunId};
use std::time::Duration;

/// How often it is looked whether another process wants one of our answers stopped.
const LOOK_EVERY: Duration = Duration::from_millis(250);

impl Engine {
    /// Stops one answer, also one that another process writes: that one hears of it within a second.
    /// What was shown of it stays. Stopping what has ended changes nothing.
    ///
    /// # Errors
    /// When another process writes it and cannot be told.
    pub async fn stop(&self, completion: CompletionId) -> Result<(), EngineError> {
        if self.0.running.stop(completion) {
            return Ok(());
        }
        Ok(self.0.store.stops().wish(completion).await?)
    }

    /// Stops every answer of a run.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn stop_run(&self, run: RunId) -> Result<(), EngineError> {
        for completion in self.completions(run).await? {
            self.stop(completion.id).await?;
        }
        Ok(())
    }
}

/// Hears what other processes wish for these answers, until it is dropped.
pub(super) async fn watch(engine: Engine, mut completions: Vec<CompletionId>) {
    while !completions.is_empty() {
        tokio::time::sleep(LOOK_EVERY).await;
        completions.retain(|id| engine.0.running.has(*id));
        for id in &completions {
            match engine.0.store.stops().wished(*id).await {
                Ok(true) => {
                    engine.0.running.stop(*id);
                    if let Err(error) = engine.0.store.stops().forget(*id).await {
                        tracing::debug!(%error, "a wish to stop stays until its key is used again");
                    }
                }
                Ok(false) => {}
                Err(error) => tracing::debug!(%error, "wishes to stop cannot be read"),
            }
        }
    }
}
