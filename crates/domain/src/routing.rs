//! Decisions: why a route chose what it chose, and the policies that it chose by.

use crate::{NanoUsd, PromptClass, Target, Timestamp, error::words};
use serde::{Deserialize, Serialize};

words! {
    /// What a route strives for, as shipped.
    Profile {
        /// The best answer, whatever it costs.
        Quality = "quality",
        /// As good as the prompt needs, at a price that fits it.
        Balanced = "balanced",
        /// The answer that is there first.
        Speed = "speed",
        /// The cheapest that will do.
        Budget = "budget",
        /// Room for much text.
        LongContext = "long-context",
    }
}

words! {
    /// What follows when an answer breaks off after its first words.
    OnCut {
        /// It has failed, and what there is of it is kept.
        Fail = "fail",
        /// The next target gets what there is, and goes on with it.
        Resume = "resume",
    }
}

words! {
    /// How one of the ranked targets is chosen.
    Strategy {
        /// The best score.
        Weighted = "weighted",
        /// Of those about as good, the one with the fewest calls under way.
        LoadBalanced = "load_balanced",
        /// One after the other.
        RoundRobin = "round_robin",
        /// By lot.
        Random = "random",
        /// In the policy's order.
        Priority = "priority",
        /// The best score; for a stated share of the requests another one, to find out how it is now.
        Bandit = "bandit",
    }
}

words! {
    /// What a target has to be able to do.
    Ability {
        /// Read images.
        Vision = "vision",
        /// Call tools.
        Tools = "tools",
        /// Write JSON after a schema.
        Json = "json",
        /// Think first.
        Reasoning = "reasoning",
        /// Search the web on the provider's side.
        WebSearch = "web_search",
    }
}

words! {
    /// What a score is made of.
    ScoreName {
        /// How good its answers are to prompts of this class.
        Quality = "quality",
        /// How soon the whole answer would be there.
        Speed = "speed",
        /// What this request would cost.
        Cost = "cost",
        /// How often it could be asked at all.
        Availability = "availability",
        /// How often an answer that was begun came to its end.
        Reliability = "reliability",
        /// How much it can read.
        Context = "context",
        /// Own votes, and answers that were asked for again.
        Preference = "preference",
        /// What the policy's own expression comes to.
        Expression = "expression",
    }
}

/// How much each part of a score counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Weights {
    /// See [`ScoreName::Quality`].
    pub quality: f32,
    /// See [`ScoreName::Speed`].
    pub speed: f32,
    /// See [`ScoreName::Cost`].
    pub cost: f32,
    /// See [`ScoreName::Availability`].
    pub availability: f32,
    /// See [`ScoreName::Reliability`].
    pub reliability: f32,
    /// See [`ScoreName::Context`].
    pub context: f32,
}

impl Profile {
    /// What counts for it, and how much.
    #[must_use]
    pub const fn weights(self) -> Weights {
        let [quality, speed, cost, availability, reliability, context] = match self {
            Self::Quality => [0.75, 0.05, 0.02, 0.08, 0.10, 0.0],
            Self::Balanced => [0.42, 0.13, 0.25, 0.10, 0.10, 0.0],
            Self::Speed => [0.18, 0.55, 0.07, 0.10, 0.10, 0.0],
            Self::Budget => [0.24, 0.05, 0.56, 0.08, 0.07, 0.0],
            Self::LongContext => [0.30, 0.05, 0.12, 0.08, 0.10, 0.35],
        };
        Weights { quality, speed, cost, availability, reliability, context }
    }
}

/// By what a route chooses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Its name: `auto:<name>` asks for it.
    pub name: String,
    /// What it strives for; its weights are those that the policy does not set.
    pub profile: Profile,
    /// How one of the ranked is chosen.
    pub strategy: Strategy,
    /// How much each part of a score counts.
    pub weights: Weights,
    /// Whether quality counts more, and cost less, the harder a prompt is.
    pub adapt: bool,
    /// Share of the requests that the bandit explores with, 0 to 0.5.
    pub explore: f32,
    /// Patterns of targets that may answer; empty is all.
    pub allow: Vec<String>,
    /// Patterns of targets that may not.
    pub deny: Vec<String>,
    /// Patterns of targets in their order, for the strategy `priority`.
    pub order: Vec<String>,
    /// What whoever answers has to be able to do.
    pub require: Vec<Ability>,
    /// Whether only this machine may answer.
    pub local_only: bool,
    /// The most that a request may be expected to cost.
    pub max_cost: Option<NanoUsd>,
    /// The longest that the first word may be expected to take, in milliseconds.
    pub max_first_ms: Option<u32>,
    /// The least quality for the prompt's class, 0 to 1.
    pub min_quality: Option<f32>,
    /// An expression that takes the place of the weights.
    pub score: Option<String>,
    /// How long whoever answered a conversation is kept for it, in seconds: as long as its prompt cache is
    /// warm. 0 never keeps.
    pub warm_s: u32,
    /// After how many milliseconds without a word the next is asked beside the first; 0 never, `None` as
    /// `[routing]` says.
    #[serde(default)]
    pub hedge_ms: Option<u32>,
    /// What follows when an answer breaks off after its first words; `None` as `[routing]` says.
    #[serde(default)]
    pub on_cut: Option<OnCut>,
    /// Whether it came with the program.
    pub built_in: bool,
}

