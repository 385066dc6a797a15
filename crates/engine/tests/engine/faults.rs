//! Sixteen faults, sixteen good ends, in every dialect that the scripted provider speaks.

use crate::ground::Ground;
use domain::{AttemptOutcome, CompletionState, UsageBy};

const DIALECTS: [&str; 3] = ["chat", "responses", "anthropic"];

/// Model, how it ends, how many calls it may take, and whether text was kept.
const FAULTS: &[(&str, &str, usize, bool)] = &[
    ("ok", "complete", 1, true),
    ("429-once?retry_after_ms=20", "complete", 2, true),
    ("429-always?retry_after_ms=10", "rate_limited", 3, false),
    ("500-once", "complete", 2, true),
    ("503-always?retry_after_ms=10", "overloaded", 3, false),
    ("reset-before-headers", "network", 3, false),
    ("reset-once", "complete", 2, true),
    ("slow-first?ms=200", "complete", 1, true),
    ("cut?after=40&tokens=60", "network", 1, true),
    ("cut?after=40&tokens=60&how=clean", "upstream", 1, true),
    ("cut?after=40&tokens=60&how=reset", "network", 1, true),
    ("stall?after=20", "timeout", 1, true),
    ("malformed?after=5", "upstream", 1, true),
    ("no-done", "upstream", 1, true),
    ("context-too-long", "context_length", 1, false),
    ("content-filter?status=400", "content_filter", 1, false),
    ("401", "auth", 1, false),
    ("404", "not_found", 1, false),
    ("400", "bad_request", 1, false),
    ("error-event?after=5", "", 1, true),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_ends_in_the_whole_answer_or_one_clear_error() {
    let ground = Ground::quick().await;
    let mut wrong = Vec::new();
    for dialect in DIALECTS {
        for (model, outcome, calls, text) in FAULTS {
            // Faults that happen once happen once for each name: every dialect has its own.
            let model = &format!("{model}{}d={dialect}", if model.contains('?') { '&' } else { '?' });
            let answer = ground.answer(&format!("{dialect}/{model}")).await;
            let made = ground.provider.calls_of(model).len();
            // Chat's terminal event is its finish reason; what is missing is only the mark behind it.
            let outcome =
                if model.starts_with("no-done") && dialect == "chat" { &"complete" } else { outcome };
            let mut say = |what: String| wrong.push(format!("{dialect}/{model}: {what}"));
            let end = answer.outcome();
            if !outcome.is_empty() && end != *outcome {
                say(format!("ended as {end}, not {outcome}: {:?}", answer.completion.state));
            }
            if answer.attempts.len() != *calls {
                say(format!("{} attempts noted, not {calls}", answer.attempts.len()));
            }
            if answer.text().is_empty() == *text {
                say(format!("text kept: {:?}", answer.text()));
            }
            if answer.shown != answer.text() {
                say("what was shown is not what was kept".to_owned());
            }
            if end == "complete" && answer.text() != testkit::answer(60, 0) {
                say("a whole answer has other text".to_owned());
            }
            if end != "complete" && !testkit::answer(60, 0).starts_with(&answer.text()) {
                say("partial text is no beginning of the answer".to_owned());
            }
            if answer.attempts.iter().any(|a| a.outcome == AttemptOutcome::Running || a.ended_ms.is_none()) {
                say("an attempt was left running".to_owned());
            }
            if made != *calls {
                say(format!("{made} calls were made, not {calls}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), FAULTS.len() * 3, wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_ends_within_its_limits_however_it_comes() {
    // Loopback has no limit for headers of its own, so silence there is bounded by first content.
    let ground = Ground::quick().await;
    for model in ["silence", "slow-first?ms=60000", "comments?ms=20", "slow-headers?ms=60000"] {
        let answer = ground.answer(&format!("chat/{model}")).await;
        assert_eq!(answer.outcome(), "timeout", "{model}");
    }
    assert_eq!(ground.answer("chat/ok").await.outcome(), "complete", "the next request is healthy");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_that_the_provider_made_is_told_as_it_was() {
    let ground = Ground::new().await;
    for dialect in DIALECTS {
        let answer = ground.answer(&format!("{dialect}/length?after=10")).await;
        let CompletionState::Complete { stop } = answer.completion.state else {
            panic!("{:?}", answer.completion)
        };
        assert_eq!(stop.as_str(), "length", "{dialect}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alias_falls_back_before_content_and_says_who_answered() {
    let aliases = "[aliases]\nfast = [\"chat/500-always\", \"anthropic/ok\"]\n";
    let ground = Ground::with(aliases).await;
    let answer = ground.answer("fast").await;
    assert_eq!(answer.outcome(), "complete");
    assert_eq!(answer.served().unwrap().as_str(), "anthropic/ok");
    assert_eq!(answer.attempts.len(), 3, "two calls to the first, one kept for the second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_long_for_one_goes_to_a_larger_model() {
    let aliases = "[aliases]\nlong = [\"chat/context-too-long\", \"anthropic/ok?tokens=5&gap_ms=0\"]\n";
    let ground = Ground::with(aliases).await;
    let answer = ground.answer("long").await;
    assert_eq!((answer.outcome().as_str(), answer.text()), ("complete", testkit::answer(5, 0)));
    assert_eq!(answer.served().unwrap().as_str(), "anthropic/ok?tokens=5&gap_ms=0");
    assert_eq!(answer.attempts.len(), 2, "asked once: it stays too long");
    assert_eq!(ground.answer("chat/context-too-long").await.outcome(), "context_length");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usage_is_the_providers_and_estimated_only_when_it_says_nothing() {
    let ground = Ground::new().await;
    let whole = ground.answer("chat/ok").await.completion.metrics;
    assert_eq!(whole.usage_by, Some(UsageBy::Reported));
    assert_eq!((whole.usage.input, whole.usage.output), (Some(testkit::INPUT_TOKENS as u32), Some(60)));
    let cut = ground.answer("chat/cut?after=40&tokens=60").await.completion.metrics;
    assert_eq!(cut.usage_by, Some(UsageBy::Estimated));
    assert!(cut.usage.output.unwrap() > 0, "a cut answer did not cost nothing");
}

/// A server that answers everything with this body.
async fn says(body: &'static str) -> std::net::SocketAddr {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.read(&mut [0; 16_384]).await;
            let length = body.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {length}\r\n\r\n"
            );
            let _ = socket.write_all((head + body).as_bytes()).await;
        }
    });
    at
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_end_noise_is_passed_over_and_an_error_counts() {
    const NOISE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: {\"cho\n\n";
    const ERROR: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"length\"}]}\n\n\
                         data: {\"error\":{\"code\":400,\"message\":\"Token limit reached\"},\"choices\":[]}\n\n";
    let provider = |id: &str, at| {
        format!(
            "[[providers]]\nid = \"{id}\"\ndialect = \"openai-chat\"\nbase_url = \"http://{at}/v1\"\nkey = \"none\"\n"
        )
    };
    let ground =
        Ground::with(&(provider("noise", says(NOISE).await) + &provider("error", says(ERROR).await))).await;
    for (target, outcome) in [("noise/m", "complete"), ("error/m", "bad_request")] {
        let answer = ground.answer(target).await;
        assert_eq!((answer.outcome().as_str(), answer.text().as_str()), (outcome, "x"), "{target}");
    }
}
