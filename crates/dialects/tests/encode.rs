//! One conversation, asked in every dialect.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dialects::{
    AuthStyle, ChatMessage, ChatRequest, DialectError, Quirks, ReasoningBack, auth_header, encode,
    list_models_request, supports_prefill,
};
use domain::{
    Dialect, Hash, MediaSource, Params, Part, ReasoningEffort, ResponseFormat, Role, Tool, ToolChoice,
};
use serde_json::{Value, json};

const DIALECTS: [Dialect; 5] = [
    Dialect::OpenaiChat,
    Dialect::OpenaiResponses,
    Dialect::AnthropicMessages,
    Dialect::Gemini,
    Dialect::Ollama,
];

fn inline(data: &str) -> MediaSource {
    MediaSource::Inline { data: data.to_owned() }
}

fn said(role: Role, parts: Vec<Part>) -> ChatMessage {
    ChatMessage { role, parts }
}

fn call(id: &str, city: &str) -> Part {
    let arguments = format!("{{\"city\": \"{city}\"}}");
    Part::ToolCall { id: id.to_owned(), name: "weather".to_owned(), arguments, signature: None }
}

fn result(call_id: &str, text: &str, is_error: bool) -> Part {
    Part::ToolResult { call_id: call_id.to_owned(), name: None, text: text.to_owned(), is_error }
}

