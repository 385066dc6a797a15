//! Requests.

use crate::{ChatMessage, ChatRequest, DialectError, EffortStyle, Quirks, WireRequest, wire};
use domain::{Dialect, MediaSource, Part, ReasoningEffort, ResponseFormat, Role, ToolChoice};
use serde_json::{Map, Value, json};

/// Stands for a proof that a call of another provider's model cannot have; Google's documentation
/// names it for this.
const NO_PROOF: &str = "skip_thought_signature_validator";

/// Where content is asked.
pub(crate) fn path(quirks: &Quirks, model: &str, stream: bool) -> String {
    let model = model.strip_prefix("models/").unwrap_or(model);
    let method = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
    let usual = "/v1beta/models/{model}:{method}";
    let path = quirks.chat_path.as_deref().unwrap_or(usual).replace("{method}", method);
    wire::path(Some(&path), usual, model, quirks)
}

pub(crate) fn encode(request: &ChatRequest, quirks: &Quirks) -> Result<WireRequest, DialectError> {
    let (system, messages) = wire::system_first(request);
    let mut body = Map::new();
    let mut contents: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in messages {
        let role = if message.role == Role::Assistant { "model" } else { "user" };
        let mut parts = self::parts(message, request)?;
        match contents.last_mut() {
            _ if parts.is_empty() => {}
            Some((last, all)) if *last == role => all.append(&mut parts),
            _ => contents.push((role, parts)),
        }
    }
    let contents =
        contents.into_iter().map(|(role, parts)| json!({ "role": role, "parts": parts })).collect();
    body.insert("contents".to_owned(), Value::Array(contents));
    if let Some(system) = system {
        body.insert("systemInstruction".to_owned(), json!({ "parts": [{ "text": system }] }));
    }
    let config = config(request, quirks)?;
    if !config.is_empty() {
        body.insert("generationConfig".to_owned(), Value::Object(config));
    }
    tools(&mut body, request)?;
    wire::finish(path(quirks, &request.model, request.stream), body, request, quirks)
}

fn parts(message: &ChatMessage, request: &ChatRequest) -> Result<Vec<Value>, DialectError> {
    let mut out = Vec::new();
    let mut first_call = true;
    for part in &message.parts {
        out.push(match part {
            Part::Text { text } if text.is_empty() => continue,
            Part::Text { text } if message.role == Role::System => {
                json!({ "text": format!("<system>\n{text}\n</system>") })
            }
            Part::Text { text } => json!({ "text": text }),
            Part::Image { media_type, source } => media(media_type, source)?,
            Part::File { media_type, name, source } => {
                match wire::text_file(media_type, name.as_deref(), source) {
                    Some(text) => json!({ "text": text }),
                    None => media(media_type, source)?,
                }
            }
            Part::Reasoning { text, signature: Some(signature), sealed: None, .. } if text.is_empty() => {
                json!({ "text": "", "thoughtSignature": signature })
            }
            Part::Reasoning { text, signature: Some(signature), sealed: None, .. } => {
                json!({ "text": text, "thought": true, "thoughtSignature": signature })
            }
            Part::ToolCall { id, name, arguments, signature } => {
                let mut call =
                    json!({ "functionCall": { "name": name, "args": wire::arguments(arguments) } });
                own_id(id, call.get_mut("functionCall"));
                let needs = first_call && request.model.contains("gemini-3");
                let proof = signature.as_deref().or(needs.then_some(NO_PROOF));
                if let (Some(proof), Some(fields)) = (proof, call.as_object_mut()) {
                    fields.insert("thoughtSignature".to_owned(), json!(proof));
                }
                first_call = false;
                call
            }
            Part::ToolResult { call_id, name, text, is_error } => {
                let name = name
                    .as_deref()
                    .or_else(|| wire::tool_name(&request.messages, call_id))
                    .unwrap_or(call_id);
                let response = match serde_json::from_str(text) {
                    Ok(value @ Value::Object(_)) if !is_error => value,
                    _ => json!({ if *is_error { "error" } else { "result" }: text }),
                };
                let mut result = json!({ "functionResponse": { "name": name, "response": response } });
                own_id(call_id, result.get_mut("functionResponse"));
                result
            }
            Part::Raw { dialect: Dialect::Gemini, json } => {
                let block = wire::object(json, "a kept block")?;
                // Sources of an answer are no part of it.
                if super::GROUNDS.iter().any(|name| block.contains_key(*name)) {
                    continue;
                }
                Value::Object(block)
            }
            Part::Reasoning { .. } | Part::Raw { .. } => continue,
        });
    }
    Ok(out)
}

