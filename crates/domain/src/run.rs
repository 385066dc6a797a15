//! Runs: acts of asking.

use crate::{
    BranchId, CompletionId, ConversationId, ConversationSource, Decision, MessageId, NanoUsd, Params, Part,
    RunId, Target, Timestamp, error::words,
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// Whether routes are to try nothing with it, and ask whom they know to be best.
    #[serde(default)]
    pub important: bool,
}

/// One column of a [`StartRun`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// System text of its own, empty for none; absent: the branch's, else the conversation's.
    #[serde(default)]
    pub system: Option<String>,
}

impl AskColumn {
    /// A new column that asks `target` with nothing said about how.
    #[must_use]
    pub fn of(target: Target) -> Self {
        Self { branch: None, target, params: Params::default(), system: None }
    }
}

/// Answers to be asked for again in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AskAgain {
    /// One to 32 of them.
    pub answers: Vec<AgainColumn>,
}

/// One answer to be asked for again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AgainColumn {
    /// The completion to ask again.
    pub completion: CompletionId,
    /// Another target; absent: the same.
    #[serde(default)]
    pub target: Option<Target>,
    /// Other parameters; absent: the same.
    #[serde(default)]
    pub params: Option<Params>,
    /// Another system text, empty for none; absent: the same.
    #[serde(default)]
    pub system: Option<String>,
}

/// Further targets for a prompt that was asked already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AddTargets {
    /// The user message.
    pub prompt: MessageId,
    /// Whom to ask; their branches are made anew.
    pub columns: Vec<AskColumn>,
}

/// What a column asks, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ColumnDefaults {
    /// Whom.
    pub target: Option<Target>,
    /// With which parameters.
    pub params: Params,
    /// System text of its own; `None` is the conversation's.
    pub system: Option<String>,
}

/// What a prompt would cost in one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Estimate {
    /// Whom.
    pub target: Target,
    /// Tokens of system text, path and prompt.
    pub input: u32,
    /// Tokens of an answer that the cost counts with.
    pub output: u32,
    /// What that costs; `None` is unknown.
    pub cost: Option<NanoUsd>,
    /// Most tokens of prompt and answer; `None` is unknown.
    pub context_window: Option<u32>,
}

/// What a completion was asked with beside its messages, and why its target was chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CompletionDetails {
    /// System text as sent.
    pub system: Option<String>,
    /// Why.
    pub decision: Option<Decision>,
}

/// A run that has been stored and is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
