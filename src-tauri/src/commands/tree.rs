//! What can be done with a conversation's tree.

use crate::{error::IpcError, handle::Handle};
use domain::{
    Bookmark, Branch, BranchId, BranchSummary, ColumnOf, Comparison, ConversationId, DeleteWhat, Deletion,
    DeletionCount, DeletionId, DiffSide, EditAndAsk, Fork, Merged, MessageId, MessageView, Provenance,
    Replay, RunOrigin, SaveEdit, SavedEdit, Shown, Sibling, StartedRun, Synthesize, TakeSide, TextDiff,
    TreeOverview,
};
use tauri::State;

type Answer<T> = Result<T, IpcError>;

/// Saves an edit: the branch goes through the edited message, and what followed is carried along; nothing is asked.
#[tauri::command]
#[specta::specta]
pub async fn save_edit(engine: State<'_, Handle>, edit: SaveEdit) -> Answer<SavedEdit> {
    Ok(engine.ready().await?.save_edit(edit).await?)
}

/// Says something differently and asks it again.
#[tauri::command]
#[specta::specta]
pub async fn edit_and_ask(engine: State<'_, Handle>, request: EditAndAsk) -> Answer<StartedRun> {
    Ok(engine.ready().await?.edit_and_ask(request, RunOrigin::Window).await?)
}

/// Makes a branch from any message.
#[tauri::command]
#[specta::specta]
pub async fn fork_branch(engine: State<'_, Handle>, fork: Fork) -> Answer<Branch> {
    Ok(engine.ready().await?.fork(fork).await?)
}

/// Opens the path to a message as a new conversation; no text is copied.
#[tauri::command]
#[specta::specta]
pub async fn fork_conversation(
    engine: State<'_, Handle>,
    message: MessageId,
    title: Option<String>,
) -> Answer<ConversationId> {
    Ok(engine.ready().await?.fork_conversation(message, title, RunOrigin::Window).await?)
}

/// The live branches of a conversation with their figures, columns too, the active one first.
#[tauri::command]
#[specta::specta]
pub async fn list_branches(
    engine: State<'_, Handle>,
    conversation: ConversationId,
) -> Answer<Vec<BranchSummary>> {
    Ok(engine.ready().await?.branches(conversation).await?)
}

/// Gives a branch a name; a column becomes a named branch.
#[tauri::command]
#[specta::specta]
pub async fn rename_branch(engine: State<'_, Handle>, branch: BranchId, name: String) -> Answer<()> {
    Ok(engine.ready().await?.rename_branch(branch, &name).await?)
}

/// Keeps a branch at the top of the list, or no longer.
#[tauri::command]
#[specta::specta]
pub async fn pin_branch(engine: State<'_, Handle>, branch: BranchId, pinned: bool) -> Answer<()> {
    Ok(engine.ready().await?.pin_branch(branch, pinned).await?)
}

/// Makes a branch the active one; one that is no column becomes the only one.
#[tauri::command]
#[specta::specta]
pub async fn activate_branch(engine: State<'_, Handle>, branch: BranchId) -> Answer<()> {
    Ok(engine.ready().await?.activate_branch(branch).await?)
}

/// Deletes a branch: the pointer, no message. It can be restored.
#[tauri::command]
#[specta::specta]
pub async fn delete_branch(engine: State<'_, Handle>, branch: BranchId) -> Answer<Deletion> {
    Ok(engine.ready().await?.delete_branch(branch).await?)
}

/// Keeps where the window is in a branch.
#[tauri::command]
#[specta::specta]
pub async fn keep_scroll(engine: State<'_, Handle>, branch: BranchId, scroll: u32) -> Answer<()> {
    Ok(engine.ready().await?.keep_scroll(branch, scroll).await?)
}

/// The columns of a conversation from now on, in this order; other branches stay, out of sight.
#[tauri::command]
#[specta::specta]
pub async fn show_columns(
    engine: State<'_, Handle>,
    conversation: ConversationId,
    columns: Vec<ColumnOf>,
) -> Answer<Vec<BranchId>> {
    Ok(engine.ready().await?.show_columns(conversation, &columns).await?)
}

/// The versions of a message: the live children of its parent, oldest first.
#[tauri::command]
#[specta::specta]
pub async fn siblings(engine: State<'_, Handle>, message: MessageId) -> Answer<Vec<Sibling>> {
    Ok(engine.ready().await?.siblings(message).await?)
}

/// Leads a branch through a message, to the tip that line was left at, else to its newest end. Without a
/// branch: an open column that goes through it, else another branch, which becomes active, else a new one.
/// `scroll` is where the window is in the line that is left.
#[tauri::command]
#[specta::specta]
pub async fn show_message(
    engine: State<'_, Handle>,
    message: MessageId,
    branch: Option<BranchId>,
    scroll: Option<u32>,
) -> Answer<Shown> {
    Ok(engine.ready().await?.show_message(message, branch, scroll).await?)
}

