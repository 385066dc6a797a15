//! What the gateway adds to a call: beside the call itself, and beside a bare pass-through, in one run.
//!
//! The tools are those of `../shared/bench` (a stand-in for a provider, the pass-through, a client that
//! measures), which are not part of this checkout: other gateways were measured with the same ones. `orch serve`
//! runs as it ships, with a key that has a budget, limits, and everything captured; what it billed is compared
//! with what the stand-in was asked.

use crate::{Done, figure, processes::Family, quantile};
use serde_json::{Value, json};
use std::{
    error::Error,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use system_tests::places;

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Prices of the stand-in's models, in US dollars per million tokens.
const PRICES: (u32, u32) = (3, 15);
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn run() -> Done {
    let tools = Tools::build()?;
    let mock = Started::new(&tools.mock, "MOCK_PORT", &[])?;
    let upstream = format!("127.0.0.1:{}", mock.port);
    let floor = Started::new(&tools.floor, "FLOOR_PORT", &[("FLOOR_UPSTREAM", &upstream)])?;
    let home = tempfile::tempdir()?;
    let key = prepare(home.path(), mock.port)?;
    let ours = Serving::start(home.path())?;
    figure("gateway", "orch serve: from its start to its first answer, fresh home", ours.ready_ms, "ms");
    thread::sleep(Duration::from_secs(2));
    figure("gateway", "orch serve: memory idle", ours.megabytes()?, "MB");

    let file = home.path().join("targets.json");
    let models = |prefix: &str| {
        json!({ "plain": format!("{prefix}mock"), "slow": format!("{prefix}mock@delay_ms=50"),
                "burst": format!("{prefix}mock@chunks=500"), "paced": format!("{prefix}mock@chunks=50,gap_ms=10") })
    };
    let chat = |port: u16| format!("http://127.0.0.1:{port}/v1/chat/completions");
    let targets = json!([
        { "name": "direct", "url": chat(mock.port), "pid": mock.child.id(), "models": models("") },
        { "name": "floor", "url": chat(floor.port), "pid": floor.child.id(), "models": models("") },
        { "name": "ours", "url": format!("{}/v1/chat/completions", ours.url), "pid": ours.child.id(),
          "models": models("mock/"), "headers": { "authorization": format!("Bearer {key}") } },
    ]);
    fs::write(&file, targets.to_string())?;
    let measure = |words: &[&str]| tools.measure(&file, words);

    let lines = measure(&["latency", "plain", "requests=600", "warmup=100"])?;
    let added = |name: &str, at: &str| number(&lines, name, &["added_ms_paired", at]);
    for name in ["floor", "ours"] {
        figure("gateway", &format!("{name}: added, back to back, p50"), added(name, "p50")?, "ms");
        figure("gateway", &format!("{name}: added, back to back, p99"), added(name, "p99")?, "ms");
    }

    let lines = measure(&["load", "plain", "clients=16", "seconds=4", "rounds=3"])?;
    let of = |name: &str, what: &str| median(&lines, name, &[what]);
    for name in ["direct", "floor", "ours"] {
        figure("gateway", &format!("{name}: 16 clients"), of(name, "rps")?, "requests/s");
    }
    for name in ["floor", "ours"] {
        figure("gateway", &format!("{name}: CPU per 1,000 requests"), of(name, "cpu_s_per_1000")?, "s");
    }
    figure("gateway", "throughput, ours / floor", of("ours", "rps")? / of("floor", "rps")?, "x");
    figure(
        "gateway",
        "CPU, ours / floor",
        of("ours", "cpu_s_per_1000")? / of("floor", "cpu_s_per_1000")?,
        "x",
    );

    let before = ours.cpu()?;
    let settled = ours.settle(home.path())?;
    figure("gateway", "until the spool was empty", settled, "s");
    figure("gateway", "CPU after the load, until then", ours.cpu()? - before, "s");

    let lines = measure(&["load", "slow", "clients=64", "seconds=4", "rounds=2"])?;
    let of = |name: &str, what: &str| median(&lines, name, &[what]);
    figure(
        "gateway",
        "64 clients, 50 ms upstream, ours / direct",
        of("ours", "rps")? / of("direct", "rps")?,
        "x",
    );
    let p50 = |name: &str| median(&lines, name, &["ms", "p50"]);
    figure("gateway", "64 clients, 50 ms upstream, added p50", p50("ours")? - p50("direct")?, "ms");

    let lines = measure(&["stream", "paced", "clients=20", "requests=40", "rounds=3"])?;
    let of = |name: &str, words: &[&str]| median(&lines, name, words);
    for name in ["direct", "floor", "ours"] {
        figure(
            "gateway",
            &format!("{name}: gap of chunks, 20 streams, p99"),
            of(name, &["gap_ms", "p99"])?,
            "ms",
        );
        figure("gateway", &format!("{name}: longest gap of chunks"), of(name, &["gap_ms", "max"])?, "ms");
    }
    let first = of("ours", &["first_ms", "p50"])? - of("direct", &["first_ms", "p50"])?;
    figure("gateway", "20 streams: added to the first token, p50", first, "ms");
    let lines = measure(&["stream", "burst", "clients=1", "requests=40", "rounds=3"])?;
    for name in ["floor", "ours"] {
        let spent = median(&lines, name, &["cpu_ms_per_1000_chunks"])?;
        figure("gateway", &format!("{name}: CPU per 1,000 chunks"), spent, "ms");
    }

    let settled = ours.settle(home.path())?;
    figure("gateway", "until the spool was empty, after streams", settled, "s");
    figure("gateway", "orch serve: memory after all that", ours.megabytes()?, "MB");
    bill(&mock, &ours, home.path(), &key).await
}

/// Calls of which the stand-in's count and ours, and both bills, must be the same.
async fn bill(mock: &Started, ours: &Serving, home: &Path, key: &str) -> Done {
    const CALLS: u32 = 500;
    let spent = |home: PathBuf| async move {
        let engine = engine::Engine::open(&home, engine::EngineOptions::command()).await?;
        let keys = engine.virtual_keys().list().await?;
        engine.close().await;
        let all = keys.iter().flat_map(|key| &key.budgets).map(|budget| budget.spent_usd.0).max();
        Ok::<i64, Box<dyn Error>>(all.unwrap_or(0))
    };
    let (asked, billed) = (mock.served()?, spent(home.to_owned()).await?);
    let mut due = 0;
    for number in 0..CALLS {
        let answer = ours.ask(key, &format!("call {number}"))?;
        let usage = |name: &str| answer["usage"][name].as_i64().ok_or("the stand-in counts no tokens");
        // A dollar per million tokens is a thousand nano-dollars a token.
        due += usage("prompt_tokens")? * i64::from(PRICES.0) * 1_000;
        due += usage("completion_tokens")? * i64::from(PRICES.1) * 1_000;
    }
    ours.settle(home)?;
    let (asked, billed) = (mock.served()? - asked, spent(home.to_owned()).await? - billed);
    figure("gateway", "calls made, beyond those that came", f64::from(asked) - f64::from(CALLS), "calls");
    figure("gateway", "our bill, beyond the stand-in's", (billed - due) as f64 / 1e9, "USD");
    Ok(())
}

/// A home with the stand-in as its provider, and a key that pays for it.
fn prepare(home: &Path, port: u16) -> Fallible<String> {
    let (input, output) = PRICES;
    let models = ["mock", "mock@delay_ms=50", "mock@chunks=500", "mock@chunks=50,gap_ms=10"];
    let prices = models.map(|model| {
        format!("[[prices]]\nmodel = \"mock/{model}\"\ninput = {input}.0\noutput = {output}.0\n")
    });
    let prices = prices.concat();
    let config = format!(
        "[[providers]]\nid = \"mock\"\ndialect = \"openai-chat\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\n\
         key = \"none\"\n{prices}"
    );
    fs::write(home.join("config.toml"), config)?;
    let issued = Command::new(places::program("orch")?)
        .env("ORCHESITY_HOME", home)
        .args(["keys", "issue", "--name", "bench", "--budget-usd", "100000", "--rpm", "100000000", "--json"])
        .output()?;
    let issued: Value = serde_json::from_slice(&issued.stdout)?;
    Ok(issued["key"].as_str().ok_or("no key was issued")?.to_owned())
}

/// The programs of the shared folder.
struct Tools {
    mock: PathBuf,
    floor: PathBuf,
    client: PathBuf,
}

impl Tools {
    fn build() -> Fallible<Self> {
        let folder = places::shared("bench").ok_or("its tools are not here")?;
        let target = places::root().canonicalize()?.join("target/bench-tools");
        for name in ["mock-upstream", "floor-proxy", "load-client"] {
            let built = Command::new("cargo")
                .args(["build", "--release", "--quiet"])
                .current_dir(folder.join(name))
                .env("CARGO_TARGET_DIR", &target)
                .status()?;
            if !built.success() {
                return Err(format!("`{name}` cannot be built").into());
            }
        }
        let of = |name: &str| target.join("release").join(name);
        Ok(Self { mock: of("mock-upstream"), floor: of("floor-proxy"), client: of("load-client") })
    }

    fn measure(&self, targets: &Path, words: &[&str]) -> Fallible<Vec<Value>> {
        let (mode, rest) = words.split_first().ok_or("nothing to measure")?;
        let measured = Command::new(&self.client).arg(mode).arg(targets).args(rest).output()?;
        let lines = String::from_utf8(measured.stdout)?;
        let lines: Vec<Value> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        for line in &lines {
            if line["failed"].as_u64().unwrap_or(0) > 0 {
                return Err(format!("calls failed: {line}").into());
            }
        }
        Ok(lines)
    }
}

/// A program that listens on a port it was given.
struct Started {
    child: Child,
    port: u16,
}

impl Started {
    fn new(program: &Path, variable: &str, more: &[(&str, &str)]) -> Fallible<Self> {
        // Free a moment ago; these programs do not choose for themselves.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(program)
            .env(variable, port.to_string())
            .envs(more.iter().copied())
            .stdout(Stdio::null())
            .spawn()?;
        let started = Self { child, port };
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > until {
                return Err(format!("{} does not listen", program.display()).into());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(started)
    }

    /// How many calls it has answered.
    fn served(&self) -> Fallible<u32> {
        let counts =
            exchange(self.port, "GET /stats HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")?;
        let counts: Value = serde_json::from_str(&counts)?;
        Ok(u32::try_from(counts["served"].as_u64().ok_or("the stand-in does not count")?)?)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `orch serve`.
struct Serving {
    child: Child,
    url: String,
    port: u16,
    ready_ms: f64,
}

impl Serving {
    fn start(home: &Path) -> Fallible<Self> {
        let begun = Instant::now();
        let mut child = Command::new(places::program("orch")?)
            .env("ORCHESITY_HOME", home)
            .args(["serve", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().ok_or("no output")?;
        BufReader::new(out).read_line(&mut line)?;
        let ready_ms = begun.elapsed().as_secs_f64() * 1_000.0;
        let ready: Value = serde_json::from_str(&line)?;
        let url = ready["url"].as_str().ok_or("it did not say where it listens")?.to_owned();
        let port = url.rsplit(':').next().unwrap_or_default().parse()?;
        Ok(Self { child, url, port, ready_ms })
    }

    fn megabytes(&self) -> Fallible<f64> {
        Family::of(self.child.id())?.megabytes()
    }

    fn cpu(&self) -> Fallible<f64> {
        Ok(Family::of(self.child.id())?.cpu_seconds())
    }

    /// Waits until everything that was spooled is stored; in how many seconds.
    fn settle(&self, home: &Path) -> Fallible<f64> {
        let begun = Instant::now();
        let (mut last, mut still) = (self.cpu()?, 0);
        // The file that is being written stays; it is done with when nobody works on it any more.
        while still < 4 {
            thread::sleep(Duration::from_millis(250));
            let now = self.cpu()?;
            still = if now - last < 0.011 { still + 1 } else { 0 };
            last = now;
            if begun.elapsed() > Duration::from_mins(5) {
                let left = fs::read_dir(home.join("spool")).map_or(0, Iterator::count);
                return Err(format!("after five minutes there are {left} spool files").into());
            }
        }
        Ok((begun.elapsed().as_secs_f64() - 1.0).max(0.0))
    }

    fn ask(&self, key: &str, text: &str) -> Fallible<Value> {
        let body =
            json!({ "model": "mock/mock", "messages": [{ "role": "user", "content": text }] }).to_string();
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        );
        Ok(serde_json::from_str(&exchange(self.port, &request)?)?)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of an answer that has a length.
fn exchange(port: u16, request: &str) -> Fallible<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    Ok(body.to_owned())
}

fn at<'a>(line: &'a Value, words: &[&str]) -> &'a Value {
    words.iter().fold(line, |value, word| &value[*word])
}

fn number(lines: &[Value], target: &str, words: &[&str]) -> Fallible<f64> {
    let line = lines.iter().find(|line| line["target"] == target).ok_or("a target was not measured")?;
    at(line, words).as_f64().ok_or_else(|| format!("{target} has no {words:?}").into())
}

fn median(lines: &[Value], target: &str, words: &[&str]) -> Fallible<f64> {
    let mut all: Vec<f64> = lines
        .iter()
        .filter(|line| line["target"] == target)
        .filter_map(|line| at(line, words).as_f64())
        .collect();
    if all.is_empty() {
        return Err(format!("{target} has no {words:?}").into());
    }
    Ok(quantile(&mut all, 0.5))
}
