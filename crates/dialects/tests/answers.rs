//! Small answers written for this test, one for each habit that was met in the wild.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::format_push_string, clippy::format_collect, reason = "short bodies, written to be read")]

use dialects::{Assembly, DialectError, classify_error, decoder};
use domain::{Dialect, ErrorKind, Part, Stop};
use serde_json::{Value, json};

struct Read {
    parts: Vec<Part>,
    stop: Option<Stop>,
    shown: Value,
    result: Result<(), DialectError>,
}

fn read(dialect: Dialect, body: &str) -> Read {
    let stream = body.contains("data:");
    let mut decoder = decoder(dialect, stream);
    let (mut assembly, mut out) = (Assembly::new(), Vec::new());
    let mut result = body.as_bytes().chunks(3).try_for_each(|piece| decoder.feed(piece, &mut out));
    if result.is_ok() {
        result = decoder.end(&mut out);
    }
    for delta in out {
        assembly.push(delta, &mut Vec::new());
    }
    let shown = json!({
        "parts": assembly.parts(), "stop": assembly.stop(), "usage": assembly.usage(), "served": assembly.served(),
        "result": match &result { Ok(()) => "complete".to_owned(), Err(error) => error.to_string() },
    });
    Read { stop: assembly.stop(), parts: assembly.into_parts(), shown, result }
}

/// Chunks of the chat dialect with these deltas, and how it ends.
fn chat(deltas: &[Value], finish: Option<&str>) -> Read {
    let mut body = String::new();
    for delta in deltas {
        body +=
            &format!("data: {}\n\n", json!({ "model": "m", "choices": [{ "index": 0, "delta": delta }] }));
    }
    if let Some(finish) = finish {
        body += &format!(
            "data: {}\n\n",
            json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": finish }] })
        );
    }
    read(Dialect::OpenaiChat, &(body + "data: [DONE]\n\n"))
}

fn calls(read: &Read) -> Vec<(String, String, String)> {
    read.parts
        .iter()
        .filter_map(|part| match part {
            Part::ToolCall { id, name, arguments, .. } => Some((id.clone(), name.clone(), arguments.clone())),
            _ => None,
        })
        .collect()
}

fn call(id: &str, name: &str, arguments: &str) -> (String, String, String) {
    (id.to_owned(), name.to_owned(), arguments.to_owned())
}

