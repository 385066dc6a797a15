//! Requests.

use super::{VERSION, sources};
use crate::{ChatRequest, DialectError, EffortStyle, Quirks, WireRequest, wire};
use domain::{Dialect, MediaSource, Params, Part, ReasoningEffort, ResponseFormat, Role, ToolChoice};
use serde_json::{Map, Value, json};

/// The output limit is compulsory here; this is asked where nobody said.
const MAX_TOKENS: u32 = 8_192;

/// Where messages are asked.
pub(crate) fn path(quirks: &Quirks, model: &str) -> String {
    wire::path(quirks.chat_path.as_ref(), "/v1/messages", model, quirks)
}

/// The header that says which protocol this is.
pub(crate) fn version() -> (String, String) {
    ("anthropic-version".to_owned(), VERSION.to_owned())
}

pub(crate) fn encode(request: &ChatRequest, quirks: &Quirks) -> Result<WireRequest, DialectError> {
    let params = &request.params;
    let (system, messages) = wire::system_first(request);
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    if let Some(system) = system {
        body.insert("system".to_owned(), json!(system));
    }
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in wire::media_by_users(messages) {
        let role = if message.role == Role::Assistant { "assistant" } else { "user" };
        let mut blocks = Vec::new();
        let mut parts = message.parts.iter().peekable();
        while let Some(part) = parts.next() {
            let cited = parts.peek().and_then(|next| wire::citations(next, Dialect::AnthropicMessages));
            match (part, cited) {
                (Part::Text { text }, Some(cited)) if !text.trim().is_empty() => {
                    blocks.extend(sources::blocks(text, &cited));
                }
                _ => blocks.extend(block(part, message.role)?),
            }
        }
        match turns.last_mut() {
            _ if blocks.is_empty() => {}
            Some((last, all)) if *last == role => all.append(&mut blocks),
            _ => turns.push((role, blocks)),
        }
    }
    if request.prefill
        && let Some((_, blocks)) = turns.last_mut()
        && let Some(Value::String(text)) = blocks.last_mut().and_then(|block| block.get_mut("text"))
    {
        // White space at the end of a prefill is refused.
        text.truncate(text.trim_end().len());
    }
    for (role, blocks) in &mut turns {
        if *role == "user" {
            // Results come first: anything before them is refused.
            blocks.sort_by_key(|block| block.get("type") != Some(&json!("tool_result")));
        }
    }
    let turns =
        turns.into_iter().map(|(role, content)| json!({ "role": role, "content": content })).collect();
    body.insert("messages".to_owned(), Value::Array(turns));
    let mut most = params.max_tokens.or(quirks.default_max_tokens).unwrap_or(MAX_TOKENS);
    let budget = think(&mut body, request, quirks);
    if let Some(budget) = budget {
        most = most.max(budget.saturating_add(1_024));
    }
    body.insert("max_tokens".to_owned(), json!(most));
    body.insert("stream".to_owned(), json!(request.stream));
    if budget.is_none() {
        // Thinking models take no other temperature than their own.
        wire::put_number(&mut body, "temperature", params.temperature);
        wire::put_number(&mut body, "top_p", params.top_p);
    }
    self::params(&mut body, params)?;
    let path = path(quirks, &request.model);
    let mut request = wire::finish(path, body, request, quirks)?;
    request.headers.push(version());
    Ok(request)
}

fn block(part: &Part, role: Role) -> Result<Option<Value>, DialectError> {
    Ok(Some(match part {
        Part::Text { text } if text.trim().is_empty() => return Ok(None),
        Part::Text { text } if role == Role::System => {
            json!({ "type": "text", "text": format!("<system>\n{text}\n</system>") })
        }
        Part::Text { text } => json!({ "type": "text", "text": text }),
        Part::Image { media_type, source } => {
            json!({ "type": "image", "source": self::source(media_type, source)? })
        }
        Part::File { media_type, name, source } => {
            let mut block = match wire::text_file(media_type, name.as_deref(), source) {
                Some(text) => return Ok(Some(json!({ "type": "text", "text": text }))),
                None if media_type == "application/pdf" => {
                    json!({ "type": "document", "source": self::source(media_type, source)? })
                }
                None => return Err(wire::no_file(media_type)),
            };
            if let (Some(name), Some(fields)) = (name, block.as_object_mut()) {
                fields.insert("title".to_owned(), json!(name));
            }
            block
        }
        Part::Reasoning { sealed: Some(sealed), id: None, .. } => {
            json!({ "type": "redacted_thinking", "data": sealed })
        }
        Part::Reasoning { text, signature: Some(signature), .. } => {
            json!({ "type": "thinking", "thinking": text, "signature": signature })
        }
        Part::ToolCall { id, name, arguments, .. } => {
            json!({ "type": "tool_use", "id": tidy(id), "name": name, "input": wire::arguments(arguments) })
        }
        Part::ToolResult { call_id, text, is_error, .. } => {
            let mut block = json!({ "type": "tool_result", "tool_use_id": tidy(call_id), "content": text });
            if let (true, Some(fields)) = (*is_error, block.as_object_mut()) {
                fields.insert("is_error".to_owned(), json!(true));
            }
            block
        }
        _ if wire::citations(part, Dialect::AnthropicMessages).is_some() => return Ok(None),
        Part::Raw { dialect: Dialect::AnthropicMessages, json } => {
            Value::Object(wire::object(json, "a kept block")?)
        }
        // Thoughts without a proof are refused; blocks of other dialects mean nothing here.
        Part::Reasoning { .. } | Part::Raw { .. } => return Ok(None),
    }))
}

