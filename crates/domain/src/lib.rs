//! What things are: ids, messages and their parts, conversations, branches, runs, completions,
//! attempts, decisions, usage, money and error kinds, in the vocabulary of the product.
//!
//! Types only, with the rules that belong to them (hashing, parsing, summing). Deliberately not
//! here: IO, clocks, randomness. Callers pass times and fresh ids in, so everything can be replayed.

mod budget;
mod completion;
mod conversation;
mod error;
mod event;
mod finding;
mod gateway;
mod hash;
mod id;
mod insights;
mod judging;
mod keys;
mod message;
mod model;
mod money;
mod moving;
mod params;
mod portable;
mod prefix;
mod prompt;
mod protection;
mod provider;
mod routing;
mod run;
mod slots;
mod spending;
mod target;
mod time;
mod traffic;
mod tree;
mod usage;
mod virtual_key;

pub use budget::{Budget, BudgetCap, BudgetPeriod, Charge, FolderBudgets, Zone, ZoneError};
pub use completion::{Attempt, AttemptOutcome, Completion, CompletionState, Metrics, Stop};
pub use conversation::{
    Branch, BranchKind, ColumnView, Conversation, ConversationSource, ConversationSummary, ConversationView,
    NewConversation, Tree, TreeBranch, TreeNode,
};
pub use error::{ErrorKind, Failure};
pub use event::{BatchKind, EventBatch, EventItem, LiveEnd, PartKind};
pub use finding::{
    Archived, BatchAction, Batched, ConversationPage, Folder, ListQuery, Place, SearchHit, SearchOrder,
    SearchPage, SearchQuery, SortBy, Span, Tag,
};
pub use gateway::GatewayEdit;
pub use hash::{Hash, content_hash, node_hash};
pub use id::{
    AttemptId, BranchId, CompletionId, ConversationId, DeletionId, FolderId, IdError, InstanceId,
    JudgementId, MessageId, RunId, UndoId, VirtualKeyId, VoteId,
};
pub use insights::{
    ErrorCount, Forecast, InsightBasis, InsightSpan, InsightsQuery, Percentiles, RequestLine, RequestSeries,
    RequestSum, Saving, SavingKind, SavingsReport, SpendLine, SpendSeries,
};
pub use judging::{
    Ballot, Board, BoardQuery, CastVote, JudgeAnswers, Judgement, JudgementState, Opinion, Rating, Verdict,
    Vote, VoteBy,
};
pub use keys::{KeyPlace, KeyPlaces, KeyState, KeychainState, LastTest, VaultState};
pub use message::{MediaSource, Message, MessageStatus, MessageView, Part, Role};
pub use model::{Capabilities, Model, ModelDates, Prices};
pub use money::{Cost, NanoUsd, PriceError};
pub use moving::{
    ExportFormat, ExportRequest, ExportScope, Exported, ImportFormat, ImportReport, ImportState, ImportStatus,
};
pub use params::{Params, ParamsError, ReasoningEffort, ResponseFormat, Tool, ToolChoice};
pub use portable::{
    Portable, PortableBookmark, PortableBranch, PortableCompletion, PortableFolder, PortableJudgement,
    PortableMessage, PortableOpinion, PortableRun, PortableScore, PortableSource, PortableSynthesis,
    PortableView, PortableVote,
};
pub use prefix::{PrefixKey, said};
pub use prompt::PromptClass;
pub use protection::{
    BreakerView, BreakerWord, Fault, LimitView, NewSimulation, Simulation, UsedLimit, UsedUp,
};
pub use provider::{Dialect, KeySource, ProviderId, ProviderStatus};
pub use routing::{
    Ability, Candidate, Decision, EXPRESSION_FIGURES, OnCut, Policy, Profile, Routed, ScoreName, ScorePart,
    Strategy, Weights, expression_names, with_names_in_braces,
};
pub use run::{
    AddTargets, AgainColumn, AskAgain, AskColumn, ColumnDefaults, CompletionDetails, Estimate, Run, RunKind,
    RunOrigin, StartRun, StartedColumn, StartedRun,
};
pub use slots::{Cells, Offset, SlotStep, Slots};
pub use spending::{OwnedBudget, SumOfTokens, UsageBasis, UsageLine, UsageQuery, UsageReport, UsageSum};
pub use target::{Target, TargetError};
pub use time::Timestamp;
pub use traffic::{
    CacheUse, Exchange, TrafficAttempt, TrafficCall, TrafficDetail, TrafficFacets, TrafficOutcome,
    TrafficPage, TrafficQuery,
};
pub use tree::{
    Bookmark, BranchPlace, BranchSummary, ColumnOf, ComparedPair, Comparison, DeleteWhat, Deletion,
    DeletionCount, DeletionKind, DiffKind, DiffSide, DiffSpan, EditAndAsk, EditColumn, Fork, MergeSource,
    Merged, ModelCount, Passage, Provenance, Replay, SaveEdit, SavedEdit, Shown, Sibling, SynthesisKind,
    Synthesize, TakeSide, TextDiff, TreeOverview, TreeTip,
};
pub use usage::{Usage, UsageBy};
pub use virtual_key::{
    CaptureLevel, DeniedKind, KeyLimits, KeyScopes, NewKey, ScopeError, VirtualKey, VirtualKeyState,
    pattern_fits,
};
