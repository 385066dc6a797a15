//! Which target a route chooses: filter, score, choose, and in which order to fall back.

use crate::{
    Ask, Bar, Facts, Learned, ReadyPolicy, Snapshot,
    policy::fits_any,
    retry::splitmix,
    score::{self, Figures, PARTS},
};
use domain::{Policy, Strategy};
use std::cmp::Ordering;

/// Most targets of an order: no completion makes as many calls.
const MOST: usize = 16;
/// Scores that differ by less are about as good, when load is shared out.
const ABOUT: f32 = 0.05;
/// By how much a score may be lower for a try to be about as likely as one of the next better: tries are paid for.
const TRIED_WITHIN: f32 = 0.05;

/// What was found of one target.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is left out.
    Barred(Bar),
    /// What it scores.
    Score(f32),
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Places in the snapshot: the first is asked, the rest are for falling back.
    pub order: Vec<u32>,
    /// What was found of each target of the snapshot.
    pub verdicts: Vec<Verdict>,
    /// Whether this is a try.
    pub explored: bool,
    /// Whether the conversation stays with whom it has.
    pub kept: bool,
}

impl Choice {
    fn score(&self, at: u32) -> f32 {
        match self.verdicts[at as usize] {
            Verdict::Score(score) => score,
            Verdict::Barred(_) => f32::MIN,
        }
    }

    /// The best first; of equals the one that the settings name first.
    fn better(&self, a: u32, b: u32) -> Ordering {
        self.score(b).total_cmp(&self.score(a)).then(a.cmp(&b))
    }
}

/// Chooses. The same arguments give the same choice.
#[must_use]
pub fn decide(
    snapshot: &Snapshot,
    learned: &Learned,
    ask: &Ask<'_>,
    policy: &ReadyPolicy,
    now: i64,
    seed: u32,
) -> Choice {
    let shares = score::shares(policy);
    let mut barred = ask.barred.iter().peekable();
    let mut verdicts = Vec::with_capacity(snapshot.targets.len());
    let mut usable = Vec::with_capacity(snapshot.targets.len());
    for (at, facts) in (0_u32..).zip(&snapshot.targets) {
        let mut told = None;
        while let Some((_, bar)) = barred.next_if(|(place, _)| *place <= at) {
            told = Some(bar);
        }
        let verdict = match bar(facts, ask, policy.policy()).or_else(|| told.cloned()) {
            Some(bar) => Verdict::Barred(bar),
            None => weigh(at, facts, learned, ask, policy, &shares, now),
        };
        if let Verdict::Score(_) = verdict {
            usable.push(at);
        }
        verdicts.push(verdict);
    }
    let mut choice = Choice { order: Vec::new(), verdicts, explored: false, kept: false };
    let first = first_of(snapshot, learned, ask, policy.policy(), now, seed, &mut usable, &mut choice);
    if let Some(first) = first {
        choice.order = fall_back(snapshot, &usable, first);
    }
    choice
}

/// Why a target is left out, as far as settings, catalog and the request say.
fn bar(facts: &Facts, ask: &Ask<'_>, policy: &Policy) -> Option<Bar> {
    if facts.off.is_some() {
        return Some(Bar::Off);
    }
    if facts.can.embeddings == Some(true) {
        return Some(Bar::Embeds);
    }
    let named = || policy.allow.iter().any(|pattern| pattern.starts_with("simulated/"));
    if facts.simulated && !named() {
        return Some(Bar::MadeUp);
    }
    if policy.local_only && !facts.local && !facts.simulated {
        return Some(Bar::Remote);
    }
    if !policy.allow.is_empty() && !fits_any(&policy.allow, &facts.target) {
        return Some(Bar::NotAllowed);
    }
    if fits_any(&policy.deny, &facts.target) {
        return Some(Bar::Denied);
    }
    if let Some(lack) = ask.needs.iter().find(|ability| facts.able(**ability) == Some(false)) {
        return Some(Bar::Lacks(*lack));
    }
    if let Some(lack) = policy.require.iter().find(|ability| facts.able(**ability) != Some(true)) {
        let known = facts.able(*lack).is_some();
        return Some(if known { Bar::Lacks(*lack) } else { Bar::Unknown(*lack) });
    }
    if let Some(has) = facts.context_window {
        let needed = ask.input_tokens.saturating_add(ask.output_tokens());
        if needed > has {
            return Some(Bar::Window { needed, has });
        }
    }
    None
}

/// What it scores, or what figure of it the policy does not allow.
fn weigh(
    at: u32,
    facts: &Facts,
    learned: &Learned,
    ask: &Ask<'_>,
    policy: &ReadyPolicy,
    shares: &[f32; PARTS],
    now: i64,
) -> Verdict {
    let stats = learned.of(facts.slot, ask.class, now);
    let figures = Figures::of(facts, &stats, ask, ask.kept == Some(at));
    let limits = policy.policy();
    if let Some(most) = limits.max_cost {
        match figures.cost {
            None => return Verdict::Barred(Bar::NoPrice),
            Some(cost) if cost > most => return Verdict::Barred(Bar::Dear(cost)),
            Some(_) => {}
        }
    }
    let first_ms = (figures.first_s * 1_000.0) as u32;
    if limits.max_first_ms.is_some_and(|most| first_ms > most) {
        return Verdict::Barred(Bar::Slow(first_ms));
    }
    let quality = figures.known_quality();
    if limits.min_quality.is_some_and(|least| quality < least) {
        return Verdict::Barred(Bar::Weak(quality));
    }
    let mut values = figures.values(policy, ask);
    score::express(policy, ask, &figures, &mut values);
    Verdict::Score(score::total(&values, shares))
}

