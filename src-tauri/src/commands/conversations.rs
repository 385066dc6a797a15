//! Finding, opening and tidying conversations.

use crate::{error::IpcError, handle::Handle};
use domain::{
    Archived, BranchId, ColumnDefaults, CompletionDetails, CompletionId, ConversationId, ConversationSummary,
    ConversationView, ListQuery, MessageId, MessageView, Part, Shown,
};
use store::Exchange;
use tauri::State;

type Answer<T> = Result<T, IpcError>;

/// Conversations, archived ones too, pinned first, then the newest; with a text only those that have it in
/// their title or in what was said.
#[tauri::command]
#[specta::specta]
pub async fn list_conversations(
    engine: State<'_, Handle>,
    text: Option<String>,
) -> Answer<Vec<ConversationSummary>> {
    let query = ListQuery { text, archived: Archived::With, ..ListQuery::default() };
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

/// Keeps a conversation at the top of the list, or no longer.
#[tauri::command]
#[specta::specta]
pub async fn set_pinned(engine: State<'_, Handle>, id: ConversationId, pinned: bool) -> Answer<()> {
    Ok(engine.ready().await?.set_pinned(id, pinned).await?)
}

/// Hides a conversation from the list, or shows it again.
#[tauri::command]
#[specta::specta]
pub async fn set_archived(engine: State<'_, Handle>, id: ConversationId, archived: bool) -> Answer<()> {
    Ok(engine.ready().await?.set_archived(id, archived).await?)
}

/// System text that new completions of a conversation get, unless a column has its own.
#[tauri::command]
#[specta::specta]
pub async fn set_conversation_system(
    engine: State<'_, Handle>,
    id: ConversationId,
    system: Option<String>,
) -> Answer<()> {
    Ok(engine.ready().await?.set_conversation_system(id, system.as_deref()).await?)
}

/// What a column asks, and how, from the next prompt on.
#[tauri::command]
#[specta::specta]
pub async fn set_column(engine: State<'_, Handle>, branch: BranchId, defaults: ColumnDefaults) -> Answer<()> {
    Ok(engine.ready().await?.set_column(branch, defaults).await?)
}

/// The columns of a conversation from now on, in this order.
#[tauri::command]
#[specta::specta]
pub async fn arrange_columns(
    engine: State<'_, Handle>,
    id: ConversationId,
    order: Vec<BranchId>,
) -> Answer<()> {
    Ok(engine.ready().await?.arrange_columns(id, &order).await?)
}

/// Moves a branch to the sibling before (`by` = -1) or after (1) `message`, and to the tip it was left at;
/// `scroll` is where the window is in the line that is left.
#[tauri::command]
#[specta::specta]
pub async fn step_sibling(
    engine: State<'_, Handle>,
    branch: BranchId,
    message: MessageId,
    by: i32,
    scroll: Option<u32>,
) -> Answer<Shown> {
    Ok(engine.ready().await?.step_sibling(branch, message, by, scroll).await?)
}

/// What a completion was asked with, and why its target was chosen.
#[tauri::command]
#[specta::specta]
pub async fn completion_details(
    engine: State<'_, Handle>,
    completion: CompletionId,
) -> Answer<CompletionDetails> {
    Ok(engine.ready().await?.completion_details(completion).await?)
}

/// The unsent prompt of a conversation; without one, that of the conversation to come.
#[tauri::command]
#[specta::specta]
pub async fn load_draft(
    engine: State<'_, Handle>,
    conversation: Option<ConversationId>,
) -> Answer<Vec<Part>> {
    Ok(engine.ready().await?.load_draft(conversation).await?)
}

/// Keeps an unsent prompt; empty parts forget it.
#[tauri::command]
#[specta::specta]
pub async fn save_draft(
    engine: State<'_, Handle>,
    conversation: Option<ConversationId>,
    parts: Vec<Part>,
) -> Answer<()> {
    Ok(engine.ready().await?.save_draft(conversation, parts).await?)
}
