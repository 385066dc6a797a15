//! What lasts when processes come and go: answers that others left behind, leaving in order, doing
//! things at once.

use crate::ground::{Ground, Shown, asking, column};
use domain::{
    AskColumn, CompletionState, ConversationId, EventItem, RunOrigin, StartRun, StartedRun, UsageBy,
};
use engine::{Engine, EngineErrorKind, EngineOptions};

/// Asks in an engine of its own, and has that die once some text was shown.
async fn ask_and_die(ground: &Ground, target: &'static str) -> (StartedRun, String) {
    let home = ground.home.path().to_owned();
    let died = tokio::task::spawn_blocking(move || {
        let process =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let said = process.block_on(async {
            let engine = Engine::open(&home, EngineOptions::command()).await.unwrap();
            let started = engine.start_run(asking(None, "long", &[target]), RunOrigin::Cli).await.unwrap();
            let mut events = engine.events(started.run, 0).await.unwrap();
            let mut shown = String::new();
            while shown.is_empty() {
                for item in &events.next().await.unwrap().items {
                    if let EventItem::Append { text, .. } = item {
                        shown.push_str(text);
                    }
                }
            }
            (started, shown)
        });
        // Every task ends where it stands, and the lock is freed.
        process.shutdown_timeout(std::time::Duration::from_secs(10));
        said
    });
    died.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_watches_a_run_whose_process_died_is_told_its_end() {
    let ground = Ground::new().await;
    let (started, shown) = ask_and_die(&ground, "chat/slow").await;
    // This engine was open all along: no start of it could have mended anything.
    let seen = Shown::of(&ground.engine, started.run).await;
    let answer = ground.end_of(&started).await.remove(0);
    assert_eq!(answer.completion.state, CompletionState::Interrupted);
    assert!(answer.text().starts_with(&shown), "{shown:?} was shown, {:?} is kept", answer.text());
    assert_eq!(seen.text[&started.columns[0].completion], answer.text());
    let call = &answer.attempts[0];
    assert_eq!(
        (call.outcome, call.usage_by),
        (domain::AttemptOutcome::Interrupted, Some(UsageBy::Estimated))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_stops_what_streams_and_stores_it() {
    let ground = Ground::new().await;
    let home = ground.home.path();
    let leaving = Engine::open(home, EngineOptions::command()).await.unwrap();
    let started = leaving.start_run(asking(None, "long", &["chat/slow"]), RunOrigin::Cli).await.unwrap();
    let mut events = leaving.events(started.run, 0).await.unwrap();
    while !events.next().await.unwrap().items.iter().any(|i| matches!(i, EventItem::Append { .. })) {}
    leaving.close().await;
    let answer = ground.end_of(&started).await.remove(0);
    assert_eq!(answer.outcome(), "stopped");
    assert!(!answer.text().is_empty());
    assert!(ground.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaving_a_call_before_its_answer_costs_its_prompt() {
    let ground = Ground::new().await;
    let started = ground.ask("a prompt of some length", &["chat/silence"]).await;
    ground.provider.called(1).await;
    ground.engine.stop_run(started.run).await.unwrap();
    let answer = ground.end_of(&started).await.remove(0);
    let call = &answer.attempts[0];
    assert_eq!(call.usage_by, Some(UsageBy::Estimated));
    assert!(call.usage.input.unwrap() > 0 && call.usage.output == Some(0), "{:?}", call.usage);
    // One that was refused costs nothing that anybody knows of.
    let refused = ground.answer("chat/context-too-long").await;
    assert_eq!(refused.attempts[0].usage_by, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sending_twice_at_once_answers_once_on_a_branch() {
    let ground = Ground::new().await;
    let first = ground.ask("one", &["chat/ok"]).await;
    ground.end_of(&first).await;
    let again = || StartRun {
        columns: vec![AskColumn { ..column(Some(first.columns[0].branch), "chat/slow") }],
        ..asking(Some(first.conversation), "two", &[])
    };
    let (a, b) = tokio::join!(
        ground.engine.start_run(again(), RunOrigin::Cli),
        ground.engine.start_run(again(), RunOrigin::Cli)
    );
    let kinds: Vec<_> =
        [&a, &b].into_iter().filter_map(|r| r.as_ref().err()).map(engine::EngineError::kind).collect();
    assert_eq!(kinds, [EngineErrorKind::Busy]);
    let begun = a.or(b).unwrap();
    ground.engine.stop_run(begun.run).await.unwrap();
    ground.end_of(&begun).await;
    let view = ground.engine.open_conversation(first.conversation).await.unwrap();
    assert_eq!(view.columns[0].messages.len(), 4);
    assert!(view.columns[0].messages.iter().all(|m| m.siblings == 1), "no turn was left beside the branch");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_no_fault_of_the_disk() {
    let ground = Ground::new().await;
    let nobody = ConversationId::from_uuid(uuid::Uuid::from_u128(7));
    let error = ground.engine.restore_conversation(nobody).await.unwrap_err();
    assert_eq!(error.kind(), EngineErrorKind::NotFound);
}
