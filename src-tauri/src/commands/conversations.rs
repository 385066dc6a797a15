//! Finding, opening and tidying conversations.

use crate::{error::IpcError, handle::Handle};
use domain::{BranchId, CompletionId, ConversationId, ConversationSummary, ConversationView, MessageView};
use store::{Exchange, ListQuery};
use tauri::State;

type Answer<T> = Result<T, IpcError>;

/// Conversations, pinned first, then the newest; with a text only those whose title has it.
#[tauri::command]
#[specta::specta]
pub async fn list_conversations(
    engine: State<'_, Handle>,
    text: Option<String>,
) -> Answer<Vec<ConversationSummary>> {
    let query = ListQuery { text, ..ListQuery::default() };
    Ok(engine.ready().await?.conversations(&query).await?)
}

/// A conversation's columns, each with a screen of its path.
#[tauri::command]
#[specta::specta]
pub async fn open_conversation(engine: State<'_, Handle>, id: ConversationId) -> Answer<ConversationView> {
    Ok(engine.ready().await?.open_conversation(id).await?)
}

/// Earlier messages of a branch.
#[tauri::command]
#[specta::specta]
pub async fn path_page(
    engine: State<'_, Handle>,
    branch: BranchId,
    before_depth: Option<u32>,
    limit: u32,
) -> Answer<Vec<MessageView>> {
    Ok(engine.ready().await?.path_page(branch, before_depth, limit).await?)
}

/// Raw requests and answers of a completion, keys redacted.
#[tauri::command]
#[specta::specta]
pub async fn exchanges(engine: State<'_, Handle>, completion: CompletionId) -> Answer<Vec<Exchange>> {
    Ok(engine.ready().await?.exchanges(completion).await?)
}

/// Gives a conversation a title.
#[tauri::command]
#[specta::specta]
pub async fn rename_conversation(engine: State<'_, Handle>, id: ConversationId, title: String) -> Answer<()> {
    Ok(engine.ready().await?.rename_conversation(id, &title).await?)
}

/// Hides a conversation; it can be restored.
#[tauri::command]
#[specta::specta]
pub async fn delete_conversation(engine: State<'_, Handle>, id: ConversationId) -> Answer<()> {
    Ok(engine.ready().await?.delete_conversation(id).await?)
}

/// Brings a deleted conversation back.
#[tauri::command]
#[specta::specta]
pub async fn restore_conversation(engine: State<'_, Handle>, id: ConversationId) -> Answer<()> {
    Ok(engine.ready().await?.restore_conversation(id).await?)
}
