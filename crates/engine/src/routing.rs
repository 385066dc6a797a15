//! Routes: `auto` and `auto:<policy>`. What is known is gathered here, `routing` decides, and what came of it
//! is observed.

mod built;
mod calibration;
mod course;
mod insight;
mod learning;
mod policies;

pub use course::{COURSE_HOURS, LearnedPoint};
pub use insight::{LearnedMeasure, LearnedTarget, RouteAnalytics, RouteCount, RouteTrial};
pub(crate) use learning::Memory;

use crate::{Engine, EngineError, engine::now, known::of_model, wire::Candidate};
use arc_swap::ArcSwapOption;
use built::Built;
use calibration::Calibrated;
use domain::{Ability, Decision, Part, PromptClass, Strategy, Target};
use providers::{Provider, catalog::Synced, route_of};
use routing::{Ask, Bar, Choice, Classified, ReadyPolicy, Telling, Verdict, decide};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};

/// Candidates whose parts are stored with a decision; all of them are told of where somebody asks.
const DETAILED: usize = 6;
/// Candidates that are stored with a decision.
const STORED: usize = 64;
/// Conversations that are remembered while they are warm.
const WARM: usize = 4_096;
/// Bytes of its beginning by which a conversation is known again.
const KNOWN_BY: usize = 1_024;

/// What routes remember in this process.
pub(crate) struct Routes {
    built: ArcSwapOption<Built>,
    /// Counts what may have changed who can be asked.
    pub(crate) generation: Arc<AtomicU64>,
    pub(crate) memory: RwLock<Memory>,
    /// Who stores what was learned, or forgets it: one at a time.
    keeping: tokio::sync::Mutex<()>,
    /// Who has read a conversation, and when it was asked last.
    warm: Mutex<HashMap<u64, (Target, i64)>>,
    /// Routed calls under way.
    busy: Mutex<HashMap<Target, u32>>,
    /// What is published of models, by catalog and name, as one state of the catalog has it.
    quality: Mutex<Published>,
    /// What was learned of the user's own models.
    calibrated: Calibrated,
    turn: AtomicU32,
    seed: AtomicU32,
}

/// Of which state of the catalog, and what it says of a provider's model.
type Published = (Option<Arc<Synced>>, HashMap<(String, String), Quality>);

/// How good something is at each class of prompts.
type Quality = [Option<f32>; PromptClass::ALL.len()];

impl Routes {
    pub(crate) fn new(generation: Arc<AtomicU64>, seed: u32) -> Self {
        Self {
            built: ArcSwapOption::empty(),
            generation,
            memory: RwLock::default(),
            keeping: tokio::sync::Mutex::default(),
            warm: Mutex::default(),
            busy: Mutex::default(),
            quality: Mutex::default(),
            calibrated: Calibrated::default(),
            turn: AtomicU32::new(0),
            seed: AtomicU32::new(seed),
        }
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What keeps a candidate from answering, where something does.
pub(crate) type Lacks<'a> = &'a dyn Fn(&Candidate) -> Option<String>;

/// What a route is asked.
pub(crate) struct RouteAsk<'a> {
    /// The prompt: what is said now.
    pub(crate) text: &'a str,
    /// Tokens that go in, estimated.
    pub(crate) input_tokens: u32,
    /// The most that may come out.
    pub(crate) max_output: Option<u32>,
    pub(crate) needs: &'a [Ability],
    pub(crate) important: bool,
    /// The conversation that it goes on with.
    pub(crate) conversation: Option<u64>,
    /// What else keeps somebody from answering.
    pub(crate) lacks: Option<Lacks<'a>>,
    /// Of how many the parts of their scores are told.
    pub(crate) detailed: usize,
    /// Nothing is asked of whom it chooses.
    pub(crate) trial: bool,
}

impl Default for RouteAsk<'_> {
    fn default() -> Self {
        Self {
            text: "",
            input_tokens: 0,
            max_output: None,
            needs: &[],
            important: false,
            conversation: None,
            lacks: None,
            detailed: DETAILED,
            trial: false,
        }
    }
}

/// What a route came to.
pub(crate) struct Route {
    pub(crate) decision: Decision,
    /// Those of the decision's order.
    pub(crate) order: Vec<Candidate>,
    /// Who could answer, but is left alone just now, and in how many milliseconds that is over.
    pub(crate) away: Vec<(Target, u32)>,
}

