//! What can be done with a conversation's tree, and how screens and scripts see it whole.

use crate::{
    Branch, BranchId, ConversationId, DeletionId, MessageId, MessageStatus, MessageView, NanoUsd, Params,
    Part, Role, Target, Timestamp, Usage, error::words,
};
use serde::{Deserialize, Serialize};

/// What was said, said differently, with what followed on one branch kept: nothing is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SaveEdit {
    /// The branch that takes the edit; its path goes through the message.
    pub branch: BranchId,
    /// What is edited; it stays as it is, as a sibling.
    pub message: MessageId,
    /// What it says now.
    pub parts: Vec<Part>,
}

/// What came of a [`SaveEdit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SavedEdit {
    /// The edited message.
    pub message: MessageId,
    /// Where the branch stands now.
    pub tip: MessageId,
    /// Messages that were carried along below it.
    pub carried: u32,
}

/// What the user said, said differently and asked again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct EditAndAsk {
    /// A user message; it stays as it is, as a sibling.
    pub message: MessageId,
    /// What it says now.
    pub parts: Vec<Part>,
    /// Whom to ask, one completion each, all below the one edited message.
    pub columns: Vec<EditColumn>,
    /// Whether routes are to try nothing with it, and ask whom they know to be best; absent: as it was when it was
    /// said before.
    #[serde(default)]
    pub important: Option<bool>,
}

/// One column of an [`EditAndAsk`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct EditColumn {
    /// The branch that moves to the answer, its path through the message; absent: a new column.
    #[serde(default)]
    pub branch: Option<BranchId>,
    /// Whom to ask; absent: whom the branch asks.
    #[serde(default)]
    pub target: Option<Target>,
    /// With which parameters; absent: the branch's.
    #[serde(default)]
    pub params: Option<Params>,
    /// System text of its own, empty for none; absent: the branch's, else the conversation's.
    #[serde(default)]
    pub system: Option<String>,
}

words! {
    /// Where a branch that was made is shown.
    BranchPlace {
        /// Alone: it is active, and the only column.
        Alone = "alone",
        /// As one more column, after the others.
        Beside = "beside",
        /// Only in the list of branches.
        List = "list",
    }
}

/// A new branch from any message; nothing is copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Fork {
    /// Where it points.
    pub message: MessageId,
    /// Its name; absent: `Branch 2` and so on.
    #[serde(default)]
    pub name: Option<String>,
    /// The branch whose target, parameters and system text it takes; absent: the active one.
    #[serde(default)]
    pub like: Option<BranchId>,
    /// Where it is shown.
    pub place: BranchPlace,
}

/// A branch as the list of branches shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BranchSummary {
    /// The branch.
    pub branch: Branch,
    /// Whether it is the active one.
    pub head: bool,
    /// Messages on its path.
    pub messages: u32,
    /// Messages on its path that no other live branch has.
    pub own: u32,
    /// Token counts of all answers on its path, summed.
    pub usage: Usage,
    /// What they cost, as far as it is known; `None` where it is not known of any.
    pub cost: Option<NanoUsd>,
    /// Whether some of that is estimated.
    pub cost_estimated: bool,
    /// Answers whose cost is unknown.
    pub unpriced: u32,
    /// Who wrote the answers on its path, most of them first.
    pub models: Vec<ModelCount>,
    /// When its tip was begun.
    pub last_activity: Option<Timestamp>,
}

/// How many answers one model wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ModelCount {
    /// `provider/model`.
    pub target: Target,
    /// How many.
    pub answers: u32,
}

/// One of the versions that ‹2/3› steps through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sibling {
    /// The node.
    pub id: MessageId,
    /// Who speaks.
    pub role: Role,
    /// Who answered.
    pub model: Option<Target>,
    /// Where it stands.
    pub status: MessageStatus,
    /// When it was begun.
    pub created_at: Timestamp,
    /// Its first words.
    pub label: String,
    /// Whether it is a merge.
    pub merge: bool,
    /// Live nodes below it.
    pub below: u32,
}

/// Where a branch stands after it was led through a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// The branch; a new one where none went through the message and none was named.
    pub branch: BranchId,
    /// Its tip.
    pub tip: MessageId,
    /// The message's place on the path, from 0.
    pub depth: u32,
    /// Where the window was when this line was left, as the window said it then; 0 where nobody did.
    pub scroll: u32,
}

