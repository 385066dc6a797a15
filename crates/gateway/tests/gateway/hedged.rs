//! A second one asked beside a first that says nothing: who says the first content answers, and both are paid for.

use crate::wire::{Heard, SHAPES, Shape, Wire};
use domain::{AttemptOutcome, CompletionState, NewKey, TrafficDetail};
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

/// Nobody waits for a first word that comes after ten minutes.
const PAIRS: &str = "[engine]\nmax_attempts = 3\n\n[routing]\nhedge_ms = 50\n\n[aliases]\n\
    late = [\"chat/slow-first?ms=600000\", \"anthropic/ok?tokens=8&gap_ms=0\"]\n\
    mute = [\"chat/silence\", \"responses/ok?tokens=8&gap_ms=0\"]\n\
    first = [\"chat/slow-first?ms=300&tokens=8&gap_ms=0\", \"anthropic/silence\"]\n\
    steady = [\"chat/ok?tokens=20&gap_ms=10\", \"anthropic/ok?tokens=8\"]\n\
    broken = [\"chat/500-always?head_ms=200\", \"anthropic/401?head_ms=400\"]\n\
    lame = [\"chat/slow-first?ms=500&tokens=8&gap_ms=0\", \"anthropic/500-always?head_ms=100\"]\n\
    rescued = [\"chat/500-always?head_ms=150\", \"anthropic/slow-first?ms=300&tokens=8&gap_ms=0\"]\n";

