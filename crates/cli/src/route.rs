//! `orch route`: what a route makes of prompts: whom it would choose, and why. No prompt is
//! sent; providers of whose models nothing is known are asked for their lists.

mod batch;
mod simulate;

use crate::{
    exit::{Exit, Trouble},
    table,
};
use clap::{Args as ClapArgs, Subcommand};
use domain::{Candidate, Decision};
use engine::{Engine, EngineOptions, RouteTrial};
use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

/// Candidates whose scores are shown in their parts, without `--json`.
const SHOWN: usize = 3;
/// How long providers of whose models nothing is known have to say what they offer.
const LISTED_WITHIN: Duration = Duration::from_secs(3);

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RouteArgs {
    #[command(subcommand)]
    pub command: Option<RouteCommand>,
    /// Say whom a route would ask this, and why
    #[arg(long, value_name = "PROMPT")]
    pub explain: Option<String>,
    /// Classify many prompts: a file (`-`: standard input) of lines of {"id","prompt"}
    #[arg(long, value_name = "FILE", conflicts_with = "explain")]
    pub batch: Option<PathBuf>,
    /// Learn from outcomes of your own: lines of {"prompt","weak","strong"}, how good a weak and a strong
    /// model's answers were, 0 to 1; `--batch` then goes by them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["explain", "batch"])]
    pub calibrate: Option<PathBuf>,
    /// By which policy; without one, that of `auto`
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// As if it were marked as important: nothing is tried with it
    #[arg(long)]
    pub important: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum RouteCommand {
    /// Make upstream calls of a running gateway fail, be slow, be refused or break off, for a while
    ///
    /// Faults are in the memory of the process that calls: this reaches a gateway that runs (`orch serve`, or the
    /// window's while it is switched on) through its API, with a virtual key in ORCHESITY_KEY whose scope has
    /// `/api/v1/routing/*`. They end with it, and befall no other `orch`.
    Simulate(simulate::SimulateArgs),
}

pub async fn run(home: &Path, args: RouteArgs) -> Result<Exit, Trouble> {
    if let Some(RouteCommand::Simulate(args)) = args.command {
        return simulate::run(home, args).await;
    }
    if let Some(file) = &args.batch {
        return batch::run(home, file);
    }
    if let Some(file) = &args.calibrate {
        return batch::calibrate(home, file);
    }
    let Some(prompt) = args.explain else {
        let text = "say what to do: `orch route --explain \"prompt\"`, `orch route --batch FILE` or `orch route simulate`";
        return Err(Trouble::Usage(text.to_owned()));
    };
    let engine = Engine::open(home, EngineOptions::command()).await?;
    // Who was added a moment ago is among the candidates too.
    for provider in engine.find_added_models(LISTED_WITHIN).await {
        eprintln!("`{provider}` has not said what it offers; `orch providers test {provider}` says why");
    }
    let trial = RouteTrial {
        prompt,
        policy: args.policy,
        needs: Vec::new(),
        max_tokens: None,
        important: args.important,
    };
    let decision = engine.try_route(&trial);
    engine.close().await;
    let decision = decision?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&decision).map_err(io::Error::other)?)?;
    } else {
        show(&mut out, &decision)?;
    }
    out.flush()?;
    // As where it were asked in earnest: nobody would answer.
    Ok(if decision.order.is_empty() { Exit::Usage } else { Exit::Good })
}

fn show(out: &mut impl io::Write, decision: &Decision) -> io::Result<()> {
    writeln!(out, "{}", decision.reason)?;
    if let Some(routed) = &decision.routed {
        writeln!(
            out,
            "class {}, complexity {:.2}, strength {:.2}, about {} tokens in, strategy {}",
            routed.class, routed.complexity, routed.strength, routed.input_tokens, routed.strategy
        )?;
    }
    if decision.order.len() > 1 {
        let rest: Vec<&str> = decision.order[1..].iter().map(domain::Target::as_str).collect();
        writeln!(out, "then: {}", rest.join(", "))?;
    }
    let ranked: Vec<&Candidate> = decision.candidates.iter().filter(|one| one.score.is_some()).collect();
    for one in ranked.iter().take(SHOWN) {
        writeln!(out)?;
        writeln!(out, "{}  {:.3}", one.target, one.score.unwrap_or_default())?;
        let rows: Vec<Vec<String>> = one
            .parts
            .iter()
            .map(|part| {
                let (value, weight) = (format!("{:.2}", part.value), format!("{:.2}", part.weight));
                vec![part.name.to_string(), value, weight, part.because.clone()]
            })
            .collect();
        table::write(out, &["  PART", "VALUE", "WEIGHT", "BECAUSE"], &rows)?;
    }
    let rest: Vec<Vec<String>> = ranked
        .iter()
        .skip(SHOWN)
        .map(|one| vec![one.target.to_string(), format!("{:.3}", one.score.unwrap_or_default())])
        .collect();
    if !rest.is_empty() {
        writeln!(out)?;
        table::write(out, &["ALSO", "SCORE"], &rest)?;
    }
    let out_of_it: Vec<Vec<String>> = decision
        .candidates
        .iter()
        .filter_map(|one| Some(vec![one.target.to_string(), one.excluded.clone()?]))
        .collect();
    if !out_of_it.is_empty() {
        writeln!(out)?;
        table::write(out, &["LEFT OUT", "WHY"], &out_of_it)?;
    }
    Ok(())
}
