//! What came of calls, taken up by routes and kept in the store. Several processes learn: each adds what it saw.

use crate::{Engine, EngineError, engine::now};
use domain::{AttemptId, MessageId, NanoUsd, PromptClass, Target};
use providers::{Provider, route_of};
use routing::{CallEnd, Learned, Liking, Measure, Stats, Sum};
use std::{collections::BTreeMap, sync::PoisonError};
use store::{LearnedRow, Opinion};

/// An answer that somebody wanted anew was no good one; that it was none at all is not said by that.
const ASKED_AGAIN: f32 = 0.2;
/// One that somebody corrected was of use, though not as it was.
const CORRECTED: f32 = 0.4;
/// What a prompt needs, or a model is good for, of which nothing is known.
const MIDDLE: f32 = 0.5;
/// So many votes are learned from at a time.
const VOTES: u32 = 200;

/// What is known in this process.
#[derive(Default)]
pub(crate) struct Memory {
    /// All of it.
    pub(crate) learned: Learned,
    /// What the store has not got yet.
    fresh: Learned,
    is_fresh: bool,
}

impl Engine {
    /// Takes up how an upstream call ended, once. Without a class only what holds for all classes is learned.
    pub(crate) fn observe(
        &self,
        attempt: AttemptId,
        target: &Target,
        provider: &Provider,
        class: Option<PromptClass>,
        outcome: &CallEnd,
    ) {
        // What is made up teaches nothing, nor does what a simulated fault made of a call.
        if provider.is_simulated() || self.0.faults.befell(attempt) {
            return;
        }
        let at = now().millis();
        self.learn(|learned| learned.observe(target, class, outcome, at));
    }

    /// Takes up what somebody thought of an answer: 1 is good, 0 is not.
    async fn opinion(&self, answer: MessageId, value: f32) -> Result<(), EngineError> {
        let Some((target, class, need)) = self.answered_what(answer).await? else { return Ok(()) };
        let at = now().millis();
        self.learn(|learned| learned.liked(&target, Some(class), Liking { value, need }, at));
        Ok(())
    }

    /// Whose answer it is, to which class of prompt, and how strong a model that needed; `None` where nothing is
    /// learned from it.
    async fn answered_what(
        &self,
        answer: MessageId,
    ) -> Result<Option<(Target, PromptClass, f32)>, EngineError> {
        let store = &self.0.store;
        let Some(message) = store.messages().get(answer).await? else { return Ok(None) };
        let Some(id) = message.completion_id else { return Ok(None) };
        let Some(target) = store.completions().get(id).await?.and_then(|completion| completion.served) else {
            return Ok(None);
        };
        let made_up = |id| self.config().provider(id).is_none_or(Provider::is_simulated);
        if target.split().is_none_or(|(id, _)| made_up(id)) {
            return Ok(None);
        }
        let decided = store.completions().decision_of(id).await?;
        let (class, need) = match decided.and_then(|decision| decision.routed) {
            Some(routed) => (routed.class, routed.strength as f32),
            None => match message.parent_id {
                Some(parent) => {
                    let prompt = store.messages().get(parent).await?.map(|m| m.parts).unwrap_or_default();
                    let classified = routing::classify(&super::text_of(&prompt));
                    (classified.class, classified.strength)
                }
                None => (PromptClass::Other, MIDDLE),
            },
        };
        Ok(Some((target, class, need)))
    }

    /// What each answer of a vote had to be for what was said of it. An answer that is preferred was at least as good
    /// as the others, and one that is not was less good than that: so it is the others that they are measured by,
    /// as in ratings of players. Where none is any good they fell short of the prompt itself.
    async fn needs(&self, opinions: &[Opinion]) -> Result<Vec<f32>, EngineError> {
        let built = self.built();
        let published = |opinion: &Opinion| {
            let (target, class) = opinion.of.as_ref()?;
            // A model that is on no list is as little known as one of which nothing is published.
            let facts = built.place(target).and_then(|place| built.facts(place));
            Some(facts.and_then(|facts| facts.quality[*class as usize]).unwrap_or(MIDDLE))
        };
        let most = opinions.iter().map(|opinion| opinion.liked).fold(0.0, f64::max);
        let mut needs = Vec::with_capacity(opinions.len());
        for (at, opinion) in opinions.iter().enumerate() {
            let preferred = opinion.liked >= most;
            let rivals = opinions
                .iter()
                .enumerate()
                .filter(|(other, one)| *other != at && (preferred || one.liked >= most))
                .filter_map(|(_, one)| published(one));
            needs.push(match rivals.reduce(f32::max) {
                Some(quality) if most > 0.0 => quality,
                _ => self.answered_what(opinion.answer).await?.map_or(MIDDLE, |(.., need)| need),
            });
        }
        Ok(needs)
    }

