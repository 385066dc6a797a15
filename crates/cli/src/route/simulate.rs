//! `orch route simulate`: faults in a gateway that runs. They are in its memory alone, so it is asked through its
//! own API; nothing here opens the data file.

use crate::{
    exit::{Exit, Trouble},
    table,
};
use clap::{Args as ClapArgs, Subcommand};
use domain::{Fault, NewSimulation, Simulation, Target};
use providers::Config;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::Value;
use std::{
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

/// Where the key of the gateway is looked for: what is typed is seen by every process.
const VARIABLE: &str = "ORCHESITY_KEY";
/// How long a gateway may take; it only changes a list.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, ClapArgs)]
pub struct SimulateArgs {
    #[command(subcommand)]
    command: SimulateCommand,
    /// The gateway: of `orch serve`, or of the window [default: `[gateway]` of config.toml]
    #[arg(long, global = true, value_name = "URL")]
    url: Option<Url>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum SimulateCommand {
    /// Faults that are simulated now
    List,
    /// Make calls of a provider, or of one of its models, fail for a while
    Start(StartArgs),
    /// End a simulated fault, or all of them
    Stop {
        /// Its number, as `list` has it
        #[arg(required_unless_present = "all")]
        id: Option<u32>,
        /// All of them
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

#[derive(Debug, ClapArgs)]
struct StartArgs {
    /// A provider, or one of its models as `provider/model`
    on: Target,
    #[command(flatten)]
    fault: FaultArgs,
    /// For how long: 500ms, 90s, 10m, 2h
    #[arg(long = "for", value_name = "TIME", default_value = "60s", value_parser = millis)]
    lasts: u32,
    /// To which share of the calls, above 0 and at most 1 [default: all of them]
    #[arg(long)]
    share: Option<f64>,
    /// What decides which calls these are: the same seed, the same calls
    #[arg(long, default_value_t = 0)]
    seed: u32,
}

#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
struct FaultArgs {
    /// It is not reached
    #[arg(long)]
    down: bool,
    /// Its answers begin so much later
    #[arg(long, value_name = "TIME", value_parser = millis)]
    slow: Option<u32>,
    /// It refuses with 429, and says when to come again
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "0s", value_parser = millis)]
    rate_limited: Option<u32>,
    /// Its answers break off after so many pieces
    #[arg(long, value_name = "PIECES")]
    cut: Option<u32>,
}

impl FaultArgs {
    fn fault(&self) -> Fault {
        match (self.slow, self.rate_limited, self.cut) {
            (Some(ms), ..) => Fault::Slow { ms },
            (_, Some(ms), _) => Fault::RateLimited { retry_after_ms: Some(ms).filter(|ms| *ms > 0) },
            (.., Some(after)) => Fault::Cut { after },
            _ => Fault::Down,
        }
    }
}

/// A list as the API gives it.
#[derive(Deserialize)]
struct List {
    items: Vec<Simulation>,
}

#[derive(Deserialize)]
struct Done {
    count: u32,
}

pub async fn run(home: &Path, args: SimulateArgs) -> Result<Exit, Trouble> {
    let door = Door::of(home, args.url)?;
    let mut out = io::stdout().lock();
    match args.command {
        SimulateCommand::List => {
            let told = door.ask(Method::GET, "", None).await?;
            if args.json {
                writeln!(out, "{}", told["items"])?;
            } else {
                let List { items } = read(told)?;
                list(&mut out, &items)?;
            }
        }
        SimulateCommand::Start(start) => {
            let new = NewSimulation {
                on: start.on,
                fault: start.fault.fault(),
                for_ms: start.lasts,
                share: start.share,
                seed: start.seed,
            };
            let body = serde_json::to_value(&new).map_err(io::Error::other)?;
            let told = door.ask(Method::POST, "", Some(&body)).await?;
            if args.json {
                writeln!(out, "{told}")?;
            } else {
                let begun: Simulation = read(told)?;
                let Simulation { id, what, until, .. } = begun;
                writeln!(out, "{id}: {} is {} until {until}", what.on, words(what.fault))?;
            }
        }
        SimulateCommand::Stop { id, .. } => {
            let path = id.map_or_else(String::new, |id| format!("/{id}"));
            let told = door.ask(Method::DELETE, &path, None).await?;
            let count = if id.is_some() { 1 } else { read::<Done>(told)?.count };
            if args.json {
                writeln!(out, "{{\"count\":{count}}}")?;
            } else {
                writeln!(out, "ended: {count}")?;
            }
        }
    }
    out.flush()?;
    Ok(Exit::Good)
}

fn list(out: &mut impl io::Write, all: &[Simulation]) -> io::Result<()> {
    if all.is_empty() {
        return writeln!(out, "no fault is simulated");
    }
    let row = |one: &Simulation| {
        let share =
            one.what.share.map_or_else(|| "all".to_owned(), |share| format!("{:.0} %", share * 100.0));
        vec![
            one.id.to_string(),
            one.what.on.to_string(),
            words(one.what.fault),
            share,
            format!("{} of {}", one.befell, one.seen),
            one.until.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    table::write(out, &["ID", "ON", "FAULT", "SHARE", "BEFELL", "UNTIL"], &rows)
}

fn words(fault: Fault) -> String {
    match fault {
        Fault::Down => "down".to_owned(),
        Fault::Slow { ms } => format!("slow by {ms} ms"),
        Fault::RateLimited { retry_after_ms: None } => "rate-limited".to_owned(),
        Fault::RateLimited { retry_after_ms: Some(ms) } => format!("rate-limited for {ms} ms"),
        Fault::Cut { after } => format!("cut after {after} pieces"),
    }
}

fn read<T: for<'de> Deserialize<'de>>(told: Value) -> Result<T, Trouble> {
    serde_json::from_value(told)
        .map_err(|error| Trouble::Gateway(format!("what answers is no gateway of this version: {error}")))
}

/// A gateway that runs, and a key for it.
struct Door {
    url: Url,
    key: Option<String>,
    http: reqwest::Client,
}

impl Door {
    fn of(home: &Path, url: Option<Url>) -> Result<Self, Trouble> {
        let url = match url {
            Some(url) => url,
            None => usual(home)?,
        };
        let name = url.host_str().unwrap_or_default();
        let here = ["localhost", "127.0.0.1", "[::1]"].contains(&name);
        if url.scheme() != "https" && !(url.scheme() == "http" && here) {
            let text = format!("a key goes to `{url}` over https only; http is for this machine");
            return Err(Trouble::Usage(text));
        }
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| Trouble::Gateway(format!("the HTTP client cannot be set up: {error}")))?;
        Ok(Self { url, key: std::env::var(VARIABLE).ok().filter(|key| !key.is_empty()), http })
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Trouble> {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/api/v1/routing/simulate{path}", self.url.path().trim_end_matches('/')));
        let mut request = self.http.request(method, url);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let lost = |_: reqwest::Error| {
            Trouble::Gateway(format!(
                "no gateway answers at {}; start one with `orch serve`, or switch on that of the window and name \
                 it with `--url`",
                self.url
            ))
        };
        let response = request.send().await.map_err(lost)?;
        let status = response.status().as_u16();
        let text = response.text().await.map_err(lost)?;
        let told: Value = serde_json::from_str(&text).unwrap_or_default();
        if (200..300).contains(&status) {
            return Ok(told);
        }
        let said = told["error"]["message"].as_str().unwrap_or("it does not say why");
        Err(match status {
            401 | 403 => Trouble::Gateway(format!(
                "the gateway lets nobody in with this key: {said}; put one in {VARIABLE} that \
                 `orch keys issue --name faults --scope '/api/v1/routing/*'` makes"
            )),
            400..500 => Trouble::Usage(said.to_owned()),
            _ => Trouble::Gateway(format!("the gateway answers {status}: {said}")),
        })
    }
}

/// Where the settings say that the gateway listens.
fn usual(home: &Path) -> Result<Url, Trouble> {
    let gateway = Config::load(home).map_err(engine::EngineError::from)?.gateway;
    if gateway.port == 0 {
        let text = "the gateway of this home takes any free port; say with `--url` which one it has";
        return Err(Trouble::Usage(text.to_owned()));
    }
    let host = match gateway.host.as_str() {
        "localhost" | "0.0.0.0" => "127.0.0.1".to_owned(),
        "::" => "[::1]".to_owned(),
        bare if bare.contains(':') && !bare.starts_with('[') => format!("[{bare}]"),
        host => host.to_owned(),
    };
    let url = format!("http://{host}:{}", gateway.port);
    url.parse().map_err(|_| Trouble::Usage(format!("`{url}` is no address; name the gateway with `--url`")))
}

/// A time with its unit, in milliseconds.
fn millis(text: &str) -> Result<u32, String> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let unit: u32 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err("write a time with its unit: 500ms, 90s, 10m, 2h".to_owned()),
    };
    let number: u32 = number.parse().map_err(|_| "write a time as 500ms, 90s, 10m or 2h".to_owned())?;
    number.checked_mul(unit).ok_or_else(|| "that is longer than a day".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        let of = |text: &str| millis(text).ok();
        assert_eq!(
            (of("500ms"), of("90s"), of("10m"), of("2h")),
            (Some(500), Some(90_000), Some(600_000), Some(7_200_000))
        );
        assert_eq!((of("5"), of("s"), of("1 d"), of("9999h")), (None, None, None, None));
    }

    #[test]
    fn a_key_leaves_this_machine_over_https_only() {
        let home = tempfile::tempdir().unwrap();
        let refused = |url: &str| Door::of(home.path(), Some(url.parse().unwrap())).is_err();
        assert!(refused("http://example.com") && refused("ftp://localhost"));
        assert!(!refused("https://example.com") && !refused("http://[::1]:4141"));
    }
}
