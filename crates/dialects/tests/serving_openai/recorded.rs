//! Answers of real providers, where the folder with them is present: each is decoded, said in each of
//! OpenAI's shapes, and read back by the decoder of that shape.

use crate::{CALLERS, head, said_in};
use dialects::{
    Assembly, Delta, decoder,
    serving::{Asked, Caller, Choice, Whole, encoder, whole},
};
use domain::{Dialect, Part, Stop, Usage};
use serde_json::Value;
use std::path::Path;

fn recordings() -> Vec<(String, Vec<Delta>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let Ok(providers) = std::fs::read_dir(folder) else {
        println!("no recordings beside the repository: nothing was replayed");
        return Vec::new();
    };
    let mut files: Vec<_> = providers
        .filter_map(|entry| std::fs::read_dir(entry.unwrap().path()).ok())
        .flat_map(|files| files.map(|file| file.unwrap().path()))
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    files
        .iter()
        .filter_map(|file| answer(&serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()))
        .collect()
}

/// The deltas of a whole answer.
fn answer(case: &Value) -> Option<(String, Vec<Delta>)> {
    let dialect = match case["dialect"].as_str()? {
        "openai-chat" => Dialect::OpenaiChat,
        "openai-responses" => Dialect::OpenaiResponses,
        "anthropic-messages" => Dialect::AnthropicMessages,
        "google-generate" => Dialect::Gemini,
        "ollama-chat" => Dialect::Ollama,
        _ => return None,
    };
    let mut decoder = decoder(dialect, case["stream"].as_bool()?);
    let mut deltas = Vec::new();
    decoder.feed(case["response"]["body_text"].as_str()?.as_bytes(), &mut deltas).ok()?;
    decoder.end(&mut deltas).ok()?;
    Some((case["id"].as_str()?.to_owned(), deltas))
}

fn folded(deltas: &[Delta]) -> Assembly {
    let mut assembly = Assembly::new();
    for delta in deltas {
        assembly.push(delta.clone(), &mut Vec::new());
    }
    assembly
}

fn streamed(caller: Caller, asked: &Asked, deltas: &[Delta]) -> Vec<u8> {
    let mut encoder = encoder(caller, &head(), asked, false);
    let mut out = Vec::new();
    encoder.begin(&mut out);
    for delta in deltas {
        let before = out.len();
        encoder.delta(delta, &mut out);
        assert!(
            out.len() > before || !matches!(delta, Delta::Text(text) if !text.is_empty()),
            "text is not held back"
        );
    }
    encoder.end(&mut out);
    out
}

/// What has to come through.
#[derive(Debug, PartialEq)]
struct Meaning {
    text: String,
    thoughts: String,
    calls: Vec<(String, String, String)>,
    stop: Option<Stop>,
    /// Input, output, and the cached and reasoning shares.
    usage: [u32; 4],
}

fn meaning(caller: Caller, assembly: &Assembly) -> Meaning {
    let mut meaning = Meaning {
        text: String::new(),
        thoughts: String::new(),
        calls: Vec::new(),
        stop: None,
        usage: usage(assembly.usage()),
    };
    for part in assembly.parts() {
        match part {
            Part::Text { text } => meaning.text.push_str(&text),
            Part::Reasoning { text, .. } => meaning.thoughts.push_str(&text),
            Part::ToolCall { id, name, arguments, .. } => meaning.calls.push((id, name, arguments)),
            // Files are told as links, or as sound.
            _ => {}
        }
    }
    // Pieces of thoughts are set apart with blank lines.
    meaning.thoughts.retain(|c| !c.is_whitespace());
    if caller == Caller::OpenaiCompletions {
        meaning.calls.clear();
        meaning.thoughts.clear();
    }
    let stop = match (caller, assembly.stop()) {
        (Caller::OpenaiResponses, Some(Stop::Refusal)) => Stop::Stop,
        (_, Some(Stop::Refusal)) => Stop::ContentFilter,
        (Caller::OpenaiChat, Some(Stop::ToolCalls)) => Stop::ToolCalls,
        (_, Some(stop @ (Stop::Length | Stop::ContentFilter))) => stop,
        _ if !meaning.calls.is_empty() => Stop::ToolCalls,
        _ => Stop::Stop,
    };
    meaning.stop = Some(stop);
    meaning
}

