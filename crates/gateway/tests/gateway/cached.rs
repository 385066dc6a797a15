//! Answers that are given again: to whom, for how long, and which never.

use crate::wire::{Heard, Shape, Wire};
use domain::{Ability, CacheUse, NanoUsd, Policy, Profile, TrafficQuery};
use serde_json::json;

const CACHE: &str = "[engine]\nmax_attempts = 1\n\n[cache]\nenabled = true\noffline = true\nttl_s = 600\n";

fn calls(wire: &Wire) -> usize {
    wire.server.log().len()
}

fn cache(heard: &Heard) -> &str {
    heard.header("x-orchesity-cache")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_question_is_answered_once_and_then_again_at_no_cost() {
    let wire = Wire::with(CACHE).await;
    for (shape, model) in [
        (Shape::Chat, "chat/ok?gap_ms=0&tokens=8"),
        (Shape::Messages, "anthropic/ok?gap_ms=0&tokens=8"),
        (Shape::Messages, "chat/ok?gap_ms=0&tokens=9"),
        (Shape::Gemini, "chat/ok?gap_ms=0&tokens=10"),
    ] {
        let before = calls(&wire);
        let first = wire.ask(shape, model, false).await;
        assert_eq!(cache(&first), "miss", "{shape:?}");
        // Whole again, and as a stream, which was never asked for before.
        let again = wire.ask(shape, model, false).await;
        let stream = wire.ask(shape, model, true).await;
        let told = wire.ask(shape, model, true).await;
        assert_eq!((cache(&again), cache(&stream), cache(&told)), ("hit", "hit", "hit"), "{shape:?}");
        assert_eq!(again.header("x-orchesity-cost-usd"), "0");
        for heard in [&again, &stream, &told] {
            heard.expect_whole(&first.text, model);
        }
        assert_eq!(calls(&wire), before + 1, "{shape:?}");
    }
    // A stream is kept as well as a whole answer.
    let model = "chat/ok?gap_ms=0&tokens=11";
    let first = wire.ask(Shape::Chat, model, true).await;
    let again = wire.ask(Shape::Chat, model, true).await;
    assert_eq!((cache(&first), cache(&again)), ("miss", "hit"));
    again.expect_whole(&first.text, model);
    wire.engine.catch_up_calls().await;
    let page = wire.engine.traffic().list(&TrafficQuery::default()).await.unwrap();
    let hits: Vec<_> = page.calls.iter().filter(|call| call.cached == Some(CacheUse::Hit)).collect();
    assert_eq!((hits.len(), page.calls.len()), (13, 18));
    let count = async |from_cache| {
        let query = TrafficQuery { from_cache: Some(from_cache), ..TrafficQuery::default() };
        wire.engine.traffic().list(&query).await.unwrap().calls.len()
    };
    assert_eq!((count(true).await, count(false).await), (13, 5));
    assert!(hits.iter().all(|call| call.attempts == 0 && call.metrics.cost.unwrap().usd == NanoUsd(0)));
    let detail = wire.engine.traffic().of_run(hits[0].run).await.unwrap();
    let tree = wire.engine.tree(detail.call.conversation.unwrap()).await.unwrap();
    let answer = tree.nodes.iter().find(|node| Some(node.id) == detail.call.message).unwrap();
    assert!(!answer.parts.is_empty(), "the answer is captured like any other");
    assert!(wire.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_anothers_answers_and_erased_ones_are_gone() {
    let mut wire = Wire::with(CACHE).await;
    let model = "chat/ok?gap_ms=0&tokens=8";
    wire.ask(Shape::Chat, model, false).await;
    let mine = std::mem::take(&mut wire.key);
    wire.key = wire.issue(&[]).await;
    let others = wire.ask(Shape::Chat, model, false).await;
    assert_eq!((cache(&others), calls(&wire)), ("miss", 2));
    wire.key = mine;
    assert_eq!(cache(&wire.ask(Shape::Chat, model, false).await), "hit");
    wire.engine.catch_up_calls().await;
    wire.engine.erase(engine::EraseKind::Conversations).await.unwrap();
    assert_eq!(cache(&wire.ask(Shape::Chat, model, false).await), "miss");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_whole_or_asks_for_a_tool_is_asked_for_anew_each_time() {
    let wire = Wire::with(CACHE).await;
    let models = [
        "length?after=5",
        "tools?calls=1",
        "content-filter?after=5",
        "503-always?x=1",
        "cut?after=5",
        "error-event?after=5",
    ];
    for model in models {
        for stream in [false, true] {
            // Its own each time: a target that failed thrice is left alone.
            let model = &format!("chat/{model}&seed={}", u8::from(stream));
            let before = calls(&wire);
            for _ in 0..2 {
                let heard = wire.ask(Shape::Chat, model, stream).await;
                assert_ne!(cache(&heard), "hit", "{model} {stream}");
            }
            assert_eq!(calls(&wire), before + 2, "{model} {stream}");
        }
    }
    // What its caller left in the middle is not whole either.
    let (path, body) = Shape::Chat.question("chat/slow", true);
    let mut response = wire.post(&path, &body).send().await.unwrap();
    response.chunk().await.unwrap();
    drop(response);
    let short =
        wire.ask_with(Shape::Chat, "chat/ok?gap_ms=0&tokens=8", false, |body| body["n"] = json!(2)).await;
    assert_eq!(cache(&short), "off");
    let before = calls(&wire);
    let mut response = wire.post(&path, &body).send().await.unwrap();
    response.chunk().await.unwrap();
    drop(response);
    assert_eq!(calls(&wire), before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_nobody_answers_an_old_answer_is_told_and_marked() {
    let config = "[engine]\nmax_attempts = 1\n\n[cache]\nenabled = true\noffline = true\nttl_s = 1\n";
    let mut wire = Wire::with(config).await;
    let model = "chat/ok?gap_ms=0&tokens=8";
    let first = wire.ask(Shape::Chat, model, false).await;
    // Older than its time: asked for anew while there is somebody to ask.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(cache(&wire.ask(Shape::Chat, model, false).await), "miss");
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    // The old one goes with its port.
    wire.server = testkit::ScriptedProvider::start().await;
    let offline = wire.ask(Shape::Chat, model, true).await;
    assert_eq!((cache(&offline), offline.text.as_str()), ("offline", first.text.as_str()));
    offline.expect_whole(&first.text, model);
    let unheard = wire.ask(Shape::Chat, "chat/ok?gap_ms=0&tokens=9", false).await;
    assert_eq!(unheard.status, 502);
    wire.engine.catch_up_calls().await;
    let page = wire.engine.traffic().list(&TrafficQuery::default()).await.unwrap();
    let told = page.calls.iter().find(|call| call.cached == Some(CacheUse::Offline)).unwrap();
    assert!(told.attempts == 1 && told.state.as_str() == "complete");
}

/// A gateway with a route to two models, whose answers are given again for so long.
async fn routed(ttl_s: u32) -> Wire {
    // The models are the last provider's: `anthropic`.
    Wire::with(&format!(
        "models = [\"ok?gap_ms=0&tokens=8\", \"ok?gap_ms=0&tokens=9\"]\n\n[engine]\nmax_attempts = 1\n\n\
         [cache]\nenabled = true\noffline = true\nttl_s = {ttl_s}\n\n\
         [routing.policies.two]\nstrategy = \"priority\"\nallow = [\"anthropic/ok*\"]\norder = [{FIRST:?}]\n"
    ))
    .await
}

const FIRST: &str = "anthropic/ok?gap_ms=0&tokens=8";
const SECOND: &str = "anthropic/ok?gap_ms=0&tokens=9";

async fn trip(wire: &Wire, targets: &[&str]) {
    for target in targets {
        wire.engine.trip_breaker(&target.parse().unwrap()).await.unwrap();
    }
}

fn expect_come_again(heard: &Heard) {
    assert_eq!(heard.status, 503, "{}", heard.raw);
    let wait: u32 = heard.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_whose_targets_are_left_alone_gives_what_it_kept_and_says_when_to_come_for_more() {
    let mut wire = routed(600).await;
    let first = wire.ask(Shape::Chat, "auto:two", false).await;
    assert_eq!((cache(&first), first.header("x-orchesity-target")), ("miss", FIRST));
    // One of them, then all.
    for targets in [[FIRST].as_slice(), &[SECOND]] {
        trip(&wire, targets).await;
        for stream in [false, true] {
            let again = wire.ask(Shape::Chat, "auto:two", stream).await;
            assert_eq!((cache(&again), again.header("x-orchesity-target")), ("hit", FIRST));
            again.expect_whole(&first.text, "left alone");
        }
    }
    // What was not asked before, or not by this key, nobody answers.
    let other = wire
        .ask_with(Shape::Chat, "auto:two", false, |body| body["messages"][0]["content"] = json!("And you?"));
    expect_come_again(&other.await);
    wire.key = wire.issue(&[]).await;
    expect_come_again(&wire.ask(Shape::Chat, "auto:two", false).await);
    assert_eq!(calls(&wire), 1);
    wire.engine.catch_up_calls().await;
    let page = wire.engine.traffic().list(&TrafficQuery::default()).await.unwrap();
    let of = |cached| page.calls.iter().filter(|call| call.cached == cached).count();
    assert_eq!((of(Some(CacheUse::Hit)), of(None)), (4, 3));
    assert!(wire.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_whose_targets_are_left_alone_tells_an_old_answer_and_marks_it() {
    let mut wire = routed(1).await;
    let first = wire.ask(Shape::Chat, "auto:two", false).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    trip(&wire, &[FIRST, SECOND]).await;
    for stream in [false, true] {
        let offline = wire.ask(Shape::Chat, "auto:two", stream).await;
        assert_eq!((cache(&offline), offline.header("x-orchesity-target")), ("offline", FIRST));
        offline.expect_whole(&first.text, "left alone");
    }
    assert_eq!(calls(&wire), 1);
    // One is well again, and cannot be reached: what the other said is told all the same.
    wire.engine.reset_breaker(&SECOND.parse().unwrap());
    wire.server = testkit::ScriptedProvider::start().await;
    let offline = wire.ask(Shape::Chat, "auto:two", false).await;
    assert_eq!((cache(&offline), offline.header("x-orchesity-target")), ("offline", FIRST));
    wire.engine.catch_up_calls().await;
    assert!(wire.engine.check().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_said_who_may_not_be_asked_any_more_is_not_told_either() {
    for ttl_s in [1, 600] {
        let wire = routed(ttl_s).await;
        assert_eq!(wire.ask(Shape::Chat, "auto:two", false).await.header("x-orchesity-target"), FIRST);
        if ttl_s == 1 {
            tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        }
        trip(&wire, &[FIRST, SECOND]).await;
        let policy = Policy {
            name: "two".to_owned(),
            allow: vec!["anthropic/ok*".to_owned()],
            ..Policy::of(Profile::Balanced)
        };
        wire.engine.save_policy(policy.clone(), false).await.unwrap();
        let told = wire.ask(Shape::Chat, "auto:two", false).await;
        assert_eq!(cache(&told), if ttl_s == 1 { "offline" } else { "hit" });
        let denied = Policy { deny: vec![FIRST.to_owned()], ..policy.clone() };
        wire.engine.save_policy(denied, false).await.unwrap();
        expect_come_again(&wire.ask(Shape::Chat, "auto:two", false).await);
        // Nothing is published of these.
        let better = Policy { min_quality: Some(0.99), ..policy.clone() };
        wire.engine.save_policy(better, false).await.unwrap();
        assert_eq!(wire.ask(Shape::Chat, "auto:two", false).await.status, 400);
        let able = Policy { require: vec![Ability::Vision], ..policy };
        wire.engine.save_policy(able, false).await.unwrap();
        assert_eq!(wire.ask(Shape::Chat, "auto:two", false).await.status, 400);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_that_is_switched_off_keeps_nothing() {
    let wire = Wire::new().await;
    for _ in 0..2 {
        assert_eq!(cache(&wire.ask(Shape::Chat, "chat/ok?gap_ms=0&tokens=8", false).await), "off");
    }
    assert_eq!(calls(&wire), 2);
}
