//! Sixteen faults, and their good ends: the whole answer, or one clear error in the caller's shape.

use crate::wire::{Heard, Shape, Wire};
use serde_json::json;
use testkit::answer;

/// Callers of each family, with a provider of their own dialect and with one of another.
const PAIRS: [(Shape, &str); 9] = [
    (Shape::Chat, "chat"),
    (Shape::Messages, "anthropic"),
    (Shape::Chat, "anthropic"),
    (Shape::Messages, "chat"),
    (Shape::Responses, "responses"),
    (Shape::Gemini, "chat"),
    (Shape::Gemini, "gemini"),
    (Shape::Messages, "gemini"),
    (Shape::Chat, "ollama"),
];

/// Calls that the scripted provider had of a model, whatever its provider's prefix.
fn calls(wire: &Wire, model: &str) -> usize {
    wire.server.calls_of(model).len()
}

/// Runs it for each pair, whole and streamed. Models are told apart by a seed: each has a history of its own.
macro_rules! each {
    ($wire:ident, |$shape:ident, $provider:ident, $stream:ident, $seed:ident, $what:ident| $body:block) => {
        for (at, ($shape, $provider)) in PAIRS.into_iter().enumerate() {
            for $stream in [false, true] {
                let $seed = at * 2 + usize::from($stream) + 1;
                let $what = format!("{:?} from {}, stream: {}", $shape, $provider, $stream);
                $body
            }
        }
    };
}

async fn ask(wire: &Wire, shape: Shape, provider: &str, model: &str, stream: bool) -> Heard {
    wire.ask(shape, &format!("{provider}/{model}"), stream).await
}

/// With others to fall back on, where a caller's body has room for them.
async fn ask_or(
    wire: &Wire,
    shape: Shape,
    provider: &str,
    model: &str,
    others: &[String],
    stream: bool,
) -> Heard {
    let others: Vec<String> = others.iter().map(|other| format!("{provider}/{other}")).collect();
    wire.ask_with(shape, &format!("{provider}/{model}"), stream, |body| body["models"] = json!(others)).await
}

#[tokio::test]
async fn what_passes_is_tried_again_and_told_whole() {
    let wire = Wire::new().await;
    each!(wire, |shape, provider, stream, seed, what| {
        for fault in ["429-once?retry_after_ms=40", "500-once?x=1", "503-once?x=1", "reset-once?x=1"] {
            let model = format!("{fault}&tokens=12&seed={seed}");
            let heard = ask(&wire, shape, provider, &model, stream).await;
            heard.expect_whole(&answer(12, seed as u64), &format!("{fault}: {what}"));
            let log = wire.server.calls_of(&model);
            assert_eq!(log.len(), 2, "{fault}: {what}");
            if fault.contains("429") {
                let waited = log[1].at - log[0].at;
                assert!(waited.as_millis() >= 40, "{what}: never earlier than it said: {waited:?}");
            }
        }
    });
}

#[tokio::test]
async fn what_does_not_pass_ends_in_one_error_after_few_tries() {
    let wire = Wire::new().await;
    each!(wire, |shape, provider, stream, seed, what| {
        for (fault, statuses) in [
            ("429-always?retry_after_ms=20", &[429][..]),
            ("503-always?retry_after_ms=20", &[502, 503, 529][..]),
            ("reset-before-headers?x=1", &[502, 503][..]),
        ] {
            let model = format!("{fault}&seed={seed}");
            let heard = ask(&wire, shape, provider, &model, stream).await;
            heard.expect_error(&format!("{fault}: {what}"));
            assert!(statuses.contains(&heard.status), "{fault}: {what}: {heard:?}");
            let tries = calls(&wire, &model);
            assert!((1..=3).contains(&tries), "{fault}: {what}: {tries} tries");
        }
    });
}

#[tokio::test]
async fn what_would_be_refused_again_is_not_asked_again() {
    let wire = Wire::new().await;
    each!(wire, |shape, provider, stream, seed, what| {
        for (fault, status) in [
            ("context-too-long?x=1", 400),
            ("content-filter?status=400", 400),
            ("400?x=1", 400),
            ("404?x=1", 404),
        ] {
            let model = format!("{fault}&seed={seed}");
            let heard = ask(&wire, shape, provider, &model, stream).await;
            heard.expect_error(&format!("{fault}: {what}"));
            assert_eq!(heard.status, status, "{fault}: {what}: {heard:?}");
            assert_eq!(calls(&wire, &model), 1, "{fault}: {what}");
        }
    });
}

#[tokio::test]
async fn silence_ends_in_an_error_or_a_fallback() {
    let wire = Wire::new().await;
    for (shape, provider) in
        [(Shape::Chat, "chat"), (Shape::Messages, "anthropic"), (Shape::Chat, "anthropic")]
    {
        for fault in ["silence?x=1", "slow-first?ms=20000", "comments?ms=20"] {
            let what = format!("{fault}: {shape:?} from {provider}");
            let others = ["ok?tokens=7".to_owned()];
            let model = format!("{fault}&seed={}", provider.len());
            let heard = ask_or(&wire, shape, provider, &model, &others, true).await;
            if heard.error.is_none() {
                heard.expect_whole(&answer(7, 0), &what);
                assert_eq!(heard.header("x-orchesity-target"), format!("{provider}/ok?tokens=7"), "{what}");
            } else {
                heard.expect_error(&what);
            }
        }
    }
}

