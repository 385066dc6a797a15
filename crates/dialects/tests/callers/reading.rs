//! Requests in either shape.

use super::{cases, deltas, folded, meaning, said_whole};
use dialects::serving::{Address, Asked, Caller, Refusal, read, read_count};
use dialects::{Quirks, encode};
use domain::{Dialect, MediaSource, Part, ReasoningEffort, ResponseFormat, Role, ToolChoice};
use proptest::prelude::*;
use serde_json::{Value, json};

fn anthropic(body: &Value) -> Result<Asked, Refusal> {
    read(Caller::Anthropic, body.to_string().as_bytes(), &Address::default())
}

fn gemini(body: &Value) -> Result<Asked, Refusal> {
    let address = Address { model: Some("models/google/gemini-x"), stream: true, events: true };
    read(Caller::Gemini, body.to_string().as_bytes(), &address)
}

#[test]
fn every_recorded_request_is_read_and_can_be_asked_of_another() {
    let mut requests = 0;
    for case in cases() {
        let body: Value = serde_json::from_str(&case.asked).unwrap_or_default();
        let (asked, bad) = match case.dialect {
            Dialect::AnthropicMessages if body.get("messages").is_some() => (anthropic(&body), "messages"),
            Dialect::Gemini if body.get("contents").is_some() => (gemini(&body), "contents"),
            _ => continue,
        };
        requests += 1;
        let asked = asked.unwrap_or_else(|refusal| panic!("{} {}: {refusal:?}", case.id, case.path));
        assert!(!asked.request.messages.is_empty(), "{}", case.id);
        for dialect in [Dialect::OpenaiChat, Dialect::OpenaiResponses, case.dialect] {
            let mut request = asked.request.clone();
            request.params.web_search = false;
            request.params.stop.clear();
            let encoded = encode(dialect, &request, &Quirks { prefill: Some(true), ..Quirks::default() });
            if asked.bound.is_none() {
                let encoded = encoded.unwrap_or_else(|error| panic!("{} in {dialect}: {error}", case.id));
                if dialect == case.dialect {
                    let mine: Value = serde_json::from_slice(&encoded.body).unwrap();
                    assert!(!mine[bad].as_array().unwrap().is_empty(), "{}", case.id);
                }
            }
        }
    }
    println!("read {requests} requests");
}

