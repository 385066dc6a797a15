//! What a crash left behind: answers that a dead process was writing become interrupted, with
//! every character that was shown.

use crate::{Engine, EngineError, engine::now, fold::Shown};
use domain::{AttemptOutcome, Completion, CompletionState, EventItem, MessageId, MessageStatus};
use store::{Finish, JournalRow};

/// Mends what dead instances left unfinished. Instances that live keep what they write.
pub(crate) async fn mend(engine: &Engine) -> Result<(), EngineError> {
    let store = &engine.0.store;
    for instance in store.instances().dead().await? {
        for (completion, message) in store.instances().unfinished_of(instance).await? {
            interrupt(engine, &completion, message).await?;
        }
        store.instances().remove(instance).await?;
    }
    Ok(())
}

async fn interrupt(engine: &Engine, completion: &Completion, message: MessageId) -> Result<(), EngineError> {
    let store = &engine.0.store;
    let mut shown = shown_of_rows(&store.journal().of(completion.id).await?);
    let mut metrics = shown.metrics.take().unwrap_or(completion.metrics);
    for mut attempt in store.attempts().of(completion.id).await? {
        if attempt.outcome == AttemptOutcome::Running {
            attempt.outcome = AttemptOutcome::Interrupted;
            store.attempts().finish(&attempt).await?;
        }
    }
    metrics.duration_ms = None;
    tracing::info!(completion = %completion.id, "an answer was interrupted by a crash; its text is kept");
    store
        .completions()
        .finish(&Finish {
            completion: completion.id,
            message: Some(message),
            parts: shown.into_parts(),
            status: MessageStatus::Interrupted,
            state: CompletionState::Interrupted,
            metrics,
            served: completion.served.clone(),
            ended_at: now(),
        })
        .await?;
    Ok(())
}

/// What journal rows say was shown. Rows that cannot be read are passed over.
pub(crate) fn shown_of_rows(rows: &[JournalRow]) -> Shown {
    let mut shown = Shown::default();
    for row in rows {
        for item in serde_json::from_str::<Vec<EventItem>>(&row.data).unwrap_or_default() {
            shown.push(&item);
        }
    }
    shown
}
