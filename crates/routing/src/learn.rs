//! What was observed of targets, by class of prompt; what is old counts less.
//!
//! Each observation takes a little from the weight of those before it, and so does time: under load a change
//! is noticed within some dozens of calls, and a target that nobody asked for a day is nearly as unknown as
//! before. The sums are plain numbers: stored, merged and shown as they are.

use domain::{ErrorKind, PromptClass, Target};
use std::collections::HashMap;

/// What is left of an observation's weight after each further one: of how soon it answers, of whether it does, and of
/// what people say. That two calls in a hundred fail is not seen in twenty-five of them, only that one did or did
/// not; who fails all the time is the breaker's to notice.
const KEEP_CALL: f32 = 0.96;
const KEEP_HEALTH: f32 = 0.99;
const KEEP_WORD: f32 = 0.995;
/// After how long half of the weight is left, in milliseconds.
const HALF_CALL: f64 = 12.0 * 3_600_000.0;
const HALF_WORD: f64 = 90.0 * 86_400_000.0;
/// How much of what counts for a class is what was learned of all of them together.
const OTHER_CLASSES: f32 = 0.25;
/// For how many opinions those of all classes count at most: they are a hint, until a class has its own.
const OTHER_OPINIONS: f32 = 6.0;
/// How many classes there are.
const CLASSES: usize = PromptClass::ALL.len();

/// How many measures there are.
const MEASURES: usize = 7;
/// What opinions come to, and what they were on.
const WORDS: [Measure; 2] = [Measure::Liked, Measure::Needed];

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Logarithm of the milliseconds to the first content.
    First,
    /// Logarithm of the tokens of output in a second.
    Rate,
    /// Whether it could be asked.
    Available,
    /// Whether an answer that was accepted came to its end.
    Reliable,
    /// What it cost, beside what was expected: the logarithm of their ratio.
    Dearer,
    /// Whether people liked it: 1 they did, 0 they did not.
    Liked,
    /// How strong a model those prompts needed, of whose answers that was said, 0 to 1.
    Needed,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; MEASURES] =
        [Self::First, Self::Rate, Self::Available, Self::Reliable, Self::Dearer, Self::Liked, Self::Needed];

    /// The word in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "firstMs",
            Self::Rate => "tokensPerSecond",
            Self::Available => "available",
            Self::Reliable => "reliable",
            Self::Dearer => "costRatio",
            Self::Liked => "liked",
            Self::Needed => "needed",
        }
    }

    /// From its word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == word)
    }

    /// The mean as people read it.
    #[must_use]
    pub fn plain(self, mean: f32) -> f64 {
        match self {
            Self::First | Self::Rate | Self::Dearer => f64::from(mean).exp(),
            Self::Available | Self::Reliable | Self::Liked | Self::Needed => f64::from(mean),
        }
    }

    const fn keep(self) -> f32 {
        match self {
            Self::First | Self::Rate | Self::Dearer => KEEP_CALL,
            Self::Available | Self::Reliable => KEEP_HEALTH,
            Self::Liked | Self::Needed => KEEP_WORD,
        }
    }
}

/// A sum of observations and of their weights.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    /// Sum of values, each by its weight.
    pub sum: f32,
    /// Sum of weights: about how many observations still count.
    pub weight: f32,
}

impl Sum {
    /// The mean, if anything was observed.
    #[must_use]
    pub fn mean(self) -> Option<f32> {
        (self.weight > 1e-3).then(|| self.sum / self.weight)
    }

    fn faded(self, by: f32) -> Self {
        Self { sum: self.sum * by, weight: self.weight * by }
    }

    fn and(self, other: Self, share: f32) -> Self {
        Self { sum: self.sum + other.sum * share, weight: self.weight + other.weight * share }
    }

    /// The mean, drawn to `prior` as if that had been observed `times`.
    #[must_use]
    pub fn towards(self, prior: f32, times: f32) -> f32 {
        (self.sum + prior * times) / (self.weight + times)
    }
}