/// Messages by their ids, in this order, at most 200; those that are gone are left out.
#[tauri::command]
#[specta::specta]
pub async fn messages(engine: State<'_, Handle>, ids: Vec<MessageId>) -> Answer<Vec<MessageView>> {
    Ok(engine.ready().await?.messages(&ids).await?)
}

/// Two lines from where they part, `limit` pairs after the first `skip`: left and right are their tips.
#[tauri::command]
#[specta::specta]
pub async fn compare_lines(
    engine: State<'_, Handle>,
    left: MessageId,
    right: MessageId,
    skip: u32,
    limit: u32,
) -> Answer<Comparison> {
    Ok(engine.ready().await?.compare_lines(left, right, skip, limit).await?)
}

/// Two texts, word by word.
#[tauri::command]
#[specta::specta]
pub async fn diff(engine: State<'_, Handle>, left: DiffSide, right: DiffSide) -> Answer<TextDiff> {
    Ok(engine.ready().await?.diff(left, right).await?)
}

/// Merges answers by taking one.
#[tauri::command]
#[specta::specta]
pub async fn take_side(engine: State<'_, Handle>, request: TakeSide) -> Answer<Merged> {
    Ok(engine.ready().await?.take_side(request).await?)
}

/// Merges answers by asking a model to make one of them.
#[tauri::command]
#[specta::specta]
pub async fn synthesize(engine: State<'_, Handle>, request: Synthesize) -> Answer<StartedRun> {
    Ok(engine.ready().await?.synthesize(request, RunOrigin::Window).await?)
}

/// What a merge was made of, and which passages came from which source.
#[tauri::command]
#[specta::specta]
pub async fn provenance(engine: State<'_, Handle>, message: MessageId) -> Answer<Provenance> {
    Ok(engine.ready().await?.provenance(message).await?)
}

/// Asks a branch's user turns again of another target; the first turn begins at once, each next one when the one before is complete.
#[tauri::command]
#[specta::specta]
pub async fn replay_branch(engine: State<'_, Handle>, request: Replay) -> Answer<StartedRun> {
    Ok(engine.ready().await?.replay(request, RunOrigin::Window).await?)
}

/// How much a deletion would take.
#[tauri::command]
#[specta::specta]
pub async fn count_deletion(engine: State<'_, Handle>, what: DeleteWhat) -> Answer<DeletionCount> {
    Ok(engine.ready().await?.count_deletion(&what).await?)
}

/// Deletes messages; they can be restored for 30 days.
#[tauri::command]
#[specta::specta]
pub async fn delete_messages(engine: State<'_, Handle>, what: DeleteWhat) -> Answer<Deletion> {
    Ok(engine.ready().await?.delete_messages(&what).await?)
}

/// What was deleted and can be restored, newest first; without a conversation, of all, and deleted conversations.
#[tauri::command]
#[specta::specta]
pub async fn list_deletions(
    engine: State<'_, Handle>,
    conversation: Option<ConversationId>,
) -> Answer<Vec<Deletion>> {
    Ok(engine.ready().await?.deletions(conversation).await?)
}

/// Takes a deletion back.
#[tauri::command]
#[specta::specta]
pub async fn restore_deletion(engine: State<'_, Handle>, deletion: DeletionId) -> Answer<()> {
    Ok(engine.ready().await?.restore_deletion(deletion).await?)
}

/// Erases what was deleted, now and for good.
#[tauri::command]
#[specta::specta]
pub async fn erase_deletion(engine: State<'_, Handle>, deletion: DeletionId) -> Answer<()> {
    Ok(engine.ready().await?.erase_deletion(deletion).await?)
}

/// Marks a message, or gives its mark another note.
#[tauri::command]
#[specta::specta]
pub async fn set_bookmark(engine: State<'_, Handle>, message: MessageId, note: String) -> Answer<()> {
    Ok(engine.ready().await?.set_bookmark(message, &note).await?)
}

/// Takes a mark away.
#[tauri::command]
#[specta::specta]
pub async fn remove_bookmark(engine: State<'_, Handle>, message: MessageId) -> Answer<()> {
    Ok(engine.ready().await?.remove_bookmark(message).await?)
}

/// Marked messages, newest mark first; without a conversation, of all.
#[tauri::command]
#[specta::specta]
pub async fn list_bookmarks(
    engine: State<'_, Handle>,
    conversation: Option<ConversationId>,
) -> Answer<Vec<Bookmark>> {
    Ok(engine.ready().await?.bookmarks(conversation).await?)
}

/// A whole tree for a view of it, without its texts; with `after` only what was added after that node. A part
/// whose `total` is not what the view has with it means that something went: ask for the whole again.
#[tauri::command]
#[specta::specta]
pub async fn tree_overview(
    engine: State<'_, Handle>,
    conversation: ConversationId,
    after: Option<MessageId>,
) -> Answer<TreeOverview> {
    Ok(engine.ready().await?.tree_overview(conversation, after).await?)
}
