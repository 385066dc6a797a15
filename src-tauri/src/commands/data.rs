//! Looking after the data.

use crate::{error::IpcError, gate::Gate, handle::Handle};
use engine::{DataReport, EraseKind};
use store::{BackupInfo, CheckReport};
use tauri::State;

/// How much there is of what.
#[tauri::command]
#[specta::specta]
pub async fn data_report(engine: State<'_, Handle>) -> Result<DataReport, IpcError> {
    Ok(engine.ready().await?.data_report().await?)
}

/// The copies there are, newest first.
#[tauri::command]
#[specta::specta]
pub async fn backups(engine: State<'_, Handle>) -> Result<Vec<BackupInfo>, IpcError> {
    Ok(engine.ready().await?.backups()?)
}

/// Makes a verified copy of the data file.
#[tauri::command]
#[specta::specta]
pub async fn back_up(engine: State<'_, Handle>) -> Result<BackupInfo, IpcError> {
    Ok(engine.ready().await?.back_up().await?)
}

/// Puts a copy in the data file's place; what was there is kept beside it.
#[tauri::command]
#[specta::specta]
pub async fn restore_backup(
    engine: State<'_, Handle>,
    gate: State<'_, Gate>,
    name: String,
) -> Result<(), IpcError> {
    // Nobody asks through a gateway whose engine is being exchanged.
    gate.pause().await;
    let placed = engine.restore(&name).await;
    if let Ok(engine) = engine.ready().await {
        gate.settle(&engine).await;
    }
    placed
}

/// Removes a copy.
#[tauri::command]
#[specta::specta]
pub async fn delete_backup(engine: State<'_, Handle>, name: String) -> Result<(), IpcError> {
    Ok(engine.ready().await?.delete_backup(&name)?)
}

/// Re-hashes everything and proves the trees whole.
#[tauri::command]
#[specta::specta]
pub async fn check_data(engine: State<'_, Handle>) -> Result<CheckReport, IpcError> {
    Ok(engine.ready().await?.check().await?)
}

/// Gives unused space back to the disk.
#[tauri::command]
#[specta::specta]
pub async fn compact_data(engine: State<'_, Handle>) -> Result<DataReport, IpcError> {
    Ok(engine.ready().await?.compact().await?)
}

/// Removes data for good.
#[tauri::command]
#[specta::specta]
pub async fn erase_data(engine: State<'_, Handle>, what: EraseKind) -> Result<DataReport, IpcError> {
    Ok(engine.ready().await?.erase(what).await?)
}