/// Everything that is measured of one target for one class.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stats {
    /// Up to when it has faded, in milliseconds since 1970.
    pub at: i64,
    /// In the order of [`Measure::ALL`].
    pub sums: [Sum; MEASURES],
}

impl Stats {
    /// One measure.
    #[must_use]
    pub fn get(&self, measure: Measure) -> Sum {
        self.sums[measure as usize]
    }

    /// As it is at a later time.
    #[must_use]
    pub fn at(&self, now: i64) -> Self {
        let passed = (now - self.at).max(0) as f64;
        // Most are read within a moment of being written.
        if passed < 1_000.0 || self.at == 0 {
            return Self { at: now.max(self.at), ..*self };
        }
        let call = ((-passed / HALF_CALL) as f32).exp2();
        let mut sums = self.sums.map(|sum| sum.faded(call));
        // Of most nobody has said anything, and each decision comes by here twice for each candidate.
        if self.get(Measure::Liked).weight != 0.0 {
            let word = ((-passed / HALF_WORD) as f32).exp2();
            for measure in WORDS {
                sums[measure as usize] = self.get(measure).faded(word);
            }
        }
        Self { at: now, sums }
    }

    fn add(&mut self, measure: Measure, value: f32, now: i64) {
        *self = self.at(now);
        let keep = measure.keep();
        let sum = &mut self.sums[measure as usize];
        *sum = Sum { sum: sum.sum * keep + value, weight: sum.weight * keep + 1.0 };
    }

    fn merge(&mut self, other: &Self) {
        let now = self.at.max(other.at);
        let (mine, theirs) = (self.at(now), other.at(now));
        self.at = now;
        for (sum, (mine, theirs)) in self.sums.iter_mut().zip(mine.sums.iter().zip(&theirs.sums)) {
            *sum = mine.and(*theirs, 1.0);
        }
    }
}

/// What somebody thought of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Liking {
    /// How much it was liked: 1 is good, 0 is not.
    pub value: f32,
    /// What it had to be for that, 0 to 1: the strength that the prompt needed, or, where two answers were compared,
    /// how good a model the other was of. To fail with what is hard says little of a model, and so does to do
    /// well with what is easy.
    pub need: f32,
}

impl Liking {
    fn sums(self, weight: f32) -> Stats {
        let mut stats = Stats::default();
        let of = |value: f32| Sum { sum: value.clamp(0.0, 1.0) * weight, weight };
        (stats.sums[Measure::Liked as usize], stats.sums[Measure::Needed as usize]) =
            (of(self.value), of(self.need));
        stats
    }
}

/// How a call ended, as far as anything is learned from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallEnd {
    /// Why it failed; `None` when it did not.
    pub error: Option<ErrorKind>,
    /// Milliseconds to the first content.
    pub first_ms: Option<u32>,
    /// Milliseconds to the end.
    pub ended_ms: u32,
    /// Tokens of output, thinking included.
    pub output: Option<u32>,
    /// What it cost, and what it was expected to cost, in nano-dollars.
    pub cost: Option<(i64, i64)>,
}

#[derive(Debug, Clone)]
struct Slot {
    target: Target,
    /// Of all classes together.
    all: Stats,
    by_class: Option<Box<[Stats; CLASSES]>>,
}

impl Slot {
    /// What was observed for a class, if anything.
    fn own(&self, class: PromptClass) -> Option<&Stats> {
        self.by_class.as_ref().map(|all| &all[class as usize]).filter(|own| own.at != 0)
    }
}

/// What was observed of all targets.
#[derive(Debug, Clone, Default)]
pub struct Learned {
    slots: Vec<Slot>,
    index: HashMap<Target, u32>,
}

impl Learned {
    /// The place of a target, made where there is none.
    pub fn slot(&mut self, target: &Target) -> u32 {
        if let Some(slot) = self.index.get(target) {
            return *slot;
        }
        let slot = self.slots.len() as u32;
        self.slots.push(Slot { target: target.clone(), all: Stats::default(), by_class: None });
        self.index.insert(target.clone(), slot);
        slot
    }

