//! What the encoders share.

use crate::{ChatMessage, ChatRequest, DialectError, Quirks, WireRequest};
use base64::Engine as _;
use domain::{Dialect, MediaSource, Part, Role};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// The request's path: the provider's own or the dialect's, with model, method and API version in.
pub(crate) fn path(own: Option<&String>, usual: &str, model: &str, quirks: &Quirks) -> String {
    let mut path = own.map_or(usual, String::as_str).replace("{model}", &escaped(model));
    if let Some(version) = &quirks.api_version {
        path.push(if path.contains('?') { '&' } else { '?' });
        path.push_str("api-version=");
        path.push_str(&escaped(version));
    }
    path
}

/// A text for a path; `/` stays, for models are named with it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@".contains(&byte) {
            out.push(byte as char);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The finished request: the provider's fields under ours, those it refuses taken out, the user's
/// own fields over all.
pub(crate) fn finish(
    path: String,
    mut body: Map<String, Value>,
    request: &ChatRequest,
    quirks: &Quirks,
) -> Result<WireRequest, DialectError> {
    for (name, value) in &quirks.body {
        underlay(&mut body, name, value);
    }
    for name in &quirks.omit {
        body.shift_remove(name);
    }
    if let Some(extra) = request.params.extra.as_deref().filter(|text| !text.trim().is_empty()) {
        for (name, value) in object(extra, "extra fields")? {
            overlay(&mut body, name, value);
        }
    }
    Ok(WireRequest::post(path, &body, request.stream))
}

/// Puts a field in, whatever was there; objects are joined.
fn overlay(body: &mut Map<String, Value>, name: String, value: Value) {
    match (body.get_mut(&name), value) {
        (Some(Value::Object(mine)), Value::Object(theirs)) => {
            for (name, value) in theirs {
                overlay(mine, name, value);
            }
        }
        (_, value) => {
            body.insert(name, value);
        }
    }
}

/// Puts a field in unless it is there; objects are joined.
fn underlay(body: &mut Map<String, Value>, name: &str, value: &Value) {
    match (body.get_mut(name), value) {
        (None, _) => {
            body.insert(name.to_owned(), value.clone());
        }
        (Some(Value::Object(mine)), Value::Object(theirs)) => {
            for (name, value) in theirs {
                underlay(mine, name, value);
            }
        }
        _ => {}
    }
}

/// JSON that has to be an object.
pub(crate) fn object(text: &str, what: &str) -> Result<Map<String, Value>, DialectError> {
    crate::json::object(text).ok_or_else(|| {
        DialectError::unsupported(format!("{what} must be a JSON object such as `{{\"a\": 1}}`"))
    })
}