fn usage(usage: Usage) -> [u32; 4] {
    let sum = |counts: [Option<u32>; 3]| counts.into_iter().flatten().sum();
    [
        sum([usage.input, usage.cached_read, usage.cached_write]),
        sum([usage.output, usage.reasoning, None]),
        usage.cached_read.unwrap_or(0),
        usage.reasoning.unwrap_or(0),
    ]
}

fn read_back(caller: Caller, bytes: &[u8], stream: bool, id: &str) -> Assembly {
    let mut decoder = decoder(said_in(caller), stream);
    let mut deltas = Vec::new();
    for piece in bytes.chunks(97) {
        decoder.feed(piece, &mut deltas).unwrap_or_else(|error| panic!("{id} {caller:?}: {error}"));
    }
    decoder.end(&mut deltas).unwrap_or_else(|error| panic!("{id} {caller:?}: {error}"));
    folded(&deltas)
}

#[test]
fn real_answers_survive_in_each_shape() {
    let mut replayed = 0;
    for (id, deltas) in recordings() {
        let assembly = folded(&deltas);
        let files =
            assembly.parts().iter().any(|part| matches!(part, Part::Image { .. } | Part::File { .. }));
        for caller in CALLERS {
            let asked = Asked { usage_wanted: true, choices: 1, ..Asked::default() };
            let mut expected = meaning(caller, &assembly);
            let choices = [Choice { parts: assembly.parts(), stop: assembly.stop().unwrap() }];
            let bytes = whole(
                caller,
                &Whole { head: &head(), asked: &asked, choices: &choices, usage: assembly.usage() },
            );
            for (bytes, stream) in [(streamed(caller, &asked, &deltas), true), (bytes, false)] {
                let came = read_back(caller, &bytes, stream, &id);
                assert_eq!(came.served(), Some("served"), "{id}");
                let came = meaning(caller, &came);
                if files {
                    expected.text.clone_from(&came.text);
                }
                assert_eq!(came, expected, "{id} {caller:?} stream: {stream}");
            }
            replayed += 1;
        }
    }
    println!("{replayed} answers were said");
}

/// Every event of a response is numbered, about an item that was announced, and the end repeats it all.
#[test]
fn events_of_responses_are_in_order() {
    for (id, deltas) in recordings() {
        let bytes = streamed(Caller::OpenaiResponses, &Asked::default(), &deltas);
        let text = String::from_utf8(bytes).unwrap();
        let (mut items, mut done): (Vec<String>, Vec<Value>) = (Vec::new(), Vec::new());
        let mut last = Value::Null;
        for (number, event) in text.trim_end().split("\n\n").enumerate() {
            let (name, data) = event.split_once('\n').unwrap();
            let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            assert_eq!(data["sequence_number"], number, "{id}");
            assert_eq!(name.strip_prefix("event: "), data["type"].as_str(), "{id}");
            match data["type"].as_str().unwrap() {
                "response.output_item.added" => {
                    assert_eq!(data["output_index"], items.len(), "{id}");
                    items.push(data["item"]["id"].as_str().unwrap().to_owned());
                    done.push(Value::Null);
                }
                "response.output_item.done" => {
                    let place = data["output_index"].as_u64().unwrap() as usize;
                    assert_eq!(data["item"]["id"], items[place], "{id}");
                    done[place] = data["item"].clone();
                }
                _ => {
                    if let Some(item) = data["item_id"].as_str() {
                        assert_eq!(items[data["output_index"].as_u64().unwrap() as usize], item, "{id}");
                    }
                }
            }
            last = data;
        }
        assert!(
            ["response.completed", "response.incomplete"].contains(&last["type"].as_str().unwrap()),
            "{id}"
        );
        assert_eq!(last["response"]["output"], Value::Array(done), "{id}");
    }
}

#[test]
fn a_few_real_answers_as_they_are_said() {
    let chosen = [
        "openai-responses-span-hierarchy-with-tools",
        "anthropic-messages-anthropic-tool-with-thinking",
        "openai-chat-finish-reasons-testfinishreasondeduplication-test-streaming-deduplicat-2",
    ];
    for (id, deltas) in recordings().into_iter().filter(|(id, _)| chosen.contains(&id.as_str())) {
        for caller in CALLERS {
            let asked = Asked { usage_wanted: true, ..Asked::default() };
            let said = String::from_utf8(streamed(caller, &asked, &deltas)).unwrap();
            insta::assert_snapshot!(format!("{id}--{caller:?}"), said);
        }
    }
}
