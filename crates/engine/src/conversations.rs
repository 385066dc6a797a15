//! Finding conversations again, opening and tidying them.

use crate::{Engine, EngineError, engine::now, recovery::shown_of_rows};
use domain::{
    BranchId, CompletionId, ConversationId, ConversationSource, ConversationSummary, ConversationView,
    ListQuery, MessageStatus, MessageView, Tree,
};
use store::Exchange;

/// Messages of each column that come with an opened conversation: more than a screen shows.
const SCREEN: u32 = 24;
/// Most messages in one page.
const PAGE: u32 = 200;
/// Longest title, in characters.
const TITLE: usize = 200;

impl Engine {
    /// Conversations, pinned first, then the newest.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn conversations(&self, query: &ListQuery) -> Result<Vec<ConversationSummary>, EngineError> {
        Ok(self.0.store.conversations().list(query).await?)
    }

    /// A conversation's columns, each with a screen of its path.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn open_conversation(&self, id: ConversationId) -> Result<ConversationView, EngineError> {
        let view = self.0.store.conversations().view(id, SCREEN).await?.ok_or_else(|| missing(id))?;
        if view.conversation.source == ConversationSource::Gateway
            && let Err(error) = self.0.store.weaving().opened(id, now()).await
        {
            // Looking at something must not fail because the disk is full.
            tracing::warn!(%error, "it is not noted that a captured conversation was opened");
        }
        Ok(view)
    }

    /// Earlier messages of a branch: the last `limit` above `before_depth`, in path order.
    ///
    /// # Errors
    /// When there is no such branch.
    pub async fn path_page(
        &self,
        branch: BranchId,
        before_depth: Option<u32>,
        limit: u32,
    ) -> Result<Vec<MessageView>, EngineError> {
        let found = self.0.store.branches().get(branch).await?;
        let found = found.ok_or_else(|| EngineError::NotFound { what: "branch", id: branch.to_string() })?;
        let Some(tip) = found.tip else { return Ok(Vec::new()) };
        Ok(self.0.store.messages().path_page(tip, before_depth, limit.clamp(1, PAGE)).await?)
    }

    /// The whole tree; answers that are being written have the text that was committed so far.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn tree(&self, id: ConversationId) -> Result<Tree, EngineError> {
        let mut tree = self.0.store.conversations().tree(id).await?.ok_or_else(|| missing(id))?;
        for node in &mut tree.nodes {
            if node.status != MessageStatus::Streaming {
                continue;
            }
            if let Some(message) = self.0.store.messages().get(node.id).await? {
                // It may have ended since the tree was read.
                node.status = message.status;
                node.parts = match message.completion_id {
                    Some(completion) if message.status == MessageStatus::Streaming => {
                        shown_of_rows(&self.0.store.journal().of(completion).await?).into_parts()
                    }
                    _ => message.parts,
                };
            }
        }
        Ok(tree)
    }

    /// Gives a conversation a title of the user's choice.
    ///
    /// # Errors
    /// When the title is empty, or there is no such conversation.
    pub async fn rename_conversation(&self, id: ConversationId, title: &str) -> Result<(), EngineError> {
        let title = title_of(title)?;
        self.expect_conversation(id).await?;
        self.0.store.conversations().rename(id, title, true).await?;
        self.tell_conversation(id);
        Ok(())
    }

    /// System text that new completions of a conversation get, unless a column has its own.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn set_conversation_system(
        &self,
        id: ConversationId,
        system: Option<&str>,
    ) -> Result<(), EngineError> {
        let system = system.filter(|text| !text.trim().is_empty());
        self.0.store.conversations().set_system(id, system).await?;
        self.tell_conversation(id);
        Ok(())
    }

    /// Keeps a conversation at the top of the list, or no longer.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn set_pinned(&self, id: ConversationId, pinned: bool) -> Result<(), EngineError> {
        self.0.store.conversations().set_pinned(id, pinned).await?;
        self.tell_conversation(id);
        Ok(())
    }

    /// Hides a conversation from the list, or shows it again.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn set_archived(&self, id: ConversationId, archived: bool) -> Result<(), EngineError> {
        self.0.store.conversations().set_archived(id, archived).await?;
        self.tell_conversation(id);
        Ok(())
    }

    /// Hides a conversation; it can be restored.
    ///
    /// # Errors
    /// When an answer in it is still being written, or there is none of this id.
    pub async fn delete_conversation(&self, id: ConversationId) -> Result<(), EngineError> {
        self.expect_conversation(id).await?;
        let view = self.open_conversation(id).await?;
        if !view.live_runs.is_empty() {
            return Err(EngineError::StillStreaming);
        }
        self.0.store.conversations().delete(id, now()).await?;
        self.tell_conversation(id);
        Ok(())
    }

    /// Brings a deleted conversation back.
    ///
    /// # Errors
    /// When it is not there to be restored.
    pub async fn restore_conversation(&self, id: ConversationId) -> Result<(), EngineError> {
        self.0.store.conversations().restore(id).await?;
        self.tell_conversation(id);
        Ok(())
    }

    /// Raw requests and answers of a completion, one for each attempt; keys are redacted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn exchanges(&self, completion: CompletionId) -> Result<Vec<Exchange>, EngineError> {
        Ok(self.0.store.wire().of(completion).await?)
    }

    pub(crate) async fn expect_conversation(&self, id: ConversationId) -> Result<(), EngineError> {
        self.0.store.conversations().get(id).await?.map(drop).ok_or_else(|| missing(id))
    }

    /// Its list, its screen, and the count of answers being written are out of date.
    pub(crate) fn tell_conversation(&self, id: ConversationId) {
        self.0.changes.tell(["conversations".to_owned(), format!("conversation:{id}"), "status".to_owned()]);
    }
}

/// A title as it is kept.
pub(crate) fn title_of(title: &str) -> Result<&str, EngineError> {
    let title = title.trim();
    if title.is_empty() || title.chars().count() > TITLE || title.chars().any(char::is_control) {
        return Err(EngineError::BadInput(format!("a title has 1 to {TITLE} characters on one line")));
    }
    Ok(title)
}

pub(crate) fn missing(id: ConversationId) -> EngineError {
    EngineError::NotFound { what: "conversation", id: id.to_string() }
}
