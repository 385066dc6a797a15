//! Requests.

use crate::{ask, with};
use dialects::{
    ChatRequest, MaxTokensField, Quirks, ReasoningBack, encode,
    serving::{AskUsage, Asked, Caller, Onward, pass_on},
};
use domain::{Dialect, MediaSource, Part, ReasoningEffort, ResponseFormat, Role, ToolChoice};
use serde_json::{Value, json};

/// The request as a provider of the same dialect is asked it when it is encoded anew.
fn again(caller: Caller, asked: &Asked) -> Asked {
    let quirks = Quirks {
        max_tokens_field: MaxTokensField::MaxCompletionTokens,
        reasoning_back: ReasoningBack::ReasoningContent,
        ..Quirks::default()
    };
    let request = ChatRequest { model: asked.model.clone(), ..asked.request.clone() };
    let wire = encode(caller.dialect().unwrap(), &request, &quirks).unwrap();
    ask(caller, &serde_json::from_slice(&wire.body).unwrap()).unwrap()
}

fn chat() -> Value {
    json!({
        "model": "a/b", "n": 2, "temperature": 0.5, "top_p": 1, "max_tokens": 7, "max_completion_tokens": 9,
        "stop": ["a", "b"], "seed": -1, "reasoning_effort": "high", "stream": true,
        "stream_options": { "include_usage": true }, "user": "u", "unknown": [{}],
        "models": ["c/d", "e"], "routing_profile": "speed", "conversation_id": "c1", "parent_message_id": "p1",
        "response_format": { "type": "json_schema", "json_schema": { "name": "n", "strict": true, "schema": { "type": "object", "b": 1.0, "a": [] } } },
        "tools": [
            { "type": "function", "function": { "name": "f", "description": "d", "parameters": { "type": "object" } } },
            { "type": "function", "function": { "name": "g" } },
        ],
        "tool_choice": { "type": "function", "function": { "name": "f" } },
        "messages": [
            { "role": "system", "content": "one" },
            { "role": "developer", "content": [{ "type": "text", "text": "two" }] },
            { "role": "user", "name": "n", "content": [
                { "type": "text", "text": "look \u{1f30d} \"\\" },
                { "type": "image_url", "image_url": { "url": "data:image/png;base64,aGk=", "detail": "low" } },
                { "type": "image_url", "image_url": { "url": "https://x.test/a.jpg" } },
                { "type": "input_audio", "input_audio": { "data": "aGk=", "format": "mp3" } },
                { "type": "file", "file": { "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk=" } },
            ] },
            { "role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [
                { "id": "c1", "type": "function", "function": { "name": "f", "arguments": "{\"a\":1}" },
                  "extra_content": { "google": { "thought_signature": "sig" } } },
                { "id": "c2", "type": "function", "function": { "name": "g", "arguments": "" } },
            ] },
            { "role": "tool", "tool_call_id": "c1", "content": "r1" },
            { "role": "tool", "tool_call_id": "c2", "content": [{ "type": "text", "text": "r2" }] },
            { "role": "system", "content": "mid" },
            { "role": "assistant", "content": "well" },
            { "role": "user", "content": "go on" },
        ],
    })
}

