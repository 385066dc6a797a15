//! Answers: events of a stream, and whole ones.

use super::sources::Sources;
use crate::{
    Delta, DialectError, classify,
    framing::Protocol,
    json::{self, Fields},
};
use domain::{Dialect, Part, Stop, Usage};
use serde::Deserialize;
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap};

/// A content block that has begun and not ended.
enum Block {
    /// Where it began in the text that it is part of, and what it cites.
    Text {
        from: u32,
        citations: Vec<Value>,
    },
    Thinking,
    /// Its number, its input as it stood in the start event, and whether pieces of it followed.
    Tool {
        key: u32,
        input: Option<String>,
        told: bool,
    },
    /// A server tool's call or result, or a type newer than this code: kept to be sent back.
    Raw {
        block: Value,
        input: String,
    },
}

/// The usual event: a piece of text, and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece<'d> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'d, str>,
    index: u32,
    #[serde(borrow)]
    delta: Fields<TextDelta<'d>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextDelta<'d> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'d, str>,
    #[serde(borrow)]
    text: Cow<'d, str>,
}

/// The answer as far as it has come.
#[derive(Default)]
pub(crate) struct Messages {
    blocks: BTreeMap<u32, Block>,
    calls: u32,
    sources: Sources,
    served: String,
    output: Option<u32>,
    thinking: Option<u32>,
    stop: Option<Stop>,
    finished: bool,
}

impl Protocol for Messages {
    fn event(&mut self, name: &str, data: Value, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        let kind = json::text(&data, "type").unwrap_or(name).to_owned();
        let index = json::count(&data, "index").unwrap_or(0);
        match kind.as_str() {
            "message_start" => {
                if let Some(message) = data.get("message") {
                    self.head(message, out);
                    for (place, block) in json::list(message, "content").iter().enumerate() {
                        self.begin(place as u32, block.clone(), out);
                        self.close(place as u32, out);
                    }
                }
            }
            "content_block_start" => {
                self.close(index, out);
                if let Some(block) = data.get("content_block") {
                    self.begin(index, block.clone(), out);
                }
            }
            "content_block_delta" => {
                if let Some(delta) = data.get("delta") {
                    self.delta(index, delta, out);
                }
            }
            "content_block_stop" => self.close(index, out),
            "message_delta" => {
                if let Some(delta) = data.get("delta") {
                    self.stop(delta, out);
                }
                self.usage(data.get("usage"), out);
            }
            "message_stop" => self.finish(out),
            "error" => return Err(DialectError::Provider(classify::in_band(&data))),
            "message" => return self.whole(data, out),
            "" if json::some(&data, "error").is_some() => {
                return Err(DialectError::Provider(classify::in_band(&data)));
            }
            _ => {} // pings, and event types newer than this code
        }
        Ok(())
    }

    fn usual(&mut self, data: &str, out: &mut Vec<Delta>) -> bool {
        let Ok(Fields(Piece { kind, index, delta: Fields(delta) })) = serde_json::from_str(data) else {
            return false;
        };
        // What is kept as it came takes whatever follows.
        let kept = matches!(self.blocks.get(&index), Some(Block::Raw { .. }));
        if kind != "content_block_delta" || delta.kind != "text_delta" || kept {
            return false;
        }
        if !delta.text.is_empty() {
            self.text(delta.text.into_owned(), out);
        }
        true
    }

    fn whole(&mut self, body: Value, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        if json::some(&body, "error").is_some() || json::text(&body, "type") == Some("error") {
            return Err(DialectError::Provider(classify::in_band(&body)));
        }
        if json::text(&body, "type").is_some_and(|kind| kind != "message") {
            return self.event("", body, out);
        }
        let Some(content) = body.get("content") else {
            return Err(classify::no_answer(&body, "content"));
        };
        self.head(&body, out);
        if let Some(text) = content.as_str() {
            out.push(Delta::Text(text.to_owned()));
        }
        for (place, block) in json::list(&body, "content").iter().enumerate() {
            self.begin(place as u32, block.clone(), out);
            self.close(place as u32, out);
        }
        self.stop(&body, out);
        self.finish(out);
        Ok(())
    }

