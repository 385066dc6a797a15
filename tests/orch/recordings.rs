//! Recorded provider traffic through the whole of `orch`, as a user's providers would send it:
//! whole, and in three-byte pieces. The recordings and their server lie beside the checkout; where
//! they are absent this says so and passes.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use system_tests::{orch::Orch, places, process::Process};
use testkit::Home;

/// Bodies longer than this are not sent in three-byte pieces here: it takes the Python server long.
const SMALL: usize = 24 * 1024;
/// Targets asked by one `orch compare`.
const TOGETHER: usize = 24;

struct Case {
    id: String,
    dialect: &'static str,
    stream: bool,
    status: u64,
    body: String,
}

fn cases(folder: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for provider in fs::read_dir(folder).unwrap().filter_map(Result::ok).filter(|entry| entry.path().is_dir())
    {
        for file in fs::read_dir(provider.path()).unwrap().filter_map(Result::ok) {
            let case: Value = serde_json::from_str(&fs::read_to_string(file.path()).unwrap()).unwrap();
            let dialect = match case["dialect"].as_str().unwrap_or_default() {
                "openai-chat" => "openai-chat",
                "openai-responses" => "openai-responses",
                "anthropic-messages" => "anthropic-messages",
                "google-generate" => "gemini",
                "ollama-chat" => "ollama",
                _ => continue,
            };
            cases.push(Case {
                id: case["id"].as_str().unwrap().to_owned(),
                dialect,
                stream: case["stream"] == true,
                status: case["response"]["status"].as_u64().unwrap(),
                body: case["response"]["body_text"].as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    cases
}

/// The JSON values of a body, however it is framed.
fn values(case: &Case) -> Vec<Value> {
    if !case.stream {
        return Vec::from_iter(serde_json::from_str(&case.body).ok());
    }
    case.body
        .split(['\n', '\r'])
        .map(|line| line.strip_prefix("data:").unwrap_or(line).trim())
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(Value::is_object)
        .collect()
}

/// A text, or the texts of a list of parts.
fn plain(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter(|part| part["type"] == "text")
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => String::new(),
    }
}

/// The visible text that a body holds, read with no help from our own decoders.
fn text_in(case: &Case) -> String {
    // What some recordings hold behind the terminal event is another answer.
    let terminal = |value: &Value| value["type"] == "message_stop";
    let mut all = values(case);
    all.truncate(all.iter().position(terminal).map_or(all.len(), |at| at + 1));
    let texts = all.into_iter().map(|value| match (case.dialect, case.stream) {
        ("openai-chat", stream) => {
            // Of several choices, the first is the answer.
            let choices = value["choices"].as_array().cloned().unwrap_or_default();
            let first = choices.into_iter().find(|choice| choice["index"].as_u64().unwrap_or(0) == 0);
            let said = first.unwrap_or_default()[if stream { "delta" } else { "message" }].take();
            plain(&said["content"]) + said["refusal"].as_str().unwrap_or_default()
        }
        ("openai-responses", true) => match value["type"].as_str() {
            Some("response.output_text.delta" | "response.refusal.delta") => plain(&value["delta"]),
            _ => String::new(),
        },
        ("openai-responses", false) => {
            let items = value["output"].as_array().cloned().unwrap_or_default();
            let parts = items.iter().flat_map(|item| item["content"].as_array().cloned().unwrap_or_default());
            parts
                .filter(|part| part["type"] == "output_text")
                .map(|part| part["text"].as_str().unwrap_or_default().to_owned())
                .collect()
        }
        ("anthropic-messages", true) => match value["delta"]["type"].as_str() {
            Some("text_delta") => plain(&value["delta"]["text"]),
            _ => String::new(),
        },
        ("anthropic-messages", false) => plain(&value["content"]),
        ("gemini", _) => {
            let parts = value["candidates"][0]["content"]["parts"].as_array().cloned().unwrap_or_default();
            let visible = parts.iter().filter(|part| part["thought"] != true);
            visible.filter_map(|part| part["text"].as_str()).collect()
        }
        _ => plain(&value["message"]["content"]),
    });
    texts.collect()
}

/// What `orch` says of each case, by its id.
fn ask(cases: &[&Case], server: &str, options: &str) -> BTreeMap<String, Value> {
    let mut config = "[engine]\nmax_attempts = 1\n\n".to_owned();
    for (number, case) in cases.iter().enumerate() {
        let v1 = if case.dialect.starts_with("openai") { "/v1" } else { "" };
        writeln!(
            config,
            "[[providers]]\nid = \"c{number}\"\ndialect = \"{}\"\nbase_url = \"{server}/case/{}{options}{v1}\"\nkey = \"none\"\nmodels = [\"m\"]\n",
            case.dialect, case.id
        )
        .unwrap();
    }
    let home = Home::with_config(&config).unwrap();
    let orch = Orch::new(home.path()).unwrap();
    let mut found = BTreeMap::new();
    for stream in [true, false] {
        let chosen: Vec<String> = (cases.iter().enumerate())
            .filter(|(_, case)| case.stream == stream)
            .map(|(number, _)| format!("c{number}/m"))
            .collect();
        for group in chosen.chunks(TOGETHER) {
            let mut arguments = vec!["compare", "--json", "hello"];
            arguments.extend(group.iter().flat_map(|target| ["-m", target]));
            arguments.extend((!stream).then_some("--no-stream"));
            let finished = orch.run(&arguments).unwrap();
            let lines = finished.lines().unwrap();
            assert_eq!(lines.len(), group.len(), "{}", finished.stderr);
            for line in lines {
                let target = line["target"].as_str().unwrap();
                let number: usize =
                    target.trim_start_matches('c').split('/').next().unwrap().parse().unwrap();
                found.insert(cases[number].id.clone(), line);
            }
        }
    }
    assert_eq!(orch.check().unwrap()["ok"], true);
    found
}

/// What must not depend on how bytes are split.
fn essence(line: &Value) -> [&Value; 7] {
    ["state", "text", "reasoning", "toolCalls", "stop", "usage", "error"].map(|key| &line[key])
}

#[test]
fn recorded_answers_come_through_whole_and_in_three_byte_pieces() {
    let (Some(recordings), Some(script)) =
        (places::shared("recordings"), places::shared("replay/replay_server.py"))
    else {
        return;
    };
    let mut command = Command::new("python3");
    command.arg("-u").arg(script).arg("--dir").arg(&recordings).args(["--port", "0"]);
    let Ok(replay) = Process::start(&mut command) else {
        // `cargo xtask test` has installed it: there, skipping would hide that nothing was replayed.
        assert!(std::env::var_os("ORCHESITY_E2E").is_none(), "python3 is not installed");
        println!("skipped: python3 is not installed");
        return;
    };
    let ready = replay.stdout.wait_for(Duration::from_secs(30), |text| {
        let line = text[..text.find('\n')?].strip_prefix("READY ")?;
        line.split_whitespace().next().map(str::to_owned)
    });
    let server = ready.expect("the replay server did not start");

    let cases = cases(&recordings);
    let begun = Instant::now();
    let whole = ask(&cases.iter().collect::<Vec<_>>(), &server, "");
    println!("{} recordings replayed whole in {:?}", whole.len(), begun.elapsed());
    assert_eq!(whole.len(), cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let line = &whole[&case.id];
        let good = line["state"] == "complete";
        if case.status >= 400 && (good || !line["error"]["kind"].is_string()) {
            wrong.push(format!("{}: status {} came out as {line}", case.id, case.status));
        }
        if good && line["text"] != text_in(case) {
            wrong.push(format!("{}: the body says {:?}, `orch` {line}", case.id, text_in(case)));
        }
        if !good && case.status < 400 {
            println!("{}: {} ({})", case.id, line["error"]["message"], line["error"]["kind"]);
        }
    }
    let small: Vec<&Case> = cases.iter().filter(|case| case.body.len() <= SMALL).collect();
    let begun = Instant::now();
    let split = ask(&small, &server, ";chunk=3");
    println!("{} recordings replayed in 3-byte pieces in {:?}", split.len(), begun.elapsed());
    for (id, line) in &split {
        if essence(line) != essence(&whole[id]) {
            wrong.push(format!("{id}: in pieces {line}\n  whole {}", whole[id]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
