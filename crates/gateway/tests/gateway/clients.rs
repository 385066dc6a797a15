//! Requests as well-known programs send them: accepted and answered whole by providers of every dialect.

use crate::wire::{Heard, PROVIDERS, Shape, Wire};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use testkit::{Call, INPUT_TOKENS, answer};

const BETA: &str =
    "claude-code-20250219,interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14";

async fn heard(shape: Shape, request: RequestBuilder) -> Heard {
    Heard::read(shape, request.send().await.unwrap()).await
}

/// The last request that a provider was sent.
fn last_call(wire: &Wire) -> Call {
    wire.server.log().pop().unwrap()
}

/// That all of these stand in what was sent, and none of those.
fn expect_sent(call: &Call, all: &[&str], none: &[&str], what: &str) {
    let body = call.body.to_string();
    for word in all {
        assert!(body.contains(word), "{what}: no `{word}` in {body}");
    }
    for word in none {
        assert!(!body.contains(word), "{what}: `{word}` in {body}");
    }
}

/// The data of events, in order.
fn events(raw: &str) -> Vec<Value> {
    let data = raw.lines().filter_map(|line| line.strip_prefix("data:"));
    data.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect()
}

fn claude_tool(name: &str) -> Value {
    json!({ "name": name, "description": format!("Runs {name}.\n\nUsage: careful."), "input_schema": {
        "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
        "properties": { "city": { "type": "string", "description": "where" },
            "call": { "type": "number" }, "mode": { "type": "string", "enum": ["a", "b"] } },
        "required": ["city"], "additionalProperties": false } })
}

/// As Claude Code asks.
fn claude_code(model: &str, messages: &Value) -> Value {
    let cached = json!({ "type": "ephemeral" });
    json!({ "model": model, "max_tokens": 32000, "temperature": 1, "stream": true, "messages": messages,
        "system": [
            { "type": "text", "text": "You are Claude Code, the CLI.", "cache_control": cached },
            { "type": "text", "text": "Keep to the house rules.", "cache_control": { "type": "ephemeral", "ttl": "1h" } }],
        "tools": [claude_tool("lookup_0"), claude_tool("lookup_1")],
        "metadata": { "user_id": "user_0123_account__session_4567" },
        "thinking": { "type": "enabled", "budget_tokens": 31999 } })
}

fn claude_request(wire: &Wire, path: &str, body: &Value) -> RequestBuilder {
    let request = wire.http.post(format!("{}{path}?beta=true", wire.url)).header("x-api-key", &wire.key);
    let request = request.header("anthropic-version", "2023-06-01").header("anthropic-beta", BETA);
    let request = request.header("anthropic-dangerous-direct-browser-access", "true").header("x-app", "cli");
    request.header("user-agent", "claude-cli/2.0.1 (external, cli)").json(body)
}

/// The blocks of a streamed answer, as a client that sends them back puts them together.
fn blocks(raw: &str) -> Vec<Value> {
    let mut blocks: Vec<Value> = Vec::new();
    let mut arguments = String::new();
    let add = |block: &mut Value, name: &str, text: &Value| {
        let whole = format!("{}{}", block[name].as_str().unwrap_or_default(), text.as_str().unwrap());
        block[name] = whole.into();
    };
    for event in events(raw) {
        match event["type"].as_str().unwrap() {
            "content_block_start" => {
                arguments.clear();
                blocks.push(event["content_block"].clone());
            }
            "content_block_delta" => {
                let (delta, block) = (&event["delta"], blocks.last_mut().unwrap());
                match delta["type"].as_str().unwrap() {
                    "text_delta" => add(block, "text", &delta["text"]),
                    "thinking_delta" => add(block, "thinking", &delta["thinking"]),
                    "signature_delta" => block["signature"] = delta["signature"].clone(),
                    _ => arguments.push_str(delta["partial_json"].as_str().unwrap()),
                }
            }
            "content_block_stop" if blocks.last().unwrap()["type"] == "tool_use" => {
                blocks.last_mut().unwrap()["input"] = serde_json::from_str(&arguments).unwrap();
            }
            _ => {}
        }
    }
    blocks
}

