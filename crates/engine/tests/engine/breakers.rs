//! Breakers in the window's lane: its calls count like the gateway's, and whoever was chosen is asked all the same.

use crate::ground::Ground;
use domain::{Fault, NewSimulation, Target};
use engine::{BreakerState, ProviderEdit};

const ALIAS: &str = "\n[aliases]\nboth = [\"chat/ok?gap_ms=0\", \"anthropic/ok?gap_ms=0\"]\n";

fn open_ones(ground: &Ground) -> Vec<String> {
    let all = ground.engine.breakers().into_iter();
    all.filter(|(_, state)| *state == BreakerState::Open).map(|(target, _)| target.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_fails_thrice_is_left_alone_while_somebody_else_can_answer_and_asked_when_chosen() {
    let ground = Ground::with(ALIAS).await;
    let first: Target = "chat/ok?gap_ms=0".parse().unwrap();
    let asked = || ground.provider.calls_of("ok?gap_ms=0").len();
    let down = NewSimulation { on: first.clone(), fault: Fault::Down, for_ms: 60_000, share: None, seed: 1 };
    ground.engine.simulate(down).unwrap();
    // As many calls as it takes, of one answer or more.
    while open_ones(&ground).is_empty() {
        let answer = ground.answer("both").await;
        assert_eq!(answer.served().unwrap().as_str(), "anthropic/ok?gap_ms=0");
    }
    assert_eq!(open_ones(&ground), [first.as_str()]);
    assert_eq!(ground.engine.end_simulations(None), 1);

    let before = asked();
    let elsewhere = ground.answer("both").await;
    assert_eq!(elsewhere.served().unwrap().as_str(), "anthropic/ok?gap_ms=0");
    assert_eq!((elsewhere.attempts.len(), asked()), (1, before + 1), "nobody was asked in vain");

    // Somebody names it: it is asked, and its answer shows that it is well.
    let chosen = ground.answer(first.as_str()).await;
    assert_eq!((chosen.outcome().as_str(), open_ones(&ground).len()), ("complete", 0));
    let again = ground.answer("both").await;
    assert_eq!(again.served(), Some(&first));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_provider_refuses_or_limits_and_what_a_person_stops_says_nothing_of_its_health() {
    let ground = Ground::quick().await;
    for model in ["400", "401", "429-always?retry_after_ms=10", "content-filter?status=400"] {
        for _ in 0..2 {
            assert_ne!(ground.answer(&format!("chat/{model}")).await.outcome(), "complete");
        }
    }
    for _ in 0..4 {
        let run = ground.ask("Stop this.", &["chat/silence"]).await;
        ground.engine.stop(run.columns[0].completion).await.unwrap();
        assert_eq!(ground.end_of(&run).await[0].outcome(), "stopped");
    }
    assert_eq!(open_ones(&ground), [""; 0]);
    // The twin: what does tell of its health opens it.
    ground.answer("chat/503-always?retry_after_ms=10").await;
    assert_eq!(open_ones(&ground), ["chat/503-always?retry_after_ms=10"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_provider_that_is_asked_elsewhere_or_with_a_key_from_elsewhere_no_failure_is_remembered() {
    let ground = Ground::new().await;
    let change = |name: &str| ProviderEdit {
        id: "chat".parse().unwrap(),
        preset: None,
        name: Some(name.to_owned()),
        dialect: None,
        base_url: None,
        key: None,
        headers: Vec::new(),
        models: Vec::new(),
        allow_lan: false,
    };
    let other = testkit::ScriptedProvider::start().await;
    for (edit, forgotten) in [
        (change("Renamed"), false),
        (ProviderEdit { base_url: Some(other.v1()), ..change("Moved") }, true),
        (ProviderEdit { key: Some("env:ELSEWHERE".to_owned()), ..change("Locked") }, true),
    ] {
        let what = edit.name.clone();
        ground.engine.reset_breaker(&"chat/ok".parse().unwrap());
        ground.engine.trip_breaker(&"chat/ok".parse().unwrap()).await.unwrap();
        ground.engine.update_provider(&edit.id.clone(), edit).await.unwrap();
        assert_eq!(open_ones(&ground).is_empty(), forgotten, "{what:?}");
    }
}
