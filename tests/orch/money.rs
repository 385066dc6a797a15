//! What callers of `orch serve` spend, counted from outside: every call that the provider saw is a line of the
//! ledger, whatever dies; and two processes on one home spend no more than one budget. In CI a short form;
//! `cargo xtask soak ledger budget` is the long one.

use crate::world::{World, world};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use system_tests::process::Process;
use testkit::{Home, ScriptedProvider};
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_mins(1);

fn is_soak() -> bool {
    std::env::var_os("ORCHESITY_SOAK").is_some()
}

/// Numbers that look random and are the same each time (Marsaglia, xorshift).
struct Dice(u64);

impl Dice {
    fn next(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Starts `orch serve` on a free port; where it listens.
fn serve(world: &World, more: &[&str]) -> (Process, String) {
    let process = world.orch.start(&[&["serve", "--port", "0"], more].concat()).unwrap();
    let url = process.stdout.wait_for(PATIENCE, |text| {
        let line = text.lines().next().filter(|_| text.contains('\n'))?;
        Some(serde_json::from_str::<Value>(line).ok()?["url"].as_str()?.to_owned())
    });
    let url = url.unwrap_or_else(|| panic!("not ready: {}", process.stderr.text()));
    (process, url)
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

/// Everything that can become of a call.
const FAULTS: [&str; 16] = [
    "chat/ok?tokens=8",
    "anthropic/ok?tokens=8&gap_ms=5",
    "responses/ok?tokens=8&gap_ms=3",
    "chat/slow?tokens=30",
    "chat/ok?tokens=5&first_ms=150",
    "anthropic/ok?tokens=5&head_ms=150",
    "chat/cut?after=3&tokens=9",
    "anthropic/cut?after=3&tokens=9&how=reset",
    "chat/cut?after=2&tokens=9&how=clean",
    "chat/no-done?tokens=4",
    "chat/malformed?after=2&tokens=6",
    "anthropic/error-event?after=2&tokens=6",
    "chat/429-once?retry_after_ms=10&tokens=4",
    "chat/500-once?tokens=4",
    "chat/reset-before-headers?tokens=4",
    "anthropic/context-too-long?tokens=4",
];

/// One caller: asks something random, reads the answer or leaves in the middle of it; whether it left.
async fn caller(url: String, number: u64, mut dice: Dice) -> bool {
    let model = format!("{}&n={number}", FAULTS[dice.next(FAULTS.len() as u64) as usize]);
    let stream = dice.next(2) == 0;
    let messages = json!([{ "role": "user", "content": format!("question {number}") }]);
    let (path, body) = if dice.next(2) == 0 {
        ("/v1/chat/completions", json!({ "model": model, "messages": messages, "stream": stream }))
    } else {
        ("/v1/messages", json!({ "model": model, "messages": messages, "stream": stream, "max_tokens": 50 }))
    };
    let asked = async {
        if let Ok(response) = client().post(format!("{url}{path}")).json(&body).send().await {
            let _ = response.bytes().await;
        }
    };
    if dice.next(5) == 0 {
        timeout(Duration::from_millis(20 + dice.next(120)), asked).await.is_err()
    } else {
        asked.await;
        false
    }
}

/// Lines of the ledger, when all that processes left behind is in it.
async fn lines(home: &Home, least: usize) -> usize {
    let engine = engine::Engine::open(home.path(), engine::EngineOptions::command()).await.unwrap();
    let (store, _) = store::Store::open(home.path(), store::OpenOptions::default()).await.unwrap();
    let (mut before, mut quiet) = (0, 0);
    for _ in 0..400 {
        let (now, _) = store.attempts().entered().await.unwrap();
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
        if now as usize >= least && quiet > 10 {
            break;
        }
        sleep(Duration::from_millis(25)).await;
    }
    let report = engine.check().await.unwrap();
    assert!(report.ok, "{:?}", report.problems);
    engine.close().await;
    before as usize
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_that_the_provider_saw_is_a_line_of_the_ledger_whatever_dies() {
    let (rounds, callers) = if is_soak() { (200, 10) } else { (3, 8) };
    let world = world().await;
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut number, mut unsure) = (0, 0);
    for round in 0..rounds {
        let (mut process, url) = serve(&world, &["--no-auth"]);
        let calls: Vec<_> = (0..callers)
            .map(|_| {
                number += 1;
                tokio::spawn(caller(url.clone(), number, Dice(dice.next(u64::MAX) | 1)))
            })
            .collect();
        if round % 2 == 1 {
            sleep(Duration::from_millis(dice.next(700))).await;
            // Nobody knows of what was written down then whether it was sent.
            process.signal("KILL").unwrap();
            unsure += calls.iter().filter(|call| !call.is_finished()).count();
            join_all(calls).await;
        } else {
            // What was written down when its caller left, and was not sent yet, is counted too.
            unsure += join_all(calls).await.into_iter().filter(|left| *left.as_ref().unwrap()).count();
            process.signal("TERM").unwrap();
        }
        process.wait(PATIENCE).unwrap();
    }
    let seen = world.server.log().iter().filter(|call| call.method == "POST").count();
    let lines = lines(&world.home, seen).await;
    println!("{number} requests, {seen} calls at the provider, {lines} lines, {unsure} that nobody saw end");
    assert!(seen > number as usize / 2, "{seen} calls of {number} requests");
    assert!((seen..=seen + unsure).contains(&lines), "{seen} calls, {lines} lines, {unsure} unsure");
}

/// Eleven tokens in and twenty out.
const MODEL: &str = "chat/ok?tokens=20";
const CALL_NANO: i64 = 11 * 100_000 + 20 * 1_000_000;

/// A home where a call costs two cents.
async fn priced() -> World {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let prices = format!("[[prices]]\nmodel = {MODEL:?}\ninput = 100\noutput = 1000\n");
    home.write_config(&format!("{config}{prices}")).unwrap();
    let orch = system_tests::orch::Orch::new(home.path()).unwrap();
    World { server, home, orch }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_home_spend_no_more_than_one_budget() {
    let (rounds, usd, callers) = if is_soak() { (100, "1", 64) } else { (1, "0.3", 16) };
    let world = priced().await;
    let (mut one, first) = serve(&world, &[]);
    let (mut two, second) = serve(&world, &[]);
    let http = client();
    for round in 0..rounds {
        let name = format!("round {round}");
        let issue = ["keys", "issue", "--name", &name, "--budget-usd", usd, "--per", "total", "--json"];
        let issued = world.run(&issue).await.json().unwrap();
        let key = issued["key"].as_str().unwrap().to_owned();
        let before = world.server.log().len();
        let asking = (0..callers).map(|caller| {
            let (http, key) = (http.clone(), key.clone());
            let url = format!("{}/v1/chat/completions", if caller % 2 == 0 { &first } else { &second });
            tokio::spawn(async move {
                let body = json!({ "model": MODEL, "max_tokens": 20,
                    "messages": [{ "role": "user", "content": "x".repeat(caller % 9) + "?" }] });
                // Until the budget is gone; a process may not know the key at once.
                for _ in 0..400 {
                    let response = http.post(&url).bearer_auth(&key).json(&body).send().await.unwrap();
                    match response.status().as_u16() {
                        402 => return,
                        200 => drop(response.bytes().await),
                        401 => sleep(Duration::from_millis(50)).await,
                        other => panic!("{other}: {}", response.text().await.unwrap()),
                    }
                }
                panic!("the budget is never gone");
            })
        });
        for asked in join_all(asking).await {
            asked.unwrap();
        }
        let calls = i64::try_from(world.server.log().len() - before).unwrap();
        let cap = (usd.parse::<f64>().unwrap() * 1e9) as i64;
        let spent = calls * CALL_NANO;
        assert!(spent <= cap, "round {round}: {calls} calls cost {spent} of {cap}");
        assert!(spent + 4 * CALL_NANO > cap, "round {round}: only {calls} calls of {cap}");
    }
    for process in [&mut one, &mut two] {
        process.signal("TERM").unwrap();
        process.wait(PATIENCE).unwrap();
    }
    let listed = world.run(&["keys", "list", "--json"]).await;
    let told: i64 = listed
        .lines()
        .unwrap()
        .iter()
        .flat_map(|line| line.as_array().cloned().unwrap_or_else(|| vec![line.clone()]))
        .map(|key| key["budgets"][0]["spentUsd"].as_str().unwrap().parse::<f64>().unwrap())
        .map(|usd| (usd * 1e9).round() as i64)
        .sum();
    let made = i64::try_from(world.server.log().len()).unwrap();
    assert_eq!(told, made * CALL_NANO, "what the keys have spent is what the provider was asked");
    assert_eq!(lines(&world.home, made as usize).await, made as usize);
}

/// A number of `/proc/PID/status`, in KiB.
fn rss_kib(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(f64::NAN)
}

fn open_files(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// By how much of its mean a line through these points rises a minute (least squares).
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / n, y + point.1 / n));
    let (over, under) = points.iter().fold((0.0, 0.0), |(over, under), point| {
        (over + (point.0 - x) * (point.1 - y), under + (point.0 - x).powi(2))
    });
    over / under / y
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_slow_readers_cost_no_more_memory_the_longer_they_read() {
    if !is_soak() {
        println!("skipped: `cargo xtask soak slow-readers` reads for ten minutes");
        return;
    }
    let world = world().await;
    let (process, url) = serve(&world, &["--no-auth"]);
    let readers: Vec<_> = (0..64)
        .map(|number| {
            let url = url.clone();
            tokio::spawn(async move {
                let body = json!({ "model": format!("chat/ok?tokens=200000&seed={number}"), "stream": true,
                    "messages": [{ "role": "user", "content": "go on" }] });
                let http = reqwest::Client::builder().no_proxy().build().unwrap();
                let mut response =
                    http.post(format!("{url}/v1/chat/completions")).json(&body).send().await.unwrap();
                // A piece is some kilobytes; what was not read waits in the sockets.
                while let Ok(Some(piece)) = response.chunk().await {
                    sleep(Duration::from_millis(piece.len() as u64)).await;
                }
            })
        })
        .collect();
    let begun = tokio::time::Instant::now();
    let (mut points, mut files) = (Vec::new(), Vec::new());
    while begun.elapsed() < Duration::from_mins(10) {
        sleep(Duration::from_secs(10)).await;
        if begun.elapsed() > Duration::from_mins(2) {
            points.push((begun.elapsed().as_secs_f64() / 60.0, rss_kib(process.id())));
            files.push(open_files(process.id()));
        }
    }
    assert!(readers.iter().all(|reader| !reader.is_finished()), "a reader came to the end");
    let rises = slope(&points);
    println!("{:.1} % a minute, {:?} KiB at the end, {files:?} files", rises * 100.0, points.last());
    assert!(rises <= 0.01, "{points:?}");
    assert_eq!(files.iter().min(), files.iter().max(), "{files:?}");
}
