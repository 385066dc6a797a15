//! The engine's state, preferences, and announcements.

use crate::{error::IpcError, handle::Handle, preferences::Preferences, stream::Streams};
use engine::{Changed, EngineStatus};
use std::collections::HashMap;
use tauri::{State, ipc::Channel};

/// How the engine is.
#[tauri::command]
#[specta::specta]
pub async fn engine_status(engine: State<'_, Handle>) -> Result<EngineStatus, IpcError> {
    Ok(engine.ready().await?.status())
}

/// Announces what changes, here or in another process, until the page is gone.
#[tauri::command]
#[specta::specta]
pub async fn watch_changes(
    engine: State<'_, Handle>,
    streams: State<'_, Streams>,
    to: Channel<Changed>,
) -> Result<(), IpcError> {
    streams.announce(engine.ready().await?.changes(), to);
    Ok(())
}

/// All preferences, each as JSON text.
#[tauri::command]
#[specta::specta]
#[expect(clippy::needless_pass_by_value, reason = "Tauri hands state over by value")]
pub fn load_preferences(preferences: State<'_, Preferences>) -> HashMap<String, String> {
    preferences.all()
}

/// Keeps one preference, given as JSON text.
#[tauri::command]
#[specta::specta]
pub async fn save_preference(
    preferences: State<'_, Preferences>,
    key: String,
    json: String,
) -> Result<(), IpcError> {
    preferences.set(key, &json)
}
