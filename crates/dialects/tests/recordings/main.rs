//! Real traffic of some twenty providers, where the folder with it is present: every chat and
//! model-list case is read whole and in small pieces, and compared with what `oracle` finds in the
//! raw body by simpler means.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod oracle;

use dialects::{Assembly, DialectError, classify_error, decode_models, decoder};
use domain::{Dialect, ErrorKind, Part, Stop, Usage};
use serde_json::Value;
use std::path::{Path, PathBuf};

struct Case {
    id: String,
    dialect: Dialect,
    models: bool,
    stream: bool,
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    tags: Vec<String>,
}

impl Case {
    fn tagged(&self, tag: &str) -> bool {
        self.tags.iter().any(|t| t == tag)
    }
}

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("no recordings beside the repository: nothing was replayed");
    None
}

fn cases() -> Vec<Case> {
    let Some(folder) = folder() else { return Vec::new() };
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
    let text = |pointer: &str| value.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let id = text("/id");
    let provider = text("/provider");
    let (dialect, models) = match text("/dialect").as_str() {
        "openai-chat" => (Dialect::OpenaiChat, false),
        "openai-responses" => (Dialect::OpenaiResponses, false),
        "anthropic-messages" => (Dialect::AnthropicMessages, false),
        "google-generate" => (Dialect::Gemini, false),
        "ollama-chat" => (Dialect::Ollama, false),
        "ollama-other" if id.contains("models") => (Dialect::Ollama, true),
        "models" => match provider.as_str() {
            "anthropic" => (Dialect::AnthropicMessages, true),
            "google" => (Dialect::Gemini, true),
            _ => (Dialect::OpenaiChat, true),
        },
        _ => return None,
    };
    let headers = value["response"]["headers"].as_object().unwrap();
    Some(Case {
        dialect,
        models,
        stream: value["stream"].as_bool().unwrap(),
        status: u16::try_from(value["response"]["status"].as_u64().unwrap()).unwrap(),
        headers: headers
            .iter()
            .map(|(n, v)| (n.to_lowercase(), v.as_str().unwrap_or_default().to_owned()))
            .collect(),
        body: text("/response/body_text"),
        tags: value["tags"].as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_owned()).collect(),
        id,
    })
}

/// What came of an answer.
#[derive(Debug, Clone, PartialEq)]
struct Outcome {
    text: String,
    reasoning: String,
    calls: Vec<(String, String)>,
    stop: Option<Stop>,
    usage: Usage,
    error: Option<ErrorKind>,
    truncated: bool,
}

fn decode(case: &Case, bytes: &[u8], size: usize, stream: bool) -> (Outcome, Vec<Part>) {
    let mut decoder = decoder(case.dialect, stream);
    let mut assembly = Assembly::new();
    let (mut out, mut changes) = (Vec::new(), Vec::new());
    let mut result = bytes.chunks(size.max(1)).try_for_each(|piece| decoder.feed(piece, &mut out));
    if result.is_ok() {
        result = decoder.end(&mut out);
        assert_eq!(result.is_ok(), decoder.finished() && result.is_ok(), "{}", case.id);
    }
    for delta in out {
        assembly.push(delta, &mut changes);
    }
    let (mut text, mut reasoning, mut calls) = (String::new(), String::new(), Vec::new());
    for part in assembly.parts() {
        match part {
            Part::Text { text: t } => text.push_str(&t),
            Part::Reasoning { text: t, .. } => reasoning.push_str(&t),
            Part::ToolCall { id, name, arguments, .. } => {
                assert!(!id.is_empty(), "{}", case.id);
                calls.push((name, arguments));
            }
            _ => {}
        }
    }
    let error = match &result {
        Ok(()) | Err(DialectError::Truncated) => None,
        Err(DialectError::Provider(failure)) => Some(failure.kind),
        Err(other) => panic!("{}: {other}", case.id),
    };
    let truncated = result == Err(DialectError::Truncated);
    let outcome =
        Outcome { text, reasoning, calls, stop: assembly.stop(), usage: assembly.usage(), error, truncated };
    (outcome, assembly.into_parts())
}

/// Calls compare by what their arguments mean, not by their white space.
fn same_calls(left: &[(String, String)], right: &[(String, String)]) -> bool {
    let meaning =
        |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| Value::String(text.to_owned()));
    left.len() == right.len()
        && left.iter().zip(right).all(|(a, b)| a.0 == b.0 && meaning(&a.1) == meaning(&b.1))
}

#[test]
fn every_recorded_answer_says_what_its_raw_body_says() {
    let cases = cases();
    let (mut answers, mut lists, mut errors) = (0, 0, 0);
    let mut wrong = Vec::new();
    for case in &cases {
        if case.status != 200 {
            errors += 1;
            let failure = classify_error(case.dialect, case.status, &case.headers, case.body.as_bytes());
            check_failure(case, &failure);
        } else if case.models {
            lists += 1;
            let models = decode_models(case.dialect, case.body.as_bytes()).unwrap();
            assert_eq!(models.len(), oracle::model_count(&case.body), "{}", case.id);
            assert!(models.iter().all(|model| !model.id.is_empty()), "{}", case.id);
        } else {
            answers += 1;
            if let Err(panic) = std::panic::catch_unwind(|| check_answer(case)) {
                let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                wrong.push(text);
            }
        }
    }
    assert!(wrong.is_empty(), "{} answers were misread:\n{}", wrong.len(), wrong.join("\n"));
    let all = answers + lists + errors;
    println!("replayed {all} recordings: {answers} answers, {lists} model lists, {errors} error bodies");
    assert_eq!(all, cases.len());
}