    /// The place of a target that something was observed of.
    pub(crate) fn place(&self, target: &Target) -> Option<u32> {
        self.index.get(target).copied()
    }

    /// What counts for a class now: its own observations, and some of all others. Whether it can be asked, and comes
    /// to an end, is not a matter of the class: all calls tell of that.
    #[must_use]
    pub fn of(&self, slot: u32, class: PromptClass, now: i64) -> Stats {
        let Some(slot) = self.slots.get(slot as usize) else { return Stats::default() };
        if slot.all.at == 0 {
            return Stats::default();
        }
        let all = slot.all.at(now);
        let own = slot.own(class).map(|own| own.at(now));
        let mut sums = all.sums;
        if let Some(own) = &own {
            for measure in [Measure::First, Measure::Rate, Measure::Dearer] {
                let (own, all) = (own.get(measure), all.get(measure));
                sums[measure as usize] = own.faded(1.0 - OTHER_CLASSES).and(all, OTHER_CLASSES);
            }
        }
        // Models differ by class, and that is to be found out: others' opinions fill in, and do not outweigh, also
        // where the class has none yet. Else the first call of it would change what is thought of a model.
        let opinions = all.get(Measure::Liked).weight;
        if opinions != 0.0 {
            let share = (OTHER_OPINIONS / opinions.max(1.0)).min(1.0);
            for measure in WORDS {
                let own = own.as_ref().map_or_else(Sum::default, |own| own.get(measure));
                sums[measure as usize] = own.faded(1.0 - share).and(all.get(measure), share);
            }
        }
        Stats { at: all.at, sums }
    }

    /// How many calls of a class still count of a target. That it was looked at, or asked for something else, does
    /// not tell how it does here.
    pub(crate) fn asked(&self, slot: u32, class: PromptClass, now: i64) -> f32 {
        let own = self.slots.get(slot as usize).and_then(|slot| slot.own(class));
        own.map_or(0.0, |own| own.at(now).get(Measure::Available).weight)
    }

    /// Takes up how a call ended. Without a class only what holds for all is learned.
    pub fn observe(&mut self, target: &Target, class: Option<PromptClass>, outcome: &CallEnd, now: i64) {
        let [available, reliable] = health(outcome);
        let first = outcome.first_ms.map(|ms| (ms.max(1) as f32).ln());
        let writing = outcome.first_ms.map(|first| outcome.ended_ms.saturating_sub(first));
        // A handful of tokens, or all of them in one piece, says nothing of the pace.
        let rate = match (writing, outcome.output) {
            (Some(ms), Some(tokens)) if ms >= 50 && tokens >= 16 && outcome.error.is_none() => {
                Some((tokens as f32 * 1_000.0 / ms as f32).ln())
            }
            _ => None,
        };
        let dearer = outcome.cost.filter(|(cost, expected)| *cost > 0 && *expected > 0);
        let dearer = dearer.map(|(cost, expected)| (cost as f32 / expected as f32).clamp(0.05, 20.0).ln());
        self.each(target, class, |stats| {
            for (measure, value) in [
                (Measure::First, first),
                (Measure::Rate, rate),
                (Measure::Available, available),
                (Measure::Reliable, reliable),
                (Measure::Dearer, dearer),
            ] {
                if let Some(value) = value {
                    stats.add(measure, value, now);
                }
            }
        });
    }

    /// Takes up whether a target's provider answered when it was only looked at.
    pub fn reached(&mut self, target: &Target, reached: bool, now: i64) {
        self.each(target, None, |stats| stats.add(Measure::Available, f32::from(u8::from(reached)), now));
    }

    /// Takes up what people thought of an answer.
    pub fn liked(&mut self, target: &Target, class: Option<PromptClass>, liking: Liking, now: i64) {
        self.each(target, class, |stats| {
            stats.add(Measure::Liked, liking.value.clamp(0.0, 1.0), now);
            stats.add(Measure::Needed, liking.need.clamp(0.0, 1.0), now);
        });
    }

