//! `orch usage`: what upstream calls came to.

use crate::{exit::Trouble, finding::moment, table};
use clap::Args as ClapArgs;
use domain::{Timestamp, UsageBasis, UsageQuery, UsageReport, UsageSum};
use engine::Engine;
use std::io::{self, Write as _};

#[derive(Debug, ClapArgs)]
pub struct UsageArgs {
    /// What its lines stand for: day (in UTC), model, provider, key, client, folder, policy or class (of prompts)
    #[arg(long, value_name = "WHAT", default_value_t = UsageBasis::Day)]
    pub by: UsageBasis,
    /// From this day or moment on: `2026-11-21` (UTC), or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub from: Option<Timestamp>,
    /// Before this day or moment
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub until: Option<Timestamp>,
    /// Print one JSON object
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print a table with commas, for spreadsheets
    #[arg(long)]
    pub csv: bool,
}

/// Prints what calls came to.
pub async fn run(engine: &Engine, args: &UsageArgs) -> Result<(), Trouble> {
    let report = engine.usage(&UsageQuery { by: args.by, from: args.from, until: args.until }).await?;
    let mut out = io::stdout().lock();
    if args.csv {
        out.write_all(report.csv().as_bytes())?;
    } else if args.json {
        let text = serde_json::to_string(&report).map_err(io::Error::from)?;
        writeln!(out, "{text}")?;
    } else {
        plain(&mut out, &report)?;
    }
    if report.simulated > 0 && !args.json {
        let (calls, are) = if report.simulated == 1 { ("call", "is") } else { ("calls", "are") };
        eprintln!("{} {calls} of simulated models cost nothing, and {are} left out", report.simulated);
    }
    Ok(())
}

fn plain(out: &mut impl io::Write, report: &UsageReport) -> io::Result<()> {
    let none = format!("(no {})", report.query.by);
    let rows: Vec<Vec<String>> = report
        .lines
        .iter()
        .map(|line| row(if line.name.is_empty() { &none } else { &line.name }, &line.sum))
        .chain(std::iter::once(row("total", &report.total)))
        .collect();
    table::write(
        out,
        &[report.query.by.as_str(), "calls", "failed", "input", "cached", "output", "cost"],
        &rows,
    )
}

fn row(name: &str, sum: &UsageSum) -> Vec<String> {
    vec![
        name.to_owned(),
        sum.calls.to_string(),
        sum.failed.to_string(),
        sum.input.0.saturating_add(sum.cached_write.0).to_string(),
        sum.cached_read.0.to_string(),
        sum.output.0.saturating_add(sum.reasoning.0).to_string(),
        cost(sum),
    ]
}

/// What is known of the cost, and of how many calls nothing is.
fn cost(sum: &UsageSum) -> String {
    let unknown = match sum.unpriced {
        0 => String::new(),
        1 => "1 call of unknown price".to_owned(),
        n => format!("{n} calls of unknown price"),
    };
    let known = format!("{}${}", if sum.estimated_cost.0 == 0 { "" } else { "≈ " }, sum.cost);
    match (sum.unpriced, sum.unpriced == sum.calls) {
        (0, _) => known,
        (_, true) => unknown,
        _ => format!("{known} and {unknown}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::NanoUsd;

    #[test]
    fn what_is_unknown_is_not_free() {
        let sum =
            |calls, unpriced, nano| UsageSum { calls, unpriced, cost: NanoUsd(nano), ..UsageSum::default() };
        assert_eq!(cost(&sum(2, 0, 0)), "$0");
        assert_eq!(cost(&sum(2, 1, 1_500_000_000)), "$1.5 and 1 call of unknown price");
        assert_eq!(cost(&sum(2, 2, 0)), "2 calls of unknown price");
    }
}
