//! The dialects on the answering side: what the scripted provider writes.

mod gemini;
mod ollama;

use serde_json::{Value, json};

/// The protocol that a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    Chat,
    Responses,
    Anthropic,
    Gemini,
    Ollama,
}

/// How an answer stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopAs {
    Stop,
    Length,
    Filter,
    Tools,
}

/// What is said in one answer.
pub(super) struct Said<'a> {
    pub model: &'a str,
    pub reasoning: &'a [String],
    pub pieces: &'a [String],
    /// Name and arguments.
    pub tools: &'a [(String, String)],
    pub stop: StopAs,
    pub input: usize,
}

/// One event of the content.
pub(super) struct Event {
    pub text: String,
    /// Whether it brings a token, rather than standing around some.
    pub token: bool,
}

impl Event {
    fn token(text: String) -> Self {
        Self { text, token: true }
    }

    fn frame(json: &Value) -> Self {
        Self { text: event(json), token: false }
    }
}

impl Said<'_> {
    fn text(&self) -> String {
        self.pieces.concat()
    }
}

impl Speech {
    pub fn of(path: &str) -> Option<Self> {
        match path.split('?').next()?.trim_end_matches('/') {
            "/v1/chat/completions" => Some(Self::Chat),
            "/v1/responses" => Some(Self::Responses),
            "/v1/messages" => Some(Self::Anthropic),
            "/api/chat" => Some(Self::Ollama),
            path => named(path).map(|_| Self::Gemini),
        }
    }

    /// Whether a stream is asked for.
    pub fn streams(self, path: &str, body: &Value) -> bool {
        match self {
            Self::Gemini => path.contains(":streamGenerateContent"),
            // Unless told otherwise.
            Self::Ollama => body["stream"] != false,
            _ => body["stream"] == true,
        }
    }