/// Ids are told only when the model gave one: those made up here (and by OpenAI) begin with `call_`.
fn own_id(id: &str, holder: Option<&mut Value>) {
    if let (false, Some(fields)) = (id.starts_with("call_"), holder.and_then(Value::as_object_mut)) {
        fields.insert("id".to_owned(), json!(id));
    }
}

fn media(media_type: &str, source: &MediaSource) -> Result<Value, DialectError> {
    Ok(match source {
        MediaSource::Inline { data } => json!({ "inlineData": { "mimeType": media_type, "data": data } }),
        MediaSource::Url { url } => json!({ "fileData": { "mimeType": media_type, "fileUri": url } }),
        MediaSource::Blob { .. } => {
            return Err(DialectError::unsupported("a stored file was not inlined before encoding"));
        }
    })
}

fn config(request: &ChatRequest, quirks: &Quirks) -> Result<Map<String, Value>, DialectError> {
    let params = &request.params;
    let mut config = Map::new();
    wire::put_number(&mut config, "temperature", params.temperature);
    wire::put_number(&mut config, "topP", params.top_p);
    if let Some(most) = params.max_tokens {
        config.insert("maxOutputTokens".to_owned(), json!(most));
    }
    if !params.stop.is_empty() {
        config.insert("stopSequences".to_owned(), json!(params.stop));
    }
    if let Some(seed) = params.seed {
        // A signed number there.
        config.insert("seed".to_owned(), json!(seed & 0x7fff_ffff));
    }
    if let Some(format) = &params.response_format {
        config.insert("responseMimeType".to_owned(), json!("application/json"));
        if let ResponseFormat::JsonSchema { schema, .. } = format {
            config
                .insert("responseJsonSchema".to_owned(), Value::Object(wire::object(schema, "the schema")?));
        }
    }
    if let Some(effort) = params.reasoning_effort {
        let usual = if request.model.contains("gemini-3") { EffortStyle::Level } else { EffortStyle::Budget };
        let (level, budget) = match effort {
            ReasoningEffort::None => ("minimal", 0),
            ReasoningEffort::Minimal => ("minimal", 512),
            ReasoningEffort::Low => ("low", 2_048),
            ReasoningEffort::Medium => ("medium", 8_192),
            ReasoningEffort::High | ReasoningEffort::XHigh => ("high", 24_576),
        };
        let thoughts = effort != ReasoningEffort::None;
        match quirks.effort.unwrap_or(usual) {
            EffortStyle::Ignore => {}
            EffortStyle::Level => {
                let thinking = json!({ "thinkingLevel": level, "includeThoughts": thoughts });
                config.insert("thinkingConfig".to_owned(), thinking);
            }
            _ => {
                let thinking = json!({ "thinkingBudget": budget, "includeThoughts": thoughts });
                config.insert("thinkingConfig".to_owned(), thinking);
            }
        }
    }
    Ok(config)
}

fn tools(body: &mut Map<String, Value>, request: &ChatRequest) -> Result<(), DialectError> {
    let params = &request.params;
    let declarations = params
        .tools
        .iter()
        .map(|tool| {
            let parameters = wire::object(&tool.parameters, "a tool's parameters")?;
            let mut entry = Map::new();
            entry.insert("name".to_owned(), json!(tool.name));
            if let Some(description) = &tool.description {
                entry.insert("description".to_owned(), json!(description));
            }
            entry.insert("parametersJsonSchema".to_owned(), Value::Object(parameters));
            Ok(Value::Object(entry))
        })
        .collect::<Result<Vec<_>, DialectError>>()?;
    if params.web_search && !declarations.is_empty() && !request.model.contains("gemini-3") {
        return Err(DialectError::unsupported(
            "this Gemini model searches the web or calls tools, not both; leave one of them out",
        ));
    }
    let mut tools = Vec::new();
    if !declarations.is_empty() {
        tools.push(json!({ "functionDeclarations": declarations }));
    }
    if params.web_search {
        tools.push(json!({ "googleSearch": {} }));
    }
    if !tools.is_empty() {
        body.insert("tools".to_owned(), Value::Array(tools));
    }
    let choice = match &params.tool_choice {
        None => return Ok(()),
        Some(ToolChoice::Auto) => json!({ "mode": "AUTO" }),
        Some(ToolChoice::None) => json!({ "mode": "NONE" }),
        Some(ToolChoice::Required) => json!({ "mode": "ANY" }),
        Some(ToolChoice::Named { name }) => json!({ "mode": "ANY", "allowedFunctionNames": [name] }),
    };
    body.insert("toolConfig".to_owned(), json!({ "functionCallingConfig": choice }));
    Ok(())
}
