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

#[test]
fn what_requests_would_cost_is_printed_for_each_model_the_cheapest_first() {
    let home = tempfile::tempdir().unwrap();
    let price = |more: &[&str]| {
        let load =
            ["models", "price", "gpt-4o", "gpt-4o-mini", "--input", "1000000", "--output", "0", "--json"];
        good(orch(home.path(), &[&load, more].concat()).output().unwrap())
    };
    let told = |lines: &[Value], what: &str| {
        lines.iter().map(|one| (one["offer"]["id"].clone(), one["cost"][what].clone())).collect::<Vec<_>>()
    };
    let both =
        |mini: &str, big: &str| vec![(json!("gpt-4o-mini"), json!(mini)), (json!("gpt-4o"), json!(big))];
    assert_eq!(told(&price(&[]), "all"), both("0.15", "2.5"));
    assert_eq!(told(&price(&["--requests", "1000"]), "all"), both("150", "2500"));
    assert_eq!(told(&price(&["--requests", "1000"]), "one"), both("0.15", "2.5"));
    assert_eq!(told(&price(&["--cached", "1000000"]), "all"), both("0.075", "1.25"));
    let in_batches = price(&["--batch"]);
    assert_eq!(told(&in_batches, "all"), both("0.075", "1.25"));
    let plain = orch(home.path(), &["models", "price", "gpt-4o-mini", "--input", "1000000", "--output", "0"]);
    let plain = String::from_utf8({ plain }.output().unwrap().stdout).unwrap();
    assert!(plain.starts_with("MODEL") && plain.contains("$0.15"), "{plain}");
    let nobody =
        orch(home.path(), &["models", "price", "---", "--input", "1", "--output", "1"]).output().unwrap();
    assert!(!nobody.status.success() && !nobody.stderr.is_empty());
    let shown = orch(home.path(), &["models", "show", "gpt-4o-mini"]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("released 2024-07") && shown.contains("in batches $0.075 / $0.3"), "{shown}");
}