#[test]
fn tool_calls_come_together_however_they_are_sent() {
    let entry = |index: Value, id: Value, name: Value, arguments: Value| json!({ "index": index, "id": id, "type": "function", "function": { "name": name, "arguments": arguments } });
    let n = Value::Null;
    let sent = |entries: &[Value]| {
        let deltas: Vec<Value> = entries.iter().map(|entry| json!({ "tool_calls": [entry] })).collect();
        let read = chat(&deltas, Some("tool_calls"));
        assert_eq!((read.stop, &read.result), (Some(Stop::ToolCalls), &Ok(())));
        calls(&read)
    };
    let whole = || vec![call("a", "f", r#"{"x":1}"#)];
    let two = || vec![call("a", "f", r#"{"x":1}"#), call("b", "g", "{}")];
    // In pieces; with the name and the id repeated, empty, or another id made up for each piece.
    for (id, name) in
        [(n.clone(), n.clone()), (json!("a"), json!("f")), (json!(""), json!("")), (json!("zz"), json!(""))]
    {
        let entries = [
            entry(json!(0), json!("a"), json!("f"), json!("")),
            entry(json!(0), id.clone(), name.clone(), json!("{\"x\"")),
            entry(json!(0), id, name, json!(":1}")),
        ];
        assert_eq!(sent(&entries), whole());
    }
    // Two calls: of their own index, of the same index, of none; arguments as an object, or missing.
    for (first, second) in [(json!(0), json!(1)), (json!(0), json!(0)), (n.clone(), n.clone())] {
        let entries = [
            entry(first, json!("a"), json!("f"), json!({ "x": 1 })),
            entry(second, json!("b"), json!("g"), n.clone()),
        ];
        assert_eq!(sent(&entries), two());
    }
    // Without ids: made up, always the same.
    let entries = [
        entry(n.clone(), n.clone(), json!("f"), json!("{\"x\":1}")),
        entry(n.clone(), n.clone(), json!("g"), json!("{\"y\":2}")),
    ];
    assert_eq!(sent(&entries), [call("call_0", "f", "{\"x\":1}"), call("call_1", "g", "{\"y\":2}")]);
    // Several in one delta, interleaved, the name later than the arguments.
    let read = chat(
        &[
            json!({ "tool_calls": [entry(json!(0), json!("a"), n.clone(), json!("{\"x\"")), entry(json!(1), json!("b"), json!("g"), json!("{}"))] }),
            json!({ "tool_calls": [entry(json!(0), n.clone(), json!("f"), json!(":1}"))] }),
        ],
        Some("stop"),
    );
    let mut got = calls(&read);
    got.sort();
    assert_eq!((got, read.stop), (two(), Some(Stop::ToolCalls)));
    // The legacy form.
    let deltas = [
        json!({ "function_call": { "name": "f", "arguments": "{\"x\"" } }),
        json!({ "function_call": { "arguments": ":1}" } }),
    ];
    assert_eq!(calls(&chat(&deltas, Some("function_call"))), [call("call_0", "f", "{\"x\":1}")]);
}

#[test]
fn an_end_without_a_reason_is_an_end_and_no_end_is_a_cut() {
    let read = chat(&[json!({ "content": "a" })], None);
    assert_eq!((read.result, read.stop), (Ok(()), Some(Stop::Other)));
    let body = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}\n\n";
    let read = self::read(Dialect::OpenaiChat, body);
    assert_eq!((read.result, read.stop), (Err(DialectError::Truncated), None));
}

#[test]
fn reasoning_is_found_under_every_name() {
    for delta in [
        json!({ "reasoning_content": "hm" }),
        json!({ "reasoning": "hm", "reasoning_details": [{ "type": "reasoning.text", "text": "hm" }] }),
        json!({ "reasoning_details": [{ "type": "reasoning.summary", "summary": "hm" }] }),
        json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] }] }),
        json!({ "content": [{ "type": "reasoning", "summary": [{ "type": "summary_text", "text": "hm" }] }] }),
    ] {
        let read = chat(&[delta, json!({ "content": "so" })], Some("stop"));
        assert!(matches!(&read.parts[0], Part::Reasoning { text, .. } if text == "hm"), "{:?}", read.parts);
        assert_eq!(read.parts[1..], [Part::text("so")]);
    }
}

#[test]
fn errors_inside_an_answer_end_it_with_their_kind() {
    for (error, kind) in [
        (json!({ "error": "it broke" }), ErrorKind::Upstream),
        (json!({ "error": { "code": 429, "message": "slow down" } }), ErrorKind::RateLimited),
        (json!({ "error": { "code": "502", "message": "bad gateway" }, "choices": [] }), ErrorKind::Upstream),
        (json!({ "error": { "type": "overloaded_error", "message": "Overloaded" } }), ErrorKind::Overloaded),
        (
            json!({ "object": "error", "message": "too long", "code": "context_length_exceeded" }),
            ErrorKind::ContextLength,
        ),
    ] {
        let read = read(
            Dialect::OpenaiChat,
            &format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"a\"}}}}]}}\n\ndata: {error}\n\n"),
        );
        assert_eq!(read.parts, [Part::text("a")]);
        assert!(
            matches!(&read.result, Err(DialectError::Provider(failure)) if failure.kind == kind),
            "{:?}",
            read.result
        );
    }
    for (dialect, body, kind) in [
        (Dialect::Ollama, "{\"error\":\"model not found\"}", ErrorKind::Upstream),
        (
            Dialect::Gemini,
            "data: {\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\",\"message\":\"m\"}}\n\n",
            ErrorKind::Overloaded,
        ),
        (
            Dialect::OpenaiResponses,
            "data: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}}}\n\n",
            ErrorKind::RateLimited,
        ),
        (
            Dialect::OpenaiResponses,
            "event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"m\"}\n\n",
            ErrorKind::Upstream,
        ),
        (
            Dialect::AnthropicMessages,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"m\"}}\n\n",
            ErrorKind::Upstream,
        ),
    ] {
        let result = read(dialect, body).result;
        assert!(
            matches!(&result, Err(DialectError::Provider(failure)) if failure.kind == kind),
            "{dialect}: {result:?}"
        );
    }
}

