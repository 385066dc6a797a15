//! Requests. Nothing is kept at the provider (`store: false`), so reasoning goes back sealed.

use crate::{ChatMessage, ChatRequest, DialectError, EffortStyle, Quirks, WireRequest, wire};
use domain::{Dialect, MediaSource, Params, Part, ResponseFormat, Role, ToolChoice};
use serde_json::{Map, Value, json};

/// Where responses are asked.
pub(crate) fn path(quirks: &Quirks, model: &str) -> String {
    wire::path(quirks.chat_path.as_ref(), "/responses", model, quirks)
}

pub(crate) fn encode(request: &ChatRequest, quirks: &Quirks) -> Result<WireRequest, DialectError> {
    let params = &request.params;
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    if let Some(system) = request.system.as_deref().filter(|text| !text.is_empty()) {
        body.insert("instructions".to_owned(), json!(system));
    }
    let mut input = Vec::new();
    for message in wire::media_by_users(&request.messages) {
        self::message(&message, &mut input)?;
    }
    body.insert("input".to_owned(), Value::Array(input));
    body.insert("stream".to_owned(), json!(request.stream));
    body.insert("store".to_owned(), json!(false));
    if thinks(request) {
        body.insert("include".to_owned(), json!(["reasoning.encrypted_content"]));
    }
    if let Some(effort) = params.reasoning_effort
        && quirks.effort != Some(EffortStyle::Ignore)
    {
        body.insert("reasoning".to_owned(), json!({ "effort": effort }));
    }
    self::params(&mut body, params)?;
    let path = path(quirks, &request.model);
    wire::finish(path, body, request, quirks)
}

/// Sealed reasoning may only be asked of models that reason: the others refuse the request.
fn thinks(request: &ChatRequest) -> bool {
    let sealed = |part: &Part| matches!(part, Part::Reasoning { sealed: Some(_), .. });
    let name = request.model.rsplit('/').next().unwrap_or_default();
    let numbered = name.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    request.params.reasoning_effort.is_some()
        || numbered
        || (name.starts_with("gpt-5") && !name.contains("chat"))
        || request.messages.iter().flat_map(|m| &m.parts).any(sealed)
}

fn message(message: &ChatMessage, input: &mut Vec<Value>) -> Result<(), DialectError> {
    let role = match message.role {
        Role::System => "system",
        Role::User | Role::Tool => "user",
        Role::Assistant => "assistant",
    };
    let mut content = Vec::new();
    for part in &message.parts {
        let item = match part {
            Part::Text { text } if text.is_empty() => continue,
            Part::Text { text } => {
                let kind = if role == "assistant" { "output_text" } else { "input_text" };
                content.push(json!({ "type": kind, "text": text }));
                continue;
            }
            Part::Image { media_type, source } => {
                content.push(json!({ "type": "input_image", "image_url": wire::url(media_type, source)? }));
                continue;
            }
            Part::File { media_type, name, source } => {
                content.push(file(media_type, name.as_deref(), source)?);
                continue;
            }
            Part::Reasoning { text, sealed: Some(sealed), id, .. } => {
                let summary: Vec<Value> = (!text.is_empty())
                    .then(|| json!({ "type": "summary_text", "text": text }))
                    .into_iter()
                    .collect();
                let mut item =
                    json!({ "type": "reasoning", "summary": summary, "encrypted_content": sealed });
                if let (Some(id), Some(fields)) = (id, item.as_object_mut()) {
                    fields.insert("id".to_owned(), json!(id));
                }
                item
            }
            Part::ToolCall { id, name, arguments, .. } => {
                let arguments = if arguments.trim().is_empty() { "{}" } else { arguments.as_str() };
                json!({ "type": "function_call", "call_id": id, "name": name, "arguments": arguments })
            }
            Part::ToolResult { call_id, text, .. } => {
                json!({ "type": "function_call_output", "call_id": call_id, "output": text })
            }
            Part::Raw { .. } if wire::citations(part, Dialect::OpenaiResponses).is_some() => {
                let cited = wire::citations(part, Dialect::OpenaiResponses);
                let last = content.last_mut().and_then(Value::as_object_mut);
                if let (Some(mut cited), Some(fields)) = (cited, last.filter(|_| role == "assistant")) {
                    fields.insert("annotations".to_owned(), cited["annotations"].take());
                }
                continue;
            }
            Part::Raw { dialect: Dialect::OpenaiResponses, json } => {
                Value::Object(wire::object(json, "a kept block")?)
            }
            // Nothing that the provider could read again.
            Part::Reasoning { sealed: None, .. } | Part::Raw { .. } => continue,
        };
        flush(role, &mut content, input);
        input.push(item);
    }
    flush(role, &mut content, input);
    Ok(())
}

fn flush(role: &str, content: &mut Vec<Value>, input: &mut Vec<Value>) {
    if !content.is_empty() {
        input.push(json!({ "type": "message", "role": role, "content": std::mem::take(content) }));
    }
}

fn file(media_type: &str, name: Option<&str>, source: &MediaSource) -> Result<Value, DialectError> {
    if let Some(text) = wire::text_file(media_type, name, source) {
        return Ok(json!({ "type": "input_text", "text": text }));
    }
    if media_type.starts_with("audio/") || media_type.starts_with("video/") {
        return Err(wire::no_file(media_type));
    }
    if let MediaSource::Url { url } = source {
        return Ok(json!({ "type": "input_file", "file_url": url }));
    }
    let data = wire::url(media_type, source)?;
    Ok(json!({ "type": "input_file", "filename": name.unwrap_or("file.pdf"), "file_data": data }))
}

fn params(body: &mut Map<String, Value>, params: &Params) -> Result<(), DialectError> {
    if !params.stop.is_empty() {
        return Err(DialectError::unsupported(
            "the responses dialect has no stop texts; leave `stop` out, or use the provider's chat dialect",
        ));
    }
    wire::put_number(body, "temperature", params.temperature);
    wire::put_number(body, "top_p", params.top_p);
    if let Some(most) = params.max_tokens {
        body.insert("max_output_tokens".to_owned(), json!(most));
    }
    match &params.response_format {
        None => {}
        Some(ResponseFormat::JsonObject) => {
            body.insert("text".to_owned(), json!({ "format": { "type": "json_object" } }));
        }
        Some(ResponseFormat::JsonSchema { name, schema, strict }) => {
            let schema = wire::object(schema, "the schema")?;
            let format = json!({ "type": "json_schema", "name": name, "schema": schema, "strict": strict });
            body.insert("text".to_owned(), json!({ "format": format }));
        }
    }
    let mut tools = params
        .tools
        .iter()
        .map(|tool| {
            let parameters = wire::object(&tool.parameters, "a tool's parameters")?;
            Ok(json!({ "type": "function", "name": tool.name, "description": tool.description,
                "parameters": parameters, "strict": false }))
        })
        .collect::<Result<Vec<_>, DialectError>>()?;
    if params.web_search {
        tools.push(json!({ "type": "web_search" }));
    }
    if !tools.is_empty() {
        body.insert("tools".to_owned(), Value::Array(tools));
    }
    let choice = match &params.tool_choice {
        None => return Ok(()),
        Some(ToolChoice::Auto) => json!("auto"),
        Some(ToolChoice::None) => json!("none"),
        Some(ToolChoice::Required) => json!("required"),
        Some(ToolChoice::Named { name }) => json!({ "type": "function", "name": name }),
    };
    body.insert("tool_choice".to_owned(), choice);
    Ok(())
}