/// What a caller was told comes back as what was told, so that a history is recognized.
#[test]
fn an_answer_that_comes_back_is_the_answer_that_was_told() {
    let mut parts = 0;
    for case in cases().iter().filter(|case| case.status == 200) {
        let (from, end) = deltas(case.dialect, case.stream, case.body.as_bytes());
        if end.is_err() {
            continue;
        }
        let made = folded(&from);
        for caller in [Caller::Anthropic, Caller::Gemini] {
            let body: Value = serde_json::from_slice(&said_whole(caller, &made)).unwrap();
            let back = if caller == Caller::Anthropic {
                if body["content"].as_array().unwrap().is_empty() {
                    continue;
                }
                anthropic(&json!({ "model": "m", "max_tokens": 9, "messages": [
                    { "role": "user", "content": "hi" }, { "role": "assistant", "content": body["content"] } ] }))
            } else {
                if body["candidates"][0]["content"]["parts"].as_array().unwrap().is_empty() {
                    continue;
                }
                gemini(&json!({ "contents": [
                    { "role": "user", "parts": [{ "text": "hi" }] }, body["candidates"][0]["content"] ] }))
            };
            let back = back.unwrap_or_else(|refusal| panic!("{} {refusal:?}", case.id));
            let keep = |parts: &[Part]| -> Vec<Part> {
                parts
                    .iter()
                    .filter(|part| !matches!(part, Part::Raw { dialect, .. } if Some(*dialect) != caller.dialect()))
                    .filter(|part| !matches!(part, Part::Raw { json, .. } if json.contains("ground")))
                    .filter(|part| caller == Caller::Gemini || !matches!(part, Part::Image { .. }))
                    .map(|part| match part.clone() {
                        Part::ToolCall { id, name, arguments, signature } => Part::ToolCall {
                            id,
                            name,
                            arguments: meaning(&arguments).to_string(),
                            signature: signature.filter(|_| caller == Caller::Gemini),
                        },
                        // A mark on a block means nothing without the block.
                        other => other,
                    })
                    .collect()
            };
            let last = back.request.messages.last().unwrap();
            assert_eq!(last.role, Role::Assistant);
            if caller == Caller::Anthropic && made.parts().iter().any(|p| matches!(p, Part::Image { .. })) {
                continue;
            }
            let (mine, theirs) = (keep(&last.parts), keep(&made.parts()));
            parts += mine.len();
            let glued = |parts: Vec<Part>| {
                parts.into_iter().fold(Vec::new(), |mut all: Vec<Part>, part| {
                    match (all.last_mut(), part) {
                        (Some(Part::Text { text }), Part::Text { text: more }) => text.push_str(&more),
                        (
                            Some(Part::Reasoning { text, signature: None, sealed: None, .. }),
                            Part::Reasoning { text: more, signature, sealed, id },
                        ) if caller == Caller::Gemini => {
                            text.push_str(&more);
                            if let Some(Part::Reasoning { signature: s, sealed: c, id: i, .. }) =
                                all.last_mut()
                            {
                                (*s, *c, *i) = (signature, sealed, id);
                            }
                        }
                        (_, part) => all.push(part),
                    }
                    all
                })
            };
            assert_eq!(glued(mine), glued(theirs), "{} for {caller:?}", case.id);
        }
    }
    println!("{parts} parts came back");
}

#[test]
fn a_full_anthropic_request_is_read() {
    let asked = anthropic(&json!({
        "model": "local/qwen", "max_tokens": 500, "temperature": 0.5, "top_p": 0.9, "top_k": 3, "stream": true,
        "stop_sequences": ["END"], "metadata": { "user_id": "u" }, "service_tier": "auto",
        "system": [{ "type": "text", "text": "Be kind.", "cache_control": { "type": "ephemeral" } },
                   { "type": "text", "text": "Be brief." }],
        "thinking": { "type": "enabled", "budget_tokens": 10_000 },
        "output_config": { "format": { "type": "json_schema", "schema": { "type": "object" } } },
        "tools": [{ "name": "look", "description": "Looks.", "input_schema": { "type": "object" },
                    "cache_control": { "type": "ephemeral" } }],
        "tool_choice": { "type": "tool", "name": "look", "disable_parallel_tool_use": true },
        "models": ["a/b"], "routing_profile": "cheap", "a_field_of_tomorrow": [1],
        "messages": [
            { "role": "user", "content": [
                { "type": "text", "text": "See", "cache_control": { "type": "ephemeral" } },
                { "type": "image", "source": { "type": "base64", "media_type": "image/gif", "data": "R0lG" } },
                { "type": "image", "source": { "type": "url", "url": "https://x.test/a.jpg?b=1" } },
                { "type": "document", "title": "notes", "source": { "type": "text", "media_type": "text/plain", "data": "née" } },
                { "type": "document", "source": { "type": "base64", "media_type": "application/pdf", "data": "JVBE" } } ] },
            { "role": "assistant", "content": [
                { "type": "thinking", "thinking": "hm", "signature": "sig" },
                { "type": "redacted_thinking", "data": "zzz" },
                { "type": "text", "text": "I " }, { "type": "text", "text": "look." },
                { "type": "tool_use", "id": "toolu_1", "name": "look", "input": { "at": [1.0, 2] } } ] },
            { "role": "user", "content": [
                { "type": "text", "text": "and?" },
                { "type": "tool_result", "tool_use_id": "toolu_1", "is_error": true, "content": [
                    { "type": "text", "text": "a" }, { "type": "text", "text": "b" },
                    { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "iVBO" } } ] } ] },
        ],
    }))
    .unwrap();
    assert_eq!((asked.bound.clone(), asked.foreign, asked.thoughts), (None, false, true));
    assert_eq!(asked.ours.models, ["a/b"]);
    insta::assert_json_snapshot!(shown(&asked));
}

