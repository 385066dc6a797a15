//! Requests.

use crate::{ChatMessage, ChatRequest, DialectError, EffortStyle, Quirks, WireRequest, openai_chat, wire};
use domain::{MediaSource, Part, ReasoningEffort, ResponseFormat, Role, ToolChoice};
use serde_json::{Map, Value, json};

pub(crate) fn encode(request: &ChatRequest, quirks: &Quirks) -> Result<WireRequest, DialectError> {
    let params = &request.params;
    let mut messages = Vec::new();
    if let Some(system) = request.system.as_deref().filter(|text| !text.is_empty()) {
        messages.push(json!({ "role": "system", "content": system }));
    }
    for message in wire::media_by_users(&request.messages) {
        self::message(&message, request, &mut messages)?;
    }
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    body.insert("messages".to_owned(), Value::Array(messages));
    body.insert("stream".to_owned(), json!(request.stream));
    let mut options = Map::new();
    wire::put_number(&mut options, "temperature", params.temperature);
    wire::put_number(&mut options, "top_p", params.top_p);
    if let Some(most) = params.max_tokens {
        options.insert("num_predict".to_owned(), json!(most));
    }
    if let Some(seed) = params.seed {
        options.insert("seed".to_owned(), json!(seed));
    }
    if !params.stop.is_empty() {
        options.insert("stop".to_owned(), json!(params.stop));
    }
    if !options.is_empty() {
        body.insert("options".to_owned(), Value::Object(options));
    }
    if let Some(effort) = params.reasoning_effort
        && quirks.effort != Some(EffortStyle::Ignore)
    {
        body.insert("think".to_owned(), think(&request.model, effort));
    }
    match &params.response_format {
        None => {}
        Some(ResponseFormat::JsonObject) => drop(body.insert("format".to_owned(), json!("json"))),
        Some(ResponseFormat::JsonSchema { schema, .. }) => {
            body.insert("format".to_owned(), Value::Object(wire::object(schema, "the schema")?));
        }
    }
    let tools = openai_chat::tools(params)?;
    match &params.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Named { .. }) => {
            return Err(DialectError::unsupported(
                "Ollama's own dialect cannot force a tool call; leave the tool choice at `auto`, or add the server as an OpenAI-compatible provider",
            ));
        }
        Some(ToolChoice::None) => {}
        _ if tools.is_empty() => {}
        _ => drop(body.insert("tools".to_owned(), Value::Array(tools))),
    }
    let path = wire::path(quirks.chat_path.as_ref(), "/api/chat", &request.model, quirks);
    wire::finish(path, body, request, quirks)
}

/// gpt-oss takes levels, all others yes or no.
fn think(model: &str, effort: ReasoningEffort) -> Value {
    let leveled = model.contains("gpt-oss");
    match effort {
        ReasoningEffort::None => json!(false),
        ReasoningEffort::Minimal | ReasoningEffort::Low if leveled => json!("low"),
        ReasoningEffort::Medium if leveled => json!("medium"),
        ReasoningEffort::High | ReasoningEffort::XHigh if leveled => json!("high"),
        _ => json!(true),
    }
}

fn message(message: &ChatMessage, request: &ChatRequest, out: &mut Vec<Value>) -> Result<(), DialectError> {
    let mut content = String::new();
    let mut thinking = String::new();
    let (mut images, mut calls) = (Vec::new(), Vec::new());
    for part in &message.parts {
        match part {
            Part::Text { text } => content.push_str(text),
            Part::Reasoning { text, .. } => thinking.push_str(text),
            Part::Image { source: MediaSource::Inline { data }, .. } => images.push(json!(data)),
            Part::Image { .. } => {
                return Err(DialectError::unsupported(
                    "Ollama does not fetch pictures from the web; attach the picture itself",
                ));
            }
            Part::File { media_type, name, source } => {
                let text = wire::text_file(media_type, name.as_deref(), source);
                content.push_str(&text.ok_or_else(|| wire::no_file(media_type))?);
                content.push('\n');
            }
            Part::ToolCall { name, arguments, .. } => {
                calls.push(json!({ "function": { "name": name, "arguments": wire::arguments(arguments) } }));
            }
            Part::ToolResult { call_id, name, text, .. } => {
                let name = name
                    .as_deref()
                    .or_else(|| wire::tool_name(&request.messages, call_id))
                    .unwrap_or(call_id);
                out.push(json!({ "role": "tool", "content": text, "tool_name": name }));
            }
            Part::Raw { .. } => {}
        }
    }
    let role = match message.role {
        Role::System => "system",
        Role::User | Role::Tool => "user",
        Role::Assistant => "assistant",
    };
    if content.is_empty() && images.is_empty() && calls.is_empty() {
        return Ok(());
    }
    let mut whole = Map::new();
    whole.insert("role".to_owned(), json!(role));
    whole.insert("content".to_owned(), json!(content));
    if !thinking.is_empty() && role == "assistant" {
        whole.insert("thinking".to_owned(), json!(thinking));
    }
    if !images.is_empty() {
        whole.insert("images".to_owned(), Value::Array(images));
    }
    if !calls.is_empty() {
        whole.insert("tool_calls".to_owned(), Value::Array(calls));
    }
    out.push(Value::Object(whole));
    Ok(())
}
