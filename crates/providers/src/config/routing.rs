//! `[routing]`: which policy `auto` means, and policies of one's own.

use super::{
    ConfigError,
    file::{Places, Usd},
};
use domain::{Ability, OnCut, Policy, Profile, Strategy, Target};
use exmex::{Express as _, FlatEx};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[routing]`.
#[derive(Debug, Clone, PartialEq)]
pub struct RoutingConfig {
    /// The policy that `auto` means.
    pub default: String,
    /// All policies by name: those that come with the program, and those of the file.
    pub policies: BTreeMap<String, Policy>,
    /// After how many milliseconds without a word the next of several is asked beside the first; `None` never.
    pub hedge_ms: Option<u32>,
    /// What follows when an answer breaks off after its first words.
    pub on_cut: OnCut,
}

impl Default for RoutingConfig {
    fn default() -> Self {
        let of = |profile: &Profile| (profile.as_str().to_owned(), Policy::of(*profile));
        Self {
            default: Profile::Balanced.as_str().to_owned(),
            policies: Profile::ALL.iter().map(of).collect(),
            hedge_ms: None,
            on_cut: OnCut::Fail,
        }
    }
}

/// The policy that a name asks for: `Some("")` for `auto` itself; `None` when it is no route.
#[must_use]
pub fn route_of(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("auto")?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix(':') }
}

impl RoutingConfig {
    /// After how many milliseconds without a word somebody else is asked too, by a policy where one chose.
    #[must_use]
    pub fn hedge_ms(&self, policy: Option<&str>) -> Option<u32> {
        let own = policy.and_then(|name| self.policy(name)).and_then(|policy| policy.hedge_ms);
        own.or(self.hedge_ms).filter(|ms| *ms > 0)
    }

    /// Whether somebody else goes on with an answer that breaks off, by a policy where one chose.
    #[must_use]
    pub fn resumes(&self, policy: Option<&str>) -> bool {
        let own = policy.and_then(|name| self.policy(name)).and_then(|policy| policy.on_cut);
        own.unwrap_or(self.on_cut) == OnCut::Resume
    }

    /// A policy by its name; an empty one is that of `auto`.
    #[must_use]
    pub fn policy(&self, name: &str) -> Option<&Policy> {
        self.policies.get(if name.is_empty() { self.default.as_str() } else { name })
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RoutingRow {
    default: Option<String>,
    hedge_ms: Option<u32>,
    on_cut: Option<String>,
    policies: BTreeMap<String, PolicyRow>,
}

impl RoutingRow {
    /// The names of the file's policies.
    pub(super) fn policies(&self) -> impl Iterator<Item = &str> {
        self.policies.keys().map(String::as_str)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PolicyRow {
    profile: Option<String>,
    strategy: Option<String>,
    weights: BTreeMap<String, f32>,
    adapt: Option<bool>,
    explore: Option<f32>,
    allow: Vec<String>,
    deny: Vec<String>,
    order: Vec<String>,
    require: Vec<String>,
    local_only: bool,
    max_cost_usd: Option<Usd>,
    max_first_ms: Option<u32>,
    min_quality: Option<f32>,
    score: Option<String>,
    warm_s: Option<u32>,
    hedge_ms: Option<u32>,
    on_cut: Option<String>,
}

/// What `[routing]` and a policy may have.
pub(super) const WORDS: [&str; 4] = ["default", "hedge_ms", "on_cut", "policies"];
pub(super) const POLICY_WORDS: [&str; 17] = [
    "profile",
    "strategy",
    "weights",
    "adapt",
    "explore",
    "allow",
    "deny",
    "order",
    "require",
    "local_only",
    "max_cost_usd",
    "max_first_ms",
    "min_quality",
    "score",
    "warm_s",
    "hedge_ms",
    "on_cut",
];
/// The shortest wait before somebody else is asked too: sooner, nearly every call is paid for twice.
const HEDGE_LEAST: u32 = 50;
/// What may be weighed.
const WEIGHTS: [&str; 6] = ["quality", "speed", "cost", "availability", "reliability", "context"];

pub(super) fn check(row: RoutingRow, places: &Places<'_>) -> Result<RoutingConfig, ConfigError> {
    let mut routing = RoutingConfig::default();
    for (name, row) in row.policies {
        let policy = policy(&name, row, places)?;
        routing.policies.insert(name, policy);
    }
    if let Some(default) = row.default {
        if !routing.policies.contains_key(&default) {
            let known: Vec<&str> = routing.policies.keys().map(String::as_str).collect();
            let message = format!("there is no policy `{default}`; policies are {}", known.join(", "));
            return Err(places.error(&["routing", "default"], message));
        }
        routing.default = default;
    }
    if let Some(error) = row.hedge_ms.and_then(too_soon) {
        return Err(places.error(&["routing", "hedge_ms"], error));
    }
    routing.hedge_ms = row.hedge_ms.filter(|ms| *ms > 0);
    if let Some(on_cut) = &row.on_cut {
        routing.on_cut = on_cut.parse().map_err(|error| places.error(&["routing", "on_cut"], error))?;
    }
    Ok(routing)
}

fn too_soon(ms: u32) -> Option<String> {
    let short = (1..HEDGE_LEAST).contains(&ms);
    short.then(|| format!("`hedge_ms` is at least {HEDGE_LEAST}, or 0 for never"))
}

fn policy(name: &str, row: PolicyRow, places: &Places<'_>) -> Result<Policy, ConfigError> {
    let wrong = |word: &str, message: String| places.error(&["routing", "policies", name, word], message);
    let named = !name.is_empty()
        && name.len() <= 60
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !named {
        let message = "a policy's name has small letters, digits and `-` only".to_owned();
        return Err(places.error(&["routing", "policies", name], message));
    }
    let profile = row.profile.as_deref().unwrap_or_else(|| {
        // Who writes `[routing.policies.budget]` changes the one that is shipped.
        Profile::ALL
            .iter()
            .map(|profile| profile.as_str())
            .find(|shipped| *shipped == name)
            .unwrap_or("balanced")
    });
    let profile: Profile = profile.parse().map_err(|error| wrong("profile", error))?;
    let mut policy = Policy { name: name.to_owned(), built_in: false, ..Policy::of(profile) };
    if let Some(strategy) = &row.strategy {
        policy.strategy = strategy.parse().map_err(|error| wrong("strategy", error))?;
    }
    for (part, weight) in &row.weights {
        let weights = &mut policy.weights;
        let field = match part.as_str() {
            "quality" => &mut weights.quality,
            "speed" => &mut weights.speed,
            "cost" => &mut weights.cost,
            "availability" => &mut weights.availability,
            "reliability" => &mut weights.reliability,
            "context" => &mut weights.context,
            _ => {
                let shown: String = part.chars().take(40).collect();
                return Err(wrong(
                    "weights",
                    format!("`{shown}` is no weight; weights are {}", WEIGHTS.join(", ")),
                ));
            }
        };
        if !weight.is_finite() || *weight < 0.0 || *weight > 1_000.0 {
            return Err(wrong("weights", format!("the weight `{part}` is a number from 0 to 1000")));
        }
        *field = *weight;
    }
    let weights = policy.weights;
    let sum = weights.quality
        + weights.speed
        + weights.cost
        + weights.availability
        + weights.reliability
        + weights.context;
    if sum <= 0.0 {
        return Err(wrong("weights", "at least one weight is more than 0".to_owned()));
    }
    policy.adapt = row.adapt.unwrap_or(true);
    if let Some(explore) = row.explore {
        if !(0.0..=0.5).contains(&explore) {
            return Err(wrong("explore", "`explore` is a share from 0 to 0.5".to_owned()));
        }
        policy.explore = explore;
    }
    for (word, patterns) in [("allow", &row.allow), ("deny", &row.deny), ("order", &row.order)] {
        if let Some(bad) = patterns.iter().find(|pattern| pattern.parse::<Target>().is_err()) {
            let shown: String = bad.chars().take(40).collect();
            return Err(wrong(
                word,
                format!("`{shown}` fits no target; write `provider/model`, with `*` for any text"),
            ));
        }
    }
    if policy.strategy == Strategy::Priority && row.order.is_empty() {
        let message =
            "the strategy `priority` needs an `order`, such as [\"local/*\", \"openrouter/*\"]".to_owned();
        return Err(wrong("strategy", message));
    }
    for word in &row.require {
        let ability: Ability = word.parse().map_err(|error| wrong("require", error))?;
        if !policy.require.contains(&ability) {
            policy.require.push(ability);
        }
    }
    if let Some(least) = row.min_quality {
        if !(0.0..=1.0).contains(&least) {
            return Err(wrong("min_quality", "`min_quality` is a number from 0 to 1".to_owned()));
        }
        policy.min_quality = Some(least);
    }
    if let Some(score) = &row.score {
        expression(score).map_err(|message| wrong("score", message))?;
    }
    (policy.allow, policy.deny, policy.order) = (row.allow, row.deny, row.order);
    policy.local_only = row.local_only;
    policy.max_cost = row.max_cost_usd.map(|usd| usd.0);
    policy.max_first_ms = row.max_first_ms;
    policy.score = row.score;
    policy.warm_s = row.warm_s.unwrap_or(Policy::WARM_S);
    if let Some(error) = row.hedge_ms.and_then(too_soon) {
        return Err(wrong("hedge_ms", error));
    }
    policy.hedge_ms = row.hedge_ms;
    if let Some(on_cut) = &row.on_cut {
        policy.on_cut = Some(on_cut.parse().map_err(|error| wrong("on_cut", error))?);
    }
    Ok(policy)
}

/// Whether an expression can be read, and names only what there is.
fn expression(text: &str) -> Result<(), String> {
    let read: FlatEx<f64> = exmex::parse(&domain::with_names_in_braces(text))
        .map_err(|error| format!("the expression cannot be read: {error}"))?;
    let unknown =
        read.var_names().iter().find(|name| domain::expression_names().all(|known| known != **name));
    unknown.map_or(Ok(()), |name| {
        let known: Vec<&str> = domain::expression_names().collect();
        Err(format!("the expression names `{name}`; it may name {}", known.join(", ")))
    })
}
