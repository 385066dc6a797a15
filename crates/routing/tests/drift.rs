//! Providers that change while they are used: what is learned of them has to pay.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

use domain::{ErrorKind, Policy, Profile, PromptClass, Strategy, Target};
use routing::{Ask, CallEnd, Facts, Learned, Liking, ReadyPolicy, Snapshot, decide};

const REQUESTS: u32 = 3_000;
/// Everything is otherwise after so many.
const PHASE: u32 = 1_000;
const START: i64 = 1_800_000_000_000;
/// Between two requests, in milliseconds.
const STEP: i64 = 20_000;

/// How a provider really is.
#[derive(Clone, Copy)]
struct Truth {
    first_ms: u32,
    tokens_per_second: u32,
    fails: f64,
    liked: f64,
}

const fn is(first_ms: u32, tokens_per_second: u32, fails: f64, liked: f64) -> Truth {
    Truth { first_ms, tokens_per_second, fails, liked }
}

/// Four providers in three phases: the best slows down, another fails, a third gets good.
const TRUTH: [[Truth; 4]; 3] = [
    [is(300, 120, 0.01, 0.85), is(900, 60, 0.02, 0.60), is(600, 80, 0.05, 0.50), is(400, 90, 0.01, 0.40)],
    [is(6_000, 15, 0.10, 0.60), is(700, 70, 0.02, 0.65), is(300, 110, 0.01, 0.85), is(400, 90, 0.30, 0.40)],
    [is(900, 60, 0.02, 0.60), is(250, 140, 0.01, 0.90), is(500, 90, 0.60, 0.80), is(400, 90, 0.05, 0.40)],
];

/// Splitmix64, so that every run is the same.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What an answer is worth: whether it comes, whether it is liked, and how soon it is whole.
fn worth(truth: Truth) -> f64 {
    let whole_s = f64::from(truth.first_ms) / 1_000.0 + 400.0 / f64::from(truth.tokens_per_second);
    let soon = 1.0 - (whole_s / 0.3).max(1.0).ln() / 400.0_f64.ln();
    (1.0 - truth.fails) * (0.5 * truth.liked + 0.5 * soon.max(0.0))
}

/// What was lost in each half of each phase, beside whoever was best at the time.
fn lost(strategy: Strategy, learns: bool, seed: u64) -> [f64; 6] {
    let mut learned = Learned::default();
    let targets: Vec<Target> = (0..4).map(|at| format!("p{at}/model").parse().unwrap()).collect();
    let facts = targets.iter().map(|target| {
        let mut facts = Facts::of(target.clone(), learned.slot(target));
        facts.prices = Some([1_000_000_000, 100_000_000, 3_000_000_000]);
        facts.quality = [Some(0.6); PromptClass::ALL.len()];
        facts
    });
    let snapshot = Snapshot { targets: facts.collect() };
    let policy =
        ReadyPolicy::new(Policy { strategy, explore: 0.08, ..Policy::of(Profile::Balanced) }).unwrap();
    let mut chance = Chance(seed);
    let mut lost = [0.0; 6];
    for turn in 0..REQUESTS {
        let phase = (turn / PHASE) as usize;
        let now = START + i64::from(turn) * STEP;
        let ask = Ask { class: PromptClass::Code, input_tokens: 500, turn, ..Ask::default() };
        let chosen = decide(&snapshot, &learned, &ask, &policy, now, turn ^ (seed as u32)).order[0] as usize;
        let truth = TRUTH[phase][chosen];
        let best = TRUTH[phase].iter().map(|truth| worth(*truth)).fold(0.0, f64::max);
        lost[phase * 2 + usize::from(turn % PHASE >= PHASE / 2)] += best - worth(truth);
        if !learns {
            continue;
        }
        let failed = chance.next() < truth.fails;
        let spread = 0.7 + 0.6 * chance.next();
        let outcome = CallEnd {
            error: failed.then_some(ErrorKind::Overloaded),
            first_ms: (!failed).then_some((f64::from(truth.first_ms) * spread) as u32),
            ended_ms: (f64::from(truth.first_ms) * spread) as u32 + 400_000 / truth.tokens_per_second,
            output: Some(400),
            cost: None,
        };
        learned.observe(&targets[chosen], Some(PromptClass::Code), &outcome, now);
        // One answer in five is said to be good, or not.
        if !failed && chance.next() < 0.2 {
            let value = if chance.next() < truth.liked { 1.0 } else { 0.0 };
            let liking = Liking { value, need: ask.strength };
            learned.liked(&targets[chosen], Some(PromptClass::Code), liking, now);
        }
    }
    lost
}

#[test]
fn learning_loses_less_than_fixed_weights_and_turns_and_less_as_it_goes_on() {
    for seed in 1..=5 {
        let (bandit, fixed, turns) = (
            lost(Strategy::Bandit, true, seed),
            lost(Strategy::Weighted, false, seed),
            lost(Strategy::RoundRobin, false, seed),
        );
        let sum = |lost: [f64; 6]| lost.iter().sum::<f64>();
        let told = format!("seed {seed}: bandit {bandit:.1?}, fixed {fixed:.1?}, turns {turns:.1?}");
        assert!(sum(bandit) < 0.8 * sum(fixed), "{told}");
        assert!(sum(bandit) < 0.8 * sum(turns), "{told}");
        let (early, late): (f64, f64) =
            (bandit.iter().step_by(2).sum(), bandit.iter().skip(1).step_by(2).sum());
        assert!(late < 0.9 * early, "{told}");
    }
}
