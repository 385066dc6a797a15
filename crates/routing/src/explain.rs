//! A choice in words: what was filtered and why, each score and its parts.

use crate::{
    Ask, Bar, Choice, Facts, Learned, ReadyPolicy, Snapshot, Verdict,
    score::{self, Figures, PARTS},
};
use domain::{Ability, Candidate, Decision, Routed, ScoreName, ScorePart, Target, Timestamp};

/// What a decision is told with, beside the choice itself.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// What was asked for.
    pub requested: &'a Target,
    /// When, in milliseconds since 1970.
    pub now: i64,
    /// What chance went by.
    pub seed: u32,
    /// Of how many of the best the parts are told; the rest has its score alone.
    pub detailed: usize,
    /// How many candidates are told of at most: all that are left out are counted all the same.
    pub most: usize,
}

impl Choice {
    /// The decision as it is stored and shown. The arguments are those that it was made of.
    #[must_use]
    pub fn explain(
        &self,
        snapshot: &Snapshot,
        learned: &Learned,
        ask: &Ask<'_>,
        policy: &ReadyPolicy,
        telling: Telling<'_>,
    ) -> Decision {
        let shares = score::shares(policy);
        let mut ranked: Vec<u32> = (0..self.verdicts.len() as u32)
            .filter(|at| matches!(self.verdicts[*at as usize], Verdict::Score(_)))
            .collect();
        ranked.sort_by(|a, b| score_of(self, *b).total_cmp(&score_of(self, *a)).then(a.cmp(b)));
        let usable = ranked.len();
        // Who is tried in fact is told of first and whole, wherever it ranks.
        let chosen = self.order.first().copied();
        ranked.sort_by_key(|at| Some(*at) != chosen);
        let mut candidates = Vec::with_capacity(self.verdicts.len().min(telling.most));
        // Why one was left out is not to go unsaid because many were not: half of the room is theirs.
        let barred = self.verdicts.len() - usable;
        let told = telling.most - barred.min(telling.most / 2);
        for (place, at) in ranked.into_iter().take(told).enumerate() {
            let facts = &snapshot.targets[at as usize];
            let parts = if place < telling.detailed {
                parts(facts, learned, ask, policy, &shares, telling.now, ask.kept == Some(at))
            } else {
                Vec::new()
            };
            let score = Some(rounded(score_of(self, at)));
            candidates.push(Candidate { target: facts.target.clone(), excluded: None, score, parts });
        }
        for (facts, verdict) in snapshot.targets.iter().zip(&self.verdicts) {
            let Verdict::Barred(bar) = verdict else { continue };
            if candidates.len() >= telling.most {
                break;
            }
            let excluded = Some(words(bar, facts, policy));
            candidates.push(Candidate {
                target: facts.target.clone(),
                excluded,
                score: None,
                parts: Vec::new(),
            });
        }
        let order: Vec<Target> =
            self.order.iter().map(|at| snapshot.targets[*at as usize].target.clone()).collect();
        let reason = self.reason(&order, usable, ask, policy);
        let own = policy.policy();
        let routed = Routed {
            policy: own.name.clone(),
            strategy: own.strategy,
            class: ask.class,
            complexity: rounded(ask.complexity),
            strength: rounded(ask.strength),
            input_tokens: ask.input_tokens,
            fixed: self.strongest(snapshot, ask),
            explored: self.explored,
            important: ask.important,
            kept: self.kept,
            seed: telling.seed,
            at: Timestamp::from_millis(telling.now),
        };
        Decision { requested: telling.requested.clone(), order, reason, candidates, routed: Some(routed) }
    }

    /// Who is published to be the best of those that can answer.
    fn strongest(&self, snapshot: &Snapshot, ask: &Ask<'_>) -> Option<Target> {
        let mut best: Option<(f32, &Target)> = None;
        for (facts, verdict) in snapshot.targets.iter().zip(&self.verdicts) {
            if let (Some(quality), Verdict::Score(_)) = (facts.quality[ask.class as usize], verdict)
                && best.is_none_or(|(known, _)| quality > known)
            {
                best = Some((quality, &facts.target));
            }
        }
        best.map(|(_, target)| target.clone())
    }

    fn reason(&self, order: &[Target], usable: usize, ask: &Ask<'_>, policy: &ReadyPolicy) -> String {
        let own = policy.policy();
        let Some(first) = order.first() else {
            return format!(
                "none of {} targets can answer by the policy `{}`; each says why",
                self.verdicts.len(),
                own.name
            );
        };
        let why = if self.kept {
            "stays with this conversation, which it has read already".to_owned()
        } else if self.explored {
            "is tried, to find out how it does now".to_owned()
        } else {
            let score = score_of(self, self.order[0]);
            match own.strategy {
                domain::Strategy::RoundRobin => "is next in turn".to_owned(),
                domain::Strategy::Random => "was drawn by lot".to_owned(),
                domain::Strategy::Priority => "comes first in the policy's order".to_owned(),
                domain::Strategy::LoadBalanced => {
                    format!("has the fewest calls under way of those that score about {score:.2}")
                }
                domain::Strategy::Weighted | domain::Strategy::Bandit => {
                    format!("scores best with {score:.2}")
                }
            }
        };
        let (all, name) = (self.verdicts.len(), &own.name);
        format!(
            "`{first}` {why}, of {usable} that can answer and {all} in all; policy `{name}`, {} of complexity {:.2}",
            ask.class, ask.complexity
        )
    }
}

fn score_of(choice: &Choice, at: u32) -> f32 {
    match choice.verdicts[at as usize] {
        Verdict::Score(score) => score,
        Verdict::Barred(_) => f32::MIN,
    }
}