    /// Takes an opinion of a time back, as far as it still counts: half a percent less for each later one is not
    /// told apart from none.
    pub fn unliked(&mut self, target: &Target, class: PromptClass, liking: Liking, at: i64, now: i64) {
        let weight = -(-((now - at).max(0) as f64) / HALF_WORD).exp2() as f32;
        self.weigh(target, class, liking.sums(weight), now);
    }

    /// Takes up an opinion of an earlier time: it counts for what is left of it.
    pub fn was_liked(&mut self, target: &Target, class: PromptClass, liking: Liking, at: i64, now: i64) {
        if now - at < 60_000 {
            self.liked(target, Some(class), liking, now);
            return;
        }
        let weight = (-((now - at) as f64) / HALF_WORD).exp2() as f32;
        self.weigh(target, class, liking.sums(weight), now);
    }

    fn weigh(&mut self, target: &Target, class: PromptClass, words: Stats, now: i64) {
        let stats = Stats { at: now, ..words };
        self.merge(target, None, &stats);
        self.merge(target, Some(class), &stats);
    }

    fn each(&mut self, target: &Target, class: Option<PromptClass>, mut change: impl FnMut(&mut Stats)) {
        let slot = self.slot(target) as usize;
        let slot = &mut self.slots[slot];
        change(&mut slot.all);
        if let Some(class) = class {
            let by_class = slot.by_class.get_or_insert_default();
            change(&mut by_class[class as usize]);
        }
    }

    /// Adds what somebody else observed; `None` is all classes together.
    pub fn merge(&mut self, target: &Target, class: Option<PromptClass>, stats: &Stats) {
        let slot = self.slot(target) as usize;
        let slot = &mut self.slots[slot];
        match class {
            None => slot.all.merge(stats),
            Some(class) => slot.by_class.get_or_insert_default()[class as usize].merge(stats),
        }
    }

    /// All that was observed, targets in the order in which they were met.
    pub fn all(&self) -> impl Iterator<Item = (&Target, Option<PromptClass>, &Stats)> {
        self.slots.iter().flat_map(|slot| {
            let by_class = slot.by_class.iter().flat_map(|by_class| {
                PromptClass::ALL.iter().zip(by_class.iter()).map(|(class, stats)| (Some(*class), stats))
            });
            std::iter::once((None, &slot.all))
                .chain(by_class)
                .filter(|(_, stats)| stats.at != 0)
                .map(|(class, stats)| (&slot.target, class, stats))
        })
    }

    /// Forgets what was observed, of all targets or of those that fit. Places stay.
    pub fn forget(&mut self, fits: impl Fn(&Target) -> bool) {
        for slot in self.slots.iter_mut().filter(|slot| fits(&slot.target)) {
            (slot.all, slot.by_class) = (Stats::default(), None);
        }
    }
}

