//! What a crash left behind: answers that a dead process was writing become interrupted, with
//! every character that was shown.

use crate::{Engine, EngineError, cost, engine::now, fold::Shown, known, wire::weave};
use domain::{
    AttemptOutcome, Completion, CompletionId, CompletionState, Cost, Dialect, ErrorKind, EventItem, Failure,
    InstanceId, LiveEnd, MessageStatus, RunId, Target, Usage, UsageBy,
};
use store::{Finish, JournalRow};

/// Mends what dead instances left unfinished. Instances that live keep what they write. What cannot
/// be mended now (a full disk, one damaged row) keeps nobody from the rest, and is tried again.
pub(crate) async fn mend(engine: &Engine) {
    let dead = match engine.0.store.instances().dead().await {
        Ok(dead) => dead,
        Err(error) => {
            tracing::warn!(%error, "it is not known which processes have died");
            return;
        }
    };
    // Our own is mended by whoever comes after us.
    for instance in dead.into_iter().filter(|id| *id != engine.0.instance) {
        if let Err(error) = mend_instance(engine, instance).await {
            tracing::warn!(%error, %instance, "what a crash left behind is not all mended");
        }
    }
    weave::fold_orphans(engine).await;
}

async fn mend_instance(engine: &Engine, instance: InstanceId) -> Result<(), EngineError> {
    let store = &engine.0.store;
    weave::fold_dead(engine, instance).await?;
    let mut failed = None;
    for completion in store.instances().unfinished_of(instance).await? {
        match interrupt(engine, &completion).await {
            Ok(()) => engine.0.changes.tell(["conversations", "conversation:*"]),
            Err(error) => failed = Some(error),
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    Ok(store.instances().remove(instance).await?)
}

async fn interrupt(engine: &Engine, completion: &Completion) -> Result<(), EngineError> {
    let store = &engine.0.store;
    let mut shown = shown_of_rows(&store.journal().of(completion.id).await?);
    let mut metrics = shown.metrics.take().unwrap_or(completion.metrics);
    // Of two that were asked beside each other, the one whose words are shown; of one, that one.
    let answering = shown.attempt.take().map(|(_, target)| target);
    let parts = shown.into_parts();
    let reported = std::mem::take(&mut metrics.usage);
    let (mut spent, mut counted) = (None, false);
    let mut add = |cost: Option<Cost>| {
        spent = if std::mem::replace(&mut counted, true) { cost::sum(spent, cost) } else { cost };
    };
    // What calls used that broke off after their first words, where another went on with these.
    let (mut before, mut running) = (Usage::default(), false);
    for mut attempt in store.attempts().of(completion.id).await? {
        if attempt.outcome != AttemptOutcome::Running {
            if let Some(by) = attempt.usage_by {
                add(attempt.cost.map(|usd| Cost { usd, estimated: by == UsageBy::Estimated }));
            }
            if attempt.outcome == AttemptOutcome::Failed && attempt.first_ms.is_some() {
                before = before.plus(attempt.usage);
            }
            continue;
        }
        running = true;
        attempt.outcome = AttemptOutcome::Interrupted;
        // What a judge was sent is in no message.
        let Some(message) = completion.message_id else {
            store.attempts().finish(&attempt).await?;
            continue;
        };
        // Nobody will tell any more what it cost, but it was not nothing.
        let provider = engine.config().provider(&attempt.provider).cloned();
        let dialect = provider.as_ref().map_or(Dialect::OpenaiChat, |p| p.dialect);
        // The streaming message itself weighs what it began with.
        let sent = engine.weigh_path(message).await?.tokens(dialect);
        let target = Target::of(&attempt.provider, &attempt.model);
        let answers = answering.as_ref().is_none_or(|one| *one == target);
        let (told, said) = if answers { (reported, &parts[..]) } else { (Usage::default(), &[][..]) };
        let (usage, by) = cost::usage_or_estimate(told, sent, &[], said);
        let (mut usage, by) = cost::at_least(usage, by, &cost::estimate_of(&[], said));
        if answers && by == UsageBy::Estimated {
            // All the words are shown as one answer; those of the calls before are counted.
            let rest =
                |all: Option<u32>, told: Option<u32>| all.map(|all| all.saturating_sub(told.unwrap_or(0)));
            usage.output = rest(usage.output, before.output);
            usage.reasoning = rest(usage.reasoning, before.reasoning);
        }
        (attempt.usage, attempt.usage_by) = (usage, Some(by));
        if answers {
            (metrics.usage, metrics.usage_by) = (before.plus(usage), Some(by));
        }
        let prices = provider.map(|provider| known::prices(engine, &provider, &attempt.model, &usage));
        let cost = prices.and_then(|prices| cost::cost(&prices, &usage, by));
        attempt.cost = cost.map(|c| c.usd);
        add(cost);
        store.attempts().finish(&attempt).await?;
    }
    if counted {
        metrics.cost = spent;
    }
    if !running {
        metrics.usage = reported;
    }
    let served = answering.filter(|_| !parts.is_empty()).or_else(|| completion.served.clone());
    tracing::info!(completion = %completion.id, "an answer was interrupted by a crash; its text is kept");
    store
        .completions()
        .finish(&Finish {
            completion: completion.id,
            message: completion.message_id,
            parts,
            status: MessageStatus::Interrupted,
            state: CompletionState::Interrupted,
            metrics,
            served,
            ended_at: now(),
        })
        .await?;
    Ok(store.stops().forget(completion.id).await?)
}

/// Ends an answer whose task died of a fault of ours, with what was shown of it, so that nobody waits
/// for it for ever.
pub(crate) async fn give_up(engine: &Engine, run: RunId, id: CompletionId) {
    engine.0.journal.flush().await;
    let error = Failure::new(ErrorKind::Upstream, "Orchesity failed while it wrote this answer; retry it");
    let state = CompletionState::Failed { error };
    let ended = async {
        let store = &engine.0.store;
        let Some(completion) = store.completions().get(id).await? else { return Ok(()) };
        let mut shown = shown_of_rows(&store.journal().of(id).await?);
        let metrics = shown.metrics.take().unwrap_or(completion.metrics);
        let finish = Finish {
            completion: id,
            message: completion.message_id,
            parts: shown.into_parts(),
            status: MessageStatus::Failed,
            state: state.clone(),
            metrics,
            served: None,
            ended_at: now(),
        };
        if store.completions().finish(&finish).await? {
            let end = LiveEnd { completion: id, state, metrics, attempts: 0 };
            engine.0.journal.write(run, vec![EventItem::End(end)]).await;
            engine.0.journal.flush().await;
        }
        Ok::<(), EngineError>(())
    };
    if let Err(error) = ended.await {
        tracing::error!(%error, completion = %id, "an answer could not be ended; the next start mends it");
    }
    engine.0.running.end(id);
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
