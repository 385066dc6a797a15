//! Requests.

use crate::{
    ChatMessage, ChatRequest, DialectError, EffortStyle, MaxTokensField, PdfStyle, Quirks, ReasoningBack,
    WireRequest, json, web_search, wire,
};
use domain::{Dialect, MediaSource, Params, Part, ReasoningEffort, ResponseFormat, Role, ToolChoice};
use serde_json::{Map, Value, json};

/// Where chats are asked.
pub(crate) fn path(quirks: &Quirks, model: &str) -> String {
    wire::path(quirks.chat_path.as_ref(), "/chat/completions", model, quirks)
}

pub(crate) fn encode(request: &ChatRequest, quirks: &Quirks) -> Result<WireRequest, DialectError> {
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    body.insert("messages".to_owned(), Value::Array(messages(request, quirks)?));
    body.insert("stream".to_owned(), json!(request.stream));
    if request.stream && quirks.stream_usage.unwrap_or(true) {
        body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
    }
    params(&mut body, &request.params, quirks, &request.model)?;
    wire::finish(path(quirks, &request.model), body, request, quirks)
}

fn messages(request: &ChatRequest, quirks: &Quirks) -> Result<Vec<Value>, DialectError> {
    let system = if quirks.developer_role { "developer" } else { "system" };
    let mut out = Vec::new();
    if let Some(text) = request.system.as_deref().filter(|text| !text.is_empty()) {
        out.push(json!({ "role": system, "content": text }));
    }
    for message in wire::media_by_users(&request.messages) {
        match message.role {
            Role::System => out.push(json!({ "role": system, "content": wire::text_of(&message.parts) })),
            Role::Assistant => out.extend(assistant(&message, quirks)),
            Role::User | Role::Tool => user(&message, quirks, &mut out)?,
        }
    }
    if request.prefill
        && let Some(field) = &quirks.prefill_field
        && let Some(last) = out.last_mut().and_then(Value::as_object_mut)
    {
        last.insert(field.clone(), json!(true));
    }
    Ok(out)
}

fn assistant(message: &ChatMessage, quirks: &Quirks) -> Option<Value> {
    let text = wire::text_of(&message.parts);
    let calls: Vec<Value> = message.parts.iter().filter_map(call).collect();
    let mut thoughts = String::new();
    let mut out = Map::new();
    for part in &message.parts {
        match part {
            Part::Reasoning { text, .. } => thoughts.push_str(text),
            Part::Raw { dialect: Dialect::OpenaiChat, json }
                if quirks.reasoning_back == ReasoningBack::ReasoningDetails =>
            {
                // What else is kept of an answer (its sources) is for people.
                let mut kept = json::object(json).unwrap_or_default();
                out.extend(
                    kept.remove("reasoning_details").map(|list| ("reasoning_details".to_owned(), list)),
                );
            }
            _ => {}
        }
    }
    let mut content = if text.is_empty() { Value::Null } else { json!(text) };
    if !thoughts.is_empty() {
        match quirks.reasoning_back {
            ReasoningBack::Omit => {}
            ReasoningBack::ReasoningContent => {
                drop(out.insert("reasoning_content".to_owned(), json!(thoughts)));
            }
            ReasoningBack::Reasoning => drop(out.insert("reasoning".to_owned(), json!(thoughts))),
            ReasoningBack::ReasoningDetails => {
                if !out.contains_key("reasoning_details") {
                    out.insert("reasoning".to_owned(), json!(thoughts));
                }
            }
            ReasoningBack::ThinkingChunks => {
                let mut chunks =
                    vec![json!({ "type": "thinking", "thinking": [{ "type": "text", "text": thoughts }] })];
                if !text.is_empty() {
                    chunks.push(json!({ "type": "text", "text": text }));
                }
                content = Value::Array(chunks);
            }
        }
    }
    if content.is_null() && calls.is_empty() {
        return None; // an answer that failed before it said anything
    }
    let mut whole = Map::new();
    whole.insert("role".to_owned(), json!("assistant"));
    whole.insert("content".to_owned(), content);
    whole.append(&mut out);
    if !calls.is_empty() {
        whole.insert("tool_calls".to_owned(), Value::Array(calls));
    }
    Some(Value::Object(whole))
}

fn call(part: &Part) -> Option<Value> {
    let Part::ToolCall { id, name, arguments, signature } = part else { return None };
    let arguments = if arguments.trim().is_empty() { "{}" } else { arguments.as_str() };
    let mut call =
        json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } });
    if let (Some(signature), Some(fields)) = (signature, call.as_object_mut()) {
        fields.insert("extra_content".to_owned(), json!({ "google": { "thought_signature": signature } }));
    }
    Some(call)
}

/// What a user says; results of tools are messages of their own, before it.
fn user(message: &ChatMessage, quirks: &Quirks, out: &mut Vec<Value>) -> Result<(), DialectError> {
    let mut content = Vec::new();
    for part in &message.parts {
        match part {
            Part::ToolResult { call_id, text, .. } => {
                out.push(json!({ "role": "tool", "tool_call_id": call_id, "content": text }));
            }
            Part::Text { text } => content.push(json!({ "type": "text", "text": text })),
            Part::Image { media_type, source } => {
                content.push(
                    json!({ "type": "image_url", "image_url": { "url": wire::url(media_type, source)? } }),
                );
            }
            Part::File { media_type, name, source } => {
                content.push(file(media_type, name.as_deref(), source, quirks)?);
            }
            Part::Reasoning { .. } | Part::ToolCall { .. } | Part::Raw { .. } => {}
        }
    }
    match content.as_slice() {
        [] => {}
        [only] if only.get("type") == Some(&json!("text")) => {
            out.push(json!({ "role": "user", "content": only.get("text") }));
        }
        _ => out.push(json!({ "role": "user", "content": content })),
    }
    Ok(())
}