/// What becomes a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ColumnOf {
    /// A branch.
    Branch {
        /// Which.
        id: BranchId,
    },
    /// The line through a message: a branch that goes through it already, else a new column.
    Message {
        /// Which.
        id: MessageId,
    },
}

/// Two lines side by side, from where they part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The last message that both have; `None` when they have different roots.
    pub ancestor: Option<MessageView>,
    /// Messages after it on the left, in all.
    pub left: u32,
    /// Messages after it on the right, in all.
    pub right: u32,
    /// Pairs in all.
    pub total: u32,
    /// Those that were asked for: the n-th message of the n-th turn beside its like.
    pub pairs: Vec<ComparedPair>,
}

/// Two messages in the same place of two lines; one may be missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ComparedPair {
    /// Turn after the ancestor, from 0; what comes before the first user message is turn 0.
    pub turn: u32,
    /// On the left.
    pub left: Option<MessageView>,
    /// On the right.
    pub right: Option<MessageView>,
    /// Whether both say exactly the same.
    pub same: bool,
}

words! {
    /// What a span of a difference is.
    DiffKind {
        /// In both.
        Same = "same",
        /// Only on the left.
        Removed = "removed",
        /// Only on the right.
        Added = "added",
    }
}

/// One side of what is compared word by word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum DiffSide {
    /// The text of a message.
    Message {
        /// Which.
        id: MessageId,
    },
    /// A text as it is.
    Text {
        /// The text.
        text: String,
    },
}

/// A span of a difference: ranges of both texts in UTF-16 code units; empty where it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DiffSpan {
    /// What it is.
    pub kind: DiffKind,
    /// Begin on the left.
    pub left_start: u32,
    /// End on the left.
    pub left_end: u32,
    /// Begin on the right.
    pub right_start: u32,
    /// End on the right.
    pub right_end: u32,
}

/// Two texts, word by word. The spans cover both from begin to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TextDiff {
    /// The left text.
    pub left: String,
    /// The right text.
    pub right: String,
    /// In order.
    pub spans: Vec<DiffSpan>,
    /// Words that both have, of the words of the longer text, in percent.
    pub alike: u32,
    /// Whether time ran out: the spans are right, but more might be the same.
    pub rough: bool,
}

/// Takes one side's answer: a merge node that says what one of its sources says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TakeSide {
    /// What is merged, in order; the node stands beside the first.
    pub sources: Vec<MessageId>,
    /// Which of them it says.
    pub take: MessageId,
    /// The branch that moves to it; absent: a new column.
    #[serde(default)]
    pub branch: Option<BranchId>,
}

words! {
    /// How a model makes one answer of several.
    SynthesisKind {
        /// One text that has the best of each.
        Fuse = "fuse",
        /// One text that answers each point of a list.
        Checklist = "checklist",
        /// A table that compares them.
        Table = "table",
        /// As the instruction says.
        Custom = "custom",
    }
}

/// Several answers made into one by a model: a merge node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Synthesize {
    /// What is merged, in order; the node stands beside the first.
    pub sources: Vec<MessageId>,
    /// How.
    pub how: SynthesisKind,
    /// The points of a checklist, one a line; the instruction of a custom one; a wish for the others.
    #[serde(default)]
    pub instruction: Option<String>,
    /// Who does it.
    pub target: Target,
    /// With which parameters.
    #[serde(default)]
    pub params: Params,
    /// The branch that moves to it; absent: a new column.
    #[serde(default)]
    pub branch: Option<BranchId>,
}

/// A merge node that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Merged {
    /// The node.
    pub message: MessageId,
    /// The branch that points to it.
    pub branch: BranchId,
}

/// Where the passages of a merged text come from. Found by comparing words, each time anew: a passage
/// is a run of at least four words that a source has too, wherever in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// The merged text.
    pub text: String,
    /// How it was made; `None` when one side was taken.
    pub how: Option<SynthesisKind>,
    /// With which instruction.
    pub instruction: Option<String>,
    /// What it was made of, in order.
    pub sources: Vec<MergeSource>,
    /// In order of the merged text. Where several sources have one passage, it is there for each.
    pub passages: Vec<Passage>,
}

/// One source of a merge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MergeSource {
    /// The message; `None` when it was erased.
    pub message: Option<MessageId>,
    /// Who wrote it.
    pub model: Option<Target>,
    /// Its text; empty when it was deleted.
    pub text: String,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// A passage of a merged text that a source has too: ranges in UTF-16 code units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Passage {
    /// Which source, from 0.
    pub source: u32,
    /// Begin in the merged text.
    pub start: u32,
    /// End in the merged text.
    pub end: u32,
    /// Begin in the source.
    pub source_start: u32,
    /// End in the source.
    pub source_end: u32,
}

