//! Taking a new list: what changed, and which jumps of prices wait for a yes.

use super::{Fact, Import, Kind};
use domain::{NanoUsd, Prices};
use std::{collections::HashMap, time::Duration};

/// A list on the web that is looked at on a schedule, once that is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Its name in the store.
    pub name: &'static str,
    /// Where it is.
    pub url: &'static str,
    /// How often it is looked at.
    pub every: Duration,
}

/// The lists that are looked at.
pub const SOURCES: [Source; 3] = [
    Source { name: "models-dev", url: "https://models.dev/api.json", every: Duration::from_hours(24) },
    Source {
        name: "litellm",
        url: "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json",
        every: Duration::from_hours(24),
    },
    Source {
        name: "openrouter",
        url: "https://openrouter.ai/api/v1/models",
        every: Duration::from_hours(12),
    },
];

/// A price that jumps further than this, up or down, is most likely a mistake.
const JUMP: i128 = 10;

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
        let (old, above) = match before.get(&key(&fact)) {
            Some(old) => (old.prices, old.above.clone()),
            None if import.kind == Kind::Lmarena => (Prices::default(), Vec::new()),
            None => super::bundled(&fact.provider, &fact.id.to_lowercase())
                .map_or_else(Default::default, |model| (model.prices, model.above.clone())),
        };
        let usual = if old == Prices::default() { fact.prices } else { old };
        if jumps(old, fact.prices) || steps_jump((usual, &above), &fact.above) {
            let new = fact.clone();
            (fact.prices, fact.above) = (old, above);
            weighed.held.push(Change { old, new });
        } else if before.contains_key(&key(&fact)) && old != fact.prices {
            weighed.changed.push(Change { old, new: fact.clone() });
        }
        weighed.facts.push(fact);
    }
    weighed
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
    fn the_first_list_is_weighed_against_what_is_bundled() {
        let mut cheap = fact("gpt-4o-mini", "0.0001");
        cheap.provider = "openai".to_owned();
        let weighed = weigh(import(vec![cheap]), &[]);
        assert_eq!(weighed.held.len(), 1);
        assert_eq!(weighed.facts[0].prices.input, "0.15".parse().ok());
    }
}
