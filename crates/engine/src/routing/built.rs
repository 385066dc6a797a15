//! Who a route may choose from, as settings and catalog have it; made anew when these change.

use crate::{
    Engine, EngineError,
    models::{offered, usable},
    runs::{lacks_key, why_unusable},
    wire::Candidate,
};
use domain::{Profile, Target};
use providers::{Config, Provider};
use routing::{Facts, ReadyPolicy, Snapshot};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError},
};

/// Who may be chosen, and by what.
pub(crate) struct Built {
    of: Arc<Config>,
    generation: u64,
    pub(super) snapshot: Snapshot,
    /// The same, as calls are made.
    pub(super) candidates: Vec<Candidate>,
    places: HashMap<Target, u32>,
    policies: Arc<BTreeMap<String, ReadyPolicy>>,
}

impl Built {
    pub(super) fn new(engine: &Engine, config: Arc<Config>, generation: u64) -> Self {
        let mut candidates = Vec::new();
        let mut off = Vec::new();
        for provider in &config.providers {
            let state = engine.known_key(provider).state;
            let available = provider.enabled && usable(provider, state);
            if !available && !provider.configured {
                continue;
            }
            let why = match (provider.enabled, available) {
                (_, true) => None,
                (false, _) => Some(why_unusable(provider)),
                (true, false) => Some(lacks_key(provider).message),
            };
            let shared = Arc::new(provider.clone());
            for model in models_of(engine, provider) {
                let target = Target::of(provider.id.as_str(), &model);
                off.push(why.clone());
                candidates.push(Candidate { target, provider: Arc::clone(&shared), model });
            }
        }
        let policies = config.routing.policies.values().filter_map(|policy| {
            match ReadyPolicy::new(policy.clone()) {
                Ok(ready) => Some((policy.name.clone(), ready)),
                // It was read when the settings were; this is for what both ever disagree about.
                Err(error) => {
                    tracing::error!(policy = policy.name, error, "a policy cannot be used");
                    None
                }
            }
        });
        let policies = Arc::new(policies.collect());
        Self::of(engine, config, generation, candidates, off, policies)
    }

    /// Only those that are named.
    pub(super) fn among(engine: &Engine, all: &Self, among: &[Candidate]) -> Self {
        let off = among.iter().map(|_| None).collect();
        let (config, policies) = (Arc::clone(&all.of), Arc::clone(&all.policies));
        Self::of(engine, config, all.generation, among.to_vec(), off, policies)
    }

    fn of(
        engine: &Engine,
        of: Arc<Config>,
        generation: u64,
        candidates: Vec<Candidate>,
        off: Vec<Option<String>>,
        policies: Arc<BTreeMap<String, ReadyPolicy>>,
    ) -> Self {
        let slots: Vec<u32> = {
            let mut memory = engine.0.routes.memory.write().unwrap_or_else(PoisonError::into_inner);
            candidates.iter().map(|candidate| memory.learned.slot(&candidate.target)).collect()
        };
        let targets: Vec<Facts> = candidates
            .iter()
            .zip(slots)
            .zip(off)
            .map(|((candidate, slot), off)| Facts { off, ..engine.facts(candidate, slot) })
            .collect();
        let places = (0..).zip(&candidates).map(|(at, one)| (one.target.clone(), at)).collect();
        Self { of, generation, snapshot: Snapshot { targets }, candidates, places, policies }
    }

    pub(super) fn is_of(&self, config: &Arc<Config>, generation: u64) -> bool {
        Arc::ptr_eq(&self.of, config) && self.generation == generation
    }

    /// What is known of the target in a place.
    pub(super) fn facts(&self, at: u32) -> Option<&Facts> {
        self.snapshot.targets.get(at as usize)
    }

    /// A policy; an empty name is that of `auto`.
    pub(super) fn policy(&self, name: &str) -> Option<&ReadyPolicy> {
        self.policies.get(if name.is_empty() { self.of.routing.default.as_str() } else { name })
    }

    /// The same, or what to name instead.
    pub(super) fn named(&self, requested: &Target, name: &str) -> Result<&ReadyPolicy, EngineError> {
        let unknown = || EngineError::UnknownTarget { target: requested.clone(), near: self.near(name) };
        self.policy(name).ok_or_else(unknown)
    }

    /// Routes with names like this one.
    pub(super) fn near(&self, name: &str) -> Vec<Target> {
        let mut names: Vec<(f64, &String)> =
            self.policies.keys().map(|known| (strsim::jaro_winkler(name, known), known)).collect();
        names.sort_by(|a, b| b.0.total_cmp(&a.0));
        let near = names.into_iter().filter(|(alike, _)| *alike >= 0.6).take(3);
        let mut near: Vec<Target> =
            near.filter_map(|(_, known)| format!("auto:{known}").parse().ok()).collect();
        if near.is_empty() {
            let shipped = Profile::ALL.iter().map(|profile| format!("auto:{profile}"));
            near = shipped.filter_map(|name| name.parse().ok()).take(3).collect();
        }
        near
    }

    pub(super) fn place(&self, target: &Target) -> Option<u32> {
        self.places.get(target).copied()
    }

    /// Places and counts, in the order of the places.
    pub(super) fn places<'a>(&self, counts: impl Iterator<Item = (&'a Target, &'a u32)>) -> Vec<(u32, u32)> {
        let mut places: Vec<(u32, u32)> =
            counts.filter_map(|(target, count)| Some((self.place(target)?, *count))).collect();
        places.sort_unstable();
        places
    }
}

/// A provider's models: as it or the settings list them, else those of its catalog.
fn models_of(engine: &Engine, provider: &Provider) -> Vec<String> {
    let found = engine.found_at(provider.id.as_str());
    let mut models: Vec<String> = offered(provider, &found).into_iter().map(|listed| listed.id).collect();
    if found.is_empty() && provider.models.is_empty() {
        let name = provider.catalog_name();
        let known = providers::catalog::all().iter().filter(|model| model.provider == name);
        let more = known.filter(|model| !name.is_empty() && provider.own(&model.id).is_none());
        models.extend(more.map(|model| model.id.clone()));
    }
    models
}
