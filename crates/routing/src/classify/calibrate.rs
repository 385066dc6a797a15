//! Strength after one's own outcomes: what two of one's own models made of one's own prompts corrects what was
//! fitted to other people's.

use super::{FEATURES, described, weights::WEIGHTS};
use serde::{Deserialize, Serialize};

/// Fewer outcomes than this say nothing that would last.
const FEWEST: usize = 50;
/// How many outcomes the shipped weights count for, in each direction that they could be corrected.
const TRUST: f64 = 400.0;
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
        let rows: Vec<[f64; N]> = known.iter().map(|outcome| row(&outcome.prompt)).collect();
        let count = rows.len() as f64;
        let gains: Vec<f64> = known.iter().map(|o| f64::from(o.strong) - f64::from(o.weak)).collect();
        let mean = gains.iter().sum::<f64>() / count;
        let centre: [f64; N] = std::array::from_fn(|at| rows.iter().map(|row| row[at]).sum::<f64>() / count);
        let (mut gram, mut right) = (vec![[0.0; N]; N], [0.0; N]);
        for (row, gain) in rows.iter().zip(&gains) {
            for at in 0..N {
                let x = row[at] - centre[at];
                right[at] += x * (gain - mean);
                for other in 0..=at {
                    gram[at][other] += x * (row[other] - centre[other]);
                }
            }
        }
        for (at, line) in gram.iter_mut().enumerate() {
            // The shipped gain is one direction that is believed more than the rest.
            line[at] += if at == FEATURES { TRUST / 20.0 } else { TRUST };
        }
        let solved = solve(&mut gram, right);
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
    fn a_handful_of_outcomes_is_refused_with_how_many_it_takes() {
        let error = Calibration::fit(&(0..49).map(outcome).collect::<Vec<_>>()).unwrap_err();
        assert_eq!(error.to_string(), "49 outcomes are too few; gather at least 50");
    }
}
