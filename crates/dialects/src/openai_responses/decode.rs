//! Answers: events of a stream, and whole ones.
//!
//! Text comes as deltas, then again whole, then again inside its item, then again inside the
//! response. Each piece is told once, from the first of these that has it.

use crate::{Delta, DialectError, classify, framing::Protocol, json, openai_chat::Counts, wire};
use domain::{Dialect, ErrorKind, Failure, MediaSource, Part, Stop};
use serde_json::Value;
use std::collections::HashMap;

/// What is known of one output item.
#[derive(Default)]
struct Item {
    /// Its number among the calls, once begun.
    call: Option<u32>,
    /// Something of its text or arguments has been told.
    told: bool,
    /// Last summary part or content part that was told.
    section: Option<u32>,
    /// Its final form was handled.
    done: bool,
}

/// The answer as far as it has come.
#[derive(Default)]
pub(crate) struct Responses {
    items: HashMap<u32, Item>,
    places: HashMap<String, u32>,
    calls: u32,
    /// This response asked for a tool.
    called: bool,
    counts: Counts,
    served: String,
    refused: bool,
    finished: bool,
}

impl Protocol for Responses {
    fn event(&mut self, name: &str, data: Value, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        let kind = json::text(&data, "type").unwrap_or(name).to_owned();
        let kind = kind.strip_prefix("response.").unwrap_or(&kind);
        match kind {
            "created" => {
                // Recorded bodies may hold several responses one after the other: places begin anew.
                self.items.clear();
                self.places.clear();
                self.called = false;
                self.head(data.get("response").unwrap_or(&data), out);
            }
            "in_progress" | "queued" => self.head(data.get("response").unwrap_or(&data), out),
            "output_item.added" => self.begin(&data, out),
            "output_text.delta" | "text.delta" => self.text(&data, "delta", false, out),
            "output_text.done" | "text.done" => self.text(&data, "text", true, out),
            "refusal.delta" => {
                self.refused = true;
                self.text(&data, "delta", false, out);
            }
            "refusal.done" => {
                self.refused = true;
                self.text(&data, "refusal", true, out);
            }
            "reasoning_summary_text.delta"
            | "reasoning_text.delta"
            | "reasoning_summary.delta"
            | "reasoning.delta" => {
                self.reasoning(&data, "delta", false, out);
            }
            "reasoning_summary_text.done"
            | "reasoning_text.done"
            | "reasoning_summary.done"
            | "reasoning.done" => {
                self.reasoning(&data, "text", true, out);
            }
            "function_call_arguments.delta" | "custom_tool_call_input.delta" => {
                self.arguments(&data, "delta", false, out);
            }
            "function_call_arguments.done" => self.arguments(&data, "arguments", true, out),
            "custom_tool_call_input.done" => self.arguments(&data, "input", true, out),
            "output_item.done" => {
                let place = self.place(&data);
                if let Some(item) = data.get("item") {
                    self.item(place, item, out);
                }
            }
            "completed" | "incomplete" | "failed" | "cancelled" | "done" => {
                let response = data.get("response").unwrap_or(&data);
                self.response(response, kind, out)?;
            }
            "error" => return Err(DialectError::Provider(classify::in_band(&data))),
            // Answers that are an error without being an event.
            "" if json::some(&data, "error").is_some() => {
                return Err(DialectError::Provider(classify::in_band(&data)));
            }
            _ => {}
        }
        Ok(())
    }

    fn whole(&mut self, body: Value, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        if json::text(&body, "type").is_some_and(|kind| kind.starts_with("response.") || kind == "error") {
            return self.event("", body, out);
        }
        if json::some(&body, "error").is_some() && json::list(&body, "output").is_empty() {
            return Err(DialectError::Provider(classify::in_band(&body)));
        }
        if !body.get("output").is_some_and(Value::is_array) {
            return Err(classify::no_answer(&body, "output"));
        }
        let status = json::string(&body, "status").unwrap_or_else(|| "completed".to_owned());
        self.response(&body, &status, out)
    }

    fn finished(&self) -> bool {
        self.finished
    }

    /// Proxies that run tools themselves send one response after the other in a body.
    fn closed(&self) -> bool {
        false
    }
}

