//! What a raw body says, found by reading it as a person would: no streaming, no cleverness, only
//! what the recordings hold.

use domain::{Dialect, Stop, Usage};
use serde_json::Value;

#[derive(Debug, Default)]
pub struct Expected {
    pub text: String,
    pub reasoning: String,
    pub calls: Vec<(String, String)>,
    pub stop: Option<Stop>,
    pub usage: Usage,
    pub failed: bool,
    pub truncated: bool,
}

/// The JSON values of a body, in order, and whether `[DONE]` was among them.
fn events(dialect: Dialect, stream: bool, body: &str) -> (Vec<Value>, bool) {
    if !stream {
        let value: Value = serde_json::from_str(body).unwrap();
        return (if let Value::Array(items) = value { items } else { vec![value] }, false);
    }
    let lines = body.lines().map(str::trim);
    if dialect == Dialect::Ollama {
        return (
            lines.filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect(),
            false,
        );
    }
    let data: Vec<&str> = lines.filter_map(|line| line.strip_prefix("data:")).map(str::trim).collect();
    let done = data.contains(&"[DONE]");
    (
        data.iter()
            .filter(|data| **data != "[DONE]")
            .map(|data| serde_json::from_str(data).unwrap())
            .collect(),
        done,
    )
}

pub fn model_count(body: &str) -> usize {
    let value: Value = serde_json::from_str(body).unwrap();
    let list = value.get("data").or_else(|| value.get("models")).unwrap().as_array().unwrap();
    // Mistral lists some twice.
    let ids = list.iter().map(|entry| entry["id"].as_str().or(entry["name"].as_str()));
    ids.collect::<std::collections::HashSet<_>>().len()
}

pub fn read(dialect: Dialect, stream: bool, body: &str) -> Expected {
    let (events, done) = events(dialect, stream, body);
    let mut expected = match dialect {
        Dialect::OpenaiChat => chat(&events, done, stream),
        Dialect::OpenaiResponses => responses(&events),
        Dialect::AnthropicMessages => messages(&events),
        Dialect::Gemini => gemini(&events),
        _ => ollama(&events),
    };
    if dialect != Dialect::OpenaiResponses && expected.stop == Some(Stop::Stop) && !expected.calls.is_empty()
    {
        expected.stop = Some(Stop::ToolCalls);
    }
    for (_, arguments) in &mut expected.calls {
        if arguments.is_empty() {
            "{}".clone_into(arguments);
        }
    }
    expected
}

/// Whether the terminal event ends within the first `at` bytes.
pub fn terminal_within(dialect: Dialect, stream: bool, body: &str, at: usize) -> bool {
    if !stream {
        return at >= body.trim_end().len();
    }
    let mut end = 0;
    for line in body.split_inclusive('\n') {
        let from = end;
        end += line.len();
        let text = line.trim_end();
        let complete = from + text.len();
        let data = text.strip_prefix("data:").unwrap_or(text).trim();
        let terminal = match dialect {
            Dialect::OpenaiChat => {
                data == "[DONE]"
                    || value(data).is_some_and(|v| {
                        let choices = v["choices"].as_array().cloned().unwrap_or_default();
                        choices
                            .iter()
                            .any(|c| c["index"].as_u64().unwrap_or(0) == 0 && c["finish_reason"].is_string())
                    })
            }
            Dialect::OpenaiResponses => value(data).is_some_and(|v| {
                matches!(
                    v["type"].as_str(),
                    Some("response.completed" | "response.incomplete" | "response.failed")
                )
            }),
            Dialect::AnthropicMessages => value(data).is_some_and(|v| v["type"] == "message_stop"),
            Dialect::Gemini => value(data).is_some_and(|v| v["candidates"][0]["finishReason"].is_string()),
            _ => value(data).is_some_and(|v| v["done"] == true),
        };
        if terminal {
            return at >= complete;
        }
    }
    false
}

