//! Streams: a row of answers, each with a piece; as events, or as the items of one array.

use super::super::{
    Encoder, Head,
    said::{self, quote},
};
use crate::Delta;
use domain::{Failure, Part, Stop, Usage};
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A call that has begun: calls are told whole.
struct Call {
    id: String,
    name: String,
    arguments: String,
    proof: Option<String>,
}

/// One answer as chunks.
#[expect(clippy::struct_excessive_bools, reason = "two wishes and two places")]
pub(super) struct Chunks {
    head: Head,
    /// What ends every chunk that has no counts.
    tail: Vec<u8>,
    thoughts: bool,
    events: bool,
    /// Whether the array has an item.
    begun: bool,
    /// The last thing that was told is a thought.
    thinking: bool,
    calls: BTreeMap<u32, Call>,
    grounds: Map<String, Value>,
    stop: Option<Stop>,
    usage: Usage,
}

impl Chunks {
    pub(super) fn new(head: Head, thoughts: bool, events: bool) -> Self {
        let mut tail = b"],\"role\":\"model\"},\"index\":0}],\"modelVersion\":".to_vec();
        quote(&head.model, &mut tail);
        tail.extend_from_slice(b",\"responseId\":");
        quote(&head.id, &mut tail);
        tail.push(b'}');
        Self {
            head,
            tail,
            thoughts,
            events,
            begun: false,
            thinking: false,
            calls: BTreeMap::new(),
            grounds: Map::new(),
            stop: None,
            usage: Usage::default(),
        }
    }

    fn open(&mut self, out: &mut Vec<u8>) {
        if self.events {
            out.extend_from_slice(b"data: ");
        } else if self.begun {
            out.extend_from_slice(b",\r\n");
        }
        self.begun = true;
    }

    fn close(&self, out: &mut Vec<u8>) {
        if self.events {
            out.extend_from_slice(b"\r\n\r\n");
        }
    }

    /// A chunk with one part, given as JSON.
    fn chunk(&mut self, part: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
        self.open(out);
        out.extend_from_slice(b"{\"candidates\":[{\"content\":{\"parts\":[");
        part(out);
        out.extend_from_slice(&self.tail);
        self.close(out);
    }

    fn text(&mut self, text: &str, thought: bool, out: &mut Vec<u8>) {
        self.tell_calls(out);
        self.thinking = thought;
        self.chunk(
            |out| {
                out.extend_from_slice(b"{\"text\":");
                quote(text, out);
                out.extend_from_slice(if thought { b",\"thought\":true}" } else { b"}" });
            },
            out,
        );
    }

    fn value(&mut self, part: &Value, out: &mut Vec<u8>) {
        self.thinking = false;
        self.chunk(|out| drop(serde_json::to_writer(out, part)), out);
    }

    /// Calls that are whole: pieces of several may come mixed.
    fn tell_calls(&mut self, out: &mut Vec<u8>) {
        for (_, call) in std::mem::take(&mut self.calls) {
            let part = super::call(&call.id, &call.name, &call.arguments, call.proof.as_deref());
            self.value(&part, out);
        }
    }

    /// A new call begins: those before it are told, unless one of them can still grow.
    fn before_call(&mut self, out: &mut Vec<u8>) {
        let whole = |call: &Call| serde_json::from_str::<IgnoredAny>(&call.arguments).is_ok();
        if self.calls.values().all(whole) {
            self.tell_calls(out);
        }
    }
}

impl Encoder for Chunks {
    fn begin(&mut self, out: &mut Vec<u8>) {
        if !self.events {
            out.push(b'[');
        }
    }

    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        match delta {
            Delta::Text(text) if !text.is_empty() => self.text(text, false, out),
            Delta::Reasoning(text) if self.thoughts && !text.is_empty() => self.text(text, true, out),
            Delta::ReasoningStart => self.thinking = false,
            Delta::ReasoningSeal { signature, sealed, id } => {
                let proof = said::proof(signature.as_deref(), sealed.as_deref(), id.as_deref());
                if proof.is_empty() {
                    return;
                }
                let part = if self.thinking {
                    json!({ "text": "", "thought": true, "thoughtSignature": proof })
                } else {
                    json!({ "text": "", "thoughtSignature": proof })
                };
                self.tell_calls(out);
                self.value(&part, out);
            }
            Delta::ToolCall { key, id, name } => {
                self.before_call(out);
                let call = Call { id: id.clone(), name: name.clone(), arguments: String::new(), proof: None };
                self.calls.insert(*key, call);
            }
            Delta::ToolArguments { key, text } => {
                if let Some(call) = self.calls.get_mut(key) {
                    call.arguments.push_str(text);
                }
            }
            Delta::ToolSeal { key, signature } => {
                if let Some(call) = self.calls.get_mut(key) {
                    call.proof = Some(signature.clone());
                }
            }
            Delta::Part(part) => {
                if let Some(grounds) = super::grounds(part) {
                    self.grounds.extend(grounds);
                } else if let Some(said) = super::said_part(part, self.thoughts)
                    && !matches!(part, Part::Text { text } if text.is_empty())
                {
                    self.tell_calls(out);
                    self.value(&said, out);
                }
            }
            Delta::Stop(stop) => self.stop = Some(*stop),
            Delta::Usage(usage) => self.usage.merge(usage),
            Delta::Text(_) | Delta::Reasoning(_) | Delta::Served(_) => {}
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.tell_calls(out);
        let mut candidate = Map::new();
        candidate.insert("content".to_owned(), json!({ "parts": [{ "text": "" }], "role": "model" }));
        let reason = super::finish_reason(self.stop.unwrap_or(Stop::Other));
        candidate.insert("finishReason".to_owned(), json!(reason));
        candidate.append(&mut self.grounds);
        candidate.insert("index".to_owned(), json!(0));
        let last = super::answer(&self.head, vec![Value::Object(candidate)], &self.usage);
        self.open(out);
        let _ = serde_json::to_writer(&mut *out, &last); // memory takes everything
        self.close(out);
        if !self.events {
            out.push(b']');
        }
    }

    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        let kind = failure.kind;
        let error =
            super::error(kind, super::code(kind), &failure.message, failure.retry_after_ms, Vec::new());
        self.open(out);
        let _ = serde_json::to_writer(&mut *out, &error);
        self.close(out);
        if !self.events {
            out.push(b']');
        }
    }
}
