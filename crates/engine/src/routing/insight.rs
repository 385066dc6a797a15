//! What routes know and did, for people: what they would choose, what was learned, what was chosen.

use super::{LearnedPoint, RouteAsk};
use crate::{Engine, EngineError, engine::now};
use domain::{Ability, Decision, NanoUsd, Policy, PromptClass, Target, Timestamp};
use providers::edit;
use routing::{Measure, ReadyPolicy};
use serde::{Deserialize, Serialize};
use std::sync::PoisonError;

/// Most bytes of a prompt that is tried.
const LONGEST: usize = 1 << 20;
/// Most candidates that a trial tells of.
const ALL: usize = 4_096;

/// A prompt, to see what a route would choose for it. Nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RouteTrial {
    /// What would be asked.
    pub prompt: String,
    /// By which policy; without one, that of `auto`.
    #[serde(default)]
    pub policy: Option<String>,
    /// What the request would make use of.
    #[serde(default)]
    pub needs: Vec<Ability>,
    /// The most tokens that may come out.
    #[serde(default)]
    pub max_tokens: Option<u32>,
    /// Nothing is tried with it.
    #[serde(default)]
    pub important: bool,
}

/// One thing that was learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LearnedMeasure {
    /// `firstMs`, `tokensPerSecond`, `available`, `reliable`, `costRatio`, `liked` or `needed`.
    pub measure: String,
    /// Its mean; the recent counts more.
    pub mean: f64,
    /// About how many observations still count.
    pub weight: f64,
    /// How it moved, by hours in which something was observed; empty where that was not asked for.
    #[serde(default)]
    pub course: Vec<LearnedPoint>,
}

/// What was learned of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LearnedTarget {
    /// Of whom.
    pub target: Target,
    /// For which class of prompts; `None` is all together.
    pub class: Option<PromptClass>,
    /// When something was observed last.
    pub at: Timestamp,
    /// What.
    pub measures: Vec<LearnedMeasure>,
}

/// How often a policy chose a target for a class of prompts, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RouteCount {
    /// The policy.
    pub policy: String,
    /// The prompts' class.
    pub class: PromptClass,
    /// Who was chosen first.
    pub chosen: Target,
    /// Decisions.
    pub decisions: u32,
    /// Of those, tries.
    pub explored: u32,
    /// Of those, conversations that stayed with whom they had.
    pub kept: u32,
    /// Answers that came to their end.
    pub complete: u32,
    /// Answers that somebody else gave than who was chosen.
    pub fell_back: u32,
    /// What they cost together, as far as it is known.
    pub cost: NanoUsd,
    /// Mean of the milliseconds to the first content.
    pub mean_first_ms: Option<u32>,
}

/// What routes did in a span of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RouteAnalytics {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Decisions of routes.
    pub decisions: u32,
    /// By policy, class and target, the most frequent first.
    pub counts: Vec<RouteCount>,
}

/// The route of this policy; of none, `auto`.
fn requested(policy: Option<&str>) -> Result<Target, EngineError> {
    let requested = policy.map_or_else(|| "auto".to_owned(), |policy| format!("auto:{policy}"));
    requested.parse().map_err(|error: domain::TargetError| EngineError::BadInput(error.to_string()))
}

fn tried(trial: &RouteTrial) -> Result<RouteAsk<'_>, EngineError> {
    if trial.prompt.len() > LONGEST {
        return Err(EngineError::BadInput("a prompt to be tried has at most 1 MiB".to_owned()));
    }
    Ok(RouteAsk {
        text: &trial.prompt,
        input_tokens: super::tokens_of(trial.prompt.len()),
        max_output: trial.max_tokens,
        needs: &trial.needs,
        important: trial.important,
        detailed: ALL,
        trial: true,
        ..RouteAsk::default()
    })
}

impl Engine {
    /// What a route would choose for a prompt, with every score in its parts. Nothing is sent.
    ///
    /// # Errors
    /// When there is no such policy, or the prompt is too long.
    pub fn try_route(&self, trial: &RouteTrial) -> Result<Decision, EngineError> {
        let requested = requested(trial.policy.as_deref())?;
        Ok(self.route(&requested, &tried(trial)?)?.decision)
    }

    /// What a policy that is not saved would choose, were it saved as it is now. Nothing is sent.
    ///
    /// # Errors
    /// When something in the policy cannot be, or the prompt is too long.
    pub fn try_policy(&self, trial: &RouteTrial, draft: &Policy) -> Result<Decision, EngineError> {
        let policy = ReadyPolicy::new(edit::as_written(draft)?).map_err(EngineError::BadInput)?;
        let requested = requested(Some(&draft.name))?;
        Ok(self.route_by(&requested, &policy, &self.built(), &tried(trial)?).decision)
    }

    /// All policies by name, and which one `auto` is.
    #[must_use]
    pub fn policies(&self) -> (String, Vec<Policy>) {
        let config = self.config();
        (config.routing.default.clone(), config.routing.policies.values().cloned().collect())
    }

    /// What was learned of targets, as it counts now.
    #[must_use]
    pub fn learned(&self) -> Vec<LearnedTarget> {
        let at = now().millis();
        let memory = self.0.routes.memory.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<LearnedTarget> = memory
            .learned
            .all()
            .map(|(target, class, stats)| {
                let seen = Timestamp::from_millis(stats.at);
                let stats = stats.at(at);
                let measures = Measure::ALL.iter().filter_map(|measure| {
                    let sum = stats.get(*measure);
                    let mean = measure.plain(sum.mean()?);
                    let weight = f64::from(sum.weight);
                    Some(LearnedMeasure {
                        measure: measure.as_str().to_owned(),
                        mean,
                        weight,
                        course: Vec::new(),
                    })
                });
                LearnedTarget { target: target.clone(), class, at: seen, measures: measures.collect() }
            })
            .filter(|one| !one.measures.is_empty())
            .collect();
        all.sort_by(|a, b| {
            let class = |one: &LearnedTarget| one.class.map(PromptClass::as_str);
            a.target.cmp(&b.target).then_with(|| class(a).cmp(&class(b)))
        });
        all
    }

    /// What routes chose in a span of time, and what came of it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn route_analytics(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<RouteAnalytics, EngineError> {
        let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        let found = self.0.store.decisions().counted(from, to).await?;
        let decisions = count(found.iter().map(|one| one.decisions).sum());
        let counts = found.into_iter().filter_map(|one| {
            Some(RouteCount {
                policy: one.policy,
                class: one.class.parse().ok()?,
                chosen: one.chosen.parse().ok()?,
                decisions: count(one.decisions),
                explored: count(one.explored),
                kept: count(one.kept),
                complete: count(one.complete),
                fell_back: count(one.fell_back),
                cost: NanoUsd(one.cost_nano),
                mean_first_ms: one.first_ms.checked_div(one.first_of).map(count),
            })
        });
        Ok(RouteAnalytics { from, to, decisions, counts: counts.collect() })
    }
}
