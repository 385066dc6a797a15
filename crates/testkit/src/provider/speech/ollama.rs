//! Ollama's own chat: lines of JSON, the last of which says `done`.

use super::{Event, Said, StopAs, output_tokens};
use serde_json::{Value, json};

fn line(said: &Said, message: &Value) -> Value {
    json!({"model": said.model, "created_at": "2025-10-09T08:53:20.5Z", "message": message, "done": false})
}

fn ended(said: &Said, mut line: Value) -> Value {
    line["done"] = true.into();
    // It knows two reasons; a call ends as a text does.
    line["done_reason"] = if said.stop == StopAs::Length { "length" } else { "stop" }.into();
    line["prompt_eval_count"] = said.input.into();
    line["eval_count"] = output_tokens(said).into();
    line
}

fn call((name, arguments): &(String, String)) -> Value {
    let arguments = serde_json::from_str::<Value>(arguments).unwrap_or_default();
    json!({"function": {"name": name, "arguments": arguments}})
}

pub(super) fn content(said: &Said) -> Vec<Event> {
    let of = |message: Value| Event::token(format!("{}\n", line(said, &message)));
    let thoughts =
        said.reasoning.iter().map(|text| json!({"role": "assistant", "content": "", "thinking": text}));
    let texts = said.pieces.iter().map(|text| json!({"role": "assistant", "content": text}));
    let calls =
        said.tools.iter().map(|one| json!({"role": "assistant", "content": "", "tool_calls": [call(one)]}));
    thoughts.chain(texts).chain(calls).map(of).collect()
}

pub(super) fn terminal(said: &Said) -> String {
    format!("{}\n", ended(said, line(said, &json!({"role": "assistant", "content": ""}))))
}

pub(super) fn whole(said: &Said) -> Value {
    let mut message = json!({"role": "assistant", "content": said.pieces.concat()});
    if !said.reasoning.is_empty() {
        message["thinking"] = said.reasoning.concat().into();
    }
    if !said.tools.is_empty() {
        message["tool_calls"] = said.tools.iter().map(call).collect();
    }
    ended(said, line(said, &message))
}
