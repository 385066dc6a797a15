//! What a day came to, in words and tables.

use crate::world::{HOURS, Outcome, Scenario, Who, simulate};
use domain::{Policy, Profile, Strategy};
use std::fmt::Write as _;

/// Seeds of the committed report. What was tuned was tuned on others (101 and 102).
pub const SEEDS: [u64; 5] = [1, 2, 3, 4, 5];
/// The route whose regret is told.
const BALANCED: &str = "auto:balanced";
const QUARTERS: usize = 4;

/// Everybody who answered, by name, with an outcome for each seed.
pub struct Day {
    pub seeds: Vec<u64>,
    pub all: Vec<(String, Vec<Outcome>)>,
}

impl Day {
    pub fn of(scenario: &Scenario, seeds: &[u64]) -> Self {
        let bandit =
            |profile: Profile| Policy { strategy: Strategy::Bandit, warm_s: 0, ..Policy::of(profile) };
        let unlearning = Policy { warm_s: 0, ..Policy::of(Profile::Balanced) };
        let mut who = vec![
            ("auto:quality".to_owned(), Who::Route(bandit(Profile::Quality))),
            (BALANCED.to_owned(), Who::Route(bandit(Profile::Balanced))),
            ("auto:budget".to_owned(), Who::Route(bandit(Profile::Budget))),
            ("balanced, learns nothing".to_owned(), Who::Unlearning(unlearning)),
            ("in turn".to_owned(), Who::Turns),
        ];
        let always = scenario.providers.iter().enumerate();
        who.extend(always.map(|(at, provider)| (format!("always {}", provider.target), Who::Always(at))));
        let all = who
            .into_iter()
            .map(|(name, who)| (name, seeds.iter().map(|seed| simulate(scenario, &who, *seed)).collect()))
            .collect();
        Self { seeds: seeds.to_vec(), all }
    }

    fn of_name(&self, name: &str) -> &[Outcome] {
        self.all.iter().find(|(known, _)| known == name).map_or(&[], |(_, outcomes)| outcomes)
    }

    fn fixed(&self) -> impl Iterator<Item = (&str, &[Outcome])> {
        self.all.iter().filter_map(|(name, outcomes)| Some((name.strip_prefix("always ")?, &outcomes[..])))
    }

    /// Who would have been the best fixed choice of a seed's whole day, and what it was worth by the hour.
    fn best_fixed(&self, seed: usize) -> (&str, [f64; HOURS]) {
        let worth = |outcomes: &[Outcome]| outcomes[seed].worth.iter().sum::<f64>();
        let best = self.fixed().max_by(|(_, a), (_, b)| worth(a).total_cmp(&worth(b)));
        best.map_or(("", [0.0; HOURS]), |(name, outcomes)| (name, outcomes[seed].worth))
    }

    /// What the balanced route lost beside it in some hours, for each request.
    fn regret(&self, seed: usize, hours: std::ops::Range<usize>) -> f64 {
        let (own, best) = (&self.of_name(BALANCED)[seed], self.best_fixed(seed).1);
        let lost: f64 = hours.clone().map(|hour| best[hour] - own.worth[hour]).sum();
        lost / own.requests[hours].iter().sum::<f64>().max(1.0)
    }

    /// For each seed: what was lost so far for each request, at the end of each hour.
    pub fn regret_so_far(&self) -> Vec<Vec<f64>> {
        (0..self.seeds.len())
            .map(|seed| (1..=HOURS).map(|hour| self.regret(seed, 0..hour)).collect())
            .collect()
    }

    fn quarters(&self, seed: usize) -> [f64; QUARTERS] {
        let long = HOURS / QUARTERS;
        std::array::from_fn(|at| self.regret(seed, at * long..(at + 1) * long))
    }

    /// One seed's line of the table of regrets.
    pub fn row(&self, seed: usize) -> String {
        let own = &self.of_name(BALANCED)[seed];
        format!(
            "| {} | {} | {:.2} % | {:.3} |{} {:+.3} |",
            self.seeds[seed],
            self.best_fixed(seed).0,
            100.0 * own.good,
            1_000.0 * own.usd,
            cells(self.quarters(seed)),
            self.regret(seed, 0..HOURS)
        )
    }
}

fn cells(values: [f64; QUARTERS]) -> String {
    values.iter().fold(String::new(), |mut line, value| {
        let _ = write!(line, " {value:+.3} |");
        line
    })
}

/// Mean over the seeds.
pub fn mean(outcomes: &[Outcome], of: impl Fn(&Outcome) -> f64) -> f64 {
    outcomes.iter().map(of).sum::<f64>() / outcomes.len().max(1) as f64
}