fn conversation(model: &str) -> ChatRequest {
    let params = Params {
        temperature: Some(0.5),
        top_p: Some(0.9),
        max_tokens: Some(300),
        seed: Some(7),
        tools: vec![
            Tool {
                name: "weather".to_owned(),
                description: Some("Weather of a city".to_owned()),
                parameters:
                    r#"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"#
                        .to_owned(),
            },
            Tool { name: "now".to_owned(), description: None, parameters: r#"{"type":"object"}"#.to_owned() },
        ],
        tool_choice: Some(ToolChoice::Auto),
        response_format: Some(ResponseFormat::JsonSchema {
            name: "report".to_owned(),
            schema: r#"{"type":"object","properties":{"warmer":{"type":"string"}}}"#.to_owned(),
            strict: true,
        }),
        extra: Some(r#"{"user": "someone", "top_p": 0.8}"#.to_owned()),
        ..Params::default()
    };
    ChatRequest {
        model: model.to_owned(),
        system: Some("Be brief.".to_owned()),
        messages: vec![
            said(
                Role::User,
                vec![
                    Part::text("Which city is warmer?"),
                    Part::Image { media_type: "image/png".to_owned(), source: inline("aW1hZ2U=") },
                    Part::File {
                        media_type: "text/plain".to_owned(),
                        name: Some("notes.txt".to_owned()),
                        source: inline("Qm9ubiBvciBPc2xv"),
                    },
                ],
            ),
            said(
                Role::Assistant,
                vec![
                    Part::Reasoning {
                        text: "Ask for both.".to_owned(),
                        signature: Some("sig".to_owned()),
                        sealed: None,
                        id: None,
                    },
                    Part::text("Let me look."),
                    call("call_a", "Bonn"),
                    call("call_b", "Oslo"),
                ],
            ),
            said(
                Role::Tool,
                vec![result("call_a", r#"{"celsius": 21}"#, false), result("call_b", "no such city", true)],
            ),
            said(Role::Assistant, vec![Part::text("Bonn.")]),
            said(Role::User, vec![Part::text("Are you sure?")]),
        ],
        params,
        stream: true,
        prefill: false,
    }
}

fn body(request: &dialects::WireRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn shown(dialect: Dialect, request: &ChatRequest, quirks: &Quirks) -> Value {
    let wire = encode(dialect, request, quirks).unwrap();
    json!({ "method": wire.method, "path": wire.path, "headers": wire.headers, "body": body(&wire) })
}

#[test]
fn a_conversation_in_every_dialect() {
    for (dialect, model) in
        DIALECTS.into_iter().zip(["gpt-4.1", "gpt-4.1", "claude-sonnet-4-5", "gemini-2.5-flash", "qwen3"])
    {
        insta::assert_json_snapshot!(
            format!("{dialect}"),
            shown(dialect, &conversation(model), &Quirks::default())
        );
    }
}

#[test]
fn providers_differ_by_quirks_alone() {
    let quirks: Quirks = serde_json::from_value(json!({
        "max_tokens_field": "max_completion_tokens", "developer_role": true, "stream_usage": false,
        "effort": "reasoning", "reasoning_back": "reasoning_content", "seed_field": "random_seed", "json_schema": false,
        "chat_path": "/openai/deployments/{model}/chat/completions", "api_version": "2025-04-01-preview",
        "omit": ["top_p", "tools", "tool_choice"], "body": { "usage": { "include": true }, "model": "not taken" },
        "prefill_field": "prefix", "prefill": true
    }))
    .unwrap();
    let mut request = conversation("my gpt");
    request.params.reasoning_effort = Some(ReasoningEffort::High);
    request.messages.truncate(2);
    request.prefill = true;
    insta::assert_json_snapshot!("quirks", shown(Dialect::OpenaiChat, &request, &quirks));
    assert!(
        serde_json::from_value::<Quirks>(json!({ "max_tokens": "x" })).is_err(),
        "a misspelt quirk is told"
    );
}

#[test]
fn reasoning_goes_back_to_those_who_can_read_it() {
    let part = |signature: Option<&str>, sealed: Option<&str>, id: Option<&str>| Part::Reasoning {
        text: "thought".to_owned(),
        signature: signature.map(str::to_owned),
        sealed: sealed.map(str::to_owned),
        id: id.map(str::to_owned),
    };
    let encoded = |dialect: Dialect, model: &str, part: Part, quirks: &Quirks| {
        let mut request = conversation(model);
        request.messages = vec![
            said(Role::User, vec![Part::text("a")]),
            said(Role::Assistant, vec![part, Part::text("b")]),
            said(Role::User, vec![Part::text("c")]),
        ];
        body(&encode(dialect, &request, quirks).unwrap())
    };
    let usual = Quirks::default();
    let value = encoded(Dialect::OpenaiResponses, "gpt-5", part(None, Some("sealed"), Some("rs_1")), &usual);
    assert_eq!(
        value["input"][1],
        json!({ "type": "reasoning", "summary": [{ "type": "summary_text", "text": "thought" }],
            "encrypted_content": "sealed", "id": "rs_1" })
    );
    assert_eq!(value["include"], json!(["reasoning.encrypted_content"]));
    let value = encoded(Dialect::OpenaiResponses, "gpt-4.1", part(None, None, Some("rs_1")), &usual);
    assert_eq!((&value["input"][1]["type"], &value["include"]), (&json!("message"), &Value::Null));

    let value =
        encoded(Dialect::AnthropicMessages, "claude-sonnet-4-5", part(Some("sig"), None, None), &usual);
    assert_eq!(
        value["messages"][1]["content"][0],
        json!({ "type": "thinking", "thinking": "thought", "signature": "sig" })
    );
    let value =
        encoded(Dialect::AnthropicMessages, "claude-sonnet-4-5", part(None, Some("sealed"), None), &usual);
    assert_eq!(value["messages"][1]["content"][0], json!({ "type": "redacted_thinking", "data": "sealed" }));
    let value = encoded(Dialect::AnthropicMessages, "claude-sonnet-4-5", part(None, None, None), &usual);
    assert_eq!(value["messages"][1]["content"], json!([{ "type": "text", "text": "b" }]));

    for (back, field) in
        [(ReasoningBack::ReasoningContent, "reasoning_content"), (ReasoningBack::Reasoning, "reasoning")]
    {
        let quirks = Quirks { reasoning_back: back, ..Quirks::default() };
        let value = encoded(Dialect::OpenaiChat, "deepseek-reasoner", part(None, None, None), &quirks);
        assert_eq!(value["messages"][2][field], json!("thought"));
    }
    let json = r#"{"reasoning_details":[{"type":"reasoning.encrypted","data":"x","format":"f","index":0}]}"#;
    let raw = Part::Raw { dialect: Dialect::OpenaiChat, json: json.to_owned() };
    let quirks = Quirks { reasoning_back: ReasoningBack::ReasoningDetails, ..Quirks::default() };
    let value = encoded(Dialect::OpenaiChat, "x", raw.clone(), &quirks);
    assert_eq!(value["messages"][2]["reasoning_details"][0]["data"], json!("x"));
    let value = encoded(Dialect::AnthropicMessages, "claude-sonnet-4-5", raw, &usual);
    assert_eq!(value["messages"][1]["content"], json!([{ "type": "text", "text": "b" }]));

    let mut message = said(Role::Assistant, vec![part(Some("sig"), None, None), Part::text("b")]);
    message.forget_reasoning();
    assert_eq!(message.parts, [Part::text("b")]);
}

#[test]
fn effort_is_asked_for_as_the_model_knows_it() {
    let mut request = conversation("x");
    request.params.reasoning_effort = Some(ReasoningEffort::High);
    let asked = |dialect: Dialect, model: &str| {
        let request = ChatRequest { model: model.to_owned(), ..request.clone() };
        body(&encode(dialect, &request, &Quirks::default()).unwrap())
    };
    let old = asked(Dialect::AnthropicMessages, "claude-sonnet-4-5-20250929");
    assert_eq!(old["thinking"], json!({ "type": "enabled", "budget_tokens": 16_384 }));
    assert!(old["max_tokens"].as_u64() > Some(16_384) && old.get("temperature").is_none());
    for model in ["claude-opus-4-6", "claude-sonnet-5", "anthropic/claude-opus-4.7"] {
        let new = asked(Dialect::AnthropicMessages, model);
        assert_eq!(
            (&new["thinking"]["type"], &new["output_config"]["effort"]),
            (&json!("adaptive"), &json!("high"))
        );
        assert_eq!(new["output_config"]["format"]["type"], json!("json_schema"));
    }
    let thinking = |model: &str| asked(Dialect::Gemini, model)["generationConfig"]["thinkingConfig"].clone();
    assert_eq!(thinking("gemini-2.5-pro"), json!({ "thinkingBudget": 24_576, "includeThoughts": true }));
    assert_eq!(thinking("gemini-3-pro-preview"), json!({ "thinkingLevel": "high", "includeThoughts": true }));
    assert_eq!(asked(Dialect::Ollama, "qwen3")["think"], json!(true));
    assert_eq!(asked(Dialect::Ollama, "gpt-oss:20b")["think"], json!("high"));
    assert_eq!(asked(Dialect::OpenaiChat, "o4-mini")["reasoning_effort"], json!("high"));
    assert_eq!(asked(Dialect::OpenaiResponses, "o4-mini")["reasoning"], json!({ "effort": "high" }));
}

#[test]
fn what_cannot_be_said_is_refused_and_not_left_out() {
    let refused = |dialect: Dialect, request: &ChatRequest| match encode(dialect, request, &Quirks::default())
    {
        Err(DialectError::Unsupported { reason }) => reason,
        other => panic!("{dialect}: {other:?}"),
    };
    let mut blob = conversation("x");
    let source = MediaSource::Blob { hash: Hash::of(b""), size: 0 };
    blob.messages[0].parts.push(Part::Image { media_type: "image/png".to_owned(), source });
    let mut video = conversation("x");
    let source = MediaSource::Inline { data: "AAAA".to_owned() };
    video.messages[0].parts.push(Part::File { media_type: "video/mp4".to_owned(), name: None, source });
    let mut extra = conversation("x");
    extra.params.extra = Some("[1]".to_owned());
    let mut schema = conversation("x");
    schema.params.tools[0].parameters = "{".to_owned();
    let empty = ChatRequest { messages: Vec::new(), ..conversation("x") };
    for dialect in DIALECTS {
        for request in [&blob, &extra, &schema, &empty] {
            assert!(!refused(dialect, request).is_empty());
        }
        if dialect != Dialect::Gemini {
            assert!(refused(dialect, &video).contains("video/mp4"));
        }
        let prefill = ChatRequest { prefill: true, ..conversation("x") };
        assert_eq!(
            encode(dialect, &prefill, &Quirks::default()).is_ok(),
            supports_prefill(dialect, &Quirks::default())
        );
    }
    refused(Dialect::Simulated, &conversation("x"));
}

#[test]
fn pictures_that_a_model_made_are_shown_again_by_the_user() {
    let mut request = conversation("gpt-4.1");
    let picture = Part::Image { media_type: "image/png".to_owned(), source: inline("cGlj") };
    request.messages = vec![
        said(Role::User, vec![Part::text("draw")]),
        said(Role::Assistant, vec![Part::text("here"), picture]),
        said(Role::User, vec![Part::text("bigger")]),
    ];
    let value = body(&encode(Dialect::OpenaiChat, &request, &Quirks::default()).unwrap());
    assert_eq!(value["messages"][2]["content"], json!("here"));
    assert_eq!(value["messages"][3]["content"][0]["image_url"]["url"], json!("data:image/png;base64,cGlj"));
    let value = body(&encode(Dialect::Gemini, &request, &Quirks::default()).unwrap());
    assert_eq!(value["contents"][1]["parts"][1]["inlineData"]["data"], json!("cGlj"));
}

#[test]
fn keys_go_in_one_header_and_never_in_a_path() {
    let header = |dialect, auth| auth_header(dialect, &Quirks { auth, ..Quirks::default() }, "k").0;
    assert_eq!(header(Dialect::OpenaiChat, None), "authorization");
    assert_eq!(header(Dialect::AnthropicMessages, None), "x-api-key");
    assert_eq!(header(Dialect::Gemini, None), "x-goog-api-key");
    assert_eq!(header(Dialect::OpenaiChat, Some(AuthStyle::ApiKey)), "api-key");
    for dialect in DIALECTS {
        let list = list_models_request(dialect, &Quirks::default());
        assert!(list.path.starts_with('/') && list.body.is_empty() && list.method == "GET");
    }
}
