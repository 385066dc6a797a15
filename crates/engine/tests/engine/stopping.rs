//! Stop means stop: nothing is asked any further, and what was shown stays.

use crate::ground::{Ground, Shown};
use domain::AttemptOutcome;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_closes_the_upstream_socket_and_keeps_the_text() {
    let ground = Ground::new().await;
    let started = ground.ask("long", &["chat/slow", "anthropic/ok?seed=4"]).await;
    let mut events = ground.engine.events(started.run, 0).await.unwrap();
    // Something of the slow answer is on the screen.
    while let Some(batch) = events.next().await {
        let slow = started.columns[0].completion;
        if batch
            .items
            .iter()
            .any(|i| matches!(i, domain::EventItem::Append { completion, .. } if *completion == slow))
        {
            break;
        }
    }
    ground.engine.stop(started.columns[0].completion).await.unwrap();
    let answers = ground.end_of(&started).await;
    let slow = ground.provider.log().iter().position(|c| c.model == "slow").unwrap();
    ground.provider.closed(slow).await;
    assert!(ground.provider.log()[slow].abandoned(), "the provider saw us leave");
    assert_eq!((answers[0].outcome(), answers[1].outcome()), ("stopped".into(), "complete".into()));
    assert!(!answers[0].text().is_empty());
    assert_eq!(answers[0].attempts[0].outcome, AttemptOutcome::Cancelled);
    assert_eq!(ground.provider.calls_of("slow").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_before_the_head_and_in_back_off_makes_no_further_call() {
    let ground = Ground::new().await;
    for model in ["silence", "429-always?retry_after=30"] {
        let before = ground.provider.log().len();
        let started = ground.ask("wait", &[&format!("chat/{model}")]).await;
        ground.provider.called(before + 1).await;
        ground.engine.stop_run(started.run).await.unwrap();
        let answer = ground.end_of(&started).await.remove(0);
        assert_eq!(answer.outcome(), "stopped", "{model}");
        assert_eq!(ground.provider.calls_of(model).len(), 1, "{model}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_goes_on_when_nobody_watches() {
    let ground = Ground::new().await;
    let started = ground.ask("alone", &["chat/ok?gap_ms=2"]).await;
    drop(ground.engine.events(started.run, 0).await.unwrap());
    let shown = Shown::of(&ground.engine, started.run).await;
    assert_eq!(shown.text[&started.columns[0].completion], testkit::answer(60, 0));
}