#[test]
fn error_bodies_are_told_apart() {
    let of = |status: u16, body: &str| classify_error(Dialect::OpenaiChat, status, &[], body.as_bytes());
    for (status, body, kind) in [
        (
            400,
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens"}}"#,
            ErrorKind::ContextLength,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#,
            ErrorKind::ContextLength,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            ErrorKind::ContextLength,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#,
            ErrorKind::ContextLength,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}"#,
            ErrorKind::Quota,
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
            ErrorKind::Auth,
        ),
        (
            400,
            r#"{"error":{"message":"Content Exists Risk","type":"invalid_request_error"}}"#,
            ErrorKind::ContentFilter,
        ),
        (
            403,
            r#"{"error":{"message":"flagged","code":403,"metadata":{"reasons":["violence"]}}}"#,
            ErrorKind::ContentFilter,
        ),
        (400, r#"{"error":{"message":"foo/bar is not a valid model ID","code":400}}"#, ErrorKind::NotFound),
        (
            429,
            r#"{"error":{"message":"engine overloaded","type":"engine_overloaded_error"}}"#,
            ErrorKind::Overloaded,
        ),
        (429, r#"{"error":{"message":"Too many tokens, please wait"}}"#, ErrorKind::RateLimited),
        (413, "", ErrorKind::ContextLength),
        (
            422,
            r#"{"detail":[{"loc":["body","temperature"],"msg":"must be less than 2"}]}"#,
            ErrorKind::BadRequest,
        ),
        (401, r#"{"message":"Unauthorized","request_id":"x"}"#, ErrorKind::Auth),
        (503, "<html><body><h1>503 Service Unavailable</h1></body></html>", ErrorKind::Overloaded),
        (500, "", ErrorKind::Upstream),
        (404, "404 page not found", ErrorKind::NotFound),
    ] {
        let failure = of(status, body);
        assert_eq!(failure.kind, kind, "{body}: {failure}");
        assert!(!failure.message.is_empty());
    }
    assert_eq!(
        of(422, r#"{"detail":[{"loc":["body"],"msg":"must be less than 2"}]}"#).message,
        "must be less than 2"
    );
    let nested = r#"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"no images\"}}"}}}"#;
    assert_eq!(of(400, nested).message, "Provider returned error: no images");
    for (text, ms) in [
        ("Please try again in 6m0.5s.", 360_500),
        ("try again in 644ms", 644),
        ("Please retry in 34.4s.", 34_400),
        ("try again in 2 minutes", 120_000),
    ] {
        assert_eq!(
            of(429, &json!({ "error": { "message": text } }).to_string()).retry_after_ms,
            Some(ms),
            "{text}"
        );
    }
    let date = [("retry-after".to_owned(), "Wed, 21 Oct 2026 07:28:00 GMT".to_owned())];
    assert_eq!(classify_error(Dialect::OpenaiChat, 429, &date, b"{}").retry_after_ms, None);
}

#[test]
fn small_streams_of_every_dialect() {
    let chat = "\u{feff}: hello\r\n\r\ndata: {\"model\":\"m\",\"choices\":[],\"prompt_filter_results\":[]}\r\n\r\n\
        data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"Hé\"}}]}\r\n\r\n\
        data: {\"choices\":[{\"delta\":{\"images\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]}}]}\r\n\r\n\
        data: {\"choices\":[{\"delta\":{\"refusal\":\" no.\"}}]}\r\n\r\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"total_tokens\":14,\"prompt_tokens_details\":{\"cached_tokens\":4},\"completion_tokens_details\":{\"reasoning_tokens\":2}}}\r\n\r\n\
        data: [DONE]\r\n\r\n";
    insta::assert_json_snapshot!("openai-chat", read(Dialect::OpenaiChat, chat).shown);

    let responses = [
        json!({ "type": "response.created", "response": { "model": "m" } }),
        json!({ "type": "response.output_item.added", "output_index": 0, "item": { "type": "reasoning", "id": "rs" } }),
        json!({ "type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "one" }),
        json!({ "type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 1, "delta": "two" }),
        json!({ "type": "response.output_item.done", "output_index": 0,
            "item": { "type": "reasoning", "id": "rs", "encrypted_content": "sealed", "summary": [{ "text": "one" }, { "text": "two" }] } }),
        json!({ "type": "response.output_item.done", "output_index": 1, "item": { "type": "web_search_call", "id": "ws" } }),
        json!({ "type": "response.output_text.delta", "output_index": 2, "content_index": 0, "delta": "Look" }),
        json!({ "type": "response.output_text.done", "output_index": 2, "content_index": 0, "text": "Look" }),
        json!({ "type": "response.output_item.added", "output_index": 3,
            "item": { "type": "function_call", "call_id": "c", "name": "f", "arguments": "" } }),
        json!({ "type": "response.function_call_arguments.delta", "output_index": 3, "delta": "{\"x\"" }),
        json!({ "type": "response.function_call_arguments.delta", "output_index": 3, "delta": ":1}" }),
        json!({ "type": "response.output_item.done", "output_index": 3,
            "item": { "type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"x\":1}" } }),
        json!({ "type": "response.newer_than_this", "output_index": 9 }),
        json!({ "type": "response.completed", "response": { "status": "completed", "usage": { "input_tokens": 8,
            "output_tokens": 6, "input_tokens_details": { "cached_tokens": 0 }, "output_tokens_details": { "reasoning_tokens": 4 } } } }),
    ];
    insta::assert_json_snapshot!("openai-responses", read(Dialect::OpenaiResponses, &sse(&responses)).shown);

    let messages = [
        json!({ "type": "message_start", "message": { "model": "m", "usage": { "input_tokens": 5, "cache_read_input_tokens": 3, "output_tokens": 1 } } }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "thinking", "thinking": "", "signature": "" } }),
        json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "thinking_delta", "thinking": "hm" } }),
        json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "signature_delta", "signature": "sig" } }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "ping" }),
        json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "redacted_thinking", "data": "sealed" } }),
        json!({ "type": "content_block_stop", "index": 1 }),
        json!({ "type": "content_block_start", "index": 2, "content_block": { "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} } }),
        json!({ "type": "content_block_delta", "index": 2, "delta": { "type": "input_json_delta", "partial_json": "{\"q\":1}" } }),
        json!({ "type": "content_block_stop", "index": 2 }),
        json!({ "type": "content_block_start", "index": 3, "content_block": { "type": "text", "text": "" } }),
        json!({ "type": "content_block_delta", "index": 3, "delta": { "type": "text_delta", "text": "Look" } }),
        json!({ "type": "content_block_delta", "index": 3, "delta": { "type": "citations_delta", "citation": { "url": "u" } } }),
        json!({ "type": "content_block_stop", "index": 3 }),
        json!({ "type": "content_block_start", "index": 4, "content_block": { "type": "tool_use", "id": "t", "name": "f", "input": {} } }),
        json!({ "type": "content_block_delta", "index": 4, "delta": { "type": "input_json_delta", "partial_json": "" } }),
        json!({ "type": "content_block_stop", "index": 4 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 20, "output_tokens_details": { "thinking_tokens": 12 } } }),
        json!({ "type": "message_stop" }),
    ];
    insta::assert_json_snapshot!(
        "anthropic-messages",
        read(Dialect::AnthropicMessages, &sse(&messages)).shown
    );

    let gemini = [
        json!({ "candidates": [{ "content": { "parts": [{ "text": "hm", "thought": true }] } }], "modelVersion": "m" }),
        json!({ "candidates": [{ "content": { "parts": [{ "text": "Look" }, { "executableCode": { "code": "1" } },
            { "inlineData": { "mimeType": "image/png", "data": "AAAA" } }] } }] }),
        json!({ "candidates": [{ "content": { "parts": [
            { "functionCall": { "name": "f", "args": { "b": 1, "a": 2 } }, "thoughtSignature": "sig" },
            { "functionCall": { "name": "g" } }] } }] }),
        json!({ "candidates": [{ "content": { "parts": [{ "text": "", "thoughtSignature": "last" }] }, "finishReason": "STOP" }],
            "usageMetadata": { "promptTokenCount": 10, "cachedContentTokenCount": 4, "candidatesTokenCount": 3,
                "thoughtsTokenCount": 7, "toolUsePromptTokenCount": 2, "totalTokenCount": 22 } }),
    ];
    insta::assert_json_snapshot!("gemini", read(Dialect::Gemini, &sse(&gemini)).shown);

    let ollama = "{\"model\":\"m\",\"message\":{\"thinking\":\"hm\",\"content\":\"\"},\"done\":false}\n\
        {\"message\":{\"content\":\"Look\"},\"done\":false}\n\
        {\"message\":{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"x\":1}}}]},\"done\":false}\n\
        {\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":4,\"eval_count\":6}\n";
    insta::assert_json_snapshot!("ollama", read(Dialect::Ollama, ollama).shown);
}

