//! Routes: their policies, what they would choose and why, what protects calls, what was learned, and faults that
//! are simulated.

use crate::{error::IpcError, handle::Handle};
use domain::{BreakerView, Decision, LimitView, NewSimulation, Policy, RunId, Simulation, Target, Timestamp};
use engine::{LearnedTarget, RouteAnalytics, RouteTrial};
use serde::Serialize;
use tauri::State;

type Answer<T> = Result<T, IpcError>;

/// All policies.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct PolicyList {
    /// The one that `auto` is.
    pub default: String,
    /// All of them by name; those of `config.toml` take the place of shipped ones.
    pub items: Vec<Policy>,
}

/// Policies that `auto:<name>` asks for.
#[tauri::command]
#[specta::specta]
pub async fn list_policies(engine: State<'_, Handle>) -> Answer<PolicyList> {
    let (default, items) = engine.ready().await?.policies();
    Ok(PolicyList { default, items })
}

/// Writes a policy to `config.toml`; a new one takes no name that is taken.
#[tauri::command]
#[specta::specta]
pub async fn save_policy(engine: State<'_, Handle>, policy: Policy, fresh: bool) -> Answer<()> {
    Ok(engine.ready().await?.save_policy(policy, fresh).await?)
}

/// Takes a policy out of `config.toml`; one with a profile's name is then what was shipped.
#[tauri::command]
#[specta::specta]
pub async fn remove_policy(engine: State<'_, Handle>, name: String) -> Answer<()> {
    Ok(engine.ready().await?.remove_policy(&name).await?)
}

/// Says which policy `auto` means.
#[tauri::command]
#[specta::specta]
pub async fn set_default_policy(engine: State<'_, Handle>, name: String) -> Answer<()> {
    Ok(engine.ready().await?.set_default_policy(&name).await?)
}

/// What a route would choose for a prompt, and why; by a policy that is not saved, where one is given.
#[tauri::command]
#[specta::specta]
pub async fn try_route(
    engine: State<'_, Handle>,
    trial: RouteTrial,
    draft: Option<Policy>,
) -> Answer<Decision> {
    let engine = engine.ready().await?;
    Ok(match draft {
        Some(draft) => engine.try_policy(&trial, &draft)?,
        None => engine.try_route(&trial)?,
    })
}

/// Why a call was answered by whom, by the id in its `x-orchesity-decision`; `None` where nothing was decided.
#[tauri::command]
#[specta::specta]
pub async fn route_decision(engine: State<'_, Handle>, id: RunId) -> Answer<Option<Decision>> {
    Ok(engine.ready().await?.traffic().of_run(id).await?.decision)
}

/// Targets that failed of late, and whether they are left alone.
#[tauri::command]
#[specta::specta]
pub async fn list_breakers(engine: State<'_, Handle>) -> Answer<Vec<BreakerView>> {
    Ok(engine.ready().await?.breaker_views())
}

/// Leaves a target alone for a minute.
#[tauri::command]
#[specta::specta]
pub async fn trip_breaker(engine: State<'_, Handle>, target: Target) -> Answer<()> {
    Ok(engine.ready().await?.trip_breaker(&target).await?)
}

/// Forgets that a target failed; how many breakers it had.
#[tauri::command]
#[specta::specta]
pub async fn reset_breaker(engine: State<'_, Handle>, target: Target) -> Answer<u32> {
    Ok(engine.ready().await?.reset_breaker(&target))
}

/// Limits of providers, and how much of them is used.
#[tauri::command]
#[specta::specta]
pub async fn list_limits(engine: State<'_, Handle>) -> Answer<Vec<LimitView>> {
    Ok(engine.ready().await?.limit_views())
}

/// What was learned of targets, by class of prompts, with how it moved in the last so many hours; 0 is without that.
#[tauri::command]
#[specta::specta]
pub async fn list_learned(engine: State<'_, Handle>, hours: u32) -> Answer<Vec<LearnedTarget>> {
    Ok(engine.ready().await?.learned_course(hours).await?)
}

/// Forgets what was learned, of one target or of all; of how many.
#[tauri::command]
#[specta::specta]
pub async fn forget_learned(engine: State<'_, Handle>, target: Option<Target>) -> Answer<u32> {
    Ok(engine.ready().await?.forget_learned(target.as_ref()).await?)
}

/// What routes chose in a span of time, and what came of it.
#[tauri::command]
#[specta::specta]
pub async fn route_analytics(
    engine: State<'_, Handle>,
    from: Timestamp,
    until: Timestamp,
) -> Answer<RouteAnalytics> {
    Ok(engine.ready().await?.route_analytics(from, until).await?)
}

/// Makes upstream calls of a provider, or of one of its models, fail for a while.
#[tauri::command]
#[specta::specta]
pub async fn simulate_fault(engine: State<'_, Handle>, fault: NewSimulation) -> Answer<Simulation> {
    Ok(engine.ready().await?.simulate(fault)?)
}

/// Faults that are simulated now, the oldest first.
#[tauri::command]
#[specta::specta]
pub async fn list_simulations(engine: State<'_, Handle>) -> Answer<Vec<Simulation>> {
    Ok(engine.ready().await?.simulations())
}

/// Ends a simulated fault, or all of them; how many.
#[tauri::command]
#[specta::specta]
pub async fn end_simulations(engine: State<'_, Handle>, id: Option<u32>) -> Answer<u32> {
    Ok(engine.ready().await?.end_simulations(id))
}