fn value(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

fn count(value: &Value) -> Option<u32> {
    value.as_u64().map(|n| u32::try_from(n).unwrap())
}

fn word(stop: &str) -> Stop {
    match stop {
        "stop" | "eos" | "end_turn" | "stop_sequence" | "STOP" | "completed" => Stop::Stop,
        "length" | "max_tokens" | "MAX_TOKENS" => Stop::Length,
        "tool_calls" | "tool_use" => Stop::ToolCalls,
        "content_filter" | "SAFETY" => Stop::ContentFilter,
        "refusal" => Stop::Refusal,
        _ => Stop::Other,
    }
}

fn chat(events: &[Value], done: bool, stream: bool) -> Expected {
    let mut e = Expected::default();
    let mut calls: Vec<(u64, String, String, String)> = Vec::new();
    let mut refused = false;
    for event in events {
        if event["error"].is_object() {
            e.failed = true;
        }
        for choice in event["choices"].as_array().into_iter().flatten().filter(|c| c["index"] == 0) {
            let delta = if choice["delta"].is_object() { &choice["delta"] } else { &choice["message"] };
            e.text += delta["content"].as_str().unwrap_or("");
            for chunk in delta["content"].as_array().into_iter().flatten() {
                e.text += chunk["text"].as_str().unwrap_or("");
                for thought in chunk["thinking"].as_array().into_iter().flatten() {
                    e.reasoning += thought["text"].as_str().unwrap_or("");
                }
            }
            if let Some(refusal) = delta["refusal"].as_str().filter(|text| !text.is_empty()) {
                refused = true;
                e.text += refusal;
            }
            let plain = delta["reasoning_content"].as_str().or(delta["reasoning"].as_str()).unwrap_or("");
            e.reasoning += plain;
            if plain.is_empty() {
                for detail in delta["reasoning_details"].as_array().into_iter().flatten() {
                    e.reasoning += detail["text"].as_str().or(detail["summary"].as_str()).unwrap_or("");
                }
            }
            for (place, call) in delta["tool_calls"].as_array().into_iter().flatten().enumerate() {
                let index = call["index"].as_u64().unwrap_or(place as u64);
                let (id, name) =
                    (call["id"].as_str().unwrap_or(""), call["function"]["name"].as_str().unwrap_or(""));
                let arguments = call["function"]["arguments"].as_str().unwrap_or("");
                match calls.iter_mut().rfind(|c| c.0 == index) {
                    Some(c) if id.is_empty() || c.1 == id || name.is_empty() => c.3 += arguments,
                    _ => calls.push((index, id.to_owned(), name.to_owned(), arguments.to_owned())),
                }
            }
            if let Some(reason) = choice["finish_reason"].as_str() {
                e.stop = Some(word(reason));
            }
            chat_usage(&choice["usage"], &mut e.usage);
        }
        chat_usage(&event["usage"], &mut e.usage);
        chat_usage(&event["x_groq"]["usage"], &mut e.usage);
    }
    e.calls = calls.into_iter().map(|(_, _, name, arguments)| (name, arguments)).collect();
    if refused && e.stop == Some(Stop::Stop) {
        e.stop = Some(Stop::Refusal);
    }
    if !e.failed && e.stop.is_none() {
        e.truncated = stream && !done;
        e.stop = done.then_some(Stop::Other);
    }
    e
}

/// The last report that has both sides counts; all recorded ones with details are of that kind.
fn chat_usage(usage: &Value, into: &mut Usage) {
    let Some(prompt) = count(&usage["prompt_tokens"]) else { return };
    let completion = count(&usage["completion_tokens"]);
    let cached = ["prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens"]
        .iter()
        .find_map(|name| count(&usage[*name]))
        .or(count(&usage["prompt_tokens_details"]["cached_tokens"]));
    let written = count(&usage["prompt_tokens_details"]["cache_write_tokens"])
        .or(count(&usage["cache_creation_input_tokens"]));
    let reasoning = count(&usage["completion_tokens_details"]["reasoning_tokens"]);
    let beside = reasoning.is_some_and(|r| {
        r > 0 && count(&usage["total_tokens"]) == Some(prompt + completion.unwrap_or(0) + r)
    });
    *into = Usage {
        input: Some(prompt - cached.unwrap_or(0) - written.unwrap_or(0)),
        output: completion.map(|n| if beside { n } else { n.saturating_sub(reasoning.unwrap_or(0)) }),
        cached_read: cached,
        cached_write: written,
        reasoning,
    };
}

/// Everything is in the last event, or in the one-shot body. One recording holds four responses.
fn responses(events: &[Value]) -> Expected {
    let ends: Vec<&Value> =
        events.iter().filter(|v| v["type"] == "response.completed").map(|v| &v["response"]).collect();
    if ends.is_empty() {
        return response(&events[0]);
    }
    let mut all = Expected::default();
    for end in ends {
        let one = response(end);
        all.text += &one.text;
        all.reasoning += &one.reasoning;
        all.calls.extend(one.calls);
        all.usage.merge(&one.usage);
        all.stop = one.stop;
    }
    all
}

fn response(response: &Value) -> Expected {
    let mut e = Expected::default();
    for item in response["output"].as_array().unwrap() {
        match item["type"].as_str().unwrap() {
            "message" => {
                for content in item["content"].as_array().unwrap() {
                    e.text += content["text"].as_str().unwrap_or("");
                }
            }
            "reasoning" => {
                let texts = |field: &str| -> Vec<&str> {
                    item[field].as_array().into_iter().flatten().filter_map(|s| s["text"].as_str()).collect()
                };
                let summary = texts("summary");
                e.reasoning += &if summary.is_empty() { texts("content") } else { summary }.join("\n\n");
            }
            "function_call" => e.calls.push((
                item["name"].as_str().unwrap().to_owned(),
                item["arguments"].as_str().unwrap().to_owned(),
            )),
            _ => {}
        }
    }
    e.stop = Some(word(response["status"].as_str().unwrap()));
    if e.stop == Some(Stop::Stop) && !e.calls.is_empty() {
        e.stop = Some(Stop::ToolCalls);
    }
    let usage = &response["usage"];
    let cached = count(&usage["input_tokens_details"]["cached_tokens"]);
    let reasoning = count(&usage["output_tokens_details"]["reasoning_tokens"]);
    let written = count(&usage["input_tokens_details"]["cache_write_tokens"]);
    e.usage = Usage {
        input: count(&usage["input_tokens"]).map(|n| n - cached.unwrap_or(0) - written.unwrap_or(0)),
        output: count(&usage["output_tokens"]).map(|n| n - reasoning.unwrap_or(0)),
        cached_read: cached,
        cached_write: written,
        reasoning,
    };
    e
}

fn messages(events: &[Value]) -> Expected {
    let mut e = Expected::default();
    let mut usage = serde_json::Map::new();
    let mut note = |value: &Value| {
        for (name, count) in value.as_object().into_iter().flatten() {
            usage.insert(name.clone(), count.clone());
        }
    };
    let mut ended = false;
    // Block number to call, for those blocks that are calls.
    let mut call_at = std::collections::HashMap::new();
    for event in events {
        match event["type"].as_str().unwrap() {
            "message" => {
                ended = true;
                for block in event["content"].as_array().unwrap() {
                    match block["type"].as_str().unwrap() {
                        "text" => e.text += block["text"].as_str().unwrap(),
                        "thinking" => e.reasoning += block["thinking"].as_str().unwrap(),
                        "tool_use" => {
                            e.calls.push((
                                block["name"].as_str().unwrap().to_owned(),
                                block["input"].to_string(),
                            ));
                        }
                        _ => {}
                    }
                }
                e.stop = event["stop_reason"].as_str().map(word);
                note(&event["usage"]);
            }
            "message_start" => note(&event["message"]["usage"]),
            "content_block_start" => {
                let block = &event["content_block"];
                if block["type"] == "tool_use" {
                    call_at.insert(event["index"].as_u64().unwrap(), e.calls.len());
                    e.calls.push((block["name"].as_str().unwrap().to_owned(), String::new()));
                } else {
                    call_at.remove(&event["index"].as_u64().unwrap());
                }
                e.text += block["text"].as_str().unwrap_or("");
            }
            "content_block_delta" => {
                let delta = &event["delta"];
                e.text += delta["text"].as_str().unwrap_or("");
                e.reasoning += delta["thinking"].as_str().unwrap_or("");
                if let Some(place) = call_at.get(&event["index"].as_u64().unwrap()) {
                    e.calls[*place].1 += delta["partial_json"].as_str().unwrap_or("");
                }
            }
            "message_delta" => {
                e.stop = event["delta"]["stop_reason"].as_str().map(word);
                note(&event["usage"]);
            }
            "message_stop" => ended = true,
            "error" => e.failed = true,
            _ => {}
        }
    }
    e.truncated = !ended && !e.failed;
    let usage = Value::Object(usage);
    let thinking = count(&usage["output_tokens_details"]["thinking_tokens"]);
    e.usage = Usage {
        input: count(&usage["input_tokens"]),
        output: count(&usage["output_tokens"]).map(|n| n - thinking.unwrap_or(0)),
        cached_read: count(&usage["cache_read_input_tokens"]),
        cached_write: count(&usage["cache_creation_input_tokens"]),
        reasoning: thinking,
    };
    e
}

fn gemini(events: &[Value]) -> Expected {
    let mut e = Expected::default();
    for event in events {
        let candidate = &event["candidates"][0];
        for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
            let text = part["text"].as_str().unwrap_or("");
            if part["thought"] == true {
                e.reasoning += text;
            } else {
                e.text += text;
            }
            if part["functionCall"].is_object() {
                let call = &part["functionCall"];
                e.calls.push((call["name"].as_str().unwrap().to_owned(), call["args"].to_string()));
            }
        }
        if let Some(reason) = candidate["finishReason"].as_str() {
            e.stop = Some(word(reason));
        }
        let usage = &event["usageMetadata"];
        if usage.is_object() {
            let cached = count(&usage["cachedContentTokenCount"]);
            let tools = count(&usage["toolUsePromptTokenCount"]).unwrap_or(0);
            e.usage.merge(&Usage {
                input: count(&usage["promptTokenCount"]).map(|n| n + tools - cached.unwrap_or(0)),
                output: count(&usage["candidatesTokenCount"]),
                cached_read: cached,
                cached_write: None,
                reasoning: count(&usage["thoughtsTokenCount"]),
            });
        }
    }
    e.truncated = e.stop.is_none();
    e
}

fn ollama(events: &[Value]) -> Expected {
    let mut e = Expected::default();
    for event in events {
        e.text += event["message"]["content"].as_str().unwrap_or("");
        e.reasoning += event["message"]["thinking"].as_str().unwrap_or("");
        for call in event["message"]["tool_calls"].as_array().into_iter().flatten() {
            let function = &call["function"];
            e.calls.push((function["name"].as_str().unwrap().to_owned(), function["arguments"].to_string()));
        }
        if event["done"] == true {
            e.stop = event["done_reason"].as_str().map(word);
            e.usage.input = count(&event["prompt_eval_count"]);
            e.usage.output = count(&event["eval_count"]);
        }
    }
    e.truncated = e.stop.is_none();
    e
}