impl Responses {
    fn head(&mut self, response: &Value, out: &mut Vec<Delta>) {
        if let Some(model) = json::text(response, "model").filter(|model| *model != self.served) {
            model.clone_into(&mut self.served);
            out.push(Delta::Served(model.to_owned()));
        }
    }

    /// Which output item an event is about.
    fn place(&mut self, event: &Value) -> u32 {
        let id = json::text(event, "item_id").or_else(|| json::text(event.get("item")?, "id"));
        match (json::count(event, "output_index"), id) {
            (Some(index), Some(id)) => {
                self.places.insert(id.to_owned(), index);
                index
            }
            (Some(index), None) => index,
            (None, Some(id)) => {
                let next = self.items.keys().max().map_or(0, |last| last + 1);
                *self.places.entry(id.to_owned()).or_insert(next)
            }
            (None, None) => self.items.keys().max().copied().unwrap_or(0),
        }
    }

    fn begin(&mut self, event: &Value, out: &mut Vec<Delta>) {
        let place = self.place(event);
        let Some(item) = event.get("item") else { return };
        match json::text(item, "type") {
            Some("reasoning") => out.push(Delta::ReasoningStart),
            Some("function_call" | "custom_tool_call") => {
                self.begin_call(place, item, out);
            }
            _ => {}
        }
        self.items.entry(place).or_default();
    }

    fn begin_call(&mut self, place: u32, item: &Value, out: &mut Vec<Delta>) -> u32 {
        let entry = self.items.entry(place).or_default();
        if let Some(key) = entry.call {
            return key;
        }
        let key = self.calls;
        self.calls += 1;
        self.called = true;
        entry.call = Some(key);
        let id = json::string(item, "call_id").or_else(|| json::string(item, "id"));
        out.push(Delta::ToolCall {
            key,
            id: id.unwrap_or_else(|| format!("call_{key}")),
            name: json::string(item, "name").unwrap_or_default(),
        });
        key
    }

    /// `last`: the event repeats what its deltas said, if there were any.
    fn text(&mut self, event: &Value, field: &str, last: bool, out: &mut Vec<Delta>) {
        let place = self.place(event);
        let section = json::count(event, "content_index").unwrap_or(0);
        let item = self.items.entry(place).or_default();
        if last && item.section.is_some_and(|told| told >= section) {
            return;
        }
        if let Some(text) = json::string(event, field) {
            item.told = true;
            item.section = Some(section);
            out.push(Delta::Text(text));
        }
    }

    fn reasoning(&mut self, event: &Value, field: &str, last: bool, out: &mut Vec<Delta>) {
        let place = self.place(event);
        let section =
            json::count(event, "summary_index").or_else(|| json::count(event, "content_index")).unwrap_or(0);
        let item = self.items.entry(place).or_default();
        if last && item.section.is_some_and(|told| told >= section) {
            return;
        }
        let Some(text) = json::string(event, field) else { return };
        if item.section.is_some_and(|told| told < section) {
            out.push(Delta::Reasoning("\n\n".to_owned()));
        }
        item.told = true;
        item.section = Some(section);
        out.push(Delta::Reasoning(text));
    }

    fn arguments(&mut self, event: &Value, field: &str, last: bool, out: &mut Vec<Delta>) {
        let place = self.place(event);
        let item = self.items.entry(place).or_default();
        let Some(key) = item.call else { return };
        if last && item.told {
            return;
        }
        if let Some(text) = json::string(event, field) {
            item.told = true;
            out.push(Delta::ToolArguments { key, text });
        }
    }