fn file(
    media_type: &str,
    name: Option<&str>,
    source: &MediaSource,
    quirks: &Quirks,
) -> Result<Value, DialectError> {
    if let Some(text) = wire::text_file(media_type, name, source) {
        return Ok(json!({ "type": "text", "text": text }));
    }
    let document = media_type == "application/pdf" || media_type.starts_with("application/vnd.");
    match quirks.pdf {
        Some(PdfStyle::None) if document => return Err(wire::no_file(media_type)),
        Some(PdfStyle::DocumentUrl) if document => {
            return Ok(json!({ "type": "document_url", "document_url": wire::url(media_type, source)? }));
        }
        _ => {}
    }
    let sound = match media_type {
        "audio/wav" | "audio/x-wav" | "audio/wave" => Some("wav"),
        "audio/mpeg" | "audio/mp3" => Some("mp3"),
        _ => None,
    };
    match (sound, source) {
        (Some(format), MediaSource::Inline { data }) => {
            Ok(json!({ "type": "input_audio", "input_audio": { "data": data, "format": format } }))
        }
        _ if document => {
            let data = wire::url(media_type, source)?;
            Ok(
                json!({ "type": "file", "file": { "filename": name.unwrap_or("file.pdf"), "file_data": data } }),
            )
        }
        _ => Err(wire::no_file(media_type)),
    }
}

fn params(
    body: &mut Map<String, Value>,
    params: &Params,
    quirks: &Quirks,
    model: &str,
) -> Result<(), DialectError> {
    wire::put_number(body, "temperature", params.temperature);
    wire::put_number(body, "top_p", params.top_p);
    if let Some(most) = params.max_tokens {
        let field = match quirks.max_tokens_field {
            MaxTokensField::MaxTokens => "max_tokens",
            MaxTokensField::MaxCompletionTokens => "max_completion_tokens",
        };
        body.insert(field.to_owned(), json!(most));
    }
    if !params.stop.is_empty() {
        body.insert("stop".to_owned(), json!(params.stop));
    }
    if let Some(seed) = params.seed {
        body.insert(quirks.seed_field.clone().unwrap_or_else(|| "seed".to_owned()), json!(seed));
    }
    if let Some(effort) = params.reasoning_effort {
        match quirks.effort.unwrap_or(EffortStyle::ReasoningEffort) {
            EffortStyle::ReasoningEffort | EffortStyle::Level | EffortStyle::Budget => {
                body.insert("reasoning_effort".to_owned(), json!(effort));
            }
            EffortStyle::Reasoning => drop(body.insert("reasoning".to_owned(), json!({ "effort": effort }))),
            EffortStyle::Thinking => {
                let kind = if effort == ReasoningEffort::None { "disabled" } else { "enabled" };
                body.insert("thinking".to_owned(), json!({ "type": kind }));
            }
            EffortStyle::Ignore => {}
        }
    }
    match &params.response_format {
        None => {}
        Some(ResponseFormat::JsonSchema { name, schema, strict }) if quirks.json_schema.unwrap_or(true) => {
            let schema = wire::object(schema, "the schema")?;
            let format = json!({ "type": "json_schema", "json_schema": { "name": name, "schema": schema, "strict": strict } });
            body.insert("response_format".to_owned(), format);
        }
        Some(ResponseFormat::JsonObject | ResponseFormat::JsonSchema { .. }) => {
            body.insert("response_format".to_owned(), json!({ "type": "json_object" }));
        }
    }
    let mut tools = tools(params)?;
    tools.extend(web_search::chat_tool(params, quirks, model));
    if !tools.is_empty() {
        body.insert("tools".to_owned(), Value::Array(tools));
    }
    let choice = match &params.tool_choice {
        None => return Ok(()),
        Some(ToolChoice::Auto) => json!("auto"),
        Some(ToolChoice::None) => json!("none"),
        Some(ToolChoice::Required) => json!("required"),
        Some(ToolChoice::Named { name }) => json!({ "type": "function", "function": { "name": name } }),
    };
    body.insert("tool_choice".to_owned(), choice);
    Ok(())
}

/// `{type, function}` entries: Ollama reads the same.
pub(crate) fn tools(params: &Params) -> Result<Vec<Value>, DialectError> {
    params
        .tools
        .iter()
        .map(|tool| {
            let parameters = wire::object(&tool.parameters, "a tool's parameters")?;
            let mut function = Map::new();
            function.insert("name".to_owned(), json!(tool.name));
            if let Some(description) = &tool.description {
                function.insert("description".to_owned(), json!(description));
            }
            function.insert("parameters".to_owned(), Value::Object(parameters));
            Ok(json!({ "type": "function", "function": function }))
        })
        .collect()
}
