//! Finding what was said, and keeping conversations in order: searches, folders, tags, lists, and
//! doing one thing to many conversations.

use crate::{
    BranchId, ConversationId, ConversationSource, ConversationSummary, FolderId, MessageId, Role, Target,
    Timestamp, UndoId, error::words,
};
use serde::{Deserialize, Serialize};

words! {
    /// Which hits come first.
    SearchOrder {
        /// By time. Of a text with more than 500 hits: by when they were stored, the last ones first.
        Newest = "newest",
        /// By how well they fit. Of a text with more than 20,000 hits: newest first all the same.
        Ranked = "ranked",
    }
}

words! {
    /// Which conversations a list or a search looks at.
    Archived {
        /// Those that are not archived.
        Without = "without",
        /// Only the archived ones.
        Only = "only",
        /// Both.
        With = "with",
    }
}

/// What to look for in messages, and where. Filters that are empty let everything pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SearchQuery {
    /// Words, each anywhere in the text; `"quoted words"` stand as they are.
    pub text: String,
    /// Only this conversation.
    pub conversation: Option<ConversationId>,
    /// Said by one of these.
    pub roles: Vec<Role>,
    /// Answers of one of these models, as `provider/model`.
    pub models: Vec<Target>,
    /// Answers of one of these providers.
    pub providers: Vec<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// In this folder or one below it.
    pub folder: Option<FolderId>,
    /// With all of these tags.
    pub tags: Vec<String>,
    /// Archived conversations too, by default.
    pub archived: Archived,
    /// Only in pinned conversations, or only in others.
    pub pinned: Option<bool>,
    /// In conversations that are in no folder.
    pub unfiled: bool,
    /// In conversations that came in by one of these doors.
    pub sources: Vec<ConversationSource>,
    /// What comes first.
    pub order: SearchOrder,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// Hits of a page, 1 to 200.
    pub limit: u32,
}

impl Default for SearchQuery {
    fn default() -> Self {
        Self {
            text: String::new(),
            conversation: None,
            roles: Vec::new(),
            models: Vec::new(),
            providers: Vec::new(),
            from: None,
            until: None,
            folder: None,
            tags: Vec::new(),
            archived: Archived::With,
            pinned: None,
            unfiled: false,
            sources: Vec::new(),
            order: SearchOrder::Newest,
            cursor: None,
            limit: 50,
        }
    }
}

/// A stretch of a text, in UTF-16 code units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Span {
    /// Where it begins.
    pub at: u32,
    /// How long it is.
    pub len: u32,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    /// Its conversation.
    pub conversation: ConversationId,
    /// Title of that.
    pub title: String,
    /// Whether that is archived.
    pub archived: bool,
    /// The message.
    pub message: MessageId,
    /// Who speaks.
    pub role: Role,
    /// Which `provider/model` answered.
    pub model: Option<Target>,
    /// The first place, with some text around it, on one line.
    pub snippet: String,
    /// Where the words stand in the snippet, in order, none over another.
    pub highlights: Vec<Span>,
    /// When it was said.
    pub created_at: Timestamp,
}

/// Some of the hits of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SearchPage {
    /// In the order that was asked for.
    pub hits: Vec<SearchHit>,
    /// How many hits there are on all pages.
    pub total: u32,
    /// There are more than `total`, and nobody counted how many.
    pub more_than_total: bool,
    /// They are ordered by how well they fit.
    pub ranked: bool,
    /// Where the next page begins. With filters a page may have few hits, or none, and there still
    /// is a next one: it looks further back.
    pub next: Option<String>,
    /// Messages that the index does not have yet.
    pub waiting: u32,
}

/// Where a message stands, for jumping to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Its conversation.
    pub conversation: ConversationId,
    /// The message.
    pub message: MessageId,
    /// Nodes above it.
    pub depth: u32,
    /// A branch whose path goes through it: the active one, if that does. `None` on a line that was left.
    pub branch: Option<BranchId>,
    /// The end of its line: that branch's tip, else the newest end below the message.
    pub tip: MessageId,
}

words! {
    /// What a list of conversations is sorted by.
    SortBy {
        /// When a node was last added.
        Updated = "updated",
        /// When it was made.
        Created = "created",
        /// Its title, large and small letters alike.
        Title = "title",
        /// How many messages it has.
        Messages = "messages",
    }
}

/// Which conversations to list, and in which order. Pinned ones come first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ListQuery {
    /// Those with this text in their title or in what was said.
    pub text: Option<String>,
    /// The archived ones, the others, or both.
    pub archived: Archived,
    /// Only pinned ones, or only others.
    pub pinned: Option<bool>,
    /// In this folder or one below it.
    pub folder: Option<FolderId>,
    /// In no folder.
    pub unfiled: bool,
    /// With all of these tags.
    pub tags: Vec<String>,
    /// With an answer of this `provider/model`.
    pub model: Option<Target>,
    /// From one of these doors.
    pub sources: Vec<ConversationSource>,
    /// Last added to at this time or after it.
    pub from: Option<Timestamp>,
    /// Last added to before.
    pub until: Option<Timestamp>,
    /// By what they are sorted.
    pub sort: SortBy,
    /// The other way round: by default the newest, the most and A come first.
    pub reverse: bool,
    /// At most so many; 0 is all.
    pub limit: u32,
    /// How many of the first to leave out.
    pub offset: u32,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            text: None,
            archived: Archived::Without,
            pinned: None,
            folder: None,
            unfiled: false,
            tags: Vec::new(),
            model: None,
            sources: Vec::new(),
            from: None,
            until: None,
            sort: SortBy::Updated,
            reverse: false,
            limit: 0,
            offset: 0,
        }
    }
}

/// A page of the list of conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConversationPage {
    /// In order.
    pub conversations: Vec<ConversationSummary>,
    /// How many there are on all pages.
    pub total: u32,
}

/// A place for conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Folder {
    /// Identity.
    pub id: FolderId,
    /// The folder it is in.
    pub parent: Option<FolderId>,
    /// Its name, once in its parent.
    pub name: String,
    /// Live conversations in it, archived ones too, without those of folders below.
    pub conversations: u32,
}

/// A word on conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Tag {
    /// The word; large and small letters are one.
    pub name: String,
    /// Live conversations that have it, archived ones too.
    pub conversations: u32,
}

/// One thing to do to many conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum BatchAction {
    /// Put them into a folder, or into none.
    Move {
        /// Where to.
        folder: Option<FolderId>,
    },
    /// Add and remove tags; those that are not there yet are made.
    Tag {
        /// To have from now on.
        add: Vec<String>,
        /// To have no longer.
        remove: Vec<String>,
    },
    /// Keep them at the top, or no longer.
    Pin {
        /// Whether.
        pinned: bool,
    },
    /// Hide them from lists, or show them again.
    Archive {
        /// Whether.
        archived: bool,
    },
    /// Delete them; they can be restored for 30 days.
    Delete,
}

/// What a batch did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Batched {
    /// Conversations that are different now.
    pub changed: u32,
    /// Those left alone because an answer in them is still being written.
    pub streaming: Vec<ConversationId>,
    /// Takes it all back, while this program runs; `None` where nothing changed.
    pub undo: Option<UndoId>,
}
