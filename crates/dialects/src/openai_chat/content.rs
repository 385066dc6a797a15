//! `content`, `reasoning` and media in the shapes that providers give them.

use crate::{Delta, json};
use domain::{MediaSource, Part};
use serde_json::Value;

/// Text, or a list of chunks (Mistral, Databricks). Returns whether a refusal was among them.
pub(super) fn content(value: &Value, out: &mut Vec<Delta>) -> bool {
    match value {
        Value::String(text) if !text.is_empty() => out.push(Delta::Text(text.clone())),
        Value::Array(chunks) => {
            return chunks.iter().fold(false, |refused, chunk| refused | content(chunk, out));
        }
        Value::Object(_) => return chunk(value, out),
        _ => {}
    }
    false
}

fn chunk(value: &Value, out: &mut Vec<Delta>) -> bool {
    match json::text(value, "type").unwrap_or("text") {
        "thinking" | "reasoning" | "reasoning_text" => {
            let mut text = String::new();
            for field in ["thinking", "reasoning", "summary", "content", "text"] {
                if let Some(inner) = json::some(value, field) {
                    gather(inner, &mut text);
                    break;
                }
            }
            if !text.is_empty() {
                out.push(Delta::Reasoning(text));
            }
            let signature = json::string(value, "signature").or_else(|| {
                json::list(value, "summary").iter().find_map(|entry| json::string(entry, "signature"))
            });
            if signature.is_some() {
                out.push(Delta::ReasoningSeal { signature, sealed: None, id: None });
            }
        }
        "refusal" => {
            if let Some(text) = json::string(value, "refusal") {
                out.push(Delta::Text(text));
                return true;
            }
        }
        "image_url" | "image" | "output_image" => out.extend(media(value)),
        _ => {
            if let Some(text) = json::string(value, "text") {
                out.push(Delta::Text(text));
            }
        }
    }
    false
}

/// All text inside lists and `text` fields.
fn gather(value: &Value, text: &mut String) {
    match value {
        Value::String(piece) => text.push_str(piece),
        Value::Array(items) => items.iter().for_each(|item| gather(item, text)),
        Value::Object(_) => {
            if let Some(inner) = value.get("text").or_else(|| value.get("content")) {
                gather(inner, text);
            }
        }
        _ => {}
    }
}

/// The reasoning of a delta, under whichever name.
pub(super) fn reasoning(delta: &Value, out: &mut Vec<Delta>) {
    for field in ["reasoning_content", "reasoning", "thinking", "reasoning_text"] {
        let mut text = String::new();
        if let Some(value) = delta.get(field) {
            gather(value, &mut text);
        }
        if !text.is_empty() {
            out.push(Delta::Reasoning(text));
            return;
        }
    }
    // Only in details (Snowflake), never twice.
    for detail in json::list(delta, "reasoning_details") {
        if let Some(text) = json::string(detail, "text").or_else(|| json::string(detail, "summary")) {
            out.push(Delta::Reasoning(text));
        }
    }
}

/// `{image_url: {url}}`, `{image_url: url}`, `{url}` or `{b64_json}`; a data address becomes inline.
pub(crate) fn media(value: &Value) -> Option<Delta> {
    if let Some(data) = json::string(value, "b64_json") {
        let source = MediaSource::Inline { data };
        return Some(Delta::Part(Part::Image { media_type: "image/png".to_owned(), source }));
    }
    let url = match value.get("image_url").or_else(|| value.get("image")).unwrap_or(value) {
        Value::String(url) => url.as_str(),
        inner => json::text(inner, "url")?,
    };
    let (media_type, source) = match url.strip_prefix("data:").and_then(|rest| rest.split_once(',')) {
        Some((head, data)) => {
            let media_type = head.split(';').next().filter(|t| !t.is_empty()).unwrap_or("image/png");
            (media_type.to_owned(), MediaSource::Inline { data: data.to_owned() })
        }
        None => ("image/*".to_owned(), MediaSource::Url { url: url.to_owned() }),
    };
    Some(Delta::Part(Part::Image { media_type, source }))
}

/// `reasoning_details` of all deltas (OpenRouter): to be sent back as they came, pieces joined.
#[derive(Default)]
pub(super) struct Details {
    list: Vec<Value>,
}

impl Details {
    pub(super) fn take(&mut self, delta: &Value) {
        for detail in json::list(delta, "reasoning_details") {
            let same = self.list.last_mut().filter(|last| {
                let kind = detail.get("type");
                last.get("type") == kind
                    && last.get("index") == detail.get("index")
                    && matches!(kind.and_then(Value::as_str), Some("reasoning.text" | "reasoning.summary"))
            });
            let (Some(last), Some(newer)) = (same.and_then(Value::as_object_mut), detail.as_object()) else {
                self.list.push(detail.clone());
                continue;
            };
            for (name, value) in newer {
                match (last.get_mut(name), value) {
                    (Some(Value::String(text)), Value::String(more))
                        if name == "text" || name == "summary" =>
                    {
                        text.push_str(more);
                    }
                    (_, Value::Null) => {}
                    _ => {
                        last.insert(name.clone(), value.clone());
                    }
                }
            }
        }
    }

    /// As a part, when there is a proof or a sealed piece in it: plain text needs no sending back.
    pub(super) fn part(&mut self) -> Option<Delta> {
        let list = std::mem::take(&mut self.list);
        let proven =
            |detail: &Value| json::text(detail, "signature").or_else(|| json::text(detail, "data")).is_some();
        list.iter().any(proven).then(|| {
            let json = serde_json::json!({ "reasoning_details": list }).to_string();
            Delta::Part(Part::Raw { dialect: domain::Dialect::OpenaiChat, json })
        })
    }
}

/// Spoken answers: the transcript is text, the sound a file that is whole at the end.
#[derive(Default)]
pub(super) struct Audio {
    bytes: Vec<u8>,
}

/// Longest sound that is kept, in bytes.
const MAX_AUDIO: usize = 32 * 1024 * 1024;

impl Audio {
    pub(super) fn take(&mut self, delta: &Value, out: &mut Vec<Delta>) {
        use base64::Engine as _;
        let Some(audio) = json::some(delta, "audio") else { return };
        if let Some(text) = json::string(audio, "transcript") {
            out.push(Delta::Text(text));
        }
        if let Some(data) = json::text(audio, "data")
            && self.bytes.len() + data.len() <= MAX_AUDIO
            && let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(data)
        {
            self.bytes.extend_from_slice(&bytes);
        }
    }

    pub(super) fn part(&mut self) -> Option<Delta> {
        use base64::Engine as _;
        let bytes = std::mem::take(&mut self.bytes);
        let media_type = match bytes.get(..4)? {
            b"RIFF" => "audio/wav",
            b"OggS" => "audio/ogg",
            b"fLaC" => "audio/flac",
            [b'I', b'D', b'3', _] | [0xff, 0xfb | 0xf3 | 0xf2, ..] => "audio/mpeg",
            _ => "audio/pcm",
        };
        let source = MediaSource::Inline { data: base64::engine::general_purpose::STANDARD.encode(bytes) };
        Some(Delta::Part(Part::File { media_type: media_type.to_owned(), name: None, source }))
    }
}