fn shown(asked: &Asked) -> Value {
    let messages: Vec<Value> =
        asked.request.messages.iter().map(|m| json!({ "role": m.role, "parts": m.parts })).collect();
    json!({
        "model": asked.model, "system": asked.request.system, "stream": asked.request.stream,
        "prefill": asked.request.prefill, "params": asked.request.params, "messages": messages,
        "choices": asked.choices,
    })
}

#[test]
fn a_full_gemini_request_is_read_in_both_spellings() {
    let camel = json!({
        "systemInstruction": { "parts": [{ "text": "Be kind." }] },
        "safetySettings": [{ "category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE" }],
        "generationConfig": {
            "temperature": 1.5, "topP": 0.5, "topK": 20, "maxOutputTokens": 99, "stopSequences": ["END"], "seed": 7,
            "candidateCount": 2, "responseMimeType": "application/json",
            "responseSchema": { "type": "OBJECT", "propertyOrdering": ["nullable", "type"], "properties": {
                "nullable": { "type": "STRING", "nullable": true },
                "type": { "type": "ARRAY", "minItems": "1", "items": { "type": "INTEGER", "format": "int32" } } } },
            "thinkingConfig": { "includeThoughts": true, "thinkingBudget": 1024 } },
        "tools": [{ "functionDeclarations": [{ "name": "look", "description": "", "parameters": { "type": "OBJECT" } },
                                             { "name": "other" }] }],
        "toolConfig": { "functionCallingConfig": { "mode": "ANY", "allowedFunctionNames": ["look"] } },
        "contents": [
            { "parts": [{ "text": "See" }, { "inlineData": { "mimeType": "image/png", "data": "iVB-_w==" } },
                        { "fileData": { "mimeType": "video/mp4", "fileUri": "https://x.test/v" } }] },
            { "role": "model", "parts": [
                { "text": "hm", "thought": true }, { "text": "I look.", "thoughtSignature": "c2ln" },
                { "functionCall": { "name": "look", "args": { "at": 1 } }, "thoughtSignature": "c2lnMg==" },
                { "functionCall": { "name": "look", "args": {} } } ] },
            { "role": "user", "parts": [
                { "functionResponse": { "name": "look", "response": { "result": "x" } } },
                { "functionResponse": { "name": "look", "response": { "error": "y" } } },
                { "functionResponse": { "id": "own", "name": "look", "response": { "a": 1 } } },
                { "text": "well?" } ] },
        ],
    });
    let asked = gemini(&camel).unwrap();
    assert_eq!((asked.model.as_str(), asked.request.stream), ("google/gemini-x", true));
    insta::assert_json_snapshot!(shown(&asked));
    assert_eq!(gemini(&snake(&camel)).unwrap(), asked);
}

/// The same with Google's other spelling of names.
fn snake(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let mut out = String::new();
                for c in name.chars() {
                    if c.is_ascii_uppercase() {
                        out.push('_');
                    }
                    out.push(c.to_ascii_lowercase());
                }
                (out, snake(value))
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(snake).collect(),
        other => other.clone(),
    }
}

fn with(base: &Value, pointer: &str, value: Value) -> Value {
    let mut body = base.clone();
    let (holder, name) = pointer.rsplit_once('/').unwrap();
    let holder = body.pointer_mut(holder).unwrap();
    match holder {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        holder if value == json!("(gone)") => drop(holder.as_object_mut().unwrap().shift_remove(name)),
        holder => drop(holder.as_object_mut().unwrap().insert(name.to_owned(), value)),
    }
    body
}

