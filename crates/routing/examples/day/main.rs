//! A day of simulated traffic: `cargo xtask report routing [--seed N] [--scenario FILE]`, which writes
//! `docs/routing-day.md` with its plots. Routes are asked exactly as the engine asks them, and are told what the
//! engine tells them; how the providers really are, only the simulation knows.

#![allow(clippy::unwrap_used, reason = "a report ends where something is not as promised")]

mod plot;
mod world;

use domain::{Policy, Profile, Strategy};
use std::{fmt::Write as _, fs, path::Path};
use world::{HOURS, Outcome, Scenario, Who, simulate};

const SEEDS: [u64; 5] = [1, 2, 3, 4, 5];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut scenario, mut seeds) = (root.join("examples/day/scenario.json"), SEEDS.to_vec());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("`{word}` needs a value"))?;
        match word.as_str() {
            "--seed" => seeds = vec![value.parse()?],
            "--scenario" => scenario = value.into(),
            _ => return Err(format!("`{word}` means nothing here; there are --seed and --scenario").into()),
        }
    }
    let own = scenario == root.join("examples/day/scenario.json") && seeds == SEEDS;
    let scenario: Scenario = serde_json::from_str(&fs::read_to_string(&scenario)?)?;
    let bandit = |profile: Profile| Policy { strategy: Strategy::Bandit, warm_s: 0, ..Policy::of(profile) };
    let routes = [
        ("auto:quality", Who::Route(bandit(Profile::Quality))),
        ("auto:balanced", Who::Route(bandit(Profile::Balanced))),
        ("auto:budget", Who::Route(bandit(Profile::Budget))),
        ("balanced, learns nothing", Who::Unlearning(Policy { warm_s: 0, ..Policy::of(Profile::Balanced) })),
        ("in turn", Who::Turns),
    ];
    let fixed: Vec<(String, Who)> = (0..scenario.providers.len())
        .map(|at| (format!("always {}", scenario.providers[at].target), Who::Always(at)))
        .collect();
    let all: Vec<(String, &Who)> = routes
        .iter()
        .map(|(name, who)| ((*name).to_owned(), who))
        .chain(fixed.iter().map(|(name, who)| (name.clone(), who)))
        .collect();
    let results: Vec<(String, Vec<Outcome>)> = all
        .into_iter()
        .map(|(name, who)| (name, seeds.iter().map(|seed| simulate(&scenario, who, *seed)).collect()))
        .collect();
    let report = report(&scenario, &seeds, &results);
    print!("{report}");
    if own {
        let docs = root.join("../../docs");
        fs::write(docs.join("routing-day.md"), &report)?;
        fs::write(docs.join("images/routing-day-cost.svg"), plot::cost(&results))?;
        fs::write(docs.join("images/routing-day-regret.svg"), plot::regret(&regrets(&results)))?;
    }
    Ok(())
}

/// Mean over the seeds.
fn mean(results: &[Outcome], of: impl Fn(&Outcome) -> f64) -> f64 {
    results.iter().map(of).sum::<f64>() / results.len() as f64
}

/// For each seed and hour: what `auto:balanced` lost for each request, beside the fixed choice that was best over
/// the whole day, in hindsight.
fn regrets(results: &[(String, Vec<Outcome>)]) -> Vec<[f64; HOURS]> {
    let balanced = &results.iter().find(|(name, _)| name == "auto:balanced").unwrap().1;
    let fixed: Vec<&Vec<Outcome>> =
        results.iter().filter(|(name, _)| name.starts_with("always ")).map(|(_, all)| all).collect();
    (0..balanced.len())
        .map(|seed| {
            let worth = |one: &&&Vec<Outcome>| one[seed].worth.iter().sum::<f64>();
            let best = fixed.iter().max_by(|a, b| worth(a).total_cmp(&worth(b))).unwrap();
            let mut regret = [0.0; HOURS];
            for (hour, regret) in regret.iter_mut().enumerate() {
                let requests = balanced[seed].requests[hour].max(1.0);
                *regret = (best[seed].worth[hour] - balanced[seed].worth[hour]) / requests;
            }
            regret
        })
        .collect()
}

fn report(scenario: &Scenario, seeds: &[u64], results: &[(String, Vec<Outcome>)]) -> String {
    let mut out = String::from("# A day of simulated traffic\n\n");
    let _ = writeln!(
        out,
        "{} {} requests, seeds {seeds:?}. Made by `cargo xtask report routing`; the scenario is \
         `crates/routing/examples/day/scenario.json`.\n\n\
         Good is an answer that came and was good enough for its prompt: prompts differ in how much they ask for. \
         One good answer in five is said to be one, and one bad answer in five is said to be bad; that, times and \
         failures are all that routes hear. Nobody falls back here: a failed call is a lost answer, for routes and for \
         fixed choices alike; breakers work as in the product.\n",
        scenario.what, scenario.requests
    );
    let _ = writeln!(
        out,
        "| who answers | good | $ for 1,000 | whole answer, mean s | failed |\n| --- | --- | --- | --- | --- |"
    );
    for (name, all) in results {
        let _ = writeln!(
            out,
            "| {name} | {:.1} % | {:.2} | {:.1} | {:.1} % |",
            100.0 * mean(all, |one| one.good),
            1_000.0 * mean(all, |one| one.usd),
            mean(all, |one| one.seconds),
            100.0 * mean(all, |one| one.failed)
        );
    }
    let fixed: Vec<&(String, Vec<Outcome>)> =
        results.iter().filter(|(name, _)| name.starts_with("always ")).collect();
    let _ = writeln!(out, "\n![cost and quality](images/routing-day-cost.svg)\n");
    for route in ["auto:quality", "auto:balanced", "auto:budget"] {
        let own = &results.iter().find(|(name, _)| name == route).unwrap().1;
        let beaten: Vec<&str> = fixed
            .iter()
            .filter(|(_, other)| {
                mean(other, |one| one.usd) < mean(own, |one| one.usd)
                    && mean(other, |one| one.good) >= mean(own, |one| one.good)
            })
            .map(|(name, _)| name.as_str())
            .collect();
        let said = if beaten.is_empty() {
            "no fixed choice is both cheaper and at least as good".to_owned()
        } else {
            format!("cheaper and at least as good: {}", beaten.join(", "))
        };
        let _ = writeln!(out, "- `{route}`: {said}.");
    }
    let regrets = regrets(results);
    let _ = writeln!(
        out,
        "\n## Regret\n\nWhat `auto:balanced` loses beside the best fixed choice of the whole day, chosen in hindsight, \
         for each request: an answer is worth 1 if it is good, less $0.01 for 0.1 and a minute of waiting for 0.1. \
         Below zero it is better than any fixed choice.\n\n\
         | seed | first quarter | second | third | last |\n| --- | --- | --- | --- | --- |"
    );
    for (seed, regret) in seeds.iter().zip(&regrets) {
        let quarter =
            |at: usize| regret[at * HOURS / 4..(at + 1) * HOURS / 4].iter().sum::<f64>() * 4.0 / HOURS as f64;
        let _ = writeln!(
            out,
            "| {seed} | {:+.3} | {:+.3} | {:+.3} | {:+.3} |",
            quarter(0),
            quarter(1),
            quarter(2),
            quarter(3)
        );
    }
    let _ = writeln!(out, "\n![regret by the hour](images/routing-day-regret.svg)");
    out
}
