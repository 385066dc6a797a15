//! A conversation with everything that belongs to it, as it goes from one home to another. Its JSON is
//! the format of our exports: docs/export-format.md says what each field means, and for how long.

use crate::{
    Attempt, BranchId, BranchKind, CompletionId, CompletionState, ConversationId, ConversationSource,
    Decision, Hash, MessageId, MessageStatus, Metrics, Params, Role, RunId, RunKind, RunOrigin, Target,
    Timestamp, Verdict,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// A folder that conversations may lie in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortableFolder {
    /// Identity.
    pub id: Uuid,
    /// The folder it lies in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Uuid>,
    /// Its name.
    pub name: String,
    /// Its place among its neighbours.
    #[serde(default)]
    pub ord: i64,
}

/// A conversation, whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Portable {
    /// Identity.
    pub id: ConversationId,
    /// Its title.
    pub title: String,
    /// Whether the user gave it that title.
    #[serde(default)]
    pub titled_by_user: bool,
    /// Where it came from first.
    pub source: ConversationSource,
    /// The product it was imported from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_system: Option<String>,
    /// Its id there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// System text of new completions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The folder it lies in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<Uuid>,
    /// Names of its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Kept at the top.
    #[serde(default)]
    pub pinned: bool,
    /// Hidden from lists.
    #[serde(default)]
    pub archived: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a node was last added.
    pub updated_at: Timestamp,
    /// The active branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<BranchId>,
    /// Its nodes, each behind those it refers to.
    pub messages: Vec<PortableMessage>,
    /// Its branches, columns too.
    #[serde(default)]
    pub branches: Vec<PortableBranch>,
    /// What was asked in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<PortableRun>,
    /// Marked messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bookmarks: Vec<PortableBookmark>,
    /// Votes on its answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<PortableVote>,
    /// What models were asked to say of two of its answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judgements: Vec<PortableJudgement>,
    /// Where lines of siblings were left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sibling_views: Vec<PortableView>,
}

/// A node.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortableMessage {
    /// Identity.
    pub id: MessageId,
    /// The node before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<MessageId>,
    /// What a merge was made of, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<PortableSource>,
    /// Who speaks.
    pub role: Role,
    /// Where it stands; never streaming.
    pub status: MessageStatus,
    /// An array of parts: the very bytes that are stored and hashed.
    pub parts: Box<RawValue>,
    /// Its integrity hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hash>,
    /// The completion that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion: Option<CompletionId>,
    /// Which of the choices of its completion.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub choice: u32,
    /// The message whose text it began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<MessageId>,
    /// A copy of another node: its completion did not write it, and may be of another conversation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub copied: bool,
    /// Not shown by the product it came from.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Its id in the product it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// When it was begun.
    pub created_at: Timestamp,
}

/// Something that a merge was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortableSource {
    /// The message; none where it was erased, or is of another conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
    /// Its hash, which the hash of the merge holds.
    pub hash: Hash,
}

/// A branch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortableBranch {
    /// Identity.
    pub id: BranchId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: BranchKind,
    /// What it points to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip: Option<MessageId>,
    /// Whom it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// How it asks.
    #[serde(default)]
    pub params: Params,
    /// Its own system text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Kept at the top.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// Its place among the columns.
    #[serde(default)]
    pub ord: u32,
    /// Whether it is one of the columns.
    #[serde(default = "yes")]
    pub shown: bool,
    /// Where the window was in it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub scroll: u32,
}

/// An act of asking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortableRun {
    /// Identity.
    pub id: RunId,
    /// Why.
    pub kind: RunKind,
    /// Through which door.
    pub origin: RunOrigin,
    /// When.
    pub created_at: Timestamp,
    /// Number of its last batch.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub last_seq: u32,
    /// Its answers.
    pub completions: Vec<PortableCompletion>,
}

/// An answer's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortableCompletion {
    /// Identity.
    pub id: CompletionId,
    /// Its place in its run.
    #[serde(default)]
    pub ord: u32,
    /// The branch it was asked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<BranchId>,
    /// Who was asked.
    pub requested: Target,
    /// Who answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served: Option<Target>,
    /// With which parameters, tools among them.
    #[serde(default)]
    pub params: Params,
    /// With which system text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// How it ended; never queued or streaming.
    #[serde(flatten)]
    pub state: CompletionState,
    /// Times, tokens and cost.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// When it was asked.
    pub created_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How a merge was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synthesis: Option<PortableSynthesis>,
    /// Upstream calls; without what went over the wire.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// Why its target was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// How a merge was asked of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortableSynthesis {
    /// `fuse`, `checklist`, `table` or `custom`.
    pub how: String,
    /// In whose words.
    #[serde(default)]
    pub instruction: String,
}

/// A marked message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortableBookmark {
    /// Identity.
    pub id: Uuid,
    /// Which message.
    pub message: MessageId,
    /// What the user noted.
    #[serde(default)]
    pub note: String,
    /// When.
    pub created_at: Timestamp,
}

/// A vote on the answers of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortableVote {
    /// Identity.
    pub id: Uuid,
    /// The run.
    pub run: RunId,
    /// `user` or `judge`.
    pub by: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// When.
    pub created_at: Timestamp,
    /// The answers with their scores: the first and second of a pair; the best, then the others.
    pub on: Vec<PortableScore>,
    /// `pair`, or `best` of several.
    #[serde(default = "pair")]
    pub kind: String,
    /// Names were hidden when it was given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blind: bool,
}

/// What a vote gave an answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PortableScore {
    /// The answer.
    pub message: MessageId,
    /// Its score.
    pub score: f64,
}

/// Two answers that a model was asked about, and what it said. Its calls are those of its run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortableJudgement {
    /// Identity.
    pub id: Uuid,
    /// Its run, of kind `judge`.
    pub run: RunId,
    /// The first answer.
    pub a: MessageId,
    /// The second.
    pub b: MessageId,
    /// By what it was to judge.
    pub rubric: String,
    /// What it came to, among the votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vote: Option<Uuid>,
    /// When it was asked.
    pub created_at: Timestamp,
    /// One for each order.
    pub opinions: Vec<PortableOpinion>,
}

/// What a model said of two answers in one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortableOpinion {
    /// The call.
    pub completion: CompletionId,
    /// It saw the second answer first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub swapped: bool,
    /// Of the answers as they are in the judgement; nothing where it gave none that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Why, in its words.
    #[serde(default)]
    pub reason: String,
}

/// Where the line of a sibling was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortableView {
    /// The sibling.
    pub message: MessageId,
    /// The tip that was looked at.
    pub tip: MessageId,
    /// Where in it.
    #[serde(default)]
    pub scroll: i64,
}

const fn yes() -> bool {
    true
}

fn pair() -> String {
    "pair".to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}
