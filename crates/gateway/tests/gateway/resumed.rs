//! A stream that breaks off after its first words, where a policy has the next go on with it: one answer for the
//! caller, two attempts on the bill.

use crate::wire::{SHAPES, Shape, Wire};
use domain::{AttemptOutcome, CompletionState, TrafficDetail};

const BROKEN: &str = "[engine]\nmax_attempts = 3\n\n[routing]\non_cut = \"resume\"\n\n[aliases]\n\
    broken = [\"chat/cut?after=40&tokens=60\", \"responses/ok?tokens=60&goes_on=1\", \"anthropic/ok?tokens=60&goes_on=1\"]\n\
    stalled = [\"anthropic/error-event?after=30&tokens=60\", \"anthropic/ok?tokens=60&goes_on=1\"]\n\
    twice = [\"anthropic/cut?after=20&tokens=60\", \"anthropic/cut?goes_on=1&after=20&tokens=60\", \"anthropic/ok?tokens=60&goes_on=1\"]\n\
    refused = [\"chat/cut?after=40&tokens=60\", \"anthropic/no-prefill?tokens=60\"]\n\
    nobody = [\"chat/cut?after=40&tokens=60\", \"responses/ok?tokens=60&goes_on=1\"]\n\
    thinking = [\"anthropic/cut?reasoning=9&after=4&tokens=60\", \"anthropic/ok?tokens=60&goes_on=1\"]\n";

fn outcomes(detail: &TrafficDetail) -> Vec<(&str, AttemptOutcome)> {
    detail.attempts.iter().map(|one| (one.attempt.provider.as_str(), one.attempt.outcome)).collect()
}

