//! Asking, watching, stopping.

use crate::{error::IpcError, handle::Handle, stream::Streams};
use domain::{
    AddTargets, AskAgain, CompletionId, Estimate, EventBatch, RunId, RunOrigin, StartRun, StartedRun,
};
use tauri::{State, ipc::Channel};

/// Asks every column's target the same thing.
#[tauri::command]
#[specta::specta]
pub async fn start_run(engine: State<'_, Handle>, request: StartRun) -> Result<StartedRun, IpcError> {
    Ok(engine.ready().await?.start_run(request, RunOrigin::Window).await?)
}

/// Streams a run to the window that asked: what it has missed since `since`, then what comes.
#[tauri::command]
#[specta::specta]
pub async fn attach_run(
    engine: State<'_, Handle>,
    streams: State<'_, Streams>,
    run: RunId,
    since: u32,
    to: Channel<EventBatch>,
) -> Result<(), IpcError> {
    streams.forward(engine.ready().await?.events(run, since).await?, to);
    Ok(())
}

/// Stops one answer; its text stays.
#[tauri::command]
#[specta::specta]
pub async fn stop_completion(engine: State<'_, Handle>, completion: CompletionId) -> Result<(), IpcError> {
    Ok(engine.ready().await?.stop(completion).await?)
}

/// Stops every answer of a run.
#[tauri::command]
#[specta::specta]
pub async fn stop_run(engine: State<'_, Handle>, run: RunId) -> Result<(), IpcError> {
    Ok(engine.ready().await?.stop_run(run).await?)
}

/// Asks the same target again, as a sibling.
#[tauri::command]
#[specta::specta]
pub async fn retry_completion(
    engine: State<'_, Handle>,
    completion: CompletionId,
) -> Result<StartedRun, IpcError> {
    Ok(engine.ready().await?.retry(completion, RunOrigin::Window).await?)
}

/// Goes on with an answer that ended early, as a sibling.
#[tauri::command]
#[specta::specta]
pub async fn continue_completion(
    engine: State<'_, Handle>,
    completion: CompletionId,
) -> Result<StartedRun, IpcError> {
    Ok(engine.ready().await?.continue_answer(completion, RunOrigin::Window).await?)
}

/// Asks again, in one run: the same targets or others, with the same parameters or others.
#[tauri::command]
#[specta::specta]
pub async fn ask_again(engine: State<'_, Handle>, request: AskAgain) -> Result<StartedRun, IpcError> {
    Ok(engine.ready().await?.ask_again(request, RunOrigin::Window).await?)
}

/// Asks further targets what a prompt asked: each answer is a new column.
#[tauri::command]
#[specta::specta]
pub async fn add_targets(engine: State<'_, Handle>, request: AddTargets) -> Result<StartedRun, IpcError> {
    Ok(engine.ready().await?.add_targets(request, RunOrigin::Window).await?)
}

/// What a prompt would cost before it is sent, for each column.
#[tauri::command]
#[specta::specta]
pub async fn estimate(engine: State<'_, Handle>, request: StartRun) -> Result<Vec<Estimate>, IpcError> {
    Ok(engine.ready().await?.estimate(request).await?)
}
