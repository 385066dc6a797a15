//! `orch keys`: virtual keys, for callers of the gateway.

use crate::{
    exit::{Exit, Trouble},
    table, terminal,
};
use clap::{Args as ClapArgs, Subcommand};
use domain::{
    Budget, BudgetCap, BudgetPeriod, CaptureLevel, KeyLimits, KeyScopes, NanoUsd, NewKey, Timestamp,
    VirtualKey,
};
use engine::{Engine, EngineError, EngineOptions};
use std::{
    io::{self, Write as _},
    path::Path,
    time::{Duration, SystemTime},
};

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key; it is shown once
    Issue(Box<IssueArgs>),
    /// List keys, with what is spent of their budgets
    List {
        /// Without those that are revoked or have expired
        #[arg(long)]
        active: bool,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Take a key back for good
    Revoke {
        /// Its id, its public part, or its name where no other key has that
        key: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub struct IssueArgs {
    /// Its name for people
    #[arg(long)]
    pub name: String,
    /// What it may be used for: a path of the gateway as `/v1/*`, or a target as `openai/*`; may be given
    /// several times. Without paths it is for all but the native API, which wants `/api/*`; without
    /// targets for all of those
    #[arg(long = "scope", value_name = "PATTERN", value_delimiter = ',')]
    pub scopes: Vec<String>,
    /// How much money it may spend, in US dollars
    #[arg(long, value_name = "USD")]
    pub budget_usd: Option<NanoUsd>,
    /// How many tokens it may take
    #[arg(long, value_name = "N")]
    pub budget_tokens: Option<u32>,
    /// How often that begins anew: day, month or total (never) [default: total]
    #[arg(long, value_name = "PERIOD")]
    pub per: Option<BudgetPeriod>,
    /// The same for several periods, as `day=5usd`, `month=2000000tokens` or `total=50usd,9000000tokens`; may be
    /// given once for each
    #[arg(long = "budget", value_name = "PERIOD=LIMIT", value_parser = cap)]
    pub budgets: Vec<BudgetCap>,
    /// Requests within any minute
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rpm: Option<u32>,
    /// Tokens within any minute
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub tpm: Option<u32>,
    /// Calls at a time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub parallel: Option<u32>,
    /// What is kept of its calls: full, metadata (no text) or off
    #[arg(long, value_name = "LEVEL", default_value_t = CaptureLevel::Full)]
    pub capture: CaptureLevel,
    /// How long it is good for, as 30d, 12h or 90m; or until when, as 2026-12-31
    #[arg(long, value_name = "TIME", value_parser = expiry)]
    pub expires: Option<Expiry>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// When a key expires, as it was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    After(Duration),
    At(Timestamp),
}

/// A budget as it is typed: a period, and what may be taken within it.
fn cap(text: &str) -> Result<BudgetCap, String> {
    const HOW: &str = "write it as `day=5usd`, `month=2000000tokens` or `total=50usd,9000000tokens`";
    let (period, limits) = text.split_once('=').ok_or(HOW)?;
    let period =
        period.trim().parse().map_err(|_| format!("`{period}` is no period (day, month, total); {HOW}"))?;
    let mut cap = BudgetCap { period, usd: None, tokens: None };
    for limit in limits.split(',') {
        let limit = limit.trim();
        let wrong = || format!("`{limit}` is no limit; {HOW}");
        let twice = if let Some(usd) = limit.strip_suffix("usd") {
            cap.usd.replace(usd.trim().parse().map_err(|_| wrong())?).is_some()
        } else if let Some(tokens) = limit.strip_suffix("tokens") {
            cap.tokens.replace(tokens.trim().parse().map_err(|_| wrong())?).is_some()
        } else {
            return Err(wrong());
        };
        if twice {
            return Err(format!("`{text}` has a limit twice; {HOW}"));
        }
    }
    Ok(cap)
}

/// Carries out one of the subcommands.
pub async fn run(home: &Path, command: KeysCommand) -> Result<Exit, Trouble> {
    let engine = Engine::open(home, EngineOptions::command()).await?;
    let done = match command {
        KeysCommand::Issue(issue) => self::issue(&engine, &issue).await,
        KeysCommand::List { active, json } => list(&engine, active, json).await,
        KeysCommand::Revoke { key, json } => revoke(&engine, &key, json).await,
    };
    engine.close().await;
    done.map(|()| Exit::Good)
}

async fn issue(engine: &Engine, args: &IssueArgs) -> Result<(), Trouble> {
    let scopes = KeyScopes::parse(args.scopes.iter().map(String::as_str))
        .map_err(|error| Trouble::Usage(error.to_string()))?;
    let capped = args.budget_usd.is_some() || args.budget_tokens.is_some();
    if args.per.is_some() && !capped {
        let text =
            "`--per` says how often a budget begins anew; give `--budget-usd` or `--budget-tokens` too";
        return Err(Trouble::Usage(text.to_owned()));
    }
    let period = args.per.unwrap_or(BudgetPeriod::Total);
    let mut budgets = args.budgets.clone();
    if capped {
        budgets.push(BudgetCap { period, usd: args.budget_usd, tokens: args.budget_tokens });
    }
    let new = NewKey {
        name: args.name.clone(),
        scopes,
        limits: KeyLimits { rpm: args.rpm, tpm: args.tpm, parallel: args.parallel },
        budgets,
        capture: args.capture,
        expires_at: args.expires.map(Expiry::instant),
    };
    let issued = engine.virtual_keys().issue(new).await?;
    let mut out = io::stdout().lock();
    if args.json {
        let line = serde_json::json!({ "id": issued.id, "key": *issued.key });
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "{}", *issued.key)?;
        eprintln!("this is shown once; `orch keys revoke {}` takes it back", issued.id);
    }
    Ok(out.flush()?)
}

async fn list(engine: &Engine, active: bool, json: bool) -> Result<(), Trouble> {
    let mut all = engine.virtual_keys().list().await?;
    all.retain(|key| !active || key.state == domain::VirtualKeyState::Active);
    let mut out = io::stdout().lock();
    if json {
        for key in &all {
            writeln!(out, "{}", serde_json::to_string(key).map_err(io::Error::other)?)?;
        }
        return Ok(out.flush()?);
    }
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    table::write(&mut out, &["ID", "KEY", "STATE", "LIMITS", "BUDGET", "SCOPE", "NAME"], &rows)?;
    Ok(out.flush()?)
}

fn row(key: &VirtualKey) -> Vec<String> {
    let KeyLimits { rpm, tpm, parallel } = key.limits;
    let limits = [(rpm, "rpm"), (tpm, "tpm"), (parallel, "parallel")];
    let limits = limits.iter().filter_map(|(most, of)| Some(format!("{} {of}", (*most)?)));
    let scopes = key.scopes.routes.iter().chain(&key.scopes.targets).cloned();
    vec![
        key.id.to_string(),
        format!("{}{}…", VirtualKey::PREFIX, key.public_id),
        key.state.to_string(),
        or(&limits.collect::<Vec<_>>(), "none"),
        or(&key.budgets.iter().flat_map(budget).collect::<Vec<_>>(), "none"),
        or(&scopes.collect::<Vec<_>>(), "all but /api"),
        key.name.clone(),
    ]
}

/// What is spent of a budget, in words.
pub fn budget(budget: &Budget) -> Vec<String> {
    let each = match budget.period {
        BudgetPeriod::Day => " a day",
        BudgetPeriod::Month => " a month",
        BudgetPeriod::Total => "",
    };
    let usd = budget.usd.map(|usd| format!("${} of ${usd}{each}", budget.spent_usd));
    let tokens = budget.tokens.map(|tokens| format!("{} of {tokens} tokens{each}", budget.spent_tokens));
    usd.into_iter().chain(tokens).collect()
}

fn or(words: &[String], none: &str) -> String {
    if words.is_empty() { none.to_owned() } else { words.join(", ") }
}

async fn revoke(engine: &Engine, wanted: &str, json: bool) -> Result<(), Trouble> {
    let all = engine.virtual_keys().list().await?;
    let key = find(&all, wanted)?;
    let was = engine.virtual_keys().revoke(key.id).await?;
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::json!({ "id": key.id, "revoked": was }))?;
    } else {
        let name = terminal::err(&key.name).into_owned();
        eprintln!(
            "{}",
            if was { format!("`{name}` is revoked") } else { format!("`{name}` was revoked before") }
        );
    }
    Ok(out.flush()?)
}