    /// The final form of an item: tells what no delta has told.
    fn item(&mut self, place: u32, item: &Value, out: &mut Vec<Delta>) {
        let entry = self.items.entry(place).or_default();
        if std::mem::replace(&mut entry.done, true) {
            return;
        }
        let told = std::mem::replace(&mut entry.told, true);
        match json::text(item, "type").unwrap_or_default() {
            "message" => {
                let (mut chars, mut cited) = (0, Vec::new());
                for content in json::list(item, "content") {
                    cited.extend(json::list(content, "annotations").iter().map(|a| shifted(a, chars)));
                    chars += json::text(content, "text").map_or(0, |text| text.chars().count() as u64);
                    let refusal = json::string(content, "refusal");
                    self.refused |= refusal.is_some();
                    if told {
                        continue;
                    }
                    out.extend(refusal.or_else(|| json::string(content, "text")).map(Delta::Text));
                }
                if !cited.is_empty() {
                    let json =
                        serde_json::json!({ "type": wire::CITATIONS, "chars": chars, "annotations": cited });
                    let json = json.to_string();
                    out.push(Delta::Part(Part::Raw { dialect: Dialect::OpenaiResponses, json }));
                }
            }
            "reasoning" => {
                if !told {
                    out.push(Delta::ReasoningStart);
                    let texts: Vec<&str> = [json::list(item, "summary"), json::list(item, "content")]
                        .into_iter()
                        .find(|list| !list.is_empty())
                        .unwrap_or_default()
                        .iter()
                        .filter_map(|entry| json::text(entry, "text"))
                        .collect();
                    if !texts.is_empty() {
                        out.push(Delta::Reasoning(texts.join("\n\n")));
                    }
                }
                let sealed = json::string(item, "encrypted_content");
                let id = json::string(item, "id");
                if sealed.is_some() || id.is_some() {
                    out.push(Delta::ReasoningSeal { signature: json::string(item, "signature"), sealed, id });
                }
            }
            "function_call" | "custom_tool_call" => {
                let key = self.begin_call(place, item, out);
                let arguments = item.get("arguments").or_else(|| item.get("input"));
                let text = match arguments {
                    Some(Value::String(text)) => text.clone(),
                    None | Some(Value::Null) => String::new(),
                    Some(other) => other.to_string(),
                };
                if !told && !text.is_empty() {
                    out.push(Delta::ToolArguments { key, text });
                }
            }
            "image_generation_call" => {
                if let Some(data) = json::string(item, "result") {
                    let format = json::text(item, "output_format").unwrap_or("png");
                    let source = MediaSource::Inline { data };
                    out.push(Delta::Part(Part::Image { media_type: format!("image/{format}"), source }));
                }
            }
            "" => {}
            _ => {
                let json = item.to_string();
                out.push(Delta::Part(Part::Raw { dialect: Dialect::OpenaiResponses, json }));
            }
        }
    }

    /// The whole response: the last event of a stream, or a one-shot answer.
    fn response(&mut self, response: &Value, ending: &str, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        self.head(response, out);
        // Providers that stream nothing but the end.
        if !self.items.values().any(|item| item.told || item.done) {
            for (place, item) in json::list(response, "output").iter().enumerate() {
                self.item(place as u32, item, out);
            }
        }
        if let Some(usage) = json::some(response, "usage") {
            out.extend(self.counts.take(usage).map(Delta::Usage));
        }
        match json::text(response, "status").unwrap_or(ending) {
            "failed" => return Err(DialectError::Provider(classify::in_band(response))),
            "cancelled" => {
                let text = "the provider cancelled the answer";
                return Err(DialectError::Provider(Failure::new(ErrorKind::Upstream, text)));
            }
            status => out.push(Delta::Stop(self.stop(status, response))),
        }
        self.finished = true;
        Ok(())
    }

    fn stop(&self, status: &str, response: &Value) -> Stop {
        let reason = response.pointer("/incomplete_details/reason").and_then(Value::as_str);
        match (status, reason) {
            ("incomplete", Some("max_output_tokens" | "max_tokens" | "length")) => Stop::Length,
            (_, Some("content_filter")) => Stop::ContentFilter,
            ("completed", _) if self.refused => Stop::Refusal,
            ("completed", _) if self.called => Stop::ToolCalls,
            ("completed", _) => Stop::Stop,
            _ => Stop::Other,
        }
    }
}

/// An annotation whose places count from the beginning of the whole text.
fn shifted(annotation: &Value, by: u64) -> Value {
    let mut annotation = annotation.clone();
    for field in ["start_index", "end_index", "index"] {
        if let Some(place) = annotation.get(field).and_then(Value::as_u64) {
            annotation[field] = Value::from(place + by);
        }
    }
    annotation
}
