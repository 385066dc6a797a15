//! Runs: acts of asking.

use crate::{
    BranchId, CompletionId, ConversationId, ConversationSource, MessageId, Params, Part, RunId, Target,
    Timestamp, error::words,
};
use serde::{Deserialize, Serialize};

words! {
    /// Why a run was made.
    RunKind {
        /// A new turn.
        Ask = "ask",
        /// The same turn again.
        Regenerate = "regenerate",
        /// Going on with an answer that ended early.
        Continue = "continue",
        /// Fusing several answers.
        Merge = "merge",
        /// A branch's turns again, for another target.
        Replay = "replay",
        /// Comparing answers.
        Judge = "judge",
        /// Naming a conversation.
        Title = "title",
        /// Embeddings.
        Embed = "embed",
        /// Counting tokens.
        Count = "count",
    }
}

/// Who asked: the same doors as a conversation's source.
pub type RunOrigin = ConversationSource;

/// One act of asking, with one completion for each target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Identity.
    pub id: RunId,
    /// The conversation it adds to; `None` for those that leave no messages.
    pub conversation_id: Option<ConversationId>,
    /// Why it was made.
    pub kind: RunKind,
    /// Who asked.
    pub origin: RunOrigin,
    /// When.
    pub created_at: Timestamp,
}

/// What to ask, and whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct StartRun {
    /// The conversation to go on with; a new one when absent.
    #[serde(default)]
    pub conversation: Option<ConversationId>,
    /// What the user says: one user node for each distinct tip of the columns, its text stored once.
    pub parts: Vec<Part>,
    /// Whom to ask, one completion each.
    pub columns: Vec<AskColumn>,
    /// System text of a new conversation.
    #[serde(default)]
    pub system: Option<String>,
}

/// One column of a [`StartRun`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct AskColumn {
    /// The branch to extend; a new column branch from the conversation's head when absent.
    #[serde(default)]
    pub branch: Option<BranchId>,
    /// Whom to ask.
    pub target: Target,
    /// With which parameters.
    #[serde(default)]
    pub params: Params,
}

/// A run that has been stored and is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct StartedRun {
    /// The run; attach to it to see its answers.
    pub run: RunId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// One for each column, in order.
    pub columns: Vec<StartedColumn>,
}

/// One column of a [`StartedRun`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct StartedColumn {
    /// The completion.
    pub completion: CompletionId,
    /// The branch it extends.
    pub branch: BranchId,
    /// The assistant message it writes.
    pub message: MessageId,
    /// Whom it asks.
    pub target: Target,
}
