//! What a day came to, in words and tables.

use crate::world::{HOURS, Outcome, Scenario, Who, simulate};
use domain::{Policy, Profile, Strategy};
use std::fmt::Write as _;

/// Seeds of the committed report. What was tuned was tuned on others (101 to 108).
pub const SEEDS: [u64; 5] = [1, 2, 3, 4, 5];
/// The route whose regret is told.
const BALANCED: &str = "auto:balanced";
/// The same, and nothing is told to it.
const UNLEARNING: &str = "balanced, learns nothing";
const QUARTERS: usize = 4;

/// By what it is told how much an answer was worth.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By what the balanced policy itself gives for good answers, money and time.
    Policy,
    /// By fixed prices, of which no route knows.
    Prices,
}

impl By {
    fn worth(self, outcome: &Outcome) -> &[f64; HOURS] {
        match self {
            Self::Policy => &outcome.by_policy,
            Self::Prices => &outcome.worth,
        }
    }
}

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
            (UNLEARNING.to_owned(), Who::Unlearning(unlearning)),
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
    fn best_fixed(&self, seed: usize, by: By) -> (&str, [f64; HOURS]) {
        let worth = |outcomes: &[Outcome]| by.worth(&outcomes[seed]).iter().sum::<f64>();
        let best = self.fixed().max_by(|(_, a), (_, b)| worth(a).total_cmp(&worth(b)));
        best.map_or(("", [0.0; HOURS]), |(name, outcomes)| (name, *by.worth(&outcomes[seed])))
    }

    /// What somebody lost beside it in some hours, for each request.
    fn regret(&self, name: &str, seed: usize, hours: std::ops::Range<usize>, by: By) -> f64 {
        let (own, best) = (&self.of_name(name)[seed], self.best_fixed(seed, by).1);
        let lost: f64 = hours.clone().map(|hour| best[hour] - by.worth(own)[hour]).sum();
        lost / own.requests[hours].iter().sum::<f64>().max(1.0)
    }

    /// For each seed: what was lost so far for each request, at the end of each hour.
    pub fn regret_so_far(&self, by: By) -> Vec<Vec<f64>> {
        (0..self.seeds.len())
            .map(|seed| (1..=HOURS).map(|hour| self.regret(BALANCED, seed, 0..hour, by)).collect())
            .collect()
    }

    fn quarters(&self, name: &str, seed: usize, by: By) -> [f64; QUARTERS] {
        let long = HOURS / QUARTERS;
        std::array::from_fn(|at| self.regret(name, seed, at * long..(at + 1) * long, by))
    }

    /// Mean over the seeds: by quarter, and of the whole day.
    fn mean_regret(&self, name: &str, by: By) -> ([f64; QUARTERS], f64) {
        let (mut quarters, mut whole, count) = ([0.0; QUARTERS], 0.0, self.seeds.len().max(1) as f64);
        for seed in 0..self.seeds.len() {
            whole += self.regret(name, seed, 0..HOURS, by) / count;
            for (mean, quarter) in quarters.iter_mut().zip(self.quarters(name, seed, by)) {
                *mean += quarter / count;
            }
        }
        (quarters, whole)
    }

    /// One seed's line of the table of regrets.
    pub fn row(&self, seed: usize, by: By) -> String {
        let own = &self.of_name(BALANCED)[seed];
        format!(
            "| {} | {} | {:.2} % | {:.3} |{} {:+.3} |",
            self.seeds[seed],
            self.best_fixed(seed, by).0,
            100.0 * own.good,
            1_000.0 * own.usd,
            cells(self.quarters(BALANCED, seed, by)),
            self.regret(BALANCED, seed, 0..HOURS, by)
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
        "{} {} requests a day, seeds {:?}. Made by `cargo xtask report routing`, every figure and every plot; what a \
         scenario is made of is told in [routing.md](routing.md#a-day-of-traffic). What was tuned was tuned on other \
         seeds (101 to 108) of the shipped scenario.\n\n\
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
         in hindsight. Below zero it is better than any fixed choice. Quarters are of six hours; a twelfth of the \
         requests come in the first. It is told twice, since what is lost depends on what good answers, money and time \
         are worth to whom.\n\n\
         ### By what the policy asks for\n\n\
         An answer that came is worth what the policy `balanced` scores it with when everything is known: whether it \
         was good, how soon it was whole, and what it cost, by the policy's weights; an answer that did not come is \
         worth nothing. Told in good answers: 0.01 is one in a hundred. This says whether learning leads the route \
         to what it was told to strive for."
    );
    both(out, day, steady, By::Policy);
    let _ = writeln!(
        out,
        "\n![regret so far](images/routing-day-regret.svg)\n\n\
         ### By fixed prices\n\n\
         An answer is worth 1 if it is good, less 0.1 for each cent and 0.1 for each minute of waiting. The route does \
         not know of these figures, and its policy weighs otherwise: time and failures more, money by its ratio. \
         So a route that did just what its policy asks for would not come to the least here."
    );
    both(out, day, steady, By::Prices);
    let _ = writeln!(out, "\n![regret so far](images/routing-day-regret-prices.svg)");
}

fn both(out: &mut String, day: &Day, steady: &Day, by: By) {
    for (title, of) in [
        ("As it was", day),
        ("The same day without its events, so that only learning changes anything", steady),
    ] {
        let _ = writeln!(
            out,
            "\n{title}:\n\n| seed | best fixed choice | good | $ for 1,000 | first quarter | second | third | last | whole day |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
        );
        let (mut fell, mut each) = (0, 0);
        for seed in 0..of.seeds.len() {
            let _ = writeln!(out, "{}", of.row(seed, by));
            let quarters = of.quarters(BALANCED, seed, by);
            fell += usize::from(quarters[QUARTERS - 1] < quarters[0]);
            each += usize::from(quarters.is_sorted_by(|before, after| before > after));
        }
        for (name, title) in [(BALANCED, "mean"), (UNLEARNING, "mean of one that learns nothing")] {
            let (own, (quarters, whole)) = (of.of_name(name), of.mean_regret(name, by));
            let _ = writeln!(
                out,
                "| {title} | | {:.2} % | {:.3} |{} {whole:+.3} |",
                100.0 * mean(own, |one| one.good),
                1_000.0 * mean(own, |one| one.usd),
                cells(quarters)
            );
        }
        let _ = writeln!(
            out,
            "\nLess was lost in the last quarter than in the first in {fell} of {} seeds, and in each quarter less than \
             in the one before it in {each}.",
            of.seeds.len()
        );
    }
}
