//! Items of a response's output.

use super::proof;
use crate::serving::said;
use domain::{Dialect, MediaSource, Part, Stop};
use serde_json::{Value, json};

/// One item.
pub(super) enum Item {
    Reasoning {
        text: String,
        signature: Option<String>,
        sealed: Option<String>,
        id: Option<String>,
    },
    Message {
        text: String,
    },
    Call {
        id: String,
        name: String,
        arguments: String,
    },
    /// A picture that was made: base64 and its format.
    Picture {
        data: String,
        format: String,
    },
    /// An item of another response, as it came.
    Kept(Value),
}

/// How the items of an answer that ended so ended.
pub(super) const fn status(stop: Stop) -> &'static str {
    match stop {
        Stop::Length | Stop::ContentFilter => "incomplete",
        _ => "completed",
    }
}

impl Item {
    /// A part that arrived whole; `None` for what no response holds.
    pub(super) fn of(part: &Part) -> Option<Self> {
        Some(match part {
            Part::Text { text } => Self::Message { text: text.clone() },
            Part::Reasoning { text, signature, sealed, id } => Self::Reasoning {
                text: text.clone(),
                signature: signature.clone(),
                sealed: sealed.clone(),
                id: id.clone(),
            },
            Part::ToolCall { id, name, arguments, .. } => {
                Self::Call { id: id.clone(), name: name.clone(), arguments: arguments.clone() }
            }
            Part::Image { media_type, source: MediaSource::Inline { data } } => Self::Picture {
                data: data.clone(),
                format: media_type.rsplit('/').next().unwrap_or("png").to_owned(),
            },
            Part::Image { .. } | Part::File { .. } => Self::Message { text: said::media(part)? },
            Part::Raw { dialect: Dialect::OpenaiResponses, json }
                if crate::wire::citations(part, Dialect::OpenaiResponses).is_none() =>
            {
                let item = Value::Object(crate::json::object(json)?);
                crate::json::text(&item, "type")?;
                Self::Kept(item)
            }
            Part::Raw { .. } | Part::ToolResult { .. } => return None,
        })
    }

    /// Its own id, made of the answer's id and its place.
    pub(super) fn id(&self, answer: &str, place: usize) -> String {
        let kind = match self {
            Self::Reasoning { .. } => "rs",
            Self::Message { .. } => "msg",
            Self::Call { .. } => "fc",
            Self::Picture { .. } => "ig",
            Self::Kept(item) => {
                return crate::json::string(item, "id").unwrap_or_else(|| format!("it_{answer}_{place}"));
            }
        };
        format!("{kind}_{answer}_{place}")
    }

    /// As it stands in the output; without a status it has only begun.
    pub(super) fn json(&self, answer: &str, place: usize, status: Option<&str>) -> Value {
        let id = self.id(answer, place);
        let begun = status.is_none();
        let status = status.unwrap_or("in_progress");
        match self {
            Self::Reasoning { text, signature, sealed, id: own } => {
                let summary = if text.is_empty() || begun { json!([]) } else { json!([summary(text)]) };
                let proof = proof::packed(signature.as_deref(), sealed.as_deref(), own.as_deref());
                json!({ "id": id, "type": "reasoning", "summary": summary, "encrypted_content": proof })
            }
            Self::Message { text } => {
                let content = if begun { json!([]) } else { json!([output(text)]) };
                json!({ "id": id, "type": "message", "status": status, "role": "assistant", "content": content })
            }
            Self::Call { id: call, name, arguments } => {
                let arguments = match arguments.trim() {
                    "" if begun => "",
                    "" => "{}",
                    _ => arguments.as_str(),
                };
                json!({ "id": id, "type": "function_call", "status": status, "arguments": arguments,
                    "call_id": call, "name": name })
            }
            Self::Picture { data, format } => {
                let data = if begun { Value::Null } else { json!(data) };
                json!({ "id": id, "type": "image_generation_call", "status": status, "result": data, "output_format": format })
            }
            Self::Kept(item) => item.clone(),
        }
    }
}

/// A piece of a summary of thoughts.
pub(super) fn summary(text: &str) -> Value {
    json!({ "type": "summary_text", "text": text })
}

/// A piece of a message.
pub(super) fn output(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}