words! {
    /// What was deleted.
    DeletionKind {
        /// A conversation.
        Conversation = "conversation",
        /// Messages with all that is below them.
        Messages = "messages",
        /// A branch: only the pointer.
        Branch = "branch",
    }
}

/// One act of deleting, as long as it can be undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Deletion {
    /// Identity.
    pub id: DeletionId,
    /// What was deleted.
    pub kind: DeletionKind,
    /// Its conversation.
    pub conversation: ConversationId,
    /// That one's title.
    pub title: String,
    /// Messages that went.
    pub nodes: u32,
    /// Branches that went.
    pub branches: u32,
    /// The first words of what went, or the branch's name.
    pub label: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when it can be undone; then it is erased.
    pub erase_after: Timestamp,
}

/// What to delete, or to count before it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum DeleteWhat {
    /// A message and all that is below it.
    Below {
        /// Which.
        message: MessageId,
    },
    /// Everything but the paths of these branches of one conversation: other branches, and what only
    /// they have.
    Others {
        /// What stays.
        keep: Vec<BranchId>,
    },
    /// What was deleted already, to be erased.
    Deleted {
        /// Which.
        deletion: DeletionId,
    },
}

/// How much a deletion takes, for the question before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeletionCount {
    /// Messages.
    pub messages: u32,
    /// Branches that go with them, or that are led elsewhere because their tip goes.
    pub branches: u32,
    /// Bookmarks on them.
    pub bookmarks: u32,
    /// Answers among them that are being written: they must be stopped first.
    pub streaming: u32,
    /// Messages elsewhere in this conversation that say the same as one of them, and stay.
    pub also_here: u32,
    /// Other conversations that have one of these texts, and keep it.
    pub also_in: u32,
}

/// A place that was marked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Bookmark {
    /// The message.
    pub message: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// That one's title.
    pub title: String,
    /// What the user calls it; may be empty.
    pub note: String,
    /// The message's first words.
    pub label: String,
    /// Who speaks.
    pub role: Role,
    /// When it was marked.
    pub created_at: Timestamp,
}

/// A branch's user turns asked again, one after the other, of another target: a new branch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Replay {
    /// Whose turns.
    pub branch: BranchId,
    /// Whom to ask.
    pub target: Target,
    /// With which parameters; absent: the branch's.
    #[serde(default)]
    pub params: Option<Params>,
    /// System text of its own, empty for none; absent: the branch's, else the conversation's.
    #[serde(default)]
    pub system: Option<String>,
    /// The new branch's name; absent: a column named after the target.
    #[serde(default)]
    pub name: Option<String>,
}

/// A conversation's live nodes in columns of equal length, parents before children: what a view of
/// 50,000 needs, and no more. Texts come by `messages`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TreeOverview {
    /// Live nodes in all.
    pub total: u32,
    /// Number of the first node here: 0, or where a part that was asked for begins.
    pub first: u32,
    /// Ids, 32 hexadecimal digits each, one after the other.
    pub ids: String,
    /// Number of the path parent; -1 at a root.
    pub parents: Vec<i32>,
    /// 0 system, 1 user, 2 assistant, 3 tool.
    pub roles: Vec<u32>,
    /// 0 streaming, 1 complete, 2 stopped, 3 interrupted, 4 failed.
    pub statuses: Vec<u32>,
    /// Number in `models`, of who answered; -1 where nobody is known.
    pub models_of: Vec<i32>,
    /// Bits: 1 a merge, 2 bookmarked, 4 on the active path, 8 some branch's tip, 16 copied by an edit.
    pub flags: Vec<u32>,
    /// When it was begun, in seconds since 1970.
    pub times: Vec<u32>,
    /// First words, at most 48 characters.
    pub labels: Vec<String>,
    /// Who answered.
    pub models: Vec<Target>,
    /// Of each merge: its number, then those of its sources that are live.
    pub merges: Vec<Vec<u32>>,
    /// All live branches, columns too.
    pub branches: Vec<TreeTip>,
}

/// A branch in a [`TreeOverview`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TreeTip {
    /// Identity.
    pub id: BranchId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: crate::BranchKind,
    /// Number of its tip; -1 where it has none, or where it is before the part that was asked for.
    pub tip: i32,
    /// Whether it is active.
    pub head: bool,
    /// Whether it is a column.
    pub shown: bool,
}
