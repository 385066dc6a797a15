//! Messages: the nodes of a conversation's tree, and what they are made of.

use crate::{Attempt, Completion, CompletionId, ConversationId, Hash, MessageId, Timestamp, error::words};
use serde::{Deserialize, Serialize};

words! {
    /// Who speaks.
    Role {
        /// Instructions.
        System = "system",
        /// The person who asks.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// A tool that the model asked for.
        Tool = "tool",
    }
}

words! {
    /// Where a message stands. All but `Streaming` are terminal: such a message never changes again.
    MessageStatus {
        /// Being written; its text is in the journal.
        Streaming = "streaming",
        /// Whole: for an answer, the dialect's terminal event was seen.
        Complete = "complete",
        /// Stopped by the user; the text so far is kept.
        Stopped = "stopped",
        /// Our process died while it was streaming; the text that was shown is kept.
        Interrupted = "interrupted",
        /// The call failed; the text so far is kept.
        Failed = "failed",
    }
}

/// Where the bytes of an image or a file are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum MediaSource {
    /// In the store, by BLAKE3 of the bytes. The engine swaps this for `Inline` before encoding.
    Blob {
        /// Hash of the bytes.
        hash: Hash,
        /// Length in bytes.
        size: u32,
    },
    /// Base64 of the bytes. The engine swaps this for `Blob` before storing.
    Inline {
        /// Standard base64.
        data: String,
    },
    /// Somewhere on the web; the provider fetches it, never we.
    Url {
        /// Absolute address.
        url: String,
    },
}

/// One piece of a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Part {
    /// Plain text or Markdown. A refusal is text too.
    Text {
        /// The text.
        text: String,
    },
    /// A picture.
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    Image {
        /// For example `image/png`.
        media_type: String,
        /// Where its bytes are.
        source: MediaSource,
    },
    /// Any other file: PDF, audio, text.
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    File {
        /// For example `application/pdf`.
        media_type: String,
        /// File name, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Where its bytes are.
        source: MediaSource,
    },
    /// What a model thought before it answered.
    Reasoning {
        /// Readable text; empty when only the sealed form came.
        text: String,
        /// The provider's proof, sent back unchanged (Anthropic `signature`, Gemini `thoughtSignature`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
        /// Sealed reasoning, sent back unchanged (Anthropic `redacted_thinking`, Responses `encrypted_content`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sealed: Option<String>,
        /// The provider's id of this item, where it wants it back (Responses).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// The model asks for a tool.
    ToolCall {
        /// Ties the result to the call. Made by us where the provider gives none.
        id: String,
        /// The tool.
        name: String,
        /// Arguments as the model wrote them: JSON text, possibly malformed.
        arguments: String,
        /// Provider's proof that belongs to this call (Gemini `thoughtSignature`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    /// What a tool answered.
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    ToolResult {
        /// Which call this answers.
        call_id: String,
        /// The tool's name, where a dialect wants it (Gemini).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The result as text.
        text: String,
        /// Whether the tool failed.
        #[serde(default)]
        is_error: bool,
    },
    /// A block of one dialect that has no neutral form (server tools, citations), kept to be sent back.
    Raw {
        /// The dialect it belongs to.
        dialect: crate::Dialect,
        /// Its JSON text.
        json: String,
    },
}

impl Part {
    /// A text part.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

/// A node of the tree. It is written once, and after its terminal state never again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Identity.
    pub id: MessageId,
    /// The conversation it belongs to.
    pub conversation_id: ConversationId,
    /// The node before it on its path; `None` at a root.
    pub parent_id: Option<MessageId>,
    /// Nodes above it; a root has 0.
    pub depth: u32,
    /// Who speaks.
    pub role: Role,
    /// What it says.
    pub parts: Vec<Part>,
    /// Where it stands.
    pub status: MessageStatus,
    /// Integrity hash, from the terminal state on.
    pub hash: Option<Hash>,
    /// The completion that wrote it, for an answer.
    pub completion_id: Option<CompletionId>,
    /// The answer whose partial text this one began with.
    pub continues_id: Option<MessageId>,
    /// When it was begun.
    pub created_at: Timestamp,
}

impl Message {
    /// The text parts, joined.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts
            .iter()
            .filter_map(|p| if let Part::Text { text } = p { Some(text.as_str()) } else { None })
            .collect()
    }
}

/// A message as a screen wants it: with its answer's figures and its place among its siblings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    /// The node.
    pub message: Message,
    /// The completion that wrote it, with its figures.
    pub completion: Option<Completion>,
    /// Upstream calls of that completion, oldest first.
    pub attempts: Vec<Attempt>,
    /// Place among the live children of its parent, from 0, by creation.
    pub sibling: u32,
    /// How many such children there are.
    pub siblings: u32,
    /// Whether it is a merge of others.
    pub merge: bool,
}
