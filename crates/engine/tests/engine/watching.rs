//! Watching: whoever attaches, whenever, puts together the same text.

use crate::ground::{Ground, Shown};
use engine::{Engine, EngineOptions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_and_returning_watchers_put_together_the_same_text() {
    let ground = Ground::new().await;
    let started = ground.ask("watch", &["chat/ok?gap_ms=10", "anthropic/ok?gap_ms=7&seed=5"]).await;
    let mut first = ground.engine.events(started.run, 0).await.unwrap();
    let mut seen = 0;
    for _ in 0..5 {
        seen = first.next().await.unwrap().seq;
    }
    drop(first);
    let late = tokio::spawn({
        let engine = ground.engine.clone();
        async move { Shown::of(&engine, started.run).await }
    });
    // Coming back with the last number gets the rest and no snapshot.
    let mut back = ground.engine.events(started.run, seen).await.unwrap();
    let next = back.next().await.unwrap();
    assert_eq!((next.seq, next.kind), (seen + 1, domain::BatchKind::Live));
    let late = late.await.unwrap();
    assert!(late.snapshots > 0);
    for (column, seed) in started.columns.iter().zip([0, 5]) {
        assert_eq!(late.text[&column.completion], testkit::answer(60, seed));
    }
    let after = Shown::of(&ground.engine, started.run).await;
    assert_eq!(after.text, late.text, "a run that is over is told from the store");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_sees_a_run_while_it_is_written() {
    let ground = Ground::new().await;
    let other = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    let started = ground.ask("both", &["chat/ok?gap_ms=10", "chat/ok?seed=6"]).await;
    let shown = Shown::of(&other, started.run).await;
    for (column, seed) in started.columns.iter().zip([0, 6]) {
        assert_eq!(shown.text[&column.completion], testkit::answer(60, seed));
    }
    assert!(shown.batches > 3, "it is told as it goes, not at the end: {} batches", shown.batches);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_streams_make_at_most_sixty_batches_a_second() {
    let ground = Ground::new().await;
    let targets: Vec<String> = (0..8).map(|n| format!("chat/ok?tokens=100&gap_ms=5&seed={n}")).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let started = ground.ask("eight", &targets).await;
    let begun = std::time::Instant::now();
    let shown = Shown::of(&ground.engine, started.run).await;
    // Counted against the time it took, whatever that was; the ends themselves do not wait for a frame.
    let most = begun.elapsed().as_secs_f64() * 60.0 + 8.0 * 4.0 + 5.0;
    assert!((shown.batches as f64) < most, "{} batches", shown.batches);
    for (column, seed) in started.columns.iter().zip(0..) {
        assert_eq!(shown.text[&column.completion], testkit::answer(100, seed));
    }
}
