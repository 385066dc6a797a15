//! Streams: `message_start`, blocks one after another, `message_delta` with the counts, `message_stop`.

use super::super::{
    Encoder, Head,
    said::{self, quote},
};
use crate::{Delta, wire};
use domain::{Dialect, Failure, Part, Stop, Usage};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use std::{collections::BTreeMap, io::Write as _};

/// A block of text or thinking that has begun and not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Text(u32),
    /// Its number, and whether some of it was told.
    Thinking(u32, bool),
}

/// A call that has begun and not ended.
struct Call {
    index: u32,
    arguments: String,
}

impl Call {
    /// Nothing can follow a whole JSON value.
    fn is_whole(&self) -> bool {
        serde_json::from_str::<IgnoredAny>(&self.arguments).is_ok()
    }
}

/// One answer as events.
pub(super) struct Events {
    head: Head,
    thoughts: bool,
    next: u32,
    open: Option<Open>,
    calls: BTreeMap<u32, Call>,
    called: bool,
    stop: Option<Stop>,
    usage: Usage,
}

impl Events {
    pub(super) fn new(head: Head, thoughts: bool) -> Self {
        Self {
            head,
            thoughts,
            next: 0,
            open: None,
            calls: BTreeMap::new(),
            called: false,
            stop: None,
            usage: Usage::default(),
        }
    }

    fn start(&mut self, block: &Value, out: &mut Vec<u8>) -> u32 {
        let index = self.next;
        self.next += 1;
        let data = json!({ "type": "content_block_start", "index": index, "content_block": block });
        event("content_block_start", &data, out);
        index
    }

    /// Ends the text or the thinking that is open.
    fn close(&mut self, out: &mut Vec<u8>) {
        if let Some(Open::Text(index) | Open::Thinking(index, _)) = self.open.take() {
            close(index, out);
        }
    }

    /// Ends calls: those to which nothing can be added, or all. Pieces of several calls may come mixed.
    fn close_calls(&mut self, all: bool, out: &mut Vec<u8>) {
        self.calls.retain(|_, call| {
            let ends = all || call.is_whole();
            if ends {
                close(call.index, out);
            }
            !ends
        });
    }

    fn text(&mut self, text: &str, out: &mut Vec<u8>) {
        let index = if let Some(Open::Text(index)) = self.open {
            index
        } else {
            self.close(out);
            self.close_calls(true, out);
            let index = self.start(&json!({ "type": "text", "text": "" }), out);
            self.open = Some(Open::Text(index));
            index
        };
        piece(index, "text_delta", "text", text, out);
    }

    fn thinking(&mut self, out: &mut Vec<u8>) -> u32 {
        if let Some(Open::Thinking(index, _)) = self.open {
            return index;
        }
        self.close(out);
        self.close_calls(true, out);
        let block = json!({ "type": "thinking", "thinking": "", "signature": "" });
        let index = self.start(&block, out);
        self.open = Some(Open::Thinking(index, false));
        index
    }

    fn seal(&mut self, signature: Option<&str>, sealed: Option<&str>, id: Option<&str>, out: &mut Vec<u8>) {
        let told = matches!(self.open, Some(Open::Thinking(_, true)));
        match sealed {
            Some(data) if !told && signature.is_none() && id.is_none() => {
                self.whole_block(&json!({ "type": "redacted_thinking", "data": data }), out);
            }
            _ => {
                let proof = said::proof(signature, sealed, id);
                let index = self.thinking(out);
                self.open = Some(Open::Thinking(index, true));
                piece(index, "signature_delta", "signature", &proof, out);
            }
        }
    }

    fn whole_block(&mut self, block: &Value, out: &mut Vec<u8>) {
        self.close(out);
        self.close_calls(true, out);
        let index = self.start(block, out);
        close(index, out);
    }