#[test]
fn what_is_wrong_in_an_anthropic_request_is_named() {
    let good = json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": [{ "type": "text", "text": "hi" }] }] });
    assert!(anthropic(&good).is_ok());
    for (pointer, value, param) in [
        ("/model", json!("(gone)"), "model"),
        ("/model", json!(1), "model"),
        ("/max_tokens", json!("(gone)"), "max_tokens"),
        ("/max_tokens", json!(0), "max_tokens"),
        ("/max_tokens", json!("9"), "max_tokens"),
        ("/messages", json!([]), "messages"),
        ("/messages", json!({}), "messages"),
        ("/messages/0/role", json!("robot"), "messages[0].role"),
        ("/messages/0/content", json!("(gone)"), "messages[0].content"),
        ("/messages/0/content", json!(7), "messages[0].content"),
        ("/messages/0/content/0", json!("hi"), "messages[0].content[0]"),
        ("/messages/0/content/0/type", json!("(gone)"), "messages[0].content[0].type"),
        ("/messages/0/content/0/text", json!(7), "messages[0].content[0].text"),
        ("/messages/0/content/0", json!({ "type": "tool_result" }), "messages[0].content[0].tool_use_id"),
        (
            "/messages/0/content/0",
            json!({ "type": "image", "source": { "type": "base64", "data": "" } }),
            "messages[0].content[0].source.media_type",
        ),
        ("/system", json!([{ "type": "image" }]), "system[0].type"),
        ("/temperature", json!(1.1), "temperature"),
        ("/temperature", json!("hot"), "temperature"),
        ("/stream", json!("yes"), "stream"),
        ("/stop_sequences", json!("END"), "stop_sequences"),
        ("/stop_sequences", json!([1]), "stop_sequences[0]"),
        ("/tools", json!({}), "tools"),
        ("/tools", json!([{ "name": "x" }]), "tools[0].input_schema"),
        ("/tool_choice", json!("auto"), "tool_choice"),
        ("/tool_choice", json!({ "type": "maybe" }), "tool_choice.type"),
        ("/thinking", json!({ "type": "enabled" }), "thinking.budget_tokens"),
        ("/output_config", json!({ "effort": "huge" }), "output_config.effort"),
        ("/metadata", json!(1), "metadata"),
        ("/models", json!("a"), "models"),
    ] {
        let refusal = anthropic(&with(&good, pointer, value.clone())).unwrap_err();
        assert_eq!(
            (refusal.status, refusal.param.as_deref()),
            (400, Some(param)),
            "{pointer} {value}: {refusal:?}"
        );
        assert!(refusal.message.contains(param.rsplit('.').next().unwrap()), "{refusal:?}");
    }
}

