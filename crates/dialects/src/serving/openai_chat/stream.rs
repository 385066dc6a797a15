//! Chunks of a chat. What is the same in all of them is written once; a delta costs its own bytes.

use super::{audio, extra, image, openai, raw};
use crate::{
    Delta,
    serving::{Encoder, Head, said},
};
use domain::{Failure, Part, Stop, Usage};
use serde_json::Value;

/// One call: whether any of its arguments came.
struct Call {
    key: u32,
    begun: bool,
}

pub(super) struct Chunks {
    /// Up to the delta.
    lead: Vec<u8>,
    /// After it, when more comes.
    more: &'static [u8],
    usage_wanted: bool,
    calls: Vec<Call>,
    stop: Option<Stop>,
    usage: Usage,
}

impl Chunks {
    pub(super) fn new(head: &Head, usage_wanted: bool) -> Self {
        let lead = format!(
            r#"data: {{"id":{},"object":"chat.completion.chunk","created":{},"model":{},"#,
            openai::quoted(&super::id(head)),
            head.created,
            openai::quoted(&head.model)
        );
        Self {
            lead: lead.into_bytes(),
            more: if usage_wanted {
                b",\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n"
            } else {
                b",\"logprobs\":null,\"finish_reason\":null}]}\n\n"
            },
            usage_wanted,
            calls: Vec::new(),
            stop: None,
            usage: Usage::default(),
        }
    }

    /// One chunk; `pieces` are the delta's JSON, each either as it is or a text to be quoted.
    fn chunk(&self, pieces: &[Piece<'_>], out: &mut Vec<u8>) {
        out.extend_from_slice(&self.lead);
        out.extend_from_slice(br#""choices":[{"index":0,"delta":"#);
        for piece in pieces {
            match piece {
                Piece::Json(json) => out.extend_from_slice(json.as_bytes()),
                Piece::Text(text) => said::quote(text, out),
                Piece::Number(n) => out.extend_from_slice(n.to_string().as_bytes()),
            }
        }
        out.extend_from_slice(self.more);
    }

    fn value(&self, name: &str, value: &Value, out: &mut Vec<u8>) {
        self.chunk(
            &[
                Piece::Json("{\""),
                Piece::Json(name),
                Piece::Json("\":"),
                Piece::Json(&value.to_string()),
                Piece::Json("}"),
            ],
            out,
        );
    }

    fn index(&self, key: u32) -> Option<usize> {
        self.calls.iter().rposition(|call| call.key == key)
    }

    fn arguments(&self, index: usize, text: &str, out: &mut Vec<u8>) {
        self.chunk(
            &[
                Piece::Json(r#"{"tool_calls":[{"index":"#),
                Piece::Number(index),
                Piece::Json(r#","function":{"arguments":"#),
                Piece::Text(text),
                Piece::Json("}}]}"),
            ],
            out,
        );
    }
}

enum Piece<'p> {
    Json(&'p str),
    Text(&'p str),
    Number(usize),
}

impl Encoder for Chunks {
    fn begin(&mut self, out: &mut Vec<u8>) {
        self.chunk(&[Piece::Json(r#"{"role":"assistant","content":""}"#)], out);
    }

    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        match delta {
            Delta::Text(text) | Delta::Reasoning(text) | Delta::ToolArguments { text, .. }
                if text.is_empty() => {}
            Delta::Text(text) => {
                self.chunk(&[Piece::Json(r#"{"content":"#), Piece::Text(text), Piece::Json("}")], out);
            }
            Delta::Reasoning(text) => {
                self.chunk(
                    &[Piece::Json(r#"{"reasoning_content":"#), Piece::Text(text), Piece::Json("}")],
                    out,
                );
            }
            Delta::ToolCall { key, id, name } => {
                let index = self.calls.len();
                self.calls.push(Call { key: *key, begun: false });
                self.chunk(
                    &[
                        Piece::Json(r#"{"tool_calls":[{"index":"#),
                        Piece::Number(index),
                        Piece::Json(r#","id":"#),
                        Piece::Text(id),
                        Piece::Json(r#","type":"function","function":{"name":"#),
                        Piece::Text(name),
                        Piece::Json(r#","arguments":""}}]}"#),
                    ],
                    out,
                );
            }
            Delta::ToolArguments { key, text } => {
                if let Some(index) = self.index(*key) {
                    self.calls[index].begun |= !text.trim().is_empty();
                    self.arguments(index, text, out);
                }
            }
            Delta::ToolSeal { key, signature } => {
                if let Some(index) = self.index(*key) {
                    let call = serde_json::json!([{ "index": index, "extra_content": extra(signature) }]);
                    self.value("tool_calls", &call, out);
                }
            }
            Delta::Part(part @ Part::Image { .. }) => {
                if let Some(image) = image(part) {
                    self.value("images", &Value::Array(vec![image]), out);
                }
            }
            Delta::Part(part @ Part::File { .. }) => match (audio(part), said::media(part)) {
                (Some(audio), _) => self.value("audio", &audio, out),
                (None, Some(text)) => self.value("content", &Value::String(text), out),
                (None, None) => {}
            },
            Delta::Part(part) => {
                let mut fields = raw(part).unwrap_or_default();
                // These were told piece by piece: who reads both would read them twice.
                fields.shift_remove("reasoning_details");
                if !fields.is_empty() {
                    self.chunk(&[Piece::Json(&Value::Object(fields).to_string())], out);
                }
            }
            Delta::Stop(stop) => self.stop = Some(*stop),
            Delta::Usage(usage) => self.usage.merge(usage),
            Delta::ReasoningStart | Delta::ReasoningSeal { .. } | Delta::Served(_) => {}
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        // Clients parse the arguments of every call.
        for (index, _) in self.calls.iter().enumerate().filter(|(_, call)| !call.begun) {
            self.arguments(index, "{}", out);
        }
        out.extend_from_slice(&self.lead);
        out.extend_from_slice(br#""choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":""#);
        out.extend_from_slice(openai::finish(self.stop.unwrap_or(Stop::Other)).as_bytes());
        out.extend_from_slice(if self.usage_wanted { b"\"}],\"usage\":null}\n\n" } else { b"\"}]}\n\n" });
        openai::done(&self.lead, self.usage_wanted.then_some(&self.usage), out);
    }

    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        openai::broken(failure, out);
    }
}
