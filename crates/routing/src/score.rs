//! What a target scores for a request, in parts that can be shown.

use crate::{
    Ask, Facts, Measure, ReadyPolicy,
    learn::{Stats, Sum},
};
use domain::{NanoUsd, ScoreName};

/// What is taken of a target that nobody has asked yet, and how many observations outweigh it.
const PRIOR_FIRST_MS: f32 = 900.0;
const PRIOR_RATE: f32 = 60.0;
const PRIOR_RATE_LOCAL: f32 = 20.0;
const PRIOR_PACE_COUNTS: f32 = 2.0;
const PRIOR_HEALTH: f32 = 0.98;
/// With three of them the first failure of all would look like one call in four, and who had it be asked no more.
const PRIOR_HEALTH_COUNTS: f32 = 20.0;
/// Quality of a model that nobody has measured.
const PRIOR_QUALITY: f32 = 0.5;
/// A price that is not known is taken for a high one, not for the highest.
const UNKNOWN_COST: f32 = 0.35;
/// A window that is not known.
const UNKNOWN_CONTEXT: f32 = 0.3;
/// Whole answers within this many seconds are as soon as can be; at the second they have no worth.
const SOON_S: f32 = 0.3;
const LATE_S: f32 = 120.0;
/// Costs up to about this many dollars are as good as none; from there on ratios count, and a request of a dollar
/// has no worth. Without such a floor, what is free would beat a hundredth of a cent by more than any answer is worth.
const SMALL_USD: f32 = 3e-3;
/// How sharply the chance that an answer is good enough depends on the difference between quality and need: a model
/// that is better by a tenth than what is needed is good enough two times in three.
const SHARP: f32 = 6.0;
/// Windows from 8 thousand to 2 million tokens.
const SMALL_WINDOW: f32 = 8_192.0;
const DOUBLINGS: f32 = 8.0;
/// How many opinions what is published of a model counts for.
const PUBLISHED_COUNTS: f32 = 4.0;
/// What an opinion was on where that is not known, as with those of earlier versions.
const PRIOR_NEED: f32 = 0.5;

/// Parts of a score, in the order of [`ScoreName::ALL`].
pub(crate) const PARTS: usize = ScoreName::ALL.len();
const _: () = assert!(PARTS == 8, "the parts below are in the order of the names");

/// What a score rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) quality: Option<f32>,
    pub(crate) first_s: f32,
    pub(crate) rate: f32,
    pub(crate) whole_s: f32,
    /// How many calls its pace rests on.
    pub(crate) paced: f32,
    pub(crate) cost: Option<NanoUsd>,
    /// How much dearer than expected its calls came out.
    pub(crate) dearer: f32,
    pub(crate) available: f32,
    pub(crate) reliable: f32,
    /// How many calls its health rests on.
    pub(crate) asked: f32,
    pub(crate) liked: f32,
    /// How many opinions that rests on.
    pub(crate) opinions: f32,
    /// What those were on: how strong a model was needed.
    pub(crate) needed: f32,
    pub(crate) window: Option<u32>,
}

impl Figures {
    pub(crate) fn of(facts: &Facts, stats: &Stats, ask: &Ask<'_>, warm: bool) -> Self {
        let usual = if facts.local { PRIOR_RATE_LOCAL.ln() } else { PRIOR_RATE.ln() };
        let (first, rate) = (stats.get(Measure::First), stats.get(Measure::Rate));
        let first_s = first.towards(PRIOR_FIRST_MS.ln(), PRIOR_PACE_COUNTS).exp() / 1_000.0;
        let rate_now = rate.towards(usual, PRIOR_PACE_COUNTS).exp();
        let output = ask.output_tokens();
        let (available, liked) = (stats.get(Measure::Available), stats.get(Measure::Liked));
        // What a conversation has said before is most of its next prompt.
        let read = if warm { ask.input_tokens / 10 * 9 } else { 0 };
        let dearer = stats.get(Measure::Dearer);
        let dearer = if dearer.weight > 0.0 { dearer.towards(0.0, 2.0).exp() } else { 1.0 };
        let cost = facts.cost(ask.input_tokens, read, output);
        Self {
            quality: facts.quality[ask.class as usize],
            first_s,
            rate: rate_now,
            whole_s: first_s + output as f32 / rate_now,
            paced: first.weight,
            cost: cost.map(|cost| NanoUsd((cost.0 as f64 * f64::from(dearer)) as i64)),
            dearer,
            available: available.towards(PRIOR_HEALTH, PRIOR_HEALTH_COUNTS),
            reliable: stats.get(Measure::Reliable).towards(PRIOR_HEALTH, PRIOR_HEALTH_COUNTS),
            asked: available.weight,
            liked: liked.mean().unwrap_or(0.5),
            opinions: liked.weight.max(0.0),
            needed: needed(liked, stats.get(Measure::Needed)),
            window: facts.context_window,
        }
    }

