//! Anthropic's and Google's shapes from the other side: answers of every provider said in them, and
//! their requests read.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod reading;
mod refusing;
mod saying;

use dialects::serving::{Asked, Caller, Choice, Head, Whole, encoder, whole};
use dialects::{Assembly, Delta, DialectError, decoder};
use domain::{Dialect, Part, Stop, Usage};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A recorded exchange.
struct Case {
    id: String,
    dialect: Dialect,
    stream: bool,
    status: u16,
    path: String,
    asked: String,
    body: String,
}

/// Every recorded chat; none where the folder is not beside the repository.
fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    if !folder.is_dir() {
        println!("no recordings beside the repository: nothing was said again");
        return Vec::new();
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .flat_map(|path| std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()))
        .collect();
    files.sort();
    files.iter().filter_map(|file| case(file)).collect()
}

fn case(file: &Path) -> Option<Case> {
    let value: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let dialect = match text("/dialect").as_str() {
        "openai-chat" => Dialect::OpenaiChat,
        "openai-responses" => Dialect::OpenaiResponses,
        "anthropic-messages" => Dialect::AnthropicMessages,
        "google-generate" => Dialect::Gemini,
        "ollama-chat" => Dialect::Ollama,
        _ => return None,
    };
    Some(Case {
        id: text("/id"),
        dialect,
        stream: value["stream"].as_bool().unwrap(),
        status: u16::try_from(value["response"]["status"].as_u64().unwrap()).unwrap(),
        path: text("/request/path"),
        asked: match &value["request"]["body"] {
            Value::String(text) => text.clone(),
            body => body.to_string(),
        },
        body: text("/response/body_text"),
    })
}

/// Bytes of an answer as deltas, and how they ended.
fn deltas(dialect: Dialect, stream: bool, bytes: &[u8]) -> (Vec<Delta>, Result<(), DialectError>) {
    let mut decoder = decoder(dialect, stream);
    let mut out = Vec::new();
    let result = decoder.feed(bytes, &mut out).and_then(|()| decoder.end(&mut out));
    (out, result)
}

fn folded(deltas: &[Delta]) -> Assembly {
    let (mut made, mut changes) = (Assembly::new(), Vec::new());
    for delta in deltas {
        made.push(delta.clone(), &mut changes);
    }
    made
}

fn head() -> Head {
    Head { id: "0123".to_owned(), model: "some/model".to_owned(), created: 1_700_000_000 }
}

/// A caller that wants to see thoughts.
fn curious() -> Asked {
    Asked { choices: 1, thoughts: true, ..Asked::default() }
}

/// The stream that a caller is sent.
fn said(caller: Caller, deltas: &[Delta], end: &Result<(), DialectError>, events: bool) -> Vec<u8> {
    let mut encoder = encoder(caller, &head(), &curious(), events);
    let mut out = Vec::new();
    encoder.begin(&mut out);
    for delta in deltas {
        encoder.delta(delta, &mut out);
    }
    match end {
        Ok(()) => encoder.end(&mut out),
        Err(error) => encoder.fail(&error.failure(), &mut out),
    }
    out
}

/// The body that a caller is sent.
fn said_whole(caller: Caller, made: &Assembly) -> Vec<u8> {
    let choice = Choice { parts: made.parts(), stop: made.stop().unwrap_or(Stop::Other) };
    whole(caller, &Whole { head: &head(), asked: &curious(), choices: &[choice], usage: made.usage() })
}

/// What must survive.
#[derive(Debug, PartialEq)]
struct Kept {
    text: String,
    thoughts: String,
    calls: Vec<(String, String, Value)>,
    media: usize,
    stop: Option<Stop>,
    prompt: u32,
    output: u32,
    reasoning: u32,
}

/// Arguments by what they mean; what is no object is told inside one.
fn meaning(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(value @ Value::Object(_)) => value,
        _ => serde_json::json!({ "malformed": arguments }),
    }
}

fn kept(caller: Caller, made: &Assembly) -> Kept {
    let mut kept = Kept {
        text: String::new(),
        thoughts: String::new(),
        calls: Vec::new(),
        media: 0,
        stop: None,
        prompt: 0,
        output: 0,
        reasoning: 0,
    };
    for part in made.parts() {
        match part {
            Part::Text { text } => kept.text.push_str(&text),
            Part::Reasoning { text, .. } => kept.thoughts.push_str(&text),
            Part::ToolCall { id, name, arguments, .. } => kept.calls.push((id, name, meaning(&arguments))),
            Part::Image { media_type, source: domain::MediaSource::Inline { data } }
                if caller == Caller::Anthropic =>
            {
                let _ = write!(kept.text, "![image](data:{media_type};base64,{data})");
            }
            Part::Image { .. } | Part::File { .. } => kept.media += 1,
            _ => {}
        }
    }
    let Usage { input, output, cached_read, cached_write, reasoning } = made.usage();
    let sum = |counts: &[Option<u32>]| counts.iter().flatten().sum();
    kept.prompt = sum(&[input, cached_read, cached_write]);
    kept.output = sum(&[output]);
    kept.reasoning = sum(&[reasoning]);
    let called = !kept.calls.is_empty();
    kept.stop = made.stop().map(|stop| match (caller, stop) {
        (Caller::Anthropic, Stop::Stop | Stop::Other) | (Caller::Gemini, Stop::Stop | Stop::ToolCalls)
            if called =>
        {
            Stop::ToolCalls
        }
        (Caller::Anthropic, Stop::Other) | (Caller::Gemini, Stop::ToolCalls) => Stop::Stop,
        (Caller::Anthropic, Stop::ContentFilter) => Stop::Refusal,
        (Caller::Gemini, Stop::Refusal) => Stop::ContentFilter,
        (Caller::Gemini, Stop::Pause) => Stop::Other,
        (_, other) => other,
    });
    kept
}