#[test]
fn what_is_wrong_in_a_gemini_request_is_named() {
    let good = json!({ "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }], "generationConfig": {}, "toolConfig": { "functionCallingConfig": {} } });
    assert!(gemini(&good).is_ok());
    for (pointer, value, param) in [
        ("/contents", json!("(gone)"), "contents"),
        ("/contents", json!([]), "contents"),
        ("/contents", json!("hi"), "contents"),
        ("/contents/0/role", json!("assistant"), "contents[0].role"),
        ("/contents/0/parts", json!("(gone)"), "contents[0].parts"),
        ("/contents/0/parts", json!([]), "contents[0].parts"),
        ("/contents/0/parts/0", json!({}), "contents[0].parts[0]"),
        ("/contents/0/parts/0", json!("hi"), "contents[0].parts[0]"),
        ("/contents/0/parts/0/text", json!(7), "contents[0].parts[0].text"),
        (
            "/contents/0/parts/0",
            json!({ "inlineData": { "data": "" } }),
            "contents[0].parts[0].inlineData.mimeType",
        ),
        (
            "/contents/0/parts/0",
            json!({ "functionCall": { "name": "x" } }),
            "contents[0].parts[0].functionCall",
        ),
        (
            "/contents/0/parts/0",
            json!({ "functionResponse": { "name": "x", "response": 1 } }),
            "contents[0].parts[0].functionResponse.response",
        ),
        ("/generationConfig/temperature", json!(2.5), "generationConfig.temperature"),
        ("/generationConfig/maxOutputTokens", json!(-1), "generationConfig.maxOutputTokens"),
        ("/generationConfig/responseSchema", json!([]), "generationConfig.responseSchema"),
        ("/toolConfig/functionCallingConfig/mode", json!("SOME"), "toolConfig.functionCallingConfig.mode"),
        ("/tools", json!([{ "functionDeclarations": [{}] }]), "tools[0].functionDeclarations[0].name"),
        ("/safetySettings", json!({}), "safetySettings"),
        ("/systemInstruction", json!(1), "systemInstruction"),
    ] {
        let refusal = gemini(&with(&good, pointer, value.clone())).unwrap_err();
        assert_eq!(
            (refusal.status, refusal.param.as_deref()),
            (400, Some(param)),
            "{pointer} {value}: {refusal:?}"
        );
    }
    let nowhere = read(Caller::Gemini, good.to_string().as_bytes(), &Address::default()).unwrap_err();
    assert_eq!(nowhere.param.as_deref(), Some("model"));
}

#[test]
fn what_only_one_dialect_can_say_is_noted_and_not_refused() {
    let base = json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": "hi" }] });
    for (pointer, value, param) in [
        ("/tools", json!([{ "type": "bash_20250124", "name": "bash" }]), "tools[0]"),
        (
            "/messages/0/content",
            json!([{ "type": "container_upload", "file_id": "f" }]),
            "messages[0].content[0]",
        ),
        (
            "/messages/0/content",
            json!([{ "type": "image", "source": { "type": "file", "file_id": "f" } }]),
            "messages[0].content[0].source.type",
        ),
        ("/mcp_servers", json!([{ "type": "url" }]), "mcp_servers"),
    ] {
        let asked = anthropic(&with(&base, pointer, value)).unwrap();
        assert_eq!(asked.bound.and_then(|refusal| refusal.param).as_deref(), Some(param));
    }
    let search =
        anthropic(&with(&base, "/tools", json!([{ "type": "web_search_20250305", "name": "web_search" }])));
    let search = search.unwrap();
    assert!(search.request.params.web_search && search.bound.is_none());
    let base = json!({ "contents": [{ "parts": [{ "text": "hi" }] }] });
    for (pointer, value) in [
        ("/tools", json!([{ "codeExecution": {} }])),
        ("/cachedContent", json!("cachedContents/1")),
        ("/generationConfig", json!({ "responseModalities": ["TEXT", "IMAGE"] })),
        ("/contents/0/parts/0", json!({ "fileData": { "fileUri": "gs://x/y" } })),
    ] {
        assert!(gemini(&with(&base, pointer, value.clone())).unwrap().bound.is_some(), "{value}");
    }
    let search = gemini(&with(&base, "/tools", json!([{ "google_search": {} }]))).unwrap();
    assert!(search.request.params.web_search && search.bound.is_none());
}

#[test]
fn thinking_is_asked_for_in_every_way() {
    let base = json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": "hi" }] });
    let of = |thinking: Value, config: Value| {
        let asked = anthropic(&with(&with(&base, "/thinking", thinking), "/output_config", config)).unwrap();
        (asked.request.params.reasoning_effort, asked.thoughts)
    };
    assert_eq!(of(Value::Null, Value::Null), (None, false));
    assert_eq!(of(json!({ "type": "disabled" }), Value::Null), (Some(ReasoningEffort::None), false));
    assert_eq!(
        of(json!({ "type": "enabled", "budget_tokens": 31_999 }), Value::Null),
        (Some(ReasoningEffort::High), true)
    );
    assert_eq!(
        of(json!({ "type": "adaptive" }), json!({ "effort": "max" })),
        (Some(ReasoningEffort::XHigh), true)
    );
    assert_eq!(of(json!({ "type": "adaptive", "display": "omitted" }), Value::Null), (None, false));
    let of = |thinking: Value| {
        let asked = gemini(&json!({ "contents": [{ "parts": { "text": "hi" } }], "generationConfig": { "thinkingConfig": thinking } })).unwrap();
        (asked.request.params.reasoning_effort, asked.thoughts)
    };
    assert_eq!(of(json!({ "thinkingBudget": -1, "includeThoughts": true })), (None, true));
    assert_eq!(of(json!({ "thinkingBudget": 0 })), (Some(ReasoningEffort::None), false));
    assert_eq!(of(json!({ "thinkingLevel": "low" })), (Some(ReasoningEffort::Low), false));
}

#[test]
fn a_proof_of_another_dialect_comes_back_whole_and_is_noticed() {
    let parts = vec![
        Part::Reasoning {
            text: "hm".to_owned(),
            signature: None,
            sealed: Some("gAAA".to_owned()),
            id: Some("rs_1".to_owned()),
        },
        Part::text("so"),
    ];
    let choice = dialects::serving::Choice { parts: parts.clone(), stop: domain::Stop::Stop };
    for caller in [Caller::Anthropic, Caller::Gemini] {
        let said = dialects::serving::whole(
            caller,
            &dialects::serving::Whole {
                head: &super::head(),
                asked: &super::curious(),
                choices: std::slice::from_ref(&choice),
                usage: domain::Usage::default(),
            },
        );
        let body: Value = serde_json::from_slice(&said).unwrap();
        let asked = if caller == Caller::Anthropic {
            anthropic(&json!({ "model": "m", "max_tokens": 1, "messages": [{ "role": "assistant", "content": body["content"] }] }))
        } else {
            gemini(&json!({ "contents": [body["candidates"][0]["content"]] }))
        }
        .unwrap();
        assert_eq!(asked.request.messages[0].parts, parts, "{caller:?}");
        assert!(asked.foreign && asked.request.prefill, "{caller:?}");
    }
}

#[test]
fn counting_needs_no_limits() {
    let body = br#"{"model":"m","messages":[{"role":"user","content":"hi"}],"system":"s"}"#;
    let asked = read_count(Caller::Anthropic, body, &Address::default()).unwrap();
    assert_eq!(asked.request.messages.len(), 1);
    let address = Address { model: Some("x"), ..Address::default() };
    for body in [
        r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#,
        r#"{"generateContentRequest":{"model":"models/y","contents":[{"parts":[{"text":"hi"}]}]}}"#,
    ] {
        assert_eq!(read_count(Caller::Gemini, body.as_bytes(), &address).unwrap().model, "x");
    }
    assert_eq!(dialects::serving::counted(Caller::Anthropic, 7), br#"{"input_tokens":7}"#);
    assert_eq!(dialects::serving::counted(Caller::Gemini, 7), br#"{"totalTokens":7}"#);
}

#[test]
fn a_body_that_is_deep_or_no_json_is_refused() {
    let deep = format!(r#"{{"contents":[{{"parts":[{{"x":{}}}]}}]}}"#, "[".repeat(200_000));
    for body in ["", "[]", "{", "nul", "\"x\"", "{\"a\":1}{", deep.as_str()] {
        for caller in [Caller::Anthropic, Caller::Gemini] {
            let refusal = read(caller, body.as_bytes(), &Address { model: Some("m"), ..Address::default() });
            assert_eq!(refusal.unwrap_err().status, 400);
        }
    }
    assert!(read(Caller::Anthropic, b"\xff{}", &Address::default()).is_err());
}

fn seeds() -> Vec<String> {
    vec![
        json!({ "model": "m", "max_tokens": 9, "system": [{ "type": "text", "text": "s" }], "thinking": { "type": "enabled", "budget_tokens": 2000 },
            "tools": [{ "name": "t", "input_schema": {} }], "tool_choice": { "type": "any" },
            "messages": [{ "role": "user", "content": [{ "type": "document", "source": { "type": "content", "content": "x" } }] },
                { "role": "assistant", "content": [{ "type": "text", "text": "x", "citations": [{ "a": 1 }] }, { "type": "tool_use", "id": "1", "name": "t", "input": {} }] },
                { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "1", "content": [{ "type": "text", "text": "r" }] }] }] }).to_string(),
        json!({ "contents": [{ "role": "model", "parts": [{ "text": "x", "thoughtSignature": "b3JjaGVzaXR5eyJzZWFsZWQiOiJ4In0=" }, { "functionCall": { "name": "t" } }] },
                { "parts": [{ "functionResponse": { "name": "t", "response": { "result": "r" } } }] }],
            "tools": [{ "functionDeclarations": [{ "name": "t", "parameters": { "type": "OBJECT", "anyOf": [{}], "nullable": true } }] }],
            "generationConfig": { "seed": 1, "thinkingConfig": {} } }).to_string(),
    ]
}

fn each(body: &[u8]) {
    let address = Address { model: Some("m"), ..Address::default() };
    for caller in [Caller::Anthropic, Caller::Gemini] {
        for asked in [read(caller, body, &address), read_count(caller, body, &address)] {
            match asked {
                Ok(asked) => assert!(!asked.request.messages.is_empty()),
                Err(refusal) => assert!(refusal.status == 400 && !refusal.message.is_empty()),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_reader_panic(which in 0..2_usize, cuts in prop::collection::vec((any::<u16>(), any::<u8>(), 0..3_u8), 1..6)) {
        let mut body = seeds()[which].clone().into_bytes();
        for (at, byte, how) in cuts {
            let at = at as usize % body.len();
            match how {
                0 => body[at] = byte,
                1 => drop(body.remove(at)),
                _ => body.insert(at, byte),
            }
        }
        each(&body);
    }

    /// Any value anywhere in a good body.
    #[test]
    fn no_wrong_type_makes_a_reader_panic(which in 0..2_usize, place in any::<u16>(), value in 0..7_usize) {
        let mut body: Value = serde_json::from_str(&seeds()[which]).unwrap();
        let mut places = Vec::new();
        walk(&body, String::new(), &mut places);
        let values = [json!(null), json!(true), json!(-1.5), json!(1e300), json!("x"), json!([{}]), json!({ "type": [] })];
        *body.pointer_mut(&places[place as usize % places.len()]).unwrap() = values[value].clone();
        each(body.to_string().as_bytes());
    }
}

fn walk(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                walk(value, format!("{at}/{name}"), out);
            }
        }
        Value::Array(items) => {
            for (i, value) in items.iter().enumerate() {
                walk(value, format!("{at}/{i}"), out);
            }
        }
        _ => {}
    }
    out.push(at);
}

#[test]
fn the_kinds_of_media_and_choices_are_told_apart() {
    let asked = anthropic(&json!({ "model": "m", "max_tokens": 1, "tool_choice": { "type": "none" },
        "output_format": { "type": "json_schema", "schema": {} },
        "messages": [{ "role": "user", "content": [{ "type": "document", "source": { "type": "url", "url": "https://x.test/a" } },
            { "type": "search_result", "title": "T", "source": "S", "content": [{ "type": "text", "text": "C" }] }] }] }))
    .unwrap();
    assert_eq!(asked.request.params.tool_choice, Some(ToolChoice::None));
    assert!(matches!(asked.request.params.response_format, Some(ResponseFormat::JsonSchema { .. })));
    let parts = &asked.request.messages[0].parts;
    let url = MediaSource::Url { url: "https://x.test/a".to_owned() };
    assert_eq!(parts[0], Part::File { media_type: "application/pdf".to_owned(), name: None, source: url });
    assert_eq!(parts[1], Part::text("T\nS\nC"));
}
