//! Answers: a stream is a row of them, each with a piece.

use super::partial::Partial;
use crate::{Delta, DialectError, classify, framing::Protocol, json};
use domain::{Dialect, MediaSource, Part, Stop, Usage};
use serde_json::{Map, Value};

/// The answer as far as it has come.
#[derive(Default)]
pub(crate) struct Gemini {
    calls: u32,
    partial: Option<Partial>,
    served: String,
    counts: Counts,
    /// Where the text comes from, as last said.
    grounds: Map<String, Value>,
    reason: Option<Stop>,
    whole: bool,
    told: Option<Stop>,
}

#[derive(Default)]
struct Counts {
    prompt: Option<u32>,
    tools: Option<u32>,
    cached: Option<u32>,
    candidates: Option<u32>,
    thoughts: Option<u32>,
    total: Option<u32>,
}

impl Protocol for Gemini {
    fn event(&mut self, name: &str, data: Value, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        if json::some(&data, "error").is_some() || name == "error" {
            return Err(DialectError::Provider(classify::in_band(&data)));
        }
        if let Some(model) = json::text(&data, "modelVersion").filter(|model| *model != self.served) {
            model.clone_into(&mut self.served);
            out.push(Delta::Served(model.to_owned()));
        }
        let first =
            json::list(&data, "candidates").iter().find(|c| json::count(c, "index").unwrap_or(0) == 0);
        if let Some(candidate) = first {
            for part in
                candidate.get("content").map(|content| json::list(content, "parts")).unwrap_or_default()
            {
                self.part(part, out);
            }
            for name in super::GROUNDS {
                if let Some(said) = json::some(candidate, name) {
                    self.grounds.insert(name.to_owned(), said.clone());
                }
            }
            if let Some(reason) =
                json::text(candidate, "finishReason").filter(|r| *r != "FINISH_REASON_UNSPECIFIED")
            {
                self.reason = Some(stop(reason));
            }
        }
        if data.pointer("/promptFeedback/blockReason").is_some_and(Value::is_string) {
            self.reason = Some(Stop::ContentFilter);
        }
        if let Some(usage) = json::some(&data, "usageMetadata") {
            out.extend(self.counts.take(usage).map(Delta::Usage));
        }
        self.tell_stop(out);
        Ok(())
    }

    fn whole(&mut self, body: Value, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        let known = ["candidates", "promptFeedback", "usageMetadata", "error"];
        if !known.iter().any(|field| body.get(field).is_some()) {
            return Err(classify::no_answer(&body, "candidates"));
        }
        self.event("", body, out)?;
        self.whole = true;
        Ok(())
    }

    fn flush(&mut self, out: &mut Vec<Delta>) {
        out.extend(self.partial.take().map(Partial::finish));
        let grounds = std::mem::take(&mut self.grounds);
        if !grounds.is_empty() {
            let json = Value::Object(grounds).to_string();
            out.push(Delta::Part(Part::Raw { dialect: Dialect::Gemini, json }));
        }
        self.tell_stop(out);
    }

    fn finished(&self) -> bool {
        self.whole || self.reason.is_some()
    }

    /// Pieces and figures may follow the first `finishReason`: older models put one on each piece.
    fn closed(&self) -> bool {
        false
    }
}