    /// What a stream's head says that it is.
    pub const fn stream_type(self) -> &'static str {
        match self {
            Self::Ollama => "application/x-ndjson",
            _ => "text/event-stream; charset=utf-8",
        }
    }

    /// The last user text of a request, and what the answer is to begin with: its last message, where that is an
    /// assistant's.
    pub fn last_texts(self, body: &Value) -> (String, Option<String>) {
        let list = match self {
            Self::Responses => &body["input"],
            Self::Gemini => &body["contents"],
            _ => &body["messages"],
        };
        if let Some(text) = list.as_str() {
            return (text.to_owned(), None);
        }
        let empty = Vec::new();
        let messages = list.as_array().unwrap_or(&empty);
        let begun =
            messages.last().filter(|message| message["role"] == "assistant" || message["role"] == "model");
        let user = messages.iter().rev().find(|message| message["role"] == "user");
        let content = if self == Self::Gemini { "parts" } else { "content" };
        let text = |message: &Value| content_text(&message[content]);
        (user.map(text).unwrap_or_default(), begun.map(text))
    }

    /// What comes before the content, one string for each event.
    pub fn opening(self, said: &Said) -> Vec<String> {
        match self {
            Self::Gemini | Self::Ollama => vec![],
            Self::Chat => vec![chat_chunk(said, &json!({"role": "assistant", "content": ""}), None)],
            Self::Responses => {
                vec![event(
                    &json!({"type": "response.created", "response": response(said, "in_progress", &json!([]))}),
                )]
            }
            Self::Anthropic => vec![event(&json!({
                "type": "message_start",
                "message": {"id": "msg_scripted", "type": "message", "role": "assistant", "model": said.model,
                    "content": [], "stop_reason": null, "stop_sequence": null,
                    "usage": {"input_tokens": said.input, "output_tokens": 1}},
            }))],
        }
    }

    /// Each token as an event, with what must stand around it; reasoning first.
    pub fn content(self, said: &Said) -> Vec<Event> {
        match self {
            Self::Chat => chat_content(said),
            Self::Responses => responses_content(said),
            Self::Anthropic => anthropic_content(said),
            Self::Gemini => gemini::content(said),
            Self::Ollama => ollama::content(said),
        }
    }

    /// The end, apart from the terminal event.
    pub fn closing(self, said: &Said) -> Vec<String> {
        match self {
            Self::Chat => {
                let stop = match said.stop {
                    StopAs::Stop => "stop",
                    StopAs::Length => "length",
                    StopAs::Filter => "content_filter",
                    StopAs::Tools => "tool_calls",
                };
                vec![
                    chat_chunk(said, &json!({}), Some(stop)),
                    data(
                        &json!({"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 1_760_000_000,
                        "model": said.model, "choices": [], "usage": chat_usage(said)}),
                    ),
                ]
            }
            Self::Responses | Self::Gemini | Self::Ollama => vec![],
            Self::Anthropic => vec![event(&json!({
                "type": "message_delta",
                "delta": {"stop_reason": anthropic_stop(said.stop), "stop_sequence": null},
                "usage": {"output_tokens": output_tokens(said)},
            }))],
        }
    }

    /// The event without which an answer is not whole.
    pub fn terminal(self, said: &Said) -> String {
        match self {
            Self::Chat => "data: [DONE]\n\n".to_owned(),
            Self::Responses => {
                let (kind, status) = responses_end(said.stop);
                event(&json!({"type": kind, "response": response(said, status, &responses_output(said))}))
            }
            Self::Anthropic => event(&json!({"type": "message_stop"})),
            Self::Gemini => gemini::terminal(said),
            Self::Ollama => ollama::terminal(said),
        }
    }

    /// An error inside a stream.
    pub fn error_event(self) -> String {
        match self {
            Self::Chat => data(&json!({"error": {"message": "the scripted server failed in mid-stream",
                "type": "server_error", "code": "server_error"}})),
            Self::Responses => event(&json!({"type": "error", "code": "server_error",
                "message": "the scripted server failed in mid-stream", "param": null})),
            Self::Anthropic => event(&json!({"type": "error",
                "error": {"type": "overloaded_error", "message": "the scripted server failed in mid-stream"}})),
            Self::Gemini => data(&gemini::error(503, "the scripted server failed in mid-stream")),
            Self::Ollama => format!("{}\n", json!({"error": "the scripted server failed in mid-stream"})),
        }
    }

    /// An event that cannot be read.
    pub fn malformed(self) -> String {
        match self {
            Self::Chat => "data: {\"choices\":[{\"delta\":{\"content\":\"oo\n\n".to_owned(),
            Self::Responses => {
                "event: response.output_text.delta\ndata: {\"type\":\"response.output_\n\n".to_owned()
            }
            Self::Anthropic => "event: content_block_delta\ndata: {\"type\":\"content_block_\n\n".to_owned(),
            Self::Gemini => "data: {\"candidates\":[{\"content\":{\"par\n\n".to_owned(),
            Self::Ollama => "{\"message\":{\"content\":\"oo\n".to_owned(),
        }
    }

    /// The whole answer in one piece.
    pub fn whole(self, said: &Said) -> Value {
        match self {
            Self::Chat => {
                let stop = match said.stop {
                    StopAs::Stop => "stop",
                    StopAs::Length => "length",
                    StopAs::Filter => "content_filter",
                    StopAs::Tools => "tool_calls",
                };
                let mut message = json!({"role": "assistant", "content": said.text()});
                if !said.reasoning.is_empty() {
                    message["reasoning_content"] = said.reasoning.concat().into();
                }
                if !said.tools.is_empty() {
                    message["content"] = Value::Null;
                    message["tool_calls"] = (said.tools.iter().enumerate())
                        .map(|(at, (name, arguments))| {
                            json!({"id": format!("call_{at}"), "type": "function",
                                "function": {"name": name, "arguments": arguments}})
                        })
                        .collect();
                }
                json!({"id": "chatcmpl-scripted", "object": "chat.completion", "created": 1_760_000_000,
                    "model": said.model, "choices": [{"index": 0, "message": message, "finish_reason": stop}],
                    "usage": chat_usage(said)})
            }
            Self::Responses => response(said, responses_end(said.stop).1, &responses_output(said)),
            Self::Gemini => gemini::whole(said),
            Self::Ollama => ollama::whole(said),
            Self::Anthropic => {
                let mut content = Vec::new();
                if !said.reasoning.is_empty() {
                    content.push(json!({"type": "thinking", "thinking": said.reasoning.concat(), "signature": SIGNATURE}));
                }
                if said.tools.is_empty() {
                    content.push(json!({"type": "text", "text": said.text()}));
                }
                for (at, (name, arguments)) in said.tools.iter().enumerate() {
                    content.push(json!({"type": "tool_use", "id": format!("toolu_{at}"), "name": name,
                        "input": serde_json::from_str::<Value>(arguments).unwrap_or_default()}));
                }
                json!({"id": "msg_scripted", "type": "message", "role": "assistant", "model": said.model,
                    "content": content, "stop_reason": anthropic_stop(said.stop), "stop_sequence": null,
                    "usage": {"input_tokens": said.input, "output_tokens": output_tokens(said)}})
            }
        }
    }

    /// The body of an HTTP error.
    pub fn error(self, status: u16, code: &str, message: &str) -> Value {
        match self {
            Self::Gemini => gemini::error(status, message),
            Self::Ollama => json!({"error": message}),
            Self::Anthropic => {
                let kind = match status {
                    401 => "authentication_error",
                    403 => "permission_error",
                    404 => "not_found_error",
                    429 => "rate_limit_error",
                    529 => "overloaded_error",
                    400..=499 => "invalid_request_error",
                    _ => "api_error",
                };
                json!({"type": "error", "error": {"type": kind, "message": message}})
            }
            Self::Chat | Self::Responses => {
                let kind = if status >= 500 { "server_error" } else { "invalid_request_error" };
                json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
            }
        }
    }
}