/// A call's arguments as an object. What a model wrote malformed goes back inside one.
pub(crate) fn arguments(text: &str) -> Value {
    if text.trim().is_empty() {
        return Value::Object(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => value,
        _ => serde_json::json!({ "malformed": text }),
    }
}

/// All text of some parts, joined.
pub(crate) fn text_of(parts: &[Part]) -> String {
    parts
        .iter()
        .filter_map(|part| if let Part::Text { text } = part { Some(text.as_str()) } else { None })
        .collect()
}

/// A file that is text, as text that says which file it is: so it reaches every model. A type that
/// says nothing of itself counts as text when its bytes are.
pub(crate) fn text_file(media_type: &str, name: Option<&str>, source: &MediaSource) -> Option<String> {
    let MediaSource::Inline { data } = source else { return None };
    let plain = media_type.split(';').next().unwrap_or(media_type).trim();
    let textual = plain.starts_with("text/")
        || plain.ends_with("+json")
        || plain.ends_with("+xml")
        || matches!(
            plain,
            "application/json"
                | "application/xml"
                | "application/yaml"
                | "application/x-yaml"
                | "application/toml"
                | "application/javascript"
                | "application/typescript"
                | "application/sql"
                | "application/x-sh"
                | "application/x-ndjson"
        );
    let silent = matches!(plain, "" | "application/octet-stream" | "application/x-unknown");
    if !textual && !silent {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(data).ok()?;
    if silent && (bytes.contains(&0) || std::str::from_utf8(&bytes).is_err()) {
        return None;
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let name = name.unwrap_or("file").replace(['"', '\n', '\r'], "'");
    Some(format!("<file name=\"{name}\">\n{text}\n</file>"))
}

/// Type of the part that says what the text before it cites. No provider knows it: it is taken apart
/// before anything is sent.
pub(crate) const CITATIONS: &str = "citations";

/// What the text before this part cites, when that is what this part says.
pub(crate) fn citations(part: &Part, of: Dialect) -> Option<Value> {
    let Part::Raw { dialect, json } = part else { return None };
    if *dialect != of || !json.contains(CITATIONS) {
        return None;
    }
    let value: Value = serde_json::from_str(json).ok()?;
    (crate::json::text(&value, "type") == Some(CITATIONS)).then_some(value)
}

/// `data:` address of inline media, or the address it is at.
pub(crate) fn url(media_type: &str, source: &MediaSource) -> Result<String, DialectError> {
    match source {
        MediaSource::Inline { data } => Ok(format!("data:{media_type};base64,{data}")),
        MediaSource::Url { url } => Ok(url.clone()),
        MediaSource::Blob { .. } => {
            Err(DialectError::unsupported("a stored file was not inlined before encoding"))
        }
    }
}

/// What a dialect cannot carry, said to the user.
pub(crate) fn no_file(media_type: &str) -> DialectError {
    DialectError::unsupported(if media_type == "application/pdf" {
        "this provider takes no PDF files; send the PDF's text instead, or ask another target".to_owned()
    } else {
        format!(
            "this provider takes no files of type {media_type}; send its text instead, or ask another target"
        )
    })
}

/// The messages for dialects in which only users show pictures and files: what an assistant made
/// is shown again by the user who speaks next.
pub(crate) fn media_by_users(messages: &[ChatMessage]) -> Vec<ChatMessage> {
    let is_media = |part: &Part| matches!(part, Part::Image { .. } | Part::File { .. });
    let mut carried: Vec<Part> = Vec::new();
    let mut out = Vec::with_capacity(messages.len());
    for message in messages {
        let mut message = message.clone();
        match message.role {
            Role::Assistant => {
                let (media, rest) = message.parts.into_iter().partition(is_media);
                message.parts = rest;
                carried.extend::<Vec<Part>>(media);
            }
            Role::User if !carried.is_empty() => {
                message.parts.splice(0..0, std::mem::take(&mut carried));
            }
            _ => {}
        }
        out.push(message);
    }
    out
}

/// System texts before the first other message join the request's own; the rest stay messages.
pub(crate) fn system_first(request: &ChatRequest) -> (Option<String>, &[ChatMessage]) {
    let leading = request.messages.iter().take_while(|m| m.role == Role::System).count();
    let (system, rest) = request.messages.split_at(leading);
    let texts: Vec<String> = request
        .system
        .iter()
        .cloned()
        .chain(system.iter().map(|m| text_of(&m.parts)))
        .filter(|text| !text.trim().is_empty())
        .collect();
    ((!texts.is_empty()).then(|| texts.join("\n\n")), rest)
}

/// The name of the tool that a call asked for.
pub(crate) fn tool_name<'a>(messages: &'a [ChatMessage], call: &str) -> Option<&'a str> {
    messages.iter().flat_map(|m| &m.parts).find_map(|part| match part {
        Part::ToolCall { id, name, .. } if id == call => Some(name.as_str()),
        _ => None,
    })
}

/// Numbers that JSON cannot hold are left out.
pub(crate) fn put_number(body: &mut Map<String, Value>, name: &str, value: Option<f64>) {
    if let Some(number) = value.and_then(serde_json::Number::from_f64) {
        body.insert(name.to_owned(), Value::Number(number));
    }
}