/// What is remembered of a routed call until it is over.
#[derive(Debug, Clone)]
pub(crate) struct Routed {
    pub(crate) class: PromptClass,
    pub(crate) complexity: f32,
    pub(crate) input_tokens: u32,
    pub(crate) conversation: Option<u64>,
}

impl Routed {
    pub(crate) fn of(decision: &Decision, conversation: Option<u64>) -> Option<Self> {
        let routed = decision.routed.as_ref()?;
        Some(Self {
            class: routed.class,
            complexity: routed.complexity as f32,
            input_tokens: routed.input_tokens,
            conversation,
        })
    }
}

/// A routed call under way; it is over when this is dropped.
pub(crate) struct Busy {
    engine: Engine,
    target: Target,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut busy = held(&self.engine.0.routes.busy);
        if let Some(calls) = busy.get_mut(&self.target) {
            *calls = calls.saturating_sub(1);
            if *calls == 0 {
                busy.remove(&self.target);
            }
        }
    }
}

impl Engine {
    /// What a route chooses for a prompt.
    ///
    /// # Errors
    /// When there is no such policy. That nobody can answer is a decision without an order.
    pub(crate) fn route(&self, requested: &Target, ask: &RouteAsk<'_>) -> Result<Route, EngineError> {
        let name = route_of(requested.as_str()).unwrap_or_default();
        let built = self.built();
        Ok(self.route_by(requested, built.named(requested, name)?, &built, ask))
    }

    /// What a profile chooses of those that names mean.
    ///
    /// # Errors
    /// As [`Self::route`].
    pub(crate) fn route_among(
        &self,
        requested: &Target,
        policy: &str,
        among: &[Candidate],
        ask: &RouteAsk<'_>,
    ) -> Result<Route, EngineError> {
        let built = self.built();
        let among = Built::among(self, &built, among);
        Ok(self.route_by(requested, among.named(requested, policy)?, &among, ask))
    }

    fn route_by(&self, requested: &Target, policy: &ReadyPolicy, built: &Built, ask: &RouteAsk<'_>) -> Route {
        let calibration = self.calibration();
        let Classified { class, complexity, strength } =
            routing::classify_by(ask.text, calibration.as_deref());
        let (at, routes) = (now().millis(), &self.0.routes);
        let barred = self.barred(built, ask);
        let busy = match policy.policy().strategy {
            Strategy::LoadBalanced => built.places(held(&routes.busy).iter()),
            _ => Vec::new(),
        };
        let asked = Ask {
            class,
            complexity,
            strength,
            input_tokens: ask.input_tokens,
            max_output: ask.max_output,
            needs: ask.needs,
            important: ask.important,
            kept: ask.conversation.and_then(|one| self.kept(built, policy, one, at)),
            turn: routes.turn.fetch_add(u32::from(!ask.trial), Ordering::Relaxed),
            busy: &busy,
            barred: &barred,
        };
        // A trial tells what would be chosen next, and is no turn of its own.
        let seed = routes.seed.fetch_add(if ask.trial { 0 } else { 0x9e37_79b9 }, Ordering::Relaxed);
        let memory = routes.memory.read().unwrap_or_else(PoisonError::into_inner);
        let choice = decide(&built.snapshot, &memory.learned, &asked, policy, at, seed);
        let telling =
            Telling { requested, now: at, seed, detailed: ask.detailed, most: STORED.max(ask.detailed) };
        let decision = choice.explain(&built.snapshot, &memory.learned, &asked, policy, telling);
        let away = away(&choice, &asked, |well| {
            decide(&built.snapshot, &memory.learned, well, policy, at, seed).verdicts
        });
        drop(memory);
        let candidate = |at: u32| built.candidates.get(at as usize).cloned();
        let order = choice.order.iter().filter_map(|at| candidate(*at)).collect();
        let away = away.into_iter().filter_map(|(at, wait)| Some((candidate(at)?.target, wait))).collect();
        Route { decision, order, away }
    }

