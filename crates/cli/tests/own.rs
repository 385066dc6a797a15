//! `orch models own` and the answers to prices that wait, as somebody types them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

const BEFORE: &str = "# mine\n[[providers]]\nid = \"box\" # below the desk\ndialect = \"openai-chat\"\n\
    base_url = \"http://127.0.0.1:9/v1\"\nkey = \"none\"\n";

fn orch(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orch"));
    command.args(arguments).env_clear().env("ORCHESITY_HOME", home).env("HOME", home);
    command.stdin(Stdio::null()).output().unwrap()
}

fn told(output: Output) -> Vec<Value> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn refused(output: &Output, said: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains(said), "{output:?}");
}

#[test]
fn own_models_and_prices_are_set_listed_and_removed_and_the_file_keeps_its_comments() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    fs::write(&config, BEFORE).unwrap();
    let own = |arguments: &[&str]| orch(home.path(), &[&["models", "own"], arguments].concat());
    assert!(told(own(&["--json"])).is_empty());

    let set = [
        "set",
        "box/tuned-r7",
        "--name",
        "Tuned",
        "--context-window",
        "131072",
        "--can",
        "tools,json",
        "--json",
    ];
    let said = told(own(&set)).remove(0);
    assert_eq!((&said["model"], &said["contextWindow"]), (&json!("box/tuned-r7"), &json!(131_072)));
    // What is not said again stays as it was said.
    let said = told(own(&[
        "set",
        "box/tuned-r7",
        "--input",
        "0.25",
        "--output",
        "1",
        "--cannot",
        "vision",
        "--json",
    ]));
    assert_eq!(said[0]["name"], "Tuned");
    assert_eq!((&said[0]["prices"]["input"], &said[0]["prices"]["output"]), (&json!("0.25"), &json!("1")));
    let can = &said[0]["capabilities"];
    assert_eq!(
        (&can["tools"], &can["vision"], &can["reasoning"]),
        (&json!(true), &json!(false), &Value::Null)
    );
    // A price of a model that lists have, at every provider.
    told(own(&["set", "gpt-5.4", "--input", "2", "--output", "10", "--json"]));
    assert_eq!(told(own(&["--json"])).len(), 2);
    let table = own(&[]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(table.contains("box/tuned-r7") && table.contains("not vision, tools, json"), "{table}");
    let shown = told(orch(home.path(), &["models", "box/tuned-r7", "--json"]));
    assert_eq!(
        (shown.len(), &shown[0]["contextWindow"]),
        (1, &json!(131_072)),
        "it can be asked from then on"
    );

    let text = fs::read_to_string(&config).unwrap();
    assert!(text.starts_with("# mine\n") && text.contains("# below the desk"), "{text}");
    assert_eq!(told(own(&["remove", "box/tuned-r7", "--json"])), [json!({ "removed": "box/tuned-r7" })]);
    told(own(&["remove", "gpt-5.4", "--json"]));
    assert!(told(own(&["--json"])).is_empty());
    assert!(!fs::read_to_string(&config).unwrap().contains("tuned-r7"));
}

#[test]
fn what_says_nothing_or_names_nobody_is_refused_and_nothing_is_written() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    fs::write(&config, BEFORE).unwrap();
    let own = |arguments: &[&str]| orch(home.path(), &[&["models", "own"], arguments].concat());
    refused(&own(&["set", "gpt-5.4"]), "say something");
    refused(&own(&["set", "nobody/x", "--input", "1"]), "provider");
    refused(&own(&["set", "box/x", "--output", "1"]), "what input costs");
    refused(&own(&["set", "box/x", "--input", "cheap"]), "cheap");
    refused(&own(&["set", "box/x", "--can", "tools", "--cannot", "tools"]), "both");
    refused(&own(&["set", "box/x", "--can", "fly"]), "fly");
    refused(&own(&["remove", "box/x"]), "box/x");
    assert_eq!(fs::read_to_string(&config).unwrap(), BEFORE);
}

#[test]
fn a_price_that_waits_is_refused_or_taken_over() {
    let home = tempfile::tempdir().unwrap();
    let sync = |price: f64| {
        let row = json!({ "litellm_provider": "openai", "mode": "chat", "input_cost_per_token": price,
            "output_cost_per_token": price });
        let path = home.path().join("list.json");
        fs::write(&path, json!({ "openai/zebra-1": row, "openai/zebra-2": row }).to_string()).unwrap();
        told(orch(home.path(), &["models", "sync", "--json", "--from", path.to_str().unwrap()]));
    };
    let held =
        |arguments: &[&str]| told(orch(home.path(), &[&["models", "held", "--json"], arguments].concat()));
    sync(1e-6);
    sync(5e-5);
    let waiting = held(&[]);
    assert_eq!(waiting.len(), 2);
    let first =
        format!("{}/{}", waiting[0]["provider"].as_str().unwrap(), waiting[0]["model"].as_str().unwrap());
    assert_eq!(held(&["--refuse", &first]), [json!({ "refused": 1 })]);
    assert_eq!(held(&[]).len(), 1);
    sync(5e-5);
    assert_eq!(held(&[]).len(), 1, "the list says the same as when it was refused");
    assert_eq!(held(&["--accept-all"]), [json!({ "accepted": 1 })]);
    assert!(held(&[]).is_empty());
    let both = ["models", "held", "--accept-all", "--refuse-all"];
    refused(&orch(home.path(), &both), "cannot be used with");
}
