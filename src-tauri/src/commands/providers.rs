//! Providers, their models and keys. A key goes in and never comes out.

use crate::{error::IpcError, handle::Handle};
use domain::{Model, ProviderId, ProviderStatus};
use engine::ProviderCheck;
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

/// Keeps a key in memory until the app ends.
#[tauri::command]
#[specta::specta]
pub async fn set_session_key(
    engine: State<'_, Handle>,
    provider: ProviderId,
    key: String,
) -> Result<(), IpcError> {
    Ok(engine.ready().await?.set_session_key(&provider, &key)?)
}

/// Forgets a key that was entered for this session.
#[tauri::command]
#[specta::specta]
pub async fn remove_session_key(engine: State<'_, Handle>, provider: ProviderId) -> Result<(), IpcError> {
    engine.ready().await?.remove_session_key(&provider);
    Ok(())
}
