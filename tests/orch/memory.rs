//! A key that was removed is gone from memory, and no dump of it is ever written.
#![cfg(target_os = "linux")]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use system_tests::{memory::count_in_memory, orch::Orch, places};
use testkit::{Home, ScriptedProvider};

/// Half of the bytes of a key are enough to know it by.
const KEY: &str = "sk-memory-canary/9f83c1d2e7b64a05";
const PART: &str = "memory-canary/9f83c1d2";
/// How long the guarantee gives.
const WITHIN: Duration = Duration::from_secs(5);

struct Victim(Child);

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How often the key is in that program's memory while it is used, and at last after it was removed.
async fn before_and_after(program: &str) -> (usize, usize) {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    let program = places::program(program).unwrap();
    let folder = home.path().to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        let mut victim = Victim(
            Command::new(program)
                .env_clear()
                .env("ORCHESITY_HOME", &folder)
                .env("HOME", &folder)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        );
        let pid = victim.0.id();
        let mut input = victim.0.stdin.take().unwrap();
        let mut output = BufReader::new(victim.0.stdout.take().unwrap()).lines();
        writeln!(input, "{KEY}").unwrap();
        assert_eq!(output.next().unwrap().unwrap(), "used");
        let before = count_in_memory(pid, PART).unwrap();
        input.write_all(b"!").unwrap();
        assert_eq!(output.next().unwrap().unwrap(), "removed");
        let until = Instant::now() + WITHIN;
        let mut after = count_in_memory(pid, PART).unwrap();
        while after > 0 && Instant::now() < until {
            thread::sleep(Duration::from_millis(200));
            after = count_in_memory(pid, PART).unwrap();
        }
        (before, after)
    });
    let counts = looked.await.unwrap();
    let with_key = |call: &testkit::Call| call.headers.iter().any(|(_, value)| value.contains(KEY));
    assert!(server.log().iter().filter(|call| with_key(call)).count() >= 9, "the key was not used");
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_key_is_gone_from_memory() {
    let (before, after) = before_and_after("key-victim").await;
    assert!(before > 0, "it is looked for in the wrong place");
    assert_eq!(after, 0, "it was there {before} times before");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_memory_is_freed_as_it_is_a_removed_key_is_found() {
    let (_, after) = before_and_after("key-victim-twin").await;
    assert!(after > 0, "the guard is for nothing, or the test looks in the wrong place");
}

#[test]
fn orch_writes_no_dumps() {
    let home = Home::empty().unwrap();
    let mut command = Orch::new(home.path()).unwrap().command(&["providers", "key", "set", "groq"]);
    // It waits for the key.
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let victim = Victim(child);
    let core = || {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", victim.0.id())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap().to_owned();
        line.split_whitespace().skip(4).take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let until = Instant::now() + Duration::from_secs(20);
    while core() != ["1", "1"] && Instant::now() < until {
        thread::sleep(Duration::from_millis(20));
    }
    // One byte: smaller than any dump, and the only size at which Linux starts no handler either.
    assert_eq!(core(), ["1", "1"]);
}
