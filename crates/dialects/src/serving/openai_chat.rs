//! `POST /v1/chat/completions`.

mod read;
mod stream;

pub(super) use read::read;

use super::{Asked, Choice, Encoder, Head, Whole, openai, said};
use domain::{Dialect, MediaSource, Part};
use serde_json::{Map, Value, json};

pub(super) fn encoder(head: &Head, asked: &Asked) -> Box<dyn Encoder> {
    Box::new(stream::Chunks::new(head, asked.usage_wanted))
}

pub(super) fn whole(whole: &Whole<'_>) -> Vec<u8> {
    let choices: Vec<Value> = whole.choices.iter().enumerate().map(|(index, c)| choice(index, c)).collect();
    let mut answer = json!({
        "id": id(whole.head),
        "object": "chat.completion",
        "created": whole.head.created,
        "model": whole.head.model,
        "choices": choices,
    });
    if !whole.usage.is_empty() {
        answer["usage"] = openai::chat_usage(&whole.usage);
    }
    serde_json::to_vec(&answer).unwrap_or_default()
}

fn id(head: &Head) -> String {
    format!("chatcmpl-{}", head.id)
}

fn choice(index: usize, choice: &Choice) -> Value {
    let (mut text, mut thoughts) = (String::new(), String::new());
    let (mut calls, mut images) = (Vec::new(), Vec::new());
    let mut more = Map::new();
    for part in &choice.parts {
        match part {
            Part::Text { text: piece } => text.push_str(piece),
            Part::Reasoning { text: piece, .. } => {
                if !thoughts.is_empty() && !piece.is_empty() {
                    thoughts.push_str("\n\n");
                }
                thoughts.push_str(piece);
            }
            Part::ToolCall { id, name, arguments, signature } => {
                let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
                let mut call = json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } });
                if let Some(signature) = signature {
                    call["extra_content"] = extra(signature);
                }
                calls.push(call);
            }
            Part::Image { .. } => images.extend(image(part)),
            Part::File { .. } => match audio(part) {
                Some(audio) => drop(more.insert("audio".to_owned(), audio)),
                None => text.extend(said::media(part)),
            },
            Part::Raw { .. } => more.extend(raw(part).unwrap_or_default()),
            Part::ToolResult { .. } => {}
        }
    }
    let mut message = Map::new();
    message.insert("role".to_owned(), json!("assistant"));
    let silent = text.is_empty() && !calls.is_empty();
    message.insert("content".to_owned(), if silent { Value::Null } else { Value::String(text) });
    message.insert("refusal".to_owned(), Value::Null);
    if !thoughts.is_empty() {
        message.insert("reasoning_content".to_owned(), Value::String(thoughts));
    }
    if !calls.is_empty() {
        message.insert("tool_calls".to_owned(), Value::Array(calls));
    }
    if !images.is_empty() {
        message.insert("images".to_owned(), Value::Array(images));
    }
    message.append(&mut more);
    json!({ "index": index, "message": message, "logprobs": null, "finish_reason": openai::finish(choice.stop) })
}

/// Where Google's chat endpoint puts the proof of a call.
fn extra(signature: &str) -> Value {
    json!({ "google": { "thought_signature": signature } })
}

/// A picture that a model made, as OpenRouter sends it: OpenAI's own chats have none.
fn image(part: &Part) -> Option<Value> {
    let Part::Image { media_type, source } = part else { return None };
    let url = crate::wire::url(media_type, source).ok()?;
    Some(json!({ "type": "image_url", "image_url": { "url": url } }))
}

/// Spoken words.
fn audio(part: &Part) -> Option<Value> {
    match part {
        Part::File { media_type, source: MediaSource::Inline { data }, .. }
            if media_type.starts_with("audio/") =>
        {
            Some(json!({ "id": "audio_0", "data": data, "transcript": "", "expires_at": 0 }))
        }
        _ => None,
    }
}

/// Fields that were kept of another chat answer: sources, sealed reasoning.
fn raw(part: &Part) -> Option<Map<String, Value>> {
    match part {
        Part::Raw { dialect: Dialect::OpenaiChat, json } => crate::json::object(json),
        _ => None,
    }
}
