//! Recorded answers, said in Anthropic's and Google's shapes and read again.

use super::{Case, cases, deltas, folded, head, kept, said, said_whole};
use dialects::serving::{Asked, Caller, encoder};
use dialects::{Delta, DialectError};
use domain::{Dialect, ErrorKind, Failure, Part, Stop};
use serde_json::Value;

const SHAPES: [(Caller, Dialect); 2] =
    [(Caller::Anthropic, Dialect::AnthropicMessages), (Caller::Gemini, Dialect::Gemini)];

#[test]
fn every_recorded_answer_means_the_same_in_either_shape() {
    let (mut answers, mut broken) = (0, 0);
    for case in cases().iter().filter(|case| case.status == 200) {
        let (from, end) = deltas(case.dialect, case.stream, case.body.as_bytes());
        let made = folded(&from);
        for (caller, dialect) in SHAPES {
            for events in [true, false] {
                let bytes = said(caller, &from, &end, events);
                let (again, ended) = deltas(dialect, true, &bytes);
                let place = format!("{} for {caller:?}, events {events}", case.id);
                match (&end, &ended) {
                    (Ok(()), Ok(())) => {
                        answers += 1;
                        assert_eq!(kept(caller, &folded(&again)), kept(caller, &made), "{place}");
                    }
                    (Err(first), Err(DialectError::Provider(second))) => {
                        broken += 1;
                        let (first, second) = (first.failure(), second);
                        assert_eq!(first.kind, second.kind, "{place}");
                        assert!(second.message.ends_with(&first.message), "{place}: {second}");
                        // What was said before is not lost.
                        let (before, after) = (kept(caller, &made), kept(caller, &folded(&again)));
                        assert!(after.text == before.text || before.text.is_empty(), "{place}");
                        assert_eq!(after.thoughts, before.thoughts, "{place}");
                    }
                    other => panic!("{place}: {other:?}"),
                }
            }
            if end.is_ok() {
                let (again, ended) = deltas(dialect, false, &said_whole(caller, &made));
                assert_eq!(ended, Ok(()), "{}", case.id);
                assert_eq!(kept(caller, &folded(&again)), kept(caller, &made), "whole {}", case.id);
            }
        }
    }
    println!("said {answers} answers and {broken} broken ones again");
}

/// Parts without what two shapes cannot say alike.
fn comparable(parts: Vec<Part>) -> Vec<Part> {
    parts
        .into_iter()
        .filter(|part| !matches!(part, Part::Raw { json, .. } if json.contains("\"citations\"")))
        .map(|part| match part {
            Part::ToolCall { id, name, arguments, signature } => {
                Part::ToolCall { id, name, arguments: super::meaning(&arguments).to_string(), signature }
            }
            other => other,
        })
        .fold(Vec::new(), |mut all, part| {
            match (all.last_mut(), part) {
                // Without the citations between, texts are one.
                (Some(Part::Text { text }), Part::Text { text: more }) => text.push_str(&more),
                (_, part) => all.push(part),
            }
            all
        })
}

#[test]
fn an_answer_in_its_own_shape_keeps_every_part_and_every_proof() {
    let mut parts = 0;
    for case in cases().iter().filter(|case| case.status == 200) {
        let Some((caller, dialect)) = SHAPES.into_iter().find(|(_, dialect)| *dialect == case.dialect) else {
            continue;
        };
        let (from, end) = deltas(dialect, case.stream, case.body.as_bytes());
        if end.is_err() {
            continue;
        }
        let made = folded(&from);
        let expected = comparable(made.parts());
        parts += expected.len();
        let (again, _) = deltas(dialect, true, &said(caller, &from, &end, true));
        assert_eq!(comparable(folded(&again).into_parts()), expected, "{}", case.id);
        let (again, _) = deltas(dialect, false, &said_whole(caller, &made));
        assert_eq!(comparable(folded(&again).into_parts()), expected, "whole {}", case.id);
        assert_eq!(folded(&again).usage().reasoning, made.usage().reasoning, "{}", case.id);
    }
    println!("{parts} parts came back as they were");
}

fn snapshot(name: &str, id: &str, shown: impl Fn(&Case, Caller) -> String) {
    let cases = cases();
    let Some(case) = cases.iter().find(|case| case.id == id) else { return };
    for (caller, dialect) in SHAPES {
        insta::assert_snapshot!(format!("{name}_for_{dialect}"), shown(case, caller));
    }
}