fn sse(events: &[Value]) -> String {
    events
        .iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or("x")))
        .collect()
}

#[test]
fn a_blocked_prompt_is_a_content_filter_stop() {
    let read = read(
        Dialect::Gemini,
        r#"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3}}"#,
    );
    assert_eq!((read.result, read.stop), (Ok(()), Some(Stop::ContentFilter)));
    assert!(read.parts.is_empty());
}

#[test]
fn what_a_failing_event_still_says_is_kept() {
    let body = "data: {\"choices\":[{\"delta\":{\"content\":\"half\"},\"finish_reason\":\"error\"}],\"error\":{\"code\":502,\"message\":\"gone\"}}\n\ndata: [DONE]\n\n";
    let read = self::read(Dialect::OpenaiChat, body);
    assert_eq!(read.parts, [Part::text("half")]);
    assert!(matches!(read.result, Err(DialectError::Provider(failure)) if failure.message == "gone"));
    let read = self::read(
        Dialect::OpenaiChat,
        "data: {\"choices\":[],\"x_groq\":{\"error\":\"over capacity\"}}\n\n",
    );
    assert!(
        matches!(read.result, Err(DialectError::Provider(failure)) if failure.message == "over capacity")
    );
}

#[test]
fn an_answer_that_broke_off_on_the_providers_side_is_a_failure_under_any_name() {
    for (reason, kind) in [
        ("error", ErrorKind::Upstream),
        ("network_error", ErrorKind::Upstream),
        ("insufficient_system_resource", ErrorKind::Overloaded),
    ] {
        let read = chat(&[json!({ "content": "half" })], Some(reason));
        assert_eq!(read.parts, [Part::text("half")]);
        assert!(
            matches!(read.result, Err(DialectError::Provider(failure)) if failure.kind == kind),
            "{reason}"
        );
    }
}

