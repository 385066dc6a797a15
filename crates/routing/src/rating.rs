//! How good models are, from votes on their answers: the Bradley–Terry model, in its form for a choice
//! among several (Luce 1959; Plackett 1975). A model `i` has a strength `θᵢ`; it is chosen from a set
//! `S` with the probability `exp θᵢ / Σ_{j∈S} exp θⱼ`, which for two is Bradley and Terry's (Biometrika
//! 39, 1952). A tie counts as half a choice of each, as rating boards of chat models do.
//!
//! The most probable strengths are found by Newton's method: the logarithm of the likelihood is concave
//! (Hunter, Annals of Statistics 32, 2004), and a weak normal prior keeps the strengths finite where a
//! model has won or lost all its votes, and makes unconnected groups of models comparable at all (in
//! the middle). The inverse of the curvature there is the covariance, of which the intervals are made.

/// The prior's standard deviation, in the logarithm of odds: two models are within odds of 17 to 1 of
/// each other, with 68 %.
const PRIOR: f64 = 2.0;
/// 95 % of a normal distribution lie within so many standard deviations.
const Z: f64 = 1.96;
/// Steps of Newton's method at most; it needs about six.
const STEPS: usize = 60;

/// One vote, by the indexes of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// One was chosen from among these; itself is not in the list.
    Chosen {
        /// Which.
        best: usize,
        /// The others.
        others: Vec<usize>,
    },
    /// Neither of two.
    Even(usize, usize),
}

/// How good one model is, beside the mean of all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strength {
    /// The logarithm of its odds against the mean one.
    pub theta: f64,
    /// Half the width of the interval that holds the true one with 95 % confidence.
    pub within: f64,
}

/// The strengths of `models` models; 0 is their mean.
#[must_use]
pub fn rate(models: usize, votes: &[Comparison]) -> Vec<Strength> {
    let mut theta = vec![0.0; models];
    let mut curvature = vec![vec![0.0; models]; models];
    for _ in 0..STEPS {
        let slope = differentiate(&theta, votes, &mut curvature);
        let Some(step) = solve(&curvature, &slope) else { break };
        // Far from the top a full step may overshoot.
        let longest = step.iter().fold(0.0_f64, |longest, s| longest.max(s.abs()));
        let scale = if longest > 2.0 { 2.0 / longest } else { 1.0 };
        for (theta, step) in theta.iter_mut().zip(&step) {
            *theta += step * scale;
        }
        if longest < 1e-9 {
            break;
        }
    }
    differentiate(&theta, votes, &mut curvature);
    let mean = theta.iter().sum::<f64>() / models.max(1) as f64;
    let spread = spread(&curvature);
    theta
        .iter()
        .zip(spread)
        .map(|(theta, within)| Strength { theta: theta - mean, within: Z * within })
        .collect()
}

/// The slope of the logarithm of the posterior, and the negative of its second derivative.
fn differentiate(theta: &[f64], votes: &[Comparison], curvature: &mut [Vec<f64>]) -> Vec<f64> {
    let weak = 1.0 / (PRIOR * PRIOR);
    let mut slope: Vec<f64> = theta.iter().map(|theta| -theta * weak).collect();
    for (i, row) in curvature.iter_mut().enumerate() {
        row.fill(0.0);
        row[i] = weak;
    }
    for vote in votes {
        let (set, won): (Vec<usize>, Vec<f64>) = match vote {
            Comparison::Chosen { best, others } => {
                std::iter::once((*best, 1.0)).chain(others.iter().map(|other| (*other, 0.0))).unzip()
            }
            Comparison::Even(a, b) => (vec![*a, *b], vec![0.5, 0.5]),
        };
        let most = set.iter().map(|i| theta[*i]).fold(f64::MIN, f64::max);
        let odds: Vec<f64> = set.iter().map(|i| (theta[*i] - most).exp()).collect();
        let all: f64 = odds.iter().sum();
        for (at, i) in set.iter().enumerate() {
            let p = odds[at] / all;
            slope[*i] += won[at] - p;
            curvature[*i][*i] += p;
            for (other, j) in set.iter().enumerate() {
                curvature[*i][*j] -= p * odds[other] / all;
            }
        }
    }
    slope
}

/// Standard deviations of the strengths beside their mean.
fn spread(curvature: &[Vec<f64>]) -> Vec<f64> {
    let models = curvature.len();
    let mut covariance = Vec::with_capacity(models);
    for i in 0..models {
        let mut unit = vec![0.0; models];
        unit[i] = 1.0;
        covariance.push(solve(curvature, &unit).unwrap_or_else(|| vec![f64::NAN; models]));
    }
    let means: Vec<f64> = covariance.iter().map(|row| row.iter().sum::<f64>() / models as f64).collect();
    let all = means.iter().sum::<f64>() / models as f64;
    (0..models).map(|i| (covariance[i][i] - 2.0 * means[i] + all).max(0.0).sqrt()).collect()
}

