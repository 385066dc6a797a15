//! Moving: what is read in from other products' files, and what is written for them.

use crate::{BranchId, ConversationId, error::words};
use serde::{Deserialize, Serialize};

words! {
    /// Whose file it is. Told by its content, never by its name.
    ImportFormat {
        /// ChatGPT: `conversations.json`, alone or in the ZIP file with everything.
        ChatGpt = "chatgpt",
        /// Claude.
        Claude = "claude",
        /// DeepSeek.
        DeepSeek = "deepseek",
        /// Open WebUI.
        OpenWebUi = "openWebUi",
        /// LibreChat.
        LibreChat = "libreChat",
        /// Our own: docs/export-format.md.
        Orchesity = "orchesity",
    }
}

words! {
    /// In what form conversations are written.
    ExportFormat {
        /// Everything, to be read in again: docs/export-format.md.
        Json = "json",
        /// Text for people.
        Markdown = "markdown",
        /// One page that needs nothing else and runs nothing.
        Html = "html",
    }
}

impl ExportFormat {
    /// The ending of its files.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Markdown => "md",
            Self::Html => "html",
        }
    }
}

/// What an import did. Also what `orch import --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// Conversations that are new, or have new messages.
    pub conversations: u32,
    /// Messages that are new.
    pub messages: u32,
    /// Conversations of the file of which nothing was taken: known already, empty, or refused.
    pub skipped: u32,
    /// How many of these were refused.
    #[serde(skip)]
    pub refused: u32,
    /// What was refused or left out, each naming its conversation.
    pub warnings: Vec<String>,
}

/// How an import stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum ImportState {
    /// The window hands over the file.
    Receiving,
    /// It is being read, and stored conversation by conversation.
    Reading,
    /// It was read to its end.
    Done,
    /// Somebody stopped it; whole conversations that were read before are there.
    Cancelled,
    /// It cannot be read, or not further; whole conversations that were read before are there.
    Failed {
        /// Why, and what to do about it.
        message: String,
    },
}

/// An import, while it runs and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImportStatus {
    /// Its number in this process.
    pub id: u32,
    /// The file's name, for showing.
    pub name: String,
    /// Whose file it is, once that is known.
    pub format: Option<ImportFormat>,
    /// How it stands.
    pub state: ImportState,
    /// How much of the file was handed over or read, in KiB: whichever is going on.
    pub done_kib: u32,
    /// Size of the file, in KiB.
    pub total_kib: u32,
    /// What it did so far.
    pub report: ImportReport,
}

/// How much of a conversation is exported. JSON always has the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ExportScope {
    /// All branches.
    #[default]
    Tree,
    /// The active branch.
    Active,
    /// One branch, of a single conversation.
    Branch {
        /// Which.
        branch: BranchId,
    },
}

/// What is exported, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportRequest {
    /// Which conversations; none is all of them, archived ones too.
    pub conversations: Vec<ConversationId>,
    /// In what form.
    pub format: ExportFormat,
    /// How much of each.
    pub scope: ExportScope,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Exported {
    /// Where it is; empty where it went to no file.
    pub path: String,
    /// Its size in KiB.
    pub kib: u32,
    /// Conversations in it.
    pub conversations: u32,
    /// Messages in it.
    pub messages: u32,
}
