//! Calls that came through the gateway.

use crate::{error::IpcError, handle::Handle};
use domain::{CompletionId, TrafficDetail, TrafficFacets, TrafficPage, TrafficQuery};
use tauri::State;

type Answer<T> = Result<T, IpcError>;

/// Calls through the gateway, newest first.
#[tauri::command]
#[specta::specta]
pub async fn list_traffic(engine: State<'_, Handle>, query: TrafficQuery) -> Answer<TrafficPage> {
    Ok(engine.ready().await?.traffic().list(&query).await?)
}

/// A call with everything that is kept of it.
#[tauri::command]
#[specta::specta]
pub async fn traffic_call(engine: State<'_, Handle>, completion: CompletionId) -> Answer<TrafficDetail> {
    Ok(engine.ready().await?.traffic().call(completion).await?)
}

/// What the filters can be set to.
#[tauri::command]
#[specta::specta]
pub async fn traffic_facets(engine: State<'_, Handle>) -> Answer<TrafficFacets> {
    Ok(engine.ready().await?.traffic().facets().await?)
}
