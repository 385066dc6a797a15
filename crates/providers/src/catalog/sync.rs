//! Taking a new list: what changed, and which jumps of prices wait for a yes.

use super::{Fact, Import, Kind};
use domain::{NanoUsd, Prices};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    time::Duration,
};

/// A list on the web that is looked at on a schedule, once that is switched on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name in the store; of one in the settings, until it was taken once, its address.
    pub name: Cow<'static, str>,
    /// Where it is.
    pub url: Cow<'static, str>,
    /// Whose list it is, or of which leaderboard, where that cannot be seen in it.
    pub of: Cow<'static, str>,
    /// How often it is looked at.
    pub every: Duration,
    /// Whether the settings say so: then it may be on this machine.
    pub configured: bool,
}

impl Source {
    const fn public(name: &'static str, url: &'static str, of: &'static str, hours: u64) -> Self {
        let every = Duration::from_hours(hours);
        Self {
            name: Cow::Borrowed(name),
            url: Cow::Borrowed(url),
            of: Cow::Borrowed(of),
            every,
            configured: false,
        }
    }
}

/// The lists that are looked at. LMArena publishes its scores under no address that stays.
pub const SOURCES: [Source; 4] = [
    Source::public("models-dev", "https://models.dev/api.json", "", 24),
    Source::public(
        "litellm",
        "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json",
        "",
        24,
    ),
    Source::public("openrouter", "https://openrouter.ai/api/v1/models", "", 12),
    Source::public("provider:huggingface", "https://router.huggingface.co/v1/models", "huggingface", 24),
];

/// A price that jumps further than this, up or down, is most likely a mistake.
const JUMP: i128 = 10;
/// Of a list that is no longer than this, one in five of so many may be gone at once.
const MANY: usize = 10;

/// A model whose prices changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What was known.
    pub old: Prices,
    /// What the list says.
    pub new: Fact,
}

/// A new list, weighed against what was known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Weighed {
    /// What is taken over: all of the list, with the old prices where a jump waits.
    pub facts: Vec<Fact>,
    /// Prices that changed.
    pub changed: Vec<Change>,
    /// Prices that jump and wait for a yes.
    pub held: Vec<Change>,
}

/// Weighs a list against what the same list said before and, where it said nothing, what is bundled.
pub fn weigh(import: Import, before: &[Fact]) -> Weighed {
    let key = |fact: &Fact| (fact.provider.clone(), fact.id.to_lowercase());
    let before: HashMap<_, &Fact> = before.iter().map(|fact| (key(fact), fact)).collect();
    let mut weighed = Weighed::default();
    for mut fact in import.facts {
        let (old, above, batch) = match before.get(&key(&fact)) {
            Some(old) => (old.prices, old.above.clone(), old.batch),
            None if import.kind == Kind::Lmarena => Default::default(),
            None => super::bundled(&fact.provider, &fact.id.to_lowercase())
                .map_or_else(Default::default, |model| (model.prices, model.above.clone(), model.batch)),
        };
        let usual = if old == Prices::default() { fact.prices } else { old };
        // One that is told for the first time is weighed against what a single call costs.
        let in_batches = if batch.is_unknown() { usual } else { batch };
        if jumps(old, fact.prices)
            || jumps(in_batches, fact.batch)
            || steps_jump((usual, &above), &fact.above)
        {
            let new = fact.clone();
            (fact.prices, fact.above, fact.batch) = (old, above, batch);
            weighed.held.push(Change { old, new });
        } else if before.contains_key(&key(&fact)) && old != fact.prices {
            weighed.changed.push(Change { old, new: fact.clone() });
        }
        weighed.facts.push(fact);
    }
    weighed
}

/// Models that a list has now, with `true`, and that it has no more. A first list tells of no change, nor does one
/// that only says of other people's models how good they are. What a list has no more is not told of one that was
/// not read `whole`, nor where more than one in five would be gone: that says more of the list than of the models.
pub fn come_and_gone<'a>(before: &'a [Fact], now: &'a [Fact], whole: bool) -> Vec<(&'a Fact, bool)> {
    let key = |fact: &Fact| (fact.provider.clone(), fact.id.to_lowercase());
    let of_somebody = |fact: &&Fact| !fact.provider.is_empty();
    if before.is_empty() {
        return Vec::new();
    }
    let keys = |all: &[Fact]| all.iter().map(key).collect::<HashSet<_>>();
    let (had, has) = (keys(before), keys(now));
    let come =
        now.iter().filter(of_somebody).filter(|fact| !had.contains(&key(fact))).map(|fact| (fact, true));
    let gone = before.iter().filter(of_somebody).filter(|fact| !has.contains(&key(fact)));
    let gone: Vec<&Fact> = gone.collect();
    let told = whole && gone.len() * 5 <= before.len().max(MANY);
    come.chain(gone.into_iter().filter(|_| told).map(|fact| (fact, false))).collect()
}

fn jumps(old: Prices, new: Prices) -> bool {
    let pairs = [
        (old.input, new.input),
        (old.output, new.output),
        (old.cached_read, new.cached_read),
        (old.cached_write, new.cached_write),
        (old.reasoning, new.reasoning),
    ];
    pairs.into_iter().any(|(old, new)| matches!((old, new), (Some(old), Some(new)) if jump(old, new)))
}

