//! Answers: lines of JSON, or one.

use crate::{Delta, DialectError, classify, framing::Protocol, json};
use domain::{MediaSource, Part, Stop, Usage};
use serde_json::Value;

/// The answer as far as it has come.
#[derive(Default)]
pub(crate) struct Ollama {
    calls: u32,
    served: String,
    finished: bool,
}

impl Protocol for Ollama {
    const LINES: bool = true;

    fn event(&mut self, _name: &str, data: Value, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        if json::some(&data, "error").is_some() {
            return Err(DialectError::Provider(classify::in_band(&data)));
        }
        if let Some(model) = json::text(&data, "model").filter(|model| *model != self.served) {
            model.clone_into(&mut self.served);
            out.push(Delta::Served(model.to_owned()));
        }
        let message = data.get("message").unwrap_or(&data);
        out.extend(json::string(message, "thinking").map(Delta::Reasoning));
        out.extend(
            json::string(message, "content").or_else(|| json::string(&data, "response")).map(Delta::Text),
        );
        for call in json::list(message, "tool_calls") {
            self.call(call, out);
        }
        for image in json::list(message, "images").iter().filter_map(Value::as_str) {
            let source = MediaSource::Inline { data: image.to_owned() };
            out.push(Delta::Part(Part::Image { media_type: "image/png".to_owned(), source }));
        }
        if data.get("done").and_then(Value::as_bool) == Some(true) {
            let usage = Usage {
                input: json::count(&data, "prompt_eval_count"),
                output: json::count(&data, "eval_count"),
                ..Usage::default()
            };
            if !usage.is_empty() {
                out.push(Delta::Usage(usage));
            }
            out.push(Delta::Stop(match json::text(&data, "done_reason") {
                Some("stop") if self.calls > 0 => Stop::ToolCalls,
                Some("stop") => Stop::Stop,
                Some("length") => Stop::Length,
                Some("tool_calls") => Stop::ToolCalls,
                _ => Stop::Other,
            }));
            self.finished = true;
        }
        Ok(())
    }

    fn whole(&mut self, body: Value, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        if ["message", "response", "error", "done"].iter().all(|field| body.get(field).is_none()) {
            return Err(classify::no_answer(&body, "message"));
        }
        self.event("", body, out)
    }

    fn finished(&self) -> bool {
        self.finished
    }
}

impl Ollama {
    fn call(&mut self, call: &Value, out: &mut Vec<Delta>) {
        let function = json::some(call, "function").unwrap_or(call);
        let key = self.calls;
        self.calls += 1;
        let id = json::string(call, "id").unwrap_or_else(|| format!("call_{key}"));
        out.push(Delta::ToolCall { key, id, name: json::string(function, "name").unwrap_or_default() });
        let text = match function.get("arguments") {
            Some(Value::String(text)) => text.clone(),
            None | Some(Value::Null) => String::new(),
            Some(other) => other.to_string(),
        };
        if !text.is_empty() {
            out.push(Delta::ToolArguments { key, text });
        }
    }
}