    /// Learns from votes that nothing was learned from yet: the one that was just given, and those from before
    /// there was anything to learn. Each is learned from once, whichever process does it.
    pub(crate) async fn learn_votes(&self) -> Result<(), EngineError> {
        loop {
            let votes = self.0.store.votes().unlearned(VOTES).await?;
            if votes.is_empty() {
                return Ok(());
            }
            for (id, mut opinions) in votes {
                for opinion in &mut opinions {
                    let of = self.answered_what(opinion.answer).await?;
                    opinion.of = of.map(|(target, class, _)| (target, class));
                }
                let needs = self.needs(&opinions).await?;
                let at = now();
                if !self.0.store.votes().learned(id, &opinions, at).await? {
                    continue;
                }
                for (Opinion { liked, of, at: given, .. }, need) in opinions.iter().zip(needs) {
                    let Some((target, class)) = of else { continue };
                    let (liking, given) = (Liking { value: *liked as f32, need }, given.millis());
                    self.learn(|learned| learned.was_liked(target, *class, liking, given, at.millis()));
                }
            }
        }
    }

    /// Takes back what was learned from one vote that is not given any more: answers of two votes are no rivals.
    pub(crate) async fn unlearn(&self, opinions: &[Opinion]) {
        let at = now().millis();
        let needs = self.needs(opinions).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what a vote was on is not known any more");
            vec![MIDDLE; opinions.len()]
        });
        for (Opinion { liked, of, at: given, .. }, need) in opinions.iter().zip(needs) {
            let Some((target, class)) = of else { continue };
            let (liking, given) = (Liking { value: *liked as f32, need }, given.millis());
            self.learn(|learned| learned.unliked(target, *class, liking, given, at));
        }
    }

    /// Changes what is known here, and what the store is to be told of it.
    pub(crate) fn learn(&self, change: impl Fn(&mut Learned)) {
        let mut memory = self.0.routes.memory.write().unwrap_or_else(PoisonError::into_inner);
        let Memory { learned, fresh, is_fresh } = &mut *memory;
        change(learned);
        change(fresh);
        *is_fresh = true;
    }

    /// Somebody wanted this answer anew, of the same target.
    pub(crate) async fn asked_again(&self, answer: MessageId) {
        if let Err(error) = self.opinion(answer, ASKED_AGAIN).await {
            tracing::warn!(%error, "that an answer was wanted anew is not learned");
        }
    }

    /// Somebody said it otherwise.
    pub(crate) async fn corrected(&self, answer: MessageId) {
        if let Err(error) = self.opinion(answer, CORRECTED).await {
            tracing::warn!(%error, "that an answer was corrected is not learned");
        }
    }

    /// What such a call costs by its prices, for the difference to what it came to.
    pub(crate) fn expected(&self, provider: &Provider, model: &str, routed: &super::Routed) -> Option<i64> {
        let prices = crate::known::prices(self, provider, model, &domain::Usage::default());
        let output =
            routing::Ask { complexity: routed.complexity, ..routing::Ask::default() }.output_tokens();
        let of = |price: NanoUsd, tokens: u32| i128::from(price.0) * i128::from(tokens);
        let sum = of(prices.input?, routed.input_tokens) + of(prices.output?, output);
        i64::try_from(sum / 1_000_000).ok()
    }

    /// Stores what was learned since the last time, and takes up what others stored.
    pub(crate) async fn keep_learned(&self) -> Result<(), EngineError> {
        let _alone = self.0.routes.keeping.lock().await;
        self.keep_now().await
    }

    async fn keep_now(&self) -> Result<(), EngineError> {
        let fresh = {
            let mut memory = self.0.routes.memory.write().unwrap_or_else(PoisonError::into_inner);
            if !std::mem::take(&mut memory.is_fresh) {
                return Ok(());
            }
            std::mem::take(&mut memory.fresh)
        };
        let kept = fresh.clone();
        let mut merged = None;
        let done = self
            .0
            .store
            .learned()
            .change(|rows| {
                let mut all = learned_of(&rows);
                for (target, class, stats) in kept.all() {
                    all.merge(target, class, stats);
                }
                let changed =
                    kept.all().map(|(target, class, _)| (target.clone(), class)).collect::<Vec<_>>();
                let rows = rows_of(&all, |target, class| {
                    changed.iter().any(|(one, of)| one == target && *of == class)
                });
                merged = Some((all, changed));
                rows
            })
            .await;
        if let (Ok(()), Some((all, changed))) = (&done, &merged) {
            self.note_hour(all, changed).await;
        }
        let mut memory = self.0.routes.memory.write().unwrap_or_else(PoisonError::into_inner);
        let Memory { learned, fresh: since, is_fresh } = &mut *memory;
        match (done, merged) {
            (Ok(()), Some((merged, _))) => {
                // Places stay; what came meanwhile is still to be stored.
                learned.forget(|_| true);
                for all in [&merged, &*since] {
                    for (target, class, stats) in all.all() {
                        learned.merge(target, class, stats);
                    }
                }
                Ok(())
            }
            (done, _) => {
                for (target, class, stats) in fresh.all() {
                    since.merge(target, class, stats);
                }
                *is_fresh = true;
                Ok(done?)
            }
        }
    }

    /// Takes up what was learned before.
    pub(crate) async fn recall_learned(&self) -> Result<(), EngineError> {
        let stored = learned_of(&self.0.store.learned().all().await?);
        let mut memory = self.0.routes.memory.write().unwrap_or_else(PoisonError::into_inner);
        for (target, class, stats) in stored.all() {
            memory.learned.merge(target, class, stats);
        }
        Ok(())
    }

    /// Forgets what was learned, of a target or of all. Says of how many.
    ///
    /// # Errors
    /// When the target is a route, or the store refuses.
    pub async fn forget_learned(&self, target: Option<&Target>) -> Result<u32, EngineError> {
        if let Some(route) = target.filter(|target| route_of(target.as_str()).is_some()) {
            let text = format!("`{route}` is a route; what is learned is of models: name `provider/model`");
            return Err(EngineError::BadInput(text));
        }
        // Else what is being stored would come back after it was forgotten.
        let _alone = self.0.routes.keeping.lock().await;
        self.keep_now().await?;
        let count = self.0.store.learned().forget(target.map(Target::as_str)).await?;
        let mut memory = self.0.routes.memory.write().unwrap_or_else(PoisonError::into_inner);
        let fits = |one: &Target| target.is_none_or(|target| target == one);
        memory.learned.forget(fits);
        memory.fresh.forget(fits);
        Ok(count)
    }
}

