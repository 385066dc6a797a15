//! Finding what was said, and keeping conversations in order.

use crate::{error::IpcError, handle::Handle};
use domain::{
    BatchAction, Batched, BudgetCap, ConversationId, ConversationPage, Folder, FolderId, ListQuery,
    MessageId, Place, SearchPage, SearchQuery, Tag, Target, UndoId,
};
use tauri::State;

type Answer<T> = Result<T, IpcError>;

/// Messages with all words of a text, on all branches.
#[tauri::command]
#[specta::specta]
pub async fn search_messages(engine: State<'_, Handle>, query: SearchQuery) -> Answer<SearchPage> {
    Ok(engine.ready().await?.search(&query).await?)
}

/// Where a message stands, for jumping to it.
#[tauri::command]
#[specta::specta]
pub async fn locate_message(engine: State<'_, Handle>, message: MessageId) -> Answer<Place> {
    Ok(engine.ready().await?.locate(message).await?)
}

/// Models that have answered, for filters, by name.
#[tauri::command]
#[specta::specta]
pub async fn answered_models(engine: State<'_, Handle>) -> Answer<Vec<Target>> {
    Ok(engine.ready().await?.answered_models().await?)
}

/// Conversations by folder, tag, model, source, time or text, pinned ones first.
#[tauri::command]
#[specta::specta]
pub async fn find_conversations(engine: State<'_, Handle>, query: ListQuery) -> Answer<ConversationPage> {
    Ok(engine.ready().await?.find_conversations(&query).await?)
}

/// All folders, parents before what is in them, those of one parent in their order.
#[tauri::command]
#[specta::specta]
pub async fn list_folders(engine: State<'_, Handle>) -> Answer<Vec<Folder>> {
    Ok(engine.ready().await?.folders().await?)
}

/// Makes a folder, last in its parent.
#[tauri::command]
#[specta::specta]
pub async fn create_folder(
    engine: State<'_, Handle>,
    name: String,
    parent: Option<FolderId>,
) -> Answer<FolderId> {
    Ok(engine.ready().await?.create_folder(&name, parent).await?)
}

/// Gives a folder another name.
#[tauri::command]
#[specta::specta]
pub async fn rename_folder(engine: State<'_, Handle>, id: FolderId, name: String) -> Answer<()> {
    Ok(engine.ready().await?.rename_folder(id, &name).await?)
}

/// Puts a folder into another or at the top: before a neighbour there, else last.
#[tauri::command]
#[specta::specta]
pub async fn move_folder(
    engine: State<'_, Handle>,
    id: FolderId,
    parent: Option<FolderId>,
    before: Option<FolderId>,
) -> Answer<()> {
    Ok(engine.ready().await?.move_folder(id, parent, before).await?)
}

/// Sets what conversations of a folder, and of those within it, may take; an empty list takes its budgets away.
#[tauri::command]
#[specta::specta]
pub async fn set_folder_budgets(
    engine: State<'_, Handle>,
    id: FolderId,
    budgets: Vec<BudgetCap>,
) -> Answer<()> {
    Ok(engine.ready().await?.set_folder_budgets(id, &budgets).await?)
}

/// Removes a folder; the conversations and folders in it move to the one that it was in.
#[tauri::command]
#[specta::specta]
pub async fn delete_folder(engine: State<'_, Handle>, id: FolderId) -> Answer<()> {
    Ok(engine.ready().await?.delete_folder(id).await?)
}

/// All tags, by name.
#[tauri::command]
#[specta::specta]
pub async fn list_tags(engine: State<'_, Handle>) -> Answer<Vec<Tag>> {
    Ok(engine.ready().await?.tags().await?)
}

/// Gives a tag another name; where there is one of that name the two become one.
#[tauri::command]
#[specta::specta]
pub async fn rename_tag(engine: State<'_, Handle>, name: String, to: String) -> Answer<()> {
    Ok(engine.ready().await?.rename_tag(&name, &to).await?)
}

/// Takes a tag off all conversations.
#[tauri::command]
#[specta::specta]
pub async fn delete_tag(engine: State<'_, Handle>, name: String) -> Answer<()> {
    Ok(engine.ready().await?.delete_tag(&name).await?)
}

/// Does one thing to many conversations, all or none of it.
#[tauri::command]
#[specta::specta]
pub async fn change_conversations(
    engine: State<'_, Handle>,
    conversations: Vec<ConversationId>,
    action: BatchAction,
) -> Answer<Batched> {
    Ok(engine.ready().await?.change_conversations(&conversations, &action).await?)
}

/// Takes back what was done to many conversations.
#[tauri::command]
#[specta::specta]
pub async fn undo_change(engine: State<'_, Handle>, undo: UndoId) -> Answer<()> {
    Ok(engine.ready().await?.undo_change(undo).await?)
}
