//! Real answers of Gemini's and Ollama's models, to callers of other shapes: read off the recordings without our
//! decoders, and off what comes out. Where the recordings are absent this says so and passes.

use crate::canned::Canned;
use crate::wire::{Heard, Shape};
use serde_json::Value;
use std::{fs, path::Path};

#[derive(Debug, Default)]
struct Case {
    id: String,
    provider: &'static str,
    kind: &'static str,
    stream: bool,
    body: String,
    text: String,
    /// Names and arguments.
    calls: Vec<(String, Value)>,
    stop: &'static str,
    /// Input with what was cached, what was cached, and output with thoughts.
    usage: Option<(u64, u64, u64)>,
}

impl Case {
    fn read(recorded: &Value) -> Option<Self> {
        let (provider, stream) = match recorded["dialect"].as_str()? {
            "google-generate" => ("gemini", "text/event-stream"),
            "ollama-chat" => ("ollama", "application/x-ndjson"),
            _ => return None,
        };
        if recorded["response"]["status"] != 200 {
            return None;
        }
        let is_stream = recorded["stream"] == true;
        let tags: Vec<&str> = recorded["tags"].as_array()?.iter().filter_map(Value::as_str).collect();
        let stops = [
            ("F-stop", "stop"),
            ("F-length", "length"),
            ("F-tool_calls", "tools"),
            ("F-content_filter", "filter"),
        ];
        let mut case = Self {
            id: recorded["id"].as_str()?.to_owned(),
            provider,
            kind: if is_stream { stream } else { "application/json" },
            stream: is_stream,
            body: recorded["response"]["body_text"].as_str()?.to_owned(),
            stop: stops.iter().find(|(tag, _)| tags.contains(tag))?.1,
            ..Self::default()
        };
        let lines: Vec<&str> = if is_stream { case.body.lines().collect() } else { vec![&case.body] };
        let values = lines.into_iter().map(|line| line.strip_prefix("data:").unwrap_or(line).trim());
        let values: Vec<Value> = values.filter_map(|line| serde_json::from_str(line).ok()).collect();
        // One was recorded as a list of what would else be events.
        let each = values
            .iter()
            .flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
        for value in each {
            if provider == "gemini" { case.candidate(value) } else { case.line(value) }
        }
        Some(case)
    }

    fn candidate(&mut self, value: &Value) {
        for part in value["candidates"][0]["content"]["parts"].as_array().into_iter().flatten() {
            if part["thought"] != true {
                self.text.push_str(part["text"].as_str().unwrap_or_default());
            }
            if let Some(name) = part["functionCall"]["name"].as_str() {
                self.calls.push((name.to_owned(), part["functionCall"]["args"].clone()));
            }
        }
        let counts = &value["usageMetadata"];
        let count = |name: &str| counts[name].as_u64().unwrap_or(0);
        if let Some(total) = counts["totalTokenCount"].as_u64() {
            let input = count("promptTokenCount") + count("toolUsePromptTokenCount");
            self.usage = Some((input, count("cachedContentTokenCount"), total - input));
        }
    }

    fn line(&mut self, value: &Value) {
        self.text.push_str(value["message"]["content"].as_str().unwrap_or_default());
        for call in value["message"]["tool_calls"].as_array().into_iter().flatten() {
            let function = &call["function"];
            self.calls.push((function["name"].as_str().unwrap().to_owned(), function["arguments"].clone()));
        }
        if let (Some(input), Some(output)) =
            (value["prompt_eval_count"].as_u64(), value["eval_count"].as_u64())
        {
            self.usage = Some((input, 0, output));
        }
    }
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let mut cases = Vec::new();
    for provider in ["google", "google-vertex", "ollama"] {
        for file in fs::read_dir(folder.join(provider)).into_iter().flatten().flatten() {
            let recorded: Value = serde_json::from_str(&fs::read_to_string(file.path()).unwrap()).unwrap();
            cases.extend(Case::read(&recorded));
        }
    }
    cases
}

#[tokio::test]
async fn recorded_answers_of_gemini_and_ollama_reach_callers_of_other_shapes_whole() {
    let cases = cases();
    if cases.is_empty() {
        println!("skipped: there is no ../shared/recordings beside this checkout");
        return;
    }
    assert!(cases.len() >= 20, "{}", cases.len());
    let canned = Canned::new().await;
    for case in &cases {
        for shape in [Shape::Chat, Shape::Responses, Shape::Messages] {
            for split in if case.stream { &[0, 7][..] } else { &[0] } {
                let what = format!("{shape:?} from {} in pieces of {split}", case.id);
                canned.say_in_pieces(case.kind, &case.body, *split);
                let (path, body) = shape.question(&format!("{}/m", case.provider), case.stream);
                let response = canned.post(&path, body.to_string()).send().await.unwrap();
                let heard = Heard::read(shape, response).await;
                assert_eq!((heard.status, heard.error.as_ref()), (200, None), "{what}: {heard:?}");
                assert_eq!((heard.stop, heard.closed), (Some(case.stop), true), "{what}: {heard:?}");
                assert_eq!(heard.text, case.text, "{what}");
                let calls: Vec<_> =
                    heard.calls.iter().map(|(_, name, args)| (name.clone(), args.clone())).collect();
                assert_eq!(calls, case.calls, "{what}");
                let ids: Vec<&String> = heard.calls.iter().map(|(id, ..)| id).collect();
                assert!(
                    ids.iter().enumerate().all(|(at, id)| !id.is_empty() && !ids[..at].contains(id)),
                    "{what}: {ids:?}"
                );
                if let Some((input, cached, output)) = case.usage {
                    // Anthropic's count of the input leaves out what was cached.
                    let input = if shape == Shape::Messages { input - cached } else { input };
                    assert_eq!(heard.usage, Some((input, output)), "{what}");
                }
            }
        }
    }
}
