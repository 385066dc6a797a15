//! `orch keys`, as people and scripts run it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

use serde_json::Value;
use std::{
    path::Path,
    process::{Command, Output},
};

fn orch(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orch"));
    command.args(arguments).env_clear().env("ORCHESITY_HOME", home).env("HOME", home);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.output().unwrap()
}

fn json(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_key_is_shown_once_and_is_nowhere_after_that() {
    let home = tempfile::tempdir().unwrap();
    let issue = [
        "keys",
        "issue",
        "--name",
        "aider",
        "--scope",
        "/v1/*",
        "--scope",
        "openai/*,local/*",
        "--budget-usd",
        "1.50",
        "--budget-tokens",
        "1000",
        "--per",
        "day",
        "--rpm",
        "60",
        "--tpm",
        "9000",
        "--parallel",
        "4",
        "--capture",
        "metadata",
        "--expires",
        "30d",
        "--json",
    ];
    let issued = json(&orch(home.path(), &issue)).remove(0);
    assert_eq!(issued.as_object().unwrap().len(), 2);
    let key = issued["key"].as_str().unwrap();
    assert!(key.starts_with("ork_") && key.len() == 68, "{key}");
    let listed = json(&orch(home.path(), &["keys", "list", "--json"])).remove(0);
    assert_eq!(listed["id"], issued["id"]);
    assert_eq!(listed["name"], "aider");
    assert_eq!(listed["state"], "active");
    assert_eq!(listed["publicId"], key[4..16]);
    assert_eq!(listed["scopes"]["targets"], serde_json::json!(["openai/*", "local/*"]));
    assert_eq!(listed["limits"], serde_json::json!({ "rpm": 60, "tpm": 9000, "parallel": 4 }));
    assert_eq!(listed["budgets"][0]["usd"], "1.5");
    assert_eq!(listed["budgets"][0]["spentUsd"], "0");
    assert_eq!(listed["budgets"][0]["period"], "day");
    assert_eq!(listed["capture"], "metadata");
    assert_eq!(listed["createdBy"], "cli");
    assert!(listed["expiresAt"].is_string() && listed["revokedAt"].is_null());
    let table = String::from_utf8(orch(home.path(), &["keys", "list"]).stdout).unwrap();
    assert!(table.contains("$0 of $1.5 a day, 0 of 1000 tokens a day"), "{table}");
    assert!(!table.contains(&key[16..]));
    // Neither in the data nor beside it, in whole or in part.
    for file in walk(home.path()) {
        let bytes = std::fs::read(&file).unwrap();
        for part in [&key[16..], &key[16..24], &key[60..]] {
            let found = bytes.windows(part.len()).any(|window| window == part.as_bytes());
            assert!(!found, "{part} is in {}", file.display());
        }
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}

#[test]
fn a_key_is_revoked_by_its_id_its_public_part_or_its_name() {
    let home = tempfile::tempdir().unwrap();
    let issue = |name: &str| json(&orch(home.path(), &["keys", "issue", "--name", name, "--json"])).remove(0);
    let (one, two, _three) = (issue("one"), issue("two"), issue("three"));
    issue("twin");
    issue("twin");
    let public = &two["key"].as_str().unwrap()[..16];
    for wanted in [one["id"].as_str().unwrap(), public, "three"] {
        let revoked = json(&orch(home.path(), &["keys", "revoke", wanted, "--json"])).remove(0);
        assert_eq!(revoked["revoked"], true, "{wanted}");
    }
    let again = json(&orch(home.path(), &["keys", "revoke", "three", "--json"])).remove(0);
    assert_eq!(again["revoked"], false);
    let both = orch(home.path(), &["keys", "revoke", "twin"]);
    assert_eq!(both.status.code(), Some(2));
    assert!(said(&both).contains("several keys"), "{both:?}");
    let none = orch(home.path(), &["keys", "revoke", "nobody"]);
    assert_eq!(none.status.code(), Some(2));
    let listed = json(&orch(home.path(), &["keys", "list", "--json"]));
    let states: Vec<_> = listed.iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["revoked", "revoked", "revoked", "active", "active"]);
    assert_eq!(json(&orch(home.path(), &["keys", "list", "--active", "--json"])).len(), 2);
}

#[test]
fn what_makes_no_sense_is_said_and_issues_nothing() {
    let home = tempfile::tempdir().unwrap();
    for (wrong, word) in [
        (&["--name", ""][..], "name"),
        (&["--name", "x", "--per", "day"], "--budget-usd"),
        (&["--name", "x", "--budget-usd", "-1"], ""),
        (&["--name", "x", "--budget-usd", "1e3"], "0.25"),
        (&["--name", "x", "--rpm", "0"], "rpm"),
        (&["--name", "x", "--expires", "soon"], "30d"),
        (&["--name", "x", "--expires", "2020-01-01"], "future"),
        (&["--name", "x", "--scope", "a b"], "scope"),
        (&["--name", "x", "--capture", "some"], "metadata"),
        (&["--name", "x", "--per", "year", "--budget-usd", "1"], "month"),
    ] {
        let arguments: Vec<&str> = ["keys", "issue"].into_iter().chain(wrong.iter().copied()).collect();
        let output = orch(home.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {output:?}");
        assert!(said(&output).contains(word), "{wrong:?}: {output:?}");
        assert!(output.stdout.is_empty());
    }
    assert!(json(&orch(home.path(), &["keys", "list", "--json"])).is_empty());
}
