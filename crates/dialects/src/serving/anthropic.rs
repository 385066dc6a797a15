//! Anthropic's messages, for those who call us.

mod blocks;
mod read;
mod stream;

use super::{Choice, Encoder, Head, Refusal, Refused, Whole, said};
use crate::{anthropic_messages::cited_blocks, wire};
use domain::{Dialect, ErrorKind, Part, Stop, Usage};
use serde_json::{Map, Value, json};

pub(super) use read::{count, read};

pub(super) fn encoder(head: &Head, asked: &super::Asked) -> Box<dyn Encoder> {
    Box::new(stream::Events::new(head.clone(), asked.thoughts))
}

pub(super) fn whole(whole: &Whole<'_>) -> Vec<u8> {
    let choice = whole.choices.first();
    let content = choice.map(|choice| content(&choice.parts, whole.asked.thoughts)).unwrap_or_default();
    let calls = choice.is_some_and(calls);
    let body = json!({
        "id": format!("msg_{}", whole.head.id),
        "type": "message",
        "role": "assistant",
        "model": whole.head.model,
        "content": content,
        "stop_reason": choice.map(|choice| stop_reason(choice.stop, calls)),
        "stop_sequence": null,
        "usage": usage(&whole.usage),
    });
    body.to_string().into_bytes()
}

fn calls(choice: &Choice) -> bool {
    choice.parts.iter().any(|part| matches!(part, Part::ToolCall { .. }))
}

/// The blocks of an answer.
fn content(parts: &[Part], thoughts: bool) -> Vec<Value> {
    let mut out = Vec::new();
    let mut parts = parts.iter().peekable();
    while let Some(part) = parts.next() {
        match part {
            Part::Text { text } if text.is_empty() => {}
            Part::Text { text } => {
                match parts.peek().and_then(|next| wire::citations(next, Dialect::AnthropicMessages)) {
                    Some(cited) => out.extend(cited_blocks(text, &cited)),
                    None => out.push(json!({ "type": "text", "text": text })),
                }
            }
            Part::Reasoning { text, signature, sealed, id } if thoughts => {
                out.push(match (sealed, id) {
                    (Some(data), None) if text.is_empty() && signature.is_none() => {
                        json!({ "type": "redacted_thinking", "data": data })
                    }
                    _ => {
                        let proof = said::proof(signature.as_deref(), sealed.as_deref(), id.as_deref());
                        json!({ "type": "thinking", "thinking": text, "signature": proof })
                    }
                });
            }
            Part::ToolCall { id, name, arguments, .. } => {
                let input = wire::arguments(arguments);
                out.push(json!({ "type": "tool_use", "id": id, "name": name, "input": input }));
            }
            Part::Image { .. } | Part::File { .. } => {
                out.extend(said::media(part).map(|text| json!({ "type": "text", "text": text })));
            }
            Part::Raw { dialect: Dialect::AnthropicMessages, json }
                if wire::citations(part, Dialect::AnthropicMessages).is_none() =>
            {
                out.extend(crate::json::object(json).map(Value::Object));
            }
            // Thoughts that were not asked for, and what only another dialect understands.
            Part::Reasoning { .. } | Part::ToolResult { .. } | Part::Raw { .. } => {}
        }
    }
    out
}

/// Output holds the thinking, as Anthropic counts it. What nobody counted is 0: the fields are numbers.
fn usage(usage: &Usage) -> Value {
    let mut out = Map::new();
    out.insert("input_tokens".to_owned(), json!(usage.input.unwrap_or(0)));
    out.insert("cache_creation_input_tokens".to_owned(), json!(usage.cached_write.unwrap_or(0)));
    out.insert("cache_read_input_tokens".to_owned(), json!(usage.cached_read.unwrap_or(0)));
    let output = usage.output.unwrap_or(0).saturating_add(usage.reasoning.unwrap_or(0));
    out.insert("output_tokens".to_owned(), json!(output));
    if let Some(thinking) = usage.reasoning {
        out.insert("output_tokens_details".to_owned(), json!({ "thinking_tokens": thinking }));
    }
    Value::Object(out)
}

/// Some providers say `stop` where they wait for a tool.
fn stop_reason(stop: Stop, calls: bool) -> &'static str {
    match stop {
        Stop::ToolCalls => "tool_use",
        Stop::Stop | Stop::Other if calls => "tool_use",
        Stop::Stop | Stop::Other => "end_turn",
        Stop::Length => "max_tokens",
        Stop::ContentFilter | Stop::Refusal => "refusal",
        Stop::Pause => "pause_turn",
    }
}

pub(super) fn refused(refusal: &Refusal) -> Refused {
    Refused {
        status: refusal.status,
        headers: said::headers(refusal),
        body: error(refusal.kind, Some(refusal.status), &refusal.message).to_string().into_bytes(),
    }
}

/// An error, as a body and as an event. The request's id is filled in by [`Refused::of_request`].
fn error(kind: ErrorKind, status: Option<u16>, message: &str) -> Value {
    let word = match kind {
        ErrorKind::BadRequest | ErrorKind::ContextLength if status == Some(413) => "request_too_large",
        ErrorKind::BadRequest | ErrorKind::ContextLength | ErrorKind::ContentFilter => {
            "invalid_request_error"
        }
        ErrorKind::Auth => "authentication_error",
        ErrorKind::Permission => "permission_error",
        ErrorKind::NotFound => "not_found_error",
        ErrorKind::RateLimited => "rate_limit_error",
        ErrorKind::Overloaded => "overloaded_error",
        ErrorKind::Timeout => "timeout_error",
        ErrorKind::Budget | ErrorKind::Quota => "billing_error",
        ErrorKind::Network | ErrorKind::Cancelled | ErrorKind::Upstream => "api_error",
    };
    // Clients know by these words that they should shorten the history.
    let long = kind == ErrorKind::ContextLength && !message.to_lowercase().contains("prompt is too long");
    let message = if long { format!("prompt is too long: {message}") } else { message.to_owned() };
    json!({ "type": "error", "error": { "type": word, "message": message }, "request_id": null })
}

/// The answer to `count_tokens`.
pub(super) fn counted(tokens: u32) -> Vec<u8> {
    json!({ "input_tokens": tokens }).to_string().into_bytes()
}
