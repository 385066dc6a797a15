//! Providers and their models.

use crate::{error::IpcError, handle::Handle};
use domain::{Model, ProviderId, ProviderStatus};
use engine::{EnvironmentKey, LocalServer, Preset, ProviderCheck, ProviderEdit};
use tauri::State;

/// Everything that can be asked.
#[tauri::command]
#[specta::specta]
pub async fn list_models(engine: State<'_, Handle>) -> Result<Vec<Model>, IpcError> {
    Ok(engine.ready().await?.models().await)
}

/// All providers and how they are.
#[tauri::command]
#[specta::specta]
pub async fn list_providers(engine: State<'_, Handle>) -> Result<Vec<ProviderStatus>, IpcError> {
    Ok(engine.ready().await?.providers().await)
}

/// Asks the providers anew what they offer.
#[tauri::command]
#[specta::specta]
pub async fn refresh_models(engine: State<'_, Handle>) -> Result<(), IpcError> {
    engine.ready().await?.refresh_models().await;
    Ok(())
}

/// Asks one provider what it offers, step by step.
#[tauri::command]
#[specta::specta]
pub async fn test_provider(engine: State<'_, Handle>, id: ProviderId) -> Result<ProviderCheck, IpcError> {
    Ok(engine.ready().await?.test_provider(&id).await?)
}

/// Adds a provider to `config.toml`.
#[tauri::command]
#[specta::specta]
pub async fn add_provider(engine: State<'_, Handle>, provider: ProviderEdit) -> Result<(), IpcError> {
    Ok(engine.ready().await?.add_provider(provider).await?)
}

/// Changes a provider in `config.toml`; the id stays.
#[tauri::command]
#[specta::specta]
pub async fn update_provider(
    engine: State<'_, Handle>,
    id: ProviderId,
    provider: ProviderEdit,
) -> Result<(), IpcError> {
    Ok(engine.ready().await?.update_provider(&id, provider).await?)
}

/// Removes a provider from `config.toml`; a preset becomes what it was.
#[tauri::command]
#[specta::specta]
pub async fn remove_provider(engine: State<'_, Handle>, id: ProviderId) -> Result<(), IpcError> {
    Ok(engine.ready().await?.remove_provider(&id).await?)
}

/// Switches a provider on or off.
#[tauri::command]
#[specta::specta]
pub async fn set_provider_enabled(
    engine: State<'_, Handle>,
    id: ProviderId,
    enabled: bool,
) -> Result<(), IpcError> {
    Ok(engine.ready().await?.set_provider_enabled(&id, enabled).await?)
}

/// Providers that are known from the start.
#[tauri::command]
#[specta::specta]
pub async fn presets(engine: State<'_, Handle>) -> Result<Vec<Preset>, IpcError> {
    Ok(engine.ready().await?.presets())
}

/// Keys found in environment variables; never the keys themselves.
#[tauri::command]
#[specta::specta]
pub async fn environment_keys(engine: State<'_, Handle>) -> Result<Vec<EnvironmentKey>, IpcError> {
    Ok(engine.ready().await?.environment_keys())
}

/// Looks for model servers on this machine.
#[tauri::command]
#[specta::specta]
pub async fn local_servers(engine: State<'_, Handle>) -> Result<Vec<LocalServer>, IpcError> {
    Ok(engine.ready().await?.local_servers().await)
}