#[tokio::test]
async fn claude_code_is_answered_by_every_dialect() {
    let wire = Wire::new().await;
    for provider in PROVIDERS {
        let cached = json!({ "type": "ephemeral" });
        let asked = json!({ "role": "user", "content": [
            { "type": "text", "text": "<system-reminder>\nToday is Monday.\n</system-reminder>\n" },
            { "type": "text", "text": "How is the weather?", "cache_control": cached }] });
        let model = format!("{provider}/tools?calls=2&reasoning=3");
        let counted = json!({ "model": model, "messages": [asked], "tools": [claude_tool("lookup_0")] });
        let counted = claude_request(&wire, "/v1/messages/count_tokens", &counted).send().await.unwrap();
        assert_eq!(counted.status().as_u16(), 200, "{provider}");
        let counted: Value = counted.json().await.unwrap();
        assert!(counted["input_tokens"].as_u64().unwrap() > 5, "{provider}: {counted}");
        // What it asks first, to hear of limits.
        let first = json!({ "model": format!("{provider}/ok?tokens=1"), "max_tokens": 1,
            "messages": [{ "role": "user", "content": "quota" }], "metadata": { "user_id": "user_0123" } });
        heard(Shape::Messages, claude_request(&wire, "/v1/messages", &first))
            .await
            .expect_whole(&answer(1, 0), provider);

        let body = claude_code(&model, &json!([asked]));
        let called = heard(Shape::Messages, claude_request(&wire, "/v1/messages", &body)).await;
        assert_eq!((called.status, called.stop), (200, Some("tools")), "{provider}: {called:?}");
        assert_eq!(called.calls.len(), 2, "{provider}: {called:?}");
        assert_eq!(called.usage.map(|(input, _)| input), Some(INPUT_TOKENS as u64), "{provider}: {called:?}");
        let said = blocks(&called.raw);
        assert_eq!(said[0]["type"], "thinking", "{provider}: {said:?}");
        assert_eq!(said[0]["thinking"], "thought·0 thought·1 thought·2 ", "{provider}");
        let sent = last_call(&wire);
        let told = [
            "You are Claude Code, the CLI.",
            "Keep to the house rules.",
            "Today is Monday.",
            "Runs lookup_1.",
        ];
        let theirs = ["cache_control", "user_0123_account", "budget_tokens", "ephemeral"];
        if provider == "anthropic" {
            // The provider's own dialect: nothing of it is touched but the model.
            let mut whole = body.clone();
            whole["model"] = "tools?calls=2&reasoning=3".into();
            assert_eq!(sent.body, whole);
            assert_eq!(sent.header("anthropic-beta"), Some(BETA));
            assert_eq!(sent.header("anthropic-version"), Some("2023-06-01"));
        } else {
            // Gemini's thinking has a budget by the same name in its own spelling.
            expect_sent(&sent, &told, &theirs, provider);
            assert_eq!(sent.header("anthropic-beta"), None, "{provider}");
        }
        assert_eq!(sent.header("x-app"), None, "{provider}");

        let results: Vec<Value> = called.calls.iter().enumerate().map(|(at, (id, ..))| {
            json!({ "type": "tool_result", "tool_use_id": id, "is_error": at == 1, "cache_control": cached,
                "content": [{ "type": "text", "text": format!("result of call {at}") }] })
        }).collect();
        let messages =
            json!([asked, { "role": "assistant", "content": said }, { "role": "user", "content": results }]);
        let body = claude_code(&format!("{provider}/ok?tokens=7"), &messages);
        let heard = heard(Shape::Messages, claude_request(&wire, "/v1/messages", &body)).await;
        heard.expect_whole(&answer(7, 0), provider);
        assert_eq!(heard.usage, Some((INPUT_TOKENS as u64, 7)), "{provider}");
        let results = ["result of call 0", "result of call 1", "lookup_0", "Kraków 🏰"];
        expect_sent(&last_call(&wire), &results, &[], provider);
    }
}

/// As Codex CLI asks.
fn codex(model: &str, input: &Value) -> Value {
    let tool = |name: &str| {
        json!({ "type": "function", "name": name, "description": format!("Runs {name}."), "strict": false,
            "parameters": { "type": "object", "properties": { "city": { "type": "string" },
                "command": { "type": "array", "items": { "type": "string" } } },
                "required": ["city"], "additionalProperties": false } })
    };
    json!({ "model": model, "instructions": "You are a coding agent in a terminal.", "input": input,
        "tools": [tool("lookup_0"), tool("lookup_1")], "tool_choice": "auto", "parallel_tool_calls": true,
        "reasoning": { "effort": "medium", "summary": "auto" }, "store": false, "stream": true,
        "include": ["reasoning.encrypted_content"], "prompt_cache_key": "0199-session",
        "text": { "verbosity": "low" } })
}

