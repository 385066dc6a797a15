//! Two processes on one home: what they must not do to each other.

use crate::ground::{Ground, Shown, asking, column};
use domain::{EventItem, RunOrigin};
use engine::{Engine, EngineErrorKind, EngineOptions};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_that_extend_one_branch_at_one_instant_leave_one_turn() {
    let ground = Ground::new().await;
    let other = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    let first = ground.ask("one", &["chat/ok?tokens=2"]).await;
    ground.end_of(&first).await;
    let branch = first.columns[0].branch;
    for round in 0..12 {
        let ask = |text: &str| {
            let mut ask = asking(Some(first.conversation), text, &[]);
            // Slow enough that whoever is late finds the branch being written.
            ask.columns = vec![column(Some(branch), "chat/ok?tokens=4&first_ms=150")];
            ask
        };
        let (one, two) = tokio::join!(
            ground.engine.start_run(ask("from one"), RunOrigin::Window),
            other.start_run(ask("from the other"), RunOrigin::Cli)
        );
        let (started, refused, by) = match (one, two) {
            (Ok(started), Err(refused)) => (started, refused, &ground.engine),
            (Err(refused), Ok(started)) => (started, refused, &other),
            both => panic!("round {round}: exactly one goes through, not {both:?}"),
        };
        assert_eq!(refused.kind(), EngineErrorKind::Busy, "{refused}");
        Shown::of(by, started.run).await;
        let tree = ground.engine.tree(first.conversation).await.unwrap();
        assert_eq!(tree.nodes.len(), 2 + 2 * (round + 1), "nothing of the refused turn is left");
        assert_eq!(tree.branches[0].tip, Some(started.columns[0].message));
    }
    assert!(ground.engine.check().await.unwrap().ok);
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_reaches_the_process_that_writes_the_answer() {
    let ground = Ground::new().await;
    let other = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    let started = ground.ask("long", &["chat/slow"]).await;
    let mut events = ground.engine.events(started.run, 0).await.unwrap();
    let appends = |i: &EventItem| matches!(i, EventItem::Append { .. });
    while !events.next().await.unwrap().items.iter().any(appends) {}
    other.stop_run(started.run).await.unwrap();
    let answer = ground.end_of(&started).await.remove(0);
    assert_eq!(answer.outcome(), "stopped");
    assert!(!answer.text().is_empty());
    // Too late is no error, and leaves nothing behind.
    other.stop(answer.completion.id).await.unwrap();
    let again = ground.ask("again", &["chat/ok"]).await;
    assert_eq!(ground.end_of(&again).await[0].outcome(), "complete");
    other.close().await;
}
