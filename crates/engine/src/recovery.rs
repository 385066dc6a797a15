//! What a crash left behind: answers that a dead process was writing become interrupted, with
//! every character that was shown.

use crate::{Engine, EngineError, cost, engine::now, fold::Shown};
use domain::{AttemptOutcome, Completion, CompletionState, EventItem, MessageId, MessageStatus, Target};
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
    let parts = shown.into_parts();
    if let Some((id, model)) = completion.served.as_ref().and_then(Target::split)
        && let Some(provider) = engine.config().provider(id)
    {
        let path = store.messages().path_to(message).await?;
        let sent = path.iter().flat_map(|m| &m.parts).map(cost::text_bytes).sum();
        let (usage, by) = cost::usage_or_estimate(metrics.usage, sent, &parts);
        metrics.usage = usage;
        metrics.usage_by = Some(by);
        metrics.cost = cost::cost(&engine.config().prices_of(provider, model), &usage, by);
    }
    tracing::info!(completion = %completion.id, "an answer was interrupted by a crash; its text is kept");
    store
        .completions()
        .finish(&Finish {
            completion: completion.id,
            message: Some(message),
            parts,
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