fn stream(case: &Case, caller: Caller) -> String {
    let (from, end) = deltas(case.dialect, case.stream, case.body.as_bytes());
    // Only the first and the last pieces: the middle is more of the same.
    let all = String::from_utf8(said(caller, &from, &end, true)).unwrap().replace('\r', "");
    let events: Vec<&str> = all.split_inclusive("\n\n").map(|event| event.trim_end_matches('\n')).collect();
    let cut = |text: &str| text.chars().take(400).collect::<String>();
    let shown: Vec<String> = if events.len() > 24 {
        let (first, last) = (&events[..12], &events[events.len() - 12..]);
        first.iter().chain(&["…"]).chain(last).map(|event| cut(event)).collect()
    } else {
        events.iter().map(|event| cut(event)).collect()
    };
    shown.join("\n\n")
}

fn body(case: &Case, caller: Caller) -> String {
    let (from, _) = deltas(case.dialect, case.stream, case.body.as_bytes());
    let value: Value = serde_json::from_slice(&said_whole(caller, &folded(&from))).unwrap();
    serde_json::to_string_pretty(&value)
        .unwrap()
        .lines()
        .map(|l| l.chars().take(300).collect::<String>() + "\n")
        .collect()
}

#[test]
fn parallel_calls_are_said() {
    snapshot("calls", "google-generate-tools-parallel", stream);
    snapshot("calls_whole", "google-generate-tools-parallel", body);
}

#[test]
fn thoughts_are_said() {
    snapshot("thoughts", "google-generate-google-model-thinking-part-iter", stream);
    snapshot("thoughts_whole", "anthropic-messages-anthropic-tool-with-thinking", body);
}

#[test]
fn a_broken_answer_is_said() {
    snapshot("broken", "anthropic-messages-midstream-overloaded", stream);
}

fn words(deltas: &[Delta], caller: Caller, asked: &Asked) -> String {
    let mut encoder = encoder(caller, &head(), asked, true);
    let mut out = Vec::new();
    encoder.begin(&mut out);
    for delta in deltas {
        let before = out.len();
        encoder.delta(delta, &mut out);
        if matches!(delta, Delta::Text(_)) {
            assert!(out.len() > before, "{caller:?} held a word back");
        }
    }
    encoder.end(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn thoughts_that_nobody_asked_for_are_not_said() {
    let all = [
        Delta::Reasoning("secretly".to_owned()),
        Delta::ReasoningSeal { signature: Some("c2ln".to_owned()), sealed: None, id: None },
        Delta::Text("openly".to_owned()),
        Delta::Stop(Stop::Stop),
    ];
    for caller in [Caller::Anthropic, Caller::Gemini] {
        let quiet = words(&all, caller, &Asked::default());
        assert!(!quiet.contains("secretly") && quiet.contains("openly"), "{caller:?}");
        let told = words(&all, caller, &super::curious());
        assert!(told.contains("secretly") && told.contains("c2ln"), "{caller:?}");
    }
    // Google's clients send proofs back whether they saw the thoughts or not.
    assert!(words(&all, Caller::Gemini, &Asked::default()).contains("c2ln"));
    assert!(words(&all, Caller::Anthropic, &Asked::default()).contains("\"index\":0"));
}

#[test]
fn pieces_of_several_calls_may_come_mixed() {
    let call = |key: u32| Delta::ToolCall { key, id: format!("call_x{key}"), name: format!("tool_{key}") };
    let piece = |key, text: &str| Delta::ToolArguments { key, text: text.to_owned() };
    let mixed = [
        Delta::Text("Wait.".to_owned()),
        call(0),
        call(1),
        piece(0, r#"{"a""#),
        piece(1, r#"{"b":"#),
        piece(0, ":1}"),
        piece(1, "[2]}"),
        call(2),
        Delta::Stop(Stop::ToolCalls),
    ];
    for (caller, dialect) in SHAPES {
        let bytes = words(&mixed, caller, &Asked::default());
        let (again, end) = deltas(dialect, true, bytes.as_bytes());
        assert_eq!(end, Ok(()));
        assert_eq!(kept(caller, &folded(&again)), kept(caller, &folded(&mixed)), "{caller:?}");
    }
}

#[test]
fn an_answer_that_broke_says_so_and_does_not_end() {
    for kind in ErrorKind::ALL {
        let failure = Failure::new(*kind, "it went \"wrong\"\nbadly").retry_after(Some(1_500));
        for (caller, dialect) in SHAPES {
            for events in [true, false] {
                let mut encoder = encoder(caller, &head(), &Asked::default(), events);
                let mut out = Vec::new();
                encoder.begin(&mut out);
                encoder.delta(&Delta::Text("half".to_owned()), &mut out);
                encoder.fail(&failure, &mut out);
                let (again, end) = deltas(dialect, true, &out);
                assert_eq!(kept(caller, &folded(&again)).text, "half", "{kind} {caller:?}");
                let Err(DialectError::Provider(told)) = end else { panic!("{kind} {caller:?}: {end:?}") };
                assert!(told.message.contains("it went \"wrong\""), "{told}");
                assert_eq!(folded(&again).stop(), None, "{kind} {caller:?}");
            }
        }
    }
}
