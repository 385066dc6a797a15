//! Google's generateContent, for those who call us.

mod parts;
mod read;
mod schema;
mod stream;

use super::{Encoder, Head, Refusal, Refused, Whole, said};
use crate::{json, wire};
use domain::{Dialect, ErrorKind, MediaSource, Part, Stop, Usage};
use serde_json::{Map, Value, json};

pub(super) use read::{count, read};

pub(super) fn encoder(head: &Head, asked: &super::Asked, events: bool) -> Box<dyn Encoder> {
    Box::new(stream::Chunks::new(head.clone(), asked.thoughts, events))
}

pub(super) fn whole(whole: &Whole<'_>) -> Vec<u8> {
    let candidates: Vec<Value> = whole
        .choices
        .iter()
        .enumerate()
        .map(|(index, choice)| {
            let mut candidate = Map::new();
            let parts: Vec<Value> =
                choice.parts.iter().filter_map(|part| said_part(part, whole.asked.thoughts)).collect();
            candidate.insert("content".to_owned(), json!({ "parts": parts, "role": "model" }));
            candidate.insert("finishReason".to_owned(), json!(finish_reason(choice.stop)));
            for part in &choice.parts {
                candidate.extend(grounds(part).unwrap_or_default());
            }
            candidate.insert("index".to_owned(), json!(index));
            Value::Object(candidate)
        })
        .collect();
    answer(whole.head, candidates, &whole.usage).to_string().into_bytes()
}

/// One answer, or a piece of one.
fn answer(head: &Head, candidates: Vec<Value>, usage: &Usage) -> Value {
    let mut body = Map::new();
    body.insert("candidates".to_owned(), Value::Array(candidates));
    if !usage.is_empty() {
        body.insert("usageMetadata".to_owned(), self::usage(usage));
    }
    body.insert("modelVersion".to_owned(), json!(head.model));
    body.insert("responseId".to_owned(), json!(head.id));
    Value::Object(body)
}

/// Where an answer's text comes from: told of the candidate, not among its parts.
fn grounds(part: &Part) -> Option<Map<String, Value>> {
    let Part::Raw { dialect: Dialect::Gemini, json } = part else { return None };
    json::object(json).filter(|kept| crate::gemini::GROUNDS.iter().any(|name| kept.contains_key(*name)))
}

/// A part that is whole.
fn said_part(part: &Part, thoughts: bool) -> Option<Value> {
    Some(match part {
        Part::Text { text } => json!({ "text": text }),
        Part::Reasoning { text, signature, sealed, id } => {
            let proof = said::proof(signature.as_deref(), sealed.as_deref(), id.as_deref());
            let text = if thoughts { text.as_str() } else { "" };
            match (text, proof.as_str()) {
                ("", "") => return None,
                (text, "") => json!({ "text": text, "thought": true }),
                // A proof for what was said, or for thoughts that nobody wants to see.
                ("", proof) => json!({ "text": "", "thoughtSignature": proof }),
                (text, proof) => json!({ "text": text, "thought": true, "thoughtSignature": proof }),
            }
        }
        Part::ToolCall { id, name, arguments, signature } => call(id, name, arguments, signature.as_deref()),
        Part::Image { media_type, source } | Part::File { media_type, source, .. } => match source {
            MediaSource::Inline { data } => {
                json!({ "inlineData": { "mimeType": media_type, "data": data } })
            }
            MediaSource::Url { url } => json!({ "fileData": { "mimeType": media_type, "fileUri": url } }),
            MediaSource::Blob { .. } => return None,
        },
        Part::Raw { dialect: Dialect::Gemini, json } if grounds(part).is_none() => {
            Value::Object(json::object(json)?)
        }
        Part::ToolResult { .. } | Part::Raw { .. } => return None,
    })
}

fn call(id: &str, name: &str, arguments: &str, signature: Option<&str>) -> Value {
    let call = json!({ "id": id, "name": name, "args": wire::arguments(arguments) });
    match signature {
        Some(proof) => json!({ "functionCall": call, "thoughtSignature": proof }),
        None => json!({ "functionCall": call }),
    }
}

