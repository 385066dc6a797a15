//! `orch route simulate` with a gateway that runs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

fn orch(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orch"));
    command.env_clear().env("ORCHESITY_HOME", home).env("HOME", home);
    command
}

/// A gateway that ends with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(home: &Path) -> (Served, String) {
    let mut command = orch(home);
    command.args(["serve", "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    (Served(child), ready["url"].as_str().unwrap().to_owned())
}

fn simulate(home: &Path, url: &str, key: &str, arguments: &[&str]) -> Output {
    let mut command = orch(home);
    command.args(["route", "simulate", "--url", url]).args(arguments).env("ORCHESITY_KEY", key);
    command.output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn faults_of_a_running_gateway_are_begun_listed_and_ended_with_a_key_that_may() {
    let home = tempfile::tempdir().unwrap();
    let mut issue = orch(home.path());
    issue.args(["keys", "issue", "--name", "faults", "--scope", "/api/v1/routing/*", "--json"]);
    let key = json(&issue.output().unwrap())["key"].as_str().unwrap().to_owned();
    let (_served, url) = serve(home.path());
    let run = |arguments: &[&str]| simulate(home.path(), &url, &key, arguments);

    let begun = json(&run(&[
        "start",
        "simulated",
        "--slow",
        "2s",
        "--for",
        "10m",
        "--share",
        "0.5",
        "--seed",
        "7",
        "--json",
    ]));
    assert_eq!(
        (&begun["what"]["fault"]["type"], &begun["what"]["fault"]["ms"]),
        (&"slow".into(), &2_000.into())
    );
    assert_eq!((&begun["what"]["forMs"], &begun["what"]["seed"]), (&600_000.into(), &7.into()));
    assert!(run(&["start", "simulated/steady", "--down"]).status.success());
    assert_eq!(json(&run(&["list", "--json"])).as_array().unwrap().len(), 2);
    let listed = String::from_utf8(run(&["list"]).stdout).unwrap();
    assert!(listed.contains("simulated/steady") && listed.contains("slow by 2000 ms"), "{listed}");
    let id = begun["id"].to_string();
    assert!(run(&["stop", &id]).status.success());
    assert_eq!(run(&["stop", &id]).status.code(), Some(2), "it is gone already");
    assert_eq!(json(&run(&["stop", "--all", "--json"]))["count"], 1);

    let unknown = run(&["start", "nobody", "--cut", "3"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("`nobody`"), "{unknown:?}");
    let stranger = simulate(home.path(), &url, "ork_none", &["list"]);
    assert_eq!(stranger.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&stranger.stderr).contains("orch keys issue"), "{stranger:?}");
}

#[test]
fn where_no_gateway_runs_it_says_how_to_start_one() {
    let home = tempfile::tempdir().unwrap();
    // A port that was free a moment ago, and that nobody listens at.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    std::fs::write(home.path().join("config.toml"), format!("[gateway]\nport = {port}\n")).unwrap();
    let lost = orch(home.path()).args(["route", "simulate", "list"]).output().unwrap();
    assert_eq!(lost.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&lost.stderr).contains("`orch serve`"), "{lost:?}");
}