    fn flush(&mut self, out: &mut Vec<Delta>) {
        let open: Vec<u32> = self.blocks.keys().copied().collect();
        for index in open {
            self.close(index, out);
        }
        self.sources.tell(out);
    }

    fn finished(&self) -> bool {
        self.finished
    }
}

impl Messages {
    fn head(&mut self, message: &Value, out: &mut Vec<Delta>) {
        if let Some(model) = json::text(message, "model").filter(|model| *model != self.served) {
            model.clone_into(&mut self.served);
            out.push(Delta::Served(model.to_owned()));
        }
        self.usage(message.get("usage"), out);
    }

    fn begin(&mut self, index: u32, mut block: Value, out: &mut Vec<Delta>) {
        let kind = json::text(&block, "type").unwrap_or_default();
        if kind != "text" {
            self.sources.tell(out);
        }
        let started = match kind {
            "text" => {
                let from = self.sources.chars;
                if let Some(text) = json::string(&block, "text") {
                    self.text(text, out);
                }
                Block::Text { from, citations: json::list(&block, "citations").to_vec() }
            }
            "thinking" => {
                out.push(Delta::ReasoningStart);
                out.extend(json::string(&block, "thinking").map(Delta::Reasoning));
                seal(json::string(&block, "signature"), None, out);
                Block::Thinking
            }
            "redacted_thinking" => {
                out.push(Delta::ReasoningStart);
                seal(None, json::string(&block, "data"), out);
                Block::Thinking
            }
            "tool_use" => {
                let key = self.calls;
                self.calls += 1;
                let id = json::string(&block, "id").unwrap_or_else(|| format!("call_{key}"));
                out.push(Delta::ToolCall { key, id, name: json::string(&block, "name").unwrap_or_default() });
                let input = match block.get_mut("input").map(Value::take) {
                    Some(Value::Object(fields)) if fields.is_empty() => None,
                    None | Some(Value::Null) => None,
                    Some(Value::String(text)) => Some(text),
                    Some(other) => Some(other.to_string()),
                };
                Block::Tool { key, input, told: false }
            }
            _ => Block::Raw { block, input: String::new() },
        };
        self.blocks.insert(index, started);
    }

