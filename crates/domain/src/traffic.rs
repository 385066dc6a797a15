//! Traffic: calls as whoever looks over the gateway's shoulder sees them.

use crate::{
    Attempt, AttemptId, CompletionId, CompletionState, ConversationId, Decision, ErrorKind, MessageId,
    Metrics, NanoUsd, RunId, RunKind, RunOrigin, Target, Timestamp, VirtualKeyId, error::words,
};
use serde::{Deserialize, Serialize};

words! {
    /// How a call ended, as a filter.
    TrafficOutcome {
        /// Whole.
        Complete = "complete",
        /// It failed.
        Failed = "failed",
        /// Its caller went away, or somebody stopped it.
        Stopped = "stopped",
        /// Our process died during it.
        Interrupted = "interrupted",
        /// Under way.
        Running = "running",
    }
}

words! {
    /// How an answer that was given before came to be given again.
    CacheUse {
        /// The same was asked, and the answer is still fresh.
        Hit = "hit",
        /// Nobody else could answer.
        Offline = "offline",
    }
}

/// Which calls to list. What is absent, or empty, filters nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", default)]
pub struct TrafficQuery {
    /// Doors that calls came through; the gateway's where this is empty.
    pub origins: Vec<RunOrigin>,
    /// Begun at this time or later.
    pub from: Option<Timestamp>,
    /// Begun before this time.
    pub until: Option<Timestamp>,
    /// Asked with this virtual key.
    pub key: Option<VirtualKeyId>,
    /// Part of the client's name.
    pub client: Option<String>,
    /// Part of the model that was asked for.
    pub requested: Option<String>,
    /// Part of the target that answered.
    pub served: Option<String>,
    /// Ended in one of these ways.
    pub outcomes: Vec<TrafficOutcome>,
    /// Failed in one of these ways.
    pub errors: Vec<ErrorKind>,
    /// What callers were answered with: an HTTP status, or its first digit for all of its hundred.
    pub status: Option<u16>,
    /// What they were for.
    pub kinds: Vec<RunKind>,
    /// At least so long until the first content, in ms.
    pub min_ttft_ms: Option<u32>,
    /// At least so long until the end, in ms.
    pub min_duration_ms: Option<u32>,
    /// At least so many tokens in all.
    pub min_tokens: Option<u32>,
    /// At least so dear.
    pub min_cost: Option<NanoUsd>,
    /// Whether the provider read some of the prompt from its cache.
    pub cached: Option<bool>,
    /// Whether the answer had been given before and came from the response cache.
    pub from_cache: Option<bool>,
    /// Whether more than one upstream call was made.
    pub fell_back: Option<bool>,
    /// Part of the request's id, of the client, of either model, of an error, or of a conversation's title.
    pub text: Option<String>,
    /// Where the page before ended.
    pub after: Option<String>,
    /// Longest page; 100 where it is absent, at most 500.
    pub limit: Option<u32>,
}

/// One call: an answer that was asked for, with its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct TrafficCall {
    /// Its run.
    pub run: RunId,
    /// Its completion: what it is known by, since a run of the window has several.
    pub completion: CompletionId,
    /// What it was for.
    pub kind: RunKind,
    /// Which door it came through.
    pub origin: RunOrigin,
    /// When it was let in.
    pub at: Timestamp,
    /// The virtual key that it was asked with.
    pub key: Option<VirtualKeyId>,
    /// That key's name.
    pub key_name: Option<String>,
    /// Who asked, as it calls itself.
    pub client: Option<String>,
    /// As in `x-orchesity-request-id`.
    pub request: Option<String>,
    /// The path of the gateway, as `/v1/chat/completions`.
    pub route: Option<String>,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// The model as asked for.
    pub requested: Target,
    /// Who answered.
    pub served: Option<Target>,
    /// Where it stands.
    pub state: CompletionState,
    /// HTTP status that the caller got.
    pub status: Option<u16>,
    /// Times, tokens, cost.
    pub metrics: Metrics,
    /// Upstream calls that it took.
    pub attempts: u32,
    /// Where its answer had been given before, and was given again at no cost: how that came.
    pub cached: Option<CacheUse>,
    /// What was sent to be answered once.
    pub idempotency_key: Option<String>,
    /// The conversation that it was captured in, where that is still there.
    pub conversation: Option<ConversationId>,
    /// The message that its answer became.
    pub message: Option<MessageId>,
}

/// Some calls, newest first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct TrafficPage {
    /// The calls.
    pub calls: Vec<TrafficCall>,
    /// To be given back as `after`; `None` at the end.
    pub next: Option<String>,
}

/// What filters can be set to: of the latest calls.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct TrafficFacets {
    /// Clients by name.
    pub clients: Vec<String>,
    /// Models as asked for.
    pub requested: Vec<String>,
    /// Targets that answered.
    pub served: Vec<String>,
}

/// One call with everything that is kept of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct TrafficDetail {
    /// The call.
    pub call: TrafficCall,
    /// Its conversation's title.
    pub title: Option<String>,
    /// The caller's own body, where it was captured and retention has not dropped it.
    pub body: Option<String>,
    /// Why it went where it went.
    pub decision: Option<Decision>,
    /// Upstream calls, oldest first.
    pub attempts: Vec<TrafficAttempt>,
}

/// An upstream call of a [`TrafficDetail`]. It begins `attempt.startedAt - call.at` after the call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct TrafficAttempt {
    /// Whom it asked, when, and how it ended.
    pub attempt: Attempt,
    /// What went over the wire, where that is kept.
    pub exchange: Option<Exchange>,
}

/// One upstream call, raw. Callers redact keys before they hand it over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// The call.
    pub attempt: AttemptId,
    /// HTTP method.
    pub method: String,
    /// Where it was sent.
    pub url: String,
    /// Headers as sent, keys redacted.
    pub request_headers: Vec<(String, String)>,
    /// Body as sent.
    pub request_body: String,
    /// HTTP status; `None` when no answer came.
    pub status: Option<u16>,
    /// Headers as received.
    pub response_headers: Vec<(String, String)>,
    /// Body as received, at most [`Exchange::MAX_RESPONSE`] bytes of it.
    pub response_body: String,
    /// Whether the body was longer than what is kept.
    pub response_cut: bool,
}

impl Exchange {
    /// How much of an answer's body is kept, in bytes.
    pub const MAX_RESPONSE: usize = 8 * 1024 * 1024;
}