/// The model that a Gemini path names: `/v1beta/models/{model}:generateContent`, with `%3F` and the like read.
pub(super) fn named(path: &str) -> Option<String> {
    let (model, method) = path.split('?').next()?.strip_prefix("/v1beta/models/")?.rsplit_once(':')?;
    if !matches!(method, "generateContent" | "streamGenerateContent") {
        return None;
    }
    let mut bytes = Vec::new();
    let mut rest = model.as_bytes();
    while let [first, others @ ..] = rest {
        rest = others;
        if let (b'%', [high, low, behind @ ..]) = (first, others) {
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
            rest = behind;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

const SIGNATURE: &str = "c2NyaXB0ZWQgc2lnbmF0dXJl";

fn content_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

/// A server-sent event without a name.
fn data(json: &Value) -> String {
    format!("data: {json}\n\n")
}

/// A server-sent event named by its type.
fn event(json: &Value) -> String {
    format!("event: {}\ndata: {json}\n\n", json["type"].as_str().unwrap_or_default())
}

fn output_tokens(said: &Said) -> usize {
    said.pieces.len() + said.reasoning.len() + said.tools.len() * 10
}

fn chat_usage(said: &Said) -> Value {
    json!({"prompt_tokens": said.input, "completion_tokens": output_tokens(said),
        "total_tokens": said.input + output_tokens(said),
        "completion_tokens_details": {"reasoning_tokens": said.reasoning.len()}})
}

fn chat_chunk(said: &Said, delta: &Value, stop: Option<&str>) -> String {
    data(&json!({"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 1_760_000_000,
        "model": said.model, "choices": [{"index": 0, "delta": delta, "finish_reason": stop}]}))
}

fn chat_content(said: &Said) -> Vec<Event> {
    let reasoning =
        said.reasoning.iter().map(|text| chat_chunk(said, &json!({"reasoning_content": text}), None));
    let text = said.pieces.iter().map(|text| chat_chunk(said, &json!({"content": text}), None));
    let mut events: Vec<String> = reasoning.chain(text).collect();
    for (index, (name, arguments)) in said.tools.iter().enumerate() {
        let call = |function: Value| json!({"tool_calls": [{"index": index, "function": function}]});
        let mut first = call(json!({"name": name, "arguments": ""}));
        first["tool_calls"][0]["id"] = format!("call_{index}").into();
        first["tool_calls"][0]["type"] = "function".into();
        events.push(chat_chunk(said, &first, None));
        events.extend(
            crate::text::cut(arguments)
                .iter()
                .map(|piece| chat_chunk(said, &call(json!({"arguments": piece})), None)),
        );
    }
    events.into_iter().map(Event::token).collect()
}

fn responses_end(stop: StopAs) -> (&'static str, &'static str) {
    match stop {
        StopAs::Stop | StopAs::Tools => ("response.completed", "completed"),
        StopAs::Length | StopAs::Filter => ("response.incomplete", "incomplete"),
    }
}

fn response(said: &Said, status: &str, output: &Value) -> Value {
    let reason = match said.stop {
        StopAs::Length if status == "incomplete" => json!({"reason": "max_output_tokens"}),
        StopAs::Filter if status == "incomplete" => json!({"reason": "content_filter"}),
        _ => Value::Null,
    };
    let usage = if status == "in_progress" {
        Value::Null
    } else {
        json!({"input_tokens": said.input, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": output_tokens(said), "output_tokens_details": {"reasoning_tokens": said.reasoning.len()},
            "total_tokens": said.input + output_tokens(said)})
    };
    json!({"id": "resp_scripted", "object": "response", "created_at": 1_760_000_000, "status": status,
        "error": null, "incomplete_details": reason, "model": said.model, "output": output, "usage": usage})
}

fn responses_output(said: &Said) -> Value {
    let mut output = Vec::new();
    if !said.reasoning.is_empty() {
        output.push(json!({"id": "rs_0", "type": "reasoning",
            "summary": [{"type": "summary_text", "text": said.reasoning.concat()}]}));
    }
    if said.tools.is_empty() {
        output.push(json!({"id": "msg_0", "type": "message", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": said.text(), "annotations": []}]}));
    }
    for (at, (name, arguments)) in said.tools.iter().enumerate() {
        output
            .push(json!({"id": format!("fc_{at}"), "type": "function_call", "call_id": format!("call_{at}"),
            "name": name, "arguments": arguments, "status": "completed"}));
    }
    output.into()
}

fn responses_content(said: &Said) -> Vec<Event> {
    let output = responses_output(said);
    let items = output.as_array().cloned().unwrap_or_default();
    let mut events = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let id = &item["id"];
        let mut begun = item.clone();
        begun["status"] = "in_progress".into();
        let delta = |kind: &str, part: &str, text: &str| {
            Event::token(event(
                &json!({"type": kind, "item_id": id, "output_index": index, part: 0, "delta": text}),
            ))
        };
        match item["type"].as_str() {
            Some("reasoning") => {
                begun["summary"] = json!([]);
                events.push(Event::frame(
                    &json!({"type": "response.output_item.added", "output_index": index, "item": begun}),
                ));
                events.push(Event::frame(
                    &json!({"type": "response.reasoning_summary_part.added", "item_id": id,
                    "output_index": index, "summary_index": 0, "part": {"type": "summary_text", "text": ""}}),
                ));
                let pieces = said.reasoning.iter();
                events.extend(
                    pieces.map(|text| delta("response.reasoning_summary_text.delta", "summary_index", text)),
                );
                events.push(Event::frame(
                    &json!({"type": "response.reasoning_summary_text.done", "item_id": id,
                    "output_index": index, "summary_index": 0, "text": said.reasoning.concat()}),
                ));
            }
            Some("message") => {
                begun["content"] = json!([]);
                events.push(Event::frame(
                    &json!({"type": "response.output_item.added", "output_index": index, "item": begun}),
                ));
                events.push(Event::frame(
                    &json!({"type": "response.content_part.added", "item_id": id, "output_index": index,
                    "content_index": 0, "part": {"type": "output_text", "text": "", "annotations": []}}),
                ));
                events.extend(
                    said.pieces.iter().map(|text| delta("response.output_text.delta", "content_index", text)),
                );
                events.push(Event::frame(
                    &json!({"type": "response.output_text.done", "item_id": id, "output_index": index,
                    "content_index": 0, "text": said.text()}),
                ));
            }
            _ => {
                begun["arguments"] = "".into();
                events.push(Event::frame(
                    &json!({"type": "response.output_item.added", "output_index": index, "item": begun}),
                ));
                let arguments = item["arguments"].as_str().unwrap_or_default();
                events.extend(crate::text::cut(arguments).iter().map(|piece| {
                    Event::token(event(
                        &json!({"type": "response.function_call_arguments.delta", "item_id": id,
                        "output_index": index, "delta": piece}),
                    ))
                }));
                events.push(Event::frame(
                    &json!({"type": "response.function_call_arguments.done", "item_id": id,
                    "output_index": index, "arguments": arguments}),
                ));
            }
        }
        events.push(Event::frame(
            &json!({"type": "response.output_item.done", "output_index": index, "item": item}),
        ));
    }
    events
}

const fn anthropic_stop(stop: StopAs) -> &'static str {
    match stop {
        StopAs::Stop => "end_turn",
        StopAs::Length => "max_tokens",
        StopAs::Filter => "refusal",
        StopAs::Tools => "tool_use",
    }
}

fn anthropic_content(said: &Said) -> Vec<Event> {
    let mut events = Vec::new();
    let mut index = 0;
    let mut block = |start: Value, deltas: Vec<Value>| {
        events.push(Event::frame(
            &json!({"type": "content_block_start", "index": index, "content_block": start}),
        ));
        events.extend(deltas.iter().map(|delta| {
            Event::token(event(&json!({"type": "content_block_delta", "index": index, "delta": delta})))
        }));
        events.push(Event::frame(&json!({"type": "content_block_stop", "index": index})));
        index += 1;
    };
    if !said.reasoning.is_empty() {
        let mut deltas: Vec<Value> =
            said.reasoning.iter().map(|text| json!({"type": "thinking_delta", "thinking": text})).collect();
        deltas.push(json!({"type": "signature_delta", "signature": SIGNATURE}));
        block(json!({"type": "thinking", "thinking": "", "signature": ""}), deltas);
    }
    if said.tools.is_empty() {
        let deltas = said.pieces.iter().map(|text| json!({"type": "text_delta", "text": text})).collect();
        block(json!({"type": "text", "text": ""}), deltas);
    }
    for (at, (name, arguments)) in said.tools.iter().enumerate() {
        let deltas = crate::text::cut(arguments)
            .iter()
            .map(|piece| json!({"type": "input_json_delta", "partial_json": piece}))
            .collect();
        block(json!({"type": "tool_use", "id": format!("toolu_{at}"), "name": name, "input": {}}), deltas);
    }
    events
}