    fn delta(&mut self, index: u32, delta: &Value, out: &mut Vec<Delta>) {
        let kind = json::text(delta, "type").unwrap_or_default();
        match (self.blocks.get_mut(&index), kind) {
            (Some(Block::Raw { input, .. }), "input_json_delta") => {
                input.push_str(json::text(delta, "partial_json").unwrap_or_default());
            }
            (Some(Block::Raw { block: Value::Object(fields), .. }), _) => {
                for (name, more) in
                    delta.as_object().into_iter().flatten().filter(|(name, _)| *name != "type")
                {
                    match (fields.get_mut(name), more) {
                        (Some(Value::String(text)), Value::String(more)) => text.push_str(more),
                        _ => {
                            fields.insert(name.clone(), more.clone());
                        }
                    }
                }
            }
            (Some(Block::Text { citations, .. }), "citations_delta") => {
                citations.extend(json::some(delta, "citation").cloned());
            }
            (_, "text_delta") => {
                if let Some(text) = json::string(delta, "text") {
                    self.text(text, out);
                }
            }
            (_, "thinking_delta") => out.extend(json::string(delta, "thinking").map(Delta::Reasoning)),
            (_, "signature_delta") => seal(json::string(delta, "signature"), None, out),
            (Some(Block::Tool { key, told, .. }), "input_json_delta") => {
                if let Some(text) = json::string(delta, "partial_json") {
                    *told = true;
                    out.push(Delta::ToolArguments { key: *key, text });
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: String, out: &mut Vec<Delta>) {
        self.sources.chars += text.chars().count() as u32;
        out.push(Delta::Text(text));
    }

    fn close(&mut self, index: u32, out: &mut Vec<Delta>) {
        match self.blocks.remove(&index) {
            Some(Block::Text { from, citations }) if !citations.is_empty() => {
                self.sources.add(from, &citations);
            }
            Some(Block::Tool { key, input: Some(text), told: false }) => {
                out.push(Delta::ToolArguments { key, text });
            }
            Some(Block::Raw { mut block, input }) => {
                if let (Ok(input), Some(fields)) = (json::parse(&input), block.as_object_mut()) {
                    fields.insert("input".to_owned(), input);
                }
                let json = block.to_string();
                out.push(Delta::Part(Part::Raw { dialect: Dialect::AnthropicMessages, json }));
            }
            _ => {}
        }
    }

    fn stop(&mut self, holder: &Value, out: &mut Vec<Delta>) {
        let Some(reason) = json::text(holder, "stop_reason") else { return };
        let stop = match reason {
            "end_turn" | "stop_sequence" | "stop" => Stop::Stop,
            "max_tokens" | "model_context_window_exceeded" | "length" => Stop::Length,
            "tool_use" | "tool_calls" => Stop::ToolCalls,
            "pause_turn" => Stop::Pause,
            "refusal" => Stop::Refusal,
            "content_filter" => Stop::ContentFilter,
            _ => Stop::Other,
        };
        self.stop = Some(stop);
        out.push(Delta::Stop(stop));
    }

    /// Counts are running totals: the last one counts. Input is already without cached tokens,
    /// output is not without thinking.
    fn usage(&mut self, usage: Option<&Value>, out: &mut Vec<Delta>) {
        let Some(usage) = usage else { return };
        self.output = json::count(usage, "output_tokens").or(self.output);
        let thinking =
            usage.get("output_tokens_details").and_then(|details| json::count(details, "thinking_tokens"));
        self.thinking = thinking.or(self.thinking);
        let usage = Usage {
            input: json::count(usage, "input_tokens"),
            output: self.output.map(|n| n.saturating_sub(self.thinking.unwrap_or(0))),
            cached_read: json::count(usage, "cache_read_input_tokens"),
            cached_write: json::count(usage, "cache_creation_input_tokens"),
            reasoning: self.thinking,
        };
        if !usage.is_empty() {
            out.push(Delta::Usage(usage));
        }
    }

    fn finish(&mut self, out: &mut Vec<Delta>) {
        self.flush(out);
        self.finished = true;
        if self.stop.is_none() {
            // It ended, and nobody said why.
            self.stop = Some(Stop::Other);
            out.push(Delta::Stop(Stop::Other));
        }
    }
}

fn seal(signature: Option<String>, sealed: Option<String>, out: &mut Vec<Delta>) {
    if signature.is_some() || sealed.is_some() {
        out.push(Delta::ReasoningSeal { signature, sealed, id: None });
    }
}

#[cfg(test)]
mod tests {
    use super::Messages;
    use crate::{Delta, framing::Protocol, json};

    const SERVER_TOOL: &str =
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"server_tool_use","id":"s"}}"#;

    /// What an event means where block 1 is kept as it came: read as the usual kind where it is one, and in full.
    fn both(data: &str) -> (Option<Vec<Delta>>, Vec<Delta>) {
        let begun = || {
            let mut messages = Messages::default();
            messages.event("", json::parse(SERVER_TOOL).unwrap(), &mut Vec::new()).unwrap();
            messages
        };
        let (mut quick, mut full) = (Vec::new(), Vec::new());
        let usual = begun().usual(data, &mut quick);
        begun().event("", json::parse(data).unwrap(), &mut full).unwrap();
        (usual.then_some(quick), full)
    }

    #[test]
    fn a_piece_of_text_means_the_same_as_when_it_is_read_in_full() {
        for data in [
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi \ud83e\udd80"}}"#,
            r#"{"type":"content_block_delta","index":7,"delta":{"type":"text_delta","text":""}}"#,
        ] {
            let (quick, full) = both(data);
            assert_eq!(quick, Some(full), "{data}");
        }
    }

    #[test]
    fn an_event_with_anything_more_is_read_in_full() {
        for data in [
            // Of a block that is kept as it came.
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"x"}}"#,
            r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x","more":1}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"x"}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":["text_delta","x"]}"#,
            r#"["content_block_delta",0,["text_delta","x"]]"#,
            r#"{"type":"content_block_stop","index":0}"#,
        ] {
            assert_eq!(both(data).0, None, "{data}");
        }
    }
}