impl Policy {
    /// How long providers usually keep what they have read.
    pub const WARM_S: u32 = 300;
    /// Share of the requests that a bandit explores with unless told otherwise.
    pub const EXPLORE: f32 = 0.05;

    /// The policy of a profile, as shipped.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Self {
            name: profile.as_str().to_owned(),
            profile,
            strategy: Strategy::Weighted,
            weights: profile.weights(),
            adapt: true,
            explore: Self::EXPLORE,
            allow: Vec::new(),
            deny: Vec::new(),
            order: Vec::new(),
            require: Vec::new(),
            local_only: false,
            max_cost: None,
            max_first_ms: None,
            min_quality: None,
            score: None,
            warm_s: Self::WARM_S,
            hedge_ms: None,
            on_cut: None,
            built_in: true,
        }
    }
}

/// One part of a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScorePart {
    /// Which.
    pub name: ScoreName,
    /// From 0, the worst, to 1; a preference from -1.
    pub value: f64,
    /// Its share in the score.
    pub weight: f64,
    /// What it rests on.
    pub because: String,
}

/// One target that was weighed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// Whom.
    pub target: Target,
    /// Why it was left out; `None` when it was not.
    pub excluded: Option<String>,
    /// Its score, higher is better; `None` when it was not ranked.
    pub score: Option<f64>,
    /// What the score is made of.
    #[serde(default)]
    pub parts: Vec<ScorePart>,
}

/// What a route went by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Routed {
    /// The policy.
    pub policy: String,
    /// How one of the ranked was chosen.
    pub strategy: Strategy,
    /// What kind of prompt it is.
    pub class: PromptClass,
    /// How hard it looks, 0 to 1.
    pub complexity: f64,
    /// How much it needs a strong model, 0 to 1.
    pub strength: f64,
    /// Tokens that go in, estimated.
    pub input_tokens: u32,
    /// Who would be asked if quality were all that counts: what one would pin. `None` where nothing is published
    /// of any.
    pub fixed: Option<Target>,
    /// Whether this was a try, rather than what is known to be best.
    pub explored: bool,
    /// Whether it was marked as important: nothing is tried with it.
    pub important: bool,
    /// Whether the conversation stays with whom it has, because that one has read it already.
    pub kept: bool,
    /// What chance went by: the same state and seed give the same decision.
    pub seed: u32,
    /// When.
    pub at: Timestamp,
}

/// What was chosen for one completion, and why. Stored even when the choice was the caller's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// What was asked for.
    pub requested: Target,
    /// In which order targets are tried: the chosen one first, then those to fall back to.
    pub order: Vec<Target>,
    /// Why, in a sentence.
    pub reason: String,
    /// All that were weighed.
    pub candidates: Vec<Candidate>,
    /// What the route went by; `None` where no route was asked for.
    #[serde(default)]
    pub routed: Option<Routed>,
}

/// What a policy's expression may name beside the parts of a score: how hard the prompt looks and how much it
/// needs a strong model, tokens in and out as expected, the dollars that they would cost, and seconds to the
/// first word.
pub const EXPRESSION_FIGURES: [&str; 6] =
    ["complexity", "strength", "input_tokens", "output_tokens", "usd", "first_s"];

/// Everything that a policy's expression may name.
pub fn expression_names() -> impl Iterator<Item = &'static str> {
    let parts = ScoreName::ALL.iter().filter(|part| **part != ScoreName::Expression);
    parts.map(|part| part.as_str()).chain(EXPRESSION_FIGURES)
}

/// An expression with the names that it may have in braces, so that none of them is read as the function whose
/// name it begins with (`cos` of `cost`).
#[must_use]
pub fn with_names_in_braces(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len() + 16);
    let mut word = String::new();
    for character in expression.chars().chain([' ']) {
        if character.is_ascii_alphanumeric() || character == '_' {
            word.push(character);
            continue;
        }
        if expression_names().any(|name| name == word) {
            out.extend(["{", &word, "}"]);
        } else {
            out.push_str(&word);
        }
        word.clear();
        out.push(character);
    }
    out.trim_end().to_owned()
}