impl Gemini {
    fn part(&mut self, part: &Value, out: &mut Vec<Delta>) {
        let signature =
            json::string(part, "thoughtSignature").or_else(|| json::string(part, "thought_signature"));
        if let Some(call) = json::some(part, "functionCall") {
            let goes_on = call.get("willContinue").and_then(Value::as_bool) == Some(true);
            if json::text(call, "name").is_none()
                && let Some(mut partial) = self.partial.take()
            {
                partial.take(call);
                if goes_on {
                    self.partial = Some(partial);
                } else {
                    out.push(partial.finish());
                }
                return;
            }
            out.extend(self.partial.take().map(Partial::finish));
            let key = self.calls;
            self.calls += 1;
            let id = json::string(call, "id").unwrap_or_else(|| format!("call_{key}"));
            out.push(Delta::ToolCall { key, id, name: json::string(call, "name").unwrap_or_default() });
            if goes_on {
                let mut partial = Partial::new(key);
                partial.take(call);
                self.partial = Some(partial);
            } else if let Some(arguments) = json::some(call, "args") {
                out.push(Delta::ToolArguments { key, text: arguments.to_string() });
            }
            out.extend(signature.map(|signature| Delta::ToolSeal { key, signature }));
            return;
        }
        if let Some(text) = part.get("text").and_then(Value::as_str) {
            if part.get("thought").and_then(Value::as_bool) == Some(true) {
                if !text.is_empty() {
                    out.push(Delta::Reasoning(text.to_owned()));
                }
            } else {
                if !text.is_empty() {
                    out.push(Delta::Text(text.to_owned()));
                }
                // A proof for text: it goes back as a thought of its own.
                if signature.is_some() {
                    out.push(Delta::ReasoningStart);
                }
            }
            if signature.is_some() {
                out.push(Delta::ReasoningSeal { signature, sealed: None, id: None });
            }
            return;
        }
        if let Some((media_type, source)) = media(part) {
            let part = if media_type.starts_with("image/") {
                Part::Image { media_type, source }
            } else {
                Part::File { media_type, name: None, source }
            };
            out.push(Delta::Part(part));
            return;
        }
        if part.as_object().is_some_and(|fields| fields.keys().any(|name| name != "thought")) {
            out.push(Delta::Part(Part::Raw { dialect: Dialect::Gemini, json: part.to_string() }));
        }
    }

    fn tell_stop(&mut self, out: &mut Vec<Delta>) {
        let stop = match self.reason {
            Some(Stop::Stop) if self.calls > 0 => Stop::ToolCalls,
            Some(stop) => stop,
            None if self.whole => Stop::Other,
            None => return,
        };
        if self.told != Some(stop) {
            self.told = Some(stop);
            out.push(Delta::Stop(stop));
        }
    }
}

fn media(part: &Value) -> Option<(String, MediaSource)> {
    let kind = |value: &Value| json::string(value, "mimeType").or_else(|| json::string(value, "mime_type"));
    let unknown = || "application/octet-stream".to_owned();
    if let Some(inline) = part.get("inlineData").or_else(|| part.get("inline_data")) {
        let data = json::string(inline, "data")?;
        return Some((kind(inline).unwrap_or_else(unknown), MediaSource::Inline { data }));
    }
    let file = part.get("fileData").or_else(|| part.get("file_data"))?;
    let url = json::string(file, "fileUri").or_else(|| json::string(file, "file_uri"))?;
    Some((kind(file).unwrap_or_else(unknown), MediaSource::Url { url }))
}

impl Counts {
    fn take(&mut self, usage: &Value) -> Option<Usage> {
        let mut any = false;
        for (mine, name) in [
            (&mut self.prompt, "promptTokenCount"),
            (&mut self.tools, "toolUsePromptTokenCount"),
            (&mut self.cached, "cachedContentTokenCount"),
            (&mut self.candidates, "candidatesTokenCount"),
            (&mut self.thoughts, "thoughtsTokenCount"),
            (&mut self.total, "totalTokenCount"),
        ] {
            let theirs = json::count(usage, name);
            any |= theirs.is_some();
            *mine = theirs.or(*mine);
        }
        any.then(|| self.buckets())
    }

    /// Cached tokens are inside the prompt, thoughts outside the candidates, unless the totals
    /// say otherwise; what tools put into the prompt is counted beside it.
    fn buckets(&self) -> Usage {
        let thoughts = self.thoughts.unwrap_or(0);
        let prompt = self.prompt.unwrap_or(0).saturating_add(self.tools.unwrap_or(0));
        let inside = thoughts > 0 && self.total == Some(prompt.saturating_add(self.candidates.unwrap_or(0)));
        Usage {
            input: self.prompt.map(|_| prompt.saturating_sub(self.cached.unwrap_or(0))),
            output: self.candidates.map(|n| if inside { n.saturating_sub(thoughts) } else { n }),
            cached_read: self.cached,
            cached_write: None,
            reasoning: self.thoughts,
        }
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        "STOP" => Stop::Stop,
        "MAX_TOKENS" => Stop::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => Stop::ContentFilter,
        _ => Stop::Other,
    }
}
