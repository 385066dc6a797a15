use super::*;
use crate::{Assembly, ChatMessage};
use domain::{ErrorKind, Params, Tool};

fn ask(text: &str) -> ChatRequest {
    ChatRequest {
        model: "steady".to_owned(),
        system: None,
        messages: vec![ChatMessage { role: Role::User, parts: vec![Part::text(text)] }],
        params: Params::default(),
        stream: true,
        prefill: false,
    }
}

fn run(model: &str, request: &ChatRequest) -> (Assembly, u32, Option<Step>) {
    let (mut assembly, mut time, mut end) = (Assembly::new(), 0, None);
    for step in script(model, request, 0).unwrap() {
        match step {
            Step::Wait { ms } => time += ms,
            Step::Delta(delta) => assembly.push(delta, &mut Vec::new()),
            last => end = Some(last),
        }
    }
    (assembly, time, end)
}

fn text(assembly: &Assembly) -> String {
    crate::wire::text_of(&assembly.parts())
}

#[test]
fn the_same_question_gets_the_same_answer_and_says_that_it_is_simulated() {
    let (first, time, end) = run("steady", &ask("How do birds navigate?"));
    assert_eq!(text(&first), text(&run("simulated/steady", &ask("How do birds navigate?")).0));
    assert_ne!(text(&first), text(&run("steady?seed=1", &ask("How do birds navigate?")).0));
    assert!(text(&first).lines().next().unwrap().contains("Simulated answer of `simulated/steady`"));
    assert!(text(&first).contains("How do birds navigate"));
    assert_eq!((first.stop(), end), (Some(Stop::Stop), None));
    let written = first.usage().output.unwrap();
    assert!((195..=200).contains(&written), "{written}");
    assert_eq!(time, 300 + (written - 1) * 20);
}

#[test]
fn length_speed_and_limits_are_kept() {
    for len in [1, 7, 90, 1_000] {
        let (assembly, time, _) = run(&format!("fast?len={len}&tps=1000&ttft=0"), &ask("x"));
        let written = assembly.usage().output.unwrap();
        assert!(written <= len && written + 5 >= len, "{written} of {len}");
        assert_eq!(time, written - 1);
    }
    let mut request = ask("x");
    request.params.max_tokens = Some(20);
    let (assembly, _, _) = run("steady", &request);
    assert_eq!((assembly.stop(), assembly.usage().output), (Some(Stop::Length), Some(20)));
}

#[test]
fn failures_come_as_often_as_told_and_a_retry_can_help() {
    let failed = |model: &str, n: u32, attempt: u32| {
        let last = script(model, &ask(&format!("question {n}")), attempt).unwrap().last();
        matches!(last, Some(Step::Fail(_)))
    };
    let count = (0..1_000).filter(|n| failed("steady?fail=0.1:429", *n, 0)).count();
    assert!((60..150).contains(&count), "{count}");
    assert!((0..1_000).filter(|n| failed("flaky", *n, 0)).any(|n| !failed("flaky", n, 1)));
    match script("steady?fail=1:429&retry=50", &ask("x"), 0).unwrap().last() {
        Some(Step::Fail(failure)) => {
            assert_eq!((failure.kind, failure.retry_after_ms), (ErrorKind::RateLimited, Some(50)));
        }
        other => panic!("{other:?}"),
    }
    let (assembly, _, end) = run("cut", &ask("x"));
    assert_eq!(end, Some(Step::Cut));
    assert!(assembly.has_content() && assembly.stop().is_none());
}

#[test]
fn reasoning_tools_json_and_echo() {
    let (assembly, _, _) = run("reasoning", &ask("x"));
    assert!(matches!(&assembly.parts()[0], Part::Reasoning { .. }));
    assert!((115..=125).contains(&assembly.usage().reasoning.unwrap()));

    let mut request = ask("What is the weather in Bonn?");
    let parameters =
        r#"{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","maximum":7}}}"#;
    request.params.tools =
        vec![Tool { name: "weather".to_owned(), description: None, parameters: parameters.to_owned() }];
    let (assembly, _, _) = run("tools", &request);
    assert_eq!(assembly.stop(), Some(Stop::ToolCalls));
    let parts = assembly.into_parts();
    let Some(Part::ToolCall { id, name, arguments, .. }) = parts.last() else { panic!("{parts:?}") };
    assert_eq!(name, "weather");
    assert!(serde_json::from_str::<serde_json::Value>(arguments).unwrap()["city"].is_string());
    let result =
        Part::ToolResult { call_id: id.clone(), name: None, text: "sunny".to_owned(), is_error: false };
    request.messages.push(ChatMessage { role: Role::Assistant, parts });
    request.messages.push(ChatMessage { role: Role::Tool, parts: vec![result] });
    assert_eq!(run("tools", &request).0.stop(), Some(Stop::Stop));

    let mut request = ask("x");
    request.params.response_format = Some(ResponseFormat::JsonObject);
    assert!(serde_json::from_str::<serde_json::Value>(&text(&run("steady", &request).0)).is_ok());
    assert_eq!(text(&run("echo", &ask("say  this\n\nback")).0), "say  this\n\nback");
}

#[test]
fn a_partial_answer_is_gone_on_with() {
    let whole = text(&run("steady", &ask("x")).0);
    let mut request = ask("x");
    let (start, rest) = whole.split_at(100);
    request.messages.push(ChatMessage { role: Role::Assistant, parts: vec![Part::text(start)] });
    request.prefill = true;
    assert_eq!(text(&run("steady", &request).0), rest);
}

#[test]
fn a_wrong_grammar_is_told_with_what_to_write() {
    for model in [
        "quick",
        "steady?tps=0",
        "steady?tps=x",
        "steady?len=",
        "steady?fail=2",
        "steady?fail=0.1:soon",
        "steady?colour=red",
        "",
    ] {
        let error = script(model, &ask("x"), 0).unwrap_err();
        assert_eq!(error.failure().kind, ErrorKind::BadRequest);
        assert!(error.to_string().contains("simulated/steady?tps=50"), "{error}");
    }
    for (name, description) in models() {
        assert!(script(name, &ask("x"), 0).is_ok() && !description.is_empty());
    }
}