fn outcomes(detail: &TrafficDetail) -> Vec<(String, AttemptOutcome)> {
    detail.attempts.iter().map(|one| (one.attempt.provider.clone(), one.attempt.outcome)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_nothing_in_time_is_stopped_when_another_answers_in_every_shape() {
    let wire = Wire::with(PAIRS).await;
    for shape in SHAPES {
        for (at, stream) in [false, true].into_iter().enumerate() {
            let model = if at == 0 { "late" } else { "mute" };
            let before = wire.server.log().len();
            let heard = wire.ask(shape, model, stream).await;
            assert!(heard.closed && heard.error.is_none(), "{shape:?} {heard:?}");
            assert!(!heard.header("x-orchesity-target").starts_with("chat/"), "{shape:?} {model}");
            wire.server.closed(before).await;
            let log = wire.server.log();
            assert_eq!((log.len(), log[before].abandoned()), (before + 2, true), "{shape:?} {model}");
        }
    }
    let detail = wire.told().await;
    let [(slow, cancelled), (_, complete)] = &outcomes(&detail)[..] else { panic!("{detail:?}") };
    assert_eq!(
        (slow.as_str(), *cancelled, *complete),
        ("chat", AttemptOutcome::Cancelled, AttemptOutcome::Complete)
    );
    // Nobody knows what the one that was left had counted: its prompt at least.
    let usage = &detail.attempts[0].attempt.usage;
    assert!(usage.input.unwrap() > 0 && usage.output == Some(0), "{usage:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_may_still_be_first_and_its_answer_is_kept() {
    let wire = Wire::with(PAIRS).await;
    for (model, stream) in [("first", false), ("first", true), ("lame", true)] {
        let heard = wire.ask(Shape::Chat, model, stream).await;
        assert!(heard.closed && heard.header("x-orchesity-target").starts_with("chat/"), "{heard:?}");
        assert_eq!(wire.server.calls_of("silence").len(), if stream { 2 } else { 1 });
        let detail = wire.told().await;
        let other = if model == "lame" { AttemptOutcome::Failed } else { AttemptOutcome::Cancelled };
        let expected = [("chat".to_owned(), AttemptOutcome::Complete), ("anthropic".to_owned(), other)];
        assert_eq!(outcomes(&detail), expected);
        assert_eq!(detail.call.served.unwrap().as_str(), heard.header("x-orchesity-target"));
        // The usage is that of whoever answered, though the other was sent later.
        assert_eq!(detail.call.metrics.usage.output.map(u64::from), heard.usage.map(|(_, output)| output));
        let tree = wire.engine.tree(detail.call.conversation.unwrap()).await.unwrap();
        let node = tree.nodes.into_iter().find(|node| Some(node.id) == detail.call.message).unwrap();
        let kept: Vec<_> = node
            .parts
            .iter()
            .map(|part| match part {
                domain::Part::Text { text } => text.as_str(),
                _ => "",
            })
            .collect();
        assert_eq!(kept.concat(), heard.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_beside_a_stream_that_has_begun_nor_more_often_than_allowed() {
    let wire = Wire::with(PAIRS).await;
    let heard = wire.ask(Shape::Chat, "steady", true).await;
    assert!(heard.closed && wire.server.log().len() == 1, "{heard:?}");
    // Where the first fails, the other is waited for.
    let heard = wire.ask(Shape::Chat, "rescued", true).await;
    assert!(heard.closed && heard.header("x-orchesity-target").starts_with("anthropic/"), "{heard:?}");
    assert_eq!(wire.server.log().len(), 3);
    // Where both do, it is told as the last one's.
    let heard = wire.ask(Shape::Chat, "broken", true).await;
    assert!(heard.status >= 500 && wire.server.log().len() == 5, "{heard:?}");
    let wire = Wire::with(&PAIRS.replace("max_attempts = 3", "max_attempts = 1")).await;
    let heard = wire.ask(Shape::Chat, "first", true).await;
    assert!(heard.closed && wire.server.log().len() == 1, "{heard:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_counts_both_and_where_it_has_room_for_one_only_one_is_asked() {
    let mut wire = Wire::with(PAIRS).await;
    for (cap, calls) in [(1_500, 1), (100_000, 2)] {
        let new = json!({ "name": "capped", "scopes": { "routes": [], "targets": [] },
            "budgets": [{ "period": "total", "tokens": cap }] });
        let new: NewKey = serde_json::from_value(new).unwrap();
        let issued = wire.engine.virtual_keys().issue(new).await.unwrap();
        wire.key = issued.key.to_string();
        let before = wire.server.log().len();
        let heard: Heard =
            wire.ask_with(Shape::Chat, "first", true, |body| body["max_tokens"] = json!(1_000)).await;
        assert!(heard.closed, "{heard:?}");
        assert_eq!(wire.server.log().len(), before + calls);
        let detail = wire.told().await;
        assert!(matches!(detail.call.state, CompletionState::Complete { .. }));
        let sum: u64 = detail.attempts.iter().map(|one| one.attempt.usage.total()).sum();
        let budget = loop {
            let keys = wire.engine.virtual_keys().list().await.unwrap();
            let budget = keys.into_iter().find(|key| key.id == issued.id).unwrap().budgets.remove(0);
            if budget.spent_tokens > 0 {
                break budget;
            }
            sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(u64::from(budget.spent_tokens), sum, "{detail:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_budget_has_no_room_for_one_the_next_that_fits_is_asked() {
    let pair = "[aliases]\npair = [\"chat/ok?tokens=5\", \"simulated/fast?tps=4000&ttft=1&len=5\"]\n\
                dear = [\"chat/ok?tokens=5\", \"chat/ok?tokens=5&seed=2\"]\n\
                [[prices]]\nmodel = \"chat/ok?tokens=5\"\ninput = 10.0\noutput = 10.0\n\
                [[prices]]\nmodel = \"chat/ok?tokens=5&seed=2\"\ninput = 10.0\noutput = 10.0\n";
    let mut wire = Wire::with(pair).await;
    let new = json!({ "name": "capped", "scopes": { "routes": [], "targets": [] },
        "budgets": [{ "period": "total", "usd": "0.000001" }] });
    let new: NewKey = serde_json::from_value(new).unwrap();
    wire.key = wire.engine.virtual_keys().issue(new).await.unwrap().key.to_string();
    for shape in [Shape::Chat, Shape::Messages] {
        let heard = wire.ask(shape, "pair", true).await;
        assert_eq!(heard.status, 200, "{heard:?}");
        assert!(heard.header("x-orchesity-target").starts_with("simulated/"), "{heard:?}");
        let refused = wire.ask(shape, "dear", true).await;
        assert_eq!(refused.status, 402, "{refused:?}");
        assert!(refused.raw.contains("budget"), "{refused:?}");
    }
    assert!(wire.server.log().is_empty(), "who was not let in was not asked");
}