/// Cached tokens are inside the prompt, thoughts outside the candidates.
fn usage(usage: &Usage) -> Value {
    let mut out = Map::new();
    let mut total = 0_u32;
    let mut put = |name: &str, count: Option<u32>, counts: bool| {
        if let Some(count) = count {
            out.insert(name.to_owned(), json!(count));
            total = if counts { total.saturating_add(count) } else { total };
        }
    };
    let prompt = [usage.input, usage.cached_read, usage.cached_write];
    let prompt = prompt
        .iter()
        .any(Option::is_some)
        .then(|| prompt.iter().flatten().fold(0, |a: u32, b| a.saturating_add(*b)));
    put("promptTokenCount", prompt, true);
    put("cachedContentTokenCount", usage.cached_read, false);
    put("candidatesTokenCount", usage.output, true);
    put("thoughtsTokenCount", usage.reasoning, true);
    out.insert("totalTokenCount".to_owned(), json!(total));
    Value::Object(out)
}

/// Calls end with `STOP` there.
fn finish_reason(stop: Stop) -> &'static str {
    match stop {
        Stop::Stop | Stop::ToolCalls => "STOP",
        Stop::Length => "MAX_TOKENS",
        Stop::ContentFilter | Stop::Refusal => "SAFETY",
        Stop::Pause | Stop::Other => "OTHER",
    }
}

pub(super) fn refused(refusal: &Refusal) -> Refused {
    let mut details = Vec::new();
    if let Some(code) = &refusal.code {
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": code.to_uppercase(),
            "domain": "orchesity",
        }));
    }
    if let Some(field) = &refusal.param {
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{ "field": field, "description": refusal.message }],
        }));
    }
    let body = error(refusal.kind, refusal.status, &refusal.message, refusal.retry_after_ms, details);
    Refused { status: refusal.status, headers: said::headers(refusal), body: body.to_string().into_bytes() }
}

fn error(kind: ErrorKind, code: u16, message: &str, wait: Option<u32>, mut details: Vec<Value>) -> Value {
    let status = match (kind, code) {
        (ErrorKind::BadRequest | ErrorKind::ContextLength | ErrorKind::ContentFilter, 409) => "ABORTED",
        (ErrorKind::BadRequest, 404 | 405) | (ErrorKind::NotFound, _) => "NOT_FOUND",
        (ErrorKind::BadRequest | ErrorKind::ContextLength | ErrorKind::ContentFilter, _) => {
            "INVALID_ARGUMENT"
        }
        (ErrorKind::Auth, _) => "UNAUTHENTICATED",
        (ErrorKind::Permission, _) => "PERMISSION_DENIED",
        (ErrorKind::RateLimited | ErrorKind::Budget | ErrorKind::Quota, _) => "RESOURCE_EXHAUSTED",
        (ErrorKind::Overloaded, _) => "UNAVAILABLE",
        (ErrorKind::Timeout, _) => "DEADLINE_EXCEEDED",
        (ErrorKind::Cancelled, _) => "CANCELLED",
        (ErrorKind::Network | ErrorKind::Upstream, _) => "INTERNAL",
    };
    if let Some(ms) = wait {
        let delay = format!("{}.{:03}s", ms / 1_000, ms % 1_000);
        details.push(json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay }));
    }
    let mut error = json!({ "code": code, "message": message, "status": status });
    if let (false, Some(fields)) = (details.is_empty(), error.as_object_mut()) {
        fields.insert("details".to_owned(), Value::Array(details));
    }
    json!({ "error": error })
}

/// The status of an error for which none was sent.
fn code(kind: ErrorKind) -> u16 {
    match kind {
        ErrorKind::BadRequest | ErrorKind::ContextLength | ErrorKind::ContentFilter => 400,
        ErrorKind::Auth => 401,
        ErrorKind::Permission => 403,
        ErrorKind::NotFound => 404,
        ErrorKind::RateLimited | ErrorKind::Budget | ErrorKind::Quota => 429,
        ErrorKind::Cancelled => 499,
        ErrorKind::Overloaded => 503,
        ErrorKind::Timeout => 504,
        ErrorKind::Network | ErrorKind::Upstream => 500,
    }
}

/// The answer to `countTokens`.
pub(super) fn counted(tokens: u32) -> Vec<u8> {
    json!({ "totalTokens": tokens }).to_string().into_bytes()
}