/// Who is asked first; `usable` becomes the order by score.
#[expect(clippy::too_many_arguments, reason = "all of it goes into the choice")]
fn first_of(
    snapshot: &Snapshot,
    learned: &Learned,
    ask: &Ask<'_>,
    policy: &Policy,
    now: i64,
    seed: u32,
    usable: &mut Vec<u32>,
    choice: &mut Choice,
) -> Option<u32> {
    let random = splitmix(u64::from(seed));
    // Before the best are sorted out: these two go by all of them.
    let by_turn = match policy.strategy {
        Strategy::RoundRobin => usable.get(ask.turn as usize % usable.len().max(1)).copied(),
        Strategy::Random => usable.get(random as usize % usable.len().max(1)).copied(),
        _ => None,
    };
    if policy.strategy == Strategy::Priority {
        let rank = |at: u32| {
            let facts = &snapshot.targets[at as usize];
            let place = policy.order.iter().position(|p| domain::pattern_fits(p, facts.target.as_str()));
            (place.unwrap_or(usize::MAX), std::cmp::Reverse(facts.priority))
        };
        usable.sort_by(|a, b| rank(*a).cmp(&rank(*b)).then_with(|| choice.better(*a, *b)));
        usable.truncate(MOST);
    } else {
        let most = MOST * 4;
        if usable.len() > most {
            usable.select_nth_unstable_by(most, |a, b| choice.better(*a, *b));
            usable.truncate(most);
        }
        usable.sort_unstable_by(|a, b| choice.better(*a, *b));
    }
    let best = *usable.first()?;
    if let Some(kept) = ask.kept
        && policy.warm_s > 0
        && matches!(choice.verdicts.get(kept as usize), Some(Verdict::Score(_)))
    {
        choice.kept = true;
        return Some(kept);
    }
    if ask.important {
        return Some(best);
    }
    let first = match policy.strategy {
        Strategy::Weighted | Strategy::Priority => best,
        Strategy::RoundRobin | Strategy::Random => by_turn.unwrap_or(best),
        Strategy::LoadBalanced => {
            let busy =
                |at: u32| ask.busy.iter().find(|(place, _)| *place == at).map_or(0, |(_, calls)| *calls);
            let about = usable.iter().filter(|at| choice.score(best) - choice.score(**at) <= ABOUT);
            // Of those with as few calls one by lot: a burst would go to one of them otherwise.
            let lot = |at: u32| splitmix(random ^ u64::from(at));
            about.copied().min_by_key(|at| (busy(*at), lot(*at))).unwrap_or(best)
        }
        Strategy::Bandit => {
            let explores = unit(random) < f64::from(policy.explore);
            let tried =
                if explores { tried(snapshot, learned, ask, now, random, usable, choice) } else { None };
            choice.explored = tried.is_some();
            tried.unwrap_or(best)
        }
    };
    Some(first)
}

/// Who is tried: by lot, those that promise more, and those that were asked less for such prompts, more often.
fn tried(
    snapshot: &Snapshot,
    learned: &Learned,
    ask: &Ask<'_>,
    now: i64,
    random: u64,
    usable: &[u32],
    choice: &Choice,
) -> Option<u32> {
    let best = choice.score(*usable.first()?);
    let weight = |at: u32| {
        let known = learned.asked(snapshot.targets[at as usize].slot, ask.class, now);
        f64::from(((choice.score(at) - best) / TRIED_WITHIN).exp() / (1.0 + known))
    };
    let others = &usable[1..];
    let mut left = unit(splitmix(random)) * others.iter().map(|at| weight(*at)).sum::<f64>();
    others.iter().copied().find(|at| {
        left -= weight(*at);
        left <= 0.0
    })
}

/// The first, then the best of another provider, which most likely does not fail together with it, then the
/// rest as they score.
fn fall_back(snapshot: &Snapshot, ranked: &[u32], first: u32) -> Vec<u32> {
    let provider = |at: u32| snapshot.targets[at as usize].target.split().map(|(provider, _)| provider);
    let mut order = Vec::with_capacity(ranked.len().min(MOST) + 1);
    order.push(first);
    order.extend(ranked.iter().copied().find(|at| provider(*at) != provider(first)));
    let second = order.get(1).copied();
    order.extend(ranked.iter().copied().filter(|at| *at != first && Some(*at) != second));
    order.truncate(MOST);
    order
}

/// From 0 to 1, the latter excluded.
fn unit(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests;
