//! Figures over time, and tables that the page makes of them.

use super::moving::ask;
use crate::{error::IpcError, handle::Handle};
use domain::{InsightsQuery, OwnedBudget, RequestSeries, SavingsReport, SpendSeries};
use tauri::{AppHandle, State, Wry};

type Answer<T> = Result<T, IpcError>;

/// Longest table that is saved.
const MOST: usize = 16 << 20;

/// What upstream calls came to over time.
#[tauri::command]
#[specta::specta]
pub async fn spend_series(engine: State<'_, Handle>, query: InsightsQuery) -> Answer<SpendSeries> {
    Ok(engine.ready().await?.spend_series(&query).await?)
}

/// How requests ended and how long they took over time.
#[tauri::command]
#[specta::specta]
pub async fn request_series(engine: State<'_, Handle>, query: InsightsQuery) -> Answer<RequestSeries> {
    Ok(engine.ready().await?.request_series(&query).await?)
}

/// What was saved.
#[tauri::command]
#[specta::specta]
pub async fn savings(engine: State<'_, Handle>, query: InsightsQuery) -> Answer<SavingsReport> {
    Ok(engine.ready().await?.savings(&query).await?)
}

/// All budgets, and how they will stand.
#[tauri::command]
#[specta::specta]
pub async fn list_budgets(engine: State<'_, Handle>) -> Answer<Vec<OwnedBudget>> {
    Ok(engine.ready().await?.budgets().await?)
}

/// Asks where to, and writes a table there; `false` when nothing was chosen.
#[tauri::command]
#[specta::specta]
pub async fn save_table(app: AppHandle<Wry>, name: String, text: String) -> Answer<bool> {
    let is_json =
        std::path::Path::new(&name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let ending = if is_json { "json" } else { "csv" };
    if text.len() > MOST {
        return Err(IpcError::bad_input(&"the table is larger than 16 MiB; choose a shorter time"));
    }
    let Some(path) = ask(&app, &name, ending).await else { return Ok(false) };
    tokio::fs::write(&path, text).await.map_err(|error| IpcError::not_written(&path, &error))?;
    Ok(true)
}
