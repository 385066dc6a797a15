//! Conversations, their branches, and the shapes in which screens and scripts see them.

use crate::{
    BranchId, ConversationId, FolderId, MessageId, MessageStatus, MessageView, Params, Part, Role, Target,
    Timestamp, error::words,
};
use serde::{Deserialize, Serialize};

words! {
    /// Where a conversation came from.
    ConversationSource {
        /// The desktop app.
        Window = "window",
        /// `orch`.
        Cli = "cli",
        /// A tool that asked through the gateway.
        Gateway = "gateway",
        /// Another product's export.
        Import = "import",
    }
}

words! {
    /// What a branch is for.
    BranchKind {
        /// The first line of a conversation.
        Main = "main",
        /// Made by comparing, named after its target, hidden from branch lists until renamed.
        Column = "column",
        /// Named by the user.
        Named = "named",
    }
}

/// A tree of messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// Identity.
    pub id: ConversationId,
    /// Its title; made from the first line until somebody renames it.
    pub title: String,
    /// Where it came from.
    pub source: ConversationSource,
    /// The branch that is active.
    pub head: Option<BranchId>,
    /// System text that new completions get unless a branch has its own.
    pub system: Option<String>,
    /// Kept at the top of lists.
    pub pinned: bool,
    /// Hidden from lists.
    pub archived: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a node was last added.
    pub updated_at: Timestamp,
}

/// A conversation to begin.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct NewConversation {
    /// Its title; absent: `Untitled`.
    pub title: Option<String>,
    /// System text that completions get unless a branch has its own.
    pub system: Option<String>,
    /// Whom its first branch asks.
    pub target: Option<Target>,
    /// With which parameters.
    pub params: Params,
}

/// A movable pointer to a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Branch {
    /// Identity.
    pub id: BranchId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: BranchKind,
    /// The message it points to; `None` while the conversation is empty.
    pub tip: Option<MessageId>,
    /// Whom it asks by default.
    pub target: Option<Target>,
    /// Its own parameters.
    pub params: Params,
    /// Its own system text.
    pub system: Option<String>,
    /// Its place among the columns, from 0.
    pub ord: u32,
    /// Kept at the top of the list of branches.
    pub pinned: bool,
    /// Whether it is one of the conversation's columns.
    pub shown: bool,
    /// Where the window was in it, as the window said.
    pub scroll: u32,
}

/// A line of the conversation list. Also what `orch conversations list --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConversationSummary {
    /// Identity.
    pub id: ConversationId,
    /// Its title.
    pub title: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a node was last added.
    pub updated_at: Timestamp,
    /// Live nodes with content on all branches.
    pub messages: u32,
    /// Branches of kind `main` or `named`.
    pub branches: u32,
    /// Where it came from.
    pub source: ConversationSource,
    /// Kept at the top.
    pub pinned: bool,
    /// Hidden from the list.
    pub archived: bool,
    /// Answers being written at this moment.
    pub streaming: u32,
    /// The folder it is in.
    pub folder: Option<FolderId>,
    /// Its tags, in order.
    pub tags: Vec<String>,
}

/// One column: a branch, and the end of its path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ColumnView {
    /// The branch.
    pub branch: Branch,
    /// Nodes on its path, root to tip.
    pub length: u32,
    /// The last of them, in path order; earlier ones come by page.
    pub messages: Vec<MessageView>,
}

/// A conversation as the workbench opens it: its columns, each with a screen of its path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConversationView {
    /// The conversation.
    pub conversation: Conversation,
    /// Its columns in order; its head branch alone where it has none.
    pub columns: Vec<ColumnView>,
    /// Runs with answers still being written.
    pub live_runs: Vec<crate::RunId>,
}

/// The whole of a conversation, as `orch conversations tree ID --json` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Tree {
    /// The conversation.
    pub id: ConversationId,
    /// Its title.
    pub title: String,
    /// The active branch.
    pub head: Option<BranchId>,
    /// Live nodes, parents before children.
    pub nodes: Vec<TreeNode>,
    /// All live branches, columns too.
    pub branches: Vec<TreeBranch>,
}

/// A node of [`Tree`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TreeNode {
    /// The node.
    pub id: MessageId,
    /// The path parent first, then a merge's sources.
    pub parents: Vec<MessageId>,
    /// Who speaks.
    pub role: Role,
    /// What it says; for one that is streaming, what the journal has.
    pub parts: Vec<Part>,
    /// Which `provider/model` answered.
    pub model: Option<Target>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// Where it stands.
    pub status: MessageStatus,
    /// Its id in the file it was imported from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
}

/// A branch of [`Tree`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TreeBranch {
    /// Identity.
    pub id: BranchId,
    /// Its name.
    pub name: String,
    /// What it points to.
    pub tip: Option<MessageId>,
}
