//! Searching the web on the provider's side: how it is asked for, what comes back, and that it goes
//! back with the next turn as it came.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dialects::{
    Assembly, ChatMessage, ChatRequest, DialectError, Quirks, WebSearch, decoder, encode, searches_web,
    spoken,
};
use domain::{Dialect, Params, Part, Role, Stop};
use serde_json::{Value, json};

fn quirks(web_search: Option<WebSearch>) -> Quirks {
    Quirks { web_search, ..Quirks::default() }
}

fn asking(model: &str, answer: Vec<Part>) -> ChatRequest {
    let said = |role, parts| ChatMessage { role, parts };
    let mut messages = vec![said(Role::User, vec![Part::text("What happened today?")])];
    if !answer.is_empty() {
        messages.push(said(Role::Assistant, answer));
        messages.push(said(Role::User, vec![Part::text("And yesterday?")]));
    }
    let params = Params { web_search: true, ..Params::default() };
    ChatRequest { model: model.to_owned(), messages, params, stream: true, ..ChatRequest::default() }
}

fn sent(dialect: Dialect, quirks: &Quirks, request: &ChatRequest) -> (String, Value) {
    let wire = encode(dialect, request, quirks).unwrap();
    (wire.path, serde_json::from_slice(&wire.body).unwrap())
}

fn sse(events: &[Value]) -> String {
    let written =
        |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or("x"));
    events.iter().map(written).collect::<Vec<_>>().concat()
}

fn read(dialect: Dialect, body: &str, stream: bool) -> Assembly {
    let (mut decoder, mut deltas, mut assembly) = (decoder(dialect, stream), Vec::new(), Assembly::new());
    // In pieces, as a socket gives them.
    for piece in body.as_bytes().chunks(7) {
        decoder.feed(piece, &mut deltas).unwrap();
    }
    decoder.end(&mut deltas).unwrap();
    for delta in deltas {
        assembly.push(delta, &mut Vec::new());
    }
    assembly
}

fn text(parts: &[Part]) -> Vec<&str> {
    parts
        .iter()
        .filter_map(|p| if let Part::Text { text } = p { Some(text.as_str()) } else { None })
        .collect()
}

#[test]
fn every_dialect_asks_for_it_in_its_own_way() {
    let tools = |dialect, style, model: &str| {
        let (path, body) = sent(dialect, &quirks(style), &asking(model, vec![]));
        (path, body["tools"].clone())
    };
    let (path, found) = tools(Dialect::OpenaiResponses, None, "gpt-5");
    assert_eq!((path.as_str(), found), ("/responses", json!([{ "type": "web_search" }])));
    let (_, found) = tools(Dialect::AnthropicMessages, None, "claude-sonnet-4-5");
    assert_eq!(found, json!([{ "type": "web_search_20250305", "name": "web_search" }]));
    let (_, found) = tools(Dialect::Gemini, None, "gemini-2.5-flash");
    assert_eq!(found, json!([{ "googleSearch": {} }]));
    let (_, found) = tools(Dialect::OpenaiChat, Some(WebSearch::Openrouter), "x/y");
    assert_eq!(found, json!([{ "type": "openrouter:web_search" }]));
    let (_, found) = tools(Dialect::OpenaiChat, Some(WebSearch::BrowserSearch), "openai/gpt-oss-120b");
    assert_eq!(found, json!([{ "type": "browser_search" }]));
    let (_, found) = tools(Dialect::OpenaiChat, Some(WebSearch::BrowserSearch), "groq/compound");
    assert_eq!(found, Value::Null, "it searches of itself");
}

#[test]
fn a_chat_provider_that_searches_only_in_responses_is_asked_in_that_while_it_is_wanted() {
    let quirks = quirks(Some(WebSearch::Responses));
    let mut request = asking("grok-4", vec![]);
    assert_eq!(spoken(Dialect::OpenaiChat, &quirks, &request.params), Dialect::OpenaiResponses);
    let (path, body) = sent(Dialect::OpenaiChat, &quirks, &request);
    assert_eq!((path.as_str(), body["input"].is_array()), ("/responses", true));
    request.params.web_search = false;
    let (path, body) = sent(Dialect::OpenaiChat, &quirks, &request);
    assert_eq!((path.as_str(), body["messages"].is_array()), ("/chat/completions", true));
    assert_eq!(body["tools"], Value::Null);
}