/// What an end says of whether a target can be asked, and of whether its answers come to their end.
fn health(outcome: &CallEnd) -> [Option<f32>; 2] {
    let begun = outcome.first_ms.is_some();
    match outcome.error {
        None => [Some(1.0), Some(1.0)],
        // Neither is the target's doing.
        Some(
            ErrorKind::Cancelled
            | ErrorKind::BadRequest
            | ErrorKind::ContextLength
            | ErrorKind::ContentFilter,
        ) => [None, None],
        Some(_) if begun => [Some(1.0), Some(0.0)],
        Some(ErrorKind::Upstream) => [Some(0.0), Some(0.0)],
        Some(_) => [Some(0.0), None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ask, Facts, score::Figures};

    const OK: CallEnd =
        CallEnd { error: None, first_ms: Some(200), ended_ms: 1_200, output: Some(100), cost: None };

    fn target() -> Target {
        "a/x".parse().unwrap()
    }

    #[test]
    fn what_is_old_counts_less_by_calls_and_by_time() {
        let (mut learned, a) = (Learned::default(), target());
        let slot = learned.slot(&a);
        for _ in 0..200 {
            learned.observe(&a, Some(PromptClass::Code), &OK, 1_000);
        }
        let slow = CallEnd { first_ms: Some(4_000), ended_ms: 9_000, ..OK };
        for _ in 0..60 {
            learned.observe(&a, Some(PromptClass::Code), &slow, 2_000);
        }
        let first = |now| learned.of(slot, PromptClass::Code, now).get(Measure::First);
        let ms = first(3_000).mean().unwrap().exp();
        assert!((3_000.0..4_000.0).contains(&ms), "{ms}");
        let (fresh, old) = (first(3_000).weight, first(3_000 + 24 * 3_600_000).weight);
        assert!((old / fresh - 0.25).abs() < 0.01, "{fresh} {old}");
    }

    #[test]
    fn a_class_learns_first_of_itself_and_a_little_of_all_others() {
        let (mut learned, a) = (Learned::default(), target());
        let slot = learned.slot(&a);
        for _ in 0..30 {
            learned.liked(&a, Some(PromptClass::Code), Liking { value: 1.0, need: 0.5 }, 1_000);
            learned.liked(&a, Some(PromptClass::Maths), Liking { value: 0.0, need: 0.5 }, 1_000);
        }
        let liked = |class| learned.of(slot, class, 1_000).get(Measure::Liked).mean().unwrap();
        assert!(liked(PromptClass::Code) > 0.75 && liked(PromptClass::Maths) < 0.25);
        assert!((liked(PromptClass::Chat) - 0.5).abs() < 0.05);
    }

    #[test]
    fn opinions_on_other_classes_never_outweigh_those_of_a_class_itself() {
        let (mut learned, a) = (Learned::default(), target());
        let slot = learned.slot(&a);
        for _ in 0..200 {
            learned.liked(&a, Some(PromptClass::Chat), Liking { value: 0.0, need: 0.5 }, 1_000);
        }
        for _ in 0..40 {
            learned.liked(&a, Some(PromptClass::Code), Liking { value: 1.0, need: 0.5 }, 1_000);
        }
        let code = learned.of(slot, PromptClass::Code, 1_000).get(Measure::Liked).mean().unwrap();
        assert!(code > 0.8, "{code}");
    }

    #[test]
    fn the_first_call_of_a_class_changes_nothing_of_what_opinions_on_others_say() {
        for opinions in [1, 8, 20, 200] {
            let (mut learned, a) = (Learned::default(), target());
            let slot = learned.slot(&a);
            for _ in 0..opinions {
                learned.liked(&a, Some(PromptClass::Chat), Liking { value: 0.0, need: 0.3 }, 1_000);
            }
            let mut facts = Facts::of(a.clone(), slot);
            facts.quality = [Some(0.9); CLASSES];
            let ask = Ask { class: PromptClass::Code, ..Ask::default() };
            let figures =
                |learned: &Learned| Figures::of(&facts, &learned.of(slot, ask.class, 1_000), &ask, false);
            let before = figures(&learned);
            learned.observe(&a, Some(ask.class), &OK, 1_000);
            let after = figures(&learned);
            assert!((before.ability() - after.ability()).abs() < 1e-4, "{opinions}: {before:?} {after:?}");
            assert!(before.opinions <= OTHER_OPINIONS + 1e-3, "{opinions}: {before:?}");
        }
    }

    #[test]
    fn a_target_is_as_well_known_for_a_class_as_it_was_asked_there() {
        let (mut learned, a) = (Learned::default(), target());
        let slot = learned.slot(&a);
        for _ in 0..100 {
            learned.observe(&a, Some(PromptClass::Chat), &OK, 1_000);
            learned.reached(&a, true, 1_000);
        }
        learned.observe(&a, Some(PromptClass::Code), &OK, 1_000);
        let asked = |class| learned.asked(slot, class, 1_000);
        assert!(asked(PromptClass::Chat) > 60.0);
        assert!((asked(PromptClass::Code) - 1.0).abs() < 1e-6 && asked(PromptClass::Maths).abs() < 1e-6);
    }

    #[test]
    fn whether_it_can_be_asked_is_learned_of_all_classes_together() {
        let (mut learned, a) = (Learned::default(), target());
        let slot = learned.slot(&a);
        let down = CallEnd { error: Some(ErrorKind::Overloaded), first_ms: None, ..OK };
        learned.observe(&a, Some(PromptClass::Code), &OK, 1_000);
        for _ in 0..20 {
            learned.observe(&a, Some(PromptClass::Maths), &down, 1_000);
        }
        let available = |class| learned.of(slot, class, 1_000).get(Measure::Available);
        assert_eq!(available(PromptClass::Code), available(PromptClass::Maths));
        assert!(available(PromptClass::Code).mean().unwrap() < 0.1);
    }

    #[test]
    fn a_share_of_failures_is_told_by_about_a_hundred_calls_and_one_more_hardly_moves_it() {
        let (mut learned, a) = (Learned::default(), target());
        let slot = learned.slot(&a);
        let down = CallEnd { error: Some(ErrorKind::Overloaded), first_ms: None, ..OK };
        for turn in 0..500 {
            learned.observe(&a, None, if turn % 25 == 0 { &down } else { &OK }, 1_000);
        }
        let available = |learned: &Learned| {
            learned.of(slot, PromptClass::Code, 1_000).get(Measure::Available).mean().unwrap()
        };
        let before = available(&learned);
        learned.observe(&a, None, &down, 1_000);
        assert!((0.95..0.97).contains(&before) && before - available(&learned) < 0.011, "{before}");
    }

    #[test]
    fn an_opinion_that_is_taken_back_leaves_nothing_behind() {
        let (mut learned, a) = (Learned::default(), target());
        let slot = learned.slot(&a);
        let liking = Liking { value: 1.0, need: 0.8 };
        learned.liked(&a, Some(PromptClass::Code), liking, 1_000);
        learned.unliked(&a, PromptClass::Code, liking, 1_000, 1_000);
        let stats = learned.of(slot, PromptClass::Code, 1_000);
        assert_eq!(stats.get(Measure::Liked).mean(), None);
        assert_eq!(stats.get(Measure::Needed).mean(), None);
    }

    #[test]
    fn what_is_the_callers_doing_is_not_held_against_a_target() {
        let (mut learned, a) = (Learned::default(), target());
        let slot = learned.slot(&a);
        for kind in [ErrorKind::Cancelled, ErrorKind::BadRequest, ErrorKind::ContextLength] {
            learned.observe(&a, None, &CallEnd { error: Some(kind), first_ms: None, ..OK }, 5);
        }
        assert!(learned.of(slot, PromptClass::Chat, 5).get(Measure::Available).weight.abs() < f32::EPSILON);
        let limited = CallEnd { error: Some(ErrorKind::RateLimited), first_ms: None, ..OK };
        learned.observe(&a, None, &limited, 5);
        let stats = learned.of(slot, PromptClass::Chat, 5);
        assert_eq!(stats.get(Measure::Available).mean(), Some(0.0));
        assert_eq!(stats.get(Measure::Reliable).mean(), None);
    }

    #[test]
    fn what_two_processes_saw_adds_up_and_a_reset_forgets_it() {
        let (mut one, mut two, a) = (Learned::default(), Learned::default(), target());
        one.observe(&a, Some(PromptClass::Code), &OK, 10);
        two.observe(&a, Some(PromptClass::Code), &OK, 10);
        let rows: Vec<_> = two.all().map(|(target, class, stats)| (target.clone(), class, *stats)).collect();
        assert_eq!(rows.len(), 2);
        for (target, class, stats) in rows {
            one.merge(&target, class, &stats);
        }
        let slot = one.slot(&a);
        let weight = one.of(slot, PromptClass::Other, 10).get(Measure::First).weight;
        assert!((weight - 2.0).abs() < 1e-6, "{weight}");
        one.forget(|_| true);
        assert_eq!(one.all().count(), 0);
    }
}