/// The class that a word of the store means; `None` is all of them together.
pub(super) fn class_of(word: &str) -> Option<PromptClass> {
    word.parse().ok()
}

/// The word that the store has for a class.
pub(super) fn word_of(class: Option<PromptClass>) -> &'static str {
    class.map_or("", PromptClass::as_str)
}

fn learned_of(rows: &[LearnedRow]) -> Learned {
    let mut by: BTreeMap<(&str, &str), Stats> = BTreeMap::new();
    for row in rows {
        let Some(measure) = Measure::of(&row.measure) else { continue };
        let stats = by.entry((&row.target, &row.class)).or_default();
        stats.at = row.at;
        stats.sums[measure as usize] = Sum { sum: row.sum as f32, weight: row.weight as f32 };
    }
    let mut learned = Learned::default();
    for ((target, class), stats) in by {
        let (Ok(target), class) = (target.parse::<Target>(), class_of(class)) else { continue };
        learned.merge(&target, class, &stats);
    }
    learned
}

fn rows_of(learned: &Learned, wanted: impl Fn(&Target, Option<PromptClass>) -> bool) -> Vec<LearnedRow> {
    let mut rows = Vec::new();
    for (target, class, stats) in learned.all().filter(|(target, class, _)| wanted(target, *class)) {
        for measure in Measure::ALL {
            let Sum { mut sum, mut weight } = stats.get(measure);
            // What was taken back may be all that there was, and a little more by rounding.
            let taken_back = matches!(measure, Measure::Liked | Measure::Needed) && weight <= 1e-4;
            if taken_back {
                (sum, weight) = (0.0, 0.0);
            }
            if weight > 1e-4 || taken_back {
                rows.push(LearnedRow {
                    target: target.to_string(),
                    class: word_of(class).to_owned(),
                    measure: measure.as_str().to_owned(),
                    sum: f64::from(sum),
                    weight: f64::from(weight),
                    at: stats.at,
                });
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_what_was_learned() {
        let (mut learned, target) = (Learned::default(), "a/x".parse().unwrap());
        let outcome =
            CallEnd { error: None, first_ms: Some(90), ended_ms: 900, output: Some(80), cost: None };
        learned.observe(&target, Some(PromptClass::Maths), &outcome, 1_700_000_000_000);
        let liking = Liking { value: 1.0, need: 0.7 };
        learned.liked(&target, Some(PromptClass::Maths), liking, 1_700_000_000_500);
        let rows = rows_of(&learned, |_, _| true);
        let again = learned_of(&rows);
        let all = |of: &Learned| of.all().map(|(t, c, s)| (t.clone(), c, *s)).collect::<Vec<_>>();
        assert_eq!(all(&again), all(&learned));
        assert_eq!(rows.iter().filter(|row| row.class.is_empty()).count(), 6);
    }
}