#[test]
fn who_cannot_search_is_known_before_the_call() {
    for (dialect, style, model) in [
        (Dialect::OpenaiChat, None, "anything"),
        (Dialect::OpenaiChat, Some(WebSearch::BrowserSearch), "llama-3.3-70b"),
        (Dialect::OpenaiResponses, None, "gpt-3.5-turbo"),
        (Dialect::AnthropicMessages, None, "claude-3-opus-20240229"),
        (Dialect::Gemini, None, "gemini-1.5-pro"),
        (Dialect::Ollama, None, "qwen3"),
    ] {
        assert_eq!(searches_web(dialect, &quirks(style), model), Some(false), "{dialect} {model}");
        let refused = encode(dialect, &asking(model, vec![]), &quirks(style)).unwrap_err();
        assert!(matches!(refused, DialectError::Unsupported { .. }));
        assert!(refused.failure().message.contains("web search"), "{refused:?}");
    }
    assert_eq!(searches_web(Dialect::AnthropicMessages, &Quirks::default(), "claude-opus-4-1"), Some(true));
    assert_eq!(searches_web(Dialect::AnthropicMessages, &Quirks::default(), "somebody-elses"), None);
}

#[test]
fn anthropics_searches_and_citations_go_back_as_they_came_and_the_text_stays_whole() {
    let cite = |url: &str| json!({ "type": "web_search_result_location", "url": url, "title": "T", "encrypted_index": "E", "cited_text": "c" });
    let search = json!({ "type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {} });
    let found = json!({ "type": "web_search_tool_result", "tool_use_id": "srvtoolu_1",
        "content": [{ "type": "web_search_result", "url": "https://a.test", "title": "A", "encrypted_content": "sealed" }] });
    let start = |index: u32, block: &Value| json!({ "type": "content_block_start", "index": index, "content_block": block });
    let delta =
        |index: u32, delta: Value| json!({ "type": "content_block_delta", "index": index, "delta": delta });
    let stop = |index: u32| json!({ "type": "content_block_stop", "index": index });
    let said = |index: u32, text: &str| delta(index, json!({ "type": "text_delta", "text": text }));
    let empty = json!({ "type": "text", "text": "" });
    let events = [
        json!({ "type": "message_start", "message": { "model": "m", "usage": { "input_tokens": 5 } } }),
        start(0, &json!({ "type": "text", "text": "" })),
        said(0, "Let me look. "),
        stop(0),
        start(1, &search),
        delta(1, json!({ "type": "input_json_delta", "partial_json": "{\"query\":\"today\"}" })),
        stop(1),
        start(2, &found),
        stop(2),
        start(3, &empty),
        said(3, "Ünder the "),
        stop(3),
        start(4, &json!({ "type": "text", "text": "", "citations": [] })),
        delta(4, json!({ "type": "citations_delta", "citation": cite("https://a.test") })),
        said(4, "sun"),
        delta(4, json!({ "type": "citations_delta", "citation": cite("https://b.test") })),
        stop(4),
        start(5, &empty),
        said(5, ", nothing new."),
        stop(5),
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 9 } }),
        json!({ "type": "message_stop" }),
    ];
    let read = read(Dialect::AnthropicMessages, &sse(&events), true);
    assert_eq!(read.stop(), Some(Stop::Stop));
    let parts = read.into_parts();
    assert_eq!(text(&parts), ["Let me look. ", "Ünder the sun, nothing new."]);
    let (_, body) = sent(Dialect::AnthropicMessages, &Quirks::default(), &asking("claude-sonnet-4-5", parts));
    let blocks = body["messages"][1]["content"].as_array().unwrap();
    let searched = json!({ "type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": { "query": "today" } });
    let cited = json!({ "type": "text", "text": "sun", "citations": [cite("https://a.test"), cite("https://b.test")] });
    let plain = |text: &str| json!({ "type": "text", "text": text });
    assert_eq!(
        *blocks,
        [plain("Let me look. "), searched, found, plain("Ünder the "), cited, plain(", nothing new.")]
    );
}

