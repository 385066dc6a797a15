//! Answers: chunks of a stream, and whole ones.

use super::{
    calls::Calls,
    content::{self, Audio, Details},
    sources::Sources,
    usage::Counts,
    usual,
};
use crate::{Delta, DialectError, classify, framing::Protocol, json};
use domain::{ErrorKind, Failure, Stop};
use serde_json::Value;

/// The answer as far as it has come. Only the first choice is read.
#[derive(Default)]
pub(crate) struct Chat {
    calls: Calls,
    counts: Counts,
    details: Details,
    audio: Audio,
    sources: Sources,
    served: String,
    refused: bool,
    /// What `finish_reason` said.
    reason: Option<Stop>,
    done: bool,
    /// What was last told.
    told: Option<Stop>,
}

impl Protocol for Chat {
    fn event(&mut self, name: &str, data: Value, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        self.take(&data, out);
        // What the failing event still says counts, whatever it says of its end.
        let mut read = Ok(());
        for choice in json::list(&data, "choices").iter().filter(|choice| is_first(choice)) {
            read = read.and(self.choice(choice, out));
        }
        let failed = [data.get("error"), data.get("errors"), json::within(&data, "x_groq", "error")].into_iter().any(is_error)
                // MiniMax says in each chunk how it is doing.
                || json::within(&data, "base_resp", "status_code").and_then(json::as_count).is_some_and(|code| code != 0);
        let named = name == "error"
            || ["object", "type"].iter().any(|field| json::text(&data, field) == Some("error"));
        if failed || named {
            return Err(DialectError::Provider(classify::in_band(&data)));
        }
        read
    }

    fn usual(&mut self, data: &str, out: &mut Vec<Delta>) -> bool {
        let Some(chunk) = usual::read(data) else { return false };
        self.serves(&chunk.model, out);
        if !chunk.reasoning.is_empty() {
            out.push(Delta::Reasoning(chunk.reasoning.into_owned()));
        }
        if !chunk.text.is_empty() {
            out.push(Delta::Text(chunk.text.into_owned()));
        }
        true
    }

    fn whole(&mut self, body: Value, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        let choices = body.get("choices").is_some_and(Value::is_array);
        let lacking = (!choices).then(|| classify::no_answer(&body, "choices"));
        self.event("", body, out)?;
        if let Some(error) = lacking {
            return Err(error);
        }
        self.done = true;
        Ok(())
    }

    fn done(&mut self) {
        self.done = true;
    }

    fn flush(&mut self, out: &mut Vec<Delta>) {
        self.calls.flush(out);
        out.extend(self.details.part());
        out.extend(self.audio.part());
        out.extend(self.sources.part());
        self.tell_stop(out);
    }

    fn finished(&self) -> bool {
        self.done || self.reason.is_some()
    }

    fn closed(&self) -> bool {
        self.done
    }
}

fn is_first(choice: &Value) -> bool {
    json::count(choice, "index").unwrap_or(0) == 0
}

/// `error: null`, `""`, `{}` and `[]` are none.
fn is_error(error: Option<&Value>) -> bool {
    match error {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Object(fields)) => fields.values().any(|field| !field.is_null()),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    }
}

impl Chat {
    /// Who answers, as often as that is news.
    fn serves(&mut self, model: &str, out: &mut Vec<Delta>) {
        if !model.is_empty() && model != self.served {
            model.clone_into(&mut self.served);
            out.push(Delta::Served(model.to_owned()));
        }
    }

    /// What does not belong to a choice.
    fn take(&mut self, data: &Value, out: &mut Vec<Delta>) {
        self.serves(json::text(data, "model").unwrap_or_default(), out);
        self.sources.take(data);
        for usage in [data.get("usage"), json::within(data, "x_groq", "usage")].into_iter().flatten() {
            out.extend(self.counts.take(usage).map(Delta::Usage));
        }
    }

    fn choice(&mut self, choice: &Value, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        // Perplexity repeats the whole message beside each delta.
        let delta = ["delta", "message"].iter().find_map(|field| choice.get(field).filter(|v| v.is_object()));
        if let Some(delta) = delta {
            self.delta(delta, out);
        } else if let Some(text) = json::string(choice, "text") {
            out.push(Delta::Text(text));
        }
        // Moonshot reports usage inside the choice.
        if let Some(usage) = choice.get("usage") {
            out.extend(self.counts.take(usage).map(Delta::Usage));
        }
        if is_error(choice.get("error")) {
            return Err(DialectError::Provider(classify::in_band(choice)));
        }
        match json::text(choice, "finish_reason") {
            None | Some("null") => {}
            // DeepSeek and Z.ai have names of their own for answers that broke off on their side.
            Some(reason @ ("error" | "network_error" | "insufficient_system_resource")) => {
                let text = format!("the provider ended the answer with `finish_reason: {reason}`");
                let kind = if reason == "insufficient_system_resource" {
                    ErrorKind::Overloaded
                } else {
                    ErrorKind::Upstream
                };
                return Err(DialectError::Provider(Failure::new(kind, text)));
            }
            Some(reason) => {
                self.reason = Some(stop(reason));
                self.calls.flush(out);
                self.tell_stop(out);
            }
        }
        Ok(())
    }

    fn delta(&mut self, delta: &Value, out: &mut Vec<Delta>) {
        content::reasoning(delta, out);
        self.details.take(delta);
        self.sources.take(delta);
        if let Some(value) = delta.get("content") {
            self.refused |= content::content(value, out);
        }
        if let Some(text) = json::string(delta, "refusal") {
            self.refused = true;
            out.push(Delta::Text(text));
        }
        match delta.get("tool_calls") {
            Some(Value::Array(entries)) => entries.iter().for_each(|entry| self.calls.take(entry, out)),
            // Hugging Face's older servers send one bare.
            Some(entry @ Value::Object(_)) => self.calls.take(entry, out),
            _ => {}
        }
        if let Some(call) = json::some(delta, "function_call") {
            self.calls.take(call, out);
        }
        out.extend(json::list(delta, "images").iter().filter_map(content::media));
        self.audio.take(delta, out);
    }

    fn tell_stop(&mut self, out: &mut Vec<Delta>) {
        let stop = match self.reason {
            Some(Stop::Stop) if self.refused => Stop::Refusal,
            Some(Stop::Stop) if self.calls.any() => Stop::ToolCalls,
            Some(stop) => stop,
            None if self.done && self.refused => Stop::Refusal,
            None if self.done => Stop::Other,
            None => return,
        };
        if self.told != Some(stop) {
            self.told = Some(stop);
            out.push(Delta::Stop(stop));
        }
    }
}

/// The words in use for why an answer ended.
fn stop(reason: &str) -> Stop {
    match reason.to_ascii_lowercase().replace('-', "_").as_str() {
        "stop" | "end_turn" | "eos" | "eos_token" | "stop_sequence" | "complete" | "completed" | "finish" => {
            Stop::Stop
        }
        "length"
        | "max_tokens"
        | "max_output_tokens"
        | "max_completion_tokens"
        | "model_length"
        | "model_context_window_exceeded" => Stop::Length,
        "tool_calls" | "tool_call" | "tool_use" | "function_call" => Stop::ToolCalls,
        "content_filter" | "safety" | "sensitive" | "recitation" | "prohibited_content" | "blocklist" => {
            Stop::ContentFilter
        }
        "refusal" => Stop::Refusal,
        "pause" | "pause_turn" => Stop::Pause,
        _ => Stop::Other,
    }
}