/// To four digits after the point: what is stored is not longer than what it says.
fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

fn parts(
    facts: &Facts,
    learned: &Learned,
    ask: &Ask<'_>,
    policy: &ReadyPolicy,
    shares: &[f32; PARTS],
    now: i64,
    warm: bool,
) -> Vec<ScorePart> {
    let stats = learned.of(facts.slot, ask.class, now);
    let figures = Figures::of(facts, &stats, ask, warm);
    let mut values = figures.values(policy, ask);
    score::express(policy, ask, &figures, &mut values);
    let told = |name: ScoreName| match name {
        ScoreName::Expression => policy.expression.is_some(),
        ScoreName::Preference => figures.opinions > 0.0,
        _ => policy.expression.is_some() || shares[name as usize] > 0.0,
    };
    let names = ScoreName::ALL.iter().copied().filter(|name| told(*name));
    names
        .map(|name| ScorePart {
            name,
            value: rounded(values[name as usize]),
            weight: rounded(shares[name as usize]),
            because: because(name, &figures, ask, policy),
        })
        .collect()
}

fn because(name: ScoreName, of: &Figures, ask: &Ask<'_>, policy: &ReadyPolicy) -> String {
    let calls = |count: f32| match count.round() as u32 {
        0 => "no call seen yet".to_owned(),
        1 => "1 call".to_owned(),
        count => format!("{count} calls"),
    };
    match name {
        ScoreName::Quality => {
            let known = match of.quality {
                Some(quality) => format!("{quality:.2} published for {}", ask.class),
                None => "nothing is published of it; taken for the middle".to_owned(),
            };
            if policy.policy().adapt {
                format!(
                    "{known}; expected to be good enough for {:.0} % of such prompts",
                    of.good_enough(ask.strength) * 100.0
                )
            } else {
                known
            }
        }
        ScoreName::Speed => format!(
            "first word after {:.1} s, {:.0} tokens/s, whole answer in {:.1} s ({})",
            of.first_s,
            of.rate,
            of.whole_s,
            calls(of.paced)
        ),
        ScoreName::Cost => match of.cost {
            Some(cost) if cost.0 == 0 => "free".to_owned(),
            Some(cost) => {
                let dearer = if (of.dearer - 1.0).abs() > 0.1 {
                    format!(", {:.1} times what its prices say, as seen", of.dearer)
                } else {
                    String::new()
                };
                format!("${:.6} expected{dearer}", cost.0 as f64 / 1e9)
            }
            None => "its price is not known; taken for a high one".to_owned(),
        },
        ScoreName::Availability => format!("{:.0} % of the time ({})", of.available * 100.0, calls(of.asked)),
        ScoreName::Reliability => {
            format!("{:.0} % of answers came to their end ({})", of.reliable * 100.0, calls(of.asked))
        }
        ScoreName::Context => match of.window {
            Some(window) => format!("{window} tokens"),
            None => "not known".to_owned(),
        },
        ScoreName::Preference => {
            format!(
                "{:.0} % liked, of {:.1} opinions that still count, where {:.2} was needed: taken for {:.2}",
                of.liked * 100.0,
                of.opinions,
                of.needed,
                // It goes past either end where people said so; what is published of others does not.
                of.ability().clamp(0.0, 1.0)
            )
        }
        ScoreName::Expression => policy.policy().score.clone().unwrap_or_default(),
    }
}

fn words(bar: &Bar, facts: &Facts, policy: &ReadyPolicy) -> String {
    let name = &policy.policy().name;
    match bar {
        Bar::Off => facts.off.clone().unwrap_or_default(),
        Bar::Embeds => "it makes vectors, not answers".to_owned(),
        Bar::MadeUp => "its answers are made up; a policy that allows `simulated/*` takes it".to_owned(),
        Bar::NotAllowed => format!("the policy `{name}` allows others only"),
        Bar::Denied => format!("the policy `{name}` denies it"),
        Bar::Remote => format!("the policy `{name}` asks this machine only"),
        Bar::Lacks(ability) => format!("it does not {}", does(*ability)),
        Bar::Unknown(ability) => {
            format!("it is not known to {}, which the policy `{name}` requires", does(*ability))
        }
        Bar::Window { needed, has } => format!("about {needed} tokens are needed, and it takes {has}"),
        Bar::Dear(cost) => {
            let most = policy.policy().max_cost.map_or(0, |most| most.0);
            format!("${:.6} expected, more than ${:.6}", cost.0 as f64 / 1e9, most as f64 / 1e9)
        }
        Bar::NoPrice => format!("its price is not known, and the policy `{name}` has a cap on costs"),
        Bar::Slow(ms) => {
            let most = policy.policy().max_first_ms.unwrap_or_default();
            format!("its first word takes about {ms} ms, longer than {most} ms")
        }
        Bar::Weak(quality) => {
            let least = policy.policy().min_quality.unwrap_or_default();
            format!("its quality is {quality:.2}, less than {least:.2}")
        }
        Bar::Broken(wait) => {
            format!("it failed three times in a row and is left alone for {} s more", wait.div_ceil(1_000))
        }
        Bar::UsedUp(wait) => {
            format!(
                "its provider says that nothing is left of its limits for {} s more",
                wait.div_ceil(1_000)
            )
        }
        Bar::Other(why) => why.clone(),
    }
}

const fn does(ability: Ability) -> &'static str {
    match ability {
        Ability::Vision => "read images",
        Ability::Tools => "call tools",
        Ability::Json => "write JSON after a schema",
        Ability::Reasoning => "think first",
        Ability::WebSearch => "search the web",
    }
}
