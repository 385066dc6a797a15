//! Strength after one's own outcomes: what two of one's own models made of one's own prompts corrects what was
//! fitted to other people's.

use super::{FEATURES, described, weights::WEIGHTS};
use serde::{Deserialize, Serialize};

/// Fewer outcomes than this say nothing that would last.
const FEWEST: usize = 50;
/// How many outcomes the shipped weights count for, in each direction that they could be corrected: which of these
/// is found out on the outcomes themselves, each fifth of them told by the others. Where they say nothing that lasts,
/// the last of these leaves the shipped order nearly as it is.
const TRUSTS: [f64; 5] = [400.0, 1_500.0, 6_000.0, 25_000.0, 100_000.0];
/// The same for how far the shipped gain as a whole is believed.
const TRUST_IN_GAIN: f64 = 20.0;
const FOLDS: usize = 5;
/// What is solved for: a correction for each number, and how far to believe the shipped gain.
const N: usize = FEATURES + 1;

/// What became of one prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What was asked.
    pub prompt: String,
    /// How good the weak model's answer was, 0 to 1.
    pub weak: f32,
    /// How good the strong one's.
    pub strong: f32,
}

/// Too few outcomes to learn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFew {
    /// How many there were that tell anything.
    pub given: usize,
    /// How many it takes.
    pub needed: usize,
}

impl std::fmt::Display for TooFew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} outcomes are too few; gather at least {}", self.given, self.needed)
    }
}

impl std::error::Error for TooFew {}

/// A correction of the strength, learned from one's own outcomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Calibration {
    /// How many outcomes it was learned from.
    pub outcomes: usize,
    /// How far the shipped gain is believed.
    shipped: f32,
    /// What each number adds.
    weights: Vec<f32>,
    /// Middle and deviation of the gains it gives, so that strengths stay spread over 0..1.
    middle: f32,
    deviation: f32,
}

impl Calibration {
    /// Learns from outcomes; the order does not matter.
    ///
    /// # Errors
    /// Below fifty outcomes.
    pub fn fit(outcomes: &[Outcome]) -> Result<Self, TooFew> {
        let known: Vec<&Outcome> =
            outcomes.iter().filter(|o| o.weak.is_finite() && o.strong.is_finite()).collect();
        if known.len() < FEWEST {
            return Err(TooFew { given: known.len(), needed: FEWEST });
        }
        let mut rows: Vec<([f64; N], f64)> = known
            .iter()
            .map(|outcome| (row(&outcome.prompt), f64::from(outcome.strong) - f64::from(outcome.weak)))
            .collect();
        // In an order of its own, so that the folds do not depend on how the outcomes were listed.
        rows.sort_by(|(a, gain), (b, other)| {
            let numbers = a.iter().zip(b).map(|(a, b)| a.total_cmp(b));
            numbers.fold(gain.total_cmp(other), std::cmp::Ordering::then)
        });
        let solved = Sums::of(rows.iter()).solved(trust(&rows));
        let count = rows.len() as f64;
        let rows: Vec<[f64; N]> = rows.into_iter().map(|(row, _)| row).collect();
        let given: Vec<f64> =
            rows.iter().map(|row| row.iter().zip(&solved).map(|(x, w)| x * w).sum()).collect();
        let middle = given.iter().sum::<f64>() / count;
        let deviation = (given.iter().map(|g| (g - middle).powi(2)).sum::<f64>() / count).sqrt().max(1e-6);
        Ok(Self {
            outcomes: known.len(),
            shipped: solved[FEATURES] as f32,
            weights: solved[..FEATURES].iter().map(|w| *w as f32).collect(),
            middle: middle as f32,
            deviation: deviation as f32,
        })
    }

    /// A gain in deviations, corrected.
    pub(super) fn gain(&self, shipped: f32, numbers: &[f32; FEATURES]) -> f32 {
        let own: f32 = WEIGHTS.scaled(numbers).iter().zip(&self.weights).map(|(x, w)| x * w).sum();
        (own + self.shipped * shipped - self.middle) / self.deviation
    }
}

/// What a fit needs of its rows: their mean, the mean gain, and sums of products of what is left of both.
struct Sums {
    centre: [f64; N],
    mean: f64,
    gram: Vec<[f64; N]>,
    right: [f64; N],
}

