//! The error shapes in use, made one.

use crate::json;
use serde_json::Value;

/// What an error body says.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// For people.
    pub message: String,
    /// Every code, type and status word, lower case.
    pub code: String,
    /// HTTP status named inside the body.
    pub status: Option<u16>,
    /// How long to wait, where a field says so.
    pub wait_ms: Option<u32>,
}

/// Longest explanation taken from a body that is no JSON, in characters.
const MAX_PLAIN: usize = 500;

pub(super) fn read(body: &[u8]) -> Told {
    let text = String::from_utf8_lossy(&body[..body.len().min(256 * 1024)]);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if let Ok(value) = json::parse(text) {
        return of_value(&value);
    }
    // An error event although the status was an error already.
    for line in text.lines().take(20) {
        if let Some(data) = line.strip_prefix("data:")
            && let Ok(value) = json::parse(data.trim())
        {
            return of_value(&value);
        }
    }
    Told { message: plain(text), ..Told::default() }
}

pub(super) fn of_value(value: &Value) -> Told {
    let mut told = Told::default();
    collect(value, &mut told, 0);
    told
}

fn collect(value: &Value, told: &mut Told, depth: u8) {
    if depth > 4 {
        return;
    }
    match value {
        Value::String(text) => say(told, text),
        Value::Array(items) => {
            for item in items.iter().take(3) {
                collect(item, told, depth + 1);
            }
        }
        Value::Object(fields) => {
            for name in [
                "error",
                "errors",
                "message",
                "Message",
                "detail",
                "msg",
                "title",
                "error_message",
                // MiniMax.
                "base_resp",
                "status_msg",
            ] {
                match fields.get(name) {
                    // The inner text says more than a title beside it.
                    Some(inner @ (Value::Object(_) | Value::Array(_))) => collect(inner, told, depth + 1),
                    Some(Value::String(text)) if told.message.is_empty() => say(told, text),
                    // Anthropic-like `error: "type"` beside a message.
                    Some(Value::String(text)) if name == "error" => code(told, text),
                    _ => {}
                }
            }
            for name in
                ["code", "type", "status", "error_code", "error_type", "reason", "status_code", "statusCode"]
            {
                match fields.get(name) {
                    Some(Value::String(text)) => match text.parse() {
                        Ok(status) => number(told, status),
                        Err(_) => code(told, text),
                    },
                    Some(Value::Number(n)) => number(told, n.as_u64().unwrap_or(0)),
                    _ => {}
                }
            }
            if let Some(inner) =
                fields.get("innererror").and_then(|inner| inner.get("code")).and_then(Value::as_str)
            {
                code(told, inner);
            }
            if let (true, Some(inner)) = (told.message.is_empty(), value.pointer("/x_groq/error")) {
                collect(inner, told, depth + 1);
            }
            for detail in json::list(value, "details") {
                if let Some(reason) = json::text(detail, "reason") {
                    code(told, reason);
                }
                if let Some(delay) = json::text(detail, "retryDelay") {
                    told.wait_ms = super::retry::duration(delay).or(told.wait_ms);
                }
            }
            for name in ["retry_after", "retry_after_seconds", "estimated_time"] {
                if let Some(seconds) = fields.get(name).and_then(Value::as_f64) {
                    told.wait_ms = super::retry::seconds(seconds).or(told.wait_ms);
                }
            }
            if let Some(metadata) = json::some(value, "metadata") {
                upstream(metadata, told, depth);
            }
        }
        _ => {}
    }
}

/// OpenRouter: what the provider behind it said, as text that is often JSON again.
fn upstream(metadata: &Value, told: &mut Told, depth: u8) {
    if json::list(metadata, "reasons").iter().any(Value::is_string) {
        code(told, "moderation");
    }
    let Some(raw) = metadata.get("raw") else { return };
    let mut inner = Told::default();
    match raw.as_str().map(json::parse) {
        Some(Ok(parsed)) => collect(&parsed, &mut inner, depth + 1),
        Some(Err(_)) => inner.message = plain(raw.as_str().unwrap_or_default()),
        None => collect(raw, &mut inner, depth + 1),
    }
    if !inner.message.is_empty() && !told.message.contains(&inner.message) {
        if !told.message.is_empty() {
            told.message.push_str(": ");
        }
        told.message.push_str(&inner.message);
    }
    code(told, &inner.code);
    told.wait_ms = told.wait_ms.or(inner.wait_ms);
}

fn say(told: &mut Told, text: &str) {
    let text = text.trim();
    if told.message.is_empty() && !text.is_empty() {
        told.message = if text.starts_with('<') { plain(text) } else { text.chars().take(4_000).collect() };
    }
}

fn code(told: &mut Told, text: &str) {
    let text: String = text.chars().take(100).collect();
    told.code.push_str(&text.to_lowercase());
    told.code.push(' ');
}

fn number(told: &mut Told, n: u64) {
    if let Ok(status @ 400..=599) = u16::try_from(n) {
        told.status = Some(status);
    } else {
        code(told, &n.to_string());
    }
}

/// Text, or the text of a page: its title where it has one.
pub(super) fn plain(text: &str) -> String {
    if !text.starts_with('<') {
        return text.chars().take(MAX_PLAIN).collect();
    }
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").map(|at| at + 7).and_then(|from| {
        let to = lower.get(from..)?.find("</title>")? + from;
        text.get(from..to)
    });
    if let Some(title) = title.map(str::trim).filter(|t| !t.is_empty()) {
        return title.chars().take(MAX_PLAIN).collect();
    }
    let mut out = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                out.push(' ');
            }
            c if !inside => out.push(c),
            _ => {}
        }
    }
    let words: Vec<&str> = out.split_whitespace().take(60).collect();
    words.join(" ").chars().take(MAX_PLAIN).collect()
}