#[tokio::test]
async fn what_breaks_in_the_middle_is_never_told_as_whole() {
    let wire = Wire::new().await;
    for (at, (shape, provider)) in PAIRS.into_iter().enumerate() {
        for fault in [
            "cut?after=40&how=close",
            "cut?after=40&how=reset",
            "cut?after=40&how=clean",
            "stall?after=20",
            "malformed?after=5",
            "error-event?after=5",
        ] {
            // Each pair has a history of its own.
            let fault = &format!("{fault}&seed={at}");
            let what = format!("{fault}: {shape:?} from {provider}");
            let heard = ask(&wire, shape, provider, fault, true).await;
            heard.expect_error(&what);
            assert!(answer(60, at as u64).starts_with(&heard.text), "{what}: {heard:?}");
            if heard.status == 200 {
                assert_eq!(calls(&wire, fault), 1, "{what}: not asked again once something was said");
            }
            let before = wire.server.log().len();
            // In one piece nothing was said yet: it may be tried again, and is an error in the end.
            if !fault.starts_with("stall") {
                let heard = ask(&wire, shape, provider, fault, false).await;
                heard.expect_error(&what);
                assert!(heard.status >= 500, "{what}: {heard:?}");
                assert!(wire.server.log().len() - before <= 3, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn an_answer_without_its_last_event_is_whole_or_an_error() {
    let wire = Wire::new().await;
    each!(wire, |shape, provider, stream, seed, what| {
        let model = format!("no-done?tokens=9&seed={seed}");
        let heard = ask(&wire, shape, provider, &model, stream).await;
        if heard.error.is_some() {
            // Its reason to stop was passed on before anybody knew that nothing follows.
            assert!(!heard.closed, "{what}: {heard:?}");
        } else {
            // The reason to stop was told; a last word that nobody said is not made up for what is passed on.
            assert_eq!((heard.status, heard.stop), (200, Some("stop")), "{what}: {heard:?}");
            assert_eq!(heard.text, answer(9, seed as u64), "{what}");
        }
    });
}

#[tokio::test]
async fn what_is_too_long_for_one_goes_to_a_larger_model() {
    let wire = Wire::new().await;
    each!(wire, |shape, provider, stream, seed, what| {
        let others = [format!("ok?tokens=5&seed={seed}")];
        let model = format!("context-too-long?seed={seed}");
        let heard = ask_or(&wire, shape, provider, &model, &others, stream).await;
        heard.expect_whole(&answer(5, seed as u64), &what);
        assert_eq!(heard.header("x-orchesity-target"), format!("{provider}/{}", others[0]), "{what}");
        assert_eq!(calls(&wire, &model), 1, "{what}");
    });
}

#[tokio::test]
async fn what_a_filter_stopped_is_told_as_that() {
    let wire = Wire::new().await;
    each!(wire, |shape, provider, stream, seed, what| {
        // Ollama's dialect has no word for it.
        if provider != "ollama" {
            let model = format!("content-filter?after=10&seed={seed}");
            let heard = ask(&wire, shape, provider, &model, stream).await;
            assert_eq!((heard.status, heard.stop), (200, Some("filter")), "{what}: {heard:?}");
            assert_eq!(heard.text, answer(10, seed as u64), "{what}");
        }
        let model = format!("length?after=10&seed={seed}");
        let heard = ask(&wire, shape, provider, &model, stream).await;
        assert_eq!((heard.status, heard.stop), (200, Some("length")), "{what}: {heard:?}");
    });
}

#[tokio::test]
async fn a_cut_answer_is_not_gone_on_with_by_somebody_else() {
    let wire = Wire::new().await;
    for (shape, provider) in PAIRS {
        let what = format!("{shape:?} from {provider}");
        let others = ["no-prefill?tokens=60".to_owned()];
        let heard = ask_or(&wire, shape, provider, "cut?after=40&tokens=60", &others, true).await;
        heard.expect_error(&what);
        assert!(answer(60, 0).starts_with(&heard.text), "{what}");
        assert_eq!(calls(&wire, "no-prefill?tokens=60"), 0, "{what}");
    }
}

#[tokio::test]
async fn while_one_is_down_all_are_answered_by_the_other_and_it_is_not_hammered() {
    let wire = Wire::new().await;
    for (shape, provider) in [(Shape::Chat, "chat"), (Shape::Messages, "anthropic")] {
        let down = format!("down?ms=60000&seed={}", provider.len());
        let others = ["ok?tokens=6".to_owned()];
        for request in 0..20 {
            let heard = ask_or(&wire, shape, provider, &down, &others, request % 2 == 0).await;
            heard.expect_whole(&answer(6, 0), &format!("{shape:?} {request}"));
        }
        let tries = calls(&wire, &down);
        assert!(tries <= 6, "{shape:?}: asked {tries} times while it was known to be down");
    }
}