#[tokio::test]
async fn codex_is_answered_by_every_dialect() {
    let wire = Wire::new().await;
    let ask = async |body: &Value| {
        let request = wire.post("/v1/responses", body).header("openai-beta", "responses=experimental");
        let request = request.header("originator", "codex_cli_rs").header("session_id", "0199-session");
        heard(Shape::Responses, request.header("accept", "text/event-stream")).await
    };
    for provider in PROVIDERS {
        let text = |role: &str, text: &str| json!({ "type": "message", "role": role, "content": [{ "type": "input_text", "text": text }] });
        let mut input = vec![
            text("developer", "<permissions>read only</permissions>"),
            text("user", "<environment_context><cwd>/work</cwd></environment_context>"),
            text("user", "How is the weather?"),
        ];
        let body = codex(&format!("{provider}/tools?calls=2&reasoning=3"), &json!(input));
        let called = ask(&body).await;
        assert_eq!((called.status, called.stop), (200, Some("tools")), "{provider}: {called:?}");
        assert_eq!(called.calls.len(), 2, "{provider}: {called:?}");
        assert_eq!(called.usage.map(|(input, _)| input), Some(INPUT_TOKENS as u64), "{provider}: {called:?}");
        let sent = last_call(&wire);
        if provider == "responses" {
            let mut whole = body.clone();
            whole["model"] = "tools?calls=2&reasoning=3".into();
            assert_eq!(sent.body, whole);
            assert_eq!(sent.header("openai-beta"), Some("responses=experimental"));
        } else {
            let told = ["You are a coding agent", "read only", "<cwd>/work</cwd>", "Runs lookup_1."];
            let theirs = ["encrypted_content", "prompt_cache_key", "instructions", "\"store\"", "verbosity"];
            expect_sent(&sent, &told, if provider == "chat" { &theirs[..3] } else { &theirs }, provider);
            assert_eq!(sent.header("openai-beta"), None, "{provider}");
        }
        // It sends back the items that were done, whole; each came with its end.
        let done =
            events(&called.raw).into_iter().filter(|event| event["type"] == "response.output_item.done");
        let items: Vec<Value> = done.map(|event| event["item"].clone()).collect();
        let kinds: Vec<&str> = items.iter().map(|item| item["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["reasoning", "function_call", "function_call"], "{provider}");
        input.extend(items);
        input.extend(called.calls.iter().enumerate().map(|(at, (id, ..))| {
            json!({ "type": "function_call_output", "call_id": id, "output": format!("result of call {at}") })
        }));
        let heard = ask(&codex(&format!("{provider}/ok?tokens=7"), &json!(input))).await;
        heard.expect_whole(&answer(7, 0), provider);
        assert_eq!(heard.usage, Some((INPUT_TOKENS as u64, 7)), "{provider}");
        let results =
            ["result of call 0", "result of call 1", "lookup_0", "Kraków 🏰", "You are a coding agent"];
        expect_sent(&last_call(&wire), &results, &[], provider);
    }
}

#[tokio::test]
async fn aider_is_answered_by_every_dialect() {
    let wire = Wire::new().await;
    let cached = json!({ "type": "ephemeral" });
    let messages = json!([
        { "role": "system", "content": [{ "type": "text", "text": "Act as an expert developer.", "cache_control": cached }] },
        { "role": "user", "content": "Here is `a.py`:\n```\nprint(1)\n```" },
        { "role": "assistant", "content": "Ok, any changes I propose will be to those files." },
        { "role": "user", "content": [{ "type": "text", "text": "Print 2 instead.", "cache_control": cached }] },
        { "role": "system", "content": "Only SEARCH/REPLACE blocks." }]);
    for provider in PROVIDERS {
        let ask = async |stream: bool, messages: &Value| {
            let mut body = json!({ "model": format!("{provider}/ok?tokens=9"), "messages": messages,
                "temperature": 0, "stream": stream });
            if stream {
                body["stream_options"] = json!({ "include_usage": true });
            }
            let request =
                wire.post("/v1/chat/completions", &body).header("http-referer", "https://aider.chat");
            let request = request.header("x-title", "Aider").header("user-agent", "OpenAI/Python 1.99.0");
            (body, heard(Shape::Chat, request).await)
        };
        for stream in [true, false] {
            let (mut body, heard) = ask(stream, &messages).await;
            heard.expect_whole(&answer(9, 0), provider);
            assert_eq!(heard.usage, Some((INPUT_TOKENS as u64, 9)), "{provider}: {heard:?}");
            let sent = last_call(&wire);
            let told =
                ["expert developer", "a.py", "any changes I propose", "Print 2 instead", "Only SEARCH"];
            expect_sent(&sent, &told, if provider == "chat" { &[] } else { &["cache_control"] }, provider);
            if provider == "chat" {
                body["model"] = "ok?tokens=9".into();
                assert_eq!(sent.body, body);
            }
            assert_eq!((sent.header("http-referer"), sent.header("x-title")), (None, None), "{provider}");
        }
        // What was cut at its length is gone on with behind what was said.
        let mut longer = messages.clone();
        longer
            .as_array_mut()
            .unwrap()
            .push(json!({ "role": "assistant", "content": "a.py\n<<<<", "prefix": true }));
        let (_, heard) = ask(true, &longer).await;
        if provider == "responses" {
            // That protocol has no way to say it: a clear no, rather than an answer to something else.
            heard.expect_error(provider);
            assert_eq!(heard.status, 400, "{heard:?}");
            continue;
        }
        heard.expect_whole(&answer(9, 0), provider);
        expect_sent(&last_call(&wire), &["a.py\\n<<<<"], &[], provider);
    }
}