    /// Who cannot be asked for this, or just now; in the order of their places.
    fn barred(&self, built: &Built, ask: &RouteAsk<'_>) -> Vec<(u32, Bar)> {
        let mut barred: Vec<(u32, Bar)> = Vec::new();
        for (target, wait) in self.0.breakers.open() {
            if let Some(at) = built.place(&target) {
                barred.push((at, Bar::Broken(wait)));
            }
        }
        for (target, wait) in self.0.quotas.away() {
            if let Some(at) = built.place(&target) {
                barred.push((at, Bar::UsedUp(wait)));
            }
        }
        if let Some(lacks) = ask.lacks {
            for (at, candidate) in (0..).zip(&built.candidates) {
                if let Some(lack) = lacks(candidate) {
                    barred.push((at, Bar::Other(lack)));
                }
            }
        }
        // The last of one place counts: who is not to ask at all, else the longest wait.
        barred.sort_by_key(|(at, bar)| (*at, wait_of(bar).map_or(u64::MAX, u64::from)));
        barred
    }

    fn kept(&self, built: &Built, policy: &ReadyPolicy, conversation: u64, now: i64) -> Option<u32> {
        let warm = held(&self.0.routes.warm);
        let (target, at) = warm.get(&conversation)?;
        let still = now - at <= i64::from(policy.policy().warm_s) * 1_000;
        still.then(|| built.place(target)).flatten()
    }

    /// A conversation was answered by this target, and is warm there for a while.
    pub(crate) fn keep_warm(&self, conversation: u64, target: &Target) {
        let (at, mut warm) = (now().millis(), held(&self.0.routes.warm));
        if warm.len() >= WARM && !warm.contains_key(&conversation) {
            // Rarely: the older half goes.
            let mut times: Vec<i64> = warm.values().map(|(_, at)| *at).collect();
            let middle = times.len() / 2;
            let (_, middle, _) = times.select_nth_unstable(middle);
            let middle = *middle;
            warm.retain(|_, (_, at)| *at > middle);
        }
        warm.insert(conversation, (target.clone(), at));
    }

    /// Counts a routed call as under way until what this returns is dropped.
    pub(crate) fn busy(&self, target: &Target) -> Busy {
        *held(&self.0.routes.busy).entry(target.clone()).or_default() += 1;
        Busy { engine: self.clone(), target: target.clone() }
    }

    fn built(&self) -> Arc<Built> {
        let routes = &self.0.routes;
        let (config, generation) = (self.config(), routes.generation.load(Ordering::Acquire));
        if let Some(built) = routes.built.load_full()
            && built.is_of(&config, generation)
        {
            return built;
        }
        let built = Arc::new(Built::new(self, config, generation));
        routes.built.store(Some(Arc::clone(&built)));
        built
    }

    /// How good a model is published to be at each class of prompts. To find it by its name takes a while, so
    /// it is done once.
    fn published(&self, provider: &Provider, model: &str) -> Quality {
        let (key, catalog) = ((provider.catalog_name().to_owned(), model.to_owned()), self.catalog());
        let same = |of: &Option<Arc<Synced>>| of.as_ref().is_some_and(|of| Arc::ptr_eq(of, &catalog));
        {
            let mut known = held(&self.0.routes.quality);
            if !same(&known.0) {
                *known = (Some(Arc::clone(&catalog)), HashMap::new());
            }
            if let Some(known) = known.1.get(&key) {
                return *known;
            }
        }
        let mut quality = [None; PromptClass::ALL.len()];
        if let Some(found) = catalog.resolve(model, provider.catalog_name()) {
            for (value, class) in quality.iter_mut().zip(PromptClass::ALL) {
                *value = catalog.scores().quality(&found.model, *class).map(|quality| quality.value);
            }
        }
        let mut known = held(&self.0.routes.quality);
        if same(&known.0) {
            known.1.insert(key, quality);
        }
        quality
    }

    /// What a model is known to be able to do, and for how much; for [`built`].
    fn facts(&self, candidate: &Candidate, slot: u32) -> routing::Facts {
        let Candidate { target, provider, model } = candidate;
        let known = of_model(self, provider, model);
        let prices = crate::known::prices(self, provider, model, &domain::Usage::default());
        let mut facts = routing::Facts::of(target.clone(), slot);
        facts.local = provider.is_loopback();
        facts.simulated = provider.is_simulated();
        facts.context_window = known.context_window;
        facts.can = known.capabilities;
        facts.prices = prices
            .input
            .zip(prices.output)
            .map(|(input, output)| [input.0, prices.cached_read.unwrap_or(input).0, output.0]);
        facts.quality = self.published(provider, model);
        facts.priority = provider.priority;
        facts
    }
}