impl Sums {
    fn of<'a>(rows: impl Iterator<Item = &'a ([f64; N], f64)> + Clone) -> Self {
        let count = rows.clone().count().max(1) as f64;
        let mean = rows.clone().map(|(_, gain)| gain).sum::<f64>() / count;
        let mut centre = [0.0; N];
        for (row, _) in rows.clone() {
            for (sum, x) in centre.iter_mut().zip(row) {
                *sum += x / count;
            }
        }
        let (mut gram, mut right) = (vec![[0.0; N]; N], [0.0; N]);
        for (row, gain) in rows {
            for at in 0..N {
                let x = row[at] - centre[at];
                right[at] += x * (gain - mean);
                for other in 0..=at {
                    gram[at][other] += x * (row[other] - centre[other]);
                }
            }
        }
        Self { centre, mean, gram, right }
    }

    fn solved(&self, trust: f64) -> [f64; N] {
        let mut gram = self.gram.clone();
        for (at, line) in gram.iter_mut().enumerate() {
            line[at] += if at == FEATURES { TRUST_IN_GAIN } else { trust };
        }
        solve(&mut gram, self.right)
    }
}

/// By which trust each fifth of the rows is told best by the others; of equals the most.
fn trust(rows: &[([f64; N], f64)]) -> f64 {
    let mut errors = [0.0; TRUSTS.len()];
    for fold in 0..FOLDS {
        let sums = Sums::of(rows.iter().enumerate().filter(|(at, _)| at % FOLDS != fold).map(|(_, row)| row));
        for (error, trust) in errors.iter_mut().zip(TRUSTS) {
            let solved = sums.solved(trust);
            for (row, gain) in rows.iter().skip(fold).step_by(FOLDS) {
                let told = row.iter().zip(&sums.centre).zip(&solved).map(|((x, centre), w)| (x - centre) * w);
                *error += (sums.mean + told.sum::<f64>() - gain).powi(2);
            }
        }
    }
    let best = TRUSTS.iter().zip(errors).rev().min_by(|(_, a), (_, b)| a.total_cmp(b));
    best.map_or(TRUSTS[TRUSTS.len() - 1], |(trust, _)| *trust)
}

fn row(prompt: &str) -> [f64; N] {
    let (gain, numbers) = described(prompt);
    let scaled = WEIGHTS.scaled(&numbers);
    std::array::from_fn(|at| f64::from(scaled.get(at).copied().unwrap_or(gain)))
}

/// Solves a symmetric positive system of which the lower half is given (Cholesky, in place).
fn solve(gram: &mut [[f64; N]], mut right: [f64; N]) -> [f64; N] {
    for at in 0..N {
        for other in 0..=at {
            let known: f64 = (0..other).map(|k| gram[at][k] * gram[other][k]).sum();
            let rest = gram[at][other] - known;
            gram[at][other] = if at == other { rest.max(1e-12).sqrt() } else { rest / gram[other][other] };
        }
    }
    for at in 0..N {
        let known: f64 = (0..at).map(|k| gram[at][k] * right[k]).sum();
        right[at] = (right[at] - known) / gram[at][at];
    }
    for at in (0..N).rev() {
        let known: f64 = (at + 1..N).map(|k| gram[k][at] * right[k]).sum();
        right[at] = (right[at] - known) / gram[at][at];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{classify, classify_by};

    /// Whoever's strong model is only better at programs.
    fn outcome(at: usize) -> Outcome {
        let code = at.is_multiple_of(2);
        let prompt = if code {
            format!("def f{at}(x):\n    return x[{at}] + 1\n\nfix this function")
        } else {
            format!("Tell me about the town number {at}, its river and its people, and what is made there")
        };
        Outcome { prompt, weak: f32::from(u8::from(!code)), strong: 1.0 }
    }

    #[test]
    fn own_outcomes_turn_the_order_of_prompts_and_survive_being_stored() {
        let learned = Calibration::fit(&(0..400).map(outcome).collect::<Vec<_>>()).unwrap();
        let stored: Calibration = serde_json::from_str(&serde_json::to_string(&learned).unwrap()).unwrap();
        let (code, town) = (outcome(1_000), outcome(1_001));
        let by = |prompt: &str| classify_by(prompt, Some(&stored)).strength;
        assert!(by(&code.prompt) > by(&town.prompt) + 0.2, "{} {}", by(&code.prompt), by(&town.prompt));
        assert_eq!(classify_by(&code.prompt, None), classify(&code.prompt));
    }

    #[test]
    fn outcomes_that_say_nothing_leave_the_shipped_order_nearly_as_it_is() {
        let mut state = 9_u64;
        let mut lot = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) % 2) as f32
        };
        let mut outcomes: Vec<Outcome> =
            (0..300).map(|at| Outcome { weak: lot(), strong: lot(), ..outcome(at) }).collect();
        let learned = Calibration::fit(&outcomes).unwrap();
        let largest = learned.weights.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
        assert!(largest < 0.02, "{largest}");
        outcomes.reverse();
        assert_eq!(Calibration::fit(&outcomes).unwrap(), learned);
    }

    #[test]
    fn a_handful_of_outcomes_is_refused_with_how_many_it_takes() {
        let error = Calibration::fit(&(0..49).map(outcome).collect::<Vec<_>>()).unwrap_err();
        assert_eq!(error.to_string(), "49 outcomes are too few; gather at least 50");
    }
}