pub fn report(scenario: &Scenario, day: &Day, steady: &Day) -> String {
    let mut out = String::from("# A day of simulated traffic\n\n");
    let _ = writeln!(
        out,
        "{} {} requests a day, seeds {:?}. Made by `cargo xtask report routing`, every figure and both plots; what a \
         scenario is made of is told in [routing.md](routing.md#a-day-of-traffic). What was tuned was tuned on other \
         seeds (101 and 102) of the shipped scenario.\n\n\
         Good is an answer that came and was good enough for its prompt: prompts differ in how much they ask for, and \
         how that looks to a classifier is right only on the whole. One answer in five is said to be good or bad; \
         that, times and failures are all that routes hear. They start the day knowing prices and what is published. \
         Nobody falls back here: a failed call is a lost answer, for routes and for fixed choices alike; breakers work \
         as in the product. Providers are made up, so this shows how the code decides and learns, not what it saves \
         with yours.\n",
        scenario.what, scenario.requests, day.seeds
    );
    let _ = writeln!(
        out,
        "| who answers | good | $ for 1,000 | whole answer, mean s | failed |\n| --- | --- | --- | --- | --- |"
    );
    for (name, all) in &day.all {
        let _ = writeln!(
            out,
            "| {name} | {:.1} % | {:.2} | {:.1} | {:.1} % |",
            100.0 * mean(all, |one| one.good),
            1_000.0 * mean(all, |one| one.usd),
            mean(all, |one| one.seconds),
            100.0 * mean(all, |one| one.failed)
        );
    }
    let _ = writeln!(out, "\n![cost and quality](images/routing-day-cost.svg)\n");
    for route in ["auto:quality", BALANCED, "auto:budget"] {
        let _ = writeln!(out, "- {}", beaten(day, route));
    }
    regrets(&mut out, day, steady);
    out
}

/// Which fixed choices are both cheaper than a route and at least as good: in the mean, and in single seeds.
fn beaten(day: &Day, route: &str) -> String {
    let own = day.of_name(route);
    let mut told = Vec::new();
    for (name, other) in day.fixed() {
        let beats = |a: &Outcome, b: &Outcome| a.usd < b.usd && a.good >= b.good;
        let seeds = other.iter().zip(own).filter(|(other, own)| beats(other, own)).count();
        let (usd, good) = (|one: &Outcome| one.usd, |one: &Outcome| one.good);
        let on_the_whole = mean(other, usd) < mean(own, usd) && mean(other, good) >= mean(own, good);
        if on_the_whole || seeds > 0 {
            let mean = if on_the_whole { "in the mean and " } else { "" };
            told.push(format!("{name} ({mean}in {seeds} of {} seeds)", own.len()));
        }
    }
    if told.is_empty() {
        format!("`{route}`: no fixed choice is both cheaper and at least as good, in no seed.")
    } else {
        format!("`{route}`: both cheaper and at least as good: {}.", told.join(", "))
    }
}

fn regrets(out: &mut String, day: &Day, steady: &Day) {
    let _ = writeln!(
        out,
        "\n## Regret\n\nWhat `{BALANCED}` loses for each request beside the best fixed choice of the whole day, chosen \
         in hindsight. An answer is worth 1 if it is good, less 0.1 for each cent and 0.1 for each minute of waiting; \
         the route does not know of these figures. Below zero it is better than any fixed choice. Quarters are of six \
         hours; a twelfth of the requests come in the first."
    );
    for (title, of) in [
        ("As it was", day),
        ("The same day without its events, so that only learning changes anything", steady),
    ] {
        let _ = writeln!(
            out,
            "\n{title}:\n\n| seed | best fixed choice | good | $ for 1,000 | first quarter | second | third | last | whole day |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
        );
        let (mut means, mut fell) = ([0.0; QUARTERS], 0);
        for seed in 0..of.seeds.len() {
            let _ = writeln!(out, "{}", of.row(seed));
            let quarters = of.quarters(seed);
            fell += usize::from(quarters[QUARTERS - 1] < quarters[0]);
            for (mean, quarter) in means.iter_mut().zip(quarters) {
                *mean += quarter / of.seeds.len() as f64;
            }
        }
        let own = of.of_name(BALANCED);
        let whole = (0..of.seeds.len()).map(|seed| of.regret(seed, 0..HOURS)).sum::<f64>() / own.len() as f64;
        let _ = writeln!(
            out,
            "| mean | | {:.2} % | {:.3} |{} {whole:+.3} |\n\nLess was lost in the last quarter than in the first in {fell} of {} seeds.",
            100.0 * mean(own, |one| one.good),
            1_000.0 * mean(own, |one| one.usd),
            cells(means),
            own.len()
        );
    }
    let _ = writeln!(out, "\n![regret so far](images/routing-day-regret.svg)");
}