/// A key by its id, its public part, all of it, or a name that only one has.
fn find<'a>(all: &'a [VirtualKey], wanted: &str) -> Result<&'a VirtualKey, Trouble> {
    let public = match VirtualKey::public_part(wanted) {
        Some(public) => std::str::from_utf8(public).unwrap_or_default(),
        None => wanted.strip_prefix(VirtualKey::PREFIX).unwrap_or(wanted).trim_end_matches('…'),
    };
    if let Some(key) = all.iter().find(|key| key.id.to_string() == wanted || key.public_id == public) {
        return Ok(key);
    }
    match all.iter().filter(|key| key.name == wanted).collect::<Vec<_>>()[..] {
        [key] => Ok(key),
        // Never repeated: it could be a key with something around it.
        [] => Err(Trouble::Usage("there is no such key; `orch keys list` shows all".to_owned())),
        _ => Err(EngineError::BadInput(format!(
            "there are several keys `{wanted}`; `orch keys list` shows their ids"
        ))
        .into()),
    }
}

impl Expiry {
    fn instant(self) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::After(span) => {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                let at = now.saturating_add(span).as_millis();
                Timestamp::from_millis(i64::try_from(at).unwrap_or(i64::MAX))
            }
        }
    }
}

fn expiry(text: &str) -> Result<Expiry, String> {
    let wrong = || "write how long as 30d, 12h or 90m, or until when as 2026-12-31".to_owned();
    if let Ok(at) = crate::finding::moment(text) {
        return Ok(Expiry::At(at));
    }
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return Err(wrong()),
    };
    let count: u32 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    // A century is as good as for ever, and still a date.
    let span = u64::from(count).saturating_mul(seconds);
    if count == 0 || span > 36_525 * 86_400 {
        Err(wrong())
    } else {
        Ok(Expiry::After(Duration::from_secs(span)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_typed_with_its_period() {
        let usd = |text: &str| Some(text.parse::<NanoUsd>().unwrap());
        assert_eq!(cap("day=5usd"), Ok(BudgetCap { period: BudgetPeriod::Day, usd: usd("5"), tokens: None }));
        let both = BudgetCap { period: BudgetPeriod::Total, usd: usd("0.5"), tokens: Some(9_000) };
        assert_eq!(cap("total=0.5usd,9000tokens"), Ok(both));
        for wrong in ["", "day", "day=", "day=5", "week=5usd", "day=5usd,6usd", "day=-5tokens", "=5usd"] {
            assert!(cap(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn how_long_is_typed_in_one_word() {
        let day = Duration::from_hours(24);
        assert_eq!(expiry("30d"), Ok(Expiry::After(day * 30)));
        assert_eq!(expiry("12h"), Ok(Expiry::After(day / 2)));
        assert!(matches!(expiry("2026-12-31"), Ok(Expiry::At(_))));
        for wrong in ["", "d", "0d", "-1d", "30", "30y", "4294967295d", "é"] {
            assert!(expiry(wrong).is_err(), "{wrong}");
        }
    }
}