#[test]
fn responses_keep_their_searches_and_annotations() {
    let annotation = json!({ "type": "url_citation", "start_index": 0, "end_index": 4, "url": "https://a.test", "title": "A" });
    let search = json!({ "type": "web_search_call", "id": "ws_1", "status": "completed", "action": { "type": "search", "query": "today" } });
    let events = [
        json!({ "type": "response.created", "response": { "model": "m" } }),
        json!({ "type": "response.output_item.added", "output_index": 0, "item": { "type": "web_search_call", "id": "ws_1" } }),
        json!({ "type": "response.web_search_call.searching", "output_index": 0 }),
        json!({ "type": "response.output_item.done", "output_index": 0, "item": search }),
        json!({ "type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "News" }),
        json!({ "type": "response.output_text.annotation.added", "output_index": 1, "annotation": annotation }),
        json!({ "type": "response.output_item.done", "output_index": 1, "item": { "type": "message",
            "content": [{ "type": "output_text", "text": "News", "annotations": [annotation] }] } }),
        json!({ "type": "response.completed", "response": { "status": "completed" } }),
    ];
    let parts = read(Dialect::OpenaiResponses, &sse(&events), true).into_parts();
    assert_eq!(text(&parts), ["News"]);
    let (_, body) = sent(Dialect::OpenaiResponses, &Quirks::default(), &asking("gpt-5", parts));
    assert_eq!(body["input"][1], search);
    let said = json!({ "type": "output_text", "text": "News", "annotations": [annotation] });
    assert_eq!(body["input"][2], json!({ "type": "message", "role": "assistant", "content": [said] }));
}

#[test]
fn geminis_grounds_and_a_chats_sources_are_kept_and_sent_to_nobody() {
    let grounds = json!({ "webSearchQueries": ["today"], "groundingChunks": [{ "web": { "uri": "https://a.test", "title": "A" } }] });
    let gemini = json!({ "candidates": [{ "content": { "parts": [{ "text": "News" }] }, "finishReason": "STOP",
        "groundingMetadata": grounds }] });
    let parts = read(Dialect::Gemini, &gemini.to_string(), false).into_parts();
    assert_eq!(text(&parts), ["News"]);
    let Part::Raw { json, .. } = &parts[1] else { panic!("{parts:?}") };
    assert_eq!(serde_json::from_str::<Value>(json).unwrap(), json!({ "groundingMetadata": grounds }));
    let (_, body) = sent(Dialect::Gemini, &Quirks::default(), &asking("gemini-2.5-pro", parts));
    assert_eq!(body["contents"][1]["parts"], json!([{ "text": "News" }]));

    let note = json!({ "type": "url_citation", "url_citation": { "url": "https://a.test", "title": "A" } });
    let chunk = |delta: Value, reason: Value| json!({ "citations": ["https://c.test"], "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }] });
    let body = [
        chunk(json!({ "content": "News" }), Value::Null),
        chunk(json!({ "annotations": [note] }), json!("stop")),
    ];
    let body = format!("data: {}\n\ndata: {}\n\ndata: [DONE]\n\n", body[0], body[1]);
    let parts = read(Dialect::OpenaiChat, &body, true).into_parts();
    let Part::Raw { json, .. } = &parts[1] else { panic!("{parts:?}") };
    let kept: Value = serde_json::from_str(json).unwrap();
    assert_eq!(kept, json!({ "citations": ["https://c.test"], "annotations": [note] }));
    let (_, body) = sent(Dialect::OpenaiChat, &quirks(Some(WebSearch::Openrouter)), &asking("m", parts));
    assert_eq!(body["messages"][1], json!({ "role": "assistant", "content": "News" }));
}

#[test]
fn what_a_provider_paused_goes_on_when_it_is_sent_back() {
    let search =
        json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": { "query": "q" } });
    let paused = vec![
        Part::Raw { dialect: Dialect::AnthropicMessages, json: search.to_string() },
        Part::text("So far:"),
    ];
    let mut request = asking("claude-sonnet-4-5", vec![]);
    request.messages.push(ChatMessage { role: Role::Assistant, parts: paused });
    request.prefill = true;
    let (_, body) = sent(Dialect::AnthropicMessages, &Quirks::default(), &request);
    assert_eq!(body["messages"][1]["content"], json!([search, { "type": "text", "text": "So far:" }]));
}