/// What is stored of the answer.
async fn stored(wire: &Wire, detail: &TrafficDetail) -> String {
    let tree = wire.engine.tree(detail.call.conversation.unwrap()).await.unwrap();
    let node = tree.nodes.into_iter().find(|node| Some(node.id) == detail.call.message).unwrap();
    let texts = node.parts.iter().filter_map(|part| match part {
        domain::Part::Text { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_goes_on_with_what_broke_off_and_the_caller_has_one_answer_in_every_shape() {
    use AttemptOutcome::{Complete, Failed};
    for shape in SHAPES {
        // Who breaks off three times is left alone.
        let wire = Wire::with(BROKEN).await;
        for (model, first) in [("broken", "chat"), ("stalled", "anthropic")] {
            let what = format!("{shape:?} {model}");
            let heard = wire.ask(shape, model, true).await;
            assert!(heard.error.is_none() && heard.closed, "{what}: {heard:?}");
            assert_eq!((heard.text.as_str(), heard.stop), (&*testkit::answer(60, 0), Some("stop")), "{what}");
            let detail = wire.told().await;
            assert_eq!(outcomes(&detail), [(first, Failed), ("anthropic", Complete)], "{what}");
            assert_eq!(detail.call.served.as_ref().unwrap().split().unwrap().0, "anthropic");
            assert!(matches!(detail.call.state, CompletionState::Complete { .. }), "{what}");
            assert_eq!(stored(&wire, &detail).await, heard.text, "{what}");
            // Both are on the bill, and the caller is told of both.
            let used = |at: usize| u64::from(detail.attempts[at].attempt.usage.output.unwrap());
            assert!(used(0) > 0 && used(1) > 0, "{what}");
            let output = detail.call.metrics.usage.output.map(u64::from);
            assert_eq!(output, Some(used(0) + used(1)), "{what}");
            let input = detail.call.metrics.usage.input.map(u64::from);
            if let Some(told) = heard.usage {
                assert_eq!((Some(told.0), Some(told.1)), (input, output), "{what}");
            }
            if shape == Shape::Messages {
                // The rest may be as long as what is left of what was asked for.
                let asked = wire.server.calls_of("ok?tokens=60&goes_on=1");
                assert_eq!(asked.last().unwrap().body["max_tokens"], 4_096 - used(0), "{what}");
            }
            // The first word came once.
            let first_ms = detail.attempts[0].attempt.first_ms.unwrap();
            assert!(
                detail.call.metrics.ttft_ms.unwrap() >= first_ms
                    && detail.attempts[1].attempt.first_ms.is_some()
            );
        }
        // Who would begin anew was not asked.
        let asked = wire.server.calls_of("ok?tokens=60&goes_on=1");
        assert!(asked.iter().all(|call| call.path.ends_with("/messages")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_on_may_break_off_too_and_no_more_are_asked_than_may_be() {
    use AttemptOutcome::{Complete, Failed};
    let wire = Wire::with(BROKEN).await;
    let heard = wire.ask(Shape::Chat, "twice", true).await;
    assert_eq!((heard.text.as_str(), heard.stop), (&*testkit::answer(60, 0), Some("stop")), "{heard:?}");
    let detail = wire.told().await;
    assert_eq!(outcomes(&detail), [("anthropic", Failed), ("anthropic", Failed), ("anthropic", Complete)]);
    assert_eq!(stored(&wire, &detail).await, heard.text);
    // With one call fewer it ends in an error, and what there was is kept.
    let wire = Wire::with(&BROKEN.replace("max_attempts = 3", "max_attempts = 2")).await;
    let heard = wire.ask(Shape::Chat, "twice", true).await;
    heard.expect_error("two calls are not enough");
    let detail = wire.told().await;
    assert_eq!(outcomes(&detail).len(), 2);
    let kept = stored(&wire, &detail).await;
    assert!(testkit::answer(60, 0).starts_with(&kept) && kept == heard.text && !kept.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_goes_on_there_is_one_clear_error_and_the_text_is_kept() {
    for shape in SHAPES {
        // Who breaks off three times is left alone.
        let wire = Wire::with(BROKEN).await;
        for (model, calls) in [("refused", 2), ("nobody", 1), ("thinking", 1)] {
            let what = format!("{shape:?} {model}");
            let heard = wire.ask(shape, model, true).await;
            heard.expect_error(&what);
            let detail = wire.told().await;
            assert_eq!(outcomes(&detail).len(), calls, "{what}");
            assert!(matches!(detail.call.state, CompletionState::Failed { .. }), "{what}");
            assert_eq!(stored(&wire, &detail).await, heard.text, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_says_for_itself_whether_an_answer_is_gone_on_with() {
    let first = "strategy = \"priority\"\norder = [\"chat/*\"]\n";
    let policies =
        format!("[routing.policies.whole]\non_cut = \"resume\"\n{first}\n[routing.policies.plain]\n{first}");
    let wire = Wire::with(&BROKEN.replace("[routing]\non_cut = \"resume\"\n", &policies)).await;
    let ask = async |profile: &str| {
        wire.ask_with(Shape::Chat, "broken", true, |body| body["routing_profile"] = profile.into()).await
    };
    let heard = ask("whole").await;
    assert_eq!((heard.text.as_str(), heard.stop), (&*testkit::answer(60, 0), Some("stop")), "{heard:?}");
    // The twin: without the wish a cut answer has failed.
    ask("plain").await.expect_error("plain");
    wire.ask(Shape::Chat, "broken", true).await.expect_error("no policy");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_does_not_break_off_is_followed_by_the_name_that_its_caller_was_told() {
    let pair = "[routing]\non_cut = \"resume\"\n\n[aliases]\n\
        pair = [\"responses/ok?tokens=8\", \"anthropic/ok?tokens=8\"]\nalone = [\"responses/ok?tokens=8\"]\n";
    let wire = Wire::with(pair).await;
    for model in ["pair", "alone"] {
        let heard = wire.ask(Shape::Responses, model, true).await;
        let from = heard.raw.find("resp_").unwrap();
        let name: String = heard.raw[from..].chars().take_while(|c| *c != '"').collect();
        // Nobody could go on with it: then it is passed on as it is.
        assert_eq!(name == "resp_scripted", model == "alone", "{model}: {name}");
        wire.told().await;
        let next = wire
            .ask_with(Shape::Responses, model, false, |body| {
                body["previous_response_id"] = name.as_str().into();
            })
            .await;
        assert_eq!((next.status, next.stop), (200, Some("stop")), "{model}: {}", next.raw);
    }
}