#[test]
fn a_chat_is_read_whole() {
    let asked = ask(Caller::OpenaiChat, &chat()).unwrap();
    assert_eq!((asked.model.as_str(), asked.choices, asked.usage_wanted), ("a/b", 2, true));
    assert_eq!(asked.ours.models, ["c/d", "e"]);
    assert_eq!(asked.ours.profile.as_deref(), Some("speed"));
    assert_eq!((asked.ours.conversation.as_deref(), asked.ours.parent.as_deref()), (Some("c1"), Some("p1")));
    assert_eq!(asked.bound, None);
    let request = &asked.request;
    assert_eq!(
        (request.system.as_deref(), request.stream, request.prefill),
        (Some("one\n\ntwo"), true, false)
    );
    let params = &request.params;
    assert_eq!((params.temperature, params.max_tokens, params.seed), (Some(0.5), Some(9), Some(u32::MAX)));
    assert_eq!((params.stop.len(), params.reasoning_effort), (2, Some(ReasoningEffort::High)));
    assert_eq!(params.tool_choice, Some(ToolChoice::Named { name: "f".to_owned() }));
    let Some(ResponseFormat::JsonSchema { schema, strict: true, .. }) = &params.response_format else {
        panic!()
    };
    assert_eq!(schema, r#"{"type":"object","b":1.0,"a":[]}"#);
    let roles: Vec<Role> = request.messages.iter().map(|m| m.role).collect();
    assert_eq!(
        roles,
        [Role::User, Role::Assistant, Role::Tool, Role::Tool, Role::System, Role::Assistant, Role::User]
    );
    assert_eq!(request.messages[0].parts.len(), 5);
    assert!(
        matches!(&request.messages[0].parts[2], Part::Image { media_type, source: MediaSource::Url { .. } } if media_type == "image/jpeg")
    );
    assert!(matches!(&request.messages[1].parts[1], Part::ToolCall { signature: Some(s), .. } if s == "sig"));
    assert!(matches!(&request.messages[1].parts[2], Part::ToolCall { arguments, .. } if arguments == "{}"));
}

#[test]
fn a_chat_that_is_encoded_anew_means_the_same() {
    let asked = ask(Caller::OpenaiChat, &chat()).unwrap();
    let mut again = again(Caller::OpenaiChat, &asked);
    assert_eq!(again.model, asked.model);
    // A picture's type is only a guess where its address says nothing else.
    again.request.model.clone_from(&asked.request.model);
    assert_eq!(again.request, asked.request);
}

#[test]
fn old_and_foreign_spellings_of_a_chat_are_understood() {
    let asked = ask(
        Caller::OpenaiChat,
        &json!({
            "model": "m", "functions": [{ "name": "f", "parameters": {} }], "function_call": { "name": "f" },
            "stop": "x", "reasoning": { "effort": "low" },
            "messages": [
                { "role": "user", "content": "a" },
                { "role": "assistant", "content": "", "function_call": { "name": "f", "arguments": "{}" } },
                { "role": "function", "name": "f", "content": "1" },
                { "role": "assistant", "content": "So", "prefix": true },
            ],
        }),
    )
    .unwrap();
    let params = &asked.request.params;
    assert_eq!((params.tools.len(), params.stop.len()), (1, 1));
    assert_eq!(params.reasoning_effort, Some(ReasoningEffort::Low));
    assert_eq!(params.tool_choice, Some(ToolChoice::Named { name: "f".to_owned() }));
    assert!(asked.request.prefill && asked.choices == 1 && !asked.usage_wanted);
    let Part::ToolCall { id, .. } = &asked.request.messages[1].parts[0] else { panic!() };
    assert!(matches!(&asked.request.messages[2].parts[0], Part::ToolResult { call_id, .. } if call_id == id));
}

#[test]
fn what_only_providers_of_the_dialect_understand_binds_the_request_to_them() {
    let user = |part: Value| json!([{ "role": "user", "content": [part, { "type": "text", "text": "a" }] }]);
    for (name, value) in [
        ("tools", json!([{ "type": "custom", "custom": { "name": "x" } }])),
        ("messages", user(json!({ "type": "file", "file": { "file_id": "f" } }))),
        ("messages", user(json!({ "type": "video_url", "video_url": { "url": "https://x.test" } }))),
        ("modalities", json!(["text", "audio"])),
    ] {
        let asked = ask(Caller::OpenaiChat, &with(Caller::OpenaiChat, name, value)).unwrap();
        assert!(asked.bound.unwrap().param.unwrap().starts_with(name));
    }
    for (name, value) in [
        ("tools", json!([{ "type": "code_interpreter", "container": {} }])),
        ("input", json!([{ "type": "item_reference", "id": "msg_1" }, { "role": "user", "content": "a" }])),
        ("input", json!([{ "type": "computer_call_output", "call_id": "a", "output": {} }])),
        ("conversation", json!("conv_1")),
        ("background", json!(true)),
    ] {
        let asked = ask(Caller::OpenaiResponses, &with(Caller::OpenaiResponses, name, value)).unwrap();
        assert!(asked.bound.unwrap().param.unwrap().starts_with(name));
    }
}

fn response() -> Value {
    json!({
        "model": "m", "instructions": "be brief", "max_output_tokens": 9, "temperature": 0, "stream": true,
        "reasoning": { "effort": "minimal", "summary": "auto" }, "include": ["reasoning.encrypted_content"], "store": false,
        "text": { "format": { "type": "json_schema", "name": "n", "strict": true, "schema": { "type": "object" } }, "verbosity": "low" },
        "tools": [{ "type": "function", "name": "f", "description": "d", "parameters": { "type": "object" }, "strict": false }, { "type": "web_search" }],
        "tool_choice": "required", "parallel_tool_calls": false, "metadata": { "a": "b" },
        "input": [
            { "role": "developer", "content": "also" },
            { "type": "message", "role": "user", "content": [
                { "type": "input_text", "text": "a" },
                { "type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "auto" },
                { "type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk=" },
            ] },
            { "type": "reasoning", "id": "rs_1", "summary": [{ "type": "summary_text", "text": "hm" }], "encrypted_content": "gAAA" },
            { "type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [{ "type": "output_text", "text": "b", "annotations": [] }] },
            { "type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "{}" },
            { "type": "function_call", "call_id": "c2", "name": "f", "arguments": "{\"x\":1}" },
            { "type": "function_call_output", "call_id": "c1", "output": "r1" },
            { "type": "function_call_output", "call_id": "c2", "output": [{ "type": "input_text", "text": "r2" }] },
        ],
    })
}

#[test]
fn a_response_is_read_whole_and_means_the_same_when_encoded_anew() {
    let asked = ask(Caller::OpenaiResponses, &response()).unwrap();
    assert!(!asked.keep && asked.usage_wanted && !asked.foreign && asked.bound.is_none());
    let request = &asked.request;
    assert_eq!(request.system.as_deref(), Some("be brief\n\nalso"));
    assert!(request.params.web_search);
    assert_eq!(request.params.reasoning_effort, Some(ReasoningEffort::Minimal));
    let roles: Vec<Role> = request.messages.iter().map(|m| m.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::Tool]);
    assert_eq!(request.messages[1].parts.len(), 4);
    let mut again = again(Caller::OpenaiResponses, &asked);
    again.request.model.clone_from(&request.model);
    assert_eq!(&again.request, request);
    let kept = ask(
        Caller::OpenaiResponses,
        &json!({ "model": "m", "input": "x", "previous_response_id": "resp_1" }),
    );
    let kept = kept.unwrap();
    assert!(kept.keep && kept.previous_response.as_deref() == Some("resp_1"));
}

#[test]
fn a_completion_is_a_chat_of_one_text() {
    let body = json!({ "model": "m", "prompt": ["Once"], "echo": true, "max_tokens": 5, "stop": "\n", "suffix": "" });
    let asked = ask(Caller::OpenaiCompletions, &body).unwrap();
    assert_eq!(asked.echo.as_deref(), Some("Once"));
    assert_eq!(asked.request.messages[0].parts, [Part::text("Once")]);
    assert_eq!((asked.request.params.max_tokens, asked.request.params.stop.len()), (Some(5), 1));
    let anew =
        encode(Dialect::Gemini, &ChatRequest { model: "m".to_owned(), ..asked.request }, &Quirks::default());
    assert!(anew.is_ok());
}

#[test]
fn what_is_passed_on_reads_the_same_without_what_is_ours() {
    for (caller, body) in [(Caller::OpenaiChat, chat()), (Caller::OpenaiResponses, response())] {
        let mut asked = ask(caller, &body).unwrap();
        let sent = pass_on(
            caller,
            body.to_string().as_bytes(),
            &Onward { model: "upstream", usage: AskUsage::Always },
        );
        let sent: Value = serde_json::from_slice(&sent).unwrap();
        let again = ask(caller, &sent).unwrap();
        asked.ours = again.ours.clone();
        "upstream".clone_into(&mut asked.model);
        assert_eq!(again, asked);
        assert!(again.ours.models.is_empty() && again.ours.profile.is_none());
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(400))]

    /// A body with one value swapped for another, or a few bytes for others, is read or refused.
    #[test]
    fn bodies_with_anything_anywhere_are_survived(
        which in 0..3_usize,
        at in 0..2_000_usize,
        length in 0..12_usize,
        piece in proptest::sample::select(&["null", "1", "-1.5e9", "\"\"", "\"x\"", "[]", "{}", "[[]]", "true", "}", "]", ",", "\"", "\\"][..]),
    ) {
        let caller = crate::CALLERS[which];
        let body = match caller {
            Caller::OpenaiChat => chat(),
            Caller::OpenaiResponses => response(),
            _ => crate::least(caller),
        };
        let mut places = 0;
        let mut swapped = body.clone();
        swap(&mut swapped, &mut places, at % 150, &serde_json::from_str(piece).unwrap_or(Value::Null));
        let mut bytes = body.to_string().into_bytes();
        let at = at % bytes.len();
        bytes.splice(at..(at + length).min(bytes.len()), piece.bytes());
        for bytes in [swapped.to_string().into_bytes(), bytes] {
            let onward = Onward { model: "m", usage: AskUsage::Always };
            if let Ok(asked) = dialects::serving::read(caller, &bytes, &dialects::serving::Address::default()) {
                let sent = pass_on(caller, &bytes, &onward);
                proptest::prop_assert!(serde_json::from_slice::<Value>(&sent).is_ok());
                proptest::prop_assert!(!asked.model.is_empty() && asked.choices > 0);
            } else {
                let _ = pass_on(caller, &bytes, &onward);
            }
        }
    }
}

/// Puts `piece` in place of the value that is met as number `at`.
fn swap(value: &mut Value, met: &mut usize, at: usize, piece: &Value) {
    if *met == at {
        *value = piece.clone();
    }
    *met += 1;
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| swap(item, met, at, piece)),
        Value::Object(fields) => fields.values_mut().for_each(|item| swap(item, met, at, piece)),
        _ => {}
    }
}
