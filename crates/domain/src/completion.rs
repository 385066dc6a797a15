//! Completions and their attempts: what was asked of a target and how it went.

use crate::{
    AttemptId, BranchId, CompletionId, Cost, ErrorKind, Failure, MessageId, Params, RunId, Target, Timestamp,
    Usage, UsageBy, error::words,
};
use serde::{Deserialize, Serialize};

words! {
    /// Why an answer ended of itself.
    Stop {
        /// The model had finished, or met a stop sequence.
        Stop = "stop",
        /// The output limit or the window was full.
        Length = "length",
        /// The model waits for tool results.
        ToolCalls = "toolCalls",
        /// The provider's filter cut in.
        ContentFilter = "contentFilter",
        /// The model declined.
        Refusal = "refusal",
        /// The provider paused a long turn; it can be continued.
        Pause = "pause",
        /// Something newer than this code.
        Other = "other",
    }
}

/// Where a completion stands. It only moves forward; all but `Queued` and `Streaming` are terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum CompletionState {
    /// Waits for its turn.
    Queued,
    /// Asked; the answer may have begun.
    Streaming,
    /// The dialect's terminal event was seen.
    Complete {
        /// Why the answer ended.
        stop: Stop,
    },
    /// It failed; a cut upstream is this, with its text kept.
    Failed {
        /// What happened.
        error: Failure,
    },
    /// The user stopped it.
    Stopped,
    /// Our process died.
    Interrupted,
}

impl CompletionState {
    /// Whether it will never change again.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        !matches!(self, Self::Queued | Self::Streaming)
    }

    /// The word used in JSON and in the database.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Streaming => "streaming",
            Self::Complete { .. } => "complete",
            Self::Failed { .. } => "failed",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The figures of a completion.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    /// From request sent to first visible delta, in ms; `None` until one arrives.
    pub ttft_ms: Option<u32>,
    /// From request sent to the end, in ms; `None` until then.
    pub duration_ms: Option<u32>,
    /// Token counts.
    pub usage: Usage,
    /// Who counted; `None` when nobody did.
    pub usage_by: Option<UsageBy>,
    /// `None` means unknown, which is not the same as free.
    pub cost: Option<Cost>,
}

/// One target's answer within a run.
///
/// It only moves forward. Once terminal it never changes, and asking the same target again is
/// another completion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Completion {
    /// Identity.
    pub id: CompletionId,
    /// The act of asking it belongs to.
    pub run_id: RunId,
    /// Its place in the run, from 0.
    pub ord: u32,
    /// The branch that its answer extends.
    pub branch_id: Option<BranchId>,
    /// The assistant message it writes.
    pub message_id: Option<MessageId>,
    /// What was asked for.
    pub requested: Target,
    /// Which `provider/model` answered, once known.
    pub served: Option<Target>,
    /// Parameters it was asked with.
    pub params: Params,
    /// Where it stands.
    pub state: CompletionState,
    /// Its figures.
    pub metrics: Metrics,
    /// When it was created.
    pub created_at: Timestamp,
}

words! {
    /// How an upstream call ended.
    AttemptOutcome {
        /// Still under way.
        Running = "running",
        /// The terminal event was seen.
        Complete = "complete",
        /// It failed.
        Failed = "failed",
        /// We cancelled it.
        Cancelled = "cancelled",
        /// Our process died during it.
        Interrupted = "interrupted",
    }
}

/// One upstream HTTP call of a completion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Identity.
    pub id: AttemptId,
    /// The completion it was made for.
    pub completion_id: CompletionId,
    /// Its place among that completion's calls, from 0.
    pub ord: u32,
    /// Provider id.
    pub provider: String,
    /// Model as sent.
    pub model: String,
    /// HTTP status; `None` when no answer came.
    pub http_status: Option<u16>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// Why it failed.
    pub error_kind: Option<ErrorKind>,
    /// When it began.
    pub started_at: Timestamp,
    /// Until the answer's head arrived, in ms.
    pub headers_ms: Option<u32>,
    /// Until the first content, in ms.
    pub first_ms: Option<u32>,
    /// Until its end, in ms.
    pub ended_ms: Option<u32>,
    /// Token counts of this call.
    pub usage: Usage,
    /// Who counted.
    pub usage_by: Option<UsageBy>,
    /// What this call cost; `None` is unknown.
    pub cost: Option<crate::NanoUsd>,
}
