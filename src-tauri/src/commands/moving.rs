//! Reading other products' files in, and writing conversations out.

use crate::{error::IpcError, handle::Handle};
use domain::{ExportRequest, Exported, ImportStatus};
use std::path::PathBuf;
use tauri::{AppHandle, State, Wry};
use tauri_plugin_dialog::DialogExt as _;
use tokio::sync::oneshot;

/// Makes room for a file that the window is going to hand over; its number.
#[tauri::command]
#[specta::specta]
pub async fn begin_import(engine: State<'_, Handle>, name: String, kib: u32) -> Result<u32, IpcError> {
    Ok(engine.ready().await?.begin_import(&name, kib)?)
}

/// The next piece of the file: base64 of at most 1 MiB.
#[tauri::command]
#[specta::specta]
pub async fn add_to_import(engine: State<'_, Handle>, id: u32, data: String) -> Result<(), IpcError> {
    Ok(engine.ready().await?.add_to_import(id, data).await?)
}

/// The file is whole: read it in.
#[tauri::command]
#[specta::specta]
pub async fn start_import(engine: State<'_, Handle>, id: u32) -> Result<(), IpcError> {
    Ok(engine.ready().await?.start_import(id)?)
}

/// Stops an import, however far it is; whole conversations that were read stay.
#[tauri::command]
#[specta::specta]
pub async fn cancel_import(engine: State<'_, Handle>, id: u32) -> Result<(), IpcError> {
    Ok(engine.ready().await?.cancel_import(id)?)
}

/// Imports since the app was started, newest first.
#[tauri::command]
#[specta::specta]
pub async fn list_imports(engine: State<'_, Handle>) -> Result<Vec<ImportStatus>, IpcError> {
    Ok(engine.ready().await?.imports())
}

/// Conversations as text, for copying: at most 16 MiB.
#[tauri::command]
#[specta::specta]
pub async fn export_text(engine: State<'_, Handle>, request: ExportRequest) -> Result<String, IpcError> {
    Ok(engine.ready().await?.export_text(&request).await?)
}

/// Asks where to, and writes conversations there; `null` when nothing was chosen.
#[tauri::command]
#[specta::specta]
pub async fn save_export(
    app: AppHandle<Wry>,
    engine: State<'_, Handle>,
    request: ExportRequest,
) -> Result<Option<Exported>, IpcError> {
    let engine = engine.ready().await?;
    let name = engine.export_name(&request).await?;
    let Some(path) = ask(&app, &name, request.format.ending()).await else { return Ok(None) };
    Ok(Some(engine.export_file(&request, &path).await?))
}

/// The system's own dialog: the page gets neither a say in the path nor a way to write anywhere else.
pub(super) async fn ask(app: &AppHandle<Wry>, name: &str, ending: &str) -> Option<PathBuf> {
    let (chosen, choice) = oneshot::channel();
    app.dialog().file().set_file_name(name).add_filter(ending, &[ending]).save_file(move |path| {
        let _ = chosen.send(path);
    });
    choice.await.ok()??.into_path().ok()
}

/// The system's own dialog for a file to be read.
pub(super) async fn open(app: &AppHandle<Wry>, what: &str, endings: &[&str]) -> Option<PathBuf> {
    let (chosen, choice) = oneshot::channel();
    app.dialog().file().add_filter(what, endings).pick_file(move |path| {
        let _ = chosen.send(path);
    });
    choice.await.ok()??.into_path().ok()
}
