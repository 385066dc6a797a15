//! `NAME?field=value&…`

use crate::DialectError;
use domain::{ErrorKind, Failure};

/// Ready-made models.
pub(super) const NAMES: &[(&str, &str)] = &[
    ("steady", "50 tokens per second after 0.3 s: an everyday model"),
    ("fast", "400 tokens per second after 50 ms"),
    ("slow", "8 tokens per second after 2 s"),
    ("long", "4,000 tokens at 200 per second"),
    ("flaky", "like steady, but 4 calls in 10 fail with 503; trying again helps"),
    ("error", "every call fails with 500"),
    ("cut", "every answer breaks off half way"),
    ("reasoning", "thinks for 120 tokens before it answers"),
    ("tools", "asks for a tool, and answers once it has the result"),
    ("echo", "answers with the prompt itself"),
];

/// What a simulated model is like.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub tps: f64,
    pub ttft: u32,
    pub len: u32,
    pub reasoning: u32,
    pub tools: bool,
    pub echo: bool,
    pub fail: Option<Failing>,
    pub retry: Option<u32>,
    pub seed: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Failing {
    /// Of 1.
    pub share: f64,
    /// `None`: the answer breaks off.
    pub failure: Option<Failure>,
}

const EXAMPLE: &str = "simulated/steady?tps=50&ttft=300&fail=0.1:429&len=200&seed=7";

pub(super) fn parse(model: &str) -> Result<Settings, DialectError> {
    let (name, fields) = model.split_once('?').unwrap_or((model, ""));
    let plain = Settings {
        tps: 50.0,
        ttft: 300,
        len: 200,
        reasoning: 0,
        tools: false,
        echo: false,
        fail: None,
        retry: None,
        seed: 0,
    };
    let mut settings = match name {
        "steady" => plain,
        "fast" => Settings { tps: 400.0, ttft: 50, ..plain },
        "slow" => Settings { tps: 8.0, ttft: 2_000, len: 120, ..plain },
        "long" => Settings { tps: 200.0, len: 4_000, ..plain },
        "flaky" => Settings { fail: Some(failing("0.4:503")?), retry: Some(200), ..plain },
        "error" => Settings { fail: Some(failing("1:500")?), ..plain },
        "cut" => Settings { fail: Some(failing("1:cut")?), ..plain },
        "reasoning" => Settings { reasoning: 120, ..plain },
        "tools" => Settings { tools: true, ..plain },
        "echo" => Settings { echo: true, ttft: 50, tps: 400.0, ..plain },
        _ => {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            return Err(bad(&format!(
                "there is no simulated model `{}`; there are {}",
                short(name),
                names.join(", ")
            )));
        }
    };
    for field in fields.split('&').filter(|field| !field.is_empty()) {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        match name {
            "tps" => settings.tps = within(name, value, 0.1, 100_000.0)?,
            "ttft" => settings.ttft = within(name, value, 0.0, 600_000.0)? as u32,
            "len" => settings.len = within(name, value, 1.0, 100_000.0)? as u32,
            "reasoning" => settings.reasoning = within(name, value, 0.0, 100_000.0)? as u32,
            "tools" => settings.tools = within(name, value, 0.0, 1.0)? > 0.0,
            "echo" => settings.echo = within(name, value, 0.0, 1.0)? > 0.0,
            "retry" => settings.retry = Some(within(name, value, 0.0, 600_000.0)? as u32),
            "fail" => settings.fail = Some(failing(value)?),
            "seed" => {
                settings.seed =
                    value.parse().map_err(|_| bad(&format!("`seed={}` is no whole number", short(value))))?;
            }
            _ => {
                return Err(bad(&format!(
                    "`{}` is no field of a simulated model; there are tps, ttft, len, reasoning, tools, echo, fail, retry, seed",
                    short(name)
                )));
            }
        }
    }
    Ok(settings)
}

fn within(name: &str, value: &str, least: f64, most: f64) -> Result<f64, DialectError> {
    value
        .parse::<f64>()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| bad(&format!("`{name}={}` must be a number from {least} to {most}", short(value))))
}

fn failing(value: &str) -> Result<Failing, DialectError> {
    let (share, how) = value.split_once(':').unwrap_or((value, "500"));
    let share = within("fail", share, 0.0, 1.0)?;
    if how == "cut" {
        return Ok(Failing { share, failure: None });
    }
    let kind = match how.parse::<u16>() {
        Ok(status @ 400..=599) => of_status(status),
        _ => how.parse::<ErrorKind>().map_err(|_| {
            let kinds: Vec<&str> = ErrorKind::ALL.iter().map(|kind| kind.as_str()).collect();
            bad(&format!(
                "`fail=…:{}` is no status from 400 to 599, not `cut`, and none of {}",
                short(how),
                kinds.join(", ")
            ))
        })?,
    };
    let text =
        format!("simulated failure `{how}`: this target was asked to fail {} % of its calls", share * 100.0);
    Ok(Failing { share, failure: Some(Failure::new(kind, text)) })
}

fn of_status(status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::Auth,
        402 => ErrorKind::Quota,
        403 => ErrorKind::Permission,
        404 => ErrorKind::NotFound,
        408 => ErrorKind::Timeout,
        413 => ErrorKind::ContextLength,
        429 => ErrorKind::RateLimited,
        503 | 529 => ErrorKind::Overloaded,
        500.. => ErrorKind::Upstream,
        _ => ErrorKind::BadRequest,
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn bad(problem: &str) -> DialectError {
    DialectError::unsupported(format!("{problem}; write for example `{EXAMPLE}`"))
}