    /// What it would cost, in dollars; nothing where that is not known.
    fn usd(&self) -> Option<f32> {
        self.cost.map(|cost| cost.0 as f32 / 1e9)
    }

    /// How good it is, as published; the middle where nothing is.
    pub(crate) fn known_quality(&self) -> f32 {
        self.quality.unwrap_or(PRIOR_QUALITY)
    }

    /// How good it is, as published and by people's opinions together: so good that it would be liked as often as it
    /// was, on prompts that needed as much, had it also been liked a few times as often as is expected of what is
    /// published.
    ///
    /// What counts is how often it was liked beside how often that was to be expected. Else whoever is asked what
    /// is hard would seem worse than who is spared it, and routes ask just those.
    pub(crate) fn ability(&self) -> f32 {
        let known = self.known_quality();
        if self.opinions <= 0.0 {
            return known;
        }
        self.needed + self.odds(chance(known, self.needed)).ln() / SHARP
    }

    /// The odds of its being liked where people were asked, opinions and what was expected taken together.
    fn odds(&self, expected: f32) -> f32 {
        let liked =
            (self.liked * self.opinions + expected * PUBLISHED_COUNTS) / (self.opinions + PUBLISHED_COUNTS);
        let liked = liked.clamp(0.005, 0.995);
        liked / (1.0 - liked)
    }

    /// The chance that its answer is good enough: by what is published, and by its [`Self::ability`]. It is asked of
    /// dozens of candidates in each decision, so no logarithm is taken where the odds themselves will do.
    fn chances(&self, need: f32) -> (f32, f32) {
        let need = need.clamp(0.0, 1.0);
        let against = (-SHARP * (self.known_quality() - need)).exp();
        let published = 1.0 / (1.0 + against);
        if self.opinions <= 0.0 {
            return (published, published);
        }
        // From prompts that need so much to those that people spoke of.
        let step = (SHARP * (self.needed - need)).exp();
        let odds = self.odds(1.0 / (1.0 + against * step)) * step;
        (published, odds / (1.0 + odds))
    }

    /// The chance that its answer is good enough for a prompt that needs so strong a model, by what is published.
    pub(crate) fn good_enough(&self, need: f32) -> f32 {
        chance(self.known_quality(), need)
    }

    /// The parts, each from 0 to 1; the last is left for the policy's expression.
    pub(crate) fn values(&self, policy: &ReadyPolicy, ask: &Ask<'_>) -> [f32; PARTS] {
        let cost = self.usd().map_or(UNKNOWN_COST, how_cheap);
        // Few policies ask for it, and it takes a logarithm of each candidate.
        let context = match self.window {
            _ if policy.policy.weights.context == 0.0 && policy.expression.is_none() => 0.0,
            None => UNKNOWN_CONTEXT,
            Some(window) => (window as f32 / SMALL_WINDOW).max(1.0).log2() / DOUBLINGS,
        };
        let (quality, found) = if policy.policy.adapt {
            self.chances(ask.strength)
        } else {
            (self.known_quality(), self.ability().clamp(0.0, 1.0))
        };
        [
            quality,
            how_soon(self.whole_s),
            cost,
            self.available,
            self.reliable,
            context.min(1.0),
            if self.opinions > 0.0 { found - quality } else { 0.0 },
            0.0,
        ]
    }
}

/// The chance that an answer of so good a model is good enough where so good a one is needed.
///
/// A logistic curve over ability less difficulty, as tests of people are scored (Rasch 1960): on what is easy
/// all are about as good, far above their ability none is, and between is where a better one pays.
fn chance(ability: f32, need: f32) -> f32 {
    1.0 / (1.0 + (-SHARP * (ability - need.clamp(0.0, 1.0))).exp())
}

/// What opinions were on, on the whole.
fn needed(liked: Sum, needed: Sum) -> f32 {
    if liked.weight <= 0.0 {
        return PRIOR_NEED;
    }
    let unknown = (liked.weight - needed.weight).max(0.0);
    ((needed.sum + PRIOR_NEED * unknown) / (needed.weight + unknown)).clamp(0.0, 1.0)
}