/// In how many milliseconds somebody can be asked, where it is no more than that.
const fn wait_of(bar: &Bar) -> Option<u32> {
    match bar {
        Bar::Broken(wait) | Bar::UsedUp(wait) => Some(*wait),
        _ => None,
    }
}

/// Whom only their health keeps away, or a limit that is used up: their places, and for how long. `decide` says
/// what would be found of all if they were well: a figure that the policy does not allow keeps away as well.
fn away(choice: &Choice, asked: &Ask<'_>, decide: impl FnOnce(&Ask<'_>) -> Vec<Verdict>) -> Vec<(u32, u32)> {
    let wait = |verdict: &Verdict| match verdict {
        Verdict::Barred(bar) => wait_of(bar),
        Verdict::Score(_) => None,
    };
    let mut away: Vec<(u32, u32)> =
        (0..).zip(&choice.verdicts).filter_map(|(at, verdict)| Some((at, wait(verdict)?))).collect();
    if !away.is_empty() {
        let barred: Vec<_> = asked.barred.iter().filter(|(_, bar)| wait_of(bar).is_none()).cloned().collect();
        let verdicts = decide(&Ask { barred: &barred, ..asked.clone() });
        away.retain(|(at, _)| matches!(verdicts.get(*at as usize), Some(Verdict::Score(_))));
    }
    away
}

/// Why nobody can answer, with the first reasons there are.
pub(crate) fn nobody(decision: &Decision) -> String {
    if decision.candidates.is_empty() {
        return "no provider is set up that a route could choose; add one with `orch providers add`"
            .to_owned();
    }
    let mut why = Vec::new();
    for candidate in &decision.candidates {
        if let Some(excluded) = &candidate.excluded
            && !why.iter().any(|(_, known)| *known == excluded)
        {
            why.push((&candidate.target, excluded));
        }
    }
    let why: Vec<String> = why.iter().take(3).map(|(target, why)| format!("`{target}`: {why}")).collect();
    format!("nobody can answer this: {}", why.join("; "))
}

/// A conversation, told by what it begins with and by who may know of it.
pub(crate) fn conversation_of(owner: &str, system: Option<&str>, first: &[Part]) -> u64 {
    let mut hasher = DefaultHasher::new();
    owner.hash(&mut hasher);
    let mut add = |text: &str| {
        hasher.write_usize(text.len());
        hasher.write(&text.as_bytes()[..text.len().min(KNOWN_BY)]);
    };
    add(system.unwrap_or_default());
    for part in first {
        if let Part::Text { text } = part {
            add(text);
        }
    }
    hasher.finish()
}

/// What a request makes use of.
pub(crate) fn needs_of<'a>(
    params: &domain::Params,
    mut parts: impl Iterator<Item = &'a Part>,
) -> Vec<Ability> {
    let mut needs = Vec::new();
    if !params.tools.is_empty() {
        needs.push(Ability::Tools);
    }
    if matches!(params.response_format, Some(domain::ResponseFormat::JsonSchema { .. })) {
        needs.push(Ability::Json);
    }
    if params.web_search {
        needs.push(Ability::WebSearch);
    }
    if parts.any(|part| matches!(part, Part::Image { .. })) {
        needs.push(Ability::Vision);
    }
    needs
}

/// The texts of parts as one; borrowed where there is only one.
pub(crate) fn text_of(parts: &[Part]) -> std::borrow::Cow<'_, str> {
    let mut texts = parts.iter().filter_map(|part| match part {
        Part::Text { text } => Some(text.as_str()),
        _ => None,
    });
    match (texts.next(), texts.next()) {
        (None, _) => "".into(),
        (Some(only), None) => only.into(),
        (Some(first), Some(second)) => {
            let mut all = [first, "\n", second].concat();
            for text in texts {
                all.push('\n');
                all.push_str(text);
            }
            all.into()
        }
    }
}

/// Tokens of so many bytes of text, roughly.
pub(crate) fn tokens_of(bytes: usize) -> u32 {
    u32::try_from(bytes / 4).unwrap_or(u32::MAX)
}
