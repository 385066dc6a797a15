//! How fast each dialect's decoder is: megabytes of stream a second, folding included.

use crate::{Done, figure};
use dialects::Assembly;
use domain::Dialect;
use serde_json::json;
use std::{hint::black_box, time::Instant};

const TOKENS: usize = 20_000;
/// What arrives with one read of a socket, roughly.
const READ: usize = 1_400;

pub fn run() -> Done {
    for dialect in [
        Dialect::OpenaiChat,
        Dialect::OpenaiResponses,
        Dialect::AnthropicMessages,
        Dialect::Gemini,
        Dialect::Ollama,
    ] {
        let body = stream(dialect);
        let mut best = f64::MAX;
        for _ in 0..5 {
            let begun = Instant::now();
            let mut decoder = dialects::decoder(dialect, true);
            let (mut deltas, mut changes, mut assembly) = (Vec::new(), Vec::new(), Assembly::new());
            for bytes in body.as_bytes().chunks(READ) {
                decoder.feed(bytes, &mut deltas)?;
                deltas.drain(..).for_each(|delta| assembly.push(delta, &mut changes));
                changes.clear();
            }
            decoder.end(&mut deltas)?;
            black_box(assembly.into_parts());
            best = best.min(begun.elapsed().as_secs_f64());
        }
        figure("decode", dialect.as_str(), body.len() as f64 / 1e6 / best, "MB/s");
        figure("decode", &format!("{dialect} tokens"), TOKENS as f64 / best / 1e6, "million tokens/s");
    }
    Ok(())
}

fn stream(dialect: Dialect) -> String {
    let pieces = testkit::pieces(TOKENS, 0);
    let sse = |event: Option<&str>, data: serde_json::Value| {
        let event = event.map(|e| format!("event: {e}\n")).unwrap_or_default();
        format!("{event}data: {data}\n\n")
    };
    let all = |one: &dyn Fn(&str) -> String| pieces.iter().map(|p| one(p)).collect::<String>();
    match dialect {
        Dialect::OpenaiChat => {
            let chunk = |delta: serde_json::Value, stop: serde_json::Value| {
                sse(
                    None,
                    json!({"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":delta,"finish_reason":stop}]}),
                )
            };
            all(&|p| chunk(json!({"content": p}), json!(null)))
                + &chunk(json!({}), json!("stop"))
                + "data: [DONE]\n\n"
        }
        Dialect::OpenaiResponses => {
            let delta = |p: &str| {
                let kind = "response.output_text.delta";
                sse(
                    Some(kind),
                    json!({"type":kind,"item_id":"i","output_index":0,"content_index":0,"delta":p}),
                )
            };
            all(&delta)
                + &sse(
                    Some("response.completed"),
                    json!({"type":"response.completed","response":{"status":"completed","output":[]}}),
                )
        }
        Dialect::AnthropicMessages => {
            let event = |kind: &str, mut data: serde_json::Value| {
                data["type"] = json!(kind);
                sse(Some(kind), data)
            };
            event(
                "message_start",
                json!({"message":{"model":"m","usage":{"input_tokens":1,"output_tokens":1}}}),
            ) + &event("content_block_start", json!({"index":0,"content_block":{"type":"text","text":""}}))
                + &all(&|p| {
                    event("content_block_delta", json!({"index":0,"delta":{"type":"text_delta","text":p}}))
                })
                + &event("content_block_stop", json!({"index":0}))
                + &event(
                    "message_delta",
                    json!({"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}),
                )
                + &event("message_stop", json!({}))
        }
        Dialect::Gemini => {
            let chunk = |p: &str, stop: Option<&str>| {
                sse(
                    None,
                    json!({"candidates":[{"content":{"parts":[{"text":p}],"role":"model"},"finishReason":stop,"index":0}]}),
                )
            };
            all(&|p| chunk(p, None)) + &chunk("", Some("STOP"))
        }
        _ => {
            let line = |p: &str, done: bool| {
                format!(
                    "{}\n",
                    json!({"model":"m","message":{"role":"assistant","content":p},"done":done,"done_reason":if done { "stop" } else { "" }})
                )
            };
            all(&|p| line(p, false)) + &line("", true)
        }
    }
}
