//! Columns: what they ask, their order, and which line of the tree each shows.

use crate::{Engine, EngineError, Grant, engine::now, media, runs::Needs, tree::branch_id};
use domain::{
    Branch, BranchId, ColumnDefaults, CompletionDetails, CompletionId, ConversationId, MessageId, Part, Shown,
};

/// Most parts that a draft has: attachments, queued prompts and the composer's notes.
const DRAFT_PARTS: usize = 512;
/// Most bytes of text in a draft.
const DRAFT_BYTES: usize = 8 * 1024 * 1024;

impl Engine {
    /// What a column asks, and how, from the next prompt on.
    ///
    /// # Errors
    /// When there is no such branch, nothing answers to the target, or parameters make no sense.
    pub async fn set_column(&self, id: BranchId, mut defaults: ColumnDefaults) -> Result<(), EngineError> {
        defaults.params.check()?;
        if let Some(target) = &defaults.target {
            let needs = Needs {
                params: &defaults.params,
                parts: &[],
                branch: None,
                under: None,
                important: false,
                system: None,
                grant: &Grant::WITHOUT_KEY,
            };
            self.decide_for(target, &needs).await?;
        }
        defaults.system = crate::runs::own_system(defaults.system.as_deref());
        let branch = self.branch(id).await?;
        self.0.store.branches().set_defaults(id, &defaults).await?;
        self.tell_conversation(branch.conversation_id);
        Ok(())
    }

    /// The columns of a conversation from now on, in this order; those that are not named follow as they
    /// stood.
    ///
    /// # Errors
    /// When one of them is not of this conversation, or named twice.
    pub async fn arrange_columns(&self, id: ConversationId, order: &[BranchId]) -> Result<(), EngineError> {
        self.0.store.branches().arrange(id, order).await?;
        self.tell_conversation(id);
        Ok(())
    }

    /// Moves a branch to the sibling before (`by` = -1) or after (1) a message of its path, and to the
    /// tip that line was left at; `scroll` is where the window is in the line that is left.
    ///
    /// # Errors
    /// When the message is not on the branch's path, or there is no sibling on that side.
    pub async fn step_sibling(
        &self,
        branch: BranchId,
        message: MessageId,
        by: i32,
        scroll: Option<u32>,
    ) -> Result<Shown, EngineError> {
        let branch = self.branch(branch).await?;
        let store = &self.0.store;
        let siblings = store.messages().siblings(message).await?;
        let at = siblings.iter().position(|id| *id == message);
        let at = at.ok_or_else(|| EngineError::NotFound { what: "message", id: message.to_string() })?;
        let depth = store.messages().get(message).await?.map_or(0, |m| m.depth);
        let tip = branch.tip.ok_or_else(off_path)?;
        if store.messages().ancestor_at(tip, depth).await? != Some(message) {
            return Err(off_path());
        }
        let to = i64::try_from(at).ok().and_then(|at| at.checked_add(by.into()));
        let to = to.and_then(|to| siblings.get(usize::try_from(to).ok()?));
        let Some(to) = to else {
            return Err(EngineError::BadInput("there is no further version on that side".to_owned()));
        };
        let shown = store.trees().show_message(*to, Some(branch.id), branch_id(), scroll).await?;
        self.tell_conversation(branch.conversation_id);
        Ok(shown)
    }

    /// What a completion was asked with beside its messages, and why its target was chosen.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn completion_details(&self, id: CompletionId) -> Result<CompletionDetails, EngineError> {
        let completions = self.0.store.completions();
        if completions.get(id).await?.is_none() {
            return Err(EngineError::NotFound { what: "completion", id: id.to_string() });
        }
        let (system, decision) = (completions.system_of(id).await?, completions.decision_of(id).await?);
        Ok(CompletionDetails { system, decision })
    }

    /// The unsent prompt of a conversation; without one, that of the conversation to come.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load_draft(&self, conversation: Option<ConversationId>) -> Result<Vec<Part>, EngineError> {
        Ok(self.0.store.drafts().of(conversation).await?)
    }

    /// Keeps an unsent prompt as it comes; empty parts forget it. Nobody is told: only who writes it
    /// shows it.
    ///
    /// # Errors
    /// When it is too long, or there is no such conversation.
    pub async fn save_draft(
        &self,
        conversation: Option<ConversationId>,
        parts: Vec<Part>,
    ) -> Result<(), EngineError> {
        let bytes: usize = parts.iter().map(bytes_of).sum();
        if parts.len() > DRAFT_PARTS || bytes > DRAFT_BYTES {
            return Err(EngineError::BadInput(
                "this draft is too long to be kept; attach it as a file".to_owned(),
            ));
        }
        let parts = media::keep(&self.0.store, parts).await?;
        Ok(self.0.store.drafts().keep(conversation, &parts, now()).await?)
    }

    pub(crate) async fn branch(&self, id: BranchId) -> Result<Branch, EngineError> {
        let found = self.0.store.branches().get(id).await?;
        found.ok_or_else(|| EngineError::NotFound { what: "branch", id: id.to_string() })
    }
}

fn off_path() -> EngineError {
    EngineError::BadInput("this branch does not go through that message any more".to_owned())
}

fn bytes_of(part: &Part) -> usize {
    match part {
        Part::Text { text } => text.len(),
        Part::Raw { json, .. } => json.len(),
        _ => 0,
    }
}