/// Solves `matrix · x = right` for a matrix that is symmetric and positive definite (Cholesky).
fn solve(matrix: &[Vec<f64>], right: &[f64]) -> Option<Vec<f64>> {
    let n = right.len();
    let mut lower = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = matrix[i][j] - (0..j).map(|k| lower[i][k] * lower[j][k]).sum::<f64>();
            if i == j {
                if sum <= 0.0 {
                    return None;
                }
                lower[i][i] = sum.sqrt();
            } else {
                lower[i][j] = sum / lower[j][j];
            }
        }
    }
    let mut x = vec![0.0; n];
    for i in 0..n {
        x[i] = (right[i] - (0..i).map(|k| lower[i][k] * x[k]).sum::<f64>()) / lower[i][i];
    }
    for i in (0..n).rev() {
        x[i] = (x[i] - (i + 1..n).map(|k| lower[k][i] * x[k]).sum::<f64>()) / lower[i][i];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(best: usize, other: usize, times: usize) -> Vec<Comparison> {
        vec![Comparison::Chosen { best, others: vec![other] }; times]
    }

    #[test]
    fn with_many_votes_the_odds_are_those_of_the_votes() {
        let votes = [chosen(0, 1, 8_000), chosen(1, 0, 2_000)].concat();
        let [a, b] = rate(2, &votes)[..] else { panic!("two were asked for") };
        assert!((a.theta - b.theta - 4.0_f64.ln()).abs() < 0.01, "{a:?} {b:?}");
        // The variance of the difference is 1 / (n p q), and each has half of the difference.
        let wanted = Z * (1.0 / (10_000.0 * 0.8 * 0.2_f64)).sqrt() / 2.0;
        assert!((a.within - wanted).abs() < wanted * 0.02, "{a:?}, wanted {wanted}");
    }

    #[test]
    fn who_has_won_everything_is_not_infinitely_good() {
        let strong = rate(2, &chosen(0, 1, 5));
        let stronger = rate(2, &chosen(0, 1, 50));
        assert!(strong[0].theta > 0.5 && strong[0].theta < stronger[0].theta && stronger[0].theta < 4.0);
        assert!(strong[0].within.is_finite() && stronger[0].within < 4.0);
    }

    #[test]
    fn ties_bring_models_together_and_narrow_the_interval() {
        let few = rate(2, &[chosen(0, 1, 4), chosen(1, 0, 1)].concat());
        let mut votes = [chosen(0, 1, 4), chosen(1, 0, 1)].concat();
        votes.extend(vec![Comparison::Even(0, 1); 20]);
        let tied = rate(2, &votes);
        assert!(tied[0].theta > 0.0 && tied[0].theta < few[0].theta);
        assert!(tied[0].within < few[0].within);
    }

    #[test]
    fn one_of_several_is_a_choice_against_each_of_them() {
        let votes = vec![Comparison::Chosen { best: 2, others: vec![0, 1] }; 40];
        let rated = rate(3, &votes);
        assert!(rated[2].theta > 1.0 && (rated[0].theta - rated[1].theta).abs() < 1e-6);
        // Three are alike where each is chosen as often.
        let votes: Vec<_> = (0..3)
            .flat_map(|best| {
                vec![Comparison::Chosen { best, others: (0..3).filter(|o| *o != best).collect() }; 7]
            })
            .collect();
        assert!(rate(3, &votes).iter().all(|s| s.theta.abs() < 1e-6));
    }

    #[test]
    fn nobody_votes_and_nobody_is_better() {
        assert!(rate(0, &[]).is_empty());
        let rated = rate(2, &[]);
        assert!(rated.iter().all(|s| s.theta.abs() < 1e-9 && s.within > 2.0), "{rated:?}");
    }

    /// Of intervals that are said to hold the true value with 95 %, about 95 % do.
    #[test]
    fn intervals_hold_what_they_say() {
        let mut state = 7_u64;
        let mut dice = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let truth = [1.0, 0.4, 0.0, -0.5, -0.9];
        let (mut held, mut all) = (0_u32, 0_u32);
        for _ in 0..200 {
            let mut votes = Vec::new();
            for _ in 0..150 {
                let a = (dice() * 5.0) as usize;
                let b = (a + 1 + (dice() * 4.0) as usize) % 5;
                let p = 1.0 / (1.0 + f64::exp(truth[b] - truth[a]));
                let (best, other) = if dice() < p { (a, b) } else { (b, a) };
                votes.push(Comparison::Chosen { best, others: vec![other] });
            }
            for (strength, truth) in rate(5, &votes).iter().zip(truth) {
                held += u32::from((strength.theta - truth).abs() <= strength.within);
                all += 1;
            }
        }
        let share = f64::from(held) / f64::from(all);
        assert!((0.92..=0.99).contains(&share), "{share}");
    }
}