/// How soon a whole answer is there, from 1 to 0.
pub(crate) fn how_soon(whole_s: f32) -> f32 {
    (1.0 - (whole_s / SOON_S).max(1.0).ln() / (LATE_S / SOON_S).ln()).max(0.0)
}

/// How cheap an answer is, from 1 to 0.
pub(crate) fn how_cheap(usd: f32) -> f32 {
    (1.0 - (1.0 + usd.max(0.0) / SMALL_USD).ln() / (1.0 + 1.0 / SMALL_USD).ln()).max(0.0)
}

/// How much each part counts by a policy: shares that come to 1. What opinions change of how good a target is counts
/// as much as that itself: they tell of it, and are no merit of their own.
pub(crate) fn shares(policy: &ReadyPolicy) -> [f32; PARTS] {
    let weights = &policy.policy.weights;
    if policy.expression.is_some() {
        return [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    }
    let mut shares = [
        weights.quality,
        weights.speed,
        weights.cost,
        weights.availability,
        weights.reliability,
        weights.context,
        0.0,
        0.0,
    ];
    let sum: f32 = shares.iter().sum();
    if sum > 0.0 {
        for share in &mut shares {
            *share /= sum;
        }
    }
    shares[6] = shares[0];
    shares
}

/// Puts what the policy's expression comes to in its place.
pub(crate) fn express(policy: &ReadyPolicy, ask: &Ask<'_>, figures: &Figures, values: &mut [f32; PARTS]) {
    if let Some(expression) = &policy.expression {
        let told = [
            f64::from(ask.complexity),
            f64::from(ask.strength),
            f64::from(ask.input_tokens),
            f64::from(ask.output_tokens()),
            f64::from(figures.usd().unwrap_or(0.0)),
            f64::from(figures.first_s),
        ];
        // What is no number ranks last.
        values[7] = expression.value(values, told).map_or(f32::MIN, |value| value as f32);
    }
}

/// The score: the parts by their shares; of what does not come, or breaks off, nothing is worth anything, so
/// that a policy's own expression apart it counts by how often an answer comes whole.
pub(crate) fn total(values: &[f32; PARTS], shares: &[f32; PARTS]) -> f32 {
    let sum: f32 = values
        .iter()
        .zip(shares)
        .filter(|(_, share)| **share != 0.0)
        .map(|(value, share)| value * share)
        .sum();
    if shares[7] != 0.0 || sum <= 0.0 { sum } else { sum * values[3] * values[4] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Learned, Liking};
    use domain::{PromptClass, Target};

    #[test]
    fn a_decision_goes_by_the_ability_that_it_names() {
        let target: Target = "a/x".parse().unwrap();
        for (published, value, need, times) in
            [(0.9, 1.0, 0.3, 3), (0.9, 0.0, 0.9, 50), (0.3, 1.0, 0.8, 500), (0.5, 0.4, 0.5, 20)]
        {
            let mut learned = Learned::default();
            let mut facts = Facts::of(target.clone(), learned.slot(&target));
            facts.quality = [Some(published); PromptClass::ALL.len()];
            for _ in 0..times {
                learned.liked(&target, Some(PromptClass::Code), Liking { value, need }, 1_000);
            }
            let stats = learned.of_target(&target, PromptClass::Code, 1_000);
            for strength in [0.0, 0.4, 1.0] {
                let ask = Ask { class: PromptClass::Code, strength, ..Ask::default() };
                let figures = Figures::of(&facts, &stats, &ask, false);
                let (before, after) = figures.chances(strength);
                assert!((before - figures.good_enough(strength)).abs() < 1e-5);
                let told = chance(figures.ability(), strength);
                assert!((after - told).abs() < 1e-4, "{published} {value} {need}: {after} {told}");
            }
        }
    }

    #[test]
    fn opinions_of_which_it_is_not_known_what_they_were_on_count_as_on_the_middle() {
        let liked = Sum { sum: 3.0, weight: 4.0 };
        assert!((needed(liked, Sum::default()) - PRIOR_NEED).abs() < 1e-6);
        assert!((needed(liked, Sum { sum: 0.9, weight: 1.0 }) - (0.9 + 1.5) / 4.0).abs() < 1e-6);
        assert!((needed(Sum::default(), Sum::default()) - PRIOR_NEED).abs() < 1e-6);
    }
}
