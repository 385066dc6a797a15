//! The gateway's switch and settings, and the keys of its callers.

use crate::{
    error::IpcError,
    gate::{Gate, Listening},
    handle::Handle,
};
use domain::{NewKey, VirtualKey, VirtualKeyId};
use engine::{Engine, GatewayEdit, GatewaySettings};
use serde::Serialize;
use tauri::State;

type Answer<T> = Result<T, IpcError>;

/// How the gateway is.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct GatewayStatus {
    /// Where it listens, as `http://127.0.0.1:4141`; `None` while it does not.
    pub url: Option<String>,
    /// Calls under way.
    pub calls: u32,
    /// Why it does not listen though it is switched on, and what to do.
    pub problem: Option<String>,
    /// Whether that is because somebody else has the port.
    pub port_busy: bool,
    /// Its settings.
    pub settings: GatewaySettings,
}

/// A key that was just issued.
#[derive(Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct IssuedKey {
    /// Its id.
    pub id: VirtualKeyId,
    /// The key itself: shown now and never again.
    pub key: String,
}

async fn status(gate: &Gate, engine: &Engine) -> GatewayStatus {
    let Listening { url, problem } = gate.listening().await;
    GatewayStatus {
        url,
        calls: u32::try_from(engine.meters().snapshot().active).unwrap_or(0),
        port_busy: problem.as_ref().is_some_and(|problem| problem.port_busy),
        problem: problem.map(|problem| problem.message),
        settings: engine.gateway_settings(),
    }
}

/// How the gateway is: where it listens, or why it does not.
#[tauri::command]
#[specta::specta]
pub async fn gateway_status(engine: State<'_, Handle>, gate: State<'_, Gate>) -> Answer<GatewayStatus> {
    Ok(status(&gate, &engine.ready().await?).await)
}

/// Changes the gateway's settings, switches it on or off, and starts it anew where that is needed.
#[tauri::command]
#[specta::specta]
pub async fn edit_gateway(
    engine: State<'_, Handle>,
    gate: State<'_, Gate>,
    edit: GatewayEdit,
) -> Answer<GatewayStatus> {
    let engine = engine.ready().await?;
    engine.edit_gateway(edit).await?;
    gate.settle(&engine).await;
    Ok(status(&gate, &engine).await)
}

/// Keys of the gateway's callers, revoked ones too, the oldest first.
#[tauri::command]
#[specta::specta]
pub async fn list_virtual_keys(engine: State<'_, Handle>) -> Answer<Vec<VirtualKey>> {
    Ok(engine.ready().await?.virtual_keys().list().await?)
}

/// Issues a key; it is in the answer, and nowhere else ever again.
#[tauri::command]
#[specta::specta]
pub async fn issue_virtual_key(engine: State<'_, Handle>, key: NewKey) -> Answer<IssuedKey> {
    let issued = engine.ready().await?.virtual_keys().issue(key).await?;
    Ok(IssuedKey { id: issued.id, key: issued.key.to_string() })
}

/// Takes a key back for good; whether it was in force until now.
#[tauri::command]
#[specta::specta]
pub async fn revoke_virtual_key(engine: State<'_, Handle>, id: VirtualKeyId) -> Answer<bool> {
    Ok(engine.ready().await?.virtual_keys().revoke(id).await?)
}