/// Each step beside what a prompt of that length cost before, by a step or by the usual prices.
fn steps_jump((usual, old): (Prices, &[(u32, Prices)]), new: &[(u32, Prices)]) -> bool {
    new.iter().any(|(tokens, new)| {
        let before = old.iter().filter(|(at, _)| at <= tokens).max_by_key(|(at, _)| *at);
        jumps(before.map_or(usual, |(_, prices)| *prices), *new)
    })
}

/// More than tenfold, either way; what costs nothing any more, or something at last, jumps too.
fn jump(old: NanoUsd, new: NanoUsd) -> bool {
    let (old, new) = (i128::from(old.0), i128::from(new.0));
    old != new && (new > old * JUMP || old > new * JUMP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(id: &str, input: &str) -> Fact {
        let prices = Prices { input: input.parse().ok(), output: "1".parse().ok(), ..Prices::default() };
        Fact { provider: "acme".to_owned(), id: id.to_owned(), prices, ..Fact::default() }
    }

    fn import(facts: Vec<Fact>) -> Import {
        Import { kind: Kind::Litellm, facts, skipped: Vec::new(), skipped_count: 0 }
    }

    #[test]
    fn what_is_gone_is_not_told_of_a_list_that_was_read_in_part_or_has_shrunk() {
        let before: Vec<Fact> = (0..20).map(|n| fact(&format!("m{n}"), "2")).collect();
        let told = |now: &[Fact], whole| {
            let all = come_and_gone(&before, now, whole);
            (all.iter().filter(|(_, come)| *come).count(), all.iter().filter(|(_, come)| !come).count())
        };
        let other = [&before[1..], &[fact("new", "2")]].concat();
        assert_eq!(told(&other, true), (1, 1));
        assert_eq!(told(&other, false), (1, 0), "it may be among the rows that could not be read");
        assert_eq!(told(&before[..16], true), (0, 4));
        assert_eq!(told(&before[..15], true), (0, 0), "so many are not gone on one day");
    }

    #[test]
    fn a_tenfold_jump_waits_and_everything_else_is_taken() {
        let before = ["same", "more", "up", "down", "free", "edge"].map(|id| fact(id, "2"));
        let list = ["2", "3", "200", "0.02", "0", "20"];
        let new = before.iter().zip(list).map(|(old, input)| fact(&old.id, input));
        let weighed = weigh(import(new.chain([fact("new", "900")]).collect()), &before);
        let ids = |changes: &[Change]| changes.iter().map(|c| c.new.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&weighed.held), ["up", "down", "free"]);
        assert_eq!(ids(&weighed.changed), ["more", "edge"]);
        let price = |id: &str| weighed.facts.iter().find(|f| f.id == id).unwrap().prices.input;
        assert_eq!(
            (price("up"), price("edge"), price("new")),
            ("2".parse().ok(), "20".parse().ok(), "900".parse().ok())
        );
    }

    #[test]
    fn a_step_is_weighed_against_what_prompts_of_its_length_cost_before() {
        let step = |at: u32, input: &str| {
            let prices = Prices { input: input.parse().ok(), ..Prices::default() };
            Fact { above: vec![(at, prices)], ..fact("long", "2") }
        };
        let held = |before: &[Fact], new: Fact| weigh(import(vec![new]), before).held.len();
        assert_eq!(
            held(&[fact("long", "2")], step(1_000, "0.000001")),
            1,
            "almost nothing, from a length on"
        );
        assert_eq!(held(&[fact("long", "2")], step(200_000, "4")), 0);
        assert_eq!(held(&[step(200_000, "4")], step(300_000, "0.1")), 1);
        assert_eq!(held(&[step(200_000, "4")], step(300_000, "8")), 0);
        assert_eq!(held(&[], step(1_000, "0.000001")), 1, "nor beside its own usual price");
    }

    #[test]
    fn a_batch_price_is_weighed_against_the_one_before_or_else_against_the_usual_one() {
        let batch = |input: &str| {
            let prices = Prices { input: input.parse().ok(), ..Prices::default() };
            Fact { batch: prices, ..fact("many", "2") }
        };
        let weighed = |before: &[Fact], new: Fact| weigh(import(vec![new]), before);
        assert_eq!(weighed(&[fact("many", "2")], batch("1")).held.len(), 0);
        let held = weighed(&[batch("1")], batch("0.01"));
        assert_eq!((held.held.len(), held.facts[0].batch.input), (1, "1".parse().ok()));
        assert_eq!(weighed(&[], batch("0.01")).held.len(), 1, "nor beside its own usual price");
    }

    #[test]
    fn the_first_list_is_weighed_against_what_is_bundled() {
        let mut cheap = fact("gpt-4o-mini", "0.0001");
        cheap.provider = "openai".to_owned();
        let weighed = weigh(import(vec![cheap]), &[]);
        assert_eq!(weighed.held.len(), 1);
        assert_eq!(weighed.facts[0].prices.input, "0.15".parse().ok());
    }
}
