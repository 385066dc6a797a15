//! The catalog: what is known of models, where it is from, and the user's word on it.

use super::moving::open;
use crate::{error::IpcError, handle::Handle};
use domain::{PromptClass, Target};
use engine::{
    CatalogCard, CatalogQuery, CatalogState, CatalogSync, DoubtfulName, FoundModels, NamedModel, OwnFigures,
    PriceChange, PriceLoad, PricedModel, RankBy, RankedModel,
};
use serde::Serialize;
use tauri::{AppHandle, State, Wry};

type Answer<T> = Result<T, IpcError>;

/// Most models side by side.
const MOST: usize = 20;

/// A list that was asked for: what came of it, or why not.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SyncedList {
    /// Which.
    source: String,
    /// What it changed.
    done: Option<CatalogSync>,
    /// Why nothing came of it.
    problem: Option<String>,
}

/// Models that fit, sorted, and how many there would be with one filter more.
#[tauri::command]
#[specta::specta]
pub async fn find_catalog(engine: State<'_, Handle>, query: CatalogQuery) -> Answer<FoundModels> {
    Ok(engine.ready().await?.find_catalog(&query))
}

/// All that is known of these models, by any of their names.
#[tauri::command]
#[specta::specta]
pub async fn catalog_cards(engine: State<'_, Handle>, names: Vec<String>) -> Answer<Vec<CatalogCard>> {
    let engine = engine.ready().await?;
    Ok(names.iter().take(MOST).map(|name| engine.catalog_card(name)).collect::<Result<_, _>>()?)
}

/// The changes of a model's prices, newest first.
#[tauri::command]
#[specta::specta]
pub async fn model_history(engine: State<'_, Handle>, name: String) -> Answer<Vec<PriceChange>> {
    Ok(engine.ready().await?.model_history(&name).await?)
}

/// What so many requests would cost with these models, or with all that can be asked now; the cheapest first.
#[tauri::command]
#[specta::specta]
pub async fn price_models(
    engine: State<'_, Handle>,
    names: Vec<String>,
    load: PriceLoad,
) -> Answer<Vec<PricedModel>> {
    Ok(engine.ready().await?.price_models(&names, load, Some)?)
}

/// Models by rank, with what their scores are made of.
#[tauri::command]
#[specta::specta]
pub async fn rank_models(
    engine: State<'_, Handle>,
    by: RankBy,
    prompts: PromptClass,
) -> Answer<Vec<RankedModel>> {
    Ok(engine.ready().await?.rank_models(by, prompts))
}

/// How the catalog is as a whole.
#[tauri::command]
#[specta::specta]
pub async fn catalog_state(engine: State<'_, Handle>) -> Answer<CatalogState> {
    Ok(engine.ready().await?.catalog_state().await?)
}

/// Looks at the known lists on a schedule, or no longer.
#[tauri::command]
#[specta::specta]
pub async fn set_catalog_schedule(engine: State<'_, Handle>, on: bool) -> Answer<()> {
    Ok(engine.ready().await?.set_catalog_schedule(on).await?)
}

/// Asks for all known lists now.
#[tauri::command]
#[specta::specta]
pub async fn sync_catalog(engine: State<'_, Handle>) -> Answer<Vec<SyncedList>> {
    let all = engine.ready().await?.sync_catalog_sources().await;
    let told = |(source, result): (String, Result<CatalogSync, engine::EngineError>)| match result {
        Ok(done) => SyncedList { source, done: Some(done), problem: None },
        Err(error) => SyncedList { source, done: None, problem: Some(error.to_string()) },
    };
    Ok(all.into_iter().map(told).collect())
}

/// Takes a list from a public https address; `provider` says whose it is, where that cannot be seen in it.
#[tauri::command]
#[specta::specta]
pub async fn sync_catalog_from(
    engine: State<'_, Handle>,
    url: String,
    provider: String,
) -> Answer<CatalogSync> {
    let url = url.trim();
    if !url.starts_with("https://") {
        return Err(IpcError::bad_input(&"write a public address that begins with `https://`"));
    }
    Ok(engine.ready().await?.sync_catalog(url, provider.trim()).await?)
}

/// Asks which file, and takes the list in it; `null` when none was chosen.
#[tauri::command]
#[specta::specta]
pub async fn sync_catalog_file(
    app: AppHandle<Wry>,
    engine: State<'_, Handle>,
    provider: String,
) -> Answer<Option<CatalogSync>> {
    let engine = engine.ready().await?;
    let Some(path) = open(&app, "Lists of models", &["json", "csv"]).await else { return Ok(None) };
    let Some(path) = path.to_str() else {
        return Err(IpcError::bad_input(&"the file's name cannot be read; rename it"));
    };
    Ok(Some(engine.sync_catalog(path, provider.trim()).await?))
}

/// Prices that wait for a yes.
#[tauri::command]
#[specta::specta]
pub async fn held_prices(engine: State<'_, Handle>) -> Answer<Vec<PriceChange>> {
    Ok(engine.ready().await?.held_prices().await?)
}

/// The yes or no to a price that waits; without a model to all of them. How many it was.
#[tauri::command]
#[specta::specta]
pub async fn answer_held(engine: State<'_, Handle>, model: Option<String>, accept: bool) -> Answer<u32> {
    let engine = engine.ready().await?;
    let model = model.as_deref();
    Ok(if accept { engine.accept_prices(model).await? } else { engine.refuse_prices(model).await? })
}

/// Names of lists whose model is not sure.
#[tauri::command]
#[specta::specta]
pub async fn doubtful_names(engine: State<'_, Handle>) -> Answer<Vec<DoubtfulName>> {
    Ok(engine.ready().await?.doubtful_names())
}

/// Whether a doubtful name means the model that it most likely does.
#[tauri::command]
#[specta::specta]
pub async fn answer_doubt(engine: State<'_, Handle>, name: String, same: bool) -> Answer<()> {
    Ok(engine.ready().await?.answer_doubt(&name, same).await?)
}

/// Names that the user settled.
#[tauri::command]
#[specta::specta]
pub async fn model_names(engine: State<'_, Handle>) -> Answer<Vec<NamedModel>> {
    Ok(engine.ready().await?.model_names())
}

/// The user's word on which model a name means; without a model it is taken back.
#[tauri::command]
#[specta::specta]
pub async fn set_model_name(engine: State<'_, Handle>, name: String, model: Option<String>) -> Answer<()> {
    Ok(engine.ready().await?.set_model_name(&name, model.as_deref()).await?)
}

/// What the user says of models.
#[tauri::command]
#[specta::specta]
pub async fn own_figures(engine: State<'_, Handle>) -> Answer<Vec<OwnFigures>> {
    Ok(engine.ready().await?.own_figures())
}

/// Takes the user's word on a model into `config.toml`.
#[tauri::command]
#[specta::specta]
pub async fn set_own_figures(engine: State<'_, Handle>, own: OwnFigures) -> Answer<()> {
    Ok(engine.ready().await?.set_own_figures(own).await?)
}

/// Takes back what the user said of a model.
#[tauri::command]
#[specta::specta]
pub async fn remove_own_figures(engine: State<'_, Handle>, model: Target) -> Answer<()> {
    Ok(engine.ready().await?.remove_own_figures(&model).await?)
}
