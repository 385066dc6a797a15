//! What a target is worth by a policy, whoever else there is: what rankings and charts over time show is the score
//! that a route would go by.

use crate::{
    Ask, Facts, Learned, ReadyPolicy, Stats,
    score::{self, Figures},
};
use domain::{PromptClass, ScoreName, Target};

/// Tokens of a prompt that is like most.
const USUAL_INPUT: u32 = 1_000;

/// A score, and what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Worth {
    /// The score.
    pub score: f32,
    /// Its parts with how good the target is at each, 0 to 1, and how much of the score that makes: values by
    /// weights come to the score.
    pub parts: Vec<(ScoreName, f32, f32)>,
}

impl Ask<'_> {
    /// A request that is like most, of a class of prompts.
    #[must_use]
    pub fn usual(class: PromptClass) -> Self {
        Self { class, input_tokens: USUAL_INPUT, ..Self::default() }
    }
}

impl Learned {
    /// What counts of a target for a class now; nothing where nothing was observed.
    #[must_use]
    pub fn of_target(&self, target: &Target, class: PromptClass, now: i64) -> Stats {
        self.place(target).map_or_else(Stats::default, |slot| self.of(slot, class, now))
    }
}

/// What an answer that came turned out to be worth by a policy, in good answers: its score, had all been known
/// beforehand, over what the policy gives for its being good. What did not come is worth nothing.
#[must_use]
pub fn turned_out(policy: &ReadyPolicy, good: bool, whole_s: f32, usd: f32) -> f32 {
    let shares = score::shares(policy);
    let values =
        [f32::from(u8::from(good)), score::how_soon(whole_s), score::how_cheap(usd), 1.0, 1.0, 0.0, 0.0, 0.0];
    let score = score::total(&values, &shares);
    if shares[0] > 0.0 { score / shares[0] } else { score }
}

/// What a target is worth for a request, by what is known of it and what was observed.
#[must_use]
pub fn worth(facts: &Facts, stats: &Stats, ask: &Ask<'_>, policy: &ReadyPolicy) -> Worth {
    let figures = Figures::of(facts, stats, ask, false);
    let mut values = figures.values(policy, ask);
    score::express(policy, ask, &figures, &mut values);
    let shares = score::shares(policy);
    let score = score::total(&values, &shares);
    // What does not come whole is worth nothing: each part counts as often as it does.
    let bare = values.iter().zip(&shares).map(|(value, share)| value * share).sum::<f32>();
    let whole = if bare > 0.0 { score / bare } else { 1.0 };
    let parts = ScoreName::ALL.iter().zip(values.iter().zip(&shares));
    let counts = |name: ScoreName, value: f32, share: f32| {
        share != 0.0 && (name != ScoreName::Preference || value != 0.0)
    };
    let parts = parts
        .filter(|(name, (value, share))| counts(**name, **value, **share))
        .map(|(name, (value, share))| (*name, *value, share * whole))
        .collect();
    Worth { score, parts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CallEnd, Snapshot, Verdict, decide};
    use domain::{ErrorKind, Profile};

    fn known(name: &str, slot: u32, quality: f32, usd: i64) -> Facts {
        Facts {
            quality: [Some(quality); PromptClass::ALL.len()],
            prices: Some([usd, usd / 10, usd * 4]),
            context_window: Some(200_000),
            ..Facts::of(name.parse().unwrap(), slot)
        }
    }

    #[test]
    fn what_a_ranking_says_is_what_a_route_of_that_profile_goes_by() {
        let mut learned = Learned::default();
        let names = ["a/best", "a/cheap", "b/soon"];
        let [best, cheap, soon] = names.map(|name| learned.slot(&name.parse().unwrap()));
        let targets = vec![
            known("a/best", best, 0.95, 5_000_000_000),
            known("a/cheap", cheap, 0.5, 50_000_000),
            known("b/soon", soon, 0.7, 800_000_000),
        ];
        for (target, first_ms, error) in
            [("a/best", 2_000, None), ("b/soon", 150, None), ("a/cheap", 900, Some(ErrorKind::Overloaded))]
        {
            let end =
                CallEnd { error, first_ms: Some(first_ms), ended_ms: 4_000, output: Some(300), cost: None };
            learned.observe(&target.parse().unwrap(), Some(PromptClass::Code), &end, 1_000);
        }
        let snapshot = Snapshot { targets };
        let ask = Ask::usual(PromptClass::Code);
        for profile in Profile::ALL {
            let policy = ReadyPolicy::of(*profile);
            let choice = decide(&snapshot, &learned, &ask, &policy, 2_000, 1);
            for (facts, verdict) in snapshot.targets.iter().zip(&choice.verdicts) {
                let stats = learned.of_target(&facts.target, ask.class, 2_000);
                let ranked = worth(facts, &stats, &ask, &policy);
                let Verdict::Score(score) = verdict else { panic!("{} is left out", facts.target) };
                assert!((ranked.score - score).abs() < 1e-5, "{profile}: {ranked:?} beside {score}");
                let sum: f32 = ranked.parts.iter().map(|(_, value, weight)| value * weight).sum();
                assert!((sum - score).abs() < 1e-4, "{profile}: {ranked:?}");
            }
        }
    }

    #[test]
    fn of_a_target_that_nobody_asked_only_what_is_published_counts() {
        let learned = Learned::default();
        let facts = known("a/new", 0, 0.9, 1_000_000_000);
        let stats = learned.of_target(&facts.target, PromptClass::Code, 1_000);
        assert_eq!(stats, Stats::default());
        let of = |profile| worth(&facts, &stats, &Ask::usual(PromptClass::Code), &ReadyPolicy::of(profile));
        let parts = |profile| -> Vec<ScoreName> { of(profile).parts.iter().map(|part| part.0).collect() };
        assert!(!parts(Profile::Balanced).contains(&ScoreName::Preference));
        assert!(!parts(Profile::Balanced).contains(&ScoreName::Context));
        assert!(parts(Profile::LongContext).contains(&ScoreName::Context));
        assert!(of(Profile::Quality).score > of(Profile::Budget).score);
    }
}