fn check_answer(case: &Case) {
    let bytes = case.body.as_bytes();
    let (whole, parts) = decode(case, bytes, bytes.len(), case.stream);
    let expected = oracle::read(case.dialect, case.stream, &case.body);
    let id = &case.id;
    assert_eq!(whole.text, expected.text, "text of {id}");
    assert_eq!(whole.reasoning, expected.reasoning, "reasoning of {id}");
    assert!(
        same_calls(&whole.calls, &expected.calls),
        "calls of {id}: {:?} and {:?}",
        whole.calls,
        expected.calls
    );
    assert_eq!(whole.error.is_some(), expected.failed, "error of {id}: {:?}", whole.error);
    assert_eq!(whole.truncated, expected.truncated, "end of {id}");
    assert_eq!(whole.stop, expected.stop, "stop of {id}");
    assert_eq!(whole.usage, expected.usage, "usage of {id}");
    for size in [3, 1, 7, 1000] {
        assert_eq!(
            decode(case, bytes, size, case.stream),
            (whole.clone(), parts.clone()),
            "{id} in pieces of {size}"
        );
    }
    // What the content type promised makes no difference.
    assert_eq!(decode(case, bytes, 5, !case.stream).0, whole, "{id}, promised otherwise");
    check_tags(case, &whole, &parts);
}

/// The tags were found by another program: where they speak, they must agree.
fn check_tags(case: &Case, whole: &Outcome, parts: &[Part]) {
    let id = &case.id;
    let stops: Vec<Stop> = case
        .tags
        .iter()
        .filter_map(|tag| match tag.as_str() {
            "F-stop" => Some(Stop::Stop),
            "F-length" => Some(Stop::Length),
            "F-tool_calls" => Some(Stop::ToolCalls),
            "F-content_filter" => Some(Stop::ContentFilter),
            "F-refusal" => Some(Stop::Refusal),
            "F-other" => Some(Stop::Other),
            _ => None,
        })
        .collect();
    if let ([stop], None, false) = (stops.as_slice(), whole.error, whole.truncated) {
        assert_eq!(whole.stop, Some(*stop), "tagged stop of {id}");
    }
    if whole.error.is_none() && !whole.truncated {
        let several = case.body.matches("event: response.created").count() > 1; // tagged by its last response
        assert!(several || case.tagged("T-call") != whole.calls.is_empty(), "tagged calls of {id}");
        assert_eq!(case.tagged("R-text"), !whole.reasoning.is_empty(), "tagged reasoning of {id}");
        assert_eq!(case.tagged("U-cached"), whole.usage.cached_read.unwrap_or(0) > 0, "tagged cache of {id}");
        assert_eq!(
            case.tagged("U-reason"),
            whole.usage.reasoning.unwrap_or(0) > 0,
            "tagged thinking of {id}"
        );
        assert_eq!(case.tagged("U-none"), whole.usage.is_empty(), "tagged usage of {id}");
    }
    for tag in case.tags.iter().filter_map(|tag| tag.strip_prefix("S-")) {
        let kept = parts.iter().any(|part| matches!(part, Part::Raw { json, .. } if json.contains(tag)));
        assert!(kept, "{id} lost its block `{tag}`");
    }
}

fn check_failure(case: &Case, failure: &domain::Failure) {
    let id = &case.id;
    let expected = match case.status {
        _ if id.contains("content-filter") => ErrorKind::ContentFilter,
        _ if id.contains("insufficient") || id.contains("no-credits") => ErrorKind::Quota,
        400 => ErrorKind::BadRequest,
        401 => ErrorKind::Auth,
        403 => ErrorKind::Permission,
        404 => ErrorKind::NotFound,
        429 => ErrorKind::RateLimited,
        503 | 529 => ErrorKind::Overloaded,
        _ => ErrorKind::Upstream,
    };
    assert_eq!(failure.kind, expected, "{id}: {failure}");
    assert!(!failure.message.is_empty() && !failure.message.starts_with('{'), "{id}: {failure}");
    let header =
        |name: &str| case.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.parse::<f64>().unwrap());
    if let Some(ms) =
        header("retry-after-ms").or_else(|| header("retry-after").map(|seconds| seconds * 1_000.0))
    {
        assert_eq!(failure.retry_after_ms, Some(ms as u32), "{id}");
    }
    if id.contains("retry-info") {
        assert_eq!(failure.retry_after_ms, Some(34_400), "{id}");
    }
}

#[test]
fn a_cut_answer_is_never_complete() {
    let mut cuts = 0;
    for case in cases().iter().filter(|case| case.status == 200 && !case.models) {
        let bytes = case.body.as_bytes();
        let places = (200_000 / bytes.len()).clamp(8, 100);
        let step = (bytes.len() / places).max(1);
        // All of the tail, where the terminal event is, and a spread of the rest.
        let tail = bytes.len().saturating_sub(if places > 20 { 100 } else { 20 });
        let places = (0..tail).step_by(step).chain(tail..bytes.len());
        for at in places {
            cuts += 1;
            let mut decoder = decoder(case.dialect, case.stream);
            let mut out = Vec::new();
            let fed = decoder.feed(&bytes[..at], &mut out);
            let ended = fed.and_then(|()| decoder.end(&mut out));
            let terminal = oracle::terminal_within(case.dialect, case.stream, &case.body, at);
            match ended {
                Ok(()) => assert!(terminal, "{} cut at {at} passed as complete", case.id),
                Err(DialectError::Truncated) => assert!(!terminal, "{} cut at {at} was complete", case.id),
                Err(DialectError::Provider(_)) => {}
                Err(other) => panic!("{} cut at {at}: {other}", case.id),
            }
        }
    }
    println!("cut at {cuts} places");
}
