//! The catalog under `kill -9`: what was known, or what is new, and nothing between.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

/// Enough that taking the list takes a while.
const MODELS: usize = 2_000;

fn orch(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orch"));
    command.args(arguments).env_clear().env("ORCHESITY_HOME", home).env("HOME", home);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn good(output: Output) -> Vec<Value> {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A list of many models at one price.
fn list(folder: &Path, name: &str, price: f64) -> String {
    let row = json!({ "litellm_provider": "openai", "mode": "chat", "input_cost_per_token": price,
        "output_cost_per_token": price });
    let all: serde_json::Map<String, Value> =
        (0..MODELS).map(|at| (format!("openai/zebra-{at}"), row.clone())).collect();
    let path = folder.join(name);
    std::fs::write(&path, Value::from(all).to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_process_that_is_killed_while_it_takes_a_list_leaves_the_old_or_the_new_one_whole() {
    let home = tempfile::tempdir().unwrap();
    let lists = [list(home.path(), "a.json", 2e-6), list(home.path(), "b.json", 3e-6)];
    let sync = |at: usize| orch(home.path(), &["models", "sync", "--json", "--from", &lists[at % 2]]);
    let began = Instant::now();
    good(sync(0).output().unwrap());
    let whole = began.elapsed();
    let mut seen = BTreeSet::new();
    let rounds = if std::env::var_os("ORCHESITY_SOAK").is_some() { 200 } else { 8 };
    for round in 1..=rounds {
        let mut child = sync(round).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(f64::from(round as u32 % 8) / 8.0).max(Duration::from_millis(1)));
        child.kill().unwrap();
        child.wait().unwrap();
        let shown = good(orch(home.path(), &["models", "search", "zebra-", "--json"]).output().unwrap());
        assert_eq!(shown.len(), MODELS, "round {round}");
        let prices: BTreeSet<String> = shown.iter().map(|one| one["prices"]["input"].to_string()).collect();
        assert!(prices.len() == 1 && !prices.contains("null"), "round {round}: {prices:?}");
        seen.extend(prices);
    }
    assert!(seen.len() <= 2, "{seen:?}");
    good(orch(home.path(), &["check", "--json"]).output().unwrap());
}
