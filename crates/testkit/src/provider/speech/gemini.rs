//! Google's generateContent: each event is an answer with a piece; the last says why it ended.

use super::{Event, Said, StopAs, data, output_tokens};
use serde_json::{Value, json};

const fn reason(stop: StopAs) -> &'static str {
    match stop {
        // A call ends as a text does.
        StopAs::Stop | StopAs::Tools => "STOP",
        StopAs::Length => "MAX_TOKENS",
        StopAs::Filter => "SAFETY",
    }
}

fn answer(said: &Said, parts: &[Value]) -> Value {
    json!({"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0}],
        "modelVersion": said.model, "responseId": "scripted"})
}

/// Thoughts are counted beside the text.
fn ended(said: &Said, mut answer: Value) -> Value {
    let output = output_tokens(said);
    answer["candidates"][0]["finishReason"] = reason(said.stop).into();
    answer["usageMetadata"] = json!({"promptTokenCount": said.input,
        "candidatesTokenCount": output - said.reasoning.len(), "thoughtsTokenCount": said.reasoning.len(),
        "totalTokenCount": said.input + output});
    answer
}

fn parts(said: &Said) -> Vec<Value> {
    let thoughts = said.reasoning.iter().map(|text| json!({"text": text, "thought": true}));
    let texts = said.pieces.iter().map(|text| json!({"text": text}));
    let calls = said.tools.iter().map(|(name, arguments)| {
        let arguments = serde_json::from_str::<Value>(arguments).unwrap_or_default();
        json!({"functionCall": {"name": name, "args": arguments}})
    });
    thoughts.chain(texts).chain(calls).collect()
}

pub(super) fn content(said: &Said) -> Vec<Event> {
    parts(said).into_iter().map(|part| Event::token(data(&answer(said, &[part])))).collect()
}

pub(super) fn terminal(said: &Said) -> String {
    data(&ended(said, answer(said, &[json!({"text": ""})])))
}

pub(super) fn whole(said: &Said) -> Value {
    let text = said.pieces.concat();
    let mut parts: Vec<Value> =
        parts(said).into_iter().filter(|part| part["text"].is_null() || part["thought"] == true).collect();
    if !text.is_empty() {
        parts.push(json!({"text": text}));
    }
    ended(said, answer(said, &parts))
}

pub(super) fn error(status: u16, message: &str) -> Value {
    let word = match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        _ => "INTERNAL",
    };
    json!({"error": {"code": status, "message": message, "status": word}})
}