    fn part(&mut self, part: &Part, out: &mut Vec<u8>) {
        if let Some(text) = said::media(part) {
            return self.text(&text, out);
        }
        let Part::Raw { dialect: Dialect::AnthropicMessages, json } = part else { return };
        if let Some(cited) = wire::citations(part, Dialect::AnthropicMessages) {
            // The text was told as one block: it cites all of them.
            let Some(Open::Text(index)) = self.open else { return };
            for citation in crate::json::list(&cited, "spans")
                .iter()
                .flat_map(|span| crate::json::list(span, "citations"))
            {
                let delta = json!({ "type": "citations_delta", "citation": citation });
                let data = json!({ "type": "content_block_delta", "index": index, "delta": delta });
                event("content_block_delta", &data, out);
            }
        } else if let Some(block) = crate::json::object(json) {
            self.whole_block(&Value::Object(block), out);
        }
    }
}

impl Encoder for Events {
    fn begin(&mut self, out: &mut Vec<u8>) {
        let message = json!({
            "id": format!("msg_{}", self.head.id),
            "type": "message",
            "role": "assistant",
            "model": self.head.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": super::usage(&self.usage),
        });
        event("message_start", &json!({ "type": "message_start", "message": message }), out);
    }

    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        match delta {
            Delta::Text(text) if text.is_empty() => {}
            Delta::Text(text) => self.text(text, out),
            Delta::Reasoning(text) if self.thoughts && !text.is_empty() => {
                let index = self.thinking(out);
                self.open = Some(Open::Thinking(index, true));
                piece(index, "thinking_delta", "thinking", text, out);
            }
            Delta::ReasoningStart if matches!(self.open, Some(Open::Thinking(_, true))) => self.close(out),
            Delta::ReasoningSeal { signature, sealed, id } if self.thoughts => {
                self.seal(signature.as_deref(), sealed.as_deref(), id.as_deref(), out);
            }
            Delta::ToolCall { key, id, name } => {
                self.close(out);
                self.close_calls(false, out);
                self.called = true;
                let block = json!({ "type": "tool_use", "id": id, "name": name, "input": {} });
                let index = self.start(&block, out);
                if let Some(former) = self.calls.insert(*key, Call { index, arguments: String::new() }) {
                    close(former.index, out);
                }
            }
            Delta::ToolArguments { key, text } => {
                if let Some(call) = self.calls.get_mut(key).filter(|_| !text.is_empty()) {
                    call.arguments.push_str(text);
                    piece(call.index, "input_json_delta", "partial_json", text, out);
                }
            }
            Delta::Part(part) => self.part(part, out),
            Delta::Stop(stop) => self.stop = Some(*stop),
            Delta::Usage(usage) => self.usage.merge(usage),
            // There is no place for a call's proof, and the model is told at the start; thoughts are
            // told to those who asked for them.
            Delta::ToolSeal { .. }
            | Delta::Served(_)
            | Delta::Reasoning(_)
            | Delta::ReasoningStart
            | Delta::ReasoningSeal { .. } => {}
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.close(out);
        self.close_calls(true, out);
        let reason = super::stop_reason(self.stop.unwrap_or(Stop::Other), self.called);
        let data = json!({
            "type": "message_delta",
            "delta": { "stop_reason": reason, "stop_sequence": null },
            "usage": super::usage(&self.usage),
        });
        event("message_delta", &data, out);
        event("message_stop", &json!({ "type": "message_stop" }), out);
    }

    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        event("error", &super::error(failure.kind, None, &failure.message), out);
    }
}

fn event(name: &str, data: &Value, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = write!(out, "event: {name}\ndata: {data}\n\n");
}

fn close(index: u32, out: &mut Vec<u8>) {
    event("content_block_stop", &json!({ "type": "content_block_stop", "index": index }), out);
}

/// The event that comes for every word: written without a tree between.
fn piece(index: u32, kind: &str, field: &str, text: &str, out: &mut Vec<u8>) {
    let _ = write!(
        out,
        "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":{index},\"delta\":{{\"type\":\"{kind}\",\"{field}\":"
    );
    quote(text, out);
    out.extend_from_slice(b"}}\n\n");
}
