//! What a run tells those who watch it: numbered batches of small items.
//!
//! A watcher keeps one number, the `seq` of the last batch it folded. It asks for what came after
//! that; when those batches are gone (folded into the finished message) it gets a snapshot
//! instead: pieces that begin with `reset` items and end with the `seq` they stand for.

use crate::{CompletionId, CompletionState, Metrics, RunId, Target, error::words};
use serde::{Deserialize, Serialize};

words! {
    /// What a part of a live answer is.
    PartKind {
        /// Visible text.
        Text = "text",
        /// Reasoning text.
        Reasoning = "reasoning",
        /// A tool call: its arguments are what is appended.
        ToolCall = "toolCall",
        /// An image or other part that arrives whole; it is in the stored message, not in batches.
        Media = "media",
    }
}

words! {
    /// What a batch is.
    BatchKind {
        /// What just happened.
        Live = "live",
        /// A piece of a snapshot; more follow.
        Snapshot = "snapshot",
        /// The last piece of a snapshot.
        SnapshotEnd = "snapshotEnd",
    }
}

/// One numbered batch. As JSON it is below 8 KiB, so that the shell can pass it on directly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct EventBatch {
    /// The run.
    pub run: RunId,
    /// From 1, gapless in a run. Pieces of a snapshot all carry the number they stand for.
    pub seq: u32,
    /// Live, or part of a snapshot.
    pub kind: BatchKind,
    /// In order.
    pub items: Vec<EventItem>,
}

/// What happened to one completion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum EventItem {
    /// Forget what you know of this completion; what follows is all there is.
    Reset {
        /// Whose.
        completion: CompletionId,
    },
    /// A call to a provider began (again).
    Attempt {
        /// Whose.
        completion: CompletionId,
        /// Which call, from 1.
        number: u32,
        /// Whom it asks.
        target: Target,
    },
    /// A part began.
    Open {
        /// Whose.
        completion: CompletionId,
        /// Which part, from 0.
        part: u32,
        /// What it is.
        kind: PartKind,
        /// The tool's name, or the media type.
        text: String,
    },
    /// Text was added to the end of a part.
    Append {
        /// Whose.
        completion: CompletionId,
        /// Which part.
        part: u32,
        /// Length of the part before this text, in UTF-16 code units.
        at: u32,
        /// What was added.
        text: String,
    },
    /// Figures known so far changed.
    Figures {
        /// Whose.
        completion: CompletionId,
        /// All figures.
        metrics: Metrics,
    },
    /// The completion reached a terminal state and its message is stored.
    End(LiveEnd),
}

/// How a completion ended, for those who watch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LiveEnd {
    /// Whose.
    pub completion: CompletionId,
    /// A terminal state.
    #[serde(flatten)]
    pub state: CompletionState,
    /// Final figures.
    pub metrics: Metrics,
    /// Upstream calls made.
    pub attempts: u32,
}

impl EventItem {
    /// Whose item this is.
    #[must_use]
    pub const fn completion(&self) -> CompletionId {
        match self {
            Self::Reset { completion }
            | Self::Attempt { completion, .. }
            | Self::Open { completion, .. }
            | Self::Append { completion, .. }
            | Self::Figures { completion, .. } => *completion,
            Self::End(end) => end.completion,
        }
    }
}

impl EventBatch {
    /// Longest JSON form of a batch, in bytes.
    pub const MAX_JSON: usize = 8 * 1024;
}
