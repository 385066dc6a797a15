//! Votes, the rating board, and models that judge.

use crate::{error::IpcError, handle::Handle};
use domain::{
    Board, BoardQuery, CastVote, ConversationId, ConversationSource, JudgeAnswers, Judgement, Vote, VoteId,
};
use engine::Engine;
use tauri::State;

type Answer<T> = Result<T, IpcError>;

/// Counts a vote, instead of an earlier one on the same answers.
#[tauri::command]
#[specta::specta]
pub async fn cast_vote(engine: State<'_, Handle>, vote: CastVote) -> Answer<Vote> {
    Ok(engine.ready().await?.vote(&vote).await?)
}

/// Takes a vote back.
#[tauri::command]
#[specta::specta]
pub async fn take_back_vote(engine: State<'_, Handle>, id: VoteId) -> Answer<()> {
    Ok(engine.ready().await?.take_back_vote(id).await?)
}

/// Votes on answers of a conversation, the user's and judges', oldest first.
#[tauri::command]
#[specta::specta]
pub async fn list_votes(engine: State<'_, Handle>, conversation: ConversationId) -> Answer<Vec<Vote>> {
    Ok(engine.ready().await?.votes(conversation).await?)
}

/// Models by the user's votes.
#[tauri::command]
#[specta::specta]
pub async fn rating_board(engine: State<'_, Handle>, query: BoardQuery) -> Answer<Board> {
    Ok(engine.ready().await?.rating_board(&query).await?)
}

/// Asks a model which of two answers is better and why, in both orders; the verdict comes later.
#[tauri::command]
#[specta::specta]
pub async fn judge_answers(engine: State<'_, Handle>, request: JudgeAnswers) -> Answer<Judgement> {
    Ok(engine.ready().await?.judge(request, ConversationSource::Window).await?)
}

/// Judgements of answers of a conversation, oldest first.
#[tauri::command]
#[specta::specta]
pub async fn list_judgements(
    engine: State<'_, Handle>,
    conversation: ConversationId,
) -> Answer<Vec<Judgement>> {
    Ok(engine.ready().await?.judgements(conversation).await?)
}

/// What a judge judges by, unless told otherwise.
#[tauri::command]
#[specta::specta]
pub fn judge_rubric() -> String {
    Engine::judge_rubric().to_owned()
}