#[test]
fn a_good_status_over_an_explanation_tells_the_explanation() {
    for (body, kind, text) in [
        (
            r#"{"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#,
            ErrorKind::Quota,
            "insufficient balance",
        ),
        (r#"{"code":1301,"msg":"no","success":false}"#, ErrorKind::Upstream, "no"),
    ] {
        let Err(DialectError::Provider(failure)) = read(Dialect::OpenaiChat, body).result else {
            panic!("{body}")
        };
        assert_eq!((failure.kind, failure.message.as_str()), (kind, text));
    }
    let fine = r#"{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"base_resp":{"status_code":0,"status_msg":""}}"#;
    assert_eq!(read(Dialect::OpenaiChat, fine).result, Ok(()));
    let page = read(Dialect::OpenaiChat, "<!doctype html><title>Sign in</title><p>…");
    assert!(page.result.unwrap_err().to_string().contains("web page (`Sign in`)"));
}

#[test]
fn an_error_event_may_be_bare_words() {
    for dialect in
        [Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::AnthropicMessages, Dialect::Gemini]
    {
        let Err(DialectError::Provider(failure)) =
            read(dialect, "event: error\ndata: upstream is gone\n\n").result
        else {
            panic!("{dialect}")
        };
        assert_eq!(failure.message, "upstream is gone", "{dialect}");
    }
}

#[test]
fn a_tool_call_may_come_without_a_list_around_it() {
    let piece = |function: Value| json!({ "tool_calls": { "index": 0, "id": "c", "function": function } });
    let read = chat(
        &[
            piece(json!({ "name": "f", "arguments": "{\"a\":" })),
            piece(json!({ "name": null, "arguments": "1}" })),
        ],
        Some("tool_calls"),
    );
    assert_eq!(calls(&read), [call("c", "f", "{\"a\":1}")]);
}

#[test]
fn responses_one_after_the_other_are_read_to_the_last() {
    let response = |text: &str| {
        let item = json!({ "type": "message", "content": [{ "type": "output_text", "text": text }] });
        [
            json!({ "type": "response.created", "response": { "status": "in_progress" } }),
            json!({ "type": "response.completed", "response": { "status": "completed", "output": [item] } }),
        ]
    };
    let mut decoder = decoder(Dialect::OpenaiResponses, true);
    let mut out = Vec::new();
    for text in ["one", "two"] {
        decoder.feed(sse(&response(text)).as_bytes(), &mut out).unwrap();
        assert!(decoder.finished() && !decoder.closed(), "another may follow");
    }
    assert!(out.contains(&dialects::Delta::Text("two".to_owned())));
}

#[test]
fn a_call_whose_arguments_stream_is_one_call() {
    let piece = |call: Value, finish: Option<&str>| json!({ "candidates": [{ "content": { "parts": [{ "functionCall": call }] }, "finishReason": finish }] });
    let body = sse(&[
        piece(json!({ "name": "f", "willContinue": true }), None),
        piece(
            json!({ "partialArgs": [{ "jsonPath": "$.to.city", "stringValue": "Par", "willContinue": true }], "willContinue": true }),
            None,
        ),
        piece(
            json!({ "partialArgs": [{ "jsonPath": "$.to.city", "stringValue": "is" }, { "jsonPath": "$.days[1]", "numberValue": 2 }], "willContinue": true }),
            None,
        ),
        piece(json!({}), Some("STOP")),
        piece(json!({ "name": "g", "args": { "a": 1 } }), Some("STOP")),
    ]);
    let read = read(Dialect::Gemini, &body);
    let whole = r#"{"to":{"city":"Paris"},"days":[null,2]}"#;
    assert_eq!(calls(&read), [call("call_0", "f", whole), call("call_1", "g", r#"{"a":1}"#)]);
    assert_eq!(read.stop, Some(Stop::ToolCalls));
}