fn source(media_type: &str, source: &MediaSource) -> Result<Value, DialectError> {
    Ok(match source {
        MediaSource::Inline { data } => json!({ "type": "base64", "media_type": media_type, "data": data }),
        MediaSource::Url { url } => json!({ "type": "url", "url": url }),
        MediaSource::Blob { .. } => {
            return Err(DialectError::unsupported("a stored file was not inlined before encoding"));
        }
    })
}

/// Other dialects' ids may hold characters that are refused here.
fn tidy(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' }).collect()
}

/// Asks for thinking; the budget when there is one.
fn think(body: &mut Map<String, Value>, request: &ChatRequest, quirks: &Quirks) -> Option<u32> {
    let effort = request.params.reasoning_effort?;
    let style = quirks.effort.unwrap_or(if takes_levels(&request.model) {
        EffortStyle::Level
    } else {
        EffortStyle::Budget
    });
    let (level, budget) = match effort {
        ReasoningEffort::None => {
            body.insert("thinking".to_owned(), json!({ "type": "disabled" }));
            return None;
        }
        ReasoningEffort::Minimal => ("low", 1_024),
        ReasoningEffort::Low => ("low", 2_048),
        ReasoningEffort::Medium => ("medium", 8_192),
        ReasoningEffort::High => ("high", 16_384),
        ReasoningEffort::XHigh => ("max", 32_000),
    };
    match style {
        // An answer that has begun cannot be thought about first, unless it is one that was paused.
        _ if request.prefill && !is_paused(request) => None,
        EffortStyle::Ignore => None,
        EffortStyle::Level => {
            body.insert("thinking".to_owned(), json!({ "type": "adaptive" }));
            body.insert("output_config".to_owned(), json!({ "effort": level }));
            Some(0)
        }
        _ => {
            body.insert("thinking".to_owned(), json!({ "type": "enabled", "budget_tokens": budget }));
            Some(budget)
        }
    }
}

/// Whether what is gone on with is a turn that the provider paused, searches and all.
fn is_paused(request: &ChatRequest) -> bool {
    let last = request.messages.last();
    last.is_some_and(|m| m.parts.iter().any(|p| matches!(p, Part::Raw { .. } | Part::Reasoning { .. })))
}

/// From Claude 4.6 on, effort is a level; before, a budget of tokens.
fn takes_levels(model: &str) -> bool {
    let Some(name) = model.rsplit('/').next().filter(|name| name.contains("claude")) else { return false };
    let mut numbers =
        name.split(['-', '.', '@']).filter_map(|word| word.parse::<u32>().ok()).filter(|n| *n < 1_000);
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    (major, minor) >= (4, 6)
}

fn params(body: &mut Map<String, Value>, params: &Params) -> Result<(), DialectError> {
    if !params.stop.is_empty() {
        body.insert("stop_sequences".to_owned(), json!(params.stop));
    }
    match &params.response_format {
        None => {}
        Some(ResponseFormat::JsonObject) => {
            return Err(DialectError::unsupported(
                "this dialect writes JSON only after a schema; give a schema instead of `json_object`",
            ));
        }
        Some(ResponseFormat::JsonSchema { schema, .. }) => {
            let format = json!({ "type": "json_schema", "schema": wire::object(schema, "the schema")? });
            let config = body.entry("output_config").or_insert_with(|| json!({}));
            if let Some(fields) = config.as_object_mut() {
                fields.insert("format".to_owned(), format);
            }
        }
    }
    let mut tools = params
        .tools
        .iter()
        .map(|tool| {
            let mut entry = Map::new();
            entry.insert("name".to_owned(), json!(tool.name));
            if let Some(description) = &tool.description {
                entry.insert("description".to_owned(), json!(description));
            }
            entry.insert(
                "input_schema".to_owned(),
                Value::Object(wire::object(&tool.parameters, "a tool's parameters")?),
            );
            Ok(Value::Object(entry))
        })
        .collect::<Result<Vec<_>, DialectError>>()?;
    if params.web_search {
        // The version that all models with search take; later ones want code execution beside it.
        tools.push(json!({ "type": "web_search_20250305", "name": "web_search" }));
    }
    if !tools.is_empty() {
        body.insert("tools".to_owned(), Value::Array(tools));
    }
    let choice = match &params.tool_choice {
        None => return Ok(()),
        Some(ToolChoice::Auto) => json!({ "type": "auto" }),
        Some(ToolChoice::None) => json!({ "type": "none" }),
        Some(ToolChoice::Required) => json!({ "type": "any" }),
        Some(ToolChoice::Named { name }) => json!({ "type": "tool", "name": name }),
    };
    body.insert("tool_choice".to_owned(), choice);
    Ok(())
}
